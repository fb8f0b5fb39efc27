"""Lines, standards and indicator rows as tests of scoring make them."""

from decimal import Decimal

import numpy as np
import pandas as pd

from evaltools import scoring
from evaltools.rules import RULES
from evaltools.standards import Grade, Line, Rounding, Section, Standard

TWO_DIGITS = Rounding(2, "half_up", "line")


def line(
    name: str,
    rule: str,
    points: str,
    direction: str = "up",
    *,
    missing: str = "zero",
    not_applicable: str = "exclude",
    definition: str = "",
    per: int | None = None,
    gate: tuple[str, ...] = (),
    **arguments: object,
) -> Line:
    """A line `name` that scores the indicator `name`."""
    return Line(
        id=name,
        name_zh=name,
        name_en=name,
        indicator="" if RULES[rule].of == "judged" else name,
        definition=definition,
        direction=direction,
        per=per,
        rule=rule,
        points=Decimal(points),
        arguments=stated(rule, arguments),
        source="made for the test",
        mark="general",
        missing=missing,
        not_applicable=not_applicable,
        gate=gate,
    )


def stated(rule: str, arguments: dict[str, object]) -> dict[str, object]:
    """What a reader makes of a line's arguments: numbers exact, tables of numbers, choices as they are."""
    found: dict[str, object] = {}
    for name, argument in RULES[rule].arguments.items():
        value = arguments.get(name, argument.default or None)
        if value is None:
            continue
        if argument.kind == "table":
            found[name] = tuple({column: Decimal(text) for column, text in entry.items()} for entry in value)
        else:
            found[name] = value if argument.kind == "choice" else Decimal(value)
    return found


def standard(
    *sections: list[Line], rounding: Rounding = TWO_DIGITS, cuts: tuple[str, ...] = ("90", "60"), **more: object
) -> Standard:
    """A standard of the given sections; grades a, b, … start at `cuts`, the last at 0."""
    parts = tuple(
        Section(f"s{n}", "", "", sum((part.points for part in lines), Decimal(0)), tuple(lines))
        for n, lines in enumerate(sections, 1)
    )
    grades = tuple(Grade("abcdef"[n], "", "", Decimal(cut)) for n, cut in enumerate((*cuts, "0")))
    total = sum((part.points for part in parts), Decimal(0))
    return Standard("test", "", "", total, "s", "general", parts, grades, rounding, "zero", "exclude", **more)


def row(indicator: str, above: float, below: float = np.nan, per: int = 100, area: str = "01", **more: object) -> dict:
    """One row of an indicator frame; without `below` a count."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value = above if np.isnan(below) else np.float64(above) / below * per
    base = {"period": "2024", "area": area, "unit": "", "indicator": indicator, "definition": ""}
    return base | {"numerator": above, "denominator": below, "value": float(value), "reason": ""} | more


def missing(indicator: str, reason: str = "not reported", **more: object) -> dict:
    return row(indicator, np.nan, np.nan, reason=reason, **more)


def frame(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows).assign(lower=np.nan, upper=np.nan)


def one(rule_line: Line, cell: dict, **more: object) -> pd.Series:
    """The score of one line in one area."""
    return scoring.score(frame(cell), standard([rule_line]), **more).iloc[0]
