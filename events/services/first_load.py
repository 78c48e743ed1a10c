"""First load of past events and of who was there: all of a confirmed sheet or nothing, and nobody is written to."""

import uuid
from collections import defaultdict
from datetime import date, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.enums import ImportDecision, MatchReason
from events.models import Attendance, Event, Format, ImportedPerson
from events.services.editing import publish_event, save_event
from events.services.imports import BATCH, import_list
from municipalities.models import Municipality
from network.models import Pathway, Person, SheetLoad, User
from network.services import WrongRow, take_load
from network.services.first_load import held_people, reason_of, rows_to_write
from web.search import folded_name

_KEYS = uuid.UUID("9c0b8c1e-58a4-4f55-9d0b-3b0a2f6d7e41")
DAYS, HOURS = ("first_day", "last_day"), ("start_time", "end_time")
SAID = ("title", "modality", "topic", "venue", "headcount", "source", "note", "time_zone")
CHOSEN: dict[str, type[Any]] = {"format": Format, "pathway": Pathway, "municipality": Municipality}
# Why somebody of a list is that person; the rules say it by the words of MatchReason.
REASONS = {"new": MatchReason.HAND}


def key_uid(key: str) -> uuid.UUID:
    """The event's ``uid`` that follows from the key it has in the sheets of the institute."""
    return uuid.uuid5(_KEYS, folded_name(key))


@transaction.atomic
def load_events(*, load: SheetLoad, by: User) -> int:
    """Write and publish the past events of a confirmed dry run; answers how many.

    Raises ``WrongRow`` where one does not hold any more, or ``LoadGone``.
    """
    take_load(load)
    rows = rows_to_write(load)
    chosen = {
        name: model._default_manager.in_bulk({row["data"][name] for row in rows} - {None})
        for name, model in CHOSEN.items()
    }
    for row in rows:
        try:
            with transaction.atomic():
                event = save_event(event=None, data=_event(row["data"], chosen), by=by, reason=reason_of(load))
                publish_event(event=event, by=by, reason=reason_of(load))
        except IntegrityError as error:
            said = _("alguien cargó este evento mientras usted revisaba la carga: suba la hoja otra vez.")
            raise WrongRow(row, said) from error
        except ValidationError as error:
            raise WrongRow(row, " ".join(error.messages)) from error
    return len(rows)


def _event(data: dict[str, Any], chosen: dict[str, dict[int, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {name: data[name] for name in SAID}
    said |= {name: date.fromisoformat(data[name]) if data[name] else None for name in DAYS}
    said |= {name: time.fromisoformat(data[name]) if data[name] else None for name in HOURS}
    said |= {name: rows.get(data[name]) for name, rows in chosen.items()}
    said["organisers"] = [{"organisation": name, "role": role} for name, role in data["organisers"]]
    return said | {"uid": key_uid(data["key"]), "registration_enabled": False}


@transaction.atomic
def load_attendance(*, load: SheetLoad, by: User) -> int:
    """Write who was at past events, as one imported list for each event; answers how many rows.

    Raises ``WrongRow`` where one does not hold any more, or ``LoadGone``.
    """
    take_load(load)
    rows = rows_to_write(load)
    events = _held_events(rows)
    _refuse_known(rows, load)
    people = held_people(rows)
    _make_people(rows, people)
    of_event: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_event[row["data"]["event"]].append(row)
    for pk, those in of_event.items():
        listed = [_listed(row["data"], people, by) for row in those]
        try:
            import_list(event=events[pk], people=listed, file_name=reason_of(load), by=by)
        except ValidationError as error:
            raise WrongRow(those[0], " ".join(error.messages)) from error
    return len(rows)


def _held_events(rows: list[dict[str, Any]]) -> dict[int, Event]:
    """The events of these rows: whoever loads the same ones waits, and then finds what is written now."""
    wanted = {row["data"]["event"] for row in rows}
    held = Event.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    events = {event.pk: event for event in held}
    for row in rows:
        if row["data"]["event"] not in events:
            raise WrongRow(row, _("este evento ya no está: suba la hoja otra vez."))
    return events


def _refuse_known(rows: list[dict[str, Any]], load: SheetLoad) -> None:
    """Somebody of these rows may have been written down since the dry run."""
    later = Attendance.objects.filter(event__in={row["data"]["event"] for row in rows}, created_at__gt=load.created_at)
    known = {
        key
        for event, person, name in later.values_list("event", "person", "person__name")
        for key in ((event, person), (event, folded_name(name)))
    }
    for row in rows:
        data = row["data"]
        if {(data["event"], data["person"]), (data["event"], folded_name(data["name"]))} & known:
            said = _("alguien anotó esta asistencia mientras usted revisaba la carga: suba la hoja otra vez.")
            raise WrongRow(row, said)


def _make_people(rows: list[dict[str, Any]], people: dict[int, Person]) -> None:
    """One person for each new number, with what all of its rows say."""
    new: dict[int, Person] = {}
    for row in rows:
        data = row["data"]
        if data["person"] > 0:
            continue
        person = new.setdefault(data["person"], Person(name=data["name"]))
        for name, value in (
            *((name, data[name]) for name in ("email", "sex", "category", "institution")),
            ("municipality_id", data["municipality"]),
        ):
            if value and not getattr(person, name):
                setattr(person, name, value)
    Person.objects.bulk_create(new.values(), batch_size=BATCH)
    people |= new


def _listed(data: dict[str, Any], people: dict[int, Person], by: User) -> ImportedPerson:
    minutes = data["minutes"]
    said = {name: data[name] for name in ("line", "name", "email", "sex", "category", "institution", "minutes")}
    row = ImportedPerson(
        **said, municipality_id=data["municipality"], person=people[data["person"]], decision=ImportDecision.PERSON,
        reason=REASONS.get(data["reason"]) or MatchReason(data["reason"]),
        spans=[(None, None, None if minutes is None else minutes * 60)],
    )  # fmt: skip
    if data["reason"] == MatchReason.HAND:  # the file says who it is: next time it is known
        row.decided_by, row.decided_at = by, timezone.now()
    return row
