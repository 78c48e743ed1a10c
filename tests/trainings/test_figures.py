"""A target is counted once, however many sessions a training has."""

import datetime as dt

import pytest
from django.utils import timezone

from municipalities.figures import Period, state
from tests import factories as f
from trainings.figures import training_figures

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
