"""Every address of the portal. Spanish at the root, English under ``/en/``."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.api import open_to_everybody
from reports.views.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("web.urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/v1/", open_to_everybody()),
]
if settings.BOUNCE_PROVIDER:
    from outbox import bounces

    urlpatterns.append(path("correo/rebotes/", bounces.webhook(settings.BOUNCE_PROVIDER)))
urlpatterns += i18n_patterns(
    path("", include("reports.urls")),
    path("", include("trainings.urls")),
    path("", include("events.urls")),
    path("", include("actions.urls")),
    path("", include("network.urls")),
    path("", include("outbox.urls")),
    path("cuenta/", include("allauth.urls")),
    prefix_default_language=False,
)

handler400 = "web.views.bad_request"
handler403 = "web.views.permission_denied"
handler404 = "web.views.page_not_found"
handler500 = "web.views.server_error"
