"""Who sees and does what with trainings."""

import rules
from django.db.models import QuerySet

from network.enums import Role
from network.models import User
from network.rules import AnyUser, is_liaison, is_staff_member
from trainings.models import (
    Accompaniment,
    AccompanimentDocument,
    AccompanimentQuerySet,
    Expert,
    Training,
    TrainingQuerySet,
    TrainingTarget,
)

rules.add_perm("trainings.manage_training", is_staff_member)
rules.add_perm("trainings.request_accompaniment", is_liaison)
rules.add_perm("trainings.manage_accompaniment", is_staff_member)


def visible_trainings(user: AnyUser) -> TrainingQuerySet:
    """Published trainings; to staff also those still being prepared."""
    trainings = Training.objects.all()
    return trainings if is_staff_member(user) else trainings.published()


def targets_of(trainings: TrainingQuerySet) -> QuerySet[TrainingTarget]:
    """The targets of trainings that somebody may see, to be added up."""
    return TrainingTarget.objects.filter(training__in=trainings.order_by().values("pk"))


def municipal_accompaniments(user: AnyUser) -> AccompanimentQuerySet:
    """Those of the own municipality; none without a designation in force. Others' files do not exist."""
    if not user.is_authenticated or user.liaison_municipality is None:
        return Accompaniment.objects.none()
    return Accompaniment.objects.filter(municipality=user.liaison_municipality)


def managed_accompaniments(user: AnyUser) -> AccompanimentQuerySet:
    """What the institute works on: every file, and none to anybody else."""
    return Accompaniment.objects.all() if is_staff_member(user) else Accompaniment.objects.none()


def visible_accompaniment_documents(user: AnyUser) -> QuerySet[AccompanimentDocument]:
    """Of the own municipality; to the institute all."""
    files = managed_accompaniments(user) | municipal_accompaniments(user)
    return AccompanimentDocument.objects.filter(accompaniment__in=files)


def visible_experts(user: AnyUser) -> QuerySet[Expert]:
    """The register of experts is the institute's."""
    return Expert.objects.all() if is_staff_member(user) else Expert.objects.none()


def assignable_accounts(user: AnyUser) -> QuerySet[User]:
    """The accounts that may accompany: those that work for the institute."""
    found = User.objects.filter(role__in=[Role.STAFF, Role.ADMIN], is_active=True).order_by("name", "pk")
    return found if is_staff_member(user) else found.none()
