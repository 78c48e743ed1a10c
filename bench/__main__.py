"""The whole benchmark with one command: ``python -m bench`` (some minutes, PostgreSQL and Redis on 127.0.0.1).

It makes a database of its own, fills it (10 thousand events, 100 thousand registrations, then a million), starts the
portal and the limit (``bench/bare.py``) under the same server settings, asks each page in turns A B A B …, and writes
``bench/RESULTS.md``: user and system time of the application, PostgreSQL and Redis for one request, as a multiple of
the limit. Absolute times say little on shared machines, ratios taken in one run repeat.
"""

import argparse
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from bench.servers import ROOT, Server, serving

DATABASE = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/portal_bench")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/8")
RESULTS = ROOT / "bench" / "RESULTS.md"
ROUNDS = 5
PAGE_TURNS = 25
BARE_TURNS = 800
REGISTRATIONS = 400


@dataclass
class Page:
    """What is asked for. ``goal``: multiples of the limit at most, from the design; None where it names none."""

    name: str
    path: str
    goal: float | None = None
    staff: bool = False
    size: int = 0
    queries: list[int] = field(default_factory=list)
    ratios: list[list[float]] = field(default_factory=list)


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--registrations", type=int, nargs=2, default=[100_000, 1_000_000], metavar=("FEW", "MANY"))
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends what was started
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = settings_for(Path(folder))
        os.environ.update(environment)
        make_database()
        try:
            measure(wanted, Path(folder), environment)
        finally:
            drop_database()


def settings_for(folder: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "DATABASE_URL": DATABASE,
        "REDIS_URL": REDIS,
        "DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": "only-for-the-bench-" * 3,
        "DATABASE_POOL_SIZE": "20",
        "STATEMENT_TIMEOUT_MS": "0",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def administration() -> psycopg.Connection:
    return psycopg.connect(DATABASE.rsplit("/", 1)[0] + "/postgres", autocommit=True)


def drop_database() -> None:
    from django.db import connections

    connections.close_all()
    with administration() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{urlsplit(DATABASE).path[1:]}" WITH (FORCE)')


def make_database() -> None:
    with administration() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{urlsplit(DATABASE).path[1:]}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{urlsplit(DATABASE).path[1:]}"')
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, check=True)


def measure(wanted: argparse.Namespace, folder: Path, environment: dict[str, str]) -> None:
    import django

    django.setup()
    from bench import data

    say(f"{wanted.events:,} events")
    whole = data.make_events(wanted.events)
    cookie = staff_session()
    pages = pages_to_ask(data.FULL_MONTH, whole)
    for number in wanted.registrations:
        say(f"{number:,} registrations")
        data.make_registrations(number)
        count_queries(pages, cookie)
        with (
            serving("config.wsgi", environment=environment, helpers=helpers, log=folder / "portal.log") as portal,
            serving("bench.bare", environment=environment, helpers=helpers, log=folder / "bare.log") as limit,
        ):
            for page in pages:
                page.ratios.append(compare(portal, limit, page, cookie))
                say(f"  {page.name}: {spread(page.ratios[-1])} × the limit")
    seats = compare_seats(whole.pk, environment)
    RESULTS.write_text(report(wanted, pages, seats))
    say(f"written: {RESULTS.relative_to(ROOT)}")


def pages_to_ask(month: date, whole: object) -> list[Page]:
    span = f"desde={month:%Y-%m-01}&hasta={month:%Y-%m}-31"
    return [
        Page("Home", "/", 20),
        Page("Calendar, month of 200 events", f"/calendario/?vista=mes&mes={month:%Y-%m}", 25),
        Page("Calendar, week", f"/calendario/?vista=semana&semana={month:%Y-%m-%d}"),
        Page("Calendar, year", f"/calendario/?vista=anio&anio={month:%Y}"),
        Page("Calendar, list", "/calendario/?vista=lista"),
        Page("Calendar, list under words", "/calendario/?q=inventarios"),
        Page("Feed of 200 events (.ics)", f"/calendario.ics?{span}", 15),
        Page("Event page", f"/eventos/{whole.slug}/", 12),  # type: ignore[attr-defined]
        Page("Series page", "/ciclos/ciclo-1/"),
        Page("Library", "/biblioteca/"),
        Page("Staff: list of events", "/gestion/eventos/", 30, staff=True),
        Page("Staff: who is registered", f"/gestion/eventos/{whole.pk}/inscripciones/", 30, staff=True),  # type: ignore[attr-defined]
    ]


def staff_session() -> str:
    from django.test import Client

    from network.enums import Role
    from network.models import User

    user = User.objects.create_user("personal@banco.example", role=Role.STAFF)
    client = Client()
    client.force_login(user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def count_queries(pages: list[Page], cookie: str) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    for page in pages:
        client = Client(headers={"host": "127.0.0.1"} | ({"cookie": cookie} if page.staff else {}))
        client.get(page.path)
        with CaptureQueriesContext(connection) as found:
            answer = client.get(page.path)
        if answer.status_code != 200:
            sys.exit(f"{page.path} answers {answer.status_code}")
        page.queries.append(len(found))


def helpers() -> list[int]:
    """The PostgreSQL processes of the benchmark's own database, and Redis: their work counts as well."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        found = [pid for (pid,) in cursor.fetchall()]
    return [*found, int(redis.Redis.from_url(REDIS).info("server")["process_id"])]


def compare(portal: Server, limit: Server, page: Page, cookie: str) -> list[float]:
    """The ratio of each round, the limit and the page in turns."""
    headers = {"Cookie": cookie} if page.staff else {}
    status, page.size = portal.get(page.path, 3, headers)
    if status != 200:
        sys.exit(f"{page.path} answers {status}")
    limit.get(f"/{page.size}/", 50)
    return [
        portal.cpu_per_request(page.path, PAGE_TURNS, headers) / limit.cpu_per_request(f"/{page.size}/", BARE_TURNS)
        for _round in range(ROUNDS)
    ]


def compare_seats(event: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """CPU and rate of registering, as multiples of the bare pattern."""
    found: dict[str, list[float]] = {"cpu": [], "rate": []}
    for turn in range(ROUNDS):
        runs = {which: run_seats(which, event, turn, environment) for which in ("bare", "product")}
        found["cpu"].append(runs["product"][0] / runs["bare"][0])
        found["rate"].append(runs["product"][1] / runs["bare"][1])
    say(f"  registering: {spread(found['cpu'])} × the CPU, {spread(found['rate'])} of the rate of the bare pattern")
    return found


def run_seats(which: str, event: int, turn: int, environment: dict[str, str]) -> tuple[float, float]:
    """(processor seconds for one registration, registrations in a second)."""
    first = (turn * 2 + (which == "product")) * REGISTRATIONS
    command = [sys.executable, "-m", "bench.seats", which, str(event), str(first), str(REGISTRATIONS)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    counted, seconds, used = done.stdout.split()[-3:]
    return float(used), int(counted) / float(seconds)


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"


def report(wanted: argparse.Namespace, pages: list[Page], seats: dict[str, list[float]]) -> str:
    few, many = wanted.registrations
    lines = [
        "# Results of `python -m bench`",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {machine()}. {wanted.events:,} events; "
        f"{ROUNDS} rounds of turns; median (lowest–highest).",
        "",
        "Processor time of the application, PostgreSQL and Redis for one request, as multiples of a Django view",
        "without middleware that answers the same number of bytes from memory under the same server settings.",
        "",
        f"| page | KB | queries | {few:,} registrations | {many:,} registrations | goal |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for page in pages:
        queries = "/".join(str(number) for number in sorted(set(page.queries)))
        goal = f"≤ {page.goal:g}" if page.goal else ""
        ratios = " | ".join(spread(ratios) for ratios in page.ratios)
        lines.append(f"| {page.name} | {page.size / 1024:.0f} | {queries} | {ratios} | {goal} |")
    lines += [
        "",
        "Registering for one event, 16 at a time, against the bare pattern (INSERT, then the conditional UPDATE of",
        f"the counter) that writes the same rows: {spread(seats['cpu'])} × the processor time (goal ≤ 1.5), "
        f"{spread(seats['rate'])} of the rate (goal ≥ 0.6).",
        "",
    ]
    return "\n".join(lines)


def machine() -> str:
    import django

    with administration() as server:
        postgres = server.info.server_version // 10000
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return f"{model}, Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {postgres}"


if __name__ == "__main__":
    main()
