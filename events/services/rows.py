"""Making the stored rows of a list those that were typed."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import models

Row = Mapping[str, Any]


def fingerprint(*values: Any) -> str:
    """The version of what has no number of its own: a short hash of all that it holds."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


class StaleVersion(Exception):
    """Somebody saved since the form was read. ``current`` is what is stored now."""

    def __init__(self, current: models.Model) -> None:
        super().__init__("stale version")
        self.current = current


def sync_rows(
    model: type[models.Model],
    owner: Mapping[str, models.Model],
    rows: Sequence[Row],
    fields: Sequence[str],
    *,
    ordered: bool = False,
    before_delete: Callable[[Any], None] | None = None,
) -> bool:
    """Change, add and delete until ``owner``'s rows are these; True where anything changed.

    A row with the ``id`` of one of the owner's keeps its record; the id of somebody else's counts as none. With
    ``ordered`` the column ``order`` follows the sequence.
    """
    stored = {child.pk: child for child in model._default_manager.filter(**owner)}
    changed = False
    for position, row in enumerate(rows):
        child = stored.pop(row.get("id"), None) or model(**owner)
        values = {name: row[name] for name in fields if name in row}
        if ordered:
            values["order"] = position
        if child.pk is None or any(getattr(child, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(child, name, value)
            child.save()
            changed = True
    for child in stored.values():
        if before_delete:
            before_delete(child)
        child.delete()
        changed = True
    return changed
