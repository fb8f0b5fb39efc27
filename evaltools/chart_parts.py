"""Parts that several charts are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator, Formatter, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from evaltools import periods
from evaltools.chart_layout import lay_out, lay_out_one, tick_room
from evaltools.chart_text import fitted, text_height_inches, text_width_inches
from evaltools.chart_theme import WIDTH
from evaltools.palette import PALETTE
from evaltools.svg_text import MARKS
from evaltools.wording import number, value, word

_ROW = 0.29  # inches that a row of one line takes
_LARGE = {"zh": 1e8, "en": 1e6}  # what `charts.large` counts in
_GAP = 0.06
_NAME = 8.5  # points of the names of rows
BAR = 0.17
"""Inches of the thickness of a bar in a row."""


def require(frame: pd.DataFrame, *columns: str) -> None:
    """Raise ValueError naming the columns that a frame lacks."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"the chart needs the columns {', '.join(columns)}; missing: {', '.join(missing)}")


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as floats, all missing when the frame has no such column."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column]).to_numpy(dtype=float, na_value=np.nan)


def flags(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of yes and no, all no when the frame has no such column."""
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return frame[column].to_numpy(dtype=bool)


def own(artist: Artist, rows: pd.DataFrame, hover: bool = True) -> None:
    """Say whose mark an artist is, or whose each of its points is, in the order of `rows`.

    rows: columns area (code) and, where given, hover (a text, shown where the pointer rests; `hover` False keeps it
    away from texts, which say enough). Without a column area nobody owns anything.
    """
    if "area" in rows.columns and len(rows):
        texts = rows["hover"].astype(str) if hover and "hover" in rows.columns else [""] * len(rows)
        pairs = [[str(area), text] for area, text in zip(rows["area"], texts, strict=True)]
        artist.set_gid(MARKS + json.dumps(pairs, ensure_ascii=False))


def new_figure(width: float = WIDTH) -> Figure:
    """Return an empty figure; `chart_layout.lay_out` gives it its height."""
    return Figure(figsize=(width, 1.0))


def new_plot(width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return a figure with one plot, whose place `chart_layout.lay_out_one` finds."""
    figure = new_figure(width)
    return figure, figure.add_axes((0.0, 0.0, 1.0, 1.0))


def nothing_to_show(lang: str) -> Figure:
    """Return a figure that says that there are no data."""
    figure, axes = new_plot()
    axes.set_axis_off()
    say_no_data(axes, lang)
    return lay_out_one(figure, axes, 0.9)


def say_no_data(axes: Axes, lang: str) -> None:
    """Write that there are no data into the middle of a plot."""
    text = word("charts.no_data", lang)
    ground = {"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 2}
    place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, text, color=PALETTE["muted"], bbox=ground, **place)


def number_axis(axis: Axis, most: int, lang: str) -> None:
    """Give an axis at most `most` round numbers with thousands separators; from ten millions on by 亿 or millions."""
    axis.set_major_formatter(_Numbers(lang))
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))


def measured_axis(axis: Axis, most: int, lang: str, per: int, kind: str) -> None:
    """Give an axis of an indicator's values at most `most` round numbers with their measure (`wording.value`)."""
    axis.set_major_formatter(_Numbers(lang, lambda x, digits: value(x, lang, per, kind, digits)))
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))


class _Numbers(Formatter):
    """Writes the numbers of an axis with as many decimals, the same for all, as it takes to tell them apart."""

    def __init__(self, lang: str, write: Callable[[float, int], str] | None = None) -> None:
        self.lang = lang
        self.write = write

    def format_ticks(self, values: Iterable[float]) -> list[str]:
        places = np.asarray(list(values), dtype=float)
        largest = float(np.abs(places).max(initial=0))
        scale = _LARGE[self.lang] if largest >= 1e7 and self.write is None else 1.0
        places = places / scale
        step = float(np.diff(places).min()) if places.size > 1 else 1.0
        most = max(10 - int(np.log10(max(largest / scale, 1))), 0)
        digits = next(
            d for d in range(11) if d == most or np.allclose(places, places.round(d), rtol=0, atol=step / 1e3)
        )
        if self.write:
            return [self.write(float(x), digits) for x in places]
        texts = [number(float(x), digits, self.lang) for x in places]
        return [word("charts.large", self.lang, x=text) for text in texts] if scale > 1 else texts

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]


def not_below_zero(axes: Axes) -> None:
    """End a vertical axis at 0 where nothing is below: a share of 0% has no room underneath."""
    low, _ = axes.get_ylim()
    if low < 0 <= axes.dataLim.y0:
        axes.set_ylim(bottom=0)


@dataclass(frozen=True)
class Rows:
    """Rows of a chart, each as high as its name: names broken into lines, middles and height in inches from the top,
    and the inches that the names take at the left."""

    names: list[str]
    middles: np.ndarray
    height: float
    left: float


def rows_of(labels: Iterable[str], width: float = 2.1) -> Rows:
    """Return the rows that names of at most `width` inches need."""
    names = [fitted(str(label), width, _NAME) for label in labels]
    heights = np.array([max(_ROW, text_height_inches(name, _NAME) + 0.08) for name in names])
    left = _GAP + max((text_width_inches(name, _NAME) for name in names), default=0.0)
    return Rows(names, np.cumsum(heights) - heights / 2, float(heights.sum()), left)


def name_rows(axes: Axes, rows: Rows) -> list[Text]:
    """Name the rows of a chart from the top down, and return the names; the vertical axis is in inches from there."""
    axes.set_ylim(rows.height, 0)
    axes.yaxis.set_major_locator(NullLocator())
    root = axes.get_figure(root=True)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-_GAP, 0, root.dpi_scale_trans)  # type: ignore[union-attr]
    look: dict[str, Any] = {"transform": beside, "ha": "right", "va": "center", "fontsize": _NAME}
    return [axes.text(0, y, name, **look) for y, name in zip(rows.middles, rows.names, strict=True)]


def panels(
    values: pd.DataFrame,
    lang: str,
    draw: Callable[[Axes, pd.DataFrame, dict[str, int]], float],
    columns: int,
    notes: Sequence[str] = (),
) -> Figure:
    """Small multiples: one panel a label, all over the same periods; one alone is drawn larger.

    `draw` gets a plot, the rows of its label in order of time and period -> place; it returns the room in inches
    that its texts take at the right.
    """
    labels = [str(label) for label in dict.fromkeys(values["label"])]
    if not labels:
        return nothing_to_show(lang)
    columns = min(columns, len(labels))
    figure = new_figure()
    names = sorted(set(values["period"]), key=lambda name: periods.parse(name).first)
    place = {name: position for position, name in enumerate(names)}
    ticks = period_ticks(names, 6 if columns < 3 else 3)
    grid, room = [], 0.0
    for label in labels:
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), label=label)
        panel = values[values["label"].astype(str) == label]
        axes.set_xlim(-0.35, len(names) - 0.65)
        room = max(room, draw(axes, panel.sort_values("period", key=lambda column: column.map(place)), place))
        axes.set_title(label)
        axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
        axes.xaxis.set_major_formatter(FixedFormatter(list(ticks.values())))
        grid.append(axes)
    # Numbers as long as 1,000,000,000,000 leave room for fewer panels side by side.
    beside = room + max(tick_room(axes.yaxis) for axes in grid)
    columns = max(min(columns, int(WIDTH / (beside + 0.8))), 1)
    rows = [grid[at : at + columns] for at in range(0, len(grid), columns)]
    height = {1: 2.2, 2: 1.5}.get(columns, 1.05)
    return lay_out(figure, rows, height, right=room, key="below", between=0.06, notes=notes, grid="y")


def area_line(axes: Axes, panel: pd.DataFrame, x: np.ndarray, lang: str) -> float:
    """Draw the area's own line over periods at `x`, broken at gaps and new definitions, and write its last value.

    panel: value and, where known, definition, per and kind (as in `wording.value`). Returns the inches that the text
    takes at the right.
    """
    y = numbers(panel, "value")
    definition = panel["definition"].astype(str) if "definition" in panel.columns else [""] * len(x)
    drawn = pd.DataFrame({"x": x, "y": y, "definition": list(definition)})
    for _, part in drawn.groupby("definition", sort=False):
        label = word("charts.value", lang)
        axes.plot(part["x"], part["y"], color=PALETTE["accent"], marker="o", ms=3.6, label=label, zorder=3)
    known = np.flatnonzero(~np.isnan(y))
    if not known.size:
        say_no_data(axes, lang)
        return 0.05
    last = int(known[-1])
    per = int(panel["per"].iloc[0]) if "per" in panel.columns else 100
    kind = str(panel["kind"].iloc[0]) if "kind" in panel.columns else "proportion"
    text = value(y[last], lang, per, kind)
    # Where the line ends early, what is beside its end is not free; a very long number would leave the plot no room.
    wide = text_width_inches(text, 8.5) > 0.9
    above = last < len(y) - 1 and not wide
    axes.annotate(
        text,
        (x[last], y[last]),
        xytext=(0, -5) if wide else (0, 5) if above else (6, 0),
        textcoords="offset points",
        ha="right" if wide else "center" if above else "left",
        va="top" if wide else "bottom" if above else "center",
        color=PALETTE["accent"],
        fontsize=8.5,
    )
    return 0.05 if above or wide else 0.1 + text_width_inches(text, 8.5)


def stroke(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a line that can be seen: where but one point is known, a short level stroke through it."""
    known = np.flatnonzero(~np.isnan(y))
    if known.size != 1:
        return x, y
    return x[known[0]] + np.array([-0.25, 0.25]), np.repeat(y[known], 2)


def level_axis(axes: Axes, lang: str) -> None:
    """Make the vertical axis of a panel one of levels: few numbers, nothing below 0 without reason."""
    number_axis(axes.yaxis, 4, lang)
    not_below_zero(axes)


def period_ticks(names: Sequence[str], most: int) -> dict[int, str]:
    """Return position -> label: the last period always, before it as many as fit.

    Years stand for periods of which there is one a year; others are written as they are.
    """
    spans = [periods.parse(name) for name in names]
    yearly = all((span.first % 12, span.length) == (spans[0].first % 12, spans[0].length) for span in spans)
    yearly = yearly and spans[0].length > 1
    step = max(1, -(-(len(names) - 1) // most))
    shown = range(len(names) - 1, -1, -step)
    return {at: str(spans[at].year) if yearly else names[at] for at in reversed(shown)}
