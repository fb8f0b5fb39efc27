"""Deciles of areas, compared with those of the standard library, and the chart and words made of them."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest
from chart_frames import spread_frame
from matplotlib.collections import LineCollection

from evaltools import charts, wording
from evaltools.decile_chart import DECILES, alt_deciles, deciles, with_deciles
from evaltools.wording import LANGUAGES

AREAS = [f"99{at:02d}" for at in range(25)]


def indicators() -> pd.DataFrame:
    """Two indicators in two periods; 25 areas and a region, one indicator with ever fewer values."""
    random = np.random.default_rng(1)
    rows = [
        (period, area, unit, name, "", random.uniform(0, 100))
        for period in ("2023", "2024")
        for area in [*AREAS, "9999"]
        for unit in ("", "01")
        for name in ("share", "rate")
    ]
    frame = pd.DataFrame(rows, columns=["period", "area", "unit", "indicator", "definition", "value"])
    few = (frame["indicator"] == "rate") & (frame["period"] == "2024") & (frame["area"] > "9908")
    return frame.assign(value=frame["value"].mask(few))


def test_deciles_are_those_of_the_standard_library() -> None:
    ind = indicators()
    table = deciles(ind, AREAS).set_index(["period", "indicator"])
    for (period, name), row in table.iterrows():
        own = ind[
            (ind["unit"] == "") & ind["area"].isin(AREAS) & (ind["period"] == period) & (ind["indicator"] == name)
        ]
        known = own["value"].dropna().tolist()
        assert row["n_areas"] == len(known)
        if len(known) >= 10:
            expected = statistics.quantiles(known, n=10, method="inclusive")
            assert row[list(DECILES)].tolist() == pytest.approx(expected, rel=1e-12)
            assert row["reason"] == ""


def test_too_few_areas_have_no_deciles_and_a_reason() -> None:
    row = deciles(indicators(), AREAS).query("period == '2024' and indicator == 'rate'").iloc[0]
    assert row["n_areas"] == 9
    assert row[list(DECILES)].isna().all()
    assert "9" in row["reason"] and "10" in row["reason"]
    assert wording.untranslated([row["reason"]]) == []
    again = deciles(indicators(), AREAS, least=9).query("period == '2024' and indicator == 'rate'").iloc[0]
    assert again[list(DECILES)].notna().all() and again["reason"] == ""


def test_deciles_stand_beside_the_series_and_gaps_say_why() -> None:
    series = pd.DataFrame(
        {
            "period": ["2022", "2023", "2024"],
            "indicator": "rate",
            "definition": "",
            "value": [1.0, 2.0, 3.0],
            "label": "甲",
        }
    )
    merged = with_deciles(series, deciles(indicators(), AREAS))
    assert merged["period"].tolist() == ["2022", "2023", "2024"]
    assert merged["n_areas"].tolist() == [0, 25, 9]
    assert (merged["reason"] != "").tolist() == [True, False, True]
    text = " ".join(one.get_text() for one in charts.decile_chart(merged, "zh").findobj() if hasattr(one, "get_text"))
    assert "2022年" in text and "不足10个" in text


def test_the_chart_draws_nine_deciles_and_the_median_stronger() -> None:
    frame = spread_frame(panels=1).assign(definition="")
    (axes,) = charts.decile_chart(frame, "zh").axes
    lines = [one for one in axes.collections if isinstance(one, LineCollection) and one.get_label()[0] != "_"]
    others, median = lines
    assert [len(one.get_segments()) for one in lines] == [8, 1]
    assert median.get_linewidth()[0] > others.get_linewidth()[0]
    assert median.get_segments()[0][:, 1].tolist() == frame["p50"].tolist()
    drawn = sorted(segment[0, 1] for segment in others.get_segments())
    assert drawn == sorted(frame[name].iloc[0] for name in DECILES if name != "p50")
    own = next(line for line in axes.lines if line.get_marker() == "o")
    assert own.get_ydata().tolist() == frame["value"].tolist()


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (1.0, "低于第1十分位数", "below the first decile"),
        (10.0, "介于第1至第2十分位数", "between deciles 1 and 2"),
        (55.0, "介于第5至第6十分位数", "between deciles 5 and 6"),
        (90.0, "不低于第9十分位数", "at or above the ninth decile"),
    ],
)
def test_the_alternative_text_says_where_the_area_stands(value: float, zh: str, en: str) -> None:
    frame = pd.DataFrame({"label": ["甲率"], "period": ["2024"], "value": [value], "n_areas": [12]})
    frame = frame.assign(**{name: 10.0 * (at + 1) for at, name in enumerate(DECILES)})
    texts = {lang: alt_deciles(frame, lang) for lang in LANGUAGES}
    assert zh in texts["zh"] and en in texts["en"]
    assert all("50.00%" in text and wording.value(value, "zh") in text and "12" in text for text in texts.values())


def test_the_alternative_text_says_what_is_missing() -> None:
    frame = pd.DataFrame({"label": ["甲", "乙"], "period": "2024", "value": [np.nan, 3.0], "n_areas": 3})
    frame = frame.assign(**dict.fromkeys(DECILES, np.nan))
    assert alt_deciles(frame, "zh") == "甲，没有可用的数据；乙，2024年3.00%，未计算十分位数。"
