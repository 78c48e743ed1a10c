"""Constancias as whoever holds one sees them: the page at its folio, and the person's own with its files."""

import hashlib
import time

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from trainings.documents.certificates import issued_day, public_address
from trainings.documents.credentials import signed_credential
from trainings.forms import CompareForm
from trainings.models import Certificate
from trainings.rules import certificate_by_code, certificates_by_folio, own_certificate_code
from web.failures import page as failure
from web.uploads import protected_file_response

# So many folios that do not exist may be asked for from one address in a window. A room of people who check the
# folios they hold is never stopped.
MISSES = 40
WINDOW_SECONDS = 600


def _misses_key(request: HttpRequest) -> str:
    address = hashlib.sha256(get_adapter().get_client_ip(request).encode()).hexdigest()[:16]
    return f"constancias:{int(time.time() // WINDOW_SECONDS)}:{address}"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def certificate(request: HttpRequest, folio: str) -> HttpResponse:
    """What was printed, whether it still holds and, of a PDF or a hash that is sent, whether it is this one."""
    key = _misses_key(request)
    misses = cache.get(key, 0)
    if misses >= MISSES:
        response = failure(request, "429", 429)
        response["Retry-After"] = str(WINDOW_SECONDS)
        return response
    found = certificates_by_folio(folio).select_related("replaced_by").first()
    if found is None:
        cache.set(key, misses + 1, WINDOW_SECONDS)
        raise Http404
    bound = request.method == "POST"
    form = CompareForm(request.POST, request.FILES) if bound else CompareForm()
    same = form.digest() == found.sha256 if bound and form.is_valid() else None
    context = {"certificate": found, "said": found.snapshot, "day": issued_day(found), "form": form, "same": same}
    response = render(request, "trainings/certificate.html", context, status=422 if bound and same is None else 200)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_not_required
@require_safe
@never_cache
def own_certificate(request: HttpRequest, code: str) -> HttpResponse:
    """The person's own constancia, with its files, to whoever has the link of the mail."""
    found = _own(code)
    replacement = found.replaced_by
    context = {
        "certificate": found,
        "said": found.snapshot,
        "code": code,
        "public_address": public_address(found.folio),
        "newer": own_certificate_code(replacement) if replacement and replacement.sha256 else "",
    }
    response = render(request, "trainings/own_certificate.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_not_required
@require_safe
@never_cache
def own_certificate_file(request: HttpRequest, code: str) -> FileResponse:
    found = _own(code)
    if not found.is_in_force:
        raise Http404
    return certificate_file(found)


@login_not_required
@require_safe
@never_cache
def own_certificate_badge(request: HttpRequest, code: str) -> HttpResponse:
    """The Open Badges credential, for the person's wallet."""
    found = _own(code)
    if not found.is_in_force:
        raise Http404
    response = HttpResponse(signed_credential(found), content_type="application/vc+jwt")
    response["Content-Disposition"] = f'attachment; filename="insignia-{found.folio}.jwt"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def certificate_file(found: Certificate) -> FileResponse:
    return protected_file_response(found.file, _("constancia-%(folio)s.pdf") % {"folio": found.folio})


def _own(code: str) -> Certificate:
    found = certificate_by_code(code)
    if found is None:
        raise Http404
    return found
