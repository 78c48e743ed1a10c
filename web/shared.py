"""Public pages that are the same for everybody, kept whole and ready: the answer of most requests that there are.

A view says with :func:`shared` that its page holds nothing of who asks. What it answers to anybody without a session is
kept compressed for ``PAGE_CACHE_SECONDS``, with the *version of the content* that it was made from: a random token in
the cache. Whatever is written to a table that pages show renews it once the write is committed (:func:`watch_writes`),
so a change is seen at once in every process. Where the cache is away nothing is kept and every page is made anew. The
seconds bound what no write announces: midnight, a start, a registration that closes by itself, and a process that dies
between its commit and the new token.

Whoever has the page is to ask again each time (``no-cache``) and is told in a few bytes that it has not changed.
"""

import gzip
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import brotli
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import parse_http_date_safe

View = TypeVar("View", bound=Callable[..., HttpResponse])
GetResponse = Callable[[HttpRequest], HttpResponse]
VERSION_KEY = "content-version"
LONGEST_ADDRESS = 300  # a longer one is nobody's link
LEAST_COMPRESSED = 500  # bytes
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: bytes(brotli.compress(plain, quality=5)),
    "gzip": lambda plain: gzip.compress(plain, 6, mtime=0),
}
COMPRESSIBLE = re.compile(r"text/|application/(?:json|ld\+json|atom\+xml|geo\+json|xml)|image/svg")
# Whoever sends one of these may be shown something of their own.
OWN_COOKIES = (settings.SESSION_COOKIE_NAME, settings.MESSAGES_COOKIE_NAME)
# What Django writes: the kind of statement and the table. Only an UPDATE says on both databases how many rows it found.
WRITES = re.compile(r'\b(INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "?(\w+)')
# Tables that no public page reads: sessions and accounts, mail, history, and what runs behind the desk.
UNSEEN = re.compile(r"django_|account_|mfa_|socialaccount_|outbox_|network_user|\w+_historical|\w+?_typed")


def shared(view: View) -> View:
    """Says that the view's page is the same for all who have no session."""
    view.is_shared = True  # type: ignore[attr-defined]
    return view


# --- The version of the content


def content_version() -> str:
    """The token of now; a new one where there is none."""
    if token := cache.get(VERSION_KEY):
        return str(token)
    cache.add(VERSION_KEY, secrets.token_hex(8), None)
    return str(cache.get(VERSION_KEY, ""))


def renew_content() -> None:
    """Nothing that was kept until now is answered any more."""
    cache.set(VERSION_KEY, secrets.token_hex(8), None)


def watch_writes(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Have this connection renew the version when what it wrote is committed. Safe to call again."""
    if _notice not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _notice)  # others are put on the end and taken from it


def _notice(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    result = execute(sql, params, many, context)
    if sql[:6] == "SELECT":
        return result
    written = WRITES.search(sql)
    if written and not UNSEEN.match(written[2]) and (written[1] != "UPDATE" or context["cursor"].rowcount != 0):
        connection = context["connection"]
        if all(waiting[1] is not renew_content for waiting in connection.run_on_commit):
            transaction.on_commit(renew_content, using=connection.alias, robust=True)
    return result


# --- Pages


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer in one encoding, as it was made from one version of the content."""

    version: str
    view: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class SharedPagesMiddleware:
    """Answers a shared page from what was kept; keeps what a shared view answers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not asks_for_nothing_own(request):
            return self.get_response(request)
        address = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
        encoding = next((name for name in PACKED if accepts(request, name)), "")
        key = f"page:{hashlib.sha256(f'{encoding} {address}'.encode()).hexdigest()}"
        seconds = settings.PAGE_CACHE_SECONDS if len(address) <= LONGEST_ADDRESS else 0
        version = ""
        if seconds:
            found = cache.get_many([VERSION_KEY, key])
            version = found.get(VERSION_KEY) or content_version()
            kept = found.get(key)
            if kept is not None and kept.version == version:
                return answer(request, kept)
        response = self.get_response(request)
        if not may_be_kept(request, response):
            return response
        kept = made(request, response, version, encoding)
        if version and request.method == "GET":
            cache.set(key, kept, seconds)
        return answer(request, kept)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        request.is_shared = getattr(view, "is_shared", False)  # type: ignore[attr-defined]


def asks_for_nothing_own(request: HttpRequest) -> bool:
    """Whether anybody could have asked this: no session, no message that waits, not a part of a page."""
    if request.method not in {"GET", "HEAD"} or "HTTP_HX_REQUEST" in request.META:
        return False
    return not any(name in request.COOKIES for name in OWN_COOKIES)


def may_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    """A whole page of a shared view that gives nobody a cookie."""
    control = response.get("Cache-Control", "")
    return (
        getattr(request, "is_shared", False)
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in control
        and "private" not in control
    )


def made(request: HttpRequest, response: HttpResponse, version: str, encoding: str) -> Kept:
    """The answer with its tag and its body, compressed once."""
    plain = body = response.content
    response.headers.setdefault("ETag", f'"{hashlib.sha256(plain).hexdigest()[:32]}"')
    if "Cache-Control" not in response:
        patch_cache_control(response, public=True, no_cache=True)
    if len(plain) >= LEAST_COMPRESSED and COMPRESSIBLE.match(response["Content-Type"]):
        if encoding:
            body = PACKED[encoding](plain)
            response["Content-Encoding"] = encoding
        patch_vary_headers(response, ["Accept-Encoding"])
        if not response["ETag"].startswith("W/"):  # one tag for three bodies is a weak one
            response["ETag"] = f"W/{response['ETag']}"
    response["Content-Length"] = str(len(body))
    match = request.resolver_match
    return Kept(version, match.view_name if match else "", tuple(response.items()), body)


def answer(request: HttpRequest, kept: Kept) -> HttpResponse:
    """What was kept; 304 to who has it. The request says whose page it got."""
    request.shared_view = kept.view  # type: ignore[attr-defined]
    response = HttpResponse(kept.body)
    for name, value in kept.headers:
        response.headers[name] = value
    changed = parse_http_date_safe(response["Last-Modified"]) if "Last-Modified" in response else None
    found = get_conditional_response(request, etag=response["ETag"], last_modified=changed, response=response)
    assert isinstance(found, HttpResponse)
    return found


def accepts(request: HttpRequest, encoding: str) -> bool:
    """Whether *Accept-Encoding* names it without refusing it."""
    for word in request.headers.get("Accept-Encoding", "").split(","):
        name, _semicolon, quality = word.partition(";")
        if name.strip() == encoding:
            return quality.replace(" ", "") not in {"q=0", "q=0.0"}
    return False
