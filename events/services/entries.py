"""The calendar entry of each event, written once per revision: a feed then joins ready text."""

from django.conf import settings
from django.db import transaction
from django.utils import translation

from events import ical
from events.emails import event_entry
from events.enums import EventStatus
from events.models import Event

COLUMNS = {"es": "vevent_es", "en": "vevent_en"}
BATCH = 200


def write_entries(event: Event) -> bool:
    """Put the entry in each language on the event, which the caller stores. Whether any differs from what was there."""
    before = [getattr(event, column) for column in COLUMNS.values()]
    mark = ical.mark(settings.SITE_URL, event.sequence, event.revised_at)
    for language, column in COLUMNS.items():
        with translation.override(language):
            entry = None if event.status == EventStatus.DRAFT else event_entry(event)
            setattr(event, column, mark + ical.text(entry) if entry else "")
    return before != [getattr(event, column) for column in COLUMNS.values()]


def rewrite_entries() -> int:
    """Write anew every entry that would be written otherwise today; how many were.

    For what no revision of the event tells: another address of the portal, a format or municipality with another name,
    another way of writing entries.
    """
    numbers = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    written = 0
    for start in range(0, len(numbers), BATCH):
        with transaction.atomic():
            events = Event.objects.select_for_update(of=("self",)).filter(pk__in=numbers[start : start + BATCH])
            changed = [event for event in events.with_entry_parts() if write_entries(event)]
            Event.objects.bulk_update(changed, list(COLUMNS.values()))
            written += len(changed)
    return written
