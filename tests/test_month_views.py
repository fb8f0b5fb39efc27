"""Control charts of a page: which indicators have one, what is passed on to it, and which are to be looked at first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import month_views, periods
from evaltools.control_limits import KINDS, POINTS, control_chart_points
from evaltools.datasets import Data
from evaltools.regions import RegionFigures

pytestmark = pytest.mark.slow

COUNTY, OTHER = "990101", "990102"
MONTHS = periods.of_frequency("month", periods.Span(2020 * 12, 2024 * 12 + 11))
"""Five years, of which a page shows three."""

EVERYTHING = RegionFigures(*(pd.DataFrame() for _ in range(5)))
"""Of the figures of a region a chart asks only what its audience may see: here, all."""

OVER_TIME = {"visited": "sum", "born": "sum", "managed": "last", "people": "last", "meals": "mean", "once": "none"}
INDICATORS = {
    # name: numerator, denominator, what it is
    "visit_share": ("visited", "born", {}),
    "deaths": ("visited", "born", {"kind": "rate", "per": "1000", "direction": "down"}),
    "both_and_more": ("visited + born", "2*born", {"direction": "none"}),
    "seldom": ("visited + rare - rare", "born", {}),
    "standing_below": ("visited", "people", {}),
    "standing": ("managed", "people", {}),
    "standing_above": ("managed", "born", {}),
    "averaged": ("meals", "born", {}),
    "counted_once": ("once", "born", {}),
    "money": ("visited", "born + born", {"kind": "ratio"}),
    "number": ("visited", "", {"kind": "count", "per": "1"}),
    "nobody": ("visited", "unreported", {}),
}
CHARTED = ["visit_share", "deaths", "both_and_more"]


def facts() -> Iterator[dict]:
    random = np.random.default_rng(20240630)
    for code in (COUNTY, OTHER):
        for at, month in enumerate(MONTHS):
            born = int(random.integers(380, 420))
            share = 0.7 if code == COUNTY and month == "2024-05" else 1.0
            yield fact(month, code, "born", born)
            yield fact(month, code, "visited", round(born * share) - int(random.integers(0, 22)))
            yield from (fact(month, code, name, 500 + at) for name in ("managed", "meals", "once"))
            yield fact(month, code, "people", 1000)


def broken(kind: str, start: str, end: str = "", name: str = "*", place: str = "*") -> dict[str, str]:
    row = {"from": start, "to": end or start, "indicator": name, "area": place, "kind": kind}
    return {**row, "note_zh": "注", "note_en": "n"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    items = [item(name, over_time=way) for name, way in OVER_TIME.items()]
    items += [item("unreported"), item("rare")]
    targets = [("2024", "*", 93, "absolute"), ("2024", COUNTY, 95, "absolute"), ("2023", "*", 50, "absolute")]
    own = [
        {
            "period": period,
            "area": place,
            "unit": "",
            "indicator": "visit_share",
            "target": x,
            "upper": "",
            "kind": kind,
        }
        for period, place, x, kind in targets
    ]
    improve = {
        "period": "2024",
        "area": "*",
        "unit": "",
        "indicator": "deaths",
        "target": 1,
        "upper": "",
        "kind": "improve",
    }
    return ev.load(
        str(
            dataset(
                tmp_path_factory.mktemp("months") / "months",
                {"region": "990100"},
                areas=[area("990100"), *(area(code, parent="990100") for code in (COUNTY, OTHER))],
                items=items,
                indicators=[indicator(name, above, below, **own_) for name, (above, below, own_) in INDICATORS.items()],
                facts=list(facts()),
                targets=[{**row, "source": "s", "mark": "general"} for row in (*own, improve)],
            )
        )
    )


def controlled(data: Data, period: str = "2024", place: str = COUNTY, lang: str = "zh") -> pd.DataFrame:
    return month_views.controlled(data, EVERYTHING, place, period, lang)


@pytest.fixture(scope="module")
def points(data: Data) -> pd.DataFrame:
    return controlled(data)


# --- which have a chart --------------------------------------------------------------------------------------------


def test_only_what_is_counted_anew_on_both_sides_has_a_chart(points: pd.DataFrame) -> None:
    assert list(dict.fromkeys(points["indicator"])) == CHARTED, "in the order of the catalogue"
    assert list(points.columns) == month_views.COLUMNS


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", "2022-01", "2024-12"),
        ("2024-H1", "2021-07", "2024-06"),
        ("2023-12/2024-11", "2021-12", "2024-11"),
        ("2024-01/2024-02", "2021-03", "2024-02"),
        ("2021", "2020-01", "2021-12"),
    ],
)
def test_three_years_up_to_the_end_of_the_period(data: Data, period: str, first: str, last: str) -> None:
    found = controlled(data, period)
    for _, part in found.groupby("indicator"):
        months = part["period"].tolist()
        assert (months[0], months[-1]) == (first, last)
        assert months == periods.of_frequency(
            "month", periods.Span(periods.parse(first).first, periods.parse(last).first)
        )


@pytest.mark.parametrize("period", ["2024-06", "2031", "2001", "2001-H1"])
def test_no_chart_on_the_page_of_a_month_nor_without_months(data: Data, period: str) -> None:
    found = controlled(data, period)
    assert found.empty and list(found.columns) == month_views.COLUMNS
    assert month_views.to_look_at(found) == []


def test_the_public_is_shown_no_month(data: Data) -> None:
    """What may be published is protected as whole years together; months beside them would give numbers away."""
    public = ev.region_figures(data, "year", "public")
    assert public.indicators["value"].notna().any()
    assert month_views.controlled(data, public, COUNTY, "2024", "zh").empty


def test_no_chart_where_nothing_is_counted_anew(data: Data) -> None:
    standing = replace(data, items=data.items.assign(over_time="last"))
    assert controlled(standing).empty
    yearly = replace(data, facts=data.facts[data.facts["period"].str.len() == 4])
    assert controlled(yearly).empty


# --- what is passed on ---------------------------------------------------------------------------------------------


def by_hand(data: Data, name: str, place: str = COUNTY) -> pd.DataFrame:
    """Month, numerator, denominator and value of an indicator, from the facts."""
    rows = data.facts[(data.facts["area"] == place) & data.facts["period"].isin(MONTHS[-36:])]
    wide = rows.pivot(index="period", columns="item", values="value").sort_index()
    above = {"visit_share": wide["visited"], "deaths": wide["visited"], "both_and_more": wide["visited"] + wide["born"]}
    below = 2 * wide["born"] if name == "both_and_more" else wide["born"]
    per = 1000 if name == "deaths" else 100
    table = pd.DataFrame({"numerator": above[name], "denominator": below, "value": above[name] / below * per})
    return table.reset_index()


@pytest.mark.parametrize("place", [COUNTY, OTHER])
def test_the_points_are_those_of_the_facts_and_their_target(data: Data, place: str) -> None:
    found = controlled(data, place=place)
    aims = {"visit_share": 95 if place == COUNTY else 93}
    for name, part in found.groupby("indicator", sort=False):
        about = INDICATORS[str(name)][2]
        expected = control_chart_points(
            by_hand(data, str(name), place),
            target=aims.get(str(name), math.nan),
            direction=str(about.get("direction", "up")),
            bounds=None if name == "deaths" else (0.0, 100.0),
        )
        pd.testing.assert_frame_equal(part[POINTS].reset_index(drop=True), expected)
        assert set(part["per"]) == {1000 if name == "deaths" else 100}
        assert set(part["measure_kind"]) == {about.get("kind", "proportion")}
        assert set(part["label"]) == {f"指标{name}"}


def test_the_limits_of_a_share_end_at_its_whole(points: pd.DataFrame) -> None:
    share = points[points["indicator"] == "visit_share"]
    spread = share["moving_range"][share["moving_range"] < 10].mean()
    assert share["mean"].iloc[0] + 2.66 * spread > 100 and share["upper"].iloc[0] == 100


def test_the_month_that_stands_out_is_found(points: pd.DataFrame) -> None:
    share = points[points["indicator"] == "visit_share"].set_index("period")
    assert (share.loc["2024-05", "kind"], share.loc["2024-05", "status"]) == ("below_limit", "worse")
    deaths = points[points["indicator"] == "deaths"].set_index("period")
    assert deaths.loc["2024-05", "status"] == "better", "fewer deaths are better"
    neutral = points[points["indicator"] == "both_and_more"].set_index("period")
    assert neutral.loc["2024-05", "status"] == "neutral"


@pytest.mark.parametrize("kind", ["definition", "boundary"])
def test_a_break_begins_a_segment(data: Data, kind: str) -> None:
    table = pd.DataFrame([broken(kind, "2023-07", name="visit_share"), broken(kind, "2023-10", place=OTHER)])
    found = controlled(replace(data, breaks=table))
    segments = {name: part.set_index("period")["segment"] for name, part in found.groupby("indicator")}
    assert (segments["deaths"] == 1).all(), "another indicator, and another county"
    own = segments["visit_share"]
    assert own[own == 2].index[0] == "2023-07" and set(own) == {1, 2}
    means = found[found["indicator"] == "visit_share"].groupby("segment")["mean"].first()
    values = by_hand(data, "visit_share").set_index("period")["value"]
    assert means[1] == pytest.approx(values[:"2023-06"].mean()) and means[2] == pytest.approx(values["2023-07":].mean())


def test_a_disturbance_leaves_its_months_out_of_the_limits(data: Data) -> None:
    table = pd.DataFrame([broken("disturbance", "2024-05", "2024-06", name="visit_share")])
    found = controlled(replace(data, breaks=table))
    own = found[found["indicator"] == "visit_share"].set_index("period")
    assert own.index[own["disturbed"]].tolist() == ["2024-05", "2024-06"]
    assert own.loc["2024-05", "kind"] == "" and own["segment"].eq(1).all()
    values = by_hand(data, "visit_share").set_index("period")["value"]
    assert own["mean"].iloc[0] == pytest.approx(values.drop(["2024-05", "2024-06"]).mean())
    assert not found.loc[found["indicator"] == "deaths", "disturbed"].any()


@pytest.mark.parametrize("last", ["2023", "2024"])
def test_a_chart_is_of_one_definition_the_newest_of_the_period(data: Data, last: str) -> None:
    """Until `last` births are the denominator, from 2024 on twice as many; in a bridging year there are both."""
    old = data.catalogue["indicator"] == "visit_share"
    rows = data.catalogue[old]
    two = pd.concat(
        [rows.assign(valid_to=last), rows.assign(valid_from="2024", denominator="2*born"), data.catalogue[~old]]
    )
    found = controlled(replace(data, catalogue=two.reset_index(drop=True)))
    own = found[found["indicator"] == "visit_share"]
    assert own["period"].tolist() == MONTHS[-12:] and set(own["definition"]) == {"2024"}
    values = by_hand(data, "visit_share").set_index("period")["value"]
    assert own["value"].tolist() == pytest.approx((values["2024-01":] / 2).tolist())
    assert own["mean"].iloc[0] == pytest.approx(values["2024-01":].mean() / 2), "limits of its own months alone"
    earlier = controlled(replace(data, catalogue=two.reset_index(drop=True)), "2023")
    assert set(earlier.loc[earlier["indicator"] == "visit_share", "definition"]) == {""}


def test_a_missing_month_is_told_and_an_area_of_its_own_is_shown(data: Data) -> None:
    gone = (data.facts["period"] == "2024-02") & (data.facts["item"] == "visited") & (data.facts["area"] == COUNTY)
    found = controlled(replace(data, facts=data.facts[~gone]))
    row = found[(found["indicator"] == "visit_share") & (found["period"] == "2024-02")].iloc[0]
    assert math.isnan(row["value"]) and row["reason"] == "not reported"
    assert not controlled(replace(data, facts=data.facts[~gone]), place=OTHER)["value"].isna().any()


def test_nothing_later_than_the_period_counts(data: Data) -> None:
    later = data.facts["period"] > "2024-06"
    changed = data.facts.assign(value=data.facts["value"].mask(later & (data.facts["item"] == "visited"), 1.0))
    for facts_ in (changed, data.facts[~later]):
        pd.testing.assert_frame_equal(controlled(replace(data, facts=facts_), "2024-H1"), controlled(data, "2024-H1"))


# --- what is to be looked at ---------------------------------------------------------------------------------------

striking = [(kind, status) for kind in KINDS[:8] for status in ("better", "worse", "neutral")]
month = st.sampled_from([("common", ""), ("common", ""), ("", ""), *striking])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(month, min_size=1, max_size=18), max_size=6), st.integers(1, 14), st.integers(1, 4))
def test_the_worst_of_the_last_months_come_first(series: list[list[tuple[str, str]]], months: int, most: int) -> None:
    frames = [
        pd.DataFrame(some, columns=["kind", "status"]).assign(indicator=f"i{at}", definition="", at=range(len(some)))
        for at, some in enumerate(series)
    ]
    empty = pd.DataFrame(columns=["kind", "status", "indicator", "definition", "at"])
    points = pd.concat(frames, ignore_index=True) if frames else empty
    ranks = []
    for at, some in enumerate(series):
        recent = some[-months:]
        signals = sum(kind not in ("", "common") for kind, _ in recent)
        if signals:
            ranks.append((-sum(status == "worse" for _, status in recent), -signals, at))
    found = month_views.to_look_at(points, months, most)
    assert [part["indicator"].iloc[0] for part in found] == [f"i{at}" for _, _, at in sorted(ranks)[:most]]
    for part in found:
        whole = series[int(part["indicator"].iloc[0][1:])]
        assert list(zip(part["kind"], part["status"], strict=True)) == whole, "all its months, in order"


def test_the_page_looks_at_the_share_that_became_worse_first(points: pd.DataFrame) -> None:
    found = [part["indicator"].iloc[0] for part in month_views.to_look_at(points)]
    assert found[0] == "visit_share" and set(found) <= set(CHARTED)
