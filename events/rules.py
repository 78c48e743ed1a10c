"""Who sees and does what with events. A draft does not exist for the public; a registration is seen by its own link."""

import base64
from collections.abc import Collection

import rules
from allauth.account.models import EmailAddress
from django.core import signing
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare, salted_hmac

from events.models import (
    Announcement,
    AnnouncementQuerySet,
    Event,
    EventQuerySet,
    Invitation,
    LibraryItem,
    LibraryItemQuerySet,
    PersonalFeed,
    Registration,
    RegistrationQuerySet,
    ReminderStage,
    ReminderStageQuerySet,
    Series,
)
from network.models import Designation
from network.rules import AnyUser, is_liaison, is_staff_member

OWN_LIST = "events.own-registrations"

rules.add_perm("events.manage_event", is_staff_member)
rules.add_perm("events.view_registrations", is_staff_member)
rules.add_perm("events.manage_reminders", is_staff_member)
rules.add_perm("events.mark_attendance", is_staff_member)
rules.add_perm("events.enrol_colleagues", is_liaison)
rules.add_perm("events.send_announcement", is_staff_member)


def visible_events(user: AnyUser) -> EventQuerySet:
    """Published and cancelled events; to staff also the drafts."""
    events = Event.objects.all()
    return events if is_staff_member(user) else events.public()


def visible_series(user: AnyUser) -> QuerySet[Series]:
    """Those with an event that the public sees; every one to staff."""
    if is_staff_member(user):
        return Series.objects.all()
    return Series.objects.filter(Exists(Event.objects.public().filter(series=OuterRef("pk"))))


def visible_reminder_stages(user: AnyUser) -> ReminderStageQuerySet:
    """When reminders leave and to whom: to staff alone."""
    return ReminderStage.objects.all() if is_staff_member(user) else ReminderStage.objects.none()


def visible_library(user: AnyUser) -> LibraryItemQuerySet:
    """The library is the same for everybody: what published events offer and what sessions left."""
    return LibraryItem.objects.shown()


def visible_registrations(user: AnyUser) -> RegistrationQuerySet:
    """With personal data of everybody: all to staff, none to anybody else."""
    return Registration.objects.all() if is_staff_member(user) else Registration.objects.none()


def visible_announcements(user: AnyUser) -> AnnouncementQuerySet:
    """Those of the institute: all to staff, none to anybody else."""
    return Announcement.objects.all() if is_staff_member(user) else Announcement.objects.none()


def municipal_registrations(user: AnyUser) -> RegistrationQuerySet:
    """Those that whoever worked or works for the reader's municipality made for colleagues; to a liaison alone."""
    municipality = user.liaison_municipality if user.is_authenticated else None
    if municipality is None:
        return Registration.objects.none()
    liaisons = Designation.objects.filter(municipality=municipality).values("person__user")
    return Registration.objects.filter(self_registered=False, municipality=municipality, created_by__in=liaisons)


def own_registrations(user: AnyUser) -> RegistrationQuerySet:
    """Those made with an e-mail that this account has *verified*; an address merely typed shows nothing."""
    if not user.is_authenticated:
        return Registration.objects.none()
    verified = EmailAddress.objects.filter(user_id=user.pk, verified=True).values(address=Lower("email"))
    return Registration.objects.filter(email_normalised__in=verified)


def confirmation_code(registration: Registration) -> str:
    """What the mail carries and nobody else knows: it proves that the e-mail is the person's."""
    return signing.dumps(registration.pk, salt="events.confirm-email")


def registrations_by_code(code: str) -> RegistrationQuerySet:
    """The registration whose e-mail this code confirms, for a day: its own deadline is shorter."""
    try:
        pk = signing.loads(code, salt="events.confirm-email", max_age=24 * 3600)
    except signing.BadSignature:
        return Registration.objects.none()
    return Registration.objects.filter(pk=pk)


def own_list_code(registration: Registration) -> str:
    """What the mail with the own registrations carries. It names a row and seals the row's address without holding it,
    so that the link ends where the address is corrected or erased."""
    return signing.dumps([registration.pk, _address_seal(registration.email_normalised)], salt=OWN_LIST)


def registrations_by_own_list(code: str) -> RegistrationQuerySet:
    """Those made with the e-mail that this code was sent to, for a day."""
    try:
        pk, seal = signing.loads(code, salt=OWN_LIST, max_age=24 * 3600)
    except signing.BadSignature:
        return Registration.objects.none()
    address = Registration.objects.filter(pk=pk).values_list("email_normalised", flat=True).first()
    if not address or not constant_time_compare(seal, _address_seal(address)):
        return Registration.objects.none()
    return Registration.objects.filter(email_normalised=address)


def _address_seal(address: str) -> str:
    return salted_hmac(OWN_LIST, address, algorithm="sha256").hexdigest()[:24]


def registrations_by_link(token: str) -> RegistrationQuerySet:
    """The registration whose own link this is, to whoever holds the link. Drafts hold no registrations to show."""
    return Registration.objects.filter(token=token)


def check_in_seal(registration: Registration) -> str:
    """What nobody can guess in the address of the registration's QR code: 100 bits that follow from its own link and
    the portal's key, and do not lead back to the link. Whoever sees the code can neither cancel nor read anything."""
    digest = salted_hmac("events.check-in", f"{registration.pk}:{registration.token}", algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:20].lower()


def registration_by_code(user: AnyUser, pk: int, seal: str) -> Registration | None:
    """The registration whose QR code this is, to who may see registrations; None where the seal is not its own."""
    related = ("event__format", "event__series", "municipality")
    registration = visible_registrations(user).select_related(*related).filter(pk=pk).first()
    if registration is None or not constant_time_compare(seal, check_in_seal(registration)):
        return None
    return registration


def own_personal_feed(user: AnyUser) -> PersonalFeed | None:
    """The account's own calendar, where it asked for one."""
    return PersonalFeed.objects.filter(user=user).first() if user.is_authenticated else None


def personal_feeds_by_link(token: str) -> QuerySet[PersonalFeed]:
    """The personal calendar whose secret address this is, to whoever holds it; none once the account is closed."""
    return PersonalFeed.objects.filter(token=token, user__is_active=True).select_related("user")


def registrations_by_receipt(pks: Collection[int]) -> RegistrationQuerySet:
    """Those that one form made, to whoever holds its signed receipt."""
    return Registration.objects.filter(pk__in=pks)


def invitation_by_link(event: Event, token: str) -> Invitation | None:
    """The invitation to this event whose link was followed."""
    return event.invitations.filter(token=token).select_related("registration").first() if token else None
