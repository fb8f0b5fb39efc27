"""The chart of why a score changed; to be used through `charts`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evaltools.chart_layout import lay_out_one
from evaltools.chart_parts import BAR, name_rows, new_plot, nothing_to_show, number_axis, numbers, require, rows_of
from evaltools.chart_text import text_width_inches
from evaltools.chart_theme import themed
from evaltools.palette import PALETTE
from evaltools.wording import number, word

_DOTTED = (0, (1, 1.5))


@themed
def waterfall(steps: pd.DataFrame, lang: str) -> Figure:
    """From one total to another, one row a step: levels as marks, effects as bars between the levels they join.

    Columns: label, amount (of an effect) and level (of a total; missing for an effect). The first row is a level. The
    axis does not begin at zero, so levels are marks and only the bars of effects have a length that counts. An arrow
    head and a sign say which way a bar goes.
    """
    require(steps, "label", "amount", "level")
    amount, level = numbers(steps, "amount"), numbers(steps, "level")
    if not len(steps) or np.isnan(level[0]) or np.isnan(amount[np.isnan(level)]).any():
        return nothing_to_show(lang)
    after = np.where(np.isnan(level), np.nan, level)
    for row in range(1, len(steps)):
        if np.isnan(level[row]):
            after[row] = after[row - 1] + amount[row]
    before = np.where(np.isnan(level), np.append(np.nan, after[:-1]), after)
    figure, axes = new_plot()
    rows = rows_of(steps["label"])
    y, said = rows.middles, []
    for row in range(len(steps)):
        if not np.isnan(level[row]):
            axes.plot([level[row]], [y[row]], "D", color=PALETTE["accent"], ms=7)
            text = number(level[row], 2, lang)
        else:
            colour = PALETTE["better" if amount[row] > 0 else "worse" if amount[row] < 0 else "neutral"]
            axes.barh([y[row]], [amount[row]], left=[before[row]], color=colour, height=0.75 * BAR, alpha=0.85)
            head = ">" if amount[row] > 0 else "<" if amount[row] < 0 else "|"
            axes.plot([after[row]], [y[row]], head, color=colour, ms=6)
            text = number(amount[row], 2, lang, signed=True)
        right = max(before[row], after[row])
        said.append(text)
        axes.annotate(text, (right, y[row]), xytext=(9, 0), textcoords="offset points", va="center", fontsize=8.5)
        if row + 1 < len(steps):
            axes.plot([after[row]] * 2, [y[row], y[row + 1]], color=PALETTE["muted"], lw=0.8, ls=_DOTTED)
    name_rows(axes, rows)
    low, high = float(np.nanmin([before, after])), float(np.nanmax([before, after]))
    room = max(high - low, 0.05)
    axes.set_xlim(low - 0.08 * room, high + 0.03 * room)
    number_axis(axes.xaxis, 6, lang)
    axes.set_xlabel(word("score.waterfall_axis", lang), loc="left")
    beside = 0.1 + max(text_width_inches(text, 8.5) for text in said)
    return lay_out_one(figure, axes, rows.height, left=rows.left, right=beside, grid="x")
