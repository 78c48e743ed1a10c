"""The spreadsheet of actions: its columns, and what stands in them for an action that is stored.

Each column of what people type bears the name of its field in the record's form (:class:`actions.forms.ActionForm`), so
the form's own rules check a row, and what they say finds its cell.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Model, TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from actions.enums import ActionKind, ActionStatus, IndicatorDirection, ReviewState
from actions.models import Action, ActionQuerySet, Hazard, Indicator
from municipalities.models import Municipality
from network.models import SDG, Pathway, Sector
from web.cells import Amount, Choice, Choices, Day, Option, Text, Whole
from web.sheets import Column, Table

# Columns that say which action it is and where it stands; the rest is what people type.
OWN = ("uid", "version", "review_state", "municipality")
INDICATOR = ("name", "unit", "direction", "baseline", "target")


def enum_options(enum: type[TextChoices]) -> list[Option]:
    return [Option(str(value), str(words), _in_spanish(words)) for value, words in enum.choices]


def _in_spanish(words: Any) -> tuple[str, ...]:
    with override("es"):
        return (str(words),)


class ActionSheet:
    """The table of one file. Vocabularies are read once for each, when they are first needed."""

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
                _text(Action, "title"),
                Column("kind", _("Tipo"), Choice(source=lambda: enum_options(ActionKind)), required=True),
                Column("sector", _("Sector"), Choice(source=lambda: _named(self.sectors)), required=True),
                Column("pathway", _("Camino de entrada"), pathways,
                       help=_("Si se deja sin elegir, se toma el que corresponde al sector.")),
                _text(Action, "responsible_area",
                      help=_("La dirección o área del municipio, no el nombre de una persona.")),
                Column("starts_on", _("Inicia"), Day(), required=True),
                _text(Action, "description", lines=True),
                Column("ends_on", _("Termina (plan)"), Day()),
                Column("status", _("Situación"), Choice(source=lambda: enum_options(ActionStatus)),
                       help=_("Vacía: según la fecha de inicio.")),
                _text(Action, "place"),
                _text(Action, "partners"),
                Column("linked_pathways", _("Caminos vinculados"), Choices(source=lambda: _named(self.pathways)),
                       help=_("Hasta cuatro, además del camino de entrada.")),
                Column("sdgs", _("ODS"), Choices(source=self._goals)),
                Column("hazards", _("Amenazas que atiende"), Choices(source=self._hazards),
                       help=_("Solo para acciones de adaptación.")),
                Column("budget", _("Presupuesto (pesos)"), Amount(), help=_("Si no se conoce, se deja vacío.")),
                _text(Action, "funding_source"),
                _text(Indicator, "name", key="indicator_name", label=_("Indicador")),
                _text(Indicator, "unit", key="indicator_unit", label=_("Unidad del indicador")),
                Column("indicator_direction", _("Se busca"), Choice(source=lambda: enum_options(IndicatorDirection))),
                Column("indicator_baseline", _("Línea base"), Amount(minimum=None)),
                Column("indicator_target", _("Meta"), Amount(minimum=None)),
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
        }
        indicator = next(iter(action.indicators.all()), None)
        values |= {f"indicator_{name}": getattr(indicator, name, None) for name in INDICATOR}
        return values

    def form_data(self, key: str, value: Any) -> Any:
        """A value of a column in the words of the form's field."""
        ids = self.ids.get(key)
        if ids is not None:
            return [str(ids[code]) for code in value] if isinstance(value, tuple) else str(ids.get(value, ""))
        if isinstance(value, Decimal):
            return str(value)
        return "" if value is None else str(value)


def for_sheet(actions: ActionQuerySet) -> ActionQuerySet:
    """Actions with all that a row of the spreadsheet holds, in an order that stays."""
    linked = actions.select_related("municipality", "sector", "pathway").prefetch_related(
        "linked_pathways", "sdgs", "hazards", "indicators"
    )
    return linked.order_by("municipality__sort_name", "pk")


def _named(rows: Iterable[Any]) -> list[Option]:
    """Rows with a code and a name in both languages."""
    return [Option(row.code, row.label, tuple(filter(None, (row.name, row.name_en)))) for row in rows]


def _text(
    model: type[Model], name: str, *, key: str = "", label: Any = "", help: Any = "", lines: bool = False
) -> Column:
    """A text column with label and length of the model's own."""
    field: Any = model._meta.get_field(name)
    required = not field.blank and not key
    kind = Text(max_length=field.max_length, lines=lines)
    return Column(key or name, label or capfirst(field.verbose_name), kind, required=required, help=help)
