"""The calendar as month, list and feed under one set of filters."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client

from events.enums import EventStatus
from events.models import Event
from network.enums import Modality
from tests import factories
from web import identity

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def shown(response: Any) -> list[str]:
    return [entry.title for entry in response.context["entries"]]


def in_feed(response: Any) -> list[str]:
    return [str(entry["summary"]) for entry in icalendar.Calendar.from_ical(response.content).walk("VEVENT")]


def test_month_is_a_table_of_whole_weeks_with_today_marked(client: Client) -> None:
    factories.EventFactory(title="En el mes", day=dt.date(2026, 11, 26))
    factories.EventFactory(title="En otro", day=dt.date(2026, 12, 1))
    response = client.get("/calendario/")
    month = response.context["month"]
    assert [len(week) for week in month.weeks] == [7] * 6
    assert (month.label, month.previous, month.next) == ("noviembre de 2026", "2026-10", "2026-12")
    (today,) = (day for week in month.weeks for day in week if day.is_today)
    assert today.day == dt.date(2026, 11, 22)
    (marked,) = (day for week in month.weeks for day in week if day.entries)
    assert (marked.day, marked.entries[0].title, marked.entries[0].clock) == (
        dt.date(2026, 11, 26),
        "En el mes",
        "11:00",
    )
    assert shown(response) == ["En el mes"]


def test_event_of_several_days_stands_in_each_of_them_across_months(client: Client) -> None:
    factories.EventFactory(title="Largo", day=dt.date(2026, 11, 29), hour=None, last_day=dt.date(2026, 12, 2))
    november, december = client.get("/calendario/?mes=2026-11"), client.get("/calendario/?mes=2026-12")
    days = [
        [day.day.day for week in response.context["month"].weeks for day in week if day.entries]
        for response in (november, december)
    ]
    assert days == [[29, 30], [1, 2]]


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "9999-01", "abc-de", "-5", "２０２６-11"])
def test_month_that_is_none_is_the_present_one(client: Client, month: str) -> None:
    response = client.get("/calendario/", {"mes": month})
    assert response.status_code == 200
    assert response.context["month"].label == "noviembre de 2026"


def test_empty_month_names_the_nearest_events(client: Client) -> None:
    factories.EventFactory(title="Antes", day=dt.date(2020, 6, 17))
    factories.EventFactory(title="Después", day=dt.date(2027, 1, 20))
    response = client.get("/calendario/")
    assert (response.context["earlier"].title, response.context["later"].title) == ("Antes", "Después")


def test_list_has_what_comes_then_what_has_no_day(client: Client) -> None:
    factories.EventFactory(title="Después", day=dt.date(2026, 12, 20))
    factories.EventFactory(title="Pronto", day=dt.date(2026, 11, 23))
    factories.EventFactory(title="Ya fue", day=dt.date(2026, 11, 1))
    factories.EventFactory(title="Sin día", day=None)
    response = client.get("/calendario/?vista=lista")
    assert shown(response) == ["Pronto", "Después"]
    assert [entry.title for entry in response.context["undated"]] == ["Sin día"]
    assert "Fecha por confirmar" in response.content.decode()
    past = client.get("/calendario/?vista=lista&cuando=anteriores")
    assert shown(past) == ["Ya fue"]
    assert past.context["undated"] == []


def test_words_are_looked_for_everywhere_and_gadd_finds_gaad(client: Client) -> None:
    gaad = factories.FormatFactory(code="gaad", name="GAAD")
    factories.EventFactory(title="Infraestructura verde", format=gaad, day=dt.date(2020, 6, 10))
    factories.EventFactory(title="Captación de lluvia", format=gaad, day=dt.date(2026, 12, 3))
    factories.EventFactory(title="Otra cosa", day=dt.date(2026, 12, 4))
    assert shown(client.get("/calendario/?q=GADD")) == ["Captación de lluvia", "Infraestructura verde"]


def test_each_filter_gives_the_same_events_on_the_page_and_in_the_feed(client: Client) -> None:
    region = factories.RegionFactory(number=7, slug="toluca")
    town = factories.MunicipalityFactory(slug="toluca", region=region)
    series = factories.SeriesFactory(slug="un-ciclo")
    pathway, linked = factories.PathwayFactory(code="circular"), factories.PathwayFactory(code="equitable")
    wanted = factories.EventFactory(
        title="Buscado", format=factories.FormatFactory(code="workshop", name="Taller"), modality=Modality.IN_PERSON,
        municipality=town, series=series, pathway=pathway, day=dt.date(2026, 12, 10),
    )  # fmt: skip
    wanted.linked_pathways.add(linked)
    factories.EventFactory(title="Otro", day=dt.date(2027, 3, 1))
    for query in (
        "q=busca", "formato=workshop", "modalidad=in-person", "camino=circular", "camino=equitable", "region=toluca",
        "municipio=toluca", "ciclo=un-ciclo", "desde=2026-12-01&hasta=2026-12-31", "hasta=31/12/2026",
        "q=buscado&formato=workshop&region=toluca",
    ):  # fmt: skip
        page = client.get(f"/calendario/?vista=lista&{query}")
        assert shown(page) == ["Buscado"], query
        assert page.context["feed_address"].endswith(f"/calendario.ics?{query.replace('/', '%2F')}")
        assert in_feed(client.get(f"/calendario.ics?{query}")) == ["Buscado"], query


def test_chip_of_a_filter_leads_to_the_same_list_without_it(client: Client) -> None:
    factories.FormatFactory(code="workshop", name="Taller")
    page = client.get("/calendario/?vista=lista&formato=workshop&q=agua").content.decode()
    assert "Formato: Taller" in page
    assert 'href="/calendario/?vista=lista&amp;q=agua"' in page


def test_filter_that_does_not_exist_is_an_error_and_never_everything(client: Client) -> None:
    factories.EventFactory()
    feed = client.get("/calendario.ics?region=atlantida")
    assert (feed.status_code, feed["Content-Type"]) == (400, "text/plain; charset=utf-8")
    page = client.get("/calendario/?vista=lista&region=atlantida")
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()


def test_drafts_are_for_staff_alone_and_in_no_feed(client: Client) -> None:
    factories.EventFactory(title="Borrador", status=EventStatus.DRAFT, day=dt.date(2026, 11, 26))
    assert shown(client.get("/calendario/")) == []
    client.force_login(factories.StaffFactory())
    assert shown(client.get("/calendario/")) == ["Borrador"]
    assert in_feed(client.get("/calendario.ics")) == []


def test_cancelled_event_stays_and_says_so(client: Client) -> None:
    factories.EventFactory(title="Cancelado", status=EventStatus.CANCELLED, day=dt.date(2026, 11, 26))
    response = client.get("/calendario/")
    assert response.context["entries"][0].state_label == "Cancelado"
    (entry,) = icalendar.Calendar.from_ical(client.get("/calendario.ics").content).walk("VEVENT")
    assert str(entry["status"]) == "CANCELLED"


def test_list_says_words_and_not_counts(client: Client) -> None:
    full = factories.EventFactory(title="Lleno", capacity=1, day=dt.date(2026, 11, 24))
    full.seat_pools.update(taken=1)
    factories.EventFactory(title="Con lugares", day=dt.date(2026, 11, 25))
    none = factories.EventFactory(title="Sin lista", capacity=1, waiting_list_enabled=False, day=dt.date(2026, 11, 26))
    none.seat_pools.update(taken=1)
    entries = client.get("/calendario/?vista=lista").context["entries"]
    assert [entry.state_label for entry in entries] == ["Lista de espera", "Inscripción abierta", "Cupo lleno"]


def test_feed_is_not_sent_again_to_who_has_it(client: Client) -> None:
    event = factories.EventFactory()
    first = client.get("/calendario.ics")
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert client.get("/calendario.ics", headers={"if-none-match": first["ETag"]}).status_code == 304
    Event.objects.filter(pk=event.pk).update(sequence=1)
    changed = client.get("/calendario.ics", headers={"if-none-match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_no_public_feed_says_a_meeting_link_or_a_person(client: Client) -> None:
    event = factories.EventFactory(title="Uno")
    factories.RegistrationFactory(event=event, name="Ana Secreta", email="ana.secreta@prueba.example")
    for address in (
        "/calendario.ics",
        f"/eventos/{event.slug}.ics",
        f"/eventos/{event.slug}/",
        "/calendario/?vista=lista",
    ):
        text = client.get(address).content.decode().replace("\r\n ", "")
        assert "videollamada.example" not in text, address
        assert "secreta" not in text.lower(), address


@pytest.mark.parametrize(
    ("address", "queries"), [("/calendario/", 2), ("/calendario/?vista=lista", 4), ("/calendario.ics", 2)]
)
@pytest.mark.parametrize("count", [1, 3])
def test_calendar_asks_as_much_for_one_event_as_for_three(
    client: Client, django_assert_num_queries: Any, address: str, queries: int, count: int
) -> None:
    for _event in range(count):
        factories.EventFactory(
            day=dt.date(2026, 11, 26), series=factories.SeriesFactory(), municipality=factories.MunicipalityFactory()
        )
    identity.current()  # kept in the cache from the first page on
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/calendario/", "/calendario.ics", "/ciclos/"])
def test_public_pages_of_the_calendar_only_answer_reading(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
