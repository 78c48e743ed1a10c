"""Role × URL: who reaches every address of the portal, in one literal table.

An address without a row fails the suite, and so does a row without an address. "Not visible" is 404, "visible but not
allowed" is 403, and whoever is not signed in is sent to sign in. Each request is undone, so that the next one meets
the same world.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from events.models import Registration
from events.rules import check_in_seal, confirmation_code, own_list_code
from events.services.personal import renew_personal_feed
from events.services.whole_series import Outcome
from events.views.whole_series import receipt
from municipalities.figures import Period
from network import services
from network.rules import own_data_code
from outbox.heartbeat import beating
from outbox.models import Suppression
from outbox.registry import jobs
from outbox.rules import choices_code
from outbox.services import enqueue
from reports.figures import exact_figures, public_figures, state_scope, to_json
from reports.models import IssuedReport, ReportState
from tests.factories import (
    AccompanimentDocumentFactory,
    AccompanimentFactory,
    AccompanimentSessionFactory,
    ActionCommentFactory,
    ActionFactory,
    AdminFactory,
    AnnouncementFactory,
    ArcoRequestFactory,
    AttendanceFactory,
    CertificateFactory,
    CertificateLogoFactory,
    CertificateSignatoryFactory,
    CertificateTemplateFactory,
    ClimateProgrammeFactory,
    CommunicationFactory,
    DesignationFactory,
    EmissionEstimateFactory,
    EnrolmentFactory,
    EventFactory,
    EvidenceFactory,
    ExchangePostFactory,
    ExchangeThreadFactory,
    ExpertFactory,
    ImportedPersonFactory,
    IndicatorReadingFactory,
    MaterialFactory,
    MilestoneFactory,
    MunicipalityFactory,
    NonWorkingDayFactory,
    PersonFactory,
    PrivacyNoticeFactory,
    ProposalFactory,
    RecommendationFactory,
    RegistrationFactory,
    ReminderStageFactory,
    RenewalCampaignFactory,
    ReviewRoundFactory,
    SeriesFactory,
    SessionAgreementFactory,
    SheetLoadFactory,
    StaffFactory,
    TrainingFactory,
    TrainingSessionFactory,
    UserFactory,
    liaison,
)
from trainings.documents.credentials import public_key
from trainings.enums import TrainingForm
from trainings.rules import form_code, own_certificate_code

pytestmark = pytest.mark.django_db

APPS = ("actions", "events", "municipalities", "network", "outbox", "reports", "trainings", "web")
ROLES = ("anonymous", "participant", "liaison", "other_liaison", "staff", "admin")
LOGIN = "login"  # a redirect to the page where one signs in

Answer = int | str
World = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """The method asked, and what each role of :data:`ROLES` is answered."""

    method: str
    answers: tuple[Answer, ...]


def get(*answers: Answer) -> Rule:
    return Rule("GET", answers)


def post(*answers: Answer) -> Rule:
    return Rule("POST", answers)


EVERYBODY = get(200, 200, 200, 200, 200, 200)
SIGNED_IN = get(LOGIN, 200, 200, 200, 200, 200)
INSTITUTE = get(LOGIN, 403, 403, 403, 200, 200)
INSTITUTE_SENDS = post(LOGIN, 403, 403, 403, 302, 302)
ADMINISTRATION = get(LOGIN, 403, 403, 403, 403, 200)
ADMINISTRATION_SENDS = post(LOGIN, 403, 403, 403, 403, 302)
ADMINISTRATION_SENDS_WRONG = post(LOGIN, 403, 403, 403, 403, 422)
NETWORK = get(LOGIN, 403, 200, 200, 200, 200)
LIAISONS = get(LOGIN, 404, 200, 200, 403, 403)
EXCHANGE = get(LOGIN, 403, 200, 200, 403, 403)  # for liaisons too, and not under mi-municipio
OWN_MUNICIPALITY = get(LOGIN, 404, 200, 404, 403, 403)
OWN_MUNICIPALITY_SENDS = post(LOGIN, 404, 302, 404, 403, 403)
# A spreadsheet is seen by who sent it.
LOAD_OF_LIAISON = get(LOGIN, 404, 200, 404, 403, 403)
LOAD_OF_STAFF = get(LOGIN, 403, 403, 403, 200, 404)
# Pages of the library for accounts that ask for the password once more, or for something that nobody has set up here.
SIGNED_IN_AGAIN = get(LOGIN, 302, 302, 302, 302, 302)
NOT_SET_UP = get(LOGIN, 404, 404, 404, 404, 404)

# A view is its owner's alone: the first liaison's, the first staff member's.
OWN_VIEW_OF_LIAISON = post(LOGIN, 404, 302, 404, 403, 403)
OWN_VIEW_OF_STAFF = post(LOGIN, 403, 403, 403, 302, 404)

RULES: dict[str, Rule] = {
    "action_list_atom": EVERYBODY,
    "action_list_json": EVERYBODY,
    "action_list_csv": EVERYBODY,
    "liaison_action_board": LIAISONS,
    "liaison_action_agenda": LIAISONS,
    "liaison_saved_view_create": LIAISONS,
    "liaison_saved_view_delete": OWN_VIEW_OF_LIAISON,
    "staff_action_board": INSTITUTE,
    "staff_action_agenda": INSTITUTE,
    "staff_action_bulk": INSTITUTE,
    "staff_action_crf": INSTITUTE,
    "staff_action_crf_xlsx": INSTITUTE,
    "staff_saved_view_create": INSTITUTE,
    "staff_saved_view_delete": OWN_VIEW_OF_STAFF,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "theme_css": EVERYBODY,
    "favicon": EVERYBODY,
    "robots_txt": EVERYBODY,
    "gallery": EVERYBODY,
    "home": EVERYBODY,
    "about_network": EVERYBODY,
    "municipality_list": EVERYBODY,
    "municipality_detail": EVERYBODY,
    "my_registrations": SIGNED_IN,
    "liaison_home": LIAISONS,
    "staff_home": INSTITUTE,
    "results": EVERYBODY,
    "results_csv": EVERYBODY,
    "report_public": EVERYBODY,
    "report_public_csv": EVERYBODY,
    "staff_report_list": INSTITUTE,
    "staff_report_create": INSTITUTE,
    "staff_report_detail": INSTITUTE,
    "staff_report_progress": INSTITUTE,
    "staff_report_retry": INSTITUTE_SENDS,
    "staff_report_file": INSTITUTE,
    "staff_report_csv": INSTITUTE,
    "training_list": EVERYBODY,
    "training_detail": EVERYBODY,
    "certificate": EVERYBODY,
    "own_certificate": EVERYBODY,
    "own_certificate_file": EVERYBODY,
    "own_certificate_badge": EVERYBODY,
    "issuer": EVERYBODY,
    "issuer_key": EVERYBODY,
    "credential_status": EVERYBODY,
    "staff_certificate_list": INSTITUTE,
    "staff_certificate_progress": INSTITUTE,
    "staff_certificate_zip": INSTITUTE,
    "staff_certificate_detail": INSTITUTE,
    "staff_certificate_file": INSTITUTE,
    "staff_certificate_revoke": INSTITUTE,
    "staff_certificate_replace": INSTITUTE,
    "staff_certificate_template_list": INSTITUTE,
    "staff_certificate_template_create": INSTITUTE,
    "staff_certificate_template_edit": INSTITUTE,
    "staff_certificate_template_preview": INSTITUTE,
    "staff_certificate_retry": INSTITUTE_SENDS,
    "staff_certificate_logo_add": post(LOGIN, 403, 403, 403, 422, 422),
    "staff_certificate_signatory_add": post(LOGIN, 403, 403, 403, 422, 422),
    "staff_certificate_logo_remove": INSTITUTE_SENDS,
    "staff_certificate_signatory_remove": INSTITUTE_SENDS,
    "staff_training_list": INSTITUTE,
    "staff_training_create": INSTITUTE,
    "staff_training_edit": INSTITUTE,
    "staff_training_publish": INSTITUTE_SENDS,
    "staff_training_delete": INSTITUTE_SENDS,
    "training_pdf": EVERYBODY,
    "training_list_csv": EVERYBODY,
    "training_list_pdf": EVERYBODY,
    "training_enrol": EVERYBODY,
    "enrolment_detail": EVERYBODY,
    "training_form": EVERYBODY,
    "staff_training_surveys": INSTITUTE,
    "staff_training_survey_send": post(LOGIN, 403, 403, 403, 404, 404),
    "enrolment_cancel": post(302, 302, 302, 302, 302, 302),
    "liaison_training_enrolments": LIAISONS,
    "liaison_training_enrolment_create": LIAISONS,
    "liaison_training_enrolment_cancel": OWN_MUNICIPALITY,
    "staff_training_enrolments": INSTITUTE,
    "staff_training_figures": INSTITUTE,
    "staff_enrolment": INSTITUTE,
    "staff_enrolment_create": INSTITUTE,
    "staff_enrolment_exception": post(LOGIN, 403, 403, 403, 422, 422),
    "staff_enrolment_cancel": INSTITUTE_SENDS,
    "staff_enrolments_sessions": INSTITUTE_SENDS,
    "accompaniment_document_file": get(LOGIN, 404, 200, 404, 200, 200),
    "liaison_accompaniment_list": LIAISONS,
    "liaison_accompaniment_create": LIAISONS,
    "liaison_accompaniment_detail": OWN_MUNICIPALITY,
    "liaison_accompaniment_edit": OWN_MUNICIPALITY,
    "liaison_accompaniment_version_create": OWN_MUNICIPALITY,
    "liaison_accompaniment_round_reply": OWN_MUNICIPALITY,
    "liaison_accompaniment_closing": OWN_MUNICIPALITY,
    "liaison_accompaniment_session_create": OWN_MUNICIPALITY,
    "liaison_accompaniment_session_edit": OWN_MUNICIPALITY,
    "liaison_accompaniment_document_create": OWN_MUNICIPALITY,
    "liaison_accompaniment_session_delete": post(LOGIN, 404, 409, 404, 403, 403),  # no version was sent
    "liaison_accompaniment_agreement_settle": OWN_MUNICIPALITY_SENDS,
    "liaison_accompaniment_document_remove": OWN_MUNICIPALITY_SENDS,
    "liaison_accompaniment_session_confirm": post(LOGIN, 404, 409, 404, 403, 403),
    "staff_accompaniment_list": INSTITUTE,
    "staff_accompaniment_detail": INSTITUTE,
    "staff_accompaniment_assign": INSTITUTE,
    "staff_accompaniment_round_recommend": INSTITUTE,
    "staff_accompaniment_close": INSTITUTE,
    "staff_accompaniment_reopen": INSTITUTE,
    "staff_accompaniment_session_create": INSTITUTE,
    "staff_accompaniment_session_edit": INSTITUTE,
    "staff_accompaniment_document_create": INSTITUTE,
    "accompaniment_hours": EVERYBODY,
    "accompaniment_hours_csv": EVERYBODY,
    "staff_accompaniment_agenda": INSTITUTE,
    "staff_accompaniment_hours": INSTITUTE,
    "staff_accompaniment_hours_csv": INSTITUTE,
    "staff_expert_list": INSTITUTE,
    "staff_expert_create": INSTITUTE,
    "staff_expert_edit": INSTITUTE,
    "staff_accompaniment_decide": post(LOGIN, 403, 403, 403, 409, 409),
    "staff_accompaniment_session_confirm": post(LOGIN, 403, 403, 403, 409, 409),
    "staff_accompaniment_session_delete": post(LOGIN, 403, 403, 403, 409, 409),
    "staff_accompaniment_agreement_settle": INSTITUTE_SENDS,
    "staff_accompaniment_document_remove": INSTITUTE_SENDS,
    "calendar": EVERYBODY,
    "calendar_embed": EVERYBODY,
    "calendar_embed_code": EVERYBODY,
    "calendar_ics": EVERYBODY,
    "calendar_atom": EVERYBODY,
    "calendar_json": EVERYBODY,
    "calendar_csv": EVERYBODY,
    "municipality_ics": EVERYBODY,
    "personal_feed": SIGNED_IN,
    "personal_ics": EVERYBODY,
    "series_ics": EVERYBODY,
    "registration_detail": EVERYBODY,
    "liaison_enrolments": LIAISONS,
    "liaison_enrolment_create": LIAISONS,
    "liaison_enrolment_cancel": OWN_MUNICIPALITY,
    "own_registrations_link": EVERYBODY,
    "own_registrations_list": EVERYBODY,
    "registration_confirm": EVERYBODY,
    "registration_accept": post(302, 302, 302, 302, 302, 302),
    "registration_cancel": post(302, 302, 302, 302, 302, 302),
    "registration_ics": EVERYBODY,
    "event_ics": EVERYBODY,
    "event_detail": EVERYBODY,
    "event_picture": EVERYBODY,
    "event_register": EVERYBODY,
    "material_file": EVERYBODY,
    "library": EVERYBODY,
    "library_csv": EVERYBODY,
    "library_atom": EVERYBODY,
    "series_list": EVERYBODY,
    "series_detail": EVERYBODY,
    "series_register": EVERYBODY,
    "series_registered": EVERYBODY,
    "staff_event_list": INSTITUTE,
    "staff_event_create": INSTITUTE,
    "staff_event_detail": INSTITUTE,
    "staff_event_edit": INSTITUTE,
    "staff_event_next": INSTITUTE,
    "staff_event_repeat": INSTITUTE,
    "staff_event_publish": INSTITUTE_SENDS,
    "staff_event_cancel": INSTITUTE,
    "staff_event_delete": INSTITUTE_SENDS,
    "staff_event_results": INSTITUTE,
    "staff_agreement_action": INSTITUTE_SENDS,
    "staff_event_questions": INSTITUTE,
    "staff_event_questions_preview": INSTITUTE,
    "staff_event_reminders": INSTITUTE,
    "staff_event_reminder_create": INSTITUTE,
    "staff_event_reminder_switch": INSTITUTE_SENDS,
    "staff_reminder_list": INSTITUTE,
    "staff_reminder_create": INSTITUTE,
    "staff_reminder_edit": INSTITUTE,
    "staff_reminder_switch": INSTITUTE_SENDS,
    "staff_reminder_delete": INSTITUTE,
    "staff_event_registrations": INSTITUTE,
    "staff_event_registrations_csv": INSTITUTE,
    "staff_event_registrations_xlsx": INSTITUTE,
    "staff_event_messages": INSTITUTE,
    "staff_event_message": INSTITUTE,
    "staff_event_badges_file": INSTITUTE,
    "staff_event_sign_in_file": INSTITUTE,
    "staff_event_needs": INSTITUTE,
    "staff_event_needs_csv": INSTITUTE,
    "staff_event_registration_create": INSTITUTE,
    "staff_event_registration_cancel": INSTITUTE,
    "staff_event_registration_promote": INSTITUTE,
    "staff_event_admission": INSTITUTE,
    "staff_event_registration_approve": INSTITUTE_SENDS,
    "staff_event_registration_refuse": INSTITUTE,
    "staff_event_attendance": INSTITUTE,
    "staff_event_attendee_create": INSTITUTE,
    "staff_event_attendance_remove": INSTITUTE_SENDS,
    "staff_event_attendance_csv": INSTITUTE,
    "staff_event_imports": INSTITUTE,
    "staff_event_import": INSTITUTE,
    "staff_event_imported_person": INSTITUTE,
    "staff_event_sheet": INSTITUTE,
    "staff_check_in": INSTITUTE,
    "staff_event_door": INSTITUTE,
    "staff_event_door_state": INSTITUTE,
    "staff_event_door_marks": post(LOGIN, 403, 403, 403, 400, 400),
    "staff_event_door_worker": INSTITUTE,
    "staff_event_walk_in": get(LOGIN, 403, 403, 403, 302, 302),  # the event is not today
    "staff_announcement_list": INSTITUTE,
    "staff_announcement_create": INSTITUTE,
    "staff_announcement_sample": get(LOGIN, 403, 403, 403, 404, 404),  # nothing was looked at
    "staff_announcement_detail": INSTITUTE,
    "staff_series_list": INSTITUTE,
    "staff_series_create": INSTITUTE,
    "staff_series_edit": INSTITUTE,
    "staff_series_delete": INSTITUTE_SENDS,
    "action_list": EVERYBODY,
    "evidence_file": EVERYBODY,
    "action_detail": EVERYBODY,
    "liaison_action_list": LIAISONS,
    "liaison_action_sheet": LIAISONS,
    "liaison_action_load": LOAD_OF_LIAISON,
    "liaison_actions_xlsx": LIAISONS,
    "liaison_actions_csv": LIAISONS,
    "liaison_action_template_xlsx": LIAISONS,
    "liaison_action_create": LIAISONS,
    "liaison_action_detail": OWN_MUNICIPALITY,
    "liaison_action_edit": OWN_MUNICIPALITY,
    "liaison_action_typed_json": post(LOGIN, 404, 200, 200, 403, 403),
    "liaison_action_edit_typed_json": post(LOGIN, 404, 200, 404, 403, 403),
    "liaison_action_submit": post(LOGIN, 404, 409, 404, 403, 403),
    "liaison_action_delete": OWN_MUNICIPALITY,
    "liaison_follow_up_create": OWN_MUNICIPALITY,
    "liaison_estimate_create": OWN_MUNICIPALITY,
    "liaison_estimate_delete": OWN_MUNICIPALITY_SENDS,
    "liaison_evidence_create": OWN_MUNICIPALITY,
    "liaison_indicator_create": OWN_MUNICIPALITY,
    "liaison_indicator_edit": OWN_MUNICIPALITY,
    "liaison_measuring": OWN_MUNICIPALITY,
    "liaison_milestone_create": OWN_MUNICIPALITY,
    "liaison_milestone_edit": OWN_MUNICIPALITY,
    "liaison_reading_create": OWN_MUNICIPALITY,
    "liaison_reading_edit": OWN_MUNICIPALITY,
    "liaison_evidence_delete": OWN_MUNICIPALITY_SENDS,
    "liaison_action_standing": OWN_MUNICIPALITY,
    "liaison_action_close": OWN_MUNICIPALITY,
    "staff_action_observe": INSTITUTE,
    "staff_action_list": INSTITUTE,
    "staff_action_sheet": INSTITUTE,
    "staff_action_load": LOAD_OF_STAFF,
    "staff_actions_xlsx": INSTITUTE,
    "staff_actions_csv": INSTITUTE,
    "staff_action_template_xlsx": INSTITUTE,
    "staff_action_detail": INSTITUTE,
    "exchange_board": NETWORK,
    "staff_exchange_csv": INSTITUTE,
    "exchange_post_create": EXCHANGE,
    "exchange_post": get(LOGIN, 403, 200, 200, 200, 200),
    "exchange_post_edit": get(LOGIN, 404, 200, 403, 403, 403),
    "exchange_post_close": post(LOGIN, 404, 302, 403, 403, 403),
    "exchange_post_match": get(LOGIN, 404, 200, 403, 403, 403),
    "exchange_match_undo": post(LOGIN, 404, 302, 403, 403, 403),
    "exchange_outcome_add": post(LOGIN, 404, 422, 403, 422, 422),  # nothing was typed
    "exchange_outcome_remove": post(LOGIN, 404, 302, 403, 302, 302),
    "exchange_thread_create": get(LOGIN, 404, 403, 200, 403, 403),
    "exchange_thread_list": EXCHANGE,
    "exchange_thread": get(LOGIN, 404, 200, 404, 404, 404),  # the institute does not read what two municipalities write
    "staff_exchange_post_hide": INSTITUTE,
    "staff_exchange_post_unhide": INSTITUTE_SENDS,
    "action_comments": NETWORK,
    "comment_edit": get(LOGIN, 404, 200, 404, 403, 403),
    "comment_report": get(LOGIN, 404, 403, 200, 403, 403),
    "staff_comment_list": INSTITUTE,
    "staff_comment_decide": INSTITUTE,
    "privacy": EVERYBODY,
    "privacy_version": EVERYBODY,
    "rights": EVERYBODY,
    "own_data": SIGNED_IN,
    "own_data_by_link": EVERYBODY,
    "rights_confirm": EVERYBODY,
    "rights_status": EVERYBODY,
    "rights_complete": post(422, 422, 422, 422, 422, 422),
    "rights_file": EVERYBODY,
    "arco_list": ADMINISTRATION,
    "arco_detail": ADMINISTRATION,
    "arco_move": ADMINISTRATION_SENDS_WRONG,
    "arco_identify": ADMINISTRATION_SENDS,
    "arco_send_data": ADMINISTRATION_SENDS,
    "arco_erase": ADMINISTRATION,
    "arco_file": ADMINISTRATION,
    "holiday_list": ADMINISTRATION,
    "retention_list": ADMINISTRATION,
    "holiday_delete": ADMINISTRATION_SENDS,
    "accessibility": EVERYBODY,
    "invitation_accept": EVERYBODY,
    "after_login": get(LOGIN, 302, 302, 302, 302, 302),
    "account_preferences": SIGNED_IN,
    "staff_person_list": INSTITUTE,
    "staff_person_detail": INSTITUTE,
    "staff_person_edit": INSTITUTE,
    "staff_person_merge": INSTITUTE,
    "staff_person_different": INSTITUTE_SENDS,
    "staff_duplicate_list": INSTITUTE,
    "staff_duplicate_search": INSTITUTE_SENDS,
    "staff_merge_list": INSTITUTE,
    "staff_merge_undo": INSTITUTE,
    "staff_designation_list": INSTITUTE,
    "staff_designation_create": INSTITUTE,
    "staff_vacancy_list": INSTITUTE,
    "staff_designation_detail": INSTITUTE,
    "staff_designation_edit": INSTITUTE,
    "staff_designation_replace": INSTITUTE,
    "staff_designation_end": INSTITUTE,
    "staff_designation_invite": INSTITUTE_SENDS,
    "designation_oficio": INSTITUTE,
    "proposal_home": EVERYBODY,
    "proposal_form": EVERYBODY,
    "staff_proposal_list": INSTITUTE,
    "staff_link_create": INSTITUTE,
    "staff_link_detail": INSTITUTE,
    "staff_link_revoke": INSTITUTE_SENDS,
    "staff_designation_verify": INSTITUTE,
    "staff_designation_reject": INSTITUTE,
    "staff_campaign_list": INSTITUTE,
    "staff_campaign_create": INSTITUTE,
    "staff_campaign_detail": INSTITUTE,
    "staff_campaign_remind": INSTITUTE_SENDS,
    "staff_campaign_cancel": INSTITUTE_SENDS,
    "staff_municipality_list": INSTITUTE,
    "staff_municipality_list_csv": INSTITUTE,
    "staff_municipality_list_xlsx": INSTITUTE,
    "staff_municipality_detail": INSTITUTE,
    "staff_municipality_contact": INSTITUTE,
    "staff_municipality_programme": INSTITUTE,
    "staff_municipality_programme_file": INSTITUTE,
    "municipality_programme_file": EVERYBODY,
    "staff_communication_list": INSTITUTE,
    "staff_communication_create": INSTITUTE,
    "staff_communication_edit": INSTITUTE,
    "staff_communication_done": INSTITUTE_SENDS,
    "staff_user_list": ADMINISTRATION,
    "staff_user_edit": ADMINISTRATION,
    "settings_edit": ADMINISTRATION,
    "privacy_notice_create": ADMINISTRATION,
    "status": EVERYBODY,
    "staff_mail_list": INSTITUTE,
    "staff_mail_detail": get(LOGIN, 404, 404, 404, 200, 200),
    "staff_mail_resend": post(LOGIN, 404, 404, 404, 422, 422),
    "staff_mail_give_up": post(LOGIN, 404, 404, 404, 422, 422),
    "staff_address_list": INSTITUTE,
    "staff_preference_list": INSTITUTE,
    "staff_address_lift": get(LOGIN, 404, 404, 404, 200, 200),
    "mail_choices": EVERYBODY,
    "mail_unsubscribe": EVERYBODY,
    "staff_text_list": INSTITUTE,
    "staff_text_edit": INSTITUTE,
    "staff_text_preview": INSTITUTE,
    "staff_text_test": post(LOGIN, 403, 403, 403, 422, 422),
    "demo_mail": EVERYBODY,
    "demo_mail_message": get(404, 404, 404, 404, 404, 404),
    "demo_mail_html": get(404, 404, 404, 404, 404, 404),
    "demo_mail_attachment": get(404, 404, 404, 404, 404, 404),
    "account_login": get(200, 302, 302, 302, 302, 302),
    "account_logout": get(302, 200, 200, 200, 200, 200),
    "account_inactive": EVERYBODY,
    "account_signup": get(200, 302, 302, 302, 302, 302),
    "account_reauthenticate": SIGNED_IN,
    "account_email": SIGNED_IN,
    "account_email_verification_sent": EVERYBODY,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN_AGAIN,
    "account_reset_password": EVERYBODY,
    "account_confirm_login_code": SIGNED_IN_AGAIN,
    "account_confirm_email": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": SIGNED_IN_AGAIN,
    "mfa_reauthenticate": SIGNED_IN_AGAIN,
    "mfa_activate_totp": SIGNED_IN_AGAIN,
    "mfa_deactivate_totp": NOT_SET_UP,
    "mfa_view_recovery_codes": NOT_SET_UP,
    "mfa_generate_recovery_codes": SIGNED_IN_AGAIN,
    "mfa_download_recovery_codes": NOT_SET_UP,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN_AGAIN,
    "mfa_reauthenticate_webauthn": SIGNED_IN_AGAIN,
    "mfa_remove_webauthn": SIGNED_IN_AGAIN,
    "mfa_edit_webauthn": SIGNED_IN_AGAIN,
}

# Open to people without an account; everything else asks to sign in. A change here is a decision.
PUBLIC = {
    "accompaniment_hours",
    "accompaniment_hours_csv",
    "about_network",
    "accessibility",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "action_detail",
    "action_list",
    "action_list_atom",
    "action_list_csv",
    "action_list_json",
    "calendar",
    "calendar_atom",
    "calendar_csv",
    "calendar_embed",
    "calendar_embed_code",
    "calendar_ics",
    "calendar_json",
    "certificate",
    "demo_mail",
    "demo_mail_attachment",
    "demo_mail_html",
    "demo_mail_message",
    "enrolment_cancel",
    "enrolment_detail",
    "training_form",
    "event_detail",
    "event_ics",
    "event_picture",
    "event_register",
    "evidence_file",
    "favicon",
    "gallery",
    "healthz",
    "home",
    "invitation_accept",
    "library",
    "library_atom",
    "library_csv",
    "mail_choices",
    "mail_unsubscribe",
    "material_file",
    "mfa_authenticate",
    "municipality_detail",
    "municipality_ics",
    "municipality_list",
    "municipality_programme_file",
    "personal_ics",
    "proposal_form",
    "proposal_home",
    "privacy",
    "privacy_version",
    "readyz",
    "credential_status",
    "issuer",
    "issuer_key",
    "own_certificate",
    "own_certificate_badge",
    "own_certificate_file",
    "own_registrations_link",
    "own_registrations_list",
    "registration_accept",
    "registration_confirm",
    "registration_cancel",
    "registration_detail",
    "registration_ics",
    "report_public",
    "report_public_csv",
    "results",
    "results_csv",
    "robots_txt",
    "own_data_by_link",
    "rights",
    "rights_complete",
    "rights_confirm",
    "rights_file",
    "rights_status",
    "series_detail",
    "series_ics",
    "series_list",
    "series_register",
    "series_registered",
    "status",
    "theme_css",
    "training_detail",
    "training_enrol",
    "training_list",
    "training_list_csv",
    "training_list_pdf",
    "training_pdf",
}

# Pages that show a form and take it; every other one shows, or acts.
FORMS = {
    "liaison_saved_view_create",
    "staff_saved_view_create",
    "staff_action_bulk",
    "account_preferences",
    "certificate",
    "liaison_accompaniment_create",
    "liaison_accompaniment_edit",
    "liaison_accompaniment_version_create",
    "liaison_accompaniment_round_reply",
    "liaison_accompaniment_closing",
    "liaison_accompaniment_session_create",
    "liaison_accompaniment_session_edit",
    "liaison_accompaniment_document_create",
    "staff_accompaniment_session_create",
    "staff_accompaniment_session_edit",
    "staff_accompaniment_document_create",
    "staff_accompaniment_assign",
    "staff_accompaniment_round_recommend",
    "staff_accompaniment_close",
    "staff_accompaniment_reopen",
    "staff_expert_create",
    "staff_expert_edit",
    "action_comments",
    "comment_edit",
    "comment_report",
    "exchange_post_create",
    "exchange_post_edit",
    "exchange_post_match",
    "exchange_thread",
    "exchange_thread_create",
    "staff_comment_decide",
    "staff_exchange_post_hide",
    "event_register",
    "invitation_accept",
    "liaison_action_close",
    "liaison_action_create",
    "liaison_action_delete",
    "liaison_action_edit",
    "liaison_action_standing",
    "liaison_action_load",
    "liaison_action_sheet",
    "staff_action_load",
    "staff_action_sheet",
    "liaison_enrolment_cancel",
    "liaison_enrolment_create",
    "liaison_estimate_create",
    "staff_communication_create",
    "staff_communication_edit",
    "staff_municipality_contact",
    "staff_municipality_programme",
    "liaison_evidence_create",
    "liaison_follow_up_create",
    "liaison_indicator_create",
    "liaison_indicator_edit",
    "liaison_milestone_create",
    "liaison_milestone_edit",
    "liaison_reading_create",
    "liaison_reading_edit",
    "mail_choices",
    "mail_unsubscribe",
    "own_registrations_link",
    "personal_feed",
    "privacy_notice_create",
    "registration_confirm",
    "rights",
    "rights_confirm",
    "own_data",
    "own_data_by_link",
    "holiday_list",
    "retention_list",
    "arco_erase",
    "series_register",
    "settings_edit",
    "staff_address_lift",
    "staff_action_detail",
    "staff_action_observe",
    "staff_announcement_create",
    "staff_certificate_list",
    "staff_certificate_replace",
    "staff_certificate_revoke",
    "staff_certificate_template_create",
    "staff_certificate_template_edit",
    "staff_check_in",
    "proposal_form",
    "proposal_home",
    "staff_campaign_create",
    "staff_designation_reject",
    "staff_designation_verify",
    "staff_link_create",
    "staff_link_detail",
    "staff_designation_create",
    "staff_designation_edit",
    "staff_designation_end",
    "staff_designation_replace",
    "staff_merge_undo",
    "staff_person_edit",
    "staff_person_merge",
    "staff_event_attendance",
    "staff_event_attendee_create",
    "staff_event_import",
    "staff_event_imported_person",
    "staff_event_imports",
    "staff_event_sheet",
    "staff_event_cancel",
    "staff_event_create",
    "staff_event_delete",
    "staff_event_door",
    "staff_event_edit",
    "staff_event_message",
    "staff_event_questions",
    "staff_event_reminder_create",
    "staff_reminder_create",
    "staff_reminder_delete",
    "staff_reminder_edit",
    "staff_event_registration_cancel",
    "staff_event_admission",
    "staff_event_registration_create",
    "staff_event_registration_promote",
    "staff_event_registration_refuse",
    "staff_event_next",
    "staff_event_repeat",
    "staff_event_results",
    "staff_event_walk_in",
    "staff_report_create",
    "staff_series_create",
    "staff_series_edit",
    "staff_series_delete",
    "staff_text_edit",
    "staff_text_preview",
    "staff_training_create",
    "staff_training_delete",
    "staff_training_edit",
    "staff_enrolment",
    "staff_enrolment_create",
    "liaison_training_enrolment_cancel",
    "liaison_training_enrolment_create",
    "staff_training_surveys",
    "training_enrol",
    "training_form",
    "staff_user_edit",
}

LIBRARY = {name for name in RULES if name.startswith(("account_", "mfa_"))} - {"account_preferences"}


WITH_EVENT = [
    "staff_event_admission",
    "staff_event_attendance",
    "staff_event_attendance_csv",
    "staff_event_attendee_create",
    "staff_event_imports",
    "staff_event_sheet",
    "staff_event_cancel",
    "staff_event_delete",
    "staff_event_detail",
    "staff_event_door",
    "staff_event_door_marks",
    "staff_event_door_state",
    "staff_event_door_worker",
    "staff_event_edit",
    "staff_event_next",
    "staff_event_publish",
    "staff_event_questions",
    "staff_event_questions_preview",
    "staff_event_reminders",
    "staff_event_reminder_create",
    "staff_event_reminder_switch",
    "staff_event_registration_create",
    "staff_event_registrations",
    "staff_event_registrations_csv",
    "staff_event_repeat",
    "staff_event_registrations_xlsx",
    "staff_event_needs",
    "staff_event_needs_csv",
    "staff_event_messages",
    "staff_event_message",
    "staff_event_badges_file",
    "staff_event_sign_in_file",
    "staff_event_results",
    "staff_event_walk_in",
]
WITH_TRAINING = [
    "liaison_training_enrolment_create",
    "staff_enrolment_create",
    "staff_enrolments_sessions",
    "staff_training_delete",
    "staff_training_edit",
    "staff_training_enrolments",
    "staff_training_figures",
    "staff_training_publish",
]
WITH_ENROLMENT = [
    "liaison_training_enrolment_cancel",
    "staff_enrolment",
    "staff_enrolment_cancel",
    "staff_enrolment_exception",
]
DESKS = ("liaison", "staff")
WITH_FILE = ["detail", "session_create", "document_create"]
WITH_SESSION = ["session_confirm", "session_delete", "session_edit"]
OWN_CERTIFICATE = ["own_certificate", "own_certificate_badge", "own_certificate_file"]
WITH_CERTIFICATE = [
    "certificate",
    "staff_certificate_detail",
    "staff_certificate_file",
    "staff_certificate_replace",
    "staff_certificate_revoke",
]
ISSUING = [
    "staff_certificate_list",
    "staff_certificate_progress",
    "staff_certificate_retry",
    "staff_certificate_zip",
]
WITH_TEMPLATE = [
    "staff_certificate_logo_add",
    "staff_certificate_signatory_add",
    "staff_certificate_template_edit",
    "staff_certificate_template_preview",
]
WITH_REPORT = [
    "report_public",
    "report_public_csv",
    "staff_report_csv",
    "staff_report_detail",
    "staff_report_file",
    "staff_report_progress",
    "staff_report_retry",
]


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern outside Django's admin and the open interface (tests/test_api.py), with its address as it is
    written."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace not in {"admin", "api"}:
                yield from patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def pdf() -> ContentFile:
    file = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file)
    return ContentFile(file.getvalue(), name="archivo.pdf")


def exchange_of(municipality: Any, people: World, action: Any) -> dict[str, list[Any]]:
    """Posts of the liaison's municipality, a conversation and comments."""
    shown = ExchangePostFactory(municipality=municipality)
    third = MunicipalityFactory()
    matched, linked = (
        ExchangePostFactory(
            municipality=municipality, state="matched", matched_with=third, matched_on=timezone.localdate()
        )
        for _which in range(2)
    )
    outcome = linked.outcomes.create(kind="event", key="publicado", title="Evento")
    thread = ExchangeThreadFactory(post=shown, municipality=third)
    mine = ActionCommentFactory(action=action, municipality=municipality, created_by=people["liaison"])
    approved = ActionCommentFactory(action=action, municipality=municipality, state="approved")
    on_post = ("", "_edit", "_close", "_match")
    return {
        **{f"exchange_post{name}": [shown.pk] for name in on_post},
        **{name: [shown.pk] for name in ("exchange_thread_create", "staff_exchange_post_hide")},
        "staff_exchange_post_unhide": [shown.pk],
        "exchange_match_undo": [matched.pk],
        "exchange_outcome_add": [matched.pk],
        "exchange_outcome_remove": [linked.pk, outcome.pk],
        "exchange_thread": [thread.pk],
        "comment_edit": [mine.pk],
        "comment_report": [approved.pk],
        "staff_comment_decide": [mine.pk],
    }


@pytest.fixture
def world(db: None, settings: Any) -> World:
    """One of each thing, seen from the liaison of one municipality."""
    settings.DEMO = True  # the pages of the demonstration exist only there
    municipality, elsewhere = MunicipalityFactory(slug="propio"), MunicipalityFactory(slug="ajeno")
    people = {
        "anonymous": None,
        "participant": UserFactory(),
        "liaison": liaison(municipality),
        "other_liaison": liaison(elsewhere),
        "staff": StaffFactory(),
        "admin": AdminFactory(),
    }
    event = EventFactory(slug="publicado", series=SeriesFactory(slug="ciclo"))
    registration = RegistrationFactory(event=event)
    requested = RegistrationFactory(event=event, state="requested")
    imported = ImportedPersonFactory(attendance_import__event=event)
    unconfirmed = RegistrationFactory(
        event=event, state="unconfirmed", expires_at=timezone.now() + timedelta(minutes=9)
    )
    enrolled = RegistrationFactory(
        event=event, municipality=municipality, self_registered=False, created_by=people["liaison"]
    )
    event.seat_pools.update(taken=2)
    views = {which: people[which].saved_views.create(list=which, name="Una") for which in ("liaison", "staff")}
    draft = ActionFactory(municipality=municipality, slug="borrador")
    reading = IndicatorReadingFactory(indicator__action=draft)
    validated = ActionFactory(municipality=municipality, slug="validada", review_state="published")
    submitted = ActionFactory(municipality=municipality, slug="enviada", review_state="submitted")
    material = MaterialFactory(event=event, url="", file=pdf())
    evidence = EvidenceFactory(action=validated, url="", file=pdf())
    designation = DesignationFactory(municipality=municipality, kind="suplente", oficio_file=pdf())
    invitation = services.invite(designation=designation, by=people["staff"])
    campaign = RenewalCampaignFactory()
    proposal = ProposalFactory(link__campaign=campaign)
    programme = ClimateProgrammeFactory(municipality=municipality, file=pdf())
    communication = CommunicationFactory(municipality=municipality)
    report = IssuedReport.objects.create(
        starts_on="2026-01-01",
        ends_on="2026-06-30",
        state=ReportState.READY,
        progress=100,
        file=pdf(),
        figures=to_json(exact_figures(state_scope(), Period(), places=())),
        public_figures=to_json(public_figures(state_scope(), Period(), places=())),
    )
    for job in jobs():
        with beating(job.name):
            pass
    message = enqueue(kind="test", dedupe_key="x", to_email="a@prueba.example", params={}, language="es")
    row = {"to_email": "a@prueba.example", "params": {}, "language": "es"}
    optional = enqueue(kind="events.reminder", dedupe_key="y", **row)
    suppression = Suppression.objects.create(email="a@prueba.example", reason="bounced")
    assert message is not None
    assert optional is not None
    training = TrainingFactory(slug="capacitacion", takes_enrolments=True, seats_taken=1)
    TrainingSessionFactory(training=training, event=event)
    place = EnrolmentFactory(
        training=training, municipality=municipality, self_registered=False, created_by=people["liaison"]
    )
    certificate, paper = CertificateFactory(training=training, file=pdf()), CertificateTemplateFactory()
    asked = ArcoRequestFactory(person=registration.person, state="incomplete", identity_at=timezone.now())
    asked_step = asked.steps.create(state="received", file=pdf())
    granted = ArcoRequestFactory(
        person=registration.person, state="granted", kind="cancellation", identity_at=timezone.now()
    )
    to_confirm = ArcoRequestFactory(state="unconfirmed", number=None, confirmed_at=None)
    file = AccompanimentFactory(municipality=municipality, state="assigned")
    requested_file = AccompanimentFactory(municipality=municipality)
    closing_file = AccompanimentFactory(municipality=municipality, state="closing")
    session = AccompanimentSessionFactory(accompaniment=file)
    agreement = SessionAgreementFactory(session=session)
    answered = RecommendationFactory(round__accompaniment=file, round__sent_at=timezone.now(), number=1)
    open_round = ReviewRoundFactory(accompaniment=file, number=2)
    documents = {
        side: AccompanimentDocumentFactory(accompaniment=file, side=side) for side in ("municipality", "institute")
    }
    stage = ReminderStageFactory(code="unused")
    return {
        "people": people,
        "args": {
            "accompaniment_document_file": [documents["institute"].pk],
            "liaison_accompaniment_edit": [requested_file.pk],
            "liaison_accompaniment_closing": [closing_file.pk],
            "liaison_accompaniment_version_create": [file.pk],
            "liaison_accompaniment_round_reply": [file.pk, answered.round_id],
            "liaison_accompaniment_document_remove": [file.pk, documents["municipality"].pk],
            "staff_accompaniment_decide": [requested_file.pk],
            "staff_accompaniment_assign": [file.pk],
            "staff_accompaniment_round_recommend": [file.pk, open_round.pk],
            "staff_accompaniment_close": [file.pk],
            "staff_accompaniment_reopen": [closing_file.pk],
            "staff_accompaniment_document_remove": [file.pk, documents["institute"].pk],
            "staff_expert_edit": [ExpertFactory().pk],
            "action_detail": [validated.slug],
            "action_comments": [validated.slug],
            **exchange_of(municipality, people, validated),
            "demo_mail_attachment": ["nada", 1, 1],
            "demo_mail_html": ["nada", 1],
            "demo_mail_message": ["nada", 1],
            "designation_oficio": [designation.pk],
            "staff_municipality_detail": [municipality.slug],
            "staff_municipality_contact": [municipality.slug],
            "staff_municipality_programme": [municipality.slug],
            "staff_municipality_programme_file": [municipality.slug, programme.pk],
            "municipality_programme_file": [municipality.slug],
            "staff_communication_create": [municipality.slug],
            "staff_communication_edit": [communication.pk],
            "staff_communication_done": [communication.pk],
            "event_detail": [event.slug],
            "event_ics": [event.slug],
            "event_picture": [event.slug],
            "event_register": [event.slug],
            "evidence_file": [evidence.pk],
            "rights_confirm": [to_confirm.confirmation_code],
            "own_data_by_link": [own_data_code(registration.person)],
            "arco_erase": [granted.pk],
            "rights_status": [asked.token],
            "rights_complete": [asked.token],
            "rights_file": [asked.token, asked_step.pk],
            "arco_file": [asked.pk, asked_step.pk],
            "holiday_delete": [NonWorkingDayFactory().pk],
            **{name: [asked.pk] for name in ("arco_detail", "arco_move", "arco_identify", "arco_send_data")},
            "invitation_accept": [invitation.token],
            "proposal_home": [proposal.link.token],
            "proposal_form": [proposal.link.token, "suplente"],
            **{f"staff_link_{name}": [proposal.link_id] for name in ("detail", "revoke")},
            **{f"staff_designation_{name}": [proposal.designation_id] for name in ("verify", "reject")},
            **{f"staff_campaign_{name}": [campaign.pk] for name in ("detail", "remind", "cancel")},
            "liaison_saved_view_delete": [views["liaison"].pk],
            "staff_saved_view_delete": [views["staff"].pk],
            "liaison_action_delete": [draft.pk],
            "liaison_action_detail": [draft.pk],
            "liaison_action_edit": [draft.pk],
            "liaison_action_standing": [draft.pk],
            "liaison_action_close": [draft.pk],
            "liaison_action_edit_typed_json": [draft.pk],
            "liaison_action_submit": [draft.pk],
            "liaison_estimate_create": [draft.pk],
            "liaison_estimate_delete": [draft.pk, EmissionEstimateFactory(action=draft).pk],
            "liaison_action_load": [
                SheetLoadFactory(created_by=people["liaison"], municipality=municipality).pk,
            ],
            "staff_action_load": [SheetLoadFactory(created_by=people["staff"]).pk],
            "liaison_evidence_create": [draft.pk],
            "liaison_evidence_delete": [draft.pk, EvidenceFactory(action=draft).pk],
            "liaison_follow_up_create": [validated.pk],
            "liaison_indicator_create": [draft.pk],
            "liaison_indicator_edit": [draft.pk, reading.indicator_id],
            "liaison_measuring": [draft.pk],
            "liaison_milestone_create": [draft.pk],
            "liaison_milestone_edit": [draft.pk, MilestoneFactory(action=draft).pk],
            "liaison_reading_create": [draft.pk, reading.indicator_id],
            "liaison_reading_edit": [draft.pk, reading.indicator_id, reading.pk],
            "mail_choices": [choices_code(optional)],
            "mail_unsubscribe": [choices_code(optional)],
            "material_file": [event.slug, material.pk],
            "municipality_detail": [municipality.slug],
            "municipality_ics": [municipality.slug],
            "personal_ics": [renew_personal_feed(by=people["participant"]).token],
            "privacy_version": [PrivacyNoticeFactory().version],
            "registration_accept": [registration.token],
            "liaison_enrolment_create": [event.pk],
            "liaison_enrolment_cancel": [enrolled.pk],
            "own_registrations_list": [own_list_code(registration)],
            "registration_confirm": [confirmation_code(unconfirmed)],
            "registration_cancel": [registration.token],
            "registration_detail": [registration.token],
            "registration_ics": [registration.token],
            "series_detail": [event.series.slug],
            "series_ics": [event.series.slug],
            "series_register": [event.series.slug],
            "series_registered": [event.series.slug, receipt(event.series, Outcome([registration], [], []))],
            "staff_action_detail": [submitted.pk],
            "staff_action_observe": [submitted.pk],
            "staff_announcement_detail": [AnnouncementFactory().pk],
            "staff_agreement_action": [event.pk, event.agreements.create(text="Acuerdo").pk],
            "staff_person_detail": [designation.person_id],
            "staff_person_edit": [designation.person_id],
            "staff_person_merge": [designation.person_id, registration.person_id],
            "staff_person_different": [designation.person_id, registration.person_id],
            "staff_merge_undo": [
                services.merge_people(kept=PersonFactory(), gone=PersonFactory(), by=StaffFactory()).pk
            ],
            "staff_designation_detail": [designation.pk],
            "staff_designation_edit": [designation.pk],
            "staff_designation_end": [designation.pk],
            "staff_designation_invite": [designation.pk],
            "staff_designation_replace": [designation.pk],
            "staff_check_in": [registration.pk, check_in_seal(registration)],
            "staff_event_import": [event.pk, imported.attendance_import_id],
            "staff_event_imported_person": [event.pk, imported.attendance_import_id, imported.pk],
            "staff_event_attendance_remove": [event.pk, AttendanceFactory(event=event).pk],
            "staff_event_registration_cancel": [event.pk, registration.pk],
            "staff_event_registration_promote": [event.pk, registration.pk],
            "staff_event_registration_approve": [event.pk, requested.pk],
            "staff_event_registration_refuse": [event.pk, requested.pk],
            **{name: [stage.pk] for name in ("staff_reminder_edit", "staff_reminder_switch", "staff_reminder_delete")},
            "staff_mail_detail": [message.pk],
            "staff_mail_resend": [message.pk],
            "staff_mail_give_up": [message.pk],
            "staff_address_lift": [suppression.pk],
            "staff_text_edit": ["events.reminder", "es"],
            "staff_text_preview": ["events.reminder", "es"],
            "staff_text_test": ["events.reminder", "es"],
            "staff_series_edit": [event.series.pk],
            "staff_series_delete": [event.series.pk],
            "staff_user_edit": [people["participant"].pk],
            **{name: [certificate.folio] for name in WITH_CERTIFICATE},
            **{name: [training.pk] for name in ISSUING},
            **{name: [paper.pk] for name in WITH_TEMPLATE},
            "credential_status": [0],
            "issuer_key": [public_key()["kid"]],
            "staff_certificate_logo_remove": [paper.pk, CertificateLogoFactory(template=paper).pk],
            "staff_certificate_signatory_remove": [paper.pk, CertificateSignatoryFactory(template=paper).pk],
            **{name: [own_certificate_code(certificate)] for name in OWN_CERTIFICATE},
            "enrolment_cancel": [place.token],
            "enrolment_detail": [place.token],
            "training_form": [form_code(place, TrainingForm.SATISFACTION)],
            "staff_training_surveys": [training.pk],
            "staff_training_survey_send": [training.pk],
            "training_detail": [training.slug],
            "training_enrol": [training.slug],
            "training_pdf": [training.slug],
            "account_confirm_email": ["no-es-una-llave"],
            "account_reset_password_from_key": ["1", "no-es-una-llave"],
            "mfa_edit_webauthn": [1],
            "mfa_remove_webauthn": [1],
        }
        | {f"{who}_accompaniment_{name}": [file.pk] for who in DESKS for name in WITH_FILE}
        | {f"{who}_accompaniment_{name}": [file.pk, session.pk] for who in DESKS for name in WITH_SESSION}
        | {f"{who}_accompaniment_agreement_settle": [file.pk, agreement.pk] for who in DESKS}
        | {name: [event.pk] for name in WITH_EVENT}
        | {name: [training.pk] for name in WITH_TRAINING}
        | {name: [place.pk] for name in WITH_ENROLMENT}
        | {name: [report.folio] for name in WITH_REPORT},
        "draft": draft,
    }


def ask(world: World, role: str) -> Callable[..., Any]:
    """Send requests as this role; what they change is undone."""
    browser = Client(raise_request_exception=False)
    if user := world["people"][role]:
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookies = dict(browser.cookies)

    def send(method: str, name: str) -> Any:
        browser.cookies.clear()
        browser.cookies.update(cookies)
        with transaction.atomic():
            response = browser.generic(method, reverse(name, args=world["args"].get(name)))
            if response.streaming:
                b"".join(response)  # read to its end, a file is closed
            transaction.set_rollback(True)
        return response

    return send


def answer(response: Any) -> Answer:
    to_login = response.status_code == 302 and response.url.startswith(reverse("account_login"))
    return LOGIN if to_login else response.status_code


def test_every_address_has_a_rule_and_every_rule_an_address() -> None:
    assert sorted(pattern.name or address for address, pattern in patterns()) == sorted(RULES)


def test_addresses_open_to_everybody_are_those_of_the_list() -> None:
    """What the middleware lets through, whether or not the page then shows something."""
    open_to_all = {p.name for _address, p in patterns() if not getattr(p.callback, "login_required", True)}
    assert open_to_all == PUBLIC


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_each_role_as_the_table_says(world: World, role: str) -> None:
    send, column = ask(world, role), ROLES.index(role)
    expected = {name: rule.answers[column] for name, rule in RULES.items()}
    assert {name: answer(send(rule.method, name)) for name, rule in RULES.items()} == expected


@pytest.mark.parametrize("role", ROLES)
def test_forms_refuse_the_same_people_when_they_are_sent(world: World, role: str) -> None:
    send, column = ask(world, role), ROLES.index(role)
    expected = {name: RULES[name].answers[column] for name in sorted(FORMS)}
    refused = {name: value for name, value in expected.items() if value in {LOGIN, 403, 404}}
    assert {name: answer(send("POST", name)) for name in refused} == refused


def test_drafts_do_not_exist_outside_their_municipality(world: World) -> None:
    """By any address, a draft of another municipality is answered like a number that was never given."""
    draft = world["draft"]
    evidence = EvidenceFactory(action=draft, url="", file=pdf())
    addresses = {
        "action_detail": [draft.slug],
        "evidence_file": [evidence.pk],
        "liaison_action_detail": [draft.pk],
        "liaison_action_edit": [draft.pk],
        "staff_action_detail": [draft.pk],
    }
    world["args"] |= addresses
    seen = {name: [role for role in ROLES if answer(ask(world, role)("GET", name)) == 200] for name in addresses}
    assert seen == {
        "action_detail": [],  # the public address shows what was validated
        "evidence_file": ["liaison"],
        "liaison_action_detail": ["liaison"],
        "liaison_action_edit": ["liaison"],
        "staff_action_detail": [],
    }
    missing = {name: [10**6] for name in ("evidence_file", "liaison_action_detail", "staff_action_detail")}
    foreign = {name: answer(ask(world, "other_liaison")("GET", name)) for name in missing}
    world["args"] |= missing
    assert foreign == {name: answer(ask(world, "other_liaison")("GET", name)) for name in missing}


# Where an address of one action begins, by whom it is for; what is not found there is asked of nobody else.
OF_ONE_ACTION = {
    "mi-municipio/acciones/<int:pk>/": "other_liaison",
    "gestion/acciones/<int:pk>/": "staff",
    "acciones/<slug:slug>/": "anonymous",
}


def test_every_address_of_one_action_answers_a_foreign_draft_like_a_missing_one(world: World) -> None:
    """By the pattern alone: an address of an action that is added later is asked here from its first day."""
    draft, asked = world["draft"], {}
    for address, pattern in patterns():
        start = next((start for start in OF_ONE_ACTION if address.startswith(start)), None)
        if start is None or pattern.name is None:
            continue
        key = draft.slug if "<slug:slug>" in address else draft.pk
        world["args"][pattern.name] = [key, *world["args"].get(pattern.name, [])[1:]]
        asked[pattern.name] = OF_ONE_ACTION[start]
    assert len(asked) > 10
    for role in ROLES:
        send, answers = ask(world, role), {}
        for name, reader in asked.items():
            answers[name] = answer(send(RULES[name].method, name))
            if role != "liaison":
                assert answers[name] in {LOGIN, 403, 404}, (role, name)
            if role == reader or (role, reader) == ("admin", "staff"):
                assert answers[name] == 404, (role, name)


def reachable() -> dict[str, set[str]]:
    """Each address of ours once, under a role that gets past its permission."""
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    for name in RULES.keys() - LIBRARY:
        allowed = zip(ROLES, RULES[name].answers, strict=True)
        found[next((role for role, value in allowed if value not in {LOGIN, 403, 404}), "admin")].add(name)
    return found


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PUT"])
def test_methods_that_no_page_has_are_405(world: World, method: str) -> None:
    """Function views would answer TRACE; each says which methods it has."""
    for role, names in reachable().items():
        send = ask(world, role)
        assert {name: send(method, name).status_code for name in names} == dict.fromkeys(names, 405)


def test_addresses_that_act_are_not_opened_and_those_that_show_take_nothing(world: World) -> None:
    acts = {name for name, rule in RULES.items() if rule.method == "POST"} - FORMS
    for role, names in reachable().items():
        send = ask(world, role)
        assert {name: send("GET", name).status_code for name in names & acts} == dict.fromkeys(names & acts, 405)
        shows = names - acts - FORMS
        assert {name: send("POST", name).status_code for name in shows} == dict.fromkeys(shows, 405)


def test_the_calendar_for_other_sites_is_the_only_page_that_another_site_may_frame(world: World) -> None:
    framed = {}
    for role, names in reachable().items():
        send = ask(world, role)
        for name in names:
            response = send(RULES[name].method, name)
            policy = response.headers.get("Content-Security-Policy", "")
            may = response.headers.get("X-Frame-Options") not in ("DENY", "SAMEORIGIN")
            if may or "frame-ancestors *" in policy:
                framed[name] = ("X-Frame-Options" in response.headers, "frame-ancestors *" in policy)
    assert framed == {"calendar_embed": (False, True)}


# --- Django's admin


def test_admin_shows_every_model_of_ours_and_nothing_else() -> None:
    ours = {model for app in APPS for model in apps.get_app_config(app).get_models()}
    assert set(admin.site._registry) == ours


@pytest.mark.parametrize("role", ["anonymous", "staff", "admin"])
def test_admin_changes_nothing_whoever_asks(world: World, role: str) -> None:
    send, allowed = ask(world, role), role == "admin"
    answers, before = {}, {model: model._default_manager.count() for model in admin.site._registry}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        number = model._default_manager.values_list("pk", flat=True).first() or 1
        world["args"] |= {f"{name}_{verb}": [number] for verb in ("change", "delete", "history")}
        answers[f"{name} list"] = send("GET", f"{name}_changelist").status_code
        for verb in ("add", "change", "delete"):
            answers[f"{name} {verb}"] = send("POST", f"{name}_{verb}").status_code
    expected = {key: (200 if key.endswith("list") else 403) if allowed else 302 for key in answers}
    assert answers == expected
    assert {model: model._default_manager.count() for model in admin.site._registry} == before


def test_admin_shows_entries_without_what_opens_doors(world: World) -> None:
    browser = Client()
    browser.force_login(world["people"]["admin"], backend="django.contrib.auth.backends.ModelBackend")
    user, registration = (
        world["people"]["participant"],
        Registration.objects.get(state="confirmed", self_registered=True),
    )
    page = browser.get(reverse("admin:network_user_change", args=[user.pk])).content.decode()
    assert (user.email in page, user.password in page) == (True, False)
    page = browser.get(reverse("admin:events_registration_change", args=[registration.pk])).content.decode()
    assert (registration.email in page, registration.token in page) == (True, False)
    assert [words for words in ("<textarea", "<select", 'name="_save"') if words in page] == []


def test_admin_sends_people_to_sign_in_where_attempts_are_counted(client: Client, world: World) -> None:
    at_login = client.get(client.get(reverse("admin:index")).url)
    assert at_login.url == f"{reverse('account_login')}?next=%2Fadmin%2F"
    client.force_login(world["people"]["staff"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
