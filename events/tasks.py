"""What the clock starts each minute. Thin, and harmless to start twice."""

from celery import shared_task

from events.services import registration, reminders
from outbox.heartbeat import beating


@shared_task(name="events.tasks.materialise_reminders")
def materialise_reminders() -> None:
    with beating("events.reminders"):
        reminders.materialise_reminders()


@shared_task(name="events.tasks.promote_waiting")
def promote_waiting() -> None:
    with beating("events.promote_waiting"):
        registration.promote_everywhere()
