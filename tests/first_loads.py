"""What the tests of first loads do again and again: fill in a template, send it, confirm it."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from zeal import zeal_ignore

from network.models import SheetLoad


def base(what: str) -> str:
    return f"/gestion/carga-inicial/{what}/"


def filled(client: Client, what: str, rows: Sequence[dict[str, Any]]) -> bytes:
    """The downloaded template with these rows, by the headings of its columns."""
    answer = client.get(f"{base(what)}plantilla.xlsx")
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.content))
    sheet = book.worksheets[0]
    places = {str(cell.value).rstrip("* "): cell.column for cell in sheet[1]}
    sheet.delete_rows(2, sheet.max_row)
    for number, row in enumerate(rows, start=2):
        for heading, value in row.items():
            sheet.cell(number, places[heading]).value = value
            if isinstance(value, str) and value.startswith("="):
                sheet.cell(number, places[heading]).data_type = "s"
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def send(client: Client, what: str, data: bytes, name: str = "historia.xlsx") -> SheetLoad:
    answer = client.post(base(what), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return SheetLoad.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[-1]))


def confirm(client: Client, what: str, load: SheetLoad, status: int = 302) -> SheetLoad:
    with zeal_ignore():  # each row is written as one that is typed, each list as one that is imported
        answer = client.post(f"{base(what)}{load.pk}/", {"do": "confirm"})
    assert answer.status_code == status, answer.content.decode()[-3000:]
    load.refresh_from_db()
    return load


def tried(client: Client, what: str, *rows: dict[str, Any]) -> SheetLoad:
    """The dry run of these rows."""
    return send(client, what, filled(client, what, rows))


def counts(load: SheetLoad) -> dict[str, int]:
    return {name: n for name in ("new", "changed", "equal", "kept", "refused") if (n := getattr(load, name))}


def faults(load: SheetLoad) -> list[str]:
    return [f"{cell}: {sentence}" for row in load.rows for cell, sentence in row["faults"]]
