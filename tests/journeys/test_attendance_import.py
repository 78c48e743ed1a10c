"""A sheet is typed and a report of a video call reviewed; a namesake is decided, and both become attendance."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import expect_state, fill, press, program_event, publish, somebody, something

pytestmark = pytest.mark.journey
STAFF = "personal@demo.example"


def teams_report(day: str, name: str, other: str) -> FilePayload:
    """Teams' sections in UTF-16: the activities tell that the first person was away in between."""
    am = ":00\u202fa.\u00a0m."
    rows = [
        "1. Resumen", "Título de la reunión\tSesión", "",
        "2. Participantes",
        "Nombre\tPrimera unión\tÚltima salida\tDuración en la reunión\tCorreo electrónico\tRol",
        f"{name} (Sin verificar)\t{day}, 11:00{am}\t{day}, 11:50{am}\t40 min\t\tAsistente",
        f"{other} (Externo)\t{day}, 11:05{am}\t{day}, 11:35{am}\t30 min\t\tAsistente",
        "", "3. Actividades durante la reunión",
        "Nombre\tHora de unión\tHora de salida\tDuración\tCorreo electrónico\tRol",
        f"{name} (Sin verificar)\t{day}, 11:00{am}\t{day}, 11:20{am}\t20 min\t\tAsistente",
        f"{name} (Sin verificar)\t{day}, 11:30{am}\t{day}, 11:50{am}\t20 min\t\tAsistente",
    ]  # fmt: skip
    return {"name": "asistencia.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode("utf-16")}


def type_sheet(page: Page, name: str, first: str, second: str) -> None:
    """Two namesakes with their own mailboxes, told apart by them."""
    page.get_by_role("link", name="Capturar una hoja").click()
    fill(page, **{"0-name": name, "0-email": first, "1-name": name, "1-email": second})
    press(page, "Revisar e incorporar")
    press(page, "Anotar a 2 que no se parecen a nadie")
    press(page, "Incorporar a la asistencia")
    expect(page.locator("main")).to_contain_text("Asistieron sin inscribirse")


def test_report_is_reviewed_and_becomes_attendance(enter: Enter) -> None:
    staff = enter(STAFF)
    start = (datetime.now(ZoneInfo("America/Mexico_City")) - timedelta(days=2)).replace(hour=11, minute=0)
    name, other = something("Juan Prueba"), something("Nadia Nueva")
    first, second = somebody("juan"), somebody("otro-juan")
    staff.goto("/gestion/eventos/nuevo/")
    program_event(staff, something("GAAD importado"), start)
    publish(staff)
    staff.get_by_role("link", name="Asistencia", exact=True).click()
    type_sheet(staff, name, first, second)

    report = teams_report(f"{start.day}/{start.month}/{start:%y}", name, other)
    staff.get_by_role("link", name="Importar de la videollamada").click()
    staff.set_input_files("input[name='file']", report)
    press(staff, "Subir y revisar")
    expect_state(staff, "pending")
    expect(staff.locator("main")).to_contain_text("Faltan 2 por decidir")
    juan = staff.get_by_role("group", name=name)
    juan.get_by_text(second).click()
    press(staff, "Anotar a 1 que no se parece a nadie")
    press(staff, "Incorporar a la asistencia")

    expect(staff.locator("main")).to_contain_text("La asistencia quedó incorporada")
    expect(staff.locator("main")).to_contain_text("11:00–11:50 · 40 minutos")
    expect(staff.get_by_role("row", name=other)).to_contain_text("30 minutos")

    staff.get_by_role("link", name="Importar de la videollamada").click()
    staff.set_input_files("input[name='file']", report)
    press(staff, "Subir y revisar")
    expect(staff.locator("body")).to_contain_text("Este archivo ya se había subido a este evento")
    expect_state(staff, "confirmed")
