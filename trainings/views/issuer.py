"""What other systems read to verify a credential: who issues, with which key, and what no longer holds."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from trainings.documents import credentials

MINUTES = 10


@login_not_required
@require_safe
@cache_control(public=True, max_age=60 * MINUTES)
def issuer(request: HttpRequest) -> HttpResponse:
    return _open(JsonResponse(credentials.issuer_profile(), content_type="application/ld+json"))


@login_not_required
@require_safe
@cache_control(public=True, max_age=60 * MINUTES)
def issuer_key(request: HttpRequest, kid: str) -> HttpResponse:
    key = credentials.public_key()
    if key["kid"] != kid:
        raise Http404
    return _open(JsonResponse(key, content_type="application/jwk+json"))


@login_not_required
@require_safe
@cache_control(public=True, max_age=60 * MINUTES)
def credential_status(request: HttpRequest, number: int) -> HttpResponse:
    """The signed list of a range of constancias: a bit each, whatever they are."""
    if number > 9_999:
        raise Http404
    signed = credentials.signed_status_list(number, timezone.now())
    return _open(HttpResponse(signed, content_type="application/vc+jwt"))


def _open(response: HttpResponse) -> HttpResponse:
    """Verifiers in a browser are on other sites."""
    response["Access-Control-Allow-Origin"] = "*"
    return response
