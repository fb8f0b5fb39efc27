"""Scoring at its edges: means of zero or less, areas without units, scorers at odds, weights, infinite numbers."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import frame, line, missing, row, standard

import evaltools as ev
from evaltools import scoring, wording
from evaltools.judged_lines import check_scored
from evaltools.line_values import Cell, exact
from evaltools.problems import InputError, ProblemList
from evaltools.rule_arrays import line_points
from evaltools.rule_cells import line_formula
from evaltools.rule_model import Value
from evaltools.rules import RULES
from evaltools.scoring import LineTerms
from evaltools.standards import Line, RollUp, Rounding, Standard, Veto

FULL = 5


# --- a mean of the region of zero or less ----------------------------------------------------------------------------


def compared(direction: str, share: str = "100") -> Line:
    return line("x", "regional_mean", str(FULL), direction, mean="unweighted", own="with", share=share)


def in_fractions(made: Line, x: Fraction, mean: Fraction) -> Fraction:
    terms = LineTerms(made, RULES[made.rule], exact(made.points))
    value, bar = (Value.of(number, str(number), 1, True) for number in (x, mean))
    award = terms.award(Cell(("2024", "01", ""), value, float(x), None, "", inputs={"mean": bar}))
    return Fraction(award.above, award.below)


def over_arrays(made: Line, x: Fraction, mean: Fraction) -> float:
    return float(line_points(made, [float(x)], mean=[float(mean)])[0])


def one_number(made: Line, x: Fraction, mean: Fraction) -> float:
    return float(line_points(made, float(x), mean=float(mean)))


def in_a_sheet(made: Line, x: Fraction, mean: Fraction) -> float:
    """The formula of the cell, worked out as a spreadsheet does."""
    formula = line_formula(made, {"value": "A1", "full": "B1", "mean": "C1"})
    formula = re.sub(r"(?<![<>])=", "==", formula)
    known = {"A1": np.float64(x), "B1": np.float64(FULL), "C1": np.float64(mean), "MIN": min, "MAX": max}
    with np.errstate(all="ignore"):  # what an IF does not choose is not worked out
        return float(eval(formula, known | {"IF": lambda test, then, otherwise: then if test else otherwise}))


READINGS = [in_fractions, over_arrays, one_number, in_a_sheet]
numbers = st.fractions(-50, 50, max_denominator=40)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("direction", ["up", "down"])
@settings(max_examples=80, deadline=None)
@given(low=numbers, high=numbers, mean=numbers, share=st.sampled_from(["100", "90", "130"]))
def test_points_beside_any_mean_stay_in_bounds_and_in_order(reading, direction, low, high, mean, share):
    made = compared(direction, share)
    low, high = min(low, high), max(low, high)
    points = [reading(made, x, mean) for x in (low, high)]
    assert all(-1e-12 <= gained <= FULL + 1e-12 for gained in points)
    first, last = points if direction == "up" else points[::-1]
    assert first <= last + 1e-12
    bar = mean * Fraction(share) / 100
    for x, gained in zip((low, high), points, strict=True):
        if bar > 0 and direction == "up":
            assert float(gained) == pytest.approx(float(max(Fraction(0), min(Fraction(1), x / bar)) * FULL), abs=1e-9)
        elif bar > 0:
            assert float(gained) == pytest.approx(float(FULL if x <= bar else FULL * bar / x), abs=1e-9)


def beside(values: list[float], direction: str, **more: str) -> pd.DataFrame:
    ind = frame(*(row("x", value, area=f"{n:02d}") for n, value in enumerate(values, 1)))
    catalogue = {"indicator": "x", "valid_from": "", "direction": direction, "kind": "amount", "definition": ""}
    bench = ev.benchmark(ind, pd.DataFrame([catalogue | {"numerator": "a", "denominator": ""}]))
    other = {"not_applicable": "exclude"} | more
    made = line("x", "regional_mean", "5", direction, mean="unweighted", own="with", **other)
    return scoring.score(ind, standard([made]), benchmark=bench)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("values", [[-30, -20, -10], [-5, 0, 5], [0, 0, 0]])
def test_with_a_mean_of_zero_or_less_there_is_nothing_to_compare(direction, values):
    scored = beside(values, direction)
    assert scored["points"].isna().all() and scored["lost"].isna().all()
    assert (scored["because"] == "").all()
    assert scored["value"].tolist() == values
    why = "a mean of the region of zero or less is nothing to compare with"
    assert set(scored["reason"]) == {f"{why}; left out of the total"}
    assert wording.untranslated(set(scored["reason"])) == []
    counted = beside(values, direction, not_applicable="zero", missing="exclude")
    assert counted["points"].tolist() == [0, 0, 0], "the policy is that of what does not apply"
    with pytest.raises(InputError, match="zero or less"):
        beside(values, direction, not_applicable="refuse")


def test_one_area_below_zero_is_none_of_the_others_business():
    assert beside([-10, 20, 50], "up")["points"].tolist() == [0, 5, 5]
    assert beside([-10, 20, 50], "down")["points"].tolist() == [5, 5, 2]


# --- areas without any unit ------------------------------------------------------------------------------------------


def of_units(*lines: Line, item: str = "", **more: object) -> Standard:
    return standard(
        list(lines), cuts=("9", "6"), objects="unit", roll_up=RollUp("item" if item else "equal", item), **more
    )


SHARE = line("x", "proportional", "10", target="100")


def test_an_area_of_which_no_unit_reported_is_there_and_has_no_points():
    made = of_units(SHARE, line("y", "proportional", "10", target="100"))
    ind = frame(
        row("x", 60, 100, area="02"),
        row("x", 50, 100, area="01"),
        row("x", 50, 100, area="01", unit="a"),
        row("x", 70, 100, area="02", period="2023", unit="b"),
        row("x", 40, 100, area="03", unit="c"),
    )
    points = scoring.score(ind, made)
    of_area = points[points["unit"] == ""]
    places = of_area[["period", "area", "line"]].drop_duplicates().to_numpy().tolist()
    assert places == [
        [period, area, name]
        for period, area in (("2024", "02"), ("2024", "01"), ("2023", "02"), ("2024", "03"))
        for name in "xy"
    ]
    silent = of_area[(of_area["area"] == "02") & (of_area["period"] == "2024")]
    assert silent[["value", "points", "lost"]].isna().all(axis=None) and silent["full"].tolist() == [10, 10]
    assert silent["indicator"].tolist() == ["x", "y"] and silent["section"].tolist() == ["s1", "s1"]
    assert set(silent["reason"]) == {"no institution of the area reported; left out of the total"}
    assert wording.reason(silent["reason"].iloc[0], "zh") == "辖区内没有机构上报；不计入总分"
    sums = scoring.totals(points, made)
    total = sums[(sums["section"] == "") & (sums["unit"] == "") & (sums["period"] == "2024")].set_index("area")
    assert np.isnan(total.loc["02", "points"]) and total.loc["02", "grade"] == ""
    assert total.loc["02", "reason"] == "no line could be scored"
    league = ev.benchmarks.league(sums)
    league = league[(league["section"] == "") & (league["unit"] == "") & (league["period"] == "2024")]
    ranks = league.set_index("area")["rank"]
    assert np.isnan(ranks["02"]) and ranks.drop("02").to_dict() == {"01": 1, "03": 2}
    assert league.sort_values("rank")["area"].tolist()[-1] == "02"


def test_without_any_unit_at_all_every_area_is_said_to_have_none():
    points = scoring.score(frame(row("x", 1, 2), row("x", 1, 2, area="02")), of_units(SHARE))
    assert points["area"].tolist() == ["01", "02"] and points["points"].isna().all()
    assert scoring.totals(points, of_units(SHARE))["points"].isna().all()
    assert scoring.score(frame(row("x", 1, 2)).iloc[:0], of_units(SHARE)).empty


# --- judgements of what is not scored --------------------------------------------------------------------------------


VETO = Veto("v", "", "", "s", "general", "cap_grade", "b")
TARGETS = pd.DataFrame({"period": ["2024"], "area": ["01"], "indicator": ["x"], "target": [1.0], "kind": ["absolute"]})


def given_to(*rows: tuple[str, str, str, float], period: str = "2024") -> pd.DataFrame:
    """Judgements (area, unit, line, value), numbered like the rows of a file."""
    made = pd.DataFrame(rows, columns=["area", "unit", "line", "value"]).assign(period=period, scorer="", note="")
    return made.set_axis(range(2, len(made) + 2))


def noted(judgements: pd.DataFrame, made: Standard, *more: object) -> pd.DataFrame:
    problems = ProblemList()
    check_scored(TARGETS, judgements, made, problems, *more)
    return problems.frame()


def test_who_judges_an_area_where_units_are_scored_is_told():
    made = of_units(line("x", "manual", "10"), vetoes=(VETO,))
    judgements = given_to(("01", "a", "x", 3), ("01", "", "x", 4), ("01", "", "v", 1), ("01", "a", "v", 1))
    found = noted(judgements, made)
    assert found[["level", "rule", "where"]].to_numpy().tolist() == [
        ["warning", "scoring_judgement_of_area", "judgements.csv row 3 column unit"]
    ]
    assert "“x”" in found["sentence_en"].item() and "机构" in found["sentence_zh"].item()
    # what is warned of is indeed not used, and the veto of the area is
    points = scoring.score(frame(row("other", 1, 2), row("other", 1, 2, unit="a")), made, judgements=judgements)
    assert points["points"].tolist() == [3, 3]
    sums = scoring.totals(points, made, judgements)
    assert sums[sums["section"] == ""]["vetoes"].tolist() == ["v", "v"]


def test_who_judges_a_unit_where_areas_are_scored_is_told():
    made = standard([line("x", "manual", "10")], vetoes=(VETO,))
    found = noted(given_to(("01", "", "x", 3), ("01", "a", "x", 4), ("01", "a", "v", 1)), made)
    assert found[["level", "rule", "where"]].to_numpy().tolist() == [
        ["warning", "scoring_judgement_of_unit", f"judgements.csv row {at} column unit"] for at in (3, 4)
    ]
    assert "unit a" in found["sentence_en"][0] and "“x”" in found["sentence_zh"][0]


def test_a_judgement_of_a_period_without_figures_is_told():
    made = standard([line("x", "manual", "10")], vetoes=(VETO,))
    rows = [given_to(("01", "", "x", 3), ("01", "", "v", 1), period=period) for period in ("2024", "2042", "2024-H1")]
    judgements = pd.concat(rows).set_axis(range(2, 8))
    found = noted(judgements, made, ["2024-02", "2023", "unknown"])
    assert found["rule"].unique().tolist() == ["scoring_judgement_of_period"]
    assert found["where"].tolist() == [f"judgements.csv row {at} column period" for at in (4, 5)]
    assert (found["level"] == "warning").all() and found["sentence_en"].str.contains("2042").all()
    assert noted(judgements, made).empty, "nobody said which periods there are"


# --- scorers who say yes and no --------------------------------------------------------------------------------------


YES_NO = Line(**vars(line("done", "boolean", "5", full_when="yes")) | {"indicator": ""})


@pytest.mark.parametrize("values", [(1, 0), (1, 1, 0), (0, 1, 1)])
def test_scorers_at_odds_over_yes_or_no_are_refused(values):
    judgements = given_to(*(("01", "", "done", value) for value in values))
    with pytest.raises(InputError) as caught:
        scoring.score(frame(row("x", 1, 2)), standard([YES_NO]), judgements=judgements)
    problem = caught.value.problems.iloc[0]
    assert len(caught.value.problems) == 1
    assert problem[["rule", "subject", "period", "area"]].tolist() == ["scoring_scorers_disagree", "done", "2024", "01"]
    given = ", ".join(map(str, values))
    assert all(given in problem[name] and "done" in problem[name] for name in ("sentence_zh", "sentence_en"))
    found = noted(judgements, standard([YES_NO]))
    first = next(at for at, value in enumerate(values) if value != values[0])
    assert found[["level", "where"]].to_numpy().tolist() == [["error", f"judgements.csv row {2 + first} column value"]]


@pytest.mark.parametrize(("value", "points"), [(1, 5), (0, 0)])
def test_scorers_who_agree_on_yes_or_no_are_followed(value, points):
    judgements = given_to(*(("01", "", "done", value) for _ in range(3)), ("02", "", "done", 1 - value))
    ind = frame(row("x", 1, 2), row("x", 1, 2, area="02"))
    assert scoring.score(ind, standard([YES_NO]), judgements=judgements)["points"].tolist() == [points, 5 - points]
    assert noted(judgements, standard([YES_NO])).empty


# --- weights of units ------------------------------------------------------------------------------------------------


TWO = frame(row("x", 50, 100, unit="a"), row("x", 80, 100, unit="b"))
BY_ITEM = of_units(SHARE, item="residents")


def weights(*of: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=["unit", "weight"]).assign(period="2024", area="01")


@pytest.mark.parametrize(
    ("given_weights", "says"),
    [
        (weights(("a", -3), ("b", 1)), "zero or more: 2024 01 a -3"),
        (weights(("a", 1), ("b", np.inf)), "zero or more: 2024 01 b inf"),
        (weights(("a", 1), ("a", 2), ("b", 1)), "more than once: 2024 01 a 2"),
        (
            weights(("a", -1), ("b", 2), ("b", 2)),
            "zero or more: 2024 01 a -1; weights hold a unit more than once: .* b 2",
        ),
        (weights(*((str(n), -1) for n in range(14))), "2024 01 9 -1 and 4 more"),
    ],
)
def test_weights_that_cannot_be_are_named(given_weights, says):
    with pytest.raises(ValueError, match=says):
        scoring.score(TWO, BY_ITEM, weights=given_weights)


def test_a_period_named_in_two_ways_is_one():
    twice = weights(("a", 1), ("a", 2)).assign(period=["2024", "2024-01/2024-12"])
    with pytest.raises(ValueError, match="more than once"):
        scoring.score(TWO, BY_ITEM, weights=twice)


def test_weights_of_zero_count_nothing_and_all_of_zero_leave_the_line_out():
    some = scoring.score(TWO, BY_ITEM, weights=weights(("a", 0), ("b", 4)))
    assert some.loc[0, ["points", "reason"]].tolist() == [8, ""]
    none = scoring.score(TWO, BY_ITEM, weights=weights(("a", 0), ("b", 0)))
    assert np.isnan(none.loc[0, "points"])
    assert none.loc[0, "reason"] == "the weights of the units counted add up to zero; left out of the total"
    unknown = scoring.score(TWO, BY_ITEM, weights=weights(("a", 0)))
    assert unknown.loc[0, "reason"] == (
        "1 of 2 units counted; the weights of the units counted add up to zero; left out of the total"
    )
    assert wording.untranslated({*none["reason"], *unknown["reason"]}) == []


# --- infinite numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["numerator", "denominator", "value"])
@pytest.mark.parametrize("number", [np.inf, -np.inf])
def test_infinite_indicators_are_named(column, number):
    ind = frame(row("x", 1, 2), row("x", 1, 2, area="02"), row("x", 1, 2, area="02", unit="a"))
    ind[column] = ind[column].astype(float)
    ind.loc[2, column] = number
    with pytest.raises(ValueError, match=r"indicators hold infinite numbers: 2024 02 a x .*inf"):
        scoring.score(ind, standard([SHARE]))


@pytest.mark.parametrize(("number", "found"), [(np.inf, "∞"), (-np.inf, "-∞")])
@pytest.mark.parametrize("name", ["x", "m", "e"])
def test_infinite_targets_and_judgements_are_named(number, found, name):
    judged = [line("m", "manual", "5"), Line(**vars(line("e", "evidence", "5", required="2")) | {"indicator": ""})]
    made = standard([line("x", "proportional", "5"), *judged])
    judgements = given_to(("01", "", name, number))
    more = {"targets": TARGETS.assign(target=number)} if name == "x" else {"judgements": judgements}
    with pytest.raises(InputError) as caught:
        scoring.score(frame(row("x", 1, 2)), made, **more)
    problem = caught.value.problems.iloc[0]
    assert problem[["rule", "subject", "period", "area"]].tolist() == ["scoring_infinite", name, "2024", "01"]
    assert f"is {found}," in problem["sentence_en"] and f"为{found}，" in problem["sentence_zh"]
    if name != "x":
        assert noted(judgements, made)[["level", "rule"]].to_numpy().tolist() == [["error", "scoring_infinite"]]


# --- values rounded first, of units and of their share ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "direction", "met"),
    # 84.5 and 84.46 percent held to a bar of 85: by themselves, to one decimal, to none
    [(None, "up", 0), (1, "up", 0), (0, "up", 1), (None, "down", 3), (1, "down", 3), (0, "down", 3)],
)
def test_each_units_value_is_rounded_before_the_bar(digits, direction, met):
    rounding = Rounding(2, "half_up", "line", value_digits=digits)
    made = line("x", "units_meeting", "9", direction, per=100, bar="85")
    units = [row("x", above, 10_000, unit=unit) for unit, above in (("a", 8450), ("b", 8446), ("c", 10))]
    scored = scoring.score(frame(row("x", 1, 2), *units), standard([made], rounding=rounding)).iloc[0]
    assert scored["value"] == pytest.approx(100 * met / 3)
    over = frame(row("x", 1, 2), row("x", 8549, 10_000, unit="a"), row("x", 8551, 10_000, unit="b"))
    low = line("x", "units_meeting", "10", "down", per=100, bar="85")
    half = {None: 0, 1: 0, 0: 5}[digits]
    assert scoring.score(over, standard([low], rounding=rounding))["points"].item() == half


@pytest.mark.parametrize(("digits", "because"), [(0, "10 × 67%/90% = 7.44"), (1, "10 × 66.7%/90% = 7.41")])
def test_the_share_of_units_is_rounded_too(digits, because):
    made = line("x", "units_meeting", "10", per=100, bar="50", target="90")
    units = [row("x", above, 100, unit=unit) for unit, above in (("a", 60), ("b", 70), ("c", 10))]
    first = Rounding(2, "half_up", "line", value_digits=digits)
    scored = scoring.score(frame(row("x", 1, 2), *units), standard([made], rounding=first)).iloc[0]
    share = (Decimal(200) / 3).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    points = (10 * share / 90).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert (scored["points"], scored["because"]) == (float(points), because)
    assert scored["value"] == pytest.approx(200 / 3), "the value is printed as it is"
    as_it_is = scoring.score(frame(row("x", 1, 2), *units), standard([made])).iloc[0]
    assert as_it_is["because"] == "10 × (2/3 ÷ 90%) = 7.41"
    silent = missing("x", unit="d")
    none = scoring.score(frame(row("x", 1, 2), *units, silent), standard([made], rounding=first)).iloc[0]
    assert none["reason"] == "3 of 4 units reported; counted as zero"
