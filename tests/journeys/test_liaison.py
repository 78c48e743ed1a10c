"""The liaison of a municipality: an action from its first words to the public page, and nobody else's drafts."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import choose, expect_state, fill, png, press, something, tick, unfold

pytestmark = pytest.mark.journey
TOLUCA, TEXCOCO, STAFF = "enlace@demo.example", "enlace2@demo.example", "personal@demo.example"
PARTICIPANT = "participante@demo.example"


def write_action(page: Page, title: str) -> None:
    """All that the form of an action asks. What another journey left half typed is thrown away."""
    if page.get_by_text("Recuperamos lo que estaba escribiendo").is_visible():
        press(page, "Descartar lo escrito")
        expect_state(page, "new")
    fill(page, title=title, responsible_area="Dirección de Medio Ambiente", description="Menos agua de pipas.")
    tick(page, "Adaptación")
    choose(page, "sector", "Agua y saneamiento")
    expect(page.locator("[name=pathway] option:checked")).to_have_text("Resiliente")  # the sector's own, proposed
    fill(page, starts_on=f"{date.today() - timedelta(days=20):%Y-%m-%d}")
    unfold(page, "Fechas, lugar y quiénes participan")
    fill(page, ends_on=f"{date.today() + timedelta(days=200):%Y-%m-%d}", place="Centro", partners="Colectivo Demo")
    unfold(page, "Cómo se mide")
    fill(page, indicator_name="Viviendas con captación", indicator_unit="viviendas")
    fill(page, indicator_baseline="10", indicator_target="1,250")
    unfold(page, "Caminos vinculados")
    page.get_by_role("group", name="Caminos vinculados").get_by_label("Basado en la naturaleza").check()
    tick(page, "6. Agua limpia y saneamiento")
    unfold(page, "Dinero")
    fill(page, budget="$ 1,500,000.50", funding_source="Presupuesto municipal")


def test_action_from_draft_through_return_to_public(enter: Enter) -> None:
    liaison, staff, reader = enter(TOLUCA), enter(STAFF), enter()
    title = something("Captación de lluvia de la prueba")
    liaison.goto("/mi-municipio/")
    expect_state(liaison, "home")
    expect(liaison.locator("h1")).to_have_text("Toluca")
    expect(liaison.locator("section[aria-labelledby=hoy] .list-row").first).to_be_visible()

    liaison.locator("main").get_by_role("link", name="Registrar una acción").first.click()
    expect_state(liaison, "new")
    write_action(liaison, title)
    press(liaison, "Guardar borrador")
    expect_state(liaison, "draft")
    own_page = liaison.url
    for words in ("$ 1,500,000.50", "Basado en la naturaleza", "Agua limpia y saneamiento", "Viviendas con captación"):
        expect(liaison.locator("main")).to_contain_text(words)
    liaison.goto("/mi-municipio/")
    expect(liaison.locator("section[aria-labelledby=hoy]")).to_contain_text(title)

    # A step forward with a reading and a photo; a link apart.
    liaison.goto(own_page)
    liaison.get_by_role("link", name="Agregar seguimiento").click()
    expect_state(liaison, "new")
    fill(liaison, text="Se instalaron los primeros sistemas.")
    liaison.get_by_label("Viviendas con captación").fill("410")
    unfold(liaison, "Agregar evidencia en este paso")
    fill(liaison, evidence_title="Foto de un sistema instalado")
    liaison.set_input_files("[name=evidence_file]", png("foto.png"))
    press(liaison, "Guardar seguimiento")
    expect_state(liaison, "draft")
    liaison.get_by_role("link", name="Agregar evidencia").first.click()
    expect_state(liaison, "new")
    fill(liaison, evidence_title="Acta de arranque", evidence_url="https://documentos.example/acta.pdf")
    press(liaison, "Guardar evidencia")
    expect_state(liaison, "draft")
    for words in ("Foto de un sistema instalado", "Acta de arranque", "Se instalaron los primeros sistemas.", "32 %"):
        expect(liaison.locator("main")).to_contain_text(words)
    press(liaison, "Enviar a revisión")
    expect_state(liaison, "submitted")

    # The institute wants more; what it asks stands on the liaison's page.
    staff.goto(f"/gestion/acciones/?q={title}")
    staff.get_by_role("link", name=title, exact=True).click()
    expect_state(staff, "submitted")
    review = staff.url
    press(staff, "Devolver con comentario")
    expect_state(staff, "refused")  # not without a comment
    fill(staff, comment="Falta decir cuántas escuelas participan.")
    press(staff, "Devolver con comentario")
    expect_state(staff, "returned")
    liaison.goto("/mi-municipio/")
    liaison.locator("section[aria-labelledby=hoy]").get_by_role("link", name=title).click()
    expect_state(liaison, "returned")
    expect(liaison.locator("main")).to_contain_text("Falta decir cuántas escuelas participan.")
    liaison.get_by_role("link", name="Corregir").click()
    expect(liaison.locator("[name=budget]")).to_have_value("1,500,000.50")
    fill(liaison, description="Menos agua de pipas en doce escuelas.")
    press(liaison, "Guardar y enviar a revisión")
    expect_state(liaison, "submitted")

    # Not public before it is validated.
    reader.goto(f"/acciones/?q={title}")
    expect(reader.get_by_role("link", name=title, exact=True)).to_have_count(0)
    staff.goto(review)
    press(staff, "Validar")
    expect_state(staff, "published")
    reader.reload()
    reader.get_by_role("link", name=title, exact=True).first.click()
    expect_state(reader, "published")
    for words in (
        "Toluca", "doce escuelas", "Se instalaron los primeros sistemas.", "Acta de arranque", "$ 1,500,000.50", "410",
    ):  # fmt: skip
        expect(reader.locator("main")).to_contain_text(words)
    expect(reader.locator("main")).not_to_contain_text("Falta decir cuántas escuelas")
    with reader.expect_download() as download:
        reader.get_by_role("link", name="Foto de un sistema instalado").first.click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_nobody_else_finds_a_draft(enter: Enter) -> None:
    liaison = enter(TOLUCA)
    title = something("Borrador de la prueba")
    liaison.goto("/mi-municipio/acciones/nueva/")
    write_action(liaison, title)
    press(liaison, "Guardar borrador")
    expect_state(liaison, "draft")
    address = re.sub(r"^https?://[^/]+", "", liaison.url)
    number = re.findall(r"\d+", address)[-1]

    texcoco, participant, staff, reader = enter(TEXCOCO), enter(PARTICIPANT), enter(STAFF), enter()
    statuses = {
        "texcoco": [texcoco.goto(address + more).status for more in ("", "editar/", "seguimiento/")],  # type: ignore[union-attr]
        "participant": participant.goto(address).status,  # type: ignore[union-attr]
        "staff": staff.goto(f"/gestion/acciones/{number}/").status,  # type: ignore[union-attr]
    }
    assert statuses == {"texcoco": [404, 404, 404], "participant": 404, "staff": 404}
    reader.goto(address)
    assert "/cuenta/login/" in reader.url
    for page, lists in ((texcoco, "/mi-municipio/acciones/"), (staff, "/gestion/acciones/"), (reader, "/acciones/")):
        page.goto(f"{lists}?q={title}")
        expect(page.get_by_role("link", name=title, exact=True)).to_have_count(0)


def test_action_that_makes_no_sense_is_refused_and_kept(enter: Enter) -> None:
    liaison = enter(TOLUCA)
    title = something("Acción que termina antes de empezar")
    liaison.goto("/mi-municipio/acciones/nueva/")
    write_action(liaison, title)
    fill(liaison, ends_on=f"{date.today() - timedelta(days=100):%Y-%m-%d}", indicator_target="5")
    press(liaison, "Guardar borrador")
    expect_state(liaison, "refused")
    summary = liaison.locator(".error-summary")
    expect(summary).to_contain_text("La acción termina antes de empezar: revise las dos fechas.")
    expect(summary).to_contain_text("La meta no va en el sentido elegido")
    expect(liaison.locator("[name=title]")).to_have_value(title)
    expect(liaison.locator("[name=budget]")).to_have_value("$ 1,500,000.50")
    summary.get_by_role("link").first.click()
    expect(liaison.locator(":focus")).to_have_attribute("name", "ends_on")
    liaison.goto(f"/mi-municipio/acciones/?q={title}")
    draft = liaison.get_by_role("link", name=title, exact=True)  # what was typed is kept, and it is no action yet
    expect(draft).to_have_attribute("href", re.compile("/mi-municipio/acciones/nueva/"))
