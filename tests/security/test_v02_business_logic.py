"""V2: input is checked here, whole steps or none, and what is scarce is not given twice."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from events.enums import RegistrationState
from events.models import Registration
from events.services.registration import RegistrationData, register
from network import services
from network.models import Designation, Person
from tests.factories import DesignationFactory, EventFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.asvs("V2.2.1", "V2.2.2")
def test_a_form_sent_without_its_page_is_checked_all_the_same(client: Client) -> None:
    event = EventFactory()
    wrong = {"name": "x" * 500, "email": "no-es-un-correo", "sex": "otra-cosa", "category": "rey"}
    answer = client.post(reverse("event_register", args=[event.slug]), wrong)
    assert (answer.status_code, Registration.objects.count()) == (422, 0)


@pytest.mark.asvs("V2.2.3", "V2.3.3")
def test_dates_that_contradict_each_other_store_nothing_of_the_step() -> None:
    staff, taken = StaffFactory(), DesignationFactory()
    letter = Designation(
        municipality=taken.municipality, kind=taken.kind, state=taken.state, oficio_number="X/1",
        starts_on=taken.starts_on, ends_on=taken.ends_on,
    )  # fmt: skip
    people = Person.objects.count()
    with pytest.raises(ValidationError):
        services.record_designation(designation=letter, person=Person(name="Nadie Nueva"), by=staff)
    assert Person.objects.count() == people
    assert Designation.objects.count() == 1


@pytest.mark.asvs("V2.3.2", "V2.3.4")
def test_the_last_seat_is_given_once() -> None:
    event = EventFactory(capacity=1)
    for number in range(3):
        register(event=event, data=RegistrationData(name=f"Ana {number}", email=f"ana{number}@prueba.example"))
    states = list(Registration.objects.order_by("pk").values_list("state", flat=True))
    assert states == [RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.WAITING]
