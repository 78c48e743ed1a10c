"""What else is known of an action: whom it reaches, where it is, what it comes from, when it was really done."""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind
from network.models import Instrument
from web.disclosure import is_small

# More people than any state has: what is above is a slip of the finger.
MOST_PEOPLE = 100_000_000
# The country, from its southernmost to its northernmost and from its westernmost to its easternmost point.
SOUTH, NORTH = Decimal("14.3"), Decimal("32.8")
WEST, EAST = Decimal("-118.6"), Decimal("-86.5")


def people(words: Any) -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(words, null=True, blank=True, validators=[MaxValueValidator(MOST_PEOPLE)])


def degrees(words: Any, least: Decimal, most: Decimal) -> "models.DecimalField[Decimal | None, Decimal | None]":
    limits = [MinValueValidator(least), MaxValueValidator(most)]
    return models.DecimalField(words, max_digits=9, decimal_places=6, null=True, blank=True, validators=limits)


class ActionFacts(models.Model):
    """Columns of :class:`actions.models.Action`. Unknown is null everywhere, never zero.

    Women and men are part of ``beneficiaries_total``; whoever is in neither is «sin dato».
    """

    people_exposed = people(_("personas expuestas"))
    beneficiaries_total = people(_("personas beneficiadas"))
    beneficiaries_women = people(_("mujeres beneficiadas"))
    beneficiaries_men = people(_("hombres beneficiados"))
    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, null=True, blank=True, related_name="actions",
        verbose_name=_("instrumento del que viene"),
    )  # fmt: skip
    instrument_line = models.CharField(_("línea de acción del instrumento"), max_length=300, blank=True)
    latitude = degrees(_("latitud"), SOUTH, NORTH)
    longitude = degrees(_("longitud"), WEST, EAST)
    started_on = models.DateField(_("comenzó (real)"), null=True, blank=True)
    ended_on = models.DateField(_("terminó (real)"), null=True, blank=True)
    related_actions = models.ManyToManyField("self", blank=True, verbose_name=_("acciones relacionadas"))

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(people_exposed__isnull=True) | Q(kind__in=[ActionKind.ADAPTATION, ActionKind.BOTH]),
                name="actions_action_exposed_adaptation",
                violation_error_message=_("Las personas expuestas se indican solo en acciones de adaptación."),
            ),
            models.CheckConstraint(
                condition=Q(
                    beneficiaries_total__isnull=True,
                    beneficiaries_women__isnull=True,
                    beneficiaries_men__isnull=True,
                )
                | Q(
                    beneficiaries_total__isnull=False,
                    beneficiaries_total__gte=Coalesce(F("beneficiaries_women"), Value(0))
                    + Coalesce(F("beneficiaries_men"), Value(0)),
                ),
                name="actions_action_beneficiaries_sum",
                violation_error_message=_(
                    "Mujeres y hombres suman más que el total de personas beneficiadas, o falta el total."
                ),
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(SOUTH, NORTH),
                    longitude__range=(WEST, EAST),
                ),
                name="actions_action_point",
                violation_error_message=_("El punto lleva latitud y longitud, y queda dentro del país."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(started_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="actions_action_real_period_order",
                violation_error_message=_("La acción terminó antes de comenzar: revise las dos fechas reales."),
            ),
        ]

    @property
    def beneficiaries_unknown(self) -> int | None:
        """Beneficiaries whose sex is not known; null where not even their number is."""
        if self.beneficiaries_total is None:
            return None
        return self.beneficiaries_total - (self.beneficiaries_women or 0) - (self.beneficiaries_men or 0)

    @property
    def beneficiaries_split_is_public(self) -> bool:
        """Whether the split by sex may leave the network: not where a cell tells of one or two persons."""
        cells = (self.beneficiaries_women, self.beneficiaries_men, self.beneficiaries_unknown)
        return not any(is_small(cell or 0) for cell in cells)

    @property
    def point(self) -> str:
        """The place as map programs take it: «19.29, -99.65»; empty where none was given."""
        if self.latitude is None or self.longitude is None:
            return ""
        return f"{self.latitude.normalize():f}, {self.longitude.normalize():f}"
