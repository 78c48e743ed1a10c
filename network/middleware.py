"""The door of a municipality's own pages, the second step that the institute's accounts need, and what was typed when
a session had ended."""

import re
from collections.abc import Callable
from time import time
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from network.rules import is_liaison, is_staff_member
from network.sessions import ENDED, OFFICE, TYPED, TYPED_SECONDS
from web.refill import Fields, refill

GetResponse = Callable[[HttpRequest], HttpResponse]
DESK = "mi-municipio/"


class MunicipalDeskMiddleware:
    """Nothing under *mi-municipio* exists for who holds no designation in force.

    Each view asks for the own municipality anyway; this is what makes a succession one sentence: from the next request
    on, whoever left is answered 404 at every address, those of pages that were not written yet included. Staff are
    told 403 by the views: they know that the pages are there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if match is None or DESK not in match.route or not request.user.is_authenticated:
            return
        if not is_liaison(request.user) and not is_staff_member(request.user):
            raise Http404


class SecondFactorMiddleware:
    """Who works for the institute sets up a second step to sign in before anything else (``SECOND_FACTOR_REQUIRED``).

    Pages for everybody stay open: nobody's session is read there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_REQUIRED or not getattr(view, "login_required", True):
            return None
        match = request.resolver_match
        if match is not None and (match.url_name or "").startswith(("account_", "mfa_")):
            return None
        if not is_staff_member(request.user) or is_mfa_enabled(request.user):
            return None
        messages.warning(request, _("Su cuenta es del instituto: para seguir, elija abajo un segundo paso."))
        return redirect("mfa_index")


class TypedTextMiddleware:
    """What is sent once the session has ended is kept for who had typed it and stands in its form after signing in
    (ADR 0032). Nothing is sent by itself; another account that signs in never sees it (``network/sessions.py``).
    """

    DISCARD = "descartar_escrito"
    MOST_FORMS, MOST_SIGNS = 3, 100_000
    ACCOUNT_PAGES = ("account_", "mfa_", "usersessions_", "socialaccount_", "openid_connect_")
    SECRET = re.compile(
        r"(?:^|[_-])(?:old)?(?:csrfmiddlewaretoken|password\d?|code|codigo|otp|token|secret|nip)(?:$|[_-])"
    )
    REFUSED = (403, 404, 405)

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The length of a session follows the role that its account has now."""
        if not request.META.get("portal.closed") or not request.user.is_authenticated:
            return None
        if request.session.get(OFFICE) != (office := is_staff_member(request.user)):
            request.session[OFFICE] = office
        if request.method == "POST" and self.DISCARD in request.POST:
            _forget(request, request.POST[self.DISCARD])
            return redirect(request.get_full_path())
        return None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.META.get("portal.closed"):
            return response
        if not request.user.is_authenticated:
            return (self._keep(request) if request.method == "POST" else None) or response
        for action, kept in request.session.get(TYPED, {}).get("forms", {}).items():
            if request.method == "GET" and urlsplit(kept["page"]).path == request.path:
                response = self._show(request, response, action, kept)
            elif request.method == "POST" and action == request.path and _was_read(response):
                _forget(request, action)
                break
        return response

    def _keep(self, request: HttpRequest) -> HttpResponse | None:
        """The way to sign in and back, where this is a person's form and it is known whose session ended."""
        account, match = request.session.get(ENDED), request.resolver_match
        if account is None or match is None or (match.url_name or "").startswith(self.ACCOUNT_PAGES):
            return None
        if "text/html" not in request.headers.get("Accept", ""):
            return None  # a script of a page, which keeps what it has by itself
        fields = [(n, value) for n, values in request.POST.lists() for value in values if not self.SECRET.search(n)]
        if not fields or sum(len(name) + len(value) for name, value in fields) > self.MOST_SIGNS:
            return None
        page = _page_of(request)
        forms = request.session.get(TYPED, {}).get("forms", {})
        forms.pop(request.path, None)
        forms[request.path] = {"page": page, "fields": fields, "files": bool(request.FILES)}
        forms = dict(list(forms.items())[-self.MOST_FORMS :])
        request.session[TYPED] = {"account": account, "at": int(time()), "forms": forms}
        request.session.set_expiry(TYPED_SECONDS)
        said = _("Su sesión había terminado. Lo que escribió se guardó una hora: entre con la misma cuenta para verlo.")
        messages.warning(request, said)
        return redirect_to_login(f"{page}#lo-escrito")

    def _show(self, request: HttpRequest, response: HttpResponse, action: str, kept: dict[str, Any]) -> HttpResponse:
        fields = [(name, value) for name, value in kept["fields"]]
        context = {"action": action, "discard": self.DISCARD, "files": kept["files"]}
        if response.status_code in self.REFUSED:  # the form is nowhere any more: its words are
            context |= {"left": _words(fields), "is_filled": False}
            return render(request, "network/typed_text.html", context, status=response.status_code)
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        if response.status_code != 200 or not is_page or "HX-Request" in request.headers:
            return response
        page, place, left = refill(response.content.decode(), address=request.path, action=action, fields=fields)
        context |= {"left": _words(left), "is_filled": left is not fields}
        notice = render_to_string("components/typed_text.html", context, request)
        response.content = page[:place] + notice + page[place:]
        return response


def _page_of(request: HttpRequest) -> str:
    """Where the form stands: the page that it was sent from, else the address that it was sent to."""
    page = urlsplit(request.headers.get("Referer", ""))
    try:
        is_closed = getattr(resolve(page.path).func, "login_required", True)
    except Resolver404:
        is_closed = False
    if page.netloc != request.get_host() or not is_closed:
        return request.get_full_path()
    return page._replace(scheme="", netloc="", fragment="").geturl()


def _was_read(response: HttpResponse) -> bool:
    """Whether a view took what was sent: done, or shown again with what is wrong with it."""
    return response.status_code < 500 and response.status_code not in {*TypedTextMiddleware.REFUSED, 429}


def _forget(request: HttpRequest, action: str) -> None:
    forms = request.session.get(TYPED, {}).get("forms", {})
    if forms.pop(action, None) is not None:
        request.session.modified = True


def _words(fields: Fields) -> list[str]:
    """What somebody wrote in several words: the rest are choices and numbers, which say nothing without their form."""
    return [value for _name, value in fields if len(value.split()) > 1]
