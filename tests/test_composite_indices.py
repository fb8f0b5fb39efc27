"""Weighted sum and composite index (综合指数法) against calculations by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import ranking

CARE = pd.DataFrame(
    {"managed": [80, 60.0], "examined": [90, 45.0], "deaths": [20, 50.0]}, index=pd.Index(["east", "west"], name="area")
)
WAYS = ["up", "up", "down"]
TARGETS = [80, 90, 25]

tables = st.integers(2, 6).flatmap(
    lambda n: st.integers(1, 4).flatmap(
        lambda m: st.tuples(
            st.lists(st.lists(st.integers(1, 30), min_size=m, max_size=m), min_size=n, max_size=n),
            st.lists(st.sampled_from(["up", "down"]), min_size=m, max_size=m),
            st.lists(st.integers(1, 9), min_size=m, max_size=m),
        )
    )
)


# --- weighted sum ----------------------------------------------------------------------------------------------------


@given(tables)
@settings(max_examples=50)
def test_a_weighted_sum_by_hand(case: tuple[list[list[int]], list[str], list[int]]) -> None:
    rows, ways, weights = case
    expected = []
    for row in rows:
        total = 0.0
        for column, way in enumerate(ways):
            values = [one[column] for one in rows]
            low, high = min(values), max(values)
            share = (row[column] - low) / (high - low) if high > low else 0.5
            total += weights[column] / sum(weights) * (1 - share if way == "down" else share)
        expected.append(total)
    np.testing.assert_allclose(ranking.weighted_sum(rows, ways, weights), expected, rtol=1e-9, atol=1e-12)


def test_equal_weights_are_the_default_and_the_normalisation_is_told() -> None:
    found = ranking.weighted_sum(CARE, WAYS, normalisation="linear")
    # x / max, x / max, min / x
    assert found.to_dict() == pytest.approx({"east": 1.0, "west": (60 / 80 + 45 / 90 + 20 / 50) / 3})
    assert found.index.name == "area"
    assert found.attrs["convention"] == "weighted sum, linear normalisation, equal weights"
    assert found.attrs["settings"]["directions"] == WAYS
    assert isinstance(ranking.weighted_sum(CARE.to_numpy(), WAYS), np.ndarray)


@given(
    tables, st.randoms(use_true_random=False), st.sampled_from(["minmax", "vector", "max", "linear", "sum", "zscore"])
)
@settings(max_examples=50)
def test_order_of_objects_and_scale_of_weights_are_of_no_account(case, random, how) -> None:
    rows, ways, weights = case
    order = list(range(len(rows)))
    random.shuffle(order)
    found = ranking.weighted_sum(rows, ways, weights, how)
    again = ranking.weighted_sum([rows[row] for row in order], ways, [3.7 * weight for weight in weights], how)
    np.testing.assert_allclose(again, found[order], rtol=1e-9, atol=1e-12)


@given(tables, st.data(), st.sampled_from(["minmax", "vector", "max", "linear", "sum"]))
@settings(max_examples=100)
def test_a_better_value_never_lowers_a_weighted_sum(case, data, how) -> None:
    rows, ways, weights = case
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(ways) - 1))
    better = [list(one) for one in rows]
    step = data.draw(st.integers(1, 15))
    better[row][column] = rows[row][column] + step if ways[column] == "up" else max(rows[row][column] - step, 1)
    before, after = (ranking.weighted_sum(table, ways, weights, how)[row] for table in (rows, better))
    assert after >= before - 1e-12


def test_an_indicator_without_weight_takes_no_part_in_a_weighted_sum() -> None:
    rows = [[1, 0], [3, 0]]
    assert ranking.weighted_sum(rows, ["up", "down"], [1, 0], "linear").tolist() == pytest.approx([1 / 3, 1])
    with pytest.raises(ValueError, match="found 0 at row 0, column 1"):
        ranking.weighted_sum(rows, ["up", "down"], [1, 1], "linear")


def test_equal_objects_have_equal_sums() -> None:
    assert ranking.weighted_sum([[5, 5], [5, 5]], ["up", "down"]).tolist() == [0.5, 0.5]


# --- composite index -------------------------------------------------------------------------------------------------


def test_attaining_every_reference_is_one() -> None:
    assert ranking.composite_index([TARGETS], WAYS, TARGETS).tolist() == [1.0]
    assert ranking.composite_index([TARGETS], WAYS, TARGETS, groups=["a", "b", "b"]).tolist() == [2.0]


def test_averaged_or_multiplied_within_a_class_and_added_between() -> None:
    groups = ["process", "process", "outcome"]
    found = ranking.class_indices(CARE, WAYS, TARGETS, groups)
    assert found.columns.tolist() == ["process", "outcome"]
    # west: 60/80 = 0.75 and 45/90 = 0.5; 25/50 = 0.5
    assert found.loc["east"].tolist() == [1.0, 1.25]
    assert found.loc["west"].tolist() == [0.625, 0.5]
    assert ranking.composite_index(CARE, WAYS, TARGETS, groups).to_dict() == {"east": 2.25, "west": 1.125}
    multiplied = ranking.composite_index(CARE, WAYS, TARGETS, groups, within="product")
    assert multiplied.to_dict() == {"east": 2.25, "west": 0.75 * 0.5 + 0.5}
    assert ranking.composite_index(CARE, WAYS, TARGETS)["west"] == pytest.approx((0.75 + 0.5 + 0.5) / 3)
    assert ranking.composite_index(CARE, WAYS, TARGETS, within="product")["west"] == pytest.approx(0.75 * 0.5 * 0.5)


def test_weights_weigh_within_a_class() -> None:
    groups = ["process", "process", "outcome"]
    found = ranking.class_indices(CARE, WAYS, TARGETS, groups, weights=[3, 1, 1])
    assert found.loc["west"].tolist() == pytest.approx([(3 * 0.75 + 0.5) / 4, 0.5])
    found = ranking.class_indices(CARE, WAYS, TARGETS, groups, "product", [3, 1, 7])
    assert found.loc["west"].tolist() == pytest.approx([0.75**1.5 * 0.5**0.5, 0.5])


def test_the_mean_of_the_objects_as_reference() -> None:
    found = ranking.composite_index(CARE, WAYS, "mean")
    assert found["west"] == pytest.approx((60 / 70 + 45 / 67.5 + 35 / 50) / 3)
    assert "T the mean of the objects, mean within a class" in found.attrs["convention"]
    assert found.attrs["settings"]["reference"] == [70, 67.5, 35]


def test_references_classes_and_weights_by_name() -> None:
    by_name = ranking.composite_index(
        CARE,
        WAYS,
        {"deaths": 25, "managed": 80, "examined": 90},
        {"deaths": "outcome", "examined": "process", "managed": "process"},
        weights=pd.Series({"deaths": 1, "examined": 2, "managed": 3}),
    )
    in_order = ranking.composite_index(CARE, WAYS, TARGETS, ["process", "process", "outcome"], weights=[3, 2, 1])
    pd.testing.assert_series_equal(by_name, in_order)


@given(tables, st.data(), st.sampled_from(["mean", "product"]))
@settings(max_examples=50)
def test_a_composite_index_by_hand_with_any_scale_of_weights(case, data, within) -> None:
    rows, ways, weights = case
    m = len(ways)
    target = data.draw(st.lists(st.integers(1, 30), min_size=m, max_size=m))
    groups = data.draw(st.lists(st.sampled_from("xyz"), min_size=m, max_size=m))
    expected = []
    for row in rows:
        total = 0.0
        for name in set(groups):
            members = [column for column in range(m) if groups[column] == name]
            ratio = [row[c] / target[c] if ways[c] == "up" else target[c] / row[c] for c in members]
            size = sum(weights[c] for c in members)
            if within == "mean":
                total += sum(one * weights[c] / size for one, c in zip(ratio, members, strict=True))
            else:
                total += math.prod(
                    one ** (weights[c] * len(members) / size) for one, c in zip(ratio, members, strict=True)
                )
        expected.append(total)
    found = ranking.composite_index(rows, ways, target, groups, within, [0.1 * weight for weight in weights])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reference": [80, 0, 25]}, "reference must be above zero; found column 'examined'"),
        ({"reference": [80, -1, 25]}, "above zero; found column 'examined'"),
        ({"reference": [80, np.nan, 25]}, "nan at position 1"),
        ({"reference": [80, 90]}, "one an indicator is wanted, 3; found 2"),
        ({"reference": "target"}, "the text mean; found 'target'"),
        ({"matrix": CARE.replace(20, 0)}, "needs a value above zero; found 0 at row 'east', column 'deaths'"),
        ({"matrix": CARE.replace(80, -1)}, "zero or more; found -1 at row 'east', column 'managed'"),
        ({"matrix": CARE.assign(managed=0), "reference": "mean"}, "found column 'managed'"),
        ({"matrix": CARE.replace(80, np.nan)}, "nan at row 'east', column 'managed'"),
        ({"matrix": CARE.iloc[:0]}, "at least 1 objects"),
        ({"groups": ["a", "b"]}, "3; found 2"),
        ({"groups": ["a", None, "b"]}, "found none for column 'examined'"),
        ({"groups": ["a", "a", "b"], "weights": [1, 1, 0]}, "class 'b' must not all have weight zero"),
        ({"within": "sum"}, "one of mean, product"),
        ({"weights": [0, 0, 0]}, "all be zero"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking.composite_index(**{"matrix": CARE, "directions": WAYS, "reference": TARGETS} | arguments)


def test_nobody_reaching_anything_is_zero_and_no_error() -> None:
    assert ranking.composite_index([[0, 0]], ["up", "up"], [80, 90]).tolist() == [0]
