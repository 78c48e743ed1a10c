"""``manage.py prepare``: bring files and data to where the portal can serve; does nothing twice."""

import datetime as dt
import fcntl
import hashlib
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from web.assets import build_fonts, compile_translations


class Command(BaseCommand):
    help = "Makes fonts, translations and static files, migrates, and loads reference and demo data where needed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data as well")
        parser.add_argument("--only-files", action="store_true", help="leave the database alone")

    def handle(self, *args: Any, demo: bool, only_files: bool, **options: Any) -> None:
        with (Path(settings.BASE_DIR) / "manage.py").open() as lock:  # two portals may start from one checkout
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.step("Fonts", build_fonts)
            self.step("Translations", compile_translations)
            self.step("Static files", collect_static)
        if only_files:
            return
        self.step("Database", migrate)
        # It also stores the calendar entries anew, in which the portal's address stands.
        self.step("Reference data", lambda: load("load_reference", today=False, depends_on=settings.SITE_URL))
        if demo:
            self.step("Demo data", lambda: load("load_demo", today=True))

    def step(self, heading: str, work: Callable[[], bool]) -> None:
        """Do one piece of work and say so, unless it says that there was nothing to do."""
        start = time.monotonic()
        if work():
            self.stdout.write(f"{heading}: ready after {time.monotonic() - start:.1f} s")
            self.stdout.flush()


def collect_static() -> bool:
    state = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path)).stat()
            state.update(f"{path} {file.st_size} {file.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".prepared"
    if stamp.is_file() and stamp.read_text() == state.hexdigest():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["redoc*"])  # the API shows Swagger's
    stamp.write_text(state.hexdigest())
    return True


def migrate() -> bool:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        executor.check_replacements()  # note the ones that stand for several applied ones, as Django's command does
        return False
    if connection.vendor == "sqlite" and not executor.loader.applied_migrations:
        # A database that does not exist yet cannot lose anything: waiting for the disk at each step is for nothing.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()  # the next one is opened with the settings' own caution
    return True


def load(command: str, *, today: bool, depends_on: str = "") -> bool:
    """Call an idempotent loader unless this very database has had this very version of it.

    ``today``: the loader's dates are relative to the day, so that a new day asks for it again; ``depends_on`` is
    whatever else does.
    """
    state = hashlib.sha256()
    # The moment of a database's first migration tells it from any other, also from one made anew at the same place.
    applied = MigrationRecorder.Migration.objects.order_by("pk").values_list("applied", flat=True)
    state.update(str(applied.first()).encode())
    state.update(depends_on.encode())
    for file in loader_files():
        state.update(str(file.relative_to(settings.BASE_DIR)).encode() + file.read_bytes())
    if today:
        state.update(dt.datetime.now(dt.UTC).date().isoformat().encode())
    stamp = Path(settings.DATA_DIR) / f"{command}.stamp"
    if stamp.is_file() and stamp.read_text() == state.hexdigest():
        return False
    call_command(command)
    stamp.write_text(state.hexdigest())
    return True


def loader_files() -> Iterator[Path]:
    for folder in ("data", "management"):
        for path in sorted(Path(settings.BASE_DIR).glob(f"*/{folder}/**/*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    for name in ("ical.py", "search.py"):  # how calendar entries and search texts are written
        yield from sorted(Path(settings.BASE_DIR).glob(f"*/{name}"))
