"""What municipalities propose by a link, and what the institute answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from network.enums import Act, DesignationKind, DesignationState, PersonCategory
from network.models import Designation, MunicipalOffice, Person, PrivacyNotice, Proposal, ProposalLink, User
from network.services.audit import record
from network.services.designations import conclude_expired, conflict, hand_over, invite, save_letter
from network.services.merging import merge_people
from network.services.people import edit_person
from outbox.services import Row, enqueue, enqueue_many

# What a letter says anew of somebody who is already known. The e-mail only where they have no account: it opens it.
TOLD_BY_LETTER = ("position", "institution", "phone", "sex")


class LinkGone(Exception):
    """The link's last day is over, or it was withdrawn."""


class AlreadySent(Exception):
    """This link's proposal of this kind waits for the institute, or was verified."""


@transaction.atomic
def send_link(*, municipality: Municipality, email: str, ends_on: date, keep: bool, by: User) -> ProposalLink:
    """Ask one municipality to propose. ``keep``: remember the address as that of its office.

    Raises ``ValidationError`` where a link of its own went to that address and was not answered yet: that one is sent
    again (:func:`readdress_link`).
    """
    Municipality.objects.select_for_update(no_key=True).only("pk").get(pk=municipality.pk)
    sent = ProposalLink.objects.open().unanswered().filter(municipality=municipality, email=email, campaign=None)
    if sent.exists():
        said = _("A {email} ya se envió un enlace que sigue sin contestar: ábralo en Propuestas y envíelo otra vez.")
        raise ValidationError({"email": said.format(email=email)})
    link = ProposalLink.objects.create(municipality=municipality, email=email, ends_on=ends_on, created_by=by)
    return _send(link, keep=keep, by=by)


@transaction.atomic
def readdress_link(*, link: ProposalLink, email: str, keep: bool, by: User) -> ProposalLink:
    """Send the same link to another address, or once more to the same one."""
    stored = ProposalLink.objects.select_for_update().get(pk=link.pk)
    if not stored.is_open:
        raise ValidationError(_("Este enlace ya no sirve: envíe uno nuevo."))
    stored.email = email
    return _send(stored, keep=keep, by=by)


def _send(link: ProposalLink, *, keep: bool, by: User) -> ProposalLink:
    link.sent_count += 1
    link.save(update_fields=["email", "sent_count"])
    if keep:
        MunicipalOffice.objects.update_or_create(
            municipality_id=link.municipality_id, defaults={"email": link.email, "changed_by": by}
        )
    enqueue_many([link_mail(link)])
    return link


def link_mail(link: ProposalLink) -> Row:
    """The mail that brings a link to its municipality."""
    return Row(
        kind="network.proposal_link",
        dedupe_key=f"network.proposal_link:{link.pk}:{link.sent_count}",
        to_email=link.email,
        params={"link": link.pk},
        language="es",
        cause=f"proposal link {link.pk}",
    )


@transaction.atomic
def revoke_link(*, link: ProposalLink, by: User | None = None) -> None:
    """Let the link serve no more; what was proposed stays to be decided."""
    if ProposalLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(Act.LINK_REVOKED, by=by, of=link)


def open_link(*, link: ProposalLink) -> None:
    """Somebody there began; the first time counts."""
    ProposalLink.objects.open().filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())


@transaction.atomic
def propose(
    *,
    link: ProposalLink,
    kind: DesignationKind,
    designation: Designation,
    person: Mapping[str, Any],
    notice: PrivacyNotice | None,
) -> Proposal:
    """Store what a municipality proposes. The person is always a record of its own: staff say who it is.

    A rejected proposal of this kind is corrected and waits again. Raises :class:`LinkGone` or :class:`AlreadySent`.
    """
    stored = ProposalLink.objects.select_for_update().get(pk=link.pk)
    if not stored.is_open:
        raise LinkGone
    earlier = Proposal.objects.select_related("designation__person").filter(link=stored, kind=kind).first()
    if earlier is not None and earlier.designation.state != DesignationState.REJECTED:
        raise AlreadySent
    former = earlier.designation.person if earlier else None
    designation.pk = earlier.designation.pk if earlier else None
    designation.created_at = earlier.designation.created_at if earlier else timezone.now()
    designation.municipality_id, designation.kind = stored.municipality_id, kind
    designation.state = DesignationState.PROPOSED
    designation.person = Person.objects.create(
        **person, municipality_id=stored.municipality_id, category=PersonCategory.PUBLIC_SERVANT
    )
    if earlier and not designation.oficio_file:
        designation.oficio_file = earlier.designation.oficio_file.name
        designation.oficio_sha256 = earlier.designation.oficio_sha256
    save_letter(
        designation, None, _("Propuesta corregida por el municipio") if earlier else _("Propuesta del municipio")
    )
    now = timezone.now()
    ProposalLink.objects.filter(pk=stored.pk, opened_at=None).update(opened_at=now)
    if former is not None and earlier is not None:
        _forget(former)
        earlier.round, earlier.sent_at, earlier.reason, earlier.notice = earlier.round + 1, now, "", notice
        earlier.decided_at = earlier.decided_by = None
        earlier.designation = designation
        earlier.save()
        return earlier
    return Proposal.objects.create(link=stored, kind=kind, designation=designation, notice=notice, sent_at=now)


def _forget(person: Person) -> None:
    """The record of what was typed before the correction goes, unless something else has come to name it."""
    if person.user_id or person.merged.exists() or person.aliases.exists():
        return
    try:
        with transaction.atomic():
            person.delete()
    except ProtectedError:
        return


@transaction.atomic
def verify_proposal(
    *,
    proposal: Proposal,
    person: Person | None = None,
    replacing: Designation | None = None,
    send_invitation: bool = False,
    by: User,
) -> Designation:
    """The letter is right: the designation is in force from its first day on.

    ``person``: who it is, where that human is known already; the proposed record is joined with theirs. ``replacing``:
    the titular in force whom this one succeeds. A titular whose period is over is concluded without asking. Raises
    ``ValidationError`` in words where somebody decided first, where the municipality has a titular in force, or where
    periods overlap.
    """
    stored, designation = _held(proposal)
    try:
        with transaction.atomic():
            if person is not None and person.pk != designation.person_id:
                _join(person, designation, by)
            designation.state = DesignationState.IN_FORCE
            if replacing is not None:
                hand_over(_still_in_force(replacing, designation), designation.starts_on, by)
            elif designation.kind == DesignationKind.TITULAR:
                conclude_expired(designation, by)
            save_letter(designation, by, _("Propuesta verificada"))
    except IntegrityError as error:
        raise conflict(error) from error
    _decide(stored, by, "")
    record(Act.DESIGNATION_VERIFIED, by=by, of=designation, person=designation.person_id)
    if send_invitation and designation.person.email and designation.person.user_id is None:
        invite(designation=designation, by=by)
    return designation


@transaction.atomic
def reject_proposal(*, proposal: Proposal, reason: str, by: User) -> Proposal:
    """The municipality reads the reason by mail and may correct the proposal and send it anew."""
    stored, designation = _held(proposal)
    designation.state = DesignationState.REJECTED
    save_letter(designation, by, _("Propuesta rechazada"))
    _decide(stored, by, reason)
    record(Act.DESIGNATION_REJECTED, by=by, of=designation)
    return stored


def _held(proposal: Proposal) -> tuple[Proposal, Designation]:
    """Both rows, so that nobody else decides meanwhile."""
    stored = Proposal.objects.select_for_update().get(pk=proposal.pk)
    designation = Designation.objects.select_for_update().get(pk=stored.designation_id)
    if designation.state != DesignationState.PROPOSED:
        raise ValidationError(
            _("Otra persona ya decidió esta propuesta: ahora está «{state}».").format(
                state=designation.get_state_display().lower()
            )
        )
    return stored, designation


def _still_in_force(replaced: Designation, new: Designation) -> Designation:
    same = Designation.objects.filter(municipality_id=new.municipality_id, kind=new.kind)
    found = same.select_for_update().filter(pk=replaced.pk, state=DesignationState.IN_FORCE).first()
    if found is None:
        raise ValidationError(
            _("La designación que se iba a sustituir cambió mientras tanto. Revise y decida otra vez.")
        )
    return found


def _join(person: Person, designation: Designation, by: User) -> None:
    typed = designation.person
    merge_people(kept=person, gone=typed, by=by, reason=_("Propuesta verificada"))
    designation.person = Person.objects.select_related("user").get(pk=person.pk)
    told = {name: getattr(typed, name) for name in TOLD_BY_LETTER if getattr(typed, name)}
    if typed.email and designation.person.user_id is None:
        told["email"] = typed.email
    told["municipality_id"] = designation.municipality_id
    designation.person = edit_person(person=designation.person, values=told, reason=_("Oficio de designación"), by=by)


def _decide(proposal: Proposal, by: User, reason: str) -> None:
    proposal.decided_at, proposal.decided_by, proposal.reason = timezone.now(), by, reason
    proposal.save(update_fields=["decided_at", "decided_by", "reason"])
    enqueue(
        kind="network.proposal_decided",
        dedupe_key=f"network.proposal_decided:{proposal.pk}:{proposal.round}",
        to_email=ProposalLink.objects.get(pk=proposal.link_id).email,
        params={"proposal": proposal.pk, "round": proposal.round},
        language="es",
        cause=f"proposal {proposal.pk}",
    )
