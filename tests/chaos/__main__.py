"""``make chaos``: mail under fire, with servers of its own. ``--short`` is the form that the suite carries out.

Every scenario queues messages, lets something go wrong while real Celery workers and two clocks send them, and counts
at the mail server by Message-ID:

* *lost*: neither taken by the server nor flagged *in doubt*;
* *duplicates*: taken more than once; *flagged*: in doubt, for staff to look at.

To wait out a lease or the pause before another attempt would take minutes, so those moments are moved in the database;
nothing else is touched. The exit code is 1 where a promise of docs/architecture.md ("a reminder leaves") was broken.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.servers import ROOT, Postgres, Programs, Redis, pool_process
from tests.chaos.sink import Sink

KIND = "chaos.note"


@dataclass
class Result:
    name: str
    messages: int
    lost: int
    duplicates: int
    flagged: int
    kills: int
    seconds: float
    broken: list[str] = field(default_factory=list)
    note: str = ""


class Scene:
    """The servers of one run, and what a scenario does with them."""

    def __init__(self, folder: Path, *, with_servers: bool, stale_seconds: int) -> None:
        self.stale_seconds = stale_seconds
        self.sink = Sink()
        self.postgres = Postgres(folder / "postgres") if with_servers else None
        self.redis = Redis(folder) if with_servers else None
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = keep | {
            "DATA_DIR": str(folder),
            "SECRET_KEY": "only-for-chaos-" * 4,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "SITE_URL": "http://127.0.0.1:8000",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "CRITICAL",
            "MAIL_PER_HOUR": "0",
            "DRAIN_STALE_SECONDS": str(stale_seconds),
            "ALARM_EMAILS": "guardia@chaos.example",
            "STATEMENT_TIMEOUT_MS": "0",
        }
        if self.postgres and self.redis:
            self.environment |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}
        self.programs = Programs(folder, self.environment)
        self.kills = 0
        os.environ.clear()
        os.environ.update(self.environment)
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=self.environment, check=False
        )
        assert done.returncode == 0, "the database could not be made"
        import django

        django.setup()

    def close(self) -> None:
        self.programs.kill_all()
        if self.redis:
            self.redis.stop()
        if self.postgres:
            self.postgres.stop()
        self.sink.close()

    def begin(self, *, faults: float = 0.0, delay: float = 0.0) -> None:
        """No message, no process, a mail server that behaves as asked."""
        from events.models import Event
        from outbox.models import Heartbeat, Message, Suppression

        self.programs.kill_all()
        Event.objects.update(status="draft")
        for model in (Message, Suppression, Heartbeat):
            model.objects.all().delete()
        self.sink.taken.clear()
        self.sink.dropped_after_taking.clear()
        self.sink.injected.clear()
        self.sink.faults, self.sink.delay = faults, delay
        self.kills = 0

    def queue(self, number: int) -> None:
        from outbox.services import Row, enqueue_many

        enqueue_many(
            Row(kind=KIND, dedupe_key=f"n:{n}", to_email=f"p{n}@chaos.example", params={"id": n}, language="es")
            for n in range(number)
        )

    def nudge(self) -> None:
        """As somebody who registers does; where Redis is away, nothing happens."""
        from outbox.services import nudge

        nudge()

    def let_leases_run_out(self) -> None:
        self._move("UPDATE outbox_message SET lease_until = '2020-01-01' WHERE lease_until IS NOT NULL")

    def let_pauses_end(self) -> None:
        self._move("UPDATE outbox_message SET next_attempt_at = '2020-01-01' WHERE state = 'retry'")

    def _move(self, statement: str) -> None:
        from django.db import connection

        with contextlib.suppress(Exception), connection.cursor() as cursor:  # PostgreSQL may be away just now
            cursor.execute(statement)

    def wait_for(self, goal: int, seconds: float = 300) -> None:
        """Until the mail server took so many."""
        wait_until(lambda: len(self.sink.taken) >= goal, seconds, f"{goal} messages", self)

    def wait_for_the_end(self, seconds: float = 900, *, leases: bool = True, patience: float = 2) -> None:
        """Until nothing waits. Where nothing moved for as long as the patience lasts, leases and pauses are over."""
        from django.db import close_old_connections

        from outbox.enums import WAITING_STATES
        from outbox.models import Message

        deadline, seen, at = time.monotonic() + seconds, -1, time.monotonic()
        while True:
            assert time.monotonic() < deadline, f"mail stands still\n{states()}\n{self.programs.logs()}"
            with contextlib.suppress(Exception):
                close_old_connections()
                if not Message.objects.filter(state__in=(*WAITING_STATES, "sending")).exists():
                    return
            if len(self.sink.taken) != seen:
                seen, at = len(self.sink.taken), time.monotonic()
            elif time.monotonic() - at > patience:
                if leases:
                    self.let_leases_run_out()
                self.let_pauses_end()
                self._reconcile()
                self.nudge()
                at = time.monotonic()
            time.sleep(0.2)

    def _reconcile(self) -> None:
        from celery import current_app

        with contextlib.suppress(Exception):
            current_app.send_task("outbox.tasks.reconcile", expires=60)

    def count(self, name: str, began: float, *, faults: bool = False) -> Result:
        from outbox.models import Message

        rows = dict(Message.objects.filter(kind=KIND).values_list("message_id", "state"))
        times = self.sink.times()
        flagged = {one for one, state in rows.items() if state == "in_doubt"}
        lost = [one for one in rows if not times[one] and one not in flagged]
        twice = {one: count - 1 for one, count in times.items() if count > 1}
        result = Result(
            name, len(rows), len(lost), sum(twice.values()), len(flagged), self.kills, time.monotonic() - began
        )
        promise(result, not lost, f"lost: {len(lost)} {states()}")
        promise(result, set(times) <= set(rows), "the server took what nobody queued")
        promise(result, set(twice) <= flagged | self.sink.dropped_after_taking, "a duplicate that nobody flagged")
        if not faults:
            promise(result, result.duplicates <= self.kills, "more duplicates than kills")
        unsure = sum(1 for one in flagged if not times[one])
        if unsure:
            result.note = f"{unsure} of the flagged did not arrive"
        if faults:
            result.note = f"{sum(self.sink.injected.values())} faults; {result.note}"
        return result


def promise(result: Result, kept: bool, words: str) -> None:
    if not kept:
        result.broken.append(words)


def states() -> dict[str, int]:
    from outbox.models import Message

    return dict(Counter(Message.objects.values_list("state", flat=True)))


def wait_until(reached: Callable[[], object], seconds: float, what: str, scene: Scene) -> None:
    deadline = time.monotonic() + seconds
    nudged = time.monotonic()
    while not reached():
        assert time.monotonic() < deadline, f"{what}: not in {seconds} s\n{states()}\n{scene.programs.logs()}"
        if time.monotonic() - nudged > 1:
            scene.nudge()
            nudged = time.monotonic()
        time.sleep(0.01)


# --- Scenarios on PostgreSQL, Redis and Celery


def killed_workers(scene: Scene, number: int, kills: int) -> Result:
    """Workers die in turn, whole or only the process that sends, with two clocks running."""
    began = time.monotonic()
    scene.begin()
    scene.queue(number)
    scene.programs.beat()
    scene.programs.beat()
    workers = [scene.programs.worker(), scene.programs.worker()]
    for turn in range(kills):
        scene.wait_for(number * (turn + 1) // (kills + 2))
        scene.kills += 1
        victim = workers.pop(0)
        sender = pool_process(victim)
        if turn % 2 and sender:
            os.kill(sender, signal.SIGKILL)  # Celery starts another one
            workers.append(victim)
        else:
            scene.programs.kill(victim)
            workers.append(scene.programs.worker())
        scene.let_leases_run_out()
        scene.nudge()
    scene.wait_for_the_end()
    return scene.count(f"{kills} SIGKILLs, two clocks", began)


def redis_gone(scene: Scene, number: int) -> Result:
    """Redis is flushed, then dies and comes back empty."""
    assert scene.redis
    began = time.monotonic()
    scene.begin()
    scene.queue(number)
    scene.programs.beat()
    scene.programs.beat()
    for _worker in range(2):
        scene.programs.worker()
    scene.wait_for(number // 4)
    scene.redis.flush()
    scene.wait_for(number // 2)
    scene.redis.stop()
    time.sleep(2)
    scene.redis.start()
    scene.wait_for_the_end()
    result = scene.count("Redis flushed, then away for 2 s", began)
    promise(result, result.duplicates == 0, "duplicates")
    return result


def database_gone(scene: Scene, number: int, seconds: float) -> Result:
    assert scene.postgres
    began = time.monotonic()
    scene.begin()
    scene.queue(number)
    scene.programs.beat()
    scene.programs.beat()
    for _worker in range(2):
        scene.programs.worker()
    scene.wait_for(number // 3)
    scene.postgres.stop()
    time.sleep(seconds)
    scene.postgres.start()
    scene.wait_for_the_end()
    result = scene.count(f"PostgreSQL away for {seconds:g} s", began)
    promise(result, result.duplicates == 0, "duplicates")
    promise(result, result.flagged <= 2, "more doubts than workers")
    return result


def rude_server(scene: Scene, number: int) -> Result:
    """12 of 100 messages meet a fault of the mail server."""
    began = time.monotonic()
    scene.begin(faults=0.12)
    scene.queue(number)
    scene.programs.beat()
    scene.programs.beat()
    for _worker in range(2):
        scene.programs.worker()
    scene.wait_for_the_end()
    return scene.count("12 % SMTP faults", began, faults=True)


def wrong_clock(scene: Scene, number: int) -> Result:
    """One worker's clock is an hour ahead. No lease is helped along here."""
    began = time.monotonic()
    scene.begin()
    scene.queue(number)
    scene.programs.beat()
    scene.programs.beat()
    scene.programs.worker()
    scene.programs.worker(CLOCK_AHEAD="1")
    scene.wait_for_the_end(leases=False)
    result = scene.count("one clock an hour ahead", began)
    promise(result, result.duplicates + result.flagged == 0, "duplicates or doubts")
    return result


def everything_at_once(scene: Scene, number: int) -> Result:
    """What the suite carries out: two workers, one of them with a wrong clock, nudges alone, and all of the above."""
    assert scene.redis
    assert scene.postgres
    began = time.monotonic()
    scene.begin(faults=0.12)
    scene.queue(number)
    workers = [scene.programs.worker(), scene.programs.worker(CLOCK_AHEAD="1")]
    for turn in range(2):
        scene.wait_for(number * (turn + 1) // 5)
        sender = pool_process(workers[turn % 2])
        if sender:
            scene.kills += 1
            os.kill(sender, signal.SIGKILL)
        scene.let_leases_run_out()
    scene.redis.stop()
    scene.redis.start()
    scene.wait_for(number * 3 // 5)
    scene.postgres.stop()
    time.sleep(0.5)
    scene.postgres.start()
    scene.wait_for_the_end(patience=1)
    return scene.count("everything at once", began, faults=True)


def make_event(people: int, starts_at: datetime) -> Any:
    """A published event with so many confirmed people, and the common reminder stages."""
    from zoneinfo import ZoneInfo

    from events.models import ReminderStage
    from tests import factories

    ReminderStage.objects.filter(event=None).delete()
    factories.ReminderStageFactory(code="24h", minutes_before=24 * 60)
    local = starts_at.astimezone(ZoneInfo("America/Mexico_City"))
    end = local + timedelta(minutes=30)
    event = factories.unlimited_event(
        first_day=local.date(), start_time=local.time(), last_day=end.date(), end_time=end.time(),
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30),
    )  # fmt: skip
    for _person in range(people):
        factories.RegistrationFactory(event=event)
    return event


def moved_event(scene: Scene, people: int) -> Result:
    """The event moves while its reminders are leaving."""
    from celery import current_app

    from events.models import Event
    from events.services.editing import save_event
    from outbox.models import Message

    began = time.monotonic()
    scene.begin()
    day = (datetime.now(UTC) + timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    event = make_event(people, day)
    for _worker in range(2):
        scene.programs.worker()
    current_app.send_task("events.tasks.materialise_reminders")
    scene.wait_for(people // 4)
    old = Event.objects.get(pk=event.pk).start_time
    later = (datetime.combine(day, old) + timedelta(minutes=17)).time()
    end = (datetime.combine(day, old) + timedelta(minutes=55)).time()
    save_event(event=event, data={"start_time": later, "end_time": end}, by=None)
    committed = time.time()
    before = len(scene.sink.taken)
    scene.wait_for_the_end()
    current_app.send_task("events.tasks.materialise_reminders")
    wait_until(lambda: Message.objects.filter(dedupe_key__endswith=":24h:1").count() == people, 60, "rearmed", scene)
    scene.wait_for_the_end()
    taken = list(scene.sink.taken)
    stale = [one for one in taken if f"{old:%H:%M}" in one.text and f"{later:%H:%M}" not in one.text]
    # A dialogue that began before the commit may end after it.
    after = [one for one in stale if one.asked_at > committed]
    rows = Message.objects.count()
    result = Result("event moved while draining", rows, 0, 0, 0, 0, time.monotonic() - began)
    promise(result, 0 < before < people, "the move came too early or too late to mean anything")
    promise(result, len(stale) >= before - 2, "the old time was not found in the texts")
    promise(result, not after, f"{len(after)} messages with the old time began after the commit")
    doubled = [one for one, count in scene.sink.times().items() if count > 1]
    promise(result, not doubled, "duplicates")
    new = {one.to for one in taken if f"{later:%H:%M}" in one.text}
    promise(result, len(new) == people, f"{people - len(new)} people do not know the new time")
    result.note = f"{len(stale)} with the old time before the commit, {len(after)} after"
    return result


def begun_event(scene: Scene, people: int) -> Result:
    """The workers come back after the event began: nobody is reminded of it."""
    from events.models import Event
    from events.services.reminders import materialise_reminders

    began = time.monotonic()
    scene.begin()
    event = make_event(people, datetime.now(UTC) + timedelta(minutes=30))
    starts_at = datetime.now(UTC) + timedelta(seconds=12)  # after the people, who take their time to make
    Event.objects.filter(pk=event.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
    queued = materialise_reminders()
    time.sleep(max((starts_at - datetime.now(UTC)).total_seconds() + 0.5, 0))
    scene.programs.worker()
    scene.programs.worker()
    scene.wait_for_the_end()
    result = Result("event begun", queued, 0, 0, 0, 0, time.monotonic() - began)
    promise(result, queued == people, f"only {queued} of {people} reminders were queued")
    promise(result, not scene.sink.taken, f"{len(scene.sink.taken)} reminders left")
    promise(result, states() == {"skipped": people}, str(states()))
    result.note = f"{len(scene.sink.taken)} reminders left"
    return result


def no_clock(scene: Scene) -> Result:
    """Zero clocks and no worker: whoever asks /estado/ raises the alarm, once; and the end of it is told as well."""
    began = time.monotonic()
    scene.begin()
    scene.queue(3)
    url = scene.programs.web() + "/estado/"
    statuses: Counter[int] = Counter()

    def ask() -> int:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            return 0
        statuses[status] += 1
        return status

    while not ask():
        time.sleep(0.2)

    def mails(word: str) -> int:
        return sum(word in one.text for one in list(scene.sink.taken))

    silence = time.monotonic()
    deadline = silence + scene.stale_seconds + 60
    while not scene.sink.taken and time.monotonic() < deadline:
        askers = [threading.Thread(target=ask) for _ in range(6)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        time.sleep(scene.stale_seconds / 60)
    after = time.monotonic() - silence
    for _more in range(20):
        ask()
    alarms = mails("no está saliendo")
    only_503 = set(statuses) == {503}
    scene.programs.worker()
    wait_until(lambda: mails("vuelve a salir") >= 1, 60, "the end of the alarm", scene)
    scene.wait_for_the_end()
    result = Result("no clock, no worker", 3, 0, 0, 0, 0, time.monotonic() - began)
    promise(result, only_503, f"/estado/ answered {dict(statuses)}")
    promise(result, alarms == 1, f"{alarms} alarms")
    promise(result, after > scene.stale_seconds - 5, f"the alarm came after {after:.0f} s")
    promise(result, mails("vuelve a salir") == 1, "the end was not told once")
    result.note = f"{alarms} alarm after {after:.0f} s for {sum(statuses.values())} questions, its end told"
    return result


# --- SQLite without Redis


def killed_on_sqlite(scene: Scene, number: int, kills: int) -> Result:
    """One worker with its clock, as ``portal run`` starts it, on SQLite and the broker in files."""
    began = time.monotonic()
    scene.begin()
    scene.queue(number)
    worker = embedded_worker(scene)
    for turn in range(kills):
        scene.wait_for(number * (turn + 1) // (kills + 2))
        scene.kills += 1
        scene.programs.kill(worker)
        scene.let_leases_run_out()
        worker = embedded_worker(scene)
    scene.wait_for_the_end()
    return scene.count(f"SQLite without Redis, {kills} SIGKILLs", began)


def embedded_worker(scene: Scene) -> "subprocess.Popen[bytes]":
    schedule = scene.programs.folder / "celery" / "schedule"
    command = "celery --app tests.chaos.worker --quiet worker --pool solo --beat --queues default,mail,heavy"
    command += f" --loglevel error --without-gossip --without-mingle --schedule {schedule}"
    return scene.programs.start([sys.executable, "-W", "ignore", "-m", *command.split()])


def report(result: Result) -> None:
    words = "broken: " + "; ".join(result.broken) if result.broken else result.note
    print(
        f"{result.name:<36}{result.messages:>9}{result.lost:>6}{result.duplicates:>12}{result.flagged:>9}"
        f"{result.kills:>7}{result.seconds:>8.0f} s  {words}",
        flush=True,
    )


@contextlib.contextmanager
def scene(*, with_servers: bool, stale_seconds: int) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL's own account walks through it
        made = Scene(Path(folder), with_servers=with_servers, stale_seconds=stale_seconds)
        try:
            yield made
        finally:
            made.close()


def scenarios(short: bool) -> dict[str, Callable[[Scene], Result]]:
    many, some, few = (300, 300, 60) if short else (10_000, 4_000, 400)
    return {
        "kills": lambda s: killed_workers(s, many, 3 if short else 20),
        "redis": lambda s: redis_gone(s, some),
        "database": lambda s: database_gone(s, some, 1 if short else 10),
        "faults": lambda s: rude_server(s, some),
        "clock": lambda s: wrong_clock(s, some),
        "together": lambda s: everything_at_once(s, 150 if short else some),
        "moved": lambda s: moved_event(s, few),
        "begun": lambda s: begun_event(s, few),
        "alarm": no_clock,
        "sqlite": lambda s: killed_on_sqlite(s, 300 if short else 2_000, 2 if short else 10),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a few hundred messages each")
    parser.add_argument("only", nargs="*", help="scenarios by name", default=[])
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    known = scenarios(wanted.short)
    names = wanted.only or list(known)
    if "sqlite" in names and len(names) > 1:  # a process has one database
        names.remove("sqlite")
        more = [sys.executable, "-m", "tests.chaos", "sqlite", *(["--short"] if wanted.short else [])]
    else:
        more = []
    if names != ["sqlite"]:
        print(f"{'':<36}{'messages':>9}{'lost':>6}{'duplicates':>12}{'flagged':>9}{'kills':>7}{'time':>8}", flush=True)
    red = 0
    stale_seconds = 20 if wanted.short else 300  # the portal's own five minutes, waited for
    with scene(with_servers=names != ["sqlite"], stale_seconds=stale_seconds) as made:
        for name in names:
            result = known[name](made)
            report(result)
            red += bool(result.broken)
    if more:
        red += subprocess.run(more, cwd=ROOT, check=False).returncode
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
