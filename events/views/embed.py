"""The calendar for other sites: a light page for an iframe, and the page that gives the code to put it there."""

import calendar as months
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from csp.constants import NONE, SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import conditional_page, require_safe

from events.filters import EventFilter
from events.models import EventQuerySet
from events.rules import visible_events
from events.views.calendar import FIRST_YEAR, LAST_YEAR, entries
from web import identity

SHOWN = 12
HEIGHT = 720
# All that the frame may do: open a link in a tab of its own, which is then a page like any other. No scripts, no forms,
# no way to the page around it.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
FRAMED_ANYWHERE = {"frame-ancestors": ["*"], "script-src": [NONE], "connect-src": [NONE], "form-action": [NONE]}


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the small month. ``href`` is the calendar's list of that day, empty where nothing happens."""

    number: int
    label: str
    in_month: bool
    is_today: bool
    count: int
    href: str


# The frame's policy stands outside what answers 304: a browser takes over the headers of that answer too.
@login_not_required
@xframe_options_exempt
@csp_replace(FRAMED_ANYWHERE)
@require_safe
@cache_control(public=True, max_age=300)
@conditional_page
def calendar_embed(request: HttpRequest) -> HttpResponse:
    """The coming events, or those of the month that was chosen, beside a small month, under the calendar's filters.

    The same for everybody: neither session nor account is looked at, so no cookie is needed or set.
    """
    filters = EventFilter(request.GET, queryset=visible_events(AnonymousUser()).with_room())
    if filters.refusal:
        return render(request, "events/embed_wrong.html", {"refusal": filters.refusal}, status=400)
    first = _month_asked(request.GET.get("mes", ""))
    events: EventQuerySet = filters.qs
    listed = events.exclude(first_day=None)
    if request.GET.get("mes"):
        listed = _within(listed, first).order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")
    else:
        listed = listed.upcoming()
    rows = entries(listed.select_related("format", "series", "municipality")[: SHOWN + 1])
    context = {
        "entries": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "is_month": bool(request.GET.get("mes")),
        "month": date_format(first, _("F \\d\\e Y")),
        "weekdays": [(str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])[:2]) for number in range(7)],
        "weeks": _weeks(first, events, filters),
        "previous": _month_address(filters, first - timedelta(days=1)),
        "next": _month_address(filters, first + timedelta(days=31)),
        "coming": reverse("calendar_embed") + _query(filters),
        "whole": reverse("calendar") + _query(filters),
    }
    return render(request, "events/embed.html", context)


@login_not_required
@require_safe
@csp_update({"frame-src": [SELF]})
def calendar_embed_code(request: HttpRequest) -> HttpResponse:
    """The code for the filters chosen, with the calendar as it will look."""
    filters = EventFilter(request.GET, queryset=visible_events(AnonymousUser()))
    query = _query(filters) if filters.is_valid() else ""
    path = reverse("calendar_embed") + query
    code = format_html(
        '<iframe src="{}" title="{}" width="100%" height="{}" loading="lazy" sandbox="{}" style="border:0"></iframe>',
        f"{settings.SITE_URL}{path}",
        _("Calendario: {network}").format(network=identity.current().name),
        HEIGHT,
        SANDBOX,
    )
    context = {
        "filter": filters,
        "path": path,
        "code": str(code),
        "site": settings.SITE_URL,
        "sandbox": SANDBOX,
        "height": HEIGHT,
    }
    return render(request, "events/embed_code.html", context, status=200 if filters.is_valid() else 400)


def _weeks(first: date, events: EventQuerySet, filters: EventFilter) -> list[list[Cell]]:
    """The weeks of a month, Monday first, with how many events each day has; one of several days counts in each."""
    counts: Counter[date] = Counter()
    last = _last(first)
    for event in _within(events, first).order_by().only("first_day", "last_day"):
        assert event.first_day is not None
        assert event.last_day is not None
        day, end = max(event.first_day, first), min(event.last_day, last)
        while day <= end:
            counts[day] += 1
            day += timedelta(days=1)
    today = timezone.localdate()
    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    return [[_cell(day, first, today, counts[day], filters) for day in week] for week in weeks]


def _cell(day: date, first: date, today: date, count: int, filters: EventFilter) -> Cell:
    in_month = day.month == first.month
    label = ngettext("{day}: {count} evento", "{day}: {count} eventos", count).format(
        day=date_format(day, _("l j \\d\\e F")), count=count
    )
    href = reverse("calendar") + _query(filters, desde=day.isoformat(), hasta=day.isoformat(), vista="lista")
    return Cell(day.day, label, in_month, day == today, count, href if count and in_month else "")


def _within(events: EventQuerySet, first: date) -> EventQuerySet:
    return events.filter(first_day__lte=_last(first), last_day__gte=first)


def _last(first: date) -> date:
    return first.replace(day=months.monthrange(first.year, first.month)[1])


def _month_address(filters: EventFilter, day: date) -> str:
    """Empty where the calendar ends."""
    in_calendar = FIRST_YEAR <= day.year <= LAST_YEAR
    return reverse("calendar_embed") + _query(filters, mes=f"{day:%Y-%m}") if in_calendar else ""


def _month_asked(text: str) -> date:
    """``2026-11``; anything else, or a year that no calendar shows, is the present month."""
    year, _dash, month = text.partition("-")
    if all(part.isascii() and part.isdigit() for part in (year, month)):
        if FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12:
            return date(int(year), int(month), 1)
    return timezone.localdate().replace(day=1)


def _query(filters: EventFilter, **more: Any) -> str:
    """The filters in force, and what else is given; it wins over a filter of the same name."""
    chosen = {name: filters.data[name] for name in filters.filters if filters.data.get(name)} | more
    return f"?{urlencode(chosen)}" if chosen else ""
