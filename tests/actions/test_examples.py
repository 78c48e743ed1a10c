"""Examples that a new action begins from: they fill the form in, and are stored only as the municipality saves it."""

import re

import pytest

from actions.enums import ActionKind
from actions.imports import examples, load_hazards_and_factors
from actions.models import Action, Hazard, TypedDraft
from network.models import SDG, Pathway, Sector
from tests.actions.test_liaison import BASE, typed
from tests.factories import HazardFactory, PathwayFactory, SDGFactory, SectorFactory
from web.reference import reference_rows

pytestmark = pytest.mark.django_db
NEW = f"{BASE}nueva/"
CODE = "water-rain-schools"
KEY = "5f6a9f0e-0d3e-4f0e-9d55-1b1f0b6c2a11"


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


@pytest.fixture
def words():
    resilient = PathwayFactory(code="resilient", order=4)
    return {
        "sector": SectorFactory(code="water", name="Agua y saneamiento", entry_pathway=resilient).pk,
        "pathway": resilient.pk,
        "linked_pathways": [PathwayFactory(code="nature-based", order=2).pk],
        "sdgs": [SDGFactory(number=6).pk, SDGFactory(number=4).pk],
        "hazards": [HazardFactory(code="drought").pk],
    }


def test_every_sector_has_two_or_three_examples_in_words_of_the_reference_data():
    load_hazards_and_factors()
    sectors = {row["code"] for row in reference_rows("network", "sectors")}
    pathways = {row["code"] for row in reference_rows("network", "pathways")}
    hazards = set(Hazard.objects.filter(applies_inland=True).values_list("code", flat=True))
    found = list(examples().values())
    assert {len([one for one in found if one.sector == sector]) for sector in sectors} <= {2, 3}
    for one in found:
        assert one.sector in sectors
        assert one.kind in ActionKind.values
        assert {one.pathway, *one.linked} <= pathways
        assert one.pathway not in one.linked
        assert set(one.hazards) <= hazards
        assert one.kind != ActionKind.MITIGATION or not one.hazards
        assert all(1 <= number <= 17 for number in one.sdgs)
        assert all([one.title, one.title_en, one.description, one.indicator, one.unit])
        assert len({title for title, _weight in one.milestones}) == len(one.milestones) >= 3
        assert all(1 <= weight <= 100 for _title, weight in one.milestones)


def test_an_example_fills_the_form_in_and_stores_nothing(desk, words):
    assert f'href="?ejemplo={CODE}"' in desk.get(NEW).content.decode()
    form = desk.get(NEW, {"ejemplo": CODE}).context["form"]
    assert {name: form[name].value() for name in words} == words
    assert (form["title"].value(), form["kind"].value()) == ("Captación de lluvia en escuelas", "adaptation")
    assert form["milestones"].value() == ["Visita técnica", "Compra", "Instalación", "Comité capacitado"]
    assert (form["starts_on"].value(), form["responsible_area"].value()) == (None, None)
    assert (Action.objects.count(), TypedDraft.objects.count()) == (0, 0)


def test_saving_keeps_the_milestones_that_were_left_ticked_and_no_indicator_without_a_target(desk, words):
    sent = typed(
        then="draft", example=CODE, milestones=["Visita técnica", "Instalación"], request_key=KEY,
        indicator_name="Escuelas con captación de lluvia", indicator_unit="escuelas", **words,
    )  # fmt: skip
    assert desk.post(NEW, sent).status_code == 302
    action = Action.objects.get()
    assert list(action.milestones.values_list("title", "weight")) == [("Visita técnica", 2), ("Instalación", 4)]
    assert not action.indicators.exists()
    assert action.history.get().history_change_reason == "Registro de la acción"


def test_the_indicator_of_an_example_is_stored_with_a_target(desk, words):
    fields = {"indicator_name": "Escuelas con captación de lluvia", "indicator_unit": "escuelas"}
    desk.post(NEW, typed(then="draft", example=CODE, indicator_target="5", **fields, **words))
    assert Action.objects.get().indicators.get().target == 5


def test_an_indicator_changed_by_hand_still_needs_its_target(desk, words):
    fields = {"indicator_name": "Litros captados", "indicator_unit": "litros"}
    assert desk.post(NEW, typed(then="draft", example=CODE, **fields, **words)).status_code == 422


def test_what_was_typed_over_an_example_stands_in_the_form_again(desk, words):
    fields = {"title": "Lluvia para Santa Ana", "milestones": ["Compra"], "example": CODE, "request_key": KEY}
    desk.post(f"{NEW}texto/", fields)
    form = desk.get(NEW, {"borrador": KEY}).context["form"]
    assert (form["title"].value(), form["milestones"].value()) == ("Lluvia para Santa Ana", ["Compra"])


@pytest.mark.parametrize("code", ["", "no-existe"])
def test_an_example_that_does_not_exist_is_an_empty_form(desk, code):
    page = desk.get(NEW, {"ejemplo": code})
    assert page.context["form"]["title"].value() is None
    assert not re.search(r'name="milestones"', page.content.decode())
    assert desk.post(NEW, typed(then="draft", example=code, milestones=["Inventado"])).status_code == 302
    assert not Action.objects.get().milestones.exists()


def test_an_installation_with_other_vocabularies_opens_what_it_knows(desk):
    assert not Sector.objects.filter(code="water").exists()
    assert not SDG.objects.exists()
    assert not Pathway.objects.exists()
    form = desk.get(NEW, {"ejemplo": CODE}).context["form"]
    assert (form["sector"].value(), form["sdgs"].value()) == (None, [])
