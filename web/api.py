"""What every address of the open interface has in common: its language, who may ask from where, how often, and how
errors are said (RFC 9457).

It is read-only and for everybody: neither session nor account is looked at, so an answer is the same for all.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from web import failures
from web.failures import PROBLEM

View = Callable[..., HttpResponse]
METHODS = "GET, HEAD, OPTIONS"
EXPOSED = "ETag, Link, Content-Language, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After"
WINDOW = 60
LANGUAGES = ("es", "en")


def problem(
    request: HttpRequest, status: int, detail: str, errors: Mapping[str, list[str]] | None = None
) -> HttpResponse:
    """An error for programs and people (RFC 9457). ``errors``: the name of each parameter → what is wrong with it."""
    body: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail,
        "instance": request.path,
    }  # fmt: skip
    if errors:
        body["errors"] = [{"name": name, "detail": line} for name, lines in errors.items() for line in lines]
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=PROBLEM)


def open_interface(view: View) -> View:
    """GET for programs of any site, in the language asked for, so many times a minute; else a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang")
        language = asked if asked in LANGUAGES else _accepted(request)
        with translation.override(language):
            if asked is not None and asked not in LANGUAGES:
                sentence = _("El idioma se pide con «es» o «en».")
                response = problem(request, HTTPStatus.BAD_REQUEST, sentence, {"lang": [sentence]})
            else:
                response = _answer(request, view, args, kwargs)
        response["Content-Language"] = language
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = EXPOSED
        patch_vary_headers(response, ["Accept-Language"])
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # nothing is written: the wrong method is what is said
    answer.login_required = False  # type: ignore[attr-defined]  # asked by the middleware
    return answer


def _answer(request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse:
    if request.method == "OPTIONS":
        return _preflight()
    if request.method not in ("GET", "HEAD"):
        response = problem(request, HTTPStatus.METHOD_NOT_ALLOWED, _("Aquí solo se lee: pida con GET."))
        response["Allow"] = METHODS
        return response
    left, reset = _allowance(request)
    if left < 0:
        sentence = _("Son demasiadas consultas por minuto. Espere {n} segundos.").format(n=reset)
        response = problem(request, HTTPStatus.TOO_MANY_REQUESTS, sentence)
        response["Retry-After"] = str(reset)
    else:
        response = _kept(request, _carried_out(request, view, args, kwargs))
    response["RateLimit-Limit"] = str(settings.API_PER_MINUTE)
    response["RateLimit-Remaining"] = str(max(left, 0))
    response["RateLimit-Reset"] = str(reset)
    return response


def _carried_out(request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse:
    method, request.method = request.method, "GET"  # HEAD has the headers of GET; the server leaves the body out
    try:
        return view(request, *args, **kwargs)
    except Http404:
        return problem(request, HTTPStatus.NOT_FOUND, _("Aquí no hay nada: revise la dirección."))
    except Exception as error:
        page = failures.answer(request, error)
        if page is None:
            raise
        response = problem(request, page.status_code, _("El servicio no puede contestar ahora. Inténtelo más tarde."))
        response["Retry-After"] = page.headers.get("Retry-After", str(failures.RETRY_AFTER_SECONDS))
        return response
    finally:
        request.method = method


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With its ETag; 304 where the reader has it as it is."""
    if response.status_code != HTTPStatus.OK:
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    response["ETag"] = etag
    patch_cache_control(response, public=True, max_age=60)
    return get_conditional_response(request, etag=etag, response=response)  # type: ignore[return-value]


def _preflight() -> HttpResponse:
    """What a browser asks before a program of another site may ask (CORS)."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["Allow"] = METHODS
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
    response["Access-Control-Max-Age"] = "86400"
    return response


def _accepted(request: HttpRequest) -> str:
    """The first language of the reader that the portal has; else its own."""
    for asked, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if asked.split("-")[0] in LANGUAGES:
            return asked.split("-")[0]
    return LANGUAGES[0]


def _allowance(request: HttpRequest) -> tuple[int, int]:
    """How many more answers this address has in the present minute (below 0: none), and its seconds that are left.

    The address is kept as a keyed hash. Where the cache is away nobody is counted.
    """
    now = int(time.time())
    try:
        client = get_adapter().get_client_ip(request)
    except PermissionDenied:  # the server says none, as behind a socket: then all share one
        client = ""
    address = salted_hmac("web.api", client).hexdigest()[:24]
    key = f"web.api.{now // WINDOW}.{address}"
    cache.add(key, 0, 2 * WINDOW)
    try:
        used = cache.incr(key)
    except ValueError:  # thrown out in between
        used = 1
    return settings.API_PER_MINUTE - used, WINDOW - now % WINDOW
