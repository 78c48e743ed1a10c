import threading
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse
from django.utils import timezone

from network.enums import Role
from outbox import heartbeat
from outbox.drain import claim, drain
from outbox.enums import SuppressionReason
from outbox.heartbeat import beating
from outbox.models import Message, Suppression
from outbox.registry import jobs
from outbox.services import Row, enqueue_many, resend, suppress
from tests.factories import StaffFactory, UserFactory

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
def test_the_list_asks_the_same_queries_for_any_number_of_messages(
    staff, queue, django_assert_num_queries, count, all_jobs_ran
):
    for number in range(count):
        queue(number)
    staff.get(reverse("staff_mail_list"))
    with django_assert_num_queries(8):  # session, user; page, counts by state, oldest, heartbeats, flow, copies
        staff.get(reverse("staff_mail_list"))


def test_pages_go_back_and_forth_by_key_and_repeat_nothing(staff, queue):
    enqueue_many(
        Row(kind="test.note", dedupe_key=f"n:{n}", to_email=f"p{n}@mail.example", params={}, language="es")
        for n in range(120)
    )
    address = reverse("staff_mail_list")

    def page(key: str) -> tuple[list[int], str, str]:
        context = staff.get(address, {"clave": key}).context
        return [row.message.pk for row in context["rows"]], context["newer"], context["older"]

    first, nothing, older = page("")
    second, newer, oldest = page(older)
    third, back, end = page(oldest)
    assert first + second + third == list(Message.objects.order_by("-pk").values_list("pk", flat=True))
    assert (len(first), len(third), nothing, end) == (50, 20, "", "")
    assert page(back)[0] == second
    assert page(newer) == (first, "", older)
    assert page("nonsense")[0] == first


def test_the_list_narrows_by_day_and_looks_back_so_far_for_words(staff, queue):
    queue(1, due_at=timezone.now() - timedelta(days=100))
    queue(2)
    address = reverse("staff_mail_list")

    def found(**query: str) -> set[int]:
        return {row.message.params["id"] for row in staff.get(address, query).context["rows"]}

    assert found() == {1, 2}
    assert found(correo="mail") == found(tipo="test.note") == {2}
    assert "últimos 90 días" in staff.get(address, {"correo": "mail"}).content.decode()
    assert found(correo="mail", desde="2020-01-01") == {1, 2}
    assert found(correo="P1@mail.example") == {1}
    day = (timezone.localdate() - timedelta(days=50)).isoformat()
    assert (found(desde=day), found(hasta=day)) == ({2}, {1})
    assert found(desde="nonsense") == {1, 2}


def test_the_list_counts_what_left_and_what_may_have_arrived_twice(staff, queue):
    for number in range(3):
        queue(number)
    drain()
    Message.objects.filter(params__id=0).update(sent_at=timezone.now() - timedelta(hours=2))
    Message.objects.filter(params__id=1).update(sent_at=timezone.now() - timedelta(hours=25))
    doubtful = queue(9)
    Message.objects.filter(pk=doubtful.pk).update(state="in_doubt")
    resend(message=doubtful, reason="did not arrive", by=StaffFactory())
    assert staff.get(reverse("staff_mail_list")).context["flow"] == {"hour": 1, "day": 2, "doubled": 1}


def test_a_state_is_counted_up_to_a_bound(staff, queue, monkeypatch):
    monkeypatch.setattr("outbox.models.COUNTED", 3)
    monkeypatch.setattr("outbox.tables.COUNTED", 3)
    for number in range(5):
        queue(number)
    queue(6, to_email="not an address")
    counts = staff.get(reverse("staff_mail_list")).context["counts"]
    assert [(one.state, one.count) for one in counts if one.count != "0"] == [("scheduled", "3+"), ("failed", "1")]


# --- What staff do


def fail(message: Message, state: str = "failed") -> Message:
    Message.objects.filter(pk=message.pk).update(state=state)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("state", ["failed", "in_doubt", "skipped"])
def test_a_message_is_sent_again_as_a_copy_that_says_whose_it_is(staff, queue, sink, state):
    original = fail(queue(1), state)
    response = staff.post(reverse("staff_mail_resend", args=[original.pk]), {"reason": "Ana dice que no llegó"})
    copy = original.copies.get()
    assert response.url == reverse("staff_mail_detail", args=[copy.pk])
    assert (copy.message_id != original.message_id, copy.state, copy.attempts) == (True, "scheduled", 0)
    drain()
    original.refresh_from_db()
    assert (original.state, [received["Message-ID"] for received in sink.received]) == (state, [copy.message_id])
    page = staff.get(reverse("staff_mail_detail", args=[original.pk])).content.decode()
    assert "Se reenvió: Ana dice que no llegó" in page
    assert reverse("staff_mail_detail", args=[copy.pk]) in page
    assert reverse("staff_mail_detail", args=[original.pk]) in staff.get(response.url).content.decode()


def test_two_clicks_make_one_copy(staff, queue):
    original = fail(queue(1))
    for _click in range(2):
        staff.post(reverse("staff_mail_resend", args=[original.pk]), {"reason": "otra vez"})
    assert (original.copies.count(), original.steps.count()) == (1, 1)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_who_resend_at_once_make_one_copy(queue):
    original, by = fail(queue(1)), StaffFactory()
    start, found = threading.Barrier(6), []

    def click() -> None:
        try:
            start.wait()
            found.append(resend(message=original, reason="otra vez", by=by).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), Message.objects.count()) == (6, 1, 2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "sent", "sent_at": timezone.now()}, "Solo se reenvía"),
        ({"kind": "account.mail"}, "enlace de un solo uso"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "Ya caducó"),
        ({"to_email": "no address"}, "La dirección no es válida"),
    ],
)
def test_what_cannot_be_sent_again_says_why(staff, queue, fields, words):
    message = queue(1)
    Message.objects.filter(pk=message.pk).update(**({"state": "failed"} | fields))
    response = staff.post(reverse("staff_mail_resend", args=[message.pk]), {"reason": "Ana lo pide"})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Message.objects.count() == 1


def test_a_reason_is_needed_and_what_was_typed_stays(staff, queue):
    original = fail(queue(1))
    assert staff.post(reverse("staff_mail_resend", args=[original.pk]), {"reason": " "}).status_code == 422
    assert Message.objects.count() == 1
    waiting = queue(2)
    long = "x" * 201
    response = staff.post(reverse("staff_mail_give_up", args=[waiting.pk]), {"reason": long})
    assert (response.status_code, long in response.content.decode()) == (422, True)
    waiting.refresh_from_db()
    assert waiting.state == "scheduled"


def test_a_message_that_waits_is_given_up_with_a_reason(staff, queue, sink):
    message = queue(1)
    assert "No enviarlo" in staff.get(reverse("staff_mail_detail", args=[message.pk])).content.decode()
    staff.post(reverse("staff_mail_give_up", args=[message.pk]), {"reason": "dirección equivocada"})
    drain()
    message.refresh_from_db()
    assert (message.state, sink.received) == ("skipped", [])
    [step] = message.steps.all()
    assert (step.state, step.text) == ("skipped", "El personal desistió: dirección equivocada")
    assert step.cause.startswith("account ")


def test_a_message_in_the_hands_of_a_drain_is_not_given_up(staff, queue):
    message = queue(1)
    claim()
    response = staff.post(reverse("staff_mail_give_up", args=[message.pk]), {"reason": "no"})
    assert (response.status_code, "ya no espera" in response.content.decode()) == (422, True)
    message.refresh_from_db()
    assert message.state == "queued"


def test_a_marked_address_is_listed_with_its_reason_and_lifted_with_one(staff):
    suppress(email="ana@mail.example", reason=SuppressionReason.BOUNCED, last_response="550 no such user")
    page = staff.get(reverse("staff_address_list")).content.decode()
    assert "ana@<wbr>mail.<wbr>example" in page
    assert "550 no such user" in page
    address = Suppression.objects.get()
    lift = reverse("staff_address_lift", args=[address.pk])
    assert staff.post(lift, {"reason": ""}).status_code == 422
    assert staff.post(lift, {"reason": "Ya funciona"}).url == reverse("staff_address_list")
    address.refresh_from_db()
    assert (address.lifted_at is not None, address.lift_reason) == (True, "Ya funciona")
    assert staff.post(lift, {"reason": "Otra vez"}).status_code == 422
    assert "levantada" in staff.get(reverse("staff_address_list")).content.decode()


def test_staff_do_not_undo_what_a_person_decided(staff):
    suppress(email="ana@mail.example", reason=SuppressionReason.UNSUBSCRIBED)
    lift = reverse("staff_address_lift", args=[Suppression.objects.get().pk])
    assert "solo ella puede" in staff.get(lift).content.decode()
    assert staff.post(lift, {"reason": "Lo pidió por teléfono"}).status_code == 422
    assert Suppression.objects.active().exists()


@pytest.mark.parametrize("name", ["staff_mail_resend", "staff_mail_give_up"])
def test_reading_changes_nothing(staff, queue, name):
    message = fail(queue(1))
    assert staff.get(reverse(name, args=[message.pk])).status_code == 405
    assert Message.objects.count() == 1


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


def test_status_of_a_portal_that_has_just_begun_is_503_and_says_so(client):
    """Whoever waits for a portal to be ready waits for its jobs, and nobody is frightened."""
    MigrationRecorder.Migration.objects.update(applied=timezone.now())
    response = client.get(reverse("status"))
    assert response.status_code == 503
    assert "El portal acaba de empezar" in response.content.decode()
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=2))
    heartbeat.Heartbeat.objects.update(watched_since=timezone.now() - timedelta(days=2))
    assert "Algún trabajo está detenido" in client.get(reverse("status")).content.decode()


def test_staff_see_no_alarm_of_jobs_that_had_no_time_to_run(staff):
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(minutes=1))
    for name in ("staff_home", "staff_mail_list"):
        page = staff.get(reverse(name)).content.decode()
        assert ("Un trabajo periódico no responde" in page, "El correo no está saliendo" in page) == (False, False)
    assert "por empezar" in page
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=2))
    cache.clear()
    assert "Un trabajo periódico no responde" in staff.get(reverse("staff_home")).content.decode()
    assert "El correo no está saliendo" in staff.get(reverse("staff_mail_list")).content.decode()


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
