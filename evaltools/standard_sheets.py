"""A scoring standard as a workbook: what its sheets hold, and reading them into the nodes that YAML gives.

The reader of standards then checks both alike; only that a place is a sheet and a cell, not a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from evaltools.problems import ProblemList, nearest, visible
from evaltools.rules import RULES
from evaltools.sheets import Sheet, Value, address, cell_name, read_sheets
from evaltools.standard_columns import (
    KEY,
    NESTED,
    NOTE,
    REQUIRED,
    SECTION,
    SHEETS,
    TEXTS,
    VALUE,
    arguments,
    columns,
    flat_keys,
    half_width,
    header,
    key_of,
    number_text,
    table_text,
)
from evaltools.standards import BONUS, PENALTIES
from evaltools.yaml_fields import Document, Fields

_SEPARATORS = re.compile(r"[;；\n]")
_ID_SEPARATORS = re.compile(r"[;；,，、\n]")
_SAME_WORDS = {"from": "from|从|自", "to": "to|到|至"}
_ERROR = re.compile(r"#(?:DIV/0!|REF!|N/A|NAME\?|VALUE!|NUM!|NULL!|SPILL!|CALC!)")
_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))

MOST_ROWS = 5000
"""Rows a sheet may have; a standard has a few dozen lines."""

NOTES = ("说明", "备注", "注", "guide", "note", "readme")
"""How the names of sheets begin that are not read."""


class Place(NamedTuple):
    """Where a node stands; it takes the place of the mark of a YAML node."""

    sheet: str
    row: int
    column: int


@dataclass(frozen=True)
class _Row:
    """A row of a table: its filled cells and the places of its blank ones by key, and where it begins."""

    cells: dict[str, yaml.ScalarNode]
    blanks: dict[str, Place]
    start: Place


class SheetDocument(Document):
    """One workbook (.xlsx) that holds a standard; see docs/standards.md."""

    def read(self, path: Path, allowed: tuple[str, ...]) -> Fields | None:
        """Return the standard as one mapping; None after noting that there is none."""
        noted = ProblemList()
        found = read_sheets(path, self.label, noted)
        for row in noted.frame().to_dict("records"):
            # results that a program only put down as placeholders would be points nobody stated
            if row["level"] == "error" or row["rule"] == "not_computed":
                self.problems.add(**{str(key): str(value) for key, value in row.items()} | {"level": "error"})
        sheets = self._by_kind(found)
        rows = {kind: self._rows(kind, sheet) for kind, sheet in sheets.items()}
        if not rows.get("standard"):
            return None
        return Fields(self, self._root(rows, Place(sheets["standard"].name, 0, 0)), allowed, "")

    def where(self, at: yaml.Node | int) -> str:
        """Return sheet and cell of a node: `细则 lines!D7`."""
        place = None if isinstance(at, int) else _place(at)
        return "" if place is None else f"{place.sheet}!{cell_name(place.row, place.column)}"

    def place(self, at: yaml.Node | int) -> str:
        """Return the file, the sheet and the cell of a node."""
        return visible(f"{self.label}!{self.where(at)}")

    def note(self, sentence: str, place: Place | None, **values: Any) -> None:
        """Note what only a workbook can have wrong."""
        where = self.label if place is None else address(self.label, *place)
        rule = f"standard_sheets_{sentence}"
        self.problems.say(sentence, rule=rule, where=where, topic="standard_sheets", **values)

    def unknown(self, node: yaml.Node, found: str, allowed: Iterable[str]) -> None:
        """Note a name that is none of those allowed."""
        allowed = tuple(allowed)
        self.say("unknown_key", node, found=found, near=nearest(found, allowed) or "—", allowed=", ".join(allowed))

    def _by_kind(self, sheets: list[Sheet]) -> dict[str, Sheet]:
        found: dict[str, Sheet] = {}
        allowed = ", ".join(header(kind, "sheet") for kind in SHEETS)
        for sheet in sheets:
            kind = key_of(sheet.name, SHEETS, "sheet")
            is_note = half_width(sheet.name).casefold().startswith(NOTES)
            place = Place(sheet.name, 0, 0)
            if kind in found:
                self.note("repeated_sheet", place, found=header(kind, "sheet"))
            elif kind in SHEETS and sheet.rows:
                found[kind] = sheet
            elif sheet.rows and not is_note:
                near = nearest(kind, SHEETS) or "—"
                self.note("unknown_sheet", place, found=sheet.name, near=near, allowed=allowed)
        if sheets and "standard" not in found:
            self.note("no_sheet", None, found=header("standard", "sheet"))
        return found

    def _rows(self, kind: str, sheet: Sheet) -> list[_Row]:
        """Return the filled rows below the header, which is the first row that names two columns and the id."""
        allowed = (*columns(kind), NOTE)
        needed = (KEY, VALUE) if kind == "standard" else ("id",)
        if len(sheet.rows) > MOST_ROWS:
            self.note("too_many_rows", Place(sheet.name, MOST_ROWS, 0), allowed=MOST_ROWS)
            return []
        for top, values in enumerate(sheet.rows):
            keys = {at: key_of(str(value), allowed) for at, value in enumerate(values) if _is_filled(value)}
            known = set(keys.values()).intersection(allowed)
            if len(known) > 1 and known.issuperset(needed):
                return self._below(kind, sheet, top, keys)
        example = ", ".join(header(key) for key in columns(kind)[:4])
        self.note("no_header_row", Place(sheet.name, 0, 0), allowed=example)
        return []

    def _below(self, kind: str, sheet: Sheet, top: int, keys: dict[int, str]) -> list[_Row]:
        allowed, read = columns(kind), dict[str, int]()
        for column, key in keys.items():
            at = _scalar(key, Place(sheet.name, top, column))
            if key in read:
                self.say("repeated_key", at, found=key)
            elif key in allowed and key != NOTE:
                read[key] = column
            elif key != NOTE:
                self.unknown(at, key, allowed)
        below = range(top + 1, len(sheet.rows))
        for column in sorted(set(range(len(sheet.rows[top]))).difference(keys)):
            row = next((row for row in below if _is_filled(sheet.rows[row][column])), None)
            if row is not None:
                self.note("no_header", Place(sheet.name, row, column), found=str(sheet.rows[row][column]))
        rows = (self._row(sheet, row, read) for row in below)
        return [row for row in rows if row.cells]

    def _row(self, sheet: Sheet, row: int, read: Mapping[str, int]) -> _Row:
        cells: dict[str, yaml.ScalarNode] = {}
        blanks: dict[str, Place] = {}
        for key, column in read.items():
            if (cell := self._cell(key, sheet, (row, column))) is not None:
                cells[key] = cell
            else:
                blanks[key] = Place(sheet.name, row, column)
        start = Place(sheet.name, row, min((read[key] for key in cells), default=0))
        if cells and SECTION in blanks and (first := _first_of_merged(sheet, row, read[SECTION])) is not None:
            above = self._cell(SECTION, sheet, first)
            cells |= {} if above is None else {SECTION: above}
        return _Row(cells, blanks, start)

    def _cell(self, key: str, sheet: Sheet, at: tuple[int, int]) -> yaml.ScalarNode | None:
        """Return what a cell says, as it is shown; None for a blank one."""
        value: Value = sheet.rows[at[0]][at[1]]
        place = Place(sheet.name, *at)
        is_text = key in TEXTS or key in (KEY, VALUE)
        if value is None:
            return None
        if isinstance(value, bool):
            text = str(value).upper()
        elif isinstance(value, datetime | date | time):
            text = str(value.date() if isinstance(value, datetime) and value.time() == time() else value)
            if is_text:
                self.note("date_cell", place, found=text)
        elif isinstance(value, int | float):
            text = number_text(value, sheet.formats.get(at, ""))
        else:
            text = value.strip() if is_text else half_width(value)
            if is_text and _ERROR.fullmatch(text):
                self.note("error_cell", place, found=text)
        return _scalar(text, place) if text else None

    def _root(self, rows: dict[str, list[_Row]], start: Place) -> yaml.MappingNode:
        """Return the whole standard as YAML would give it."""
        parts = self._keys(rows["standard"])
        root, lines = parts[""], self._lines(rows)
        tables: dict[str, list[yaml.Node]] = {"sections": []}
        for row in rows.get("sections", []):
            cells = _cells(row, REQUIRED["sections"])
            held = lines.pop(_said(row, "id"), None)
            tables["sections"].append(_mapping(cells | ({"lines": _sequence(held)} if held else {}), row.start))
        for key in (BONUS, PENALTIES):
            if held := lines.pop(key, None):
                parts[key]["lines"] = _sequence(held)
        for key in ("grades", "vetoes"):
            tables[key] = [_mapping(_cells(row, REQUIRED[key]), row.start) for row in rows.get(key, [])]
        for key in NESTED:
            if parts[key]:
                root[key] = _mapping(parts[key], _place(next(iter(parts[key].values()))))
        return _mapping(root | {key: _sequence(nodes) for key, nodes in tables.items() if nodes}, start)

    def _keys(self, rows: list[_Row]) -> dict[str, dict[str, yaml.Node]]:
        """Return what the sheet `standard` states: "" its own keys, and those of each part such as `rounding`."""
        parts: dict[str, dict[str, yaml.Node]] = {key: {} for key in ("", *NESTED)}
        blanks: dict[tuple[str, str], Place] = {}
        allowed = flat_keys()
        for row in rows:
            if (stated := row.cells.get(KEY)) is None:
                self.note("no_key", row.start, found=_said(row, VALUE))
                continue
            key = key_of(str(stated.value), allowed)
            part, _, name = key.rpartition(".")
            if key not in allowed:
                self.unknown(stated, key, allowed)
            elif name in parts[part] or (part, name) in blanks:
                self.say("repeated_key", stated, found=key)
            elif (value := row.cells.get(VALUE)) is not None:
                text = str(value.value) if name in TEXTS else half_width(str(value.value))
                parts[part][name] = _scalar(text, _place(value))
            else:
                blanks[part, name] = row.blanks.get(VALUE, row.start)
        for (part, name), place in blanks.items():
            if name in REQUIRED[part or "standard"] and (not part or parts[part]):
                parts[part][name] = _scalar("", place)
        return parts

    def _lines(self, rows: dict[str, list[_Row]]) -> dict[str, list[yaml.Node]]:
        """Return the lines of each section, in the order of the rows."""
        known = [name for row in rows.get("sections", []) if (name := _said(row, "id"))] + [BONUS, PENALTIES]
        found: dict[str, list[yaml.Node]] = {}
        for row in rows.get("lines", []):
            name, allowed = _said(row, SECTION), ", ".join(known)
            if not name:
                self.note("no_section", row.blanks.get(SECTION, row.start), allowed=allowed)
            elif name not in known:
                near, place = nearest(name, known) or "—", _place(row.cells[SECTION])
                self.note("unknown_section", place, found=name, near=near, allowed=allowed)
            else:
                found.setdefault(name, []).append(self._line(row))
        return found

    def _line(self, row: _Row) -> yaml.Node:
        rule, known = RULES.get(_said(row, "rule")), arguments()
        asked = rule.arguments if rule else {}
        required = (key for key, argument in asked.items() if not argument.optional and not argument.default)
        cells = _cells(row, (*REQUIRED["lines"], *required))
        cells.pop(SECTION, None)
        for key, node in cells.items():
            text, place = str(node.value), _place(node)
            if key == "gate":
                ids = filter(None, map(str.strip, _ID_SEPARATORS.split(text)))
                cells[key] = _sequence([_scalar(name, place) for name in ids], place)
            elif text and key in known and known[key].kind == "table":
                cells[key] = _sequence(list(self._entries(key, known[key].allowed, text, place)), place)
        return _mapping(cells, row.start)

    def _entries(self, key: str, names: tuple[str, ...], text: str, place: Place) -> Iterator[yaml.Node]:
        """Yield the entries of a table written in a cell: `to 60: 0; from 60 to 90: 2; from 90: 5`."""
        *ends, last = names
        parts = "".join(rf"(?:(?:{_SAME_WORDS.get(end, end)})\s*(?P<{end}>[^\s:]+?)\s*)?" for end in ends)
        form = re.compile(rf"(?:{parts}:)?\s*(?P<{last}>[^\s:]+)", re.IGNORECASE)
        for part in filter(None, map(str.strip, _SEPARATORS.split(half_width(text)))):
            match = form.fullmatch(part)
            if match is None:
                example = table_text([dict.fromkeys(ends, "10") | {last: "2"}], names)
                self.note("table_form", place, found=part, key_name=key, example=example)
                continue
            yield _mapping({name: _scalar(match[name], place) for name in names if match[name] is not None}, place)


def _is_filled(value: Value) -> bool:
    return value is not None and bool(str(value).strip())


def _said(row: _Row, key: str) -> str:
    return str(row.cells[key].value) if key in row.cells else ""


def _cells(row: _Row, required: Iterable[str]) -> dict[str, yaml.Node]:
    """Return the filled cells of a row, and the blank ones that must not be, so that their place can be named."""
    return {**row.cells, **{key: _scalar("", row.blanks[key]) for key in required if key in row.blanks}}


def _first_of_merged(sheet: Sheet, row: int, column: int) -> tuple[int, int] | None:
    """Return the first cell of the merged range that holds a cell; None if it is in none, or the first itself."""
    for top, left, bottom, right in sheet.merged:
        if top < row <= bottom and left <= column <= right:
            return top, left
    return None


def _place(node: yaml.Node) -> Place:
    return cast(Place, node.start_mark)


def _scalar(text: str, place: Any) -> yaml.ScalarNode:
    return yaml.ScalarNode(_STR, text, start_mark=place)


def _sequence(nodes: list[yaml.Node], place: Any = None) -> yaml.SequenceNode:
    return yaml.SequenceNode(_SEQ, nodes, start_mark=place or nodes[0].start_mark)


def _mapping(nodes: Mapping[str, yaml.Node], place: Any) -> yaml.MappingNode:
    return yaml.MappingNode(_MAP, [(_scalar(key, node.start_mark), node) for key, node in nodes.items()], place)
