from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = _("Red")

    def ready(self) -> None:
        from network import emails, rules  # noqa: F401  (rules registers the permissions)
        from outbox import registry

        registry.register("network.invitation", emails.invitation, label=_("Invitación a una persona designada"))
