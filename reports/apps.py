from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Informes")

    def ready(self) -> None:
        from outbox import registry
        from reports import rules  # noqa: F401  (registers the permissions)

        registry.register_job("reports.resume", label=_("Preparación de informes"), stale_after=timedelta(minutes=5))
