"""Saved views, columns, several actions at once, the board, the calendar, and the export with the CRF's shape."""

import datetime as dt
import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from actions import services
from actions.documents import VERSION, crf_fields, crf_mapping
from actions.enums import ActionStatus
from actions.models import Action, EmissionEstimate, Hazard, SavedView
from network.models import Sector
from outbox.models import Message
from tests.factories import ActionFactory, EmissionEstimateFactory, IndicatorFactory, MunicipalityFactory, StaffFactory

pytestmark = pytest.mark.django_db
STAFF, OWN = "/gestion/acciones/", "/mi-municipio/acciones/"


@pytest.fixture
def desk(signed_in: Any, staff: Any) -> Any:
    return signed_in(staff)


@pytest.fixture
def office(signed_in: Any, enlace: Any) -> Any:
    return signed_in(enlace)


def state_of(response: Any) -> str:
    return re.search(r'data-state="([^"]*)"', response.content.decode())[1]  # type: ignore[index]


# --- Saved views and columns


def test_view_keeps_filters_and_columns_but_no_page(desk: Any, staff: Any) -> None:
    query = "estado=submitted&columna=avance&columna=area&pagina=3&vista=9"
    answer = desk.post(f"{STAFF}vistas/", {"name": "Mis pendientes", "query": query}, follow=True)
    view = SavedView.objects.get()
    assert (view.user, view.list, view.query) == (staff, "staff", "estado=submitted&columna=avance&columna=area")
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"{STAFF}?{view.query}&vista={view.pk}"
    assert '<strong aria-current="true">Mis pendientes</strong>' in page


def test_same_name_takes_the_new_query(desk: Any) -> None:
    for query in ("sector=water", "sector=waste"):
        desk.post(f"{STAFF}vistas/", {"name": "Una", "query": query})
    assert [view.query for view in SavedView.objects.all()] == ["sector=waste"]


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "x" * 61}, {"name": "Vista", "query": "q=" + "x" * 1000}])
def test_wrong_view_stores_nothing_and_keeps_what_was_typed(desk: Any, data: dict[str, str]) -> None:
    answer = desk.post(f"{STAFF}vistas/", {"query": "", **data})
    assert answer.status_code == 422
    assert state_of(answer) == "invalid"
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_how_many_views(desk: Any, staff: Any) -> None:
    for number in range(SavedView.MOST):
        services.save_view(which="staff", name=str(number), query="", is_default=False, by=staff)  # type: ignore[arg-type]
    assert desk.post(f"{STAFF}vistas/", {"name": "Una más", "query": ""}).status_code == 422
    assert desk.post(f"{STAFF}vistas/", {"name": "3", "query": "q=x"}).status_code == 302


def test_list_opens_with_the_default_view_and_the_whole_list_stays_a_link_away(office: Any, make_action: Any) -> None:
    make_action(title="Borrador")
    make_action("submitted", title="Enviada")
    office.post(f"{OWN}vistas/", {"name": "Enviadas", "query": "estado=submitted", "is_default": "on"})
    first = office.get(OWN, follow=True).content.decode()
    assert "Enviada</a>" in first
    assert "Borrador</a>" not in first
    assert "Borrador</a>" in office.get(f"{OWN}?vista=todas").content.decode()
    office.post(f"{OWN}vistas/", {"name": "Otra", "query": "estado=draft", "is_default": "on"})
    assert [view.name for view in SavedView.objects.filter(is_default=True)] == ["Otra"]


def test_views_are_ones_own_and_of_one_list(desk: Any, signed_in: Any, staff: Any, enlace: Any) -> None:
    view = services.save_view(which="staff", name="De otra", query="q=secreta", is_default=True, by=StaffFactory())  # type: ignore[arg-type]
    assert "De otra" not in desk.get(STAFF).content.decode()
    assert desk.post(f"{STAFF}vistas/{view.pk}/quitar/").status_code == 404
    assert signed_in(enlace).get(f"{STAFF}vistas/").status_code == 403
    own = services.save_view(which="staff", name="Propia", query="", is_default=False, by=staff)  # type: ignore[arg-type]
    assert desk.post(f"{STAFF}vistas/{own.pk}/quitar/").status_code == 302
    assert [row.name for row in SavedView.objects.all()] == ["De otra"]


def test_database_holds_one_default_and_one_name_for_each_list(staff: Any) -> None:
    SavedView.objects.create(user=staff, list="staff", name="Una", is_default=True)
    SavedView.objects.create(user=staff, list="liaison", name="Una", is_default=True)
    for wrong in ({"name": "Una"}, {"name": "Dos", "is_default": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedView.objects.create(user=staff, list="staff", **wrong)


@pytest.mark.parametrize("many", [1, 3])
def test_list_shows_the_columns_asked_for(office: Any, municipality: Any, many: int) -> None:
    for _number in range(many):
        ActionFactory(municipality=municipality, responsible_area="Oficina de Agua", budget=1250)
    page = office.get(f"{OWN}?columna=area&columna=presupuesto&columna=nada").content.decode()
    assert page.count(">Oficina de Agua<") == many
    assert page.count(">1,250<") == many
    assert 'data-label="Revisión"' not in page
    assert 'data-label="Revisión"' in office.get(f"{OWN}?columna=nada").content.decode()


def test_work_lists_say_a_filter_that_does_not_exist(office: Any, desk: Any, make_action: Any) -> None:
    make_action("submitted", title="Escondida")
    for browser, base in ((office, OWN), (desk, STAFF)):
        for address in (base, f"{base}tablero/", f"{base}calendario/"):
            answer = browser.get(f"{address}?sector=nada")
            assert answer.status_code == 400, address
            assert "Escondida" not in answer.content.decode()


# --- Several at once


def key(action: Action) -> str:
    action.refresh_from_db()
    return f"{action.pk}-{action.version}"


def bulk(desk: Any, step: str, *actions: Action, comment: str = "") -> Any:
    return desk.post(f"{STAFF}varias/", {"fila": [key(row) for row in actions], "step": step, "comment": comment})


@pytest.mark.parametrize("many", [1, 3])
def test_ticked_actions_are_looked_at_before_anything_happens(desk: Any, make_action: Any, many: int) -> None:
    rows = [make_action("submitted", title=f"Una acción {n}") for n in range(many)]
    answer = desk.get(f"{STAFF}varias/", {"fila": [key(row) for row in rows]})
    assert state_of(answer) == "choose"
    assert answer.content.decode().count("Una acción") == many
    assert Action.objects.awaiting_review().count() == many


def test_each_row_says_what_became_of_it_and_none_holds_up_another(desk: Any, make_action: Any, staff: Any) -> None:
    waits, is_published = make_action("submitted", title="Espera"), make_action("published", title="Ya está")
    changed = make_action("submitted", title="Cambia")
    keys = [key(waits), key(is_published), key(changed), "999999-1", "tonto"]
    services.return_action(action=changed, comment="Corregir.", version=None, by=staff)
    answer = desk.post(f"{STAFF}varias/", {"fila": keys, "step": "validate", "comment": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Se hizo con 1 de 4 acciones" in page
    assert page.count("Sin cambio") == 3
    assert "Cambió desde que abrió la lista" in page
    assert "No está en un estado que lo permita" in page
    assert "Ya no existe" in page
    waits.refresh_from_db()
    assert waits.is_published
    again = desk.post(f"{STAFF}varias/", {"fila": keys, "step": "validate", "comment": ""}).content.decode()
    assert "Se hizo con 0 de 4 acciones" in again


def test_publish_takes_validated_ones(desk: Any, make_action: Any) -> None:
    action = make_action("validated")
    assert "Se hizo con 1 de 1" in bulk(desk, "publish", action).content.decode()
    assert Action.objects.published().get() == action


def test_returning_several_needs_a_comment(desk: Any, make_action: Any) -> None:
    rows = [make_action("submitted"), make_action("published")]
    answer = bulk(desk, "return", *rows)
    assert answer.status_code == 422
    assert "Diga qué falta" in answer.content.decode()
    assert not Action.objects.returned().exists()
    assert "Se hizo con 2 de 2" in bulk(desk, "return", *rows, comment="Falta la fuente.").content.decode()
    assert Action.objects.returned().count() == 2


def test_asking_for_follow_up_writes_to_the_municipality_once_a_day(desk: Any, make_action: Any) -> None:
    action, done = make_action("published"), make_action("published")
    Action.objects.filter(pk=done.pk).update(status=ActionStatus.COMPLETED)
    alone = ActionFactory(municipality=MunicipalityFactory(), review_state="published")
    for _time in range(2):
        page = bulk(desk, "ask", action, done, alone).content.decode()
        assert "Se escribe a 1 persona." in page
        assert "No está en un estado" in page
        assert "no tiene a nadie" in page
    message = Message.objects.get(kind="actions.follow_up_asked")
    assert message.params["action"] == action.pk


def test_drafts_and_strangers_are_out_of_reach(desk: Any, make_action: Any, signed_in: Any, enlace: Any) -> None:
    draft = make_action(title="Borrador secreto")
    answer = desk.get(f"{STAFF}varias/", {"fila": key(draft)})
    assert "Borrador secreto" not in answer.content.decode()
    assert signed_in(enlace).post(f"{STAFF}varias/", {"fila": key(draft), "step": "publish"}).status_code == 403


def test_what_staff_tick_leads_there(desk: Any, make_action: Any) -> None:
    action = make_action("submitted")
    page = desk.get(STAFF).content.decode()
    assert f'name="fila" value="{key(action)}"' in page
    assert "checked" not in re.search(r'<input[^>]*name="fila"[^>]*>', page)[0]  # type: ignore[index]
    marked = desk.get(f"{STAFF}?marcar=todas").content.decode()
    assert "checked" in re.search(r'<input[^>]*name="fila"[^>]*>', marked)[0]  # type: ignore[index]


# --- Board and calendar


@pytest.mark.parametrize("many", [1, 3])
def test_board_has_a_column_for_each_situation(office: Any, municipality: Any, many: int) -> None:
    for number in range(many):
        ActionFactory(municipality=municipality, title=f"Planeada {number}", status=ActionStatus.PLANNED)
    ActionFactory(municipality=municipality, title="Terminada", status=ActionStatus.COMPLETED)
    ActionFactory(title="De otro municipio")
    answer = office.get(f"{OWN}tablero/")
    page = answer.content.decode()
    assert state_of(answer) == "board"
    assert page.count('class="board-column') == len(ActionStatus.values)
    assert f'Planeada <span class="count">{many}</span>' in page
    assert page.count("board-current") == 1
    assert "De otro municipio" not in page
    assert f"{OWN}{Action.objects.get(title='Terminada').pk}/seguimiento/" in page
    one = office.get(f"{OWN}tablero/?situacion=completed").content.decode()
    assert one.count('class="board-column') == 1


def test_column_shows_the_first_and_leads_to_the_rest(desk: Any, django_assert_max_num_queries: Any) -> None:
    first = ActionFactory(review_state="published")
    common = {"municipality": first.municipality, "sector": first.sector, "pathway": first.pathway}
    Action.objects.bulk_create(
        Action(
            **common, title=f"Acción {n}", slug=f"accion-{n}", kind="both", description="x", starts_on=timezone.now(),
            responsible_area="Oficina", review_state="published", published_at=timezone.now(),
        )
        for n in range(5000)
    )  # fmt: skip
    for address in (STAFF, f"{STAFF}tablero/", f"{STAFF}calendario/"):
        desk.get(address)
        with django_assert_max_num_queries(12):
            page = desk.get(address).content.decode()
    page = desk.get(f"{STAFF}tablero/?tipo=x").content.decode()
    assert page.count("board-card") == 30
    assert "Ver las 4971 que faltan" in page
    assert f"{STAFF}?tipo=x&amp;situacion=planned" in page


def test_calendar_has_planned_ends_on_their_day(office: Any, municipality: Any) -> None:
    day = dt.date(2027, 3, 17)
    for title in ("Una", "Otra", "Tercera", "Cuarta", "Quinta"):
        ActionFactory(municipality=municipality, title=title, ends_on=day)
    ActionFactory(title="Ajena", ends_on=day)
    page = office.get(f"{OWN}calendario/?mes=2027-03").content.decode()
    assert page.count('class="cal-entry') == 3
    assert 'href="#dia-2027-03-17"' in page
    assert page.count('id="dia-2027-03-17"') == 1
    assert page.count("agenda-title") == 5
    assert "Ajena" not in page
    assert "Nada vence en este mes" in office.get(f"{OWN}calendario/?mes=2027-04").content.decode()


@pytest.mark.parametrize("text", ["", "2027-13", "nada", "0001-01", "9999-12", "2027-03\x00"])
def test_month_that_is_none_is_the_present_one(office: Any, text: str) -> None:
    assert office.get(f"{OWN}calendario/", {"mes": text}).status_code == 200


# --- Export with the CRF's shape


def book(desk: Any, query: str = "") -> Any:
    answer = desk.get(f"{STAFF}crf.xlsx{query}")
    assert answer.status_code == 200
    assert "con-forma-crf" in answer["Content-Disposition"]
    return openpyxl.load_workbook(BytesIO(answer.content))


@pytest.mark.parametrize("many", [1, 3])
def test_export_has_published_actions_by_kind_and_says_what_it_is_not(desk: Any, many: int) -> None:
    for number in range(many):
        action = ActionFactory(review_state="published", kind="both", title=f"=Ambas {number}")
    IndicatorFactory(action=action)
    ActionFactory(review_state="published", kind="adaptation")
    ActionFactory(review_state="validated", kind="both", title="Secreta")
    found = book(desk)
    assert found.sheetnames == ["Léame", "Mitigación", "Adaptación", "Vocabularios"]
    assert found["Mitigación"].max_row == 1 + many
    assert found["Adaptación"].max_row == 2 + many
    words = [str(cell.value) for sheet in found for row in sheet for cell in row if cell.value is not None]
    assert not [word for word in words if "Secreta" in word]
    assert any("No es un formato oficial" in word for word in words)
    assert any("'=Ambas" in word for word in words)
    assert any("Canales limpios (km): 0; 12; ?" in word for word in words)


def test_export_of_one_municipality(desk: Any) -> None:
    for slug in ("toluca", "lerma"):
        ActionFactory(review_state="published", municipality=MunicipalityFactory(slug=slug, name=slug.title()))
    rows = list(book(desk, "?municipio=toluca")["Adaptación"].values)
    assert [row[0] for row in rows[1:]] == ["Toluca"]
    wrong = desk.get(f"{STAFF}crf.xlsx?municipio=nada")
    assert wrong.status_code == 422
    assert state_of(wrong) == "invalid"


def cells_of(sheet: Any) -> dict[str, Any]:
    head, row = list(sheet.values)[:2]
    return dict(zip(head, row, strict=True))


def test_export_tells_greenhouse_gases_and_people_and_leaves_unknown_empty(desk: Any) -> None:
    action = ActionFactory(
        review_state="published", kind="both", people_exposed=900, beneficiaries_total=100, beneficiaries_women=60
    )
    for tonnes in ("5.3", "2.2"):
        EmissionEstimateFactory(action=action, tonnes=tonnes, method="Cálculo de Persona Con Nombre")
    day = dt.date(2025, 1, 1)
    EmissionEstimateFactory(
        action=action, kind="achieved", tonnes="4", starts_on=day, ends_on=day + dt.timedelta(days=364)
    )
    found = book(desk)
    mitigation, adaptation = cells_of(found["Mitigación"]), cells_of(found["Adaptación"])
    assert mitigation["Expected GHG emission reduction (tCO2e per year)"] == 7.5
    assert mitigation["Achieved GHG emission reduction (tCO2e, period)"] == "4 (2025-01-01 / 2025-12-31)"
    assert "método propio" in mitigation["How the GHG emission reduction was estimated"]
    assert "Persona Con Nombre" not in str(mitigation)
    for cells in (mitigation, adaptation):
        assert (cells["Beneficiaries"], cells["Of them women"], cells["Of them men"]) == (100, 60, None)
        assert cells["Of them sex unknown"] == 40
    assert adaptation["People exposed to the hazards"] == 900
    assert not [head for head in adaptation if head.startswith(("Expected GHG", "Achieved GHG"))]
    Action.objects.update(beneficiaries_total=None, beneficiaries_women=None)
    EmissionEstimate.objects.all().delete()
    mitigation = cells_of(book(desk)["Mitigación"])
    assert [mitigation[head] for head in mitigation if "GHG" in head or "eneficiar" in head] == [None] * 4


def test_earlier_versions_of_the_mapping_can_still_be_read(make_action: Any) -> None:
    action = make_action("published")
    action.threats = []
    for version in range(1, VERSION + 1):
        mapping = crf_mapping(version)
        assert mapping.version == version
        assert {column["field"] for column in mapping.columns} <= set(crf_fields(action, mapping))


def test_export_names_nobody(desk: Any, make_action: Any, enlace: Any, staff: Any) -> None:
    make_action("published", partners="Persona Con Nombre")
    words = [str(cell.value) for sheet in book(desk) for row in sheet for cell in row]
    for name in (enlace.person.name, enlace.email, staff.email, "Persona Con Nombre"):
        assert not [word for word in words if name in word]


def test_mapping_knows_every_word_of_the_shipped_vocabularies() -> None:
    call_command("load_reference", verbosity=0)
    mapping = crf_mapping()
    assert set(mapping.sectors) == set(Sector.objects.values_list("code", flat=True))
    assert set(mapping.hazards) == set(Hazard.objects.values_list("code", flat=True))
    assert set(mapping.statuses) == set(ActionStatus.values)


def test_mapping_names_only_fields_there_are(make_action: Any) -> None:
    action = make_action("published")
    action.threats = []
    fields = crf_fields(action, crf_mapping())
    named = [column["field"] for column in crf_mapping().columns]
    assert set(named) == set(fields)
    assert fields["mitigation_sector"].startswith(("sin equivalencia", "Stationary", "Waste", "Other"))
