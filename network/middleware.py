"""The door of a municipality's own pages, and the second step that the institute's accounts need."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from network.rules import is_liaison, is_staff_member

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
