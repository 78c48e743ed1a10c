"""A report for every municipality in one go, now or by schedule."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.documents import period_in_words
from reports.documents.packed import packed
from reports.forms import BatchForm, ScheduleForm
from reports.models import ReportBatch
from reports.rules import visible_batches, visible_reports, visible_schedules
from reports.services import batches, schedules

PER_PAGE = 25
staff_only = permission_required("reports.issue_report", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def batch_list(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        batch = batches.request_batch(**form.cleaned_data, by=request.user)
        messages.success(request, _("Los informes se están preparando."))
        return redirect("staff_report_batch", batch.pk)
    page = Paginator(visible_batches(request.user).select_related("requested_by", "schedule"), PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    rows = [(batch, period_in_words(batch.starts_on, batch.ends_on)) for batch in page.object_list]
    context = {"form": form, "page": page, "rows": rows}
    return render(request, "reports/staff/batches.html", context, status=422 if form.is_bound else 200)


@require_safe
@staff_only
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    reports = visible_reports(request.user).filter(batch=batch).without_figures().select_related("municipality")
    page = Paginator(reports.order_by("municipality__sort_name"), PER_PAGE).get_page(request.GET.get("pagina"))
    context = {
        "batch": batch,
        "page": page,
        "period": period_in_words(batch.starts_on, batch.ends_on),
        "progress": batches.progress_of(batch),
    }
    return render(request, "reports/staff/batch.html", context)


@require_safe
@staff_only
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress bar alone, asked for every two seconds; once all is done the page loads anew."""
    batch = _batch(request, pk)
    progress = batches.progress_of(batch)
    response = render(request, "reports/staff/_batch_progress.html", {"batch": batch, "progress": progress})
    if not progress.is_unfinished:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_only
def batch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    n = batches.cancel_batch(batch=_batch(request, pk))
    text = ngettext("Se deja sin hacer {n} informe.", "Se dejan sin hacer {n} informes.", n).format(n=n)
    messages.info(request, text)
    return redirect("staff_report_batch", pk)


@require_POST
@staff_only
def batch_resume(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        batches.resume_batch(batch=_batch(request, pk))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Se sigue con los informes que faltan."))
    return redirect("staff_report_batch", pk)


@require_safe
@staff_only
def batch_zip(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """All that are ready, sent as they are read."""
    batch = _batch(request, pk)
    found = visible_reports(request.user).filter(batch=batch)
    response = StreamingHttpResponse(packed(found), content_type="application/zip")
    name = f"informes-{batch.kind}-{batch.starts_on}-{batch.ends_on}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _batch(request: HttpRequest, pk: int) -> ReportBatch:
    return get_object_or_404(visible_batches(request.user).select_related("requested_by", "schedule"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def schedule_list(request: HttpRequest) -> HttpResponse:
    form = ScheduleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            schedules.set_schedule(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Queda programado: el primero se prepara al terminar el periodo en curso."))
            return redirect("staff_report_schedule_list")
    context = {"form": form, "schedules": visible_schedules(request.user).select_related("created_by")}
    return render(request, "reports/staff/schedules.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_only
def schedule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = get_object_or_404(visible_schedules(request.user), pk=pk)
    schedules.switch_schedule(schedule=schedule, active=not schedule.is_active)
    return redirect("staff_report_schedule_list")
