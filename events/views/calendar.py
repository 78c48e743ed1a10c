"""The calendar: a month as a table, a week or what comes as a list, a year at a glance, under one set of filters.

Everything is a plain link: the view, the period, the day. ``vista`` is ``mes``, ``semana``, ``lista`` or ``anio``; the
period is ``mes=2026-11``, ``semana=2026-W48`` (ISO 8601), ``anio=2026`` or, of the list, ``cuando``.
"""

import calendar as months
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Q, Subquery, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.emails import absolute
from events.enums import EventStatus
from events.filters import EventFilter
from events.models import Event, EventQuerySet, is_ahead
from events.rules import visible_events
from web import dates, identity
from web.shared import shared

PAGE = 25
AGENDA = 15  # events that stand beside the month; the others are in its list
# What an entry reads: the texts of an event are many times as much.
OF_AN_ENTRY = (
    "slug", "title", "title_en", "status", "first_day", "last_day", "start_time", "end_time", "starts_at", "ends_at",
    "time_zone", "modality", "venue", "address", "number_in_series", "results_summary", "registration_enabled",
    "admission", "registration_opens_at", "registration_closes_at", "waiting_list_enabled", "format__name",
    "format__name_en", "format__glyph", "series__title", "series__title_en", "municipality__name",
)  # fmt: skip
IN_A_CELL = 4  # events that a day of the month shows; of more, one fewer and how many there are besides
PERIODS = [
    ("proximos", gettext_lazy("Próximos")),
    ("anteriores", gettext_lazy("Anteriores")),
    ("todos", gettext_lazy("Todos")),
    ("por-confirmar", gettext_lazy("Sin fecha")),
]
FIRST_YEAR, LAST_YEAR = 1990, 2100
VIEWS = {
    "mes": gettext_lazy("Mes"), "semana": gettext_lazy("Semana"), "lista": gettext_lazy("Lista"),
    "anio": gettext_lazy("Año"),
}  # fmt: skip
# View of a period → the value of its parameter for the period that a day is in, and how that value is read.
SPANS: dict[str, Callable[[date], str]] = {
    "mes": "{:%Y-%m}".format,
    "semana": "{:%G-W%V}".format,
    "anio": "{:%Y}".format,
}
SPAN_FORMATS = {
    "mes": re.compile("([0-9]{4})-([0-9]{2})"), "semana": re.compile("([0-9]{4})-W([0-9]{2})"),
    "anio": re.compile("([0-9]{4})()"),
}  # fmt: skip
PERIOD_NAMES = ("mes", "semana", "anio", "cuando", "pagina")


Times = tuple[str, str, tuple[str, str, str]]  # the days in words, the hours in words, the leaf


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a line of the list or a mark in the month, every word ready: a template tag for each row costs as
    much as the row. ``until`` is for the last of several days."""

    href: str
    title: str
    lang: str  # of the title, where it is not the page's
    glyph: str
    kind: str
    first_day: date | None
    last_day: date | None
    leaf: tuple[str, str, str]
    days: str
    clock: str
    until: str
    hours: str
    place: str
    state: str
    state_label: str
    is_over: bool


@dataclass(slots=True)
class Day:
    """A day of the month or week. ``label`` says it with its count; ``href`` is the day in its week."""

    day: date
    number: int
    iso: str
    label: str
    href: str
    in_month: bool
    is_today: bool
    events: list[Event] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    marks: str = ""
    more: int = 0
    more_label: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The month, week or year that is looked at, with the addresses around it (empty where the calendar ends)."""

    view: str
    label: str
    first: date
    last: date
    previous: str
    today: str
    next: str
    is_current: bool

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Month:
    """The weeks of a month as rows of a table, Monday first."""

    label: str
    weekdays: list[tuple[str, str]]
    weeks: list[list[Day]]


@dataclass(frozen=True, slots=True)
class SmallDay:
    number: int | None
    count_label: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class SmallMonth:
    """A month of the year overview."""

    label: str
    href: str
    count_label: str
    weeks: list[list[SmallDay]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """The addresses under which other programmes follow exactly what a query shows."""

    ics: str
    webcal: str
    google: str
    outlook: str
    outlook_home: str
    atom: str
    json: str
    csv: str


def subscription(query: str) -> Subscription:
    """``query``: the filters alone, as :attr:`EventFilter.query_string` gives them."""
    forms = ("ics", "atom", "json", "csv")
    ics, atom, json, csv = (absolute(reverse(f"calendar_{form}")) + (f"?{query}" if query else "") for form in forms)
    webcal = "webcal://" + ics.split("://", 1)[1]
    outlook = urlencode({"url": ics, "name": identity.current().name})
    return Subscription(
        ics=ics,
        webcal=webcal,
        # Google reads the address anew only where it is given as webcal.
        google=f"https://calendar.google.com/calendar/render?{urlencode({'cid': webcal})}",
        outlook=f"https://outlook.office.com/calendar/0/addfromweb?{outlook}",
        outlook_home=f"https://outlook.live.com/calendar/0/addfromweb?{outlook}",
        atom=atom,
        json=json,
        csv=csv,
    )


@shared
@login_not_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Who looks for words or days looks everywhere, so gets the list first. A filter that does not exist is a 400."""
    filters = EventFilter(request.GET, queryset=visible_events(request.user))
    asked = filters.names_in_force
    first_view = "lista" if {"q", "desde", "hasta"} & set(asked) else "mes"
    view = request.GET.get("vista", first_view)
    view = view if view in VIEWS else first_view
    events = filters.qs.with_room().select_related("format", "series", "municipality").only(*OF_AN_ENTRY)
    if filters.problems:
        events = events.none()
    span = _span(request, view) if view in SPANS else None
    if span:
        shown = {"mes": _month, "semana": _week, "anio": _year}[view](request, events, span)
    else:
        shown = _list(request, events, bool(asked))
    if not filters.problems:
        filters.count_choices(
            lambda rows: rows.within(span.first, span.last) if span else _listed(rows, shown["period"])
        )
    context: dict[str, Any] = {
        "filter": filters,
        "is_filtered": bool(asked),
        "view": view,
        "views": _views(request, view, span),
        "span": span,
        "subscription": None if filters.problems else subscription(filters.query_string),
        **shown,
    }
    return render(request, "events/calendar.html", context, status=400 if filters.problems else 200)


def _address(request: HttpRequest, view: str, **changes: str | None) -> str:
    """The calendar under the same filters in another view or period."""
    query = request.GET.copy()
    for name in ("vista", *PERIOD_NAMES):
        query.pop(name, None)
    query["vista"] = view
    for name, value in changes.items():
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def _views(request: HttpRequest, current: str, span: Span | None) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is this one) of each view, at about the same time."""
    today = timezone.localdate()
    day = today if span is None or today in span else span.first + timedelta(days=3)
    return [
        (str(words), _address(request, view, **({view: SPANS[view](day)} if view in SPANS else {})), view == current)
        for view, words in VIEWS.items()
    ]


def _span(request: HttpRequest, view: str) -> Span:
    """The period asked for; anything that is none is the present one."""
    today = timezone.localdate()
    first = _first_day(view, request.GET.get(view, ""), today)
    last = {"mes": _last_of_month(first), "semana": first + timedelta(days=6), "anio": date(first.year, 12, 31)}[view]
    labels = {"mes": date_format(first, _("F \\d\\e Y")), "semana": _week_label(first, last), "anio": str(first.year)}

    def address(day: date) -> str:
        return _address(request, view, **{view: SPANS[view](day)}) if FIRST_YEAR <= day.year <= LAST_YEAR else ""

    return Span(
        view=view,
        label=labels[view],
        first=first,
        last=last,
        previous=address(first - timedelta(days=1)),
        today=_address(request, view),
        next=address(last + timedelta(days=1)),
        is_current=first <= today <= last,
    )


def _first_day(view: str, text: str, today: date) -> date:
    parts = SPAN_FORMATS[view].fullmatch(text)
    with contextlib.suppress(ValueError):
        if parts and FIRST_YEAR <= int(parts[1]) <= LAST_YEAR:
            year, number = int(parts[1]), int(parts[2] or 1)
            return date.fromisocalendar(year, number, 1) if view == "semana" else date(year, number, 1)
    if view == "semana":
        return today - timedelta(days=today.weekday())
    return today.replace(day=1) if view == "mes" else date(today.year, 1, 1)


def _last_of_month(first: date) -> date:
    return first.replace(day=months.monthrange(first.year, first.month)[1])


def _week_label(first: date, last: date) -> str:
    return _("Semana {days}").format(days=dates.day_range_label(first, last))


def _by_time(events: EventQuerySet) -> EventQuerySet:
    return events.order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")


def _events_label(count: int) -> str:
    return ngettext("{count} evento", "{count} eventos", count).format(count=count)


def _days(request: HttpRequest, span: Span, days: Iterable[date], shown: Iterable[Event]) -> dict[date, Day]:
    """The days with their events; an event of several days stands in each of them."""
    today = timezone.localdate()
    weeks: dict[str, str] = {}
    found: dict[date, Day] = {}
    for day in days:
        week = f"{day:%G-W%V}"
        if week not in weeks:
            weeks[week] = _address(request, "semana", semana=week)
        found[day] = Day(
            day=day, number=day.day, iso=f"{day:%Y-%m-%d}", label=date_format(day, _("l j \\d\\e F")),
            href=f"{weeks[week]}#dia-{day:%Y-%m-%d}", in_month=day in span, is_today=day == today,
        )  # fmt: skip
    for event in shown:
        if event.first_day:
            day, last = max(event.first_day, span.first), min(event.last_day or event.first_day, span.last)
            while day <= last:
                found[day].events.append(event)
                day += timedelta(days=1)
    for one in found.values():
        name = _("{day}, hoy").format(day=one.label) if one.is_today else one.label
        one.label = _("{day}: {events}").format(day=name, events=_events_label(len(one.events)))
    return found


def _write(days: Iterable[Day], besides: Iterable[Event] = ()) -> dict[int, Entry]:
    """Put the words of their events into the days. Of those events alone, and of some ``besides``: the words of one
    that nobody sees cost as much. Answers them by event."""
    seen = {event.pk: event for event in (*besides, *(event for day in days for event in day.events))}
    words = dict(zip(seen, entries(seen.values()), strict=True))
    for day in days:
        day.entries = [words[event.pk] for event in day.events]
    return words


def _month(request: HttpRequest, events: EventQuerySet, span: Span) -> dict[str, Any]:
    shown = list(_by_time(events.within(span.first, span.last)))
    weeks = months.Calendar().monthdatescalendar(span.first.year, span.first.month)
    days = _days(request, span, (day for week in weeks for day in week), shown)
    for day in days.values():
        if len(day.events) > IN_A_CELL:
            day.more = len(day.events) - IN_A_CELL + 1
            words = ngettext("{day}: {count} evento más", "{day}: {count} eventos más", day.more)
            day.more_label = words.format(day=date_format(day.day, _("j \\d\\e F")), count=day.more)
            del day.events[IN_A_CELL - 1 :]
    written = _write(days.values(), shown[:AGENDA])
    for day in days.values():
        day.marks = mark_safe("".join(_mark(entry, day.day) for entry in day.entries))
    weekdays = [(str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)]
    whole = {"desde": f"{span.first:%Y-%m-%d}", "hasta": f"{span.last:%Y-%m-%d}"}
    return {
        "month": Month(span.label, weekdays, [[days[day] for day in week] for week in weeks]),
        "entries": list(written.values()),
        "agenda": [written[event.pk] for event in shown[:AGENDA]],
        "rest": len(shown) - AGENDA,
        "whole_list": _address(request, "lista", **whole) if len(shown) > AGENDA else "",
        **_around(events, span, shown),
    }


def _mark(entry: Entry, day: date) -> str:
    """An event in a day of the month. Not in the template: some in each day were a third of the page's cost."""
    is_off = entry.state == "danger"
    css = f"cal-entry tone-{entry.state}{' cal-over' if entry.is_over else ''}{' cal-cancelled' if is_off else ''}"
    hour = entry.clock if day == entry.first_day else entry.until if day == entry.last_day else ""
    title = f'<span lang="{entry.lang}">{escape(entry.title)}</span>' if entry.lang else escape(entry.title)
    return (
        f'<a class="{css}" href="{escape(entry.href)}"><i aria-hidden="true">{escape(entry.glyph)}</i>'
        f"<span>{f'<b>{escape(hour)}</b> ' if hour else ''}{title}"
        f"{f' ({escape(entry.state_label)})' if is_off else ''}</span></a>"
    )


def _week(request: HttpRequest, events: EventQuerySet, span: Span) -> dict[str, Any]:
    shown = list(_by_time(events.within(span.first, span.last)))
    days = _days(request, span, (span.first + timedelta(days=number) for number in range(7)), shown)
    _write(days.values())
    return {"days": list(days.values()), "entries": shown, **_around(events, span, shown)}


def _year(request: HttpRequest, events: EventQuerySet, span: Span) -> dict[str, Any]:
    """Twelve small months with how many events each has; an event of several days counts on each of them."""
    on_day: Counter[date] = Counter()
    in_month: Counter[int] = Counter()
    rows: list[tuple[date, date]] = list(
        events.within(span.first, span.last).order_by().values_list("first_day", "last_day")
    )
    for first, last in rows:
        day, end = max(first, span.first), min(last, span.last)
        in_month.update(range(day.month, end.month + 1))
        on_day.update(day + timedelta(days=number) for number in range((end - day).days + 1))
    year = [
        _small_month(request, date(span.first.year, number, 1), in_month[number], on_day) for number in range(1, 13)
    ]
    weekdays = [(str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)]
    return {"year": year, "weekdays": weekdays, "total_label": _events_label(len(rows))}


def _small_month(request: HttpRequest, first: date, count: int, on_day: Counter[date]) -> SmallMonth:
    today = timezone.localdate()

    def small(day: date) -> SmallDay:
        if day.month != first.month:
            return SmallDay(None, "", is_today=False)
        return SmallDay(day.day, _events_label(on_day[day]) if day in on_day else "", is_today=day == today)

    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    return SmallMonth(
        label=date_format(first, "F"),
        href=_address(request, "mes", mes=f"{first:%Y-%m}"),
        count_label=_events_label(count),
        weeks=[[small(day) for day in week] for week in weeks],
    )


def _around(events: EventQuerySet, span: Span, shown: list[Event]) -> dict[str, Any]:
    """Where the period is empty: the nearest event before and after it."""
    near: dict[str, Any] = {"earlier": None, "later": None}
    if not shown:
        before = events.filter(first_day__lt=span.first).order_by("-first_day", "-pk").values("pk")[:1]
        after = events.filter(first_day__gt=span.last).order_by("first_day", "pk").values("pk")[:1]
        for event in events.filter(Q(pk=Subquery(before)) | Q(pk=Subquery(after))):
            near["later" if event.first_day and event.first_day > span.last else "earlier"] = event
    return near


def entries(events: Iterable[Event], *, name_series: bool = True) -> list[Entry]:
    """The events with their words. Needs ``with_room()``, ``format``, ``municipality`` and, to be named, ``series``."""
    address = reverse("event_detail", args=["slug"])
    before, after = address.rsplit("slug", 1)
    found: dict[Any, Any] = {}  # many events of a month share their day, or their hours
    english = (get_language() or "es").startswith("en")
    rows = []
    for event in events:
        day = event.first_day, event.last_day
        hours = *day, event.starts_at, event.ends_at, event.time_zone
        if day not in found:
            found[day] = event.day_label, _leaf(event.first_day)
        if hours not in found:
            found[hours] = event.time_label
        lang = "es" if english and not event.title_en else ""
        times = found[day][0], found[hours], found[day][1]
        rows.append(_entry(event, f"{before}{event.slug}{after}", name_series, times, lang))
    return rows


def _entry(event: Event, href: str, name_series: bool, times: Times, lang: str) -> Entry:
    state, label = _state(event)
    days, hours, leaf = times
    kind = event.numbered_name if event.number_in_series else event.format.label.split(" (")[0]
    return Entry(
        href=href,
        title=event.label,
        lang=lang,
        glyph=event.format.glyph,
        kind=f"{kind} · {event.series.label}" if name_series and event.series else kind,
        first_day=event.first_day,
        last_day=event.last_day or event.first_day,
        leaf=leaf,
        days=days,
        clock=event.start_time.strftime("%H:%M") if event.start_time else "",
        until=_("hasta {hour}").format(hour=event.end_time.strftime("%H:%M")) if event.end_time else "",
        hours=hours,
        place=event.where_label,
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


def _list(request: HttpRequest, events: EventQuerySet, is_filtered: bool) -> dict[str, Any]:
    """What comes, soonest first, then what was, latest first. Without filters only what comes."""
    period = request.GET.get("cuando", "todos" if is_filtered else "proximos")
    dated = events.exclude(first_day=None)
    undated = events.undated().order_by("-pk")
    if period == "por-confirmar":
        dated = undated
    elif period == "anteriores":
        dated = dated.exclude(is_ahead()).order_by("-first_day", F("starts_at").desc(nulls_last=True), "-pk")
    elif period == "todos":
        dated = _coming_first(dated)
    else:
        period, dated = "proximos", dated.upcoming()
    page = Paginator(dated, PAGE).get_page(request.GET.get("pagina"))
    besides = list(undated[: PAGE + 1]) if period in {"proximos", "todos"} and page.number == 1 else []
    return {
        "period": period,
        "periods": [(value, text, value == period) for value, text in PERIODS],
        "page": page,
        "entries": entries(page.object_list),
        "undated": entries(besides[:PAGE]),
        "has_more_undated": len(besides) > PAGE,
    }


def _listed(events: EventQuerySet, period: str) -> EventQuerySet:
    """All that a period of the list holds, what has no day included."""
    if period == "por-confirmar":
        return events.filter(first_day=None)
    if period == "anteriores":
        return events.exclude(first_day=None).exclude(is_ahead())
    return events if period == "todos" else events.not_over()


def _coming_first(events: EventQuerySet) -> EventQuerySet:
    past = Case(When(is_ahead(), then=Value(0)), default=Value(1), output_field=IntegerField())
    soonest = Case(When(is_ahead(), then=F("first_day")))
    return events.annotate(past=past).order_by("past", soonest, "-first_day", "starts_at", "pk")
