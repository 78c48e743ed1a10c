"""Reminders become messages when their stage falls due, from the registrations as they are then.

There is no list of reminders to keep in step with registrations, moves and cancellations: each minute, whoever a stage
reaches and has no message for (registration, stage, start revision) gets one. So late registrants, moved events and
hours of downtime need no case of their own, and a second run, or two at once, add nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from events.models import (
    FOLLOW_UP_KEPT,
    Event,
    Registration,
    ReminderStage,
    in_force,
    reminder_key,
)
from outbox.models import Message
from outbox.services import Row, enqueue_many

CHUNK = 500
Ladder = tuple[ReminderStage, ...]


def materialise_reminders(now: datetime | None = None) -> int:
    """Queue every reminder that is due and not queued yet; returns how many were found missing.

    Of several stages whose time has come a person gets only the latest that reaches them: who registers half an hour
    before the start gets the one-hour reminder at once, and never the one for the day before as well. What expired is
    not sent: an event that began sends no reminder of its beginning. Four queries, however many events there are, and
    three where nothing is due.
    """
    now = now or timezone.now()
    events = _events_within_reach(now)
    ladders = _ladders(events, now) if events else {}
    if not ladders:
        return 0
    by_number = {event.pk: event for event in events}
    stages = {(number, stage.code): stage for number, ladder in ladders.items() for stage in ladder}
    rows, used = [], set()
    for registration in _missing(ladders).iterator(CHUNK):
        stage = stages[registration.event_id, registration.stage_code]
        rows.append(_row(registration, by_number[registration.event_id], stage, now))
        used.add(stage.pk)
    enqueue_many(rows)
    if used:
        ReminderStage.objects.filter(pk__in=used).update(last_used_at=now)
    return len(rows)


def _events_within_reach(now: datetime) -> list[Event]:
    """The published events on the days around now that an active stage can have to do with."""
    reach = ReminderStage.objects.active().aggregate(first=Min("offset_minutes"), last=Max("offset_minutes"))
    if reach["first"] is None:
        return []
    a_day = timedelta(days=1)  # for the zones: the days of an event are those of its place
    earliest = now - timedelta(minutes=max(reach["last"], 0)) - FOLLOW_UP_KEPT - a_day
    latest = now + timedelta(minutes=max(-reach["first"], 0)) + a_day
    columns = ("format", "first_day", "last_day", "starts_at", "ends_at", "time_zone", "start_revision")
    events = Event.objects.published().within(earliest.date(), latest.date()).only(*columns)
    return list(events.order_by("starts_at", "pk"))


def _ladders(events: Sequence[Event], now: datetime) -> dict[int, Ladder]:
    """Each event that has stages whose time has come and not gone, with those, the latest first."""
    stages = list(ReminderStage.objects.filter(Q(event=None) | Q(event__in=events)))
    common = [stage for stage in stages if stage.event_id is None]
    own: dict[int, list[ReminderStage]] = {}
    for stage in stages:
        if stage.event_id is not None:
            own.setdefault(stage.event_id, []).append(stage)
    ladders = {}
    for event in events:
        applying = in_force(event, [*common, *own.get(event.pk, ())])
        if ladder := alive_ladder(event, applying, now):
            ladders[event.pk] = ladder
    return ladders


def alive_ladder(event: Event, stages: Iterable[ReminderStage], now: datetime) -> Ladder:
    """Of the event's stages the active ones that are due and not expired, the latest first."""
    alive = [stage for stage in stages if stage.is_active and stage.is_alive(event, now)]
    return tuple(sorted(alive, key=lambda stage: (stage.due_at(event), stage.pk), reverse=True))


def _missing(ladders: Mapping[int, Ladder]) -> QuerySet[Any]:
    """The registrations that a stage of their event's ladder reaches and that have no message of it, in one query.

    Each with ``stage_code``: a CASE takes the first that is so, and the ladders have the latest first. Events of one
    ladder share its conditions, so the query grows with the ladders, not with the events.
    """
    events: dict[Ladder, list[int]] = {}
    for number, ladder in ladders.items():
        events.setdefault(ladder, []).append(number)
    reached = [
        When(stage.reached() & Q(event__in=numbers), then=Value(stage.code))
        for ladder, numbers in events.items()
        for stage in ladder
    ]
    code = Case(*reached, default=Value(None), output_field=CharField())
    return (
        Registration.objects.live()
        .filter(event__in=ladders)
        .exclude(email="")
        .annotate(stage_code=code)
        .filter(stage_code__isnull=False)
        .alias(key=reminder_key(F("stage_code")))
        .exclude(Exists(Message.objects.filter(dedupe_key=OuterRef("key"))))
        .only("pk", "event", "email", "name", "language", "created_by", "created_at", "confirmed_at")
    )


def _row(registration: Registration, event: Event, stage: ReminderStage, now: datetime) -> Row:
    fell_due = stage.due_at(event)
    assert fell_due is not None
    return Row(
        kind="events.follow_up" if stage.is_follow_up else "events.reminder",
        dedupe_key=f"reminder:{registration.pk}:{stage.code}:{event.start_revision}",
        to_email=registration.email,
        to_name=registration.addressee,
        params={"registration": registration.pk, "stage": stage.code, "start_revision": event.start_revision},
        language=registration.language,
        due_at=min(now, max(fell_due, registration.confirmed_at or registration.created_at)),
        expires_at=stage.expires_at(event),
        cause=f"event {event.pk}, reminder {stage.code}",
    )
