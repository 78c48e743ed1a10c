"""Reads the reference files that apps ship in their ``data/`` folders."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings


def reference_rows(app: str, name: str) -> Iterator[dict[str, str]]:
    """The rows of ``<app>/data/<name>.csv``, or of the installation's own file of that name in ``REFERENCE_DIR``."""
    path = Path(settings.BASE_DIR) / app / "data" / f"{name}.csv"
    if settings.REFERENCE_DIR:
        own = Path(settings.REFERENCE_DIR) / f"{name}.csv"
        path = own if own.exists() else path
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
