"""What readers see of sampled records: one table a county, ready for `Publish.table`."""

from __future__ import annotations

import pandas as pd

from evaltools.datasets import Data
from evaltools.views import described, present
from evaltools.wording import word

FORMATS = {
    "reported_numerator": "quantity",
    "sampled": "integer",
    "genuine": "integer",
    "genuine_share": "percent:1",
    "share_lowest": "percent:1",
    "share_highest": "percent:1",
    "numerator": "quantity",
    "reported_value": "value",
    "value": "value",
    "points_reported": "points",
    "points": "points",
    "points_lowest": "points",
    "points_highest": "points",
    "correction_reason": "reason",
}
COLUMNS = [
    "name",
    "unit_name",
    "reported_numerator",
    "sampled",
    "genuine",
    "genuine_share",
    "share_lowest",
    "share_highest",
    "numerator",
    "reported_value",
    "value",
    "points_reported",
    "points",
    "points_lowest",
    "points_highest",
    "treatment",
    "judged",
    "correction_reason",
]
"""Columns shown, in order."""

_KEY = ["period", "area", "unit", "indicator"]
_POINTS = ["points_reported", "points", "points_lowest", "points_highest"]
_SHARES = ["genuine_share", "share_lowest", "share_highest"]


def sample_table(
    data: Data,
    corrected: pd.DataFrame,
    samples: pd.DataFrame,
    area: str,
    period: str,
    lang: str,
    ranges: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what was sampled in an area and a period, indicator by indicator, the area first, then its institutions.

    corrected: of `authenticity.corrected`. samples: the table of samples, for what was drawn without being checked.
    ranges: of `score_ranges`; the points of the lines that score an indicator are added up. Columns `COLUMNS` with
    indicator, unit, per and kind; shares in percent, other numbers unrounded; treatment and judged in words.
    """
    rows = corrected[(corrected["area"] == area) & (corrected["period"] == period)]
    empty = samples[(samples["sampled"] == 0) & (samples["area"] == area) & (samples["period"] == period)]
    unchecked = pd.MultiIndex.from_frame(rows[["unit", "indicator"]]).isin(
        pd.MultiIndex.from_frame(empty[["unit", "indicator"]])
    )
    # of an indicator that was not checked at all only the newest definition was meant
    last = rows.groupby(["unit", "indicator"])["definition"].transform("max") == rows["definition"]
    rows = rows[rows["sampled"].notna() | (unchecked & last)]
    rows = rows.assign(sampled=rows["sampled"].fillna(0), genuine=rows["genuine"].fillna(0))
    if ranges is not None:
        scored = ranges[ranges["indicator"] != ""].groupby(_KEY, sort=False)[_POINTS].sum(min_count=1)
        rows = rows.merge(scored.reset_index(), on=_KEY, how="left")
    else:
        rows = rows.assign(**dict.fromkeys(_POINTS, float("nan")))
    names = data.units[data.units["area"] == area].set_index("unit")[f"name_{lang}"]
    whole = word("authenticity.whole_area", lang)
    rows = rows.assign(
        unit_name=[names.get(unit, "") or unit or whole for unit in rows["unit"]],
        treatment=[word(f"authenticity.correction_{name}", lang) for name in rows["correction"]],
        judged=[word(f"authenticity.verdict_{name}", lang) if name else "" for name in rows["verdict"]],
        **{name: rows[name] * 100 for name in _SHARES},
    )
    table = described(rows, data, lang)
    table = table.assign(order=pd.factorize(table["indicator"])[0]).sort_values(["order", "unit"], kind="stable")
    kept = ["indicator", "unit", *COLUMNS, "correction", "verdict", "per", "kind"]
    return table[kept].reset_index(drop=True)


def columns(table: pd.DataFrame, lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show of a `sample_table`, without those that say nothing: column -> (header, format)."""
    shown = present(table, COLUMNS)
    return {name: (word(f"authenticity.column_{name}", lang), FORMATS.get(name, "text")) for name in shown}
