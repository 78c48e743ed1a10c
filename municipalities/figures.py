"""What every figure of the portal is about: a territory and a stretch of days."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from municipalities.models import MetropolitanZone, Municipality, Region

TERRITORIES = ("state", "region", "zone", "municipality")
PROGRAMMES = ("series", "training", "institution")


class Located(Protocol):
    """Whatever stands for a municipality: its row, or a :class:`Place`."""

    @property
    def pk(self) -> int: ...
    @property
    def region_id(self) -> int: ...


@dataclass(frozen=True)
class Scope:
    """What figures are about: a territory, or a part of what the network does.

    A *territory* is the whole ``state``, one ``region``, one metropolitan ``zone`` (the municipalities of one
    delimitation of it) or one ``municipality``. A *programme* is one ``series``, one ``training`` or one
    ``institution``; it has no territory, so nothing is said of designations, actions or accompaniment in it: that is
    not known, not zero. Which events and attendances belong to each is defined in ``events/figures.py``.

    ``pk``: of the region, municipality …; null for the state. ``members``: the municipalities of a zone. ``keys``: how
    an institution is written, folded (``network.models.Organisation.keys``).
    """

    kind: str  # one of TERRITORIES or PROGRAMMES
    label: str
    pk: int | None = None
    members: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def is_state(self) -> bool:
        return self.kind == "state"

    @property
    def is_territory(self) -> bool:
        return self.kind in TERRITORIES

    def contains(self, place: Located) -> bool:
        """Whether the municipality lies in the territory; every one does where the scope is none, since its people may
        come from anywhere."""
        if self.kind == "municipality":
            return place.pk == self.pk
        if self.kind == "region":
            return place.region_id == self.pk
        return place.pk in self.members if self.kind == "zone" else True

    def within(self, municipality: str) -> Q:
        """The condition that the municipality at this lookup path lies in the territory; no condition for the state.

        The state therefore includes rows whose municipality is not known; any other territory never does. Nothing
        lies in a scope that is no territory.
        """
        if self.is_state:
            return Q()
        if self.kind == "region":
            return Q(**{f"{municipality}__region_id": self.pk})
        if self.kind == "municipality":
            return Q(**{f"{municipality}_id": self.pk})
        return Q(**{f"{municipality}_id__in": self.members})


def state(label: str) -> Scope:
    return Scope("state", label)


def of_region(region: Region) -> Scope:
    return Scope("region", region.name, region.pk)


def of_zone(zone: MetropolitanZone) -> Scope:
    """One query, for its municipalities."""
    members = zone.municipalities.order_by("pk").values_list("pk", flat=True)
    return Scope("zone", zone.name, zone.pk, members=tuple(members))


def of_municipality(municipality: Municipality) -> Scope:
    return Scope("municipality", municipality.name, municipality.pk)


@dataclass(frozen=True)
class Period:
    """Days from ``starts_on`` to ``ends_on``, both included, as written in the place of each event; None: open."""

    starts_on: dt.date | None = None
    ends_on: dt.date | None = None

    @property
    def before(self) -> "Period | None":
        """The period of as many days that ends where this one begins; null where it is open."""
        if self.starts_on is None or self.ends_on is None:
            return None
        last = self.starts_on - dt.timedelta(days=1)
        return Period(last - (self.ends_on - self.starts_on), last)

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
    """A municipality as figures name it, with its tile on the map and its metropolitan zone, if it lies in one, by the
    newest delimitation."""

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
    zone_id: int | None = None
    zone: str = ""


def scope_in(
    places: Sequence[Place], state_label: str, *, region: str = "", municipality: str = "", zone: str = ""
) -> Scope | None:
    """The territory that slugs name (a zone: its number), from rows at hand; None where there is no such place. The
    municipality goes first."""
    if municipality:
        found = next((place for place in places if place.slug == municipality), None)
        return Scope("municipality", found.name, found.pk) if found else None
    if region:
        found = next((place for place in places if place.region_slug == region), None)
        return Scope("region", found.region, found.region_id) if found else None
    if zone:
        inside = [place for place in places if place.zone_id is not None and str(place.zone_id) == zone]
        members = tuple(sorted(place.pk for place in inside))
        return Scope("zone", inside[0].zone, inside[0].zone_id, members=members) if inside else None
    return state(state_label)


def places() -> tuple[Place, ...]:
    """Every municipality in the order of its name. One query."""
    newest = MetropolitanZone.objects.order_by("-delimitation_year").values("delimitation_year")[:1]
    zone = MetropolitanZone.objects.filter(municipalities=OuterRef("pk"), delimitation_year=Subquery(newest))
    rows: Any = Municipality.objects.order_by("sort_name").values_list(
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
        Subquery(zone.order_by("pk").values("pk")[:1]),
        Coalesce(Subquery(zone.order_by("pk").values("name")[:1]), Value("")),
    )
    return tuple(Place(*row) for row in rows)


def any_boundaries() -> bool:
    """Whether the polygon of any municipality was loaded. One query."""
    return Municipality.objects.filter(boundary__isnull=False).exists()


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
