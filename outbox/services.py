"""How the rest of the portal asks for a mail: one row, in the same transaction as the fact it tells of.

Nothing here talks to a mail server. The worker is nudged when the transaction commits; where the nudge is lost (broker
away, worker down) the row waits for the clock, which drains every 15 seconds. Further down: what staff may do with a
message or a suppressed address, and how old messages go.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from outbox import registry, texts
from outbox.emails import TEXT_TEST
from outbox.enums import FINAL_STATES, MessageState, SuppressionReason
from outbox.envelope import new_message_id, one_line, plain_text
from outbox.models import MailText, Message, MessageQuerySet, Preference, Step, Suppression, normalise_email
from outbox.registry import Mail, Text, TextKind

logger = logging.getLogger(__name__)
# A nudge that waited longer than this is dropped: the clock has drained meanwhile.
NUDGE_EXPIRES_SECONDS = 60
RESENDABLE = (MessageState.IN_DOUBT, MessageState.FAILED, MessageState.SKIPPED)
# What a person decided about their own address is theirs alone to change.
LIFTABLE = (SuppressionReason.BOUNCED, SuppressionReason.STAFF)
DELETE_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mail to be queued by :func:`enqueue_many`; the fields mean what they mean in :func:`enqueue`. ``mailing``
    names what was sent to many at once, so that its mails can be counted and listed together."""

    kind: str
    dedupe_key: str
    to_email: str
    params: dict[str, Any]
    language: str
    due_at: datetime | None = None
    expires_at: datetime | None = None
    cause: str = ""
    operational: bool | None = None
    to_name: str = ""
    rendered: Mail | None = None
    mailing: str | None = None


def enqueue(
    *,
    kind: str,
    dedupe_key: str,
    to_email: str,
    params: dict[str, Any],
    language: str,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    cause: str = "",
    operational: bool | None = None,
    to_name: str = "",
    rendered: Mail | None = None,
) -> Message | None:
    """Queue one mail; call it inside the transaction that stores the fact.

    ``dedupe_key`` says what the mail is about (``"events.reminder:81:24h:rev3"``): a second call with the same key
    changes nothing and returns the first row. ``params`` holds ids only; the composer registered for ``kind`` makes the
    text when the mail leaves. ``due_at`` is when (now, where missing), ``expires_at`` from when on it is not sent any
    more, ``cause`` what it came from (a verb and ids, for staff). ``operational`` defaults to what the kind was
    registered with. An address that is none is stored as failed, never raised: a typing error in an address must not
    undo a registration. No address at all gives ``None``. ``ValueError`` where the mail is not operational and its
    kind has no group: nobody could unsubscribe from it.

    ``rendered`` is for texts with a one-time link that cannot be made again later (confirm an address, reset a
    password): the text waits in ``payload`` and is blanked, by a database constraint, as soon as the message is sent,
    failed, skipped or in doubt. It takes no attachments (``ValueError``).
    """
    row = Row(
        kind=kind,
        dedupe_key=dedupe_key,
        to_email=to_email,
        params=params,
        language=language,
        due_at=due_at,
        expires_at=expires_at,
        cause=cause,
        operational=operational,
        to_name=to_name,
        rendered=rendered,
    )
    if not to_email.strip():
        return None
    enqueue_many([row])
    message = Message.objects.filter(dedupe_key=dedupe_key).first()
    if message is None:  # "ignore conflicts" on SQLite would also swallow other constraints; say so instead
        raise IntegrityError(f"The message {dedupe_key!r} could not be stored.")
    return message


def enqueue_many(rows: Iterable[Row]) -> None:
    """Queue many mails at once (one INSERT per 500). Rows without an address and keys already known are left out."""
    messages = [_message(row) for row in rows if row.to_email.strip()]
    if not messages:
        return
    Message.objects.bulk_create(messages, ignore_conflicts=True, batch_size=500)
    now = timezone.now()
    if any(not isinstance(message.due_at, datetime) or message.due_at <= now for message in messages):
        nudge_on_commit()


def nudge_on_commit() -> None:
    """Wake the worker once the transaction has committed; once per transaction, however many mails it queued."""
    waiting = (entry[1] for entry in transaction.get_connection().run_on_commit)
    if nudge not in waiting:
        transaction.on_commit(nudge, robust=True)


def nudge() -> None:
    """Ask a worker to drain now. Losing this is harmless, so a broker that is away is only logged."""
    try:
        current_app.send_task("outbox.tasks.drain", expires=NUDGE_EXPIRES_SECONDS)
    except (KombuError, OSError) as error:
        logger.warning("outbox nudge lost, the clock will drain: %s", type(error).__name__)


def suppress(*, email: str, reason: SuppressionReason, last_response: str = "") -> None:
    """Send this address nothing but what a procedure needs. The first reason stays until it is lifted."""
    address = normalise_email(email)
    row = {"reason": reason, "last_response": last_response}
    Suppression.objects.bulk_create([Suppression(email=address, **row)], ignore_conflicts=True)
    Suppression.objects.filter(email=address).exclude(lifted_at=None).update(
        **row, since=Now(), lifted_at=None, lift_reason="", lift_cause=""
    )


@transaction.atomic
def mute(*, email: str, group: str) -> None:
    """Send this address no more mail of the group. A second call changes nothing, not even when it was."""
    chosen, _new = Preference.objects.select_for_update().get_or_create(email=normalise_email(email))
    if group not in chosen.muted:
        chosen.muted = [*chosen.muted, group]
        chosen.changed_at = Now()
        chosen.save(update_fields=["muted", "changed_at"])


@transaction.atomic
def choose(*, email: str, muted: Collection[str], language: str) -> None:
    """Keep what the holder of an address chose: the groups it does not get, and its language (empty: each mail's own).

    Who takes any group takes back, by that, having left all optional mail or having reported it as unwanted; a
    suppression that others decided stays.
    """
    address = normalise_email(email)
    row = {"muted": sorted(muted), "language": language, "changed_at": Now()}
    Preference.objects.update_or_create(email=address, defaults=row)
    if any(group.name not in muted for group in registry.groups()):
        own = Suppression.objects.active().filter(email=address).exclude(reason__in=LIFTABLE)
        own.update(lifted_at=Now(), lift_reason=_("La persona volvió a pedir correo."), lift_cause="own preferences")


@transaction.atomic
def forget_messages(messages: MessageQuerySet) -> int:
    """Take out of these messages whom they went to and what was said of it; returns how many. They stay as numbers.

    One that waits is not sent any more; of one that is being sent right now nobody knows whether it left.
    """
    pks = list(messages.order_by("pk").values_list("pk", flat=True))
    rows = Message.objects.filter(pk__in=pks)
    Step.objects.filter(message__in=pks).update(text="")
    rows.filter(state=MessageState.SENDING).update(state=MessageState.IN_DOUBT, payload=None)
    rows.exclude(state__in=FINAL_STATES).update(state=MessageState.SKIPPED, payload=None)
    nobody = {"to_email": "", "to_name": "", "subject": "", "last_response": ""}
    return rows.update(**nobody, claim_token=None, lease_until=None)


def forget_choices(addresses: Collection[str]) -> None:
    """Take out what the holders of these addresses chose, and why they got no mail."""
    normalised = {normalise_email(address) for address in addresses}
    Preference.objects.filter(email__in=normalised).delete()
    Suppression.objects.filter(email__in=normalised).delete()


def why_not_resend(message: Message) -> str:
    """Why a message cannot be sent again; empty where it can."""
    known = registry.kind(message.kind)
    if message.state not in RESENDABLE:
        return _("Solo se reenvía lo que falló, se omitió o quedó en duda.")
    if known is None or known.composer is None:
        return _("Su texto llevaba un enlace de un solo uso y no se guarda: la persona puede pedirlo otra vez.")
    if message.expires_at and message.expires_at <= timezone.now():
        return _("Ya caducó: lo que decía no sirve ahora.")
    if not is_address(message.to_email):
        return _("La dirección no es válida.")
    return ""


@transaction.atomic
def resend(*, message: Message, reason: str, by: AbstractBaseUser) -> Message:
    """Queue a copy with a Message-ID of its own that says whose copy it is; a second call answers the same copy."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    known = row.copies.first()
    if known is not None:
        return known
    if why := why_not_resend(row):
        raise ValidationError(why)
    cause = f"account {by.pk}"
    copy = Message.objects.create(
        kind=row.kind,
        dedupe_key=f"copy:{row.pk}",
        to_email=row.to_email,
        to_name=row.to_name,
        language=row.language,
        params=row.params,
        cause=cause,
        operational=row.operational,
        expires_at=row.expires_at,
        message_id=new_message_id(),
        copy_of=row,
    )
    Step.objects.create(message=row, state=row.state, text=_("Se reenvió: {reason}").format(reason=reason), cause=cause)
    registry.tell_witnesses("mail-resent", by=by, of=row)
    nudge_on_commit()
    return copy


@transaction.atomic
def give_up(*, message: Message, reason: str, by: AbstractBaseUser) -> None:
    """Take back a message that waits. ``ValidationError`` where a drain has it or it is over already."""
    text = _("El personal desistió: {reason}").format(reason=reason)
    given_up = (
        Message.objects.unclaimed()
        .filter(pk=message.pk)
        .update(state=MessageState.SKIPPED, payload=None, claim_token=None, lease_until=None, last_response=text)
    )
    if not given_up:
        raise ValidationError(_("Este mensaje ya no espera: está saliendo o ya terminó. Vuelva a abrir su página."))
    Step.objects.create(message=message, state=MessageState.SKIPPED, text=text, cause=f"account {by.pk}")
    registry.tell_witnesses("mail-given-up", by=by, of=message)


def can_lift(suppression: Suppression) -> bool:
    return suppression.lifted_at is None and suppression.reason in LIFTABLE


@transaction.atomic
def lift(*, suppression: Suppression, reason: str, by: AbstractBaseUser) -> None:
    """Write to the address again. ``ValidationError`` where it is not suppressed now or its person decided it."""
    lifted = (
        Suppression.objects.active()
        .filter(pk=suppression.pk, reason__in=LIFTABLE)
        .update(lifted_at=Now(), lift_reason=reason, lift_cause=f"account {by.pk}")
    )
    if not lifted:
        raise ValidationError(_("Esta dirección ya se levantó, o es la persona quien decide sobre ella."))
    registry.tell_witnesses("address-lifted", by=by, of=suppression)


def delete_old(*, seconds: float = 60) -> int:
    """Delete messages that ended more than ``MAIL_KEPT_DAYS`` ago, a batch at a time; returns how many.

    A key that is gone could be queued again. So nothing goes that is younger by any of its moments, and what makes
    messages (reminders, pending results …) looks back much less far than the shortest time that may be set.
    """
    deadline, deleted = monotonic() + seconds, 0
    before = Now() - timedelta(days=settings.MAIL_KEPT_DAYS)
    old = (
        Message.objects.filter(state__in=FINAL_STATES, due_at__lt=before, created_at__lt=before)
        .exclude(sent_at__gte=before)
        .exclude(expires_at__gte=before)
        .order_by("due_at", "pk")
    )
    while monotonic() < deadline:
        batch = list(old.values_list("pk", flat=True)[:DELETE_AT_ONCE])
        Message.objects.filter(pk__in=batch).delete()
        deleted += len(batch)
        if len(batch) < DELETE_AT_ONCE:
            break
    return deleted


# --- Words of mails that staff change


class StaleText(Exception):
    """Somebody else saved the text since it was read; ``version`` and ``text`` are what counts now."""

    def __init__(self, version: int, text: Text) -> None:
        super().__init__(version)
        self.version, self.text = version, text


def save_text(
    *, kind: TextKind, variant: str, language: str, version: int, subject: str, body: str, cause: str
) -> MailText | None:
    """Keep these words as the next version; ``version`` is the one that was read (0: none).

    Words that count already change nothing and answer ``None``. The words that would count without any of its own are
    kept as "the original": they follow when those change. :class:`StaleText` where somebody else was faster.
    """
    rows, text = texts.written(kind.name), Text(subject, body)
    newest = rows.get((variant, language))
    counts = texts.choose(kind, rows, language, variant)
    if text == counts:
        return None
    number = newest.version if newest else 0
    if version != number:
        raise StaleText(number, counts)
    is_original = text == texts.without_own(kind, rows, language, variant)
    words = {"is_original": True} if is_original else {"subject": subject, "body": body}
    try:
        with transaction.atomic():
            return MailText.objects.create(
                name=kind.name, variant=variant, language=language, version=number + 1, cause=cause, **words
            )
    except IntegrityError:
        rows = texts.written(kind.name)
        newest = rows.get((variant, language))
        raise StaleText(newest.version if newest else 0, texts.choose(kind, rows, language, variant)) from None


def send_test(*, kind: TextKind, text: Text, language: str, key: str, to_email: str, cause: str) -> Message | None:
    """Queue the mail of an invented person, with these words, to who is writing them. Once for each ``key``.

    It goes as it was written when it was asked for, without attachments: the words may not have been saved.
    """
    with translation.override(language):
        mail = kind.compose(text)
        subject = _("[Prueba] {subject}").format(subject=mail.subject)
    return enqueue(
        kind=TEXT_TEST,
        dedupe_key=f"text-test:{cause}:{key}",
        to_email=to_email,
        params={},
        language=language,
        cause=cause,
        rendered=Mail(subject=subject, text=mail.text, html=mail.html),
    )


def _message(row: Row) -> Message:
    if not 0 < len(row.dedupe_key) <= 200:
        raise ValueError("A dedupe key has 1 to 200 characters.")
    known = registry.kind(row.kind)
    operational = row.operational if row.operational is not None else (known.operational if known else True)
    if not operational and registry.group_of(row.kind) is None:
        raise ValueError(f"Optional mail needs a group to unsubscribe from: {row.kind!r} has none.")
    address = one_line(row.to_email)
    can_leave = is_address(address)
    due_at: Any = row.due_at or Now()
    return Message(
        state=MessageState.SCHEDULED if can_leave else MessageState.FAILED,
        last_response="" if can_leave else _("La dirección no es válida."),
        kind=row.kind,
        dedupe_key=row.dedupe_key,
        to_email=address[:254],
        to_name=one_line(row.to_name)[:160],
        language=row.language,
        params=row.params,
        payload=_payload(row.rendered) if row.rendered and can_leave else None,
        cause=one_line(row.cause)[:200],
        operational=operational,
        due_at=due_at,
        next_attempt_at=due_at,
        expires_at=row.expires_at,
        mailing=row.mailing,
        message_id=new_message_id(),
    )


def is_address(address: str) -> bool:
    """Whether mail can be addressed to it at all."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= 254


def _payload(mail: Mail) -> dict[str, Any]:
    if mail.attachments:
        raise ValueError("A mail that waits as text takes no attachments.")
    return {
        "subject": one_line(mail.subject),
        "text": plain_text(mail.text),
        "html": plain_text(mail.html),
        "headers": {name: one_line(value) for name, value in mail.headers.items()},
    }
