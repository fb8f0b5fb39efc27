"""The targets of an area, and whether its figures meet them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.datasets import Data


def same_period(column: pd.Series, period: str) -> pd.Series:
    """Return which periods are the same months as `period`, whatever they are called: 2024-H1, 2024-01/2024-06."""
    span = periods.parse(period)
    return column.map(lambda name: name != periods.UNKNOWN and periods.parse(name) == span).astype(bool)


def targets_of(data: Data, area: str, period: str) -> pd.DataFrame:
    """Return target, upper and kind of each indicator's target: the area's own before that of all areas."""
    rows = data.targets
    rows = rows[same_period(rows["period"], period) & (rows["unit"] == "") & rows["area"].isin([area, "*"])]
    rows = rows.sort_values("area", kind="stable")  # "*" sorts before every code
    return rows.drop_duplicates("indicator", keep="last").set_index("indicator")[["target", "upper", "kind"]]


def with_targets(table: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Add target, target_upper, target_kind and target_status (met, not_met, "" for none or no value).

    absolute: at or beyond the target by the direction. range: from target to upper, either of which may be open.
    improve: better than the year before, by the target where there is one; it is no level, so the column `target`
    stays empty.
    """
    found = targets.reindex(table["indicator"]).set_axis(table.index)
    aim, upper, kind = found["target"].astype(float), found["upper"].astype(float), found["kind"].fillna("")
    down = table["direction"] == "down"
    value, gain = table["value"], table["change_pp"] * np.where(down, -1, 1)
    reached = np.select(
        [kind == "improve", kind == "range", down],
        [(gain > 0) & (gain >= aim.fillna(0)), ~(value < aim) & ~(value > upper), value <= aim],
        value >= aim,
    ).astype(bool)
    known = value.notna() & np.select(
        [kind == "improve", kind == "range"], [gain.notna(), aim.notna() | upper.notna()], aim.notna()
    ).astype(bool)
    return table.assign(
        target=aim.mask(kind == "improve"),
        target_upper=upper,
        target_kind=kind,
        target_status=np.select([~known, reached], ["", "met"], "not_met"),
    )
