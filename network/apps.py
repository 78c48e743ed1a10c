from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = _("Red")

    def ready(self) -> None:
        from network import emails, rules  # noqa: F401  (rules registers the permissions)
        from network.registry import PersonSteps, point_back, register_person, register_retention, repoint
        from network.services import audit, people, retention, rights
        from outbox import registry

        registry.register_witness(audit.witness)
        registry.register_group(
            "network.announcements",
            label=_("Anuncios de la red"),
            says=_("Convocatorias y novedades que el instituto envía a una parte de la red."),
        )
        registry.register_group(
            "network.duties",
            label=_("Recordatorios de mi trabajo en la red"),
            says=_("Seguimientos por entregar, acciones atrasadas y designaciones por terminar de mi municipio."),
        )
        registry.register("network.invitation", emails.invitation, label=_("Invitación a una persona designada"))
        registry.register(
            "network.designation_ending",
            emails.designation_ending,
            label=_("Designación por terminar"),
            group="network.duties",
        )
        registry.register(
            "network.designations_ending", emails.designations_ending, label=_("Designaciones que terminan (instituto)")
        )
        registry.register(
            "network.proposal_link", emails.proposal_link, label=_("Enlace para proponer una designación")
        )
        registry.register(
            "network.proposal_decided", emails.proposal_decided, label=_("Respuesta a una propuesta de designación")
        )
        registry.register("network.arco_confirm", emails.arco_confirm, label=_("Confirmar una solicitud ARCO"))
        registry.register("network.arco_step", emails.arco_step, label=_("Avance de una solicitud ARCO"))
        registry.register("network.own_data", emails.own_data, label=_("Enlace a los propios datos"))
        registry.register("network.arco_due", emails.arco_due, label=_("Solicitudes ARCO por vencer (administración)"))
        registry.register_job(
            "network.rights", label=_("Avisos de solicitudes ARCO por vencer"), stale_after=timedelta(hours=3)
        )
        registry.register_job(
            "network.endings", label=_("Avisos de designaciones que terminan"), stale_after=timedelta(hours=3)
        )
        registry.register_job(
            "network.duplicates", label=_("Búsqueda de personas duplicadas"), stale_after=timedelta(hours=1)
        )
        registry.register_job(
            "network.retention", label=_("Datos que ya no se conservan"), stale_after=timedelta(hours=3)
        )
        self._hear_of_accounts()
        for rule in retention.network_rules():
            register_retention(rule)
        register_person(
            PersonSteps(
                app="network.rights",
                keys=rights.KEYS,
                merge=repoint(*rights.KEYS),
                unmerge=point_back(*rights.KEYS),
                export=rights.export,
                erase=rights.erase,
                outlook=rights.outlook,
            )
        )
        register_person(
            PersonSteps(
                app="network",
                keys=people.KEYS,
                merge=people.merge,
                unmerge=people.unmerge,
                export=people.export,
                erase=people.erase,
                outlook=people.outlook,
            )
        )

    def _hear_of_accounts(self) -> None:
        """allauth tells of what happens in its pages by signals alone."""
        from allauth.account import signals as account
        from allauth.mfa import signals as mfa
        from django.contrib.auth.signals import user_logged_in

        from network import sessions
        from network.services import audit

        user_logged_in.connect(sessions.begin)
        account.user_logged_in.connect(audit.signed_in)
        for changed in (account.password_changed, account.password_set, account.password_reset):
            changed.connect(audit.password_changed)
        mfa.authenticator_added.connect(audit.factor_added)
        mfa.authenticator_removed.connect(audit.factor_removed)
        mfa.authentication_failed.connect(audit.second_step_failed)
