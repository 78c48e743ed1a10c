"""The institute's reports: ask for one, watch it being prepared, take it away."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from municipalities.figures import places
from reports import documents
from reports.documents import kinds, printed
from reports.forms import CorrectionForm, ReportForm
from reports.models import SUBJECTS, IssuedReport
from reports.rules import visible_reports
from reports.services import reports as services
from web.tabular import download
from web.uploads import protected_file_response

PER_PAGE = 25
staff_only = permission_required("reports.issue_report", raise_exception=True)


def _visible(request: HttpRequest, folio: str) -> IssuedReport:
    related = (*SUBJECTS, "requested_by", "replaces", "replaced_by")
    found = visible_reports(request.user).select_related(*related)
    return get_object_or_404(found, folio=folio)


@require_safe
@staff_only
def report_list(request: HttpRequest) -> HttpResponse:
    reports = visible_reports(request.user).select_related(*SUBJECTS, "requested_by")
    reports = reports.without_figures()
    page = Paginator(reports, PER_PAGE).get_page(request.GET.get("pagina"))
    rows = [(report, documents.period_in_words(report.starts_on, report.ends_on)) for report in page.object_list]
    return render(request, "reports/staff/list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def report_create(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        report = services.request_report(**form.cleaned_data, by=request.user)
        messages.success(request, _("El informe se está preparando."))
        return redirect("staff_report_detail", folio=report.folio)
    return render(request, "reports/staff/form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
@staff_only
def report_detail(request: HttpRequest, folio: str) -> HttpResponse:
    report = _visible(request, folio)
    return render(request, "reports/staff/detail.html", _detail(report))


def _detail(report: IssuedReport) -> dict[str, object]:
    return {
        "report": report,
        "figures": kinds.figures_of(report) if report.is_issued else None,
        "changes": printed.changes_since(report, places()) if report.is_issued and report.replaces else (),
        "progress_url": reverse("staff_report_progress", args=[report.folio]),
        "period": documents.period_in_words(report.starts_on, report.ends_on),
    }


@require_safe
@staff_only
def report_progress(request: HttpRequest, folio: str) -> HttpResponse:
    """The progress bar alone, asked for every two seconds; once the report is finished the page loads anew."""
    report = get_object_or_404(visible_reports(request.user).without_figures(), folio=folio)
    response = render(request, "reports/staff/_progress.html", {"report": report, "progress_url": request.path})
    if not report.is_unfinished:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_only
def report_retry(request: HttpRequest, folio: str) -> HttpResponse:
    report = _visible(request, folio)
    try:
        services.retry_report(report=report, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("staff_report_detail", folio=folio)


@require_POST
@staff_only
def report_reprint(request: HttpRequest, folio: str) -> HttpResponse:
    """The same figures on paper again."""
    try:
        services.reprint_report(report=_visible(request, folio))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Se imprime de nuevo, con las mismas cifras."))
    return redirect("staff_report_detail", folio=folio)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def report_correct(request: HttpRequest, folio: str) -> HttpResponse:
    """A new version, counted again, that says what changed and why."""
    report = _visible(request, folio)
    form = CorrectionForm(request.POST or None, instance=report)
    if request.method == "POST" and form.is_valid():
        try:
            new = services.correct_report(report=report, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("staff_report_detail", folio=folio)
        messages.success(request, _("La nueva versión se está preparando."))
        return redirect("staff_report_detail", folio=new.folio)
    context = {"report": report, "form": form}
    return render(request, "reports/staff/correct.html", context, status=422 if form.is_bound else 200)


@require_safe
@staff_only
def report_file(request: HttpRequest, folio: str) -> FileResponse:
    report = get_object_or_404(visible_reports(request.user).issued(), folio=folio)
    return protected_file_response(report.file, _("informe-%(folio)s.pdf") % {"folio": folio})


@require_safe
@staff_only
def report_csv(request: HttpRequest, folio: str) -> HttpResponse:
    """The exact figures that the PDF prints."""
    report = get_object_or_404(visible_reports(request.user).issued(), folio=folio)
    name = _("cifras-%(folio)s.csv") % {"folio": folio}
    return download(printed.figures_csv(report), printed.CSV, name)


@require_safe
@staff_only
def report_json(request: HttpRequest, folio: str) -> HttpResponse:
    """The same, as data: byte by byte what the PDF carries."""
    report = get_object_or_404(visible_reports(request.user).issued(), folio=folio)
    return download(printed.figures_json(report), printed.JSON, _("cifras-%(folio)s.json") % {"folio": folio})
