"""Years with two definitions of an indicator: what the change of definition alone does to a figure (口径影响)."""

from __future__ import annotations

import pandas as pd

from evaltools import periods
from evaltools.changes import KEY

COLUMNS = [
    *KEY,
    "old_definition",
    "old_numerator",
    "old_denominator",
    "old_value",
    "numerator",
    "denominator",
    "value",
    "definition_effect",
]
"""Columns of `definition_effects`."""


def definition_effects(ind: pd.DataFrame) -> pd.DataFrame:
    """Return what each change of definition did, in the years that have a value on both.

    `ind` is an indicator frame. One row for each period, area, unit and indicator with values on two definitions that
    follow each other: `definition_effect` = value on the new one − value on the old one, in the indicator's own points.
    It is the price of counting otherwise and no change of performance; no comparison over time crosses it.
    """
    known = ind[ind["value"].notna() & (ind["period"] != periods.UNKNOWN)].sort_values("definition", kind="stable")
    place = [name for name in KEY if name != "definition"]
    old = known.groupby(place, sort=False)[["definition", "numerator", "denominator", "value"]].shift()
    rows = known.assign(**{f"old_{name}": old[name] for name in old})
    rows = rows[rows["old_definition"].notna()]
    return rows.assign(definition_effect=rows["value"] - rows["old_value"])[COLUMNS].sort_index(ignore_index=True)
