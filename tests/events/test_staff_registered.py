"""The staff's list of registered people, and what is made of it."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
import pytest
import segno
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pdfua import validate
from PIL import Image
from pypdf import PdfReader

from events import emails
from events.enums import RegistrationState
from events.models import BulkMessage, Event, Registration, RegistrationQuestion
from events.services.messages import send_to_many
from events.views import staff_registered
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from outbox.services import resend
from tests import factories
from web import qr

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.StaffFactory())
    return client


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(modality="hybrid")


def url(name: str, event: Event) -> str:
    return reverse(name, args=[event.pk])


def page_text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def csv_lines(response: Any) -> list[str]:
    return response.content.decode("utf-8-sig").splitlines()


# --- The list


def test_each_filter_leaves_what_matches_and_states_count_under_the_other_filters(staff: Client, event: Event) -> None:
    town = factories.MunicipalityFactory(name="Ñuñoa", slug="nunoa")
    for name, more in {
        "Ana Ríos": {"municipality": town, "modality": "virtual", "category": "public-servant"},
        "Beto Paz": {"municipality": town, "state": "waiting", "modality": "in-person"},
        "Carla Sol": {"institution": "Instituto del Agua", "state": "offered"},
    }.items():
        factories.RegistrationFactory(event=event, name=name, **more)
    factories.RegistrationFactory(name="De otro evento")
    expected = {
        "": ["Ana Ríos", "Beto Paz", "Carla Sol"],
        "?municipio=nunoa": ["Ana Ríos", "Beto Paz"],
        "?municipio=nunoa&estado=waiting": ["Beto Paz"],
        "?modalidad=virtual": ["Ana Ríos"],
        "?tipo=sin-dato": ["Beto Paz", "Carla Sol"],
        "?q=RIOS": ["Ana Ríos"],
        "?q=agua": ["Carla Sol"],
        "?orden=recientes": ["Carla Sol", "Beto Paz", "Ana Ríos"],
        "?estado=no-existe&municipio=tampoco&tipo=x": ["Ana Ríos", "Beto Paz", "Carla Sol"],
        "?q=nadie": [],
    }
    pages = {query: staff.get(url("staff_event_registrations", event) + query) for query in expected}
    assert {query: [row.name for row in page.context["page"]] for query, page in pages.items()} == expected
    states = {state["label"]: state["count"] for state in pages["?municipio=nunoa&estado=waiting"].context["states"]}
    assert states == {"Todas": 2, "En lista de espera": 1, "Confirmada": 1, "Cancelada": 0}
    assert "Ninguna inscripción coincide" in page_text(pages["?q=nadie"])


@pytest.mark.parametrize(
    "query", ["?estado=zzz", "?municipio=zzz&estado=confirmed", "?q=" + "x" * 200, "?estdo=waiting"]
)
def test_filter_that_does_not_exist_is_said_and_nothing_is_made_by_it(staff: Client, event: Event, query: str) -> None:
    factories.RegistrationFactory(event=event)
    page = page_text(staff.get(url("staff_event_registrations", event) + query))
    assert "Un filtro de la dirección no existe" in page
    assert ("Quitar:" in page) == ("estado=confirmed" in query)  # a chip for what is in force alone
    assert "inscripciones.csv" not in page
    for name in (
        "staff_event_registrations_csv", "staff_event_registrations_xlsx", "staff_event_badges_file",
        "staff_event_sign_in_file",
    ):  # fmt: skip
        refused = staff.get(url(name, event) + query)
        assert (refused.status_code, refused["Content-Type"]) == (400, "text/plain; charset=utf-8")
    message = url("staff_event_message", event) + query
    assert staff.get(message).status_code == 422
    refused = staff.post(message, write(event, "enviar", confirm="1"))
    assert refused.status_code == 422
    assert "No se escribe a nadie con un filtro que no existe" in page_text(refused)
    assert not BulkMessage.objects.exists()


def test_link_of_a_state_keeps_the_other_filters(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event)
    page = staff.get(url("staff_event_registrations", event) + "?q=persona&pagina=1")
    assert 'href="?q=persona&amp;estado=waiting"' in page_text(page)


# --- Files


def test_files_have_a_column_for_each_question_and_say_what_is_not_known(staff: Client, event: Event) -> None:
    number = factories.RegistrationQuestionFactory(event=event, order=1, kind="number", text="=¿Cuántas?")
    choices = factories.RegistrationQuestionFactory(event=event, order=2, kind="choices", text="¿Qué días?")
    answered = factories.RegistrationFactory(event=event, name="=1+1", institution="+52", sex="woman")
    factories.RegistrationFactory(event=event, name="Sin nada", email="", email_normalised="")
    factories.RegistrationAnswerFactory(registration=answered, question=number, value=3)
    factories.RegistrationAnswerFactory(registration=answered, question=choices, value=["=Lunes", "Martes"])
    factories.AccessNeedsFactory(registration=answered, accessibility="Silla de ruedas")

    lines = csv_lines(staff.get(url("staff_event_registrations_csv", event)))
    assert lines[0].endswith("'=¿Cuántas?,¿Qué días?")
    RegistrationQuestion.objects.filter(pk=choices.pk).update(text_en="Which days?")
    english = csv_lines(staff.get("/en" + url("staff_event_registrations_csv", event)))
    assert english[0].endswith("'=¿Cuántas?,Which days?")
    assert lines[1].startswith("'=1+1,")
    assert lines[1].endswith(""",3,"'=Lunes, Martes\"""")
    assert lines[2].startswith("Sin nada,sin dato,Confirmada,sin dato,sin dato,sin dato,sin dato,sin dato,")
    assert lines[2].endswith("sin respuesta,sin respuesta")
    assert "Silla" not in "".join(lines)

    response = staff.get(url("staff_event_registrations_xlsx", event))
    assert "no-store" in response["Cache-Control"]
    rows = list(openpyxl.load_workbook(BytesIO(response.content)).active.iter_rows())
    assert [cell.value for cell in rows[1]][-2:] == [3, "'=Lunes, Martes"]
    assert {cell.data_type for row in rows for cell in row} == {"s", "n"}


def test_files_have_what_the_filters_leave(staff: Client, event: Event) -> None:
    for state in (RegistrationState.CONFIRMED, RegistrationState.WAITING):
        factories.RegistrationFactory(event=event, state=state)
    assert len(csv_lines(staff.get(url("staff_event_registrations_csv", event) + "?estado=waiting"))) == 2


# --- What people need


def test_needs_are_on_a_page_and_in_a_file_of_their_own_without_those_who_cancelled(
    staff: Client, event: Event
) -> None:
    factories.AccessNeedsFactory(registration__event=event, accessibility="=Rampa <b>ancha</b>")
    gone = factories.RegistrationFactory(event=event, state=RegistrationState.CANCELLED)
    factories.AccessNeedsFactory(registration=gone, accessibility="Ya no")
    factories.AccessNeedsFactory(accessibility="De otro evento")
    assert "1 persona dijo qué necesita" in page_text(staff.get(url("staff_event_registrations", event)))
    shown = page_text(staff.get(url("staff_event_needs", event)))
    assert "=Rampa &lt;b&gt;ancha&lt;/b&gt;" in shown
    assert "Ya no" not in shown
    assert "De otro evento" not in shown
    lines = csv_lines(staff.get(url("staff_event_needs_csv", event)))
    assert len(lines) == 2
    assert "'=Rampa" in lines[1]


# --- Messages to many


def write(event: Event, step: str, **more: Any) -> dict[str, Any]:
    return {
        "subject": "Cambio de sala",
        "body": "Hola, {nombre}: {enlace_inscripcion}",
        "key": "clave-1",
        "paso": step,
        **more,
    }


def test_message_is_seen_confirmed_by_its_number_and_sent_once(staff: Client, event: Event) -> None:
    for number in range(3):
        factories.RegistrationFactory(event=event, name=f"Persona {number}")
    factories.RegistrationFactory(event=event, state="cancelled")
    factories.RegistrationFactory(event=event, state="unconfirmed")
    factories.RegistrationFactory(event=event, email="", email_normalised="")
    page = url("staff_event_message", event)
    seen = staff.post(page, write(event, "ver"))
    assert 'data-state="preview"' in page_text(seen)
    assert "Hola, Persona 0: http" in page_text(seen)
    assert Registration.objects.get(name="Persona 0").token not in page_text(seen)
    assert "1 no tiene correo" in page_text(seen)
    for wrong in ("", "4", "tres"):
        refused = staff.post(page, write(event, "enviar", confirm=wrong))
        assert refused.status_code == 422
        assert 'data-state="preview"' in page_text(refused)
    assert not BulkMessage.objects.exists()
    for _again in range(2):
        assert staff.post(page, write(event, "enviar", confirm="3")).status_code == 302
    sent = BulkMessage.objects.get()
    assert (sent.recipients, sent.states, sent.created_by is not None) == (3, ["confirmed"], True)
    assert Message.objects.filter(kind="events.bulk").count() == 3
    shown = page_text(staff.get(url("staff_event_messages", event)))
    assert "Programado: 3" in shown
    assert "Cambio de sala" in shown


def test_message_goes_to_whom_the_filters_leave(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event)
    waiting = factories.RegistrationFactory(event=event, state="waiting")
    staff.post(url("staff_event_message", event) + "?estado=waiting", write(event, "enviar", confirm="1"))
    assert Message.objects.get(kind="events.bulk").to_email == waiting.email


def test_number_that_changed_since_it_was_seen_sends_nothing(event: Event) -> None:
    factories.RegistrationFactory(event=event)
    people = Registration.objects.filter(event=event)
    with pytest.raises(ValidationError):
        send_to_many(event=event, recipients=people, expected=2, subject="A", body="B", key="k", by=None)
    assert not BulkMessage.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("body", ["Hola, {apellido}", "{NOMBRE}", ""])
def test_message_that_cannot_be_filled_in_is_refused(staff: Client, event: Event, body: str) -> None:
    factories.RegistrationFactory(event=event)
    response = staff.post(url("staff_event_message", event), write(event, "ver", body=body))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["body"]


def test_what_staff_and_people_typed_is_text_in_the_mail(event: Event) -> None:
    person = factories.RegistrationFactory(event=event, name="{evento}<script>alert(1)</script>")
    body = "Para {nombre}\nEl {fecha} <b>sin falta</b> javascript:alert(2)"
    message = BulkMessage.objects.create(
        event=event, key="k", subject="De {nombre}\nBcc: x", body=body, states=["confirmed"]
    )
    mail = emails.bulk({"bulk": message.pk, "registration": person.pk}, "es")
    assert isinstance(mail, Mail)
    assert "Para {evento}<script>alert(1)</script>\nEl " in mail.text
    assert "<script>" not in mail.html
    assert "&lt;b&gt;sin falta&lt;/b&gt;" in mail.html
    assert 'href="javascript' not in mail.html
    assert "\n" not in mail.subject


def test_message_is_left_out_where_the_registration_changed_its_state(event: Event) -> None:
    person = factories.RegistrationFactory(event=event, state="waiting")
    message = BulkMessage.objects.create(event=event, key="k", subject="A", body="B", states=["waiting"])
    params = {"bulk": message.pk, "registration": person.pk}
    assert isinstance(emails.bulk(params, "es"), Mail)
    Registration.objects.filter(pk=person.pk).update(state="confirmed")
    assert isinstance(emails.bulk(params, "es"), NotWanted)


def test_delivery_is_counted_by_message_and_state(event: Event) -> None:
    for _each in range(3):
        factories.RegistrationFactory(event=event)
    people = Registration.objects.filter(event=event)
    sent = [
        send_to_many(event=event, recipients=people, expected=3, subject="A", body="B", key=key, by=None)
        for key in ("uno", "dos")
    ]
    Message.objects.filter(dedupe_key__startswith=f"bulk:{sent[0].pk}:").update(state="failed")
    resend(message=Message.objects.filter(mailing=sent[0].mailing)[0], reason="Otra vez", by=factories.StaffFactory())
    assert Message.objects.by_mailing([message.mailing for message in sent]) == {
        sent[0].mailing: {"failed": 3},
        sent[1].mailing: {"scheduled": 3},
    }


# --- Printed lists


def words_of(response: Any) -> str:
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages).split())


LONG = "María Guadalupe de los Ángeles Hernández-Villavicencio y Fernández de Córdoba"


@pytest.mark.parametrize("people", [0, 1, 7])
def test_badges_are_six_to_a_page_of_those_who_have_a_place(staff: Client, event: Event, people: int) -> None:
    for number in range(people):
        factories.RegistrationFactory(event=event, name=f"{LONG} {number}", institution="Dirección de <Agua>" * 4)
    factories.RegistrationFactory(event=event, name="Espera Lugar", state="waiting")
    response = staff.get(url("staff_event_badges_file", event))
    words = words_of(response)
    assert len(PdfReader(BytesIO(response.content)).pages) == {0: 1, 1: 1, 7: 2}[people]
    assert words.count("Hernández-Villavicencio") == people
    assert "Espera Lugar" not in words


def test_long_words_stay_within_their_badge(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event, name="w" * 160, institution="Y" * 160, modality="in-person")
    factories.RegistrationFactory(event=event, name="Zoé", municipality=factories.MunicipalityFactory(name="Toluca"))
    words = words_of(staff.get(url("staff_event_badges_file", event)))
    assert 50 < words.count("w") < 95
    assert 50 < words.count("Y") < 95


def test_many_badges_come_in_several_files(staff: Client, event: Event) -> None:
    for number in range(5):
        factories.RegistrationFactory(event=event, name=f"Persona {number}")
    with mock.patch.object(staff_registered, "BADGES", 2):
        page = staff.get(url("staff_event_registrations", event), {"pagina": "1"})
        files = page.context["badge_files"]
        assert [words for words, _href in files] == ["Gafetes 1–2", "Gafetes 3–4", "Gafetes 5–5"]
        answers = [staff.get(href) for _words, href in files]
    assert [words_of(answer).count("Persona") for answer in answers] == [2, 2, 1]
    assert "-3.pdf" in answers[2]["Content-Disposition"]
    assert [words for words, _href in staff.get(url("staff_event_registrations", event)).context["badge_files"]] == [
        "Gafetes"
    ]


def test_code_of_a_badge_is_the_one_of_the_screen_but_for_its_mask() -> None:
    address = qr.printed("https://red.example/e/1")
    own, other = BytesIO(b64decode(address.removeprefix("data:image/png;base64,"))), BytesIO()
    segno.make("https://red.example/e/1", error="m", micro=False, mask=3).save(other, "png", scale=4, border=4)
    first, second = (Image.open(file).convert("L") for file in (own, other))
    assert (first.size, first.tobytes()) == (second.size, second.tobytes())


def test_sheet_to_sign_has_everybody_by_name_and_lines_for_who_comes_unregistered(staff: Client, event: Event) -> None:
    for name in ("Óscar Paz", "Zoé Ruiz", "ana Sol"):
        factories.RegistrationFactory(event=event, name=name, sex="man")
    words = words_of(staff.get(url("staff_event_sign_in_file", event)))
    assert words.index("ana Sol") < words.index("Óscar Paz") < words.index("Zoé Ruiz")
    assert "3 personas inscritas" in words
    assert "Personas sin inscripción previa" in words
    assert " 13" in words
    assert "@" not in words


def test_printed_lists_are_accessible_documents(staff: Client, event: Event, tmp_path: Path) -> None:
    factories.RegistrationFactory(event=event, name=LONG, modality="in-person")
    for name in ("staff_event_badges_file", "staff_event_sign_in_file"):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(staff.get(url(name, event)).content)
        answer = validate(str(path))
        assert [(finding.rule_id, finding.message) for finding in answer.findings] == []
