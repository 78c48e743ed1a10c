"""Arrivals at the door: one person at a time, by several phones at once, some of them without network for a while.

Each *it came* and each *that was a mistake* is kept as a :class:`DoorMark` with the moment it was said. The attendance
follows from the marks in the order of those moments, whatever order they reach us in; a mark sent twice counts once.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.enums import AttendanceSource, EventStatus, RegistrationState
from events.models import Attendance, DoorMark, Registration, new_token
from events.services.attendance import KEPT
from network.models import User
from network.services.people import hold_people


class CheckInRefused(Exception):
    """Nothing was stored; the text says why. ``may_insist``: staff may let the person in all the same."""

    def __init__(self, text: str, *, may_insist: bool = False) -> None:
        super().__init__(text)
        self.may_insist = may_insist


def why_not(registration: Registration, at: datetime | None = None) -> CheckInRefused | None:
    """What stands against writing down that this person came at this moment (now); None where nothing does.

    The day is the event's own, where it takes place. Without a confirmed place staff decide: whoever is inside was
    there, so the attendance may be written, and the seats that were counted before stay as they are.
    """
    event = registration.event
    if event.status == EventStatus.CANCELLED:
        return CheckInRefused(_("El evento se canceló."))
    if event.status != EventStatus.PUBLISHED:
        return CheckInRefused(_("El evento es un borrador: publíquelo antes de registrar entradas."))
    if event.first_day is None or event.last_day is None:
        return CheckInRefused(_("El evento no tiene fecha: póngala antes de registrar entradas."))
    day = (at or timezone.now()).astimezone(ZoneInfo(event.time_zone)).date()
    if day < event.first_day:
        return CheckInRefused(_("Aún no es el día del evento: {when}.").format(when=event.day_label))
    if day > event.last_day:
        text = _("El evento ya pasó: {when}. La asistencia de quien falte se anota en la lista.")
        return CheckInRefused(text.format(when=event.day_label))
    if text := without_place(registration.state):
        return CheckInRefused(text, may_insist=True)
    return None


def without_place(state: str) -> str:
    """Why this state of a registration gives no place; empty for the one that does."""
    return {
        RegistrationState.WAITING: _("Está en la lista de espera: no tiene lugar confirmado."),
        RegistrationState.OFFERED: _("Se le ofreció un lugar y aún no lo acepta."),
        RegistrationState.REQUESTED: _("Su inscripción aún no se aprueba."),
        RegistrationState.UNCONFIRMED: _("No confirmó su correo: la inscripción no está completa."),
        RegistrationState.CANCELLED: _("Su inscripción está cancelada."),
    }.get(RegistrationState(state), "")


@transaction.atomic
def check_in(
    *, registration: Registration, by: User | None, at: datetime | None = None, anyway: bool = False, key: str = ""
) -> bool:
    """Write down that the person came; False where that was known already (then the earliest arrival stands).

    ``at``: when it was said, where that was not now. ``anyway``: staff insist although there is no confirmed place.
    Raises :class:`CheckInRefused`.
    """
    stored, at = _locked(registration), _not_ahead(at)
    written = stored.event.attendances.filter(person=stored.person_id).first()
    refused = why_not(stored, at)
    if refused and written is None and not (anyway and refused.may_insist):
        raise refused
    if not _note(stored, key=key, came=True, at=at, by=by):
        return False
    arrival = _arrival(stored)
    if arrival is None:
        return False
    if written is None:
        given = {name: getattr(stored, name) for name in KEPT} | {"registration": stored, "created_by": by}
        given |= {"source": AttendanceSource.CHECK_IN, "arrived_at": at}
        # Of one person's two registrations, each is locked by itself.
        return Attendance.objects.get_or_create(event=stored.event, person_id=stored.person_id, defaults=given)[1]
    _move(written, arrival)
    return False


@transaction.atomic
def undo_check_in(*, registration: Registration, by: User | None, at: datetime | None = None, key: str = "") -> bool:
    """Take back an arrival written at the door; False where there was none, or a later one stands.

    Raises :class:`CheckInRefused` where the attendance was written elsewhere: the door undoes what the door did.
    """
    stored, at = _locked(registration), _not_ahead(at)
    written = stored.event.attendances.filter(person=stored.person_id).first()
    if written is not None and written.source != AttendanceSource.CHECK_IN:
        raise CheckInRefused(_("Su asistencia se anotó en la lista, no en la entrada: quítela ahí."))
    if not _note(stored, key=key, came=False, at=at, by=by) or written is None:
        return False
    if arrival := _arrival(stored):
        _move(written, arrival)
        return False
    written.delete()
    return True


def _move(written: Attendance, arrival: datetime) -> None:
    """The moment that the marks say now; what was written elsewhere stays."""
    if written.source == AttendanceSource.CHECK_IN and written.arrived_at != arrival:
        written.arrived_at = arrival
        written.save(update_fields=["arrived_at"])


def _locked(registration: Registration) -> Registration:
    """The registration as it is now; whoever else marks it, or joins its person with another one, waits."""
    hold_people([registration.person_id])
    rows = Registration.objects.select_for_update(of=("self",)).select_related("event")
    return rows.get(pk=registration.pk)


def _not_ahead(at: datetime | None) -> datetime:
    return min(at or timezone.now(), timezone.now())


def _note(registration: Registration, *, key: str, came: bool, at: datetime, by: User | None) -> bool:
    """Keep the mark; False where this very one is kept already."""
    given = {"registration": registration, "came": came, "at": at, "created_by": by}
    return DoorMark.objects.get_or_create(key=key or new_token(), defaults=given)[1]


def _arrival(registration: Registration) -> datetime | None:
    """When the person came, by the marks in their order; None where the last one says that it was a mistake."""
    arrived = None
    for came, at in registration.door_marks.order_by("at", "pk").values_list("came", "at"):
        arrived = (arrived or at) if came else None
    return arrived
