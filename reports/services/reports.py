"""Asking for a report, preparing, printing again and correcting it: the truth is in its row, the worker's message is
only a nudge.

A worker takes a report by a lease on the database's clock and a token; every later step changes the row only while the
token is still its own. A worker that dies leaves the lease to run out, and the clock hands the report to another, who
goes on from the figures that were already frozen.
"""

import hashlib
import logging
import uuid
from datetime import date, timedelta
from typing import Any

from celery import current_app
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from municipalities.figures import Place, places
from municipalities.models import Municipality
from network.enums import Act
from network.models import Designation, User
from network.services import audit
from outbox.services import enqueue
from reports.documents import kinds, printed
from reports.models import SUBJECTS, IssuedReport, ReportKind, ReportScope, ReportState, ReportStep, report_path
from web.pdf import PdfUnavailable

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)  # longer than the slowest document takes between two steps
MAX_ATTEMPTS = 3
NUDGED_AT_ONCE = 10
SETTLED = (ReportState.READY, ReportState.FAILED)
# What a report is asked for, and a new version of it repeats.
ASKED = ("kind", "scope", *SUBJECTS, "starts_on", "ends_on", "language", "length", "compares")
TEXTS = ("introduction", "results", "next_steps")


class LeaseLost(Exception):
    """Another worker has the report now; this one must not touch it any more."""


@transaction.atomic
def request_report(
    *, scope: str, starts_on: date, ends_on: date, language: str, by: User | None, **rest: Any
) -> IssuedReport:
    """Store the request; a worker is nudged once that is committed. Raises ``ValidationError`` by the model's rules.

    ``rest``: what it is about (``region``, ``training`` …; what belongs to another scope is left aside), its length,
    whether it compares, and its texts.
    """
    rest |= {name: None for name in SUBJECTS if name != scope}
    report = IssuedReport(scope=scope, starts_on=starts_on, ends_on=ends_on, language=language, requested_by=by, **rest)
    report.validate_constraints()
    report.save()
    transaction.on_commit(lambda: nudge(report.pk), robust=True)
    return report


def request_own_report(
    *, municipality: Municipality, starts_on: date, ends_on: date, language: str, by: User
) -> IssuedReport:
    """The report of the actions of the liaison's municipality; one that is still being prepared is not asked for
    twice."""
    asked: dict[str, Any] = {
        "kind": ReportKind.ACTIONS,
        "municipality": municipality,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    waiting = IssuedReport.objects.unfinished().filter(**asked, language=language).first()
    return waiting or request_report(**asked, scope=ReportScope.MUNICIPALITY, language=language, by=by)


@transaction.atomic
def retry_report(*, report: IssuedReport, by: User) -> None:
    """Put a failed report in the queue again, with its attempts counted anew."""
    changed = IssuedReport.objects.filter(pk=report.pk, state=ReportState.FAILED).update(
        state=ReportState.QUEUED,
        step=ReportStep.WAITING,
        progress=0,
        attempts=0,
        error="",
        requested_by=by,
    )
    if not changed:
        raise ValidationError(_("Solo se puede reintentar un informe que no se pudo preparar."))
    transaction.on_commit(lambda: nudge(report.pk), robust=True)


@transaction.atomic
def reprint_report(*, report: IssuedReport) -> None:
    """Print an issued report again from its frozen figures. ``ValidationError`` where there is nothing to print yet."""
    changed = IssuedReport.objects.issued().filter(pk=report.pk, state__in=SETTLED)
    if not changed.update(state=ReportState.QUEUED, step=ReportStep.WAITING, progress=0, attempts=0, error=""):
        raise ValidationError(_("Todavía se está preparando: espere a que termine."))
    transaction.on_commit(lambda: nudge(report.pk), robust=True)


@transaction.atomic
def correct_report(*, report: IssuedReport, reason: str, by: User, **texts: str) -> IssuedReport:
    """Ask for a new version of an issued report: the same scope and period, counted again. ``reason`` is printed.
    ``texts``: what staff write anew; a text that is not given stays.

    ``ValidationError`` where it is not issued yet or has a newer version already.
    """
    old = IssuedReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if not old.is_issued:
        raise ValidationError(_("Este informe todavía no se emite: no hay qué corregir."))
    if IssuedReport.objects.filter(replaces=old).exists():
        raise ValidationError(_("Este informe ya tiene una versión más nueva: corrija esa."))
    new = IssuedReport(
        **{name: getattr(old, name) for name in (*ASKED, *TEXTS)} | texts,
        version=old.version + 1,
        replaces=old,
        reason=reason.strip(),
        requested_by=by,
    )
    new.validate_constraints()
    new.save()
    audit.record(Act.REPORT_CORRECTED, by=by, of=old, new=new.pk)
    transaction.on_commit(lambda: nudge(new.pk), robust=True)
    return new


def nudge(report_id: int) -> None:
    """Ask a worker to prepare the report. Losing this is harmless: the clock asks again each minute."""
    try:
        current_app.send_task("reports.tasks.render_report", args=[report_id], expires=60)
    except (KombuError, OSError) as error:
        logger.warning("report nudge lost, the clock will ask again: %s", type(error).__name__)


def resume_reports() -> int:
    """Ask again for the oldest reports of no batch that nobody is at, and give up those of any that were tried too
    often. How many were asked for."""
    IssuedReport.objects.unclaimed().filter(attempts__gte=MAX_ATTEMPTS).update(
        state=ReportState.FAILED, claim_token=None, claimed_until=None, error=_given_up()
    )
    waiting = (
        IssuedReport.objects.unclaimed()
        .filter(batch=None)
        .order_by("requested_at", "pk")
        .values_list("pk", flat=True)[:NUDGED_AT_ONCE]
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
    report = IssuedReport.objects.select_related(
        *SUBJECTS, "municipality__region", "replaces", "batch", "requested_by"
    ).get(pk=report_id)
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
    except Exception:  # broad: whatever a document of a person's request meets, its report must not stay "in progress"
        logger.exception("report %s failed", report_id)
        _fail(
            report, token, _("Algo falló al preparar el informe. El equipo técnico puede ver el motivo en el registro.")
        )
    return True


def _prepare(report: IssuedReport, token: uuid.UUID) -> None:
    at = places()
    _step(report, token, ReportStep.COUNTING, 10)
    _freeze(report, token, at)
    _step(report, token, ReportStep.DRAWING, 40)
    context = printed.report_context(report, at)
    _step(report, token, ReportStep.SETTING, 55)
    data = printed.report_pdf(report, context)
    _step(report, token, ReportStep.STORING, 90)
    storage, name = report.file.storage, report_path(report, "")
    storage.delete(name)
    stored = storage.save(name, ContentFile(data))
    with transaction.atomic():
        _change(
            report, token, state=ReportState.READY, step=ReportStep.DONE, progress=100, file=stored,
            **_printed(report, hashlib.sha256(data).hexdigest()), claim_token=None, claimed_until=None,
        )  # fmt: skip
        if not report.is_issued:
            audit.record(Act.REPORT_ISSUED, by=report.requested_by, of=report, version=report.version)
            if report.batch and report.batch.schedule_id:
                _tell(report)


def _tell(report: IssuedReport) -> None:
    """Whoever is titular of the municipality today, by a link."""
    titulares = Designation.objects.in_force().titulares().filter(municipality=report.municipality)
    titular = titulares.select_related("person__user").first()
    if titular is not None:
        user = titular.person.user
        enqueue(
            kind="reports.municipal_report",
            dedupe_key=f"report:{report.pk}",
            to_email=titular.person.email,
            to_name=titular.person.name,
            params={"report": report.pk, "designation": titular.pk},
            language=user.language if user else "es",
            cause=f"report {report.pk}",
        )


def _printed(report: IssuedReport, sha256: str) -> dict[str, object]:
    """The day and the hash of the first print stay; a later one that came out otherwise adds its own."""
    if not report.is_issued:
        return {"sha256": sha256, "finished_at": Now()}
    if sha256 in report.hashes:
        return {}
    return {"reprints": [*report.reprints, {"sha256": sha256, "at": timezone.now().isoformat()}]}


def _freeze(report: IssuedReport, token: uuid.UUID, at: tuple[Place, ...]) -> None:
    """Count, at the first attempt alone: a report that is taken up again prints the same numbers."""
    if report.figures:
        return
    counted = kinds.count(report, at)
    for name, figures in counted.items():
        setattr(report, name, figures)
    _change(report, token, **counted)


def _step(report: IssuedReport, token: uuid.UUID, step: ReportStep, progress: int) -> None:
    _change(report, token, step=step, progress=progress, claimed_until=Now() + LEASE)


def _fail(report: IssuedReport, token: uuid.UUID, sentence: str) -> None:
    """Say on the report why it could not be prepared, where it is still ours."""
    IssuedReport.objects.filter(pk=report.pk, claim_token=token).update(
        state=ReportState.FAILED, error=sentence[:300], claim_token=None, claimed_until=None
    )


def _change(report: IssuedReport, token: uuid.UUID, **fields: object) -> None:
    """Change the row where it is still ours."""
    if not IssuedReport.objects.filter(pk=report.pk, claim_token=token).update(**fields):
        raise LeaseLost
