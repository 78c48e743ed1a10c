"""What changed in an action: read by its municipality, the institute and everybody, and brought back."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from actions import services
from actions.models import Action
from actions.services import IndicatorValues, MilestoneValues
from actions.views.changes import pieces_of
from tests.actions.conftest import photo
from tests.factories import ActionFactory, HazardFactory, SDGFactory, SectorFactory
from web.uploads import check_upload

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 2)
LONG = (
    "Cisternas en tres escuelas del centro, con su mantenimiento cada año y un comité de padres que lo vigila. " * 3
).strip()


@pytest.fixture
def clock(time_machine):
    """Each step of a history an hour after the one before."""
    moment = dt.datetime.now(dt.UTC)

    def later():
        nonlocal moment
        moment += dt.timedelta(hours=1)
        time_machine.move_to(moment, tick=False)

    later()
    return later


@pytest.fixture
def save(municipality, enlace):
    sector = SectorFactory()

    def write(action=None, **fields):
        more = {name: fields.pop(name) for name in ("sdgs", "hazards", "indicator", "version") if name in fields}
        values = {
            "title": "Captación de lluvia", "kind": "adaptation", "sector": sector, "responsible_area": "Ecología",
            "description": LONG, "starts_on": DAY,
        } | fields  # fmt: skip
        return services.save_action(action=action, municipality=municipality, values=values, by=enlace, **more)

    return write


@pytest.fixture
def read(signed_in, enlace):
    def page(action, name="liaison_action_history", who=None, key="pk"):
        response = signed_in(who or enlace).get(reverse(name, args=[getattr(action, key)]))
        assert response.status_code == 200
        return response.context["entries"], response.content.decode()

    return page


def said(entry):
    return {one.label: (one.before, one.after) for one in entry.changes}


def test_each_field_says_what_it_said_and_what_it_says_in_the_words_of_the_form(save, read, clock):
    action = save(sdgs=[SDGFactory(number=6, name="Agua limpia y saneamiento")], budget=Decimal(1500))
    clock()
    hazard = HazardFactory(name="Sequía")
    save(action, title="Captación", kind="both", starts_on=DAY + dt.timedelta(days=1), hazards=[hazard], budget=None)
    (last, first), page = read(action)
    assert said(last) == {
        "Título": ("Captación de lluvia", "Captación"),
        "Tipo": ("Adaptación", "Mitigación y adaptación"),
        "Inicia": ("2 de marzo de 2026", "3 de marzo de 2026"),
        "Objetivos de Desarrollo Sostenible (ODS)": ("Agua limpia y saneamiento", "(vacío)"),
        "Amenazas que atiende": ("(vacío)", "Sequía"),
        "Presupuesto (pesos)": ("1,500", "(vacío)"),
    }
    assert (last.title, first.title, first.changes) == ("Cambio de datos", "Registro de la acción", [])
    assert "3 de marzo de 2026" in page


def test_a_long_text_is_one_text_with_what_went_and_what_came(save, read, clock):
    action = save()
    clock()
    save(action, description=LONG.replace("tres escuelas", "cinco escuelas", 1))
    (last, _first), page = read(action)
    assert [piece.what for piece in last.changes[0].pieces] == ["=", "-", "+", "=", "…"]
    assert "tres</del>" not in page  # the words for screen readers close it
    assert "[quitado: </span>tres" in page
    assert "[agregado: </span>cinco" in page


def test_pieces_put_together_are_the_two_texts():
    old, new = "uno dos  tres\ncuatro", "uno 2  tres\n\ncuatro cinco"
    pieces = pieces_of(old, new)
    assert "".join(piece.text for piece in pieces if piece.what in "=-") == old
    assert "".join(piece.text for piece in pieces if piece.what in "=+") == new


def test_milestones_indicators_readings_and_evidence_stand_with_their_step(save, read, clock, enlace):
    action = save()
    clock()
    milestone = services.save_milestone(
        action=action, milestone=None, values=MilestoneValues(title="Obra", weight=2), by=enlace
    )
    clock()
    services.save_milestone(
        action=action, milestone=milestone, values=MilestoneValues(title="Obra", weight=2, done_on=DAY), by=enlace
    )
    clock()
    aim = IndicatorValues(
        name="Escuelas", unit="escuelas", direction="increase", baseline=Decimal(0), target=Decimal(3)
    )
    indicator = services.save_indicator(action=action, indicator=None, values=aim, by=enlace)
    clock()
    services.save_reading(indicator=indicator, reading=None, date=DAY, value=Decimal("1.5"), source="Conteo", by=enlace)
    clock()
    file = check_upload(photo())
    services.add_evidence(
        action=action, evidence=services.EvidenceValues(title="Foto de la obra", file=file), by=enlace
    )
    clock()
    services.remove_evidence(evidence=action.evidence.get(), by=enlace)
    told, _page = read(action)
    assert [entry.title for entry in told] == [
        "Evidencia retirada: Foto de la obra", "Lectura agregada: Escuelas", "Indicador agregado: Escuelas",
        "Hito cumplido: Obra", "Hito agregado: Obra", "Registro de la acción",
    ]  # fmt: skip
    assert said(told[1])["Lectura"][1] == "Escuelas, 2 de marzo de 2026: 1.5 escuelas"
    assert said(told[2])["Indicador"][1] == "Escuelas"
    assert said(told[3])["Hito «Obra»: Se cumplió el"] == ("(vacío)", "2 de marzo de 2026")
    assert said(told[4])["Hito"][1] == "Obra"


def test_evidence_is_a_step_where_it_comes_alone(save, read, clock, enlace):
    action = save()
    clock()
    link = services.EvidenceValues(title="Acta de cabildo", url="https://ejemplo.example/acta")
    services.add_evidence(action=action, evidence=link, by=enlace)
    told, _page = read(action)
    assert [entry.title for entry in told] == ["Evidencia agregada", "Registro de la acción"]
    assert said(told[0]) == {"Evidencia": ("Acta de cabildo", "Acta de cabildo")}


def test_the_municipality_reads_offices_and_the_institute_names(make_action, read, staff, enlace, clock):
    action = make_action("submitted")
    clock()
    services.return_action(action=action, comment="Falta la fuente del dato.", version=None, by=staff)
    told, page = read(action)
    assert (told[0].who, told[0].comment) == ("El instituto", "Falta la fuente del dato.")
    assert told[1].who == "Usted (Enlace titular)"
    assert staff.name not in page
    told, page = read(action, "staff_action_history", staff)
    assert (told[0].who, told[1].who) == (f"{staff} (El instituto)", f"{enlace} (Enlace titular)")


def test_the_institute_does_not_read_what_the_draft_said(save, read, clock, staff, enlace):
    action = save(title="Idea en borrador")
    clock()
    save(action, title="Captación de lluvia")
    clock()
    services.submit_action(action=action, version=None, by=enlace)
    told, page = read(action, "staff_action_history", staff)
    assert [entry.title for entry in told] == ["Envío a revisión"]
    assert "Idea en borrador" not in page


def test_a_draft_of_a_neighbour_is_not_named(save, read, clock):
    action, theirs = save(), ActionFactory(title="Ajena en borrador")
    theirs.related_actions.add(action)
    clock()
    save(action, title="Otro título")
    assert "Ajena en borrador" not in read(action)[1]


def test_many_versions_come_in_pages_that_leave_nothing_out(save, signed_in, enlace, clock):
    action = save(title="T0")
    for number in range(1, 26):
        clock()
        save(action, title=f"T{number}")
    told = []
    for page in ("1", "2"):
        address = reverse("liaison_action_history", args=[action.pk])
        told += signed_in(enlace).get(address, {"pagina": page}).context["entries"]
    assert [said(entry).get("Título") for entry in told] == [
        *((f"T{number - 1}", f"T{number}") for number in range(25, 0, -1)), None
    ]  # fmt: skip


# --- An earlier version brought back


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


def restore_page(action, place=-1):
    versions = list(action.history.order_by("history_id"))
    return reverse("liaison_action_restore", args=[action.pk, versions[place].history_id])


def test_an_earlier_version_is_shown_first_and_then_stored_as_a_new_one(save, desk, clock, read):
    goal = SDGFactory()
    aim = IndicatorValues(name="Escuelas", unit="escuelas", direction="increase", target=Decimal(3))
    action = save(sdgs=[goal], place="Centro", indicator=aim)
    clock()
    save(action, title="Otro título", place="Barrio", indicator=aim, partners="Comité")
    address = restore_page(action, 0)
    page = desk.get(address)
    assert {label: words for label, *words in page.context["differences"]} == {
        "Título": ["Otro título", "Captación de lluvia"],
        "Lugar o localidad": ["Barrio", "Centro"],
        "Con quién se hace": ["Comité", "(vacío)"],
        "Objetivos de Desarrollo Sostenible (ODS)": ["(vacío)", f"{goal.number}. {goal.label}"],
    }
    assert Action.objects.get().title == "Otro título"
    clock()
    assert desk.post(address, {"version": action.version}).status_code == 302
    action.refresh_from_db()
    assert (action.title, action.place, action.partners, list(action.sdgs.all())) == (
        "Captación de lluvia", "Centro", "", [goal],
    )  # fmt: skip
    assert action.indicators.get().target == 3
    told, _page = read(action)
    assert told[0].title.startswith("Restaurada la versión del ")
    assert action.history.count() == 3


def test_a_restore_of_what_moved_meanwhile_shows_both_texts_and_stores_nothing(save, desk, clock):
    action = save()
    clock()
    save(action, title="Segundo")
    address = restore_page(action, 0)
    seen = action.version
    save(action, title="Tercero")
    answer = desk.post(address, {"version": seen})
    assert answer.status_code == 409
    assert ("Título", "Tercero", "Captación de lluvia") in answer.context["differences"]
    assert Action.objects.get().title == "Tercero"
    assert f'name="version" value="{action.version}"' in answer.content.decode()


def test_what_cannot_be_edited_cannot_be_restored(make_action, desk):
    action = make_action("submitted")
    assert desk.get(restore_page(action, 0)).status_code == 403
    assert desk.post(restore_page(action, 0), {"version": action.version}).status_code == 403
    assert "Volver a esta versión" not in desk.get(reverse("liaison_action_history", args=[action.pk])).content.decode()


def test_a_version_of_another_action_is_missing(make_action, desk):
    mine, other = make_action(), make_action()
    version = other.history.get().history_id
    assert desk.get(reverse("liaison_action_restore", args=[mine.pk, version])).status_code == 404


def test_a_version_that_breaks_a_rule_of_today_is_not_stored(save, desk, clock):
    action = save()
    Action.history.filter(id=action.pk).update(responsible_area="")
    clock()
    save(action, title="Segundo")
    page = desk.get(restore_page(action, 0))
    assert "ya no puede guardarse" in page.content.decode()
    assert desk.post(restore_page(action, 0), {"version": action.version}).status_code == 422
    assert Action.objects.get().title == "Segundo"


def test_restoring_says_nothing_of_whether_the_work_goes_on(save, desk, clock, enlace):
    action = save()
    clock()
    save(action, title="Segundo")
    services.stop_action(action=action, status="suspended", reason="Sin recursos.", version=None, by=enlace)
    assert desk.post(restore_page(action, 0), {"version": action.version}).status_code == 302
    action.refresh_from_db()
    assert (action.title, action.status) == ("Captación de lluvia", "suspended")


# --- What everybody reads


def test_everybody_reads_what_changed_between_public_versions_and_of_texts_only_that_they_did(
    save, read, clock, staff, enlace, client
):
    action = save(budget=Decimal(1000))
    clock()
    services.submit_action(action=action, version=None, by=enlace)
    services.validate_action(action=action, version=None, by=staff)
    clock()
    services.return_action(action=action, comment="Sobra un nombre.", version=None, by=staff)
    clock()
    save(action, description="Texto de en medio que nadie debe leer.", budget=Decimal(7))
    clock()
    save(action, description="Cisternas.", budget=Decimal(2500))
    services.submit_action(action=action, version=None, by=enlace)
    clock()
    services.validate_action(action=action, version=None, by=staff)
    response = client.get(reverse("action_changes", args=[action.slug]))
    last, first = response.context["entries"]
    assert said(last) == {"Descripción": ("", ""), "Presupuesto (pesos)": ("1,000", "2,500")}
    assert first.title == "Se publicó por primera vez"
    page = response.content.decode()
    for hidden in (
        "Texto de en medio",
        "comité de padres",
        "Sobra un nombre",
        enlace.name,
        staff.name,
        "Enlace",
    ):
        assert hidden not in page


def test_changes_of_what_is_not_public_are_missing(make_action, client):
    assert client.get(reverse("action_changes", args=[make_action("validated").slug])).status_code == 404


def test_the_pages_of_a_history_stay_within_their_queries(
    save, desk, clock, signed_in, staff, enlace, client, django_assert_max_num_queries
):
    aim = IndicatorValues(name="Escuelas", unit="escuelas", direction="increase", target=Decimal(3))
    action, goal, hazard = save(indicator=aim), SDGFactory(), HazardFactory()
    clock()
    save(action, title="Segundo", sdgs=[goal], hazards=[hazard], indicator=aim)
    other = ActionFactory(municipality=action.municipality)
    other.related_actions.add(action)
    pages = [(desk, reverse("liaison_action_history", args=[action.pk])), (desk, restore_page(action, 0))]
    pages += [(desk, f"{reverse('liaison_action_create')}?ejemplo=water-rain-schools")]
    for browser, address in pages:
        with django_assert_max_num_queries(12):
            assert browser.get(address).status_code == 200
    services.submit_action(action=action, version=None, by=enlace)
    services.validate_action(action=action, version=None, by=staff)
    for browser, address in (
        (signed_in(staff), reverse("staff_action_history", args=[action.pk])),
        (client, reverse("action_changes", args=[action.slug])),
    ):
        with django_assert_max_num_queries(12):
            assert browser.get(address).status_code == 200
