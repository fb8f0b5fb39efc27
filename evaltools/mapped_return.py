"""A workbook in somebody else's layout read with its mapping: facts and claims, each with its cell."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import pandas as pd

from evaltools import tables
from evaltools.header_names import normal, spelled, text_of
from evaltools.mapped_cells import PART, SUBSUM, SUM, Cell, Values
from evaltools.mapped_grid import Grid, column_letters, column_number, is_subtotal, is_total
from evaltools.mapped_names import Meaning, Names, part_of, period_at, period_for
from evaltools.mappings import Entry, Table, WorkbookMapping
from evaltools.printed_totals import totals_against_parts
from evaltools.problems import ProblemList, nearest
from evaltools.returns import Known, Return
from evaltools.sheets import Sheet, cell_name

FINDINGS = ("printed_total", "percent_in_count", "merged_value")
"""Rules of level error that say what is wrong with figures that were read: findings, never a reason to refuse."""


def read_mapped(
    sheets: Sequence[Sheet], label: str, mapping: WorkbookMapping, known: Known, problems: ProblemList
) -> Return:
    """Read the sheets of a file as its mapping says.

    Every cell of a mapped row and column is a fact (of an item) or a claim (of an indicator: a rate as printed, with
    the numerator and denominator of its row where the mapping names them). Totals printed among them are held against
    what they add up, and are no facts. What is left out is said in `problems`.
    """
    names = Names(mapping, known)
    values = Values(known)
    cells: list[Cell] = []
    used: set[str] = set()
    for table in mapping.tables:
        chosen = [sheet for sheet in sheets if _is_of(sheet, table.sheets)]
        if not chosen:
            near = nearest(", ".join(table.sheets), {sheet.name for sheet in sheets}) or "—"
            _say(problems, "no_such_sheet", label, found=", ".join(table.sheets), near=near, line=str(table.line))
        for sheet in chosen:
            used.add(sheet.name)
            if sheet.hidden and not table.hidden:
                _say(problems, "sheet_hidden", f"{label}!{sheet.name}!A1", "warning", found=sheet.name)
                continue
            grid = Grid(sheet, table, mapping, label, problems, _last_row(sheet, table, mapping))
            found = _TableReader(grid, names, values).cells()
            totals_against_parts(found, names.parents, known.items, problems)
            cells += found
    for sheet in sheets:
        ignored = sheet.name in used or _is_of(sheet, mapping.ignore_sheets)
        if not ignored and any(value is not None for row in sheet.rows for value in row):
            key = "hidden_sheet_not_mapped" if sheet.hidden else "sheet_not_mapped"
            _say(problems, key, f"{label}!{sheet.name}!A1", "warning", found=sheet.name)
    return Return(
        facts=_frame((cell.fact() for cell in cells if cell.is_fact), "facts"),
        claims=_frame((cell.claim() for cell in cells if cell.is_claim), "claims"),
        areas=mapping.areas.reset_index(drop=True),
        units=mapping.units.reset_index(drop=True),
    )


def _say(problems: ProblemList, key: str, where: str, level: str = "error", **values: str) -> None:
    problems.say(key, where=where, level=level, topic="mapping", **values)


def _is_of(sheet: Sheet, patterns: Sequence[str]) -> bool:
    """Whether a sheet has one of these names, in which * stands for anything."""
    return any(fnmatch.fnmatchcase(spelled(sheet.name), spelled(p).replace("[", "[[]")) for p in patterns)


def _last_row(sheet: Sheet, table: Table, mapping: WorkbookMapping) -> int:
    """Return the row (from 1) before the header of the next table below this one, the last row where there is none."""
    own = table.header[0] if table.header else 0
    starts = [t.header[0] for t in mapping.tables if t.header and t.header[0] > own and _is_of(sheet, t.sheets)]
    return min(starts, default=len(sheet.rows) + 1) - 1


def _frame(rows: Iterator[dict[str, object]], table: str) -> pd.DataFrame:
    found = list(rows)
    if not found:
        return tables.empty(table)
    frame = pd.DataFrame(found, columns=list(tables.TABLES[table].columns))
    frame = frame.astype(dict(tables.empty(table).dtypes))
    return frame.set_axis(pd.Index(frame["source"].tolist(), dtype="str"))


@dataclass(eq=False)
class _TableReader:
    """Reads one table of one sheet."""

    grid: Grid
    names: Names
    values: Values
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    labels: dict[str, list[int]] = field(default_factory=dict)
    met: set[Entry] = field(default_factory=set)

    @property
    def table(self) -> Table:
        """The table as the mapping describes it."""
        return self.grid.table

    def cells(self) -> list[Cell]:
        """Return every cell of the table that the mapping says how to read, printed totals too."""
        for entry in self.table.entries:
            self.entries.setdefault(normal(entry.name), []).append(entry)
        whole = self.of_sheet()
        if not self.find_labels():
            return []
        columns = list(self.value_columns())
        found: list[Cell] = []
        for row in self.grid.body:
            raws = [self.grid.sheet.rows[row][column] for column, _ in columns]
            texts = whole | self.of_row(row)
            blank = all(raw is None for raw in raws)
            for (column, header), raw in zip(columns, raws, strict=True):
                cell = self.cell(row, column, texts | header, blank)
                if cell is None:
                    continue
                cell.raw = raw
                self.values.read(cell, self.grid.sheet.formats.get((row, column), ""), self.grid.problems)
                found.append(cell)
        if self.grid.body:
            self.note_entries(bool(columns))
        self.note_merged(found)
        _fill_terms(found)
        return found

    def of_sheet(self) -> dict[str, str]:
        """Return the texts that one place says of the whole table: fixed, a cell, the sheet's or the file's name."""
        grid = self.grid
        said = {"sheet": grid.sheet.name, "file": PurePosixPath(grid.label).stem}
        texts = {}
        for name, place in self.table.places.items():
            if place.source in ("cell", "fixed", *said):
                text = said.get(place.source, place.text)
                texts[name] = grid.cells.text(*_cell(place.text)) if place.source == "cell" else text
        return {"unit": "", **texts}

    def find_labels(self) -> bool:
        """Find the columns that say something of their row; False if one is not there."""
        for name, place in self.table.places.items():
            if place.source == "column":
                found = [self.grid.column_of(text) for text in place.columns]
                self.labels[name] = [column for column in found if column is not None]
                if None in found:
                    return False
        return True

    def of_row(self, row: int) -> dict[str, str]:
        """Return the texts that the columns of a row say.

        The name of a total often stands in another column than the names of what it adds up, merged over both or not.
        """
        grid = self.grid
        texts = {name: grid.cells.joined((row, c) for c in columns) for name, columns in self.labels.items()}
        places = [name for name in ("unit", "area") if name in texts]
        if places and not any(texts[name] for name in places) and is_total(grid.first_text(row), grid.mapping):
            texts[places[0]] = grid.first_text(row)
        return texts

    def value_columns(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the columns that hold numbers, with the texts that their header says."""
        grid = self.grid
        if self.table.value:
            column = grid.column_of(self.table.value)
            if column is not None:
                yield column, {}
            return
        places = {name: place for name, place in self.table.places.items() if place.source == "header"}
        labels = {column for columns in self.labels.values() for column in columns}
        for column, header in grid.headers.items():
            if column in labels or grid.ignored(column):
                continue
            texts = {name: part_of(place, name, header) for name, place in places.items() if name != "period"}
            if "period" in places:
                texts["period"] = header
            known = header and all(text is not None for text in texts.values())
            if "item" in places:
                known = known and self.entry(str(texts["item"]), column_letters(column)) is not None
            if "period" in places:
                known = known and (bool(self.period(header)) or is_total(header, grid.mapping))
            if known:
                yield column, {name: str(text) for name, text in texts.items()}
            elif any(grid.sheet.rows[row][column] is not None for row in grid.body):
                where = grid.at(max(grid.header_rows, default=0), column)
                near = nearest(header, {entry.name for entry in self.table.entries}) or "—"
                grid.say("column_not_mapped", where, "warning", found=header or "—", near=near)

    def entry(self, name: str, at: str) -> Entry | None:
        """Return the entry of a name in a column or row; of several the one that says it is there."""
        place = self.table.places["item"]
        if place.source == "fixed":
            return Entry("", "item", place.text)
        found = self.entries.get(normal(name), [])
        return next((entry for entry in found if entry.at in ("", at)), None)

    def period(self, text: str) -> str:
        """Return the period that a text says, or that is fixed."""
        return period_at(self.table.places["period"], text, self.table.cumulative)

    def where(self, name: str, row: int, column: int) -> str:
        """Return the cell that says a dimension of the number at a cell."""
        place = self.table.places[name]
        if place.source == "column" and self.labels[name]:
            return self.grid.at(row, self.labels[name][0])
        if place.source == "header":
            return self.grid.at(max(self.grid.header_rows, default=0), column)
        return self.grid.at(*_cell(place.text)) if place.source == "cell" else self.grid.at(0, 0)

    def meaning(self, name: str, text: str, area: str = "") -> Meaning:
        """Return what the text of a dimension stands for."""
        place = self.table.places[name]
        part = text if place.source == "header" else part_of(place, name, text)
        if part is None:
            return Meaning(problem="unknown_name", near=place.pattern)
        return self.names.area(part) if name == "area" else self.names.unit(part, area)

    def cell(self, row: int, column: int, texts: Mapping[str, str], blank: bool) -> Cell | None:
        """Return the cell with what it is a number of; None after saying that this cannot be told.

        blank: whether the whole row holds no number; a heading between rows is only noted.
        """
        grid, places = self.grid, self.table.places
        whose = {"row": "column", "column": "header"}

        def refuse(key: str, name: str, level: str = "error", **values: str) -> None:
            of_row = places[name].source == "column"
            key, level = ("row_not_used", "note") if blank and of_row else (key, level)
            grid.say(key, self.where(name, row, column), level, found=texts[name] or "—", **values)

        area = self.meaning("area", texts["area"])
        unit = Meaning() if not places["unit"].source else self.meaning("unit", texts["unit"], area.code)
        if area.ignore or unit.ignore:
            return None
        sums = {name for name, found in (("area", area), ("unit", unit)) if found.total}
        period = self.period(texts["period"])
        over_time = not period and is_total(texts["period"], grid.mapping)
        if over_time:
            sums.add("period")
        for name, found in (("area", area), ("unit", unit)):
            if found.problem and not sums:
                refuse(found.problem, name, near=found.near)
                return None
        at = column_letters(column) if places["item"].source == "header" else str(row + 1)
        item = part_of(places["item"], "item", texts["item"]) if places["item"].source != "header" else texts["item"]
        entry = None if item is None else self.entry(item, at)
        if entry is None:
            near = nearest(texts["item"], {found.name for found in self.table.entries}) or "—"
            refuse("row_not_mapped", "item", "warning", near=near)
            return None
        self.met.add(entry)
        if entry.kind == "ignore":
            return None
        if not period and not over_time:
            refuse("no_period", "period")
            return None
        is_sum = {
            along: (SUBSUM if is_subtotal(" ".join(texts[n] for n in sums)) else SUM)
            if any(places[name].source == source for name in sums)
            else PART
            for along, source in whose.items()
        }
        return Cell(
            entry=entry,
            row=row,
            column=column,
            where=grid.at(row, column),
            period=period_for(entry, period) if period else "",
            base_period=period,
            area="" if area.problem else area.code,
            unit="" if sums else unit.code,
            origin=self.table.origin,
            cumulative=self.table.cumulative,
            row_is=is_sum["row"],
            column_is=is_sum["column"],
            over="period" if over_time else "place",
            keep_sums=self.table.totals == "area",
        )

    def note_entries(self, any_column: bool) -> None:
        """Say which entries of the mapping the sheet does not have."""
        place, grid = self.table.places["item"], self.grid
        if place.source not in ("header", "column") or (place.source == "column" and not any_column):
            return
        for entry in self.table.entries:
            if entry.kind != "ignore" and entry not in self.met:
                where, level = grid.at(grid.header_rows.start, min(grid.headers, default=0)), "error"
                near = grid.near_header(entry.name)
                if place.source == "column":
                    labels = {self.of_row(row)["item"] for row in grid.body}
                    level, near = "warning", nearest(entry.name, labels) or "—"
                grid.say("entry_not_found", where, level, found=entry.name, near=near, line=str(entry.line))

    def note_merged(self, found: Sequence[Cell]) -> None:
        """Take as missing what stands in one cell merged over several of them: whose it is cannot be told."""
        merged: dict[tuple[int, int], list[Cell]] = {}
        for cell in found:
            first = self.grid.cells.first.get((cell.row, cell.column))
            if first is not None:
                merged.setdefault(first, []).append(cell)
        for group in merged.values():
            if len(group) > 1 and any(cell.raw is not None for cell in group):
                last = cell_name(group[-1].row, group[-1].column)
                self.grid.say("merged_value", group[0].where, found=text_of(group[0].raw) or "—", last=last)
                for cell in group:
                    cell.value, cell.state = math.nan, "missing"


def _cell(name: str) -> tuple[int, int]:
    """Return row and column, from 0, of a cell: C7 is (6, 2)."""
    letters = name.rstrip("0123456789")
    return int(name[len(letters) :]) - 1, column_number(letters)


def _fill_terms(cells: Sequence[Cell]) -> None:
    """Give every printed rate the numerator and denominator that stand beside it."""

    def key(cell: Cell, name: str) -> tuple[str, ...]:
        return (cell.base_period, cell.area, cell.unit, cell.row_is, cell.column_is, normal(name))

    values = {key(cell, cell.entry.name): cell.value for cell in cells if cell.entry.kind == "item"}
    for cell in cells:
        for term in ("numerator", "denominator"):
            name = getattr(cell.entry, term)
            if name:
                cell.terms[term] = values.get(key(cell, name), math.nan)
