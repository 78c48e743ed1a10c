"""The one reader of XLSX and CSV. A workbook is an archive that a stranger sent: it is looked at before it opens.

The central directory is counted and added up (few members, no great expansion, no password), no part may carry a
DOCTYPE, the sheets are read cell by cell without formulas, and only so many rows of them. A CSV is text of whichever
code page its bytes are, and what is no text is refused with its line.
"""

import csv
import logging
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO, StringIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook

logger = logging.getLogger(__name__)
Value = str | int | float | datetime | time | timedelta | None
MAX_MEMBERS = 200
MAX_BYTES = 60 * 1024 * 1024
MAX_COLUMNS = 60
_DOCTYPES = tuple("<!doctype".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


class UnsafeWorkbook(ValueError):
    """The file is no workbook, or none that is safe to open; the text says what to do."""


class UnsafeText(ValueError):
    """The file is no text, or ends in the middle; the text says what to do. Line and column count from 1."""

    def __init__(self, sentence: str, line: int = 1, column: int = 1) -> None:
        super().__init__(sentence)
        self.line, self.column = line, column


def looks_like_xlsx(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def xlsx_sheets(data: bytes, *, max_rows: int) -> Iterator[list[list[Value]]]:
    """The rows of each sheet, at most ``max_rows`` and one more of each, so that the caller sees that there are more.

    Raises :class:`UnsafeWorkbook`.
    """
    for _name, rows in xlsx_named_sheets(data, max_rows=max_rows):
        yield rows


def xlsx_named_sheets(data: bytes, *, max_rows: int) -> Iterator[tuple[str, list[list[Value]]]]:
    """The same, each with the name of its sheet."""
    _inspect(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            rows = sheet.iter_rows(max_row=max_rows + 1, max_col=MAX_COLUMNS, values_only=True)
            yield sheet.title, [list(row) for row in rows]
    except UnsafeWorkbook:
        raise
    except Exception as error:  # broad: a damaged workbook raises nearly anything inside its reader
        logger.warning("workbook could not be read: %s", type(error).__name__)
        raise UnsafeWorkbook(_("El libro de Excel está dañado y no se puede abrir. Guárdelo de nuevo.")) from None


def _inspect(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_BYTES:
                raise UnsafeWorkbook(_("El libro de Excel es demasiado grande al abrirse. Guárdelo como CSV."))
            if any(member.flag_bits & 1 for member in members):
                raise UnsafeWorkbook(_("El libro de Excel pide contraseña. Guárdelo sin contraseña."))
            if "xl/workbook.xml" not in {member.filename for member in members}:
                raise UnsafeWorkbook(_("El archivo no es un libro de Excel (XLSX)."))
            for member in members:
                if member.filename.endswith((".xml", ".rels")) and _has_doctype(archive.read(member)):
                    raise UnsafeWorkbook(_("El libro de Excel trae definiciones que no se admiten. Guárdelo como CSV."))
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, UnsafeWorkbook):
            raise
        raise UnsafeWorkbook(_("El libro de Excel está dañado y no se puede abrir. Guárdelo de nuevo.")) from None


def _has_doctype(part: bytes) -> bool:
    lowered = part.lower()
    return any(sign in lowered for sign in _DOCTYPES)


# --- Text


def text_of(data: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, or by what the bytes look like; else the code page of Windows in Spanish.

    Raises :class:`UnsafeText`.
    """
    other = UnsafeText(_("ese tipo de archivo no se admite: súbalo en CSV o en XLSX."))
    if data.startswith((b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise other
    for mark, code in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return _decoded(data, code)
    if b"\x00" in data[:200]:
        try:
            return _decoded(data, "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be")
        except UnsafeText:  # a program, a picture, a workbook that was cut off: no text at all
            raise other from None
    try:
        return _plain(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _decoded(data, "cp1252")


def _decoded(data: bytes, code: str) -> str:
    try:
        return _plain(data.decode(code))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnsafeText(_("el archivo está cortado o dañado. Descárguelo de nuevo."), line) from None


def _plain(text: str) -> str:
    if bad := re.search(r"[\x00-\x08\x0e-\x1f]", text):
        before = text[: bad.start()]
        line, column = before.count("\n") + 1, bad.start() - (before.rfind("\n") + 1) + 1
        raise UnsafeText(_("hay signos que no son de texto: el archivo está dañado o no es CSV."), line, column)
    return text


def csv_rows(text: str, delimiter: str) -> list[tuple[int, list[Value]]]:
    """The records of a CSV, each with the line that it begins in. Raises :class:`UnsafeText`."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[Value]]] = []
    begins = 1
    try:
        for cells in reader:
            rows.append((begins, list(cells)))
            begins = reader.line_num + 1
    except csv.Error:
        column = _cell_with_open_quote(text.splitlines()[begins - 1 :], delimiter)
        raise UnsafeText(_("unas comillas se abren y no se cierran bien."), begins, column) from None
    return rows


def _cell_with_open_quote(lines: list[str], delimiter: str) -> int:
    """Which cell of the first line has the quotes that do not end."""
    column, inside = 1, False
    for character in lines[0] if lines else "":
        if character == '"':
            inside = not inside
        elif character == delimiter and not inside:
            column += 1
    return column
