"""Page, CSV and PDF say the same numbers; the PDF is accessible and carries its figures."""

import csv
import datetime as dt
import io
import json
import re

import pytest
from pdfua import validate
from pypdf import PdfReader

from events.figures import BySex
from municipalities.figures import Period, places
from reports import documents
from reports.figures import exact_figures, from_json, state_scope
from reports.models import DeclaredResult, IssuedReport
from reports.services import reports as services
from tests.factories import EventFactory, MunicipalityFactory
from tests.reports.conftest import attend


def issue(network, **fields):
    defaults = {
        "scope": "state",
        "language": "es",
        "starts_on": network.today - dt.timedelta(days=60),
        "ends_on": network.today,
    }
    report = services.request_report(**{**defaults, **fields}, by=None)
    services.render_report(report.pk)
    return IssuedReport.objects.get(pk=report.pk)


def bytes_of(report) -> bytes:
    with report.file.open() as file:
        return file.read()


def text_of(report) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes_of(report))).pages)
    return re.sub(r"\s+", " ", text)


def read_csv(data: bytes) -> dict[tuple[str, str, str], str]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return {(row["cuadro"], row["concepto"], row["medida"]): row["valor"] for row in rows}


@pytest.fixture
def report(network):
    DeclaredResult.objects.create(
        code="red", statement="más de 1,088 personas", minimum_value=1088, source="fuente 003"
    )
    return issue(network)


def test_pdf_prints_the_frozen_figures(report):
    text, figures = text_of(report), from_json(report.figures)
    assert (figures.events.held, figures.people.attendances, figures.people.persons) == (3, 23, 19)
    assert "Eventos celebrados: 3, de ellos 2 con lista nominal" in text
    assert "Asistencias: 23. Personas únicas: 19. Aforo declarado: 60 personas, en 1 evento." in text
    assert "Asistencias 13 7 0 1 2 23" in text  # by sex, with sin dato, and their total
    assert "Personas únicas 9 7 0 1 2 19" in text
    assert "65.0 % de mujeres (13 de 20 con sexo conocido)" in text
    assert "«más de 1,088 personas»" in text
    assert report.folio in text


def test_pdf_carries_csv_and_json_of_the_same_numbers(report):
    attached = PdfReader(io.BytesIO(bytes_of(report))).attachments
    assert set(attached) == {f"cifras-{report.folio}.csv", f"cifras-{report.folio}.json"}
    [data] = attached[f"cifras-{report.folio}.json"]
    assert json.loads(data)["counted"] == report.figures
    [data] = attached[f"cifras-{report.folio}.csv"]
    rows = read_csv(data)
    assert rows["Eventos", "Eventos celebrados", "eventos"] == "3"
    assert rows["Por sexo", "Asistencias", "asistencias: Mujeres"] == "13"
    assert rows["Por sexo", "Asistencias", "asistencias: Sin dato"] == "2"


def test_page_csv_and_pdf_agree(network, client):
    """Without small cells nothing is withheld, so the public page prints what the document prints."""
    attend(network.workshop, network.second, count=2)
    attend(network.workshop, network.second, count=2, sex="undisclosed")
    attend(network.workshop, None, count=2)
    report = issue(network)
    figures = from_json(report.figures)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/resultados/").content.decode()))
    rows = read_csv(client.get("/resultados.csv").content)
    text = text_of(report)
    assert figures.people.attendances_by_sex == BySex(women=13, men=7, undisclosed=3, unknown=6)
    for label, value in (("Mujeres", 13), ("Hombres", 7), ("Prefiere no decir", 3), ("Sin dato", 6)):
        assert rows["Por sexo", "Asistencias", f"asistencias: {label}"] == str(value)
    for printed in (page, text):
        assert "Asistencias 13 7 0 3 6 29" in printed
        assert "65.0 % de mujeres (13 de 20 con sexo conocido)" in printed
        assert "Suelo y agua" in printed
    assert rows["Personas", "Personas únicas", "personas únicas"] == str(figures.people.persons)
    assert f"{figures.people.persons} personas únicas" in page
    assert f"Personas únicas: {figures.people.persons}." in text


def test_pdf_passes_the_checks_of_pdf_ua(report, tmp_path):
    path = tmp_path / "informe.pdf"
    path.write_bytes(bytes_of(report))
    answer = validate(str(path))
    assert [(finding.rule_id, finding.message) for finding in answer.findings] == []
    # Its rule on empty headings fails by itself with this pikepdf (see tests/web/test_pdf.py, which asks the same).
    assert [outcome.rule_id for outcome in answer.outcomes if outcome.skipped_reason] == ["UA-14-001"]


def test_report_of_an_empty_scope_says_so(network):
    report = issue(network, scope="municipality", municipality=network.third)
    text = text_of(report)
    assert "Sin eventos en el periodo" in text
    assert "Chalco, en la región Región Sur, está el" in text
    assert "sin designación" in text


def test_report_in_english_says_so_in_the_document(network):
    report = issue(network, language="en")
    reader = PdfReader(io.BytesIO(bytes_of(report)))
    assert reader.root_object["/Lang"] == "en"


def test_long_names_stay_on_the_page(network):
    name = "San Bartolo de las Nieves Eternas y de los Volcanes del Sur"
    municipality = MunicipalityFactory(cvegeo="15099", name=name, slug="san-bartolo", region=network.north)
    event = EventFactory(title="Palabra" * 12, day=network.today - dt.timedelta(days=3), municipality=municipality)
    attend(event, municipality, count=5, sex="woman")
    reader = PdfReader(io.BytesIO(bytes_of(issue(network))))
    edge = float(reader.pages[0].mediabox.width) - 40
    ends = []

    def visit(text, cm, tm, _font, size):
        if text.strip() and cm[0] != 1:  # drawings have coordinates of their own
            begins = tm[4] * cm[0] + cm[4]
            ends.append(begins + len(text.strip()) * size * cm[0] * 0.42)  # letters are at least so wide on average

    for page in reader.pages[1:]:
        page.extract_text(visitor_text=visit)
    assert len(ends) > 100
    assert max(ends) < edge


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, None, "todo lo registrado"),
        (dt.date(2026, 1, 1), None, "desde el 1 de enero de 2026"),
        (None, dt.date(2026, 6, 30), "hasta el 30 de junio de 2026"),
        (dt.date(2026, 1, 1), dt.date(2026, 6, 30), "del 1 de enero al 30 de junio de 2026"),
    ],
)
def test_period_is_said_in_words(start, end, words):
    assert documents.period_in_words(start, end) == words


def test_share_of_women_prints_its_denominator_and_leaves_out_the_unknown():
    assert documents.share_of_women(BySex(women=123, men=119, unknown=50)) == (
        "50.8 % de mujeres (123 de 242 con sexo conocido)"
    )
    assert documents.share_of_women(BySex(unknown=50)) == ""
    assert documents.share_of_women(None) == ""


def test_maps_have_every_municipality_of_the_scope_with_its_word(network):
    at = places()
    pictures = documents.pictures(exact_figures(state_scope(), Period(), places=at), at, linked=True)
    assert "Acambay: con titular vigente" in pictures.coverage.svg
    assert "Benito: solo con suplente" in pictures.coverage.svg
    assert "Chalco: 0 asistencias" in pictures.attendance.svg
    assert 'href="/municipios/benito/"' in pictures.attendance.svg
    assert (
        'href="'
        not in documents.pictures(exact_figures(state_scope(), Period(), places=at), at, linked=False).coverage.svg
    )
