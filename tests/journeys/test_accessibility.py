"""Every page that a role can reach passes axe (WCAG 2.2 A and AA and best practices) and fits the screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.journeys.crawl import ROLES, sign_in, walk
from tests.live import RunningPortal

pytestmark = pytest.mark.journey

WIDTHS_AND_THEMES = [(360, "light"), (1280, "dark")]
THE_OTHERS = [(360, "dark"), (1280, "light")]  # make test-full
# So that a theme is whole as soon as it is chosen.
NO_TRANSITIONS = "*, *::before, *::after { transition: none !important; animation: none !important }"
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
def screens(pytestconfig: pytest.Config) -> list[tuple[int, str]]:
    return WIDTHS_AND_THEMES + (THE_OTHERS if pytestconfig.getoption("--full") else [])


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, locale="es-MX", bypass_csp=True
    )  # axe is a script put into the page, which its own policy would refuse
    yield context.new_page()
    context.close()


def problems_at(page: Page, screens: list[tuple[int, str]]) -> dict[str, list[str]]:
    """What is wrong with the page at each of the screens, by the screen."""
    problems = {}
    page.add_style_tag(content=NO_TRANSITIONS)
    for width, theme in screens:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        if found := problems_of(page):
            problems[f"{width}-{theme}"] = found
    return problems


TARGETS = {
    "/calendario/?mes=2026-12": ".cal a, .agenda-title, .subscribe a",
    "/calendario/?vista=anio&anio=2026": ".year a",
    "/calendario/incrustar/": ".small-month a",
    "/biblioteca/": "main .row.small a, .library-row a",
}


@pytest.mark.parametrize("path", TARGETS)
def test_links_of_a_touched_page_are_44_pixels_high(browser: Browser, running_portal: RunningPortal, path: str) -> None:
    phone = {"viewport": {"width": 360, "height": 800}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(base_url=running_portal.url, locale="es-MX", **phone)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(path)
    heights = page.locator(TARGETS[path]).evaluate_all("links => links.map(a => a.getBoundingClientRect().height)")
    assert heights
    assert min(heights) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_word_as_wide_as_the_screen_breaks(browser: Browser, running_portal: RunningPortal, width: int) -> None:
    context = browser.new_context(base_url=running_portal.url, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto("/acciones/sustitucion-de-luminarias-en-edificios-municipales-toluca/")
    words = page.locator(".list-row strong, .list-row .muted, .timeline-title, .timeline .prose p")
    assert words.count() > 3
    words.evaluate_all("all => all.forEach((one) => { one.textContent = 'Wolfeschlegel'.repeat(6); })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


@pytest.fixture(scope="session")
def looked_at() -> dict[str, int]:
    """How often the walks have looked at each pattern, so that no role repeats what another has shown."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_passes_axe(
    running_portal: RunningPortal,
    screen: Page,
    role: str,
    screens: list[tuple[int, str]],
    looked_at: dict[str, int],
    pytestconfig: pytest.Config,
) -> None:
    """With ``--full`` each role sees all of its pages on every screen, also those that other roles have.

    Without it, the first page of each pattern is seen on a phone and the second on a wide screen.
    """
    full = pytestconfig.getoption("--full")
    before = {} if full else looked_at
    problems: dict[str, dict[str, list[str]]] = {}
    walked = []
    for name in walk(screen, running_portal.url, role, looked_at=before):
        walked.append(name)
        if found := problems_at(screen, screens if full else [screens[(before[name] - 1) % len(screens)]]):
            problems[f"{name} {screen.url}"] = found
    assert problems == {}
    assert "home" in walked


# A form sent as it stands, without the browser's own checks: (role, address, button's form selector).
EMPTY_FORMS = [
    ("staff", "/gestion/eventos/nuevo/"),
    ("staff", "/gestion/designaciones/nueva/"),
    ("staff", "/gestion/capacitaciones/nueva/"),
    ("liaison", "/mi-municipio/acciones/nueva/"),
    ("anonymous", "/cuenta/login/"),
    ("anonymous", "/cuenta/signup/"),
]


def test_forms_with_errors_pass_axe(
    running_portal: RunningPortal, screen: Page, screens: list[tuple[int, str]]
) -> None:
    problems: dict[str, Any] = {}
    signed_in = ""
    for role, address in sorted(EMPTY_FORMS):
        if role != signed_in:
            screen.context.clear_cookies()
            if email := ROLES[role]:
                sign_in(screen, running_portal.url, email)
            signed_in = role
        screen.goto(running_portal.url + address)
        # Without what the page proposes and without the browser's own checks.
        screen.evaluate("""() => {
            document.querySelectorAll('main form').forEach(form => form.noValidate = true);
            document.querySelectorAll('main form input[type=date]').forEach(field => field.value = '');
        }""")
        with screen.expect_response(lambda answer: answer.request.method == "POST") as answer:
            screen.click("main form[method=post] button[type=submit] >> nth=-1")
        screen.wait_for_load_state()
        if not screen.locator("main [role=alert], main .error-summary").count():
            problems[f"{address} (says nothing, {answer.value.status})"] = {}
        if found := problems_at(screen, screens):
            problems[address] = found
    assert problems == {}


def test_error_pages_pass_axe(running_portal: RunningPortal, screen: Page, screens: list[tuple[int, str]]) -> None:
    problems: dict[str, Any] = {}
    sign_in(screen, running_portal.url, "participante@demo.example")
    for address, status in (("/no-existe/", 404), ("/gestion/", 403)):
        answer = screen.goto(running_portal.url + address)
        assert answer is not None
        assert answer.status == status
        if found := problems_at(screen, screens):
            problems[address] = found
    assert problems == {}
