"""Charts that set areas side by side: funnel and league; to be used through `charts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaltools.chart_layout import lay_out_one
from evaltools.chart_parts import (
    BAR,
    flags,
    measured_axis,
    name_rows,
    new_plot,
    not_below_zero,
    nothing_to_show,
    number_axis,
    numbers,
    own,
    require,
    rows_of,
)
from evaltools.chart_text import fitted, text_width_inches
from evaltools.chart_theme import themed
from evaltools.palette import PALETTE
from evaltools.wording import number, word

_UP = 2.7
_DASHED, _DOTTED = (0, (5, 2)), (0, (1, 1.5))


@themed
def funnel(
    values: pd.DataFrame, limits: pd.DataFrame, lang: str, *, measure: str, base: str = "", per: int = 100
) -> Figure:
    """Areas by the size of their denominator, between limits within which chance alone would keep them.

    `values`: label, denominator, value, outside (whether beyond the 99.8% limits; those are named); where given,
    highlight (named too), outside_adjusted (filled, the others outside are hollow), named (which to name instead),
    area and hover (whose each point is, `chart_parts.own`). `limits`: denominator, centre,
    lower_95, upper_95, lower_998, upper_998, in units of `per`; where given and not missing, lower_998_adjusted and
    upper_998_adjusted, which allow for over-dispersion and are dashed. `measure` and `base` name the vertical and the
    horizontal axis. Method: Spiegelhalter (2005).
    """
    require(values, "label", "denominator", "value", "outside")
    require(limits, "denominator", "centre", "lower_95", "upper_95", "lower_998", "upper_998")
    known = values[~np.isnan(numbers(values, "value"))]
    if known.empty:
        return nothing_to_show(lang)
    figure, axes = new_plot()
    curve = limits.sort_values("denominator")
    x = numbers(curve, "denominator")
    axes.plot(x, numbers(curve, "centre"), color=PALETTE["muted"], lw=1, label=word("charts.centre", lang))
    adjusted = not np.isnan(numbers(curve, "upper_998_adjusted")).all()
    for level, style, colour, key in (
        ("95", _DOTTED, "neutral", "charts.limits_95"),
        ("998", "solid", "neutral", "charts.limits_998"),
        ("998_adjusted", _DASHED, "accent", "peers.limits_adjusted"),
    ):
        if level == "998_adjusted" and not adjusted:
            continue
        for side, label in (("lower", word(key, lang)), ("upper", None)):
            y = numbers(curve, f"{side}_{level}")
            axes.plot(x, y, color=PALETTE[colour], lw=0.9, ls=style, label=label)
    outside, sizes, rates = flags(known, "outside"), numbers(known, "denominator"), numbers(known, "value")
    far = flags(known, "outside_adjusted") if adjusted else outside
    for chosen, sign, colour, face, key in (
        (~outside, "o", "accent", "paper", "charts.within"),
        (outside & ~far, "D", "target", "paper", "charts.outside"),
        (far, "D", "target", "target", "peers.outside_adjusted" if adjusted else "charts.outside"),
    ):
        if chosen.any() or not adjusted:
            label = word(key, lang)
            look: dict[str, Any] = {"color": PALETTE[colour], "mfc": PALETTE[face], "ms": 5}
            (points,) = axes.plot(sizes[chosen], rates[chosen], sign, label=label, **look)
            own(points, known[chosen])
    axes.margins(y=0.12)  # room for the names of the highest and the lowest
    not_below_zero(axes)
    named = flags(known, "named") if "named" in known.columns else outside | flags(known, "highlight")
    _name_points(axes, known, named)
    number_axis(axes.xaxis, 6, lang)
    measured_axis(axes.yaxis, 6, lang, per, "rate")
    axes.set_xlabel(base or word("charts.denominator", lang), loc="right")
    axes.set_title(measure, color=PALETTE["muted"], fontsize=9)
    return lay_out_one(figure, axes, _UP, key="below", grid="y")


def _name_points(axes: Axes, frame: pd.DataFrame, named: np.ndarray) -> None:
    """Write names beside points, each where it hides no point and no other name if there is such a place."""
    across, up, high = 6.2, _UP, 0.07  # plot and half a line of text in inches, near enough to tell what touches
    sizes, rates = numbers(frame, "denominator"), numbers(frame, "value")
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    spots = np.column_stack([(sizes - x0) / (x1 - x0) * across, (rates - y0) / (y1 - y0) * up])
    taken = [(x - 0.04, y - 0.04, x + 0.04, y + 0.04) for x, y in spots]
    for row in np.flatnonzero(named):
        name, (x, y) = fitted(str(frame["label"].iloc[row]), 2.0, 8.5), spots[row]
        width = text_width_inches(name, 8.5)
        places = [
            (x + 0.1, y, "left"),
            (x - 0.1 - width, y, "right"),
            *((x - width / 2, y + step, "center") for step in (0.16, -0.16, 0.31, -0.31)),
        ]

        def hidden(place: tuple[float, float, str], width: float = width) -> float:
            left, middle, _ = place
            right = left + width
            area = sum(
                max(0.0, min(right, box[2]) - max(left, box[0]))
                * max(0.0, min(middle + high, box[3]) - max(middle - high, box[1]))
                for box in taken
            )
            return float(area + max(0.0, -left) + max(0.0, right - across))

        left, middle, align = min(places, key=hidden)
        taken.append((left, middle - high, left + width, middle + high))
        shift = {"left": 7.0, "right": -7.0, "center": 0.0}[align]
        text = axes.annotate(
            name,
            (sizes[row], rates[row]),
            xytext=(shift, 72 * (middle - y)),
            textcoords="offset points",
            ha=align,
            va="center",
            fontsize=8.5,
        )
        own(text, frame.iloc[row : row + 1], hover=False)


@themed
def league_bars(
    scores: pd.DataFrame, lang: str, *, cutoffs: Sequence[tuple[str, float]] = (), full: float = 100
) -> Figure:
    """Areas by score, best first, with the bounds of the grades.

    Columns: label, score (missing when none), grade (text, may be ""); where given, highlight (this area), area and
    hover (whose each bar is, `chart_parts.own`).
    `cutoffs` are (grade, lowest score) pairs; `full` is the score that can be reached.
    """
    require(scores, "label", "score", "grade")
    frame = scores.assign(score=numbers(scores, "score"))
    frame = frame.sort_values("score", ascending=False, kind="stable", na_position="last")
    if frame.empty:
        return nothing_to_show(lang)
    figure, axes = new_plot()
    chosen = flags(frame, "highlight")
    colours = [PALETTE["accent" if one or not chosen.any() else "band"] for one in chosen]
    rows = rows_of(frame["label"], 1.7)
    bars = axes.barh(rows.middles, frame["score"].fillna(0), color=colours, height=BAR)
    said = []
    for y, score, grade in zip(rows.middles, frame["score"], frame["grade"], strict=True):
        text = f"{number(score, 2, lang)}  {grade if pd.notna(grade) else ''}".rstrip()
        said.append(text)
        beside_bar = axes.text(1.015, y, text, transform=axes.get_yaxis_transform(), va="center")
        own(beside_bar, frame.iloc[[len(said) - 1]], hover=False)
    for at, (grade, bound) in enumerate(sorted(cutoffs, key=lambda cutoff: cutoff[1])):
        axes.axvline(bound, color=PALETTE["muted"], lw=0.9, ls=_DASHED)
        axes.annotate(
            f"{grade} ≥{bound:g}",
            (bound, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3 + 11 * (at % 2)),  # neighbours stand on two levels, so that their names do not meet
            textcoords="offset points",
            ha="center",
            color=PALETTE["muted"],
            fontsize=8,
        )
    for at, (bar, name) in enumerate(zip(bars, name_rows(axes, rows), strict=True)):
        own(bar, frame.iloc[[at]])
        own(name, frame.iloc[[at]], hover=False)
    axes.set_xlim(0, full)
    number_axis(axes.xaxis, 6, lang)
    axes.set_xlabel(word("charts.score_axis", lang), loc="left")
    beside = 0.15 + max(text_width_inches(text, 9.5) for text in said)
    return lay_out_one(figure, axes, rows.height, left=rows.left, right=beside, above=0.3 if cutoffs else 0)
