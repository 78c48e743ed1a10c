"""Small cells of public tables cannot be told, however one subtracts."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from web.disclosure import SMALLEST, Withheld, is_small, withheld

tables = st.integers(2, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 4), min_size=width, max_size=width), min_size=1, max_size=5 - width // 2
    )
)


def compositions(total: int, limits: tuple[int, ...]):
    """Every way to write ``total`` as cells that stay within the limits."""
    for cells in product(*(range(min(total, limit) + 1) for limit in limits)):
        if sum(cells) == total:
            yield cells


def possible_tables(totals: list[int], columns: tuple[int, ...]):
    """Every table with these rows' totals and these columns' sums: all that a reader can conclude from a pool."""
    if not totals:
        if not any(columns):
            yield ()
        return
    for first in compositions(totals[0], columns):
        left = tuple(column - cell for column, cell in zip(columns, first, strict=True))
        for rest in possible_tables(totals[1:], left):
            yield (first, *rest)


@given(tables)
def test_withheld_leaves_no_small_cell_that_a_reader_can_work_out(rows):
    answer = withheld(rows)
    pool = [rows[index] for index in sorted(answer.rows)]
    shown = [row for index, row in enumerate(rows) if index not in answer.rows]
    assert not any(is_small(cell) for row in shown for cell in row)
    if answer.total or not pool:
        return
    columns = tuple(sum(column) for column in zip(*pool, strict=True))
    assert not any(is_small(column) for column in columns)
    worlds = list(possible_tables([sum(row) for row in pool], columns))
    for i, row in enumerate(pool):
        for j, cell in enumerate(row):
            if is_small(cell):
                assert len({world[i][j] for world in worlds}) > 1


@given(tables)
def test_withheld_shows_the_sum_only_where_its_own_cells_are_large(rows):
    columns = [sum(column) for column in zip(*rows, strict=True)]
    if not withheld(rows).total:
        assert not any(is_small(column) for column in columns)


@given(st.lists(st.lists(st.sampled_from([0, SMALLEST, 9]), min_size=3, max_size=3), min_size=1, max_size=6))
def test_withheld_keeps_nothing_back_where_no_cell_is_small(rows):
    assert withheld(rows) == Withheld(frozenset(), total=False)


def test_withheld_pools_the_smallest_further_row_with_a_single_one():
    rows = [(40, 30), (1, 9), (12, 8), (5, 5)]
    assert withheld(rows) == Withheld(frozenset({1, 3}), total=False)


def test_withheld_does_not_pool_empty_rows():
    assert withheld([(2, 8), (0, 0), (6, 5)]) == Withheld(frozenset({0, 2}), total=False)


def test_withheld_keeps_the_sum_back_where_its_own_cell_is_small():
    assert withheld([(2, 8), (0, 10)]) == Withheld(frozenset({0}), total=True)


def test_withheld_keeps_a_single_row_and_its_sum_back():
    assert withheld([(2, 8)]) == Withheld(frozenset({0}), total=True)


def test_withheld_of_an_empty_table_is_nothing():
    assert withheld([]) == Withheld(frozenset(), total=False)
