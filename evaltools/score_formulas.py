"""The formulas of a score sheet: value, points, sums and grade, as Excel and LibreOffice compute them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaltools.rule_cells import line_formula, rounded
from evaltools.rules import RULES
from evaltools.score_sheet import COUNTS, ROLLED, VALUE_DIGITS, LineRow
from evaltools.standards import PENALTIES, Line, Rounding

_LONGEST, _DEEPEST = 8192, 64
"""Characters of a formula, and functions within functions, that Excel takes."""

_BLANK = {"zero": "0", "exclude": '""', "refuse": "NA()"}
"""What a line without a value gets by its policy; refused, it makes the total an error."""


def fits(formula: str) -> bool:
    """Whether Excel takes a formula: it is neither too long nor nested too deeply."""
    deepest = now = 0
    for sign in formula:
        now += (sign == "(") - (sign == ")")
        deepest = max(deepest, now)
    return len(formula) < _LONGEST and deepest <= _DEEPEST


def argument_names(line: Line) -> list[str]:
    """Return the arguments of a line that stand in cells of their own, beside its target: two at most."""
    kinds = {name: argument.kind for name, argument in RULES[line.rule].arguments.items()}
    own = [name for name in line.arguments if name != "target" and kinds[name] not in ("choice", "table")]
    return own[:2]


def value_formula(row: LineRow, cells: Mapping[str, str], rounding: Rounding) -> str:
    """Return the formula of a value: of two counts, or the number that is given."""
    above, below = cells["above"], cells["below"]
    if row.source == COUNTS:
        ratio = f"{above}/{below}" + (f"*{row.per}" if row.per != 1 else "")
        return f'IF(OR({above}="",{below}=""),"",IF({below}=0,"",{_first(ratio, row, rounding)}))'
    number = _first(above, row, rounding) if row.rounded_first else above
    return f'IF({above}="","",{number})'


def _first(expression: str, row: LineRow, rounding: Rounding) -> str:
    if row.rounded_first:
        return rounded(expression, rounding, rounding.value_digits)
    return f"ROUND({expression},{VALUE_DIGITS})"


def judged_formula(scores: str, trimmed: bool) -> str:
    """Return the formula of what scorers gave, a range of cells: their mean, or that without extremes."""
    if trimmed:
        mean = f"IF(COUNT({scores})<3,NA(),(SUM({scores})-MAX({scores})-MIN({scores}))/(COUNT({scores})-2))"
    else:
        mean = f"SUM({scores})/COUNT({scores})"
    return f'IF(COUNT({scores})=0,"",ROUND({mean},{VALUE_DIGITS}))'


def raw_formula(row: LineRow, cells: Mapping[str, str], gates: Sequence[str], rounding: Rounding) -> str:
    """Return the formula of a line's points before rounding.

    cells: references of value, full, target, other, above, below, and of its arguments. gates: the points of the lines
    without which it has none. For institutions: weights and units, ranges of weights and of points.
    """
    if row.source == ROLLED and "weights" not in cells:
        return '""'  # no institution has points
    if row.source == ROLLED:
        weights, units = cells["weights"], cells["units"]
        below = f"SUMPRODUCT(--ISNUMBER({units}),{weights})"
        return f'IF({below}=0,"",SUMPRODUCT({weights},{units})/{below})'
    line, rule = row.line, RULES[row.line.rule]
    asked = {name: cells[name] for name in ("value", "full", *argument_names(line))}
    asked |= {name: cells["target"] for name in ("target",) if name in rule.arguments}
    asked |= {name: _beside(name, row, cells["other"], rounding) for name in rule.inputs}
    formula = line_formula(line, asked)
    if rule.inputs:
        formula = f'IF({cells["other"]}="",{_without_other(row, cells)},{formula})'
    blank = _BLANK[row.blank]
    if row.source == COUNTS and row.blank == line.missing != line.not_applicable:
        # nobody to serve is not the same as nothing reported
        above, below = cells["above"], cells["below"]
        nobody = f"AND(COUNT({above},{below})=2,{above}=0,{below}=0)"
        blank = f"IF({nobody},{_BLANK[line.not_applicable]},{blank})"
    formula = f'IF({cells["value"]}="",{blank},{formula})'
    if rule.takes_target:
        formula = f'IF({cells["target"]}="","",{formula})'
    if gates:
        shut = ",".join(f"{gate}=0" for gate in gates)
        formula = f"IF(OR({shut}),0,{formula})" if len(gates) > 1 else f"IF({shut},0,{formula})"
    return formula


def _beside(name: str, row: LineRow, other: str, rounding: Rounding) -> str:
    """Return last year's value or the region's mean in the decimals of the value: a third is not below a third."""
    if name == "prior" and row.rounded_first:
        return _first(other, row, rounding)
    return f"ROUND({other},{VALUE_DIGITS})" if row.source == COUNTS else other


def _without_other(row: LineRow, cells: Mapping[str, str]) -> str:
    """Return what a line gets with nothing to compare with: all at its ceiling, else by its policy."""
    line, rule = row.line, RULES[row.line.rule]
    policy = _BLANK[line.not_applicable]
    down = rule.low_is_good(line.direction)
    bar = rule.full_at[down] if rule.full_at else ""
    if bar not in line.arguments:
        return policy
    return f"IF({cells['value']}{'<=' if down else '>='}{cells[bar]},{cells['full']},{policy})"


def points_formula(raw: str, rounding: Rounding) -> str:
    """Return the formula of points as they count: rounded, or only freed from the dust of binary fractions."""
    return f'IF({raw}="","",{rounded(raw, rounding) if rounding.of == "line" else f"ROUND({raw},12)"})'


def lost_formula(points: str, full: str, section: str, digits: int) -> str:
    """Return the formula of lost points: those of penalties are what they take."""
    whole = "" if section == PENALTIES else full
    return f'IF({points}="","",ROUND({whole}-{points},{digits}))'


def scaled_formula(raw: str, counted: str, full: str, rounding: Rounding | None) -> str:
    """Return `raw ÷ full points counted × full points`, rounded if asked to, blank where nothing counts."""
    scaled = f"{raw}/{counted}*{full}"
    return f'IF({counted}=0,"",{rounded(scaled, rounding) if rounding else f"ROUND({scaled},12)"})'


def check_formula(found: str, published: str, same: str, different: str) -> str:
    """Return whether a number, or a blank, is the published one."""
    both = f'AND({found}="",{published}="")'
    one = f'OR({found}="",{published}="")'
    near = f'IF(ABS({found}-{published})<0.000001,"{same}","{different}")'
    return f'IF({both},"{same}",IF({one},"{different}",{near}))'
