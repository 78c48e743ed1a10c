"""What worker and clock start: thin, and safe to start any number of times."""

from celery import shared_task

from outbox.heartbeat import beating
from trainings import reminders
from trainings.services import certificates


@shared_task(name="trainings.tasks.print_certificates")
def print_certificates(batch_id: int) -> None:
    """Print some of a batch's constancias, and ask for the next turn."""
    certificates.print_batch(batch_id)


@shared_task(name="trainings.tasks.resume_certificates")
def resume_certificates() -> None:
    """Ask again for constancias whose nudge was lost or whose worker died."""
    with beating("trainings.certificates"):
        certificates.resume_batches()


@shared_task(name="trainings.tasks.remind_duties")
def remind_duties() -> None:
    with beating("trainings.duties"):
        reminders.remind_duties()
