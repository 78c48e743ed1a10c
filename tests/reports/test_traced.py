"""Every number, counted a second time in plain SQL: the institute's page and CSV, and for everybody page, CSV and API,
say the same to the unit."""

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.db import transaction
from django.test import Client

from tests import factories as f
from tests.reports.recount import CASES, HEADS, Recount, cases, random_world
from tests.test_api import walked

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TABLES = {"Municipio": "Por municipio", "Región": "Por región", "Tipo de persona": "Por tipo de persona",
          "Zona metropolitana": "Por zona metropolitana", "Institución": "Por institución"}  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """The network, made once for all tests of this module in a transaction that is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield random_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made, db):
    """What each test changes is undone before the next."""
    return made


def compared(recount: Recount) -> dict:
    """The table that sets a period beside the one before it."""
    told = {}
    for head, one in (("Este", recount), ("Anterior", recount.before())):
        found = one.all()
        rows = {
            "Eventos celebrados": ("Eventos celebrados", "Celebrados", "Número"),
            "Aforo declarado": ("Eventos celebrados", "Aforo declarado, personas", "Número"),
            "Asistencias": ("Asistencias y personas, por sexo", "Asistencias", "Todas"),
            "Personas únicas": ("Asistencias y personas, por sexo", "Personas únicas", "Todas"),
            "Minutos de asistencia": ("Minutos de asistencia", "Minutos", "Número"),
            "Sesiones de acompañamiento confirmadas": (
                "Acompañamiento técnico", "Sesiones confirmadas por ambas partes", "Número",
            ),
            "Acciones climáticas publicadas": ("Acciones publicadas", "Publicadas", "Acciones"),
        }  # fmt: skip
        table = "Este periodo y el anterior, de los mismos días"
        told |= {(table, label, head): found[key] for label, key in rows.items() if key in found}
    return told


def test_page_and_csv_of_the_institute_say_what_plain_sql_counts(world, client: Client):
    client.force_login(f.UserFactory(role="staff"))
    counted = 0
    for query, kind, pk, period in cases(world):
        recount = Recount(kind, pk, *period)
        expected = recount.all() | (compared(recount) if all(period) else {})
        page = client.get(f"/gestion/cifras/?{query}")
        shown = {
            (table.title, row.label, head): number.value
            for section in page.context["sections"]
            for table in section.tables
            for row in table.rows
            for head, number in zip(table.heads, row.numbers, strict=True)
            if number is not None
        }
        assert {key: shown.get(key, 0) for key in expected} == expected, query
        assert {key: value for key, value in shown.items() if value and key not in expected} == {}, query
        lines = csv.reader(io.StringIO(client.get(f"/gestion/cifras.csv?{query}").content.decode("utf-8-sig")))
        written = {tuple(line[:3]): line[3] for line in lines}
        for key, value in expected.items():
            text = written.get(key, "0")
            assert (None if text == "sin dato" else Decimal(text)) == value, (query, key)
        counted += len(expected)
    assert counted > CASES * 100


class Printed(HTMLParser):
    """The tables of a page: the heads of each, and its rows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = []
        self.cells: list[str] | None = None
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self.tables.append(((), []))
        elif tag == "tr":
            self.cells = []
        elif tag in ("th", "td") and self.cells is not None:
            self.inside = tag
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.inside = ""
        elif tag == "tr" and self.cells is not None:
            row, (heads, rows) = tuple(map(str.strip, self.cells)), self.tables[-1]
            if heads:
                rows.append(row)
            else:
                self.tables[-1] = (row, rows)
            self.cells = None

    def handle_data(self, data: str) -> None:
        if self.inside and self.cells:
            self.cells[-1] += data


def of_people(page: str) -> dict[str, list[tuple[str, ...]]]:
    """The tables that tell of people, by the name that the data give them."""
    return {
        TABLES[heads[0]]: rows
        for heads, rows in Printed(page).tables
        if heads[0] in TABLES and heads[1:3] == ("Asistencias", "Personas únicas")
    }


def printed_rows(told: dict, table: str, *, with_sex: bool) -> set[tuple[str, ...]]:
    """The rows that the page should have, from the numbers of the data."""
    found = set()
    for (name, label, measure), value in told.items():
        if (name, measure) != (table, "asistencias"):
            continue
        persons = told.get((table, label, "personas únicas"))
        split = [told.get((table, label, f"asistencias: {head}")) for head in HEADS]
        cells = ("sin desglose",) if None in split else tuple(f"{n:,}" for n in split)
        found.add((label, f"{value:,}", "—" if persons is None else f"{persons:,}", *(cells if with_sex else ())))
    return found


def test_everybody_reads_the_same_totals_and_no_split_that_tells_of_one_or_two(world, client: Client):
    withheld = rows_compared = 0
    for query, kind, pk, period in cases(world):
        recount = Recount(kind, pk, *period)
        lines = list(csv.reader(io.StringIO(client.get(f"/resultados.csv?{query}").content.decode("utf-8-sig"))))
        told = {
            (line[0], line[2], line[3]): None if line[4] == "" else Decimal(line[4])
            for line in lines[1:]
            if line[0] != "Informe"
        }
        said = [
            ((row["cuadro"], row["concepto"], row["medida"]), row["valor"])
            for row in walked(client, f"/api/v1/resultados/?{query.strip('&')}")
        ]
        assert len(said) == len(dict(said)), query
        assert {key: None if n is None else Decimal(str(n)) for key, n in said} == told, query
        page = client.get(f"/resultados/?{query}").content.decode()
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
        persons = len({row[2] for row in recount.came})
        assert told["Personas", "Asistencias", "asistencias"] == len(recount.came), query
        assert told["Personas", "Personas únicas", "personas únicas"] == persons
        assert told["Eventos", "Eventos celebrados", "eventos"] == len(recount.events), query
        for number, what in (
            (len(recount.events), "eventos celebrados"), (len(recount.came), "asistencias"),
            (persons, "personas únicas"),
        ):  # fmt: skip
            assert f" {number:,} {what} " in words, (query, what)
        assert ("Acompañamiento técnico", "Por confirmar", "sesiones") not in told
        totals = recount.all()
        for table, unit in (("Eventos por tema", "Por tema"), ("Eventos por modalidad", "Por modalidad"),
                            ("Eventos por camino de entrada", "Por camino de entrada")):  # fmt: skip
            public = {key[1]: n for key, n in told.items() if key[::2] == (table, "eventos")}
            assert public == {key[1]: n for key, n in totals.items() if key[::2] == (unit, "Eventos")}, query
        for table in ("Por municipio", "Por región", "Por zona metropolitana"):
            public = {key[1]: n for key, n in told.items() if key[::2] == (table, "asistencias")}
            assert public == {key[1]: n for key, n in totals.items() if key[::2] == (table, "Asistencias")}, query
        for table, rows in of_people(page).items():
            with_sex = any(len(row) > 3 for row in rows)
            assert len(rows) == len(set(rows))
            assert set(rows) == printed_rows(told, table, with_sex=with_sex), (query, table)
            rows_compared += len(rows)
        withheld += subtracted(recount, told, query)
    assert withheld
    assert rows_compared > CASES * 10


def subtracted(recount: Recount, told: dict, query: str) -> int:
    """Take the splits that are shown from the sums that are: what is left tells of nobody. How many are withheld."""
    names = dict(recount.ask("SELECT id, name FROM municipalities_municipality"))
    pairs = "municipalities_municipality m JOIN municipalities_region r ON r.id = m.region_id"
    home = dict(recount.ask(f"SELECT m.name, r.name FROM {pairs}"))
    exact = defaultdict(list)
    for row in recount.came:
        exact[names.get(row[6], "Sin dato")].append(row)
    splits = {name: recount.split(rows) for name, rows in exact.items()}
    shown = {name for name in splits if ("Por municipio", name, "asistencias: Mujeres") in told}
    assert not shown or recount.kind in {"state", "region", "zone", "municipality"}, query
    for name in shown:
        cells = [int(told["Por municipio", name, f"asistencias: {head}"]) for head in HEADS]
        assert cells == splits[name]
        assert not set(cells) & {1, 2}, (query, name)
    regions = {label for (table, label, unit) in told if (table, unit) == ("Por región", "asistencias: Mujeres")}
    sums = {**{name: [m for m in splits if home.get(m, "Sin dato") == name] for name in regions}}
    if ("Por sexo", "Asistencias", "asistencias: Mujeres") in told:
        sums["todo"] = list(splits)
    for name, members in sums.items():
        left = [m for m in members if m not in shown and (name != "todo" or home.get(m, "Sin dato") not in regions)]
        rest = [sum(column) for column in zip(*(splits[m] for m in left), strict=True)] if left else []
        assert not set(rest) & {1, 2}, (query, name)
    return len(splits) - len(shown)


def test_the_other_data_say_what_plain_sql_counts(world, client: Client):
    """What the data sets count of each training, series and municipality."""
    everything = Recount("state", None, None, None)
    held = {row[0] for row in everything.events}
    trainings = {row["titulo"]: row for row in walked(client, "/api/v1/capacitaciones/")}
    rows = everything.ask("SELECT id, title FROM trainings_training WHERE is_published")
    assert set(trainings) == {title for _pk, title in rows}
    for pk, title in rows:
        sessions = {event for (event,) in everything.ask(
            "SELECT event_id FROM trainings_trainingsession WHERE training_id = %s", pk)} & held  # fmt: skip
        came = [row for row in everything.came if row[1] in sessions]
        said = trainings[title]
        assert said["sesiones_realizadas"] == len(sessions)
        assert said["asistencias"] == (len(came) or None)
        assert said["personas_unicas"] == (len({row[2] for row in came}) or None)
    for row in walked(client, "/api/v1/ciclos/"):
        ((pk,),) = everything.ask("SELECT id FROM events_series WHERE slug = %s", row["slug"])
        assert row["realizadas"] == len(Recount("series", pk, None, None).events)
    published = dict(
        everything.ask(
            "SELECT m.cvegeo, COUNT(*) FROM actions_action a JOIN municipalities_municipality m"
            " ON m.id = a.municipality_id WHERE a.review_state = 'published' GROUP BY m.cvegeo"
        )
    )
    assert {row["cvegeo"]: row["acciones"] for row in walked(client, "/api/v1/municipios/") if row["acciones"]} == (
        published
    )
