"""A person without an account finds a webinar, registers, gets the confirmation and gives the seat back: in a browser
with JavaScript, and in one without."""

import re

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.journeys.crawl import sign_in
from tests.journeys.steps import expect_state, fill_registration, link_in, somebody, text_of
from tests.live import RunningPortal

pytestmark = pytest.mark.journey
WEBINAR = "Webinar: inventario municipal de emisiones paso a paso"
FULL = "GAAD: captación de lluvia y reúso"
SERIES = "/ciclos/del-diagnostico-a-la-obra-accion-climatica-municipal/"
OWN_LIST = "/mis-inscripciones/enlace/"
with_and_without_scripts = pytest.mark.parametrize(
    "scripts",
    [
        pytest.param(True, id="scripts"),
        pytest.param(False, id="no-scripts", marks=pytest.mark.browser_context_args(java_script_enabled=False)),
    ],
)


@with_and_without_scripts
def test_person_registers_and_gives_the_seat_back(running_portal: RunningPortal, page: Page, scripts: bool) -> None:
    email = somebody("zoraida")
    page.goto(running_portal.url)
    assert (page.locator("html.js").count() > 0) == scripts
    page.get_by_role("link", name="Todo el calendario").click()
    page.fill("[name=q]", "inventarios")
    page.get_by_role("button", name="Aplicar").first.click()
    page.get_by_role("link", name=WEBINAR).first.click()
    expect(page.locator("main")).to_contain_text("hora del centro de México")
    expect(page.locator("main")).not_to_contain_text("videollamada.example")
    page.get_by_role("link", name=re.compile("Inscribirme|Inscribirse")).first.click()

    # Sent as it is, it says what is missing and keeps what was typed.
    page.fill("[name=name]", "Zoraida Prueba")
    page.click("main form[method=post] button[type=submit]")
    expect(page.locator("[name=name]")).to_have_value("Zoraida Prueba")
    expect(page.locator("main")).to_contain_text(re.compile("correo", re.IGNORECASE))

    fill_registration(page, "Zoraida Prueba", email)
    expect(page.locator("main")).to_have_attribute("data-state", "confirmed")
    own_page = page.url

    mail = running_portal.wait_for_mail_to(email)
    text = mail.get_body(("plain",)).get_content()
    assert own_page in text
    (attachment,) = mail.iter_attachments()
    event = Calendar.from_ical(attachment.get_content()).walk("VEVENT")[0]
    assert WEBINAR in event["SUMMARY"]
    assert event["DTSTART"].dt.utcoffset().total_seconds() == 0

    page.goto(own_page)
    page.get_by_text("No podré asistir").click()
    page.get_by_role("button", name="Cancelar mi inscripción").click()
    expect(page.locator("main")).to_have_attribute("data-state", "cancelled")


@with_and_without_scripts
def test_person_waits_where_the_seats_are_taken(running_portal: RunningPortal, page: Page, scripts: bool) -> None:
    page.goto(f"{running_portal.url}/calendario/?vista=lista&q=lluvia")
    page.get_by_role("link", name=FULL).first.click()
    expect(page.locator("main")).to_contain_text("Lista de espera")
    page.get_by_role("link", name="Entrar a la lista de espera").click()
    fill_registration(page, "Eulalia Prueba", somebody("eulalia"))
    expect(page.locator("main")).to_have_attribute("data-state", "waiting")
    expect(page.locator("main")).to_contain_text("posición")


@with_and_without_scripts
def test_person_registers_once_for_a_series_and_finds_it_again_by_mail(
    running_portal: RunningPortal, page: Page, scripts: bool
) -> None:
    email = somebody("hilaria")
    page.goto(f"{running_portal.url}{SERIES}")
    page.get_by_role("link", name="Inscribirse a las sesiones por venir").click()
    page.wait_for_url("**/inscripcion/")
    sessions = page.locator("[name=sessions]").count()
    assert sessions > 1
    page.get_by_role("radio", name="En línea").check()  # the way to the sessions that are held both ways
    fill_registration(page, "Hilaria Prueba", email)
    expect_state(page, "registered")
    text = text_of(running_portal.wait_for_mail_to(email))
    assert len(set(re.findall(r"/eventos/inscripciones/[^/\s]+/", text))) == sessions

    page.get_by_role("contentinfo").get_by_role("link", name="Ver mis inscripciones").click()
    page.fill("main [name=email]", email)
    page.get_by_role("button", name="Enviarme el enlace").click()
    expect_state(page, "sent")
    mail = running_portal.wait_for_mail(lambda mail: email in str(mail["To"]) and OWN_LIST in text_of(mail))
    page.goto(link_in(mail, OWN_LIST))
    expect_state(page, "list")
    expect(page.locator("main")).to_contain_text("inventario municipal de emisiones")


def test_filter_of_the_calendar_is_a_feed(running_portal: RunningPortal, page: Page) -> None:
    page.goto(f"{running_portal.url}/calendario/?vista=lista&formato=gaad")
    answer = page.request.get(f"{running_portal.url}/calendario.ics?formato=gaad")
    names = [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.text()).walk("VEVENT")]
    assert any("captación de lluvia" in name for name in names)
    assert not any("Webinar" in name for name in names)
    assert "videollamada.example" not in answer.text()


def test_participant_sees_own_registrations_only_where_the_address_is_verified(
    running_portal: RunningPortal, page: Page
) -> None:
    sign_in(page, running_portal.url, "participante@demo.example")
    page.goto(f"{running_portal.url}/mis-inscripciones/")
    expect(page.locator("main")).to_contain_text("inventario municipal de emisiones")
    expect(page.locator("main")).not_to_contain_text("zoraida")
