"""Where things stand in a chart: margins from the texts around the plot, and the key.

matplotlib's constrained layout draws every chart twice and measures each text several times; here the advance widths
of the font tell what room the texts need, so that a chart is drawn once. Lengths are inches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from evaltools.chart_text import LINE, fitted, text_height_inches, text_width_inches
from evaltools.palette import PALETTE

_PAD, _SWATCH, _BETWEEN = 0.06, 0.3, 0.22
_KEY_SIZE = 8.5


def lay_out(
    figure: Figure,
    rows: Sequence[Sequence[Axes]],
    height: float,
    *,
    right: float = 0.0,
    above: float = 0.0,
    key: Literal["above", "below", ""] = "",
    between: float = 0.0,
    left: float = 0.0,
    notes: Sequence[str] = (),
    grid: Literal["x", "y", ""] = "",
) -> Figure:
    """Place the plots of a figure, rows of equal `height`, with room for their texts; draw the key, write the notes.

    right, above, left: room that the chart has filled itself around a plot, such as values behind bars; between: gap
    of two columns more than their texts take; notes: sentences for the foot; grid: the axis whose numbers have lines.
    What a plot's own axis names, ticks and title need is found out here. The figure becomes as high as all that.
    """
    width = figure.get_figwidth()
    foot = "\n".join(fitted(note, width - 0.1, _KEY_SIZE) for note in notes)
    foot_height = text_height_inches(foot, _KEY_SIZE) + (0.06 if foot else 0)
    entries = _entries(figure)
    lines = _key_lines(entries, width) if key else []
    key_height = (len(lines) * LINE * _KEY_SIZE / 72 + 0.1) if lines else 0.0
    left = max(left, max(tick_room(axes.yaxis) for row in rows for axes in row))
    margin = 0.03
    columns = max(len(row) for row in rows)
    right = max(right, max(_overhang(axes) for row in rows for axes in row))
    across = max((width - 2 * margin - columns * (left + right) - (columns - 1) * between) / columns, 0.3)
    for axes in figure.axes:
        # nothing stands above a plot that a title would have to give way to; looking for it takes a fifth of the time
        axes._autotitlepos = False  # type: ignore[attr-defined]
        for text in (axes._left_title, axes.xaxis.label):  # type: ignore[attr-defined]
            text.set_text(fitted(text.get_text(), across + right, float(text.get_fontsize())))
    tops = [above + max(_title_room(axes) for axes in row) for row in rows]
    bottoms = [max(_below_room(axes) for axes in row) for row in rows]
    total = sum(tops) + sum(bottoms) + height * len(rows) + key_height + foot_height + 2 * margin
    figure.set_size_inches(width, total)
    y = total - margin - (key_height if key == "above" else 0)
    for row, top, bottom in zip(rows, tops, bottoms, strict=True):
        y -= top + height
        for column, axes in enumerate(row):
            x = margin + left + column * (left + across + right + between)
            axes.set_position((x / width, y / total, across / width, height / total))
            if axes.axison:
                _draw_axes(axes, grid)
        y -= bottom
    if lines:
        _draw_key(figure, lines, total - margin if key == "above" else margin + foot_height + key_height - 0.06)
    if foot:
        text = Text(0.05, margin + foot_height - 0.06, foot, va="top", fontsize=_KEY_SIZE, linespacing=LINE)
        text.set(color=PALETTE["muted"], transform=figure.dpi_scale_trans)
        figure.add_artist(text)
    return figure


def _draw_axes(axes: Axes, grid: str) -> None:
    """Draw the axes of a plot as one set of lines and a few texts.

    Ticks of matplotlib are five artists each; they take longer than all that is shown.
    """
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    x_ticks, y_ticks = (_ticks_in_view(axis) for axis in (axes.xaxis, axes.yaxis))
    rc, figure = matplotlib.rcParams, axes.get_figure(root=True)
    assert figure is not None
    height = figure.get_figheight() * axes.get_position().height
    lines = {"x": [[(x, low), (x, high)] for x, _ in x_ticks], "y": [[(left, y), (right, y)] for y, _ in y_ticks]}
    if lines.get(grid):
        axes.add_collection(
            LineCollection(lines[grid], colors=rc["grid.color"], linewidths=rc["grid.linewidth"], zorder=0.5),
            autolim=False,
        )
    inches = figure.dpi_scale_trans
    beside = axes.get_yaxis_transform() + ScaledTranslation(-_PAD, 0, inches)
    below = axes.get_xaxis_transform() + ScaledTranslation(0, -_PAD, inches)
    look: dict[str, Any] = {"color": rc["xtick.color"], "fontsize": rc["xtick.labelsize"]}
    for y, text in y_ticks:
        axes.text(0, y, text, transform=beside, ha="right", va="center_baseline", **look)
    for x, text in x_ticks:
        axes.text(x, 0, text, transform=below, ha="center", va="top", **look)
    if x_ticks:
        axes.axhline(low, color=rc["axes.edgecolor"], lw=rc["axes.linewidth"], zorder=0.6)
    if name := axes.get_xlabel():
        side = axes.xaxis.label.get_horizontalalignment()
        down = _PAD + max((text_height_inches(text, look["fontsize"]) + _PAD for _, text in x_ticks), default=0.0)
        axes.text(
            {"left": 0.0, "right": 1.0}.get(side, 0.5),
            -down / height,
            name,
            transform=axes.transAxes,
            ha=side,
            va="top",
            color=rc["axes.labelcolor"],
            fontsize=rc["axes.labelsize"],
            linespacing=LINE - 0.15,
        )
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    axes.set_axis_off()


def lay_out_one(
    figure: Figure,
    axes: Axes,
    height: float,
    *,
    right: float = 0.0,
    above: float = 0.0,
    key: Literal["above", "below", ""] = "",
    left: float = 0.0,
    notes: Sequence[str] = (),
    grid: Literal["x", "y", ""] = "",
) -> Figure:
    """Place the one plot of a figure: `lay_out` for most charts."""
    return lay_out(figure, [[axes]], height, right=right, above=above, key=key, left=left, notes=notes, grid=grid)


def _shown_ticks(axis: Axis) -> list[str]:
    """Return the texts of the ticks that a plot will show."""
    return [text for _, text in _ticks_in_view(axis)] if axis.axes.axison else []


def _ticks_in_view(axis: Axis) -> list[tuple[float, str]]:
    low, high = sorted(axis.get_view_interval())
    places = np.asarray(axis.get_majorticklocs(), dtype=float)
    texts = axis.get_major_formatter().format_ticks(places.tolist())
    near = 1e-9 * (high - low)
    return [(place, text) for place, text in zip(places, texts, strict=True) if low - near <= place <= high + near]


def _size(axis: Axis) -> float:
    return float(matplotlib.rcParams["ytick.labelsize" if axis is axis.axes.yaxis else "xtick.labelsize"])


def tick_room(axis: Axis) -> float:
    """Return the width of the texts beside a vertical axis."""
    widest = max((text_width_inches(text, _size(axis)) for text in _shown_ticks(axis)), default=0.0)
    return widest + _PAD if widest else 0.0


def _title_room(axes: Axes) -> float:
    title = next((one for one in (axes._left_title, axes.title) if one.get_text()), None)  # type: ignore[attr-defined]
    return text_height_inches(title.get_text(), float(title.get_fontsize())) + 0.09 if title else 0.06


def _below_room(axes: Axes) -> float:
    texts = _shown_ticks(axes.xaxis)
    ticks = max((text_height_inches(text, _size(axes.xaxis)) for text in texts), default=0.0)
    label = text_height_inches(axes.get_xlabel(), float(axes.xaxis.label.get_fontsize())) if axes.axison else 0.0
    return 0.04 + (ticks + _PAD if ticks else 0.0) + (label + _PAD if label else 0.0)


def _overhang(axes: Axes) -> float:
    """Return how far the last text of a horizontal axis may stand out beyond the plot."""
    texts = _shown_ticks(axes.xaxis)
    return text_width_inches(texts[-1], _size(axes.xaxis)) / 2 if texts else 0.02


# --- the key ---

Entry = tuple[str, Any]


def _entries(figure: Figure) -> list[Entry]:
    """Return what the key explains, every text once."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, text in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(text, handle)
    return list(found.items())


def _key_lines(entries: Iterable[Entry], width: float) -> list[list[tuple[float, Entry]]]:
    """Break the entries into lines that fit; each entry with the place where it begins."""
    lines: list[list[tuple[float, Entry]]] = []
    x = width
    for entry in entries:
        room = _SWATCH + 0.06 + text_width_inches(entry[0], _KEY_SIZE)
        if x + room > width - 0.05:
            lines.append([])
            x = 0.05
        lines[-1].append((x, entry))
        x += room + _BETWEEN
    return lines


def _draw_key(figure: Figure, lines: list[list[tuple[float, Entry]]], top: float) -> None:
    step = LINE * _KEY_SIZE / 72
    for row, line in enumerate(lines):
        y = top - (row + 0.5) * step
        for x, (text, handle) in line:
            figure.add_artist(_swatch(handle, x, y, figure))
            figure.add_artist(
                Text(
                    x + _SWATCH + 0.06,
                    y,
                    text,
                    va="center_baseline",
                    fontsize=_KEY_SIZE,
                    transform=figure.dpi_scale_trans,
                )
            )


def _swatch(handle: Any, x: float, y: float, figure: Figure) -> Artist:
    """Draw a small piece of what the key explains: a line, a mark or a filled field."""
    place: dict[str, Any] = {"transform": figure.dpi_scale_trans}
    if isinstance(handle, Line2D):
        alone = handle.get_linestyle() in ("None", "none", "", " ")
        piece = Line2D(
            [x + _SWATCH / 2] if alone else [x, x + _SWATCH / 2, x + _SWATCH], [y] if alone else [y] * 3, **place
        )
        piece.update_from(handle)
        piece.set(transform=figure.dpi_scale_trans, clip_on=False)
        piece.set_markevery(None if alone else [1])
        return piece
    if hasattr(handle, "get_segments"):  # lines side by side, as of `hlines`
        return Line2D(
            [x, x + _SWATCH],
            [y, y],
            color=handle.get_color()[0],
            lw=handle.get_linewidth()[0],
            ls=handle.get_linestyle()[0],
            **place,
        )
    patch = handle.patches[0] if hasattr(handle, "patches") else handle
    face, edge = (np.atleast_2d(colours)[0] for colours in (patch.get_facecolor(), patch.get_edgecolor()))
    size = 0.11
    return Rectangle(
        (x, y - size / 2), _SWATCH, size, facecolor=face, edgecolor=edge, hatch=patch.get_hatch(), lw=0.5, **place
    )


def spread(places: Sequence[float], sizes: Sequence[float], low: float = -np.inf, high: float = np.inf) -> list[float]:
    """Move middles of things of these sizes apart until none overlap, and none lies outside `low` to `high`.

    Their order stays, and they lie as near to the places wanted as the sum of squares can be: pooled adjacent
    violators (Barlow et al. 1972). Where they do not fit between `low` and `high` they reach beyond `high`.
    """
    if not places:
        return []
    order = sorted(range(len(places)), key=lambda at: places[at])
    steps = [0.0, *((sizes[one] + sizes[other]) / 2 for one, other in pairwise(order))]
    shifts = np.cumsum(steps)
    groups: list[tuple[float, int]] = []  # sum of where the first would have to be, and how many they are
    for shift, at in zip(shifts, order, strict=True):
        total, members = places[at] - float(shift), 1
        while groups and groups[-1][0] / groups[-1][1] > total / members:
            earlier, others = groups.pop()
            total, members = total + earlier, members + others
        groups.append((total, members))
    least = low + sizes[order[0]] / 2
    most = max(high - float(shifts[-1]) - sizes[order[-1]] / 2, least)
    levels = [min(max(total / members, least), most) for total, members in groups for _ in range(members)]
    result = [0.0] * len(places)
    for shift, at, level in zip(shifts, order, levels, strict=True):
        result[at] = level + float(shift)
    return result
