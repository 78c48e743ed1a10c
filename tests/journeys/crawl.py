"""Walks the running portal as a role, one page of each address pattern, by the links that a person could follow."""

from collections import deque
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from django.urls import Resolver404, ResolverMatch, resolve
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
# Not pages: files and feeds, what machines ask, and the message itself as the frame of its page shows it.
NOT_PAGES = (
    "_csv",
    "_ics",
    "_file",
    "_css",
    "_txt",
    "_oficio",
    "_attachment",
    "favicon",
    "healthz",
    "readyz",
    "mail_html",
)
# How many pages of one pattern are looked at: a draft and a published event are different pages.
EACH = 2


def sign_in(page: Page, base: str, email: str) -> None:
    page.goto(f"{base}/cuenta/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/cuenta/login" not in url)


def pattern_of(path: str) -> ResolverMatch | None:
    """The pattern of an address of ours that answers with a page; None for anything else, such as Django's admin."""
    try:
        with translation.override("es"):
            match = resolve(path)
    except Resolver404:
        return None
    name = match.url_name
    return None if match.app_names or name is None or name.endswith(NOT_PAGES) else match


def is_public(match: ResolverMatch) -> bool:
    return not getattr(match.func, "login_required", True)


def walk(page: Page, base: str, role: str, *, everything: bool) -> Iterator[str]:
    """Leave the browser on one page after another and yield its pattern's name. English is left to its own test.

    Without ``everything``, who signs in sees of the public pages only the home page: the rest is the same for all.
    """
    if email := ROLES[role]:
        sign_in(page, base, email)
    waiting = deque([*SEEDS[role], "/"])
    asked: set[str] = set()
    visits: dict[str, int] = {}
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        match = pattern_of(path)
        if address in asked or match is None or path.startswith("/en/"):
            continue
        name = str(match.url_name)
        is_shared = bool(email) and is_public(match) and name != "home" and not everything
        if is_shared or visits.get(name, 0) >= EACH:
            continue
        asked.add(address)
        answer = page.goto(base + address)
        assert answer is not None
        assert answer.ok, f"{role}: {address} answers {answer.status}"
        # Where a redirect led, that page is the one seen.
        seen = pattern_of(urlsplit(page.url).path)
        name = str(seen.url_name) if seen else name
        visits[name] = visits.get(name, 0) + 1
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            target = urldefrag(urljoin(page.url, link)).url
            if target.startswith(base + "/"):
                waiting.append(target.removeprefix(base))
        yield name
