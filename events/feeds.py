"""Calendars to subscribe to and to take away. Nothing here says a meeting link or a person."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from events import ical
from events.emails import absolute, event_path, host
from events.filters import EventFilter
from events.models import Event
from events.rules import visible_events
from web import identity


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
@conditional_page
def calendar_ics(request: HttpRequest) -> HttpResponse:
    """The calendar under the very filters of its page. Drafts are in nobody's feed, staff's included."""
    filters = EventFilter(request.GET, queryset=visible_events(AnonymousUser()))
    if not filters.is_valid():
        wrong = ", ".join(filters.form.errors)
        message = _("El filtro no existe o está mal escrito: {names}").format(names=wrong)
        return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
    events = filters.qs.exclude(first_day=None).select_related("format", "pathway", "municipality")
    entries = (_entry(event) for event in events.order_by("first_day", "starts_at", "pk"))
    name = identity.current().name
    return _answer(ical.calendar(entries, name=name), "calendario")


@login_not_required
@require_safe
@conditional_page
def event_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """One event. Where the day is to be confirmed the file has no entry yet."""
    events = visible_events(request.user).select_related("format", "pathway", "municipality")
    event = get_object_or_404(events, slug=slug)
    return _answer(ical.calendar([_entry(event)]), event.slug)


def _entry(event: Event) -> ical.icalendar.Event | None:
    return ical.entry(event, url=absolute(event_path(event)), host=host())


def _answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
