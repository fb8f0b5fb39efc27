"""Sections, total and grade of what `scoring.score` gave, with bonus, penalties and vetoes; areas made of units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from evaltools.judged_lines import read_vetoes
from evaltools.line_values import KEY, exact, named_periods, reason
from evaltools.rule_model import decimal_text, written
from evaltools.standards import BONUS, PENALTIES, Rounding, Section, Standard

NUMBERS = ["points", "full", "lost"]
TOTAL_COLUMNS = [*KEY, "section", *NUMBERS, "grade", "because", "reason", "vetoes", "barred"]

EXTRA_DIGITS = 2
"""Decimals shown beyond the standard's where points are not rounded."""

_ALL, _CERTAIN = 12, 9
"""Decimals of points that are not rounded: those that are added up, and those that a sum is sure of."""

_SHOWN_TERMS = 6
"""Units that the arithmetic of a roll-up names each; of more it shows the first and the last."""


def totals(points: pd.DataFrame, standard: Standard, judgements: pd.DataFrame | None = None) -> pd.DataFrame:
    """Section totals and, with section "", the total and its grade, of what `score` gave.

    Sums of the points as printed. Where lines are left out, `Σ points ÷ Σ full of the lines counted × full`, for
    the section and for the total alike: sections then need not add up to the total, and `because` and `reason`
    say what was done. A bonus adds `min(cap, Σ)`, penalties take `min(cap, Σ)`; the total stays between 0 and the
    standard's, beyond it only where the bonus says so. `judgements` hold the vetoes: they change the grade (never for
    the better) or bar from the ranking, not the points.

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
    """Return what vetoes leave of a grade: set to one, capped at one, dropped by steps, never made better."""
    order = [known.id for known in standard.grades]
    if not grade or not order:
        return grade
    at = order.index(grade)
    for veto in standard.vetoes:
        if veto.id in vetoes and veto.effect in ("set_grade", "cap_grade"):
            at = max(at, order.index(veto.grade))
        elif veto.id in vetoes and veto.effect == "drop_grade":
            at = min(at + veto.grades, len(order) - 1)
    return order[at]


def roll_up(points: pd.DataFrame, standard: Standard, weights: pd.DataFrame | None = None) -> pd.DataFrame:
    """Add to the points of units those of their areas: of each line the mean of its units, `Σ w × points ÷ Σ w`.

    points: of `score`, rows of units. weights: period, area, unit, weight, where the standard weights by an item; a
    unit whose line is left out, or whose weight is not known, is not in that line's mean, and `reason` counts it.
    value and target are NaN. Returns the rows of areas and of units. Raises ValueError for weights that are needed.
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
        known = of.merge(weights[[*KEY, "weight"]], on=KEY, how="left")
    weight = dict(zip(known[KEY].itertuples(index=False, name=None), known["weight"].tolist(), strict=True))
    lines = {line.id: (section, line) for section, line in standard.lines}
    rows: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
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
        terms = [_units(points, rounding) for _, points in counted]
        full = sum((most for most, _ in counted), Decimal(0))
        total, because = _scaled(terms, full, section.points, rounding, rounding.of == "line")
        left_out, whole = len(lines) - len(counted), float(section.points)
        why = _rescaled(left_out, len(lines))
        yield (section.id, total, whole, less(whole, total, rounding), "", because, why, "", "")
        sums += [sum(terms)] if terms else []
        full_of_counted += full
        out += left_out
    total, because = _scaled(sums, full_of_counted, standard.total, rounding, True)
    for section in standard.extras:
        extra = [points for points in gained[start : start + len(section.lines)] if not math.isnan(points)]
        start += len(section.lines)
        points, working = _capped([_units(part, rounding) for part in extra], section, rounding)
        most, lost = (float(section.points), 0.0) if section.id == BONUS else (0.0, -points)
        yield (section.id, points, most, lost, "", working, "", "", "")
        if not math.isnan(total) and points:
            total, because = _with_extra(total, because, points, section, standard)
    whole = float(standard.total)
    grade = grade_after("" if math.isnan(total) else _grade(total, standard), vetoes, standard)
    effects = {veto.effect for veto in standard.vetoes if veto.id in vetoes}
    lost = max(0.0, round(whole - total, 10)) if not math.isnan(total) else math.nan
    why = "; ".join(part for part in (_rescaled(out, of_sections), _vetoed(vetoes)) if part)
    barred = "yes" if "bar_from_ranking" in effects else ""
    yield ("", total, whole, lost, grade, because, why, "; ".join(vetoes), barred)


def _capped(terms: list[int], section: Section, rounding: Rounding) -> tuple[float, str]:
    """Return the points of bonus or penalties, at most what they may give or take, and how they are worked out."""
    digits = _kept(rounding)
    most = exact(section.points)
    found = Fraction(sum(terms), 10**digits)
    working = " + ".join(_shown(term, digits, rounding.digits) for term in terms) or "0"
    points = max(-most.exact, min(most.exact, found))
    if points != found:
        sign, bound = (">", most.text) if found > 0 else ("<", f"-{most.text}")
        return float(points), f"{working} {sign} {bound} → {bound}"
    text = written(points, rounding.digits, padded=True)[0]
    return float(points), text if working == text else f"{working} = {text}"


def _with_extra(total: float, because: str, points: float, section: Section, standard: Standard) -> tuple[float, str]:
    """Return a total after a bonus or penalties, kept within its bounds, and its working."""
    rounding = standard.rounding
    before, part = exact(total), exact(points)
    after = Fraction(rounding.units(before.exact + part.exact), 10**rounding.digits)
    above = standard.bonus is not None and standard.bonus.above_total
    # what a bonus lifted beyond the total stays there only if the standard says so
    kept = max(Fraction(0), after if above or section.id != BONUS else min(Fraction(standard.total), after))
    sign = "+" if points > 0 else "−"
    working = f"{because}; {written(before.exact, rounding.digits, padded=True)[0]} {sign} {exact(abs(points)).text}"
    text = written(kept, rounding.digits, padded=True)[0]
    return float(kept), f"{working} {'=' if kept == after else '→'} {text}"


def _vetoed(vetoes: list[str]) -> str:
    return reason("vetoed", vetoes=", ".join(vetoes)) if vetoes else ""


def less(full: float, points: float, rounding: Rounding) -> float:
    """Return full − points without the dust of binary fractions where both are decimals."""
    return round(full - points, rounding.digits) if rounding.of == "line" else full - points


def _scaled(
    terms: list[int], counted: Decimal, full: Decimal, rounding: Rounding, is_rounded: bool
) -> tuple[float, str]:
    """Return `Σ terms ÷ counted × full` and how it is worked out; NaN if nothing counted.

    `terms` as `_units` gives them; `counted` and `full` are full points.
    """
    if not terms:
        return math.nan, ""
    digits = _kept(rounding)
    shown = digits if rounding.of == "line" else rounding.digits + EXTRA_DIGITS
    working = " + ".join(_shown(term, digits, shown) for term in terms)
    scaled = Fraction(sum(terms), 10**digits)
    if counted != full:
        scaled = scaled * Fraction(full) / Fraction(counted)
        working = f"({working})/{exact(counted).text} × {exact(full).text}"
    if is_rounded:
        if rounding.of == "total":
            # thirds of points are kept to some decimals only: three of them must be whole again
            scaled = Fraction(round(scaled * 10**_CERTAIN), 10**_CERTAIN)
        units = rounding.units(scaled)
        total, text = units / 10**rounding.digits, decimal_text(units, rounding.digits)
    else:
        total, text = float(scaled), written(scaled, shown, padded=True)[0]
    if working == text:
        return total, text
    return total, f"{working} {'=' if rounding.of == 'line' else '≈'} {text}"


def _kept(rounding: Rounding) -> int:
    """Return how many decimals of a line's points go into the sums: those printed, or all that a float has."""
    return rounding.digits if rounding.of == "line" else _ALL


def _units(points: float, rounding: Rounding) -> int:
    units: int = round(points * 10 ** _kept(rounding))
    return units


def _shown(units: int, digits: int, shown: int) -> str:
    if digits == shown:
        return decimal_text(units, digits)
    return written(Fraction(units, 10**digits), shown, padded=True)[0]


def _rescaled(out: int, lines: int) -> str:
    if out == 0:
        return ""
    return reason("nothing") if out == lines else reason("rescaled", out=out, total=lines)


def _grade(total: float, standard: Standard) -> str:
    printed = exact(total).exact
    return next(grade.id for grade in standard.grades if printed >= grade.start)
