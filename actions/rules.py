"""Who sees and who may do what with climate actions.

An action belongs to its municipality. While it is a draft, nobody else knows of it: for other liaisons, staff and
public it does not exist. The public sees what the institute published.
"""

from datetime import timedelta

import rules
from django.db.models import Q, QuerySet
from django.utils import timezone

from actions.enums import CommentState
from actions.models import (
    Action,
    ActionComment,
    ActionCommentQuerySet,
    ActionQuerySet,
    Evidence,
    ExchangePost,
    ExchangePostQuerySet,
    ExchangeThread,
    ExchangeThreadQuerySet,
)
from municipalities.models import Municipality
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
rules.add_perm("actions.change_standing", is_of_own_municipality)
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


# --- The exchange between municipalities

# Who wrote a comment may correct it for so long.
COMMENT_EDITED_FOR = timedelta(minutes=15)


def own_municipality(user: AnyUser) -> Municipality | None:
    """The municipality this user works for today."""
    return user.liaison_municipality if user.is_authenticated else None


@rules.predicate
def is_own_post(user: AnyUser, post: ExchangePost | None) -> bool:
    place = own_municipality(user)
    return post is not None and place is not None and post.municipality_id == place.pk


@rules.predicate
def is_post_of_another(user: AnyUser, post: ExchangePost | None) -> bool:
    place = own_municipality(user)
    return post is not None and place is not None and post.municipality_id != place.pk


@rules.predicate
def is_open_post(user: AnyUser, post: ExchangePost | None) -> bool:
    return post is not None and post.is_open


@rules.predicate
def is_matched_post(user: AnyUser, post: ExchangePost | None) -> bool:
    return post is not None and post.is_matched and not post.is_hidden


@rules.predicate
def is_unhidden_post(user: AnyUser, post: ExchangePost | None) -> bool:
    return post is not None and not post.is_hidden


@rules.predicate
def is_unmatched_post(user: AnyUser, post: ExchangePost | None) -> bool:
    return post is not None and not post.is_matched


@rules.predicate
def is_party_of_match(user: AnyUser, post: ExchangePost | None) -> bool:
    """Works for one of the two municipalities of a match, or for the institute."""
    return post is not None and (is_staff_member(user) or post.is_party(own_municipality(user)))


@rules.predicate
def is_side_of_thread(user: AnyUser, thread: ExchangeThread | None) -> bool:
    place = own_municipality(user)
    return (
        thread is not None
        and place is not None
        and place.pk in {thread.municipality_id, thread.post.municipality_id}
        and not thread.post.is_hidden
    )


@rules.predicate
def is_own_fresh_comment(user: AnyUser, comment: ActionComment | None) -> bool:
    """Wrote it a moment ago, and still works for the municipality in whose name it stands."""
    place = own_municipality(user)
    return (
        comment is not None
        and place is not None
        and comment.created_by_id == user.pk
        and comment.municipality_id == place.pk
        and not comment.is_hidden
        and timezone.now() - comment.created_at < COMMENT_EDITED_FOR
    )


@rules.predicate
def is_comment_of_another(user: AnyUser, comment: ActionComment | None) -> bool:
    place = own_municipality(user)
    return comment is not None and place is not None and comment.municipality_id != place.pk


rules.add_perm("actions.use_exchange", is_liaison | is_staff_member)
rules.add_perm("actions.add_post", is_liaison)
rules.add_perm("actions.change_post", is_own_post & is_unmatched_post & is_unhidden_post)
rules.add_perm("actions.match_post", is_own_post & is_open_post)
rules.add_perm("actions.reopen_post", is_own_post & is_unhidden_post)
rules.add_perm("actions.write_about_post", is_post_of_another & is_open_post)
rules.add_perm("actions.reply_in_thread", is_side_of_thread)
rules.add_perm("actions.add_outcome", is_party_of_match & is_matched_post)
rules.add_perm("actions.moderate_exchange", is_staff_member)
rules.add_perm("actions.add_comment", is_liaison)
rules.add_perm("actions.change_comment", is_own_fresh_comment)
rules.add_perm("actions.report_comment", is_comment_of_another)


def visible_posts(user: AnyUser) -> ExchangePostQuerySet:
    """To staff all. To liaisons the board, all of the own municipality, and what it wrote about or was matched with."""
    if is_staff_member(user):
        return ExchangePost.objects.all()
    place = own_municipality(user)
    if place is None:
        return ExchangePost.objects.none()
    return (
        ExchangePost.objects.on_board()
        | ExchangePost.objects.filter(municipality=place)
        | ExchangePost.objects.told_to(place)
    )


def municipal_posts(user: AnyUser) -> ExchangePostQuerySet:
    """Those of the own municipality; none without a designation in force."""
    place = own_municipality(user)
    return ExchangePost.objects.filter(municipality=place) if place else ExchangePost.objects.none()


def visible_threads(user: AnyUser) -> ExchangeThreadQuerySet:
    """What the own municipality writes with others. The institute does not read it: it is theirs."""
    place = own_municipality(user)
    return ExchangeThread.objects.of(place) if place else ExchangeThread.objects.none()


def visible_comments(user: AnyUser) -> ActionCommentQuerySet:
    """To staff all. To liaisons the approved ones; besides, those on actions of the own municipality that were not
    hidden, and its own in any state."""
    if is_staff_member(user):
        return ActionComment.objects.all()
    place = own_municipality(user)
    if place is None:
        return ActionComment.objects.none()
    on_own = Q(action__municipality=place) & ~Q(state=CommentState.HIDDEN)
    seen = Q(state=CommentState.APPROVED) | Q(municipality=place) | on_own
    return ActionComment.objects.filter(seen, action__in=published_actions())
