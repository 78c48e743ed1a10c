"""The public pages of events and series, and registering from them."""

import datetime as dt
import re
from typing import Any

import icalendar
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.enums import EventStatus, RegistrationState
from events.figures import session_counts
from events.models import Agreement, Event, Registration
from events.services.registration import MAILS_A_DAY, RegistrationData, register
from network.enums import Modality, OrganisationRole
from outbox.models import Message
from tests import factories
from web import identity

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    return str(response.content.decode())


def state(response: Any) -> str:
    found = re.search(r'<main[^>]* data-state="([^"]*)"', text(response))
    assert found
    return found[1]


# --- The event's page


def test_event_page_has_every_block(client: Client) -> None:
    series = factories.SeriesFactory(title="Contingencia y territorio")
    before = factories.EventFactory(title="Primer conversatorio")
    event = factories.EventFactory(
        title="Segundo conversatorio",
        series=series,
        number_in_series=2,
        follows_up=before,
        topic="Gestión de la ciudad",
        objectives="Escuchar\nReunir actores",
        day=None,
        modality=Modality.VIRTUAL,
        note="La fuente no da fecha.",
        format=factories.FormatFactory(code="conversatorio", name="Conversatorio"),
    )
    event.linked_pathways.add(factories.PathwayFactory(code="circular", name="Circular", order=3))
    event.sdgs.add(factories.SDGFactory(number=11, name="Ciudades"), factories.SDGFactory(number=17, name="Alianzas"))
    for order in range(6):
        factories.GuidingQuestionFactory(event=event, order=order, text=f"¿Pregunta {order + 1}?")
    factories.EventOrganiserFactory(event=event, organisation=factories.OrganisationFactory(name="Renamet"))
    factories.EventOrganiserFactory(
        event=event, organisation=factories.OrganisationFactory(name="IKI"), role=OrganisationRole.FUNDS
    )
    factories.SpeakerFactory(event=event, name="Con Permiso")
    factories.SpeakerFactory(event=event, name="Sin Permiso", consent_on=None)
    page = text(client.get(f"/eventos/{event.slug}/"))
    for words in (
        "Segundo conversatorio",
        "Conversatorio 2",
        "Contingencia y territorio",
        "Gestión de la ciudad",
        "Reunir actores",
        "Primer conversatorio",
        "Renamet",
        "Convoca",
        "IKI",
        "Financia",
        "Con Permiso",
        "ODS 11: Ciudades",
        "ODS 17: Alianzas",
        "Resiliente",
        "Circular",
        "Fecha por confirmar",
        "Sin documentos aún",
        "La fuente no da fecha.",
        "el enlace llega a las personas inscritas",
    ):
        assert words in page, words
    assert re.findall(r"¿Pregunta \d\?", page) == [f"¿Pregunta {number}?" for number in range(1, 7)]
    assert "Sin Permiso" not in page


def test_event_page_names_both_time_zones(client: Client) -> None:
    event = factories.EventFactory(day=dt.date(2026, 12, 17), second_time_zone="Europe/Berlin")
    page = text(client.get(f"/eventos/{event.slug}/"))
    assert "11:00 a 12:00 h, hora del centro de México (UTC−6)" in page
    assert "18:00 a 19:00 h, hora de Alemania (UTC+1)" in page


def test_english_page_marks_what_is_in_spanish(client: Client) -> None:
    event = factories.EventFactory(title="Agua", title_en="Water", summary="De qué iba.", objectives="Aprender")
    page = text(client.get(f"/en/eventos/{event.slug}/"))
    assert "<h1>Water</h1>" in page
    assert '<div class="prose" lang="es"><p>De qué iba.</p></div>' in page
    assert '<ul class="prose" lang="es"><li>Aprender</li>' in page
    assert ' lang="es"><p>' not in text(client.get(f"/eventos/{event.slug}/"))
    bare = factories.EventFactory(title="Suelo")
    assert '<h1 lang="es">Suelo</h1>' in text(client.get(f"/en/eventos/{bare.slug}/"))


def test_series_names_its_formats_in_the_language_of_the_page(client: Client) -> None:
    workshop = factories.FormatFactory(name="Taller", plural="Talleres", name_en="Workshop", plural_en="Workshops")
    event = factories.EventFactory(series=factories.SeriesFactory(), format=workshop)
    assert event.series is not None
    assert "<h2>Talleres</h2>" in text(client.get(f"/ciclos/{event.series.slug}/"))
    assert "<h2>Workshops</h2>" in text(client.get(f"/en/ciclos/{event.series.slug}/"))


def test_undated_sessions_of_a_series_come_last(client: Client) -> None:
    series, workshop = factories.SeriesFactory(), factories.FormatFactory()
    own = {"series": series, "format": workshop, "hour": None}
    factories.EventFactory(title="Sin fecha", day=None, **own)
    factories.EventFactory(title="Con fecha", day=dt.date(2027, 3, 4), **own)
    page = text(client.get(f"/ciclos/{series.slug}/"))
    assert page.index("Con fecha") < page.index("Sin fecha")


def test_spanish_of_an_english_page_is_marked_as_such(client: Client) -> None:
    series = factories.SeriesFactory(title="Ciclo del agua", summary="De ríos y lagos.", period="Otoño")
    factories.EventFactory(series=series)
    off = factories.EventFactory(status="cancelled", cancellation_reason="Por la lluvia.")
    listed = text(client.get("/en/ciclos/"))
    assert f'<a href="/en/ciclos/{series.slug}/" lang="es">Ciclo del agua</a>' in listed
    assert '<p lang="es">De ríos y lagos.</p>' in listed
    assert '<p lang="es">Por la lluvia.</p>' in text(client.get(f"/en/eventos/{off.slug}/"))
    assert f'<a href="/ciclos/{series.slug}/">Ciclo del agua</a>' in text(client.get("/ciclos/"))


def test_after_the_event_its_results_come_first(client: Client) -> None:
    event = factories.EventFactory(
        day=dt.date(2020, 6, 17), hour=None, results_summary="Se acordaron tres rutas.", summary="De qué iba."
    )
    factories.GuidingQuestionFactory(event=event, answer="Con árboles nativos.")
    page = text(client.get(f"/eventos/{event.slug}/")).split("<main", 1)[1]
    assert page.index("Se acordaron tres rutas.") < page.index("De qué iba.") < page.index("Con árboles nativos.")
    assert "Hora no registrada" in page
    assert "Inscribirse" not in page


def test_event_that_is_over_without_results_says_they_are_pending(client: Client) -> None:
    event = factories.EventFactory(day=dt.date(2020, 6, 17))
    assert "Resultado pendiente" in text(client.get(f"/eventos/{event.slug}/"))


def test_cancelled_event_says_why_and_takes_nobody(client: Client) -> None:
    event = factories.EventFactory(status=EventStatus.CANCELLED, cancellation_reason="Alerta por lluvia")
    response = client.get(f"/eventos/{event.slug}/")
    assert state(response) == "cancelled"
    assert "Alerta por lluvia" in text(response)
    assert f"/eventos/{event.slug}/inscripcion/" not in text(response)


@pytest.mark.parametrize("path", ["", "inscripcion/", "materiales/1/"])
def test_draft_does_not_exist_for_the_public(client: Client, path: str) -> None:
    event = factories.EventFactory(status=EventStatus.DRAFT)
    assert client.get(f"/eventos/{event.slug}/{path}").status_code == 404
    assert client.get(f"/eventos/{event.slug}.ics").status_code == 404


def test_staff_preview_a_draft(client: Client) -> None:
    event = factories.EventFactory(status=EventStatus.DRAFT)
    client.force_login(factories.StaffFactory())
    response = client.get(f"/eventos/{event.slug}/")
    assert (response.status_code, state(response)) == (200, "draft")


def test_draft_that_follows_up_an_event_is_not_named_on_its_page(client: Client) -> None:
    event = factories.EventFactory()
    factories.EventFactory(title="Aún secreto", status=EventStatus.DRAFT, follows_up=event)
    assert "Aún secreto" not in text(client.get(f"/eventos/{event.slug}/"))


def test_event_file_holds_the_event(client: Client) -> None:
    event = factories.EventFactory(day=dt.date(2026, 12, 17))
    response = client.get(f"/eventos/{event.slug}.ics")
    (entry,) = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    assert str(entry["uid"]) == f"{event.uid}@127.0.0.1"
    assert entry.decoded("dtstart") == dt.datetime(2026, 12, 17, 17, 0, tzinfo=dt.UTC)


def test_material_is_a_download_for_whoever_sees_the_event(client: Client) -> None:
    material = factories.MaterialFactory(url="", file=ContentFile(b"%PDF-1.4", "guia.pdf"), title="Guía de árboles")
    address = f"/eventos/{material.event.slug}/materiales/{material.pk}/"
    response = client.get(address)
    assert (response.status_code, response.getvalue()) == (200, b"%PDF-1.4")
    assert response["Content-Disposition"] == 'attachment; filename="guia-de-arboles.pdf"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert client.get(f"/eventos/{factories.EventFactory().slug}/materiales/{material.pk}/").status_code == 404
    Event.objects.filter(pk=material.event_id).update(status=EventStatus.DRAFT)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_event_page_asks_as_much_for_one_of_each_as_for_three(
    client: Client, django_assert_num_queries: Any, count: int
) -> None:
    event = factories.EventFactory(series=factories.SeriesFactory(), municipality=factories.MunicipalityFactory())
    for number in range(count):
        factories.EventOrganiserFactory(event=event)
        factories.SpeakerFactory(event=event)
        factories.GuidingQuestionFactory(event=event)
        factories.MaterialFactory(event=event)
        factories.EventFactory(follows_up=event)
        event.linked_pathways.add(factories.PathwayFactory(code=["circular", "equitable", "low-carbon"][number]))
        event.sdgs.add(factories.SDGFactory(number=number + 1))
        Agreement.objects.create(event=event, text="Revisar el avance", order=number)
    identity.current()
    with django_assert_num_queries(9):
        assert client.get(f"/eventos/{event.slug}/").status_code == 200


# --- Series


def test_series_counts_what_was_announced_held_and_published(client: Client) -> None:
    series = factories.SeriesFactory(planned_sessions=12, topics="agua, bosque", note="La fuente dice 12 y enumera 5.")
    webinar, gaad = factories.FormatFactory(code="webinar"), factories.FormatFactory(code="gaad")
    factories.SeriesOrganiserFactory(series=series, role=OrganisationRole.SUPPORTS)
    for number, (kind, day) in enumerate([(webinar, dt.date(2020, 6, 17)), (gaad, dt.date(2020, 6, 10))], 1):
        factories.EventFactory(series=series, format=kind, number_in_series=1, day=day, title=f"Sesión {number}")
    factories.EventFactory(series=series, format=webinar, number_in_series=2, title="Por venir")
    factories.EventFactory(
        series=series, format=webinar, number_in_series=3, status=EventStatus.DRAFT, title="Borrador"
    )
    response = client.get(f"/ciclos/{series.slug}/")
    said = "12 anunciadas · 3 en el calendario · 2 realizadas · 0 con resultados"
    assert response.context["counts"] == said
    assert {group.format.code: group.counts for group in response.context["formats"]} == {
        "gaad": "1 en el calendario · 1 realizada · 0 con resultados",
        "webinar": "2 en el calendario · 1 realizada · 0 con resultados",
    }
    numbered = {group.format.plural: [row.kind for row in group.rows] for group in response.context["formats"]}
    assert numbered == {"GAADs": ["GAAD 1"], "Webinars": ["Webinar 1", "Webinar 2"]}
    for words in ("Apoya", "bosque", "La fuente dice 12 y enumera 5."):
        assert words in text(response)
    assert "Borrador" not in text(response)
    assert said in text(client.get("/ciclos/"))


def test_series_without_an_announcement_does_not_say_zero(client: Client) -> None:
    series = factories.SeriesFactory(planned_sessions=None)
    factories.EventFactory(series=series, day=None, hour=None)
    said = client.get(f"/ciclos/{series.slug}/").context["counts"]
    assert said == "1 en el calendario · 0 realizadas · 0 con resultados"


@pytest.mark.parametrize(
    ("left", "expected"),
    [("summary", 1), ("answer", 1), ("recording", 1), ("reference", 0), ("question", 0), ("nothing", 0)],
)
def test_session_has_results_once_it_left_something(client: Client, left: str, expected: int) -> None:
    event = factories.EventFactory(series=factories.SeriesFactory(), day=dt.date(2026, 3, 2))
    if left == "summary":
        Event.objects.update(results_summary="Se acordó una ruta.")
    elif left in {"answer", "question"}:
        factories.GuidingQuestionFactory(event=event, answer="Sí." if left == "answer" else "")
    elif left != "nothing":
        factories.MaterialFactory(event=event, kind=left)
    counts = session_counts([event.series])[event.series.pk][event.format_id]
    assert (counts.listed, counts.held, counts.with_results) == (1, 1, expected)
    assert Event.objects.results_pending().count() == 1 - expected


# --- Registering


@pytest.fixture
def event() -> Event:
    factories.PrivacyNoticeFactory()
    return factories.EventFactory(capacity=1)


def a_moment_ago() -> time_machine.travel:
    """What happens inside happened ten seconds ago: as long as a person takes at least."""
    return time_machine.travel(timezone.now() - dt.timedelta(seconds=10))


def filled(client: Client, event: Event, **more: str) -> dict[str, str]:
    """The form as a person fills it who took a moment."""
    with a_moment_ago():
        response = client.get(f"/eventos/{event.slug}/inscripcion/")
    return {
        "name": "Ana López",
        "email": "ana@prueba.example",
        "category": "public-servant",
        "consent": "on",
        "stamp": response.context["form"]["stamp"].value(),
    } | more


def send(client: Client, event: Event, fields: dict[str, str]) -> Any:
    return client.post(f"/eventos/{event.slug}/inscripcion/", fields)


def test_form_shows_the_notice_before_the_first_field(client: Client, event: Event) -> None:
    page = text(client.get(f"/eventos/{event.slug}/inscripcion/"))
    assert page.index("Usamos sus datos para inscribirle.") < page.index('name="name"')
    assert "versión prueba-1" in page


def test_name_of_two_letters_is_refused_in_words(client: Client, event: Event) -> None:
    response = send(client, event, filled(client, event, name="Al"))
    assert "Escriba el nombre completo, con tres letras o más." in text(response)
    assert "carácter" not in text(response)


def test_person_registers_sees_the_place_and_cancels(client: Client, event: Event) -> None:
    response = send(client, event, filled(client, event, sex="undisclosed"))
    row = Registration.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/eventos/inscripciones/{row.token}/")
    assert (row.sex, row.privacy_notice.version, row.modality) == ("undisclosed", "prueba-1", "virtual")
    page = client.get(response["Location"])
    assert state(page) == "confirmed"
    assert event.meeting_url in text(page)
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert client.get(f"{response['Location']}cancelar/").status_code == 405
    assert Registration.objects.get().state == RegistrationState.CONFIRMED
    assert client.post(f"{response['Location']}cancelar/")["Location"] == response["Location"]
    assert state(client.get(response["Location"])) == "cancelled"


def test_who_waits_reads_the_position_and_not_the_link(client: Client, event: Event) -> None:
    register(event=event, data=RegistrationData(name="Primera", email="primera@prueba.example"))
    page = client.get(send(client, event, filled(client, event))["Location"])
    assert state(page) == "waiting"
    assert "Su posición en la lista es la 1." in text(page)
    assert event.meeting_url not in text(page)
    own = client.get(f"/eventos/inscripciones/{Registration.objects.latest('pk').token}/evento.ics")
    assert b"videollamada.example" not in own.content.replace(b"\r\n ", b"")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "A" * 161}, "name"),
        ({"name": "Ana\x00López"}, "name"),
        ({"name": "Gane $5000 en http://evil.example/x ahora"}, "name"),
        ({"name": "Gane en WWW.evil.example"}, "name"),
        ({"name": "Ana evil.example/x"}, "name"),
        ({"email": "ana@"}, "email"),
        ({"category": "emperor"}, "category"),
        ({"municipality": "999999"}, "municipality"),
        ({"sex": "x"}, "sex"),
        ({"consent": ""}, "consent"),
        ({"website": "http://spam.example"}, "website"),
        ({"stamp": "falso"}, "__all__"),
        ({"stamp": ""}, "__all__"),
        ({"stamp": "x" * 601}, "__all__"),
    ],
)
def test_wrong_form_keeps_what_was_typed_and_stores_nothing(
    client: Client, event: Event, wrong: dict[str, str], field: str
) -> None:
    response = send(client, event, filled(client, event, institution="Ayuntamiento de Prueba") | wrong)
    assert (response.status_code, state(response)) == (422, "invalid")
    assert list(response.context["form"].errors) == [field]
    assert 'value="Ayuntamiento de Prueba"' in text(response)
    assert 'id="errores"' in text(response)
    assert not Registration.objects.exists()
    assert not Message.objects.exists()


def test_a_name_that_turns_the_text_around_is_not_stored_as_typed(client: Client, event: Event) -> None:
    send(client, event, filled(client, event, name="Ana \u202eelpmaxe"))
    assert not Registration.objects.filter(name__contains="\u202e").exists()


def test_mail_to_an_address_that_anybody_may_have_typed_carries_no_name_beside_it(client: Client, event: Event) -> None:
    send(client, event, filled(client, event, name="Lic. M.A. Ana O'Gorman/Peña-Díaz"))
    assert Registration.objects.get().name == "Lic. M.A. Ana O'Gorman/Peña-Díaz"
    assert Message.objects.get().to_name == ""
    staff = factories.StaffFactory()
    data = RegistrationData(name="Eva Sol", email="eva@prueba.example")
    register(event=event, data=data, by=staff)
    assert Message.objects.to_address("eva@prueba.example").get().to_name == "Eva Sol"


def test_form_sent_at_once_is_explained_and_passes_the_second_time(client: Client, event: Event) -> None:
    fields = filled(
        client, event, stamp=client.get(f"/eventos/{event.slug}/inscripcion/").context["form"]["stamp"].value()
    )
    first = send(client, event, fields)
    assert first.status_code == 422
    assert "demasiado rápido" in text(first)
    fields["stamp"] = first.context["form"]["stamp"].value()
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=3)):
        assert send(client, event, fields).status_code == 302


def test_expired_page_is_given_a_new_stamp_and_passes_the_second_time(client: Client, event: Event) -> None:
    fields = filled(client, event)
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        expired = send(client, event, fields)
    assert expired.status_code == 422
    with a_moment_ago():
        again = send(client, event, fields | {"stamp": "ilegible"})
    fields["stamp"] = again.context["form"]["stamp"].value()
    assert send(client, event, fields).status_code == 302


def test_stamp_of_another_event_does_not_serve(client: Client, event: Event) -> None:
    other = filled(client, factories.EventFactory())["stamp"]
    assert send(client, event, filled(client, event, stamp=other)).status_code == 422


def test_same_form_twice_is_one_registration(client: Client, event: Event) -> None:
    fields = filled(client, event)
    first, second = send(client, event, fields), send(client, event, fields)
    assert first["Location"] == second["Location"]
    assert Registration.objects.count() == 1


def test_same_form_with_other_values_says_that_the_first_ones_stay(client: Client, event: Event) -> None:
    fields = filled(client, event, institution="Ayuntamiento")
    assert "del primer envío" not in text(client.get(send(client, event, fields)["Location"]))
    again = send(client, event, fields | {"institution": "Universidad"})
    assert "se conservan los datos del primer envío" in text(client.get(again["Location"]))
    assert Registration.objects.get().institution == "Ayuntamiento"


def test_email_already_registered_tells_a_stranger_nothing_of_it(client: Client, event: Event) -> None:
    row = register(event=event, data=RegistrationData(name="Ana Verdadera", email="ana@prueba.example"))
    response = send(client, event, filled(client, event))
    assert (response.status_code, state(response)) == (200, "already-registered")
    assert row.token not in text(response)
    assert "Verdadera" not in text(response)
    assert list(Message.objects.order_by("pk").values_list("kind", "to_email")) == [
        ("events.registration", "ana@prueba.example"),
        ("events.registration_link", "ana@prueba.example"),
    ]


def test_who_is_known_is_not_promised_a_mail_that_does_not_leave(client: Client, event: Event) -> None:
    register(event=event, data=RegistrationData(name="Ana Verdadera", email="ana@prueba.example"))
    assert "Enviamos otra vez" in text(send(client, event, filled(client, event)))
    for number in range(MAILS_A_DAY):
        register(
            event=factories.EventFactory(), data=RegistrationData(name=f"Ana {number}", email="ana@prueba.example")
        )
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        answer = text(send(client, event, filled(client, event)))
    assert "Hoy no enviamos más mensajes a ese correo" in answer
    assert "Enviamos otra vez" not in answer


def test_who_is_known_reads_of_one_mail_an_hour_and_of_what_is_still_to_confirm(client: Client, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(confirms_email=True)
    send(client, event, filled(client, event))
    row = Registration.objects.get()
    again = text(send(client, event, filled(client, event)))
    assert f"confirme antes del {row.deadline}" in again
    assert "Enviamos otra vez a ana@prueba.example el enlace para confirmarla" in again
    sent = Message.objects.count()
    third = text(send(client, event, filled(client, event)))
    assert Message.objects.count() == sent
    assert "Enviamos otra vez" not in third
    assert "hace menos de una hora" in third


def test_full_event_refuses_and_says_why(client: Client, event: Event) -> None:
    fields = filled(client, event)
    Event.objects.filter(pk=event.pk).update(waiting_list_enabled=False)
    register(event=event, data=RegistrationData(name="Primera", email="primera@prueba.example"))
    refused = send(client, event, fields)
    assert (refused.status_code, state(refused)) == (409, "refused")
    assert "Cupo lleno" in text(refused)
    looked = client.get(f"/eventos/{event.slug}/inscripcion/")
    assert (looked.status_code, state(looked)) == (200, "refused")
    assert Registration.objects.count() == 1


def test_hybrid_event_asks_how_one_attends(client: Client, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(modality=Modality.HYBRID)
    assert send(client, event, filled(client, event)).status_code == 422
    assert send(client, event, filled(client, event, modality="in-person")).status_code == 302
    assert Registration.objects.get().modality == "in-person"


def test_registration_in_english_is_told_in_english(client: Client, event: Event) -> None:
    fields = filled(client, event)
    response = client.post(f"/en/eventos/{event.slug}/inscripcion/", fields)
    assert response["Location"].startswith("/en/eventos/inscripciones/")
    assert (Registration.objects.get().language, Message.objects.get().language) == ("en", "en")


def test_unknown_link_is_nobody(client: Client) -> None:
    for path in ("", "evento.ics"):
        assert client.get(f"/eventos/inscripciones/no-existe-tal-enlace/{path}").status_code == 404
    assert client.post("/eventos/inscripciones/no-existe-tal-enlace/cancelar/").status_code == 404


def test_past_event_is_not_cancelled_any_more(client: Client) -> None:
    row = factories.RegistrationFactory(event=factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=3)))
    client.post(f"/eventos/inscripciones/{row.token}/cancelar/")
    row.refresh_from_db()
    assert row.state == RegistrationState.CONFIRMED


def test_cancelled_registration_says_only_what_is_so(client: Client, event: Event) -> None:
    """Who waited freed no seat, and nobody registers again for what is over."""
    sure = register(event=event, data=RegistrationData(name="Primera", email="primera@prueba.example"))
    waits = register(event=event, data=RegistrationData(name="Segunda", email="segunda@prueba.example"))
    addresses = [f"/eventos/inscripciones/{row.token}/" for row in (waits, sure)]
    assert "Al cancelar sale de la lista de espera." in text(client.get(addresses[0]))
    assert "Al cancelar, su lugar queda libre para otra persona." in text(client.get(addresses[1]))
    for address in addresses:
        client.post(f"{address}cancelar/")
    left, gave_back = (text(client.get(address)) for address in addresses)
    assert "Se retiró: aún no tenía un lugar." in left
    assert "Su lugar queda libre para otra persona." in gave_back
    assert "Inscribirse otra vez" in gave_back
    with time_machine.travel(timezone.now() + dt.timedelta(days=400)):
        assert "otra vez" not in text(client.get(addresses[1]))


def test_who_waited_in_vain_reads_that_the_event_is_over(client: Client) -> None:
    row = factories.RegistrationFactory(
        event=factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=3)), state=RegistrationState.WAITING
    )
    page = text(client.get(f"/eventos/inscripciones/{row.token}/"))
    assert "Este evento ya concluyó" in page
    assert "Está en la lista de espera" not in page


# --- One's own


def test_own_registrations_are_those_of_verified_addresses(client: Client) -> None:
    user = factories.UserFactory(email="yo@prueba.example")
    mine = factories.RegistrationFactory(email="Yo@prueba.example", event=factories.EventFactory(title="Lo mío"))
    factories.RegistrationFactory(event=factories.EventFactory(title="Lo ajeno"))
    assert client.get("/mis-inscripciones/").status_code == 302
    client.force_login(user)
    page = text(client.get("/mis-inscripciones/"))
    assert "Lo mío" in page
    assert f"/eventos/inscripciones/{mine.token}/" in page
    assert "Lo ajeno" not in page


def test_address_merely_typed_shows_nothing(client: Client) -> None:
    factories.RegistrationFactory(email="yo@prueba.example", event=factories.EventFactory(title="Lo mío"))
    client.force_login(factories.UserFactory(email="yo@prueba.example", verified=False))
    assert "Lo mío" not in text(client.get("/mis-inscripciones/"))


@pytest.mark.parametrize("count", [1, 3])
def test_own_registrations_ask_as_much_for_one_as_for_three(
    client: Client, django_assert_num_queries: Any, count: int
) -> None:
    client.force_login(factories.UserFactory(email="yo@prueba.example"))
    for _row in range(count):
        factories.RegistrationFactory(email="yo@prueba.example", event=factories.EventFactory())
    identity.current()
    with django_assert_num_queries(5):
        assert client.get("/mis-inscripciones/").status_code == 200


def test_registration_of_a_cancelled_event_says_that_it_was_cancelled(client: Client) -> None:
    row = factories.RegistrationFactory(event=factories.EventFactory(status=EventStatus.CANCELLED))
    page = client.get(f"/eventos/inscripciones/{row.token}/")
    assert state(page) == "cancelled"
    assert "El evento se canceló" in text(page)
    assert row.event.meeting_url not in text(page)


def test_who_chose_the_venue_of_an_event_that_went_online_reads_the_link(client: Client) -> None:
    event = factories.EventFactory(modality=Modality.VIRTUAL, meeting_url="https://reunion.example/1")
    row = factories.RegistrationFactory(event=event, modality=Modality.IN_PERSON)
    page = client.get(reverse("registration_detail", args=[row.token]))
    assert "https://reunion.example/1" in page.content.decode()
