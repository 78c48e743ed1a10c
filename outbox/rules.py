"""Who sees the mail of the installation: its staff.

The role itself lives above this app; the user model says it by ``is_staff_member`` (no attribute, no access).
"""

from typing import Any

import rules
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from outbox.models import MailText, MailTextQuerySet, Message, MessageQuerySet, Preference, Suppression, normalise_email


@rules.predicate
def is_mail_staff(user: Any) -> bool:
    return bool(user.is_authenticated and getattr(user, "is_staff_member", False))


rules.add_perm("outbox.edit_text", is_mail_staff)
rules.add_perm("outbox.view_message", is_mail_staff)
rules.add_perm("outbox.handle_message", is_mail_staff)
rules.add_perm("outbox.lift_suppression", is_mail_staff)


def choices_code(message: Message) -> str:
    """What a mail carries and nobody else knows: who holds it chooses what the mail's address gets.

    It names the message, so that it needs no row of its own, tells the kind of mail that it came with, and holds no
    address (addresses of pages end in logs and histories). The seal is made with the address: where that is corrected
    or erased the link ends, and so it does when the message is deleted (``MAIL_KEPT_DAYS``).
    """
    return _sealer(message.to_email).sign(str(message.pk))


def message_by_choices(code: str) -> Message | None:
    """The message that carried this code; none where it was made up, or the message is gone."""
    pk = code.partition(":")[0]
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    message = Message.objects.filter(pk=pk).first()
    try:
        return message if message and _sealer(message.to_email).unsign(code) == pk else None
    except BadSignature:
        return None


def preference_by_choices(message: Message) -> Preference:
    """What the address of this message chose, to who holds its link; a new one, not stored, where it never did."""
    address = normalise_email(message.to_email)
    return Preference.objects.filter(email=address).first() or Preference(email=address, language="")


def suppression_by_choices(message: Message) -> Suppression | None:
    """Why the address of this message gets no optional mail at all, where that is so."""
    return Suppression.objects.active().filter(email=normalise_email(message.to_email)).first()


def _sealer(email: str) -> Signer:
    return Signer(salt=f"outbox.choices:{normalise_email(email)}")


def visible_messages(user: Any) -> MessageQuerySet:
    """All of them for staff, none for anybody else."""
    return Message.objects.all() if is_mail_staff(user) else Message.objects.none()


def visible_suppressions(user: Any) -> QuerySet[Suppression]:
    return Suppression.objects.all() if is_mail_staff(user) else Suppression.objects.none()


def visible_preferences(user: Any) -> QuerySet[Preference]:
    return Preference.objects.all() if is_mail_staff(user) else Preference.objects.none()


def visible_texts(user: Any) -> MailTextQuerySet:
    return MailText.objects.all() if is_mail_staff(user) else MailText.objects.none()
