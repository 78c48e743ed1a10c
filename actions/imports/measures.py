"""The further sheets of the spreadsheet: milestones, indicators beyond the first, and readings.

A row belongs to the action whose key it bears; where a row of the same file makes the action, it says that title. The
portal's number says which milestone, indicator or reading it is; a row without one adds. Columns of what people type
bear the names of the fields of their forms (:mod:`actions.forms.plan`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from actions.enums import IndicatorDirection
from actions.imports.cells import text_column
from actions.models import HEAVIEST, LIGHTEST, Action, Indicator, IndicatorReading, Milestone
from web.cells import Amount, Choice, Day, Text, Whole, enum_options
from web.sheets import Column, Table
from web.workbooks import Values

# More than the actions have rows: what is measured each month adds up.
MOST_ROWS = 50_000
# Says which thing of which action a row is; the rest is what people type.
OF_PART = ("uid", "version", "action", "number")
MILESTONES, INDICATORS, READINGS = "milestones", "indicators", "readings"
# What stands in an empty cell.
DEFAULTS = {"weight": LIGHTEST, "direction": IndicatorDirection.INCREASE.value}


@dataclass(frozen=True)
class Part:
    """A sheet of things that actions have. ``main`` is the column that names one; ``stored`` its rows of an action;
    ``reported`` what may be said of it in any state of the record."""

    table: Table
    main: str
    stored: Callable[[Action], list[Values]]
    reported: frozenset[str]

    @property
    def key(self) -> str:
        return self.table.key

    @property
    def typed(self) -> list[Column]:
        return [column for column in self.table.columns if column.key not in OF_PART]

    def rows(self, actions: Iterable[Action]) -> Iterable[Values]:
        for action in actions:
            yield from self.stored(action)


def parts() -> list[Part]:
    """In the order in which they are written: a reading may be one of an indicator that the same file adds."""
    return [
        Part(_table(MILESTONES, _("Hitos"), _milestone_columns(), _("Los pasos de cada acción.")), "title", _milestones,
             frozenset({"done_on"})),
        Part(
            _table(INDICATORS, _("Indicadores"), _indicator_columns(),
                   _("Los indicadores de cada acción después del primero, que va en la hoja Acciones.")),
            "name", _indicators, frozenset(),
        ),
        Part(
            _table(READINGS, _("Lecturas"), _reading_columns(), _("Lo medido de cada indicador, un día por fila.")),
            "indicator", _readings, frozenset({"date", "value", "source"}),
        ),
    ]  # fmt: skip


def _table(key: str, name: Any, columns: tuple[Column, ...], help: Any) -> Table:
    own = (
        Column("uid", _("Clave de la acción"), Text(max_length=36),
               help=_("La de la hoja Acciones. Si la acción es nueva en este mismo archivo, se deja vacía.")),
        Column("version", _("Versión"), Whole(), help=_("De la acción; la pone el portal. En una fila nueva, vacía.")),
        Column("action", _("Acción"), Text(max_length=160),
               help=_("El título de la acción; solo hace falta cuando es nueva en este mismo archivo.")),
        Column("number", _("Número"), Whole(), help=_("Lo pone el portal; vacío en una fila nueva.")),
    )  # fmt: skip
    return Table(key, name, (*own, *columns), help=help, optional=True, max_rows=MOST_ROWS)


def _milestone_columns() -> tuple[Column, ...]:
    return (
        text_column(Milestone, "title", label=_("Hito")),
        Column("weight", _("Peso"), Whole(minimum=Decimal(LIGHTEST), maximum=Decimal(HEAVIEST)),
               help=_("De 1 a 100, comparado con los demás; vacío: 1.")),
        Column("due_on", _("Fecha prevista"), Day()),
        Column("done_on", _("Se cumplió el"), Day(), help=_("Se deja vacío mientras no se cumpla.")),
    )  # fmt: skip


def _indicator_columns() -> tuple[Column, ...]:
    return (
        text_column(Indicator, "name", label=_("Indicador")),
        text_column(Indicator, "unit", label=_("Unidad")),
        Column("direction", _("Se busca"), Choice(source=lambda: enum_options(IndicatorDirection)),
               help=_("Vacía: aumentar.")),
        Column("baseline", _("Línea base"), Amount(minimum=None), help=_("El valor antes de empezar, si se conoce.")),
        Column("target", _("Meta"), Amount(minimum=None), required=True),
    )  # fmt: skip


def _reading_columns() -> tuple[Column, ...]:
    return (
        text_column(Indicator, "name", key="indicator", label=_("Indicador"), required=True,
                    help=_("Su nombre, como está en la hoja Acciones o en la hoja Indicadores.")),
        Column("date", _("Fecha de la medición"), Day(), required=True),
        Column("value", _("Valor"), Amount(minimum=None), required=True),
        text_column(IndicatorReading, "source", label=_("Fuente")),
    )  # fmt: skip


def _own(action: Action, number: int) -> dict[str, Any]:
    return {"uid": str(action.uid), "version": action.version, "action": action.title, "number": number}


def _milestones(action: Action) -> list[Values]:
    names = ("title", "weight", "due_on", "done_on")
    return [_own(action, row.pk) | {name: getattr(row, name) for name in names} for row in action.milestones.all()]


def _indicators(action: Action) -> list[Values]:
    names = ("name", "unit", "direction", "baseline", "target")
    return [
        _own(action, row.pk) | {name: getattr(row, name) for name in names} for row in list(action.indicators.all())[1:]
    ]


def _readings(action: Action) -> list[Values]:
    """``indicator_id`` is no column: it says whose a reading is where two indicators bear one name."""
    names = ("indicator_id", "date", "value", "source")
    return [
        _own(action, row.pk) | {"indicator": indicator.name} | {name: getattr(row, name) for name in names}
        for indicator in action.indicators.all()
        for row in indicator.readings.all()
    ]
