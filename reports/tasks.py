"""What worker and clock start: thin, and safe to start any number of times."""

from celery import shared_task

from outbox.heartbeat import beating
from reports.services import audit, batches, schedules
from reports.services import reports as services


@shared_task(name="reports.tasks.render_report")
def render_report(report_id: int) -> None:
    """Prepare one report, where nobody is at it."""
    services.render_report(report_id)


@shared_task(name="reports.tasks.resume_reports")
def resume_reports() -> None:
    """Ask again for reports whose nudge was lost or whose worker died."""
    with beating("reports.resume"):
        services.resume_reports()
        batches.resume_batches()


@shared_task(name="reports.tasks.print_batch")
def print_batch(batch_id: int) -> None:
    """Print some of a batch's reports, and ask for the next turn."""
    batches.print_batch(batch_id)


@shared_task(name="reports.tasks.run_schedules")
def run_schedules() -> None:
    """Make the batches of the periods that are over."""
    with beating("reports.schedules"):
        schedules.run_schedules()


@shared_task(name="reports.tasks.audit_counts")
def audit_counts() -> None:
    """Compare the counts that are kept with their rows."""
    with beating(audit.JOB) as pulse:
        pulse.finding = audit.audit_counts()
