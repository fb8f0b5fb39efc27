"""Finding the tables in a sheet that nobody has described yet: where the headers are, and what the columns hold."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from evaltools.header_names import JOIN, Merged, normal, spelled
from evaltools.mapped_grid import is_number
from evaltools.mappings import NOTE_WORDS
from evaltools.sheets import Sheet

_NOTES = tuple(spelled(word) for word in NOTE_WORDS)
_DEEPEST = 4
"""Rows of the deepest header that is looked for."""

_HEADINGS = 2
"""Rows between the header and the first numbers that a heading may take."""

_SERIAL = re.compile(r"(序号|编号|序|行次|栏次|no\.?|#)")
_REMARKS = re.compile(r"备注|说明|计量单位|情况说明|填报说明|签字|填报人|联系电话|remarks?")
_CAPTION = re.compile(r"(填报|填表|制表|编制|报送|单位|日期|时间|表号|文号|机关)[^:]*:")
_YEAR = re.compile(r"(19|20)\d\d年?")


@dataclass(eq=False)
class Block:
    """A table found in a sheet. header: its rows; first: the first row of its body; all count from 0, inclusive.

    headers: the joined header of each column; numeric: columns that hold numbers; texts: those that hold names.
    """

    sheet: Sheet
    header: tuple[int, int]
    first: int
    last: int
    headers: dict[int, str]
    numeric: list[int]
    texts: list[int]
    serial: list[int]
    limited: bool = False

    def labels(self, column: int) -> list[str]:
        """Return what a column says in the rows that hold numbers, each name once, in order."""
        cells, values = Merged(self.sheet), self.sheet.rows
        rows = range(self.first, self.last + 1)
        full = [row for row in rows if any(values[row][at] is not None for at in self.numeric)]
        found = (cells.text(row, column) for row in full)
        return list(dict.fromkeys(text for text in found if text and not self.is_header(text)))

    def is_header(self, text: str) -> bool:
        """Whether a text repeats a part of the header, as on the next printed page."""
        return normal(text) in {normal(part) for header in self.headers.values() for part in header.split(JOIN)}


def blocks(sheet: Sheet, words: Collection[str]) -> list[Block]:
    """Return the tables of a sheet from top to bottom; `words` are texts that stand for a number (无, —)."""
    cells = Merged(sheet)
    kinds = [_kind(sheet, cells, row, words) for row in range(len(sheet.rows))]
    starts: list[tuple[int, int, int]] = []
    printed: list[list[str]] = []
    row = 0
    while row < len(kinds):
        last = row - 1
        while last > 0 and row - last <= _HEADINGS and kinds[last] == "other" and _first_text(cells, last) != ":":
            last -= 1  # a heading of the first rows: 一、高血压
        if kinds[row] != "numbers" or row == 0 or kinds[last] not in ("header", "numbering"):
            row += 1
            continue
        while last > 0 and kinds[last] == "numbering":
            last -= 1
        top = last
        while top > 0 and kinds[top - 1] == "header" and last - top < _DEEPEST - 1:
            top -= 1
        names = [normal(cells.text(last, column)) for column in range(len(sheet.rows[0]))]
        if kinds[last] == "header" and names not in printed:
            printed.append(names)
            starts.append((top, last, row))
        row += 1
    found = []
    for at, (top, last, first) in enumerate(starts):
        end = starts[at + 1][0] - 1 if at + 1 < len(starts) else len(sheet.rows) - 1
        notes = (r for r in range(first, end + 1) if _first_text(cells, r).startswith(_NOTES) and kinds[r] != "numbers")
        end = next(notes, end + 1) - 1
        found += _side_by_side(_block(sheet, cells, (top, last), first, end, words))
    return [block for block in found if block.numeric]


def _first_text(cells: Merged, row: int) -> str:
    texts = (normal(cells.text(row, column)) for column in range(len(cells.sheet.rows[row])))
    return next((text for text in texts if text), "") + ":"


def _kind(sheet: Sheet, cells: Merged, row: int, words: Collection[str]) -> str:
    """Return what a row looks like: numbers, numbering (甲 乙 1 2 3), header or other."""
    values = [value for value in sheet.rows[row] if value is not None]
    numbers = [value for value in values if is_number(value) and normal(str(value)) not in words]
    if numbers and all(_YEAR.fullmatch(_whole(value)) for value in numbers) and len(values) > 1:
        numbers = []
    texts = {normal(cells.text(row, column)) for column in range(len(sheet.rows[row]))} - {""}
    if numbers:
        counted = [_whole(value).strip("()") for value in numbers]
        start = int(counted[0]) if counted[0].isdecimal() else -1
        consecutive = counted == [str(start + i) for i in range(len(counted))]
        others = texts - {normal(_whole(value)) for value in numbers}
        named = all(len(text) <= 2 for text in others)
        return "numbering" if consecutive and len(counted) > 1 and start in (0, 1) and named else "numbers"
    said = {text for text in texts if text not in words}
    captions = [text for text in said if _CAPTION.search(text)]
    return "header" if len(said) > 1 and not captions else "other"


def _whole(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else normal(str(value))


def _block(
    sheet: Sheet, cells: Merged, header: tuple[int, int], first: int, last: int, words: Collection[str]
) -> Block:
    headers, numeric, texts, serial = {}, [], [], []
    for column in range(len(sheet.rows[0])):
        name = cells.joined((row, column) for row in range(header[0], header[1] + 1))
        body = [sheet.rows[row][column] for row in range(first, last + 1)]
        body = [value for value in body if value is not None and normal(str(value)) not in words]
        if not name and not body:
            continue
        headers[column] = name
        numbers = sum(is_number(value) for value in body)
        if numbers:  # among numbers a date is one that a spreadsheet made of 1-2
            body = [value for value in body if not isinstance(value, date)]
        if _SERIAL.fullmatch(normal(name)):
            serial.append(column)
        elif _REMARKS.fullmatch(normal(name)):
            texts.append(column)
        elif name and (not body or numbers * 2 > len(body)):
            numeric.append(column)
        else:
            texts.append(column)
    return Block(sheet, header, first, last, headers, numeric, texts, serial)


def _side_by_side(block: Block) -> list[Block]:
    """Return the blocks that stand beside each other with the same header, or the block alone."""
    columns = list(block.headers)
    names = [normal(block.headers[column]) for column in columns]
    for times in range(4, 1, -1):
        width, rest = divmod(len(names), times)
        if not rest and width > 1 and names == names[:width] * times:
            parts = [columns[at : at + width] for at in range(0, len(columns), width)]
            return [_part(block, part) for part in parts]
    return [block]


def _part(block: Block, columns: list[int]) -> Block:
    numeric, texts, serial = ([c for c in kind if c in columns] for kind in (block.numeric, block.texts, block.serial))
    headers = {column: block.headers[column] for column in columns}
    return replace(block, headers=headers, numeric=numeric, texts=texts, serial=serial, limited=True)
