"""Greenhouse gas estimates: activity times a cited factor, or a value typed with the method behind it."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.enums import EstimateKind, EvidenceGrade
from actions.models.actions import Action
from actions.models.vocabulary import EmissionFactor
from network.models import User

# How much of the first of its family each unit is. Units of no family are taken as they are written.
FAMILIES = (
    {"kWh": Decimal("3.6"), "MWh": Decimal(3600), "GWh": Decimal(3_600_000), "MJ": Decimal(1), "GJ": Decimal(1000),
     "TJ": Decimal(1_000_000)},
    {"L": Decimal(1), "m3": Decimal(1000)},
    {"kg": Decimal(1), "g": Decimal("0.001"), "t": Decimal(1000)},
)  # fmt: skip
TONNES = {"g": Decimal("0.000001"), "kg": Decimal("0.001"), "t": Decimal(1)}
FACTOR_UNIT = re.compile(r"(g|kg|t)(CO2e|CO2)/(\S+)")
PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Rate:
    """What the unit of a factor says: tonnes for one of it, per which unit; ``only_co2``: no other gas is in it."""

    tonnes: Decimal
    per: str
    only_co2: bool


def rate_of(unit: str) -> Rate | None:
    """``kgCO2e/kWh`` → a thousandth of a tonne per kWh. None for another gas: its mass is not CO2 equivalent."""
    found = FACTOR_UNIT.fullmatch(unit)
    return Rate(TONNES[found[1]], found[3], found[2] == "CO2") if found else None


def activity_units(unit: str) -> dict[str, Decimal]:
    """The units that an activity may be counted in for a factor of this unit, and how many of the factor's each is."""
    rate = rate_of(unit)
    if rate is None:
        return {}
    family = next((units for units in FAMILIES if rate.per in units), {rate.per: Decimal(1)})
    return {name: size / family[rate.per] for name, size in family.items()}


def tonnes_of(amount: Decimal, activity_unit: str, factor_value: Decimal, factor_unit: str) -> Decimal:
    """The activity times the factor, in tonnes of CO2 equivalent. Raises ValueError where the units do not meet."""
    rate, sizes = rate_of(factor_unit), activity_units(factor_unit)
    if rate is None or activity_unit not in sizes:
        raise ValueError(f"{activity_unit} does not go with {factor_unit}.")
    return (amount * sizes[activity_unit] * factor_value * rate.tonnes).quantize(PLACES)


class EmissionEstimate(models.Model):
    """Tonnes of CO2 equivalent that an action avoids or captures: expected per year, or achieved in a period.

    Factors are corrected and replaced as the years go by. What was used is kept in the ``factor_`` fields as it was
    that day, so that the printed formula always gives the printed result.
    """

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="emission_estimates")
    kind = models.CharField(_("qué se estima"), max_length=8, choices=EstimateKind, default=EstimateKind.EXPECTED)
    starts_on = models.DateField(_("del"), null=True, blank=True)
    ends_on = models.DateField(_("al"), null=True, blank=True)
    activity = models.CharField(_("qué se evita, captura o sustituye"), max_length=160)
    tonnes = models.DecimalField(
        _("toneladas de CO₂e"), max_digits=16, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    method = models.TextField(_("método"), max_length=1000, blank=True)
    factor = models.ForeignKey(
        EmissionFactor, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("factor de emisión"),
    )  # fmt: skip
    activity_value = models.DecimalField(_("cantidad"), max_digits=14, decimal_places=2, null=True, blank=True)
    activity_unit = models.CharField(_("unidad"), max_length=20, blank=True)
    factor_name = models.CharField(max_length=160, blank=True, editable=False)
    factor_value = models.DecimalField(max_digits=14, decimal_places=4, null=True, editable=False)
    factor_unit = models.CharField(max_length=30, blank=True, editable=False)
    factor_gas = models.CharField(max_length=10, blank=True, editable=False)
    factor_year = models.PositiveSmallIntegerField(null=True, editable=False)
    factor_source = models.CharField(max_length=200, blank=True, editable=False)
    factor_evidence = models.CharField(max_length=1, choices=EvidenceGrade, blank=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    history = HistoricalRecords(excluded_fields=["request_key"])

    class Meta:
        ordering = ["kind", "starts_on", "pk"]
        verbose_name = _("estimación de emisiones")
        verbose_name_plural = _("estimaciones de emisiones")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    factor__isnull=False, activity_value__gt=0, factor_value__isnull=False,
                    factor_year__isnull=False, method="",
                )
                | (
                    Q(factor__isnull=True, activity_value__isnull=True, factor_value__isnull=True)
                    & ~Q(method="")
                ),
                name="actions_estimate_factor_or_method",
                violation_error_message=_("Elija un factor con su cantidad, o escriba el resultado con su método."),
            ),
            models.CheckConstraint(
                condition=Q(kind=EstimateKind.EXPECTED, starts_on__isnull=True, ends_on__isnull=True)
                | Q(
                    kind=EstimateKind.ACHIEVED, starts_on__isnull=False, ends_on__isnull=False,
                    ends_on__gte=F("starts_on"),
                ),
                name="actions_estimate_period",
                violation_error_message=_("Lo logrado lleva el periodo en que se logró; lo esperado es por año."),
            ),
            models.CheckConstraint(
                condition=Q(tonnes__gte=0),
                name="actions_estimate_not_negative",
                violation_error_message=_("Una reducción no es negativa."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.tonnes} tCO2e ({self.get_kind_display()})"

    @property
    def only_co2(self) -> bool:
        rate = rate_of(self.factor_unit)
        return rate is not None and rate.only_co2

    @property
    def converted(self) -> Decimal | None:
        """The activity in the unit of the factor, where it was counted in another."""
        size = activity_units(self.factor_unit).get(self.activity_unit)
        return self.activity_value * size if self.activity_value is not None and size not in (None, 1) else None
