"""What the clock starts. Each is thin, may be started any number of times at once, and leaves its heartbeat."""

from celery import shared_task

from outbox import alarm
from outbox import drain as outbox_drain
from outbox.heartbeat import beating
from outbox.services import delete_old


@shared_task(name="outbox.tasks.drain")
def drain() -> None:
    """Send what is due. A mail server that is away is trouble: the job then does not count as done."""
    with beating("outbox.drain") as pulse:
        pulse.trouble = outbox_drain.drain().trouble
    if not pulse.trouble:
        alarm.close()


@shared_task(name="outbox.tasks.reconcile")
def reconcile() -> None:
    """Flag what a killed process left half sent."""
    with beating("outbox.reconcile"):
        outbox_drain.reconcile()


@shared_task(name="outbox.tasks.delete_old")
def delete_old_messages() -> None:
    """Let go what is older than MAIL_KEPT_DAYS."""
    with beating("outbox.delete_old"):
        delete_old()
