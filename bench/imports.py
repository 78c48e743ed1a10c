"""Attendance of 10 thousand rows by report, against reading the same file and one bulk insert of the same rows.

``DATABASE_URL=… python -m bench.imports [ROWS]`` on a prepared database; what it writes is rolled back. Each round runs
both, the order turned round; the ratio is of processor seconds of this process and wall seconds, the median and range.
"""

import csv
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from statistics import median

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from events.models import Attendance, Event, Format  # noqa: E402
from events.services.imports import confirm, decide, import_report  # noqa: E402
from network.models import Pathway, Person  # noqa: E402

ROUNDS = 5
HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"


def make_event() -> Event:
    start = (timezone.now() - timedelta(days=3)).replace(hour=17, minute=0, second=0, microsecond=0)
    return Event.objects.create(
        title="Bench", slug="bench-imports", format=Format.objects.all()[0], modality="virtual", status="published",
        pathway=Pathway.objects.all()[0], first_day=start.date(), last_day=start.date(), starts_at=start,
        ends_at=start + timedelta(hours=2), time_zone="UTC",
    )  # fmt: skip


def make_file(event: Event, rows: int) -> bytes:
    """Half of the people known by their e-mail, half new."""
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


def portal(event: Event, data: bytes) -> int:
    made = import_report(event=event, data=data, file_name="bench.csv", by=None)
    decide(attendance_import=made, choices={}, by=None, new=True)
    confirm(attendance_import=made, by=None)
    made.file.storage.delete(made.file.name or "")
    return event.attendances.count()


def bare(event: Event, data: bytes) -> int:
    """Read the file and insert the same attendances, of people who are there already."""
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


def timed(work: object, *given: object) -> tuple[float, float]:
    """Processor and wall seconds; what was written is taken back."""
    cpu, wall = time.process_time(), time.perf_counter()
    with transaction.atomic():
        event, data = given
        assert work(event, data) == len(data.splitlines()) - 1  # type: ignore[operator,attr-defined,arg-type]
        spent = time.process_time() - cpu, time.perf_counter() - wall
        transaction.set_rollback(True)
    return spent


def main(rows: int) -> None:
    with transaction.atomic():
        event = make_event()
        data = make_file(event, rows)
        more = rows - rows // 2
        Person.objects.bulk_create((Person(name=f"Otra {n}") for n in range(more)), batch_size=1000)
        ratios: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            order = [portal, bare] if number % 2 else [bare, portal]
            spent = {work.__name__: timed(work, event, data) for work in order}
            ratios.append(tuple(a / b for a, b in zip(spent["portal"], spent["bare"], strict=True)))  # type: ignore[arg-type]
            print({name: [round(value, 2) for value in values] for name, values in spent.items()})
        for place, name in enumerate(("processor", "wall")):
            found = sorted(ratio[place] for ratio in ratios)
            spread = f"{median(found):.1f} ({found[0]:.1f}-{found[-1]:.1f})"
            print(f"{rows:,} rows, {connection.vendor}, {name}: {spread} x bare")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
