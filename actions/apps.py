from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = _("Acciones")

    def ready(self) -> None:
        from actions import emails, rules, services  # noqa: F401  (rules registers the permissions)
        from actions.services import people
        from network.registry import PersonSteps, Retention, register_person, register_retention
        from outbox import registry

        registry.register("actions.submitted", emails.submitted, label=_("Acción enviada a revisión"))
        registry.register("actions.returned", emails.returned, label=_("Acción observada"))
        registry.register("actions.validated", emails.validated, label=_("Acción validada"))
        registry.register("actions.published", emails.published, label=_("Acción publicada"))
        registry.register("actions.closing", emails.closing, label=_("Cierre de una acción por revisar"))
        registry.register("actions.closed", emails.closed, label=_("Acción concluida"))
        registry.register("actions.kept-open", emails.kept_open, label=_("Cierre devuelto"))
        registry.register("actions.withdrawn", emails.withdrawn, label=_("Acción retirada de la página pública"))
        registry.register("actions.follow_up_asked", emails.follow_up_asked, label=_("Seguimiento pedido"))
        registry.register(
            "actions.deadlines",
            emails.deadlines,
            label=_("Acciones y seguimientos por atender"),
            group="network.duties",
        )
        registry.register("actions.unanswered", emails.unanswered, label=_("Acciones sin respuesta del municipio"))
        registry.register_job(
            "actions.deadlines", label=_("Avisos de acciones y seguimientos"), stale_after=timedelta(hours=3)
        )
        registry.register_group(
            "actions.exchange",
            label=_("Intercambio entre municipios"),
            says=_(
                "Mensajes de otros municipios sobre lo que ofrecemos o buscamos, y comentarios a nuestras acciones."
            ),
        )
        for kind, composer, label in (
            ("exchange_message", emails.exchange_message, _("Mensaje de otro municipio")),
            ("exchange_matched", emails.exchange_matched, _("Intercambio concretado")),
            ("comment", emails.comment, _("Comentario a una acción")),
        ):
            registry.register(f"actions.{kind}", composer, label=label, group="actions.exchange")
        register_person(
            PersonSteps(
                app="actions",
                keys=(),
                merge=lambda kept, gone: {},
                unmerge=lambda kept, gone, moved: None,
                export=people.export,
                erase=people.erase,
                outlook=people.outlook,
            )
        )
        register_retention(
            Retention(
                name="actions.typed",
                label=_("Textos de acciones que nadie terminó de guardar"),
                counted_from=_("que se escribieron por última vez"),
                days=services.TYPED_DAYS,
                due=lambda before: services.old_typed(before).count(),
                run=services.erase_old_typed,
            )
        )
        register_person(
            PersonSteps(
                app="actions.typed",
                keys=(),
                # They belong to the account, which keeps them whichever record it is tied to.
                merge=lambda kept, gone: {},
                unmerge=lambda kept, gone, moved: None,
                export=services.export_typed,
                erase=services.erase_typed_of,
                outlook=services.outlook_typed,
            )
        )
        _register_actions_as_outcomes()


def _register_actions_as_outcomes() -> None:
    from actions.enums import OutcomeKind
    from actions.registry import Source, Thing, register_source
    from actions.rules import published_actions

    def find(user: Any, arguments: Mapping[str, Any]) -> Thing | None:
        title = published_actions().filter(slug=arguments["slug"]).values_list("title", flat=True).first()
        return Thing(arguments["slug"], title) if title else None

    register_source(
        Source(kind=OutcomeKind.ACTION, pages=("action_detail",), find=find, page=lambda user: "action_detail")
    )
