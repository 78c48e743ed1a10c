"""What staff write to many of an event's registered people at once; each gets it once."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, Count, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from events.enums import RegistrationState
from events.models import BulkMessage, Event, Registration, RegistrationQuerySet
from network.models import User
from outbox.models import Message
from outbox.services import Row, enqueue_many


def reachable(registrations: RegistrationQuerySet, *, in_one_state: bool) -> RegistrationQuerySet:
    """Who of these a message goes to: with an address that is not waiting to be confirmed and, unless one state was
    asked for, not cancelled."""
    found = registrations.exclude(email="").exclude(state=RegistrationState.UNCONFIRMED)
    return found if in_one_state else found.live()


def send_to_many(
    *, event: Event, recipients: RegistrationQuerySet, expected: int, subject: str, body: str, key: str, by: User | None
) -> BulkMessage:
    """Queue one mail to each of ``recipients`` and keep what was written.

    ``key`` is a random text that the form carried: the same form sent again answers the first message and mails
    nobody. ``expected`` is the number that the person confirmed; where it is another one now, nothing is sent and
    ``ValidationError`` says the new number.
    """
    try:
        with transaction.atomic():
            # First, so that two clicks at once meet here and not after the mails.
            message = BulkMessage.objects.create(event=event, key=key, subject=subject, body=body, created_by=by)
            rows = list(recipients.filter(event=event).only("pk", "email", "name", "language", "created_by", "state"))
            if len(rows) != expected or not rows:
                text = _("Ahora son {n} personas: revise y confirme de nuevo.").format(n=len(rows))
                raise ValidationError({"confirm": text})
            message.recipients = len(rows)
            message.states = sorted({row.state for row in rows})
            message.save(update_fields=["recipients", "states"])
            enqueue_many(_row(message, registration, by) for registration in rows)
            return message
    except IntegrityError:
        first = BulkMessage.objects.filter(key=key, event=event).first()
        if first is None:
            raise
        return first


def _row(message: BulkMessage, registration: Registration, by: User | None) -> Row:
    return Row(
        kind="events.bulk",
        dedupe_key=f"bulk:{message.pk}:{registration.pk}",
        to_email=registration.email,
        to_name=registration.addressee,
        params={"bulk": message.pk, "registration": registration.pk},
        language=registration.language,
        cause=f"bulk message {message.pk}" + (f", by account {by.pk}" if by else ""),
    )


def delivery_of(event: Event) -> dict[int, dict[str, int]]:
    """How the mails of each message to the event's people stand: message → state → number. One query.

    The keys are made from the event's registrations, so that each mail is found by the index of its key.
    """
    pk = Cast("pk", CharField())
    message = Cast(F("event__bulk_messages"), CharField())
    keys = (
        Registration.objects.filter(event=event, event__bulk_messages__isnull=False)
        .order_by()
        .values_list(Concat(Value("bulk:"), message, Value(":"), pk, output_field=CharField()), flat=True)
    )
    counts = (
        Message.objects.filter(dedupe_key__in=keys)
        .order_by()
        .values_list("params__bulk", "state")
        .annotate(number=Count("pk"))
    )
    found: dict[int, dict[str, int]] = {}
    for bulk, state, number in counts:
        found.setdefault(int(bulk), {})[state] = number
    return found
