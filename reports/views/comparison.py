"""Municipalities that work on the same, side by side: for everybody what is published, for staff all that was sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from rules.contrib.views import permission_required

from actions.enums import ActionStatus
from actions.figures.comparison import MOST_COMPARED, PlaceActions, compared, how_many, units, working_on
from actions.models import ActionQuerySet, EmissionEstimate, Hazard, Measured
from actions.rules import published_actions, reviewable_actions
from actions.templatetags.action_tags import amount, pesos, tonnes
from network.models import Pathway, Sector
from network.rules import visible_municipalities
from reports.forms import ComparisonForm
from web.shared import shared
from web.tabular import csv_response
from web.templatetags.components import thousands

# Where nobody chose, so many with the most actions begin.
TO_BEGIN = 4
# So many indicators or estimates of one municipality are written out in a cell.
IN_A_CELL = 5


@dataclass(frozen=True)
class Fact:
    """A line of the table: a cell for each municipality, of one or several short texts; none where it is unknown."""

    label: str
    cells: Sequence[Sequence[str]]
    is_count: bool = False


@shared
@login_not_required
@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/comparison.html", _compare(request, published_actions()))


@login_not_required
@require_safe
def comparison_csv(request: HttpRequest) -> HttpResponse:
    return _csv(_compare(request, published_actions()))


@require_safe
@permission_required("actions.review_actions", raise_exception=True)
def staff_comparison(request: HttpRequest) -> HttpResponse:
    context = _compare(request, reviewable_actions(request.user), is_staff=True)
    return render(request, "reports/staff/comparison.html", context)


@require_safe
@permission_required("actions.review_actions", raise_exception=True)
def staff_comparison_csv(request: HttpRequest) -> HttpResponse:
    return _csv(_compare(request, reviewable_actions(request.user), is_staff=True))


def _compare(request: HttpRequest, visible: ActionQuerySet, *, is_staff: bool = False) -> dict[str, Any]:
    form = ComparisonForm(request.GET, sectors=Sector.objects.all(), pathways=Pathway.objects.all(),
                          hazards=Hazard.objects.filter(applies_inland=True))  # fmt: skip
    form.is_valid()  # a choice that does not exist narrows nothing and says so at its field
    wanted = form.cleaned_data
    actions = working_on(
        visible, sector=wanted.get("sector", ""), pathway=wanted.get("camino", ""), hazard=wanted.get("amenaza", "")
    )
    counts = how_many(actions)
    places = list(visible_municipalities(request.user).order_by("sort_name"))
    asked = set(request.GET.getlist("municipio"))
    chosen = [place for place in places if place.slug in asked]
    too_many = len(chosen) > MOST_COMPARED
    if not chosen:
        busiest = sorted((place for place in places if place.pk in counts), key=lambda place: -counts[place.pk])
        chosen = sorted(busiest[:TO_BEGIN], key=lambda place: place.sort_name)
    rows = compared(actions, chosen[:MOST_COMPARED])
    offered = [
        (place, counts.get(place.pk, 0), place in chosen) for place in places if place.pk in counts or place in chosen
    ]
    return {
        "form": form,
        "rows": rows,
        "facts": [(fact, list(zip(rows, fact.cells, strict=True))) for fact in _facts(rows, is_staff=is_staff)],
        "offered": offered,
        "is_asked": bool(asked),
        "too_many": too_many,
        "most": MOST_COMPARED,
        "others": [(name, value) for name, value in wanted.items() if value],
    }


def _csv(context: dict[str, Any]) -> HttpResponse:
    head = [_("Dato"), *(row.place.name for row in context["rows"])]
    lines = [[fact.label, *("; ".join(cell) for cell in fact.cells)] for fact, _cells in context["facts"]]
    return csv_response(_("comparacion.csv"), head, lines)


def _facts(rows: Sequence[PlaceActions], *, is_staff: bool) -> Iterator[Fact]:
    yield Fact(_("Región"), [[row.place.region.name] for row in rows])
    yield Fact(_("Población 2020"), [[thousands(row.place.population)] for row in rows])
    yield Fact(_("Acciones"), [[str(len(row.actions))] for row in rows], is_count=True)
    if is_staff:
        yield Fact(_("De ellas, publicadas"), [[str(row.published)] for row in rows])
    for status, words in ActionStatus.choices:
        if any(row.by_status[status] for row in rows):
            yield Fact(str(words), [[str(row.by_status[status])] for row in rows])
    yield Fact(_("Presupuesto (pesos)"), [_budget(row) for row in rows])
    for unit in units(rows):
        cells = [_some([_indicator(one) for one in row.measured_in(unit)]) for row in rows]
        yield Fact(_("Se mide en %(unit)s") % {"unit": unit}, cells)
    yield Fact(_("Emisiones que se evitan"), [_some([_estimate(one) for one in row.estimates]) for row in rows])


def _budget(row: PlaceActions) -> list[str]:
    known, whole = row.budgets, len(row.actions)
    if not known:
        return []
    told = ngettext("de %(known)s de %(whole)s acción", "de %(known)s de %(whole)s acciones", whole)
    return [f"{pesos(sum(known))} ({told % {'known': len(known), 'whole': whole}})"]


def _indicator(one: Measured) -> str:
    indicator, latest = one.indicator, one.latest
    words = {"name": indicator.name, "target": amount(indicator.target), "unit": indicator.unit}
    if latest is None:
        return _("%(name)s: meta de %(target)s %(unit)s, sin lecturas") % words
    return _("%(name)s: %(value)s de %(target)s %(unit)s") % {**words, "value": amount(latest.value)}


def _estimate(one: EmissionEstimate) -> str:
    if one.kind == "expected":
        period = _("al año, esperado")
    else:
        days = [date_format(day, "SHORT_DATE_FORMAT") for day in (one.starts_on, one.ends_on)]
        period = _("logrado del %(start)s al %(end)s") % {"start": days[0], "end": days[1]}
    grade = _("evidencia %(grade)s") % {"grade": one.factor_evidence} if one.factor_evidence else _("método propio")
    return f"{tonnes(one)} {period} ({grade})"


def _some(texts: list[str]) -> list[str]:
    if len(texts) <= IN_A_CELL:
        return texts
    rest = len(texts) - IN_A_CELL + 1
    return [*texts[: IN_A_CELL - 1], ngettext("y %(n)s más", "y %(n)s más", rest) % {"n": rest}]
