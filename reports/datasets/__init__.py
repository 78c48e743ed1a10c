"""The open data: what everybody may take, declared once. No row names a person; who speaks for a municipality is its
office."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Max, QuerySet, Value

from reports.datasets.activity import ACTIONS, EVENTS, LIBRARY, SERIES, TRAININGS
from reports.datasets.columns import Column, DataSet, Kind, Narrowed, Shape, WrongQuery, parameters
from reports.datasets.results import RESULTS
from reports.datasets.territory import (
    DIRECTORY,
    FORMATS,
    GOALS,
    MUNICIPALITIES,
    PATHWAYS,
    REGIONS,
    SECTORS,
    ZONES,
)

DATASETS = (
    MUNICIPALITIES, DIRECTORY, EVENTS, SERIES, TRAININGS, ACTIONS, RESULTS, LIBRARY,
    REGIONS, ZONES, PATHWAYS, SECTORS, GOALS, FORMATS,
)  # fmt: skip
BY_SLUG = {dataset.slug: dataset for dataset in DATASETS}


def last_changes() -> dict[str, datetime]:
    """When the content of each data set last changed, as far as somebody writes that down. One query for all."""
    parts: list[QuerySet[Any, Any]] = []
    for dataset in DATASETS:
        if dataset.changed:
            rows, column = dataset.changed()
            found = rows.annotate(of=Value(dataset.slug, CharField())).values("of").annotate(at=Max(column))
            parts.append(found.values_list("of", "at"))
    return {slug: moment for slug, moment in parts[0].union(*parts[1:], all=True) if moment}


def row_counts() -> dict[str, int]:
    """How many rows each data set has, but for those that are worked out when they are asked for. One query for all."""
    parts: list[QuerySet[Any, Any]] = []
    for dataset in DATASETS:
        if dataset.rows:
            rows = dataset.rows().model._default_manager.filter(pk__in=dataset.rows().order_by().values("pk"))
            found = rows.order_by().annotate(of=Value(dataset.slug, CharField())).values("of")
            parts.append(found.annotate(n=Count("pk")).values_list("of", "n"))
    return dict(parts[0].union(*parts[1:], all=True))


__all__ = [
    "BY_SLUG", "DATASETS", "Column", "DataSet", "Kind", "Narrowed", "Shape", "WrongQuery", "last_changes",
    "parameters", "row_counts",
]  # fmt: skip
