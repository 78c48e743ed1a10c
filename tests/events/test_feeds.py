"""The feeds: what stands in them, for how long, and what is not sent twice."""

import csv
import datetime as dt
import html
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import icalendar
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import ical
from events.enums import EventStatus
from events.models import Event, Format
from events.services import editing
from events.services.entries import rewrite_entries
from network.enums import Modality
from tests import factories
from web.tabular import plain

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
NOW = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def entries_of(response: Any) -> list[icalendar.Event]:
    assert response.status_code == 200, response.content
    return list(icalendar.Calendar.from_ical(response.content).walk("VEVENT"))


def titles(client: Client, address: str = "/calendario.ics") -> list[str]:
    return [str(entry["summary"]) for entry in entries_of(client.get(address))]


def published(**data: Any) -> Event:
    """An event as staff make it: through the service, with its stored entries."""
    values = {
        "title": "Taller de agua",
        "format": factories.FormatFactory(code="workshop", name="Taller", name_en="Workshop"),
        "pathway": factories.PathwayFactory(),
        "modality": Modality.VIRTUAL,
        "first_day": dt.date(2026, 12, 3),
        "start_time": dt.time(11),
        "end_time": dt.time(12),
        "time_zone": "America/Mexico_City",
    }
    return editing.publish_event(event=editing.save_event(event=None, data=values | data, by=None), by=None)


# --- One filter set in five forms


FORMS = ("page", "json", "csv", "ics", "atom")


def everywhere(client: Client, query: str) -> dict[str, list[str]]:
    """The titles under one query on the page and in each form of the calendar, sorted."""
    page = client.get(f"/calendario/?vista=lista&cuando=todos&{query}")
    assert page.status_code == 200, query
    data = client.get(f"/calendario.json?{query}").json()
    sheet = list(csv.DictReader(io.StringIO(client.get(f"/calendario.csv?{query}").content.decode("utf-8-sig"))))
    atom = ElementTree.fromstring(client.get(f"/calendario.atom?{query}").content)
    found = {
        "page": [entry.title for entry in [*page.context["entries"], *page.context["undated"]]],
        "json": [event["title"] for event in data["events"]],
        "csv": [plain(row["Título"]) for row in sheet],
        "ics": titles(client, f"/calendario.ics?{query}"),
        "atom": [entry.findtext(f"{ATOM}title") or "" for entry in atom.iter(f"{ATOM}entry")],
    }
    return {form: sorted(names) for form, names in found.items()}


@pytest.fixture
def two_events() -> None:
    region = factories.RegionFactory(number=7, slug="toluca")
    town = factories.MunicipalityFactory(slug="toluca", region=region)
    wanted = published(
        title="Búscame en los bosques", modality=Modality.IN_PERSON, municipality=town, first_day=dt.date(2026, 12, 10),
        series=factories.SeriesFactory(slug="un-ciclo"), pathway=factories.PathwayFactory(code="circular"),
        linked_pathways=[factories.PathwayFactory(code="equitable")], sectors=[factories.SectorFactory(code="water")],
    )  # fmt: skip
    other = {"format": factories.FormatFactory(code="gaad", name="GAAD"), "first_day": dt.date(2027, 3, 1)}
    other |= {"pathway": factories.PathwayFactory(code="resilient"), "series": factories.SeriesFactory(slug="otro")}
    published(title="Otro", municipality=factories.MunicipalityFactory(), **other)
    assert wanted.series


@pytest.mark.parametrize(
    "query",
    [
        "q=busca", "q=BOSQUE", "formato=workshop", "tema=water", "modalidad=in-person", "camino=circular",
        "camino=equitable", "region=toluca", "municipio=toluca", "ciclo=un-ciclo", "desde=2026-12-01&hasta=2026-12-31",
        "hasta=31/12/2026", "q=buscame&formato=workshop&region=toluca", "mes=2027-03&pagina=3&utm_medium=cosa&q=bosque",
    ],
)  # fmt: skip
def test_each_filter_gives_the_same_events_in_all_five_forms(client: Client, two_events: None, query: str) -> None:
    assert everywhere(client, query) == {form: ["Búscame en los bosques"] for form in FORMS}


def test_without_filters_all_five_forms_have_everything(client: Client, two_events: None) -> None:
    assert everywhere(client, "") == {form: ["Búscame en los bosques", "Otro"] for form in FORMS}


def test_gadd_finds_gaad_in_all_five_forms(client: Client, two_events: None) -> None:
    assert everywhere(client, "q=GADD") == {form: ["Otro"] for form in FORMS}


def test_undated_and_long_cancelled_are_listed_but_not_told_to_calendars(client: Client, clock: Any) -> None:
    published(title="Sin día", first_day=None, start_time=None, end_time=None)
    editing.cancel_event(event=published(title="Cancelado hace mucho"), reason="Lluvia", by=None)
    clock.shift(dt.timedelta(days=92))
    published(title="Borrador visible solo para el personal")
    Event.objects.filter(title__startswith="Borrador").update(status=EventStatus.DRAFT)
    listed = ["Cancelado hace mucho", "Sin día"]
    assert everywhere(client, "") == {"page": listed, "json": listed, "csv": listed, "ics": [], "atom": []}
    client.force_login(factories.StaffFactory())
    assert {form: names for form, names in everywhere(client, "").items() if form != "page"} == {
        "json": listed, "csv": listed, "ics": [], "atom": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["region=atlantida", "desde=ayer", "hasta=2026-02-31", f"q={'a' * 200}", "formato=%00"]
)
@pytest.mark.parametrize(
    "form", ["/calendario/", "/calendario.ics", "/calendario.atom", "/calendario.json", "/calendario.csv"]
)
def test_wrong_filter_is_refused_with_a_sentence_in_every_form(
    client: Client, two_events: None, form: str, query: str
) -> None:
    answer = client.get(f"{form}?{query}")
    text = answer.json()["error"] if form.endswith("json") else answer.content.decode()
    labels = {"region": "Región", "desde": "Desde", "hasta": "Hasta", "q": "Palabras", "formato": "Formato"}
    assert answer.status_code == 400
    assert f"{labels[query.partition('=')[0]]}: " in text
    assert "Búscame" not in text


def test_page_says_the_addresses_of_exactly_its_filter(client: Client, two_events: None, settings: Any) -> None:
    settings.SITE_URL = "https://red.example"
    page = client.get("/calendario/?vista=lista&pagina=1&formato=workshop&q=%C3%A1rbol+y+agua")
    found = page.context["subscription"]
    query = "q=%C3%A1rbol+y+agua&formato=workshop"
    assert (found.ics, found.webcal, found.atom, found.json, found.csv) == (
        f"https://red.example/calendario.ics?{query}", f"webcal://red.example/calendario.ics?{query}",
        f"https://red.example/calendario.atom?{query}", f"https://red.example/calendario.json?{query}",
        f"https://red.example/calendario.csv?{query}",
    )  # fmt: skip
    parts = {name: parse_qs(urlsplit(getattr(found, name)).query) for name in ("google", "outlook", "outlook_home")}
    assert parts["google"]["cid"] == [found.webcal]
    assert parts["outlook"]["url"] == parts["outlook_home"]["url"] == [found.ics]
    text = page.content.decode()
    assert all(
        html.escape(getattr(found, name)) in text for name in ("webcal", "google", "outlook", "atom", "json", "csv")
    )


def test_json_says_moments_with_their_offset_and_zone(client: Client, two_events: None) -> None:
    published(title="Sin hora", first_day=dt.date(2026, 12, 20), last_day=dt.date(2026, 12, 22), start_time=None,
              end_time=None)  # fmt: skip
    published(title="Sin término", first_day=dt.date(2026, 12, 23), end_time=None, time_zone="Europe/Madrid")
    published(title="Sin día", first_day=None, start_time=None, end_time=None)
    events = {event["title"]: event for event in client.get("/calendario.json").json()["events"]}
    assert {title: (event["start"], event["end"], event["all_day"]) for title, event in events.items()} == {
        "Búscame en los bosques": ("2026-12-10T11:00:00-06:00", "2026-12-10T12:00:00-06:00", False),
        "Sin hora": ("2026-12-20", "2026-12-22", True),
        "Sin término": ("2026-12-23T11:00:00+01:00", None, False),
        "Otro": ("2027-03-01T11:00:00-06:00", "2027-03-01T12:00:00-06:00", False),
        "Sin día": (None, None, False),
    }
    wanted = events["Búscame en los bosques"]
    assert (wanted["time_zone"], wanted["linked_pathways"]) == ("America/Mexico_City", ["equitable"])
    assert (wanted["municipality"]["slug"], wanted["municipality"]["region"]) == ("toluca", "Región 7")
    assert list(events)[-1] == "Sin día"


@pytest.mark.parametrize("path", ["/calendario.json", "/calendario.csv", "/biblioteca.csv"])
def test_lists_of_thousands_read_no_text_that_they_do_not_write(client: Client, two_events: None, path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    asked = " ".join(query["sql"] for query in queries if '"events_event"."title"' in query["sql"])
    assert asked
    assert '"objectives"' not in asked
    assert '"vevent_es"' not in asked


def test_no_form_says_a_meeting_link_or_a_person(client: Client) -> None:
    event = factories.EventFactory(title="Uno", municipality=factories.MunicipalityFactory(slug="lugar"))
    factories.RegistrationFactory(event=event, name="Ana Secreta", email="ana.secreta@prueba.example")
    addresses = [f"/calendario.{form}" for form in ("ics", "atom", "json", "csv")]
    for address in (
        *addresses,
        "/calendario/?vista=lista",
        f"/eventos/{event.slug}.ics",
        "/municipios/lugar/eventos.ics",
    ):
        text = client.get(address).content.decode().replace("\r\n ", "")
        assert "Uno" in text, address
        assert "videollamada.example" not in text, address
        assert "secreta" not in text.lower(), address


def test_typed_text_is_text_in_every_form(client: Client) -> None:
    nasty = "<script>alert(1)</script> & =1+1 ]]> \x07"
    event = published(title="=HYPERLINK(1)", summary=nasty.replace("\x07", ""))
    Event.objects.filter(pk=event.pk).update(summary=nasty, sequence=5)
    assert "<script>alert" not in client.get("/calendario.json").content.decode().replace("\\u003C", "")[:0]
    assert client.get("/calendario.json").json()["events"][0]["summary"] == nasty
    assert b"'=HYPERLINK(1)" in client.get("/calendario.csv").content
    (entry,) = ElementTree.fromstring(client.get("/calendario.atom").content).iter(f"{ATOM}entry")
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; =1+1 ]]&gt; </p>" in (entry.findtext(f"{ATOM}summary") or "")


def test_atom_is_what_rfc_4287_asks(client: Client, clock: Any) -> None:
    event = published(title="Uno")
    clock.shift(60)
    editing.cancel_event(event=published(title="Dos"), reason="Lluvia", by=None)
    answer = client.get("/calendario.atom?formato=workshop")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    # 4.1.1: exactly one id, title and updated, an author, a link to itself; 4.1.2: the same for each entry.
    assert feed.tag == f"{ATOM}feed"
    assert [len(feed.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated", "author")] == [1, 1, 1, 1]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://127.0.0.1:8000/calendario.atom?formato=workshop",
        "alternate": "http://127.0.0.1:8000/calendario/?formato=workshop",
    }
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Cancelado: Dos", "Uno"]
    for entry in entries:
        assert [len(entry.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated", "link")] == [1, 1, 1, 1]
        assert dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "").tzinfo
    assert entries[1].findtext(f"{ATOM}id") == f"urn:uuid:{event.uid}"
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")


def test_municipality_and_series_have_feeds_of_their_own(client: Client, two_events: None) -> None:
    of_town = client.get("/municipios/toluca/eventos.ics")
    of_series = client.get("/ciclos/un-ciclo.ics")
    for answer, query in ((of_town, "municipio=toluca"), (of_series, "ciclo=un-ciclo")):
        assert [entry.to_ical() for entry in entries_of(answer)] == [
            entry.to_ical() for entry in entries_of(client.get(f"/calendario.ics?{query}"))
        ]
        assert client.get(answer.request["PATH_INFO"], headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert str(icalendar.Calendar.from_ical(of_series.content)["x-wr-calname"]).startswith("Ciclo de prueba")
    assert client.get("/municipios/nada/eventos.ics").status_code == 404
    assert client.get("/ciclos/nada.ics").status_code == 404
    assert "/municipios/toluca/eventos.ics" in client.get("/municipios/toluca/").content.decode()
    assert "/ciclos/un-ciclo.ics" in client.get("/ciclos/un-ciclo/").content.decode()


# --- Stored entries


def test_entry_is_written_with_the_revision_and_the_feed_only_joins_it(
    client: Client, django_assert_num_queries: Any
) -> None:
    event = published()
    client.get("/calendario.ics")  # the identity of the portal stays in the cache
    with django_assert_num_queries(2):
        stored = client.get("/calendario.ics").content
    Event.objects.update(vevent_es="")
    with django_assert_num_queries(3):
        anew = client.get("/calendario.ics").content
    assert stored == anew
    assert event.vevent_es.endswith("END:VEVENT\r\n")


def test_whole_feed_of_stored_entries_is_what_the_library_writes(client: Client) -> None:
    first, second = published(title="Uno"), published(title="Dos", first_day=dt.date(2026, 12, 9))
    written = [ical.entry(event, url=f"http://127.0.0.1:8000/eventos/{event.slug}/", host="127.0.0.1")
               for event in (first, second)]  # fmt: skip
    name = str(icalendar.Calendar.from_ical(client.get("/calendario.ics").content)["x-wr-calname"])
    assert client.get("/calendario.ics").content == ical.calendar(written, name=name)


def test_name_of_a_filtered_calendar_says_its_filters(client: Client) -> None:
    published(format=factories.FormatFactory(code="gaad", name="GAAD (Grupo de Apoyo)"))
    whole, own = (
        str(icalendar.Calendar.from_ical(client.get(f"/calendario.ics{query}").content)["x-wr-calname"])
        for query in ("", "?formato=gaad&modalidad=virtual&q=agua&desde=2026-12-01")
    )
    assert own == f"{whole} · agua · GAAD · Virtual · desde 1 de diciembre de 2026"


def test_period_that_ends_before_it_begins_is_refused(client: Client) -> None:
    query = "?desde=2027-01-01&hasta=2026-01-01"
    refusal = client.get(f"/calendario.ics{query}")
    assert (refusal.status_code, refusal.content.decode().strip()) == (
        400, "Hasta: Es antes del primer día: revise las dos fechas."
    )  # fmt: skip
    page = html.unescape(client.get(f"/calendario/{query}").content.decode())
    assert "Es antes del primer día: revise las dos fechas." in page
    assert "Desde: 1 de enero de 2027" in page


def test_each_language_has_its_own_entry(client: Client) -> None:
    published(title="Taller de agua", title_en="Water workshop")
    (spanish,), (english,) = (entries_of(client.get(at)) for at in ("/calendario.ics", "/en/calendario.ics"))
    assert (spanish["summary"], english["summary"]) == ("Taller de agua", "Water workshop")
    assert english["url"].endswith("/en/eventos/taller-de-agua/")
    assert spanish["uid"] == english["uid"]


def test_draft_has_no_stored_entry_until_it_is_published() -> None:
    draft = editing.save_event(
        event=None,
        data={"title": "Borrador", "format": factories.FormatFactory(), "pathway": factories.PathwayFactory(),
              "modality": Modality.VIRTUAL, "first_day": dt.date(2026, 12, 3)},
        by=None,
    )  # fmt: skip
    assert (draft.vevent_es, draft.vevent_en) == ("", "")
    assert "Borrador" in editing.publish_event(event=draft, by=None).vevent_es


def test_feed_follows_the_address_of_the_portal(client: Client, settings: Any) -> None:
    published()
    settings.SITE_URL = "https://red.example"
    (entry,) = entries_of(client.get("/calendario.ics"))
    assert str(entry["url"]) == "https://red.example/eventos/taller-de-agua/"
    assert str(entry["uid"]).endswith("@red.example")
    assert rewrite_entries() == 1
    assert "https://red.example/eventos" in Event.objects.get().vevent_es.replace("\r\n ", "")
    assert rewrite_entries() == 0


def test_entry_stored_for_another_revision_is_never_shown(client: Client) -> None:
    published()
    Event.objects.update(title="Otro título", sequence=9)  # past the service
    (entry,) = entries_of(client.get("/calendario.ics"))
    assert (entry["summary"], entry["sequence"]) == ("Otro título", 9)


def test_format_with_another_name_is_in_the_feed_once_reference_data_are_loaded(client: Client) -> None:
    published()
    Format.objects.update(name="Jornada")
    assert rewrite_entries() == 1
    (entry,) = entries_of(client.get("/calendario.ics"))
    assert "Jornada" in entry["categories"].to_ical().decode()


# --- What changes


def test_moving_raises_sequence_and_last_modified_and_saving_the_same_does_not(client: Client, clock: Any) -> None:
    event = published()
    (before,) = entries_of(client.get("/calendario.ics"))
    clock.shift(60)
    editing.save_event(event=event, data={"first_day": dt.date(2026, 12, 3)}, by=None)
    (same,) = entries_of(client.get("/calendario.ics"))
    assert same == before
    editing.save_event(
        event=event, data={"first_day": dt.date(2026, 12, 10), "last_day": dt.date(2026, 12, 10)}, by=None
    )
    (after,) = entries_of(client.get("/calendario.ics"))
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("last-modified") > before.decoded("last-modified")
    assert after.decoded("dtstart") - before.decoded("dtstart") == dt.timedelta(days=7)


def test_cancelled_event_stays_for_90_days_and_is_then_gone(client: Client, clock: Any) -> None:
    event = published()
    before = event.sequence
    editing.cancel_event(event=event, reason="Alerta por lluvia", by=None)
    (entry,) = entries_of(client.get("/calendario.ics"))
    assert (str(entry["status"]), entry["sequence"] > before) == ("CANCELLED", True)
    clock.shift(dt.timedelta(days=90))
    assert titles(client) == ["Taller de agua"]
    clock.shift(dt.timedelta(days=1))
    assert titles(client) == []
    page = client.get("/calendario/?vista=lista&cuando=todos")  # the page says for ever that it was called off
    assert [row.title for row in page.context["entries"]] == ["Taller de agua"]


def test_cancelled_without_its_moment_counts_from_the_last_revision(client: Client, clock: Any) -> None:
    factories.EventFactory(status=EventStatus.CANCELLED, title="Sin momento")
    assert titles(client) == ["Sin momento"]
    clock.shift(dt.timedelta(days=91))
    assert titles(client) == []


def test_place_has_the_coordinates_of_the_seat_where_people_meet(client: Client) -> None:
    town = factories.MunicipalityFactory(seat_latitude="19.287900", seat_longitude="-99.653200")
    published(title="Presencial", modality=Modality.IN_PERSON, municipality=town)
    published(title="Mixto", modality=Modality.HYBRID, municipality=town)
    published(title="Virtual", modality=Modality.VIRTUAL, municipality=town)
    found = {str(entry["summary"]): entry.get("geo") for entry in entries_of(client.get("/calendario.ics"))}
    assert {title: geo and (geo.latitude, geo.longitude) for title, geo in found.items()} == {
        "Presencial": (19.2879, -99.6532), "Mixto": (19.2879, -99.6532), "Virtual": None,
    }  # fmt: skip


def test_feed_wakes_nobody(client: Client) -> None:
    published()
    assert b"VALARM" not in client.get("/calendario.ics").content


# --- Not sent twice


def test_who_has_the_feed_is_not_sent_it_again(client: Client, clock: Any) -> None:
    event = published()
    clock.shift(60)
    first = client.get("/calendario.ics")
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Last-Modified"] == "Sun, 22 Nov 2026 18:00:00 GMT"
    by_tag, by_date = {"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}
    for headers in (by_tag, by_date):
        again = client.get("/calendario.ics", headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
    editing.save_event(event=event, data={"title": "Otro"}, by=None)
    clock.shift(60)
    for headers in (by_tag, by_date):
        changed = client.get("/calendario.ics", headers=headers)
        assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False), headers


def test_event_that_leaves_a_filter_changes_its_feed_for_who_asks_by_date(client: Client, clock: Any) -> None:
    event = published()
    published(title="Se queda")
    clock.shift(60)
    address = "/calendario.ics?modalidad=virtual"
    asked_since = {"if-modified-since": client.get(address)["Last-Modified"]}
    assert client.get(address, headers=asked_since).status_code == 304
    editing.save_event(event=event, data={"modality": Modality.IN_PERSON, "venue": "Plaza"}, by=None)
    clock.shift(60)
    changed = client.get(address, headers=asked_since)
    assert [str(entry["summary"]) for entry in entries_of(changed)] == ["Se queda"]


def test_cancelled_event_that_leaves_at_midnight_changes_the_feed_for_who_asks_by_date(
    client: Client, clock: Any
) -> None:
    published(title="Otro")
    editing.cancel_event(event=published(), reason="Lluvia", by=None)
    clock.shift(dt.timedelta(days=90))
    asked_since = {"if-modified-since": client.get("/calendario.ics")["Last-Modified"]}
    assert client.get("/calendario.ics", headers=asked_since).status_code == 304
    clock.shift(dt.timedelta(hours=13))
    assert timezone.localdate() == NOW.date() + dt.timedelta(days=91)
    assert len(entries_of(client.get("/calendario.ics", headers=asked_since))) == 1


def test_in_the_second_of_a_change_no_moment_is_promised(client: Client) -> None:
    published()
    assert "Last-Modified" not in client.get("/calendario.ics")


def test_one_event_is_not_sent_twice_either(client: Client, clock: Any) -> None:
    event = published()
    clock.shift(60)
    first = client.get(f"/eventos/{event.slug}.ics")
    for headers in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        assert client.get(f"/eventos/{event.slug}.ics", headers=headers).status_code == 304
    editing.cancel_event(event=event, reason="Lluvia", by=None)
    clock.shift(60)
    changed = client.get(f"/eventos/{event.slug}.ics", headers={"if-modified-since": first["Last-Modified"]})
    assert str(entries_of(changed)[0]["status"]) == "CANCELLED"
