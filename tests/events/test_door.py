"""The list at the door: what it shows, what its buttons do, what phones send and hear."""

import datetime as dt
import json
import secrets
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from events.enums import AttendanceSource, RegistrationState
from events.models import Attendance, DoorMark, Event, Registration
from events.services.check_in import check_in
from network.enums import Modality
from network.models import User
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 3)
ELEVEN = dt.datetime.combine(DAY, dt.time(11), ZoneInfo("America/Mexico_City"))
NOW = int(ELEVEN.timestamp() * 1000)  # by the phone's clock
MINUTE = 60_000


@pytest.fixture(autouse=True)
def _eleven_on_the_day() -> Iterator[None]:
    with time_machine.travel(ELEVEN, tick=False):
        yield


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


@pytest.fixture
def phone(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(day=DAY, modality=Modality.IN_PERSON)


def somebody(event: Event, name: str, **fields: Any) -> Registration:
    return factories.RegistrationFactory(event=event, person=factories.PersonFactory(name=name), **fields)


def page(phone: Client, event: Event, **query: str) -> str:
    return phone.get(reverse("staff_event_door", args=[event.pk]), query).content.decode()


def press(phone: Client, event: Event, **button: object) -> str:
    return phone.post(reverse("staff_event_door", args=[event.pk]), button, follow=True).content.decode()


def said(registration: Registration, **fields: Any) -> dict[str, Any]:
    return {"key": secrets.token_hex(16), "registration": registration.pk, "came": True, "at": NOW} | fields


def send(phone: Client, event: Event, *marks: Any, sent: int | None = None) -> Any:
    address = reverse("staff_event_door_marks", args=[event.pk])
    body = {"sent": NOW if sent is None else sent, "marks": marks}
    return phone.post(address, json.dumps(body), content_type="application/json")


def results(phone: Client, event: Event, *marks: Any) -> list[str]:
    return [answer["result"] for answer in send(phone, event, *marks).json()["answers"]]


# --- The page


def test_list_is_looked_through_by_name_institution_and_municipality(phone: Client, event: Event) -> None:
    town = factories.MunicipalityFactory(name="Acambay")
    somebody(event, "José Ñúñez", institution="Ayuntamiento", municipality=town)
    somebody(event, "Ana Ríos", institution="Secretaría del Campo")
    seen = {words: [n for n in ("José", "Ana") if n in page(phone, event, q=words)] for words in SEARCHES}
    assert seen == SEARCHES


SEARCHES = {
    "": ["José", "Ana"],
    "nunez": ["José"],
    "AYUNTAMIENTO jose": ["José"],
    "acambay": ["José"],
    "campo": ["Ana"],
    "nadie": [],
}


def test_who_cancelled_is_found_by_name_alone(phone: Client, event: Event) -> None:
    gone = somebody(event, "Cándida Gómez", state=RegistrationState.CANCELLED)
    again = somebody(event, "Berta Luna")
    factories.RegistrationFactory(event=event, person=again.person, state=RegistrationState.CANCELLED)
    assert "Cándida" not in page(phone, event)
    assert "Su inscripción está cancelada" in page(phone, event, q="candida")
    assert page(phone, event, q="berta").count("<strong>Berta Luna</strong>") == 1
    press(phone, event, **{"de-todos-modos": gone.pk})
    assert "Cándida" in page(phone, event)


def test_names_are_text(phone: Client, event: Event) -> None:
    somebody(event, "<script>alert(1)</script>", institution='"><img src=x>')
    text = page(phone, event)
    assert "<script>alert(1)" not in text
    assert "<img src=x>" not in text


def test_only_this_page_may_use_the_camera(phone: Client, event: Event) -> None:
    answer = phone.get(reverse("staff_event_door", args=[event.pk]))
    assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=()"
    elsewhere = [phone.get(reverse(name)) for name in ("home", "staff_home", "readyz")]
    assert {one.headers["Permissions-Policy"].split(",")[0] for one in elsewhere} == {"camera=()"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_list_of_another_day_shows_and_takes_nothing(phone: Client) -> None:
    event = factories.EventFactory(day=DAY + dt.timedelta(days=1))
    row = somebody(event, "Ana Ríos")
    text = page(phone, event)
    assert "Aún no es el día del evento" in text
    assert 'name="entro" value=' not in text
    press(phone, event, entro=row.pk)
    assert not Attendance.objects.exists()


def test_buttons_work_without_javascript(phone: Client, event: Event) -> None:
    row = somebody(event, "Ana Ríos")
    text = press(phone, event, entro=row.pk, q="ana")
    assert "Entró Ana Ríos." in text
    assert 'value="ana"' in text  # the words looked for stay
    assert "11:00" in text
    assert '<strong data-count="present">1</strong>' in text
    assert "Se deshizo la entrada de Ana Ríos." in press(phone, event, deshacer=row.pk)
    assert not Attendance.objects.exists()


@pytest.mark.parametrize("button", ["entro", "de-todos-modos", "deshacer", "quitar"])
@pytest.mark.parametrize("value", ["", "0", "x", "9" * 30, "foreign"])
def test_button_of_nobody_here_is_not_found(phone: Client, event: Event, button: str, value: str) -> None:
    if value == "foreign":
        other = factories.RegistrationFactory(event=factories.EventFactory(day=DAY))
        written = factories.AttendanceFactory(event=other.event)
        value = str(written.pk if button == "quitar" else other.pk)
    answer = phone.post(reverse("staff_event_door", args=[event.pk]), {button: value})
    assert answer.status_code == 404


def test_attendance_list_says_how_it_is_known_and_since_when(phone: Client, event: Event, staff: User) -> None:
    check_in(registration=somebody(event, "Ana Ríos"), by=staff)
    phone.post(reverse("staff_event_walk_in", args=[event.pk]), {"name": "Lola Paz"})
    factories.AttendanceFactory(event=event)
    text = phone.get(reverse("staff_event_attendance", args=[event.pk])).content.decode()
    assert (text.count("Registro en la entrada · 11:00"), text.count("Lista del personal")) == (2, 1)


# --- Walk-ins


def test_walk_in_is_written_with_the_hour_and_taken_back(phone: Client, event: Event, staff: User) -> None:
    address = reverse("staff_event_walk_in", args=[event.pk])
    text = phone.post(address, {"name": "Lola Paz", "sex": "woman"}, follow=True).content.decode()
    assert "Entró Lola Paz." in text
    written = event.attendances.get()
    kept = (written.source, written.arrived_at, written.registration, written.created_by)
    assert kept == (AttendanceSource.CHECK_IN, ELEVEN, None, staff)
    assert "Sin inscripción" in text
    assert "Se deshizo la entrada de Lola Paz." in press(phone, event, quitar=written.pk)


def test_walk_in_before_the_day_is_refused_once(phone: Client) -> None:
    later = factories.EventFactory(day=dt.date(2090, 1, 1))
    page = phone.get(reverse("staff_event_walk_in", args=[later.pk]), follow=True)
    assert page.content.decode().count(page.context["closed"]) == 1


def test_walk_in_with_a_name_of_the_lists_is_asked_about(phone: Client, event: Event) -> None:
    somebody(event, "Lola Paz")
    answer = phone.post(reverse("staff_event_walk_in", args=[event.pk]), {"name": "lola paz"})
    assert answer.status_code == 422
    assert "Es otra persona con el mismo nombre" in answer.content.decode()


def test_door_does_not_take_off_what_the_list_wrote(phone: Client, event: Event) -> None:
    written = factories.AttendanceFactory(event=event)
    press(phone, event, quitar=written.pk)
    assert event.attendances.get() == written


# --- What phones send


def test_mark_counts_at_the_moment_it_was_made(phone: Client, event: Event) -> None:
    row = somebody(event, "Ana Ríos")
    assert results(phone, event, said(row, at=NOW - 90 * MINUTE)) == ["stored"]
    assert event.attendances.get().arrived_at == ELEVEN - dt.timedelta(minutes=90)


@pytest.mark.parametrize("wrong", [-300 * MINUTE, -MINUTE, MINUTE, 9 * 24 * 60 * MINUTE])
def test_clock_that_is_wrong_tells_the_true_time(phone: Client, event: Event, wrong: int) -> None:
    row = somebody(event, "Ana Ríos")
    send(phone, event, said(row, at=NOW + wrong - 5 * MINUTE), sent=NOW + wrong)
    assert event.attendances.get().arrived_at == ELEVEN - dt.timedelta(minutes=5)


def test_message_that_takes_long_does_not_overtake_the_next_one(phone: Client, event: Event) -> None:
    """Ten seconds on the way: the mark; none: its undo, made two seconds later."""
    row = somebody(event, "Ana Ríos")
    send(phone, event, said(row, at=NOW - 10_000), sent=NOW - 10_000)
    send(phone, event, said(row, came=False, at=NOW - 8_000))
    assert not Attendance.objects.exists()


def test_each_mark_is_answered_by_itself(phone: Client, event: Event, staff: User) -> None:
    here, known, waiting, foreign = (
        somebody(event, "Ana"),
        somebody(event, "Berta"),
        somebody(event, "Cora", state=RegistrationState.WAITING),
        somebody(factories.EventFactory(day=DAY), "Dora"),
    )
    check_in(registration=known, by=staff)
    marks = [said(here), said(known), said(waiting), said(foreign), said(waiting, anyway=True), said(here, key="corta")]
    answer = send(phone, event, *marks).json()
    got = [(one["key"], one["result"], one["insist"]) for one in answer["answers"]]
    expected = ["stored", "already", "refused", "refused", "stored", "refused"]
    assert got == [(m["key"], result, m is marks[2]) for m, result in zip(marks, expected, strict=True)]
    assert "lista de espera" in answer["answers"][2]["why"]
    assert answer["state"] == {
        "present": 3,
        "arrived": 2,
        "confirmed": 2,
        "inside": {str(row.pk): ["11:00", True] for row in (here, known, waiting)},
    }


def test_same_message_again_changes_nothing(phone: Client, event: Event) -> None:
    rows = [somebody(event, f"Persona {n}") for n in range(3)]
    marks = [said(row) for row in rows] + [said(rows[0], came=False)]
    assert results(phone, event, *marks) == ["stored"] * 4
    assert results(phone, event, *marks) == ["already"] * 4
    assert (event.attendances.count(), DoorMark.objects.count()) == (2, 4)


def test_who_cancelled_meanwhile_is_told_and_may_be_let_in(phone: Client, event: Event) -> None:
    row = somebody(event, "Ana")
    mark = said(row, at=NOW - MINUTE)
    row.state = RegistrationState.CANCELLED
    row.save()
    (answer,) = send(phone, event, mark).json()["answers"]
    assert (answer["result"], answer["insist"]) == ("refused", True)
    assert results(phone, event, said(row, at=NOW - MINUTE, anyway=True)) == ["stored"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"sent": 1, "marks": 3}',
        b'{"sent": 1, "marks": [3]}',
        b'{"sent": 1, "marks": {}}',
        b'{"marks": []}',
        b'{"sent": "1", "marks": []}',
        b'{"sent": -1, "marks": []}',
        b'{"sent": 1e400, "marks": []}',
        b'{"sent": 999999999999999999, "marks": []}',
        b'{"sent": true, "marks": []}',
    ],
)
def test_message_that_makes_no_sense_is_refused(phone: Client, event: Event, body: bytes) -> None:
    address = reverse("staff_event_door_marks", args=[event.pk])
    assert phone.post(address, body, content_type="application/json").status_code == 400


def test_message_with_too_many_marks_is_refused(phone: Client, event: Event) -> None:
    row = somebody(event, "Ana")
    assert send(phone, event, *[said(row)] * 201).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": -1}, {"at": "x"}, {"at": NOW - 32 * 24 * 60 * MINUTE}, {"at": NOW + 1}, {"at": None}, {"key": ""},
        {"key": "á" * 20}, {"key": ["x"]}, {"registration": "x"}, {"registration": 2**63}, {"registration": None},
    ],
)  # fmt: skip
def test_mark_that_makes_no_sense_is_refused_alone(phone: Client, event: Event, wrong: dict[str, Any]) -> None:
    rows = [somebody(event, "Ana"), somebody(event, "Berta")]
    assert results(phone, event, said(rows[0]) | wrong, said(rows[1])) == ["refused", "stored"]


def test_marks_need_the_token_of_the_session(staff: User, event: Event) -> None:
    phone = Client(enforce_csrf_checks=True)
    phone.force_login(staff)
    assert send(phone, event, said(somebody(event, "Ana"))).status_code == 403
    assert not Attendance.objects.exists()


def test_worker_governs_its_own_event_alone(phone: Client, event: Event) -> None:
    address = reverse("staff_event_door_worker", args=[event.pk])
    answer = phone.get(address)
    assert address == reverse("staff_event_door", args=[event.pk]) + "sw.js"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in answer.headers
