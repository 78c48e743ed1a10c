"""The calendar as month, list and feed under one set of filters."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client

from events.enums import EventStatus
from events.services.entries import rewrite_entries
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
    span = response.context["span"]
    assert (span.label, span.previous, span.today, span.next) == (
        "noviembre de 2026", "?vista=mes&mes=2026-10", "?vista=mes", "?vista=mes&mes=2026-12",
    )  # fmt: skip
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


def test_next_events_of_the_home_page_lead_to_their_own(client: Client) -> None:
    event = factories.EventFactory(title="Agua", title_en="Water", day=dt.date(2026, 11, 26), hour=None)
    page = client.get("/").content.decode()
    assert f'<h3><a href="/eventos/{event.slug}/">Agua</a></h3>' in page
    assert "Hora por confirmar" in page
    assert f'<h3><a href="/en/eventos/{event.slug}/">Water</a></h3>' in client.get("/en/").content.decode()


def test_english_lists_mark_titles_in_spanish(client: Client) -> None:
    factories.EventFactory(title="Agua", title_en="Water", day=dt.date(2026, 11, 26))
    factories.EventFactory(title="Suelo", day=dt.date(2026, 11, 27))
    for query in ("", "?vista=semana&semana=2026-W48", "?vista=lista"):
        page = client.get(f"/en/calendario/{query}").content.decode()
        assert ' lang="es">Suelo</a>' in page
        assert ' lang="es">Water' not in page
        assert ' lang="es">Suelo' not in client.get(f"/calendario/{query}").content.decode()


def test_night_says_its_end_in_every_view_and_in_the_cell_of_its_last_day(client: Client) -> None:
    factories.EventFactory(
        title="Vigilia", day=dt.date(2026, 11, 28), hour=20, last_day=dt.date(2026, 11, 29),
        end_time=dt.time(1), ends_at=dt.datetime(2026, 11, 29, 7, tzinfo=dt.UTC),
    )  # fmt: skip
    page = client.get("/calendario/").content.decode()
    assert "<b>20:00</b> Vigilia" in page
    assert "<b>hasta 01:00</b> Vigilia" in page
    for query in ("vista=semana&semana=2026-W48", "vista=lista"):
        assert "20:00 a 01:00 h del 29 de noviembre, hora" in client.get(f"/calendario/?{query}").content.decode()


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


def test_day_of_the_month_says_its_date_and_its_count_and_leads_to_its_week(client: Client) -> None:
    factories.EventFactory(title="Uno", day=dt.date(2026, 11, 26))
    factories.EventFactory(title="Dos", day=dt.date(2026, 11, 26))
    page = client.get("/calendario/?modalidad=virtual").content.decode()
    assert (
        '<a class="cal-number" id="dia-26" '
        'href="?modalidad=virtual&amp;vista=semana&amp;semana=2026-W48#dia-2026-11-26" '
        'aria-label="jueves 26 de noviembre: 2 eventos"><time datetime="2026-11-26">26</time></a>'
    ) in page
    assert 'aria-label="domingo 22 de noviembre, hoy: 0 eventos" aria-current="date"' in page
    week = client.get("/calendario/?vista=semana&semana=2026-W48&modalidad=virtual").content.decode()
    assert 'id="dia-2026-11-26"' in week
    assert "jueves 26 de noviembre: 2 eventos" in week


def test_full_day_shows_some_and_says_how_many_more(client: Client) -> None:
    for number in range(6):
        factories.EventFactory(title=f"Evento {number}", day=dt.date(2026, 11, 26), hour=8 + number)
    for number in range(4):
        factories.EventFactory(title=f"Otro {number}", day=dt.date(2026, 11, 27))
    response = client.get("/calendario/")
    days = {day.number: day for week in response.context["month"].weeks for day in week if day.in_month}
    assert ([entry.title for entry in days[26].entries], days[26].more) == (["Evento 0", "Evento 1", "Evento 2"], 3)
    assert (len(days[27].entries), days[27].more) == (4, 0)
    assert 'aria-label="26 de noviembre: 3 eventos más">+3</a>' in response.content.decode()
    assert "jueves 26 de noviembre: 6 eventos" in response.content.decode()
    week = client.get("/calendario/?vista=semana&semana=2026-W48")
    assert len(shown(week)) == 10


def test_long_month_sends_to_the_list_of_just_that_month(client: Client) -> None:
    for number in range(27):
        factories.EventFactory(day=dt.date(2026, 11, 1 + number))
    factories.EventFactory(title="Fuera", day=dt.date(2026, 12, 1))
    response = client.get("/calendario/")
    assert len(response.context["agenda"]) == 15
    assert "Ver en lista los 12 eventos que faltan" in response.content.decode()
    whole = client.get(f"/calendario/{response.context['whole_list']}")
    assert whole.context["page"].paginator.count == 27


def test_week_is_seven_days_with_the_events_of_each(client: Client) -> None:
    factories.EventFactory(
        title="De lunes a miércoles", day=dt.date(2026, 12, 28), hour=None, last_day=dt.date(2026, 12, 30)
    )
    factories.EventFactory(title="Año nuevo", day=dt.date(2027, 1, 1))
    response = client.get("/calendario/?vista=semana&semana=2026-W53")
    assert [(day.iso, [entry.title for entry in day.entries]) for day in response.context["days"]] == [
        ("2026-12-28", ["De lunes a miércoles"]), ("2026-12-29", ["De lunes a miércoles"]),
        ("2026-12-30", ["De lunes a miércoles"]), ("2026-12-31", []), ("2027-01-01", ["Año nuevo"]),
        ("2027-01-02", []), ("2027-01-03", []),
    ]  # fmt: skip
    span = response.context["span"]
    assert (span.previous, span.next) == ("?vista=semana&semana=2026-W52", "?vista=semana&semana=2027-W01")
    assert client.get("/calendario/?vista=semana").context["span"].first == dt.date(2026, 11, 16)


def test_year_counts_the_events_of_each_month_and_day_and_leads_to_the_month(client: Client) -> None:
    factories.EventFactory(day=dt.date(2026, 3, 30), hour=None, last_day=dt.date(2026, 4, 1))
    factories.EventFactory(day=dt.date(2026, 3, 30))
    factories.EventFactory(day=dt.date(2025, 12, 31), hour=None, last_day=dt.date(2026, 1, 1))
    factories.EventFactory(day=dt.date(2027, 1, 1))
    response = client.get("/calendario/?vista=anio")
    months = response.context["year"]
    counts = [month.count_label.split()[0] for month in months]
    assert counts == ["1", "0", "2", "1", "0", "0", "0", "0", "0", "0", "0", "0"]
    assert response.context["total_label"] == "3 eventos"
    days = {day.number: day.count_label for week in months[2].weeks for day in week if day.count_label}
    assert days == {30: "2 eventos", 31: "1 evento"}
    assert months[2].href == "?vista=mes&mes=2026-03"
    assert response.content.decode().count('<table class="cal-small">') == 12


def test_views_lead_to_each_other_at_about_the_same_time(client: Client) -> None:
    response = client.get("/calendario/?vista=mes&mes=2020-06&q=agua&pagina=3")
    assert {words: href for words, href, _current in response.context["views"]} == {
        "Mes": "?q=agua&vista=mes&mes=2020-06",
        "Semana": "?q=agua&vista=semana&semana=2020-W23",
        "Lista": "?q=agua&vista=lista",
        "Año": "?q=agua&vista=anio&anio=2020",
    }
    of_now = {words: href for words, href, _current in client.get("/calendario/").context["views"]}
    assert of_now["Semana"] == "?vista=semana&semana=2026-W47"


@pytest.mark.parametrize(
    "query",
    ["vista=semana&semana=2026-W54", "vista=semana&semana=2026-48", "vista=semana&semana=9999-W01",
     "vista=anio&anio=99999", "vista=anio&anio=0001", "vista=anio&anio=", "vista=nada", "vista=semana&semana=%00"],
)  # fmt: skip
def test_period_that_is_none_is_the_present_one(client: Client, query: str) -> None:
    response = client.get(f"/calendario/?{query}")
    assert response.status_code == 200
    assert response.context["span"].is_current


@pytest.mark.parametrize(
    ("query", "has_previous", "has_next"),
    [("mes=1990-01", False, True), ("mes=2100-12", True, False), ("vista=anio&anio=1990", False, True),
     ("vista=anio&anio=2100", True, False)],
)  # fmt: skip
def test_calendar_has_a_first_and_a_last_year(client: Client, query: str, has_previous: bool, has_next: bool) -> None:
    page = client.get(f"/calendario/?{query}").content.decode()
    assert ('rel="prev"' in page, 'rel="next"' in page) == (has_previous, has_next)


def test_each_choice_says_how_many_events_it_would_show(client: Client) -> None:
    """Whatever is chosen already, following a choice shows as many events as it promised."""
    formats = [factories.FormatFactory(code=code) for code in ("workshop", "webinar")]
    pathways = [factories.PathwayFactory(code=code) for code in ("circular", "resilient")]
    sectors = [factories.SectorFactory(code=code) for code in ("water", "energy")]
    regions = [factories.RegionFactory() for _number in range(2)]
    towns = [factories.MunicipalityFactory(region=region) for region in regions]
    series = [factories.SeriesFactory(), None]
    for number in range(16):
        event = factories.EventFactory(
            format=formats[number % 2], pathway=pathways[number // 2 % 2], municipality=towns[number // 4 % 2],
            series=series[number // 8 % 2], modality=list(Modality)[number % 3],
            day=dt.date(2026, 11, 5) + dt.timedelta(days=2 * number),
            title="Agua" if number % 5 else "Bosque",
        )  # fmt: skip
        event.linked_pathways.set([pathways[1 - number // 2 % 2]] if number % 3 == 0 else [])
        event.sectors.set(sectors[: number % 3])
    for asked in ("", "q=agua&camino=circular", f"municipio={towns[0].slug}&tema=water"):
        for period in (
            "vista=mes&mes=2026-11",
            "vista=lista&cuando=todos",
            "vista=lista&cuando=proximos",
            "vista=anio&anio=2026",
        ):
            form = client.get(f"/calendario/?{period}&{asked}").context["filter"].form
            for name in ("formato", "tema", "camino", "modalidad", "region", "municipio", "ciclo"):
                for key, words in form.fields[name].widget.choices:
                    if key:
                        query = {**dict(part.split("=") for part in f"{period}&{asked}".split("&") if part), name: key}
                        found = client.get("/calendario/", query)
                        assert words.endswith(f"({how_many(found)})"), (period, asked, name, words, how_many(found))


def how_many(response: Any) -> int:
    if "total_label" in response.context:
        return int(response.context["total_label"].split()[0])
    if "page" in response.context:
        return response.context["page"].paginator.count + len(response.context["undated"])
    return len(response.context["entries"])


def test_chip_says_the_choice_without_its_count(client: Client) -> None:
    factories.FormatFactory(code="workshop", name="Taller")
    page = client.get("/calendario/?formato=workshop").content.decode()
    assert '<option value="workshop" selected>Taller (0)</option>' in page
    assert "Formato: Taller<" in page.replace("</span>", "").replace('<span class="hide">Quitar: ', "")


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


def test_all_events_without_a_day_can_be_reached(client: Client) -> None:
    for _number in range(27):
        factories.EventFactory(day=None)
    first = client.get("/calendario/?vista=lista")
    assert len(first.context["undated"]) == 25
    assert 'href="?vista=lista&amp;cuando=por-confirmar"' in first.content.decode()
    pages = [client.get(f"/calendario/?vista=lista&cuando=por-confirmar&pagina={number}") for number in (1, 2)]
    assert [len(page.context["entries"]) for page in pages] == [25, 2]
    assert [page.context["undated"] for page in pages] == [[], []]


def test_words_are_looked_for_everywhere_and_gadd_finds_gaad(client: Client) -> None:
    gaad = factories.FormatFactory(code="gaad", name="GAAD")
    factories.EventFactory(title="Infraestructura verde", format=gaad, day=dt.date(2020, 6, 10))
    factories.EventFactory(title="Captación de lluvia", format=gaad, day=dt.date(2026, 12, 3))
    factories.EventFactory(title="Otra cosa", day=dt.date(2026, 12, 4))
    assert shown(client.get("/calendario/?q=GADD")) == ["Captación de lluvia", "Infraestructura verde"]


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
    assert (page.status_code, shown(page)) == (400, [])
    assert "El filtro no se pudo aplicar" in page.content.decode()


def test_wrong_filter_offers_nothing_to_subscribe_to(client: Client) -> None:
    for address in ("/calendario/?region=atlantida", "/calendario/incrustar/codigo/?region=atlantida"):
        page = client.get(address).content.decode()
        assert "El filtro no se pudo aplicar" in page
        assert "webcal" not in page
        assert "&lt;iframe" not in page
        assert "text/calendar" not in page


@pytest.mark.parametrize("path", ["/calendario/", "/calendario/incrustar/codigo/", "/biblioteca/"])
def test_filter_that_nobody_knows_is_named_and_the_rest_is_shown(client: Client, path: str) -> None:
    factories.FormatFactory(code="gaad", name="GAAD")
    page = client.get(f"{path}?formatt=x&formato=gaad&utm_source=boletin&fbclid=1&_=2")
    text = page.content.decode()
    assert page.status_code == 200
    assert "No hay un filtro «formatt». Los que hay: q, " in text
    assert "No hay un filtro" not in client.get(f"{path}?formato=gaad&utm_source=boletin&pagina=1").content.decode()
    assert "formatt=" not in text.split("<main")[1].split("language")[0].replace("?formatt=x", "")


@pytest.mark.parametrize(
    "path",
    ["/calendario.ics", "/calendario.atom", "/calendario.json", "/calendario.csv", "/calendario/incrustar/",
     "/biblioteca.csv", "/biblioteca.atom"],
)  # fmt: skip
def test_filter_that_nobody_knows_is_refused_to_programs(client: Client, path: str) -> None:
    wrong = client.get(f"{path}?formatt=x&tipoo=y")
    assert wrong.status_code == 400
    assert "No hay filtros «formatt», «tipoo»." in wrong.content.decode()
    assert client.get(f"{path}?utm_source=boletin&fbclid=1&_=2&pagina=1").status_code == 200


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
    ("address", "queries"),
    [
        ("/calendario/", 3),
        ("/calendario/?vista=semana&semana=2026-W48", 3),
        ("/calendario/?vista=anio", 3),
        ("/calendario/?vista=lista", 5),
        ("/calendario/?mes=2020-01", 4),
        ("/calendario.ics", 2),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_calendar_asks_as_much_for_one_event_as_for_three(
    client: Client, django_assert_num_queries: Any, address: str, queries: int, count: int
) -> None:
    for _event in range(count):
        factories.EventFactory(
            day=dt.date(2026, 11, 26), series=factories.SeriesFactory(), municipality=factories.MunicipalityFactory()
        )
    rewrite_entries()  # as the editing service leaves them
    identity.current()  # kept in the cache from the first page on
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/calendario/", "/calendario.ics", "/ciclos/"])
def test_public_pages_of_the_calendar_only_answer_reading(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
