"""The formulas of the rules as Excel formulas over the cells of a score sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaltools.rule_arithmetic import Cell
from evaltools.rule_model import Terms
from evaltools.rules import RULES
from evaltools.standards import Line, Rounding


def line_formula(line: Line, cells: Mapping[str, str]) -> str:
    """Return the Excel expression, without `=`, of a line's unrounded points.

    cells: references of `value` and `full`, and of `target`, `prior`, `mean` and the arguments that stand in a cell of
    their own; arguments without one are written as the numbers they are.
    """
    rule = RULES[line.rule]
    numbers: dict[str, Any] = {name: Cell(reference) for name, reference in cells.items()}
    for name, stated in line.arguments.items():
        kind = rule.arguments[name].kind
        if kind == "table":
            numbers[name] = tuple({column: Cell.of(number) for column, number in entry.items()} for entry in stated)
        elif kind == "percent":
            numbers[name] = Cell(cells[name]) / 100 if name in cells else Cell.of(stated / 100)
        elif kind != "choice" and name not in cells:
            numbers[name] = Cell.of(stated)
    terms = Terms(Cell(cells["full"]), rule.low_is_good(line.direction), numbers, line.arguments)
    return Cell.of(rule.formula(Cell(cells["value"]), terms)).text


def rounded(expression: str, rounding: Rounding, digits: int | None = None) -> str:
    """Return an expression rounded as the standard rounds: half up, or half to even, which Excel has no function for.

    Rounded to nine decimals first, so that what binary fractions leave a hair below a half is a half.
    """
    digits = rounding.digits if digits is None else digits
    clean = f"ROUND({expression},9)"
    if rounding.mode == "half_up":
        return f"ROUND({clean},{digits})"
    scaled = f"ROUND({expression}*{10**digits},9)"
    # a tie is doubled and halved: 2 × round(tie / 2) is the even one of its two neighbours
    return f"IF(ABS({scaled}-TRUNC({scaled}))=0.5,2*ROUND({scaled}/2,0),ROUND({scaled},0))/{10**digits}"
