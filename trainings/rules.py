"""Who sees and does what with trainings."""

import rules
from django.db.models import QuerySet

from network.rules import AnyUser, is_staff_member
from trainings.models import Training, TrainingQuerySet, TrainingTarget

rules.add_perm("trainings.manage_training", is_staff_member)


def visible_trainings(user: AnyUser) -> TrainingQuerySet:
    """Published trainings; to staff also those still being prepared."""
    trainings = Training.objects.all()
    return trainings if is_staff_member(user) else trainings.published()


def targets_of(trainings: TrainingQuerySet) -> QuerySet[TrainingTarget]:
    """The targets of trainings that somebody may see, to be added up."""
    return TrainingTarget.objects.filter(training__in=trainings.order_by().values("pk"))
