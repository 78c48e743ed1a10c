"""The institute's desk."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from actions.models import Action, EmissionFactor
from tests.factories import (
    ActionFactory,
    EmissionEstimateFactory,
    EvidenceFactory,
    FollowUpFactory,
    IndicatorFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BASE = "/gestion/acciones/"


@pytest.fixture
def desk(signed_in, staff):
    return signed_in(staff)


def state_of(response):
    return re.search(r'data-state="([^"]*)"', response.content.decode())[1]


def titles(response):
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', response.content.decode())


def test_list_has_what_waits_longest_first_and_no_drafts(desk, municipality):
    now = timezone.now()
    ActionFactory(title="Borrador", municipality=municipality)
    ActionFactory(title="Validada", review_state="validated")
    ActionFactory(title="Enviada ayer", review_state="submitted", submitted_at=now - dt.timedelta(days=1))
    ActionFactory(title="Enviada hace una semana", review_state="submitted", submitted_at=now - dt.timedelta(days=7))
    assert titles(desk.get(BASE)) == ["Enviada hace una semana", "Enviada ayer", "Validada"]
    assert titles(desk.get(BASE, {"estado": "submitted"})) == ["Enviada hace una semana", "Enviada ayer"]
    assert titles(desk.get(BASE, {"estado": "draft"})) == []


def test_tabs_count_each_state(desk):
    ActionFactory(review_state="submitted", submitted_at=timezone.now())
    page = desk.get(BASE).content.decode()
    assert re.search(r'En revisión<span class="count">1</span>', page)
    assert re.search(r'Observada<span class="count">0</span>', page)
    assert "Borrador" not in page


def test_staff_validates(desk, make_action):
    action = make_action("submitted")
    response = desk.post(
        f"{BASE}{action.pk}/",
        {"decision": "validated", "comment": "", "publish": "on", "version": action.version},
        follow=True,
    )
    assert state_of(response) == "published"
    assert Action.objects.published().get() == action


def test_staff_validates_now_publishes_later_and_takes_it_off_with_a_reason(client, desk, make_action):
    """Public pages, and figures, follow what is published; what is validated and not published nobody else sees."""
    action = make_action("submitted")

    def decide(decision, **more):
        action.refresh_from_db()
        return desk.post(
            f"{BASE}{action.pk}/", {"decision": decision, "comment": "", "version": action.version} | more, follow=True
        )

    assert state_of(desk.get(f"{BASE}{action.pk}/")) == "submitted"
    assert 'name="publish" id="id_publish" checked' in re.sub(
        r' (aria-describedby)="[^"]*"', "", desk.get(f"{BASE}{action.pk}/").content.decode()
    )
    assert state_of(decide("validated")) == "validated"
    assert client.get(f"/acciones/{action.slug}/").status_code == 404
    assert state_of(decide("published")) == "published"
    assert client.get(f"/acciones/{action.slug}/").status_code == 200

    refused = decide("withdrawn")
    assert (refused.status_code, state_of(refused)) == (422, "refused")
    assert "Diga por qué deja de ser pública." in refused.content.decode()
    assert client.get(f"/acciones/{action.slug}/").status_code == 200

    assert state_of(decide("withdrawn", comment="El municipio corrige la cifra.")) == "validated"
    assert client.get(f"/acciones/{action.slug}/").status_code == 404
    action.refresh_from_db()
    assert (action.published_at, action.reviews.first().comment) == (None, "El municipio corrige la cifra.")


def test_staff_returns_with_a_comment(desk, make_action, staff):
    action = make_action("submitted")
    sent = {"decision": "returned", "comment": "Falta la fuente.", "version": action.version}
    response = desk.post(f"{BASE}{action.pk}/", sent, follow=True)
    assert state_of(response) == "returned"
    review = action.reviews.latest("pk")
    assert (review.comment, review.created_by) == ("Falta la fuente.", staff)


@pytest.mark.parametrize("comment", ["", "   "])
def test_staff_does_not_return_without_saying_why(desk, make_action, comment):
    action = make_action("submitted")
    sent = {"decision": "returned", "comment": comment, "version": action.version}
    response = desk.post(f"{BASE}{action.pk}/", sent)
    assert (response.status_code, state_of(response)) == (422, "refused")
    assert "Diga qué falta" in response.content.decode()
    assert Action.objects.get().review_state == "submitted"


@pytest.mark.parametrize("decision", ["", "submitted", "volar"])
def test_decision_is_one_of_two(desk, make_action, decision):
    action = make_action("submitted")
    response = desk.post(f"{BASE}{action.pk}/", {"decision": decision, "version": action.version})
    assert response.status_code == 422
    assert Action.objects.get().review_state == "submitted"


@pytest.mark.parametrize("version", ["1", ""])
def test_decision_about_an_older_version_is_not_taken_and_the_comment_kept(desk, make_action, version):
    action = make_action("submitted")
    sent = {"decision": "returned", "comment": "Mi comentario largo.", "version": version}
    response = desk.post(f"{BASE}{action.pk}/", sent)
    page = response.content.decode()
    assert (response.status_code, state_of(response)) == (409, "conflict")
    assert "Mi comentario largo." in page
    assert f'name="version" value="{action.version}"' in page
    assert Action.objects.get().review_state == "submitted"


def test_staff_takes_a_validated_action_back(desk, make_action):
    action = make_action("validated")
    sent = {"decision": "returned", "comment": "El dato es de otro año.", "version": action.version}
    assert state_of(desk.post(f"{BASE}{action.pk}/", sent, follow=True)) == "returned"


def test_returned_action_waits_for_the_municipality(desk, make_action):
    action = make_action("returned")
    sent = {"decision": "validated", "comment": "", "version": action.version}
    assert desk.post(f"{BASE}{action.pk}/", sent).status_code == 403
    assert Action.objects.get().review_state == "returned"


def test_page_tells_staff_who_did_what(desk, make_action, enlace, staff):
    page = desk.get(f"{BASE}{make_action('validated').pk}/").content.decode()
    assert enlace.name in page
    assert staff.name in page
    assert "Enviada a revisión" in page


def test_page_shows_staff_the_estimates_with_the_factor_its_year_and_grade(desk, make_action):
    action = make_action("submitted")
    EmissionEstimateFactory(
        action=action,
        method="",
        factor=EmissionFactor.objects.create(
            code="luz", name="Red eléctrica", value="0.438", unit="tCO2e/MWh", gas="CO2e", year=2023,
            source="Secretaría Demo", evidence="C",
        ),
        activity_value=12,
        activity_unit="MWh",
        factor_name="Red eléctrica",
        factor_value="0.438",
        factor_unit="tCO2e/MWh",
        factor_year=2023,
        factor_source="Secretaría Demo",
        factor_evidence="C",
        tonnes="5.256",
    )  # fmt: skip
    page = desk.get(f"{BASE}{action.pk}/").content.decode()
    assert "12 MWh × 0.438 tCO2e/MWh (2023, Secretaría Demo, evidencia C) = 5.26 tCO2e" in page


def test_draft_does_not_exist_for_staff(desk, make_action):
    assert desk.get(f"{BASE}{make_action().pk}/").status_code == 404


@pytest.mark.parametrize("place", ["", "1/"])
def test_only_staff_review(client, signed_in, enlace, place):
    assert client.get(f"{BASE}{place}").status_code == 302
    assert signed_in(enlace).get(f"{BASE}{place}").status_code == 403
    assert signed_in(UserFactory()).get(f"{BASE}{place}").status_code == 403


@pytest.mark.parametrize("n", [1, 3, 24])
def test_list_asks_the_same_queries_whatever_its_length(desk, django_assert_num_queries, n):
    for _ in range(n):
        ActionFactory(review_state="submitted", submitted_at=timezone.now())
    cache.clear()
    # session, account, municipalities, regions, sectors, pathways, counts, rows, views, installation, alarm
    with django_assert_num_queries(11):
        desk.get(BASE)


@pytest.mark.parametrize("n", [1, 3])
def test_page_asks_the_same_queries_whatever_its_length(desk, make_action, django_assert_num_queries, n):
    action = make_action("submitted")
    for number in range(n):
        IndicatorFactory(action=action)
        EmissionEstimateFactory(action=action)
        follow_up = FollowUpFactory(action=action)
        EvidenceFactory(action=action, follow_up=follow_up, url=f"https://documentos.example/{number}")
    cache.clear()
    # session, account, action, indicators, milestones, estimates, evidence, reviews, links, follow-ups, installation,
    # alarm
    with django_assert_num_queries(12):
        desk.get(f"{BASE}{action.pk}/")
