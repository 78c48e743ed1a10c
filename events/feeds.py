"""Calendars to subscribe to and to take away. None that is public says a meeting link or a person.

Whoever has the query string of the calendar's page has its filters in every form: ``.ics`` and Atom tell calendars and
readers what is dated (a cancelled event for 90 days), JSON and CSV are all that the page lists, the undated too.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_safe

from events import ical
from events.emails import absolute, event_entry, event_path, registration_entry
from events.enums import EventStatus, RegistrationState
from events.filters import EventFilter
from events.models import CANCELLED_IN_FEEDS, Event, EventQuerySet, Registration
from events.rules import own_registrations, personal_feeds_by_link, visible_events, visible_series
from events.services.entries import COLUMNS
from network.enums import Modality
from network.models import Pathway, User
from network.rules import visible_municipalities
from web import identity
from web.feeds import WrongFilter, public_feed, with_last_modified
from web.tabular import csv_response

Row = dict[str, Any]


# Which registration an event is shown by where somebody has several: the lowest.
RANK: dict[str, int] = {
    RegistrationState.CONFIRMED: 0,
    RegistrationState.OFFERED: 1,
    RegistrationState.WAITING: 2,
    RegistrationState.REQUESTED: 3,
    RegistrationState.CANCELLED: 4,
}


# What JSON and CSV say of an event: all its texts are many times as much.
OF_A_RECORD = (
    "uid", "slug", "title", "title_en", "status", "cancellation_reason", "first_day", "last_day", "starts_at",
    "ends_at", "time_zone", "modality", "venue", "address", "number_in_series", "topic", "summary", "sequence",
    "revised_at", "format__code", "format__name", "format__name_en", "pathway__code", "pathway__name",
    "pathway__name_en", "series__slug", "series__title", "series__title_en", "municipality__slug",
    "municipality__name", "municipality__region__name",
)  # fmt: skip


@public_feed
def calendar_ics(request: HttpRequest) -> HttpResponse:
    """The calendar as iCalendar, under the very filters of its page."""
    filters = _filtered(request)
    name = " · ".join([identity.current().name, *filters.in_words])
    return _ics(filters.qs, name=name, filename="calendario")


@public_feed
def municipality_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """What takes place in a municipality."""
    municipality = get_object_or_404(visible_municipalities(request.user), slug=slug)
    events = _public_events().filter(municipality=municipality)
    return _ics(events, name=f"{municipality.name} · {identity.current().name}", filename=slug)


@public_feed
def series_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """The sessions of a series."""
    series = get_object_or_404(visible_series(request.user), slug=slug)
    return _ics(_public_events().filter(series=series), name=series.label, filename=slug)


@public_feed
def calendar_atom(request: HttpRequest) -> HttpResponse:
    """The calendar as Atom (RFC 4287), what changed last first."""
    filters = _filtered(request)
    name = ical.clean(identity.current().name)
    feed = Atom1Feed(
        title=_("{name}: calendario").format(name=name),
        link=absolute(_with_query(reverse("calendar"), filters)),
        feed_url=absolute(_with_query(reverse("calendar_atom"), filters)),
        description=None,
        language=get_language(),
        author_name=name,
    )
    for event in filters.qs.in_feeds().with_entry_parts().order_by("-revised_at", "-pk"):
        title = ical.clean(event.label)
        is_off = event.status == EventStatus.CANCELLED
        reason = _("Cancelado: {reason}").format(reason=event.cancellation_reason) if is_off else ""
        parts = [reason, event.day_label, event.time_label, event.where_label, event.topic, event.summary]
        paragraphs = [(ical.clean(part, lines=True),) for part in parts if part]
        feed.add_item(
            title=_("Cancelado: {title}").format(title=title) if is_off else title,
            link=absolute(event_path(event)),
            description=format_html_join("", "<p>{}</p>", paragraphs),
            unique_id=event.uid.urn,
            pubdate=event.published_at or event.created_at,
            updateddate=event.revised_at,
            categories=[event.format.label, event.pathway.label],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="calendario.atom"'
    return with_last_modified(response, _latest_revision())


@public_feed
def calendar_json(request: HttpRequest) -> HttpResponse:
    """What the page lists, as JSON: ``{"name", "url", "events": [...]}``, in order of time, undated events last.

    Each event: ``id`` (UUID, for ever), ``url``, ``title``, ``status`` (``published`` or ``cancelled``),
    ``cancellation_reason``, ``start`` and ``end`` (ISO 8601 with the offset of ``time_zone`` in force then; a date
    where the hour is not known, ``end`` then being the last day itself; null where the day is to be confirmed),
    ``all_day`` (true where the hour is not known), ``time_zone`` (IANA), ``format`` and ``pathway`` (``code``,
    ``name``), ``linked_pathways`` (codes), ``modality`` (``in-person``, ``virtual``, ``hybrid``), ``series`` (``slug``,
    ``title``, ``number``) or null, ``place`` (words), ``municipality`` (``slug``, ``name``, ``region``) or null,
    ``topic``, ``summary``, ``revision`` (iCalendar's SEQUENCE) and ``updated``. A wrong filter: 400 and ``{"error"}``.
    """
    try:
        filters = _filtered(request)
    except WrongFilter as wrong:
        return JsonResponse({"error": str(wrong)}, status=400, json_dumps_params={"ensure_ascii": False})
    data = {
        "name": identity.current().name,
        "url": absolute(_with_query(reverse("calendar"), filters)),
        "events": list(_records(filters)),
    }
    return with_last_modified(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), _latest_revision())


@public_feed
def calendar_csv(request: HttpRequest) -> HttpResponse:
    """What the page lists, as CSV; the columns are the fields of :func:`calendar_json`."""
    head = [
        _("Título"), _("Estado"), _("Inicio"), _("Término"), _("Zona horaria"), _("Formato"), _("Modalidad"),
        _("Ciclo"), _("Número"), _("Camino"), _("Sede"), _("Municipio"), _("Región"), _("Tema"), _("Página"),
        _("Identificador"), _("Actualizado"),
    ]  # fmt: skip
    # As text once: each lazy one would be translated again in every row.
    states, modalities = ({value: str(label) for value, label in kind.choices} for kind in (EventStatus, Modality))
    rows = (_cells(row, states[row["status"]], modalities[row["modality"]]) for row in _records(_filtered(request)))
    return with_last_modified(csv_response("calendario.csv", head, rows), _latest_revision())


@login_not_required
@require_safe
@conditional_page
def event_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """One event. Where the day is to be confirmed the file has no entry yet."""
    event = get_object_or_404(visible_events(request.user).with_entry_parts(), slug=slug)
    return with_last_modified(_calendar(ical.calendar([event_entry(event)]), event.slug), event.revised_at)


@login_not_required
@require_safe
@never_cache
def personal_ics(request: HttpRequest, token: str) -> HttpResponse:
    """An account's own calendar, with the meeting links where the person has a place. The address is the key."""
    feed = get_object_or_404(personal_feeds_by_link(token))
    name = _("Mis eventos · {name}").format(name=identity.current().name)
    response = _calendar(ical.calendar(_personal_entries(feed.user), name=name), "mis-eventos")
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"  # no form stands in a calendar, so nothing needs the origin
    return response


def _personal_entries(user: User) -> list[Any]:
    """An entry for each event that is told to calendars: of the own registrations, the one that says most.

    Where colleagues share a mailbox an event has several; where somebody cancelled and came back, too. A liaison also
    has what takes place in the own municipality, without its link.
    """
    events = _public_events().in_feeds()
    own = own_registrations(user).exclude(state=RegistrationState.UNCONFIRMED)
    own = own.exclude(state=RegistrationState.CANCELLED, cancelled_at__lt=timezone.now() - CANCELLED_IN_FEEDS)
    related = ("event__format", "event__pathway", "event__municipality")
    best: dict[int, Registration] = {}
    for row in own.filter(event__in=events).select_related(*related):
        if row.event_id not in best or RANK[row.state] < RANK[best[row.event_id].state]:
            best[row.event_id] = row
    found: list[tuple[Event, Any]] = [
        (row.event, registration_entry(row, gone=row.state == RegistrationState.CANCELLED)) for row in best.values()
    ]
    if municipality := user.liaison_municipality:
        here = events.filter(municipality=municipality).exclude(pk__in=best).with_entry_parts()
        found += [(event, event_entry(event)) for event in here]
    return [entry for _event, entry in sorted(found, key=lambda pair: (pair[0].first_day, pair[0].pk))]


def stored_entries(events: EventQuerySet) -> list[str]:
    """The entries of a feed in the language of the request, in order of time.

    One query where every entry was stored for the event's present revision and the portal's present address; the others
    are written for this answer (``manage.py load_reference`` stores them).
    """
    column = COLUMNS["en" if (get_language() or "es").startswith("en") else "es"]
    rows = (
        events.in_feeds().order_by("first_day", "starts_at", "pk").values_list("pk", column, "sequence", "revised_at")
    )
    site, entries, foreign = settings.SITE_URL, [], {}
    for place, (pk, text, sequence, revised_at) in enumerate(rows.values_list("pk", column, "sequence", "revised_at")):
        mark = ical.mark(site, sequence, revised_at)
        entries.append(text[len(mark) :])
        if not text.startswith(mark):
            foreign[pk] = place
    if foreign:
        for event in Event.objects.with_entry_parts().in_bulk(list(foreign)).values():
            entry = event_entry(event)
            entries[foreign[event.pk]] = ical.text(entry) if entry else ""
    return entries


def _latest_revision() -> datetime | None:
    """When any event last changed: one that left a filter is not in its feed any more, but changed it."""
    return Event.objects.order_by("-revised_at").values_list("revised_at", flat=True).first()


def _public_events() -> EventQuerySet:
    """Drafts are in nobody's feed, staff's included."""
    return visible_events(AnonymousUser())


def _filtered(request: HttpRequest) -> EventFilter:
    filters = EventFilter(request.GET, queryset=_public_events())
    if filters.refusal:
        raise WrongFilter(filters.refusal)
    return filters


def _records(filters: EventFilter) -> Iterator[Row]:
    events = filters.qs.select_related("format", "pathway", "series", "municipality__region").only(*OF_A_RECORD)
    events = events.order_by(F("first_day").asc(nulls_last=True), "starts_at", "pk")
    before, after = absolute(reverse("event_detail", args=["slug"])).rsplit("slug", 1)
    linked = Prefetch("linked_pathways", Pathway.objects.only("code"), to_attr="linked")
    return (_record(event, f"{before}{event.slug}{after}") for event in events.prefetch_related(linked))


def _with_query(path: str, filters: EventFilter) -> str:
    return f"{path}?{filters.query_string}" if filters.query_string else path


def _record(event: Any, url: str) -> Row:
    zone = ZoneInfo(event.time_zone)
    start, end = (moment and moment.astimezone(zone) for moment in (event.starts_at, event.ends_at))
    series, municipality = event.series, event.municipality
    return {
        "id": str(event.uid),
        "url": url,
        "title": event.label,
        "status": event.status,
        "cancellation_reason": event.cancellation_reason,
        "start": start or event.first_day,
        "end": end or (None if start else event.last_day or event.first_day),
        "all_day": event.first_day is not None and start is None,
        "time_zone": event.time_zone,
        "format": {"code": event.format.code, "name": event.format.label},
        "modality": event.modality,
        "pathway": {"code": event.pathway.code, "name": event.pathway.label},
        "linked_pathways": [pathway.code for pathway in event.linked],
        "series": series and {"slug": series.slug, "title": series.label, "number": event.number_in_series},
        "place": event.where_label,
        "municipality": municipality
        and {"slug": municipality.slug, "name": municipality.name, "region": municipality.region.name},
        "topic": event.topic,
        "summary": event.summary,
        "revision": event.sequence,
        "updated": event.revised_at,
    }


def _cells(row: Row, status: Any, modality: Any) -> list[Any]:
    series, municipality = row["series"] or {}, row["municipality"] or {}
    return [
        row["title"], status, row["start"], row["end"], row["time_zone"], row["format"]["name"],
        modality, series.get("title"), series.get("number"), row["pathway"]["name"], row["place"],
        municipality.get("name"), municipality.get("region"), row["topic"], row["url"], row["id"], row["updated"],
    ]  # fmt: skip


def _ics(events: EventQuerySet, *, name: str, filename: str) -> HttpResponse:
    return with_last_modified(_calendar(ical.joined(stored_entries(events), name=name), filename), _latest_revision())


def _calendar(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
