"""What some rules ask for beside a line's own value: last year's, the region's mean, a position, the units' shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from evaltools.comparability import previous_periods
from evaltools.decimals import exact as exact_fraction
from evaltools.reasons import NOT_APPLICABLE, ZERO_DENOMINATOR
from evaltools.rule_model import SIGNS, Value, written
from evaltools.standards import Line, Rounding

Key = tuple[str, str, str]
Inputs = Mapping[str, Value]

_MEAN_DIGITS = 4
_PERCENTILE_DIGITS = 2


def earlier_keys(keys: list[Key]) -> dict[Key, Key]:
    """Return for each period, area and unit the same of the year before, where there is one."""
    before = previous_periods({key[0] for key in keys})
    known = set(keys)
    earlier = {key: (before[key[0]], *key[1:]) for key in keys if key[0] in before}
    return {key: past for key, past in earlier.items() if past in known}


class Region:
    """The figures of a region, from `ev.benchmark`, as the rules that compare with it need them."""

    def __init__(self, benchmark: pd.DataFrame) -> None:
        ordered = benchmark.sort_values("definition", kind="stable")
        columns = ["numerator", "denominator", "value", "n_areas", "mean", "percentile"]
        columns += ["total_numerator", "total_denominator", "total_value"]
        self.rows: dict[tuple[str, str, str, str], Any] = {}
        places = ordered[["period", "area", "indicator", "definition"]].itertuples(index=False, name=None)
        for place, row in zip(places, ordered[columns].itertuples(index=False), strict=True):
            self.rows[place] = row
            self.rows[(*place[:3], "")] = row  # the newest comes last and stays

    def mean(self, line: Line, key: Key, per: int) -> Value | None:
        """Return the region's mean of a line's indicator; None where there is none, as for units."""
        row = self.rows.get((key[0], key[1], line.indicator, line.definition)) if not key[2] else None
        if row is None or math.isnan(row.value):
            return None
        without = line.arguments["own"] == "without"
        if line.arguments["mean"] == "unweighted":
            n, total = row.n_areas, exact_fraction(row.mean) * row.n_areas
            if without:
                n, total = n - 1, total - exact_fraction(row.value)
            if not n:
                return None
            text, _ = written(total / n, _MEAN_DIGITS)
            return Value.of(Fraction(text), text + SIGNS[per], per, False)
        if math.isnan(row.total_value):
            return None
        above, below = exact_fraction(row.total_numerator), exact_fraction(row.total_denominator)
        if without:
            above, below = above - exact_fraction(row.numerator), below - exact_fraction(row.denominator)
        if not below:
            return None
        return Value.of(above * per / below, f"{_plain(above)}/{_plain(below)}", per, True)

    def position(self, line: Line, key: Key) -> Value | None:
        """Return an area's position among all, 0 the worst and 100 the best; None where there is none."""
        row = self.rows.get((key[0], key[1], line.indicator, line.definition)) if not key[2] else None
        if row is None or math.isnan(row.percentile):
            return None
        place = 100 - row.percentile if line.direction == "down" else row.percentile
        text, _ = written(exact_fraction(place), _PERCENTILE_DIGITS)
        return Value.of(Fraction(text), text, 1, False)


def units_meeting(
    rows: pd.DataFrame, line: Line, rounding: Rounding
) -> dict[tuple[str, str], tuple[Value | None, str]]:
    """Return by period and area the share of its units whose value reaches a line's bar, or why there is none.

    rows: the indicator rows of the line's indicator. Units that it does not concern (not applicable, nobody to serve)
    are not counted; if one that it concerns has no value, there is no share. A value is rounded before it is held to
    the bar if `rounding` rounds values first; the share itself is that of the counts.
    """
    units = rows[rows["unit"] != ""].sort_values("definition", kind="stable")
    if line.definition:
        units = units[units["definition"] == line.definition]
    units = units.drop_duplicates(["period", "area", "unit"], keep="last")
    concerned = ~units["reason"].str.startswith((NOT_APPLICABLE, ZERO_DENOMINATOR))
    units = units[concerned & ~((units["numerator"] == 0) & (units["denominator"] == 0))]
    bar, down = Fraction(line.arguments["bar"]), line.direction == "down"
    found: dict[tuple[str, str], tuple[Value | None, str]] = {}
    for (period, area), own in units.groupby(["period", "area"], sort=False):
        place = str(period), str(area)
        given = own[own["value"].notna()]
        if len(given) < len(own):
            found[place] = None, f"{len(given)} of {len(own)} units reported"
            continue
        met = sum(_reaches(_exact(row, line.per, rounding), bar, down) for row in given.itertuples())
        found[place] = Value.of(Fraction(100 * met, len(own)), f"{met}/{len(own)}", 100, True), ""
    return found


def _reaches(value: Fraction, bar: Fraction, down: bool) -> bool:
    return value <= bar if down else value >= bar


def _exact(row: object, per: int | None, rounding: Rounding) -> Fraction:
    """Return the value of a row as a bar is held to it."""
    above, below, value = (getattr(row, name) for name in ("numerator", "denominator", "value"))
    exact = exact_fraction(value)
    if per and not math.isnan(below) and below and np.isclose(above * per / below, value, rtol=1e-9):
        exact = exact_fraction(above) * per / exact_fraction(below)
    digits = rounding.value_digits
    return exact if digits is None else Fraction(rounding.units(exact, digits), 10**digits)


def _plain(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else format(float(number), ".15g")
