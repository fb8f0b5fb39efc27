"""Reading .ods: values by calamine; hidden cells, percentages, formulas without result by a pass over the content."""

from __future__ import annotations

from dataclasses import dataclass, field

from evaltools.archives import Archive
from evaltools.problems import ProblemList
from evaltools.sheet_model import At, Range, Sheet, Unreadable, address, as_value, check_span, make_sheet
from evaltools.xlsx_sheets import calamine_values
from evaltools.xlsx_structure import integer, parse

_NEEDED = ("mimetype", "META-INF/manifest.xml", "content.xml", "styles.xml")
_ROWS, _COLUMNS = 1_048_576, 16_384


@dataclass
class _Found:
    """What the pass over one table found."""

    name: str
    visibility: int
    formats: dict[At, str] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncached: set[At] = field(default_factory=set)
    errors: dict[At, str] = field(default_factory=dict)


def read_ods(archive: Archive, label: str, problems: ProblemList) -> list[Sheet]:
    """Return the sheets of a workbook of LibreOffice; raises Unreadable."""
    if b"manifest:encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Unreadable("encrypted")
    parts = {name: archive.read(name) for name in _NEEDED if name in archive}
    seen = _Pass()
    parse(parts["content.xml"], seen.start, seen.characters, seen.end)
    if not seen.tables:
        raise Unreadable("no_sheets")
    values = calamine_values(parts, range(len(seen.tables)))
    sheets = []
    for at, found in enumerate(seen.tables):
        rows = [[as_value(value) for value in row] for row in values[at]]
        for (row, column), text in found.errors.items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = text
        for row, column in sorted(found.uncached):
            problems.say("uncached", where=address(label, found.name, row, column), topic="sheets")
        sheets.append(
            make_sheet(
                found.name,
                rows,
                formats=found.formats,
                merged=found.merged,
                visibility=found.visibility,
                hidden_rows=found.hidden_rows,
                hidden_columns=found.hidden_columns,
                uncached=found.uncached,
            )
        )
    return sheets


class _Pass:
    """The handlers of the pass over the content (OpenDocument 1.2, part 1, 9.1), and where it is.

    An element may stand for a million like it: they are counted, never unrolled.
    """

    def __init__(self) -> None:
        self.tables: list[_Found] = []
        self.styles_hidden: set[str] = set()
        self.style = ""
        self.depth = 0
        self.row = self.column = self.columns = 0
        self.rows_repeated = self.repeated = 1
        self.last = [0, 0]
        self.cell: dict[str, str] | None = None
        self.texts: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "style":
            self.style = given.get("style:name", "")
        elif name == "table-properties":
            if given.get("table:display") == "false":
                self.styles_hidden.add(self.style)
        elif name == "table":
            self.depth += 1
            if self.depth == 1:
                hidden = given.get("table:style-name", "") in self.styles_hidden
                self.tables.append(_Found(given.get("table:name", ""), int(hidden)))
                self.row = self.columns = 0
                self.last = [0, 0]
        elif self.depth != 1:
            return
        elif name == "table-column":
            count = min(integer(given.get("table:number-columns-repeated"), 1), _COLUMNS)
            if _hidden(given):
                self.tables[-1].hidden_columns |= set(range(self.columns, min(self.columns + count, _COLUMNS)))
            self.columns += count
        elif name == "table-row":
            self.column = 0
            self.rows_repeated = min(integer(given.get("table:number-rows-repeated"), 1), _ROWS)
            # A row of a million hidden ones below the table is no row of it.
            if _hidden(given) and self.rows_repeated < 100_000:
                self.tables[-1].hidden_rows |= set(range(self.row, self.row + self.rows_repeated))
        elif name in ("table-cell", "covered-table-cell"):
            self.cell, self.texts = given, []
            self.repeated = min(integer(given.get("table:number-columns-repeated"), 1), _COLUMNS)

    def characters(self, text: str) -> None:
        if self.cell is not None:
            self.texts.append(text)

    def end(self, name: str) -> None:
        if name == "table":
            self.depth -= 1
        elif self.depth == 1 and name == "table-row":
            self.row += self.rows_repeated
        elif self.depth == 1 and name in ("table-cell", "covered-table-cell") and self.cell is not None:
            self.end_of_cell(self.cell, "".join(self.texts).strip())
            self.column += self.repeated
            self.cell = None

    def end_of_cell(self, given: dict[str, str], text: str) -> None:
        found, at = self.tables[-1], (self.row, self.column)
        kind = given.get("office:value-type", "")
        formula = "table:formula" in given
        if kind or formula or text:
            self.last = [
                max(self.last[0], self.row + self.rows_repeated - 1),
                max(self.last[1], self.column + self.repeated - 1),
            ]
            check_span(self.last[0], self.last[1], found.name)
        if formula and not kind and not text:
            found.uncached.add(at)
        if given.get("calcext:value-type") == "error" and text:
            found.errors[at] = text
        elif kind == "percentage":
            decimals = len(text.rstrip("%％ ").rpartition(".")[2]) if "." in text else 0
            found.formats[at] = f"0.{'0' * decimals}%" if decimals else "0%"
        across = min(integer(given.get("table:number-columns-spanned"), 1), _COLUMNS)
        down = min(integer(given.get("table:number-rows-spanned"), 1), _ROWS)
        if across > 1 or down > 1:
            found.merged.append((self.row, self.column, self.row + down - 1, self.column + across - 1))


def _hidden(given: dict[str, str]) -> bool:
    return given.get("table:visibility", "visible") != "visible"
