"""What is drawn again is rounded as the official score, which is worked out in exact fractions, a half for a half."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from scored import frame, line, missing, row, standard

from evaltools import scoring
from evaltools.benchmarks import benchmark
from evaltools.rank_sensitivity import drop_counties
from evaltools.rank_uncertainty import official_points, simulate, simulate_weights
from evaltools.rule_arrays import rounded
from evaltools.standards import MODES, ROUND_OF, Bonus, Penalties, RollUp, Rounding

PYTHON = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
AREAS = ("01", "02", "03", "04")
PEOPLE = 10**14
"""Of so many a share has next to no sampling error."""


def catalogue(*names, kind="count", per=1):
    return pd.DataFrame({"indicator": names, "valid_from": "", "kind": kind, "per": per, "direction": "up"})


def official(points, made):
    sums = scoring.totals(points, made)
    return sums[(sums["section"] == "") & (sums["period"] == "2024")].set_index("area")["points"]


# --- one number ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@given(
    halves=st.lists(st.integers(-200_000, 200_000), min_size=1, max_size=30),
    digits=st.integers(0, 6),
    parts=st.integers(1, 60),
)
def test_numbers_are_rounded_as_decimals_are(mode, halves, digits, parts):
    step = Decimal(1).scaleb(-digits)
    exact = [half * step / 2 for half in halves]
    expected = [float(number.quantize(step, PYTHON[mode])) for number in exact]
    # a sum of parts of the number has the dust of binary fractions
    added = sum(np.array(exact, dtype=float) / parts for _ in range(parts))
    np.testing.assert_array_equal(rounded(added, digits, mode), expected)
    assert not np.signbit(rounded(np.array([-0.2 / 10**digits]), digits, mode)).any(), "no −0"


@pytest.mark.parametrize("mode", MODES)
@given(number=st.floats(-1e5, 1e5), digits=st.integers(0, 6))
def test_other_numbers_go_to_the_nearest(mode, number, digits):
    exact = Decimal(number).quantize(Decimal(1).scaleb(-9), ROUND_HALF_EVEN)
    expected = float(exact.quantize(Decimal(1).scaleb(-digits), PYTHON[mode]))
    np.testing.assert_array_equal(rounded(np.array([[number, np.nan]]), digits, mode), [[expected, np.nan]])


# --- totals -------------------------------------------------------------------------------------------------------


@st.composite
def standards(draw, **more):
    """A standard of counts whose totals often end in a half, its bonus and penalties or none."""
    digits, of = draw(st.integers(0, 2)), draw(st.sampled_from(ROUND_OF))
    rounding = Rounding(digits, draw(st.sampled_from(MODES)), of, draw(st.sampled_from([None, 0, 1])))
    full = draw(st.lists(st.integers(1, 12), min_size=4, max_size=4))
    target = st.sampled_from(["2", "8", "16", "20", "40", "7"])
    lines = [
        line("a", "proportional", str(full[0]), target=draw(target), missing="exclude"),
        line("b", "proportional", str(full[1]), target=draw(target), gate=draw(st.sampled_from([(), ("a",)]))),
        line("c", "evidence", str(full[2]), required=draw(target), missing="exclude"),
        line("d", "per_defect", str(full[3]), deduct=draw(st.sampled_from(["0.05", "0.125", "0.5"])), gate=("b",)),
    ]
    if draw(st.booleans()):
        given_ = line("e", "evidence", "3", required=draw(target), missing="exclude")
        more["bonus"] = Bonus(Decimal(2), draw(st.booleans()), (given_,))
    if draw(st.booleans()):
        taken = line("f", "per_case", "30", deduct=draw(st.sampled_from(["0.25", "0.3", "0.5", "1.5"])))
        more["penalties"] = Penalties(draw(st.sampled_from([None, Decimal(3)])), (taken,))
    return standard(lines[:2], lines[2:], rounding=rounding, **more)


def cells(draw, **place):
    """A row for each line; counts with a half where values are rounded first."""
    counts = st.integers(0, 40).map(lambda twice: twice / 2)
    found = [draw(st.one_of(counts, st.none()) if name in "ace" else counts) for name in "abcdef"]
    return [
        missing(name, **place) if count is None else row(name, count, **place)
        for name, count in zip("abcdef", found, strict=True)
    ]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(made=standards(), data=st.data())
def test_without_sampling_error_every_draw_is_the_official_total(made, data):
    ind = frame(*[one for area in AREAS for one in cells(data.draw, area=area)])
    points = scoring.score(ind, made)
    expected = official(points, made)
    event(f"extras: {len(made.extras)}")
    draws = simulate(ind, made, catalogue(*"abcdef"), period="2024", simulations=2, points=points)
    np.testing.assert_array_equal(draws.totals, [expected] * 2)
    still = simulate_weights(points, made, "2024", spread=0, simulations=2)
    np.testing.assert_array_equal(still.totals, [expected] * 2)
    if not made.extras:
        np.testing.assert_array_equal(draws.official.extra, np.zeros(len(AREAS)))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(made=standards(objects="unit", roll_up=RollUp("item", "people")), data=st.data())
def test_without_sampling_error_units_add_up_to_the_official_total(made, data):
    places = [(area, unit) for area in AREAS[:2] for unit in ("u1", "u2", "u3")]
    ind = frame(*[one for area, unit in places for one in cells(data.draw, area=area, unit=unit)])
    size = data.draw(st.lists(st.integers(1, 4), min_size=len(places), max_size=len(places)))
    weights = pd.DataFrame(places, columns=["area", "unit"]).assign(period="2024", weight=np.array(size, dtype=float))
    points = scoring.score(ind, made, weights=weights)
    expected = official(points[points["unit"] == ""], made)
    draws = simulate(ind, made, catalogue(*"abcdef"), period="2024", simulations=2, points=points, weights=weights)
    np.testing.assert_array_equal(draws.totals, [expected] * 2)


@pytest.mark.parametrize(("mode", "total", "more"), [("half_up", 3, 5), ("half_even", 2, 4)])
def test_a_half_lands_where_the_printed_total_does(mode, total, more):
    judged = [line("c", "manual", "4"), line("d", "manual", "4")]
    made = standard(
        judged, rounding=Rounding(0, mode, "total"), bonus=Bonus(Decimal(2), False, (line("e", "manual", "2"),))
    )
    scores = pd.DataFrame(
        [
            ("2024", area, name, value)
            for area, bonus in (("01", 0), ("02", 2))
            for name, value in (("c", 1.25), ("d", 1.25), ("e", bonus))
        ],
        columns=["period", "area", "line", "value"],
    )
    rows = frame(row("a", 1, 2), row("a", 1, 2, area="02"))
    draws = simulate(rows, made, catalogue("a"), judgements=scores, period="2024", simulations=2)
    assert draws.totals.tolist() == [[total, more]] * 2
    assert draws.official.extra.tolist() == [0, 2]


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    of=st.sampled_from(ROUND_OF),
    counts=st.lists(st.tuples(*[st.integers(0, 12)] * 3), min_size=4, max_size=4),
    fined=st.booleans(),
)
# without the first the second has 4 points and the third 4.5: behind it if that is 5
@example("half_up", "total", [(0, 0, 0), (1, 8, 0), (2, 4, 0), (3, 0, 0)], False)
@example("half_even", "total", [(0, 0, 0), (1, 8, 0), (2, 4, 0), (3, 0, 0)], False)
def test_who_overtakes_when_another_leaves_is_who_does_so_in_print(mode, of, counts, fined):
    fine = {"penalties": Penalties(None, (line("c", "per_case", "9", deduct="0.5"),))} if fined else {}
    made = standard(
        [line("a", "percentile", "5", lower="0", upper="100"), line("b", "proportional", "6", target="12")],
        rounding=Rounding(0, mode, of),
        **fine,
    )
    known = catalogue(*"abc")
    rows = [
        row(name, x, area=area)
        for area, own in zip(AREAS, counts, strict=True)
        for name, x in zip("abc", own, strict=True)
    ]
    ind = frame(*rows)
    points = scoring.score(ind, made, benchmark=benchmark(ind, known))
    before = official(points, made)
    # of an area without any points penalties took less than they would from more
    assume(not fined or (before > 0).all())
    expected = set()
    for dropped in AREAS:
        rest = ind[ind["area"] != dropped]
        after = official(scoring.score(rest, made, benchmark=benchmark(rest, known)), made)
        expected |= {
            (dropped, one, other)
            for one in after.index
            for other in after.index
            if before[one] > before[other] and after[one] < after[other]
        }
    found = drop_counties(ind, made, points, known, "2024")
    assert set(found.itertuples(index=False, name=None)) == expected
    event("overtaken" if expected else "not overtaken")


# --- values that are rounded first --------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "points"), [("half_up", 10.0), ("half_even", 5.0)])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_values_and_those_of_the_year_before_are_rounded_as_the_standard_says(mode, points, direction):
    # a share above 100% is not drawn, that of the other year is: 100.5% beside 99%
    made = standard(
        [line("a", "improvement", "10", direction, improve="2")], rounding=Rounding(2, mode, "total", value_digits=0)
    )
    beyond, within = (201 * PEOPLE, 200 * PEOPLE), (99 * PEOPLE, 100 * PEOPLE)
    past, now = (within, beyond) if direction == "up" else (beyond, within)
    ind = frame(row("a", *past, period="2023"), row("a", *now))
    draws = simulate(ind, made, catalogue("a", kind="proportion", per=100), period="2024", simulations=3)
    assert draws.lines["drawn"].tolist() == [int(direction == "down")]
    assert draws.official.totals.tolist() == [points]
    assert draws.totals.tolist() == [[points]] * 3


@pytest.mark.parametrize(("of", "digits", "up", "even"), [("line", 0, 10, 6), ("line", 2, 9, 6), ("total", 0, 9, 6)])
@pytest.mark.parametrize("mode", MODES)
def test_behind_a_gate_that_opens_lines_have_the_points_they_would_print(of, digits, up, even, mode):
    # 2.5 pieces of evidence are 3 or 2, and of four required earn 4.5 or 3 points
    gate = line("a", "threshold", "4", lower="50", upper="60")
    behind = [line(name, "evidence", "6", required="4", gate=("a",)) for name in "cd"]
    made = standard([gate, *behind], rounding=Rounding(digits, mode, of, value_digits=0))
    known = pd.concat([catalogue("a", kind="proportion", per=100), catalogue("c", "d")])
    ind = frame(row("a", 50, 100), row("c", 2.5), row("d", 2.5))
    draws = simulate(ind, made, known, period="2024", simulations=400)
    assert draws.official.totals.tolist() == [0]
    opened, least = draws.totals[draws.totals > 0], up if mode == "half_up" else even
    assert len(opened) > 100
    assert opened.min() >= least
    assert opened.max() == least + 4, "a gate with all its points"


def test_a_gate_behind_a_gate_stays_shut_by_a_hair():
    # 7/100 × 100 is a hair above 7 as a float, and exactly at the lower threshold in the score
    lines = [
        line("a", "evidence", "2", required="1"),
        line("b", "threshold", "4", lower="7", upper="60", gate=("a",)),
        line("c", "evidence", "6", required="4", gate=("b",)),
    ]
    made = standard(lines, rounding=Rounding(2, "half_up", "total"))
    ind = frame(row("a", 1), row("b", 7, 100), row("c", 3))
    assert ind["value"][1] > 7
    draws = simulate(ind, made, catalogue("a", "b", "c"), period="2024", simulations=2)
    assert draws.totals.tolist() == [draws.official.totals.tolist()] * 2 == [[2.0]] * 2


@pytest.mark.parametrize("direction", ["up", "down"])
def test_positions_are_rounded_half_up_like_the_official_ones(direction):
    # among 33 a position is a multiple of 3.125
    made = standard(
        [line("a", "percentile", "100", direction, lower="0", upper="100")], rounding=Rounding(2, "half_even", "total")
    )
    known = catalogue("a", kind="proportion", per=100)
    ind = frame(*[row("a", (at + 30) * PEOPLE, 100 * PEOPLE, area=f"{at:02d}") for at in range(33)])
    draws = simulate(ind, made, known, benchmark=benchmark(ind, known), period="2024", simulations=2)
    assert draws.lines["drawn"].tolist() == [33]
    np.testing.assert_array_equal(draws.totals, [draws.official.totals] * 2)
    assert {3.13, 96.88} <= set(draws.official.totals)


def test_extra_is_what_bonus_and_penalties_changed_before_rounding():
    lines = [line("c", "manual", "6")]
    extras = {
        "bonus": Bonus(Decimal(2), False, (line("d", "manual", "3"),)),
        "penalties": Penalties(Decimal(4), (line("f", "per_case", "9", deduct="0.3"),)),
    }
    made = standard(lines, rounding=Rounding(0, "half_up", "total"), **extras)
    given_ = {"01": (2.4, 0.3, 0), "02": (5.5, 3, 1), "03": (1, 0, 20), "04": (3.5, 0, 0)}
    scores = pd.DataFrame(
        [("2024", area, name, value) for area, own in given_.items() for name, value in zip("cd", own, strict=False)],
        columns=["period", "area", "line", "value"],
    )
    ind = frame(*[row("f", own[2], area=area) for area, own in given_.items()])
    found = official_points(scoring.score(ind, made, judgements=scores), made, "2024")
    np.testing.assert_allclose(found.extra, [0.3, 0.2, -1, 0], atol=1e-12)
    assert found.extra[3] == 0
    assert found.totals.tolist() == [3, 6, 0, 4]
