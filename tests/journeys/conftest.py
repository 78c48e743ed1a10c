"""Several persons at several browsers, on the one running portal."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.crawl import sign_in
from tests.journeys.steps import expect_state, fill_registration, program_event, publish, somebody, something, watch
from tests.live import RunningPortal

Enter = Callable[..., Page]


@dataclass(frozen=True)
class Soon:
    """An event about to begin and who registered for it."""

    title: str
    email: str
    start: datetime


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for the clock comes last: by then its time has passed while the others worked."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is not None)


@contextlib.contextmanager
def persons(browser: Browser, portal: RunningPortal) -> Iterator[Enter]:
    """Gives each person a browser of their own; their errors fail at the end, as with the fixture ``page``."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter(account: str = "") -> Page:
        context = browser.new_context(
            base_url=portal.url, locale="es-MX", timezone_id="America/Mexico_City", accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, errors)
        if account:
            sign_in(page, portal.url, account)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def enter(browser: Browser, running_portal: RunningPortal) -> Iterator[Enter]:
    """``enter("personal@demo.example")`` signs in, ``enter()`` is a person without account."""
    with persons(browser, running_portal) as enter:
        yield enter


@pytest.fixture(scope="session", autouse=True)
def soon(browser: Browser, running_portal: RunningPortal, pytestconfig: pytest.Config) -> Soon:
    """An event that begins within the hour, made by staff, with somebody registered: a reminder is due."""
    start = datetime.now(ZoneInfo("America/Mexico_City")) + timedelta(minutes=50)
    if pytestconfig.getoption("--pictures"):  # a reader of the help would wonder what it is
        return Soon("", "", start)
    title, email = something("GAAD de aviso"), somebody("remedios")
    with persons(browser, running_portal) as enter:
        staff, person = enter("personal@demo.example"), enter()
        staff.goto("/gestion/eventos/nuevo/")
        program_event(staff, title, start)
        publish(staff)
        address = staff.get_by_role("link", name="Ver la página pública").get_attribute("href") or ""
        person.goto(f"{address}inscripcion/")
        fill_registration(person, "Remedios Prueba", email)
        expect_state(person, "confirmed")
    return Soon(title, email, start.replace(second=0, microsecond=0))
