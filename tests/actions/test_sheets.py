"""Actions by spreadsheet: what a file would do is shown first, then all of it is stored, or nothing."""

import datetime as dt
import re
import time
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from actions.enums import ActionKind, Cadence, IndicatorDirection, ReviewState
from actions.forms.sheet import MOST_WRITTEN, liaison_desk, staff_desk
from actions.forms.sheet_parts import dry_run
from actions.imports import ActionSheet
from actions.imports.sheet import for_sheet
from actions.models import Action, Indicator, IndicatorReading, Milestone
from actions.services import MilestoneValues, save_milestone
from network.enums import LoadState
from network.models import SheetLoad
from tests.factories import (
    ActionFactory,
    EvidenceFactory,
    HazardFactory,
    IndicatorFactory,
    IndicatorReadingFactory,
    InstrumentFactory,
    MilestoneFactory,
    MunicipalityFactory,
    PathwayFactory,
    SDGFactory,
    SectorFactory,
    StaffFactory,
    liaison,
)
from web.sheets import Table, read_tables
from web.workbooks import OURS, table_csv, tables_xlsx

pytestmark = pytest.mark.django_db
BASE = "/mi-municipio/acciones/excel/"
STAFF = "/gestion/acciones/excel/"


@pytest.fixture
def place():
    return MunicipalityFactory(name="Toluca", slug="toluca")


@pytest.fixture
def desk(client, place):
    client.force_login(liaison(place))
    return client


def exported(client, base=BASE):
    """The downloaded workbook, to be changed as a person does."""
    response = client.get(f"{base}acciones.xlsx")
    assert response.status_code == 200
    return load_workbook(BytesIO(response.content))


def sheet_of(book, name="Acciones"):
    sheet = book[name]
    columns = {re.sub(r" \*$", "", str(cell.value)): cell.column_letter for cell in sheet[1]}
    return sheet, columns


def bytes_of(book):
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def send(client, data, base=BASE, name="acciones.xlsx"):
    response = client.post(base, {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == 302, response.content.decode()[-3000:]
    return SheetLoad.objects.get(pk=int(response["Location"].rstrip("/").rsplit("/", 1)[-1]))


def faults_of(load):
    return [f"{cell}: {sentence}" for row in load.rows for cell, sentence in row["faults"]]


def test_an_export_that_nobody_touched_changes_nothing(desk, place):
    action = ActionFactory(municipality=place, title="=1+1", description="'=cmd\r\n-2+3", budget=Decimal("1250.50"))
    ActionFactory(municipality=place, review_state=ReviewState.VALIDATED, ends_on=dt.date(2030, 1, 31))
    IndicatorFactory(action=action)
    action.sdgs.add(SDGFactory())
    for kind in ("xlsx", "csv"):
        load = send(desk, desk.get(f"{BASE}acciones.{kind}").content, name=f"a.{kind}")
        assert (load.new, load.changed, load.equal, load.refused, load.rows) == (0, 0, 2, 0, [])
    page = desk.get(f"{BASE}{load.pk}/")
    assert "0 cambios" in page.content.decode()


def test_a_changed_cell_is_shown_with_before_and_after_and_then_stored_with_its_reason(desk, place):
    action = ActionFactory(municipality=place, title="Captación de lluvia")
    SDGFactory(number=6, name="Agua limpia")
    book = exported(desk)
    sheet, columns = sheet_of(book)
    sheet[f"{columns['Título']}2"] = "Captación de lluvia en escuelas"
    sheet[f"{columns['ODS']}2"] = "6"
    sheet[f"{columns['Presupuesto (pesos)']}2"] = 12000.5
    load = send(desk, bytes_of(book))
    assert (load.new, load.changed, load.refused) == (0, 1, 0)
    page = desk.get(f"{BASE}{load.pk}/").content.decode()
    assert "Captación de lluvia</del>" in page
    assert "Captación de lluvia en escuelas</ins>" in page
    action.refresh_from_db()
    assert action.title == "Captación de lluvia"
    response = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"}, follow=True)
    assert "Se guardó 1 fila" in response.content.decode()
    action.refresh_from_db()
    assert (action.title, action.budget) == ("Captación de lluvia en escuelas", Decimal("12000.50"))
    assert [row.number for row in action.sdgs.all()] == [6]
    line = action.history.first()
    assert line.history_change_reason == "Carga desde Excel"
    assert line.history_user is not None
    load.refresh_from_db()
    assert (load.state, load.rows) == (LoadState.DONE, [])
    # The same file again: the portal says what it says already.
    again = send(desk, bytes_of(book))
    assert (again.changed, again.equal, again.refused) == (0, 1, 0)


@pytest.fixture
def full(place):
    """An action with every fact there is, related with one that can be seen and with the draft of another place."""
    action = ActionFactory(
        municipality=place, people_exposed=12500, beneficiaries_total=1250, beneficiaries_women=700,
        instrument=InstrumentFactory(), instrument_line="3.2 Agua", latitude=Decimal("19.290000"),
        longitude=Decimal("-99.650000"), started_on=dt.date(2026, 1, 5), ended_on=dt.date(2026, 2, 5),
        cadence=Cadence.MONTHLY, kind=ActionKind.ADAPTATION,
    )  # fmt: skip
    foreign = ActionFactory(municipality=MunicipalityFactory(), review_state=ReviewState.PUBLISHED)
    hidden = ActionFactory(municipality=MunicipalityFactory(), review_state=ReviewState.DRAFT)
    action.related_actions.set([ActionFactory(municipality=place), foreign, hidden])
    return action


def row_of(sheet, columns, action):
    return next(cell.row for cell in sheet[columns["Clave"]] if cell.value == str(action.uid))


def test_a_change_of_one_cell_leaves_everything_else_as_it_is_stored(desk, full):
    evidence = EvidenceFactory(action=full)
    related = set(full.related_actions.all())
    before = Action.objects.values().get(pk=full.pk)
    book = exported(desk)
    sheet, columns = sheet_of(book)
    sheet[f"{columns['Lugar o localidad']}{row_of(sheet, columns, full)}"] = "Centro"
    load = send(desk, bytes_of(book))
    assert (load.changed, load.equal, faults_of(load)) == (1, 1, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    after = Action.objects.values().get(pk=full.pk)
    kept = set(before) - {"place", "version", "updated_at", "search_text", "status", "follow_up_due_on"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["place"] == "Centro"
    assert set(full.related_actions.all()) == related
    assert list(full.evidence.all()) == [evidence]


def test_facts_of_an_action_are_changed_by_their_cells(desk, full, place):
    other = InstrumentFactory(code="atlas", name="Atlas de riesgos")
    friend = ActionFactory(municipality=place)
    hidden = full.related_actions.get(review_state=ReviewState.DRAFT, municipality__in=[*_others(place)])
    book = exported(desk)
    sheet, columns = sheet_of(book)
    assert str(hidden.uid) not in [cell.value for row in sheet for cell in row]
    number = row_of(sheet, columns, full)
    told = {
        "Personas beneficiadas, en total": 2000, "De ellas, mujeres": "1,100", "De ellas, hombres": 900,
        "Personas expuestas": None, "Latitud": 19.3, "Longitud": "-99.7", "Instrumento del que viene": other.name,
        "Línea de acción": "4.1", "Comenzó (real)": "2026-01-06", "Terminó (real)": None,
        "Cada cuándo se da seguimiento": "Cada seis meses", "Acciones relacionadas": str(friend.uid).upper(),
    }  # fmt: skip
    for heading, value in told.items():
        sheet[f"{columns[heading]}{number}"] = value
    load = send(desk, bytes_of(book))
    assert (load.changed, faults_of(load)) == (1, [])
    assert len(load.rows[0]["changes"]) == len(told)
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    full.refresh_from_db()
    people = (full.beneficiaries_total, full.beneficiaries_women, full.beneficiaries_men, full.people_exposed)
    assert people == (2000, 1100, 900, None)
    assert full.point == "19.3, -99.7"
    assert (full.instrument, full.instrument_line, full.cadence) == (other, "4.1", Cadence.HALF_YEARLY)
    assert (full.started_on, full.ended_on) == (dt.date(2026, 1, 6), None)
    assert set(full.related_actions.all()) == {friend, hidden}
    assert (send(desk, desk.get(f"{BASE}acciones.xlsx").content).equal) == 3


def _others(place):
    return place._meta.model.objects.exclude(pk=place.pk)


def test_all_faults_of_a_row_are_told_at_once(desk, measured):
    book = exported(desk)
    sheet, columns = sheet_of(book)
    sheet[f"{columns['Inicia']}2"], sheet[f"{columns['Latitud']}2"] = "mayo", 19.3
    sheet[f"{columns['De ellas, mujeres']}2"], sheet[f"{columns['Acciones relacionadas']}2"] = 5, str(measured.uid)
    steps, heads, number = line_of(book, "Hitos", "Hito", "Obra")
    steps[f"{heads['Peso']}{number}"], steps[f"{heads['Se cumplió el']}{number}"] = 500, "2100-01-01"
    told = {one.split(":")[0] for one in faults_of(send(desk, bytes_of(book)))}
    names = ("Inicia", "Longitud", "Personas beneficiadas, en total", "Acciones relacionadas")
    expected = {f"Acciones!{columns[name]}2" for name in names}
    assert told == expected | {f"Hitos!{heads[name]}{number}" for name in ("Peso", "Se cumplió el")}


def test_what_is_wrong_with_a_field_without_a_column_is_told_at_the_cell_that_brings_it_up(desk, full):
    wanted = ActionSheet().table.columns
    keys = {"uid": str(full.uid), "version": full.version, "title": full.title, "beneficiaries_women": 1300}
    few = Table("actions", "Acciones", [column for column in wanted if column.required or column.key in keys])
    row = ActionSheet().stored(for_sheet(Action.objects.filter(pk=full.pk), Action.objects.all())[0]) | keys
    load = send(desk, table_csv(few, [row]), name="a.csv")
    assert faults_of(load) == [
        "fila 2, columna I: Mujeres y hombres suman más que el total. "
        "(El archivo no trae la columna «Personas beneficiadas, en total».)"
    ]


def test_a_row_without_a_key_makes_a_draft_once(desk, place):
    SectorFactory(code="water", name="Agua")
    book = load_workbook(BytesIO(desk.get(f"{BASE}plantilla.xlsx").content))
    sheet, columns = sheet_of(book)
    new = {"Título": "Huerto escolar", "Tipo": "Adaptación", "Sector": "agua", "Área responsable": "Ecología",
           "Inicia": "01/02/2026", "Descripción": "Un huerto."}  # fmt: skip
    for heading, value in new.items():
        sheet[f"{columns[heading]}2"] = value
    load = send(desk, bytes_of(book))
    assert (load.new, faults_of(load)) == (1, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    action = Action.objects.get()
    assert (action.municipality, action.review_state, action.starts_on) == (place, "draft", dt.date(2026, 2, 1))
    assert action.history.get().history_change_reason == "Carga desde Excel"
    again = send(desk, bytes_of(book))
    assert "ya existe una acción con ese título" in faults_of(again)[0]
    assert desk.post(f"{BASE}{again.pk}/", {"do": "confirm"}).status_code == 409
    assert Action.objects.count() == 1


# --- Milestones, indicators and readings


@pytest.fixture
def measured(place):
    """An action with two milestones and two indicators, each with a reading."""
    action = ActionFactory(municipality=place, title="Captación de lluvia")
    MilestoneFactory(action=action, title="Proyecto", weight=1, done_on=dt.date(2026, 1, 9))
    MilestoneFactory(action=action, title="Obra", weight=3, due_on=dt.date(2026, 12, 1))
    for name in ("Cisternas", "Litros"):
        indicator = IndicatorFactory(action=action, name=name)
        IndicatorReadingFactory(indicator=indicator, date=dt.date(2026, 3, 1), value=3)
    return action


def line_of(book, name, heading, value):
    """A sheet, its columns, and the number of the row that says ``value`` under ``heading``."""
    sheet, columns = sheet_of(book, name)
    return sheet, columns, next(cell.row for cell in sheet[columns[heading]] if cell.value == value)


def add_row(book, name, **cells):
    sheet, columns = sheet_of(book, name)
    number = sheet.max_row + 1
    for heading, value in cells.items():
        sheet[f"{columns[heading.replace('_', ' ')]}{number}"] = value
    return number


def test_every_sheet_comes_back_without_a_change(desk, measured, full):
    book = exported(desk)
    assert book.sheetnames == ["Acciones", "Hitos", "Indicadores", "Lecturas", "Ayuda", "Listas"]
    assert [cell.value for cell in book["Indicadores"]["E"]][1:] == ["Litros"]
    load = send(desk, bytes_of(book))
    assert (load.new, load.changed, load.equal, load.refused) == (0, 0, 3 + 2 + 1 + 2, 0)


def test_parts_of_an_action_are_changed_and_added_by_their_rows(desk, measured):
    book = exported(desk)
    sheet, columns, number = line_of(book, "Hitos", "Hito", "Obra")
    sheet[f"{columns['Hito']}{number}"] = "Obra terminada"
    sheet[f"{columns['Se cumplió el']}{number}"] = "2026-02-01"
    sheet, columns, number = line_of(book, "Indicadores", "Indicador", "Litros")
    sheet[f"{columns['Meta']}{number}"] = "1,500.5"
    sheet, columns, number = line_of(book, "Lecturas", "Indicador", "Cisternas")
    sheet[f"{columns['Valor']}{number}"] = 4
    key = str(measured.uid)
    add_row(book, "Hitos", Clave_de_la_acción=key, Hito="Entrega", Peso=2)
    add_row(book, "Indicadores", Clave_de_la_acción=key, Indicador="Escuelas", Unidad="escuelas", Meta=9)
    add_row(book, "Lecturas", Clave_de_la_acción=key, Indicador="Escuelas", Fecha_de_la_medición="2026-03-02", Valor=1)
    load = send(desk, bytes_of(book))
    assert (load.new, load.changed, faults_of(load)) == (3, 3, [])
    assert measured.milestones.count() == 2
    answer = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"}, follow=True)
    assert "Se guardaron 6 filas" in answer.content.decode()
    steps = [(row.title, row.weight, row.done_on) for row in measured.milestones.all()]
    assert steps == [
        ("Proyecto", 1, dt.date(2026, 1, 9)), ("Obra terminada", 3, dt.date(2026, 2, 1)), ("Entrega", 2, None),
    ]  # fmt: skip
    targets = {row.name: (row.target, [one.value for one in row.readings.all()]) for row in measured.indicators.all()}
    assert targets == {"Cisternas": (12, [4]), "Litros": (Decimal("1500.50"), [3]), "Escuelas": (9, [1])}
    measured.refresh_from_db()
    assert measured.progress == 66  # (1 + 3) of 6, rounded down
    assert measured.history.filter(history_change_reason__startswith="Carga desde Excel: ").count() == 4
    reading = IndicatorReading.objects.get(value=4)
    assert reading.history.first().history_change_reason == "Carga desde Excel"
    assert send(desk, desk.get(f"{BASE}acciones.xlsx").content).equal == 1 + 3 + 2 + 3


def test_an_action_and_its_parts_come_new_in_one_file(desk, place):
    SectorFactory(code="water", name="Agua")
    book = load_workbook(BytesIO(desk.get(f"{BASE}plantilla.xlsx").content))
    add_row(
        book, "Acciones", Título="Huerto escolar", Tipo="Adaptación", Sector="agua", Área_responsable="Ecología",
        Inicia="2026-02-01", Descripción="Un huerto.", Indicador="Huertos", Unidad_del_indicador="huertos", Meta=4,
    )  # fmt: skip
    add_row(book, "Hitos", Acción="huerto escolar", Hito="Terreno listo")
    add_row(book, "Indicadores", Acción="Huerto escolar", Indicador="Kilos", Unidad="kg", Se_busca="Aumentar", Meta=90)
    for name in ("Huertos", "kilos"):
        add_row(book, "Lecturas", Acción="Huerto escolar", Indicador=name, Fecha_de_la_medición="2026-03-02", Valor=1)
    load = send(desk, bytes_of(book))
    assert (load.new, faults_of(load)) == (5, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    action = Action.objects.get()
    assert [(row.title, row.weight) for row in action.milestones.all()] == [("Terreno listo", 1)]
    assert [(row.name, row.readings.count()) for row in action.indicators.all()] == [("Huertos", 1), ("Kilos", 1)]


def test_a_reading_is_corrected_where_two_indicators_bear_one_name(desk, measured):
    measured.indicators.update(name="Cisternas")
    book = exported(desk)
    sheet, columns = sheet_of(book, "Lecturas")
    sheet[f"{columns['Valor']}3"] = 8
    load = send(desk, bytes_of(book))
    assert (load.changed, load.equal, faults_of(load)) == (1, 1 + 2 + 1 + 1, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    assert [row.readings.get().value for row in measured.indicators.all()] == [3, 8]
    add_row(
        book, "Lecturas", Clave_de_la_acción=str(measured.uid), Indicador="Cisternas",
        Fecha_de_la_medición="2026-04-01", Valor=1,
    )  # fmt: skip
    assert any("dos indicadores con ese nombre" in one for one in faults_of(send(desk, bytes_of(book))))


def test_a_row_or_a_sheet_that_is_missing_deletes_nothing(desk, measured):
    book = exported(desk)
    book["Hitos"].delete_rows(2)
    del book["Lecturas"]
    book["Acciones"].delete_rows(2)
    load = send(desk, bytes_of(book))
    assert (load.changed, load.equal, load.refused) == (0, 2, 0)
    assert (measured.milestones.count(), measured.indicators.count()) == (2, 2)


def test_of_a_validated_action_only_what_was_reached_is_told(desk, measured):
    Action.objects.update(review_state=ReviewState.VALIDATED)
    book = exported(desk)
    sheet, columns, number = line_of(book, "Hitos", "Hito", "Obra")
    sheet[f"{columns['Se cumplió el']}{number}"] = "2026-02-01"
    add_row(
        book, "Lecturas", Clave_de_la_acción=str(measured.uid), Indicador="Litros", Fecha_de_la_medición="2026-03-02",
        Valor=9,
    )  # fmt: skip
    load = send(desk, bytes_of(book))
    assert (load.new, load.changed, faults_of(load)) == (1, 1, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    measured.refresh_from_db()
    assert (measured.review_state, measured.progress) == (ReviewState.VALIDATED, 100)
    sheet[f"{columns['Peso']}{number}"] = 9
    add_row(book, "Hitos", Clave_de_la_acción=str(measured.uid), Hito="Otro")
    said = faults_of(send(desk, bytes_of(book)))
    assert len([one for one in said if "pida al instituto" in one]) == 2


def test_parts_of_an_action_that_changed_meanwhile_are_refused(desk, measured):
    book = exported(desk)
    sheet, columns, number = line_of(book, "Hitos", "Hito", "Obra")
    sheet[f"{columns['Peso']}{number}"] = 5
    load = send(desk, bytes_of(book))
    assert (load.changed, load.refused) == (1, 0)
    save_milestone(
        action=measured, milestone=measured.milestones.first(), by=None, values=MilestoneValues(title="Plan", weight=1)
    )
    response = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    assert response.status_code == 409
    assert f"Hitos!{columns['Hito']}{number}" in response.content.decode()
    assert measured.milestones.get(title="Obra").weight == 3
    again = send(desk, bytes_of(book))
    assert [one for one in faults_of(again) if "versión 1, ahora 2" in one]


def test_an_indicator_with_readings_is_not_taken_away_by_empty_cells(desk, measured):
    book = exported(desk)
    sheet, columns = sheet_of(book)
    for heading in ("Indicador", "Unidad del indicador", "Se busca", "Línea base", "Meta"):
        sheet[f"{columns[heading]}2"] = None
    assert "el indicador ya tiene lecturas" in faults_of(send(desk, bytes_of(book)))[0]


def test_more_rows_than_one_load_writes_are_named(desk, place, monkeypatch):
    monkeypatch.setattr("actions.forms.sheet.MOST_WRITTEN", 2)
    for _number in range(3):
        ActionFactory(municipality=place)
    book = exported(desk)
    sheet, columns = sheet_of(book)
    for number in (2, 3, 4):
        sheet[f"{columns['Lugar o localidad']}{number}"] = "Centro"
    load = send(desk, bytes_of(book))
    assert (load.changed, load.refused) == (2, 1)
    assert faults_of(load) == [
        f"Acciones!{columns['Título']}4: una carga escribe 2 filas como máximo: deje esta para la siguiente."
    ]
    assert f"{MOST_WRITTEN:,} filas como máximo" in desk.get(BASE).content.decode()
    assert any("1,000 filas" in str(cell.value) for cell in book["Ayuda"]["A"])


def test_the_workbook_explains_and_offers_lists_for_every_sheet(desk, measured):
    InstrumentFactory(), SDGFactory()
    book = exported(desk)
    explained = {(row[0].value, row[1].value) for row in book["Ayuda"].iter_rows(min_row=8)}
    for name in ("Acciones", "Hitos", "Indicadores", "Lecturas"):
        sheet, columns = sheet_of(book, name)
        assert sheet.freeze_panes == "B2"
        assert {(name, heading) for heading in columns} <= explained
    sheet, columns = sheet_of(book)
    listed = {str(one.sqref).split(":")[0] for one in sheet.data_validations.dataValidation}
    for heading in ("Instrumento del que viene", "Cada cuándo se da seguimiento", "Se busca", "ODS"):
        assert f"{columns[heading]}2" in listed


def test_what_changed_since_the_dry_run_is_refused_and_nothing_of_the_file_is_stored(desk, place):
    first, second = ActionFactory(municipality=place), ActionFactory(municipality=place)
    book = exported(desk)
    sheet, columns = sheet_of(book)
    for number in (2, 3):
        sheet[f"{columns['Lugar o localidad']}{number}"] = "Centro"
    load = send(desk, bytes_of(book))
    Action.objects.filter(pk=second.pk).update(version=7)
    response = desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    assert response.status_code == 409
    assert "cambió mientras usted revisaba" in response.content.decode()
    first.refresh_from_db()
    assert first.place != "Centro"
    load.refresh_from_db()
    assert (load.state, load.refused, load.changed) == (LoadState.PENDING, 1, 1)
    assert desk.post(f"{BASE}{load.pk}/", {"do": "confirm"}).status_code == 409
    stale = send(desk, bytes_of(book))
    assert "versión 1, ahora 7" in faults_of(stale)[0]


def test_a_liaison_changes_drafts_of_the_own_municipality_only(desk, place):
    validated = ActionFactory(municipality=place, review_state=ReviewState.VALIDATED)
    submitted = ActionFactory(municipality=place, review_state=ReviewState.SUBMITTED)
    foreign = ActionFactory(municipality=MunicipalityFactory(), review_state=ReviewState.VALIDATED)
    sheet = ActionSheet()
    rows = [sheet.stored(row) | {"place": "Otro"} for row in for_sheet(Action.objects.all(), Action.objects.all())]
    load = send(desk, tables_xlsx("x", [(sheet.table, rows)]))
    said = {row["what"]: row["faults"][0][1] for row in load.rows}
    assert "pida al instituto que la devuelva" in said[validated.title]
    assert "está en revisión" in said[submitted.title]
    assert "no es de una acción que usted tenga" in said[foreign.title]


def test_staff_change_what_they_see_and_drafts_do_not_exist_for_them(client, place):
    client.force_login(StaffFactory())
    submitted = ActionFactory(municipality=place, review_state=ReviewState.SUBMITTED, title="Enviada")
    draft = ActionFactory(municipality=place, review_state=ReviewState.DRAFT, title="Secreta")
    book = exported(client, STAFF)
    sheet, columns = sheet_of(book)
    assert [cell.value for cell in sheet[columns["Título"]]][1:] == ["Enviada"]
    sheet[f"{columns['Lugar o localidad']}2"] = "Centro"
    sheet[f"{columns['Clave']}3"] = str(draft.uid)
    sheet[f"{columns['Lugar o localidad']}3"] = "Centro"
    load = send(client, bytes_of(book), STAFF)
    assert (load.changed, load.refused) == (1, 1)
    assert any("no es de una acción que usted tenga" in said for said in faults_of(load))
    sheet.delete_rows(3)
    load = send(client, bytes_of(book), STAFF)
    client.post(f"{STAFF}{load.pk}/", {"do": "confirm"})
    submitted.refresh_from_db()
    assert (submitted.place, submitted.review_state) == ("Centro", ReviewState.SUBMITTED)


def test_staff_who_change_what_is_related_keep_the_drafts_they_cannot_see(client, place):
    client.force_login(StaffFactory())
    sent, friend = (ActionFactory(municipality=place, review_state=ReviewState.SUBMITTED) for _number in range(2))
    draft = ActionFactory(municipality=place, review_state=ReviewState.DRAFT)
    sent.related_actions.add(draft)
    book = exported(client, STAFF)
    sheet, columns = sheet_of(book)
    sheet[f"{columns['Acciones relacionadas']}{row_of(sheet, columns, sent)}"] = str(friend.uid)
    load = send(client, bytes_of(book), STAFF)
    assert (load.changed, faults_of(load)) == (1, [])
    client.post(f"{STAFF}{load.pk}/", {"do": "confirm"})
    assert set(sent.related_actions.all()) == {draft, friend}


def test_a_load_is_its_senders_and_goes_with_the_designation(client, desk, place):
    ActionFactory(municipality=place)
    book = exported(desk)
    load = send(desk, bytes_of(book))
    client.force_login(liaison(MunicipalityFactory()))
    assert client.get(f"{BASE}{load.pk}/").status_code == 404
    client.force_login(StaffFactory())
    assert client.get(f"{STAFF}{load.pk}/").status_code == 404
    assert client.get(f"{BASE}{load.pk}/").status_code == 403


@pytest.mark.parametrize(("data", "said"), [(b"%PDF-1.7", "no se admite"), (b"Nada\n1", "No se reconoce la tabla")])
def test_a_file_that_cannot_be_read_is_refused_beside_the_field(desk, data, said):
    response = desk.post(BASE, {"file": SimpleUploadedFile("a.csv", data)})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not SheetLoad.objects.exists()


@pytest.mark.parametrize("address", ["", "acciones.xlsx", "acciones.csv"])
def test_a_filter_that_does_not_exist_is_said_and_nothing_is_downloaded(desk, place, address):
    ActionFactory(municipality=place)
    response = desk.get(f"{BASE}{address}", {"estado": "nada"})
    assert response.status_code == 400
    page = response.content.decode()
    assert "El filtro no se pudo aplicar" in page
    assert "Revisión: " in page
    assert "La hoja trae listas" not in page


def test_a_download_holds_what_the_filters_of_the_list_leave(desk, place):
    ActionFactory(municipality=place, title="Captación de lluvia")
    ActionFactory(municipality=place, review_state=ReviewState.VALIDATED, title="Arbolado")
    page = desk.get(BASE, {"estado": "validated", "pagina": "2"}).content.decode()
    assert "Hay 1 acción" in page
    assert "acciones.xlsx?estado=validated&quot;" in page or 'acciones.xlsx?estado=validated"' in page
    book = load_workbook(BytesIO(desk.get(f"{BASE}acciones.xlsx?estado=validated").content))
    sheet, columns = sheet_of(book)
    assert [cell.value for cell in sheet[columns["Título"]]][1:] == ["Arbolado"]


def test_a_discarded_load_stores_nothing(desk, place):
    action = ActionFactory(municipality=place)
    book = exported(desk)
    sheet, columns = sheet_of(book)
    sheet[f"{columns['Lugar o localidad']}2"] = "Centro"
    load = send(desk, bytes_of(book))
    desk.post(f"{BASE}{load.pk}/", {"do": "discard"})
    load.refresh_from_db()
    action.refresh_from_db()
    assert (load.state, load.rows, action.place) == (LoadState.DISCARDED, [], "")
    assert desk.post(f"{BASE}{load.pk}/", {"do": "confirm"}).status_code == 409


nasty = st.text(max_size=60) | st.sampled_from(
    ["=1+1", "'=1", "''", "-5", "+52 722", "@x", "\t=1", "a\r\nb", "x005F_", "_x000D_", "007", "\ufeff", "#N/A",
     "TRUE", "1e5", "<a>&amp;", '";"', "ñ́", "＝1", "2026-01-01", "a\u2028b", "  a  "]
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    title=nasty, description=nasty, partners=nasty, name=nasty, budget=st.none() | st.decimals(0, 10**11, places=2),
    number=st.decimals(-(10**11), 10**11, places=2),
    day=st.none() | st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)),
    people=st.none() | st.integers(0, 10**8),
    point=st.none() | st.tuples(st.decimals(15, 32, places=6), st.decimals(-118, -87, places=6)),
)  # fmt: skip
def test_export_and_import_is_no_change_however_nasty_the_texts(
    title, description, partners, name, budget, number, day, people, point, place
):
    Action.objects.all().delete()
    texts = {"title": title, "description": description, "partners": partners, "responsible_area": title}
    texts = {key: text.replace("\x00", "") for key, text in texts.items() | {("instrument_line", name)}}
    name = name.replace("\x00", "")
    latitude, longitude = point or (None, None)
    action = ActionFactory(
        municipality=place, review_state=ReviewState.SUBMITTED, budget=budget, latitude=latitude, longitude=longitude,
        people_exposed=people, beneficiaries_total=people, beneficiaries_men=people, started_on=day,
        instrument=InstrumentFactory(), cadence=Cadence.MONTHLY, kind=ActionKind.BOTH, **texts,
    )  # fmt: skip
    action.related_actions.add(ActionFactory(review_state=ReviewState.SUBMITTED))
    MilestoneFactory(action=action, title=name, weight=100, due_on=day, done_on=day)
    for direction in IndicatorDirection.values:
        indicator = IndicatorFactory(
            action=action, name=name, unit=name[:40], baseline=budget, target=number, direction=direction
        )
        IndicatorReadingFactory(indicator=indicator, value=number, source=name, date=day or dt.date(2026, 1, 1))
    sheet, stored = ActionSheet(), Action.objects.all()
    rows = [sheet.stored(row) for row in for_sheet(stored, stored)]
    for data, count in (
        (tables_xlsx("x", sheet.filled(for_sheet(stored, stored))), 2 + 1 + 1 + 2),
        (table_csv(sheet.table, rows), 2),
    ):
        read = read_tables(data, sheet.tables, ignored=OURS)
        found = [(row.verdict, row.changes, row.faults) for row in dry_run(read, ActionSheet(), staff_desk(stored))]
        assert found == [("equal", [], [])] * count


def test_five_thousand_actions_come_back_without_a_change(place, capsys):
    sector, goals = SectorFactory(), [SDGFactory(number=number) for number in (6, 11, 13)]
    pathways, hazards = [PathwayFactory(), PathwayFactory(code="circular")], [HazardFactory()]
    Action.objects.bulk_create(
        Action(
            municipality=place, title=f"Acción {number}", slug=f"accion-{number}", kind=ActionKind.BOTH, sector=sector,
            pathway=pathways[0], description=f"=Texto {number}\ncon dos líneas", responsible_area="Ecología",
            starts_on=dt.date(2026, 1, 1 + number % 28), budget=Decimal(number) / 4, review_state=ReviewState.VALIDATED,
        )
        for number in range(5000)
    )  # fmt: skip
    pks = list(Action.objects.values_list("pk", flat=True))
    Action.sdgs.through.objects.bulk_create(Action.sdgs.through(action_id=pk, sdg=goals[pk % 3]) for pk in pks)
    Action.hazards.through.objects.bulk_create(Action.hazards.through(action_id=pk, hazard=hazards[0]) for pk in pks)
    Milestone.objects.bulk_create(
        Milestone(action_id=pk, title=f"Hito {number}", weight=number, due_on=dt.date(2026, 5, number))
        for pk in pks
        for number in (1, 2)
    )
    Indicator.objects.bulk_create(
        Indicator(action_id=pk, name=f"Indicador {number}", unit="km", baseline=0, target=9)
        for pk in pks
        for number in (1, 2)
    )
    IndicatorReading.objects.bulk_create(
        IndicatorReading(indicator_id=pk, date=dt.date(2026, 3, 1), value=pk % 9, source="Conteo")
        for pk in Indicator.objects.values_list("pk", flat=True)
    )
    sheet, stored = ActionSheet(), Action.objects.all()
    began = time.process_time()
    data = tables_xlsx("x", sheet.filled(for_sheet(stored, stored)))
    wrote = time.process_time()
    again = ActionSheet()
    rows = dry_run(read_tables(data, again.tables, ignored=OURS), again, liaison_desk(stored, place, stored))
    read = time.process_time()
    with capsys.disabled():
        print(
            f"\n5,000 actions: export {wrote - began:.1f} s, dry run {read - wrote:.1f} s of CPU, {len(data):,} bytes"
        )
    assert len(rows) == 5000 + 10_000 + 5000 + 10_000
    assert {row.verdict for row in rows} == {"equal"}
