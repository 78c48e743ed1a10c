"""The annual report of the network: the state, and one page for each region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from municipalities.figures import Period, Place, of_region
from municipalities.models import Region
from reports.documents import MunicipalityLine, pictures
from reports.documents.changes import Change, changes
from reports.figures import Figures, Line, exact_figures, lines, public_figures, state_scope


@dataclass(frozen=True)
class NetworkFigures:
    """The figures of the state, with its list of events for staff, and those of every region, by their numbers."""

    state: Figures
    regions: tuple[Figures, ...]


@dataclass(frozen=True)
class RegionPage:
    """What the page of a region prints."""

    figures: Figures
    municipalities: tuple[MunicipalityLine, ...]


def network_figures(period: Period, places: tuple[Place, ...], *, public: bool = False) -> NetworkFigures:
    """Eight queries, and eight for each region."""
    count = public_figures if public else exact_figures
    regions = (count(of_region(region), period, places=places) for region in Region.objects.order_by("number"))
    return NetworkFigures(count_state(period, places, public=public), tuple(regions))


def count_state(period: Period, places: tuple[Place, ...], *, public: bool) -> Figures:
    if public:
        return public_figures(state_scope(), period, places=places)
    return exact_figures(state_scope(), period, places=places, with_lines=True)


def network_lines(figures: NetworkFigures) -> list[Line]:
    """Every number, the regions' with their name before the table's."""
    found = list(lines(figures.state))
    for region in figures.regions:
        found += [replace(line, table=f"{region.scope_label}: {line.table}") for line in lines(region)]
    return found


def network_changes(old: NetworkFigures, new: NetworkFigures, names: Mapping[str, str]) -> tuple[Change, ...]:
    """Of the state, then of each region."""
    found = list(changes(old.state, new.state, names))
    for before, after in zip(old.regions, new.regions, strict=True):
        found += [replace(one, table=f"{after.scope_label}: {one.table}") for one in changes(before, after, names)]
    return tuple(found)


def network_context(figures: NetworkFigures, places: Sequence[Place]) -> dict[str, Any]:
    """What ``templates/pdf/reports/network.html`` prints, besides what every report of figures prints."""
    return {
        "regions": [
            RegionPage(region, pictures(region, places, linked=False).municipalities) for region in figures.regions
        ]
    }
