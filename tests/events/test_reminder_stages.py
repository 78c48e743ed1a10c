"""Which stage reaches whom and when: of all events, of a format, of one event; before, during and after it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.enums import EventStatus
from events.models import Event, Registration, ReminderStage
from events.services.editing import save_event
from events.services.reminders import materialise_reminders
from outbox import registry
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
START = dt.datetime(2026, 6, 17, 17, 0, tzinfo=dt.UTC)  # 11:00 in Mexico City
END = START + dt.timedelta(hours=1)
DAY = 24 * 60


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stands at three days before the start; ``clock.move_to`` moves it."""
    with time_machine.travel(START - dt.timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_stages(clock: Any) -> None:
    """The defaults are looked at by one test, and stand in the way of the others."""
    ReminderStage.objects.all().delete()


@pytest.fixture
def event(clock: Any) -> Event:
    return factories.unlimited_event(day=dt.date(2026, 6, 17))


def stage(code: str, minutes: int, anchor: str = "start", **fields: Any) -> ReminderStage:
    return factories.ReminderStageFactory(code=code, anchor=anchor, offset_minutes=minutes, **fields)


def someone(event: Event, **fields: Any) -> Registration:
    return factories.RegistrationFactory(event=event, **fields)


def came(registration: Registration) -> None:
    factories.AttendanceFactory(event=registration.event, person=registration.person, registration=registration)


def told() -> set[tuple[int, str]]:
    """(registration, stage) of every reminder queued so far."""
    found = Message.objects.filter(kind__in=["events.reminder", "events.follow_up"]).values_list("params", flat=True)
    return {(params["registration"], params["stage"]) for params in found}


def compose(message: Message) -> Mail | NotWanted:
    kind = registry.kind(message.kind)
    assert kind is not None
    assert kind.composer is not None
    return kind.composer(message.params, message.language)


def last() -> Message:
    return Message.objects.latest("pk")


# --- Which stage stands in for which


def test_stage_of_the_event_stands_in_for_its_formats_and_that_for_the_common_one(event: Event, clock: Any) -> None:
    same_format = factories.unlimited_event(day=dt.date(2026, 6, 17), format=event.format)
    other_format = factories.unlimited_event(day=dt.date(2026, 6, 17), format=factories.FormatFactory(code="other"))
    assert event.format_id != other_format.format_id
    stage("first", -60)
    stage("first", -2 * 60, format=event.format)
    stage("first", -3 * 60, event=event)
    rows = {one.pk: someone(one).pk for one in (event, same_format, other_format)}
    found = []
    for hours in (3, 2, 1):
        clock.move_to(START - dt.timedelta(hours=hours))
        materialise_reminders()
        found.append({pk for pk, _code in told()})
    assert found == [
        {rows[event.pk]},
        {rows[event.pk], rows[same_format.pk]},
        set(rows.values()),
    ]


def test_stage_that_a_format_switched_off_is_not_sent_in_its_events(event: Event, clock: Any) -> None:
    other = factories.unlimited_event(day=dt.date(2026, 6, 17), format=factories.FormatFactory(code="other"))
    stage("first", -60)
    stage("first", -60, format=event.format, is_active=False)
    someone(event)
    row = someone(other)
    clock.move_to(START - dt.timedelta(minutes=30))
    materialise_reminders()
    assert told() == {(row.pk, "first")}


def test_event_may_have_a_stage_that_no_other_has(event: Event, clock: Any) -> None:
    someone(factories.unlimited_event(day=dt.date(2026, 6, 17)))
    stage("bring-your-plan", -2 * DAY, event=event)
    row = someone(event)
    clock.move_to(START - dt.timedelta(days=1))
    materialise_reminders()
    assert told() == {(row.pk, "bring-your-plan")}


# --- Whom a stage reaches


def test_stage_of_one_modality_asks_hybrid_events_how_each_person_attends(clock: Any) -> None:
    day = dt.date(2026, 6, 17)
    online, on_site, hybrid = (
        factories.unlimited_event(day=day, modality=m) for m in ("virtual", "in-person", "hybrid")
    )
    stage("link", -60, modality="virtual")
    by_event = someone(online)
    someone(on_site)
    chosen = {modality: someone(hybrid, modality=modality).pk for modality in ("virtual", "in-person", "")}
    clock.move_to(START - dt.timedelta(minutes=30))
    materialise_reminders()
    assert told() == {(by_event.pk, "link"), (chosen["virtual"], "link"), (chosen[""], "link")}


def test_who_registers_late_gets_the_latest_stage_that_reaches_them(clock: Any) -> None:
    event = factories.unlimited_event(day=dt.date(2026, 6, 17), modality="hybrid")
    stage("day", -DAY)
    stage("link", -60, modality="virtual")
    online, on_site = someone(event, modality="virtual"), someone(event, modality="in-person")
    clock.move_to(START - dt.timedelta(minutes=30))
    materialise_reminders()
    assert told() == {(online.pk, "link"), (on_site.pk, "day")}


def test_waiting_list_has_its_own_stage_and_is_promised_nothing(event: Event, clock: Any) -> None:
    stage("day", -DAY)
    stage("line", -DAY, audience="waiting")
    place, waits = someone(event), someone(event, state="waiting")
    someone(event, state="cancelled")
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    assert told() == {(place.pk, "day"), (waits.pk, "line")}
    mail = compose(Message.objects.get(params__registration=waits.pk))
    assert isinstance(mail, Mail)
    assert "Sigue en la lista de espera" in mail.text
    assert event.meeting_url not in mail.text
    assert mail.attachments == []


def test_waiting_person_who_got_a_seat_is_not_told_that_they_wait(event: Event, clock: Any) -> None:
    stage("line", -DAY, audience="waiting")
    waits = someone(event, state="waiting")
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    Registration.objects.filter(pk=waits.pk).update(state="confirmed")
    assert isinstance(compose(last()), NotWanted)


def test_person_without_an_address_is_reached_by_none(event: Event, clock: Any) -> None:
    stage("day", -DAY)
    someone(event, email="")
    clock.move_to(START - dt.timedelta(hours=3))
    assert materialise_reminders() == 0


# --- After the end


def test_thanks_go_to_who_attended_once_attendance_was_taken(event: Event, clock: Any) -> None:
    stage("thanks", DAY, "end", audience="attended")
    stage("missed", DAY, "end", audience="absent")
    present, away, in_line = someone(event), someone(event), someone(event, state="waiting")
    let_in = someone(event, state="waiting")
    clock.move_to(END)
    came(present)
    came(let_in)
    assert materialise_reminders() == 0
    clock.move_to(END + dt.timedelta(days=1))
    materialise_reminders()
    assert told() == {(present.pk, "thanks"), (let_in.pk, "thanks"), (away.pk, "missed")}
    assert in_line.pk not in {pk for pk, _code in told()}


def test_thanks_go_to_the_confirmed_where_no_attendance_was_taken(event: Event, clock: Any) -> None:
    stage("thanks", DAY, "end", audience="attended")
    stage("missed", DAY, "end", audience="absent")
    row = someone(event)
    someone(event, state="waiting")
    clock.move_to(END + dt.timedelta(days=1))
    materialise_reminders()
    assert told() == {(row.pk, "thanks")}


def test_who_is_written_down_late_is_thanked_for_some_days(event: Event, clock: Any) -> None:
    stage("thanks", DAY, "end", audience="attended")
    first, second, third = someone(event), someone(event), someone(event)
    for moment, row in ((2, first), (7.9, second), (8, third)):
        clock.move_to(END + dt.timedelta(days=moment))
        came(row)
        materialise_reminders()
    assert told() == {(first.pk, "thanks"), (second.pk, "thanks")}


@pytest.mark.parametrize(("is_present", "says"), [(True, "Gracias por participar"), (False, "Gracias por inscribirse")])
def test_thanks_name_what_the_session_left(event: Event, clock: Any, is_present: bool, says: str) -> None:
    stage("thanks", 0, "end", audience="attended")
    row = someone(event)
    clock.move_to(END + dt.timedelta(minutes=1))
    if is_present:
        came(row)
    factories.MaterialFactory(event=event, kind="slides", title="Láminas de la sesión")
    factories.MaterialFactory(event=event, kind="reference", title="Lectura previa")
    materialise_reminders()
    message = last()
    mail = compose(message)
    assert isinstance(mail, Mail)
    assert (message.kind, message.expires_at) == ("events.follow_up", END + dt.timedelta(days=7))
    assert says in mail.text
    assert "Láminas de la sesión" in mail.text
    assert "Lectura previa" not in mail.text
    assert f"/eventos/{event.slug}/" in mail.text
    assert "/biblioteca/" in mail.text
    assert event.meeting_url not in mail.text + mail.html
    assert mail.attachments == []


def test_cancelled_event_thanks_nobody(event: Event, clock: Any) -> None:
    stage("thanks", 0, "end", audience="attended")
    someone(event)
    clock.move_to(END)
    materialise_reminders()
    Event.objects.filter(pk=event.pk).update(status=EventStatus.CANCELLED)
    assert isinstance(compose(last()), NotWanted)
    Message.objects.all().delete()
    assert materialise_reminders() == 0


def test_event_without_an_hour_has_no_timed_reminder_and_is_followed_up_by_its_day(clock: Any) -> None:
    event = factories.unlimited_event(day=dt.date(2026, 6, 17), hour=None)
    stage("day", -DAY)
    stage("begun", 0)
    stage("thanks", 60, "end", audience="attended")
    row = someone(event)
    midnight = dt.datetime(2026, 6, 18, 6, 0, tzinfo=dt.UTC)
    found = []
    for moment in (START - dt.timedelta(hours=2), END, midnight, midnight + dt.timedelta(hours=1)):
        clock.move_to(moment)
        found.append(materialise_reminders())
    assert found == [0, 0, 0, 1]
    assert told() == {(row.pk, "thanks")}
    assert isinstance(compose(last()), Mail)


# --- During the event, and after a stop


def test_stage_after_the_start_says_that_it_began_and_ends_with_the_event(event: Event, clock: Any) -> None:
    stage("begun", 10)
    someone(event)
    clock.move_to(START + dt.timedelta(minutes=10))
    materialise_reminders()
    mail = compose(last())
    assert isinstance(mail, Mail)
    assert mail.subject == f"Ya empezó: {event.title}"
    someone(event)
    clock.move_to(END)
    assert materialise_reminders() == 0


def test_after_a_stop_nothing_stale_is_sent(event: Event, clock: Any) -> None:
    stage("week", -7 * DAY)
    stage("day", -DAY)
    stage("begun", 0)
    stage("thanks", DAY, "end", audience="attended")
    row = someone(event)
    clock.move_to(END + dt.timedelta(days=2))
    materialise_reminders()
    assert told() == {(row.pk, "thanks")}
    Message.objects.all().delete()
    clock.move_to(END + dt.timedelta(days=8))
    assert materialise_reminders() == 0


def test_event_moved_to_another_day_follows_up_that_day_once(event: Event, clock: Any) -> None:
    stage("day", -DAY)
    stage("thanks", DAY, "end", audience="attended")
    row = someone(event)
    clock.move_to(START - dt.timedelta(hours=2))
    materialise_reminders()
    save_event(event=event, data={"first_day": dt.date(2026, 6, 24), "last_day": dt.date(2026, 6, 24)}, by=None)
    clock.move_to(END + dt.timedelta(days=2))
    assert materialise_reminders() == 0
    clock.move_to(START + dt.timedelta(days=6, hours=1))
    materialise_reminders()
    clock.move_to(END + dt.timedelta(days=8))
    materialise_reminders()
    keys = Message.objects.filter(dedupe_key__startswith="reminder:").order_by("pk")
    assert list(keys.values_list("dedupe_key", flat=True)) == [
        f"reminder:{row.pk}:day:0",
        f"reminder:{row.pk}:day:1",
        f"reminder:{row.pk}:thanks:1",
    ]


def test_reminder_that_waits_is_left_out_once_its_stage_is_switched_off(event: Event, clock: Any) -> None:
    common = stage("day", -DAY)
    someone(event)
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    assert isinstance(compose(last()), Mail)
    own = stage("day", -DAY, event=event, is_active=False)
    assert isinstance(compose(last()), NotWanted)
    own.delete()
    common.delete()
    assert isinstance(compose(last()), NotWanted)


def test_stage_remembers_when_it_was_used_last(event: Event, clock: Any) -> None:
    used, idle = stage("day", -DAY), stage("week", -7 * DAY)
    someone(event)
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    clock.move_to(START - dt.timedelta(hours=2))
    materialise_reminders()
    used.refresh_from_db()
    idle.refresh_from_db()
    assert (used.last_used_at, idle.last_used_at) == (START - dt.timedelta(hours=3), None)


# --- What it costs


def queries() -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        materialise_reminders()
    return len(captured)


def test_looking_for_reminders_costs_the_same_with_many_events(event: Event, clock: Any) -> None:
    """Three queries where nothing is due and four where all that is due was queued, with own stages as without."""
    stage("week", -7 * DAY)
    stage("day", -DAY)
    stage("thanks", DAY, "end", audience="attended")
    not_due = [factories.unlimited_event(day=dt.date(2026, 6, 18)) for _event in range(3)]
    for one in (event, *not_due):
        someone(one)
    clock.move_to(START - dt.timedelta(days=6, hours=23))
    materialise_reminders()
    nothing_new = queries()
    for _event in range(20):
        one = factories.unlimited_event(day=dt.date(2026, 6, 17))
        stage("day", -2 * DAY, event=one)
        stage(f"own-{one.pk}", -5 * DAY, event=one)
        someone(one)
    materialise_reminders()
    assert (nothing_new, queries()) == (4, 4)
    Event.objects.filter(first_day=dt.date(2026, 6, 17)).update(status=EventStatus.CANCELLED)
    assert queries() == 3
    Event.objects.update(status=EventStatus.CANCELLED)
    assert queries() == 2
    ReminderStage.objects.update(is_active=False)
    assert queries() == 1


def test_common_defaults_come_with_the_database(event: Event) -> None:
    """As the migration writes them; what it says is what the pages show."""
    from importlib import import_module

    from django.apps import apps

    import_module("events.migrations.0002_default_reminder_stages").add_defaults(apps, None)
    stages = ReminderStage.objects.of_all()
    assert [(row.code, row.when_label, row.audience) for row in stages] == [
        ("7d", "7 días antes del inicio", "confirmed"),
        ("24h", "1 día antes del inicio", "confirmed"),
        ("1h", "1 hora antes del inicio", "confirmed"),
        ("thanks", "1 día después del término", "attended"),
    ]
