from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = _("correo")

    def ready(self) -> None:
        from outbox import emails, registry, rules  # noqa: F401  (rules registers the permissions)

        if settings.BOUNCE_PROVIDER:
            from outbox import bounces  # noqa: F401  (listens)

        registry.register(emails.RECOVERED, emails.recovered, label=_("Fin de una alarma del correo"))
        registry.register(emails.TEXT_TEST, None, label=_("Prueba de un texto"))
        registry.register_job(
            "outbox.drain", label=_("Envío de correo"), stale_after=timedelta(seconds=settings.DRAIN_STALE_SECONDS)
        )
        registry.register_job(
            "outbox.delete_old", label=_("Mensajes que ya no se guardan"), stale_after=timedelta(hours=3)
        )
        registry.register_job(
            "outbox.reconcile", label=_("Revisión de envíos en duda"), stale_after=timedelta(minutes=5)
        )
