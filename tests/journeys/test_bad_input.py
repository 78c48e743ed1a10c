"""What cannot be taken is said beside the field, keeps what was typed, and stores nothing."""

import pytest
from playwright.sync_api import FilePayload, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import expect_state, fill, fill_registration, press, something

pytestmark = pytest.mark.journey
TOLUCA, STAFF = "enlace@demo.example", "personal@demo.example"


def test_registration_with_errors_keeps_what_was_typed(enter: Enter) -> None:
    page = enter()
    page.goto("/eventos/webinar-inventario-municipal-de-emisiones-paso-a-paso/inscripcion/")
    fill_registration(page, "Eulalia Prueba", "esto no es un correo")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("[name=email]")).to_have_attribute("aria-invalid", "true")
    describing = (page.locator("[name=email]").get_attribute("aria-describedby") or "").split()
    assert any("correo" in page.locator(f"[id='{name}']").inner_text() for name in describing)
    for name, value in {
        "name": "Eulalia Prueba", "email": "esto no es un correo", "category": "public-servant", "sex": "undisclosed",
        "institution": "Ayuntamiento Demo de Ñuñoa del Río",
    }.items():  # fmt: skip
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator("[name=municipality] option:checked")).to_have_text("Metepec")
    expect(page.locator("[name=consent]")).to_be_checked()


def test_file_of_a_wrong_type_is_refused_beside_its_field(enter: Enter) -> None:
    liaison = enter(TOLUCA)
    liaison.goto("/mi-municipio/acciones/")
    liaison.locator("main table a").first.click()
    liaison.get_by_role("link", name="Agregar evidencia").first.click()
    expect_state(liaison, "new")
    title = something("Página disfrazada")
    page = b"<html><script>alert(1)</script></html>"
    disguised: FilePayload = {"name": "foto.png", "mimeType": "image/png", "buffer": page}
    fill(liaison, evidence_title=title)
    liaison.set_input_files("[name=evidence_file]", disguised)
    press(liaison, "Guardar evidencia")
    expect_state(liaison, "refused")
    field = liaison.locator(".field-bad").filter(has=liaison.locator("[name=evidence_file]"))
    expect(field).to_contain_text("Ese tipo de archivo no se admite")
    expect(liaison.locator("[name=evidence_title]")).to_have_value(title)


@pytest.mark.parametrize(("megabytes", "state"), [(16, "refused"), (18, "error-413")])
def test_file_too_large_is_refused_in_words(enter: Enter, megabytes: int, state: str) -> None:
    """A file above the limit is named at its field; a request that nobody should read ends at the page 413."""
    staff = enter(STAFF)
    staff.goto("/gestion/designaciones/nueva/")
    big: FilePayload = {
        "name": "o.pdf",
        "mimeType": "application/pdf",
        "buffer": b"%PDF-1.7\n" + b"x" * (megabytes << 20),
    }
    fill(staff, name="Persona Que No Queda", oficio_number=something("GRANDE"))
    staff.set_input_files("[name=oficio_file]", big)
    press(staff, "Registrar designación")
    expect_state(staff, state, 30)
    expect(staff.locator("main")).to_contain_text("15 MB")
    staff.goto("/gestion/designaciones/?q=Persona Que No Queda")
    expect(staff.locator("main table")).to_have_count(0)


def test_unknown_address_and_wrong_method_have_pages_of_their_own(enter: Enter) -> None:
    page = enter(STAFF)
    for address, status in (("/esto/no/existe/", 404), ("/gestion/designaciones/1/invitar/", 405)):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == status
        expect_state(page, f"error-{status}")
        expect(page.locator("main").get_by_role("link").first).to_be_visible()
