"""Reports that are made by themselves: a row says how often, and each period is one batch, made once.

Nothing is listed ahead (ADR 16): each hour the periods that are over and have no batch get theirs. The unique key of
schedule and first day keeps a second one out, whoever runs this at the same time.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from network.models import User
from reports.models import ReportBatch, ReportSchedule
from reports.services.batches import request_batch


@transaction.atomic
def set_schedule(*, kind: str, every: str, language: str, length: str, by: User) -> ReportSchedule:
    """Begin with the period that today is in."""
    schedule = ReportSchedule(
        kind=kind, every=every, language=language, length=length, since=timezone.localdate(), created_by=by
    )
    schedule.validate_constraints()
    schedule.save()
    return schedule


@transaction.atomic
def switch_schedule(*, schedule: ReportSchedule, active: bool) -> None:
    """On again, it goes on with the period that today is in: none of those between is made."""
    rows = ReportSchedule.objects.filter(pk=schedule.pk).exclude(is_active=active)
    rows.update(is_active=active, **({"since": timezone.localdate()} if active else {}))


def run_schedules() -> int:
    """Make the batches of the periods that are over and have none. How many."""
    made = 0
    for schedule in ReportSchedule.objects.filter(is_active=True):
        known = set(schedule.batches.values_list("starts_on", flat=True))
        for starts_on, ends_on in periods(schedule, timezone.localdate()):
            if starts_on not in known:
                made += _make(schedule, starts_on, ends_on)
    return made


def _make(schedule: ReportSchedule, starts_on: date, ends_on: date) -> bool:
    """False where somebody else made it meanwhile."""
    try:
        with transaction.atomic():
            request_batch(
                kind=schedule.kind,
                starts_on=starts_on,
                ends_on=ends_on,
                language=schedule.language,
                length=schedule.length,
                key=f"{schedule.pk}:{starts_on}",
                by=None,
                schedule=schedule,
            )
    except IntegrityError:
        if not ReportBatch.objects.filter(schedule=schedule, starts_on=starts_on).exists():
            raise
        return False
    return True


def periods(schedule: ReportSchedule, today: date) -> Iterator[tuple[date, date]]:
    """The months or quarters of the calendar from the one that ``since`` is in, as far as they are over."""
    months = schedule.months
    first = schedule.since.replace(month=(schedule.since.month - 1) // months * months + 1, day=1)
    while (after := _months_on(first, months)) <= today:
        yield first, after - timedelta(days=1)
        first = after


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
