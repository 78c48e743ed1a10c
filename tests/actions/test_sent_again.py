"""A form that comes again: the same is stored once; what somebody went back to put right is never lost in silence."""

from decimal import Decimal

import pytest
from django.urls import reverse

from actions.models import Action, ActionComment, EmissionEstimate, Evidence, ExchangeMessage, FollowUp
from tests.actions.conftest import photo
from tests.factories import (
    ExchangePostFactory,
    IndicatorFactory,
    MilestoneFactory,
    SectorFactory,
)

pytestmark = pytest.mark.django_db
BASE = "/mi-municipio/acciones/"
KEY = "5bd3ad0c-5d2a-4e5f-8a86-a4a55b0d56d1"
SAID = "Lo que dice ahora no se ha guardado"


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


def typed(**fields):
    return {
        "title": "Captación de lluvia", "kind": "adaptation", "sector": SectorFactory().pk, "then": "draft",
        "responsible_area": "Ecología", "starts_on": "2026-03-02", "description": "Cisternas.", "request_key": KEY,
        "indicator_direction": "increase",
    } | fields  # fmt: skip


def key_of(response):
    return str(response.context["form"]["request_key"].value())


def test_who_goes_back_to_a_new_action_and_corrects_it_corrects_the_one_that_was_stored(desk):
    desk.post(f"{BASE}nueva/", typed())
    again = typed(title="Captación de lluvia en Santa Ana", evidence_title="Cisterna", evidence_file=photo())
    action = Action.objects.get()
    assert desk.post(f"{BASE}nueva/", again).url == f"{BASE}{action.pk}/"
    action.refresh_from_db()
    assert (action.title, action.evidence.count()) == ("Captación de lluvia en Santa Ana", 1)
    assert [row.title for row in action.history.order_by("pk")] == ["Captación de lluvia", action.title]


def test_a_new_action_sent_twice_for_review_is_sent_once_and_told_so(desk):
    for _time in range(2):
        response = desk.post(f"{BASE}nueva/", typed(then="submit"))
        assert response.url == f"{BASE}{Action.objects.get().pk}/"
    assert Action.objects.get().reviews.count() == 1
    refused = desk.post(f"{BASE}nueva/", typed(title="Otra", then="submit"))
    assert (refused.status_code, Action.objects.get().title) == (403, "Captación de lluvia")


def test_going_back_to_an_action_that_changed_since_shows_both_texts(desk):
    desk.post(f"{BASE}nueva/", typed())
    action = Action.objects.get()
    form = desk.get(f"{BASE}{action.pk}/editar/").context["form"]
    desk.post(f"{BASE}{action.pk}/editar/", typed(title="De la suplente", version=form["version"].value()))
    both = desk.post(f"{BASE}nueva/", typed(title="Del titular"))
    page = both.content.decode()
    assert both.status_code == 409
    assert "De la suplente" in page
    assert "Del titular" in page
    assert f'action="{BASE}{action.pk}/editar/"' in page
    kept = typed(title="Del titular", version=both.context["form"]["version"].value())
    assert desk.post(f"{BASE}{action.pk}/editar/", kept).status_code == 302
    assert Action.objects.get().title == "Del titular"


@pytest.mark.parametrize("change", ["text", "reading", "photo"])
def test_follow_up_that_comes_again_with_something_else_is_kept_in_the_form(desk, make_action, change):
    action = make_action("published")
    step, indicator = MilestoneFactory(action=action), IndicatorFactory(action=action)
    address = f"{BASE}{action.pk}/seguimiento/"

    def told(**more):
        return {
            "date": "2026-03-01", "status": "under-way", "text": "Obra", "milestones": [step.pk], "request_key": KEY,
            f"reading_{indicator.pk}": "4",
        } | more  # fmt: skip

    for _time in range(2):  # the answer was lost: the step is met since
        assert desk.post(address, told()).status_code == 302
    more = {
        "text": {"text": "Obra y pintura"}, "reading": {f"reading_{indicator.pk}": "5"},
        "photo": {"evidence_title": "Obra", "evidence_file": photo()},
    }[change]  # fmt: skip
    kept = desk.post(address, told(**more))
    assert (kept.status_code, FollowUp.objects.count(), Evidence.objects.count()) == (409, 1, 0)
    assert SAID in kept.content.decode()
    if change == "photo":
        more["evidence_file"] = photo()
    assert desk.post(address, told(**more, request_key=key_of(kept))).status_code == 302
    assert FollowUp.objects.count() == 2


def test_estimate_that_comes_again_with_another_amount_is_kept_in_the_form(desk, make_action):
    address = f"{BASE}{make_action('published').pk}/emisiones/nueva/"
    said = {"kind": "expected", "activity": "Luz", "tonnes": "5.25", "method": "Recibos", "request_key": KEY}
    for _time in range(2):
        assert desk.post(address, said).status_code == 302
    kept = desk.post(address, said | {"tonnes": "6"})
    assert (kept.status_code, EmissionEstimate.objects.get().tonnes) == (409, Decimal("5.25"))
    assert SAID in kept.content.decode()
    assert desk.post(address, said | {"tonnes": "6", "request_key": key_of(kept)}).status_code == 302


def test_message_and_comment_that_come_again_with_other_words_are_kept_in_the_form(
    enlace, neighbour, signed_in, make_action
):
    browser = signed_in(neighbour)
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    browser.post(reverse("exchange_thread_create", args=[post.pk]), {"text": "Hola", "request_key": KEY})
    thread = reverse("exchange_thread", args=[ExchangeMessage.objects.get().thread_id])
    comments = reverse("action_comments", args=[make_action("published").slug])
    browser.post(comments, {"text": "Hola", "request_key": KEY})
    for address, model in ((thread, ExchangeMessage), (comments, ActionComment)):
        kept = browser.post(address, {"text": "Y otra cosa", "request_key": KEY})
        page = kept.content.decode()
        assert (kept.status_code, model.objects.count()) == (409, 1)
        assert SAID in page
        assert "Y otra cosa" in page
        assert browser.post(address, {"text": "Y otra cosa", "request_key": key_of(kept)}).status_code == 302
        assert model.objects.count() == 2


def test_post_that_comes_again_with_another_title_is_kept_in_the_form(desk, enlace):
    sector = SectorFactory()
    said = {
        "kind": "offer", "title": "Huertos", "text": "Cómo empezar.", "sector": sector.pk, "request_key": KEY,
        "until": desk.get(reverse("exchange_post_create")).context["form"]["until"].value().isoformat(),
    }  # fmt: skip
    for _time in range(2):
        assert desk.post(reverse("exchange_post_create"), said).status_code == 302
    kept = desk.post(reverse("exchange_post_create"), said | {"title": "Composta"})
    assert (kept.status_code, enlace.liaison_municipality.exchange_posts.get().title) == (409, "Huertos")
    assert SAID in kept.content.decode()


def test_evidence_that_is_there_already_is_told_under_its_name(desk, make_action):
    action = make_action("published")
    address = f"{BASE}{action.pk}/evidencia/"
    desk.post(address, {"evidence_title": "Acta", "evidence_url": "https://toluca.example/acta"})
    again = {"evidence_title": "Otra cosa", "evidence_url": "https://toluca.example/acta"}
    page = desk.post(address, again, follow=True).content.decode()
    assert "Esa evidencia ya estaba, como «Acta»" in page
    assert Evidence.objects.count() == 1
