"""Reminders: each stage once, to whoever is confirmed when it falls due; none lost, none twice."""

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from events.enums import EventStatus, RegistrationState
from events.models import Event, Registration, ReminderStage
from events.services import notices
from events.services.registration import RegistrationData, cancel_registration, register
from events.services.reminders import materialise_reminders
from outbox import mailing, registry
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
START = dt.datetime(2026, 6, 17, 17, 0, tzinfo=dt.UTC)  # 11:00 in Mexico City


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stands at three days before the start; ``clock.move_to`` moves it."""
    with time_machine.travel(START - dt.timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def stages(clock: Any) -> None:
    ReminderStage.objects.all().delete()
    factories.ReminderStageFactory(code="24h", minutes_before=24 * 60)
    factories.ReminderStageFactory(code="1h", minutes_before=60)


@pytest.fixture
def event(clock: Any) -> Event:
    return factories.unlimited_event(day=dt.date(2026, 6, 17))


def someone(event: Event, number: int = 1) -> Registration:
    return register(event=event, data=RegistrationData(name=f"Ana {number}", email=f"ana{number}@prueba.example"))


def before(**delta: float) -> dt.datetime:
    return START - dt.timedelta(**delta)


def keys() -> list[str]:
    return list(Message.objects.filter(kind="events.reminder").order_by("pk").values_list("dedupe_key", flat=True))


def compose(message: Message) -> Mail | NotWanted:
    kind = registry.kind(message.kind)
    assert kind is not None
    assert kind.composer is not None
    return kind.composer(message.params, message.language)


def last(kind: str) -> Message:
    return Message.objects.filter(kind=kind).latest("pk")


def test_each_stage_is_queued_once_when_it_falls_due(event: Event, clock: Any) -> None:
    row = someone(event)
    found = []
    for moment in (before(hours=25), before(hours=24), before(hours=23), before(hours=1), before(minutes=59), START):
        clock.move_to(moment)
        found.append(materialise_reminders())
    assert found == [0, 1, 0, 1, 0, 0]
    assert keys() == [f"reminder:{row.pk}:24h:0", f"reminder:{row.pk}:1h:0"]


def test_reminder_says_when_it_was_due_and_expires_at_the_start(event: Event, clock: Any) -> None:
    someone(event)
    clock.move_to(before(hours=23, minutes=30))
    materialise_reminders()
    message = last("events.reminder")
    assert (message.due_at, message.expires_at) == (before(hours=24), START)


def test_who_registers_late_gets_the_latest_stage_due_and_no_earlier_one(event: Event, clock: Any) -> None:
    clock.move_to(before(hours=3))
    three_hours = someone(event, 1)
    materialise_reminders()
    clock.move_to(before(minutes=30))
    half_an_hour = someone(event, 2)
    materialise_reminders()
    assert keys() == [
        f"reminder:{three_hours.pk}:24h:0",
        f"reminder:{three_hours.pk}:1h:0",
        f"reminder:{half_an_hour.pk}:1h:0",
    ]
    assert last("events.reminder").due_at == before(minutes=30)


def test_after_hours_without_a_clock_only_the_stage_that_still_helps_is_sent(event: Event, clock: Any) -> None:
    row = someone(event)
    clock.move_to(before(minutes=20))
    materialise_reminders()
    assert keys() == [f"reminder:{row.pk}:1h:0"]


def test_only_confirmed_people_of_published_events_with_an_hour_are_reminded(event: Event, clock: Any) -> None:
    gone = someone(event)
    cancel_registration(registration=gone)
    full = factories.EventFactory(day=dt.date(2026, 6, 17), capacity=1)
    confirmed, waiting = someone(full, 2), someone(full, 3)
    assert waiting.state == RegistrationState.WAITING
    for fields in ({"status": EventStatus.CANCELLED}, {"status": EventStatus.DRAFT}, {"hour": None}, {"day": None}):
        other = factories.unlimited_event(**({"day": dt.date(2026, 6, 17)} | fields))
        factories.RegistrationFactory(event=other)
    clock.move_to(before(hours=2))
    materialise_reminders()
    assert keys() == [f"reminder:{confirmed.pk}:24h:0"]


def test_an_event_of_its_own_stages_uses_them(event: Event, clock: Any) -> None:
    factories.ReminderStageFactory(code="24h", event=event, minutes_before=48 * 60)
    factories.ReminderStageFactory(code="1h", event=event, is_active=False)
    row = someone(event)
    clock.move_to(before(hours=47))
    materialise_reminders()
    clock.move_to(before(minutes=10))
    materialise_reminders()
    assert keys() == [f"reminder:{row.pk}:24h:0"]


def test_moved_event_arms_again_and_the_old_reminder_is_left_out(event: Event, clock: Any) -> None:
    row = someone(event)
    clock.move_to(before(hours=20))
    materialise_reminders()
    old = last("events.reminder")
    Event.objects.filter(pk=event.pk).update(
        starts_at=START + dt.timedelta(days=7), ends_at=None, start_revision=1, sequence=1
    )
    assert materialise_reminders() == 0
    clock.move_to(START + dt.timedelta(days=6, hours=1))
    assert materialise_reminders() == 1
    assert keys() == [f"reminder:{row.pk}:24h:0", f"reminder:{row.pk}:24h:1"]
    assert isinstance(compose(old), NotWanted)


def test_reminder_says_how_near_it_is_and_carries_the_link(event: Event, clock: Any) -> None:
    someone(event)
    clock.move_to(before(hours=24))
    materialise_reminders()
    day_before = compose(last("events.reminder"))
    clock.move_to(before(hours=1))
    materialise_reminders()
    hour_before = compose(last("events.reminder"))
    assert isinstance(day_before, Mail)
    assert isinstance(hour_before, Mail)
    assert day_before.subject == f"Es mañana: {event.title}"
    assert hour_before.subject == f"Empieza en poco tiempo: {event.title}"
    assert event.meeting_url in hour_before.text
    assert "11:00 a 12:00 h, hora del centro de México (UTC−6)" in hour_before.text


def test_reminder_that_waited_gives_way_to_the_later_one(event: Event, clock: Any) -> None:
    someone(event)
    clock.move_to(before(hours=24))
    materialise_reminders()
    waited = last("events.reminder")
    clock.move_to(before(hours=1))
    materialise_reminders()
    assert isinstance(compose(waited), NotWanted)
    assert isinstance(compose(last("events.reminder")), Mail)


@pytest.mark.parametrize("what", ["registration cancelled", "event cancelled", "event began"])
def test_reminder_is_not_wanted_once_it_lost_its_sense(event: Event, clock: Any, what: str) -> None:
    row = someone(event)
    clock.move_to(before(hours=1))
    materialise_reminders()
    if what == "registration cancelled":
        cancel_registration(registration=row)
    elif what == "event cancelled":
        Event.objects.filter(pk=event.pk).update(status=EventStatus.CANCELLED)
    else:
        clock.move_to(START)
    assert isinstance(compose(last("events.reminder")), NotWanted)


def test_moved_event_tells_everyone_once_for_each_revision(event: Event, clock: Any) -> None:
    rows = [someone(event, number) for number in range(3)]
    cancel_registration(registration=rows[0])
    event.sequence = 1
    for _time in range(2):
        notices.queue_moved(event, by=None)
    event.sequence = 2
    event.save(update_fields=["sequence"])
    notices.queue_moved(event, by=None)
    found = Message.objects.filter(kind="events.moved").order_by("pk").values_list("dedupe_key", flat=True)
    assert set(found) == {f"moved:{row.pk}:{sequence}" for row in rows[1:] for sequence in (1, 2)}
    assert {row.due_at for row in Message.objects.filter(kind="events.moved")} == {
        before(days=3) + notices.SECOND_THOUGHTS
    }
    assert isinstance(compose(Message.objects.get(dedupe_key=f"moved:{rows[1].pk}:1")), NotWanted)
    newest = compose(Message.objects.get(dedupe_key=f"moved:{rows[1].pk}:2"))
    assert isinstance(newest, Mail)
    assert newest.subject == f"Cambió la fecha o el lugar: {event.title}"


def test_cancelled_event_tells_everyone_why_and_empties_calendars(event: Event, clock: Any) -> None:
    someone(event)
    Event.objects.filter(pk=event.pk).update(
        status=EventStatus.CANCELLED, cancellation_reason="Alerta por lluvia", sequence=4
    )
    event.refresh_from_db()
    notices.queue_cancelled(event, by=None)
    mail = compose(last("events.cancelled"))
    assert isinstance(mail, Mail)
    assert "Motivo: Alerta por lluvia" in mail.text
    ((name, content, media_type),) = mail.attachments
    assert (name, media_type) == ("evento.ics", "text/calendar; method=CANCEL")
    assert b"METHOD:CANCEL" in content
    assert b"STATUS:CANCELLED" in content
    assert b"SEQUENCE:4" in content
    assert isinstance(compose(last("events.registration")), NotWanted)


def test_people_of_one_mailing_get_what_each_would_get_alone(event: Event, clock: Any) -> None:
    """The text is written once for all of them; names, links and calendar stamps are each person's own."""
    Event.objects.filter(pk=event.pk).update(meeting_url="https://reunion.example/sala")
    names = ("Ana <b>Ríos</b> & Cía.", "José {nombre}", "Ana <b>Ríos</b> & Cía.")
    for number, name in enumerate(names):
        row = someone(event, number)
        moment = START - dt.timedelta(days=2, minutes=number)
        Registration.objects.filter(pk=row.pk).update(name=name, confirmed_at=moment, created_at=moment)
    clock.move_to(before(hours=1))
    assert materialise_reminders() == 3
    messages = list(Message.objects.filter(kind="events.reminder").order_by("pk"))
    alone = [compose(message) for message in messages]
    with mailing.together():
        together = [compose(message) for message in messages]
    for one, other, message, name in zip(alone, together, messages, names, strict=True):
        assert isinstance(one, Mail)
        assert isinstance(other, Mail)
        assert (one.subject, one.text, one.html) == (other.subject, other.text, other.html)
        assert one.attachments == other.attachments
        assert f"Hola, {name}:" in other.text
        assert escape(name) in other.html
        assert Registration.objects.get(pk=message.params["registration"]).token in other.text
    assert len({mail.attachments[0][1] for mail in together if isinstance(mail, Mail)}) == 3
    assert len({mail.text for mail in together if isinstance(mail, Mail)}) == 3


def test_mailing_asks_for_what_is_common_once(event: Event, clock: Any) -> None:
    for number in range(4):
        someone(event, number)
    clock.move_to(before(hours=1))
    materialise_reminders()
    messages = list(Message.objects.filter(kind="events.reminder"))
    asked = []
    with mailing.together():
        for message in messages:
            with CaptureQueriesContext(connection) as queries:
                compose(message)
            asked.append(len(queries))
    assert asked == [6, 2, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_lose_and_repeat_nothing(event: Event, clock: Any) -> None:
    rows = [someone(event, number) for number in range(60)]
    clock.move_to(before(hours=1))
    start = threading.Barrier(2)
    errors: list[BaseException] = []

    def tick() -> None:
        try:
            start.wait(20)
            materialise_reminders()
        except BaseException as error:  # shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _clock in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sorted(keys()) == sorted(f"reminder:{row.pk}:1h:0" for row in rows)
