"""16 people at a time registering for one event: the service, or the bare pattern that writes the same rows.

``python -m bench.seats product|bare EVENT FIRST NUMBER`` prints how many were counted, the seconds
they took and the processor seconds for one, PostgreSQL's included.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import close_old_connections, connection, connections, transaction
from django.db.models import F

from bench.servers import cpu_of
from events.enums import RegistrationState
from events.models import Event, Registration, SeatPool
from events.services.registration import RegistrationData, register
from network.models import Person
from outbox.envelope import new_message_id
from outbox.models import Message

CLIENTS = 16


def product(event: Event, number: int) -> None:
    register(event=event, data=_data(number), form_key=f"bench-{number}")


def bare(event: Event, number: int) -> None:
    """INSERT, then the conditional UPDATE of the counter: the pattern without anything around it."""
    data = _data(number)
    with transaction.atomic():
        person = Person.objects.create(name=data.name, email=data.email)
        pool = SeatPool.objects.get(event=event)
        made = Registration.objects.create(
            event=event, person=person, seat_pool=pool, name=data.name, email=data.email, email_normalised=data.email
        )
        Message.objects.create(
            kind="events.registration",
            dedupe_key=f"bench:{made.pk}",
            to_email=data.email,
            params={"registration": made.pk},
            language="es",
            message_id=new_message_id(),
        )
        if SeatPool.objects.filter(pk=pool.pk, taken__lt=F("capacity")).update(taken=F("taken") + 1):
            Registration.objects.filter(pk=made.pk).update(state=RegistrationState.CONFIRMED)


def _data(number: int) -> RegistrationData:
    return RegistrationData(name=f"Persona Prueba {number}", email=f"prueba.{number}@banco.example", language="es")


def cpu_of_database() -> float:
    """Processor seconds of the PostgreSQL processes that work for this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return sum(cpu_of(pid) for (pid,) in cursor.fetchall())


def main() -> None:
    which, event_pk, first, number = sys.argv[1], *map(int, sys.argv[2:5])
    act = {"product": product, "bare": bare}[which]
    event = Event.objects.get(pk=event_pk)

    def one(place: int) -> None:
        close_old_connections()
        act(event, place)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(first, first + CLIENTS)))  # connections are made before the clock starts
        begin, used = time.perf_counter(), time.process_time() + cpu_of_database()
        list(pool.map(one, range(first + CLIENTS, first + number)))
        seconds, used = time.perf_counter() - begin, time.process_time() + cpu_of_database() - used
    connections.close_all()
    print(number - CLIENTS, seconds, used / (number - CLIENTS))


if __name__ == "__main__":
    main()
