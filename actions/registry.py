"""The door upward for what comes of an exchange: each app names its things that may be linked to a match.

An app registers in its ``AppConfig.ready``::

    registry.register_source(registry.Source(kind=OutcomeKind.EVENT, pages=("event_detail",), find=…, page=…))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_path, override

from actions.enums import OutcomeKind
from network.rules import AnyUser


@dataclass(frozen=True, slots=True)
class Thing:
    """What an address leads to: its key within its kind, its name now, and whose private matter it is (its id)."""

    key: str
    title: str
    private_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Things of one kind.

    ``pages``: the names of the addresses that show one. ``find(user, arguments)``: the thing, where this user may see
    it. ``page(user)``: the name of the address that this user reads it at.
    """

    kind: OutcomeKind
    pages: tuple[str, ...]
    find: Callable[[AnyUser, Mapping[str, Any]], Thing | None]
    page: Callable[[AnyUser], str]


_sources: dict[OutcomeKind, Source] = {}


def register_source(source: Source) -> None:
    """Name the things of a kind."""
    _sources[source.kind] = source


def source(kind: str) -> Source | None:
    """Who knows the things of this kind; none where the app that did is gone."""
    return _sources.get(OutcomeKind(kind))


def find_thing(user: AnyUser, path: str) -> tuple[OutcomeKind, Thing] | None:
    """What this address of the portal leads to; none where it is no page of a known thing, or not for this user."""
    try:
        with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
            match = resolve(path)
    except Resolver404:
        return None
    for known in _sources.values():
        if match.url_name in known.pages:
            thing = known.find(user, match.kwargs)
            return (known.kind, thing) if thing else None
    return None
