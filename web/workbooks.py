"""Writes the tables of :mod:`web.sheets`: rows with drop-down lists, and a sheet that explains every column."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from web.cells import Amount, Choices, Day, Kind, Text, Whole
from web.sheets import Column, Table
from web.tabular import XLSX, Cell, csv_bytes, download, typed_cell

HELP = gettext_lazy("Ayuda")
LISTS = gettext_lazy("Listas")
OURS = (HELP, LISTS)
_HEAD = PatternFill("solid", fgColor="E7EFEA")
# A text column that takes so many letters holds sentences.
_SENTENCE = 100
_WRAP = Alignment(wrap_text=True, vertical="top")
_BOLD = Font(bold=True)
# A row of a table: the value of each column by its key; what is missing is empty.
Values = Mapping[str, Any]


def heading(column: Column) -> str:
    """A column's heading; an asterisk says that no row may leave it empty."""
    return f"{column.label} *" if column.required else str(column.label)


def cells_of(table: Table, values: Values) -> list[Cell]:
    return [column.kind.write(values.get(column.key, column.kind.empty)) for column in table.columns]


def table_csv(table: Table, rows: Iterable[Values]) -> bytes:
    return csv_bytes([heading(column) for column in table.columns], (cells_of(table, row) for row in rows))


def tables_xlsx(title: str, filled: Sequence[tuple[Table, Iterable[Values]]], *, notes: Sequence[str] = ()) -> bytes:
    """A workbook of tables with their rows, a help sheet and the words of every list."""
    book = Workbook(write_only=True)
    lists: dict[tuple[str, ...], str] = {}
    for table, rows in filled:
        _write_table(book, table, rows, lists)
    _write_help(book, title, [table for table, _rows in filled], notes)
    _write_lists(book, lists)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def xlsx_download(filename: str, data: bytes) -> HttpResponse:
    return download(data, XLSX, filename)


def csv_download(filename: str, data: bytes) -> HttpResponse:
    return download(data, "text/csv; charset=utf-8", filename)


def _write_table(book: Any, table: Table, rows: Iterable[Values], lists: dict[tuple[str, ...], str]) -> None:
    sheet = book.create_sheet(title=str(table.name)[:31])
    sheet.freeze_panes = "B2"
    head = []
    for number, column in enumerate(table.columns, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _width(column)
        cell = typed_cell(sheet, heading(column), bold=True)
        cell.fill, cell.alignment = _HEAD, _WRAP
        head.append(cell)
        if column.kind.listed:
            _add_list(sheet, table, column, letter, lists)
    sheet.append(head)
    styles = [_style(sheet, _format(column.kind)) for column in table.columns]
    for row in rows:
        sheet.append([_styled(sheet, cell, style) for cell, style in zip(cells_of(table, row), styles, strict=True)])


def _add_list(sheet: Any, table: Table, column: Column, letter: str, lists: dict[tuple[str, ...], str]) -> None:
    """A drop-down list. Where several may stand, it offers one and refuses nothing that is typed."""
    words = tuple(column.kind.listed)
    where = lists.setdefault(words, get_column_letter(len(lists) + 1))
    several = isinstance(column.kind, Choices)
    validation = DataValidation(
        type="list",
        formula1=f"'{LISTS}'!${where}$1:${where}${len(words)}",
        allow_blank=True,
        showErrorMessage=not several,
        errorTitle=str(column.label)[:32],
        error=_("Elija uno de la lista."),
    )
    validation.add(f"{letter}2:{letter}{table.max_rows + 1}")
    sheet.data_validations.append(validation)


def _write_help(book: Any, title: str, tables: Sequence[Table], notes: Sequence[str]) -> None:
    sheet = book.create_sheet(title=str(HELP))
    for letter, width in zip("ABCDE", (22, 30, 14, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    first = typed_cell(sheet, title, bold=True)
    sheet.append([first])
    for note in notes:
        sheet.append([typed_cell(sheet, note)])
    sheet.append([])
    head = (_("Hoja"), _("Columna"), _("¿Obligatoria?"), _("Qué se escribe"), _("Valores de la lista"))
    sheet.append([_filled(sheet, words) for words in head])
    for table in tables:
        if table.help:
            sheet.append([_wrapped(sheet, words) for words in (str(table.name), "", "", str(table.help), "")])
        for column in table.columns:
            needed = _("Sí") if column.required else _("No")
            said = " ".join(filter(None, (str(column.help), column.kind.rule)))
            words = (str(table.name), str(column.label), needed, said, " | ".join(column.kind.listed))
            sheet.append([_wrapped(sheet, one) for one in words])


def _write_lists(book: Any, lists: dict[tuple[str, ...], str]) -> None:
    sheet = book.create_sheet(title=str(LISTS))
    sheet.sheet_state = "hidden"
    for number in range(max((len(words) for words in lists), default=0)):
        row = [words[number] if number < len(words) else None for words in lists]
        sheet.append([typed_cell(sheet, word) for word in row])


def _filled(sheet: Any, words: str) -> WriteOnlyCell:
    cell = typed_cell(sheet, words, bold=True)
    cell.fill = _HEAD
    return cell


def _wrapped(sheet: Any, words: str) -> WriteOnlyCell:
    cell = typed_cell(sheet, words)
    cell.alignment = _WRAP
    return cell


def _style(sheet: Any, code: str) -> Any:
    """The style of a column's cells, made once for all of them."""
    cell = WriteOnlyCell(sheet)
    if code:
        cell.number_format = code
    return cell._style


def _styled(sheet: Any, value: Cell, style: Any) -> Any:
    if value is None or value == "":
        return None
    cell = typed_cell(sheet, value)
    cell._style = style
    return cell


def _format(kind: Kind) -> str:
    if isinstance(kind, Day):
        return "yyyy-mm-dd"
    if isinstance(kind, Whole):
        return "0"
    if isinstance(kind, Amount):
        return "#,##0.00" if kind.places == 2 else f"0.{'#' * kind.places}"
    return "@" if isinstance(kind, Text) else ""


def _width(column: Column) -> int:
    if isinstance(column.kind, Text) and column.kind.lines:
        return 60
    if isinstance(column.kind, Text) and column.kind.max_length >= _SENTENCE:
        return 40
    longest = max((len(words) for words in column.kind.listed), default=0)
    return max(14, min(40, max(longest, len(str(column.label))) + 3))
