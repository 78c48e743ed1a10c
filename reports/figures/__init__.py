"""The figures of all apps put together for one scope and period: what page, CSV, PDF and issued report all print."""

import datetime as dt
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import CharField, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models import Count as Number
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.enums import IndicatorDirection
from actions.figures import ActionFigures, EmissionSum, IndicatorSum, action_figures, actions_of
from events.figures import (
    BySex,
    EventFigures,
    EventLine,
    PeopleFigures,
    attendances_of,
    attended,
    event_figures,
    event_lines,
    events_held,
    own_events,
    people_figures,
    people_for_public,
    sex_labels,
)
from events.models import Series
from municipalities.figures import Count, Period, Place, Scope, state
from network.enums import ProgrammeState
from network.figures import (
    UNKNOWN,
    CoverageFigures,
    Institution,
    coverage_figures,
    designations_on,
    institutions,
    programme_state,
    programmes_in,
)
from network.models import Organisation
from reports.models import DeclaredResult
from trainings.figures import (
    HOURS_COLUMNS,
    AccompanimentFigures,
    Target,
    TrainingFigures,
    TrainingHours,
    hours_figures,
    hours_rows,
    sessions_in,
    training_figures,
)
from trainings.models import Training
from web import identity

Frozen = typing.TypeVar("Frozen")
HEADLINE_TABLES = ("events", "came", "sessions", "actions")
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
class MunicipalReach:
    """Of the ``municipalities`` of the territory: how many had somebody at a session of a training in the period, have
    a published action whose dates touch it, had a confirmed session of accompaniment in it. ``programmes``: by the
    state of their climate programme on the day of the count; they sum to all, with those of which nothing is known."""

    municipalities: int
    trained: int
    with_actions: int
    accompanied: int
    programmes: tuple[Count, ...]


@dataclass(frozen=True)
class Figures:
    """Everything printed about a scope and a period, as it was counted on ``counted_on``.

    ``is_public``: small cells are withheld. ``declared`` is empty outside the whole state, since a statement about the
    network says nothing about one region; ``coverage``, ``reach``, ``actions`` and ``accompaniment`` are null where the
    scope is no territory.
    ``lines``: the list of events, only where a report asks for it.
    """

    scope_kind: str
    scope_label: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    counted_on: dt.date
    is_public: bool
    events: EventFigures
    people: PeopleFigures
    coverage: CoverageFigures | None
    trainings: TrainingFigures
    actions: ActionFigures | None
    declared: tuple[Declared, ...]
    lines: tuple[EventLine, ...] = ()
    hours: TrainingHours | None = None  # null in reports of before it was counted
    accompaniment: AccompanimentFigures | None = None
    reach: MunicipalReach | None = None

    @property
    def is_empty(self) -> bool:
        return not self.events.held


def state_scope() -> Scope:
    """The whole state, by the name the installation gives it."""
    return state(identity.current().state_name)


def of_series(series: Series) -> Scope:
    return Scope("series", series.label, series.pk)


def of_training(training: Training) -> Scope:
    return Scope("training", training.title, training.pk)


def of_institution(organisation: Organisation) -> Scope:
    return Scope("institution", organisation.full_name, organisation.pk, keys=organisation.keys)


def exact_figures(
    scope: Scope,
    period: Period,
    *,
    places: tuple[Place, ...],
    with_lines: bool = False,
    registered: tuple[Institution, ...] | None = None,
    with_declared: bool = True,
) -> Figures:
    """Figures for staff, small cells and all. Eight queries, ten with the list of events; one less where the
    ``registered`` institutions are at hand."""
    people = people_figures(scope, period, places=places, registered=registered)
    found = list(_municipal_rows(scope, period))
    return _compose(scope, period, places, people, found, with_lines=with_lines, with_declared=with_declared)


@dataclass(frozen=True)
class Headline:
    """The few numbers by which two periods are compared. ``headcount`` and ``minutes`` are null where none is known,
    ``sessions`` (of accompaniment, confirmed by both sides) and ``actions`` where the scope is no territory."""

    events: int
    headcount: int | None
    attendances: int
    persons: int
    minutes: int | None
    sessions: int | None
    actions: int | None


def headline_of(figures: Figures) -> Headline:
    events, people = figures.events, figures.people
    return Headline(
        events.held,
        events.headcount,
        people.attendances,
        people.persons,
        people.minutes,
        figures.accompaniment.sessions if figures.accompaniment else None,
        figures.actions.total if figures.actions else None,
    )


def compared_figures(
    scope: Scope, period: Period, before: Period, *, places: tuple[Place, ...], registered: tuple[Institution, ...]
) -> tuple[Figures, Headline]:
    """:func:`exact_figures` without what sources declared, and the headline of another period. No query more."""
    people = people_figures(scope, period, places=places, registered=registered)
    of_before = _headline_rows(scope, before)
    rows = list(_municipal_rows(scope, period, also=of_before))
    found = [row for row in rows if row[0] not in HEADLINE_TABLES]
    earlier = _headline(scope, [row for row in rows if row[0] in HEADLINE_TABLES])
    return _compose(scope, period, places, people, found, with_declared=False), earlier


def _headline_rows(scope: Scope, period: Period) -> list[QuerySet[Any, Any]]:
    """What :func:`_headline` reads, in the columns of :func:`trainings.figures.hours_rows`, so that one query brings
    both: how many, how many persons, and the sum of people counted by sight or of minutes."""
    text = CharField()
    both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)

    def one(table: str, rows: QuerySet[Any, Any], persons: Any = None, total: Any = None) -> QuerySet[Any, Any]:
        nothing = Number("pk", filter=Q(pk=None))
        named = rows.order_by().annotate(
            table=Value(table, text), home=Value(None, IntegerField()), said=Value("", text)
        )
        counted = {"all": Number("pk"), "known": persons or nothing, "sum": total or nothing, "pending": nothing}
        return named.values("table", "home", "said").annotate(**counted).values_list(*HOURS_COLUMNS)

    return [
        one("events", events_held(scope, period), total=Sum("headcount", filter=own_events(scope))),
        one("came", attendances_of(scope, period), Number("person", distinct=True), Sum("minutes")),
        one("sessions", sessions_in(scope, period).filter(both)),
        one("actions", actions_of(scope, period)),
    ]


def _headline(scope: Scope, rows: Iterable[tuple[Any, ...]]) -> Headline:
    found = {row[0]: row[3:6] for row in rows}
    nothing = (0, 0, None)
    held, came = found.get("events", nothing), found.get("came", nothing)
    return Headline(
        held[0],
        held[2],
        came[0],
        came[1],
        came[2],
        found.get("sessions", nothing)[0] if scope.is_territory else None,
        found.get("actions", nothing)[0] if scope.is_territory else None,
    )


def public_figures(
    scope: Scope, period: Period, *, places: tuple[Place, ...], registered: tuple[Institution, ...] | None = None
) -> Figures:
    """Figures for everybody: splits that would tell of one or two persons are withheld. As many queries."""
    registered = institutions() if registered is None else registered
    around = state_scope() if scope.is_territory else None
    found = attended(scope, period, places=places, registered=registered, around=around)
    own = found
    if scope.is_territory and not scope.is_state:
        inside = {place.pk for place in places if scope.contains(place)}
        own = replace(found, cells=tuple(cell for cell in found.cells if cell.municipality_id in inside))
    people = people_figures(scope, period, places=places, registered=registered, found=own)
    people = people_for_public(people, scope, everywhere=found.cells, places=places)
    figures = _compose(scope, period, places, people, list(_municipal_rows(scope, period)))
    accompaniment = figures.accompaniment and replace(figures.accompaniment, pending=None)
    return replace(figures, is_public=True, accompaniment=accompaniment)


def _compose(
    scope: Scope,
    period: Period,
    places: tuple[Place, ...],
    people: PeopleFigures,
    found: list[tuple[Any, ...]],
    *,
    with_lines: bool = False,
    with_declared: bool = True,
) -> Figures:
    hours, accompaniment = hours_figures(scope, found)
    letters = [(row[1], row[2]) for row in found if row[0] == "designation"]
    return Figures(
        scope_kind=scope.kind,
        scope_label=scope.label,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        counted_on=timezone.localdate(),
        is_public=False,
        events=event_figures(scope, period),
        people=people,
        coverage=coverage_figures(scope, places, period.ends_on, letters) if scope.is_territory else None,
        trainings=training_figures(scope, period),
        actions=action_figures(scope, period) if scope.is_territory else None,
        declared=declared_results() if scope.is_state and with_declared else (),
        lines=event_lines(scope, period, limit=MAX_EVENT_LINES) if with_lines else (),
        hours=hours,
        accompaniment=accompaniment,
        reach=_reach(scope, places, hours, accompaniment, found) if scope.is_territory else None,
    )


def _municipal_rows(
    scope: Scope, period: Period, *, also: Sequence[QuerySet[Any, Any]] = ()
) -> QuerySet[Any, tuple[Any, ...]]:
    """The rows of :func:`trainings.figures.hours_rows` and, of a territory, its municipalities' (table, municipality,
    what is said of it) with zeros for numbers: designations, programmes, that one has actions. One query."""
    rows = hours_rows(scope, period)
    if not scope.is_territory:
        return rows.union(*also, all=True) if also else rows
    text = CharField()
    zeros = {name: Value(0) for name in HOURS_COLUMNS[3:]}
    letters = designations_on(scope, period.ends_on).annotate(said=F("kind"), table=Value("designation", text))
    programmes = programmes_in(scope).annotate(said=programme_state(), table=Value("programme", text))
    actions = actions_of(scope, period).order_by().annotate(said=Value("", text), table=Value("action", text))
    parts = [
        rows.annotate(home=F("municipality_id"), **zeros).values_list(*HOURS_COLUMNS).distinct()
        for rows in (letters, programmes, actions)
    ]
    return rows.union(*parts, *also, all=True)


def _reach(
    scope: Scope,
    places: tuple[Place, ...],
    hours: TrainingHours,
    accompaniment: AccompanimentFigures | None,
    found: list[tuple[Any, ...]],
) -> MunicipalReach:
    everyone = sum(1 for place in places if scope.contains(place))
    states = [row[2] for row in found if row[0] == "programme"]
    counts = [(code, str(label), states.count(code)) for code, label in ProgrammeState.choices]
    unknown = (UNKNOWN, _("Sin dato"), everyone - len(states))
    return MunicipalReach(
        municipalities=everyone,
        trained=hours.municipalities,
        with_actions=len({row[1] for row in found if row[0] == "action"}),
        accompanied=accompaniment.municipalities if accompaniment else 0,
        programmes=tuple(Count(*row) for row in [*counts, unknown] if row[2]),
    )


def declared_results() -> tuple[Declared, ...]:
    """What sources outside the portal published. One query."""
    rows = DeclaredResult.objects.annotate(organisation_name=Coalesce(F("organisation__name"), F("source")))
    return tuple(
        Declared(row.code, row.statement, row.organisation_name, row.source, row.note, row.minimum_value)
        for row in rows
    )


# --- Frozen in an issued report


def to_json(figures: Any) -> dict[str, Any]:
    """The figures as JSON keeps them; :func:`from_json` gives the same figures back."""
    return _plain(asdict(figures))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(data: dict[str, Any]) -> Figures:
    return frozen(Figures, data)


def frozen(kind: type[Frozen], data: dict[str, Any]) -> Frozen:
    """Any dataclass that :func:`to_json` took apart."""
    return _typed(kind, data)


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
    if kind is Decimal:
        return Decimal(value)
    return dt.date.fromisoformat(value) if kind is dt.date else value


# --- The same as lines of a table


@dataclass(frozen=True)
class Line:
    """One number of the CSV. ``value`` null: not known or withheld, as ``note`` says. ``of``: its denominator."""

    table: str
    code: str
    label: str
    measure: str
    value: int | Decimal | None
    of: int | Decimal | None = None
    note: str = ""


def csv_head() -> list[str]:
    return [_("cuadro"), _("clave"), _("concepto"), _("medida"), _("valor"), _("de"), _("nota")]


def csv_rows(figures: Figures) -> list[list[str | int | Decimal]]:
    """Every number of page and PDF, one a row, below what they are about."""
    rows = [Line(_("Informe"), "", _("Ámbito"), "", None, note=figures.scope_label)]
    rows.append(Line(_("Informe"), "", _("Periodo"), "", None, note=period_label(figures)))
    rows.append(Line(_("Informe"), "", _("Fecha de la cuenta"), "", None, note=figures.counted_on.isoformat()))
    rows += lines(figures)
    return as_rows(rows)


def as_rows(rows: Iterable[Line]) -> list[list[str | int | Decimal]]:
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
    if figures.coverage is not None:
        yield from _coverage_lines(figures.coverage)
    if figures.reach is not None:
        yield from _reach_lines(figures.reach)
    yield from _training_lines(figures.trainings)
    if figures.hours is not None:
        yield from _hours_lines(figures.hours)
    if figures.accompaniment is not None:
        yield from _accompaniment_lines(figures.accompaniment)
    if figures.actions is not None:
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
    yield from _counts(_("Eventos por modalidad"), _("eventos"), events.by_modality, events.held)
    yield from _counts(_("Eventos por camino de entrada"), _("eventos"), events.by_pathway, events.held)
    yield from _counts(_("Eventos por tema"), _("eventos"), events.by_topic, events.held)


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
        (_("Por zona metropolitana"), people.by_zone),
        (_("Por municipio"), people.by_municipality),
    ):
        for row in rows:
            yield Line(table, row.code, row.label, attendances, row.attendances, people.attendances)
            yield Line(table, row.code, row.label, persons, row.persons)
            yield from _sex_lines(table, row.code, row.label, attendances, row.by_sex, row.attendances)
    table = _("Por institución")
    for row in people.by_institution:
        yield Line(table, row.code, row.label, attendances, row.attendances, people.attendances)
        if row.persons is not None:
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


def _reach_lines(reach: MunicipalReach) -> Iterator[Line]:
    table, unit = _("Municipios alcanzados"), _("municipios")
    for code, label, count in (
        ("trained", _("Con personas capacitadas en el periodo"), reach.trained),
        ("actions", _("Con acciones publicadas"), reach.with_actions),
        ("accompanied", _("Con acompañamiento confirmado en el periodo"), reach.accompanied),
    ):
        yield Line(table, code, label, unit, count, reach.municipalities)
    yield from _counts(_("Programa climático municipal"), unit, reach.programmes, reach.municipalities)


def _hours_lines(hours: TrainingHours) -> Iterator[Line]:
    table, attendances = _("Horas de capacitación"), _("asistencias")
    unknown = "" if hours.minutes is not None else _("sin dato")
    yield Line(table, "", _("Asistencias a sesiones de capacitación"), attendances, hours.attendances)
    yield Line(table, "", _("Con minutos conocidos"), attendances, hours.minutes_known, hours.attendances)
    yield Line(table, "", _("Con minutos sin dato"), attendances, hours.minutes_unknown, hours.attendances)
    yield Line(table, "", _("Minutos de capacitación"), _("minutos"), hours.minutes, note=unknown)


def _accompaniment_lines(found: AccompanimentFigures) -> Iterator[Line]:
    table, sessions = _("Acompañamiento técnico"), _("sesiones")
    unknown = "" if found.minutes is not None else _("sin dato")
    yield Line(table, "", _("Confirmadas por ambas partes"), sessions, found.sessions)
    yield Line(table, "", _("Confirmadas, sin duración"), sessions, found.unknown, found.sessions)
    yield Line(table, "", _("Minutos confirmados por ambas partes"), _("minutos"), found.minutes, note=unknown)
    if found.pending is not None:
        yield Line(table, "", _("Por confirmar"), sessions, found.pending)
    yield Line(table, "", _("Municipios acompañados"), _("municipios"), found.municipalities)


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
    yield from _counts(_("Acciones frente a su plan"), unit, actions.by_time, actions.total)
    for row in actions.indicators:
        yield from _indicator_lines(row)
    for sum_ in actions.emissions:
        yield from _emission_lines(sum_)


def _indicator_lines(row: IndicatorSum) -> Iterator[Line]:
    """Only indicators of the same unit and the same direction are added up."""
    table, indicators = _("Indicadores por unidad"), _("indicadores")
    label = f"{row.unit} ({IndicatorDirection(row.direction).label})"
    yield Line(table, row.direction, label, indicators, row.count)
    yield Line(table, row.direction, label, _("suma de metas"), row.target, note=row.unit)
    yield Line(table, row.direction, label, _("indicadores con lectura"), row.read, row.count)
    if row.reading is not None:
        yield Line(table, row.direction, label, _("suma de últimas lecturas"), row.reading, row.read_target, row.unit)


def _emission_lines(row: EmissionSum) -> Iterator[Line]:
    label = f"{row.kind_label} · {row.grade_label}"
    code = f"{row.kind}-{row.grade}".rstrip("-")
    yield Line(_("Emisiones evitadas o capturadas, estimadas"), code, label, _("estimaciones"), row.count)
    yield Line(_("Emisiones evitadas o capturadas, estimadas"), code, label, _("toneladas de CO₂e"), row.tonnes)
