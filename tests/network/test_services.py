"""Succession, invitations and accounts, as the database keeps them."""

import datetime as dt
import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from network import services
from network.enums import DesignationState, InvitationState, Role
from network.models import AccountDecision, Designation, Invitation, Person, PrivacyNotice, User
from outbox.models import Message
from tests.factories import (
    PASSWORD,
    DesignationFactory,
    MunicipalityFactory,
    PersonFactory,
    PrivacyNoticeFactory,
    UserFactory,
    liaison,
)
from web.models import Installation

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TODAY = timezone.localdate
DAY = dt.timedelta(days=1)


def letter(municipality, **fields):
    return Designation(**{"municipality": municipality, "oficio_number": "PM/9/2026", "starts_on": TODAY()} | fields)


def test_recording_stores_person_history_and_who_did_it(staff):
    municipality = MunicipalityFactory()
    stored = services.record_designation(
        designation=letter(municipality), person=Person(name="Ana Prueba", email="ana@prueba.example"), by=staff
    )
    assert (stored.person.municipality, stored.person.category) == (municipality, "public-servant")
    assert stored.created_by == staff
    assert [(row.history_user, row.history_change_reason) for row in stored.history.all()] == [
        (staff, "Registro del oficio")
    ]


def test_second_titular_in_force_is_refused_in_words_and_stores_nothing(staff):
    municipality = DesignationFactory().municipality
    with pytest.raises(ValidationError) as refused:
        services.record_designation(designation=letter(municipality), person=Person(name="Otra"), by=staff)
    assert list(refused.value.message_dict) == ["municipality"]
    assert not Person.objects.filter(name="Otra").exists()


def test_suplente_beside_the_titular_is_accepted(staff):
    municipality = DesignationFactory().municipality
    services.record_designation(designation=letter(municipality, kind="suplente"), person=Person(name="S"), by=staff)
    assert municipality.designations.in_force().count() == 2


def test_overlapping_periods_of_one_person_are_refused_by_the_database(staff):
    first = DesignationFactory(kind="suplente", ends_on=TODAY() + 10 * DAY)
    with pytest.raises(ValidationError) as refused:
        services.record_designation(
            designation=letter(first.municipality, kind="suplente", starts_on=TODAY() + 10 * DAY),
            person=first.person,
            by=staff,
        )
    assert list(refused.value.message_dict) == ["starts_on"]


def test_period_after_the_last_one_is_accepted(staff):
    first = DesignationFactory(kind="suplente", ends_on=TODAY() + 10 * DAY)
    later = letter(first.municipality, kind="suplente", starts_on=TODAY() + 11 * DAY)
    assert services.record_designation(designation=later, person=first.person, by=staff).pk


def test_moving_a_period_onto_another_one_is_refused_too(staff):
    first = DesignationFactory(kind="suplente", ends_on=TODAY() - 10 * DAY)
    second = DesignationFactory(
        kind="suplente", municipality=first.municipality, person=first.person, starts_on=TODAY() - 5 * DAY
    )
    second.starts_on = TODAY() - 12 * DAY
    with pytest.raises(ValidationError) as refused:
        services.edit_designation(designation=second, person=second.person, by=staff, reason="prueba")
    assert list(refused.value.message_dict) == ["starts_on"]


def test_database_still_holds_the_rule_about_periods():
    """A later migration that rebuilds the table on SQLite would drop its triggers."""
    first = DesignationFactory(kind="suplente")
    with pytest.raises(IntegrityError), transaction.atomic():
        DesignationFactory(kind="suplente", municipality=first.municipality, person=first.person)


def test_titular_whose_period_is_over_gives_way_by_itself(staff):
    old = DesignationFactory(starts_on=TODAY() - 90 * DAY, ends_on=TODAY() - DAY)
    services.record_designation(designation=letter(old.municipality), person=Person(name="Nueva"), by=staff)
    old.refresh_from_db()
    assert (old.state, old.history.first().history_change_reason) == (DesignationState.ENDED, "Terminó su vigencia")


def test_replacing_moves_access_in_the_same_moment(staff):
    leaving = liaison(municipality := MunicipalityFactory())
    old = municipality.designations.get()
    arriving = UserFactory()
    successor = PersonFactory(user=arriving)
    services.record_designation(designation=letter(municipality), person=successor, by=staff, replacing=old)
    old.refresh_from_db()
    assert (old.state, old.ends_on) == (DesignationState.REPLACED, TODAY() - DAY)
    assert User.objects.get(pk=leaving.pk).liaison_municipality is None
    assert User.objects.get(pk=arriving.pk).liaison_municipality == municipality


def test_replacing_on_the_first_day_keeps_the_period_in_order(staff):
    old = DesignationFactory(starts_on=TODAY())
    services.record_designation(designation=letter(old.municipality), person=Person(name="N"), by=staff, replacing=old)
    old.refresh_from_db()
    assert old.ends_on == old.starts_on


def test_renewal_of_the_same_person_ends_the_old_letter_the_day_before(staff):
    old = DesignationFactory()
    services.record_designation(designation=letter(old.municipality), person=old.person, by=staff, replacing=old)
    assert list(old.municipality.designations.in_force().values_list("oficio_number", flat=True)) == ["PM/9/2026"]


@pytest.mark.parametrize(
    ("days", "state", "in_force"),
    [(-1, DesignationState.ENDED, 0), (0, DesignationState.ENDED, 0), (5, DesignationState.IN_FORCE, 1)],
)
def test_ending_takes_effect_on_its_day(staff, days, state, in_force):
    designation = DesignationFactory()
    services.end_designation(designation=designation, ends_on=TODAY() + days * DAY, reason="Renuncia", by=staff)
    designation.refresh_from_db()
    assert (designation.state, Designation.objects.in_force().count()) == (state, in_force)
    assert designation.history.first().history_change_reason == "Renuncia"


def test_period_that_ends_before_it_starts_breaks_the_named_constraint():
    with pytest.raises(IntegrityError, match="network_designation_period_order"), transaction.atomic():
        DesignationFactory(ends_on=TODAY() - 60 * DAY)


# --- Invitations


def test_inviting_queues_one_mail_that_holds_no_link(staff):
    designation = DesignationFactory()
    invitation = services.invite(designation=designation, by=staff)
    message = Message.objects.get()
    assert (message.kind, message.to_email) == ("network.invitation", designation.person.email)
    assert (message.params, message.payload) == ({"invitation": invitation.pk}, None)
    assert message.expires_at == invitation.expires_at
    assert (invitation.expires_at - timezone.now()).days in {13, 14}


def test_inviting_again_revokes_the_earlier_link(staff):
    designation = DesignationFactory()
    first, second = (services.invite(designation=designation, by=staff) for _ in range(2))
    first.refresh_from_db()
    assert (first.state, second.state) == (InvitationState.REVOKED, InvitationState.PENDING)
    with pytest.raises(services.InvitationGone):
        services.accept_with_new_account(invitation=first, password=PASSWORD, language="es")


def test_database_allows_one_pending_invitation(staff):
    invitation = services.invite(designation=DesignationFactory(), by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            designation=invitation.designation, email="x@prueba.example", expires_at=timezone.now() + DAY
        )


def test_accepted_invitation_cannot_be_revoked(staff):
    invitation = services.invite(designation=DesignationFactory(), by=staff)
    services.accept_with_new_account(invitation=invitation, password=PASSWORD, language="es")
    with pytest.raises(IntegrityError, match="network_invitation_accepted_or_revoked"), transaction.atomic():
        Invitation.objects.update(revoked_at=timezone.now())


def test_nobody_is_invited_without_an_address_or_after_the_end(staff):
    with pytest.raises(ValidationError, match="Falta el correo"):
        services.invite(designation=DesignationFactory(person__email=""), by=staff)
    with pytest.raises(ValidationError, match="ya no está vigente"):
        services.invite(designation=DesignationFactory(ends_on=TODAY() - DAY), by=staff)
    assert Message.objects.count() == 0


def test_accepting_opens_an_account_that_works_for_the_municipality(staff):
    designation = DesignationFactory()
    invitation = services.invite(designation=designation, by=staff)
    user = services.accept_with_new_account(invitation=invitation, password=PASSWORD, language="en")
    assert (user.email, user.name, user.language) == (designation.person.email, designation.person.name, "en")
    assert user.check_password(PASSWORD)
    assert user.liaison_municipality == designation.municipality
    assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [(user.email, True, True)]


@pytest.mark.parametrize("spoil", ["expired", "ended", "twice"])
def test_invitation_that_is_over_opens_nothing(staff, spoil):
    invitation = services.invite(designation=DesignationFactory(), by=staff)
    if spoil == "expired":
        Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    elif spoil == "ended":
        services.end_designation(designation=invitation.designation, ends_on=TODAY(), reason="Fin", by=staff)
    else:
        services.accept_with_new_account(invitation=invitation, password=PASSWORD, language="es")
    accounts = User.objects.count()
    invitation = Invitation.objects.get()
    with pytest.raises(services.InvitationGone):
        services.accept_with_new_account(invitation=invitation, password=PASSWORD, language="es")
    assert User.objects.count() == accounts


def test_account_of_somebody_else_is_never_linked(staff):
    invitation = services.invite(designation=DesignationFactory(), by=staff)
    with pytest.raises(services.AccountTaken):
        services.accept_with_account(invitation=invitation, user=UserFactory())
    assert Invitation.objects.get().accepted_at is None


def test_existing_account_is_linked_and_leaves_a_person_known_from_registrations(staff):
    user = UserFactory(email="ana@prueba.example")
    known = PersonFactory(user=user, email=user.email)
    designation = DesignationFactory(person__email="Ana@prueba.example")
    invitation = services.invite(designation=designation, by=staff)
    services.accept_with_account(invitation=invitation, user=user)
    known.refresh_from_db()
    assert known.user is None
    assert User.objects.get(pk=user.pk).liaison_municipality == designation.municipality


def test_account_of_another_designated_person_stays_with_her(staff):
    user = liaison()
    invitation = services.invite(designation=DesignationFactory(person__email=user.email), by=staff)
    with pytest.raises(services.AccountTaken):
        services.accept_with_account(invitation=invitation, user=user)
    assert Invitation.objects.get().accepted_at is None


def test_correcting_the_address_revokes_the_link_sent_to_the_old_one(staff):
    invitation = services.invite(designation=DesignationFactory(), by=staff)
    designation = invitation.designation
    designation.person.email = "nueva@prueba.example"
    services.edit_designation(designation=designation, person=designation.person, by=staff, reason="Correo")
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.REVOKED


# --- Accounts, identity, notices


def test_decision_on_an_account_is_kept_with_who_and_why(admin):
    account = UserFactory()
    services.decide_account(account=account, role=Role.STAFF, is_active=True, reason="Ingresó al área", by=admin)
    decision = AccountDecision.objects.get()
    assert (decision.user, decision.role, decision.reason, decision.decided_by) == (
        account,
        Role.STAFF,
        "Ingresó al área",
        admin,
    )


def test_only_administrators_carry_the_flag_of_the_audit_pages(admin):
    account = UserFactory()
    services.decide_account(account=account, role=Role.ADMIN, is_active=True, reason="Alta", by=admin)
    assert account.is_staff is True
    services.decide_account(account=account, role=Role.STAFF, is_active=True, reason="Cambio", by=admin)
    assert account.is_staff is False
    with pytest.raises(IntegrityError, match="network_user_audit_pages_for_admins"), transaction.atomic():
        User.objects.filter(pk=account.pk).update(is_staff=True)


@pytest.mark.django_db(transaction=True)
def test_changed_identity_is_seen_at_once():
    assert Installation.current().name == "Red de Embajadores Climáticos"
    installation = Installation.current()
    installation.name = "Red de Puebla"
    services.change_installation(installation=installation)
    assert Installation.current().name == "Red de Puebla"


def test_published_notice_is_never_rewritten():
    notice = PrivacyNoticeFactory()
    with pytest.raises(ValueError, match="publish a new version"):
        services.publish_notice(notice=notice)
    services.publish_notice(notice=PrivacyNotice(version="2", published_on=TODAY(), summary="s", text="t"))
    assert PrivacyNotice.objects.latest().version == "2"


def test_a_replaced_letter_leaves_the_disk_once_that_is_certain(staff, django_capture_on_commit_callbacks):
    def upload(words):
        return SimpleUploadedFile("oficio.pdf", words, content_type="application/pdf")

    designation = DesignationFactory(oficio_file=upload(b"%PDF uno"))
    storage, old = designation.oficio_file.storage, designation.oficio_file.name
    designation.oficio_file = upload(b"%PDF dos")
    with django_capture_on_commit_callbacks() as later:
        services.edit_designation(designation=designation, person=designation.person, by=staff, reason="Otro archivo")
    assert storage.exists(old)
    for step in later:
        step()
    assert (storage.exists(old), storage.exists(designation.oficio_file.name)) == (False, True)
    assert designation.oficio_sha256 == hashlib.sha256(b"%PDF dos").hexdigest()


def test_correcting_something_else_keeps_the_letter(staff, django_capture_on_commit_callbacks):
    designation = DesignationFactory(oficio_file=SimpleUploadedFile("o.pdf", b"%PDF uno"))
    designation.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        services.edit_designation(designation=designation, person=designation.person, by=staff, reason="Folio")
    assert designation.oficio_file.storage.exists(designation.oficio_file.name)
