"""Kept among a phone's programs, the portal says what is the matter where there is no connection."""

from playwright.sync_api import expect

from tests.journeys.conftest import Enter


def test_page_without_connection_says_so_and_comes_back(enter: Enter) -> None:
    phone = enter()
    phone.goto("/calendario/")
    phone.evaluate("navigator.serviceWorker.ready")
    phone.wait_for_function("navigator.serviceWorker.controller !== null")
    phone.context.set_offline(True)
    phone.goto("/municipios/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Sin conexión")
    ground = phone.evaluate("getComputedStyle(document.body).fontFamily")
    assert "Public Sans" in ground
    phone.context.set_offline(False)
    phone.get_by_role("link", name="Volver a intentar").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Municipios")
