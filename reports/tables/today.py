"""The home pages' figures: for staff as pictures whose every number opens its rows, for a liaison the own municipality
beside its region and the state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from actions.enums import ActionStatus
from actions.figures import NO_END, ON_TIME, OVER, OVERDUE
from events.figures import BySex
from municipalities.figures import Located, of_region
from municipalities.models import Municipality
from network.enums import ProgrammeState
from network.figures import NONE, SUPLENTE_ONLY, TITULAR, UNKNOWN
from reports.figures import state_scope
from reports.figures.today import Today, in_programme, public_split
from reports.tables import Link, Row, Table, Tile
from trainings.figures import TrainingFigures, TrainingRow
from web import charts
from web.templatetags.components import percent_of, thousands

MOST_TRAININGS = 6


@dataclass(frozen=True)
class Panel:
    """A picture and the table of its numbers; each number there opens its rows. ``more``: where the rest stands."""

    title: str
    chart: charts.Chart | None
    table: Table
    note: str = ""
    more: tuple[str, str] | None = None


# --- Staff


def tiles(now: Today, link: Link) -> tuple[Tile, ...]:
    """How many municipalities take part, and in what."""
    of_all = _("de %(whole)s municipios") % {"whole": now.size}
    return (
        Tile(_("con titular vigente"), link(now.designations[TITULAR], "municipios", designacion=TITULAR), of_all),
        Tile(_("con personas capacitadas"), link(now.trained, "municipios", con="capacitadas"), of_all),
        Tile(_("con acciones publicadas"), link(now.acting, "municipios", con="acciones"), of_all),
        Tile(
            _("con programa climático publicado"),
            link(in_programme(now), "municipios", programa=ProgrammeState.PUBLISHED.value),
            of_all,
        ),
    )


def panels(now: Today, trainings: TrainingFigures, link: Link) -> tuple[Panel, ...]:
    return (
        _designations(now, link),
        _programmes(now, link),
        _actions(now, link),
        _trainings(trainings, link),
    )


def _designations(now: Today, link: Link) -> Panel:
    labels = {TITULAR: _("Con titular"), SUPLENTE_ONLY: _("Solo suplente"), NONE: _("Sin designación")}
    title, unit = _("Designaciones vigentes"), _("Municipios")
    drawn = [charts.Bar(label, now.designations[code]) for code, label in labels.items()]
    rows = [
        Row(label, (link(now.designations[code], "municipios", designacion=code),)) for code, label in labels.items()
    ]
    return Panel(
        title,
        charts.donut("hoy-designaciones", title, drawn, unit=unit),
        Table(title, _("Designación"), (unit,), tuple(rows)),
        more=(_("Abrir las designaciones"), reverse("staff_designation_list")),
    )


def _programmes(now: Today, link: Link) -> Panel:
    title, unit = _("Programa climático municipal"), _("Municipios")
    states = [*((state.value, str(state.label)) for state in ProgrammeState), (UNKNOWN, _("Sin dato"))]
    drawn = [charts.Bar(label, now.programmes[code]) for code, label in states]
    rows = [Row(label, (link(now.programmes[code], "municipios", programa=code),)) for code, label in states]
    return Panel(
        title, charts.bars("hoy-programas", title, drawn, unit=unit), Table(title, _("Estado"), (unit,), tuple(rows))
    )


def _actions(now: Today, link: Link) -> Panel:
    title = _("Acciones publicadas, por situación y frente a su plan")
    labels = {OVERDUE: _("Vencidas"), ON_TIME: _("En plazo"), NO_END: _("Sin término"), OVER: _("Cerradas")}
    times = [(code, label) for code, label in labels.items() if now.of_time(code)]
    statuses = [state for state in ActionStatus if any(now.actions[state, code] for code, _label in times)]
    series = [charts.Series(label, tuple(now.actions[state, code] for state in statuses)) for code, label in times]
    rows = [
        Row(
            str(state.label),
            (
                *(
                    link(now.actions[state, code], "acciones", situacion=state.value, plan=code)
                    for code, _label in times
                ),
                link(sum(now.actions[state, code] for code, _label in times), "acciones", situacion=state.value),
            ),
        )
        for state in statuses
    ]  # fmt: skip
    totals = tuple(link(now.of_time(code), "acciones", plan=code) for code, _label in times)
    rows.append(Row(_("Todas"), (*totals, link(now.published, "acciones"))))
    chart = charts.stacked_bars("hoy-acciones", title, [str(state.label) for state in statuses], series)
    return Panel(
        title,
        chart if statuses else None,
        Table(title, _("Situación"), (*(label for _code, label in times), _("Todas")), tuple(rows)),
        more=(_("Atrasadas por región"), reverse("staff_action_overdue")),
    )


def _trainings(found: TrainingFigures, link: Link) -> Panel:
    def missing(row: TrainingRow) -> int:
        return row.target.people - (row.persons or 0)

    shown = sorted(found.rows, key=lambda row: (-missing(row), row.title))[:MOST_TRAININGS]
    drawn = [
        charts.Bar(
            row.title,
            row.persons,
            note=_("meta: %(people)s") % {"people": thousands(row.target.people or None)},
            mark=row.target.people or None,
        )
        for row in shown
    ]
    rows = [
        Row(
            row.title,
            (
                link(row.target.people or None, "metas", de_capacitacion=row.slug),
                link(row.persons, "personas", de_capacitacion=row.slug),
            ),
        )
        for row in shown
    ]
    title = _("Capacitaciones: meta y personas únicas alcanzadas")
    return Panel(
        title,
        charts.bars("hoy-capacitaciones", title, drawn, unit=_("Personas únicas"), mark=_("Meta")) if drawn else None,
        Table(title, _("Capacitación"), (_("Meta"), _("Personas únicas")), tuple(rows)),
        note=_("La raya marca la meta, que no es asistencia. Primero, a las que más les falta."),
        more=(
            _("Las %(count)s capacitaciones") % {"count": thousands(len(found.rows))},
            reverse("staff_figures") + "#capacitaciones",
        )
        if len(found.rows) > len(shown)
        else None,
    )


# --- Liaisons


@dataclass(frozen=True)
class Line:
    """One thing that is compared: what is said of the own municipality, its region and the state, each with the address
    of what stands behind it."""

    label: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Beside:
    """The own municipality, exact, beside its region and the state as everybody may read them."""

    heads: tuple[str, str, str]
    lines: tuple[Line, ...]
    pictures: tuple[tuple[str, charts.Chart], ...]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Each line's label and its cells as (head, text, address)."""
        return [
            (line.label, [(head, *cell) for head, cell in zip(self.heads, line.cells, strict=True)])
            for line in self.lines
        ]


def beside(place: Municipality, places: Sequence[Located], whole: Today, own: Today, region: Today) -> Beside:
    """``places``: every municipality of the state, the own one too."""
    heads = (place.name, _("Región %(name)s") % {"name": place.region.name}, state_scope().label)
    all_three = (own, region, whole)
    results = reverse("results")
    addresses = (f"{results}?municipio={place.slug}", f"{results}?region={place.region.slug}", results)
    exact = reverse("liaison_action_list")
    splits = (
        own.split, public_split(whole, of_region(place.region), places), public_split(whole, state_scope(), places)
    )  # fmt: skip

    def line(label: str, said: Callable[[Today], str], here: str, own_address: str = addresses[0]) -> Line:
        return Line(
            label, ((here, own_address), (said(region), addresses[1]), (said(whole), addresses[2]))
        )  # fmt: skip

    lines = (
        line(_("Titular vigente"), lambda at: _of(at.designations[TITULAR], at.size), _standing(own)),
        line(
            _("Programa climático publicado"), lambda at: _of(in_programme(at), at.size), _programme(own),
            reverse("municipality_detail", args=[place.slug]),
        ),
        line(_("Acciones publicadas"), lambda at: _shared(at.published, at.size), thousands(own.published), exact),
        line(_("Acciones abiertas en plazo"), _on_time, _on_time(own), exact),
        line(_("Asistencias a eventos"), lambda at: _shared(at.attendances, at.size), thousands(own.attendances)),
        line(
            _("Horas de capacitación, de lo que se sabe"), lambda at: _shared(at.training_hours, at.size),
            thousands(own.training_hours),
        ),
        line(
            _("Horas de acompañamiento confirmadas"), lambda at: _shared(at.accompaniment_hours, at.size),
            thousands(own.accompaniment_hours), reverse("liaison_accompaniment_list"),
        ),
        Line(
            _("Mujeres entre las asistencias de sexo conocido"),
            tuple((_women(split), address) for split, address in zip(splits, addresses, strict=True)),
        ),
    )  # fmt: skip
    drawn = [
        _means(
            "acciones", _("Acciones publicadas por municipio"), heads, [(at.published, at.size) for at in all_three]
        ),
        _means("asistencias", _("Asistencias por municipio"), heads, [(at.attendances, at.size) for at in all_three]),
        _shares(
            "plazo", _("Acciones abiertas en plazo, por ciento"), heads,
            [(at.of_time(ON_TIME), at.with_plan) for at in all_three],
        ),
        _shares(
            "mujeres", _("Mujeres entre las asistencias, por ciento"), heads,
            [(split.women, split.known) if split else None for split in splits],
        ),
    ]  # fmt: skip
    return Beside(heads, lines, tuple(drawn))


def _of(part: int, whole: int) -> str:
    return _("%(part)s de %(whole)s municipios") % {"part": thousands(part), "whole": thousands(whole)}


def _shared(total: int | Decimal | None, size: int) -> str:
    if total is None:
        return _("sin dato")
    return _("%(mean)s por municipio (%(total)s entre %(size)s)") % {
        "mean": f"{total / size:.1f}", "total": thousands(total), "size": thousands(size)
    }  # fmt: skip


def _standing(own: Today) -> str:
    words = {TITULAR: _("Con titular"), SUPLENTE_ONLY: _("Solo suplente"), NONE: _("Sin designación")}
    return next(words[code] for code, count in own.designations.items() if count)


def _programme(own: Today) -> str:
    code = next(code for code, count in own.programmes.items() if count)
    return _("Sin dato") if code == UNKNOWN else str(ProgrammeState(code).label)


def _on_time(at: Today) -> str:
    return percent_of(at.of_time(ON_TIME), at.with_plan) if at.with_plan else _("ninguna con fecha de término")


def _women(split: BySex | None) -> str:
    return _("sin desglose") if split is None else percent_of(split.women, split.known)


def _means(key: str, title: str, heads: Sequence[str], sums: Sequence[tuple[int, int]]) -> tuple[str, charts.Chart]:
    bars = [charts.Bar(head, round(total / size, 1)) for head, (total, size) in zip(heads, sums, strict=True)]
    return title, charts.bars(f"junto-{key}", title, bars, unit=_("Por municipio"), category=_("Territorio"))


def _shares(
    key: str, title: str, heads: Sequence[str], shares: Sequence[tuple[int, int] | None]
) -> tuple[str, charts.Chart]:
    bars = [
        charts.Bar(
            head,
            round(100 * share[0] / share[1], 1) if share[1] else None,
            note=_("%(part)s de %(whole)s") % {"part": thousands(share[0]), "whole": thousands(share[1])},
        )
        for head, share in zip(heads, shares, strict=True)
        if share  # what is withheld has no bar
    ]
    return title, charts.bars(f"junto-{key}", title, bars, unit=_("Por ciento"), category=_("Territorio"))
