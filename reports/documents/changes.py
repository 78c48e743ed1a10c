"""What a new version of a report says otherwise than the one before: every printed line, old and new."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.figures import sex_labels
from network.figures import NONE, SUPLENTE_ONLY, TITULAR
from reports.figures import Figures, Line, lines

Key = tuple[str, ...]
Printed = tuple[Key, tuple[str, str, str, str]]
_NOTHING = ("", "", "", "")


@dataclass(frozen=True)
class Change:
    """A line of two versions. ``old`` or ``new`` is empty where that version does not have it."""

    table: str
    label: str
    measure: str
    old: str
    new: str


def changes(old: Figures, new: Figures, names: Mapping[str, str]) -> tuple[Change, ...]:
    """The lines that differ, in the order of the new version; those that it lost follow. Words of the active language.
    ``names``: of municipalities, by their code.

    A public version's splits by sex are left out: beside the totals of both, the difference could tell of one person.
    """
    return differing(list(_printed(old, names)), list(_printed(new, names)))


def differing(old: Sequence[Printed], new: Sequence[Printed]) -> tuple[Change, ...]:
    """Of lines by what they are about, with their words and their value, those that are not the same."""
    before, after = dict(old), dict(new)
    keys = [*after, *(key for key in before if key not in after)]
    return tuple(
        Change(*(after.get(key) or before[key])[:3], before.get(key, _NOTHING)[3], after.get(key, _NOTHING)[3])
        for key in keys
        if before.get(key, _NOTHING)[3] != after.get(key, _NOTHING)[3]
    )


def _printed(figures: Figures, names: Mapping[str, str]) -> Iterator[Printed]:
    """Every line by what it is about, with its words and its value."""
    for line in lines(figures):
        if figures.is_public and _tells_sex(line):
            continue
        yield (line.table, line.code or line.label, line.measure), (line.table, line.label, line.measure, _value(line))
    table = _("Designación por municipio")
    words = {TITULAR: _("con titular vigente"), SUPLENTE_ONLY: _("solo con suplente"), NONE: _("sin designación")}
    for code, state in figures.coverage.states if figures.coverage else ():
        yield (table, code), (table, names.get(code, code), _("designación"), words[state])
    table, seen = _("Lista de eventos"), set[Key]()
    for event in figures.lines:
        key: Key = (table, event.day.isoformat(), event.title)
        while key in seen:
            key += ("",)
        seen.add(key)
        said = _("%(attendances)s asistencias; aforo %(headcount)s") % {
            "attendances": _number(event.attendances),
            "headcount": _number(event.headcount),
        }
        yield key, (table, event.title, date_format(event.day, "SHORT_DATE_FORMAT"), said)


def _tells_sex(line: Line) -> bool:
    return line.measure.rpartition(": ")[2] in sex_labels().values() or line.note == _("sin desglose")


def _value(line: Line) -> str:
    value = line.note if line.value is None and line.note else _number(line.value)
    return value if line.of is None else _("%(value)s de %(of)s") % {"value": value, "of": f"{line.of:,}"}


def _number(value: int | Decimal | None) -> str:
    return _("sin dato") if value is None else f"{value:,}"
