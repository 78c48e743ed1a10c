"""How attendance is written down. Each row keeps the person's sex, kind, institution and municipality as they were."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.enums import AttendanceSource, EventStatus
from events.models import Attendance, Event, Registration
from events.services.registration import RegistrationData, find_or_make_person
from network.models import User
from network.services.people import hold_people
from outbox.models import normalise_email
from web.search import fold

KEPT = ("sex", "category", "institution", "municipality_id", "modality")


@dataclass(frozen=True)
class Marked:
    """What a saved list changed: people added to and taken off the attendance."""

    added: int
    removed: int


def why_closed(event: Event) -> str:
    """Why nobody can have been there: it is not published, or its day (at its own place) has not come. Else empty."""
    if event.status != EventStatus.PUBLISHED:
        return _("La asistencia se anota en eventos publicados, no en borradores ni en cancelados.")
    if event.first_day is None:
        return _("El evento aún no tiene fecha: la asistencia se anota desde ese día.")
    if event.first_day > timezone.localdate(timezone=ZoneInfo(event.time_zone)):
        return _("La asistencia se anota desde el día del evento: {day}.").format(day=event.day_label)
    return ""


@transaction.atomic
def mark_attendance(*, event: Event, present: Collection[int], was_present: Collection[int], by: User | None) -> Marked:
    """Apply the boxes that the person changed: ``present`` are the registrations ticked now, ``was_present`` those that
    were ticked when the page was read.

    Only the difference is written, so saving twice changes nothing and two people with the same list open do not undo
    each other's marks. Registrations of other events, and cancelled ones, are ignored.
    """
    _refuse_too_early(event)
    ticked, unticked = set(present) - set(was_present), set(was_present) - set(present)
    rows = event.registrations.live().filter(pk__in=ticked)
    hold_people(rows.values("person"))
    registrations = list(rows.all())
    already = set(
        event.attendances.filter(person__in=[row.person_id for row in registrations]).values_list("person", flat=True)
    )
    new = [_from_registration(row, by=by) for row in registrations if row.person_id not in already]
    Attendance.objects.bulk_create(new, ignore_conflicts=True)
    removed, _by_model = event.attendances.filter(registration__in=unticked).delete()
    return Marked(added=len(new), removed=removed)


@transaction.atomic
def add_attendee(
    *, event: Event, data: RegistrationData, by: User | None, namesake: bool = False, arrived_at: datetime | None = None
) -> Attendance:
    """Write down somebody who came without being registered.

    A name that is already in the event's lists is refused, so that nobody is counted twice, unless ``namesake`` says
    that it is another person; somebody found by e-mail and name with a live registration is marked by it.
    ``arrived_at``: when the person came, where this is written at the door.
    """
    event = Event.objects.select_for_update().get(pk=event.pk)
    _refuse_too_early(event)
    if not namesake and _key(data.name) in _names_in(event, besides_email=data.email):
        message = _("Ya hay alguien con este nombre en las listas del evento. Si es otra persona, márquelo abajo.")
        raise ValidationError({"name": message})
    person = find_or_make_person(data)
    if event.attendances.filter(person=person).exists():
        raise ValidationError({"name": _("La asistencia de esta persona ya está anotada.")})
    attendance = Attendance(event=event, person=person, arrived_at=arrived_at, created_by=by)
    attendance.source = AttendanceSource.CHECK_IN if arrived_at else AttendanceSource.STAFF
    attendance.registration = event.registrations.live().filter(person=person).first()
    attendance.sex, attendance.category, attendance.modality = data.sex, data.category, data.modality
    attendance.institution, attendance.municipality = data.institution, data.municipality
    attendance.save()
    return attendance


def _names_in(event: Event, *, besides_email: str) -> set[str]:
    """The names in the event's lists, except of registrations with this e-mail: who types it is that same person."""
    registered = event.registrations.live()
    if besides_email:
        registered = registered.exclude(email_normalised=normalise_email(besides_email))
    names = {*registered.values_list("name", flat=True), *event.attendances.values_list("person__name", flat=True)}
    return {_key(name) for name in names}


def _key(name: str) -> str:
    return " ".join(fold(name).split())


@transaction.atomic
def remove_attendance(*, attendance: Attendance, by: User | None) -> None:
    """Take back an attendance that was written by mistake."""
    attendance.delete()


def _from_registration(row: Registration, *, by: User | None) -> Attendance:
    kept = {name: getattr(row, name) for name in KEPT}
    return Attendance(
        event_id=row.event_id,
        person_id=row.person_id,
        registration=row,
        source=AttendanceSource.STAFF,
        created_by=by,
        **kept,
    )


def _refuse_too_early(event: Event) -> None:
    if why := why_closed(event):
        raise ValidationError(why)
