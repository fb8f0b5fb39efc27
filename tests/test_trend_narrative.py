"""Sentences about trends: what they count is counted again here, and what they quote stands in the tables they name."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import change_views, trend_narrative, wording
from evaltools.bridging import definition_effects
from evaltools.control_limits import KINDS
from evaltools.datasets import Data
from evaltools.trend_marker import CANNOT, LABELS, NO_CHANGE

LANGUAGES = ("zh", "en")
NAN = math.nan


# --- how many point which way --------------------------------------------------------------------------------------

WAYS = {
    "better": ("向好", "getting better"),
    "worse": ("趋差", "getting worse"),
    "other": ("有升降但不评优劣", "rising or falling without being judged"),
    "none": ("无明显趋势", "without a significant change"),
}


def way(label: str) -> str:
    if label.endswith(("better", "worse")):
        return label.rpartition(" ")[2]
    return "none" if label == NO_CHANGE else "other"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.booleans()), max_size=30), st.sampled_from(LANGUAGES))
def test_trends_are_counted_as_their_markers_stand(rows: list[tuple[str, bool]], lang: str) -> None:
    table = pd.DataFrame(rows, columns=["marker", "known"])
    table = table.assign(value=np.where(table["known"].astype(bool), 50.0, NAN))
    counted = Counter(way(label) for label, known in rows if known and label != CANNOT)
    texts = trend_narrative.trends_summary(table, lang)
    if not counted:
        assert texts == []
        return
    (text,) = texts
    at = LANGUAGES.index(lang)
    parts = [
        f"{counted[name]}{'项' if lang == 'zh' else ' '}{words[at]}" for name, words in WAYS.items() if name in counted
    ]
    head, tail = (f"趋势的指标{counted.total()}项：", "。") if lang == "zh" else (" over five years: ", ".")
    assert text.endswith(head + ("、" if lang == "zh" else ", ").join(parts) + tail), text
    if lang == "en":
        n = counted.total()
        assert text.startswith("1 indicator has" if n == 1 else f"{n} indicators have"), text


# --- changes of definition -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """A share and a rate per 1000 that are on two definitions in 2023, with another name in the newer one."""
    numbers = {"2022": (700, 640), "2023": (720, 655), "2024": (760, 690)}
    facts = [
        fact(year, "01", name, number)
        for year, (some, full) in numbers.items()
        for name, number in (("a", some), ("c", full), ("b", 1000))
    ]
    kinds = {"share": {}, "per_mille": {"kind": "rate", "per": "1000"}}
    rows = [
        row
        for name, values in kinds.items()
        for row in (
            indicator(name, "a", "b", valid_to="2023", name_zh="旧率", name_en="Old rate", **values),
            indicator(name, "c", "b", valid_from="2023", name_zh="新率", name_en="New rate", **values),
        )
    ]
    folder = tmp_path_factory.mktemp("bridged") / "d"
    return ev.load(str(dataset(folder, items=[item(x) for x in "abc"], indicators=rows, facts=facts)))


def test_a_change_of_definition_is_told_with_both_figures_and_is_no_performance(bridged: Data) -> None:
    effects = definition_effects(ev.indicators(bridged))
    share, per_mille = trend_narrative.definition_changes(effects, bridged, "zh")
    assert (
        share == "2023年新率两种口径并存：原口径为72.00%，新口径为65.50%，口径影响为下降6.50个百分点，不计入业绩变化。"
    )
    assert "720.00‰" in per_mille and "下降65.00个千分点" in per_mille and "百分点" not in per_mille
    english = trend_narrative.definition_changes(effects, bridged, "en")
    for text in english:
        assert re.search(
            r"72\.00%.*65\.50%.*down 6\.50 percentage points|720\.00‰.*655\.00‰.*down 65\.00 per-mille", text
        )
        assert text.endswith("not a change of performance.") and not re.search(r"[{}]|nan|——", text)
    turned = effects.assign(
        old_value=effects["value"], value=effects["old_value"], definition_effect=-effects["definition_effect"]
    )
    assert "提高6.50个百分点" in trend_narrative.definition_changes(turned, bridged, "zh")[0]
    assert trend_narrative.definition_changes(effects.head(0), bridged, "zh") == []


# --- what trends leave out -----------------------------------------------------------------------------------------


def breaks(kind: str, first: str, last: str = "", indicator_: str = "*") -> dict:
    ends = {"from": first, "to": last or first}
    return {**ends, "indicator": indicator_, "area": "*", "kind": kind, "note_zh": "注", "note_en": "n"}


def test_what_trends_leave_out_is_said_once_each(tmp_path: Path) -> None:
    names = ("one", "two", "three")
    facts = [
        fact(str(year), "01", name, value)
        for year in range(2018, 2025)
        for name, value in (*((f"{name}_n", 500 + 9 * (year - 2018)) for name in names), ("b", 1000))
    ]
    folder = dataset(
        tmp_path / "d",
        facts=facts,
        items=[item("b"), *(item(f"{name}_n") for name in names)],
        indicators=[indicator(name, f"{name}_n", "b") for name in names],
        breaks=[
            breaks("definition", "2021", indicator_="one"),
            breaks("boundary", "2020", indicator_="three"),
            breaks("disturbance", "2022", "2023"),
        ],
    )
    data = ev.load(str(folder))
    ind, region = ev.indicators(data), ev.region_figures(data)

    table, without = (
        change_views.overview(data, ind, region, "01", "2024", "zh", without_disturbed=flag) for flag in (False, True)
    )
    kept, left = (trend_narrative.left_out(one, "zh") for one in (table, without))
    assert kept == ["口径变更以前的年份不可比，未纳入。", "管辖范围变化以前的年份不可比，未纳入。"]
    (years,) = set(left) - set(kept)
    assert len(left) == 3 and re.fullmatch(r"特殊时期2022\D{1,2}2023年未纳入。", years)
    english = trend_narrative.left_out(without, "en")
    assert len(english) == 3 and all("left out" in text for text in english)
    quiet = table.assign(series_reason="not computed: no usable value in the last period")
    assert trend_narrative.left_out(quiet, "zh") == [], "what is not there is told by its own row"
    assert trend_narrative.left_out(table.assign(series_reason=pd.Series(pd.NA, table.index, dtype="str")), "zh") == []


# --- families ------------------------------------------------------------------------------------------------------


def row(name: str, change: float, status: str, meaningful: float = 1.0) -> dict[str, object]:
    about = {"kind": "proportion", "per": 100, "direction": "up", "run": 0, "reason": ""}
    values = {"value": 50.0, "previous_value": 50 - change, "change_pp": change, "meaningful": meaningful}
    return {"indicator": name, "name": name, "status": status, **values, **about}


def test_a_family_tells_its_clear_changes_the_largest_of_its_kind_first() -> None:
    rows = pd.DataFrame(
        [
            row("甲率", 3.0, "better"),
            row("乙率", -9.0, "unclear"),
            row("丙率", 0.5, "small"),
            row("丁率", -5.0, "worse"),
            row("戊率", 4.0, "neutral", meaningful=0.1),
            row("己率", 2.0, "better"),
            row("庚率", 1.5, "better"),
            row("辛率", 0.0, "same"),
        ]
    )
    texts = trend_narrative.family(rows, "2024", "zh")
    assert [text[:2] for text in texts] == ["戊率", "丁率", "甲率", "己率"]
    quiet = rows[rows["status"].isin(["small", "unclear", "same"])]
    for lang in LANGUAGES:
        assert trend_narrative.family(quiet, "2024", lang) == [wording.word("trends.family_quiet", lang)]
        (text,) = trend_narrative.family(rows.assign(change_pp=NAN, status=""), "2024", lang)
        assert "2023" in text and ("不能" if lang == "zh" else "None") in text


# --- control charts ------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([*KINDS, "", "common", "common"]), min_size=1, max_size=20), min_size=1, max_size=5
    ),
    st.integers(1, 14),
    st.sampled_from(LANGUAGES),
)
def test_charts_with_something_to_see_are_counted_by_their_last_months(
    kinds: list[list[str]], months: int, lang: str
) -> None:
    points = pd.concat(
        [
            pd.DataFrame({"indicator": f"i{at}", "label": f"<{at}>", "kind": some, "upper": 50.0})
            for at, some in enumerate(kinds)
        ]
    )
    striking = [at for at, some in enumerate(kinds) if any(kind not in ("", "common") for kind in some[-months:])]
    (text,) = trend_narrative.control_overview(points, lang, months)
    assert re.findall(r"<(\d)>", text) == [str(at) for at in striking]
    bare = re.sub(r"<\d>", "", text)
    if not striking:
        assert ("未见异常波动" if lang == "zh" else "nothing stands out") in text
        expected = [len(kinds), months]
    else:
        expected = [len(kinds), months, len(striking)]
    assert [int(n) for n in re.findall(r"\d+", bare)] == expected, text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_without_limits_are_counted_apart(lang: str) -> None:
    with_limits = pd.DataFrame({"indicator": "a", "label": "<0>", "kind": ["common"] * 5, "upper": 50.0})
    without = pd.DataFrame({"indicator": "b", "label": "<1>", "kind": [""] * 5, "upper": NAN})
    both = trend_narrative.control_overview(pd.concat([with_limits, without]), lang)
    assert [re.findall(r"\d+", text) for text in both] == [["1", "12"], ["1"]]
    (alone,) = trend_narrative.control_overview(without, lang)
    assert alone == both[1] and ("没有控制限" if lang == "zh" else "no limits") in alone


# --- methods -------------------------------------------------------------------------------------------------------


def with_policies(folder: Path, *rows: tuple[str, float, str, str, str]) -> Data:
    """Rows of parameters: name, value, area, and the years from and to which it is valid."""
    facts = [fact(y, p, n, v) for y in ("2023", "2024") for p in ("01", "02") for n, v in (("a", 70), ("b", 100))]
    names = ("parameter", "value", "area", "valid_from", "valid_to")
    stated = [{**dict(zip(names, row, strict=True)), "source": "s", "mark": "general"} for row in rows]
    return ev.load(str(dataset(folder, facts=facts, parameters=stated)), area="01")


SOME = pd.DataFrame({"indicator": ["share"]})
NO_POINTS = pd.DataFrame(columns=["kind"])


def test_the_methods_quote_the_cut_offs_of_the_parameters(tmp_path: Path) -> None:
    plain = with_policies(tmp_path / "plain")
    own = with_policies(
        tmp_path / "own",
        ("meaningful_change", 2.5, "*", "", "2024"),
        ("meaningful_change", 3, "*", "2025", ""),
        ("meaningful_change_percent", 7, "*", "", ""),
        ("meaningful_change_percent", 4, "01", "", ""),
        ("trend_ceiling", 65, "*", "", ""),
        ("trend_ceiling", 55, "02", "", ""),
    )
    for lang, points in (("zh", "个百分点"), ("en", " percentage point")):
        before, after, later = (
            "".join(trend_narrative.methods(data, SOME, NO_POINTS, period, lang))
            for data, period in ((plain, "2024"), (own, "2024"), (own, "2025"))
        )
        assert f"1{points}" in before and "80%" in before
        assert f"2.50{points}" in after and "4%" in after and "65%" in after
        assert not re.search(r"80%|7%|55%", after), after
        assert f"3{points}" in later and f"2.50{points}" not in later


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_methods_name_what_the_page_uses_and_nothing_that_it_does_not(bridged: Data, lang: str) -> None:
    text = "\n".join(trend_narrative.methods(bridged, SOME, NO_POINTS, "2024", lang))
    for name in ("Benjamini", "Fingertips", "9.5495", "Cochran-Armitage", "Mann-Kendall", "Sen", "logit", "t"):
        assert name in text, name
    for zh, en in (
        ("不是抽样", "not a sample"),
        ("0.05", "0.05"),
        ("不寻找转折点", "joinpoints"),
        ("北川", "Kitagawa"),
    ):
        assert (zh if lang == "zh" else en) in text
    assert not re.search(r"[{}]|nan", text)
    charts = "\n".join(trend_narrative.methods(bridged, SOME, pd.DataFrame({"kind": ["common"]}), "2024", lang))
    assert len(charts) > len(text) and charts.startswith(text)
    nothing = trend_narrative.methods(bridged, SOME.head(0), NO_POINTS, "2024", lang)
    assert nothing and not any("Fingertips" in note for note in nothing)
    whole = "\n".join(trend_narrative.methods(bridged, SOME, NO_POINTS, "2024", lang, split=False))
    assert "Fingertips" in whole and ("北川" if lang == "zh" else "Kitagawa") not in whole
