"""Who sees and does what with events. A draft does not exist for the public; a registration is seen by its own link."""

import rules
from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.db.models.functions import Lower

from events.models import Event, EventQuerySet, Registration, RegistrationQuerySet, Series
from network.rules import AnyUser, is_staff_member

rules.add_perm("events.manage_event", is_staff_member)
rules.add_perm("events.view_registrations", is_staff_member)
rules.add_perm("events.mark_attendance", is_staff_member)


def visible_events(user: AnyUser) -> EventQuerySet:
    """Published and cancelled events; to staff also the drafts."""
    events = Event.objects.all()
    return events if is_staff_member(user) else events.public()


def visible_series(user: AnyUser) -> QuerySet[Series]:
    """Every series: a series is announced before its first session is."""
    return Series.objects.all()


def visible_registrations(user: AnyUser) -> RegistrationQuerySet:
    """With personal data of everybody: all to staff, none to anybody else."""
    return Registration.objects.all() if is_staff_member(user) else Registration.objects.none()


def own_registrations(user: AnyUser) -> RegistrationQuerySet:
    """Those made with an e-mail that this account has *verified*; an address merely typed shows nothing."""
    if not user.is_authenticated:
        return Registration.objects.none()
    verified = EmailAddress.objects.filter(user_id=user.pk, verified=True).values(address=Lower("email"))
    return Registration.objects.filter(email_normalised__in=verified)


def registrations_by_link(token: str) -> RegistrationQuerySet:
    """The registration whose own link this is, to whoever holds the link. Drafts hold no registrations to show."""
    return Registration.objects.filter(token=token)
