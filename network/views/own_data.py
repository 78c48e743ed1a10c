"""The own data as a download: by the link that the desk sent, or from the own account. GET shows, POST downloads."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network.documents import own_data_zip
from network.models import Person
from network.rules import own_person, people_by_own_data


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own_data_by_link(request: HttpRequest, code: str) -> HttpResponse:
    """For whoever holds the link, for as long as it works; opening it twice is fine."""
    return _answer(request, people_by_own_data(code).first(), by_link=True)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own_data_of_account(request: HttpRequest) -> HttpResponse:
    """For who is signed in, where it is certain which person that is."""
    return _answer(request, own_person(request.user), by_link=False)


def _answer(request: HttpRequest, person: Person | None, *, by_link: bool) -> HttpResponse:
    if request.method == "POST" and person is not None:
        response = HttpResponse(own_data_zip(person), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{_("mis-datos")}.zip"'
    else:
        context = {"person": person, "by_link": by_link}
        response = render(request, "network/own_data.html", context, status=200 if person or not by_link else 404)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
