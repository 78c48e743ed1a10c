"""How the progress is worked out, and what units do to an estimate. Nothing here asks the database."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.enums import ProgressBasis
from actions.models import EmissionEstimate, activity_units, computed_progress, rate_of, tonnes_of
from actions.templatetags.action_tags import formula, tonnes

STEPS = st.lists(st.tuples(st.integers(1, 100), st.booleans()), max_size=30)
SHARES = st.lists(st.none() | st.integers(0, 100), max_size=10)


@given(STEPS, SHARES)
def test_progress_is_from_0_to_100_and_says_where_it_comes_from(steps, shares):
    found = computed_progress(steps, shares)
    if found is None:
        assert not steps
        assert all(share is None for share in shares)
        return
    assert 0 <= found.value <= 100
    assert (found.basis == ProgressBasis.MILESTONES) == bool(steps)


@given(STEPS.filter(bool), st.data())
def test_one_more_milestone_met_never_lowers_the_progress(steps, data):
    place = data.draw(st.integers(0, len(steps) - 1))
    more = [(weight, done or number == place) for number, (weight, done) in enumerate(steps)]
    assert computed_progress(more, []).value >= computed_progress(steps, []).value


@given(STEPS.filter(bool))
def test_100_means_that_every_milestone_is_met(steps):
    assert (computed_progress(steps, []).value == 100) == all(done for _weight, done in steps)


@pytest.mark.parametrize(
    ("steps", "shares", "value"),
    [
        ([(1, True), (3, False)], [100], 25),  # milestones come first
        ([(2, True), (1, False)], [], 66),  # rounded down
        ([], [50, None, 100], 75),  # what cannot be said is left out, not taken as zero
        ([], [None], None),
        ([], [], None),
    ],
)
def test_progress_of_some_actions(steps, shares, value):
    found = computed_progress(steps, shares)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("amount", "unit", "value", "factor_unit", "result"),
    [
        ("12000", "kWh", "0.438", "tCO2e/MWh", "5.2560"),
        ("12", "MWh", "0.438", "tCO2e/MWh", "5.2560"),
        ("12000", "kWh", "0.438", "kgCO2e/kWh", "5.2560"),
        ("0.012", "GWh", "0.438", "tCO2e/MWh", "5.2560"),
        ("1", "TJ", "69300", "kgCO2/TJ", "69.3000"),
        ("1000", "GJ", "69300", "kgCO2/TJ", "69.3000"),
        ("1", "MWh", "63100", "kgCO2/TJ", "0.2272"),
        ("1000", "L", "2.319", "kgCO2/L", "2.3190"),
        ("1", "m3", "2.319", "kgCO2/L", "2.3190"),
        ("2", "t", "28", "kgCO2e/kg", "56.0000"),
        ("7", "km", "0.2", "kgCO2e/km", "0.0014"),
    ],
)
def test_units_of_activity_and_factor_meet(amount, unit, value, factor_unit, result):
    assert tonnes_of(Decimal(amount), unit, Decimal(value), factor_unit) == Decimal(result)


@pytest.mark.parametrize(
    ("unit", "factor_unit"), [("L", "tCO2e/MWh"), ("kWh", "kgCH4/MWh"), ("kWh", "raro"), ("", "tCO2e/MWh")]
)
def test_units_that_do_not_meet_are_refused(unit, factor_unit):
    with pytest.raises(ValueError, match="does not go with"):
        tonnes_of(Decimal(1), unit, Decimal(1), factor_unit)


def test_another_gas_is_not_taken_for_co2_equivalent():
    assert rate_of("kgCH4/L") is None
    assert activity_units("kgCH4/L") == {}
    assert rate_of("kgCO2/L").only_co2
    assert not rate_of("kgCO2e/L").only_co2


def test_formula_prints_the_factor_as_it_was_cited():
    estimate = EmissionEstimate(
        activity_value=Decimal("12000.00"), activity_unit="kWh", factor_value=Decimal("0.4380"),
        factor_unit="tCO2e/MWh", factor_year=2023, factor_source="SEMARNAT", factor_evidence="A",
        tonnes=Decimal("5.2560"), starts_on=dt.date(2026, 1, 1),
    )  # fmt: skip
    words = "12,000 kWh (12 MWh) × 0.438 tCO2e/MWh (2023, SEMARNAT, evidencia A) = 5.26 tCO2e"
    assert formula(estimate) == words
    estimate.activity_unit, estimate.activity_value = "MWh", Decimal(12)
    assert formula(estimate).startswith("12 MWh × 0.438")
    assert tonnes(EmissionEstimate(tonnes=Decimal("0.0014"))) == "0.0014 tCO2e"
    assert tonnes(EmissionEstimate(tonnes=Decimal(1200))) == "1,200 tCO2e"
    assert formula(EmissionEstimate(tonnes=Decimal(1))) == ""
