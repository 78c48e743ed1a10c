"""An action logged on a phone: few taps, a photo with it, and nothing lost where the network goes."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.crawl import sign_in
from tests.journeys.steps import expect_state, png, something, watch
from tests.live import RunningPortal

pytestmark = pytest.mark.journey
MOST = 12


@pytest.fixture
def phone(browser: Browser, running_portal: RunningPortal) -> Iterator[Page]:
    context = browser.new_context(
        base_url=running_portal.url, viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True,
        locale="es-MX", timezone_id="America/Mexico_City",
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, running_portal.url, "enlace@demo.example")
    yield page
    context.close()


def test_action_with_evidence_is_sent_in_twelve_interactions(phone: Page) -> None:
    errors: list[str] = []
    watch(phone, errors)
    title = something("Captación de lluvia en tres escuelas")
    phone.goto("/mi-municipio/")
    done = 0

    def tap(what: str, role: str = "link") -> None:
        nonlocal done
        done += 1
        phone.locator("main").get_by_role(role, name=what).first.tap()  # type: ignore[arg-type]

    def fill(name: str, words: str) -> None:
        nonlocal done
        done += 1
        phone.fill(f"form [name={name}]", words)

    tap("Registrar una acción")
    expect_state(phone, "new")
    fill("title", title)
    done += 1
    phone.get_by_text("Adaptación", exact=True).tap()
    done += 1
    phone.select_option("[name=sector]", label="Agua y saneamiento")
    fill("responsible_area", "Dirección de Medio Ambiente")
    fill("starts_on", f"{date.today():%Y-%m-%d}")
    fill("description", "Menos agua de pipas en tres escuelas.")
    done += 1
    phone.get_by_text("Foto o evidencia").tap()
    done += 1
    phone.set_input_files("[name=evidence_file]", png("foto.png"))
    fill("evidence_title", "Foto del techo antes de la obra")
    tap("Guardar y enviar a revisión", "button")
    expect_state(phone, "submitted")
    assert done <= MOST
    expect(phone.locator("main")).to_contain_text(title)
    expect(phone.locator("main")).to_contain_text("Foto del techo antes de la obra")
    phone.goto("/mi-municipio/acciones/nueva/")
    expect(phone.get_by_text("Recuperamos lo que estaba escribiendo")).to_be_hidden()
    expect(phone.locator("[name=title]")).to_have_value("")
    assert errors == []


def test_what_is_typed_without_network_is_not_lost(phone: Page) -> None:
    title = something("Comedor con biodigestor")
    phone.goto("/mi-municipio/acciones/nueva/")
    state = phone.locator("#estado-texto")
    phone.fill("[name=title]", title)
    expect(state).to_have_text("Guardado hace un momento")

    phone.context.set_offline(True)
    phone.fill("textarea[name=description]", "Residuos del mercado.")
    phone.get_by_text("Mitigación", exact=True).tap()
    expect(state).to_have_text("Sin conexión: se guarda en este teléfono")
    phone.get_by_role("button", name="Guardar borrador").tap()
    expect(state).to_contain_text("no se envió")

    phone.context.set_offline(False)
    phone.reload()
    expect(phone.get_by_text("Recuperamos lo que estaba escribiendo")).to_be_visible()
    expect(phone.locator("[name=title]")).to_have_value(title)
    expect(phone.locator("textarea[name=description]")).to_have_value("Residuos del mercado.")
    expect(phone.get_by_label("Mitigación", exact=True)).to_be_checked()

    # The portal has it too once it says so: another browser of the same person goes on with it, and may throw it away.
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('accion:')).map((key) => localStorage[key])"
    phone.wait_for_function(f"{kept}.every((text) => !JSON.parse(text).unsynced)")
    phone.evaluate("localStorage.clear()")
    phone.reload()
    expect(phone.locator("textarea[name=description]")).to_have_value("Residuos del mercado.")
    phone.get_by_role("button", name="Descartar lo escrito").tap()
    expect(phone).to_have_url(re.compile("/nueva/$"))
    expect(phone.locator("[name=title]")).to_have_value("")
