from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingsConfig(AppConfig):
    name = "trainings"
    verbose_name = _("Capacitaciones")

    def ready(self) -> None:
        from network.registry import PersonSteps, register_person
        from outbox import registry
        from trainings import emails, rules  # noqa: F401  (rules registers the permissions)
        from trainings.services import certificate_people, people

        registry.register("trainings.certificate", emails.certificate_ready, label=_("Constancia lista"))
        registry.register_job(
            "trainings.certificates", label=_("Impresión de constancias"), stale_after=timedelta(minutes=5)
        )
        register_person(
            PersonSteps(
                app="trainings.certificates",
                keys=certificate_people.KEYS,
                merge=certificate_people.merge,
                unmerge=certificate_people.unmerge,
                export=certificate_people.export,
                erase=certificate_people.erase,
            )
        )

        registry.register(
            "trainings.enrolment", emails.enrolment_made, label=_("Inscripción a una capacitación recibida")
        )
        registry.register(
            "trainings.enrolment_link", emails.enrolment_link, label=_("Enlace de la inscripción a una capacitación")
        )
        registry.register(
            "trainings.enrolment_promoted",
            emails.enrolment_promoted,
            label=_("Lugar obtenido en la lista de espera de una capacitación"),
        )
        registry.register(
            "trainings.enrolment_cancelled",
            emails.enrolment_cancelled,
            label=_("Inscripción a una capacitación cancelada"),
        )
        register_person(
            PersonSteps(
                app="trainings.enrolment",
                keys=people.KEYS,
                merge=people.merge,
                unmerge=people.unmerge,
                export=people.export,
                erase=people.erase,
            )
        )
