"""Fixtures that every test may use. ``tests/<app>/conftest.py`` has those of one app alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.cache import cache
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


@pytest.fixture(autouse=True)
def _spanish() -> None:
    """A page asked in English leaves its language in the thread; no test begins with it."""
    translation.activate("es")
    timezone.deactivate()  # a request leaves the zone of its page on the thread


@pytest.fixture(autouse=True)
def _media_to_throw_away(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


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
