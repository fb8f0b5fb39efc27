"""What is known of hidden cells as a linear system, and the search for its other solutions.

Published cells, and relations that everybody knows to hold between cells, make a linear system. A hidden cell is
safe if at least `FEWEST` whole numbers are possible for it in that system. Safety is shown by witnesses: other whole
solutions, found by moving a few cells at a time, or by integer programming where that search finds none.
Sources: Cox (1980), Fischetti & Salazar (2001) for the problem; the search is a plain one, deterministic and local.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST = 3
"""Whole numbers that must be possible for a hidden cell."""

SHOWN, PRIMARY, SECONDARY, UNTOLD = 0, 1, 2, 3
"""UNTOLD: hidden, and not said whether for its own sake or another's."""

_STEPS = 40
NEAR, FAR = 60, 600
"""Cells that an integer programme may move, at first and where it matters."""
_RINGS = 6
_TRIED = 8
_CLOSE = 1e-6


class Relation(NamedTuple):
    """`low <= Σ weight × cell <= high`, known to whoever reads the figures.

    printed: known only because the sum itself is printed, which it is not once one of its cells is hidden.
    told_of: the cell of which it is only known as long as readers are told why it is hidden, or that it is not.
    """

    cells: tuple[int, ...]
    weights: tuple[float, ...]
    low: float
    high: float
    printed: bool = False
    told_of: int = -1


@dataclass
class Cells:
    """What is known of each cell: its true value, and the bounds within which a reader knows it to lie.

    low, high: equal to the value where it is printed exactly; the range of what is printed alike where it is rounded;
    the range of the rule where it is hidden. hidden: SHOWN, PRIMARY or SECONDARY. may_hide: whether it may be hidden.
    lowest: the smallest value that a reader would think possible were it hidden as a secondary cell, known to be one;
    untold: the same were that not known. may_hide_last: cells that are hidden where nothing else is left; of these
    nobody is told why. order: cells with a smaller number are hidden first.
    """

    value: list[float]
    low: list[float]
    high: list[float]
    hidden: NDArray[np.int8]
    may_hide: NDArray[np.bool_]
    lowest: list[float]
    untold: list[float]
    may_hide_last: NDArray[np.bool_]
    order: list[tuple[float, ...]]


class System:
    """The cells with their relations, and the whole solutions found so far."""

    def __init__(self, cells: Cells, relations: Sequence[Relation]) -> None:
        self.cells = cells
        self.relations = relations
        self.of: list[list[tuple[int, float]]] = [[] for _ in cells.value]
        # by how much the sum of each relation may fall and rise
        self.fall: list[float] = []
        self.rise: list[float] = []
        self.told: dict[int, list[int]] = {}
        for number, (members, weights, low, high, printed, told_of) in enumerate(relations):
            if printed and any(cells.hidden[cell] for cell in members):
                low, high = -np.inf, np.inf
            total = 0.0
            for cell, weight in zip(members, weights, strict=True):
                self.of[cell].append((number, weight))
                total += weight * cells.value[cell]
            self.fall.append(low - total - _CLOSE)
            self.rise.append(high - total + _CLOSE)
            if told_of >= 0:
                self.told.setdefault(told_of, []).append(number)
        self.seen: dict[int, set[float]] = {}
        self.proved: set[int] = set()
        self._failed: dict[int, list[int]] = {}

    def is_safe(self, cell: int, free: int = NEAR) -> bool:
        """Whether enough whole numbers are possible for a cell, changing so many others at most."""
        if self._determined(cell):
            return False
        if self.is_seen_safe(cell) or self._programmed(cell, free):
            self.proved.add(cell)
            return True
        return False

    def _determined(self, cell: int) -> bool:
        """Whether a sum tells a cell because everything else in it is printed."""
        cells = self.cells
        for number, _ in self.of[cell]:
            members, _, low, high, printed, _ = self.relations[number]
            if (
                low == high
                and not printed
                and not any(cells.low[other] < cells.high[other] for other in members if other != cell)
            ):
                return True
        return False

    def is_seen_safe(self, cell: int) -> bool:
        """Whether the search for witnesses alone shows that a cell is safe."""
        if cell in self.proved:
            return True
        seen = self.seen.setdefault(cell, set())
        for step in (1.0, -1.0, 2.0, -2.0):
            if len(seen) >= FEWEST - 1:
                break
            if step not in seen:
                self._move(cell, step)
        return len(seen) >= FEWEST - 1

    def hide(self, cell: int) -> None:
        """Hide one more cell."""
        cells = self.cells
        cells.hidden[cell] = UNTOLD if cells.may_hide_last[cell] else SECONDARY
        self._forget([number for number, _ in self.of[cell] if self.relations[number].printed])
        if cells.may_hide_last[cell]:
            self._forget(self.told.get(cell, []))
        lowest = cells.untold if cells.may_hide_last[cell] else cells.lowest
        cells.low[cell], cells.high[cell] = min(lowest[cell], cells.value[cell]), np.inf

    def untell_around(self, cell: int) -> bool:
        """No longer tell why a cell is hidden, nor why those around it are, as far as it takes to make it safe.

        Where that is not enough all is left as it was.
        """
        cells = self.cells
        before, self.seen = self.seen, {cell: set(self.seen.get(cell, ()))}
        kept: list[tuple[int, int, float, float]] = []
        ends: dict[int, tuple[float, float]] = {}
        reached, ring, safe = {cell}, [cell], False
        for _ in range(_RINGS):
            for here in ring:
                kept.append((here, int(cells.hidden[here]), cells.low[here], cells.high[here]))
                cells.hidden[here] = UNTOLD
                cells.low[here], cells.high[here] = min(cells.untold[here], cells.value[here]), np.inf
                ends |= {number: (self.fall[number], self.rise[number]) for number in self.told.get(here, [])}
                self._forget(self.told.get(here, []))
            self._failed.pop(cell, None)
            safe = self.is_safe(cell, FAR)
            near = [other for here in ring for number, _ in self.of[here] for other in self.relations[number].cells]
            ring = [other for other in dict.fromkeys(near) if cells.hidden[other] and other not in reached]
            reached.update(ring)
            if safe or not ring:
                break
        found, self.seen = self.seen, before
        if safe:
            for other, changes in found.items():
                self.seen.setdefault(other, set()).update(changes)
            return True
        for here, hidden, low, high in kept:
            cells.hidden[here], cells.low[here], cells.high[here] = hidden, low, high
        for number, (fall, rise) in ends.items():
            self.fall[number], self.rise[number] = fall, rise
        return False

    def _forget(self, numbers: list[int]) -> None:
        """Take relations as not known."""
        for number in numbers:
            self.fall[number], self.rise[number] = -np.inf, np.inf

    def next_to_hide(self, cell: int) -> int | None:
        """Return the cell to hide for the sake of an unsafe one: the first in order that alone makes it safe.

        Where none does, the first in order of those nearest to it.
        """
        further = self.one_to_hide(cell)
        if further is None:
            layer = next(self._layers(cell), [])
            further = min(layer, key=lambda other: (self.cells.order[other], other), default=None)
        return further

    def one_to_hide(self, cell: int) -> int | None:
        """Return the first near a cell that alone makes it safe."""
        for layer in islice(self._layers(cell), 2):
            for other in sorted(layer, key=lambda other: (self.cells.order[other], other))[:_TRIED]:
                if self._helps(cell, other):
                    return other
        return None

    def _helps(self, cell: int, other: int) -> bool:
        """Whether a cell would be safe were another hidden."""
        cells = self.cells
        kept = (cells.low[other], cells.high[other], int(cells.hidden[other]), self.seen)
        changed = [number for number, _ in self.of[other]] + self.told.get(other, [])
        ends = {number: (self.fall[number], self.rise[number]) for number in changed}
        seen = set(self.seen.get(cell, ()))
        self.seen = {cell: set(seen)}
        self.hide(other)
        for step in (1.0, -1.0, 2.0, -2.0):
            if len(self.seen[cell]) < FEWEST - 1 and step not in self.seen[cell]:
                self._move(cell, step)
        helps = len(self.seen[cell]) >= FEWEST - 1
        cells.low[other], cells.high[other], cells.hidden[other], self.seen = kept
        for number, (fall, rise) in ends.items():
            self.fall[number], self.rise[number] = fall, rise
        self.seen[cell] = seen
        return helps

    def _layers(self, cell: int) -> Iterator[list[int]]:
        """Yield the cells that may be hidden, by the number of relations that part them from a hidden one."""
        reached, edge = {cell}, [cell]
        while edge:
            layer: list[int] = []
            beyond: list[int] = []
            for here in edge:
                for number, _ in self.of[here]:
                    for other in self.relations[number].cells:
                        if other not in reached:
                            reached.add(other)
                            if self.cells.hidden[other]:
                                beyond.append(other)
                            elif self.cells.may_hide[other]:
                                layer.append(other)
            if layer:
                yield layer
            edge = beyond or layer
            if len(reached) > 20_000:
                return

    # --- whole solutions ---

    def _move(self, cell: int, step: float) -> None:
        """Look for a whole solution in which a cell differs by a step; note what is possible for every cell in it."""
        self._left = _STEPS
        self._changes: dict[int, float] = {}
        self._moved: dict[int, float] = {}
        self._broken: dict[int, None] = {}
        if self._assign(cell, step):
            for other, change in self._changes.items():
                self.seen.setdefault(other, set()).add(change)

    def _assign(self, cell: int, step: float) -> bool:
        """Change a cell and mend the relations that this breaks; undo it all if they cannot be mended."""
        self._left -= 1
        now = self.cells.value[cell] + step
        if self._left < 0 or now < self.cells.low[cell] - _CLOSE or now > self.cells.high[cell] + _CLOSE:
            return False
        self._changes[cell] = step
        self._shift(cell, step)
        if not self._broken or any(self._assign(other, change) for other, change in self._mends()):
            return True
        del self._changes[cell]
        self._shift(cell, -step)
        return False

    def _shift(self, cell: int, step: float) -> None:
        moved, broken, fall, rise = self._moved, self._broken, self.fall, self.rise
        for number, weight in self.of[cell]:
            change = moved.get(number, 0.0) + weight * step
            moved[number] = change
            if fall[number] <= change <= rise[number]:
                broken.pop(number, None)
            else:
                broken[number] = None

    def _mends(self) -> list[tuple[int, float]]:
        """Return the cells, each with a change, that could mend the first broken relation."""
        cells = self.cells
        number = next(iter(self._broken))
        change = self._moved[number]
        off = self.fall[number] + _CLOSE - change if change < self.fall[number] else self.rise[number] - _CLOSE - change
        options = []
        for other, weight in zip(self.relations[number].cells, self.relations[number].weights, strict=True):
            low, high = cells.low[other], cells.high[other]
            if low >= high or other in self._changes:
                continue
            exact, value = off / weight, cells.value[other]
            step = float(ceil(exact - _CLOSE)) if exact > 0 else float(floor(exact + _CLOSE))
            step = min(max(step, float(ceil(low - value - _CLOSE))), high - value)
            if step * exact > 0:
                options.append((abs(step) < abs(exact) - _CLOSE, len(self.of[other]), other, step))
                if abs(step) > 1:
                    options.append((True, len(self.of[other]), other, 1.0 if step > 0 else -1.0))
        return [(other, step) for _, _, other, step in sorted(options)]

    def _programmed(self, cell: int, most: int) -> bool:
        """Find the least and the most that a cell can be by integer programming over the free cells around it.

        What lies further away is held at its true value: that can only make the range narrower, and bounds the work.
        What was tried in vain is not tried again before a cell around it is hidden.
        """
        free = self._free_around(cell, most)
        around = [*free, *(int(self.cells.hidden[other]) for other in free)]
        if self._failed.get(cell) != around:
            if self._wide(cell, free):
                return True
            self._failed[cell] = around
        return False

    def _wide(self, cell: int, free: list[int]) -> bool:
        """Whether a cell has values enough when some cells are free; it is the first of them."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_array

        place = {other: at for at, other in enumerate(free)}
        numbers = list(dict.fromkeys(number for other in free for number, _ in self.of[other]))
        if not numbers:
            return bool(self.cells.high[cell] - self.cells.low[cell] >= FEWEST - 1)
        rows, columns, weights, low, high = [], [], [], [], []
        for row, number in enumerate(numbers):
            relation, fixed = self.relations[number], 0.0
            for other, weight in zip(relation.cells, relation.weights, strict=True):
                if other in place:
                    rows.append(row)
                    columns.append(place[other])
                    weights.append(weight)
                else:
                    fixed += weight * self.cells.value[other]
            low.append(-np.inf if self.fall[number] == -np.inf else relation.low - fixed)
            high.append(np.inf if self.rise[number] == np.inf else relation.high - fixed)
        matrix = coo_array((weights, (rows, columns)), shape=(len(numbers), len(free))).tocsr()
        bounds = Bounds([self.cells.low[other] for other in free], [self.cells.high[other] for other in free])
        whole = [float(float(self.cells.value[other]).is_integer()) for other in free]
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(free))
            aim[0] = sign
            # far enough is enough: an open range would have no end
            near = Bounds(bounds.lb.copy(), bounds.ub.copy())
            near.lb[0] = max(near.lb[0], self.cells.value[cell] - FEWEST)
            near.ub[0] = min(near.ub[0], self.cells.value[cell] + FEWEST)
            found = milp(aim, integrality=whole, bounds=near, constraints=LinearConstraint(matrix, low, high))
            if found.x is None:
                return False
            ends.append(round(float(found.x[0]), 6))
            self._note(free, whole, found.x, matrix, np.array(low), np.array(high))
        return ends[1] - ends[0] >= FEWEST - 1

    def _note(self, free: list[int], whole: list[float], solution: Any, matrix: Any, low: Any, high: Any) -> None:
        """Keep what a solution that was found for one cell says is possible for the others."""
        exact = np.where(whole, np.rint(solution), solution)
        sums = matrix @ exact
        if (sums < low - _CLOSE).any() or (sums > high + _CLOSE).any():
            return
        for other, number in zip(free, exact.tolist(), strict=True):
            change = number - self.cells.value[other]
            if change and change.is_integer():
                self.seen.setdefault(other, set()).add(change)

    def _free_around(self, cell: int, most: int) -> list[int]:
        found = {cell: None}
        edge = [cell]
        while edge and len(found) < most:
            beyond = []
            for here in edge:
                for number, _ in self.of[here]:
                    for other in self.relations[number].cells:
                        if other not in found and self.cells.low[other] < self.cells.high[other]:
                            found[other] = None
                            beyond.append(other)
            edge = beyond
        return list(found)[:most]
