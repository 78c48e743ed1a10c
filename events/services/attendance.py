"""How attendance is written down. Each row keeps the person's sex, kind, institution and municipality as they were."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.enums import AttendanceSource, EventStatus
from events.models import Attendance, Event, Registration
from events.services.registration import person_for
from network.models import User

KEPT = ("sex", "category", "institution", "municipality_id", "modality")


@dataclass(frozen=True)
class Marked:
    """What a saved list changed: people added to and taken off the attendance."""

    added: int
    removed: int


@transaction.atomic
def mark_attendance(
    *, event: Event, present: Collection[int], was_present: Collection[int], by: User | None
) -> Marked:
    """Apply the boxes that the person changed: ``present`` are the registrations ticked now, ``was_present`` those that
    were ticked when the page was read.

    Only the difference is written, so saving twice changes nothing and two people with the same list open do not undo
    each other's marks. Registrations of other events, and cancelled ones, are ignored.
    """
    _refuse_unpublished(event)
    ticked, unticked = set(present) - set(was_present), set(was_present) - set(present)
    registrations = list(event.registrations.live().filter(pk__in=ticked))
    already = set(event.attendances.filter(person__in=[row.person_id for row in registrations]).values_list("person", flat=True))
    new = [_from_registration(row, by=by) for row in registrations if row.person_id not in already]
    Attendance.objects.bulk_create(new, ignore_conflicts=True)
    removed, _by_model = event.attendances.filter(registration__in=unticked).delete()
    return Marked(added=len(new), removed=removed)


@transaction.atomic
def add_attendee(*, event: Event, data: Mapping[str, Any], by: User | None) -> Attendance:
    """Write down somebody who came without being registered. Somebody with a live registration is marked by it."""
    _refuse_unpublished(event)
    person = person_for(data)
    if event.attendances.filter(person=person).exists():
        raise ValidationError({"name": _("La asistencia de esta persona ya está anotada.")})
    attendance = Attendance(event=event, person=person, source=AttendanceSource.STAFF, created_by=by)
    attendance.registration = event.registrations.live().filter(person=person).first()
    attendance.sex, attendance.category = data.get("sex", ""), data.get("category", "")
    attendance.institution, attendance.municipality = data.get("institution", ""), data.get("municipality")
    attendance.modality = data.get("modality", "")
    attendance.save()
    return attendance


@transaction.atomic
def remove_attendance(*, attendance: Attendance, by: User | None) -> None:
    """Take back an attendance that was written by mistake."""
    attendance.delete()


def _from_registration(row: Registration, *, by: User | None) -> Attendance:
    kept = {name: getattr(row, name) for name in KEPT}
    return Attendance(
        event_id=row.event_id, person_id=row.person_id, registration=row, source=AttendanceSource.STAFF, created_by=by, **kept
    )


def _refuse_unpublished(event: Event) -> None:
    if event.status != EventStatus.PUBLISHED:
        raise ValidationError(_("La asistencia se anota en eventos publicados, no en borradores ni en cancelados."))
