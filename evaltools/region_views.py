"""What readers see as tables about a whole region: league, who moved, funnels, data quality by county."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.benchmarks import funnel_limits
from evaltools.datasets import Data
from evaltools.formulas import parse
from evaltools.regions import RegionFigures
from evaltools.standards import Standard
from evaltools.views import described, findings, grade_name

_FUNNEL = {"baseline": "centre", "lower_99_8": "lower_998", "upper_99_8": "upper_998"}


def league_table(data: Data, league: pd.DataFrame, standard: Standard, period: str, lang: str) -> pd.DataFrame:
    """Return one row a county, best first: score, grade, rank, and what changed; counties without a score last."""
    rows = league[(league["section"] == "") & (league["unit"] == "") & (league["period"] == period)]
    rows = rows.assign(
        county=[data.area_name(area, lang) for area in rows["area"]],
        grade_name=[grade_name(standard, grade, lang) for grade in rows["grade"]],
    )
    kept = [
        "area",
        "county",
        "points",
        "full",
        "grade",
        "grade_name",
        "rank",
        "previous_points",
        "previous_rank",
        "change_points",
        "change_rank",
    ]
    return rows.sort_values(["rank", "area"], kind="stable")[kept].reset_index(drop=True)


def counties_overview(data: Data, region: RegionFigures, period: str, lang: str) -> pd.DataFrame:
    """Return one row a county and a reference with how many indicators stand where among the others.

    For a region without a standard: counts of the indicators with a direction that lie in the best and in the worst
    quarter, and of those without a value.
    """
    rows = region.benchmark[region.benchmark["period"] == period]
    judged = rows[rows["rank"].notna() & (rows["n_areas"] >= 4)]
    place = judged["rank"] / judged["n_areas"]
    counts = pd.DataFrame({"area": judged["area"], "best": place <= 0.25, "last": place > 0.75})
    result = pd.DataFrame({"area": data.counties()})
    result = result.assign(county=[data.area_name(area, lang) for area in result["area"]])
    result = result.merge(counts.groupby("area", as_index=False).sum(), on="area", how="left")
    known = rows[rows["value"].notna()].groupby("area").size()
    return result.assign(
        reported=result["area"].map(known).fillna(0).astype(int), indicators=rows["indicator"].nunique()
    )


def funnel_input(
    data: Data, region: RegionFigures, indicator: str, period: str, lang: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the counties' values of a proportion or rate, and the limits around their joint rate, for a funnel."""
    rows = region.benchmark[(region.benchmark["period"] == period) & (region.benchmark["indicator"] == indicator)]
    rows = described(rows[(rows["denominator"] > 0) & rows["area"].isin(data.counties())], data, lang)
    kind, per = rows["kind"].iloc[0], float(rows["per"].iloc[0])
    average = float(rows["total_numerator"].iloc[0] / rows["total_denominator"].iloc[0])
    sizes = np.linspace(rows["denominator"].min() * 0.8, rows["denominator"].max() * 1.05, 100)
    curve = funnel_limits(sizes, average, kind, per).rename(columns=_FUNNEL)
    own = funnel_limits(rows["denominator"], average, kind, per)
    outside = (rows["value"] < own["lower_99_8"]) | (rows["value"] > own["upper_99_8"])
    values = rows.assign(label=[data.area_name(area, lang) for area in rows["area"]], outside=outside.to_numpy())
    return values[["area", "label", "numerator", "denominator", "value", "outside"]], curve


def quality_by_area(data: Data, found: pd.DataFrame, period: str, lang: str) -> pd.DataFrame:
    """Return how many errors and warnings each county's data of a period hold."""
    rows = findings(found, period, lang)
    counts = rows.groupby(["area", "level"]).size().unstack("level")
    table = pd.DataFrame({"area": data.counties()})
    for level, column in (("error", "errors"), ("warning", "warnings")):
        known = counts[level] if level in counts else pd.Series(dtype=float)
        table[column] = table["area"].map(known).fillna(0).astype(int)
    return table.assign(county=[data.area_name(area, lang) for area in table["area"]])


@dataclass(frozen=True)
class About:
    """What a chart of one indicator says: its name, what its denominator is, its kind and scale."""

    name: str
    base: str
    kind: str
    per: int


def about(data: Data, indicator: str, lang: str) -> About:
    """Return the name, denominator, kind and scale of an indicator's newest definition."""
    row = data.catalogue[data.catalogue["indicator"] == indicator].iloc[-1]
    names = data.items.set_index("item")[f"name_{lang}"]
    terms = parse(str(row["denominator"]))
    base = str(names[terms[0].item]) if len(terms) == 1 else ""
    return About(str(row[f"name_{lang}"]), base, str(row["kind"]), int(row["per"]))


def funnel_indicators(data: Data, region: RegionFigures, period: str, most: int = 2) -> list[str]:
    """Return the proportions and rates that a funnel tells most about, the standard's where there is one.

    Those with most counties outside the 99.8 % limits, as long as half lie inside: where nearly all lie outside,
    the limits only say that the denominators are large. The catalogue's order among equals.
    """
    rows = region.benchmark[(region.benchmark["period"] == period) & (region.benchmark["n_areas"] >= 4)]
    rows = described(rows, data, "en")
    rows = rows[rows["kind"].isin(["proportion", "rate"]) & (rows["direction"] != "none") & rows["value"].notna()]
    if data.standard is not None:
        rows = rows[rows["indicator"].isin({line.indicator for _, line in data.standard.lines})]
    spread = {}
    for indicator in rows["indicator"].unique():
        if rows.loc[rows["indicator"] == indicator, "total_numerator"].iloc[0] > 0:
            values, _ = funnel_input(data, region, indicator, period, "en")
            spread[indicator] = float(values["outside"].mean())
    telling = [name for name, share in spread.items() if share <= 0.5]
    return sorted(telling or spread, key=lambda name: -spread[name])[:most]


def league_chart(table: pd.DataFrame, standard: Standard, lang: str) -> tuple[pd.DataFrame, list[tuple[str, float]]]:
    """Return the bars of the league and the bounds of the grades: input of `league_bars`."""
    bars = pd.DataFrame({"label": table["county"], "score": table["points"], "grade": table["grade_name"]})
    cutoffs = [(str(getattr(g, f"name_{lang}")), float(g.start)) for g in standard.grades if g.start > 0]
    return bars, cutoffs


def rank_moves(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ranks of two years of every county that has both: input of `rank_change`."""
    rows = table[table["rank"].notna() & table["previous_rank"].notna()]
    return pd.DataFrame({"label": rows["county"], "before": rows["previous_rank"], "after": rows["rank"]})
