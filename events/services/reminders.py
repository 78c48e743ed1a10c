"""Reminders become messages when their stage falls due, from the registrations as they are then.

There is no list of reminders to keep in step with registrations, moves and cancellations: each minute, whoever is
confirmed and has no message for (registration, stage, start revision) gets one. So late registrants, moved events and
hours of downtime need no case of their own, and a second run, or two at once, add nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, Max, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from events.models import Event, Registration, ReminderStage
from outbox.models import Message
from outbox.services import Row, enqueue_many

CHUNK = 500


def materialise_reminders(now: datetime | None = None) -> int:
    """Queue every reminder that is due and not queued yet; returns how many were found missing.

    Of several stages whose time has come only the latest is sent: who registers half an hour before the start gets the
    one-hour reminder at once, and never the one for the day before as well. An event that began sends none.
    """
    now = now or timezone.now()
    longest = ReminderStage.objects.filter(is_active=True).aggregate(minutes=Max("minutes_before"))["minutes"]
    if longest is None:
        return 0
    soon = Event.objects.published().filter(starts_at__gt=now, starts_at__lte=now + timedelta(minutes=longest))
    return sum(_materialise(event, stage, now) for event, stage in _due_stages(list(soon.order_by("starts_at")), now))


def _due_stages(events: list[Event], now: datetime) -> Iterator[tuple[Event, ReminderStage]]:
    """Each event with the latest stage whose time has come. Its own stage stands in for the common one of that code."""
    stages = list(ReminderStage.objects.filter(Q(event=None) | Q(event__in=events)))
    common = {stage.code: stage for stage in stages if stage.event_id is None}
    for event in events:
        own = {stage.code: stage for stage in stages if stage.event_id == event.pk}
        due = [
            stage
            for stage in (common | own).values()
            if stage.is_active and event.starts_at and event.starts_at - timedelta(minutes=stage.minutes_before) <= now
        ]
        if due:
            yield event, min(due, key=lambda stage: (stage.minutes_before, stage.pk))


def _materialise(event: Event, stage: ReminderStage, now: datetime) -> int:
    assert event.starts_at is not None
    fell_due = event.starts_at - timedelta(minutes=stage.minutes_before)
    ending = f":{stage.code}:{event.start_revision}"
    key = Concat(Value("reminder:"), Cast("pk", CharField()), Value(ending), output_field=CharField())
    missing = (
        Registration.objects.confirmed()
        .filter(event=event)
        .exclude(email="")
        .alias(key=key)
        .exclude(Exists(Message.objects.filter(dedupe_key=OuterRef("key"))))
        .only("pk", "email", "name", "language", "created_by", "created_at", "confirmed_at")
    )
    rows = [
        Row(
            kind="events.reminder",
            dedupe_key=f"reminder:{registration.pk}{ending}",
            to_email=registration.email,
            to_name=registration.addressee,
            params={"registration": registration.pk, "stage": stage.code, "start_revision": event.start_revision},
            language=registration.language,
            due_at=min(now, max(fell_due, registration.confirmed_at or registration.created_at)),
            expires_at=event.starts_at,
            cause=f"event {event.pk}, reminder {stage.code}",
        )
        for registration in missing.iterator(CHUNK)
    ]
    enqueue_many(rows)
    return len(rows)
