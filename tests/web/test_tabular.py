"""The CSV and XLSX writer: text stays text (R7), unknown stays empty, and what was written can be read back."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from web import tabular

FORMULAS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠a",
    "  =1",
    "\u200b=1",
    "\ufeff=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_is_disarmed_in_both_formats(text: str) -> None:
    written = tabular.csv_bytes([text], []).decode("utf-8-sig")
    (cell,) = next(csv.reader(StringIO(written, newline="")))
    assert cell == f"'{text}"
    sheet = load_workbook(BytesIO(tabular.xlsx_bytes([("Hoja", ["a"], [[text]])])))["Hoja"]
    assert sheet["A2"].data_type == "s"
    assert str(sheet["A2"].value).startswith("'")


@given(st.text())
def test_disarmed_text_comes_back_the_same(text: str) -> None:
    assert tabular.plain(tabular.disarm(text)) == text


def test_numbers_dates_and_unknown_keep_their_kind() -> None:
    row: list[tabular.Cell] = [
        -5,
        Decimal("1.50"),
        None,
        date(2026, 6, 17),
        datetime(2026, 6, 17, 17, tzinfo=UTC),
        "árbol",
    ]
    written = tabular.csv_bytes(["a"] * 6, [row])
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode("utf-8-sig").splitlines()[1] == "-5,1.50,,2026-06-17,2026-06-17T17:00:00+00:00,árbol"
    sheet = load_workbook(BytesIO(tabular.xlsx_bytes([("Hoja", ["a"] * 6, [row])])))["Hoja"]
    assert [cell.value for cell in sheet[2]] == [
        -5,
        1.5,
        None,
        datetime(2026, 6, 17),
        "2026-06-17T17:00:00+00:00",
        "árbol",
    ]


def test_control_characters_do_not_break_a_workbook() -> None:
    sheet = load_workbook(BytesIO(tabular.xlsx_bytes([("Hoja", ["a"], [["uno\x00\x0bdos"]])])))["Hoja"]
    assert sheet["A2"].value == "unodos"


def test_download_has_its_name_in_any_alphabet() -> None:
    response = tabular.csv_response("año 2026.csv", ["a"], [])
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''a%C3%B1o%202026.csv"
    assert response["Content-Type"] == "text/csv; charset=utf-8"
