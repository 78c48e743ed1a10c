"""Announcements to a segment: who is in it, who gets the mail, and how it is written and sent."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from events import emails
from events.enums import Audience, RegistrationState
from events.models import Announcement, Registration, Segment
from events.services.messages import announce
from network.enums import Act
from network.models import AuditEntry, Designation, Person
from outbox.drain import drain
from outbox.models import Message, Suppression
from outbox.registry import Mail, NotWanted
from outbox.services import Row, enqueue_many
from tests import factories as f

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LIAISONS = Segment(audience=Audience.LIAISONS)
TODAY = dt.timedelta()


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(f.StaffFactory())
    return client


def designated(name: str, **fields: Any) -> Designation:
    return f.DesignationFactory(person__name=name, **fields)


def names(segment: Segment) -> list[str]:
    rows = segment.rows()
    return [row.name if isinstance(row, Registration) else row.person.name for row in rows]


def send(segment: Segment, **written: Any) -> Announcement:
    texts = {"subject": "Aviso", "body": "Hola, {nombre}", "subject_en": "", "body_en": ""} | written
    fields = {"expected": segment.size()[0], "key": "clave", "by": None} | texts
    return announce(segment=segment, **fields)


def compose(message: Message) -> Mail | NotWanted:
    with translation.override(message.language):
        return emails.announcement(message.params, message.language)


def page_text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- Who is in a segment


def test_liaisons_are_those_in_force_today() -> None:
    today = timezone.localdate()
    day = dt.timedelta(days=1)
    designated("Empieza hoy", starts_on=today)
    designated("Termina hoy", ends_on=today)
    designated("Suplente", kind="suplente")
    designated("Empieza mañana", starts_on=today + day)
    designated("Terminó ayer", ends_on=today - day)
    for state in ("proposed", "ended", "replaced", "rejected"):
        designated(state, state=state)
    assert names(LIAISONS) == ["Empieza hoy", "Termina hoy", "Suplente"]


def test_liaisons_are_narrowed_by_region_municipalities_and_kind() -> None:
    north, south = f.RegionFactory(number=1), f.RegionFactory(number=2)
    toluca, metepec, tonatico = (
        f.MunicipalityFactory(name=name, region=region)
        for name, region in (("Toluca", north), ("Metepec", north), ("Tonatico", south))
    )
    for place in (toluca, metepec, tonatico):
        designated(f"T {place}", municipality=place)
        designated(f"S {place}", municipality=place, kind="suplente")
    expected = {
        "region": (["T Toluca", "S Toluca", "T Metepec", "S Metepec"], {"region": north}),
        "places": (["T Metepec", "S Metepec", "T Tonatico", "S Tonatico"], {"municipalities": [metepec, tonatico]}),
        "titular": (["T Tonatico"], {"region": south, "kind": "titular"}),
        "suplente": (["S Toluca"], {"municipalities": [toluca], "kind": "suplente"}),
    }
    found = {key: names(Segment(audience=Audience.LIAISONS, **more)) for key, (_names, more) in expected.items()}
    assert found == {key: wanted for key, (wanted, _more) in expected.items()}


def test_municipalities_without_titular_are_written_to_by_their_open_letters() -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    covered, vacant, alone = (f.MunicipalityFactory(name=name) for name in ("Cubierto", "Vacante", "Solo"))
    designated("Titular", municipality=covered)
    designated("Suplente de quien está", municipality=covered, kind="suplente")
    designated("Concluida", municipality=vacant, state="ended")
    designated("Suplente", municipality=vacant, kind="suplente")
    designated("Propuesta", municipality=vacant, state="proposed")
    designated("Vencida", municipality=alone, ends_on=yesterday)
    assert names(Segment(audience=Audience.VACANT)) == ["Suplente", "Propuesta", "Vencida"]


def test_registered_of_a_series_are_live_and_have_confirmed_their_address() -> None:
    series = f.SeriesFactory()
    event = f.EventFactory(series=series)
    for state in RegistrationState:
        f.RegistrationFactory(event=event, name=state.value, state=state)
    f.RegistrationFactory(name="De otro ciclo", event=f.EventFactory(series=f.SeriesFactory()))
    found = names(Segment(audience=Audience.SERIES, series=series))
    assert found == ["requested", "waiting", "offered", "confirmed"]


def test_size_counts_each_address_once_and_who_has_none_in_one_query() -> None:
    designated("Uno", person__email=" Buzon@Prueba.example ")
    designated("Dos", person__email="buzon@prueba.example", kind="suplente")
    designated("Cuenta", person__email="", person__user=f.UserFactory(email="cuenta@prueba.example"))
    designated("Nada", person__email="")
    with CaptureQueriesContext(connection) as queries:
        assert LIAISONS.size() == (2, 1)
    assert len(queries) == 1


def test_person_registered_in_several_sessions_gets_one_mail() -> None:
    series = f.SeriesFactory()
    for _session in range(3):
        f.RegistrationFactory(
            event=f.EventFactory(series=series), email="Ana@prueba.example", email_normalised="ana@prueba.example"
        )
    send(Segment(audience=Audience.SERIES, series=series))
    assert Message.objects.get().to_email == "ana@prueba.example"


# --- Sending


def test_announcement_is_kept_as_it_was_written_and_queued_as_what_can_be_declined() -> None:
    place = f.MunicipalityFactory(name="Toluca")
    one = designated("Ana", municipality=place)
    by = f.StaffFactory()
    sent = send(Segment(audience=Audience.LIAISONS, municipalities=[place], kind="titular"), by=by)
    assert (sent.segment.label, sent.recipients, sent.created_by) == ("Titulares vigentes · Toluca", 1, by)
    message = Message.objects.get()
    assert (message.to_email, message.to_name, message.operational) == (one.person.email, "Ana", False)
    assert (message.mailing, message.cause) == (f"aviso-{sent.pk}", f"announcement {sent.pk}, by account {by.pk}")
    assert one.person.email not in f"{message.dedupe_key}{message.params}"


def test_same_address_gets_one_mail_that_names_both_people() -> None:
    toluca, metepec = f.MunicipalityFactory(name="Toluca"), f.MunicipalityFactory(name="Metepec")
    designated("Ana", person__email="buzon@prueba.example", municipality=toluca)
    designated("Beto", person__email="BUZON@prueba.example", municipality=metepec)
    designated("Carla")
    sent = send(LIAISONS, body="{nombre} de {municipio}")
    assert (sent.recipients, Message.objects.count()) == (2, 2)
    mail = compose(Message.objects.get(to_email="buzon@prueba.example"))
    assert isinstance(mail, Mail)
    assert "Ana, Beto de Toluca, Metepec" in mail.text


def test_outbox_refuses_a_second_mail_to_the_same_address_of_an_announcement() -> None:
    designated("Ana", person__email="ana@prueba.example")
    sent = send(LIAISONS)
    again = Row(
        kind="events.announcement", dedupe_key=f"{sent.mailing}:{sent.seal('ana@prueba.example')}",
        to_email="ana@prueba.example", params={}, language="es",
    )  # fmt: skip
    enqueue_many([again])
    assert Message.objects.count() == 1


def test_form_sent_twice_makes_one_announcement() -> None:
    designated("Ana")
    first = send(LIAISONS)
    designated("Beto")
    assert send(LIAISONS) == first
    assert (Announcement.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_form_sent_at_once_makes_one_announcement() -> None:
    for number in range(3):
        designated(f"Persona {number}")

    def one(_number: int) -> int:
        try:
            return send(LIAISONS).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(one, range(6)))
    assert made == [Announcement.objects.get().pk] * 6
    assert Message.objects.count() == 3
    assert [row.detail for row in AuditEntry.objects.filter(act=Act.MAILED)] == [{"recipients": 3}]


@pytest.mark.parametrize("expected", [0, 2])
def test_number_that_is_another_one_now_sends_nothing(expected: int) -> None:
    designated("Ana")
    with pytest.raises(ValidationError, match="Ahora son 1 personas"):
        send(LIAISONS, expected=expected)
    assert (Announcement.objects.count(), Message.objects.count()) == (0, 0)


def test_segment_without_anybody_sends_nothing() -> None:
    with pytest.raises(ValidationError):
        send(LIAISONS)
    assert not Announcement.objects.exists()


def test_large_segment_is_queued_with_few_queries() -> None:
    def queries_for(people: int) -> int:
        f.DesignationFactory.create_batch(people, municipality=f.MunicipalityFactory(), kind="suplente")
        with CaptureQueriesContext(connection) as queries:
            send(LIAISONS, key=str(people))
        return len(queries)

    assert [queries_for(2), queries_for(20)] == [9, 9]  # one INSERT holds them; 500 at a time on PostgreSQL


# --- What each person gets


def test_each_person_gets_their_language_where_it_was_written() -> None:
    user = f.UserFactory(language="en")
    designated("Ann", person__user=user, person__email=user.email)
    designated("Ana")
    texts = {"subject_en": "Notice", "body_en": "Dear {nombre}"}
    for key, more in {"both": texts, "spanish": {}}.items():
        send(LIAISONS, key=key, **more)
    mails = [compose(message) for message in Message.objects.order_by("pk")]
    said = [(mail.subject, mail.text.split("\n")[0]) for mail in mails if isinstance(mail, Mail)]
    assert said == [("Notice", "Dear Ann"), ("Aviso", "Hola, Ana"), ("Aviso", "Hola, Ann"), ("Aviso", "Hola, Ana")]
    assert ["represent" in mail.text for mail in mails if isinstance(mail, Mail)] == [True] * 4
    assert "You get this because you represent your municipality" in mails[0].text  # type: ignore[union-attr]
    assert "Le escribimos porque representa a su municipio" in mails[2].text  # type: ignore[union-attr]


def test_registration_keeps_its_language_and_a_name_that_a_stranger_typed_is_no_header() -> None:
    series = f.SeriesFactory(title="Ciclo", title_en="Cycle")
    event = f.EventFactory(series=series)
    f.RegistrationFactory(event=event, name="Ann", language="en")
    sent = send(Segment(audience=Audience.SERIES, series=series), subject_en="News", body_en="{nombre}: {ciclo}")
    message = Message.objects.get()
    assert (message.to_name, message.language) == ("", "en")
    mail = compose(message)
    assert isinstance(mail, Mail)
    assert "Ann: Cycle" in mail.text
    assert sent.segment.label == "Personas inscritas en Ciclo"


def test_what_staff_and_people_typed_is_text_in_the_mail() -> None:
    hostile = "{municipio}<script>alert(1)</script>"
    designated(hostile, municipality=f.MunicipalityFactory(name="Toluca"))
    send(LIAISONS, subject="De {nombre}\nBcc: x@y.example", body="Para {nombre}\n<b>ya</b> javascript:alert(2)")
    message = Message.objects.get()
    mail = compose(message)
    assert isinstance(mail, Mail)
    assert f"Para {hostile}\n<b>ya</b>" in mail.text
    assert "<script>" not in mail.html
    assert "&lt;b&gt;ya&lt;/b&gt;" in mail.html
    assert 'href="javascript' not in mail.html
    assert "\n" not in mail.subject
    assert "\n" not in message.to_name


def left_designation(row: Designation) -> None:
    Designation.objects.filter(pk=row.pk).update(state="ended")


def ran_out(row: Designation) -> None:
    Designation.objects.filter(pk=row.pk).update(ends_on=timezone.localdate() - dt.timedelta(days=1))


def changed_address(row: Designation) -> None:
    Person.objects.filter(pk=row.person_id).update(email="otra@prueba.example")


def lost_address(row: Designation) -> None:
    Person.objects.filter(pk=row.person_id).update(email="")


def announcement_gone(row: Designation) -> None:
    Announcement.objects.all().delete()


@pytest.mark.parametrize("change", [left_designation, ran_out, changed_address, lost_address, announcement_gone])
def test_liaison_who_left_gets_nothing(change: Callable[[Designation], None]) -> None:
    row = designated("Ana")
    send(LIAISONS)
    assert isinstance(compose(Message.objects.get()), Mail)
    change(row)
    assert isinstance(compose(Message.objects.get()), NotWanted)


def test_who_is_still_there_by_another_letter_gets_it() -> None:
    designated("Ana", person__email="buzon@prueba.example")
    suplente = designated("Beto", person__email="buzon@prueba.example", kind="suplente")
    send(LIAISONS)
    Designation.objects.filter(pk=suplente.pk).update(state="ended")
    mail = compose(Message.objects.get())
    assert isinstance(mail, Mail)
    assert "Hola, Ana\n" in mail.text


def test_filter_of_the_segment_holds_when_the_mail_leaves() -> None:
    row = designated("Ana")
    send(Segment(audience=Audience.LIAISONS, kind="titular", region=row.municipality.region))
    Designation.objects.filter(pk=row.pk).update(kind="suplente")
    assert isinstance(compose(Message.objects.get()), NotWanted)


def test_cancelled_registration_and_municipality_with_a_new_titular_get_nothing() -> None:
    registration = f.RegistrationFactory(event=f.EventFactory(series=f.SeriesFactory()))
    send(Segment(audience=Audience.SERIES, series=registration.event.series), key="serie")
    suplente = designated("Ana", kind="suplente")
    send(Segment(audience=Audience.VACANT), key="vacantes")
    assert [isinstance(compose(message), Mail) for message in Message.objects.all()] == [True, True]
    Registration.objects.update(state="cancelled")
    designated("Titular", municipality=suplente.municipality)
    assert [isinstance(compose(message), NotWanted) for message in Message.objects.all()] == [True, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("audience", list(Audience))
def test_announcement_leaves_unless_the_address_is_suppressed(audience: Audience, mailoutbox: list[Any]) -> None:
    """Through the drain, which locks what the text was made from: of each segment, on both databases."""
    event = f.EventFactory(series=f.SeriesFactory())
    registration = f.RegistrationFactory(event=event, email="una@prueba.example", email_normalised="una@prueba.example")
    kind = "suplente" if audience == Audience.VACANT else "titular"
    place = f.MunicipalityFactory()
    designated("Ana", person__email="una@prueba.example", kind=kind, municipality=place)
    off = designated("No", person__email="no@prueba.example", kind=kind)
    f.RegistrationFactory(event=registration.event, email="no@prueba.example", email_normalised="no@prueba.example")
    Suppression.objects.create(email=off.person.email, reason="unsubscribed")
    chosen = {"series": registration.event.series} if audience == Audience.SERIES else {}
    if audience == Audience.LIAISONS:
        chosen = {"region": place.region, "municipalities": [place, off.municipality], "kind": "titular"}
    sent = send(Segment(audience=audience, **chosen))
    drain()
    assert [mail.to for mail in mailoutbox] == [[mailoutbox[0].to[0]]]
    assert "una@prueba.example" in mailoutbox[0].to[0]
    assert Message.objects.by_mailing([sent.mailing]) == {sent.mailing: {"sent": 1, "suppressed": 1}}


# --- The rules of the table


@pytest.mark.parametrize(
    "wrong",
    [{"audience": "vacant", "kind": "titular"}, {"audience": "liaisons", "with_series": True}, {"body_en": "x"}],
)
def test_database_refuses_an_announcement_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    series = f.SeriesFactory() if wrong.pop("with_series", False) else None
    fields = {"audience": "liaisons", "key": "k", "subject": "A", "body": "B", "series": series} | wrong
    with pytest.raises(IntegrityError):
        Announcement.objects.create(**fields)


def test_series_that_is_deleted_leaves_its_announcements() -> None:
    series = f.SeriesFactory()
    sent = Announcement.objects.create(audience="series", series=series, key="k", subject="A", body="B")
    series.delete()
    sent.refresh_from_db()
    assert sent.segment.label == "Personas inscritas en un ciclo que ya no existe"
    assert sent.segment.size() == (0, 0)


# --- The pages


NEW = "staff_announcement_create"


def write(step: str, **more: Any) -> dict[str, Any]:
    texts = {"subject": "Reunión", "body": "Hola, {nombre} de {municipio}", "subject_en": "", "body_en": ""}
    return {"audience": "liaisons", "kind": "", "key": "clave-1", "paso": step} | texts | more


def test_announcement_is_seen_confirmed_by_its_number_and_sent_once(staff: Client) -> None:
    for number in range(10):
        designated(f"Persona {number}", municipality=f.MunicipalityFactory(name=f"Lugar {number}"))
    designated("Sin correo", person__email="", kind="suplente")
    seen = staff.post(reverse(NEW), write("ver"))
    assert 'data-state="preview"' in page_text(seen)
    text = page_text(seen)
    assert "Lo recibirán <strong>10 personas</strong>" in text
    assert "1 no tiene correo" in text
    assert 'Persona 0 <span class="muted small">Titular de Lugar 0</span>' in text
    assert "y 2 personas más" in text
    assert "@prueba.example" not in text
    sample = staff.get(reverse("staff_announcement_sample"))
    assert "Hola, Persona 0 de Lugar 0" in page_text(sample)
    assert "default-src 'none'" in sample["Content-Security-Policy"]
    for wrong in ("", "11", "diez"):
        refused = staff.post(reverse(NEW), write("enviar", confirm=wrong))
        assert refused.status_code == 422
        assert 'data-state="preview"' in page_text(refused)
    assert not Announcement.objects.exists()
    for _again in range(2):
        assert staff.post(reverse(NEW), write("enviar", confirm="10")).status_code == 302
    sent = Announcement.objects.get()
    assert Message.objects.filter(kind="events.announcement").count() == 10
    shown = page_text(staff.get(reverse("staff_announcement_list")))
    assert "Programado: 10" in shown
    assert "Reunión" in shown
    assert staff.get(reverse("staff_announcement_sample")).status_code == 404
    assert sent.created_by is not None


def test_number_that_changed_since_it_was_seen_is_said(staff: Client) -> None:
    designated("Ana")
    seen = staff.post(reverse(NEW), write("ver"))
    assert 'name="seen" value="1"' in page_text(seen)
    designated("Beto")
    refused = staff.post(reverse(NEW), write("enviar", confirm="1", seen="1"))
    assert refused.status_code == 422
    assert "Mientras tanto cambió cuántas personas son: ahora 2." in page_text(refused)
    assert 'name="seen" value="2"' in page_text(refused)
    assert staff.post(reverse(NEW), write("enviar", confirm="2", seen="2")).status_code == 302


def test_english_is_seen_beside_the_spanish(staff: Client) -> None:
    designated("Ana")
    english = {"subject_en": "Meeting", "body_en": "Dear {nombre}"}
    seen = staff.post(reverse(NEW), write("ver", **english))
    assert [language for language, _subject in seen.context["samples"]] == ["es", "en"]
    sample = page_text(staff.get(reverse("staff_announcement_sample"), {"idioma": "en"}))
    assert "Dear Ana" in sample
    assert 'lang="en"' in sample


def test_hostile_text_is_text_in_every_page(staff: Client) -> None:
    designated("<script>alert(1)</script>", municipality=f.MunicipalityFactory(name="<i>Lugar</i>"))
    hostile = {"subject": "<script>alert(2)</script>", "body": "<img src=x onerror=alert(3)>{nombre}"}
    pages = [staff.post(reverse(NEW), write("ver", **hostile)), staff.get(reverse("staff_announcement_sample"))]
    pages.append(staff.post(reverse(NEW), write("enviar", confirm="1", **hostile), follow=True))
    pages.append(staff.get(reverse("staff_announcement_list")))
    found = [word for page in pages for word in ("<script>alert", "<img src=x", "<i>Lugar") if word in page_text(page)]
    assert found == []
    assert "&lt;img src=x onerror=alert(3)&gt;" in page_text(pages[1])


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"audience": ""}, ["audience"]),
        ({"audience": "todos"}, ["audience"]),
        ({"audience": "series", "body": "Hola"}, ["series"]),
        ({"audience": "series", "series": "999", "body": "Hola"}, ["series"]),
        ({"audience": "vacant"}, ["audience"]),  # nobody
        ({"kind": "suplente"}, ["audience"]),  # nobody
        ({"region": "x"}, ["region"]),
        ({"municipalities": ["99999999999999999999"]}, ["municipalities"]),
        ({"body": "Hola, {apellido}"}, ["body"]),
        ({"subject": "Del {ciclo}"}, ["subject"]),
        ({"subject": ""}, ["subject"]),
        ({"subject_en": "Meeting"}, ["body_en"]),
        ({"body_en": "Dear {name}", "subject_en": "x"}, ["body_en"]),
    ],
)
def test_form_that_makes_no_sense_is_refused(staff: Client, more: dict[str, Any], errors: list[str]) -> None:
    designated("Ana")
    response = staff.post(reverse(NEW), write("ver", **more))
    assert response.status_code == 422
    assert [name for name in response.context["form"].errors if name != "confirm"] == errors
    assert 'data-state="invalid"' in page_text(response)


def test_region_and_municipalities_are_one_or_the_other_for_liaisons_alone(staff: Client) -> None:
    row = designated("Ana")
    both = {"region": row.municipality.region.pk, "municipalities": [row.municipality.pk]}
    assert list(staff.post(reverse(NEW), write("ver", **both)).context["form"].errors) == ["municipalities"]
    registration = f.RegistrationFactory(event=f.EventFactory(series=f.SeriesFactory()))
    of_series = {"audience": "series", "series": registration.event.series.pk, "body": "Del {ciclo}"} | both
    assert staff.post(reverse(NEW), write("enviar", confirm="1", **of_series)).status_code == 302
    sent = Announcement.objects.get()
    assert (sent.region, list(sent.municipalities.all()), sent.kind) == (None, [], "")


def test_link_chooses_the_segment_beforehand(staff: Client) -> None:
    series = f.SeriesFactory()
    form = staff.get(reverse(NEW), {"a": "series", "ciclo": series.pk}).context["form"]
    assert [form[name].value() for name in ("audience", "series")] == ["series", str(series.pk)]


def test_series_and_vacancies_lead_to_writing_to_their_people(staff: Client) -> None:
    event = f.EventFactory(series=f.SeriesFactory())
    f.MunicipalityFactory()
    new = reverse(NEW)
    series = page_text(staff.get(reverse("staff_series_edit", args=[event.series.pk])))
    assert f'href="{new}?a=series&amp;ciclo={event.series.pk}"' in series
    assert f'href="{new}?a=vacant"' in page_text(staff.get(reverse("staff_vacancy_list")))


def test_page_of_an_announcement_says_how_its_mails_stand_with_the_list_of_each(staff: Client) -> None:
    for number in range(6):
        designated(f"Persona {number}")
    sent = send(LIAISONS)
    send(LIAISONS, key="otra")
    rows = list(Message.objects.filter(mailing=sent.mailing))
    for row, state in zip(rows, ("failed", "in_doubt", "suppressed", "skipped"), strict=False):
        Message.objects.filter(pk=row.pk).update(state=state)
    Message.objects.filter(pk=rows[4].pk).update(state="sent", sent_at=timezone.now())
    page = staff.get(reverse("staff_announcement_detail", args=[sent.pk]))
    assert [(one.label, one.number) for one in page.context["standing"]] == [
        ("Enviados", 1), ("En espera", 1), ("Fallido", 1), ("En duda", 1), ("Suprimido", 1), ("Omitido", 1),
    ]  # fmt: skip
    failed = staff.get(page.context["standing"][2].href)
    assert [row.message.pk for row in failed.context["rows"]] == [rows[0].pk]
    assert len(staff.get(page.context["mail"]).context["rows"]) == 6


def test_empty_list_says_what_comes_next(staff: Client) -> None:
    assert "Aún no se ha escrito ningún aviso" in page_text(staff.get(reverse("staff_announcement_list")))


def test_preview_makes_as_many_queries_for_2_people_as_for_40(staff: Client) -> None:
    def queries_for(people: int) -> int:
        f.DesignationFactory.create_batch(people, municipality=f.MunicipalityFactory(), kind="suplente")
        with CaptureQueriesContext(connection) as queries:
            assert staff.post(reverse(NEW), write("ver")).status_code == 200
        return len(queries)

    queries_for(1)
    assert queries_for(1) == queries_for(40)
