"""What a report is about, how long it is, what staff wrote into it and what it is compared with."""

import datetime as dt
import io
import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from pdfua import validate
from pypdf import PdfReader

from municipalities.models import MetropolitanZone
from reports.documents.printed import compared, prose
from reports.figures import from_json
from reports.models import SUBJECTS, IssuedReport, period_before
from reports.services.reports import correct_report, render_report, request_report
from tests.factories import ActionFactory, EventFactory, OrganisationFactory, SeriesFactory, StaffFactory
from tests.reports.conftest import attend

LONG = "El municipio de San Bartolo de las Nieves Eternas acordó sembrar árboles nativos. " * 7
HOSTILE = """## Lo acordado

**Tres** municipios, con [acuerdos](https://red.example/x) y [uno que no](file:///etc/passwd).

![x](file:///etc/passwd) <img src="file:///etc/passwd"> <link rel="attachment" href="file:///etc/passwd">

| a | b |
| - | - |
| 1 | 2 |
"""


def issue(network, **fields) -> IssuedReport:
    period = {"starts_on": network.today - dt.timedelta(days=60), "ends_on": network.today}
    asked = request_report(**({"scope": "state", "language": "es", "by": None} | period | fields))
    render_report(asked.pk)
    report = IssuedReport.objects.with_subject().get(pk=asked.pk)
    assert report.state == "ready", report.error
    return report


def data_of(report) -> bytes:
    with report.file.open() as file:
        return file.read()


def reader_of(report) -> PdfReader:
    return PdfReader(io.BytesIO(data_of(report)))


def words(report) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader_of(report).pages))


def headings(reader: PdfReader) -> list[str]:
    found = []

    def walk(items):
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                found.append(item.title)

    walk(reader.outline)
    return found


@pytest.mark.parametrize("scope", SUBJECTS)
def test_report_of_every_scope_names_its_subject_and_can_be_read_aloud(network, scope, tmp_path):
    zone = MetropolitanZone.objects.create(name="Zona de prueba", delimitation_year=2020)
    zone.municipalities.add(network.second)
    series = SeriesFactory(title="Ciclo de prueba")
    network.workshop.series = series
    network.workshop.save()
    subjects = {
        "region": network.south, "zone": zone, "municipality": network.second, "series": series,
        "training": network.training, "institution": OrganisationFactory(name="Institución de prueba"),
    }  # fmt: skip
    report = issue(network, scope=scope, **{scope: subjects[scope]})
    assert report.subject == subjects[scope]
    assert report.subject_label in words(report)
    path = tmp_path / "informe.pdf"
    path.write_bytes(data_of(report))
    assert [(one.rule_id, one.message) for one in validate(str(path)).findings] == []


def test_report_without_the_subject_of_its_scope_is_refused_by_the_database(network):
    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedReport.objects.create(scope="series", starts_on=network.today, ends_on=network.today)


def test_texts_are_printed_with_their_headings_in_order_and_nothing_is_fetched(network):
    network.workshop.title = 'Taller <img src="file:///etc/passwd"> ![x](file:///etc/passwd)'
    network.workshop.venue = "file:///etc/passwd"
    network.workshop.save()
    report = issue(network, introduction=HOSTILE, results="# Arriba\n\ny abajo", next_steps="1. Medir")
    reader, text = reader_of(report), words(report)
    assert "Tres municipios, con acuerdos y" in text
    found = headings(reader)
    order = [found.index(title) for title in ("Introducción", "Lo acordado", "Resumen", "Resultados", "Próximos pasos")]
    assert order == sorted(order)
    assert "Arriba" in found
    assert reader.root_object["/Lang"] == "es"
    assert set(reader.attachments) == {f"cifras-{report.folio}.csv", f"cifras-{report.folio}.json"}
    with open("/etc/passwd", "rb") as file:
        secret = file.read().splitlines()[0]
    streams = b"".join(bytes(item) for item in plain_streams(data_of(report)))
    assert len(streams) > 50_000
    assert secret not in streams
    targets = {str(note["/A"]["/URI"]) for page in reader.pages for note in notes(page) if "/A" in note}
    assert {target for target in targets if not target.endswith(f"/informes/{report.folio}/")} == {
        "https://red.example/x"
    }


def notes(page):
    return [note.get_object() for note in page.get("/Annots", [])]


def plain_streams(data: bytes):
    """Everything a PDF holds, unpacked: text, pictures, fonts, attachments."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Stream):
                yield item.read_bytes()


def test_headings_of_a_text_never_skip_a_level():
    html = prose("# Uno\n\n#### Cuatro\n\nDos\n---\n\n#sin")
    assert re.findall(r"<(h\d)>", html) == ["h3", "h3", "h3"]


def test_short_report_has_two_pages_however_long_its_texts(network, tmp_path):
    texts = dict.fromkeys(("introduction", "results", "next_steps"), LONG[:600])
    report = issue(network, length="short", **texts)
    assert len(reader_of(report).pages) == 2
    path = tmp_path / "informe.pdf"
    path.write_bytes(data_of(report))
    assert [(one.rule_id, one.message) for one in validate(str(path)).findings] == []
    assert "Asistencias: 23. Personas únicas: 19." in words(report)


def test_report_is_compared_with_the_period_before_it(network):
    first = network.today - dt.timedelta(days=60)
    attend(EventFactory(day=first - dt.timedelta(days=1)), network.first, count=5)
    ActionFactory(
        review_state="published", starts_on=first - dt.timedelta(days=9), ends_on=first - dt.timedelta(days=2)
    )
    report = issue(network)
    rows = {row.label: row for row in compared(from_json(report.figures), from_json(report.previous_figures))}
    assert (rows["Asistencias"].now, rows["Asistencias"].before, rows["Asistencias"].difference) == (23, 5, "+18")
    assert (rows["Aforo declarado"].before, rows["Aforo declarado"].difference) == (None, "—")
    assert "Asistencias 23 5 +18" in words(report)
    assert "Comparación" not in words(issue(network, compares=False))


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        (dt.date(2026, 4, 1), dt.date(2026, 6, 30), (dt.date(2026, 1, 1), dt.date(2026, 3, 31))),
        (dt.date(2024, 2, 1), dt.date(2024, 2, 29), (dt.date(2024, 1, 1), dt.date(2024, 1, 31))),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 31), (dt.date(2025, 1, 1), dt.date(2025, 12, 31))),
        (dt.date(2026, 3, 2), dt.date(2026, 3, 2), (dt.date(2026, 3, 1), dt.date(2026, 3, 1))),
    ],
)
def test_period_before_is_as_long(start, end, before):
    assert period_before(start, end) == before


def test_staff_ask_for_a_short_report_of_a_training_in_english(network, client):
    client.force_login(StaffFactory())
    form = {
        "kind": "capacity", "scope": "training", "training": network.training.pk, "starts_on": "2026-01-01",
        "ends_on": "2026-06-30", "length": "short", "language": "en", "introduction": "x" * 601,
        "region": network.north.pk,
    }  # fmt: skip
    answer = client.post(reverse("staff_report_create"), form)
    assert answer.status_code == 422
    assert "600 caracteres" in answer.content.decode()
    assert "x" * 601 in answer.content.decode()
    client.post(reverse("staff_report_create"), form | {"introduction": "Corta"})
    report = IssuedReport.objects.get()
    assert (report.training, report.region, report.length, report.compares) == (network.training, None, "short", False)
    assert report.introduction == "Corta"


def test_correction_may_change_a_text_and_keeps_the_others(network):
    report = issue(network, introduction="Uno", results="Dos")
    new = correct_report(report=report, reason="Errata", by=StaffFactory(), introduction="Uno bis")
    assert (new.introduction, new.results) == ("Uno bis", "Dos")
    report.refresh_from_db()
    assert report.introduction == "Uno"
