"""Who sees and who may do what with climate actions.

An action belongs to its municipality. While it is a draft, nobody else knows of it: for other liaisons, staff and
public it does not exist. The public sees what the institute published.
"""

import rules
from django.db.models import QuerySet

from actions.models import Action, ActionQuerySet, Evidence
from network.rules import AnyUser, is_liaison, is_staff_member


@rules.predicate
def is_of_own_municipality(user: AnyUser, action: Action | None) -> bool:
    """Holds a designation in force in the municipality of the action."""
    if action is None or not user.is_authenticated or user.liaison_municipality is None:
        return False
    return user.liaison_municipality.pk == action.municipality_id


@rules.predicate
def is_editable(user: AnyUser, action: Action | None) -> bool:
    """The record is with the municipality: draft or returned."""
    return action is not None and action.is_editable


@rules.predicate
def is_draft(user: AnyUser, action: Action | None) -> bool:
    return action is not None and action.is_draft


@rules.predicate
def is_with_institute(user: AnyUser, action: Action | None) -> bool:
    """Sent for review, or validated already: the institute can still ask for a correction."""
    return action is not None and (action.is_submitted or action.is_validated)


@rules.predicate
def is_evidence_of_own_editable_action(user: AnyUser, evidence: Evidence | None) -> bool:
    return evidence is not None and is_of_own_municipality(user, evidence.action) and evidence.action.is_editable


rules.add_perm("actions.add_action", is_liaison)
rules.add_perm("actions.change_action", is_of_own_municipality & is_editable)
rules.add_perm("actions.submit_action", is_of_own_municipality & is_editable)
rules.add_perm("actions.delete_action", is_of_own_municipality & is_draft)
rules.add_perm("actions.add_follow_up", is_of_own_municipality)
rules.add_perm("actions.add_evidence", is_of_own_municipality)
rules.add_perm("actions.delete_evidence", is_evidence_of_own_editable_action)
rules.add_perm("actions.review_actions", is_staff_member)
rules.add_perm("actions.review_action", is_staff_member & is_with_institute)


def visible_actions(user: AnyUser) -> ActionQuerySet:
    """Published ones to everybody; besides, all of the own municipality, and to staff all but other people's drafts."""
    seen = Action.objects.ever_sent() if is_staff_member(user) else Action.objects.published()
    if user.is_authenticated and user.liaison_municipality is not None:
        seen |= Action.objects.filter(municipality=user.liaison_municipality)
    return seen


def published_actions() -> ActionQuerySet:
    """The public list: the same for everybody, whoever asks."""
    return Action.objects.published()


def municipal_actions(user: AnyUser) -> ActionQuerySet:
    """What a liaison works on: the actions of the own municipality; none without a designation in force."""
    if not user.is_authenticated or user.liaison_municipality is None:
        return Action.objects.none()
    return Action.objects.filter(municipality=user.liaison_municipality)


def reviewable_actions(user: AnyUser) -> ActionQuerySet:
    """What staff work on: everything that was ever sent to the institute."""
    if not is_staff_member(user):
        return Action.objects.none()
    return Action.objects.ever_sent()


def visible_evidence(user: AnyUser) -> QuerySet[Evidence]:
    """Evidence of visible actions."""
    return Evidence.objects.filter(action__in=visible_actions(user)).select_related("action")
