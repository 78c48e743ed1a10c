"""What a mail provider tells afterwards: a message that bounced, or that its reader marked as unwanted.

Off unless ``BOUNCE_PROVIDER`` names one of django-anymail's providers. Over plain SMTP the server's own answer is all
there is, and :mod:`outbox.drain` reads it.
"""

from collections.abc import Callable
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from anymail.urls import urlpatterns as every_provider
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpResponseBase

from outbox.enums import SuppressionReason
from outbox.envelope import one_line
from outbox.models import Message, Step
from outbox.services import suppress

REASONS = {
    EventType.BOUNCED: SuppressionReason.BOUNCED,
    EventType.COMPLAINED: SuppressionReason.COMPLAINED,
    EventType.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
}
# Why a provider did not even try: it remembers what happened earlier. Other reasons say nothing of the address.
REMEMBERED = {
    RejectReason.BOUNCED: SuppressionReason.BOUNCED,
    RejectReason.INVALID: SuppressionReason.BOUNCED,
    RejectReason.SPAM: SuppressionReason.COMPLAINED,
    RejectReason.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
}


def webhook(provider: str) -> Callable[..., HttpResponseBase]:
    """The view that takes what this provider sends; it asks for the secret of the settings."""
    found: dict[str, Any] = {str(pattern.name): getattr(pattern, "callback", None) for pattern in every_provider}
    view = found.get(f"{provider}_tracking_webhook")
    if view is None:
        known = ", ".join(sorted(name.removesuffix("_tracking_webhook") for name in found if "tracking" in name))
        raise ImproperlyConfigured(f"BOUNCE_PROVIDER must be one of: {known}.")
    return login_not_required(view)


@receiver(tracking, dispatch_uid="outbox.bounces")
@transaction.atomic
def note(sender: object, event: AnymailTrackingEvent, **_signal: object) -> None:
    """Mark the address, and say it in the history of the message where the provider names ours."""
    remembered = REMEMBERED.get(event.reject_reason) if event.event_type == EventType.REJECTED else None
    reason = REASONS.get(event.event_type, remembered)
    if reason is None or not event.recipient:
        return
    answer = one_line(event.mta_response or event.description or event.event_type)[:500]
    suppress(email=event.recipient, reason=reason, last_response=answer)
    for message in Message.objects.filter(message_id=f"<{str(event.message_id or '').strip('<>')}>"):
        Step.objects.create(message=message, state=message.state, text=answer, cause=f"{event.event_type}")
