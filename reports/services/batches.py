"""A report for each municipality in one go: rows first, printed in the background by whoever is free.

A batch writes one report a municipality in one transaction; the database keeps a second one out. Workers take one
after the other by the lease that every report has (``services/reports.py``): several share a batch, one that dies
leaves its report to the next, and what is printed is never printed again.
"""

import logging
from dataclasses import dataclass
from datetime import date
from time import monotonic

from celery import current_app
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from municipalities.models import Municipality
from network.models import User
from reports.models import IssuedReport, ReportBatch, ReportSchedule, ReportScope, ReportState, ReportStep
from reports.services.reports import MAX_ATTEMPTS, render_report

logger = logging.getLogger(__name__)
TASK = "reports.tasks.print_batch"
# How long a worker goes on before it lets other work in (the embedded worker is one).
TURN_SECONDS = 3.0
WORKERS = 2


@transaction.atomic
def request_batch(
    *,
    kind: str,
    starts_on: date,
    ends_on: date,
    language: str,
    length: str,
    key: str,
    by: User | None,
    schedule: ReportSchedule | None = None,
) -> ReportBatch:
    """One report for each municipality. ``key`` came with the form: used again, it answers the batch that it made."""
    if batch := ReportBatch.objects.filter(key=key).first():
        return batch
    asked = {"kind": kind, "starts_on": starts_on, "ends_on": ends_on, "language": language, "length": length}
    batch = ReportBatch(**asked, key=key, schedule=schedule, requested_by=by)
    batch.validate_constraints()
    batch.save()
    IssuedReport.objects.bulk_create(
        [
            IssuedReport(**asked, batch=batch, scope=ReportScope.MUNICIPALITY, municipality=place, requested_by=by)
            for place in Municipality.objects.order_by("cvegeo")
        ],
        batch_size=200,
    )
    transaction.on_commit(lambda: nudge(batch.pk, WORKERS), robust=True)
    return batch


@transaction.atomic
def cancel_batch(*, batch: ReportBatch) -> int:
    """Print no more of it; what is printed or being printed stays. How many were left out."""
    ReportBatch.objects.filter(pk=batch.pk, cancelled_at=None).update(cancelled_at=timezone.now())
    waiting = batch.reports.filter(state=ReportState.QUEUED, sha256="")
    return waiting.update(state=ReportState.CANCELLED)


@transaction.atomic
def resume_batch(*, batch: ReportBatch) -> int:
    """Go on with what was cancelled, and try again what failed. How many that is."""
    ReportBatch.objects.filter(pk=batch.pk).update(cancelled_at=None)
    left = batch.reports.filter(state__in=[ReportState.CANCELLED, ReportState.FAILED], sha256="")
    changed = left.update(state=ReportState.QUEUED, step=ReportStep.WAITING, progress=0, attempts=0, error="")
    if not changed:
        raise ValidationError(_("No queda ningún informe por preparar."))
    transaction.on_commit(lambda: nudge(batch.pk, WORKERS), robust=True)
    return changed


def nudge(batch_id: int, times: int = 1) -> None:
    """Ask workers to print. Losing this is harmless: the clock asks again each minute."""
    try:
        for _turn in range(times):
            current_app.send_task(TASK, args=[batch_id], expires=60)
    except (KombuError, OSError) as error:
        logger.warning("batch nudge lost, the clock will ask again: %s", type(error).__name__)


def resume_batches() -> int:
    """Ask again for batches with something to print that nobody is at. How many were asked for."""
    in_hand = IssuedReport.objects.filter(batch=OuterRef("batch"), claimed_until__gte=Now())
    waiting = IssuedReport.objects.unclaimed().exclude(batch=None).filter(~Exists(in_hand)).order_by("batch")
    batches = list(waiting.values_list("batch", flat=True).distinct()[:10])
    for batch_id in batches:
        nudge(batch_id, WORKERS)
    return len(batches)


def print_batch(batch_id: int) -> int:
    """Print for one turn, then leave the rest to a next one. How many were printed. May be called any number of times,
    by several workers at once."""
    printed, end = 0, monotonic() + TURN_SECONDS
    waiting = IssuedReport.objects.unclaimed().filter(batch=batch_id, attempts__lt=MAX_ATTEMPTS).order_by("pk")
    while (report_id := waiting.values_list("pk", flat=True).first()) is not None:
        printed += render_report(report_id)
        if monotonic() > end:
            nudge(batch_id)
            break
    return printed


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the reports of a batch: how many there are, and how many have their PDF, failed or were cancelled."""

    total: int
    ready: int
    failed: int
    cancelled: int

    @property
    def is_unfinished(self) -> bool:
        return self.ready + self.failed + self.cancelled < self.total

    @property
    def left(self) -> int:
        """What *resume* would take up."""
        return self.failed + self.cancelled


def progress_of(batch: ReportBatch) -> Progress:
    """One query."""
    counted = dict(batch.reports.order_by().values_list("state").annotate(Count("pk")))
    return Progress(
        sum(counted.values()),
        counted.get(ReportState.READY, 0),
        counted.get(ReportState.FAILED, 0),
        counted.get(ReportState.CANCELLED, 0),
    )
