"""Reported numbers corrected by samples: exact limits by enumeration, strata by plain arithmetic, ranges of points."""

from __future__ import annotations

import csv
import functools
import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom
from statsmodels.stats.proportion import proportion_confint

import evaltools as ev
from evaltools import authenticity_narrative, authenticity_views, scoring, wording
from evaltools.authenticity import ADDED, corrected
from evaltools.datasets import Data
from evaltools.problems import InputError
from evaltools.sample_intervals import genuine_limits
from evaltools.score_ranges import score_ranges, total_ranges
from tests import builders

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "example" / "samples.csv"


# --- exact limits ---


@functools.cache
def accepted(size: int, sampled: int, genuine: int, tail: float) -> tuple[int, int]:
    """The limits by trying every number of genuine records, with scipy's distribution."""
    every = np.arange(size + 1)
    at_least = hypergeom.sf(genuine - 1, size, every, sampled)
    at_most = hypergeom.cdf(genuine, size, every, sampled)
    kept = every[(at_least >= tail * (1 - 1e-9)) & (at_most >= tail * (1 - 1e-9))]
    return int(kept.min()), int(kept.max())


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_limits_are_those_of_trying_every_number(confidence: float) -> None:
    cases = [(N, n, g) for N in (1, 2, 7, 18, 41) for n in range(1, N + 1, 1 + N // 9) for g in range(n + 1)]
    lowest, highest = genuine_limits(*np.array(cases).T, confidence)
    wanted = [accepted(*case, (1 - confidence) / 2) for case in cases]
    assert list(zip(lowest, highest, strict=True)) == wanted


@pytest.mark.parametrize(("size", "sampled"), [(9, 4), (25, 10), (60, 15), (60, 60), (150, 30)])
def test_limits_hold_the_true_number_as_often_as_they_say(size: int, sampled: int) -> None:
    found = np.arange(sampled + 1)
    lowest, highest = genuine_limits(size, sampled, found)
    for true in range(size + 1):
        held = (lowest <= true) & (true <= highest)
        assert hypergeom.pmf(found, size, true, sampled)[held].sum() >= 0.95 - 1e-9


def test_limits_of_a_large_register_are_those_of_clopper_and_pearson() -> None:
    size = 10_000_000
    for sampled, genuine in [(10, 10), (30, 28), (30, 3), (200, 150)]:
        limits = [float(limit[0]) / size for limit in genuine_limits(size, sampled, genuine)]
        assert limits == pytest.approx(proportion_confint(genuine, sampled, method="beta"), abs=2e-6)


def test_a_large_sample_of_a_large_register_has_the_same_limits() -> None:
    (low,), (high,) = genuine_limits(200_000, 3_000, 2_700)
    for true, inside in ((low, True), (low - 1, False)):
        assert (hypergeom.sf(2_699, 200_000, int(true), 3_000) >= 0.025) is np.bool_(inside)
    for true, inside in ((high, True), (high + 1, False)):
        assert (hypergeom.cdf(2_700, 200_000, int(true), 3_000) >= 0.025) is np.bool_(inside)


def test_limits_refuse_what_cannot_be() -> None:
    assert all(np.isnan(limit[0]) for limit in genuine_limits(10, 0, 0))
    for size, sampled, genuine in [(10, 11, 5), (10, 5, 6), (10, 5, -1), (10, 5.5, 5), (math.nan, 5, 5)]:
        with pytest.raises(ValueError, match="sampled"):
            genuine_limits(size, sampled, genuine)
    with pytest.raises(ValueError, match="confidence"):
        genuine_limits(10, 5, 5, 95)


# --- correcting ---


def row(unit: str, above: float, below: float, indicator: str = "share", per: int = 100, **more: object) -> dict:
    lower, upper = (per * x for x in proportion_confint(min(above, below), below, method="wilson"))
    base = {"period": "2024", "area": "01", "unit": unit, "indicator": indicator, "definition": ""}
    numbers = {"numerator": above, "denominator": below, "value": above / below * per}
    return base | numbers | {"lower": lower, "upper": upper, "reason": ""} | more


def county(*registers: int, rest: int = 0) -> pd.DataFrame:
    """An area and its units 01, 02, …, each register half of what it is a share of; `rest` is in no unit's number."""
    rows = [row(f"{n:02d}", size, 2 * size) for n, size in enumerate(registers, 1)]
    total = sum(registers) + rest
    return pd.DataFrame([row("", total, 2 * total), *rows]).astype({"numerator": float, "denominator": float})


def sample(*drawn: tuple[str, float, float], indicator: str = "share") -> pd.DataFrame:
    rows = [("2024", "01", unit, indicator, n, g) for unit, n, g in drawn]
    names = ["period", "area", "unit", "indicator", "sampled", "genuine"]
    return pd.DataFrame(rows, columns=names, index=range(2, 2 + len(rows)))


def of(frame: pd.DataFrame, unit: str, indicator: str = "share") -> pd.Series:
    (found,) = (r for _, r in frame[(frame["unit"] == unit) & (frame["indicator"] == indicator)].iterrows())
    return found


@st.composite
def strata(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Registers, how many were drawn of each (0: none), and how many of those were genuine."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        size = draw(st.integers(1, 400))
        sampled = draw(st.integers(0, min(size, 30)))
        found.append((size, sampled, draw(st.integers(0, sampled))))
    return found


def run(parts: list[tuple[int, int, int]], **how: object) -> pd.DataFrame:
    drawn = [(f"{n:02d}", sampled, genuine) for n, (_, sampled, genuine) in enumerate(parts, 1)]
    return corrected(county(*(size for size, _, _ in parts)), sample(*drawn), **how)


@given(strata())
@settings(max_examples=12, deadline=None)
def test_units_and_area_are_the_plain_arithmetic(parts: list[tuple[int, int, int]]) -> None:
    pooled, kept = run(parts), run(parts, unsampled="as_reported")
    checked = [(N, n, g) for N, n, g in parts if n]
    total = sum((Fraction(N * g, n) for N, n, g in checked), Fraction(0))
    size, base = sum(N for N, _, _ in parts), sum(N for N, _, _ in checked)
    for number, (N, n, g) in enumerate(parts, 1):
        unit = of(pooled, f"{number:02d}")
        assert unit["numerator"] == pytest.approx(N * g / n if n else N)
        assert unit["value"] == pytest.approx(100 * unit["numerator"] / (2 * N))
        if n:
            # never more than can be genuine, never less than were seen to be
            assert g - 1e-9 <= unit["lowest_numerator"] <= unit["numerator"] + 1e-9
            assert unit["numerator"] - 1e-9 <= unit["highest_numerator"] <= N - (n - g) + 1e-9
            assert (unit["lowest_numerator"], unit["highest_numerator"]) == accepted(N, n, g, 0.025)
    for frame, rest in ((pooled, Fraction(size - base) * total / base if base else 0), (kept, size - base)):
        area = of(frame, "")
        wanted = total + rest if base else size
        assert area["numerator"] == pytest.approx(float(wanted))
        assert area["lowest_numerator"] <= area["numerator"] + 1e-9
        assert area["highest_numerator"] >= area["numerator"] - 1e-9
        assert area["reported_numerator"] == size
        assert (area["correction_reason"] != "") is (not base or size != base)


@given(strata(), st.integers(0, 4))
@settings(max_examples=12, deadline=None)
def test_a_more_genuine_sample_never_lowers_anything(parts: list[tuple[int, int, int]], which: int) -> None:
    at = which % len(parts)
    size, sampled, genuine = parts[at]
    better = [*parts[:at], (size, sampled, min(genuine + 1, sampled)), *parts[at + 1 :]]
    for tolerance in (0.0, 0.1):
        before, after = (run(p, tolerance=tolerance) for p in (parts, better))
        assert (after["numerator"] >= before["numerator"] - 1e-9).all()
        assert (after["value"] >= before["value"] - 1e-9).all()


@given(strata(), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_the_order_of_rows_changes_nothing(parts: list[tuple[int, int, int]], random: object) -> None:
    ind = county(*(size for size, _, _ in parts))
    drawn = sample(*((f"{n:02d}", s, g) for n, (_, s, g) in enumerate(parts, 1)))
    places, order = list(range(len(ind))), list(range(len(drawn)))
    random.shuffle(places)  # type: ignore[attr-defined]
    random.shuffle(order)  # type: ignore[attr-defined]
    plain = corrected(ind, drawn)
    shuffled = corrected(ind.iloc[places], drawn.iloc[order])
    pd.testing.assert_frame_equal(shuffled.sort_index(), plain.iloc[np.argsort(plain.index)].sort_index())


def outcomes(sizes: tuple[int, ...], sampled: tuple[int, ...], **how: float) -> pd.DataFrame:
    """The corrected areas of every outcome of the samples of some registers, an area an outcome."""
    registers, drawn = [], []
    for number, genuine in enumerate(itertools.product(*(range(n + 1) for n in sampled))):
        registers.append(county(*sizes).assign(area=f"{number:04d}"))
        units = [(f"{u:02d}", n, g) for u, (n, g) in enumerate(zip(sampled, genuine, strict=True), 1)]
        drawn.append(sample(*units).assign(area=f"{number:04d}"))
    found = corrected(pd.concat(registers), pd.concat(drawn, ignore_index=True), **how)
    return found[found["unit"] == ""]


@pytest.mark.parametrize(
    ("sizes", "sampled", "least"),
    [
        ((14, 30), (6, 10), 0.946),
        ((40, 40), (20, 20), 0.946),
        ((80, 20), (12, 15), 0.946),
        # the range is no exact one: of three tiny registers it holds a little less
        ((9, 12, 15), (4, 5, 6), 0.925),
    ],
)
def test_the_limits_of_an_area_hold_its_number_often_enough(
    sizes: tuple[int, ...], sampled: tuple[int, ...], least: float
) -> None:
    areas = outcomes(sizes, sampled)
    low, high = (areas[name].to_numpy()[:, None] for name in ("lowest_numerator", "highest_numerator"))
    shape = tuple(n + 1 for n in sampled)
    totals = np.arange(sum(sizes) + 1)
    held = ((low - 1e-9 <= totals) & (totals <= high + 1e-9)).reshape(*shape, -1).astype(float)
    chances = [
        hypergeom.pmf(np.arange(n + 1)[:, None], size, np.arange(size + 1), n)
        for n, size in zip(sampled, sizes, strict=True)
    ]
    # by sum over every outcome, for every number of genuine records in each register
    letters = "abc"[: len(sizes)]
    terms = ",".join(f"{letter}{letter.upper()}" for letter in letters)
    every = np.einsum(f"{letters}t,{terms}->{letters.upper()}t", held, *chances, optimize=True)
    for true in np.ndindex(*(size + 1 for size in sizes)):
        assert every[(*true, sum(true))] >= least, true


def test_distances_to_the_limits_are_squared_and_added() -> None:
    frame = run([(300, 20, 18), (120, 15, 12)])
    area, parts = of(frame, ""), [of(frame, unit) for unit in ("01", "02")]
    for end in ("lowest_numerator", "highest_numerator"):
        # one record further out, as there are two registers
        far = math.hypot(*(abs(part["numerator"] - part[end]) + 1 for part in parts))
        assert abs(area["numerator"] - area[end]) == pytest.approx(far)
    alone = run([(300, 20, 18)])
    assert of(alone, "")["lowest_numerator"] == of(alone, "01")["lowest_numerator"]


def test_an_area_is_never_outside_what_is_possible() -> None:
    areas = outcomes((8, 12), (7, 5))
    least = areas["genuine"].to_numpy()
    most = 20 - (12 - least)
    assert (areas["lowest_numerator"] >= least).all()
    assert (areas["highest_numerator"] <= most).all()
    assert (areas["highest_numerator"] == most).any()


def test_an_area_sampled_as_a_whole() -> None:
    whole = of(corrected(county(40, 60), sample(("", 20, 15))), "")
    assert whole["numerator"] == 75
    assert (whole["lowest_numerator"], whole["highest_numerator"]) == accepted(100, 20, 15, 0.025)
    both = of(corrected(county(40, 60), sample(("", 20, 15), ("01", 10, 10), ("02", 10, 10))), "")
    assert both["numerator"] == 100
    assert both["correction_reason"] == wording.word("authenticity.reason_own_sample_unused", "en")


def test_units_that_exceed_their_area_give_it_their_share() -> None:
    ind = county(50, 70, rest=-20)
    area = of(corrected(ind, sample(("01", 10, 5), ("02", 10, 5)), unsampled="as_reported"), "")
    assert area["numerator"] == 50
    assert "add up to more" in area["correction_reason"]


def test_the_interval_and_what_was_above_all_follow_the_corrected_number() -> None:
    over = row("01", 110, 100, lower=math.nan, upper=math.nan, reason="above 100%; boundary changed")
    about = {"indicator": "share", "valid_from": "", "kind": "proportion", "per": 100, "direction": "up"}
    catalogue = pd.DataFrame([about | {"numerator": "a"}])
    found = of(corrected(pd.DataFrame([over]), sample(("01", 11, 8)), catalogue=catalogue), "01")
    assert (found["numerator"], found["value"], found["reason"]) == (80, 80, "boundary changed")
    assert (found["lower"], found["upper"]) == pytest.approx(
        [100 * x for x in proportion_confint(80, 100, method="wilson")]
    )


def test_only_what_was_sampled_is_corrected() -> None:
    ind = pd.concat([county(40, 60), pd.DataFrame([row("01", 40, 50, "other")])], ignore_index=True)
    found = corrected(ind, sample(("01", 10, 5)))
    untouched = found[(found["indicator"] == "other") | (found["unit"] == "02")]
    assert (untouched["numerator"] == untouched["reported_numerator"]).all()
    assert (untouched["lowest_numerator"] == untouched["numerator"]).all()
    assert untouched["sampled"].isna().all()
    assert set(untouched["correction_reason"]) == {"not sampled, counts as reported"}
    assert (found["denominator"] == ind["denominator"]).all()
    nothing = corrected(ind, None)
    pd.testing.assert_frame_equal(nothing.drop(columns=ADDED), ind)
    assert (nothing["correction"] == "as_reported").all()


def test_nothing_checked_and_nothing_reported_say_so() -> None:
    ind = pd.concat([county(40), pd.DataFrame([row("02", math.nan, 80, value=math.nan, reason="not reported")])])
    found = corrected(ind, sample(("01", 0, 0), ("02", 10, 9)))
    assert of(found, "01")["numerator"] == 40
    assert of(found, "01")["correction_reason"] == "not corrected: no record was checked"
    assert math.isnan(of(found, "02")["numerator"])
    assert of(found, "02")["correction_reason"] == "not corrected: nothing was reported"
    assert of(found, "")["correction_reason"] == "not sampled, counts as reported"


def test_an_older_definition_stays() -> None:
    old, new = row("01", 60, 100, definition="2010"), row("01", 40, 100, definition="2022")
    found = corrected(pd.DataFrame([old, new]), sample(("01", 10, 5))).set_index("definition")
    assert found["numerator"].to_dict() == {"2010": 60, "2022": 20}
    assert "newer definition" in found.loc["2010", "correction_reason"]


@pytest.mark.parametrize(
    ("sampled", "genuine", "numerator", "correction", "verdict"),
    [
        (100, 95, 100, "within_tolerance", "within"),
        (100, 94, 94, "corrected", "beyond"),
        (20, 19, 100, "within_tolerance", "unclear"),
        (20, 18, 90, "corrected", "unclear"),
        (20, 20, 100, "confirmed", "unclear"),
        (30, 15, 50, "corrected", "beyond"),
        (95, 95, 100, "confirmed", "within"),
    ],
)
def test_the_tolerance(sampled: int, genuine: int, numerator: float, correction: str, verdict: str) -> None:
    found = of(corrected(county(100), sample(("01", sampled, genuine)), tolerance=0.05), "01")
    assert (found["numerator"], found["correction"], found["verdict"]) == (numerator, correction, verdict)
    low, high = accepted(100, sampled, genuine, 0.025)
    # the tolerance applies to the ends as to the middle; the share itself it leaves alone
    ends = [100 if end >= 95 else end for end in (low, high)]
    assert [found["lowest_numerator"], found["highest_numerator"]] == ends
    assert (found["share_lowest"], found["share_highest"]) == pytest.approx((low / 100, high / 100))


def test_without_tolerance_one_false_record_is_beyond_it() -> None:
    frame = corrected(county(100, 50), sample(("01", 20, 19), ("02", 50, 50)))
    assert of(frame, "01")["verdict"] == "beyond"
    assert of(frame, "02")["verdict"] == "within"


# --- bad input ---


def problems_of(ind: pd.DataFrame, samples: pd.DataFrame, **how: object) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        corrected(ind, samples, **how)
    frame = refused.value.problems
    assert (frame["level"] == "error").all()
    assert (frame[["sentence_zh", "sentence_en"]] != "").all(axis=None)
    return dict(zip(frame["where"], frame["rule"], strict=True))


def test_everything_wrong_is_named_at_once() -> None:
    ind = pd.concat([county(40, 60, 80, 90, 100, 110), pd.DataFrame([row("", 30, 60, "only_area")])], ignore_index=True)
    drawn = sample(
        ("01", 10, 11), ("02", 61, 50), ("03", -1, 0), ("04", 10.5, 10), ("05", 10, math.nan), ("06", 10, 9),
        ("06", 10, 9), ("99", 10, 9),
    )  # fmt: skip
    more = pd.concat([sample(("01", 5, 5), indicator="shaer"), sample(("01", 5, 5), indicator="only_area")])
    both = pd.concat([drawn, more], ignore_index=True)
    both.index += 2
    assert problems_of(ind, both) == {
        "samples row 2 column genuine": "genuine_above",
        "samples row 3 column sampled": "sampled_above",
        "samples row 4 column sampled": "below_minimum",
        "samples row 5 column sampled": "not_whole",
        "samples row 6 column genuine": "blank_cell",
        "samples row 8 column unit": "repeated",
        "samples row 9 column unit": "unknown_code",
        "samples row 10 column indicator": "unknown_code",
        "samples row 11 column indicator": "no_figure",
    }


def test_more_conforming_than_genuine_records() -> None:
    drawn = sample(("01", 10, 8)).assign(conforming=9)
    assert problems_of(county(40), drawn) == {"samples row 2 column conforming": "conforming_above"}
    assert of(corrected(county(40), drawn.assign(conforming=math.nan)), "01")["numerator"] == 32


def test_money_is_not_drawn() -> None:
    kinds = {"valid_from": [""], "per": [100], "direction": ["up"], "numerator": ["a"]}
    catalogue = pd.DataFrame({"indicator": ["share"], "kind": ["ratio"], **kinds})
    drawn = sample(("01", 10, 8))
    assert problems_of(county(40), drawn, catalogue=catalogue) == {"samples row 2 column indicator": "no_records"}
    allowed = corrected(county(40), drawn, catalogue=catalogue, kinds=("ratio",))
    assert of(allowed, "01")["numerator"] == 32


def test_a_unit_within_a_sampled_unit_would_count_twice() -> None:
    units = pd.DataFrame({"area": "01", "unit": ["01", "02"], "parent": ["", "01"]})
    drawn = sample(("01", 10, 8), ("02", 10, 8))
    assert problems_of(county(40, 20), drawn, units=units) == {"samples row 3 column unit": "overlap"}


def test_arguments_and_columns_that_cannot_be() -> None:
    drawn = sample(("01", 10, 8))
    for how, said in [
        ({"tolerance": 5}, "tolerance"),
        ({"unsampled": "zero"}, "unsampled"),
        ({"confidence": 2}, "confid"),
    ]:
        with pytest.raises(ValueError, match=said):
            corrected(county(40), drawn, **how)
    with pytest.raises(ValueError, match="no column genuine"):
        corrected(county(40), drawn.drop(columns="genuine"))


def test_indicators_about_the_units_are_said_not_to_follow(tmp_path: Path) -> None:
    rows = [
        builders.indicator("share", "a", "b"),
        builders.indicator("meeting", "share >= 80", "", kind="units_meeting"),
    ]
    facts = [builders.fact("2024", "01", name, n, unit=u) for u in ("1", "2") for name, n in (("a", 90), ("b", 100))]
    units = [builders.unit("01", code) for code in ("1", "2")]
    data = ev.load(str(builders.dataset(tmp_path / "set", facts=facts, units=units, indicators=rows)))
    found = corrected(ev.indicators(data), sample(("1", 10, 5)), catalogue=data.catalogue)
    assert of(found, "", "meeting")["value"] == 100
    assert of(found, "", "meeting")["correction_reason"].startswith("not recomputed")
    assert of(found, "")["numerator"] == pytest.approx(90)


# --- points ---


def score_by(rule: Callable[[np.ndarray], np.ndarray]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def score(ind: pd.DataFrame) -> pd.DataFrame:
        assert not set(ADDED) & set(ind.columns)
        rows = ind[["period", "area", "unit", "indicator"]].reset_index(drop=True)
        return rows.assign(
            section="s", line=rows["indicator"], points=rule(ind["value"].to_numpy(dtype=float)), full=10.0, lost=0.0
        )

    return score


@pytest.mark.parametrize("way", [1, -1])
def test_ranges_of_points_are_the_points_at_both_ends(way: int) -> None:
    rule = lambda value: np.clip(5 + way * (value - 40) / 2, 0, 10)  # noqa: E731
    frame = corrected(county(200, 300), sample(("01", 20, 18), ("02", 30, 21)))
    ranges = score_ranges(frame, score_by(rule))
    for number, (_, line) in enumerate(ranges.iterrows()):
        given = frame.iloc[number]
        ends = sorted(rule(np.array([given["value_lowest"], given["value"], given["value_highest"]])))
        assert [line["points_lowest"], line["points_highest"]] == [ends[0], ends[-1]]
        assert line["points"] == rule(given["value"])
        assert line["points_reported"] == rule(given["reported_value"])


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ["sampled", "genuine", "conforming"]
    frame = pd.DataFrame(rows, index=range(2, 2 + len(rows)))
    return frame.assign(**{name: pd.to_numeric(frame[name].replace("", None)) for name in numbers})


@pytest.fixture(scope="module")
def example() -> Data:
    return ev.load("example", area="990106")


@pytest.fixture(scope="module")
def checked(example: Data, drawn: pd.DataFrame) -> pd.DataFrame:
    ind = ev.indicators(example)
    return corrected(
        ind[ind["period"] == "2024"], drawn, tolerance=0.05, catalogue=example.catalogue, units=example.units
    )


def test_totals_and_grades_have_ranges_too(example: Data, checked: pd.DataFrame) -> None:
    standard = example.standard
    ranges = score_ranges(checked, lambda ind: ev.score(ind, standard, example.targets))
    found = total_ranges(ranges, lambda points: scoring.totals(points, standard))
    plain = scoring.totals(ranges, standard)
    assert found["points"].tolist() == plain["points"].tolist()
    whole = found[found["section"] == ""].iloc[0]
    for column in ("points_lowest", "points_highest", "points_reported"):
        # the standard rounds lines, so the total is their sum
        assert whole[column] == pytest.approx(ranges[column].sum(), abs=0.005)
    assert whole["points_lowest"] < whole["points"] < whole["points_highest"] < whole["points_reported"]
    reported = scoring.totals(ev.score(ev.indicators(example), standard, example.targets), standard)
    reported = reported[(reported["period"] == "2024") & (reported["section"] == "")].iloc[0]
    assert (whole["points_reported"], whole["grade_reported"]) == (reported["points"], reported["grade"])


def test_a_score_that_gives_other_lines_is_refused() -> None:
    frame = corrected(county(200), sample(("01", 20, 10)))
    good = score_by(lambda value: value / 10)
    with pytest.raises(ValueError, match="same lines"):
        score_ranges(frame, lambda ind: good(ind[ind["value"] <= 40]))


# --- the example, and what readers see ---


def test_samples_of_the_example_fit_every_county(drawn: pd.DataFrame) -> None:
    data = ev.load("example")
    ind = ev.indicators(data)
    found = corrected(ind[ind["period"] == "2024"], drawn, catalogue=data.catalogue, units=data.units)
    assert found["sampled"].notna().sum() > len(drawn)
    assert not wording.untranslated(found["correction_reason"].unique())
    adjusted = pd.read_csv(SAMPLES.with_name("adjustments.csv"), dtype=str)
    both = set(zip(drawn["area"], drawn["unit"], strict=True)) & set(
        zip(adjusted["area"], adjusted["unit"], strict=True)
    )
    assert not both


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_and_sentences(example: Data, checked: pd.DataFrame, drawn: pd.DataFrame, lang: str) -> None:
    table = authenticity_views.sample_table(example, checked, drawn, "990106", "2024", lang)
    own = drawn[drawn["area"] == "990106"]
    units = table[table["unit"] != ""]
    assert len(units) == len(own)
    assert units["genuine"].sum() == own["genuine"].sum()
    headers = authenticity_views.columns(table, lang)
    assert set(headers) <= set(table.columns)
    assert "points" not in headers
    name = example.area_name("990106", lang)
    texts = [
        *authenticity_narrative.summary(table, name, "2024", lang),
        *authenticity_narrative.judged(table, lang),
        *authenticity_narrative.methods(lang, tolerance=0.05),
    ]
    said = " ".join(texts)
    assert f"{int(own['sampled'].sum())}" in texts[0]
    worst = units[units["verdict"] == "beyond"]
    assert all(unit in said for unit in worst["unit_name"]) and len(worst)
    for share in table.loc[table["unit"] == "", "genuine_share"]:
        assert wording.percent(share, lang, 1) in said
    nothing = authenticity_narrative.summary(table.iloc[:0], name, "2024", lang)
    assert len(nothing) == 1 and name in nothing[0]


def test_the_sentence_of_the_field(example: Data) -> None:
    frame = corrected(county(200), sample(("01", 20, 18)))
    table = frame[frame["unit"] == "01"].assign(
        name="规范管理率",
        per=100,
        kind="proportion",
        **{c: frame[c] * 100 for c in ("genuine_share", "share_lowest", "share_highest")},
    )
    low, high = accepted(200, 20, 18, 0.025)
    (row_,) = table.itertuples()
    assert authenticity_narrative.found(row_, "zh") == (
        f"规范管理率抽查20份，真实18份，真实率90.0%（按抽样误差在{low / 2:.1f}%—{high / 2:.1f}%之间）；"
        "上报数200校正为180，指标值由50.00%校正为45.00%。"
    )
