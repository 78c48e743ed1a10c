"""Accounts, the identity of the portal, versions of the privacy notice."""

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from network.enums import Role
from network.models import AccountDecision, PrivacyNotice, User
from web.models import CACHE_KEY, Installation


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
def change_installation(*, installation: Installation) -> Installation:
    """Store the identity of the portal; pages show it as soon as it is committed."""
    installation.pk = 1
    installation.save()
    transaction.on_commit(lambda: cache.delete(CACHE_KEY))
    return installation


def publish_notice(*, notice: PrivacyNotice) -> PrivacyNotice:
    """Publish a version of the privacy notice. A version is never rewritten: consents point to it."""
    if notice.pk:
        raise ValueError("A published notice is not changed; publish a new version.")
    notice.save()
    return notice
