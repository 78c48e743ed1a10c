"""First load: everything of a confirmed sheet is written together, or nothing of it, and nobody is written to."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from network.enums import DesignationKind, PersonCategory, Verdict
from network.models import Designation, Person, SheetLoad, User
from network.services.designations import conclude_expired, conflict, save_letter
from network.services.directory import ChangedMeanwhile, save_contact
from network.services.loads import WrongRow, take_load
from network.services.people import edit_person, hold_people
from web.search import folded_name

WRITTEN = (Verdict.NEW, Verdict.CHANGED)
PERSON = ("email", "position", "phone", "sex")
LETTER = ("kind", "state", "oficio_number", "signed_by")


def reason_of(load: SheetLoad) -> str:
    """What history says of a row that came by this load."""
    return _("Carga inicial {file}").format(file=load.file_name)


def rows_to_write(load: SheetLoad) -> list[dict[str, Any]]:
    return [row for row in load.rows if row["verdict"] in WRITTEN]


@transaction.atomic
def load_designations(*, load: SheetLoad, by: User) -> int:
    """Write the letters of a confirmed dry run with their people; answers how many.

    Raises ``WrongRow`` where one does not hold any more, or ``LoadGone``.
    """
    take_load(load)
    rows = sorted(rows_to_write(load), key=lambda row: row["data"]["starts_on"])
    _hold(row["data"]["municipality"] for row in rows)
    _refuse_known(rows)
    people = held_people(rows)
    for row in rows:
        person = _person(row, people, reason_of(load), by)
        try:
            with transaction.atomic():
                _write_letter(row["data"], person, reason_of(load), by)
        except IntegrityError as error:
            raise WrongRow(row, _said(conflict(error))) from error
    return len(rows)


def _hold(municipalities: Iterable[int]) -> None:
    """Whoever loads the same municipalities waits, and then finds these rows."""
    rows = Municipality.objects.select_for_update(no_key=True).filter(pk__in=set(municipalities)).order_by("pk")
    list(rows.values_list("pk"))


def _refuse_known(rows: list[dict[str, Any]]) -> None:
    places = {row["data"]["municipality"] for row in rows}
    letters = Designation.objects.counted().filter(municipality__in=places)
    known = {
        (place, kind, folded_name(name), day.isoformat())
        for place, kind, name, day in letters.values_list("municipality", "kind", "person__name", "starts_on")
    }
    for row in rows:
        data = row["data"]
        if (data["municipality"], data["kind"], folded_name(data["name"]), data["starts_on"]) in known:
            raise WrongRow(row, _("alguien la registró mientras usted revisaba la carga: suba la hoja otra vez."))


def held_people(rows: Iterable[dict[str, Any]]) -> dict[int, Person]:
    """The portal's people of these rows, held. Raises ``WrongRow`` where one is not there any more."""
    wanted = {row["data"]["person"]: row for row in rows if row["data"]["person"] > 0}
    hold_people(wanted)
    people: dict[int, Person] = Person.objects.current().in_bulk(wanted)
    for pk, row in wanted.items():
        if pk not in people:
            raise WrongRow(row, _("esta persona cambió mientras usted revisaba la carga: suba la hoja otra vez."))
    return people


def _person(row: dict[str, Any], people: dict[int, Person], reason: str, by: User) -> Person:
    """Whom the letter names. Of somebody known only what is empty is filled in: what the portal says is newer."""
    data, pk = row["data"], row["data"]["person"]
    said = {name: data[name] for name in PERSON if data[name]} | {"municipality_id": data["municipality"]}
    if (person := people.get(pk)) is None:
        person = people[pk] = Person(name=data["name"], category=PersonCategory.PUBLIC_SERVANT)
    if pk > 0:
        missing = {name: value for name, value in said.items() if not getattr(person, name)}
        people[pk] = edit_person(person=person, values=missing, reason=reason, by=by)
    else:  # rows come by their first day, so the last one tells how it is now
        for name, value in said.items():
            setattr(person, name, value)
        person.save()
    return people[pk]


def _write_letter(data: dict[str, Any], person: Person, reason: str, by: User) -> None:
    letter = Designation(municipality_id=data["municipality"], person=person, created_by=by)
    for name in LETTER:
        setattr(letter, name, data[name])
    for name in ("oficio_date", "starts_on", "ends_on"):
        setattr(letter, name, date.fromisoformat(data[name]) if data[name] else None)
    if letter.kind == DesignationKind.TITULAR:
        conclude_expired(letter, by)
    save_letter(letter, by, reason)


@transaction.atomic
def load_contacts(*, load: SheetLoad, by: User) -> int:
    """Write the offices of a confirmed dry run; answers how many. Raises ``WrongRow`` or ``LoadGone``."""
    take_load(load)
    rows = rows_to_write(load)
    places = Municipality.objects.in_bulk({row["data"]["municipality"] for row in rows})
    for row in rows:
        data = row["data"]
        place = places[data["municipality"]]
        try:
            save_contact(
                municipality=place, values=data["values"], version=data["version"], by=by, reason=reason_of(load)
            )
        except ChangedMeanwhile as error:
            said = _("alguien cambió este contacto mientras usted revisaba la carga: suba la hoja otra vez.")
            raise WrongRow(row, said) from error
    return len(rows)


def _said(error: ValidationError) -> str:
    return " ".join(error.messages)
