"""Institutions written by name: found among those known, or added."""

from collections.abc import Iterable

from network.models import Organisation
from web.search import fold


def institutions_named(names: Iterable[str]) -> dict[str, Organisation]:
    """The institution of each name, by full name, by acronym or by ``name (acronym)``, whatever the accents and case.

    One that is not known is added with that name. Call it inside the transaction that uses the institutions.
    """
    names = list(names)
    if not names:
        return {}
    known: dict[str, Organisation] = {}
    for organisation in Organisation.objects.all():
        for text in (organisation.acronym, organisation.full_name, organisation.name):
            if text:
                known[_key(text)] = organisation
    found = {}
    for name in names:
        key = _key(name)
        if key not in known:
            known[key] = Organisation.objects.create(name=" ".join(name.split()))
        found[name] = known[key]
    return found


def _key(text: str) -> str:
    return " ".join(fold(text).split())
