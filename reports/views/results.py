"""What the public reads of the network's results: figures without small cells, as page and as CSV."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.figures import places
from reports import documents
from reports.figures import csv_head, csv_rows, from_json, public_figures
from reports.forms import ResultsFilter
from reports.rules import public_reports
from web.tabular import csv_response


def _refused(request: HttpRequest, form: ResultsFilter) -> HttpResponse:
    return render(request, "reports/results.html", {"form": form, "figures": None}, status=422)


@login_not_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Everything the portal counted, with denominators, for the whole state or a part of it."""
    at = places()
    form = ResultsFilter(request.GET, places=at)
    if not form.is_valid():
        return _refused(request, form)
    figures = public_figures(form.scope, form.period, places=at)
    query = request.GET.urlencode()
    csv_address = reverse("results_csv") + (f"?{query}" if query else "")
    shown = documents.common_context(figures, at, linked=True)
    return render(request, "reports/results.html", {"form": form, "csv_address": csv_address, **shown})


@login_not_required
@require_safe
def results_csv(request: HttpRequest) -> HttpResponse:
    """The numbers of :func:`results` under the same query."""
    at = places()
    form = ResultsFilter(request.GET, places=at)
    if not form.is_valid():
        return _refused(request, form)
    figures = public_figures(form.scope, form.period, places=at)
    return csv_response(_("resultados.csv"), csv_head(), csv_rows(figures))


@login_not_required
@require_safe
def report_public(request: HttpRequest, folio: str) -> HttpResponse:
    """What anybody may check of an issued report: scope, period, date, hash, and its figures without small cells."""
    report = get_object_or_404(public_reports().select_related("region", "municipality"), folio=folio)
    figures = from_json(report.public_figures)
    period = documents.period_in_words(report.starts_on, report.ends_on)
    response = render(request, "reports/report_public.html", {"report": report, "figures": figures, "period": period})
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_safe
def report_public_csv(request: HttpRequest, folio: str) -> HttpResponse:
    report = get_object_or_404(public_reports(), folio=folio)
    response = csv_response(
        _("cifras-%(folio)s.csv") % {"folio": folio}, csv_head(), csv_rows(from_json(report.public_figures))
    )
    response["X-Robots-Tag"] = "noindex"
    return response
