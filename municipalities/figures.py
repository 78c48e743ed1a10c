"""What every figure of the portal is about: a territory and a stretch of days."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from municipalities.models import Municipality, Region


@dataclass(frozen=True)
class Scope:
    """The whole state, one region or one municipality; see the three functions below."""

    kind: str  # "state", "region" or "municipality"
    label: str
    region_id: int | None = None
    municipality_id: int | None = None

    @property
    def is_state(self) -> bool:
        return self.kind == "state"

    def contains(self, place: "Place") -> bool:
        if self.municipality_id is not None:
            return place.pk == self.municipality_id
        return self.region_id is None or place.region_id == self.region_id

    def holds(self, municipality: Municipality | None) -> bool:
        """Whether a row of this municipality belongs to the scope; one without any belongs to the state alone."""
        if municipality is None or self.is_state:
            return self.is_state
        return municipality.pk == self.municipality_id or (
            self.municipality_id is None and municipality.region_id == self.region_id
        )

    def within(self, municipality: str) -> Q:
        """The condition that the municipality at this lookup path lies in the scope; no condition for the state.

        The state therefore includes rows whose municipality is not known; a region or a municipality never does.
        """
        if self.municipality_id is not None:
            return Q(**{f"{municipality}_id": self.municipality_id})
        if self.region_id is not None:
            return Q(**{f"{municipality}__region_id": self.region_id})
        return Q()


def state(label: str) -> Scope:
    return Scope("state", label)


def of_region(region: Region) -> Scope:
    return Scope("region", region.name, region_id=region.pk)


def of_municipality(municipality: Municipality) -> Scope:
    return Scope("municipality", municipality.name, region_id=municipality.region_id, municipality_id=municipality.pk)


@dataclass(frozen=True)
class Period:
    """Days from ``starts_on`` to ``ends_on``, both included, as written in the place of each event; None: open."""

    starts_on: dt.date | None = None
    ends_on: dt.date | None = None

    def contains(self, day: str) -> Q:
        """The condition that the date at this lookup path lies in the period."""
        condition = Q()
        if self.starts_on is not None:
            condition &= Q(**{f"{day}__gte": self.starts_on})
        if self.ends_on is not None:
            condition &= Q(**{f"{day}__lte": self.ends_on})
        return condition

    def touches(self, start: str, end: str) -> Q:
        """The condition that a stretch between two lookup paths, its end perhaps null, shares a day with the period."""
        condition = Q()
        if self.starts_on is not None:
            condition &= Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": self.starts_on})
        if self.ends_on is not None:
            condition &= Q(**{f"{start}__lte": self.ends_on})
        return condition


@dataclass(frozen=True)
class Place:
    """A municipality as figures name it, with its tile on the map."""

    pk: int
    code: str
    name: str
    slug: str
    region_id: int
    region: str
    region_number: int
    region_slug: str
    column: int
    row: int


def scope_in(places: Sequence[Place], state_label: str, *, region: str = "", municipality: str = "") -> Scope | None:
    """The scope that slugs name, from rows at hand; None where there is no such place. The municipality goes first."""
    if municipality:
        found = next((place for place in places if place.slug == municipality), None)
        return Scope("municipality", found.name, found.region_id, found.pk) if found else None
    if region:
        found = next((place for place in places if place.region_slug == region), None)
        return Scope("region", found.region, found.region_id) if found else None
    return state(state_label)


def places() -> tuple[Place, ...]:
    """Every municipality in the order of its name. One query."""
    rows = Municipality.objects.order_by("sort_name").values_list(
        "pk",
        "cvegeo",
        "name",
        "slug",
        "region_id",
        "region__name",
        "region__number",
        "region__slug",
        "tile_column",
        "tile_row",
    )
    return tuple(Place(*row) for row in rows)


@dataclass(frozen=True)
class Count:
    """A line of a table that counts things of one kind."""

    code: str
    label: str
    count: int


@dataclass(frozen=True)
class LookAlike:
    """A municipality like another, with the parts of the likeness in per cent; ``sectors`` is null where either of the
    two has no published action: unknown is not unlike."""

    name: str
    slug: str
    region: str
    population: int
    same_region: bool
    size: int
    sectors: int | None

    @property
    def score(self) -> float:
        """The mean of the parts that are known, each with the same weight."""
        parts = [self.size, 100 if self.same_region else 0] + ([] if self.sectors is None else [self.sectors])
        return sum(parts) / len(parts)


def look_alikes(
    municipality: Municipality,
    others: Iterable[Municipality],
    profiles: Mapping[int, Mapping[int, int]],
    most: int = 5,
) -> list[LookAlike]:
    """The municipalities most like this one, by three things that everybody can check.

    *Population*: the smaller as a share of the larger. *Region*: the same, or not. *Sectors*: how much of what the two
    do is in the same sectors (the shares of their actions that overlap). ``profiles``: municipality → sector → its
    published actions. ``others`` with their regions, by name: ties keep that order, so that the same facts always give
    the same list.
    """
    own = profiles.get(municipality.pk)
    found = []
    for row in others:
        larger = max(row.population, municipality.population, 1)
        other = profiles.get(row.pk)
        found.append(
            LookAlike(
                name=row.name,
                slug=row.slug,
                region=row.region.name,
                population=row.population,
                same_region=row.region_id == municipality.region_id,
                size=round(100 * min(row.population, municipality.population) / larger),
                sectors=_overlap(own, other) if own and other else None,
            )
        )
    return sorted(found, key=lambda row: -row.score)[:most]


def _overlap(one: Mapping[int, int], other: Mapping[int, int]) -> int:
    total, others = sum(one.values()), sum(other.values())
    return round(100 * sum(min(count / total, other.get(sector, 0) / others) for sector, count in one.items()))
