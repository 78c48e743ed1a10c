"""The reports of the actions of a municipality, for whoever represents it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rules.contrib.views import permission_required

from reports.documents import period_in_words
from reports.forms import OwnReportForm
from reports.models import IssuedReport
from reports.rules import own_reports
from reports.services import reports as services
from web.uploads import protected_file_response

PER_PAGE = 25
liaison_only = permission_required("reports.ask_for_own_report", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@liaison_only
def report_list(request: HttpRequest) -> HttpResponse:
    """What there is, and the form that asks for another."""
    form = OwnReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        report = services.request_own_report(
            municipality=request.user.liaison_municipality, **form.cleaned_data, by=request.user
        )
        messages.success(request, _("El informe se está preparando."))
        return redirect("liaison_report_detail", folio=report.folio)
    page = Paginator(own_reports(request.user).without_figures(), PER_PAGE).get_page(request.GET.get("pagina"))
    rows = [(report, period_in_words(report.starts_on, report.ends_on)) for report in page.object_list]
    context = {"form": form, "page": page, "rows": rows}
    return render(request, "reports/liaison/reports.html", context, status=422 if form.is_bound else 200)


@require_safe
@liaison_only
def report_detail(request: HttpRequest, folio: str) -> HttpResponse:
    report = _own(request, folio)
    context = {
        "report": report,
        "period": period_in_words(report.starts_on, report.ends_on),
        "progress_url": reverse("liaison_report_progress", args=[folio]),
    }
    return render(request, "reports/liaison/report.html", context)


@require_safe
@liaison_only
def report_progress(request: HttpRequest, folio: str) -> HttpResponse:
    """The progress bar alone; once the report is finished the page loads anew."""
    report = _own(request, folio)
    response = render(request, "reports/staff/_progress.html", {"report": report, "progress_url": request.path})
    if not report.is_unfinished:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@liaison_only
def report_file(request: HttpRequest, folio: str) -> FileResponse:
    report = get_object_or_404(own_reports(request.user).issued(), folio=folio)
    return protected_file_response(report.file, _("informe-%(folio)s.pdf") % {"folio": folio})


def _own(request: HttpRequest, folio: str) -> IssuedReport:
    found = own_reports(request.user).without_figures().select_related("municipality", "replaces", "replaced_by")
    return get_object_or_404(found, folio=folio)
