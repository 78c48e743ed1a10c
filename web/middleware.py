"""What stands between a request and the pages when something outside the portal fails.

Django turns an exception into a response at every layer of middleware, so an outer layer never sees it raised. Errors
of a view arrive here through ``process_exception``; errors of inner middleware (reading the session, the user) arrive
at ``handler500`` (:func:`web.views.server_error`). Both ask :func:`web.failures.answer`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from web import failures, identity
from web.failures import PROBLEM

GetResponse = Callable[[HttpRequest], HttpResponse]


class DatabaseAwayMiddleware:
    """503 with ``Retry-After`` where the database is away: never a false confirmation."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return failures.answer(request, exception)


class PermissionsPolicyMiddleware:
    """No page may use camera, microphone or place of the device, but one that says so itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class RequestSizeMiddleware:
    """413 before a byte of the body is read, where the request announces more than ``REQUEST_MAX_BYTES``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > settings.REQUEST_MAX_BYTES:
            response = failures.too_large(request)
            response["Connection"] = "close"
            return response
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Signing in is asked for by every page but those that say otherwise; of these nobody's session is read, so that an
    answer that is the same for all may be kept by every cache (no ``Vary: Cookie``)."""

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if not getattr(view_func, "login_required", True):
            return None
        request.META["portal.closed"] = True
        return super().process_view(request, view_func, view_args, view_kwargs)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """What is for somebody alone is kept by nobody, also where its view says nothing of it."""
        if request.META.get("portal.closed") and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class TimeZoneMiddleware:
    """*Today*, and moments that are of no event, in the zone that the institution chose."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.zone = identity.Zone()  # type: ignore[attr-defined]
        timezone.activate(request.zone)  # type: ignore[attr-defined]
        return self.get_response(request)


class WrongMethodMiddleware:
    """405 with a page in the site's design where a view refuses the method; its ``Allow`` header stays.

    A method that no page has (TRACE among them, which would send a request back with its cookies) reaches no view.
    """

    KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in self.KNOWN:
            return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(self.KNOWN)})
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method == "HEAD":
            return response
        if response.headers.get("Content-Type") == PROBLEM:
            return response
        page = failures.page(request, "405", HTTPStatus.METHOD_NOT_ALLOWED)
        if "Allow" in response:
            page["Allow"] = response["Allow"]
        return page
