"""What every reader of workbooks and documents returns: sheets of cells, and why a file gives none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

Value = str | float | int | bool | datetime | date | time | None
"""What a cell may hold; a blank one holds None."""

At = tuple[int, int]
"""Row and column of a cell, counted from 0."""

Range = tuple[int, int, int, int]
"""First row, first column, last row and last column, counted from 0, inclusive."""

MOST_CELLS = 500_000
"""Cells from A1 to the last one filled that a sheet may span; a return has a few thousand."""

TEXT = "text"
"""Stands for the number format of every cell of a file that knows no numbers (Word, HTML, tab-separated text)."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet. Rows and columns count from 0, so `rows[0]` is row 1; all rows are equally long.

    formats: number formats of filled cells that have one (`0.00%`); `TEXT` where the file knows no numbers.
    merged: ranges of cells that are one; only the first cell of each holds its value.
    uncached: formulas whose result the file does not hold; the cell is None.
    """

    name: str
    rows: list[list[Value]]
    formats: Mapping[At, str] = field(default_factory=dict)
    merged: tuple[Range, ...] = ()
    hidden: bool = False
    very_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncached: frozenset[At] = frozenset()


class Unreadable(Exception):
    """Why a file, or a sheet of it, is not read: a key of words/sheets.yaml and what fills it."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values: dict[str, Any] = {**values}


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell counted from 0: (6, 2) is C7."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def address(label: str, sheet: str, row: int, column: int) -> str:
    """Return where a cell is, as text: `平安县.xlsx!慢病!D7`."""
    return f"{label}!{sheet}!{cell_name(row, column)}"


def check_span(last_row: int, last_column: int, sheet: str) -> None:
    """Raise Unreadable if a sheet whose last cells are given spans more than `MOST_CELLS`."""
    if (last_row + 1) * (last_column + 1) > MOST_CELLS:
        raise Unreadable("far_cell", sheet=sheet, cell=cell_name(last_row, last_column), allowed=MOST_CELLS)


def as_value(value: object) -> Value:
    """Return what a library gave as a `Value`: an empty text is None, a duration the text a workbook shows."""
    if value == "" or value is None:
        return None
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value if isinstance(value, str | float | int | datetime | date | time) else str(value)


def make_sheet(
    name: str,
    rows: list[list[Value]],
    *,
    formats: Mapping[At, str] | None = None,
    merged: Iterable[Range] = (),
    visibility: int = 0,
    hidden_rows: Iterable[int] = (),
    hidden_columns: Iterable[int] = (),
    uncached: Iterable[At] = (),
) -> Sheet:
    """Return a sheet cut off behind its last filled or uncached cell, rows padded to one length.

    visibility: 0 visible, 1 hidden, 2 very hidden. What is said of cells beyond the last filled one is left out.
    """
    held = frozenset(uncached)
    filled = [_filled(row) for row in rows]
    height = max([at + 1 for at, width in enumerate(filled) if width] + [row + 1 for row, _ in held], default=0)
    width = max([*filled, *(column + 1 for _, column in held)], default=0)
    rows = [row[:width] + [None] * (width - len(row)) for row in rows[:height]]
    rows += [[None] * width for _ in range(height - len(rows))]
    return Sheet(
        name=name,
        rows=rows,
        formats={at: text for at, text in (formats or {}).items() if at[0] < height and at[1] < width},
        merged=tuple(sorted({area for area in merged if area[0] < height and area[1] < width})),
        hidden=visibility > 0,
        very_hidden=visibility > 1,
        hidden_rows=frozenset(row for row in hidden_rows if row < height),
        hidden_columns=frozenset(column for column in hidden_columns if column < width),
        uncached=held,
    )


def _filled(row: list[Value]) -> int:
    """Return how many cells there are up to the last that holds something but spaces."""
    width = len(row)
    while width and ((value := row[width - 1]) is None or (isinstance(value, str) and not value.strip())):
        width -= 1
    return width
