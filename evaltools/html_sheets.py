"""Reading an .xls that is really a page of tables or tab-separated text, as many reporting systems export them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from lxml import etree  # type: ignore[import-untyped]

from evaltools.file_kinds import decode
from evaltools.sheet_model import TEXT, At, Range, Sheet, Unreadable, Value, check_span, make_sheet

MOST_PAGE = 10_000_000
"""Bytes of a page or text that is read."""

DEEPEST = 500
"""Elements of a page inside one another; the parser looks through all of them for each that is opened."""

_SKIPPED = ("script", "style", "head", "title", "noscript", "xml", "template")
_LARGEST_SPAN = 16_384
_CHUNK = 1 << 14
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def read_html(data: bytes) -> list[Sheet]:
    """Return the tables of a page, in order of their beginnings (表1, 表2 …); raises Unreadable.

    A table inside a cell is a table of its own; its text is no part of the cell. Scripts are neither run nor read.
    """
    text = _checked(data)
    collector = _Collector()
    parser = etree.HTMLParser(target=collector, no_network=True, remove_comments=True, remove_pis=True)
    try:
        # As text, so that what the page states of its encoding is not believed; in parts, so that it can be left off.
        for at in range(0, len(text), _CHUNK):
            parser.feed(text[at : at + _CHUNK])
            if collector.depth > DEEPEST:
                raise Unreadable("nested", allowed=DEEPEST)
        parser.close()
    except etree.LxmlError as error:
        raise Unreadable("damaged", reason=str(error)[:100]) from None
    sheets = [table.sheet(f"表{at}") for at, table in enumerate(collector.tables, 1)]
    return _with_something(sheets)


def read_tabs(data: bytes) -> list[Sheet]:
    """Return the one sheet of a text whose cells are separated by tabs; raises Unreadable for any other text."""
    text = _checked(data)
    lines = text.splitlines()
    if "\t" not in text or sum("\t" in line for line in lines) < len(lines) / 2:
        raise Unreadable("not_a_workbook")
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    except csv.Error:
        raise Unreadable("not_a_workbook") from None
    check_span(len(found) - 1, max(map(len, found), default=1) - 1, "表1")
    rows: list[list[Value]] = [[cell.strip() or None for cell in row] for row in found]
    return _with_something([make_sheet("表1", rows, formats=text_formats(rows))])


def text_formats(rows: Iterable[Iterable[Value]]) -> dict[At, str]:
    """Return the format of every filled cell of a file that knows no numbers."""
    return {(at, column): TEXT for at, row in enumerate(rows) for column, value in enumerate(row) if value is not None}


def _checked(data: bytes) -> str:
    if len(data) > MOST_PAGE:
        raise Unreadable("too_large", allowed=f"{MOST_PAGE // 1_000_000} MB")
    return decode(data)


def _with_something(sheets: list[Sheet]) -> list[Sheet]:
    if not sheets:
        raise Unreadable("no_tables")
    return sheets


class Table:
    """A table being read cell by cell, each put into the next place that no earlier cell spans."""

    def __init__(self) -> None:
        self.cells: dict[At, str] = {}
        self.merged: list[Range] = []
        self.hidden: set[int] = set()
        self.row, self.column = -1, 0
        self.down: dict[int, int] = {}
        self.width = 0
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def next_row(self, hidden: bool = False) -> None:
        """Begin a row."""
        self.end_cell()
        self.row, self.column = self.row + 1, 0
        self.down = {column: left - 1 for column, left in self.down.items() if left > 1}
        if hidden:
            self.hidden.add(self.row)

    def next_cell(self, across: int, down: int) -> None:
        """Begin a cell that spans so many columns and rows."""
        if self.row < 0:
            self.next_row()
        self.end_cell()
        self.cell, self.spans = [], (across, down)

    def end_cell(self) -> None:
        """Put the cell that was begun into its place."""
        if self.cell is None:
            return
        while self.column in self.down:
            self.column += 1
        across, down = self.spans
        row, column = self.row, self.column
        lines = [" ".join(line.split()) for line in "".join(self.cell).splitlines()]
        if text := "\n".join(line for line in lines if line):
            self.cells[row, column] = text
            self.width = max(self.width, column + 1)
            check_span(row, self.width - 1, "HTML")
        if across > 1 or down > 1:
            self.merged.append((row, column, row + down - 1, column + across - 1))
        if down > 1:
            self.down |= dict.fromkeys(range(column, column + across), down)
        self.column = column + across
        self.cell = None

    def sheet(self, name: str) -> Sheet:
        """Return what was read."""
        self.end_cell()
        height = max((row for row, _ in self.cells), default=-1) + 1
        rows: list[list[Value]] = [[None] * self.width for _ in range(height)]
        for (row, column), text in self.cells.items():
            rows[row][column] = text
        return make_sheet(name, rows, formats=text_formats(rows), merged=self.merged, hidden_rows=self.hidden)


class _Collector:
    """Takes the events of the parser; there is no tree, so a page of any size or depth holds only its cells."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.open: list[Table] = []
        self.skipped = self.depth = 0

    def start(self, tag: str, given: dict[str, str]) -> None:
        self.depth += 1
        if tag in _SKIPPED:
            self.skipped += 1
        elif tag == "table":
            self.open.append(Table())
            self.tables.append(self.open[-1])
        elif self.open:
            if tag == "tr":
                self.open[-1].next_row(_HIDDEN.search(given.get("style", "")) is not None)
            elif tag in ("td", "th"):
                self.open[-1].next_cell(_span(given.get("colspan")), _span(given.get("rowspan")))
            elif tag in ("br", "p", "div"):
                self.data("\n")

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag in _SKIPPED:
            self.skipped = max(self.skipped - 1, 0)
        elif self.open:
            if tag == "table":
                self.open.pop().end_cell()
            elif tag in ("td", "th", "tr"):
                self.open[-1].end_cell()

    def data(self, text: str) -> None:
        if self.open and not self.skipped and self.open[-1].cell is not None:
            self.open[-1].cell.append(text)

    def close(self) -> None:
        """Nothing is left to do; the parser asks for it."""


def _span(text: str | None) -> int:
    text = (text or "").strip()
    return min(max(int(text), 1), _LARGEST_SPAN) if text.isascii() and text.isdigit() and len(text) < 9 else 1
