"""Trainings aimed at institutions, and what belongs to them."""

from trainings.models.enrolment import Enrolment, EnrolmentQuerySet, Facilitator
from trainings.models.trainings import Training, TrainingQuerySet, TrainingScope, TrainingSession, TrainingTarget
