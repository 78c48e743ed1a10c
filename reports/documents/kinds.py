"""What each kind of report counts and prints: one table, so that nothing else asks which kind it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from municipalities.figures import Period, Place, Scope, of_municipality, of_region, of_zone
from reports.documents import common_context, period_in_words
from reports.documents.actions import (
    MunicipalActions,
    action_changes,
    action_context,
    action_rows,
    municipal_actions,
)
from reports.documents.changes import Change, changes
from reports.documents.network import (
    NetworkFigures,
    network_changes,
    network_context,
    network_figures,
    network_lines,
)
from reports.figures import (
    Figures,
    as_rows,
    csv_rows,
    exact_figures,
    frozen,
    of_institution,
    of_series,
    of_training,
    public_figures,
    state_scope,
    to_json,
)
from reports.models import IssuedReport, ReportKind, period_before

SCOPES: dict[str, Callable[[Any], Scope]] = {
    "region": of_region,
    "zone": of_zone,
    "municipality": of_municipality,
    "series": of_series,
    "training": of_training,
    "institution": of_institution,
}
Rows = list[list[str | int | Decimal]]


@dataclass(frozen=True)
class Kind:
    """``loads``: the dataclass that its frozen figures are. ``count``: (report, period, places, for everybody)."""

    loads: type[Any]
    template: str
    count: Callable[[IssuedReport, Period, tuple[Place, ...], bool], Any]
    rows: Callable[[Any], Rows]
    changes: Callable[[Any, Any, Mapping[str, str]], tuple[Change, ...]]
    context: Callable[[Any, Sequence[Place]], dict[str, Any]]
    headline: Callable[[Any], Figures] | None


def kind_of(report: IssuedReport) -> Kind:
    return KINDS[ReportKind(report.kind)]


def count(report: IssuedReport, places: tuple[Place, ...]) -> dict[str, dict[str, Any]]:
    """The figures to be frozen, by the name of their column."""
    kind, period = kind_of(report), Period(report.starts_on, report.ends_on)
    found = {
        "figures": to_json(kind.count(report, period, places, False)),
        "public_figures": to_json(kind.count(report, period, places, True)),
    }
    if report.compares and kind.headline:
        before = Period(*period_before(report.starts_on, report.ends_on))
        found["previous_figures"] = to_json(exact_figures(scope_of(report), before, places=places))
    return found


def figures_of(report: IssuedReport, *, public: bool = False) -> Any:
    """As they were frozen."""
    return frozen(kind_of(report).loads, report.public_figures if public else report.figures)


def scope_of(report: IssuedReport) -> Scope:
    subject = report.subject
    return state_scope() if subject is None else SCOPES[report.scope](subject)


def _capacity(report: IssuedReport, period: Period, places: tuple[Place, ...], public: bool) -> Figures:
    if public:
        return public_figures(scope_of(report), period, places=places)
    return exact_figures(scope_of(report), period, places=places, with_lines=True)


def _actions(report: IssuedReport, period: Period, places: tuple[Place, ...], public: bool) -> MunicipalActions:
    assert report.municipality is not None
    return municipal_actions(report.municipality, period, public=public)


def _network(report: IssuedReport, period: Period, places: tuple[Place, ...], public: bool) -> NetworkFigures:
    return network_figures(period, places, public=public)


def _capacity_context(figures: Figures, places: Sequence[Place]) -> dict[str, Any]:
    return {
        **common_context(figures, places, linked=False),
        "more_lines": figures.events.held - len(figures.lines),
        # A series, training or institution covers no territory: its table by municipality says all there is.
        "municipality_list": figures.coverage is not None and figures.scope_kind != "municipality",
    }


def _action_context(figures: MunicipalActions, places: Sequence[Place]) -> dict[str, Any]:
    return action_context(figures) | {"period": period_in_words(figures.starts_on, figures.ends_on)}


def _network_context(figures: NetworkFigures, places: Sequence[Place]) -> dict[str, Any]:
    return _capacity_context(figures.state, places) | network_context(figures, places)


def _action_changes(old: MunicipalActions, new: MunicipalActions, names: Mapping[str, str]) -> tuple[Change, ...]:
    return action_changes(old, new)


KINDS = {
    ReportKind.CAPACITY: Kind(
        Figures, "report", _capacity, csv_rows, changes, _capacity_context, lambda figures: figures
    ),
    ReportKind.ACTIONS: Kind(
        MunicipalActions, "actions", _actions, action_rows, _action_changes, _action_context, None
    ),
    ReportKind.NETWORK: Kind(
        NetworkFigures,
        "network",
        _network,
        lambda figures: as_rows(network_lines(figures)),
        network_changes,
        _network_context,
        lambda figures: figures.state,
    ),
}
