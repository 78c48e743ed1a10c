"""Events as iCalendar (RFC 5545). Pure: rows in, bytes out.

One event has one UID everywhere, for ever (feed, own file, attachment), so that calendars replace the entry they know.
DTSTAMP and LAST-MODIFIED say when staff last changed it and SEQUENCE how often, so the same event gives the same bytes.
Times are in UTC; an event whose hour is not known is an all-day entry; one without a day is no entry at all.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import icalendar
from django.utils.translation import gettext as _

from events.enums import EventStatus
from events.models import Event
from network.enums import Modality

PRODID = "-//Red Climatica//Calendario//ES"
FEED_INTERVAL = timedelta(hours=1)
# Another number wherever the same event would be written in another way: entries that were stored are then not used.
EDITION = 1
LINE = "\r\n"
# Stands for the moment of change in what is written once for many people; no event of ours is as old.
UNSTAMPED = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = re.compile("[^\\t\\n\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\U00010000-\U0010ffff]")


def entry(event: Event, *, url: str, host: str, meeting_url: str = "") -> icalendar.Event | None:
    """The VEVENT, or None where the day is to be confirmed.

    ``url`` is the event's page. ``meeting_url`` is given only in what a registered person alone receives: no public
    feed says it. Needs ``format``, ``pathway`` and ``municipality`` loaded.
    """
    if event.first_day is None:
        return None
    found = icalendar.Event()
    found.add("uid", f"{event.uid}@{host}")
    found.add("dtstamp", event.revised_at)
    found.add("last-modified", event.revised_at)
    found.add("sequence", event.sequence)
    if event.starts_at:
        # In UTC whatever zone the moments come in: as they were typed, not yet read back from the database.
        found.add("dtstart", event.starts_at.astimezone(UTC))
        if event.ends_at:
            found.add("dtend", event.ends_at.astimezone(UTC))
    else:
        found.add("dtstart", event.first_day)
        found.add("dtend", (event.last_day or event.first_day) + timedelta(days=1))
    found.add("summary", clean(event.label))
    found.add("status", "CANCELLED" if event.status == EventStatus.CANCELLED else "CONFIRMED")
    found.add("description", _description(event, url, meeting_url))
    if location := _location(event, meeting_url):
        found.add("location", location)
    if event.municipality and event.modality != Modality.VIRTUAL:
        # The municipality's seat: the venue itself has no coordinates (degrees of WGS 84, RFC 5545, 3.8.1.6).
        found.add("geo", (float(event.municipality.seat_latitude), float(event.municipality.seat_longitude)))
    found.add("categories", [clean(event.format.label), clean(event.pathway.label)])
    found.add("url", url)
    return found


def person(name: str, email: str) -> icalendar.vCalAddress:
    """Somebody as organiser or attendee."""
    address = icalendar.vCalAddress(f"mailto:{email}")
    address.params["CN"] = clean(name).replace('"', "'")  # RFC 5545 has no way to write a quotation mark there
    return address


def text(entry: icalendar.Event) -> str:
    """The entry as it stands in a file."""
    return entry.to_ical().decode()


def mark(site: str, sequence: int, revised_at: datetime) -> str:
    """What a stored entry begins with: the address of the portal and the revision that it was written for.

    With any other mark it is foreign: the portal moved, the event changed, or entries are written in another way.
    """
    return f"{EDITION} {site} {sequence} {revised_at.timestamp():.6f}{LINE}"


def joined(entries: Iterable[str], *, name: str) -> bytes:
    """A feed of entries that are text already."""
    head, end = calendar([], name=name).decode().rsplit("END:VCALENDAR", 1)
    return "".join([head, *entries, "END:VCALENDAR", end]).encode()


def calendar(entries: Iterable[icalendar.Event | None], *, name: str = "", method: str = "PUBLISH") -> bytes:
    """A whole file. A ``name`` makes it a feed: calendars show the name and ask again every hour."""
    found = icalendar.Calendar()
    found.add("prodid", PRODID)
    found.add("version", "2.0")
    found.add("method", method)
    if name:
        found.add("name", clean(name))
        found.add("x-wr-calname", clean(name))
        found.add("refresh-interval", FEED_INTERVAL, parameters={"VALUE": "DURATION"})
        found.add("x-published-ttl", "PT1H")
    for one in entries:
        if one is not None:
            found.add_component(one)
    return found.to_ical()


def stamped(content: bytes, moment: datetime) -> bytes:
    """A file that was written with :data:`UNSTAMPED`, with the moment of the last change instead."""
    unstamped, stamp = (f"{one.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() for one in (UNSTAMPED, moment))
    return content.replace(unstamped, stamp)


def _description(event: Event, url: str, meeting_url: str) -> str:
    parts = [event.topic, event.summary]
    if event.status == EventStatus.CANCELLED and event.cancellation_reason:
        parts.insert(0, _("Cancelado: {reason}").format(reason=event.cancellation_reason))
    if meeting_url:
        parts.append(_("Enlace de la videollamada: {url}").format(url=meeting_url))
    elif event.modality != Modality.IN_PERSON:
        parts.append(_("El enlace de la videollamada llega a las personas inscritas."))
    return clean("\n\n".join(part.strip() for part in [*parts, url] if part.strip()), lines=True)


def _location(event: Event, meeting_url: str) -> str:
    if event.modality == Modality.VIRTUAL:
        return meeting_url or _("En línea")
    return clean(event.place)


def clean(text: str, *, lines: bool = False) -> str:
    """Without what neither RFC 5545 nor XML allows, as control characters; line breaks only where they are meant."""
    kept = NEVER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return kept if lines else " ".join(kept.split())
