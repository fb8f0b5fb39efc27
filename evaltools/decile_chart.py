"""How all areas spread over time, and where one stands: the decile chart; to be used through `charts`.

As the Bennett Institute draws it for OpenPrescribing (Curtis and Goldacre 2018): nine decile lines, the median
stronger, the one area's line on top.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from evaltools import periods, wording
from evaltools.chart_parts import area_line, level_axis, numbers, panels, require, stroke
from evaltools.chart_theme import themed
from evaltools.palette import PALETTE
from evaltools.tables import each_row
from evaltools.wording import integer, word

DECILES: Final = tuple(f"p{ten}" for ten in range(10, 100, 10))
"""Columns of the nine deciles, p10 to p90; p50 is the median."""

_GROUP = ["period", "indicator", "definition"]


def deciles(ind: pd.DataFrame, areas: Collection[str], least: int = 10) -> pd.DataFrame:
    """Return the nine deciles of the areas' values, one row a period, indicator and definition.

    ind: indicator frame; rows of units are left out. areas: the codes of the areas that make the deciles. least:
    values that it takes, since deciles of a handful of areas are mere interpolation between them.
    Returns period, indicator, definition, n_areas, p10 … p90 in the unit of `value`, and reason (English): why a row
    has no deciles, "" where it has. Method: linear interpolation, type 7 of Hyndman and Fan (1996), as `benchmark`.
    """
    rows = ind[(ind["unit"] == "") & ind["area"].isin(list(areas))]
    groups = rows.groupby(_GROUP, sort=False)["value"]
    table = groups.quantile(np.arange(1, 10) / 10).unstack().reindex(columns=np.arange(1, 10) / 10)
    table.columns = list(DECILES)
    counts = groups.count().rename("n_areas")
    result = pd.concat([counts, table], axis=1).reset_index()
    few = result["n_areas"] < least
    result[list(DECILES)] = result[list(DECILES)].mask(few)
    reasons = [
        word("charts.reason_deciles_few", "en", n=int(n), least=least) if lacks else ""
        for n, lacks in zip(result["n_areas"], few, strict=True)
    ]
    return result.assign(reason=reasons)


def with_deciles(series: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Set the deciles beside the series of one area: from `series_views.series` and `deciles` to `decile_chart`.

    A period without a row of deciles says that no area has a value.
    """
    merged = series.merge(table, on=_GROUP, how="left")
    none = word("charts.reason_deciles_few", "en", n=0, least=1)
    return merged.assign(n_areas=merged["n_areas"].fillna(0).astype(int), reason=merged["reason"].fillna(none))


@themed
def decile_chart(values: pd.DataFrame, lang: str, *, columns: int = 2) -> Figure:
    """Small multiples, one panel an indicator: an area's value over time on the deciles of all areas.

    Columns: label (title of the panel), period, value, p10 … p90 (missing: no deciles then); where known target (a
    line), per and kind (as in `wording.value`), definition (lines break where it changes) and reason (English: why a
    period has no deciles; told at the foot). Deciles and values are in units of `per`.
    """
    require(values, "label", "period", "value", *DECILES)
    return panels(
        values, lang, lambda axes, rows, place: _panel(axes, rows, place, lang), columns, _notes(values, lang)
    )


def _panel(axes: Axes, rows: pd.DataFrame, place: dict[str, int], lang: str) -> float:
    x = rows["period"].map(place).to_numpy(dtype=float)
    definition = rows["definition"].to_numpy() if "definition" in rows.columns else np.full(len(rows), "")
    parts = [np.flatnonzero(definition == one) for one in dict.fromkeys(definition)]
    levels = {name: numbers(rows, name) for name in DECILES}
    for names, colour, width, style, label in (
        ([name for name in DECILES if name != "p50"], "neutral", 0.7, (0, (1.5, 2)), "deciles"),
        (["p50"], "ink", 1.5, (0, (5, 2)), "decile_median"),
    ):
        known = [name for name in names if not np.isnan(levels[name]).all()]
        if known:
            strokes = [np.column_stack(stroke(x[part], levels[name][part])) for name in known for part in parts]
            lines = LineCollection(
                strokes,
                colors=PALETTE[colour],
                linewidths=width,
                linestyles=[style],
                label=word(f"charts.{label}", lang),
            )
            axes.add_collection(lines)
    target = numbers(rows, "target")
    if not np.isnan(target).all():
        text = word("charts.target", lang)
        axes.plot(*stroke(x, target), color=PALETTE["target"], lw=1.1, ls="dashdot", label=text)
    room = area_line(axes, rows, x, lang)
    axes.margins(y=0.08)
    level_axis(axes, lang)
    return room


def _notes(values: pd.DataFrame, lang: str) -> list[str]:
    if "reason" not in values.columns:
        return []
    lacking = values[values["reason"].fillna("") != ""]
    return [
        word(
            "charts.deciles_missing",
            lang,
            name=name,
            period=("、" if lang == "zh" else ", ").join(
                wording.period(str(period), lang) for period in rows["period"]
            ),
            reason=wording.reason(str(reason), lang),
        )
        for (name, reason), rows in lacking.groupby(["label", "reason"], sort=False)
    ]


def alt_deciles(values: pd.DataFrame, lang: str) -> str:
    """Say where the area stands among the deciles at its last value, for each panel of `decile_chart`.

    values: the frame of the chart; n_areas too, where deciles are given.
    """
    texts = []
    for label, rows in values.groupby("label", sort=False):
        known = rows[rows["value"].notna()]
        if known.empty:
            texts.append(word("charts.alt_decile_none", lang, name=label))
            continue
        newest = max(known["period"], key=lambda name: periods.parse(name).first)
        *_, last = each_row(known[known["period"] == newest])
        per, kind = int(getattr(last, "per", 100)), str(getattr(last, "kind", "proportion"))
        said = {
            "name": label,
            "period": wording.period(last.period, lang),
            "value": wording.value(last.value, lang, per, kind),
        }
        levels = [getattr(last, name) for name in DECILES]
        if any(wording.is_missing(level) for level in levels):
            texts.append(word("charts.alt_decile_alone", lang, **said))
            continue
        n, median = integer(last.n_areas, lang), wording.value(last.p50, lang, per, kind)
        texts.append(
            word("charts.alt_decile_place", lang, **said, n=n, median=median, place=_place(last.value, levels, lang))
        )
    return word("charts.alt_deciles", lang, names=("；" if lang == "zh" else "; ").join(texts))


def _place(x: float, levels: list[float], lang: str) -> str:
    reached = sum(level <= x for level in levels)
    if reached in (0, 9):
        return word("charts.decile_below" if reached == 0 else "charts.decile_above", lang)
    return word("charts.decile_between", lang, low=reached, high=reached + 1)
