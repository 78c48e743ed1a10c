"""Who met the rule of a training, and why."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Attendance, Event
from network.models import Person
from tests import factories
from trainings.completion import Completion, completions, rule_in_words
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, Training

pytestmark = pytest.mark.django_db
YESTERDAY = -1


def session(training: Training, *, days: int = YESTERDAY, **event: Any) -> Event:
    """A session of an hour, so many days from today."""
    row = factories.EventFactory(day=timezone.localdate() + dt.timedelta(days=days), **event)
    factories.TrainingSessionFactory(training=training, event=row)
    return row


def came(event: Event, person: Person, minutes: int | None = 60) -> None:
    factories.AttendanceFactory(event=event, person=person, minutes=minutes)


def of(training: Training, person: Person) -> Completion:
    (found,) = [row for row in completions(training) if row.person_id == person.pk]
    return found


def test_share_of_minutes_is_asked_of_all_sessions_held() -> None:
    training = factories.TrainingFactory(min_minutes_share=75)
    first, second = session(training), session(training, days=-2)
    enough, short = factories.EnrolmentFactory.create_batch(2, training=training)
    came(first, enough.person)
    came(second, enough.person, 30)
    came(first, short.person, 59)
    came(second, short.person, 30)
    assert of(training, enough.person) == Completion(
        enough.person_id, enough.pk, True, "90 de 120 minutos (se pide 75 %)", 90, 2, 2, None, ""
    )
    found = of(training, short.person)
    assert (found.met, found.minutes, found.why) == (False, 89, "89 de 120 minutos (se pide 75 %)")


def test_share_of_sessions_is_asked_of_their_number() -> None:
    training = factories.TrainingFactory(min_sessions_share=66)
    events = [session(training, days=-day) for day in (1, 2, 3)]
    person, absent = (row.person for row in factories.EnrolmentFactory.create_batch(2, training=training))
    for event in events[:2]:
        came(event, person, None)
    assert (of(training, person).met, of(training, person).why) == (True, "2 de 3 sesiones (se pide 66 %)")
    assert (of(training, absent).met, of(training, absent).sessions) == (False, 0)


def test_both_shares_are_asked_where_both_are_given() -> None:
    training = factories.TrainingFactory(min_minutes_share=50, min_sessions_share=100)
    first, _second = session(training), session(training, days=-2)
    person = factories.EnrolmentFactory(training=training).person
    came(first, person)
    assert of(training, person).why == "1 de 2 sesiones (se pide 100 %)"


@pytest.mark.parametrize(
    ("share", "met", "why"),
    [
        (50, True, "al menos 60 de 120 minutos (se pide 50 %)"),
        (51, False, "minutos sin dato"),
    ],
)
def test_unknown_minutes_meet_a_rule_only_where_the_known_ones_suffice(share: int, met: bool, why: str) -> None:
    training = factories.TrainingFactory(min_minutes_share=share)
    first, second = session(training), session(training, days=-2)
    person = factories.EnrolmentFactory(training=training).person
    came(first, person, 60)
    came(second, person, None)
    found = of(training, person)
    assert (found.met, found.minutes, found.why) == (met, None, why)


def test_session_without_hours_leaves_the_minutes_without_denominator() -> None:
    training = factories.TrainingFactory(min_minutes_share=10)
    first, _second = session(training), session(training, days=-2, hour=None)
    person = factories.EnrolmentFactory(training=training).person
    came(first, person, 60)
    assert (of(training, person).met, of(training, person).why) == (False, "minutos sin dato")


def test_score_is_asked_besides_the_attendance() -> None:
    training = factories.TrainingFactory(min_sessions_share=100, min_score=Decimal("70"))
    event = session(training)
    rows = [factories.EnrolmentFactory(training=training, score=score) for score in (None, Decimal("69.5"), 70)]
    for row in rows:
        came(event, row.person)
    assert [(row.met, row.why) for row in completions(training)] == [
        (False, "sin calificación"),
        (False, "calificación 69.5 (se pide 70)"),
        (True, "1 de 1 sesiones (se pide 100 %); calificación 70 (se pide 70)"),
    ]


def test_exception_counts_with_its_reason() -> None:
    training = factories.TrainingFactory(min_sessions_share=100)
    session(training)
    row = factories.EnrolmentFactory(
        training=training, exception_reason="Presentó el trabajo final", exception_at=timezone.now()
    )
    found = of(training, row.person)
    assert (found.met, found.exception, found.why) == (
        True, "Presentó el trabajo final", "excepción: Presentó el trabajo final",
    )  # fmt: skip


def test_nobody_met_a_rule_that_is_not_there() -> None:
    training = factories.TrainingFactory()
    event = session(training)
    row = factories.EnrolmentFactory(training=training)
    came(event, row.person)
    assert (of(training, row.person).met, rule_in_words(training)) == (False, [])


def test_nobody_met_the_rule_before_the_last_session_is_over() -> None:
    training = factories.TrainingFactory(min_sessions_share=50)
    event = session(training)
    session(training, days=3)
    session(training, days=-3, status="cancelled")
    person = factories.EnrolmentFactory(training=training).person
    came(event, person)
    found = of(training, person)
    assert (found.met, found.sessions, found.sessions_held) == (False, 1, 1)
    assert found.why == "faltan sesiones por realizarse: 1"


def test_who_came_without_a_place_counts_and_who_only_waits_does_not() -> None:
    training = factories.TrainingFactory(min_sessions_share=100)
    event = session(training)
    factories.EnrolmentFactory(training=training, state=EnrolmentState.WAITING)
    factories.EnrolmentFactory(training=training, state=EnrolmentState.CANCELLED)
    person = factories.PersonFactory()
    came(event, person)
    assert [(row.person_id, row.enrolment_id, row.met) for row in completions(training)] == [(person.pk, None, True)]


def test_rule_is_said_in_words() -> None:
    training = factories.TrainingFactory(min_minutes_share=80, min_sessions_share=75, min_score=Decimal("72.50"))
    assert rule_in_words(training) == [
        "Asistir al menos al 80 % de los minutos de las sesiones.",
        "Asistir al menos al 75 % de las sesiones.",
        "Obtener al menos 72.5 de 100 en la evaluación.",
    ]


def test_rule_of_every_session_is_said_without_a_percentage() -> None:
    assert rule_in_words(factories.TrainingFactory(min_sessions_share=100)) == ["Asistir a todas las sesiones."]


def test_five_hundred_people_take_as_many_queries_as_one() -> None:
    training = factories.TrainingFactory(min_minutes_share=80)
    events = [session(training, days=-day) for day in (1, 2)]
    people = Person.objects.bulk_create(Person(name=f"Persona Inventada {n}") for n in range(500))
    Enrolment.objects.bulk_create(
        Enrolment(training=training, person=person, name=person.name, state=EnrolmentState.CONFIRMED, token=str(n))
        for n, person in enumerate(people)
    )
    Attendance.objects.bulk_create(
        Attendance(event=event, person=person, minutes=50) for event in events for person in people
    )
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = completions(training)
    assert (len(found), all(row.met for row in found), len(queries)) == (500, True, 3)
