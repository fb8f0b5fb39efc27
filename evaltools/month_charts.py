"""Charts of single months: the control chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from evaltools import periods, wording
from evaltools.chart_layout import lay_out_one, spread
from evaltools.chart_parts import flags, measured_axis, new_plot, not_below_zero, nothing_to_show, numbers, require
from evaltools.chart_text import text_height_inches, text_width_inches
from evaltools.chart_theme import themed, wrap
from evaltools.control_narrative import segments_without_limits
from evaltools.palette import PALETTE
from evaltools.wording import word

_SIGNS = {"better": "^", "worse": "v", "neutral": "D"}
_UP = 2.4
_DASHED, _DOTTED = (0, (5, 2)), (0, (1, 1.5))
_LINES = {"upper": "neutral", "mean": "muted", "lower": "neutral", "target": "target"}


@themed
def control_chart(points: pd.DataFrame, lang: str, *, per: int = 100, kind: str = "proportion") -> Figure:
    """One monthly series between its natural process limits, each segment with limits of its own.

    `points`: the frame of `control_limits.control_chart_points` and a column label, the same in all rows. Months that
    chance does not explain carry a sign and a colour by their status, disturbed ones are hollow, missing ones leave a
    gap in the line. Why a segment has no limits stands under the chart. `per` and `kind` as in `wording.value`.
    """
    require(points, "label", "period", "segment", "value", "mean", "lower", "upper", "status", "disturbed", "target")
    if points["label"].nunique() > 1:
        raise ValueError("a control chart is of one series; found several labels")
    y = numbers(points, "value")
    if np.isnan(y).all():
        return nothing_to_show(lang)
    notes = [wrap(text, 96) for text in segments_without_limits(points, lang)]
    title = wrap(str(points["label"].iloc[0]), 90)
    figure, axes = new_plot()
    x = np.array([periods.parse(name).first for name in points["period"].astype(str)])
    _points(axes, x, y, points, lang)
    for number, (_, part) in enumerate(points.assign(x=x).groupby("segment", sort=True)):
        _segment(axes, part, lang)
        if number:
            start = float(part["x"].iloc[0]) - 0.5
            axes.axvline(start, color=PALETTE["muted"], lw=0.8, ls="dashdot", label=word("control.break", lang))
    target = numbers(points, "target")
    if not np.isnan(target).all():
        ends = [x[0] - 0.5, x[-1] + 0.5]
        axes.plot(
            ends, [target[-1]] * 2, color=PALETTE["target"], ls=_DOTTED, lw=1.3, label=word("charts.target", lang)
        )
    axes.set_xlim(x[0] - 0.7, x[-1] + 0.7)
    axes.margins(y=0.1)
    not_below_zero(axes)
    ticks = _month_ticks(x.tolist(), lang)
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_major_formatter(FixedFormatter(list(ticks.values())))
    measured_axis(axes.yaxis, 6, lang, per, kind)
    right = _name_lines(axes, points.iloc[-1], lang, per, kind)
    axes.set_title(title)
    axes.set_xlabel("\n".join(notes), loc="left")
    return lay_out_one(figure, axes, _UP, right=right, key="below", grid="y")


def _segment(axes: Axes, part: pd.DataFrame, lang: str) -> None:
    """Draw the values of a segment as a line with gaps, and its mean and limits from the first month to the last."""
    x = part["x"].to_numpy(dtype=float)
    axes.plot(x, numbers(part, "value"), color=PALETTE["accent"], lw=1.1, alpha=0.6)
    for name, style, width, label in (
        ("mean", "solid", 1.1, "mean"),
        ("upper", _DASHED, 1.0, "limits"),
        ("lower", _DASHED, 1.0, "limits"),
    ):
        level = numbers(part, name)[0]
        if not np.isnan(level):
            ends, text = [x[0] - 0.5, x[-1] + 0.5], word(f"control.{label}", lang)
            axes.plot(ends, [level] * 2, color=PALETTE[_LINES[name]], ls=style, lw=width, label=text)


def _points(axes: Axes, x: np.ndarray, y: np.ndarray, points: pd.DataFrame, lang: str) -> None:
    status, disturbed = points["status"].to_numpy(), flags(points, "disturbed")
    plain = ~np.isin(status, list(_SIGNS)) & ~disturbed
    marks = [("value", plain, "o", "accent", "accent", 3.8)]
    marks += [(name, status == name, sign, name, name, 6.5) for name, sign in _SIGNS.items()]
    marks += [("disturbed", disturbed, "o", "accent", "paper", 5.5)]
    for name, chosen, sign, edge, face, size in marks:
        chosen = chosen & ~np.isnan(y)
        if chosen.any():
            text = word(f"control.{name}", lang)
            axes.plot(x[chosen], y[chosen], sign, color=PALETTE[edge], mfc=PALETTE[face], ms=size, zorder=3, label=text)


def _month_ticks(months: Sequence[int], lang: str) -> dict[int, str]:
    """Return place -> month, as many as can be read, at the same months every year; the year stands under its first."""
    step = next(step for step in (1, 2, 3, 6, 12) if (months[-1] - months[0]) / step < 14 or step == 12)
    years = -(-len(months) // (12 * 14)) if step == 12 else 1
    shown = [month for month in months if month % step == 0 and month // 12 % years == 0] or [months[0]]
    texts, year = {}, -1
    for month in shown:
        name = word(f"terms.month_{month % 12 + 1}", lang)
        text = word("control.tick_month", lang, month=name if lang == "zh" else name[:3])
        if month // 12 != year:
            year = month // 12
            text += "\n" + word("terms.period_year", lang, year=year)
        texts[month] = text
    return texts


def _name_lines(axes: Axes, last: pd.Series, lang: str, per: int, kind: str) -> float:
    """Write the lines' values beside their ends, moved apart where they would touch; return the room they take."""
    levels = {name: float(last[name]) for name in _LINES if pd.notna(last[name])}
    low, high = axes.get_ylim()
    size = (high - low) * text_height_inches("1", 8.5) / _UP
    places = spread(list(levels.values()), [size] * len(levels))
    room = 0.0
    for name, place in zip(levels, places, strict=True):
        x = (
            wording.target(levels[name], lang, per, kind)
            if name == "target"
            else wording.value(levels[name], lang, per, kind)
        )
        text = word(f"control.line_{name}", lang, x=x)
        colour = PALETTE[_LINES[name]]
        axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), va="center", color=colour, fontsize=8.5)
        room = max(room, 0.1 + text_width_inches(text, 8.5))
    return room
