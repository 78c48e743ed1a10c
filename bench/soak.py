"""``make soak``: whether the portal's processes keep to their memory under steady work (ten minutes).

The services of docker-compose.yml with the commands written there, on a PostgreSQL and a Redis of their own, with the
demonstration's data and an SMTP server, are asked for the same mixture at a modest, fixed rate. Every ten seconds the
memory of each process is read: PSS, which counts once what processes share, and RSS. The exit code is 1 where a service
holds 10 % more at the end (median of the last fifth) than when it had warmed up (median of the second fifth: minutes
three and four of ten), or where anything was answered as it should not be.
"""

import argparse
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from threading import Lock

import requests
from lxml import html

from bench.results import say
from bench.servers import ROOT, tree
from tests.chaos.servers import Postgres, Programs, Redis, free_port
from tests.chaos.sink import Sink
from tests.integration.conftest import command_of, environment_of, stop
from tests.live import wait_until_it_answers

SERVICES = ("web", "worker", "heavy", "beat")
LIMIT, PAUSE = 1.10, 10
EVENT = "prueba-de-resistencia"
MAKE_EVENT = f"""import datetime as dt, django; django.setup()
from django.utils import timezone
from tests.factories import unlimited_event
day = timezone.localdate() + dt.timedelta(days=9)
start, end = (timezone.make_aware(dt.datetime.combine(day, dt.time(hour))) for hour in (10, 12))
unlimited_event(slug="{EVENT}", first_day=day, last_day=day, start_time=start.time(), end_time=end.time(),
                starts_at=start, ends_at=end, registration_closes_at=end)"""
PUBLIC = f"""/ /calendario/ /calendario/?vista=lista&q=agua /calendario.ics /municipios/ /municipios/toluca/ /red/
    /resultados/ /resultados.csv /acciones/ /acciones.atom /acciones.json /biblioteca/ /biblioteca.atom /datos/ /ayuda/
    /estado/ /eventos/{EVENT}/ /eventos/{EVENT}.ics""".split()
STAFF = ["/gestion/", "/gestion/eventos/", "/gestion/acciones/", "/gestion/cifras/", "/gestion/correo/"]
LIAISON = ["/mi-municipio/", "/mi-municipio/acciones/", "/mi-municipio/acciones/tablero/", "/mi-municipio/informes/"]
Reading = dict[str, dict[int, tuple[float, float]]]  # service → process → (PSS, RSS) in MiB


class Visitor:
    """A browser without JavaScript; each act is one of its methods."""

    def __init__(self, url: str, email: str = "") -> None:
        self.url, self.line, self.turn, self.hand = url, requests.Session(), count(1), Lock()
        self.line.headers["Connection"] = "close"  # an idle line may be closed just when it is used again
        if email:
            self.fill("/cuenta/login/", "password", login=email, password="demo-clima-2026")

    def see(self, path: str) -> html.HtmlElement:
        answer = self.line.get(self.url + path, timeout=60)
        answer.raise_for_status()
        return html.fromstring(answer.content, base_url=answer.url)

    def look(self, pages: list[str]) -> None:
        self.line.get(self.url + pages[next(self.turn) % len(pages)], timeout=60).raise_for_status()

    def fill(self, path: str, having: str, reading: float = 0.0, **typed: str) -> None:
        """Send the form of a page that has the named field: what stands in it, and what is typed."""
        page = self.see(path)
        form = next(form for form in page.forms if having in form.fields)
        time.sleep(reading)
        fields = [pair for pair in form.form_values() if pair[0] not in typed] + list(typed.items())
        self.line.post(requests.compat.urljoin(page.base_url, form.action), fields, timeout=60).raise_for_status()

    def sign_in(self) -> None:
        Visitor(self.url, "participante@demo.example").look(["/mis-inscripciones/"])

    def register(self) -> None:
        typed = {"name": "Ana Resiste", "email": f"{secrets.token_hex(6)}@resiste.example", "category": "academia"}
        path = f"/eventos/{EVENT}/inscripcion/"
        Visitor(self.url).fill(path, "name", reading=2.5, consent="on", **typed)  # nobody types it in less

    def save_action(self) -> None:
        """The first of the municipality's actions that may be changed: others wait for review."""
        with self.hand:  # who sends a form that was saved by another hand meanwhile is told so: 409
            links = self.see("/mi-municipio/acciones/").xpath("//a/@href[starts-with(., '/mi-municipio/acciones/')]")
            pages = sorted({f"{link}editar/" for link in links if link.split("/")[-2].isdigit()})
            page = next(page for page in pages if self.line.get(self.url + page, timeout=60).ok)
            self.fill(page, "description", description=f"Guardada {next(self.turn)} veces.")

    def ask_report(self) -> None:
        self.fill("/mi-municipio/informes/", "starts_on", starts_on=f"2026-01-{next(self.turn) % 28 + 1:02}")


def mixture(url: str) -> list[Callable[[], object]]:
    """What is asked for in turns: of sixty acts one report, five actions, six registrations, six times signing in."""
    public, staff, liaison = (Visitor(url, email) for email in ("", "personal@demo.example", "enlace@demo.example"))
    pages = [lambda: public.look(PUBLIC), lambda: staff.look(STAFF), lambda: liaison.look(LIAISON)]
    ten = [*pages, public.register, *pages, pages[0], public.sign_in, liaison.save_action]
    return [*(ten * 6)[:-1], liaison.ask_report]


def memory(pid: int) -> tuple[float, float]:
    with contextlib.suppress(OSError):  # it has just ended
        rows = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        return int(rows["Pss"].split()[0]) / 1024, int(rows["Rss"].split()[0]) / 1024
    return 0.0, 0.0


def steady(url: str, roots: dict[str, int], minutes: float, rate: float) -> tuple[list[Reading], list[str]]:
    """Ask so many times a second, whether what was asked before is answered or not, and read the memory meanwhile."""
    acts, asked, readings, began = mixture(url), [], [], time.monotonic()
    with ThreadPoolExecutor(8) as crowd:
        while (now := time.monotonic() - began) < minutes * 60:
            if now >= len(readings) * PAUSE:
                readings.append({name: {pid: memory(pid) for pid in tree(root)} for name, root in roots.items()})
            asked.append(crowd.submit(acts[len(asked) % len(acts)]))
            time.sleep(max(began + len(asked) / rate - time.monotonic(), 0))
    wrong = [repr(error)[:200] for one in asked if (error := one.exception())]
    say(f"{len(asked)} acts in {minutes:g} minutes, {len(wrong)} of them answered as they should not be")
    return readings, wrong


def growth(readings: list[Reading], service: str, pid: int | None = None) -> float:
    """Say a line of the table, of a service or one process of it; the end as a multiple of the beginning."""
    found = [[mib for one, mib in reading[service].items() if pid in (None, one)] for reading in readings]
    pss = [sum(mib[0] for mib in reading) for reading in found]
    fifth = len(pss) // 5
    warm, end = median(pss[fifth : 2 * fifth]), median(pss[-fifth:])
    ratio = end / warm if warm else 1.0
    most = max(sum(mib[1] for mib in reading) for reading in found)
    name = f"  {pid}" if pid else service
    say(f"{name:<10}{warm:>10.1f}{end:>10.1f}{ratio - 1:>+10.1%}{max(pss):>10.1f}{most:>10.1f}")
    return ratio


def soak(folder: Path, postgres: Postgres, broker: Redis, sink: Sink, minutes: float, rate: float) -> bool:
    """Whether all went well."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "DATA_DIR": str(folder), "SITE_URL": url, "PORT": str(port), "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        "DATABASE_URL": postgres.url, "REDIS_URL": broker.url, "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "SECRET_KEY": secrets.token_urlsafe(50), "METRICS_TOKEN": secrets.token_urlsafe(50), "DEMO": "1",
        "DEFAULT_FROM_EMAIL": "Red <red@portal.example>", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    for command in ([*command_of("setup", folder), "--demo"], [sys.executable, "-c", MAKE_EVENT]):
        subprocess.run(command, cwd=ROOT, env=environment_of("setup", base), check=True, stdout=subprocess.DEVNULL)
    programs = Programs(folder, {})
    try:
        running = {name: programs.start(command_of(name, folder), **environment_of(name, base)) for name in SERVICES}
        wait_until_it_answers(f"{url}/estado/", list(running.values()), 180)
        roots = {name: process.pid for name, process in running.items()} | {"redis": broker.process.pid}
        readings, wrong = steady(url, roots, minutes, rate)
    finally:
        for process in programs.running:
            stop(process)
    say("\n".join([f"{len(sink.taken)} mails left", *sorted(set(wrong))[:9]]))
    say(f"{'MiB':<10}{'PSS warm':>10}{'PSS end':>10}{'growth':>10}{'PSS most':>10}{'RSS most':>10}")
    grown = []
    for name in roots:
        if growth(readings, name) >= LIMIT and name in SERVICES:
            grown.append(name)
        for pid in readings[-1][name] if len(readings[-1][name]) > 1 else ():
            growth(readings, name, pid)
    say(f"\ngrows: {', '.join(grown)}" if grown else "\nevery service keeps to its memory")
    return not (grown or wrong) and len(sink.taken) > 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2, help="what is asked in a second")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, contextlib.ExitStack() as ends:
        os.chmod(folder, 0o755)  # PostgreSQL's own account walks through it
        postgres, broker, sink = Postgres(Path(folder) / "postgres"), Redis(Path(folder)), Sink()
        for end in (postgres.stop, broker.stop, sink.close):
            ends.callback(end)
        is_well = soak(Path(folder), postgres, broker, sink, wanted.minutes, wanted.rate)
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
