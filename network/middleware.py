"""The door of a municipality's own pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

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
