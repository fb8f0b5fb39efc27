"""What readers see as tables of scores: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaltools import formulas, score_changes, views, wording
from evaltools.datasets import Data
from evaltools.line_values import named_periods
from evaltools.line_values import reason as scoring_reason
from evaltools.rules import RULES
from evaltools.standards import BONUS, PENALTIES, Standard
from evaltools.tables import each_row
from evaltools.views import names_of, newest
from evaltools.wording import word

SHOWN = 10
"""Rows of the tables that show only the largest."""

CHANGE = {
    "name": "columns.line text",
    "previous_points": "score.column_previous_points points",
    "points": "score.column_points points",
    "standard": "score.effect_standard change:2",
    "missing": "score.effect_missing change:2",
    "performance": "score.effect_performance change:2",
    "change": "score.column_change change:2",
    "reason": "columns.reason reason",
}
GAINS = {
    "name": "columns.line text",
    "unit_name": "columns.unit_name text",
    "item_name": "score.column_item text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "points": "columns.points points",
    "full": "columns.full quantity",
    "more": "score.column_people integer",
    "gain": "score.column_gain points",
    "total_gain": "score.column_total_gain points",
    "next_more": "score.column_next_more integer",
}
UNITS = {
    "unit_name": "columns.unit_name text",
    "points": "columns.points points",
    "full": "columns.full quantity",
    "grade_name": "columns.grade_name text",
    "weight": "score.column_weight quantity",
    "rank": "score.column_rank integer",
    "previous_points": "score.column_previous_points points",
    "change_points": "columns.change_points change:2",
}
JUDGED = {
    "name": "columns.line text",
    "unit_name": "columns.unit_name text",
    "scorer": "score.column_scorer text",
    "given": "score.column_given quantity",
    "note": "score.column_note text",
    "evidence": "score.column_evidence text",
}
STAGE = {
    "part": "columns.part text",
    "full": "columns.full quantity",
    "reported": "terms.stage_reported points",
    "verification": "score.column_verification change:2",
    "verified": "terms.stage_verified points",
    "appeal": "score.column_appeal change:2",
    "final": "terms.stage_final points",
}
ROUNDED = {
    "convention": "score.column_convention text",
    "exact": "score.value_exact text",
    "digits_0": "score.value_digits_0 text",
    "digits_1": "score.value_digits_1 text",
    "digits_2": "score.value_digits_2 text",
}
"""Columns of this page's own tables: word of the header and format."""


def score_lines(
    points: pd.DataFrame, standard: Standard, data: Data, area: str, period: str, lang: str
) -> pd.DataFrame:
    """Return the points of every line with its names: what is measured, reached, aimed at, and the arithmetic.

    full_at: the value that earns all points (`target` of `ev.score`). It is the standard's and need not be the
    indicator's target of the period. most: what a line can give or, as a penalty, take.
    """
    rows = points[(points["area"] == area) & (points["unit"] == "") & (points["period"] == period)]
    sections, names = section_names(standard, lang), line_names(standard, data, lang)
    lines = {line.id: line for _, line in standard.lines}
    catalogue = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    # what is not the value of the indicator itself is a share of units, or has no measure
    of = [RULES[lines[line].rule].of for line in rows["line"]]
    own = pd.Series([kind not in ("units_meeting",) for kind in of], index=rows.index, dtype=bool)
    pairs = list(zip(rows["line"], rows["indicator"], strict=True))
    return (
        rows.assign(
            section_name=rows["section"].map(sections),
            name=[names[line] for line in rows["line"]],
            per=rows["indicator"].map(catalogue["per"]).astype(float).fillna(1).where(own, 100).astype(int),
            kind=rows["indicator"].map(catalogue["kind"]).fillna("").where(own, "proportion"),
            direction=[lines[line].direction or catalogue["direction"].get(name, "") for line, name in pairs],
            most=[float(lines[line].points) for line in rows["line"]],
        )
        .rename(columns={"target": "full_at"})
        .drop(columns=["period", "area", "unit"])
        .reset_index(drop=True)
    )


def section_names(standard: Standard, lang: str) -> dict[str, str]:
    """Return the name of each section, of bonus and penalties, and of the total (section "")."""
    names = {section.id: getattr(section, f"name_{lang}") or section.id for section in standard.sections}
    return names | {part: word(f"score.{part}", lang) for part in (BONUS, PENALTIES)} | {"": word("report.total", lang)}


def line_names(standard: Standard, data: Data, lang: str) -> dict[str, str]:
    """Return the name of each line: its own, else that of its indicator, else its id."""
    known = names_of(data, lang)
    return {
        line.id: getattr(line, f"name_{lang}") or known.get(line.indicator, line.indicator) or line.id
        for _, line in standard.lines
    }


def score_sections(league: pd.DataFrame, standard: Standard, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return points, rank and change of every section, of bonus and penalties, and of the total, the total last."""
    rows = league[(league["area"] == area) & (league["unit"] == "") & (league["period"] == period)]
    # what is added to a total or taken from it is nothing to be ranked by, and a penalty has no full points
    extra = rows["section"].isin([BONUS, PENALTIES])
    ranks = {name: rows[name].mask(extra) for name in ("rank", "previous_rank", "change_rank") if name in rows}
    return rows.assign(
        **ranks,
        full=rows["full"].mask(rows["section"] == PENALTIES),
        part=rows["section"].map(section_names(standard, lang)),
        is_total=rows["section"] == "",
    ).drop(columns=["period", "area", "unit"])


def grade_name(standard: Standard, grade: str, lang: str) -> str:
    """Return a grade's name in a language, "" for none."""
    return next((str(getattr(g, f"name_{lang}")) for g in standard.grades if g.id == grade), "")


def is_without_data(lines: pd.DataFrame) -> pd.Series:
    """Whether each line counts as zero because there is no value; not so where its gate is shut, or for a mean."""
    return lines["value"].isna() & lines["reason"].str.endswith(scoring_reason("counted_zero"))


def without_data(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that lost points because there is no value."""
    return lines[is_without_data(lines) & (lines["lost"] > 0)]


def units_behind(
    data: Data, ind: pd.DataFrame, lines: pd.DataFrame, area: str, period: str, lang: str, most: int = 3
) -> pd.DataFrame:
    """Return, for the lines that cost most, the units with the largest shortfall, largest first.

    Only proportions that have a value and should be high; `short` is how many more people served would have earned
    the unit the line's full points.
    """
    costly = lines[(lines["lost"] > 0) & lines["full_at"].notna() & lines["value"].notna()]
    costly = costly[(costly["kind"] == "proportion") & (costly["direction"] == "up")]
    costly = costly.sort_values("lost", ascending=False, kind="stable").head(most)
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] != "") & (ind["period"] == period)])
    rows = rows.merge(costly[["indicator", "name", "full_at", "per", "kind", "lost"]], on="indicator")
    short = np.ceil(rows["full_at"] / rows["per"] * rows["denominator"] - rows["numerator"] - 1e-9)
    names = data.units.set_index(["area", "unit"])[f"name_{lang}"]
    result = rows.assign(
        short=short.clip(lower=0),
        unit_name=[names.get((a, u), u) or u for a, u in zip(rows["area"], rows["unit"], strict=True)],
    )
    result = result[result["short"] > 0].sort_values(
        ["lost", "indicator", "short"], ascending=[False, True, False], kind="stable"
    )
    kept = ["indicator", "name", "unit", "unit_name", "numerator", "denominator", "value", "full_at", "short"]
    return result.groupby("indicator", sort=False).head(most)[[*kept, "per", "kind"]].reset_index(drop=True)


def lost_lines(lines: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the lines that lost points, those without data marked: input of `points_lost`."""
    rows = lines[lines["lost"] > 0]
    marked = [word("report.no_data_label", lang, name=name) for name in rows["name"]]
    label = rows["name"].mask(is_without_data(rows), pd.Series(marked, index=rows.index, dtype="str"))
    most = rows["full"].where(rows["full"] > 0, rows["most"]) if "most" in rows else rows["full"]
    return pd.DataFrame({"label": label, "lost": rows["lost"], "points": most})


def change_steps(changes: pd.DataFrame, area: str, before: str, period: str, lang: str) -> pd.DataFrame:
    """Return last year's total, the effects and this year's total: input of `waterfall`; empty if it is not split."""
    total = score_changes.total_of(changes, area)
    if total is None or np.isnan(total.standard):
        return pd.DataFrame({"label": [], "amount": [], "level": []})
    ends = [word("score.level_at", lang, period=wording.period(name, lang)) for name in (before, period)]
    effects = [(word(f"score.effect_{name}", lang), getattr(total, name), np.nan) for name in score_changes.EFFECTS]
    rows = [(ends[0], np.nan, total.previous_points), *effects, (ends[1], np.nan, total.points)]
    return pd.DataFrame(rows, columns=["label", "amount", "level"])


def changed_lines(
    changes: pd.DataFrame, standard: Standard, previous: Standard | None, data: Data, area: str, lang: str
) -> pd.DataFrame:
    """Return the lines of an area that changed its total, the largest change first, the total last."""
    names = (line_names(previous, data, lang) if previous else {}) | line_names(standard, data, lang)
    names |= {score_changes.REST: word("score.rest", lang), "": word("report.total", lang)}
    total = changes[(changes["area"] == area) & (changes["unit"] == "") & (changes["line"] == "")]
    rows = pd.concat([score_changes.lines_of(changes, area), total], ignore_index=True)
    return rows.assign(name=rows["line"].map(names), is_total=rows["line"] == "").drop(
        columns=["period", "area", "unit"]
    )


def most_changed(changed: pd.DataFrame, lang: str, most: int = SHOWN) -> pd.DataFrame:
    """Return the first lines of `changed_lines`, the other lines added up, the rest and the total."""
    is_end = changed["line"].isin([score_changes.REST, ""])
    lines = changed[~is_end]
    others = lines.iloc[most:]
    if len(others) < 2:
        return changed
    # sums of printed decimals: what differs after the ninth is how a computer adds
    sums = {name: [round(float(others[name].sum()), 9)] for name in (*score_changes.EFFECTS, "change")}
    name = wording.counted("score.others", lang, len(others))
    added = pd.DataFrame(sums | {"name": [name], "line": ["others"], "is_total": [False], "reason": [""]})
    return pd.concat([lines.iloc[:most], added, changed[is_end]], ignore_index=True)


def gains_of(gains: pd.DataFrame, standard: Standard, data: Data, area: str, lang: str) -> pd.DataFrame:
    """Return where more people would earn most in an area, with names: only what counts people who are served.

    Surveys are not among it: who was asked is a sample, and ten more satisfied answers would serve nobody.

    item_name: what is counted. unit_name: the institution, for a standard that scores institutions.
    """
    catalogue = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    items = data.items.set_index("item")
    about = {name: _of_people(str(text), items) for name, text in catalogue["numerator"].items()}
    rows = gains[(gains["area"] == area) & gains["indicator"].map(about).fillna(False).astype(bool)]
    served = catalogue["kind"].eq("proportion") & catalogue["basis"].ne("survey")
    rows = rows[rows["indicator"].map(served).to_numpy(dtype=bool)]
    names, units = line_names(standard, data, lang), data.units.set_index(["area", "unit"])[f"name_{lang}"]
    indicators = names_of(data, lang)

    def counted(indicator: str) -> str:
        text = str(catalogue["numerator"][indicator])
        return str(items[f"name_{lang}"][text]) if text in items.index else str(indicators[indicator])

    return rows.assign(
        name=rows["line"].map(names),
        item_name=[counted(indicator) for indicator in rows["indicator"]],
        unit_name=[units.get((a, u), u) or u for a, u in zip(rows["area"], rows["unit"], strict=True)],
    ).reset_index(drop=True)


def best_gains(gains: pd.DataFrame, most: int = SHOWN) -> pd.DataFrame:
    """Return the first rows of `gains_of` that earn anything, of each line the institution where it earns most."""
    return gains[gains["total_gain"] > 0].drop_duplicates("line").head(most)


def _of_people(text: str, items: pd.DataFrame) -> bool:
    try:
        used = formulas.items(formulas.parse(text))
    except formulas.FormulaError:
        return False
    return bool(used) and all(item in items.index and items["people"][item] == "yes" for item in used)


def unit_scores(
    league: pd.DataFrame,
    standard: Standard,
    data: Data,
    weights: pd.DataFrame | None,
    area: str,
    period: str,
    lang: str,
) -> pd.DataFrame:
    """Return the scores of an area's institutions, the best first, then the mean that the area has of them.

    weight: in the mean of the area; NaN where all weigh the same. Empty for a standard that scores areas.
    """
    rows = league[(league["area"] == area) & (league["period"] == period) & (league["section"] == "")]
    units = rows[rows["unit"] != ""].sort_values(["rank", "unit"], kind="stable")
    if units.empty:
        return units.assign(unit_name="", grade_name="", weight=np.nan, is_total=False)
    own = rows[rows["unit"] == ""].assign(rank=np.nan, change_rank=np.nan)
    rows = pd.concat([units, own])
    known: dict[tuple[str, str], float] = {}
    if weights is not None:
        of_period = weights[weights["period"] == period]
        known = dict(zip(zip(of_period["area"], of_period["unit"], strict=True), of_period["weight"], strict=True))
    names = data.units.set_index(["area", "unit"])[f"name_{lang}"]
    return rows.assign(
        unit_name=[names.get((area, u), u) or u if u else data.area_name(area, lang) for u in rows["unit"]],
        grade_name=[grade_name(standard, grade, lang) for grade in rows["grade"]],
        weight=[known.get((area, u), np.nan) if u else np.nan for u in rows["unit"]],
        is_total=rows["unit"] == "",
    ).reset_index(drop=True)


def judged(data: Data, standard: Standard, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return what scorers gave the lines of an area and its units in a period, and why; vetoes first."""
    rows = named_periods(data.judgements)
    assert rows is not None
    vetoes = {veto.id: getattr(veto, f"name_{lang}") or veto.id for veto in standard.vetoes}
    names = vetoes | line_names(standard, data, lang)
    rows = rows[(rows["area"] == area) & (rows["period"] == period) & rows["line"].isin(list(names))]
    order = {name: at for at, name in enumerate(names)}
    rows = rows.assign(_order=rows["line"].map(order)).sort_values(["_order", "unit", "scorer"], kind="stable")
    units = data.units.set_index(["area", "unit"])[f"name_{lang}"]
    return rows.assign(
        name=rows["line"].map(names),
        unit_name=[units.get((area, u), u) or u if u else "" for u in rows["unit"].fillna("")],
        given=rows["value"],
    ).drop(columns=["_order", "value"])


def rounding_table(near: pd.DataFrame, standard: Standard, area: str, lang: str) -> pd.DataFrame:
    """Return the totals and grades of `near_cutoffs`: a row a way of rounding, a column a way to round values first.

    Columns convention, and one for each way values are rounded: exact, digits_0, digits_1, digits_2.
    """
    rows = near[(near["area"] == area) & (near["unit"] == "")]
    found: dict[str, dict[str, str]] = {}
    for row in each_row(rows):
        name = word(f"score.round_of_{row.of}", lang) + word("report.clause_separator", lang)
        name += word(f"report.{row.mode}", lang)
        column = "exact" if np.isnan(row.value_digits) else f"digits_{int(row.value_digits)}"
        grade = grade_name(standard, row.grade, lang)
        text = wording.reason(row.reason, lang)
        if not np.isnan(row.points):
            text = word("score.total_and_grade", lang, points=wording.points(row.points, lang), grade=grade)
        if row.is_own:
            text = word("score.own_convention", lang, text=text)
        found.setdefault(name, {})[column] = text
    cells = [{"convention": name, **texts} for name, texts in found.items()]
    return pd.DataFrame(cells, columns=list(ROUNDED)).fillna("")


def stage_rows(stages: pd.DataFrame, standard: Standard, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return the points of an area at the three stages by section, the total last."""
    rows = stages[(stages["area"] == area) & (stages["unit"] == "") & (stages["period"] == period)]
    return rows.assign(part=rows["section"].map(section_names(standard, lang)), is_total=rows["section"] == "")


def present(table: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a table that say anything; those of `views.present` with their words and formats."""
    return {name: columns[name] for name in views.present(table, columns)}


def headers(columns: Mapping[str, str], lang: str) -> dict[str, tuple[str, str]]:
    """Return columns as `Publish.table` wants them: column -> (header, format)."""
    pairs = ((name, text.split(" ")) for name, text in columns.items())
    return {name: (word(key, lang), form) for name, (key, form) in pairs}
