"""The lists that are asked for most read large tables by their indexes: by PostgreSQL's plans, not by the clock.

Every SELECT that a page makes is explained on a data set that is large enough for the planner to choose by itself; none
may read one of the large tables from end to end. What counts a whole (how many pages a list has, the figures of the
home page) reads all of it in any case and is not asked for here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench import data
from events.models import Event
from municipalities.models import Municipality
from outbox.drain import claim
from tests import factories
from web import identity

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
EVENTS, ACTIONS, REGISTRATIONS, PEOPLE, MESSAGES = 4000, 8000, 60_000, 40_000, 60_000
LARGE = (
    "events_event", "events_registration", "events_attendance", "actions_action", "network_person", "outbox_message",
)  # fmt: skip
SCAN = re.compile(rf"Seq Scan on ({'|'.join(LARGE)})\b")


@pytest.fixture(scope="module", autouse=True)
def large(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The data of the benchmark in small, for all tests of this file; taken back at its end."""
    with django_db_blocker.unblock():
        from django.db import transaction

        with transaction.atomic():
            patience = pytest.MonkeyPatch()
            patience.setattr(data, "PERSONS", PEOPLE)
            region = factories.RegionFactory()
            for number in range(125):
                factories.MunicipalityFactory(
                    region=region, cvegeo=f"15{number + 1:03}", name=f"Municipio {number}", slug=f"municipio-{number}"
                )
            factories.FormatFactory()
            factories.PathwayFactory()
            factories.SectorFactory()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
            data.make_events(EVENTS)
            data.make_actions(ACTIONS)
            data.make_registrations(REGISTRATIONS)
            data.make_attendances(REGISTRATIONS)
            send(MESSAGES)
            with connection.cursor() as cursor:  # what autovacuum does in service
                cursor.execute(
                    "SELECT gin_clean_pending_list(indexrelid) FROM pg_stat_user_indexes"
                    " WHERE indexrelname ~ '_(words|letters)$'"
                )
            yield
            patience.undo()
            transaction.set_rollback(True)


def send(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO outbox_message (state, kind, dedupe_key, to_email, language, params, message_id, due_at,
                                        created_at, next_attempt_at, sent_at, attempts)
            SELECT CASE WHEN n <= 200 THEN 'scheduled' ELSE 'sent' END, 'bench.note', 's:' || n,
                   'p' || n %% 20000 || '@banco.example', 'es', '{}', '<' || n || '@s>', t, t, t,
                   CASE WHEN n > 200 THEN t END, 1
            FROM generate_series(1, %s) AS n, LATERAL (SELECT now() - n * interval '30 seconds' AS t) AS moment
            """,
            [number],
        )
        cursor.execute("ANALYZE")


def plans(act: Callable[[], object]) -> list[str]:
    """The plan of every SELECT that this makes, with its statement."""
    with CaptureQueriesContext(connection) as made:
        act()
    found = []
    for query in made.captured_queries:
        sql = query["sql"]
        if sql.startswith(("SELECT", "UPDATE", "WITH")) and "COUNT(" not in sql.upper():
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
                found.append(sql + "\n" + "\n".join(line for (line,) in cursor.fetchall()))
    assert found
    return found


def whole_tables(act: Callable[[], object]) -> list[str]:
    return [plan for plan in plans(act) if SCAN.search(plan)]


MONTH = f"{data.FULL_MONTH:%Y-%m}"
PUBLIC = [
    f"/calendario/?vista=mes&mes={MONTH}",
    f"/calendario/?vista=semana&semana={data.FULL_MONTH:%G-W%V}",
    "/calendario/?vista=lista",
    "/calendario/?vista=lista&cuando=anteriores&pagina=2",
    f"/calendario/?vista=mes&mes={MONTH}&modalidad=virtual",
    "/calendario/?q=transversal",
    pytest.param(
        f"/calendario.ics?desde={MONTH}-01&hasta={MONTH}-31",
        marks=pytest.mark.xfail(reason="the range of the filters joins its two cases by OR", strict=True),
    ),
    "/acciones/",
    "/acciones/?q=ribera",
    "/municipios/municipio-7/",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_list_reads_by_index(address: str, client: Client) -> None:
    identity.current()
    assert whole_tables(lambda: get(client, address)) == []


STAFF = [
    "/gestion/eventos/",
    "/gestion/eventos/?q=cuencas",
    pytest.param(
        "/gestion/acciones/",
        marks=pytest.mark.xfail(reason="its order is computed from the state: no index has it", strict=True),
    ),
    "/gestion/acciones/?q=ribera",
    *(
        pytest.param(
            address, marks=pytest.mark.xfail(reason="it puts the actions of all municipalities together", strict=True)
        )
        for address in ("/gestion/acciones/tablero/", "/gestion/acciones/atrasadas/")
    ),
    "/gestion/personas/?q=p7777",
    "/gestion/correo/",
]


@pytest.mark.parametrize("address", STAFF)
def test_list_of_the_staff_reads_by_index(address: str, client: Client) -> None:
    client.force_login(factories.StaffFactory())
    assert whole_tables(lambda: get(client, address)) == []


@pytest.mark.parametrize("query", ["", "?q=persona", "?estado=confirmed"])
def test_registrations_of_an_event_are_read_by_index(query: str, client: Client) -> None:
    client.force_login(factories.StaffFactory())
    event = Event.objects.filter(first_day__gte=data.FULL_MONTH).earliest("pk")
    address = reverse("staff_event_registrations", args=[event.pk]) + query
    assert whole_tables(lambda: get(client, address)) == []


def test_actions_of_a_municipality_are_read_by_index(client: Client) -> None:
    place = Municipality.objects.get(slug="municipio-7")
    client.force_login(factories.liaison(place))
    assert whole_tables(lambda: get(client, "/mi-municipio/")) == []
    assert whole_tables(lambda: get(client, "/mi-municipio/acciones/")) == []


def test_claim_of_the_drain_reads_what_is_due_and_no_more() -> None:
    assert whole_tables(lambda: claim(100)) == []


def get(client: Client, address: str) -> None:
    answer = client.get(address, follow=False)
    assert answer.status_code == 200, (answer.status_code, address)


def test_the_look_itself_finds_a_table_that_is_read_from_end_to_end() -> None:
    assert whole_tables(lambda: list(Event.objects.filter(venue__endswith="z")[:5])) != []
