"""One quantity with two values: in two returns, at two levels, in two claims."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.aggregation import KEY
from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Floats
from evaltools.findings import Findings, Indicators, number
from evaltools.tables import each_row

_LEAST_ROUNDED = 10_000


def origins_differ(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find one quantity with two values in two returns.

    A value that may be the other one rounded to 万 or a part of it (332,700 beside 332,684) is a note only.
    """
    found = Findings(data)
    if len(data.facts) == len(counted.facts):
        return found.frame()
    several = data.facts[data.facts.duplicated(KEY, keep=False)]
    others = several.merge(counted.facts[[*KEY, "origin", "value", "source"]], on=KEY, suffixes=("", "_counted"))
    others = others[(others["origin"] != others["origin_counted"]) & others["value"].notna()]
    others = others[others["value_counted"].notna() & (others["value"] != others["value_counted"])]
    first, second = (others[name].to_numpy(dtype=float) for name in ("value_counted", "value"))
    rounded = np.abs(first - second) <= np.maximum(rounding(first), rounding(second))
    for row, is_rounded in zip(each_row(others), rounded, strict=True):
        found.find(
            "origins_rounded" if is_rounded else "origins_differ",
            "note" if is_rounded else "warning",
            (row.period, row.area, row.unit),
            ("item", row.item),
            f"{row.source_counted}; {row.source}",
            topic="quality_figures" if is_rounded else "findings",
            evidence=f"{number(row.value_counted)} ≠ {number(row.value)}",
            likely="rounded to ten thousands" if is_rounded else "",
            counted=number(row.value_counted),
            origin_counted=row.origin_counted,
            other=number(row.value),
            origin=row.origin,
        )
    return found.frame()


def rounding(values: Floats) -> Floats:
    """Return by how much each value may differ from the exact one if it was printed in 万 with up to two decimals.

    332,700 may be 33.27万, so by 50; 330,000 by 5,000. 0 below 10,000 and where the last two digits are not zero.
    """
    half = np.zeros(len(values))
    for unit in (100, 1000, 10_000):
        half = np.where((values >= _LEAST_ROUNDED) & (values % unit == 0), unit / 2, half)
    return half
