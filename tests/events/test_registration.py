"""Getting a place, giving it back, and the line of those who wait."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from events.enums import EventStatus, RegistrationState, RegistrationStatus
from events.models import Event, Registration, SeatPool
from events.services.registration import (
    AlreadyRegistered,
    RegistrationData,
    RegistrationRefused,
    cancel_registration,
    position_in_line,
    promote_everywhere,
    promote_waiting,
    register,
)
from network.enums import Modality
from network.models import Person
from outbox.models import Message
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CONFIRMED, WAITING, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED
OFFERED = RegistrationState.OFFERED


def data(number: int = 1, **fields: Any) -> RegistrationData:
    return RegistrationData(
        **({"name": f"Ana Número {number}", "email": f"ana{number}@prueba.example"} | fields)  # type: ignore[arg-type]
    )


def taken(event: Event) -> int:
    return SeatPool.objects.get(event=event).taken


def kinds() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def test_register_keeps_what_was_typed_and_the_notice_agreed_to() -> None:
    event, town, notice = factories.EventFactory(), factories.MunicipalityFactory(), factories.PrivacyNoticeFactory()
    row = register(
        event=event,
        data=data(
            email=" Ana1@Prueba.example ", sex="woman", category="academia", institution="UAEM", municipality=town,
            modality=Modality.VIRTUAL, language="en", privacy_notice=notice,
        ),
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.email, row.email_normalised) == (CONFIRMED, "Ana1@Prueba.example", "ana1@prueba.example")
    assert (row.sex, row.category, row.institution, row.municipality) == ("woman", "academia", "UAEM", town)
    assert (row.modality, row.language, row.privacy_notice, row.self_registered) == ("virtual", "en", notice, True)
    assert row.consented_at is not None
    assert len(row.token) == 22
    assert taken(event) == 1


def test_register_queues_one_message_of_ids_alone() -> None:
    row = register(event=factories.EventFactory(), data=data())
    message = Message.objects.get()
    assert (message.kind, message.dedupe_key) == ("events.registration", f"registration:{row.pk}:made")
    assert message.params == {"registration": row.pk}


def test_who_comes_after_the_last_seat_waits_in_order() -> None:
    event = factories.EventFactory(capacity=2)
    rows = [register(event=event, data=data(number)) for number in range(5)]
    assert [row.state for row in rows] == [CONFIRMED, CONFIRMED, WAITING, WAITING, WAITING]
    assert [position_in_line(row) for row in rows] == [0, 0, 1, 2, 3]
    assert taken(event) == 2


def test_full_event_without_waiting_list_stores_nothing() -> None:
    event = factories.EventFactory(capacity=1, waiting_list_enabled=False)
    register(event=event, data=data(1))
    with pytest.raises(RegistrationRefused) as refusal:
        register(event=event, data=data(2))
    assert refusal.value.status == RegistrationStatus.FULL
    assert Registration.objects.count() == Person.objects.count() == Message.objects.count() == 1


def test_no_limit_takes_everybody() -> None:
    event = factories.unlimited_event()
    rows = [register(event=event, data=data(number)) for number in range(3)]
    assert {row.state for row in rows} == {CONFIRMED}
    assert taken(event) == 3


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": EventStatus.CANCELLED}, RegistrationStatus.CLOSED),
        ({"status": EventStatus.DRAFT}, RegistrationStatus.NOT_OFFERED),
        ({"registration_enabled": False}, RegistrationStatus.NOT_OFFERED),
        ({"day": dt.date(2020, 6, 17)}, RegistrationStatus.CLOSED),
        ({"registration_closes_at": timezone.now() - dt.timedelta(hours=1)}, RegistrationStatus.CLOSED),
        ({"registration_opens_at": timezone.now() + dt.timedelta(hours=1)}, RegistrationStatus.NOT_YET),
    ],
)
def test_register_refuses_what_takes_nobody(fields: dict[str, Any], status: RegistrationStatus) -> None:
    event = factories.EventFactory(**fields)
    with pytest.raises(RegistrationRefused) as refusal:
        register(event=event, data=data())
    assert refusal.value.status == status
    assert not Registration.objects.exists()


def test_register_looks_at_the_event_as_it_is_now() -> None:
    event = factories.EventFactory()
    Event.objects.filter(pk=event.pk).update(status=EventStatus.CANCELLED)  # since the page was read
    with pytest.raises(RegistrationRefused):
        register(event=event, data=data())
    assert not Registration.objects.exists()
    assert taken(event) == 0


def test_second_registration_of_an_email_sends_the_link_again_and_stores_nothing() -> None:
    event = factories.EventFactory()
    first = register(event=event, data=data(1))
    for name in ("Otra Persona", "Ana Número 1"):
        with pytest.raises(AlreadyRegistered):
            register(event=event, data=data(1, name=name, email="ANA1@prueba.example"))
    assert list(Registration.objects.all()) == [first]
    assert Person.objects.count() == 1
    assert kinds() == ["events.registration", "events.registration_link"]  # once an hour, however often it is tried
    assert taken(event) == 1


def test_same_form_sent_twice_answers_the_first_registration() -> None:
    event = factories.EventFactory()
    first = register(event=event, data=data(1), form_key="llave")
    assert register(event=event, data=data(1), form_key="llave") == first
    assert kinds() == ["events.registration"]


def test_same_form_sent_again_after_the_door_closed_answers_the_first_registration() -> None:
    event = factories.EventFactory()
    first = register(event=event, data=data(), form_key="a form")
    event.registration_closes_at = timezone.now()
    event.save()
    assert register(event=event, data=data(), form_key="a form") == first
    with pytest.raises(RegistrationRefused):
        register(event=event, data=data(2), form_key="a form")


def test_same_form_for_another_person_is_another_registration() -> None:
    event = factories.EventFactory()
    first = register(event=event, data=data(1), form_key="llave")
    assert register(event=event, data=data(2), form_key="llave") != first


def test_person_is_found_by_email_and_name_and_never_changed() -> None:
    known = factories.PersonFactory(name="José  Núñez", email="Jose@prueba.example", sex="man", institution="Antes")
    row = register(
        event=factories.EventFactory(),
        data=data(name="jose nuñez", email="jose@prueba.example", sex="undisclosed", institution="Ahora"),
    )
    known.refresh_from_db()
    assert row.person == known
    assert (known.name, known.sex, known.institution) == ("José  Núñez", "man", "Antes")
    assert (row.name, row.sex, row.institution) == ("jose nuñez", "undisclosed", "Ahora")


def test_namesakes_and_shared_mailboxes_are_other_people() -> None:
    event = factories.EventFactory()
    factories.PersonFactory(name="Ana Número 1", email="otra@prueba.example")
    one = register(event=event, data=data(1), self_registered=False)
    other = register(event=event, data=data(2, email="ana1@prueba.example"), self_registered=False)
    nobody = [register(event=event, data=data(3, email=""), self_registered=False) for _time in range(2)]
    assert len({row.person_id for row in (one, other, *nobody)}) == 4
    assert Person.objects.count() == 5
    assert Message.objects.count() == 2  # none where there is no address


def test_cancelling_hands_the_seat_to_the_next_one_and_tells_both() -> None:
    event = factories.EventFactory(capacity=1)
    first, second, third = (register(event=event, data=data(number)) for number in range(3))
    cancel_registration(registration=first)
    states = dict(Registration.objects.values_list("pk", "state"))
    assert states == {first.pk: CANCELLED, second.pk: OFFERED, third.pk: WAITING}
    assert taken(event) == 1
    assert kinds()[3:] == ["events.registration_cancelled", "events.offered"]
    assert position_in_line(Registration.objects.get(pk=third.pk)) == 1


def test_cancelling_twice_frees_one_seat() -> None:
    event = factories.EventFactory(capacity=2)
    first, _second = (register(event=event, data=data(number)) for number in range(2))
    cancel_registration(registration=first)
    cancel_registration(registration=first)
    assert taken(event) == 1
    assert kinds().count("events.registration_cancelled") == 1


def test_who_waits_can_leave_the_line_without_moving_a_seat() -> None:
    event = factories.EventFactory(capacity=1)
    _first, second = (register(event=event, data=data(number)) for number in range(2))
    cancel_registration(registration=second)
    assert taken(event) == 1
    assert Registration.objects.get(pk=second.pk).state == CANCELLED


def test_who_cancelled_may_register_again() -> None:
    event = factories.EventFactory()
    first = register(event=event, data=data(1), form_key="a")
    cancel_registration(registration=first)
    again = register(event=event, data=data(1), form_key="b")
    assert (again.state, again.person) == (CONFIRMED, first.person)
    assert again != first


def test_more_seats_reach_the_line_in_order() -> None:
    event = factories.EventFactory(capacity=1)
    rows = [register(event=event, data=data(number)) for number in range(5)]
    SeatPool.objects.filter(event=event).update(capacity=3)
    assert promote_waiting(event) == 2
    states = [Registration.objects.get(pk=row.pk).state for row in rows]
    assert states == [CONFIRMED, OFFERED, OFFERED, WAITING, WAITING]
    assert taken(event) == 3
    assert promote_waiting(event) == 0


def test_lifting_the_limit_empties_the_line() -> None:
    event = factories.EventFactory(capacity=1)
    for number in range(4):
        register(event=event, data=data(number))
    SeatPool.objects.filter(event=event).update(capacity=None)
    assert promote_waiting(event) == 3
    assert taken(event) == 4


def test_sweep_catches_a_seat_that_was_missed() -> None:
    event, full = factories.EventFactory(capacity=1), factories.EventFactory(capacity=1)
    rows = [register(event=event, data=data(number)) for number in range(3)]
    for number in range(2):
        register(event=full, data=data(number))
    SeatPool.objects.filter(event=event).update(capacity=2)
    assert promote_everywhere() == 1
    assert Registration.objects.get(pk=rows[1].pk).state == OFFERED
    assert promote_everywhere() == 0


@pytest.mark.parametrize("fields", [{"status": EventStatus.CANCELLED}, {"starts_at": timezone.now()}])
def test_nobody_is_promoted_into_what_was_cancelled_or_began(fields: dict[str, Any]) -> None:
    event = factories.EventFactory(capacity=1)
    for number in range(2):
        register(event=event, data=data(number))
    SeatPool.objects.filter(event=event).update(capacity=2)
    Event.objects.filter(pk=event.pk).update(**fields)
    event.refresh_from_db()
    assert promote_waiting(event) == 0
    assert promote_everywhere() == 0


def test_seats_kept_for_a_municipality_or_modality_are_counted_apart() -> None:
    event = factories.EventFactory(capacity=1, modality=Modality.HYBRID)
    town, other = factories.MunicipalityFactory.create_batch(2)
    kept = SeatPool.objects.create(event=event, municipality=town, capacity=1)
    online = SeatPool.objects.create(event=event, modality=Modality.VIRTUAL, capacity=None)
    pools = [
        register(event=event, data=data(number, municipality=where, modality=how)).seat_pool
        for number, (where, how) in enumerate([(town, "in-person"), (town, "virtual"), (other, "virtual")])
    ]
    assert pools == [kept, online, online]  # the one kept seat first, then those of everybody online
    assert register(event=event, data=data(9, municipality=other, modality="in-person")).seat_pool.municipality is None


def test_database_refuses_more_than_the_capacity() -> None:
    event = factories.EventFactory(capacity=1)
    with pytest.raises(IntegrityError, match="events_seat_pool_never_oversold"), transaction.atomic():
        SeatPool.objects.filter(event=event).update(taken=2)


def test_database_refuses_a_second_live_registration_of_a_person() -> None:
    event, person = factories.EventFactory(), factories.PersonFactory()
    factories.RegistrationFactory(event=event, person=person, self_registered=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.RegistrationFactory(event=event, person=person, self_registered=False)


def test_database_refuses_a_second_pool_for_the_same_group() -> None:
    event, town = factories.EventFactory(), factories.MunicipalityFactory()
    SeatPool.objects.create(event=event, municipality=town, capacity=5)
    for municipality in (None, town):
        with pytest.raises(IntegrityError), transaction.atomic():
            SeatPool.objects.create(event=event, municipality=municipality, capacity=1)
