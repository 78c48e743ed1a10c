"""The Celery application: tasks are nudges, the truth is in rows (docs/architecture.md)."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_ready

from config import broker  # noqa: F401  (names its transport)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def use_the_zone_of_the_installation(**_signal: Any) -> None:
    """*Today* is the same day for worker and pages."""
    from django.utils import timezone

    from web import identity

    timezone.activate(identity.Zone())


@worker_ready.connect
def begin_at_once(sender: Any, **_signal: Any) -> None:
    """Nudge every periodic job as a worker comes up, so that nothing waits for the clock's first minute, or hour.

    These nudges do not expire: on a slow machine an hourly job would else be missing from ``/estado/`` for an hour.
    """
    for job in sender.app.conf.beat_schedule.values():
        sender.app.send_task(job["task"])
