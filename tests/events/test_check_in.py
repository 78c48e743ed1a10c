"""Arrivals at the door: the code, who may read it, and what the marks of several phones come to."""

import datetime as dt
import re
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from events.emails import check_in_url
from events.enums import AttendanceSource, EventStatus, RegistrationState
from events.models import Attendance, DoorMark, Event, Registration
from events.rules import check_in_seal
from events.services.attendance import mark_attendance
from events.services.check_in import CheckInRefused, check_in, undo_check_in, why_not
from events.services.registration import RegistrationData, register
from network.enums import Modality
from network.models import User
from tests import factories
from tests.events.test_emails import mail

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/Mexico_City")
DAY = dt.date(2026, 12, 3)


def moment(hour: int, minute: int = 0, *, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), ZONE)


@pytest.fixture(autouse=True)
def _eleven_on_the_day() -> Iterator[None]:
    with time_machine.travel(moment(11), tick=False):
        yield


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(title="Taller de agua", day=DAY, hour=11, modality=Modality.IN_PERSON)


@pytest.fixture
def row(event: Event) -> Registration:
    return factories.RegistrationFactory(event=event, sex="woman", institution="Ayuntamiento")


@pytest.fixture
def at_the_door(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def arrivals(event: Event) -> list[tuple[str, dt.datetime | None]]:
    return list(event.attendances.values_list("person__name", "arrived_at"))


# --- The code


def test_code_is_of_one_registration_and_not_its_own_link(row: Registration) -> None:
    other = factories.RegistrationFactory(event=row.event)
    assert re.fullmatch(r"[a-z2-7]{20}", check_in_seal(row))
    assert check_in_seal(row) != check_in_seal(other)
    assert row.token not in check_in_url(row)


def test_code_is_the_same_in_every_language(row: Registration) -> None:
    with translation.override("en"):
        address = check_in_url(row)
    assert urlsplit(address).path == f"/gestion/entrada/{row.pk}-{check_in_seal(row)}/"


def test_another_key_makes_another_code(row: Registration, settings: Any) -> None:
    before = check_in_seal(row)
    settings.SECRET_KEY = "otra-llave"
    assert check_in_seal(row) != before


def test_seal_of_somebody_else_opens_nothing(at_the_door: Client, row: Registration) -> None:
    other = factories.RegistrationFactory(event=row.event)
    for seal in (check_in_seal(other), "a" * 20, check_in_seal(row)[:-1]):
        assert at_the_door.get(reverse("staff_check_in", args=[row.pk, seal])).status_code == 404
    missing = reverse("staff_check_in", args=[10**12, check_in_seal(row)])
    assert at_the_door.get(missing).status_code == 404


def test_person_with_a_place_sees_the_code_on_the_own_page(client: Client, row: Registration) -> None:
    page = client.get(reverse("registration_detail", args=[row.token])).content.decode()
    (picture,) = re.findall(r'<svg role="img"[^>]*class="qr">.*?</svg>', page)
    assert "<title>Código QR para la entrada</title>" in picture
    assert 'fill="#fff"' in picture
    assert "style=" not in picture


@pytest.mark.parametrize(
    ("event_is", "registration_is"),
    [
        ({}, {"state": RegistrationState.WAITING}),
        ({}, {"state": RegistrationState.CANCELLED}),
        ({"modality": Modality.VIRTUAL}, {}),
        ({"modality": Modality.HYBRID}, {"modality": Modality.VIRTUAL}),
        ({"status": EventStatus.CANCELLED}, {}),
        ({"day": DAY - dt.timedelta(days=2)}, {}),
    ],
)
def test_no_code_where_there_is_no_place_or_no_door(
    client: Client, event_is: dict[str, Any], registration_is: dict[str, Any]
) -> None:
    event = factories.EventFactory(**{"day": DAY, "modality": Modality.IN_PERSON} | event_is)
    row = factories.RegistrationFactory(event=event, **registration_is)
    assert 'class="qr"' not in client.get(reverse("registration_detail", args=[row.token])).content.decode()


def test_confirmation_carries_the_code_as_a_picture(event: Event) -> None:
    event = factories.EventFactory(day=DAY + dt.timedelta(days=3), modality=Modality.HYBRID)
    people = [
        register(event=event, data=RegistrationData(name="Ana", email=f"a{n}@prueba.example", modality=how))
        for n, how in enumerate([Modality.IN_PERSON, Modality.VIRTUAL])
    ]
    there, online = (mail(f"registration:{person.pk}:made") for person in people)
    assert [name for name, _content, _type in there.attachments] == ["evento.ics", "entrada.png"]
    assert there.attachments[1][1].startswith(b"\x89PNG")
    assert [name for name, _content, _type in online.attachments] == ["evento.ics"]
    assert ["entrada.png" in part for part in (there.text, there.html, online.text, online.html)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert check_in_seal(people[0]) not in there.text + there.html


# --- Who opens it


def address(row: Registration) -> str:
    return reverse("staff_check_in", args=[row.pk, check_in_seal(row)])


def test_whoever_is_not_signed_in_signs_in_and_comes_back(client: Client, row: Registration) -> None:
    answer = client.get(address(row))
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next={address(row)}"


def test_person_who_tries_the_own_code_reads_what_it_is_for(client: Client, row: Registration) -> None:
    client.force_login(factories.UserFactory())
    for answer in (client.get(address(row)), client.post(address(row))):
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "Este código se muestra en la entrada" in page
        assert row.name not in page
    assert not Attendance.objects.exists()


def test_staff_see_who_it_is_and_let_the_person_in(at_the_door: Client, row: Registration, staff: User) -> None:
    page = at_the_door.get(address(row)).content.decode()
    assert [word in page for word in (row.name, "Ayuntamiento", "Registrar entrada", "Confirmada")] == [True] * 4
    answer = at_the_door.post(address(row), follow=True)
    assert "Entró a las 11:00" in answer.content.decode()
    kept = row.event.attendances.values_list("registration", "source", "arrived_at", "sex", "created_by").get()
    assert kept == (row.pk, AttendanceSource.CHECK_IN, moment(11), "woman", staff.pk)


def test_page_is_not_kept_by_browsers(at_the_door: Client, row: Registration) -> None:
    assert "no-store" in at_the_door.get(address(row)).headers["Cache-Control"]


def test_undo_takes_it_back(at_the_door: Client, row: Registration) -> None:
    at_the_door.post(address(row))
    page = at_the_door.post(address(row), {"deshacer": "1"}, follow=True).content.decode()
    assert "Se deshizo la entrada" in page
    assert arrivals(row.event) == []


def test_waiting_person_comes_in_only_where_staff_insist(at_the_door: Client, event: Event) -> None:
    row = factories.RegistrationFactory(event=event, state=RegistrationState.WAITING)
    assert "lista de espera: no tiene lugar" in at_the_door.get(address(row)).content.decode()
    page = at_the_door.post(address(row), follow=True).content.decode()
    assert "Registrar entrada de todos modos" in page
    assert arrivals(event) == []
    at_the_door.post(address(row), {"de-todos-modos": "1"})
    row.refresh_from_db()
    assert (len(arrivals(event)), row.state) == (1, RegistrationState.WAITING)


@pytest.mark.parametrize(
    ("days", "text"), [(1, "Aún no es el día"), (-1, "El evento ya pasó"), (None, "no tiene fecha")]
)
def test_wrong_day_is_refused_whoever_insists(staff: User, days: int | None, text: str) -> None:
    day = None if days is None else DAY + dt.timedelta(days=days)
    row = factories.RegistrationFactory(event=factories.EventFactory(day=day))
    with pytest.raises(CheckInRefused, match=text):
        check_in(registration=row, by=staff, anyway=True)
    assert not DoorMark.objects.exists()


def test_day_is_the_one_at_the_place_of_the_event() -> None:
    """At eleven in Mexico City it is already the next day in Auckland."""
    row = factories.RegistrationFactory(event=factories.EventFactory(day=DAY, time_zone="Pacific/Auckland"))
    assert "ya pasó" in str(why_not(row))
    row.event.first_day = row.event.last_day = DAY + dt.timedelta(days=1)
    assert why_not(row) is None


@pytest.mark.parametrize("status", [EventStatus.DRAFT, EventStatus.CANCELLED])
def test_nobody_comes_in_where_nothing_takes_place(status: EventStatus, staff: User) -> None:
    row = factories.RegistrationFactory(event=factories.EventFactory(day=DAY, status=status))
    with pytest.raises(CheckInRefused):
        check_in(registration=row, by=staff, anyway=True)


def test_every_state_has_its_sentence(event: Event) -> None:
    said = {
        state: str(why_not(factories.RegistrationFactory(event=event, state=state)) or "")
        for state in RegistrationState
    }
    assert said.pop(RegistrationState.CONFIRMED) == ""
    assert len(set(said.values())) == len(RegistrationState) - 1
    assert "" not in said.values()


# --- What the marks come to


def test_second_time_changes_nothing(row: Registration, staff: User) -> None:
    assert [check_in(registration=row, by=staff) for _again in range(2)] == [True, False]
    assert arrivals(row.event) == [(row.name, moment(11))]


def test_who_is_inside_stays_so_when_the_registration_is_cancelled(row: Registration, staff: User) -> None:
    check_in(registration=row, by=staff)
    Registration.objects.update(state=RegistrationState.CANCELLED)
    assert check_in(registration=row, by=staff) is False


Said = tuple[bool, int]  # came, minute after ten


@pytest.mark.parametrize(
    ("said", "arrived"),
    [
        ([(True, 1)], 1),
        ([(True, 5), (True, 1)], 1),  # another phone saw the person earlier
        ([(True, 1), (False, 2)], None),
        ([(True, 1), (False, 2), (True, 3)], 3),
        ([(False, 2), (True, 1)], None),  # the undo of a phone reaches us before its mark
        ([(True, 5), (True, 1), (False, 2)], 5),  # an undo of before does not touch the arrival of after
        ([(True, 5), (False, 9), (True, 1)], None),
    ],
)
def test_marks_count_by_when_they_were_said(
    row: Registration, staff: User, said: list[Said], arrived: int | None
) -> None:
    for came, minute in said:
        (check_in if came else undo_check_in)(registration=row, by=staff, at=moment(10, minute))
    assert [at for _name, at in arrivals(row.event)] == ([] if arrived is None else [moment(10, arrived)])


def test_mark_that_arrives_again_after_its_undo_counts_once(row: Registration, staff: User) -> None:
    key = secrets.token_hex(16)
    check_in(registration=row, by=staff, at=moment(10, 1), key=key)
    undo_check_in(registration=row, by=staff)
    assert check_in(registration=row, by=staff, at=moment(10, 1), key=key) is False
    assert arrivals(row.event) == []
    assert DoorMark.objects.count() == 2


def test_clock_that_runs_ahead_does_not_write_the_future(row: Registration, staff: User) -> None:
    check_in(registration=row, by=staff, at=moment(19))
    assert arrivals(row.event) == [(row.name, moment(11))]


def test_door_undoes_only_what_the_door_did(row: Registration, staff: User) -> None:
    mark_attendance(event=row.event, present=[row.pk], was_present=[], by=staff)
    assert check_in(registration=row, by=staff) is False
    with pytest.raises(CheckInRefused, match="se anotó en la lista"):
        undo_check_in(registration=row, by=staff)
    assert row.event.attendances.count() == 1


def test_who_was_taken_off_the_list_may_come_in_again(row: Registration, staff: User) -> None:
    check_in(registration=row, by=staff, at=moment(10))
    mark_attendance(event=row.event, present=[], was_present=[row.pk], by=staff)
    assert check_in(registration=row, by=staff) is True
    assert arrivals(row.event) == [(row.name, moment(11))]
