"""Events as iCalendar, read back by two parsers."""

import datetime as dt
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from events import ical
from events.enums import EventStatus
from events.models import Event
from network.enums import Modality
from tests import factories

pytestmark = pytest.mark.django_db
URL = "https://red.example/eventos/uno/"


def written(event: Event, **more: Any) -> icalendar.Event:
    content = ical.calendar([ical.entry(event, url=URL, host="red.example", **more)])
    (found,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert isinstance(found, icalendar.Event)
    return found


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (dt.date(2026, 6, 17), dt.datetime(2026, 6, 17, 17, 0, tzinfo=dt.UTC)),
        (dt.date(2020, 6, 17), dt.datetime(2020, 6, 17, 16, 0, tzinfo=dt.UTC)),
    ],
)
def test_eleven_in_mexico_city_is_the_right_moment_for_two_parsers(day: dt.date, utc: dt.datetime) -> None:
    event = factories.EventFactory(day=day, hour=11)
    content = ical.calendar([ical.entry(event, url=URL, host="red.example")])
    (found,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert found.decoded("dtstart") == utc
    (occurring,) = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).at(utc.date())
    assert occurring["DTSTART"].dt == utc
    assert occurring["DTEND"].dt == utc + dt.timedelta(hours=1)


def test_moments_are_written_in_utc_whatever_zone_they_come_in() -> None:
    event = factories.EventFactory()
    event.starts_at = dt.datetime(2026, 6, 17, 11, tzinfo=dt.timezone(dt.timedelta(hours=-6), "CST"))
    event.ends_at = event.starts_at + dt.timedelta(hours=1)
    found = written(event)
    assert found["dtstart"].to_ical() == b"20260617T170000Z"
    assert found["dtend"].to_ical() == b"20260617T180000Z"


def test_entry_has_one_identity_and_says_how_often_it_changed() -> None:
    event = factories.EventFactory(sequence=7, revised_at=dt.datetime(2026, 11, 2, 15, 4, 5, tzinfo=dt.UTC))
    found = written(event)
    assert str(found["uid"]) == f"{event.uid}@red.example"
    assert found["sequence"] == 7
    assert found.decoded("last-modified") == found.decoded("dtstamp") == event.revised_at
    assert str(found["status"]) == "CONFIRMED"
    assert str(found["url"]) == URL
    assert "organizer" not in found


def test_the_same_event_gives_the_same_bytes() -> None:
    event = factories.EventFactory()
    first, second = (ical.calendar([ical.entry(event, url=URL, host="red.example")]) for _time in range(2))
    assert first == second


def test_day_without_hour_is_all_day_and_ends_after_the_last_day() -> None:
    event = factories.EventFactory(day=dt.date(2027, 1, 7), hour=None, last_day=dt.date(2027, 1, 9))
    found = written(event)
    assert found.decoded("dtstart") == dt.date(2027, 1, 7)
    assert found.decoded("dtend") == dt.date(2027, 1, 10)


def test_event_without_a_day_is_no_entry() -> None:
    event = factories.EventFactory(day=None)
    assert ical.entry(event, url=URL, host="red.example") is None
    content = ical.calendar([None])
    assert icalendar.Calendar.from_ical(content).walk("VEVENT") == []


def test_cancelled_event_stays_as_cancelled_with_its_reason() -> None:
    event = factories.EventFactory(status=EventStatus.CANCELLED, cancellation_reason="Alerta por lluvia")
    found = written(event)
    assert str(found["status"]) == "CANCELLED"
    assert str(found["description"]).startswith("Cancelado: Alerta por lluvia")


def test_meeting_link_only_where_it_is_given() -> None:
    event = factories.EventFactory(modality=Modality.VIRTUAL)
    public = ical.calendar([ical.entry(event, url=URL, host="red.example")])
    assert b"videollamada.example" not in public.replace(b"\r\n ", b"")
    own = written(event, meeting_url=event.meeting_url)
    assert str(own["location"]) == event.meeting_url
    assert event.meeting_url in str(own["description"])


def test_place_is_venue_address_and_municipality() -> None:
    town = factories.MunicipalityFactory(name="Toluca")
    event = factories.EventFactory(
        modality=Modality.IN_PERSON, venue="Casa de Cultura", address="Calle 1", municipality=town, meeting_url=""
    )
    assert str(written(event)["location"]) == "Casa de Cultura, Calle 1, Toluca"


def test_typed_text_cannot_add_lines_of_its_own() -> None:
    event = factories.EventFactory()
    event.title = "Uno\r\nATTENDEE:mailto:x@y.example\x00"  # not stored: PostgreSQL refuses NUL, SQLite does not
    event.summary = "línea\r\nURL:https://mala.example\x07;,\\"
    content = ical.calendar([ical.entry(event, url=URL, host="red.example")])
    (found,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert "attendee" not in found
    assert str(found["url"]) == URL
    assert str(found["summary"]) == "Uno ATTENDEE:mailto:x@y.example"
    assert "línea\nURL:https://mala.example;,\\" in str(found["description"])


def test_feed_has_a_name_and_says_how_often_to_ask() -> None:
    feed = icalendar.Calendar.from_ical(ical.calendar([], name="La red"))
    assert (str(feed["x-wr-calname"]), str(feed["method"])) == ("La red", "PUBLISH")
    assert feed.decoded("refresh-interval") == dt.timedelta(hours=1)
