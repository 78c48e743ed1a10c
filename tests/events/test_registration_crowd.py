"""Never oversold, over HTTP, by two server processes, on both databases."""

import datetime as dt
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from events.enums import RegistrationState
from events.models import Event, Registration, SeatPool
from events.services import registration as service
from events.services.editing import save_event
from events.services.registration import RegistrationData, register
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


def holders(event: Event) -> int:
    return Registration.objects.filter(
        event=event, state__in=[RegistrationState.OFFERED, RegistrationState.CONFIRMED]
    ).count()


def mailed_twice() -> list[tuple[object, ...]]:
    """Messages of one kind about one registration, where there is more than one."""
    by_fact = Message.objects.order_by().values_list("kind", "params__registration").annotate(times=Count("pk"))
    return list(by_fact.filter(times__gt=1))


def staff_at_work(event: Event, stop: threading.Event, wrong: list[Exception]) -> None:
    """Change the capacity up and down, and sweep, until told to stop. A capacity below what is taken is refused."""
    try:
        capacity = 50
        while not stop.is_set():
            capacity = 50 if capacity > 56 else capacity + 2
            try:
                save_event(event=event, data={"capacity": capacity}, by=None)
            except ValidationError as refusal:
                assert "ocupados" in str(refusal)  # noqa: PT017
            service.sweep()
    except Exception as error:
        wrong.append(error)
    finally:
        connection.close()


def test_fifty_leave_and_fifty_come_while_staff_change_the_capacity(event: Event, tmp_path: Path) -> None:
    Event.objects.filter(pk=event.pk).update(published_at=timezone.now())  # so that its address stays
    before = [
        register(event=event, data=RegistrationData(name=f"De Antes {number}", email=f"antes{number}@prueba.example"))
        for number in range(70)
    ]
    assert states(event) == {RegistrationState.CONFIRMED: 50, RegistrationState.WAITING: 20}
    stop, wrong = threading.Event(), list[Exception]()
    staff = threading.Thread(target=staff_at_work, args=(event, stop, wrong))
    with serving(log=tmp_path / "server.log") as port:
        door = Door(port, event.slug)
        hidden = door.open()
        wait_to_be_human()
        leaving = [reverse("registration_cancel", args=[row.token]) for row in before[:50]]
        forms: list[dict[str, str]] = []
        paths: list[str] = []
        for number, path in enumerate(leaving):
            forms += [hidden, person(number) | hidden]
            paths += [path, ""]
        staff.start()
        answers = door.rush(forms, paths)
        stop.set()
        staff.join(60)
    assert wrong == []
    assert Counter(status for status, _place in answers) == {302: 100}, (tmp_path / "server.log").read_text()[-3000:]
    pool = SeatPool.objects.get(event=event)
    found = states(event)
    assert found[RegistrationState.CANCELLED] == 50
    assert found.total() == 120
    assert pool.taken == holders(event)
    assert pool.capacity is not None
    assert pool.taken <= pool.capacity
    # Seventy are left: no seat is free while one of them waits, and that without a sweep after the last of it.
    assert pool.taken == min(70, pool.capacity)
    came = Registration.objects.filter(event=event).exclude(state=RegistrationState.CANCELLED)
    offered = came.filter(state=RegistrationState.OFFERED).order_by("created_at").last()
    waiting = came.filter(state=RegistrationState.WAITING).order_by("created_at").first()
    assert offered is not None
    assert waiting is None or offered.created_at < waiting.created_at
    assert all(row.state == RegistrationState.OFFERED for row in came.filter(pk__in=[row.pk for row in before]))
    assert mailed_twice() == []
    kinds = Counter(Message.objects.values_list("kind", flat=True))
    assert kinds["events.registration"] == 120
    assert kinds["events.registration_cancelled"] == 50
    assert kinds["events.offered"] == found[RegistrationState.OFFERED]


def test_kept_seats_are_not_taken_by_others_even_at_once(event: Event, tmp_path: Path) -> None:
    town, other = factories.MunicipalityFactory.create_batch(2)
    SeatPool.objects.filter(event=event).update(capacity=10)
    kept = SeatPool.objects.create(
        event=event, municipality=town, capacity=8, release_at=timezone.now() + dt.timedelta(days=1)
    )
    with serving(log=tmp_path / "server.log") as port:
        door = Door(port, event.slug)
        hidden = door.open()
        wait_to_be_human()
        forms = [person(number, municipality=str(other.pk)) | hidden for number in range(50)]
        forms[::10] = [person(100 + number, municipality=str(town.pk)) | hidden for number in range(5)]
        answers = door.rush(forms)
        assert Counter(status for status, _place in answers) == {302: 50}
        kept.refresh_from_db()
        assert kept.taken == 5
        assert set(kept.registrations.values_list("municipality", flat=True)) == {town.pk}
        assert states(event) == {RegistrationState.CONFIRMED: 15, RegistrationState.WAITING: 35}
        # Twenty more of the town: three seats are kept for them, and no more.
        more = [person(200 + number, municipality=str(town.pk)) | hidden for number in range(20)]
        assert Counter(status for status, _place in door.rush(more)) == {302: 20}
    assert dict(SeatPool.objects.values_list("municipality", "taken")) == {None: 10, town.pk: 8}
    assert states(event) == {RegistrationState.CONFIRMED: 18, RegistrationState.WAITING: 52}
    assert mailed_twice() == []
