"""The characters of one page as a font inside it, so that Chinese shows on a machine without a Chinese font.

The font is the one by which charts are measured: Noto Sans SC, SIL Open Font License 1.1, carried by the package
zhplot. Its copyright and licence travel with every subset, in the font's own names.
"""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from evaltools.font_file import bundled_font

FAMILY = "Evaltools Sans"
"""What the style sheet calls the font."""

ALWAYS = "".join(map(chr, range(0x20, 0x7F)))
"""Characters every page has: what a reader types into a search box, and what a script writes, is ASCII."""

_COPIED = ("head", "hhea", "maxp", "OS/2", "post", "name")
_NAMES = (0, 1, 2, 4, 6, 13, 14)  # copyright, what it is called, licence, and where that is written out


@dataclass(frozen=True)
class _Base:
    """What every subset is cut from: the font, its outlines and widths by name of the glyph, the name of each
    character's glyph, and the order of the glyphs. No glyph of this font is composed of others."""

    font: TTFont
    outlines: dict[str, Any]
    widths: dict[str, tuple[int, int]]
    names: dict[int, str]
    order: dict[str, int]


def characters(html: str) -> set[str]:
    """Return the characters of a page, those of attributes and scripts among them."""
    return set(unescape(re.sub(r"base64,[^\"')]*", "", html)))


def font_face(wanted: Iterable[str]) -> str:
    """Return the CSS that embeds the characters wanted, and ASCII; "" where zhplot and its font are not installed.

    The same characters give the same text. A character that the font lacks is left to the reader's machine.
    """
    path = bundled_font()
    if path is None:
        return ""
    source = b64encode(subset(path, {*wanted, *ALWAYS})).decode("ascii")
    licence = "/* Noto Sans SC, SIL Open Font License 1.1: openfontlicense.org */"
    return f'{licence}@font-face{{font-family:"{FAMILY}";src:url(data:font/woff;base64,{source}) format("woff")}}'


def subset(path: Path, wanted: Iterable[str]) -> bytes:
    """Return a font with the characters wanted as WOFF: upright forms only, no kerning, as charts are measured."""
    base = _base(path)
    known = {ord(char): base.names[ord(char)] for char in wanted if ord(char) in base.names}
    order = sorted({".notdef", *known.values()}, key=base.order.__getitem__)
    font = TTFont(recalcBBoxes=False, recalcTimestamp=False)
    font.setGlyphOrder(order)
    for tag in _COPIED:
        font[tag] = deepcopy(base.font[tag])
    font["maxp"].numGlyphs = len(order)
    font["glyf"], font["loca"], font["hmtx"], font["cmap"] = map(newTable, ("glyf", "loca", "hmtx", "cmap"))
    font["glyf"].glyphOrder = order
    font["glyf"].glyphs = {name: base.outlines[name] for name in order}
    font["hmtx"].metrics = {name: base.widths[name] for name in order}
    font["cmap"].tableVersion = 0
    font["cmap"].tables = [_map(4, 1, {code: name for code, name in known.items() if code < 0x10000})]
    if any(code >= 0x10000 for code in known):
        font["cmap"].tables.append(_map(12, 10, known))
    font.flavor = "woff"
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()


@cache
def _base(path: Path) -> _Base:
    font = TTFont(path, recalcBBoxes=False, recalcTimestamp=False)
    order = {name: number for number, name in enumerate(font.getGlyphOrder())}
    font["name"].names = [entry for entry in font["name"].names if entry.nameID in _NAMES]
    font["post"].formatType = 3.0  # no names of glyphs
    return _Base(font, font["glyf"].glyphs, font["hmtx"].metrics, font.getBestCmap(), order)


def _map(form: int, encoding: int, names: dict[int, str]) -> CmapSubtable:
    table = CmapSubtable.newSubtable(form)
    table.platformID, table.platEncID, table.language, table.cmap = 3, encoding, 0, names
    return table
