"""Counted seats: who may sit where, who waits, and how a free seat reaches the next one in line.

Somebody may take the seats kept for their municipality first, then everybody's: those of their way of attending where
such are counted apart, else the general ones. That last counter is also the line they wait in.

What keeps it right with many people at once:

* a seat is taken by one conditional UPDATE of its counter, so confirmed and offered registrations never exceed the
  capacity (a CHECK in the database stands behind it);
* nobody takes a seat that somebody waits for;
* whoever frees seats, hands them out, goes to the end of the line or takes seats where there are several counters
  holds the row of the event's general counter until the end of the transaction (:func:`hold_seats`). So no seat stays
  free between two who do not see each other, and the line is in the order in which people were let into it. Whoever
  also changes the event locks the event's row before, and never more strongly than ``no_key``: Django's foreign keys
  are looked up on commit, when a registration already holds its counter. Where there is one counter only, taking a
  free seat needs no more than its UPDATE.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from events.enums import EventStatus, RegistrationState
from events.models import Event, Registration, SeatPool
from network.models import User
from outbox.services import Row, enqueue_many

HAS_ROOM = Q(capacity__isnull=True) | Q(taken__lt=F("capacity"))
HOLDS_SEAT = (RegistrationState.OFFERED, RegistrationState.CONFIRMED)
# So near the start nobody is asked any more: a free seat is simply given.
NO_OFFERS_WITHIN = timedelta(hours=2)


def offer_ends_at(event: Event, now: datetime) -> datetime | None:
    """Until when a seat offered now may be accepted; None where it is given without asking.

    The event's ``offer_hours``, but never more than a quarter of the time left until the start, so that a seat that
    nobody accepts can pass on three times and more. In the last two hours (and where ``offer_hours`` is 0) the seat is
    given at once. A day without an hour begins at its midnight, and an event without a date is far away.
    """
    if not event.offer_hours:
        return None
    length = timedelta(hours=event.offer_hours)
    start = starts_at(event)
    if start is not None:
        if start - now <= NO_OFFERS_WITHIN:
            return None
        length = min(length, (start - now) / 4)
    return now + length


def starts_at(event: Event) -> datetime | None:
    """The start; midnight at the event's place where the hour is not known, None where the day is not."""
    if event.starts_at or event.first_day is None:
        return event.starts_at
    return datetime.combine(event.first_day, time(), tzinfo=ZoneInfo(event.time_zone))


def seats_of(event: Event) -> list[SeatPool]:
    """The counters that are in use, the general one first; it is made where it is missing.

    Kept ones whose date has come are given to everybody before anything else.
    """
    now = timezone.now()
    pools = list(event.seat_pools.filter(released_at=None))
    if any(pool.municipality_id and pool.release_at and pool.release_at <= now for pool in pools):
        release_seats(event, now=now)
        pools = list(event.seat_pools.filter(released_at=None))
    general = next((pool for pool in pools if not pool.modality and pool.municipality_id is None), None)
    if general is None:
        general = SeatPool.objects.get_or_create(event=event, modality="", municipality=None)[0]
        pools.append(general)
    pools.sort(key=lambda pool: (pool is not general, pool.pk))
    return pools


def seats_for(pools: Sequence[SeatPool], *, municipality_id: int | None, modality: str) -> list[SeatPool]:
    """The counters somebody may take a seat from, in order; the last one is the line they wait in."""
    own = [
        pool
        for pool in pools
        if pool.municipality_id is not None
        and pool.municipality_id == municipality_id
        and pool.modality in {"", modality}
    ]
    own.sort(key=lambda pool: not pool.modality)
    open_to_all = {pool.modality: pool for pool in pools if pool.municipality_id is None}
    return [*own, open_to_all.get(modality) or open_to_all[""]]


def line_for(pool: SeatPool, pools: Iterable[SeatPool]) -> Q:
    """Whose turn it may be when a seat of this counter is free."""
    who = Q(event_id=pool.event_id)
    if pool.municipality_id is not None:
        who &= Q(municipality_id=pool.municipality_id)
    if pool.modality:
        return who & Q(modality=pool.modality)
    if pool.municipality_id is not None:
        return who
    apart = [other.modality for other in pools if other.municipality_id is None and other.modality]
    return who & ~Q(modality__in=apart) if apart else who


def hold_seats(event_id: int) -> None:
    """Lock the general counter of an event to the end of the transaction."""
    general = SeatPool.objects.filter(event=event_id, modality="", municipality=None)
    # As strong as an UPDATE and no stronger, so that rows that point here can still be written.
    general.select_for_update(no_key=True).values_list("pk", flat=True).first()


def take_seat(pool: SeatPool, *conditions: Combinable) -> bool:
    """The one statement that decides. What it asks of the counter stands in its own WHERE, which is asked again after
    waiting for another transaction's lock."""
    return bool(SeatPool.objects.filter(HAS_ROOM, *conditions, pk=pool.pk).update(taken=F("taken") + 1))


def free_seat(pool_id: int) -> None:
    """Give one back. The caller holds the seats and hands them on."""
    SeatPool.objects.filter(pk=pool_id).update(taken=F("taken") - 1)


@transaction.atomic
def hand_out(event: Event) -> int:
    """Give free seats to those who wait, first come first, and tell them. Returns how many got one.

    Each gets an offer (see :func:`offer_ends_at`); who has no e-mail to answer by gets the seat at once. Nothing is
    handed out in an event that began, was cancelled or is not published.
    """
    if event.status != EventStatus.PUBLISHED or has_begun(event):
        return 0
    hold_seats(event.pk)
    pools = list(event.seat_pools.filter(released_at=None))
    # Kept seats first: who gets one of those leaves a general one to somebody else.
    pools.sort(key=lambda pool: (pool.municipality_id is None, not pool.modality))
    return sum(_hand_out(event, pool, pools) for pool in pools)


def _hand_out(event: Event, pool: SeatPool, pools: Sequence[SeatPool]) -> int:
    left = pool.seats_left
    if left is not None and left <= 0:
        return 0
    waiting = Registration.objects.waiting().filter(line_for(pool, pools))
    rows = list(waiting if left is None else waiting[:left])
    if not rows:
        return 0
    SeatPool.objects.filter(pk=pool.pk).update(taken=F("taken") + len(rows))
    now = timezone.now()
    until = offer_ends_at(event, now)
    asked = [row for row in rows if until is not None and row.email]
    given = [row for row in rows if until is None or not row.email]
    _seated(asked).update(state=RegistrationState.OFFERED, seat_pool=pool, expires_at=until)
    _seated(given).update(state=RegistrationState.CONFIRMED, seat_pool=pool, confirmed_at=now)
    enqueue_many(message(row, "events.offered", key="offered", expires_at=until) for row in asked)
    enqueue_many(message(row, "events.promoted", key="promoted") for row in given)
    return len(rows)


def _seated(rows: Sequence[Registration]) -> QuerySet[Registration]:
    return Registration.objects.filter(pk__in=[row.pk for row in rows])


@transaction.atomic
def release_seats(event: Event, *, now: datetime | None = None) -> int:
    """Give everybody the kept seats whose date has come and which are free, and hand them out. Returns how many moved.

    Moved once: the kept counter ends with as many seats as are taken. A seat of it that is given back later moves in
    the same way. Whoever has the event's form open is told that it changed (``version``).
    """
    now = now or timezone.now()
    stored = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    hold_seats(event.pk)
    pools = list(SeatPool.objects.filter(event=event))
    open_to_all = {pool.modality: pool for pool in pools if pool.municipality_id is None}
    moved = 0
    changed = False
    for pool in pools:
        if pool.municipality_id is None or pool.release_at is None or pool.release_at > now:
            continue
        if pool.released_at and not pool.seats_left:
            continue
        left = pool.seats_left or 0
        target = open_to_all.get(pool.modality) or open_to_all[""]
        SeatPool.objects.filter(pk=pool.pk).update(
            capacity=pool.taken if pool.capacity is not None else None, released_at=pool.released_at or now
        )
        SeatPool.objects.filter(pk=target.pk, capacity__isnull=False).update(capacity=F("capacity") + left)
        moved += left
        changed = True
    if changed:
        Event.objects.filter(pk=event.pk).update(version=F("version") + 1)
        hand_out(stored)
    return moved


def to_release(now: datetime) -> Q:
    """Kept counters whose date has come and which were not given to everybody yet, or have a free seat again."""
    return Q(release_at__lte=now, municipality__isnull=False) & (Q(released_at=None) | Q(taken__lt=F("capacity")))


def has_begun(event: Event) -> bool:
    if event.starts_at:
        return event.starts_at <= timezone.now()
    return event.first_day is not None and event.first_day < timezone.localdate()


def message(
    registration: Registration, kind: str, *, key: str, by: User | None = None, expires_at: datetime | None = None
) -> Row:
    """One mail about a registration; ``key`` says which, so that each leaves once."""
    return Row(
        kind=kind,
        dedupe_key=f"registration:{registration.pk}:{key}",
        to_email=registration.email,
        to_name=registration.addressee,
        params={"registration": registration.pk},
        language=registration.language,
        expires_at=expires_at,
        cause=f"{kind} {registration.pk}" + (f", by account {by.pk}" if by else ""),
    )
