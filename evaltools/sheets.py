"""Reading the sheets of a workbook or document that somebody sent: values, and what a sheet hides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import python_calamine

from evaltools.problems import ProblemList

Value = str | float | int | bool | datetime | date | time | None
"""What a cell may hold; a blank one holds None."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet. Rows and columns count from 0, so `rows[0]` is row 1; all rows are equally long.

    formats: number formats of cells that have one (`0.00%`); "text" where the file knows no numbers (Word, HTML).
    merged: (first row, first column, last row, last column), inclusive; only the first cell of a range holds its value.
    uncached: formulas whose result the file does not hold; the cell is None.
    """

    name: str
    rows: list[list[Value]]
    formats: Mapping[tuple[int, int], str] = field(default_factory=dict)
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    very_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncached: frozenset[tuple[int, int]] = frozenset()


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


def read_sheets(path: Path, label: str, problems: ProblemList) -> list[Sheet]:
    """Return the sheets of a file in order; what is wrong with it goes to `problems`, named by `label`."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    visible, very = python_calamine.SheetVisibleEnum.Visible, python_calamine.SheetVisibleEnum.VeryHidden
    return [
        Sheet(
            name=about.name,
            rows=[
                [None if value == "" else value for value in row]
                for row in book.get_sheet_by_index(at).to_python(skip_empty_area=False)
            ],
            merged=tuple((*a, *b) for a, b in book.get_sheet_by_index(at).merged_cell_ranges or ()),
            hidden=about.visible != visible,
            very_hidden=about.visible == very,
        )
        for at, about in enumerate(book.sheets_metadata)
        if about.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
