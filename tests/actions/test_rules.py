"""Who sees an action, and who may do what with it."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from actions import rules
from actions.enums import ReviewState
from network.enums import DesignationState
from network.models import Designation, User
from tests.factories import ActionFactory, EvidenceFactory, UserFactory, liaison

pytestmark = pytest.mark.django_db


def fresh(user):
    """The account as the next request sees it: designations are read once a request."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def all_states(municipality):
    return {state: ActionFactory(municipality=municipality, review_state=state) for state in ReviewState.values}


def seen_by(user):
    return set(rules.visible_actions(user).values_list("review_state", flat=True))


def test_public_sees_published_actions_only(all_states):
    assert seen_by(AnonymousUser()) == {"published"}
    assert seen_by(UserFactory()) == {"published"}


def test_liaison_sees_everything_of_the_own_municipality(all_states, enlace):
    assert seen_by(enlace) == {"draft", "submitted", "returned", "validated", "published"}


def test_liaison_of_another_municipality_sees_published_actions_only(all_states, neighbour):
    assert seen_by(neighbour) == {"published"}
    assert rules.municipal_actions(neighbour).count() == 0


def test_staff_sees_all_but_drafts(all_states, staff):
    assert seen_by(staff) == {"submitted", "returned", "validated", "published"}
    assert set(rules.reviewable_actions(staff).values_list("review_state", flat=True)) == seen_by(staff)


def test_nobody_else_reviews(all_states, enlace):
    assert rules.reviewable_actions(enlace).count() == 0


def test_ended_designation_takes_the_access_away(all_states, enlace):
    Designation.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    former = fresh(enlace)

    assert rules.municipal_actions(former).count() == 0
    assert seen_by(former) == {"published"}
    assert not former.has_perm("actions.add_action")
    assert not former.has_perm("actions.add_follow_up", all_states["draft"])


def test_replaced_designation_takes_the_access_away(all_states, enlace):
    Designation.objects.update(state=DesignationState.REPLACED)
    assert not fresh(enlace).has_perm("actions.change_action", all_states["draft"])


def test_suplente_works_like_the_titular(all_states, municipality):
    suplente = liaison(municipality, kind="suplente")
    assert suplente.has_perm("actions.change_action", all_states["draft"])


@pytest.mark.parametrize(
    ("permission", "states"),
    [
        ("actions.change_action", {"draft", "returned"}),
        ("actions.submit_action", {"draft", "returned"}),
        ("actions.delete_action", {"draft"}),
        ("actions.add_follow_up", {"draft", "submitted", "returned", "validated", "published"}),
        ("actions.add_evidence", {"draft", "submitted", "returned", "validated", "published"}),
        ("actions.review_action", set()),
    ],
)
def test_liaison_may_by_state(all_states, enlace, neighbour, permission, states):
    assert {state for state, action in all_states.items() if enlace.has_perm(permission, action)} == states
    assert not any(neighbour.has_perm(permission, action) for action in all_states.values())


def test_staff_reviews_what_is_with_the_institute_and_changes_nothing(all_states, staff):
    may = {state for state, action in all_states.items() if staff.has_perm("actions.review_action", action)}
    assert may == {"submitted", "validated", "published"}
    assert not any(staff.has_perm("actions.change_action", action) for action in all_states.values())
    assert not staff.has_perm("actions.add_action")


def test_evidence_is_deleted_by_its_municipality_while_editable(all_states, enlace, neighbour, staff):
    for state, action in all_states.items():
        evidence = EvidenceFactory(action=action)
        assert enlace.has_perm("actions.delete_evidence", evidence) is (state in {"draft", "returned"})
        assert not neighbour.has_perm("actions.delete_evidence", evidence)
        assert not staff.has_perm("actions.delete_evidence", evidence)


def test_evidence_is_seen_where_its_action_is(all_states, enlace, staff):
    for action in all_states.values():
        EvidenceFactory(action=action)
    assert rules.visible_evidence(AnonymousUser()).count() == 1
    assert rules.visible_evidence(staff).count() == 4
    assert rules.visible_evidence(enlace).count() == 5


def test_permissions_without_an_action_say_no(enlace, staff):
    for name in ("change_action", "submit_action", "delete_action", "add_follow_up", "add_evidence", "delete_evidence"):
        assert not enlace.has_perm(f"actions.{name}")
    assert not staff.has_perm("actions.review_action")
