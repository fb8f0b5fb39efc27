"""Points against published examples, arithmetic by hand and a second, slower calculation in fractions."""

import csv
import decimal
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import frame, line, missing, one, row, standard

from evaltools import scoring, wording
from evaltools.problems import InputError
from evaltools.standards import Line, Rounding, Standard, load_standard

ROOT = Path(__file__).parents[1]
JISHAN = Path(__file__).parent / "reference" / "jishan_2021.csv"

with JISHAN.open(encoding="utf-8", newline="") as file:
    HAND_SCORED = list(csv.DictReader(file))


# --- published examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "points"), [(15, 0), (20, 0), (35, 22), (50, 44), (80, 44)])
def test_the_qof_example_of_44_points(value, points):
    assert scoring.threshold(value, 20, 50, 44) == points
    scored = one(line("chol", "threshold", "44", lower="20", upper="50"), row("chol", value, 100))
    assert scored["points"] == points
    assert scored["lost"] == 44 - points


def test_threshold_takes_what_it_gives():
    index = pd.Index(["x", "y", "z"])
    series = scoring.threshold(pd.Series([15, 35, np.nan], index=index), 20, 50, 44)
    pd.testing.assert_series_equal(series, pd.Series([0.0, 22.0, np.nan], index=index))
    array = scoring.threshold([[15, 35], [50, 80]], 20, 50, 44)
    assert array.tolist() == [[0, 22], [44, 44]]
    assert np.isnan(scoring.threshold(np.nan, 20, 50, 44))
    assert scoring.threshold(pd.Series([35, None], dtype="Int64"), 20, 50, 44).isna().tolist() == [False, True]


@pytest.mark.parametrize(("lower", "upper", "points"), [(50, 50, 1), (60, 50, 1), (np.nan, 50, 1), (0, 1, -1)])
def test_threshold_refuses_a_bar_that_is_none(lower, upper, points):
    with pytest.raises(ValueError, match="must be"):
        scoring.threshold(1, lower, upper, points)


@pytest.mark.parametrize("case", HAND_SCORED, ids=lambda case: case["indicator"])
def test_the_hand_scored_table_rescored(case):
    rule_line = line("x", "proportional", case["points"], target=case["target"])
    ind = frame(row("x", float(case["actual"])))
    scored = scoring.score(ind, standard([rule_line], rounding=Rounding(3, "half_up", "line"))).iloc[0]
    assert scored["points"] == float(case["linear"])


def test_the_table_of_the_township_disagrees_with_its_hand_scores():
    linear = {case["indicator"]: float(case["linear"]) for case in HAND_SCORED}
    awarded = {case["indicator"]: float(case["awarded"]) for case in HAND_SCORED}
    better, worse = "严重精神障碍管理", "0-36月儿童中医药"
    assert linear[better] > linear[worse]
    assert awarded[better] == awarded[worse], "what the rules are for"


# --- the arithmetic that is printed ---------------------------------------------------------------------------------


SHARE = {"target": "95"}
BURDEN = {"target": "10", "direction": "down"}
CONTROL = {"lower": "50", "upper": "90"}
ANAEMIA = {"lower": "5", "upper": "15", "direction": "down"}
POINTS = {"target": "76", "deduct": "0.5"}
COST = {"target": "5", "deduct": "2", "direction": "down"}


@pytest.mark.parametrize(
    ("rule", "points", "terms", "cell", "because"),
    [
        ("proportional", "2", {"target": "3807"}, row("x", 3224), "2 × 3224/3807 = 1.69"),
        ("proportional", "5", SHARE, row("x", 9012, 10000), "5 × (9012/10000 ÷ 95%) = 4.74"),
        ("proportional", "5", SHARE, row("x", 9612, 10000), "9612/10000 = 96.12% ≥ 95% → 5"),
        ("proportional", "5", SHARE, row("x", 951, 1001), "951/1001 ≈ 95.00% ≥ 95% → 5"),
        ("proportional", "5", {"target": "95.004"}, row("x", 951, 1001), "951/1001 ≈ 95.005% ≥ 95.004% → 5"),
        ("proportional", "3", {"target": "4"}, row("x", 12, 4000, 1000), "3 × (12/4000 ÷ 4‰) = 2.25"),
        ("proportional", "3", {"target": "5"}, row("x", 9, 2, 1), "3 × (9/2 ÷ 5) = 2.70"),
        ("proportional", "3", {"target": "4"}, row("x", 7, 20_000, 10_000), "3 × (7/20000 ÷ (4/10000)) = 2.63"),
        ("proportional", "3", {"target": "2"}, row("x", 5, 20_000, 10_000), "5/20000 = 2.5/10000 ≥ 2/10000 → 3"),
        ("proportional", "5", BURDEN, row("x", 120, 1000), "5 × (10% ÷ (120/1000)) = 4.17"),
        ("proportional", "5", BURDEN | {"per": 100}, row("x", 0, 1000), "0/1000 = 0% ≤ 10% → 5"),
        ("proportional", "5", SHARE, row("x", -3), "5 × -3/95 < 0 → 0"),
        ("threshold", "10", CONTROL, row("x", 625, 1000), "10 × (625/1000 − 50%)/(90% − 50%) = 3.13"),
        ("threshold", "10", CONTROL, row("x", 40, 100), "40/100 = 40% ≤ 50% → 0"),
        ("threshold", "10", CONTROL, row("x", 50, 100), "50/100 = 50% ≤ 50% → 0"),
        ("threshold", "10", CONTROL, row("x", 90, 100), "90/100 = 90% ≥ 90% → 10"),
        ("threshold", "10", ANAEMIA, row("x", 10, 100), "10 × (15% − 10/100)/(15% − 5%) = 5.00"),
        ("threshold", "10", ANAEMIA, row("x", 4, 100), "4/100 = 4% ≤ 5% → 10"),
        ("per_point", "10", POINTS, row("x", 713, 1000), "10 − 0.5 × (76 − 100 × 713/1000) = 7.65"),
        ("per_point", "10", POINTS, row("x", 76, 100), "76/100 = 76% ≥ 76% → 10"),
        ("per_point", "10", POINTS, row("x", 1, 10), "10 − 0.5 × (76 − 100 × 1/10) < 0 → 0"),
        ("per_point", "10", POINTS, row("x", 71.3, per=1), "10 − 0.5 × (76 − 71.3) = 7.65"),
        ("per_point", "10", COST, row("x", 13, 200), "10 − 2 × (100 × 13/200 − 5) = 7.00"),
        ("per_point", "10", COST, row("x", 13, 2, 1), "10 − 2 × (13/2 − 5) = 7.00"),
    ],
)
def test_because_shows_the_arithmetic(rule, points, terms, cell, because):
    assert one(line("x", rule, points, **terms), cell)["because"] == because


def test_a_value_without_counts_is_shown_with_its_measure():
    # the lowest township's coverage: a percentage that has no counts of its own in this frame
    lowest = row("x", np.nan, np.nan) | {"value": 81.5}
    scored = one(line("x", "proportional", "5", target="90", per=100), lowest)
    assert scored["because"] == "5 × 81.5%/90% = 4.53"


def test_a_zero_takes_the_measure_of_its_indicators_other_rows():
    ind = frame(row("x", 0, 500, 1000), row("x", 1, 400, 1000, area="02"))
    scored = scoring.score(ind, standard([line("x", "proportional", "5", target="4")]))
    assert scored["because"].tolist() == ["5 × (0/500 ÷ 4‰) = 0.00", "5 × (1/400 ÷ 4‰) = 3.13"]


def redone(because: str) -> tuple[Fraction, str]:
    """The working of `because` worked out in exact fractions, and the result it prints."""
    working, _, result = because.rpartition(" ")
    working = working.removesuffix(" =").removesuffix(" →").removesuffix(" ≈")
    for sign, python in {"×": "*", "÷": "/", "−": "-", "≥": ">=", "≤": "<=", "≈": "=="}.items():
        working = working.replace(sign, python)
    for unit, per in {"%": 100, "‰": 1000}.items():
        working = re.sub(rf"([\d.]+){unit}", rf"(\1/{per})", working)
    # the value before its comparison is written twice: as a ratio, then rounded
    working = re.sub(r" ==? \S+(?= [<>])", "", working)
    return eval(re.sub(r"[\d.]+", lambda number: f"Fraction('{number[0]}')", working)), result


directions, bars, fulls = (
    st.sampled_from(["up", "down"]),
    st.sampled_from(["20", "57", "62.5"]),
    st.sampled_from(["1", "2.5", "44"]),
)
lines_of_any_rule = st.one_of(
    st.builds(lambda *a, bar: line("x", "proportional", *a, target=bar), fulls, directions, bar=bars),
    st.builds(lambda *a, bar: line("x", "threshold", *a, lower=bar, upper="90"), fulls, directions, bar=bars),
    st.builds(lambda *a, bar: line("x", "per_point", *a, target=bar, deduct="0.1"), fulls, directions, bar=bars),
)
ratios = st.tuples(st.integers(1, 4000), st.integers(1, 4000))
modes = st.sampled_from(["half_up", "half_even"])


def by_hand(rule_line: Line, x: Fraction) -> Fraction:
    """The rules once more, from the formulas of the assessment documents, as percentages."""
    full, down = Fraction(rule_line.points), rule_line.direction == "down"
    number = {key: Fraction(text) for key, text in rule_line.arguments.items()}
    if rule_line.rule == "proportional":
        share = (number["target"] / x if x else Fraction(1)) if down else x / number["target"]
        return full * max(Fraction(0), min(Fraction(1), share))
    if rule_line.rule == "threshold":
        share = (x - number["lower"]) / (number["upper"] - number["lower"])
        share = max(Fraction(0), min(Fraction(1), share))
        return full * (1 - share if down else share)
    gap = x - number["target"] if down else number["target"] - x
    return max(Fraction(0), full - number["deduct"] * max(Fraction(0), gap))


def rounded(number: Fraction, mode: str) -> float:
    python = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN}[mode]
    with decimal.localcontext() as context:
        context.prec = 100
        exact = Decimal(number.numerator) / Decimal(number.denominator)
        return float(exact.quantize(Decimal("0.01"), rounding=python))


@settings(max_examples=60, deadline=None)
@given(lines_of_any_rule, st.lists(ratios, min_size=1, max_size=12), modes)
def test_every_row_can_be_redone_in_fractions(rule_line, counts, mode):
    ind = frame(*(row("x", above, below, area=f"{n:02d}") for n, (above, below) in enumerate(counts)))
    scored = scoring.score(ind, standard([rule_line], rounding=Rounding(2, mode, "line")))
    for (above, below), cell in zip(counts, scored.itertuples(), strict=True):
        expected = by_hand(rule_line, Fraction(100 * above, below))
        assert cell.points == rounded(expected, mode)
        working, result = redone(cell.because)
        if " → " in cell.because:
            assert working is True
            assert float(result) == cell.points
        else:
            assert working == expected
            assert float(result) == cell.points


# --- exactness ----------------------------------------------------------------------------------------------------


def test_a_boundary_is_met_exactly():
    assert 0.57 * 100 < 57, "what a computer makes of it"
    assert one(line("x", "proportional", "5", target="57"), row("x", 0.57, 1))["points"] == 5
    met = one(line("x", "proportional", "5", target="57"), row("x", 57, 100))
    assert (met["points"], met["lost"]) == (5, 0)
    just_short = one(line("x", "per_point", "5", target="57", deduct="1"), row("x", 56_999_999, 100_000_000))
    assert "≥" not in just_short["because"]
    assert one(line("x", "threshold", "5", lower="57", upper="58"), row("x", 57, 100))["points"] == 0


def test_points_lost_are_decimals_too():
    assert 2 - 1.69 != 0.31
    assert one(line("x", "proportional", "2", target="3807"), row("x", 3224))["lost"] == 0.31


def test_amounts_are_the_decimals_that_were_typed():
    assert 0.1 + 0.2 != 0.3
    scored = one(line("x", "proportional", "5", target="0.3"), row("x", 0.1 + 0.2))
    assert (scored["points"], scored["because"]) == (5, "0.3 ≥ 0.3 → 5")
    ratio = one(line("x", "proportional", "5", target="30"), row("x", 0.1 + 0.2, 1.0))
    assert ratio["because"] == "0.3/1 = 30% ≥ 30% → 5"


@pytest.mark.parametrize(
    ("above", "half_up", "half_even"),
    # 10 × x/2000 is a tie on the third decimal; binary floats round 2.675 down
    [(535, 2.68, 2.68), (533, 2.67, 2.66), (201, 1.01, 1.0), (203, 1.02, 1.02), (536, 2.68, 2.68)],
)
def test_ties_go_where_the_standard_says(above, half_up, half_even):
    assert round(2.675, 2) == 2.67
    for mode, expected in (("half_up", half_up), ("half_even", half_even)):
        rule = line("x", "proportional", "10", target="100")
        scored = scoring.score(frame(row("x", above, 2000)), standard([rule], rounding=Rounding(2, mode, "line")))
        assert scored["points"].item() == expected
        assert scored["because"].item().endswith(f"= {expected:.2f}")


def test_rounding_on_the_total_leaves_lines_alone():
    rules = [line(name, "proportional", "1", target="100") for name in "xyz"]
    ind = frame(*(row(name, 1, 3) for name in "xyz"))
    on_total = standard(rules, rounding=Rounding(2, "half_up", "total"), cuts=("1", "0.5"))
    scored = scoring.score(ind, on_total)
    assert scored["points"].tolist() == [1 / 3] * 3
    assert scored["because"].tolist() == ["1 × (1/3 ÷ 100%) ≈ 0.3333"] * 3
    total = scoring.totals(scored, on_total).iloc[-1]
    assert (total["points"], total["grade"]) == (1.0, "a")
    on_line = standard(rules, cuts=("1", "0.5"))
    total = scoring.totals(scoring.score(ind, on_line), on_line).iloc[-1]
    assert (total["points"], total["grade"]) == (0.99, "b"), "the sum of what is printed"


# --- missing, not applicable, targets, definitions -------------------------------------------------------------------


NOT_REPORTED, PARTIAL, NOT_APPLICABLE, NOBODY = (
    "not reported",
    "11 of 12 units reported",
    "not applicable",
    "denominator is zero",
)
COUNTED, LEFT_OUT = "counted as zero", "left out of the total"


@pytest.mark.parametrize(
    ("cell", "policies", "points", "reason"),
    [
        (missing("x"), ("zero", "exclude"), 0, f"{NOT_REPORTED}; {COUNTED}"),
        (missing("x"), ("exclude", "zero"), np.nan, f"{NOT_REPORTED}; {LEFT_OUT}"),
        (missing("x", PARTIAL), ("zero", "exclude"), 0, f"{PARTIAL}; {COUNTED}"),
        (missing("x", ""), ("zero", "exclude"), 0, f"{NOT_REPORTED}; {COUNTED}"),
        (missing("x", NOT_APPLICABLE), ("zero", "exclude"), np.nan, f"{NOT_APPLICABLE}; {LEFT_OUT}"),
        (missing("x", NOT_APPLICABLE), ("exclude", "zero"), 0, f"{NOT_APPLICABLE}; {COUNTED}"),
        (row("x", 0, 0, reason=NOBODY), ("zero", "exclude"), np.nan, f"{NOBODY}; {LEFT_OUT}"),
        (row("x", 3, 0, reason=NOBODY, value=np.nan), ("zero", "exclude"), 0, f"{NOBODY}; {COUNTED}"),
    ],
)
def test_missing_and_not_applicable_have_their_own_policies(cell, policies, points, reason):
    rule = line("x", "proportional", "5", target="90", missing=policies[0], not_applicable=policies[1])
    scored = one(rule, cell)
    np.testing.assert_equal(scored["points"], points)
    np.testing.assert_equal(scored["lost"], 5 - points)
    assert np.isnan(scored["value"])
    assert scored["reason"] == reason
    assert scored["because"] == ("" if np.isnan(points) else "— → 0")


def test_a_standard_that_refuses_lists_every_line_it_refuses():
    rules = [
        line("x", "proportional", "5", target="90", missing="refuse"),
        line("y", "proportional", "5", target="90", not_applicable="refuse"),
        line("z", "proportional", "5", target="90"),
    ]
    ind = frame(
        *(missing(name, area=area) for name in "xz" for area in ("01", "02")),
        missing("y", "not applicable", area="01"),
        row("y", 1, 2, area="02"),
    )
    with pytest.raises(InputError) as caught:
        scoring.score(ind, standard(rules))
    problems = caught.value.problems
    assert list(zip(problems["area"], problems["subject"], strict=True)) == [("01", "x"), ("02", "x"), ("01", "y")]
    assert "not reported" in problems["sentence_en"][0]
    assert "未上报" in problems["sentence_zh"][0]


def test_an_indicator_that_did_not_exist_yet_is_not_missing():
    rules = [line("old", "proportional", "5", target="90"), line("new", "proportional", "5", target="90")]
    ind = frame(
        row("old", 9, 10, period="2020"),
        row("old", 9, 10, area="02"),
        row("old", 9, 10),
        row("new", 9, 10),
    )
    scored = scoring.score(ind, standard(rules)).set_index(["period", "area", "line"])
    assert scored.loc[("2020", "01", "new"), "reason"] == "not among the indicators; left out of the total"
    assert scored.loc[("2024", "02", "new"), "reason"] == "not among the indicators; counted as zero"
    assert scored.loc[("2024", "01", "new"), "points"] == 5


def test_a_target_is_taken_from_the_most_specific_row():
    targets = pd.DataFrame(
        [
            ("2024", "*", "", "x", 50, "absolute"),
            ("2024", "02", "", "x", 80, "absolute"),
            ("2024", "03", "", "x", 100, "improve"),
            ("2023", "04", "", "x", 100, "absolute"),
            ("2024", "04", "", "y", 100, "absolute"),
        ],
        columns=["period", "area", "unit", "indicator", "target", "kind"],
    )
    ind = frame(*(row("x", 40, 100, area=area) for area in ("01", "02", "03", "04")))
    scored = scoring.score(ind, standard([line("x", "proportional", "10")]), targets)
    assert scored["target"].tolist() == [50, 80, 50, 50]
    assert scored["points"].tolist() == [8, 5, 8, 8]
    own = scoring.score(ind, standard([line("x", "proportional", "10", target="40")]), targets)
    assert own["points"].tolist() == [10] * 4, "a line's own target comes first"


def test_without_a_target_nobody_loses_points():
    ind = frame(row("x", 40, 100), missing("x", area="02"))
    scored = scoring.score(ind, standard([line("x", "proportional", "10")]))
    assert scored["points"].isna().all()
    assert scored["reason"].tolist() == [
        "no target; left out of the total",
        "not reported; no target; left out of the total",
    ]
    with pytest.raises(InputError, match="no target"):
        scoring.score(ind, standard([line("x", "proportional", "10", missing="refuse")]))


def test_targets_that_cannot_be_are_all_refused():
    columns = ["period", "area", "indicator", "target"]
    targets = pd.DataFrame(
        [("2024", "01", "x", 0), ("2024", "02", "x", -5), ("2024", "03", "x", np.nan), *[("2024", "*", "x", 9)] * 2],
        columns=columns,
    )
    with pytest.raises(InputError) as caught:
        scoring.score(frame(row("x", 1, 2)), standard([line("x", "proportional", "10")]), targets)
    assert caught.value.problems["where"].tolist() == [
        *("targets 2024 01", "targets 2024 02", "targets 2024 03", "targets 2024 *"),
    ]


def test_a_count_of_the_area_is_no_target_for_its_units():
    ind = frame(
        *(row(name, 40, below, unit=unit) for name, below in (("share", 100), ("count", np.nan)) for unit in ("", "u1"))
    )
    columns = ["period", "area", "unit", "indicator", "target"]
    targets = pd.DataFrame([("2024", "01", "", "share", 80), ("2024", "01", "", "count", 80)], columns=columns)
    rules = [line("share", "proportional", "10"), line("count", "proportional", "10")]
    areas = scoring.score(ind, standard(rules), targets)
    assert areas["unit"].unique().tolist() == [""]
    both = scoring.score(ind, standard(rules), targets, units=True).set_index(["unit", "line"])
    assert both["points"].tolist()[:3] == [5, 5, 5]
    assert both.loc[("u1", "count"), "reason"] == "no target; left out of the total"


def test_the_newest_definition_counts_unless_a_line_states_one():
    ind = frame(
        row("x", 90, 100, definition="2022"), row("x", 45, 100, definition=""), row("x", 60, 100, definition="2017")
    )
    newest = standard([line("x", "proportional", "10", target="90")])
    assert scoring.score(ind, newest)["points"].item() == 10
    assert scoring.score(ind.iloc[::-1], newest)["points"].item() == 10, "in whatever order the rows come"
    stated = standard([line("x", "proportional", "9", target="90", definition="2017")])
    assert scoring.score(ind, stated)["points"].item() == 6
    with pytest.raises(ValueError, match="more than once"):
        scoring.score(pd.concat([ind, ind.iloc[:1]]), newest)


def test_judgements_are_the_mean_of_the_scorers():
    rules = [line("m", "manual", "10")]
    ind = frame(*(row("x", 1, 2, area=area) for area in ("01", "02", "03")))
    columns = ["period", "area", "unit", "line", "value", "scorer", "note"]
    judgements = pd.DataFrame(
        [
            ("2024", "01", "", "m", 8, "a", ""),
            ("2024", "01", "", "m", 7.5, "b", ""),
            ("2024", "02", "", "m", 9.125, "a", ""),
            ("2023", "03", "", "m", 9, "a", ""),
            ("2024", "01", "", "other", 99, "a", "of another standard"),
        ],
        columns=columns,
    )
    scored = scoring.score(ind, standard(rules), judgements=judgements)
    assert scored["points"].tolist() == [7.75, 9.13, 0]
    assert scored["because"].tolist() == ["(8 + 7.5)/2 = 7.75", "9.125 → 9.13", "— → 0"]
    assert scored["reason"].tolist() == ["", "", "not judged by any scorer; counted as zero"]
    judgements["value"] = [8, 10.5, -1, 9, 99]
    with pytest.raises(InputError) as caught:
        scoring.score(ind, standard(rules), judgements=judgements)
    assert caught.value.problems["where"].tolist() == ["judgements 2024 01", "judgements 2024 02"]


# --- totals -----------------------------------------------------------------------------------------------------------


def four_lines() -> Standard:
    parts = {
        name: line(name, "proportional", points, target="100", missing="exclude" if name == "d" else "zero")
        for name, points in (("a", "30"), ("b", "20"), ("c", "40"), ("d", "10"))
    }
    return standard([parts["a"], parts["b"]], [parts["c"], parts["d"]], cuts=("80", "60.5"))


def test_totals_add_the_printed_lines():
    ind = frame(row("a", 50, 100), row("b", 75, 100), row("c", 1, 3), row("d", 2, 3))
    both = four_lines()
    result = scoring.totals(scoring.score(ind, both), both)
    assert result["section"].tolist() == ["s1", "s2", ""]
    assert result["points"].tolist() == [30.0, 20.0, 50.0]
    assert result["full"].tolist() == [50, 50, 100]
    assert result["lost"].tolist() == [20, 30, 50]
    assert result["grade"].tolist() == ["", "", "c"]
    assert result["because"].tolist() == ["15.00 + 15.00 = 30.00", "13.33 + 6.67 = 20.00", "30.00 + 20.00 = 50.00"]
    assert result["reason"].tolist() == ["", "", ""]


def test_lines_left_out_rescale_the_rest():
    ind = frame(row("a", 50, 100), row("b", 75, 100), row("c", 1, 3), missing("d"))
    both = four_lines()
    result = scoring.totals(scoring.score(ind, both), both)
    # section 2: 13.33 of 40 for 50; total: 30 + 13.33 of 90 for 100
    assert result["points"].tolist() == [30.0, 16.66, 48.14]
    assert result["because"].tolist()[1:] == ["(13.33)/40 × 50 = 16.66", "(30.00 + 13.33)/90 × 100 = 48.14"]
    assert result["reason"].tolist() == [
        "",
        "1 of 2 lines left out and the rest rescaled",
        "1 of 4 lines left out and the rest rescaled",
    ]
    assert result["lost"].tolist() == [20, 33.34, 51.86]


def test_nothing_scored_is_no_total():
    every = standard([line("a", "proportional", "10", target="9", missing="exclude")])
    result = scoring.totals(scoring.score(frame(missing("a")), every), every)
    assert result[["points", "lost"]].isna().all(axis=None)
    assert result["grade"].tolist() == ["", ""]
    assert result["reason"].tolist() == ["no line could be scored"] * 2


@pytest.mark.parametrize(("above", "grade"), [(8000, "a"), (7999, "b"), (6050, "b"), (6049, "c"), (0, "c")])
def test_a_grade_begins_at_its_cut_off(above, grade):
    whole = standard([line("a", "proportional", "100", target="100")], cuts=("80", "60.5"))
    result = scoring.totals(scoring.score(frame(row("a", above, 10_000)), whole), whole)
    assert result["grade"].tolist() == ["", grade]


def test_totals_are_of_whole_standards_only():
    ind = frame(row("a", 50, 100), row("b", 75, 100), row("c", 1, 3), row("d", 2, 3))
    both = four_lines()
    scored = scoring.score(ind, both)
    for part in (scored.iloc[1:], scored.iloc[:-1], scored.iloc[::-1], scored.assign(line="a")):
        with pytest.raises(ValueError, match="not one for each line"):
            scoring.totals(part, both)
    assert scoring.totals(scored.iloc[:0], both).empty


# --- shape and properties -------------------------------------------------------------------------------------------


def test_the_frame_has_the_contract_columns():
    scored = scoring.score(frame(row("a", 1, 2), row("a", 1, 3, area="02")), four_lines())
    assert list(scored.columns) == [
        *("period", "area", "unit", "section", "line", "indicator"),
        *("value", "target", "points", "full", "lost", "because", "reason"),
    ]
    assert scored["line"].tolist() == ["a", "b", "c", "d"] * 2
    assert scored["area"].tolist() == ["01"] * 4 + ["02"] * 4
    assert scored[["value", "target", "points", "full", "lost"]].dtypes.eq("float64").all()
    assert scoring.score(frame(row("a", 1, 2)).iloc[:0], four_lines()).empty


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(ValueError, match="no column definition, value"):
        scoring.score(frame(row("a", 1, 2)).drop(columns=["definition", "value"]), four_lines())


def test_every_reason_can_be_said_in_chinese():
    ind = frame(row("a", 50, 100), missing("b"), missing("c", "not applicable", area="01"))
    rules = [line("a", "proportional", "5"), line("b", "manual", "5")]
    scored = [scoring.score(ind, four_lines()), scoring.score(ind, standard(rules))]
    sums = [scoring.totals(scored[0], four_lines()), scoring.totals(scored[1], standard(rules))]
    reasons = set().union(*(part["reason"] for part in scored + sums))
    assert len(reasons) > 5
    assert wording.untranslated(reasons) == []


@settings(max_examples=60, deadline=None)
@given(lines_of_any_rule, st.lists(ratios, min_size=2, max_size=20))
def test_points_stay_in_bounds_and_follow_the_value(rule_line, counts):
    ind = frame(*(row("x", above, below, area=f"{n:02d}") for n, (above, below) in enumerate(counts)))
    scored = scoring.score(ind, standard([rule_line]))
    assert scored["points"].between(0, float(rule_line.points)).all()
    assert (scored["points"] + scored["lost"]).to_numpy() == pytest.approx(float(rule_line.points))
    ordered = sorted(zip((Fraction(*pair) for pair in counts), scored["points"], strict=True))
    points = [gained for _, gained in ordered]
    assert points == sorted(points, reverse=rule_line.direction == "down")


@settings(max_examples=40, deadline=None)
@given(lines_of_any_rule, ratios, st.integers(2, 50))
def test_scaling_the_counts_changes_nothing(rule_line, counts, k):
    above, below = counts
    small = one(rule_line, row("x", above, below))
    large = one(rule_line, row("x", above * k, below * k))
    assert small["points"] == large["points"]


def test_shuffling_rows_moves_rows_only():
    rng = np.random.default_rng(7)
    areas = [f"{n:02d}" for n in range(20)]
    ind = frame(
        *(row(name, int(rng.integers(0, 100)), 100, area=area) for area in areas for name in "abcd" if name != "d")
    )
    key = ["period", "area", "line"]
    expected = scoring.score(ind, four_lines()).sort_values(key, ignore_index=True)
    for seed in range(3):
        shuffled = scoring.score(ind.sample(frac=1, random_state=seed), four_lines())
        pd.testing.assert_frame_equal(shuffled.sort_values(key, ignore_index=True), expected)


def test_the_shipped_standard_scores_a_county_as_a_second_calculation_does():
    path = ROOT / "data" / "standards" / "basic_public_health.yaml"
    shipped = load_standard(path)
    rng = np.random.default_rng(2024)
    rows, expected = [], Decimal(0)
    for _, scored_line in shipped.lines:
        below = int(rng.integers(50, 5000))
        above = int(below * rng.uniform(0.3, 1.0))
        rows.append(row(scored_line.indicator, above, below))
        exact = by_hand(scored_line, Fraction(100 * above, below))
        expected += Decimal(str(rounded(exact, shipped.rounding.mode)))
    result = scoring.totals(scoring.score(frame(*rows), shipped), shipped).iloc[-1]
    assert result["points"] == float(expected)
    assert result["full"] == 100
