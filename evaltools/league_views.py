"""What readers of a region's report see as tables: history, grades, sections, lines, points and deductions.

Each function returns one frame, ready for `Publish.table`. A table that would have a row a county and more is cut
where a region is large; its file has every row.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evaltools import funds_page, funds_plan, funds_results, periods, wording
from evaltools.area_labels import labels, listed
from evaltools.datasets import Data
from evaltools.regions import RegionFigures, region_figures
from evaltools.score_views import grade_name, is_without_data, line_names, section_names
from evaltools.standards import BONUS, PENALTIES, Standard
from evaltools.wording import word

MOST_ROWS = 60
"""Rows of a table beside the league that a page shows; its file has them all."""

MOST_BARS = 40
"""Counties in the chart of scores: of more, the first and the last."""

PER_COUNTY = 3
"""Lines a county in the table of deductions."""


LEAGUE = (
    "rank",
    "county",
    "points",
    "grade_name",
    "history",
    "previous_rank",
    "change_rank",
    "change_points",
    "missing_lost",
)
"""Columns of the league that a page shows; headers and formats are those of `views`."""

GRADES = {
    "grade_name": "columns.grade_name text",
    "start": "region.column_start quantity",
    "n": "region.column_n integer",
    "share": "region.column_share percent:1",
}
SECTIONS = {
    "part": "columns.part text",
    "lines": "region.column_lines integer",
    "full": "region.column_full quantity",
    "mean": "region.column_mean points",
    "share": "region.column_rate percent:1",
    "high": "region.column_high points",
    "low": "region.column_low points",
}
LINES = {
    "name": "columns.line text",
    "section_name": "columns.section_name text",
    "full": "region.column_full quantity",
    "n_lost": "region.column_n_lost integer",
    "n_missing": "region.column_n_missing integer",
    "lost": "region.column_lost points",
    "share": "region.column_rate percent:1",
    "worst": "region.column_worst text",
    "worst_lost": "region.column_worst_lost points",
}
DEDUCTED = {
    "county": "columns.county text",
    "name": "columns.line text",
    "full": "columns.full quantity",
    "points": "columns.points points",
    "lost": "columns.lost points",
    "reason": "columns.reason reason",
}
"""Columns of this page's own tables: word of the header and format, for `score_views.headers`."""


def with_history(table: pd.DataFrame, region: RegionFigures, period: str) -> pd.DataFrame:
    """Add to a `region_views.league_table` the totals of the same part of each year up to a period.

    history: as `sparkline.parse` reads it, `2022=85.1; 2023=; 2024=86.4`; per: 1, since points carry no measure.
    """
    wanted = periods.parse(period)
    rows = region.league
    rows = rows[(rows["section"] == "") & (rows["unit"] == "")]
    spans = {name: periods.parse(name) for name in rows["period"].unique()}
    years = {
        name: span.year
        for name, span in spans.items()
        if (span.first % 12, span.length) == (wanted.first % 12, wanted.length) and span.first <= wanted.first
    }
    rows = rows[rows["period"].isin(list(years))]
    wide = rows.assign(year=rows["period"].map(years)).pivot(index="area", columns="year", values="points")
    texts = {
        area: "; ".join(f"{year}=" + ("" if np.isnan(x) else repr(float(x))) for year, x in own.items())
        for area, own in wide.sort_index(axis=1).iterrows()
    }
    return table.assign(history=table["area"].map(texts).fillna(""), per=1)


def grade_table(table: pd.DataFrame, standard: Standard, lang: str) -> pd.DataFrame:
    """Return one row a grade, the best first, and a row of all: from how many points, how many counties, percent.

    table: from `region_views.league_table`. share: percent of the counties with a score, which the last row counts.
    """
    known = table[table["points"].notna()]
    counts = known["grade"].value_counts()
    rows = [
        (grade.id, grade_name(standard, grade.id, lang), float(grade.start), int(counts.get(grade.id, 0)), False)
        for grade in standard.grades
    ]
    rows.append(("", word("region.all_counties", lang), np.nan, len(known), True))
    found = pd.DataFrame(rows, columns=["grade", "grade_name", "start", "n", "is_total"])
    return found.assign(share=100 * found["n"] / len(known) if len(known) else np.nan)


def section_table(region: RegionFigures, standard: Standard, period: str, lang: str) -> pd.DataFrame:
    """Return one row a section and one of the total: lines, full points, mean, highest and lowest of the counties.

    n: counties with points. share: mean in percent of the full points; NaN of what is added or taken.
    """
    rows = _totals(region, period)
    lines = pd.Series([section.id for section, _ in standard.lines]).value_counts()
    names = section_names(standard, lang)
    found = []
    for section, own in rows.groupby("section", sort=False):
        points, full = own["points"].dropna(), own["full"].dropna()
        whole = float(full.max()) if len(full) and section not in (BONUS, PENALTIES) else np.nan
        mean = float(points.mean()) if len(points) else np.nan
        found.append(
            {
                "section": section,
                "part": names.get(str(section), str(section)),
                "lines": int(lines.sum()) if section == "" else int(lines.get(section, 0)),
                "full": whole,
                "n": len(points),
                "mean": mean,
                "share": 100 * mean / whole,
                "high": points.max(),
                "low": points.min(),
                "is_total": section == "",
            }
        )
    table = pd.DataFrame(found, columns=["section", *SECTIONS, "n", "is_total"])
    return table.sort_values("is_total", kind="stable", ignore_index=True)


def section_points(table: pd.DataFrame, region: RegionFigures, period: str) -> pd.DataFrame:
    """Return one row a county in the order of the league: its points of each section and in total.

    Columns section_1, section_2 and so on in the order of `sections`, since an id of a section may be any text.
    """
    rows = _totals(region, period)
    wide = rows[rows["section"] != ""].pivot(index="area", columns="section", values="points")
    wide = wide.reindex(index=table["area"], columns=sections(region, period))
    wide.columns = [f"section_{number}" for number in range(1, wide.shape[1] + 1)]
    return pd.concat([table[["rank", "area", "county"]], wide.reset_index(drop=True), table[["points"]]], axis=1)


def section_headers(region: RegionFigures, standard: Standard, period: str, lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show of `section_points`: every section with its full points."""
    full = _totals(region, period).groupby("section")["full"].max()
    names = section_names(standard, lang)
    found = {"rank": (word("columns.rank", lang), "integer"), "county": (word("columns.county", lang), "text")}
    for number, section in enumerate(sections(region, period), start=1):
        name = names.get(section, section)
        if section not in (BONUS, PENALTIES):
            name = word("region.with_full", lang, name=name, full=wording.quantity(full[section], lang))
        found[f"section_{number}"] = (name, "points")
    return found | {"points": (word("report.total", lang), "points")}


def sections(region: RegionFigures, period: str) -> list[str]:
    """Return the sections that anybody has points of, in the order of the standard."""
    rows = _totals(region, period)
    return [
        str(name)
        for name in dict.fromkeys(rows["section"])
        if name and rows.loc[rows["section"] == name, "points"].notna().any()
    ]


def line_table(region: RegionFigures, standard: Standard, data: Data, period: str, lang: str) -> pd.DataFrame:
    """Return one row a line that cost anybody points, that which cost most first.

    n: counties with points of it. n_lost, lost: how many of them lost points, and how many points together; share:
    mean in percent of the full points. n_missing: for how many it counts as zero since there is no value. worst:
    who lost most (names, three at most), worst_lost: how much.
    """
    rows = _lines(region, period)
    names, parts, known = line_names(standard, data, lang), section_names(standard, lang), labels(data, lang)
    missing = is_without_data(rows)
    found = []
    for line, own in rows.groupby("line", sort=False):
        far = own[own["lost"] == own["lost"].max()]
        full = float(own["full"].max())
        found.append(
            {
                "section": own["section"].iloc[0],
                "section_name": parts.get(own["section"].iloc[0], ""),
                "line": line,
                "name": names.get(str(line), str(line)),
                "full": full if full > 0 else np.nan,
                "n": len(own),
                "n_lost": int((own["lost"] > 0).sum()),
                "n_missing": int(missing[own.index].sum()),
                "lost": float(own["lost"].sum()),
                "share": 100 * float(own["points"].mean()) / full if full > 0 else np.nan,
                "worst": listed((known[area] for area in far["area"]), lang, 3),
                "worst_lost": float(own["lost"].max()),
            }
        )
    columns = ["section", "section_name", "line", "name", "full", "n", "n_lost", "n_missing", "lost", "share"]
    table = pd.DataFrame(found, columns=[*columns, "worst", "worst_lost"])
    return table[table["n_lost"] > 0].sort_values("lost", ascending=False, kind="stable", ignore_index=True)


def faultless_lines(region: RegionFigures, standard: Standard, data: Data, period: str, lang: str) -> list[str]:
    """Return the lines of which every county with points has all of them."""
    rows, names = _lines(region, period), line_names(standard, data, lang)
    whole = rows.groupby("line", sort=False).agg(lost=("lost", "max"), full=("full", "min"))
    return [names.get(str(line), str(line)) for line in whole.index[(whole["lost"] <= 0) & (whole["full"] > 0)]]


def deductions(
    table: pd.DataFrame, region: RegionFigures, standard: Standard, data: Data, period: str, lang: str
) -> pd.DataFrame:
    """Return the lines that cost each county most, in the order of the league; `PER_COUNTY` a county."""
    rows = _lines(region, period)
    names, parts = line_names(standard, data, lang), section_names(standard, lang)
    rows = rows[rows["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    rows = rows.groupby("area").head(PER_COUNTY)
    order = {area: at for at, area in enumerate(table["area"])}
    rows = rows.assign(at=rows["area"].map(order)).sort_values("at", kind="stable")
    known = table.set_index("area")["county"]
    rows = rows.assign(
        county=rows["area"].map(known),
        section_name=rows["section"].map(parts),
        name=[names.get(line, line) for line in rows["line"]],
    )
    columns = ["area", "county", "section_name", "line", "name", "points", "full", "lost", "because", "reason"]
    return rows[columns].reset_index(drop=True)


def ends(table: pd.DataFrame, most: int = MOST_BARS) -> pd.DataFrame:
    """Return the rows of a league table that a chart has room for: all, or as many from its top as from its end."""
    known = table[table["points"].notna()]
    if len(known) <= most:
        return known
    return pd.concat([known.head(most // 2), known.tail(most - most // 2)])


def funds(data: Data, period: str, lang: str, audience: str) -> list[funds_page.Part]:
    """Return the first table of each plan of funds that pays counties; nothing where there is no plan.

    What is paid follows from the scores as they are, whoever reads the page.
    """
    plans = [plan for plan in funds_plan.load_plans(data, period) if plan.objects == "area"]
    if not plans:
        return []
    totals = region_figures(data, periods.every(period)).totals
    results = [funds_results.share_out(plan, data, totals) for plan in plans]
    found = [funds_page.parts(result, data, lang, audience)[0] for result in results]
    # how each amount was worked out fills the page about funds; here it is in the file
    return [
        replace(part, columns={name: column for name, column in part.columns.items() if name != "because"})
        for part in found
    ]


def _totals(region: RegionFigures, period: str) -> pd.DataFrame:
    return region.totals[(region.totals["period"] == period) & (region.totals["unit"] == "")]


def _lines(region: RegionFigures, period: str) -> pd.DataFrame:
    rows = region.points
    return rows[(rows["period"] == period) & (rows["unit"] == "") & rows["points"].notna()].reset_index(drop=True)
