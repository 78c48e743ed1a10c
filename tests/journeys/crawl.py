"""Walks the running portal as a role, one page of each address pattern, by the links that a person could follow."""

from collections import deque
from collections.abc import Iterator
from http import HTTPStatus
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
    "_xlsx",
    "_pdf",
    "_zip",
    "_badge",
    "template_preview",
    "issuer",
    "issuer_key",
    "credential_status",
    "_ics",
    "_atom",
    "_json",
    "_picture",
    "_file",
    "_css",
    "_txt",
    "_manifest",
    "_js",
    "_oficio",
    "_attachment",
    "favicon",
    "healthz",
    "readyz",
    "metrics",
    "mail_html",
)
# How many pages of one pattern are looked at: a draft and a published event are different pages; a list is one page.
EACH = 2
LIKE_EACH_OTHER = ("_list", "_create", "privacy_version", "gallery", "status")


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


def walk(page: Page, base: str, role: str, *, looked_at: dict[str, int]) -> Iterator[str]:
    """Leave the browser on one page after another and yield its pattern's name. English is left to its own test.

    ``looked_at`` counts the pages of each pattern, over all the walks that share it; the home page is seen in each.
    """
    if email := ROLES[role]:
        sign_in(page, base, email)
    waiting = deque([*SEEDS[role], "/"])
    asked: set[str] = set()
    from_mail: set[str] = set()
    looked_at.pop("home", None)
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        match = pattern_of(path)
        if address in asked or match is None or path.startswith("/en/"):
            continue
        name = str(match.url_name)
        if looked_at.get(name, 0) >= (1 if name.endswith(LIKE_EACH_OTHER) else EACH):
            continue
        asked.add(address)
        answer = page.goto(base + address)
        assert answer is not None
        if address in from_mail and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            continue  # the demonstration shows everybody's mail, and some of it leads to what its reader may not see
        # Mail links to invitations that have been accepted since: their page says so with 410.
        assert answer.ok or answer.status == HTTPStatus.GONE, f"{role}: {address} answers {answer.status}"
        # Where a redirect led, that page is the one seen.
        seen = pattern_of(urlsplit(page.url).path)
        name = str(seen.url_name) if seen else name
        looked_at[name] = looked_at.get(name, 0) + 1
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            target = urldefrag(urljoin(page.url, link)).url
            if target.startswith(base + "/"):
                waiting.append(target.removeprefix(base))
                if name == "demo_mail_message":
                    from_mail.add(target.removeprefix(base))
        yield name
