"""What the mail of registrations says, from the rows as they are when it leaves."""

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import icalendar
import pytest
import time_machine
from django.utils import timezone, translation

from events import emails
from events.enums import EventStatus
from events.models import Event, Registration, SeatPool
from events.services.editing import save_event
from events.services.registration import (
    AlreadyRegistered,
    RegistrationData,
    accept_offer,
    cancel_registration,
    promote_waiting,
    register,
)
from network.enums import Modality
from outbox import registry
from outbox.envelope import build
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = pytest.mark.django_db


def someone(event: Event, number: int = 1, **fields: Any) -> Registration:
    data = {"name": f"Ana {number}", "email": f"ana{number}@prueba.example"} | fields
    return register(event=event, data=RegistrationData(**data))


def compose(key: str) -> Mail | NotWanted:
    message = Message.objects.get(dedupe_key=key)
    kind = registry.kind(message.kind)
    assert kind is not None
    assert kind.composer is not None
    with translation.override(message.language):
        return kind.composer(message.params, message.language)


def mail(key: str) -> Mail:
    found = compose(key)
    assert isinstance(found, Mail)
    return found


def entry_of(found: Mail) -> Any:
    ((_name, content, _type),) = found.attachments
    (entry,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return entry


def test_confirmation_says_when_and_where_and_carries_link_and_calendar() -> None:
    row = someone(factories.EventFactory(title="Taller de agua"))
    found = mail(f"registration:{row.pk}:made")
    assert found.subject == "Inscripción confirmada: Taller de agua"
    for part in (found.text, found.html):
        assert f"http://127.0.0.1:8000/eventos/inscripciones/{row.token}/" in part
        assert "11:00 a 12:00 h, hora del centro de México (UTC−6)" in part
        assert row.event.meeting_url in part
    assert str(entry_of(found)["location"]) == row.event.meeting_url


def test_one_message_says_the_state_it_finds() -> None:
    event = factories.EventFactory(title="Taller de agua", capacity=1)
    first, second = someone(event, 1), someone(event, 2)
    waiting = mail(f"registration:{second.pk}:made")
    assert waiting.subject == "En lista de espera: Taller de agua"
    assert event.meeting_url not in waiting.text + waiting.html
    assert waiting.attachments == []
    cancel_registration(registration=first)
    assert isinstance(compose(f"registration:{first.pk}:made"), NotWanted)
    assert isinstance(compose(f"registration:{second.pk}:made"), NotWanted)  # the next one says it
    offer = mail(f"registration:{second.pk}:offered")
    assert offer.subject == "Hay un lugar para usted, responda pronto: Taller de agua"
    assert event.meeting_url not in offer.text + offer.html
    accept_offer(registration=second)
    assert mail(f"registration:{second.pk}:promoted").subject == "Ya tiene lugar: Taller de agua"


def test_own_cancellation_takes_the_entry_out_of_the_calendar() -> None:
    row = someone(factories.EventFactory())
    cancel_registration(registration=row)
    found = mail(f"registration:{row.pk}:cancelled")
    assert str(entry_of(found)["status"]) == "CANCELLED"
    assert found.attachments[0][2] == "text/calendar; method=CANCEL"
    assert row.event.meeting_url not in found.text


def test_what_takes_the_entry_out_names_the_same_organiser_and_whose_it_was() -> None:
    row = someone(factories.EventFactory(), name='Ana "Luz" Díaz; Peña')
    published = mail(f"registration:{row.pk}:made")
    cancel_registration(registration=row)
    taken_out = mail(f"registration:{row.pk}:cancelled")
    first, last = entry_of(published), entry_of(taken_out)
    assert str(first["organizer"]) == str(last["organizer"]) == "mailto:red@portal.example"
    assert first["organizer"].params["CN"] == "Red de Embajadores Climáticos"
    assert "attendee" not in first  # what is published has none (RFC 5546, 3.2.1)
    assert (str(last["attendee"]), last["attendee"].params["CN"]) == (
        "mailto:ana1@prueba.example",
        "Ana 'Luz' Díaz; Peña",
    )
    assert first["uid"] == last["uid"]
    assert (first["sequence"], first.decoded("dtstamp")) <= (last["sequence"], last.decoded("dtstamp"))


def test_entry_is_tentative_until_there_is_a_place() -> None:
    event = factories.EventFactory(capacity=1)
    rows = [someone(event, number) for number in range(2)]
    save_event(event=event, data={"venue": "Otra sede"}, by=None)
    event.refresh_from_db()
    found = [mail(f"moved:{row.pk}:{event.sequence}") for row in rows]
    assert [str(entry_of(one)["status"]) for one in found] == ["CONFIRMED", "TENTATIVE"]
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        cancel_registration(registration=rows[0])
        accept_offer(registration=rows[1])
    later = entry_of(mail(f"registration:{rows[1].pk}:promoted"))
    assert (str(later["status"]), later["sequence"]) == ("CONFIRMED", entry_of(found[1])["sequence"])
    assert later.decoded("dtstamp") > entry_of(found[1]).decoded("dtstamp")  # to a calendar it is the newer one
    Event.objects.update(status=EventStatus.CANCELLED)
    assert b"STATUS:CANCELLED" in emails.calendar_entry(Registration.objects.get(pk=rows[1].pk))


def test_promotion_is_not_told_to_who_left_meanwhile() -> None:
    event = factories.EventFactory(capacity=1)
    someone(event, 1)
    row = someone(event, 2)
    SeatPool.objects.filter(event=event).update(capacity=2)
    promote_waiting(event)
    cancel_registration(registration=row)
    assert isinstance(compose(f"registration:{row.pk}:offered"), NotWanted)


def test_link_is_sent_again_to_the_address_of_the_registration() -> None:
    row = someone(factories.EventFactory())
    with pytest.raises(AlreadyRegistered):
        someone(row.event)
    message = Message.objects.get(kind="events.registration_link")
    assert message.to_email == row.email
    assert row.token in mail(message.dedupe_key).text


def test_who_attends_on_site_gets_the_place_and_no_meeting_link() -> None:
    event = factories.EventFactory(modality=Modality.HYBRID, venue="Casa de Cultura")
    on_site, online = someone(event, 1, modality="in-person"), someone(event, 2, modality="virtual")
    assert event.meeting_url not in mail(f"registration:{on_site.pk}:made").text
    assert event.meeting_url in mail(f"registration:{online.pk}:made").text
    assert "Casa de Cultura" in mail(f"registration:{on_site.pk}:made").text


def test_whoever_had_a_place_on_site_gets_the_link_once_all_is_online() -> None:
    event = factories.EventFactory(modality=Modality.HYBRID)
    row = someone(event, modality=Modality.IN_PERSON)
    assert event.meeting_url not in mail(f"registration:{row.pk}:made").text
    event.modality = Modality.VIRTUAL
    event.save()
    assert event.meeting_url in mail(f"registration:{row.pk}:made").text


def test_event_without_a_day_has_nothing_for_the_calendar() -> None:
    row = someone(factories.EventFactory(day=None))
    found = mail(f"registration:{row.pk}:made")
    assert found.attachments == []
    assert "Fecha por confirmar" in found.text


def test_cancelled_event_has_its_own_message() -> None:
    row = someone(factories.EventFactory())
    Event.objects.filter(pk=row.event_id).update(status=EventStatus.CANCELLED)
    assert isinstance(compose(f"registration:{row.pk}:made"), NotWanted)


def test_typed_text_is_text_in_both_parts() -> None:
    event = factories.EventFactory(title="<b>Uno</b> & dos")
    row = someone(event, name="Ana <script>alert(1)</script>")
    found = mail(f"registration:{row.pk}:made")
    assert found.subject == "Inscripción confirmada: <b>Uno</b> & dos"
    assert "Hola, Ana <script>alert(1)</script>:" in found.text
    assert "<script>" not in found.html
    assert "<b>Uno</b>" not in found.html


def test_message_leaves_as_a_calendar_part_that_programs_read() -> None:
    row = someone(factories.EventFactory())
    message = Message.objects.get()
    sent = build(message, mail(message.dedupe_key), from_name="La red").message().as_bytes()
    parsed = message_from_bytes(sent, policy=policy.default)
    (part,) = (part for part in parsed.walk() if part.get_content_type() == "text/calendar")
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename() == "evento.ics"
    (entry,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert str(entry["uid"]) == f"{row.event.uid}@127.0.0.1"
