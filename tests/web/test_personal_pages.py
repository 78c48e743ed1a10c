"""Lists of people are not kept by the browser of a shared computer."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    [
        "staff_event_registrations",
        "staff_event_registrations_csv",
        "staff_event_attendance",
        "staff_designation_list",
        "staff_designation_detail",
        "staff_mail_list",
    ],
)
def test_page_with_names_and_addresses_is_not_kept(name: str, client: Client) -> None:
    client.force_login(factories.StaffFactory())
    made = {"event": factories.EventFactory, "designation": factories.DesignationFactory}
    kind = name.split("_")[1]
    arguments = [] if name.endswith("_list") else [made[kind]().pk]
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == 200
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
