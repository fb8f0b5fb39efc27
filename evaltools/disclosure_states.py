"""Which cells behind an indicator frame are hidden: the small ones by a preset, and those that would give them away."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.disclosure_cells import SIDES, Context, Published, relations, within
from evaltools.hidden_cells import PRIMARY, SHOWN, Cells, Relation
from evaltools.problems import InputError, ProblemList
from evaltools.rounding_rules import Preset, rounding_range
from evaltools.secondary import Unprotectable, protect

Mask = NDArray[np.bool_]


def about_people(cells: pd.DataFrame, context: Context, rule: Preset) -> tuple[Mask, Mask]:
    """Return which cells are about people, and which of these are of a level that the rule exempts."""
    levels = dict(zip(context.areas["area"], context.areas["level"], strict=True)) if rule.exempt_levels else {}
    above = cells["area"].map(levels).isin(rule.exempt_levels) & (cells["unit"] == "")
    people = cells["protected"].to_numpy(dtype=bool)
    return people, np.asarray(people & above, dtype=bool)


def states(ind: pd.DataFrame, known: Published, context: Context, rule: Preset) -> NDArray[np.int8]:
    """Return of every cell whether it is shown, hidden itself, or hidden for the sake of others.

    A reader is taken to know the rule and, from the column `suppressed`, why each cell is hidden: one hidden itself is
    small, or lacks as little of its whole; one hidden for others is neither. Where that knowledge is too much the
    cells concerned are UNTOLD. Raises InputError where figures that are not about people would give a cell away.
    """
    cells = known.cells
    people, above = about_people(cells, context, rule)
    touched = people & ~above
    value = cells["value"].to_numpy(dtype=float)
    first, last, keeps_zero = _ranges(cells, rule)
    small = touched & (value >= first) & (value < last + 1) & ~((value == 0) & keeps_zero)
    low, high = value.copy(), value.copy()
    near, far = rounding_range(value, rule)
    low[touched], high[touched] = near[touched], far[touched]
    links = relations(cells, known.pairs, context)
    left = np.zeros(len(cells), dtype=bool)
    if rule.complement:
        left, told = _complements(known, context, touched, small, last)
        links += told
    if rule.brackets:
        links += _rounded_sums(ind, known, rule, ~touched)
    floor = np.where(keeps_zero, np.minimum(1.0, value), 0.0)
    low, high = np.where(left, floor, low), np.where(left, np.inf, high)
    low, high = np.where(small, np.maximum(first, floor), low), np.where(small, np.maximum(last, value), high)
    zero = touched & (value == 0) & ~cells["item"].map(rule.always_shows_zero).to_numpy(dtype=bool)
    is_area = (cells["unit"] == "").tolist()
    found = Cells(
        value=value.tolist(),
        low=low.tolist(),
        high=high.tolist(),
        hidden=np.where(small | left, PRIMARY, SHOWN).astype(np.int8),
        may_hide=touched & (value > 0),
        lowest=np.where(value >= last + 1, last + 1, floor).tolist(),
        untold=floor.tolist(),
        may_hide_last=zero | above,
        order=[(float(area), size) for area, size in zip(is_area, value.tolist(), strict=True)],
    )
    try:
        return protect(found, links)
    except Unprotectable as error:
        problems = ProblemList()
        for cell in error.cells:
            row = cells.iloc[cell]
            place = " ".join(filter(None, (row["period"], row["area"], row["unit"], row["item"])))
            problems.say("unprotectable", where=place, topic="presets", found=place)
        raise InputError(problems.frame()) from None


def _ranges(cells: pd.DataFrame, rule: Preset) -> tuple[NDArray[np.float64], NDArray[np.float64], Mask]:
    """Return the smallest and largest count that is hidden of each cell's item, and whether its zeros are shown."""
    sensitive = cells["sensitive"].to_numpy(dtype=bool)
    first = np.where(sensitive, rule.hide_sensitive[0], rule.hide[0])
    last = np.where(sensitive, rule.hide_sensitive[1], rule.hide[1])
    kept = {item: rule.keeps_zero(item) for item in cells["item"].unique()}
    return first, last, cells["item"].map(kept).to_numpy(dtype=bool)


def _complements(
    known: Published, context: Context, touched: Mask, small: Mask, last: NDArray[np.float64]
) -> tuple[Mask, list[Relation]]:
    """Return which cells lack as little of a whole as is hidden, and what a reader told so knows by it.

    One hidden itself is small or lacks little of some whole; one that is not lacks more of every whole.
    """
    value = known.cells["value"].to_numpy(dtype=float)
    pairs = pd.concat([known.pairs[["inner", "outer"]], within(known.cells, context)])
    both = sorted(set(zip(pairs["inner"].tolist(), pairs["outer"].tolist(), strict=True)))
    both = [(inner, outer) for inner, outer in both if touched[inner] and touched[outer] and value[inner] > 0]
    left = np.zeros(len(value), dtype=bool)
    found = []
    for inner, outer in both:
        most, lacks = max(last[inner], last[outer]), value[outer] - value[inner]
        if 0 < lacks < most + 1:
            if not (small[inner] or left[inner]):
                found.append(Relation((inner, outer), (-1.0, 1.0), min(1.0, lacks), max(most, lacks), told_of=inner))
            left[inner] = True
    for inner, outer in both:
        most, lacks = max(last[inner], last[outer]), value[outer] - value[inner]
        if lacks >= most + 1 and not (small[inner] or left[inner]):
            found.append(Relation((inner, outer), (-1.0, 1.0), most + 1, np.inf, told_of=inner))
    return left, found


def _rounded_sums(ind: pd.DataFrame, known: Published, rule: Preset, exempt: Mask) -> list[Relation]:
    """Return what a rounded sum of several cells says about them."""
    parts = known.parts
    several = parts[parts.duplicated(["row", "side"], keep=False)]
    found = []
    for key, group in several.groupby(["row", "side"], sort=True):
        row, side = map(int, cast("tuple[int, int]", key))
        numbers = tuple(int(cell) for cell in group["cell"])
        if exempt[list(numbers)].all() or len(set(numbers)) < len(numbers):
            continue
        near, far = rounding_range(np.array([float(ind[SIDES[side]].iloc[row])]), rule)
        found.append(Relation(numbers, tuple(group["weight"].tolist()), float(near[0]), float(far[0]), True))
    return found
