"""Never oversold, over HTTP, by two server processes, on both databases."""

from collections import Counter
from pathlib import Path

import pytest

from events.enums import RegistrationState
from events.models import Event, Registration, SeatPool
from network.models import Person
from outbox.models import Message
from tests import factories
from tests.events.crowd import Door, person, serving, wait_to_be_human

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def event() -> Event:
    factories.PrivacyNoticeFactory()
    return factories.EventFactory(slug="taller-muy-esperado", capacity=50)


def states(event: Event) -> Counter[str]:
    return Counter(Registration.objects.filter(event=event).values_list("state", flat=True))


def test_two_hundred_at_once_for_fifty_seats(event: Event, tmp_path: Path) -> None:
    with serving(log=tmp_path / "server.log") as port:
        door = Door(port, event.slug)
        hidden = door.open()
        wait_to_be_human()
        answers = door.rush([person(number) | hidden for number in range(200)])
    assert Counter(status for status, _place in answers) == {302: 200}, (tmp_path / "server.log").read_text()[-3000:]
    assert states(event) == {RegistrationState.CONFIRMED: 50, RegistrationState.WAITING: 150}
    assert SeatPool.objects.get(event=event).taken == 50
    assert Message.objects.filter(kind="events.registration").count() == 200
    assert len({place for _status, place in answers}) == 200


def test_without_the_lock_the_same_rush_oversells(event: Event, tmp_path: Path) -> None:
    SeatPool.objects.filter(event=event).update(capacity=10)
    with serving("tests.events.without_lock:application", log=tmp_path / "server.log") as port:
        door = Door(port, event.slug)
        hidden = door.open()
        wait_to_be_human()
        door.rush([person(number) | hidden for number in range(60)])
    assert states(event)[RegistrationState.CONFIRMED] > 10


def test_one_person_thirty_times_gets_one_place(event: Event, tmp_path: Path) -> None:
    with serving(log=tmp_path / "server.log") as port:
        door = Door(port, event.slug)
        same, others = door.open(), [door.open() for _time in range(15)]
        wait_to_be_human()
        answers = door.rush([person(1) | same for _time in range(15)] + [person(1) | hidden for hidden in others])
    statuses = Counter(status for status, _place in answers)
    assert set(statuses) <= {200, 302}
    assert statuses.total() == 30
    assert len({place for status, place in answers if status == 302}) == 1
    assert states(event) == {RegistrationState.CONFIRMED: 1}
    assert SeatPool.objects.get(event=event).taken == 1
    assert Person.objects.filter(email="persona.numero.1@prueba.example").count() == 1
