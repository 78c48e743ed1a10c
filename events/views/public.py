"""The public pages of events and series."""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max, Min, Prefetch, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from events.emails import absolute, event_path
from events.enums import EventStatus, MaterialKind
from events.models import Event, EventOrganiser, SeriesOrganiser, Speaker
from events.rules import visible_events, visible_series
from events.services.registration import TAKES_REGISTRATIONS
from events.views.calendar import entries
from network.enums import Modality, OrganisationRole

# Inside a script block these would end it or begin another; JSON reads the escape as the character itself.
SCRIPT_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@login_not_required
@require_safe
def event_detail(request: HttpRequest, slug: str) -> HttpResponse:
    events = (
        visible_events(request.user)
        .with_room()
        .select_related("format", "series", "pathway", "municipality__region", "follows_up")
    )
    event = get_object_or_404(
        events.prefetch_related(
            Prefetch("organisers", EventOrganiser.objects.select_related("organisation")),
            Prefetch("speakers", Speaker.objects.exclude(consent_on=None)),
            "guiding_questions",
            "materials",
            "linked_pathways",
            "sdgs",
            Prefetch("followed_by", visible_events(request.user)),
        ),
        slug=slug,
    )
    status = event.registration_status(seats_left=None if event.has_room else 0)
    materials = list(event.materials.all())
    context = {
        "event": event,
        "status": status,
        "takes_registrations": status in TAKES_REGISTRATIONS,
        "organisers": by_role(event.organisers.all()),
        "documents": [material for material in materials if material.kind == MaterialKind.REFERENCE],
        "materials": [material for material in materials if material.kind != MaterialKind.REFERENCE],
        "follows_up": event.follows_up if event.follows_up and event.follows_up.status != EventStatus.DRAFT else None,
        "structured": structured_data(event),
    }
    return render(request, "events/event_detail.html", context)


@login_not_required
@require_safe
def material_file(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """A material's file, to whoever sees its event; always as a download."""
    event = get_object_or_404(visible_events(request.user), slug=slug)
    material = get_object_or_404(event.materials.exclude(file=""), pk=pk)
    try:
        content = material.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    ending = material.file.name.rsplit(".", 1)[-1]
    response = FileResponse(content, as_attachment=True, filename=f"{slugify(material.title) or 'material'}.{ending}")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@login_not_required
@require_safe
def series_list(request: HttpRequest) -> HttpResponse:
    return render(request, "events/series_list.html", {"series_list": _counted(visible_series(request.user))})


@login_not_required
@require_safe
def series_detail(request: HttpRequest, slug: str) -> HttpResponse:
    organisers = Prefetch("organisers", SeriesOrganiser.objects.select_related("organisation"))
    series = get_object_or_404(_counted(visible_series(request.user)).prefetch_related(organisers), slug=slug)
    sessions = visible_events(request.user).filter(series=series).with_room()
    sessions = sessions.select_related("format", "municipality").order_by("first_day", "starts_at", "pk")
    formats: dict[str, list[Any]] = {}
    for event, entry in zip(sessions, entries(sessions, name_series=False), strict=True):
        formats.setdefault(event.format.plural, []).append(entry)
    context = {"series": series, "formats": formats, "organisers": by_role(series.organisers.all())}
    return render(request, "events/series_detail.html", context)


def by_role(organisers: Any) -> list[tuple[str, list[Any]]]:
    """(role in words, institutions) in the order of the roles."""
    rows = list(organisers)
    grouped = [(role.label, [row.organisation for row in rows if row.role == role]) for role in OrganisationRole]
    return [(str(label), organisations) for label, organisations in grouped if organisations]


def structured_data(event: Event) -> SafeString:
    """The event for search engines (schema.org, JSON-LD). Empty for a draft and where the day is not known."""
    if event.first_day is None or event.status == EventStatus.DRAFT:
        return mark_safe("")
    online = {"@type": "VirtualLocation", "url": absolute(event_path(event))}
    place = {"@type": "Place", "name": event.venue or event.place, "address": event.place}
    locations = {Modality.VIRTUAL: [online], Modality.IN_PERSON: [place]}.get(Modality(event.modality), [place, online])
    modes = {Modality.VIRTUAL: "Online", Modality.IN_PERSON: "Offline"}
    state = "EventCancelled" if event.status == EventStatus.CANCELLED else "EventScheduled"
    data = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.label,
        "url": absolute(event_path(event)),
        "startDate": (event.starts_at or event.first_day).isoformat(),
        "endDate": (event.ends_at or event.last_day or event.first_day).isoformat(),
        "eventStatus": f"https://schema.org/{state}",
        "eventAttendanceMode": f"https://schema.org/{modes.get(Modality(event.modality), 'Mixed')}EventAttendanceMode",
        "location": [where for where in locations if where.get("name") or where is online],
        "description": event.summary or event.topic or event.label,
        "isAccessibleForFree": True,
        "organizer": [
            {"@type": "Organization", "name": row.organisation.name}
            for row in event.organisers.all()
            if row.role in {OrganisationRole.CONVENES, OrganisationRole.ORGANISES}
        ],
    }
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(SCRIPT_ESCAPES))  # noqa: S308 (escaped above)


def _counted(series: Any) -> Any:
    """With how many sessions are published, how many of them were held, and from when to when they run."""
    held = Event.objects.held().values("pk")
    return series.annotate(
        published=Count("events", filter=Q(events__status=EventStatus.PUBLISHED)),
        held=Count("events", filter=Q(events__pk__in=held)),
        first_day=Min("events__first_day", filter=Q(events__status=EventStatus.PUBLISHED)),
        last_day=Max("events__last_day", filter=Q(events__status=EventStatus.PUBLISHED)),
    )
