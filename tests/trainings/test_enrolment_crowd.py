"""Places of a training are never oversold, whatever comes at once, on both databases."""

import threading
from collections import Counter

import pytest
from django.db import connection

from events.models import Registration, SeatPool
from events.services.registration import RegistrationData
from tests import factories
from trainings import services
from trainings.models import Enrolment, Training

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_sixty_at_once_for_twenty_places() -> None:
    training = factories.TrainingFactory(takes_enrolments=True, capacity=20)
    event = factories.EventFactory(capacity=100)
    factories.TrainingSessionFactory(training=training, event=event)
    start, wrong = threading.Barrier(60), list[Exception]()

    def come(number: int) -> None:
        try:
            start.wait(30)
            data = RegistrationData(name=f"Persona Número {number}", email=f"persona{number}@prueba.example")
            services.enrol(training=training, data=data)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    crowd = [threading.Thread(target=come, args=[number]) for number in range(60)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(120)
    assert wrong == []
    states = Counter(Enrolment.objects.values_list("state", flat=True))
    assert (states, Training.objects.get().seats_taken) == ({"confirmed": 20, "waiting": 40}, 20)
    assert (Registration.objects.count(), SeatPool.objects.get(event=event).taken) == (20, 20)
    # Everybody leaves at once what they have: the twenty places pass on, twice.
    rows = list(Enrolment.objects.order_by("created_at", "pk"))
    for row in rows[:40]:
        services.cancel_enrolment(enrolment=row)
    states = Counter(Enrolment.objects.values_list("state", flat=True))
    assert (states, Training.objects.get().seats_taken) == ({"confirmed": 20, "cancelled": 40}, 20)
