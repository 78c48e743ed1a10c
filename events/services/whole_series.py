"""Registering once for several sessions of a series: a registration in each, and one mail for all of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from events.enums import RegistrationStatus
from events.models import Event, Registration, Series
from events.services.registration import (
    AlreadyRegistered,
    RegistrationData,
    RegistrationRefused,
    may_mail,
    register,
    token_of,
)
from network.enums import Modality
from outbox.models import Message, normalise_email
from outbox.services import enqueue


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of each session: a registration made (with a seat or in the line), one that was there already, or none
    and why. ``told``: a mail has it all; false where the address had too many today."""

    made: list[Registration]
    known: list[Event]
    refused: list[tuple[Event, RegistrationStatus]]
    told: bool = False


@transaction.atomic
def register_in_sessions(
    *, series: Series, sessions: Iterable[Event], data: RegistrationData, form_key: str
) -> Outcome:
    """Register one person in each of the sessions, or in none where something fails; one mail tells of all.

    The same form sent twice answers the same registrations and sends nothing more. Sessions are taken in one order, so
    that two people who register for the same ones do not wait for each other's seats in a circle.
    """
    outcome = Outcome([], [], [])
    for event in sorted(sessions, key=lambda event: event.pk):
        own = replace(data, modality=data.modality if event.modality == Modality.HYBRID else event.modality)
        try:
            outcome.made.append(register(event=event, data=own, form_key=form_key, announce=False))
        except AlreadyRegistered:
            outcome.known.append(event)
        except RegistrationRefused as refusal:
            outcome.refused.append((event, refusal.status))
    return replace(outcome, told=_tell(series, outcome, data, form_key))


def sessions_of_form(sessions: Iterable[Event], *, data: RegistrationData, form_key: str) -> set[int]:
    """Those of the sessions, by their keys, in which this very form registered this person before."""
    tokens = [token_of(event, data, form_key) for event in sessions]
    return set(Registration.objects.filter(token__in=tokens).values_list("event_id", flat=True))


def _tell(series: Series, outcome: Outcome, data: RegistrationData, form_key: str) -> bool:
    """One mail with the link of each registration. Those that were there already are told to the address alone. False
    where none left."""
    address = normalise_email(data.email)
    known = Registration.objects.live().filter(event__in=outcome.known, email_normalised=address)
    registrations = sorted({row.pk for row in [*outcome.made, *known]})
    form = hashlib.sha256(f"{form_key}\n{address}".encode()).hexdigest()[:32]
    key = f"series-registration:{series.pk}:{form}"
    if not registrations or not may_mail(data.email):
        return Message.objects.filter(dedupe_key=key).exists()
    enqueue(
        kind="events.series_registration",
        dedupe_key=key,
        to_email=data.email,
        params={"series": series.pk, "registrations": registrations},
        language=data.language,
        cause=f"series {series.pk}, one form",
    )
    return True
