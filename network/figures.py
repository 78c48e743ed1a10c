"""How many municipalities have an ambassador."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, CharField, F, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from municipalities.figures import Place, Scope
from network.enums import DesignationKind, DesignationState, ProgrammeState
from network.models import (
    ClimateProgramme,
    ClimateProgrammeQuerySet,
    Designation,
    DesignationQuerySet,
    Organisation,
    municipalities_without_titular,
)

TITULAR, SUPLENTE_ONLY, EXPIRED, NONE = "titular", "suplente", "expired", "none"
UNKNOWN = "unknown"  # of a municipality's programme nothing was written down


@dataclass(frozen=True)
class Institution:
    """A registered institution, and how people may have written it (``Organisation.keys``)."""

    pk: int
    label: str
    keys: tuple[str, ...]


def institutions() -> tuple[Institution, ...]:
    """By name. One query."""
    return tuple(Institution(row.pk, row.full_name, row.keys) for row in Organisation.objects.order_by("name", "pk"))


@dataclass(frozen=True)
class CoverageFigures:
    """Municipalities of the scope by the designation in force on a day; the three always make ``municipalities``.

    ``states``: (INEGI key, ``titular``, ``suplente`` or ``none``) of each, in the order of their names.
    """

    as_of: dt.date
    municipalities: int
    titular: int
    suplente_only: int
    none: int
    states: tuple[tuple[str, str], ...]


def designations_on(scope: Scope, until: dt.date | None = None) -> DesignationQuerySet:
    """Those in force on the last day of a period, or today where that day is still to come.

    For a day in the past, designations that ended since count where their period covers that day.
    """
    today = timezone.localdate()
    as_of = min(until or today, today)
    in_force = Designation.objects.in_force() if as_of == today else Designation.objects.filter(_covers(as_of))
    return in_force.filter(scope.within("municipality")).order_by()


def coverage_figures(
    scope: Scope,
    places: Sequence[Place],
    until: dt.date | None = None,
    rows: Iterable[tuple[int, str]] | None = None,
) -> CoverageFigures:
    """Coverage by :func:`designations_on`. One query, none where its ``rows`` (municipality, kind) are given."""
    today = timezone.localdate()
    as_of = min(until or today, today)
    kinds: dict[int, set[str]] = {}
    for municipality, kind in (
        rows if rows is not None else designations_on(scope, until).values_list("municipality", "kind")
    ):
        kinds.setdefault(municipality, set()).add(kind)
    inside = [place for place in places if scope.contains(place)]
    states = tuple((place.code, coverage_state(kinds.get(place.pk, set()))) for place in inside)
    counts = [state for _code, state in states]
    return CoverageFigures(
        as_of, len(states), counts.count(TITULAR), counts.count(SUPLENTE_ONLY), counts.count(NONE), states
    )


def programmes_in(scope: Scope) -> ClimateProgrammeQuerySet:
    """Where each municipality of the territory is with its climate programme; none where nothing is known."""
    return ClimateProgramme.objects.current().filter(scope.within("municipality")).order_by()


def programme_state() -> Case:
    """``ClimateProgramme.shown_state`` as an expression: what was published until a day that has passed is expired."""
    ran_out = When(state=ProgrammeState.PUBLISHED, valid_until__lt=timezone.localdate(), then=Value("expired"))
    return Case(ran_out, default=F("state"), output_field=CharField())


def _covers(day: dt.date) -> Q:
    open_end = Q(ends_on__isnull=True, state=DesignationState.IN_FORCE)
    was_valid = Q(state__in=[DesignationState.IN_FORCE, DesignationState.ENDED, DesignationState.REPLACED])
    return was_valid & Q(starts_on__lte=day) & (open_end | Q(ends_on__gte=day))


def coverage_state(kinds: set[str]) -> str:
    """Of a municipality, from the kinds of its designations in force."""
    if DesignationKind.TITULAR in kinds:
        return TITULAR
    return SUPLENTE_ONLY if kinds else NONE


@dataclass(frozen=True)
class Standing:
    """Who represents a municipality today; where nobody does as titular, why.

    ``state``: ``titular``, ``suplente`` (only), ``expired`` (its letter ran out and nobody stands in) or ``none``.
    """

    state: str
    titular: Designation | None
    suplentes: tuple[Designation, ...]
    reason: str


def standings() -> dict[int, Standing]:
    """Of every municipality, by its number, with the persons: for staff. Two queries."""
    in_force: dict[int, list[Designation]] = {}
    for row in Designation.objects.in_force().select_related("person"):
        in_force.setdefault(row.municipality_id, []).append(row)
    today = timezone.localdate()
    found = {
        pk: Standing(TITULAR, next((row for row in rows if row.kind == DesignationKind.TITULAR), None), (), "")
        for pk, rows in in_force.items()
    }
    gaps: Any = municipalities_without_titular().select_related(None).order_by()
    for pk, last_state, last_day, has_suplente in gaps.values_list("pk", "last_state", "last_day", "has_suplente"):
        ran_out = last_state == DesignationState.IN_FORCE and last_day is not None and last_day < today
        state = SUPLENTE_ONLY if has_suplente else EXPIRED if ran_out else NONE
        found[pk] = Standing(state, None, (), vacancy_reason(last_state, last_day, today))
    return {
        pk: replace(
            standing,
            suplentes=tuple(row for row in in_force.get(pk, []) if row.kind == DesignationKind.SUPLENTE),
        )
        for pk, standing in found.items()
    }


def vacancy_reason(state: str | None, day: dt.date | None, today: dt.date) -> str:
    """Why a municipality has no titular, from the latest letter of one: its state and its last day."""
    said = date_format(day, "j b Y") if day else ""
    if not state:
        return _("Nunca ha designado")
    if state == DesignationState.PROPOSED:
        return _("Propuesta por verificar")
    if state == DesignationState.REJECTED:
        return _("Propuesta rechazada")
    if state == DesignationState.IN_FORCE:
        ran_out = day is not None and day < today
        return _("Venció el %(day)s") % {"day": said} if ran_out else _("Designación que aún no empieza")
    return _("Concluyó el %(day)s") % {"day": said} if day else _("Concluyó")
