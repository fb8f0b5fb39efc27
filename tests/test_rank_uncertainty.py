"""Rank intervals against exact probabilities, a slower calculation, and a truth that is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad
from scored import frame, line, missing, row, standard

from evaltools import scoring
from evaltools.benchmarks import benchmark
from evaltools.rank_uncertainty import (
    Draws,
    Official,
    official_points,
    rank_intervals,
    simulate,
    simulate_weights,
)
from evaltools.sampling_draws import FEWEST, Sampler, beta_quantiles
from evaltools.standards import BONUS, PENALTIES, Bonus, Penalties, RollUp, Rounding

FINE = Rounding(6, "half_up", "total")


def catalogue(kind="proportion", per=100, **kinds):
    names = ["a", "b", "c", "d", "e"]
    return pd.DataFrame(
        {
            "indicator": names,
            "valid_from": "",
            "kind": [kinds.get(name, kind) for name in names],
            "per": per,
            "direction": "up",
        }
    )


def share(name, points, target="100", **more):
    return line(name, "proportional", points, target=target, **more)


def drawn(rows, made, known=None, **more):
    return simulate(frame(*rows), made, catalogue() if known is None else known, period="2024", **more)


# --- one value ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smaller", [FEWEST, 15.5, 40.5, 500.5])
@pytest.mark.parametrize("ratio", [1, 3, 50, 10_000])
def test_the_quick_quantiles_are_those_of_the_beta_distribution(smaller, ratio):
    z = np.linspace(-4, 4, 161)
    for a, b in ((smaller, smaller * ratio), (smaller * ratio, smaller)):
        exact = stats.beta(a, b)
        apart = np.abs(beta_quantiles(np.array(a), np.array(b), z) - exact.ppf(stats.norm.cdf(z)))
        assert apart.max() < min(0.05, 0.5 / smaller) * exact.std()


@pytest.mark.parametrize(
    ("x", "n", "kind", "exact"),
    [
        (40, 60, "proportion", stats.beta(40.5, 20.5)),
        (3, 60, "proportion", stats.beta(3.5, 57.5)),
        (60, 60, "proportion", stats.beta(60.5, 0.5)),
        (0, 60, "proportion", stats.beta(0.5, 60.5)),
        (7, 1000, "rate", stats.gamma(7.5, scale=1 / 1000)),
        (0, 1000, "rate", stats.gamma(0.5, scale=1 / 1000)),
        (2000, 1000, "rate", stats.gamma(2000.5, scale=1 / 1000)),
    ],
)
def test_values_are_drawn_from_what_the_count_leaves_uncertain(x, n, kind, exact):
    per = 100.0 if kind == "proportion" else 100_000.0
    size = np.full(2, float(n))
    sampler = Sampler(
        np.full(2, x / n * per), np.full(2, float(x)), size, np.array([kind] * 2, object), np.full(2, per)
    )
    values = sampler.draw(np.random.default_rng(5), 4000)
    assert values.shape == (4000, 2)
    assert stats.kstest(values.ravel() / per, exact.cdf).pvalue > 0.001
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.06


def test_what_has_no_sampling_error_keeps_its_value():
    given = {
        "value": np.array([120.0, 5.0, 3.5, np.nan, 50.0, 50.0]),
        "numerator": np.array([12.0, 5.0, 7.0, np.nan, 1.0, 5.0]),
        "denominator": np.array([10.0, np.nan, 2.0, np.nan, 10.0, 10.0]),
    }
    kind = np.array(["proportion", "count", "ratio", "proportion", "proportion", "proportion"], dtype=object)
    per = np.array([100.0, 1, 1, 100, 100, 100])
    sampler = Sampler(given["value"], given["numerator"], given["denominator"], kind, per)
    assert sampler.drawn.tolist() == [False] * 5 + [True], "the fifth value is not its numerator over its denominator"
    values = sampler.draw(np.random.default_rng(1), 3)
    np.testing.assert_array_equal(values[:, :5], np.tile(given["value"][:5], (3, 1)))
    assert len(set(values[:, 5])) == 3


# --- totals -------------------------------------------------------------------------------------------------------

COUNTS = {"01": (70, 100), "02": (60, 90), "03": (12, 20), "04": (100, 100), "05": (310, 500)}


def test_two_counties_against_the_exact_chance():
    rows = [row("a", 70, 100, area="01"), row("a", 66, 100, area="02")]
    draws = drawn(rows, standard([share("a", "10")], rounding=FINE), simulations=20_000)
    first, second = stats.beta(70.5, 30.5), stats.beta(66.5, 34.5)
    exact = quad(lambda p: first.pdf(p) * second.cdf(p), 0, 1)[0]
    found = rank_intervals(draws).set_index("area")
    tolerance = 4 * np.sqrt(exact * (1 - exact) / 20_000)
    assert found.loc["01", "ahead"] == pytest.approx(exact, abs=tolerance)
    assert found.loc["01", "first"] == pytest.approx(exact, abs=tolerance)
    assert found.loc["02", "first"] == pytest.approx(1 - exact, abs=tolerance)
    assert found.loc["01", "mean_rank"] == pytest.approx(2 - exact, abs=tolerance)


def test_a_gate_shuts_as_often_as_its_line_has_no_points():
    gate = line("a", "threshold", "4", lower="50", upper="60")
    made = standard([gate, share("b", "6", target="1", gate=("a",))], rounding=FINE)
    draws = drawn(
        [row("a", 55, 100), row("b", 99, 100), row("b", 50, 100, area="02"), row("a", 20, 100, area="02")], made
    )
    shut = (draws.totals == 0).mean(axis=0)
    exact = [stats.beta(55.5, 45.5).cdf(0.5), stats.beta(20.5, 80.5).cdf(0.5)]
    np.testing.assert_allclose(shut, exact, atol=0.04)
    assert draws.official.totals.tolist() == [8, 0]
    assert (draws.totals[draws.totals > 0] >= 6).all(), "an open gate leaves the six points of the other line"


def test_a_gate_that_is_shut_opens_in_some_draws():
    gate = line("a", "threshold", "4", lower="50", upper="60")
    made = standard([gate, line("c", "evidence", "6", required="3", gate=("a",))], rounding=FINE)
    draws = drawn([row("a", 50, 100), row("c", 2)], made, catalogue(c="count"), simulations=4000)
    assert draws.official.totals.tolist() == [0]
    opened = draws.totals[:, 0] > 0
    assert opened.mean() == pytest.approx(stats.beta(50.5, 50.5).sf(0.5), abs=0.04)
    assert (draws.totals[opened, 0] >= 4).all(), "two of three pieces of evidence"


def test_an_indicator_of_two_lines_is_drawn_once():
    rows = [row("a", x, n, area=area) for area, (x, n) in COUNTS.items()]
    twice = [share("a", "4"), line("other", "proportional", "6", target="100")]
    object.__setattr__(twice[1], "indicator", "a")
    both = drawn(rows, standard(twice, rounding=FINE)).totals
    np.testing.assert_allclose(both, drawn(rows, standard([share("a", "10")], rounding=FINE)).totals, atol=2e-6)


def many(rows):
    """The same rates of people without number: nothing is left to chance."""
    found = frame(*rows)
    with_below = found["denominator"].notna()
    scale = np.where(with_below, 1e12, 1)
    return found.assign(numerator=found["numerator"] * scale, denominator=found["denominator"] * scale)


def test_without_sampling_error_every_draw_is_the_official_total():
    extras = {
        "bonus": Bonus(2, False, (share("c", "3"),)),
        "penalties": Penalties(1, (line("e", "per_case", "3", deduct="0.5"),)),
    }
    lines = [
        share("a", "10", target="90", missing="exclude"),
        line("b", "per_step", "10", target="95", step="7", deduct="1.3", steps="started", missing="exclude"),
        line("mean", "regional_mean", "10", mean="pooled", own="without", share="90"),
        line("flat", "regional_mean", "10", mean="unweighted", own="with"),
        line("place", "percentile", "10", lower="10", upper="90"),
        line("d", "improvement", "10", improve="8"),
    ]
    for scored in lines[2:5]:
        object.__setattr__(scored, "indicator", "a")
    made = standard(lines[:2], lines[2:], rounding=FINE, **extras)
    rows = []
    random = np.random.default_rng(3)
    for at, area in enumerate(["01", "02", "03", "04", "05", "06"]):
        for name in "abcd":
            for period in ("2023", "2024"):
                lacks = (name, at) in (("a", 1), ("b", 2)) or (name, at, period) == ("d", 3, "2023")
                x = int(random.integers(30, 99))
                rows.append(
                    missing(name, area=area, period=period) if lacks else row(name, x, 101, area=area, period=period)
                )
        rows.append(row("e", at, area=area))
    ind, known = many(rows), catalogue(e="count")
    bench = benchmark(ind, known)
    draws = simulate(ind, made, known, benchmark=bench, period="2024", simulations=5)
    sums = scoring.totals(scoring.score(ind, made, benchmark=bench), made)
    sums = sums[(sums["section"] == "") & (sums["period"] == "2024")]
    np.testing.assert_array_equal(draws.official.totals, sums["points"])
    np.testing.assert_allclose(draws.totals, np.tile(sums["points"], (5, 1)), atol=2e-3)
    assert sums["points"].nunique() == 6


@pytest.mark.parametrize(("extra", "least", "most"), [(BONUS, 9.0, 10.0), (PENALTIES, 0.0, 1.0)])
def test_totals_stay_within_their_bounds(extra, least, most):
    more = {
        BONUS: {"bonus": Bonus(5, False, (share("b", "5", target="1"),))},
        PENALTIES: {"penalties": Penalties(None, (line("c", "per_case", "9", deduct="1"),))},
    }[extra]
    rows = [row("a", 95, 100), row("b", 50, 100), row("c", 9)] if extra == BONUS else [row("a", 90, 100), row("c", 9)]
    draws = drawn(rows, standard([share("a", "10")], rounding=FINE, **more), catalogue(c="count"))
    assert draws.totals.min() >= least
    assert draws.totals.max() <= most
    assert (draws.totals == (most if extra == BONUS else least)).any(), "the bound is reached"


def test_a_mean_of_the_region_moves_with_the_draws():
    # against a mean that moves with it, the only county of a region is always at the mean
    made = standard([line("a", "regional_mean", "10", mean="unweighted", own="with")], rounding=FINE)
    rows = [row("a", 40, 100)]
    bench = benchmark(frame(*rows), catalogue())
    draws = drawn(rows, made, benchmark=bench)
    np.testing.assert_allclose(draws.totals, 10, atol=1e-3)
    # two counties against the mean of both: one of the two is always at it or above
    rows.append(row("a", 45, 100, area="02"))
    draws = drawn(rows, made, benchmark=benchmark(frame(*rows), catalogue()))
    np.testing.assert_allclose(draws.totals.max(axis=1), 10, atol=1e-3)
    assert (draws.totals.min(axis=1) < 9.999).mean() > 0.99


@pytest.mark.parametrize("mean", ["unweighted", "pooled"])
def test_a_mean_without_the_county_itself_does_not_move_with_it(mean):
    made = standard([line("a", "regional_mean", "10", mean=mean, own="without")], rounding=FINE)
    rows = [row("a", 50, 100), row("a", 50e6, 100e6, area="02")]  # the second is as good as certain
    draws = drawn(rows, made, benchmark=benchmark(frame(*rows), catalogue()), simulations=4000)
    first = stats.beta(50.5, 50.5)
    exact = [
        quad(lambda p, f=f: first.pdf(p) * min(1, f(p)), 0, 1, points=[0.5])[0]
        for f in (lambda p: 2 * p, lambda p: 0.5 / p)
    ]
    assert draws.totals[:, 0].mean() == pytest.approx(10 * exact[0], abs=0.06)
    assert draws.totals[:, 1].mean() == pytest.approx(10 * exact[1], abs=0.06)


def test_points_of_units_are_rolled_up():
    made = standard(
        [share("a", "10"), share("b", "10")], rounding=FINE, objects="unit", roll_up=RollUp("item", "people")
    )
    places = [("01", "u1", 60), ("01", "u2", 80), ("02", "u1", 50)]
    rows = [row(name, x, 100, area=area, unit=unit) for area, unit, x in places for name in "ab"]
    rows[3] |= {"numerator": np.nan, "denominator": np.nan, "value": np.nan, "reason": "not applicable"}
    weights = pd.DataFrame(places, columns=["area", "unit", "x"]).assign(period="2024", weight=[1.0, 3.0, 2.0])
    ind = many(rows)
    draws = simulate(ind, made, catalogue(), period="2024", simulations=3, weights=weights)
    np.testing.assert_allclose(draws.totals, [[(6 + 3 * 8) / 4 + 6, 10.0]] * 3, atol=1e-3)
    assert draws.by_area.to_dict("list") == dict(zip(["01", "02"], draws.totals.T.tolist(), strict=True))


# --- the whole against a slow calculation -------------------------------------------------------------------------


def test_intervals_against_drawing_and_scoring_one_by_one():
    made = standard(
        [
            share("a", "6", target="90"),
            line("b", "per_step", "4", target="95", step="5", deduct="1", steps="whole", missing="exclude"),
        ]
    )
    rows = [row("a", x, n, area=area) for area, (x, n) in COUNTS.items()]
    rows += [row("b", n - x // 4, n, area=area) for area, (x, n) in COUNTS.items() if area != "03"]
    rows.append(missing("b", area="03"))
    fast = rank_intervals(drawn(rows, made, simulations=4000))
    random = np.random.default_rng(99)
    places = []
    for _ in range(120):
        again = []
        for cell in rows:
            x, n = cell["numerator"], cell["denominator"]
            again.append(
                cell
                if np.isnan(x)
                else row(cell["indicator"], random.beta(x + 0.5, n - x + 0.5) * n, n, area=cell["area"])
            )
        sums = scoring.totals(scoring.score(frame(*again), made), made)
        sums = sums[sums["section"] == ""].set_index("area")["points"]
        places.append(sums.rank(ascending=False, method="min"))
    slow = pd.DataFrame(places)
    found = fast.set_index("area")
    for area in COUNTS:
        assert found.loc[area, "first"] == pytest.approx((slow[area] == 1).mean(), abs=0.15)
        assert found.loc[area, "mean_rank"] == pytest.approx(slow[area].mean(), abs=0.35)
        assert found.loc[area, "top_quarter"] == pytest.approx((slow[area] / 5 <= 0.25).mean(), abs=0.15)
        assert found.loc[area, "rank_median"] == pytest.approx(slow[area].median(), abs=1)


def test_intervals_hold_the_true_rank_as_often_as_they_say():
    random = np.random.default_rng(7)
    made = standard([share(name, "10") for name in "abc"], rounding=FINE)
    held, quarters = [], []
    for _ in range(40):
        truth, size = random.beta(0.5, 0.5, (8, 3)), random.integers(10, 60, (8, 3))
        count = random.binomial(size, truth)
        rows = [row("abc"[j], count[i, j], size[i, j], area=f"{i:02d}") for i in range(8) for j in range(3)]
        found = (
            rank_intervals(drawn(rows, made, simulations=300, seed=int(random.integers(1e9))))
            .set_index("area")
            .sort_index()
        )
        true = stats.rankdata(-truth.sum(axis=1))
        held += list((found["rank_lower"] <= true) & (true <= found["rank_upper"]))
        quarters += list(zip(found["top_quarter"], true <= 2, strict=True))
    assert np.mean(held) >= 0.95, "ranks are whole numbers, so intervals hold a little more than they say"
    said, was = np.array(quarters, dtype=float).T
    unsure = (said > 0.2) & (said < 0.8)
    assert unsure.sum() > 25
    assert was[unsure].mean() == pytest.approx(said[unsure].mean(), abs=0.2)


# --- ranks --------------------------------------------------------------------------------------------------------


def hand_made(totals, official, reasons=None):
    areas = tuple(f"{at:02d}" for at in range(len(official)))
    none = np.zeros(len(official))
    about = Official(
        "2024", areas, none[:, None], np.array(official, float), none, tuple(reasons or [""] * len(official))
    )
    return Draws(about, np.array(totals, float), pd.DataFrame(), 0)


def test_every_column_against_scipy_rank_by_rank():
    random = np.random.default_rng(11)
    totals = np.round(random.normal(50, 2, (200, 9)), 0)  # many ties
    official = np.round(random.normal(50, 2, 9), 0)
    found = rank_intervals(hand_made(totals, official)).set_index("area").sort_index()
    places = np.array([stats.rankdata(-one, method="min") for one in totals])
    from_bottom = np.array([stats.rankdata(one, method="min") for one in totals])
    np.testing.assert_array_equal(found["rank"], stats.rankdata(-official, method="min"))
    np.testing.assert_allclose(found["mean_rank"], places.mean(axis=0))
    np.testing.assert_allclose(found["first"], (places == 1).mean(axis=0))
    np.testing.assert_allclose(found["top_quarter"], (places <= 9 / 4).mean(axis=0))
    np.testing.assert_allclose(found["bottom_quarter"], (from_bottom <= 9 / 4).mean(axis=0))
    ordered = np.sort(places, axis=0)
    np.testing.assert_array_equal(found["rank_lower"], ordered[4])  # 5 of 200 draws are 2.5%
    np.testing.assert_array_equal(found["rank_median"], ordered[99])
    np.testing.assert_array_equal(found["rank_upper"], ordered[194])
    for area, one in found.iterrows():
        if one["next_area"] and not one["reason"]:
            mine, other = totals[:, int(area)], totals[:, int(one["next_area"])]
            assert one["ahead"] == pytest.approx(np.mean(np.where(mine == other, 0.5, mine > other)))
            assert official[int(area)] > official[int(one["next_area"])]
        elif one["next_area"]:
            assert np.isnan(one["ahead"])
            assert official[int(area)] == official[int(one["next_area"])]


def test_renaming_counties_renames_the_result():
    rows = [row("a", x, n, area=area) for area, (x, n) in COUNTS.items()]
    made = standard([share("a", "10")])
    new = {"01": "x", "02": "z", "03": "w", "04": "y", "05": "v"}
    before, after = (
        rank_intervals(drawn(given, made)).sort_values("area", ignore_index=True)
        for given in (rows, [one | {"area": new[one["area"]]} for one in rows])
    )
    renamed = before.assign(area=before["area"].map(new), next_area=before["next_area"].map(new).fillna(""))
    pd.testing.assert_frame_equal(renamed.sort_values("area", ignore_index=True), after, check_dtype=False)


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    rows = [row("a", x, n, area=area) for area, (x, n) in COUNTS.items()]
    made = standard([share("a", "10")])
    one, same, other = (drawn(rows, made, seed=seed, simulations=50).totals for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_one_county_two_ties_everywhere_and_nothing_scored():
    made = standard([share("a", "10", missing="exclude")])
    one = rank_intervals(drawn([row("a", 60, 100)], made)).iloc[0]
    assert (one["rank"], one["rank_lower"], one["rank_upper"], one["first"]) == (1, 1, 1, 1)
    assert np.isnan(one["top_quarter"])
    assert one["reason"] == "one area only: nobody to compare with"
    two = rank_intervals(drawn([row("a", 60, 100), row("a", 90, 100, area="02")], made))
    assert two["area"].tolist() == ["02", "01"]
    assert set(two["reason"]) == {"too few areas to make up a quarter"}
    counts = [row("a", 5, area=f"{at:02d}") for at in range(4)]
    tied = rank_intervals(drawn(counts, standard([share("a", "10", target="10")]), catalogue("count", 1)))
    assert tied[["rank", "rank_lower", "rank_upper", "first", "top_quarter", "bottom_quarter"]].to_numpy().min() == 1
    assert tied[["rank", "rank_lower", "rank_upper", "mean_rank"]].to_numpy().max() == 1
    assert tied["reason"].tolist() == ["as many points as the next one"] * 3 + [""]
    none = rank_intervals(drawn([missing("a"), missing("a", area="02")], made))
    assert none["rank"].isna().all()
    assert set(none["reason"]) == {"no total, so no rank"}
    nobody = simulate(frame(row("a", 1, 2)).iloc[:0], made, catalogue(), period="2024")
    assert len(rank_intervals(nobody)) == 0


def test_who_has_no_score_or_is_barred_takes_no_place():
    found = rank_intervals(
        hand_made([[5, np.nan, 9, 7]] * 3, [5, np.nan, 9, 7], ["", "no total, so no rank", "barred", ""])
    )
    assert found["area"].tolist() == ["03", "00", "01", "02"]
    assert found["rank"].tolist()[:2] == [1, 2]
    assert found["n_ranked"].tolist()[:2] == [2, 2]
    assert found["reason"].tolist()[2:] == ["no total, so no rank", "barred"]


# --- weights ------------------------------------------------------------------------------------------------------


def test_weights_drawn_against_the_exact_chance():
    made = standard([line("c", "manual", "60"), line("d", "manual", "40")])
    judgements = pd.DataFrame(
        [
            ("2024", area, name, value)
            for area, c, d in (("01", 60, 0), ("02", 0, 40))
            for name, value in (("c", c), ("d", d))
        ],
        columns=["period", "area", "line", "value"],
    )
    rows = frame(row("a", 1, 2), row("a", 1, 2, area="02"))
    points = scoring.score(rows, made, judgements=judgements)
    # 60 × u is below 40 × u' for even u and u' from 0.75 to 1.25 in a triangle 5 high of a rectangle 30 × 20
    exact = 5 * 5 / 2 / (30 * 20)
    draws = simulate_weights(points, made, "2024", simulations=40_000)
    assert (draws.totals[:, 0] < draws.totals[:, 1]).mean() == pytest.approx(exact, abs=0.003)
    np.testing.assert_allclose(draws.totals.sum(axis=1), 100, atol=0.011)
    even = simulate_weights(points, made, "2024", concentration=10, simulations=40_000).totals[:, 0] / 100
    assert stats.kstest(even[:4000], stats.beta(6, 4).cdf).pvalue > 0.001, "two weights of a Dirichlet are a beta"


def test_weights_that_do_not_move_give_the_official_totals():
    made = standard(
        [share("a", "6", target="90", missing="exclude"), share("b", "4", missing="exclude")],
        penalties=Penalties(None, (line("c", "per_case", "3", deduct="0.5"),)),
    )
    rows = [row("a", x, n, area=area) for area, (x, n) in COUNTS.items()]
    rows += [row("c", 3, area=area) for area in COUNTS] + [row("b", 40, 50, area="02"), missing("b", area="03")]
    points = scoring.score(frame(*rows), made)
    draws = simulate_weights(points, made, "2024", spread=0, simulations=2)
    np.testing.assert_allclose(draws.totals, np.tile(draws.official.totals, (2, 1)), atol=1e-9)
    moved = simulate_weights(points, made, "2024", simulations=300).totals
    assert moved[:, 1].std() > 0, "two lines count"
    assert np.ptp(moved[:, 2]) == 0, "of one line only the weight is always all there is"


@pytest.mark.parametrize("wrong", [{"spread": 1.5}, {"spread": -0.1}, {"concentration": 0}, {"simulations": 0}])
def test_weights_that_are_none_are_refused(wrong):
    made = standard([share("a", "10")])
    points = scoring.score(frame(row("a", 1, 2)), made)
    with pytest.raises(ValueError, match="spread is 0 to 1"):
        simulate_weights(points, made, "2024", **wrong)
    with pytest.raises(ValueError, match="at least one simulation"):
        simulate(frame(row("a", 1, 2)), made, catalogue(), period="2024", simulations=0)


def test_points_are_placed_by_area_and_line():
    made = standard([share("a", "6"), share("b", "4")])
    rows = frame(
        row("b", 1, 2, area="09"), row("a", 1, 4, area="09"), row("a", 3, 4, area="01"), missing("b", area="01")
    )
    official = official_points(scoring.score(rows, made), made, "2024")
    assert official.areas == ("09", "01")
    np.testing.assert_array_equal(official.points, [[1.5, 2], [4.5, 0]])
