"""What the database refuses of milestones, estimates and the evidence tied to them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from actions.models import EmissionEstimate, Evidence, IndicatorReading, Milestone
from tests.factories import ActionFactory, EmissionEstimateFactory, IndicatorFactory, MilestoneFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = dt.date(2026, 3, 2)


def refused(make, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


@pytest.mark.parametrize("weight", [0, 101])
def test_weight_of_a_milestone_is_from_1_to_100(weight):
    action = ActionFactory()
    refused(lambda: Milestone.objects.create(action=action, title="x", weight=weight), "actions_milestone_weight_range")


def test_evidence_is_of_a_milestone_or_a_reading_never_of_both():
    action = ActionFactory()
    milestone = MilestoneFactory(action=action)
    reading = IndicatorReading.objects.create(indicator=IndicatorFactory(action=action), date=DAY, value=1)
    evidence = Evidence(action=action, title="Acta", url="https://a.example", milestone=milestone, reading=reading)
    refused(evidence.save, "actions_evidence_of_one_thing")
    evidence.reading = None
    evidence.save()


@pytest.mark.parametrize(
    "fields",
    [
        {"method": ""},  # neither a factor nor a method
        {"activity_value": Decimal(5)},  # an amount without its factor
        {"factor_value": Decimal(1)},
    ],
)
def test_estimate_has_a_factor_or_a_method(fields):
    action = ActionFactory()
    refused(lambda: EmissionEstimateFactory(action=action, **fields), "actions_estimate_factor_or_method")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "achieved"},
        {"kind": "achieved", "starts_on": DAY},
        {"kind": "achieved", "starts_on": DAY, "ends_on": DAY - dt.timedelta(days=1)},
        {"kind": "expected", "starts_on": DAY, "ends_on": DAY},
    ],
)
def test_what_was_achieved_has_its_period_and_what_is_expected_none(fields):
    action = ActionFactory()
    refused(lambda: EmissionEstimateFactory(action=action, **fields), "actions_estimate_period")
    EmissionEstimateFactory(action=action, kind="achieved", starts_on=DAY, ends_on=DAY)
    assert EmissionEstimate.objects.count() == 1


def test_reduction_is_not_negative():
    action = ActionFactory()
    refused(lambda: EmissionEstimateFactory(action=action, tonnes=Decimal("-0.1")), "actions_estimate_not_negative")
