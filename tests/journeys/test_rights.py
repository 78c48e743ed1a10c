"""A person asks about the own data, proves the e-mail, an administrator checks the identity and answers, and the person
reads the answer and takes the data away."""

import re

import pytest

from tests.journeys.conftest import Enter
from tests.journeys.steps import MINIMUM_SECONDS, expect_state, fill, link_in, press, somebody
from tests.live import RunningPortal

pytestmark = pytest.mark.journey


def test_person_asks_for_the_own_data_and_gets_them(running_portal: RunningPortal, enter: Enter) -> None:
    email, person = somebody("berenice"), enter()
    person.goto("/privacidad/")
    person.get_by_role("link", name="Ejercer mis derechos sobre mis datos").click()
    person.get_by_label("Acceso:").check()
    fill(person, name="Berenice Solís Prueba", email=email, asks="Qué datos guardan de mí.")
    person.locator("[name=consent]").check()
    person.wait_for_timeout(MINIMUM_SECONDS * 1000)
    press(person, "Enviar la solicitud")
    expect_state(person, "sent")

    person.goto(link_in(running_portal.wait_for_mail_to(email), "/privacidad/derechos/confirmar/"))
    press(person, "Confirmar mi solicitud")
    expect_state(person, "received")
    own_page = person.url
    folio = re.search(r"ARCO-\d{4}-\d{5}", person.locator("main").inner_text())
    assert folio is not None

    desk = enter("admin@demo.example")
    desk.goto("/gestion/derechos/")
    desk.get_by_role("link", name=folio.group()).click()
    desk.get_by_label("En trámite").check()
    fill(desk, identity="Credencial cotejada en ventanilla")
    press(desk, "Guardar el paso")
    expect_state(desk, "in-progress")
    desk.get_by_label("Respondida: procedente").check()
    fill(desk, text="No guardamos más que esta solicitud.")
    press(desk, "Guardar el paso")
    expect_state(desk, "granted")

    person.goto(own_page)
    expect_state(person, "granted")
    assert "No guardamos más que esta solicitud." in person.locator("main").inner_text()
    assert "Credencial cotejada" not in person.locator("main").inner_text()
