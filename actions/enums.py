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
    CANCELLED = "cancelled", _("Cancelada")


# What a municipality says itself, in the form or with a follow-up; the others have a step of their own with its reason.
OPEN_STATUSES = (ActionStatus.PLANNED, ActionStatus.UNDER_WAY)
# These say why.
STOPPED_STATUSES = (ActionStatus.SUSPENDED, ActionStatus.CANCELLED)


class ReviewState(TextChoices):
    """Where the record stands between the municipality and the institute. Only published actions are public."""

    DRAFT = "draft", _("Borrador")
    SUBMITTED = "submitted", _("En revisión")
    RETURNED = "returned", _("Observada")
    VALIDATED = "validated", _("Validada")
    PUBLISHED = "published", _("Publicada")


class Cadence(TextChoices):
    """How often the municipality says how far an action is."""

    MONTHLY = "monthly", _("Cada mes")
    BIMONTHLY = "bimonthly", _("Cada dos meses")
    QUARTERLY = "quarterly", _("Cada tres meses")
    HALF_YEARLY = "half-yearly", _("Cada seis meses")


class IndicatorDirection(TextChoices):
    INCREASE = "increase", _("Aumentar")
    DECREASE = "decrease", _("Disminuir")


class ReviewDecision(TextChoices):
    SUBMITTED = "submitted", _("Enviada a revisión")
    RETURNED = "returned", _("Observada")
    VALIDATED = "validated", _("Validada")
    PUBLISHED = "published", _("Publicada")
    WITHDRAWN = "withdrawn", _("Retirada de la página pública")
    CLOSING = "closing", _("Cierre solicitado")
    CLOSED = "closed", _("Cierre aceptado")
    KEPT_OPEN = "kept-open", _("Cierre devuelto")


class DeadlineKind(TextChoices):
    """What of an action is due on a day."""

    END = "end", _("Fin del plan")
    FOLLOW_UP = "follow-up", _("Seguimiento")


class ActionList(TextChoices):
    """The lists of which people keep views of their own."""

    LIAISON = "liaison", _("Acciones de mi municipio")
    STAFF = "staff", _("Revisión de acciones")


class ProgressBasis(TextChoices):
    """Where the progress of an action comes from."""

    MILESTONES = "milestones", _("Según los hitos cumplidos")
    INDICATORS = "indicators", _("Según los indicadores")
    TYPED = "typed", _("Escrito por el municipio")


class EstimateKind(TextChoices):
    """What an estimate of emissions speaks of. The two are never added up."""

    EXPECTED = "expected", _("Esperado por año")
    ACHIEVED = "achieved", _("Logrado en un periodo")


class EvidenceGrade(TextChoices):
    """How sure the value of an emission factor is: what of its source was read."""

    A = "A", _("A: se leyó el documento oficial")
    B = "B", _("B: nota que reproduce el documento oficial")
    C = "C", _("C: valor en fuentes que citan el documento oficial")


class PostKind(TextChoices):
    """What a municipality says on the exchange board."""

    OFFER = "offer", _("Tengo experiencia en…")
    REQUEST = "request", _("Busco…")

    @property
    def other(self) -> "PostKind":
        """What answers it."""
        return PostKind.REQUEST if self == PostKind.OFFER else PostKind.OFFER


class PostState(TextChoices):
    """Where a post stands. One whose day has passed while open is over by itself: no state says so."""

    OPEN = "open", _("Abierta")
    MATCHED = "matched", _("Concretada")
    CLOSED = "closed", _("Retirada")


class OutcomeKind(TextChoices):
    """What came of a match."""

    EVENT = "event", _("Evento")
    TRAINING = "training", _("Capacitación")
    ACCOMPANIMENT = "accompaniment", _("Acompañamiento técnico")
    ACTION = "action", _("Acción climática")


class CommentState(TextChoices):
    """Where a comment stands: until it is approved, only the two municipalities and the institute read it."""

    WAITING = "waiting", _("Por revisar")
    APPROVED = "approved", _("Visible para la red")
    HIDDEN = "hidden", _("Oculto")
