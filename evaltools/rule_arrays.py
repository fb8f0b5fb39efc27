"""The formulas of the rules, and rounding, over whole arrays: many areas, or many draws, at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.rule_model import Terms
from evaltools.rules import RULES
from evaltools.standards import Line

DUST = 0.5e-9
"""How far a float may be from a half and still be meant as one: sums of points are sure of nine decimals."""


def line_points(line: Line, value: ArrayLike, target: ArrayLike | None = None, **inputs: ArrayLike) -> NDArray[Any]:
    """Points of a line, unrounded, for an array of values.

    value: in the indicator's measure, any shape. target: for a rule that takes one and a line that states none.
    inputs: `prior` or `mean` where the rule asks for them. All broadcast. NaN in, NaN out. Floats: a value that the
    computer holds a hair below a bar may be a step short of what `score` gives. Raises KeyError if something that the
    rule needs is not given.
    """
    rule = RULES[line.rule]
    x = np.asarray(value, dtype=float)
    numbers: dict[str, Any] = {name: np.asarray(found, dtype=float) for name, found in inputs.items()}
    if target is not None and "target" not in line.arguments:
        numbers["target"] = np.asarray(target, dtype=float)
    for name, stated in line.arguments.items():
        kind = rule.arguments[name].kind
        if kind == "table":
            numbers[name] = tuple({column: float(number) for column, number in entry.items()} for entry in stated)
        elif kind != "choice":
            numbers[name] = float(stated) / (100 if kind == "percent" else 1)
    terms = Terms(float(line.points), rule.low_is_good(line.direction), numbers, line.arguments)
    with np.errstate(invalid="ignore", divide="ignore"):
        points = np.asarray(rule.formula(x, terms), dtype=float)
    given = np.isnan(x)
    for found in inputs.values():
        given = given | np.isnan(found)
    return np.where(given, np.nan, points)


def rounded(numbers: NDArray[np.float64], digits: int, mode: str) -> NDArray[np.float64]:
    """Return an array of any shape rounded to so many decimals as `Rounding.units` rounds: `half_up`, `half_even`.

    Half up is away from zero. What is within `DUST` of a half counts as one, so 0.285 is 0.29 although its float is
    less: the ROUND(ROUND(x, 9), digits) of a spreadsheet. NaN in, NaN out.
    """
    scale = 10.0**digits
    units = numbers * scale
    if mode == "half_up":
        found = np.abs(units)
        found += 0.5 + DUST * scale
        np.floor(found, out=found)
        np.copysign(found, units, out=found)
    else:
        found = np.rint(units)
        at_half = np.abs(np.abs(units - found) - 0.5) <= DUST * scale
        # the half of an odd number of halves is nearest to half of the even one
        np.copyto(found, 2 * np.rint(units / 2), where=at_half)
    found /= scale
    found += 0.0  # no negative zero
    return found
