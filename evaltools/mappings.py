"""The mapping of a workbook in somebody else's layout: what the YAML file may say, and everything wrong with it.

Which row, column, sheet or cell says the period, area, unit and item of a number is written down by a person; what
is not written there is not read. docs/mapping.md describes the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pandas as pd
import yaml

from evaltools import periods, tables
from evaltools.header_names import normal
from evaltools.printed_periods import FIELDS, PERIOD_FIELDS, names_in
from evaltools.problems import ProblemList, nearest
from evaltools.returns import Known
from evaltools.yaml_fields import Document, Fields, line_of

SUFFIX = ".map.yaml"
SHARED = "mapping.yaml"
"""A mapping for every return of a folder that has none of its own."""

VERSION = "1"
TOTAL_NAMES = ("合计", "总计", "小计", "总数", "全县合计", "全市合计", "全区合计", "全省合计")
"""Names of rows and columns that are sums of the others; so is whatever ends with one of the first three."""

NOTE_WORDS = (
    *("注:", "注1", "注释", "备注", "附注", "说明", "填表说明", "填报说明", "数据来源", "资料来源", "*", "※"),
    *("填表人", "填报人", "制表人", "审核人", "负责人", "单位负责人", "分管领导", "联系电话", "填报日期", "填表日期"),
)
"""What the first text of the row after a table begins with."""

IGNORE, TOTAL, ITSELF = "ignore", "total", "area"
"""What a name may stand for instead of a code: nothing to read, a sum, the area itself."""

HOW = ("exact", "synonym", "near", "none")

_TOP_KEYS = ("mapping", "origin", "ignore_sheets", "names", "areas", "units", "total_names", "note_words", "tables")
_TABLE_KEYS = (
    *("sheets", "header", "rows", "columns", "period", "area", "unit", "item", "value", "origin"),
    *("cumulative", "hidden", "totals", "ignore_columns", "entries", "confirm"),
)
_ENTRY_KEYS = (
    *("name", "at", "item", "indicator", "ignore", "how", "confirm", "times", "period"),
    *("numerator", "denominator"),
)
_SOURCES = ("cell", "column", "sheet", "file", "header")
_PLACE_KEYS = (*_SOURCES, "pattern", "year")
_OF = {"period": PERIOD_FIELDS, "area": ("area",), "unit": ("unit",), "item": ("item",)}
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_LETTERS = re.compile(r"[A-Z]{1,3}")


@dataclass(frozen=True)
class Place:
    """Where a dimension of the numbers is written: source is fixed, cell, column, sheet, file, header or "" (nowhere).

    text: the fixed value, or the cell. columns: the columns whose texts, joined, say it. pattern: where in the text.
    """

    source: str = ""
    text: str = ""
    columns: tuple[str, ...] = ()
    pattern: str = ""
    year: str = ""


@dataclass(frozen=True)
class Entry:
    """A header, or the name of a row, and what it means: an item, an indicator (a printed rate) or nothing.

    at: the column letter or row number that tells it from another of the same name. period: that of its numbers if it
    is not the table's. numerator, denominator: names of entries that a printed rate is a quotient of.
    """

    name: str
    kind: str
    code: str
    times: Decimal = Decimal(1)
    at: str = ""
    period: str = ""
    numerator: str = ""
    denominator: str = ""
    line: int = 0


@dataclass(frozen=True)
class Table:
    """One table of one or more sheets. Rows count from 1 as the program shows them; last row None is open."""

    sheets: tuple[str, ...]
    header: tuple[int, int] | None
    rows: tuple[int, int | None] | None
    columns: tuple[str, str] | None
    places: Mapping[str, Place]
    value: str
    origin: str
    cumulative: bool
    hidden: bool
    totals: str
    ignore_columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    line: int


@dataclass(frozen=True, eq=False)
class WorkbookMapping:
    """A whole mapping. names: what a name in the workbook stands for, by its normal form."""

    label: str
    tables: tuple[Table, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    areas: pd.DataFrame = field(default_factory=lambda: tables.empty("areas"))
    units: pd.DataFrame = field(default_factory=lambda: tables.empty("units"))
    total_names: tuple[str, ...] = TOTAL_NAMES
    note_words: tuple[str, ...] = NOTE_WORDS
    ignore_sheets: tuple[str, ...] = ()


def own_path(path: Path) -> Path:
    """Return where a workbook's own mapping lies: `平安县.map.yaml` beside `平安县.xlsx`."""
    return path.with_suffix(SUFFIX)


def mapping_path(path: Path) -> Path | None:
    """Return the mapping that a workbook is read with: its own, or that of its folder; None if there is neither."""
    found = (place for place in (own_path(path), path.with_name(SHARED)) if place.is_file())
    return next(found, None)


def load_mapping(path: Path, known: Known, problems: ProblemList, label: str = "") -> WorkbookMapping | None:
    """Read a mapping; None after noting everything that is wrong with it, each by file (`label`) and line."""
    reader = _Reader(label or path.name, known)
    mapping = reader.read(path)
    found = reader.document.problems
    problems.extend(found.frame())
    return None if found.errors else mapping


class _Reader:
    """Reads one mapping; what is wrong is noted in the document."""

    def __init__(self, label: str, known: Known) -> None:
        self.document = Document(label, "mapping")
        self.say = self.document.say
        self.codes = {"item": set(known.items["item"]), "indicator": set(known.indicators["indicator"])}

    def read(self, path: Path) -> WorkbookMapping | None:
        top = self.document.read(path, _TOP_KEYS)
        if top is None or not top.is_mapping:
            return None
        if (version := top.text("mapping", required=False)) not in ("", VERSION):
            self.say("not_allowed", top.at("mapping"), key="mapping", found=version, allowed=VERSION)
        origin = top.text("origin", required=False)
        areas = self.places(top, "areas", ("area", "name_zh", "name_en", "parent", "level", "kind"))
        units = self.places(top, "units", ("area", "unit", "name_zh", "name_en", "parent", "kind"), areas["area"])
        return WorkbookMapping(
            label=self.document.label,
            tables=tuple(self.table(node, origin) for node in top.entries("tables")),
            names=self.names(top),
            areas=areas,
            units=units,
            total_names=self.texts(top, "total_names") or TOTAL_NAMES,
            note_words=self.texts(top, "note_words") or NOTE_WORDS,
            ignore_sheets=self.texts(top, "ignore_sheets"),
        )

    def texts(self, fields: Fields, key: str) -> tuple[str, ...]:
        """Return one text or a list of them."""
        node = fields.value(key, required=False)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [] if node is None else [node]
        for entry in nodes:
            if not isinstance(entry, yaml.ScalarNode):
                self.say("not_text", entry, key=key)
        return tuple(str(entry.value).strip() for entry in nodes if isinstance(entry, yaml.ScalarNode))

    def names(self, top: Fields) -> dict[str, str]:
        node = top.value("names", required=False)
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.say("not_a_mapping", node, allowed="…")
            return {}
        found: dict[str, str] = {}
        for name, code in node.value:
            if not isinstance(name, yaml.ScalarNode) or not isinstance(code, yaml.ScalarNode):
                self.say("not_text", name, key="names")
            elif not code.value.strip():
                self.say("name_blank", name, found=name.value)
            elif normal(name.value) in found:
                self.say("repeated_key", name, found=name.value)
            else:
                found[normal(name.value)] = code.value.strip()
        return found

    def places(self, top: Fields, table: str, allowed: tuple[str, ...], areas: Iterable[str] = ()) -> pd.DataFrame:
        """Read the areas or units that the mapping itself states; a unit without an area is of the only one stated."""
        only = next(iter(areas), "") if len(list(areas)) == 1 else ""
        key = tables.TABLES[table].key
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        for node in top.entries(table) if top.value(table, required=False) is not None else ():
            fields = Fields(self.document, node, allowed, table)
            needed = [name for name in (*key, "name_zh") if name != "area" or not only]
            row = {name: fields.text(name, required=name in needed) for name in allowed}
            row["area"] = row["area"] or only
            code = tuple(row[name] for name in key)
            if code in rows and all(code):
                self.say("repeated_code", node, found=" ".join(code))
            rows[code] = row
        blank = dict.fromkeys(tables.TABLES[table].columns, "")
        return pd.DataFrame([blank | row for row in rows.values()], columns=list(blank), dtype="str")

    def table(self, node: yaml.Node, origin: str) -> Table:
        fields = Fields(self.document, node, _TABLE_KEYS, "tables")
        places = {name: self.place(fields, name) for name in ("period", "area", "unit", "item")}
        by_header = [name for name, place in places.items() if place.source == "header"]
        value = fields.text("value", required=False)
        if fields.is_mapping and bool(value) == bool(by_header):
            key = "value_twice" if value else "no_value"
            self.say(key, node, found=value or "—")
        header = self.span(fields, "header")
        if by_header and header is None:
            self.say("missing_key", node, subject="tables", key="header")
        fields.value("sheets")
        self.confirmed(fields, ", ".join(self.texts(fields, "sheets")))
        return Table(
            sheets=self.texts(fields, "sheets"),
            header=None if header is None else (header[0], header[1] or header[0]),
            rows=self.span(fields, "rows"),
            columns=self.letters(fields),
            places=places,
            value=value,
            origin=fields.text("origin", required=False) or origin,
            cumulative=fields.choice("cumulative", ("true", "false", "yes", "no"), "no") in ("true", "yes"),
            hidden=fields.choice("hidden", ("leave_out", "use"), "leave_out") == "use",
            totals=fields.choice("totals", ("check", "area"), "check"),
            ignore_columns=self.texts(fields, "ignore_columns"),
            entries=self.entries(fields, places["item"]),
            line=line_of(node),
        )

    def place(self, parent: Fields, name: str) -> Place:
        node = parent.value(name, required=name in ("period", "area", "item"))
        if node is None:
            return Place()
        if isinstance(node, yaml.ScalarNode):
            text = node.value.strip()
            if name == "period" and not periods.is_period(text):
                self.say("not_a_period", node, found=text)
            if name == "item":
                self.known("item", text, node)
            return Place("fixed", text)
        fields = Fields(self.document, node, _PLACE_KEYS, name)
        sources = [key for key in _SOURCES if key in fields]
        if len(sources) != 1:
            self.say("one_source", node, subject=name, found=", ".join(sources) or "—", allowed=", ".join(_SOURCES))
            return Place()
        source = sources[0]
        told = self.texts(fields, source)
        text = told[0] if told else ""
        pattern = fields.text("pattern", required=False)
        if source in ("sheet", "file", "header"):
            pattern, text = text, ""
        if not told:
            fields.value(source)
        if source == "cell" and text and not _CELL.fullmatch(text.upper()):
            self.say("not_a_cell", fields.at(source), found=text)
        strange = [part for part in names_in(pattern) if part not in FIELDS]
        if strange:
            self.say("unknown_part", node, found=", ".join(strange), allowed=", ".join(FIELDS))
        elif pattern.strip("*") and not set(names_in(pattern)).intersection(_OF[name]):
            self.say("pattern_without", node, subject=name, found=pattern, allowed=", ".join(_OF[name]))
        year = fields.text("year", required="year" in fields)
        if year and not re.fullmatch(r"(19|20)\d{2}", year):
            self.say("not_a_period", fields.at("year"), found=year)
        return Place(source, text.upper() if source == "cell" else text, told, pattern, year)

    def span(self, fields: Fields, key: str) -> tuple[int, int | None] | None:
        """Return the rows `3`, `3-4` or `5-`."""
        text = fields.text(key, required=False)
        if not text:
            return None
        match = re.fullmatch(r"([1-9]\d{0,6})(?:(-)([1-9]\d{0,6})?)?", text)
        if match is None or (match[3] and int(match[3]) < int(match[1])):
            self.say("not_rows", fields.at(key), key=key, found=text)
            return None
        first = int(match[1])
        return first, int(match[3]) if match[3] else None if match[2] else first

    def letters(self, fields: Fields) -> tuple[str, str] | None:
        """Return the columns `B-H`."""
        text = fields.text("columns", required=False).upper()
        if not text:
            return None
        first, _, last = text.partition("-")
        last = last or first
        if not (_LETTERS.fullmatch(first) and _LETTERS.fullmatch(last)) or (len(first), first) > (len(last), last):
            self.say("not_columns", fields.at("columns"), found=text)
            return None
        return first, last

    def confirmed(self, fields: Fields, name: str) -> None:
        """Refuse what a person has not confirmed yet."""
        stated = fields.choice("confirm", ("yes", "no", "true", "false"), "")
        near = fields.text("how", required=False) == "near"
        if stated in ("no", "false") or (near and not stated):
            self.say("not_confirmed", fields.at("confirm"), subject=name or "tables")

    def known(self, kind: str, code: str, node: yaml.Node) -> None:
        if code and code not in self.codes[kind]:
            near = nearest(code, self.codes[kind]) or "—"
            self.say(f"unknown_{kind}", node, found=code, near=near)

    def entries(self, fields: Fields, item: Place) -> tuple[Entry, ...]:
        if item.source == "fixed" or not fields.is_mapping:
            return ()
        found: list[Entry] = []
        for node in fields.entries("entries"):
            entry = self.entry(Fields(self.document, node, _ENTRY_KEYS, "entries"))
            found.append(entry)
        self.check_entries(found)
        return tuple(found)

    def entry(self, fields: Fields) -> Entry:
        name = fields.text("name")
        self.confirmed(fields, name)
        fields.choice("how", HOW, "")
        kinds = [kind for kind in ("item", "indicator", "ignore") if fields.value(kind, required=False) is not None]
        if fields.is_mapping and len(kinds) != 1:
            self.say("entry_blank" if not kinds else "entry_twice", fields.node, subject=name or "—")
        kind = kinds[0] if kinds else "ignore"
        code = "" if kind == "ignore" else fields.text(kind)
        if kind == "ignore" and kinds:
            fields.choice("ignore", ("yes", "true"), "yes")
        else:
            self.known(kind, code, fields.at(kind))
        at = fields.text("at", required=False).upper()
        if at and not (_LETTERS.fullmatch(at) or re.fullmatch(r"[1-9]\d{0,6}", at)):
            self.say("not_columns", fields.at("at"), found=at)
        period = fields.text("period", required=False)
        if period not in ("", "last_year") and not periods.is_period(period):
            self.say("not_a_period", fields.at("period"), found=period)
        terms = {key: fields.text(key, required=False) for key in ("numerator", "denominator")}
        if kind != "indicator" and any(terms.values()):
            self.say("terms_of_item", fields.node, subject=name)
        times = fields.number("times", default=Decimal(1))
        return Entry(name, kind, code, times, at, period, **terms, line=line_of(fields.node))

    def check_entries(self, entries: list[Entry]) -> None:
        """Note names and items that stand there twice, and terms of rates that no entry has."""
        items = {normal(entry.name) for entry in entries if entry.kind == "item"}
        by_name: dict[tuple[str, str], Entry] = {}
        by_code: dict[tuple[str, str, str], Entry] = {}
        for entry in entries:
            name = (normal(entry.name), entry.at)
            if entry.name and by_name.setdefault(name, entry) is not entry:
                self.say("name_twice", entry.line, subject=entry.name, first=str(by_name[name].line))
            meant = (entry.kind, entry.code, entry.period)
            if entry.code and by_code.setdefault(meant, entry) is not entry:
                first = by_code[meant]
                self.say("meant_twice", entry.line, subject=entry.name, found=entry.code, other=first.name)
            for term in filter(None, (entry.numerator, entry.denominator)):
                if normal(term) not in items:
                    near = nearest(term, {e.name for e in entries if e.kind == "item"}) or "—"
                    self.say("unknown_term", entry.line, subject=entry.name, found=term, near=near)
