"""A seat that becomes free is offered to the first in line, waits for an answer, and passes on."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import emails
from events.enums import CancelCause, EventStatus, RegistrationState
from events.models import Event, Registration, SeatPool
from events.services import registration as service
from events.services.registration import RegistrationData, accept_offer, cancel_registration, promote_one, register
from events.services.seats import offer_ends_at
from network.enums import Modality
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CONFIRMED, WAITING, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED
OFFERED = RegistrationState.OFFERED
HOUR = dt.timedelta(hours=1)


def enter(event: Event, number: int, **fields: Any) -> Registration:
    typed: dict[str, Any] = {"name": f"Ana Número {number}", "email": f"ana{number}@prueba.example"}
    return register(
        event=event, data=RegistrationData(**(typed | fields)), self_registered=bool(fields.get("email", 1))
    )


def full_event(*, people: int = 4, **fields: Any) -> tuple[Event, list[Registration]]:
    """One seat, the first has it, the others wait."""
    event = factories.EventFactory(capacity=1, **fields)
    return event, [enter(event, number) for number in range(people)]


def states(event: Event) -> list[str]:
    return list(Registration.objects.filter(event=event).order_by("pk").values_list("state", flat=True))


def counted(event: Event) -> tuple[int, int]:
    """(what the counters say, the rows that hold a seat)."""
    taken = sum(SeatPool.objects.filter(event=event).values_list("taken", flat=True))
    return taken, Registration.objects.filter(event=event, state__in=[OFFERED, CONFIRMED]).count()


def at(moment: dt.datetime) -> Any:
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize(
    ("before_start", "hours", "length"),
    [
        (dt.timedelta(days=30), 24, 24 * HOUR),
        (96 * HOUR, 24, 24 * HOUR),
        (24 * HOUR, 24, 6 * HOUR),
        (24 * HOUR, 3, 3 * HOUR),
        (dt.timedelta(hours=2, minutes=4), 24, dt.timedelta(minutes=31)),
        (2 * HOUR, 24, None),
        (dt.timedelta(days=30), 0, None),
    ],
)
def test_an_offer_lasts_a_day_and_less_near_the_start(
    before_start: dt.timedelta, hours: int, length: dt.timedelta | None
) -> None:
    now = timezone.now()
    event = Event(starts_at=now + before_start, first_day=(now + before_start).date(), offer_hours=hours)
    assert offer_ends_at(event, now) == (length and now + length)


def test_a_day_without_an_hour_counts_from_its_midnight_and_no_date_is_far_away() -> None:
    now = dt.datetime(2026, 6, 16, 6, tzinfo=dt.UTC)  # midnight in Mexico City
    dated = Event(first_day=dt.date(2026, 6, 17), time_zone="America/Mexico_City", offer_hours=24)
    assert offer_ends_at(dated, now) == now + 6 * HOUR
    assert offer_ends_at(Event(offer_hours=24), now) == now + 24 * HOUR


def test_accepting_confirms_and_twice_changes_nothing() -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    for _time in range(2):
        assert accept_offer(registration=rows[1]).state == CONFIRMED
    assert states(event) == [CANCELLED, CONFIRMED, WAITING, WAITING]
    assert counted(event) == (1, 1)
    assert Message.objects.filter(kind="events.promoted").count() == 1


def test_declining_passes_the_seat_on_at_once() -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    cancel_registration(registration=rows[1])
    assert states(event) == [CANCELLED, CANCELLED, OFFERED, WAITING]
    assert counted(event) == (1, 1)


def test_an_offer_that_runs_out_passes_on_and_its_late_answer_gets_nothing() -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    offer = Registration.objects.get(pk=rows[1].pk)
    assert offer.expires_at is not None
    with at(offer.expires_at - dt.timedelta(seconds=1)):
        assert service.expire_due() == 0
    with at(offer.expires_at):
        assert accept_offer(registration=offer).state == OFFERED  # too late, and not swept yet
        assert service.expire_due() == 1
        assert service.expire_due() == 0
        assert accept_offer(registration=offer).state == CANCELLED
    offer.refresh_from_db()
    assert (offer.state, offer.cancel_cause) == (CANCELLED, CancelCause.OFFER_EXPIRED)
    assert states(event) == [CANCELLED, CANCELLED, OFFERED, WAITING]
    assert counted(event) == (1, 1)
    ended = Message.objects.get(dedupe_key=f"registration:{offer.pk}:cancelled")
    mail = emails.registration_cancelled(ended.params, "es")
    assert isinstance(mail, Mail)
    assert "Venció el plazo" in mail.text


def test_every_offer_of_many_runs_out_and_the_line_moves_on() -> None:
    event = factories.EventFactory(capacity=3)
    rows = [enter(event, number) for number in range(9)]
    for row in rows[:3]:
        cancel_registration(registration=row)
    with at(timezone.now() + 25 * HOUR):
        assert service.expire_due() == 3
    assert states(event) == [CANCELLED] * 6 + [OFFERED] * 3
    assert counted(event) == (3, 3)


def test_who_let_an_offer_run_out_may_register_again_at_the_end_of_the_line() -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    with at(timezone.now() + 25 * HOUR):
        service.sweep()
        again = enter(event, 1)
        assert again.state == WAITING
        assert service.position_in_line(again) == 2


def test_nobody_new_takes_a_seat_that_somebody_waits_for() -> None:
    event, rows = full_event()
    SeatPool.objects.filter(event=event).update(capacity=2)  # free for a moment, as if a step was missed
    newcomer = enter(event, 9)
    assert newcomer.state == WAITING
    assert service.position_in_line(newcomer) == 4
    service.sweep()
    assert states(event) == [CONFIRMED, OFFERED, WAITING, WAITING, WAITING]
    assert rows[1].pk == Registration.objects.get(state=OFFERED).pk


def test_the_calendar_says_waiting_list_while_somebody_waits() -> None:
    event, _rows = full_event()
    SeatPool.objects.filter(event=event).update(capacity=2)
    assert not Event.objects.with_room().get().has_room
    Registration.objects.filter(state=WAITING).update(state=CANCELLED)
    assert Event.objects.with_room().get().has_room


@pytest.mark.parametrize("fields", [{"offer_hours": 0}, {"day": None, "hour": None, "offer_hours": 0}])
def test_without_hours_to_answer_the_seat_is_given(fields: dict[str, Any]) -> None:
    event, rows = full_event(**fields)
    cancel_registration(registration=rows[0])
    assert states(event) == [CANCELLED, CONFIRMED, WAITING, WAITING]
    assert Message.objects.filter(kind="events.promoted").count() == 1


def test_in_the_last_two_hours_the_seat_is_given() -> None:
    event, rows = full_event()
    assert event.starts_at is not None
    with at(event.starts_at - HOUR):
        cancel_registration(registration=rows[0])
    assert states(event) == [CANCELLED, CONFIRMED, WAITING, WAITING]


def test_who_has_no_email_to_answer_by_gets_the_seat() -> None:
    event = factories.EventFactory(capacity=1)
    first, _second = enter(event, 1), enter(event, 2, email="")
    cancel_registration(registration=first)
    assert states(event) == [CANCELLED, CONFIRMED]


def test_who_goes_to_the_line_stands_behind_whoever_was_let_into_it_before() -> None:
    """The place is given when the line is entered, not when the form was sent."""
    event, _rows = full_event(people=2)
    with at(timezone.now() - HOUR):
        late_clock = enter(event, 8)
    assert service.position_in_line(late_clock) == 1  # its clock is behind: the only thing that can disturb the order
    assert late_clock.created_at < timezone.now()


def test_staff_promote_in_turn_and_out_of_it_and_the_history_says_so() -> None:
    event, rows = full_event()
    staff = factories.StaffFactory()
    with pytest.raises(ValidationError, match="1 de 1"):
        promote_one(registration=rows[2], by=staff)
    assert states(event) == [CONFIRMED, WAITING, WAITING, WAITING]
    promote_one(registration=rows[2], by=staff, add_seat=True)
    promote_one(registration=rows[2], by=staff, add_seat=True)
    assert states(event) == [CONFIRMED, WAITING, CONFIRMED, WAITING]
    assert counted(event) == (2, 2)
    assert SeatPool.objects.get(event=event).capacity == 2
    line = event.history.first()
    assert (line.history_user, f"{rows[2].pk} (posición 2" in line.history_change_reason) == (staff, True)
    version, sequence = Event.objects.values_list("version", "sequence").get(pk=event.pk)
    assert (version, sequence) == (event.version + 1, event.sequence)  # nobody's calendar changes


def test_staff_confirm_an_offer_without_another_seat() -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    promote_one(registration=rows[1], by=factories.StaffFactory())
    assert states(event) == [CANCELLED, CONFIRMED, WAITING, WAITING]
    assert counted(event) == (1, 1)
    with at(timezone.now() + 25 * HOUR):
        service.sweep()
    assert states(event)[1] == CONFIRMED


def test_the_line_of_each_way_of_attending_is_its_own() -> None:
    event = factories.EventFactory(capacity=1, modality=Modality.HYBRID)
    SeatPool.objects.create(event=event, modality=Modality.VIRTUAL, capacity=1)
    there = [enter(event, number, modality=Modality.IN_PERSON) for number in range(3)]
    online = [enter(event, number, modality=Modality.VIRTUAL) for number in range(10, 13)]
    assert [service.position_in_line(row) for row in there + online] == [0, 1, 2, 0, 1, 2]
    cancel_registration(registration=online[0])
    assert states(event) == [CONFIRMED, WAITING, WAITING, CANCELLED, OFFERED, WAITING]


def test_seats_counted_apart_later_reach_who_waits_for_them() -> None:
    event = factories.EventFactory(capacity=1, modality=Modality.HYBRID)
    rows = [enter(event, number, modality=how) for number, how in enumerate(["in-person", "virtual", "in-person"])]
    SeatPool.objects.create(event=event, modality=Modality.VIRTUAL, capacity=5)
    service.sweep()
    assert states(event) == [CONFIRMED, OFFERED, WAITING]
    assert service.position_in_line(rows[2]) == 1


def test_the_mail_of_an_offer_says_until_when_and_is_not_sent_once_it_is_over() -> None:
    _event, rows = full_event()
    cancel_registration(registration=rows[0])
    queued = Message.objects.get(kind="events.offered")
    offer = Registration.objects.select_related("event").get(pk=rows[1].pk)
    assert queued.expires_at == offer.expires_at
    mail = emails.offered(queued.params, "es")
    assert isinstance(mail, Mail)
    for part in (mail.text, mail.html):
        assert offer.deadline in part
        assert reverse("registration_detail", args=[offer.token]) in part
    waiting = Message.objects.get(dedupe_key=f"registration:{offer.pk}:made")
    assert isinstance(emails.registration_made(waiting.params, "es"), NotWanted)
    accept_offer(registration=offer)
    assert isinstance(emails.offered(queued.params, "es"), NotWanted)


def test_the_own_page_offers_accepts_and_declines(client: Client) -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    url = reverse("registration_detail", args=[rows[1].token])
    accept, decline = (reverse(name, args=[rows[1].token]) for name in ("registration_accept", "registration_cancel"))
    page = client.get(url).content.decode()
    assert 'data-state="offered"' in page
    assert f'action="{accept}"' in page
    assert f'action="{decline}"' in page
    assert client.get(accept).status_code == 405
    assert states(event)[1] == OFFERED
    answer = client.post(accept, follow=True)
    assert 'data-state="confirmed"' in answer.content.decode()
    assert counted(event) == (1, 1)


def test_an_event_called_off_takes_no_answer(client: Client) -> None:
    event, rows = full_event()
    cancel_registration(registration=rows[0])
    Event.objects.update(status=EventStatus.CANCELLED)
    client.post(reverse("registration_accept", args=[rows[1].token]))
    client.post(reverse("registration_cancel", args=[rows[1].token]))
    assert states(event)[1] == OFFERED
    told = Message.objects.count()
    with at(timezone.now() + dt.timedelta(days=3)):
        assert service.expire_due() == 0  # it ended with its event, of which everybody was told
    assert Message.objects.count() == told


def test_nothing_is_cancelled_by_link_once_the_event_is_over(client: Client) -> None:
    event = factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=3))
    row = factories.RegistrationFactory(event=event)
    client.post(reverse("registration_cancel", args=[row.token]))
    assert states(event) == [CONFIRMED]


def test_staff_give_a_seat_from_the_list(client: Client) -> None:
    event, rows = full_event()
    client.force_login(factories.StaffFactory())
    url = reverse("staff_event_registration_promote", args=[event.pk, rows[2].pk])
    assert "posición 2" in client.get(url).content.decode()
    refused = client.post(url, {"confirm": "1"})
    assert (refused.status_code, "1 de 1 están ocupados" in refused.content.decode()) == (422, True)
    assert client.post(url, {"confirm": "1", "add_seat": "on"}).status_code == 302
    assert states(event) == [CONFIRMED, WAITING, CONFIRMED, WAITING]


def test_button_of_an_old_page_declines_an_offer_and_nothing_else(client: Client) -> None:
    event, rows = full_event(people=2)
    cancel_registration(registration=rows[0])
    page, decline = (reverse(name, args=[rows[1].token]) for name in ("registration_detail", "registration_cancel"))
    assert 'name="oferta"' in client.get(page).content.decode()
    accept_offer(registration=rows[1])
    answer = client.post(decline, {"oferta": "no"}, follow=True).content.decode()
    assert "Ya no había una oferta que rechazar" in answer
    assert states(event) == [CANCELLED, CONFIRMED]
    client.post(decline)
    assert states(event) == [CANCELLED, CANCELLED]


def test_offer_that_is_over_has_no_buttons_though_the_sweep_is_still_to_come(client: Client) -> None:
    _event, rows = full_event(people=2)
    cancel_registration(registration=rows[0])
    page = reverse("registration_detail", args=[rows[1].token])
    with at(timezone.now() + 30 * HOUR):
        answer = client.get(page).content.decode()
    assert "El plazo para aceptar el lugar terminó" in answer
    assert reverse("registration_accept", args=[rows[1].token]) not in answer
    assert 'name="oferta"' not in answer


def test_own_list_says_until_when_a_seat_is_kept(client: Client) -> None:
    _event, rows = full_event(people=2)
    cancel_registration(registration=rows[0])
    offered = Registration.objects.get(pk=rows[1].pk)
    client.force_login(factories.UserFactory(email=offered.email))
    assert f"Acéptelo antes del {offered.deadline}" in client.get("/mis-inscripciones/").content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"admission": "approval"}, "se retira su solicitud"), ({"confirms_email": True}, "se borra de la lista")],
)
def test_who_never_had_a_seat_gives_none_back(client: Client, fields: dict[str, Any], words: str) -> None:
    row = enter(factories.EventFactory(**fields), 1)
    page = reverse("registration_detail", args=[row.token])
    asked = client.get(page).content.decode()
    assert words in asked
    client.post(reverse("registration_cancel", args=[row.token]))
    assert "lugar queda libre" not in asked + client.get(page).content.decode()
    mail = emails.registration_cancelled({"registration": row.pk}, "es")
    assert isinstance(mail, Mail)
    assert "aún no tenía un lugar" in mail.text
