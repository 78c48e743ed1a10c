from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Eventos")

    def ready(self) -> None:
        from events import emails, rules  # noqa: F401  (rules registers the permissions)
        from outbox import registry

        registry.register("events.registration", emails.registration_made, label=_("Inscripción recibida"))
        registry.register("events.registration_link", emails.registration_link, label=_("Enlace de la inscripción"))
        registry.register(
            "events.registration_cancelled", emails.registration_cancelled, label=_("Inscripción cancelada")
        )
        registry.register("events.promoted", emails.promoted, label=_("Lugar obtenido en la lista de espera"))
        registry.register("events.reminder", emails.reminder, label=_("Recordatorio de evento"))
        registry.register("events.moved", emails.moved, label=_("Cambio de fecha o lugar"))
        registry.register("events.cancelled", emails.cancelled, label=_("Evento cancelado"))
        each_minute = timedelta(minutes=5)
        registry.register_job("events.reminders", label=_("Recordatorios de eventos"), stale_after=each_minute)
        registry.register_job("events.promote_waiting", label=_("Listas de espera"), stale_after=each_minute)
