"""Large data, the same each time: ``python -m bench.data`` fills the database of ``DATABASE_URL`` and leaves it there.

Events spread over ten years, one month of them full; actions of every municipality in every state of review;
registrations and attendances in bulk. Events are written as the services leave them, what counts in millions by the
database itself: through the services a million rows would take an hour. The database is PostgreSQL, prepared
(``manage.py prepare``), and has *bench* in its name.
"""

import argparse
import os
import time as clock
from datetime import date, time, timedelta

import django

from bench.database import check_name
from bench.results import say

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection
from django.utils import timezone

from actions.enums import ActionKind, ActionStatus, ReviewState
from actions.models import Action
from events.enums import EventStatus, QuestionKind
from events.models import Event, Format, GuidingQuestion, RegistrationQuestion, SeatPool, Series
from events.services import editing
from events.services.entries import write_entries
from municipalities.models import Municipality
from network.enums import Modality
from network.models import Pathway, Sector
from web.search import search_text

FULL_MONTH = date(2027, 3, 1)
FULL_MONTH_EVENTS = 200
FIRST_DAY = date(2017, 1, 2)
PERSONS = 200_000
ACTION_STATES = (
    ReviewState.DRAFT,
    ReviewState.SUBMITTED,
    ReviewState.VALIDATED,
    ReviewState.PUBLISHED,
    ReviewState.PUBLISHED,
)
ACTION_TITLES = (
    "Huertos escolares con captación de lluvia",
    "Sustitución de luminarias del alumbrado público",
    "Ruta de separación y composta de residuos orgánicos",
    "Restauración de la ribera del río con especies nativas",
)
TITLES = (
    "Taller de inventarios municipales de gases de efecto invernadero",
    "Sesión del grupo de apoyo: infraestructura verde en cuencas urbanas",
    "Webinar sobre movilidad sustentable y calles completas",
    "Charla: residuos orgánicos y economía circular en mercados",
)


def make_events(number: int) -> Event:
    """So many published events; answers one that has every block, in the future."""
    formats = list(Format.objects.filter(is_individual=False))
    pathways = list(Pathway.objects.all())
    places = list(Municipality.objects.order_by("pk"))
    series = [Series.objects.create(title=f"Ciclo de prueba {index}", slug=f"ciclo-{index}") for index in range(40)]
    rows = [
        _event(index, number, formats, pathways, places, series) for index in range(number)
    ]  # as services/editing.py leaves them: moments, search text, published
    Event.objects.bulk_create(rows, batch_size=1000)
    stored = list(Event.objects.select_related("format", "pathway", "municipality", "series").order_by("pk"))
    for event in stored:
        event.search_text = search_text(event.title, event.topic, event.summary, event.format.name)
        write_entries(event)
    Event.objects.bulk_update(stored, ["search_text", "vevent_es", "vevent_en"], batch_size=500)
    SeatPool.objects.bulk_create([SeatPool(event=event, capacity=1000) for event in stored], batch_size=1000)
    whole = next(event for event in stored if event.first_day and event.first_day >= FULL_MONTH)
    for order in range(6):
        GuidingQuestion.objects.create(event=whole, order=order, text=f"¿Qué pregunta guía es la número {order + 1}?")
    RegistrationQuestion.objects.create(
        event=whole, kind=QuestionKind.TEXT, text="¿Qué espera de la sesión?", purpose="Para preparar el contenido."
    )
    return whole


def _event(index: int, number: int, formats, pathways, places, series) -> Event:
    if index < FULL_MONTH_EVENTS:
        day = FULL_MONTH + timedelta(days=index % 31)
    else:
        day = FIRST_DAY + timedelta(days=(index * 3650) // number)
    event = Event(
        title=f"{TITLES[index % len(TITLES)]} ({index + 1})",
        slug=f"evento-{index + 1}",
        format=formats[index % len(formats)],
        pathway=pathways[index % len(pathways)],
        municipality=places[index % len(places)],
        series=series[index % len(series)] if index % 3 == 0 else None,
        topic="Acción climática municipal",
        summary="Sesión de trabajo con personas servidoras públicas de los municipios. " * 4,
        objectives="Conocer el método\nPracticarlo con datos propios\nAcordar los siguientes pasos",
        modality=list(Modality.values)[index % 3],
        venue="Auditorio municipal",
        first_day=day,
        last_day=day,
        start_time=time(9 + index % 9, 0),
        end_time=time(11 + index % 9, 30),
        status=EventStatus.PUBLISHED,
        published_at=timezone.now(),
    )
    event.starts_at = editing.moment(day, event.start_time, event.time_zone)
    event.ends_at = editing.moment(day, event.end_time, event.time_zone)
    return event


def make_actions(number: int) -> None:
    """So many actions, spread over the municipalities, sectors and states of review; one in ten awaits a follow-up."""
    places = list(Municipality.objects.order_by("pk"))
    sectors, pathways = list(Sector.objects.order_by("pk")), list(Pathway.objects.order_by("pk"))
    Action.objects.bulk_create((_action(index, places, sectors, pathways) for index in range(number)), batch_size=1000)


def _action(index: int, places, sectors, pathways) -> Action:
    starts = FIRST_DAY + timedelta(days=index % 3650)
    state = ACTION_STATES[index % len(ACTION_STATES)]
    title = f"{ACTION_TITLES[index % len(ACTION_TITLES)]} ({index + 1})"
    reached = state != ReviewState.DRAFT
    return Action(
        title=title,
        slug=f"accion-{index + 1}",
        municipality=places[index % len(places)],
        kind=list(ActionKind.values)[index % len(ActionKind.values)],
        sector=sectors[index % len(sectors)],
        pathway=pathways[index % len(pathways)],
        description="Trabajos con la población y las áreas del ayuntamiento. " * 6,
        responsible_area="Dirección de Ecología",
        starts_on=starts,
        ends_on=starts + timedelta(days=365),
        status=list(ActionStatus.values)[index % len(ActionStatus.values)] if reached else ActionStatus.PLANNED,
        status_reason="Reprogramada con el área responsable." if reached else "",
        review_state=state,
        submitted_at=timezone.now() if reached else None,
        validated_at=timezone.now() if state in ACTION_STATES[2:] else None,
        published_at=timezone.now() - timedelta(minutes=index) if state == ReviewState.PUBLISHED else None,
        follow_up_due_on=starts + timedelta(days=90) if index % 10 == 0 else None,
        search_text=search_text(title, "población áreas del ayuntamiento"),
    )


def make_people() -> None:
    """Bring the people up to their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO network_person (name, email, sex, category, institution, position, phone, created_at)
            SELECT 'Persona ' || n, 'p' || n || '@prueba.example', '', '', '', '', '', now()
            FROM generate_series((SELECT count(*) FROM network_person) + 1, %s) AS n
            """,
            [PERSONS],
        )


def make_registrations(number: int) -> None:
    """Bring the confirmed registrations up to this number, spread evenly over the events, and the counters too."""
    make_people()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM events_registration")
        have = cursor.fetchone()[0]
        cursor.execute(
            """
            INSERT INTO events_registration
                (event_id, person_id, seat_pool_id, state, token, self_registered, name, email, email_normalised, sex,
                 category, institution, municipality_id, modality, language, created_at, confirmed_at, cancel_cause,
                 cancel_reason)
            SELECT e.id, p.id, s.id, 'confirmed', md5('t' || n), true, 'Persona ' || n, 'p' || n || '@prueba.example',
                   'p' || n || '@prueba.example', 'woman', 'academia', 'Universidad de prueba', e.municipality_id,
                   'virtual', 'es', now() - interval '1 day', now() - interval '1 day', '',
                   ''
            FROM generate_series(%s, %s) AS n
            JOIN (SELECT id, municipality_id, row_number() OVER (ORDER BY id) - 1 AS place,
                         count(*) OVER () AS many FROM events_event) e ON e.place = n %% e.many
            JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM network_person) p
                 ON p.place = n %% %s
            JOIN events_seatpool s ON s.event_id = e.id
            """,
            [have, number - 1, PERSONS - 1],
        )
        cursor.execute(
            "UPDATE events_seatpool s SET taken = c.n FROM (SELECT seat_pool_id, count(*) AS n FROM events_registration"
            " WHERE state = 'confirmed' GROUP BY 1) c WHERE c.seat_pool_id = s.id"
        )
        cursor.execute("ANALYZE")


def make_attendances(number: int) -> None:
    """Bring the attendances up to this number, spread evenly over the events; nobody attends one twice."""
    make_people()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM events_attendance")
        have = cursor.fetchone()[0]
        cursor.execute(
            """
            INSERT INTO events_attendance
                (event_id, person_id, source, modality, minutes, sex, category, institution, municipality_id,
                 created_at)
            SELECT e.id, p.id, 'staff', 'virtual', 60 + n %% 60, (ARRAY['woman', 'man', ''])[1 + n %% 3],
                   (ARRAY['academia', 'public-servant', ''])[1 + n %% 3], 'Institución ' || n %% 300, e.municipality_id,
                   e.starts_at
            FROM generate_series(%s, %s) AS n
            JOIN (SELECT id, municipality_id, starts_at, row_number() OVER (ORDER BY id) - 1 AS place,
                         count(*) OVER () AS many FROM events_event) e ON e.place = n %% e.many
            JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM network_person) p
                 ON p.place = (n / e.many + e.place * 7) %% %s
            """,
            [have, number - 1, PERSONS - 1],
        )
        cursor.execute("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--actions", type=int, default=50_000)
    parser.add_argument("--registrations", type=int, default=1_000_000)
    parser.add_argument("--attendances", type=int, default=0)
    wanted = parser.parse_args()
    check_name(str(connection.settings_dict["NAME"]))
    if connection.vendor != "postgresql" or Event.objects.exists():
        parser.error("the database must be PostgreSQL, prepared and without events")
    for what in ("events", "actions", "registrations", "attendances"):
        number, began = getattr(wanted, what), clock.monotonic()
        if number:
            globals()[f"make_{what}"](number)
        say(f"{number:,} {what} in {clock.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
