"""The formulas of the rules over whole arrays: the points of many areas, or of many draws, at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.rule_model import Terms
from evaltools.rules import RULES
from evaltools.standards import Line


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
