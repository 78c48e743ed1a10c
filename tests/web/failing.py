"""Addresses and a middleware that fail as the world does, for tests/web/test_failures.py."""

import errno
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

import config.urls
from web.pdf import PdfUnavailable


def ask_a_server_that_is_gone() -> None:
    """A real refusal by a real driver: nothing listens on port 9."""
    away = ConnectionHandler(
        {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "9", "NAME": "x"}}
    )
    away["default"].ensure_connection()


@login_not_required
def away(request: HttpRequest) -> HttpResponse:
    ask_a_server_that_is_gone()
    return HttpResponse("confirmado")


@login_not_required
def wrong(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    return HttpResponse("confirmado")


@login_not_required
def full(request: HttpRequest) -> HttpResponse:
    raise OSError(errno.ENOSPC, "No space left on device")


@login_not_required
def no_pdf(request: HttpRequest) -> HttpResponse:
    raise PdfUnavailable("cannot load library 'libpango-1.0-0'")


@login_not_required
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


class AwayMiddleware:
    """Inner middleware that meets the database before the view, as the session does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ask_a_server_that_is_gone()
        return self.get_response(request)


urlpatterns = [
    path("away/", away),
    path("wrong/", wrong),
    path("full/", full),
    path("no-pdf/", no_pdf),
    path("form/", form),
    *config.urls.urlpatterns,
]
handler400 = "web.views.bad_request"
handler403 = "web.views.permission_denied"
handler404 = "web.views.page_not_found"
handler500 = "web.views.server_error"
