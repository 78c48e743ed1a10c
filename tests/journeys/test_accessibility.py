"""Every page that a role can reach passes axe (WCAG 2.2 A and AA and best practices) and fits the screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.journeys.crawl import ROLES, sign_in, walk
from tests.live import RunningPortal

pytestmark = pytest.mark.journey

NARROW_LIGHT, WIDE_DARK, NARROW_DARK, WIDE_LIGHT = (360, "light"), (1280, "dark"), (360, "dark"), (1280, "light")
SCREENS = [
    NARROW_LIGHT,
    WIDE_DARK,
    pytest.param(NARROW_DARK, marks=pytest.mark.full),
    pytest.param(WIDE_LIGHT, marks=pytest.mark.full),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def problems_of(page: Page) -> list[str]:
    """What axe finds on the page as it is, and whether it is wider than the screen."""
    result = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    found = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result.response["violations"]
        for node in violation["nodes"][:3]
    ]
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width[0] > width[1]:
        found.append(f"wider than the screen: {width[0]} of {width[1]}")
    return found


@pytest.fixture
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, theme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, locale="es-MX", bypass_csp=True
    )  # axe is a script put into the page, which its own policy would refuse
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("screen", SCREENS, indirect=True, ids=lambda value: f"{value[0]}-{value[1]}")
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_passes_axe(
    running_portal: RunningPortal, screen: Page, role: str, pytestconfig: pytest.Config
) -> None:
    problems: dict[str, list[str]] = {}
    seen = 0
    for name in walk(screen, running_portal.url, role, everything=pytestconfig.getoption("--full")):
        seen += 1
        if found := problems_of(screen):
            problems[f"{name} {screen.url}"] = found
    assert problems == {}
    assert seen >= 5, seen


# A form sent as it stands, without the browser's own checks: (role, address, button's form selector).
EMPTY_FORMS = [
    ("staff", "/gestion/eventos/nuevo/"),
    ("staff", "/gestion/designaciones/nueva/"),
    ("staff", "/gestion/capacitaciones/nueva/"),
    ("staff", "/gestion/informes/nuevo/"),
    ("liaison", "/mi-municipio/acciones/nueva/"),
    ("anonymous", "/cuenta/login/"),
    ("anonymous", "/cuenta/signup/"),
]


@pytest.mark.parametrize("screen", SCREENS[:2], indirect=True, ids=lambda value: f"{value[0]}-{value[1]}")
def test_forms_with_errors_pass_axe(running_portal: RunningPortal, screen: Page) -> None:
    problems = {}
    signed_in = ""
    for role, address in sorted(EMPTY_FORMS):
        if role != signed_in:
            screen.context.clear_cookies()
            if email := ROLES[role]:
                sign_in(screen, running_portal.url, email)
            signed_in = role
        screen.goto(running_portal.url + address)
        screen.evaluate("document.querySelectorAll('main form').forEach(form => form.noValidate = true)")
        screen.click("main form[method=post] button[type=submit] >> nth=-1")
        screen.wait_for_load_state()
        if found := problems_of(screen):
            problems[address] = found
        if not screen.locator("main [role=alert], main .error-summary, main .errors").count():
            problems[f"{address} (says nothing)"] = []
    assert problems == {}


@pytest.mark.parametrize("screen", SCREENS, indirect=True, ids=lambda value: f"{value[0]}-{value[1]}")
def test_error_pages_pass_axe(running_portal: RunningPortal, screen: Page) -> None:
    problems = {}
    answer: Any = screen.goto(f"{running_portal.url}/no-existe/")
    assert answer.status == 404
    problems["404"] = problems_of(screen)
    sign_in(screen, running_portal.url, "participante@demo.example")
    answer = screen.goto(f"{running_portal.url}/gestion/")
    assert answer.status == 403
    problems["403"] = problems_of(screen)
    assert {name: found for name, found in problems.items() if found} == {}
