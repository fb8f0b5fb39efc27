"""Rank-sum ratio against published examples, statsmodels and scipy, and a second calculation without numpy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from evaltools import ranking, wording

# Maternal care of ten places: antenatal examination (%), maternal deaths (1/100,000), perinatal deaths (per 1000);
# the table is printed in many Chinese texts on the method (zhuanlan.zhihu.com/p/38209882).
CARE = pd.DataFrame(
    {
        "examined": [99.54, 96.52, 99.36, 92.83, 91.71, 95.35, 96.09, 99.27, 94.76, 84.80],
        "maternal": [60.27, 59.67, 43.91, 58.99, 35.40, 44.71, 49.81, 31.69, 22.91, 81.49],
        "perinatal": [16.15, 20.10, 15.60, 17.04, 15.01, 13.93, 17.43, 13.89, 19.87, 23.63],
    },
    index=list("ABCDEFGHIJ"),
)
WAYS = ["up", "down", "down"]


# --- published examples ----------------------------------------------------------------------------------------------


def test_the_example_of_the_r_package_mathmodels() -> None:
    found = ranking.rsr([[10, 5], [20, 10], [15, 8]], ["up", "up"], [0.4, 0.6])
    a, b, c = found.to_dict("records")
    assert [round(one["rsr"], 3) for one in (a, c, b)] == [0.333, 0.667, 1.0]
    assert [round(one["p"], 3) for one in (a, c, b)] == [0.333, 0.667, 0.917]
    assert [round(one["probit"], 2) for one in (a, c, b)] == [4.57, 5.43, 6.38]
    # printed with three significant digits
    assert [float(f"{one['fitted']:.3g}") for one in (a, c, b)] == [0.339, 0.656, 1.01]
    assert found["rank"].tolist() == [3, 1, 2]
    line = found.attrs["regression"]
    assert (round(line["intercept"], 4), round(line["slope"], 4)) == (-1.3389, 0.3673)
    assert line["r"] == pytest.approx(0.9995824, abs=5e-8)


def test_maternal_care_of_ten_places() -> None:
    found = ranking.rsr(CARE, WAYS)
    assert found["rsr"].round(6).tolist() == [0.6, 0.4, 0.766667, 0.4, 0.6, 0.666667, 0.5, 0.9, 0.566667, 0.1]
    assert found.index.equals(CARE.index)
    low, high = found.index[found["tier"] == 1], found.index[found["tier"] == 3]
    assert (list(low), list(high)) == (["J"], ["C", "H"])
    assert found["rank"].tolist() == [4, 8, 2, 8, 4, 3, 7, 1, 6, 10]
    assert (found["reason"] == "").all()


def test_the_distribution_of_maternal_care() -> None:
    shown = [
        (("J",), 0.1, 1, 1, 1.0, 0.1, 3.7184, 0.2158),
        (("B", "D"), 0.4, 2, 3, 2.5, 0.25, 4.3255, 0.3504),
        (("G",), 0.5, 1, 4, 4.0, 0.4, 4.7467, 0.4437),
        (("I",), 0.5667, 1, 5, 5.0, 0.5, 5.0, 0.4999),
        (("A", "E"), 0.6, 2, 7, 6.5, 0.65, 5.3853, 0.5853),
        (("F",), 0.6667, 1, 8, 8.0, 0.8, 5.8416, 0.6865),
        (("C",), 0.7667, 1, 9, 9.0, 0.9, 6.2816, 0.784),
        (("H",), 0.9, 1, 10, 10.0, 0.975, 6.96, 0.9344),
    ]
    found = ranking.rsr_distribution(ranking.rsr(CARE, WAYS))
    columns = ["objects", "rsr", "f", "cumulative_f", "mean_rank", "p", "probit", "fitted"]
    assert list(found.table[columns].round(4).itertuples(index=False, name=None)) == shown
    line = found.regression
    assert (line.intercept, line.slope) == (pytest.approx(-0.60855, abs=5e-6), pytest.approx(0.22169, abs=5e-6))
    assert (line.r, line.f) == (pytest.approx(0.968457, abs=5e-7), pytest.approx(90.632, abs=5e-4))
    assert (line.p_value, line.rows) == (pytest.approx(7.66e-5, abs=5e-8), 8)


def test_maternal_care_in_proportion_instead_of_ranks() -> None:
    found = ranking.rsr(CARE, WAYS, ranking="non_integer")
    shown = [0.7391, 0.559, 0.8361, 0.5816, 0.7422, 0.8018, 0.683, 0.9495, 0.7185, 0.1]
    assert found["rsr"].round(4).tolist() == shown
    line = found.attrs["regression"]
    assert line["intercept"] == pytest.approx(-0.382508, abs=5e-7)
    assert line["slope"] == pytest.approx(0.202771, abs=5e-7)
    assert line["r"] == pytest.approx(0.869461, abs=5e-7)


def test_inverting_low_is_better_first_changes_only_what_is_in_proportion() -> None:
    inverted = CARE.assign(maternal=1 / CARE["maternal"], perinatal=1 / CARE["perinatal"])
    up = ["up"] * 3
    assert ranking.rsr(inverted, up)["rsr"].equals(ranking.rsr(CARE, WAYS)["rsr"])
    # the figure that is published as the trap
    assert round(ranking.rsr(inverted, up, ranking="non_integer")["rsr"]["A"], 4) == 0.6395


def test_a_hospital_from_1983_to_1992_from_its_printed_ratios() -> None:
    printed = [0.3582, 0.3598, 0.4538, 0.4707, 0.5042, 0.5534, 0.6340, 0.6805, 0.7170, 0.7684]
    line = ranking.rsr_distribution(printed).regression
    # the ratios are printed with four digits
    assert (line.intercept, line.slope) == (pytest.approx(-0.19861, abs=5e-5), pytest.approx(0.14407, abs=2e-5))


# --- other calculations ----------------------------------------------------------------------------------------------

tables = st.integers(2, 9).flatmap(
    lambda n: st.integers(1, 5).flatmap(
        lambda m: st.tuples(
            st.lists(st.lists(st.integers(0, 12), min_size=m, max_size=m), min_size=n, max_size=n),
            st.lists(st.sampled_from(["up", "down"]), min_size=m, max_size=m),
            st.lists(st.integers(1, 9), min_size=m, max_size=m),
        )
    )
)


@given(tables)
def test_ranks_are_those_of_scipy(case: tuple[list[list[int]], list[str], list[int]]) -> None:
    rows, ways, weights = case
    x = np.array(rows, dtype=float) * [1 if way == "up" else -1 for way in ways]
    placed = stats.rankdata(x, axis=0)
    expected = placed @ np.array(weights) / sum(weights) / len(x)
    found = ranking.rsr(rows, ways, weights)
    np.testing.assert_allclose(found["rsr"], expected, rtol=1e-12)
    rank = stats.rankdata(-expected.round(10), method="min")
    assert found["rank"].tolist() == rank.tolist()
    np.testing.assert_allclose(ranking.rsr(rows, ways)["rsr"], placed.mean(axis=1) / len(x), rtol=1e-12)


@given(st.lists(st.integers(1, 40), min_size=3, max_size=25))
@settings(max_examples=50)
def test_the_distribution_and_its_regression_are_those_of_a_plain_count_and_of_statsmodels(places: list[int]) -> None:
    ratios = [place / 40 for place in places]
    n = len(ratios)
    distinct = sorted(set(ratios))
    assume(len(distinct) > 2)
    x, y = [], []
    for ratio in distinct:
        mean_rank = sum(one < ratio for one in ratios) + (ratios.count(ratio) + 1) / 2
        p = 1 - 1 / (4 * n) if ratio == distinct[-1] else mean_rank / n
        x.append(stats.norm.ppf(p) + 5)
        y.append(ratio)
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    found = ranking.rsr_distribution(ratios)
    np.testing.assert_allclose(found.table["probit"], x, rtol=1e-12)
    assert found.table["f"].tolist() == [ratios.count(ratio) for ratio in distinct]
    np.testing.assert_allclose(found.table["fitted"], fit.fittedvalues, rtol=1e-9, atol=1e-12)
    line = found.regression
    np.testing.assert_allclose([line.intercept, line.slope], fit.params, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(line.r, np.corrcoef(x, y)[0, 1], rtol=1e-9)
    if fit.rsquared < 1 - 1e-9:
        np.testing.assert_allclose([line.f, line.p_value], [fit.fvalue, fit.f_pvalue], rtol=1e-5)


@pytest.mark.parametrize(
    ("tiers", "shares"),
    [
        (3, [0.15866, 0.84134]),
        (4, [0.06681, 0.5, 0.93319]),
        (5, [0.03593, 0.27425, 0.72575, 0.96407]),
        ([4.5], [0.30854]),
    ],
)
def test_tiers_begin_at_the_shares_that_are_taught(tiers: int | list[float], shares: list[float]) -> None:
    n = 500
    found = ranking.rsr([[value] for value in range(n)], ["up"], tiers=tiers)
    assert found["tier"].is_monotonic_increasing
    assert found["tier"].max() == len(shares) + 1
    p = found["p"].to_numpy()
    expected = [1 + sum(one >= share for share in shares) for one in p]
    assert found["tier"].tolist() == expected


def test_a_tier_begins_at_its_cut_off() -> None:
    # the second of four has p = 0.5, so probit 5, where the third tier of four begins
    found = ranking.rsr([[1], [2], [3], [4]], ["up"], tiers=4)
    assert found["probit"][1] == 5
    assert found["tier"].tolist() == [2, 3, 3, 4]


# --- properties ------------------------------------------------------------------------------------------------------


@given(tables, st.randoms(use_true_random=False), st.sampled_from(["integer", "non_integer"]))
@settings(max_examples=50)
def test_another_order_of_objects_or_weights_ten_times_as_large_change_nothing(case, random, how) -> None:
    rows, ways, weights = case
    order = list(range(len(rows)))
    random.shuffle(order)
    before = ranking.rsr(rows, ways, weights, ranking=how)
    after = ranking.rsr([rows[row] for row in order], ways, [weight * 10 for weight in weights], ranking=how)
    pd.testing.assert_frame_equal(after, before.iloc[order].reset_index(drop=True), check_exact=False, rtol=1e-9)


@given(tables, st.data(), st.sampled_from(["integer", "non_integer"]))
@settings(max_examples=100)
def test_a_better_value_never_lowers_a_ratio(case, data, how) -> None:
    rows, ways, weights = case
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(ways) - 1))
    better = [list(one) for one in rows]
    better[row][column] += data.draw(st.integers(1, 15)) * (1 if ways[column] == "up" else -1)
    before, after = (ranking.rsr(table, ways, weights, ranking=how)["rsr"][row] for table in (rows, better))
    assert after >= before - 1e-12


# --- ties, few objects, bad input ------------------------------------------------------------------------------------


def test_quotients_that_differ_by_dust_are_tied() -> None:
    found = ranking.rsr([[0.1 + 0.2], [0.3], [0.5]], ["up"])
    assert found["rank"].tolist() == [2, 2, 1]
    # 1/3 and 2/3 of ranks 1 to 3 add up to the same, whatever the order
    weights = [0.1, 0.2, 0.3, 0.4]
    found = ranking.rsr([[1, 2, 1, 2], [2, 1, 2, 1], [3, 3, 3, 3]], ["up"] * 4, weights)
    assert found["rsr"].round(4).tolist() == [0.5333, 0.4667, 1.0]
    found = ranking.rsr([[1, 1, 2], [2, 2, 1], [3, 3, 3]], ["up"] * 3, [0.1, 0.2, 0.3])
    assert found["rank"].tolist() == [2, 2, 1] and ranking.tier_sizes(found)["n"].sum() == 3


def test_all_equal_has_ranks_and_a_reason_for_the_rest() -> None:
    found = ranking.rsr([[1, 5], [1, 5], [1, 5]], ["up", "down"])
    assert found["rank"].tolist() == [1, 1, 1]
    assert found["rsr"].tolist() == [2 / 3] * 3
    assert found[["p", "probit", "fitted", "tier"]].isna().all(axis=None)
    assert set(found["reason"]) == {"not computed: all objects have the same rank-sum ratio"}
    assert math.isnan(found.attrs["regression"]["slope"]) and found.attrs["regression"]["reason"]
    assert ranking.tier_sizes(found).empty


def test_a_constant_indicator_gives_everybody_the_middle_rank() -> None:
    for how in ("integer", "non_integer"):
        found = ranking.rsr([[7, 1], [7, 2], [7, 3]], ["up", "up"], ranking=how)
        assert found["rsr"].tolist() == pytest.approx([(2 + 1) / 6, (2 + 2) / 6, (2 + 3) / 6])


def test_two_objects_have_a_line_but_no_test_of_it() -> None:
    found = ranking.rsr([[1], [2]], ["up"])
    line = found.attrs["regression"]
    assert found["fitted"].tolist() == pytest.approx([0.5, 1.0])
    assert line["reason"] == "not tested: fewer than three different rank-sum ratios"
    assert all(math.isnan(line[name]) for name in ("r", "f", "p_value"))


def test_ratios_on_a_line_have_no_p_to_speak_of() -> None:
    y = stats.norm.ppf([0.25, 0.5, 0.75, 1 - 1 / 16]) / 4 + 0.5
    line = ranking.rsr_distribution(y).regression
    assert line.f > 1e20 and line.p_value == pytest.approx(0, abs=1e-20) and line.r == pytest.approx(1)


def test_a_tier_of_one_is_noted_and_is_no_error() -> None:
    sizes = ranking.tier_sizes(ranking.rsr(CARE, WAYS))
    assert sizes["n"].tolist() == [1, 7, 2] and sizes["holds"].tolist() == [False, True, True]
    assert (sizes["lowest"][1], sizes["highest"][1]) == (0.4, pytest.approx(2 / 3))
    assert sizes["note"].tolist()[1:] == ["", ""]
    assert sizes["note"][0] == "tier 1 has fewer than 2 objects (1): so many tiers are not supported"
    assert wording.reason(sizes["note"][0], "zh").startswith("第1档只有1个对象")
    with pytest.raises(ValueError, match="made by rsr"):
        ranking.tier_sizes(CARE)


def test_every_reason_has_words() -> None:
    equal = ranking.rsr([[1], [1]], ["up"])
    two = ranking.rsr([[1], [2]], ["up"])
    assert wording.untranslated([equal["reason"][0], two.attrs["regression"]["reason"]]) == []


def test_results_say_how_they_were_made() -> None:
    found = ranking.rsr(CARE, WAYS, ranking="non_integer", tiers=4)
    assert "non_integer ranks, equal weights" in found.attrs["convention"]
    assert "3.5, 5, 6.5, a higher tier is better" in found.attrs["convention"]
    assert found.attrs["settings"]["directions"] == WAYS


def test_official_ranks() -> None:
    scores = pd.Series([88.5, 90.0, 0.1 + 0.2, 90.0, 0.3], index=list("abcde"))
    assert ranking.ranks(scores).to_dict() == {"a": 3, "b": 1, "c": 4, "d": 1, "e": 4}
    assert ranking.ranks([3, 1, 2]).tolist() == [1, 3, 2]
    assert ranking.ranks([]).tolist() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"matrix": CARE.iloc[:1]}, "at least 2 objects"),
        ({"matrix": CARE.assign(maternal=np.nan)}, "nan at row 'A', column 'maternal'"),
        ({"matrix": CARE.mask(CARE == 20.10, np.inf)}, "inf at row 'B', column 'perinatal'"),
        ({"matrix": [1, 2, 3]}, "1 dimensions"),
        ({"directions": ["up", "down"]}, "one an indicator is wanted, 3; found 2"),
        ({"directions": ["up", "down", "low"]}, "'low' for column 'perinatal'"),
        ({"directions": "up"}, "are a list"),
        ({"weights": [1, 2]}, "one an indicator is wanted, 3; found 2"),
        ({"weights": [1, -2, 3]}, "found -2 for column 'maternal'"),
        ({"weights": [0, 0, 0]}, "must not all be zero"),
        ({"weights": [1, np.nan, 1]}, "nan for column 'maternal'"),
        ({"weights": {"examined": 1, "maternal": 2}}, "the indicators are"),
        ({"ranking": "dense"}, "one of integer, non_integer; found 'dense'"),
        ({"tiers": 2}, "one of 3, 4, 5"),
        ({"tiers": [6, 4]}, "ascending"),
        ({"tiers": []}, "ascending"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking.rsr(**{"matrix": CARE, "directions": WAYS} | arguments)


def test_a_distribution_needs_two_finite_ratios() -> None:
    with pytest.raises(ValueError, match="at least 2 objects"):
        ranking.rsr_distribution([0.5])
    with pytest.raises(ValueError, match="nan at position 1"):
        ranking.rsr_distribution([0.5, np.nan])


def test_weights_and_directions_by_name_come_in_any_order() -> None:
    by_name = pd.Series({"perinatal": 3, "examined": 1, "maternal": 2})
    ways = {"maternal": "down", "perinatal": "down", "examined": "up"}
    pd.testing.assert_frame_equal(ranking.rsr(CARE, ways, by_name), ranking.rsr(CARE, WAYS, [1, 2, 3]))
