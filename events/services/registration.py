"""How a person gets a place, gives it back, and how a free one reaches who waits for it.

Confirmed registrations never exceed the capacity, whatever comes at once. The row is stored as *waiting*, all that
belongs to it follows, and **last** one conditional UPDATE of the seat counter decides who is confirmed: so the row of
the counter is locked for the shortest time (docs/architecture.md, "a person registers"). A CHECK in the database stands
behind it.
"""

import base64
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from events.enums import EventStatus, RegistrationState, RegistrationStatus
from events.models import Event, Registration, SeatPool, new_token
from municipalities.models import Municipality
from network.models import Person, PrivacyNotice, User
from outbox.models import normalise_email
from outbox.services import enqueue
from web.search import fold

TAKES_REGISTRATIONS = {RegistrationStatus.OPEN, RegistrationStatus.WAITING_LIST}
HAS_ROOM = Q(capacity__isnull=True) | Q(taken__lt=F("capacity"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationData:
    """What was typed. ``privacy_notice`` is the version that was shown and agreed to."""

    name: str
    email: str = ""
    sex: str = ""
    category: str = ""
    institution: str = ""
    municipality: Municipality | None = None
    modality: str = ""
    language: str = "es"
    privacy_notice: PrivacyNotice | None = None


class RegistrationRefused(Exception):
    """Nothing was stored. ``status`` says why, in the public's words."""

    def __init__(self, status: RegistrationStatus) -> None:
        super().__init__(status)
        self.status = status


class AlreadyRegistered(Exception):
    """There is a live registration with this e-mail, or of this person. Its own address got its own link again."""


def register(
    *, event: Event, data: RegistrationData, by: User | None = None, self_registered: bool = True, form_key: str = ""
) -> Registration:
    """Register one person; the answer's ``state`` is *confirmed* or *waiting*.

    ``form_key`` is a random text that the form carried: the same form sent twice for the same person answers the first
    registration. Where the event takes nobody (closed, or full without a waiting list) it raises
    :class:`RegistrationRefused`; a second live registration of an e-mail raises :class:`AlreadyRegistered`. Where
    ``self_registered`` is false (a liaison enrols colleagues), e-mails may be shared or missing.
    """
    status = event.registration_status(seats_left=None)
    if status not in TAKES_REGISTRATIONS:
        raise RegistrationRefused(status)
    token = _token(event, data, form_key) if form_key else new_token()
    try:
        with transaction.atomic():
            return _register(event, data, by=by, self_registered=self_registered, token=token)
    except IntegrityError:
        first = Registration.objects.filter(token=token).first()
        if first is not None:
            return first
        known = _live(event, data)
        if known is None:
            raise
        _enqueue(known, "events.registration_link", key=f"link:{timezone.now():%Y%m%d%H}", by=by)
        raise AlreadyRegistered from None


@transaction.atomic
def cancel_registration(*, registration: Registration, by: User | None = None) -> Registration:
    """Give the place back and hand it to the next one waiting. Cancelling twice changes nothing."""
    stored = Registration.objects.select_for_update(of=("self",)).select_related("event").get(pk=registration.pk)
    if stored.state == RegistrationState.CANCELLED:
        return stored
    had_seat = stored.state == RegistrationState.CONFIRMED
    stored.state, stored.cancelled_at = RegistrationState.CANCELLED, timezone.now()
    stored.save(update_fields=["state", "cancelled_at"])
    _enqueue(stored, "events.registration_cancelled", key="cancelled", by=by)
    if had_seat:
        SeatPool.objects.filter(pk=stored.seat_pool_id).update(taken=F("taken") - 1)
        promote_waiting(stored.event)
    return stored


@transaction.atomic
def promote_waiting(event: Event) -> int:
    """Hand free seats to those who wait, first come first, and tell them. Returns how many got one.

    Nobody is promoted into an event that began, was cancelled or is not published.
    """
    if event.status != EventStatus.PUBLISHED or _has_begun(event):
        return 0
    promoted = 0
    for pool in SeatPool.objects.filter(
        HAS_ROOM, event=event, registrations__state=RegistrationState.WAITING
    ).distinct():
        while _promote_next(pool):
            promoted += 1
    return promoted


def promote_everywhere() -> int:
    """The sweep: hand out every seat that stayed free although somebody waits. Returns how many were handed out."""
    room = Q(seat_pool__capacity__isnull=True) | Q(seat_pool__taken__lt=F("seat_pool__capacity"))
    missed = Registration.objects.filter(room, state=RegistrationState.WAITING).values("event_id")
    return sum(promote_waiting(event) for event in Event.objects.published().filter(pk__in=missed))


def position_in_line(registration: Registration) -> int:
    """1 for the next one to get a seat; 0 for who does not wait."""
    if registration.state != RegistrationState.WAITING:
        return 0
    at, pk = registration.created_at, registration.pk
    waiting = Registration.objects.filter(seat_pool_id=registration.seat_pool_id, state=RegistrationState.WAITING)
    return 1 + waiting.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk)).count()


def _register(
    event: Event, data: RegistrationData, *, by: User | None, self_registered: bool, token: str
) -> Registration:
    now = timezone.now()
    pool = _seat_pool(event, data)
    registration = Registration.objects.create(
        event=event,
        person=find_or_make_person(data),
        seat_pool=pool,
        token=token,
        self_registered=self_registered,
        name=data.name,
        email=data.email.strip(),
        email_normalised=normalise_email(data.email),
        sex=data.sex,
        category=data.category,
        institution=data.institution,
        municipality=data.municipality,
        modality=data.modality,
        language=data.language,
        privacy_notice=data.privacy_notice,
        consented_at=now if data.privacy_notice else None,
        created_at=now,
        created_by=by,
    )
    _enqueue(registration, "events.registration", by=by)
    # The INSERT waited for whoever was changing the event, so the event is asked for as it is now.
    if _take_seat(pool, Exists(Event.objects.filter(pk=event.pk, status=EventStatus.PUBLISHED))):
        registration.state, registration.confirmed_at = RegistrationState.CONFIRMED, now
        registration.save(update_fields=["state", "confirmed_at"])
        return registration
    event.refresh_from_db(fields=["status", "waiting_list_enabled"])
    status = event.registration_status(seats_left=0)
    if status != RegistrationStatus.WAITING_LIST:
        raise RegistrationRefused(status)
    return registration


def _take_seat(pool: SeatPool, *conditions: Exists) -> bool:
    """The one statement that decides. What it asks of the counter stands in its own WHERE, which is asked again after
    waiting for another transaction's lock."""
    return bool(SeatPool.objects.filter(HAS_ROOM, *conditions, pk=pool.pk).update(taken=F("taken") + 1))


def _promote_next(pool: SeatPool) -> bool:
    """Move one seat to the first one waiting. The counter is taken first: who holds it decides alone."""
    if not _take_seat(pool):
        return False
    for waiting in Registration.objects.waiting().filter(seat_pool=pool)[:20]:
        moved = Registration.objects.filter(pk=waiting.pk, state=RegistrationState.WAITING).update(
            state=RegistrationState.CONFIRMED, confirmed_at=timezone.now()
        )
        if moved:
            _enqueue(waiting, "events.promoted", key="promoted", by=None)
            return True
    SeatPool.objects.filter(pk=pool.pk).update(taken=F("taken") - 1)
    return False


def _seat_pool(event: Event, data: RegistrationData) -> SeatPool:
    """The seats kept for this municipality and modality, for the one, for the other, else everybody's."""
    fitting = [
        pool
        for pool in event.seat_pools.all()
        if pool.modality in {"", data.modality}
        and pool.municipality_id in {None, data.municipality and data.municipality.pk}
    ]
    if not fitting:
        return SeatPool.objects.get_or_create(event=event, modality="", municipality=None)[0]
    return max(fitting, key=lambda pool: (pool.municipality_id is not None, pool.modality != ""))


def find_or_make_person(data: RegistrationData) -> Person:
    """The known person of this e-mail *and* name, never changed; else a new one. Namesakes are not joined."""
    email = normalise_email(data.email)
    if email:
        name = " ".join(fold(data.name).split())
        for person in Person.objects.alias(address=Lower("email")).filter(address=email).order_by("pk"):
            if " ".join(fold(person.name).split()) == name:
                return person
    return Person.objects.create(
        name=data.name,
        email=data.email.strip(),
        sex=data.sex,
        category=data.category,
        institution=data.institution,
        municipality=data.municipality,
    )


def _live(event: Event, data: RegistrationData) -> Registration | None:
    """The live registration with this e-mail, the one people made themselves first."""
    same = Registration.objects.live().filter(event=event, email_normalised=normalise_email(data.email))
    return same.exclude(email_normalised="").order_by("-self_registered", "pk").first()


def _token(event: Event, data: RegistrationData, form_key: str) -> str:
    """The link of whoever sends this form for this person: the same for the same form, and known to nobody else."""
    same = "\n".join([str(event.pk), form_key, normalise_email(data.email), fold(data.name)])
    digest = salted_hmac("events.registration", same, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _has_begun(event: Event) -> bool:
    if event.starts_at:
        return event.starts_at <= timezone.now()
    return event.first_day is not None and event.first_day < timezone.localdate()


def _enqueue(registration: Registration, kind: str, *, by: User | None, key: str = "made") -> None:
    enqueue(
        kind=kind,
        dedupe_key=f"registration:{registration.pk}:{key}",
        to_email=registration.email,
        to_name=registration.name,
        params={"registration": registration.pk},
        language=registration.language,
        cause=f"{kind} {registration.pk}" + (f", by account {by.pk}" if by else ""),
    )
