"""What an action's progress is worked out from: its milestones, its indicators and their readings.

The plan (which milestones and indicators, how much each weighs) changes only while the record is with the
municipality. That a milestone was met and what was measured may be said, and put right, at any time.
"""

import datetime
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from actions.models import Action, Indicator, IndicatorReading, Milestone
from actions.services.progress import restate
from actions.services.records import WITH_MUNICIPALITY, IndicatorValues
from actions.services.turns import WrongState, drop, keep, lock, record
from network.models import User


class Measured(Exception):
    """The indicator has readings already: it stays. Nothing was stored."""


class DayTaken(Exception):
    """Another reading of the indicator is of that day. Nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneValues:
    """A step and how much it weighs; ``done_on`` once it is met."""

    title: str
    weight: int
    due_on: datetime.date | None = None
    done_on: datetime.date | None = None


def save_milestone(
    *,
    action: Action,
    milestone: Milestone | None,
    values: MilestoneValues,
    by: User | None,
    reason: str = "",
    states: frozenset[str] = WITH_MUNICIPALITY,
) -> Milestone:
    """Add a milestone or change one; the progress follows. Outside of ``states`` only ``done_on`` changes.

    ``reason`` is what the history says; by default what was done.
    """
    with transaction.atomic():
        lock(action)
        if milestone is None:
            last = action.milestones.aggregate(last=Max("order"))["last"]
            milestone = Milestone(action=action, order=0 if last is None else last + 1)
        else:
            milestone = action.milestones.select_for_update().get(pk=milestone.pk)
        planned = ("title", "weight", "due_on")
        fixed = action.review_state not in states
        if fixed and any(getattr(milestone, name) != getattr(values, name) for name in planned):
            raise WrongState
        reason = reason or _reason_of(milestone, values)
        for name, value in asdict(values).items():
            setattr(milestone, name, value)
        keep(milestone, by, reason)
        _note(action, by, f"{reason}: {milestone.title}")
    return milestone


def remove_milestone(*, milestone: Milestone, by: User | None) -> None:
    """Take a milestone out while the record is with the municipality; its evidence stays with the action."""
    with transaction.atomic():
        action = lock(milestone.action)
        if not action.is_editable:
            raise WrongState
        milestone = action.milestones.get(pk=milestone.pk)
        title = milestone.title
        drop(milestone, by, _("Hito retirado"))
        _note(action, by, _("Hito retirado") + f": {title}")


def save_indicator(
    *,
    action: Action,
    indicator: Indicator | None,
    values: IndicatorValues,
    by: User | None,
    reason: str = "",
    states: frozenset[str] = WITH_MUNICIPALITY,
) -> Indicator:
    """Add an indicator or change one while the record is in one of ``states``, by default with the municipality."""
    with transaction.atomic():
        lock(action)
        if action.review_state not in states:
            raise WrongState
        reason = reason or (_("Indicador agregado") if indicator is None else _("Indicador corregido"))
        indicator = Indicator(action=action) if indicator is None else action.indicators.get(pk=indicator.pk)
        for name, value in asdict(values).items():
            setattr(indicator, name, value)
        keep(indicator, by, reason)
        _note(action, by, f"{reason}: {indicator.name}")
    return indicator


def remove_indicator(*, indicator: Indicator, by: User | None) -> None:
    """Take an indicator away while nothing was measured with it: :class:`Measured` where something was."""
    with transaction.atomic():
        action = lock(indicator.action)
        if not action.is_editable:
            raise WrongState
        if indicator.readings.exists():
            raise Measured
        name = indicator.name
        drop(indicator, by, _("Indicador retirado"))
        _note(action, by, _("Indicador retirado") + f": {name}")


def save_reading(
    *,
    indicator: Indicator,
    reading: IndicatorReading | None,
    date: datetime.date,
    value: Decimal,
    source: str,
    by: User | None,
    reason: str = "",
) -> IndicatorReading:
    """Store what was measured, or put a reading right: why is kept with what it was before."""
    with transaction.atomic():
        action = lock(indicator.action)
        if reading is None:
            reading = IndicatorReading(indicator=indicator)
        else:
            reading = IndicatorReading.objects.get(pk=reading.pk, indicator=indicator)
        if indicator.readings.filter(date=date).exclude(pk=reading.pk).exists():
            raise DayTaken
        what = _("Lectura corregida") if reading.pk else _("Lectura agregada")
        reading.date, reading.value, reading.source = date, value, source
        keep(reading, by, reason or what)
        _note(action, by, f"{what}: {indicator.name}")
    return reading


def remove_reading(*, reading: IndicatorReading, reason: str, by: User | None) -> None:
    """Take a wrong reading away; what it said stays in its history with the reason."""
    with transaction.atomic():
        action = lock(reading.indicator.action)
        name = reading.indicator.name
        drop(IndicatorReading.objects.get(pk=reading.pk), by, reason)
        _note(action, by, _("Lectura retirada") + f": {name}")


# --- Steps of the above


def _reason_of(milestone: Milestone, values: MilestoneValues) -> str:
    if milestone._state.adding:
        return _("Hito agregado")
    if values.done_on is not None and milestone.done_on is None:
        return _("Hito cumplido")
    if values.done_on is None and milestone.done_on is not None:
        return _("Hito pendiente otra vez")
    return _("Hito corregido")


def _note(action: Action, by: User | None, reason: str) -> None:
    """The progress as it is now worked out, in one line of the action's history."""
    restate(action)
    action.version += 1
    record(action, by, reason)
