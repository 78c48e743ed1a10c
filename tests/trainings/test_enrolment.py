"""A place in a training is a place in all its sessions; places are never oversold, and a free one passes on."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.enums import Admission, RegistrationState
from events.models import Event, Registration, SeatPool
from events.services.registration import MAILS_A_DAY, RegistrationData, RegistrationRefused, register
from network.models import Person, User
from outbox.models import Message
from tests import factories
from trainings import services
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, Training
from trainings.services import people

pytestmark = pytest.mark.django_db


def open_training(*, sessions: int = 2, **fields: Any) -> Training:
    training = factories.TrainingFactory(takes_enrolments=True, **fields)
    for number in range(sessions):
        factories.TrainingSessionFactory(training=training, event=factories.EventFactory(), order=number)
    return training


def data(number: int = 1, **typed: Any) -> RegistrationData:
    return RegistrationData(name=f"Persona Número {number}", email=f"persona.numero.{number}@prueba.example", **typed)


def enrol(training: Training, number: int = 1, **more: Any) -> Enrolment:
    return services.enrol(training=training, data=data(number), **more)


def held(row: Enrolment) -> list[tuple[int, str]]:
    return list(Registration.objects.filter(person=row.person).order_by("event").values_list("event", "state"))


def kinds() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def staff() -> User:
    return factories.StaffFactory()


def test_one_enrolment_registers_in_every_session_to_come_with_one_mail() -> None:
    training = open_training()
    over = factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=3))
    factories.TrainingSessionFactory(training=training, event=over)
    row = enrol(training)
    sessions = sorted(training.events.exclude(pk=over.pk).values_list("pk", flat=True))
    assert row.state == EnrolmentState.CONFIRMED
    assert held(row) == [(pk, RegistrationState.CONFIRMED) for pk in sessions]
    assert list(SeatPool.objects.filter(event__in=sessions).values_list("taken", flat=True)) == [1, 1]
    training.refresh_from_db()
    assert (training.seats_taken, kinds()) == (1, ["trainings.enrolment"])


def test_person_without_an_email_is_one_person_in_all_sessions() -> None:
    training = open_training()
    row = services.enrol(training=training, data=RegistrationData(name="Sin Correo"), self_registered=False)
    assert [state for _event, state in held(row)] == [RegistrationState.CONFIRMED] * 2
    assert Person.objects.count() == 1


def test_session_closed_to_others_is_open_to_whoever_is_in_the_training() -> None:
    training = open_training(sessions=1)
    training.events.update(admission=Admission.INVITED)
    assert [state for _event, state in held(enrol(training))] == [RegistrationState.CONFIRMED]


def test_full_session_puts_them_in_its_line() -> None:
    training = open_training(sessions=1)
    SeatPool.objects.filter(event=training.events.get()).update(capacity=0)
    row = enrol(training)
    assert (row.state, held(row)[0][1]) == (EnrolmentState.CONFIRMED, RegistrationState.WAITING)


def test_who_was_registered_in_a_session_already_keeps_that_place() -> None:
    training = open_training()
    event = training.events.first()
    assert event is not None
    before = register(event=event, data=data())
    row = enrol(training)
    assert set(held(row)) == {(pk, RegistrationState.CONFIRMED) for pk in training.events.values_list("pk", flat=True)}
    services.cancel_enrolment(enrolment=row)
    before.refresh_from_db()
    assert before.state == RegistrationState.CONFIRMED  # it was not the training's


def test_beyond_the_capacity_people_wait_without_a_place_in_the_sessions() -> None:
    training = open_training(capacity=1)
    enrol(training)
    second, third = enrol(training, 2), enrol(training, 3)
    assert (second.state, held(second)) == (EnrolmentState.WAITING, [])
    assert (services.position_in_line(second), services.position_in_line(third)) == (1, 2)


def test_place_given_back_passes_to_the_next_one_with_all_sessions() -> None:
    training = open_training(capacity=1)
    first, second, third = enrol(training), enrol(training, 2), enrol(training, 3)
    services.cancel_enrolment(enrolment=first)
    services.cancel_enrolment(enrolment=first)
    second.refresh_from_db()
    third.refresh_from_db()
    training.refresh_from_db()
    assert (second.state, third.state, training.seats_taken) == (EnrolmentState.CONFIRMED, EnrolmentState.WAITING, 1)
    assert {state for _event, state in held(first)} == {RegistrationState.CANCELLED}
    assert [state for _event, state in held(second)] == [RegistrationState.CONFIRMED] * 2
    assert kinds()[3:] == ["trainings.enrolment_cancelled", "trainings.enrolment_promoted"]


def test_who_leaves_the_line_frees_no_place() -> None:
    training = open_training(capacity=1)
    enrol(training)
    services.cancel_enrolment(enrolment=enrol(training, 2))
    training.refresh_from_db()
    assert training.seats_taken == 1


def test_larger_capacity_is_handed_out_at_once_and_a_smaller_one_refused() -> None:
    training = open_training(capacity=1)
    rows = [enrol(training, number) for number in (1, 2, 3)]
    services.save_training(training=training, data={"capacity": 2}, by=None)
    states = list(
        Enrolment.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list("state", flat=True)
    )
    assert states == [EnrolmentState.CONFIRMED, EnrolmentState.CONFIRMED, EnrolmentState.WAITING]
    with pytest.raises(ValidationError, match="ya ocupados"):
        services.save_training(training=training, data={"capacity": 1}, by=None)


def test_same_form_twice_is_one_enrolment() -> None:
    training = open_training()
    assert enrol(training, form_key="k").pk == enrol(training, form_key="k").pk
    training.refresh_from_db()
    assert training.seats_taken == 1


def test_second_enrolment_of_an_email_sends_the_link_again_once() -> None:
    training = open_training()
    enrol(training)
    told = []
    for _time in range(2):
        with pytest.raises(services.AlreadyEnrolled) as known:
            enrol(training)
        told.append(known.value.told)
    assert (told, kinds()) == ([True, False], ["trainings.enrolment", "trainings.enrolment_link"])


def test_address_gets_only_so_many_mails_a_day() -> None:
    address = RegistrationData(name="Persona Asediada", email="asediada@prueba.example")
    rows = [services.enrol(training=open_training(sessions=1), data=address) for _time in range(MAILS_A_DAY + 1)]
    assert [services.mail_was_queued(row) for row in rows] == [True] * MAILS_A_DAY + [False]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"takes_enrolments": False}, "not-offered"),
        ({"is_published": False}, "not-offered"),
        ({"sessions": 0}, "closed"),
    ],
)
def test_training_that_takes_nobody_says_why(changes: dict[str, Any], why: str) -> None:
    fields = {"sessions": 1} | changes
    sessions = fields.pop("sessions")
    training = open_training(sessions=sessions)
    Training.objects.filter(pk=training.pk).update(**fields)
    training.refresh_from_db()
    with pytest.raises(RegistrationRefused) as refused:
        enrol(training)
    assert (refused.value.status, Enrolment.objects.count()) == (why, 0)
    assert enrol(training, at_any_time=True).state == EnrolmentState.CONFIRMED


def test_session_added_later_is_filled_for_who_has_a_place_and_not_for_who_left_one() -> None:
    training = open_training(sessions=1)
    row, left = enrol(training), enrol(training, 2)
    Registration.objects.filter(person=left.person).update(state=RegistrationState.CANCELLED)
    new: Event = factories.EventFactory()
    factories.TrainingSessionFactory(training=training, event=new)
    by = staff()
    assert services.enrol_in_new_sessions(training=training, by=by) == 2
    assert services.enrol_in_new_sessions(training=training, by=by) == 0
    assert (new.pk, RegistrationState.CONFIRMED) in held(row)
    assert [state for _event, state in held(left)] == [RegistrationState.CANCELLED, RegistrationState.CONFIRMED]


def test_liaison_enrols_colleagues_who_share_a_mailbox_and_none_twice() -> None:
    training = open_training()
    town = factories.MunicipalityFactory()
    by = factories.liaison(town)
    typed = [
        RegistrationData(name=name, email="area@toluca.example", municipality=town) for name in ("Ana Ríos", "Luz Mar")
    ]
    done = services.enrol_colleagues(training=training, people=typed, by=by, form_key="k")
    assert [row.enrolment and row.enrolment.state for row in done] == [EnrolmentState.CONFIRMED] * 2
    again = services.enrol_colleagues(training=training, people=typed[:1], by=by, form_key="k")
    assert again[0].enrolment == done[0].enrolment
    other = services.enrol_colleagues(training=training, people=typed[:1], by=by, form_key="other")
    assert other[0].why == "su municipio ya inscribió a alguien con este nombre"


def test_score_outside_of_a_hundred_is_refused() -> None:
    row = enrol(open_training())
    with pytest.raises(ValidationError):
        services.set_score(enrolment=row, score=101)


def test_exception_needs_a_reason_and_can_be_taken_back() -> None:
    row, by = enrol(open_training()), staff()
    with pytest.raises(ValidationError, match="motivo"):
        services.grant_exception(enrolment=row, reason="  ", by=by)
    given = services.grant_exception(enrolment=row, reason="Entregó el trabajo", by=by)
    assert (given.exception_reason, given.exception_by, given.has_exception) == ("Entregó el trabajo", by, True)
    assert not services.withdraw_exception(enrolment=row).has_exception


def test_training_with_people_is_not_deleted() -> None:
    training = open_training()
    enrol(training)
    Training.objects.filter(pk=training.pk).update(is_published=False)
    with pytest.raises(ValidationError, match="Hubo personas"):
        services.delete_training(training=training, by=None)


# --- Two records of one person


def test_joined_person_holds_one_place_and_the_other_passes_on_until_it_is_undone() -> None:
    training = open_training(sessions=1, capacity=3)
    kept, gone, third = enrol(training), enrol(training, 2), enrol(training, 3)
    services.set_score(enrolment=gone, score=90)
    moved = people.merge(kept.person, gone.person)
    kept.refresh_from_db()
    gone.refresh_from_db()
    training.refresh_from_db()
    assert (kept.state, gone.state, kept.score, training.seats_taken) == ("confirmed", "cancelled", 90, 2)
    assert gone.person == kept.person
    people.unmerge(kept.person, Person.objects.get(pk=moved_person(gone)), moved)
    kept.refresh_from_db()
    gone.refresh_from_db()
    training.refresh_from_db()
    assert (kept.state, gone.state, kept.score, training.seats_taken) == ("confirmed", "confirmed", None, 3)
    assert third.state == EnrolmentState.CONFIRMED


def moved_person(row: Enrolment) -> int:
    """The record whose registrations these still are: the events' own steps move them."""
    return row.registrations.values_list("person", flat=True)[0]


def test_erased_person_leaves_no_words_and_no_place_ahead() -> None:
    row = enrol(open_training())
    services.grant_exception(enrolment=row, reason="Enfermó Persona Número 1", by=staff())
    people.erase(row.person)
    row.refresh_from_db()
    assert (row.name, row.email, row.email_normalised, row.exception_reason, row.state) == (
        "Persona suprimida",
        "",
        "",
        "—",
        "cancelled",
    )


def test_own_data_name_the_training() -> None:
    row = enrol(open_training(title="Calles incluyentes"))
    assert people.export(row.person)["Capacitaciones"][0]["Capacitación"] == "Calles incluyentes"
