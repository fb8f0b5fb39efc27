"""The chart of official ranks with their intervals; to be used through `charts`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evaltools.chart_layout import lay_out_one
from evaltools.chart_parts import (
    name_rows,
    new_plot,
    nothing_to_show,
    number_axis,
    numbers,
    require,
    rows_of,
)
from evaltools.chart_theme import themed
from evaltools.palette import PALETTE
from evaltools.wording import word


@themed
def rank_intervals(ranks: pd.DataFrame, lang: str) -> Figure:
    """Official ranks, each with the interval by sampling error above and the one by other weights, dashed, below.

    Columns: label, rank (missing: not shown), rank_lower, rank_upper; where given weight_lower, weight_upper. One row
    an area, in the order given.
    """
    require(ranks, "label", "rank", "rank_lower", "rank_upper")
    frame = ranks[~np.isnan(numbers(ranks, "rank"))]
    if frame.empty:
        return nothing_to_show(lang)
    figure, axes = new_plot()
    rows = rows_of(frame["label"], 1.7)
    for side, colour, style, width, shift, key in (
        ("rank", "accent", "solid", 2.2, -0.04, "legend_sampling"),
        ("weight", "target", (0, (3, 1.5)), 1.6, 0.05, "legend_weights"),
    ):
        low, high = numbers(frame, f"{side}_lower"), numbers(frame, f"{side}_upper")
        if np.isnan(low).all():
            continue
        # an interval of one rank is a short stroke, so that it can be seen
        at = rows.middles + shift
        axes.hlines(
            at, low - 0.12, high + 0.12, color=PALETTE[colour], lw=width, ls=style, label=word(f"ranks.{key}", lang)
        )
    place = numbers(frame, "rank")
    axes.plot(place, rows.middles, "D", color=PALETTE["ink"], ms=4.5, label=word("ranks.legend_official", lang))
    name_rows(axes, rows)
    axes.set_xlim(0.5, max(np.nanmax(numbers(frame, "rank_upper")), len(frame)) + 0.5)
    number_axis(axes.xaxis, 12, lang)
    axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    axes.set_xlabel(word("ranks.axis", lang), loc="left")
    return lay_out_one(figure, axes, rows.height, left=rows.left, key="above", grid="x")
