"""The promise itself: processes are killed in the middle of sending, and no message is lost or sent twice.

The drains are real processes on a database of their own connections and a real SMTP server; ``SIGKILL`` gives them no
chance to tidy up.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings

from outbox.models import Message
from outbox.services import Row, enqueue_many
from tests.outbox.conftest import Sink, free_port
from tests.outside import Outside

TOTAL, KILLS, DRAINERS = 200, 5, 2
# The drains know the kind "test.note" from here; the portal's own worker would import its apps' composers.
DRAIN = (
    "import django; django.setup()\n"
    "from outbox import registry\n"
    "from tests.outbox.conftest import compose_note\n"
    "registry.register('test.note', compose_note, label='note')\n"
    "from django.core.management import call_command\n"
    "call_command('drain_outbox', seconds=60)\n"
)


class SlowSink(Sink):
    """Takes its time over each text, so that a kill falls into the middle of a dialogue."""

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_killed_drains_lose_nothing_and_repeat_nothing(tmp_path):
    enqueue_many(
        Row(kind="test.note", dedupe_key=f"n:{n}", to_email=f"p{n}@mail.example", params={"id": n}, language="es")
        for n in range(TOTAL)
    )
    assert Message.objects.count() == TOTAL
    outside = Outside(tmp_path)
    sink = SlowSink()
    server = Controller(sink, hostname="127.0.0.1", port=free_port())
    server.start()
    environment = os.environ | {
        "DATABASE_URL": outside.url,
        "DATA_DIR": str(tmp_path),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "CRITICAL",
    }

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", DRAIN], cwd=settings.BASE_DIR, env=environment)

    drains = [start() for _ in range(DRAINERS)]
    try:
        for kill in range(KILLS):
            wait_for(lambda goal=TOTAL * (kill + 1) // (KILLS + 3): len(sink.received) >= goal)
            victim = drains.pop(0)
            victim.send_signal(signal.SIGKILL)
            assert victim.wait(timeout=10) == -signal.SIGKILL, "the drain was over before it could be killed"
            outside.let_leases_run_out("outbox_message", "lease_until")
            drains.append(start())
        for drain in drains:
            assert drain.wait(timeout=60) == 0
        outside.let_leases_run_out("outbox_message", "lease_until")
        last = start()
        drains.append(last)
        assert last.wait(timeout=60) == 0
    finally:
        for drain in drains:
            if drain.poll() is None:
                drain.kill()
                drain.wait(timeout=10)
        server.stop()

    rows = outside.ask("SELECT message_id, state, attempts FROM outbox_message")
    outside.close()
    states = Counter(state for _id, state, _attempts in rows)
    received = Counter(str(message["Message-ID"]) for message in sink.received)
    assert states["sent"] + states["in_doubt"] == TOTAL, f"lost: {states}"
    assert states["in_doubt"] <= KILLS
    assert set(received.values()) == {1}, "a message was sent twice"
    assert {message_id for message_id, state, _attempts in rows if state == "sent"} <= set(received)
    assert {attempts for _id, _state, attempts in rows} == {1}


def wait_for(reached, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "the drains did not get that far"
        time.sleep(0.005)
