"""Rounding amounts of money so that what is printed still adds up: a list, and a table in both directions.

A list is rounded by largest remainder (Hamilton's method; Balinski & Young 1982). A table is rounded to a
zero-restricted controlled rounding (Cox & Ernst 1982; Causey, Cox & Ernst 1985): every cell, every row total and
every column total is its exact value rounded down or up, and rows and columns add up. Such a rounding always exists.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

Number = int | Fraction | Decimal | float

_SCALE = 10**30
"""Remainders are compared to thirty decimals; that they add up does not depend on it."""


def exact(number: Number) -> Fraction:
    """Return a number as a fraction; a float as the decimal it is written as: 0.1 is a tenth.

    Raises ValueError for what is not finite.
    """
    if isinstance(number, (float, np.floating)):
        if not math.isfinite(number):
            raise ValueError(f"not a finite number: {number!r}")
        return Fraction(repr(float(number)))
    # numpy's whole numbers are no rational numbers to Fraction
    return Fraction(number) if isinstance(number, (Fraction, Decimal)) else Fraction(int(number))


def half_up(number: Fraction) -> int:
    """Return the nearest whole number; of two, the one farther from zero."""
    whole = math.floor(abs(number) + Fraction(1, 2))
    return whole if number >= 0 else -whole


def largest_remainder(values: Sequence[Number], total: int | None = None) -> list[int]:
    """Return whole numbers that add up to `total`, each its value rounded down or up.

    values: any numbers, negative ones too. total: default the sum of the values rounded half up. Those with the largest
    remainders are rounded up; of equal remainders that of the larger value, then the earlier one.

    Raises ValueError for a total that is not the sum of the values rounded down or up.
    """
    numbers = [exact(value) for value in values]
    total = _checked_total(sum(numbers, Fraction(0)), total)
    lower = [math.floor(number) for number in numbers]
    up = total - sum(lower)
    remainders = [_remainder(number) for number in numbers]
    order = sorted(range(len(numbers)), key=lambda at: (-remainders[at], -numbers[at], at))
    for at in order[:up]:
        lower[at] += 1
    return lower


def close_table(values: Sequence[Sequence[Number]], total: int | None = None) -> list[list[int]]:
    """Return a table of whole numbers whose rows and columns add up: cells, row and column totals rounded down or up.

    values: rows of equal length, any numbers. total: default the sum of all cells rounded half up. Row totals are
    those of `largest_remainder` wherever cells and columns allow it, otherwise as near to them as possible; then
    the column totals likewise; then cells with the largest remainders are rounded up. Ties as in
    `largest_remainder`. The optimum is found by a flow of least cost, exact in whole numbers.

    Raises ValueError for rows of unequal length and for a total that is not the sum rounded down or up.
    """
    cells = [[exact(value) for value in row] for row in values]
    if len({len(row) for row in cells}) > 1:
        raise ValueError("the rows of a table must have one length")
    rows = [sum(row, Fraction(0)) for row in cells]
    total = _checked_total(sum(rows, Fraction(0)), total)
    if not cells or not cells[0]:
        return [[] for _ in cells]
    columns = [sum(column, Fraction(0)) for column in zip(*cells, strict=True)]
    lower = [[math.floor(cell) for cell in row] for row in cells]
    up = _Flow(cells, rows, columns, lower, total).solved()
    return [[number + (at in chosen) for at, number in enumerate(row)] for row, chosen in zip(lower, up, strict=True)]


def _checked_total(found: Fraction, total: int | None) -> int:
    total = half_up(found) if total is None else total
    if not math.floor(found) <= total <= math.ceil(found):
        raise ValueError(f"the values add up to {float(found)!r}, which cannot be rounded to {total!r}")
    return total


def _remainder(number: Fraction) -> int:
    above = number.numerator % number.denominator
    return max(1, above * _SCALE // number.denominator) if above else 0


def _ranks(numbers: Sequence[Fraction]) -> list[int]:
    """Return the place of each number among all, the largest first, the earlier of equals first."""
    ranks = [0] * len(numbers)
    for rank, at in enumerate(sorted(range(len(numbers)), key=lambda at: (-numbers[at], at))):
        ranks[at] = rank
    return ranks


class _Flow:
    """Which cells to round up.

    A last column takes the rows that are rounded down, a last row the columns that are. With them every row and column
    has a whole total to reach: a transportation problem (Bacharach 1966). It starts from the best choice of each row
    alone, the rows' totals those of largest remainder; then units move between columns along paths of least cost until
    every column's total is reached. Costs are whole numbers: a row's outweighs all of columns, a column's all of cells.
    """

    def __init__(
        self,
        cells: list[list[Fraction]],
        rows: list[Fraction],
        columns: list[Fraction],
        lower: list[list[int]],
        total: int,
    ) -> None:
        n, m = len(rows), len(columns)
        weight = (n * m + n + m) ** 2 + 1  # the ranks, which only decide between equals, never outweigh a remainder
        of_column = 2 * n * m * weight * _SCALE
        of_row = 2 * m * weight * _SCALE * of_column
        ranks = _ranks([cell for row in cells for cell in row])
        ups = [
            [ranks[i * m + j] - _remainder(cell) * weight for j, cell in enumerate(row)] for i, row in enumerate(cells)
        ]
        down = [
            [
                (_remainder(number) * weight - rank) * scale
                for number, rank in zip(numbers, _ranks(numbers), strict=True)
            ]
            for numbers, scale in ((rows, of_row), (columns, of_column))
        ]
        self.cost = [
            {j: cost for j, cost in enumerate([*ups[i], down[0][i]]) if (*cells[i], rows[i])[j].denominator > 1}
            for i in range(n)
        ]
        self.cost.append({j: down[1][j] for j in range(m) if columns[j].denominator > 1})
        row_totals, column_totals = largest_remainder(rows, total), largest_remainder(columns, total)
        self.chosen: list[set[int]] = []
        for i, costs in enumerate(self.cost[:-1]):
            cheapest = sorted((j for j in costs if j < m), key=costs.__getitem__)
            taken = cheapest[: row_totals[i] - sum(lower[i])]
            self.chosen.append({*taken, m} if row_totals[i] < rows[i] else set(taken))
        self.chosen.append({j for j in range(m) if column_totals[j] < columns[j]})
        floors = [sum(column) for column in zip(*lower, strict=True)]
        self.excess = [floor - math.ceil(column) for floor, column in zip(floors, columns, strict=True)]
        self.excess.append(total - sum(math.ceil(row) for row in rows))
        for taken_here in self.chosen:
            for j in taken_here:
                self.excess[j] += 1

    def solved(self) -> list[set[int]]:
        """Return the columns of each row that are rounded up."""
        size = len(self.excess)
        self.moves: list[list[list[tuple[int, int]]]] = [[[] for _ in range(size)] for _ in range(size)]
        if any(self.excess):
            for i, taken in enumerate(self.chosen):
                for j in taken:
                    for k in self.cost[i].keys() - taken:
                        self.moves[j][k].append((self.cost[i][k] - self.cost[i][j], i))
            for heap in (heap for heaps in self.moves for heap in heaps):
                heapq.heapify(heap)
        while any(self.excess):
            self._move_one()
        return [taken - {size - 1} for taken in self.chosen[:-1]]

    def _move_one(self) -> None:
        """Take a unit from a column that has too many to one that has too few, along the cheapest path."""
        size = len(self.excess)
        edges = [(j, k, best) for j in range(size) for k in range(size) if (best := self._cheapest(j, k)) is not None]
        distance = {j: 0 for j in range(size) if self.excess[j] > 0}
        before: dict[int, tuple[int, int]] = {}
        changed = True
        while changed:
            changed = False
            for j, k, (cost, row) in edges:
                if j in distance and (k not in distance or distance[j] + cost < distance[k]):
                    distance[k], before[k] = distance[j] + cost, (j, row)
                    changed = True
        end = min((k for k in distance if self.excess[k] < 0), key=lambda k: (distance[k], k))
        self.excess[end] += 1
        while end in before:
            start, row = before[end]
            self._swap(row, start, end)
            end = start
        self.excess[end] -= 1

    def _cheapest(self, j: int, k: int) -> tuple[int, int] | None:
        """Return cost and row of the cheapest swap of column j for column k; None if there is none."""
        heap = self.moves[j][k]
        while heap and not (j in self.chosen[heap[0][1]] and k not in self.chosen[heap[0][1]]):
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _swap(self, row: int, j: int, k: int) -> None:
        taken, cost = self.chosen[row], self.cost[row]
        taken.remove(j)
        taken.add(k)
        for other in cost.keys() - taken:
            heapq.heappush(self.moves[k][other], (cost[other] - cost[k], row))
        for other in taken - {k}:
            heapq.heappush(self.moves[other][j], (cost[j] - cost[other], row))
