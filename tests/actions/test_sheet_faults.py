"""More than forty ways to get a spreadsheet wrong: each is named with its cell, and nothing of the file is stored."""

import datetime as dt

import pytest

from actions.enums import ReviewState
from actions.models import Action, Indicator, IndicatorReading, Milestone
from tests.actions.test_sheets import BASE, bytes_of, desk, exported, faults_of, place, send, sheet_of  # noqa: F401
from tests.factories import (
    ActionFactory,
    HazardFactory,
    IndicatorFactory,
    IndicatorReadingFactory,
    MilestoneFactory,
    MunicipalityFactory,
    PathwayFactory,
    SDGFactory,
    SectorFactory,
)

pytestmark = pytest.mark.django_db
GOOD = {"Título": "Acción", "Tipo": "Adaptación", "Sector": "agua", "Área responsable": "Ecología",
        "Inicia": "2026-02-01", "Descripción": "Texto."}  # fmt: skip
# (heading, what is written there, what is said of that cell); the heading "a|b" breaks b and is told at a.
FAULTS = [
    ("Título", None, "falta «Título»"),
    ("Título", "x" * 161, "caben 160"),
    ("Título", "#REF!", "corrija la fórmula"),
    ("Tipo", None, "falta «Tipo»"),
    ("Tipo", "Prevención", "no está en la lista"),
    ("Sector", None, "falta «Sector»"),
    ("Sector", "Astronomía", "no está en la lista"),
    ("Camino de entrada", "Ninguno de ellos", "no está en la lista"),
    ("Área responsable", None, "falta «Área responsable»"),
    ("Área responsable", "x" * 161, "caben 160"),
    ("Inicia", None, "falta «Inicia»"),
    ("Inicia", "en mayo", "no es una fecha"),
    ("Inicia", "31/02/2026", "no es un día que exista"),
    ("Inicia", 45000, "es un número y no una fecha"),
    ("Inicia", "1999-01-01", "no está entre 2000 y 2100"),
    ("Descripción", None, "falta «Descripción»"),
    ("Descripción", "x" * 4001, "caben 4,000"),
    ("Termina (plan)", "2025-01-01", "termina antes de empezar"),
    ("Termina (plan)", "pronto", "no es una fecha"),
    ("Situación", "Casi lista", "no está en la lista"),
    ("Lugar o localidad", "x" * 161, "caben 160"),
    ("Con quién se hace", "x" * 301, "caben 300"),
    ("Caminos vinculados", "Resiliente; Otro", "«Otro» no está en la lista"),
    ("Caminos vinculados", "Resiliente", "no se repite"),
    ("ODS", "6; 99", "«99» no está en la lista"),
    ("Amenazas que atiende", "Meteorito", "no está en la lista"),
    ("Presupuesto (pesos)", "mucho", "no es un número"),
    ("Presupuesto (pesos)", "-5", "es menos que 0"),
    ("Presupuesto (pesos)", "12,5", "de dos maneras"),
    ("Presupuesto (pesos)", "1.234", "más de 2 decimales"),
    ("Presupuesto (pesos)", "1234567890123", "demasiado grande"),
    ("Fuente de financiamiento", "x" * 161, "caben 160"),
    ("Se busca", "Mantener", "no está en la lista"),
    ("Línea base", "ninguna", "no es un número"),
    ("Meta", "toda", "no es un número"),
    ("Unidad del indicador", "kg", ""),  # an indicator without a name and a target
    ("Municipio", "Ajeno", "solo se registran acciones de"),
    ("Municipio", "Atlántida", "no está en la lista"),
    ("Revisión", "Validada", "una acción nueva empieza como borrador"),
    ("Clave", "no-es-clave", "no es de una acción que usted tenga"),
    ("Versión", "uno", "no es un número"),
    ("Comenzó (real)", "2100-01-01", "todavía no llega"),
    ("Terminó (real)", "2026-13-01", "no es un día que exista"),
    ("Cada cuándo se da seguimiento", "Cada semana", "no está en la lista"),
    ("Latitud", 19.29, "la latitud y la longitud van juntas"),  # told at the longitude
    ("Longitud", "99 oeste", "no es un número"),
    ("Personas beneficiadas, en total", "2.5", "debe ser un número entero"),
    ("De ellas, mujeres", 5, "Escriba también el total"),  # told at the total
    ("De ellas, hombres", "muchos", "no es un número"),
    ("Personas expuestas", 200_000_000, "es más que 100000000"),
    ("Instrumento del que viene", "Ninguno conocido", "no está en la lista"),
    ("Línea de acción", "3.2", "Diga de qué instrumento"),  # told at the instrument
    ("Acciones relacionadas", "Huerto", "no es una clave"),
    ("Acciones relacionadas", "6f1d1a52-7a0e-4d7c-9a55-5f0b6c1f3f0b", "no es de una acción que usted vea"),
]
TOLD_AT = {
    "Unidad del indicador": "Meta", "Latitud": "Longitud", "De ellas, mujeres": "Personas beneficiadas, en total",
    "Línea de acción": "Instrumento del que viene",
}  # fmt: skip
GOOD_PARTS = {
    "Hitos": {"Hito": "Paso"},
    "Indicadores": {"Indicador": "Medida", "Unidad": "km", "Meta": 5},
    "Lecturas": {"Indicador": "Canales", "Fecha de la medición": "2026-01-0{n}", "Valor": 1},
}
# (sheet, heading, what is written there, what is said of that cell).
FAULTS_OF_PARTS = [
    ("Hitos", "Clave de la acción", "ninguna", "no es de una acción que usted tenga"),
    ("Hitos", "Clave de la acción", None, "falta la clave de la acción"),
    ("Hitos", "Acción", "Otra", "esa clave es de otra acción: «Mía»"),
    ("Hitos", "Número", 987654, "no tiene nada con ese número"),
    ("Hitos", "Versión", 9, "versión 9, ahora 1"),
    ("Hitos", "Hito", None, "falta «Hito»"),
    ("Hitos", "Hito", "x" * 161, "caben 160"),
    ("Hitos", "Hito", "Obra", "ya tiene un hito con ese nombre"),
    ("Hitos", "Peso", 101, "es más que 100"),
    ("Hitos", "Peso", 0, "es menos que 1"),
    ("Hitos", "Fecha prevista", "pronto", "no es una fecha"),
    ("Hitos", "Se cumplió el", "2100-01-01", "todavía no llega"),
    ("Indicadores", "Indicador", "Canales", "ya tiene un indicador con ese nombre"),
    ("Indicadores", "Unidad", None, "falta «Unidad»"),
    ("Indicadores", "Se busca", "Mantener", "no está en la lista"),
    ("Indicadores", "Línea base", "cero", "no es un número"),
    ("Indicadores", "Meta", None, "falta «Meta»"),
    ("Indicadores", "Meta", "#DIV/0!", "corrija la fórmula"),
    ("Lecturas", "Indicador", "Otro", "la acción no tiene ese indicador; tiene «Canales»"),
    ("Lecturas", "Fecha de la medición", "2026-03-01", "Ya hay una lectura de ese día"),
    ("Lecturas", "Fecha de la medición", "2100-01-01", "todavía no llega"),
    ("Lecturas", "Valor", None, "falta «Valor»"),
    ("Lecturas", "Fuente", "x" * 201, "caben 200"),
]


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Action, Milestone, Indicator, IndicatorReading)]


def wrong_parts(book, mine):
    """One wrong row for each fault of the further sheets; answers what is expected of which cell."""
    expected = {}
    for count, (name, heading, value, said) in enumerate(FAULTS_OF_PARTS, start=1):
        sheet, columns = sheet_of(book, name)
        number = sheet.max_row + 1
        for other, good in ({"Clave de la acción": str(mine.uid)} | GOOD_PARTS[name]).items():
            written = good.format(n=count % 9 + 1) if isinstance(good, str) else good
            sheet[f"{columns[other]}{number}"] = f"{written} {count}" if written in {"Paso", "Medida"} else written
        sheet[f"{columns[heading]}{number}"] = value
        expected[f"{name}!{columns[heading]}{number}"] = said
    # The same reading twice in one file, and a reading that would pass to another indicator.
    sheet, columns = sheet_of(book, "Lecturas")
    sheet[f"{columns['Indicador']}2"] = "Medida"
    expected[f"Lecturas!{columns['Indicador']}2"] = "no cambia de indicador"
    number = sheet.max_row + 1
    for extra in (number, number + 1):
        cells = {"Clave de la acción": str(mine.uid), "Indicador": "Canales", "Fecha de la medición": "2025-05-05"}
        for other, good in (cells | {"Valor": 1}).items():
            sheet[f"{columns[other]}{extra}"] = good
    expected[f"Lecturas!{columns['Indicador']}{number + 1}"] = "lo mismo está también en"
    return expected


def test_forty_kinds_of_faults_are_named_with_their_cells_and_nothing_is_stored(desk, place):  # noqa: F811
    SectorFactory(code="water", name="Agua")
    SDGFactory(number=6, name="Agua limpia")
    PathwayFactory(), HazardFactory()
    MunicipalityFactory(name="Ajeno")
    validated = ActionFactory(municipality=place, review_state=ReviewState.VALIDATED)
    mine = ActionFactory(municipality=place, title="Mía")
    MilestoneFactory(action=mine, title="Obra")
    IndicatorReadingFactory(indicator=IndicatorFactory(action=mine, name="Canales"), date=dt.date(2026, 3, 1))
    book = exported(desk)
    sheet, columns = sheet_of(book)
    rows = {sheet[f"{columns['Clave']}{number}"].value: number for number in (2, 3)}
    expected = {}
    for uid, heading, value, said in (
        (validated.uid, "Lugar o localidad", "Otro", "pida al instituto"),
        (mine.uid, "Revisión", "Validada", "no se cambia desde la hoja"),
    ):
        number = rows[str(uid)]
        sheet[f"{columns[heading]}{number}"] = value
        expected[f"Acciones!{columns['Clave' if uid == validated.uid else heading]}{number}"] = said
    for number, (heading, value, said) in enumerate(FAULTS, start=4):
        for name, good in (GOOD | {"Título": f"Acción {number}"}).items():
            sheet[f"{columns[name]}{number}"] = good
        sheet[f"{columns[heading]}{number}"] = value
        expected[f"Acciones!{columns[TOLD_AT.get(heading, heading)]}{number}"] = said or "hacen falta"
    # The same action twice, and twice the same key.
    last = 4 + len(FAULTS)
    for number in (last, last + 1):
        for name, good in GOOD.items():
            sheet[f"{columns[name]}{number}"] = good
    expected[f"Acciones!{columns['Título']}{last + 1}"] = "la misma acción está también en"
    sheet[f"{columns['Clave']}{last + 2}"] = str(mine.uid)
    expected[f"Acciones!{columns['Clave']}{last + 2}"] = "la misma clave está también en"
    expected |= wrong_parts(book, mine)
    # Headings and sheets that are not ours.
    extra = sheet.cell(row=1, column=sheet.max_column + 1, value="Color")
    expected[f"Acciones!{extra.column_letter}1"] = "no es de esta hoja"
    book.create_sheet("Notas")["A1"] = "hola"
    expected["Notas!A1"] = "esta hoja no se reconoce"
    assert len(expected) >= 40 + len(FAULTS_OF_PARTS)
    before = everything()
    load = send(desk, bytes_of(book))
    told = {cell: sentence for said in faults_of(load) for cell, sentence in [said.split(": ", 1)]}
    assert {cell: said for cell, said in expected.items() if said not in told.get(cell, "")} == {}
    answer = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    assert answer.status_code == 409
    assert everything() == before
