"""The calendar: a month as a table, or a list, under one set of filters."""

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from events.enums import EventStatus
from events.filters import EventFilter
from events.models import Event, EventQuerySet
from events.rules import visible_events
from network.enums import Modality

PAGE = 25
PERIODS = [
    ("proximos", gettext_lazy("Próximos")),
    ("anteriores", gettext_lazy("Anteriores")),
    ("todos", gettext_lazy("Todos")),
]
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a line of the list or a mark in the month, every word ready: a template tag for each row costs as
    much as the row."""

    href: str
    title: str
    glyph: str
    kind: str
    first_day: date | None
    last_day: date | None
    leaf: tuple[str, str, str]
    days: str
    clock: str
    hours: str
    place: str
    state: str
    state_label: str
    is_over: bool


@dataclass(slots=True)
class Day:
    day: date
    label: str
    in_month: bool
    is_today: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Month:
    """``previous`` and ``next`` are values of ``mes``."""

    label: str
    weekdays: list[tuple[str, str]]
    weeks: list[list[Day]]
    previous: str
    next: str
    is_current: bool


@login_not_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """``vista=mes`` or ``vista=lista``. Who looks for words or days looks everywhere, so gets the list first."""
    filters = EventFilter(request.GET, queryset=visible_events(request.user).with_room())
    asked = filters.names_in_force
    is_list = request.GET.get("vista", "lista" if {"q", "desde", "hasta"} & set(asked) else "mes") == "lista"
    events = filters.qs.select_related("format", "series", "municipality")
    feed = reverse("calendar_ics") + (f"?{filters.query_string}" if filters.query_string else "")
    address = f"{settings.SITE_URL}{feed}"
    context: dict[str, Any] = {
        "filter": filters,
        "is_filtered": bool(asked),
        "is_list": is_list,
        "is_month": not is_list,
        "feed_address": address,
        "webcal": "webcal://" + address.split("://", 1)[1],
        **(_list(request, events, bool(asked)) if is_list else _month(request, events)),
    }
    return render(request, "events/calendar.html", context)


def month_table(first: date, shown: Iterable[Entry]) -> Month:
    """The weeks of a month, Monday first; an event of several days stands in each of them."""
    today = timezone.localdate()
    weeks = [
        [Day(day, date_format(day, "l j"), in_month=day.month == first.month, is_today=day == today) for day in week]
        for week in months.Calendar().monthdatescalendar(first.year, first.month)
    ]
    by_day = {day.day: day for week in weeks for day in week if day.in_month}
    for entry in shown:
        for day in by_day:
            if entry.first_day and entry.last_day and entry.first_day <= day <= entry.last_day:
                by_day[day].entries.append(entry)
    return Month(
        label=date_format(first, _("F \\d\\e Y")),
        weekdays=[(str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)],
        weeks=weeks,
        previous=f"{first - timedelta(days=1):%Y-%m}",
        next=f"{first + timedelta(days=31):%Y-%m}",
        is_current=(today.year, today.month) == (first.year, first.month),
    )


def entries(events: Iterable[Event], *, name_series: bool = True) -> list[Entry]:
    """The events with their words. Needs ``with_room()``, ``format``, ``municipality`` and, to be named, ``series``."""
    address = reverse("event_detail", args=["slug"])
    before, after = address.rsplit("slug", 1)
    return [_entry(event, f"{before}{event.slug}{after}", name_series) for event in events]


def _entry(event: Event, href: str, name_series: bool) -> Entry:
    state, label = _state(event)
    kind = event.numbered_name if event.number_in_series else event.format.label.split(" (")[0]
    return Entry(
        href=href,
        title=event.label,
        glyph=event.format.glyph,
        kind=f"{kind} · {event.series.label}" if name_series and event.series else kind,
        first_day=event.first_day,
        last_day=event.last_day or event.first_day,
        leaf=_leaf(event.first_day),
        days=event.day_label,
        clock=event.start_time.strftime("%H:%M") if event.start_time else "",
        hours=event.time_label,
        place=_place(event),
        state=state,
        state_label=label,
        is_over=event.is_over,
    )


def _state(event: Event) -> tuple[str, str]:
    """A tone of the badge and its words: what a person can do now, never a count."""
    if event.status == EventStatus.CANCELLED:
        return "danger", str(EventStatus.CANCELLED.label)
    if event.status == EventStatus.DRAFT:
        return "warn", str(EventStatus.DRAFT.label)
    if event.is_over:
        return "neutral", _("Resultados publicados") if event.results_summary else _("Concluido")
    status = event.registration_status(seats_left=None if event.has_room else 0)
    tones = {"open": "ok", "waiting-list": "warn", "full": "neutral", "closed": "neutral"}
    return tones.get(status, "info"), str(status.label)


def _leaf(day: date | None) -> tuple[str, str, str]:
    """Month, day and year of a calendar leaf."""
    if day is None:
        return _("Fecha"), _("por"), _("confirmar")
    return date_format(day, "M"), str(day.day), str(day.year)


def _place(event: Event) -> str:
    if event.modality == Modality.VIRTUAL:
        return _("En línea")
    place = event.place or _("Sede por confirmar")
    return _("{place}, y en línea").format(place=place) if event.modality == Modality.HYBRID else place


def _month(request: HttpRequest, events: EventQuerySet) -> dict[str, Any]:
    first = _month_asked(request.GET.get("mes", ""))
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    within = events.filter(first_day__lte=last, last_day__gte=first)
    shown = entries(within.order_by("first_day", F("starts_at").asc(nulls_first=True), "pk"))
    around: dict[str, Any] = {"earlier": None, "later": None}
    if not shown:
        around["earlier"] = events.filter(first_day__lt=first).order_by("-first_day").first()
        around["later"] = events.filter(first_day__gt=last).order_by("first_day").first()
    return {"month": month_table(first, shown), "entries": shown, **around}


def _month_asked(text: str) -> date:
    """``2026-11``; anything else is the present month."""
    year, _dash, month = text.partition("-")
    if year.isascii() and year.isdigit() and month.isascii() and month.isdigit():
        if FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12:
            return date(int(year), int(month), 1)
    return timezone.localdate().replace(day=1)


def _list(request: HttpRequest, events: EventQuerySet, is_filtered: bool) -> dict[str, Any]:
    """What comes, soonest first, then what was, latest first. Without filters only what comes."""
    period = request.GET.get("cuando", "todos" if is_filtered else "proximos")
    dated = events.exclude(first_day=None)
    coming = dated.upcoming().order_by().values("pk")
    if period == "anteriores":
        dated = dated.exclude(pk__in=coming).order_by("-first_day", F("starts_at").desc(nulls_last=True), "-pk")
    elif period == "todos":
        dated = _coming_first(dated, coming)
    else:
        period, dated = "proximos", dated.upcoming()
    page = Paginator(dated, PAGE).get_page(request.GET.get("pagina"))
    undated = period != "anteriores" and page.number == 1
    return {
        "period": period,
        "periods": [(value, text, value == period) for value, text in PERIODS],
        "page": page,
        "entries": entries(page.object_list),
        "undated": entries(events.undated().order_by("-pk")[:PAGE]) if undated else [],
    }


def _coming_first(events: EventQuerySet, coming: Any) -> EventQuerySet:
    past = Case(When(pk__in=coming, then=Value(0)), default=Value(1), output_field=IntegerField())
    soonest = Case(When(pk__in=coming, then=F("first_day")))
    return events.annotate(past=past).order_by("past", soonest, "-first_day", "starts_at", "pk")
