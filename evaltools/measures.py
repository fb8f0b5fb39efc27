"""From items to indicators: numerator, denominator, value, interval, or the reason why not."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from evaltools import formulas, rates
from evaltools.aggregation import item_values
from evaltools.catalogue import OF_UNITS
from evaltools.datasets import Data
from evaltools.decimals import as_typed
from evaltools.grid import Codes, Floats, Grid, Part, Rows, evaluate
from evaltools.reasons import ABOVE_ALL, ZERO_DENOMINATOR
from evaltools.tables import each_row
from evaltools.unit_measures import base_of, of_units

COLUMNS = [
    "period",
    "area",
    "unit",
    "indicator",
    "definition",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "reason",
]


def indicators(data: Data, every: str = "year", units: bool = True) -> pd.DataFrame:
    """Compute every indicator of the catalogue for every area and unit.

    data: from `ev.load`. every: `year`, `half`, `quarter`, `month`, or a period such as `2024-01/2024-09`, which
    stands for the same months of each year. units: whether rows of units are wanted beside those of areas
    (unit "").

    Returns period, area, unit, indicator, definition, numerator, denominator, value, lower, upper, reason; one
    row for each definition valid in the period, missing ones included: value NaN and the reason in words. A
    value is numerator / denominator × per; counts and amounts have a numerator only. lower and upper are the 95 %
    interval (Wilson 1927 for a proportion; exact below 10 events, then Byar for a rate), NaN for other kinds. A
    proportion above 100 % keeps its value, has no interval, and says so. Units have rows for what is reported by
    unit in their area. `definition` is the first year of the definition used, "" where there is only one.
    Numbers are unrounded.

    Examples:
    >>> import evaltools as ev
    >>> data = ev.load("example", area="990101")
    >>> ind = ev.indicators(data, every="year")
    >>> own = ind[(ind["unit"] == "") & (ind["period"] == "2024")]
    >>> row = own[own["indicator"] == "hypertension_control_rate"]
    >>> print(row[["numerator", "denominator", "value"]].round(2).to_string(index=False))
     numerator  denominator  value
       39061.0      54406.0   71.8
    """
    values = item_values(data, every)
    if not len(values.index):
        return _typed(pd.DataFrame(columns=COLUMNS))
    grid = Grid(values, data)
    rows = _in_order(data.catalogue)
    bases = {base_of(row) for row in rows if row.kind in OF_UNITS}
    parts: list[Part] = []
    whole: list[Part] = []
    for row in rows:
        if row.kind in OF_UNITS:
            base = [part for part in whole if part.row.indicator == base_of(row)]
            parts.append(_valued(row, grid, *of_units(row, base, grid)))
            continue
        part = _of_items(row, grid)
        if row.indicator in bases:
            whole.append(part)
        parts.append(part.only(grid.shown(row, units)))
    return _typed(grid.frame_of(parts))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ("numerator", "denominator", "value", "lower", "upper")
    return frame.astype({name: float if name in numbers else "str" for name in COLUMNS})[COLUMNS]


def _in_order(catalogue: pd.DataFrame) -> list[Any]:
    """Return the catalogue's rows, those computed from other indicators after them."""
    rows = list(each_row(catalogue))
    needs = {row.indicator: {base_of(row)} if row.kind in OF_UNITS else set() for row in rows}
    order = {name: at for at, name in enumerate(TopologicalSorter(needs).static_order())}
    return sorted(rows, key=lambda row: row.kind in OF_UNITS and order[row.indicator] + 1)


def _of_items(row: Any, grid: Grid) -> Part:
    """Evaluate numerator and denominator of one definition over the grid, then its value and interval."""
    numerator, reason = evaluate(formulas.parse(row.numerator), grid.values, grid.parameters)
    denominator = np.full(len(grid.frame), np.nan)
    if row.denominator:
        denominator, why_not = evaluate(formulas.parse(row.denominator), grid.values, grid.parameters)
        reason = grid.values.reasons.weightier(reason, why_not)
    at = np.flatnonzero(grid.valid(row))
    return _valued(row, grid, at, numerator[at], denominator[at], reason[at])


def _valued(row: Any, grid: Grid, at: Rows, numerator: Floats, denominator: Floats, reason: Codes) -> Part:
    """Add value, lower and upper by the kind of the indicator; a zero denominator gives neither."""
    per = float(row.per)
    none = np.full(len(at), np.nan)
    if row.kind in ("count", "amount"):
        return Part(row, at, numerator, none, as_typed(numerator * per), none, none, reason)
    known = ~np.isnan(numerator) & ~np.isnan(denominator)
    zero = known & (denominator == 0)
    value = np.divide(numerator * per, denominator, out=none.copy(), where=known & ~zero)
    if row.kind == "worst_unit":  # the worst of the counts of units is a count
        value = np.where(np.isnan(denominator), as_typed(numerator * per), value)
    reason = np.where(zero, grid.values.reasons.code(ZERO_DENOMINATOR), reason)
    lower, upper = none, none
    if row.kind == "proportion":
        beyond = known & (denominator > 0) & (numerator > denominator)
        reason = np.where(beyond, grid.values.reasons.joined(ABOVE_ALL, reason), reason)
        lower, upper = rates.wilson_limits(numerator, denominator)
        lower, upper = lower * per, upper * per
    elif row.kind == "rate":
        fewest, most = rates.poisson_limits(numerator)
        scale = np.divide(per, denominator, out=none.copy(), where=known & (denominator > 0))
        lower, upper = fewest * scale, most * scale
    return Part(row, at, numerator, denominator, value, lower, upper, reason.astype(np.int32))
