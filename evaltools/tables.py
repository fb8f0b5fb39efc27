"""The tables of the data model: which columns each has. `table_checks` holds cells, keys and codes to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

KINDS = ("proportion", "rate", "ratio", "amount", "mean", "count", "index", "units_meeting", "worst_unit")
"""Kinds of indicator; `measures` says what each computes."""

FREE = "text"
NUMBER = "number"
PERIOD = "period"
YEAR = "year"
DATE = "date"

YEARS = range(1900, 2100)
"""Years that a number can be about; another is a slip of the hand, and would become the latest year."""

LARGEST = 1e15
"""Up to here a float tells every whole number from the next; no count or amount is larger."""


@dataclass(frozen=True)
class Column:
    """What a cell of this column may hold. `content` is FREE, NUMBER, PERIOD, YEAR, DATE or the texts allowed.

    `also` are texts that stand for themselves beside it, such as `*` for all.
    """

    content: str | tuple[str, ...] = FREE
    required: bool = False
    minimum: float | None = None
    header: bool = False
    """Whether the column must stand there although its cells may be blank."""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table's columns and the columns that name a row (no two rows may share them)."""

    columns: Mapping[str, Column]
    key: tuple[str, ...] = field(default=())


_TEXT, _NAME = Column(), Column(required=True)
_YES_NO = Column(("yes", "no"), required=True)
_NUMBER = Column(NUMBER)
_PERIOD = Column(PERIOD, required=True)
_MARK = Column(("verified", "general"), required=True)
_LIFETIME = {"valid_from": Column(YEAR), "valid_to": Column(YEAR)}
_PLACE = {"period": _PERIOD, "area": _NAME, "unit": _TEXT}
_ALL = Column(required=True, also=("*",))
_END = Column(PERIOD, required=True, also=("*",))

TABLES: dict[str, Table] = {
    "items": Table(
        {
            "item": _NAME,
            "name_zh": _NAME,
            "name_en": _NAME,
            "measure": _NAME,
            "over_units": Column(("sum", "none"), required=True),
            "over_time": Column(("sum", "last", "mean", "none"), required=True),
            "people": _YES_NO,
            "sensitive": _YES_NO,
            "family": _NAME,
            "synonyms": _TEXT,
        },
        ("item",),
    ),
    "indicators": Table(
        {
            "indicator": _NAME,
            **_LIFETIME,
            "name_zh": _NAME,
            "name_en": _NAME,
            "family": _NAME,
            "kind": Column(KINDS, required=True),
            "numerator": _NAME,
            "denominator": _TEXT,
            "per": Column(("1", "100", "1000", "10000", "100000"), required=True),
            "direction": Column(("up", "down", "range", "none"), required=True),
            "measure": _TEXT,
            "basis": Column(("register", "survey"), required=True),
            "definition": _TEXT,
            "source": _NAME,
            "mark": _MARK,
        },
        ("indicator", "valid_from"),
    ),
    "parameters": Table(
        {
            "parameter": _NAME,
            **_LIFETIME,
            "area": _ALL,
            "value": Column(NUMBER, required=True),
            "source": _NAME,
            "mark": _MARK,
        },
        ("parameter", "valid_from", "area"),
    ),
    "checks": Table(
        {
            "check": _NAME,
            "expression": _NAME,
            "level": Column(("error", "warning", "note"), required=True),
            "sentence_zh": _NAME,
            "sentence_en": _NAME,
        },
        ("check",),
    ),
    "cell_words": Table(
        {
            "text": _TEXT,
            "meaning": Column(("zero", "missing", "not_applicable"), required=True),
            "ambiguous": _YES_NO,
            "source": _NAME,
            "mark": _MARK,
        },
        ("text",),
    ),
    "areas": Table(
        {
            "area": _NAME,
            "name_zh": _NAME,
            "name_en": _TEXT,
            "parent": _TEXT,
            "level": _TEXT,
            "kind": _TEXT,
            **_LIFETIME,
            "successor": _TEXT,
        },
        ("area",),
    ),
    "units": Table(
        {
            "area": _NAME,
            "unit": _NAME,
            "name_zh": _NAME,
            "name_en": _TEXT,
            "kind": _TEXT,
            "parent": _TEXT,
            **_LIFETIME,
            "successor": _TEXT,
        },
        ("area", "unit"),
    ),
    "facts": Table(
        {
            **_PLACE,
            "item": _NAME,
            "value": Column(NUMBER, minimum=0, header=True),
            "state": Column(("", "missing", "not_applicable")),
            "origin": _TEXT,
            "source": _TEXT,
        },
        ("period", "area", "unit", "item", "origin"),
    ),
    "adjustments": Table(
        {
            **_PLACE,
            "item": _NAME,
            "from": Column(NUMBER, minimum=0),
            "to": Column(NUMBER, minimum=0),
            "stage": Column(("verified", "appeal", "correction"), required=True),
            "reason": _NAME,
            "evidence": _TEXT,
            "date": Column(DATE),
        },
    ),
    "claims": Table(
        {
            **_PLACE,
            "indicator": _NAME,
            "measure": Column(("level", "change_pp", "change_percent", "attainment"), required=True),
            "numerator": _NUMBER,
            "denominator": _NUMBER,
            "reported": _NUMBER,
            "bound": Column(("", ">=", ">", "<=", "<", "about")),
            "source": _TEXT,
            "text": _TEXT,
        },
    ),
    "targets": Table(
        {
            **_PLACE,
            "area": _ALL,
            "indicator": _NAME,
            "target": Column(NUMBER, minimum=0),
            "upper": _NUMBER,
            "kind": Column(("absolute", "improve", "range"), required=True),
            "source": _NAME,
            "mark": _MARK,
        },
        ("period", "area", "unit", "indicator"),
    ),
    "judgements": Table(
        {
            **_PLACE,
            "line": _NAME,
            "value": Column(NUMBER, required=True),
            "scorer": _TEXT,
            "note": _TEXT,
            "evidence": _TEXT,
        },
        ("period", "area", "unit", "line", "scorer"),
    ),
    "samples": Table(
        {
            **_PLACE,
            "indicator": _NAME,
            "sampled": Column(NUMBER, required=True, minimum=0),
            "genuine": Column(NUMBER, required=True, minimum=0),
            "conforming": Column(NUMBER, minimum=0),
            "source": _TEXT,
            "note": _TEXT,
        },
        ("period", "area", "unit", "indicator"),
    ),
    "breaks": Table(
        {
            "from": _END,
            "to": _END,
            "indicator": _ALL,
            "area": _ALL,
            "kind": Column(("definition", "boundary", "disturbance"), required=True),
            "note_zh": _NAME,
            "note_en": _NAME,
        },
    ),
}


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Return the rows as named tuples whose cells are what the columns say, which `itertuples` cannot express."""
    return frame.itertuples()


def place(label: str, row: object, column: str = "") -> str:
    """Return where a row stands: file, row and column of a CSV file; the cell's own address where that is the index."""
    if isinstance(row, str):
        return row
    return f"{label} row {row}" + (f" column {column}" if column else "")


def empty(table: str) -> pd.DataFrame:
    """Return the table with no row, its columns typed."""
    columns = TABLES[table].columns
    return pd.DataFrame({name: pd.Series(dtype=float if c.content == NUMBER else "str") for name, c in columns.items()})
