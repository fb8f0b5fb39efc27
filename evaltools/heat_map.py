"""Units by indicators as a table of coloured cells, the heat map; to be used through `charts`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from evaltools import wording
from evaltools.chart_layout import lay_out_one
from evaltools.chart_parts import new_plot, nothing_to_show, numbers, require
from evaltools.chart_text import fitted, text_height_inches, text_width_inches
from evaltools.chart_theme import WIDTH, themed
from evaltools.palette import PALETTE
from evaltools.wording import MISSING, integer, word

SIGNS = {"met": "✓", "not_met": "×", "": ""}
"""What stands before a value: the colour of a cell never speaks alone. Status "" is of a value without a target."""

_GROUNDS = {"met": "accent-wash", "not_met": "notice", "": "paper", "missing": "wash"}
_INKS = {"met": "ink", "not_met": "worse", "": "ink", "missing": "muted"}
_ROW, _SIZE, _SMALLEST = 0.22, 8.5, 6.0


@themed
def heat_map(
    values: pd.DataFrame, lang: str, *, most: int = 40, most_columns: int = 12, digits: int | None = 1
) -> Figure:
    """Units by indicators, the value written in every cell, and whether it reaches its target.

    Columns: label (of the row), column (its heading), value, status (met, not_met, "" without a target); where known
    per and kind (as in `wording.value`). One row a cell; a cell that is not there is as one without a value: hatched.
    `digits` are decimals of rates. Of more than `most` rows those that miss most targets are shown, in the order
    given, and of the columns the first `most_columns`, or as many as can be read; the foot says what is left out.
    """
    require(values, "label", "column", "value", "status")
    if unknown := set(values["status"].fillna("")) - set(SIGNS):
        raise ValueError(f"status is met, not_met or empty; found {', '.join(map(repr, sorted(unknown)))}")
    shown, notes = _chosen(values, lang, most)
    if np.isnan(numbers(shown, "value")).all():
        return nothing_to_show(lang)
    rows, columns = (list(dict.fromkeys(shown[name].astype(str))) for name in ("label", "column"))
    cells = _cells(shown, rows, columns, lang, digits)
    names = [fitted(row, 1.7, _SIZE) for row in rows]
    left = 0.1 + max(text_width_inches(name, _SIZE) for name in names)
    heights = np.array([max(_ROW, text_height_inches(name, _SIZE) + 0.04) for name in names])
    tops = np.cumsum(heights) - heights
    # As wide as the widest text asks for, so that few columns do not become broad bands; smaller where many are to fit.
    broadest = max(text_width_inches(text, _SIZE) for text, _ in cells.values()) + 0.14
    room = WIDTH - left - 0.1
    fit = max(min(most_columns, int(room / (broadest * _SMALLEST / _SIZE))), 1)
    if len(columns) > fit:
        notes.append(word("charts.heat_columns", lang, n=integer(len(columns) - fit, lang)))
        columns = columns[:fit]
        cells = {at: cell for at, cell in cells.items() if at[1] < fit}
    across = min(max(broadest, 0.75), room / len(columns))
    size = min(_SIZE, _SIZE * across / broadest)
    figure, axes = new_plot()
    heads = [fitted(column, across - 0.04, size, 7) for column in columns]
    # a word longer than its column cannot be broken
    small = max(size * min(1, (across - 0.04) / max(text_width_inches(head, size) for head in heads)), _SMALLEST)
    for (row, column), (text, state) in cells.items():
        ink = PALETTE[_INKS[state]]
        axes.text(
            column + 0.5,
            tops[row] + heights[row] / 2,
            text,
            ha="center",
            va="center_baseline",
            color=ink,
            fontsize=size,
        )
    for state, ground in _GROUNDS.items():
        boxes = [
            Rectangle((column, tops[row]), 1, heights[row])
            for (row, column), (_, found) in cells.items()
            if found == state
        ]
        if boxes:
            hatch = "////" if state == "missing" else None
            key = {"": "no_target", "missing": "no_value"}.get(state, state)
            label = f"{SIGNS.get(state, MISSING)} {word(f'charts.{key}', lang)}".strip()
            look: dict[str, Any] = {"facecolor": PALETTE[ground], "edgecolor": PALETTE["line"], "linewidth": 0.8}
            axes.add_collection(PatchCollection(boxes, hatch=hatch, label=label, **look), autolim=False)
    for y, name in zip(tops + heights / 2, names, strict=True):
        axes.text(-0.08 / across, y, name, ha="right", va="center", fontsize=_SIZE)
    for column, head in enumerate(heads):
        axes.text(column + 0.5, -0.05, head, ha="center", va="bottom", fontsize=small, color=PALETTE["muted"])
    axes.set_xlim(0, len(columns))
    axes.set_ylim(heights.sum(), 0)
    axes.set_axis_off()
    above = 0.06 + max(text_height_inches(head, small) for head in heads)
    right = max(WIDTH - left - across * len(columns) - 0.06, 0.02)
    return lay_out_one(
        figure, axes, float(heights.sum()), left=left, right=right, above=above, key="below", notes=notes
    )


def _chosen(values: pd.DataFrame, lang: str, most: int) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells of the rows to show, and what to say of the other rows."""
    labels = values["label"].astype(str)
    failed = (values["status"] == "not_met").groupby(labels, sort=False).sum()
    kept = set(failed.sort_values(ascending=False, kind="stable").index[:most])
    notes = []
    if rest := len(failed) - len(kept):
        failing = int((failed[~failed.index.isin(list(kept))] > 0).sum())
        counts = {"n": len(failed), "shown": len(kept), "rest": rest, "failing": failing}
        notes.append(word("charts.heat_rows", lang, **{name: integer(n, lang) for name, n in counts.items()}))
    return values[labels.isin(kept)], notes


def _cells(
    shown: pd.DataFrame, rows: list[str], columns: list[str], lang: str, digits: int | None
) -> dict[tuple[int, int], tuple[str, str]]:
    """Return (row, column) -> (text, state) of every cell of the grid."""
    cells = {(row, column): (MISSING, "missing") for row in range(len(rows)) for column in range(len(columns))}
    at_row, at_column = ({name: at for at, name in enumerate(names)} for names in (rows, columns))
    pers = shown["per"] if "per" in shown.columns else [100] * len(shown)
    kinds = shown["kind"] if "kind" in shown.columns else ["proportion"] * len(shown)
    parts = (shown["label"], shown["column"], numbers(shown, "value"), shown["status"].fillna(""), pers, kinds)
    for label, column, x, status, per, kind in zip(*parts, strict=True):
        if not np.isnan(x):
            text = wording.value(x, lang, int(per), str(kind), digits if per != 1 else None)
            cells[at_row[str(label)], at_column[str(column)]] = (f"{SIGNS[status]}{text}", status)
    return cells


def alt_heat_map(values: pd.DataFrame, lang: str) -> str:
    """Say what the heat map of `values` shows: how many cells reach their target, which row misses most."""
    known = values[values["value"].notna()]
    if known.empty:
        return word("charts.alt_heat_nothing", lang)
    rows, columns = values["label"].nunique(), values["column"].nunique()
    met, failed = int((known["status"] == "met").sum()), int((known["status"] == "not_met").sum())
    counts = {
        "rows": rows, "columns": columns, "n": len(known), "judged": met + failed,
        "met": met, "failed": failed, "missing": rows * columns - len(known),
    }  # fmt: skip
    text = word("charts.alt_heat", lang, **{name: integer(n, lang) for name, n in counts.items()})
    if not failed:
        return text
    worst = known.loc[known["status"] == "not_met", "label"].value_counts(sort=False)
    name, n = worst.idxmax(), int(worst.max())
    return text + ("" if lang == "zh" else " ") + word("charts.alt_heat_worst", lang, name=name, n=integer(n, lang))
