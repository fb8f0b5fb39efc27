"""By what the scores of units are weighted in that of their area."""

from __future__ import annotations

import pandas as pd

from evaltools.aggregation import item_values
from evaltools.datasets import Data
from evaltools.standards import Standard


def unit_weights(data: Data, standard: Standard, every: str) -> pd.DataFrame | None:
    """Return the value of the standard's item in every unit: period, area, unit, weight; None where none is needed.

    A unit that did not report the item has no weight (NaN).
    """
    if standard.roll_up is None or standard.roll_up.by != "item":
        return None
    values = item_values(data, every)
    rows = values.index.to_frame(index=False)
    weight = values.value.get(standard.roll_up.item, float("nan"))
    rows = rows.assign(weight=weight)
    return rows[rows["unit"] != ""].reset_index(drop=True)


def needs_units(standard: Standard) -> bool:
    """Whether a standard asks for figures of units."""
    return standard.objects == "unit" or any(line.rule == "units_meeting" for _, line in standard.lines)
