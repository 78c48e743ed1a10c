"""The one writer of CSV and XLSX. No cell it writes can run as a formula in a spreadsheet.

Text that begins with ``= + - @``, a tab, a carriage return or the full-width forms of those signs gets an apostrophe
before it; :func:`plain` takes it away again when the portal reads a file it wrote (OWASP, "CSV Injection").
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain
from typing import IO

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Cell = str | int | float | Decimal | bool | date | datetime | Promise | None
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What XML cannot carry: a workbook with one of these does not open.
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def disarm(text: str) -> str:
    """Text that a spreadsheet shows as it is.

    >>> disarm("=1+1"), disarm("árbol")
    ("'=1+1", 'árbol')
    """
    lead = text.lstrip(" \u00a0\u200b\ufeff")
    return f"'{text}" if lead.startswith(DANGEROUS) or text.startswith("'") else text


def plain(text: str) -> str:
    """What :func:`disarm` was given."""
    return text[1:] if text.startswith("'") else text


def written(cell: Cell) -> str | int | float | Decimal | bool | date | None:
    """A cell's value: numbers and dates stay what they are, moments are written in ISO 8601, text is disarmed."""
    if cell is None or isinstance(cell, (bool, int, float, Decimal)):
        return cell
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, date):
        return cell
    return disarm(ILLEGAL.sub("", str(cell)))


def csv_lines(head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, so that spreadsheets read the accents; unknown is an empty cell. Line by line, for
    files of any length."""
    target = StringIO(newline="")
    writer = csv.writer(target)
    yield b"\xef\xbb\xbf"
    for row in chain([head], rows):
        writer.writerow([value.isoformat() if isinstance(value := written(cell), date) else value for cell in row])
        yield target.getvalue().encode()
        target.seek(0)
        target.truncate()


def csv_bytes(head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> bytes:
    return b"".join(csv_lines(head, rows))


Sheet = tuple[str, Sequence[Cell], Iterable[Sequence[Cell]]]


def write_xlsx(target: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """A workbook of (name, head, rows): bold frozen head, text cells of type text. Rows are written as they come."""
    book = Workbook(write_only=True)
    for name, head, rows in sheets:
        sheet = book.create_sheet(title=str(name)[:31])
        sheet.freeze_panes = "A2"
        for number, cell in enumerate(head, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = min(max(len(str(cell)) + 2, 12), 50)
        sheet.append([typed_cell(sheet, cell, bold=True) for cell in head])
        for row in rows:
            sheet.append([typed_cell(sheet, cell) for cell in row])
    book.save(target)


def xlsx_bytes(sheets: Iterable[Sheet]) -> bytes:
    target = BytesIO()
    write_xlsx(target, sheets)
    return target.getvalue()


def typed_cell(sheet: object, cell: Cell, *, bold: bool = False) -> WriteOnlyCell:
    """A cell of a write-only sheet that never runs as a formula."""
    value = written(cell)
    made = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        made.data_type = "s"  # openpyxl would take text that begins with "=" for a formula
    if bold:
        made.font = Font(bold=True)
    return made


def csv_response(filename: str, head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    return download(csv_bytes(head, rows), "text/csv; charset=utf-8", filename)


def xlsx_response(filename: str, sheets: Iterable[Sheet]) -> HttpResponse:
    return download(xlsx_bytes(sheets), XLSX, filename)


def download(data: bytes, content_type: str, filename: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
