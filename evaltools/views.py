"""What readers see as tables: each function returns one frame, ready for `Publish.table`.

Frames keep identifiers and unrounded numbers beside names in the reader's language; `columns` gives the headers.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools import aggregation, formulas, periods
from evaltools.aggregation import PLACE, active
from evaltools.catalogue import OF_UNITS
from evaltools.datasets import Data
from evaltools.measures import indicators
from evaltools.problems import LEVELS, where_in
from evaltools.regions import RegionFigures
from evaltools.standards import Standard
from evaltools.trends import year_on_year
from evaltools.wording import topic, word

MAIN_FORMATS = {
    "value": "value",
    "previous_value": "value",
    "median": "value",
    "target": "value",
    "total_value": "value",
    "reference_value": "value",
    "change_pp": "change_pp",
    "change_percent": "change_percent",
    "status": "status",
    "target_status": "status",
    "reason": "reason",
    "rank": "integer",
    "previous_rank": "integer",
    "change_rank": "change:0",
    "n_areas": "integer",
    "numerator": "number:0",
    "denominator": "number:0",
    "lower": "value",
    "upper": "value",
    "short": "integer",
    "best": "integer",
    "last": "integer",
    "reported": "integer",
    "points": "points",
    "previous_points": "points",
    "change_points": "change:2",
    "full": "points",
    "lost": "points",
    "errors": "integer",
    "warnings": "integer",
    "count": "integer",
    "items_reported": "integer",
    "items_expected": "integer",
    "share": "percent:1",
    "from": "number:0",
    "to": "number:0",
    "period": "period",
    "stage": "stage",
}
"""Format of each column wherever it is shown; a column that is not here is text."""


def columns(names: Iterable[str], lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show as `Publish.table` wants them: column -> (header, format)."""
    return {name: (word(f"columns.{name}", lang), MAIN_FORMATS.get(name, "text")) for name in names}


def present(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the columns of a table that say anything at all: a region without targets needs no column for them."""
    return [name for name in names if (table[name].notna() & (table[name] != "")).any()]


def family_name(family: str, lang: str) -> str:
    """Return the name of a family of indicators; a family that only a dataset knows is shown as it is."""
    names = topic("families")
    return names[family][lang] if family in names else family.replace("_", " ")


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the newest definition of each period, place and indicator."""
    key = ["period", *PLACE, "indicator"]
    return rows.sort_values("definition", kind="stable").drop_duplicates(key, keep="last").sort_index()


def described(rows: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Add name, family, kind, per and direction of each row's definition, in the order of the catalogue."""
    catalogue = data.catalogue
    about = pd.DataFrame(
        {
            "indicator": catalogue["indicator"],
            "definition": catalogue["valid_from"],
            "name": catalogue[f"name_{lang}"],
            "family": [family_name(family, lang) for family in catalogue["family"]],
            "kind": catalogue["kind"],
            "per": catalogue["per"].astype(int),
            "direction": catalogue["direction"],
            "order": range(len(catalogue)),
        }
    )
    merged = rows.merge(about, on=["indicator", "definition"], how="left")
    return merged.sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)


def status_of(change: pd.Series, direction: pd.Series) -> pd.Series:
    """Return better, worse, same, neutral (no direction) or missing for each change."""
    good = np.sign(change) * direction.map({"up": 1.0, "down": -1.0}).astype(float)
    status = np.select(
        [change.isna(), good > 0, good < 0, change == 0], ["missing", "better", "worse", "same"], "neutral"
    )
    return pd.Series(status, index=change.index, dtype="str")


def targets_of(data: Data, area: str, period: str) -> pd.Series:
    """Return the absolute target of each indicator: the area's own before that of all areas."""
    rows = data.targets
    rows = rows[(rows["period"] == period) & (rows["unit"] == "") & (rows["kind"] == "absolute")]
    rows = rows[rows["area"].isin([area, "*"])].sort_values("area")  # "*" sorts before every code
    return rows.drop_duplicates("indicator", keep="last").set_index("indicator")["target"]


def overview(data: Data, ind: pd.DataFrame, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return one row an indicator: this period, the one before, the target and the region.

    Indicators that neither this area nor any other of the region reports are left out; those that this area alone
    does not report stay, with the reason.
    """
    rows = ind[(ind["area"] == area) & (ind["unit"] == "")]
    now = newest(rows[rows["period"] == period])
    change = year_on_year(rows, data.breaks)
    change = change[change["period"] == period]
    key = ["indicator", "definition"]
    bench = region.benchmark
    here = bench[(bench["period"] == period) & (bench["area"] == area)]
    known = here[[*key, "median", "p25", "p75", "rank", "n_areas", "total_value", "reference_value"]]
    result = now.merge(
        change[[*key, "previous_period", "previous_value", "change_pp", "change_percent", "reason"]],
        on=key,
        how="left",
        suffixes=("", "_change"),
    ).merge(known, on=key, how="left")
    result = result[(result["n_areas"] > 0) | result["value"].notna()]
    result = described(result, data, lang)
    target = result["indicator"].map(targets_of(data, area, period)).astype(float)
    reached = np.where(result["direction"] == "down", result["value"] <= target, result["value"] >= target)
    met = np.select([target.isna() | result["value"].isna(), reached], ["", "met"], "not_met")
    note = result["reason"].mask(
        result["value"].notna() & result["change_pp"].isna(), result["reason_change"].fillna("")
    )
    return result.assign(
        status=status_of(result["change_pp"], result["direction"]),
        target=target,
        target_status=met,
        reason=note.where(note != "", result["reason"]),
    ).drop(columns=["reason_change", "period", "area", "unit", "lower", "upper"])


def intervals(data: Data, ind: pd.DataFrame, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return numerator, denominator, value and 95 % interval of every indicator that has a value."""
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] == "") & (ind["period"] == period) & ind["value"].notna()])
    return described(rows, data, lang).drop(columns=["period", "area", "unit"])


def _in_points(table: pd.DataFrame) -> pd.Series:
    """Return which rows change by percentage points and can be set beside each other: shares of people or of money.

    A share of twelve units moves by eight points when one unit changes.
    """
    return (table["per"] == 100) & table["kind"].isin(["proportion", "ratio"])


def movers(table: pd.DataFrame, status: str, most: int = 5) -> pd.DataFrame:
    """Return the rows of an overview that became most better or worse: proportions and rates per 100, by points."""
    rows = table[(table["status"] == status) & _in_points(table)]
    return rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")].head(most)


def series(
    data: Data, ind: pd.DataFrame, region: RegionFigures, area: str, indicators: list[str], lang: str
) -> pd.DataFrame:
    """Return the values of some indicators over all periods with the region's quartiles: input of `trend_lines`."""
    rows = ind[(ind["area"] == area) & (ind["unit"] == "") & ind["indicator"].isin(indicators)]
    bench = region.benchmark[["period", "area", "indicator", "definition", "median", "p25", "p75"]]
    rows = rows.merge(bench, on=["period", "area", "indicator", "definition"], how="left")
    rows = described(rows, data, lang)
    target = pd.concat(
        [rows.loc[rows["period"] == p, "indicator"].map(targets_of(data, area, p)) for p in rows["period"].unique()]
        or [pd.Series(dtype=float)]
    )
    order = {name: at for at, name in enumerate(indicators)}
    shown = rows.assign(target=target.astype(float), label=rows["name"], q1=rows["p25"], q3=rows["p75"])
    shown = shown.sort_values("indicator", key=lambda names: names.map(order), kind="stable")
    wanted = ["label", "indicator", "definition", "period", "numerator", "denominator", "value", "per"]
    return shown[[*wanted, "median", "q1", "q3", "target"]].reset_index(drop=True)


def score_lines(
    points: pd.DataFrame, standard: Standard, data: Data, area: str, period: str, lang: str
) -> pd.DataFrame:
    """Return the points of every line with its names: what is measured, reached, aimed at, and the arithmetic."""
    rows = points[(points["area"] == area) & (points["unit"] == "") & (points["period"] == period)]
    sections = {s.id: getattr(s, f"name_{lang}") for s in standard.sections}
    lines = {line.id: line for _, line in standard.lines}
    catalogue = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    names = [
        getattr(lines[r], f"name_{lang}") or catalogue[f"name_{lang}"].get(i, i)
        for r, i in zip(rows["line"], rows["indicator"], strict=True)
    ]
    return (
        rows.assign(
            section_name=rows["section"].map(sections),
            name=names,
            per=rows["indicator"].map(catalogue["per"]).astype(float).fillna(1).astype(int),
            kind=rows["indicator"].map(catalogue["kind"]).fillna(""),
        )
        .drop(columns=["period", "area", "unit"])
        .reset_index(drop=True)
    )


def score_sections(league: pd.DataFrame, standard: Standard, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return points, rank and change of every section and of the total, the total last."""
    rows = league[(league["area"] == area) & (league["unit"] == "") & (league["period"] == period)]
    names = {s.id: getattr(s, f"name_{lang}") for s in standard.sections} | {"": word("report.total", lang)}
    return rows.assign(part=rows["section"].map(names), is_total=rows["section"] == "").drop(
        columns=["period", "area", "unit"]
    )


def grade_name(standard: Standard, grade: str, lang: str) -> str:
    """Return a grade's name in a language, "" for none."""
    return next((str(getattr(g, f"name_{lang}")) for g in standard.grades if g.id == grade), "")


def units_behind(
    data: Data, ind: pd.DataFrame, lines: pd.DataFrame, area: str, period: str, lang: str, most: int = 3
) -> pd.DataFrame:
    """Return, for the lines that cost most, the units that hold the area back, worst first.

    Only proportions with an upward target; `short` is how many more people served would have reached the target.
    """
    costly = lines[(lines["lost"] > 0) & lines["target"].notna() & (lines["kind"] == "proportion")]
    costly = costly.sort_values("lost", ascending=False, kind="stable").head(most)
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] != "") & (ind["period"] == period)])
    rows = rows.merge(costly[["indicator", "name", "target", "per", "kind", "lost"]], on="indicator")
    short = np.ceil(rows["target"] / rows["per"] * rows["denominator"] - rows["numerator"] - 1e-9)
    names = data.units.set_index(["area", "unit"])[f"name_{lang}"]
    result = rows.assign(
        short=short.clip(lower=0),
        unit_name=[names.get((a, u), u) for a, u in zip(rows["area"], rows["unit"], strict=True)],
    )
    result = result[result["short"] > 0].sort_values(
        ["lost", "indicator", "short"], ascending=[False, True, False], kind="stable"
    )
    kept = [
        "indicator",
        "name",
        "unit",
        "unit_name",
        "numerator",
        "denominator",
        "value",
        "target",
        "short",
        "per",
        "kind",
    ]
    return result.groupby("indicator", sort=False).head(most)[kept].reset_index(drop=True)


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


def completeness(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return how many of the items that any unit of the area reported in a period each active unit reported."""
    facts = aggregation.trusted(data.facts, data.meta.origins)
    facts = facts[(facts["area"] == area) & (facts["unit"] != "") & (facts["period"] == period)]
    given = facts[facts["value"].notna() | (facts["state"] == "not_applicable")]
    units = data.units[data.units["area"] == area]
    units = units[active(units, period)]
    expected = given["item"].nunique()
    reported = given.groupby("unit")["item"].nunique()
    count = units["unit"].map(reported).fillna(0).astype(int)
    return (
        pd.DataFrame(
            {
                "unit": units["unit"],
                "unit_name": units[f"name_{lang}"].where(units[f"name_{lang}"] != "", units["name_zh"]),
                "items_reported": count,
                "items_expected": expected,
                "share": count / expected * 100 if expected else np.nan,
            }
        )
        .sort_values(["share", "unit"], kind="stable")
        .reset_index(drop=True)
    )


def adjusted(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return the adjustments of a period: what verification, appeals and corrections changed."""
    rows = data.adjustments[(data.adjustments["area"] == area) & (data.adjustments["period"] == period)]
    items = data.items.set_index("item")[f"name_{lang}"]
    units = {(u, n) for u, n in zip(data.units["unit"], data.units[f"name_{lang}"], strict=True)}
    return rows.assign(
        item_name=rows["item"].map(items),
        adjustment_reason=rows["reason"],
        unit_name=rows["unit"].map(dict(units)).fillna(data.area_name(area, lang)),
        stage_name=[word(f"report.adjusted_{stage}", lang) for stage in rows["stage"]],
    )[
        [
            "unit",
            "unit_name",
            "item",
            "item_name",
            "from",
            "to",
            "stage",
            "stage_name",
            "adjustment_reason",
            "evidence",
            "date",
        ]
    ].reset_index(drop=True)


def comparison(data: Data, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return an area's indicators beside the reference and the other areas, for a region without a standard."""
    rows = region.benchmark
    rows = rows[(rows["period"] == period) & (rows["area"] == area) & (rows["n_areas"] > 0)]
    return described(rows, data, lang).drop(columns=["period", "area"])


def by_level(found: pd.DataFrame) -> dict[str, int]:
    """Return the number of findings of each level."""
    counts = found["level"].value_counts()
    return {level: int(counts.get(level, 0)) for level in LEVELS}


def largest_changes(table: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """Return the largest changes of an overview in percentage points, the best on top: input of `change_intervals`."""
    rows = table[_in_points(table) & table["change_pp"].notna() & (table["change_pp"] != 0)]
    rows = rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")].head(most)
    rows = rows.sort_values("change_pp", ascending=False, kind="stable")
    return pd.DataFrame({"label": rows["name"], "change": rows["change_pp"], "status": rows["status"]})


def main_indicators(data: Data, table: pd.DataFrame, most: int = 9) -> list[str]:
    """Return the indicators that stand for the rest: those of the standard's heaviest lines, else the first known.

    Only shares and rates that the area reports.
    """
    shown = table[table["value"].notna() & table["denominator"].notna()]["indicator"]
    if data.standard is None:
        return list(shown.head(most))
    lines = sorted(data.standard.lines, key=lambda pair: -pair[1].points)  # stable: the standard's order among equals
    heaviest = list(dict.fromkeys(line.indicator for _, line in lines))
    return [name for name in heaviest if name in set(shown)][:most]


def monthly(data: Data, area: str, period: str, chosen: list[str], lang: str, most: int = 6) -> pd.DataFrame:
    """Return the months up to the end of a period, two years at most, of those chosen indicators that have them.

    Only indicators whose items add up over time in one way: those served in a month over everybody there is at its
    end is a number, but not one to set beside the year's.
    """
    if periods.every(period) == "month":
        return pd.DataFrame()
    last = periods.parse(period).last
    ind = indicators(data, "month", units=False)
    inside = ind["period"].map(lambda p: last - 24 < periods.parse(p).last <= last).astype(bool)
    chosen = [name for name in chosen if len(_ways_over_time(data, name)) == 1]
    rows = ind[inside & (ind["area"] == area) & ind["indicator"].isin(chosen)]
    counts = rows[rows["value"].notna()].groupby("indicator").size()
    shown = [name for name in chosen if counts.get(name, 0) >= 6][:most]
    rows = described(rows[rows["indicator"].isin(shown)], data, lang)
    return rows.assign(label=rows["name"])[["label", "indicator", "definition", "period", "value", "per"]]


def _ways_over_time(data: Data, indicator: str) -> set[str]:
    row = data.catalogue[data.catalogue["indicator"] == indicator].iloc[-1]
    if row["kind"] in OF_UNITS:
        return set()
    used = set().union(*(formulas.items(formulas.parse(str(row[side]))) for side in ("numerator", "denominator")))
    return set(data.items.loc[data.items["item"].isin(used), "over_time"])


def lost_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that lost points: input of `points_lost`."""
    rows = lines[lines["lost"] > 0]
    return pd.DataFrame({"label": rows["name"], "lost": rows["lost"], "points": rows["full"]})


def reference_column(data: Data) -> str:
    """Return the column an area is compared with: a reference with figures of its own, else all areas together."""
    kind = data.areas.set_index("area")["kind"].get(data.meta.region, "")
    return "reference_value" if kind == "reference" else "total_value"
