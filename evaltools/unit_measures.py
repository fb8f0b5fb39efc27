"""Indicators about the units of an area: the share of them that reaches a bar, and the one that does worst."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas
from evaltools.decimals import NEAR, exact
from evaltools.grid import Codes, Floats, Grid, Part, Rows, parameter_values
from evaltools.reasons import NOT_APPLICABLE, NOT_REPORTED, ZERO_DENOMINATOR, so_many

_GROUP = ["period", "into"]


def base_of(row: Any) -> str:
    """Return the indicator that a `units_meeting` or `worst_unit` is about."""
    if row.kind == "units_meeting":
        return formulas.parse_bar(row.numerator).indicator
    return str(row.numerator)


def of_units(row: Any, bases: list[Part], grid: Grid) -> tuple[Rows, Floats, Floats, Codes]:
    """Evaluate `units_meeting` (how many of the active units reach the bar) or `worst_unit` for every area.

    bases: the definitions of the indicator that they are about, computed for every unit; the newest in a period counts.
    The units are the top-level ones of an area and of the areas below it. A unit to which the indicator does not
    apply, or in which it concerns nobody, is not counted. Returns the rows of the grid, numerators, denominators
    and reasons.
    """
    unset = NOT_REPORTED
    units = _units(bases, grid)
    if row.kind == "units_meeting":
        bar = formulas.parse_bar(row.numerator)
        unset = f"parameter {bar.parameter} is not set"
        limit = np.full(len(grid.frame), bar.value)
        if bar.value is None:
            limit = parameter_values(bar.parameter, grid.values.index, grid.parameters)
        units = units.assign(limit=limit[units["at"]])
        units = units.assign(met=_meets(units, bar.comparison), unset=units["limit"].isna())
    else:
        units = units.assign(unset=False)
    units = _into_areas(units, grid)
    groups = units.groupby(_GROUP)
    sums = groups[["concerned", "given", "absent", "unset"]].sum().assign(size=groups.size())
    if row.kind == "units_meeting":
        sums = sums.assign(numerator=groups["met"].sum(), denominator=sums["given"])
    else:
        sums = sums.join(_worst(units, bases))
    areas = grid.frame.loc[~grid.is_unit & grid.valid(row), ["period", "area"]].reset_index(names="at")
    result = areas.merge(sums.reset_index().rename(columns={"into": "area"}), on=["period", "area"], how="left")
    reason = so_many(result["given"], result["concerned"], "units reported")
    reason = reason.mask(result["given"] == result["concerned"], "").mask(~(result["given"] > 0), NOT_REPORTED)
    reason = reason.mask((reason == "") & (result["unset"] > 0), unset)
    nobody = result["concerned"] == 0
    all_absent = result["absent"] == result["size"]
    reason = reason.mask(nobody & all_absent, NOT_APPLICABLE).mask(nobody & ~all_absent, ZERO_DENOMINATOR)
    figures = result[["numerator", "denominator"]].astype(float).where(reason == "")
    figures = figures.mask(reason == ZERO_DENOMINATOR, 0.0)
    return (
        result["at"].to_numpy(dtype=np.intp),
        figures["numerator"].to_numpy(dtype=float),
        figures["denominator"].to_numpy(dtype=float),
        grid.values.reasons.codes(reason),
    )


def _units(bases: list[Part], grid: Grid) -> pd.DataFrame:
    """Return the indicator in every active top-level unit, with its row of the grid, period and area."""
    columns = ("at", "numerator", "denominator", "value", "reason")
    frames = [
        pd.DataFrame({name: getattr(part, name) for name in columns}).assign(
            per=float(part.row.per), definition=part.row.valid_from
        )
        for part in bases
    ]
    if not frames:
        frames = [pd.DataFrame({name: [] for name in (*columns, "per", "definition")}).astype({"at": int})]
    units = pd.concat(frames).sort_values(["at", "definition"]).drop_duplicates("at", keep="last")
    units = units[(grid.is_top_unit & grid.values.living)[units["at"]]]
    codes = grid.values.reasons
    absent = units["reason"] == codes.code(NOT_APPLICABLE)
    concerned = ~absent & (units["reason"] != codes.code(ZERO_DENOMINATOR))
    places = grid.frame.iloc[units["at"]]
    return units.assign(
        period=places["period"].to_numpy(),
        into=places["area"].to_numpy(),
        absent=absent,
        concerned=concerned,
        given=concerned & units["value"].notna(),
    )


def _into_areas(units: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Return each unit once for its own area and once for every area above, up to one that does not exist."""
    frame = grid.frame[~grid.is_unit & grid.values.living]
    living = pd.MultiIndex.from_frame(frame[["period", "area"]])
    steps = [units]
    while len(units):
        units = units[pd.MultiIndex.from_frame(units[_GROUP]).isin(living)]
        above = units["into"].map(grid.parent).fillna("")
        units = units.assign(into=above.astype("str"))[above != ""]
        steps.append(units)
    return pd.concat(steps, ignore_index=True)


def _meets(units: pd.DataFrame, comparison: str) -> NDArray[np.bool_]:
    """Whether each value reaches the bar; those that are as good as on it are compared as exact fractions."""
    value, limit = units["value"].to_numpy(dtype=float), units["limit"].to_numpy(dtype=float)
    met = (value >= limit) if comparison == ">=" else (value <= limit)
    for at in np.flatnonzero(np.isclose(value, limit, rtol=NEAR, atol=0)):
        ratio, bar = _ratio(units.iloc[int(at)]), exact(float(limit[at]))
        met[at] = ratio >= bar if comparison == ">=" else ratio <= bar
    return np.asarray(met & units["given"].to_numpy(dtype=bool), dtype=bool)


def _worst(units: pd.DataFrame, bases: list[Part]) -> pd.DataFrame:
    """Return numerator and denominator of the worst unit of each area, the first of equals."""
    high = bool(bases) and bases[-1].row.direction == "down"
    given = units[units["given"]].sort_values("at", kind="stable")
    extreme = given.groupby(_GROUP)["value"].transform("max" if high else "min")
    near = given[np.isclose(given["value"], extreme, rtol=NEAR, atol=0)]
    shared = near.duplicated(_GROUP, keep=False)
    ratios = [_ratio(row) for _, row in near[shared].iterrows()]
    order = {ratio: at for at, ratio in enumerate(sorted(set(ratios), reverse=high))}
    rank = np.zeros(len(near), dtype=int)
    rank[shared] = [order[ratio] for ratio in ratios]
    first = near.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates(_GROUP)
    return first.set_index(_GROUP)[["numerator", "denominator"]]


def _ratio(row: pd.Series) -> Fraction:
    ratio = exact(row["numerator"]) * exact(row["per"])
    return ratio if np.isnan(row["denominator"]) else ratio / exact(row["denominator"])
