"""How fast mail leaves: ``python -m bench.drain`` (PostgreSQL and Redis as for ``python -m bench``; some minutes).

The mail is the reminder of one event to all its people, with its calendar entry. In one run, to the same SMTP server:
raw smtplib with ready messages over one connection, the drain with two Celery workers, and one Celery task for each
message with the same two workers. Then what a claim costs beside a thousand and a
million messages that were sent. Prints the multiples that the design asks for.
"""

import argparse
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bench.database import fresh_database
from bench.results import Result, say, tell
from bench.servers import ROOT

STAGE = "banco"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.drain", description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sent", type=int, nargs=2, default=[1_000, 1_000_000], metavar=("FEW", "MANY"))
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that the server takes to store a message")
    wanted = parser.parse_args()
    sink = subprocess.Popen([sys.executable, "-m", "bench.drain_sink", str(wanted.delay)], cwd=ROOT, stdout=-1)
    assert sink.stdout
    port = int(sink.stdout.readline())
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "MAIL_PER_HOUR": "0"}
    try:
        with fresh_database(mail) as (folder, environment):
            measure(wanted, environment, port, folder)
    finally:
        sink.kill()


def measure(wanted: argparse.Namespace, environment: dict[str, str], port: int, folder: Path) -> None:
    from bench import mail_worker
    from outbox.services import nudge

    make_people(max(wanted.messages, 1000))
    ready = ready_messages(wanted.messages)
    rates: dict[str, list[float]] = {"raw": [], "drain": [], "tasks": []}
    command = "celery --app bench.mail_worker --quiet worker --queues mail --concurrency 1 --loglevel error"
    command += " --without-gossip --without-mingle"
    workers = []
    try:
        for number in range(2):
            with (folder / f"worker-{number}.log").open("w") as log:
                words = [sys.executable, "-W", "ignore", "-m", *command.split(), "--hostname", f"b{number}@%h"]
                workers.append(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log))
        drained(queued(50), lambda _pks: nudge_twice(nudge))  # the workers are up and have their connections
        for _round in range(wanted.rounds):
            rates["raw"].append(raw(ready, port))
            rates["drain"].append(drained(queued(wanted.messages), lambda _pks: nudge_twice(nudge)))
            few = wanted.messages // 5
            rates["tasks"].append(drained(queued(few), lambda pks: [mail_worker.one.delay(pk) for pk in pks]))
            say("  " + ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items()))
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)
    for which, name, goal in (("raw", "raw smtplib", 1.0), ("tasks", "one task for each message", 10.0)):
        times = [drain / limit for drain, limit in zip(rates["drain"], rates[which], strict=True)]
        tell(Result("Mail", f"drain with two workers, × the rate of {name}", times, at_least=goal))
    few, many = wanted.sent
    found = [claim_beside(number) for number in (few, many)]
    name = f"claim beside {many:,} sent messages, × beside {few:,}"
    tell(Result("Mail", name, [late / early for early, late in zip(*found, strict=True)], at_most=1.2))


def nudge_twice(nudge: Callable[[], None]) -> None:
    nudge()
    nudge()


def ready_messages(number: int) -> list[bytes]:
    from events import emails
    from outbox import mailing
    from outbox.envelope import build
    from outbox.models import Message
    from outbox.registry import Mail

    queued(number)
    ready = []
    with mailing.together():
        for message in Message.objects.order_by("pk"):
            mail = emails.reminder(message.params, message.language)
            assert isinstance(mail, Mail)
            ready.append(build(message, mail, from_name="Red").message().as_bytes(linesep="\r\n"))
    return ready


def make_people(number: int) -> None:
    """An event of tomorrow with this many people who have a place."""
    from django.utils import timezone

    from tests import factories

    tomorrow = timezone.localdate() + timedelta(days=1)
    event = factories.EventFactory(day=tomorrow, meeting_url="https://reunion.example/sala")
    factories.ReminderStageFactory(event=event, code=STAGE)
    for place in range(number):
        factories.RegistrationFactory(event=event, email=f"p{place}@banco.example")


def raw(ready: list[bytes], port: int) -> float:
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.ehlo()
        began = time.perf_counter()
        for place, message in enumerate(ready):
            line.sendmail("red@portal.example", [f"p{place}@banco.example"], message)
        return len(ready) / (time.perf_counter() - began)


def queued(number: int) -> list[int]:
    from events.models import Registration
    from outbox.models import Message
    from outbox.services import Row, enqueue_many

    Message.objects.all().delete()
    enqueue_many(
        Row(
            kind="events.reminder",
            dedupe_key=f"reminder:{row.pk}:{STAGE}:0",
            to_email=row.email,
            to_name=row.name,
            params={"registration": row.pk, "stage": STAGE, "start_revision": 0},
            language="es",
        )
        for row in Registration.objects.filter(event__reminder_stages__code=STAGE).order_by("pk")[:number]
    )
    return list(Message.objects.order_by("pk").values_list("pk", flat=True))


def drained(pks: list[int], start: Callable[[list[int]], object]) -> float:
    """Messages in a second, from the start to the last one's mark in the database."""
    from outbox.models import Message

    began = time.perf_counter()
    start(pks)
    while Message.objects.exclude(state="sent").exists():
        time.sleep(0.01)
        if time.perf_counter() - began > 600:
            sys.exit("the workers do not send")
    return len(pks) / (time.perf_counter() - began)


def claim_beside(sent: int) -> list[float]:
    """Seconds for a claim of 100 of a thousand due messages, nine times, the quickest first."""
    from django.db import connection

    from outbox.drain import claim

    queued(1000)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO outbox_message (state, kind, dedupe_key, to_email, language, params, message_id, due_at,
                                        created_at, next_attempt_at, sent_at, attempts)
            SELECT 'sent', 'bench.note', 's:' || n, 'p' || n %% 20000 || '@banco.example', 'es', '{}',
                   '<' || n || '@s>', t, t, t, t, 1
            FROM generate_series(1, %s) AS n, LATERAL (SELECT now() - n * interval '30 seconds' AS t) AS moment
            """,
            [sent],
        )
        cursor.execute("ANALYZE outbox_message")

    def once() -> float:
        began = time.perf_counter()
        assert len(claim(100)) == 100
        return time.perf_counter() - began

    return sorted(once() for _turn in range(9))


if __name__ == "__main__":
    main()
