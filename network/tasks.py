"""What the clock starts. Thin, and harmless to start twice."""

from celery import shared_task

from network import reminders, services
from network.sessions import SessionStore
from outbox.heartbeat import beating


@shared_task(name="network.tasks.remind_endings")
def remind_endings() -> None:
    with beating("network.endings"):
        reminders.remind_endings()


@shared_task(name="network.tasks.find_duplicates")
def find_duplicates() -> None:
    with beating("network.duplicates"):
        services.find_duplicates()


@shared_task(name="network.tasks.remind_rights")
def remind_rights() -> None:
    with beating("network.rights"):
        reminders.remind_rights()


@shared_task(name="network.tasks.clean_data")
def clean_data() -> None:
    with beating("network.retention"):
        SessionStore.clear_expired()
        services.clean()
