"""Indicators about the units of an area: the share of them that reaches a bar, and the one that does worst."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools import formulas
from evaltools.aggregation import NOT_APPLICABLE, NOT_REPORTED, PLACE, so_many
from evaltools.datasets import Data
from evaltools.grid import ZERO_DENOMINATOR, Codes, Floats, Grid, Rows, parameter_values


def of_units(row: Any, base: pd.DataFrame, data: Data, grid: Grid) -> tuple[Rows, Floats, Floats, Codes]:
    """Evaluate `units_meeting` (how many of the active units reach the bar) or `worst_unit` for every area.

    base: the indicator that they are about, computed for every unit. A unit to which it does not apply, or in which
    it concerns nobody, is not counted. Returns the rows of the grid, numerators, denominators and reasons.
    """
    areas = grid.frame.loc[~grid.is_unit & grid.valid(row), ["period", "area"]].reset_index(names="at")
    # one definition a period: the newest
    per_unit = base[base["unit"] != ""].sort_values("definition", kind="stable")
    per_unit = per_unit.drop_duplicates(["period", *PLACE], keep="last")
    per_unit = per_unit[~per_unit["reason"].str.endswith("predecessors")]
    counted = per_unit[~per_unit["reason"].isin([NOT_APPLICABLE, ZERO_DENOMINATOR])]
    if row.kind == "units_meeting":
        counts = _meeting(row, counted, areas, data, grid)
    else:
        counts = _worst(row, counted, areas, data)
    return (
        counts["at"].to_numpy(dtype=np.intp),
        counts["numerator"].to_numpy(dtype=float),
        counts["denominator"].to_numpy(dtype=float),
        grid.values.reasons.codes(counts["reason"]),
    )


def _meeting(row: Any, counted: pd.DataFrame, areas: pd.DataFrame, data: Data, grid: Grid) -> pd.DataFrame:
    bar = formulas.parse_bar(row.numerator)
    limit = np.full(len(grid.frame), bar.value)
    if bar.value is None:
        limit = parameter_values(bar.parameter, grid.values.index, data.parameters)
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
    )


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
