"""The door upward for people: each app names what becomes of its rows of a person.

An app registers in its ``AppConfig.ready``::

    registry.register_person(registry.PersonSteps(app="events", keys=("events.Attendance.person",), merge=…, …))

A test walks every key to :class:`network.models.Person` in the project and fails where no steps name it. The steps are
called inside the transaction of the service that asks for them; a step that raises ends all of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise

from network.models import Person

Label = str | Promise
# What a merge moved, as JSON: enough for ``unmerge`` to put it back.
Moved = dict[str, Any]
# The rows of a person by what they are (the heading that the person reads), each as plain values by heading.
Exported = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSteps:
    """What an app does with its rows of a person.

    ``keys``: the keys to ``Person`` that these steps care for, as ``app.Model.field``.
    ``merge(kept, gone)``: give the rows of ``gone`` to ``kept`` and answer what was moved; ``unmerge`` puts it back.
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
