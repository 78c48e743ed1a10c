"""Two independent parsers read every feed to the same times, and see what changed."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from events.models import Event
from events.services import editing
from network.enums import Modality
from tests import factories
from tests.events.parsers import Read, read_by_ical_js, read_by_icalendar
from tests.live import ROOT

pytestmark = pytest.mark.django_db

MEXICO, MADRID, CHICAGO = "America/Mexico_City", "Europe/Madrid", "America/Chicago"
UTC = dt.UTC
# Wall times as staff type them, and the moments (or days) that they are.
TIMES: dict[str, tuple[dict[str, Any], dt.date, dt.date]] = {
    "Verano de 2020": (
        {"first_day": dt.date(2020, 6, 17), "start_time": dt.time(11), "end_time": dt.time(13), "time_zone": MEXICO},
        dt.datetime(2020, 6, 17, 16, tzinfo=UTC), dt.datetime(2020, 6, 17, 18, tzinfo=UTC),
    ),
    "Último verano, 2022": (
        {"first_day": dt.date(2022, 10, 29), "start_time": dt.time(11), "end_time": dt.time(12), "time_zone": MEXICO},
        dt.datetime(2022, 10, 29, 16, tzinfo=UTC), dt.datetime(2022, 10, 29, 17, tzinfo=UTC),
    ),
    "Al día siguiente, 2022": (
        {"first_day": dt.date(2022, 10, 31), "start_time": dt.time(11), "end_time": dt.time(12), "time_zone": MEXICO},
        dt.datetime(2022, 10, 31, 17, tzinfo=UTC), dt.datetime(2022, 10, 31, 18, tzinfo=UTC),
    ),
    "Sin horario de verano, 2026": (
        {"first_day": dt.date(2026, 6, 17), "start_time": dt.time(11), "end_time": dt.time(12), "time_zone": MEXICO},
        dt.datetime(2026, 6, 17, 17, tzinfo=UTC), dt.datetime(2026, 6, 17, 18, tzinfo=UTC),
    ),
    "Madrid en verano": (
        {"first_day": dt.date(2026, 7, 1), "start_time": dt.time(17), "end_time": dt.time(18), "time_zone": MADRID},
        dt.datetime(2026, 7, 1, 15, tzinfo=UTC), dt.datetime(2026, 7, 1, 16, tzinfo=UTC),
    ),
    "Chicago, la noche en que el reloj se adelanta": (
        {"first_day": dt.date(2026, 3, 7), "start_time": dt.time(22), "last_day": dt.date(2026, 3, 8),
         "end_time": dt.time(4), "time_zone": CHICAGO},
        dt.datetime(2026, 3, 8, 4, tzinfo=UTC), dt.datetime(2026, 3, 8, 9, tzinfo=UTC),
    ),
    "Chicago, la hora que se repite": (
        {"first_day": dt.date(2026, 11, 1), "start_time": dt.time(1, 30), "end_time": dt.time(3), "time_zone": CHICAGO},
        dt.datetime(2026, 11, 1, 6, 30, tzinfo=UTC), dt.datetime(2026, 11, 1, 9, tzinfo=UTC),
    ),
    "Sin hora": (
        {"first_day": dt.date(2026, 5, 5)}, dt.date(2026, 5, 5), dt.date(2026, 5, 6),
    ),
    "Varios días sin hora": (
        {"first_day": dt.date(2026, 12, 30), "last_day": dt.date(2027, 1, 2)},
        dt.date(2026, 12, 30), dt.date(2027, 1, 3),
    ),
    "Varios días con hora": (
        {"first_day": dt.date(2026, 9, 9), "start_time": dt.time(9), "last_day": dt.date(2026, 9, 11),
         "end_time": dt.time(14), "time_zone": MEXICO},
        dt.datetime(2026, 9, 9, 15, tzinfo=UTC), dt.datetime(2026, 9, 11, 20, tzinfo=UTC),
    ),
}  # fmt: skip


def program(title: str, **data: Any) -> Event:
    """An event made and published as staff do it."""
    values = {
        "title": title,
        "format": factories.FormatFactory(code="workshop", name="Taller, con coma; y más"),
        "pathway": factories.PathwayFactory(),
        "modality": Modality.VIRTUAL,
        "summary": "Primera línea\nsegunda, con coma; punto y coma y \\ barra.",
    }
    return editing.publish_event(event=editing.save_event(event=None, data=values | data, by=None), by=None)


def read(content: bytes) -> dict[str, Read]:
    """The entries by title, once both parsers read the same."""
    first, second = read_by_icalendar(content), read_by_ical_js(content)
    assert first == second
    return {entry.summary: entry for entry in first}


@pytest.fixture
def programme() -> dict[str, Event]:
    return {title: program(title, **data) for title, (data, _start, _end) in TIMES.items()}


def test_both_parsers_read_the_feed_to_the_moments_that_were_typed(client: Client, programme: dict[str, Event]) -> None:
    found = read(client.get("/calendario.ics").content)
    assert {title: (entry.start, entry.end) for title, entry in found.items()} == {
        title: (start, end) for title, (_data, start, end) in TIMES.items()
    }


def test_both_parsers_read_the_file_of_each_event_as_the_feed_has_it(
    client: Client, programme: dict[str, Event]
) -> None:
    feed = read(client.get("/en/calendario.ics").content)
    for title, event in programme.items():
        assert read(client.get(f"/en/eventos/{event.slug}.ics").content) == {title: feed[title]}


def test_both_parsers_see_a_higher_sequence_after_a_move_and_the_cancellation(client: Client) -> None:
    event = program("Se mueve", first_day=dt.date(2026, 12, 3), start_time=dt.time(11), end_time=dt.time(12))
    (before,) = read(client.get("/calendario.ics").content).values()
    later = {"first_day": dt.date(2026, 12, 4), "last_day": dt.date(2026, 12, 4), "time_zone": MADRID}
    event = editing.save_event(event=event, data=later, by=None)
    (moved,) = read(client.get("/calendario.ics").content).values()
    editing.cancel_event(event=event, reason="Alerta por lluvia", by=None)
    (cancelled,) = read(client.get("/calendario.ics").content).values()
    assert moved.start == dt.datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert before.sequence < moved.sequence < cancelled.sequence
    assert before.modified <= moved.modified <= cancelled.modified
    assert {before.uid} == {moved.uid, cancelled.uid}
    assert [entry.status for entry in (before, moved, cancelled)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_both_parsers_read_texts_and_place_as_they_were_written(client: Client) -> None:
    town = factories.MunicipalityFactory(name="San José del Rincón", seat_latitude="19.66", seat_longitude="-100.15")
    program(
        "Árbol 🌳 y agua; una «coma», y \\ barra", first_day=dt.date(2026, 12, 3), modality=Modality.HYBRID,
        venue="Casa de Cultura", municipality=town, title_en="",
    )  # fmt: skip
    (entry,) = read(client.get("/calendario.ics").content).values()
    assert entry.summary == "Árbol 🌳 y agua; una «coma», y \\ barra"
    assert entry.location == "Casa de Cultura, San José del Rincón"
    assert entry.geo == (19.66, -100.15)
    assert entry.description.startswith("Primera línea\nsegunda, con coma; punto y coma y \\ barra.\n\n")
    assert entry.categories[0] == "Taller, con coma; y más"


def test_parser_is_locked_by_its_content_and_by_no_host() -> None:
    lock = (ROOT / "tests" / "js" / "package-lock.json").read_text()
    assert "integrity" in lock
    assert "://" not in lock
