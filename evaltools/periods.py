"""Periods of time as text: `2024`, `2024-H1`, `2024-Q3`, `2024-06`, `2024-01/2024-10`.

A period is a run of whole months. Whatever it is called, it is compared and added up by its first and last
month, counted from January of year 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN = "unknown"
"""A period that the source does not tell: kept and audited, never compared or trended."""

EVERY = ("year", "half", "quarter", "month")
"""The frequencies that `ev.indicators(every=...)` knows by name."""

_LENGTH = {"year": 12, "half": 6, "quarter": 3, "month": 1}
_MONTH = r"(\d{4})-(0[1-9]|1[0-2])"
_PATTERN = re.compile(rf"(\d{{4}})(?:-H([12])|-Q([1-4])|-(0[1-9]|1[0-2]))?|{_MONTH}/{_MONTH}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """First and last month of a period, both inclusive, as 12 × year + month − 1."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of months."""
        return self.last - self.first + 1

    @property
    def year(self) -> int:
        """The year in which the period ends; an assessment year is named after its end."""
        return self.last // 12


@lru_cache(maxsize=100_000)
def parse(period: str) -> Span:
    """Return the months of a period.

    Raises ValueError for anything that is not one of the five forms, ends before it begins, or is `unknown`.
    """
    match = _PATTERN.fullmatch(period)
    if match is None:
        raise ValueError(f"not a period: {period!r}")
    year, half, quarter, month, year_from, month_from, year_to, month_to = match.groups()
    if year_from is not None:
        span = Span(int(year_from) * 12 + int(month_from) - 1, int(year_to) * 12 + int(month_to) - 1)
        if span.last < span.first:
            raise ValueError(f"period ends before it begins: {period!r}")
        return span
    start = int(year) * 12
    if half is not None:
        return Span(start + 6 * (int(half) - 1), start + 6 * int(half) - 1)
    if quarter is not None:
        return Span(start + 3 * (int(quarter) - 1), start + 3 * int(quarter) - 1)
    if month is not None:
        return Span(start + int(month) - 1, start + int(month) - 1)
    return Span(start, start + 11)


def is_period(text: str) -> bool:
    """Whether `text` is a period or `unknown`."""
    if text == UNKNOWN:
        return True
    try:
        parse(text)
    except ValueError:
        return False
    return True


def name(span: Span) -> str:
    """Return the shortest name of a span: `2024` rather than `2024-01/2024-12`."""
    year, month = divmod(span.first, 12)
    for length, suffix in (
        (12, ""),
        (6, f"-H{month // 6 + 1}"),
        (3, f"-Q{month // 3 + 1}"),
        (1, f"-{month + 1:02d}"),
    ):
        if span.length == length and month % length == 0:
            return f"{year:04d}{suffix}"
    last_year, last_month = divmod(span.last, 12)
    return f"{year:04d}-{month + 1:02d}/{last_year:04d}-{last_month + 1:02d}"


def shortest(period: str) -> str:
    """Return the shortest name of a period; `unknown` stays."""
    return period if period == UNKNOWN else name(parse(period))


def shift(period: str, years: int) -> str:
    """Return the same months `years` later (earlier when negative): both ends move by whole years.

    The form is kept, so that `2024` becomes `2023` and `2024-01/2024-10` becomes `2023-01/2023-10`.
    """
    parse(period)
    return re.sub(r"\d{4}", lambda match: f"{int(match.group()) + years:04d}", period)


def every(period: str) -> str:
    """Return the frequency a period belongs to: one of `EVERY`, or the period itself for any other span."""
    span = parse(period)
    for frequency, length in _LENGTH.items():
        if span.length == length and span.first % length == 0:
            return frequency
    return period


def of_frequency(frequency: str, span: Span) -> list[str]:
    """Return the periods of a frequency that touch a span, in order.

    `frequency` is one of `EVERY`, or a period such as `2024-01/2024-09`, which stands for the same months of
    every year. Raises ValueError for anything else.
    """
    if frequency in _LENGTH:
        length = _LENGTH[frequency]
        starts = range(span.first // length * length, span.last + 1, length)
        return [name(Span(start, start + length - 1)) for start in starts]
    model = parse(frequency)
    return [
        shift(frequency, year - model.year)
        for year in range(span.first // 12, span.last // 12 + 2)
        if model.first + 12 * (year - model.year) <= span.last and model.last + 12 * (year - model.year) >= span.first
    ]


def months(period: str) -> list[str]:
    """Return the names of the months of a period, in order."""
    span = parse(period)
    return [name(Span(month, month)) for month in range(span.first, span.last + 1)]


def contains(outer: str, inner: str) -> bool:
    """Whether every month of `inner` lies in `outer`."""
    big, small = parse(outer), parse(inner)
    return big.first <= small.first and small.last <= big.last


def valid(period: str, valid_from: str, valid_to: str) -> bool:
    """Whether a row valid for the years `valid_from` to `valid_to` (inclusive, "" is open) covers a period.

    The year in which a period ends decides, so that an assessment year belongs to one year only.
    """
    if period == UNKNOWN:
        return True
    year = parse(period).year
    return (not valid_from or year >= int(valid_from[:4])) and (not valid_to or year <= int(valid_to[:4]))
