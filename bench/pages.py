"""Pages and feeds against the limit on large data: ``python -m bench.pages`` (PostgreSQL and Redis on 127.0.0.1).

It fills a database of its own (10 thousand events, 50 thousand actions, 100 thousand registrations, then a million),
starts the portal and the limit (``bench/bare.py``) under the same server settings, and asks each page in turns
A B A B …: user and system time of the application, PostgreSQL and Redis for one request, as a multiple of the limit.
Then registering for one event, 16 at a time, in turns with the bare pattern that writes the same rows.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import redis

from bench.database import REDIS, fresh_database
from bench.results import Result, say, spread, tell
from bench.servers import ROOT, Server, serving

PAGE_TURNS = 25
WARM_TURNS = 400
BARE_TURNS = 800


@dataclass
class Page:
    """What is asked for. ``goal``: multiples of the limit at most when nothing is kept; None where the design names
    none."""

    name: str
    path: str
    goal: float | None = None
    staff: bool = False
    size: int = 0
    queries: list[int] = field(default_factory=list)
    cold: list[list[float]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--actions", type=int, default=50_000)
    parser.add_argument("--registrations", type=int, nargs=2, default=[100_000, 1_000_000], metavar=("FEW", "MANY"))
    parser.add_argument("--signups", type=int, default=400, help="registrations of one round of the hot event")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with fresh_database() as (folder, environment):
        measure(wanted, folder, environment)


def measure(wanted: argparse.Namespace, folder: Path, environment: dict[str, str]) -> None:
    from bench import data

    say(f"{wanted.events:,} events, {wanted.actions:,} actions")
    whole = data.make_events(wanted.events)
    data.make_actions(wanted.actions)
    cookie = staff_session()
    pages = pages_to_ask(data.FULL_MONTH, whole)
    cold = environment | {"PAGE_CACHE_SECONDS": "0"}
    for number in wanted.registrations:
        say(f"{number:,} registrations")
        data.make_registrations(number)
        count_queries(pages, cookie)
        with (
            serving("config.wsgi", environment=cold, helpers=helpers, log=folder / "portal.log") as portal,
            serving("bench.bare", environment=environment, helpers=helpers, log=folder / "bare.log") as limit,
        ):
            for page in pages:
                headers = {"Cookie": cookie} if page.staff else {}
                page.cold.append(compare(portal, limit, page, headers, wanted.rounds, PAGE_TURNS))
                say(f"  {page.name}: {spread(page.cold[-1])} × the limit")
    tell_cold(pages, wanted)
    with (
        serving("config.wsgi", environment=environment, helpers=helpers, log=folder / "portal.log") as portal,
        serving("bench.bare", environment=environment, helpers=helpers, log=folder / "bare.log") as limit,
    ):
        tell_warm(portal, limit, pages, wanted.rounds)
    compare_seats(whole.pk, environment, wanted)


def pages_to_ask(month: date, whole: object) -> list[Page]:
    span = f"desde={month:%Y-%m-01}&hasta={month:%Y-%m}-31"
    number, slug = whole.pk, whole.slug  # type: ignore[attr-defined]
    return [
        Page("Home", "/", 20),
        Page("Calendar, month of 200 events", f"/calendario/?vista=mes&mes={month:%Y-%m}", 25),
        Page("Calendar, week", f"/calendario/?vista=semana&semana={month:%G-W%V}"),
        Page("Calendar, year", f"/calendario/?vista=anio&anio={month:%Y}"),
        Page("Calendar, list", "/calendario/?vista=lista"),
        Page("Calendar, list under words", "/calendario/?q=inventarios"),
        Page("Feed of 200 events (.ics)", f"/calendario.ics?{span}", 15),
        Page("Event page", f"/eventos/{slug}/", 12),
        Page("Series page", "/ciclos/ciclo-1/"),
        Page("Library", "/biblioteca/"),
        Page("Actions", "/acciones/"),
        Page("Municipality page", "/municipios/toluca/"),
        Page("Staff: home", "/gestion/", 30, staff=True),
        Page("Staff: list of events", "/gestion/eventos/", 30, staff=True),
        Page("Staff: who is registered", f"/gestion/eventos/{number}/inscripciones/", 30, staff=True),
        Page("Staff: list of actions", "/gestion/acciones/", 30, staff=True),
        Page("Staff: people", "/gestion/personas/?q=persona+777", 30, staff=True),
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
    from django.test import override_settings

    with override_settings(PAGE_CACHE_SECONDS=0):
        for page in pages:
            page.queries.append(queries_of(page, cookie))


def queries_of(page: Page, cookie: str) -> int:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"} | ({"cookie": cookie} if page.staff else {}))
    client.get(page.path)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(page.path)
    if answer.status_code != 200:
        sys.exit(f"{page.path} answers {answer.status_code}")
    return len(found)


def helpers() -> list[int]:
    """The PostgreSQL processes of the benchmark's own database, and Redis: their work counts as well."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        found = [pid for (pid,) in cursor.fetchall()]
    return [*found, int(redis.Redis.from_url(REDIS).info("server")["process_id"])]


def compare(
    portal: Server, limit: Server, page: Page, headers: dict[str, str], rounds: int, turns: int, status: int = 200
) -> list[float]:
    """The ratio of each round, the limit and the page in turns."""
    found, size = portal.get(page.path, 3, headers)
    if found != status:
        sys.exit(f"{page.path} answers {found}")
    page.size = size or page.size
    limit.get(f"/{size}/", 50)
    return [
        portal.cpu_per_request(page.path, turns, headers) / limit.cpu_per_request(f"/{size}/", BARE_TURNS)
        for _round in range(rounds)
    ]


def tell_cold(pages: list[Page], wanted: argparse.Namespace) -> None:
    few, many = wanted.registrations
    for page in pages:
        queries = "/".join(str(number) for number in sorted(set(page.queries)))
        note = f"{queries} queries, {page.size / 1024:.0f} KB"
        tell(Result("Pages, nothing kept", f"{page.name}, × bare", page.cold[-1], at_most=page.goal, note=note))
    for page in pages:
        growth = [late / early for early, late in zip(*page.cold, strict=True)]
        name = f"{page.name}, {many:,} registrations × {few:,}"
        tell(Result("Growth", name, growth, at_most=1.5))


def tell_warm(portal: Server, limit: Server, pages: list[Page], rounds: int) -> None:
    """Kept answers: as anybody gets them, and to who has the page already."""
    for page in pages:
        if page.staff:
            continue
        etag = portal.etag(page.path)
        if etag is None:
            say(f"  {page.name} is not kept")
            continue
        warm = compare(portal, limit, page, {}, rounds, WARM_TURNS)
        tell(Result("Pages, kept", f"{page.name}, × bare", warm, at_most=2.5))
        known = compare(portal, limit, page, {"If-None-Match": etag}, rounds, WARM_TURNS, status=304)
        tell(Result("Pages, kept", f"{page.name}, not changed (304), × bare", known, at_most=2.0))


def compare_seats(event: int, environment: dict[str, str], wanted: argparse.Namespace) -> None:
    """CPU and rate of registering, as multiples of the bare pattern."""
    cpu, rate = [], []
    for turn in range(wanted.rounds):
        runs = {which: run_seats(which, event, turn, wanted.signups, environment) for which in ("bare", "product")}
        cpu.append(runs["product"][0] / runs["bare"][0])
        rate.append(runs["product"][1] / runs["bare"][1])
    name = "one hot event, 16 at a time, × the processor time of INSERT, then the conditional UPDATE"
    tell(Result("Registering", name, cpu, at_most=1.5))
    tell(Result("Registering", "the same, × the rate", rate, at_least=0.6))


def run_seats(which: str, event: int, turn: int, number: int, environment: dict[str, str]) -> tuple[float, float]:
    """(processor seconds for one registration, registrations in a second)."""
    first = (turn * 2 + (which == "product")) * number
    command = [sys.executable, "-m", "bench.seats", which, str(event), str(first), str(number)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    counted, seconds, used = done.stdout.split()[-3:]
    return float(used), int(counted) / float(seconds)


if __name__ == "__main__":
    main()
