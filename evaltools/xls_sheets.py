"""Reading .xls (BIFF) by xlrd, which tells values, formats, merged and hidden cells in one pass."""

from __future__ import annotations

import io
from typing import Any

import xlrd  # type: ignore[import-untyped]

from evaltools.sheet_model import At, Sheet, Unreadable, Value, as_value, check_span, make_sheet

MOST_XLS = 20_000_000
"""Bytes of an .xls that is opened; it is not packed, so its cells cannot be many more than that."""


def read_xls(data: bytes) -> list[Sheet]:
    """Return the sheets of an .xls, empty cells left out; raises Unreadable."""
    if len(data) > MOST_XLS:
        raise Unreadable("too_large", allowed=f"{MOST_XLS // 1_000_000} MB")
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=io.StringIO()
        )
        sheets = []
        for at in range(book.nsheets):
            sheets.append(_sheet(book, book.sheet_by_index(at)))
            book.unload_sheet(at)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # xlrd lets whatever breaks first through
        if "encrypted" in str(error).lower():
            raise Unreadable("encrypted") from None
        raise Unreadable("damaged", reason=str(error)[:100] or type(error).__name__) from None
    if not sheets:
        raise Unreadable("no_sheets")
    return sheets


def _sheet(book: Any, sheet: Any) -> Sheet:
    filled = [
        (row, column)
        for row in range(sheet.nrows)
        for column, kind in enumerate(sheet.row_types(row))
        if kind not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
    ]
    height = max((row for row, _ in filled), default=-1) + 1
    width = max((column for _, column in filled), default=-1) + 1
    check_span(height - 1, width - 1, sheet.name)
    rows: list[list[Value]] = [[None] * width for _ in range(height)]
    formats: dict[At, str] = {}
    for row, column in filled:
        rows[row][column] = _value(sheet.cell(row, column), book.datemode)
        style = book.xf_list[sheet.cell_xf_index(row, column)]
        text = book.format_map[style.format_key].format_str
        if text.lower() != "general":
            formats[row, column] = text
    return make_sheet(
        sheet.name,
        rows,
        formats=formats,
        merged=[(top, left, below - 1, right - 1) for top, below, left, right in sheet.merged_cells],
        visibility=sheet.visibility,
        hidden_rows=[row for row, about in sheet.rowinfo_map.items() if about.hidden or about.height == 0],
        hidden_columns=[column for column, about in sheet.colinfo_map.items() if about.hidden or about.width == 0],
    )


def _value(cell: Any, datemode: int) -> Value:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            found = xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return float(cell.value)  # its format still says that it is a date
        return as_value(found.time() if 0 <= cell.value < 1 else found)
    return as_value(cell.value)
