"""TOPSIS against published examples and a second calculation, object by object."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import ranking

HWANG_YOON = [[7, 9, 9, 8], [8, 7, 8, 7], [9, 6, 8, 9], [6, 7, 8, 6]]
BY_HWANG_YOON = (["up", "up", "up", "down"], [0.1, 0.4, 0.3, 0.2])


# --- published examples ----------------------------------------------------------------------------------------------


def test_the_example_of_the_r_package_mathmodels() -> None:
    found = ranking.topsis([[2, 8], [5, 1], [3, 6]], ["up", "down"], [0.6, 0.4])
    assert found.round(7).tolist() == [0.0, 1.0, 0.3111391]


def test_another_normalisation_makes_another_winner() -> None:
    case = ([[1, 3000], [2, 3750], [5, 4500]], ["down", "up"], [0.5, 0.5])
    # Opricovic & Tzeng 2004, as pymcdm asserts it
    assert ranking.topsis(*case, normalisation="minmax").round(3).tolist() == [0.5, 0.617, 0.5]
    assert ranking.topsis(*case).round(6).tolist() == [0.762141, 0.722178, 0.237859]


@pytest.mark.parametrize(
    ("normalisation", "expected"),
    [
        ("vector", [0.7426940889, 0.4035993297, 0.1758699853, 0.441429274]),  # scikit-criteria 0.10 too
        ("minmax", [0.7722700008, 0.3288130902, 0.1566130288, 0.3675238165]),  # pymcdm 1.4.0, its default
    ],
)
def test_the_matrix_of_yoon_and_hwang_as_other_libraries_have_it(normalisation: str, expected: list[float]) -> None:
    found = ranking.topsis(HWANG_YOON, *BY_HWANG_YOON, normalisation=normalisation)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_without_normalisation_as_the_package_mcdm_asserts_it() -> None:
    rows = [[0.5, 0.6, 0.3, 0.2, 0.9], [0.5] * 5, [0.5, 0.4, 0.7, 0.8, 0.1]]
    found = ranking.topsis(rows, ["up"] * 5, [0, 0.1, 0.2, 0.3, 0.4], normalisation="none")
    assert found.round(7).tolist() == [0.6194425, 0.5, 0.3805575]


def test_a_centre_for_disease_control_from_1997_to_2001() -> None:
    rows = [[95, 95.3, 95], [100, 90, 90.2], [97.4, 97.5, 94.6], [98.4, 98.2, 90.3], [100, 97.4, 92.5]]
    found = ranking.topsis(pd.DataFrame(rows, index=range(1997, 2002)), ["up"] * 3)
    assert found.round(4).tolist() == [0.5615, 0.3371, 0.7733, 0.6340, 0.7722]
    assert ranking.ranks(found).sort_values().index.tolist() == [1999, 2001, 2000, 1997, 1998]


# --- a second calculation, and properties ----------------------------------------------------------------------------

tables = st.integers(2, 7).flatmap(
    lambda n: st.integers(1, 4).flatmap(
        lambda m: st.tuples(
            st.lists(st.lists(st.integers(1, 30), min_size=m, max_size=m), min_size=n, max_size=n, unique_by=tuple),
            st.lists(st.sampled_from(["up", "down"]), min_size=m, max_size=m),
            st.lists(st.integers(1, 9), min_size=m, max_size=m),
        )
    )
)


@given(tables)
@settings(max_examples=50)
def test_by_hand(case: tuple[list[list[int]], list[str], list[int]]) -> None:
    rows, ways, weights = case
    columns = list(zip(*rows, strict=True))
    # x / norm in every column, whatever its direction; best and worst by direction
    scaled = [
        [weight / sum(weights) * x / math.sqrt(sum(y * y for y in column)) for x in column]
        for column, weight in zip(columns, weights, strict=True)
    ]
    best = [max(column) if way == "up" else min(column) for column, way in zip(scaled, ways, strict=True)]
    worst = [min(column) if way == "up" else max(column) for column, way in zip(scaled, ways, strict=True)]
    expected = []
    for values in zip(*scaled, strict=True):
        near, far = math.dist(values, best), math.dist(values, worst)
        expected.append(far / (near + far))
    np.testing.assert_allclose(ranking.topsis(rows, ways, weights), expected, rtol=1e-9, atol=1e-12)


@given(
    tables, st.randoms(use_true_random=False), st.sampled_from(["vector", "minmax", "max", "sum", "linear", "zscore"])
)
@settings(max_examples=100)
def test_bounds_order_of_objects_and_scale_of_weights(case, random, how) -> None:
    rows, ways, weights = case
    found = ranking.topsis(rows, ways, weights, normalisation=how)
    assert ((found >= 0) & (found <= 1)).all()
    order = list(range(len(rows)))
    random.shuffle(order)
    again = ranking.topsis([rows[row] for row in order], ways, [weight * 0.37 for weight in weights], normalisation=how)
    np.testing.assert_allclose(again, found[order], rtol=1e-9, atol=1e-12)


@given(tables, st.data(), st.sampled_from(["vector", "minmax", "max", "none"]))
@settings(max_examples=100)
def test_a_better_value_never_lowers_closeness(case, data, how) -> None:
    rows, ways, weights = case
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(ways) - 1))
    better = [list(one) for one in rows]
    step = data.draw(st.integers(1, 20))
    better[row][column] = rows[row][column] + step if ways[column] == "up" else max(rows[row][column] - step, 0)
    if len({tuple(one) for one in better}) < 2:
        return
    before, after = (
        ranking.topsis([*table, [31] * len(ways), [1] * len(ways)], ways, weights, normalisation=how)[row]
        for table in (rows, better)
    )
    assert after >= before - 1e-12


def test_an_object_that_is_best_in_all_has_1_and_one_that_is_worst_has_0() -> None:
    found = ranking.topsis([[9, 1], [5, 5], [1, 9]], ["up", "down"], [0.3, 0.7])
    assert (found[0], found[2]) == (1, 0)


# --- conventions and bad input ---------------------------------------------------------------------------------------


def test_a_frame_gives_a_series_that_says_how_it_was_made() -> None:
    frame = pd.DataFrame(HWANG_YOON, index=list("wxyz"), columns=list("abcd"))
    found = ranking.topsis(frame, BY_HWANG_YOON[0], {"d": 2, "c": 3, "b": 4, "a": 1}, normalisation="minmax")
    assert found.index.tolist() == list("wxyz")
    assert "minmax normalisation, weights inside" in found.attrs["convention"]
    assert found.attrs["settings"]["normalisation"] == "minmax"
    assert found.attrs["settings"]["weights"] == pytest.approx([0.1, 0.4, 0.3, 0.2])
    np.testing.assert_allclose(found, ranking.topsis(HWANG_YOON, *BY_HWANG_YOON, normalisation="minmax"), rtol=1e-12)


def test_an_indicator_without_weight_takes_no_part() -> None:
    rows = [[1, 0], [2, 0], [4, 0]]
    found = ranking.topsis(rows, ["up", "down"], [1, 0])
    np.testing.assert_allclose(found, [0, 1 / 3, 1])
    with pytest.raises(ValueError, match=r"all-zero column.*found column 1"):
        ranking.topsis(rows, ["up", "down"])


@pytest.mark.parametrize("how", ["vector", "minmax", "max", "sum", "linear", "zscore", "none"])
def test_a_constant_indicator_changes_nothing(how: str) -> None:
    rows = [[1, 5], [2, 5], [4, 5]]
    found = ranking.topsis(rows, ["up", "up"], normalisation=how)
    np.testing.assert_allclose(found, ranking.topsis([[1], [2], [4]], ["up"], normalisation=how), rtol=1e-12)


@pytest.mark.parametrize("how", ["vector", "minmax", "none"])
def test_objects_that_are_all_equal_have_no_order(how: str) -> None:
    with pytest.raises(ValueError, match="all objects are equal"):
        ranking.topsis([[0.1 + 0.2, 5], [0.3, 5]], ["up", "down"], normalisation=how)
    with pytest.raises(ValueError, match="that has a weight"):
        ranking.topsis([[1, 5], [2, 5]], ["up", "down"], [0, 1], normalisation=how)


def test_values_too_large_to_square() -> None:
    np.testing.assert_allclose(ranking.topsis([[1e200], [2e200], [4e200]], ["up"]), [0, 1 / 3, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"matrix": HWANG_YOON[:1]}, "at least 2 objects"),
        ({"matrix": [[1, 2, 3, None], [1, 2, 3, 4]]}, "nothing at row 0, column 3"),
        ({"matrix": [["1", 2, 3, 4], [1, 2, 3, 4]]}, "'1' at row 0, column 0"),
        ({"matrix": [[], []]}, "at least one indicator"),
        ({"weights": [1, 1, 1]}, "4; found 3"),
        ({"weights": [1, 1, 1, -1]}, "-1 for column 3"),
        ({"weights": [1, 1, 1, np.inf]}, "inf for column 3"),
        ({"weights": [0, 0, 0, 0]}, "all be zero"),
        ({"directions": ["up", "up", "up", "neutral"]}, "'neutral' for column 3"),
        ({"normalisation": "log"}, "one of minmax, vector"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking.topsis(**{"matrix": HWANG_YOON, "directions": BY_HWANG_YOON[0]} | arguments)
