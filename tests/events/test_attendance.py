"""Writing down who came."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.enums import EventStatus, RegistrationState
from events.models import Attendance, Event
from events.services.attendance import add_attendee, mark_attendance, remove_attendance, why_closed
from events.services.registration import RegistrationData
from network.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(day=timezone.localdate())


def test_attendance_keeps_what_the_registration_said_that_day(event: Event, staff: User) -> None:
    town = factories.MunicipalityFactory()
    row = factories.RegistrationFactory(
        event=event, sex="woman", category="public-servant", institution="Ayuntamiento", municipality=town
    )
    mark_attendance(event=event, present=[row.pk], was_present=[], by=staff)
    row.sex, row.institution = "man", "Otra"
    row.save()
    kept = event.attendances.values_list(
        "sex", "category", "institution", "municipality", "registration", "created_by"
    ).get()
    assert kept == ("woman", "public-servant", "Ayuntamiento", town.pk, row.pk, staff.pk)


def test_marking_twice_writes_once(event: Event, staff: User) -> None:
    row = factories.RegistrationFactory(event=event)
    answers = [mark_attendance(event=event, present=[row.pk], was_present=[], by=staff).added for _again in range(2)]
    assert answers == [1, 0]
    assert event.attendances.count() == 1


def test_box_that_was_ticked_and_is_not_any_more_takes_the_mark_back(event: Event, staff: User) -> None:
    row = factories.RegistrationFactory(event=event)
    mark_attendance(event=event, present=[row.pk], was_present=[], by=staff)
    assert mark_attendance(event=event, present=[], was_present=[row.pk], by=staff).removed == 1
    assert not event.attendances.exists()


def test_two_people_with_the_same_list_do_not_undo_each_other(event: Event, staff: User) -> None:
    first, second = factories.RegistrationFactory(event=event), factories.RegistrationFactory(event=event)
    mark_attendance(event=event, present=[first.pk], was_present=[], by=staff)
    mark_attendance(event=event, present=[second.pk], was_present=[], by=staff)  # read before the first was saved
    assert set(event.attendances.values_list("registration", flat=True)) == {first.pk, second.pk}


def test_cancelled_and_foreign_registrations_are_not_marked(event: Event, staff: User) -> None:
    cancelled = factories.RegistrationFactory(event=event, state=RegistrationState.CANCELLED)
    foreign = factories.RegistrationFactory()
    factories.AttendanceFactory(event=foreign.event, person=foreign.person, registration=foreign)
    marked = mark_attendance(event=event, present=[cancelled.pk], was_present=[foreign.pk], by=staff)
    assert (marked.added, marked.removed) == (0, 0)
    assert Attendance.objects.get().registration == foreign


@pytest.mark.parametrize("status", [EventStatus.DRAFT, EventStatus.CANCELLED])
def test_attendance_is_only_for_published_events(status: EventStatus, staff: User) -> None:
    event = factories.EventFactory(status=status, day=timezone.localdate())
    with pytest.raises(ValidationError, match="eventos publicados"):
        mark_attendance(event=event, present=[], was_present=[], by=staff)


@pytest.mark.parametrize(("day", "sentence"), [(1, "desde el día del evento"), (None, "aún no tiene fecha")])
def test_attendance_waits_for_the_day(day: int | None, sentence: str, staff: User) -> None:
    when = None if day is None else timezone.localdate() + timedelta(days=day)
    event = factories.EventFactory(day=when)
    row = factories.RegistrationFactory(event=event)
    with pytest.raises(ValidationError, match=sentence):
        mark_attendance(event=event, present=[row.pk], was_present=[], by=staff)
    with pytest.raises(ValidationError, match=sentence):
        add_attendee(event=event, data=person(), by=staff)
    assert not event.attendances.exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_day_of_the_event_is_the_one_at_its_own_place(zone: str, staff: User) -> None:
    """Kiritimati is 25 hours ahead of Pago Pago: where it is already tomorrow, tomorrow's event can be marked."""
    today = timezone.localdate(timezone=ZoneInfo(zone))
    event = factories.EventFactory(day=today, time_zone=zone)
    assert why_closed(event) == ""
    event.first_day = today + timedelta(days=1)
    assert "desde el día del evento" in why_closed(event)


def person(**changes: Any) -> RegistrationData:
    return RegistrationData(**{"name": "María Peña", "email": "maria@prueba.example", "sex": "woman", **changes})


def test_somebody_who_was_not_registered_is_written_down(event: Event, staff: User) -> None:
    attendance = add_attendee(event=event, data=person(), by=staff)
    assert (attendance.person.name, attendance.sex, attendance.registration) == ("María Peña", "woman", None)


def test_somebody_who_was_registered_is_marked_by_the_registration(event: Event, staff: User) -> None:
    known = factories.PersonFactory(name="María Peña", email="maria@prueba.example")
    row = factories.RegistrationFactory(event=event, person=known)
    assert add_attendee(event=event, data=person(name="maria pena"), by=staff).registration == row


def test_name_already_in_the_lists_is_asked_about_before_it_counts_twice(event: Event, staff: User) -> None:
    add_attendee(event=event, data=person(email=""), by=staff)
    with pytest.raises(ValidationError, match="Ya hay alguien con este nombre"):
        add_attendee(event=event, data=person(email="", name="MARIA  PENA"), by=staff)
    add_attendee(event=event, data=person(email=""), by=staff, namesake=True)
    assert event.attendances.count() == 2


def test_same_person_is_never_counted_twice(event: Event, staff: User) -> None:
    add_attendee(event=event, data=person(), by=staff)
    with pytest.raises(ValidationError, match="ya está anotada"):
        add_attendee(event=event, data=person(), by=staff, namesake=True)
    assert event.attendances.count() == 1


def test_mark_made_by_mistake_is_taken_back(event: Event, staff: User) -> None:
    remove_attendance(attendance=add_attendee(event=event, data=person(), by=staff), by=staff)
    assert not event.attendances.exists()
