"""What somebody takes of an event: a line about it, links that send it to others, links that put it into a calendar.

Plain addresses: nothing is asked of another site until a person follows one. No meeting link and no person in them.
"""

from dataclasses import dataclass
from datetime import UTC, timedelta
from urllib.parse import quote, urlencode

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.emails import absolute, event_path
from events.enums import EventStatus
from events.models import Event
from network.enums import Modality


def one_line(text: str) -> str:
    """The text without line breaks and control characters."""
    return " ".join("".join(char if char >= " " and char != "\x7f" else " " for char in text).split())


def summary_line(event: Event) -> str:
    """The event in at most 200 characters: when, where and what about. For search engines and shared links."""
    when = ", ".join(filter(None, [event.day_label, event.time_label]))
    place = _("En línea") if event.modality == Modality.VIRTUAL else event.place
    parts = [part.rstrip(".") for part in (when, place, event.topic or event.summary) if part]
    return Truncator(one_line(". ".join(parts) + ".")).chars(200)


@dataclass(frozen=True, slots=True)
class ShareLinks:
    """Plain addresses: nothing is asked of another site until somebody follows one."""

    url: str
    text: str
    whatsapp: str
    email: str


def share_links(event: Event) -> ShareLinks:
    url = absolute(event_path(event))
    text = one_line(f"{event.label}. {event.day_label}")
    body = f"{text}\n{event.time_label}\n\n{url}" if event.time_label else f"{text}\n\n{url}"
    return ShareLinks(
        url=url,
        text=text,
        whatsapp="https://wa.me/?" + urlencode({"text": f"{text}\n{url}"}, quote_via=quote),
        email="mailto:?" + urlencode({"subject": one_line(event.label), "body": body}, quote_via=quote),
    )


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """``ics`` and ``webcal`` follow later changes; the others write down what is so now."""

    ics: str
    webcal: str
    google: str
    outlook: str
    office: str


def calendar_links(event: Event) -> CalendarLinks | None:
    """None where there is nothing to write down yet, or nothing any more.

    Timed events go in UTC, so every calendar shows them in its owner's zone; an event without an hour is an all-day
    entry whose end is the day after (as in RFC 5545). The parameters are those of Google's and Outlook's own pages
    for a new event, which neither documents officially.
    """
    if event.first_day is None or event.status != EventStatus.PUBLISHED or event.is_over:
        return None
    ics = absolute(reverse("event_ics", args=[event.slug]))
    url = absolute(event_path(event))
    place = _("En línea") if event.modality == Modality.VIRTUAL else one_line(event.place)
    if event.starts_at:
        starts, ends = event.starts_at.astimezone(UTC), (event.ends_at or event.starts_at).astimezone(UTC)
        span = f"{starts:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}"
        outlook = {"startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}", "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
    else:
        first, after = event.first_day, (event.last_day or event.first_day) + timedelta(days=1)
        span = f"{first:%Y%m%d}/{after:%Y%m%d}"
        outlook = {"startdt": first.isoformat(), "enddt": after.isoformat(), "allday": "true"}
    title = one_line(event.label)
    google = {"action": "TEMPLATE", "text": title, "dates": span, "details": url, "location": place}
    outlook |= {"subject": title, "body": url, "location": place}
    outlook |= {"path": "/calendar/action/compose", "rru": "addevent"}
    compose = "/calendar/0/deeplink/compose?" + urlencode(outlook, quote_via=quote)
    return CalendarLinks(
        ics=ics,
        webcal="webcal://" + ics.split("://", 1)[1],
        google="https://calendar.google.com/calendar/render?" + urlencode(google, quote_via=quote),
        outlook=f"https://outlook.live.com{compose}",
        office=f"https://outlook.office.com{compose}",
    )


def locale() -> str:
    """The page's language as Open Graph names it."""
    return "en_US" if (get_language() or "es").startswith("en") else "es_MX"
