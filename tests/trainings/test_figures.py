"""A target is counted once, however many sessions a training has."""

import datetime as dt

import pytest
from django.utils import timezone

from municipalities.figures import Period, state
from tests import factories as f
from trainings.figures import sheets, training_figures
from trainings.models import Training

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sessions", [0, 1, 3])
def test_target_is_counted_once_whatever_the_number_of_sessions(sessions):
    training = f.TrainingFactory()
    f.TrainingTargetFactory(training=training, people=60, women=30, men=30)
    for number in range(sessions):
        event = f.EventFactory(day=timezone.localdate() - dt.timedelta(days=number + 2))
        f.TrainingSessionFactory(training=training, event=event)
    figures = training_figures(state("Entidad"), Period())
    assert (figures.target.people, figures.target.women, figures.target.sex_known) == (60, 30, 60)
    assert figures.rows[0].sessions == sessions


def came(training, *people, **attendance):
    """These people at a new session held of an hour, in person."""
    event = f.EventFactory(day=timezone.localdate() - dt.timedelta(days=2), modality="in-person")
    f.TrainingSessionFactory(training=training, event=event)
    for person, sex in people:
        f.AttendanceFactory(event=event, person=person, sex=sex, **attendance)


def sheet(training, **options):
    return sheets([Training.objects.with_targets().get(pk=training.pk)], **options).rows[0]


def test_sexes_add_up_and_a_person_counts_once_with_what_is_known():
    training = f.TrainingFactory()
    people = f.PersonFactory.create_batch(4)
    came(training, *zip(people, ("woman", "man", "", "undisclosed"), strict=True))
    came(training, (people[2], "woman"), modality="virtual")
    reach = sheet(training, exact=True).reach
    assert (reach.attendances, reach.attendances_by_sex.total) == (5, 5)
    assert (reach.persons, reach.persons_by_sex.total, reach.persons_by_sex.women) == (4, 4, 2)
    assert (reach.persons_by_modality.in_person, reach.persons_by_modality.virtual) == (4, 1)


def test_everybody_reads_totals_alone():
    training = f.TrainingFactory()
    people = f.PersonFactory.create_batch(7)
    came(training, *((person, "woman") for person in people[:5]), *((person, "man") for person in people[5:]))
    reach = sheet(training).reach
    assert (reach.persons, reach.persons_by_sex, reach.attendances_by_sex) == (7, None, None)
    assert (reach.attendances, reach.persons_by_modality, reach.attendances_by_modality) == (7, None, None)
    assert sheet(training, exact=True).reach.persons_by_sex.men == 2


def test_session_to_come_reached_nobody_yet():
    training = f.TrainingFactory()
    event = f.EventFactory()
    f.TrainingSessionFactory(training=training, event=event)
    f.AttendanceFactory(event=event)
    assert (sheet(training).reach, sheet(training).sessions_held) == (None, 0)
