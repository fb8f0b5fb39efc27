"""What is wrong in a county and what to do about it: one row a problem, with the numbers that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaltools import change_views, formulas, score_views
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.tables import each_row
from evaltools.wording import topic, word

MOST_LINES, MOST_OTHERS = 5, 3
"""Lines that cost points, and of each other kind of problem, that are named."""

WHY = ("points", "missing", "target", "declined")
"""What makes a problem: points lost, no data where points depend on it, a target missed, a clear decline."""

_OF_TABLE = ("previous_value", "change_pp", "rank", "n_areas", "status")
COLUMNS = [
    *("why", "indicator", "line", "name", "numerator", "denominator", "value", "per", "kind", "direction", "aim"),
    *("attained", "completion", "lost", "most", "previous_value", "change_pp", "rank", "n_areas", "status"),
    *("finding", "reason", "names"),
]


def problems_of(
    table: pd.DataFrame, lines: pd.DataFrame, findings: pd.DataFrame, data: Data, lang: str
) -> pd.DataFrame:
    """Return the problems of a county, each indicator once: columns `COLUMNS`.

    table: of `county_views.CountyPage.table`. lines: the lines of its score, empty without one. findings: of
    `quality_views.findings`. The lines that cost most come first, then those without data, then targets missed, the
    furthest first, then what clearly declined without meeting its target. aim: the value that earns all points, or
    the target. finding: what the data check says of the numbers behind it, its gravest sentence.
    """
    parts = [_of_lines(lines, table, lang)] if len(lines) else []
    named = {*parts[0]["indicator"], *score_views.without_data(lines)["indicator"]} if parts else set()
    rest = table[~table["indicator"].isin(named) & table["value"].notna()]
    far = rest[rest["completion"].isin(["nearly", "not"])]
    most = MOST_OTHERS if parts else MOST_LINES
    far = far.sort_values("attained", kind="stable", na_position="last").head(most)
    above = far["target_kind"].eq("range") & (far["value"] > far["target_upper"])
    aim = far["target"].mask(above, far["target_upper"])
    # a line that gives all points at this very level loses them for the same reason
    also = lines.set_index(["indicator", "full_at"])["lost"].to_dict() if len(lines) else {}
    lost = [also.get(pair, np.nan) for pair in zip(far["indicator"], aim, strict=True)]
    parts.append(far.assign(why="target", aim=aim, lost=pd.Series(lost, far.index, dtype=float)))
    fell = rest[~rest["indicator"].isin(far["indicator"]) & (rest["target_status"] != "met")]
    parts.append(change_views.movers(fell, "worse", MOST_OTHERS).assign(why="declined", aim=np.nan))
    rows = pd.concat([part.reindex(columns=COLUMNS) for part in parts], ignore_index=True)
    numbers = ["numerator", "denominator", "value", "aim", "attained", "lost", "most", "previous_value", "change_pp"]
    rows = rows.astype(dict.fromkeys([*numbers, "rank", "n_areas"], "float64"))
    texts = ["line", "direction", "completion", "status", "reason", "names"]
    rows = rows.assign(**{name: rows[name].fillna("").astype("str") for name in texts})
    told = [_finding(str(name), findings, data) for name in rows["indicator"]]
    return rows.assign(finding=pd.Series(told, rows.index, dtype="str"))


def _of_lines(lines: pd.DataFrame, table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the lines that cost most and those without data, with what the overview knows of their indicators."""
    lost = lines[lines["lost"] > 0]
    absent = score_views.is_without_data(lost)
    known = lost[~absent].sort_values("lost", ascending=False, kind="stable").head(MOST_LINES)
    rows = pd.concat([known.assign(why="points", names=""), _absent(lost[absent], lang)])
    about = table.drop_duplicates("indicator").set_index("indicator")[list(_OF_TABLE)]
    rows = rows.rename(columns={"full_at": "aim"}).join(about, on="indicator")
    # what a line looks at need not be the value of its indicator, which then moved by other measures
    other = ~np.isclose(
        rows["value"], rows["indicator"].map(table.drop_duplicates("indicator").set_index("indicator")["value"])
    )
    return rows.assign(**{name: rows[name].mask(other) for name in ("previous_value", "change_pp", "rank", "n_areas")})


def _absent(lines: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return one row for all lines without data: what they cost together, and which they are (`names`)."""
    if lines.empty:
        return lines.assign(why="missing", names="")
    row = lines.iloc[[0]]
    one = len(lines) == 1
    return row.assign(
        why="missing",
        line=row["line"] if one else "",
        indicator=row["indicator"] if one else "",
        name=row["name"] if one else word("county.missing_lines", lang, n=len(lines)),
        names="" if one else joined(lines["name"], lang),
        lost=round(float(lines["lost"].sum()), 9),
        full_at=np.nan,
        reason=str(lines["reason"].mode().iloc[0]).split("; ", maxsplit=1)[0],
    )


def _finding(indicator: str, findings: pd.DataFrame, data: Data) -> str:
    """Return the gravest sentence of the data check about an indicator or the items it is made of, "" for none."""
    if findings.empty or not indicator:
        return ""
    own = findings[findings["subject"].isin({indicator, *_items(indicator, data)}) & (findings["level"] != "note")]
    return str(own["sentence"].iloc[0]) if len(own) else ""


def _items(indicator: str, data: Data) -> set[str]:
    rows = data.catalogue[data.catalogue["indicator"] == indicator]
    found: set[str] = set()
    for text in rows[["numerator", "denominator"]].to_numpy().ravel() if len(rows) else ():
        try:
            found |= formulas.items(formulas.parse(str(text)))
        except formulas.FormulaError:  # of institutions, or nothing at all
            continue
    return found


def actions_of(problems: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return what to do about each problem, what earns most points first; those without points in their order.

    more: of what the numerator counts (item_name, measure) how many more reach the aim with the same denominator;
    below zero where fewer are to be counted; NaN where no count would do it, as in a survey. points: what the line
    would gain. responsible and deadline are left to be filled in by hand.
    """
    rows = problems.assign(aim=problems["aim"].mask(problems["why"] == "declined", problems["previous_value"]))
    catalogue = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    items = data.items.set_index("item")
    counted = [_counted(row, catalogue, items, lang) for row in each_row(rows)]
    rows = rows.assign(
        more=[more for more, _, _ in counted],
        item_name=pd.Series([name for _, name, _ in counted], rows.index, dtype="str"),
        measure=pd.Series([measure for _, _, measure in counted], rows.index, dtype="str"),
        points=rows["lost"],
        responsible=word("county.blank_responsible", lang),
        deadline=word("county.blank_deadline", lang),
    )
    kept = [
        "why",
        "indicator",
        "line",
        "name",
        "names",
        "value",
        "per",
        "kind",
        "direction",
        "aim",
        "more",
        "item_name",
    ]
    rows = rows[[*kept, "measure", "points", "reason", "responsible", "deadline"]]
    order = rows["points"].mask(
        rows["why"] == "missing", np.inf
    )  # what is scored anew by what is sent comes before all
    return rows.loc[order.sort_values(ascending=False, kind="stable", na_position="last").index].reset_index(drop=True)


def _counted(row: Any, catalogue: pd.DataFrame, items: pd.DataFrame, lang: str) -> tuple[float, str, str]:
    """Return how many more of what is counted reach the aim, its name and measure; NaN where that means nothing."""
    nothing = (np.nan, "", "")
    if row.indicator not in catalogue.index or np.isnan(row.aim) or np.isnan(row.value):
        return nothing
    about = catalogue.loc[row.indicator]
    if about["basis"] == "survey" or about["kind"] not in ("proportion", "ratio", "count", "units_meeting"):
        return nothing
    if about["kind"] == "count":
        more = row.aim - row.value
    elif np.isnan(row.numerator) or np.isnan(row.denominator):
        return nothing
    else:
        more = row.aim / row.per * row.denominator - row.numerator
    whole = np.ceil(more - 1e-9) if more > 0 else np.floor(more + 1e-9)
    if about["kind"] == "units_meeting":
        return float(whole), word("county.units_meeting", lang), word("county.of_institutions", lang)
    if (item := str(about["numerator"])) not in items.index:
        return nothing
    return float(whole), str(items[f"name_{lang}"][item]), measure_name(str(items["measure"][item]), lang)


def measure_name(measure: str, lang: str) -> str:
    """Return what is counted in words, "" where there is no word for it."""
    names: Mapping[str, object] = topic("terms")
    key = f"measure_{measure}"
    return word(f"terms.{key}", lang) if key in names else ""
