"""Charts of two periods joined by lines: ranks and values; to be used through `charts`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from evaltools import wording
from evaltools.chart_layout import lay_out_one, spread
from evaltools.chart_parts import new_plot, nothing_to_show, numbers, own, require
from evaltools.chart_text import fitted, text_height_inches, text_width_inches
from evaltools.chart_theme import themed
from evaltools.palette import PALETTE
from evaltools.wording import integer, word

_STYLES = {
    "better": ("better", "solid", 1.8),
    "worse": ("worse", (0, (5, 2)), 1.8),
    "neutral": ("neutral", (0, (1, 1.5)), 1.0),
}
_SIZE = 9.0  # points of names at the ends, which take at most so many inches:
_NAMES = 2.5
_LEADER = 0.09  # from the end of a line to its name, where 1 is from period to period


@themed
def rank_change(ranks: pd.DataFrame, lang: str, *, before: str, after: str, most: int = 30) -> Figure:
    """Ranks of two periods joined by lines: who moved, and how far.

    Columns: label, before, after (ranks, 1 is best; missing when there was none). `before` and `after` name the
    two periods. Of more than `most` areas the ones that moved most are shown. Where given, area and hover say whose
    each line is (`chart_parts.own`).
    """
    require(ranks, "label", "before", "after")
    shown, left_out = _most_moved(ranks, most)
    if shown.empty:
        return nothing_to_show(lang)
    figure, axes = new_plot(5.6)
    rise = np.nan_to_num(numbers(shown, "before") - numbers(shown, "after"))
    status = np.select([rise > 0, rise < 0], ["better", "worse"], "neutral")
    names = {"better": "rose", "worse": "fell", "neutral": "stayed"}
    _join(axes, shown, status, {name: word(f"charts.{key}", lang) for name, key in names.items()})
    joint = "、" if lang == "zh" else ", "
    sides: list[dict[float, str]] = []
    for side, column in enumerate(("before", "after")):
        texts = {}
        for rank, tied in shown.dropna(subset=[column]).groupby(column):
            joined = joint.join(map(str, tied["label"]))
            place = float(str(rank))
            texts[place] = fitted(f"{joined}  {place:g}" if side == 0 else f"{place:g}  {joined}", _NAMES, _SIZE)
        sides.append(texts)
    both = shown[["before", "after"]]
    top, bottom = float(both.min().min()) - 0.7, float(both.max().max()) + 0.5
    height = max(0.24 * len(shown), _needed(sides))
    return _finish(figure, axes, sides, (bottom, top), height, (before, after), _left_out(left_out, lang))


@themed
def slope_chart(
    values: pd.DataFrame,
    lang: str,
    *,
    before: str,
    after: str,
    per: int = 100,
    kind: str = "proportion",
    most: int = 25,
) -> Figure:
    """Values of two periods joined by lines: what rose, what fell, who overtook whom.

    Columns: label, before, after (values in units of `per`; missing when there was none), status (better, worse,
    neutral: whether the change is for the good). `before` and `after` name the two periods; `per` and `kind` as in
    `wording.value`. Of more than `most` rows those that changed most are shown, and the chart says so. Names stand
    apart where values are near each other; the lines end at the values.
    """
    require(values, "label", "before", "after", "status")
    if unknown := set(values["status"]) - set(_STYLES):
        raise ValueError(f"status is one of {', '.join(_STYLES)}; found {', '.join(map(repr, sorted(unknown)))}")
    shown, left_out = _most_moved(values, most)
    if shown.empty:
        return nothing_to_show(lang)
    figure, axes = new_plot()
    _join(axes, shown, shown["status"].to_numpy(), {name: word(f"charts.{name}", lang) for name in _STYLES})
    joint = "、" if lang == "zh" else ", "
    sides: list[dict[float, str]] = []
    for side, column in enumerate(("before", "after")):
        texts: dict[float, list[str]] = {}
        for label, x in zip(shown["label"], numbers(shown, column), strict=True):
            if not np.isnan(x):
                texts.setdefault(x, []).append(str(label))
        parts = {x: [joint.join(names), wording.value(x, lang, per, kind)] for x, names in texts.items()}
        sides.append({x: fitted("  ".join(part[:: 1 - 2 * side]), _NAMES, _SIZE) for x, part in parts.items()})
    both = shown[["before", "after"]].to_numpy()
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    room = 0.06 * (high - low) or max(abs(high) * 0.1, 1e-9)
    limits = (low - room, high + room)
    return _finish(figure, axes, sides, limits, _needed(sides), (before, after), _left_out(left_out, lang))


def _most_moved(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Return the rows to show, in the order given, and how many are left out."""
    rows = frame.assign(before=numbers(frame, "before"), after=numbers(frame, "after"))
    rows = rows[rows["after"].notna() | rows["before"].notna()].reset_index(drop=True)
    move = (rows["before"] - rows["after"]).abs().fillna(0)
    shown = rows.loc[move.sort_values(ascending=False, kind="stable").index[:most]].sort_index()
    return shown, len(rows) - len(shown)


def _left_out(count: int, lang: str) -> list[str]:
    return [word("charts.moved_less", lang, n=integer(count, lang))] if count else []


def _needed(sides: Sequence[dict[float, str]]) -> float:
    """Return the inches that all names of the fuller side take, with some room to lie near their values."""
    return max(1.15 * max(sum(text_height_inches(text, _SIZE) for text in texts.values()) for texts in sides), 1.2)


def _join(axes: Axes, shown: pd.DataFrame, status: np.ndarray, names: dict[str, str]) -> None:
    for name, (colour, style, width) in _STYLES.items():
        ends = shown.loc[status == name, ["before", "after"]].to_numpy().T
        if ends.size:
            lines = axes.plot([0, 1], ends, color=PALETTE[colour], ls=style, lw=width, marker="o", ms=4)
            lines[0].set_label(names[name])
            for line, at in zip(lines, np.flatnonzero(status == name), strict=True):
                own(line, shown.iloc[at : at + 1])


def _finish(
    figure: Figure,
    axes: Axes,
    sides: Sequence[dict[float, str]],
    limits: tuple[float, float],
    height: float,
    titles: tuple[str, str],
    notes: list[str],
) -> Figure:
    """Name the ends of the lines, moved apart where they would touch, and both periods above them."""
    rooms = []
    for side, (texts, title) in enumerate(zip(sides, titles, strict=True)):
        scale = (limits[1] - limits[0]) / height
        sign = 1 if scale > 0 else -1
        sizes = [text_height_inches(text, _SIZE) * abs(scale) for text in texts.values()]
        places = spread([sign * x for x in texts], sizes, *sorted(sign * limit for limit in limits))
        edge = side + (2 * side - 1) * _LEADER
        ends = [[(side, x), (edge, sign * place)] for x, place in zip(texts, places, strict=True)]
        axes.add_collection(LineCollection(ends, colors=PALETTE["neutral"], linewidths=0.4, zorder=0.5), autolim=False)
        for text, place in zip(texts.values(), places, strict=True):
            align = "right" if side == 0 else "left"
            axes.text(edge + 0.15 * (edge - side), sign * place, text, ha=align, va="center", fontsize=_SIZE)
        above = axes.get_xaxis_transform()
        axes.text(side, 1.0, title, transform=above, ha="center", va="bottom", color=PALETTE["muted"])
        widest = max((text_width_inches(text, _SIZE) for text in texts.values()), default=0.0)
        rooms.append(max(widest + 0.1, text_width_inches(title, 9.5) / 2))
    axes.set_xlim(-_LEADER, 1 + _LEADER)
    axes.set_ylim(*limits)
    axes.set_axis_off()
    return lay_out_one(figure, axes, height, left=rooms[0], right=rooms[1], above=0.2, key="below", notes=notes)


def alt_slopes(values: pd.DataFrame, lang: str, *, per: int = 100, kind: str = "proportion", most: int = 3) -> str:
    """Say what the slope chart of `values` shows: how many became better and worse, and which changed most."""
    known = values[values["before"].notna() & values["after"].notna()]
    if known.empty:
        return word("charts.alt_slopes_none", lang)
    move = (known["after"] - known["before"]).abs()
    rows = known.loc[move.sort_values(ascending=False, kind="stable").index[:most]]
    names = [
        word(
            "charts.alt_slope",
            lang,
            name=label,
            before=wording.value(before, lang, per, kind),
            after=wording.value(after, lang, per, kind),
        )
        for label, before, after in zip(rows["label"], rows["before"], rows["after"], strict=True)
    ]
    counts = {"n": len(known)} | {side: int((known["status"] == side).sum()) for side in ("better", "worse")}
    said = {name: integer(n, lang) for name, n in counts.items()}
    return word("charts.alt_slopes", lang, **said, names=("、" if lang == "zh" else ", ").join(names))
