"""Control charts against cases that other programs assert, against slow and plain calculations, and on bad input."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaltools import periods, wording
from evaltools.control_limits import (
    KINDS,
    POINTS,
    anhoej,
    anhoej_limits,
    assurance,
    control_chart_points,
    run_rules,
    xmr_limits,
)

NAN = float("nan")
CASES = json.loads((Path(__file__).parent / "reference" / "control_charts.json").read_text(encoding="utf-8"))
NORMAL = CASES[0]["inputs"]["y"]
"""Twenty normal deviates, R's `set.seed(123); rnorm(20)`, that several published results are about."""


def cases(name: str) -> list[dict[str, Any]]:
    found = [case for case in CASES if case["function"].startswith(name)]
    assert found, name
    return found


def months(n: int, first: str = "2023-01") -> list[str]:
    start = periods.parse(first).first
    return [periods.name(periods.Span(month, month)) for month in range(start, start + n)]


def series(*values: float, first: str = "2023-01") -> pd.DataFrame:
    return pd.DataFrame({"period": months(len(values), first), "value": values}).astype({"value": float})


def members(ends: list[int]) -> list[int]:
    """Turn where runs of seven are complete into the months that are part of one."""
    return [max(map(abs, ends[at : at + 7])) for at in range(len(ends))]


# --- cases that other programs assert ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("xmr_limits"), ids=lambda case: case["case"])
def test_limits_as_published(case: dict[str, Any]) -> None:
    found = xmr_limits(case["inputs"]["y"], case["inputs"]["screen_outliers"])
    wanted = case["expected"]
    assert found[:3] == pytest.approx((wanted["mean"], wanted["lpl"], wanted["upl"]), abs=5e-7, rel=5e-7)


SPIKE = [*NORMAL[:14], 10, *NORMAL[15:]]
ONE_TWO = [1, 2, 1, 2, 10, *[1, 2] * 6, 1]


@pytest.mark.parametrize(
    ("values", "screen", "mean", "lower", "upper", "within"),
    [
        # NHSRplotthedots@050b07d, tests/testthat/_snaps/ptd_spc_standard.md
        (SPIKE, True, 0.6694159, -2.383666, 3.722497, 5e-7),
        (SPIKE, False, 0.6694159, -4.596625, 5.935457, 5e-7),
        # the same, vignettes/deviations.Rmd, in the captions
        (ONE_TWO, True, 1.94, -0.72, 4.6, 0.005),
        (ONE_TWO, False, 1.94, -3.06, 6.95, 0.005),
    ],
)
def test_screening_as_published(
    values: list[float], screen: bool, mean: float, lower: float, upper: float, within: float
) -> None:
    assert xmr_limits(values, screen)[:3] == pytest.approx((mean, lower, upper), abs=within, rel=5e-7)


def test_segments_as_published() -> None:
    # NHSRplotthedots@050b07d, tests/testthat/_snaps/ptd_spc.md: the two halves on their own, to three digits
    found = control_chart_points(series(*NORMAL), breaks=["2023-11"], least=10)
    halves = found.groupby("segment")[["mean", "lower", "upper"]].first().to_numpy()
    assert halves == pytest.approx(np.array([[0.0746, -2.60, 2.75], [0.209, -3.28, 3.70]]), abs=0.005)
    assert set(control_chart_points(series(*NORMAL))["kind"]) == {"common"}


@pytest.mark.parametrize("case", cases("seven_point_one_side_mean"), ids=lambda case: str(case["inputs"]))
def test_seven_on_one_side_as_published(case: dict[str, Any]) -> None:
    found = run_rules(case["inputs"], 0, -9, 9)["shift"]
    assert found.abs().tolist() == members(case["expected"])


@pytest.mark.parametrize("case", cases("seven_point_trend"), ids=lambda case: str(case["inputs"]))
def test_seven_that_rise_or_fall_as_published(case: dict[str, Any]) -> None:
    found = run_rules(case["inputs"], 4, -99, 99)["trend"]
    assert found.abs().tolist() == members(case["expected"])
    assert set(found) - {0} == set(case["expected"]) - {0}


@pytest.mark.parametrize("case", cases("part_of_seven_trend"), ids=lambda case: str(case["inputs"]))
def test_all_months_of_a_trend_are_marked(case: dict[str, Any]) -> None:
    # a series whose only complete seven end where the case says
    end = case["inputs"].index(1)
    values = [*range(end + 1), *[end] * (len(case["inputs"]) - end - 1)]
    assert run_rules(values, 0, -99, 99)["trend"].tolist() == case["expected"]


@pytest.mark.parametrize("case", cases("two_in_three"), ids=lambda case: str(case["inputs"]))
@pytest.mark.parametrize("sign", [1, -1])
def test_two_of_three_as_published(case: dict[str, Any], sign: int) -> None:
    # the published function marks the whole group; of it, those close to the limit are shown
    close = np.array(case["inputs"])
    found = run_rules(sign * np.where(close, 2.5, 0.5), 0, -3, 3)["near"]
    assert found.tolist() == (sign * close * case["expected"]).tolist()


@pytest.mark.parametrize("case", cases("point_type"), ids=lambda case: case["case"])
def test_kinds_as_published(case: dict[str, Any]) -> None:
    found = control_chart_points(series(*case["inputs"]["y"]))
    wanted = [kind.split()[0].lower() for kind in case["expected_last_two"]]
    assert found["kind"].tolist()[-2:] == wanted


@pytest.mark.parametrize("case", cases("assurance_type"), ids=lambda case: case["inputs"]["direction"])
def test_assurance_as_published(case: dict[str, Any]) -> None:
    given_ = case["inputs"]
    found = assurance(given_["lpl"], given_["upl"], given_["target"], {"increase": "up"}[given_["direction"]])
    assert found["assurance"].tolist() == case["expected"]
    # NHSRplotthedots@050b07d, tests/testthat/test-ptd_calculate_assurance_type.R asserts the mirror image too
    mirrored = assurance(given_["lpl"], given_["upl"], given_["target"], "down")["assurance"].tolist()
    assert mirrored == ["consistent_pass", "consistent_fail", "inconsistent"]


@pytest.mark.parametrize("case", cases("Anhoej"), ids=lambda case: str(case["inputs"]["n_useful"]))
def test_limits_of_runs_as_published(case: dict[str, Any]) -> None:
    wanted = case["expected"]
    assert anhoej_limits(case["inputs"]["n_useful"]) == (wanted["longest_run_max"], wanted["crossings_min"])


def test_no_case_of_the_file_is_left_out() -> None:
    names = (
        "xmr_limits", "seven_point_one_side_mean", "seven_point_trend", "part_of_seven_trend", "two_in_three",
        "point_type", "assurance_type", "Anhoej",
    )  # fmt: skip
    assert sum(len(cases(name)) for name in names) == len(CASES)


# --- against slow and plain calculations --------------------------------------------------------------------------


def plain_limits(values: list[float], screen: bool) -> tuple[float, float, float]:
    known = [x for x in values if x == x]
    ranges = [abs(b - a) for a, b in pairwise(values) if a == a and b == b]
    average = sum(ranges) / len(ranges)
    if screen:
        ranges = [r for r in ranges if r < 3.267 * average]
        average = sum(ranges) / len(ranges)
    mean = sum(known) / len(known)
    return mean, mean - 2.66 * average, mean + 2.66 * average


def plain_kinds(values: list[float], mean: float, lower: float, upper: float) -> list[str]:
    """Return every month's kind by looking at every window of three and seven there is."""

    def windows(size: int) -> list[range]:
        spans = [range(start, start + size) for start in range(len(values) - size + 1)]
        return [span for span in spans if all(values[at] == values[at] for at in span)]

    def close(at: int, limit: float) -> bool:
        third = mean + (limit - mean) * 2 / 3
        return lower <= values[at] <= upper and (values[at] > third if limit > mean else values[at] < third)

    found: list[set[str]] = [set() for _ in values]
    for at, x in enumerate(values):
        found[at] |= {name for name, out in (("above_limit", x > upper), ("below_limit", x < lower)) if out}
    for span in windows(7):
        steps = [values[b] - values[a] for a, b in pairwise(span)]
        for name, complete in (
            ("trend_up", min(steps) > 0),
            ("trend_down", max(steps) < 0),
            ("shift_up", min(values[at] for at in span) > mean),
            ("shift_down", max(values[at] for at in span) < mean),
        ):
            for at in span if complete else ():
                if name.startswith("trend"):
                    found[at] -= {"trend_up", "trend_down"}  # the later one counts
                found[at].add(name)
    for span in windows(3):
        for name, limit, same in (
            ("near_upper", upper, min(values[at] for at in span) > mean),
            ("near_lower", lower, max(values[at] for at in span) < mean),
        ):
            marked = [at for at in span if close(at, limit)]
            if same and len(marked) >= 2:
                for at in marked:
                    found[at].add(name)
    kinds = [next((kind for kind in KINDS if kind in names), "common") for names in found]
    return [kind if x == x else "" for kind, x in zip(kinds, values, strict=True)]


GRID = st.lists(st.sampled_from([*range(-4, 5), NAN]), min_size=1, max_size=40)
SLOPES = st.lists(st.sampled_from([*[1] * 8, *[-1] * 8, 0]), min_size=8, max_size=60)


@given(GRID)
def test_every_month_is_what_a_look_at_every_window_says(values: list[float]) -> None:
    # limits of ±4.5 put the outer thirds beyond ±3
    assert run_rules(values, 0, -4.5, 4.5)["kind"].tolist() == plain_kinds(values, 0, -4.5, 4.5)
    assert run_rules(values, 0.5, -3, 3.5)["kind"].tolist() == plain_kinds(values, 0.5, -3, 3.5)


@given(SLOPES, st.integers(0, 2))
def test_trends_are_what_a_look_at_every_window_says(steps: list[int], gap: int) -> None:
    # long rises and falls, which months drawn one by one never make
    steps = sorted(steps[: len(steps) // 2]) + sorted(steps[len(steps) // 2 :], reverse=True)
    values = np.cumsum(steps).astype(float).tolist()
    if gap:
        values[len(values) // (gap + 1)] = NAN
    assert run_rules(values, 0, -9, 9)["kind"].tolist() == plain_kinds(values, 0, -9, 9)


def test_a_month_that_ends_one_trend_and_begins_another_counts_to_the_later() -> None:
    peak = [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1]
    assert run_rules(peak, 0, -99, 99)["trend"].tolist() == [1] * 6 + [-1] * 7
    plateau = [1, 2, 3, 4, 5, 6, 7, 7, 6, 5, 4, 3, 2, 1]
    assert run_rules(plateau, 0, -99, 99)["trend"].tolist() == [1] * 7 + [-1] * 7


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=40), st.booleans(), st.data())
def test_limits_are_those_of_a_plain_calculation(whole: list[int], screen: bool, data: st.DataObject) -> None:
    gaps = data.draw(st.sets(st.integers(0, len(whole) - 1), max_size=3))
    values = [NAN if at in gaps else x / 4 for at, x in enumerate(whole)]
    found = xmr_limits(values, screen)
    if found.reason:
        assert np.isnan(found[:3]).all()
        ranges = found.moving_range[~np.isnan(found.moving_range)]
        assert not len(ranges) or not ranges.max() or plain_limits(values, screen)[1] == plain_limits(values, screen)[2]
    else:
        assert found[:3] == pytest.approx(plain_limits(values, screen))


@settings(max_examples=30)
@given(st.lists(st.integers(-9, 9), min_size=12, max_size=30), st.sampled_from([0.1, 7.0]), st.sampled_from([0, 93.4]))
def test_the_unit_does_not_matter_and_a_mirror_turns_every_kind(
    values: list[float], scale: float, shift: float
) -> None:
    kinds = control_chart_points(series(*values))["kind"]
    moved = control_chart_points(series(*(scale * x + shift for x in values)))["kind"]
    assert moved.tolist() == kinds.tolist()
    turned = dict(zip(KINDS[0:8:2], KINDS[1:8:2], strict=True))
    turned |= {low: high for high, low in turned.items()}
    mirrored = control_chart_points(series(*(-x for x in values)))["kind"]
    assert mirrored.replace(turned).tolist() == kinds.tolist()


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, NAN]), max_size=40))
def test_runs_about_the_median_are_those_of_a_plain_count(values: list[float]) -> None:
    found = anhoej(values, centre=2.0, least=1)
    signs = "".join("+" if x > 2 else "-" for x in values if x == x and x != 2)
    assert found.useful == len(signs)
    assert found.crossings == signs.count("+-") + signs.count("-+")
    assert found.longest == max((n for n in range(41) if "+" * n in signs or "-" * n in signs), default=0)
    if signs:
        fewest = int(stats.binom.ppf(0.05, len(signs) - 1, 0.5)) if len(signs) > 1 else 0
        assert (found.longest_max, found.crossings_min) == (round(np.log2(len(signs)) + 3), fewest)
        assert found.signal == (found.longest > found.longest_max or found.crossings < fewest)
    else:
        assert found.reason == "runs not analysed: fewer than 1 months off the centre line"


def test_fewest_crossings_are_the_binomial_quantile() -> None:
    wanted = [int(stats.binom.ppf(0.05, n - 1, 0.5)) for n in range(2, 400)]
    assert [anhoej_limits(n)[1] for n in range(2, 400)] == wanted


def test_runs_are_a_second_opinion() -> None:
    step = [1.0, 2.0, 1.5, 1.2, 1.1, 1.9] * 2 + [5.0, 6.0, 5.5, 5.2, 5.1, 5.9] * 2
    assert (anhoej(step).longest, anhoej(step).crossings, anhoej(step).signal) == (12, 1, True)
    assert not anhoej([1.0, 2.0] * 12).signal
    short = anhoej([1.0, 2.0] * 3)
    assert (short.longest_max, short.crossings_min, short.signal) == (None, None, False)
    assert short.reason == "runs not analysed: fewer than 10 months off the centre line"
    assert anhoej([]).useful == anhoej([5.0] * 20).useful == 0


def test_the_dust_of_binary_fractions_is_no_difference() -> None:
    third = 0.1 + 0.2
    assert third > 0.3
    assert set(run_rules([0.1, 0.2, 0.3, third, 0.4, 0.5, 0.6], 0, -9, 9)["trend"]) == {0}
    assert set(run_rules([third] * 7, 0.3, -9, 9)["shift"]) == {0}
    assert set(run_rules([third, -third], 0, -0.3, 0.3)["beyond"]) == {0}
    assert anhoej([third, 0.3] * 12).useful == 0


# --- what chance alone does ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_false_alarms_stay_at_the_stated_level() -> None:
    generator = np.random.default_rng(20240601)
    charts, length, points, beyond, runs = 1200, 24, 0, 0, 0
    for values in generator.normal(size=(charts, length)):
        known = run_rules(values, 0, -3, 3)  # limits that are the truth
        beyond += int((known["beyond"] != 0).sum())
        runs += int((known["shift"] != 0).any())
        estimated = xmr_limits(values)
        points += int((run_rules(values, *estimated[:3])["kind"] != "common").any())
    # one month in 370 lies beyond three standard deviations
    low, high = stats.binom.interval(0.999, charts * length, 2 * stats.norm.sf(3))
    assert low <= beyond <= high
    # seven tosses in a row alike among twenty-four: counted by the length of the run so far
    states = np.zeros(7)
    states[1] = 1.0
    alike = 0.0
    for _ in range(length - 1):
        after = np.zeros(7)
        after[1] = states[1:].sum() / 2
        after[2:] = states[1:6] / 2
        alike += states[6] / 2
        states = after
    low, high = stats.binom.interval(0.999, charts, alike)
    assert low <= runs <= high
    # what the note on the method tells: with limits made from the same months about one chart in five
    low, high = stats.binom.interval(0.999, charts, 0.2)
    assert low <= points <= high


def test_a_shift_of_three_standard_deviations_is_seen() -> None:
    generator = np.random.default_rng(7)
    seen = 0
    for values in generator.normal(size=(200, 24)):
        values[12:] += 3
        seen += int((run_rules(values, *xmr_limits(values)[:3])["kind"] != "common").any())
    assert seen >= 190


# --- gaps, breaks, disturbed months -------------------------------------------------------------------------------

WAVE = [90.0, 92.0, 91.0, 93.0, 90.5, 92.5] * 4


def test_one_row_a_month_with_its_numbers() -> None:
    rows = series(*WAVE).assign(numerator=900.0, denominator=1000.0)
    found = control_chart_points(rows, 95, "up")
    assert list(found.columns) == POINTS
    assert found["period"].tolist() == months(24)
    assert found["value"].tolist() == WAVE
    assert set(found["numerator"]) == {900.0} and set(found["denominator"]) == {1000.0}
    assert found["moving_range"].iloc[1:4].tolist() == [2, 1, 2] and np.isnan(found["moving_range"].iloc[0])
    mean, lower, upper = plain_limits(WAVE, True)
    assert found[["mean", "lower", "upper"]].drop_duplicates().to_numpy() == pytest.approx(
        np.array([[mean, lower, upper]])
    )
    assert set(found["kind"]) == {"common"} and set(found["status"]) == set(found["reason"]) == {""}


def test_rows_may_come_in_any_order() -> None:
    rows = series(*WAVE)
    pd.testing.assert_frame_equal(control_chart_points(rows.sample(frac=1, random_state=1)), control_chart_points(rows))


@pytest.mark.parametrize("as_row", [True, False])
def test_a_missing_month_parts_its_neighbours(as_row: bool) -> None:
    rows = series(*WAVE)
    rows.loc[5, "value"] = NAN
    found = control_chart_points(rows if as_row else rows.drop(5))
    assert found["period"].tolist() == months(24)
    assert np.isnan(found["moving_range"].iloc[[0, 5, 6]]).all()
    assert found["reason"].iloc[5] == ("no value" if as_row else "not in the data")
    values = [*WAVE[:5], NAN, *WAVE[6:]]
    assert found["mean"].iloc[5] == pytest.approx(plain_limits(values, True)[0]), "limits hold for the gap too"
    assert found["kind"].iloc[5] == ""


def test_the_reason_of_a_missing_value_is_kept() -> None:
    rows = series(*WAVE).assign(reason="")
    rows.loc[3, ["value", "reason"]] = [NAN, "11 of 12 units reported"]
    assert control_chart_points(rows)["reason"].iloc[3] == "11 of 12 units reported"


def test_no_run_crosses_a_missing_month() -> None:
    values = [*WAVE[:12], *[95.0 + x for x in (0, 0.1, 0, 0.2, 0, 0.1, 0)]]
    assert set(control_chart_points(series(*values))["kind"].tail(7)) == {"shift_up"}
    rows = series(*values[:15], NAN, *values[15:])
    assert "shift_up" not in set(control_chart_points(rows)["kind"])


def test_disturbed_months_are_shown_and_used_for_nothing() -> None:
    values = [*WAVE[:7], 20.0, 21.0, *WAVE[9:]]
    found = control_chart_points(series(*values), direction="up", disturbed=["2023-08", "2023-09/2023-09", "2019"])
    without = control_chart_points(series(*[NAN if x < 50 else x for x in values]), direction="up")
    for name in ("mean", "lower", "upper", "moving_range", "kind", "status"):
        pd.testing.assert_series_equal(found[name], without[name])
    assert found["value"].iloc[7] == 20.0
    assert np.flatnonzero(found["disturbed"]).tolist() == [7, 8]
    assert set(found["reason"].iloc[7:9]) == {"disturbed month, shown but not used"}
    whole_quarter = control_chart_points(series(*values), disturbed=["2023-Q3"])
    assert np.flatnonzero(whole_quarter["disturbed"]).tolist() == [6, 7, 8]


def test_each_segment_is_a_chart_of_its_own() -> None:
    values = [*WAVE[:14], *[60 + x / 10 for x in WAVE[:13]]]
    found = control_chart_points(series(*values), 80, "up", breaks=["2024-03", "2030-01", "2022-05"])
    alone = [
        control_chart_points(series(*values[:14]), 80, "up"),
        control_chart_points(series(*values[14:], first="2024-03"), 80, "up"),
    ]
    names = [name for name in POINTS if name != "segment"]
    pd.testing.assert_frame_equal(found[names], pd.concat(alone, ignore_index=True)[names])
    assert found["segment"].tolist() == [1] * 14 + [2] * 13
    assert found["assurance"].tolist() == ["consistent_pass"] * 14 + ["consistent_fail"] * 13


def test_no_run_crosses_a_break() -> None:
    rise = [float(x) for x in range(80, 90)]
    values = [*WAVE[:9], *rise, 70.0, *WAVE[:9]]  # five months of the rise on either side of the break
    assert "trend_up" in set(control_chart_points(series(*values))["kind"])
    assert "trend_up" not in set(control_chart_points(series(*values), breaks=["2024-03"])["kind"])


def test_a_break_may_be_named_by_its_year() -> None:
    assert control_chart_points(series(*WAVE), breaks=["2024"])["segment"].tolist() == [1] * 12 + [2] * 12


# --- judgement ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "high", "low"),
    [
        ("up", "better", "worse"),
        ("down", "worse", "better"),
        ("range", "neutral", "neutral"),
        ("none", "neutral", "neutral"),
    ],
)
def test_status_follows_the_direction(direction: str, high: str, low: str) -> None:
    values = [*WAVE[:6], 99.0, *WAVE[:6], 80.0, *WAVE]
    found = control_chart_points(series(*values), direction=direction)
    assert (found["kind"].iloc[6], found["status"].iloc[6]) == ("above_limit", high)
    assert (found["kind"].iloc[13], found["status"].iloc[13]) == ("below_limit", low)
    assert (found["status"] != "").equals(~found["kind"].isin(["common", ""]))


def test_a_target_on_a_limit_is_not_relied_on() -> None:
    assert set(assurance([1, 1], [5, 5], [1, 5], "up")["assurance"]) == {"inconsistent"}


@pytest.mark.parametrize(
    ("lower", "target", "direction", "reason"),
    [
        (1, 4, "none", "not held against a target: no better direction"),
        (1, 4, "range", "not held against a target: no better direction"),
        (1, NAN, "up", "not held against a target: none is set"),
        (NAN, 4, "up", "not held against a target: no limits"),
    ],
)
def test_no_assurance_without_target_limits_or_direction(
    lower: float, target: float, direction: str, reason: str
) -> None:
    assert assurance(lower, 5, target, direction).to_numpy().tolist() == [["", reason]]


def test_limits_are_cut_for_display_and_not_for_judgement() -> None:
    values = [99.0, 100.0, 98.0, 100.0, 97.0, 99.0] * 3
    _, lower, upper = plain_limits(values, True)
    assert upper > 100
    plain = control_chart_points(series(*values), 100, "up")
    cut = control_chart_points(series(*values), 100, "up", bounds=(0, 100))
    assert set(cut["upper"]) == {100.0}
    assert plain["upper"].iloc[0] == pytest.approx(upper) and cut["lower"].iloc[0] == pytest.approx(lower)
    names = [name for name in POINTS if name != "upper"]
    pd.testing.assert_frame_equal(cut[names], plain[names])
    beyond = control_chart_points(series(*values[:-1], 101.0), bounds=(0, 100))
    assert beyond["upper"].iloc[0] > 100, "100 is no bound of what reaches 101"
    small = control_chart_points(series(*[0.0, 3.0, 1.0, 4.0] * 4), bounds=(0, 100))
    assert set(small["lower"]) == {0.0}


# --- nothing without a reason -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options", "reason"),
    [
        ([NAN] * 14, {}, "no value; limits not computed: no month has a value"),
        ([95.0], {}, "limits not computed: fewer than 12 months"),
        (WAVE[:11], {}, "limits not computed: fewer than 12 months"),
        (WAVE[:7], {"least": 8}, "limits not computed: fewer than 8 months"),
        (
            [x for y in WAVE for x in (y, NAN)][:-1],
            {},
            "limits not computed: fewer than 5 pairs of neighbouring months",
        ),
        ([5.0], {"least": 1, "least_ranges": 0}, "limits not computed: no two neighbouring months"),
        ([97.3] * 24, {}, "limits not computed: all months are equal"),
        ([0.1 + 0.2, 0.3] * 9, {}, "limits not computed: all months are equal"),
        ([100.0] * 24, {"bounds": (0, 100)}, "limits not computed: every month stands at 100, the end of the scale"),
        ([0.0] * 24, {"bounds": (0, 100)}, "limits not computed: every month stands at 0, the end of the scale"),
        ([100.0] * 24, {}, "limits not computed: all months are equal"),
        ([0.0] * 24, {}, "limits not computed: all months are equal"),
        ([100.0] * 15 + [99.0] + [100.0] * 8, {}, "limits not computed: but for a few, the months do not differ"),
        ([95.0] * 12 + [97.0] * 12, {}, "limits not computed: but for a few, the months do not differ"),
    ],
)
def test_limits_that_are_not_computed_say_why(values: list[float], options: dict[str, Any], reason: str) -> None:
    found = control_chart_points(series(*values), 95, "up", **options)
    known = found["value"].notna() | (reason == found["reason"])
    assert set(found.loc[known, "reason"]) == {reason}
    assert set(found.loc[~known, "reason"]) <= {f"no value; {reason}"}
    assert found[["mean", "lower", "upper"]].isna().all(axis=None)
    assert set(found["kind"]) == set(found["status"]) == set(found["assurance"]) == {""}
    assert set(found["assurance_reason"]) == {"not held against a target: no limits"}
    assert wording.untranslated([*found["reason"], *found["assurance_reason"]]) == []


def test_twelve_months_are_enough() -> None:
    assert control_chart_points(series(*WAVE[:12]))["mean"].notna().all()


def test_disturbed_months_do_not_count_towards_the_least() -> None:
    found = control_chart_points(series(*WAVE[:12]), disturbed=["2023-02"])
    wanted = "limits not computed: fewer than 12 months"
    assert found["reason"].iloc[1] == f"disturbed month, shown but not used; {wanted}"
    assert found["reason"].iloc[0] == wanted


def test_nothing_in_nothing_out() -> None:
    found = control_chart_points(series())
    assert list(found.columns) == POINTS and found.empty
    assert xmr_limits([]).reason == "limits not computed: no month has a value"
    assert run_rules([], 0, -1, 1).empty


@pytest.mark.filterwarnings("error")
@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.0, 100.0, 99.5, NAN, 1e-9, 1e12]), max_size=30), st.integers(0, 3))
def test_every_missing_limit_and_value_has_a_reason(values: list[float], breaks: int) -> None:
    starts = months(12, "2023-06")[:: 12 // breaks] if breaks else []
    found = control_chart_points(series(*values), 95, "up", starts, ["2023-04"], bounds=(0, 100))
    without = found[["value", "mean", "lower", "upper"]].isna().any(axis=1)
    assert (found.loc[without, "reason"] != "").all()
    assert (found.loc[found["mean"].notna() & found["value"].notna() & ~found["disturbed"], "reason"] == "").all()
    assert ((found["assurance"] == "") == (found["assurance_reason"] != "")).all()
    assert wording.untranslated(found["reason"]) == []


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (series(*WAVE).drop(columns="value"), {}, "missing: value"),
        (series(*WAVE).assign(period="2023"), {}, "of months; found 2023"),
        (series(*WAVE).assign(period="unknown"), {}, "not a period: 'unknown'"),
        (series(*WAVE).assign(period="2023-01"), {}, "more than one row for the month 2023-01"),
        (series(1.0, 2.0, float("inf")), {}, "must be finite"),
        (series(*WAVE), {"direction": "better"}, "found 'better'"),
        (series(*WAVE), {"breaks": ["spring"]}, "not a period: 'spring'"),
    ],
)
def test_what_cannot_be_read_is_refused(rows: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        control_chart_points(rows, **options)


def test_one_series_at_a_time() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        xmr_limits(np.ones((2, 12)))


def test_frames_are_not_changed() -> None:
    rows = series(*WAVE).assign(reason="", numerator=1.0)
    before = rows.copy()
    control_chart_points(rows, 95, "up", ["2023-06"], ["2023-02"], bounds=(0, 100))
    pd.testing.assert_frame_equal(rows, before)
