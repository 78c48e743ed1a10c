"""The addresses of the portal and how a test asks them as somebody: what the tables of addresses share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROLES = ("anonymous", "participant", "liaison", "other_liaison", "staff", "admin")
LOGIN = "login"  # a redirect to the page where one signs in

Answer = int | str
World = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """The method asked, and what each role of :data:`ROLES` is answered."""

    method: str
    answers: tuple[Answer, ...]


def get(*answers: Answer) -> Rule:
    return Rule("GET", answers)


def post(*answers: Answer) -> Rule:
    return Rule("POST", answers)


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern outside Django's admin and the open interface (tests/test_api.py), with its address as it is
    written."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace not in {"admin", "api"}:
                yield from patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def ask(world: World, role: str) -> Callable[..., Any]:
    """Send requests as this role, for what the world has of each address unless told; what they change is undone."""
    browser = Client(raise_request_exception=False)
    if user := world["people"][role]:
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookies = dict(browser.cookies)

    def send(method: str, name: str, args: Sequence[Any] | None = None) -> Any:
        browser.cookies.clear()
        browser.cookies.update(cookies)
        with transaction.atomic():
            response = browser.generic(method, reverse(name, args=world["args"].get(name) if args is None else args))
            if response.streaming:
                b"".join(response)  # read to its end, a file is closed
            transaction.set_rollback(True)
        return response

    return send


def answer(response: Any) -> Answer:
    to_login = response.status_code == 302 and response.url.startswith(reverse("account_login"))
    return LOGIN if to_login else response.status_code
