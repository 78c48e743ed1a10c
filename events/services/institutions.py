"""Institutions written by name: found among those known, or added."""

from collections.abc import Iterable

from network.models import Organisation
from web.search import folded_name


def institutions_named(names: Iterable[str]) -> dict[str, Organisation]:
    """The institution of each name, by full name, by acronym or by ``name (acronym)``, whatever the accents and case.

    One that is not known is added with that name. Call it inside the transaction that uses the institutions.
    """
    names = list(names)
    if not names:
        return {}
    known: dict[str, Organisation] = {}
    for organisation in Organisation.objects.all():
        for key in organisation.keys:
            known[key] = organisation
    found = {}
    for name in names:
        key = folded_name(name)
        if key not in known:
            known[key] = Organisation.objects.create(name=" ".join(name.split()))
        found[name] = known[key]
    return found


def registered_keys() -> set[str]:
    """How every institution that is registered may have been written, folded. One query."""
    return {key for organisation in Organisation.objects.all() for key in organisation.keys}
