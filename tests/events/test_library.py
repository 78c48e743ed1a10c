"""The library: what is in it, how it is found, and the same under page, CSV and Atom."""

import csv
import datetime as dt
import io
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.models import Event, LibraryItem
from events.services import editing, library
from tests import factories

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
LONG_AGO = dt.date(2020, 6, 17)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def held(
    *, materials: tuple[dict[str, Any], ...] = (), answers: tuple[tuple[str, str], ...] = (), **fields: Any
) -> Event:
    """A session of 2020 with what it left, kept as the editing service keeps it."""
    many = {name: fields.pop(name, []) for name in ("sectors", "linked_pathways")}
    event = factories.EventFactory(**({"day": LONG_AGO} | fields))
    for name, rows in many.items():
        getattr(event, name).set(rows)
    for material in materials:
        factories.MaterialFactory(event=event, **material)
    for order, (question, answer) in enumerate(answers):
        factories.GuidingQuestionFactory(event=event, order=order, text=question, answer=answer)
    library.keep(event)
    return event


def found(client: Client, **query: str) -> list[tuple[str, str]]:
    """(kind, title) of what the page shows, which CSV and Atom must show too."""
    address = f"?{urlencode(query)}"
    page = client.get(f"/biblioteca/{address}")
    assert page.status_code == 200
    shown = [(card.kind, card.title) for card in page.context["cards"]]
    rows = list(csv.DictReader(io.StringIO(client.get(f"/biblioteca.csv{address}").content.decode("utf-8-sig"))))
    assert [(row["Tipo"], row["Título"]) for row in rows] == shown
    feed = ET.fromstring(client.get(f"/biblioteca.atom{address}").content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [": ".join(row) for row in shown]
    assert page.context["total"] == len(shown)
    return shown


# --- What is in it


def test_everything_that_a_session_left_is_in_it_in_order(client: Client) -> None:
    organisation = factories.OrganisationFactory(name="Renamet")
    event = held(
        title="Agua y ciudad",
        series=factories.SeriesFactory(title="Ciclo del agua"),
        results_summary="Se acordaron tres rutas.",
        answers=(("¿Quién paga?", "El municipio."), ("¿Y quién más?", "")),
        materials=(
            {"title": "Guía", "kind": "reference"},
            {"title": "Video", "kind": "recording", "has_captions": True, "language": "en"},
        ),
    )
    factories.EventOrganiserFactory(event=event, organisation=organisation)
    assert found(client) == [
        ("Resultados de la sesión", "Agua y ciudad"),
        ("Respuesta a una pregunta guía", "¿Quién paga?"),
        ("Grabación", "Video"),
        ("Documento de referencia", "Guía"),
    ]
    page = text(client.get("/biblioteca/"))
    for words in (
        "Se acordaron tres rutas.", "El municipio.", "Inglés · con subtítulos · en documentos.example",
        "Ciclo del agua", "miércoles 17 de junio de 2020", "Fuente: Renamet",
        f'href="/eventos/{event.slug}/#resultados"', f'href="/eventos/{event.slug}/#preguntas"',
    ):  # fmt: skip
        assert words in page, words


def test_file_is_downloaded_from_its_event(client: Client) -> None:
    event = held(materials=({"title": "Guía", "url": "", "file": ContentFile(b"%PDF-1.4", "g.pdf")},))
    material = event.materials.get()
    assert f'href="/eventos/{event.slug}/materiales/{material.pk}/"' in text(client.get("/biblioteca/"))
    assert f"http://127.0.0.1:8000/eventos/{event.slug}/materiales/{material.pk}/" in text(
        client.get("/biblioteca.csv")
    )


def test_session_that_left_nothing_says_so_until_it_does(client: Client) -> None:
    event = held(title="Sin huella", materials=({"title": "Guía", "kind": "reference"},))
    assert found(client) == [("Documento de referencia", "Guía"), ("Sesión sin resultados aún", "Sin huella")]
    editing.save_event(event=event, data={"results_summary": "Ahora sí."}, by=None)
    assert found(client) == [("Resultados de la sesión", "Sin huella"), ("Documento de referencia", "Guía")]


def test_what_is_still_to_come_shows_its_documents_and_no_results(client: Client) -> None:
    held(
        day=timezone.localdate() + dt.timedelta(days=5), results_summary="Escrito de antemano",
        answers=(("¿Qué?", "Esto"),), materials=({"title": "Guía", "kind": "reference"},),
    )  # fmt: skip
    held(day=None, title="Sin fecha", materials=({"title": "Convocatoria", "kind": "document"},))
    assert found(client) == [("Documento de referencia", "Guía"), ("Documento", "Convocatoria")]
    assert "Fecha por confirmar" in text(client.get("/biblioteca/"))


def test_drafts_and_cancelled_events_have_nothing_in_it_for_staff_either(client: Client) -> None:
    draft = held(status="draft", materials=({"title": "Aún secreto"},))
    client.force_login(factories.StaffFactory())
    assert found(client) == []
    editing.publish_event(event=draft, by=None)
    assert [title for _kind, title in found(client)] == ["Aún secreto"]
    editing.cancel_event(event=draft, reason="Lluvia", by=None)
    assert found(client) == []


def test_changed_removed_and_renamed_materials_are_those_of_the_library(client: Client) -> None:
    event = held(materials=({"title": "Guía"}, {"title": "Sobra"}))
    keeps = event.materials.get(title="Guía")
    rows = [{"id": keeps.pk, "kind": "minutes", "title": "Relatoría nueva", "url": keeps.url, "language": "en"}]
    editing.save_event(event=event, data={"materials": rows}, by=None)
    assert found(client) == [("Relatoría", "Relatoría nueva")]
    assert found(client, idioma="en") == [("Relatoría", "Relatoría nueva")]


# --- How it is found


@pytest.fixture
def shelf() -> None:
    """Three sessions that differ in everything."""
    water = factories.SectorFactory(code="water", name="Agua", entry_pathway=None)
    waste = factories.SectorFactory(code="waste", name="Residuos", entry_pathway=None)
    circular = factories.PathwayFactory(code="circular", name="Circular")
    series = factories.SeriesFactory(
        title="Ciclo 2020", slug="ciclo-2020", topics="infraestructura verde, cinturones verdes, movilidad sustentable"
    )
    gaad = factories.FormatFactory(code="gaad", name="GAAD")
    held(title="Infraestructura verde: ¿igual?", series=series, format=gaad, sectors=[water], results_summary="Uno.")
    held(
        title="Calles y Movilidad 4S", series=series, day=dt.date(2021, 3, 1), sectors=[waste],
        linked_pathways=[circular], materials=({"title": "Capacitación inicial", "kind": "slides"},),
    )  # fmt: skip
    held(title="Suelta", day=dt.date(2021, 5, 1), pathway=circular, materials=({"title": "Slides", "language": "en"},))


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"tema": "s:water"}, ["Infraestructura verde: ¿igual?"]),
        ({"tema": "t:infraestructura-verde"}, ["Infraestructura verde: ¿igual?"]),
        ({"tema": "t:movilidad-sustentable"}, ["Capacitación inicial"]),
        ({"tema": "t:cinturones-verdes"}, []),
        ({"camino": "circular"}, ["Slides", "Capacitación inicial"]),
        ({"formato": "gaad"}, ["Infraestructura verde: ¿igual?"]),
        ({"ciclo": "ciclo-2020"}, ["Capacitación inicial", "Infraestructura verde: ¿igual?"]),
        ({"anio": "2021"}, ["Slides", "Capacitación inicial"]),
        ({"idioma": "en"}, ["Slides"]),
        ({"tipo": "slides"}, ["Capacitación inicial"]),
        ({"q": "capacitaciones"}, ["Capacitación inicial"]),
        ({"q": "CAPACITACION"}, ["Capacitación inicial"]),
        ({"q": "GADD"}, ["Infraestructura verde: ¿igual?"]),
        ({"q": "nada de esto"}, []),
        ({"anio": "2021", "camino": "circular", "idioma": "es"}, ["Capacitación inicial"]),
    ],
)
def test_filters_find_what_they_say(client: Client, query: dict[str, str], titles: list[str]) -> None:
    assert [title for _kind, title in found(client, **query)] == titles


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("query", [{}, {"anio": "2021"}, {"tema": "s:waste"}, {"camino": "circular", "q": "slides"}])
def test_each_choice_says_how_many_it_would_show(client: Client, query: dict[str, str]) -> None:
    form = client.get("/biblioteca/", query).context["form"]
    checked = 0
    for name in ("tema", "tipo", "camino", "formato", "ciclo", "anio", "idioma"):
        for value, words in form.fields[name].choices:
            pairs = words if isinstance(words, list) else [(value, words)]
            for choice, label in pairs:
                if choice:
                    how_many = int(re.search(r"\((\d+)\)$", str(label))[1])  # type: ignore[index]
                    assert how_many == len(found(client, **(query | {name: choice}))), (name, choice)
                    checked += 1
    assert checked > 20


@pytest.mark.usefixtures("shelf")
def test_chips_take_one_filter_away(client: Client) -> None:
    page = text(client.get("/biblioteca/", {"anio": "2021", "tema": "t:cinturones-verdes"}))
    assert 'href="/biblioteca/?anio=2021"' in page
    assert "Cinturones verdes (0)" in page
    assert "Nada en la biblioteca coincide con los filtros" in page


@pytest.mark.parametrize("query", ["tema=x", "tipo=x", "anio=1", "idioma=fr", "ciclo=x", "tema=%7C", "camino=%25"])
def test_wrong_filter_is_an_error_in_each_form(client: Client, query: str) -> None:
    held(title="Todo")
    assert client.get(f"/biblioteca.csv?{query}").status_code == 400
    assert client.get(f"/biblioteca.atom?{query}").status_code == 400
    page = client.get(f"/biblioteca/?{query}")
    assert page.status_code == 400
    assert "Este filtro no existe" in text(page)
    assert "Todo</a>" not in text(page)


def test_topics_follow_what_the_series_announces(client: Client) -> None:
    series = factories.SeriesFactory(topics="agua")
    held(title="Movilidades", series=series)
    editing.save_series(series=series, data={"topics": "agua, movilidad sustentable"}, by=None)
    assert len(found(client, tema="t:movilidad-sustentable")) == 1


def test_empty_library_says_so(client: Client) -> None:
    assert "La biblioteca todavía está vacía" in text(client.get("/biblioteca/"))


def test_many_are_shown_by_pages(client: Client) -> None:
    held(materials=tuple({"title": f"Material {number:02}"} for number in range(45)))
    first, last = client.get("/biblioteca/"), client.get("/biblioteca/?pagina=3")
    assert (len(first.context["cards"]), len(last.context["cards"])) == (20, 5)
    assert "45 fichas" in text(first)
    assert len(client.get("/biblioteca/?pagina=99").context["cards"]) == 5


# --- Feeds


def test_feed_keeps_ids_and_lets_no_markup_in(client: Client) -> None:
    event = held(title="<b>Uno</b>", results_summary="<script>alert(1)</script> & más", materials=({"title": "=1+1"},))
    entries = list(ET.fromstring(client.get("/biblioteca.atom").content).iter(f"{ATOM}entry"))
    assert "&lt;script&gt;" in (entries[0].findtext(f"{ATOM}summary") or "")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    editing.save_event(event=event, data={"summary": "Otra cosa."}, by=None)
    again = ET.fromstring(client.get("/biblioteca.atom").content)
    assert [entry.findtext(f"{ATOM}id") for entry in again.iter(f"{ATOM}entry")] == ids
    assert "'=1+1" in text(client.get("/biblioteca.csv"))
    assert "<script>alert" not in text(client.get("/biblioteca/"))


def test_title_in_another_language_than_the_page_is_marked(client: Client) -> None:
    held(results_summary="Se acordó.", materials=({"title": "Slides", "language": "en"}, {"title": "Minuta"}))
    english, spanish = text(client.get("/en/biblioteca/")), text(client.get("/biblioteca/"))
    assert ' lang="es">Minuta</a>' in english
    assert ': <span lang="es">' in english
    assert '<p lang="es">Se acordó.</p>' in english
    assert ' lang="en">Slides</a>' in spanish
    assert ' lang="en">' not in english.split("<main")[1].split("</main>")[0]
    assert ' lang="es">' not in spanish.split("<main")[1].split("</main>")[0]


def test_feed_answers_304(client: Client) -> None:
    held()
    first = client.get("/biblioteca.atom")
    assert client.get("/biblioteca.atom", headers={"if-none-match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize("count", [1, 30])
def test_page_asks_as_much_for_one_as_for_thirty(client: Client, django_assert_num_queries: Any, count: int) -> None:
    for number in range(count):
        event = held(
            series=factories.SeriesFactory(topics=f"tema {number}"), results_summary="Sí.", materials=({"title": "x"},)
        )
        factories.EventOrganiserFactory(event=event)
        factories.SeriesOrganiserFactory(series=event.series)
    client.get("/biblioteca/")
    with django_assert_num_queries(10):
        assert client.get("/biblioteca/?q=evento").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_series_and_session_saved_at_once_leave_each_thing_once() -> None:
    series = factories.SeriesFactory(topics="agua")
    event = held(title="Agua y movilidad", series=series, materials=({"title": "Guía"}, {"title": "Acta"}))

    def save(number: int) -> None:
        try:
            if number % 2:
                editing.save_series(series=series, data={"topics": f"agua, movilidad {number}"}, by=None)
            else:
                editing.save_event(event=event, data={"summary": f"Vez {number}"}, by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(save, range(1, 25)))
    assert [row.order for row in event.library_items.order_by("order")] == [0, 1]


# --- The sessions of document 000


def test_topics_of_the_exchange_of_2020_find_its_sessions(client: Client, settings: Any) -> None:
    settings.DEMO = True
    call_command("load_reference", verbosity=0)
    from reports.demo import load_demo

    load_demo()
    assert LibraryItem.objects.exists()
    assert {title for _kind, title in found(client, tema="t:infraestructura-verde")} == {
        "Infraestructura verde",
        "Infraestructura verde: ¿lo mismo en el norte que en el sur?",
    }
    assert len(found(client, tema="t:movilidad-sustentable")) == 3
    assert found(client, tema="t:densificacion") == found(client, tema="t:cinturones-verdes") == []
    page = text(client.get("/biblioteca/"))
    for words in (
        "Densificación (0)",
        "Cinturones verdes (0)",
        "Infraestructura verde (2)",
        "Movilidad sustentable (3)",
    ):
        assert words in page
    assert len(found(client, q="GADD", formato="gaad", ciclo="")) >= 2
