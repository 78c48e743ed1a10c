"""What the clock starts. Each is thin, may be started any number of times at once, and leaves its heartbeat."""

from celery import shared_task

from outbox import drain as outbox_drain
from outbox.heartbeat import beating


@shared_task(name="outbox.tasks.drain")
def drain() -> None:
    """Send what is due. A mail server that is away is trouble: the job then does not count as done."""
    with beating("outbox.drain") as pulse:
        pulse.trouble = outbox_drain.drain().trouble


@shared_task(name="outbox.tasks.reconcile")
def reconcile() -> None:
    """Flag what a killed process left half sent."""
    with beating("outbox.reconcile"):
        outbox_drain.reconcile()
