from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from network.enums import Role
from outbox import heartbeat
from outbox.drain import drain
from outbox.heartbeat import beating
from outbox.models import Message
from outbox.registry import jobs
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(role=Role.STAFF))
    return client


@pytest.fixture
def all_jobs_ran():
    for job in jobs():
        with beating(job.name):
            pass


# --- Staff


def test_staff_see_messages_with_their_state(staff, queue):
    queue(1)
    drain()
    page = staff.get(reverse("staff_mail_list")).content.decode()
    assert "p1@mail.example" in page
    assert "enviado" in page
    assert "Aviso 1" in page


def test_the_list_narrows_by_state_kind_and_words_of_the_address(staff, queue):
    queue(1)
    queue(2, kind="test.newsletter", to_email="ana.luz@other.example")
    queue(3, to_email="not an address")
    address = reverse("staff_mail_list")

    def found(**query: str) -> set[str]:
        return {row.message.to_email for row in staff.get(address, query).context["rows"]}

    assert found() == {"p1@mail.example", "ana.luz@other.example", "not an address"}
    assert found(estado="failed") == {"not an address"}
    assert found(tipo="test.newsletter") == {"ana.luz@other.example"}
    assert found(correo="OTHER ana") == {"ana.luz@other.example"}
    assert found(estado="nonsense") == found()


def test_the_list_says_what_to_do_where_it_is_empty(staff, queue):
    assert "Todavía no hay correo" in staff.get(reverse("staff_mail_list")).content.decode()
    queue(1)
    page = staff.get(reverse("staff_mail_list"), {"correo": "nobody"}).content.decode()
    assert "Ningún mensaje coincide" in page


def test_the_list_warns_where_mail_does_not_leave(staff, all_jobs_ran):
    assert "El correo no está saliendo" not in staff.get(reverse("staff_mail_list")).content.decode()
    heartbeat.Heartbeat.objects.update(last_succeeded_at=timezone.now() - timedelta(minutes=6))
    assert "El correo no está saliendo" in staff.get(reverse("staff_mail_list")).content.decode()


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_queries_for_any_number_of_messages(staff, queue, django_assert_num_queries, count):
    for number in range(count):
        queue(number)
    staff.get(reverse("staff_mail_list"))
    with django_assert_num_queries(7):  # session, user; count, page, counts by state, oldest, heartbeats
        staff.get(reverse("staff_mail_list"))


def test_the_page_of_a_message_says_state_and_reason(staff, queue):
    message = queue(1, kind="test.unwanted", cause="registration 7 cancelled")
    drain()
    response = staff.get(reverse("staff_mail_detail", args=[message.pk]))
    page = response.content.decode()
    assert 'data-state="skipped"' in page
    assert "El evento se canceló." in page
    assert "registration 7 cancelled" in page


def test_every_state_has_its_page(staff, queue):
    token = "0b0f9a52-6f5c-4d5e-8a38-6f8f2c3d7a11"
    for number, state in enumerate(Message.state.field.choices):
        message = queue(number)
        Message.objects.filter(pk=message.pk).update(
            state=state[0], claim_token=token, lease_until=timezone.now(), sent_at=timezone.now()
        )
        page = staff.get(reverse("staff_mail_detail", args=[message.pk])).content.decode()
        assert f'data-state="{state[0]}"' in page
        assert str(state[1]).capitalize() in page


def test_mail_is_for_staff_alone(client, queue):
    message = queue(1)
    client.force_login(UserFactory(role=Role.PARTICIPANT))
    assert client.get(reverse("staff_mail_list")).status_code == 403
    assert client.get(reverse("staff_mail_detail", args=[message.pk])).status_code == 404


def test_mail_asks_strangers_to_sign_in(client, queue):
    message = queue(1)
    for address in (reverse("staff_mail_list"), reverse("staff_mail_detail", args=[message.pk])):
        response = client.get(address)
        assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={address}")


# --- The state of the portal


def test_status_is_well_where_every_job_ran(client, all_jobs_ran):
    response = client.get(reverse("status"))
    assert response.status_code == 200
    assert 'data-state="ok"' in response.content.decode()


def test_status_is_503_where_the_drain_has_been_silent_for_five_minutes(client, all_jobs_ran):
    heartbeat.Heartbeat.objects.filter(name="outbox.drain").update(
        last_succeeded_at=timezone.now() - timedelta(minutes=5, seconds=1)
    )
    response = client.get(reverse("status"))
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert 'data-state="stale"' in response.content.decode()


def test_status_speaks_json_and_names_nobody(client, all_jobs_ran, queue):
    queue(1, due_at=timezone.now() - timedelta(seconds=90))
    response = client.get(reverse("status"), headers={"accept": "application/json"})
    answer = response.json()
    assert (response.status_code, answer["status"]) == (200, "ok")
    assert {job["name"]: job["status"] for job in answer["jobs"]} == {job.name: "ok" for job in jobs()}
    assert 90 <= answer["oldest_due_mail_seconds"] < 100
    assert "mail.example" not in response.content.decode()


def test_status_in_json_is_503_where_a_job_never_ran(client):
    response = client.get(reverse("status"), headers={"accept": "application/json"})
    assert (response.status_code, response.json()["status"]) == (503, "stale")


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_status_is_503_where_the_database_is_away(client, monkeypatch, accept):
    def away(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(heartbeat.Heartbeat.objects, "all", away)
    response = client.get(reverse("status"), headers={"accept": accept})
    assert response.status_code == 503
    assert "Retry-After" in response
    if accept == "application/json":
        assert response.json() == {"status": "database-away", "jobs": []}


def test_status_hides_no_defect_behind_a_503(client, monkeypatch):
    def wrong(*_args, **_kwargs):
        raise OperationalError("no such table: outbox_heartbeat")

    monkeypatch.setattr(heartbeat.Heartbeat.objects, "all", wrong)
    with pytest.raises(OperationalError):
        client.get(reverse("status"), headers={"accept": "application/json"})


# --- The demonstration's mail folder


@pytest.fixture
def folder(settings, tmp_path):
    settings.DEMO = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


def links(page: str) -> list[str]:
    base = reverse("demo_mail")
    return [base + rest.split('"')[0] for rest in page.split(f'href="{base}')[1:] if rest[0].isdigit()]


def test_the_mail_folder_shows_each_message_with_its_parts(client, folder, queue):
    queue(7, to_name="Ñandú, José")
    drain()
    page = client.get(reverse("demo_mail")).content.decode()
    assert "Aviso 7" in page
    [address] = links(page)
    message = client.get(address).content.decode()
    assert "Hola, Ñuño" in message
    assert "Ñandú, José" in message
    html = client.get(f"{address}html/")
    assert html.content.decode() == '<base target="_top"><p>Hola, <b>Ñuño</b></p>'


def test_the_html_part_runs_no_script_and_asks_nobody(client, folder, queue):
    queue(1)
    drain()
    [address] = links(client.get(reverse("demo_mail")).content.decode())
    response = client.get(f"{address}html/")
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in client.get(address)["Content-Security-Policy"]


def test_an_attachment_is_downloaded_never_shown(client, folder, queue):
    queue(1, kind="test.hostile")
    drain()
    [address] = links(client.get(reverse("demo_mail")).content.decode())
    response = client.get(f"{address}adjunto/1/")
    assert response["Content-Disposition"] == 'attachment; filename="a b-..-c.ics"'
    assert "SUMMARY:Ñ" in response.content.decode()
    assert client.get(f"{address}adjunto/2/").status_code == 404


def test_the_mail_folder_finds_a_persons_mail(client, folder, queue):
    for number in range(3):
        queue(number)
    drain()
    page = client.get(reverse("demo_mail"), {"para": "P2@mail"}).content.decode()
    assert [mail.subject for mail in client.get(reverse("demo_mail"), {"para": "P2@mail"}).context["mails"]] == [
        "Aviso 2"
    ]
    assert "Aviso 1" not in page
    empty = client.get(reverse("demo_mail"), {"para": "nobody"}).content.decode()
    assert "Nadie con esa dirección tiene correo" in empty


def test_a_file_with_several_messages_shows_each_and_a_line_of_dashes_is_text(client, folder):
    folder.mkdir()
    pieces = []
    for number in (1, 2):
        email = EmailMessage()
        email["Subject"], email["To"] = f"Aviso {number}", "p@mail.example"
        email.set_content(f"uno\n{'-' * 79}\ndos {number}\n")
        pieces.append(b"MIME-Version: 1.0\n" + email.as_bytes().replace(b"MIME-Version: 1.0\n", b""))
    rule = b"\n" + b"-" * 79 + b"\n"
    (folder / "20270101-000000-1.log").write_bytes(rule.join(pieces) + rule)
    page = client.get(reverse("demo_mail"))
    assert [mail.subject for mail in page.context["mails"]] == ["Aviso 2", "Aviso 1"]
    assert page.context["mails"][0].text == f"uno\n{'-' * 79}\ndos 2\n"


def test_the_mail_folder_says_what_to_do_where_it_is_empty(client, folder, settings):
    assert "Todavía no hay correo" in client.get(reverse("demo_mail")).content.decode()
    settings.EMAIL_FILE_PATH = None
    assert "El correo sale por un servidor" in client.get(reverse("demo_mail")).content.decode()


@pytest.mark.parametrize(
    "path", ["20270101-000000-1/1/", "20270101-000000-1/9/", "secret/1/", "20270101-000000-1/1/html/"]
)
def test_what_is_not_in_the_folder_is_missing(client, folder, path):
    folder.mkdir()
    (folder.parent / "secret.log").write_text("MIME-Version: 1.0\nSubject: s\n\nt")
    assert client.get(reverse("demo_mail") + path).status_code == 404


def test_a_message_without_html_has_no_html_page(client, folder, queue):
    queue(1, kind="test.language")
    drain()
    [address] = links(client.get(reverse("demo_mail")).content.decode())
    assert client.get(f"{address}html/").status_code == 404
    assert "<iframe" not in client.get(address).content.decode()


def test_there_is_no_mail_folder_where_real_people_are(client, folder, settings, queue):
    queue(1)
    drain()
    [address] = links(client.get(reverse("demo_mail")).content.decode())
    settings.DEMO = False
    for path in (reverse("demo_mail"), address, f"{address}html/", f"{address}adjunto/1/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["status", "staff_mail_list", "demo_mail"])
def test_pages_only_answer_reading(staff, folder, all_jobs_ran, name):
    assert staff.post(reverse(name)).status_code == 405
    assert staff.head(reverse(name)).status_code == 200
