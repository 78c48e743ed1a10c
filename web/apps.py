from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class WebConfig(AppConfig):
    name = "web"
    verbose_name = "Portal"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.forms import CharField

        from web import checks  # noqa: F401  (registers the system checks)
        from web.forms import to_python
        from web.shared import watch_writes

        connection_created.connect(watch_writes, dispatch_uid="watch_writes")

        CharField.to_python = to_python  # type: ignore[method-assign, assignment]


class ReadOnlyAdminConfig(admin_apps.AdminConfig):
    """Django's admin with a site that only shows (:mod:`web.readonly`)."""

    default = False
    default_site = "web.readonly.ReadOnlySite"
