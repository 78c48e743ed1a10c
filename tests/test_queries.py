"""No page makes more than twelve queries, and each makes the same number with 1 row and with 50.

A page is a line of ``PAGES``; a pattern that answers a page and is missing here fails the last test, so a new page is
measured from its first day.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse

from actions.enums import ReviewState
from events.enums import RegistrationStatus
from events.models import Announcement
from events.rules import check_in_seal, own_list_code
from events.services import library
from events.services.personal import renew_personal_feed
from events.services.whole_series import Outcome
from events.views.whole_series import receipt
from network.enums import Act, Role
from network.models import Person, Proposal, ProposalLink, RenewalCampaign
from network.rules import own_data_code
from network.services.audit import record
from outbox import registry
from outbox.heartbeat import beating
from outbox.models import MailText, Message, Preference, Suppression
from outbox.rules import choices_code
from reports.datasets import DATASETS
from reports.models import IssuedReport, ReportBatch
from tests import factories as f
from trainings.enums import TrainingForm
from trainings.models import Accompaniment, Expert
from trainings.rules import form_code, own_certificate_code

pytestmark = pytest.mark.django_db
LIMIT = 12


@dataclass
class World:
    """Everything a page may list, ``n`` times, around one of each that pages of one thing show."""

    event: Any
    held: Any
    today: Any
    series: Any
    action: Any
    draft: Any
    training: Any
    place: Any
    municipality: Any
    designation: Any
    registration: Any
    registration_of_event: Any
    asked: Any
    event_draft: Any
    enrolled: Any
    own: Any
    training_draft: Any
    message: Any
    report: Any
    users: dict[str, Any]
    receipt: str


def make_world(n: int) -> World:
    for job in registry.jobs():
        with beating(job.name):  # as in every portal but one of its first minute
            pass
    call_command("load_reference", verbosity=0)
    from municipalities.models import Municipality
    from network.models import SDG, Pathway, Sector

    places = list(Municipality.objects.select_related("region")[:60])
    toluca = Municipality.objects.get(name="Toluca")
    goals, pathways, sectors = list(SDG.objects.all()), list(Pathway.objects.all()), list(Sector.objects.all())
    liaison = f.liaison(toluca)
    series = f.SeriesFactory()
    today = f.timezone.localdate()
    event = f.EventFactory(series=series, number_in_series=900, municipality=toluca, results_summary="Acuerdos.")
    held = f.EventFactory(series=series, number_in_series=901, day=today - f.dt.timedelta(days=9), municipality=toluca)
    on_now = f.EventFactory(day=today)
    training = f.TrainingFactory(takes_enrolments=True, min_sessions_share=50)
    action = f.ActionFactory(municipality=toluca, review_state=ReviewState.PUBLISHED)
    draft = f.ActionFactory(municipality=toluca, review_state=ReviewState.DRAFT)
    asked = f.ArcoRequestFactory(identity_at=f.timezone.now())
    post = f.ExchangePostFactory(municipality=toluca)
    file = f.AccompanimentFactory(municipality=toluca, state="assigned")
    f.AccompanimentFactory(municipality=toluca)
    f.AccompanimentFactory(municipality=toluca, state="closing")
    replied = f.ReviewRoundFactory(accompaniment=file, sent_at=f.timezone.now())
    round_ = f.ReviewRoundFactory(accompaniment=file, number=2)
    campaign = f.RenewalCampaignFactory(name="Medida")
    for number in range(n):
        for parent in (event, held):
            organisation = f.OrganisationFactory()
            f.EventOrganiserFactory(event=parent, organisation=organisation)
            f.SpeakerFactory(event=parent)
            f.GuidingQuestionFactory(event=parent)
            question = f.RegistrationQuestionFactory(event=parent)
            f.MaterialFactory(event=parent)
            parent.agreements.create(text="Acuerdo", municipality=places[number])
            person = f.PersonFactory(municipality=places[number])
            registration = f.RegistrationFactory(event=parent, person=person, municipality=places[number])
            f.RegistrationAnswerFactory(registration=registration, question=question)
            parent.bulk_messages.create(key=f"{parent.pk}-{number}", subject="Aviso", body="Texto", recipients=1)
            f.AccessNeedsFactory(registration=registration)
            if parent is held:
                f.AttendanceFactory(event=held, person=person, registration=registration, municipality=places[number])
                queue = held.attendance_imports.last() or f.AttendanceImportFactory(event=held)
                f.AttendanceImportFactory(event=held)
                near = [[person.pk, "near"]]
                f.ImportedPersonFactory(attendance_import=queue, candidates=near)
                f.ImportedPersonFactory(attendance_import=queue, decision="person", person=person)
        for minutes, scope in (
            (number + 5, {}),
            (number + 60, {"format": event.format}),
            (number + 5, {"event": event}),
        ):
            f.ReminderStageFactory(code=f"stage-{number}", minutes_before=minutes, **scope)
        f.SeriesOrganiserFactory(series=series)
        notice = f.AnnouncementFactory(key=f"a{number}")
        notice.municipalities.set(places[: number + 1])
        f.RegistrationFactory(event=event, state="waiting")
        requested = f.RegistrationFactory(event=event, state="requested")
        address = f"invitada{number}@prueba.example"
        event.invitations.create(email=address, email_normalised=address, registration=requested)
        own = f.PersonFactory(email=liaison.email, name=f"Mi nombre {number}")
        day = today + f.dt.timedelta(days=1 + number % 25)  # not begun, whatever the hour
        other = f.EventFactory(
            series=series, number_in_series=number + 1, day=day, municipality=places[number], follows_up=event
        )
        own_row = f.RegistrationFactory(event=other, person=own)
        enrolled = f.RegistrationFactory(event=other, municipality=toluca, self_registered=False, created_by=liaison)
        old = f.EventFactory(day=today - f.dt.timedelta(days=3 + number % 20), municipality=toluca)
        f.TrainingSessionFactory(training=training, event=other)
        f.TrainingTargetFactory(training=training)
        f.CertificateFactory(training=training)
        f.FacilitatorFactory(training=training, consent_on=today)
        mine = {"municipality": toluca, "self_registered": False, "created_by": liaison}
        place = f.EnrolmentFactory(training=training, **mine)
        f.EnrolmentFactory(training=training, state="waiting", **mine)
        another = f.TrainingFactory()
        f.TrainingTargetFactory(training=another)
        f.TrainingSessionFactory(training=another, event=old)
        for thing in (other, old, event, held):
            thing.sdgs.set(goals[:4])
            thing.sectors.set(sectors[:3])
            thing.linked_pathways.set(pathways[:2])
            library.keep(thing)
        for state in ReviewState:
            row = f.ActionFactory(municipality=toluca if number % 2 else places[number], review_state=state)
            row.sdgs.set(goals[:4])
            row.linked_pathways.set(pathways[:2])
        ended = {"starts_on": today - f.dt.timedelta(days=90), "ends_on": today - f.dt.timedelta(days=1 + number)}
        f.ActionFactory(municipality=places[number], review_state=ReviewState.VALIDATED, status="under-way", **ended)
        for row in (action, draft):
            indicator = f.IndicatorFactory(action=row)
            follow_up = f.FollowUpFactory(action=row, date=today - f.dt.timedelta(days=number))
            reading = indicator.readings.create(date=follow_up.date, value=number, follow_up=follow_up)
            milestone = f.MilestoneFactory(action=row)
            f.EmissionEstimateFactory(action=row)
            about = {"milestone": milestone} if number % 2 else {"reading": reading}
            f.EvidenceFactory(action=row, follow_up=follow_up, **about)
            row.reviews.create(decision="submitted")
            row.budget = number
            row.save()  # a version of the history
        for state in ("requested", "assigned", "closing"):
            f.AccompanimentFactory(municipality=places[number], state=state)
        asking = f.MunicipalityFactory()
        f.ExchangeMessageFactory(thread=f.ExchangeThreadFactory(post=post, municipality=asking))
        talk = post.threads.earliest("pk")
        f.ExchangeMessageFactory(thread=talk, municipality=toluca)
        f.ExchangePostFactory(municipality=toluca)
        f.ExchangePostFactory(municipality=asking, kind="request")
        done = {"state": "matched", "matched_with": asking, "matched_on": today}
        matched = f.ExchangePostFactory(municipality=toluca, **done)
        matched.outcomes.create(kind="event", key="evento", title="Evento")
        remark = f.ActionCommentFactory(action=action, state="approved")
        remark.reports.create(municipality=asking, reason="Publicidad")
        f.ActionCommentFactory(action=action)
        session = f.AccompanimentSessionFactory(accompaniment=file)
        f.SessionAgreementFactory(session=session, due_on=today)
        f.AccompanimentDocumentFactory(accompaniment=file)
        file.assignees.add(f.StaffFactory())
        expert = f.ExpertFactory()
        file.experts.add(expert)
        replied.recommendations.create(section="1", text="Texto", number=number)
        f.RecommendationFactory(round=round_)
        f.RenewalCampaignFactory()
        f.ProposalLinkFactory(municipality=places[number])
        asked_office = f.ProposalLinkFactory(municipality=places[number], campaign=campaign)
        f.ProposalFactory(link=asked_office)
        if places[number] != toluca:
            f.DesignationFactory(municipality=places[number])
        f.MunicipalContactFactory(municipality=places[number])
        f.ClimateProgrammeFactory(municipality=places[number], instrument=f.InstrumentFactory())
        for told in (toluca, places[number]):
            f.CommunicationFactory(municipality=told, created_by=f.StaffFactory())
        f.ClimateProgrammeFactory(municipality=toluca, created_by=f.StaffFactory())
        known = Person.objects.get_or_create(name="Conocida")[0]
        f.PersonAliasFactory(person=known)
        f.RegistrationFactory(event=other, person=known, self_registered=False)
        f.AttendanceFactory(event=other, person=known)
        known.edits.create(changes={"phone": ["", str(number)]}, reason="Teléfono")
        known.merges.create(gone=f.PersonFactory())
        f.PossibleDuplicateFactory()
        f.UserFactory()
        f.ArcoRequestFactory()
        record(Act.SIGNED_IN, by=f.StaffFactory(), of=f.PersonFactory())
        f.NonWorkingDayFactory()
        asked.steps.create(state="received", text="Paso")
        Message.objects.create(
            kind="account.mail",
            dedupe_key=f"k{number}",
            message_id=f"<{number}@prueba>",
            to_email="a@prueba.example",
            language="es",
        )
        MailText.objects.create(name="events.reminder", language="es", version=number + 1)
        Suppression.objects.create(email=f"s{number}@prueba.example", reason="bounced")
        Preference.objects.create(email=f"p{number}@prueba.example", muted=["events.reminders"])
        batch = ReportBatch.objects.first() or ReportBatch.objects.create(starts_on=today, ends_on=today, key="b")
        of_place = {"kind": "actions", "scope": "municipality", "starts_on": today, "ends_on": today}
        IssuedReport.objects.create(**of_place, batch=batch, municipality=places[number])
        IssuedReport.objects.create(**of_place, municipality=toluca)
        ReportBatch.objects.create(starts_on=today, ends_on=today, key=str(number), requested_by=f.StaffFactory())
    mail = {"to_email": "a@prueba.example", "language": "es"}
    Message.objects.create(kind="events.reminder", dedupe_key="r", message_id="<r@prueba>", operational=False, **mail)
    return World(
        event, held, on_now, series, action, draft, training, place, toluca, toluca.designations.get(), registration,
        event.registrations.first(), asked, f.EventFactory(status="draft"), enrolled, own_row,
        f.TrainingFactory(is_published=False), Message.objects.first(),
        IssuedReport.objects.exclude(batch=None).earliest("pk"),
        {
            "anonymous": None, "participant": f.UserFactory(), "liaison": liaison,
            "staff": f.UserFactory(role=Role.STAFF), "admin": f.AdminFactory(),
        },
        receipt(series, Outcome(list(event.registrations.all()), [held], [(event, RegistrationStatus.FULL)])),
    )  # fmt: skip


Arguments = Callable[[World], list[Any]]


def post_of(world: World) -> Any:
    """The post of the liaison's municipality that others wrote about."""
    return world.municipality.exchange_posts.earliest("pk")


def file_in(state: str) -> Accompaniment:
    """The accompaniment of the liaison's municipality in that state."""
    return Accompaniment.objects.filter(municipality__name="Toluca", state=state).earliest("pk")


def load_of(role: str, kind: str = "actions", *before: str) -> Arguments:
    """A spreadsheet that this role sent, with as many rows as there is of everything. ``before`` stands in its address
    before its number."""

    def made(world: World) -> list[Any]:
        rows = [
            {
                "verdict": "changed",
                "address": f"Acciones!E{number}",
                "what": "Acción",
                "changes": [["Lugar", "", "Aquí"]],
            }
            for number in range(Announcement.objects.count())
        ]
        place = world.municipality if role == "liaison" else None
        made = f.SheetLoadFactory(kind=kind, created_by=world.users[role], municipality=place, rows=rows)
        return [*before, made.pk]

    return made


def with_session() -> list[int]:
    file = file_in("assigned")
    return [file.pk, file.sessions.first().pk]


def with_round(number: int) -> list[int]:
    file = file_in("assigned")
    return [file.pk, file.rounds.get(number=number).pk]


def nothing(world: World) -> list[Any]:
    return []


def reading_of(world: World) -> list[Any]:
    indicator = world.draft.indicators.all()[0]
    return [world.draft.pk, indicator.pk, indicator.readings.get().pk]


def own_report(world: World) -> list[Any]:
    return [IssuedReport.objects.filter(municipality=world.municipality, batch=None).latest("pk").folio]


def known_person(world: World) -> list[Any]:
    return [Person.objects.get(name="Conocida").pk]


# (role, pattern, arguments, query string)
PAGES: list[tuple[str, str, Arguments, str]] = [
    ("anonymous", "home", nothing, ""),
    ("anonymous", "home", nothing, "?mapa=acciones"),
    ("anonymous", "calendar", nothing, ""),
    ("anonymous", "calendar", nothing, "?vista=lista"),
    ("anonymous", "calendar", nothing, "?vista=semana"),
    ("anonymous", "calendar", nothing, "?vista=anio"),
    ("anonymous", "calendar_embed", nothing, ""),
    ("anonymous", "calendar_embed_code", nothing, ""),
    ("anonymous", "calendar_ics", nothing, ""),
    ("anonymous", "calendar_atom", nothing, ""),
    ("anonymous", "calendar_json", nothing, ""),
    ("anonymous", "calendar_csv", nothing, ""),
    ("anonymous", "municipality_ics", lambda w: [w.municipality.slug], ""),
    ("anonymous", "series_ics", lambda w: [w.series.slug], ""),
    ("anonymous", "event_detail", lambda w: [w.event.slug], ""),
    ("anonymous", "event_detail", lambda w: [w.held.slug], ""),
    ("anonymous", "event_ics", lambda w: [w.event.slug], ""),
    ("anonymous", "event_picture", lambda w: [w.event.slug], ""),
    ("anonymous", "event_register", lambda w: [w.event.slug], ""),
    ("anonymous", "registration_detail", lambda w: [w.registration.token], ""),
    ("anonymous", "own_registrations_link", nothing, ""),
    ("anonymous", "mail_choices", lambda w: [choices_code(w.message)], ""),
    ("anonymous", "mail_unsubscribe", lambda w: [choices_code(Message.objects.get(kind="events.reminder"))], ""),
    ("anonymous", "own_registrations_list", lambda w: [own_list_code(w.own)], ""),
    ("anonymous", "registration_ics", lambda w: [w.registration.token], ""),
    ("anonymous", "library", nothing, ""),
    ("anonymous", "library", nothing, "?camino=resilient&q=evento"),
    ("anonymous", "library_csv", nothing, ""),
    ("anonymous", "library_atom", nothing, ""),
    ("anonymous", "series_list", nothing, ""),
    ("anonymous", "series_detail", lambda w: [w.series.slug], ""),
    ("anonymous", "series_register", lambda w: [w.series.slug], ""),
    ("anonymous", "series_registered", lambda w: [w.series.slug, w.receipt], ""),
    ("anonymous", "municipality_list", nothing, ""),
    ("anonymous", "municipality_comparison", nothing, ""),
    ("anonymous", "municipality_comparison_csv", nothing, ""),
    ("anonymous", "municipality_detail", lambda w: [w.municipality.slug], ""),
    ("anonymous", "action_list", nothing, ""),
    ("anonymous", "action_list_atom", nothing, "?desde=2026-01-01"),
    ("anonymous", "action_list_json", nothing, "?desde=2026-01-01"),
    ("anonymous", "action_list_csv", nothing, "?desde=2026-01-01"),
    ("anonymous", "action_list", nothing, "?vista=mapa&desde=2026-01-01"),
    ("anonymous", "action_detail", lambda w: [w.action.slug], ""),
    ("anonymous", "action_changes", lambda w: [w.action.slug], ""),
    ("anonymous", "training_list", nothing, ""),
    ("anonymous", "training_list_csv", nothing, ""),
    ("anonymous", "training_pdf", lambda w: [w.training.slug], ""),
    ("anonymous", "training_enrol", lambda w: [w.training.slug], ""),
    ("anonymous", "enrolment_detail", lambda w: [w.place.token], ""),
    ("liaison", "liaison_training_enrolments", nothing, ""),
    ("liaison", "liaison_training_enrolment_create", lambda w: [w.training.pk], ""),
    ("liaison", "liaison_training_enrolment_cancel", lambda w: [w.place.pk], ""),
    ("staff", "staff_training_figures", lambda w: [w.training.pk], ""),
    ("anonymous", "training_form", lambda w: [form_code(w.place, TrainingForm.SATISFACTION)], ""),
    ("staff", "staff_training_surveys", lambda w: [w.training.pk], ""),
    ("staff", "staff_training_enrolments", lambda w: [w.training.pk], ""),
    ("staff", "staff_enrolment", lambda w: [w.place.pk], ""),
    ("staff", "staff_enrolment_create", lambda w: [w.training.pk], ""),
    ("anonymous", "training_detail", lambda w: [w.training.slug], ""),
    ("anonymous", "certificate", lambda w: [w.training.certificates.earliest("pk").folio], ""),
    ("anonymous", "own_certificate", lambda w: [own_certificate_code(w.training.certificates.earliest("pk"))], ""),
    ("anonymous", "results", nothing, ""),
    ("anonymous", "results_csv", nothing, ""),
    ("anonymous", "figure_embed", lambda w: ["cobertura"], ""),
    ("anonymous", "figure_embed_code", nothing, ""),
    ("anonymous", "open_data", nothing, ""),
    ("anonymous", "data_catalogue_json", nothing, ""),
    ("anonymous", "dataset_detail", lambda w: ["eventos"], ""),
    *(
        ("anonymous", "dataset_file", lambda w, slug=dataset.slug: [slug, "csv"], f"?#{dataset.slug}")
        for dataset in DATASETS
    ),
    ("anonymous", "about_network", nothing, ""),
    ("anonymous", "privacy", nothing, ""),
    ("anonymous", "accessibility", nothing, ""),
    ("anonymous", "help_index", nothing, ""),
    ("anonymous", "help_detail", lambda w: ["enlace"], ""),
    ("anonymous", "licences", nothing, ""),
    ("anonymous", "rights", nothing, ""),
    ("anonymous", "rights_status", lambda w: [w.asked.token], ""),
    ("liaison", "own_data", nothing, ""),
    ("anonymous", "own_data_by_link", lambda w: [own_data_code(w.own.person)], ""),
    ("admin", "arco_list", nothing, ""),
    ("admin", "audit_list", nothing, ""),
    ("admin", "arco_detail", lambda w: [w.asked.pk], ""),
    ("admin", "holiday_list", nothing, ""),
    ("admin", "retention_list", nothing, ""),
    ("anonymous", "account_login", nothing, ""),
    ("anonymous", "account_signup", nothing, ""),
    ("anonymous", "account_reset_password", nothing, ""),
    ("participant", "my_registrations", nothing, ""),
    ("liaison", "my_registrations", nothing, ""),
    ("liaison", "personal_feed", nothing, ""),
    ("anonymous", "personal_ics", lambda w: [renew_personal_feed(by=w.users["liaison"]).token], ""),
    ("participant", "account_email", nothing, ""),
    ("participant", "account_preferences", nothing, ""),
    ("participant", "mfa_index", nothing, ""),
    ("liaison", "liaison_home", nothing, ""),
    ("liaison", "liaison_action_list", nothing, ""),
    ("liaison", "exchange_board", nothing, ""),
    ("liaison", "exchange_board", nothing, "?q=prueba&estado=propias"),
    ("staff", "exchange_board", nothing, "?estado=todas"),
    ("staff", "staff_exchange_csv", nothing, ""),
    ("liaison", "exchange_post_create", nothing, ""),
    ("liaison", "exchange_post", lambda w: [post_of(w).pk], ""),
    ("staff", "exchange_post", lambda w: [post_of(w).pk], ""),
    ("liaison", "exchange_post_edit", lambda w: [post_of(w).pk], ""),
    ("liaison", "exchange_post_match", lambda w: [post_of(w).pk], ""),
    ("liaison", "exchange_thread_create", lambda w: [f.ExchangePostFactory().pk], ""),
    ("liaison", "exchange_thread_list", nothing, ""),
    ("liaison", "exchange_thread", lambda w: [post_of(w).threads.latest("pk").pk], ""),
    ("staff", "staff_exchange_post_hide", lambda w: [post_of(w).pk], ""),
    ("liaison", "action_comments", lambda w: [w.action.slug], ""),
    ("staff", "action_comments", lambda w: [w.action.slug], ""),
    (
        "liaison",
        "comment_edit",
        lambda w: [
            f.ActionCommentFactory(action=w.action, municipality=w.municipality, created_by=w.users["liaison"]).pk
        ],
        "",
    ),
    ("liaison", "comment_report", lambda w: [w.action.comments.filter(state="approved")[0].pk], ""),
    ("staff", "staff_comment_list", nothing, ""),
    ("staff", "staff_comment_list", nothing, "?estado=approved"),
    ("staff", "staff_comment_decide", lambda w: [w.action.comments.filter(state="approved")[0].pk], ""),
    ("liaison", "liaison_action_board", nothing, ""),
    ("liaison", "liaison_action_agenda", nothing, ""),
    ("liaison", "liaison_saved_view_create", nothing, ""),
    ("liaison", "liaison_action_sheet", nothing, ""),
    ("liaison", "liaison_action_load", load_of("liaison"), ""),
    ("staff", "staff_action_sheet", nothing, ""),
    ("staff", "staff_action_load", load_of("staff"), ""),
    ("staff", "staff_first_load_list", nothing, ""),
    ("staff", "staff_first_load", lambda w: ["designaciones"], ""),
    ("staff", "staff_first_load_detail", load_of("staff", "designations", "designaciones"), ""),
    ("liaison", "liaison_action_create", nothing, ""),
    ("liaison", "liaison_action_detail", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_action_detail", lambda w: [w.action.pk], ""),
    ("liaison", "liaison_action_edit", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_action_history", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_action_restore", lambda w: [w.draft.pk, w.draft.history.earliest().history_id], ""),
    ("liaison", "liaison_action_standing", lambda w: [w.action.pk], ""),
    ("liaison", "liaison_action_close", lambda w: [w.action.pk], ""),
    ("staff", "staff_action_observe", lambda w: [w.action.pk], ""),
    ("liaison", "liaison_follow_up_create", lambda w: [w.action.pk], ""),
    ("liaison", "liaison_evidence_create", lambda w: [w.action.pk], ""),
    ("liaison", "liaison_measuring", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_milestone_create", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_milestone_edit", lambda w: [w.draft.pk, w.draft.milestones.all()[0].pk], ""),
    ("liaison", "liaison_indicator_create", lambda w: [w.draft.pk], ""),
    ("liaison", "liaison_indicator_edit", lambda w: [w.draft.pk, w.draft.indicators.all()[0].pk], ""),
    ("liaison", "liaison_reading_create", lambda w: [w.draft.pk, w.draft.indicators.all()[0].pk], ""),
    ("liaison", "liaison_reading_edit", reading_of, ""),
    ("liaison", "liaison_estimate_create", lambda w: [w.draft.pk], ""),
    ("staff", "staff_home", nothing, ""),
    ("staff", "staff_event_list", nothing, ""),
    ("staff", "staff_event_create", nothing, ""),
    ("staff", "staff_event_detail", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_edit", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_questions", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_questions_preview", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_reminders", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_reminder_create", lambda w: [w.event.pk], ""),
    ("staff", "staff_reminder_list", nothing, ""),
    ("staff", "staff_reminder_create", nothing, ""),
    ("staff", "staff_reminder_edit", lambda w: [w.event.reminder_stages.first().pk], ""),
    ("staff", "staff_reminder_delete", lambda w: [w.event.reminder_stages.first().pk], ""),
    ("staff", "staff_event_next", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_repeat", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_registrations", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_registrations_csv", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_registrations_xlsx", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_messages", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_message", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_badges_file", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_sign_in_file", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_needs", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_needs_csv", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_registration_create", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_attendance", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_attendee_create", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_attendance_csv", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_imports", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_import", lambda w: [w.held.pk, w.held.attendance_imports.last().pk], ""),
    ("staff", "staff_event_import", lambda w: [w.held.pk, w.held.attendance_imports.last().pk], "?ver=listas"),
    (
        "staff",
        "staff_event_imported_person",
        lambda w: [w.held.pk, w.held.attendance_imports.last().pk, w.held.attendance_imports.last().people.first().pk],
        "?q=persona",
    ),
    ("staff", "staff_event_sheet", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_door", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_door_state", lambda w: [w.held.pk], ""),
    ("staff", "staff_event_walk_in", lambda w: [w.today.pk], ""),
    ("staff", "staff_check_in", lambda w: [w.registration_of_event.pk, check_in_seal(w.registration_of_event)], ""),
    ("staff", "staff_event_results", lambda w: [w.held.pk], ""),
    ("staff", "staff_announcement_list", nothing, ""),
    ("staff", "staff_announcement_create", nothing, ""),
    ("staff", "staff_announcement_detail", lambda w: [Announcement.objects.get(key="a0").pk], ""),
    ("staff", "staff_series_list", nothing, ""),
    ("staff", "staff_series_create", nothing, ""),
    ("staff", "staff_series_edit", lambda w: [w.series.pk], ""),
    ("staff", "staff_series_delete", lambda w: [f.SeriesFactory().pk], ""),
    ("staff", "staff_training_list", nothing, ""),
    ("staff", "staff_training_create", nothing, ""),
    ("staff", "staff_training_edit", lambda w: [w.training.pk], ""),
    ("staff", "staff_person_list", nothing, ""),
    ("staff", "staff_person_list", nothing, "?q=persona"),
    ("staff", "staff_person_detail", known_person, "?q=persona"),
    ("staff", "staff_person_edit", known_person, ""),
    ("staff", "staff_person_merge", lambda w: [w.designation.person_id, w.registration.person_id], ""),
    ("staff", "staff_duplicate_list", nothing, ""),
    ("staff", "staff_merge_list", nothing, ""),
    ("staff", "staff_merge_undo", lambda w: [Person.objects.get(name="Conocida").merges.first().pk], ""),
    ("staff", "staff_certificate_list", lambda w: [w.training.pk], ""),
    ("staff", "staff_certificate_progress", lambda w: [w.training.pk], ""),
    ("staff", "staff_certificate_zip", lambda w: [w.training.pk], ""),
    ("staff", "staff_certificate_detail", lambda w: [w.training.certificates.earliest("pk").folio], ""),
    ("staff", "staff_certificate_revoke", lambda w: [w.training.certificates.earliest("pk").folio], ""),
    ("staff", "staff_certificate_replace", lambda w: [w.training.certificates.earliest("pk").folio], ""),
    ("staff", "staff_certificate_template_list", nothing, ""),
    ("staff", "staff_certificate_template_create", nothing, ""),
    ("staff", "staff_certificate_template_edit", lambda w: [f.CertificateTemplateFactory().pk], ""),
    ("staff", "staff_designation_list", nothing, ""),
    ("staff", "staff_comparison", nothing, ""),
    ("staff", "staff_comparison_csv", nothing, ""),
    ("staff", "staff_municipality_list", nothing, ""),
    ("staff", "staff_municipality_list", nothing, "?vista=mapa"),
    ("staff", "staff_municipality_list", nothing, "?vista=programas"),
    ("staff", "staff_municipality_list_csv", nothing, ""),
    ("staff", "staff_municipality_list_xlsx", nothing, ""),
    ("staff", "staff_municipality_detail", lambda w: [w.municipality.slug], ""),
    ("staff", "staff_municipality_contact", lambda w: [w.municipality.slug], ""),
    ("staff", "staff_municipality_programme", lambda w: [w.municipality.slug], ""),
    ("staff", "staff_communication_list", nothing, ""),
    ("staff", "staff_communication_create", lambda w: [w.municipality.slug], ""),
    ("staff", "staff_communication_edit", lambda w: [w.municipality.communications.first().pk], ""),
    ("staff", "staff_vacancy_list", nothing, ""),
    ("anonymous", "proposal_home", lambda w: [ProposalLink.objects.earliest("pk").token], ""),
    ("anonymous", "proposal_form", lambda w: [ProposalLink.objects.earliest("pk").token, "titular"], ""),
    ("staff", "staff_proposal_list", nothing, ""),
    ("staff", "staff_link_create", nothing, ""),
    ("staff", "staff_link_detail", lambda w: [Proposal.objects.earliest("pk").link_id], ""),
    ("staff", "staff_designation_verify", lambda w: [Proposal.objects.earliest("pk").designation_id], "?q=persona"),
    ("staff", "staff_designation_reject", lambda w: [Proposal.objects.earliest("pk").designation_id], ""),
    ("staff", "staff_campaign_list", nothing, ""),
    ("staff", "staff_campaign_create", nothing, ""),
    ("staff", "staff_campaign_detail", lambda w: [RenewalCampaign.objects.get(name="Medida").pk], ""),
    ("staff", "staff_designation_create", nothing, ""),
    ("staff", "staff_designation_create", nothing, "?q=persona"),
    ("staff", "staff_designation_detail", lambda w: [w.designation.pk], ""),
    ("staff", "staff_designation_edit", lambda w: [w.designation.pk], ""),
    ("staff", "staff_action_list", nothing, ""),
    ("staff", "staff_action_board", nothing, ""),
    ("staff", "staff_action_agenda", nothing, ""),
    ("staff", "staff_action_bulk", nothing, ""),
    ("staff", "staff_action_overdue", nothing, ""),
    ("staff", "staff_action_overdue", nothing, "?ver=acciones"),
    ("staff", "staff_action_overdue_csv", nothing, ""),
    ("staff", "staff_action_crf", nothing, ""),
    ("staff", "staff_action_crf_xlsx", nothing, ""),
    ("staff", "staff_saved_view_create", nothing, ""),
    ("staff", "staff_action_detail", lambda w: [w.action.pk], ""),
    ("staff", "staff_figures", nothing, "?desde=2026-01-01&hasta=2026-12-31"),
    ("staff", "staff_figures_csv", nothing, "?desde=2026-01-01&hasta=2026-12-31"),
    ("staff", "staff_figures_xlsx", nothing, ""),
    ("staff", "staff_figure_rows", lambda w: ["asistencias"], ""),
    ("staff", "staff_figure_rows", lambda w: ["personas"], "?ultimo_sexo=woman"),
    ("staff", "staff_figure_rows", lambda w: ["eventos"], ""),
    ("staff", "staff_figure_rows", lambda w: ["acciones"], ""),
    ("staff", "staff_figure_rows", lambda w: ["indicadores"], ""),
    ("staff", "staff_figure_rows", lambda w: ["municipios"], "?con=acciones"),
    ("staff", "staff_action_history", lambda w: [w.action.pk], ""),
    ("staff", "staff_report_list", nothing, ""),
    ("staff", "staff_report_create", nothing, ""),
    ("staff", "staff_report_detail", lambda w: [w.report.folio], ""),
    ("staff", "staff_report_correct", lambda w: [w.report.folio], ""),
    ("staff", "staff_report_batch_list", nothing, ""),
    ("staff", "staff_report_batch", lambda w: [w.report.batch_id], ""),
    ("staff", "staff_report_batch_progress", lambda w: [w.report.batch_id], ""),
    ("staff", "staff_report_schedule_list", nothing, ""),
    ("liaison", "liaison_report_list", nothing, ""),
    ("liaison", "liaison_report_detail", own_report, ""),
    ("liaison", "liaison_report_progress", own_report, ""),
    ("staff", "staff_mail_list", nothing, ""),
    ("staff", "staff_text_list", nothing, ""),
    ("staff", "staff_text_edit", lambda w: ["events.reminder", "es"], ""),
    ("staff", "staff_text_preview", lambda w: ["events.reminder", "es"], ""),
    ("staff", "staff_mail_detail", lambda w: [w.message.pk], ""),
    ("staff", "staff_address_list", nothing, ""),
    ("staff", "staff_preference_list", nothing, ""),
    ("staff", "staff_address_lift", lambda w: [Suppression.objects.get(email="s0@prueba.example").pk], ""),
    ("admin", "staff_user_list", nothing, ""),
    ("admin", "staff_user_edit", lambda w: [w.users["participant"].pk], ""),
    ("admin", "settings_edit", nothing, ""),
    ("admin", "privacy_notice_create", nothing, ""),
    ("staff", "staff_designation_end", lambda w: [w.designation.pk], ""),
    ("staff", "staff_designation_replace", lambda w: [w.designation.pk], ""),
    ("staff", "staff_event_cancel", lambda w: [w.event.pk], ""),
    ("staff", "staff_event_delete", lambda w: [w.event_draft.pk], ""),
    ("staff", "staff_event_registration_cancel", lambda w: [w.event.pk, w.registration_of_event.pk], ""),
    ("staff", "staff_event_admission", lambda w: [w.event.pk], ""),
    (
        "staff",
        "staff_event_registration_refuse",
        lambda w: [w.event.pk, w.event.registrations.filter(state="requested")[0].pk],
        "",
    ),
    ("staff", "staff_event_registration_promote", lambda w: [w.event.pk, w.registration_of_event.pk], ""),
    ("staff", "staff_training_delete", lambda w: [w.training_draft.pk], ""),
    ("staff", "staff_report_progress", lambda w: [w.report.folio], ""),
    ("liaison", "liaison_accompaniment_list", nothing, ""),
    ("liaison", "liaison_accompaniment_create", nothing, ""),
    ("liaison", "liaison_accompaniment_detail", lambda w: [file_in("assigned").pk], ""),
    ("liaison", "liaison_accompaniment_edit", lambda w: [file_in("requested").pk], ""),
    ("liaison", "liaison_accompaniment_closing", lambda w: [file_in("closing").pk], ""),
    ("liaison", "liaison_accompaniment_session_create", lambda w: [file_in("assigned").pk], ""),
    ("liaison", "liaison_accompaniment_session_edit", lambda w: with_session(), ""),
    ("liaison", "liaison_accompaniment_document_create", lambda w: [file_in("assigned").pk], ""),
    ("liaison", "liaison_accompaniment_version_create", lambda w: [file_in("assigned").pk], ""),
    ("liaison", "liaison_accompaniment_round_reply", lambda w: with_round(1), ""),
    ("staff", "staff_accompaniment_list", nothing, ""),
    ("staff", "staff_accompaniment_list", nothing, "?vencido=on&q=prueba"),
    ("staff", "staff_accompaniment_detail", lambda w: [file_in("assigned").pk], ""),
    ("staff", "staff_accompaniment_assign", lambda w: [file_in("assigned").pk], ""),
    ("staff", "staff_accompaniment_close", lambda w: [file_in("assigned").pk], ""),
    ("staff", "staff_accompaniment_reopen", lambda w: [file_in("closing").pk], ""),
    ("staff", "staff_accompaniment_session_create", lambda w: [file_in("assigned").pk], ""),
    ("staff", "staff_accompaniment_session_edit", lambda w: with_session(), ""),
    ("staff", "staff_accompaniment_document_create", lambda w: [file_in("assigned").pk], ""),
    ("staff", "staff_accompaniment_round_recommend", lambda w: with_round(2), ""),
    ("anonymous", "accompaniment_hours", nothing, ""),
    ("anonymous", "accompaniment_hours_csv", nothing, ""),
    ("staff", "staff_accompaniment_agenda", nothing, ""),
    ("staff", "staff_accompaniment_hours", nothing, ""),
    ("staff", "staff_accompaniment_hours_csv", nothing, ""),
    ("staff", "staff_expert_list", nothing, ""),
    ("staff", "staff_expert_create", nothing, ""),
    ("staff", "staff_expert_edit", lambda w: [Expert.objects.first().pk], ""),
    ("liaison", "liaison_enrolments", nothing, ""),
    ("liaison", "liaison_enrolment_create", lambda w: [w.event.pk], ""),
    ("liaison", "liaison_enrolment_cancel", lambda w: [w.enrolled.pk], ""),
    ("liaison", "liaison_action_delete", lambda w: [w.draft.pk], ""),
    ("participant", "account_change_password", nothing, ""),
    ("anonymous", "privacy_version", lambda w: [w.registration.privacy_notice.version], ""),
]
# Patterns that answer no list or page of rows to a GET: actions that only POST, files, health, and the pages of the
# account library that show one account's own settings.
NOT_MEASURED = {
    "liaison_saved_view_delete", "staff_saved_view_delete",
    "exchange_match_undo", "exchange_outcome_add", "exchange_outcome_remove", "exchange_post_close",
    "staff_exchange_post_unhide",
    "liaison_actions_xlsx", "liaison_actions_csv", "liaison_action_template_xlsx",
    "staff_actions_xlsx", "staff_actions_csv", "staff_action_template_xlsx",
    "staff_first_load_template_xlsx",
    "audit_csv", "arco_erase", "arco_file", "arco_identify", "arco_move", "arco_send_data", "holiday_delete",
    "rights_complete", "rights_confirm", "rights_file",
    "accompaniment_document_file", "liaison_accompaniment_agreement_settle", "liaison_accompaniment_document_remove",
    "liaison_accompaniment_session_confirm", "liaison_accompaniment_session_delete",
    "staff_accompaniment_agreement_settle", "staff_accompaniment_decide", "staff_accompaniment_document_remove",
    "staff_accompaniment_session_confirm", "staff_accompaniment_session_delete",
    "account_confirm_email", "account_confirm_login_code", "account_email_verification_sent", "account_inactive",
    "account_logout", "account_reauthenticate", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "account_set_password", "after_login", "demo_mail", "demo_mail_attachment",
    "demo_mail_html", "demo_mail_message", "demo_tour", "designation_oficio", "evidence_file", "favicon", "gallery",
    "healthz",
    "invitation_accept", "liaison_action_duplicate", "liaison_action_edit_typed_json", "liaison_action_submit",
    "liaison_action_typed_json", "offline", "set_up", "web_manifest", "worker_js",
    "liaison_estimate_delete", "liaison_evidence_delete", "material_file", "mfa_activate_totp",
    "mfa_add_webauthn", "mfa_authenticate", "mfa_deactivate_totp", "mfa_download_recovery_codes", "mfa_edit_webauthn",
    "mfa_generate_recovery_codes", "mfa_list_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn", "openid_connect_callback", "openid_connect_login", "socialaccount_connections",
    "socialaccount_login_cancelled", "socialaccount_login_error", "socialaccount_signup", "usersessions_list",
    "mfa_remove_webauthn", "mfa_view_recovery_codes", "metrics", "readyz", "registration_accept", "registration_cancel",
    "registration_confirm", "staff_event_registration_approve",
    "municipality_programme_file", "staff_communication_done", "staff_municipality_programme_file",
    "credential_status", "issuer", "issuer_key", "own_certificate_badge", "own_certificate_file", "report_public",
    "report_public_csv", "report_public_json", "robots_txt", "staff_designation_invite", "staff_campaign_cancel",
    "security_txt",
    "staff_campaign_remind", "staff_link_revoke", "staff_duplicate_search",
    "staff_training_survey_send",
    "staff_person_different", "staff_event_attendance_remove",
    "staff_event_door_marks", "staff_event_door_worker",
    "staff_announcement_sample",
    "staff_certificate_file", "staff_certificate_logo_add", "staff_certificate_logo_remove", "staff_certificate_retry",
    "staff_certificate_signatory_add", "staff_certificate_signatory_remove", "staff_certificate_template_preview",
    "staff_event_reminder_switch", "staff_reminder_switch",
    "staff_event_publish", "staff_mail_give_up", "staff_mail_resend",
    "liaison_report_file", "staff_report_batch_cancel", "staff_report_batch_resume", "staff_report_batch_zip",
    "staff_report_schedule_switch", "staff_report_csv", "staff_report_file", "staff_report_json",
    "staff_report_reprint",
    "staff_report_retry", "staff_text_test", "staff_training_publish",
    "status", "theme_css", "staff_agreement_action", "enrolment_cancel", "staff_enrolment_exception",
    "training_list_pdf",
    "staff_enrolment_cancel", "staff_enrolments_sessions",
}  # fmt: skip


def count_queries(world: World) -> dict[str, int]:
    counts, failed = {}, {}
    assert connection.features.supports_json_field  # SQLite is asked once in a connection, not by each page
    for role, name, arguments, query in PAGES:
        client = Client(raise_request_exception=False)
        if user := world.users[role]:
            client.force_login(user)
        address = reverse(name, args=arguments(world)) + query
        cache.clear()  # the first visit after a change: the dearest one
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(address)
            if answer.streaming:
                b"".join(answer.streaming_content)
        if answer.status_code != 200:
            failed[f"{role} {address}"] = answer.status_code
        counts[f"{role} {name}{query}"] = len(captured)
    assert failed == {}
    return counts


@pytest.fixture(scope="module")
def few(django_db_setup: None, django_db_blocker: Any) -> dict[str, int]:
    return _count_in_a_world_of(1, django_db_blocker)


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> dict[str, int]:
    return _count_in_a_world_of(50, django_db_blocker)


def _count_in_a_world_of(n: int, blocker: Any) -> dict[str, int]:
    """The counts of all pages, in a transaction that is undone."""
    from django.db import transaction

    class Undo(Exception):
        pass

    with blocker.unblock():
        try:
            with transaction.atomic():
                counts = count_queries(make_world(n))
                raise Undo
        except Undo:
            return counts


def test_no_page_makes_more_than_twelve_queries(many: dict[str, int]) -> None:
    assert {page: count for page, count in many.items() if count > LIMIT} == {}


def test_pages_make_as_many_queries_with_1_row_as_with_50(few: dict[str, int], many: dict[str, int]) -> None:
    assert {page: (few[page], many[page]) for page in many if few[page] != many[page]} == {}


def pattern_names(patterns: Iterable[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name is None:
                yield from pattern_names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_every_pattern_is_measured_or_said_not_to_be() -> None:
    measured = {name for _role, name, _arguments, _query in PAGES}
    assert set(pattern_names(get_resolver().url_patterns)) - measured == NOT_MEASURED
