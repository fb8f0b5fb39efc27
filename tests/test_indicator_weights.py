"""Weights against published examples, numpy's correlation, and calculations written out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaltools import ranking, wording

# Elsayed, Dawood & Karthikeyan 2017, as pymcdm asserts it
ELSAYED = [
    [7, 312, 1891, 6613, 163],
    [72, 88, 728, 941804, 1078],
    [10, 252, 2594, 3466, 117471],
    [10, 145, 980, 2371, 86329],
    [65, 54, 350, 501, 29897],
    [29, 48, 380, 912, 34051],
    [7, 476, 3300, 78470, 2212],
    [70, 87, 650, 733, 819000],
    [4, 86, 591, 3015, 103],
    [12, 79, 579, 3240, 96098],
    [21, 45, 261, 1253, 453],
    [1, 72, 530, 4333, 0.1048],
]
MATHMODELS = [[3, 10], [5, 20], [2, 15], [7, 25]]
CHOICE = [
    [1, 1 / 2, 4, 3, 3],
    [2, 1, 7, 5, 5],
    [1 / 4, 1 / 7, 1, 1 / 2, 1 / 3],
    [1 / 3, 1 / 5, 2, 1, 1],
    [1 / 3, 1 / 5, 3, 1, 1],
]
# Wang & Chin 2011, as pymcdm has it: not consistent
WANG_CHIN = [
    [1, 4, 3, 1, 3, 4],
    [0.25, 1, 7, 3, 0.2, 1],
    [0.333333333333, 0.142857142857, 1, 0.2, 0.2, 0.166666666667],
    [1, 0.333333333333, 5, 1, 1, 0.333333333333],
    [0.333333333333, 5, 5, 1, 1, 3],
    [0.25, 1, 6, 3, 0.333333333333, 1],
]

matrices = st.integers(3, 8).flatmap(
    lambda n: st.integers(2, 4).flatmap(
        lambda m: st.lists(st.lists(st.integers(0, 20), min_size=m, max_size=m), min_size=n, max_size=n)
    )
)


# --- entropy ---------------------------------------------------------------------------------------------------------


def test_entropy_of_the_values_as_they_are() -> None:
    assert ranking.entropy_weights(ELSAYED).round(6).tolist() == [0.104991, 0.069124, 0.071373, 0.449937, 0.304575]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [
                [0, 0, 333],
                [33, 50, 267],
                [67, 100, 200],
                [100, 175, 100],
                [200, 200, 67],
                [267, 225, 33],
                [333, 250, 0],
            ],
            [0.37406776, 0.25186448, 0.37406776],
        ),
        (
            [
                [a / 300, (0, 1 / 12, 1 / 6, 1 / 6, 1 / 12, 0)[i], b / 6]
                for i, a in enumerate((0, 10, 20, 30, 40, 50))
                for b in (0, 1)
            ],
            [0.20724531, 0.31710188, 0.47565280],
        ),
    ],
)
def test_entropy_with_zeros_as_the_package_mcdm_asserts_it(rows: list[list[float]], expected: list[float]) -> None:
    np.testing.assert_allclose(ranking.entropy_weights(rows), expected, atol=1e-7)


def test_entropy_by_min_max_drawn_in_as_the_r_package_mathmodels_has_it() -> None:
    ways = ["up", "down"]
    found = ranking.entropy_weights(MATHMODELS, ways, normalisation="minmax")
    assert found.round(7).tolist() == [0.5452618, 0.4547382]
    # the scores it prints are the weighted sum of the same values
    drawn_in = 0.002 + 0.996 * ranking.normalise(MATHMODELS, ways)
    assert (100 * drawn_in @ found).round(5).tolist() == [56.35354, 47.88215, 30.39461, 54.50808]
    plain = ranking.entropy_weights(MATHMODELS, ways, normalisation="minmax", edge=0)
    assert plain.round(4).tolist() == [0.5452, 0.4548]


@given(matrices)
def test_entropy_by_hand(rows: list[list[int]]) -> None:
    columns = list(zip(*rows, strict=True))
    assume(any(len(set(column)) > 1 for column in columns))
    differing = []
    for column in columns:
        shares = [x / sum(column) for x in column if x] if len(set(column)) > 1 else [1 / len(column)] * len(column)
        differing.append(1 + sum(q * math.log(q) for q in shares) / math.log(len(column)))
    expected = [one / sum(differing) for one in differing]
    np.testing.assert_allclose(ranking.entropy_weights(rows), expected, atol=1e-9)


@pytest.mark.filterwarnings("error")
def test_a_constant_column_has_no_weight_by_any_method_and_others_the_same_as_without_it() -> None:
    rows = pd.DataFrame({"a": [1, 5, 3], "same": [7, 7, 7], "b": [2, 2, 9], "none": [0, 0, 0]})
    for method in (ranking.entropy_weights, ranking.critic_weights, ranking.standard_deviation_weights):
        found, without = method(rows), method(rows[["a", "b"]])
        assert found["same"] == 0 and found["none"] == 0
        np.testing.assert_allclose(found[["a", "b"]], without, rtol=1e-12)
        with pytest.raises(ValueError, match="every indicator is constant"):
            method(rows[["same", "none"]])
    found = ranking.entropy_weights(rows, ["up"] * 4, normalisation="minmax")
    assert found["same"] == 0 and found.sum() == pytest.approx(1)


def test_entropy_refuses_what_has_no_share() -> None:
    with pytest.raises(ValueError, match=r"zero or more; or choose minmax; found -1 at row 'y', column 'a'"):
        ranking.entropy_weights(pd.DataFrame({"a": [2, -1]}, index=["x", "y"]))
    with pytest.raises(ValueError, match="one of sum, minmax"):
        ranking.entropy_weights(MATHMODELS, normalisation="vector")
    with pytest.raises(ValueError, match="edge"):
        ranking.entropy_weights(MATHMODELS, normalisation="minmax", edge=0.5)
    with pytest.raises(ValueError, match="at least 2 objects"):
        ranking.entropy_weights([[1, 2]])
    with pytest.raises(ValueError, match="nan at row 1, column 0"):
        ranking.entropy_weights([[1, 2], [np.nan, 3]])


# --- CRITIC, standard deviation --------------------------------------------------------------------------------------


def test_critic_as_published() -> None:
    # Tus & Adali 2019, as pymcdm asserts it
    rows = [
        [5000, 3, 3, 4, 3, 2],
        [680, 5, 3, 2, 2, 1],
        [2000, 3, 2, 3, 4, 3],
        [600, 4, 3, 1, 2, 2],
        [800, 2, 4, 3, 3, 4],
    ]
    np.testing.assert_allclose(ranking.critic_weights(rows), [0.157, 0.249, 0.168, 0.121, 0.154, 0.151], atol=5.1e-4)
    # pymcdm 1.4.0
    rows = [[66, 56, 95], [61, 55, 166], [65, 49, 113], [95, 56, 99], [63, 43, 178], [74, 59, 140]]
    np.testing.assert_allclose(ranking.critic_weights(rows), [0.28091807253, 0.26815749719, 0.450924430281], atol=1e-10)
    # the R package mathmodels
    found = ranking.critic_weights(MATHMODELS, ["up", "down"])
    assert found.round(7).tolist() == [0.5075187, 0.4924813]


@given(matrices, st.data())
@settings(max_examples=50)
def test_critic_by_the_correlation_of_numpy(rows: list[list[int]], data: st.DataObject) -> None:
    x = np.array(rows, dtype=float)
    assume((np.ptp(x, axis=0) > 0).all())
    ways = data.draw(st.lists(st.sampled_from(["up", "down"]), min_size=x.shape[1], max_size=x.shape[1]))
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    x[:, [way == "down" for way in ways]] *= -1
    information = x.std(axis=0, ddof=1) * (1 - np.corrcoef(x, rowvar=False)).sum(axis=0)
    assume(information.sum() > 1e-6)
    np.testing.assert_allclose(ranking.critic_weights(rows, ways), information / information.sum(), atol=1e-9)


def test_critic_without_conflict() -> None:
    with pytest.raises(ValueError, match="rise and fall together"):
        ranking.critic_weights([[1, 10, 3], [2, 20, 6], [4, 40, 12]])
    assert ranking.critic_weights([[1, 10], [2, 20], [4, 40]], ["up", "down"]).tolist() == pytest.approx([0.5, 0.5])
    assert ranking.critic_weights([[1, 7], [2, 7]]).tolist() == [1, 0]


def test_standard_deviation_as_published() -> None:
    # Jahan & Edwards 2013, as pymcdm asserts it
    rows = [[0, 0, 0], [39, 30, 77], [17, 36, 80], [35, 29, 93], [30, 40, 94], [84, 71, 100], [100, 100, 99]]
    np.testing.assert_allclose(ranking.standard_deviation_weights(rows), [0.35, 0.31, 0.34], atol=0.006)


@given(matrices, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_objects_is_of_no_account(rows: list[list[int]], random) -> None:
    assume(any(len(set(column)) > 1 for column in zip(*rows, strict=True)))
    other = list(rows)
    random.shuffle(other)
    for method in (ranking.entropy_weights, ranking.standard_deviation_weights):
        found = method(rows)
        np.testing.assert_allclose(method(other), found, atol=1e-12)
        assert found.sum() == pytest.approx(1) and (found >= 0).all()


# --- AHP -------------------------------------------------------------------------------------------------------------


def test_ahp_as_the_r_package_mathmodels_has_it() -> None:
    found = ranking.ahp_weights(CHOICE)
    assert np.asarray(found).round(8).tolist() == [0.26360349, 0.47583538, 0.0538146, 0.09806829, 0.10867824]
    consistency = ranking.ahp_consistency(CHOICE)
    assert consistency.lambda_max == pytest.approx(5.072084, abs=5e-7)
    assert consistency.consistency_index == pytest.approx(0.0180211, abs=5e-8)
    assert consistency.consistency_ratio == pytest.approx(0.01609027, abs=5e-9)
    assert consistency.consistent
    assert (found.attrs["consistency"], found.attrs["reason"]) == (vars(consistency), "")


def test_inconsistent_judgements_are_refused_and_the_worst_is_named() -> None:
    with pytest.raises(ValueError, match=r"CR = 0\.229, above 0\.1.*0 over 2: 3 was given, the weights say 9\.23"):
        ranking.ahp_weights(WANG_CHIN)
    found = ranking.ahp_weights(WANG_CHIN, allow_inconsistent=True)
    assert found.round(4).tolist() == [0.3208, 0.1395, 0.0348, 0.1285, 0.2374, 0.1391]
    assert found.attrs["consistency"]["consistent"] is False
    assert found.attrs["consistency"]["lambda_max"] == pytest.approx(7.41987, abs=5e-6)
    assert "CR = 0.229" in found.attrs["reason"]
    assert wording.reason(found.attrs["reason"], "zh").startswith("判断矩阵不一致：一致性比率为0.229")
    assert ranking.ahp_weights(WANG_CHIN, limit=0.25).attrs["reason"] == ""
    frame = pd.DataFrame(WANG_CHIN, columns=list("uvwxyz"), index=list("uvwxyz"))
    with pytest.raises(ValueError, match="u over w"):
        ranking.ahp_weights(frame)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=15))
def test_consistent_judgements_give_back_what_they_were_made_of(importance: list[int]) -> None:
    pairwise = [[a / b for b in importance] for a in importance]
    found = ranking.ahp_weights(pairwise)
    np.testing.assert_allclose(found, [one / sum(importance) for one in importance], rtol=1e-9)
    assert found.attrs["consistency"]["consistency_ratio"] == pytest.approx(0, abs=1e-9)


@given(st.data(), st.integers(3, 6))
@settings(max_examples=50)
def test_the_eigenvector_by_repeated_multiplication(data: st.DataObject, n: int) -> None:
    pairwise = np.eye(n)
    for row in range(n):
        for column in range(row + 1, n):
            pairwise[row, column] = data.draw(st.sampled_from([1 / 9, 1 / 5, 1 / 3, 1, 2, 4, 7]))
            pairwise[column, row] = 1 / pairwise[row, column]
    vector = np.ones(n)
    for _ in range(1000):
        vector = pairwise @ vector
        vector /= vector.sum()
    found = ranking.ahp_weights(pairwise, allow_inconsistent=True)
    np.testing.assert_allclose(found, vector, rtol=1e-6)
    consistency = ranking.ahp_consistency(pairwise)
    assert consistency.lambda_max == pytest.approx((pairwise @ vector).sum(), rel=1e-6)
    # no other judgement is farther from the weights
    off = np.abs(np.log(pairwise * vector / vector[:, None]))
    assert abs(math.log(consistency.given / consistency.implied)) == pytest.approx(off.max(), abs=1e-6)


def test_the_random_index_is_that_of_saaty() -> None:
    printed = [0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49]
    assert [ranking.ahp_consistency(np.ones((n, n))).random_index for n in range(3, 11)] == printed


def test_reciprocals_typed_with_two_decimals_will_do() -> None:
    typed = [[1, 3, 7], [0.33, 1, 3], [0.14, 0.33, 1]]
    assert ranking.ahp_weights(typed).round(2).tolist() == [0.67, 0.24, 0.09]
    with pytest.raises(ValueError, match=r"1 divided by it; not so; found 3 at row 0, column 1"):
        ranking.ahp_weights(typed, tolerance=1e-6)


@pytest.mark.parametrize(
    ("pairwise", "message"),
    [
        ([[1, 2], [0.5, 1], [1, 1]], "square matrix; found 3 rows and 2 columns"),
        ([[1, 2], [2, 1]], "1 divided by it"),
        ([[1, -2], [-0.5, 1]], "above zero; found -2 at row 0, column 1"),
        ([[1, 0], [0, 1]], "above zero"),
        ([[2, 1], [1, 1]], "compared with itself is 1; found 2 at row 0, column 0"),
        ([[1, np.nan], [1, 1]], "nan at row 0, column 1"),
        (np.ones((16, 16)), "at most 15"),
        (pd.DataFrame([[1, 2], [0.5, 1]], ["a", "b"], ["b", "a"]), "same criteria"),
    ],
)
def test_what_is_no_matrix_of_comparisons_is_refused(pairwise: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking.ahp_weights(pairwise)


# --- equal, expert; how results tell ---------------------------------------------------------------------------------


def test_equal_and_expert_weights() -> None:
    assert ranking.equal_weights(4).tolist() == [0.25] * 4
    assert ranking.equal_weights(MATHMODELS).tolist() == [0.5, 0.5]
    assert ranking.equal_weights(pd.DataFrame({"a": [1], "b": [2]})).to_dict() == {"a": 0.5, "b": 0.5}
    assert ranking.expert_weights([10, 50, 30, 10]).tolist() == pytest.approx([0.1, 0.5, 0.3, 0.1])
    assert ranking.expert_weights({"a": 1, "b": 3}).to_dict() == {"a": 0.25, "b": 0.75}
    for wrong, message in (
        ([1, -1], "-1 for 1"),
        ([0, 0], "all be zero"),
        ([], "all be zero"),
        ([1, None], "position 1"),
    ):
        with pytest.raises(ValueError, match=message):
            ranking.expert_weights(wrong)
    with pytest.raises(ValueError, match="-2 for 'b'"):
        ranking.expert_weights({"a": 1, "b": -2})
    with pytest.raises(ValueError, match="at least one"):
        ranking.equal_weights(0)


def test_frames_give_series_that_say_how_they_were_made() -> None:
    frame = pd.DataFrame(MATHMODELS, columns=["a", "b"])
    for found, word, method in (
        (ranking.entropy_weights(frame), "shares of the values as they are", "entropy"),
        (ranking.entropy_weights(frame, ["up", "down"], "minmax"), "0.002 to 0.998", "entropy"),
        (ranking.critic_weights(frame), "n - 1", "critic"),
        (ranking.standard_deviation_weights(frame), "as given", "standard_deviation"),
        (ranking.ahp_weights([[1, 2], [0.5, 1]]), "CR 0.000", "ahp"),
        (ranking.expert_weights({"a": 1}), "sum of 1", "expert"),
    ):
        assert word in found.attrs["convention"]
        assert found.attrs["settings"]["method"] == method
    assert isinstance(ranking.entropy_weights(MATHMODELS), np.ndarray)


def test_weights_of_one_function_go_into_another() -> None:
    frame = pd.DataFrame(ELSAYED, columns=list("abcde"))
    weights = ranking.entropy_weights(frame)
    ways = ["up"] * 5
    np.testing.assert_allclose(
        ranking.topsis(frame, ways, weights[::-1]), ranking.topsis(ELSAYED, ways, np.asarray(weights)), rtol=1e-12
    )
    assert ranking.topsis(ELSAYED, ways, ranking.ahp_weights(CHOICE)).shape == (12,)
