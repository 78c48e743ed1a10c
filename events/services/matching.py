"""Who the people of a report may be: one pass in memory over everybody known, a fixed number of queries.

In this order: the e-mail; a name that was decided before; the exact name with the municipality; else proposals for a
person to decide. A name alone never decides: two people may bear it. What stands for *the municipality* in a report is
what people write beside their name (``[Toluca] Ana``, ``Ana - Toluca``), or what was typed into the sheet.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from events.enums import ImportDecision, ImportState, MatchReason
from events.models import Event, ImportedPerson
from municipalities.models import Municipality
from network.models import Person, PersonAlias
from web.search import folded_name

PROPOSALS = 5
_TOWN_PREFIX = re.compile(r"^(h\.? |el )?(ayuntamiento|municipio|gobierno municipal)( constitucional)?( de)? ")
_APART = re.compile(r"\s+[-–—|/·]\s+|\s*\|\s*")
_IN_BRACKETS = re.compile(r"^(.+?)\s*[(\[]([^()\[\]]+)[)\]]$")


@dataclass
class _Known:
    """Everybody the portal knows, by what a report can say of them."""

    towns: dict[str, int]
    by_email: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_name: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_alias: dict[str, set[tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    emails: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    town_of: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    here: set[int] = field(default_factory=set)  # registered for this event, or written down in it
    by_word: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # of those who are here
    ignored: set[tuple[str, str]] = field(default_factory=set)

    def add(self, person: int, name: str, email: str, town: int | None, *, here: bool = False) -> None:
        folded = folded_name(name)
        if folded:
            self.by_name[folded].add(person)
            self.names[person].add(folded)
        if email:
            self.by_email[email.lower()].add(person)
            self.emails[person].add(email.lower())
        if town:
            self.town_of[person].add(town)
        if here:
            self.here.add(person)
            for word in folded.split():
                self.by_word[word].add(person)


def match(event: Event, people: Sequence[ImportedPerson]) -> None:
    """Write into each row who it is (``decision``, ``person``, ``reason``) or may be (``candidates``, ``is_sure``)."""
    known = _load(event, people)
    for row in people:
        _match(row, known)


def _load(event: Event, people: Iterable[ImportedPerson]) -> _Known:
    towns = {folded_name(name): pk for pk, name in Municipality.objects.values_list("pk", "name")}
    known = _Known(towns)
    for pk, name, email, town in Person.objects.current().order_by().values_list("pk", "name", "email", "municipality"):
        known.add(pk, name, email, town)
    here = event.registrations.live().order_by()
    for pk, name, email, town in here.values_list("person", "name", "email_normalised", "municipality"):
        known.add(pk, name, email, town, here=True)
    for pk, name in event.attendances.order_by().values_list("person", "person__name"):
        known.add(pk, name, "", None, here=True)
    for alias in PersonAlias.objects.for_emails({row.email for row in people}):
        known.by_email[alias.normalised].add(alias.person_id)
        known.emails[alias.person_id].add(alias.normalised)
    spoken = {name for row in people for name in (row.name, row.other_name, _apart(row, towns)[0])}
    for alias in PersonAlias.objects.for_names(spoken):
        known.by_alias[alias.normalised].add((alias.person_id, alias.municipality_id))
        known.names[alias.person_id].add(alias.normalised)
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
    by_email = known.by_email.get(row.email, set()) if row.email else set()
    same = {person for person in by_email if known.names[person] & keys}
    if len(same) == 1:
        return _decide(row, same.pop(), MatchReason.EMAIL)
    if len(by_email) == 1 and any(_akin(one, other) for one in keys for other in known.names[min(by_email)]):
        return _decide(row, min(by_email), MatchReason.EMAIL)
    aliases = {pair for key in keys for pair in known.by_alias.get(key, ())}
    exact = {person for key in keys for person in known.by_name.get(key, ())}
    if not by_email:
        sure = {pk for pk, of in aliases if pk in known.here or (town and of == town)}
        rivals = {pk for pk in exact if pk in known.here or (town and town in known.town_of[pk])} - sure
        if len(sure) == 1 and not rivals and not _contradicts(row, min(sure), known):
            return _decide(row, min(sure), MatchReason.ALIAS)
        of_town = {person for person in exact if town and town in known.town_of[person]}
        if len(of_town) == 1 and not _contradicts(row, min(of_town), known):
            return _decide(row, min(of_town), MatchReason.NAME_TOWN)
    _propose(row, by_email, {pk for pk, _of in aliases}, exact, keys, known)
    if not row.candidates and any((key, row.email) in known.ignored for key in keys):
        row.decision, row.reason = ImportDecision.IGNORE, MatchReason.IGNORED
    return None


def _decide(row: ImportedPerson, person: int, reason: MatchReason) -> None:
    row.decision, row.person_id, row.reason = ImportDecision.PERSON, person, reason


def _contradicts(row: ImportedPerson, person: int, known: _Known) -> bool:
    """The report says an e-mail, and the person is known by other ones only."""
    return bool(row.email and known.emails[person] and row.email not in known.emails[person])


def _akin(one: str, other: str) -> bool:
    """Names that one person may have written: the words of one stand in the other, or two words are the same."""
    first, second = set(one.split()), set(other.split())
    return first <= second or second <= first or len(first & second) > 1


def _propose(
    row: ImportedPerson, by_email: set[int], aliases: set[int], exact: set[int], keys: set[str], known: _Known
) -> None:
    found: dict[int, MatchReason] = {}
    groups = ((by_email, MatchReason.EMAIL), (aliases, MatchReason.ALIAS), (exact, MatchReason.NAME))
    for persons, reason in groups:
        for person in sorted(persons, key=lambda pk: (pk not in known.here, pk)):
            found.setdefault(person, reason)
    for person in _near(keys, known):
        found.setdefault(person, MatchReason.NEAR)
    row.candidates = [[person, reason.value] for person, reason in found.items()][:PROPOSALS]
    bearers = exact | aliases
    if not by_email and len(bearers) == 1 and bearers <= known.here and not _contradicts(row, min(bearers), known):
        row.is_sure, row.person_id = True, min(bearers)


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
