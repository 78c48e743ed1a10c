"""Tables that people fill in with a spreadsheet: read from XLSX or CSV into rows that know where each cell stands.

An app says which columns a table has (:class:`Table`); :func:`read_tables` finds them by their headings, in any order,
in Spanish or in the language of the page, and says of everything that does not fit where it is: ``Acciones!C7`` of a
workbook, ``fila 7, columna C`` of a CSV. Nothing that somebody wrote is passed over in silence: a column or a sheet
that is not known is a fault too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl.utils import get_column_letter

from web.cells import Kind, Label, WrongCell, words_of
from web.search import folded_name
from web.spreadsheet import (
    UnsafeText,
    UnsafeWorkbook,
    Value,
    csv_rows,
    looks_like_xlsx,
    text_of,
    xlsx_named_sheets,
)

MAX_ROWS = 10_000


class Refused(ValueError):
    """The file as a whole cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which cell."""

    address: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.address}: {self.sentence}"


@dataclass(frozen=True)
class Column:
    """``key`` names it in code, ``label`` is its heading; ``required`` means that no row may leave it empty."""

    key: str
    label: Label
    kind: Kind
    required: bool = False
    help: Label = ""


@dataclass(frozen=True)
class Table:
    """One sheet, of so many rows at most. ``optional``: the file may come without it."""

    key: str
    name: Label
    columns: Sequence[Column]
    help: Label = ""
    optional: bool = False
    max_rows: int = MAX_ROWS

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


@dataclass(slots=True)
class Row:
    """One row of a table. ``values`` has what could be read, ``faults`` says why the rest could not."""

    table: Table
    sheet: str
    number: int
    cells: dict[str, Value]
    places: dict[str, int]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def address(self, key: str) -> str:
        return address(self.sheet, self.number, self.places.get(key, 0))

    def fault(self, key: str, sentence: str) -> None:
        self.faults.append(Fault(self.address(key), sentence))

    def read(self) -> "Row":
        """Read every cell by its column's kind."""
        for column in self.table.columns:
            if column.key not in self.places:
                continue
            try:
                value = column.kind.read(self.cells.get(column.key))
            except WrongCell as wrong:
                self.fault(column.key, str(wrong))
                continue
            self.values[column.key] = value
            if column.required and value == column.kind.empty:
                self.fault(column.key, _("falta «{column}».").format(column=column.label))
        return self


@dataclass(slots=True)
class Read:
    """What a file holds: the rows of each table that it has, and what is wrong with its headings."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def all_faults(self) -> Iterator[Fault]:
        yield from self.faults
        for rows in self.rows.values():
            for row in rows:
                yield from row.faults


def address(sheet: str, number: int, place: int) -> str:
    """Where a cell is: ``Acciones!C7``; without a sheet ``fila 7, columna C``. ``place`` counts from 0."""
    letter = get_column_letter(place + 1)
    if sheet:
        return f"{sheet}!{letter}{number}"
    return _("fila {number}, columna {letter}").format(number=number, letter=letter)


def read_tables(data: bytes, tables: Sequence[Table], *, ignored: Sequence[Label] = ()) -> Read:
    """Read a workbook, or a CSV of the first table. ``ignored``: sheets that are ours and hold no rows.

    Raises :class:`Refused` where nothing of the file can be used.
    """
    if not data.strip():
        raise Refused(_("El archivo está vacío. Elija otro."))
    read = Read()
    if looks_like_xlsx(data):
        _read_workbook(read, data, tables, ignored)
    else:
        _read_table(read, "", _csv(data), tables[0])
    return read


def _read_workbook(read: Read, data: bytes, tables: Sequence[Table], ignored: Sequence[Label]) -> None:
    names = {name: table for table in tables for name in _names(table.name)}
    ours = {name for label in ignored for name in _names(label)}
    try:
        for name, rows in xlsx_named_sheets(data, max_rows=max(table.max_rows for table in tables)):
            table = names.get(folded_name(name))
            if table is not None and table.key not in read.rows:
                _read_table(read, name, rows, table)
            elif folded_name(name) not in ours and any(_is_filled(row) for row in rows):
                said = _("esta hoja no se reconoce: bórrela o póngale el nombre de la plantilla ({names}).")
                names_shown = ", ".join(str(one.name) for one in tables)
                read.faults.append(Fault(address(name, 1, 0), said.format(names=names_shown)))
    except UnsafeWorkbook as error:
        raise Refused(str(error)) from None
    for table in tables:
        if table.key not in read.rows and not table.optional:
            raise Refused(_("Falta la hoja «{name}». Use la plantilla.").format(name=table.name))


def _csv(data: bytes) -> list[list[Value]]:
    """The records of a CSV: by comma, semicolon or tab, whichever its first line has most of."""
    try:
        text = text_of(data)
        head = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=head.count)
        return [cells for _line, cells in csv_rows(text, delimiter)]
    except UnsafeText as error:
        said = _("Línea {line}, columna {column}: {sentence}")
        raise Refused(said.format(line=error.line, column=error.column, sentence=error)) from None


def _read_table(read: Read, sheet: str, rows: list[list[Value]], table: Table) -> None:
    read.rows[table.key] = []
    if len(rows) > table.max_rows + 1:
        said = _("La hoja «{name}» pasa de {n} filas: divida el archivo.")
        raise Refused(said.format(name=table.name, n=f"{table.max_rows:,}"))
    places = _head(read, sheet, rows[0] if rows else [], table)
    if not places:
        said = _("No se reconoce la tabla: la primera fila de «{name}» debe tener los encabezados de la plantilla.")
        raise Refused(said.format(name=table.name))
    headless = {place for place, cell in enumerate(rows[0]) if not words_of(cell)}
    for number, cells in enumerate(rows[1:], start=2):
        if not _is_filled(cells):
            continue
        found = {key: cells[place] for key, place in places.items() if place < len(cells)}
        row = Row(table, sheet, number, found, places).read()
        row.faults += _without_head(sheet, number, cells, headless | set(range(len(rows[0]), len(cells))))
        read.rows[table.key].append(row)


def _head(read: Read, sheet: str, cells: list[Value], table: Table) -> dict[str, int]:
    """Which column stands where; what is unknown, twice there or missing is a fault of the file."""
    names = {name: column.key for column in table.columns for name in (*_names(column.label), column.key)}
    places: dict[str, int] = {}
    faults = []
    for place, cell in enumerate(cells):
        text = words_of(cell).rstrip("* ")
        key = names.get(folded_name(text))
        if not text:
            continue
        if key is None:
            said = _("la columna «{name}» no es de esta hoja: quítela o corrija el encabezado.")
            faults.append(Fault(address(sheet, 1, place), said.format(name=text[:60])))
        elif key in places:
            faults.append(Fault(address(sheet, 1, place), _("la columna «{name}» está dos veces.").format(name=text)))
        else:
            places[key] = place
    for column in table.columns:
        if places and column.required and column.key not in places:
            faults.append(Fault(address(sheet, 1, 0), _("falta la columna «{name}».").format(name=column.label)))
    read.faults += faults
    return places


def _without_head(sheet: str, number: int, cells: list[Value], headless: set[int]) -> Iterator[Fault]:
    for place in sorted(headless):
        if place < len(cells) and words_of(cells[place]):
            yield Fault(address(sheet, number, place), _("hay un valor en una columna sin encabezado."))


def _is_filled(cells: list[Value]) -> bool:
    return any(words_of(cell) for cell in cells)


def _names(label: Label) -> set[str]:
    """What a heading may be called: in the language of the page and in Spanish."""
    names = {folded_name(str(label))}
    for language in ("es", "en"):
        with override(language):
            names.add(folded_name(str(label)))
    return names
