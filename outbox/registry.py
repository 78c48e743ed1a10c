"""The one door upward: apps above name who writes each kind of mail and which of their jobs must keep beating.

An app registers in its ``AppConfig.ready``::

    registry.register("events.reminder", emails.reminder, label=_("Recordatorio"))

A composer is called when the message is about to leave, in the message's language, with the ids that were queued. It
reads the rows as they are *now* and answers a :class:`Mail`, or :class:`NotWanted` where the mail has lost its sense.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Mail:
    """What one message says. ``attachments``: ``(file name, bytes, media type)``; an empty ``html`` sends text only.

    ``still`` finds the row that the text was made from, as it was read. Where it finds none any more when the message
    begins to leave, the text is thrown away and made anew: nobody is told the old time of an event that just moved.
    """

    subject: str
    text: str
    html: str = ""
    attachments: list[tuple[str, bytes, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    still: QuerySet[Any] | None = None


@dataclass(frozen=True, slots=True)
class NotWanted:
    """The mail is not to be sent any more; ``reason`` is shown to staff."""

    reason: str


Composer = Callable[[dict[str, Any], str], Mail | NotWanted]
Label = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail. An operational one is part of a procedure and cannot be unsubscribed."""

    name: str
    composer: Composer | None
    label: Label
    operational: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job whose heartbeat is watched; ``stale_after`` is how long it may be silent."""

    name: str
    label: Label
    stale_after: timedelta


# Mail of the log-in flows arrives already written (see ``services.enqueue(rendered=…)``), so it has no composer.
RENDERED_KIND = "account.mail"
_kinds: dict[str, Kind] = {RENDERED_KIND: Kind(RENDERED_KIND, None, _("Correo de la cuenta"))}
_jobs: dict[str, Job] = {}


def register(kind: str, composer: Composer, *, label: Label, operational: bool = True) -> None:
    """Name the composer of a kind. Two composers for one kind is a mistake and raises ``ValueError``."""
    known = _kinds.get(kind)
    if known is not None and known.composer is not composer:
        raise ValueError(f"The mail kind {kind!r} already has a composer.")
    _kinds[kind] = Kind(kind, composer, label, operational)


def register_job(name: str, *, label: Label, stale_after: timedelta = timedelta(minutes=5)) -> None:
    """Watch the heartbeat of a periodic job: ``/estado/`` answers 503 when it is older than ``stale_after``."""
    _jobs[name] = Job(name, label, stale_after)


def kind(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda known: known.name)


def label(name: str) -> str:
    """What people call a kind; its own name where the app that knew it is gone."""
    known = _kinds.get(name)
    return str(known.label) if known else name


def jobs() -> list[Job]:
    return sorted(_jobs.values(), key=lambda job: job.name)
