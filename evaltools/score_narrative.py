"""Sentences about the scores of one area."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import periods, score_views, wording
from evaltools.narrative import joined, paragraph, sentence
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import counted, word


def total_of(league: pd.DataFrame, area: str, period: str) -> Any:
    """Return the row of an area's total in the league of `ev.region_figures`."""
    rows = league[(league["section"] == "") & (league["unit"] == "") & (league["period"] == period)]
    (row,) = each_row(rows[rows["area"] == area])
    return row


def key_figures(
    league: pd.DataFrame, standard: Standard, area: str, period: str, lang: str
) -> list[tuple[str, str, str]]:
    """Return score, grade, rank and change of an area as `Publish.key_figures` wants them."""
    row = total_of(league, area, period)
    full = word("report.key_full", lang, full=wording.quantity(float(standard.total), lang))
    figures = [(word("report.key_score", lang), wording.points(row.points, lang), full)]
    if pd.isna(row.points):
        return figures
    grade = score_views.grade_name(standard, row.grade, lang)
    figures.append((word("report.key_grade", lang), grade, _next_grade(standard, row.points, lang)))
    of = counted("report.key_of", lang, int(row.n_ranked))
    figures.append((word("report.key_rank", lang), str(int(row.rank)), of))
    if pd.notna(row.change_points):
        change = wording.number(row.change_points, 2, lang, signed=True)
        before = wording.period(periods.shift(period, -1), lang)
        detail = word("report.key_before", lang, period=before, points=wording.points(row.previous_points, lang))
        key = "report.key_change_year" if periods.parse(period).length == 12 else "report.key_change_part"
        figures.append((word(key, lang), change, detail))
    return figures


def _next_grade(standard: Standard, points: float, lang: str) -> str:
    higher = [grade for grade in standard.grades if float(grade.start) > round(points, 9)]
    if not higher:
        return ""
    grade = min(higher, key=lambda grade: grade.start)
    name, start = getattr(grade, f"name_{lang}"), wording.quantity(float(grade.start), lang)
    return word("report.key_next", lang, grade=name, start=start)


def headline(league: pd.DataFrame, standard: Standard, area: str, area_name: str, period: str, lang: str) -> list[str]:
    """Say score, grade and rank of an area, and how they changed: one sentence to copy."""
    row = total_of(league, area, period)
    label = wording.period(period, lang)
    if pd.isna(row.points):
        return [word("report.headline_unranked", lang, area=area_name, period=label)]
    first = counted(
        "report.headline",
        lang,
        int(row.n_ranked),
        area=area_name,
        period=label,
        points=wording.points(row.points, lang),
        grade=score_views.grade_name(standard, row.grade, lang),
        rank=int(row.rank),
    )
    return [first, development(league, area, period, lang)]


def development(league: pd.DataFrame, area: str, period: str, lang: str) -> str:
    """Say how the score and the rank of an area changed; "but" where one gained and the other lost."""
    row = total_of(league, area, period)
    if pd.isna(row.change_points) or pd.isna(row.change_rank):
        return word("report.score_first", lang)
    compared = wording.compared_with(period, lang)
    score, rank = _way(row.change_points), _way(row.change_rank)
    points = wording.number(abs(row.change_points), 2, lang)
    texts = [
        word(f"report.score_{score}", lang, x=points, compared=compared),
        word(f"report.rank_{rank}", lang, before=int(row.previous_rank), after=int(row.rank)),
    ]
    key = "report.but" if {score, rank} == {"up", "down"} else "report.and"
    return sentence(word(key, lang, first=texts[0], second=texts[1]), lang)


def _way(change: float) -> str:
    return "up" if change > 1e-9 else "down" if change < -1e-9 else "same"


def lost_most(lines: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Say which lines that have a value cost most points."""
    rows = lines[(lines["lost"] > 0) & lines["value"].notna()]
    rows = rows.sort_values("lost", ascending=False, kind="stable").head(most)
    if rows.empty:
        return word("report.lost_missing_only" if (lines["lost"] > 0).any() else "report.lost_nothing", lang)
    names = [word("report.lost_item", lang, name=r.name, lost=wording.points(r.lost, lang)) for r in each_row(rows)]
    if len(score_views.without_data(lines)):
        return word("report.lost_most_known", lang, lines=joined(names, lang))
    return counted("report.lost_most", lang, len(rows), lines=joined(names, lang))


def warning(lines: pd.DataFrame, period: str, lang: str) -> str:
    """Say, before any result, why a score cannot be taken at its face; "" for no reason.

    How much was lost only because data are missing, and that a standard is made for whole years.
    """
    rows = score_views.without_data(lines)
    texts = [part_year(period, lang)]
    if len(rows):
        reason = str(rows["reason"].mode().iloc[0]).split("; ")[0]
        lost = wording.points(rows["lost"].sum(), lang)
        texts.append(counted("report.lost_missing", lang, len(rows), lost=lost, reason=wording.reason(reason, lang)))
    return paragraph(texts, lang)


def part_year(period: str, lang: str) -> str:
    """Say that a standard made for whole years is applied to less; "" for a whole year."""
    if periods.parse(period).length == 12:
        return ""
    return word("report.part_year", lang, period=wording.period(period, lang))


def scoring_notes(standard: Standard, lines: pd.DataFrame, lang: str) -> list[str]:
    """Say by which rules the points came about."""
    rounding = standard.rounding
    mode = word(f"report.{rounding.mode}", lang)
    return [
        word("report.method_full_at", lang),
        word("report.arithmetic_note", lang),
        word(f"report.rounding_by_{rounding.of}", lang, digits=rounding.digits, mode=mode),
        word(f"report.policy_missing_{standard.missing}", lang),
        word(f"report.policy_not_applicable_{standard.not_applicable}", lang),
        *excluded(lines, lang),
        standard_source(standard, lang),
    ]


def excluded(lines: pd.DataFrame, lang: str) -> list[str]:
    """Say how many lines of an area are left out of its total."""
    n = int(lines["points"].isna().sum())
    return [counted("report.excluded_lines", lang, n)] if n else []


def standard_source(standard: Standard, lang: str) -> str:
    """Say which standard it is and where it comes from."""
    return word("report.standard_source", lang, name=getattr(standard, f"name_{lang}"), source=standard.source)


def alt_lost(lines: pd.DataFrame, lang: str, most: int = 5) -> str:
    """Say in words what the chart of points lost shows."""
    rows = lines[lines["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    if rows.empty:
        return word("report.alt_lost_none", lang)
    total = wording.points(rows["lost"].sum(), lang)
    parts = [
        word("report.lost_item", lang, name=row.name, lost=wording.points(row.lost, lang))
        for row in each_row(rows.head(most))
    ]
    return word("report.alt_lost", lang, lost=total, names=joined(parts, lang))
