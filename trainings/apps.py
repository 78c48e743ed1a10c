from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingsConfig(AppConfig):
    name = "trainings"
    verbose_name = _("Capacitaciones")

    def ready(self) -> None:
        from network.registry import PersonSteps, register_person
        from outbox import registry
        from trainings import emails, rules  # noqa: F401  (rules registers the permissions)
        from trainings.emails import surveys
        from trainings.services import certificate_people, people

        registry.register("trainings.form", surveys.training_form, label=_("Evaluación o encuesta de una capacitación"))
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
                outlook=certificate_people.outlook,
                holding=certificate_people.HOLDING,
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
                outlook=people.outlook,
            )
        )

        _register_accompaniment()
        _register_outcomes()


def _register_accompaniment() -> None:
    from outbox import registry
    from trainings.emails import accompaniment as emails

    for kind, composer, label in (
        ("accompaniment_requested", emails.requested, _("Solicitud de acompañamiento")),
        ("accompaniment_answered", emails.answered, _("Respuesta a una solicitud de acompañamiento")),
        ("accompaniment_assigned", emails.assigned, _("Acompañamiento asignado")),
        ("accompaniment_given", emails.given, _("Acompañamiento a cargo de una cuenta")),
        ("session_to_confirm", emails.session_to_confirm, _("Sesión de acompañamiento por confirmar")),
        ("version_received", emails.version_received, _("Versión de un instrumento por revisar")),
        ("recommendations", emails.recommendations, _("Recomendaciones a un instrumento")),
        ("accompaniment_closing", emails.closing, _("Cierre de acompañamiento por confirmar")),
        ("accompaniment_closed", emails.closed, _("Acompañamiento concluido")),
        ("duties_unanswered", emails.duties_of_institute, _("Acompañamientos con pendientes (instituto)")),
    ):
        registry.register(f"trainings.{kind}", composer, label=label)
    registry.register(
        "trainings.duties", emails.duties_of_liaison, label=_("Acompañamientos por atender"), group="network.duties"
    )
    registry.register_job("trainings.duties", label=_("Avisos de acompañamientos"), stale_after=timedelta(hours=3))


def _register_outcomes() -> None:
    """A training is public; an accompaniment is read by its municipality and the institute, each at its own desk."""
    from actions.enums import OutcomeKind
    from actions.registry import Source, Thing, register_source
    from network.rules import is_staff_member
    from trainings.models import Training
    from trainings.rules import managed_accompaniments, municipal_accompaniments

    def training(user: Any, arguments: Mapping[str, Any]) -> Thing | None:
        title = Training.objects.published().filter(slug=arguments["slug"]).values_list("title", flat=True).first()
        return Thing(arguments["slug"], title) if title else None

    def accompaniment(user: Any, arguments: Mapping[str, Any]) -> Thing | None:
        own = managed_accompaniments(user) if is_staff_member(user) else municipal_accompaniments(user)
        file = own.filter(pk=arguments["pk"]).first()
        return Thing(str(file.pk), file.topic, file.municipality_id) if file else None

    register_source(
        Source(
            kind=OutcomeKind.TRAINING, pages=("training_detail",), find=training, page=lambda user: "training_detail"
        )
    )
    register_source(
        Source(
            kind=OutcomeKind.ACCOMPANIMENT,
            pages=("liaison_accompaniment_detail", "staff_accompaniment_detail"),
            find=accompaniment,
            page=lambda user: f"{'staff' if is_staff_member(user) else 'liaison'}_accompaniment_detail",
        )
    )
