"""Reading the tables of a Word document (.docx), each as a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from evaltools.archives import Archive
from evaltools.html_sheets import text_formats
from evaltools.sheet_model import At, Range, Sheet, Unreadable, Value, check_span, make_sheet

MOST_DOCUMENT = 10_000_000
"""Bytes of the text of a document; hundreds of pages of tables have fewer."""

_DOCUMENT = re.compile(r"word/document\d*\.xml")
_TABLE, _ROW, _CELL, _TEXT, _VALUE = map(qn, ("w:tbl", "w:tr", "w:tc", "w:t", "w:val"))
_DELETED = f"{qn('w:trPr')}/{qn('w:del')}"
# What tracked changes took out is not read, and what a drawing repeats for older programs not a second time.
_GONE = {qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_SIGNS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:p"): "\n", qn("w:noBreakHyphen"): "-"}


def is_docx(archive: Archive) -> bool:
    """Whether an archive is a Word document."""
    return any(map(_DOCUMENT.fullmatch, archive.names))


def read_docx(archive: Archive) -> list[Sheet]:
    """Return the tables of a document as 表1, 表2 …, also those inside cells of others; raises Unreadable."""
    data = archive.read(next(name for name in archive.names if _DOCUMENT.fullmatch(name)))
    if len(data) > MOST_DOCUMENT:
        raise Unreadable("too_large", allowed=f"{MOST_DOCUMENT // 1_000_000} MB")
    try:
        root = parse_xml(data)
    except ValueError as error:
        raise Unreadable("damaged", reason=str(error)[:100]) from None
    except SyntaxError as error:  # what lxml raises for bad XML
        raise Unreadable("damaged", reason=str(error)[:100]) from None
    sheets = [_sheet(table, f"表{at}") for at, table in enumerate(root.iter(_TABLE), 1)]
    if not sheets:
        raise Unreadable("no_tables")
    return sheets


def _sheet(table: Any, name: str) -> Sheet:
    texts: dict[At, str] = {}
    merged: list[Range] = []
    hidden: list[int] = []
    growing: dict[int, Range] = {}
    width = 0
    for row, element in enumerate(_within(table, _ROW)):
        about = element.find(qn("w:trPr"))
        if about is not None and about.find(qn("w:hidden")) is not None:
            hidden.append(row)
        column = 0 if about is None else _number(about.find(qn("w:gridBefore")), 0)
        grown: dict[int, Range] = {}
        for cell in _within(element, _CELL):
            about = cell.find(qn("w:tcPr"))
            across = 1 if about is None else max(_number(about.find(qn("w:gridSpan")), 1), 1)
            down = None if about is None else about.find(qn("w:vMerge"))
            area = (row, column, row, column + across - 1)
            if down is not None and down.get(_VALUE, "continue") == "continue" and column in growing:
                area = (growing[column][0], column, row, growing[column][3])
            elif text := _text(cell):
                texts[row, column] = text
            if down is not None:
                grown[column] = area
            elif across > 1:
                merged.append(area)
            column += across
            width = max(width, column)
            check_span(row, width - 1, name)
        merged += [area for column, area in growing.items() if area[:2] != grown.get(column, ())[:2]]
        growing = grown
    merged += growing.values()
    rows: list[list[Value]] = [[None] * width for _ in range(max((row for row, _ in texts), default=-1) + 1)]
    for (row, column), text in texts.items():
        rows[row][column] = text
    several = [area for area in merged if area[:2] != area[2:]]
    return make_sheet(name, rows, formats=text_formats(rows), merged=several, hidden_rows=hidden)


def _within(element: Any, tag: str) -> Iterator[Any]:
    """Yield the elements of a kind inside another, not those of tables inside its cells."""
    for child in element:
        if child.tag == tag:
            if child.find(_DELETED) is None:
                yield child
        elif child.tag not in (_TABLE, *_GONE):
            yield from _within(child, tag)


def _text(cell: Any) -> str:
    parts: list[str] = []
    _gather(cell, parts)
    lines = (" ".join(line.split()) for line in "".join(parts).splitlines())
    return "\n".join(line for line in lines if line)


def _gather(element: Any, parts: list[str]) -> None:
    for child in element:
        if child.tag == _TEXT:
            parts.append(child.text or "")
        elif child.tag not in (_TABLE, *_GONE):
            parts.append(_SIGNS.get(child.tag, ""))
            _gather(child, parts)


def _number(element: Any, otherwise: int) -> int:
    text = "" if element is None else element.get(_VALUE, "")
    return min(int(text), 16_384) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise
