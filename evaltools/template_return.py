"""Reading back a return that was handed out: every figure by its hidden codes, wherever it stands now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import pandas as pd
from openpyxl.utils.datetime import to_excel

from evaltools import tables
from evaltools.cells import Reading, read_cell, say
from evaltools.findings import number
from evaltools.problems import ProblemList, nearest
from evaltools.returns import Known, Return
from evaltools.sheet_model import Sheet, Value, address
from evaltools.template_known import Asked, asked_of, hidden_sheet, text_of
from evaltools.template_lines import measure_of
from evaltools.template_pages import PAGE
from evaltools.template_sheets import MARKER
from evaltools.wording import LANGUAGES

_ITEMS = ("item", "area", "both")
_CLOSE = 1e-9


def is_template(sheets: list[Sheet]) -> bool:
    """Whether a workbook is a return that `evaltools template` wrote."""
    return hidden_sheet(sheets) is not None


def read_template(sheets: list[Sheet], label: str, known: Known, problems: ProblemList) -> Return:
    """Return what was filled in; every cell that is asked gives a fact, a blank one with the state `missing`.

    A total gives a fact only where it says more than its institutions do: where it differs from their sum, or stands
    beside blanks. What is wrong or was altered is noted at its cell.
    """
    hidden = hidden_sheet(sheets)
    asked = None if hidden is None else asked_of(hidden, label, problems)
    if asked is None:
        return Return()
    reader = _Reader(asked, label, known, problems)
    for sheet in sheets:
        if sheet is not hidden:
            reader.read(sheet)
    facts = reader.facts()
    if facts["value"].isna().all() and set(facts["state"]) <= {"missing"}:
        reader.say("nothing_filled", label, "warning")
    return Return(
        facts=facts,
        areas=asked.areas,
        units=asked.units,
        expected=asked.expected,
        notice={lang: asked.meta.get(f"notice_{lang}", "") for lang in LANGUAGES},
    )


@dataclass
class _Cell:
    """A cell that holds a figure: where it is, what stands there, and what that says."""

    where: str
    raw: Value
    reading: Reading
    said: bool = False


@dataclass
class _Found:
    """All cells of one figure, and what a row says of its blank cells."""

    cells: list[_Cell] = field(default_factory=list)
    blank: str = "missing"

    @property
    def first(self) -> _Cell:
        """The first that is filled in, else the first."""
        return next((cell for cell in self.cells if cell.raw is not None), self.cells[0])


Key = tuple[str, str]
"""Item and unit; unit "" is the area."""


class _Reader:
    """Gathers the figures of all sheets, then makes facts of them."""

    def __init__(self, asked: Asked, label: str, known: Known, problems: ProblemList) -> None:
        self.asked, self.label, self.known, self.problems = asked, label, known, problems
        self.found: dict[Key, _Found] = {}
        self.sheet_of: dict[str, str] = {}
        self.measures = dict(zip(known.items["item"], known.items["measure"], strict=True))

    def say(self, key: str, where: str, level: str = "error", **values: Any) -> None:
        self.problems.say(key, where=where, level=level, topic="template", **values)

    # --- one sheet ---

    def read(self, sheet: Sheet) -> None:
        """Take in the figures of a sheet, or note that it is none of ours."""
        corner = next((_at(row, MARKER, at) for at, row in enumerate(sheet.rows) if MARKER in row), None)
        if corner is None:
            ours = any(PAGE in row for row in sheet.rows)
            if not ours and any(_is_number(value) for row in sheet.rows for value in row):
                self.say("sheet_unread", f"{self.label}!{sheet.name}", "warning")
            return
        head, side = corner
        columns = {at: code for at, value in enumerate(sheet.rows[head]) if (code := _code(value))}
        rows = {at: code for at, row in enumerate(sheet.rows) if (code := _code(row[side])) and at != head}
        columns = {at: code for at, code in columns.items() if self.is_known(sheet, (head, at), code)}
        rows = {at: code for at, code in rows.items() if self.is_known(sheet, (at, side), code)}
        self.other_names(sheet, rows, columns, side)
        for row, down in rows.items():
            blank = self.row_remarks(sheet, row, columns)
            for column, across in columns.items():
                self.cell(sheet, row, column, down, across, blank)
        self.strays(sheet, rows, columns, side)
        self.hidden_lines(sheet, rows, columns)

    def is_known(self, sheet: Sheet, at: tuple[int, int], code: Key) -> bool:
        """Whether a code is one that was asked; notes it otherwise."""
        kind, name = code
        of_item = kind in _ITEMS or (kind == "last" and name in self.asked.items)
        where = address(self.label, sheet.name, *at)
        if kind in _ITEMS and name not in self.asked.items:
            self.say("unknown_item", where, found=name, near=nearest(name, self.asked.items) or "—")
            return False
        if kind == "unit" and name not in self.asked.unit_names:
            self.say("unknown_unit", where, found=name, near=nearest(name, filter(None, self.asked.unit_names)) or "—")
            return False
        if kind == "last" and not of_item and name not in self.asked.unit_names:
            return False  # its own column says so
        if kind in _ITEMS:
            self.sheet_of.setdefault(name, sheet.name)
        return kind in (*_ITEMS, "unit", "last", "blank", "remark")

    def other_names(self, sheet: Sheet, rows: Mapping[int, Key], columns: Mapping[int, Key], side: int) -> None:
        """Note rows that carry another row's name: sorted, or pasted, without the hidden codes."""
        called = {**self.asked.item_names, **self.asked.unit_names}
        own = {row: called[code] for row, (_, code) in rows.items() if code and code in called}
        names = {name for both in own.values() for name in both if name}
        for row, ours in own.items():
            for column in range(side + 1, min(columns, default=side + 1)):
                name = text_of(sheet.rows[row][column])
                if name in names and name not in ours:
                    self.say("other_name", address(self.label, sheet.name, row, column), found=name, subject=ours)

    def row_remarks(self, sheet: Sheet, row: int, columns: Mapping[int, Key]) -> str:
        """Return what the blank cells of a row are, and pass on the sender's remark."""
        state = "missing"
        for column, (kind, _) in columns.items():
            raw = sheet.rows[row][column]
            if raw is None or kind not in ("blank", "remark"):
                continue
            where = address(self.label, sheet.name, row, column)
            if kind == "remark":
                self.say("remark", where, "note", found=raw)
                continue
            reading = read_cell(raw, "", self.known.cell_words)
            if reading.note or reading.state not in ("missing", "not_applicable"):
                self.say("not_a_choice", where, found=raw)
            else:
                state = reading.state
        return state

    def cell(self, sheet: Sheet, row: int, column: int, down: Key, across: Key, blank: str) -> None:
        """Take in one cell by what its row and its column are about."""
        items = [code for kind, code in (down, across) if kind in _ITEMS]
        units = [code for kind, code in (down, across) if kind == "unit"]
        last = [code for kind, code in (down, across) if kind == "last"]
        if len(items) + len(units) + len(last) != 2 or not (items or units):
            return
        raw = sheet.rows[row][column]
        where = address(self.label, sheet.name, row, column)
        if last:
            key = (items[0], last[0]) if items else (last[0], units[0])
            self.last_year(key, raw, where)
            return
        if not items or not units:
            return
        key = items[0], units[0]
        if not self.wanted(key) and not self.totals(key):
            if raw is not None:
                self.say("not_asked", where, "warning", found=_shown(raw))
            return
        if (row, column) in sheet.uncached and self.wanted(key):
            self.say("uncached", where, "warning")
        reading = read_cell(raw, sheet.formats.get((row, column), ""), self.known.cell_words)
        found = self.found.setdefault(key, _Found(blank=blank))
        found.cells.append(_Cell(where, raw, reading))

    def wanted(self, key: Key) -> bool:
        """Whether a figure is asked as such: by institution, or of the area."""
        level = self.asked.items[key[0]]
        return level == "both" or (level == "item") == bool(key[1])

    def totals(self, key: Key) -> bool:
        """Whether a cell is the total of institutions, filled by its formula or by hand."""
        return not key[1] and self.asked.items[key[0]] == "item"

    def last_year(self, key: Key, raw: Value, where: str) -> None:
        """Note a figure of last year that is not the one handed out."""
        if raw is None or key[0] not in self.asked.items:
            return
        before = self.asked.last.get(key)
        now = read_cell(raw, "", self.known.cell_words).value  # a number made a text is the same number
        same = before is not None and math.isclose(now, before, rel_tol=_CLOSE)
        if not same:
            self.say(
                "last_changed", where, "warning", found=_shown(raw), other="—" if before is None else number(before)
            )

    def strays(self, sheet: Sheet, rows: Mapping[int, Key], columns: Mapping[int, Key], side: int) -> None:
        """Note numbers beside the figures: in a row or a column that was put in, or that lost its code."""
        for at, values in enumerate(sheet.rows):
            for column, raw in enumerate(values):
                if column == side or not _is_number(raw) or (at in rows) == (column in columns):
                    continue
                kind = columns.get(column, rows.get(at, ("", "")))[0]
                if kind in (*_ITEMS, "unit"):
                    where = address(self.label, sheet.name, at, column)
                    self.say("not_asked", where, "warning", found=_shown(raw))

    def hidden_lines(self, sheet: Sheet, rows: Mapping[int, Key], columns: Mapping[int, Key]) -> None:
        """Note figures that stand in rows or columns that somebody hid."""
        figures = [column for column, (kind, _) in columns.items() if kind in (*_ITEMS, "unit")]
        hidden = [
            (row, min(figures))
            for row in rows
            if row in sheet.hidden_rows and figures and any(sheet.rows[row][column] is not None for column in figures)
        ]
        hidden += [
            (min(rows), column)
            for column in figures
            if column in sheet.hidden_columns and any(sheet.rows[row][column] is not None for row in rows)
        ]
        if hidden:
            self.say("hidden_row", address(self.label, sheet.name, *hidden[0]), "warning", n=len(hidden))

    # --- all sheets ---

    def facts(self) -> pd.DataFrame:
        """Return the facts, in the order of items and units."""
        self.gone()
        records: list[dict[str, object]] = []
        where: list[str] = []
        meta = self.asked.meta
        for item in self.asked.items:
            for unit in self.asked.unit_names:
                found = self.found.get((item, unit))
                if found is None or (self.totals((item, unit)) and not self.own_total(item, found)):
                    continue
                cell = found.first
                self.repeated(found, cell)
                value, state = self.value(item, cell, found.blank)
                row = {"period": meta["period"], "area": meta["area"], "unit": unit, "item": item, "value": value}
                records.append({**row, "state": state, "origin": meta.get("origin", ""), "source": cell.where})
                where.append(cell.where)
        if not records:
            return tables.empty("facts")
        frame = pd.DataFrame(records, index=where)[list(tables.TABLES["facts"].columns)]
        return frame.astype({name: float if name == "value" else "str" for name in frame})

    def value(self, item: str, cell: _Cell, blank: str) -> tuple[float, str]:
        """Return the value and state of a cell, saying what is to be said of it."""
        reading, raw, where = cell.reading, cell.raw, cell.where
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return math.nan, blank
        refused = ""
        if reading.percent:
            refused = "a_percent"
        elif reading.bound and reading.bound != "about":
            refused = "a_bound"
        elif reading.value < 0:
            refused = "negative"
        if refused:
            self.say(refused, where, found=_shown(raw))
            return math.nan, "missing"
        say(reading, raw, where, self.problems)
        measure = measure_of(self.measures.get(item, ""), "zh")
        if reading.unit and reading.unit != measure:
            self.say("other_measure", where, "warning", found=_shown(raw), read=number(reading.value), allowed=measure)
        return reading.value, reading.state

    def own_total(self, item: str, found: _Found) -> bool:
        """Whether a total says more than its institutions do; notes it if so."""
        cell = found.first
        if cell.raw is None or (isinstance(cell.raw, str) and not cell.raw.strip()):
            return False
        parts = [part.first for unit in self.asked.unit_names if unit and (part := self.found.get((item, unit)))]
        complete = len(parts) == len(self.asked.unit_names) - 1 and all(part.raw is not None for part in parts)
        total = cell.reading.value
        if complete and not math.isnan(total):
            read = math.fsum(part.reading.value for part in parts if not math.isnan(part.reading.value))
            # what the formula adds up: stored numbers only, dates by their serial number
            added = math.fsum(_serial(part.raw) for part in parts)
            if any(math.isclose(total, amount, rel_tol=_CLOSE, abs_tol=_CLOSE) for amount in (read, added)):
                return False
            self.say("total_typed", cell.where, "warning", found=_shown(cell.raw), other=number(read))
        elif not math.isnan(total):
            self.say("total_alone", cell.where, "note", found=_shown(cell.raw))
        return True

    def repeated(self, found: _Found, first: _Cell) -> None:
        """Note a figure that stands in two cells."""
        for cell in found.cells:
            if cell is not first and cell.raw is not None:
                values = {"found": _shown(cell.raw), "other": _shown(first.raw)}
                level = "warning" if cell.raw == first.raw else "error"
                self.say("repeated", cell.where, level, first=first.where, **values)

    def gone(self) -> None:
        """Note what was asked and is not found any more."""
        asked, lost = self.asked, dict[Key, int]()
        for item in asked.items:
            if item not in self.sheet_of:
                self.say("gone_item", self.label, subject=asked.item_names.get(item, (item, item)))
                continue
            for unit in asked.unit_names:
                if self.wanted((item, unit)) and (item, unit) not in self.found:
                    place = self.sheet_of[item], unit
                    lost[place] = lost.get(place, 0) + 1
        for (sheet, unit), count in lost.items():
            where = f"{self.label}!{sheet}"
            self.say("gone_unit", where, subject=asked.unit_names[unit], n=count)


def _at(row: list[Value], text: str, at: int) -> tuple[int, int]:
    return at, row.index(text)


def _code(value: Value) -> Key | None:
    """Return a hidden code as (kind, code)."""
    kind, equals, code = text_of(value).partition("=")
    return (kind, code) if equals and kind in (*_ITEMS, "unit", "last", "blank", "remark") else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Value) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return number(value)
    return "—" if value is None else str(value)


def _serial(value: Value) -> float:
    """Return what a spreadsheet adds for a cell: its number, a date's serial number, nothing for a text."""
    if isinstance(value, datetime | date | time):
        return float(to_excel(value))  # type: ignore[no-untyped-call]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
