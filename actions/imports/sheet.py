"""The spreadsheet of actions: its columns, and what stands in them for an action that is stored.

Each column of what people type bears the name of its field in the record's form (:class:`actions.forms.ActionForm`), so
the form's own rules check a row, and what they say finds its cell.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind, ActionStatus, Cadence, IndicatorDirection, ReviewState
from actions.imports.cells import text_column
from actions.imports.measures import Part, parts
from actions.models import MOST_PEOPLE, Action, ActionQuerySet, Hazard, Indicator
from municipalities.models import Municipality
from network.models import SDG, Instrument, Pathway, Sector
from web.cells import Amount, Choice, Choices, Day, Keys, Option, Text, Whole, enum_options
from web.sheets import Column, Table
from web.workbooks import Values

# Columns that say which action it is and where it stands; the rest is what people type.
OWN = ("uid", "version", "review_state", "municipality")
INDICATOR = ("name", "unit", "direction", "baseline", "target")


class ActionSheet:
    """The tables of one file. Vocabularies are read once for each, when they are first needed."""

    @cached_property
    def parts(self) -> list[Part]:
        return parts()

    @property
    def tables(self) -> list[Table]:
        return [self.table, *(part.table for part in self.parts)]

    def filled(self, actions: Iterable[Action]) -> list[tuple[Table, Iterable[Values]]]:
        """Every sheet with its rows for actions of :func:`for_sheet`."""
        found = list(actions)
        return [(self.table, map(self.stored, found)), *((part.table, part.rows(found)) for part in self.parts)]

    @cached_property
    def sectors(self) -> list[Sector]:
        return list(Sector.objects.all())

    @cached_property
    def pathways(self) -> list[Pathway]:
        return list(Pathway.objects.all())

    @cached_property
    def sdgs(self) -> list[SDG]:
        return list(SDG.objects.all())

    @cached_property
    def hazards(self) -> list[Hazard]:
        return list(Hazard.objects.all())

    @cached_property
    def instruments(self) -> list[Instrument]:
        return list(Instrument.objects.all())

    @cached_property
    def municipalities(self) -> list[Municipality]:
        return list(Municipality.objects.only("pk", "cvegeo", "slug", "name", "alternative_name", "sort_name"))

    @cached_property
    def ids(self) -> dict[str, dict[str, int]]:
        """For each column of a vocabulary: code → the row's id, as the form asks for it."""
        pathways = {row.code: row.pk for row in self.pathways}
        return {
            "sector": {row.code: row.pk for row in self.sectors},
            "pathway": pathways,
            "linked_pathways": pathways,
            "sdgs": {str(row.number): row.pk for row in self.sdgs},
            "hazards": {row.code: row.pk for row in self.hazards},
            "instrument": {row.code: row.pk for row in self.instruments},
        }

    @cached_property
    def table(self) -> Table:
        pathways = Choice(source=lambda: _named(self.pathways))
        return Table(
            "actions",
            _("Acciones"),
            (
                Column("uid", _("Clave"), Text(max_length=36),
                       help=_("La pone el portal. No la cambie; déjela vacía para registrar una acción nueva.")),
                Column("version", _("Versión"), Whole(),
                       help=_("La pone el portal: así se nota si alguien cambió la acción después de descargarla.")),
                Column("review_state", _("Revisión"), Choice(source=lambda: enum_options(ReviewState)),
                       help=_("Solo informa: no se cambia desde la hoja.")),
                Column("municipality", _("Municipio"), Choice(source=self._places),
                       help=_("Por su nombre o su clave del INEGI. Una acción no cambia de municipio.")),
                text_column(Action, "title"),
                Column("kind", _("Tipo"), Choice(source=lambda: enum_options(ActionKind)), required=True),
                Column("sector", _("Sector"), Choice(source=lambda: _named(self.sectors)), required=True),
                Column("pathway", _("Camino de entrada"), pathways,
                       help=_("Si se deja sin elegir, se toma el que corresponde al sector.")),
                text_column(Action, "responsible_area",
                      help=_("La dirección o área del municipio, no el nombre de una persona.")),
                Column("starts_on", _("Inicia"), Day(), required=True),
                text_column(Action, "description", lines=True),
                Column("ends_on", _("Termina (plan)"), Day()),
                Column("status", _("Situación"), Choice(source=lambda: enum_options(ActionStatus)),
                       help=_("Vacía: según la fecha de inicio.")),
                Column("started_on", _("Comenzó (real)"), Day()),
                Column("ended_on", _("Terminó (real)"), Day()),
                Column("cadence", _("Cada cuándo se da seguimiento"), Choice(source=lambda: enum_options(Cadence)),
                       help=_("Vacía: cada tres meses.")),
                text_column(Action, "place"),
                Column("latitude", _("Latitud"), _degrees(), help=_("Del punto en el mapa: 19.29.")),
                Column("longitude", _("Longitud"), _degrees(),
                       help=_("Del mismo punto, con signo menos: -99.65. Se publica con la acción.")),
                text_column(Action, "partners"),
                Column("beneficiaries_total", _("Personas beneficiadas, en total"), _people()),
                Column("beneficiaries_women", _("De ellas, mujeres"), _people()),
                Column("beneficiaries_men", _("De ellas, hombres"), _people(),
                       help=_("Quienes no estén en ninguno de los dos se cuentan como «sin dato».")),
                Column("people_exposed", _("Personas expuestas"), _people(),
                       help=_("Solo para acciones de adaptación.")),
                Column("linked_pathways", _("Caminos vinculados"), Choices(source=lambda: _named(self.pathways)),
                       help=_("Hasta cuatro, además del camino de entrada.")),
                Column("sdgs", _("ODS"), Choices(source=self._goals)),
                Column("hazards", _("Amenazas que atiende"), Choices(source=self._hazards),
                       help=_("Solo para acciones de adaptación.")),
                Column("instrument", _("Instrumento del que viene"), Choice(source=lambda: _named(self.instruments)),
                       help=_("El programa o plan que la prevé.")),
                text_column(Action, "instrument_line", label=_("Línea de acción"),
                      help=_("Con su número, como está en el documento.")),
                Column("budget", _("Presupuesto (pesos)"), Amount(), help=_("Si no se conoce, se deja vacío.")),
                text_column(Action, "funding_source"),
                text_column(Indicator, "name", key="indicator_name", required=False, label=_("Indicador")),
                text_column(Indicator, "unit", key="indicator_unit", required=False, label=_("Unidad del indicador")),
                Column("indicator_direction", _("Se busca"), Choice(source=lambda: enum_options(IndicatorDirection))),
                Column("indicator_baseline", _("Línea base"), Amount(minimum=None)),
                Column("indicator_target", _("Meta"), Amount(minimum=None)),
                Column("related_actions", _("Acciones relacionadas"), Keys(),
                       help=_("Las claves de acciones de su municipio o publicadas por otros.")),
            ),
        )  # fmt: skip

    @cached_property
    def typed(self) -> list[Column]:
        """The columns that people fill in."""
        return [column for column in self.table.columns if column.key not in OWN]

    def _places(self) -> list[Option]:
        return [
            Option(row.slug, row.name, (row.cvegeo, *filter(None, [row.alternative_name])))
            for row in self.municipalities
        ]

    def _goals(self) -> list[Option]:
        return [
            Option(str(row.number), f"{row.number}. {row.label}", (row.name, row.name_en, f"ODS {row.number}"))
            for row in self.sdgs
        ]

    def _hazards(self) -> list[Option]:
        """All of them, so that what is stored is read back; those of the coast are not offered."""
        offered = {row.code for row in self.hazards if row.applies_inland}
        return [Option(one.code, one.words, one.also, offered=one.code in offered) for one in _named(self.hazards)]

    def stored(self, action: Action) -> dict[str, Any]:
        """What stands in each column for an action of :func:`for_sheet`."""
        values = {column.key: getattr(action, column.key, None) for column in self.table.columns}
        values |= {
            "uid": str(action.uid),
            "municipality": action.municipality.slug,
            "sector": action.sector.code,
            "pathway": action.pathway.code,
            "linked_pathways": tuple(row.code for row in action.linked_pathways.all()),
            "sdgs": tuple(str(row.number) for row in action.sdgs.all()),
            "hazards": tuple(row.code for row in action.hazards.all()),
            "instrument": action.instrument.code if action.instrument else None,
            "related_actions": tuple(sorted(str(row.uid) for row in action.related_actions.all())),
        }
        indicator = next(iter(action.indicators.all()), None)
        values |= {f"indicator_{name}": getattr(indicator, name, None) for name in INDICATOR}
        if indicator is None:
            values |= {"indicator_name": "", "indicator_unit": ""}
        return values

    def form_data(self, key: str, value: Any) -> Any:
        """A value of a column in the words of the form's field."""
        ids = self.ids.get(key)
        if ids is not None:
            return [str(ids[code]) for code in value] if isinstance(value, tuple) else str(ids.get(value, ""))
        if isinstance(value, Decimal):
            return str(value)
        return "" if value is None else str(value)


def for_sheet(actions: ActionQuerySet, visible: ActionQuerySet) -> ActionQuerySet:
    """Actions with all that a row of the spreadsheet holds, in an order that stays.

    ``visible``: those whose keys may be told as related; others exist for nobody who reads the sheet.
    """
    related = Prefetch("related_actions", visible.only("pk", "uid").order_by())
    linked = actions.select_related("municipality", "sector", "pathway", "instrument").prefetch_related(
        "linked_pathways", "sdgs", "hazards", "indicators__readings", "milestones", related
    )
    return linked.order_by("municipality__sort_name", "pk")


def _named(rows: Iterable[Any]) -> list[Option]:
    """Rows with a code and a name in both languages."""
    return [Option(row.code, row.label, tuple(filter(None, (row.name, row.name_en)))) for row in rows]


def _people() -> Whole:
    return Whole(maximum=Decimal(MOST_PEOPLE))


def _degrees() -> Amount:
    return Amount(minimum=Decimal(-180), maximum=Decimal(180), digits=9, places=6)
