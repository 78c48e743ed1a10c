"""Which rows of a published table must keep their split to themselves.

A public table gives each row's total and its split in cells (for example by sex), and the same for all rows together.
A row with a cell of one or two persons shows only its total. That alone is not enough: where the sum of all rows is
printed, what is left after subtracting the rows that are shown belongs to the rows that are not. So further rows,
the smallest first, are withheld until what is left tells no small cell (the rule of complementary suppression of
official statistics; Willenborg and de Waal, *Elements of Statistical Disclosure Control*, 2001).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

SMALLEST = 3
Row = Sequence[int]


@dataclass(frozen=True)
class Withheld:
    """Indexes of the rows that show only their total; ``total``: the sum of all rows shows only its total as well."""

    rows: frozenset[int]
    total: bool


def is_small(cell: int, smallest: int = SMALLEST) -> bool:
    return 0 < cell < smallest


def withheld(
    rows: Sequence[Row],
    *,
    parts: Sequence[Sequence[Row]] | None = None,
    also: Collection[int] = (),
    smallest: int = SMALLEST,
) -> Withheld:
    """The rows to withhold so that no cell between 1 and ``smallest`` − 1 can be told from what stays in print.

    Every row has the same cells in the same order. Rows' totals are always printed; they are not protected.
    ``parts``: for each row the finer rows it is the sum of, where their totals are printed too (the municipalities of
    a region): a withheld row then keeps its parts to itself as well. ``also``: indexes of rows to withhold anyway.
    """
    if parts is None:
        parts = [[row] for row in rows]
    hidden = {index for index, row in enumerate(rows) if _has_small(row, smallest)} | set(also)
    columns = [sum(column) for column in zip(*rows, strict=True)]
    if _has_small(columns, smallest):
        return Withheld(frozenset(hidden), total=True)
    candidates = sorted((sum(row), index) for index, row in enumerate(rows) if index not in hidden and any(row))
    while hidden and margins_tell([part for index in sorted(hidden) for part in parts[index]], smallest):
        if not candidates:
            return Withheld(frozenset(hidden), total=True)
        hidden.add(candidates.pop(0)[1])
    return Withheld(frozenset(hidden), total=False)


def _has_small(row: Row, smallest: int) -> bool:
    return any(is_small(cell, smallest) for cell in row)


def margins_tell(pool: Sequence[Row], smallest: int = SMALLEST) -> bool:
    """Whether the totals of the pooled rows and the sums of their cells fix some small cell, or are small themselves.

    With both margins known a cell lies between ``max(0, row + column − all)`` and ``min(row, column)``, and each whole
    number between is possible (Fréchet); it is told when the two meet.
    """
    columns = [sum(column) for column in zip(*pool, strict=True)]
    if any(is_small(column, smallest) for column in columns):
        return True
    everything = sum(columns)
    for row in pool:
        total = sum(row)
        for cell, column in zip(row, columns, strict=True):
            if is_small(cell, smallest) and max(0, total + column - everything) == min(total, column):
                return True
    return False
