"""The institute's board of what is overdue, region by region, and the actions behind each number."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from actions.enums import ActionList
from actions.figures.overdue import Group, Late, by_region, late_actions, late_csv_head, late_csv_rows
from actions.forms import OverdueFilter
from actions.rules import reviewable_actions
from actions.views.lists import ways
from network.guards import personal_file
from network.models import Sector
from network.reminders import TO_INSTITUTE, TO_SUPLENTE
from network.rules import visible_municipalities
from web.tabular import csv_response

staff_only = permission_required("actions.review_actions", raise_exception=True)
ROWS = "acciones"


@require_safe
@staff_only
@never_cache
def board(request: HttpRequest) -> HttpResponse:
    """Municipalities with something overdue, under their regions; ``ver=acciones`` lists the actions themselves."""
    form, rows = _narrowed(request)
    context: dict[str, Any] = {
        "form": form,
        "all": Group(tuple(rows)),
        "as_rows": request.GET.get("ver") == ROWS,
        "to_suplente": TO_SUPLENTE,
        "to_institute": TO_INSTITUTE,
        "ways": ways(request, ActionList.STAFF, "overdue"),
    }
    if context["as_rows"]:
        longest_first = sorted(rows, key=lambda row: row.deadline.due_on)
        context["page"] = Paginator(longest_first, 50).get_page(request.GET.get("pagina"))
    else:
        context["regions"] = by_region(rows)
    return render(request, "actions/staff/overdue.html", context)


@require_safe
@staff_only
@personal_file("overdue")
@never_cache
def board_csv(request: HttpRequest) -> HttpResponse:
    _form, rows = _narrowed(request)
    return csv_response(_("acciones-atrasadas.csv"), late_csv_head(), late_csv_rows(rows))


def _narrowed(request: HttpRequest) -> tuple[OverdueFilter, list[Late]]:
    places = list(visible_municipalities(request.user).order_by("sort_name"))
    form = OverdueFilter(request.GET, places=places, sectors=Sector.objects.all())
    form.is_valid()  # a choice that does not exist narrows nothing and says so at its field
    return form, [
        row
        for row in late_actions(reviewable_actions(request.user))
        if form.keeps(row.action.municipality, row.action.sector, row.deadline.kind)
    ]
