"""The calendar inside other sites."""

import datetime as dt
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from events.enums import EventStatus
from tests import factories

pytestmark = pytest.mark.django_db
EMBED = "/calendario/incrustar/"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def policy(response: Any) -> dict[str, str]:
    parts = (part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {part[0]: part[-1] for part in parts}


@pytest.mark.parametrize("query", ["", "?mes=2026-06", "?formato=no-hay"])
def test_any_site_may_frame_it_and_nothing_in_it_runs_or_is_sent(client: Client, query: str) -> None:
    response = client.get(EMBED + query)
    rules = policy(response)
    assert "X-Frame-Options" not in response.headers
    assert rules["frame-ancestors"] == "*"
    assert {rules[name] for name in ("script-src", "connect-src", "form-action", "default-src")} == {"'none'"}
    assert "<script" not in text(response)
    assert "<form" not in text(response)


def test_the_answer_that_nothing_changed_keeps_the_frame_s_policy(client: Client) -> None:
    first = client.get(EMBED)
    again = client.get(EMBED, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert "X-Frame-Options" not in again.headers
    assert policy(again)["frame-ancestors"] == "*"


def test_it_is_the_same_for_everybody_and_needs_no_cookie(client: Client) -> None:
    factories.EventFactory(title="Aún secreto", status=EventStatus.DRAFT)
    public = client.get(EMBED)
    client.force_login(factories.StaffFactory())
    signed_in = client.get(EMBED)
    assert public.content == signed_in.content
    assert "Aún secreto" not in text(signed_in)
    assert not public.cookies
    assert not signed_in.cookies
    assert "public" in public["Cache-Control"]


def test_links_to_the_portal_open_in_a_tab_of_their_own(client: Client) -> None:
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    event = factories.EventFactory(title="Agua y bosque", day=tomorrow)
    page = text(client.get(EMBED))
    links = re.findall(r"<a [^>]*>", page)
    leaving = [link for link in links if EMBED not in link]
    assert f'href="/eventos/{event.slug}/"' in page
    assert len(leaving) == 3  # the day, the event, the whole calendar
    assert all('target="_blank" rel="noopener"' in link for link in leaving)
    day = tomorrow.isoformat()
    assert f'href="/calendario/?desde={day}&amp;hasta={day}&amp;vista=lista"' in page


def test_it_shows_what_the_calendar_shows_under_the_same_filter(client: Client) -> None:
    factories.EventFactory(title="Lo que se busca", format=factories.FormatFactory(code="gaad", name="GAAD"))
    factories.EventFactory(title="Lo demás", format=factories.FormatFactory(code="webinar"))
    factories.EventFactory(title="Lo de antes", day=dt.date(2020, 6, 17))
    page = text(client.get(f"{EMBED}?formato=gaad"))
    assert "Lo que se busca" in page
    assert "Lo demás" not in page
    assert "/calendario/?formato=gaad" in page
    found = text(client.get(f"{EMBED}?q=GADD"))
    assert "Lo que se busca" in found
    assert "Lo demás" not in found
    month = text(client.get(f"{EMBED}?mes=2020-06"))
    assert "Lo de antes" in month
    assert "Lo que se busca" not in month
    assert "miércoles 17 de junio: 1 evento" in month


def test_event_of_several_days_counts_in_each_within_the_month(client: Client) -> None:
    factories.EventFactory(day=dt.date(2027, 1, 30), last_day=dt.date(2027, 2, 2), hour=None)
    january, february = (text(client.get(f"{EMBED}?mes={month}")) for month in ("2027-01", "2027-02"))
    assert re.findall(r"(\d+) de enero: 1 evento", january) == ["30", "31"]
    assert re.findall(r"(\d+) de febrero: 1 evento", february) == ["1", "2"]


@pytest.mark.parametrize("month", ["", "2026-13", "1500-01", "x", "2026", "٢٠٢٦-٠١", "2100-12", "1990-01"])
def test_odd_months_are_answered(client: Client, month: str) -> None:
    assert client.get(EMBED, {"mes": month}).status_code == 200


def test_there_is_no_month_to_go_to_where_the_calendar_ends(client: Client) -> None:
    for month, before, after in (("1990-01", False, True), ("2100-12", True, False), ("2026-11", True, True)):
        page = text(client.get(EMBED, {"mes": month}))
        assert ("Mes anterior" in page, "Mes siguiente" in page) == (before, after)


def test_wrong_filter_is_said_and_not_taken_for_everything(client: Client) -> None:
    factories.EventFactory(title="Todo")
    response = client.get(f"{EMBED}?formato=no-hay")
    assert response.status_code == 400
    assert "Este filtro no existe" in text(response)
    assert "Todo" not in text(response)


def test_many_events_end_in_a_link_to_the_rest(client: Client) -> None:
    for _number in range(13):
        factories.EventFactory()
    page = text(client.get(EMBED))
    assert page.count('class="entry"') == 12
    assert "Ver todos en el calendario" in page


def test_code_frames_the_filter_that_was_chosen_and_nothing_breaks_out_of_it(client: Client) -> None:
    factories.FormatFactory(code="gaad", name="GAAD")
    response = client.get("/calendario/incrustar/codigo/", {"formato": "gaad", "q": '"><script>alert(1)</script>'})
    code = response.context["code"]
    found = re.fullmatch(
        r'<iframe src="([^"]*)" title="([^"]+)" width="100%" height="\d+" loading="lazy"'
        r' sandbox="allow-popups allow-popups-to-escape-sandbox" style="border:0"></iframe>',
        code,
    )
    assert found
    address = urlsplit(html.unescape(found[1]))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"http://127.0.0.1:8000{EMBED}"
    assert parse_qs(address.query) == {"formato": ["gaad"], "q": ['"><script>alert(1)</script>']}
    assert "<script>alert" not in text(response)
    assert html.escape(code) in response.content.decode()
    assert policy(response)["frame-src"] == "'self'"
    assert policy(response)["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"


def test_calendar_offers_the_code_of_its_filter(client: Client) -> None:
    factories.FormatFactory(code="gaad", name="GAAD")
    assert "/calendario/incrustar/codigo/?formato=gaad" in text(client.get("/calendario/?formato=gaad"))
