"""Actions that come by spreadsheet: everything that was confirmed is written together, or nothing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from actions.models import Action
from actions.services.records import save_action
from actions.services.turns import StaleVersion, WrongState
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


class StaleRows(Exception):
    """Some rows do not hold any more: their actions changed since the dry run. Nothing was stored."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        super().__init__(len(rows))
        self.rows = rows


def load_actions(*, load: SheetLoad, entries: Sequence[Entry], states: frozenset[str], by: User) -> int:
    """Write a confirmed file in one transaction; answers how many actions it wrote.

    Raises :class:`StaleRows`, or ``LoadGone`` where the load was confirmed or thrown away already.
    """
    stale = []
    with transaction.atomic():
        take_load(load)
        for entry in entries:
            if not _write(entry, states, by):
                stale.append(entry.row)
        if stale:
            raise StaleRows(stale)
    return len(entries)


def _write(entry: Entry, states: frozenset[str], by: User) -> bool:
    gone = "action" in entry.row["data"] and entry.action is None
    if gone or entry.values is None or entry.municipality is None:
        return False
    try:
        save_action(
            action=entry.action,
            municipality=entry.municipality,
            by=by,
            reason=_("Carga desde Excel"),
            states=states,
            **entry.values,
        )
    except (StaleVersion, WrongState):
        return False
    return True
