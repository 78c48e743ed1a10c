"""Writing to SQLite from two processes of four threads: ``python -m bench.sqlite`` (needs no server).

Each thread registers people for one event through the service; says how many were refused because the database was
locked (goal: none) and how many were stored in a second.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.results import Result, say, tell
from bench.servers import ROOT
from bench.workers import seconds_of

WORKER = """
import sys, django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.db import connections, OperationalError
from bench.seats import product
from events.models import Event
event, number = Event.objects.get(), int(sys.argv[1])
first = int.from_bytes(__import__("os").urandom(5), "big")

def some(thread):
    locked = 0
    for place in range(number):
        try:
            product(event, first + thread * number + place)
        except OperationalError:
            locked += 1
    connections.close_all()
    return locked

print(flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(4) as pool:
    locked = sum(pool.map(some, range(4)))
from pathlib import Path
Path(sys.argv[2], f"{first}.locked").write_text(str(locked))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sqlite", description=__doc__.split("\n")[0])
    parser.add_argument("--registrations", type=int, default=100, help="of each of the eight threads")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ.pop("REDIS_URL", None)
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "DATA_DIR": folder,
            "STATIC_ROOT": f"{folder}/static",
            "SECRET_KEY": "only-for-the-bench-" * 3,
            "LOG_LEVEL": "CRITICAL",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        measure(wanted.registrations, Path(folder))


def measure(number: int, folder: Path) -> None:
    import django

    django.setup()
    from events.models import Registration
    from tests import factories

    factories.EventFactory(capacity=1_000_000)
    seconds = seconds_of(WORKER, [str(number), str(folder)], dict(os.environ), 2)
    locked = sum(int(path.read_text()) for path in folder.glob("*.locked"))
    stored = Registration.objects.count()
    say(f"  {stored} registrations in {seconds:.1f} s ({stored / seconds:.0f}/s)")
    assert stored + locked == 8 * number, "a registration was lost"
    tell(Result("SQLite", "“database is locked” of 2 processes × 4 threads that register people", [locked], at_most=0))


if __name__ == "__main__":
    main()
