"""The interval of a difference of two proportions, against the printed examples of its author and another library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from evaltools.differences import difference


def one(count: float, n: float, earlier: float, earlier_n: float, per: float = 1) -> list[float]:
    row = difference(*(pd.Series([x]) for x in (count, n, earlier, earlier_n)), per=per)
    return row.iloc[0].tolist()


@pytest.mark.parametrize(
    ("numbers", "lower", "upper"),
    [
        # Newcombe (1998), Statistics in Medicine 17: 873–890, table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_the_printed_examples_of_newcombe(numbers: tuple[int, ...], lower: float, upper: float) -> None:
    assert [round(x, 4) for x in one(*numbers)[1:]] == [lower, upper]


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=60, deadline=None)
@given(counts, counts)
def test_as_another_library_has_it(now: tuple[int, int], before: tuple[int, int]) -> None:
    value, lower, upper = one(*now, *before, per=100)
    expected = confint_proportions_2indep(*now, *before, method="newcomb", compare="diff")
    assert [lower, upper] == pytest.approx([100 * x for x in expected], abs=1e-9)
    assert lower <= value <= upper
    assert one(*before, *now, per=100) == pytest.approx([-value, -upper, -lower], abs=1e-9)


@pytest.mark.parametrize("numbers", [(5, 4, 1, 4), (1, 4, 5, 4), (1, 0, 1, 4), (1, 4, np.nan, 4)])
def test_what_is_no_proportion_has_no_interval(numbers: tuple[float, ...]) -> None:
    assert np.isnan(one(*numbers)[1:]).all()
