"""The municipality's log in the browser of its liaison."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from actions import services
from actions.models import Action, Evidence, FieldComment, FollowUp
from network.models import Designation
from outbox.models import Message
from tests.actions.conftest import photo
from tests.factories import (
    ActionFactory,
    EvidenceFactory,
    FollowUpFactory,
    HazardFactory,
    IndicatorFactory,
    PathwayFactory,
    SDGFactory,
    SectorFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BASE = "/mi-municipio/acciones/"


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


def typed(**fields):
    return {
        "title": "Captación de lluvia",
        "kind": "adaptation",
        "sector": SectorFactory().pk,
        "responsible_area": "Ecología",
        "starts_on": "2026-03-02",
        "description": "Cisternas en escuelas.",
    } | fields


def state_of(response):
    return re.search(r'data-state="([^"]*)"', response.content.decode())[1]


def test_liaison_logs_an_action_with_the_short_form(desk, municipality, enlace):
    response = desk.post(f"{BASE}nueva/", typed(then="draft"), follow=True)
    action = Action.objects.get()
    assert response.redirect_chain == [(f"{BASE}{action.pk}/", 302)]
    assert (action.municipality, action.created_by, action.review_state) == (municipality, enlace, "draft")
    assert state_of(response) == "draft"
    assert not Message.objects.exists()


def test_liaison_logs_everything_and_sends_it_at_once(desk):
    circular, sdg, hazard = PathwayFactory(code="circular", order=3), SDGFactory(), HazardFactory()
    everything = typed(
        ends_on="2026-12-31",
        status="under-way",
        place="Centro",
        partners="Comité",
        budget="$ 1,250,000.50",
        funding_source="Propios",
        linked_pathways=[circular.pk],
        sdgs=[sdg.pk],
        hazards=[hazard.pk],
        indicator_name="Escuelas",
        indicator_unit="escuelas",
        indicator_direction="increase",
        indicator_baseline="0",
        indicator_target="3",
        then="submit",
    )
    response = desk.post(f"{BASE}nueva/", everything, follow=True)
    action = Action.objects.get()
    assert state_of(response) == action.review_state == "submitted"
    assert str(action.budget) == "1250000.50"
    assert action.indicators.get().unit == "escuelas"
    assert Message.objects.get().kind == "actions.submitted"


@pytest.mark.parametrize("missing", ["title", "kind", "sector", "responsible_area", "starts_on", "description"])
def test_what_is_missing_is_said_and_the_rest_kept(desk, missing):
    response = desk.post(f"{BASE}nueva/", typed(place="Barrio de San Juan") | {missing: ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert state_of(response) == "refused"
    assert 'class="error-summary"' in page
    assert "Barrio de San Juan" in page
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ends_on": "2026-03-01"}, "termina antes de empezar"),
        ({"starts_on": "1815-01-01"}, "entre 2000 y 2100"),
        ({"starts_on": "mañana"}, "fecha"),
        ({"budget": "-5"}, "mayor o igual"),
        ({"budget": "mucho"}, "número"),
        ({"budget": "12,5"}, "1,250.50"),
        ({"budget": "1.250,50"}, "1,250.50"),
        ({"title": "a" * 161}, "160"),
        ({"title": "con\0nulo"}, "nul"),
        ({"sector": "999999"}, "válida"),
        ({"indicator_name": "Escuelas"}, "hacen falta"),
        (
            {"indicator_name": "A", "indicator_unit": "kg", "indicator_baseline": "9", "indicator_target": "3"},
            "no va en el sentido",
        ),
        (
            {
                "indicator_name": "A",
                "indicator_unit": "kg",
                "indicator_direction": "decrease",
                "indicator_baseline": "3",
                "indicator_target": "9",
            },
            "no va en el sentido",
        ),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(desk, fields, words):
    response = desk.post(f"{BASE}nueva/", typed(**fields))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Action.objects.exists()


def test_hazards_belong_to_adaptation(desk):
    response = desk.post(f"{BASE}nueva/", typed(kind="mitigation", hazards=[HazardFactory().pk]))
    assert response.status_code == 422
    assert "acciones de adaptación. Quítelas" in response.content.decode()


def test_entry_pathway_is_not_linked_again_even_when_the_sector_proposes_it(desk):
    proposed = SectorFactory().entry_pathway
    response = desk.post(f"{BASE}nueva/", typed(linked_pathways=[proposed.pk]))
    assert response.status_code == 422
    assert "no se repite" in response.content.decode()


def test_at_most_four_linked_pathways(desk):
    codes = ("low-carbon", "nature-based", "circular", "equitable", "resilient-two")
    rows = [PathwayFactory(code=code, name=code) for code in codes]
    response = desk.post(f"{BASE}nueva/", typed(linked_pathways=[row.pk for row in rows]))
    assert response.status_code == 422
    assert "cuatro caminos" in response.content.decode()


def test_form_sent_twice_makes_one_action(desk):
    key = re.search(r'name="request_key" value="([^"]+)"', desk.get(f"{BASE}nueva/").content.decode())[1]
    for _ in range(2):
        assert desk.post(f"{BASE}nueva/", typed(request_key=key, then="draft")).status_code == 302
    assert Action.objects.count() == 1


def test_form_proposes_the_pathway_of_each_sector_to_its_script(desk):
    sector = SectorFactory()
    page = desk.get(f"{BASE}nueva/").content.decode()
    assert f'value="{sector.pk}" data-proposes="{sector.entry_pathway_id}"' in page


def stored_as_typed(desk, action, **fields):
    """What the edit form holds, as the browser would send it."""
    form = desk.get(f"{BASE}{action.pk}/editar/").context["form"]
    values = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value()) if bound.value() is not None else None
        if value not in (None, "", []):
            values[bound.html_name] = value
    return values | fields


def test_edit_form_sent_back_untouched_changes_nothing(desk, make_action):
    action = make_action(ends_on=dt.date(2027, 1, 1), budget="12.50")
    IndicatorFactory(action=action)
    action.sdgs.add(SDGFactory())
    before = Action.objects.filter(pk=action.pk).values().get()

    response = desk.post(f"{BASE}{action.pk}/editar/", stored_as_typed(desk, action))

    assert response.status_code == 302
    after = Action.objects.filter(pk=action.pk).values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "updated_at", "search_text"}
    assert (action.sdgs.count(), action.indicators.get().target) == (1, 12)


def test_line_ends_of_browsers_are_no_difference(desk, make_action, municipality, enlace):
    action = make_action(description="Uno.\nDos.")
    mine = stored_as_typed(desk, action, title="Lo mío", description="Uno.\r\nDos.")
    services.add_follow_up(
        action=action,
        date=timezone.localdate(),
        progress=5,
        progress_reason="Visita.",
        status="planned",
        text="Nada.",
        by=enlace,
    )
    response = desk.post(f"{BASE}{action.pk}/editar/", mine)
    assert [label for label, _stored, _typed in response.context["conflict"]] == ["Título"]


def test_second_editor_sees_both_texts_and_may_save_again(desk, make_action, municipality, enlace):
    action = make_action(title="Primero")
    mine = stored_as_typed(desk, action, title="Lo mío")
    theirs = {"title": "Lo de mi colega", "sector": action.sector, "status": "planned", "pathway": action.pathway}
    services.save_action(action=action, municipality=municipality, values=theirs, by=enlace, version=1)

    response = desk.post(f"{BASE}{action.pk}/editar/", mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert state_of(response) == "conflict"
    assert "Lo de mi colega" in page
    assert 'value="Lo mío"' in page
    assert Action.objects.get().title == "Lo de mi colega"

    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert desk.post(f"{BASE}{action.pk}/editar/", mine | {"version": version}).status_code == 302
    assert Action.objects.get().title == "Lo mío"


def test_edit_without_a_version_is_not_a_way_around(desk, make_action):
    action = make_action()
    mine = stored_as_typed(desk, action, title="Sin versión")
    del mine["version"]
    assert desk.post(f"{BASE}{action.pk}/editar/", mine).status_code in {409, 422}
    assert Action.objects.get().title == action.title


@pytest.mark.parametrize(("state", "words"), [("submitted", "ya está en revisión"), ("validated", "ya validó")])
def test_what_is_with_the_institute_cannot_be_edited_and_the_page_says_why(desk, make_action, state, words):
    """Whoever sent it from another tab, or pressed twice, has the permission: the state is what changed."""
    action = make_action(state)
    for response in (
        desk.get(f"{BASE}{action.pk}/editar/"),
        desk.post(f"{BASE}{action.pk}/editar/", typed()),
        desk.post(f"{BASE}{action.pk}/enviar/", {"version": action.version}),
        desk.post(f"{BASE}{action.pk}/eliminar/"),
    ):
        assert (response.status_code, state_of(response)) == (403, "refused")
        assert words in response.content.decode()
    assert Action.objects.get().title == action.title


def test_returned_action_is_not_deleted(desk, make_action):
    response = desk.post(f"{BASE}{make_action('returned').pk}/eliminar/")
    assert response.status_code == 403
    assert "Solo se elimina un borrador" in response.content.decode()
    assert Action.objects.exists()


def test_address_that_is_none_is_said_once(desk, make_action):
    wrong = {"evidence_title": "x", "evidence_url": "javascript:alert(1)"}
    response = desk.post(f"{BASE}{make_action().pk}/evidencia/", wrong)
    assert len(response.context["form"].errors["evidence_url"]) == 1


def test_draft_is_sent_with_one_press(desk, make_action):
    action = make_action()
    response = desk.post(f"{BASE}{action.pk}/enviar/", {"version": action.version}, follow=True)
    assert state_of(response) == "submitted"


@pytest.mark.parametrize("version", ["0", "", "x", "9" * 30, "١"])
def test_stale_press_sends_nothing(desk, make_action, version):
    action = make_action()
    response = desk.post(f"{BASE}{action.pk}/enviar/", {"version": version})
    assert (response.status_code, state_of(response)) == (409, "conflict")
    assert Action.objects.get().review_state == "draft"


def test_returned_action_shows_what_to_correct_first(desk, make_action):
    action = make_action("returned")
    response = desk.get(f"{BASE}{action.pk}/")
    page = response.content.decode()
    assert state_of(response) == "returned"
    assert page.index("El instituto pide una corrección") < page.index("En qué va")
    assert "Falta la fuente." in page


def test_overdue_action_is_flagged(desk, make_action):
    action = make_action("published", ends_on=timezone.localdate() - dt.timedelta(days=2), status="under-way")
    assert "Fuera de plazo" in desk.get(BASE).content.decode()
    assert "Debía terminar el" in desk.get(f"{BASE}{action.pk}/").content.decode()


FOLLOW_UP = {
    "date": "2026-05-05",
    "progress": "45",
    "progress_reason": "Dos de tres.",
    "status": "under-way",
    "text": "Dos escuelas.",
}


def test_liaison_adds_follow_up_with_reading_and_photo_in_one_step(desk, make_action):
    action = make_action("published")
    indicator = IndicatorFactory(action=action)
    sent = FOLLOW_UP | {
        f"reading_{indicator.pk}": "2",
        "evidence_title": "Foto de la cisterna",
        "evidence_file": photo(),
    }
    response = desk.post(f"{BASE}{action.pk}/seguimiento/", sent, follow=True)

    assert response.redirect_chain == [(f"{BASE}{action.pk}/", 302)]
    follow_up = FollowUp.objects.get()
    assert (follow_up.readings.get().value, follow_up.evidence.get().original_name) == (2, "obra.jpg")
    action.refresh_from_db()
    assert (action.progress, action.status) == (45, "under-way")
    assert "Foto de la cisterna (JPG)" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"progress": "101"}, "menor o igual a 100"),
        ({"progress": "-1"}, "mayor o igual a 0"),
        ({"progress": ""}, "Falta el avance"),
        ({"progress_reason": ""}, "en qué se basa"),
        ({"progress": "", "progress_reason": ""}, "Todavía no hay hitos"),
        ({"date": "2999-01-01"}, "entre 2000 y 2100"),
        ({"date": (timezone.localdate() + dt.timedelta(days=2)).isoformat()}, "todavía no llega"),
        ({"text": ""}, "obligatorio"),
        ({"status": "volando"}, "válida"),
        ({"evidence_title": "Foto"}, "Falta el archivo o el enlace"),
        ({"evidence_url": "https://toluca.example"}, "qué muestra"),
        ({"evidence_title": "x", "evidence_url": "javascript:alert(1)"}, "URL"),
        ({"evidence_title": "x", "evidence_url": "ftp://toluca.example/a"}, "URL"),
    ],
)
def test_follow_up_that_cannot_be_is_refused_and_kept(desk, make_action, fields, words):
    action = make_action()
    response = desk.post(f"{BASE}{action.pk}/seguimiento/", FOLLOW_UP | {"text": "Lo que escribí"} | fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert fields.get("text", "Lo que escribí") in response.content.decode()
    assert not FollowUp.objects.exists()
    assert not Evidence.objects.exists()


def test_follow_up_sent_twice_is_stored_once(desk, make_action):
    address = f"{BASE}{make_action().pk}/seguimiento/"
    key = re.search(r'name="request_key" value="([^"]+)"', desk.get(address).content.decode())[1]
    for _ in range(2):
        assert desk.post(address, FOLLOW_UP | {"request_key": key}).status_code == 302
    assert FollowUp.objects.count() == 1


def test_evidence_that_lies_about_its_kind_is_refused(desk, make_action):
    from django.core.files.uploadedfile import SimpleUploadedFile

    action = make_action()
    for content in (b"<html><script>alert(1)</script>", b"%PDF-1.7 nothing else", b""):
        file = SimpleUploadedFile("foto.jpg", content, content_type="image/jpeg")
        response = desk.post(f"{BASE}{action.pk}/evidencia/", {"evidence_title": "Foto", "evidence_file": file})
        assert response.status_code == 422
    assert not Evidence.objects.exists()


def test_evidence_link_is_added_and_taken_away_while_editable(desk, make_action):
    action = make_action()
    desk.post(f"{BASE}{action.pk}/evidencia/", {"evidence_title": "Nota", "evidence_url": "toluca.example/nota"})
    evidence = Evidence.objects.get()
    assert evidence.url == "https://toluca.example/nota"
    response = desk.post(f"{BASE}{action.pk}/evidencia/{evidence.pk}/eliminar/", follow=True)
    assert "Evidencia eliminada." in response.content.decode()
    assert not Evidence.objects.exists()


def test_evidence_of_a_submitted_action_cannot_be_taken_away(desk, make_action):
    evidence = EvidenceFactory(action=make_action("submitted"))
    assert desk.post(f"{BASE}{evidence.action_id}/evidencia/{evidence.pk}/eliminar/").status_code == 403
    assert Evidence.objects.exists()


def test_evidence_of_another_action_is_not_found_through_ones_own(desk, make_action):
    mine, foreign = make_action(), EvidenceFactory()
    assert desk.post(f"{BASE}{mine.pk}/evidencia/{foreign.pk}/eliminar/").status_code == 404
    assert Evidence.objects.exists()


def test_draft_is_deleted_after_asking(desk, make_action):
    action = make_action()
    assert state_of(desk.get(f"{BASE}{action.pk}/eliminar/")) == "confirm"
    assert Action.objects.exists()
    assert desk.post(f"{BASE}{action.pk}/eliminar/").status_code == 302
    assert not Action.objects.exists()


PLACES = ["", "editar/", "enviar/", "eliminar/", "seguimiento/", "evidencia/", "evidencia/1/eliminar/"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("state", ["draft", "validated"])
def test_action_of_another_municipality_does_not_exist_here(signed_in, neighbour, make_action, place, state):
    action = make_action(state)
    client = signed_in(neighbour)
    sent = typed() | FOLLOW_UP | {"version": action.version, "evidence_title": "x", "evidence_url": "https://a.example"}
    posted, got = (send(f"{BASE}{action.pk}/{place}") for send in (lambda path: client.post(path, sent), client.get))
    assert posted.status_code == (405 if place == "" else 404)
    assert got.status_code == (405 if place in {"enviar/", "evidencia/1/eliminar/"} else 404)
    action_now = Action.objects.get()
    assert (action_now.version, action_now.follow_ups.count(), action_now.evidence.count()) == (action.version, 0, 0)


@pytest.mark.parametrize("place", ["", "nueva/", "1/", "1/editar/", "1/seguimiento/", "1/evidencia/", "1/eliminar/"])
def test_only_liaisons_work_here(client, signed_in, staff, enlace, place):
    address = f"{BASE}{place}"
    assert client.get(address).status_code == 302
    assert signed_in(UserFactory()).get(address).status_code == 404
    assert signed_in(staff).get(address).status_code == 403
    former = signed_in(enlace)
    Designation.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert former.get(address).status_code == 404


@pytest.mark.parametrize("n", [1, 3, 24])
def test_list_asks_the_same_queries_whatever_its_length(desk, municipality, django_assert_num_queries, n):
    for _ in range(n):
        ActionFactory(municipality=municipality)
    cache.clear()
    # session, account, designation, sectors, counts, rows, views, installation
    with django_assert_num_queries(9):
        desk.get(BASE)


@pytest.mark.parametrize("n", [1, 3])
def test_page_asks_the_same_queries_whatever_its_length(desk, make_action, django_assert_num_queries, n):
    action = make_action("returned")
    for number in range(n):
        IndicatorFactory(action=action)
        follow_up = FollowUpFactory(action=action)
        EvidenceFactory(action=action, follow_up=follow_up, url=f"https://documentos.example/{number}")
    cache.clear()
    # session, account, designation, action, reviews, indicators, milestones, evidence, links, follow-ups,
    # comments on fields, installation
    with django_assert_num_queries(12):
        desk.get(f"{BASE}{action.pk}/")
    cache.clear()
    # session, account, designation, action, what is typed, links, indicator, sectors, pathways, vocabulary,
    # comments on fields, installation
    with django_assert_num_queries(12):
        desk.get(f"{BASE}{action.pk}/editar/")


@pytest.mark.parametrize("status", ["completed", "suspended", "cancelled"])
def test_a_new_action_that_says_it_is_over_is_told_which_step_that_is(desk, status):
    response = desk.post(f"{BASE}nueva/", typed(then="draft", status=status))
    assert response.status_code == 422
    assert "tienen su propio paso" in response.content.decode()
    assert not Action.objects.exists()


def test_what_answers_a_comment_is_stored_with_the_answer(desk, make_action, staff):
    action = make_action("submitted")
    observed = services.Observation(field="title", label="Título", text="¿Cuántas?", stored=action.title)
    services.return_action(action=action, comment="Vea.", version=None, by=staff, on_fields=[observed])
    comment = FieldComment.objects.get()

    def send(version):
        answer = desk.post(f"{BASE}{action.pk}/editar/", typed(then="draft", title="Tres escuelas", version=version))
        comment.refresh_from_db()
        return answer.status_code, comment.answered_at is not None

    assert send(action.version - 1) == (409, False)
    assert send(action.version) == (302, True)
