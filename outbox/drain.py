"""How messages leave: claim a few, write each from current rows, send it, record what became of it.

What keeps the promise "none lost, none repeated by us" (docs/architecture.md, "a reminder leaves"):

* Claims, leases and due times are compared by the **database's** clock, so a machine with a wrong clock does no harm.
* A claim gives up to 100 rows a token and a lease. Every later step is ``UPDATE … WHERE claim_token = ours``: whoever
  lost the turn changes nothing and sends nothing.
* Each message is committed as *sending* just before its own SMTP dialogue and as *sent* after it, in the statement that
  marks the next one as sending (:class:`Ledger`). A process killed between the two leaves one message of which nobody
  can know whether it left: :func:`reconcile` flags it *in doubt*, and nothing sends it again by itself. All others of
  its claim wait out the lease and are claimed anew.
* A message that cannot be written (unknown kind, failing composer) is set aside alone; the others go on. What a dead
  process had claimed comes last in the next claim, and each is marked before it is written: so one whose composer kills
  the process is known after three deaths, and set aside too.
* Caps (``MAIL_PER_HOUR``, ``MAIL_PER_ADDRESS_PER_DAY``) only delay: what has no room stays where it is.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower, Now
from django.utils import translation
from django.utils.translation import gettext as _

from outbox import mailing, registry
from outbox.enums import CLAIMED_STATES, MessageState, SuppressionReason
from outbox.envelope import build, one_line
from outbox.models import Message, Preference, Step, Suppression, normalise_email
from outbox.registry import Mail, NotWanted
from outbox.services import suppress
from outbox.wire import Carrier, Fate, Outcome, Unreachable
from web import identity

logger = logging.getLogger(__name__)

CLAIM_SIZE = 100
# Longer than a claim usually takes; a claim that outlives it only loses the rows it has not begun.
CLAIM_LEASE = timedelta(minutes=5)
# Longer than the slowest SMTP dialogue (EMAIL_TIMEOUT for each of its steps).
SENDING_LEASE = timedelta(minutes=4)
# The database's clock now, and where SENDING_LEASE ends by it.
_SECONDS = int(SENDING_LEASE.total_seconds())
_SQLITE_CLOCK = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'{later})"
CLOCK = {
    "postgresql": ("statement_timestamp()", f"statement_timestamp() + interval '{_SECONDS} seconds'"),
    "sqlite": (_SQLITE_CLOCK.format(later=""), _SQLITE_CLOCK.format(later=f", '+{_SECONDS} seconds'")),
}
# Carried out once for each message, so written by hand: the ORM takes over twenty times as long to put it together.
HAND_OVER = """
UPDATE outbox_message SET
    state = CASE WHEN id = %(gone)s THEN %(sent)s ELSE %(sending)s END,
    subject = CASE WHEN id = %(gone)s THEN %(subject)s ELSE subject END,
    last_response = CASE WHEN id = %(gone)s THEN '' ELSE last_response END,
    sent_at = CASE WHEN id = %(gone)s THEN {now} ELSE sent_at END,
    payload = CASE WHEN id = %(gone)s THEN NULL ELSE payload END,
    claim_token = CASE WHEN id = %(gone)s THEN NULL ELSE claim_token END,
    lease_until = CASE WHEN id = %(gone)s THEN NULL ELSE {later} END,
    attempts = CASE WHEN id = %(gone)s THEN attempts ELSE attempts + 1 END,
    deaths = CASE WHEN id = %(gone)s THEN deaths ELSE 0 END
WHERE id IN (%(gone)s, %(begun)s) AND (
    (id = %(gone)s AND claim_token = %(gone_turn)s
        AND state IN (%(queued)s, %(sending)s, %(in_doubt)s))
    OR (id = %(begun)s AND claim_token = %(begun_turn)s
        AND state = %(queued)s AND (expires_at IS NULL OR expires_at > {now})))
RETURNING id
"""
MAX_ATTEMPTS = 12
MAX_DEATHS = 3
# Permanent answers to an address, on different messages, until it gets only what a procedure needs.
HARD_BOUNCES = 2
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
        free, only_operational = _room()
        messages = claim(min(claim_size, free), only_operational=only_operational)
        if not messages:
            break
        tally.claimed += len(messages)
        _deliver(messages, tally, deadline)
    return tally


def claim(size: int = CLAIM_SIZE, *, only_operational: bool = False) -> list[Message]:
    """Take up to ``size`` due messages for this process alone, grouped by kind. Empty where none is due.

    PostgreSQL skips rows another drain is just taking; on SQLite the whole transaction is exclusive (IMMEDIATE).
    """
    token = uuid.uuid4()
    with transaction.atomic(durable=True):
        due = Message.objects.due().select_for_update(skip_locked=True)
        if only_operational:
            due = due.filter(operational=True)
        states = dict(due.values_list("pk", "state")[:size])
        if not states:
            return []
        Message.objects.filter(pk__in=states).update(
            state=MessageState.QUEUED, claim_token=token, lease_until=Now() + CLAIM_LEASE
        )
    messages = list(Message.objects.filter(pk__in=states, claim_token=token).order_by("kind", "next_attempt_at", "pk"))
    for message in messages:
        message.is_suspect = states[message.pk] == MessageState.QUEUED
    return sorted(messages, key=lambda message: (message.is_suspect, message.deaths))


def _room() -> tuple[int, bool]:
    """How many messages the cap of this hour leaves, and whether the rest of it is kept for what procedures need."""
    cap = settings.MAIL_PER_HOUR
    if not cap:
        return CLAIM_SIZE, False
    used = Message.objects.sent_within(timedelta(hours=1)).count()
    used += Message.objects.filter(state__in=CLAIMED_STATES, lease_until__gte=Now()).count()
    free = max(cap - used, 0)
    return free, free <= cap // 4


def reconcile() -> int:
    """Flag as *in doubt* what was being sent by a process that did not come back. Returns how many."""
    doubtful = list(Message.objects.abandoned().values_list("pk", flat=True)[:1000])
    if not doubtful:
        return 0
    # The token stays: should that process still be alive and learn the answer, it may resolve the doubt.
    reason = _("El envío se interrumpió; no se sabe si el mensaje salió.")
    with transaction.atomic():
        flagged = list(
            Message.objects.abandoned().filter(pk__in=doubtful).select_for_update().values_list("pk", flat=True)
        )
        Message.objects.filter(pk__in=flagged).update(state=MessageState.IN_DOUBT, payload=None, last_response=reason)
        _keep_steps(flagged, MessageState.IN_DOUBT, reason)
    if flagged:
        logger.error("outbox: %d message(s) in doubt: %s", len(flagged), flagged)
    return len(flagged)


def _skip_expired() -> int:
    if not Message.objects.expired().exists():
        return 0
    reason = _("Caducó antes de poder enviarse.")
    with transaction.atomic():
        due = Message.objects.expired().select_for_update(skip_locked=True)
        expired = list(due.values_list("pk", flat=True)[:1000])
        Message.objects.filter(pk__in=expired).update(
            state=MessageState.SKIPPED, payload=None, claim_token=None, lease_until=None, last_response=reason
        )
        _keep_steps(expired, MessageState.SKIPPED, reason)
    return len(expired)


def _deliver(messages: Sequence[Message], tally: Tally, deadline: float) -> None:
    addresses = {normalise_email(message.to_email) for message in messages if not message.operational}
    suppressed = _suppressed_among(addresses)
    chosen = Preference.objects.of_addresses({normalise_email(message.to_email) for message in messages})
    had_today = _had_today(addresses)
    from_name = identity.current().name
    with Carrier() as carrier, Ledger() as ledger, mailing.together():
        for position, message in enumerate(messages):
            if monotonic() >= deadline:
                _release(messages[position:])
                return
            address = normalise_email(message.to_email)
            if refusal := _refusal(message, suppressed.get(address, ""), chosen.get(address)):
                _finish(message, MessageState.SUPPRESSED, refusal)
                tally.suppressed += 1
                continue
            if not message.operational and had_today.get(address, 0) >= settings.MAIL_PER_ADDRESS_PER_DAY > 0:
                _hold_back(message)
                tally.retried += 1
                continue
            _use_language(message, chosen.get(address))
            if message.is_suspect:
                ledger.settle()  # what kills the process that writes it leaves no doubt about another
            mail = _write(message, tally)
            email = mail and _build(message, mail, tally, from_name)
            if not mail or not email:
                continue
            try:
                carrier.ready()
            except Unreachable as error:
                tally.trouble = _("No se puede usar el servidor de correo: {reason}").format(reason=error)
                _release(messages[position:], tally.trouble)
                return
            if ledger.begin(message, mail.still):
                _record(message, email, carrier.send(email), tally, ledger)
                if not message.operational:
                    had_today[address] = had_today.get(address, 0) + 1
            if tally.trouble:
                _release(messages[position + 1 :], tally.trouble)
                return


def _refusal(message: Message, suppressed: str, chosen: Preference | None) -> str:
    """Why the address does not get this, as things are now; empty where it does, as with all that a procedure needs."""
    if message.operational:
        return ""
    if suppressed:
        return _("Esta dirección solo recibe lo que piden sus trámites: {reason}.").format(reason=suppressed)
    group = registry.group_of(message.kind)
    if chosen and group and group.name in chosen.muted:
        return _("La persona eligió no recibirlo: {group}.").format(group=group.label)
    return ""


def _use_language(message: Message, chosen: Preference | None) -> None:
    """Write in the language that the address's holder chose for all mail; it says more than the page that one form was
    filled in on, which the message has. A text that is ready stays as it is, and the row says what was asked for."""
    if chosen and chosen.language and message.payload is None:
        message.language = chosen.language


def _suppressed_among(addresses: set[str]) -> dict[str, str]:
    """Which of these get no mail but what a procedure needs, and why."""
    if not addresses:
        return {}
    found = Suppression.objects.active().filter(email__in=addresses).values_list("email", "reason")
    return {email: str(SuppressionReason(reason).label) for email, reason in found}


def _had_today(addresses: set[str]) -> dict[str, int]:
    """How many messages that no procedure needed each of these addresses got in a day."""
    if not addresses or not settings.MAIL_PER_ADDRESS_PER_DAY:
        return {}
    sent = Message.objects.sent_within(timedelta(days=1)).filter(operational=False)
    found = sent.annotate(address=Lower("to_email")).filter(address__in=addresses)
    return dict(found.order_by().values_list("address").annotate(Count("pk")))


def _hold_back(message: Message) -> None:
    """Wait an hour for room: no attempt counted, nothing lost."""
    reason = _("Espera: esta dirección ya recibió hoy {n} mensajes.").format(n=settings.MAIL_PER_ADDRESS_PER_DAY)
    _move(message, MessageState.RETRY, reason, next_attempt_at=Now() + LONGEST_WAIT)


def _write(message: Message, tally: Tally) -> Mail | None:
    """What it says, or ``None`` where there is nothing to send and the message's state says why."""
    kind = registry.kind(message.kind)
    if message.payload is None and (kind is None or kind.composer is None):
        logger.error("outbox: no composer for kind %s (message %s)", message.kind, message.pk)
        _finish(message, MessageState.FAILED, _("Nadie sabe redactar el tipo «{kind}».").format(kind=message.kind))
        tally.failed += 1
        return None
    if message.is_suspect and not _survived(message, tally):
        return None
    try:
        mail = _compose(message, kind)
    except Exception as error:
        _could_not_write(message, error, tally)
        return None
    if isinstance(mail, NotWanted):
        _finish(message, MessageState.SKIPPED, str(mail.reason))
        tally.skipped += 1
        return None
    return mail


def _build(message: Message, mail: Mail, tally: Tally, from_name: str) -> EmailMultiAlternatives | None:
    try:
        return build(message, mail, from_name=from_name)
    except Exception as error:
        _could_not_write(message, error, tally)
        return None


def _could_not_write(message: Message, error: Exception, tally: Tally) -> None:
    """Whatever one composer does wrong must not stop the others' mail."""
    logger.error("outbox: message %s of kind %s could not be written", message.pk, message.kind, exc_info=error)
    reason = _("No se pudo redactar: {error}").format(error=f"{type(error).__name__}: {error}")
    _try_again(message, reason, tally, attempts=message.attempts + 1)


def _survived(message: Message, tally: Tally) -> bool:
    """Count, before it is written, a death that it may cause. False where it was set aside or the turn was lost."""
    if message.deaths >= MAX_DEATHS:
        logger.error("outbox: message %s of kind %s set aside, processes died of it", message.pk, message.kind)
        _finish(
            message, MessageState.FAILED, _("Se apartó: el proceso murió {n} veces al redactarlo.").format(n=MAX_DEATHS)
        )
        tally.failed += 1
        return False
    ours = Message.objects.filter(pk=message.pk, claim_token=message.claim_token, state=MessageState.QUEUED)
    return bool(ours.update(deaths=F("deaths") + 1))


def _compose(message: Message, kind: registry.Kind | None) -> Mail | NotWanted:
    if message.payload is not None:
        return Mail(**message.payload)
    assert kind is not None
    assert kind.composer is not None
    with translation.override(message.language):
        mail = kind.composer(message.params, message.language)
        if isinstance(mail, NotWanted) and mailing.forget():  # never for what was read for another message
            mail = kind.composer(message.params, message.language)
        return mail


class Ledger:
    """Marks what begins and what left: the message that left last is marked together with the next one that begins.

    One commit for each message instead of two; at most one message is on its way or unmarked at any moment.
    """

    def __init__(self) -> None:
        self._left: tuple[Message, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.settle()

    def left(self, message: Message, subject: str) -> None:
        """The server took it."""
        self.settle()
        self._left = (message, subject[:255])

    def settle(self) -> None:
        """Mark now what left."""
        left, self._left = self._left, None
        if left is not None:
            _finish(left[0], MessageState.SENT, "", subject=left[1], sent_at=Now())

    def begin(self, message: Message, still: QuerySet[Any] | None = None) -> bool:
        """Commit that this message is being sent.

        False where the turn was lost, the message has just expired, or what it tells of is changing (``Mail.still``): a
        change that commits after this waited for it, one that committed before is seen, so no old text begins after it.
        """
        if still is None:
            return self._mark(message)
        with transaction.atomic():
            if _holds(still):
                return self._mark(message)
        self.settle()
        mailing.forget()
        reason = _("Lo que dice acaba de cambiar: se redacta otra vez.")
        _move(message, MessageState.RETRY, reason, next_attempt_at=Now())
        return False

    def _mark(self, message: Message) -> bool:
        if self._left is None:
            return _mark_sending(message)
        gone, subject = self._left
        moved = _hand_over(gone, subject, message)
        self._left = None
        if gone.pk not in moved:
            logger.warning("outbox: message %s was no longer ours when it was sent", gone.pk)
        message.attempts += message.pk in moved
        return message.pk in moved


def _hand_over(gone: Message, subject: str, begun: Message) -> set[int]:
    """Mark ``gone`` as sent and ``begun`` as being sent, each only where its turn is still ours; answers whose was."""
    field = Message._meta.get_field("claim_token")
    turns = [field.get_db_prep_value(message.claim_token, connection) for message in (gone, begun)]
    now, later = CLOCK[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            HAND_OVER.format(now=now, later=later),
            {state.name.lower(): state.value for state in MessageState}
            | {"gone": gone.pk, "gone_turn": turns[0], "subject": subject}
            | {"begun": begun.pk, "begun_turn": turns[1]},
        )
        return {pk for (pk,) in cursor.fetchall()}


def _holds(still: QuerySet[Any]) -> bool:
    """Whether the row is as it was read, and keep it so until the transaction ends."""
    if connection.vendor != "postgresql":  # SQLite: this transaction is the only one that writes
        return still.exists()
    sql, params = still.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FOR SHARE SKIP LOCKED", params)
        return cursor.fetchone() is not None


def _mark_sending(message: Message) -> bool:
    begun = (
        Message.objects.filter(pk=message.pk, claim_token=message.claim_token, state=MessageState.QUEUED)
        .filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
        .update(state=MessageState.SENDING, attempts=F("attempts") + 1, deaths=0, lease_until=Now() + SENDING_LEASE)
    )
    message.attempts += begun
    return bool(begun)


def _record(message: Message, email: EmailMultiAlternatives, outcome: Outcome, tally: Tally, ledger: "Ledger") -> None:
    match outcome.fate:
        case Fate.SENT:
            ledger.left(message, str(email.subject))
            tally.sent += 1
        case Fate.TRY_AGAIN:
            _try_again(message, outcome.response, tally, attempts=message.attempts)
        case Fate.REFUSED:
            logger.warning("outbox: message %s refused: %s", message.pk, outcome.response.split(" ", 1)[0])
            _finish(message, MessageState.FAILED, outcome.response)
            tally.failed += 1
        case Fate.BOUNCED:
            logger.warning("outbox: the address of message %s is refused", message.pk)
            _finish(message, MessageState.FAILED, outcome.response, bounced=True)
            _mark_address(message.to_email, outcome.response)
            tally.failed += 1
        case Fate.IN_DOUBT:
            logger.error("outbox: message %s in doubt, the line broke after its text went out", message.pk)
            _finish(message, MessageState.IN_DOUBT, outcome.response, subject=email.subject[:255])
            tally.in_doubt += 1
        case Fate.SERVER_UNUSABLE:
            tally.trouble = _("El servidor de correo no acepta al remitente: {reason}").format(reason=outcome.response)
            _move(message, MessageState.RETRY, tally.trouble, attempts=message.attempts - 1)
            tally.retried += 1


def _mark_address(email: str, response: str) -> None:
    """Suppress an address that was refused on two different messages since it was last lifted."""
    refused = Message.objects.to_address(email).filter(bounced=True)
    lifted = Suppression.objects.filter(email=normalise_email(email)).values_list("lifted_at", flat=True).first()
    if lifted:
        refused = refused.filter(created_at__gt=lifted)
    if refused.count() >= HARD_BOUNCES:
        suppress(email=email, reason=SuppressionReason.BOUNCED, last_response=one_line(response)[:500])


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
    ours = Message.objects.filter(
        pk=message.pk,
        claim_token=message.claim_token,
        state__in=(MessageState.QUEUED, MessageState.SENDING, MessageState.IN_DOUBT),
    )
    text = one_line(reason)[:500]
    fields |= {"state": state, "last_response": text, "claim_token": None, "lease_until": None}
    if state == MessageState.SENT:
        moved = ours.update(**fields)
    else:
        with transaction.atomic():
            moved = ours.update(**fields)
            _keep_steps([message.pk] * moved, state, text)
    if not moved:
        logger.warning("outbox: message %s was no longer ours when it became %s", message.pk, state)


def _keep_steps(pks: Sequence[int], state: MessageState, text: str) -> None:
    Step.objects.bulk_create([Step(message_id=pk, state=state, text=text) for pk in pks])


def _release(messages: Sequence[Message], reason: str = "") -> None:
    """Give back what was not begun: due at once, no attempt counted, whatever was wrong was not its fault."""
    untried = Case(When(attempts=0, then=Value(MessageState.SCHEDULED)), default=Value(MessageState.RETRY))
    fields: dict[str, Any] = {"last_response": reason[:500]} if reason else {}
    Message.objects.filter(
        pk__in=[message.pk for message in messages],
        claim_token__in={message.claim_token for message in messages},
        state=MessageState.QUEUED,
    ).update(state=Value(MessageState.RETRY) if reason else untried, claim_token=None, lease_until=None, **fields)
