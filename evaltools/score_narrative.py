"""Sentences about the scores of one area; why they are what they are is told in `score_reasons`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools import periods, score_views, wording
from evaltools.narrative import joined, paragraph, sentence
from evaltools.standards import BONUS, PENALTIES, Standard
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
    if pd.isna(row.rank):
        figures.append((word("report.key_rank", lang), word("score.not_ranked", lang), ""))
    else:
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
    grade = score_views.grade_name(standard, row.grade, lang)
    about = {"area": area_name, "period": label, "points": wording.points(row.points, lang), "grade": grade}
    if pd.isna(row.rank):
        first = word("score.headline_no_rank", lang, **about)
    else:
        first = counted("report.headline", lang, int(row.n_ranked), rank=int(row.rank), **about)
    return [first, development(league, area, period, lang)]


def development(league: pd.DataFrame, area: str, period: str, lang: str) -> str:
    """Say how the score and the rank of an area changed; "but" where one gained and the other lost."""
    row = total_of(league, area, period)
    if pd.isna(row.change_points):
        return word("report.score_first", lang)
    compared = wording.compared_with(period, lang)
    score = way(row.change_points)
    points = wording.number(abs(row.change_points), 2, lang)
    first = word(f"report.score_{score}", lang, x=points, compared=compared)
    if pd.isna(row.change_rank):  # barred from the ranking now or then
        return sentence(first, lang)
    rank = way(row.change_rank)
    second = word(f"report.rank_{rank}", lang, before=int(row.previous_rank), after=int(row.rank))
    key = "report.but" if {score, rank} == {"up", "down"} else "report.and"
    return sentence(word(key, lang, first=first, second=second), lang)


def vetoes(
    totals: pd.DataFrame, standard: Standard, judgements: pd.DataFrame, area: str, period: str, lang: str
) -> str:
    """Say which vetoes are recorded of an area, what each does, and its ground; "" for none."""
    rows = totals[(totals["area"] == area) & (totals["unit"] == "") & (totals["period"] == period)]
    recorded = "; ".join(rows.loc[rows["section"] == "", "vetoes"]).split("; ")
    given = judgements[(judgements["area"] == area) & (judgements["value"] > 0)]
    texts = []
    for veto in standard.vetoes:
        if veto.id not in recorded:
            continue
        about = {"name": getattr(veto, f"name_{lang}") or veto.id}
        about["grade"] = score_views.grade_name(standard, veto.grade, lang)
        key = f"score.veto_{veto.effect}"
        text = counted(key, lang, veto.grades, **about) if veto.effect == "drop_grade" else word(key, lang, **about)
        grounds = [str(note) for note in given.loc[given["line"] == veto.id, "note"].dropna() if note]
        if grounds:
            text = word("score.veto_note", lang, text=text, note=_closed(joined(grounds, lang), lang))
        texts.append(text)
    return paragraph(texts, lang)


def _closed(text: str, lang: str) -> str:
    return text if text.endswith(("。", ".", "！", "!")) else sentence(text, lang)


def way(change: float) -> str:
    """Return `up`, `down` or `same` for a change of points or ranks."""
    return "up" if change > 1e-9 else "down" if change < -1e-9 else "same"


def lost_most(lines: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Say which lines that have a value cost most points."""
    rows = lines[(lines["lost"] > 0) & ~score_views.is_without_data(lines)]
    rows = rows.sort_values("lost", ascending=False, kind="stable").head(most)
    if rows.empty:
        return word("report.lost_missing_only" if (lines["lost"] > 0).any() else "report.lost_nothing", lang)
    names = [word("report.lost_item", lang, name=r.name, lost=wording.points(r.lost, lang)) for r in each_row(rows)]
    if len(score_views.without_data(lines)):
        return word("report.lost_most_known", lang, lines=joined(names, lang))
    return counted("report.lost_most", lang, len(rows), lines=joined(names, lang))


def warning(lines: pd.DataFrame, period: str, lang: str, of_units: pd.DataFrame | None = None) -> str:
    """Say, before any result, why a score cannot be taken at its face; "" for no reason.

    How much was lost only because data are missing, and that a standard is made for whole years. of_units: the points
    of the area's institutions, where they are what is scored.
    """
    rows = score_views.without_data(lines)
    texts = [part_year(period, lang)]
    if len(rows):
        reason = str(rows["reason"].mode().iloc[0]).split("; ")[0]
        lost = wording.points(rows["lost"].sum(), lang)
        texts.append(counted("report.lost_missing", lang, len(rows), lost=lost, reason=wording.reason(reason, lang)))
    if of_units is not None and (n := len(score_views.without_data(of_units))):
        texts.append(counted("score.lost_missing_units", lang, n))
    return paragraph(texts, lang)


def part_year(period: str, lang: str) -> str:
    """Say that a standard made for whole years is applied to less; "" for a whole year."""
    if periods.parse(period).length == 12:
        return ""
    return word("report.part_year", lang, period=wording.period(period, lang))


def scoring_notes(
    standard: Standard, lines: pd.DataFrame, lang: str, item_names: Mapping[str, str] | None = None
) -> list[str]:
    """Say by which rules the points came about. item_names: of the item by which institutions are weighted."""
    rounding = standard.rounding
    mode = word(f"report.{rounding.mode}", lang)
    notes = [
        word("report.method_full_at", lang),
        word("report.arithmetic_note", lang),
        word(f"report.rounding_by_{rounding.of}", lang, digits=rounding.digits, mode=mode),
    ]
    if rounding.value_digits is not None:
        notes.append(word("score.method_value_digits", lang, n=rounding.value_digits, mode=mode))
    if standard.roll_up is not None:
        item = (item_names or {}).get(standard.roll_up.item, standard.roll_up.item)
        notes.append(word(f"score.method_roll_up_{standard.roll_up.by}", lang, item=item))
    return [
        *notes,
        word(f"report.policy_missing_{standard.missing}", lang),
        word(f"report.policy_not_applicable_{standard.not_applicable}", lang),
        *excluded(lines, lang),
        *_beyond_sections(standard, lines, lang),
        standard_source(standard, lang),
    ]


def _beyond_sections(standard: Standard, lines: pd.DataFrame, lang: str) -> list[str]:
    """Say what gates, bonus, penalties and vetoes do, where the standard has them."""
    notes = []
    if gated := [line for _, line in standard.lines if line.gate]:
        names = dict(zip(lines["line"], lines["name"], strict=True))
        items = [
            word(
                "score.gate_item",
                lang,
                line=names.get(line.id, line.id),
                gates=joined((names.get(gate, gate) for gate in line.gate), lang),
            )
            for line in gated
        ]
        notes.append(word("score.method_gates", lang, lines=joined(items, lang)))
    total = wording.quantity(float(standard.total), lang)
    if standard.bonus is not None:
        key = "score.method_bonus_above" if standard.bonus.above_total else "score.method_bonus"
        notes.append(word(key, lang, cap=wording.quantity(float(standard.bonus.cap), lang), total=total))
    taken = [wording.quantity(float(section.points), lang) for section in standard.extras if section.id == PENALTIES]
    notes += [word("score.method_penalties", lang, cap=cap) for cap in taken]
    if standard.vetoes:
        notes.append(word("score.method_vetoes", lang))
    return notes


def excluded(lines: pd.DataFrame, lang: str) -> list[str]:
    """Say how many lines of an area are left out of its total."""
    left_out = lines["points"].isna()
    if "section" in lines:  # nothing is rescaled for want of a bonus or a penalty
        left_out &= ~lines["section"].isin([BONUS, PENALTIES])
    n = int(left_out.sum())
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
