"""Cells, styles and bytes of a workbook that we write: texts stay texts, and the same input gives the same file."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from evaltools.palette import PALETTE
from evaltools.wording import text_width, word

FIXED = datetime(1980, 1, 1)
"""What a file says of when it was made: a clock would make every file another one."""

LONGEST_NAME = 31
_FONT = {"zh": "微软雅黑", "en": "Calibri"}
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def _colour(name: str) -> str:
    return "FF" + PALETTE[name].removeprefix("#").upper()


def _fill(name: str) -> PatternFill:
    return PatternFill("solid", fgColor=_colour(name))


_LINE = Side("thin", color=_colour("line"))
_FRAME = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_UNDER = Border(bottom=Side("thin", color=_colour("neutral")))
FILLS = {
    "head": _fill("accent-wash"),
    "last": _fill("wash"),
    "computed": _fill("notice"),
    "closed": PatternFill("lightUp", fgColor=_colour("neutral"), bgColor=_colour("paper")),
}
"""The fills that tell the kinds of cells apart; every other cell is white."""

NUMBERS = "#,##0"
DECIMALS = "#,##0.0###"


class Style:
    """What cells of one kind look like, and whether they can be written in. Sizes are in points."""

    def __init__(
        self,
        lang: str,
        *,
        size: float = 10,
        bold: bool = False,
        ink: str = "ink",
        fill: str = "",
        across: str = "left",
        down: str = "center",
        frame: bool = True,
        under: bool = False,
        wrap: bool = True,
        locked: bool = True,
        number: str = "",
    ) -> None:
        self.font = Font(name=_FONT[lang], size=size, bold=bold, color=_colour(ink))
        self.fill = FILLS.get(fill)
        self.alignment = Alignment(horizontal=across, vertical=down, wrap_text=wrap)
        self.border = _FRAME if frame else _UNDER if under else None
        self.protection = Protection(locked=locked)
        self.number = number

    def on(self, cell: Cell) -> None:
        """Dress a cell."""
        cell.font, cell.alignment, cell.protection = self.font, self.alignment, self.protection
        if self.fill is not None:
            cell.fill = self.fill
        if self.border is not None:
            cell.border = self.border
        if self.number:
            cell.number_format = self.number


def solid(colour: str) -> PatternFill:
    """Return the fill of a conditional format, which takes the background colour."""
    return PatternFill("solid", bgColor=colour)


def put(sheet: Worksheet, row: int, column: int, value: str | float | None, style: Style | None = None) -> Cell:
    """Write a value into a cell counted from 1. A text is written as text, whatever it begins with."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # no merged cell is written twice
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
        if value[:1] in tuple("=+-@"):
            cell.quotePrefix = True  # edited in place, it stays a text
    elif value is not None:
        cell.value = value
    if style is not None:
        style.on(cell)
    return cell


def formula(sheet: Worksheet, row: int, column: int, text: str, style: Style) -> Cell:
    """Write a formula of our own; nothing that somebody else wrote is part of it but the names of our sheets."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.value = text
    style.on(cell)
    return cell


def clean(text: str) -> str:
    """Return a text without the characters that no workbook can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def sheet_names(wanted: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names that a sheet may have: at most 31 characters, none of `[]:*?/\\`, no two alike."""
    used = {name.casefold() for name in (*taken, "history")}
    found = []
    for text in wanted:
        base = re.sub(r"[\[\]:*?/\\]", " ", clean(text)).strip(" '")[:LONGEST_NAME].strip(" '") or "-"
        name, count = base, 1
        while name.casefold() in used:
            count += 1
            tail = f" ({count})"
            name = base[: LONGEST_NAME - len(tail)] + tail
        used.add(name.casefold())
        found.append(name)
    return found


def lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of a width in characters."""
    return sum(max(1, math.ceil(text_width(part) / max(width - 1, 1))) for part in text.split("\n"))


def protect(sheet: Worksheet) -> None:
    """Lock what is not to be written in, without a password; columns and rows may be sized and hidden."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def print_set_up(sheet: Worksheet, lang: str, landscape: bool) -> None:
    """Print on A4 with page numbers, as wide as the page."""
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.2, 0.3
    footer = word("template.footer", lang, page="&P", pages="&N")
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(left=_HeaderFooterPart("&A"), right=_HeaderFooterPart(footer))


def save(workbook: Workbook) -> bytes:
    """Return the file of a workbook: no clock in it, so that the same workbook gives the same bytes."""
    workbook.properties.created = workbook.properties.modified = FIXED
    made = io.BytesIO()
    workbook.save(made)
    fixed = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + FIXED.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), content)
            about = zipfile.ZipInfo(name, FIXED.timetuple()[:6])
            about.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(about, content)
    return fixed.getvalue()


def write(path: Path, content: bytes) -> None:
    """Write a file into a folder that is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
