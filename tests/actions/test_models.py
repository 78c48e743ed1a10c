"""What the database refuses, and what is worked out from rows."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from actions.models import Evidence, FollowUp, Indicator, IndicatorReading, Review
from tests.factories import ActionFactory, IndicatorFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def refused(make, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def test_action_does_not_end_before_it_starts():
    action = ActionFactory.build(
        municipality_id=1, sector_id=1, pathway_id=1, starts_on=dt.date(2026, 2, 2), ends_on=dt.date(2026, 2, 1)
    )
    with pytest.raises(ValidationError, match="termina antes de empezar"):
        action.validate_constraints(exclude=["municipality", "sector", "pathway"])
    refused(
        lambda: ActionFactory(starts_on=dt.date(2026, 2, 2), ends_on=dt.date(2026, 2, 1)), "actions_action_period_order"
    )


def test_progress_is_at_most_100():
    action = ActionFactory()
    refused(lambda: ActionFactory(progress=101), "actions_action_progress_range")
    refused(
        lambda: FollowUp.objects.create(
            action=action, date=dt.date(2026, 1, 1), progress=101, status="planned", text="x"
        ),
        "actions_follow_up_progress_range",
    )


def test_evidence_is_a_file_or_a_link_never_both_or_none():
    action = ActionFactory()
    name = "actions_evidence_file_or_link"
    refused(lambda: Evidence.objects.create(action=action, title="Nada"), name)
    refused(
        lambda: Evidence.objects.create(action=action, title="Dos", url="https://a.example", file="evidence/a.pdf"),
        name,
    )


def test_returned_action_says_why():
    action = ActionFactory()
    refused(lambda: Review.objects.create(action=action, decision="returned"), "actions_review_return_has_comment")


def test_indicator_has_one_reading_a_day():
    indicator = IndicatorFactory()
    IndicatorReading.objects.create(indicator=indicator, date=dt.date(2026, 1, 1), value=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        IndicatorReading.objects.create(indicator=indicator, date=dt.date(2026, 1, 1), value=2)


@pytest.mark.parametrize(
    ("baseline", "target", "value", "share"),
    [
        (0, 10, 5, 50),
        (20, 10, 15, 50),  # something that has to decrease
        (0, 10, 14, 100),
        (10, 20, 5, 0),
        (None, 10, 5, None),  # an unknown baseline is not zero
        (0, 10, None, None),
        (10, 10, 10, None),
    ],
)
def test_share_reached_is_the_way_from_baseline_to_target(baseline, target, value, share):
    def number(value):
        return None if value is None else Decimal(value)

    indicator = Indicator(baseline=number(baseline), target=Decimal(target))
    assert indicator.share_reached(number(value)) == share


def test_measured_gives_every_indicator_in_one_query(django_assert_num_queries):
    action = ActionFactory()
    with_readings, without = IndicatorFactory(action=action), IndicatorFactory(action=action)
    for day in (2, 1):
        IndicatorReading.objects.create(indicator=with_readings, date=dt.date(2026, 1, day), value=day)
    with django_assert_num_queries(1):
        found = action.indicators.measured()
    assert [(row.indicator, [one.value for one in row.readings]) for row in found] == [
        (with_readings, [1, 2]),
        (without, []),
    ]
