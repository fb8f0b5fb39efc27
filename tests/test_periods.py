"""Periods, against the calendar as `datetime` knows it."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools import periods

YEARS = st.integers(1990, 2050)
NAMES = st.one_of(
    YEARS.map(str),
    st.tuples(YEARS, st.integers(1, 2)).map(lambda p: f"{p[0]}-H{p[1]}"),
    st.tuples(YEARS, st.integers(1, 4)).map(lambda p: f"{p[0]}-Q{p[1]}"),
    st.tuples(YEARS, st.integers(1, 12)).map(lambda p: f"{p[0]}-{p[1]:02d}"),
    st.tuples(YEARS, st.integers(1, 12), st.integers(0, 30)).map(
        lambda p: f"{p[0]}-{p[1]:02d}/{p[0] + (p[1] - 1 + p[2]) // 12}-{(p[1] - 1 + p[2]) % 12 + 1:02d}"
    ),
)


def days(period: str) -> tuple[datetime.date, datetime.date]:
    """First day of the first month and first day after the last, worked out by hand."""
    if "/" in period:
        a, b = period.split("/")
        return days(a)[0], days(b)[1]
    year, rest = int(period[:4]), period[5:]
    first, length = {"": (1, 12), "H": (6, 6), "Q": (3, 3)}.get(rest[:1], (0, 1))
    if rest[:1] in ("H", "Q"):
        first = length * (int(rest[1]) - 1) + 1
    elif rest:
        first = int(rest)
    after = first + length
    return datetime.date(year, first, 1), datetime.date(year + (after > 12), (after - 1) % 12 + 1, 1)


@given(NAMES)
def test_a_period_is_the_months_between_its_first_and_last_day(period: str) -> None:
    start, end = days(period)
    names = []
    while start < end:
        names.append(f"{start:%Y-%m}")
        start = (start + datetime.timedelta(days=32)).replace(day=1)
    assert periods.months(period) == names


@given(NAMES, st.integers(-10, 10))
def test_shifting_moves_both_ends_by_whole_years(period: str, years: int) -> None:
    moved = days(periods.shift(period, years))
    assert moved == tuple(day.replace(year=day.year + years) for day in days(period))


@given(NAMES)
def test_the_shortest_name_means_the_same_months(period: str) -> None:
    shortest = periods.name(periods.parse(period))
    assert days(shortest) == days(period)
    assert len(shortest) <= len(period)


@given(NAMES, NAMES)
def test_contains_agrees_with_the_days(outer: str, inner: str) -> None:
    a, b = days(outer), days(inner)
    assert periods.contains(outer, inner) == (a[0] <= b[0] and b[1] <= a[1])


@pytest.mark.parametrize(
    "text",
    ["2024/13", "2024-13", "2024-00", "2024-H3", "2024-Q5", "24", "2024-6", "2024-10/2024-01", "", "2024 "],
)
def test_what_is_not_a_period_is_refused(text: str) -> None:
    assert not periods.is_period(text)
    with pytest.raises(ValueError, match="period"):
        periods.parse(text)


def test_the_same_months_of_every_year() -> None:
    whole = periods.Span(2022 * 12, 2024 * 12 + 11)
    assert periods.of_frequency("2024-01/2024-09", whole) == [
        "2022-01/2022-09",
        "2023-01/2023-09",
        "2024-01/2024-09",
    ]
    assert periods.of_frequency("half", periods.Span(2023 * 12, 2023 * 12 + 6)) == ["2023-H1", "2023-H2"]
    assert periods.of_frequency("2023-12/2024-11", whole) == [
        "2021-12/2022-11",
        "2022-12/2023-11",
        "2023-12/2024-11",
        "2024-12/2025-11",
    ]


@pytest.mark.parametrize(
    ("period", "frequency"),
    [
        ("2024", "year"),
        ("2024-01/2024-12", "year"),
        ("2024-Q2", "quarter"),
        ("2024-06", "month"),
        ("2024-H1", "half"),
        ("2024-01/2024-10", "2024-01/2024-10"),
        ("2023-12/2024-11", "2023-12/2024-11"),
    ],
)
def test_the_frequency_of_a_period(period: str, frequency: str) -> None:
    assert periods.every(period) == frequency


def test_an_assessment_year_is_valid_by_the_year_it_ends_in() -> None:
    assert periods.valid("2023-12/2024-11", "2024", "")
    assert not periods.valid("2023-12/2024-11", "", "2023")
