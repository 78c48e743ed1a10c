"""Pages of no app in particular."""

import datetime as dt
import re
from importlib.metadata import version
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from tests import factories as f
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


@pytest.mark.django_db
def test_security_txt_says_whom_to_tell_and_holds_for_half_a_year(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://red.example"
    response = client.get("/.well-known/security.txt")
    said = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert said["Contact"] == "mailto:red.demo@ieecc.example"
    assert said["Canonical"] == "https://red.example/.well-known/security.txt"
    left = dt.datetime.fromisoformat(said["Expires"]) - timezone.now()
    assert dt.timedelta(days=178) < left < dt.timedelta(days=181)
    settings.SECURITY_CONTACT = "https://red.example/avisar"
    assert "Contact: https://red.example/avisar\n" in client.get("/.well-known/security.txt").content.decode()


@pytest.mark.django_db
def test_licences_are_those_of_the_installed_packages(client: Client) -> None:
    page = client.get(reverse("licences")).content.decode()
    for name, licence in (("Django", "BSD-3-Clause"), ("celery", "BSD"), ("weasyprint", "BSD")):
        assert name in page
        assert licence in page
    assert version("django") in page
    assert "pytest" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
@pytest.mark.asvs("V13.4.4")
def test_a_method_that_no_page_has_reaches_no_view(client: Client, method: str) -> None:
    for path in ("/", "/healthz", "/cuenta/login/", "/api/v1/docs", "/static/css/base.css"):
        response = client.generic(method, path, HTTP_COOKIE="sessionid=secreta")
        body = b"".join(response) if response.streaming else response.content
        assert (response.status_code, b"secreta" in body) == (405, False)


@pytest.mark.django_db
def test_manifest_says_whose_portal_it_is_and_its_icons_are_there(client: Client) -> None:
    Installation.objects.create(pk=1, name="Red de Prueba", short_name="Prueba", primary_light="#123456")
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    said = response.json()
    assert (said["name"], said["short_name"], said["theme_color"]) == ("Red de Prueba", "Prueba", "#123456")
    for icon in said["icons"]:
        assert finders.find(re.sub(r"\.[0-9a-f]{12}\.", ".", icon["src"].removeprefix("/static/")))
    for shortcut in said["shortcuts"]:
        assert resolve(shortcut["url"])


@pytest.mark.django_db
def test_worker_keeps_files_that_are_there_and_nothing_personal(client: Client) -> None:
    worker = client.get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker["Cache-Control"] == "no-cache"
    files = re.findall(r'"(/static/[^"*]+)"', worker.content.decode())
    assert len(files) == 6
    client.force_login(f.StaffFactory(name="Ada Ficticia"), backend="django.contrib.auth.backends.ModelBackend")
    assert "Ada" not in client.get("/sin-conexion/").content.decode()
