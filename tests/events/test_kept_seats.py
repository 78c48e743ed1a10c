"""Seats kept for a municipality: nobody else's before their date, everybody's from then on, and moved once."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from events.enums import RegistrationState, RegistrationStatus
from events.forms.staff import SeatRow
from events.models import Event, Registration, SeatPool
from events.services import registration as service
from events.services.editing import save_event
from events.services.registration import RegistrationData, RegistrationRefused, cancel_registration, register
from events.services.seats import release_seats
from municipalities.models import Municipality
from network.enums import Modality
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CONFIRMED, WAITING, OFFERED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.OFFERED
DAY = dt.timedelta(days=1)


def enter(event: Event, number: int, town: Municipality | None = None, **fields: Any) -> Registration:
    typed: dict[str, Any] = {"name": f"Ana Número {number}", "email": f"ana{number}@prueba.example"}
    return register(event=event, data=RegistrationData(**typed, municipality=town, **fields))


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(capacity=2)


@pytest.fixture
def town() -> Municipality:
    return factories.MunicipalityFactory()


@pytest.fixture
def kept(event: Event, town: Municipality) -> SeatPool:
    return SeatPool.objects.create(event=event, municipality=town, capacity=3, release_at=timezone.now() + DAY)


def numbers(event: Event) -> list[tuple[int | None, int]]:
    """(capacity, taken) of everybody's seats, then of the kept ones."""
    return list(SeatPool.objects.filter(event=event).order_by("pk").values_list("capacity", "taken"))


def states(rows: list[Registration]) -> list[str]:
    return [Registration.objects.get(pk=row.pk).state for row in rows]


def test_others_cannot_take_them_before_their_date(event: Event, kept: SeatPool) -> None:
    rows = [enter(event, number, factories.MunicipalityFactory()) for number in range(4)]
    service.sweep()
    assert states(rows) == [CONFIRMED, CONFIRMED, WAITING, WAITING]
    assert numbers(event) == [(2, 2), (3, 0)]


def test_its_people_take_their_own_first_then_everybodys(event: Event, town: Municipality, kept: SeatPool) -> None:
    rows = [enter(event, number, town) for number in range(6)]
    assert states(rows) == [CONFIRMED] * 5 + [WAITING]
    assert [row.seat_pool_id == kept.pk for row in rows] == [True] * 3 + [False] * 3
    assert numbers(event) == [(2, 2), (3, 3)]


def test_a_kept_seat_given_back_goes_to_the_first_of_its_people(
    event: Event, town: Municipality, kept: SeatPool
) -> None:
    own = [enter(event, number, town) for number in range(3)]
    others = [enter(event, number) for number in range(10, 14)]
    waiting = enter(event, 5, town)
    cancel_registration(registration=own[0])
    assert states([*others, waiting]) == [CONFIRMED, CONFIRMED, WAITING, WAITING, OFFERED]
    assert numbers(event) == [(2, 2), (3, 3)]
    cancel_registration(registration=waiting)  # declines: nobody else of the town waits, and the seat stays kept
    assert states(others) == [CONFIRMED, CONFIRMED, WAITING, WAITING]
    assert numbers(event) == [(2, 2), (3, 2)]


def test_what_is_left_moves_to_everybody_once_and_reaches_the_line(
    event: Event, town: Municipality, kept: SeatPool
) -> None:
    enter(event, 0, town)
    rows = [enter(event, number) for number in range(10, 15)]
    version = Event.objects.get(pk=event.pk).version
    assert kept.release_at is not None
    with time_machine.travel(kept.release_at, tick=False):
        assert service.release_due() == 2
        assert service.release_due() == release_seats(event) == 0
    assert numbers(event) == [(4, 4), (1, 1)]
    assert states(rows) == [CONFIRMED, CONFIRMED, OFFERED, OFFERED, WAITING]
    assert Event.objects.get(pk=event.pk).version == version + 1  # who has the form open is told


def test_somebody_who_comes_before_the_sweep_finds_them_released(event: Event, kept: SeatPool) -> None:
    assert kept.release_at is not None
    with time_machine.travel(kept.release_at, tick=False):
        rows = [enter(event, number) for number in range(5)]
    assert states(rows) == [CONFIRMED] * 5
    assert numbers(event) == [(5, 5), (0, 0)]


def test_a_released_seat_given_back_is_everybodys(event: Event, town: Municipality, kept: SeatPool) -> None:
    own = enter(event, 0, town)
    rows = [enter(event, number) for number in range(10, 15)]
    assert kept.release_at is not None
    with time_machine.travel(kept.release_at, tick=False):
        service.sweep()
        cancel_registration(registration=own)
    assert states(rows) == [CONFIRMED, CONFIRMED, OFFERED, OFFERED, OFFERED]
    assert numbers(event) == [(5, 5), (0, 0)]


def test_releasing_into_no_limit_adds_nothing(town: Municipality) -> None:
    event = factories.unlimited_event()
    SeatPool.objects.create(event=event, municipality=town, capacity=3, release_at=timezone.now() - DAY)
    service.sweep()
    assert numbers(event) == [(None, 0), (0, 0)]


def test_seats_of_one_way_of_attending_go_back_to_that_way(town: Municipality) -> None:
    event = factories.EventFactory(capacity=1, modality=Modality.HYBRID)
    SeatPool.objects.create(event=event, modality=Modality.VIRTUAL, capacity=1)
    release_at = timezone.now() - DAY
    SeatPool.objects.create(
        event=event, modality=Modality.VIRTUAL, municipality=town, capacity=4, release_at=release_at
    )
    assert service.release_due() == 4
    assert numbers(event) == [(1, 0), (5, 0), (0, 0)]


def test_without_a_waiting_list_only_its_people_still_enter(town: Municipality) -> None:
    event = factories.EventFactory(capacity=1, waiting_list_enabled=False)
    SeatPool.objects.create(event=event, municipality=town, capacity=1)
    enter(event, 1)
    assert Event.objects.with_room().get().has_room
    with pytest.raises(RegistrationRefused) as refusal:
        enter(event, 2)
    assert refusal.value.status == RegistrationStatus.FULL
    assert enter(event, 3, town).state == CONFIRMED
    assert not Event.objects.with_room().get().has_room


def test_the_calendar_does_not_promise_kept_seats_to_everybody(event: Event, kept: SeatPool) -> None:
    for number in range(2):
        enter(event, number)
    assert not Event.objects.with_room().get().has_room


def test_staff_keep_seats_until_a_day(event: Event, town: Municipality) -> None:
    day = timezone.localdate() + 2 * DAY
    rows = [{"municipality": town, "capacity": 4, "release_on": day}]
    save_event(event=event, data={"capacity": 2, "seat_pools": rows}, by=None)
    pool = SeatPool.objects.get(municipality=town)
    midnight = dt.datetime(day.year, day.month, day.day, 6, tzinfo=dt.UTC)  # 0:00 in Mexico City
    assert (pool.capacity, pool.release_at) == (4, midnight)
    version = Event.objects.get(pk=event.pk).version
    save_event(event=event, data={"capacity": 2, "seat_pools": rows}, by=None)
    assert Event.objects.get(pk=event.pk).version == version


def test_staff_see_the_released_ones_no_more_and_may_keep_some_again(
    event: Event, town: Municipality, kept: SeatPool
) -> None:
    enter(event, 0, town)
    assert kept.release_at is not None
    with time_machine.travel(kept.release_at, tick=False):
        service.sweep()
        save_event(event=event, data={"capacity": 4, "seat_pools": []}, by=None)  # what the form holds now
        assert numbers(event) == [(4, 0), (1, 1)]
        with pytest.raises(ValidationError, match="1 lugar ocupado"):
            save_event(event=event, data={"seat_pools": [{"municipality": town, "capacity": 0}]}, by=None)
        save_event(event=event, data={"seat_pools": [{"municipality": town, "capacity": 3}]}, by=None)
    assert numbers(event) == [(4, 0), (3, 1)]
    assert SeatPool.objects.get(pk=kept.pk).released_at is None


HYBRID = {"modality": Modality.HYBRID}
APART = [{"modality": Modality.IN_PERSON, "capacity": 2}, {"modality": Modality.VIRTUAL, "capacity": 2}]


@pytest.mark.parametrize(
    ("fields", "rows", "words"),
    [
        ({"modality": Modality.VIRTUAL}, APART[:1], "Solo en un evento híbrido"),
        (HYBRID, [{"capacity": 2, "release_in": 4}], "a más tardar el día"),
        (HYBRID, [*APART, {"capacity": 2, "release_in": 1}], "diga de cuáles"),
    ],
)
def test_seats_that_nobody_could_take_are_not_kept(
    town: Municipality, fields: dict[str, Any], rows: list[dict[str, Any]], words: str
) -> None:
    event = factories.EventFactory(capacity=2, day=timezone.localdate() + 3 * DAY, **fields)
    today = timezone.localdate()
    kept = [
        row if "modality" in row else row | {"municipality": town, "release_on": today + row["release_in"] * DAY}
        for row in rows
    ]
    with pytest.raises(ValidationError, match=words):
        save_event(event=event, data={"capacity": 2, "seat_pools": kept}, by=None)
    assert event.seat_pools.count() == 1


def test_on_the_first_day_they_may_still_be_released_and_of_one_way_each(town: Municipality) -> None:
    day = timezone.localdate() + 3 * DAY
    event = factories.EventFactory(capacity=2, day=day, **HYBRID)
    kept = {"municipality": town, "modality": Modality.VIRTUAL, "capacity": 2, "release_on": day}
    save_event(event=event, data={"capacity": 2, "seat_pools": [*APART, kept]}, by=None)
    assert event.seat_pools.count() == 4


def test_who_is_in_kept_seats_that_are_removed_goes_to_everybodys(
    event: Event, town: Municipality, kept: SeatPool
) -> None:
    rows = [enter(event, number, town) for number in range(3)]
    cancel_registration(registration=rows[0])
    save_event(event=event, data={"seat_pools": []}, by=None)
    assert numbers(event) == [(2, 2)]
    assert {row.seat_pool for row in Registration.objects.all()} == {event.seat_pools.get()}


def test_hybrid_event_with_seats_of_each_way_goes_online_with_its_people() -> None:
    event = factories.EventFactory(capacity=1, modality=Modality.HYBRID)
    save_event(event=event, data={"capacity": 1, "seat_pools": APART}, by=None)
    rows = [enter(event, number, modality=Modality.IN_PERSON) for number in range(3)]
    assert states(rows) == [CONFIRMED, CONFIRMED, WAITING]
    online = {"modality": Modality.VIRTUAL, "seat_pools": []}
    with pytest.raises(ValidationError, match=r"2 inscripciones .* suba el cupo de 1 a 2 o más"):
        save_event(event=event, data={**online, "capacity": 1}, by=None)
    assert numbers(event) == [(1, 0), (2, 2), (2, 0)]
    save_event(event=event, data={**online, "capacity": 3}, by=None)
    assert numbers(event) == [(3, 3)]
    assert states(rows) == [CONFIRMED, CONFIRMED, OFFERED]


def test_general_seats_are_no_room_where_each_way_is_counted_apart() -> None:
    event = factories.EventFactory(capacity=5, modality=Modality.HYBRID, waiting_list_enabled=False)
    for modality in (Modality.IN_PERSON, Modality.VIRTUAL):
        assert Event.objects.with_room().get().has_room
        SeatPool.objects.create(event=event, modality=modality, capacity=1)
    assert Event.objects.with_room().get().has_room
    for number, modality in enumerate([Modality.IN_PERSON, Modality.VIRTUAL]):
        enter(event, number, modality=modality)
    assert not Event.objects.with_room().get().has_room


def test_a_release_day_is_for_a_municipality() -> None:
    row = SeatRow({"modality": "virtual", "capacity": "3", "release_on": "2030-01-01"}, municipalities=[])
    assert not row.is_valid()
    assert "release_on" in row.errors


@pytest.mark.parametrize("waiting_list", [True, False])
def test_pages_say_whose_the_last_free_seats_are(
    client: Client, event: Event, town: Municipality, kept: SeatPool, waiting_list: bool
) -> None:
    event.seat_pools.filter(municipality=None).update(taken=2)
    Event.objects.filter(pk=event.pk).update(waiting_list_enabled=waiting_list)
    page, form = (client.get(f"/eventos/{event.slug}/{path}").content.decode() for path in ("", "inscripcion/"))
    assert f"lugares apartados para quienes vienen de {town.name}" in form
    assert "Inscripción abierta" not in page
    assert (f"Solo quedan lugares apartados para {town.name}." in page) is not waiting_list
    event.seat_pools.filter(municipality=None).update(taken=1)
    free = client.get(f"/eventos/{event.slug}/").content.decode()
    assert "Inscripción abierta" in free
    assert "lugares apartados" not in free


@pytest.mark.parametrize("waiting_list", [True, False])
def test_a_liaison_reads_the_state_of_the_own_municipality(
    client: Client, event: Event, town: Municipality, kept: SeatPool, waiting_list: bool
) -> None:
    event.seat_pools.filter(municipality=None).update(taken=2)
    Event.objects.filter(pk=event.pk).update(waiting_list_enabled=waiting_list)
    client.force_login(factories.liaison(town))
    assert client.get("/mi-municipio/inscripciones/").context["events"] == [(event, RegistrationStatus.OPEN)]
    client.force_login(factories.liaison(factories.MunicipalityFactory()))
    theirs = [(event, RegistrationStatus.WAITING_LIST)] if waiting_list else []
    assert client.get("/mi-municipio/inscripciones/").context["events"] == theirs
