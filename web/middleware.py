"""What stands between a request and the pages when something outside the portal fails.

Django turns an exception into a response at every layer of middleware, so an outer layer never sees it raised. Errors
of a view arrive here through ``process_exception``; errors of inner middleware (reading the session, the user) arrive
at ``handler500`` (:func:`web.views.server_error`). Both ask :func:`web.failures.answer`.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from web import failures, identity

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


class TimeZoneMiddleware:
    """*Today*, and moments that are of no event, in the zone that the institution chose."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        timezone.activate(identity.Zone())
        return self.get_response(request)


class WrongMethodMiddleware:
    """405 with a page in the site's design where a view refuses the method; its ``Allow`` header stays."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method == "HEAD":
            return response
        page = failures.page(request, "405", HTTPStatus.METHOD_NOT_ALLOWED)
        if "Allow" in response:
            page["Allow"] = response["Allow"]
        return page
