"""What a view asks besides a permission: a fresh proof of who is signed in, and a row that says what was read."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from time import time
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from network.enums import Act
from network.models import User
from network.services.audit import record

View = Callable[..., HttpResponse]


def prove_identity(request: HttpRequest) -> None:
    """Ask for password, key or code again where the last proof of this session is older than ``IDENTITY_MINUTES``.

    What was being sent is kept and goes on once that is answered. An account without any of them (it signs in
    elsewhere) is asked nothing.
    """
    if not settings.IDENTITY_MINUTES or not get_adapter().get_reauthentication_methods(request.user):
        return
    records = get_authentication_records(request, request.user)
    if time() - max((record["at"] for record in records), default=0) > settings.IDENTITY_MINUTES * 60:
        raise ReauthenticationRequired


def asks_identity(view: View) -> View:
    """For acts on roles, identities and keys."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        prove_identity(request)
        return view(request, *args, **kwargs)

    return guarded


def personal_file(what: str) -> Callable[[View], View]:
    """For files with personal data: asks who one is, and the audit trail keeps who took which one.

    ``what`` names the file; the numbers in its address say which row it is of.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            prove_identity(request)
            response = view(request, *args, **kwargs)
            if request.method == "GET" and response.status_code == HTTPStatus.OK:
                record(Act.FILE_READ, by=cast(User, request.user), file=what, **kwargs)
            return response

        return guarded

    return decorate
