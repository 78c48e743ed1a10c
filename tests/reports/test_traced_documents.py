"""What an issued report prints, read back from its pages, is what plain SQL counts: table by table, row by row."""

import datetime as dt
import io
import random
import re
from collections.abc import Iterable
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from reports.models import IssuedReport
from reports.services.reports import render_report, request_report
from tests.reports.recount import HEADS, Recount, random_world
from tests.test_api import walked

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
VALUE = r"(?:-?[\d,]+(?:\.\d+)?|sin dato|sin lista)"
PEOPLE = f"Asistencias Personas únicas {' '.join(HEADS)}"
NAMES = [*(f"{word} {n}" for word in ("Formato", "Camino", "Sector", "Región", "Valle") for n in range(9)),
         *(f"Municipio {n:02}" for n in range(30)), *(f"Instituto {n} (INS{n})" for n in range(4)),
         "Sin dato", "Otra o sin dato", "Servidora o servidor público", "Academia", "Virtual", "Presencial", "Híbrida",
         "Asistencias", "Personas únicas", "Publicado", "En elaboración"]  # fmt: skip


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


def number(text: str) -> Decimal | None:
    return None if text.startswith("sin") else Decimal(text.replace(",", ""))


POINT = 0.75  # the scale of a page's own text; drawings have others


class Paper:
    """The words of a document, page after page, without its drawings and what stands around each page."""

    def __init__(self, data: bytes) -> None:
        pieces: list[str] = []

        def keep(text: str, cm: list[float], *_rest: object) -> None:
            if cm[0] == POINT:
                pieces.append(re.sub(r"\s+", " ", text).strip())

        for page in PdfReader(io.BytesIO(data)).pages:
            page.extract_text(visitor_text=keep)
        around = set([piece for piece in pieces if piece][-4:-1])  # the last one is the number of the page
        self.rows = 0  # read by table()
        kept = [piece for piece in pieces if piece and piece not in around and not re.fullmatch(r"\d+ / \d+", piece)]
        self.text = " ".join(kept).replace(" ₂ ", "₂")  # of another typeface, and so a piece of its own

    def part(self, title: str, heads: str, until: str) -> str:
        """What stands under this title and these heads, up to the nearest of some words; heads that a new page repeats
        are left out. ``until``: as a regular expression."""
        assert f"{title} {heads} " in self.text, (title, heads)
        rest = self.text.partition(f"{title} {heads} ")[2]
        found = re.search(f" (?:{until})", f"{rest} ")
        assert found, (title, until)
        return rest[: found.start()].replace(f"{heads} ", "")

    def table(
        self, title: str, heads: str, until: str, *, values: int, labels: Iterable[str] = NAMES, besides: str = ""
    ) -> dict[str, tuple[Decimal | None, ...]]:
        """The rows of a table. Everything in it is such a row: what is left over is an error."""
        names = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
        row = re.compile(rf"({names}){besides}((?: {VALUE}){{{values}}})(?= |$)")
        part, found = self.part(title, heads, until), {}
        for label, numbers in row.findall(part):
            assert label not in found, (title, label, part)
            found[label] = tuple(number(text) for text in re.findall(VALUE, numbers))
        assert row.sub("", part).strip() == "", (title, part)
        self.rows += len(found)
        return found


def of(told: dict, table: str, *heads: str) -> dict[str, tuple]:
    """The rows of a table of the recount, with zero where the recount says nothing."""
    labels = [label for title, label, head in told if title == table and head in heads]
    return {label: tuple(told.get((table, label, head), 0) for head in heads) for label in labels}


def issued(kind: str, pk: int | None, period: tuple[dt.date, dt.date], **more) -> tuple[IssuedReport, Paper]:
    subject = {} if pk is None else {f"{kind}_id": pk}
    first, last = period
    asked = request_report(scope=kind, starts_on=first, ends_on=last, language="es", by=None, **subject, **more)
    render_report(asked.pk)
    report = IssuedReport.objects.get(pk=asked.pk)
    assert report.state == "ready", report.error
    with report.file.open() as file:
        return report, Paper(file.read())


def a_period(rng: random.Random) -> tuple[dt.date, dt.date]:
    first = timezone.localdate() - dt.timedelta(days=rng.randrange(300, 700))
    return first, first + dt.timedelta(days=rng.randrange(200, 400))


def check_headline(paper: Paper, recount: Recount, told: dict) -> None:
    """What full and short form say: sentences, comparison, sex, formats."""
    held, listed = (told["Eventos celebrados", label, "Número"] for label in ("Celebrados", "Con lista nominal"))
    persons = told["Asistencias y personas, por sexo", "Personas únicas", "Todas"]
    if held:
        assert f"Eventos celebrados: {held:,}, de ellos {listed:,} con lista nominal" in paper.text
        assert f"Asistencias: {len(recount.came):,}. Personas únicas: {persons:,}." in paper.text
    headcount = told["Eventos celebrados", "Aforo declarado, personas", "Número"]
    minutes = told["Minutos de asistencia", "Minutos", "Número"]
    if headcount is not None:
        declared = told["Eventos celebrados", "Que declaran aforo", "Número"]
        assert f"Aforo declarado: {headcount:,} personas, en {declared:,} evento" in paper.text
    if minutes is not None:
        known = told["Minutos de asistencia", "Asistencias con minutos conocidos", "Número"]
        assert f"Se conocen {minutes:,} minutos de asistencia, de {known:,} de {len(recount.came):,}" in paper.text
    before = recount.before().all()
    rows = {
        "Eventos celebrados": ("Eventos celebrados", "Celebrados", "Número"),
        "Asistencias": ("Asistencias y personas, por sexo", "Asistencias", "Todas"),
        "Personas únicas": ("Asistencias y personas, por sexo", "Personas únicas", "Todas"),
        "Aforo declarado": ("Eventos celebrados", "Aforo declarado, personas", "Número"),
        "Municipios con titular vigente": ("Designaciones vigentes", "Con titular vigente", "Municipios"),
        "Acciones climáticas validadas": ("Acciones publicadas", "Publicadas", "Acciones"),
    }
    for label, key in rows.items():
        if key not in told:
            continue
        now, then = (one[key] for one in (told, before))
        words = ["sin dato" if n is None else f"{n:,}" for n in (now, then)]
        change = "—" if None in (now, then) else "igual" if now == then else f"{now - then:+,}".replace("-", "−")
        assert f"{label} {words[0]} {words[1]} {change}" in paper.text, label
    if recount.came:
        split = [told["Asistencias y personas, por sexo", "Personas únicas", head] for head in HEADS]
        by_sex = paper.table("Por sexo", f"Qué se cuenta {' '.join(HEADS)} Total", AFTER_SEX, values=6)
        assert by_sex == {
            "Asistencias": (*recount.split(recount.came), len(recount.came)),
            "Personas únicas": (*split, persons),
        }
    if held:
        by_format = paper.table(
            "Eventos celebrados por formato y modalidad", "Formato Virtual Presencial Híbrida Total", AFTER_FORMATS,
            values=4,
        )  # fmt: skip
        assert by_format == of(told, "Por formato y modalidad", "Virtual", "Presencial", "Híbrida", "Todos")


AFTER_SEX = "Por tipo de persona|Eventos por formato y modalidad|Cifras exactas"
AFTER_FORMATS = "Eventos por camino de entrada|Municipios con embajador|Cifras exactas"


def check_events_and_people(paper: Paper, recount: Recount, told: dict) -> None:
    """The tables of the full form that every scope has, where there is anything to count."""
    if recount.events:
        pathways = paper.table("Eventos por camino de entrada", "Categoría Eventos", "Eventos por tema", values=1)
        assert pathways == of(told, "Por camino de entrada", "Eventos")
        topics = paper.table("Eventos por tema", "Concepto Cantidad", "Un evento de dos temas", values=1)
        assert topics == of(told, "Por tema", "Eventos")
    if not recount.came:
        return
    for title, head, until in (
        ("Por tipo de persona", "Tipo de persona", "Asistencias por tipo de persona"),
        ("Por institución", "Institución", "La institución es la que"),
        ("Por región", "Región", "Por zona metropolitana|Por municipio"),
        ("Por zona metropolitana", "Zona metropolitana", "Las personas de municipios fuera"),
        ("Por municipio", "Municipio", "Los municipios que no aparecen"),
    ):
        expected = of(told, title, "Asistencias", "Personas únicas", *HEADS)
        if expected or title != "Por zona metropolitana":
            assert paper.table(title, f"{head} {PEOPLE}", until, values=7) == expected, title
    ways = paper.table("Asistencias por modalidad", "Categoría Asistencias", "Por institución", values=1)
    assert ways == of(told, "Asistencias por modalidad", "Asistencias")


def check_trainings(paper: Paper, told: dict) -> None:
    rows = of(told, "Meta y alcance", "Meta: personas", "Sesiones", "Asistencias", "Personas únicas")
    if rows:
        heads = "Capacitación Meta Meta por sexo Meta por modalidad Sesiones celebradas Asistencias Personas únicas"
        found = paper.table(
            "Metas y alcance", heads, "Meta en conjunto", values=6, labels=rows, besides=r"(?: Instituto \d,?)*"
        )
        printed = {label: (numbers[0] or None, *numbers[3:]) for label, numbers in found.items()}
        assert printed == rows
        together = told["Metas en conjunto", "Todas", "Personas"]
        assert f"Meta en conjunto: {together or 0:,} personas." in paper.text
    table = "Horas de capacitación"
    known = {label: told[table, label, "Número"] for title, label, _head in told if title == table}
    known["Minutos de capacitación"] = known.pop("Minutos")
    hours = known["Minutos de capacitación"]
    known["Horas de capacitación"] = None if hours is None else tenths(hours)
    found = paper.table(
        table, "Concepto Cantidad", "Acompañamiento técnico Concepto|Lista de eventos|Acciones climáticas", values=1,
        labels=known,
    )  # fmt: skip
    assert found == {label: (value,) for label, value in known.items()}


def tenths(minutes: int) -> Decimal:
    """Hours, to a tenth, a half of it rounded up."""
    return Decimal((minutes * 10 + 30) // 60) / 10


def check_territory(paper: Paper, recount: Recount, told: dict) -> None:
    """What only a territory has."""
    table = "Acompañamiento técnico"
    known = {label: told[table, label, "Número"] for title, label, _head in told if title == table}
    minutes = known["Minutos confirmados por ambas partes"]
    known["Horas de acompañamiento"] = None if minutes is None else tenths(minutes)
    known["Municipios acompañados"] = told["Alcance", "Con acompañamiento confirmado en el periodo", "Municipios"]
    found = paper.table(table, "Concepto Cantidad", "Acciones climáticas", values=1, labels=known)
    assert found == {label: (value,) for label, value in known.items()}
    total = told["Acciones publicadas", "Publicadas", "Acciones"]
    everyone = told["Designaciones vigentes", "Todos", "Municipios"]
    if recount.kind != "municipality":
        titular, suplente, nobody = (
            told["Designaciones vigentes", label, "Municipios"]
            for label in ("Con titular vigente", "Solo con suplente", "Sin designación")
        )
        assert (
            f"{everyone}. Con titular vigente: {titular}; solo con suplente: {suplente}; sin designación: {nobody}."
        ) in paper.text
        reach = of(told, "Alcance", "Municipios")
        found = paper.table(
            f"De {everyone} municipios", "Concepto Cantidad", "Municipios por estado", values=1, labels=reach
        )
        assert found == reach
        programmes = paper.table(
            "Municipios por estado de su programa", "Concepto Cantidad", "Por región|Metas y alcance", values=1
        )
        assert programmes == of(told, "Programa climático municipal", "Municipios")
    if total:
        check_actions(paper, told)


def check_actions(paper: Paper, told: dict) -> None:
    def counts(ours: str, title: str, heads: str, until: str) -> None:
        expected = of(told, ours, "Acciones")
        assert paper.table(title, heads, until, values=1, labels=expected) == expected, title

    counts("Por camino de entrada", "Acciones por camino de entrada", "Categoría Acciones", "Por tipo Concepto")
    counts("Por tipo", "Por tipo", "Concepto Cantidad", "Por situación Concepto")
    counts("Por situación", "Por situación", "Concepto Cantidad", "Por sector Concepto")
    counts("Por sector", "Por sector", "Concepto Cantidad", "Acciones frente a su plan")
    counts("Frente a su plan, hoy", "Acciones frente a su plan", "Concepto Cantidad", "Como estaban el")
    columns = ("Indicadores", "Suma de metas", "Suma de lecturas", "De metas", "Con lectura")
    table = "Indicadores por unidad"
    if indicators := of(told, table, *columns):
        part = paper.part(
            table, "Unidad Indicadores Suma de metas Última lectura", "Emisiones evitadas|Lista de eventos"
        )
        row = re.compile(
            rf"(\w+)( \(se busca disminuir\))? ({VALUE}) ({VALUE})"
            rf"(?: sin dato| ({VALUE}) de ({VALUE}) \((\d+) de \d+ con lectura\))"
        )
        printed = {
            f"{unit} {'↓' if less else '↑'}": tuple(number(text) if text else None for text in numbers)
            for unit, less, *numbers in row.findall(part)
        }
        assert row.sub("", part).strip() == "", part
        assert {label: (*cells[:4], cells[4] or 0) for label, cells in printed.items()} == indicators
    table = "Emisiones evitadas o capturadas, estimadas"
    if emissions := of(told, table, "Estimaciones", "Toneladas de CO₂e"):
        heads = "Qué se estima Qué tan seguro es Estimaciones Toneladas de CO₂e"
        labels = [label.replace(" · ", " ") for label in emissions]
        found = paper.table(table, heads, "Son estimaciones, no mediciones", values=2, labels=labels)
        assert found == {label.replace(" · ", " "): cells for label, cells in emissions.items()}


def check_lists(paper: Paper, recount: Recount, told: dict) -> None:
    """The lists of events and of municipalities at the end."""
    listed = {pk for (pk,) in recount.ask("SELECT DISTINCT event_id FROM events_attendance")}
    titles = dict(recount.ask("SELECT id, title FROM events_event"))
    came = [row[1] for row in recount.came]
    expected = {
        titles[row[0]]: (came.count(row[0]) if row[0] in listed else None, row[4] if row[5] else None)
        for row in recount.events
    }
    if expected:
        heads = "Día Evento Modalidad y sede Asistencias Aforo"
        part = paper.part(
            "Eventos celebrados, del más antiguo al más reciente.", heads, "Lista de munici|Nota de método"
        )
        row = re.compile(
            rf"\d\d/\d\d/\d{{4}} (Evento \d+) Formato \d(?: \d+)? \w+(?: Municipio \d\d)? ({VALUE}) ({VALUE})(?= |$)"
        )
        found = row.findall(part)
        assert row.sub("", part).strip() == "", part
        assert len(found) == len(expected)
        assert {title: (number(came), number(declared)) for title, came, declared in found} == expected
    if recount.kind not in {"state", "region", "zone"}:
        assert "Lista de municipios" not in paper.text
        return
    rows = of(told, "Por municipio", "Asistencias", "Personas únicas")
    rows.pop("Sin dato", None)
    heads = "Municipio Región Embajador o embajadora Asistencias Personas únicas"
    words = "(?: con titular vigente| solo con suplente| sin designación)"
    found = paper.table(
        "Lista de municipios", heads, "Nota de método", values=2, besides=rf" Región \d{words}",
        labels=[f"Municipio {n:02}" for n in range(30)],
    )  # fmt: skip
    assert {label: cells for label, cells in found.items() if cells != (0, 0)} == rows
    assert len(found) == told["Designaciones vigentes", "Todos", "Municipios"]


def test_every_table_of_the_full_form_says_what_plain_sql_counts(world):
    rng, rows = random.Random(11), 0
    for kind, subjects in world.items():
        _query, pk = rng.choice(subjects)
        period = a_period(rng)
        _report, paper = issued(kind, pk, period)
        recount = Recount(kind, pk, *period)
        told = recount.all()
        check_headline(paper, recount, told)
        check_events_and_people(paper, recount, told)
        check_trainings(paper, told)
        if kind in {"state", "region", "zone", "municipality"}:
            check_territory(paper, recount, told)
        check_lists(paper, recount, told)
        rows += paper.rows
    assert rows > 300


def test_short_form_of_any_scope_says_what_plain_sql_counts(world):
    rng = random.Random(12)
    for kind, subjects in world.items():
        _query, pk = rng.choice(subjects)
        period = a_period(rng)
        _report, paper = issued(kind, pk, period, length="short")
        recount = Recount(kind, pk, *period)
        check_headline(paper, recount, recount.all())


def test_public_figures_of_a_report_are_those_of_the_results_page(world, client: Client):
    """Rule 11 holds for an issued report as it does for the page of that day, which ``test_traced.py`` subtracts."""
    rng = random.Random(13)
    for kind in ("state", "region", "municipality", "series"):
        query, pk = rng.choice(world[kind])
        first, last = a_period(rng)
        report, _paper = issued(kind, pk, (first, last), length="short")
        said = client.get(f"/api/v1/informes/{report.folio}/").json()["datos"]
        page = walked(client, f"/api/v1/resultados/?{query}&desde={first}&hasta={last}".replace("?&", "?"))
        columns = ("cuadro", "clave", "concepto", "medida", "valor", "de", "nota")
        told = [tuple(row[name] for name in columns) for row in said if row["cuadro"] != "Informe"]
        assert told == [tuple(row[name] for name in columns) for row in page]
        assert len(told) > 50
