"""Actions that come by spreadsheet: everything that was confirmed is written together, or nothing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import transaction
from django.utils.translation import gettext as _

from actions.models import Action
from actions.services.plan import DayTaken, save_indicator, save_milestone, save_reading
from actions.services.records import save_action
from actions.services.turns import StaleVersion, WrongState, lock
from municipalities.models import Municipality
from network.models import SheetLoad, User
from network.services import take_load


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row to write: as it was kept, the action that it changes (None: a new one) and the arguments of
    :func:`save_action`; None where the record's form accepts it no more."""

    row: dict[str, Any]
    action: Action | None
    municipality: Municipality | None
    values: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEntry:
    """One row to write of a milestone, an indicator or a reading (``row["data"]["part"]``): the action it belongs to
    (None: the one that an entry of the same load makes) and the arguments of its service; None where its form accepts
    it no more."""

    row: dict[str, Any]
    action: Action | None
    values: dict[str, Any] | None


class StaleRows(Exception):
    """Some rows do not hold any more: their actions changed since the dry run. Nothing was stored."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        super().__init__(len(rows))
        self.rows = rows


def load_actions(
    *, load: SheetLoad, entries: Sequence[Entry], parts: Sequence[PartEntry] = (), states: frozenset[str], by: User
) -> int:
    """Write a confirmed file in one transaction; answers how many rows it wrote.

    Raises :class:`StaleRows`, or ``LoadGone`` where the load was confirmed or thrown away already.
    """
    stale = []
    # By their ids and by the keys of the rows that made them: what this load holds already.
    held: dict[Any, Action] = {}
    with transaction.atomic():
        take_load(load)
        for entry in entries:
            action = _write(entry, states, by)
            if action is None:
                stale.append(entry.row)
            else:
                held[action.pk] = action
                held[entry.row["data"].get("request_key", "")] = action
        for part in parts:
            if not _write_part(part, held, states, by):
                stale.append(part.row)
        if stale:
            raise StaleRows(stale)
    return len(entries) + len(parts)


def _write(entry: Entry, states: frozenset[str], by: User) -> Action | None:
    gone = "action" in entry.row["data"] and entry.action is None
    if gone or entry.values is None or entry.municipality is None:
        return None
    try:
        return save_action(
            action=entry.action,
            municipality=entry.municipality,
            by=by,
            reason=_("Carga desde Excel"),
            states=states,
            **entry.values,
        )
    except (StaleVersion, WrongState):
        return None


def _write_part(entry: PartEntry, held: dict[Any, Action], states: frozenset[str], by: User) -> bool:
    data = entry.row["data"]
    action = _held(entry, held)
    if action is None or entry.values is None:
        return False
    common = {"by": by, "reason": _("Carga desde Excel"), **entry.values}
    number = data.get("number")
    try:
        if data["part"] == "milestones":
            milestone = action.milestones.get(pk=number) if number else None
            save_milestone(action=action, milestone=milestone, states=states, **common)
        elif data["part"] == "indicators":
            indicator = action.indicators.get(pk=number) if number else None
            save_indicator(action=action, indicator=indicator, states=states, **common)
        else:
            pk, name = data["indicator"], data["name"]
            indicator = action.indicators.get(pk=pk) if pk else action.indicators.get(name=name)
            reading = indicator.readings.get(pk=number) if number else None
            save_reading(indicator=indicator, reading=reading, **common)
    except (WrongState, DayTaken, ObjectDoesNotExist, MultipleObjectsReturned):
        return False
    return True


def _held(entry: PartEntry, held: dict[Any, Action]) -> Action | None:
    """The action of a row, held until the transaction ends; None where it changed since the dry run."""
    data = entry.row["data"]
    if "request_key" in data:
        return held.get(data["request_key"])
    if entry.action is None:
        return None
    if entry.action.pk not in held:
        if lock(entry.action).version != data["version"]:
            return None
        held[entry.action.pk] = entry.action
    return held[entry.action.pk]
