"""The institute's staff: series and events to their end, results, designations and invitations, trainings."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter, Soon
from tests.journeys.steps import (
    HELD,
    MEETING,
    add_row,
    calendar_of,
    choose,
    expect_state,
    fill,
    fill_registration,
    link_in,
    pdf,
    press,
    program_event,
    publish,
    somebody,
    something,
    text_of,
)
from tests.live import RunningPortal

pytestmark = pytest.mark.journey
STAFF = "personal@demo.example"


def create_series(page: Page, title: str) -> None:
    page.goto("/gestion/ciclos/nuevo/")
    fill(page, title=title, planned_sessions="12", topics="infraestructura verde, movilidad sustentable")
    fill(page, **{"organisers-0-organisation": "Ayuntamiento Demo de la Prueba"})
    choose(page, "organisers-0-role", "Organiza")
    add_row(page, "organisers")
    fill(page, **{"organisers-1-organisation": "Instituto Estatal de Energía y Cambio Climático (IEECC)"})
    choose(page, "organisers-1-role", "Apoya")
    press(page, "Guardar")
    expect(page.locator("main")).to_contain_text("Se guardó el ciclo")


def test_event_from_its_series_to_its_cancellation(running_portal: RunningPortal, enter: Enter) -> None:
    staff, person = enter(STAFF), enter()
    series, title, email = something("Ciclo de la prueba"), something("GAAD de la prueba"), somebody("remedios")
    start = datetime.now(ZoneInfo("America/Mexico_City")) + timedelta(days=2)

    create_series(staff, series)
    staff.get_by_role("link", name="Programar una sesión").click()
    expect_state(staff, "new")
    program_event(staff, title, start)
    expect_state(staff, "draft")
    own_page = staff.url.split("#")[0]  # the browser keeps the fragment of the row added last

    # Nobody else sees a draft; published, it has all its blocks.
    address = f"/eventos/{title.lower().replace(' ', '-')}/"
    assert person.goto(address).status == 404  # type: ignore[union-attr]
    publish(staff)
    expect(staff.get_by_role("link", name="Ver la página pública")).to_have_attribute("href", address)
    person.goto(address)
    main = person.locator("main")
    expect_state(person, "published")
    for words in (
        "GAAD 1", series, "Gestión de la ciudad", "Comparar tres sistemas.", "Ponente Con Consentimiento", "Circular",
        "Guía de la prueba", "Ayuntamiento Demo de la Prueba", HELD, "hora del centro de México",
    ):  # fmt: skip
        expect(main).to_contain_text(words)
    for words in ("Ponente Sin Consentimiento", MEETING):
        expect(main).not_to_contain_text(words)
    assert person.locator(".questions .question-text").all_inner_texts() == [
        "¿Primera en el orden?",
        "¿Segunda en el orden?",
    ]

    # Somebody registers.
    person.get_by_role("link", name="Inscribirse").click()
    fill_registration(person, "Remedios Prueba", email)
    expect_state(person, "confirmed")
    registration = person.url
    confirmation = running_portal.wait_for_mail_to(email, "Inscripción confirmada")
    confirmed = calendar_of(confirmation).walk("VEVENT")[0]
    assert confirmed["DTSTART"].dt.astimezone(start.tzinfo) == start.replace(second=0, microsecond=0)

    # It moves to another day.
    moved = start + timedelta(days=9)
    staff.goto(own_page + "editar/")
    end = moved + timedelta(hours=1)
    fill(staff, first_day=f"{moved:%Y-%m-%d}", last_day=f"{end:%Y-%m-%d}" if end.date() != moved.date() else "")
    press(staff, "Guardar")
    expect_state(staff, "published")
    change = running_portal.wait_for_mail_to(email, "Cambió la fecha o el lugar", seconds=150)
    changed = calendar_of(change).walk("VEVENT")[0]
    assert changed["UID"] == confirmed["UID"]
    assert int(changed["SEQUENCE"]) > int(confirmed["SEQUENCE"])
    assert changed["DTSTART"].dt.astimezone(start.tzinfo) == moved.replace(second=0, microsecond=0)

    # It is cancelled.
    staff.get_by_role("link", name="Cancelar el evento").click()
    fill(staff, reason="La sede se inundó.")
    press(staff, "Cancelar el evento")
    expect_state(staff, "cancelled")
    cancellation = running_portal.wait_for_mail_to(email, "Se canceló")
    assert "La sede se inundó." in text_of(cancellation)
    calendar = calendar_of(cancellation)
    gone = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], gone["STATUS"], gone["UID"]) == ("CANCEL", "CANCELLED", confirmed["UID"])
    assert int(gone["SEQUENCE"]) > int(changed["SEQUENCE"])
    person.goto(address)
    expect_state(person, "cancelled")
    person.goto(registration)
    expect_state(person, "cancelled")


@pytest.mark.waits
def test_registered_person_is_reminded_within_the_hour(running_portal: RunningPortal, soon: Soon) -> None:
    reminder = running_portal.wait_for_mail_to(soon.email, "Empieza en poco tiempo", 150)
    assert soon.title in reminder["Subject"]
    assert MEETING in text_of(reminder)
    [entry] = calendar_of(reminder).walk("VEVENT")
    assert entry["DTSTART"].dt.astimezone(soon.start.tzinfo) == soon.start
    assert soon.title in entry["SUMMARY"]
    own = [mail["Subject"] for mail in running_portal.mails() if soon.email in str(mail["To"])]
    assert len(own) == 2, own  # the confirmation and one reminder, not the one of the day before as well


def test_attendance_results_and_answers_appear_in_public(enter: Enter) -> None:
    staff, reader = enter(STAFF), enter()
    staff.goto("/gestion/eventos/?q=bosque agua ciudad")
    staff.get_by_role("link", name=HELD).click()
    overview = staff.url

    name = something("Asistente Prueba")
    staff.goto(overview + "asistencia/")
    staff.get_by_role("link", name="Anotar a quien no se inscribió").click()
    fill(staff, name=name, institution="Colectivo Demo Agua y Bosque")
    choose(staff, "sex", "Mujer")
    staff.locator("main form[method=post] button[type=submit]").first.click()
    expect(staff.locator("main")).to_contain_text(f"Se anotó la asistencia de {name}.")
    expect(staff.locator("table").last).to_contain_text(name)

    ticks = staff.locator("[name=presente]")
    before = ticks.first.is_checked()
    ticks.first.set_checked(not before)
    press(staff, "Guardar la lista")
    said = "0 asistencias anotadas, 1 retirada" if before else "1 asistencia anotada, 0 retiradas"
    expect(staff.locator("main")).to_contain_text(said)
    staff.locator("[name=presente]").first.set_checked(before)
    press(staff, "Guardar la lista")

    staff.goto(overview + "resultados/")
    answer, result, record = something("La fuente de su agua"), something("Se acordó una ruta"), something("Relatoría")
    fill(staff, results_summary=result, **{"answers-0-answer": answer})
    row = int(staff.locator("[name=materials-TOTAL_FORMS]").input_value()) - 1
    fill(staff, **{f"materials-{row}-title": record})
    choose(staff, f"materials-{row}-kind", "Relatoría")
    staff.set_input_files(f"[name=materials-{row}-file]", pdf("relatoria.pdf", "Relatoría de prueba"))
    press(staff, "Guardar resultados")
    expect(staff.locator("main")).to_contain_text("Se guardaron los resultados.")

    staff.goto(overview)
    address = staff.get_by_role("link", name="Ver la página pública").get_attribute("href") or ""
    reader.goto(address)
    for words in (answer, result, record):
        expect(reader.locator("main")).to_contain_text(words)
    expect(reader.locator("main")).not_to_contain_text(name)
    with reader.expect_download() as download:
        reader.get_by_role("link", name=record).click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")


def test_designated_person_accepts_the_invitation_and_works(running_portal: RunningPortal, enter: Enter) -> None:
    staff, liaison = enter(STAFF), enter()
    name, email, number = something("Enlace Prueba"), somebody("enlace"), something("PM/117/2026")
    staff.goto("/gestion/designaciones/vacantes/")
    staff.locator("main a[href*='nueva/?municipio=']").first.click()
    municipality = staff.locator("[name=municipality] option:checked").inner_text()
    staff.check("[name=kind][value=titular]")
    fill(staff, name=name, email=email, position="Dirección de Ecología", oficio_number=number)
    fill(staff, oficio_date=f"{datetime.now() - timedelta(days=3):%Y-%m-%d}", signed_by="Presidencia Municipal Demo")
    staff.set_input_files("[name=oficio_file]", pdf("oficio.pdf"))
    press(staff, "Registrar designación")
    expect_state(staff, "in-force")
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Descargar el oficio").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    press(staff, "Invitar por correo")
    expect(staff.locator("main")).to_contain_text(f"La invitación va en camino a {email}")

    invitation = running_portal.wait_for_mail_to(email, municipality)
    liaison.goto(link_in(invitation, "/invitacion/"))
    expect_state(liaison, "new-account")
    expect(liaison.locator("main")).to_contain_text(number)
    fill(liaison, password="123456789012")
    press(liaison, "Abrir mi cuenta y entrar")
    expect(liaison.locator(".error-summary")).to_be_visible()
    fill(liaison, password="bosque de niebla con lluvia")
    press(liaison, "Abrir mi cuenta y entrar")
    liaison.wait_for_url("**/mi-municipio/")
    expect(liaison.locator("h1")).to_have_text(municipality)
    # The link has served.
    assert enter().goto(link_in(invitation, "/invitacion/")).status == 410  # type: ignore[union-attr]


def test_training_with_targets_is_published(enter: Enter) -> None:
    staff, reader = enter(STAFF), enter()
    title, institution = something("Capacitación de la prueba"), something("Secretaría Demo de la Prueba")
    staff.goto("/gestion/capacitaciones/nueva/")
    fill(staff, title=title, objective="Medir y decidir.", hours="20", topics="Derechos humanos, Movilidad")
    choose(staff, "format", "Jornada de capacitación")
    choose(staff, "modality", "Híbrida")
    choose(staff, "pathway", "Equitativo y centrado en las personas")
    fill(
        staff,
        **{
            "targets-0-organisation": institution, "targets-0-people": "40", "targets-0-people_virtual": "30",
            "targets-0-people_in_person": "10", "targets-0-women": "12", "targets-0-men": "8",
        },
    )  # fmt: skip
    add_row(staff, "targets")
    fill(staff, **{"targets-1-organisation": "Agencia Demo de Control", "targets-1-people": "10"})
    choose(staff, "sessions-0-event", "Jornada de capacitación: calles incluyentes y seguras (2026)")
    press(staff, "Guardar")
    expect_state(staff, "draft")
    staff.get_by_role("link", name="Vista previa").click()
    address = staff.url
    assert reader.goto(address).status == 404  # type: ignore[union-attr]
    staff.go_back()
    publish(staff)
    reader.goto(address)
    expect_state(reader, "published")
    stats = re.sub(r"\s+", " ", reader.locator("section[aria-labelledby=metas]").inner_text())
    for words in (institution, "Sexo conocido para 20 de 50", "60.0 %", "Modalidad conocida para 40 de 50", "75.0 %"):
        assert words in stats
    reach = re.sub(r"\s+", " ", reader.locator("section[aria-labelledby=alcance]").inner_text())
    assert re.search(r"\d+ Personas únicas", reach), reach
    expect(reader.locator("section[aria-labelledby=sesiones]")).to_contain_text("calles incluyentes y seguras")


def test_training_that_adds_up_wrongly_is_refused(enter: Enter) -> None:
    staff = enter(STAFF)
    staff.goto("/gestion/capacitaciones/nueva/")
    fill(staff, title="Una capacitación que no suma", **{"targets-0-organisation": "Institución Demo"})
    fill(staff, **{"targets-0-people": "10", "targets-0-women": "9", "targets-0-men": "9"})
    press(staff, "Guardar")
    expect(staff.locator(".error-summary")).to_contain_text("Mujeres y hombres suman más que el total de personas.")
    expect(staff.locator("[name=title]")).to_have_value("Una capacitación que no suma")
    expect(staff.locator("[name=targets-0-people]")).to_have_value("10")


def test_words_of_a_mail_are_seen_as_they_are_typed(enter: Enter) -> None:
    staff = enter(STAFF)
    staff.goto("/gestion/correo/textos/events.promoted/es/")
    preview = staff.frame_locator(".mail-frame:not([hidden])")
    expect(preview.get_by_role("heading", level=1)).to_contain_text("Ya tiene lugar: Taller")
    steps_back = staff.evaluate("history.length")

    fill(staff, subject="Buenas noticias: {evento}")
    expect(preview.get_by_role("heading", level=1)).to_contain_text("Buenas noticias: Taller")
    fill(staff, body="Pase, **{nombre}**.\n\n{datos}")
    for scheme in (0, 1):  # in light and in dark
        mail = preview.locator("iframe").nth(scheme)
        expect(mail).to_have_attribute("srcdoc", re.compile("Pase, <strong>María Ejemplo</strong>"))
    fill(staff, body="Pase, {quien}")
    expect(preview.get_by_text("{quien} no existe")).to_be_visible()
    assert staff.evaluate("history.length") == steps_back

    fill(staff, body="Pase, **{nombre}**.\n\n{datos}")
    press(staff, "Guardar")
    expect_state(staff, "own")
    staff.get_by_role("link", name="Ver o volver a poner el texto original").click()
    press(staff, "Guardar")
    expect_state(staff, "original")
