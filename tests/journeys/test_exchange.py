"""One municipality offers, another writes, both talk, and the first marks it as matched; then a comment is approved."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import choose, expect_state, fill, press, something

pytestmark = pytest.mark.journey
TOLUCA, TEXCOCO, STAFF = "enlace@demo.example", "enlace2@demo.example", "personal@demo.example"


def test_an_offer_is_found_answered_and_matched(enter: Enter) -> None:
    offering, asking = enter(TOLUCA), enter(TEXCOCO)
    title = something("techos verdes")
    offering.goto("/intercambio/")
    offering.locator("main").get_by_role("link", name="Publicar", exact=True).click()
    expect_state(offering, "new")
    offering.get_by_label("Tengo experiencia en…").check()
    fill(offering, title=title, text="Dos azoteas con seis años de uso.")
    choose(offering, "sector", "Edificación y vivienda")
    press(offering, "Publicar")
    expect_state(offering, "open")
    page = offering.url

    asking.goto("/intercambio/?tipo=offer&q=techos")
    asking.get_by_role("link", name=title, exact=True).click()
    expect_state(asking, "open")
    asking.get_by_role("link", name="Escribir a este municipio").click()
    expect_state(asking, "new")
    fill(asking, text="¿Cómo lo impermeabilizaron?")
    press(asking, "Enviar mensaje")
    expect_state(asking, "thread")

    offering.goto("/intercambio/mensajes/")
    offering.get_by_role("link", name=title).click()
    expect_state(offering, "thread")
    expect(offering.locator("main")).to_contain_text("¿Cómo lo impermeabilizaron?")
    fill(offering, text="Con manto y geotextil; le mandamos la ficha.")
    press(offering, "Enviar mensaje")
    expect_state(offering, "thread")
    offering.get_by_role("link", name="Se concretó").click()
    expect_state(offering, "match")
    fill(offering, note="Préstamo de la ficha técnica.")
    press(offering, "Marcar como concretada")
    expect_state(offering, "matched")
    asking.goto(page)
    expect(asking.locator("main")).to_contain_text("Concretada con Texcoco")
    expect(asking.locator("main")).not_to_contain_text(TOLUCA)
    assert enter(STAFF).goto("/intercambio/mensajes/").status == 403  # type: ignore[union-attr]


def test_a_comment_reaches_the_network_once_it_is_approved(enter: Enter) -> None:
    writer, staff = enter(TEXCOCO), enter(STAFF)
    words = something("¿De dónde salió el presupuesto?")
    writer.goto("/acciones/?q=luminarias")
    writer.locator("main").get_by_role("link", name="Sustitución de luminarias en edificios municipales").click()
    writer.get_by_role("link", name="Comentarios entre enlaces").click()
    expect_state(writer, "comments")
    fill(writer, text=words)
    press(writer, "Enviar comentario")
    expect_state(writer, "comments")
    expect(writer.locator("main")).to_contain_text("Por revisar")
    staff.goto("/gestion/comentarios/")
    staff.get_by_role("link", name=words).click()
    expect_state(staff, "waiting")
    press(staff, "Aprobar: que lo lea la red")
    expect_state(staff, "list")
    writer.reload()
    expect(writer.locator("main")).not_to_contain_text("Por revisar")
