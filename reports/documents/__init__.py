"""Figures as pictures and sentences: what the results page and the documents share."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.figures import BySex, PeopleRow, sex_labels
from municipalities import maps
from municipalities.figures import Place
from network.figures import NONE, SUPLENTE_ONLY, TITULAR
from reports.figures import Figures
from web import charts, dates, identity

# Attendances of a municipality on the map: from how many on, and the level of the tile.
ATTENDANCE_STEPS = ((100, "4"), (30, "3"), (10, "2"), (1, "1"), (0, "0"))


# --- Sentences


def period_in_words(starts_on: dt.date | None, ends_on: dt.date | None) -> str:
    """``del 1 de enero al 30 de junio de 2026``; an open period says so."""
    if starts_on and ends_on:
        return dates.day_range_label(starts_on, ends_on)
    if starts_on:
        return _("desde el %(day)s") % {"day": dates.day_label(starts_on, weekday=False)}
    if ends_on:
        return _("hasta el %(day)s") % {"day": dates.day_label(ends_on, weekday=False)}
    return _("todo lo registrado")


def share_of_women(split: BySex | None) -> str:
    """``50.8 % de mujeres (123 de 242 con sexo conocido)``; empty where nobody's sex is known or may be shown."""
    if split is None or not split.known:
        return ""
    return _("%(percent)s %% de mujeres (%(women)s de %(known)s con sexo conocido)") % {
        "percent": f"{100 * split.women / split.known:.1f}",
        "women": f"{split.women:,}",
        "known": f"{split.known:,}",
    }


def coverage_words(state: str) -> str:
    return {TITULAR: _("con titular vigente"), SUPLENTE_ONLY: _("solo con suplente"), NONE: _("sin designación")}[state]


@dataclass(frozen=True)
class Note:
    """One definition of the method note, in the words of page and PDF."""

    term: str
    text: str


EVENT_OF_PLACE = gettext_lazy("En una parte de la entidad cuenta si su sede está ahí o si asistió alguien de ahí.")
EVENT_OF_SCOPE = {
    "series": gettext_lazy("En un ciclo cuentan sus sesiones."),
    "training": gettext_lazy("En una capacitación cuentan sus sesiones."),
    "institution": gettext_lazy(
        "En una institución cuenta si figura entre quienes organizan o si asistió alguien de ella."
    ),
}
ATTENDANCE_OF_PLACE = gettext_lazy("Cuenta donde está el municipio de la persona, como era ese día.")
ATTENDANCE_OF_SCOPE = {
    "series": gettext_lazy("Cuentan las de sus sesiones, de donde sea la persona."),
    "training": gettext_lazy("Cuentan las de sus sesiones, de donde sea la persona."),
    "institution": gettext_lazy(
        "Cuentan las de quienes ese día dijeron venir de ella, por su nombre o por sus siglas."
    ),
}


def method_notes(figures: Figures) -> tuple[Note, ...]:
    """*¿Cómo se cuenta?* What each figure is, over what, and what is left out."""
    part = figures.scope_kind != "state"
    events = figures.events
    notes = [
        Note(
            _("Evento celebrado"),
            _(
                "Publicado, ya terminado y con inicio en un día del periodo. "
                "No se cuentan los cancelados ni los que no tienen fecha."
            )
            + (" " + EVENT_OF_SCOPE.get(figures.scope_kind, EVENT_OF_PLACE) if part else "")
            + " "
            + ngettext(
                "Hay %(count)s evento publicado sin fecha confirmada.",
                "Hay %(count)s eventos publicados sin fecha confirmada.",
                events.undated,
            )
            % {"count": events.undated},
        ),
        Note(
            _("Asistencia"),
            _("Una persona en un evento, con lista nominal. Quien asiste a tres eventos suma tres asistencias.")
            + " "
            + _(
                "%(listed)s de %(held)s eventos celebrados tienen lista; "
                "de los demás no se sabe cuántas personas asistieron."
            )
            % {"listed": f"{events.with_list:,}", "held": f"{events.held:,}"}
            + (" " + ATTENDANCE_OF_SCOPE.get(figures.scope_kind, ATTENDANCE_OF_PLACE) if part else ""),
        ),
        Note(
            _("Persona única"),
            _(
                "Cuenta una vez aunque asista a varios eventos, con el último dato conocido de sexo y tipo de persona. "
                "Por municipio o región puede sumar más que el total: hay quien asistió por dos municipios."
            ),
        ),
        Note(
            _("Aforo declarado"),
            _("Personas contadas a la vista por quien organizó. Se informa aparte y nunca se suma a las asistencias.")
            + (
                " " + _("Aquí, solo de los eventos propios del ámbito, no de otros a los que asistió alguien.")
                if part
                else ""
            ),
        ),
        Note(
            _("Sin dato"),
            _(
                "Lo que no se sabe tiene su propia celda: no se muestra como cero ni se reparte. Todo porcentaje lleva "
                "su denominador; el de mujeres se calcula sobre quienes dijeron mujer, hombre u otro."
            ),
        ),
        Note(
            _("Meta"),
            _(
                "A cuántas personas se dirige una capacitación, según su plan o su fuente. Una meta no es asistencia. "
                "Las partes por modalidad y por sexo se suman solo de las metas que las dicen."
            ),
        ),
    ]
    if figures.actions is not None:
        notes.append(
            Note(_("Acción climática"), _("Validada por la institución y con fechas planeadas que tocan el periodo."))
        )
    if figures.coverage is not None:
        day = dates.day_label(figures.coverage.as_of, weekday=False)
        notes.append(
            Note(_("Municipio con embajador o embajadora"), _("Con designación vigente el %(day)s.") % {"day": day})
        )
    notes.append(
        Note(
            _("Horas de capacitación"),
            _(
                "Los minutos que las personas asistieron a sesiones de capacitaciones publicadas, solo de las "
                "asistencias cuyos minutos se conocen; de las demás se dice cuántas son."
            ),
        )
    )
    if figures.accompaniment is not None:
        notes.append(
            Note(
                _("Acompañamiento técnico"),
                _(
                    "Sesiones con fecha en el periodo que confirmaron ambas partes, instituto y municipio; ninguna "
                    "otra."
                ),
            )
        )
    if figures.actions is not None and figures.actions.indicators:
        notes.append(
            Note(
                _("Indicadores"),
                _(
                    "Se suman solo los de la misma unidad y el mismo sentido. La suma de lecturas se compara con las "
                    "metas de los indicadores que tienen alguna lectura."
                ),
            )
        )
    if figures.actions is not None and figures.actions.emissions:
        notes.append(
            Note(
                _("Emisiones estimadas"),
                _(
                    "Son estimaciones, no mediciones. Lo esperado es por año y de las acciones contadas; lo logrado, "
                    "de lapsos que terminan en el periodo: nunca se suman. La letra dice qué tan seguro es el factor "
                    "(A, B o C); sin factor, el municipio escribió el resultado con su método."
                ),
            )
        )
    if figures.is_public:
        notes.append(
            Note(
                _("Sin desglose"),
                _(
                    "Si una celda por sexo tendría una o dos personas, la fila muestra solo su total; cuando por resta "
                    "se podría conocer, se reserva también la siguiente fila más pequeña. Los totales no cambian. "
                    "Una zona muestra su desglose si lo muestran todos sus municipios; un ciclo, una capacitación o "
                    "una institución, solo totales; las instituciones con menos de tres personas se cuentan juntas."
                ),
            )
        )
    return tuple(notes)


# --- Pictures


@dataclass(frozen=True)
class MunicipalityLine:
    """A municipality in the list under a map."""

    name: str
    region: str
    coverage: str
    attendances: int
    persons: int


@dataclass(frozen=True)
class Pictures:
    """Charts and maps of the figures; null where there would be nothing to draw."""

    formats: charts.Chart | None
    pathways: charts.Chart | None
    sexes: charts.Chart | None
    categories: charts.Chart | None
    modalities: charts.Chart | None
    actions: charts.Chart | None
    coverage: maps.TileMap | None
    attendance: maps.TileMap | None
    municipalities: tuple[MunicipalityLine, ...]


def pictures(figures: Figures, places: Sequence[Place], *, linked: bool) -> Pictures:
    """Draw everything. ``linked``: tiles lead to the municipality's page (on pages, not in a PDF)."""
    people, events = figures.people, figures.events
    own = _own_places(figures, places)
    with_maps = len(own) > 1 and figures.coverage is not None
    return Pictures(
        formats=_formats(figures) if events.held else None,
        pathways=_bars("caminos", _("Eventos por camino de entrada"), events.by_pathway, _("Eventos"), coloured=True),
        sexes=_sexes(figures) if people.attendances else None,
        categories=_categories(people.by_category),
        modalities=_bars("modalidades", _("Asistencias por modalidad"), people.by_modality, _("Asistencias")),
        actions=_bars(
            "acciones",
            _("Acciones por camino de entrada"),
            figures.actions.by_pathway if figures.actions else (),
            _("Acciones"),
            coloured=True,
        ),
        coverage=_coverage_map(figures, own, linked) if with_maps else None,
        attendance=_attendance_map(figures, own, linked) if with_maps and people.attendances else None,
        municipalities=_municipality_lines(figures, own),
    )


def _own_places(figures: Figures, places: Sequence[Place]) -> list[Place]:
    """The municipalities of the territory; where the scope is none, those from which somebody came."""
    if figures.coverage is not None:
        inside = {code for code, _state in figures.coverage.states}
    else:
        inside = {row.code for row in figures.people.by_municipality}
    return [place for place in places if place.code in inside]


def _standings(figures: Figures) -> dict[str, str]:
    return dict(figures.coverage.states) if figures.coverage is not None else {}


def _formats(figures: Figures) -> charts.Chart:
    rows = figures.events.by_format
    return charts.stacked_bars(
        "formatos",
        _("Eventos celebrados por formato y modalidad"),
        [row.label for row in rows],
        [
            charts.Series(_("Virtual"), tuple(row.virtual for row in rows)),
            charts.Series(_("Presencial"), tuple(row.in_person for row in rows)),
            charts.Series(_("Híbrida"), tuple(row.hybrid for row in rows)),
        ],
        category=_("Formato"),
    )


def _bars(
    identifier: str, title: str, counts: Sequence[Any], unit: str, *, coloured: bool = False
) -> charts.Chart | None:
    if not counts:
        return None
    rows = [charts.Bar(count.label, count.count, colour=count.code if coloured else "") for count in counts]
    return charts.bars(identifier, title, rows, unit=unit)


def _sexes(figures: Figures) -> charts.Chart | None:
    """Attendances and unique persons by sex, as far as each may be shown."""
    people = figures.people
    shown = [
        (label, split)
        for label, split in (
            (_("Asistencias"), people.attendances_by_sex),
            (_("Personas únicas"), people.persons_by_sex),
        )
        if split is not None
    ]
    if not shown:
        return None
    series = [
        charts.Series(label, tuple(getattr(split, field) for _name, split in shown))
        for field, label in sex_labels().items()
    ]
    return charts.stacked_bars(
        "sexo", _("Por sexo"), [label for label, _split in shown], series, category=_("Qué se cuenta")
    )


def _categories(rows: Sequence[PeopleRow]) -> charts.Chart | None:
    if not rows:
        return None
    bars = [charts.Bar(row.label, row.attendances) for row in rows]
    return charts.bars(
        "tipos", _("Asistencias por tipo de persona"), bars, unit=_("Asistencias"), category=_("Tipo de persona")
    )


def _address(place: Place, linked: bool) -> str:
    return reverse("municipality_detail", args=[place.slug]) if linked else ""


def _coverage_map(figures: Figures, own: Sequence[Place], linked: bool) -> maps.TileMap:
    states = _standings(figures)
    tiles = [
        maps.Tile(
            place.name,
            place.column,
            place.row,
            states[place.code],
            coverage_words(states[place.code]),
            _address(place, linked),
        )
        for place in own
    ]
    categories = [
        maps.Category(TITULAR, _("Con titular vigente"), "3"),
        maps.Category(SUPLENTE_ONLY, _("Solo con suplente"), "warn"),
        maps.Category(NONE, _("Sin designación"), "0"),
    ]
    return maps.tile_map("cobertura", _("Municipios con embajador o embajadora"), tiles, categories)


def _attendance_map(figures: Figures, own: Sequence[Place], linked: bool) -> maps.TileMap:
    counts = {row.code: row.attendances for row in figures.people.by_municipality}
    tiles = []
    for place in own:
        count = counts.get(place.code, 0)
        level = next(level for least, level in ATTENDANCE_STEPS if count >= least)
        words = ngettext("%(count)s asistencia", "%(count)s asistencias", count) % {"count": f"{count:,}"}
        tiles.append(maps.Tile(place.name, place.column, place.row, level, words, _address(place, linked)))
    return maps.tile_map("asistencia", _("Asistencias por municipio"), tiles, _steps())


def _steps() -> list[maps.Category]:
    labels, above = [], None
    for least, level in ATTENDANCE_STEPS:
        if above is None:
            label = _("%(least)s o más") % {"least": least}
        elif least == 0:
            label = _("Ninguna registrada")
        else:
            label = _("%(least)s a %(most)s") % {"least": least, "most": above - 1}
        labels.append(maps.Category(level, label, level))
        above = least
    return labels[::-1]


def _municipality_lines(figures: Figures, own: Sequence[Place]) -> tuple[MunicipalityLine, ...]:
    rows = {row.code: row for row in figures.people.by_municipality}
    states = _standings(figures)
    return tuple(
        MunicipalityLine(
            place.name,
            place.region,
            coverage_words(states[place.code]) if states else "",
            rows[place.code].attendances if place.code in rows else 0,
            (rows[place.code].persons or 0) if place.code in rows else 0,
        )
        for place in own
    )


@dataclass(frozen=True)
class PeopleTable:
    """A table about people. ``with_sex``: whether any row shows its split."""

    title: str
    head: str
    rows: tuple[PeopleRow, ...]

    @property
    def with_sex(self) -> bool:
        return any(row.by_sex is not None for row in self.rows)


def people_tables(figures: Figures) -> dict[str, PeopleTable]:
    """By ``category``, ``institution``, ``region``, ``zone`` and ``municipality``."""
    people = figures.people
    return {
        "category": PeopleTable(_("Por tipo de persona"), _("Tipo de persona"), people.by_category),
        "institution": PeopleTable(_("Por institución"), _("Institución"), people.by_institution),
        "region": PeopleTable(_("Por región"), _("Región"), people.by_region),
        "zone": PeopleTable(_("Por zona metropolitana"), _("Zona metropolitana"), people.by_zone),
        "municipality": PeopleTable(_("Por municipio"), _("Municipio"), people.by_municipality),
    }


def common_context(figures: Figures, places: Sequence[Place], *, linked: bool) -> dict[str, Any]:
    """What the results page and the document both print."""
    return {
        "figures": figures,
        "pictures": pictures(figures, places, linked=linked),
        "tables": people_tables(figures),
        "sexes": sex_labels(),
        "period": period_in_words(figures.starts_on, figures.ends_on),
        "women": share_of_women(figures.people.attendances_by_sex),
        "women_persons": share_of_women(figures.people.persons_by_sex),
        "notes": method_notes(figures),
        "credit": identity.current().data_credit,
    }
