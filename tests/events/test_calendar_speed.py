"""The calendar's cost follows the events that it shows: neither all events nor any registration. By plans, not by the
clock."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.enums import RegistrationState
from events.models import Event, Registration
from events.services.entries import rewrite_entries
from network.models import Person
from tests import factories
from web import identity

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
ADDRESSES = {  # with the most queries that each may make
    "/calendario/?mes=2026-11": 3,
    "/calendario/?vista=semana&semana=2026-W46": 3,
    "/calendario/?vista=anio&anio=2026": 3,
    "/calendario/?vista=lista&cuando=todos": 5,
    "/calendario.ics": 2,
}


@pytest.fixture
def many_events() -> list[Event]:
    """Some 2,000 events over ten years, thirty of them in the month looked at."""
    first = factories.EventFactory(day=dt.date(2020, 1, 1), municipality=factories.MunicipalityFactory())
    made = []
    for number in range(2000):
        day = dt.date(2020, 1, 1) + dt.timedelta(days=2 * number)
        made.append(
            Event(
                title=f"Evento {number}", slug=f"evento-{number}", format=first.format, pathway=first.pathway,
                modality=first.modality, municipality=first.municipality, status="published", first_day=day,
                last_day=day + dt.timedelta(days=3 if number % 50 == 0 else 0),
            )
        )  # fmt: skip
    Event.objects.bulk_create(made)
    analyse()
    return list(Event.objects.within(FIRST, LAST))


def analyse() -> None:
    """Let the database know how many rows there are, as it finds out by itself in service."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def register_many(events: list[Event]) -> None:
    people = Person.objects.bulk_create([Person(name=f"Persona {number}") for number in range(300)])
    rows = []
    for event in events:
        pool = event.seat_pools.create(capacity=200)
        for number, person in enumerate(people):
            state = RegistrationState.CONFIRMED if number < 200 else RegistrationState.WAITING
            rows.append(Registration(event=event, person=person, seat_pool=pool, state=state, name=person.name))
    Registration.objects.bulk_create(rows, batch_size=1000)
    analyse()


def walks_through(table: str, plan: str) -> bool:
    """Whether the plan reads the whole table: PostgreSQL's words, and SQLite's."""
    return f"Seq Scan on {table}" in plan or f"SCAN {table}\n" in f"{plan}\n"


def test_events_of_a_month_are_found_by_index_among_all_years(many_events: list[Event]) -> None:
    assert len(many_events) == 15
    plan = Event.objects.public().within(FIRST, LAST).order_by().explain()
    assert not walks_through("events_event", plan), plan
    assert "events_event_day" in plan
    assert "events_event_several_days" in plan


def test_event_of_several_days_that_began_before_is_within() -> None:
    factories.EventFactory(title="Antes", day=dt.date(2026, 10, 30), hour=None, last_day=dt.date(2026, 11, 1))
    factories.EventFactory(title="Después", day=dt.date(2026, 11, 30), hour=None, last_day=dt.date(2026, 12, 9))
    factories.EventFactory(title="Encima", day=dt.date(2026, 10, 1), hour=None, last_day=dt.date(2026, 12, 31))
    factories.EventFactory(title="Fuera", day=dt.date(2026, 10, 1), hour=None, last_day=dt.date(2026, 10, 31))
    factories.EventFactory(title="Sin día", day=None)
    found = Event.objects.within(FIRST, LAST).order_by("title").values_list("title", flat=True)
    assert list(found) == ["Antes", "Después", "Encima"]


def test_pages_and_feeds_do_not_cost_more_where_many_are_registered(client: Client, many_events: list[Event]) -> None:
    rewrite_entries()
    identity.current()
    assert {address: queries(client, address) for address in ADDRESSES} == ADDRESSES
    register_many(many_events)
    assert {address: queries(client, address) for address in ADDRESSES} == ADDRESSES
    public = Event.objects.public().order_by("first_day").with_room()
    for rows in (public.within(FIRST, LAST), public[:25]):
        plan = rows.explain()
        assert "events_registration" in plan
        assert not walks_through("events_registration", plan), plan


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_month_of_200_events_stays_light(client: Client) -> None:
    first: Any = factories.EventFactory(title="Uno", day=dt.date(2026, 11, 1))
    Event.objects.bulk_create(
        Event(
            title=f"Taller de infraestructura verde y captación de lluvia {number}", format=first.format,
            slug=f"taller-de-infraestructura-verde-y-captacion-de-lluvia-{number}", pathway=first.pathway,
            modality="virtual", status="published", first_day=(day := dt.date(2026, 11, 1 + number % 30)), last_day=day,
        )
        for number in range(200)
    )  # fmt: skip
    region = factories.RegionFactory()
    for number in range(125):
        factories.MunicipalityFactory(name=f"Municipio de prueba {number}", region=region)
    page = client.get("/calendario/?mes=2026-11").content
    assert len(page) <= 60 * 1024, f"{len(page) / 1024:.0f} KB"
