"""Who sees and does what with trainings."""

import rules

from network.rules import AnyUser, is_staff_member
from trainings.models import Training, TrainingQuerySet

rules.add_perm("trainings.manage_training", is_staff_member)


def visible_trainings(user: AnyUser) -> TrainingQuerySet:
    """Published trainings; to staff also those still being prepared."""
    trainings = Training.objects.all()
    return trainings if is_staff_member(user) else trainings.published()
