"""Each rule against its formula written out by hand, in three readings: exact, over arrays, and as text to redo."""

import re
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import frame, line, one, row, standard

import evaltools as ev
from evaltools import scoring
from evaltools.problems import InputError
from evaltools.rule_arithmetic import least
from evaltools.rule_arrays import line_points
from evaltools.rule_model import TARGET
from evaltools.rules import RULES
from evaltools.standards import Bonus, Line, Penalties, RollUp, Rounding, Veto

BANDS = [{"to": "60", "points": "1"}, {"from": "60", "to": "80", "points": "3"}, {"from": "80", "points": "5"}]
TIERS = [{"from": "0", "to": "200", "each": "0.01"}, {"from": "200", "each": "0.005"}]
FINE = Rounding(6, "half_up", "line")

STATED = {
    "proportional": {"target": "76"},
    "threshold": {"lower": "50", "upper": "90"},
    "per_point": {"target": "76", "deduct": "0.25"},
    "per_step": {"target": "80", "step": "5", "deduct": "0.4", "steps": "whole"},
    "per_gap": {"target": "80", "step": "10", "deduct": "1", "steps": "started"},
    "per_defect": {"deduct": "0.5"},
    "per_case": {"deduct": "2"},
    "bands": {"bands": BANDS},
    "boolean": {"full_when": "yes"},
    "evidence": {"required": "4"},
    "improvement": {"improve": "2", "ceiling": "95"},
    "regional_mean": {"mean": "unweighted", "own": "with"},
    "percentile": {"lower": "25", "upper": "75"},
    "units_meeting": {"bar": "60", "target": "90"},
    "ladder": {"tiers": TIERS},
    "over_target": {"target": "80", "allowance": "20"},
    "manual": {},
}


def test_every_rule_is_tried_here():
    assert set(STATED) == set(RULES)


def clipped(points: Fraction) -> Fraction:
    return min(Fraction(5), max(Fraction(0), points))


def by_hand(rule: str, x: Fraction, prior: Fraction, mean: Fraction, down: bool = False) -> Fraction:
    """The points of a line of 5 with what is `STATED`, from the wording of the assessment documents."""
    target = Fraction(STATED[rule].get("target", "0"))
    short = x - target if down else target - x
    if rule == "proportional":
        if down:
            return Fraction(5) if x <= target else 5 * target / x
        return clipped(5 * x / target)
    if rule == "threshold":
        return clipped(5 * ((90 - x) if down else (x - 50)) / 40)
    if rule == "per_point":
        return clipped(5 - Fraction("0.25") * short)
    if rule == "per_step":
        return clipped(5 - Fraction("0.4") * max(0, floor(short / 5)))
    if rule == "per_gap":
        return clipped(5 - max(0, ceil(100 * short / target / 10)))
    if rule == "per_defect":
        return clipped(5 - x / 2)
    if rule == "per_case":
        return -min(Fraction(5), 2 * x)
    if rule == "bands":
        return Fraction(1 if x < 60 else 3 if x < 80 else 5)
    if rule == "boolean":
        return Fraction(5 if x >= 1 else 0)
    if rule == "evidence":
        return clipped(5 * x / 4)
    if rule == "improvement":
        if (x <= 95) if down else (x >= 95):
            return Fraction(5)
        return clipped(5 * (prior - x if down else x - prior) / 2)
    if rule == "regional_mean":
        if down:
            return Fraction(5) if x <= mean else 5 * mean / x
        return clipped(5 * x / mean)
    if rule == "ladder":
        return clipped(min(x, Fraction(200)) / 100 + max(Fraction(0), x - 200) / 200)
    if rule == "over_target":
        return clipped(5 * x / 80) if x <= 96 else clipped(5 * (1 - (x / 80 - 1 - Fraction(1, 5))))
    raise AssertionError(rule)


PLAIN = sorted(set(RULES) - {"percentile", "units_meeting", "manual"})
values = st.fractions(0, 400, max_denominator=60)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLAIN), values, values, values.filter(bool), st.booleans())
def test_arrays_give_what_the_formula_says(rule, x, prior, mean, down):
    made = line("x", rule, "5", "down" if down and rule not in ("bands", "over_target") else "up", **STATED[rule])
    expected = by_hand(rule, x, prior, mean, made.direction == "down")
    inputs = {"prior": {"prior": float(prior)}, "mean": {"mean": float(mean)}}
    more = {name: value for need in RULES[rule].inputs for name, value in inputs[need].items()}
    found = line_points(made, [float(x), np.nan], **more)
    assert found[0] == pytest.approx(float(expected), abs=1e-9)
    assert np.isnan(found[1])


SIGNS = {"×": "*", "÷": "/", "−": "-", "≥": ">=", "≤": "<=", "≈": "==", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"}


def redone(because: str) -> tuple[object, str]:
    """The working of `because` in exact fractions, and the points it prints."""
    working, sign, result = because.rsplit(" ", 2)
    for mark, python in SIGNS.items():
        working = working.replace(mark, python)
    working = re.sub(r"([\d.]+)%", r"(\1/100)", working)
    working = re.sub(r" ==? \S+(?= [<>])", "", working)
    working = re.sub(r"(?<![\w.])\d+(\.\d+)?", lambda number: f"Fraction('{number[0]}')", working)
    names = {"Fraction": Fraction, "floor": lambda n: Fraction(floor(n)), "ceil": lambda n: Fraction(ceil(n))}
    return eval(working, names | {"min": min, "max": max}), sign + result


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(set(PLAIN) - {"bands", "boolean", "regional_mean", "over_target"})),
    st.integers(0, 3000),
    st.integers(1, 3000),
    st.integers(0, 3000),
)
def test_exact_points_and_a_working_that_can_be_redone(rule, above, below, earlier):
    made = line("x", rule, "5", **STATED[rule])
    ind = frame(row("x", above, below), row("x", earlier, below, period="2023"))
    scored = scoring.score(ind, standard([made], rounding=FINE)).iloc[0]
    x, prior = Fraction(100 * above, below), Fraction(100 * earlier, below)
    expected = by_hand(rule, x, prior, Fraction(1))
    assert scored["points"] == pytest.approx(float(expected), abs=5.1e-7)
    working, result = redone(scored["because"])
    assert float(result[1:]) == scored["points"]
    # what passes a bound is a comparison, a bare number the points themselves
    if working is not True:
        assert working == expected


@pytest.mark.parametrize(
    ("rule", "more", "cell", "because"),
    [
        ("per_step", {}, row("x", 713, 1000), "5 − 0.4 × ⌊(80 − 100 × 713/1000)/5⌋ = 4.60"),
        ("per_step", {"steps": "started"}, row("x", 713, 1000), "5 − 0.4 × ⌈(80 − 100 × 713/1000)/5⌉ = 4.20"),
        ("per_step", {"steps": "part"}, row("x", 713, 1000), "5 − 0.4 × (80 − 100 × 713/1000)/5 = 4.30"),
        ("per_gap", {}, row("x", 713, 1000), "5 − 1 × ⌈100 × (80% − 713/1000)/80%/10⌉ = 3.00"),
        ("per_gap", {"target": "5000"}, row("x", 4300), "5 − 1 × ⌈100 × (5000 − 4300)/5000/10⌉ = 3.00"),
        ("per_defect", {}, row("x", 3), "5 − 0.5 × 3 = 3.50"),
        ("per_defect", {}, row("x", 30), "5 − 0.5 × 30 < 0 → 0"),
        ("bands", {}, row("x", 713, 1000), "713/1000 = 71.3% ∈ [60%, 80%) → 3.00"),
        ("bands", {}, row("x", 913, 1000), "913/1000 = 91.3% ∈ [80%, +∞) → 5"),
        ("boolean", {}, row("x", 1), "✓ → 5"),
        ("boolean", {"full_when": "no"}, row("x", 1), "✓ → 0"),
        ("evidence", {}, row("x", 3), "5 × 3/4 = 3.75"),
        ("evidence", {}, row("x", 6), "6 ≥ 4 → 5"),
        ("ladder", {}, row("x", 150), "150 × 0.01 = 1.50"),
        ("ladder", {}, row("x", 450), "200 × 0.01 + (450 − 200) × 0.005 = 3.25"),
        ("ladder", {}, row("x", 5000), "min(5, 200 × 0.01 + (5000 − 200) × 0.005) = 5.00"),
        ("over_target", {}, row("x", 60), "5 × 60/80 = 3.75"),
        ("over_target", {}, row("x", 90), "5 × 90/80 > 5 → 5"),
        ("over_target", {}, row("x", 120), "5 × (1 − (120/80 − 1 − 20%)) = 3.50"),
    ],
)
def test_because_shows_the_arithmetic(rule, more, cell, because):
    assert one(line("x", rule, "5", **STATED[rule] | more), cell)["because"] == because


# --- what is compared with another year, the region or the units -----------------------------------------------------


def test_improvement_needs_the_year_before_unless_the_ceiling_is_reached():
    made = line("x", "improvement", "5", **STATED["improvement"])
    years = [row("x", 80, 100, period="2023"), row("x", 81, 100), row("x", 96, 100, period="2023", area="02")]
    scored = scoring.score(frame(*years), standard([made])).set_index(["period", "area"])
    assert scored.loc[("2024", "01"), "because"] == "5 × (81/100 − 80/100)/2% = 2.50"
    assert scored.loc[("2023", "02"), "because"] == "96/100 = 96% ≥ 95% → 5"
    first = scored.loc[("2023", "01")]
    assert np.isnan(first["points"])
    assert first["reason"] == "no value of the year before to compare with; left out of the total"


@pytest.mark.parametrize(("direction", "earned"), [("up", 5), ("down", 0)])
def test_no_worse_than_last_year_is_enough_where_nothing_more_is_asked(direction, earned):
    made = line("x", "improvement", "5", direction, improve="0")
    same = scoring.score(frame(row("x", 80, 100, period="2023"), row("x", 8, 10)), standard([made]))
    assert same["points"].iloc[1] == 5
    better = scoring.score(frame(row("x", 80, 100, period="2023"), row("x", 81, 100)), standard([made]))
    assert better["points"].iloc[1] == earned
    sign, result = {"up": ("≥", "5"), "down": (">", "0")}[direction]
    assert better["because"].iloc[1] == f"81/100 {sign} 80/100 → {result}"


def region(*counts: tuple[float, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    ind = frame(*(row("x", above, below, area=f"{n:02d}") for n, (above, below) in enumerate(counts, 1)))
    catalogue = pd.DataFrame([{"indicator": "x", "valid_from": "", "direction": "up", "kind": "proportion"}])
    return ind, ev.benchmark(ind, catalogue.assign(numerator="a", denominator="b", definition=""))


@pytest.mark.parametrize(
    ("mean", "own", "because"),
    [
        ("unweighted", "with", "5 × (60/100 ÷ 70%) = 4.29"),
        ("unweighted", "without", "5 × (60/100 ÷ 75%) = 4.00"),
        ("pooled", "with", "5 × (60/100 ÷ (380/600)) = 4.74"),
        ("pooled", "without", "5 × (60/100 ÷ (320/500)) = 4.69"),
    ],
)
def test_which_regional_mean_is_stated(mean, own, because):
    ind, bench = region((60, 100), (240, 400), (80, 100), (0, 0))
    ind, bench = region((60, 100), (240, 400), (80, 100))
    bench["mean"] = (60 + 60 + 80) / 3
    ind, bench = (
        region((60, 100), (60, 100), (90, 100)) if mean == "unweighted" else region((60, 100), (240, 400), (80, 100))
    )
    made = line("x", "regional_mean", "5", mean=mean, own=own)
    assert scoring.score(ind, standard([made]), benchmark=bench)["because"].iloc[0] == because


def test_the_position_in_the_region():
    ind, bench = region((50, 100), (60, 100), (70, 100), (80, 100), (90, 100))
    scored = scoring.score(ind, standard([line("x", "percentile", "5", lower="25", upper="75")]), benchmark=bench)
    assert scored["points"].tolist() == [0, 0, 2.5, 5, 5]
    low = scoring.score(ind, standard([line("x", "percentile", "5", "down", lower="25", upper="75")]), benchmark=bench)
    assert low["points"].tolist() == [5, 5, 2.5, 0, 0]


def test_a_line_compares_within_its_own_definition():
    counts = {"01": (50, 90), "02": (40, 80), "03": (60, 85)}
    both = [
        row("x", counts[area][at], 100, area=area, definition=definition)
        for area in counts
        for at, definition in enumerate(("2017", "2024"))
    ]
    catalogue = [
        {
            "indicator": "x",
            "valid_from": year,
            "direction": "up",
            "kind": "proportion",
            "numerator": "a",
            "denominator": "b",
        }
        for year in ("2017", "2024")
    ]
    bench = ev.benchmark(frame(*both), pd.DataFrame(catalogue))

    def points(rule: str, **stated: str) -> list[float]:
        made = standard([line("x", rule, "10", definition="2017", per=100, **stated)])
        return scoring.score(frame(*both), made, benchmark=bench)["points"].tolist()

    assert points("regional_mean", mean="unweighted", own="with") == [10, 8, 10]
    assert points("regional_mean", mean="pooled", own="with") == [10, 8, 10]
    assert points("percentile", lower="0", upper="100") == [5, 0, 10]
    units = [row("x", x, 100, unit=unit, definition=year) for unit, x, year in (("a", 50, "2017"), ("b", 40, "2017"))]
    units += [row("x", x, 100, unit=unit, definition="2024") for unit, x in (("a", 90), ("b", 95))]
    made = standard([line("x", "units_meeting", "10", definition="2017", per=100, bar="50")])
    assert scoring.score(frame(*both, *units), made)["because"].iloc[0] == "10 × (1/2 ÷ 100%) = 5.00"


def test_last_year_by_another_definition_is_no_year_before():
    made = standard([line("x", "improvement", "10", improve="2")])
    old, new = row("x", 50, 100, period="2023", definition="2017"), row("x", 60, 100, definition="2024")
    changed = scoring.score(frame(old, new), made).iloc[-1]
    assert changed["reason"] == "no value of the year before to compare with; left out of the total"
    bridged = row("x", 59, 100, period="2023", definition="2024")
    assert scoring.score(frame(old, bridged, new), made)["points"].iloc[-1] == 5


def test_fewer_than_no_cases_take_nothing_and_give_nothing():
    taken = Penalties(None, (line("p", "per_case", "10", deduct="2"),))
    made = standard([line("x", "proportional", "100", target="90")], penalties=taken)
    totals = scoring.totals(scoring.score(frame(row("x", 90, 100), row("p", -3)), made), made)
    assert totals["points"].tolist() == [100, 0, 100]


def test_comparing_with_the_region_needs_its_figures():
    ind, bench = region((50, 100))
    made = standard([line("x", "percentile", "5", lower="25", upper="75")])
    with pytest.raises(ValueError, match="benchmark"):
        scoring.score(ind, made)
    alone = scoring.score(ind, made, benchmark=bench).iloc[0]
    assert alone["reason"] == "no figure of the region to compare with; left out of the total"


def test_the_share_of_units_that_meet_a_bar():
    made = line("x", "units_meeting", "5", per=100, **STATED["units_meeting"])
    units = [row("x", 60, 100, unit="a"), row("x", 59, 100, unit="b"), row("x", 6, 10, unit="c")]
    idle = row("x", np.nan, np.nan, unit="d", reason="not applicable")
    scored = scoring.score(frame(row("x", 125, 210), *units, idle), standard([made])).iloc[0]
    assert scored["because"] == "5 × (2/3 ÷ 90%) = 3.70"
    silent = row("x", np.nan, np.nan, unit="d", reason="not reported")
    unknown = scoring.score(frame(row("x", 125, 210), *units, silent), standard([made])).iloc[0]
    assert unknown["points"] == 0
    assert unknown["reason"] == "3 of 4 units reported; counted as zero"


# --- what people gave -------------------------------------------------------------------------------------------------


def judged(*values: float, line: str = "x", **more: object) -> pd.DataFrame:
    base = {"period": "2024", "area": "01", "unit": "", "line": line}
    return pd.DataFrame([base | {"value": value, "scorer": f"s{n}"} | more for n, value in enumerate(values)])


def test_the_mean_without_extremes():
    made = line("x", "manual", "10", scorers="trimmed")
    ind = frame(row("other", 1, 2))
    scored = scoring.score(ind, standard([made]), judgements=judged(9, 2, 7, 8)).iloc[0]
    assert (scored["points"], scored["because"]) == (7.5, "(7 + 8)/2 = 7.50")
    with pytest.raises(InputError, match="needs 3 scorers; there are 2"):
        scoring.score(ind, standard([made]), judgements=judged(9, 2))


@pytest.mark.parametrize(("rule", "value"), [("boolean", 2), ("boolean", 0.5), ("evidence", -1), ("per_defect", -1)])
def test_judgements_that_cannot_be(rule, value):
    made = Line(**vars(line("x", rule, "5", **STATED[rule])) | {"indicator": ""})
    with pytest.raises(InputError, match="not between 0"):
        scoring.score(frame(row("other", 1, 2)), standard([made]), judgements=judged(value))


# --- gates, bonus, penalties, vetoes ----------------------------------------------------------------------------------


def test_a_gate_without_points_shuts_the_lines_behind_it():
    lines = [
        line("c", "proportional", "5", target="50", gate=("b",)),
        line("b", "proportional", "5", target="50", gate=("a",)),
        line("a", "boolean", "5", full_when="yes"),
    ]
    shut = scoring.score(frame(row("a", 0), row("b", 60, 100), row("c", 60, 100)), standard(lines))
    assert shut["points"].tolist() == [0, 0, 0]
    assert shut["because"].tolist() == ["b = 0 → 0", "a = 0 → 0", "× → 0"]
    open_ = scoring.score(frame(row("a", 1), row("b", 60, 100), row("c", 60, 100)), standard(lines))
    assert open_["points"].tolist() == [5, 5, 5]


def ranked(gained: float, *, bonus: float = 0, cases: float = 0, vetoes: tuple[str, ...] = ()) -> pd.Series:
    """The total of a standard of 100 with bonus (cap 3), penalties and every kind of veto."""
    made = standard(
        [line("x", "proportional", "100", target="100")],
        cuts=("90", "80", "60"),
        bonus=Bonus(Decimal(3), False, (line("extra", "manual", "5"),)),
        penalties=Penalties(
            Decimal(20), (Line(**vars(line("case", "per_case", "30", deduct="10")) | {"indicator": ""}),)
        ),
        vetoes=tuple(
            Veto(effect, "", "", "s", "general", effect, "d" if effect == "set_grade" else "b")
            for effect in ("set_grade", "cap_grade", "drop_grade", "bar_from_ranking")
        ),
    )
    given_ = [judged(bonus, line="extra"), judged(cases, line="case"), *(judged(1, line=veto) for veto in vetoes)]
    judgements = pd.concat(given_, ignore_index=True)
    points = scoring.score(frame(row("x", gained, 100)), made, judgements=judgements)
    return scoring.totals(points, made, judgements).iloc[-1]


def test_a_bonus_has_a_cap_and_the_total_too():
    assert ranked(85, bonus=2)["points"] == 87
    assert ranked(85, bonus=5)["points"] == 88
    assert ranked(99, bonus=2)["points"] == 100
    assert ranked(85, bonus=5)["because"] == "85.00; 85.00 + 3 = 88.00"


def test_penalties_go_beyond_their_item_but_not_below_nothing():
    assert ranked(85, cases=1)["points"] == 75
    assert ranked(85, cases=3)["points"] == 65
    assert ranked(15, cases=3)["points"] == 0


@pytest.mark.parametrize(
    ("gained", "veto", "grade"),
    [
        (95, "set_grade", "d"),
        (95, "cap_grade", "b"),
        (70, "cap_grade", "c"),
        (95, "drop_grade", "b"),
        (10, "drop_grade", "d"),
        (95, "bar_from_ranking", "a"),
    ],
)
def test_vetoes_never_lift(gained, veto, grade):
    total = ranked(gained, vetoes=(veto,))
    assert (total["points"], total["grade"], total["vetoes"]) == (gained, grade, veto)
    assert total["barred"] == ("yes" if veto == "bar_from_ranking" else "")


def test_whoever_is_barred_has_no_rank():
    totals = pd.DataFrame(
        [
            {
                "period": "2024",
                "area": area,
                "unit": "",
                "section": "",
                "points": points,
                "full": 100,
                "lost": 0,
                "grade": "a",
            }
            for area, points in (("01", 95), ("02", 90))
        ]
    )
    league = ev.benchmarks.league(totals, barred=totals[totals["area"] == "01"])
    assert league["rank"].tolist()[1] == 1
    assert np.isnan(league["rank"].iloc[0])
    assert league["n_ranked"].tolist() == [1, 1]


# --- units ------------------------------------------------------------------------------------------------------------


def test_units_are_rolled_up_by_stated_weights():
    lines = [line("x", "proportional", "10", target="100"), line("y", "proportional", "10", target="100")]
    units = [row("x", 50, 100, unit="a"), row("x", 80, 100, unit="b"), row("y", 30, 100, unit="a")]
    absent = row("y", np.nan, np.nan, unit="b", reason="not applicable")
    made = standard(lines, cuts=("9", "6"), objects="unit", roll_up=RollUp("item", "residents"))
    weights = pd.DataFrame({"period": "2024", "area": "01", "unit": ["a", "b"], "weight": [300, 100]})
    points = scoring.score(frame(row("x", 1, 1), *units, absent), made, weights=weights)
    of_area = points[points["unit"] == ""].set_index("line")
    assert of_area.loc["x", "because"] == "(300 × 5 + 100 × 8)/400 = 5.75"
    assert of_area.loc["y", "points"] == 3
    assert of_area.loc["y", "reason"] == "1 of 2 units counted"
    totals = scoring.totals(points, made)
    assert totals[(totals["section"] == "")].set_index("unit")["points"].to_dict() == {"": 8.75, "a": 8.0, "b": 16.0}
    with pytest.raises(ValueError, match="residents"):
        scoring.score(frame(*units, absent), made)
    one_known = scoring.score(frame(*units, absent), made, weights=weights.head(1))
    of_area = one_known[one_known["unit"] == ""].set_index("line")
    assert (of_area.loc["x", "points"], of_area.loc["x", "reason"]) == (5, "1 of 2 units counted")


# --- rounding the rate first, and rules of one's own -----------------------------------------------------------------


def test_a_rate_may_be_rounded_first():
    first = Rounding(2, "half_up", "line", value_digits=0)
    scored = scoring.score(
        frame(row("x", 7146, 10000)), standard([line("x", "proportional", "5", target="76")], rounding=first)
    ).iloc[0]
    assert scored["because"] == "5 × 71%/76% = 4.67"


def test_a_rule_of_ones_own_is_entered_like_the_others():
    @ev.scoring.rule("square", {"target": TARGET}, takes_target=True)
    def square(x, terms):
        """`S × (x/T)²`."""
        share = x / terms["target"]
        return least(terms.full, terms.full * share * share)

    try:
        made = line("x", "square", "8", target="80")
        assert one(made, row("x", 40, 100))["because"] == "8 × (40/100 ÷ 80%) × (40/100 ÷ 80%) = 2.00"
        assert line_points(made, [40, 80, 160]).tolist() == [2, 8, 8]
    finally:
        del RULES["square"]


# --- what holds for every rule ---------------------------------------------------------------------------------------


MONOTONE = sorted(set(PLAIN) - {"per_defect", "per_case", "over_target"})


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MONOTONE), st.lists(values, min_size=2, max_size=20), values, values.filter(bool))
def test_a_better_value_never_lowers_the_points(rule, xs, prior, mean):
    more = {name: {"prior": float(prior), "mean": float(mean)}[name] for name in RULES[rule].inputs}
    for direction in ("up", "down") if rule not in ("bands", "ladder", "boolean", "evidence") else ("up",):
        made = line("x", rule, "5", direction, **STATED[rule])
        found = line_points(made, sorted((float(x) for x in xs), reverse=direction == "down"), **more)
        assert (np.diff(found) >= -1e-12).all()
        assert ((found >= 0) & (found <= 5)).all()


def test_every_rule_says_its_formula():
    text = Path(scoring.__file__).with_name("rules.py").read_text(encoding="utf-8")
    for name, known in RULES.items():
        assert known.formula.__doc__, name
        assert f'"{name}"' in text


def test_scaling_all_weights_changes_no_share_and_renaming_areas_only_moves_rows():
    names = ("proportional", "threshold", "per_step")
    plain = [line(name, name, "5", **STATED[name]) for name in names]
    tenfold = [
        line(name, name, "50", **STATED[name] | ({"deduct": "4"} if name == "per_step" else {})) for name in names
    ]
    rng = np.random.default_rng(3)
    rows = [row(name, int(rng.integers(300, 1000)), 1000, area=f"{n:02d}") for n in range(9) for name in names]
    total = {}
    for key, lines in (("plain", plain), ("tenfold", tenfold)):
        made = standard(lines, rounding=Rounding(6, "half_up", "line"), cuts=("9", "6"))
        found = scoring.totals(scoring.score(frame(*rows), made), made)
        total[key] = found[found["section"] == ""].set_index("area")["points"]
    np.testing.assert_allclose(total["tenfold"], total["plain"] * 10, atol=1e-4)
    other = {f"{n:02d}": f"{97 - n:02d}" for n in range(9)}
    renamed = frame(*(one_row | {"area": other[one_row["area"]]} for one_row in rows))
    made = standard(plain, rounding=Rounding(6, "half_up", "line"), cuts=("9", "6"))
    again = scoring.totals(scoring.score(renamed, made), made)
    again = again[again["section"] == ""].set_index("area")["points"]
    assert again.rename({new: old for old, new in other.items()}).to_dict() == total["plain"].to_dict()
