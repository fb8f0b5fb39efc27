"""Frames for every chart: a plain one, and the same with names, values and gaps that charts have to bear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evaltools import charts
from evaltools.decile_chart import DECILES

HOSTILE = [
    "虚构县名长达六十个字符" * 5 + "甲乙丙丁戊",
    '&<script>alert("x")</script>\'',
    "🏥😀 emoji县",
    "\u202e反向‏文字 $x$ $y$",
    "A county whose English name goes on for as much as sixty let",
]
YEARS = [str(year) for year in range(2019, 2025)]


def names(n: int, hostile: bool) -> list[str]:
    plain = [f"望汐{chr(0x4E00 + 7 * at)}镇卫生院" for at in range(n)]
    return (HOSTILE + plain)[:n] if hostile else plain


def trend(hostile: bool = False, panels: int = 9) -> pd.DataFrame:
    rows = []
    for at, label in enumerate(names(panels, hostile)):
        for step, year in enumerate(YEARS):
            value = 70.0 + at + step
            rows.append((label, year, value, value - 1, value - 2, value + 1, 85, 100, "2022" if step > 2 else ""))
    columns = ["label", "period", "value", "median", "q1", "q3", "target", "per", "definition"]
    return pd.DataFrame(rows, columns=columns)


def spread_frame(hostile: bool = False, panels: int = 2) -> pd.DataFrame:
    frame = trend(hostile, panels).drop(columns=["median", "q1", "q3"])
    for at, name in enumerate(DECILES):
        frame[name] = frame["value"] - 1.5 + (at - 4) * 1.1
    return frame.assign(kind="proportion", n_areas=12, reason="")


def changes(hostile: bool = False, n: int = 8) -> pd.DataFrame:
    change = np.linspace(-4, 4, n)
    status = np.select([change > 0.5, change < -0.5], ["better", "worse"], "neutral")
    return pd.DataFrame(
        {"label": names(n, hostile), "change": change, "lower": change - 1.2, "upper": change + 1, "status": status}
    )


def lost(hostile: bool = False, n: int = 9) -> pd.DataFrame:
    return pd.DataFrame({"label": names(n, hostile), "lost": [4 / (at + 1) ** 1.5 for at in range(n)], "points": 5})


def cells(hostile: bool = False, n: int = 12, columns: int = 8) -> pd.DataFrame:
    vaccines = [
        "卡介苗",
        "乙肝疫苗第3剂",
        "脊灰疫苗第3剂",
        "百白破疫苗第3剂",
        "含麻疹成分疫苗",
        "乙脑疫苗",
        "流脑疫苗",
        "甲肝疫苗",
    ]
    heads = (HOSTILE + vaccines)[:columns] if hostile else vaccines[:columns]
    rows = []
    for at, label in enumerate(names(n, hostile)):
        for column, head in enumerate(heads):
            x = 99.5 - ((at * 7 + column * 3) % 13)
            gap = (at + column) % 11 == 5
            status = "" if gap or column == 7 else "met" if x >= 90 else "not_met"
            rows.append((label, head, np.nan if gap else x, status, "not reported" if gap else ""))
    return pd.DataFrame(rows, columns=["label", "column", "value", "status", "reason"])


def slopes(hostile: bool = False, n: int = 12) -> pd.DataFrame:
    before = np.array([80 + (at * 5 % 11) / 2 for at in range(n)])
    after = before + np.array([(at * 7 % 9) - 4 for at in range(n)]) / 2
    status = np.select([after > before, after < before], ["better", "worse"], "neutral")
    return pd.DataFrame({"label": names(n, hostile), "before": before, "after": after, "status": status})


def ranks(hostile: bool = False, n: int = 12) -> pd.DataFrame:
    rank = np.arange(1, n + 1)
    return pd.DataFrame(
        {
            "label": names(n, hostile),
            "before": np.roll(rank, 3),
            "after": rank,
            "rank": rank,
            "rank_lower": np.maximum(rank - 2, 1),
            "rank_upper": np.minimum(rank + 2, n),
            "weight_lower": np.maximum(rank - 1, 1),
            "weight_upper": np.minimum(rank + 1, n),
            "score": 95 - 2.25 * rank,
            "grade": np.where(rank < 5, "优秀", "良好"),
        }
    )


def funnel_values(hostile: bool = False, n: int = 12) -> pd.DataFrame:
    size = np.linspace(800, 42_000, n)
    value = 72 + np.array([(at * 5 % 13) - 6 for at in range(n)]) / 2.0
    limit = 3.09 * 450 / size**0.5
    return pd.DataFrame(
        {"label": names(n, hostile), "denominator": size, "value": value, "outside": np.abs(value - 72) > limit}
    )


def funnel_limits() -> pd.DataFrame:
    size = np.linspace(600, 45_000, 100)
    spread = 450 / size**0.5
    bounds = {"lower_95": -1.96, "upper_95": 1.96, "lower_998": -3.09, "upper_998": 3.09}
    return pd.DataFrame({"denominator": size, "centre": 72.0} | {name: 72 + z * spread for name, z in bounds.items()})


def control(hostile: bool = False, label: str = "规范管理率") -> pd.DataFrame:
    months = [f"{2023 + at // 12}-{at % 12 + 1:02d}" for at in range(24)]
    value = np.array([70 + (at * 7 % 5) - 2.0 for at in range(24)])
    value[20] = 82
    status = np.where(np.arange(24) == 20, "better", "")
    return pd.DataFrame(
        {"label": HOSTILE[1] if hostile else label, "period": months, "segment": 1, "value": value, "mean": 70.2}
    ).assign(lower=62.0, upper=78.0, status=status, disturbed=False, target=75.0, reason="", n_points=24)


def steps(hostile: bool = False) -> pd.DataFrame:
    labels = names(6, hostile)
    return pd.DataFrame(
        {"label": labels, "amount": [np.nan, 1.5, -0.75, 0.0, 2.25, np.nan], "level": [81.0, *[np.nan] * 4, 84.0]}
    )


Draw = Callable[[pd.DataFrame, str], Figure]

CHARTS: dict[str, tuple[Callable[..., pd.DataFrame], Draw]] = {
    "trend_lines": (trend, charts.trend_lines),
    "decile_chart": (spread_frame, charts.decile_chart),
    "change_intervals": (changes, charts.change_intervals),
    "points_lost": (lost, charts.points_lost),
    "heat_map": (cells, charts.heat_map),
    "slope_chart": (slopes, lambda frame, lang: charts.slope_chart(frame, lang, before="2023年", after="2024年")),
    "rank_change": (ranks, lambda frame, lang: charts.rank_change(frame, lang, before="2023年", after="2024年")),
    "league_bars": (
        ranks,
        lambda frame, lang: charts.league_bars(frame, lang, cutoffs=[("优秀", 90), ("良好", 80), ("合格", 60)]),
    ),
    "rank_intervals": (ranks, charts.rank_intervals),
    "funnel": (
        funnel_values,
        lambda frame, lang: charts.funnel(frame, funnel_limits(), lang, measure="规范管理率（%）"),
    ),
    "control_chart": (control, charts.control_chart),
    "waterfall": (steps, charts.waterfall),
}
"""Name of a chart -> the frame it is given, and the drawing with its other arguments filled in."""


def numeric(frame: pd.DataFrame) -> list[Any]:
    """Return the columns of a frame that hold figures."""
    return [name for name in frame.columns if pd.api.types.is_float_dtype(frame[name])]
