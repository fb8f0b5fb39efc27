"""A chart of a page as a PNG, for documents that cannot hold an SVG with real text."""

from __future__ import annotations

import re
from importlib.resources import files

from evaltools.font_file import bundled_font

DOTS = 180
"""Dots an inch: sharp in print, and a tenth of what a photograph takes."""

_SIZE = re.compile(r'<svg[^>]*? viewBox="0 0 ([\d.]+) ([\d.]+)"')
_POINTS = 72
_FAMILY = "Noto Sans SC"


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a chart in inches; raises ValueError for an SVG that is none of ours."""
    match = _SIZE.search(svg)
    if match is None:
        raise ValueError("a chart has a viewBox that begins at 0 0")
    return float(match[1]) / _POINTS, float(match[2]) / _POINTS


def png(svg: str) -> bytes:
    """Return a chart as a PNG of `DOTS` an inch, on white; the same bytes everywhere.

    Its text is drawn with the font by which it was measured, signs that font lacks with matplotlib's own; fonts of
    the machine are not looked at.
    """
    import resvg_py

    signs = files("matplotlib") / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    fonts = [str(path) for path in (bundled_font(), signs) if path is not None]
    width = round(size(svg)[0] * DOTS)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            background="#ffffff",
            skip_system_fonts=True,
            width=width,
            font_files=fonts,
            font_family=_FAMILY,
            sans_serif_family=_FAMILY,
        )
    )
