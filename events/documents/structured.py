"""An event as search engines read it: schema.org/Event in JSON-LD, with what Google's guide to events asks for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from events.emails import absolute, event_path
from events.enums import EventStatus, RegistrationStatus
from events.models import Event, EventOrganiser, SeriesOrganiser
from network.enums import Modality, OrganisationRole
from web.models import Installation

# Inside a script block these would end it or begin another; JSON reads the escape as the character itself.
SCRIPT_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
SCHEMA = "https://schema.org/"


@dataclass(frozen=True, slots=True)
class Start:
    """When an event begins or began: a moment, or a day where no hour is known."""

    day: date
    moment: datetime | None
    zone: str

    @property
    def iso(self) -> str:
        return self.moment.astimezone(ZoneInfo(self.zone)).isoformat() if self.moment else self.day.isoformat()


def earlier_start(event: Event) -> Start | None:
    """The last start that the public was told before the present one, from the event's history."""
    if not event.start_revision:
        return None
    told = event.history.filter(status=EventStatus.PUBLISHED).exclude(first_day=None)
    told = told.exclude(first_day=event.first_day, starts_at=event.starts_at).order_by("-history_date", "-history_id")
    found = told.values_list("first_day", "starts_at", "time_zone").first()
    return Start(*found) if found else None


def structured_data(event: Event, *, status: RegistrationStatus, installation: Installation, image: str) -> SafeString:
    """The event for search engines (schema.org/Event as JSON-LD, with what Google's guide to events asks for).

    Empty for a draft, and for an event without a day that never had one: schema.org knows no event without a start.
    One whose day was withdrawn is *postponed* and keeps the former start.
    """
    if event.status == EventStatus.DRAFT:
        return mark_safe("")
    former = earlier_start(event)
    start = Start(event.first_day, event.starts_at, event.time_zone) if event.first_day else former
    if start is None:
        return mark_safe("")
    url = absolute(event_path(event))
    data: dict[str, Any] = {
        "@context": SCHEMA.rstrip("/"),
        "@type": "Event",
        "@id": url,
        "identifier": str(event.uid),
        "name": event.label,
        "description": event.summary or event.topic or event.label,
        "url": url,
        "image": [image],
        "startDate": start.iso,
        "eventStatus": SCHEMA + _event_status(event, former),
        "eventAttendanceMode": f"{SCHEMA}{_ATTENDANCE_MODES[Modality(event.modality)]}EventAttendanceMode",
        "location": list(_locations(event, url, installation)),
        "inLanguage": settings.LANGUAGE_CODE,
        "isAccessibleForFree": True,
    }
    if event.first_day:
        data["endDate"] = (
            Start(event.last_day or event.first_day, event.ends_at, event.time_zone).iso
            if event.ends_at or not event.starts_at
            else None
        )
    if former:
        data["previousStartDate"] = former.iso
    data |= _institutions(event)
    data["offers"] = _offer(event, status)
    if event.series:
        address = absolute(reverse("series_detail", args=[event.series.slug]))
        data["superEvent"] = {"@type": "EventSeries", "name": event.series.label, "url": address}
    known = {name: value for name, value in data.items() if value not in (None, [], "")}
    return mark_safe(json.dumps(known, ensure_ascii=False).translate(SCRIPT_ESCAPES))  # noqa: S308 (escaped above)


_ATTENDANCE_MODES = {Modality.VIRTUAL: "Online", Modality.IN_PERSON: "Offline", Modality.HYBRID: "Mixed"}
_ROLES = {
    OrganisationRole.CONVENES: "organizer",
    OrganisationRole.ORGANISES: "organizer",
    OrganisationRole.SUPPORTS: "sponsor",
    OrganisationRole.FUNDS: "funder",
    OrganisationRole.PARTICIPATES: "contributor",
}
_AVAILABLE = {
    RegistrationStatus.OPEN: "InStock",
    RegistrationStatus.NOT_YET: "PreOrder",
    RegistrationStatus.WAITING_LIST: "SoldOut",
    RegistrationStatus.FULL: "SoldOut",
    RegistrationStatus.CLOSED: "OutOfStock",
}


def _event_status(event: Event, former: Start | None) -> str:
    if event.status == EventStatus.CANCELLED:
        return "EventCancelled"
    if event.first_day is None:
        return "EventPostponed"
    return "EventRescheduled" if former else "EventScheduled"


def _locations(event: Event, url: str, installation: Installation) -> Iterator[dict[str, Any]]:
    """The venue, and for who attends online the event's page: the meeting link is for who registered."""
    if event.modality != Modality.VIRTUAL and event.place:
        town = event.municipality
        address = {
            "@type": "PostalAddress",
            "streetAddress": event.address,
            "addressLocality": town.name if town else "",
            "addressRegion": installation.state_name if town else "",
        }
        place: dict[str, Any] = {
            "@type": "Place",
            "name": event.venue or event.place,
            "address": {name: value for name, value in address.items() if value},
        }
        if town:
            # The municipality's seat: nobody records a finer place.
            latitude, longitude = float(town.seat_latitude), float(town.seat_longitude)
            place["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
        yield place
    if event.modality != Modality.IN_PERSON:
        yield {"@type": "VirtualLocation", "url": url}


def _institutions(event: Event) -> dict[str, list[dict[str, str]]]:
    """Who organises, supports, funds and takes part; the series' own where the event names nobody."""
    rows: list[EventOrganiser | SeriesOrganiser] = list(event.organisers.all())
    if not rows and event.series:
        rows = list(event.series.organisers.select_related("organisation"))
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        institution = {"@type": "Organization", "name": row.organisation.name}
        if row.organisation.website:
            institution["url"] = row.organisation.website
        found.setdefault(_ROLES[OrganisationRole(row.role)], []).append(institution)
    return found


def _offer(event: Event, status: RegistrationStatus) -> dict[str, Any] | None:
    """Registering, where it is done here: it costs nothing, and from when to when."""
    if status not in _AVAILABLE or event.status == EventStatus.CANCELLED:
        return None
    zone = ZoneInfo(event.time_zone)
    opens, closes = event.registration_opens_at or event.published_at, event.registration_closes_at or event.ends_at
    offer = {
        "@type": "Offer",
        "url": absolute(reverse("event_register", args=[event.slug])),
        "price": 0,
        "priceCurrency": "MXN",
        "availability": SCHEMA + _AVAILABLE[status],
        "validFrom": opens.astimezone(zone).isoformat() if opens else None,
        "validThrough": closes.astimezone(zone).isoformat() if closes else None,
    }
    return {name: value for name, value in offer.items() if value is not None}
