"""The short form of ``make chaos`` (tests/chaos): everything goes wrong at once, and what the drain does meanwhile."""

import datetime as dt
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from config.celery import app
from events.services.editing import save_event
from events.services.reminders import materialise_reminders
from outbox.drain import drain
from outbox.models import Message
from outbox.wire import Carrier, Outcome
from tests import factories
from tests.chaos.servers import ROOT, postgres_programs
from tests.integration.conftest import COMPOSE


@pytest.mark.skipif(
    not postgres_programs() or not shutil.which("redis-server"), reason="needs the programs of PostgreSQL and Redis"
)
def test_nothing_is_lost_where_everything_goes_wrong_at_once() -> None:
    """Killed workers, one with a wrong clock, Redis flushed and restarted, PostgreSQL stopped, a rude mail server."""
    command = [sys.executable, "-m", "tests.chaos", "--short", "together"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything at once" in done.stdout


@pytest.mark.django_db
def test_nobody_is_told_the_old_time_once_an_event_moved_while_its_reminders_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.ReminderStageFactory(code="days", minutes_before=3 * 24 * 60)
    event = factories.unlimited_event(day=timezone.localdate() + dt.timedelta(days=2), hour=11)
    for _person in range(12):
        factories.RegistrationFactory(event=event)
    materialise_reminders()
    send, sent = Carrier.send, []

    def send_and_move(self: Carrier, email: EmailMessage) -> Outcome:
        sent.append(email)
        if len(sent) == 5:
            save_event(event=event, data={"start_time": dt.time(12, 30), "end_time": dt.time(13, 30)}, by=None)
        return send(self, email)

    monkeypatch.setattr(Carrier, "send", send_and_move)
    drain()
    materialise_reminders()
    drain()
    found = Counter(Message.objects.filter(kind="events.reminder").values_list("params__start_revision", "state"))
    assert found == {(0, "sent"): 5, (0, "skipped"): 7, (1, "sent"): 12}
    assert all("11:00" in email.body for email in sent[:5])
    assert not [email.subject for email in sent[5:] if "12:30" not in email.body]


def test_documents_stand_in_no_queue_before_mail() -> None:
    """On servers a hundred documents keep one worker busy, and never the one that sends."""
    app.loader.import_default_modules()
    queue = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks if not name.startswith("celery")}
    documents = {name for name in queue if name.startswith("reports.")}
    assert documents
    assert {queue[name] for name in documents} == {"heavy"}
    assert {queue[name] for name in queue if name.startswith("outbox.")} == {"mail"}
    commands = {name: COMPOSE[name]["command"] for name in ("worker", "heavy")}
    takes = {name: words[words.index("--queues") + 1] for name, words in commands.items()}
    assert takes == {"worker": "default,mail", "heavy": "heavy"}
