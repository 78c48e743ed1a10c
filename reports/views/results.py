"""What the public reads of the network's results: figures without small cells, as page and as CSV."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.figures import places
from reports import documents
from reports.documents import kinds, printed
from reports.figures import csv_head, csv_rows, public_figures
from reports.forms import ResultsFilter, programmes
from reports.models import SUBJECTS
from reports.rules import public_reports
from web.shared import shared
from web.tabular import csv_response, download


def _refused(request: HttpRequest, form: ResultsFilter) -> HttpResponse:
    return render(request, "reports/results.html", {"form": form, "figures": None}, status=422)


@shared
@login_not_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Everything the portal counted, with denominators, for the whole state or a part of it."""
    at = places()
    form = ResultsFilter(request.GET, places=at, among=programmes(request.user))
    if not form.is_valid():
        return _refused(request, form)
    figures = public_figures(form.scope, form.period, places=at, registered=form.among.registered)
    query = request.GET.urlencode()
    csv_address = reverse("results_csv") + (f"?{query}" if query else "")
    shown = documents.common_context(figures, at, linked=True)
    return render(request, "reports/results.html", {"form": form, "csv_address": csv_address, **shown})


@login_not_required
@require_safe
def results_csv(request: HttpRequest) -> HttpResponse:
    """The numbers of :func:`results` under the same query."""
    at = places()
    form = ResultsFilter(request.GET, places=at, among=programmes(request.user))
    if not form.is_valid():
        return _refused(request, form)
    figures = public_figures(form.scope, form.period, places=at, registered=form.among.registered)
    return csv_response(_("resultados.csv"), csv_head(), csv_rows(figures))


@login_not_required
@require_safe
def report_public(request: HttpRequest, folio: str) -> HttpResponse:
    """What anybody may check of an issued report: what was printed, its hash, its figures without small cells, and
    which version it is."""
    found = public_reports().select_related(*SUBJECTS, "replaces", "replaced_by")
    report = get_object_or_404(found, folio=folio)
    context = {
        "report": report,
        "figures": kinds.figures_of(report, public=True),
        "period": documents.period_in_words(report.starts_on, report.ends_on),
        "changes": printed.changes_since(report, places(), public=True) if report.replaces else (),
    }
    response = render(request, "reports/report_public.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_safe
def report_public_csv(request: HttpRequest, folio: str) -> HttpResponse:
    report = get_object_or_404(public_reports(), folio=folio)
    name = _("cifras-%(folio)s.csv") % {"folio": folio}
    response = download(printed.figures_csv(report, public=True), printed.CSV, name)
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_safe
def report_public_json(request: HttpRequest, folio: str) -> HttpResponse:
    report = get_object_or_404(public_reports(), folio=folio)
    name = _("cifras-%(folio)s.json") % {"folio": folio}
    response = download(printed.figures_json(report, public=True), printed.JSON, name)
    response["X-Robots-Tag"] = "noindex"
    return response
