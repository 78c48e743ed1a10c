"""The institute's figures: every number opens its rows, and those add up to it."""

import csv
import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from municipalities.models import MetropolitanZone
from tests.factories import (
    AccompanimentFactory,
    AccompanimentSessionFactory,
    ActionFactory,
    ClimateProgrammeFactory,
    EmissionEstimateFactory,
    EventFactory,
    IndicatorFactory,
    IndicatorReadingFactory,
    OrganisationFactory,
    SectorFactory,
    SeriesFactory,
    UserFactory,
)
from tests.reports.conftest import attend


@pytest.fixture
def office(db, client: Client) -> Client:
    client.force_login(UserFactory(role="staff"))
    return client


@pytest.fixture
def world(network):
    """The small network with something of everything that is counted."""
    zone = MetropolitanZone.objects.create(name="Valle", delimitation_year=2020)
    zone.municipalities.set([network.first, network.third])
    network.zone, network.series = zone, SeriesFactory(title="Agua")
    network.webinar.series = network.series
    network.webinar.save()
    network.webinar.sectors.add(SectorFactory(code="water"))
    network.agency = OrganisationFactory(name="Agencia del Agua", acronym="ADA")
    network.workshop.organisers.create(organisation=network.agency, role="supports")
    attend(network.webinar, network.first, institution="ada", sex="woman", minutes=30)
    attend(network.webinar, network.third, institution="Agencia del agua", category="academia")
    attend(EventFactory(day=network.today - dt.timedelta(days=45)), network.third, count=2, sex="man", minutes=20)
    ClimateProgrammeFactory(municipality=network.first)
    action = ActionFactory(
        municipality=network.first, review_state="published", status="under-way", ends_on=network.today,
        starts_on=network.today - dt.timedelta(days=70),
    )  # fmt: skip
    indicator = IndicatorFactory(action=action, unit="ha", target=10)
    IndicatorReadingFactory(indicator=indicator, date=network.today - dt.timedelta(days=3), value=4)
    IndicatorFactory(action=action, unit="ha", target=5)
    EmissionEstimateFactory(action=action, tonnes=7)
    file, now = AccompanimentFactory(municipality=network.first, state="assigned"), timezone.now()
    for minutes in (90, None):
        AccompanimentSessionFactory(
            accompaniment=file, minutes=minutes, institute_confirmed_at=now, municipality_confirmed_at=now
        )
    AccompanimentSessionFactory(accompaniment=file)
    return network


def last_month(world):
    return f"desde={world.today - dt.timedelta(days=30)}&hasta={world.today}"


SCOPES = ["state", "region", "zone", "municipality", "series", "training", "institution"]


def scope_query(world, kind):
    named = {
        "state": "", "region": "region=norte", "zone": f"zona={world.zone.pk}", "municipality": "municipio=acambay",
        "series": f"ciclo={world.series.slug}", "training": f"capacitacion={world.training.slug}",
        "institution": f"institucion={world.agency.pk}",
    }  # fmt: skip
    return named[kind]


def numbers(page):
    return [
        number
        for section in page.context["sections"]
        for table in section.tables
        for row in table.rows
        for number in row.numbers
        if number is not None
    ]


@pytest.mark.parametrize("kind", SCOPES)
def test_every_number_of_the_page_opens_rows_with_that_total(world, office, kind):
    page = office.get(f"/gestion/cifras/?{scope_query(world, kind)}&{last_month(world)}")
    assert page.status_code == 200
    told = {number.href: number.value for number in numbers(page)}
    assert len(told) > 40
    wrong = {}
    for href, value in told.items():
        rows = office.get(href)
        assert rows.status_code == 200, href
        total = rows.context["behind"].total
        if total if value is None else total != value:  # nothing stands behind what is not known
            wrong[href] = (value, rows.context["behind"].total)
    assert wrong == {}


def test_no_number_of_a_table_is_printed_without_its_link(world, office):
    page = office.get(f"/gestion/cifras/?{last_month(world)}").content.decode()
    cells = re.findall(r'<td class="num"[^>]*>(.*?)</td>', page, re.DOTALL)
    assert len(cells) > 100
    assert [cell for cell in cells if not cell.startswith(('<a href="', '<span class="muted">—'))] == []


def test_number_that_is_not_known_is_said_so_and_never_zero(world, office):
    page = office.get("/gestion/cifras/?municipio=benito")
    values = {(table.title, row.label): row.numbers[0].value for s in page.context["sections"] for table in s.tables
              for row in table.rows if row.numbers[0]}  # fmt: skip
    assert values["Acompañamiento técnico", "Minutos confirmados por ambas partes"] is None
    assert values["Acompañamiento técnico", "Sesiones confirmadas por ambas partes"] == 0


def test_period_with_both_ends_is_compared_with_as_many_days_before(world, office):
    page = office.get(f"/gestion/cifras/?{last_month(world)}")
    table = page.context["sections"][0].tables[0]
    rows = {row.label: tuple(number.value for number in row.numbers) for row in table.rows}
    assert rows["Eventos celebrados"] == (3, 1)
    assert rows["Asistencias"] == (25, 2)
    assert rows["Personas únicas"] == (21, 2)
    assert rows["Minutos de asistencia"] == (90, 40)
    assert rows["Aforo declarado"] == (60, None)
    assert rows["Sesiones de acompañamiento confirmadas"] == (2, 0)
    earlier = world.today - dt.timedelta(days=31)
    assert f"hasta={earlier}" in table.rows[0].numbers[1].href


def test_csv_and_xlsx_carry_every_number_of_the_page(world, office):
    query = f"?{last_month(world)}"
    page = office.get(f"/gestion/cifras/{query}")
    lines = list(csv.reader(io.StringIO(office.get(f"/gestion/cifras.csv{query}").content.decode("utf-8-sig"))))
    told = [("sin dato" if number.value is None else str(number.value)) for number in numbers(page)]
    assert [line[3] for line in lines[1:]] == told
    assert lines[1][4].startswith("http://testserver/gestion/cifras/filas/")
    assert office.get(f"/gestion/cifras.xlsx{query}").content.startswith(b"PK")


def test_list_or_place_that_does_not_exist_is_not_found(world, office):
    assert office.get("/gestion/cifras/filas/secretos/").status_code == 404
    assert office.get("/gestion/cifras/filas/municipios/?con=nada").status_code == 404
    assert office.get("/gestion/cifras/filas/eventos/?region=nada").status_code == 404
    assert office.get("/gestion/cifras/?region=norte&institucion=1").status_code == 422


def test_empty_scope_says_so(office, network):
    page = office.get("/gestion/cifras/?desde=2001-01-01&hasta=2001-12-31")
    assert page.status_code == 200
    rows = office.get("/gestion/cifras/filas/eventos/?desde=2001-01-01&hasta=2001-12-31")
    assert "Ninguna fila" in rows.content.decode()
