"""One mail for many things: what becomes due is gathered for each reader, and each thing is told once.

A kind of mail that is a digest has at most one message waiting for each reader, and one that begins for each day. A new
line joins the message that waits; where today's has left already, it is told tomorrow, because whoever makes the lines
finds it untold again. So a week without mail server, or a hundred things that fall due at once, make one mail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db import transaction
from django.utils import timezone

from outbox.models import DigestLine, Message
from outbox.services import Row, enqueue_many, is_address

# Nobody's phone rings at midnight because a day begins: a digest waits for this hour of the installation's zone.
FROM_HOUR = time(8)


@dataclass(frozen=True, slots=True, order=True)
class Reader:
    """Whom a digest is for: ``kind`` and ``pk`` name the reader (``person`` 5) and are what the composer is given."""

    kind: str
    pk: int
    email: str
    name: str
    language: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A thing to tell (``subject_id``), why and of which date (``occasion``), and as what the reader is told."""

    subject_id: int
    occasion: str
    rung: str


@transaction.atomic
def tell(*, kind: str, subject: str, lines: Mapping[Reader, Sequence[Line]]) -> int:
    """Put what was not told yet into each reader's digest; returns how many lines were new.

    The composer of ``kind`` is given the reader (``{"person": 5}``) and ``digest``, the key by which
    :meth:`outbox.models.DigestLineQuerySet.of_digest` finds its lines. Any number may run at once: a line only joins a
    message that no drain has begun, and holds it until both are stored.
    """
    fresh = _untold(subject, lines)
    if not fresh:
        return 0
    waiting = _waiting(kind)
    enqueue_many(_row(kind, reader) for reader in sorted(fresh) if reader.key not in waiting)
    waiting |= _waiting(kind)
    rows = [
        DigestLine(
            message_id=waiting[reader.key],
            subject=subject,
            subject_id=line.subject_id,
            occasion=line.occasion,
            reader=reader.key,
            rung=line.rung,
        )
        for reader in sorted(fresh)
        if reader.key in waiting
        for line in fresh[reader]
    ]
    DigestLine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def _untold(subject: str, lines: Mapping[Reader, Sequence[Line]]) -> dict[Reader, list[Line]]:
    known = _known(subject, {line.subject_id for its in lines.values() for line in its})
    fresh = {
        reader: [line for line in its if (line.subject_id, line.occasion, reader.key) not in known]
        for reader, its in lines.items()
        if is_address(reader.email)
    }
    return {reader: its for reader, its in fresh.items() if its}


def _known(subject: str, ids: Iterable[int]) -> set[tuple[int, str, str]]:
    found = DigestLine.objects.filter(subject=subject, subject_id__in=ids)
    return set(found.values_list("subject_id", "occasion", "reader"))


def _waiting(kind: str) -> dict[str, int]:
    """Reader → the digest that waits for them, held until the transaction ends. One that a drain has taken is none."""
    found = Message.objects.unclaimed().filter(kind=kind).exclude(dedupe_key__startswith="copy:")
    held = found.select_for_update().order_by("pk").values_list("dedupe_key", "pk")
    return {key.removeprefix(f"{kind}:").rsplit(":", 1)[0]: pk for key, pk in held}


def _row(kind: str, reader: Reader) -> Row:
    today, now = timezone.localdate(), timezone.now()
    key = f"{kind}:{reader.key}:{today}"
    return Row(
        kind=kind,
        dedupe_key=key,
        to_email=reader.email,
        to_name=reader.name,
        params={reader.kind: reader.pk, "digest": key},
        language=reader.language,
        due_at=max(now, timezone.make_aware(datetime.combine(today, FROM_HOUR))),
        cause=f"{kind} {today}",
    )
