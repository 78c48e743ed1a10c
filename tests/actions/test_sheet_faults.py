"""Forty ways to get a spreadsheet wrong: each is named with its cell, and nothing of the file is stored."""

import pytest

from actions.enums import ReviewState
from actions.models import Action
from tests.actions.test_sheets import BASE, bytes_of, desk, exported, faults_of, place, send, sheet_of  # noqa: F401
from tests.factories import ActionFactory, HazardFactory, MunicipalityFactory, PathwayFactory, SDGFactory, SectorFactory

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
]


def test_forty_kinds_of_faults_are_named_with_their_cells_and_nothing_is_stored(desk, place):  # noqa: F811
    SectorFactory(code="water", name="Agua")
    SDGFactory(number=6, name="Agua limpia")
    PathwayFactory(), HazardFactory()
    MunicipalityFactory(name="Ajeno")
    validated = ActionFactory(municipality=place, review_state=ReviewState.VALIDATED)
    mine = ActionFactory(municipality=place, title="Mía")
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
        where = "Meta" if heading == "Unidad del indicador" else heading
        expected[f"Acciones!{columns[where]}{number}"] = said or "hacen falta"
    # The same action twice, and twice the same key.
    last = 4 + len(FAULTS)
    for number in (last, last + 1):
        for name, good in GOOD.items():
            sheet[f"{columns[name]}{number}"] = good
    expected[f"Acciones!{columns['Título']}{last + 1}"] = "la misma acción está también en"
    sheet[f"{columns['Clave']}{last + 2}"] = str(mine.uid)
    expected[f"Acciones!{columns['Clave']}{last + 2}"] = "la misma clave está también en"
    # Headings and sheets that are not ours.
    extra = sheet.cell(row=1, column=sheet.max_column + 1, value="Color")
    expected[f"Acciones!{extra.column_letter}1"] = "no es de esta hoja"
    book.create_sheet("Notas")["A1"] = "hola"
    expected["Notas!A1"] = "esta hoja no se reconoce"
    assert len(expected) >= 40
    before = list(Action.objects.order_by("pk").values())
    load = send(desk, bytes_of(book))
    told = {cell: sentence for said in faults_of(load) for cell, sentence in [said.split(": ", 1)]}
    assert {cell: said for cell, said in expected.items() if said not in told.get(cell, "")} == {}
    answer = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    assert answer.status_code == 409
    assert list(Action.objects.order_by("pk").values()) == before
