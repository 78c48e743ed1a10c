"""The door upward for people: each app names what becomes of its rows of a person.

An app registers in its ``AppConfig.ready``::

    registry.register_person(registry.PersonSteps(app="events", keys=("events.Attendance.person",), merge=…, …))

A test walks every key to :class:`network.models.Person` in the project and fails where no steps name it. The steps are
called inside the transaction of the service that asks for them; a step that raises ends all of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import Promise

from network.enums import AliasKind
from network.models import Person, PersonAlias, User
from outbox.models import normalise_email

Row = TypeVar("Row", bound=models.Model)
Label = str | Promise
# What a merge moved, as JSON: enough for ``unmerge`` to put it back.
Moved = dict[str, Any]
# The rows of a person by what they are (the heading that the person reads), each as plain values by heading.
Exported = dict[str, list[dict[str, Any]]]


class MovedAgain(Exception):
    """A merge cannot be undone by itself: what it moved was changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What an erasure does with one kind of rows of a person: how many go (``erased``), how many stay without saying
    who it was (``kept``), and how many stay as they are because the institution must keep them (``held``, and
    ``why``)."""

    label: Label
    erased: int = 0
    kept: int = 0
    held: int = 0
    why: Label = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Rows that the institution may have to keep whole by law, name and all: who erases chooses.

    ``label`` names them; ``let_go`` and ``keep`` say in words what either choice does. ``count(person)``: of how many
    it is chosen. ``hold(person)`` marks them, and ``erase`` then leaves them as they are.
    """

    label: Label
    let_go: Label
    keep: Label
    count: Callable[[Person], int]
    hold: Callable[[Person], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSteps:
    """What an app does with its rows of a person.

    ``keys``: the keys to ``Person`` that these steps care for, as ``app.Model.field``.
    ``merge(kept, gone)``: give the rows of ``gone`` to ``kept`` and answer what was moved; ``unmerge`` puts it back, or
    raises :class:`MovedAgain`. ``ValidationError`` says in words why two persons cannot be joined or parted. Both rows
    are locked. :func:`repoint` and :func:`point_back` do it for rows that just change their person.
    ``export(person)``: the person's own rows, in words that the person understands.
    ``erase(person)``: take out everything that says who it was, history included, and answer the names of the stored
    files to delete once that is committed; what is counted stays counted.
    ``outlook(person)``: what ``erase`` would do, for who decides; without it every row counts as kept without a name.
    ``holding``: that these rows, all of them, may have to stay whole.
    """

    app: str
    keys: tuple[str, ...]
    merge: Callable[[Person, Person], Moved]
    unmerge: Callable[[Person, Person, Moved], None]
    export: Callable[[Person], Exported]
    erase: Callable[[Person], list[str]]
    outlook: Callable[[Person], list[Outlook]] | None = None
    holding: Holding | None = None

    def foresee(self, person: Person) -> list[Outlook]:
        """What erasing would do with the rows of these steps."""
        if self.outlook is not None:
            return self.outlook(person)
        found = []
        for key in self.keys:
            model, field = _model_and_field(key)
            number = model._default_manager.filter(**{field: person}).count()
            found.append(Outlook(label=model._meta.verbose_name_plural or key, kept=number))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long a kind of data is kept.

    ``name`` is its key; ``days`` how long it is kept by default after ``counted_from`` (said in words). ``due(before)``
    counts the rows whose time ended before that day, and ``run(before)`` takes them out and answers how many they were.
    """

    name: str
    label: Label
    counted_from: Label
    days: int
    due: Callable[[date], int]
    run: Callable[[date], int]


_steps: dict[str, PersonSteps] = {}
_retentions: dict[str, Retention] = {}


def register_person(steps: PersonSteps) -> None:
    """Name what becomes of an app's rows of a person."""
    _steps[steps.app] = steps


def register_retention(retention: Retention) -> None:
    """Name how long a kind of data is kept, and how it goes."""
    _retentions[retention.name] = retention


def person_steps() -> list[PersonSteps]:
    """Of every app, in the order of registration reversed: what is made last is taken away first."""
    return list(reversed(_steps.values()))


def retentions() -> list[Retention]:
    return list(_retentions.values())


def keys_cared_for(steps: Iterable[PersonSteps]) -> set[str]:
    return {key for step in steps for key in step.keys}


# --- For apps whose rows just change their person


def repoint(*keys: str) -> Callable[[Person, Person], Moved]:
    """A ``merge`` that gives every row of these keys to who is kept: ``PersonSteps(merge=repoint(*KEYS), …)``.

    For keys that no unique constraint joins with another column.
    """

    def merge(kept: Person, gone: Person) -> Moved:
        return {key: give(key, to=kept, of=gone) for key in keys}

    return merge


def point_back(*keys: str) -> Callable[[Person, Person, Moved], None]:
    """The ``unmerge`` beside :func:`repoint`."""

    def unmerge(kept: Person, gone: Person, moved: Moved) -> None:
        for key in keys:
            give_back(key, moved[key], of=kept, to=gone)

    return unmerge


def give(key: str, *, to: Person, of: Person, among: Iterable[int] | None = None) -> list[int]:
    """Give the rows of a person (those ``among``, where not all) to another one; answers which they were."""
    model, field = _model_and_field(key)
    rows = model._default_manager.filter(**{field: of})
    if among is not None:
        rows = rows.filter(pk__in=among)
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    model._default_manager.filter(pk__in=moved).update(**{field: to})
    return moved


def give_back(key: str, moved: Iterable[int], *, of: Person, to: Person) -> None:
    """Give these rows back. :class:`MovedAgain` where one is not the person's any more."""
    model, field = _model_and_field(key)
    pks = list(moved)
    if model._default_manager.filter(**{field: of}, pk__in=pks).update(**{field: to}) != len(pks):
        raise MovedAgain


def _model_and_field(key: str) -> tuple[type[models.Model], str]:
    model, field = key.rsplit(".", 1)
    return apps.get_model(model), field


def row_as_json(row: models.Model) -> dict[str, Any]:
    """Every column of a row, so that :func:`row_of_json` makes the very same one of it."""
    return {
        field.attname: None if field.value_from_object(row) is None else field.value_to_string(row)
        for field in row._meta.concrete_fields
    }


def row_of_json(model: type[Row], values: dict[str, Any]) -> Row:
    """The row as it was, not saved yet; ``save_base(raw=True)`` stores it without touching its times."""
    columns = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: columns[name].to_python(value) for name, value in values.items() if name in columns})


# --- Addresses


def own_addresses(person: Person) -> set[str]:
    """The e-mails that lead to this person and to nobody else, normalised: of the record, its aliases, its account and
    every row with a key to it. An address that colleagues share is none of them.

    Found once for each instance: the steps of an erasure take the rows away one after the other.
    """
    known = person.__dict__.get("_own_addresses")
    if known is None:
        known = person.__dict__["_own_addresses"] = _find_addresses(person)
    return set(known)


def same_human(person: Person) -> list[int]:
    """The record of this person and those that were joined with it, one after the other."""
    records, found = [person.pk], [person.pk]
    while found:
        found = list(Person.objects.filter(merged_into__in=found).values_list("pk", flat=True))
        records += found
    return records


def _find_addresses(person: Person) -> set[str]:
    sources, records = list(_columns_with_addresses()), same_human(person)
    mine: set[str] = set()
    for rows, owner, column in sources:
        mine |= _in_small_letters(rows.filter(**{f"{owner}__in": records}), column)
    for rows, owner, column in sources:
        others = rows.exclude(**{f"{owner}__in": records}).annotate(_address=Lower(column)).filter(_address__in=mine)
        mine -= _in_small_letters(others, column)
    return mine - {""}


def _columns_with_addresses() -> Iterator[tuple[models.QuerySet[Any], str, str]]:
    """Rows that somebody is named in, what names them, and the column with an e-mail."""
    yield Person.objects.all(), "pk", "email"
    yield PersonAlias.objects.filter(kind=AliasKind.EMAIL), "person", "normalised"
    yield User.objects.exclude(person=None), "person", "email"
    yield EmailAddress.objects.exclude(user__person=None), "user__person", "email"
    for key in sorted(keys_cared_for(person_steps())):
        model, owner = _model_and_field(key)
        for field in model._meta.concrete_fields:
            if isinstance(field, models.EmailField) or field.name == "email":  # a report's e-mail may be none
                yield model._default_manager.exclude(**{owner: None}), owner, field.name


def _in_small_letters(rows: models.QuerySet[Any], column: str) -> set[str]:
    return {normalise_email(address) for address in rows.order_by().values_list(column, flat=True)}
