"""The secret address of an account's own calendar: made, replaced and withdrawn by its owner."""

from django.db import transaction
from django.utils import timezone

from events.models import PersonalFeed, new_token
from network.models import User


@transaction.atomic
def renew_personal_feed(*, by: User) -> PersonalFeed:
    """Give the account a new address; the one it had leads nowhere from now on."""
    values = {"token": new_token(), "created_at": timezone.now()}
    return PersonalFeed.objects.update_or_create(user=by, defaults=values)[0]


def withdraw_personal_feed(*, by: User) -> None:
    """Leave the account without an address; withdrawing twice changes nothing."""
    PersonalFeed.objects.filter(user=by).delete()
