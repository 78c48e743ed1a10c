"""Several persons at several browsers, on the one running portal."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.crawl import sign_in
from tests.journeys.steps import watch
from tests.live import RunningPortal

Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, running_portal: RunningPortal) -> Iterator[Enter]:
    """A browser of somebody's own: ``enter("personal@demo.example")`` signs in, ``enter()`` has none.

    As with the fixture ``page``, an error in JavaScript, a breach of the policy or a request to another host fails.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter(account: str = "") -> Page:
        context = browser.new_context(
            base_url=running_portal.url, locale="es-MX", timezone_id="America/Mexico_City", accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, errors)
        if account:
            sign_in(page, running_portal.url, account)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert errors == []
