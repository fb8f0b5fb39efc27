"""Charts: pure functions from a tidy DataFrame to a matplotlib Figure.

Every function says which columns it reads. Texts in the frame are printed as they are, so they come in the
reader's language; `lang` gives legends, axes and numbers. A colour never speaks alone: a sign, a line style or a
word says the same. Figures carry no title; the caption under them does that. Here are the charts of one area;
those that set areas side by side, that of months and others are in modules of their own, and reachable from here
too. `evaltools.components` makes a page that shows every one of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from evaltools.area_charts import funnel, league_bars
from evaltools.chart_layout import lay_out_one
from evaltools.chart_parts import (
    BAR,
    area_line,
    level_axis,
    name_rows,
    new_plot,
    nothing_to_show,
    number_axis,
    numbers,
    panels,
    require,
    rows_of,
    stroke,
)
from evaltools.chart_text import text_width_inches
from evaltools.chart_theme import svg, theme, themed, use
from evaltools.decile_chart import decile_chart
from evaltools.heat_map import heat_map
from evaltools.month_charts import control_chart
from evaltools.palette import PALETTE
from evaltools.rank_charts import rank_intervals
from evaltools.score_charts import waterfall
from evaltools.slope_charts import rank_change, slope_chart
from evaltools.wording import number, percent, signed_points, word

__all__ = [
    "change_intervals",
    "control_chart",
    "decile_chart",
    "funnel",
    "heat_map",
    "league_bars",
    "points_lost",
    "rank_change",
    "rank_intervals",
    "slope_chart",
    "svg",
    "theme",
    "trend_lines",
    "use",
    "waterfall",
]

_SIGNS = {"better": "^", "worse": "v", "neutral": "o"}


@themed
def trend_lines(values: pd.DataFrame, lang: str, *, columns: int = 3) -> Figure:
    """Small multiples: one panel an indicator, its values over the periods.

    Columns: label (title of the panel), period, value; and where known median, q1, q3 (of all areas), target (a
    line), per (100 unless given) and definition (the line breaks where it changes). Values are in units of `per`.
    """
    require(values, "label", "period", "value")
    return panels(values, lang, lambda axes, panel, place: _trend(axes, panel, place, lang), columns)


def _trend(axes: Axes, panel: pd.DataFrame, place: dict[str, int], lang: str) -> float:
    """Draw one panel; return the room that the value at the end of the line takes beside it."""
    x = panel["period"].map(place).to_numpy(dtype=float)
    q1, q3 = numbers(panel, "q1"), numbers(panel, "q3")
    if not np.isnan(q1).all():
        label = word("charts.quartiles", lang)
        (along, low), (_, high) = stroke(x, q1), stroke(x, q3)
        axes.fill_between(along, low, high, color=PALETTE["band"], alpha=0.7, linewidth=0, label=label)
    lines = {"median": ("neutral", (0, (4, 2))), "target": ("target", (0, (1, 1.5)))}
    for name, (colour, style) in lines.items():
        line = numbers(panel, name)
        if not np.isnan(line).all():
            axes.plot(*stroke(x, line), color=PALETTE[colour], lw=1.1, ls=style, label=word(f"charts.{name}", lang))
    room = area_line(axes, panel, x, lang)
    axes.margins(y=0.12)
    level_axis(axes, lang)
    return room


@themed
def change_intervals(changes: pd.DataFrame, lang: str) -> Figure:
    """Changes of level with their intervals, one row an indicator, in the order given.

    Columns: label, change (percentage points), status (better, worse, neutral); and where known lower, upper.
    """
    require(changes, "label", "change", "status")
    change, lower, upper = (numbers(changes, column) for column in ("change", "lower", "upper"))
    if np.isnan(change).all():
        return nothing_to_show(lang)
    status = changes["status"].to_numpy()
    if unknown := set(status) - set(_SIGNS):
        raise ValueError(f"status is one of {', '.join(_SIGNS)}; found {', '.join(map(repr, unknown))}")
    figure, axes = new_plot()
    rows = rows_of(changes["label"])
    for name, sign in _SIGNS.items():
        chosen = np.flatnonzero(status == name)
        colour = PALETTE[name]
        face = PALETTE["paper"] if name == "neutral" else colour
        axes.hlines(rows.middles[chosen], lower[chosen], upper[chosen], color=colour, lw=1.2)
        label = word(f"charts.{name}", lang)
        axes.plot(change[chosen], rows.middles[chosen], sign, color=colour, mfc=face, ms=6, label=label)
    axes.axvline(0, color=PALETTE["muted"], lw=0.9)
    name_rows(axes, rows)
    said = [signed_points(x, lang) for x in change]
    for y, text in zip(rows.middles, said, strict=True):
        axes.text(1.015, y, text, transform=axes.get_yaxis_transform(), va="center")
    axes.margins(x=0.04)
    number_axis(axes.xaxis, 7, lang)
    space = "　" if lang == "zh" else "   "
    note = "" if np.isnan(lower).all() else space + word("charts.interval", lang)
    axes.set_xlabel(word("charts.change_axis", lang) + note, loc="left")
    room = 0.15 + max(text_width_inches(text, 9.5) for text in said)
    return lay_out_one(figure, axes, rows.height, left=rows.left, right=room, key="above", grid="x")


@themed
def points_lost(lines: pd.DataFrame, lang: str, *, most: int = 12, vital: float = 80) -> Figure:
    """Pareto chart of points lost: the lines that cost most, what they could earn, the running share of all lost.

    Columns: label, lost, points (what the line can earn at most). Shows `most` lines; shares are of all given. A
    line ends the vital few, which together cost at least `vital` per cent (Juran 1951), when they are shown whole.
    """
    require(lines, "label", "lost", "points")
    frame = lines.assign(lost=numbers(lines, "lost"))
    frame = frame[frame["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    if frame.empty:
        return nothing_to_show(lang)
    share = 100 * (frame["lost"].cumsum() / frame["lost"].sum()).to_numpy()
    shown = frame.head(most)
    figure, axes = new_plot()
    rows = rows_of(shown["label"])
    bars = axes.barh(rows.middles, shown["lost"], color=PALETTE["accent"], height=BAR)
    said = [
        f"{number(lost, 2, lang)} / {float(full):.10g}  ({percent(running, lang, 0)})"
        for lost, full, running in zip(shown["lost"], shown["points"], share, strict=False)
    ]
    for y, lost, text in zip(rows.middles, shown["lost"], said, strict=True):
        axes.annotate(text, (lost, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)
    # Rounded like the printed share, so that the line stands where the texts say.
    few = int(np.argmax(share.round() >= vital)) + 1
    notes = []
    if few < len(shown):
        axes.axhline(rows.middles[few - 1 : few + 1].mean(), color=PALETTE["target"], lw=1, ls=(0, (4, 2)))
        notes = [word("charts.lost_most", lang, n=few, share=percent(share[few - 1], lang, 0))]
        for bar in bars[few:]:
            bar.set_facecolor(PALETTE["neutral"])
    name_rows(axes, rows)
    axes.set_xlim(0, float(shown["lost"].iloc[0]))
    axes.xaxis.set_major_locator(NullLocator())
    axes.set_title(word("charts.lost_label", lang), color=PALETTE["muted"], fontsize=8.5)
    room = 0.1 + max(text_width_inches(text, 8.5) for text in said)
    return lay_out_one(figure, axes, rows.height, left=rows.left, right=room, notes=notes)
