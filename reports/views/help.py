"""Help: what each role does here, step by step."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from reports.help import help_page, help_pages


@login_not_required
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/help.html", {"pages": help_pages(_language())})


@login_not_required
@require_safe
def help_detail(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        page = help_page(slug, _language(), _reader(request))
    except KeyError:
        raise Http404 from None
    return render(request, "reports/help_page.html", {"page": page})


def _reader(request: HttpRequest) -> str:
    user = request.user
    if not user.is_authenticated:
        return "visitor"
    if user.is_staff_member:
        return "admin" if user.is_admin else "staff"
    return "liaison" if user.liaison_municipality else "participant"


def _language() -> str:
    return "en" if get_language() == "en" else "es"
