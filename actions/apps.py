from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = _("Acciones")

    def ready(self) -> None:
        from actions import emails, rules  # noqa: F401  (rules registers the permissions)
        from outbox import registry

        registry.register("actions.submitted", emails.submitted, label=_("Acción enviada a revisión"))
        registry.register("actions.returned", emails.returned, label=_("Acción observada"))
        registry.register("actions.validated", emails.validated, label=_("Acción validada"))
        registry.register("actions.published", emails.published, label=_("Acción publicada"))
        registry.register("actions.withdrawn", emails.withdrawn, label=_("Acción retirada de la página pública"))
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
