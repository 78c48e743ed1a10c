"""An accompaniment from request to close: the liaison of Toluca and the institute, each at a browser of their own."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import choose, expect_state, fill, png, press, something

pytestmark = pytest.mark.journey
TOLUCA, TEXCOCO, STAFF = "enlace@demo.example", "enlace2@demo.example", "personal@demo.example"


def test_accompaniment_from_request_to_close_with_both_sides(enter: Enter) -> None:
    liaison, staff = enter(TOLUCA), enter(STAFF)
    topic = something("Acompañamiento de la prueba")
    liaison.goto("/mi-municipio/acompanamientos/")
    liaison.locator("main").get_by_role("link", name="Solicitar acompañamiento").click()
    expect_state(liaison, "new")
    fill(liaison, topic=topic, request="Revisar el capítulo de riesgos.")
    choose(liaison, "instrument", "Atlas de riesgos")
    choose(liaison, "stage", "Diseño")
    choose(liaison, "pathway", "Resiliente")
    press(liaison, "Enviar la solicitud")
    expect_state(liaison, "requested")
    own_page = liaison.url

    staff.goto("/gestion/acompanamientos/?estado=requested")
    staff.get_by_role("link", name=topic, exact=True).click()
    expect_state(staff, "requested")
    desk_page = staff.url
    press(staff, "Aceptar")
    expect_state(staff, "assign")
    staff.get_by_label("Personal Demo del Instituto").check()
    press(staff, "Guardar la asignación")
    expect_state(staff, "assigned")

    # A session that the institute writes and confirms, and the municipality confirms from its own page.
    staff.get_by_role("link", name="Agregar una sesión").click()
    expect_state(staff, "new")
    fill(staff, day=f"{date.today():%Y-%m-%d}", minutes="90", people="5", women="3", men="1", product="Índice revisado")
    choose(staff, "modality", "Virtual")
    fill(staff, **{"agreements-0-text": "Enviar los mapas", "agreements-0-due_on": f"{date.today():%Y-%m-%d}"})
    press(staff, "Guardar y confirmar")
    expect_state(staff, "assigned")
    expect(staff.locator("main")).to_contain_text("3 mujeres, 1 hombres, 0 otro, 0 prefiere no decir, 1 sin dato")
    liaison.goto("/mi-municipio/")
    expect(liaison.locator("section[aria-labelledby=hoy]")).to_contain_text(topic)
    liaison.goto(own_page)
    press(liaison, "Confirmar la sesión")
    expect(liaison.locator("main")).to_contain_text("Confirmada por ambas partes")

    # A version of the instrument, a recommendation about it, and its answer.
    liaison.get_by_role("link", name="Enviar una versión del instrumento").click()
    expect_state(liaison, "new")
    fill(liaison, title="Atlas, versión 1")
    liaison.set_input_files("[name=file]", png("atlas.png"))
    press(liaison, "Enviar")
    expect_state(liaison, "assigned")
    staff.goto(desk_page)
    staff.get_by_role("link", name="Escribir recomendaciones").click()
    expect_state(staff, "edit")
    fill(staff, **{"rows-0-section": "Página 3", "rows-0-text": "Citar la fuente de los mapas."})
    press(staff, "Enviar al municipio")
    expect_state(staff, "assigned")
    liaison.reload()
    liaison.get_by_role("link", name="Responder recomendaciones").click()
    expect_state(liaison, "edit")
    expect(liaison.locator("main")).to_contain_text("Citar la fuente de los mapas.")
    liaison.get_by_label("Respuesta").select_option(label="Aceptada")
    press(liaison, "Guardar las respuestas")
    expect(liaison.locator("main")).to_contain_text("1 de 1 atendidas")

    # Closed by both.
    staff.goto(desk_page)
    staff.get_by_role("link", name="Concluir").click()
    expect_state(staff, "close")
    fill(staff, result="El capítulo de riesgos quedó listo.")
    press(staff, "Proponer el cierre")
    expect_state(staff, "closing")
    liaison.goto(own_page)
    liaison.get_by_role("link", name="Revisar el resultado y confirmar el cierre").click()
    expect_state(liaison, "closing")
    press(liaison, "Confirmar el cierre")
    expect_state(liaison, "closed")
    expect(liaison.locator("main")).to_contain_text("El capítulo de riesgos quedó listo.")
    liaison.goto("/acompanamientos/")
    expect(liaison.get_by_role("row", name="Toluca")).to_be_visible()
    address = own_page.split("/", 3)[3]
    assert enter(TEXCOCO).goto(f"/{address}").status == 404  # type: ignore[union-attr]
