"""What readers see as tables about a whole region: league, who moved, funnels, data quality by county."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools import wording
from evaltools.area_labels import labels
from evaltools.datasets import Data
from evaltools.exact_funnels import exact_limits
from evaltools.formulas import parse
from evaltools.quality_views import findings
from evaltools.regions import RegionFigures
from evaltools.score_views import grade_name, without_data
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.views import compared, described, newest
from evaltools.wording import word

NAMED = 20
"""Areas outside the limits that a funnel names: those furthest out."""

_FUNNEL = {"baseline": "centre", "lower_99_8": "lower_998", "upper_99_8": "upper_998"}


def league_table(data: Data, region: RegionFigures, standard: Standard, period: str, lang: str) -> pd.DataFrame:
    """Return one row a county, best first: score, grade, rank, and what changed; counties without a score last.

    missing_lines and missing_lost: lines without a value and the points they cost; NaN where no county has any.
    """
    rows = region.league
    rows = rows[(rows["section"] == "") & (rows["unit"] == "") & (rows["period"] == period)]
    lines = region.points
    missing = without_data(lines[(lines["unit"] == "") & (lines["period"] == period)]).groupby("area")["lost"]
    rows = rows.assign(
        county=rows["area"].map(labels(data, lang)),
        grade_name=[grade_name(standard, grade, lang) for grade in rows["grade"]],
        missing_lines=_none_or_counts(rows["area"].map(missing.size())),
        missing_lost=_none_or_counts(rows["area"].map(missing.sum())),
    )
    kept = ["area", "county", "points", "full", "grade", "grade_name", "rank"]
    changes = ["previous_points", "previous_rank", "change_points", "change_rank", "missing_lines", "missing_lost"]
    return rows.sort_values(["rank", "area"], kind="stable")[[*kept, *changes]].reset_index(drop=True)


def _none_or_counts(found: pd.Series) -> pd.Series:
    """Return zero where others have something; a column without anything stays empty and is not shown."""
    return found.astype(float).fillna(0) if found.notna().any() else found.astype(float)


def counties_overview(data: Data, region: RegionFigures, period: str, lang: str) -> pd.DataFrame:
    """Return one row a county: how its indicators stand beside the reference and among the others.

    For a region without a standard. above, near, below: shares above, near and below the reference (as in
    `views.compared`), NaN where nothing is compared. best, last: indicators with a direction in the best and in the
    worst quarter of four or more areas; NaN where fewer than four indicators have a direction, since one says little.
    reported: indicators with a value, of `indicators` that any area reports.
    """
    rows = compared(data, region, period, lang)
    judged = rows[rows["rank"].notna() & (rows["n_areas"] >= 4)]
    place = judged["rank"] / judged["n_areas"]
    counts = pd.DataFrame({"area": judged["area"], "best": place <= 0.25, "last": place > 0.75})
    if judged["indicator"].nunique() < 4:
        counts = counts.head(0)
    result = pd.DataFrame({"area": data.counties()})
    result = result.assign(area_name=result["area"].map(labels(data, lang)))
    for name in ("above", "near", "below"):
        found = rows[rows["against"] == name].groupby("area").size()
        result[name] = result["area"].map(found)
    if result[["above", "near", "below"]].notna().to_numpy().any():
        result = result.fillna({"above": 0, "near": 0, "below": 0})
    result = result.merge(counts.groupby("area", as_index=False).sum(), on="area", how="left")
    known = rows[rows["value"].notna()].groupby("area").size()
    return result.assign(
        reported=result["area"].map(known).fillna(0).astype(int), indicators=rows["indicator"].nunique()
    )


def funnel_input(
    data: Data, region: RegionFigures, indicator: str, period: str, lang: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the counties' values of a proportion or rate, and the limits around their joint rate, for a funnel.

    Limits are exact (`exact_funnels.exact_limits`); `fair_views.adjusted_funnel` adds those that allow for
    over-dispersion. The region itself is not among them: a reference need not be their sum, and would dwarf them.
    """
    rows = region.benchmark[(region.benchmark["period"] == period) & (region.benchmark["indicator"] == indicator)]
    rows = newest(rows.assign(unit=""))
    rows = described(rows[(rows["denominator"] > 0) & rows["area"].isin(data.counties())], data, lang)
    kind, per = rows["kind"].iloc[0], float(rows["per"].iloc[0])
    average = float(rows["total_numerator"].iloc[0] / rows["total_denominator"].iloc[0])
    sizes = np.linspace(rows["denominator"].min() * 0.8, rows["denominator"].max() * 1.05, 100)
    curve = exact_limits(sizes, average, kind, per).rename(columns=_FUNNEL)
    own = exact_limits(rows["denominator"], average, kind, per)
    outside = (rows["value"] < own["lower_99_8"]) | (rows["value"] > own["upper_99_8"])
    half = np.maximum((own["upper_99_8"] - own["lower_99_8"]).to_numpy(dtype=float), 1e-12) / 2
    far = ((rows["value"] - average * per).abs() / half).where(outside.to_numpy(), 0)
    values = rows.assign(label=rows["area"].map(labels(data, lang)), outside=outside.to_numpy())
    values["named"] = outside.to_numpy() & (far.rank(method="first", ascending=False) <= NAMED).to_numpy()
    values["hover"] = [_hover(row, kind, int(per), lang) for row in each_row(values)]
    names = ["area", "label", "indicator", "numerator", "denominator", "value", "per", "kind", "outside"]
    return values[[*names, "named", "hover"]], curve


def _hover(row: Any, kind: str, per: int, lang: str) -> str:
    shown = {name: wording.quantity(getattr(row, name), lang) for name in ("numerator", "denominator")}
    return word("region.hover_value", lang, name=row.label, value=wording.value(row.value, lang, per, kind), **shown)


def quality_by_area(data: Data, found: pd.DataFrame, period: str, lang: str) -> pd.DataFrame:
    """Return how many errors and warnings each county's data of a period hold, and how many units were silent.

    Those with most come first.
    """
    rows = findings(found, period, lang)
    counts = rows.groupby(["area", "level"]).size().unstack("level")
    table = pd.DataFrame({"area": data.counties()})
    for level, column in (("error", "errors"), ("warning", "warnings")):
        known = counts[level] if level in counts else pd.Series(dtype=float)
        table[column] = table["area"].map(known).fillna(0).astype(int)
    silent = rows[rows["rule"] == "silent_unit"].groupby("area").size()
    table = table.assign(
        silent=_none_or_counts(table["area"].map(silent)), area_name=table["area"].map(labels(data, lang))
    )
    return table.sort_values(["errors", "warnings"], ascending=False, kind="stable", ignore_index=True)


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

    Those with most counties outside the 99.8% limits, as long as half lie inside: where nearly all lie outside,
    the limits only say that the denominators are large. The catalogue's order among equals.
    """
    rows = region.benchmark[(region.benchmark["period"] == period) & (region.benchmark["n_areas"] >= 4)]
    rows = described(rows, data, "en")
    rows = rows[rows["kind"].isin(["proportion", "rate"]) & rows["value"].notna()]
    if data.standard is not None:
        rows = rows[rows["indicator"].isin({line.indicator for _, line in data.standard.lines})]
    spread: dict[str, float] = {}
    for indicator, own in rows.groupby("indicator", sort=False):
        joint = own["total_numerator"].iloc[-1] / own["total_denominator"].iloc[-1]
        if joint > 0 and (joint <= 1 or own["kind"].iloc[-1] == "rate"):
            values, _ = funnel_input(data, region, str(indicator), period, "en")
            spread[str(indicator)] = float(values["outside"].mean())
    telling = [name for name, share in spread.items() if share <= 0.5]
    return sorted(telling or spread, key=lambda name: -spread[name])[:most]


def league_chart(table: pd.DataFrame, standard: Standard, lang: str) -> tuple[pd.DataFrame, list[tuple[str, float]]]:
    """Return the bars of the league and the bounds of the grades: input of `league_bars`."""
    bars = pd.DataFrame({"label": table["county"], "score": table["points"], "grade": table["grade_name"]})
    bars = bars.assign(area=table["area"], hover=hover(table, lang))
    cutoffs = [(str(getattr(g, f"name_{lang}")), float(g.start)) for g in standard.grades if g.start > 0]
    return bars, cutoffs


def hover(table: pd.DataFrame, lang: str) -> list[str]:
    """Return what a chart says of each row of a league table where the pointer rests."""
    found = []
    for row in each_row(table):
        about = {"name": row.county, "points": wording.points(row.points, lang), "grade": row.grade_name}
        if pd.isna(row.rank):
            found.append(word("region.hover_unranked", lang, **about))
        else:
            found.append(word("region.hover", lang, rank=int(row.rank), **about))
    return found


def rank_moves(table: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return the ranks of two years of every county that has both: input of `rank_change`."""
    rows = table[table["rank"].notna() & table["previous_rank"].notna()]
    moved = pd.DataFrame({"label": rows["county"], "before": rows["previous_rank"], "after": rows["rank"]})
    said = [
        word("region.hover_moved", lang, name=row.label, before=int(row.before), after=int(row.after))
        for row in each_row(moved)
    ]
    return moved.assign(area=rows["area"], hover=said)
