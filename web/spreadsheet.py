"""The one reader of XLSX. A workbook is an archive that a stranger sent: it is looked at from outside before it opens.

The central directory is counted and added up (few members, no great expansion, no password), no part may carry a
DOCTYPE, the sheets are read cell by cell without formulas, and only so many rows of them.
"""

import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook

Value = str | int | float | datetime | time | timedelta | None
MAX_MEMBERS = 200
MAX_BYTES = 60 * 1024 * 1024
MAX_COLUMNS = 60
_DOCTYPES = tuple("<!doctype".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


class UnsafeWorkbook(ValueError):
    """The file is no workbook, or none that is safe to open; the text says what to do."""


def looks_like_xlsx(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def xlsx_sheets(data: bytes, *, max_rows: int) -> Iterator[list[list[Value]]]:
    """The rows of each sheet, at most ``max_rows`` and one more of each, so that the caller sees that there are more.

    Raises :class:`UnsafeWorkbook`.
    """
    _inspect(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            rows = sheet.iter_rows(max_row=max_rows + 1, max_col=MAX_COLUMNS, values_only=True)
            yield [list(row) for row in rows]
    except UnsafeWorkbook:
        raise
    except Exception:  # a damaged workbook raises nearly anything inside its reader
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
