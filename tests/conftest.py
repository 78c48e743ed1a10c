"""Fixtures that every test may use. ``tests/<app>/conftest.py`` has those of one app alone."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone, translation
from playwright.sync_api import expect

from tests.live import RunningPortal, start_portal
from web.cache import DisposableRedisCache

# Playwright keeps an event loop in the thread of the test; Django's guard against that has nothing to guard here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# How busy the machine is says nothing of the portal: time is measured in the tests that are about time.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")
expect.set_options(timeout=20_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="every page on four screens (make test-full)")
    parser.addoption("--pictures", action="store_true", help="take the pictures of the help and the README anew")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks what ``tests/steps.py`` chooses by."""
    fixtures = getattr(item, "fixturenames", ())
    if "screens" in fixtures:
        item.add_marker("screens")
    elif "running_portal" in fixtures:
        item.add_marker("portal")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``--full`` each process takes the next role's walk when it is free; every other file stays whole."""
    if not config.getoption("--full") or config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class EachWalkAlone(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            is_walk = "::test_every_page_of_a_role_passes_axe[" in nodeid
            return nodeid if is_walk else str(super()._split_scope(nodeid))

    return EachWalkAlone(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first: one process carries out a whole file, and none is to be left alone with one at the end."""

    def turn(item: pytest.Item) -> int:
        if item.path.name == "test_accessibility.py":
            return 0
        return 1 if "running_portal" in getattr(item, "fixturenames", ()) else 2

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test sees what another one left in the cache, also where that one took Redis for away."""
    DisposableRedisCache._away_until = 0.0
    cache.clear()
    yield
    DisposableRedisCache._away_until = 0.0
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _audit_may_be_flushed() -> None:
    """A test with transactions of its own ends with all tables emptied; the trail's triggers look away for that."""
    ops = type(connection.ops)
    flush = ops.sql_flush

    def sql_flush(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        if self.connection.vendor == "postgresql":
            table = "ALTER TABLE network_auditentry {} TRIGGER USER"
            return [table.format("DISABLE"), *flush(self, *args, **kwargs), table.format("ENABLE")]
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'network_audit%'")
            triggers = dict(cursor.fetchall())
        dropped = [f"DROP TRIGGER {name}" for name in triggers]
        return [*dropped, *flush(self, *args, **kwargs), *triggers.values()]

    ops.sql_flush = sql_flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _spanish() -> None:
    """A page asked in English leaves its language in the thread; no test begins with it."""
    translation.activate("es")
    timezone.deactivate()  # a request leaves the zone of its page on the thread


@pytest.fixture(autouse=True)
def _media_to_throw_away(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


# --- An empty database


def migrated_file() -> Path:
    """Where an SQLite database with exactly these migrations is kept, beside the packages that have some of them."""
    state = hashlib.sha256()
    for path in (settings.BASE_DIR / "requirements" / "run.txt", *sorted(settings.BASE_DIR.glob("*/migrations/*.py"))):
        state.update(path.read_bytes())
    return Path(sys.prefix) / f"migrated-{state.hexdigest()[:16]}.sqlite3"


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """On SQLite a copy of the migrated database is taken over; its folder is thrown away with the process."""
    return connection.vendor == "sqlite" or request.config.getvalue("reuse_db")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    if connection.vendor == "sqlite" and migrated_file().exists():
        shutil.copyfile(migrated_file(), connection.settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Migrations are carried out from zero where no copy of their outcome is kept: they take most of a short run."""
    kept = migrated_file()
    if connection.vendor == "sqlite" and not kept.exists():
        part = kept.with_name(f"{kept.name}.{os.getpid()}")
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(part)])
        part.replace(kept)


# --- A real browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; as root it has no sandbox of its own."""
    return browser_type_launch_args | {
        "executable_path": shutil.which("chromium"),
        "args": ["--no-sandbox"] if os.geteuid() == 0 else [],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"locale": "es-MX", "timezone_id": "America/Mexico_City"}


@pytest.fixture
def page(context: Any) -> Iterator[Any]:
    """A browser page that fails its test where a page throws an error in JavaScript or asks another host."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"JavaScript: {error}"))

    def on_console(message: Any) -> None:
        if "Content Security Policy" in message.text:
            errors.append(f"console: {message.text}")

    def on_request(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:")):
            errors.append(f"request to another host: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    yield page
    page.close()
    assert errors == []


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """The portal as ``make run`` starts it: own data folder, demo data, worker and scheduler (see tests/live.py)."""
    with start_portal(tmp_path_factory.mktemp("portal")) as portal:
        yield portal
