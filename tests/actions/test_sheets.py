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

from actions.enums import ActionKind, Cadence, ReviewState
from actions.forms.sheet import Plan, liaison_desk, staff_desk
from actions.imports import ActionSheet
from actions.imports.sheet import for_sheet
from actions.models import Action
from network.enums import LoadState
from network.models import SheetLoad
from tests.factories import (
    ActionFactory,
    EvidenceFactory,
    HazardFactory,
    IndicatorFactory,
    InstrumentFactory,
    MunicipalityFactory,
    PathwayFactory,
    SDGFactory,
    SectorFactory,
    StaffFactory,
    liaison,
)
from web.sheets import read_tables
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


def sheet_of(book):
    sheet = book["Acciones"]
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
    assert "Se guardó 1 acción" in response.content.decode()
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


def test_what_has_no_column_stays_as_it_is_stored(desk, place):
    action = ActionFactory(
        municipality=place, people_exposed=12500, beneficiaries_total=1250, beneficiaries_women=700,
        instrument=InstrumentFactory(), instrument_line="3.2 Agua", latitude=Decimal("19.290000"),
        longitude=Decimal("-99.650000"), started_on=dt.date(2026, 1, 5), ended_on=dt.date(2026, 2, 5),
        cadence=Cadence.MONTHLY,
    )  # fmt: skip
    own = ActionFactory(municipality=place)
    foreign = ActionFactory(municipality=MunicipalityFactory(), review_state=ReviewState.PUBLISHED)
    action.related_actions.set([own, foreign])
    evidence = EvidenceFactory(action=action)
    before = Action.objects.values().get(pk=action.pk)
    book = exported(desk)
    sheet, columns = sheet_of(book)
    number = next(row for row in (2, 3) if sheet[f"{columns['Clave']}{row}"].value == str(action.uid))
    sheet[f"{columns['Lugar o localidad']}{number}"] = "Centro"
    load = send(desk, bytes_of(book))
    assert (load.changed, load.equal, faults_of(load)) == (1, 1, [])
    desk.post(f"{BASE}{load.pk}/", {"do": "confirm"})
    after = Action.objects.values().get(pk=action.pk)
    kept = set(before) - {"place", "version", "updated_at", "search_text", "status", "follow_up_due_on"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["place"] == "Centro"
    assert set(action.related_actions.all()) == {own, foreign}
    assert list(action.evidence.all()) == [evidence]


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
    rows = [sheet.stored(row) | {"place": "Otro"} for row in for_sheet(Action.objects.all())]
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
@given(title=nasty, description=nasty, partners=nasty, budget=st.none() | st.decimals(0, 10**11, places=2))
def test_export_and_import_is_no_change_however_nasty_the_texts(title, description, partners, budget, place):
    Action.objects.all().delete()
    texts = {"title": title, "description": description, "partners": partners, "responsible_area": title}
    texts = {name: text.replace("\x00", "") for name, text in texts.items()}
    ActionFactory(municipality=place, review_state=ReviewState.SUBMITTED, budget=budget, **texts)
    sheet = ActionSheet()
    rows = [sheet.stored(row) for row in for_sheet(Action.objects.all())]
    for data in (tables_xlsx("x", [(sheet.table, rows)]), table_csv(sheet.table, rows)):
        plan = Plan(read_tables(data, [sheet.table], ignored=OURS), ActionSheet(), staff_desk(Action.objects.all()))
        assert [(row.verdict, row.changes, row.faults) for row in plan.rows] == [("equal", [], [])]


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
    sheet = ActionSheet()
    began = time.perf_counter()
    data = tables_xlsx("x", [(sheet.table, (sheet.stored(row) for row in for_sheet(Action.objects.all())))])
    wrote = time.perf_counter()
    again = ActionSheet()
    plan = Plan(read_tables(data, [again.table], ignored=OURS), again, liaison_desk(Action.objects.all(), place))
    read = time.perf_counter()
    with capsys.disabled():
        print(f"\n5,000 actions: export {wrote - began:.1f} s, dry run {read - wrote:.1f} s, {len(data):,} bytes")
    assert len(plan.rows) == 5000
    assert {row.verdict for row in plan.rows} == {"equal"}
