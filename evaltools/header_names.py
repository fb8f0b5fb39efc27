"""Names as tables print them: one spelling of each, names over several rows, and the measure a header states."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache

from evaltools.sheets import Sheet, Value

JOIN = " / "
"""Stands between the rows of a header that lies over several: `高血压 / 管理人数`."""

_DASHES = str.maketrans(dict.fromkeys("—–―‐‑‒−~〜～－", "-"))
_ORDINAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_NUMBERING = re.compile(rf"^(?:{_ORDINAL}(?:\.(?!\d)|[、)])|\({_ORDINAL}\)|第{_ORDINAL}[项条][:,、]?)")
_CIRCLED = re.compile("^[①-⑳]")  # before the normal form turns them into digits
_OF_WHICH = re.compile(r"^其中[:,]?")
UNIT_WORDS = (
    "人次|人|名|例|户|份|个|所|家|张|次|场|种|件|期|块|小时|天|床|台|起|项|处|元|剂|平方米|person|persons|yuan|cases"
)
_MEASURE = re.compile(
    rf"\((?:(?:计量)?单位:?)?(?P<text>[%‰]|1?/(?:10|十)?[千万](?:人)?|(?:10|十)?万分之一|[百千]?[万亿]?(?:{UNIT_WORDS}))\)"
)
_STATED = re.compile(rf"单位:(?P<text>[百千]?[万亿]?(?:{UNIT_WORDS})|%|‰)")
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}


def text_of(value: Value) -> str:
    """Return a cell as a person reads it in a header: 2024 for 2024.0, 2024年6月 for the first of June 2024."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value.year}年{value.month}月" + ("" if value.day == 1 else f"{value.day}日")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


@lru_cache(maxsize=50_000)
def normal(text: str) -> str:
    """Return a name without what differs by hand only: full-width forms, spaces, kinds of dash, case, a last colon."""
    whole = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return re.sub(r"[\s\u200b\ufeff]", "", whole).casefold().rstrip(":*")


def spelled(text: str) -> str:
    """Return a part of a name in its normal form: a colon at its end stays, more of the name follows."""
    return normal(text + "x")[:-1]


def core(text: str) -> str:
    """Return a name in its normal form without numbering and measure: `1. 管理人数（人）` is `管理人数`."""
    without = _NUMBERING.sub("", _MEASURE.sub("", normal(_CIRCLED.sub("", text.strip()))))
    return re.sub(r"[,。;:·、]", "", without)


def without_of_which(text: str) -> str:
    """Return a name without `其中` before it."""
    return _OF_WHICH.sub("", _NUMBERING.sub("", normal(text)))


def measure_of(text: str) -> tuple[str, Decimal]:
    """Return the measure that a text states in brackets, and by what it multiplies: `经费（万元）` is (元, 10000)."""
    whole = normal(text)
    match = _MEASURE.search(whole) or _STATED.search(whole)
    if match is None:
        return "", Decimal(1)
    return scaled(match["text"])


def scaled(text: str) -> tuple[str, Decimal]:
    """Return a measure and by what it multiplies: 千万元 is (元, 10000000); one that multiplies nothing stays."""
    times, rest = Decimal(1), normal(text)
    while len(rest) > 1 and rest[0] in _SCALES:
        times, rest = times * _SCALES[rest[0]], rest[1:]
    return rest, times


def similarity(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1 (share of characters in common runs)."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


class Merged:
    """The cells of a sheet, a merged range holding its value in every cell."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.first: dict[tuple[int, int], tuple[int, int]] = {}
        width = len(sheet.rows[0]) if sheet.rows else 0
        for top, left, bottom, right in sheet.merged:
            for row in range(top, min(bottom, len(sheet.rows) - 1) + 1):
                for column in range(left, min(right, width - 1) + 1):
                    self.first[row, column] = (top, left)

    def value(self, row: int, column: int) -> Value:
        """Return the value a reader sees at a cell."""
        row, column = self.first.get((row, column), (row, column))
        rows = self.sheet.rows
        return rows[row][column] if row < len(rows) and column < len(rows[row]) else None

    def text(self, row: int, column: int) -> str:
        """Return the text a reader sees at a cell."""
        return text_of(self.value(row, column))

    def joined(self, cells: Iterable[tuple[int, int]]) -> str:
        """Return the texts of cells in order, joined; one that only repeats the one before it is said once."""
        parts: list[str] = []
        for row, column in cells:
            text = self.text(row, column)
            if text and (not parts or normal(parts[-1]) != normal(text)):
                parts.append(text)
        return JOIN.join(parts)
