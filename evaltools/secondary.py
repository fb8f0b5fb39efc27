"""Secondary suppression: which further cells to hide so that no hidden one can be worked out.

Where there is no witness that a hidden cell is safe (`hidden_cells`) one more cell is hidden, which can only add
solutions, until every hidden cell is safe.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaltools.hidden_cells import FAR, Cells, Relation, System


class Unprotectable(ValueError):
    """No further cell may be hidden, and a hidden one could still be worked out; `cells` are their numbers."""

    def __init__(self, cells: list[int]) -> None:
        super().__init__(f"{len(cells)} hidden cells could be worked out and nothing more may be hidden")
        self.cells = cells


def protect(cells: Cells, relations: Sequence[Relation]) -> NDArray[np.int8]:
    """Hide further cells until every hidden one is safe; return the new state of each cell.

    Raises Unprotectable where nothing is left that may be hidden.
    """
    system = System(cells, relations)
    lost = _hide_one_each([int(cell) for cell in np.flatnonzero(cells.hidden)], system)
    # who is told which cells are small, and that the others are not, knows too much of these
    lost = [cell for cell in lost if not system.is_safe(cell, FAR) and not system.untell_around(cell)]
    lost = _hide_for(lost, system)
    if lost:
        cells.may_hide = cells.may_hide | cells.may_hide_last
        lost = _hide_for(lost, system)
    if lost:
        raise Unprotectable(lost)
    return cells.hidden


def _hide_one_each(waiting: list[int], system: System) -> list[int]:
    """Hide for each unsafe cell another that alone makes it safe; return those for which there is none near."""
    lost: list[int] = []
    while waiting:
        unsafe = [cell for cell in waiting if not system.is_safe(cell)]
        waiting = []
        for cell in unsafe:
            if system.is_seen_safe(cell):
                continue
            further = system.one_to_hide(cell)
            if further is None:
                lost.append(cell)
            else:
                system.hide(further)
                waiting.append(further)
    return [cell for cell in lost if not system.is_safe(cell)]


def _hide_for(waiting: list[int], system: System) -> list[int]:
    """Hide as many further cells as it takes for some that are hidden; return those that cannot be made safe."""
    lost: list[int] = []
    while waiting:
        unsafe = [cell for cell in waiting if not system.is_safe(cell)]
        waiting = []
        for cell in unsafe:
            hidden = 0
            # the search alone is quick and nearly always sure; what it is not sure of must not hide a whole table
            while not (system.is_seen_safe(cell) if hidden == 0 else system.is_safe(cell, FAR)):
                hidden += 1
                further = system.next_to_hide(cell)
                if further is None:
                    if not system.is_safe(cell, FAR) and not system.untell_around(cell):
                        lost.append(cell)
                    break
                system.hide(further)
                waiting.append(further)
    return lost
