"""What staff write to many: to an event's registered people, or to a segment of the network; each gets it once."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.enums import RegistrationState
from events.models import Announcement, BulkMessage, Event, Registration, RegistrationQuerySet, Segment
from network.enums import Act
from network.models import User
from network.services import audit
from outbox.services import Row, enqueue_many

M = TypeVar("M", BulkMessage, Announcement)


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
    message = BulkMessage(event=event, key=key, subject=subject, body=body, created_by=by)

    def rows() -> list[Row]:
        people = list(recipients.filter(event=event).only("pk", "email", "name", "language", "created_by", "state"))
        message.states = sorted({row.state for row in people})
        return [_row(message, registration) for registration in people]

    return _queue_once(message, rows, expected=expected, same={"event": event})


def _row(message: BulkMessage, registration: Registration) -> Row:
    return Row(
        kind="events.bulk",
        dedupe_key=f"bulk:{message.pk}:{registration.pk}",
        to_email=registration.email,
        to_name=registration.addressee,
        params={"bulk": message.pk, "registration": registration.pk},
        language=registration.language,
        cause=_cause("bulk message", message),
        mailing=message.mailing,
    )


def announce(*, segment: Segment, expected: int, key: str, by: User | None, **written: str) -> Announcement:
    """Queue one mail to each address of a segment and keep what was ``written`` (subject, body, and both in English).

    ``key`` and ``expected`` as in :func:`send_to_many`. An address that is in the segment more than once gets one mail:
    the outbox refuses a second one by its key. Who has left the segment when the mail is about to leave gets none.
    """
    announcement = Announcement(
        audience=segment.audience, region=segment.region, kind=segment.kind, series=segment.series, key=key,
        created_by=by, **written,
    )  # fmt: skip

    def rows() -> list[Row]:
        announcement.municipalities.set(segment.municipalities)
        return [_announced(announcement, address, found) for address, found in by_address(segment).items()]

    return _queue_once(announcement, rows, expected=expected, same={})


def by_address(segment: Segment) -> dict[str, list[Any]]:
    """The segment's designations or registrations under the address they share, the oldest first."""
    found: dict[str, list[Any]] = {}
    for row in segment.reachable():
        found.setdefault(row.address, []).append(row)
    return found


def _announced(announcement: Announcement, address: str, rows: list[Any]) -> Row:
    """The mail to one address, in the language of the oldest of its rows."""
    seal, first = announcement.seal(address), rows[0]
    return Row(
        kind="events.announcement",
        dedupe_key=f"{announcement.mailing}:{seal}",
        to_email=address,
        to_name=first.addressee if isinstance(first, Registration) else first.person.name,
        params={"announcement": announcement.pk, "rows": [row.pk for row in rows], "address": seal},
        language=_language(first),
        cause=_cause("announcement", announcement),
        mailing=announcement.mailing,
    )


def _language(row: Any) -> str:
    if isinstance(row, Registration):
        return row.language
    return row.person.user.language if row.person.user else settings.LANGUAGE_CODE


def _cause(what: str, message: BulkMessage | Announcement) -> str:
    return f"{what} {message.pk}" + (f", by account {message.created_by_id}" if message.created_by_id else "")


def _queue_once(message: M, rows: Callable[[], list[Row]], *, expected: int, same: dict[str, Any]) -> M:
    """Store the message and queue its ``rows``, where they are as many as was confirmed. Where the key was used
    already (in the ``same`` place): the message that it made, and no mail."""
    try:
        with transaction.atomic():
            # First, so that two clicks at once meet here and not after the mails.
            message.save(force_insert=True)
            found = rows()
            if len(found) != expected or not found:
                text = _("Ahora son {n} personas: revise y confirme de nuevo.").format(n=len(found))
                raise ValidationError({"confirm": text})
            message.recipients = len(found)
            message.save()
            enqueue_many(found)
            audit.record(Act.MAILED, by=message.created_by, of=message, recipients=len(found))
            return message
    except IntegrityError:
        first = type(message)._default_manager.filter(key=message.key, **same).first()
        if first is None:
            raise
        return first
