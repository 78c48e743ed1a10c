from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Informes")

    def ready(self) -> None:
        from outbox import registry
        from reports import emails, rules, texts  # noqa: F401  (rules registers the permissions)

        registry.register_group(
            "reports.municipal",
            label=_("Informes de mi municipio"),
            says=_("Cuando se prepara el informe mensual o trimestral del municipio que represento."),
        )
        registry.register(
            "reports.municipal_report",
            emails.municipal_report,
            label=_("Informe periódico del municipio"),
            group="reports.municipal",
        )
        texts.register(emails.example)
        registry.register("reports.counts_differ", None, label=_("Alarma: una cuenta no coincide con sus registros"))
        registry.register_job(
            "reports.audit", label=_("Revisión nocturna de las cuentas guardadas"), stale_after=timedelta(hours=26)
        )
        registry.register_job("reports.schedules", label=_("Informes programados"), stale_after=timedelta(hours=3))
        registry.register_job("reports.resume", label=_("Preparación de informes"), stale_after=timedelta(minutes=5))
