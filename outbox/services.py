"""How the rest of the portal asks for a mail: one row, in the same transaction as the fact it tells of.

Nothing here talks to a mail server. The worker is nudged when the transaction commits; where the nudge is lost (broker
away, worker down) the row waits for the clock, which drains every 15 seconds.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from outbox import registry
from outbox.enums import MessageState, SuppressionReason
from outbox.envelope import new_message_id, one_line, plain_text
from outbox.models import Message, Suppression, normalise_email
from outbox.registry import Mail

logger = logging.getLogger(__name__)
# A nudge that waited longer than this is dropped: the clock has drained meanwhile.
NUDGE_EXPIRES_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mail to be queued by :func:`enqueue_many`; the fields mean what they mean in :func:`enqueue`."""

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
    undo a registration. No address at all gives ``None``.

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


def suppress(*, email: str, reason: SuppressionReason) -> None:
    """Send this address nothing but what a procedure needs. The first reason stays."""
    Suppression.objects.bulk_create([Suppression(email=normalise_email(email), reason=reason)], ignore_conflicts=True)


def _message(row: Row) -> Message:
    if not 0 < len(row.dedupe_key) <= 200:
        raise ValueError("A dedupe key has 1 to 200 characters.")
    known = registry.kind(row.kind)
    operational = row.operational if row.operational is not None else (known.operational if known else True)
    address = one_line(row.to_email)
    is_address = _is_address(address)
    due_at: Any = row.due_at or Now()
    return Message(
        state=MessageState.SCHEDULED if is_address else MessageState.FAILED,
        last_response="" if is_address else _("La dirección no es válida."),
        kind=row.kind,
        dedupe_key=row.dedupe_key,
        to_email=address[:254],
        to_name=one_line(row.to_name)[:160],
        language=row.language,
        params=row.params,
        payload=_payload(row.rendered) if row.rendered and is_address else None,
        cause=one_line(row.cause)[:200],
        operational=operational,
        due_at=due_at,
        next_attempt_at=due_at,
        expires_at=row.expires_at,
        message_id=new_message_id(),
    )


def _is_address(address: str) -> bool:
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
