"""The actions of a list as a board by situation and as a calendar of what is due, under the filters of the list.

A card does not move by itself: its links lead to the forms that say why it moves.
"""

import calendar as months
import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from actions.enums import ActionList, ActionStatus
from actions.filters import ActionFilter, LiaisonActionFilter, StaffActionFilter
from actions.models import Action, ActionQuerySet, Milestone
from actions.rules import municipal_actions, reviewable_actions
from actions.views.lists import ADDRESS, PERMISSION, ways

IN_A_COLUMN = 30
IN_A_CELL = 4
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class Column:
    """A situation with the first of its actions. ``rest``: how many more the list has; ``href`` leads there."""

    code: str
    label: str
    total: int
    cards: list[Action]
    rest: int
    list_href: str
    here_href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone or the planned end of an action, on its day."""

    day: datetime.date
    title: str
    action: str
    place: str
    kind: str
    glyph: str
    state: str  # a tone
    state_label: str
    href: str


@dataclass(slots=True)
class Day:
    day: datetime.date
    label: str
    in_month: bool
    is_today: bool
    entries: list[Due] = field(default_factory=list)
    more: int = 0


@require_safe
def board(request: HttpRequest, which: str) -> HttpResponse:
    """Columns by situation. On a phone one at a time, chosen by links (``tablero``)."""
    listing, actions = _filtered(request, which)
    columns: list[Column] = []
    if not actions.problems:
        columns = _columns(request, listing, actions)
    context = {
        **_common(request, listing, actions, "board"),
        "columns": columns,
        "total": sum(column.total for column in columns),
    }
    return render(request, "actions/board.html", context, status=400 if actions.problems else 200)


@require_safe
def agenda(request: HttpRequest, which: str) -> HttpResponse:
    """A month as a table: milestones and planned ends of the actions that the filters leave."""
    listing, actions = _filtered(request, which)
    first = _month(request.GET.get("mes", ""))
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    due = [] if actions.problems else _due(actions.qs, first, last, listing)
    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    context = {
        **_common(request, listing, actions, "agenda"),
        "label": date_format(first, _("F \\d\\e Y")),
        "weekdays": [(str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)],
        "weeks": _weeks(weeks, due, first),
        "due": due,
        "previous": _month_href(request, first - datetime.timedelta(days=1)),
        "next": _month_href(request, last + datetime.timedelta(days=1)),
        "is_current": first <= timezone.localdate() <= last,
        "today": _month_href(request, timezone.localdate()),
    }
    return render(request, "actions/agenda.html", context, status=400 if actions.problems else 200)


def _filtered(request: HttpRequest, which: str) -> tuple[ActionList, ActionFilter]:
    listing = ActionList(which)
    if not request.user.has_perm(PERMISSION[listing]):
        raise PermissionDenied
    if listing == ActionList.STAFF:
        return listing, StaffActionFilter(request.GET, queryset=reviewable_actions(request.user))
    return listing, LiaisonActionFilter(request.GET, queryset=municipal_actions(request.user))


def _common(request: HttpRequest, listing: ActionList, actions: ActionFilter, way: str) -> dict[str, Any]:
    return {
        "filter": actions,
        "form": actions.form if actions.problems else actions.form_with_counts(),
        "ways": ways(request, listing, way),
        "base": reverse(ADDRESS[listing]),
        "is_staff_list": listing == ActionList.STAFF,
    }


def _columns(request: HttpRequest, listing: ActionList, actions: ActionFilter) -> list[Column]:
    """Every situation that the filters leave, with its first cards: one query for all of them."""
    place = Window(
        RowNumber(), partition_by=[F("status")], order_by=[F("ends_on").asc(nulls_last=True), F("pk").desc()]
    )
    rows: dict[str, list[Action]] = {}
    for action in (
        actions.qs.for_lists().annotate(in_column=place).filter(in_column__lte=IN_A_COLUMN).order_by("in_column")
    ):
        rows.setdefault(action.status, []).append(action)
    chosen = actions.chosen.get("situacion")
    codes = [code for code in ActionStatus.values if chosen in {None, code}]
    counts = actions.counts["situacion"]
    asked = request.GET.get("tablero")
    fullest = next((code for code in (ActionStatus.UNDER_WAY, *codes) if code in codes and counts[code]), codes[0])
    current = asked if asked in codes else fullest
    found = []
    for code in codes:
        here, listed = request.GET.copy(), request.GET.copy()
        here["tablero"] = code
        listed.pop("tablero", None)
        listed["situacion"] = code
        cards = rows.get(code, [])
        found.append(
            Column(
                code=code,
                label=str(ActionStatus(code).label),
                total=counts[code],
                cards=cards,
                rest=counts[code] - len(cards),
                list_href=f"{reverse(ADDRESS[listing])}?{listed.urlencode()}",
                here_href=f"?{here.urlencode()}",
                is_current=code == current,
            )
        )
    return found


def _month(text: str) -> datetime.date:
    """The first day of the month asked for; anything that is none is the present one."""
    parts = re.fullmatch("([0-9]{4})-(0[1-9]|1[0-2])", text)
    if parts and FIRST_YEAR <= int(parts[1]) <= LAST_YEAR:
        return datetime.date(int(parts[1]), int(parts[2]), 1)
    return timezone.localdate().replace(day=1)


def _month_href(request: HttpRequest, day: datetime.date) -> str:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    query = request.GET.copy()
    query["mes"] = f"{day:%Y-%m}"
    return f"?{query.urlencode()}"


def _due(actions: ActionQuerySet, first: datetime.date, last: datetime.date, listing: ActionList) -> list[Due]:
    """Milestones and planned ends of the month, by day. Two queries."""
    base, today = reverse(ADDRESS[listing]), timezone.localdate()
    words = {"done": _("Hecho"), "late": _("Fuera de plazo"), "ahead": _("Por venir")}

    def one(day: datetime.date, title: str, action: Action, kind: str, glyph: str, is_done: bool) -> Due:
        state = "done" if is_done else "late" if day < today else "ahead"
        tone = {"done": "ok", "late": "danger", "ahead": "info"}[state]
        href = f"{base}{action.pk}/"
        return Due(day, title, action.title, action.municipality.name, kind, glyph, tone, words[state], href)

    found = []
    milestones = Milestone.objects.filter(action__in=actions.order_by().values("pk"), due_on__range=(first, last))
    for row in milestones.select_related("action__municipality").defer("action__description", "action__search_text"):
        found.append(one(row.due_on, row.title, row.action, _("Hito"), "◆", row.done_on is not None))
    for action in actions.filter(ends_on__range=(first, last)).for_lists():
        is_over = action.status not in {ActionStatus.PLANNED, ActionStatus.UNDER_WAY}
        found.append(one(action.ends_on, action.title, action, _("Fin del plan"), "■", is_over))
    return sorted(found, key=lambda row: (row.day, row.action, row.title))


def _weeks(weeks: Iterable[list[datetime.date]], due: list[Due], first: datetime.date) -> list[list[Day]]:
    today = timezone.localdate()
    on_day: dict[datetime.date, list[Due]] = {}
    for row in due:
        on_day.setdefault(row.day, []).append(row)
    found = []
    for week in weeks:
        days = []
        for day in week:
            entries = on_day.get(day, [])
            more = len(entries) - IN_A_CELL + 1 if len(entries) > IN_A_CELL else 0
            shown = entries[: IN_A_CELL - 1] if more else entries
            label = date_format(day, _("l j \\d\\e F"))
            days.append(Day(day, label, day.month == first.month, day == today, shown, more))
        found.append(days)
    return found
