"""The figures of the whole state over attendances: ``python -m bench.figures`` (PostgreSQL and Redis on 127.0.0.1).

Counted over 100 thousand attendances, then over a million on the same events and by the same people: how many queries,
and what the second costs as a multiple of the first (processor time of this process and of PostgreSQL).
"""

import argparse
import time
from datetime import date

from bench.database import fresh_database
from bench.results import Result, say, tell
from bench.servers import cpu_of


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--attendances", type=int, nargs=2, default=[100_000, 1_000_000], metavar=("FEW", "MANY"))
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with fresh_database():
        measure(wanted)


def measure(wanted: argparse.Namespace) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench import data

    data.make_events(wanted.events)
    costs = []
    for number in wanted.attendances:
        data.make_attendances(number)
        with CaptureQueriesContext(connection) as asked:
            count()
        costs.append([cost() for _round in range(wanted.rounds)])
        say(f"  {number:,} attendances: {min(costs[-1]):.2f} s, {len(asked)} queries")
    few, many = wanted.attendances
    ratios = [late / early for early, late in zip(*costs, strict=True)]
    tell(Result("Figures", f"of the state over {many:,} attendances, × over {few:,}", ratios, at_most=1.5))
    tell(Result("Figures", "queries for all figures of the state", [len(asked)], at_most=12))


def count() -> None:
    """Every figure of the events that are over, as the staff's page counts them."""
    from bench.data import FIRST_DAY
    from municipalities.figures import Period, places
    from reports.figures import exact_figures, state_scope

    figures = exact_figures(state_scope(), Period(FIRST_DAY, date(2026, 12, 31)), places=places())
    assert figures.people.attendances > 0


def cost() -> float:
    """Processor seconds of one count, PostgreSQL's included."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    began = time.process_time() + cpu_of(server)
    count()
    return time.process_time() + cpu_of(server) - began


if __name__ == "__main__":
    main()
