"""Asking for a report, and preparing it: the truth is in its row, the worker's message is only a nudge.

A worker takes a report by a lease on the database's clock and a token; every later step changes the row only while the
token is still its own. A worker that dies leaves the lease to run out, and the clock hands the report to another, who
goes on from the figures that were already frozen.
"""

import hashlib
import logging
import uuid
from datetime import date, timedelta

from celery import current_app
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from municipalities.figures import Period, Place, Scope, of_municipality, of_region, places
from municipalities.models import Municipality, Region
from network.models import User
from reports import documents
from reports.figures import Figures, exact_figures, from_json, public_figures, state_scope, to_json
from reports.models import IssuedReport, ReportScope, ReportState, ReportStep, report_path
from web.pdf import PdfUnavailable

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)  # longer than the slowest document takes between two steps
MAX_ATTEMPTS = 3
NUDGED_AT_ONCE = 10


class LeaseLost(Exception):
    """Another worker has the report now; this one must not touch it any more."""


@transaction.atomic
def request_report(
    *,
    scope: str,
    starts_on: date,
    ends_on: date,
    language: str,
    by: User | None,
    region: Region | None = None,
    municipality: Municipality | None = None,
) -> IssuedReport:
    """Store the request; a worker is nudged once that is committed. Raises ``ValidationError`` by the model's rules."""
    report = IssuedReport(
        scope=scope,
        region=region if scope == ReportScope.REGION else None,
        municipality=municipality if scope == ReportScope.MUNICIPALITY else None,
        starts_on=starts_on,
        ends_on=ends_on,
        language=language,
        requested_by=by,
    )
    report.validate_constraints()
    report.save()
    transaction.on_commit(lambda: nudge(report.pk), robust=True)
    return report


@transaction.atomic
def retry_report(*, report: IssuedReport, by: User) -> None:
    """Put a failed report in the queue again, with its attempts counted anew."""
    changed = IssuedReport.objects.filter(pk=report.pk, state=ReportState.FAILED).update(
        state=ReportState.QUEUED,
        step=ReportStep.WAITING,
        progress=0,
        attempts=0,
        error="",
        finished_at=None,
        requested_by=by,
    )
    if not changed:
        raise ValidationError(_("Solo se puede reintentar un informe que no se pudo preparar."))
    transaction.on_commit(lambda: nudge(report.pk), robust=True)


def nudge(report_id: int) -> None:
    """Ask a worker to prepare the report. Losing this is harmless: the clock asks again each minute."""
    try:
        current_app.send_task("reports.tasks.render_report", args=[report_id], expires=60)
    except (KombuError, OSError) as error:
        logger.warning("report nudge lost, the clock will ask again: %s", type(error).__name__)


def resume_reports() -> int:
    """Ask again for the oldest reports nobody is at, and give up those tried too often. How many were asked for."""
    IssuedReport.objects.unclaimed().filter(attempts__gte=MAX_ATTEMPTS).update(
        state=ReportState.FAILED, finished_at=Now(), claim_token=None, claimed_until=None, error=_given_up()
    )
    waiting = (
        IssuedReport.objects.unclaimed().order_by("requested_at", "pk").values_list("pk", flat=True)[:NUDGED_AT_ONCE]
    )
    for report_id in waiting:
        nudge(report_id)
    return len(waiting)


def _given_up() -> str:
    return _("La preparación se interrumpió %(count)s veces. Conviene pedir un periodo o un ámbito menor.") % {
        "count": MAX_ATTEMPTS
    }


def render_report(report_id: int) -> bool:
    """Prepare a report that nobody is at. False where there was nothing to do. May be called any number of times."""
    token = uuid.uuid4()
    taken = IssuedReport.objects.unclaimed().filter(pk=report_id, attempts__lt=MAX_ATTEMPTS)
    changed = taken.update(
        state=ReportState.RUNNING, claim_token=token, claimed_until=Now() + LEASE, attempts=F("attempts") + 1, error=""
    )
    if not changed:
        return False
    report = IssuedReport.objects.select_related("region", "municipality").get(pk=report_id)
    try:
        with translation.override(report.language):
            _prepare(report, token)
    except LeaseLost:
        logger.warning("report %s: another worker has it", report_id)
        return False
    except PdfUnavailable as error:
        _fail(
            report,
            token,
            _("Falta una biblioteca para hacer documentos PDF: %(packages)s.")
            % {"packages": ", ".join(error.packages)},
        )
    except Exception:
        logger.exception("report %s failed", report_id)
        _fail(
            report, token, _("Algo falló al preparar el informe. El equipo técnico puede ver el motivo en el registro.")
        )
    return True


def _prepare(report: IssuedReport, token: uuid.UUID) -> None:
    at = places()
    _step(report, token, ReportStep.COUNTING, 10)
    figures = _frozen_figures(report, token, at)
    _step(report, token, ReportStep.DRAWING, 40)
    context = documents.report_context(report, figures, at)
    _step(report, token, ReportStep.SETTING, 55)
    data = documents.report_pdf(report, context)
    _step(report, token, ReportStep.STORING, 90)
    storage, name = report.file.storage, report_path(report, "")
    storage.delete(name)
    stored = storage.save(name, ContentFile(data))
    _change(
        report, token, state=ReportState.READY, step=ReportStep.DONE, progress=100, file=stored,
        sha256=hashlib.sha256(data).hexdigest(), finished_at=Now(), claim_token=None, claimed_until=None,
    )  # fmt: skip


def _frozen_figures(report: IssuedReport, token: uuid.UUID, at: tuple[Place, ...]) -> Figures:
    """The figures of the first attempt that counted them: a report that is taken up again prints the same numbers."""
    if report.figures:
        return from_json(report.figures)
    scope, period = scope_of(report), Period(report.starts_on, report.ends_on)
    figures = exact_figures(scope, period, places=at, with_lines=True)
    public = public_figures(scope, period, places=at)
    _change(report, token, figures=to_json(figures), public_figures=to_json(public))
    return figures


def scope_of(report: IssuedReport) -> Scope:
    if report.municipality is not None:
        return of_municipality(report.municipality)
    return of_region(report.region) if report.region is not None else state_scope()


def _step(report: IssuedReport, token: uuid.UUID, step: ReportStep, progress: int) -> None:
    _change(report, token, step=step, progress=progress, claimed_until=Now() + LEASE)


def _fail(report: IssuedReport, token: uuid.UUID, sentence: str) -> None:
    """Say on the report why it could not be prepared, where it is still ours."""
    IssuedReport.objects.filter(pk=report.pk, claim_token=token).update(
        state=ReportState.FAILED, error=sentence[:300], finished_at=Now(), claim_token=None, claimed_until=None
    )


def _change(report: IssuedReport, token: uuid.UUID, **fields: object) -> None:
    """Change the row where it is still ours."""
    if not IssuedReport.objects.filter(pk=report.pk, claim_token=token).update(**fields):
        raise LeaseLost
