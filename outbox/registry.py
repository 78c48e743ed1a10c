"""The one door upward: apps above name who writes each kind of mail, which words of it staff may change
and which of their jobs must keep beating.

An app registers in its ``AppConfig.ready``::

    registry.register("events.reminder", emails.reminder, label=_("Recordatorio"))

A composer is called when the message is about to leave, in the message's language, with the ids that were queued. It
reads the rows as they are *now* and answers a :class:`Mail`, or :class:`NotWanted` where the mail has lost its sense.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, QuerySet
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
class Group:
    """Kinds of mail that a person takes or leaves together; ``says`` tells them when such a mail arrives."""

    name: str
    label: Label
    says: Label


@dataclass(frozen=True, slots=True)
class Text:
    """What staff may say in their own words: the subject, and the body as Markdown, both with ``{placeholders}``."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextKind:
    """Words of a mail that staff may change.

    ``placeholders`` is the fixed list of what may stand in braces, with what each means; those in ``links`` are
    addresses of the portal, and the body may not leave out those in ``required``. ``facts`` says what ``{datos}`` is.
    ``default`` gives the shipped words of a variant, in the active language; ``sample`` and ``compose`` an invented
    person's values and mail, in that language too. ``variants`` are further occasions of the same mail, each of which
    may have words of its own: ``[(key, label)]``.
    """

    name: str
    label: Label
    placeholders: dict[str, Label]
    default: Callable[[str], Text]
    sample: Callable[[], dict[str, str]]
    compose: Callable[[Text], Mail]
    facts: Label
    links: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    variants: Callable[[], list[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail. One of no group is operational: part of a procedure, always sent, never unsubscribed."""

    name: str
    composer: Composer | None
    label: Label
    group: str = ""

    @property
    def operational(self) -> bool:
        return not self.group


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job whose heartbeat is watched; ``stale_after`` is how long it may be silent."""

    name: str
    label: Label
    stale_after: timedelta


# Mail of the log-in flows arrives already written (see ``services.enqueue(rendered=…)``), so it has no composer.
RENDERED_KIND = "account.mail"
_kinds: dict[str, Kind] = {RENDERED_KIND: Kind(RENDERED_KIND, None, _("Correo de la cuenta"))}
_groups: dict[str, Group] = {}
_jobs: dict[str, Job] = {}
_texts: dict[str, TextKind] = {}
Witness = Callable[[str, AbstractBaseUser, Model], None]
_witnesses: list[Witness] = []


def register(kind: str, composer: Composer | None, *, label: Label, group: str = "") -> None:
    """Name the composer of a kind; none where its mail is queued already written.

    Two composers for one kind is a mistake and raises ``ValueError``.

    Mail that nobody needs for a procedure names its ``group`` (see :func:`register_group`; any app may): the person may
    then leave it, and the outbox writes how into each such message.
    """
    known = _kinds.get(kind)
    if known is not None and known.composer is not composer:
        raise ValueError(f"The mail kind {kind!r} already has a composer.")
    _kinds[kind] = Kind(kind, composer, label, group)


def register_group(name: str, *, label: Label, says: Label) -> None:
    """Offer a group of optional mail on the page where a person chooses (shown once a kind belongs to it)."""
    _groups[name] = Group(name, label, says)


def register_job(name: str, *, label: Label, stale_after: timedelta = timedelta(minutes=5)) -> None:
    """Watch the heartbeat of a periodic job: ``/estado/`` answers 503 when it is older than ``stale_after``."""
    _jobs[name] = Job(name, label, stale_after)


def register_witness(witness: Witness) -> None:
    """Have it write down what somebody does with a message or an address: the act, who and of what, in the act's own
    transaction."""
    if witness not in _witnesses:
        _witnesses.append(witness)


def tell_witnesses(act: str, *, by: AbstractBaseUser, of: Model) -> None:
    for witness in _witnesses:
        witness(act, by, of)


def register_text(text: TextKind) -> None:
    """Let staff change the words of a mail, in the languages of the portal."""
    _texts[text.name] = text


def text(name: str) -> TextKind | None:
    return _texts.get(name)


def texts() -> list[TextKind]:
    """In the order in which they were registered."""
    return list(_texts.values())


def kind(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda known: known.name)


def groups() -> list[Group]:
    """What a person may take or leave, in the order of registration: the groups that some kind belongs to."""
    used = {known.group for known in _kinds.values()}
    return [group for group in _groups.values() if group.name in used]


def group_of(kind: str) -> Group | None:
    """The group of a kind of mail; none for operational and for unknown ones."""
    known = _kinds.get(kind)
    return _groups.get(known.group) if known else None


def label(name: str) -> str:
    """What people call a kind; its own name where the app that knew it is gone."""
    known = _kinds.get(name)
    return str(known.label) if known else name


def jobs() -> list[Job]:
    return sorted(_jobs.values(), key=lambda job: job.name)
