"""What is typed and not saved yet: kept for whoever types it, and for nobody else."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from actions import services
from actions.models import Action, TypedDraft
from network.services.people import accounts_of
from tests.actions.conftest import photo
from tests.actions.test_liaison import BASE, typed
from tests.factories import ActionFactory, DesignationFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = f"{BASE}nueva/"
TYPED = f"{BASE}nueva/texto/"
KEY = "5f6a9f0e-0d3e-4f0e-9d55-1b1f0b6c2a11"
OTHER = "5f6a9f0e-0d3e-4f0e-9d55-1b1f0b6c2a22"
AGAIN = f"{NEW}?borrador={KEY}"


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


def test_what_is_typed_stands_in_its_form_again_until_it_is_saved(desk):
    sent = typed(title="A medias", sdgs=["3"], kind="both", request_key=KEY)
    assert desk.post(TYPED, sent).status_code == 200
    page = desk.get(AGAIN).content.decode()
    assert 'value="A medias"' in page
    assert "Recuperamos lo que estaba escribiendo" in page
    desk.post(AGAIN, typed(then="draft", request_key=KEY))
    assert not TypedDraft.objects.exists()
    saved = Action.objects.get()
    assert desk.get(AGAIN).url == f"{BASE}{saved.pk}/"  # typing on there would be lost: the form was sent


def test_typing_again_replaces_what_was_kept_and_discarding_takes_it_away(desk):
    for title in ("Uno", "Dos"):
        desk.post(TYPED, {"title": title, "request_key": KEY})
    assert TypedDraft.objects.get().fields["title"] == ["Dos"]
    assert desk.post(TYPED, {"then": "discard", "request_key": KEY}).url == NEW
    assert not TypedDraft.objects.exists()


def test_two_tabs_keep_two_texts_and_each_is_offered_where_it_is_not_open(desk):
    desk.post(TYPED, {"title": "Composta", "request_key": KEY})
    desk.post(TYPED, {"title": "", "request_key": OTHER})
    assert desk.get(AGAIN).context["form"]["title"].value() == "Composta"
    assert [str(row.key) for row in desk.get(AGAIN).context["unsaved"]] == [OTHER]
    for address in (NEW, BASE):
        page = desk.get(address)
        assert {str(row.key) for row in page.context["unsaved"]} == {KEY, OTHER}
        assert f'href="{AGAIN}">Composta' in page.content.decode()
        assert "Sin título todavía</a>" in page.content.decode()
    desk.post(TYPED, {"then": "discard", "request_key": OTHER})
    assert TypedDraft.objects.get().title == "Composta"


def test_a_new_form_opens_empty_and_with_a_key_of_its_own(desk):
    desk.post(TYPED, {"title": "Composta", "request_key": KEY})
    forms = [desk.get(NEW).context["form"] for _ in range(2)]
    assert [form["title"].value() for form in forms] == [None, None]
    assert len({str(form["request_key"].value()) for form in forms} | {KEY}) == 3


def test_of_new_actions_the_last_twenty_are_kept(desk):
    for number in range(22):
        desk.post(TYPED, {"title": f"Idea {number}", "request_key": str(uuid.uuid4())})
    assert {row.title for row in TypedDraft.objects.all()} == {f"Idea {number}" for number in range(2, 22)}


@pytest.mark.parametrize("key", ["", "no-es-clave"])
def test_what_does_not_say_which_form_it_is_of_is_not_kept(desk, key):
    assert desk.post(TYPED, {"title": "x", "request_key": key}).status_code == 400
    assert desk.get(NEW, {"borrador": key}).status_code == 200
    assert not TypedDraft.objects.exists()


def test_nobody_else_sees_it(desk, signed_in, neighbour, enlace, municipality):
    desk.post(TYPED, {"title": "Solo mío", "request_key": KEY})
    theirs = signed_in(neighbour)
    assert "Solo mío" not in theirs.get(AGAIN).content.decode() + theirs.get(BASE).content.decode()
    colleague = DesignationFactory(municipality=municipality, kind="substitute").person
    assert enlace not in accounts_of(colleague)


def test_what_arrives_after_saving_is_not_kept(desk):
    key = str(uuid.uuid4())
    desk.post(NEW, typed(then="draft", request_key=key))
    assert desk.post(TYPED, typed(request_key=key)).status_code == 410
    assert not TypedDraft.objects.exists()


def test_an_edited_action_has_a_draft_of_its_own(desk, make_action):
    action = make_action()
    desk.post(f"{BASE}{action.pk}/texto/", {"title": "Otro título", "version": action.version})
    assert "Otro título" in desk.get(f"{BASE}{action.pk}/editar/").content.decode()
    assert "Otro título" not in desk.get(NEW).content.decode()


def test_too_much_is_refused(desk):
    assert desk.post(TYPED, {"description": "x" * 70_000, "request_key": KEY}).status_code == 413


def test_it_goes_after_thirty_days_and_with_the_person(desk, enlace):
    desk.post(TYPED, {"title": "Viejo", "request_key": KEY})
    TypedDraft.objects.update(saved_at=timezone.now() - dt.timedelta(days=31))
    assert services.erase_old_typed(timezone.localdate() - dt.timedelta(days=29)) == 1
    assert enlace.person is not None
    desk.post(TYPED, {"title": "Nuevo", "request_key": KEY})
    assert services.outlook_typed(enlace.person)[0].erased == 1
    services.erase_typed_of(enlace.person)
    assert not TypedDraft.objects.exists()


def test_evidence_comes_with_the_action(desk):
    desk.post(NEW, typed(then="submit", evidence_title="Foto", evidence_file=photo()))
    action = Action.objects.get()
    assert (action.review_state, action.evidence.get().title) == ("submitted", "Foto")


def test_everything_that_is_known_is_stored_and_shown(desk, make_action):
    other = make_action(title="La otra")
    facts = {
        "beneficiaries_total": "1,200", "beneficiaries_women": "700", "people_exposed": "5000",
        "point": "19.29, -99.65", "started_on": "2026-03-05", "related_actions": [other.pk],
    }  # fmt: skip
    response = desk.post(NEW, typed(then="draft", **facts), follow=True)
    action = Action.objects.get(title="Captación de lluvia")
    assert (action.beneficiaries_total, action.beneficiaries_unknown, action.point) == (1200, 500, "19.29, -99.65")
    assert list(other.related_actions.all()) == [action]
    for words in ("1,200", "5,000", "19.29, -99.65", "La otra"):
        assert words in response.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"point": "aquí"},
        {"point": "19.29, 99.65"},
        {"point": "32, -117"},
        {"beneficiaries_women": "3"},
        {"beneficiaries_total": "3", "beneficiaries_women": "2", "beneficiaries_men": "2"},
        {"kind": "mitigation", "people_exposed": "3"},
        {"instrument_line": "3.1"},
        {"started_on": "2026-03-05", "ended_on": "2026-03-04"},
        {"started_on": "2090-01-01"},
        {"related_actions": ["999999"]},
    ],
)
def test_what_cannot_be_is_said_and_not_stored(desk, wrong):
    assert desk.post(NEW, typed(then="draft") | wrong).status_code == 422
    assert not Action.objects.exists()


def test_related_actions_are_found_by_words_among_those_that_may_be_seen(desk, make_action, neighbour):
    make_action(title="Humedal visible", search_text=" humedal")
    ActionFactory(title="Humedal ajeno", search_text=" humedal")
    response = desk.post(NEW, typed(then="search", related_words="humedal"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Humedal visible" in page
    assert "Humedal ajeno" not in page


def test_a_draft_of_a_neighbour_stays_tied_and_out_of_sight(desk, make_action, neighbour):
    mine, theirs = make_action(), ActionFactory(title="Ajena")
    theirs.related_actions.add(mine)
    assert "Ajena" not in desk.get(f"{BASE}{mine.pk}/").content.decode()
    desk.post(f"{BASE}{mine.pk}/editar/", typed(then="draft", version=mine.version))
    assert list(theirs.related_actions.all()) == [mine]


def test_account_without_municipality_keeps_nothing(signed_in):
    assert signed_in(UserFactory()).post(TYPED, {"title": "x"}).status_code == 404
