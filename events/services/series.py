"""Sessions made like another: the next one of a series, or many at once by a rule of the calendar."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.enums import MaterialKind
from events.models import Event, SeatPool
from events.services.editing import FIELDS, MANY, save_event
from events.services.questions import copy_questions
from events.services.rows import Row
from network.models import User
from web import dates

MAX_SESSIONS = 52
# Rules are followed no further than this, so that one that never comes true (a 30 February) ends.
HORIZON = timedelta(days=10 * 366)
# What belongs to one session alone: its number, its day, its results.
OWN = {
    "number_in_series", "follows_up", "first_day", "last_day", "registration_opens_at", "registration_closes_at",
    "results_summary", "headcount", "note", "source",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """When sessions repeat, in days of the calendar at their own place: the hour is the wall time of the session.

    ``anchor`` is the day whose week or month is the first of ``every`` weeks or months; sessions are on ``first`` or
    later. Weekly on ``weekdays`` (0 is Monday), or monthly on ``month_day``, or on ``nth`` (ordinal, weekday): (2, 1)
    is the second Tuesday, (-1, 4) the last Friday. They end on ``until`` or after so many ``times``.
    """

    anchor: date
    first: date
    every: int = 1
    weekdays: Collection[int] = ()
    month_day: int | None = None
    nth: tuple[int, int] | None = None
    until: date | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a rule, and the first days of the months that have none: 31 days, or a fifth Friday."""

    days: list[date]
    skipped: list[date]


def session_days(rule: Recurrence) -> Days:
    """The days that the rule says, one more than :data:`MAX_SESSIONS` at most."""
    end = min(rule.until or date.max, rule.first + HORIZON)
    span: dict[str, Any] = {"interval": rule.every, "until": _midnight(end)}
    if rule.weekdays:
        found = rrule(WEEKLY, dtstart=_midnight(rule.anchor), byweekday=sorted(rule.weekdays), wkst=0, **span)
    else:
        month = _midnight(rule.anchor.replace(day=1))
        by = {"byweekday": weekday(rule.nth[1], rule.nth[0])} if rule.nth else {"bymonthday": rule.month_day}
        found = rrule(MONTHLY, dtstart=month, **by, **span)
    every_day = [at.date() for at in found]
    days = [day for day in every_day if day >= rule.first][: rule.times or MAX_SESSIONS + 1]
    return Days(days, [] if rule.weekdays else _without(rule, every_day, end if rule.until else max(days, default=end)))


def _without(rule: Recurrence, every_day: list[date], last: date) -> list[date]:
    """The months of the rule, up to ``last``, that have no such day."""
    start, kept = _midnight(rule.anchor.replace(day=1)), {(day.year, day.month) for day in every_day}
    months = rrule(MONTHLY, dtstart=start, interval=rule.every, until=_midnight(last))
    first = rule.first.replace(day=1)
    return [at.date() for at in months if at.date() >= first and (at.year, at.month) not in kept]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  (days, not moments)


def copied(source: Event) -> dict[str, Any]:
    """What a session like this one starts from, as :func:`editing.save_event` takes it; the day and the
    pathways, sectors and goals linked to it are missing.

    Answers, materials of the session and speakers (each consented to one session) are not copied.
    """
    pools = list(source.seat_pools.select_related("municipality"))
    return {
        **{name: getattr(source, name) for name in FIELDS if name not in OWN},
        "organisers": [
            {"organisation": row.organisation, "role": row.role}
            for row in source.organisers.select_related("organisation")
        ],
        "guiding_questions": list(source.guiding_questions.values("text")),
        "materials": [
            {name: getattr(row, name) for name in ("id", "kind", "title", "url", "language", "has_captions")}
            for row in source.materials.all()
            if row.kind == MaterialKind.REFERENCE
        ],
        "capacity": next((pool.capacity for pool in pools if not pool.modality and not pool.municipality_id), None),
        "seat_pools": [
            {
                "modality": pool.modality,
                "municipality": pool.municipality,
                "capacity": pool.capacity,
                "release_days": _release_days(pool, source),
            }
            for pool in pools
            if (pool.modality or pool.municipality_id) and pool.released_at is None
        ],
    }


def _release_days(pool: SeatPool, event: Event) -> int | None:
    """How many days before the event seats kept are released; None where they are not."""
    if pool.release_at is None or event.first_day is None:
        return None
    return max((event.first_day - pool.release_at.astimezone(ZoneInfo(event.time_zone)).date()).days, 0)


def _with_release(row: Row, first_day: date | None) -> Row:
    if row.get("release_on") or row.get("release_days") is None or first_day is None:
        return row
    return {**row, "release_on": first_day - timedelta(days=row["release_days"])}


def program_once(*, data: Row, by: User | None, source: Event | None = None) -> Event:
    """Program an event. ``data["uid"]`` names the form that was opened: sent twice, it answers the first event.

    ``source`` is the session that it was made like: a document whose row was left as it was takes its file along.
    """
    try:
        with transaction.atomic():
            return _program(data, by=by, source=source)
    except (IntegrityError, ValidationError):
        twin = Event.objects.filter(uid=data["uid"]).first() if data.get("uid") else None
        if twin is None:
            raise
        return twin


@transaction.atomic
def create_sessions(
    *, source: Event, days: Collection[date], key: UUID, by: User | None
) -> tuple[list[Event], list[Event]]:
    """Make a draft like ``source`` on each of the days, at the same wall time, or none at all: what was made now, and
    what the same form had made before.

    Each is an event of its own with the next number of its format. ``key`` names the form that was opened: sent again,
    it makes only the days that it has not made. A day on which the hour does not exist raises ``ValidationError``.
    """
    source = Event.objects.select_for_update().get(pk=source.pk)
    uids = {uuid5(key, day.isoformat()): day for day in sorted(days)}
    if not 0 < len(uids) <= MAX_SESSIONS:
        raise ValidationError(_("Se crean de 1 a {n} sesiones cada vez.").format(n=MAX_SESSIONS))
    earlier = list(Event.objects.filter(uid__in=uids).order_by("first_day"))
    like = copied(source) | {name: list(getattr(source, name).all()) for name in MANY}
    length = (source.last_day - source.first_day) if source.first_day and source.last_day else timedelta(0)
    made = []
    known = {event.uid for event in earlier}
    for uid, day in uids.items():
        if uid in known:
            continue
        own = {"uid": uid, "number_in_series": None, "first_day": day, "last_day": day + length}
        try:
            made.append(_program({**like, **own}, by=by, source=source))
        except ValidationError as error:
            raise ValidationError([f"{dates.day_label(day)}: {text}" for text in error.messages]) from error
    return made, earlier


def _program(data: Row, *, by: User | None, source: Event | None) -> Event:
    if source is not None and "materials" in data:
        data = {**data, "materials": [_with_file(row, source) for row in data["materials"]]}
    if source is not None and "seat_pools" in data:
        data = {**data, "seat_pools": [_with_release(row, data.get("first_day")) for row in data["seat_pools"]]}
    event = save_event(event=None, data=data, by=by)
    if source is not None:
        copy_questions(event=source, to=event)
    return event


def _with_file(row: Row, source: Event) -> dict[str, Any]:
    """The row of a document as one of a new event, with a copy of the file that it had at ``source``."""
    values = {name: value for name, value in row.items() if name != "id"}
    if row.get("id") and not values.get("file") and not values.get("url"):
        stored = source.materials.exclude(file="").filter(pk=row["id"]).first()
        if stored is not None:
            with stored.file.open("rb") as content:
                values["file"] = ContentFile(content.read(), name=str(stored.file.name).rsplit("/", 1)[-1])
    return values
