"""Documents: tagged, with their data inside, reproducible, and closed to everything that is not ours."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.template import engines
from pdfua import validate
from pypdf import PdfReader

from municipalities import maps
from web import charts, identity, pdf

MOMENT = datetime(2026, 6, 17, 17, tzinfo=UTC)
SOURCE = """{% extends "pdf/base.html" %}
{% block title %}Resumen de capacidades, enero a junio de 2026{% endblock %}
{% block heading %}Resumen de capacidades{% endblock %}
{% block subtitle %}Estado de México, enero a junio de 2026{% endblock %}
{% block folio %}INF-2026-0001{% endblock %}
{% block cover_ornament %}{{ ornament }}{% endblock %}
{% block cover_facts %}<strong>Folio INF-2026-0001</strong> · 17 de junio de 2026{% endblock %}
{% block contents %}<li><a href="#cifras">Cifras</a></li><li><a href="#mapa">Mapa</a></li>{% endblock %}
{% block content %}
<h2 id="cifras">Cifras</h2>
<p>Se sabe el sexo de 242 de 292 personas. Más en
<a href="https://red.example/resultados/">la página de resultados</a>.</p>
<div class="stats">{% stat 1088 "personas capacitadas" note="cifra publicada" %}
{% stat 40 "municipios con titular" %}</div>
<ul><li>Talleres</li><li>Conferencias</li></ul>
<figure><figcaption>Eventos por formato</figcaption>{{ chart.svg }}</figure>
{{ chart.table }}
<h2 id="mapa" class="new-page">Mapa</h2>
<figure><figcaption>Municipios por designación</figcaption>{{ map.legend }}{{ map.svg }}</figure>
<h3>Lista de eventos</h3>
<table><caption>Eventos</caption>
<thead><tr><th scope="col">Evento</th><th scope="col" class="num">Personas</th></tr></thead>
<tbody>
{% for n in rows %}<tr><th scope="row">Taller {{ n }}</th><td class="num">{{ n }}</td></tr>{% endfor %}
</tbody></table>
{% endblock %}
"""


def tiles() -> list[maps.Tile]:
    return [
        maps.Tile(name=f"Municipio {n}", column=n % 4, row=n // 4, category="yes" if n % 2 else "no") for n in range(16)
    ]


def document(text: str = "") -> str:
    categories = [maps.Category("yes", "Con titular", "3"), maps.Category("no", "Sin designar", "0")]
    context = {
        "LANGUAGE_CODE": "es",
        "installation": identity.last_known(),
        "chart": charts.bars("f", "Eventos por formato", [charts.Bar("Taller", 12), charts.Bar("Foro", None)]),
        "map": maps.tile_map("m", "Municipios por designación", tiles(), categories),
        "ornament": maps.ornament([(tile.column, tile.row) for tile in tiles()]),
        "rows": range(1, 60),
    }
    return (
        engines["django"].from_string(SOURCE.replace("{{ chart.table }}", "{{ chart.table }}" + text)).render(context)
    )


def csv_file() -> pdf.Attachment:
    return pdf.Attachment(
        name="cifras.csv",
        data="\ufeffFormato,Cantidad\r\nTaller,12\r\n".encode(),
        description="Las cifras de este informe",
    )


@pytest.fixture(scope="module")
def made() -> bytes:
    return pdf.html_to_pdf(document(), moment=MOMENT, attachments=[csv_file()])


def test_document_passes_every_check_of_pdf_ua(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "informe.pdf"
    path.write_bytes(made)
    report = validate(str(path))
    assert [(finding.rule_id, finding.message) for finding in report.findings] == []
    # Its rule on empty headings fails by itself with this pikepdf; the test after this one asks the same.
    assert [outcome.rule_id for outcome in report.outcomes if outcome.skipped_reason] == ["UA-14-001"]


def marks(element: object) -> int:
    """How many pieces of page content stand below a structure element."""
    if isinstance(element, pikepdf.Array):
        return sum(marks(child) for child in element)
    if isinstance(element, pikepdf.Dictionary):
        return 1 if element.get("/Type") == "/MCR" else marks(element.get("/K"))
    return int(element is not None)


def test_headings_are_never_empty_and_skip_no_level(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as opened:
        headings = [
            (int(str(item.S)[2]), marks(item))
            for item in opened.objects
            if isinstance(item, pikepdf.Dictionary) and str(item.get("/S", "")) in {"/H1", "/H2", "/H3", "/H4"}
        ]
    levels = [level for level, _content in headings]
    assert levels == [1, 2, 2, 2, 3]
    assert all(content for _level, content in headings)


def test_document_says_it_is_pdf_a_and_pdf_ua(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as opened:
        metadata = opened.open_metadata()
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata[f"{{{pdf.PDFUA}}}part"] == "1"
        assert str(opened.Root.Lang) == "es"


def test_document_carries_its_csv(made: bytes) -> None:
    reader = PdfReader(BytesIO(made))
    assert {
        name: [content.decode("utf-8-sig") for content in contents] for name, contents in reader.attachments.items()
    } == {"cifras.csv": ["Formato,Cantidad\r\nTaller,12\r\n"]}


def test_pages_after_the_cover_carry_folio_and_number(made: bytes) -> None:
    pages = [page.extract_text() for page in PdfReader(BytesIO(made)).pages]
    assert "INF-2026-0001" in pages[1]
    assert f"2 / {len(pages)}" in pages[1]
    assert f"1 / {len(pages)}" not in pages[0]


def test_table_headers_have_a_scope(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as opened:
        scopes = [
            str(item.A.Scope)
            for item in opened.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH"
        ]
    # Two tables of two columns; the second one's head stands again on the two pages it runs over to.
    assert (scopes.count("/Column"), scopes.count("/Row")) == (8, 61)


def test_same_document_gives_the_same_bytes(made: bytes) -> None:
    assert pdf.html_to_pdf(document(), moment=MOMENT, attachments=[csv_file()]) == made


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="file:///etc/hostname" alt="x">',
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
        '<img src="portal:static/../config/settings.py" alt="x">',
        '<img src="portal:static/css/%2e%2e/%2e%2e/config/settings.py" alt="x">',
        '<link rel="stylesheet" href="file:///etc/hostname">',
        '<img src="data:image/svg+xml,%3Csvg/%3E" alt="x">',
    ],
)
def test_foreign_resource_stops_the_document(markup: str) -> None:
    with pytest.raises(pdf.ForbiddenResource):
        pdf.html_to_pdf(document(markup), moment=MOMENT)


def test_attachment_in_typed_markup_is_refused() -> None:
    with pytest.raises(pdf.ForbiddenResource):
        pdf.html_to_pdf(document('<a rel="attachment" href="file:///etc/hostname">x</a>'), moment=MOMENT)
