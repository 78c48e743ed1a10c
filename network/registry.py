"""The door upward for people: each app names what becomes of its rows of a person.

An app registers in its ``AppConfig.ready``::

    registry.register_person(registry.PersonSteps(app="events", keys=("events.Attendance.person",), merge=…, …))

A test walks every key to :class:`network.models.Person` in the project and fails where no steps name it. The steps are
called inside the transaction of the service that asks for them; a step that raises ends all of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.utils.functional import Promise

from network.models import Person

Row = TypeVar("Row", bound=models.Model)
Label = str | Promise
# What a merge moved, as JSON: enough for ``unmerge`` to put it back.
Moved = dict[str, Any]
# The rows of a person by what they are (the heading that the person reads), each as plain values by heading.
Exported = dict[str, list[dict[str, Any]]]


class MovedAgain(Exception):
    """A merge cannot be undone by itself: what it moved was changed since."""


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
    """

    app: str
    keys: tuple[str, ...]
    merge: Callable[[Person, Person], Moved]
    unmerge: Callable[[Person, Person, Moved], None]
    export: Callable[[Person], Exported]
    erase: Callable[[Person], list[str]]


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
