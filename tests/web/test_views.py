"""Pages of no app in particular."""

from typing import Any

import pytest
from django.test import Client

from web import identity
from web.models import CACHE_KEY, Installation


def test_health_asks_no_database(client: Client) -> None:
    # Without the django_db mark any query is an error.
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
@pytest.mark.both_databases
def test_readiness_asks_the_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert client.get("/readyz").content == b"ready\n"


@pytest.mark.django_db
def test_gallery_is_for_builders_only(client: Client, settings: Any) -> None:
    assert client.get("/componentes/").status_code == 404
    settings.DEMO = True
    response = client.get("/componentes/")
    assert response.status_code == 200
    assert "Naucalpan de Juárez" in response.content.decode()


@pytest.mark.django_db
def test_page_has_no_inline_code_for_the_policy_to_refuse(client: Client, settings: Any) -> None:
    settings.DEMO = True
    page = client.get("/componentes/").content.decode()
    assert "style=" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/js/app.js"></script>') == 1


def test_demonstration_is_not_indexed(client: Client, settings: Any) -> None:
    assert b"Disallow: /gestion/" in client.get("/robots.txt").content
    assert b"Disallow: /\n" not in client.get("/robots.txt").content
    settings.DEMO = True
    assert b"Disallow: /\n" in client.get("/robots.txt").content


def test_favicon_is_a_picture(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response["Content-Type"] == "image/svg+xml"
    assert b"".join(response.streaming_content).startswith(b"<svg")  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_colours_of_the_installation_reach_the_page_by_a_new_address(client: Client, settings: Any) -> None:
    settings.DEMO = True
    assert "tema.css" not in client.get("/componentes/").content.decode()
    Installation.objects.create(pk=1, primary_light="#123456", primary_dark="#ABCDEF", accent="#AA5500")
    from django.core.cache import cache

    cache.delete(CACHE_KEY)
    version = identity.theme_version(Installation.current())
    assert f"/tema.css?v={version}" in client.get("/componentes/").content.decode()
    css = client.get("/tema.css").content.decode()
    assert "--primary:light-dark(#123456,#ABCDEF)" in css
    assert "--accent:#AA5500" in css
