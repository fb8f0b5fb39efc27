"""Parts that several charts are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evaltools.chart_theme import WIDTH, wrap
from evaltools.palette import PALETTE
from evaltools.wording import word

_ROW = 0.29  # inches that a row of one line takes


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


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure, sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def nothing_to_show(lang: str) -> Figure:
    """Return a figure that says that there are no data."""
    figure = new_figure(1.2)
    axes = figure.add_subplot()
    axes.set_axis_off()
    say_no_data(axes, lang)
    return figure


def say_no_data(axes: Axes, lang: str) -> None:
    """Write that there are no data into the middle of a plot."""
    text = word("charts.no_data", lang)
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=PALETTE["muted"])


def number_axis(axis: Axis, most: int) -> None:
    """Give an axis at most `most` round numbers with thousands separators."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))


def name_rows(axes: Axes, labels: Iterable[str], width: int = 30) -> None:
    """Name the rows of a chart from the top down; `width` in columns of text."""
    texts = [wrap(str(label), width) for label in labels]
    axes.set_yticks(range(len(texts)), texts, color=PALETTE["ink"])
    axes.set_ylim(len(texts) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)


def height_of_rows(labels: Iterable[str], width: int = 30) -> float:
    """Return the inches that rows with these names need."""
    lines = (1 + wrap(str(label), width).count("\n") for label in labels)
    return sum(max(_ROW, 0.17 * count + 0.1) for count in lines)


def legend(figure: Figure, place: Literal["upper", "lower"], columns: int) -> None:
    """Add one legend for the whole figure, every text once."""
    entries = {
        text: handle for axes in figure.axes for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    side: Literal["outside upper left", "outside lower left"] = (
        "outside upper left" if place == "upper" else "outside lower left"
    )
    figure.legend(list(entries.values()), list(entries), loc=side, ncols=columns)
