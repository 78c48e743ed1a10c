"""Municipalities side by side: what is counted, of whom, and what the table takes away."""

import csv
import io
from typing import Any

import pytest

from actions.figures.comparison import compared, how_many, units, working_on
from actions.models import Action
from tests import factories as f

pytestmark = pytest.mark.django_db
PUBLIC, STAFF = "/municipios/comparar/", "/gestion/municipios/comparar/"


@pytest.fixture
def places(db: None) -> list[Any]:
    return [f.MunicipalityFactory(name=name, slug=name.lower()) for name in ("Aculco", "Bejucos", "Chalco")]


def told(page: Any) -> dict[str, list[list[str]]]:
    return {fact.label: [list(cell) for _place, cell in cells] for fact, cells in page.context["facts"]}


def published(place: Any, **more: Any) -> Action:
    return f.ActionFactory(municipality=place, review_state="published", **more)


def test_the_table_says_what_is_known_and_leaves_what_is_not(client: Any, places: list[Any]) -> None:
    one, other, _third = places
    first = published(one, status="under-way", budget=1000)
    published(one, status="completed", budget=None)
    second = published(other)
    indicator = f.IndicatorFactory(action=first, name="Canales", unit="km", target=12)
    f.IndicatorReadingFactory(indicator=indicator, value=3)
    f.IndicatorFactory(action=second, name="Cauces", unit="KM", target=5)
    f.EmissionEstimateFactory(action=first, tonnes="5.3")
    facts = told(client.get(f"{PUBLIC}?municipio=aculco&municipio=bejucos"))
    assert facts["Acciones"] == [["2"], ["1"]]
    assert (facts["En curso"], facts["Planeada"]) == ([["1"], ["0"]], [["0"], ["1"]])
    assert facts["Presupuesto (pesos)"] == [["1,000 (de 1 de 2 acciones)"], []]
    assert facts["Se mide en km"] == [["Canales: 3 de 12 km"], ["Cauces: meta de 5 KM, sin lecturas"]]
    assert facts["Emisiones que se evitan"] == [["5.3 tCO2e al año, esperado (método propio)"], []]


def test_the_public_counts_what_is_published_and_staff_what_was_sent(client: Any, places: list[Any]) -> None:
    published(places[0]), f.ActionFactory(municipality=places[0], review_state="submitted")
    f.ActionFactory(municipality=places[0], review_state="draft")
    assert told(client.get(PUBLIC))["Acciones"] == [["1"]]
    client.force_login(f.StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    facts = told(client.get(STAFF))
    assert (facts["Acciones"], facts["De ellas, publicadas"]) == ([["2"]], [["1"]])


def test_sector_pathway_and_hazard_say_what_is_compared(places: list[Any]) -> None:
    energy = f.SectorFactory(code="energy", name="Energía")
    lit, clean = published(places[0], sector=energy), published(places[1])
    clean.hazards.add(f.HazardFactory())
    everything = Action.objects.published()
    assert how_many(working_on(everything, sector="energy")) == {places[0].pk: 1}
    assert how_many(working_on(everything, hazard="flood")) == {places[1].pk: 1}
    assert how_many(working_on(everything, sector="energy", hazard="flood")) == {}
    assert how_many(working_on(everything, pathway=lit.pathway.code)) == {places[0].pk: 1, places[1].pk: 1}


def test_shared_units_come_first(places: list[Any]) -> None:
    for place, unit in ((places[0], "árboles"), (places[0], "km"), (places[1], "Km")):
        f.IndicatorFactory(action=published(place), unit=unit)
    rows = compared(Action.objects.published(), places[:2])
    assert [unit.lower() for unit in units(rows)] == ["km", "árboles"]
    assert [len(row.measured_in("km")) for row in rows] == [1, 1]


def test_without_a_choice_the_busiest_begin_and_six_fit(client: Any, places: list[Any]) -> None:
    published(places[1]), published(places[2]), published(places[2])
    page = client.get(PUBLIC)
    assert [row.place.name for row in page.context["rows"]] == ["Bejucos", "Chalco"]
    more = [f.MunicipalityFactory(slug=f"otro-{number}") for number in range(7)]
    page = client.get(PUBLIC, {"municipio": [place.slug for place in more]})
    assert (len(page.context["rows"]), page.context["too_many"]) == (6, True)


def test_every_number_opens_the_actions_behind_it(client: Any, places: list[Any]) -> None:
    action = published(places[0])
    page = client.get(PUBLIC).content.decode()
    assert '<a href="#acciones-aculco">1</a>' in page
    assert f'href="/acciones/{action.slug}/"' in page


def test_nothing_to_compare_is_said(client: Any, places: list[Any]) -> None:
    assert "Ningún municipio trabaja en eso todavía" in client.get(PUBLIC).content.decode()


def test_the_csv_says_the_same_as_the_page(client: Any, places: list[Any]) -> None:
    published(places[0]), published(places[1], budget=20)
    query = "?municipio=aculco&municipio=bejucos"
    lines = list(csv.reader(io.StringIO(client.get(f"/municipios/comparar.csv{query}").content.decode("utf-8-sig"))))
    assert lines[0] == ["Dato", "Aculco", "Bejucos"]
    page = told(client.get(PUBLIC + query))
    assert {line[0]: line[1:] for line in lines[1:]} == {
        label: ["; ".join(cell) for cell in cells] for label, cells in page.items()
    }
