from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = _("correo")

    def ready(self) -> None:
        from outbox import registry, rules  # noqa: F401  (rules registers the permission)

        registry.register_job("outbox.drain", label=_("Envío de correo"), stale_after=timedelta(minutes=5))
        registry.register_job(
            "outbox.reconcile", label=_("Revisión de envíos en duda"), stale_after=timedelta(minutes=5)
        )
