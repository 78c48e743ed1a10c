"""Two phones at one door, at the same moment, on both databases."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from events.enums import AttendanceSource, RegistrationState
from events.models import Attendance, DoorMark, Registration
from events.services.attendance import mark_attendance
from events.services.check_in import check_in, undo_check_in
from network.models import User
from network.services import merge_people
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
PHONES = 8


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


@pytest.fixture
def row() -> Registration:
    return factories.RegistrationFactory(event=factories.EventFactory(day=factories.timezone.localdate()))


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call answered, or the exception it raised."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def one(position: int) -> None:
        start.wait(30)
        try:
            answers[position] = calls[position]()
        except Exception as error:
            answers[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(position,)) for position in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_one_person_marked_by_many_phones_is_written_once(row: Registration, staff: User) -> None:
    answers = at_once(*[lambda: check_in(registration=row, by=staff)] * PHONES)
    assert sorted(answers) == [False] * (PHONES - 1) + [True]
    assert Attendance.objects.filter(source=AttendanceSource.CHECK_IN).count() == 1
    assert DoorMark.objects.count() == PHONES


def test_one_mark_sent_many_times_at_once_counts_once(row: Registration, staff: User) -> None:
    answers = at_once(*[lambda: check_in(registration=row, by=staff, key="la-misma")] * PHONES)
    assert sorted(answers) == [False] * (PHONES - 1) + [True]
    assert DoorMark.objects.count() == 1


def test_two_registrations_of_one_person_make_one_attendance(row: Registration, staff: User) -> None:
    again = factories.RegistrationFactory(event=row.event, person=row.person, state=RegistrationState.CANCELLED)
    calls = [
        lambda: check_in(registration=row, by=staff),
        lambda: check_in(registration=again, by=staff, anyway=True),
    ]
    assert sorted(at_once(*calls * 3)) == [False] * 5 + [True]
    assert Attendance.objects.count() == 1


def test_marks_and_undos_at_once_end_as_the_last_mark_says(row: Registration, staff: User) -> None:
    calls = [lambda: check_in(registration=row, by=staff), lambda: undo_check_in(registration=row, by=staff)]
    answers = at_once(*calls * 4)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    last = DoorMark.objects.order_by("at", "pk").last()
    assert last is not None
    assert Attendance.objects.exists() == last.came


def test_who_is_marked_while_records_are_joined_is_who_stays(row: Registration, staff: User) -> None:
    kept, joined = factories.PersonFactory(), threading.Event()

    def join() -> None:
        with transaction.atomic():
            merge_people(kept=kept, gone=row.person, by=staff)
            joined.set()
            time.sleep(0.5)  # the other one comes before this is stored

    def mark() -> None:
        joined.wait(30)
        mark_attendance(event=row.event, present=[row.pk], was_present=[], by=staff)

    assert not [answer for answer in at_once(join, mark) if isinstance(answer, Exception)]
    assert Attendance.objects.get().person == kept
