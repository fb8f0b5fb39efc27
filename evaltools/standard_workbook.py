"""The workbook that holds a scoring standard: a sheet for each of its lists, with what may be filled in beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from evaltools import template_cells as cells
from evaltools.rules import RULES
from evaltools.standard_columns import (
    KEY,
    NESTED,
    NOTE,
    SECTION,
    SEPARATOR,
    SHEETS,
    TEXTS,
    VALUE,
    arguments,
    choices,
    columns,
    described,
    flat_keys,
    header,
    table_text,
)
from evaltools.standards import BONUS, PENALTIES
from evaltools.template_cells import Style, put
from evaltools.wording import text_width, topic, word

_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.([0-9]+))?")
_DIGITS = 15
_ROOM = 200
"""Rows below the last one in which lists to choose from are offered too."""

_WIDTHS = {"source": 60.0}
_NOTES_WIDTH = 70.0
_NARROWEST, _WIDEST = 9.0, 44.0
_FIRST = 4
"""The row of the guide in which its table begins."""

_HEAD = Style("zh", bold=True, fill="head", across="center")
_TEXT = Style("zh", number="@")
_NUMERIC = Style("zh", across="right")
_HINT = Style("zh", ink="muted")


def workbook(document: Mapping[str, Any], names: Mapping[str, str] | None = None) -> bytes:
    """Return the workbook of a plain document (`standard_files.plain_standard`); the same one gives the same bytes.

    names: what the catalogue calls the lines, by their ids; it stands in a column of notes, which is not read again.
    """
    book = Workbook()
    for at, kind in enumerate(SHEETS):
        sheet = book.worksheets[0] if at == 0 else book.create_sheet()
        sheet.title = header(kind, "sheet")
        if kind == "standard":
            _write_standard(sheet, document)
        else:
            _write_table(sheet, kind, list(_rows(kind, document, names or {})))
    _write_guide(book.create_sheet(header("guide", "sheet")))
    book.properties.title = cells.clean(str(document.get("name_zh", "")))
    book.properties.creator = "evaltools"
    return cells.save(book)


def _rows(kind: str, document: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a sheet: column -> text."""
    if kind != "lines":
        for entry in document.get(kind, []):
            yield {key: text for key, text in entry.items() if key != "lines"}
        return
    known = arguments()
    held = [(section["id"], section) for section in document["sections"]]
    held += [(key, document[key]) for key in (BONUS, PENALTIES) if key in document]
    for name, section in held:
        for line in section["lines"]:
            row = {SECTION: name, **line}
            if line["id"] in names and "name_zh" not in line:
                row[NOTE] = names[line["id"]]
            for key, value in line.items():
                if key == "gate":
                    row[key] = SEPARATOR.join(value)
                elif isinstance(value, list):
                    row[key] = table_text(value, known[key].allowed)
            yield row


def _write_standard(sheet: Worksheet, document: Mapping[str, Any]) -> None:
    for column, key in enumerate((KEY, VALUE, NOTE), 1):
        put(sheet, 1, column, header(key), _HEAD)
    width = 20.0
    for row, key in enumerate(flat_keys(), 2):
        part, _, name = key.rpartition(".")
        text = (document.get(part, {}) if part in NESTED else document).get(name, "")
        put(sheet, row, 1, header(key), _TEXT)
        _value(sheet, row, 2, name, text)
        put(sheet, row, 3, described(key, "zh").replace("。\n", "：").replace("\n", "；"), _HINT)
        _offer(sheet, key, f"B{row}")
        width = max(width, min(text_width(text) + 2.0, _WIDEST))
    for letter, wide in zip("ABC", (38.0, width, _NOTES_WIDTH), strict=True):
        sheet.column_dimensions[letter].width = wide
    sheet.freeze_panes = "A2"
    cells.print_set_up(sheet, "zh", landscape=False)


def _write_table(sheet: Worksheet, kind: str, rows: list[Mapping[str, str]]) -> None:
    for column, key in enumerate(_ordered(kind, rows), 1):
        head = put(sheet, 1, column, header(key), _HEAD)
        if said := described(key, "zh"):
            head.comment = Comment(said, "evaltools", height=40 + 22 * (1 + said.count("\n")), width=300)
        for row, entry in enumerate(rows, 2):
            _value(sheet, row, column, key, entry.get(key, ""))
        letter = get_column_letter(column)
        if key in TEXTS:
            sheet.column_dimensions[letter].number_format = "@"  # 1.10 typed below stays 1.10
        _offer(sheet, key, f"{letter}2:{letter}{len(rows) + 1 + _ROOM}")
        longest = max([text_width(header(key)) / 2, *(text_width(entry.get(key, "")) for entry in rows)], default=0)
        wide = _WIDTHS.get(key, max(_NARROWEST, min(longest + 2.0, _WIDEST)))
        sheet.column_dimensions[letter].width = wide
    sheet.freeze_panes = "C2" if kind == "lines" else "A2"
    cells.print_set_up(sheet, "zh", landscape=True)


def _ordered(kind: str, rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the columns of a sheet; what no rule in it uses stands last."""
    used = {key for row in rows for key in row} | set(columns(kind)).difference(arguments())
    found = sorted(columns(kind), key=lambda key: key not in used)
    if NOTE in used:
        found.insert(found.index("indicator") + 1, NOTE)
    return found


def _value(sheet: Worksheet, row: int, column: int, key: str, text: str) -> None:
    """Write a value: a number as a number, with the zeros it was typed with; anything else as text."""
    match = None if key in TEXTS else _NUMBER.fullmatch(text)
    if match is None or sum(map(str.isdigit, text)) > _DIGITS:
        put(sheet, row, column, text or None, _TEXT if text or key in TEXTS else _NUMERIC)
        return
    decimals = match[1] or ""
    cell = put(sheet, row, column, float(text) if decimals else int(text), _NUMERIC)
    if decimals.endswith("0"):
        cell.number_format = f"0.{'0' * len(decimals)}"


def _offer(sheet: Worksheet, key: str, where: str) -> None:
    """Offer the words that a cell may hold."""
    listed = f'"{",".join(choices(key))}"'
    if key == "rule":
        guide = quote_sheetname(header("guide", "sheet"))
        listed = f"{guide}!$A${_FIRST + 1}:$A${_FIRST + len(RULES)}"
    elif not choices(key):
        return
    rule = DataValidation("list", formula1=listed, allow_blank=True, showErrorMessage=True)
    sheet.add_data_validation(rule)
    rule.add(where)


def _write_guide(sheet: Worksheet) -> None:
    put(
        sheet, 1, 1, word("standard_sheets.guide_title", "zh"), Style("zh", size=14, bold=True, frame=False, wrap=False)
    )
    put(sheet, 2, 1, word("standard_sheets.guide_text", "zh"), Style("zh", frame=False, wrap=False))
    heads = (header("rule"), *(word(f"standard_sheets.guide_{key}", "zh") for key in ("name", "formula", "columns")))
    for column, head in enumerate(heads, 1):
        put(sheet, _FIRST, column, head, _HEAD)
    words = topic("standard_sheets")
    for row, rule in enumerate(RULES.values(), _FIRST + 1):
        name = f"rule_{rule.name}"
        formula = " ".join((rule.formula.__doc__ or "").split("\n\n")[0].split())
        asked = "、".join(header(key) for key in rule.arguments)
        known = word(f"standard_sheets.{name}", "zh") if name in words else ""
        for column, text in enumerate((rule.name, known, formula, asked), 1):
            put(sheet, row, column, text, _TEXT)
    for letter, wide in zip("ABCD", (16.0, 28.0, 70.0, 50.0), strict=True):
        sheet.column_dimensions[letter].width = wide
    cells.print_set_up(sheet, "zh", landscape=True)
