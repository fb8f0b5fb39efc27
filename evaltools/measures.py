"""From items to indicators: numerator, denominator, value, interval, or the reason why not."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods, rates
from evaltools.aggregation import NOT_APPLICABLE, NOT_REPORTED, PLACE, ItemValues, item_values, so_many
from evaltools.catalogue import OF_UNITS, valid_in
from evaltools.datasets import Data
from evaltools.tables import each_row

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

ABOVE_ALL = "above 100%"
ZERO_DENOMINATOR = "denominator is zero"

_INTERVALS = ("proportion", "rate")


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
    """
    values = item_values(data, every)
    if not len(values.index):
        return _typed(pd.DataFrame(columns=COLUMNS))
    grid = _Grid(values, data.parameters)
    frames: list[pd.DataFrame] = []
    by_indicator: dict[str, list[pd.DataFrame]] = {}
    bases = {_base(row) for row in each_row(data.catalogue) if row.kind in OF_UNITS}
    for row in _in_order(data.catalogue):
        if row.kind in OF_UNITS:
            base = by_indicator.get(_base(row), [])
            frame = _of_units(row, pd.concat(base) if base else None, data, grid)
        else:
            frame = _of_items(row, grid, units or row.indicator in bases)
        if row.indicator in bases:
            by_indicator.setdefault(row.indicator, []).append(frame)
        frames.append(frame if units else frame[frame["unit"] == ""])
    result = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return _typed(result.sort_values(["period", "area", "unit"], kind="stable").reset_index(drop=True)[COLUMNS])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ("numerator", "denominator", "value", "lower", "upper")
    return frame.astype({name: float if name in numbers else "str" for name in COLUMNS})


def _in_order(catalogue: pd.DataFrame) -> list[Any]:
    """Return the catalogue's rows, those computed from other indicators after them."""
    rows = list(each_row(catalogue))
    needs = {row.indicator: {_base(row)} if row.kind in OF_UNITS else set() for row in rows}
    order = {name: at for at, name in enumerate(TopologicalSorter(needs).static_order())}
    return sorted(rows, key=lambda row: row.kind in OF_UNITS and order[row.indicator] + 1)


def _base(row: Any) -> str:
    if row.kind == "units_meeting":
        return formulas.parse_bar(row.numerator).indicator
    return str(row.numerator)


class _Grid:
    """The rows (period, area, unit) that every indicator is computed for, and what is known about each."""

    def __init__(self, values: ItemValues, parameters: pd.DataFrame) -> None:
        self.values = values
        self.parameters = parameters
        self.frame = values.index.to_frame(index=False)
        self.is_unit = (self.frame["unit"] != "").to_numpy()
        self.place, self.places = pd.factorize(self.frame["period"])
        self.years = np.array([periods.parse(period).year for period in self.places])
        self.area, self.areas = pd.factorize(self.frame["area"])

    def valid(self, row: Any) -> NDArray[np.bool_]:
        """Return which rows lie in the years of a definition."""
        first, last = int(row.valid_from or 0), int(row.valid_to or 9999)
        return ((self.years >= first) & (self.years <= last))[self.place]

    def reported_by_unit(self, used: set[str]) -> NDArray[np.bool_]:
        """Return the rows of areas, and those of units where their area reports any of these items by unit.

        Insurance funds exist for a county only: a row "not reported" for each of its townships would be noise,
        even though every township has the residents they are divided by.
        """
        missing = self.values.reasons.code(NOT_REPORTED)
        given = np.zeros(len(self.frame), dtype=bool)
        for item in used & self.values.reason.keys():
            given |= self.values.reason[item] != missing
        reporting = np.zeros(len(self.areas), dtype=bool)
        reporting[self.area[given & self.is_unit]] = True
        return ~self.is_unit | reporting[self.area]


def _of_items(row: Any, grid: _Grid, units: bool) -> pd.DataFrame:
    """Evaluate numerator and denominator of one definition over the grid, then its value and interval."""
    above = formulas.parse(row.numerator)
    below = formulas.parse(row.denominator) if row.denominator else ()
    numerator, reason = evaluate(above, grid.values, grid.parameters)
    denominator = np.full(len(grid.frame), np.nan)
    if below:
        denominator, why_not = evaluate(below, grid.values, grid.parameters)
        reason = grid.values.reasons.weightier(reason, why_not)
    keep = grid.valid(row) & grid.reported_by_unit(formulas.items(above))
    if not units:
        keep &= ~grid.is_unit
    texts = np.array(grid.values.reasons.texts, dtype=object)
    frame = grid.frame[keep].assign(
        indicator=row.indicator,
        definition=row.valid_from,
        numerator=numerator[keep],
        denominator=denominator[keep],
        reason=pd.Series(texts[reason[keep]], index=grid.frame.index[keep], dtype="str"),
    )
    return _with_value(frame, row)


def evaluate(
    terms: tuple[formulas.Term, ...], values: ItemValues, parameters: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a formula's value in every row, and the code of the reason where it has none.

    A qualifying reason (`sum of 2 predecessors`) stands beside a value.
    """
    rows = len(values.index)
    total, reason = np.zeros(rows), np.zeros(rows, dtype=np.int32)
    for term in terms:
        value, why = _item(term, values)
        for name in term.parameters:
            factor = _parameter(name, values.index, parameters)
            unset = np.where(np.isnan(factor), values.reasons.code(f"parameter {name} is not set"), 0)
            why = values.reasons.weightier(why, unset.astype(np.int32))
            value = value * factor
        total = total + term.coefficient * value
        reason = values.reasons.weightier(reason, why)
    return total, reason


def _item(term: formulas.Term, values: ItemValues) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    index = values.index
    missing = values.reasons.code(NOT_REPORTED)
    value = values.value.get(term.item, np.full(len(index), np.nan))
    why = values.reason.get(term.item, np.full(len(index), missing, dtype=np.int32))
    if not term.prior:
        return value, why
    frame = index.to_frame(index=False)
    earlier = {period: periods.shift(period, -1) for period in frame["period"].unique()}
    at = index.get_indexer(pd.MultiIndex.from_frame(frame.assign(period=frame["period"].map(earlier))))
    none = values.reasons.code("previous year not reported")
    found = at >= 0
    past_why = np.where(found & (why[at] != missing), why[at], none).astype(np.int32)
    return np.where(found, value[at], np.nan), past_why


def _parameter(name: str, index: pd.MultiIndex, parameters: pd.DataFrame) -> NDArray[np.float64]:
    """Return a parameter's value in every row: the area's own where there is one, else that of all areas."""
    rows = parameters[parameters["parameter"] == name]
    pairs = index.droplevel("unit")
    codes, distinct = pd.factorize(pairs)
    found = []
    for period, area in distinct:
        valid = rows[valid_in(rows, periods.parse(period).year)]
        own = valid[valid["area"] == area]
        chosen = own if len(own) else valid[valid["area"] == "*"]
        found.append(float(chosen["value"].iloc[-1]) if len(chosen) else float("nan"))
    return np.array(found)[codes]


def _of_units(row: Any, base: pd.DataFrame | None, data: Data, grid: _Grid) -> pd.DataFrame:
    """Evaluate `units_meeting` (how many of the active units reach the bar) or `worst_unit` for every area."""
    areas = grid.frame.loc[~grid.is_unit & grid.valid(row), ["period", "area"]]
    if base is None:
        counts = areas.assign(numerator=np.nan, denominator=np.nan, reason=NOT_REPORTED)
    else:
        # one definition a period: the newest
        per_unit = base[base["unit"] != ""].sort_values("definition", kind="stable")
        per_unit = per_unit.drop_duplicates(["period", *PLACE], keep="last")
        per_unit = per_unit[~per_unit["reason"].str.endswith("predecessors")]
        counted = per_unit[per_unit["reason"] != NOT_APPLICABLE]
        if row.kind == "units_meeting":
            counts = _meeting(row, counted, areas, data, grid)
        else:
            counts = _worst(row, counted, areas, data)
    return _with_value(counts.assign(unit="", indicator=row.indicator, definition=row.valid_from), row)


def _meeting(row: Any, counted: pd.DataFrame, areas: pd.DataFrame, data: Data, grid: _Grid) -> pd.DataFrame:
    bar = formulas.parse_bar(row.numerator)
    limit = np.full(len(grid.frame), bar.value)
    if bar.value is None:
        limit = _parameter(bar.parameter, grid.values.index, data.parameters)
    limits = grid.frame[["period", "area"]].assign(limit=limit).drop_duplicates(["period", "area"])
    counted = counted.merge(limits, on=["period", "area"])
    # exact: the values compared are num × per against bar × den, not rounded quotients
    per = _per(data.catalogue, bar.indicator)
    above = counted["numerator"] * per
    needed = counted["limit"] * counted["denominator"].fillna(1)  # a count is compared as it is
    reached = above >= needed if bar.comparison == ">=" else above <= needed
    counted = counted.assign(reached=reached & counted["value"].notna(), given=counted["value"].notna())
    sums = counted.groupby(["period", "area"]).agg(
        numerator=("reached", "sum"), given=("given", "sum"), denominator=("given", "size")
    )
    result = areas.merge(sums.reset_index(), on=["period", "area"], how="left")
    result = _children(result, data.areas, {"numerator": "sum", "given": "sum", "denominator": "sum"})
    partly = so_many(result["given"], result["denominator"], "units reported")
    reason = partly.mask(result["given"] == result["denominator"], "")
    reason = reason.mask(result["denominator"].isna(), NOT_REPORTED)
    return result.assign(
        reason=reason,
        numerator=result["numerator"].where(reason == "").astype(float),
        denominator=result["denominator"].where(reason == "").astype(float),
    )


def _worst(row: Any, counted: pd.DataFrame, areas: pd.DataFrame, data: Data) -> pd.DataFrame:
    direction = data.catalogue.set_index("indicator")["direction"]
    base_direction = direction.get(row.numerator, "up")
    if isinstance(base_direction, pd.Series):
        base_direction = base_direction.iloc[-1]
    ordered = counted.sort_values("value", ascending=base_direction != "down", kind="stable")
    missing = counted["value"].isna().groupby([counted["period"], counted["area"]]).agg(["sum", "size"])
    worst = ordered.dropna(subset="value").drop_duplicates(["period", "area"])
    result = areas.merge(worst[["period", "area", "numerator", "denominator"]], on=["period", "area"], how="left")
    result = result.merge(missing.reset_index(), on=["period", "area"], how="left")
    given = result["size"] - result["sum"]
    partly = so_many(given, result["size"], "units reported")
    reason = partly.mask(result["sum"] == 0, "").mask(result["size"].isna(), NOT_REPORTED)
    return result.assign(
        reason=reason,
        numerator=result["numerator"].where(reason == ""),
        denominator=result["denominator"].where(reason == ""),
    )[["period", "area", "numerator", "denominator", "reason"]]


def _children(result: pd.DataFrame, areas: pd.DataFrame, how: dict[str, str]) -> pd.DataFrame:
    """Give an area without units of its own the totals of the areas below it, deepest first."""
    parent = areas.set_index("area")["parent"]
    for _ in range(len(parent)):
        below = result.assign(into=result["area"].map(parent).fillna(""))
        below = below[(below["into"] != "") & below["denominator"].notna()]
        sums = below.groupby(["period", "into"]).agg(how).reset_index().rename(columns={"into": "area"})
        merged = result[["period", "area"]].merge(sums, on=["period", "area"], how="left")
        empty = result["denominator"].isna().to_numpy()
        filled = result.copy()
        for column in how:
            filled.loc[empty, column] = merged[column].to_numpy()[empty]
        if filled["denominator"].isna().sum() == result["denominator"].isna().sum():
            return filled
        result = filled
    return result


def _per(catalogue: pd.DataFrame, indicator: str) -> float:
    return float(catalogue.loc[catalogue["indicator"] == indicator, "per"].iloc[-1])


def _with_value(frame: pd.DataFrame, row: Any) -> pd.DataFrame:
    """Add value, lower and upper by the kind of the indicator; a zero denominator gives neither."""
    kind, per = row.kind, float(row.per)
    numerator = frame["numerator"].to_numpy(dtype=float)
    denominator = frame["denominator"].to_numpy(dtype=float)
    reason = frame["reason"].copy()
    lower = upper = np.full(len(frame), np.nan)
    if kind in ("count", "amount"):
        value = numerator * per
    else:
        zero = (denominator == 0) & ~np.isnan(numerator)
        value = np.divide(numerator * per, denominator, out=np.full(len(frame), np.nan), where=(denominator != 0))
        reason = reason.mask(zero, ZERO_DENOMINATOR)
    if kind in _INTERVALS:
        inside = ~np.isnan(value) & (numerator >= 0)
        if kind == "proportion":
            beyond = inside & (numerator > denominator)
            reason = reason.mask(beyond, (ABOVE_ALL + "; " + reason).str.removesuffix("; "))
            inside &= ~beyond
        lower, upper = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
        limits = rates.proportion if kind == "proportion" else rates.rate
        interval = limits(numerator[inside], denominator[inside], per=per)
        lower[inside], upper[inside] = interval["lower"], interval["upper"]
    return frame.assign(value=value, lower=lower, upper=upper, reason=reason)
