"""Who the people of a report may be: one pass in memory over everybody known, a fixed number of queries.

By the rules of :mod:`network.services.matching`, else proposals for a person to decide. What stands for *the
municipality* in a report is what people write beside their name (``[Toluca] Ana``, ``Ana - Toluca``), or what was typed
into the sheet.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from events.enums import ImportDecision, ImportState, MatchReason
from events.models import Event, ImportedPerson
from municipalities.models import Municipality
from network.services.matching import Found, Known
from web.search import folded_name

PROPOSALS = 5
_TOWN_PREFIX = re.compile(r"^(h\.? |el )?(ayuntamiento|municipio|gobierno municipal)( constitucional)?( de)? ")
_APART = re.compile(r"\s+[-–—|/·]\s+|\s*\|\s*")
_IN_BRACKETS = re.compile(r"^(.+?)\s*[(\[]([^()\[\]]+)[)\]]$")


@dataclass
class _Known(Known):
    """``here``: registered for this event, or written down in it."""

    towns: dict[str, int] = field(default_factory=dict)
    by_word: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # of those who are here
    ignored: set[tuple[str, str]] = field(default_factory=set)

    def add_here(self, person: int, name: str, email: str = "", town: int | None = None) -> None:
        self.add(person, name, email, town)
        self.here.add(person)
        for word in folded_name(name).split():
            self.by_word[word].add(person)


def match(event: Event, people: Sequence[ImportedPerson]) -> None:
    """Write into each row who it is (``decision``, ``person``, ``reason``) or may be (``candidates``, ``is_sure``)."""
    known = _load(event, people)
    for row in people:
        _match(row, known)


def _load(event: Event, people: Iterable[ImportedPerson]) -> _Known:
    towns = {folded_name(name): pk for pk, name in Municipality.objects.values_list("pk", "name")}
    known = _Known(towns=towns)
    known.add_everybody()
    here = event.registrations.live().order_by()
    for pk, name, email, town in here.values_list("person", "name", "email_normalised", "municipality"):
        known.add_here(pk, name, email, town)
    for pk, name in event.attendances.order_by().values_list("person", "person__name"):
        known.add_here(pk, name)
    spoken = {name for row in people for name in (row.name, row.other_name, _apart(row, towns)[0])}
    known.add_aliases({row.email for row in people}, spoken)
    settled = [ImportState.CONFIRMED, ImportState.REPLACED]
    gone = ImportedPerson.objects.ignored().filter(attendance_import__state__in=settled).order_by()
    known.ignored = {(folded_name(name), email) for name, email in gone.values_list("name", "email").distinct()}
    return known


def _apart(row: ImportedPerson, towns: dict[str, int]) -> tuple[str, int | None]:
    """(the name alone, the municipality) of *Ana - Toluca*, *[Toluca] Ana* or *Ana (Toluca)*."""
    if row.municipality_id:
        return row.name, row.municipality_id
    if town := _town(row.company, towns):
        return row.name, town
    parts = _APART.split(row.name)
    if found := _IN_BRACKETS.match(row.name):
        parts = [found[1], found[2]]
    if len(parts) == 2:
        for name, place in (parts, parts[::-1]):
            if town := _town(place, towns):
                return name.strip(), town
    return row.name, None


def _town(text: str, towns: dict[str, int]) -> int | None:
    folded = folded_name(text)
    return towns.get(folded) or towns.get(_TOWN_PREFIX.sub("", folded)) if folded else None


def _match(row: ImportedPerson, known: _Known) -> None:
    name, town = _apart(row, known.towns)
    keys = {folded_name(name), folded_name(row.name), folded_name(row.other_name)} - {""}
    found = known.find(keys, row.email, town)
    if found.person is not None:
        return _decide(row, found.person, MatchReason(found.reason))
    _propose(row, found, keys, known)
    if not row.candidates and any((key, row.email) in known.ignored for key in keys):
        row.decision, row.reason = ImportDecision.IGNORE, MatchReason.IGNORED
    return None


def _decide(row: ImportedPerson, person: int, reason: MatchReason) -> None:
    row.decision, row.person_id, row.reason = ImportDecision.PERSON, person, reason


def _propose(row: ImportedPerson, whom: Found, keys: set[str], known: _Known) -> None:
    found: dict[int, MatchReason] = {}
    groups = ((whom.by_email, MatchReason.EMAIL), (whom.aliases, MatchReason.ALIAS), (whom.exact, MatchReason.NAME))
    for persons, reason in groups:
        for person in sorted(persons, key=lambda pk: (pk not in known.here, pk)):
            found.setdefault(person, reason)
    for person in _near(keys, known):
        found.setdefault(person, MatchReason.NEAR)
    row.candidates = [[person, reason.value] for person, reason in found.items()][:PROPOSALS]
    bearers = whom.exact | whom.aliases
    if not whom.by_email and len(bearers) == 1 and bearers <= known.here:
        row.is_sure = not known.contradicts(row.email, min(bearers))
        row.person_id = min(bearers) if row.is_sure else None


def _near(keys: set[str], known: _Known) -> list[int]:
    """Of those who are here, who share two words and two thirds of the shorter name: *Carmen Ruiz* for *Carmen Ruiz
    Soto*, and not everybody called María Fernanda."""
    shared: dict[int, int] = {}
    for key in keys:
        words = set(key.split())
        common = Counter(person for word in words if len(word) > 2 for person in known.by_word.get(word, ()))
        for person, number in common.items():
            shortest = min(len(words), *(len(set(name.split())) for name in known.names[person]))
            if number > 1 and 3 * number >= 2 * shortest:
                shared[person] = max(number, shared.get(person, 0))
    return sorted(shared, key=lambda person: (-shared[person], person))[:PROPOSALS]
