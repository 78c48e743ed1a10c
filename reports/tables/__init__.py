"""The institute's figures as tables whose every number leads to the rows behind it, and those rows.

A number's address carries the scope and the period of the page and, besides, what its cell is about (``sexo=woman``):
:func:`rows_behind` finds the very rows, so that their total is the number. Sums say what they add up (``suma``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from actions.figures import actions_of, estimates_of, indicators_of, time_of
from events.figures import (
    PeopleRow,
    attendances_of,
    events_held,
    events_undated,
    how_attended,
    own_events,
    persons_of,
    sex_labels,
)
from events.models import Attendance
from municipalities.figures import Period, Place, Scope
from network.figures import UNKNOWN, Institution, coverage_figures, programme_state, programmes_in
from reports.figures import Figures, Headline
from trainings.figures import Target, sessions_in, trained_at, training_rows
from trainings.models import TrainingTarget

MOST_AT_A_GLANCE = 20  # numbers
NONE = "ninguno"  # stands in an address for what is not known
SEXES = {"women": "woman", "men": "man", "other": "other", "undisclosed": "undisclosed", "unknown": NONE}


@dataclass(frozen=True)
class Number:
    """A number and the address of its rows; null where it is not known."""

    value: int | Decimal | None
    href: str


@dataclass(frozen=True)
class Tile:
    """A number that stands out, what it counts and of how many."""

    label: str
    number: Number
    note: str = ""


@dataclass(frozen=True)
class Row:
    """``numbers``: null where one does not apply."""

    label: str
    numbers: tuple[Number | None, ...]


@dataclass(frozen=True)
class Table:
    """``heads``: of the numbers, after that of the labels. ``note``: what has to be known to read it."""

    title: str
    label: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def is_long(self) -> bool:
        """Longer than what is read at a glance: it begins folded."""
        return len(self.rows) * len(self.heads) > MOST_AT_A_GLANCE

    @property
    def lines(self) -> list[tuple[str, list[tuple[str, Number | None]]]]:
        """Each row's label, and its numbers with the heads that they stand under."""
        return [(row.label, list(zip(self.heads, row.numbers, strict=True))) for row in self.rows]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    tables: tuple[Table, ...]


Link = Callable[..., Number]


def linker(query: Mapping[str, str]) -> Link:
    """What makes numbers whose addresses keep this query."""

    def number(value: int | Decimal | None, what: str, **cell: object) -> Number:
        said = urlencode({**query, **cell})
        address = reverse("staff_figure_rows", args=[what])
        return Number(value, f"{address}?{said}" if said else address)

    return number


# --- The tables of the page


def tiles(figures: Figures, link: Link) -> tuple[Tile, ...]:
    """What is asked for most."""
    people, coverage, actions = figures.people, figures.coverage, figures.actions
    found = [
        Tile(_("eventos celebrados"), link(figures.events.held, "eventos")),
        Tile(_("asistencias"), link(people.attendances, "asistencias")),
        Tile(_("personas únicas"), link(people.persons, "personas")),
    ]
    if coverage is not None:
        of_all = _("de %(whole)s municipios") % {"whole": coverage.municipalities}
        found.append(
            Tile(_("con titular vigente"), link(coverage.titular, "municipios", designacion="titular"), of_all)
        )
    if actions is not None:
        found.append(Tile(_("acciones publicadas"), link(actions.total, "acciones")))
    return tuple(found)


def sections(
    figures: Figures, places: Sequence[Place], link: Link, *, previous: tuple[Headline, Headline, Link] | None
) -> tuple[Section, ...]:
    """All tables of the page, the most asked for first. ``previous``: the headline of this period and of the one before
    it, with its linker."""
    made = [
        Section("comparacion", _("Con el periodo anterior"), (_comparison(*previous, link),)) if previous else None,
        Section("personas", _("Personas"), tuple(_people_tables(figures, places, link))),
        Section("municipios", _("Municipios"), tuple(_municipality_tables(figures, link))),
        Section("acciones", _("Acciones climáticas"), tuple(_action_tables(figures, link))),
        Section("eventos", _("Eventos"), tuple(_event_tables(figures, link))),
        Section("capacitaciones", _("Capacitaciones y horas"), tuple(_training_tables(figures, link))),
    ]
    return tuple(section for section in made if section and section.tables)


def flat(sections: Iterable[Section]) -> Iterable[list[str | int | Decimal]]:
    """Every number of the page as a line: table, row, measure, number, address."""
    for section in sections:
        for table in section.tables:
            for row in table.rows:
                for head, number in zip(table.heads, row.numbers, strict=True):
                    if number is not None:
                        value = _("sin dato") if number.value is None else number.value
                        yield [table.title, row.label, head, value, number.href]


def flat_head() -> list[str]:
    return [_("cuadro"), _("concepto"), _("medida"), _("valor"), _("filas")]


def _comparison(now: Headline, before: Headline, of_before: Link, link: Link) -> Table:
    def row(label: str, field: str, what: str, **cell: object) -> Row:
        return Row(
            label, (link(getattr(now, field), what, **cell), of_before(getattr(before, field), what, **cell))
        )  # fmt: skip

    rows = [
        row(_("Eventos celebrados"), "events", "eventos"),
        row(_("Aforo declarado"), "headcount", "eventos", suma="aforo"),
        row(_("Asistencias"), "attendances", "asistencias"),
        row(_("Personas únicas"), "persons", "personas"),
        row(_("Minutos de asistencia"), "minutes", "asistencias", suma="minutos"),
    ]
    if now.sessions is not None:
        rows.append(row(_("Sesiones de acompañamiento confirmadas"), "sessions", "sesiones", estado="confirmada"))
    if now.actions is not None:
        rows.append(row(_("Acciones climáticas publicadas"), "actions", "acciones"))
    return Table(_("Este periodo y el anterior, de los mismos días"), _("Qué"), (_("Este"), _("Anterior")), tuple(rows))


def _event_tables(figures: Figures, link: Link) -> Iterable[Table]:
    events = figures.events
    one = (_("Eventos"),)
    yield Table(
        _("Eventos celebrados"),
        _("Qué"),
        (_("Número"),),
        (
            Row(_("Celebrados"), (link(events.held, "eventos"),)),
            Row(_("Con lista nominal"), (link(events.with_list, "eventos", lista="si"),)),
            Row(_("Que declaran aforo"), (link(events.with_headcount, "eventos", aforo="si"),)),
            Row(_("Aforo declarado, personas"), (link(events.headcount, "eventos", suma="aforo"),)),
            Row(_("Publicados sin fecha, que no se cuentan"), (link(events.undated, "eventos", fecha=NONE),)),
        ),
        _("El aforo declarado son personas contadas a la vista; nunca se suma a las asistencias."),
    )
    ways = {"virtual": _("Virtual"), "in_person": _("Presencial"), "hybrid": _("Híbrida")}
    if events.by_format:
        yield Table(
            _("Por formato y modalidad"),
            _("Formato"),
            (*ways.values(), _("Todos")),
            tuple(
                Row(
                    row.label,
                    (
                        *(
                            link(getattr(row, way), "eventos", formato=row.code, modalidad=way.replace("_", "-"))
                            for way in ways
                        ),
                        link(row.total, "eventos", formato=row.code),
                    ),
                )
                for row in events.by_format
            ),
        )
    for title, label, name, counts, note in (
        (_("Por modalidad"), _("Modalidad"), "modalidad", events.by_modality, ""),
        (_("Por camino de entrada"), _("Camino"), "camino", events.by_pathway, ""),
        (_("Por tema"), _("Tema"), "tema", events.by_topic, _("Un evento de dos temas cuenta en los dos.")),
    ):
        rows = tuple(Row(row.label, (link(row.count, "eventos", **{name: row.code or NONE}),)) for row in counts)
        if rows:
            yield Table(title, label, one, rows, note)


def _people_tables(figures: Figures, places: Sequence[Place], link: Link) -> Iterable[Table]:
    people, sexes = figures.people, sex_labels()
    heads = (_("Asistencias"), _("Personas únicas"), *sexes.values())

    def split(row: PeopleRow, persons: str = "", **cell: str) -> Row:
        named = {persons: next(iter(cell.values()))} if persons else cell
        return Row(
            row.label,
            (
                link(row.attendances, "asistencias", **cell),
                link(row.persons, "personas", **named),
                *(
                    link(getattr(row.by_sex, field), "asistencias", **cell, sexo=sex) if row.by_sex else None
                    for field, sex in SEXES.items()
                ),
            ),
        )

    assert people.attendances_by_sex is not None
    assert people.persons_by_sex is not None
    yield Table(
        _("Asistencias y personas, por sexo"),
        _("Qué"),
        (_("Todas"), *sexes.values()),
        (
            Row(
                _("Asistencias"),
                (
                    link(people.attendances, "asistencias"),
                    *(
                        link(getattr(people.attendances_by_sex, field), "asistencias", sexo=sex)
                        for field, sex in SEXES.items()
                    ),
                ),
            ),
            Row(
                _("Personas únicas"),
                (
                    link(people.persons, "personas"),
                    *(
                        link(getattr(people.persons_by_sex, field), "personas", ultimo_sexo=sex)
                        for field, sex in SEXES.items()
                    ),
                ),
            ),
        ),
        _("Cada persona única cuenta una vez, con el último sexo y tipo de persona que se conocen."),
    )
    yield Table(
        _("Minutos de asistencia"),
        _("Qué"),
        (_("Número"),),
        (
            Row(_("Minutos"), (link(people.minutes, "asistencias", suma="minutos"),)),
            Row(_("Asistencias con minutos conocidos"), (link(people.minutes_known, "asistencias", minutos="si"),)),
        ),
    )
    ways = tuple(Row(row.label, (link(row.count, "asistencias", como=row.code or NONE),)) for row in people.by_modality)
    if ways:
        yield Table(_("Asistencias por modalidad"), _("Modalidad"), (_("Asistencias"),), ways)
    slugs = {place.code: place.slug for place in places}
    regions = {str(place.region_number): place.region_slug for place in places}
    for title, label, rows in (
        (
            _("Por tipo de persona"),
            _("Tipo"),
            [split(row, persons="ultimo_tipo", tipo=row.code or NONE) for row in people.by_category],
        ),
        (_("Por región"), _("Región"), [split(row, de_region=regions.get(row.code, NONE)) for row in people.by_region]),
        (_("Por zona metropolitana"), _("Zona"), [split(row, de_zona=row.code) for row in people.by_zone]),
        (_("Por institución"), _("Institución"), [split(row, de=row.code or NONE) for row in people.by_institution]),
        (
            _("Por municipio"),
            _("Municipio"),
            [split(row, de_municipio=slugs.get(row.code, NONE)) for row in people.by_municipality],
        ),
    ):
        if rows:
            yield Table(title, label, heads, tuple(rows))


def _training_tables(figures: Figures, link: Link) -> Iterable[Table]:
    trainings, hours, found = figures.trainings, figures.hours, figures.accompaniment
    heads = (_("Meta: personas"), _("Sesiones"), _("Asistencias"), _("Personas únicas"))
    rows = [
        Row(
            row.title,
            (
                link(row.target.people or None, "metas", de_capacitacion=row.slug),
                link(row.sessions, "eventos", de_capacitacion=row.slug),
                link(row.attendances, "asistencias", de_capacitacion=row.slug),
                link(row.persons, "personas", de_capacitacion=row.slug),
            ),
        )
        for row in trainings.rows
    ]
    if rows:
        yield Table(
            _("Meta y alcance"), _("Capacitación"), heads, tuple(rows), _("Una meta no es asistencia: nunca se suman.")
        )
        yield Table(_("Metas en conjunto"), _("Qué"), (_("Personas"),), tuple(_target_rows(trainings.target, link)))
    assert hours is not None
    yield Table(
        _("Horas de capacitación"),
        _("Qué"),
        (_("Número"),),
        (
            Row(
                _("Asistencias a sesiones de capacitación"),
                (link(hours.attendances, "asistencias", capacitacion_de="si"),),
            ),
            Row(
                _("Con minutos conocidos"),
                (link(hours.minutes_known, "asistencias", capacitacion_de="si", minutos="si"),),
            ),
            Row(
                _("Con minutos sin dato"),
                (link(hours.minutes_unknown, "asistencias", capacitacion_de="si", minutos=NONE),),
            ),
            Row(_("Minutos"), (link(hours.minutes, "asistencias", capacitacion_de="si", suma="minutos"),)),
        ),
    )
    if found is not None:
        yield Table(
            _("Acompañamiento técnico"),
            _("Qué"),
            (_("Número"),),
            (
                Row(
                    _("Sesiones confirmadas por ambas partes"), (link(found.sessions, "sesiones", estado="confirmada"),)
                ),
                Row(
                    _("De ellas, sin duración"),
                    (link(found.unknown, "sesiones", estado="confirmada", minutos=NONE),),
                ),
                Row(
                    _("Minutos confirmados por ambas partes"),
                    (link(found.minutes, "sesiones", estado="confirmada", suma="minutos"),),
                ),
                Row(
                    _("Sesiones por confirmar, que no se cuentan"),
                    (link(found.pending, "sesiones", estado="pendiente"),),
                ),
            ),
        )


def _target_rows(target: Target, link: Link) -> Iterable[Row]:
    for label, value, part in (
        (_("Todas"), target.people, "people"),
        (_("En línea"), target.virtual, "virtual"),
        (_("Presenciales"), target.in_person, "in_person"),
        (_("Mujeres"), target.women, "women"),
        (_("Hombres"), target.men, "men"),
    ):
        known = target.people if part == "people" else target.sex_known
        if part in {"virtual", "in_person"}:
            known = target.modality_known
        yield Row(label, (link(value if known else None, "metas", parte=part),))


def _municipality_tables(figures: Figures, link: Link) -> Iterable[Table]:
    coverage, reach = figures.coverage, figures.reach
    if coverage is None or reach is None:
        return
    one = (_("Municipios"),)
    yield Table(
        _("Designaciones vigentes"),
        _("Qué"),
        one,
        (
            Row(_("Todos"), (link(coverage.municipalities, "municipios"),)),
            Row(_("Con titular vigente"), (link(coverage.titular, "municipios", designacion="titular"),)),
            Row(_("Solo con suplente"), (link(coverage.suplente_only, "municipios", designacion="suplente"),)),
            Row(_("Sin designación"), (link(coverage.none, "municipios", designacion="none"),)),
        ),
    )
    yield Table(
        _("Alcance"),
        _("Qué"),
        one,
        (
            Row(_("Con personas capacitadas en el periodo"), (link(reach.trained, "municipios", con="capacitadas"),)),
            Row(_("Con acciones publicadas"), (link(reach.with_actions, "municipios", con="acciones"),)),
            Row(
                _("Con acompañamiento confirmado en el periodo"),
                (link(reach.accompanied, "municipios", con="acompanamiento"),),
            ),
        ),
    )
    yield Table(
        _("Programa climático municipal"),
        _("Estado"),
        one,
        tuple(Row(row.label, (link(row.count, "municipios", programa=row.code),)) for row in reach.programmes),
        _("Como están hoy."),
    )


def _action_tables(figures: Figures, link: Link) -> Iterable[Table]:
    actions = figures.actions
    if actions is None:
        return
    one = (_("Acciones"),)
    yield Table(_("Acciones publicadas"), _("Qué"), one, (Row(_("Publicadas"), (link(actions.total, "acciones"),)),))
    for title, label, name, counts in (
        (_("Por tipo"), _("Tipo"), "tipo", actions.by_kind),
        (_("Por situación"), _("Situación"), "situacion", actions.by_status),
        (_("Por camino de entrada"), _("Camino"), "camino", actions.by_pathway),
        (_("Por sector"), _("Sector"), "sector", actions.by_sector),
        (_("Frente a su plan, hoy"), _("Plan"), "plan", actions.by_time),
    ):
        if counts:
            rows = tuple(Row(row.label, (link(row.count, "acciones", **{name: row.code}),)) for row in counts)
            yield Table(title, label, one, rows)
    if actions.indicators:
        heads = (_("Indicadores"), _("Suma de metas"), _("Con lectura"), _("Suma de lecturas"), _("De metas"))
        yield Table(
            _("Indicadores por unidad"),
            _("Unidad"),
            heads,
            tuple(
                Row(
                    f"{row.unit} {'↓' if row.direction == 'decrease' else '↑'}",
                    (
                        link(row.count, "indicadores", unidad=row.unit, sentido=row.direction),
                        link(row.target, "indicadores", unidad=row.unit, sentido=row.direction, suma="metas"),
                        link(row.read, "indicadores", unidad=row.unit, sentido=row.direction, lectura="si"),
                        link(row.reading, "indicadores", unidad=row.unit, sentido=row.direction, suma="lecturas"),
                        link(
                            row.read_target, "indicadores", unidad=row.unit, sentido=row.direction, lectura="si",
                            suma="metas",
                        ),
                    ),
                )
                for row in actions.indicators
            ),
            _("Solo se suman indicadores de la misma unidad y el mismo sentido (↑ aumentar, ↓ disminuir)."),
        )  # fmt: skip
    if actions.emissions:
        yield Table(
            _("Emisiones evitadas o capturadas, estimadas"),
            _("Qué se estima y qué tan seguro es"),
            (_("Estimaciones"), _("Toneladas de CO₂e")),
            tuple(
                Row(
                    f"{row.kind_label} · {row.grade_label}",
                    (
                        link(row.count, "estimaciones", clase=row.kind, grado=row.grade or NONE),
                        link(row.tonnes, "estimaciones", clase=row.kind, grado=row.grade or NONE, suma="toneladas"),
                    ),
                )
                for row in actions.emissions
            ),
            _(
                "Son estimaciones, no mediciones. Lo esperado es por año; lo logrado, de lapsos que terminan en el "
                "periodo."
            ),
        )


# --- The rows behind a number


@dataclass(frozen=True)
class Behind:
    """The rows of one number. ``total``: how many they are, or the sum that the address asks for (null: not known).
    ``cells``: from a row, its texts; the first leads to ``address`` of the row."""

    title: str
    heads: tuple[str, ...]
    rows: Any
    total: int | Decimal | None
    is_sum: bool
    cells: Callable[[Any], tuple[object, ...]]
    address: Callable[[Any], str]


@dataclass(frozen=True)
class Asked:
    """What a list is asked for."""

    scope: Scope
    period: Period
    places: Sequence[Place]
    registered: Sequence[Institution]
    cell: Mapping[str, str]

    def value(self, name: str) -> str:
        """The cell's value as the column holds it; empty where it asks for what is not known."""
        return "" if self.cell[name] == NONE else self.cell[name]


class NoSuchRows(LookupError):
    """The address names no list, or a place or an institution that does not exist."""


def rows_behind(what: str, asked: Asked) -> Behind:
    """Raises :class:`NoSuchRows`."""
    if what not in LISTS:
        raise NoSuchRows(what)
    return LISTS[what](asked)


def _narrowed(rows: QuerySet[Any], asked: Asked, lookups: Mapping[str, str]) -> QuerySet[Any]:
    """The rows where each column is what the cell says."""
    for name, lookup in lookups.items():
        if name in asked.cell:
            value = asked.value(name)
            rows = rows.filter(**{lookup: value} if value else {lookup: ""})
    return rows


def _added(rows: QuerySet[Any], column: str) -> int | Decimal | None:
    return rows.aggregate(_sum=Sum(column))["_sum"]


def _events(asked: Asked) -> Behind:
    undated = asked.cell.get("fecha") == NONE
    rows: QuerySet[Any] = events_undated(asked.scope) if undated else events_held(asked.scope, asked.period)
    lookups = {"formato": "format__code", "modalidad": "modality", "camino": "pathway__code"}
    rows = _narrowed(rows, asked, lookups)
    if "tema" in asked.cell:
        topic = asked.value("tema")
        rows = rows.filter(sectors__code=topic) if topic else rows.filter(sectors=None)
    if "de_capacitacion" in asked.cell:
        rows = rows.filter(training_sessions__training__slug=asked.value("de_capacitacion"))
    if "lista" in asked.cell:
        rows = rows.filter(pk__in=Attendance.objects.order_by().values("event"))
    is_sum = asked.cell.get("suma") == "aforo"
    if is_sum or "aforo" in asked.cell:
        rows = rows.filter(own_events(asked.scope), headcount__isnull=False)
    rows = rows.select_related("format", "municipality").order_by("first_day", "pk")
    return Behind(
        _("Eventos"),
        (_("Evento"), _("Fecha"), _("Formato"), _("Modalidad"), _("Sede"), _("Aforo declarado")),
        rows,
        _added(rows.order_by(), "headcount") if is_sum else rows.count(),
        is_sum,
        lambda row: (
            row.label, row.first_day, row.format.label, row.get_modality_display(), row.municipality or "",
            row.headcount,
        ),
        lambda row: reverse("staff_event_detail", args=[row.pk]),
    )  # fmt: skip


def _attended(asked: Asked) -> QuerySet[Attendance]:
    """The attendances of the cell."""
    trained = "capacitacion_de" in asked.cell
    rows = trained_at(asked.scope, asked.period) if trained else attendances_of(asked.scope, asked.period)
    rows = _narrowed(rows, asked, {"sexo": "sex", "tipo": "category"})
    if "como" in asked.cell:
        rows = rows.annotate(_how=how_attended()).filter(_how=asked.value("como"))
    if "minutos" in asked.cell:
        rows = rows.filter(minutes__isnull=asked.cell["minutos"] == NONE)
    if "de_capacitacion" in asked.cell:
        rows = rows.filter(event__training_sessions__training__slug=asked.value("de_capacitacion"))
    places = {
        "de_municipio": lambda place, value: place.slug == value,
        "de_region": lambda place, value: place.region_slug == value,
        "de_zona": lambda place, value: str(place.zone_id) == value,
    }
    for name, matches in places.items():
        if name in asked.cell:
            value = asked.value(name)
            inside = [place.pk for place in asked.places if matches(place, value)]
            rows = rows.filter(municipality__in=inside) if value else rows.filter(municipality=None)
    if "de" in asked.cell:
        value = asked.value("de")
        keys = [key for row in asked.registered if not value or str(row.pk) == value for key in row.keys]
        rows = rows.filter(institution_key__in=keys) if value else rows.exclude(institution_key__in=keys)
    return rows


def _attendances(asked: Asked) -> Behind:
    rows = _attended(asked).select_related("event", "person", "municipality").order_by("event__first_day", "pk")
    is_sum = asked.cell.get("suma") == "minutos"
    if is_sum:
        rows = rows.filter(minutes__isnull=False)
    unknown = _("sin dato")
    return Behind(
        _("Asistencias"),
        (_("Evento"), _("Fecha"), _("Persona"), _("Municipio"), _("Institución"), _("Sexo"), _("Minutos")),
        rows,
        _added(rows.order_by(), "minutes") if is_sum else rows.count(),
        is_sum,
        lambda row: (
            row.event.label, row.event.first_day, row.person.name, row.municipality or unknown,
            row.institution or unknown, row.get_sex_display() or unknown,
            unknown if row.minutes is None else row.minutes,
        ),
        lambda row: reverse("staff_event_attendance", args=[row.event_id]),
    )  # fmt: skip


def _persons(asked: Asked) -> Behind:
    rows = persons_of(_attended(asked))
    for name, column in (("ultimo_sexo", "known_sex"), ("ultimo_tipo", "known_category")):
        if name in asked.cell:
            rows = rows.annotate(**{f"_{name}": Coalesce(column, Value(""))}).filter(**{f"_{name}": asked.value(name)})
    total = rows.count()
    rows = rows.values("person", "person__name", "person__institution").annotate(times=Count("pk"))
    return Behind(
        _("Personas únicas"),
        (_("Persona"), _("Institución"), _("Asistencias")),
        rows.order_by("person__name", "person"),
        total,
        False,
        lambda row: (row["person__name"], row["person__institution"] or _("sin dato"), row["times"]),
        lambda row: reverse("staff_person_detail", args=[row["person"]]),
    )


def _targets(asked: Asked) -> Behind:
    found = training_rows(asked.scope, asked.period).order_by().values("pk")
    rows: QuerySet[Any] = TrainingTarget.objects.filter(training__in=found)
    if asked.scope.kind == "institution":
        rows = rows.filter(Q(organisation=asked.scope.pk))
    if "de_capacitacion" in asked.cell:
        rows = rows.filter(training__slug=asked.value("de_capacitacion"))
    pairs = {
        "virtual": ("people_virtual", "people_in_person"), "in_person": ("people_in_person", "people_virtual"),
        "women": ("women", "men"), "men": ("men", "women"),
    }  # fmt: skip
    column, *others = pairs.get(asked.cell.get("parte", ""), ("people",))
    rows = rows.filter(**{f"{name}__isnull": False for name in (column, *others)})
    rows = rows.select_related("training", "organisation").order_by("training__title", "pk")
    return Behind(
        _("Metas de capacitaciones"),
        (_("Capacitación"), _("Institución"), _("Meta")),
        rows,
        _added(rows.order_by(), column),
        True,
        lambda row: (row.training.title, row.organisation.name, getattr(row, column)),
        lambda row: reverse("staff_training_figures", args=[row.training_id]),
    )


def _sessions(asked: Asked) -> Behind:
    both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)
    rows: QuerySet[Any] = sessions_in(asked.scope, asked.period)
    rows = rows.filter(~both if asked.cell.get("estado") == "pendiente" else both)
    is_sum = asked.cell.get("suma") == "minutos"
    if is_sum or "minutos" in asked.cell:
        rows = rows.filter(minutes__isnull=not is_sum)
    rows = rows.select_related("accompaniment__municipality").order_by("day", "pk")
    return Behind(
        _("Sesiones de acompañamiento"),
        (_("Acompañamiento"), _("Municipio"), _("Fecha"), _("Minutos")),
        rows,
        _added(rows.order_by(), "minutes") if is_sum else rows.count(),
        is_sum,
        lambda row: (
            row.accompaniment.topic, row.accompaniment.municipality.name, row.day,
            _("sin dato") if row.minutes is None else row.minutes,
        ),
        lambda row: reverse("staff_accompaniment_detail", args=[row.accompaniment_id]),
    )  # fmt: skip


def _actions(asked: Asked) -> Behind:
    rows: QuerySet[Any] = actions_of(asked.scope, asked.period)
    lookups = {"tipo": "kind", "situacion": "status", "camino": "pathway__code", "sector": "sector__code"}
    rows = _narrowed(rows, asked, lookups)
    if "plan" in asked.cell:
        rows = rows.annotate(_time=time_of()).filter(_time=asked.value("plan"))
    rows = rows.select_related("municipality", "sector").order_by("municipality__sort_name", "title", "pk")
    return Behind(
        _("Acciones climáticas"),
        (_("Acción"), _("Municipio"), _("Sector"), _("Situación"), _("Termina")),
        rows,
        rows.count(),
        False,
        lambda row: (
            row.title, row.municipality.name, row.sector.label, row.get_status_display(), row.ends_on or _("sin dato"),
        ),
        lambda row: reverse("staff_action_detail", args=[row.pk]),
    )  # fmt: skip


def _indicators(asked: Asked) -> Behind:
    rows: QuerySet[Any] = indicators_of(asked.scope, asked.period)
    rows = _narrowed(rows, asked, {"unidad": "unit", "sentido": "direction"})
    asked_sum = asked.cell.get("suma", "")
    if asked_sum == "lecturas" or "lectura" in asked.cell:
        rows = rows.filter(latest__isnull=False)
    rows = rows.select_related("action__municipality").order_by("name", "pk")
    column = {"metas": "target", "lecturas": "latest"}.get(asked_sum)
    return Behind(
        _("Indicadores"),
        (_("Indicador"), _("Municipio"), _("Acción"), _("Meta"), _("Última lectura")),
        rows,
        _added(rows.order_by(), column) if column else rows.count(),
        column is not None,
        lambda row: (
            row.name, row.action.municipality.name, row.action.title, f"{row.target} {row.unit}",
            _("sin dato") if row.latest is None else f"{row.latest} {row.unit}",
        ),
        lambda row: reverse("staff_action_detail", args=[row.action_id]),
    )  # fmt: skip


def _estimates(asked: Asked) -> Behind:
    rows: QuerySet[Any] = estimates_of(asked.scope, asked.period)
    rows = _narrowed(rows, asked, {"clase": "kind", "grado": "factor_evidence"})
    rows = rows.select_related("action__municipality").order_by("pk")
    is_sum = asked.cell.get("suma") == "toneladas"
    return Behind(
        _("Estimaciones de emisiones"),
        (_("Acción"), _("Municipio"), _("Qué se evita o captura"), _("Toneladas de CO₂e")),
        rows,
        _added(rows.order_by(), "tonnes") if is_sum else rows.count(),
        is_sum,
        lambda row: (row.action.title, row.action.municipality.name, row.activity, row.tonnes),
        lambda row: reverse("staff_action_detail", args=[row.action_id]),
    )


def _municipalities(asked: Asked) -> Behind:
    scope, period = asked.scope, asked.period
    inside = [place for place in asked.places if scope.is_territory and scope.contains(place)]
    if "designacion" in asked.cell:
        states = dict(coverage_figures(scope, asked.places, period.ends_on).states)
        inside = [place for place in inside if states[place.code] == asked.cell["designacion"]]
    if "programa" in asked.cell:
        said = dict(programmes_in(scope).annotate(_said=programme_state()).values_list("municipality", "_said"))
        inside = [place for place in inside if said.get(place.pk, UNKNOWN) == asked.cell["programa"]]
    if "con" in asked.cell:
        both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)
        found: dict[str, Callable[[], QuerySet[Any, Any]]] = {
            "capacitadas": lambda: trained_at(scope, period).values_list("municipality", flat=True),
            "acciones": lambda: actions_of(scope, period).order_by().values_list("municipality", flat=True),
            "acompanamiento": lambda: sessions_in(scope, period).filter(both).values_list(
                "accompaniment__municipality", flat=True
            ),
        }  # fmt: skip
        if asked.cell["con"] not in found:
            raise NoSuchRows(asked.cell["con"])
        reached = set(found[asked.cell["con"]]().distinct())
        inside = [place for place in inside if place.pk in reached]
    return Behind(
        _("Municipios"),
        (_("Municipio"), _("Región"), _("Zona metropolitana")),
        inside,
        len(inside),
        False,
        lambda row: (row.name, row.region, row.zone or _("ninguna")),
        lambda row: reverse("staff_municipality_detail", args=[row.slug]),
    )


LISTS: dict[str, Callable[[Asked], Behind]] = {
    "eventos": _events,
    "asistencias": _attendances,
    "personas": _persons,
    "metas": _targets,
    "sesiones": _sessions,
    "acciones": _actions,
    "indicadores": _indicators,
    "estimaciones": _estimates,
    "municipios": _municipalities,
}
