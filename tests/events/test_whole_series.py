"""Registering once for the sessions of a series that are still to come."""

import datetime as dt
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from zeal import zeal_ignore

from events import emails
from events.enums import Admission, EventStatus, RegistrationState, RegistrationStatus
from events.models import Event, Registration, Series
from events.services.registration import MAILS_A_DAY, RegistrationData, mail_was_queued
from events.services.whole_series import register_in_sessions
from network.enums import Modality
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from outbox.services import enqueue
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def series() -> Series:
    factories.PrivacyNoticeFactory()
    return factories.SeriesFactory(slug="ciclo")


def session(series: Series, days: int, **more: Any) -> Event:
    day = timezone.localdate() + dt.timedelta(days=days)
    return factories.EventFactory(series=series, number_in_series=Event.objects.count() + 1, day=day, **more)


def open_form(client: Client) -> dict[str, Any]:
    """What a person sends who leaves every box ticked; the form was open for a while."""
    with time_machine.travel(timezone.now() - dt.timedelta(seconds=30)):
        form = client.get("/ciclos/ciclo/inscripcion/").context["form"]
    return {
        "stamp": form["stamp"].value(), "sessions": form["sessions"].value(), "name": "María Peña",
        "email": "maria@prueba.example", "category": "academia", "consent": "on",
    }  # fmt: skip


def send(client: Client, body: dict[str, Any]) -> Any:
    """The page that the form leads to. Each session is registered for as one event is, hence the queries of each."""
    with zeal_ignore():
        return client.post("/ciclos/ciclo/inscripcion/", body, follow=True)


def test_one_form_registers_in_every_session_and_sends_one_mail(client: Client, series: Series) -> None:
    roomy, full = session(series, 3), session(series, 6, capacity__seats=1, modality=Modality.IN_PERSON)
    factories.RegistrationFactory(event=full)
    full.seat_pools.update(taken=1)
    response = send(client, open_form(client))
    rows = list(Registration.objects.filter(email="maria@prueba.example").order_by("event__first_day"))
    assert [(row.event, row.state, row.modality) for row in rows] == [
        (roomy, RegistrationState.CONFIRMED, "virtual"), (full, RegistrationState.WAITING, "in-person"),
    ]  # fmt: skip
    assert {row.person for row in rows} == {rows[0].person}
    assert all(row.privacy_notice and row.consented_at for row in rows)
    page = response.content.decode()
    assert response["Cache-Control"].count("no-store") == 1
    for row in rows:
        assert f"/eventos/inscripciones/{row.token}/" in page
    message = Message.objects.get()
    assert (message.kind, message.to_email) == ("events.series_registration", "maria@prueba.example")
    mail = emails.series_registration(message.params, "es")
    assert isinstance(mail, Mail)
    for row in rows:
        assert row.token in mail.text
        assert row.token in mail.html
    assert roomy.meeting_url in mail.text
    [(name, content, kind)] = mail.attachments
    assert (name, kind) == ("sesiones.ics", "text/calendar; method=PUBLISH")
    entries = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert [str(entry["UID"]).split("@")[0] for entry in entries] == [str(roomy.uid)]


def test_only_the_boxes_left_ticked_count(client: Client, series: Series) -> None:
    wanted, _other = session(series, 3), session(series, 6)
    foreign = factories.EventFactory()
    body = open_form(client)
    assert client.post("/ciclos/ciclo/inscripcion/", body | {"sessions": []}).status_code == 422
    strange = client.post("/ciclos/ciclo/inscripcion/", body | {"sessions": [foreign.pk]})
    assert strange.status_code == 422
    assert "ya no está en el ciclo" in strange.content.decode()
    assert not Registration.objects.exists()
    assert client.post("/ciclos/ciclo/inscripcion/", body | {"sessions": [wanted.pk]}).status_code == 302
    assert Registration.objects.get().event == wanted


def test_form_sent_twice_counts_once(client: Client, series: Series) -> None:
    session(series, 3), session(series, 6)
    body = open_form(client)
    first, second = (send(client, body) for _again in range(2))
    assert Registration.objects.count() == 2
    assert Message.objects.count() == 1
    assert list(first.context["made"]) == list(second.context["made"])
    assert all(pool.taken == 1 for event in Event.objects.all() for pool in event.seat_pools.all())


def test_form_sent_again_shows_the_receipt_though_its_sessions_take_nobody_by_now(
    client: Client, series: Series
) -> None:
    only = session(series, 3, waiting_list_enabled=False, capacity__seats=1)
    body = open_form(client)
    first, second = (send(client, body) for _again in range(2))
    assert second.status_code == 200
    assert list(first.context["made"]) == list(second.context["made"]) != []
    other = session(series, 6)
    assert list(send(client, body).context["made"]) == list(first.context["made"])
    with time_machine.travel(timezone.now() + dt.timedelta(hours=20)):
        Event.objects.filter(pk=only.pk).update(registration_closes_at=timezone.now())
        assert list(send(client, body).context["made"]) == list(first.context["made"])
    stranger = send(client, body | {"name": "Otra Persona", "email": "otra@prueba.example"})
    assert stranger.status_code == 422
    assert f"Ya no está en esta lista: {only.title}" in stranger.content.decode()
    assert not Registration.objects.filter(event=other).exists()


def test_how_one_attends_is_asked_only_where_a_hybrid_session_is_ticked(client: Client, series: Series) -> None:
    online, hybrid = session(series, 3), session(series, 6, modality=Modality.HYBRID)
    body = open_form(client)
    assert send(client, body).context["form"].errors.keys() == {"modality"}
    send(client, body | {"sessions": [online.pk]})
    assert list(Registration.objects.values_list("event", "modality")) == [(online.pk, "virtual")]
    send(client, body | {"sessions": [hybrid.pk], "modality": "in-person"})
    assert Registration.objects.get(event=hybrid).modality == "in-person"


def test_each_session_says_its_state(client: Client, series: Series) -> None:
    full = session(series, 3, capacity__seats=1)
    full.seat_pools.update(taken=1)
    approving = session(series, 6, admission=Admission.APPROVAL, modality=Modality.HYBRID)
    labels = [
        label for _pk, label in client.get("/ciclos/ciclo/inscripcion/").context["form"].fields["sessions"].choices
    ]
    assert [label.split(" h, ")[1].split(" · ")[1:] for label in labels] == [
        ["lista de espera"], ["híbrida", "requiere aprobación"],
    ]  # fmt: skip
    assert "El instituto aprueba cada inscripción" in client.get(f"/eventos/{approving.slug}/").content.decode()
    assert "El instituto aprueba cada inscripción" not in client.get(f"/eventos/{full.slug}/").content.decode()


def test_session_where_one_is_registered_already_is_said_without_its_link(client: Client, series: Series) -> None:
    old, new = session(series, 3), session(series, 6)
    known = factories.RegistrationFactory(
        event=old, email="maria@prueba.example", person=factories.PersonFactory(email="maria@prueba.example")
    )
    page = send(client, open_form(client))
    assert page.context["known"] == [old]
    assert known.token not in page.content.decode()
    assert [row.event for row in page.context["made"]] == [new]
    mail = emails.series_registration(Message.objects.get().params, "es")
    assert isinstance(mail, Mail)
    assert known.token in mail.text  # the address alone learns it


def test_sessions_that_ask_for_more_or_take_nobody_are_left_out_and_named(client: Client, series: Series) -> None:
    session(series, 2, title="Cubierta")
    session(series, 3, title="Con invitación", admission=Admission.INVITED)
    session(series, 4, title="Con correo confirmado", confirms_email=True)
    asks = session(series, 5, title="Con preguntas")
    asks.registration_questions.create(text="¿Por qué?", purpose="Saber")
    session(series, 6, title="Cerrada", registration_closes_at=timezone.now() - dt.timedelta(hours=1))
    session(series, -6, title="Pasada")
    session(series, 7, title="Borrador", status=EventStatus.DRAFT)
    session(series, 8, title="Cancelada", status=EventStatus.CANCELLED)
    context = client.get("/ciclos/ciclo/inscripcion/").context
    assert [label.split(" · ")[0] for _pk, label in context["form"].fields["sessions"].choices] == ["Cubierta"]
    assert [(row.event.title, row.why) for row in context["left_out"]] == [
        ("Con invitación", "Solo por invitación"),
        ("Con correo confirmado", "Pide confirmar el correo: inscríbase en su página"),
        ("Con preguntas", "Hace preguntas propias: inscríbase en su página"),
        ("Cerrada", "Inscripción cerrada"),
    ]


def test_session_that_filled_up_meanwhile_is_said_and_the_others_are_kept(client: Client, series: Series) -> None:
    full, free = session(series, 3, waiting_list_enabled=False, capacity__seats=1), session(series, 6)
    body = open_form(client)
    full.seat_pools.update(taken=1)
    body["sessions"] = [full.pk, free.pk]
    page = send(client, body)
    assert page.status_code == 422  # it is not offered any more, and the page says so
    assert [(row.event, row.why) for row in page.context["left_out"]] == [(full, "Cupo lleno")]
    data = RegistrationData(name="María Peña", email="maria@prueba.example")
    outcome = register_in_sessions(series=series, sessions=[full, free], data=data, form_key="clave")
    assert outcome.refused == [(full, RegistrationStatus.FULL)]
    assert [row.event for row in outcome.made] == [free]
    assert Registration.objects.get().event == free


def test_series_without_open_sessions_says_so(client: Client, series: Series) -> None:
    session(series, -3)
    assert "Ahora no hay sesiones con inscripción" in client.get("/ciclos/ciclo/inscripcion/").content.decode()
    assert client.post("/ciclos/ciclo/inscripcion/", {}).status_code == 409


@pytest.mark.parametrize("receipt", ["nada", "eyJhIjoxfQ:1abc:xyz"])
def test_receipt_cannot_be_made_up(client: Client, series: Series, receipt: str) -> None:
    assert client.get(f"/ciclos/ciclo/inscripcion/{receipt}/").status_code == 404


def test_an_address_gets_so_many_mails_a_day_of_series_too(series: Series) -> None:
    sessions = [session(series, 3), session(series, 6)]
    data = RegistrationData(name="María Peña", email="maria@prueba.example")
    with zeal_ignore():
        for number in range(MAILS_A_DAY + 3):
            register_in_sessions(series=series, sessions=sessions, data=data, form_key=f"form {number}")
    assert Message.objects.to_address(data.email).count() == MAILS_A_DAY
    row = Registration.objects.get(event=sessions[0])
    assert mail_was_queued(row)  # by the series' mail: its page does not say that none left
    Message.objects.filter(params__series=series.pk).delete()
    for number in range(MAILS_A_DAY):
        key = f"otro:{number}"
        enqueue(kind="events.registration", dedupe_key=key, to_email=data.email, params={}, language="es")
    assert not mail_was_queued(row)


def test_the_receipt_speaks_of_a_mail_only_where_one_leaves(client: Client, series: Series) -> None:
    old = session(series, 3)
    factories.RegistrationFactory(
        event=old, email="maria@prueba.example", person=factories.PersonFactory(email="maria@prueba.example")
    )
    session(series, 6)
    body = open_form(client)
    told = send(client, body).content.decode()
    assert "Un solo correo lleva todas las sesiones" in told
    for number in range(MAILS_A_DAY):
        enqueue(
            kind="events.registration", dedupe_key=f"otro:{number}", to_email=body["email"], params={}, language="es"
        )
    assert "Un solo correo" in send(client, body).content.decode()  # the same form: its mail left before
    Registration.objects.filter(self_registered=True).exclude(event=old).delete()
    silent = send(client, open_form(client)).content.decode()
    assert "Su correo ya recibió muchos mensajes hoy" in silent
    assert "Hoy no enviamos más mensajes a ese correo" in silent
    assert "Un solo correo" not in silent


def test_receipt_ends_and_belongs_to_its_series(client: Client, series: Series) -> None:
    session(series, 3)
    other = factories.SeriesFactory()
    address = client.post("/ciclos/ciclo/inscripcion/", open_form(client))["Location"]
    assert client.get(address).status_code == 200
    assert client.get(address.replace("/ciclo/", f"/{other.slug}/")).status_code == 404
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        assert client.get(address).status_code == 404


def test_mail_says_what_is_left_when_it_leaves(client: Client, series: Series) -> None:
    session(series, 3)
    client.post("/ciclos/ciclo/inscripcion/", open_form(client))
    Registration.objects.update(state=RegistrationState.CANCELLED)
    assert isinstance(emails.series_registration(Message.objects.get().params, "es"), NotWanted)


def test_stamp_of_an_event_does_not_serve_for_a_series(client: Client, series: Series) -> None:
    event = session(series, 3)
    body = open_form(client)
    with time_machine.travel(timezone.now() - dt.timedelta(seconds=30)):
        stamp = client.get(f"/eventos/{event.slug}/inscripcion/").context["form"]["stamp"].value()
    assert client.post("/ciclos/ciclo/inscripcion/", body | {"stamp": stamp}).status_code == 422
    assert client.post("/ciclos/ciclo/inscripcion/", body | {"website": "x"}).status_code == 422
    assert not Registration.objects.exists()


def test_series_page_leads_to_the_form_where_there_are_several(client: Client, series: Series) -> None:
    session(series, 3)
    assert "/ciclos/ciclo/inscripcion/" not in client.get("/ciclos/ciclo/").content.decode()
    session(series, 6)
    assert "/ciclos/ciclo/inscripcion/" in client.get("/ciclos/ciclo/").content.decode()
