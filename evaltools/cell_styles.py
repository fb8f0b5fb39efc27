"""Formats added to a workbook's own: a cell keeps number format, font, borders and lock, and gets a colour."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from evaltools.workbook_parts import MAIN, Element, Package, UnkeptError

FILLS: Final = {"error": "FFF8C1B0", "warning": "FFFFE28A", "note": "FFD3E6F5"}
"""Colour of a cell by the worst that was found of it; its comment and the list say the same in words."""


class Styles:
    """The formats of a workbook (`cellXfs`); new ones are added behind them, so that none changes its number."""

    def __init__(self, package: Package) -> None:
        parts = list(package.related(package.book, "styles").values())
        if not parts or parts[0] not in package.parts:
            raise UnkeptError("damaged")
        self.root = package.change(parts[0])
        self.formats = self._list("cellXfs")
        self._fills: dict[str, int] = {}
        self._coloured: dict[tuple[int, str], int] = {}

    def coloured(self, style: int, level: str) -> int:
        """Return the number of a format that is like another one, with the colour of a level."""
        if (style, level) not in self._coloured:
            if not 0 <= style < len(self.formats):
                raise UnkeptError("damaged")
            new = deepcopy(self.formats[style])
            new.set("fillId", str(self.fill(FILLS[level])))
            new.set("applyFill", "1")
            self._coloured[style, level] = _appended(self.formats, new)
        return self._coloured[style, level]

    def fill(self, colour: str) -> int:
        """Return the number of a fill of one colour (AARRGGBB)."""
        if colour not in self._fills:
            fill = etree.fromstring(
                f'<fill xmlns="{MAIN}"><patternFill patternType="solid"><fgColor rgb="{colour}"/>'
                '<bgColor indexed="64"/></patternFill></fill>'
            )
            self._fills[colour] = _appended(self._list("fills"), fill)
        return self._fills[colour]

    def own(self, *, font: str = "", colour: str = "", border: bool = True, wrap: bool = True) -> int:
        """Return the number of a new format for text; `font` is what stands inside <font>.

        Its cells keep their text as text when somebody edits them, even one that begins with an equals sign.
        """
        fonts, borders = self._list("fonts"), self._list("borders")
        number = 0
        if font:
            new = etree.fromstring(f'<font xmlns="{MAIN}">{font}</font>')
            new.extend(deepcopy(child) for child in fonts[0] if child.tag in (f"{{{MAIN}}}name", f"{{{MAIN}}}charset"))
            number = _appended(fonts, new)
        fill = self.fill(colour) if colour else 0
        lines = 0
        if border:
            sides = "".join(
                f'<{side} style="thin"><color rgb="FFB8C0C8"/></{side}>' for side in ("left", "right", "top", "bottom")
            )
            lines = _appended(borders, etree.fromstring(f'<border xmlns="{MAIN}">{sides}<diagonal/></border>'))
        return _appended(
            self.formats,
            etree.fromstring(
                f'<xf xmlns="{MAIN}" numFmtId="0" fontId="{number}" fillId="{fill}" borderId="{lines}" xfId="0" '
                f'quotePrefix="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
                f'<alignment vertical="top" wrapText="{int(wrap)}"/></xf>'
            ),
        )

    def _list(self, name: str) -> Element:
        found = self.root.find(f"{{{MAIN}}}{name}")
        if found is None or not len(found):
            raise UnkeptError("damaged")
        return found


def _appended(parent: Element, child: Element) -> int:
    parent.append(child)
    parent.set("count", str(len(parent)))
    return len(parent) - 1
