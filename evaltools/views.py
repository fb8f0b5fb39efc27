"""What readers see as tables of indicators: each function returns one frame, ready for `Publish.table`.

Frames keep identifiers and unrounded numbers beside names in the reader's language; `columns` gives the headers.
Tables of scores are in `score_views`, those of the data check in `quality_views`, those of a region in
`region_views`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools.aggregation import PLACE
from evaltools.datasets import Data
from evaltools.regions import RegionFigures
from evaltools.wording import measured, topic, word

SHARES = ("proportion", "rate", "ratio", "units_meeting")
"""Kinds of indicators that can be set beside those of another place, whatever its size."""

FORMATS = {
    "value": "value",
    "previous_value": "value",
    "median": "value",
    "target": "target",
    "target_upper": "target",
    "full_at": "target",
    "total_value": "value",
    "reference_value": "value",
    "change_pp": "change_pp",
    "change_percent": "change_percent",
    "change_lower": "change_pp",
    "change_upper": "change_pp",
    "numerator_effect": "change_pp",
    "denominator_effect": "change_pp",
    "percent_lower": "change_percent",
    "percent_upper": "change_percent",
    "p_adjusted": "p_value",
    "trend_p": "p_value",
    "mk_p": "p_value",
    "sen_slope": "change_pp",
    "apc": "change_percent",
    "apc_lower": "change_percent",
    "apc_upper": "change_percent",
    "apc_model": "model",
    "dispersion": "number:1",
    "run": "run",
    "years": "integer",
    "marker": "marker",
    "history": "sparkline",
    "status": "status",
    "target_status": "status",
    "against": "status",
    "reason": "reason",
    "rank": "integer",
    "previous_rank": "integer",
    "change_rank": "change:0",
    "n_areas": "integer",
    "numerator": "quantity",
    "denominator": "quantity",
    "lower": "value",
    "upper": "value",
    "short": "integer",
    "above": "integer",
    "near": "integer",
    "below": "integer",
    "best": "integer",
    "last": "integer",
    "reported": "integer",
    "points": "points",
    "previous_points": "points",
    "change_points": "change:2",
    "full": "quantity",
    "lost": "points",
    "missing_lost": "points",
    "errors": "integer",
    "warnings": "integer",
    "notes": "integer",
    "silent": "integer",
    "items_reported": "integer",
    "items_expected": "integer",
    "share": "percent:1",
    "from": "quantity",
    "to": "quantity",
    "period": "period",
    "first_period": "period",
    "first_value": "value",
    "series_reason": "reason",
    "not_computed": "reason",
}
"""Format of each column wherever it is shown; a column that is not here is text."""


def columns(names: Iterable[str], lang: str, **values: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show as `Publish.table` wants them: column -> (header, format)."""
    return {name: (word(f"columns.{name}", lang, **values), FORMATS.get(name, "text")) for name in names}


def present(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the columns of a table that say anything at all: a region without targets needs no column for them.

    The first one stays in any case, so that a table without rows is still a table.
    """
    first, *others = names
    return [first, *(name for name in others if (table[name].notna() & (table[name] != "")).any())]


def family_name(family: str, lang: str) -> str:
    """Return the name of a family of indicators; a family that only a dataset knows is shown as it is."""
    names = topic("families")
    return names[family][lang] if family in names else family.replace("_", " ")


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the newest definition of each period, place and indicator."""
    key = ["period", *PLACE, "indicator"]
    return rows.sort_values("definition", kind="stable").drop_duplicates(key, keep="last").sort_index()


def names_of(data: Data, lang: str) -> pd.Series:
    """Return indicator -> name of its newest definition."""
    return data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")[f"name_{lang}"]


def described(rows: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Add name, family, kind, per and direction of each row's definition, in the order of the catalogue.

    The name of a count, an amount or a mean says its measure too: patrols (times), funds per head (yuan).
    """
    catalogue = data.catalogue
    about = pd.DataFrame(
        {
            "indicator": catalogue["indicator"],
            "definition": catalogue["valid_from"],
            "name": [
                measured(name, measure, lang) if kind in ("count", "amount", "mean") else name
                for name, measure, kind in zip(
                    catalogue[f"name_{lang}"], catalogue["measure"], catalogue["kind"], strict=True
                )
            ],
            "family": [family_name(family, lang) for family in catalogue["family"]],
            "kind": catalogue["kind"],
            "per": catalogue["per"].astype(int),
            "direction": catalogue["direction"],
            "order": range(len(catalogue)),
        }
    )
    merged = rows.merge(about, on=["indicator", "definition"], how="left")
    return merged.sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)


OF_OTHERS = ["rank", "median", "p25", "p75", "total_numerator", "total_denominator", "total_value"]


def beside_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is said of all areas where there is but one: it would be compared with itself."""
    return rows.assign(**{name: rows[name].where(rows["n_areas"] > 1) for name in OF_OTHERS})


def main_indicators(data: Data, table: pd.DataFrame, most: int = 9) -> list[str]:
    """Return the indicators of an overview that stand for the rest: those of the standard's heaviest lines.

    Without a standard the first that have a value. Only shares and rates; a line without data stays.
    """
    shares = table[table["kind"].isin(SHARES)]
    if data.standard is None:
        return list(shares.loc[shares["value"].notna(), "indicator"].head(most))
    lines = sorted(data.standard.lines, key=lambda pair: -pair[1].points)  # stable: the standard's order among equals
    heaviest = dict.fromkeys(line.indicator for _, line in lines)
    return [name for name in heaviest if name in set(shares["indicator"])][:most]


def reference_column(data: Data) -> str:
    """Return the column an area is compared with: a reference with figures of its own, else all areas together."""
    kind = data.areas.set_index("area")["kind"].get(data.meta.region, "")
    return "reference_value" if kind == "reference" else "total_value"


def reference_name(data: Data, lang: str) -> str:
    """Return the name of what an area is compared with: England, or all areas together."""
    if reference_column(data) == "reference_value":
        return data.area_name(data.meta.region, lang)
    return word("report.all_areas", lang)


def comparison(data: Data, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return an area's indicators beside the reference and the other areas.

    `against` says whether a share is above or below the reference, or near it where its 95% interval holds the
    reference; "" where there is nothing to compare, as for counts, or no other area.
    """
    rows = compared(data, region, period, lang)
    return rows[rows["area"] == area].drop(columns=["period", "area"]).reset_index(drop=True)


def compared(data: Data, region: RegionFigures, period: str, lang: str) -> pd.DataFrame:
    """Return the rows of `comparison` for every area of the region."""
    key = ["period", "area", "indicator", "definition"]
    rows = region.benchmark
    rows = beside_others(rows[(rows["period"] == period) & (rows["n_areas"] > 0)])
    limits = region.indicators.loc[region.indicators["unit"] == "", [*key, "lower", "upper"]]
    rows = described(newest(rows.assign(unit="")).drop(columns="unit").merge(limits, on=key, how="left"), data, lang)
    reference = rows[reference_column(data)]
    low, high = (rows[name].fillna(rows["value"]) for name in ("lower", "upper"))
    known = rows["kind"].isin((*SHARES, "mean")) & rows["value"].notna() & reference.notna()
    against = np.select([~known, low > reference, high < reference], ["", "above", "below"], "near")
    return rows.assign(against=against)
