"""Time-proportional progress: by hand, against a slow and plain calculation, and on simulated years."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evaltools import progress, wording
from evaltools.datasets import load
from evaltools.measures import indicators
from evaltools.progress_projection import FEWEST, Pool
from evaltools.progress_seasons import natures, paired, year_of

pytestmark = pytest.mark.slow

NAN = float("nan")
PART = "2024-01/2024-09"
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


# --- small tables --------------------------------------------------------------------------------------------------

ITEMS = pd.DataFrame(
    {"item": ["done", "also", "level", "reached", "mean"], "over_time": ["sum", "sum", "last", "none", "mean"]}
)


def about(name: str = "patrols", numerator: str = "done", denominator: str = "", **values: Any) -> Row:
    row = {"indicator": name, "valid_from": "", "family": "supervision", "numerator": numerator}
    kind = "ratio" if denominator else "count"
    per = 100 if denominator else 1
    return row | {"denominator": denominator, "kind": kind, "per": per, "direction": "up"} | values


def aim(target: float, name: str = "patrols", area: str = "*", kind: str = "absolute", **values: Any) -> Row:
    row = {"period": "2024", "area": area, "unit": "", "indicator": name, "target": target, "upper": NAN, "kind": kind}
    return row | values


def figure(period: str, numerator: float, denominator: float = NAN, reason: str = "", **names: str) -> Row:
    value = numerator if math.isnan(denominator) else 100 * numerator / denominator
    key = {"period": period, "area": "1", "unit": "", "indicator": "patrols", "definition": ""} | names
    return key | {"numerator": numerator, "denominator": denominator, "value": value, "reason": reason}


def frame(rows: list[Row]) -> pd.DataFrame:
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    numbers = ["numerator", "denominator", "value"]
    result = pd.DataFrame(rows, columns=[*text, *numbers])
    return result.astype(dict.fromkeys(numbers, float) | dict.fromkeys(text, "str"))


def told(
    part: list[Row],
    year: list[Row],
    targets: list[Row],
    catalogue: list[Row] | None = None,
    period: str = PART,
    **arguments: Any,
) -> pd.DataFrame:
    tables = pd.DataFrame(catalogue or [about()])
    result = progress.progress(frame(part), frame(year), pd.DataFrame(targets), tables, ITEMS, period, **arguments)
    assert list(result.columns) == progress.COLUMNS
    assert set(result["status"]) <= set(progress.STATUSES)
    assert wording.untranslated(result["reason"]) == []
    return result


def only(*arguments: Any, **named: Any) -> pd.Series:
    (row,) = told(*arguments, **named).to_dict("records")
    return pd.Series(row)


SO_FAR = [figure("2023-01/2023-09", 1522), figure(PART, 1564)]
LAST = [figure("2023", 2000)]


# --- by hand -------------------------------------------------------------------------------------------------------


def test_a_count_by_hand() -> None:
    # 1,564 of 2,000 patrols by September; last year 1,522 of 2,000 by then
    row = only(SO_FAR, LAST, [aim(2000)])
    assert row["nature"] == "flow"
    assert row[["reached", "calendar", "season"]].tolist() == pytest.approx([78.2, 75, 76.1])
    assert row[["ahead_calendar", "ahead_season"]].tolist() == pytest.approx([3.2, 2.1])
    assert (row["season_done"], row["season_total"]) == (1522, 2000)
    assert row["projected"] == pytest.approx(1564 / 0.761)
    assert (row["projected_by"], row["status"]) == ("season", "ahead")
    assert np.isnan(row["chance"])
    assert (row["n_errors"], row["tested_by"], row["errors_of"]) == (1, "", "")
    assert row["reason"] == f"no range or chance: 1 past errors, {FEWEST} needed"


def test_a_share_by_hand() -> None:
    # target × denominator: 90% of 2,592 patrols due; last year's work, not its rate, gives the season
    catalogue = [about("rate", "done", "level")]
    part = [figure("2023-01/2023-09", 1800, 2000, indicator="rate"), figure(PART, 1984, 2592, indicator="rate")]
    row = only(part, [figure("2023", 2400, 2500, indicator="rate")], [aim(90, "rate")], catalogue)
    assert row["reached"] == pytest.approx(100 * 1984 / (0.9 * 2592))
    assert row["season"] == pytest.approx(75)
    assert row["projected"] == pytest.approx(100 * (1984 / 0.75) / 2592)


def test_without_last_year_the_calendar_projects() -> None:
    row = only([figure(PART, 1564)], [], [aim(2000)])
    assert np.isnan(row["season"])
    assert row["projected"] == pytest.approx(1564 / 0.75)
    assert row["projected_by"] == "calendar"
    assert row["reason"].startswith("no season of last year: not in the data; no range or chance: 0 past errors")


@pytest.mark.parametrize(
    ("value", "tolerance", "status"),
    [
        (1521, 1, "ahead"),
        (1520, 1, "on_time"),
        (1520, 0.99, "ahead"),
        (1480, 1, "on_time"),
        (1480, 0.99, "behind"),
        (1479, 1, "behind"),
        (1500, 0, "on_time"),
        (2000, 1, "reached"),
    ],
)
def test_status_of_a_goal(value: float, tolerance: float, status: str) -> None:
    row = only([figure(PART, value)], [], [aim(2000)], tolerance=tolerance)
    assert row["status"] == status


@pytest.mark.parametrize(
    ("value", "status", "chance"),
    [(4, "slower", NAN), (75, "on_time", NAN), (90, "faster", NAN), (100, "faster", NAN), (101, "exceeded", 0.0)],
)
def test_status_of_a_limit(value: float, status: str, chance: float) -> None:
    row = only([figure(PART, value)], [], [aim(100)], [about(direction="down")])
    assert (row["status"], row["reached"]) == (status, pytest.approx(value))
    assert row["chance"] == pytest.approx(chance, nan_ok=True)


def test_what_is_reached_is_certain_and_cannot_be_undone() -> None:
    row = only([figure(PART, 2000)], [], [aim(2000)])
    assert (row["status"], row["chance"]) == ("reached", 1)
    assert "errors" not in row["reason"]


def test_a_level_is_not_done_bit_by_bit() -> None:
    catalogue = [about("managed", "level")]
    part = [figure("2023-01/2023-09", 970, indicator="managed"), figure(PART, 980, indicator="managed")]
    row = only(part, [figure("2023", 1000, indicator="managed")], [aim(1100, "managed")], catalogue)
    assert row["nature"] == "level"
    assert np.isnan(row["calendar"])
    assert np.isnan(row["ahead_calendar"])
    assert row["season"] == pytest.approx(97)
    assert row["ahead_season"] == pytest.approx(98000 / 1100 - 97)
    assert row["projected"] == pytest.approx(980 / 0.97)
    assert row["status"] == "behind"
    # a share takes the season of its rate, not of its numerator
    catalogue = [about("managed", "level", "level")]
    part = [figure("2023-01/2023-09", 97, 194, indicator="managed"), figure(PART, 98, 200, indicator="managed")]
    row = only(part, [figure("2023", 99, 180, indicator="managed")], [aim(50, "managed")], catalogue)
    assert row["season"] == pytest.approx(100 * 50 / 55)
    assert (row["season_done"], row["season_total"]) == (50, pytest.approx(55))
    alone = only([figure(PART, 98, 200, indicator="managed")], [], [aim(50, "managed")], catalogue)
    assert (alone["status"], alone["projected_by"], alone["projected"]) == ("missing", "unchanged", 49)


def test_nothing_done_yet() -> None:
    row = only([figure(PART, 0), figure("2023-01/2023-09", 5)], [figure("2023", 10)], [aim(20)])
    assert (row["reached"], row["status"]) == (0, "behind")
    assert np.isnan(row["projected"])
    assert row["reason"] == "nothing so far to project from"


@pytest.mark.parametrize(
    ("numerator", "denominator", "kind", "nature", "reason"),
    [
        ("done", "", "count", "flow", ""),
        ("done + also", "", "amount", "flow", ""),
        ("done", "level", "proportion", "flow", ""),
        ("done", "parameter(visits) * level", "ratio", "flow", ""),
        ("level", "", "count", "level", ""),
        ("level", "level", "proportion", "level", ""),
        ("reached", "level", "proportion", "level", ""),
        ("done", "also", "proportion", "", "its denominator grows through the year too"),
        ("done", "reached", "proportion", "", "its denominator grows through the year too"),
        ("level", "also", "proportion", "", "its denominator grows through the year too"),
        ("mean", "", "count", "", "its numerator is neither added up nor read at the end"),
        ("done + level", "", "count", "", "its numerator is neither added up nor read at the end"),
        ("patrols >= 3", "", "units_meeting", "", "it is about which institutions"),
        ("patrols", "", "worst_unit", "", "it is about which institutions"),
    ],
)
def test_natures(numerator: str, denominator: str, kind: str, nature: str, reason: str) -> None:
    (row,) = natures(pd.DataFrame([about("x", numerator, denominator, kind=kind)]), ITEMS).to_dict("records")
    assert row["nature"] == nature
    assert row["nature_reason"].startswith(reason)
    assert bool(row["nature_reason"]) == bool(reason)
    one = only(
        [figure(PART, 5, 10, indicator="x")], [], [aim(60, "x")], [about("x", numerator, denominator, kind=kind)]
    )
    if not nature:
        assert one["status"] == "not_applicable"
        assert one["reason"] == row["nature_reason"]
        assert one[["reached", "calendar", "season", "projected", "chance"]].isna().all()


@pytest.mark.parametrize(
    ("target", "status", "reason"),
    [
        (aim(3, kind="improve"), "not_applicable", "its target asks for a gain on the year before, not a level"),
        (aim(3, kind="range", upper=5), "not_applicable", "its target is a range"),
        (aim(0), "not_applicable", "its target is not above zero"),
    ],
)
def test_targets_that_are_no_level(target: Row, status: str, reason: str) -> None:
    row = only(SO_FAR, LAST, [target])
    assert (row["status"], row["reason"]) == (status, reason)
    assert np.isnan(row["reached"])


@pytest.mark.parametrize(
    ("part", "year", "reason"),
    [
        ([figure(PART, NAN, reason="8 of 9 months reported"), SO_FAR[0]], LAST,
         "this period missing: 8 of 9 months reported"),
        ([SO_FAR[0]], LAST, "this period missing: not in the data"),
        ([figure("2023-01/2023-09", NAN, reason="not reported"), SO_FAR[1]], LAST,
         "no season of last year: last year by then missing (not reported)"),
        (SO_FAR, [figure("2023", NAN, reason="not reported")],
         "no season of last year: last year's whole missing (not reported)"),
        (SO_FAR, [], "no season of last year: last year's whole missing (not in the data)"),
        ([figure("2023-01/2023-09", 0), SO_FAR[1]], [figure("2023", 0)],
         "no season of last year: nothing was done last year"),
        (SO_FAR, [figure("2023", 1500)], "no season of last year: last year's figure by then is above its whole year"),
        ([figure("2023-01/2023-09", 1522, definition="2010"), SO_FAR[1]], LAST,
         "no season of last year: not comparable: definition changed"),
        ([SO_FAR[0], SO_FAR[1] | {"reason": "boundary changed"}], LAST,
         "no season of last year: not comparable: boundary break"),
    ],
)  # fmt: skip
def test_why_something_is_not_given(part: list[Row], year: list[Row], reason: str) -> None:
    row = only(part, year, [aim(2000)])
    assert row["reason"].startswith(reason)
    missing = reason.startswith("this")
    assert missing or np.isnan(row["season"])
    assert (row["status"] == "missing") == missing
    assert np.isnan(row["projected"]) == missing
    assert row["projected_by"] == ("" if missing else "calendar")


@pytest.mark.parametrize("kind", ["definition", "boundary", "disturbance"])
def test_breaks(kind: str) -> None:
    cells = {"from": "2024", "to": "2024", "indicator": "*", "area": "*", "kind": kind}
    row = only(SO_FAR, LAST, [aim(2000)], breaks=pd.DataFrame([cells]))
    if kind == "disturbance":
        assert row["season"] == pytest.approx(76.1)
        assert row["reason"].startswith("disturbed period; ")
    else:
        assert np.isnan(row["season"])
        assert row["reason"].startswith(f"no season of last year: not comparable: {kind} break; ")


def test_an_areas_own_target_goes_before_that_for_all() -> None:
    part = [figure(PART, 50, area=code) for code in ("1", "2", "3")]
    targets = [aim(100), aim(60, area="2"), aim(0, area="3", kind="improve"), aim(70, area="9"), aim(30, period="2023")]
    targets += [aim(1, unit="01"), aim(1, "unheard_of")]
    rows = told(part, [], targets).set_index("area")
    assert rows.index.tolist() == ["1", "2", "3"]
    assert rows["target"].tolist() == [100, 60, 0]
    assert rows["status"].tolist() == ["behind", "ahead", "not_applicable"]


def test_units_and_other_months_take_no_part() -> None:
    others = [figure("2024-01/2024-08", 5), figure("2024", 9), figure(PART, 5, unit="01"), figure("unknown", 5)]
    assert_same = [told(SO_FAR + more, LAST, [aim(2000)]) for more in ([], others)]
    pd.testing.assert_frame_equal(*assert_same)


def test_the_newest_definition_counts() -> None:
    catalogue = [about(), about(valid_from="2024")]
    part = [*SO_FAR, figure(PART, 10, definition="2024")]
    row = only(part, LAST, [aim(2000)], catalogue)
    assert (row["definition"], row["value"]) == ("2024", 10)
    assert "definition changed" in row["reason"]


@pytest.mark.parametrize("period", ["2024", "2023-12/2024-11", "2023-01/2024-03"])
def test_a_year_that_is_over_has_no_progress(period: str) -> None:
    with pytest.raises(ValueError, match="part of a year"):
        told([figure(period, 1)], [], [aim(2)], period=period)


def test_a_range_needs_enough_errors() -> None:
    for confidence, least in ((0.8, 9), (0.9, 19), (0.95, 39)):
        told(SO_FAR, LAST, [aim(2000)], confidence=confidence, fewest=least)
        with pytest.raises(ValueError, match=f"takes {least} past errors"):
            told(SO_FAR, LAST, [aim(2000)], confidence=confidence, fewest=least - 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        told(SO_FAR, LAST, [aim(2000)], confidence=95)


# --- from facts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cumulative", [False, True])
def test_an_assessment_year_from_months_and_from_cumulative_returns(tmp_path: Path, cumulative: bool) -> None:
    months = [f"{2022 + at // 12}-{at % 12 + 1:02d}" for at in range(11, 32)]  # 2022-12 to 2024-08
    facts = [fact(name, "1", "a", 10 + at) for at, name in enumerate(months)]
    if cumulative:
        so_far = {"2022-12/2023-08": range(9), "2023-12/2024-08": range(12, 21), "2022-12/2023-11": range(12)}
        facts = [fact(name, "1", "a", sum(10 + at for at in span)) for name, span in so_far.items()]
    targets = [{**aim(300, "count"), "period": "2023-12/2024-11", "source": "a test", "mark": "general"}]
    folder = dataset(
        tmp_path / "assessed",
        facts=facts,
        targets=[{k: "" if v != v else v for k, v in row.items()} for row in targets],
        items=[item("a")],
        indicators=[indicator("count", "a", kind="count", per=1)],
    )
    data = load(str(folder))
    period = "2023-12/2024-08"
    part, year = (indicators(data, every=every) for every in (period, year_of(period)))
    (row,) = progress.progress(part, year, data.targets, data.catalogue, data.items, period).to_dict("records")
    now, before, whole = (sum(10 + at for at in span) for span in (range(12, 21), range(9), range(12)))
    assert row["reached"] == pytest.approx(100 * now / 300)
    assert row["calendar"] == 75
    assert row["season"] == pytest.approx(100 * before / whole)
    assert row["projected"] == pytest.approx(now * whole / before)


def test_the_example_from_its_facts() -> None:
    data = load("example")
    part, year = (indicators(data, every=every, units=False) for every in (PART, "year"))
    tables = (data.targets, data.catalogue, data.items, PART)
    counties = data.counties()
    rows = progress.progress(part, year, *tables, breaks=data.breaks, peers=counties)
    facts = data.facts[(data.facts["area"] == "990101") & (data.facts["unit"] == "")]
    facts = facts.set_index(["item", "period"])["value"]
    done = [sum(facts["patrols_done", f"{y}-{m:02d}"] for m in range(1, 10)) for y in (2023, 2024)]
    whole = sum(facts["patrols_done", f"2023-{m:02d}"] for m in range(1, 13))
    due = 2 * facts["supervised_sites", "2024-09"]
    one = rows[(rows["area"] == "990101") & (rows["indicator"] == "patrol_completion_rate")].squeeze()
    assert one["reached"] == pytest.approx(100 * done[1] / (0.9 * due))
    assert one["season"] == pytest.approx(100 * done[0] / whole)
    assert one["projected"] == pytest.approx(100 * done[1] * whole / done[0] / due)
    # months of one earlier year only: the season stands untested, its range is what all counties had done by then
    known = rows[rows["projected"].notna()]
    assert set(known["n_years"]) == {1}
    assert set(known["tested_by"]) == {"calendar", "unchanged"}
    assert known["reason"].str.contains("could not be tested").all()
    shares = []
    for code in counties:
        own = data.facts[(data.facts["area"] == code) & (data.facts["item"] == "patrols_done")]
        own = own[(own["unit"] == "") & own["period"].str.fullmatch(r"2023-\d\d")]
        annual = year.query("area == @code and period == '2023' and indicator == 'patrol_completion_rate'")["numerator"]
        shares.append(own.loc[own["period"] < "2023-10", "value"].sum() / annual.item())
    assert one["projected_lower"] == pytest.approx(one["value"] / max(shares))
    assert one["projected_upper"] == pytest.approx(one["value"] / min(shares))
    met = sum(one["value"] / share >= 90 for share in shares)
    assert one["chance"] == pytest.approx((met + 1) / 14)
    # the year to be projected tells nothing, even where its months are all there
    blanked = year.assign(**{n: year[n].mask(year["period"] == "2024") for n in ("numerator", "value")})
    again = progress.progress(part, blanked, *tables, breaks=data.breaks, peers=counties)
    pd.testing.assert_frame_equal(again, rows)


# --- against a plain calculation -----------------------------------------------------------------------------------


def plainly(
    done: dict[tuple[int, str], float], whole: dict[tuple[int, str], float], now: int, target: float, down: bool
) -> dict[str, tuple[Any, ...]]:
    """Projection, method, range and chance of each area, one indicator that is a flow, in plain Python."""

    def season(year: int, place: str) -> float | None:
        so_far, total = done.get((year, place)), whole.get((year, place))
        if so_far is None or not total or so_far > total:
            return None
        return so_far / total

    places = sorted({place for _, place in done})
    errors: dict[str, list[float]] = {"season": [], "calendar": []}
    both = []
    for (year, place), so_far in done.items():
        total = whole.get((year, place))
        if year >= now or not so_far or not total:
            continue
        evenly = math.log(total / (so_far / 0.75))
        errors["calendar"].append(evenly)
        before = season(year - 1, place)
        if before:
            by_season = math.log(total / (so_far / before))
            errors["season"].append(by_season)
            both.append((abs(by_season), abs(evenly)))
    enough = {name: len(some) >= FEWEST for name, some in errors.items()}
    result = {}
    for place in places:
        value = done.get((now, place))
        if value is None:
            continue
        share = season(now - 1, place)
        by = "season" if share else "calendar"
        if enough["season"] and statistics.median(e for _, e in both) < statistics.median(s for s, _ in both):
            by = "calendar"
        tested = by if by == "calendar" or enough["season"] else "calendar"
        if not value:
            result[place] = (NAN, "", NAN, NAN, NAN)
            continue
        projected = value / (share if by == "season" and share else 0.75)
        lower = upper = chance = NAN
        if enough[tested]:
            base = value / (share if tested == "season" and share else 0.75)
            some = sorted(errors[tested])
            k = int((len(some) + 1) * 0.1 + 1e-9)
            lower, upper = (max(base * math.exp(e), value) for e in (some[k - 1], some[-k]))
            ends = [base * math.exp(e) for e in some]
            met = sum(end <= target * (1 + 1e-9) if down else end >= target * (1 - 1e-9) for end in ends)
            chance = (met + 1) / (len(some) + 2)
            if not lower * (1 - 1e-9) <= projected <= upper * (1 + 1e-9):
                lower = upper = chance = NAN
        if value > target if down else value >= target:
            chance = 0.0 if down else 1.0
        result[place] = (projected, by, lower, upper, chance)
    return result


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[tuple[int, str], float], dict[tuple[int, str], float]]:
    """Figures by September and whole years of five areas; drawn from few numbers, so that zeros and ties come up."""
    done, whole = {}, {}
    years = range(2024 - draw(st.integers(1, 4)), 2025)
    for year in years:
        for place in "abcdef":
            so_far = draw(st.sampled_from([0, 30, 60, 60, 75, 80, 90, None]))
            if so_far is not None:
                done[year, place] = float(so_far)
            total = draw(st.sampled_from([None, 90, 100, 100, 120]))
            if total is not None:
                whole[year, place] = float(total)
    return done, whole


@settings(max_examples=40, deadline=None)
@given(histories(), st.sampled_from([75.0, 90.0, 100.0]), st.booleans())
def test_projection_against_a_plain_calculation(
    history: tuple[dict[tuple[int, str], float], dict[tuple[int, str], float]], target: float, down: bool
) -> None:
    done, whole = history
    part = [figure(f"{year}-01/{year}-09", value, area=place) for (year, place), value in done.items()]
    year = [figure(str(year), value, area=place) for (year, place), value in whole.items()]
    rows = told(part, year, [aim(target)], [about(direction="down" if down else "up")]).set_index("area")
    expected = plainly(done, whole, 2024, target, down)
    assert set(rows.index[rows["value"].notna()]) == set(expected)
    for place, (projected, by, lower, upper, chance) in expected.items():
        row = rows.loc[place]
        assert row["projected_by"] == by
        ours = row[["projected", "projected_lower", "projected_upper", "chance"]].tolist()
        assert ours == pytest.approx([projected, lower, upper, chance], nan_ok=True)
        assert (row["reason"] == "") <= np.isfinite(chance)


@given(st.lists(st.floats(-1, 1), min_size=9, max_size=60), st.floats(-1.2, 1.2))
def test_range_and_chance_are_of_order_statistics(errors: list[float], needed: float) -> None:
    pool = Pool(np.sort(errors), 1, "indicator")
    lower, upper = pool.limits(0.8)
    outside = sum(e < lower for e in errors), sum(e > upper for e in errors)
    # of n + 1 places among the errors, a fifth at most lies outside
    assert sum(outside) + 2 <= 0.2 * (len(errors) + 1) + 1e-9
    chance = pool.chance(np.array([needed, needed, NAN]), np.array([False, True, False]))
    assert chance[0] == pytest.approx((sum(e >= needed - 1e-9 for e in errors) + 1) / (len(errors) + 2))
    assert chance[1] == pytest.approx((sum(e <= needed + 1e-9 for e in errors) + 1) / (len(errors) + 2))
    assert np.isnan(chance[2])


def test_the_family_stands_in_where_the_indicator_has_too_few() -> None:
    catalogue = [
        about("small", family="x"),
        about("large", family="x"),
        about("level", "level", family="x"),
        about("other"),
    ]
    places = [f"{at:02d}" for at in range(8)]
    part, year = [], []
    for at, place in enumerate(places):
        for name in ("small", "large", "level", "other"):
            count = 2 if name == "small" else 8
            for y in range(2021, 2024) if at < count else ():
                part.append(figure(f"{y}-01/{y}-09", 70 + at, area=place, indicator=name))
                year.append(figure(str(y), 100, area=place, indicator=name))
            part.append(figure(PART, 75, area=place, indicator=name))
    rows = told(part, year, [aim(100, name) for name in ("small", "large", "level", "other")], catalogue)
    rows = rows[rows["area"] == "00"].set_index("indicator")
    # 2 areas × 2 years of the season are too few; with the 8 × 2 of the other flow of the family there are enough
    assert rows["errors_of"].to_dict() == {
        "small": "family",
        "large": "indicator",
        "level": "indicator",
        "other": "indicator",
    }
    assert rows["n_errors"].to_dict() == {"small": 20, "large": 16, "level": 16, "other": 16}


def test_peers_alone_give_the_errors() -> None:
    places = [f"{at:02d}" for at in range(12)]
    part = [figure(f"{y}-01/{y}-09", 70 + at, area=p) for at, p in enumerate(places) for y in (2023, 2024)]
    year = [figure("2023", 100, area=p) for p in places]
    assert set(told(part, year, [aim(100)])["n_errors"]) == {12}
    assert set(told(part, year, [aim(100)], peers=places[1:])["n_errors"]) == {11}


def test_a_disturbed_year_gives_no_error() -> None:
    places = [f"{at:02d}" for at in range(12)]
    part = [figure(f"{y}-01/{y}-09", 70 + at, area=p) for at, p in enumerate(places) for y in range(2020, 2025)]
    year = [figure(str(y), 100, area=p) for p in places for y in range(2020, 2024)]
    cells = {"from": "2021", "to": "2021", "indicator": "*", "area": "*", "kind": "disturbance"}
    rows = told(part, year, [aim(100)], breaks=pd.DataFrame([cells]))
    # of the seasons 2021 to 2023 only the last one has neither year disturbed
    assert set(rows["n_errors"]) == {12}
    assert set(rows["n_years"]) == {1}
    assert set(told(part, year, [aim(100)])["n_errors"]) == {36}
    tables = (
        frame(year),
        pd.DataFrame([aim(100, period=str(y)) for y in range(2020, 2024)]),
        pd.DataFrame([about()]),
        ITEMS,
    )
    tried = progress.backtest([frame(part)], *tables, before="2024", breaks=pd.DataFrame([cells]))
    assert tried.set_index("method")["n_years"].to_dict() == {"calendar": 3, "chosen": 3, "season": 2}
    # nor is there one of the calendar
    part, year = ([row for row in rows if row["period"][:4] in ("2021", "2024")] for rows in (part, year))
    assert set(told(part, year, [aim(100)])["n_errors"]) == {12}
    assert set(told(part, year, [aim(100)], breaks=pd.DataFrame([cells]))["n_errors"]) == {0}


def test_what_has_been_done_bounds_the_range() -> None:
    places = [f"{at:02d}" for at in range(12)]
    shares = {2021: 80, 2022: 99, 2023: 99, 2024: 50}
    part = [figure(f"{y}-01/{y}-09", share, area=p) for p in places for y, share in shares.items()]
    year = [figure(str(y), 100, area=p) for p in places for y in (2021, 2022, 2023)]
    rows = told(part, year, [aim(100)])
    # the season of 2021 took 99 of 100 for 80 in 100: below what is done by now, if it happened again
    assert set(rows["tested_by"]) == {"season"}
    assert rows["projected_lower"].tolist() == [50] * 12
    assert rows["projected_upper"].tolist() == pytest.approx([50 / 0.99] * 12)
    # a level may fall
    part = [row | dict.fromkeys(("numerator", "value"), 110 if row["period"] < "2024" else 50) for row in part]
    levels = told(part, year, [aim(100)], [about(numerator="level")])
    assert levels["projected_lower"].tolist() == pytest.approx([50 / 1.1] * 12)


def test_an_area_unlike_the_others_has_no_chance() -> None:
    shares = [70 + at for at in range(30)]
    shares[0] = 20
    part = [figure(f"{y}-01/{y}-09", s, area=f"{at:02d}") for at, s in enumerate(shares) for y in (2023, 2024)]
    year = [figure("2023", 100, area=f"{at:02d}") for at in range(30)]
    rows = told(part, year, [aim(100)]).set_index("area")
    outlying = rows["chance"].isna()
    # 30 errors at 80%: three at each end lie outside; those at the very bounds are inside
    assert outlying.sum() == 4
    assert rows.loc[outlying, "reason"].str.contains("unlike the others").all()
    assert rows.loc["00", ["projected", "projected_by"]].tolist() == [pytest.approx(100), "season"]


# --- simulated years -----------------------------------------------------------------------------------------------

AREAS, YEARS, TASKS = 12, 5, 300
WEIGHTS = np.array([2, 2, 6, 10, 13, 14, 12, 10, 10, 9, 7, 5]) / 100
"""Examinations are mostly done from April to July, a fifth by the end of April."""


def simulated(seed: int, weights: np.ndarray, size: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of TASKS tasks in AREAS areas: done by April, and in the whole year, of each of YEARS years.

    Every task has a level of its own, every area a season of its own that lasts, and each year its own chances.
    """
    rng = np.random.default_rng(seed)
    level = size * np.exp(rng.normal(0, 0.4, (TASKS, AREAS, 1)) + rng.normal(0, 0.1, (TASKS, AREAS, YEARS)))
    lasting = np.exp(rng.normal(0, spread, (TASKS, AREAS, 1, 12)))
    season = weights * lasting * np.exp(rng.normal(0, 0.1, (TASKS, AREAS, YEARS, 12)))
    months = rng.poisson(level[..., None] * season / season.sum(axis=-1, keepdims=True))
    return months[..., :4].sum(axis=-1).astype(float), months.sum(axis=-1).astype(float)


def frames_of(done: np.ndarray, whole: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    tasks, areas, years = (at.ravel() for at in np.indices(done.shape))
    names = {
        "area": [f"{at:02d}" for at in areas],
        "unit": "",
        "indicator": [f"task{at}" for at in tasks],
        "definition": "",
        "reason": "",
    }
    made = []
    for form, numbers in (("{0}-01/{0}-04", done), ("{0}", whole)):
        texts = pd.DataFrame({"period": [form.format(2020 + at) for at in years], **names}).astype("str")
        made.append(texts.assign(numerator=numbers.ravel(), denominator=NAN, value=numbers.ravel()))
    return made[0], made[1]


def tables_of(goals: np.ndarray, direction: str = "up") -> tuple[pd.DataFrame, pd.DataFrame]:
    """One target for every task and area in every year (or in the last)."""
    at_task, at_area, at_year = (at.ravel() for at in np.indices(goals.shape))
    targets = pd.DataFrame(
        {
            "period": [str(2024 - goals.shape[2] + 1 + at) for at in at_year],
            "area": [f"{at:02d}" for at in at_area],
            "unit": "",
            "indicator": [f"task{at}" for at in at_task],
            "target": goals.ravel(),
            "upper": NAN,
            "kind": "absolute",
        }
    )
    catalogue = pd.DataFrame([about(f"task{at}", family=f"family{at}", direction=direction) for at in range(TASKS)])
    return targets, catalogue


def projected(
    seed: int, weights: np.ndarray, size: float, spread: float, years: int = YEARS, direction: str = "up"
) -> pd.DataFrame:
    """What is projected for the last year, beside what became of it; targets near what it came to."""
    done, whole = (numbers[..., -years:] for numbers in simulated(seed, weights, size, spread))
    done, whole = np.maximum(done, 1), np.maximum(whole, 1)
    part, year = frames_of(done, whole)
    part, year = (
        ind.assign(period=ind["period"].str.replace(r"\d{4}", lambda m: str(int(m[0]) + YEARS - years), regex=True))
        for ind in (part, year)
    )
    rng = np.random.default_rng(seed + 1)
    goals = np.rint(done[..., -1:] / weights[:4].sum() * np.exp(rng.normal(0, 0.08, (*done.shape[:2], 1))))
    targets, catalogue = tables_of(goals, direction)
    rows = progress.progress(part, year, targets, catalogue, ITEMS, "2024-01/2024-04")
    ends = year[year["period"] == "2024"].set_index(["area", "indicator"])["value"].rename("actual")
    return rows.join(ends, on=["area", "indicator"])


def in_bounds(hits: int, n: int, share: float, *, above: bool = True) -> None:
    """Whether hits are as many as a share leads to expect, or more; or, if not above, not far from it either way."""
    low, high = binom.ppf([0.0005, 0.9995], n, share)
    assert hits >= low, (hits, n, share)
    assert above or hits <= high, (hits, n, share)


def test_a_strong_season_beats_the_calendar_and_its_range_holds() -> None:
    rows = projected(1, WEIGHTS, 800, 0.3)
    assert set(rows["projected_by"]) == {"season"}
    assert set(rows["tested_by"]) == {"season"}
    assert set(rows["n_errors"]) == {36}
    # one area of each task: its errors are its own, so the cases are independent
    one = rows[rows["area"] == "00"]
    inside = (one["actual"] >= one["projected_lower"]) & (one["actual"] <= one["projected_upper"])
    in_bounds(int(inside.sum()), TASKS, 0.8)
    assert inside.mean() < 0.95
    by_season = (rows["actual"] / rows["projected"] - 1).abs().median()
    evenly = (rows["actual"] / (rows["value"] * 3) - 1).abs().median()
    assert by_season < 0.6 * evenly


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_chance_comes_true_as_often_as_it_says(direction: str) -> None:
    rows = projected(2, WEIGHTS, 800, 0.3, direction=direction)
    one = rows[rows["area"] == "03"]
    met = one["actual"] >= one["target"] if direction == "up" else one["actual"] <= one["target"]
    bins = pd.cut(one["chance"], [0, 0.2, 0.5, 0.8, 1])
    assert bins.value_counts().min() >= 25
    for _, some in one.groupby(bins, observed=True):
        expected, spread = some["chance"].sum(), math.sqrt((some["chance"] * (1 - some["chance"])).sum())
        # Laplace's rule pulls each chance towards one half by 1 / (n + 2) at the most
        assert abs(met[some.index].sum() - expected) <= 3.3 * spread + len(some) / 38
    brier = ((one["chance"] - met) ** 2).mean()
    assert brier < 0.7 * met.mean() * (1 - met.mean())


def test_where_there_is_no_season_the_calendar_is_taken() -> None:
    rows = projected(3, np.full(12, 1 / 12), 60, 0.0)
    # chance makes last year's share by April a worse guide than one third
    assert (rows["projected_by"] == "calendar").mean() > 0.9
    one = rows[rows["area"] == "00"]
    inside = (one["actual"] >= one["projected_lower"]) & (one["actual"] <= one["projected_upper"])
    in_bounds(int(inside.sum()), TASKS, 0.8)


def test_with_one_earlier_year_the_others_seasons_give_the_range() -> None:
    rows = projected(4, WEIGHTS, 800, 0.1, years=2)
    assert set(rows["projected_by"]) == {"season"}
    assert set(rows["tested_by"]) == {"calendar"}
    assert set(rows["n_errors"]) == {12}
    one = rows[rows["area"] == "00"]
    inside = (one["actual"] >= one["projected_lower"]) & (one["actual"] <= one["projected_upper"])
    in_bounds(int(inside.sum()), TASKS, 0.8)
    met = one["actual"] >= one["target"]
    expected = one["chance"].sum()
    assert abs(met.sum() - expected) <= 3.3 * math.sqrt((one["chance"] * (1 - one["chance"])).sum()) + TASKS / 14


def test_the_backtest_tells_season_from_calendar() -> None:
    done, whole = simulated(5, WEIGHTS, 800, 0.3)
    part, year = frames_of(done, whole)
    targets, catalogue = tables_of(np.rint(whole * 1.0))
    result = progress.backtest([part], year, targets, catalogue, ITEMS, before="2024")
    assert result["months"].unique().tolist() == [4]
    rows = result.set_index("method")
    assert rows.loc["season", "median_absolute_error"] < 0.6 * rows.loc["calendar", "median_absolute_error"]
    # seasons can be tried from 2021 on; 2024 is the year to come
    assert rows["n"].to_dict() == {"calendar": 48 * TASKS, "chosen": 48 * TASKS, "season": 36 * TASKS}
    assert rows["n_years"].to_dict() == {"calendar": 4, "chosen": 4, "season": 3}
    assert rows["n_ranges"].to_dict() == {
        "calendar": 36 * TASKS,
        "chosen": rows.loc["chosen", "n_ranges"],
        "season": 24 * TASKS,
    }
    for method in ("calendar", "season", "chosen"):
        assert rows.loc[method, "coverage"] > 0.77
        assert 0 < rows.loc[method, "brier"] < 0.5
    # by hand, from the same figures: the error of each method, and the range of 2022 from the errors of 2021
    shares = done / whole
    errors = {"calendar": whole / (done * 3), "season": whole[..., 1:] / (done[..., 1:] / shares[..., :-1])}
    for method, ratio in errors.items():
        expected = np.median(np.abs(ratio[..., :-1] - 1)) * 100
        assert rows.loc[method, "median_absolute_error"] == pytest.approx(expected)
    tried = progress.backtest([part], year, targets, catalogue, ITEMS, before="2023").set_index("method")
    first, second = np.sort(errors["season"][..., 0], axis=1), errors["season"][..., 1]
    inside = (second >= first[:, :1]) & (second <= first[:, -1:])  # 12 errors at 80%: the least and the largest
    assert tried.loc["season", "coverage"] == pytest.approx(inside.mean())


@pytest.mark.parametrize(("direction", "factor"), [("up", 0.5), ("down", 2.0)])
def test_a_target_that_is_sure_to_be_met_has_a_chance_to_match(direction: str, factor: float) -> None:
    done, whole = simulated(6, WEIGHTS, 800, 0.1)
    part, year = frames_of(done[:20], whole[:20])
    targets, catalogue = tables_of(np.rint(whole[:20] * factor), direction)
    result = progress.backtest([part], year, targets, catalogue, ITEMS, before="2024")
    assert (result["brier"] < 0.02).all()


def test_a_backtest_of_one_year_says_what_it_cannot_test() -> None:
    part = [figure(f"{y}-01/{y}-09", 70 + at, area=f"{at:02d}") for at in range(12) for y in (2023, 2024)]
    year = [figure(str(y), 100, area=f"{at:02d}") for at in range(12) for y in (2023, 2024)]
    tables = (pd.DataFrame([aim(100, period="2023")]), pd.DataFrame([about()]), ITEMS)
    result = progress.backtest([frame(part)], frame(year), *tables, before="2024")
    assert result["method"].tolist() == ["calendar", "chosen"]
    assert result["n"].tolist() == [12, 12]
    assert result[["coverage", "brier"]].isna().all(axis=None)
    assert result["reason"].str.contains("no range could be tested").all()
    assert wording.untranslated(result["reason"]) == []
    assert progress.backtest([], frame(year), *tables).empty
    assert progress.backtest([frame([]), frame([figure("unknown", 1)])], frame(year), *tables).empty
    # with the second year complete, the first one's errors test it
    both = progress.backtest([frame(part)], frame(year), *tables).set_index("method")
    assert both.loc["calendar", "n_ranges"] == 12
    assert both.loc["season", "median_absolute_error"] == pytest.approx(0)


def test_paired_rows_of_nothing() -> None:
    assert paired(frame([]), frame([]), natures(pd.DataFrame([about()]), ITEMS), PART).empty
    assert told([], [], [aim(2000)]).empty
    assert told(SO_FAR, LAST, [aim(2000, period="2022")]).empty
