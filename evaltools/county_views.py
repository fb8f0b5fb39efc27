"""What readers see as tables of a county's report: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaltools import change_views, quality_views, score_views, views
from evaltools.aggregation import active
from evaltools.changes import policy
from evaltools.county_problems import measure_name
from evaltools.datasets import Data
from evaltools.tables import each_row
from evaltools.target_views import same_period
from evaltools.wording import word

MOSTLY_DONE = "mostly_done"
"""Parameter: from how many per cent of its target on a figure that does not reach it counts as 基本完成."""

_MOSTLY_DONE = 95.0
"""Where the catalogue does not say; as the national one does."""

POPULATIONS = 4
"""How many numbers of residents are told of a county."""

LEADING = 3
"""How many indicators on which a county is first, and how many that improved, are named."""

BASICS = {
    "name": "county.column_fact text",
    "value": "county.column_n quantity",
    "measure": "county.column_measure text",
}
COUNTS = {"name": "county.column_what text", "n": "county.column_n quantity"}
LINES = {
    "name": "columns.line text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "value": "columns.value value",
    "full_at": "columns.full_at target",
    "points": "columns.points points",
    "full": "columns.full quantity",
    "lost": "columns.lost points",
    "because": "columns.because text",
    "reason": "columns.reason reason",
}
MAIN = {
    "name": "columns.name text",
    "history": "columns.history sparkline",
    "previous_value": "columns.previous_value value",
    "value": "columns.value value",
    "change_pp": "columns.change_pp change_pp",
    "status": "columns.status status",
    "target": "columns.target target",
    "target_status": "columns.target_status status",
    "rank": "columns.rank integer",
    "n_areas": "columns.n_areas integer",
}
STRENGTHS = {
    "name": "columns.name text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "previous_value": "columns.previous_value value",
    "value": "columns.value value",
    "change_pp": "columns.change_pp change_pp",
    "target": "columns.target target",
    "rank": "columns.rank integer",
    "n_areas": "columns.n_areas integer",
}
PROBLEMS = {
    "name": "columns.name text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "value": "columns.value value",
    "aim": "county.column_aim target",
    "attained": "county.column_attained percent",
    "lost": "columns.lost points",
    "change_pp": "columns.change_pp change_pp",
    "rank": "columns.rank integer",
}
ACTIONS = {
    "name": "columns.name text",
    "value": "columns.value value",
    "aim": "county.column_aim target",
    "more": "county.column_more quantity",
    "measure": "county.column_measure text",
    "points": "county.column_gain points",
    "responsible": "county.column_responsible text",
    "deadline": "county.column_deadline text",
}
FINDINGS = {
    "level_name": "columns.level_name text",
    "sentence": "columns.sentence text",
    "likely": "columns.likely text",
}
INTERVALS = {
    "name": "columns.name text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "value": "columns.value value",
    "lower": "columns.lower value",
    "upper": "columns.upper value",
}
"""Columns of the tables of this page: word of the header and format."""

STATUSES = ("better", "worse", "neutral", "small", "unclear", "untested", "same")
COMPLETIONS = ("done", "nearly", "not")
"""完成, 基本完成 and 未完成."""


def with_counts(lines: pd.DataFrame, ind: pd.DataFrame) -> pd.DataFrame:
    """Add to lines of a score numerator and denominator, and the share of all points lost up to each line.

    Both are missing where a line looks at something else than the value of its indicator, such as its institutions.
    running_share: per cent, of the lines from the one that cost most to this one.
    """
    counts = ind.drop_duplicates("indicator").set_index("indicator")[["numerator", "denominator"]]
    rows = lines.join(counts, on="indicator")
    made = rows["numerator"].where(rows["denominator"].isna(), rows["numerator"] / rows["denominator"] * rows["per"])
    other = ~np.isclose(made.astype(float), rows["value"].astype(float), rtol=1e-9)
    rows = rows.assign(**{name: rows[name].mask(other) for name in ("numerator", "denominator")})
    lost = rows["lost"].sort_values(ascending=False, kind="stable")
    return rows.assign(running_share=100 * lost.cumsum() / lost.sum() if lost.sum() else np.nan)


def with_completion(table: pd.DataFrame, data: Data, area: str, period: str) -> pd.DataFrame:
    """Add to an overview how far each target is reached and whether that is done, mostly done or not done.

    attained: value over target in per cent; target over value where low is good; the nearer bound of a range; NaN
    for a target that is no level. completion: done (完成), nearly (基本完成: from the parameter `mostly_done` on),
    not (未完成); "" without a target or a value.
    """
    value, aim, upper = (table[name].astype(float) for name in ("value", "target", "target_upper"))
    down = (table["direction"] == "down") | (table["target_kind"].eq("range") & (value > upper))
    bound = aim.mask(table["target_kind"].eq("range") & (value > upper), upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        attained = pd.Series(np.where(down, bound / value, value / bound) * 100, index=table.index)
    attained = attained.where(np.isfinite(attained) & (table["target_kind"] != "improve"))
    rows = pd.DataFrame({"period": period, "area": area}, index=table.index)
    least = policy(rows, data.parameters, MOSTLY_DONE) if len(rows) else np.array([])
    least = np.where(np.isnan(least), _MOSTLY_DONE, least)
    status = table["target_status"]
    names = np.select([status == "", status == "met", (attained >= least).to_numpy()], ["", "done", "nearly"], "not")
    return table.assign(attained=attained, completion=names)


def basics(
    data: Data,
    ind: pd.DataFrame,
    area: str,
    period: str,
    lang: str,
    complete: pd.DataFrame,
    table: pd.DataFrame,
) -> pd.DataFrame:
    """Return who a county is and what was evaluated: fact (an id), item, name, value, measure (what is counted).

    Residents are the denominators of the county's indicators, as its audience may see them.
    """
    rows: list[dict[str, object]] = [
        {"fact": "population", "item": row.item, "name": row.name, "value": row.value, "measure": row.measure}
        for row in each_row(populations(data, ind, area, period, lang))
    ]

    def fact(name: str, value: float, measure: str, title: str = "") -> None:
        title = title or word(f"county.fact_{name}", lang)
        rows.append({"fact": name, "item": "", "name": title, "value": value, "measure": measure})

    of = {name: word(f"county.of_{name}", lang) for name in ("institutions", "indicators", "lines", "points", "items")}
    units = data.units[(data.units["area"] == area) & active(data.units, period)]
    if len(units):
        fact("units", len(units), of["institutions"])
    if len(complete):
        fact("units_due", len(complete), of["institutions"])
        fact("units_reported", int((complete["items_reported"] > 0).sum()), of["institutions"])
        fact("items_due", int(complete["items_expected"].iloc[0]), of["items"])
    fact("indicators", len(table), of["indicators"])
    fact("with_value", int(table["value"].notna().sum()), of["indicators"])
    if (standard := data.standard) is not None:
        title = getattr(standard, f"name_{lang}") or standard.id
        fact("standard", sum(len(section.lines) for section in standard.sections), of["lines"], title)
        fact("total", float(standard.total), of["points"])
        for grade in (grade for grade in standard.grades if grade.start > 0):
            name = word("county.fact_grade", lang, grade=getattr(grade, f"name_{lang}") or grade.id)
            fact("grade", float(grade.start), of["points"], name)
    return pd.DataFrame(rows)


def populations(data: Data, ind: pd.DataFrame, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return numbers of residents that the indicators of an area are set against: item, name, value, measure."""
    rows = ind[(ind["area"] == area) & (ind["unit"] == "") & same_period(ind["period"], period)]
    below = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["denominator"]
    found = pd.DataFrame({"item": rows["indicator"].map(below), "value": rows["denominator"]}).dropna()
    known = dict(zip(found["item"], found["value"], strict=True))
    people = data.items[(data.items["family"] == "population") & data.items["item"].isin(list(known))]
    people = people[people["people"] == "yes"].head(POPULATIONS)
    return pd.DataFrame(
        {
            "item": people["item"],
            "name": people[f"name_{lang}"],
            "value": people["item"].map(known),
            "measure": [measure_name(str(measure), lang) for measure in people["measure"]],
        }
    )


def counts(
    table: pd.DataFrame,
    lines: pd.DataFrame,
    findings: pd.DataFrame,
    against: Mapping[str, int],
    reference: str,
    lang: str,
) -> pd.DataFrame:
    """Return the numbers that sentences count with: group, name, n; only what there is any of.

    against: how many indicators are above, near and below the reference.
    """
    known = table[table["value"].notna()]
    compared = known["change_pp"].notna()
    status = known["status"].value_counts()
    goal = table["completion"].value_counts()
    found: list[tuple[str, str, float]] = [
        ("change", word("county.fact_with_value", lang), len(known)),
        ("change", word("county.count_compared", lang), int(compared.sum())),
        ("change", word("county.count_not_compared", lang), int((~compared).sum())),
        *(("change", word(f"terms.status_{name}", lang), int(status.get(name, 0))) for name in STATUSES),
        ("change", word("terms.status_missing", lang), int(table["value"].isna().sum())),
        ("targets", word("county.count_targets", lang), int(goal.drop("", errors="ignore").sum())),
        *(("targets", word(f"county.completion_{name}", lang), int(goal.get(name, 0))) for name in COMPLETIONS),
    ]
    if len(lines):
        missing, cost = score_views.without_data(lines), lines["lost"] > 0
        found += [
            ("points", word("county.count_lines_lost", lang), int(cost.sum())),
            ("points", word("county.count_missing", lang), len(missing)),
            ("points", word("columns.missing_lost", lang), float(missing["lost"].sum())),
        ]
    levels = quality_views.by_level(findings)
    found += [("quality", word(f"report.level_{level}", lang), n) for level, n in levels.items()]
    beside = {name: int(against.get(name, 0)) for name in ("above", "below", "near")}
    found.append(("reference", word("county.count_reference", lang), sum(beside.values())))
    found += [("reference", word(f"terms.status_{name}", lang), n) for name, n in beside.items()]
    rows = pd.DataFrame(found, columns=["group_id", "name", "n"])
    compared_with = (rows["group_id"] == "reference") & bool(sum(beside.values()))
    rows = rows[(rows["n"] > 0) | compared_with].reset_index(drop=True)
    groups = [word(f"county.group_{name}", lang, reference=reference) for name in rows["group_id"]]
    return rows.assign(group=pd.Series(groups, rows.index, dtype="str"))


def strengths(table: pd.DataFrame, most: int = LEADING) -> pd.DataFrame:
    """Return indicators that clearly improved and do not miss their target, then those with the best rank.

    First is said only where at least four areas have a value and the middle one is worse. why: better or first.
    """
    sound = table[(table["target_status"] != "not_met") & ~((table["per"] == 100) & (table["value"] > 100))]
    better = change_views.movers(sound, "better", most).assign(why="better")
    others = sound[~sound["indicator"].isin(better["indicator"]) & (sound["n_areas"] >= 4)]
    apart = (others["value"] - others["median"]).abs() / others["median"].abs()
    ahead = others[(others["rank"] == 1) & (apart > 0) & others["kind"].isin(views.SHARES)]
    ahead = ahead.iloc[(-apart[ahead.index]).argsort(kind="stable")].head(most).assign(why="first")
    return pd.concat([better, ahead]).reset_index(drop=True)


def headers(
    table: pd.DataFrame, columns: Mapping[str, str], lang: str, genre: str = "report"
) -> dict[str, tuple[str, str]]:
    """Return the columns of a table that say anything, as `Publish.table` wants them; no ranks in genre `self`."""
    left_out = ("rank", "n_areas") if genre == "self" else ()
    kept = {name: text for name, text in columns.items() if name not in left_out}
    return score_views.headers(score_views.present(table, kept), lang)
