"""Charts: pure functions from a tidy DataFrame to a matplotlib Figure.

Every function says which columns it reads. Texts in the frame are printed as they are, so they come in the
reader's language; `lang` gives legends, axes and numbers. A colour never speaks alone: a sign, a line style or a
word says the same. Figures carry no title; the caption under them does that. Here are the charts of one area;
those that set areas side by side are in `area_charts`, that of
months in `month_charts`, and both are reachable from here too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaltools import periods
from evaltools.area_charts import funnel, league_bars, rank_change
from evaltools.chart_parts import (
    height_of_rows,
    legend,
    name_rows,
    new_figure,
    nothing_to_show,
    number_axis,
    numbers,
    require,
    say_no_data,
)
from evaltools.chart_theme import svg, theme, themed, use, wrap
from evaltools.month_charts import control_chart
from evaltools.palette import PALETTE
from evaltools.rank_charts import rank_intervals
from evaltools.score_charts import waterfall
from evaltools.wording import number, percent, signed_points, value, word

__all__ = [
    "change_intervals",
    "control_chart",
    "funnel",
    "league_bars",
    "points_lost",
    "rank_change",
    "rank_intervals",
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
    labels = [str(label) for label in dict.fromkeys(values["label"])]
    if not labels:
        return nothing_to_show(lang)
    columns = min(columns, len(labels))
    lines = -(-len(labels) // columns)
    titles = [wrap(label, 81 // columns) for label in labels]
    figure = new_figure((1.7 + 0.14 * max(title.count("\n") for title in titles)) * lines + 0.4)
    grid = list(figure.subplots(lines, columns, squeeze=False).flat)
    names = sorted(set(values["period"]), key=lambda name: periods.parse(name).first)
    place = {name: position for position, name in enumerate(names)}
    ticks = _ticks(names, 6 if columns < 3 else 3)
    for axes, label, title in zip(grid, labels, titles, strict=False):
        panel = values[values["label"].astype(str) == label]
        _trend(axes, panel.sort_values("period", key=lambda column: column.map(place)), place, lang)
        axes.set_title(title)
        axes.set_xlim(-0.35, len(names) - 0.65)
        axes.set_xticks(list(ticks), list(ticks.values()))
    for axes in grid[len(labels) :]:
        axes.set_axis_off()
    legend(figure, "lower", 4)
    return figure


def _ticks(names: Sequence[str], most: int) -> dict[int, str]:
    """Return position -> label: the last period always, before it as many as fit.

    Years stand for periods of which there is one a year; others are written as they are.
    """
    spans = [periods.parse(name) for name in names]
    yearly = all((span.first % 12, span.length) == (spans[0].first % 12, spans[0].length) for span in spans)
    yearly = yearly and spans[0].length > 1
    step = max(1, -(-(len(names) - 1) // most))
    shown = range(len(names) - 1, -1, -step)
    return {at: str(spans[at].year) if yearly else names[at] for at in reversed(shown)}


def _trend(axes: Axes, panel: pd.DataFrame, place: dict[str, int], lang: str) -> None:
    x = panel["period"].map(place).to_numpy(dtype=float)
    y, q1, q3 = (numbers(panel, column) for column in ("value", "q1", "q3"))
    per = int(panel["per"].iloc[0]) if "per" in panel.columns else 100
    if not np.isnan(q1).all():
        label = word("charts.quartiles", lang)
        axes.fill_between(x, q1, q3, color=PALETTE["band"], alpha=0.7, linewidth=0, label=label)
    lines = {"median": ("neutral", (0, (4, 2))), "target": ("target", (0, (1, 1.5)))}
    for name, (colour, style) in lines.items():
        line = numbers(panel, name)
        if not np.isnan(line).all():
            axes.plot(x, line, color=PALETTE[colour], lw=1.1, ls=style, label=word(f"charts.{name}", lang))
    definition = panel["definition"].astype(str) if "definition" in panel.columns else ["" for _ in x]
    drawn = pd.DataFrame({"x": x, "y": y, "definition": list(definition)})
    for _, part in drawn.groupby("definition", sort=False):
        label = word("charts.value", lang)
        axes.plot(part["x"], part["y"], color=PALETTE["accent"], marker="o", ms=3.6, label=label)
    known = np.flatnonzero(~np.isnan(y))
    if known.size:
        last = int(known[-1])
        # Where the line ends early, what is beside its end is not free.
        above = last < len(y) - 1
        axes.annotate(
            value(y[last], lang, per),
            (x[last], y[last]),
            xytext=(0, 5) if above else (6, 0),
            textcoords="offset points",
            ha="center" if above else "left",
            va="bottom" if above else "center",
            color=PALETTE["accent"],
            fontsize=8.5,
        )
    else:
        say_no_data(axes, lang)
    axes.margins(y=0.12)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    number_axis(axes.yaxis, 4)


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
    figure = new_figure(height_of_rows(changes["label"]) + 0.85)
    axes = figure.add_subplot()
    for name, sign in _SIGNS.items():
        rows = np.flatnonzero(status == name)
        colour = PALETTE[name]
        face = PALETTE["paper"] if name == "neutral" else colour
        axes.hlines(rows, lower[rows], upper[rows], color=colour, lw=1.2)
        axes.plot(change[rows], rows, sign, color=colour, mfc=face, ms=6, label=word(f"charts.{name}", lang))
    axes.axvline(0, color=PALETTE["muted"], lw=0.9)
    name_rows(axes, changes["label"])
    for row, x in enumerate(change):
        axes.text(1.015, row, signed_points(x, lang), transform=axes.get_yaxis_transform(), va="center")
    axes.margins(x=0.04)
    axes.grid(axis="x")
    number_axis(axes.xaxis, 7)
    space = "　" if lang == "zh" else "   "
    note = "" if np.isnan(lower).all() else space + word("charts.interval", lang)
    axes.set_xlabel(word("charts.change_axis", lang) + note, loc="left")
    legend(figure, "upper", 3)
    return figure


@themed
def points_lost(lines: pd.DataFrame, lang: str, *, most: int = 12) -> Figure:
    """Where points were lost: the lines that cost most, what they could earn, the running share of all lost.

    Columns: label, lost, points (what the line can earn at most). Shows `most` lines; shares are of all given.
    """
    require(lines, "label", "lost", "points")
    frame = lines.assign(lost=numbers(lines, "lost"))
    frame = frame[frame["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    if frame.empty:
        return nothing_to_show(lang)
    share = 100 * frame["lost"].cumsum() / frame["lost"].sum()
    shown = frame.head(most)
    figure = new_figure(height_of_rows(shown["label"]) + 0.5)
    axes = figure.add_subplot()
    axes.barh(range(len(shown)), shown["lost"], color=PALETTE["accent"], height=0.58)
    for row, (lost, full, running) in enumerate(zip(shown["lost"], shown["points"], share, strict=False)):
        text = f"{number(lost, 2, lang)} / {float(full):.10g}  ({percent(running, lang, 0)})"
        axes.annotate(text, (lost, row), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)
    name_rows(axes, shown["label"])
    axes.set_xlim(0, 1.3 * float(shown["lost"].iloc[0]))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title(word("charts.lost_label", lang), color=PALETTE["muted"], fontsize=8.5)
    return figure
