"""The further sheets of a file of actions: what each row of milestones, indicators and readings would do.

As in the sheet of actions only what differs counts, and what would be written is checked by the forms that a person
types into. A row that is missing deletes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from actions.forms.plan import IndicatorForm, MilestoneForm, ReadingForm
from actions.forms.sheet import Desk, Plan, changes_of, differing, refuse, says_stored, stale_sentence, tell, uid_of
from actions.imports import ActionSheet
from actions.imports.measures import DEFAULTS, INDICATORS, MILESTONES, READINGS, Part
from actions.models import Action, Indicator
from actions.services import PartEntry
from network.enums import Verdict
from network.models import SheetLoad
from network.services import LoadRow
from web.cells import words_of
from web.search import folded_name
from web.sheets import Read, Row
from web.workbooks import Values


@dataclass(slots=True)
class _Parent:
    """The action that a row belongs to; ``made`` is the row of the same file that makes it.

    ``names``: its indicators by their folded names, as each is called and its id; None where the file adds it.
    """

    key: str
    action: Action
    made: LoadRow | None = None
    names: dict[str, list[tuple[str, int | None]]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.made.what if self.made else self.action.title

    @property
    def data(self) -> dict[str, Any]:
        if self.made:
            return {"request_key": self.made.data.get("request_key", "")}
        return {"action": self.action.pk, "version": self.action.version}


class PartsPlan:
    """What the further sheets of a file would do, after its sheet of actions was looked at."""

    def __init__(self, read: Read, plan: Plan) -> None:
        self.plan, self.desk = plan, plan.desk
        self.parents: dict[str, _Parent] = {}
        self.seen: dict[Any, str] = {}
        self.rows = [self._row(part, row) for part in plan.sheet.parts for row in read.rows.get(part.key, [])]

    def _row(self, part: Part, row: Row) -> LoadRow:
        parent = self._parent(row)
        named = words_of(row.cells.get(part.main))
        what = f"{named} ({parent.title})" if parent else named
        made = LoadRow(verdict=Verdict.EQUAL, address=row.address(part.main), what=what[:160], sheet=row.sheet)
        if parent is not None and not words_of(row.cells.get("number")):
            self._make(part, row, parent, made)
        elif parent is not None and "number" in row.values:
            self._compare(part, row, parent, made)
        for fault in row.faults:
            refuse(made, fault.address, fault.sentence)
        return made

    # Whose it is

    def _parent(self, row: Row) -> _Parent | None:
        if words_of(row.cells.get("uid")):
            return self._known(row)
        title = words_of(row.cells.get("action"))
        makers = self.plan.makers.get(folded_name(title), []) if title else []
        if len(makers) == 1:
            key = f"new:{folded_name(title)}"
            return self.parents.setdefault(key, _Parent(key, Action(), makers[0].row, _named(makers[0].indicator)))
        if makers:
            row.fault("action", _("hay dos acciones nuevas con ese título: póngales títulos distintos."))
        elif title:
            row.fault(
                "uid",
                _("falta la clave de la acción: cópiela de la hoja Acciones. Solo una acción nueva va sin clave."),
            )
        else:
            row.fault("uid", _("falta la clave de la acción: cópiela de la hoja Acciones."))
        return None

    def _known(self, row: Row) -> _Parent | None:
        action = self.plan.stored.get(uid_of(row))
        if action is None:
            row.fault("uid", _("esa clave no es de una acción que usted tenga: cópiela de la hoja Acciones."))
            return None
        key = str(action.uid)
        self._check_title(row, action)
        if key not in self.parents:
            self.parents[key] = _Parent(key, action, names=self._names(key, action))
        return self.parents[key]

    def _check_title(self, row: Row, action: Action) -> None:
        """The title beside a key is that action's, as it is stored or as the sheet of actions has it now."""
        if not words_of(row.cells.get("action")):
            return
        if says_stored(row, row.table.column("action"), action.title):
            row.faults = [fault for fault in row.faults if fault.address != row.address("action")]
        elif row.values.get("action") != self.plan.retitled.get(str(action.uid)):
            row.fault("action", _("esa clave es de otra acción: «{title}».").format(title=action.title))

    def _names(self, key: str, action: Action) -> dict[str, list[tuple[str, int | None]]]:
        """Stored indicators, and what the sheet of actions calls the first one now."""
        names: dict[str, list[tuple[str, int | None]]] = {}
        rows = list(action.indicators.all())
        for row in rows:
            names.setdefault(folded_name(row.name), []).append((row.name, row.pk))
        if name := self.plan.measured.get(key):
            names.setdefault(folded_name(name), [(name, rows[0].pk if rows else None)])
        return names

    # What is stored already

    def _compare(self, part: Part, row: Row, parent: _Parent, made: LoadRow) -> None:
        number = row.values["number"]
        known = [] if parent.made else part.stored(parent.action)
        stored = next((one for one in known if one["number"] == number), None)
        if stored is None:
            row.fault("number", _("esa acción no tiene nada con ese número aquí: para agregar, déjelo vacío."))
            return
        if (part.key, number) in self.seen:
            row.fault("number", _("el mismo número está también en {cell}.").format(cell=self.seen[part.key, number]))
        self.seen.setdefault((part.key, number), row.address("number"))
        values = differing(row, stored, besides={"uid", "version", "action", "number"})
        values |= {key: default for key, default in DEFAULTS.items() if key in values and values[key] is None}
        if part.key == INDICATORS and "name" in values:
            parent.names.setdefault(folded_name(values["name"]), []).append((values["name"], number))
        if not values and not row.faults:
            return
        if "indicator" in values:
            row.fault("indicator", _("una lectura no cambia de indicador: deje lo que decía y agregue otra fila."))
        self._may_write(part, row, parent, values)
        self._needs_version(row, parent.action)
        if part.main in values or "date" in values:
            self._once(part, row, parent, {**stored, **values})
        made.verdict, made.changes = Verdict.CHANGED, changes_of(part.table, stored, values)
        made.data = parent.data | {"part": part.key, "number": number}
        self._check(part, row, parent, {**stored, **values}, made, values)

    def _needs_version(self, row: Row, action: Action) -> None:
        version = row.values.get("version")
        if "version" not in row.places or (version is None and "version" in row.values):
            tell(row, "version", (), _("falta la versión que tenía al descargarla: descargue la hoja de nuevo."))
        self._is_current(row, action)

    def _is_current(self, row: Row, action: Action) -> None:
        version = row.values.get("version")
        if version is not None and version != action.version:
            row.fault("version", stale_sentence(version, action.version))

    def _may_write(self, part: Part, row: Row, parent: _Parent, values: Mapping[str, Any]) -> None:
        """What was reached and measured may be said by the municipality while the record is elsewhere."""
        if parent.made or (self.desk.reports and set(values) <= part.reported):
            return
        if refusal := self.desk.refusal(parent.action):
            tell(row, "uid", (), refusal)

    # What is added

    def _make(self, part: Part, row: Row, parent: _Parent, made: LoadRow) -> None:
        made.verdict = Verdict.NEW
        values = {column.key: row.values.get(column.key, column.kind.empty) for column in part.typed}
        values |= {key: default for key, default in DEFAULTS.items() if key in values and values[key] is None}
        self._may_write(part, row, parent, {key: value for key, value in values.items() if key != "indicator"})
        if not parent.made:
            self._is_current(row, parent.action)
        if values[part.main]:
            self._once(part, row, parent, values)
        name = folded_name(str(values[part.main]))
        if part.key == INDICATORS and name:
            if parent.made and name in parent.names:
                row.fault("name", _("esta acción ya tiene un indicador con ese nombre."))
            parent.names.setdefault(name, [(values["name"], None)])
        made.details = [
            (str(column.label), column.kind.words(values[column.key]))
            for column in part.typed
            if column.key != part.main and values[column.key] != column.kind.empty
        ]
        made.data = parent.data | {"part": part.key}
        self._check(part, row, parent, values, made, values)

    def _once(self, part: Part, row: Row, parent: _Parent, whole: Mapping[str, Any]) -> None:
        """The same name (of a reading: the same day) is written once for an action."""
        same = (part.key, parent.key, folded_name(str(whole[part.main])), whole.get("date"))
        if same in self.seen:
            row.fault(part.main, _("lo mismo está también en {cell}.").format(cell=self.seen[same]))
        self.seen.setdefault(same, row.address(part.main))

    def _check(
        self, part: Part, row: Row, parent: _Parent, whole: Values, made: LoadRow, values: Mapping[str, Any]
    ) -> None:
        """Let the form of the thing look at what would be stored; what it says goes to the cell of its field."""
        if not self.plan.has_room(row, part.main):
            return
        data = {column.key: _sent(whole[column.key]) for column in part.typed if column.key != "indicator"}
        made.data["form"] = data
        if part.key == READINGS:
            found = _indicators(parent, whole)
            if len(found) != 1:
                tell(row, "indicator", values, _wrong_indicator(parent, len(found)))
                return
            made.data["name"], made.data["indicator"] = found[0]
        form = part_form(made.data, parent.action)
        for name, sentences in form.errors.items():
            for sentence in sentences:
                tell(row, name if name != "__all__" else part.main, values, str(sentence))


def _indicators(parent: _Parent, whole: Mapping[str, Any]) -> list[tuple[str, int | None]]:
    """Those that a reading may be of: one that is stored has its own, however it is called."""
    name = str(whole["indicator"])
    if pk := whole.get("indicator_id"):
        return [(name, pk)]
    return parent.names.get(folded_name(name), [])


def _named(name: str) -> dict[str, list[tuple[str, int | None]]]:
    return {folded_name(name): [(name, None)]} if name else {}


def _wrong_indicator(parent: _Parent, found: int) -> str:
    if found:
        return _("la acción tiene dos indicadores con ese nombre: cambie uno.")
    names = ", ".join(f"«{row[0][0]}»" for row in parent.names.values())
    if not names:
        return _("la acción no tiene indicadores: agréguelo en la hoja Indicadores.")
    return _("la acción no tiene ese indicador; tiene {names}.").format(names=names)


def _sent(value: Any) -> str:
    return "" if value is None else str(value)


def part_form(data: Mapping[str, Any], action: Action) -> Any:
    """The form of a milestone, an indicator or a reading over one row. ``action`` has no id where the file makes it."""
    number, sent = data.get("number"), data["form"]
    if data["part"] == MILESTONES:
        step = _of(action.milestones.all(), number) if number else None
        return MilestoneForm(sent, action=action, milestone=step, planned=True)
    if data["part"] == INDICATORS:
        return IndicatorForm(sent, action=action, indicator=_of(action.indicators.all(), number) if number else None)
    return _reading_form(sent, action, data.get("indicator"), number)


def _reading_form(sent: Mapping[str, str], action: Action, indicator_pk: int | None, number: int | None) -> forms.Form:
    indicator = _of(action.indicators.all(), indicator_pk) if indicator_pk else Indicator()
    readings = list(indicator.readings.all()) if indicator_pk else []
    reading = _of(readings, number) if number else None
    form = ReadingForm({**sent, "reason": _("Carga desde Excel")}, indicator=indicator, reading=reading)
    if form.is_valid() and form.cleaned_data["date"] in {row.date for row in readings if row.pk != number}:
        form.day_is_taken()
    return form


def _of(rows: Any, number: int) -> Any:
    """Of rows that are at hand. Raises LookupError where it is gone."""
    for row in rows:
        if row.pk == number:
            return row
    raise LookupError(number)


def part_entries(load: SheetLoad, desk: Desk) -> list[PartEntry]:
    """What a kept dry run writes of milestones, indicators and readings, checked once more by their forms."""
    rows = [row for row in load.rows if row["data"].get("part")]
    pks = {row["data"]["action"] for row in rows if "action" in row["data"]}
    actions = {action.pk: action for action in desk.for_sheet(desk.actions.filter(pk__in=pks))}
    return [_entry(row, actions.get(row["data"].get("action"))) for row in rows]


def _entry(row: dict[str, Any], action: Action | None) -> PartEntry:
    data = row["data"]
    values = None
    if action is not None or "request_key" in data:
        try:
            form = part_form(data, action or Action())
            values = _values(data["part"], form) if form.is_valid() else None
        except LookupError:  # taken away since
            values = None
    return PartEntry(row=row, action=action, values=values)


def _values(part: str, form: Any) -> dict[str, Any]:
    if part != READINGS:
        return {"values": form.values()}
    return {name: form.cleaned_data[name] for name in ("date", "value", "source")}


def dry_run(read: Read, sheet: ActionSheet, desk: Desk) -> list[LoadRow]:
    """What a file that was read would do at this desk, row by row."""
    plan = Plan(read, sheet, desk)
    return [*plan.rows, *PartsPlan(read, plan).rows]
