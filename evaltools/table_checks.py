"""Cells, keys and codes of a table, checked against what the data model says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import pandas as pd

from evaltools import periods
from evaltools.problems import ProblemList, nearest
from evaltools.tables import DATE, FREE, LARGEST, NUMBER, PERIOD, TABLES, YEAR, YEARS, Column, place

_NUMERIC = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_REWRITTEN = re.compile(r"[0-9]{1,40}(\.[0-9]{0,40})?(e\+?[0-9]{1,2})?")
_HALF_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)}  # full-width forms of ASCII, typed on a Chinese keyboard
# Control and format characters: zero-width spaces, byte-order marks, marks that turn the writing direction.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


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
