"""What the clock starts. Thin, and harmless to start twice."""

from celery import shared_task

from network import reminders
from outbox.heartbeat import beating


@shared_task(name="network.tasks.remind_endings")
def remind_endings() -> None:
    with beating("network.endings"):
        reminders.remind_endings()
