"""Open data: one declaration behind page, dictionary, files and catalogue; and nobody in it."""

import csv
import datetime as dt
import hashlib
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from actions.enums import ReviewState
from events.services import library
from municipalities.models import MetropolitanZone, Municipality
from reports.datasets import BY_SLUG, DATASETS, Kind
from reports.datasets import columns as machinery
from reports.figures import csv_rows, public_figures, state_scope
from tests import factories as f
from web.tabular import plain

pytestmark = pytest.mark.django_db

# What programs rely on. A change of a data set's columns changes its version: raise it, then write the new line here.
PROMISED = {
    "municipios": ("1.0", "314f5cd18bdc"),
    "directorio": ("1.0", "9db59234aa6f"),
    "eventos": ("1.0", "20cd0ff7109e"),
    "ciclos": ("1.0", "f7d7732527cb"),
    "capacitaciones": ("2.0", "f8a99c8ed50e"),
    "acciones": ("1.0", "23f4c81b2f84"),
    "resultados": ("1.0", "13423f2077d0"),
    "biblioteca": ("1.0", "ffe57223bd2c"),
    "regiones": ("1.0", "c78c4efe1e1e"),
    "zonas-metropolitanas": ("1.0", "4d2774d8d758"),
    "caminos": ("1.0", "b637123b3671"),
    "sectores": ("1.0", "580a04037c36"),
    "ods": ("1.0", "fdcd22a745df"),
    "formatos": ("1.0", "447e3add53b5"),
}


def world(n: int = 3) -> None:
    """Something of everything; texts that a spreadsheet would run, lists, unknown values."""
    place = f.MunicipalityFactory(vulnerability_level=None, boundary={"type": "Point", "coordinates": [0, 0]})
    zone, _made = MetropolitanZone.objects.get_or_create(name="Centro", delimitation_year=2020)
    zone.municipalities.add(place)
    for number in range(n):
        series = f.SeriesFactory(topics="agua, aire", planned_sessions=None)
        event = f.EventFactory(series=series, municipality=place, title=f'=1+1; "{number}"', topic="@tema, con coma")
        event.sdgs.set([f.SDGFactory(), f.SDGFactory()])
        f.EventOrganiserFactory(event=event)
        f.EventFactory(day=None, hour=None)
        held = f.EventFactory(
            day=timezone.localdate() - dt.timedelta(days=20 + number), results_summary="Hubo acuerdos"
        )
        f.MaterialFactory(event=held)
        library.keep(held)
        training = f.TrainingFactory()
        f.TrainingTargetFactory(training=training)
        f.TrainingSessionFactory(training=training, event=held)
        for sex in ("woman", "man", ""):
            f.AttendanceFactory(event=held, sex=sex, municipality=place)
        f.ActionFactory(
            municipality=place, review_state=ReviewState.PUBLISHED, latitude="19.292500", longitude="-99.65"
        )
        f.ActionFactory(municipality=place, review_state=ReviewState.PUBLISHED)
        f.DesignationFactory()


def content(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.getvalue()


def address(slug: str, extension: str) -> str:
    return reverse("dataset_file", args=[slug, extension])


def as_text(value: Any) -> str:
    """A value of the JSON file as the tables write it."""
    if value is None:
        return ""
    return "; ".join(value) if isinstance(value, list) else str(value).removesuffix(".0")


def as_cell(value: Any) -> str:
    """What a cell of the workbook says."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return "" if value is None else plain(value) if isinstance(value, str) else str(value).removesuffix(".0")


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_form_says_the_same(client: Client, language: str) -> None:
    world()
    for dataset in DATASETS:
        with translation.override(language):
            files = {form: content(client, address(dataset.slug, form)) for form in ("csv", "xlsx", "json")}
        said = json.loads(files["json"])
        table = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"), newline="")))
        book = load_workbook(io.BytesIO(files["xlsx"]))
        sheet = [[as_cell(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        assert said["datos"], f"{dataset.slug}: an empty data set proves nothing"
        assert table[0] == sheet[0] == list(said["datos"][0]) == list(dataset.names)
        expected = [[as_text(value) for value in record.values()] for record in said["datos"]]
        assert [[plain(cell).removesuffix(".0") for cell in row] for row in table[1:]] == expected, dataset.slug
        assert sheet[1:] == expected, dataset.slug
        assert [row[0] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)] == list(dataset.names)
        assert (said["conjunto"], said["version"]) == (dataset.slug, dataset.version)


def test_results_are_the_figures_of_the_page() -> None:
    world(8)
    from municipalities.figures import Period, places

    figures = public_figures(state_scope(), Period(), places=places())
    printed = [[str(cell).removesuffix(".0") for cell in row] for row in csv_rows(figures)][3:]
    rows = BY_SLUG["resultados"].narrowed({}).walk()
    names = ("cuadro", "clave", "concepto", "medida", "valor", "de", "nota")
    records = [BY_SLUG["resultados"].record(row) for row in rows]
    assert [[as_text(record[name]) for name in names] for record in records] == printed


def test_filters_of_the_page_narrow_a_file_and_wrong_ones_are_said(client: Client) -> None:
    world(1)
    wanted = f.EventFactory(format=f.FormatFactory(code="gaad"))
    found = json.loads(content(client, address("eventos", "json") + "?formato=gaad"))["datos"]
    assert [row["slug"] for row in found] == [wanted.slug]
    for query in ("?formato=no-hay", "?sabor=dulce"):
        answer = client.get(address("eventos", "csv") + query)
        assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_what_is_not_published_is_in_no_file(client: Client) -> None:
    f.EventFactory(title="Aún secreto", status="draft")
    f.TrainingFactory(title="Aún secreto", is_published=False)
    f.ActionFactory(title="Aún secreto", review_state=ReviewState.VALIDATED)
    client.force_login(f.StaffFactory())  # to staff neither: it is what is open
    for slug in ("eventos", "capacitaciones", "acciones"):
        assert json.loads(content(client, address(slug, "json")))["datos"] == []


def test_unknown_is_null_and_never_zero(client: Client) -> None:
    f.TrainingFactory()
    f.EventFactory(day=None, hour=None)
    (training,) = json.loads(content(client, address("capacitaciones", "json")))["datos"]
    (event,) = json.loads(content(client, address("eventos", "json")))["datos"]
    assert (training["asistencias"], training["meta_mujeres"], training["horas"]) == (None, None, None)
    assert (event["primer_dia"], event["inicio"], event["aforo_declarado"]) == (None, None, None)


def test_geojson_has_the_rows_that_have_a_place(client: Client) -> None:
    world(2)
    seats = json.loads(content(client, address("municipios", "geojson")))
    territory = json.loads(content(client, address("municipios-territorio", "geojson")))
    actions = json.loads(content(client, address("acciones", "geojson")))
    assert (seats["type"], len(seats["features"])) == ("FeatureCollection", Municipality.objects.count())
    assert [row["geometry"]["type"] for row in territory["features"]] == ["Point"]
    assert [row["geometry"]["coordinates"] for row in actions["features"]] == [[-99.65, 19.2925]] * 2
    assert list(actions["features"][0]["properties"]) == list(BY_SLUG["acciones"].names)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_file_that_did_not_change_is_not_sent_again(client: Client, form: str) -> None:
    f.EventFactory()
    first = client.get(address("eventos", form))
    again = client.get(address("eventos", form), headers={"if-none-match": first["ETag"]})
    f.EventFactory()
    changed = client.get(address("eventos", form), headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content, changed.status_code) == (200, 304, b"", 200)
    assert (first["Access-Control-Allow-Origin"], first["Content-Length"]) == ("*", str(len(first.getvalue())))
    changed.close()


def test_files_are_walked_in_batches_and_no_row_is_lost(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    world(3)
    whole = {dataset.slug: content(client, address(dataset.slug, "csv")) for dataset in DATASETS}
    monkeypatch.setattr(machinery.Narrowed.batch, "__defaults__", (None, 2))
    assert {dataset.slug: content(client, address(dataset.slug, "csv")) for dataset in DATASETS} == whole


def test_files_make_as_many_queries_with_1_row_as_with_5(client: Client) -> None:
    def counted() -> dict[str, int]:
        counts = {}
        for dataset in DATASETS:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                content(client, address(dataset.slug, "csv"))
            counts[dataset.slug] = len(captured)
        return counts

    world(1)
    counted()  # the installation's row is in the cache from here on
    few = counted()
    world(4)
    assert counted() == few
    assert max(few.values()) <= 12


def test_columns_keep_what_was_promised() -> None:
    now = {
        dataset.slug: (
            dataset.version,
            hashlib.sha256(
                ",".join(f"{column.name}:{column.kind.name}:{column.always}" for column in dataset.columns).encode()
            ).hexdigest()[:12],
        )
        for dataset in DATASETS
    }
    assert now == PROMISED


def test_columns_hold_what_they_say() -> None:
    world(2)
    types = {
        Kind.TEXT: str, Kind.INTEGER: int, Kind.NUMBER: (int, float), Kind.BOOLEAN: bool, Kind.DAY: dt.date,
        Kind.MOMENT: dt.datetime, Kind.LINK: str, Kind.ID: str, Kind.LIST: list,
    }  # fmt: skip
    for dataset in DATASETS:
        for row in dataset.narrowed({}).walk():
            for column in [*dataset.columns, *dataset.only_in_api]:
                value, where = column.value(row), (dataset.slug, column.name)
                assert value is not None or not column.always, where
                assert value is None or isinstance(value, types[column.kind]), (where, value)
                assert value is None or not column.choices or value in {code for code, _words in column.choices}, where


def test_dictionary_is_whole_in_both_languages(client: Client) -> None:
    for dataset in DATASETS:
        said = {}
        for language in ("es", "en"):
            with translation.override(language):
                page = client.get(reverse("dataset_detail", args=[dataset.slug])).content.decode()
                said[language] = [str(column.description) for column in dataset.columns]
                assert [name for name in dataset.names if f"<code>{name}</code>" not in page] == []
        assert [one for one, other in zip(said["es"], said["en"], strict=True) if one == other] == []


def test_page_leads_to_every_file_and_the_territory_only_where_it_was_loaded(client: Client) -> None:
    f.MunicipalityFactory()
    before = client.get(reverse("open_data")).content.decode()
    f.MunicipalityFactory(boundary={"type": "Point", "coordinates": [0, 0]})
    after = client.get(reverse("open_data")).content.decode()
    assert [
        d.slug for d in DATASETS if any(address(d.slug, form) not in after for form in ("csv", "xlsx", "json"))
    ] == []
    territory = address("municipios-territorio", "geojson")
    assert (territory in before, territory in after, address("acciones", "geojson") in before) == (False, True, True)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own reader of JSON-LD uses it
def test_catalogue_says_what_other_portals_need(client: Client) -> None:
    world(1)
    answer = client.get("/datos/catalogo.jsonld")
    assert (answer["Content-Type"], answer["Access-Control-Allow-Origin"]) == ("application/ld+json", "*")
    graph = Graph().parse(data=answer.content.decode(), format="json-ld")
    (root,) = graph.subjects(RDF.type, DCAT.Catalog)
    datasets = set(graph.objects(root, DCAT.dataset))
    assert len(datasets) == len(DATASETS)
    # DCAT-AP 3: what is mandatory, and what is recommended of a catalogue, a data set and a distribution.
    for name in (
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.publisher,
        DCTERMS.language,
        DCTERMS.license,
        DCAT.service,
    ):
        assert (root, name, None) in graph, name
    for dataset in datasets:
        assert (dataset, RDF.type, DCAT.Dataset) in graph
        for name in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.identifier, DCTERMS.spatial,
                     DCAT.theme, DCAT.keyword, DCAT.contactPoint, DCAT.landingPage):  # fmt: skip
            assert (dataset, name, None) in graph, (dataset, name)
        assert {title.language for title in graph.objects(dataset, DCTERMS.title)} == {"es", "en"}  # type: ignore[attr-defined]
        for distribution in graph.objects(dataset, DCAT.distribution):
            for name in (DCAT.accessURL, DCAT.downloadURL, DCAT.mediaType, DCTERMS.license, DCTERMS.format):
                assert isinstance(graph.value(distribution, name), URIRef), (distribution, name)
            path = str(graph.value(distribution, DCAT.downloadURL)).removeprefix("http://127.0.0.1:8000")
            kind = str(graph.value(distribution, DCAT.mediaType)).rsplit("media-types/")[1]
            answer = client.get(path)
            assert answer.getvalue()
            assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, kind)


def test_unknown_files_do_not_exist(client: Client) -> None:
    for path in ("/datos/nada.csv", "/datos/eventos.xml", "/datos/eventos.geojson", "/datos/nada/"):
        assert client.get(path).status_code == 404


def test_nobody_is_in_any_file_or_answer(client: Client) -> None:
    """People of every kind, each with a name, an address and a telephone that stand nowhere else."""
    world(1)
    place = f.MunicipalityFactory()
    staff = f.StaffFactory(name="Norberta Quijada", email="norberta@privado.example")
    people = [
        f.PersonFactory(name=f"{name} Zumárraga", email=f"{name.lower()}@privado.example", phone=f"722000{number}1")
        for number, name in enumerate(("Eulalia", "Fulgencio", "Hermenegilda", "Policarpo"))
    ]
    event = f.EventFactory(day=timezone.localdate() - dt.timedelta(days=9), responsible=staff, created_by=staff)
    event.meeting_url = "https://reunion.example/privado"
    event.save()
    training = f.TrainingFactory(created_by=staff)
    f.TrainingSessionFactory(training=training, event=event)
    for person in people:
        f.RegistrationFactory(event=event, person=person, email=person.email, name=person.name, municipality=place)
        f.AttendanceFactory(event=event, person=person, municipality=place)
    f.SpeakerFactory(event=event, name="Saturnino Zumárraga", consent_on=None)
    f.DesignationFactory(municipality=place, person=people[0], signed_by="Presidenta Zumárraga")
    f.ActionFactory(municipality=place, review_state=ReviewState.PUBLISHED, created_by=staff)
    said = {}
    for dataset in DATASETS:
        for form in ("csv", "json"):
            said[dataset.slug, form] = content(client, address(dataset.slug, form)).decode()
        said[dataset.slug, "api"] = content(client, f"/api/v1/{dataset.slug}/?limite=200" if dataset.rows else
                                            f"/api/v1/{dataset.slug}/").decode()  # fmt: skip
    said["eventos", "one"] = content(client, f"/api/v1/eventos/{event.slug}/").decode()
    said["catalogo", "json"] = content(client, "/datos/catalogo.jsonld").decode()
    private = ("Zumárraga", "Quijada", "privado", *(person.phone for person in people))
    assert {key: [word for word in private if word in text] for key, text in said.items()} == {key: [] for key in said}


@pytest.mark.parametrize(
    "query", ["", "?enlace=titular", "?enlace=none", "?programa=published", "?q=acambay", "?region=norte"]
)
def test_the_page_of_the_municipalities_and_their_data_set_have_the_same_filters(client: Client, query: str) -> None:
    north = f.MunicipalityFactory(name="Acambay", region=f.RegionFactory(name="Norte", slug="norte"))
    f.ClimateProgrammeFactory(municipality=north, state="published")
    f.DesignationFactory(municipality=north)
    f.DesignationFactory(kind="suplente")
    f.MunicipalityFactory()
    page = client.get(f"/municipios/{query}")
    rows = json.loads(client.get(f"/datos/municipios.json{query}").content)
    names = [row["nombre"] for row in next(value for value in rows.values() if isinstance(value, list))]
    assert sorted(row["name"] for row in page.context["rows"]) == sorted(names)
    assert f'/datos/municipios.csv{query}"' in page.content.decode()
    assert len(names) == {"": 3, "?enlace=titular": 1, "?enlace=none": 1}.get(query, 1)


def test_a_filter_of_the_municipalities_that_does_not_exist_is_said(client: Client) -> None:
    wrong = client.get("/municipios/?region=ninguna")
    assert wrong.status_code == 400
    assert "El filtro no se pudo aplicar" in wrong.content.decode()
    assert "No hay un filtro «color»" in client.get("/municipios/?color=rojo").content.decode()
