"""Closed vocabularies of climate actions."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ActionKind(TextChoices):
    MITIGATION = "mitigation", _("Mitigación")
    ADAPTATION = "adaptation", _("Adaptación")
    BOTH = "both", _("Mitigación y adaptación")


class ActionStatus(TextChoices):
    """Where the work itself stands."""

    PLANNED = "planned", _("Planeada")
    UNDER_WAY = "under-way", _("En curso")
    COMPLETED = "completed", _("Concluida")
    SUSPENDED = "suspended", _("Suspendida")


class ReviewState(TextChoices):
    """Where the record stands between the municipality and the institute. Only validated actions are public."""

    DRAFT = "draft", _("Borrador")
    SUBMITTED = "submitted", _("En revisión")
    RETURNED = "returned", _("Observada")
    VALIDATED = "validated", _("Validada")


class IndicatorDirection(TextChoices):
    INCREASE = "increase", _("Aumentar")
    DECREASE = "decrease", _("Disminuir")


class ReviewDecision(TextChoices):
    SUBMITTED = "submitted", _("Enviada a revisión")
    RETURNED = "returned", _("Observada")
    VALIDATED = "validated", _("Validada")


class DeadlineKind(TextChoices):
    """What of an action is due on a day."""

    END = "end", _("Fin del plan")
    FOLLOW_UP = "follow-up", _("Seguimiento")


class ActionList(TextChoices):
    """The lists of which people keep views of their own."""

    LIAISON = "liaison", _("Acciones de mi municipio")
    STAFF = "staff", _("Revisión de acciones")
