"""The figures of the results page as rows: every number of it, with what it is a part of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from municipalities.figures import places
from reports.datasets.columns import Column, DataSet, Kind
from reports.figures import Figures, Line, lines, public_figures
from reports.forms import ResultsFilter, programmes


@dataclass(frozen=True)
class Number:
    """One number, and the territory and the days it is of."""

    line: Line
    figures: Figures


class OpenResultsFilter(ResultsFilter):
    """The filters of the results page, for who has no places at hand."""

    def __init__(self, data: Any) -> None:
        super().__init__(data, places=places(), among=programmes(AnonymousUser()))


def numbers(figures: Figures) -> Sequence[Number]:
    return [Number(line, figures) for line in lines(figures)]


def _computed(form: OpenResultsFilter) -> Sequence[Number]:
    return numbers(public_figures(form.scope, form.period, places=tuple(form.places), registered=form.among.registered))


def _day(name: str) -> Any:
    def read(row: Number) -> dt.date | None:
        return getattr(row.figures, name)

    return read


RESULTS = DataSet(
    slug="resultados",
    by="",
    version="1.0",
    title=_("Resultados"),
    description=_(
        "Cada cifra de la página de resultados, con su denominador: eventos, asistencias, personas únicas, cobertura, metas "
        "y acciones. Para un territorio y un periodo, con los filtros de la página."
    ),
    keywords=[_("resultados"), _("asistencias"), _("cobertura")],
    computed=_computed,
    filters=OpenResultsFilter,
    page="results",
    note=_(
        "Lo que no se sabe está vacío, nunca en cero. Donde una celda por sexo tendría una o dos personas, la fila dice "
        "«sin desglose» y muestra solo su total."
    ),
    columns=[
        Column("ambito", Kind.TEXT, _("Territorio del que es la cifra."), lambda row: row.figures.scope_label, None, True),
        Column("desde", Kind.DAY, _("Primer día del periodo. Vacío: sin principio."), _day("starts_on")),
        Column("hasta", Kind.DAY, _("Último día del periodo. Vacío: sin término."), _day("ends_on")),
        Column("contado_el", Kind.DAY, _("Día de la cuenta."), _day("counted_on"), None, True),
        Column("cuadro", Kind.TEXT, _("Cuadro de la página en que está."), lambda row: row.line.table, None, True),
        Column("clave", Kind.TEXT, _("Clave de aquello de lo que es la cifra. Vacía: de todo el cuadro."), lambda row: row.line.code),
        Column("concepto", Kind.TEXT, _("De qué es la cifra."), lambda row: row.line.label, None, True),
        Column("medida", Kind.TEXT, _("Qué se cuenta."), lambda row: row.line.measure),
        Column("valor", Kind.NUMBER, _("La cifra. Vacía: no se sabe o se reserva, según la nota."), lambda row: row.line.value, 12),
        Column("de", Kind.NUMBER, _("Su denominador. Vacío: no es parte de otra cifra."), lambda row: row.line.of, 125),
        Column("nota", Kind.TEXT, _("Por qué está vacía, o de qué día es."), lambda row: row.line.note),
    ],
)  # fmt: skip
