import pytest

from web import contrast


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#0B6B52", "#0B6B52", 1.0),
        ("#777777", "#FFFFFF", 4.48),
        ("#0B6B52", "#FBFAF6", 6.2),
    ],
)
def test_ratio_is_that_of_wcag_both_ways_round(one: str, other: str, expected: float) -> None:
    assert contrast.ratio(one, other) == pytest.approx(expected, abs=0.05)
    assert contrast.ratio(other, one) == contrast.ratio(one, other)
