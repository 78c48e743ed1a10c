"""The coverage of today, counted without the places at hand, is the coverage."""

import pytest

from municipalities.figures import places, state
from network.figures import coverage_figures, coverage_today
from tests import factories as f

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_coverage_of_today_is_the_same_in_one_query(django_assert_num_queries):
    f.DesignationFactory()
    f.DesignationFactory(kind="suplente")
    f.DesignationFactory(state="ended")
    both = f.MunicipalityFactory()
    f.DesignationFactory(municipality=both), f.DesignationFactory(municipality=both, kind="suplente")
    with django_assert_num_queries(1):
        today = coverage_today()
    expected = coverage_figures(state(""), places())
    assert (today.municipalities, today.titular, today.suplente_only, today.none) == (4, 2, 1, 1)
    assert (dict(today.states), today.as_of) == (dict(expected.states), expected.as_of)
