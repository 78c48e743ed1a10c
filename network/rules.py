"""Who may do what in the network. These predicates are the only readers of a role; other apps build on them."""

import rules
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from municipalities.models import Municipality
from network.enums import LoadKind, Role
from network.models import (
    ArcoRequest,
    ArcoRequestQuerySet,
    AuditEntry,
    AuditEntryQuerySet,
    ClimateProgramme,
    ClimateProgrammeQuerySet,
    Communication,
    CommunicationQuerySet,
    Designation,
    DesignationQuerySet,
    Invitation,
    InvitationQuerySet,
    NonWorkingDay,
    Person,
    PersonMerge,
    PersonQuerySet,
    PossibleDuplicate,
    PossibleDuplicateQuerySet,
    PrivacyNotice,
    Proposal,
    ProposalLink,
    ProposalLinkQuerySet,
    ProposalQuerySet,
    RenewalCampaign,
    RightsDeadlines,
    SheetLoad,
    SheetLoadQuerySet,
    User,
)

AnyUser = User | AnonymousUser
OWN_DATA = "network.own-data"
SET_UP = "network.set-up"


@rules.predicate
def is_staff_member(user: AnyUser) -> bool:
    """Works for the institute."""
    return user.is_authenticated and user.is_staff_member


@rules.predicate
def is_admin(user: AnyUser) -> bool:
    return user.is_authenticated and user.is_admin


@rules.predicate
def is_liaison(user: AnyUser) -> bool:
    """Holds a designation in force today, titular or suplente."""
    return user.is_authenticated and user.liaison_municipality is not None


@rules.predicate
def works_for_municipality(user: AnyUser, municipality: Municipality | None) -> bool:
    """Holds a designation in force in this very municipality."""
    if not user.is_authenticated or municipality is None or user.liaison_municipality is None:
        return False
    return user.liaison_municipality.pk == municipality.pk


@rules.predicate
def is_another_account(user: AnyUser, account: User | None) -> bool:
    """Nobody takes their own role away, so that an installation never loses its last administrator by a slip."""
    return account is None or user.pk != account.pk


rules.add_perm("network.manage_designation", is_staff_member)
rules.add_perm("network.view_personal_data", is_staff_member)
rules.add_perm("network.change_person", is_staff_member)
rules.add_perm("network.keep_directory", is_staff_member)
rules.add_perm("network.load_first", is_staff_member)
rules.add_perm("network.merge_people", is_staff_member)
rules.add_perm("network.work_in_municipality", is_liaison)
rules.add_perm("network.change_installation", is_admin)
rules.add_perm("network.publish_privacy_notice", is_admin)
rules.add_perm("network.manage_account", is_admin & is_another_account)
rules.add_perm("network.use_staff_area", is_staff_member)
rules.add_perm("network.handle_arco", is_admin)
rules.add_perm("network.read_audit", is_admin)


def visible_designations(user: AnyUser) -> DesignationQuerySet:
    """Designations with personal data: all to staff, none to anybody else."""
    return Designation.objects.all() if is_staff_member(user) else Designation.objects.none()


def visible_proposals(user: AnyUser) -> ProposalQuerySet:
    """What municipalities proposed: all to staff, none to anybody else."""
    return Proposal.objects.all() if is_staff_member(user) else Proposal.objects.none()


def visible_links(user: AnyUser) -> ProposalLinkQuerySet:
    """Links that were sent to municipalities: all to staff, none to anybody else."""
    return ProposalLink.objects.all() if is_staff_member(user) else ProposalLink.objects.none()


def visible_campaigns(user: AnyUser) -> QuerySet[RenewalCampaign]:
    return RenewalCampaign.objects.all() if is_staff_member(user) else RenewalCampaign.objects.none()


def proposal_links() -> ProposalLinkQuerySet:
    """Links as their holder may see them: the signature is the permission."""
    return ProposalLink.objects.select_related("municipality__region", "campaign")


def visible_people(user: AnyUser) -> PersonQuerySet:
    """Persons with their personal data: all to staff, none to anybody else; one record of each human, and none that was
    erased."""
    return Person.objects.current() if is_staff_member(user) else Person.objects.none()


def visible_merges(user: AnyUser) -> QuerySet[PersonMerge]:
    """Which records were joined: all to staff, none to anybody else."""
    return PersonMerge.objects.all() if is_staff_member(user) else PersonMerge.objects.none()


def visible_duplicates(user: AnyUser) -> PossibleDuplicateQuerySet:
    """Pairs that may be one human: all to staff, none to anybody else."""
    return PossibleDuplicate.objects.all() if is_staff_member(user) else PossibleDuplicate.objects.none()


def visible_accounts(user: AnyUser) -> QuerySet[User]:
    """Accounts: all to administrators, none to anybody else."""
    return User.objects.all() if is_admin(user) else User.objects.none()


def visible_audit(user: AnyUser) -> AuditEntryQuerySet:
    """Who did what: all to administrators, none to anybody else."""
    return AuditEntry.objects.all() if is_admin(user) else AuditEntry.objects.none()


def open_invitations() -> InvitationQuerySet:
    """Invitations as the holder of a signed link may see them: the signature is the permission."""
    return Invitation.objects.select_related("designation__municipality__region", "designation__person__user")


def account_of(email: str) -> User | None:
    """The account with this e-mail, for whoever holds a link that was sent to it."""
    return User.objects.filter(email__iexact=email).first()


def visible_arco_requests(user: AnyUser) -> ArcoRequestQuerySet:
    """What people ask about their data, once their address is proven: all to administrators, none to anybody else."""
    return ArcoRequest.objects.confirmed() if is_admin(user) else ArcoRequest.objects.none()


def arco_requests_by_link(token: str) -> ArcoRequestQuerySet:
    """The one whose own page this is: the address that cannot be guessed is the permission."""
    return ArcoRequest.objects.confirmed().filter(token=token)


def arco_requests_to_confirm(code: str) -> ArcoRequestQuerySet:
    """The one whose address the code in the mail proves."""
    return ArcoRequest.objects.to_confirm(code)


def needs_set_up() -> bool:
    """Whether nobody administers this installation: it was just made."""
    return not User.objects.filter(role=Role.ADMIN, is_active=True).exists()


def set_up_code() -> str:
    """The link that opens the first account; it ends after a day, and with the first account."""
    return signing.dumps("", salt=SET_UP)


def opens_set_up(code: str) -> bool:
    try:
        signing.loads(code, salt=SET_UP, max_age=24 * 3600)
    except signing.BadSignature:
        return False
    return needs_set_up()


def own_data_code(person: Person) -> str:
    """The link to a person's own data; it ends by itself (``RightsDeadlines.link_days``)."""
    return signing.dumps(person.pk, salt=OWN_DATA)


def people_by_own_data(code: str) -> PersonQuerySet:
    """The person whose data this link opens; nobody where it is over or not ours."""
    days = RightsDeadlines.current().link_days
    try:
        pk = signing.loads(code, salt=OWN_DATA, max_age=days * 24 * 3600)
    except signing.BadSignature:
        return Person.objects.none()
    return Person.objects.current().filter(pk=pk)


def own_person(user: AnyUser) -> Person | None:
    """The one person that this account certainly is: linked to it, else the only one with its proven address.

    Where several share that address nobody knows which one is asking: then the desk finds out.
    """
    if not user.is_authenticated:
        return None
    linked = Person.objects.current().filter(user=user).first()
    if linked is not None:
        return linked
    proven = EmailAddress.objects.filter(user_id=user.pk, verified=True).values(address=Lower("email"))
    found = Person.objects.current().alias(address=Lower("email")).filter(address__in=proven, user=None)[:2]
    return found[0] if len(found) == 1 else None


def visible_holidays(user: AnyUser) -> QuerySet[NonWorkingDay]:
    return NonWorkingDay.objects.all() if is_admin(user) else NonWorkingDay.objects.none()


def published_notices() -> QuerySet[PrivacyNotice]:
    """Every version of the privacy notice is public, the earlier ones too."""
    return PrivacyNotice.objects.all()


def visible_municipalities(user: AnyUser) -> QuerySet[Municipality]:
    """The territory is public."""
    return Municipality.objects.select_related("region")


def programme_statuses() -> ClimateProgrammeQuerySet:
    """Where each municipality is with its climate programme today is public, its notes and earlier rows are not."""
    return ClimateProgramme.objects.current().select_related("instrument")


def published_programmes() -> ClimateProgrammeQuerySet:
    """Those whose document anybody may take."""
    return ClimateProgramme.objects.public_files()


def visible_programmes(user: AnyUser) -> ClimateProgrammeQuerySet:
    """Every row with its note and file: to staff alone."""
    return ClimateProgramme.objects.all() if is_staff_member(user) else ClimateProgramme.objects.none()


def visible_communications(user: AnyUser) -> CommunicationQuerySet:
    """The log is the institute's: all to staff, none to anybody else."""
    return Communication.objects.all() if is_staff_member(user) else Communication.objects.none()


def own_loads(user: AnyUser, kind: LoadKind) -> SheetLoadQuerySet:
    """The spreadsheets that this person sent; of a municipality only while they work for it."""
    if not user.is_authenticated:
        return SheetLoad.objects.none()
    place = Q(municipality=None) if is_staff_member(user) else Q()
    if user.liaison_municipality is not None:
        place |= Q(municipality=user.liaison_municipality)
    elif not is_staff_member(user):
        return SheetLoad.objects.none()
    return SheetLoad.objects.filter(place, kind=kind, created_by=user)
