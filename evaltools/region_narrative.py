"""Sentences about a whole region."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import views, wording
from evaltools.area_labels import listed
from evaltools.datasets import Data
from evaltools.narrative import joined, paragraph
from evaltools.overdispersion import Dispersion
from evaltools.region_views import About
from evaltools.score_narrative import part_year
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import counted, word


def region_summary(table: pd.DataFrame, standard: Standard, region_name: str, period: str, lang: str) -> list[str]:
    """Say how the counties of a region scored. `table` from `region_views.league_table`."""
    known = table[table["points"].notna()]
    about = {"region": region_name, "period": wording.period(period, lang)}
    if known.empty:
        return [word("report.region_none", lang, **about)]
    counts = known["grade"].value_counts()
    grades = (
        word("report.grade_count", lang, grade=getattr(grade, f"name_{lang}"), n=int(counts.get(grade.id, 0)))
        for grade in standard.grades
    )
    ends = {
        "best": known[known["points"] == known["points"].max()],
        "worst": known[known["points"] == known["points"].min()],
    }
    values = {name: wording.points(rows["points"].iloc[0], lang) for name, rows in ends.items()}
    names = {f"{name}_names": listed(rows["county"], lang) for name, rows in ends.items()}
    mean = wording.points(known["points"].mean(), lang)
    texts = [
        counted("report.region_summary", lang, len(known), mean=mean, **about, **values, **names),
        word("report.region_grades", lang, grades=joined(grades, lang)),
    ]
    return texts + moves(known, lang)


def moves(known: pd.DataFrame, lang: str) -> list[str]:
    """Say which counties gained and which lost most places."""
    texts = []
    for key, rows in (("up", known[known["change_rank"] > 0]), ("down", known[known["change_rank"] < 0])):
        far = rows[rows["change_rank"].abs() == rows["change_rank"].abs().max()]
        if len(far):
            names = listed((_place(row, lang) for row in each_row(far)), lang)
            texts.append(word(f"report.region_{key}", lang, names=names))
    return texts


def _place(row: Any, lang: str) -> str:
    return word("report.moved_item", lang, name=row.county, before=int(row.previous_rank), after=int(row.rank))


def warning(table: pd.DataFrame, period: str, lang: str) -> str:
    """Say, before any result, why scores cannot be taken at their face: counties without data, less than a year."""
    rows = table[table["missing_lost"] > 0].sort_values("missing_lost", ascending=False, kind="stable")
    names = []
    for row in each_row(rows):
        lost = wording.points(row.missing_lost, lang)
        names.append(counted("report.missing_item", lang, int(row.missing_lines), name=row.county, lost=lost))
    texts = [word("report.region_missing", lang, names=listed(names, lang))] if names else []
    return paragraph([part_year(period, lang), *texts], lang)


def region_unscored(table: pd.DataFrame, data: Data, period: str, lang: str) -> list[str]:
    """Say, where no standard applies, how many areas there are and how much is known of them."""
    label = wording.period(period, lang)
    known = int(table["indicators"].max()) if len(table) else 0
    texts = [counted("report.region_unscored", lang, len(table), period=label, indicators=known)]
    if table["near"].notna().any():
        texts.append(word("report.region_against", lang, reference=views.reference_name(data, lang)))
    return texts


def quality(table: pd.DataFrame, period: str, lang: str) -> str:
    """Say that nobody's data hold a problem, or what to make of the table. From `region_views.quality_by_area`."""
    key = "report.region_quality" if table[["errors", "warnings"]].to_numpy().any() else "report.region_quality_clean"
    return word(key, lang, period=wording.period(period, lang))


def alt_bars(table: pd.DataFrame, lang: str) -> str:
    """Say in words what the chart of scores shows."""
    known = table[table["points"].notna()].sort_values("points", ascending=False, kind="stable")
    if known.empty:
        return word("report.none", lang)
    first, last = known.iloc[0], known.iloc[-1]
    return word(
        "report.alt_bars",
        lang,
        first=first["county"],
        last=last["county"],
        first_points=wording.points(first["points"], lang),
        last_points=wording.points(last["points"], lang),
    )


def alt_moved(moved: pd.DataFrame, lang: str, most: int = 5) -> str:
    """Say in words what the chart of ranks shows."""
    change = (moved["before"] - moved["after"]).abs()
    rows = moved.loc[change[change > 0].sort_values(ascending=False, kind="stable").index].head(most)
    if rows.empty:
        return word("report.alt_moved_none", lang)
    names = [
        word("report.moved_item", lang, name=row.label, before=int(row.before), after=int(row.after))
        for row in each_row(rows)
    ]
    return word("report.alt_moved", lang, names=joined(names, lang))


def funnel(values: pd.DataFrame, limits: pd.DataFrame, about: About, lang: str) -> str:
    """Say which counties lie above and which below the limits that chance alone would keep them in."""
    average = wording.value(limits["centre"].iloc[0], lang, about.per, about.kind)
    parts = _sides(values, float(limits["centre"].iloc[0]), lang)
    if not parts:
        return word("report.funnel_text_inside", lang, name=about.name, average=average)
    sides = word("report.list_separator_strong", lang).join(parts)
    key = "report.funnel_text_all" if values["outside"].all() else "report.funnel_text_outside"
    return word(key, lang, name=about.name, average=average, sides=sides)


def funnel_adjusted(values: pd.DataFrame, found: Dispersion, lang: str) -> str:
    """Say how many counties lie outside the limits before and after over-dispersion is allowed for, or why not.

    values and found: from `fair_views.adjusted_funnel`.
    """
    about = {"n": len(values), "before": int(values["outside"].sum())}
    if found.reason:
        return word("peers.funnel_not_computed", lang, reason=wording.reason(found.reason, lang), **about)
    shown = {name: wording.number(getattr(found, name), 2, lang) for name in ("phi", "threshold")}
    if not found.adjusted:
        return word("peers.funnel_not_adjusted", lang, **about, **shown)
    names = values.loc[values["outside_adjusted"], "label"]
    key = "peers.funnel_after_some" if len(names) else "peers.funnel_after_none"
    after = counted(key, lang, len(names), names=listed(names, lang))
    return word("peers.funnel_adjusted", lang, after=after, **about, **shown)


def _sides(values: pd.DataFrame, centre: float, lang: str) -> list[str]:
    outside = values[values["outside"]]
    sides = (("above", outside[outside["value"] > centre]), ("below", outside[outside["value"] < centre]))
    return [word(f"report.funnel_{name}", lang, names=listed(rows["label"], lang)) for name, rows in sides if len(rows)]


def alt_funnel(values: pd.DataFrame, limits: pd.DataFrame, lang: str) -> str:
    """Say in words what a funnel shows."""
    parts = _sides(values, float(limits["centre"].iloc[0]), lang)
    if not parts:
        return counted("report.alt_funnel_inside", lang, len(values))
    sides = word("report.list_separator_strong", lang).join(parts)
    return counted("report.alt_funnel_outside", lang, len(values), sides=sides)
