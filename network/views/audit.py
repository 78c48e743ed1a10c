"""The audit trail as administrators read it: a list, and the same as a file."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rules.contrib.views import permission_required

from network.enums import Act
from network.filters import AuditFilter
from network.guards import asks_identity
from network.models import User
from network.rules import visible_audit
from network.services.audit import record
from web.tabular import csv_response

PER_PAGE = 100
CSV_ROWS = 50_000
reads_audit = permission_required("network.read_audit", raise_exception=True)


@require_safe
@reads_audit
@never_cache
def audit_list(request: HttpRequest) -> HttpResponse:
    narrowed = AuditFilter(request.GET, queryset=visible_audit(request.user))
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    context = {"filter": narrowed, "page": page, "csv_query": request.GET.urlencode()}
    return render(request, "network/audit_list.html", context)


@require_safe
@reads_audit
@asks_identity
@never_cache
def audit_csv(request: HttpRequest) -> HttpResponse:
    """What the filter leaves, the newest first; having read it is an act of the trail too."""
    narrowed = AuditFilter(request.GET, queryset=visible_audit(request.user))
    if not narrowed.is_valid():
        text = _("Algún filtro no se entiende: corríjalo en la página.")
        return HttpResponse(f"{text}\n", status=400, content_type="text/plain; charset=utf-8")
    rows = [
        [
            row.at,
            row.get_act_display(),
            row.actor,
            row.get_role_display(),
            row.row_type,
            row.row,
            row.facts,
            row.request_id,
        ]
        for row in narrowed.qs[:CSV_ROWS]
    ]
    record(Act.AUDIT_READ, by=cast(User, request.user), rows=len(rows))
    head = [
        _("Cuándo"), _("Acto"), _("Cuenta"), _("Papel"), _("Tipo de objeto"), _("Número"), _("Detalle"), _("Petición"),
    ]  # fmt: skip
    return csv_response(_("auditoria.csv"), head, rows)
