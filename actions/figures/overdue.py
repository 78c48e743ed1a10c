"""What municipalities have not answered by its day, region by region: for the institute's board."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from actions.enums import DeadlineKind
from actions.models import SUBJECT, Action, ActionQuerySet
from actions.models.cadence import Deadline
from municipalities.models import Municipality, Region
from network.enums import Rung
from network.models import Designation
from outbox.enums import MessageState
from outbox.models import DigestLine


@dataclass(frozen=True, slots=True)
class Told:
    """As what somebody was told of an action's deadline, and when the mail left."""

    rung: Rung
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Late:
    """An action with a day that has passed. ``told``: the last mail about it that left; None where none did."""

    action: Action
    deadline: Deadline
    titular: Designation | None
    told: Told | None

    @property
    def days(self) -> int:
        return self.deadline.late


@dataclass(frozen=True)
class Group:
    """Late actions that belong together, at least one of them."""

    rows: tuple[Late, ...]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def follow_ups(self) -> int:
        return sum(row.deadline.kind == DeadlineKind.FOLLOW_UP for row in self.rows)

    @property
    def ends(self) -> int:
        return self.total - self.follow_ups

    @property
    def oldest(self) -> int:
        """Days since the day that passed first."""
        return max(row.days for row in self.rows)

    @property
    def told(self) -> Told | None:
        """The last mail that left about any of them; of one moment, the highest rung."""
        order = list(Rung)
        known = [row.told for row in self.rows if row.told]
        return max(known, key=lambda one: (one.at, order.index(one.rung)), default=None)

    @property
    def titular(self) -> Designation | None:
        return self.rows[0].titular


@dataclass(frozen=True)
class PlaceLate(Group):
    place: Municipality


@dataclass(frozen=True)
class RegionLate(Group):
    region: Region
    places: tuple[PlaceLate, ...]


def late_actions(actions: ActionQuerySet) -> list[Late]:
    """Those whose deadline has passed, by region, municipality and then the one that waits longest. Three queries."""
    open_ones = actions.with_deadline(datetime.date.min).select_related("municipality__region", "sector")
    found = []
    for action in open_ones.defer("description", "search_text"):
        deadline = action.deadline
        if deadline is not None and deadline.is_past:
            found.append((action, deadline))
    titulares = {
        row.municipality_id: row for row in Designation.objects.in_force().titulares().select_related("person")
    }
    told = _last_told(open_ones, {action.pk: deadline for action, deadline in found})
    rows = [
        Late(action, deadline, titulares.get(action.municipality_id), told.get(action.pk)) for action, deadline in found
    ]
    return sorted(
        rows,
        key=lambda row: (
            row.action.municipality.region.number, row.action.municipality.sort_name, row.deadline.due_on, row.action.pk
        ),
    )  # fmt: skip


def _last_told(actions: ActionQuerySet, deadlines: dict[int, Deadline]) -> dict[int, Told]:
    lines = DigestLine.objects.filter(
        subject=SUBJECT, subject_id__in=actions.order_by().values("pk"), message__state=MessageState.SENT
    )
    order = list(Rung)
    last: dict[int, Told] = {}
    for pk, occasion, rung, at in lines.values_list("subject_id", "occasion", "rung", "message__sent_at"):
        if pk not in deadlines or not occasion.startswith(deadlines[pk].code) or at is None:
            continue
        one, known = Told(Rung(rung), at), last.get(pk)
        if known is None or (one.at, order.index(one.rung)) > (known.at, order.index(known.rung)):
            last[pk] = one
    return last


def by_region(rows: Iterable[Late]) -> list[RegionLate]:
    """``rows`` in the order of :func:`late_actions`."""
    found = []
    for region, in_region in groupby(rows, key=lambda row: row.action.municipality.region):
        places = tuple(
            PlaceLate(tuple(its), place) for place, its in groupby(in_region, key=lambda row: row.action.municipality)
        )
        found.append(RegionLate(tuple(row for place in places for row in place.rows), region, places))
    return found


def late_csv_head() -> list[str]:
    return [
        _("Zona"), _("Región"), _("Clave INEGI"), _("Municipio"), _("Acción"), _("Sector"), _("Qué se atrasó"),
        _("Debía estar el"), _("Días de atraso"), _("Titular"), _("Último aviso a"), _("Último aviso el"),
    ]  # fmt: skip


def late_csv_rows(rows: Iterable[Late]) -> list[list[object]]:
    """One line an action; an empty cell where nobody is titular or was told."""
    lines: list[list[object]] = []
    for row in rows:
        place = row.action.municipality
        lines.append([
            place.region.zone, place.region.name, place.cvegeo, place.name, row.action.title, row.action.sector.label,
            row.deadline.kind.label, row.deadline.due_on, row.days, row.titular.person.name if row.titular else None,
            row.told.rung.label if row.told else None, timezone.localdate(row.told.at) if row.told else None,
        ])  # fmt: skip
    return lines
