"""Charts that set areas side by side: funnel, ranks of two periods, league; to be used through `charts`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from evaltools.chart_parts import (
    flags,
    height_of_rows,
    legend,
    name_rows,
    new_figure,
    nothing_to_show,
    number_axis,
    numbers,
    require,
)
from evaltools.chart_theme import themed, wrap
from evaltools.palette import PALETTE
from evaltools.wording import number, target, text_width, word

_DASHED, _DOTTED = (0, (5, 2)), (0, (1, 1.5))


@themed
def funnel(
    values: pd.DataFrame, limits: pd.DataFrame, lang: str, *, measure: str, base: str = "", per: int = 100
) -> Figure:
    """Areas by the size of their denominator, between limits within which chance alone would keep them.

    `values`: label, denominator, value, outside (whether beyond the 99.8% limits; those are named); where given,
    highlight (named too) and outside_adjusted (filled, the others outside are hollow). `limits`: denominator, centre,
    lower_95, upper_95, lower_998, upper_998, in units of `per`; where given and not missing, lower_998_adjusted and
    upper_998_adjusted, which allow for over-dispersion and are dashed. `measure` and `base` name the vertical and the
    horizontal axis. Method: Spiegelhalter (2005).
    """
    require(values, "label", "denominator", "value", "outside")
    require(limits, "denominator", "centre", "lower_95", "upper_95", "lower_998", "upper_998")
    known = values[~np.isnan(numbers(values, "value"))]
    if known.empty:
        return nothing_to_show(lang)
    figure = new_figure(3.7)
    axes = figure.add_subplot()
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
            axes.plot(sizes[chosen], rates[chosen], sign, color=PALETTE[colour], mfc=PALETTE[face], ms=5, label=label)
    axes.margins(y=0.12)  # room for the names of the highest and the lowest
    _name_points(axes, known, outside | flags(known, "highlight"))
    axes.grid(axis="y")
    number_axis(axes.xaxis, 6)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: target(y, lang, per, "rate")))
    axes.set_xlabel(base or word("charts.denominator", lang), loc="right")
    axes.set_title(measure, color=PALETTE["muted"], fontsize=9)
    legend(figure, "lower", 3)
    return figure


def _name_points(axes: Axes, frame: pd.DataFrame, named: np.ndarray) -> None:
    """Write names beside points, each where it hides no point and no other name if there is such a place."""
    across, up, high = 6.2, 2.7, 0.07  # plot and half a line of text in inches, near enough to tell what touches
    sizes, rates = numbers(frame, "denominator"), numbers(frame, "value")
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    spots = np.column_stack([(sizes - x0) / (x1 - x0) * across, (rates - y0) / (y1 - y0) * up])
    taken = [(x - 0.04, y - 0.04, x + 0.04, y + 0.04) for x, y in spots]
    for row in np.flatnonzero(named):
        name, (x, y) = str(frame["label"].iloc[row]), spots[row]
        width = 0.062 * text_width(name)
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
        axes.annotate(
            name,
            (sizes[row], rates[row]),
            xytext=(shift, 72 * (middle - y)),
            textcoords="offset points",
            ha=align,
            va="center",
            fontsize=8.5,
        )


@themed
def rank_change(ranks: pd.DataFrame, lang: str, *, before: str, after: str, most: int = 30) -> Figure:
    """Ranks of two periods joined by lines: who moved, and how far.

    Columns: label, before, after (ranks, 1 is best; missing when there was none). `before` and `after` name the
    two periods. Of more than `most` areas the ones that moved most are shown.
    """
    require(ranks, "label", "before", "after")
    frame = ranks.assign(before=numbers(ranks, "before"), after=numbers(ranks, "after"))
    frame = frame[frame["after"].notna() | frame["before"].notna()].reset_index(drop=True)
    if frame.empty:
        return nothing_to_show(lang)
    move = (frame["before"] - frame["after"]).fillna(0)
    shown = frame.loc[move.abs().sort_values(ascending=False, kind="stable").index[:most]].sort_index()
    rise = move.loc[shown.index].to_numpy()
    figure = new_figure(max(0.24 * len(shown), 0.8) + 0.85, width=5.6)
    axes = figure.add_subplot()
    for name, chosen, colour, style, width in (
        ("rose", rise > 0, "better", "solid", 1.8),
        ("fell", rise < 0, "worse", _DASHED, 1.8),
        ("stayed", rise == 0, "neutral", _DOTTED, 1.0),
    ):
        ends = shown.loc[chosen, ["before", "after"]].to_numpy().T
        if ends.size:
            lines = axes.plot([0, 1], ends, color=PALETTE[colour], ls=style, lw=width, marker="o", ms=4)
            lines[0].set_label(word(f"charts.{name}", lang))
    for side, column, title in ((0, "before", before), (1, "after", after)):
        for rank, tied in shown.dropna(subset=[column]).groupby(column):
            names = wrap(("、" if lang == "zh" else ", ").join(map(str, tied["label"])), 40)
            place = float(str(rank))
            axes.annotate(
                f"{names}  {place:g}" if side == 0 else f"{place:g}  {names}",
                (side, place),
                xytext=(-8 if side == 0 else 8, 0),
                textcoords="offset points",
                ha="right" if side == 0 else "left",
                va="center",
            )
        above = axes.get_xaxis_transform()
        axes.text(side, 1.02, title, transform=above, ha="center", color=PALETTE["muted"])
    both = shown[["before", "after"]]
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(float(both.max().max()) + 0.5, float(both.min().min()) - 0.7)
    axes.set_axis_off()
    legend(figure, "lower", 3)
    return figure


@themed
def league_bars(
    scores: pd.DataFrame, lang: str, *, cutoffs: Sequence[tuple[str, float]] = (), full: float = 100
) -> Figure:
    """Areas by score, best first, with the bounds of the grades.

    Columns: label, score (missing when none), grade (text, may be ""); where given, highlight (this area).
    `cutoffs` are (grade, lowest score) pairs; `full` is the score that can be reached.
    """
    require(scores, "label", "score", "grade")
    frame = scores.assign(score=numbers(scores, "score"))
    frame = frame.sort_values("score", ascending=False, kind="stable", na_position="last")
    if frame.empty:
        return nothing_to_show(lang)
    figure = new_figure(height_of_rows(frame["label"], 22) + 0.7)
    axes = figure.add_subplot()
    chosen = flags(frame, "highlight")
    colours = [PALETTE["accent" if one or not chosen.any() else "band"] for one in chosen]
    axes.barh(range(len(frame)), frame["score"].fillna(0), color=colours, height=0.6)
    for row, (score, grade) in enumerate(zip(frame["score"], frame["grade"], strict=True)):
        text = f"{number(score, 2, lang)}  {grade if pd.notna(grade) else ''}".rstrip()
        axes.text(full * 1.015, row, text, va="center")
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
    name_rows(axes, frame["label"], 22)
    axes.set_xlim(0, full * 1.2)
    ticks = np.linspace(0, full, 6)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel(word("charts.score_axis", lang), loc="left")
    return figure
