"""Joining and parting two records of one person: registrations, seats and attendances."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.enums import CancelCause, RegistrationState
from events.models import Attendance, Registration, SeatPool
from events.services.people import export, merge, unmerge
from events.services.registration import cancel_registration
from network.registry import MovedAgain, row_as_json
from outbox.models import Message
from tests.factories import (
    AttendanceFactory,
    EventFactory,
    MunicipalityFactory,
    PersonFactory,
    RegistrationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CONFIRMED, WAITING, OFFERED, CANCELLED = (
    RegistrationState.CONFIRMED,
    RegistrationState.WAITING,
    RegistrationState.OFFERED,
    RegistrationState.CANCELLED,
)


@pytest.fixture
def pair():
    return PersonFactory(name="Ana Prueba"), PersonFactory(name="Ana P. Prueba")


def seated(event, person, **fields):
    SeatPool.objects.filter(event=event).update(taken=SeatPool.objects.get(event=event).taken + 1)
    return RegistrationFactory(event=event, person=person, **fields)


def everything():
    """Every row that a merge may touch, to the last column."""
    found = [row_as_json(row) for model in (Registration, Attendance, SeatPool) for row in model.objects.order_by("pk")]
    assert found
    return found


def test_rows_of_different_events_move_and_come_back(pair):
    kept, gone = pair
    seated(EventFactory(), kept)
    row = seated(EventFactory(), gone)
    AttendanceFactory(event=row.event, person=gone, registration=row)
    before = everything()
    moved = merge(kept, gone)
    assert (gone.registrations.count(), gone.attendances.count()) == (0, 0)
    assert (kept.registrations.count(), kept.attendances.count()) == (2, 1)
    unmerge(kept, gone, moved)
    assert everything() == before


@pytest.mark.parametrize(("of_kept", "of_gone", "stays"), [
    (CONFIRMED, CONFIRMED, "kept"), (WAITING, CONFIRMED, "gone"), (CONFIRMED, WAITING, "kept"),
    (OFFERED, CONFIRMED, "gone"), (WAITING, WAITING, "kept"),
])  # fmt: skip
def test_the_registration_that_stands_better_stays_and_no_mail_leaves(pair, of_kept, of_gone, stays):
    event = EventFactory()
    rows = {
        name: (RegistrationFactory if state == WAITING else seated)(event=event, person=person, state=state)
        for name, person, state in zip(("kept", "gone"), pair, (of_kept, of_gone), strict=True)
    }
    before = everything()
    moved = merge(*pair)
    assert pair[0].registrations.live().get() == rows[stays]
    other = Registration.objects.get(state=CANCELLED)
    assert (other.person, other.cancel_cause) == (pair[0], CancelCause.MERGED)
    assert event.seat_pools.get().taken == int(CONFIRMED in (of_kept, of_gone))
    assert not Message.objects.exists()
    unmerge(*pair, moved)
    assert everything() == before


def test_the_freed_seat_passes_on_and_parting_asks_for_another_one(pair):
    event = EventFactory(capacity__seats=2)
    for person in pair:
        seated(event, person)
    next_one = RegistrationFactory(event=event, state=WAITING)
    moved = merge(*pair)
    next_one.refresh_from_db()
    assert next_one.state == OFFERED
    assert event.seat_pools.get().taken == 2
    with pytest.raises(ValidationError, match="ya no hay lugar libre"):
        unmerge(*pair, moved)


def test_two_attendances_of_one_event_are_one_with_the_first_arrival_and_the_larger_minutes(pair):
    kept, gone = pair
    event, first = EventFactory(), timezone.now()
    municipality = MunicipalityFactory()
    AttendanceFactory(event=event, person=kept, minutes=30, arrived_at=first + dt.timedelta(minutes=5), sex="")
    AttendanceFactory(event=event, person=gone, minutes=50, arrived_at=first, sex="woman", municipality=municipality)
    before = everything()
    moved = merge(kept, gone)
    one = Attendance.objects.get()
    assert (one.person, one.minutes, one.arrived_at, one.sex) == (kept, 50, first, "woman")
    assert one.municipality == municipality
    unmerge(kept, gone, moved)
    assert everything() == before


@pytest.mark.parametrize(("kept", "gone", "united"), [(40, None, 40), (None, 40, 40), (None, None, None), (0, None, 0)])
def test_unknown_minutes_stay_unknown_only_where_neither_row_knows_them(pair, kept, gone, united):
    event = EventFactory()
    AttendanceFactory(event=event, person=pair[0], minutes=kept)
    AttendanceFactory(event=event, person=pair[1], minutes=gone)
    merge(*pair)
    assert Attendance.objects.get().minutes == united


def test_minutes_before_and_after_a_break_add_up(pair):
    event, first = EventFactory(), timezone.now()
    spans = [(0, 30, 30), (40, 60, 20)]
    for person, (came, left, minutes) in zip(pair, spans, strict=True):
        came, left = first + dt.timedelta(minutes=came), first + dt.timedelta(minutes=left)
        AttendanceFactory(event=event, person=person, minutes=minutes, arrived_at=came, left_at=left)
    merge(*pair)
    one = Attendance.objects.get()
    assert (one.minutes, one.arrived_at, one.left_at) == (50, first, first + dt.timedelta(minutes=60))


def test_an_attendance_follows_the_registration_that_stays(pair):
    kept, gone = pair
    event = EventFactory()
    stays = seated(event, kept)
    goes = RegistrationFactory(event=event, person=gone, state=WAITING)
    AttendanceFactory(event=event, person=gone, registration=goes)
    before = everything()
    moved = merge(kept, gone)
    assert Attendance.objects.get().registration == stays
    unmerge(kept, gone, moved)
    assert everything() == before


def test_a_united_attendance_that_changed_since_is_not_parted(pair):
    event = EventFactory()
    for person in pair:
        AttendanceFactory(event=event, person=person, minutes=10)
    moved = merge(*pair)
    Attendance.objects.update(minutes=90)
    with pytest.raises(MovedAgain):
        unmerge(*pair, moved)


def test_a_registration_that_was_cancelled_later_still_goes_back(pair):
    kept, gone = pair
    row = seated(EventFactory(), gone)
    moved = merge(kept, gone)
    cancel_registration(registration=row)
    unmerge(kept, gone, moved)
    row.refresh_from_db()
    assert (row.person, row.state) == (gone, CANCELLED)


def test_rows_that_went_to_a_third_record_are_not_given_back(pair):
    kept, gone = pair
    row = seated(EventFactory(), gone)
    moved = merge(kept, gone)
    Registration.objects.filter(pk=row.pk).update(person=PersonFactory())
    with pytest.raises(MovedAgain):
        unmerge(kept, gone, moved)


def test_a_person_gets_the_own_registrations_and_attendances_in_words(pair):
    row = seated(EventFactory(title="Taller de agua"), pair[0])
    AttendanceFactory(event=row.event, person=pair[0], registration=row, minutes=None, sex="woman")
    words = export(pair[0])
    assert [(line["Evento"], line["Estado"]) for line in words["Inscripciones"]] == [("Taller de agua", "Confirmada")]
    assert [(line["Minutos"], line["Sexo"]) for line in words["Asistencias"]] == [(None, "Mujer")]
