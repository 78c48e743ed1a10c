"""Spreadsheets that people send: a dry run is kept, and confirmed once or thrown away."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from municipalities.models import Municipality
from network.enums import LoadKind, LoadState, Verdict
from network.models import SheetLoad, User

# In the order in which they are shown: what has to be corrected comes first.
ORDER = [Verdict.REFUSED, Verdict.KEPT, Verdict.CHANGED, Verdict.NEW]


@dataclass(slots=True, kw_only=True)
class LoadRow:
    """What one row of a file would do, in plain values.

    ``what`` names the thing, ``details`` says in words what a new one holds, ``changes`` are (field, before, after),
    ``faults`` are (cell, sentence). ``data`` is for whoever writes it.
    """

    verdict: str
    address: str
    what: str
    sheet: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


class LoadGone(Exception):
    """The load was confirmed or thrown away by somebody else. Nothing was stored."""


class WrongRow(Exception):
    """A row of a confirmed load does not hold any more; the sentence says why. Nothing was stored."""

    def __init__(self, row: Mapping[str, Any], sentence: str) -> None:
        super().__init__(sentence)
        self.address, self.sentence = row["address"], sentence


def keep_load(
    *, kind: LoadKind, rows: Sequence[LoadRow], file_name: str, by: User, municipality: Municipality | None = None
) -> SheetLoad:
    """Keep a dry run. Another one of the same person and kind that still waits is thrown away."""
    SheetLoad.objects.pending().filter(kind=kind, created_by=by).update(state=LoadState.DISCARDED, rows=[])
    return SheetLoad.objects.create(
        kind=kind, municipality=municipality, file_name=file_name[:200], created_by=by, **_kept(rows)
    )


def rewrite_load(*, load: SheetLoad, rows: Sequence[LoadRow]) -> None:
    """What a load would do now, after something that it counted on has changed."""
    kept = _kept(rows)
    del kept[Verdict.EQUAL]  # those are counted, and not among the rows
    for name, value in kept.items():
        setattr(load, name, value)
    load.save(update_fields=list(kept))


def refuse_row(*, load: SheetLoad, wrong: WrongRow) -> None:
    """Say of one row that it does not hold any more."""
    rows = [LoadRow(**row) for row in load.rows]
    for row in rows:
        if row.address == wrong.address:
            row.verdict, row.faults = Verdict.REFUSED, [(wrong.address, wrong.sentence)]
    rewrite_load(load=load, rows=rows)


def take_load(load: SheetLoad) -> None:
    """Mark a load as written, in the transaction that writes it. Raises :class:`LoadGone` where it waits no more."""
    now = timezone.now()
    taken = SheetLoad.objects.pending().filter(pk=load.pk).update(state=LoadState.DONE, rows=[], done_at=now)
    if not taken:
        raise LoadGone


def discard_load(*, load: SheetLoad) -> None:
    SheetLoad.objects.pending().filter(pk=load.pk).update(state=LoadState.DISCARDED, rows=[])


def _kept(rows: Iterable[LoadRow]) -> dict[str, Any]:
    rows = list(rows)
    counted = Counter(row.verdict for row in rows)
    shown = [row for verdict in ORDER for row in rows if row.verdict == verdict]
    return {"rows": [asdict(row) for row in shown], **{verdict: counted[verdict] for verdict in Verdict.values}}


# --- How long


def old_loads(before: date) -> QuerySet[SheetLoad]:
    return SheetLoad.objects.pending().filter(created_at__date__lt=before)


def erase_old_loads(before: date) -> int:
    return old_loads(before).update(state=LoadState.DISCARDED, rows=[])
