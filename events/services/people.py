"""What becomes of registrations and attendances when two records of one person are joined, parted, taken out or erased.

One human has one live registration and one attendance per event, so two of them are united:

* registrations: the one that stands better stays (a seat before a place in the line, then the one with an attendance,
  then that of the person who is kept); the other one is cancelled without a mail, and its seat passes on.
* attendances: one stays, with the earliest arrival and the latest leaving. Where both know when they came and left and
  one came after the other had left, the minutes add up; else both tell of the same presence, and the larger of the
  known minutes counts. A row that does not know its minutes takes nothing from one that does; unknown stays what
  neither knows. What the row of the kept person does not say (sex, kind, institution, municipality, modality) is taken
  from the other.
"""

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from events.enums import CancelCause, RegistrationState
from events.models import (
    AccessNeeds,
    Attendance,
    AttendanceImport,
    Event,
    ImportedPerson,
    Invitation,
    PersonalFeed,
    Registration,
    RegistrationAnswer,
    new_token,
)
from events.services.imports import SAID_OF_A_PERSON, forget_file
from events.services.institutions import registered_keys
from events.services.registration import cancel_registration
from events.services.seats import HOLDS_SEAT, free_seat, hand_out, hold_seats, release_seats, take_seat
from network.models import ERASED_NAME, Person
from network.registry import (
    Exported,
    Moved,
    MovedAgain,
    Outlook,
    give,
    give_back,
    own_addresses,
    row_as_json,
    row_of_json,
)
from outbox.models import Message
from outbox.services import forget_messages

REGISTRATION, ATTENDANCE = "events.Registration.person", "events.Attendance.person"
IMPORTED = "events.ImportedPerson.person"
KEYS = (REGISTRATION, ATTENDANCE, IMPORTED)
# From the worst to the best: which of two live registrations of a person stays.
STANDING: list[str] = [
    RegistrationState.UNCONFIRMED, RegistrationState.REQUESTED, RegistrationState.WAITING, RegistrationState.OFFERED,
    RegistrationState.CONFIRMED,
]  # fmt: skip
# What is kept of a registration that is cancelled, to revive it by: nothing that says who it is.
REVIVED = ("id", "event_id", "state", "cancelled_at", "cancel_cause")
FILLED_IN = ("modality", "sex", "category", "institution", "municipality_id")


def merge(kept: Person, gone: Person) -> Moved:
    """Give registrations and attendances to who is kept; those of one event are united as the module says."""
    twice = _registered_twice(kept, gone)
    events = Event.objects.select_for_update(no_key=True).filter(pk__in=twice).order_by("pk")
    cancelled = list(filter(None, (_keep_one_registration(event, kept, gone) for event in events)))
    united = [_unite(*pair) for pair in _attended_twice(kept, gone)]
    moved: Moved = {"registrations": give(REGISTRATION, to=kept, of=gone), "cancelled": cancelled}
    moved |= {"attendances": give(ATTENDANCE, to=kept, of=gone), "united": united}
    moved["relinked"] = _relink(cancelled)
    moved["imported"] = give(IMPORTED, to=kept, of=gone)
    return moved


def unmerge(kept: Person, gone: Person, moved: Moved) -> None:
    """Put back what :func:`merge` moved. ``ValidationError`` where a seat given back is somebody else's now."""
    give_back(IMPORTED, moved["imported"], of=kept, to=gone)
    for row in moved["relinked"]:
        attendance = Attendance.objects.filter(pk=row["attendance"], registration=row["now"])
        if not attendance.update(registration=row["was"]):
            raise MovedAgain
    for row in moved["united"]:
        _part(kept, row)
    give_back(ATTENDANCE, moved["attendances"], of=kept, to=gone)
    give_back(REGISTRATION, moved["registrations"], of=kept, to=gone)
    for row in moved["cancelled"]:
        _revive(row)


# --- Registrations


def _registered_twice(kept: Person, gone: Person) -> list[int]:
    theirs = Registration.objects.live().filter(person__in=[kept, gone]).order_by().values("event")
    return list(theirs.annotate(rows=Count("pk")).filter(rows=2).values_list("event", flat=True))


def _keep_one_registration(event: Event, kept: Person, gone: Person) -> dict[str, Any] | None:
    hold_seats(event.pk)
    rows = event.registrations.live().filter(person__in=[kept, gone])
    pair = list(rows.select_for_update(of=("self",)).select_related("seat_pool", "attendance"))
    if len(pair) < 2:
        return None  # one ended while the seats were being waited for
    pair.sort(key=lambda row: (STANDING.index(row.state), hasattr(row, "attendance"), row.person_id == kept.pk))
    loser, winner = pair
    before = row_as_json(loser)
    before = {name: before[name] for name in REVIVED}
    loser.state, loser.cancelled_at, loser.cancel_cause = (
        RegistrationState.CANCELLED, timezone.now(), CancelCause.MERGED,
    )  # fmt: skip
    loser.save(update_fields=["state", "cancelled_at", "cancel_cause"])
    if before["state"] in HOLDS_SEAT:
        free_seat(loser.seat_pool_id)
        if loser.seat_pool.released_at:
            release_seats(event)
        else:
            hand_out(event)
    return {"row": before, "winner": winner.pk}


def _revive(moved: dict[str, Any]) -> None:
    """Make a cancelled registration what it was, with its seat."""
    event = Event.objects.select_for_update(no_key=True).get(pk=moved["row"]["event_id"])
    hold_seats(event.pk)
    now = Registration.objects.select_for_update(of=("self",)).select_related("seat_pool").get(pk=moved["row"]["id"])
    if (now.state, now.cancel_cause) != (RegistrationState.CANCELLED, CancelCause.MERGED):
        raise MovedAgain
    was = row_of_json(Registration, moved["row"])
    if was.state in HOLDS_SEAT and not take_seat(now.seat_pool):
        text = _(
            "En «{event}» ya no hay lugar libre para la inscripción que se canceló al unir. Aumente el cupo o libere "
            "un lugar y deshaga otra vez."
        )
        raise ValidationError(text.format(event=event))
    now.state, now.cancelled_at, now.cancel_cause = was.state, was.cancelled_at, was.cancel_cause
    now.save(update_fields=["state", "cancelled_at", "cancel_cause"])


# --- Attendances


def _attended_twice(kept: Person, gone: Person) -> list[tuple[Attendance, Attendance]]:
    found: dict[int, dict[int, Attendance]] = defaultdict(dict)
    for row in Attendance.objects.select_for_update(of=("self",)).filter(person__in=[kept, gone]).order_by("pk"):
        found[row.event_id][row.person_id] = row
    return [(rows[kept.pk], rows[gone.pk]) for rows in found.values() if len(rows) == 2]


def _unite(stays: Attendance, goes: Attendance) -> dict[str, Any]:
    before = {"stays": row_as_json(stays), "goes": row_as_json(goes)}
    stays.minutes = _minutes(stays, goes)
    stays.arrived_at = min(filter(None, (stays.arrived_at, goes.arrived_at)), default=None)
    stays.left_at = max(filter(None, (stays.left_at, goes.left_at)), default=None)
    for name in FILLED_IN:
        setattr(stays, name, getattr(stays, name) or getattr(goes, name))
    goes.delete()
    stays.registration_id = stays.registration_id or before["goes"]["registration_id"]
    stays.save()
    return before | {"now": row_as_json(stays)}


def _minutes(one: Attendance, other: Attendance) -> int | None:
    known = [row.minutes for row in (one, other) if row.minutes is not None]
    first, second = sorted((one, other), key=lambda row: (row.arrived_at is None, row.arrived_at or timezone.now()))
    apart = first.left_at and second.arrived_at and first.left_at <= second.arrived_at
    return sum(known) if apart and len(known) == 2 else max(known, default=None)


def _part(kept: Person, united: dict[str, Any]) -> None:
    stays = Attendance.objects.select_for_update(of=("self",)).filter(pk=united["now"]["id"], person=kept).first()
    if stays is None or row_as_json(stays) != united["now"]:
        raise MovedAgain
    for name in ("stays", "goes"):
        row_of_json(Attendance, united[name]).save_base(raw=True)


def _relink(cancelled: list[dict[str, Any]]) -> list[dict[str, int]]:
    """An attendance follows from the registration that stays, so that who came is not counted among the others."""
    relinked = []
    for row in cancelled:
        was, now = int(row["row"]["id"]), row["winner"]
        attendance = Attendance.objects.filter(registration=was).first()
        if attendance and not Attendance.objects.filter(registration=now).exists():
            Attendance.objects.filter(pk=attendance.pk).update(registration=now)
            relinked.append({"attendance": attendance.pk, "was": was, "now": now})
    return relinked


# --- For the person, and without the person


def export(person: Person) -> Exported:
    registrations = person.registrations.select_related("event", "municipality", "privacy_notice", "access_needs")
    attendances = person.attendances.select_related("event", "municipality")
    answers = Prefetch("answers", RegistrationAnswer.objects.select_related("question"))
    return {
        _("Inscripciones"): [_registration_in_words(row) for row in registrations.prefetch_related(answers)],
        _("Asistencias"): [
            {
                _("Evento"): str(row.event),
                _("Fecha"): row.event.first_day,
                _("Llegada"): row.arrived_at,
                _("Minutos"): row.minutes,
                _("Modalidad"): row.get_modality_display(),
                _("Sexo"): row.get_sex_display(),
                _("Tipo de persona"): row.get_category_display(),
                _("Institución"): row.institution,
                _("Municipio"): str(row.municipality or ""),
                _("Fuente"): row.get_source_display(),
            }
            for row in attendances
        ],
        _("En informes de asistencia"): [
            {
                _("Evento"): str(row.attendance_import.event),
                _("Nombre"): row.name,
                _("Correo"): row.email,
                _("Minutos"): row.minutes,
                _("Llegada"): row.arrived_at,
                _("Salida"): row.left_at,
            }
            for row in ImportedPerson.objects.filter(person=person).select_related("attendance_import__event")
        ],
    }


def _registration_in_words(row: Registration) -> dict[str, Any]:
    said = {
        _("Evento"): str(row.event),
        _("Fecha"): row.event.first_day,
        _("Estado"): row.get_state_display(),
        _("Nombre"): row.name,
        _("Correo"): row.email,
        _("Sexo"): row.get_sex_display(),
        _("Tipo de persona"): row.get_category_display(),
        _("Institución"): row.institution,
        _("Municipio"): str(row.municipality or ""),
        _("Modalidad"): row.get_modality_display(),
        _("Inscrita el"): row.created_at,
        _("Aviso de privacidad"): str(row.privacy_notice or ""),
        _("Aceptado el"): row.consented_at,
    }
    said |= {answer.question.label: answer.in_words for answer in row.answers.all()}
    if needs := getattr(row, "access_needs", None):
        said |= {_("Accesibilidad"): needs.accessibility, _("Lengua o interpretación"): needs.language}
    return said


def outlook(person: Person) -> list[Outlook]:
    rows = person.registrations.all()
    coming = Registration.objects.live().filter(pk__in=rows, event__in=Event.objects.not_over())
    answers = RegistrationAnswer.objects.filter(registration__in=rows)
    needs = AccessNeeds.objects.filter(registration__in=rows)
    return [
        Outlook(label=_("Inscripciones: nombre, correo e institución"), kept=rows.count()),
        Outlook(label=_("Lugares en eventos por venir, que se liberan"), erased=coming.count()),
        Outlook(
            label=_("Respuestas de inscripción"),
            erased=answers.count(),
        ),
        Outlook(label=_("Necesidades para participar"), erased=needs.count()),
        Outlook(label=_("Invitaciones a eventos"), erased=_invitations(person).count()),
        Outlook(
            label=_("Asistencias: evento, municipio, institución registrada, sexo, tipo y minutos"),
            kept=person.attendances.count(),
        ),
    ]


def erase(person: Person) -> list[str]:
    """Registrations lose what was typed, and end where the event is still to come; attendances keep the cell that they
    are counted in: event, municipality, registered institution, sex, kind, minutes."""
    for row in person.registrations.live().filter(event__in=Event.objects.not_over()).order_by("event", "pk"):
        cancel_registration(registration=row, announce=False)
    rows = person.registrations.all()
    pks = list(rows.values_list("pk", flat=True))
    forget_messages(Message.objects.filter(params__registration__in=pks))
    _invitations(person).delete()
    RegistrationAnswer.objects.filter(registration__in=pks).delete()
    AccessNeeds.objects.filter(registration__in=pks).delete()
    for row in rows.only("pk"):
        Registration.objects.filter(pk=row.pk).update(token=new_token())  # the own page is nobody's any more
    rows.update(name=ERASED_NAME, email="", email_normalised="", institution="", cancel_reason="")
    person.attendances.exclude(institution_key__in=registered_keys()).update(institution="")
    PersonalFeed.objects.filter(user=person.user_id).delete()
    return _erase_from_reports(person)


def _erase_from_reports(person: Person) -> list[str]:
    """What reports say of the person goes, and with it the files that name everybody of their session."""
    rows = ImportedPerson.objects.alias(address=Lower("email"))
    rows = rows.filter(Q(person=person) | Q(address__in=own_addresses(person)))
    imports = list(AttendanceImport.objects.filter(people__in=rows).distinct())
    ImportedPerson.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(**SAID_OF_A_PERSON)
    return [name for made in imports if (name := forget_file(made))]


def _invitations(person: Person) -> QuerySet[Invitation]:
    """Those that the person came by, and those to an address that is nobody else's."""
    return Invitation.objects.filter(Q(registration__person=person) | Q(email_normalised__in=own_addresses(person)))
