"""Rounding that closes: a list and a table, against rounding tried in every way, and against published seats."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evaltools.largest_remainder import close_table, exact, half_up, largest_remainder

Table = list[list[Fraction]]

fractions = st.builds(Fraction, st.integers(-400, 400), st.sampled_from([1, 2, 3, 7, 10, 97]))


@st.composite
def tables(draw: st.DrawFn, rows: int = 6, columns: int = 4) -> Table:
    n, m = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    cell = st.one_of(st.just(Fraction(0)), fractions)
    return draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))


def margins(table: list[list[int]] | Table) -> tuple[list[Fraction], list[Fraction]]:
    return [Fraction(sum(row)) for row in table], [Fraction(sum(column)) for column in zip(*table, strict=True)]


def is_floor_or_ceiling(found: Fraction | int, number: Fraction) -> bool:
    return math.floor(number) <= found <= math.ceil(number)


# --- a list


def test_the_seats_of_a_published_apportionment() -> None:
    # Hamilton's method on the populations of the census of 1790, 120 seats (Balinski & Young 1982)
    people = {
        **{"Connecticut": 236_841, "Delaware": 55_540, "Georgia": 70_835, "Kentucky": 68_705, "Maryland": 278_514},
        **{"Massachusetts": 475_327, "New Hampshire": 141_822, "New Jersey": 179_570, "New York": 331_589},
        **{"North Carolina": 353_523, "Pennsylvania": 432_879, "Rhode Island": 68_446, "South Carolina": 206_236},
        **{"Vermont": 85_533, "Virginia": 630_560},
    }
    seats = [8, 2, 2, 2, 9, 16, 5, 6, 11, 12, 14, 2, 7, 3, 21]
    total = sum(people.values())
    assert largest_remainder([Fraction(120 * number, total) for number in people.values()]) == seats


@given(st.lists(fractions, max_size=12))
def test_a_list_adds_up_and_nobody_else_had_a_larger_remainder(values: list[Fraction]) -> None:
    found = largest_remainder(values)
    assert sum(found) == half_up(sum(values, Fraction(0)))
    assert all(is_floor_or_ceiling(whole, number) for whole, number in zip(found, values, strict=True))
    up = [number % 1 for whole, number in zip(found, values, strict=True) if whole > number]
    down = [number % 1 for whole, number in zip(found, values, strict=True) if whole < number]
    assert not up or not down or min(up) >= max(down)


def test_ties_go_to_the_larger_value_and_then_to_the_earlier() -> None:
    assert largest_remainder([0.5, 2.5], 3) == [0, 3]
    assert largest_remainder([2.5, 2.5, 2.5, 0.5], 8) == [3, 3, 2, 0]
    assert largest_remainder([-0.5, -1.5], -2) == [0, -2]


def test_numbers_are_taken_as_they_are_written() -> None:
    assert exact(0.1) == exact(Decimal("0.1")) == Fraction(1, 10)
    assert exact(np.int64(7)) == 7 and exact(np.float64(0.3)) == Fraction(3, 10)
    assert largest_remainder([0.1, 0.2, 0.7]) == [0, 0, 1]
    assert half_up(Fraction(-5, 2)) == -3 and half_up(Fraction(5, 2)) == 3
    with pytest.raises(ValueError, match="finite"):
        exact(float("nan"))
    with pytest.raises(ValueError, match="cannot be rounded"):
        largest_remainder([1.5, 1.5], 5)


# --- a table


@settings(max_examples=300, deadline=None)
@given(tables())
def test_rows_and_columns_add_up_and_everything_is_rounded_down_or_up(table: Table) -> None:
    rows, columns = margins(table)
    total = sum(rows, Fraction(0))
    for whole in {math.floor(total), math.ceil(total)}:
        found = close_table(table, whole)
        own_rows, own_columns = margins(found)
        assert sum(own_rows) == whole == sum(own_columns)
        pairs = [*zip(own_rows, rows, strict=True), *zip(own_columns, columns, strict=True)]
        pairs += [
            (Fraction(a), b) for own, row in zip(found, table, strict=True) for a, b in zip(own, row, strict=True)
        ]
        assert all(is_floor_or_ceiling(a, b) for a, b in pairs)


def order(numbers: list[Fraction]) -> dict[int, int]:
    places = sorted(range(len(numbers)), key=lambda at: (-numbers[at], at))
    return {at: place for place, at in enumerate(places)}


def merit(found: list[list[int]], table: Table) -> tuple[Fraction, ...]:
    """The remainders rounded up: rows, then columns, then cells; of equal ones those of larger numbers."""
    result: list[Fraction] = []
    cells = [cell for row in table for cell in row], [Fraction(cell) for row in found for cell in row]
    for numbers, wholes in (*zip(margins(table), margins(found), strict=True), cells):
        up = [at for at, number in enumerate(numbers) if wholes[at] > number]
        places = order(numbers)
        result += [sum((numbers[at] % 1 for at in up), Fraction(0)), Fraction(-sum(places[at] for at in up))]
    return tuple(result)


@settings(max_examples=150, deadline=None)
@given(tables(rows=3, columns=3))
def test_no_other_rounding_of_a_small_table_is_better(table: Table) -> None:
    rows, columns = margins(table)
    whole = half_up(sum(rows, Fraction(0)))
    best = None
    for ups in itertools.product((0, 1), repeat=sum(cell.denominator > 1 for row in table for cell in row)):
        left = iter(ups)
        tried = [[math.floor(cell) + (next(left) if cell.denominator > 1 else 0) for cell in row] for row in table]
        own_rows, own_columns = margins(tried)
        sound = sum(own_rows) == whole and all(
            is_floor_or_ceiling(a, b)
            for a, b in [*zip(own_rows, rows, strict=True), *zip(own_columns, columns, strict=True)]
        )
        if sound and (best is None or merit(tried, table) > best):
            best = merit(tried, table)
    assert merit(close_table(table), table) == best


def worth(found: list[list[int]], table: Table) -> float:
    """The remainders rounded up: those of rows count far more than those of columns, and these than those of cells."""
    result = 0.0
    cells = [cell for row in table for cell in row], [Fraction(cell) for row in found for cell in row]
    for weight, (numbers, wholes) in zip(
        WEIGHTS, (*zip(margins(table), margins(found), strict=True), cells), strict=True
    ):
        ups = (number % 1 for number, whole in zip(numbers, wholes, strict=True) if whole > number)
        result += weight * float(sum(ups, Fraction(0)))
    return result


WEIGHTS = (1e6, 1e3, 1.0)


def best_of_a_linear_programme(table: Table) -> float:
    """The same by another's solver: what is rounded up is a corner of a polytope whose corners are whole."""
    (rows, columns), n, m = margins(table), len(table), len(table[0])
    numbers = [cell for row in table for cell in row] + rows + columns
    remainders = np.array([float(number % 1) for number in numbers])
    equal = np.zeros((n + m + 1, len(numbers)))
    for i in range(n):
        equal[i, i * m : (i + 1) * m], equal[i, n * m + i] = 1, -1
    for j in range(m):
        equal[n + j, j : n * m : m], equal[n + j, n * m + n + j] = 1, -1
    equal[-1, n * m : n * m + n] = 1
    floors = [[math.floor(cell) for cell in row] for row in table]
    right = [math.floor(total) - sum(own) for total, own in zip(rows, floors, strict=True)]
    right += [math.floor(total) - sum(own) for total, own in zip(columns, zip(*floors, strict=True), strict=True)]
    right.append(half_up(sum(rows, Fraction(0))) - sum(math.floor(total) for total in rows))
    weights = np.r_[np.full(n * m, WEIGHTS[2]), np.full(n, WEIGHTS[0]), np.full(m, WEIGHTS[1])]
    bounds = [(0, 1 if remainder else 0) for remainder in remainders]
    solved = linprog(-weights * remainders, A_eq=equal, b_eq=right, bounds=bounds, method="highs")
    return float(-solved.fun)


def test_larger_tables_are_rounded_as_well_as_a_linear_programme_can() -> None:
    draw = np.random.default_rng(11)
    tried = 0
    while tried < 60:
        numbers = draw.integers(0, 300, (draw.integers(2, 9), draw.integers(2, 7)))
        # with equal remainders of rows it is the tie rule that decides, which a programme knows nothing of
        if any(len(set(sums % 101)) < len(sums) for sums in (numbers.sum(axis=0), numbers.sum(axis=1))):
            continue
        table = [[Fraction(int(number), 101) for number in row] for row in numbers]
        assert worth(close_table(table), table) == pytest.approx(best_of_a_linear_programme(table), abs=1e-4)
        tried += 1


def test_row_totals_give_way_where_columns_leave_no_choice() -> None:
    # largest remainder would give all ten units to the first ten rows, whose one column may only have six
    table = [[Fraction(6, 10), Fraction(0)]] * 10 + [[Fraction(0), Fraction(4, 10)]] * 10
    found = close_table(table)
    assert margins(found)[1] == [6, 4]
    assert [sum(row) for row in found] == [1] * 6 + [0] * 4 + [1] * 4 + [0] * 6


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        ([[0.5, 0.25, 0.25]], [[1, 0, 0]]),
        ([[1.5], [2.5]], [[1], [3]]),
        ([[-0.5, 0.5], [0.5, -0.5]], None),
        ([], []),
        ([[], []], [[], []]),
    ],
)
def test_edges(table: list[list[float]], expected: list[list[int]] | None) -> None:
    found = close_table(table)
    if expected is None:
        assert all(sum(row) == 0 for row in found) and all(sum(column) == 0 for column in zip(*found, strict=True))
    else:
        assert found == expected


def test_unequal_rows_and_impossible_totals_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        close_table([[1, 2], [3]])
    with pytest.raises(ValueError, match="cannot be rounded"):
        close_table([[1, 2]], 5)


@pytest.mark.parametrize("denominators", ["alike", "all different"])
def test_three_thousand_counties_and_four_levels_close(denominators: str) -> None:
    draw = np.random.default_rng(5)
    shares = [Fraction(share, 100) for share in (60, 20, 10, 10)]
    below = draw.integers(1, 10**6, 3000) if denominators == "all different" else np.full(3000, 100)
    amounts = [Fraction(int(a), int(b)) for a, b in zip(draw.integers(1, 10**10, 3000), below, strict=True)]
    table = [[amount * share for share in shares] for amount in amounts]
    found = close_table(table)
    assert sum(map(sum, found)) == half_up(sum(amounts, Fraction(0)))
    exact_rows = largest_remainder(amounts)
    assert [sum(row) for row in found] == exact_rows
