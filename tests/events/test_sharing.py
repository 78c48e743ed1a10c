"""What goes elsewhere of an event: picture, data for search engines, links to share it and to keep it."""

import datetime as dt
import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from events.documents.sharing import calendar_links, share_links, summary_line
from events.enums import EventStatus
from events.models import Event
from events.services import editing
from network.enums import Modality, OrganisationRole
from tests import factories
from web.models import CACHE_KEY, Installation

pytestmark = pytest.mark.django_db
DECEMBER = dt.date(2031, 12, 17)


def page_of(client: Client, event: Event) -> str:
    return str(client.get(f"/eventos/{event.slug}/").content.decode())


def data_of(client: Client, event: Event) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page_of(client, event), re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def moved(event: Event, **data: Any) -> Event:
    return editing.save_event(event=event, data=data, by=None)


# --- Search engines


def test_structured_data_says_when_where_who_and_how_to_register(client: Client) -> None:
    town = factories.MunicipalityFactory(name="Toluca", seat_latitude="19.2925", seat_longitude="-99.6569")
    event = factories.EventFactory(
        day=DECEMBER, modality=Modality.HYBRID, venue="Casa de Cultura", address="Calle 1", municipality=town,
        series=factories.SeriesFactory(title="Ciclo del agua", slug="agua"), summary="De qué va.",
        registration_opens_at=dt.datetime(2031, 1, 1, 12, tzinfo=dt.UTC),
        registration_closes_at=dt.datetime(2031, 12, 16, 12, tzinfo=dt.UTC),
    )  # fmt: skip
    institution = factories.OrganisationFactory(name="Renamet", website="https://renamet.example/")
    factories.EventOrganiserFactory(event=event, organisation=institution)
    factories.EventOrganiserFactory(
        event=event, organisation=factories.OrganisationFactory(name="IKI"), role=OrganisationRole.FUNDS
    )
    data = data_of(client, event)
    address = f"http://127.0.0.1:8000/eventos/{event.slug}/"
    assert (data["startDate"], data["endDate"]) == ("2031-12-17T11:00:00-06:00", "2031-12-17T12:00:00-06:00")
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert data["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert (data["inLanguage"], data["isAccessibleForFree"], data["identifier"]) == ("es", True, str(event.uid))
    place, online = data["location"]
    assert place["name"] == "Casa de Cultura"
    assert place["address"]["addressLocality"] == "Toluca"
    assert (place["geo"]["latitude"], place["geo"]["longitude"]) == (19.2925, -99.6569)
    assert online == {"@type": "VirtualLocation", "url": address}
    assert data["organizer"] == [{"@type": "Organization", "name": "Renamet", "url": "https://renamet.example/"}]
    assert [row["name"] for row in data["funder"]] == ["IKI"]
    assert data["superEvent"]["url"] == "http://127.0.0.1:8000/ciclos/agua/"
    assert data["offers"] == {
        "@type": "Offer", "url": f"{address}inscripcion/", "price": 0, "priceCurrency": "MXN",
        "availability": "https://schema.org/PreOrder",
        "validFrom": "2031-01-01T06:00:00-06:00", "validThrough": "2031-12-16T06:00:00-06:00",
    }  # fmt: skip
    assert data["image"][0].startswith(f"{address}imagen.png?v=")
    assert event.meeting_url not in page_of(client, event)


def test_structured_data_cannot_leave_its_script(client: Client) -> None:
    event = factories.EventFactory(title="Uno </script><script>alert(1)</script>")
    assert data_of(client, event)["name"] == event.title
    assert "<script>alert" not in page_of(client, event)


def test_day_without_an_hour_stays_a_day(client: Client) -> None:
    event = factories.EventFactory(day=DECEMBER, hour=None, last_day=dt.date(2031, 12, 19))
    data = data_of(client, event)
    assert (data["startDate"], data["endDate"]) == ("2031-12-17", "2031-12-19")


@pytest.mark.parametrize(
    ("seats", "fields", "expected"),
    [
        (20, {}, "InStock"),
        (0, {}, "SoldOut"),
        (0, {"waiting_list_enabled": False}, "SoldOut"),
        (20, {"registration_closes_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "OutOfStock"),
        (20, {"registration_enabled": False}, None),
        (20, {"status": EventStatus.CANCELLED}, None),
    ],
)
def test_offer_is_what_registration_is(
    client: Client, seats: int, fields: dict[str, Any], expected: str | None
) -> None:
    data = data_of(client, factories.EventFactory(capacity=seats, **fields))
    assert data.get("offers", {}).get("availability") == (expected and f"https://schema.org/{expected}")


def test_moved_event_says_what_it_was_before(client: Client) -> None:
    event = factories.EventFactory(day=DECEMBER, status=EventStatus.DRAFT)
    event = moved(event, first_day=dt.date(2031, 12, 18), last_day=None)  # nobody was told of the 17th
    event = editing.publish_event(event=event, by=None)
    assert "previousStartDate" not in data_of(client, event)
    event = moved(event, summary="Otra descripción.")
    assert data_of(client, event)["eventStatus"] == "https://schema.org/EventScheduled"
    event = moved(event, first_day=dt.date(2031, 12, 20), last_day=None)
    data = data_of(client, event)
    assert data["eventStatus"] == "https://schema.org/EventRescheduled"
    assert (data["previousStartDate"], data["startDate"]) == ("2031-12-18T11:00:00-06:00", "2031-12-20T11:00:00-06:00")
    event = moved(event, first_day=None, last_day=None, start_time=None, end_time=None)
    data = data_of(client, event)
    assert data["eventStatus"] == "https://schema.org/EventPostponed"
    assert data["startDate"] == data["previousStartDate"] == "2031-12-20T11:00:00-06:00"
    assert "endDate" not in data


def test_cancelled_event_is_cancelled_also_where_it_had_moved(client: Client) -> None:
    event = editing.publish_event(event=factories.EventFactory(day=DECEMBER, status=EventStatus.DRAFT), by=None)
    event = moved(event, first_day=dt.date(2031, 12, 20), last_day=None)
    event = editing.cancel_event(event=event, reason="Lluvia", by=None)
    data = data_of(client, event)
    assert data["eventStatus"] == "https://schema.org/EventCancelled"
    assert data["previousStartDate"] == "2031-12-17T11:00:00-06:00"


def test_event_that_names_no_institution_is_its_series_institutions(client: Client) -> None:
    event = factories.EventFactory(series=factories.SeriesFactory())
    factories.SeriesOrganiserFactory(series=event.series, organisation=factories.OrganisationFactory(name="AMIMP"))
    assert [row["name"] for row in data_of(client, event)["organizer"]] == ["AMIMP"]


@pytest.mark.parametrize("fields", [{"day": None}, {"status": EventStatus.DRAFT}])
def test_without_a_day_or_unpublished_there_is_nothing_for_search_engines(
    client: Client, fields: dict[str, Any]
) -> None:
    client.force_login(factories.StaffFactory())
    assert "application/ld+json" not in page_of(client, factories.EventFactory(**fields))


# --- Shared links


def test_head_names_the_page_the_picture_and_the_words(client: Client) -> None:
    event = factories.EventFactory(
        title='Agua "limpia" <hoy>', day=DECEMBER, topic="Ríos", meeting_url="https://m.example/x"
    )
    page = page_of(client, event)
    address = f"http://127.0.0.1:8000/eventos/{event.slug}/"
    for line in (
        f'<link rel="canonical" href="{address}">',
        '<meta property="og:title" content="Agua &quot;limpia&quot; &lt;hoy&gt;">',
        f'<meta property="og:url" content="{address}">',
        '<meta property="og:locale" content="es_MX">',
        '<meta name="twitter:card" content="summary_large_image">',
    ):
        assert line in page, line
    description = re.findall(r'<meta (?:name|property)="(?:og:)?description" content="([^"]*)">', page)
    assert (
        description
        == ["miércoles 17 de diciembre de 2031, 11:00 a 12:00 h, hora del centro de México (UTC−6). En línea. Ríos."]
        * 2
    )
    assert "m.example" not in page
    assert '<meta property="og:locale" content="en_US">' in client.get(f"/en/eventos/{event.slug}/").content.decode()


def test_description_is_one_short_line() -> None:
    event = factories.EventFactory(topic="", summary="Una\nlínea.\n" * 100)
    line = summary_line(event)
    assert len(line) <= 200
    assert "\n" not in line


def test_share_links_carry_title_day_and_address_whatever_is_in_the_title() -> None:
    event = factories.EventFactory(title="Agua & bosque: ¿100 %?\r\nBcc: x@y.example", day=DECEMBER)
    links = share_links(event)
    whatsapp, mail = urlsplit(links.whatsapp), urlsplit(links.email)
    title = "Agua & bosque: ¿100 %? Bcc: x@y.example"
    assert (whatsapp.scheme, whatsapp.netloc, whatsapp.path) == ("https", "wa.me", "/")
    assert parse_qs(whatsapp.query)["text"] == [f"{title}. miércoles 17 de diciembre de 2031\n{links.url}"]
    assert mail.scheme == "mailto"
    assert list(parse_qs(mail.query)) == ["subject", "body"]
    assert parse_qs(mail.query)["subject"] == [title]
    assert links.url in parse_qs(mail.query)["body"][0]


# --- Into a calendar


def test_calendar_links_are_in_utc() -> None:
    links = calendar_links(factories.EventFactory(day=DECEMBER, title="Agua & bosque"))
    assert links
    google, outlook = parse_qs(urlsplit(links.google).query), parse_qs(urlsplit(links.outlook).query)
    assert google["dates"] == ["20311217T170000Z/20311217T180000Z"]
    assert google["text"] == outlook["subject"] == ["Agua & bosque"]
    assert (outlook["startdt"], outlook["enddt"]) == (["2031-12-17T17:00:00Z"], ["2031-12-17T18:00:00Z"])
    assert "allday" not in outlook
    assert urlsplit(links.office).query == urlsplit(links.outlook).query
    assert links.webcal == links.ics.replace("http://", "webcal://")


def test_day_without_an_hour_is_an_all_day_entry_that_ends_the_day_after() -> None:
    links = calendar_links(factories.EventFactory(day=DECEMBER, hour=None, last_day=dt.date(2031, 12, 18)))
    assert links
    outlook = parse_qs(urlsplit(links.outlook).query)
    assert parse_qs(urlsplit(links.google).query)["dates"] == ["20311217/20311219"]
    assert (outlook["startdt"], outlook["enddt"], outlook["allday"]) == (["2031-12-17"], ["2031-12-19"], ["true"])


@pytest.mark.parametrize(
    "fields",
    [{"day": None}, {"day": dt.date(2020, 6, 17)}, {"status": EventStatus.CANCELLED}],
)
def test_nothing_to_put_into_a_calendar(client: Client, fields: dict[str, Any]) -> None:
    event = factories.EventFactory(**fields)
    assert calendar_links(event) is None
    assert "Agregar a mi calendario" not in page_of(client, event)


def test_page_offers_calendars_without_the_meeting_link(client: Client) -> None:
    event = factories.EventFactory(meeting_url="https://m.example/secreta")
    page = page_of(client, event)
    assert "calendar.google.com" in page
    assert "secreta" not in page
    assert 'data-own-time="En su zona, {zone}: {time}"' in page


# --- The picture


def picture(client: Client, event: Event, **headers: str) -> Any:
    return client.get(f"/eventos/{event.slug}/imagen.png", headers=headers)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"day": None},
        {"title": "W" * 200},
        {"title": "Zonas metropolitanas: reflexiones y aprendizajes después de la contingencia. " * 2},
        {"status": EventStatus.CANCELLED},
        {"modality": Modality.IN_PERSON, "venue": "Auditorio " * 19, "address": "x"},
    ],
)
def test_picture_is_a_png_of_the_size_that_readers_expect(client: Client, fields: dict[str, Any]) -> None:
    response = picture(client, factories.EventFactory(**fields))
    assert response["Content-Type"] == "image/png"
    assert Image.open(BytesIO(response.content)).size == (1200, 630)
    assert "max-age=300" in response["Cache-Control"]
    assert not response.cookies


def test_long_words_and_titles_stay_out_of_the_margin_and_of_the_band(client: Client) -> None:
    for title in ("W" * 200, "Contingencia y territorio " * 7):
        drawn = Image.open(BytesIO(picture(client, factories.EventFactory(title=title)).content)).convert("RGB")
        for x in (40, 970):  # left margin; between text and the pathway's band
            assert {drawn.getpixel((x, y)) for y in range(20, 520)} == {(0xFB, 0xFA, 0xF6)}


def test_picture_is_asked_again_only_when_it_changed(client: Client) -> None:
    event = factories.EventFactory(day=DECEMBER)
    first = picture(client, event)
    again = picture(client, event, if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    address = re.search(r'og:image" content="([^"]*)"', page_of(client, event))
    event = moved(event, first_day=dt.date(2031, 12, 18), last_day=None)
    second = picture(client, event, if_none_match=first["ETag"])
    assert second.status_code == 200
    assert second.content != first.content
    # Who keeps pictures by their address asks for the new one.
    assert re.search(r'og:image" content="([^"]*)"', page_of(client, event))[1] != address[1]  # type: ignore[index]


def test_picture_has_the_colours_and_the_name_of_the_installation(client: Client) -> None:
    from django.core.cache import cache

    event = factories.EventFactory()
    first = picture(client, event)
    Installation.objects.update_or_create(pk=1, defaults={"primary_light": "#7A1F1F", "name": "Otra red"})
    cache.delete(CACHE_KEY)
    assert picture(client, event)["ETag"] != first["ETag"]


def test_picture_speaks_the_language_of_its_address(client: Client) -> None:
    event = factories.EventFactory(title="Agua", title_en="Water")
    english = client.get(f"/en/eventos/{event.slug}/imagen.png")
    assert english["ETag"] != picture(client, event)["ETag"]


def test_draft_has_a_picture_for_staff_alone(client: Client) -> None:
    event = factories.EventFactory(status=EventStatus.DRAFT)
    assert picture(client, event).status_code == 404
    client.force_login(factories.StaffFactory())
    assert "no-store" in picture(client, event)["Cache-Control"]


def test_picture_is_drawn_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = factories.EventFactory()
    first = picture(client, event).content
    monkeypatch.setattr("events.documents.picture.png", lambda wanted: pytest.fail("drawn again"))
    assert picture(client, event).content == first


def test_words_of_the_past_change_with_the_clock_and_so_does_the_picture(client: Client) -> None:
    """«Hora por confirmar» becomes «Hora no registrada» without anybody saving the event."""
    event = factories.EventFactory(day=timezone.localdate(), hour=None)
    before = picture(client, event)["ETag"]
    Event.objects.filter(pk=event.pk).update(
        first_day=timezone.localdate() - dt.timedelta(days=1), last_day=timezone.localdate() - dt.timedelta(days=1)
    )
    assert picture(client, event)["ETag"] != before
