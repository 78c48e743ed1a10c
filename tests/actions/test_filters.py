"""Filters of the lists and the numbers beside their choices."""

import pytest

from actions.filters import PublicActionFilter
from actions.models import Action
from tests.factories import ActionFactory, MunicipalityFactory, PathwayFactory, RegionFactory, SDGFactory, SectorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actions():
    """Three actions that differ in everything that can be filtered by."""
    valley, north = RegionFactory(number=11, name="Valle"), RegionFactory(number=12, name="Norte")
    water, waste = SectorFactory(code="water", name="Agua"), SectorFactory(code="waste", name="Residuos")
    circular = PathwayFactory(code="circular", name="Circular", order=3)
    made = [
        ActionFactory(
            title="Captación de lluvia", municipality=MunicipalityFactory(slug="uno", region=valley), sector=water
        ),
        ActionFactory(
            title="Composta en mercados",
            municipality=MunicipalityFactory(slug="dos", region=valley),
            sector=waste,
            pathway=circular,
            kind="mitigation",
            status="completed",
        ),
        ActionFactory(
            title="Riego por goteo", municipality=MunicipalityFactory(slug="tres", region=north), sector=water
        ),
    ]
    made[1].sdgs.add(SDGFactory(number=12, name="Producción y consumo responsables"))
    return made


def found(**query):
    return PublicActionFilter(query, queryset=Action.objects.all())


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({}, [0, 1, 2]),
        ({"q": "captacion LLUVIAS"}, [0]),
        ({"municipio": "dos"}, [1]),
        ({"region": "region-11"}, [0, 1]),
        ({"sector": "water"}, [0, 2]),
        ({"tipo": "mitigation"}, [1]),
        ({"camino": "circular"}, [1]),
        ({"ods": "12"}, [1]),
        ({"situacion": "completed"}, [1]),
        ({"sector": "water", "region": "region-12"}, [2]),
        ({"sector": "water", "ods": "12"}, []),
    ],
)
def test_each_filter_leaves_its_actions_and_counts_them(actions, query, which):
    result = found(**query)
    assert set(result.qs) == {actions[n] for n in which}
    assert result.total == len(which)


def test_unknown_choice_is_said_and_left_out(actions):
    result = found(sector="volcanes", ods="99")
    assert set(result.errors) == {"sector", "ods"}
    assert result.total == 3


def test_counts_keep_the_other_filters_but_not_their_own(actions):
    result = found(region="region-11", sector="water")
    assert result.counts["sector"] == {"water": 1, "waste": 1}  # what choosing another sector would show
    assert result.counts["tipo"] == {"adaptation": 1}
    words = dict(result.form_with_counts().fields["sector"].choices)
    assert (words["water"], words["waste"]) == ("Agua (1)", "Residuos (1)")


def test_counting_takes_one_query_whatever_is_counted(actions, django_assert_num_queries):
    result = found(sector="water")
    with django_assert_num_queries(1):
        assert (result.total, result.counts["situacion"], len(result.counts)) == (2, {"planned": 2}, 4)
