"""The steps of ``make test``, ``make test-full`` and ``make lint``, started by ``portal`` in the virtual environment.

Every step is carried out, so that one run shows all that is wrong; the exit code is 1 where any of them was red.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DATABASE = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
END_AFTER = 15  # seconds for a step to end by itself
# What a person has set for their own portal must not reach the tests.
OWN_SETTINGS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "DEMO", "DEBUG", "SECRET_KEY", "PORT")


class Step(NamedTuple):
    heading: str
    command: list[str]
    servers: dict[str, str]  # DATABASE_URL and REDIS_URL; empty means SQLite and no servers


def tool(heading: str, name: str, *arguments: str) -> Step:
    return Step(heading, [str(BIN / name), *arguments], {})


def suite(heading: str, servers: dict[str, str], *arguments: str) -> Step:
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    return Step(heading, [*command, "--durations=25", *arguments], servers)


LINT = [
    tool("ruff", "ruff", "check", "."),
    tool("ruff format", "ruff", "format", "--check", "."),
    tool("templates (djlint)", "djlint", "--lint", "--quiet", "templates"),
    tool("spelling (codespell)", "codespell"),
    tool("dependencies (deptry)", "deptry", "."),
    tool("dead code (vulture)", "vulture"),
    tool("contracts (import-linter)", "lint-imports"),
    tool("types (mypy)", "mypy"),
]


def running_servers() -> dict[str, str]:
    """Addresses of PostgreSQL and Redis; raises what went wrong where one of them does not answer."""
    psycopg.connect(DATABASE, connect_timeout=3).close()
    client = redis.Redis.from_url(REDIS, socket_timeout=3)
    client.ping()
    client.close()
    # Each checkout has test databases of its own name, so that two suites on one server do not meet.
    name = "portal_" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return {"DATABASE_URL": f"{DATABASE.rsplit('/', 1)[0]}/{name}", "REDIS_URL": REDIS}


def planned(what: str) -> tuple[list[Step], str]:
    """The steps, and what had to be left out of them."""
    if what == "lint":
        return LINT, ""
    left_out = ""
    try:
        servers = running_servers()
    except (psycopg.OperationalError, redis.RedisError) as error:
        reason = " ".join(str(error).split())
        if os.environ.get("CI") == "true":
            sys.exit(f"CI needs PostgreSQL and Redis on 127.0.0.1, and one of them does not answer: {reason}")
        servers = {}
        left_out = f"Left out: everything on PostgreSQL and Redis, which do not answer on 127.0.0.1 ({reason})."
    django = Step("migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], servers)
    if what == "test-full":
        if not servers:  # `test` has carried out the suite on SQLite
            return [suite("every page on four screens", {}, "--full", "-m", "screens")], left_out
        # The running portal is the same one wherever the suite runs.
        left = "not both_databases and not portal"
        return [suite("the rest on SQLite, every page on four screens", {}, "--full", "-m", left)], left_out
    if servers:
        return [
            *LINT,
            django,
            suite("tests for both databases, on SQLite", {}, "-m", "both_databases"),
            suite("suite on PostgreSQL and Redis", servers),  # the long one last: a cut log shows what failed in it
        ], left_out
    return [*LINT, django, suite("suite on SQLite", {})], left_out


def carry_out(step: Step, data_dir: str) -> bool:
    print(f"\n── {step.heading} ".ljust(100, "─"), flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    environment |= {"DATA_DIR": data_dir, "STATEMENT_TIMEOUT_MS": "0"} | step.servers
    if step.servers:
        environment["SECRET_KEY"] = "only-for-the-checks-" * 3
    start = time.monotonic()
    process = subprocess.Popen(step.command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        code = process.wait()
    except (SystemExit, KeyboardInterrupt):
        end(process)
        raise
    print(f"{'green' if code == 0 else f'RED, exit code {code}'}, {time.monotonic() - start:.1f} s", flush=True)
    return code == 0


def end(process: subprocess.Popen[bytes]) -> None:
    """End a step with all that it started: as Ctrl-C does, which lets tests put away what they made; then surely."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_AFTER)
        os.killpg(process.pid, signal.SIGKILL)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    what = sys.argv[1]
    steps, left_out = planned(what)
    if what != "lint":
        files = [sys.executable, "manage.py", "prepare", "--only-files"]
        steps = [Step("fonts, translations, static files", files, {}), *steps]
    begin = time.monotonic()
    data_dir = tempfile.mkdtemp(prefix="portal-")
    try:
        red = [step.heading for step in steps if not carry_out(step, data_dir)]
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    minutes, seconds = divmod(int(time.monotonic() - begin), 60)
    print(f"\n{len(steps) - len(red)} of {len(steps)} steps green in {minutes} min {seconds} s.")
    if left_out:
        print(left_out)
    print(f"FAILED: {', '.join(red)}" if red else "ALL GREEN")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
