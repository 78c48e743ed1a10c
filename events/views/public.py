"""The public pages of events and series."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import F, Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from events.documents import picture, sharing, structured
from events.emails import absolute, event_path
from events.enums import EventStatus, MaterialKind
from events.figures import SessionCounts, all_sessions, session_counts
from events.models import Agreement, EventOrganiser, Format, SeriesOrganiser, Speaker
from events.rules import visible_events, visible_series
from events.services.registration import TAKES_REGISTRATIONS
from events.views.calendar import Entry, entries
from network.enums import OrganisationRole
from web import identity
from web.shared import shared

PICTURE_SECONDS = 86_400
SERIES_PAGE = 24


@shared
@login_not_required
@require_safe
def event_detail(request: HttpRequest, slug: str) -> HttpResponse:
    events = (
        visible_events(request.user)
        .with_room()
        .marking_kept()
        .select_related("format", "series", "pathway", "municipality__region", "follows_up")
    )
    event = get_object_or_404(
        events.prefetch_related(
            Prefetch("organisers", EventOrganiser.objects.select_related("organisation")),
            Prefetch("speakers", Speaker.objects.exclude(consent_on=None)),
            "guiding_questions",
            Prefetch("agreements", Agreement.objects.select_related("municipality", "action")),
            "materials",
            "linked_pathways",
            "sdgs",
            Prefetch("followed_by", visible_events(request.user)),
        ),
        slug=slug,
    )
    status = event.registration_status(seats_left=None if event.has_room else 0)
    materials = list(event.materials.all())
    installation = identity.of(request)
    version = picture.picture_of(event, installation).version
    image = absolute(reverse("event_picture", args=[event.slug])) + f"?v={version[:8]}"
    context = {
        "event": event,
        "status": status,
        "takes_registrations": status in TAKES_REGISTRATIONS,
        "organisers": by_role(event.organisers.all()),
        "documents": [material for material in materials if material.kind == MaterialKind.REFERENCE],
        "materials": [material for material in materials if material.kind != MaterialKind.REFERENCE],
        "follows_up": event.follows_up if event.follows_up and event.follows_up.status != EventStatus.DRAFT else None,
        "canonical": absolute(event_path(event)),
        "description": sharing.summary_line(event),
        "picture": image,
        "locale": sharing.locale(),
        "share": sharing.share_links(event),
        "calendars": sharing.calendar_links(event),
        "structured": structured.structured_data(event, status=status, installation=installation, image=image),
    }
    return render(request, "events/event_detail.html", context)


@login_not_required
@require_safe
def event_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture that shows where the event's address is shared; 304 where the reader has it as it is."""
    events = visible_events(request.user).select_related("format", "pathway", "municipality")
    event = get_object_or_404(events, slug=slug)
    wanted = picture.picture_of(event, identity.current())
    etag = f'"{wanted.version}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        key = f"events.picture.{wanted.version}"
        content = cache.get(key)
        if content is None:
            content = picture.png(wanted)
            cache.set(key, content, PICTURE_SECONDS)
        response = HttpResponse(content, content_type="image/png")
    response["ETag"] = etag
    if event.status == EventStatus.DRAFT:
        patch_cache_control(response, private=True, no_store=True)
    else:
        patch_cache_control(response, public=True, max_age=300)
    return response


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


@shared
@login_not_required
@require_safe
def series_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(visible_series(request.user), SERIES_PAGE).get_page(request.GET.get("pagina"))
    counts = session_counts(page)
    rows = [(series, all_sessions(counts[series.pk]).in_words(series.planned_sessions)) for series in page]
    return render(request, "events/series_list.html", {"page": page, "rows": rows})


@shared
@login_not_required
@require_safe
def series_detail(request: HttpRequest, slug: str) -> HttpResponse:
    organisers = Prefetch("organisers", SeriesOrganiser.objects.select_related("organisation"))
    series = get_object_or_404(visible_series(request.user).prefetch_related(organisers), slug=slug)
    sessions = visible_events(request.user).filter(series=series).with_room()
    sessions = sessions.select_related("format", "municipality").order_by(
        F("first_day").asc(nulls_last=True), "starts_at", "pk"
    )
    counts = session_counts([series])[series.pk]
    formats: dict[int, FormatSessions] = {}
    for event, entry in zip(sessions, entries(sessions, name_series=False), strict=True):
        words = counts.get(event.format_id, SessionCounts()).in_words()
        group = formats.setdefault(event.format_id, FormatSessions(event.format, words))
        group.rows.append(entry)
    context = {
        "series": series,
        "counts": all_sessions(counts).in_words(series.planned_sessions),
        "formats": sorted(formats.values(), key=lambda group: group.format.order),
        "organisers": by_role(series.organisers.all()),
        "open_sessions": sum(
            event.registration_status(seats_left=None if event.has_room else 0) in TAKES_REGISTRATIONS
            for event in sessions
        ),
    }
    return render(request, "events/series_detail.html", context)


@dataclass(slots=True)
class FormatSessions:
    """The sessions of one format in a series, which is numbered by itself."""

    format: Format
    counts: str
    rows: list[Entry] = field(default_factory=list)


def by_role(organisers: Any) -> list[tuple[str, list[Any]]]:
    """(role in words, institutions) in the order of the roles."""
    rows = list(organisers)
    grouped = [(role.label, [row.organisation for row in rows if row.role == role]) for role in OrganisationRole]
    return [(str(label), organisations) for label, organisations in grouped if organisations]
