"""Designations and their succession, and the invitations that follow."""

import hashlib
from datetime import date, timedelta
from functools import partial

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.enums import Act, DesignationKind, DesignationState, PersonCategory
from network.models import Designation, Invitation, InvitationQuerySet, Person, PrivacyNotice, User
from network.services.audit import record
from network.services.settings import accept_notice
from outbox.services import enqueue

INVITATION_DAYS = 14

TITULAR_TAKEN = gettext_lazy(
    "Este municipio ya tiene una persona titular vigente. Concluya o sustituya primero esa designación."
)
PERIOD_OVERLAPS = gettext_lazy(
    "Esta persona ya tiene en este municipio una designación que coincide con estas fechas. Revise la vigencia."
)


class InvitationGone(Exception):
    """The invitation was accepted, revoked, has expired, or its designation is over."""


class AccountTaken(Exception):
    """The account already belongs to another person who holds a designation."""


# --- Designations


def record_designation(
    *, designation: Designation, person: Person, by: User, replacing: Designation | None = None
) -> Designation:
    """Store a letter of designation and its person, both new or changed.

    A titular whose period was over when this one begins is concluded by itself. ``replacing`` is the designation that
    this one succeeds: it ends the day before and becomes *sustituida* in the same moment; the work stays with the
    municipality, so access moves by itself. Raises ``ValidationError`` (``municipality`` or ``starts_on``) where the
    municipality already has a titular or the periods of the person overlap, also when two people record at once.
    """
    try:
        with transaction.atomic():
            if replacing is not None:
                hand_over(replacing, designation.starts_on, by)
            elif designation.kind == DesignationKind.TITULAR:
                conclude_expired(designation, by)
            person.municipality_id = designation.municipality_id
            person.category = person.category or PersonCategory.PUBLIC_SERVANT
            person.save()
            designation.person = person
            designation.created_by = by
            save_letter(designation, by, _("Registro del oficio"))
            record(Act.DESIGNATION_RECORDED, by=by, of=designation, person=person.pk)
    except IntegrityError as error:
        raise conflict(error) from error
    return designation


def edit_designation(*, designation: Designation, person: Person, by: User, reason: str) -> Designation:
    """Correct a letter or its person's data. A changed e-mail revokes the invitation sent to the old one."""
    try:
        with transaction.atomic():
            _revoke(designation.invitations.pending().exclude(email__iexact=person.email))
            person.save()
            save_letter(designation, by, reason)
            record(Act.DESIGNATION_EDITED, by=by, of=designation, person=person.pk)
    except IntegrityError as error:
        raise conflict(error) from error
    return designation


@transaction.atomic
def end_designation(*, designation: Designation, ends_on: date, reason: str, by: User) -> Designation:
    """Set the last day. Today or earlier concludes it at once; a later day lets it run until then."""
    designation.ends_on = ends_on
    if ends_on <= timezone.localdate():
        designation.state = DesignationState.ENDED
        _revoke(designation.invitations.pending())
    save_letter(designation, by, reason)
    record(Act.DESIGNATION_ENDED, by=by, of=designation)
    return designation


def hand_over(old: Designation, starts_on: date, by: User) -> None:
    """The letter that is succeeded ends the day before; its access ends with the next request."""
    last_day = max(old.starts_on, starts_on - timedelta(days=1))
    old.ends_on = min(old.ends_on, last_day) if old.ends_on else last_day
    old.state = DesignationState.REPLACED
    _revoke(old.invitations.pending())
    save_letter(old, by, _("Sustitución por una nueva designación"))
    record(Act.DESIGNATION_ENDED, by=by, of=old)


def conclude_expired(new: Designation, by: User) -> None:
    """Conclude the titular whose period was over before this letter begins, and is over today too."""
    over = min(new.starts_on, timezone.localdate())
    expired = Designation.objects.titulares().filter(
        municipality_id=new.municipality_id, state=DesignationState.IN_FORCE, ends_on__lt=over
    )
    for old in expired.exclude(pk=new.pk):  # at most one: the database holds it
        old.state = DesignationState.ENDED
        save_letter(old, by, _("Terminó su vigencia"))


def save_letter(designation: Designation, by: User | None, reason: str) -> None:
    """Store a letter with its history; nobody by name where a municipality sent it itself."""
    if isinstance(getattr(designation.oficio_file, "_file", None), UploadedFile):
        designation.oficio_sha256 = _sha256(designation)
        _forget_replaced(designation)
    designation._history_user = by  # type: ignore[attr-defined]
    designation._change_reason = reason[:100]  # type: ignore[attr-defined]
    designation.save()


def _forget_replaced(designation: Designation) -> None:
    """The file that this upload replaces goes once that is certain; history keeps its hash, which says what it was."""
    file = designation.oficio_file
    old = Designation.objects.filter(pk=designation.pk).values_list("oficio_file", flat=True).first()
    if old and not Designation.objects.filter(oficio_file=old).exclude(pk=designation.pk).exists():
        transaction.on_commit(partial(file.storage.delete, old))


def _sha256(designation: Designation) -> str:
    digest = hashlib.sha256()
    for chunk in designation.oficio_file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def conflict(error: IntegrityError) -> ValidationError:
    """What the constraint's name (PostgreSQL, triggers) or column (SQLite's index) means; others stay errors."""
    text = str(error)
    if "network_designation_no_overlap" in text:
        return ValidationError({"starts_on": str(PERIOD_OVERLAPS)})
    if "network_one_titular_in_force" in text or "network_designation.municipality_id" in text:
        return ValidationError({"municipality": str(TITULAR_TAKEN)})
    raise error


# --- Invitations


@transaction.atomic
def invite(*, designation: Designation, by: User) -> Invitation:
    """Send the designated person a link that opens their account; an earlier link stops working.

    Raises ``ValidationError`` where there is no e-mail or the designation is over.
    """
    if designation.state != DesignationState.IN_FORCE or designation.is_expired:
        raise ValidationError(_("La designación ya no está vigente: no se puede invitar."))
    person = designation.person
    if not person.email:
        raise ValidationError(_("Falta el correo de la persona: edite la designación y escríbalo."))
    _revoke(designation.invitations.pending())
    invitation = Invitation.objects.create(
        designation=designation,
        email=person.email,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    enqueue(
        kind="network.invitation",
        dedupe_key=f"network.invitation:{invitation.pk}",
        to_email=person.email,
        to_name=person.name,
        params={"invitation": invitation.pk},
        language=person.user.language if person.user else "es",
        expires_at=invitation.expires_at,
        cause=f"designation {designation.pk}",
    )
    record(Act.INVITED, by=by, of=designation, invitation=invitation.pk)
    return invitation


def accept_with_new_account(
    *, invitation: Invitation, password: str, language: str, notice: PrivacyNotice | None = None
) -> User:
    """Open the account of the invited person and link it. The e-mail counts as verified: the link came by it.

    ``notice`` is the version of the privacy notice that was shown.

    Raises :class:`InvitationGone`, or :class:`AccountTaken` where an account with this e-mail exists by now.
    """
    try:
        with transaction.atomic():
            _use_up(invitation)
            person = invitation.designation.person
            user = User.objects.create_user(invitation.email, password, name=person.name, language=language)
            _verify_email(user, invitation.email)
            _link(person, user)
            accept_notice(user=user, notice=notice)
    except IntegrityError as error:
        raise AccountTaken from error
    return user


@transaction.atomic
def accept_with_account(*, invitation: Invitation, user: User) -> User:
    """Link the account that the invited person already has. Raises :class:`InvitationGone` or :class:`AccountTaken`."""
    if user.email.lower() != invitation.email.lower():
        raise AccountTaken
    _use_up(invitation)
    _verify_email(user, invitation.email)
    _link(invitation.designation.person, user)
    return user


def _use_up(invitation: Invitation) -> None:
    if not invitation.designation.is_open or invitation.designation.is_expired:
        raise InvitationGone
    now = timezone.now()
    if not Invitation.objects.pending().filter(pk=invitation.pk, expires_at__gt=now).update(accepted_at=now):
        raise InvitationGone


def _link(person: Person, user: User) -> None:
    """The account now stands for this person; a person known from registrations alone lets go of it."""
    former = Person.objects.filter(user=user).exclude(pk=person.pk).first()
    if former is not None:
        if former.designations.in_force().exists():
            raise AccountTaken
        former.user = None
        former.save(update_fields=["user"])
    if person.user_id not in (None, user.pk):
        raise AccountTaken
    person.user = user
    person.save(update_fields=["user"])


def _verify_email(user: User, email: str) -> None:
    address, created = EmailAddress.objects.get_or_create(
        user=user, email=email.lower(), defaults={"verified": True, "primary": True}
    )
    if not created and not address.verified:
        address.verified = True
        address.save(update_fields=["verified"])


def _revoke(invitations: InvitationQuerySet) -> None:
    invitations.update(revoked_at=timezone.now())
