"""One of each thing that an address may name, and who asks for it: the fixture ``world`` of the tables of addresses.

A module that asks for it imports :func:`make_world`.
"""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from events.rules import check_in_seal, confirmation_code, own_list_code
from events.services.personal import renew_personal_feed
from events.services.whole_series import Outcome
from events.views.whole_series import receipt
from municipalities.figures import Period
from network import services
from network.rules import own_data_code, set_up_code
from outbox.heartbeat import beating
from outbox.models import Suppression
from outbox.registry import jobs
from outbox.rules import choices_code
from outbox.services import enqueue
from reports.documents.actions import municipal_actions
from reports.figures import exact_figures, public_figures, state_scope, to_json
from reports.models import IssuedReport, ReportBatch, ReportSchedule, ReportState
from tests.addresses import World
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
    "report_public_json",
    "staff_report_correct",
    "staff_report_csv",
    "staff_report_detail",
    "staff_report_file",
    "staff_report_json",
    "staff_report_progress",
    "staff_report_reprint",
    "staff_report_retry",
]
WITH_OWN_REPORT = ["liaison_report_detail", "liaison_report_file", "liaison_report_progress"]
WITH_REPORT_BATCH = [
    "staff_report_batch",
    "staff_report_batch_cancel",
    "staff_report_batch_progress",
    "staff_report_batch_resume",
    "staff_report_batch_zip",
]


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


@pytest.fixture(name="world")
def make_world(db: None, settings: Any) -> World:
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
        sha256="0" * 64,
        figures=to_json(exact_figures(state_scope(), Period(), places=())),
        public_figures=to_json(public_figures(state_scope(), Period(), places=())),
    )
    period = Period(timezone.localdate(), timezone.localdate())
    actions = to_json(municipal_actions(municipality, period))
    batch = ReportBatch.objects.create(starts_on="2026-01-01", ends_on="2026-06-30", key="tanda")
    own_report = IssuedReport.objects.create(
        kind="actions",
        scope="municipality",
        municipality=municipality,
        batch=batch,
        starts_on="2026-01-01",
        ends_on="2026-06-30",
        state=ReportState.READY,
        file=pdf(),
        sha256="1" * 64,
        figures=actions,
        public_figures=actions,
    )
    schedule = ReportSchedule.objects.create(since="2026-01-01")
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
            "dataset_detail": ["eventos"],
            "help_detail": ["enlace"],
            "figure_embed": ["cobertura"],
            "dataset_file": ["eventos", "csv"],
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
            "action_changes": [validated.slug],
            "action_comments": [validated.slug],
            **exchange_of(municipality, people, validated),
            "demo_mail_attachment": ["nada", 1, 1],
            "demo_mail_html": ["nada", 1],
            "demo_mail_message": ["nada", 1],
            "designation_oficio": [designation.pk],
            "staff_figure_rows": ["eventos"],
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
            "set_up": [set_up_code()],
            "proposal_home": [proposal.link.token],
            "proposal_form": [proposal.link.token, "suplente"],
            **{f"staff_link_{name}": [proposal.link_id] for name in ("detail", "revoke")},
            **{f"staff_designation_{name}": [proposal.designation_id] for name in ("verify", "reject")},
            **{f"staff_campaign_{name}": [campaign.pk] for name in ("detail", "remind", "cancel")},
            "liaison_saved_view_delete": [views["liaison"].pk],
            "staff_saved_view_delete": [views["staff"].pk],
            "liaison_action_delete": [draft.pk],
            "liaison_action_detail": [draft.pk],
            "liaison_action_duplicate": [draft.pk],
            "liaison_action_edit": [draft.pk],
            "liaison_action_history": [draft.pk],
            "liaison_action_restore": [draft.pk, draft.history.get().history_id],
            "liaison_action_standing": [draft.pk],
            "liaison_action_close": [draft.pk],
            "liaison_action_edit_typed_json": [draft.pk],
            "liaison_action_submit": [draft.pk],
            "liaison_estimate_create": [draft.pk],
            "liaison_estimate_delete": [draft.pk, EmissionEstimateFactory(action=draft).pk],
            "liaison_action_load": [
                SheetLoadFactory(created_by=people["liaison"], municipality=municipality).pk,
            ],
            "staff_first_load": ["designaciones"],
            "staff_first_load_template_xlsx": ["designaciones"],
            "staff_first_load_detail": [
                "designaciones",
                SheetLoadFactory(kind="designations", created_by=people["staff"]).pk,
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
            "staff_action_history": [submitted.pk],
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
            "openid_connect_login": ["institucion"],
            "openid_connect_callback": ["institucion"],
            "mfa_remove_webauthn": [1],
        }
        | {f"{who}_accompaniment_{name}": [file.pk] for who in DESKS for name in WITH_FILE}
        | {f"{who}_accompaniment_{name}": [file.pk, session.pk] for who in DESKS for name in WITH_SESSION}
        | {f"{who}_accompaniment_agreement_settle": [file.pk, agreement.pk] for who in DESKS}
        | {name: [event.pk] for name in WITH_EVENT}
        | {name: [training.pk] for name in WITH_TRAINING}
        | {name: [place.pk] for name in WITH_ENROLMENT}
        | {name: [report.folio] for name in WITH_REPORT}
        | {name: [own_report.folio] for name in WITH_OWN_REPORT}
        | {name: [batch.pk] for name in WITH_REPORT_BATCH}
        | {"staff_report_schedule_switch": [schedule.pk]},
        "draft": draft,
    }
