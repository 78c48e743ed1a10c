"""Pages of no app in particular: health, identity, errors, the gallery of components."""

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from web import failures, identity


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nothing of anything else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers. Where it does not, the middleware says 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse("ready\n", content_type="text/plain")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def theme_css(request: HttpRequest) -> HttpResponse:
    """The installation's colours. The address carries their hash, so a change is seen at once."""
    return HttpResponse(identity.theme_css(identity.current()), content_type="text/css; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse | FileResponse:
    path = finders.find("img/favicon.svg")
    if not path:
        raise Http404
    return FileResponse(open(path, "rb"), content_type="image/svg+xml")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def robots_txt(request: HttpRequest) -> HttpResponse:
    """Search engines read the public pages; a demonstration is not indexed at all."""
    closed = ["/"] if settings.DEMO else ["/gestion/", "/mi-municipio/", "/mis-inscripciones/", "/cuenta/", "/admin/"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state, for whoever builds pages and for the accessibility test."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    from web import gallery as samples

    return render(request, "web/gallery.html", samples.context())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return failures.too_large(request)
    return failures.page(request, "400", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failures.page(request, "403", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failures.page(request, "404", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Also where errors of middleware arrive, so the database being away is looked for here too."""
    error = sys.exc_info()[1]
    return (error and failures.answer(request, error)) or failures.page(request, "500", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form sent with an old or missing token: usually a page left open for long. What was typed is still in it."""
    return failures.page(request, "403_csrf", 403)
