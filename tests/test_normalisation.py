"""Normalisations against what pymcdm and COINr assert in their own tests, scipy, and formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaltools import ranking
from evaltools.decision_matrix import tied_places

ROWS = [[66, 56, 95], [61, 55, 166], [65, 49, 113], [95, 56, 99], [63, 43, 178], [74, 59, 140]]
WAYS = ["down", "down", "up"]


AS_PYMCDM = {
    "max": [
        [0.30526316, 0.05084746, 0.53370787],
        [0.35789474, 0.06779661, 0.93258427],
        [0.31578947, 0.16949153, 0.63483146],
        [0.0, 0.05084746, 0.55617978],
        [0.33684211, 0.27118644, 1.0],
        [0.22105263, 0.0, 0.78651685],
    ],
    "vector": [
        [0.62375904, 0.57085288, 0.28587109],
        [0.65226214, 0.57851622, 0.49952212],
        [0.62945966, 0.62449627, 0.34003614],
        [0.45844104, 0.57085288, 0.29790777],
        [0.6408609, 0.67047632, 0.53563215],
        [0.57815408, 0.54786285, 0.42128371],
    ],
    "linear": [
        [0.92424242, 0.76785714, 0.53370787],
        [1.0, 0.78181818, 0.93258427],
        [0.93846154, 0.87755102, 0.63483146],
        [0.64210526, 0.76785714, 0.55617978],
        [0.96825397, 1.0, 1.0],
        [0.82432432, 0.72881356, 0.78651685],
    ],
}


@pytest.mark.parametrize("method", AS_PYMCDM)
def test_as_pymcdm_asserts_it(method: str) -> None:
    np.testing.assert_allclose(ranking.normalise(ROWS, WAYS, method), AS_PYMCDM[method], atol=6e-9)


def test_zscore_as_coinr_and_scipy_have_it() -> None:
    first = [-0.366798937752, 0.508547627716, -1.049827335755]
    found = ranking.normalise(ROWS, ["up"] * 3, "zscore")
    np.testing.assert_allclose(found[0], first, atol=1e-10)
    np.testing.assert_allclose(found, stats.zscore(ROWS, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(ranking.normalise(ROWS, ["down"] * 3, "zscore"), -found)


def test_the_rest_by_their_formulas() -> None:
    rows, ways = [[1, 2], [3, 4], [4, 8]], ["up", "down"]
    np.testing.assert_allclose(ranking.normalise(rows, ways), [[0, 1], [2 / 3, 2 / 3], [1, 0]])
    inverse = np.array([1 / 2, 1 / 4, 1 / 8])
    np.testing.assert_allclose(
        ranking.normalise(rows, ways, "sum"), np.c_[np.array([1, 3, 4]) / 8, inverse / inverse.sum()]
    )
    assert ranking.normalise(rows, ways, "none").tolist() == [[1, -2], [3, -4], [4, -8]]


def test_minmax_as_coinr_asserts_it() -> None:
    expected = [2 + 5 * step / 9 for step in range(10)]
    np.testing.assert_allclose(ranking.minmax(range(1, 11), 2, 7), expected, atol=1e-12)
    assert ranking.minmax([3, 3], 0, 10).tolist() == [5, 5]
    shown = ranking.minmax(pd.Series([4.0, np.nan, 2.0], index=list("abc")))
    assert shown.index.tolist() == list("abc") and shown["a"] == 1 and np.isnan(shown["b"])
    assert np.isnan(ranking.minmax([np.nan, None])).all()
    for wrong in ({"values": [1, np.inf]}, {"values": [1, "2"]}, {"values": [1, 2], "lower": 1}):
        with pytest.raises(ValueError, match=r"position 1|upper must be above"):
            ranking.minmax(**wrong)


@pytest.mark.parametrize(("x", "direction", "expected"), [(11, "up", 1), (-1, "up", 0), (1, "down", 0.9)])
def test_goalposts_as_coinr_asserts_them(x: float, direction: str, expected: float) -> None:
    assert ranking.goalposts([x], 0, 10, 1, direction).tolist() == pytest.approx([expected], abs=1e-12)


def test_goalposts_may_be_passed_and_scaled() -> None:
    found = ranking.goalposts(pd.Series([11.0, np.nan, 5.0], index=list("abc")), 0, 10, scale=100, cut=False)
    assert found["a"] == pytest.approx(110) and np.isnan(found["b"]) and found["c"] == 50
    for wrong, message in (({"upper": 0}, "above the lower"), ({"direction": "left"}, "'left'")):
        with pytest.raises(ValueError, match=message):
            ranking.goalposts(**{"values": [1], "lower": 0, "upper": 10} | wrong)


def test_winsorise_as_coinr_asserts_it() -> None:
    assert ranking.winsorise([*range(1, 11), 100]).tolist() == [*range(1, 11), 10]
    assert ranking.winsorise([*range(10, 0, -1), -80]).tolist() == [*range(10, 0, -1), 1]


def test_winsorise_stops_when_either_limit_is_kept_or_enough_points_moved() -> None:
    x = [*range(1, 30), 300, 600]
    assert stats.skew(x, bias=False) > 2 and stats.kurtosis(x, bias=False) > 3.5
    one = ranking.winsorise(x, most=1)
    assert one.tolist() == [*range(1, 30), 300, 300]
    all_of_them = ranking.winsorise(x, most=None)
    assert not (stats.skew(all_of_them, bias=False) > 2 and stats.kurtosis(all_of_them, bias=False) > 3.5)
    assert ranking.winsorise(x, most=0).tolist() == x
    assert ranking.winsorise(x, kurtosis=1000).tolist() == x
    assert ranking.winsorise([7, 7, 7, 7]).tolist() == [7] * 4
    shown = ranking.winsorise(pd.Series([*range(1, 11), np.nan, 100]))
    assert np.isnan(shown[10]) and shown[11] == 10
    with pytest.raises(ValueError, match="at least four"):
        ranking.winsorise([1, 2, np.nan, 3])


@given(st.lists(st.integers(-50, 50), min_size=4, max_size=20))
def test_winsorise_moves_what_the_shape_of_scipy_says(x: list[int]) -> None:
    moved = ranking.winsorise(x, most=1).tolist()
    outlying = len(set(x)) > 1 and abs(stats.skew(x, bias=False)) > 2 and stats.kurtosis(x, bias=False) > 3.5
    assert (moved != x) == outlying


def test_outranking_as_coinr_asserts_it() -> None:
    frame = pd.DataFrame({"x1": [1, 2, 3, 4], "x2": [3, 2, 1, 5], "x3": [2, 3, 1, 4]})
    found = ranking.outranking(frame)
    assert found.matrix[0].tolist()[1:] == pytest.approx([2 / 3, 1 / 3, 1])
    assert np.diag(found.matrix).tolist() == [0] * 4
    assert (found.dominant, found.dominant_share) == (3, 0.5)
    assert ranking.outranking([[1, 2], [2, 1]]).matrix.tolist() == [[0, 0.5], [0.5, 0]]


def test_outranking_with_directions_weights_and_equal_values() -> None:
    found = ranking.outranking([[1, 5, 7], [1, 4, 8]], ["up", "down", "up"], [2, 3, 5])
    # equal in the first, worse in the others: half of 0.2
    assert found.matrix.tolist() == [[0, pytest.approx(0.1)], [pytest.approx(0.9), 0]]
    assert found.dominant == 0
    assert ranking.outranking([[1, 5], [1, 4]], ["up", "down"], [0, 1]).dominant == 1


@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=2, max_size=6))
def test_what_beats_and_what_is_beaten_add_up(rows: list[list[int]]) -> None:
    found = np.asarray(ranking.outranking(rows).matrix)
    both = found + found.T
    assert both[~np.eye(len(rows), dtype=bool)] == pytest.approx(1)


# --- conventions and bad input ---------------------------------------------------------------------------------------


def test_a_constant_column_tells_nobody_apart() -> None:
    dust = [[0.1 + 0.2, 1], [0.3, 2]]
    assert ranking.normalise(dust, ["up", "up"])[:, 0].tolist() == [0.5, 0.5]
    assert ranking.normalise(dust, ["up", "down"], "zscore")[:, 0].tolist() == [0, 0]


def test_a_frame_keeps_its_names_and_says_how() -> None:
    frame = pd.DataFrame(ROWS, index=list("uvwxyz"), columns=list("abc"))
    found = ranking.normalise(frame, {"c": "up", "b": "down", "a": "down"}, "max")
    assert (found.index.tolist(), found.columns.tolist()) == (list("uvwxyz"), list("abc"))
    np.testing.assert_allclose(found, ranking.normalise(ROWS, WAYS, "max"))
    assert found.attrs["convention"].startswith("max normalisation: x / max; low is better: 1 - x / max")
    assert found.attrs["settings"]["normalisation"] == "max"


@pytest.mark.parametrize(
    ("rows", "ways", "method", "message"),
    [
        ([[0, 1], [0, 2]], ["up", "up"], "vector", r"all-zero column: leave it out, or weigh it 0; found column 0"),
        ([[0, 1], [0, 2]], ["up", "up"], "max", "largest value above zero; found column 0"),
        ([[0, 1], [0, 2]], ["up", "up"], "linear", "largest value above zero; found column 0"),
        ([[0, 1], [0, 2]], ["up", "up"], "sum", "sum above zero; found column 0"),
        ([[1, 0], [1, 2]], ["up", "down"], "linear", "only values above zero; found 0 at row 0, column 1"),
        ([[1, 0], [1, 2]], ["up", "down"], "sum", "only values above zero; found 0 at row 0, column 1"),
        ([[-1, 1], [3, 2]], ["up", "up"], "sum", "zero or more; found -1 at row 0, column 0"),
        ([[1, 1], [3, 2]], ["up", "up"], "rank", "one of minmax"),
        ([[1, True], [3, 2]], ["up", "up"], "max", "True at row 0, column 1|at row 0"),
        ([[np.nan] * 4] * 2, ["up"] * 4, "max", "and 3 more"),
    ],
)
def test_what_cannot_be_used_is_refused(rows: list[list[float]], ways: list[str], method: str, message: str) -> None:
    matrix = pd.DataFrame(rows, dtype=object).to_numpy() if any(True is cell for row in rows for cell in row) else rows
    with pytest.raises(ValueError, match=message):
        ranking.normalise(matrix, ways, method)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_places_of_ties_are_those_of_scipy(values: list[int]) -> None:
    first, last = tied_places(np.array(values, dtype=float))
    assert (first + 1).tolist() == stats.rankdata(values, method="min").tolist()
    assert (last + 1).tolist() == stats.rankdata(values, method="max").tolist()
