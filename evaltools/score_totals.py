"""Sections, total and grade of what `scoring.score` gave, with bonus, penalties and vetoes; areas made of units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from evaltools.judged_lines import read_vetoes
from evaltools.line_values import KEY, exact, named_periods, reason, refuse_rows
from evaltools.rule_model import decimal_text, written
from evaltools.score_sums import (
    EXTRA_DIGITS,
    Extra,
    Sum,
    counted_units,
    extra_points,
    section_points,
    total_points,
)
from evaltools.standards import BONUS, PENALTIES, Rounding, Section, Standard

__all__ = ["EXTRA_DIGITS", "TOTAL_COLUMNS", "grade_after", "less", "roll_up", "totals"]

NUMBERS = ["points", "full", "lost"]
TOTAL_COLUMNS = [*KEY, "section", *NUMBERS, "grade", "because", "reason", "vetoes", "barred"]

_SHOWN_TERMS = 6
"""Units that the arithmetic of a roll-up names each; of more it shows the first and the last."""


def totals(points: pd.DataFrame, standard: Standard, judgements: pd.DataFrame | None = None) -> pd.DataFrame:
    """Section totals and, with section "", the total and its grade, of what `score` gave.

    Sums of the points as printed. Where lines are left out, `Σ points ÷ Σ full of the lines counted × full`, for
    the section and for the total alike: sections then need not add up to the total, and `because` and `reason`
    say what was done. A bonus adds `min(cap, Σ)`, not beyond the standard's total unless it says so; then penalties
    take `min(cap, Σ)`, not below 0. The total is rounded once, after all of this, and is not the sum of rounded
    sections. `judgements` hold the vetoes: they change the grade (`grade_after`) or bar from the ranking, not the
    points.

    One row per period, area, unit and section, those of bonus and penalties after the others, the total last; columns
    `TOTAL_COLUMNS`; NaN and no grade where no line could be scored. vetoes: the ids of those recorded, joined by
    "; "; barred: `yes` where one of them bars from the ranking. Both on the total only.

    Raises ValueError if an area's lines are not those of the standard.
    """
    code = points.groupby(KEY, sort=False).ngroup().to_numpy()
    points = points.iloc[code.argsort(kind="stable")]
    keys = points[KEY].drop_duplicates().itertuples(index=False, name=None)
    vetoes = read_vetoes(named_periods(judgements), standard)
    expected = [line.id for _, line in standard.lines]
    ids, gained = points["line"].tolist(), points["points"].tolist()
    rows: list[tuple[Any, ...]] = []
    for start, key in zip(range(0, max(len(ids), 1), len(expected)), keys, strict=False):
        end = start + len(expected)
        if ids[start:end] != expected or end > len(ids):
            raise ValueError(f"the points of {' '.join(key)} are not one for each line of {standard.id}")
        rows += [(*key, *row) for row in _total_rows(gained[start:end], standard, vetoes.get(key, []))]
    frame = pd.DataFrame(rows, columns=TOTAL_COLUMNS)
    texts = [name for name in TOTAL_COLUMNS if name not in NUMBERS]
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


def grade_after(grade: str, vetoes: Sequence[str], standard: Standard) -> str:
    """Return what vetoes leave of a grade, whatever their order.

    First the grade drops by the steps of all `drop_grade` together, not below the lowest; then the lowest grade of all
    `cap_grade` and `set_grade` is the best it can be. None makes it better.
    """
    order = [known.id for known in standard.grades]
    if not grade or not order:
        return grade
    recorded = [veto for veto in standard.vetoes if veto.id in vetoes]
    steps = sum(veto.grades for veto in recorded if veto.effect == "drop_grade")
    caps = [order.index(veto.grade) for veto in recorded if veto.effect in ("set_grade", "cap_grade")]
    return order[max(min(order.index(grade) + steps, len(order) - 1), *caps, 0)]


def roll_up(
    points: pd.DataFrame,
    standard: Standard,
    weights: pd.DataFrame | None = None,
    places: Iterable[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Add to the points of units those of their areas: of each line the mean of its units, `Σ w × points ÷ Σ w`.

    points: of `score`, rows of units. weights: period, area, unit, weight, where the standard weights by an item; a
    unit whose line is left out, or whose weight is not known, is not in that line's mean, and `reason` counts it.
    places: period and area of those that have rows even without a unit. value and target are NaN. Returns the rows of
    areas and of units. Raises ValueError for weights that are needed, below zero, infinite, or there twice.
    """
    assert standard.roll_up is not None  # the reader asks for it where units are scored
    of = points[KEY].drop_duplicates()
    if standard.roll_up.by == "equal":
        known = of.assign(weight=1.0)
    elif weights is None:
        raise ValueError(
            f"units are weighted by {standard.roll_up.item}: give score the weights (period, area, unit, weight)"
        )
    else:
        given = weights[[*KEY, "weight"]]
        wrong = (given["weight"] < 0) | (given["weight"] == math.inf)
        twice = given.duplicated(KEY)
        said = {"weights must be numbers of zero or more": wrong, "weights hold a unit more than once": twice}
        refuse_rows(given, {sentence: bad.to_numpy() for sentence, bad in said.items()})
        known = of.merge(given, on=KEY, how="left")
    weight = dict(zip(known[KEY].itertuples(index=False, name=None), known["weight"].tolist(), strict=True))
    lines = {line.id: (section, line) for section, line in standard.lines}
    rows: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {
        place: {name: [] for name in lines} for place in places
    }
    for period, area, unit, line, gained in points[[*KEY, "line", "points"]].itertuples(index=False, name=None):
        rows.setdefault((period, area), {}).setdefault(line, []).append((weight[period, area, unit], gained))
    found = [
        (
            *place,
            "",
            lines[name][0].id,
            name,
            lines[name][1].indicator,
            *_mean(parts, lines[name][0], float(lines[name][1].points), standard),
        )
        for place, of_lines in rows.items()
        for name, parts in of_lines.items()
    ]
    areas = pd.DataFrame(found, columns=points.columns).astype(points.dtypes)
    return pd.concat([areas, points], ignore_index=True)


def _mean(parts: list[tuple[float, float]], section: Section, most: float, standard: Standard) -> tuple[Any, ...]:
    """Return value, target, points, full, lost, because and reason of an area's line."""
    rounding, full = standard.rounding, 0.0 if section.id == PENALTIES else most
    counted = [(weight, gained) for weight, gained in parts if not math.isnan(weight) and not math.isnan(gained)]
    below = sum((exact(weight).exact for weight, _ in counted), Fraction(0))
    why = "" if len(counted) == len(parts) else reason("units_counted", some=len(counted), total=len(parts))
    if not parts:
        why = reason("no_unit_reported")
    elif counted and not below:
        why = "; ".join(part for part in (why, reason("no_weight")) if part)
    if not below:
        return math.nan, math.nan, math.nan, full, math.nan, "", "; ".join(x for x in (why, reason("left_out")) if x)
    mean = sum((exact(weight).exact * exact(gained).exact for weight, gained in counted), Fraction(0)) / below
    terms = [
        exact(gained).text
        if standard.roll_up and standard.roll_up.by == "equal"
        else f"{exact(weight).text} × {exact(gained).text}"
        for weight, gained in counted
    ]
    if len(terms) > _SHOWN_TERMS:
        terms = [*terms[:2], "…", terms[-1]]
    working = f"({' + '.join(terms)})/{exact(float(below)).text}"
    if rounding.of == "line":
        units = rounding.units(mean)
        gained, text = units / 10**rounding.digits, f"{working} = {decimal_text(units, rounding.digits)}"
    else:
        gained, text = float(mean), f"{working} ≈ {written(mean, rounding.digits + EXTRA_DIGITS)[0]}"
    lost = 0.0 if section.id == BONUS else round(full - gained, rounding.digits if rounding.of == "line" else 12)
    return math.nan, math.nan, gained, full, lost, text, why


def _total_rows(gained: Sequence[float], standard: Standard, vetoes: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield an area's section rows and its total, from the column section on."""
    rounding = standard.rounding
    sums: list[int] = []
    full_of_counted, out, start, of_sections = Decimal(0), 0, 0, 0
    for section in standard.sections:
        lines = list(zip(section.lines, gained[start : start + len(section.lines)], strict=True))
        start += len(lines)
        of_sections += len(lines)
        counted = [(line.points, points) for line, points in lines if not math.isnan(points)]
        terms = [counted_units(points, rounding) for _, points in counted]
        full = sum((most for most, _ in counted), Decimal(0))
        total, because = math.nan, ""
        if terms:
            total, because = section_points(Sum(terms, full, section.points, rounding), rounding)
            sums.append(sum(terms))
        left_out, whole = len(lines) - len(counted), float(section.points)
        why = _rescaled(left_out, len(lines))
        yield (section.id, total, whole, less(whole, total, rounding), "", because, why, "", "")
        full_of_counted += full
        out += left_out
    extras: list[Extra] = []
    for section in standard.extras:
        extra = [points for points in gained[start : start + len(section.lines)] if not math.isnan(points)]
        start += len(section.lines)
        points, working = extra_points([counted_units(part, rounding) for part in extra], section, rounding)
        most, lost = (float(section.points), 0.0) if section.id == BONUS else (0.0, float(-points))
        yield (section.id, float(points), most, lost, "", working, "", "", "")
        extras += [(section.id, points)] if points else []
    total, because = math.nan, ""
    if sums:
        total, because = total_points(Sum(sums, full_of_counted, standard.total, rounding), extras, standard)
    whole = float(standard.total)
    grade = grade_after("" if math.isnan(total) else _grade(total, standard), vetoes, standard)
    effects = {veto.effect for veto in standard.vetoes if veto.id in vetoes}
    lost = max(0.0, round(whole - total, 10)) if not math.isnan(total) else math.nan
    why = "; ".join(part for part in (_rescaled(out, of_sections), _vetoed(vetoes)) if part)
    barred = "yes" if "bar_from_ranking" in effects else ""
    yield ("", total, whole, lost, grade, because, why, "; ".join(vetoes), barred)


def _vetoed(vetoes: list[str]) -> str:
    return reason("vetoed", vetoes=", ".join(vetoes)) if vetoes else ""


def less(full: float, points: float, rounding: Rounding) -> float:
    """Return full − points without the dust of binary fractions where both are decimals."""
    return round(full - points, rounding.digits) if rounding.of == "line" else full - points


def _rescaled(out: int, lines: int) -> str:
    if out == 0:
        return ""
    return reason("nothing") if out == lines else reason("rescaled", out=out, total=lines)


def _grade(total: float, standard: Standard) -> str:
    printed = exact(total).exact
    return next(grade.id for grade in standard.grades if printed >= grade.start)
