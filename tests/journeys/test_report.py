"""The capacity-building report: asked for, watched, downloaded, read, and compared with the public figures."""

import csv
import io
import re
from pathlib import Path

import pytest
from pdfua import validate
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.journeys.conftest import Enter
from tests.journeys.steps import choose, expect_state, fill, press

pytestmark = pytest.mark.journey
STAFF = "personal@demo.example"
# Months of the demonstration, which no other journey adds attendances to.
START, END = "2026-03-01", "2026-10-31"
Rows = dict[tuple[str, str, str, str], dict[str, str]]


def ask_for(page: Page, scope: str, municipality: str = "") -> Path:
    """Ask for a report, watch it being made, and take the document away."""
    page.goto("/gestion/informes/nuevo/")
    page.check(f"[name=scope][value={scope}]")
    if municipality:
        choose(page, "municipality", municipality)
    fill(page, starts_on=START, ends_on=END)
    press(page, "Preparar el informe")
    page.wait_for_url(re.compile(r"/gestion/informes/(?!nuevo)[^/]+/$"))
    # Either it is still being made and says how far, or it was made while the page came.
    expect(page.locator("main")).to_have_attribute("data-state", re.compile("queued|running|ready"))
    if page.locator("main").get_attribute("data-state") != "ready":
        expect(page.locator("#avance")).to_be_visible()
    expect_state(page, "ready", 120)
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar el PDF").click()
    return Path(download.value.path())


def rows_of(data: bytes) -> Rows:
    found = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return {(row["cuadro"], row["clave"], row["concepto"], row["medida"]): row for row in found}


def read(path: Path) -> tuple[str, Rows]:
    """The words of the document and the figures that it carries."""
    reader = PdfReader(path)
    assert sorted(name.rpartition(".")[2] for name in reader.attachments) == ["csv", "json"]
    [[data]] = [content for name, content in reader.attachments.items() if name.endswith(".csv")]
    assert reader.root_object["/Lang"].startswith("es")
    assert reader.root_object["/MarkInfo"]["/Marked"]
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))
    return text, rows_of(data)


def value(rows: Rows, table: str, label: str, measure: str) -> str:
    [row] = [row for key, row in rows.items() if (key[0], key[2], key[3]) == (table, label, measure)]
    return row["valor"]


def test_report_of_the_state_prints_the_figures_of_the_portal(enter: Enter) -> None:
    staff, reader = enter(STAFF), enter()
    path = ask_for(staff, "state")
    text, figures = read(path)
    query = f"desde={START}&hasta={END}"
    public = rows_of(reader.request.get(f"/resultados.csv?{query}").body())

    # Every number of the public CSV that is not withheld is the one that the document carries.
    compared = 0
    for key, row in public.items():
        if row["valor"] and key[0] != "Acciones climáticas" and not key[0].startswith("Acciones por"):
            assert figures[key]["valor"] == row["valor"], key
            compared += 1
    assert compared > 60
    # And those that matter most stand in its pages.
    held = value(figures, "Eventos", "Eventos celebrados", "eventos")
    attendances = value(figures, "Personas", "Asistencias", "asistencias")
    persons = value(figures, "Personas", "Personas únicas", "personas únicas")
    headcount = value(figures, "Eventos", "Aforo declarado", "personas contadas a la vista")
    assert int(held) >= 4
    assert int(attendances) > int(persons) > 0
    assert f"{held} eventos celebrados" in text
    assert f"Asistencias (una por persona y evento) {int(attendances):,}" in text
    assert f"Personas únicas {int(persons):,}" in text
    assert f"Aforo declarado (a la vista) {int(headcount):,}" in text
    women, men, unknown = (
        value(figures, "Por sexo", "Asistencias", f"asistencias: {sex}") for sex in ("Mujeres", "Hombres", "Sin dato")
    )
    assert re.search(rf"Asistencias {women} {men} \d+ \d+ {unknown} {int(attendances):,}", text), text[3000:6000]
    assert "más de 1,088" in text
    assert "Fuente:" in text[text.index("más de 1,088") :][:400]
    assert re.search("sin dato", text, re.IGNORECASE)
    assert "Toluca" in text
    assert "Jornada de capacitación: calles incluyentes y seguras" in text

    checked = validate(str(path))
    assert [(finding.rule_id, finding.message) for finding in checked.findings] == []

    # The page for everybody says the same.
    reader.goto(f"/resultados/?{query}")
    words = re.sub(r"\s+", " ", reader.locator("main").inner_text())
    for number in (held, f"{int(attendances):,}", f"{int(persons):,}"):
        assert number in words


def test_report_of_a_municipality_counts_it_alone(enter: Enter) -> None:
    staff = enter(STAFF)
    path = ask_for(staff, "municipality", "Ecatepec de Morelos")
    text, figures = read(path)
    assert ("Por municipio", "15033", "Ecatepec de Morelos", "asistencias") in figures
    assert {key[1] for key in figures if key[0] == "Por municipio"} == {"15033"}
    assert "más de 1,088" not in text
    assert "Ecatepec de Morelos" in text
    attendances = value(figures, "Personas", "Asistencias", "asistencias")
    assert f"Asistencias (una por persona y evento) {attendances}" in text
    assert [finding.message for finding in validate(str(path)).findings] == []


def test_report_of_an_impossible_period_is_refused(enter: Enter) -> None:
    staff = enter(STAFF)
    staff.goto("/gestion/informes/nuevo/")
    staff.check("[name=scope][value=municipality]")
    fill(staff, starts_on=END, ends_on=START)
    press(staff, "Preparar el informe")
    expect_state(staff, "refused")
    summary = staff.locator(".error-summary")
    expect(summary).to_contain_text("Elija el municipio del informe.")
    expect(summary).to_contain_text("El periodo termina antes de empezar")
    expect(staff.locator("[name=starts_on]")).to_have_value(END)
