"""How a person gets a place, gives it back, and how a free one reaches who waits for it.

Offered and confirmed registrations never exceed the capacity, whatever comes at once. The row is stored as *waiting*,
all that belongs to it follows, and **last** one conditional UPDATE of the seat counter decides who is confirmed: so the
row of the counter is locked for the shortest time (docs/architecture.md, "a person registers"; ``seats.py`` has the
rules of the line).
"""

import base64
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from events.enums import Admission, CancelCause, EventStatus, RegistrationState, RegistrationStatus
from events.models import Event, Invitation, Registration, SeatPool, new_token
from events.services.questions import store_answers
from events.services.seats import (
    HAS_ROOM,
    HOLDS_SEAT,
    free_seat,
    hand_out,
    hold_seats,
    line_for,
    message,
    release_seats,
    seats_for,
    seats_of,
    take_seat,
    to_release,
)
from municipalities.models import Municipality
from network.models import Person, PrivacyNotice, User
from network.services.people import known_person
from outbox.models import Message, normalise_email
from outbox.services import Row, enqueue_many
from web.search import fold

TAKES_REGISTRATIONS = {RegistrationStatus.OPEN, RegistrationStatus.WAITING_LIST}
# So many mails from public forms an address gets in a day, whoever types it: enough for whoever is eager, too few to
# annoy somebody with. Nothing is counted by where a form came from: a whole room may share one connection.
MAILS_A_DAY = 10
FROM_PUBLIC_FORMS = (
    "events.registration", "events.registration_link", "events.confirm_email", "events.registration_cancelled",
    "events.own_registrations", "events.series_registration", "trainings.enrolment", "trainings.enrolment_link",
    "trainings.enrolment_cancelled",
)  # fmt: skip
# So long a registration waits for its e-mail to be confirmed, where the event asks for it.
CONFIRM_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationData:
    """What was typed. ``privacy_notice`` is the version that was shown and agreed to; ``answers`` are those to the
    event's own questions, by the question's id; ``needs`` are fields of :class:`AccessNeeds`; ``person`` is who it is,
    where that is known already (whoever holds a place in a training)."""

    name: str
    email: str = ""
    sex: str = ""
    category: str = ""
    institution: str = ""
    municipality: Municipality | None = None
    modality: str = ""
    language: str = "es"
    privacy_notice: PrivacyNotice | None = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    person: Person | None = None


class RegistrationRefused(Exception):
    """Nothing was stored. ``status`` says why, in the public's words."""

    def __init__(self, status: RegistrationStatus) -> None:
        super().__init__(status)
        self.status = status


class AlreadyRegistered(Exception):
    """There is a live registration with this e-mail, or of this person. ``told``: its own address got its own link
    again; false where it had too many mails today, or where whoever calls tells it. ``told_before``: it got one within
    the hour, and gets no other. ``unconfirmed_until``: in words, where its e-mail is still to be confirmed."""

    def __init__(self, *, told: bool, told_before: bool, unconfirmed_until: str) -> None:
        super().__init__()
        self.told, self.told_before, self.unconfirmed_until = told, told_before, unconfirmed_until


def register(
    *,
    event: Event,
    data: RegistrationData,
    by: User | None = None,
    self_registered: bool = True,
    form_key: str = "",
    announce: bool = True,
    invitation: str = "",
    approved: bool = False,
) -> Registration:
    """Register one person; the answer's ``state`` says what is next: *confirmed* or *waiting*; *requested* where the
    institute approves; *unconfirmed*, for :data:`CONFIRM_WITHIN`, where the event asks to confirm the e-mail.

    ``invitation`` is the token of the link that was followed; it, or an invitation to the e-mail typed, opens an event
    that takes only who was invited, and needs no approval. ``approved``: the institute itself registers, so that there
    is nothing to approve, to be invited to or to confirm.

    ``form_key`` is a random text that the form carried: the same form sent twice for the same person answers the first
    registration. Where the event takes nobody (closed, or full without a waiting list) it raises
    :class:`RegistrationRefused`; a second live registration of an e-mail raises :class:`AlreadyRegistered`. Where
    ``self_registered`` is false (a liaison enrols colleagues), e-mails may be shared or missing.
    Without ``announce`` no mail leaves: whoever calls tells the person.
    """
    invited = _invitation(event, data, invitation, self_registered=self_registered)
    status = event.registration_status(seats_left=None, invited=approved or invited is not None)
    token = token_of(event, data, form_key) if form_key else new_token()
    if status not in TAKES_REGISTRATIONS:
        if form_key and (first := Registration.objects.filter(token=token).first()):
            return first  # the same form again, after the door was closed
        raise RegistrationRefused(status)
    entry = RegistrationState.WAITING
    if not approved:
        proven = not self_registered or (invited is not None and invited.token == invitation)
        entry = _entry(event, invited=invited is not None, email_proven=proven)
    try:
        with transaction.atomic():
            return _register(
                event,
                data,
                by=by,
                self_registered=self_registered,
                token=token,
                entry=entry,
                invitation=invited,
                announce=announce,
            )
    except IntegrityError:
        first = Registration.objects.filter(token=token).first()
        if first is not None:
            return first
        known = _live(event, data)
        if known is None:
            raise
        if known.is_late:
            _end_unconfirmed(timezone.now())
            return register(
                event=event, data=data, by=by, self_registered=self_registered, form_key=form_key, announce=announce,
                invitation=invitation, approved=approved,
            )  # fmt: skip
        unconfirmed = known.state == RegistrationState.UNCONFIRMED
        again = "events.confirm_email" if unconfirmed else "events.registration_link"
        key = f"link:{timezone.now():%Y%m%d%H}"
        before = Message.objects.filter(dedupe_key=f"registration:{known.pk}:{key}").exists()
        raise AlreadyRegistered(
            told=not before and (announce or unconfirmed) and _enqueue(known, again, key=key, by=by),
            told_before=before,
            unconfirmed_until=known.deadline if unconfirmed else "",
        ) from None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What came of enrolling one colleague: a registration, or ``why`` there is none."""

    name: str
    registration: Registration | None = None
    why: str = ""


def enrol_colleagues(*, event: Event, people: Sequence[RegistrationData], by: User, form_key: str) -> list[Enrolment]:
    """A liaison registers colleagues of one municipality; each stands for itself, so that one who cannot be registered
    does not keep the others out.

    A name that this municipality already enrolled is not enrolled twice, since without an e-mail nothing else tells
    people apart; the same form sent twice enrols once.
    """
    done: list[Enrolment] = []
    for number, data in enumerate(people):
        key = f"{form_key}:{number}"
        same_form = Registration.objects.filter(token=token_of(event, data, key)).first()
        if same_form is None and _is_enrolled(event, data):
            done.append(Enrolment(data.name, why=_("su municipio ya inscribió a alguien con este nombre")))
            continue
        try:
            row = register(event=event, data=data, by=by, self_registered=False, form_key=key)
        except AlreadyRegistered:
            done.append(Enrolment(data.name, why=_("ya tiene una inscripción a este evento")))
        except RegistrationRefused as refused:
            done.append(Enrolment(data.name, why=str(refused.status.label).lower()))
        else:
            done.append(Enrolment(data.name, registration=row))
    return done


def _is_enrolled(event: Event, data: RegistrationData) -> bool:
    colleagues = event.registrations.live().filter(self_registered=False, municipality=data.municipality)
    return " ".join(fold(data.name).split()) in {
        " ".join(fold(name).split()) for name in colleagues.values_list("name", flat=True)
    }


@transaction.atomic
def confirm_email(*, registration: Registration) -> Registration:
    """The person followed the link in the mail: now comes the seat, the line or the institute's approval. Twice changes
    nothing, and too late ends it. :class:`RegistrationRefused` where the event is full meanwhile and has no waiting
    list."""
    now = timezone.now()
    event, stored = _held(registration)
    if stored.is_late:
        _end_unconfirmed(now)
        stored.refresh_from_db()
    if stored.state != RegistrationState.UNCONFIRMED:
        return stored
    invited = Invitation.objects.filter(registration=stored).exists()
    stored.state = _entry(event, invited=invited, email_proven=True)
    stored.created_at, stored.expires_at = now, None
    stored.save(update_fields=["state", "created_at", "expires_at"])
    _enqueue(stored, "events.registration", by=None)
    if stored.state == RegistrationState.WAITING:
        _seat_or_line(stored, event, seats_of(event), now=now)
    return stored


@transaction.atomic
def approve_registration(*, registration: Registration, by: User) -> Registration:
    """The institute lets this person in: a seat, else the end of the line. Twice changes nothing.
    :class:`RegistrationRefused` where the event is full and has no waiting list."""
    event, stored = _held(registration)
    if stored.state != RegistrationState.REQUESTED:
        return stored
    stored.state = RegistrationState.WAITING
    stored.save(update_fields=["state"])
    _enqueue(stored, "events.approved", key="approved", by=by)
    _seat_or_line(stored, event, seats_of(event), now=timezone.now())
    return stored


@transaction.atomic
def refuse_registration(*, registration: Registration, reason: str, by: User) -> Registration:
    """The institute does not let this person in, and tells them why. Twice changes nothing."""
    event, stored = _held(registration)
    if stored.state == RegistrationState.REQUESTED:
        _end(event, stored, by=by, cause=CancelCause.NOT_ACCEPTED, reason=reason)
    return stored


@transaction.atomic
def invite(*, event: Event, addresses: Iterable[str], by: User) -> int:
    """Invite these addresses; each gets one mail with its own link, and one invited before gets none. Returns how many
    are new. ``ValidationError`` where an invitation opens nothing (:func:`why_no_invitations`)."""
    if why := why_no_invitations(Event.objects.select_for_update(no_key=True).get(pk=event.pk)):
        raise ValidationError(why)
    wanted = {normalise_email(address): address.strip() for address in addresses}
    for known in event.invitations.filter(email_normalised__in=wanted).values_list("email_normalised", flat=True):
        del wanted[known]
    new = Invitation.objects.bulk_create(
        Invitation(event=event, email=address, email_normalised=normalised, created_by=by)
        for normalised, address in wanted.items()
    )
    enqueue_many(
        Row(
            kind="events.invitation",
            dedupe_key=f"event-invitation:{row.pk}",
            to_email=row.email,
            params={"invitation": row.pk},
            language="es",
            cause=f"invitation {row.pk} to event {event.pk}, by account {by.pk}",
        )
        for row in new
    )
    return len(new)


def why_no_invitations(event: Event) -> str:
    """Why nobody is invited to this event, in words; empty where people may be."""
    if event.admission == Admission.OPEN:
        return _("Este evento está abierto a todas las personas: no hace falta invitar.")
    if event.status == EventStatus.DRAFT:
        return _("Publique el evento para invitar: el correo lleva el enlace de su página.")
    status = event.registration_status(seats_left=None, invited=True)
    if status in {RegistrationStatus.OPEN, RegistrationStatus.NOT_YET}:
        return ""
    return _("El evento ya no recibe inscripciones: no se puede invitar.")


@transaction.atomic
def cancel_registration(
    *,
    registration: Registration,
    by: User | None = None,
    cause: CancelCause = CancelCause.PERSON,
    reason: str = "",
    announce: bool = True,
) -> Registration:
    """Give the place back, or the place in the line, and hand a seat to the next one. Cancelling twice changes nothing.

    ``reason`` is told to the person. Without ``announce`` no mail leaves: whoever calls tells the person.
    """
    event, stored = _held(registration)
    if stored.state != RegistrationState.CANCELLED:
        _end(event, stored, by=by, cause=cause, reason=reason, announce=announce)
    return stored


@transaction.atomic
def decline_offer(*, registration: Registration, by: User | None = None) -> Registration:
    """Give back a seat that was offered. One that was accepted meanwhile stays, and so does a place in the line."""
    event, stored = _held(registration)
    if stored.state == RegistrationState.OFFERED:
        _end(event, stored, by=by, cause=CancelCause.PERSON, reason="")
    return stored


def _end(
    event: Event, stored: Registration, *, by: User | None, cause: CancelCause, reason: str, announce: bool = True
) -> None:
    """The registration is over; a seat it held passes on. The seats are held."""
    held_seat = stored.state in HOLDS_SEAT
    stored.state, stored.cancelled_at, stored.cancel_cause = RegistrationState.CANCELLED, timezone.now(), cause
    stored.cancel_reason = reason
    if not held_seat:
        stored.expires_at = None  # the end of an offer alone says that there was a seat
    stored.save(update_fields=["state", "cancelled_at", "cancel_cause", "cancel_reason", "expires_at"])
    if announce:
        _enqueue(stored, "events.registration_cancelled", key="cancelled", by=by)
    if held_seat:
        _pass_on(event, stored.seat_pool)


@transaction.atomic
def accept_offer(*, registration: Registration, by: User | None = None) -> Registration:
    """Take the seat that was offered. The answer's state says what came of it: *confirmed*, or what it was before where
    the time was over or nothing was offered. Accepting twice changes nothing."""
    now = timezone.now()
    mine = Registration.objects.filter(pk=registration.pk, state=RegistrationState.OFFERED, expires_at__gt=now)
    accepted = mine.update(state=RegistrationState.CONFIRMED, confirmed_at=now, expires_at=None)
    stored = Registration.objects.select_related("event").get(pk=registration.pk)
    if accepted:
        _enqueue(stored, "events.promoted", key="promoted", by=by)
    return stored


@transaction.atomic
def promote_one(*, registration: Registration, by: User, add_seat: bool = False) -> Registration:
    """Staff give this person a seat, whoever else waits. The event's history says so.

    A free seat is used, else ``add_seat`` makes the capacity one larger; without it ``ValidationError`` says the
    numbers. A seat that was offered to this person is confirmed.
    """
    event = Event.objects.select_for_update(no_key=True).get(pk=registration.event_id)
    _event, stored = _held(registration)
    if stored.state == RegistrationState.CONFIRMED:
        return stored
    if stored.state == RegistrationState.CANCELLED or event.status != EventStatus.PUBLISHED:
        raise ValidationError(_("Esta inscripción ya no está vigente."))
    before = position_in_line(stored)
    if stored.state != RegistrationState.OFFERED:
        stored.seat_pool = _seat_for_one(event, stored, add_seat=add_seat)
    stored.state, stored.confirmed_at, stored.expires_at = RegistrationState.CONFIRMED, timezone.now(), None
    stored.save(update_fields=["state", "confirmed_at", "expires_at", "seat_pool"])
    _enqueue(stored, "events.promoted", key="promoted", by=by)
    event.version += 1
    event._history_user = by  # type: ignore[attr-defined]
    event._change_reason = _("Lugar dado a la inscripción {pk} (posición {position} de la lista)").format(  # type: ignore[attr-defined]
        pk=stored.pk, position=before or "—"
    )
    event.save(update_fields=["version"])
    return stored


def promote_waiting(event: Event) -> int:
    """Hand free seats to those who wait (see :func:`seats.hand_out`). Returns how many got one."""
    return hand_out(event)


def promote_everywhere() -> int:
    """Hand out every seat that stayed free although somebody waits. Returns how many were handed out."""
    waiting = Registration.objects.filter(event=OuterRef("event"), state=RegistrationState.WAITING)
    free = SeatPool.objects.filter(HAS_ROOM, Exists(waiting), released_at=None).values("event_id")
    ahead = Q(starts_at=None) | Q(starts_at__gt=timezone.now())
    return sum(hand_out(event) for event in Event.objects.published().filter(ahead, pk__in=free))


def expire_due(now: datetime | None = None) -> int:
    """Take back the seats whose offer was not accepted in time and pass them on. Returns how many were taken back.

    Registrations whose e-mail was not confirmed in time end too; nobody is told, since nobody answered.
    """
    now = now or timezone.now()
    _end_unconfirmed(now)
    # Offers in an event that was called off just end with it: its people were told.
    due = Registration.objects.filter(
        state=RegistrationState.OFFERED, expires_at__lte=now, event__status=EventStatus.PUBLISHED
    ).order_by()
    return sum(_expire(event, now) for event in Event.objects.filter(pk__in=due.values("event_id")))


def _end_unconfirmed(now: datetime) -> None:
    Registration.objects.filter(state=RegistrationState.UNCONFIRMED, expires_at__lte=now).update(
        state=RegistrationState.CANCELLED, cancelled_at=now, cancel_cause=CancelCause.EMAIL_UNCONFIRMED
    )


def release_due(now: datetime | None = None) -> int:
    """Give everybody the seats kept for a municipality whose date has come. Returns how many moved."""
    now = now or timezone.now()
    due = SeatPool.objects.filter(to_release(now)).values("event_id")
    return sum(release_seats(event, now=now) for event in Event.objects.filter(pk__in=due))


def sweep() -> None:
    """What the clock does to seats: offers that ran out, kept seats whose date came, free seats that were missed."""
    expire_due()
    release_due()
    promote_everywhere()


def position_in_line(registration: Registration) -> int:
    """1 for the next one to get a seat; 0 for who does not wait."""
    if registration.state != RegistrationState.WAITING:
        return 0
    pools = list(SeatPool.objects.filter(event=registration.event_id, released_at=None))
    line = _choices(registration, pools)[-1]
    at, pk = registration.created_at, registration.pk
    ahead = Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk)
    return 1 + Registration.objects.filter(line_for(line, pools), ahead, state=RegistrationState.WAITING).count()


def positions_in_line(events: Collection[int]) -> dict[int, int]:
    """:func:`position_in_line` of everybody who waits in these events, by the registration's key. Two queries."""
    open_to_all = SeatPool.objects.filter(event__in=events, municipality=None, released_at=None).exclude(modality="")
    apart = set(open_to_all.values_list("event_id", "modality"))
    lines: Counter[tuple[int, str]] = Counter()
    positions: dict[int, int] = {}
    waiting = Registration.objects.waiting().filter(event__in=events)
    for pk, event, modality in waiting.values_list("pk", "event_id", "modality"):
        line = (event, modality if (event, modality) in apart else "")
        lines[line] += 1
        positions[pk] = lines[line]
    return positions


def _entry(event: Event, *, invited: bool, email_proven: bool) -> RegistrationState:
    """Where somebody who comes in begins. Typing an address that is invited proves nothing: its owner confirms it."""
    if (event.confirms_email or invited) and not email_proven:
        return RegistrationState.UNCONFIRMED
    if event.admission == Admission.APPROVAL and not invited:
        return RegistrationState.REQUESTED
    return RegistrationState.WAITING


def _invitation(event: Event, data: RegistrationData, token: str, *, self_registered: bool = True) -> Invitation | None:
    """The invitation that lets this person in: that of the link, else that of the e-mail. One that somebody else used
    is none, and a mailbox that colleagues share invites none of those whom a liaison enrols."""
    if event.admission == Admission.OPEN:
        return None
    email = normalise_email(data.email) if self_registered else ""
    mine = (Q(token=token) if token else Q(pk=None)) | (Q(email_normalised=email) if email else Q(pk=None))
    found = [
        row
        for row in event.invitations.filter(mine).select_related("registration")
        if row.registration is None
        or row.registration.state == RegistrationState.CANCELLED
        or (email and row.registration.email_normalised == email)
    ]
    return max(found, key=lambda row: row.token == token, default=None)


def _use(invitation: Invitation, registration: Registration) -> None:
    """Note who came by it; refused where somebody else was faster."""
    unused = Invitation.objects.filter(pk=invitation.pk, registration=invitation.registration_id)
    if not unused.update(registration=registration):
        raise RegistrationRefused(RegistrationStatus.BY_INVITATION)


def _register(
    event: Event,
    data: RegistrationData,
    *,
    by: User | None,
    self_registered: bool,
    token: str,
    entry: RegistrationState,
    invitation: Invitation | None,
    announce: bool,
) -> Registration:
    now = timezone.now()
    pools = seats_of(event)
    municipality_id = data.municipality.pk if data.municipality else None
    registration = Registration.objects.create(
        event=event,
        person=find_or_make_person(data),
        seat_pool=seats_for(pools, municipality_id=municipality_id, modality=data.modality)[-1],
        state=entry,
        expires_at=now + CONFIRM_WITHIN if entry == RegistrationState.UNCONFIRMED else None,
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
    store_answers(registration=registration, answers=data.answers, needs=data.needs)
    if invitation is not None:
        _use(invitation, registration)
    if entry == RegistrationState.UNCONFIRMED:
        _enqueue(registration, "events.confirm_email", by=by, key="confirm", expires_at=registration.expires_at)
    elif announce:
        _enqueue(registration, "events.registration", by=by)
    if entry == RegistrationState.WAITING:
        _seat_or_line(registration, event, pools, now=now)
    else:
        hold_seats(event.pk)
        _refuse_unpublished(event)
    return registration


def _refuse_unpublished(event: Event) -> None:
    """The seats are held: an event called off before is seen, and one called off later waits."""
    event.refresh_from_db(fields=["status", "waiting_list_enabled"])
    if event.status != EventStatus.PUBLISHED:
        raise RegistrationRefused(event.registration_status(seats_left=0))


def _seat_or_line(registration: Registration, event: Event, pools: Sequence[SeatPool], *, now: datetime) -> None:
    """A seat, else the end of the line; :class:`RegistrationRefused` where there is none.

    Where one counter is all there is, a free seat takes one UPDATE. Whoever goes to the line holds the seats while
    looking once more, so that nobody who frees a seat at this moment overlooks them.
    """
    alone = len(pools) == 1
    if not alone:
        hold_seats(event.pk)
    pool = _take_one(registration, pools)
    if pool is None and alone:
        hold_seats(event.pk)
        pool = _take_one(registration, pools)
    _refuse_unpublished(event)
    if pool is not None:
        registration.state, registration.confirmed_at = RegistrationState.CONFIRMED, now
        registration.seat_pool = pool
        registration.save(update_fields=["state", "confirmed_at", "seat_pool"])
        return
    if not event.waiting_list_enabled:
        raise RegistrationRefused(RegistrationStatus.FULL)
    registration.created_at = timezone.now()  # the place in the line, given while nobody else is let into it
    registration.save(update_fields=["created_at"])


def _take_one(registration: Registration, pools: Sequence[SeatPool]) -> SeatPool | None:
    """A seat that nobody else waits for."""
    others = Registration.objects.waiting().exclude(pk=registration.pk).order_by()
    for pool in _choices(registration, pools):
        if take_seat(pool, ~Exists(others.filter(line_for(pool, pools)))):
            return pool
    return None


def _choices(registration: Registration, pools: Sequence[SeatPool]) -> list[SeatPool]:
    return seats_for(pools, municipality_id=registration.municipality_id, modality=registration.modality)


def _held(registration: Registration) -> tuple[Event, Registration]:
    """The event and the registration as they are stored, with the seats held."""
    event = Event.objects.get(pk=registration.event_id)
    if event.seat_pools.filter(municipality__isnull=False, release_at__lte=timezone.now()).exists():
        # Seats that move from a kept counter to everybody's change the event too, which is locked first.
        event = Event.objects.select_for_update(no_key=True).get(pk=registration.event_id)
    hold_seats(event.pk)
    rows = Registration.objects.select_for_update(of=("self",)).select_related("event", "seat_pool")
    return event, rows.get(pk=registration.pk)


def _pass_on(event: Event, pool: SeatPool) -> None:
    """Give one seat back and hand it to the next one."""
    free_seat(pool.pk)
    if pool.released_at:
        release_seats(event)
    else:
        hand_out(event)


def _seat_for_one(event: Event, registration: Registration, *, add_seat: bool) -> SeatPool:
    """A free seat, or one more of those open to all. The seats are held."""
    choices = _choices(registration, seats_of(event))
    for pool in choices:
        if take_seat(pool):
            return pool
    line = choices[-1]
    if not add_seat:
        text = _("No hay lugares libres: {taken} de {capacity} están ocupados.")
        raise ValidationError(text.format(taken=line.taken, capacity=line.capacity))
    SeatPool.objects.filter(pk=line.pk).update(capacity=F("capacity") + 1, taken=F("taken") + 1)
    return line


@transaction.atomic
def _expire(event: Event, now: datetime) -> int:
    hold_seats(event.pk)
    expired = Registration.objects.filter(event=event, state=RegistrationState.OFFERED, expires_at__lte=now)
    rows = list(expired.select_for_update(of=("self",)).order_by("pk"))
    mine = Registration.objects.filter(pk__in=[row.pk for row in rows])
    given_back = list(mine.order_by().values("seat_pool").annotate(seats=Count("pk")))
    mine.update(state=RegistrationState.CANCELLED, cancelled_at=now, cancel_cause=CancelCause.OFFER_EXPIRED)
    for counter in given_back:
        SeatPool.objects.filter(pk=counter["seat_pool"]).update(taken=F("taken") - counter["seats"])
    enqueue_many(message(row, "events.registration_cancelled", key="cancelled") for row in rows)
    hand_out(event)
    return len(rows)


def find_or_make_person(data: RegistrationData) -> Person:
    """The known person of this e-mail *and* name, never changed; else a new one. Namesakes are not joined."""
    if data.person is not None:
        return data.person
    if known := known_person(email=data.email, name=data.name):
        return known
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


def token_of(event: Event, data: RegistrationData, form_key: str) -> str:
    """The link of whoever sends this form for this person: the same for the same form, and known to nobody else."""
    same = "\n".join([str(event.pk), form_key, normalise_email(data.email), fold(data.name)])
    digest = salted_hmac("events.registration", same, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def may_mail(email: str) -> bool:
    """Whether this address may get one more mail that a public form asks for."""
    sent = Message.objects.to_address(email).filter(
        kind__in=FROM_PUBLIC_FORMS, created_at__gte=timezone.now() - timedelta(days=1)
    )
    return len(sent.order_by().values_list("pk")[:MAILS_A_DAY]) < MAILS_A_DAY


def mail_was_queued(registration: Registration) -> bool:
    """Whether anything was sent about a registration of the last day: false where the cap held it back."""
    if not registration.email or registration.created_at < timezone.now() - timedelta(days=1):
        return True
    if may_mail(registration.email):
        return True
    since = Message.objects.to_address(registration.email).filter(created_at__gte=registration.created_at)
    return any(
        key.startswith(f"registration:{registration.pk}:") or registration.pk in params.get("registrations", ())
        for key, params in since.values_list("dedupe_key", "params")
    )


def queue_own_registrations(*, email: str, language: str) -> None:
    """Send this address a link to its registrations, at most once an hour. The row is written whether it has any or
    not, so that the answer takes as long; a mail leaves only where it has."""
    if not may_mail(email):
        return
    digest = salted_hmac("events.own-registrations", normalise_email(email), algorithm="sha256").hexdigest()[:32]
    key = f"own-registrations:{digest}:{timezone.now():%Y%m%d%H}"
    enqueue_many(
        [
            Row(
                kind="events.own_registrations",
                dedupe_key=key,
                to_email=normalise_email(email),  # the very address that is looked up, whatever letters were typed
                params={"key": key},
                language=language,
                cause="own registrations asked for",
                expires_at=timezone.now() + timedelta(hours=1),
            )
        ]
    )


def _enqueue(
    registration: Registration,
    kind: str,
    *,
    by: User | None,
    key: str = "made",
    expires_at: datetime | None = None,
) -> bool:
    """Queue one mail. What a person can cause without an account is capped: false where it was held back."""
    capped = registration.self_registered and by is None and kind in FROM_PUBLIC_FORMS
    if capped and registration.email and not may_mail(registration.email):
        return False
    enqueue_many([message(registration, kind, key=key, by=by, expires_at=expires_at)])
    return True
