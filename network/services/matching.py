"""Who somebody of a list may be: the rules by which a name and an e-mail lead to a person the portal knows.

In this order: the e-mail; a name that was decided before; the exact name with the municipality. A name alone never
decides: two people may bear it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from network.models import Person, PersonAlias
from web.search import folded_name


@dataclass(frozen=True, slots=True)
class Found:
    """Who it is, with the reason (``email``, ``alias``, ``name-town``), or None with everybody it may be."""

    person: int | None
    reason: str = ""
    by_email: frozenset[int] = frozenset()
    aliases: frozenset[int] = frozenset()
    exact: frozenset[int] = frozenset()


@dataclass
class Known:
    """Everybody the portal knows, by what a list can say of them. ``here``: those whom the list is about anyway."""

    by_email: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_name: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_alias: dict[str, set[tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    emails: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    town_of: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    here: set[int] = field(default_factory=set)

    def add(self, person: int, name: str, email: str, town: int | None) -> None:
        folded = folded_name(name)
        if folded:
            self.by_name[folded].add(person)
            self.names[person].add(folded)
        if email:
            self.by_email[email.lower()].add(person)
            self.emails[person].add(email.lower())
        if town:
            self.town_of[person].add(town)

    def add_everybody(self) -> None:
        people = Person.objects.current().order_by()
        for pk, name, email, town in people.values_list("pk", "name", "email", "municipality"):
            self.add(pk, name, email, town)

    def add_aliases(self, emails: Iterable[str], names: Iterable[str]) -> None:
        for alias in PersonAlias.objects.for_emails(emails):
            self.by_email[alias.normalised].add(alias.person_id)
            self.emails[alias.person_id].add(alias.normalised)
        for alias in PersonAlias.objects.for_names(names):
            self.by_alias[alias.normalised].add((alias.person_id, alias.municipality_id))
            self.names[alias.person_id].add(alias.normalised)

    def find(self, keys: set[str], email: str, town: int | None) -> Found:
        """``keys``: the names, folded, that the list gives this one person; ``email`` in small letters."""
        by_email = self.by_email.get(email, set()) if email else set()
        same = {person for person in by_email if self.names[person] & keys}
        if len(same) == 1:
            return Found(same.pop(), "email")
        if len(by_email) == 1 and any(_akin(one, other) for one in keys for other in self.names[min(by_email)]):
            return Found(min(by_email), "email")
        aliases = {pair for key in keys for pair in self.by_alias.get(key, ())}
        exact = {person for key in keys for person in self.by_name.get(key, ())}
        if not by_email:
            sure = {pk for pk, of in aliases if pk in self.here or (town and of == town)}
            rivals = {pk for pk in exact if pk in self.here or (town and town in self.town_of[pk])} - sure
            if len(sure) == 1 and not rivals and not self.contradicts(email, min(sure)):
                return Found(min(sure), "alias")
            of_town = {person for person in exact if town and town in self.town_of[person]}
            if len(of_town) == 1 and not self.contradicts(email, min(of_town)):
                return Found(min(of_town), "name-town")
        return Found(None, "", frozenset(by_email), frozenset(pk for pk, _of in aliases), frozenset(exact))

    def contradicts(self, email: str, person: int) -> bool:
        """The list says an e-mail, and the person is known by other ones only."""
        return bool(email and self.emails[person] and email not in self.emails[person])


def _akin(one: str, other: str) -> bool:
    """Names that one person may have written: the words of one stand in the other, or two words are the same."""
    first, second = set(one.split()), set(other.split())
    return first <= second or second <= first or len(first & second) > 1
