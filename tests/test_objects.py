"""Role × address × object: what is not for the reader does not exist for them, whatever number the address is given.

Every pattern that names an object has a row in :data:`OBJECTS`; one without fails the suite. The object is one that
belongs to the first liaison's municipality and, where that kind of thing can be hidden (a draft, a report that is not
ready, a post taken from the board), it is hidden. Whoever is refused is answered exactly as for a number that was
never given, and a thing inside another is found only under its own (:data:`NESTED`).
"""

from typing import Any

import pytest
from django.urls import URLPattern
from django.urls.converters import IntConverter
from django.utils import timezone

from actions.models import ExchangePost
from reports.models import IssuedReport
from tests import factories as f
from tests.addresses import LOGIN, ROLES, Answer, World, answer, ask, patterns
from tests.test_urls import RULES
from tests.world import make_world as make_world
from tests.world import pdf

pytestmark = pytest.mark.django_db

REACHED = "reached"  # anything but sign-in, 403 and 404: the page, a form's fault, a state that forbids the step
Row = tuple[Answer, ...]


def row(*answers: Answer) -> Row:
    """What each of :data:`ROLES` is answered: anonymous, participant, liaison, other liaison, staff, admin."""
    return answers


DESK = row(LOGIN, 403, 403, 403, REACHED, REACHED)
ADMIN_DESK = row(LOGIN, 403, 403, 403, 403, REACHED)
MAIL_DESK = row(LOGIN, 404, 404, 404, REACHED, REACHED)
DRAFT_AT_THE_DESK = row(LOGIN, 403, 403, 403, 404, 404)  # what a municipality has not sent
OWN_OF_STAFF = row(LOGIN, 403, 403, 403, REACHED, 404)  # of the one who made it
OWN = row(LOGIN, 404, REACHED, 404, 403, 403)  # of the first liaison's municipality
SHUT = row(LOGIN, 404, 403, 404, 403, 403)  # as it is now, not even its municipality may do that
UNPUBLISHED = row(404, 404, 404, 404, REACHED, REACHED)
UNPUBLISHED_TO_LIAISONS = row(LOGIN, 404, 404, 404, 403, 403)
NOBODY = row(404, 404, 404, 404, 404, 404)
BY_ITS_CODE = row(404, 404, 404, 404, 404, 404)  # whoever holds the code is let in; asked here with another one
PUBLIC = row(*[REACHED] * 6)  # nothing of it can be hidden

OBJECTS: dict[str, Row] = {
    "accompaniment_document_file": row(LOGIN, 404, REACHED, 404, REACHED, REACHED),
    "account_confirm_email": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "action_changes": NOBODY,
    "action_comments": row(LOGIN, 403, 404, 404, 404, 404),
    "action_detail": NOBODY,
    "arco_detail": ADMIN_DESK,
    "arco_erase": ADMIN_DESK,
    "arco_file": ADMIN_DESK,
    "arco_identify": ADMIN_DESK,
    "arco_move": ADMIN_DESK,
    "arco_send_data": ADMIN_DESK,
    "certificate": BY_ITS_CODE,
    "comment_edit": SHUT,
    "comment_report": SHUT,
    "credential_status": PUBLIC,
    "dataset_detail": PUBLIC,
    "help_detail": PUBLIC,
    "dataset_file": PUBLIC,
    "demo_mail_attachment": BY_ITS_CODE,
    "demo_mail_html": BY_ITS_CODE,
    "demo_mail_message": BY_ITS_CODE,
    "designation_oficio": DESK,
    "enrolment_cancel": BY_ITS_CODE,
    "enrolment_detail": BY_ITS_CODE,
    "event_detail": UNPUBLISHED,
    "event_ics": UNPUBLISHED,
    "event_picture": UNPUBLISHED,
    "event_register": UNPUBLISHED,
    "evidence_file": row(404, 404, REACHED, 404, 404, 404),  # of a draft
    "exchange_match_undo": SHUT,
    "exchange_outcome_add": SHUT,
    "exchange_outcome_remove": SHUT,
    "exchange_post": row(LOGIN, 403, REACHED, 404, REACHED, REACHED),
    "exchange_post_close": SHUT,
    "exchange_post_edit": SHUT,
    "exchange_post_match": SHUT,
    "exchange_thread": row(LOGIN, 404, REACHED, 404, 404, 404),  # the institute does not read it either
    "exchange_thread_create": SHUT,
    "figure_embed": PUBLIC,
    "holiday_delete": ADMIN_DESK,
    "invitation_accept": BY_ITS_CODE,
    "set_up": BY_ITS_CODE,
    "issuer_key": PUBLIC,
    "liaison_accompaniment_agreement_settle": OWN,
    "liaison_accompaniment_closing": OWN,
    "liaison_accompaniment_detail": OWN,
    "liaison_accompaniment_document_create": OWN,
    "liaison_accompaniment_document_remove": OWN,
    "liaison_accompaniment_edit": OWN,
    "liaison_accompaniment_round_reply": OWN,
    "liaison_accompaniment_session_confirm": OWN,
    "liaison_accompaniment_session_create": OWN,
    "liaison_accompaniment_session_delete": OWN,
    "liaison_accompaniment_session_edit": OWN,
    "liaison_accompaniment_version_create": OWN,
    "liaison_action_close": OWN,
    "liaison_action_delete": OWN,
    "liaison_action_detail": OWN,
    "liaison_action_duplicate": OWN,
    "liaison_action_edit": OWN,
    "liaison_action_edit_typed_json": OWN,
    "liaison_action_history": OWN,
    "liaison_action_load": OWN,
    "liaison_action_restore": OWN,
    "liaison_action_standing": OWN,
    "liaison_action_submit": OWN,
    "liaison_enrolment_cancel": OWN,
    "liaison_enrolment_create": UNPUBLISHED_TO_LIAISONS,
    "liaison_estimate_create": OWN,
    "liaison_estimate_delete": OWN,
    "liaison_evidence_create": OWN,
    "liaison_evidence_delete": OWN,
    "liaison_follow_up_create": OWN,
    "liaison_indicator_create": OWN,
    "liaison_indicator_edit": OWN,
    "liaison_measuring": OWN,
    "liaison_milestone_create": OWN,
    "liaison_milestone_edit": OWN,
    "liaison_reading_create": OWN,
    "liaison_reading_edit": OWN,
    "liaison_report_detail": OWN,
    "liaison_report_file": OWN,
    "liaison_report_progress": OWN,
    "liaison_saved_view_delete": OWN,
    "liaison_training_enrolment_cancel": OWN,
    "liaison_training_enrolment_create": UNPUBLISHED_TO_LIAISONS,
    "mail_choices": BY_ITS_CODE,
    "mail_unsubscribe": BY_ITS_CODE,
    "material_file": UNPUBLISHED,
    "municipality_detail": PUBLIC,
    "municipality_ics": PUBLIC,
    "municipality_programme_file": NOBODY,
    "own_certificate": BY_ITS_CODE,
    "own_certificate_badge": BY_ITS_CODE,
    "own_certificate_file": BY_ITS_CODE,
    "own_data_by_link": BY_ITS_CODE,
    "own_registrations_list": BY_ITS_CODE,
    "personal_ics": BY_ITS_CODE,
    "privacy_version": PUBLIC,
    "proposal_form": BY_ITS_CODE,
    "proposal_home": BY_ITS_CODE,
    "registration_accept": BY_ITS_CODE,
    "registration_cancel": BY_ITS_CODE,
    "registration_confirm": BY_ITS_CODE,
    "registration_detail": BY_ITS_CODE,
    "registration_ics": BY_ITS_CODE,
    "report_public": NOBODY,
    "report_public_csv": NOBODY,
    "report_public_json": NOBODY,
    "rights_complete": BY_ITS_CODE,
    "rights_confirm": BY_ITS_CODE,
    "rights_file": BY_ITS_CODE,
    "rights_status": BY_ITS_CODE,
    "series_detail": UNPUBLISHED,
    "series_ics": UNPUBLISHED,
    "series_register": UNPUBLISHED,
    "series_registered": BY_ITS_CODE,
    "staff_accompaniment_agreement_settle": DESK,
    "staff_accompaniment_assign": DESK,
    "staff_accompaniment_close": DESK,
    "staff_accompaniment_decide": DESK,
    "staff_accompaniment_detail": DESK,
    "staff_accompaniment_document_create": DESK,
    "staff_accompaniment_document_remove": DESK,
    "staff_accompaniment_reopen": DESK,
    "staff_accompaniment_round_recommend": DESK,
    "staff_accompaniment_session_confirm": DESK,
    "staff_accompaniment_session_create": DESK,
    "staff_accompaniment_session_delete": DESK,
    "staff_accompaniment_session_edit": DESK,
    "staff_action_detail": DRAFT_AT_THE_DESK,
    "staff_action_history": DRAFT_AT_THE_DESK,
    "staff_action_load": OWN_OF_STAFF,
    "staff_action_observe": DRAFT_AT_THE_DESK,
    "staff_address_lift": MAIL_DESK,
    "staff_agreement_action": DESK,
    "staff_announcement_detail": DESK,
    "staff_campaign_cancel": DESK,
    "staff_campaign_detail": DESK,
    "staff_campaign_remind": DESK,
    "staff_certificate_logo_add": DESK,
    "staff_certificate_logo_remove": DESK,
    "staff_certificate_signatory_add": DESK,
    "staff_certificate_signatory_remove": DESK,
    "staff_certificate_template_edit": DESK,
    "staff_certificate_template_preview": DESK,
    "staff_check_in": DESK,
    "staff_comment_decide": DESK,
    "staff_communication_create": DESK,
    "staff_communication_done": DESK,
    "staff_communication_edit": DESK,
    "staff_designation_detail": DESK,
    "staff_designation_edit": DESK,
    "staff_designation_end": DESK,
    "staff_designation_invite": DESK,
    "staff_designation_reject": DESK,
    "staff_designation_replace": DESK,
    "staff_designation_verify": DESK,
    "staff_enrolment": DESK,
    "staff_enrolment_cancel": DESK,
    "staff_enrolment_create": DESK,
    "staff_enrolment_exception": DESK,
    "staff_enrolments_sessions": DESK,
    "staff_event_admission": DESK,
    "staff_event_attendance": DESK,
    "staff_event_attendance_csv": DESK,
    "staff_event_attendance_remove": DESK,
    "staff_event_attendee_create": DESK,
    "staff_event_badges_file": DESK,
    "staff_event_cancel": DESK,
    "staff_event_delete": DESK,
    "staff_event_detail": DESK,
    "staff_event_door": DESK,
    "staff_event_door_marks": DESK,
    "staff_event_door_state": DESK,
    "staff_event_door_worker": DESK,  # the same for every event
    "staff_event_edit": DESK,
    "staff_event_import": DESK,
    "staff_event_imported_person": DESK,
    "staff_event_imports": DESK,
    "staff_event_message": DESK,
    "staff_event_messages": DESK,
    "staff_event_needs": DESK,
    "staff_event_needs_csv": DESK,
    "staff_event_next": DESK,
    "staff_event_publish": DESK,
    "staff_event_questions": DESK,
    "staff_event_questions_preview": DESK,
    "staff_event_registration_approve": DESK,
    "staff_event_registration_cancel": DESK,
    "staff_event_registration_create": DESK,
    "staff_event_registration_promote": DESK,
    "staff_event_registration_refuse": DESK,
    "staff_event_registrations": DESK,
    "staff_event_registrations_csv": DESK,
    "staff_event_registrations_xlsx": DESK,
    "staff_event_reminder_create": DESK,
    "staff_event_reminder_switch": DESK,
    "staff_event_reminders": DESK,
    "staff_event_repeat": DESK,
    "staff_event_results": DESK,
    "staff_event_sheet": DESK,
    "staff_event_sign_in_file": DESK,
    "staff_event_walk_in": DESK,
    "staff_exchange_post_hide": DESK,
    "staff_exchange_post_unhide": DESK,
    "staff_expert_edit": DESK,
    "staff_figure_rows": DESK,
    "staff_first_load": DESK,
    "staff_first_load_detail": OWN_OF_STAFF,
    "staff_first_load_template_xlsx": DESK,
    "staff_link_detail": DESK,
    "staff_link_revoke": DESK,
    "staff_mail_detail": MAIL_DESK,
    "staff_mail_give_up": MAIL_DESK,
    "staff_mail_resend": MAIL_DESK,
    "staff_merge_undo": DESK,
    "staff_municipality_contact": DESK,
    "staff_municipality_detail": DESK,
    "staff_municipality_programme": DESK,
    "staff_municipality_programme_file": DESK,
    "staff_person_detail": DESK,
    "staff_person_different": DESK,
    "staff_person_edit": DESK,
    "staff_person_merge": DESK,
    "staff_reminder_delete": DESK,
    "staff_reminder_edit": DESK,
    "staff_reminder_switch": DESK,
    "staff_report_batch": DESK,
    "staff_report_batch_cancel": DESK,
    "staff_report_batch_progress": DESK,
    "staff_report_batch_resume": DESK,
    "staff_report_batch_zip": DESK,
    "staff_report_correct": DESK,
    "staff_report_csv": DESK,
    "staff_report_detail": DESK,
    "staff_report_file": DESK,
    "staff_report_json": DESK,
    "staff_report_progress": DESK,
    "staff_report_reprint": DESK,
    "staff_report_retry": DESK,
    "staff_report_schedule_switch": DESK,
    "staff_saved_view_delete": OWN_OF_STAFF,
    "staff_series_delete": DESK,
    "staff_series_edit": DESK,
    "staff_text_edit": DESK,
    "staff_text_preview": DESK,
    "staff_text_test": DESK,
    "staff_training_delete": DESK,
    "staff_training_edit": DESK,
    "staff_training_enrolments": DESK,
    "staff_training_figures": DESK,
    "staff_training_publish": DESK,
    "staff_training_survey_send": DRAFT_AT_THE_DESK,  # nothing is asked after this training
    "staff_training_surveys": DESK,
    "staff_user_edit": ADMIN_DESK,
    "training_detail": UNPUBLISHED,
    "training_enrol": UNPUBLISHED,
    "training_form": BY_ITS_CODE,
    "training_pdf": UNPUBLISHED,
}
# Addresses that open to whoever holds their code.
CODES = {name for name, answers in OBJECTS.items() if answers is BY_ITS_CODE}

# A thing inside another: who asks, and the kind of another parent that they may open. The thing is not in it.
NESTED = {
    "arco_file": ("admin", "request"),
    "exchange_outcome_remove": ("liaison", "post"),
    "liaison_accompaniment_agreement_settle": ("other_liaison", "file"),
    "liaison_accompaniment_document_remove": ("other_liaison", "file"),
    "liaison_accompaniment_round_reply": ("other_liaison", "file"),
    "liaison_accompaniment_session_confirm": ("other_liaison", "file"),
    "liaison_accompaniment_session_delete": ("other_liaison", "file"),
    "liaison_accompaniment_session_edit": ("other_liaison", "file"),
    "liaison_action_restore": ("other_liaison", "action"),
    "liaison_estimate_delete": ("other_liaison", "action"),
    "liaison_evidence_delete": ("other_liaison", "action"),
    "liaison_indicator_edit": ("other_liaison", "action"),
    "liaison_milestone_edit": ("other_liaison", "action"),
    "liaison_reading_create": ("other_liaison", "action"),
    "liaison_reading_edit": ("other_liaison", "action"),
    "material_file": ("anonymous", "event slug"),
    "rights_file": ("anonymous", "request token"),
    "series_registered": ("anonymous", "series"),
    "staff_accompaniment_agreement_settle": ("staff", "file"),
    "staff_accompaniment_document_remove": ("staff", "file"),
    "staff_accompaniment_round_recommend": ("staff", "file"),
    "staff_accompaniment_session_confirm": ("staff", "file"),
    "staff_accompaniment_session_delete": ("staff", "file"),
    "staff_accompaniment_session_edit": ("staff", "file"),
    "staff_agreement_action": ("staff", "event"),
    "staff_certificate_logo_remove": ("staff", "template"),
    "staff_certificate_signatory_remove": ("staff", "template"),
    "staff_check_in": ("staff", "registration"),
    "staff_event_attendance_remove": ("staff", "event"),
    "staff_event_import": ("staff", "event"),
    "staff_event_imported_person": ("staff", "event"),
    "staff_event_registration_approve": ("staff", "event"),
    "staff_event_registration_cancel": ("staff", "event"),
    "staff_event_registration_promote": ("staff", "event"),
    "staff_event_registration_refuse": ("staff", "event"),
    "staff_municipality_programme_file": ("staff", "place"),
}
# Two things beside each other, or one thing in two words.
SIDE_BY_SIDE = {
    "account_reset_password_from_key",
    "dataset_file",
    "demo_mail_attachment",
    "demo_mail_html",
    "demo_mail_message",
    "proposal_form",
    "staff_first_load_detail",
    "staff_person_different",
    "staff_person_merge",
    "staff_text_edit",
    "staff_text_preview",
    "staff_text_test",
}


def with_object() -> dict[str, URLPattern]:
    """The patterns that name an object: those with anything to fill in."""
    return {str(pattern.name): pattern for _address, pattern in patterns() if parts(pattern)}


def parts(pattern: URLPattern) -> int:
    """How many things the pattern asks for."""
    return len(pattern.pattern.converters) or pattern.pattern.regex.groups


def missing(pattern: URLPattern) -> list[Any]:
    """What was never given: a number, a slug, a code."""
    converters = list(pattern.pattern.converters.values()) or [None] * pattern.pattern.regex.groups
    return [10**6 if isinstance(one, IntConverter) else "nunca" for one in converters]


def hidden(world: World) -> dict[str, list[Any]]:
    """The world's things; instead of public ones, others of the same kind that are not (yet, or any more)."""
    draft, place = world["draft"], world["draft"].municipality
    event = f.EventFactory(slug="sin-publicar", status="draft", series=f.SeriesFactory(slug="sin-eventos"))
    training = f.TrainingFactory(slug="sin-publicar", is_published=False, takes_enrolments=True)
    report = IssuedReport.objects.create(starts_on="2026-01-01", ends_on="2026-06-30")
    programme = f.ClimateProgrammeFactory(municipality__slug="en-elaboracion", state="preparation", file=pdf())
    ExchangePost.objects.filter(municipality=place).update(hidden_at=timezone.now(), hidden_reason="Repetida")
    comment = f.ActionCommentFactory(municipality=place)
    addresses = with_object()
    return {
        **world["args"],
        **{name: missing(addresses[name]) for name in CODES | {"account_confirm_email"}},
        **{name: [event.slug] for name in ("event_detail", "event_ics", "event_picture", "event_register")},
        "material_file": [event.slug, f.MaterialFactory(event=event, url="", file=pdf()).pk],
        "liaison_enrolment_create": [event.pk],
        **{name: [event.series.slug] for name in ("series_detail", "series_ics", "series_register")},
        **{name: [training.slug] for name in ("training_detail", "training_pdf", "training_enrol")},
        "liaison_training_enrolment_create": [training.pk],
        **{name: [report.folio] for name in ("report_public", "report_public_csv", "report_public_json")},
        "evidence_file": [f.EvidenceFactory(action=draft, url="", file=pdf()).pk],
        **{name: [draft.slug] for name in ("action_changes", "action_detail", "action_comments")},
        **{name: [draft.pk] for name in ("staff_action_detail", "staff_action_history", "staff_action_observe")},
        "municipality_programme_file": [programme.municipality.slug],
        **{name: [comment.pk] for name in ("comment_edit", "comment_report")},
    }


def kind_of(response: Any) -> Answer:
    found = answer(response)
    return found if found in {LOGIN, 403, 404} else REACHED


def test_every_address_of_an_object_has_a_row() -> None:
    """A new pattern with anything to fill in is decided here: whose it is, and who does not find it."""
    assert sorted(with_object()) == sorted(OBJECTS)
    assert {name for name, pattern in with_object().items() if parts(pattern) > 1} - CODES <= {*NESTED, *SIDE_BY_SIDE}


@pytest.mark.parametrize("role", ROLES)
def test_an_object_is_found_by_whom_the_table_says(world: World, role: str) -> None:
    args, send, column = hidden(world), ask(world, role), ROLES.index(role)
    found = {name: kind_of(send(RULES[name].method, name, args[name])) for name in OBJECTS}
    assert found == {name: answers[column] for name, answers in OBJECTS.items()}


@pytest.mark.parametrize("role", ["anonymous", "participant", "other_liaison"])
def test_who_is_refused_cannot_tell_the_object_from_one_that_never_was(world: World, role: str) -> None:
    addresses, send, column = with_object(), ask(world, role), ROLES.index(role)
    refused = {name: answers[column] for name, answers in OBJECTS.items() if answers[column] != REACHED}
    assert len(refused) > 180
    found = {name: kind_of(send(RULES[name].method, name, missing(addresses[name]))) for name in refused}
    assert found == refused


def test_a_thing_is_found_only_under_its_own(world: World) -> None:
    """A foreign milestone under one's own action, a registration under another event: 404."""
    theirs = world["people"]["other_liaison"].liaison_municipality
    event, action = f.EventFactory(series=f.SeriesFactory()), f.ActionFactory(municipality=theirs)
    request = f.ArcoRequestFactory()
    parents = {
        "action": action.pk,
        "file": f.AccompanimentFactory(municipality=theirs, state="assigned").pk,
        "template": f.CertificateTemplateFactory(name="Otra").pk,
        "registration": f.RegistrationFactory(event=event).pk,
        "event": event.pk,
        "event slug": event.slug,
        "series": event.series.slug,
        "place": theirs.slug,
        "request": request.pk,
        "request token": request.token,
        "post": world["args"]["exchange_match_undo"][0],
    }
    senders = {role: ask(world, role) for role in ROLES}
    found = {
        name: answer(senders[role](RULES[name].method, name, [parents[kind], *world["args"][name][1:]]))
        for name, (role, kind) in NESTED.items()
    }
    assert found == dict.fromkeys(NESTED, 404)
    own = f.IndicatorFactory(action=action)
    reading = [action.pk, own.pk, world["args"]["liaison_reading_edit"][2]]
    assert answer(senders["other_liaison"]("GET", "liaison_reading_edit", reading)) == 404
