"""Municipalities side by side by what they do: actions, money, what they measure and what they estimate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from actions.enums import ReviewState
from actions.models import Action, ActionQuerySet, EmissionEstimate, Hazard, Indicator, Measured
from municipalities.models import Municipality
from web.search import fold

# So many fit side by side.
MOST_COMPARED = 6


@dataclass(frozen=True)
class PlaceActions:
    """What one municipality does of what is compared. ``actions`` by title."""

    place: Municipality
    actions: tuple[Action, ...]
    indicators: tuple[Measured, ...]
    estimates: tuple[EmissionEstimate, ...]

    @property
    def by_status(self) -> Counter[str]:
        return Counter(action.status for action in self.actions)

    @property
    def published(self) -> int:
        return sum(action.review_state == ReviewState.PUBLISHED for action in self.actions)

    @property
    def budgets(self) -> list[Decimal]:
        """In Mexican pesos, of the actions whose budget is known."""
        return [action.budget for action in self.actions if action.budget is not None]

    def measured_in(self, unit: str) -> list[Measured]:
        """Its indicators of a unit, as :func:`units` calls it."""
        return [row for row in self.indicators if fold(row.indicator.unit) == fold(unit)]


def working_on(actions: ActionQuerySet, *, sector: str = "", pathway: str = "", hazard: str = "") -> ActionQuerySet:
    """Those of a sector, with an entry pathway and that address a hazard, by their codes; empty asks nothing."""
    if sector:
        actions = actions.filter(sector__code=sector)
    if pathway:
        actions = actions.filter(pathway__code=pathway)
    if hazard:
        tied = Action.hazards.through.objects.filter(hazard__in=Hazard.objects.filter(code=hazard))
        actions = actions.filter(pk__in=tied.values("action_id"))
    return actions


def how_many(actions: ActionQuerySet) -> dict[int, int]:
    """Municipality → its actions, of those that have any. One query."""
    return dict(actions.order_by().values_list("municipality").annotate(count=Count("pk")))


def compared(actions: ActionQuerySet, places: Sequence[Municipality]) -> list[PlaceActions]:
    """Each of ``places`` with its share of ``actions``. Three queries."""
    inside = actions.filter(municipality__in=[place.pk for place in places])
    rows = list(inside.select_related("sector").defer("description", "search_text").order_by("title", "pk"))
    numbers = inside.order_by().values("pk")
    owner = {row.pk: row.municipality_id for row in rows}
    indicators = Indicator.objects.filter(action__in=numbers).measured()
    estimates = list(EmissionEstimate.objects.filter(action__in=numbers))
    return [
        PlaceActions(
            place,
            tuple(row for row in rows if row.municipality_id == place.pk),
            tuple(row for row in indicators if owner.get(row.indicator.action_id) == place.pk),
            tuple(row for row in estimates if owner.get(row.action_id) == place.pk),
        )
        for place in places
    ]


def units(rows: Sequence[PlaceActions]) -> list[str]:
    """The units that anything is measured in, as first written; those that more municipalities share come first."""
    written: dict[str, str] = {}
    shared: Counter[str] = Counter()
    for row in rows:
        for unit in dict.fromkeys(one.indicator.unit for one in row.indicators):
            written.setdefault(fold(unit), unit)
        shared.update({fold(one.indicator.unit) for one in row.indicators})
    return [written[key] for key in sorted(written, key=lambda key: (-shared[key], key))]
