"""The calendar in the hand of a person: the month, a filter, an event, a registration by keys alone, and on paper."""

import io
import re

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import MINIMUM_SECONDS, expect_state, somebody
from tests.live import RunningPortal

pytestmark = pytest.mark.journey


def tab_to(page: Page, selector: str, limit: int = 120) -> None:
    """Press Tab until the focus is on an element that the selector names, as a person would who looks for it."""
    for _press in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector} in {limit} steps")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"))


def test_month_is_walked_with_the_arrows(enter: Enter) -> None:
    page = enter()
    page.goto("/calendario/?vista=mes&mes=2026-12")
    tab_to(page, ".cal-number")
    expect(page.locator(".cal-number:focus")).to_have_attribute("id", "dia-1")
    walk = {"ArrowRight": "dia-2", "ArrowDown": "dia-9", "End": "dia-13", "ArrowUp": "dia-6", "Home": "dia-1"}
    for key, day in walk.items():
        page.keyboard.press(key)
        expect(page.locator(".cal-number:focus")).to_have_attribute("id", day)
    page.keyboard.press("ArrowUp")  # there is no day above: the focus stays
    expect(page.locator(".cal-number:focus")).to_have_attribute("id", "dia-1")
    # One stop for Tab, however many days; the events of the day come next.
    assert page.locator(".cal-number[tabindex='0']").count() == 1
    for _day in range(2):
        page.keyboard.press("ArrowRight")
    assert re.match(r"jueves 3 de diciembre: \d+ eventos?$", focused(page))
    # The months before and after, at the same day; a shorter month has its last one.
    for _week in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    page.wait_for_url("**mes=2027-01#dia-31")
    expect(page.locator(".cal-number:focus")).to_have_attribute("id", "dia-31")
    page.keyboard.press("PageDown")
    page.wait_for_url("**mes=2027-02#dia-31")
    expect(page.locator(".cal-number:focus")).to_have_attribute("id", "dia-28")
    page.keyboard.press("PageUp")
    page.wait_for_url("**mes=2027-01#dia-28")
    page.keyboard.press("Enter")
    page.wait_for_url("**semana=2027-W04#dia-2027-01-28")
    expect(page.get_by_role("heading", name=re.compile("jueves 28 de enero"))).to_be_visible()


def test_from_the_month_by_a_filter_to_an_event_and_a_registration(enter: Enter) -> None:
    page = enter()
    page.goto("/calendario/")
    tab_to(page, "#id_modalidad")
    page.keyboard.type("Virtual")
    tab_to(page, ".filters-actions button")
    page.keyboard.press("Enter")
    page.wait_for_url("**modalidad=virtual**")
    tab_to(page, "nav.tabs a[href*='vista=lista']")
    page.keyboard.press("Enter")
    page.wait_for_url("**vista=lista**")
    tab_to(page, ".entries a")
    for _event in range(20):
        if page.locator("li:has(a:focus) .badge").inner_text() == "Inscripción abierta":
            break
        tab_to(page, ".entries a")
    title = page.locator("a:focus").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    tab_to(page, "a[href$='/inscripcion/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inscripcion/")
    typed = {
        "name": "Teclada Prueba", "email": somebody("teclada"), "category": "Servidora",
        "institution": "Ayuntamiento Demo", "municipality": "Metepec", "sex": "Prefiero",
    }  # fmt: skip
    for name, text in typed.items():
        tab_to(page, f"[name='{name}']")
        page.keyboard.type(text)
    tab_to(page, "[name=consent]")
    page.keyboard.press("Space")
    page.wait_for_timeout(MINIMUM_SECONDS * 1000)
    tab_to(page, "main form[method=post] button[type=submit]")
    page.keyboard.press("Enter")
    expect_state(page, "confirmed")


def test_without_javascript_every_day_is_a_link_and_the_table_is_a_table(
    browser: Browser, running_portal: RunningPortal
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=running_portal.url, locale="es-MX")
    page = context.new_page()
    page.goto("/calendario/?mes=2026-12")
    expect(page.get_by_role("table", name="diciembre de 2026").get_by_role("row")).to_have_count(6)
    page.get_by_role("link", name=re.compile("^jueves 3 de diciembre: ")).click()
    expect(page.get_by_role("heading", name=re.compile("^jueves 3 de diciembre: "))).to_be_visible()
    page.goto("/calendario/incrustar/codigo/")
    expect(page.locator("#codigo")).to_be_visible()
    expect(page.get_by_text("Copiar", exact=True)).to_be_hidden()  # nothing would happen
    context.close()


def test_month_prints_as_one_sheet_on_its_side(enter: Enter) -> None:
    page = enter()
    page.goto("/calendario/?mes=2026-12")
    with pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True))) as document:
        sheets = [[float(side) for side in sheet.mediabox] for sheet in document.pages]
    assert len(sheets) == 1
    assert sheets[0][2] > sheets[0][3]
