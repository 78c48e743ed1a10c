"""Accounts, the identity of the portal, versions of the privacy notice."""

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from network.enums import Act, Role
from network.models import AccountDecision, PrivacyNotice, User
from network.rules import needs_set_up
from network.services.audit import record
from web.models import CACHE_KEY, Installation


class AlreadySetUp(Exception):
    """Somebody administers this installation already. Nothing was stored."""


@transaction.atomic
def set_up(*, installation: Installation, email: str, name: str, password: str) -> User:
    """Say what the network is and open its first account of administration. Of two at once, one comes first.

    Raises :class:`AlreadySetUp` where somebody administers it.
    """
    Installation.objects.bulk_create([Installation(pk=1)], ignore_conflicts=True)
    Installation.objects.select_for_update().get(pk=1)  # of two at once, the other waits here
    if not needs_set_up():
        raise AlreadySetUp
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    reason = _("Primera cuenta de la instalación")
    decide_account(account=user, role=Role.ADMIN, is_active=True, reason=reason, by=user)
    change_installation(installation=installation, by=user)
    return user


@transaction.atomic
def decide_account(*, account: User, role: Role, is_active: bool, reason: str, by: User) -> User:
    """Give an account its role, open or close it, and keep the decision. A closed one is out at its next page."""
    account.role = role
    account.is_active = is_active
    # Django's admin, here a set of read-only pages, asks this flag.
    account.is_staff = role == Role.ADMIN
    account.is_superuser = account.is_superuser and role == Role.ADMIN
    account.save(update_fields=["role", "is_active", "is_staff", "is_superuser"])
    AccountDecision.objects.create(user=account, role=role, is_active=is_active, reason=reason, decided_by=by)
    record(Act.ACCOUNT_DECIDED, by=by, of=account, role=role, is_active=is_active)
    return account


def change_preferences(*, user: User, name: str, language: str) -> User:
    """What a person chooses for the own account."""
    user.name, user.language = name, language
    user.save(update_fields=["name", "language"])
    return user


def accept_notice(*, user: User, notice: PrivacyNotice | None) -> None:
    """Keep which version of the privacy notice stood before the form that opened this account."""
    if notice is not None:
        user.privacy_notice, user.consented_at = notice, timezone.now()
        user.save(update_fields=["privacy_notice", "consented_at"])


@transaction.atomic
def change_installation(*, installation: Installation, by: User | None = None) -> Installation:
    """Store the identity of the portal; pages show it as soon as it is committed."""
    installation.pk = 1
    installation.save()
    record(Act.SETTINGS_CHANGED, by=by, of=installation)
    transaction.on_commit(lambda: cache.delete(CACHE_KEY))
    return installation


@transaction.atomic
def publish_notice(*, notice: PrivacyNotice, by: User | None = None) -> PrivacyNotice:
    """Publish a version of the privacy notice. A version is never rewritten: consents point to it."""
    if notice.pk:
        raise ValueError("A published notice is not changed; publish a new version.")
    notice.save()
    record(Act.NOTICE_PUBLISHED, by=by, of=notice)
    return notice
