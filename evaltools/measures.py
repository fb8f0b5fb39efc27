"""From items to indicators: numerator, denominator, value, interval, or the reason why not."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from evaltools import formulas, periods, rates
from evaltools.aggregation import NOT_APPLICABLE, NOT_REPORTED, PLACE, QUALIFYING, ItemValues, item_values
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
    if values.value.empty:
        return _typed(pd.DataFrame(columns=COLUMNS))
    frames: list[pd.DataFrame] = []
    by_indicator: dict[str, list[pd.DataFrame]] = {}
    for row in _in_order(data.catalogue):
        if row.kind in OF_UNITS:
            base = by_indicator.get(_base(row), [])
            frame = _of_units(row, pd.concat(base) if base else None, data, values)
        else:
            frame = _of_items(row, data, values)
        frame = _with_value(frame, row)
        by_indicator.setdefault(row.indicator, []).append(frame)
        frames.append(frame if units else frame[frame["unit"] == ""])
    result = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return _typed(result.sort_values(["period", "area", "unit"], kind="stable").reset_index(drop=True)[COLUMNS])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ("numerator", "denominator", "value", "lower", "upper")
    return frame.astype({name: float if name in numbers else "str" for name in COLUMNS})


def _in_order(catalogue: pd.DataFrame) -> list:  # type: ignore[type-arg]
    """Return the catalogue's rows, those computed from other indicators after them."""
    rows = list(each_row(catalogue))
    needs = {row.indicator: {_base(row)} if row.kind in OF_UNITS else set() for row in rows}
    order = {name: at for at, name in enumerate(TopologicalSorter(needs).static_order())}
    return sorted(rows, key=lambda row: row.kind in OF_UNITS and order[row.indicator] + 1)


def _base(row: Any) -> str:
    if row.kind == "units_meeting":
        return formulas.parse_bar(row.numerator).indicator
    return str(row.numerator)


def _valid_rows(index: pd.Index, row: Any) -> np.ndarray:
    """Return which rows of the grid lie in the years of a definition."""
    period = index.get_level_values("period")
    years = {p: bool(valid_in(pd.DataFrame([row._asdict()]), periods.parse(p).year).iloc[0]) for p in period.unique()}
    return period.map(years).to_numpy(dtype=bool)


def _of_items(row: Any, data: Data, values: ItemValues) -> pd.DataFrame:
    """Evaluate numerator and denominator of one definition over the whole grid."""
    numerator, why_not = evaluate(formulas.parse(row.numerator), values, data.parameters)
    if row.denominator:
        denominator, why_not_below = evaluate(formulas.parse(row.denominator), values, data.parameters)
        used = formulas.items(formulas.parse(row.numerator)) | formulas.items(formulas.parse(row.denominator))
    else:
        denominator = pd.Series(np.nan, index=numerator.index)
        why_not_below = pd.Series("", index=numerator.index)
        used = formulas.items(formulas.parse(row.numerator))
    reason = _first_reason(why_not, why_not_below)
    keep = _valid_rows(values.value.index, row) & _reported_by_unit(values, used)
    frame = pd.DataFrame({"numerator": numerator, "denominator": denominator, "reason": reason})[keep]
    labelled: pd.DataFrame = frame.reset_index().assign(indicator=row.indicator, definition=row.valid_from)
    return labelled


def _first_reason(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return why a pair is not there: not applicable before anything, then what is missing, then a remark."""
    absent = (first == NOT_APPLICABLE) | (second == NOT_APPLICABLE)
    remark = first.str.fullmatch(QUALIFYING) & (second != "")
    return first.where((first != "") & ~remark, second).mask(absent, NOT_APPLICABLE)


def _reported_by_unit(values: ItemValues, used: set[str]) -> np.ndarray:
    """Return the rows of areas, and those of units where their area reports any of these items by unit.

    Insurance funds exist for a county only: a row "not reported" for each of its townships would be noise.
    """
    known = [item for item in used if item in values.reason.columns]
    given = (values.reason[known] != NOT_REPORTED).any(axis=1)
    unit = values.value.index.get_level_values("unit") != ""
    area = values.value.index.get_level_values("area")
    reporting = set(area[given.to_numpy() & unit])
    return ~unit | area.isin(reporting)


def evaluate(
    terms: tuple[formulas.Term, ...], values: ItemValues, parameters: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """Return a formula's value in every row of the grid, and the reason where it has none.

    A qualifying reason (`sum of 2 predecessors`) is kept beside a value.
    """
    index = values.value.index
    total = pd.Series(0.0, index=index)
    reason = pd.Series("", index=index, dtype="str")
    for term in terms:
        value, why = _item(term, values)
        for name in term.parameters:
            factor = _parameter(name, index, parameters)
            why = why.mask(factor.isna() & (why == ""), f"parameter {name} is not set")
            value = value * factor
        total = total + term.coefficient * value
        reason = _first_reason(reason, why)
    return total.where(total.notna()), reason


def _item(term: formulas.Term, values: ItemValues) -> tuple[pd.Series, pd.Series]:
    index = values.value.index
    value, why = values.value[term.item], values.reason[term.item]
    if not term.prior:
        return value, why
    earlier = {period: periods.shift(period, -1) for period in index.get_level_values("period").unique()}
    names = [
        index.get_level_values(name).map(earlier) if name == "period" else index.get_level_values(name)
        for name in map(str, index.names)
    ]
    at = pd.MultiIndex.from_arrays(names, names=index.names)
    past = pd.Series(value.reindex(at).to_numpy(), index=index)
    past_why = pd.Series(why.reindex(at).to_numpy(), index=index, dtype="str")
    return past, past_why.where(past_why.notna(), "previous year not reported")


def _parameter(name: str, index: pd.Index, parameters: pd.DataFrame) -> pd.Series:
    """Return a parameter's value in every row: the area's own where there is one, else that of all areas."""
    rows = parameters[parameters["parameter"] == name]
    pairs = pd.DataFrame({n: index.get_level_values(n) for n in ("period", "area")})
    found: dict[tuple[str, str], float] = {}
    for period, area in pairs.drop_duplicates().itertuples(index=False, name=None):
        valid = rows[valid_in(rows, periods.parse(period).year)]
        own = valid[valid["area"] == area]
        general = valid[valid["area"] == "*"]
        chosen = own if len(own) else general
        found[period, area] = float(chosen["value"].iloc[-1]) if len(chosen) else float("nan")
    keys = zip(pairs["period"], pairs["area"], strict=True)
    return pd.Series([found[key] for key in keys], index=index)


def _of_units(row: Any, base: pd.DataFrame | None, data: Data, values: ItemValues) -> pd.DataFrame:
    """Evaluate `units_meeting` (how many of the active units reach the bar) or `worst_unit` for every area."""
    index = values.value.index
    grid = index[(index.get_level_values("unit") == "") & _valid_rows(index, row)]
    areas = grid.to_frame(index=False)[["period", "area"]]
    if base is None:
        counts = areas.assign(numerator=np.nan, denominator=np.nan, reason=NOT_REPORTED)
    else:
        # one definition a period: the newest
        per_unit = base[base["unit"] != ""].sort_values("definition")
        per_unit = per_unit.drop_duplicates(["period", *PLACE], keep="last")
        per_unit = per_unit[~per_unit["reason"].str.endswith("predecessors")]
        counted = per_unit[per_unit["reason"] != NOT_APPLICABLE]
        if row.kind == "units_meeting":
            counts = _meeting(row, counted, areas, data, index)
        else:
            counts = _worst(row, counted, areas, data)
    labelled: pd.DataFrame = counts.assign(unit="", indicator=row.indicator, definition=row.valid_from)
    return labelled


def _meeting(row: Any, counted: pd.DataFrame, areas: pd.DataFrame, data: Data, index: pd.Index) -> pd.DataFrame:
    bar = formulas.parse_bar(row.numerator)
    limit = (
        pd.Series(bar.value, index=index)
        if bar.value is not None
        else _parameter(bar.parameter, index, data.parameters)
    )
    limits = limit.groupby(level=["period", "area"]).first().rename("limit").reset_index()
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
    partly = result["given"].map("{:.0f}".format) + " of " + result["denominator"].map("{:.0f}".format)
    reason = (partly + " units reported").mask(result["given"] == result["denominator"], "")
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
    partly = given.map("{:.0f}".format) + " of " + result["size"].map("{:.0f}".format) + " units reported"
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
            reason = reason.mask(beyond, ABOVE_ALL)
            inside &= ~beyond
        lower, upper = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
        limits = rates.proportion if kind == "proportion" else rates.rate
        interval = limits(numerator[inside], denominator[inside], per=per)
        lower[inside], upper[inside] = interval["lower"], interval["upper"]
    return frame.assign(value=value, lower=lower, upper=upper, reason=reason)
