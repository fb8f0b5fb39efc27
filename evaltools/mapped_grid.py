"""Finding a mapped table in a sheet: which columns have which header, and which rows are the table's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaltools.header_names import UNIT_WORDS, Merged, normal, spelled
from evaltools.mappings import IGNORE, TOTAL, Table, WorkbookMapping
from evaltools.problems import ProblemList, nearest
from evaltools.sheets import Sheet, Value, address, cell_name

_SUM_ENDINGS = ("合计", "总计", "小计")
_SUBTOTAL = "小计"
_NUMBER = re.compile(rf"[<>=≥≤约]*[+-]?[\d,]+(?:\.\d+)?[%‰万亿]*(?:{UNIT_WORDS})?(?:以上|以下)?")
_TELEPHONE = 11
"""Digits from which a number is no count."""


def column_number(letters: str) -> int:
    """Return a column counted from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(column: int) -> str:
    """Return the letters of a column counted from 0."""
    return cell_name(0, column)[:-1]


def is_total(name: str, mapping: WorkbookMapping) -> bool:
    """Whether a row or column of this name is a sum of others."""
    spelled = normal(name)
    if spelled in mapping.names:
        return mapping.names[spelled] == TOTAL
    return spelled in {normal(text) for text in mapping.total_names} or spelled.endswith(_SUM_ENDINGS)


def is_subtotal(name: str) -> bool:
    """Whether a sum is one of some of the others only (小计)."""
    return _SUBTOTAL in normal(name)


def is_number(value: Value) -> bool:
    """Whether a cell holds a number, as text too; a telephone number beside a signature is none."""
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(normal(value))) and len(re.sub(r"\D", "", normal(value))) < _TELEPHONE
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10 ** (_TELEPHONE - 1)


@dataclass(eq=False)
class Grid:
    """A table in a sheet. headers: the name of every column used; body: its rows in order; both count from 0."""

    sheet: Sheet
    table: Table
    mapping: WorkbookMapping
    label: str
    problems: ProblemList
    last_row: int
    cells: Merged = field(init=False)
    headers: dict[int, str] = field(init=False)
    body: list[int] = field(init=False)
    said: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cells = Merged(self.sheet)
        width = len(self.sheet.rows[0]) if self.sheet.rows else 0
        first, last = (0, width - 1)
        if self.table.columns is not None:
            first, last = (column_number(letters) for letters in self.table.columns)
        columns = range(first, min(last, width - 1) + 1)
        hidden = frozenset() if self.table.hidden else self.sheet.hidden_columns
        self.headers = {column: self.header(column) for column in columns if column not in hidden}
        self.body = list(self.rows())
        self.note_hidden([column for column in columns if column in hidden])

    @property
    def header_rows(self) -> range:
        """The rows of the header."""
        span = self.table.header
        return range(0) if span is None else range(span[0] - 1, min(span[1], len(self.sheet.rows)))

    @property
    def row_range(self) -> range:
        """The rows in which the table's own may lie."""
        first, last = self.table.rows or ((self.table.header[1] + 1) if self.table.header else 1, None)
        return range(first - 1, min(last or self.last_row, len(self.sheet.rows)))

    def header(self, column: int) -> str:
        """Return the joined header of a column."""
        return self.cells.joined((row, column) for row in self.header_rows)

    def at(self, row: int, column: int) -> str:
        """Return the address of a cell."""
        return address(self.label, self.sheet.name, row, column)

    def say(self, key: str, where: str, level: str = "error", **values: str) -> None:
        """Note a problem, once a place and what was found there."""
        this = (key, where, values.get("found", ""))
        if this not in self.said:
            self.said.add(this)
            self.problems.say(key, where=where, level=level, topic="mapping", **values)

    def rows(self) -> Iterator[int]:
        """Yield the rows of the table: neither blank, nor hidden, nor a header printed again, nor notes below it."""
        hidden = frozenset() if self.table.hidden else self.sheet.hidden_rows
        printed = {c: {normal(self.cells.text(row, c)) for row in self.header_rows} for c in self.headers}
        stopped = False
        for row in self.row_range:
            line = self.line(row)
            if not any(line) or row in hidden:
                continue
            if all(text in printed[column] for column, text in zip(self.headers, line, strict=True) if text):
                stopped = False  # the header on the next printed page: the table goes on
                continue
            stopped = stopped or self.begins_notes(row, line)
            if not stopped:
                yield row
            elif self.numbers(row):
                self.say("row_after_notes", self.at(row, min(self.headers)), "warning", found=self.first_text(row))

    def line(self, row: int) -> list[str]:
        """Return what a row says, column by column, in the normal form of names."""
        return [normal(self.cells.text(row, column)) for column in self.headers]

    def first_text(self, row: int) -> str:
        """Return the first text of a row."""
        return next((text for column in self.headers if (text := self.cells.text(row, column))), "")

    def begins_notes(self, row: int, line: list[str]) -> bool:
        """Whether a row is the first of the notes: its first text begins like one, and it holds no number."""
        first = next((text for text in line if text), "") + ":"
        return first.startswith(tuple(spelled(word) for word in self.mapping.note_words)) and not self.numbers(row)

    def numbers(self, row: int) -> bool:
        """Whether a row holds a number in one of its own cells."""
        values = (self.sheet.rows[row][column] for column in self.headers)
        return any(is_number(value) for value in values)

    def note_hidden(self, columns: list[int]) -> None:
        """Say which hidden rows and columns hold something and were left out, or used because the mapping says so."""
        rows = self.sheet.rows
        hidden = [row for row in self.row_range if row in self.sheet.hidden_rows and any(self.line(row))]
        used = self.table.hidden
        if used:
            columns = [column for column in self.headers if column in self.sheet.hidden_columns]
        full = [column for column in columns if any(rows[row][column] is not None for row in self.row_range)]
        if not (hidden or full):
            return
        where = self.at(hidden[0] if hidden else self.row_range.start, full[0] if full else min(self.headers))
        key, level = ("hidden_used", "note") if used else ("hidden_left_out", "warning")
        told = [str(row + 1) for row in hidden], [column_letters(column) for column in full]
        self.say(key, where, level, rows=", ".join(told[0]) or "—", columns=", ".join(told[1]) or "—")

    def column_of(self, name: str) -> int | None:
        """Return the column with a header, or with letters; None after noting that there is none, or several."""
        wanted = normal(name)
        found = [column for column, header in self.headers.items() if header and normal(header) == wanted]
        if not found and name.isascii() and name.isalpha() and column_number(name.upper()) in self.headers:
            found = [column_number(name.upper())]
        where = self.at(self.header_rows.start, found[0] if found else min(self.headers, default=0))
        if len(found) > 1:
            told = ", ".join(column_letters(column) for column in found)
            self.say("header_twice", where, found=name, columns=told)
        elif not found:
            self.say("column_not_found", where, found=name, near=self.near_header(name))
        return found[0] if len(found) == 1 else None

    def near_header(self, name: str) -> str:
        """Return the headers most like a name."""
        return nearest(name, {header for header in self.headers.values() if header}) or "—"

    def ignored(self, column: int) -> bool:
        """Whether the mapping says that a column is not to be read."""
        header = normal(self.headers[column])
        names = {normal(name) for name in self.table.ignore_columns}
        return header in names or column_letters(column).casefold() in names or self.mapping.names.get(header) == IGNORE
