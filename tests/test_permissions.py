"""Role × permission: who holds each permission of the portal's one vocabulary, without an object and with one."""

from datetime import timedelta

import pytest
import rules
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rules.permissions import permissions

import config.urls  # noqa: F401  (loads the rules of every app that has pages)
from actions.enums import ReviewState
from network.models import User
from tests.factories import (
    ActionCommentFactory,
    ActionFactory,
    AdminFactory,
    EvidenceFactory,
    ExchangePostFactory,
    ExchangeThreadFactory,
    MunicipalityFactory,
    StaffFactory,
    UserFactory,
    liaison,
)

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "participant", "liaison", "staff", "admin")
NOBODY: set[str] = set()
LIAISON = {"liaison"}
INSTITUTE = {"staff", "admin"}
ADMIN = {"admin"}

# Without an object: may this person do it somewhere? Permissions on one thing are refused where no thing is named.
HOLDERS = {
    "actions.add_action": LIAISON,
    "actions.add_comment": LIAISON,
    "actions.add_evidence": NOBODY,
    "actions.add_follow_up": NOBODY,
    "actions.add_outcome": NOBODY,
    "actions.add_post": LIAISON,
    "actions.change_action": NOBODY,
    "actions.change_comment": NOBODY,
    "actions.change_post": NOBODY,
    "actions.change_standing": NOBODY,
    "actions.delete_action": NOBODY,
    "actions.delete_evidence": NOBODY,
    "actions.match_post": NOBODY,
    "actions.moderate_exchange": INSTITUTE,
    "actions.reopen_post": NOBODY,
    "actions.reply_in_thread": NOBODY,
    "actions.report_comment": NOBODY,
    "actions.review_action": NOBODY,
    "actions.review_actions": INSTITUTE,
    "actions.submit_action": NOBODY,
    "actions.use_exchange": LIAISON | INSTITUTE,
    "actions.write_about_post": NOBODY,
    "events.enrol_colleagues": LIAISON,
    "events.manage_event": INSTITUTE,
    "events.manage_reminders": INSTITUTE,
    "events.mark_attendance": INSTITUTE,
    "events.send_announcement": INSTITUTE,
    "events.view_registrations": INSTITUTE,
    "network.change_installation": ADMIN,
    "network.change_person": INSTITUTE,
    "network.handle_arco": ADMIN,
    "network.read_audit": ADMIN,
    "network.keep_directory": INSTITUTE,
    "network.manage_account": ADMIN,
    "network.manage_designation": INSTITUTE,
    "network.load_first": INSTITUTE,
    "network.merge_people": INSTITUTE,
    "network.publish_privacy_notice": ADMIN,
    "network.use_staff_area": INSTITUTE,
    "network.view_personal_data": INSTITUTE,
    "network.work_in_municipality": LIAISON,
    "outbox.edit_text": INSTITUTE,
    "outbox.handle_message": INSTITUTE,
    "outbox.lift_suppression": INSTITUTE,
    "outbox.view_message": INSTITUTE,
    "reports.ask_for_own_report": LIAISON,
    "reports.issue_report": INSTITUTE,
    "reports.view_figures": INSTITUTE,
    "trainings.enrol_colleagues": LIAISON,
    "trainings.manage_accompaniment": INSTITUTE,
    "trainings.issue_certificate": INSTITUTE,
    "trainings.manage_training": INSTITUTE,
    "trainings.request_accompaniment": LIAISON,
    "trainings.view_enrolments": INSTITUTE,
}
OWN = {"liaison of it"}
# With an action of one municipality in each state of its review (evidence: of that action).
BEFORE_IT_IS_SENT = {"draft": OWN, "returned": OWN, "submitted": NOBODY, "validated": NOBODY, "published": NOBODY}
AT_ANY_TIME = dict.fromkeys(BEFORE_IT_IS_SENT, OWN)
WITH_INSTITUTE = {
    "draft": NOBODY, "returned": NOBODY, "submitted": INSTITUTE, "validated": INSTITUTE, "published": INSTITUTE,
}  # fmt: skip
ON_ACTIONS = {
    "actions.change_action": BEFORE_IT_IS_SENT,
    "actions.submit_action": BEFORE_IT_IS_SENT,
    "actions.delete_action": BEFORE_IT_IS_SENT | {"returned": NOBODY},
    "actions.add_follow_up": AT_ANY_TIME,
    "actions.add_evidence": AT_ANY_TIME,
    "actions.change_standing": AT_ANY_TIME,
    "actions.delete_evidence": BEFORE_IT_IS_SENT,
    "actions.review_action": WITH_INSTITUTE,
}


PARTIES = {"liaison of it", "liaison of the match"}
# With a post of one municipality in each state ("matched": with the municipality of another liaison).
ON_POSTS = {
    "actions.change_post": {"open": OWN, "expired": OWN, "closed": OWN, "matched": NOBODY, "hidden": NOBODY},
    "actions.match_post": {"open": OWN, "expired": NOBODY, "closed": NOBODY, "matched": NOBODY, "hidden": NOBODY},
    "actions.reopen_post": {"open": OWN, "expired": OWN, "closed": OWN, "matched": OWN, "hidden": NOBODY},
    "actions.write_about_post": {
        "open": {"liaison", "liaison of the match"},
        "expired": NOBODY,
        "closed": NOBODY,
        "matched": NOBODY,
        "hidden": NOBODY,
    },
    "actions.add_outcome": {
        "open": NOBODY,
        "expired": NOBODY,
        "closed": NOBODY,
        "matched": PARTIES | INSTITUTE,
        "hidden": NOBODY,
    },
}


def everybody():
    people = (AnonymousUser(), UserFactory(), liaison(), StaffFactory(), AdminFactory())
    return dict(zip(ROLES, people, strict=True))


def test_every_permission_has_its_row():
    assert sorted(permissions) == sorted(HOLDERS)


def test_holders_of_each_permission_are_those_of_the_table():
    people = everybody()
    actual = {name: {role for role, user in people.items() if rules.has_perm(name, user)} for name in HOLDERS}
    assert actual == HOLDERS


def test_permissions_on_an_action_depend_on_its_municipality_and_state():
    toluca = MunicipalityFactory()
    people = everybody() | {"liaison of it": liaison(toluca)}
    evidence = {
        state: EvidenceFactory(action=ActionFactory(municipality=toluca, review_state=state))
        for state in ReviewState.values
    }
    actual = {
        name: {
            state: {
                role
                for role, user in people.items()
                if rules.has_perm(name, user, row if name == "actions.delete_evidence" else row.action)
            }
            for state, row in evidence.items()
        }
        for name in ON_ACTIONS
    }
    assert actual == ON_ACTIONS


def test_permissions_on_a_post_depend_on_its_municipality_and_state():
    toluca, texcoco = MunicipalityFactory(), MunicipalityFactory()
    people = everybody() | {"liaison of it": liaison(toluca), "liaison of the match": liaison(texcoco)}
    today = timezone.localdate()
    states = {
        "open": {},
        "expired": {"until": today - timedelta(days=1)},
        "closed": {"state": "closed"},
        "matched": {"state": "matched", "matched_with": texcoco, "matched_on": today},
        "hidden": {"hidden_at": timezone.now(), "hidden_reason": "Publicidad"},
    }
    posts = {name: ExchangePostFactory(municipality=toluca, **fields) for name, fields in states.items()}
    actual = {
        name: {
            state: {role for role, user in people.items() if rules.has_perm(name, user, post)}
            for state, post in posts.items()
        }
        for name in ON_POSTS
    }
    assert actual == ON_POSTS


def test_only_the_two_sides_of_a_conversation_answer_in_it():
    toluca, texcoco = MunicipalityFactory(), MunicipalityFactory()
    people = everybody() | {"liaison of it": liaison(toluca), "liaison of the match": liaison(texcoco)}
    thread = ExchangeThreadFactory(post__municipality=toluca, municipality=texcoco)
    holders = {role for role, user in people.items() if rules.has_perm("actions.reply_in_thread", user, thread)}
    assert holders == PARTIES
    thread.post.hidden_at, thread.post.hidden_reason = timezone.now(), "Publicidad"
    assert not any(rules.has_perm("actions.reply_in_thread", user, thread) for user in people.values())


def test_a_comment_is_corrected_by_who_wrote_it_and_reported_by_others():
    toluca = MunicipalityFactory()
    people = everybody() | {"author": liaison(toluca), "colleague": liaison(toluca, kind="suplente")}
    comment = ActionCommentFactory(municipality=toluca, created_by=people["author"])
    holders = {
        name: {role for role, user in people.items() if rules.has_perm(name, user, comment)}
        for name in ("actions.change_comment", "actions.report_comment")
    }
    assert holders == {"actions.change_comment": {"author"}, "actions.report_comment": LIAISON}
    comment.created_at -= timedelta(minutes=16)
    assert not rules.has_perm("actions.change_comment", people["author"], comment)


def test_closed_account_and_ended_designation_hold_nothing():
    closed = [liaison(), StaffFactory(), AdminFactory()]
    User.objects.update(is_active=False)
    former = liaison(state="ended")
    for user in (*User.objects.filter(pk__in=[user.pk for user in closed]), former):
        assert [name for name in HOLDERS if rules.has_perm(name, user)] == []


def test_superuser_flag_alone_gives_no_permission_of_the_portal():
    """Roles decide; the flag of Django is not read (an administrator's account carries the role as well)."""
    user = UserFactory(is_superuser=True)
    assert [name for name in HOLDERS if rules.has_perm(name, user)] == []


def test_nobody_decides_on_the_own_account():
    one, other = AdminFactory(), AdminFactory()
    assert (
        rules.has_perm("network.manage_account", one, one),
        rules.has_perm("network.manage_account", one, other),
    ) == (
        False,
        True,
    )
