"""Walks the running portal as a role, one page of each address pattern, by the links that a person could follow."""

from collections import deque
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from django.urls import Resolver404, resolve
from django.utils import translation
from playwright.sync_api import Page

from reports.demo import PASSWORD

ROLES = {
    "anonymous": None,
    "participant": "participante@demo.example",
    "liaison": "enlace@demo.example",
    "staff": "personal@demo.example",
    "admin": "admin@demo.example",
}
# Where a walk begins besides the home page: pages that nobody links to for this role.
SEEDS = {
    "anonymous": ["/", "/estado/", "/componentes/"],
    "participant": ["/mis-inscripciones/", "/cuenta/email/", "/cuenta/2fa/", "/cuenta/password/change/"],
    "liaison": ["/mi-municipio/"],
    "staff": ["/gestion/"],
    "admin": ["/gestion/ajustes/", "/gestion/usuarios/"],
}
# Not pages of ours, or not pages: Django's admin, files, feeds, and the way out.
NOT_WALKED = {"account_logout", "theme_css", "favicon", "robots_txt", "healthz", "readyz", "demo_mail_html"}
# How many pages of one pattern are looked at: a draft and a published event are different pages.
EACH = 2


def sign_in(page: Page, base: str, email: str) -> None:
    page.goto(f"{base}/cuenta/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/cuenta/login" not in url)


def pattern_of(path: str) -> str | None:
    """The name of an address of ours that answers with a page; None for anything else."""
    try:
        with translation.override("es"):
            match = resolve(path)
    except Resolver404:
        return None
    if match.app_names or match.url_name is None or match.url_name in NOT_WALKED:
        return None
    return match.url_name


def walk(page: Page, base: str, role: str) -> Iterator[str]:
    """Leave the browser on one page after another and yield its pattern's name. English is left to its own test."""
    if email := ROLES[role]:
        sign_in(page, base, email)
    waiting = deque([*SEEDS[role], "/"])
    asked: set[str] = set()
    visits: dict[str, int] = {}
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        name = pattern_of(path)
        if address in asked or name is None or path.startswith("/en/") or visits.get(name, 0) >= EACH:
            continue
        asked.add(address)
        kind = page.request.head(base + address).headers.get("content-type", "")
        if not kind.startswith("text/html"):
            continue
        answer = page.goto(base + address)
        assert answer is not None
        assert answer.ok, f"{role}: {address} answers {answer.status}"
        # Where a redirect led, that page is the one seen.
        name = pattern_of(urlsplit(page.url).path) or name
        visits[name] = visits.get(name, 0) + 1
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            target = urldefrag(urljoin(page.url, link)).url
            if target.startswith(base + "/"):
                waiting.append(target.removeprefix(base))
        yield name
