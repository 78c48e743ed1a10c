"""Pages of no app in particular: health, identity, errors, the gallery of components."""

import sys
from datetime import UTC, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from web import failures, identity, packages

# What the page without connection is drawn with.
OFFLINE_FILES = (
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/components.css",
    "js/app.js",
    "fonts/public-sans.woff2",
)


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nothing of anything else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers. Where it does not, the middleware says 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


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
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86_400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116): the address of the settings, else the contact of the installation. It is
    said to hold for half a year from the day it is read."""
    contact = settings.SECURITY_CONTACT or identity.current().contact_email
    if not contact:
        raise Http404
    until = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=180)
    lines = [
        f"Contact: {contact if '://' in contact else f'mailto:{contact}'}",
        f"Expires: {until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: es, en",
        f"Canonical: {settings.SITE_URL}{request.path}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def licences(request: HttpRequest) -> HttpResponse:
    """The packages that the portal is made of, with their licences as they say themselves."""
    return render(request, "web/licences.html", {"packages": packages.run_packages()})


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def web_manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to keep the portal among its programs (W3C Web Application Manifest)."""
    installation = identity.current()
    icons: list[dict[str, str]] = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    content = {
        "id": "/",
        "name": installation.name,
        "short_name": installation.short_name,
        "description": installation.tagline,
        "lang": get_language(),
        "start_url": reverse("after_login"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#FBFAF6",
        "theme_color": installation.primary_light,
        "icons": icons,
        "shortcuts": [
            {"name": gettext("Calendario"), "url": reverse("calendar")},
            {"name": gettext("Registrar una acción"), "url": reverse("liaison_action_create")},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What the browser shows of any page while there is no connection. Nothing personal: every reader keeps a copy."""
    return render(request, "web/offline.html", {"installation": identity.current(), "status": ""})


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the portal: pages come from the network, and without one the page above is shown."""
    pages = [reverse("offline")]
    files = [static(name) for name in OFFLINE_FILES]
    version = sha256("\n".join(pages + files).encode()).hexdigest()[:12]
    context = {"version": version, "page": pages[0], "files": files}
    answer = render(request, "web/worker.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


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
