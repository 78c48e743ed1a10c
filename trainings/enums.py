"""Closed vocabularies of trainings."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EnrolmentState(TextChoices):
    """Only *confirmed* holds a place in the training."""

    WAITING = "waiting", _("En lista de espera")
    CONFIRMED = "confirmed", _("Confirmada")
    CANCELLED = "cancelled", _("Cancelada")
