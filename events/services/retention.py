"""How long events keep what people said of themselves (``network.registry.Retention``)."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from events.enums import CancelCause, RegistrationState
from events.models import DoorMark, Invitation, Registration
from events.services.questions import outdated_needs
from network.models import ERASED_NAME, Person


def erase_needs(before: date) -> int:
    return outdated_needs(before).delete()[0]


def never_confirmed(before: date) -> QuerySet[Registration]:
    """Registrations whose address nobody proved, and what was typed in them."""
    ended = Registration.objects.filter(
        state=RegistrationState.CANCELLED,
        cancel_cause=CancelCause.EMAIL_UNCONFIRMED,
        cancelled_at__date__lt=before,
    )
    return ended.exclude(name=ERASED_NAME)


@transaction.atomic
def erase_never_confirmed(before: date) -> int:
    """Who is known from such registrations alone goes with them: nobody knows whether they exist."""
    pks = list(never_confirmed(before).values_list("pk", flat=True))
    rows = Registration.objects.filter(pk__in=pks)
    people = Person.objects.filter(registrations__in=pks, user=None, attendances=None, designations=None)
    others = Registration.objects.exclude(pk__in=pks).filter(person__in=people).values("person")
    alone = list(people.exclude(pk__in=others).filter(enrolments=None).values_list("pk", flat=True))
    nobody = {"name": ERASED_NAME, "email": "", "institution": ""}
    Person.objects.filter(pk__in=alone).update(**nobody, position="", phone="")
    return rows.update(**nobody, email_normalised="")


def old_invitations(before: date) -> QuerySet[Invitation]:
    """Of events that are over."""
    return Invitation.objects.filter(event__last_day__lt=before)


def old_door_marks(before: date) -> QuerySet[DoorMark]:
    """Of events that are over: the attendance that follows from them stays."""
    return DoorMark.objects.filter(registration__event__last_day__lt=before)


def erase_invitations(before: date) -> int:
    return old_invitations(before).delete()[0]


def erase_door_marks(before: date) -> int:
    return old_door_marks(before).delete()[0]
