"""Published actions to take away in the shape of GCoM's framework, for one municipality or for all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.documents import crf_mapping, crf_sheets
from actions.forms import CrfForm
from actions.rules import published_actions
from actions.views.staff import staff_only
from web.tabular import xlsx_response


@require_safe
@staff_only
def crf_export(request: HttpRequest) -> HttpResponse:
    context = {"form": CrfForm(), "mapping": crf_mapping(), "total": published_actions().count()}
    return render(request, "actions/staff/crf.html", context)


@require_safe
@staff_only
def crf_xlsx(request: HttpRequest) -> HttpResponse:
    form = CrfForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "mapping": crf_mapping(), "total": published_actions().count()}
        return render(request, "actions/staff/crf.html", context, status=422)
    actions, where = published_actions(), "todos"
    if municipality := form.cleaned_data["municipio"]:
        actions, where = actions.filter(municipality=municipality), municipality.slug
    day = timezone.localdate().isoformat()
    return xlsx_response(f"acciones-con-forma-crf-{where}-{day}.xlsx", crf_sheets(actions))
