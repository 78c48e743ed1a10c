"""Figures inside other sites."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from reports.views.embed import FIGURES
from tests import factories as f
from tests.reports.test_open_data import world

pytestmark = pytest.mark.django_db


def policy(response: Any) -> dict[str, str]:
    parts = (part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {part[0]: part[-1] for part in parts}


def test_any_site_may_frame_a_figure_and_nothing_in_it_runs_or_is_sent(client: Client) -> None:
    world(2)
    for name, figure in FIGURES.items():
        response = client.get(f"/resultados/incrustar/{name}/")
        page, rules = response.content.decode(), policy(response)
        assert response.status_code == 200, name
        assert "X-Frame-Options" not in response.headers
        assert rules["frame-ancestors"] == "*"
        assert {rules[one] for one in ("script-src", "connect-src", "form-action", "default-src")} == {"'none'"}
        assert [tag for tag in ("<script", "<form", "style=") if tag in page] == []
        assert str(figure.title) in page
        assert not response.cookies
        again = client.get(f"/resultados/incrustar/{name}/", headers={"if-none-match": response["ETag"]})
        assert (again.status_code, policy(again)["frame-ancestors"]) == (304, "*")


def test_links_lead_to_the_source_in_a_tab_of_their_own_under_the_same_filter(client: Client) -> None:
    region = f.MunicipalityFactory().region
    page = client.get(f"/resultados/incrustar/cobertura/?region={region.slug}").content.decode()
    links = [link for link in re.findall(r"<a [^>]*>", page) if 'href="#' not in link]
    assert len(links) == 1
    assert f'href="/resultados/?region={region.slug}"' in links[0]
    assert 'target="_blank" rel="noopener"' in links[0]


def test_wrong_filters_and_figures_are_said(client: Client) -> None:
    wrong = client.get("/resultados/incrustar/cobertura/?region=no-hay")
    assert (wrong.status_code, "no existe" in wrong.content.decode()) == (400, True)
    assert client.get("/resultados/incrustar/nada/").status_code == 404


def test_code_frames_every_figure_under_the_filter_chosen(client: Client) -> None:
    region = f.MunicipalityFactory().region
    response = client.get(f"/resultados/incrustar/?region={region.slug}")
    codes = [row["code"] for row in response.context["rows"]]
    assert len(codes) == len(FIGURES)
    for code in codes:
        found = re.fullmatch(r'<iframe src="http://127\.0\.0\.1:8000([^"]+)" title="[^"]+" .*></iframe>', code)
        assert found
        assert found[1].endswith(f"?region={region.slug}")
        assert client.get(html.unescape(found[1])).status_code == 200
        assert html.escape(code) in response.content.decode()
    assert policy(response)["frame-ancestors"] == "'none'"
