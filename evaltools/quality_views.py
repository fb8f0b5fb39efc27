"""What readers see as tables of the data check: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

import pandas as pd

from evaltools import aggregation, periods
from evaltools.aggregation import active
from evaltools.datasets import Data
from evaltools.problems import LEVELS, where_in
from evaltools.views import same_period
from evaltools.wording import word


def findings(found: pd.DataFrame, period: str, lang: str) -> pd.DataFrame:
    """Return the findings of a period (and those of its months), errors first, with the sentence in one language."""
    rows = found[found["period"].map(lambda p: _inside(p, period)).astype(bool)]
    levels = {level: word(f"report.level_{level}", lang) for level in LEVELS}
    return pd.DataFrame(
        {
            "level": rows["level"],
            "level_name": rows["level"].map(levels),
            "rule": rows["rule"],
            "period": rows["period"],
            "area": rows["area"],
            "unit": rows["unit"],
            "subject": rows["subject"],
            "sentence": rows[f"sentence_{lang}"],
            "evidence": rows["evidence"],
            "where": [where_in(text, lang) for text in rows["where"]],
        }
    ).reset_index(drop=True)


def _inside(period: str, outer: str) -> bool:
    return period == "" or (period not in ("*", periods.UNKNOWN) and periods.contains(outer, period))


def by_level(found: pd.DataFrame) -> dict[str, int]:
    """Return the number of findings of each level."""
    counts = found["level"].value_counts()
    return {level: int(counts.get(level, 0)) for level in LEVELS}


def completeness(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return how many of the items that any unit of the area reported in a period each active unit reported.

    No rows where no unit reported anything for the period: then the area itself reports it.
    """
    facts = aggregation.trusted(data.facts, data.meta.origins)
    facts = facts[(facts["area"] == area) & (facts["unit"] != "")]
    facts = facts[same_period(facts["period"], period)]
    given = facts[facts["value"].notna() | (facts["state"] == "not_applicable")]
    units = data.units[data.units["area"] == area]
    expected = given["item"].nunique()
    units = units[active(units, period) & bool(expected)]
    reported = given.groupby("unit")["item"].nunique()
    count = units["unit"].map(reported).fillna(0).astype(int)
    return (
        pd.DataFrame(
            {
                "unit": units["unit"],
                "unit_name": units[f"name_{lang}"].where(units[f"name_{lang}"] != "", units["name_zh"]),
                "items_reported": count,
                "items_expected": expected,
                "share": count / max(expected, 1) * 100,
            }
        )
        .sort_values(["share", "unit"], kind="stable")
        .reset_index(drop=True)
    )


def adjusted(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return the adjustments of a period: what verification, appeals and corrections changed."""
    rows = data.adjustments[data.adjustments["area"] == area]
    rows = rows[same_period(rows["period"], period)]
    items = data.items.set_index("item")[f"name_{lang}"]
    units = dict(zip(data.units["unit"], data.units[f"name_{lang}"], strict=True))
    stages = [word(f"report.adjusted_{stage}", lang) for stage in rows["stage"]]
    table = rows.assign(
        item_name=rows["item"].map(items),
        adjustment_reason=rows["reason"],
        unit_name=rows["unit"].map(units).fillna(data.area_name(area, lang)),
        stage_name=pd.Series(stages, index=rows.index, dtype="str"),
    )
    kept = ["unit", "unit_name", "item", "item_name", "from", "to", "stage", "stage_name"]
    return table[[*kept, "adjustment_reason", "evidence", "date"]].reset_index(drop=True)
