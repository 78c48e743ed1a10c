"""Telling everyone registered that an event moved or was called off."""

from collections.abc import Iterator

from django.db import transaction

from events.models import Event
from network.models import User
from outbox.services import Row, enqueue_many


@transaction.atomic
def queue_moved(event: Event, *, by: User | None) -> None:
    """One message to each live registration, with the new times and place. Once for each revision of the event.

    Call it in the transaction that stored the change, after ``event.sequence`` has risen. A message still waiting when
    the event moves again says the newest times, and the older one is left out.
    """
    enqueue_many(_rows(event, kind="events.moved", key="moved", by=by))


@transaction.atomic
def queue_cancelled(event: Event, *, by: User | None) -> None:
    """One message to each live registration, with the reason and an ``.ics`` that takes the entry out of calendars."""
    enqueue_many(_rows(event, kind="events.cancelled", key="cancelled", by=by))


def _rows(event: Event, *, kind: str, key: str, by: User | None) -> Iterator[Row]:
    cause = f"event {event.pk} {key}, revision {event.sequence}" + (f", by account {by.pk}" if by else "")
    for registration in event.registrations.live().only("pk", "email", "name", "language"):
        yield Row(
            kind=kind,
            dedupe_key=f"{key}:{registration.pk}:{event.sequence}",
            to_email=registration.email,
            to_name=registration.name,
            params={"registration": registration.pk, "sequence": event.sequence},
            language=registration.language,
            cause=cause,
        )
