"""A file of actions: what it would do, row by row.

Only what differs from the stored action counts as a change, cell by cell; a cell that says what is stored is never
wrong. What would be written is checked by the record's own form, so the sheet has no rules of its own.
"""

import uuid
from dataclasses import dataclass, field
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
from web.sheets import Read, Row
from web.tabular import written

# So many rows may be written at once: each goes through the same steps as one that is typed.
MOST_WRITTEN = 1000
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
    """Who sends the file: the actions that exist for them, the municipality they write for (None: any), and in which
    states they change a record."""

    actions: ActionQuerySet
    municipality: Municipality | None
    states: frozenset[str]

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


def liaison_desk(actions: ActionQuerySet, municipality: Municipality) -> Desk:
    return Desk(actions, municipality, WITH_MUNICIPALITY)


def staff_desk(actions: ActionQuerySet) -> Desk:
    return Desk(actions, None, frozenset({ReviewState.SUBMITTED, ReviewState.RETURNED}))


@dataclass(slots=True)
class _Difference:
    """What one row says otherwise than the stored action."""

    action: Action
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


class Plan:
    """What a file that was read would do at this desk."""

    def __init__(self, read: Read, sheet: ActionSheet, desk: Desk) -> None:
        self.sheet, self.desk = sheet, desk
        rows = read.rows.get("actions", [])
        self.stored = self._stored(rows)
        self.places = {row.slug: row for row in sheet.municipalities}
        self.seen: dict[Any, str] = {}
        self.known = self._known(rows)
        self.rows = [
            LoadRow(verdict=Verdict.REFUSED, address=fault.address, what="", faults=[(fault.address, fault.sentence)])
            for fault in read.faults
        ]
        self.rows += [self._row(row) for row in rows]
        self._limit()

    def _stored(self, rows: list[Row]) -> dict[str, Action]:
        keys = {key for row in rows if (key := _uid(row))}
        return {str(action.uid): action for action in for_sheet(self.desk.actions.filter(uid__in=keys))}

    def _known(self, rows: list[Row]) -> set[tuple[int, str, Any]]:
        """Municipality, title and first day of the actions that exist at this desk, where a row without a key would
        make one."""
        days = {day for row in rows if not row.values.get("uid") and (day := row.values.get("starts_on"))}
        found = self.desk.actions.filter(starts_on__in=days).values_list("municipality_id", "title", "starts_on")
        return {(place, folded_name(title), day) for place, title, day in found}

    def _limit(self) -> None:
        writing = [row for row in self.rows if row.verdict in {Verdict.NEW, Verdict.CHANGED}]
        for row in writing[MOST_WRITTEN:]:
            said = _("una carga escribe {n} filas como máximo: deje esta para la siguiente.")
            _refuse(row, row.address, said.format(n=f"{MOST_WRITTEN:,}"))

    # One row

    def _row(self, row: Row) -> LoadRow:
        key = words_of(row.cells.get("uid"))
        action = self.stored.get(_uid(row) or "")
        title = row.values.get("title") or (action.title if action else "")
        made = LoadRow(verdict=Verdict.EQUAL, address=row.address("title"), what=title[:160], sheet=row.sheet)
        if key and action is None:
            row.fault(
                "uid", _("esa clave no es de una acción que usted tenga: para registrar una nueva, déjela vacía.")
            )
        elif key and key in self.seen:
            row.fault("uid", _("la misma clave está también en {cell}.").format(cell=self.seen[key]))
        elif action is not None:
            self._compare(row, action, made)
        else:
            self._make(row, made)
        self.seen.setdefault(key, row.address("uid"))
        for fault in row.faults:
            _refuse(made, fault.address, fault.sentence)
        return made

    def _compare(self, row: Row, action: Action, made: LoadRow) -> None:
        found = _Difference(action)
        stored = self.sheet.stored(action)
        for column in self.sheet.table.columns:
            if column.key not in row.places or column.key == "version":
                continue
            kept = _kept(column.kind, stored[column.key])
            if _says(row, column.key) == kept or _written(row, column.key) == _as_text(column.kind, stored[column.key]):
                row.faults = [fault for fault in row.faults if fault.address != row.address(column.key)]
            elif column.key in row.values:
                self._differs(row, column.key, found, stored)
        if not found.changes and not row.faults:
            return
        self._may_change(row, action)
        made.verdict, made.changes = Verdict.CHANGED, found.changes
        made.data = {"action": action.pk, "version": action.version}
        if not row.faults:
            made.data["form"] = self._check(row, found.values, action)

    def _differs(self, row: Row, key: str, found: _Difference, stored: dict[str, Any]) -> None:
        if key == "municipality":
            row.fault(key, _("una acción no cambia de municipio."))
        elif key == "review_state":
            row.fault(key, _("la revisión no se cambia desde la hoja: deje lo que decía."))
        elif key != "uid":
            column, value = self.sheet.table.column(key), row.values[key]
            found.values[key] = value
            found.changes.append((str(column.label), column.kind.words(stored[key]), column.kind.words(value)))

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
        if row.faults or place is None:
            return
        name = (place.pk, folded_name(title or ""), day)
        if name in self.known:
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
        if not row.faults:
            made.data["form"] = self._check(row, values, None)

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

    def _check(self, row: Row, values: dict[str, Any], action: Action | None) -> dict[str, Any]:
        """Let the record's form look at what would be stored; what it says goes to the cell of its field."""
        data = _as_stored(action) | {key: self.sheet.form_data(key, value) for key, value in values.items()}
        form = _record_form(data, action)
        for name, sentences in form.errors.items():
            key = name if name in row.places else "title"
            for sentence in sentences:
                row.fault(key, str(sentence))
        return data


def _as_stored(action: Action | None) -> dict[str, Any]:
    """What the form of this action would send if nobody touched it, fields that the sheet does not have included."""
    form = ActionForm(visible=Action.objects.none(), action=action)
    return {bound.name: _sent(value) for bound in form.record_fields() if (value := bound.value()) is not None}


def _record_form(data: dict[str, Any], action: Action | None) -> ActionForm:
    """The record's form over one row. A sheet neither relates actions nor brings evidence, so none are on offer."""
    sent = MultiValueDict({name: value if isinstance(value, list) else [value] for name, value in data.items()})
    return ActionForm(sent, visible=Action.objects.none(), action=action)


def _values(form: ActionForm) -> dict[str, Any]:
    """What is written; related actions stay as they are."""
    return form.values() | {"related": None}


def _sent(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return str(value)


def entries(load: SheetLoad, desk: Desk) -> list[Entry]:
    """What a kept dry run writes, checked once more by the record's form."""
    rows = [row for row in load.rows if row["data"].get("form")]
    pks = [row["data"]["action"] for row in rows if "action" in row["data"]]
    actions = {action.pk: action for action in for_sheet(desk.actions.filter(pk__in=pks))}
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
        ready = form.is_valid() and place is not None
        found.append(Entry(row=row, action=action, municipality=place, values=_values(form) if ready else None))
    return found


def stale_sentence(read: int, current: int) -> str:
    said = _("la acción cambió después de descargarla (versión {read}, ahora {current}): descargue la hoja de nuevo.")
    return said.format(read=read, current=current)


def _refuse(made: LoadRow, address: str, sentence: str) -> None:
    made.verdict = Verdict.REFUSED
    made.faults.append((address, sentence))
    made.data = {}


def _uid(row: Row) -> str:
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
