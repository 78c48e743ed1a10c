"""What the lists of liaisons and staff share: views kept under a name, and the columns that are shown.

Both are parts of the address (``columna=…`` once for each), so a view is a query string under a name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from actions import services
from actions.enums import ActionList
from actions.forms import SavedViewForm
from actions.models import Action, SavedView
from actions.templatetags.action_tags import pesos, review_badge, status_badge

ADDRESS = {ActionList.LIAISON: "liaison_action_list", ActionList.STAFF: "staff_action_list"}
PERMISSION = {ActionList.LIAISON: "actions.add_action", ActionList.STAFF: "actions.review_actions"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that may be shown; ``read`` gives a cell as text or markup, empty where nothing is known."""

    code: str
    label: Any
    read: Callable[[Action], Any]
    is_number: bool = False


def _day(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if value else ""


def _money(value: Any) -> str:
    return "" if value is None else pesos(value)


COLUMNS = [
    Column("municipio", gettext_lazy("Municipio"), lambda row: row.municipality.name),
    Column("sector", gettext_lazy("Sector"), lambda row: row.sector.label),
    Column("camino", gettext_lazy("Camino de entrada"), lambda row: row.pathway.label),
    Column("revision", gettext_lazy("Revisión"), review_badge),
    Column("situacion", gettext_lazy("Situación"), status_badge),
    Column("avance", gettext_lazy("Avance"), lambda row: "" if row.progress is None else f"{row.progress} %", True),
    Column("inicia", gettext_lazy("Inicia"), lambda row: _day(row.starts_on)),
    Column("termina", gettext_lazy("Termina (plan)"), lambda row: _day(row.ends_on)),
    Column("seguimiento", gettext_lazy("Último seguimiento"), lambda row: _day(row.last_follow_up_on)),
    Column("enviada", gettext_lazy("Enviada"), lambda row: _day(row.submitted_at)),
    Column("area", gettext_lazy("Área responsable"), lambda row: row.responsible_area),
    Column("presupuesto", gettext_lazy("Presupuesto (pesos)"), lambda row: _money(row.budget), True),
]
SHOWN = {
    ActionList.LIAISON: ("revision", "situacion", "avance", "seguimiento"),
    ActionList.STAFF: ("municipio", "revision", "situacion", "enviada"),
}
NOT_OFFERED = {ActionList.LIAISON: {"municipio"}, ActionList.STAFF: set[str]()}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list, every cell ready."""

    action: Action
    key: str
    cells: Sequence[tuple[str, Any, bool]]


def own_views(request: HttpRequest, which: ActionList) -> list[SavedView]:
    """The views that the person keeps of a list: asked for once, for the redirect and for the page."""
    return list(SavedView.objects.filter(user=request.user.pk, list=which))


def default_view(request: HttpRequest, views: Sequence[SavedView]) -> HttpResponse | None:
    """The list without a query opens with the person's own default view, if there is one."""
    view = next((view for view in views if view.is_default and not request.GET), None)
    return redirect(_opened(view)) if view else None


def list_context(
    request: HttpRequest, which: ActionList, rows: Sequence[Action], views: Sequence[SavedView]
) -> dict[str, Any]:
    """Columns, lines and the person's views of the list."""
    offered = [column for column in COLUMNS if column.code not in NOT_OFFERED[which]]
    asked = set(request.GET.getlist("columna")) & {column.code for column in offered}
    wanted = asked or set(SHOWN[which])
    columns = [column for column in offered if column.code in wanted]
    labels = [str(column.label) for column in columns]
    lines = [
        Line(
            row,
            f"{row.pk}-{row.version}",
            [(label, column.read(row), column.is_number) for label, column in zip(labels, columns, strict=True)],
        )
        for row in rows
    ]
    return {
        "columns": columns,
        "lines": lines,
        "offered": [(column.code, column.label, column.code in wanted) for column in offered],
        "others": [(name, value) for name, values in request.GET.lists() for value in values if name not in PASSING],
        "views": [(view, _opened(view), request.GET.get("vista") == str(view.pk)) for view in views],
        "has_current": any(request.GET.get("vista") == str(view.pk) for view in views),
        "base": reverse(ADDRESS[which]),
        "ways": ways(request, which, "list"),
        "keep_view": reverse(f"{which}_saved_view_create"),
        "view_query": request.GET.urlencode(),
    }


def ways(request: HttpRequest, which: ActionList, current: str) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is this one) of the list, the board and the calendar of the same filters; for staff
    also of what is overdue."""
    query = request.GET.copy()
    for name in ("pagina", "vista", "marcar", "tablero", "mes", "zona", "que", "ver"):
        query.pop(name, None)
    kept = f"?{query.urlencode()}" if query else ""
    names = [("list", _("Lista")), ("board", _("Tablero")), ("agenda", _("Calendario"))]
    if which == ActionList.STAFF:
        names.append(("overdue", _("Atrasadas")))
    return [(words, reverse(f"{which}_action_{name}") + kept, name == current) for name, words in names]


# What a form of columns does not carry along.
PASSING = {"columna", "pagina", "vista"}


def _opened(view: SavedView) -> str:
    query = f"{view.query}&vista={view.pk}" if view.query else f"vista={view.pk}"
    return f"{reverse(ADDRESS[ActionList(view.list)])}?{query}"


def _allowed(request: HttpRequest, which: ActionList) -> None:
    if not request.user.has_perm(PERMISSION[which]):
        raise PermissionDenied


@require_http_methods(["GET", "HEAD", "POST"])
def saved_view_create(request: HttpRequest, which: str) -> HttpResponse:
    """Keep the filters and columns that the list was left with, and manage those kept before."""
    listing = ActionList(which)
    _allowed(request, listing)
    own = SavedView.objects.filter(user=request.user.pk, list=listing)
    typed = request.POST or None
    form = SavedViewForm(typed, user=request.user, which=listing, initial={"query": request.GET.urlencode()})
    if form.is_valid():
        given = form.cleaned_data
        view = services.save_view(which=listing, by=request.user, **given)
        messages.success(request, _("Vista «{name}» guardada.").format(name=view.name))
        return redirect(_opened(view))
    context = {
        "form": form,
        "which": which,
        "back": reverse(ADDRESS[listing]),
        "views": [(view, _opened(view), reverse(f"{which}_saved_view_delete", args=[view.pk])) for view in own],
    }
    return render(request, "actions/saved_views.html", context, status=422 if form.is_bound else 200)


@require_POST
def saved_view_delete(request: HttpRequest, which: str, pk: int) -> HttpResponse:
    """Only one's own: those of others are missing."""
    listing = ActionList(which)
    _allowed(request, listing)
    view = get_object_or_404(SavedView, user=request.user.pk, list=listing, pk=pk)
    services.delete_view(view=view)
    messages.success(request, _("Vista «{name}» quitada.").format(name=view.name))
    return redirect(f"{which}_saved_view_create")
