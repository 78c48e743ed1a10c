"""Who sees the mail of the installation: its staff.

The role itself lives above this app; the user model says it by ``is_staff_member`` (no attribute, no access).
"""

from typing import Any

import rules
from django.db.models import QuerySet

from outbox.models import Message


@rules.predicate
def is_mail_staff(user: Any) -> bool:
    return bool(user.is_authenticated and getattr(user, "is_staff_member", False))


rules.add_perm("outbox.view_message", is_mail_staff)


def visible_messages(user: Any) -> QuerySet[Message]:
    """All of them for staff, none for anybody else."""
    return Message.objects.all() if is_mail_staff(user) else Message.objects.none()
