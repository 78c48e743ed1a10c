"""Who sees the mail of the installation: its staff.

The role itself lives above this app; the user model says it by ``is_staff_member`` (no attribute, no access).
"""

from typing import Any

import rules
from django.db.models import QuerySet

from outbox.models import Message, MessageQuerySet, Suppression


@rules.predicate
def is_mail_staff(user: Any) -> bool:
    return bool(user.is_authenticated and getattr(user, "is_staff_member", False))


rules.add_perm("outbox.view_message", is_mail_staff)
rules.add_perm("outbox.handle_message", is_mail_staff)
rules.add_perm("outbox.lift_suppression", is_mail_staff)


def visible_messages(user: Any) -> MessageQuerySet:
    """All of them for staff, none for anybody else."""
    return Message.objects.all() if is_mail_staff(user) else Message.objects.none()


def visible_suppressions(user: Any) -> QuerySet[Suppression]:
    return Suppression.objects.all() if is_mail_staff(user) else Suppression.objects.none()
