"""A file of actions: what it would do, row by row.

Only what differs from the stored action counts as a change, cell by cell; a cell that says what is stored is never
wrong. What would be written is checked by the record's own form, so the sheet has no rules of its own.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.enums import ReviewState
from actions.forms.actions import ActionForm
from actions.imports import ActionSheet
from actions.imports.sheet import for_sheet
from actions.models import Action, ActionQuerySet
from actions.services import WITH_MUNICIPALITY, Entry
from municipalities.models import Municipality
from network.enums import Verdict
from network.models import SheetLoad
from network.services import LoadRow
from web.cells import WrongCell, words_of
from web.search import folded_name
from web.sheets import Column, Fault, Read, Row, Table
from web.tabular import written

# So many rows may be written at once: each goes through the same steps as one that is typed.
MOST_WRITTEN = 1000
# Columns that the form has in another shape, and where what it says of those fields is told.
NOT_IN_FORM = frozenset({"latitude", "longitude", "related_actions"})
CELLS = {"point": "latitude", "__all__": "title"}
# Names what a row without a key would make, so that the same row of the same file never makes it twice.
_NEW = uuid.UUID("6f1d1a52-7a0e-4d7c-9a55-5f0b6c1f3f0a")


class SheetForm(forms.Form):
    """A spreadsheet that is sent."""

    file = forms.FileField(
        label=gettext_lazy("Archivo"),
        help_text=gettext_lazy("XLSX o CSV, con los encabezados de la plantilla o de la descarga."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"empty": gettext_lazy("El archivo está vacío. Elija otro.")},
    )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(_("El archivo pasa de %(limit)s MB.") % {"limit": limit})
        return upload


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sends the file: the actions that exist for them, the municipality they write for (None: any), in which states
    they change a record, and what a record may be related with."""

    actions: ActionQuerySet
    municipality: Municipality | None
    states: frozenset[str]
    visible: ActionQuerySet
    # Whether milestones met and readings are said from here, whatever the state of the record.
    reports: bool = False

    def for_sheet(self, actions: ActionQuerySet) -> ActionQuerySet:
        return for_sheet(actions, self.visible)

    def refusal(self, action: Action) -> str:
        """Why the record cannot be changed by this file; empty where it can."""
        if action.review_state in self.states:
            return ""
        if action.review_state == ReviewState.SUBMITTED:
            return _("la acción está en revisión: no se cambia hasta que el instituto responda.")
        if action.review_state == ReviewState.RETURNED:
            return _("la acción está observada: la corrige el municipio.")
        if self.municipality is None:
            return _("la acción ya está validada: devuélvala primero con una observación.")
        return _("la acción ya está validada: pida al instituto que la devuelva para cambiarla.")


def liaison_desk(actions: ActionQuerySet, municipality: Municipality, visible: ActionQuerySet) -> Desk:
    return Desk(actions, municipality, WITH_MUNICIPALITY, visible, reports=True)


def staff_desk(actions: ActionQuerySet) -> Desk:
    return Desk(actions, None, frozenset({ReviewState.SUBMITTED, ReviewState.RETURNED}), actions)


@dataclass(frozen=True, slots=True)
class Maker:
    """A row that makes an action, and the indicator that it brings along."""

    row: LoadRow
    indicator: str


class Plan:
    """What the sheet of actions of a file would do at this desk.

    For the further sheets: ``makers`` are the rows that make an action, by its folded title; ``retitled`` and
    ``measured`` say by key how the file calls an action and its first indicator.
    """

    def __init__(self, read: Read, sheet: ActionSheet, desk: Desk) -> None:
        self.sheet, self.desk = sheet, desk
        rows = read.rows.get("actions", [])
        self.stored = self._stored([row for found in read.rows.values() for row in found])
        self.places = {row.slug: row for row in sheet.municipalities}
        self.seen: dict[Any, str] = {}
        self.known = self._known(rows)
        self.related = self._related(rows)
        self.writing = 0
        self.makers: dict[str, list[Maker]] = {}
        self.retitled: dict[str, str] = {}
        self.measured: dict[str, str] = {}
        self.rows = [
            LoadRow(verdict=Verdict.REFUSED, address=fault.address, what="", faults=[(fault.address, fault.sentence)])
            for fault in read.faults
        ]
        self.rows += [self._row(row) for row in rows]

    def _stored(self, rows: list[Row]) -> dict[str, Action]:
        keys = {key for row in rows if (key := uid_of(row))}
        return {str(action.uid): action for action in self.desk.for_sheet(self.desk.actions.filter(uid__in=keys))}

    def _related(self, rows: list[Row]) -> set[str]:
        """The keys of related actions that the file names and that exist at this desk."""
        keys = {key for row in rows for key in row.values.get("related_actions", ())}
        return {str(uid) for uid in self.desk.visible.filter(uid__in=keys).values_list("uid", flat=True)}

    def _known(self, rows: list[Row]) -> set[tuple[int, str, Any]]:
        """Municipality, title and first day of the actions that exist at this desk, where a row without a key would
        make one."""
        days = {day for row in rows if not row.values.get("uid") and (day := row.values.get("starts_on"))}
        found = self.desk.actions.filter(starts_on__in=days).values_list("municipality_id", "title", "starts_on")
        return {(place, folded_name(title), day) for place, title, day in found}

    # One row

    def _row(self, row: Row) -> LoadRow:
        key = words_of(row.cells.get("uid"))
        action = self.stored.get(uid_of(row) or "")
        title = row.values.get("title") or (action.title if action else "")
        made = LoadRow(verdict=Verdict.EQUAL, address=row.address("title"), what=title[:160], sheet=row.sheet)
        if key and action is None:
            row.fault(
                "uid", _("esa clave no es de una acción que usted tenga: para registrar una nueva, déjela vacía.")
            )
        elif key and key in self.seen:
            row.fault("uid", _("la misma clave está también en {cell}.").format(cell=self.seen[key]))
        elif action is not None:
            self.retitled[str(action.uid)] = title
            self.measured[str(action.uid)] = row.values.get("indicator_name", "")
            self._compare(row, action, made)
        else:
            self.makers.setdefault(folded_name(title), []).append(Maker(made, row.values.get("indicator_name", "")))
            self._make(row, made)
        self.seen.setdefault(key, row.address("uid"))
        for fault in row.faults:
            refuse(made, fault.address, fault.sentence)
        return made

    def _compare(self, row: Row, action: Action, made: LoadRow) -> None:
        stored = self.sheet.stored(action)
        found = differing(row, stored, besides={"version"})
        for key, said in (
            ("municipality", _("una acción no cambia de municipio.")),
            ("review_state", _("la revisión no se cambia desde la hoja: deje lo que decía.")),
        ):
            if key in found:
                row.fault(key, said)
        values = {column.key: found[column.key] for column in self.sheet.typed if column.key in found}
        if not values and not row.faults:
            return
        self._may_change(row, action)
        made.verdict, made.changes = Verdict.CHANGED, changes_of(row.table, stored, values)
        made.data = {"action": action.pk, "version": action.version}
        self._check(row, values, action, made)

    def _may_change(self, row: Row, action: Action) -> None:
        refusal = self.desk.refusal(action)
        version = row.values.get("version")
        if refusal:
            row.fault("uid", refusal)
        elif "version" not in row.places or (version is None and "version" in row.values):
            row.fault("version", _("falta la versión que tenía al descargarla: descargue la hoja de nuevo."))
        elif version is not None and version != action.version:
            row.fault("version", stale_sentence(version, action.version))

    def _make(self, row: Row, made: LoadRow) -> None:
        made.verdict = Verdict.NEW
        place = self._place(row)
        title, day = row.values.get("title"), row.values.get("starts_on")
        if row.values.get("review_state"):
            row.fault("review_state", _("una acción nueva empieza como borrador: deje vacía la revisión."))
        if place is None:
            return
        name = (place.pk, folded_name(title or ""), day)
        if not title or not day:
            pass  # what is missing is told at its cell
        elif name in self.known:
            row.fault(
                "title", _("ya existe una acción con ese título y esa fecha de inicio: descargue la hoja otra vez.")
            )
        elif name in self.seen:
            row.fault("title", _("la misma acción está también en {cell}.").format(cell=self.seen[name]))
        self.seen.setdefault(name, row.address("title"))
        request_key = uuid.uuid5(_NEW, "|".join(map(str, name)))
        if self.desk.municipality is None and Action.objects.filter(request_key=request_key).exists():
            row.fault("title", _("esta fila ya se cargó antes: la acción está en borrador con su municipio."))
        values = {column.key: row.values.get(column.key, column.kind.empty) for column in self.sheet.typed}
        made.details = [
            (str(column.label), column.kind.words(values[column.key]))
            for column in self.sheet.typed
            if column.key != "title" and values[column.key] != column.kind.empty
        ]
        made.details.insert(0, (str(_("Municipio")), place.name))
        made.data = {"municipality": place.pk, "request_key": str(request_key)}
        self._check(row, values, None, made)

    def _place(self, row: Row) -> Municipality | None:
        """The municipality that a new action belongs to."""
        said = row.values.get("municipality")
        own = self.desk.municipality
        if own is not None and said not in (None, own.slug):
            row.fault("municipality", _("solo se registran acciones de {name}.").format(name=own.name))
            return None
        unread = "municipality" in row.places and "municipality" not in row.values
        if own is None and said is None and not unread:
            row.fault("municipality", _("diga de qué municipio es la acción nueva."))
        return own or self.places.get(said or "")

    def _check(self, row: Row, values: dict[str, Any], action: Action | None, made: LoadRow) -> None:
        """Let the record's form look at what would be stored; what it says goes to the cell of its field.

        What could not be read is looked at as if it were not there, so that all the faults of a row are told at once.
        """
        if not self.has_room(row, "title"):
            return
        self._check_related(row, values, action)
        self._check_indicator(row, values, action)
        data = _as_stored(action) | {
            key: self.sheet.form_data(key, value) for key, value in values.items() if key not in NOT_IN_FORM
        }
        if (point := self._point(row, values, action)) is not None:
            data["point"] = point
        form = _record_form(data, action)
        for name, errors in form.errors.as_data().items():
            for error in errors:
                key = "longitude" if error.code == "longitude_sign" else CELLS.get(name, name)
                tell(row, key, values, " ".join(map(str, error.messages)))
        made.data["form"] = data
        if "related_actions" in values:
            made.data["related"] = list(values["related_actions"])

    def has_room(self, row: Row, key: str) -> bool:
        """So many rows are written at once; what is more is said, and not looked at."""
        self.writing += 1
        if self.writing > MOST_WRITTEN:
            said = _("una carga escribe {n} filas como máximo: deje esta para la siguiente.")
            row.faults.append(Fault(row.address(key), said.format(n=f"{MOST_WRITTEN:,}")))
        return self.writing <= MOST_WRITTEN

    def _check_related(self, row: Row, values: dict[str, Any], action: Action | None) -> None:
        for key in values.get("related_actions", ()):
            if action is not None and key == str(action.uid):
                row.fault("related_actions", _("una acción no se relaciona consigo misma."))
            elif key not in self.related:
                said = _("la clave {key} no es de una acción que usted vea.")
                row.fault("related_actions", said.format(key=key))

    def _check_indicator(self, row: Row, values: dict[str, Any], action: Action | None) -> None:
        """The first indicator goes with its cells emptied, unless something was measured with it."""
        first = next(iter(action.indicators.all()), None) if action else None
        if first is not None and values.get("indicator_name") == "" and list(first.readings.all()):
            row.fault("indicator_name", _("el indicador ya tiene lecturas: se queda."))

    def _point(self, row: Row, values: dict[str, Any], action: Action | None) -> str | None:
        """The point as the form takes it; None where the row says nothing of it."""
        names = ("latitude", "longitude")
        if not any(name in values for name in names):
            return None
        found = [values.get(name, getattr(action, name, None)) for name in names]
        missing = [name for name, value in zip(names, found, strict=True) if value is None]
        if len(missing) == 1:
            tell(row, missing[0], values, _("la latitud y la longitud van juntas: escriba las dos o ninguna."))
            return None
        return "" if missing else ", ".join(f"{value:f}" for value in found)


def differing(row: Row, stored: Mapping[str, Any], *, besides: Collection[str] = ()) -> dict[str, Any]:
    """What a row says otherwise than what is stored, by column; a cell that says what is stored is never wrong."""
    found = {}
    for column in row.table.columns:
        key = column.key
        if key not in row.places or key in besides:
            continue
        if says_stored(row, column, stored[key]):
            row.faults = [fault for fault in row.faults if fault.address != row.address(key)]
        elif key in row.values:
            found[key] = row.values[key]
    return found


def says_stored(row: Row, column: Column, value: Any) -> bool:
    """Whether a cell says a stored value, as it is read or as it is written."""
    said = _says(row, column.key)
    return bool(
        said == value or said == _kept(column.kind, value) or _written(row, column.key) == _as_text(column.kind, value)
    )


def changes_of(table: Table, stored: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changes, in words: column, before, after."""
    return [
        (str(column.label), column.kind.words(stored[column.key]), column.kind.words(values[column.key]))
        for column in table.columns
        if column.key in values
    ]


def tell(row: Row, key: str, values: Collection[str], sentence: str) -> None:
    """What a form says of a column; where the file does not have it, at the nearest cell that the row fills in.

    A cell that has a fault already is left with that one.
    """
    if key in row.places:
        if row.address(key) not in {fault.address for fault in row.faults}:
            row.fault(key, sentence)
        return
    order = [column.key for column in row.table.columns]
    place = order.index(key) if key in order else 0
    typed = [name for name in values if name in row.places]
    near = sorted(typed, key=lambda name: (not _written(row, name), abs(order.index(name) - place)))
    if key in order:
        label = row.table.column(key).label
        sentence = _("{sentence} (El archivo no trae la columna «{name}».)").format(sentence=sentence, name=label)
    row.fault(near[0] if near else next(iter(row.places)), sentence)


def _as_stored(action: Action | None) -> dict[str, Any]:
    """What the form of this action would send if nobody touched it, fields that the sheet does not have included."""
    form = ActionForm(visible=Action.objects.none(), action=action)
    return {bound.name: _sent(value) for bound in form.record_fields() if (value := bound.value()) is not None}


def _record_form(data: dict[str, Any], action: Action | None) -> ActionForm:
    """The record's form over one row. Related actions go another way, so none are on offer."""
    sent = MultiValueDict({name: value if isinstance(value, list) else [value] for name, value in data.items()})
    return ActionForm(sent, visible=Action.objects.none(), action=action)


def _values(form: ActionForm, related: list[Action] | None) -> dict[str, Any]:
    """What is written; without ``related`` the related actions stay as they are and answer no comment."""
    values = form.values()
    said = {name: words for name, words in values["said"].items() if name != "related_actions"}
    if related is not None:
        said["related_actions"] = ", ".join(f"{row.title} ({row.municipality.name})" for row in related)
    return values | {"related": related, "said": said}


def _related(keys: list[str] | None, action: Action | None, desk: Desk) -> list[Action] | None:
    """Those that a row names, and those that are stored and that its sender cannot see: they stay."""
    if keys is None:
        return None
    named = list(desk.visible.filter(uid__in=keys).select_related("municipality"))
    if action is None:
        return named
    # Not by the action's own relation: that one is at hand with those alone that can be seen.
    unseen = Action.objects.filter(related_actions=action).exclude(pk__in=desk.visible.order_by().values("pk"))
    return [*named, *unseen.select_related("municipality")]


def _sent(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return str(value)


def entries(load: SheetLoad, desk: Desk) -> list[Entry]:
    """What a kept dry run writes, checked once more by the record's form."""
    rows = [row for row in load.rows if row["data"].get("form") and not row["data"].get("part")]
    pks = [row["data"]["action"] for row in rows if "action" in row["data"]]
    actions = {action.pk: action for action in desk.for_sheet(desk.actions.filter(pk__in=pks))}
    places = Municipality.objects.in_bulk(
        {row["data"]["municipality"] for row in rows if "municipality" in row["data"]}
    )
    found = []
    for row in rows:
        data = row["data"]
        action = actions.get(data.get("action"))
        more = {name: data[name] for name in ("version", "request_key") if name in data}
        form = _record_form(data["form"] | more, action)
        place = action.municipality if action else places.get(data.get("municipality"))
        related = _related(data.get("related"), action, desk)
        named = related is None or {str(one.uid) for one in related} >= set(data["related"])
        ready = form.is_valid() and place is not None and named
        values = _values(form, related) if ready else None
        found.append(Entry(row=row, action=action, municipality=place, values=values))
    return found


def stale_sentence(read: int, current: int) -> str:
    said = _("la acción cambió después de descargarla (versión {read}, ahora {current}): descargue la hoja de nuevo.")
    return said.format(read=read, current=current)


def refuse(made: LoadRow, address: str, sentence: str) -> None:
    made.verdict = Verdict.REFUSED
    made.faults.append((address, sentence))
    made.data = {}


def uid_of(row: Row) -> str:
    """The key as it is stored, or nothing where it is none."""
    try:
        return str(uuid.UUID(words_of(row.cells.get("uid"))))
    except ValueError:
        return ""


def _says(row: Row, key: str) -> Any:
    return row.values.get(key, _says)  # the function itself: equal to no value


def _written(row: Row, key: str) -> str:
    return words_of(row.cells.get(key))


def _kept(kind: Any, value: Any) -> Any:
    try:
        return kind.kept(value)
    except WrongCell:
        return _kept  # what is stored could not be typed today; it is compared as it is written


def _as_text(kind: Any, value: Any) -> str:
    return words_of(written(kind.write(kind.empty if value is None else value)))
