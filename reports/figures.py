"""The figures of all apps put together for one scope and period: what page, CSV, PDF and issued report all print."""

import datetime as dt
import types
import typing
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.figures import ActionFigures, action_figures
from events.figures import (
    BySex,
    EventFigures,
    EventLine,
    PeopleFigures,
    attendance_cells,
    event_figures,
    event_lines,
    people_figures,
    people_for_public,
    sex_labels,
)
from municipalities.figures import Count, Period, Place, Scope, state
from network.figures import CoverageFigures, coverage_figures
from reports.models import DeclaredResult
from trainings.figures import Target, TrainingFigures, training_figures
from web import identity

MAX_EVENT_LINES = 400  # some fifteen pages; the rest is counted, and the list says so


@dataclass(frozen=True)
class Declared:
    """A result as its source published it. ``minimum``: the least that the statement says; it is not a count."""

    code: str
    statement: str
    organisation: str
    source: str
    note: str
    minimum: int | None


@dataclass(frozen=True)
class Figures:
    """Everything printed about a scope and a period, as it was counted on ``counted_on``.

    ``is_public``: small cells are withheld. ``declared`` is empty outside the whole state, since a statement about the
    network says nothing about one region. ``lines``: the list of events, only where a report asks for it.
    """

    scope_kind: str
    scope_label: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    counted_on: dt.date
    is_public: bool
    events: EventFigures
    people: PeopleFigures
    coverage: CoverageFigures
    trainings: TrainingFigures
    actions: ActionFigures
    declared: tuple[Declared, ...]
    lines: tuple[EventLine, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.events.held


def state_scope() -> Scope:
    """The whole state, by the name the installation gives it."""
    return state(identity.current().state_name)


def exact_figures(scope: Scope, period: Period, *, places: tuple[Place, ...], with_lines: bool = False) -> Figures:
    """Figures for staff, small cells and all. Eight queries, ten with the list of events."""
    return _compose(scope, period, places, people_figures(scope, period, places=places), with_lines=with_lines)


def public_figures(scope: Scope, period: Period, *, places: tuple[Place, ...]) -> Figures:
    """Figures for everybody: splits that would tell of one or two persons are withheld. Eight queries."""
    everywhere = attendance_cells(state_scope(), period)
    inside = {place.pk for place in places if scope.contains(place)}
    cells = everywhere if scope.is_state else tuple(cell for cell in everywhere if cell.municipality_id in inside)
    people = people_figures(scope, period, places=places, cells=cells)
    people = people_for_public(people, scope, everywhere=everywhere, places=places)
    return replace(_compose(scope, period, places, people), is_public=True)


def _compose(
    scope: Scope, period: Period, places: tuple[Place, ...], people: PeopleFigures, *, with_lines: bool = False
) -> Figures:
    return Figures(
        scope_kind=scope.kind,
        scope_label=scope.label,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        counted_on=timezone.localdate(),
        is_public=False,
        events=event_figures(scope, period),
        people=people,
        coverage=coverage_figures(scope, places, until=period.ends_on),
        trainings=training_figures(scope, period),
        actions=action_figures(scope, period),
        declared=declared_results() if scope.is_state else (),
        lines=event_lines(scope, period, limit=MAX_EVENT_LINES) if with_lines else (),
    )


def declared_results() -> tuple[Declared, ...]:
    """What sources outside the portal published. One query."""
    rows = DeclaredResult.objects.annotate(organisation_name=Coalesce(F("organisation__name"), F("source")))
    return tuple(
        Declared(row.code, row.statement, row.organisation_name, row.source, row.note, row.minimum_value)
        for row in rows
    )


# --- Frozen in an issued report


def to_json(figures: Figures) -> dict[str, Any]:
    """The figures as JSON keeps them; :func:`from_json` gives the same figures back."""
    return _plain(asdict(figures))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(data: dict[str, Any]) -> Figures:
    return _typed(Figures, data)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _typed(kind: Any, value: Any) -> Any:
    """A JSON value as the type that the field's annotation names; a report of before a figure was counted lacks it."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _typed(next(one for one in inner if one is not types.NoneType), value)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_typed(one, item) for one, item in zip(kinds, value, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        known = [field.name for field in fields(kind) if field.name in value]
        return kind(**{name: _typed(_hints(kind)[name], value[name]) for name in known})
    return dt.date.fromisoformat(value) if kind is dt.date else value


# --- The same as lines of a table


@dataclass(frozen=True)
class Line:
    """One number of the CSV. ``value`` null: not known or withheld, as ``note`` says. ``of``: its denominator."""

    table: str
    code: str
    label: str
    measure: str
    value: int | None
    of: int | None = None
    note: str = ""


def csv_head() -> list[str]:
    return [_("cuadro"), _("clave"), _("concepto"), _("medida"), _("valor"), _("de"), _("nota")]


def csv_rows(figures: Figures) -> list[list[str | int]]:
    """Every number of page and PDF, one a row, below what they are about."""
    rows = [Line(_("Informe"), "", _("Ámbito"), "", None, note=figures.scope_label)]
    rows.append(Line(_("Informe"), "", _("Periodo"), "", None, note=period_label(figures)))
    rows.append(Line(_("Informe"), "", _("Fecha de la cuenta"), "", None, note=figures.counted_on.isoformat()))
    rows += lines(figures)
    return [
        [
            line.table,
            line.code,
            line.label,
            line.measure,
            *("" if n is None else n for n in (line.value, line.of)),
            line.note,
        ]
        for line in rows
    ]


def period_label(figures: Figures) -> str:
    """``2026-01-01 / 2026-06-30``, as ISO 8601 writes an interval; an open end is two dots."""
    start, end = (day.isoformat() if day else ".." for day in (figures.starts_on, figures.ends_on))
    return f"{start} / {end}"


def lines(figures: Figures) -> Iterator[Line]:
    yield from _event_lines(figures.events)
    yield from _people_lines(figures.people)
    yield from _coverage_lines(figures.coverage)
    yield from _training_lines(figures.trainings)
    yield from _action_lines(figures.actions)
    for declared in figures.declared:
        note = f"{declared.statement} — {declared.organisation}. {declared.source}"
        yield Line(
            _("Resultados declarados"),
            declared.code,
            _("Lo que publicó la fuente"),
            _("valor mínimo"),
            declared.minimum,
            note=note,
        )


def _event_lines(events: EventFigures) -> Iterator[Line]:
    table = _("Eventos")
    yield Line(table, "", _("Eventos celebrados"), _("eventos"), events.held)
    yield Line(table, "", _("Con lista nominal de asistencia"), _("eventos"), events.with_list, events.held)
    yield Line(table, "", _("Con aforo declarado"), _("eventos"), events.with_headcount, events.held)
    note = "" if events.headcount is not None else _("sin dato")
    yield Line(table, "", _("Aforo declarado"), _("personas contadas a la vista"), events.headcount, note=note)
    yield Line(table, "", _("Sin fecha confirmada, no contados"), _("eventos"), events.undated)
    for row in events.by_format:
        for measure, count in (
            (_("virtual"), row.virtual),
            (_("presencial"), row.in_person),
            (_("híbrida"), row.hybrid),
        ):
            yield Line(_("Eventos por formato y modalidad"), row.code, row.label, measure, count, row.total)
    yield from _counts(_("Eventos por camino de entrada"), _("eventos"), events.by_pathway, events.held)


def _counts(table: str, measure: str, counts: tuple[Count, ...], of: int) -> Iterator[Line]:
    for count in counts:
        yield Line(table, count.code, count.label, measure, count.count, of)


def _people_lines(people: PeopleFigures) -> Iterator[Line]:
    attendances, persons = _("asistencias"), _("personas únicas")
    yield Line(_("Personas"), "", _("Asistencias"), attendances, people.attendances)
    yield Line(_("Personas"), "", _("Personas únicas"), persons, people.persons)
    minutes = "" if people.minutes is not None else _("sin dato")
    yield Line(_("Personas"), "", _("Minutos de asistencia"), _("minutos"), people.minutes, note=minutes)
    yield Line(_("Personas"), "", _("Con minutos conocidos"), attendances, people.minutes_known, people.attendances)
    yield from _sex_lines(
        _("Por sexo"), "", _("Asistencias"), attendances, people.attendances_by_sex, people.attendances
    )
    yield from _sex_lines(_("Por sexo"), "", _("Personas únicas"), persons, people.persons_by_sex, people.persons)
    yield from _counts(_("Asistencias por modalidad"), attendances, people.by_modality, people.attendances)
    for table, rows in (
        (_("Por tipo de persona"), people.by_category),
        (_("Por región"), people.by_region),
        (_("Por municipio"), people.by_municipality),
    ):
        for row in rows:
            yield Line(table, row.code, row.label, attendances, row.attendances, people.attendances)
            yield Line(table, row.code, row.label, persons, row.persons)
            yield from _sex_lines(table, row.code, row.label, attendances, row.by_sex, row.attendances)


def _sex_lines(table: str, code: str, label: str, unit: str, split: BySex | None, total: int) -> Iterator[Line]:
    if split is None:
        yield Line(table, code, label, _("%(unit)s por sexo") % {"unit": unit}, None, total, _("sin desglose"))
        return
    for field, sex in sex_labels().items():
        yield Line(table, code, label, f"{unit}: {sex}", getattr(split, field), total)


def _coverage_lines(coverage: CoverageFigures) -> Iterator[Line]:
    table, unit = _("Municipios con embajador o embajadora"), _("municipios")
    note = coverage.as_of.isoformat()
    yield Line(table, "titular", _("Con titular vigente"), unit, coverage.titular, coverage.municipalities, note)
    yield Line(table, "suplente", _("Solo con suplente"), unit, coverage.suplente_only, coverage.municipalities, note)
    yield Line(table, "none", _("Sin designación"), unit, coverage.none, coverage.municipalities, note)


def _training_lines(trainings: TrainingFigures) -> Iterator[Line]:
    table = _("Capacitaciones: meta y alcance")
    for row in trainings.rows:
        yield from _target_lines(table, row.slug, row.title, row.target)
        for measure, value in (
            (_("alcance: asistencias"), row.attendances),
            (_("alcance: personas únicas"), row.persons),
        ):
            yield Line(table, row.slug, row.title, measure, value, note="" if value is not None else _("sin dato"))
        yield Line(table, row.slug, row.title, _("sesiones celebradas"), row.sessions)
    yield from _target_lines(_("Metas en conjunto"), "", _("Todas las capacitaciones"), trainings.target)


def _target_lines(table: str, code: str, label: str, target: Target) -> Iterator[Line]:
    yield Line(table, code, label, _("meta: personas"), target.people)
    yield Line(table, code, label, _("meta: en línea"), target.virtual, target.modality_known)
    yield Line(table, code, label, _("meta: presenciales"), target.in_person, target.modality_known)
    yield Line(table, code, label, _("meta: mujeres"), target.women, target.sex_known)
    yield Line(table, code, label, _("meta: hombres"), target.men, target.sex_known)
    alone = [
        (_("meta: en línea, sin dato de presenciales"), target.virtual_alone),
        (_("meta: presenciales, sin dato de en línea"), target.in_person_alone),
        (_("meta: mujeres, sin dato de hombres"), target.women_alone),
        (_("meta: hombres, sin dato de mujeres"), target.men_alone),
    ]
    yield from (Line(table, code, label, unit, people) for unit, people in alone if people)


def _action_lines(actions: ActionFigures) -> Iterator[Line]:
    unit = _("acciones")
    yield Line(_("Acciones climáticas"), "", _("Acciones validadas"), unit, actions.total)
    yield from _counts(_("Acciones por tipo"), unit, actions.by_kind, actions.total)
    yield from _counts(_("Acciones por situación"), unit, actions.by_status, actions.total)
    yield from _counts(_("Acciones por camino de entrada"), unit, actions.by_pathway, actions.total)
    yield from _counts(_("Acciones por sector"), unit, actions.by_sector, actions.total)
