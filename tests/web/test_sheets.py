"""Tables that come by spreadsheet: what is read of a cell, and what is said of one that cannot be."""

import datetime as dt
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from web.cells import Amount, Choice, Choices, Clock, Day, Email, Option, Text, Whole, WrongCell, YesNo
from web.sheets import Column, Refused, Table, read_tables
from web.workbooks import OURS, table_csv, tables_xlsx

COLOURS = [Option("red", "Rojo", ("Red",)), Option("blue", "Azul marino"), Option("odd", "Uno; dos")]
TABLE = Table(
    "things",
    "Cosas",
    (
        Column("name", "Nombre", Text(max_length=40), required=True),
        Column("long", "Descripción", Text(max_length=400, lines=True)),
        Column("count", "Cuántas", Whole()),
        Column("price", "Precio", Amount()),
        Column("day", "Día", Day()),
        Column("colour", "Color", Choice(source=lambda: COLOURS)),
        Column("colours", "Colores", Choices(source=lambda: COLOURS)),
        Column("new", "¿Nueva?", YesNo()),
        Column("at", "Hora", Clock()),
    ),
)


def read_csv(text: str, encoding: str = "utf-8"):
    return read_tables(text.encode(encoding), [TABLE])


def book(*sheets: tuple[str, list[list]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = BytesIO()
    made.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (Text(max_length=9), "  a \n b ", "a b"),
        (Text(lines=True), "a\r\nb_x000D_", "a\nb"),
        (Text(), "'=1+1", "=1+1"),
        (Text(), 7.0, "7"),
        (Whole(), 7.0, 7),
        (Whole(), "1,250", 1250),
        (Amount(), "$ 1,250.50", Decimal("1250.50")),
        (Amount(), 0.1 + 0.2, Decimal("0.30")),
        (Day(), "18/06/2026", dt.date(2026, 6, 18)),
        (Day(), dt.datetime(2026, 6, 18), dt.date(2026, 6, 18)),
        (Day(), "", None),
        (Choice(source=lambda: COLOURS), "AZÚL  marino", "blue"),
        (Choice(source=lambda: COLOURS), "red", "red"),
        (Choices(source=lambda: COLOURS), "azul marino; Red;", ("red", "blue")),
        (Choices(source=lambda: COLOURS), None, ()),
        (YesNo(), True, True),
        (YesNo(), "no", False),
        (Clock(), "9:30", dt.time(9, 30)),
        (Clock(), dt.time(9, 30, 15), dt.time(9, 30)),
        (Email(), " ana@toluca.example ", "ana@toluca.example"),
    ],
)
def test_a_cell_is_read(kind, given, value):
    assert kind.read(given) == value


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (Text(max_length=3), "abcd", "caben 3"),
        (Text(), "#N/A", "corrija la fórmula"),
        (Whole(), "5.5", "entero"),
        (Whole(), True, "no es un número"),
        (Whole(minimum=Decimal(1)), 0, "menos que 1"),
        (Amount(), "12,5", "dos maneras"),
        (Amount(), "-1", "menos que 0"),
        (Amount(), "1.005", "más de 2 decimales"),
        (Amount(), "nan", "no es un número"),
        (Amount(), "9e400", "demasiado grande"),
        (Amount(), "1234567890123", "demasiado grande"),
        (Day(), 45000, "es un número y no una fecha"),
        (Day(), "31/02/2026", "no es un día que exista"),
        (Day(), "06/2026", "escríbala como"),
        (Day(), "1999-12-31", "no está entre 2000 y 2100"),
        (Choice(source=lambda: COLOURS), "verde", "elija «Rojo» o «Azul marino»"),
        (Choices(source=lambda: COLOURS), "rojo; verde", "«verde» no está en la lista"),
        (YesNo(), "quizá", "no es Sí ni No"),
        (Clock(), "25:00", "no es una hora"),
        (Email(), "ana en casa", "no es un correo"),
    ],
)
def test_a_cell_that_cannot_be_used_says_what_to_write(kind, given, said):
    with pytest.raises(WrongCell, match=re.escape(said)):
        kind.read(given)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_of_any_code_page_and_delimiter_is_read(encoding, delimiter):
    text = delimiter.join(["Descripción", "NOMBRE *"]) + "\r\n" + delimiter.join(["Árbol", "Ñandú"]) + "\r\n"
    read = read_csv(text, encoding)
    assert [row.values for row in read.rows["things"]] == [{"long": "Árbol", "name": "Ñandú"}]
    assert not list(read.all_faults())


def test_faults_name_the_cell_in_a_csv_and_in_a_workbook():
    text = "Nombre,Día,Sobra\nAna,ayer,\n,2026-01-01,,suelto\n"
    said = [str(fault) for fault in read_csv(text).all_faults()]
    assert said[0].startswith("fila 1, columna C: la columna «Sobra» no es de esta hoja")
    assert said[1].startswith("fila 2, columna B: «ayer» no es una fecha")
    assert said[2] == "fila 3, columna A: falta «Nombre»."
    assert said[3] == "fila 3, columna D: hay un valor en una columna sin encabezado."
    rows = [["Día", "Nombre", "Nombre"], [dt.date(2026, 1, 1), None, None]]
    data = book(("Cosas", rows), ("Notas", [["algo"]]), ("Ayuda", [["x"]]))
    said = [str(fault) for fault in read_tables(data, [TABLE], ignored=OURS).all_faults()]
    assert said == [
        "Cosas!C1: la columna «Nombre» está dos veces.",
        "Notas!A1: esta hoja no se reconoce: bórrela o póngale el nombre de la plantilla (Cosas).",
        "Cosas!B2: falta «Nombre».",
    ]


def test_empty_rows_are_passed_over_and_keep_the_numbers_of_the_others():
    data = book(("Cosas", [["Nombre"], ["a"], [None], ["  "], ["b"]]))
    assert [row.address("name") for row in read_tables(data, [TABLE]).rows["things"]] == ["Cosas!A2", "Cosas!A5"]


@pytest.mark.asvs("V5.2.3")
def test_a_file_that_is_no_table_is_refused_with_a_sentence():
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 70_000_000)
    for data, said in (
        (b"", "vacío"),
        (b"%PDF-1.7", "no se admite"),
        (b"PK\x03\x04nothing", "dañado"),
        (bomb.getvalue(), "demasiado grande"),
        (b"hola\nmundo", "No se reconoce la tabla"),
        (b'Nombre\n"abierto', "comillas"),
        (b"Nombre\n" + b"a\n" * 21, "pasa de 20 filas"),
        (book(("Hoja1", [["Nombre"]])), "Falta la hoja «Cosas»"),
    ):
        with pytest.raises(Refused, match=said):
            read_tables(data, [replace(TABLE, max_rows=20)])


def test_the_workbook_explains_itself_and_offers_lists():
    data = tables_xlsx("Cosas de prueba", [(TABLE, [{"name": "=1+1", "colour": "blue"}])], notes=["Primero esto."])
    made = load_workbook(BytesIO(data))
    assert made.sheetnames == ["Cosas", "Ayuda", "Listas"]
    assert made["Listas"].sheet_state == "hidden"
    sheet = made["Cosas"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("'=1+1", "s")
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert lists["F2:F10001"] == "'Listas'!$A$1:$A$3"
    assert [cell.value for cell in made["Listas"]["A"]] == ["Rojo", "Azul marino", "Uno; dos"]
    helped = [[cell.value for cell in row] for row in made["Ayuda"].iter_rows()]
    assert ["Cosas", "Nombre", "Sí", "Texto de hasta 40 letras.", None] in [
        [*row[:4], row[4] or None] for row in helped
    ]


nasty = st.text(max_size=40) | st.sampled_from(
    ["=1+1", "'=1", "''", "-5", "+52 722", "@x", "\t=1", " =1", "a\r\nb", "x005F_x005F_", "_x000D_", "007", "\ufeff",
     "\ufffe", "TRUE", "#N/Ax", "1e5", "<a>&amp;", '";"', "ñ́", "＝1", "2026-01-01", "\x00", "'", "\u200b=1"]
)  # fmt: skip
row = st.fixed_dictionaries(
    {
        "name": nasty,
        "long": nasty,
        "count": st.none() | st.integers(0, 10**9),
        "price": st.none() | st.decimals(0, 10**11, places=2),
        "day": st.none() | st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)),
        "colour": st.none() | st.sampled_from(["red", "blue", "odd"]),
        "colours": st.sets(st.sampled_from(["red", "blue", "odd"])).map(
            lambda codes: tuple(one.code for one in COLOURS if one.code in codes)
        ),
        "new": st.none() | st.booleans(),
        "at": st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(row, max_size=4))
def test_what_is_written_is_read_back_the_same(rows):
    """In both formats, however nasty the texts: that is what lets an exported file come back without a change."""
    expected = []
    for one in rows:
        cells = {column.key: column.kind.kept(one[column.key]) for column in TABLE.columns}
        if any(value not in ("", None, ()) for value in cells.values()):
            expected.append(cells)
            for key in ("count", "price", "day", "colour", "colours", "new", "at"):
                assert cells[key] == one[key]
    for data in (tables_xlsx("Cosas", [(TABLE, rows)]), table_csv(TABLE, rows)):
        assert [row.values for row in read_tables(data, [TABLE], ignored=OURS).rows["things"]] == expected
