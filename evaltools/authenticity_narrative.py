"""Sentences about sampled records: what was found, what it corrects, what it leaves of points and grades."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import wording
from evaltools.narrative import joined, sentence
from evaltools.score_views import grade_name
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import counted, word


def summary(table: pd.DataFrame, area_name: str, period: str, lang: str) -> list[str]:
    """Say how many records were sampled and genuine, then of each indicator of the area what that corrects.

    table: of `sample_table`. The range is named beside every share, and that nothing was sampled is said too.
    """
    label = wording.period(period, lang)
    checked = table[table["sampled"] > 0]
    if checked.empty:
        return [word("authenticity.none", lang, area=area_name, period=label)]
    whole = checked[checked["unit"] == ""]
    # an indicator whose area has no figure is counted by its institutions
    parts = checked[~checked["indicator"].isin(whole["indicator"]) & (checked["unit"] != "")]
    totals = {name: wording.integer(whole[name].sum() + parts[name].sum(), lang) for name in ("sampled", "genuine")}
    number = checked["indicator"].nunique()
    texts = [word("authenticity.summary", lang, area=area_name, period=label, indicators=number, **totals)]
    return [*texts, *(found(row, lang) for row in each_row(whole))]


def found(row: Any, lang: str) -> str:
    """Say of one row of a table how many records were genuine, in what range, and what became of the number."""
    values = {name: wording.integer(getattr(row, name), lang) for name in ("sampled", "genuine")}
    values["share"] = wording.percent(row.genuine_share, lang, 1)
    ends = {name: wording.percent(getattr(row, f"share_{name}est"), lang, 1) for name in ("low", "high")}
    key = "found_whole" if row.sampled == row.reported_numerator else "found"
    first = word(f"authenticity.{key}", lang, name=row.name, **values, **ends)
    return sentence(word("authenticity.clause", lang, first=first, second=_treated(row, lang)), lang)


def _treated(row: Any, lang: str) -> str:
    if row.correction != "corrected":
        return word(f"authenticity.kept_{row.correction}", lang)
    numbers = {name: wording.quantity(getattr(row, of), lang) for name, of in _NUMBERS.items()}
    values = {name: wording.value(getattr(row, of), lang, row.per, row.kind) for name, of in _VALUES.items()}
    key = "corrected_count" if row.kind == "count" else "corrected"
    return word(f"authenticity.{key}", lang, **numbers, **values)


_NUMBERS = {"reported": "reported_numerator", "numerator": "numerator"}
_VALUES = {"before": "reported_value", "after": "value"}


def judged(table: pd.DataFrame, lang: str) -> list[str]:
    """Say where more is not genuine than tolerated, where that cannot be told, and where nothing was checked."""
    rows = table[table["unit"] != ""] if (table["unit"] != "").any() else table
    texts = []
    beyond = rows[rows["verdict"] == "beyond"]
    if len(beyond):
        texts.append(
            counted("authenticity.beyond", lang, len(beyond), names=joined(_names(beyond, "of_unit", lang), lang))
        )
    if unclear := int((rows["verdict"] == "unclear").sum()):
        texts.append(counted("authenticity.unclear", lang, unclear))
    nothing = rows[rows["sampled"] == 0]
    if len(nothing):
        texts.append(
            word("authenticity.nothing_checked", lang, names=joined(_names(nothing, "of_unchecked", lang), lang))
        )
    return texts


def _names(rows: pd.DataFrame, key: str, lang: str) -> list[str]:
    return [
        word(
            f"authenticity.{key}",
            lang,
            unit=row.unit_name,
            name=row.name,
            sampled=wording.integer(row.sampled, lang),
            genuine=wording.integer(row.genuine, lang),
        )
        for row in each_row(rows)
    ]


def total_points(
    totals: pd.DataFrame, standard: Standard, area: str, area_name: str, period: str, lang: str
) -> list[str]:
    """Say what the correction did to an area's total, within what range it lies, and whether the grade does.

    totals: of `score_ranges.total_ranges`. Nothing where there is no total.
    """
    rows = totals[(totals["area"] == area) & (totals["unit"] == "") & (totals["section"] == "")]
    row = next(each_row(rows[rows["period"] == period]), None)
    if row is None or pd.isna(row.points):
        return []
    digits = standard.rounding.digits
    points = {name: wording.points(getattr(row, of), lang, digits) for name, of in _POINTS.items()}
    key = "total_same" if points["before"] == points["after"] else "total_points"
    texts = [word(f"authenticity.{key}", lang, area=area_name, **points)]
    grades = {grade for grade in (row.grade_lowest, row.grade, row.grade_highest) if grade}
    if len(grades) > 1:
        order = [grade.id for grade in standard.grades if grade.id in grades]
        names = {"best": grade_name(standard, order[0], lang), "worst": grade_name(standard, order[-1], lang)}
        texts.append(word("authenticity.grade_uncertain", lang, **names))
    return texts


_POINTS = {"before": "points_reported", "after": "points", "low": "points_lowest", "high": "points_highest"}


def methods(lang: str, confidence: float = 0.95, tolerance: float = 0.0, unsampled: str = "pooled") -> list[str]:
    """Say by which rules numbers were corrected; the arguments are those of `authenticity.corrected`."""
    level = wording.target(confidence * 100, lang)
    key = "method_tolerance" if tolerance else "method_no_tolerance"
    return [
        word("authenticity.method_formula", lang),
        word("authenticity.method_interval", lang, confidence=level),
        word(f"authenticity.{key}", lang, tolerance=wording.target(tolerance * 100, lang)),
        word(f"authenticity.method_rest_{unsampled}", lang),
        word("authenticity.method_points", lang),
    ]
