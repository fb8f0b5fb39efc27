"""The tables of the data model: which columns each has, and checking cells, keys and codes against that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
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

_NUMERIC = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_REWRITTEN = re.compile(r"[0-9]{1,40}(\.[0-9]{0,40})?(e\+?[0-9]{1,2})?")
_HALF_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)}  # full-width forms of ASCII, typed on a Chinese keyboard
# Control and format characters: zero-width spaces, byte-order marks, marks that turn the writing direction.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


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


def check_column(cells: pd.Series, column: Column, label: str, problems: ProblemList) -> pd.Series:
    """Return the cells as their type; every cell that the column does not allow is named and becomes blank."""
    name, sent = str(cells.name), cells

    def report(key: str, bad: pd.Series, level: str = "error", **values: str) -> None:
        for row, text in sent[bad].items():
            problems.say(key, where=f"{label} row {row} column {name}", level=level, column=name, found=text, **values)

    def where(test: Callable[[str], bool]) -> pd.Series:
        return cells.map({text: test(text) for text in cells.unique()}).astype(bool)

    unseen = where(lambda text: bool(_UNSEEN.search(text)))
    if unseen.any():
        report("unseen_characters", unseen, level="warning")
        sent = cells = cells.str.replace(_UNSEEN, "", regex=True).str.strip()
    blank = cells == ""
    if column.required:
        report("blank_cell", blank)
    if column.content == FREE:
        # published tables are opened in spreadsheets, which would execute it
        signs = "=@+-" if name.startswith("name") else "=@"
        report("formula_cell", where(lambda text: text[:1] in signs) & ~blank)
        return cells
    cells = cells.map({text: text.translate(_HALF_WIDTH) for text in cells.unique()}).astype("str")
    if column.content == NUMBER:
        numbers = cells.map({text: float(text) for text in cells.unique() if _NUMERIC.fullmatch(text)}).astype(float)
        numbers = numbers.mask(numbers.abs() == float("inf"))  # 1e999
        report("not_a_number", numbers.isna() & ~blank)
        wrong = numbers.abs() > LARGEST
        report("above_maximum", wrong, maximum=f"{LARGEST:.0f}")
        report("exponent", numbers.notna() & ~wrong & where(lambda text: "e" in text.lower()), level="warning")
        if column.minimum is not None:
            low = numbers < column.minimum
            report("below_minimum", low & ~wrong, minimum=f"{column.minimum:g}")
            wrong |= low
        return numbers.mask(wrong)
    wrong = ~blank & ~cells.isin(column.also)
    if isinstance(column.content, tuple):
        wrong &= ~cells.isin(column.content)
        report("not_allowed", wrong, allowed=", ".join(filter(None, column.content)))
    else:
        key, test = _READABLE[column.content]
        wrong &= ~where(test)
        report(key, wrong)
    return cells.mask(wrong, "")


def _is_period(text: str) -> bool:
    """Whether a text is a period that a county may report on; the digits of other scripts are none."""
    if not (text.isascii() and periods.is_period(text)):
        return False
    if text == periods.UNKNOWN:
        return True
    span = periods.parse(text)
    return span.first // 12 in YEARS and span.year in YEARS


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) == 4 and int(text) in YEARS


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return date.fromisoformat(text).year in YEARS
    except ValueError:
        return False


_READABLE: dict[str, tuple[str, Callable[[str], bool]]] = {
    PERIOD: ("not_a_period", _is_period),
    YEAR: ("not_a_year", _is_year),
    DATE: ("not_a_date", _is_date),
}


def check_key(frame: pd.DataFrame, table: str, label: str, problems: ProblemList) -> None:
    """Name every row whose key stands on an earlier row too; the index must hold row numbers.

    A period is the same under either name: `2024-H1`, `2024-01/2024-06`.
    """
    key = list(TABLES[table].key)
    if not key or not frame.index.is_unique:
        return
    named = frame[key]
    if "period" in named:
        readable = {p for p in named["period"].unique() if p not in ("", periods.UNKNOWN)}
        shortest = {p: periods.name(periods.parse(p)) if p in readable else p for p in named["period"].unique()}
        named = named.assign(period=named["period"].map(shortest).astype("str"))
    # a key that could not be read is blank, and no repetition of another one
    named = named[(named[[column for column in key if TABLES[table].columns[column].required]] != "").all(axis=1)]
    repeated = named.duplicated()
    if not repeated.any():
        return
    first = named.reset_index(names="_row").groupby(key, sort=False)["_row"].transform("first").to_numpy()
    for (row, cells), original in zip(named[repeated].iterrows(), first[repeated.to_numpy()], strict=True):
        problems.say(
            "duplicate_key",
            where=place(label, row),
            first=place(label, original),
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
    strange = codes[~codes.isin(known | set(also) | {""})]
    if strange.empty:
        return
    written = {_as_written(name): name for name in sorted(known, reverse=True)}
    for code, rows in strange.groupby(strange):
        meant = written.get(_as_written(str(code)), "")
        key = "unknown_code" if not meant else "lost_zero" if meant.lstrip("0") == code else "code_rewritten"
        near = meant or nearest(str(code), known) or "—"
        for row in rows.index:
            problems.say(key, where=place(label, row, str(codes.name)), found=code, near=near)


def _as_written(code: str) -> str:
    """Return a code without what a spreadsheet does to it: leading zeros, `.0`, 9.90101E+05, full-width forms."""
    text = code.translate(_HALF_WIDTH).casefold()
    if _REWRITTEN.fullmatch(text):
        number = Decimal(text)
        text = f"{number:.0f}" if number == number.to_integral_value() else text
    return text.lstrip("0") or "0"
