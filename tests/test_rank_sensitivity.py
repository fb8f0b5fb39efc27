"""What turns an order: weights found by trying, counties dropped one by one, composites by other libraries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scored import frame, line, missing, row, standard

from evaltools import scoring
from evaltools.benchmarks import benchmark
from evaltools.composite_indices import weighted_sum
from evaltools.indicator_weights import critic_weights, entropy_weights
from evaltools.rank_composites import (
    METHODS,
    agreement,
    compared,
    composite_ranks,
    drop_from_composites,
    standard_values,
)
from evaltools.rank_sensitivity import drop_counties, regional_lines, reversals, weight_swaps
from evaltools.rank_sum_ratio import rsr
from evaltools.standards import Penalties, Rounding
from evaltools.topsis_method import topsis

pytestmark = pytest.mark.slow

FINE = Rounding(6, "half_up", "total")
CATALOGUE = pd.DataFrame(
    {"indicator": ["a", "b", "c", "g", "open"], "valid_from": "", "kind": "proportion", "per": 100, "direction": "up"}
)


def share(name, points, **more):
    return line(name, "proportional", points, target="100", **more)


def scored(values, weights, **more):
    """Areas × lines of shares earned (NaN: left out) as the points of a standard with these weights, two a section."""
    lines = [share("abcdef"[at], str(weight), missing="exclude") for at, weight in enumerate(weights)]
    made = standard(*[lines[at : at + 2] for at in range(0, len(lines), 2)], rounding=FINE, **more)
    rows = [
        missing(one.indicator, area=f"{at:02d}") if np.isnan(x) else row(one.indicator, x, 100, area=f"{at:02d}")
        for at, shares in enumerate(values)
        for one, x in zip(lines, shares, strict=True)
    ]
    rows.extend(row("p", at % 3, area=f"{at:02d}") for at in range(len(values)))
    return scoring.score(frame(*rows), made), made


def totals_with(values, weights, extra=0.0):
    """Totals by hand: what counts, scaled to 100 parts of the whole."""
    counted = ~np.isnan(values)
    return (np.nan_to_num(values) / 100 @ weights) / (counted @ weights) * np.sum(weights) + extra


# --- weights that swap neighbours ---------------------------------------------------------------------------------


def test_a_swap_that_can_be_worked_out_by_hand():
    # 60 and 40: A has 100% and 50%, B has 50% and 100%: equal where both weigh 50
    points, made = scored(np.array([[100.0, 50], [50, 100]]), [60, 40])
    found = weight_swaps(points, made, "2024")
    assert len(found) == 1
    one = found.iloc[0]
    assert (one["area"], one["next_area"], one["difference"]) == ("00", "01", 10)
    assert (one["part"], one["weight"], one["needed"]) == ("a", 60, pytest.approx(50))
    assert one["change"] == pytest.approx(-100 / 6)
    assert one["reason"] == ""


def test_no_weight_swaps_who_is_better_everywhere_and_equal_ones_are_said_to_be():
    points, made = scored(np.array([[90.0, 80], [80, 70], [80, 70]]), [60, 40])
    found = weight_swaps(points, made, "2024")
    assert found["reason"].tolist() == ["no change of one weight alone swaps them", "as many points as the next one"]
    assert found[["weight", "needed", "change"]].isna().all(axis=None)
    assert found["part"].tolist() == ["", ""]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.lists(st.one_of(st.integers(0, 100).map(float), st.just(np.nan)), min_size=4, max_size=4),
        min_size=2,
        max_size=5,
    ),
    weights=st.lists(st.integers(1, 30), min_size=4, max_size=4),
    by=st.sampled_from(["line", "section"]),
    fined=st.booleans(),
)
@example(  # more and less weight would both do; less is nearer
    values=[[25.0, 62.0, 33.0, 60.0], [np.nan, 10.0, np.nan, 59.0]], weights=[24, 3, 22, 29], by="line", fined=False
)
def test_swaps_against_trying_weights(values, weights, by, fined):
    values, weights = np.array(values), np.array(weights, dtype=float)
    extra = {"penalties": Penalties(None, (line("p", "per_case", "2", deduct="0.25"),))} if fined else {}
    points, made = scored(values, weights.astype(int), **extra)
    found = weight_swaps(points, made, "2024", by=by)
    none = np.isnan(values).all(axis=1)
    assert len(found) == max(0, len(values) - none.sum() - 1)
    off = -0.25 * (np.arange(len(values)) % 3) if fined else np.zeros(len(values))
    with np.errstate(all="ignore"):
        official = np.maximum(totals_with(values, weights, off), 0)
    if (np.nan_to_num(official, nan=1) == 0).any():
        return  # a total that a penalty would take below zero does not follow the weights
    groups = {"s1": [0, 1], "s2": [2, 3]} if by == "section" else {"abcd"[at]: [at] for at in range(4)}
    for one in found.itertuples():
        pair = [int(one.area), int(one.next_area)]
        assert one.difference == pytest.approx(official[pair[0]] - official[pair[1]], abs=2e-6)
        if one.reason.startswith("as many"):
            assert one.difference == 0
            continue
        reach = abs(one.change) / 100 if not one.reason else np.inf
        for name, own in groups.items():
            of_part, whole = weights[own].sum(), weights.sum()
            tried = np.unique(np.concatenate([np.linspace(0, whole * 0.999, 60), of_part * np.linspace(0.6, 1.4, 41)]))
            for needed in tried[tried < whole]:
                changed = weights * (whole - needed) / (whole - of_part)
                changed[own] = weights[own] * needed / of_part
                with np.errstate(all="ignore"):
                    after = totals_with(values[pair], changed, off[pair])
                if not np.isnan(after).any() and after[0] < after[1] - 1e-4:
                    assert abs(needed / of_part - 1) >= reach - 1e-6, (name, needed)
        if not one.reason:
            own = groups[one.part]
            assert one.weight == weights[own].sum()
            changed = weights * (weights.sum() - one.needed) / (weights.sum() - one.weight)
            changed[own] = weights[own] * one.needed / one.weight
            after = totals_with(values[pair], changed, off[pair])
            assert after[0] == pytest.approx(after[1], abs=1e-4)
            assert one.change == pytest.approx(100 * (one.needed / one.weight - 1))


def test_a_part_must_be_a_line_or_a_section():
    points, made = scored(np.array([[100.0, 50]]), [60, 40])
    assert weight_swaps(points, made, "2024").empty
    with pytest.raises(ValueError, match="line or section"):
        weight_swaps(points, made, "2024", by="grade")


# --- dropping a county --------------------------------------------------------------------------------------------


def test_reversals_are_pairs_that_change_sides():
    scores = np.array([3.0, 2.0, 1.0, np.nan])

    def rescored(dropped):
        return np.array([1.0, 2.0, 1.0, 5.0]) if dropped == 2 else scores

    assert reversals(list("wxyz"), scores, rescored).to_numpy().tolist() == [["y", "w", "x"]]


def test_absolute_rules_cannot_change_the_order():
    made = standard([share("a", "10"), line("b", "threshold", "5", lower="20", upper="80")])
    rows = frame(*(row(name, 10 * at + 30, 100, area=f"{at}") for at in range(5) for name in "ab"))
    assert regional_lines(made) == ()
    assert drop_counties(rows, made, scoring.score(rows, made), CATALOGUE, "2024").empty


def test_dropping_counties_against_scoring_the_whole_again():
    gate = line("g", "percentile", "2", lower="0", upper="50")
    lines = [
        line("a", "regional_mean", "10", mean="unweighted", own="with", gate=("open",)),
        line("b", "percentile", "10", lower="0", upper="100", missing="exclude"),
        share("c", "10", gate=("g",)),
        gate,
        line("open", "threshold", "1", lower="10", upper="20"),
    ]
    made = standard(lines, rounding=FINE)
    random = np.random.default_rng(2)
    rows = [row(name, int(random.integers(5, 100)), 100, area=f"{at:02d}") for at in range(9) for name in "abcg"]
    rows += [row("open", at * 4, 100, area=f"{at:02d}") for at in range(9)]
    rows[5] = missing("b", area="01")
    ind = frame(*rows)

    def whole(part):
        points = scoring.score(part, made, benchmark=benchmark(part, CATALOGUE))
        sums = scoring.totals(points, made)
        return points, sums[sums["section"] == ""].set_index("area")["points"]

    points, before = whole(ind)
    found = set(drop_counties(ind, made, points, CATALOGUE, "2024").itertuples(index=False, name=None))
    expected = set()
    for dropped in before.index:
        _, after = whole(ind[ind["area"] != dropped])
        for a in after.index:
            expected |= {(dropped, a, b) for b in after.index if before[a] > before[b] and after[a] < after[b]}
    assert expected, "the example turns at least one pair"
    assert found == expected


# --- composites ---------------------------------------------------------------------------------------------------


def matrix(n=8, m=4, seed=0):
    random = np.random.default_rng(seed)
    values = pd.DataFrame(random.uniform(40, 100, (n, m)).round(1), [f"{at:02d}" for at in range(n)], list("abcd")[:m])
    return values, {"a": "up", "b": "up", "c": "down", "d": "up"}


def test_only_what_everybody_has_is_compared():
    values, directions = matrix()
    values.iloc[0, 1:] = np.nan
    values.iloc[3, 2] = np.nan
    given = compared(values, directions)
    assert given.without == {"00": "values for less than half of the indicators, so not compared"}
    assert given.dropped == ("c",)
    assert given.directions == ("up", "up", "up")
    assert given.matrix.index.tolist() == [f"{at:02d}" for at in range(1, 8)]
    assert compared(values.iloc[:0], directions).matrix.empty


def test_values_of_a_standard_are_taken_once_and_without_judgements():
    lines = [share("a", "5"), line("b", "threshold", "3", "down", lower="1", upper="9"), line("m", "manual", "2")]
    twice = line("second", "per_point", "4", target="90", deduct="0.1")
    object.__setattr__(twice, "indicator", "a")
    made = standard([*lines, twice])
    points = scoring.score(frame(row("a", 1, 2), row("b", 3, 4), row("a", 1, 4, area="02")), made)
    values, directions = standard_values(points, made, "2024")
    assert directions == {"a": "up", "b": "down"}
    pd.testing.assert_frame_equal(
        values, pd.DataFrame({"a": [50, 25.0], "b": [75, np.nan]}, index=["01", "02"]), check_names=False
    )


def test_composite_ranks_are_those_of_their_methods():
    values, directions = matrix()
    found = composite_ranks(compared(values, directions)).set_index("area")
    to = list(directions.values())
    np.testing.assert_array_equal(found["rsr_rank"], rsr(values.to_numpy(), to)["rank"])
    np.testing.assert_array_equal(found["topsis_rank"], stats.rankdata(-topsis(values.to_numpy(), to), method="min"))
    x = values.to_numpy()
    np.testing.assert_allclose(found["topsis_entropy"], topsis(x, to, entropy_weights(x, to, "minmax")))
    np.testing.assert_allclose(found["sum"], weighted_sum(x, to))
    np.testing.assert_allclose(found["sum_critic"], weighted_sum(x, to, critic_weights(x, to)))
    for name in METHODS:
        np.testing.assert_array_equal(found[f"{name}_rank"], stats.rankdata(-found[name].round(12), method="min"))


@pytest.mark.parametrize(("n", "m"), [(1, 3), (0, 3), (3, 0)])
def test_nothing_to_rank_gives_no_ranks(n, m):
    values, directions = matrix()
    found = composite_ranks(compared(values.iloc[:n, :m], directions))
    assert found[[f"{name}_rank" for name in METHODS]].isna().all(axis=None)
    told = agreement(found, {f"{at:02d}": at for at in range(n)})
    assert told["tau"].isna().all()
    assert (told["reason"] != "").all()
    assert drop_from_composites(compared(values.iloc[:n, :m], directions)).empty


def test_equal_counties_have_no_order():
    values, directions = matrix()
    values[:] = 7.0
    found = composite_ranks(compared(values, directions))
    assert set(found["rsr_rank"]) == {1}
    assert found["topsis_rank"].isna().all()
    told = agreement(found, {f"{at:02d}": at + 1.0 for at in range(8)})
    assert told["reason"].str.startswith("no order").all()


def test_agreement_is_that_of_scipy():
    random = np.random.default_rng(4)
    ranks = pd.DataFrame({"area": [f"{at:02d}" for at in range(12)]})
    for name in METHODS:
        ranks[f"{name}_rank"] = stats.rankdata(random.integers(0, 9, 12), method="min")
    official = {
        f"{at:02d}": float(place) for at, place in enumerate(stats.rankdata(random.integers(0, 9, 12), method="min"))
    }
    official["03"] = np.nan
    told = agreement(ranks, official).set_index("method")
    place = ranks["area"].map(official)
    both = place.notna()
    for name in METHODS:
        own = ranks.loc[both, f"{name}_rank"]
        assert told.loc[name, "n"] == 11
        assert told.loc[name, "tau"] == pytest.approx(stats.kendalltau(own, place[both]).statistic)
        assert told.loc[name, "spearman"] == pytest.approx(stats.spearmanr(own, place[both]).statistic)
        moved = np.abs(stats.rankdata(own, method="min") - stats.rankdata(place[both], method="min"))
        assert told.loc[name, "largest"] == moved.max()
        assert told.loc[name, "area"] in set(ranks.loc[both, "area"][moved == moved.max()])


def test_dropping_from_composites_against_doing_it_by_hand():
    values, directions = matrix(7, 3, seed=5)
    given = compared(values, directions)
    found = set(drop_from_composites(given).itertuples(index=False, name=None))
    expected = set()
    for name, method in METHODS.items():
        before = dict(zip(values.index, method(values.to_numpy(), given.directions), strict=True))
        for dropped in values.index:
            rest = values.drop(index=dropped)
            after = dict(zip(rest.index, method(rest.to_numpy(), given.directions), strict=True))
            for a in rest.index:
                expected |= {
                    (name, dropped, a, b)
                    for b in rest.index
                    if before[a] > before[b] + 1e-9 and after[a] < after[b] - 1e-9
                }
    assert expected, "the example turns at least one pair"
    assert found == expected


def test_a_composite_takes_more_than_one_indicator():
    values, directions = matrix(5, 2)
    assert compared(values, directions).matrix.shape == (5, 2)
    values.iloc[0, 1] = np.nan
    given = compared(values, directions)
    assert given.matrix.shape == (5, 0)
    assert given.dropped == ("b",)
    assert compared(values, directions, least=1).matrix.columns.tolist() == ["a"]
