"""Large data, the same each time: events spread over ten years, one month of them full, and registrations in bulk.

Events are written as the services write them, registrations by the database itself: what is measured are pages, and a
million rows through the services would take an hour.
"""

from datetime import date, time, timedelta

from django.db import connection
from django.utils import timezone

from events.enums import EventStatus, QuestionKind
from events.models import Event, Format, GuidingQuestion, RegistrationQuestion, SeatPool, Series
from events.services import editing
from events.services.entries import write_entries
from municipalities.models import Municipality
from network.enums import Modality
from network.models import Pathway
from web.search import search_text

FULL_MONTH = date(2027, 3, 1)
FULL_MONTH_EVENTS = 200
FIRST_DAY = date(2017, 1, 2)
PERSONS = 200_000
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


def make_registrations(number: int) -> None:
    """Bring the confirmed registrations up to this number, spread evenly over the events, and the counters too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO network_person (name, email, sex, category, institution, position, phone, created_at)
            SELECT 'Persona ' || n, 'p' || n || '@prueba.example', '', '', '', '', '', now()
            FROM generate_series((SELECT count(*) FROM network_person) + 1, %s) AS n
            """,
            [PERSONS],
        )
        cursor.execute("SELECT count(*) FROM events_registration")
        have = cursor.fetchone()[0]
        cursor.execute(
            """
            INSERT INTO events_registration
                (event_id, person_id, seat_pool_id, state, token, self_registered, name, email, email_normalised, sex,
                 category, institution, municipality_id, modality, language, created_at, confirmed_at, cancel_cause)
            SELECT e.id, p.id, s.id, 'confirmed', md5('t' || n), true, 'Persona ' || n, 'p' || n || '@prueba.example',
                   'p' || n || '@prueba.example', 'woman', 'academia', 'Universidad de prueba', e.municipality_id,
                   'virtual', 'es', now() - interval '1 day', now() - interval '1 day', ''
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
