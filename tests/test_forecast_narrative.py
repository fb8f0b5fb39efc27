"""Forecasts in words: the genre's sentence, its numbers those of the table, and what is said where there is none."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import forecast_narrative as narrative
from evaltools import wording
from evaltools.forecasts import forecast
from evaltools.html_tables import table_html

LANGUAGES = ("zh", "en")


def row(forecast: float = 79.3, lower: float = 78.1, upper: float = 80.4, **values: object) -> dict[str, object]:
    """One row of a table of forecasts."""
    own = {
        "period": "2025",
        "area": "a",
        "indicator": "x",
        "definition": "",
        "method": "theta",
        "points": 6,
        "forecast": forecast,
        "lower": lower,
        "upper": upper,
        "confidence": 0.8,
        "n_errors": 36,
        "n_periods": 1,
        "reason": "",
        "name": "甲率",
        "kind": "proportion",
        "per": 100,
    }
    return own | values


def refused(reason: str, **values: object) -> dict[str, object]:
    return row(np.nan, np.nan, np.nan, **{"method": "", "reason": reason, **values})


def said(lang: str = "zh", named: bool = False, **values: object) -> str:
    return narrative.sentence(SimpleNamespace(**row(**values)), lang, named)  # type: ignore[arg-type]


def test_the_sentence_of_the_genre() -> None:
    assert said() == "按近年变化推算，2025年预计为79.30%（八成可能在78.10%至80.40%之间），仅供安排工作参考，不是目标。"
    assert said(named=True) == (
        "按近年变化推算，甲率2025年预计为79.30%（八成可能在78.10%至80.40%之间），仅供安排工作参考，不是目标。"
    )
    assert said("en") == (
        "If the change of recent years goes on, 2025 comes to 79.30% (80% likely to lie between 78.10% and 80.40%): "
        "a help in planning, not a target."
    )
    assert "Rate A comes to 79.30% in 2025" in said("en", named=True, name="Rate A")


def test_measures_periods_and_confidence() -> None:
    text = said(per=1000, forecast=4.591, lower=4.4, upper=4.7, confidence=0.9, period="2025-01/2025-09")
    assert text.startswith("按近年变化推算，2025年1—9月预计为4.59‰（九成可能在4.40‰至4.70‰之间）")
    text = said(kind="count", per=1, forecast=1234.0, lower=1200.0, upper=1270.0, confidence=0.95)
    assert "预计为1,234（95%可能在1,200至1,270之间）" in text
    assert [narrative.share(x, "zh") for x in (0.5, 0.6, 0.7, 0.8, 0.9, 0.975)] == [
        "五成",
        "六成",
        "七成",
        "八成",
        "九成",
        "97.5%",
    ]
    assert [narrative.share(x, "en") for x in (0.7, 0.8, 0.95)] == ["70%", "80%", "95%"]


@settings(max_examples=60)
@given(
    st.floats(0, 100),
    st.floats(0, 1),
    st.sampled_from([(100, "proportion"), (1000, "proportion"), (1, "mean"), (10_000, "ratio"), (100_000, "rate")]),
    st.sampled_from(LANGUAGES),
)
def test_the_numbers_are_those_of_the_row_and_the_limits_differ(
    value: float, width: float, measure: tuple[int, str], lang: str
) -> None:
    per, kind = measure
    ends = (max(value - width, 0.0), value + width)
    text = said(lang, forecast=value, lower=ends[0], upper=ends[1], per=per, kind=kind)
    inside = text.replace("100,000", "").replace("10,000", "").replace("10万", "")
    shown = [float(number.replace(",", "")) for number in re.findall(r"\d+\.\d+", inside)]
    assert shown == pytest.approx([value, *ends], abs=0.051)
    if ends[1] - ends[0] > 2e-6:
        assert shown[1] != shown[2]


def test_nothing_is_said_where_there_is_none() -> None:
    none = SimpleNamespace(**refused("in back-testing no better than the same as last year"))
    for lang in LANGUAGES:
        assert narrative.sentence(none, lang) == ""
    table = pd.DataFrame([row(), vars(none), row(name="乙率")])
    assert [text[8:10] for text in narrative.sentences(table, "zh")] == ["甲率", "乙率"]


def test_why_there_is_none() -> None:
    better = "in back-testing no better than the same as last year; disturbed periods among the points: 1"
    few = "only 4 points on one basis, 5 needed; earlier periods on another basis not used"
    other = ["the same value in every period", "this period missing: not reported"]
    table = pd.DataFrame([row(), *map(refused, [few, better, better, *other, few, better])])
    assert narrative.not_offered(table, "zh", most=2) == (
        "另有7项指标不作预测：经回测不优于“与上年相同”（3项）、同一口径的数据只有4期，不足5期（2项）、其他原因（2项）。"
    )
    assert narrative.not_offered(table, "en", most=9).startswith("7 more indicators have no forecast: in back-testing")
    assert narrative.not_offered(table.iloc[:2], "en").startswith("1 more indicator has no forecast: only 4 points")
    assert narrative.not_offered(table.iloc[1:2], "zh").startswith("各项指标均不具备预测条件：")
    assert narrative.not_offered(table.iloc[:1], "zh") == ""


def test_the_method_note_says_how_many_errors_and_when_none_is_offered() -> None:
    table = pd.DataFrame([row(), row(n_errors=1440, n_periods=2), refused("not in the data", n_errors=3)])
    for lang, span, share in (("zh", "过去36至1,440次", "八成"), ("en", "36 to 1,440 past forecasts", "80%")):
        interval, offered = narrative.method_notes(table, lang, 5)
        assert span in interval and share in interval
        assert "5" in offered
        assert narrative.method_notes(table.iloc[2:], lang, 6)[0] == offered.replace("5", "6")
    assert "（1个年份）" in narrative.method_notes(table.iloc[:1], "zh", 5)[0]
    assert "(of 1 year)" in narrative.method_notes(table.iloc[:1], "en", 5)[0]
    assert "（1至2个年份）" in narrative.method_notes(table, "zh", 5)[0]
    assert "(of 1 to 2 years)" in narrative.method_notes(table, "en", 5)[0]


def region() -> pd.DataFrame:
    """Thirty areas that rise evenly, seven years each, and one that has but two."""
    parts = [
        {"period": str(2018 + year), "area": f"{area}", "value": 50.0 + area + 2 * year}
        for area in range(31)
        for year in range(7 if area else 2)
    ]
    ind = pd.DataFrame(parts).assign(unit="", indicator="x", definition="", denominator=1000.0, reason="")
    return ind.assign(numerator=ind["value"] * 10, lower=np.nan, upper=np.nan)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_of_a_page(lang: str) -> None:
    entry = {"indicator": "x", "valid_from": "", "valid_to": "", "name_zh": "甲率", "name_en": "Rate A", "family": "f"}
    catalogue = pd.DataFrame(
        [{**entry, "kind": "proportion", "per": 100, "direction": "up", "measure": "", "numerator": "n"}]
    )
    found = forecast(region(), catalogue, [("5", "x"), ("0", "x")], "2024")
    data = SimpleNamespace(catalogue=catalogue)
    table = narrative.table(found, data, lang)  # type: ignore[arg-type]
    columns = narrative.columns(table, lang)
    html = table_html(table, columns, lang, caption=narrative.caption(table, lang))
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", html)
    assert cells[len(columns)] == {"zh": "甲率", "en": "Rate A"}[lang]
    expected = [wording.percent(table["forecast"].iloc[0], lang), *(wording.percent(x, lang) for x in limits(table))]
    assert cells[len(columns) + 1 : len(columns) + 4] == expected
    assert all(text in narrative.sentences(table, lang)[0] for text in expected)
    assert cells[2 * len(columns) :][:4] == [cells[len(columns)], "—", "—", "—"]
    assert wording.reason(str(table["reason"].iloc[1]), lang) in html
    assert "2025" in narrative.caption(table, lang) and "2025" in columns["forecast"][0]


def limits(table: pd.DataFrame) -> list[float]:
    return [float(table["lower"].iloc[0]), float(table["upper"].iloc[0])]
