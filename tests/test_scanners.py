"""Programs that look into mail open its links before the person does: opening changes nothing (docs: TRUST R12).

For each kind of mail a real message is written from rows and built as it leaves. Every link of its HTML, its text, its
headers and its calendar entries is asked with HEAD, GET and GET without cookies, and with GET by who got the mail and
by somebody of the staff; then the database must be as it was. A kind without an example fails the test.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import Message as Part
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core import mail as left
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone

from actions.enums import ReviewState
from actions.reminders import remind_deadlines
from config.urls import urlpatterns as real_urls
from events.enums import EventStatus, RegistrationState
from events.models import Segment
from events.services.messages import announce
from network.models import User
from network.reminders import remind_endings, remind_rights
from network.services import invite, reject_proposal
from outbox import registry, texts
from outbox.drain import drain
from outbox.enums import MessageState
from outbox.heartbeat import beating
from outbox.models import Message
from outbox.rules import message_by_choices
from outbox.services import enqueue, mute, send_test
from reports.models import IssuedReport
from reports.tasks import audit_counts
from tests import factories as f
from tests.factories import PASSWORD
from trainings.reminders import remind_duties
from web.models import CACHE_KEY, Installation

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

Example = Callable[[User], None]
# Rows that reading may write: a link that sets a new password remembers its key in the session of who opens it.
WRITTEN_BY_READING = {Session}
# Mail about an invented person: some of its links lead nowhere.
INVENTED = {"outbox.text_test"}
LINK = re.compile(r"https?://[^\s<>\"]+")
EXAMPLES: dict[str, list[Example]] = {}


def example(kind: str) -> Callable[[Example], Example]:
    """Names a function that queues a real message of this kind to an account; a kind may have several."""

    def keep(function: Example) -> Example:
        EXAMPLES.setdefault(kind, []).append(function)
        return function

    return keep


def queue(kind: str, reader: User, **params: Any) -> None:
    enqueue(kind=kind, dedupe_key=f"example:{kind}", to_email=reader.email, params=params, language="es")


# --- One example of each kind


def registered(reader: User, **fields: Any) -> Any:
    event = fields.pop("event", None) or f.EventFactory(series=f.SeriesFactory())
    return f.RegistrationFactory(event=event, person=f.PersonFactory(email=reader.email), **fields)


def about_registration(kind: str, **fields: Any) -> None:
    @example(kind)
    def one(reader: User) -> None:
        queue(kind, reader, registration=registered(reader, **fields).pk)


about_registration("events.registration_link")
about_registration("events.approved")
about_registration("events.promoted")
about_registration("events.registration", state=RegistrationState.WAITING)


@example("events.registration")
def registration_with_a_place(reader: User) -> None:
    now = timezone.now()
    queue("events.registration", reader, registration=registered(reader, created_at=now, confirmed_at=now).pk)


@example("events.registration_cancelled")
def registration_cancelled(reader: User) -> None:
    row = registered(reader, state=RegistrationState.CANCELLED, cancelled_at=timezone.now())
    queue("events.registration_cancelled", reader, registration=row.pk)


@example("events.confirm_email")
def confirm_email(reader: User) -> None:
    in_time = timezone.now() + timedelta(minutes=20)
    row = registered(reader, state=RegistrationState.UNCONFIRMED, expires_at=in_time)
    queue("events.confirm_email", reader, registration=row.pk)


@example("events.offered")
def offered(reader: User) -> None:
    in_time = timezone.now() + timedelta(hours=20)
    row = registered(reader, state=RegistrationState.OFFERED, expires_at=in_time)
    queue("events.offered", reader, registration=row.pk)


@example("events.series_registration")
def series_registration(reader: User) -> None:
    queue("events.series_registration", reader, registrations=[registered(reader).pk])


def about_enrolment(kind: str, **fields: Any) -> None:
    @example(kind)
    def one(reader: User) -> None:
        training = f.TrainingFactory(takes_enrolments=True)
        f.TrainingSessionFactory(training=training)
        row = f.EnrolmentFactory(training=training, person=f.PersonFactory(email=reader.email), **fields)
        f.RegistrationFactory(event=training.events.get(), person=row.person)
        queue(kind, reader, enrolment=row.pk)


about_enrolment("trainings.enrolment")
about_enrolment("trainings.enrolment", state="waiting")
about_enrolment("trainings.enrolment_link")
about_enrolment("trainings.enrolment_promoted")
about_enrolment("trainings.enrolment_cancelled", state="cancelled")


@example("trainings.form")
def training_form(reader: User) -> None:
    row = f.EnrolmentFactory(person=f.PersonFactory(email=reader.email))
    queue("trainings.form", reader, enrolment=row.pk, form="satisfaction")


@example("events.own_registrations")
def own_registrations(reader: User) -> None:
    registered(reader)
    queue("events.own_registrations", reader, key="example:events.own_registrations")


@example("events.invitation")
def invitation(reader: User) -> None:
    row = f.EventFactory().invitations.create(email=reader.email, email_normalised=reader.email)
    queue("events.invitation", reader, invitation=row.pk)


@example("events.reminder")
def reminder(reader: User) -> None:
    f.ReminderStageFactory(code="24h")
    queue("events.reminder", reader, registration=registered(reader).pk, stage="24h", start_revision=0)


@example("events.follow_up")
def follow_up(reader: User) -> None:
    f.ReminderStageFactory(code="thanks", anchor="end", offset_minutes=60, audience="attended")
    row = registered(reader, event=f.EventFactory(day=timezone.localdate() - timedelta(days=1)))
    f.AttendanceFactory(event=row.event, person=row.person, registration=row)
    queue("events.follow_up", reader, registration=row.pk, stage="thanks", start_revision=0)


@example("events.moved")
def moved(reader: User) -> None:
    queue("events.moved", reader, registration=registered(reader).pk, sequence=1)


@example("events.cancelled")
def cancelled(reader: User) -> None:
    row = registered(reader)
    row.event.status, row.event.cancellation_reason = EventStatus.CANCELLED, "Lluvia"
    row.event.save()
    queue("events.cancelled", reader, registration=row.pk)


@example("events.bulk")
def bulk(reader: User) -> None:
    row = registered(reader)
    text = "{nombre}: {enlace_inscripcion}"
    written = row.event.bulk_messages.create(key="k", subject="Aviso", body=text, recipients=1, states=[row.state])
    queue("events.bulk", reader, bulk=written.pk, registration=row.pk)


@example("events.announcement")
def announcement(reader: User) -> None:
    segment = Segment(audience="liaisons")
    written = {"subject": "Aviso", "body": f"Vea {project.SITE_URL}/calendario/", "subject_en": "", "body_en": ""}
    announce(segment=segment, expected=segment.size()[0], key="k", by=None, **written)


@example("events.agreement_action")
def agreement_action(reader: User) -> None:
    municipality = reader.liaison_municipality
    action = f.ActionFactory(municipality=municipality)
    agreement = f.EventFactory().agreements.create(text="Acuerdo", municipality=municipality, action=action)
    queue("events.agreement_action", reader, agreement=agreement.pk, designation=designation_of(reader))


@example("network.arco_confirm")
def arco_confirm(reader: User) -> None:
    row = f.ArcoRequestFactory(state="unconfirmed", number=None, confirmed_at=None, email=reader.email)
    queue("network.arco_confirm", reader, request=row.pk)


@example("network.arco_step")
def arco_step(reader: User) -> None:
    step = f.ArcoRequestFactory(email=reader.email).steps.create(state="received")
    queue("network.arco_step", reader, step=step.pk)


@example("network.own_data")
def own_data(reader: User) -> None:
    row = f.ArcoRequestFactory(email=reader.email, person=f.PersonFactory(email=reader.email))
    queue("network.own_data", reader, request=row.pk)


@example("network.arco_due")
def arco_due(reader: User) -> None:
    f.AdminFactory(email="administra@instituto.example")
    f.ArcoRequestFactory(due_on=timezone.localdate() - timedelta(days=1))
    remind_rights()
    Message.objects.filter(kind="network.arco_due").update(to_email=reader.email)
    make_due()


@example("events.results_pending")
def results_pending(reader: User) -> None:
    event = f.EventFactory(day=timezone.localdate() - timedelta(days=20))
    queue("events.results_pending", reader, event=event.pk)


def designation_of(reader: User) -> int:
    return reader.person.designations.get().pk


def about_review(kind: str, state: ReviewState) -> None:
    @example(kind)
    def one(reader: User) -> None:
        action = f.ActionFactory(municipality=reader.liaison_municipality, review_state=state)
        review = action.reviews.create(decision=state, comment="Falta la fecha.")
        queue(kind, reader, review=review.pk, designation=designation_of(reader))


about_review("actions.submitted", ReviewState.SUBMITTED)
about_review("actions.returned", ReviewState.RETURNED)
about_review("actions.validated", ReviewState.VALIDATED)
about_review("actions.published", ReviewState.PUBLISHED)


@example("actions.closing")
def closing(reader: User) -> None:
    action = f.ActionFactory(review_state="published", closing_asked_at=timezone.now(), closing_text="Se terminó.")
    queue("actions.closing", reader, review=action.reviews.create(decision="closing", comment="Se terminó.").pk)


@example("actions.closed")
def closed(reader: User) -> None:
    place = reader.liaison_municipality
    action = f.ActionFactory(municipality=place, review_state="published", status="completed")
    review = action.reviews.create(decision="closed")
    queue("actions.closed", reader, review=review.pk, designation=designation_of(reader))


@example("actions.kept-open")
def kept_open(reader: User) -> None:
    action = f.ActionFactory(municipality=reader.liaison_municipality, review_state="published")
    review = action.reviews.create(decision="kept-open", comment="Falta el acta.")
    queue("actions.kept-open", reader, review=review.pk, designation=designation_of(reader))


@example("actions.withdrawn")
def withdrawn(reader: User) -> None:
    action = f.ActionFactory(municipality=reader.liaison_municipality, review_state=ReviewState.VALIDATED)
    review = action.reviews.create(decision="withdrawn", comment="La cifra no es la del informe.")
    queue("actions.withdrawn", reader, review=review.pk, designation=designation_of(reader))


@example("actions.exchange_message")
def exchange_message(reader: User) -> None:
    message = f.ExchangeMessageFactory(thread__post__municipality=reader.liaison_municipality)
    queue("actions.exchange_message", reader, message=message.pk, designation=designation_of(reader))


@example("actions.exchange_matched")
def exchange_matched(reader: User) -> None:
    done = {"state": "matched", "matched_with": reader.liaison_municipality, "matched_on": timezone.localdate()}
    post = f.ExchangePostFactory(**done, match_note="Visita en mayo.")
    queue("actions.exchange_matched", reader, post=post.pk, designation=designation_of(reader))


@example("actions.comment")
def comment(reader: User) -> None:
    row = f.ActionCommentFactory(action__municipality=reader.liaison_municipality)
    queue("actions.comment", reader, comment=row.pk, designation=designation_of(reader))


@example("actions.follow_up_asked")
def follow_up_asked(reader: User) -> None:
    action = f.ActionFactory(municipality=reader.liaison_municipality, review_state=ReviewState.PUBLISHED)
    day = timezone.localdate().isoformat()
    queue("actions.follow_up_asked", reader, action=action.pk, asked_on=day, designation=designation_of(reader))


def about_deadline(kind: str, days: int) -> None:
    """An action of the reader's municipality that is so many days late; the longer, the higher up the ladder."""

    @example(kind)
    def one(reader: User) -> None:
        day = timezone.localdate() - timedelta(days=days)
        values = {"starts_on": day, "ends_on": day, "review_state": ReviewState.PUBLISHED}
        for _more in range(2):
            f.ActionFactory(municipality=reader.liaison_municipality, **values)
        remind_deadlines()
        make_due()


about_deadline("actions.deadlines", 1)
about_deadline("actions.unanswered", 30)


def about_ending(kind: str, days: int) -> None:
    @example(kind)
    def one(reader: User) -> None:
        reader.person.designations.update(ends_on=timezone.localdate() + timedelta(days=days))
        remind_endings()
        make_due()


about_ending("network.designation_ending", 30)
about_ending("network.designations_ending", 10)
about_ending("network.designations_ending", -1)


def make_due() -> None:
    """A digest waits for the morning."""
    Message.objects.update(due_at=Now(), next_attempt_at=Now())


@example("trainings.certificate")
def certificate(reader: User) -> None:
    file = ContentFile(b"%PDF-", name="c.pdf")
    certificate = f.CertificateFactory(person=f.PersonFactory(email=reader.email), file=file)
    queue("trainings.certificate", reader, certificate=certificate.pk)


@example("reports.municipal_report")
def municipal_report(reader: User) -> None:
    today = timezone.localdate()
    report = IssuedReport.objects.create(
        kind="actions", scope="municipality", municipality=reader.liaison_municipality, starts_on=today, ends_on=today,
        sha256="0" * 64,
    )  # fmt: skip
    designation = reader.liaison_municipality.designations.get()
    queue("reports.municipal_report", reader, report=report.pk, designation=designation.pk)


@example("reports.counts_differ")
def counts_differ(reader: User) -> None:
    """It goes to who looks after the portal, here the reader."""
    Installation.objects.update_or_create(pk=1, defaults={"contact_email": reader.email})
    cache.delete(CACHE_KEY)
    all_beat()
    f.EventFactory().seat_pools.update(taken=3)
    audit_counts()


def file_of(reader: User, state: str = "assigned", **fields: Any) -> Any:
    return f.AccompanimentFactory(municipality=reader.liaison_municipality, state=state, **fields)


def about_accompaniment(kind: str, state: str, *, designated: bool = True) -> None:
    @example(f"trainings.{kind}")
    def one(reader: User) -> None:
        file = file_of(reader, state)
        file.assignees.add(reader)
        known = {"designation": designation_of(reader)} if designated else {}
        queue(f"trainings.{kind}", reader, accompaniment=file.pk, user=reader.pk, **known)


about_accompaniment("accompaniment_requested", "requested", designated=False)
about_accompaniment("accompaniment_answered", "accepted")
about_accompaniment("accompaniment_answered", "declined")
about_accompaniment("accompaniment_assigned", "assigned")
about_accompaniment("accompaniment_given", "assigned", designated=False)
about_accompaniment("accompaniment_closing", "closing")
about_accompaniment("accompaniment_closed", "closed")
about_accompaniment("accompaniment_closed", "closed", designated=False)


@example("trainings.session_to_confirm")
def session_to_confirm(reader: User) -> None:
    session = f.AccompanimentSessionFactory(accompaniment=file_of(reader))
    known = {"accompaniment": session.accompaniment_id, "designation": designation_of(reader)}
    queue("trainings.session_to_confirm", reader, session=session.pk, **known)


@example("trainings.version_received")
def version_received(reader: User) -> None:
    round_ = f.ReviewRoundFactory(accompaniment=file_of(reader))
    queue("trainings.version_received", reader, accompaniment=round_.accompaniment_id, round=round_.pk)


@example("trainings.recommendations")
def recommendations(reader: User) -> None:
    row = f.RecommendationFactory(round__accompaniment=file_of(reader), round__sent_at=timezone.now(), number=1)
    known = {"accompaniment": row.round.accompaniment_id, "designation": designation_of(reader)}
    queue("trainings.recommendations", reader, round=row.round_id, **known)


def about_duty(kind: str, days: int) -> None:
    """Closings of the reader's municipality that wait so many days longer than they should."""

    @example(kind)
    def one(reader: User) -> None:
        for _more in range(2):
            file_of(reader, "closing", closing_at=timezone.now() - timedelta(days=7 + days))
        remind_duties()
        make_due()


about_duty("trainings.duties", 1)
about_duty("trainings.duties_unanswered", 30)


@example("network.invitation")
def network_invitation(reader: User) -> None:
    invite(designation=f.DesignationFactory(kind="suplente"), by=f.StaffFactory())


@example("network.proposal_link")
def proposal_link(reader: User) -> None:
    queue("network.proposal_link", reader, link=f.ProposalLinkFactory(email=reader.email).pk)


@example("network.proposal_link")
def reminder_of_a_campaign(reader: User) -> None:
    link = f.ProposalLinkFactory(email=reader.email, campaign=f.RenewalCampaignFactory())
    queue("network.proposal_link", reader, link=link.pk, reminder=True)


@example("network.proposal_decided")
def proposal_decided(reader: User) -> None:
    proposal = f.ProposalFactory(link__email=reader.email)
    reject_proposal(proposal=proposal, reason="Falta la firma.", by=f.StaffFactory())


@example("account.mail")
def confirm_the_address_of_an_account(reader: User) -> None:
    form = {"email": "nueva@prueba.example", "password1": PASSWORD}
    Client().post(reverse("account_signup"), form)


@example("account.mail")
def choose_a_new_password(reader: User) -> None:
    Client().post(reverse("account_reset_password"), {"email": reader.email})


@example("outbox.text_test")
def trial_of_a_text(reader: User) -> None:
    kind = registry.text("events.reminder")
    assert kind is not None
    send_test(
        kind=kind, text=texts.shipped(kind, "es"), language="es", key="k", to_email=reader.email, cause="account 1"
    )


def all_beat() -> None:
    """Who asks for the state of silent jobs raises the alarm, which is what the page is for."""
    for job in registry.jobs():
        with beating(job.name):
            pass


@example("outbox.recovered")
def recovered(reader: User) -> None:
    all_beat()
    queue("outbox.recovered", reader, alarm_at=timezone.now().isoformat())


# --- What a scanner does


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in {"href", "src", "action"} and value]


def links_of(message: Part) -> set[str]:
    """Every address of ours in the message, as a path."""
    found: list[str] = []
    for value in message.values():
        found += LINK.findall(str(value))
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        text = content.decode()
        if part.get_content_subtype() == "html":
            parser = Links()
            parser.feed(text)
            found += parser.found
        else:
            found += LINK.findall(re.sub(r"\r?\n[ \t]", "", text) if "calendar" in part.get_content_type() else text)
    site = project.SITE_URL
    return {link.removeprefix(site).split("#")[0].rstrip(".,;)\\") or "/" for link in found if link.startswith(site)}


def message_of(kind: str, number: int, reader: User) -> Message:
    EXAMPLES[kind][number](reader)
    drain()
    message = Message.objects.filter(kind=kind).latest("pk")
    assert message.state == MessageState.SENT, message.last_response
    return message


def rows() -> dict[str, list[Any]]:
    """All that is stored, by table, but for what reading may write."""
    models = [model for model in apps.get_models(include_auto_created=True) if model not in WRITTEN_BY_READING]
    return {model._meta.db_table: sorted(map(repr, model._base_manager.values_list())) for model in models}


def changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> set[str]:
    return {table for table in after if after[table] != before[table]}


def visits(reader: User) -> list[tuple[str, Callable[[], Client]]]:
    """Who asks and how: three times without cookies, each time a new visitor, then those who are signed in."""
    signed_in = []
    for user in (reader, f.StaffFactory()):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        signed_in.append(client)
    nobody = [("HEAD", Client), ("GET", Client), ("GET", Client)]
    return nobody + [("GET", lambda client=client: client) for client in signed_in]


def scan(links: set[str], reader: User) -> tuple[set[str], dict[str, int]]:
    """The tables that opening these links changed, and the links that did not answer."""
    asked = visits(reader)
    before, sent, dead = rows(), len(left.outbox), {}
    for link in sorted(links):
        for method, client in asked:
            answer = client().generic(method, link)
            if answer.streaming:
                b"".join(answer.streaming_content)
            # A link of a mail works for whoever opens it, or leads to sign in; an account may lack the permission.
            if answer.status_code > (302 if client is Client else 404):
                dead[f"{method} {link}"] = answer.status_code
    drain()
    assert len(left.outbox) == sent
    return changed(before, rows()), dead


@pytest.fixture
def reader() -> User:
    """Somebody who may get mail of any kind: an account whose person represents a municipality."""
    return f.liaison()


def test_every_kind_of_mail_has_an_example() -> None:
    """A new kind needs one here: what opening its links does is part of it."""
    assert {kind.name for kind in registry.kinds()} == set(EXAMPLES)


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, number) for kind in EXAMPLES for number in range(len(EXAMPLES[kind]))]
)
def test_opening_the_links_of_a_message_changes_nothing(kind: str, number: int, reader: User) -> None:
    message = message_of(kind, number, reader)
    links = links_of(left.outbox[-1].message())
    assert links, "a message without any link needs no example: say so here"
    if not message.operational:
        assert any("/correo/baja/" in link for link in links)
    touched, dead = scan(links, reader)
    assert touched == set()
    assert dead == {} or kind in INVENTED


# --- The test can fail


def careless(request: HttpRequest, code: str) -> HttpResponse:
    """Unsubscribes whoever opens it, as no page of ours may."""
    message = message_by_choices(code)
    assert message is not None
    mute(email=message.to_email, group="events.reminders")
    return HttpResponse("Listo")


careless.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("correo/baja/<str:code>/", careless, name="mail_unsubscribe"), *real_urls]


def test_a_page_that_acts_when_it_is_opened_is_caught(reader: User, settings: Any) -> None:
    message_of("events.reminder", 0, reader)
    links = links_of(left.outbox[-1].message())
    settings.ROOT_URLCONF = __name__
    assert scan(links, reader) == ({"outbox_preference"}, {})


def test_links_are_found_in_every_part_of_a_message(reader: User) -> None:
    message_of("events.reminder", 0, reader)
    message = left.outbox[-1].message()
    everywhere = links_of(message)
    for part in ("text/plain", "text/html", "text/calendar"):
        [one] = [piece for piece in message.walk() if piece.get_content_type() == part]
        assert links_of(one) <= everywhere
        assert links_of(one), part
    assert any("/correo/baja/" in str(value) for value in message.values())
