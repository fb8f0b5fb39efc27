"""The tables of the data model: which columns each has, and checking cells, keys and codes against that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evaltools import periods
from evaltools.problems import ProblemList, nearest

KINDS = ("proportion", "rate", "ratio", "amount", "mean", "count", "index", "units_meeting", "worst_unit")
"""Kinds of indicator; `measures` says what each computes."""

FREE = "text"
NUMBER = "number"
PERIOD = "period"
YEAR = "year"


@dataclass(frozen=True)
class Column:
    """What a cell of this column may hold. `content` is FREE, NUMBER, PERIOD, YEAR or a tuple of allowed texts."""

    content: str | tuple[str, ...] = FREE
    required: bool = False
    minimum: float | None = None


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
            "area": _NAME,
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
            "value": Column(NUMBER, minimum=0),
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
            "date": _TEXT,
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
            "indicator": _NAME,
            "target": _NUMBER,
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
        },
        ("period", "area", "unit", "line", "scorer"),
    ),
    "breaks": Table(
        {
            "from": _PERIOD,
            "to": _PERIOD,
            "indicator": _NAME,
            "area": _NAME,
            "kind": Column(("definition", "boundary", "disturbance"), required=True),
            "note_zh": _NAME,
            "note_en": _NAME,
        },
    ),
}

_NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Return the rows as named tuples whose cells are what the columns say, which `itertuples` cannot express."""
    return frame.itertuples()


def empty(table: str) -> pd.DataFrame:
    """Return the table with no row, its columns typed."""
    columns = TABLES[table].columns
    return pd.DataFrame({name: pd.Series(dtype=float if c.content == NUMBER else "str") for name, c in columns.items()})


def check_column(cells: pd.Series, column: Column, label: str, problems: ProblemList) -> pd.Series:
    """Return the cells as their type; every cell that the column does not allow is named and becomes blank."""
    name = str(cells.name)

    def report(key: str, bad: pd.Series, **values: str) -> None:
        for row, text in bad.items():
            problems.say(key, where=f"{label} row {row} column {name}", column=name, found=text, **values)

    blank = cells == ""
    if column.required:
        report("blank_cell", cells[blank])
    if column.content == NUMBER:
        distinct = pd.Series(cells.unique(), dtype="str")
        good = distinct[distinct.map(lambda text: bool(_NUMERIC.fullmatch(text)))]
        numbers = cells.map(dict(zip(good, good.astype(float), strict=True))).astype(float)
        infinite = numbers.abs() == float("inf")
        report("not_a_number", cells[(numbers.isna() & ~blank) | infinite])
        if column.minimum is not None:
            low = numbers < column.minimum
            report("below_minimum", cells[low], minimum=f"{column.minimum:g}")
            numbers = numbers.mask(low)
        return numbers.mask(infinite)
    if column.content == PERIOD:
        wrong = ~cells.map({text: text == "" or text == "*" or periods.is_period(text) for text in cells.unique()})
        report("not_a_period", cells[wrong])
    elif column.content == YEAR:
        wrong = ~(blank | cells.str.fullmatch(r"\d{4}"))
        report("not_a_year", cells[wrong])
    elif isinstance(column.content, tuple):
        allowed = column.content
        wrong = ~(cells.isin(allowed) | blank)
        for row, text in cells[wrong].items():
            problems.say(
                "not_allowed",
                where=f"{label} row {row} column {name}",
                column=name,
                found=text,
                allowed=", ".join(choice for choice in allowed if choice),
            )
    else:
        return cells
    return cells.mask(wrong.astype(bool), "")


def check_key(frame: pd.DataFrame, table: str, label: str, problems: ProblemList) -> None:
    """Name every row whose key stands on an earlier row too; the index must hold row numbers."""
    key = list(TABLES[table].key)
    if not key:
        return
    first = frame.reset_index(names="_row").groupby(key, sort=False)["_row"].transform("first")
    repeated = frame.duplicated(key)
    for (row, cells), original in zip(frame.loc[repeated, key].iterrows(), first[repeated.to_numpy()], strict=True):
        problems.say(
            "duplicate_key",
            where=f"{label} row {row}",
            first=original,
            found=", ".join(f"{column}={text}" for column, text in cells.items() if text),
        )


def check_codes(
    codes: pd.Series,
    valid: Iterable[str],
    label: str,
    problems: ProblemList,
    also: tuple[str, ...] = (),
) -> None:
    """Name every cell of `codes` that is neither one of `valid` nor of `also`, with what it probably meant."""
    known = set(valid)
    for code in codes[~codes.isin(known | set(also))].unique():
        if code == "":
            continue
        stripped = {name.lstrip("0"): name for name in known if name.startswith("0")}
        rows = codes.index[codes == code]
        key = "lost_zero" if code in stripped else "unknown_code"
        for row in rows:
            problems.say(
                key,
                where=f"{label} row {row} column {codes.name}",
                found=code,
                near=stripped.get(code, "") or nearest(code, known) or "—",
            )
