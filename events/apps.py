from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Eventos")

    def ready(self) -> None:
        from events import emails, rules, texts  # noqa: F401  (rules registers the permissions)
        from events.services import imports, people, questions, retention
        from network.registry import PersonSteps, Retention, register_person, register_retention
        from outbox import registry

        registry.register_group(
            "events.reminders",
            label=_("Recordatorios de eventos"),
            says=_("Antes de cada evento en que tengo lugar, con el enlace o la sede."),
        )
        registry.register_group(
            "events.follow_up",
            label=_("Después de un evento"),
            says=_("Agradecimiento, materiales y constancia de los eventos a los que asistí."),
        )
        registry.register("events.registration", emails.registration_made, label=_("Inscripción recibida"))
        registry.register("events.registration_link", emails.registration_link, label=_("Enlace de la inscripción"))
        registry.register(
            "events.registration_cancelled", emails.registration_cancelled, label=_("Inscripción cancelada")
        )
        registry.register(
            "events.series_registration", emails.series_registration, label=_("Inscripción a varias sesiones")
        )
        registry.register(
            "events.confirm_email", emails.confirm_email, label=_("Confirmar el correo de la inscripción")
        )
        registry.register("events.own_registrations", emails.own_registrations, label=_("Enlace a mis inscripciones"))
        registry.register("events.approved", emails.approved, label=_("Inscripción aprobada"))
        registry.register("events.invitation", emails.invitation, label=_("Invitación a un evento"))
        registry.register("events.offered", emails.offered, label=_("Lugar ofrecido de la lista de espera"))
        registry.register("events.promoted", emails.promoted, label=_("Lugar obtenido en la lista de espera"))
        registry.register(
            "events.reminder", emails.reminder, label=_("Recordatorio de evento"), group="events.reminders"
        )
        registry.register(
            "events.follow_up",
            emails.follow_up,
            label=_("Agradecimiento y materiales de evento"),
            group="events.follow_up",
        )
        registry.register("events.moved", emails.moved, label=_("Cambio de fecha o lugar"))
        registry.register("events.cancelled", emails.cancelled, label=_("Evento cancelado"))
        registry.register("events.bulk", emails.bulk, label=_("Mensaje a personas inscritas"))
        registry.register("events.announcement", emails.announcement, label=_("Aviso"), group="network.announcements")
        registry.register(
            "events.agreement_action", emails.agreement_action, label=_("Acuerdo que es ya una acción del municipio")
        )
        registry.register("events.results_pending", emails.results_pending, label=_("Resultado pendiente"))
        texts.register(emails.example)
        registry.register_job(
            "events.results", label=_("Avisos de resultados pendientes"), stale_after=timedelta(hours=3)
        )
        register_person(
            PersonSteps(
                app="events",
                keys=people.KEYS,
                merge=people.merge,
                unmerge=people.unmerge,
                export=people.export,
                erase=people.erase,
                outlook=people.outlook,
            )
        )
        register_retention(
            Retention(
                name=questions.NEEDS,
                label=_("Necesidades de accesibilidad e interpretación"),
                counted_from=_("que terminó o se canceló el evento"),
                days=questions.NEEDS_DAYS,
                due=lambda before: questions.outdated_needs(before).count(),
                run=retention.erase_needs,
            )
        )
        register_retention(
            Retention(
                name="events.unconfirmed",
                label=_("Inscripciones cuyo correo nadie confirmó"),
                counted_from=_("que venció el plazo para confirmar"),
                days=30,
                due=lambda before: retention.never_confirmed(before).count(),
                run=retention.erase_never_confirmed,
            )
        )
        register_retention(
            Retention(
                name="events.invitations",
                label=_("Invitaciones a eventos"),
                counted_from=_("que terminó el evento"),
                days=90,
                due=lambda before: retention.old_invitations(before).count(),
                run=retention.erase_invitations,
            )
        )
        register_retention(
            Retention(
                name="events.door_marks",
                label=_("Marcas en la entrada (la asistencia queda)"),
                counted_from=_("que terminó el evento"),
                days=180,
                due=lambda before: retention.old_door_marks(before).count(),
                run=retention.erase_door_marks,
            )
        )
        register_retention(
            Retention(
                name="events.imports",
                label=_("Informes de asistencia de videollamadas y hojas capturadas"),
                counted_from=_("que se incorporan a la asistencia (o se suben, si no se incorporan)"),
                days=180,
                due=imports.count_outdated_imports,
                run=imports.erase_outdated_imports,
            )
        )
        each_minute = timedelta(minutes=5)
        registry.register_job("events.reminders", label=_("Recordatorios de eventos"), stale_after=each_minute)
        registry.register_job("events.promote_waiting", label=_("Listas de espera"), stale_after=each_minute)
        registry.register_job(
            "events.erase_outdated",
            label=_("Datos de inscripciones que ya no se guardan"),
            stale_after=each_minute,
        )
        _register_events_as_outcomes()


def _register_events_as_outcomes() -> None:
    from actions.enums import OutcomeKind
    from actions.registry import Source, Thing, register_source
    from events.models import Event

    def find(user: Any, arguments: Mapping[str, Any]) -> Thing | None:
        title = Event.objects.public().filter(slug=arguments["slug"]).values_list("title", flat=True).first()
        return Thing(arguments["slug"], title) if title else None

    register_source(
        Source(kind=OutcomeKind.EVENT, pages=("event_detail",), find=find, page=lambda user: "event_detail")
    )
