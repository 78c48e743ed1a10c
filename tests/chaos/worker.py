"""The portal's Celery application with a kind of mail of its own, and a clock that may be wrong (``CLOCK_AHEAD``)."""

import os

import django
from celery.signals import worker_process_init

from config.celery import app as app

django.setup()

from outbox import registry  # noqa: E402
from outbox.registry import Mail  # noqa: E402

KIND = "chaos.note"


def compose(params: dict[str, int], language: str) -> Mail:
    return Mail(subject=f"Aviso {params['id']}", text="Hola, Ñuño")


registry.register(KIND, compose, label="Chaos")


@worker_process_init.connect
def set_the_clock(**_signal: object) -> None:
    """As on a machine whose clock is wrong: every ``now`` of Python, from here on."""
    if hours := float(os.environ.get("CLOCK_AHEAD", "0")):
        import time
        from datetime import UTC, datetime, timedelta

        import time_machine

        time_machine.travel(datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=hours)).start()
