"""The tour of the demonstration: it leads where it says, and exists there alone."""

import pytest
from django.urls import reverse

from reports.demo import ACCOUNTS, PASSWORD
from reports.views.help import TOUR

pytestmark = pytest.mark.django_db


def test_tour_names_accounts_that_are_loaded(client, settings):
    settings.DEMO = True
    page = client.get(reverse("demo_tour")).content.decode()
    assert PASSWORD in page
    assert {stop.account for stop in TOUR} - {""} <= set(ACCOUNTS)
    for stop in TOUR:
        assert stop.account in page
        assert stop.href in page


def test_a_portal_in_use_has_no_tour(client, settings):
    settings.DEMO = False
    assert client.get(reverse("demo_tour")).status_code == 404
