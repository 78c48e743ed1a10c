"""Nobody is buried in mail by whoever types their address, and the own registrations are found without an account."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import emails
from events.enums import RegistrationState
from events.models import Event, Registration
from events.rules import own_list_code
from events.services import registration as service
from events.services.registration import MAILS_A_DAY, RegistrationData, cancel_registration, register
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
ASK = "own_registrations_link"


def enter(email: str = "ana@prueba.example", **more: Any) -> Registration:
    return register(event=factories.EventFactory(), data=RegistrationData(name="Ana Luz", email=email), **more)


def sent(email: str = "ana@prueba.example") -> int:
    return Message.objects.to_address(email).count()


def test_an_address_gets_so_many_mails_a_day_and_the_page_says_it(client: Client) -> None:
    rows = [enter("ANA@prueba.example" if number % 2 else "ana@prueba.example") for number in range(MAILS_A_DAY + 2)]
    assert {row.state for row in rows} == {RegistrationState.CONFIRMED}  # a seat does not depend on mail
    assert sent() == MAILS_A_DAY
    pages = [client.get(reverse("registration_detail", args=[row.token])).content.decode() for row in rows]
    assert ["hoy ya recibió muchos" in page for page in pages] == [False] * MAILS_A_DAY + [True] * 2
    cancel_registration(registration=rows[0])
    service.queue_own_registrations(email="ana@prueba.example", language="es")
    assert sent() == MAILS_A_DAY
    enter("otra@prueba.example")
    assert sent("otra@prueba.example") == 1
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25), tick=False):
        enter()
        assert sent() == MAILS_A_DAY + 1


def test_what_the_institute_or_a_liaison_does_is_not_held_back() -> None:
    staff = factories.StaffFactory()
    for number in range(MAILS_A_DAY + 3):
        data = RegistrationData(name=f"Ana {number}", email="oficina@prueba.example")
        event = factories.EventFactory()
        register(event=event, data=data, by=staff, self_registered=False)
    assert sent("oficina@prueba.example") == MAILS_A_DAY + 3


def test_the_answer_does_not_say_whether_an_address_is_known(client: Client) -> None:
    enter()
    answers = [client.post(reverse(ASK), {"email": email}) for email in ("ana@prueba.example", "nadie@prueba.example")]
    known, unknown = (answer.content.decode() for answer in answers)
    assert known.replace("ana@prueba.example", "X") == unknown.replace("nadie@prueba.example", "X")
    messages = Message.objects.filter(kind="events.own_registrations").order_by("pk")
    assert [set(row.params) for row in messages] == [{"key"}, {"key"}]  # no address in it
    first, second = (emails.own_registrations(row.params, "es") for row in messages)
    assert isinstance(first, Mail)
    assert isinstance(second, NotWanted)
    client.post(reverse(ASK), {"email": "ANA@prueba.example"})
    assert messages.count() == 2  # once an hour
    assert client.post(reverse(ASK), {"email": "no"}).status_code == 422


def test_the_link_lists_what_is_alive_for_a_day(client: Client) -> None:
    one, gone = enter(), enter()
    other = enter("otra@prueba.example")
    over = factories.RegistrationFactory(
        event=factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=3)),
        email_normalised="ana@prueba.example",
    )
    cancel_registration(registration=gone)
    service.queue_own_registrations(email="ana@prueba.example", language="es")
    mail = emails.own_registrations(Message.objects.get(kind="events.own_registrations").params, "es")
    assert isinstance(mail, Mail)
    link = re.search(r"/mis-inscripciones/enlace/\S+/", mail.text)
    assert link
    page = client.get(link[0]).content.decode()
    assert reverse("registration_detail", args=[one.token]) in page
    for row in (gone, other, over):
        assert row.token not in page
    changed = client.get(link[0][:-2] + "/")
    assert changed.status_code == 404
    assert f'action="{reverse(ASK)}"' in changed.content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25), tick=False):
        assert client.get(link[0]).status_code == 404


def test_the_link_is_sent_also_for_an_event_without_a_date() -> None:
    enter()
    Event.objects.update(first_day=None, last_day=None, start_time=None, end_time=None, starts_at=None, ends_at=None)
    service.queue_own_registrations(email="ana@prueba.example", language="es")
    params = Message.objects.get(kind="events.own_registrations").params
    assert isinstance(emails.own_registrations(params, "es"), Mail)


def test_the_link_ends_where_the_address_is_corrected(client: Client) -> None:
    row = enter()
    address = reverse("own_registrations_list", args=[own_list_code(row)])
    assert row.token in client.get(address).content.decode()
    Registration.objects.filter(pk=row.pk).update(email_normalised="otra@prueba.example")
    assert client.get(address).status_code == 404


def test_letters_that_look_like_others_reach_the_address_that_is_looked_up(client: Client) -> None:
    enter("kena@prueba.example")
    client.post(reverse(ASK), {"email": "\N{KELVIN SIGN}ena@prueba.example"})
    assert list(Message.objects.filter(kind="events.own_registrations").values_list("to_email", flat=True)) == [
        "kena@prueba.example"
    ]


def test_no_address_is_no_list(client: Client) -> None:
    row = factories.RegistrationFactory(email="", email_normalised="", self_registered=False)
    assert client.get(reverse("own_registrations_list", args=[own_list_code(row)])).status_code == 404
