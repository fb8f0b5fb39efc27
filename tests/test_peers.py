"""Groups of areas alike, places within them, and what a page says of both, against plain counting."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import charts, fair_views, region_narrative, region_views, wording
from evaltools.overdispersion import Dispersion
from evaltools.palette import PALETTE
from evaltools.peers import COMPARISON, PEERS, peer_comparison, peers
from evaltools.region_views import About
from evaltools.wording import LANGUAGES

NAN = math.nan


def places(*kinds: str) -> pd.DataFrame:
    return pd.DataFrame({"area": [f"{at:02d}" for at in range(1, len(kinds) + 1)], "kind": kinds}, dtype="str")


def sized(*numbers: float) -> pd.Series:
    return pd.Series(numbers, index=[f"{at:02d}" for at in range(1, len(numbers) + 1)], dtype=float)


def values(*numbers: float) -> pd.DataFrame:
    return sized(*numbers).rename_axis("area").rename("value").reset_index()


NINE = places(*["rural"] * 6, *["urban"] * 3)
POPULATION = sized(90, 80, 70, 60, 50, 40, 30, 20, 10)


def groups(frame: pd.DataFrame, grouping: str, column: str = "group") -> dict[str, Any]:
    return frame[frame["grouping"] == grouping].set_index("area")[column].to_dict()


# --- groups


def test_groups_by_kind_and_by_thirds() -> None:
    found = peers(NINE, POPULATION)
    assert list(found.columns) == PEERS
    assert list(groups(found, "kind").values()) == ["rural"] * 6 + ["urban"] * 3
    assert list(groups(found, "kind", "n").values()) == [6] * 6 + [3] * 3
    assert list(groups(found, "size").values()) == list("333222111")
    assert (found["reason"] == "").all()


def test_fewer_than_nine_areas_have_no_groups_by_size() -> None:
    found = peers(NINE.iloc[:8], POPULATION)
    assert set(groups(found, "size").values()) == {""}
    assert set(groups(found, "size", "n").values()) == {0}
    assert set(groups(found, "size", "reason").values()) == {"too few areas to group by size: 8 of at least 9"}
    assert set(groups(peers(NINE.iloc[:8], POPULATION, fewest=8), "size").values()) == {"1", "2", "3"}


def test_areas_without_a_kind_or_a_size_say_so() -> None:
    frame = pd.concat([NINE, places("x").assign(area="10", kind=None)])
    found = peers(frame, POPULATION)
    assert groups(found, "kind")["10"] == groups(found, "size")["10"] == ""
    assert groups(found, "kind", "reason")["10"] == "kind of area not given"
    assert groups(found, "size", "reason")["10"] == "no population to group by"
    assert groups(found, "size")["01"] == "3"
    assert set(groups(peers(NINE), "size", "reason").values()) == {"no population to group by"}
    assert wording.untranslated(found["reason"]) == []


def test_areas_of_one_size_are_in_one_group() -> None:
    found = groups(peers(NINE, sized(1, 1, 1, 1, 5, 6, 7, 8, 9)), "size")
    assert list(found.values()) == list("111122333")
    same = peers(NINE, sized(*[5] * 9))
    assert set(groups(same, "size", "reason").values()) == {"sizes differ too little to group by"}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=9, max_size=30), st.integers(2, 4))
def test_groups_by_size_against_counting(numbers: list[int], many: int) -> None:
    found = peers(places(*["x"] * len(numbers)), sized(*numbers), size_groups=many)
    own = list(groups(found, "size").values())
    if len(set(numbers)) < many:
        assert set(own) == {""}
        return
    for size, group in zip(numbers, own, strict=True):
        smaller = sum(other < size for other in numbers)
        assert int(group) == math.floor(smaller * many / len(numbers)) + 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: peers(pd.concat([NINE, NINE])), "more than one row for area '01'"),
        (lambda: peers(NINE, -POPULATION), "sizes must be zero or more"),
        (lambda: peers(NINE, POPULATION, size_groups=1), "at least 2; found 1"),
        (lambda: peer_comparison(pd.concat([values(1), values(2)]), peers(NINE)), "more than one row for area '01'"),
        (lambda: peer_comparison(values(math.inf), peers(NINE)), "finite"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# --- places


def test_a_place_among_peers() -> None:
    found = peer_comparison(values(80, 70, 90, 70, NAN, 60, 95, 85, 75), peers(NINE))
    assert list(found.columns) == COMPARISON
    row = found[found["grouping"] == "kind"].set_index("area").loc["02"]
    assert (row["rank"], row["n_ranked"], row["group_rank"], row["group_n"]) == (6, 8, 3, 5)
    assert (row["group_median"], row["group_difference"], row["reason"]) == (70, 0, "")
    missing = found.set_index(["grouping", "area"]).loc[("kind", "05")]
    assert missing[["value", "rank", "group_rank", "group_median", "group_difference"]].isna().all()
    assert missing["reason"] == "no value of its own"


def test_too_few_peers_say_so() -> None:
    found = peer_comparison(values(*[80] * 6, 1, 2, NAN), peers(NINE))
    urban = found[(found["grouping"] == "kind") & (found["group"] == "urban")].set_index("area")
    assert urban.loc["07", "reason"] == "too few peers with a value: 1 of at least 2"
    assert urban[["group_rank", "group_median", "group_difference"]].isna().all(axis=None)
    assert urban.loc["07", "rank"] == 8
    pair = peer_comparison(values(*[80] * 6, 1, 2, NAN), peers(NINE), fewest_peers=1)
    assert groups(pair, "kind", "group_rank")["07"] == 2
    alone = peer_comparison(values(7), peers(places("urban")))
    assert set(alone["reason"]) == {"too few peers with a value: 0 of at least 2", "no population to group by"}
    assert wording.untranslated([*found["reason"], *alone["reason"]]) == []


def test_all_counties_alike_share_the_first_place() -> None:
    found = peer_comparison(values(*[0.1 + 0.2] * 4, *[0.3] * 5), peers(NINE, POPULATION))
    assert (found["rank"] == 1).all() and (found["group_rank"] == 1).all()
    assert found["group_difference"].to_numpy() == pytest.approx(0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", ""]), st.integers(0, 6).map(float) | st.just(NAN)), min_size=1, max_size=14
    ),
    st.booleans(),
)
def test_places_against_counting(rows: list[tuple[str, float]], high: bool) -> None:
    found = peer_comparison(
        values(*(number for _, number in rows)), peers(places(*(kind for kind, _ in rows))), high_is_better=high
    )
    found = found[found["grouping"] == "kind"]
    known = [number for _, number in rows if not math.isnan(number)]
    for (kind, mine), row in zip(rows, found.to_dict("records"), strict=True):
        own = [number for other, number in rows if other == kind and not math.isnan(number)]
        ahead = (lambda other, mine=mine: other > mine) if high else (lambda other, mine=mine: other < mine)
        if not math.isnan(mine):
            assert row["rank"] == 1 + sum(map(ahead, known)) and row["n_ranked"] == len(known)
        if math.isnan(mine) or not kind or len(own) < 3:
            assert math.isnan(row["group_rank"]) and math.isnan(row["group_median"]) and row["reason"]
            assert row["group_n"] == (len(own) if kind else 0)
            continue
        assert row["group_rank"] == 1 + sum(map(ahead, own)) and row["group_n"] == len(own)
        assert row["group_median"] == statistics.median(own)
        assert row["group_difference"] == mine - statistics.median(own)
        assert row["reason"] == ""


# --- what the page shows


def league(*points: float) -> pd.DataFrame:
    frame = values(*points).rename(columns={"value": "points"})
    frame["rank"] = frame["points"].rank(method="min", ascending=False)
    frame = frame.assign(county=[f"{code}县" for code in frame["area"]])
    return frame.sort_values("rank", kind="stable").reset_index(drop=True)


POINTS = league(80, 70, 90, 70, 85, 60, 95, 85, 75)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_table_of_places(lang: str) -> None:
    table = fair_views.peer_table(POINTS, peers(NINE, POPULATION), lang)
    assert table["area"].tolist() == POINTS["area"].tolist()
    own = table.set_index("area").loc["03"]
    # rural: 80 70 90 70 85 60; the largest third: 80 70 90
    assert (own["kind_rank"], own["kind_n"], own["kind_difference"]) == (1, 6, 15)
    assert (own["size_rank"], own["size_n"], own["size_difference"]) == (1, 3, 10)
    assert own["kind_place"] == {"zh": "第1名/共6个", "en": "1 of 6"}[lang]
    assert list(fair_views.peer_columns(table, lang)) == [
        "county",
        "points",
        "rank",
        *(f"{grouping}_{part}" for grouping in ("kind", "size") for part in ("name", "place", "difference")),
    ]
    assert fair_views.has_groups(table)
    text = " ".join(fair_views.peer_text(table, lang))
    for told in ("03县", "07县", "05县"):  # first of the rural and the large, the urban and the small, the medium
        assert told in text
    assert "01县" not in text and "04县" not in text
    line = fair_views.own_places(table, "03", lang)
    assert "15.00" in line and "10.00" in line and "03县" in line
    below = fair_views.own_places(table, "06", lang)
    assert ("低于" in below) if lang == "zh" else ("below" in below)
    assert fair_views.own_places(table, "99", lang) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_kind_and_no_population_leave_nothing_to_show_but_the_reason(lang: str) -> None:
    table = fair_views.peer_table(POINTS, peers(places(*["rural"] * 9)), lang)
    assert list(fair_views.peer_columns(table, lang)) == ["county", "points", "rank"]
    assert not fair_views.has_groups(table)
    assert len(fair_views.peer_text(table, lang)) == 1
    assert wording.reason("no population to group by", lang) in fair_views.peer_text(table, lang)[0]
    assert fair_views.own_places(table, "03", lang) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_is_not_compared_is_named_with_the_reason(lang: str) -> None:
    frame = pd.concat([places(*["rural"] * 7, "urban", "urban"), places("x").assign(area="10", kind="")])
    table = fair_views.peer_table(league(80, 70, 90, 70, 85, 60, 95, 85, 75, 50), peers(frame, POPULATION), lang)
    text = fair_views.peer_text(table, lang)
    few = wording.reason("too few peers with a value: 1 of at least 2", lang)
    assert sum(few in sentence for sentence in text) == 1
    for reason in ("kind of area not given", "no population to group by"):
        found = [sentence for sentence in text if wording.reason(reason, lang) in sentence]
        assert len(found) == 1 and "10县" in found[0] and "01县" not in found[0]
    assert few in fair_views.own_places(table, "08", lang)


def test_a_county_without_a_score_is_no_peer() -> None:
    table = fair_views.peer_table(league(80, 70, NAN, 70, 85, 60, 95, 85, 75), peers(NINE, POPULATION), "zh")
    own = table.set_index("area").loc["03"]
    assert own["kind_place"] == "不比较" and math.isnan(own["kind_difference"])
    assert table.set_index("area").loc["05", "kind_n"] == 5
    assert fair_views.own_places(table, "03", "zh") == ""
    text = " ".join(fair_views.peer_text(table, "zh"))
    assert "03县" not in text and wording.reason("no value of its own", "zh") not in text


def region(folder: Path, count: int = 9, share: float = 0.5) -> Path:
    """Counties of a region: residents, half of them examined, more or less."""
    codes = [f"{at:02d}" for at in range(1, count + 1)]
    facts = []
    for at, code in enumerate(codes):
        size = 1000 * (count - at)
        examined = round(size * (share + (0.08 if at % 3 == 0 else -0.04) * (at > 0)))
        facts += [fact("2024", code, "residents", size), fact("2024", code, "a", examined)]
    areas = [area("9", kind=""), *(area(code, parent="9", kind="urban" if code < "04" else "rural") for code in codes)]
    rows = [indicator("share", "a", "residents"), indicator("twice", "a", "2*residents")]
    items = [item("a"), item("residents")]
    return dataset(folder, {"region": "9"}, areas=areas, facts=facts, indicators=rows, items=items)


def test_the_size_of_an_area_is_what_indicators_per_head_are_divided_by(tmp_path: Path) -> None:
    data = ev.load(str(region(tmp_path / "small")))
    figures = ev.region_figures(data)
    sizes = fair_views.sizes(data, figures, "2024")
    assert sizes["01"] == 9000 and sizes["09"] == 1000
    assert fair_views.sizes(data, figures, "2024", "a").empty
    assert fair_views.sizes(data, figures, "2019").empty
    found = fair_views.peer_groups(data, figures, "2024")
    assert list(groups(found, "size").values()) == list("333222111")
    assert groups(found, "kind", "n")["01"] == 3 and groups(found, "kind", "n")["09"] == 6
    nothing = fair_views.peer_groups(data, figures, "2019")
    assert set(groups(nothing, "size", "reason").values()) == {"no population to group by"}


# --- funnels


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_funnel_before_and_after(tmp_path: Path, lang: str) -> None:
    data = ev.load(str(region(tmp_path / "small")))
    values_, limits = region_views.funnel_input(data, ev.region_figures(data), "share", "2024", lang)
    before = values_.copy(deep=True)
    seen, lines, found = fair_views.adjusted_funnel(values_, limits, region_views.about(data, "share", lang))
    pd.testing.assert_frame_equal(values_, before)
    assert found.adjusted and found.n == 9
    assert seen["outside"].sum() > seen["outside_adjusted"].sum()
    assert (lines["upper_998_adjusted"] > lines["upper_998"]).all()
    assert (lines["lower_998_adjusted"] < lines["lower_998"]).all()
    text = region_narrative.funnel_adjusted(seen, found, lang)
    assert f"{found.phi:.2f}" in text and str(int(seen["outside"].sum())) in text
    for name, outside in zip(seen["label"], seen["outside_adjusted"], strict=True):
        assert (name in text) == outside


def test_areas_that_chance_explains_keep_their_limits(tmp_path: Path) -> None:
    values_ = pd.DataFrame({"label": list("甲乙丙丁"), "numerator": [510, 980, 1530, 2010]})
    values_ = values_.assign(denominator=[1000, 2000, 3000, 4000], outside=False)
    values_["value"] = 100 * values_["numerator"] / values_["denominator"]
    limits = pd.DataFrame({"denominator": [1000.0, 4000], "centre": 50.3})
    about = About("率", "人", "proportion", 100)
    seen, lines, found = fair_views.adjusted_funnel(values_, limits, about)
    assert not found.adjusted and not seen["outside_adjusted"].any()
    assert lines[["lower_998_adjusted", "upper_998_adjusted"]].isna().all(axis=None)
    assert "不作调整" in region_narrative.funnel_adjusted(seen, found, "zh")
    seen, _, found = fair_views.adjusted_funnel(values_.head(1), limits, about)
    assert wording.reason(found.reason, "zh") in region_narrative.funnel_adjusted(seen, found, "zh")
    above = values_.assign(numerator=values_["denominator"] + 1)
    _, _, found = fair_views.adjusted_funnel(above, limits, about)
    assert found.reason == "a numerator is above its denominator"


def test_the_sentence_names_who_is_still_outside() -> None:
    seen = pd.DataFrame(
        {"label": list("甲乙丙"), "outside": [True, True, False], "outside_adjusted": [True, False, False]}
    )
    text = region_narrative.funnel_adjusted(seen, Dispersion(5.004, 0.01, 3, 2.6, True, "arcsine", ""), "zh")
    assert "3个地区中有2个超出" in text and "仍超出的有1个：甲" in text and "5.00" in text
    one = region_narrative.funnel_adjusted(seen, Dispersion(5, 0.01, 3, 2.6, True, "arcsine", ""), "en")
    assert "1 still is: 甲" in one


def test_the_chart_draws_both_kinds_of_limits_and_who_is_beyond_which() -> None:
    size = np.array([500.0, 5000.0, 50_000.0])
    spread = 450 / size**0.5
    names = {"lower_95": -1.96, "upper_95": 1.96, "lower_998": -3.09, "upper_998": 3.09}
    lines = pd.DataFrame({"denominator": size, "centre": 72.0} | {name: 72 + z * spread for name, z in names.items()})
    wide = lines.assign(lower_998_adjusted=60.0, upper_998_adjusted=84.0)
    shown = pd.DataFrame(
        {
            "label": ["甲县", "乙县", "丙县"],
            "denominator": [1000, 5000, 20_000],
            "value": [71.0, 99.0, 77.0],
            "outside": [False, True, True],
            "outside_adjusted": [False, True, False],
        }
    )

    def drawn(limits: pd.DataFrame) -> tuple[list[Any], dict[str, tuple[list[float], str]]]:
        figure = charts.funnel(shown, limits, "zh", measure="x")
        accent = [one for one in figure.axes[0].lines if one.get_color() == PALETTE["accent"]]
        dashed = [one for one in accent if one.get_marker() == "None" and one.get_linestyle() == "--"]
        points = {
            str(one.get_label()): (list(one.get_ydata()), str(one.get_markerfacecolor()))
            for one in figure.axes[0].lines
            if one.get_marker() in "oD"
        }
        charts.svg(figure)
        return dashed, points

    dashed, points = drawn(wide)
    assert [set(one.get_ydata()) for one in dashed] == [{60.0}, {84.0}]
    assert points["超出99.8%控制限"] == ([77.0], PALETTE["paper"])
    assert points["计入地区间差异后仍超出"] == ([99.0], PALETTE["target"])
    for plain in (lines, lines.assign(lower_998_adjusted=NAN, upper_998_adjusted=NAN)):
        dashed, points = drawn(plain)
        assert dashed == []
        assert points["超出99.8%控制限"] == ([99.0, 77.0], PALETTE["target"])
