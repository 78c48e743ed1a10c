"""Actions by spreadsheet: taken away, changed there, and brought back; first as a dry run, then all of it at once.

Both desks use the same views; the address says whose (``side``).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from actions.filters import ActionFilter, LiaisonActionFilter, StaffActionFilter
from actions.forms.sheet import MOST_WRITTEN, Desk, SheetForm, entries, liaison_desk, staff_desk
from actions.forms.sheet_parts import dry_run, part_entries
from actions.imports import ActionSheet
from actions.rules import municipal_actions, reviewable_actions, visible_actions
from actions.services import StaleRows, load_actions
from municipalities.models import Municipality
from network.enums import LoadKind, Verdict
from network.models import SheetLoad
from network.rules import own_loads
from network.services import LoadGone, LoadRow, discard_load, keep_load, rewrite_load
from web.sheets import Refused, read_tables
from web.workbooks import OURS, csv_download, table_csv, tables_xlsx, xlsx_download

PAGE = 50


@dataclass(frozen=True, slots=True)
class Side:
    """Whose desk it is. ``municipality``: None at the institute."""

    name: str
    desk: Desk
    municipality: Municipality | None

    @property
    def file_name(self) -> str:
        whose = slugify(self.municipality.name) if self.municipality else "red"
        return f"acciones-{whose}-{timezone.localdate()}"

    def narrowed(self, request: HttpRequest) -> ActionFilter:
        """The actions that the filters of the list leave."""
        kind = StaffActionFilter if self.municipality is None else LiaisonActionFilter
        return kind(request.GET, queryset=self.desk.actions)


def _side(request: HttpRequest, side: str) -> Side:
    """The reader's own desk; 403 for whoever does not work there."""
    user = request.user
    if side == "staff":
        if not user.has_perm("actions.review_actions"):
            raise PermissionDenied
        return Side(side, staff_desk(reviewable_actions(user)), None)
    if not user.has_perm("actions.add_action"):
        raise PermissionDenied
    municipality: Municipality = user.liaison_municipality  # type: ignore[assignment]
    return Side(side, liaison_desk(municipal_actions(user), municipality, visible_actions(user)), municipality)


def _loads(request: HttpRequest, here: Side) -> Any:
    return own_loads(request.user, LoadKind.ACTIONS).filter(municipality=here.municipality)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sheet(request: HttpRequest, side: str) -> HttpResponse:
    """Take the actions away, take an empty sheet away, or send one."""
    here = _side(request, side)
    posted = request.method == "POST"
    form = SheetForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and form.is_valid() and (answer := _send(request, here, form)):
        return answer
    return _sheet_page(request, here, form, status=422 if posted else 200)


def _sheet_page(request: HttpRequest, here: Side, form: SheetForm, *, status: int = 200) -> HttpResponse:
    """A filter that does not exist is a 400 that says so, here and where the file itself was asked for."""
    narrowed = here.narrowed(request)
    context = _context(here) | {
        "form": form,
        "filter": narrowed,
        "query": narrowed.query_string,
        "loads": _loads(request, here)[:5],
        "most": MOST_WRITTEN,
        "total": 0 if narrowed.problems else narrowed.qs.count(),
    }
    wrong = status == 200 and narrowed.problems
    return render(request, "actions/sheets/sheet.html", context, status=400 if wrong else status)


def _send(request: HttpRequest, here: Side, form: SheetForm) -> HttpResponse | None:
    upload = form.cleaned_data["file"]
    sheet = ActionSheet()
    try:
        read = read_tables(upload.read(), sheet.tables, ignored=OURS)
    except Refused as refused:
        form.add_error("file", str(refused))
        return None
    rows = dry_run(read, sheet, here.desk)
    if not rows:
        form.add_error("file", _("La hoja no tiene ninguna fila."))
        return None
    kept = keep_load(
        kind=LoadKind.ACTIONS, rows=rows, file_name=upload.name or "", by=request.user, municipality=here.municipality
    )
    return redirect(f"{here.name}_action_load", kept.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def load(request: HttpRequest, side: str, pk: int) -> HttpResponse:
    """The dry run of a file; confirmed or thrown away from here."""
    here = _side(request, side)
    found = get_object_or_404(_loads(request, here), pk=pk)
    if request.method != "POST":
        return _page(request, here, found)
    if request.POST.get("do") == "discard":
        discard_load(load=found)
        messages.success(request, _("Carga descartada. No se guardó nada."))
        return redirect(f"{here.name}_action_sheet")
    if not found.is_confirmable:
        return _page(request, here, found, status=409)
    return _confirm(request, here, found)


def _confirm(request: HttpRequest, here: Side, found: SheetLoad) -> HttpResponse:
    try:
        done = load_actions(
            load=found,
            entries=entries(found, here.desk),
            parts=part_entries(found, here.desk),
            states=here.desk.states,
            by=request.user,
        )
    except LoadGone:
        found.refresh_from_db()
        return _page(request, here, found, status=409)
    except StaleRows as stale:
        _refuse(found, stale.rows)
        return _page(request, here, found, status=409)
    said = ngettext("Se guardó {n} fila de la hoja.", "Se guardaron {n} filas de la hoja.", done)
    messages.success(request, said.format(n=f"{done:,}"))
    return redirect(f"{here.name}_action_load", found.pk)


def _refuse(found: SheetLoad, stale: list[dict[str, Any]]) -> None:
    """Say of these rows that they do not hold any more."""
    said = _("la acción cambió mientras usted revisaba la carga: descargue la hoja de nuevo.")
    rows = [LoadRow(**row) for row in found.rows]
    addresses = {row["address"] for row in stale}
    for row in rows:
        if row.address in addresses:
            row.verdict, row.faults, row.data = Verdict.REFUSED, [(row.address, said)], {}
    rewrite_load(load=found, rows=rows)


def _page(request: HttpRequest, here: Side, found: SheetLoad, *, status: int = 200) -> HttpResponse:
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("pagina"))
    context = _context(here) | {"load": found, "page": page}
    return render(request, "actions/sheets/load.html", context, status=status)


def _context(here: Side) -> dict[str, Any]:
    eyebrow = here.municipality.name if here.municipality else ""
    return {"side": here.name, "place": here.municipality, "eyebrow": eyebrow}


@require_safe
def export_xlsx(request: HttpRequest, side: str) -> HttpResponse:
    here = _side(request, side)
    narrowed = here.narrowed(request)
    if narrowed.problems:
        return _sheet_page(request, here, SheetForm())
    sheet = ActionSheet()
    filled = sheet.filled(here.desk.for_sheet(narrowed.qs))
    data = tables_xlsx(_("Acciones climáticas"), filled, notes=_notes())
    return xlsx_download(f"{here.file_name}.xlsx", data)


@require_safe
def export_csv(request: HttpRequest, side: str) -> HttpResponse:
    here = _side(request, side)
    narrowed = here.narrowed(request)
    if narrowed.problems:
        return _sheet_page(request, here, SheetForm())
    sheet = ActionSheet()
    data = table_csv(sheet.table, (sheet.stored(action) for action in here.desk.for_sheet(narrowed.qs)))
    return csv_download(f"{here.file_name}.csv", data)


@require_safe
def template(request: HttpRequest, side: str) -> HttpResponse:
    """The empty sheet, with its lists and its help."""
    _side(request, side)
    data = tables_xlsx(_("Acciones climáticas"), ActionSheet().filled([]), notes=_notes())
    return xlsx_download("plantilla-acciones.xlsx", data)


def _notes() -> list[str]:
    return [
        _("Una fila es una acción; los hitos, los demás indicadores y las lecturas tienen hojas propias."),
        _("Las columnas con * son obligatorias."),
        _("Clave, Versión y Número los pone el portal: no los cambie. Una fila sin clave registra una acción nueva."),
        _("Una hoja o una fila que falta no borra nada: lo que ya no va se quita en el portal."),
        _("Al subir el libro, primero se muestra qué cambiaría. Una carga escribe {n} filas como máximo.").format(
            n=f"{MOST_WRITTEN:,}"
        ),
    ]
