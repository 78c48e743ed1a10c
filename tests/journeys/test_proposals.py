"""A municipality proposes its titular on a phone, the institute verifies, and the work changes hands at once."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import expect_state, fill, link_in, pdf, press, somebody, something
from tests.live import RunningPortal

pytestmark = pytest.mark.journey
STAFF = "personal@demo.example"
PLACE = "Metepec"  # the demonstration gives it a titular without an account


def proposed(portal: RunningPortal, enter: Enter, staff: Page, name: str, email: str, starts_on: date) -> None:
    """Staff send the link; the municipality opens it on a phone, without an account, and sends its letter."""
    office, town_hall = somebody("oficialia"), enter()
    staff.goto("/gestion/designaciones/enlaces/nuevo/")
    staff.select_option("[name=municipality]", label=PLACE)
    fill(staff, email=office)
    press(staff, "Enviar el enlace")
    expect(staff.locator("main")).to_contain_text(office)

    town_hall.set_viewport_size({"width": 360, "height": 780})
    town_hall.goto(link_in(portal.wait_for_mail_to(office), "/designar/"))
    press(town_hall, "Proponer titular")
    expect_state(town_hall, "form")
    fill(town_hall, name=name, email=email, position="Dirección de Ecología", institution="Ayuntamiento Demo")
    fill(town_hall, oficio_number=something("PM"), signed_by="Presidencia Municipal Demo")
    fill(town_hall, oficio_date=f"{date.today() - timedelta(days=11):%Y-%m-%d}", starts_on=f"{starts_on:%Y-%m-%d}")
    town_hall.check("[name=consent]")
    press(town_hall, "Enviar la propuesta")
    expect_state(town_hall, "refused")  # the letter is missing; what was typed is still there
    expect(town_hall.locator("[name=name]")).to_have_value(name)
    town_hall.set_input_files("[name=oficio_file]", pdf("oficio.pdf"))
    town_hall.check("[name=consent]")
    press(town_hall, "Enviar la propuesta")
    expect_state(town_hall, "proposed")
    assert town_hall.evaluate("document.documentElement.scrollWidth") <= 360


def verified(portal: RunningPortal, enter: Enter, staff: Page, name: str, email: str) -> Page:
    """Staff put the letter in force instead of the titular's; the person opens the account that the mail brings."""
    staff.goto("/gestion/designaciones/propuestas/")
    staff.get_by_role("row", name=name).get_by_role("link", name="Revisar").click()
    staff.check("[name=replace]")
    press(staff, "Verificar: queda vigente")
    expect_state(staff, "in-force")
    person = enter()
    person.goto(link_in(portal.wait_for_mail_to(email, PLACE), "/invitacion/"))
    fill(person, password="bosque de niebla con lluvia")
    press(person, "Abrir mi cuenta y entrar")
    person.wait_for_url("**/mi-municipio/")
    return person


def test_a_proposal_is_verified_and_the_work_moves_to_who_comes(running_portal: RunningPortal, enter: Enter) -> None:
    staff, today = enter(STAFF), date.today()
    first, second = something("Enlace Primera"), something("Enlace Segunda")
    mail, other_mail, title = somebody("primera"), somebody("segunda"), something("Huerto en la azotea")
    proposed(running_portal, enter, staff, first, mail, today - timedelta(days=10))
    predecessor = verified(running_portal, enter, staff, first, mail)
    predecessor.goto("/mi-municipio/acciones/nueva/")
    predecessor.get_by_text("Adaptación", exact=True).click()
    predecessor.locator("[name=sector]").select_option(label="Agua y saneamiento")
    fill(predecessor, title=title, responsible_area="Ecología", starts_on=f"{today:%Y-%m-%d}")
    fill(predecessor, description="Un huerto que recoge su agua.")
    press(predecessor, "Guardar borrador")
    expect_state(predecessor, "draft")
    draft = predecessor.url

    proposed(running_portal, enter, staff, second, other_mail, today)
    assert predecessor.goto(draft).status == 200  # type: ignore[union-attr]  # until the institute verifies
    successor = verified(running_portal, enter, staff, second, other_mail)
    successor.goto(draft)
    expect(successor.locator("h1")).to_have_text(title)
    for gone in (draft, "/mi-municipio/"):
        assert predecessor.goto(gone).status == 404  # type: ignore[union-attr]
