"""The home pages: where the network stands, each number with its rows, and a municipality beside region and state."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities.figures import Period, of_region, places
from reports.figures import exact_figures, public_figures, state_scope
from reports.figures.today import public_split, today
from tests import factories as f
from tests.reports.conftest import attend

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world(network):
    """The small network with something of everything that the home pages count."""
    f.ClimateProgrammeFactory(municipality=network.first, state="published")
    f.ClimateProgrammeFactory(municipality=network.second, state="preparation")
    late = {"starts_on": network.today - dt.timedelta(days=90), "ends_on": network.today - dt.timedelta(days=1)}
    ahead = {"starts_on": network.today, "ends_on": network.today + dt.timedelta(days=30)}
    for days, status in ((late, "under-way"), (late, "completed"), (ahead, "planned")):
        f.ActionFactory(municipality=network.third, review_state="published", status=status, **days)
    attend(network.workshop, network.third, count=3, sex="woman", minutes=40)
    file, now = f.AccompanimentFactory(municipality=network.third, state="assigned"), timezone.now()
    f.AccompanimentSessionFactory(
        accompaniment=file, day=network.today, minutes=90, institute_confirmed_at=now, municipality_confirmed_at=now
    )
    f.AccompanimentSessionFactory(accompaniment=file, day=network.today, minutes=30)
    return network


def test_today_is_what_the_figures_count_in_one_query(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        now, south = today([world.second.pk, world.third.pk], with_people=True)
    whole = exact_figures(state_scope(), Period(), places=places())
    part = exact_figures(of_region(world.south), Period(), places=places())
    for found, figures in ((now, whole), (south, part)):
        coverage, reach, actions, people = figures.coverage, figures.reach, figures.actions, figures.people
        assert found.size == coverage.municipalities
        assert found.designations == {
            key: n
            for key, n in (
                ("titular", coverage.titular), ("suplente", coverage.suplente_only), ("none", coverage.none)
            )
            if n
        }  # fmt: skip
        assert (found.trained, found.acting) == (reach.trained, reach.with_actions)
        assert +found.programmes == {row.code: row.count for row in reach.programmes}
        assert found.published == actions.total
        assert {row.code: row.count for row in actions.by_time} == {
            row.code: found.of_time(row.code) for row in actions.by_time
        }
        assert (found.attendances, found.split) == (people.attendances, people.attendances_by_sex)
        assert found.training_minutes == figures.hours.minutes
        assert (found.sessions, found.accompaniment_minutes) == (
            figures.accompaniment.sessions, figures.accompaniment.minutes
        )  # fmt: skip
    assert (now.of_time("overdue"), now.of_time("on-time")) == (1, 1)


def test_splits_beside_the_own_one_are_those_of_the_results_page(world):
    attend(world.webinar, world.second, sex="other")  # a cell of one: South keeps its split to itself
    (now,) = today(with_people=True)
    at = places()
    for scope in (state_scope(), of_region(world.north), of_region(world.south)):
        public = public_figures(scope, Period(), places=at).people.attendances_by_sex
        assert public_split(now, scope, at) == public
    assert public_split(now, of_region(world.south), at) is None


def test_every_number_of_the_staff_s_home_opens_its_rows(world, client: Client):
    client.force_login(f.StaffFactory())
    page = client.get(reverse("staff_home")).content.decode()
    links = re.findall(r'<a href="(/gestion/cifras/filas/[^"]+)">([\d,]+|sin dato)<', page)
    assert len(links) > 25
    for address, number in links:
        rows = client.get(address.replace("&amp;", "&")).content.decode()
        total = re.search(r"(?:Filas|Suma): (?:<strong>([\d,]+)</strong>|sin dato)", rows)
        assert (total[1] or "sin dato", address) == (number, address)


def test_the_liaison_s_home_compares_and_withholds(world, client: Client):
    attend(world.webinar, world.second, sex="other")
    client.force_login(f.liaison(world.third))
    page = client.get(reverse("liaison_home")).content.decode()
    table = page[page.index("El municipio, su región y la entidad") :]
    cells = {
        label: re.findall(r"<a href=\"[^\"]*\">([^<]*)</a>", row)
        for label, row in re.findall(r"<tr><th scope=\"row\">([^<]*)</th>(.*?)</tr>", table, re.S)
    }
    assert cells["Titular vigente"] == ["Con titular", "1 de 2 municipios", "2 de 3 municipios"]
    assert cells["Acciones publicadas"] == ["3", "1.5 por municipio (3 entre 2)", "1.3 por municipio (4 entre 3)"]
    assert cells["Acciones abiertas en plazo"][0] == "50.0 % (1 de 2)"
    assert cells["Horas de acompañamiento confirmadas"][0] == "1.5"
    women = cells["Mujeres entre las asistencias de sexo conocido"]
    assert women[:2] == ["100.0 % (3 de 3)", "sin desglose"]


def test_home_pages_of_an_empty_network_say_so(client: Client):
    client.force_login(f.StaffFactory())
    assert "Aún no hay nada que contar." in client.get(reverse("staff_home")).content.decode()
    client.force_login(f.liaison(f.MunicipalityFactory()))
    page = client.get(reverse("liaison_home")).content.decode()
    assert "ninguna con fecha de término" in page
    assert "sin dato" in page
