"""What readers see of an area's institutions side by side: their values by indicator, and those of two periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.datasets import Data
from evaltools.target_views import targets_of, with_targets
from evaltools.views import SHARES, described, newest


def unit_cells(data: Data, ind: pd.DataFrame, area: str, period: str, chosen: list[str], lang: str) -> pd.DataFrame:
    """Return the units' values of some indicators with what their targets say of them: input of `heat_map`.

    ind: indicator frame with rows of units. Units in the order of the dataset, indicators in the order of `chosen`,
    each pair on one row, also where nothing was reported (reason says why, where the frame does); an indicator no unit
    has a value of is left out. Returns area, unit, indicator, label (the unit's name), column (the indicator's name),
    numerator, denominator, value, per, kind, target, status (met, not_met, ""; of shares and rates only, since a target
    number of the whole area is none of its units) and reason (English).
    """
    rows = _of_units(data, ind, area, [period], chosen, lang)
    known = set(rows.loc[rows["value"].notna(), "indicator"])
    rows = with_targets(rows.assign(change_pp=np.nan), targets_of(data, area, period))
    units = _names(data, area, lang)
    columns = rows.drop_duplicates("indicator").set_index("indicator")["name"]
    shown = [name for name in chosen if name in known]
    grid = pd.MultiIndex.from_product([units.index, shown], names=["unit", "indicator"]).to_frame(index=False)
    cells = grid.merge(rows.drop(columns="name"), on=["unit", "indicator"], how="left")
    cells = cells.assign(
        area=area,
        label=cells["unit"].map(units),
        column=cells["indicator"].map(columns),
        status=cells["target_status"].where(cells["kind"].isin(SHARES)).fillna(""),
        per=cells["per"].fillna(100).astype(int),
        kind=cells["kind"].fillna("proportion"),
        reason=cells["reason"].fillna(""),
    )
    numbers = ["numerator", "denominator", "value", "per", "kind", "target"]
    return cells[["area", "unit", "indicator", "label", "column", *numbers, "status", "reason"]]


def unit_changes(data: Data, ind: pd.DataFrame, area: str, period: str, indicator: str, lang: str) -> pd.DataFrame:
    """Return each unit's value of an indicator in the period and the one a year before: input of `slope_chart`.

    Returns area, unit, label, before, after, per, kind and status: better or worse by the indicator's direction,
    neutral where it has none, nothing changed or a value is missing.
    """
    before = periods.shift(period, -1)
    rows = _of_units(data, ind, area, [before, period], [indicator], lang)
    wide = rows.pivot(index="unit", columns="period", values="value").reindex(columns=[before, period])
    units = _names(data, area, lang)
    wide = wide.reindex(units.index)
    sign = rows["direction"].map({"up": 1, "down": -1}).fillna(0).iloc[0] if len(rows) else 0
    gain = (wide[period] - wide[before]).to_numpy(dtype=float) * sign
    return pd.DataFrame(
        {
            "area": area,
            "unit": units.index,
            "label": units.to_numpy(),
            "before": wide[before].to_numpy(dtype=float),
            "after": wide[period].to_numpy(dtype=float),
            "per": int(rows["per"].iloc[0]) if len(rows) else 100,
            "kind": str(rows["kind"].iloc[0]) if len(rows) else "proportion",
            "status": np.select([gain > 0, gain < 0], ["better", "worse"], "neutral"),
        }
    )


def _of_units(
    data: Data, ind: pd.DataFrame, area: str, wanted: list[str], chosen: list[str], lang: str
) -> pd.DataFrame:
    rows = ind[(ind["area"] == area) & (ind["unit"] != "") & ind["period"].isin(wanted)]
    return described(newest(rows[rows["indicator"].isin(chosen)]), data, lang)


def _names(data: Data, area: str, lang: str) -> pd.Series:
    """Return unit -> name of the area's units, in the order of the dataset."""
    units = data.units[data.units["area"] == area].drop_duplicates("unit", keep="last")
    names: pd.Series = units.set_index("unit")[f"name_{lang}"]
    return names
