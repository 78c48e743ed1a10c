"""First load: an institute that starts brings its years of spreadsheets, one kind of sheet at a time."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rules.contrib.views import permission_required

from actions.forms.sheet import SheetForm
from events.forms.first_load import PastAttendanceSheet, PastEventSheet
from network.forms.first_load import ContactSheet, DesignationSheet, FirstSheet
from network.models import SheetLoad, SheetLoadQuerySet
from network.rules import own_loads
from network.services import LoadGone, WrongRow, discard_load, keep_load, refuse_row
from web.sheets import Refused, read_tables
from web.workbooks import OURS, tables_xlsx, xlsx_download

PAGE = 50
# In the order in which they are loaded: attendance needs its events.
SHEETS: dict[str, type[FirstSheet]] = {
    "designaciones": DesignationSheet,
    "contactos": ContactSheet,
    "eventos": PastEventSheet,
    "asistencia": PastAttendanceSheet,
}
loads_first = permission_required("network.load_first", raise_exception=True)


def _sheet(what: str) -> FirstSheet:
    if what not in SHEETS:
        raise Http404
    return SHEETS[what]()


def _loads(request: HttpRequest, sheet: FirstSheet) -> SheetLoadQuerySet:
    return own_loads(request.user, sheet.kind).filter(municipality=None)


@require_safe
@loads_first
@never_cache
def first_load_list(request: HttpRequest) -> HttpResponse:
    return render(
        request, "reports/first_load/list.html", {"sheets": {what: sheet() for what, sheet in SHEETS.items()}}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@loads_first
@never_cache
def first_load(request: HttpRequest, what: str) -> HttpResponse:
    """Take the template of one kind away, or send it filled in."""
    sheet = _sheet(what)
    posted = request.method == "POST"
    form = SheetForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and form.is_valid() and (answer := _send(request, what, sheet, form)):
        return answer
    context = {"what": what, "sheet": sheet, "form": form, "loads": _loads(request, sheet)[:5]}
    return render(request, "reports/first_load/sheet.html", context, status=422 if posted else 200)


def _send(request: HttpRequest, what: str, sheet: FirstSheet, form: SheetForm) -> HttpResponse | None:
    upload = form.cleaned_data["file"]
    try:
        rows = sheet.plan(read_tables(upload.read(), [sheet.table], ignored=OURS))
    except Refused as refused:
        form.add_error("file", str(refused))
        return None
    if not rows:
        form.add_error("file", _("La hoja no tiene ninguna fila."))
        return None
    kept = keep_load(kind=sheet.kind, rows=rows, file_name=upload.name or "", by=request.user)
    return redirect("staff_first_load_detail", what, kept.pk)


@require_safe
@loads_first
@never_cache
def first_load_template(request: HttpRequest, what: str) -> HttpResponse:
    """The sheet to fill in, with its lists and its help."""
    sheet = _sheet(what)
    notes = [str(_("Las columnas con * son obligatorias. Una fila que falta no borra nada.")), *map(str, sheet.notes)]
    data = tables_xlsx(str(sheet.kind.label), [(sheet.table, sheet.prefilled())], notes=notes)
    return xlsx_download(f"plantilla-{what}.xlsx", data)


@require_http_methods(["GET", "HEAD", "POST"])
@loads_first
@never_cache
def first_load_detail(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """The dry run of a file; confirmed or thrown away from here."""
    sheet = _sheet(what)
    load = get_object_or_404(_loads(request, sheet), pk=pk)
    if request.method != "POST":
        return _page(request, what, sheet, load)
    if request.POST.get("do") == "discard":
        discard_load(load=load)
        messages.success(request, _("Carga descartada. No se guardó nada."))
        return redirect("staff_first_load", what)
    if not load.is_confirmable:
        return _page(request, what, sheet, load, status=409)
    return _confirm(request, what, sheet, load)


def _confirm(request: HttpRequest, what: str, sheet: FirstSheet, load: SheetLoad) -> HttpResponse:
    try:
        done = sheet.write(load=load, by=request.user)
    except LoadGone:
        load.refresh_from_db()
        return _page(request, what, sheet, load, status=409)
    except WrongRow as wrong:
        refuse_row(load=load, wrong=wrong)
        return _page(request, what, sheet, load, status=409)
    said = ngettext("Se guardó {n} fila. Nadie recibió correo.", "Se guardaron {n} filas. Nadie recibió correo.", done)
    messages.success(request, said.format(n=f"{done:,}"))
    return redirect("staff_first_load_detail", what, load.pk)


def _page(request: HttpRequest, what: str, sheet: FirstSheet, load: SheetLoad, *, status: int = 200) -> HttpResponse:
    page = Paginator(load.rows, PAGE).get_page(request.GET.get("pagina"))
    context = {"what": what, "sheet": sheet, "load": load, "page": page}
    return render(request, "reports/first_load/load.html", context, status=status)
