"""The pulse of periodic jobs, kept in the database because that is the one place everybody can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from outbox import registry
from outbox.models import Heartbeat, Message


@dataclass(slots=True)
class Pulse:
    """What a running job may say of itself: ``trouble`` (one sentence) means that this turn did not do its work,
    ``finding`` that it did, and what it found amiss."""

    trouble: str = ""
    finding: str = ""


@contextmanager
def beating(name: str) -> Iterator[Pulse]:
    """Record that the job began and, where it ends without error or trouble, that it succeeded. Errors pass on."""
    _record(name, last_started_at=Now())
    pulse = Pulse()
    try:
        yield pulse
    except Exception as error:
        _record(name, last_error=f"{type(error).__name__}: {error}"[:500])
        raise
    if pulse.trouble:
        _record(name, last_error=pulse.trouble[:500])
    else:
        _record(name, last_succeeded_at=Now(), last_error=pulse.finding[:500])


def _record(name: str, **fields: Any) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, **fields)], update_conflicts=True, unique_fields=["name"], update_fields=list(fields)
    )


@dataclass(frozen=True, slots=True)
class Sign:
    """How a watched job stands: its last error, the age of its last success, whether that is too long ago.

    ``is_alarmed``: it runs in time and has an alarm open. ``is_stale``: either of the two, so somebody has to look.
    ``is_new``: it never succeeded and has not yet had the time to, so the portal is not ready, and nobody need look.
    """

    name: str
    label: str
    last_error: str
    age: timedelta | None
    is_stale: bool
    is_alarmed: bool = False
    is_new: bool = False

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to be told."""
        return self.is_stale and not self.is_new


def signs() -> list[Sign]:
    """One sign for each registered job, by the database's clock. A job that never succeeded is stale.

    One query, and another one until every job has succeeded once.
    """
    rows = {row.name: row for row in Heartbeat.objects.all().annotate(now=Now())}
    awaited = [job for job in registry.jobs() if job.name not in rows or rows[job.name].last_succeeded_at is None]
    standing = _standing(min((row.watched_since for row in rows.values()), default=None)) if awaited else None
    found = []
    for job in registry.jobs():
        row = rows.get(job.name)
        age = max(row.now - row.last_succeeded_at, timedelta()) if row and row.last_succeeded_at else None
        is_late = age is None or age > job.stale_after
        is_alarmed = not is_late and row is not None and row.alarm_at is not None
        is_new = age is None and standing is not None and standing <= job.stale_after
        error = row.last_error if row else ""
        found.append(Sign(job.name, str(job.label), error, age, is_late or is_alarmed, is_alarmed, is_new))
    return found


def _standing(first_beat: datetime | None) -> timedelta:
    """For how long jobs could have run: since the first sign of any, and since the last migration, which may have
    brought a new one."""
    [(applied, now)] = MigrationRecorder.Migration.objects.order_by("-applied").values_list("applied", Now())[:1]
    age: timedelta = now - max(applied, first_beat or applied)
    return age


def oldest_overdue(now: datetime | None = None) -> timedelta | None:
    """For how long the oldest message has been waiting past its own time; ``None`` where none is."""
    oldest = Message.objects.overdue().order_by().aggregate(oldest=Min("due_at"))["oldest"]
    return max((now or timezone.now()) - oldest, timedelta()) if oldest else None
