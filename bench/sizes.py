"""How much PostgreSQL keeps for each row: ``python -m bench.sizes`` (some minutes; a database of its own, dropped).

Table, TOAST and indexes together, after ``VACUUM ANALYZE``. What counts in millions is loaded in two sizes and the
difference divided, so what a table holds when empty is left out. Then people register through the service and their
mail leaves: what that adds in all tables, for one registration.
"""

import argparse
import subprocess
import sys

from bench.database import fresh_database
from bench.results import say
from bench.servers import ROOT

BULK = ("events_registration", "events_attendance")
ONCE = ("network_person", "events_event", "actions_action")


def sizes() -> dict[str, tuple[int, int, int]]:
    """Table → (rows, bytes in all, bytes of its indexes)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = {name: (total, indexes) for name, total, indexes in cursor.fetchall()}
        rows = {}
        for name in found:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # names come from the catalogue
            [rows[name]] = cursor.fetchone()
    return {name: (rows[name], *of) for name, of in found.items()}


def per_row(name: str, few: tuple[int, int, int], many: tuple[int, int, int]) -> None:
    rows = many[0] - few[0]
    each, index = ((late - early) / rows for early, late in zip(few[1:], many[1:], strict=True))
    say(f"{name:<28}{rows:>10,} rows {each:>8.0f} bytes each, {index:.0f} of them indexes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sizes", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs=2, default=[50_000, 200_000], metavar=("FEW", "MANY"))
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--signups", type=int, default=2_000, help="registrations through the service")
    wanted = parser.parse_args()
    with fresh_database({"EMAIL_URL": "dummymail://", "MAIL_PER_HOUR": "0"}) as (_folder, environment):
        from bench import data
        from outbox.drain import drain

        empty = sizes()
        event = data.make_events(wanted.events)
        data.make_actions(wanted.actions)
        found = []
        data.PERSONS = wanted.rows[1]
        for number in wanted.rows:
            data.make_registrations(number)
            data.make_attendances(number)
            found.append(sizes())
        for name in BULK:
            per_row(name, found[0][name], found[1][name])
        for name in ONCE:
            per_row(name, empty[name], found[0][name])
        command = [sys.executable, "-m", "bench.seats", "product", str(event.pk), "0", str(wanted.signups)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        drain(seconds=600)
        before, after = found[1], sizes()
        say(f"\nregistering {wanted.signups:,} people through the service, their mail sent:")
        for name in sorted(after, key=lambda name: before[name][1] - after[name][1]):
            if after[name][0] - before[name][0] >= wanted.signups // 10:
                per_row(name, before[name], after[name])
        whole = sum(after[name][1] - before[name][1] for name in after) / wanted.signups
        say(f"{'all tables':<28}{whole:>18.0f} bytes for one registration")


if __name__ == "__main__":
    main()
