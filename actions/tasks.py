"""What the clock starts. Thin, and harmless to start twice."""

from celery import shared_task

from actions import reminders
from outbox.heartbeat import beating


@shared_task(name="actions.tasks.remind_deadlines")
def remind_deadlines() -> None:
    with beating("actions.deadlines"):
        reminders.remind_deadlines()
