"""Importing attendance, as the staff sees it: sent, reviewed, added; and the sheet that is typed."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from events.enums import ImportState
from events.models import Event
from network.models import Person, User
from tests import factories
from tests.events.attendance_files import DAY, TEAMS_SECTIONS, ZONE, ZOOM_OLD
from tests.events.test_attendance_imports import HEAD, at, stay, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory(name="Sofía Instituto")


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(day=DAY, starts_at=at(11), ends_at=at(12, 30), time_zone=ZONE)


def send(desk: Client, event: Event, data: bytes, **more: Any) -> Any:
    given = {"file": SimpleUploadedFile("informe.csv", data), **more}
    return desk.post(reverse("staff_event_imports", args=[event.pk]), given)


def test_report_is_sent_reviewed_and_added(desk: Client, event: Event) -> None:
    answer = send(desk, event, TEAMS_SECTIONS.encode("utf-16"))
    made = event.attendance_imports.get()
    address = reverse("staff_event_import", args=[event.pk, made.pk])
    assert (answer.status_code, answer["Location"], event.attendances.count()) == (302, address, 0)
    page = desk.get(address).content.decode()
    assert "Luis Peña" in page
    assert "Faltan 2 por decidir para incorporar." in page
    assert "Incorporar a la asistencia" not in page
    desk.post(address, {"hacer": "nuevas"})
    assert "Incorporar a la asistencia" in desk.get(address).content.decode()
    answer = desk.post(address, {"hacer": "incorporar"})
    assert answer["Location"] == reverse("staff_event_attendance", args=[event.pk])
    page = desk.get(answer["Location"]).content.decode()
    assert "Informe de la videollamada · 11:10–12:10 · 30 minutos · anotó Sofía Instituto" in page
    page = desk.get(address).content.decode()
    assert "la incorporó Sofía Instituto" in page


def test_choices_of_a_page_are_kept_by_every_button(desk: Client, event: Event) -> None:
    juan = factories.PersonFactory(name="Juan Pérez")
    factories.PersonFactory(name="Juan Pérez")
    made = upload(event, stay("Juan Pérez"), stay("Sala"), stay("Nueva"))
    first, room, _new = made.people.all()
    address = reverse("staff_event_import", args=[event.pk, made.pk])
    desk.post(address, {f"fila-{first.pk}": juan.pk, f"fila-{room.pk}": "ignore", "hacer": "nuevas"})
    assert list(made.people.values_list("decision", "person")) == [
        ("person", juan.pk), ("ignore", None), ("new", None),
    ]  # fmt: skip
    for tab, name in (("listas", "Nueva"), ("ignoradas", "Sala")):
        assert f"<legend>{name}</legend>" in desk.get(f"{address}?ver={tab}").content.decode()
    desk.post(address, {f"fila-{room.pk}": "", "hacer": "incorporar"})
    assert event.attendances.count() == 0  # one of them is undecided again
    assert made.people.undecided().get() == room


def test_person_whom_nobody_proposed_is_looked_for(desk: Client, event: Event) -> None:
    rosa = factories.PersonFactory(name="Rosa Gil", email="rosa@lerma.example")
    made = upload(event, stay("Galaxy A52"))
    row = made.people.get()
    address = reverse("staff_event_imported_person", args=[event.pk, made.pk, row.pk])
    assert "Nadie coincide" in desk.get(address).content.decode()
    assert "rosa@lerma.example" in desk.get(f"{address}?q=gil").content.decode()
    desk.post(address, {"persona": rosa.pk})
    row.refresh_from_db()
    assert (row.decision, row.person) == ("person", rosa)


def test_same_file_leads_to_where_it_is(desk: Client, event: Event) -> None:
    send(desk, event, ZOOM_OLD.encode())
    answer = desk.post(
        reverse("staff_event_imports", args=[event.pk]), {"file": SimpleUploadedFile("otro.csv", ZOOM_OLD.encode())},
        follow=True,
    )  # fmt: skip
    assert "Este archivo ya se había subido a este evento" in answer.content.decode()
    assert event.attendance_imports.count() == 1


def test_broken_file_says_where_and_writes_nothing(desk: Client, event: Event) -> None:
    answer = send(desk, event, f"{HEAD}\r\nAna,,18/06/2026 11:00,ayer\r\n".encode())
    assert answer.status_code == 422
    sentence = "Línea 2, columna 4 (Hora de salida): «ayer» no es una fecha con hora que se entienda."
    assert sentence in answer.content.decode()
    assert not event.attendance_imports.exists()


def test_corrected_file_is_said_to_take_the_place_of_the_earlier(desk: Client, event: Event) -> None:
    send(desk, event, ZOOM_OLD.encode())
    first = event.attendance_imports.get()
    address = reverse("staff_event_import", args=[event.pk, first.pk])
    for action in ("nuevas", "incorporar"):
        desk.post(address, {"hacer": action})
    assert (
        "toma el lugar de «informe.csv»" in desk.get(reverse("staff_event_imports", args=[event.pk])).content.decode()
    )
    send(desk, event, ZOOM_OLD.replace("12:27:00 PM", "11:58:00 AM").encode(), replaces=str(first.pk))
    second = event.attendance_imports.first()
    assert second is not None
    assert second.replaces == first
    address = reverse("staff_event_import", args=[event.pk, second.pk])
    for action in ("seguras", "incorporar"):
        desk.post(address, {"hacer": action})
    assert event.attendances.get(person__name="Ana López Ruiz").minutes == 58
    first.refresh_from_db()
    assert first.state == ImportState.REPLACED


def test_queue_is_thrown_away(desk: Client, event: Event) -> None:
    made = upload(event, stay("Ana"))
    answer = desk.post(reverse("staff_event_import", args=[event.pk, made.pk]), {"hacer": "descartar"}, follow=True)
    assert "La asistencia quedó como estaba" in answer.content.decode()
    assert "Aún no hay informes" in answer.content.decode()


def sheet_of(*rows: dict[str, Any], shown: int = 15, **more: Any) -> dict[str, Any]:
    typed = {f"{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {"form_key": "hoja-1", "rows_shown": shown, "hacer": "revisar", **typed, **more}


def test_sheet_is_typed_and_reviewed(desk: Client, event: Event) -> None:
    town = factories.MunicipalityFactory(name="Jocotitlán")
    address = reverse("staff_event_sheet", args=[event.pk])
    typed = sheet_of(
        {"name": "Ana López", "sex": "woman", "municipality": "JOCOTITLAN", "minutes": "45"}, {"name": "Luis Peña"}
    )
    for _again in range(2):  # a double click makes one sheet
        answer = desk.post(address, typed)
    made = event.attendance_imports.get()
    assert answer["Location"] == reverse("staff_event_import", args=[event.pk, made.pk])
    assert list(made.people.values_list("name", "sex", "municipality", "minutes")) == [
        ("Ana López", "woman", town.pk, 45), ("Luis Peña", "", None, None),
    ]  # fmt: skip


def test_sheet_asks_for_more_lines_and_loses_none(desk: Client, event: Event) -> None:
    address = reverse("staff_event_sheet", args=[event.pk])
    page = desk.post(address, sheet_of({"name": "Ana López"}, hacer="mas"))
    content = page.content.decode()
    assert (page.status_code, content.count('class="sheet-row"'), 'value="Ana López"' in content) == (200, 25, True)
    assert not event.attendance_imports.exists()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"email": "a@b.example"}, "Escriba el nombre."),
        ({"name": "Ana", "municipality": "Atlantis"}, "Ese municipio no existe"),
        ({}, "La hoja está vacía"),
    ],
)
def test_sheet_says_what_is_wrong(desk: Client, event: Event, row: dict[str, str], sentence: str) -> None:
    answer = desk.post(reverse("staff_event_sheet", args=[event.pk]), sheet_of(row))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_file_of_the_attendance_says_minutes_and_moments(desk: Client, event: Event, staff: User) -> None:
    ana = factories.PersonFactory(name="Ana López", email="")
    factories.AttendanceFactory(
        event=event, person=ana, source="import", modality="virtual", minutes=87, arrived_at=at(10, 58),
        left_at=at(12, 27), created_by=staff,
    )  # fmt: skip
    factories.AttendanceFactory(event=event, person=factories.PersonFactory(name="Beto", email=""))
    lines = desk.get(reverse("staff_event_attendance_csv", args=[event.pk])).content.decode("utf-8-sig").splitlines()
    unknown = ",".join(["sin dato"] * 4)
    assert lines[1] == (
        f"Ana López,sin dato,{unknown},Virtual,87,2026-06-18 10:58,2026-06-18 12:27,"
        "Informe de la videollamada,Sofía Instituto"
    )
    assert lines[2] == f"Beto,{unknown},sin dato,sin dato,sin dato,sin dato,sin dato,Lista del personal,sin dato"


def test_review_of_five_hundred_people_comes_in_pages(desk: Client, event: Event) -> None:
    made = upload(event, *(stay(f"Persona {n:03}") for n in range(500)))
    page = desk.get(reverse("staff_event_import", args=[event.pk, made.pk])).content.decode()
    assert page.count("<legend>") == 50
    assert Person.objects.count() == 0
