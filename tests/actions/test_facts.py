"""Whom an action reaches, where it is, what it comes from and when it was really done."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.factories import ActionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def refused(name, **fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ActionFactory(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"beneficiaries_total": 10, "beneficiaries_women": 6, "beneficiaries_men": 5},
        {"beneficiaries_total": 10, "beneficiaries_women": 11},
        {"beneficiaries_women": 3},
        {"beneficiaries_men": 0},
    ],
)
def test_women_and_men_are_part_of_the_total(fields):
    refused("actions_action_beneficiaries_sum", **fields)


def test_who_is_in_neither_is_not_known():
    assert ActionFactory(beneficiaries_total=10, beneficiaries_women=6).beneficiaries_unknown == 4
    assert ActionFactory(beneficiaries_total=0).beneficiaries_unknown == 0
    assert ActionFactory().beneficiaries_unknown is None


def test_split_of_beneficiaries_is_public_only_without_small_cells():
    def public(**facts):
        return ActionFactory(**facts).beneficiaries_split_is_public

    assert public(beneficiaries_total=10, beneficiaries_women=6, beneficiaries_men=4)
    assert public(beneficiaries_total=10, beneficiaries_women=10, beneficiaries_men=0)
    assert not public(beneficiaries_total=10, beneficiaries_women=8, beneficiaries_men=2)
    assert not public(beneficiaries_total=10, beneficiaries_women=5, beneficiaries_men=4)  # one of unknown sex


def test_public_page_keeps_a_small_split_to_itself(client):
    action = ActionFactory(
        review_state="published", beneficiaries_total=412, beneficiaries_women=410, beneficiaries_men=2
    )
    page = client.get(reverse("action_detail", args=[action.slug])).content.decode()
    assert "412" in page
    assert "Sin desglose" in page
    assert "410" not in page


def test_only_adaptation_has_people_exposed():
    refused("actions_action_exposed_adaptation", kind="mitigation", people_exposed=5)
    ActionFactory(kind="both", people_exposed=5)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("19.29", None), (None, "-99.65"), ("19.29", "99.65"), ("0", "0"), ("48.1", "-99")]
)
def test_a_point_has_both_numbers_and_lies_in_the_country(latitude, longitude):
    refused("actions_action_point", latitude=latitude, longitude=longitude)


def test_a_point_is_told_as_maps_take_it():
    assert ActionFactory(latitude=Decimal("19.290000"), longitude=Decimal("-100")).point == "19.29, -100"
    assert ActionFactory().point == ""


def test_an_action_did_not_end_before_it_began():
    first, second = dt.date(2026, 2, 1), dt.date(2026, 2, 2)
    refused("actions_action_real_period_order", started_on=second, ended_on=first)
    ActionFactory(started_on=first, ended_on=first)


def test_related_actions_know_each_other():
    one, other = ActionFactory(), ActionFactory()
    one.related_actions.add(other)
    assert list(other.related_actions.all()) == [one]
