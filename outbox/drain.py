"""How messages leave: claim a few, write each from current rows, send it, record what became of it.

What keeps the promise "none lost, none repeated by us" (docs/architecture.md, "a reminder leaves"):

* Claims, leases and due times are compared by the **database's** clock, so a machine with a wrong clock does no harm.
* A claim gives up to 100 rows a token and a lease. Every later step is ``UPDATE … WHERE claim_token = ours``: whoever
  lost the turn changes nothing and sends nothing.
* Each message is committed as *sending* just before its own SMTP dialogue and as *sent* right after it. A process
  killed between the two leaves one message of which nobody can know whether it left: :func:`reconcile` flags it *in
  doubt*, and nothing sends it again by itself. All others of its claim wait out the lease and are claimed anew.
* A message that cannot be written (unknown kind, failing composer) is set aside alone; the others go on.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from outbox import registry
from outbox.enums import MessageState
from outbox.envelope import build, one_line
from outbox.models import Message, Suppression, normalise_email
from outbox.registry import Mail, NotWanted
from outbox.wire import Carrier, Fate, Outcome, Unreachable
from web import identity

logger = logging.getLogger(__name__)

CLAIM_SIZE = 100
# Longer than a claim usually takes; a claim that outlives it only loses the rows it has not begun.
CLAIM_LEASE = timedelta(minutes=5)
# Longer than the slowest SMTP dialogue (EMAIL_TIMEOUT for each of its steps).
SENDING_LEASE = timedelta(minutes=4)
MAX_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)


@dataclass(slots=True)
class Tally:
    """What one drain did. ``trouble`` says why nothing can leave now (mail server away, our log-in refused)."""

    claimed: int = 0
    sent: int = 0
    retried: int = 0
    failed: int = 0
    in_doubt: int = 0
    skipped: int = 0
    suppressed: int = 0
    trouble: str = ""


def drain(*, seconds: float = 50, claim_size: int = CLAIM_SIZE) -> Tally:
    """Send what is due until nothing is, or the time is up, or the mail server is away. Any number may run at once."""
    tally = Tally()
    deadline = monotonic() + seconds
    while not tally.trouble and monotonic() < deadline:
        tally.skipped += _skip_expired()
        messages = claim(claim_size)
        if not messages:
            break
        tally.claimed += len(messages)
        _deliver(messages, tally, deadline)
    return tally


def claim(size: int = CLAIM_SIZE) -> list[Message]:
    """Take up to ``size`` due messages for this process alone, grouped by kind. Empty where none is due.

    PostgreSQL skips rows another drain is just taking; on SQLite the whole transaction is exclusive (IMMEDIATE).
    """
    token = uuid.uuid4()
    with transaction.atomic(durable=True):
        due = Message.objects.due().select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:size])
        if not ids:
            return []
        Message.objects.filter(pk__in=ids).update(
            state=MessageState.QUEUED, claim_token=token, lease_until=Now() + CLAIM_LEASE
        )
    return list(Message.objects.filter(pk__in=ids, claim_token=token).order_by("kind", "next_attempt_at", "pk"))


def reconcile() -> int:
    """Flag as *in doubt* what was being sent by a process that did not come back. Returns how many."""
    doubtful = list(Message.objects.abandoned().values_list("pk", flat=True)[:1000])
    if not doubtful:
        return 0
    # The token stays: should that process still be alive and learn the answer, it may resolve the doubt.
    flagged = (
        Message.objects.abandoned()
        .filter(pk__in=doubtful)
        .update(
            state=MessageState.IN_DOUBT,
            payload=None,
            last_response=_("El envío se interrumpió; no se sabe si el mensaje salió."),
        )
    )
    logger.error("outbox: %d message(s) in doubt: %s", flagged, doubtful)
    return flagged


def _skip_expired() -> int:
    return Message.objects.expired().update(
        state=MessageState.SKIPPED,
        payload=None,
        claim_token=None,
        lease_until=None,
        last_response=_("Caducó antes de poder enviarse."),
    )


def _deliver(messages: Sequence[Message], tally: Tally, deadline: float) -> None:
    suppressed = _suppressed_among(messages)
    from_name = identity.current().name
    with Carrier() as carrier:
        for position, message in enumerate(messages):
            if monotonic() >= deadline:
                _release(messages[position:])
                return
            if not message.operational and normalise_email(message.to_email) in suppressed:
                _finish(message, MessageState.SUPPRESSED, _("La dirección pidió no recibir este tipo de correo."))
                tally.suppressed += 1
                continue
            email = _write(message, tally, from_name)
            if email is None:
                continue
            try:
                carrier.ready()
            except Unreachable as error:
                tally.trouble = _("No se puede usar el servidor de correo: {reason}").format(reason=error)
                _release(messages[position:], tally.trouble)
                return
            if _begin(message):
                _record(message, email, carrier.send(email), tally)
            if tally.trouble:
                _release(messages[position + 1 :], tally.trouble)
                return


def _suppressed_among(messages: Sequence[Message]) -> set[str]:
    addresses = {normalise_email(message.to_email) for message in messages if not message.operational}
    return set(Suppression.objects.filter(email__in=addresses).values_list("email", flat=True)) if addresses else set()


def _write(message: Message, tally: Tally, from_name: str) -> EmailMultiAlternatives | None:
    """The e-mail, or ``None`` where there is none to send and the message's state says why."""
    kind = registry.kind(message.kind)
    if message.payload is None and (kind is None or kind.composer is None):
        logger.error("outbox: no composer for kind %s (message %s)", message.kind, message.pk)
        _finish(message, MessageState.FAILED, _("Nadie sabe redactar el tipo «{kind}».").format(kind=message.kind))
        tally.failed += 1
        return None
    try:
        mail = _compose(message, kind)
        if isinstance(mail, NotWanted):
            _finish(message, MessageState.SKIPPED, str(mail.reason))
            tally.skipped += 1
            return None
        return build(message, mail, from_name=from_name)
    except Exception as error:  # whatever one composer does wrong must not stop the others' mail
        logger.exception("outbox: message %s of kind %s could not be written", message.pk, message.kind)
        reason = _("No se pudo redactar: {error}").format(error=f"{type(error).__name__}: {error}")
        _try_again(message, reason, tally, attempts=message.attempts + 1)
        return None


def _compose(message: Message, kind: registry.Kind | None) -> Mail | NotWanted:
    if message.payload is not None:
        return Mail(**message.payload)
    assert kind is not None
    assert kind.composer is not None
    with translation.override(message.language):
        return kind.composer(message.params, message.language)


def _begin(message: Message) -> bool:
    """Commit that this message is being sent. False where the turn was lost or the message has just expired."""
    begun = (
        Message.objects.filter(pk=message.pk, claim_token=message.claim_token, state=MessageState.QUEUED)
        .filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
        .update(state=MessageState.SENDING, attempts=F("attempts") + 1, lease_until=Now() + SENDING_LEASE)
    )
    message.attempts += begun
    return bool(begun)


def _record(message: Message, email: EmailMultiAlternatives, outcome: Outcome, tally: Tally) -> None:
    match outcome.fate:
        case Fate.SENT:
            _finish(message, MessageState.SENT, outcome.response, subject=email.subject[:255], sent_at=Now())
            tally.sent += 1
        case Fate.TRY_AGAIN:
            _try_again(message, outcome.response, tally, attempts=message.attempts)
        case Fate.REFUSED:
            logger.warning("outbox: message %s refused: %s", message.pk, outcome.response.split(" ", 1)[0])
            _finish(message, MessageState.FAILED, outcome.response)
            tally.failed += 1
        case Fate.IN_DOUBT:
            logger.error("outbox: message %s in doubt, the line broke after its text went out", message.pk)
            _finish(message, MessageState.IN_DOUBT, outcome.response, subject=email.subject[:255])
            tally.in_doubt += 1
        case Fate.SERVER_UNUSABLE:
            tally.trouble = _("El servidor de correo no acepta al remitente: {reason}").format(reason=outcome.response)
            _move(message, MessageState.RETRY, tally.trouble, attempts=message.attempts - 1)
            tally.retried += 1


def _try_again(message: Message, reason: str, tally: Tally, *, attempts: int) -> None:
    if attempts >= MAX_ATTEMPTS:
        logger.error("outbox: message %s given up after %d attempts", message.pk, attempts)
        _finish(message, MessageState.FAILED, reason, attempts=attempts)
        tally.failed += 1
        return
    _move(message, MessageState.RETRY, reason, attempts=attempts, next_attempt_at=Now() + backoff(attempts))
    tally.retried += 1


def backoff(attempts: int) -> timedelta:
    """1, 2, 4, … minutes after the first, second, third … attempt, and at most an hour."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_WAIT)


def _finish(message: Message, state: MessageState, reason: str, **fields: Any) -> None:
    """The last word on a message: no text of it stays."""
    _move(message, state, reason, payload=None, **fields)


def _move(message: Message, state: MessageState, reason: str, **fields: Any) -> None:
    """Record a step where the turn is still ours; a doubt that was flagged meanwhile is resolved by what we know."""
    moved = Message.objects.filter(
        pk=message.pk,
        claim_token=message.claim_token,
        state__in=(MessageState.QUEUED, MessageState.SENDING, MessageState.IN_DOUBT),
    ).update(state=state, last_response=one_line(reason)[:500], claim_token=None, lease_until=None, **fields)
    if not moved:
        logger.warning("outbox: message %s was no longer ours when it became %s", message.pk, state)


def _release(messages: Sequence[Message], reason: str = "") -> None:
    """Give back what was not begun: due at once, no attempt counted, whatever was wrong was not its fault."""
    untried = Case(When(attempts=0, then=Value(MessageState.SCHEDULED)), default=Value(MessageState.RETRY))
    fields: dict[str, Any] = {"last_response": reason[:500]} if reason else {}
    Message.objects.filter(
        pk__in=[message.pk for message in messages],
        claim_token__in={message.claim_token for message in messages},
        state=MessageState.QUEUED,
    ).update(state=Value(MessageState.RETRY) if reason else untried, claim_token=None, lease_until=None, **fields)
