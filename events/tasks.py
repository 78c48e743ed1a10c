"""What the clock starts. Thin, and harmless to start twice."""

from celery import shared_task

from events.services import questions, registration, reminders, results
from outbox.heartbeat import beating


@shared_task(name="events.tasks.materialise_reminders")
def materialise_reminders() -> None:
    with beating("events.reminders"):
        reminders.materialise_reminders()


@shared_task(name="events.tasks.promote_waiting")
def promote_waiting() -> None:
    with beating("events.promote_waiting"):
        registration.sweep()


@shared_task(name="events.tasks.erase_outdated")
def erase_outdated() -> None:
    with beating("events.erase_outdated"):
        questions.erase_outdated()


@shared_task(name="events.tasks.remind_pending_results")
def remind_pending_results() -> None:
    with beating("events.results"):
        results.remind_pending_results()
