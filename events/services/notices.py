"""Telling everyone registered that an event moved or was called off."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from events.enums import RegistrationState
from events.models import Event
from network.models import User
from outbox.services import Row, enqueue_many

# Who corrects a slip within this time writes to people once: the newer message takes the place of the waiting one.
SECOND_THOUGHTS = timedelta(minutes=1)


@transaction.atomic
def queue_moved(event: Event, *, by: User | None) -> None:
    """One message to each live registration, with the new times and place. Once for each revision of the event.

    Call it in the transaction that stored the change, after ``event.sequence`` has risen. A message still waiting when
    the event moves again says the newest times, and the older one is left out.
    """
    leaves = timezone.now() + SECOND_THOUGHTS
    enqueue_many(_rows(event, kind="events.moved", key="moved", by=by, due_at=leaves))


@transaction.atomic
def queue_cancelled(event: Event, *, by: User | None) -> None:
    """One message to each live registration, with the reason and an ``.ics`` that takes the entry out of calendars."""
    enqueue_many(_rows(event, kind="events.cancelled", key="cancelled", by=by))


def _rows(event: Event, *, kind: str, key: str, by: User | None, due_at: datetime | None = None) -> Iterator[Row]:
    cause = f"event {event.pk} {key}, revision {event.sequence}" + (f", by account {by.pk}" if by else "")
    told = event.registrations.live().exclude(state=RegistrationState.UNCONFIRMED)
    for registration in told.only("pk", "email", "name", "language", "created_by"):
        yield Row(
            kind=kind,
            dedupe_key=f"{key}:{registration.pk}:{event.sequence}",
            to_email=registration.email,
            to_name=registration.addressee,
            params={"registration": registration.pk, "sequence": event.sequence},
            language=registration.language,
            due_at=due_at,
            cause=cause,
        )
