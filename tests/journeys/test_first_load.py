"""The institute's staff on the first day: years of designations from the template."""

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import expect_state, press, something

pytestmark = pytest.mark.journey
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send(page: Page, template: Path, row: dict[str, str]) -> None:
    book = load_workbook(io.BytesIO(template.read_bytes()))  # a download has no ending
    sheet = book.worksheets[0]
    places = {str(cell.value).rstrip("* "): cell.column for cell in sheet[1]}
    for heading, value in row.items():
        sheet.cell(2, places[heading]).value = value
    target = io.BytesIO()
    book.save(target)
    page.goto("/gestion/carga-inicial/designaciones/")
    page.set_input_files("input[name='file']", FilePayload(name="años.xlsx", mimeType=XLSX, buffer=target.getvalue()))
    press(page, "Subir y ver qué se guardaría")
    expect_state(page, "pending")


def test_staff_load_designations_from_the_template(enter: Enter) -> None:
    staff, name = enter("personal@demo.example"), something("Amparo Historia")
    staff.goto("/gestion/")
    staff.get_by_role("link", name="Carga inicial").first.click()
    staff.get_by_role("link", name="Plantilla y carga: Designaciones").click()
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Plantilla (XLSX)").click()
    template = Path(download.value.path())
    row = {
        "Municipio": "Toluca", "Tipo": "Suplente", "Nombre completo": name, "Número de oficio": "PM/7/2016",
        "Inicia": "2016-01-01", "Termina": "31/02/2018",
    }  # fmt: skip

    send(staff, template, row)
    main = staff.locator("main")
    expect(main).to_contain_text("No se guardó nada")
    expect(main).to_contain_text("Designaciones!L2:")
    expect(staff.get_by_role("button", name="Guardar todo")).to_have_count(0)

    send(staff, template, row | {"Termina": "31/12/2018"})
    expect(main).to_contain_text("Todavía no se guarda nada")
    press(staff, "Guardar todo")
    expect_state(staff, "done")
    expect(main).to_contain_text("Nadie recibió correo")
    staff.get_by_role("link", name="Ver lo cargado").click()
    staff.goto(f"/gestion/designaciones/?q={name.replace(' ', '+')}")
    expect(staff.locator("main tbody tr")).to_have_count(1)
    expect(main).to_contain_text("Concluida")

    send(staff, template, row | {"Termina": "31/12/2018"})
    expect(main).to_contain_text("0 cambios")
