"""Attendance of 10 thousand rows by report: ``python -m bench.imports`` (PostgreSQL and Redis on 127.0.0.1).

Against reading the same file and one bulk insert of the same rows. What each round writes is rolled back; the order is
turned round from one to the next.
"""

import argparse
import csv
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from bench.database import fresh_database
from bench.results import Result, say, tell

HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"


def make_event() -> Any:
    from django.utils import timezone

    from events.models import Event, Format
    from network.models import Pathway

    start = (timezone.now() - timedelta(days=3)).replace(hour=17, minute=0, second=0, microsecond=0)
    return Event.objects.create(
        title="Bench", slug="bench-imports", format=Format.objects.all()[0], modality="virtual", status="published",
        pathway=Pathway.objects.all()[0], first_day=start.date(), last_day=start.date(), starts_at=start,
        ends_at=start + timedelta(hours=2), time_zone="UTC",
    )  # fmt: skip


def make_file(event: Any, rows: int) -> bytes:
    """Half of the people known by their e-mail, half new."""
    from network.models import Person

    day = f"{event.first_day:%m/%d/%Y}"
    people = [Person(name=f"Persona Conocida {n}", email=f"conocida{n}@banco.example") for n in range(rows // 2)]
    Person.objects.bulk_create(people, batch_size=1000)
    lines = [
        HEAD,
        *(f"{p.name},{p.email},{day} 05:10:00 PM,{day} 06:{n % 60:02}:00 PM,60,No" for n, p in enumerate(people)),
    ]
    lines += [
        f"Persona Nueva {n},,{day} 05:10:00 PM,{day} 06:{n % 60:02}:00 PM,60,Yes" for n in range(rows - len(people))
    ]
    return "\r\n".join(lines).encode()


def portal(event: Any, data: bytes) -> int:
    from events.services.imports import confirm, decide, import_report

    made = import_report(event=event, data=data, file_name="bench.csv", by=None)
    decide(attendance_import=made, choices={}, by=None, new=True)
    confirm(attendance_import=made, by=None)
    made.file.storage.delete(made.file.name or "")
    return event.attendances.count()


def bare(event: Any, data: bytes) -> int:
    """Read the file and insert the same attendances, of people who are there already."""
    from events.models import Attendance
    from network.models import Person

    rows = list(csv.DictReader(StringIO(data.decode())))
    known = iter(Person.objects.order_by("pk").values_list("pk", flat=True)[: len(rows)])
    kept = []
    for row, person in zip(rows, known, strict=True):
        first, last = (
            datetime.strptime(row[name], "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
            for name in ("Join Time", "Leave Time")
        )
        kept.append(
            Attendance(
                event=event,
                person_id=person,
                source="import",
                modality="virtual",
                arrived_at=first,
                left_at=last,
                minutes=(last - first).seconds // 60,
            )
        )
    Attendance.objects.bulk_create(kept, batch_size=500)
    return event.attendances.count()


def timed(work: Any, event: Any, data: bytes) -> tuple[float, float]:
    """Processor and wall seconds; what was written is taken back."""
    from django.db import transaction

    cpu, wall = time.process_time(), time.perf_counter()
    with transaction.atomic():
        assert work(event, data) == len(data.splitlines()) - 1
        spent = time.process_time() - cpu, time.perf_counter() - wall
        transaction.set_rollback(True)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with fresh_database():
        measure(wanted.rows, wanted.rounds)


def measure(rows: int, rounds: int) -> None:
    from network.models import Person

    event = make_event()
    data = make_file(event, rows)
    more = rows - rows // 2
    Person.objects.bulk_create((Person(name=f"Otra {n}") for n in range(more)), batch_size=1000)
    ratios: list[list[float]] = []
    for number in range(rounds):
        order = [portal, bare] if number % 2 else [bare, portal]
        spent = {work: timed(work, event, data) for work in order}
        ratios.append([ours / limit for ours, limit in zip(spent[portal], spent[bare], strict=True)])
        say(f"  portal {spent[portal][1]:.1f} s, bare {spent[bare][1]:.2f} s")
    for name, values in zip(("processor", "wall"), zip(*ratios, strict=True), strict=True):
        told = f"{rows:,} rows of attendance, × the {name} time of reading and one bulk insert"
        tell(Result("Imports", told, list(values), at_most=10))


if __name__ == "__main__":
    main()
