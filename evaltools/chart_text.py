"""How wide and high a text of a chart is, told from the font itself, and how to break it into lines. In inches."""

from __future__ import annotations

import re
from functools import cache

import matplotlib
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font, LoadFlags

from evaltools.chart_theme import wrap

LINE = 1.35
"""Height of a line of text in sizes of its letters; Chinese fonts need more of it than Latin ones."""

_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@cache
def _font(name: str) -> FT2Font:
    font = FT2Font(font_manager.findfont(name))
    font.set_size(64, 72)
    return font


@cache
def _advance(char: str, name: str) -> float:
    """Return how far a character moves on, in sizes of its letters; what the font lacks is taken as wide."""
    font = _font(name)
    if not font.get_char_index(ord(char)):
        return 1.1
    return float(font.load_char(ord(char), LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 64


def text_width_inches(text: str, size: float) -> float:
    """Return the width of a text of `size` points, of its longest line if it has several."""
    name = matplotlib.rcParams["font.family"][0]
    return max(sum(_advance(char, name) for char in line) for line in text.split("\n")) * size / 72


def text_height_inches(text: str, size: float) -> float:
    """Return the height of a text of `size` points; 0 of no text."""
    return (1 + text.count("\n")) * LINE * size / 72 if text else 0.0


def fitted(text: str, width: float, size: float, most: int | None = None) -> str:
    """Break a text of `size` points into lines of at most `width` inches; beyond `most` lines it ends in "…".

    Marks that turn the direction of writing are left out: in a name they would turn the figure beside it too.
    """
    text = _TURNS.sub("", text)
    columns = max(int(width * 72 / size * 2), 2)
    broken = wrap(text, columns)
    while columns > 4 and text_width_inches(broken, size) > width:
        columns -= 1
        broken = wrap(text, columns)
    lines = broken.split("\n")
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    return "\n".join(lines)
