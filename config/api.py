"""The open interface. What each address answers is described at ``openapi.json`` and, to read, at ``docs``."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI

from reports.api import index, router
from reports.datasets import WrongQuery
from reports.datasets.openapi import description
from web.api import open_interface, problem


class OpenData(NinjaAPI):
    """Described by the declarations of the data sets."""

    def get_openapi_schema(self, **_options: Any) -> Any:
        return description()


api = OpenData(title=_("Datos abiertos"), version="1.0.0", urls_namespace="api")
api.add_router("", router)


@api.exception_handler(WrongQuery)
def wrong_query(request: HttpRequest, wrong: WrongQuery) -> HttpResponse:
    return problem(request, 400, str(wrong), wrong.problems)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, missing: Http404) -> HttpResponse:
    raise missing


def _nothing(request: HttpRequest) -> HttpResponse:
    raise Http404


def open_to_everybody() -> tuple[list[URLResolver | URLPattern], str, str]:
    """Its addresses, which ask nobody to sign in. All but the page to read are answered as :mod:`web.api` says."""
    patterns, app_name, namespace = api.urls
    found: list[URLResolver | URLPattern] = [path("", open_interface(index), name="api-root")]
    for pattern in patterns:
        if not isinstance(pattern, URLPattern) or pattern.name == "api-root":
            continue
        if pattern.name == "openapi-view":
            pattern.callback.login_required = False  # type: ignore[attr-defined]  # asked by the middleware
        else:
            pattern.callback = open_interface(pattern.callback)
        found.append(pattern)
    found.append(re_path("^.+$", open_interface(_nothing), name="nothing"))
    return found, app_name, namespace
