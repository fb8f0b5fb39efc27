"""Cells of a sheet in somebody's workbook, found or made at their place, and their formats (ECMA-376, part 1, 18.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from evaltools import intake
from evaltools.sheets import cell_name
from evaltools.workbook_parts import MAIN, Element, UnkeptError

Place = tuple[int, int]
"""Row and column of a cell, from 0."""

LAST: Final = (1_048_575, 16_383)
"""The last row and column that a sheet can have."""

MOST: Final = 200
"""Cells of a range that are each marked."""

_ENDS = "|".join(re.escape(suffix) for suffix in sorted(intake.WORKBOOKS, key=len, reverse=True))
_ADDRESS = re.compile(rf"(?is)(.+?(?:{_ENDS}))!(.+)!(\$?[a-z]+\$?[0-9]+(?::\$?[a-z]+\$?[0-9]+)?)")
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")


def place(name: str) -> Place | None:
    """Return the place of a cell such as C7; None for a text that names none."""
    match = _CELL.fullmatch(name)
    if match is None:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    found = (int(match[2]) - 1, column - 1)
    return found if found[0] <= LAST[0] and found[1] <= LAST[1] else None


def addresses(where: str) -> list[tuple[str, str, str]]:
    """Return the cells that a finding names as (file, sheet, cell); what is no cell of a workbook is left out."""
    found = (_ADDRESS.fullmatch(part) for part in where.split("; "))
    return [(match[1], match[2], match[3]) for match in found if match]


def cells(text: str) -> list[Place]:
    """Return the places of a cell or a range such as C4:D9; of a range that is very large only the first."""
    first, _, last = text.partition(":")
    a, b = place(first), place(last or first)
    if a is None or b is None:
        return []
    if (b[0] - a[0] + 1) * (b[1] - a[1] + 1) > MOST or b < a:
        return [a]
    return [(row, column) for row in range(a[0], b[0] + 1) for column in range(a[1], b[1] + 1)]


def anchors(sheet: Element) -> Callable[[Place], Place]:
    """Return a function from a cell to the one that is seen at its place: the first of those merged with it."""
    areas = []
    for merged in sheet.iterfind(f"{{{MAIN}}}mergeCells/{{{MAIN}}}mergeCell"):
        first, _, last = merged.get("ref", "").partition(":")
        corners = place(first), place(last or first)
        if corners[0] is not None and corners[1] is not None:
            areas.append((corners[0], corners[1]))

    def anchor(at: Place) -> Place:
        return next((a for a, b in areas if a[0] <= at[0] <= b[0] and a[1] <= at[1] <= b[1]), at)

    return anchor


def mark(sheet: Element, levels: dict[Place, str], coloured: Callable[[int, str], int]) -> None:
    """Give cells the colour of their level; a cell that is not there yet is added with the format it is seen with."""
    data = sheet.find(f"{{{MAIN}}}sheetData")
    if data is None:
        raise UnkeptError("damaged")
    styles = _column_styles(sheet)
    wanted: dict[int, dict[int, str]] = {}
    for (row, column), level in sorted(levels.items()):
        wanted.setdefault(row, {})[column] = level
    rows = _numbered(data, wanted, lambda row: int(row.get("r")) - 1 if row.get("r") else None)
    for number, found in rows.items():
        found.set("r", str(number + 1))
        found.attrib.pop("spans", None)  # a hint which columns are used: they may be others now
        own = int(found.get("s", 0)) if found.get("customFormat") in ("1", "true") else None
        for column, cell in _numbered(found, wanted[number], _column_of).items():
            if cell.get("s") is None and cell.get("r") is None:
                cell.set("s", str(styles.get(column, 0) if own is None else own))
            cell.set("r", cell_name(number, column))
            cell.set("s", str(coloured(int(cell.get("s", 0)), wanted[number][column])))


def _numbered(parent: Element, wanted: Iterable[int], number_of: Callable[[Element], int | None]) -> dict[int, Element]:
    """Return the children of some numbers; those that are not there are added where they belong.

    A child that does not say its number follows the one before it.
    """
    wanted, tag = sorted(wanted), "row" if parent.tag.endswith("sheetData") else "c"
    found: dict[int, Element] = {}
    waiting, number = iter(wanted), -1
    target = next(waiting, None)
    for child in list(parent):
        if not isinstance(child.tag, str) or not child.tag.endswith(f"}}{tag}"):
            continue
        said = number_of(child)
        number = number + 1 if said is None else said
        if said is None:
            child.set("r", str(number + 1) if tag == "row" else cell_name(int(parent.get("r")) - 1, number))
        while target is not None and target < number:
            new = etree.Element(f"{{{MAIN}}}{tag}")
            child.addprevious(new)
            found[target], target = new, next(waiting, None)
        if target == number:
            found[number], target = child, next(waiting, None)
    while target is not None:
        found[target] = etree.SubElement(parent, f"{{{MAIN}}}{tag}")
        target = next(waiting, None)
    return dict(sorted(found.items()))


def _column_of(cell: Element) -> int | None:
    at = place(cell.get("r") or "")
    return at[1] if at else None


def _column_styles(sheet: Element) -> dict[int, int]:
    styles: dict[int, int] = {}
    for column in sheet.iterfind(f"{{{MAIN}}}cols/{{{MAIN}}}col"):
        if column.get("style"):
            styles |= dict.fromkeys(range(int(column.get("min")) - 1, int(column.get("max"))), int(column.get("style")))
    return styles
