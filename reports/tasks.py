"""What worker and clock start: thin, and safe to start any number of times."""

from celery import shared_task

from outbox.heartbeat import beating
from reports import services


@shared_task(name="reports.tasks.render_report")
def render_report(report_id: int) -> None:
    """Prepare one report, where nobody is at it."""
    services.render_report(report_id)


@shared_task(name="reports.tasks.resume_reports")
def resume_reports() -> None:
    """Ask again for reports whose nudge was lost or whose worker died."""
    with beating("reports.resume"):
        services.resume_reports()
