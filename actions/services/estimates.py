"""Estimates of emissions: computed from an activity with a cited factor, or typed with the method behind them."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from actions.models import Action, EmissionEstimate, EmissionFactor, tonnes_of
from actions.services.turns import AlreadySent, WrongState, lock, record
from network.models import User

# What tells two estimates of one form apart.
SAID = ("kind", "starts_on", "ends_on", "activity", "factor_id", "activity_value", "activity_unit", "tonnes", "method")


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateValues:
    """What is estimated; either an amount with its factor, or tonnes with their method."""

    kind: str
    activity: str
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    factor: EmissionFactor | None = None
    activity_value: Decimal | None = None
    activity_unit: str = ""
    tonnes: Decimal | None = None
    method: str = ""


def add_estimate(
    *, action: Action, values: EstimateValues, by: User | None, request_key: UUID | None = None
) -> EmissionEstimate:
    """Store an estimate with its factor as it is today. A second call with the same key gives the first one's.

    Raises :class:`AlreadySent` where that one says something else.
    """
    estimate = EmissionEstimate(
        action=action,
        kind=values.kind,
        starts_on=values.starts_on,
        ends_on=values.ends_on,
        activity=values.activity,
        created_by=by,
        request_key=request_key,
    )
    if values.factor is not None and values.activity_value is not None:
        _compute(estimate, values.factor, values.activity_value, values.activity_unit)
    elif values.tonnes is not None and values.method:
        estimate.tonnes, estimate.method = values.tonnes, values.method
    else:
        raise ValueError("An estimate is an amount with a factor, or tonnes with a method.")
    with transaction.atomic():
        lock(action)
        known = action.emission_estimates.filter(request_key=request_key).first() if request_key else None
        if known is not None:
            if any(getattr(known, name) != getattr(estimate, name) for name in SAID):
                raise AlreadySent
            return known
        estimate._history_user = by  # type: ignore[attr-defined]
        estimate.save()
        action.version += 1
        record(action, by, _("Estimación de emisiones agregada"))
    return estimate


def remove_estimate(*, estimate: EmissionEstimate, by: User | None) -> None:
    """Take an estimate away while the record is with the municipality; its history keeps it."""
    with transaction.atomic():
        action = lock(estimate.action)
        if not action.is_editable:
            raise WrongState
        estimate._history_user = by  # type: ignore[attr-defined]
        estimate.delete()
        action.version += 1
        record(action, by, _("Estimación de emisiones retirada"))


def _compute(estimate: EmissionEstimate, factor: EmissionFactor, amount: Decimal, unit: str) -> None:
    estimate.tonnes = tonnes_of(amount, unit, factor.value, factor.unit)
    estimate.factor, estimate.activity_value, estimate.activity_unit = factor, amount, unit
    for name in ("name", "value", "unit", "gas", "year", "source", "evidence"):
        setattr(estimate, f"factor_{name}", getattr(factor, name))
