"""A series as a line of text, and as a line the size of a word in a table cell (Tufte 2006, Beautiful Evidence)."""

from __future__ import annotations

from html import escape
from math import isnan, nan

WIDTH, HEIGHT, MARGIN = 72, 20, 3
"""Size of the drawing in CSS pixels, and the room the dot at the end needs."""


def parse(text: str) -> tuple[list[int], list[float]]:
    """Return years and values of a history (`yearly_series.history`): `2022=85.1; 2023=; 2024=86.4`; NaN for a gap."""
    pairs = [part.split("=") for part in text.split("; ") if part]
    return [int(year) for year, _ in pairs], [float(x) if x else nan for _, x in pairs]


def sparkline(text: str, label: str) -> str:
    """Draw a history as inline SVG: the line broken at gaps, a dot at the last value; "" below two values.

    Its size, WIDTH by HEIGHT, is the style sheet's, since a page has hundreds. label: what it shows, for those who do
    not see it. The scale is the series' own, so lines are not to be compared.
    """
    years, values = parse(text)
    known = [x for x in values if not isnan(x)]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    across = (WIDTH - 2 * MARGIN) / max(years[-1] - years[0], 1)

    def place(year: int, x: float) -> tuple[float, float]:
        level = HEIGHT - MARGIN - (x - low) / (high - low) * (HEIGHT - 2 * MARGIN) if high > low else HEIGHT / 2
        return round(MARGIN + (year - years[0]) * across, 1), round(level, 1)

    path, pen = "", "M"
    for year, x in zip(years, values, strict=True):
        if isnan(x):
            pen = "M"
            continue
        # the step of no length shows a point that stands between two gaps; after a line no letter is needed
        path += ("{}{:g} {:g}" + ("h0" if pen == "M" else "")).format(pen, *place(year, x))
        pen = "L" if pen == "M" else " "
    end = place(*[(year, x) for year, x in zip(years, values, strict=True) if not isnan(x)][-1])
    return (
        f'<svg class="ev-spark" role="img" aria-label="{escape(label)}"><path d="{path}"/>'
        f'<path d="M{end[0]:g} {end[1]:g}h0"/></svg>'
    )
