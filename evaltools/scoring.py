"""Points: every line of a standard for every area, with the arithmetic a county can redo by hand.

Values, targets and full points are compared and multiplied as exact fractions; only the points that are printed
are rounded, as the standard says. The formula of each rule is in `evaltools.rules`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools import periods
from evaltools.line_values import (
    KEY,
    Cell,
    Indicators,
    exact,
    judged_cells,
    read_judgements,
    read_targets,
    reason,
    say,
)
from evaltools.problems import ProblemList
from evaltools.rules import RULES, Award, Number, Terms, decimal_text, written
from evaltools.standards import Line, Rounding, Section, Standard

NUMBERS = ["value", "target", "points", "full", "lost"]
COLUMNS = [*KEY, "section", "line", "indicator", *NUMBERS, "because", "reason"]
TOTAL_COLUMNS = [*KEY, "section", "points", "full", "lost", "grade", "because", "reason"]

_EXTRA_DIGITS = 2
"""Decimals shown beyond the standard's where points are not rounded."""

_ALL, _CERTAIN = 12, 9
"""Decimals of points that are not rounded: those that are added up, and those that a sum is sure of."""


def threshold(value: ArrayLike | pd.Series, lower: float, upper: float, points: float) -> Any:
    """Points of the Quality and Outcomes Framework: `(value − lower)/(upper − lower) × points`.

    0 at or below `lower`, all `points` at or above `upper`. `value`, `lower` and `upper` in the same measure. A
    number, array or Series in, the same out, unrounded; NaN in, NaN out. Raises ValueError unless lower < upper
    and points >= 0. Source: NHS England, Statement of Financial Entitlements.
    """
    if not lower < upper:
        raise ValueError(f"lower must be below upper; found lower {lower!r}, upper {upper!r}")
    if not points >= 0:
        raise ValueError(f"points must be zero or more; found {points!r}")
    values = value.to_numpy(dtype=float, na_value=np.nan) if isinstance(value, pd.Series) else value
    share = (np.clip(np.asarray(values, dtype=float), lower, upper) - lower) / (upper - lower)
    if isinstance(value, pd.Series):
        return pd.Series(share * points, index=value.index, name=value.name)
    return float(share * points) if np.ndim(share) == 0 else share * points


def score(
    ind: pd.DataFrame,
    standard: Standard,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    units: bool = False,
) -> pd.DataFrame:
    """Points of every line of a standard for every period and area of the indicators.

    `ind` as `ev.indicators` gives it. A line scores the newest definition of its indicator in the period, or the
    one it states. Its target is its own, else that of the `targets` table for the same period and indicator (kind
    absolute): the area's before that for `*`. `judgements` hold manual scores. No rule of today reads
    `benchmark`. With `units`, rows of units are scored too; an area's target counts for its units only if the
    indicator has a denominator.

    One row per period, area, unit and line, in the order of `ind` and of the standard; columns `COLUMNS`. Points
    are the standard's, rounded if it rounds lines; value and target in the indicator's measure. `because` is the
    arithmetic. NaN points are left out, and `reason` says why: missing and not applicable lines follow the
    standard's policies; a line without any target is left out. Not applicable are also 0 of 0, and an indicator
    that no area has in the period.

    Raises InputError for lines a policy refuses, targets of zero or less, judgements outside 0 to full; ValueError
    for columns that are absent and for two rows of one definition.
    """
    problems = ProblemList()
    goals = read_targets(_named(targets), problems)
    judged = read_judgements(_named(judgements), standard, problems)
    problems.raise_if_any()
    table = Indicators(ind if units else ind[ind["unit"] == ""])
    parts = []
    for section, line in standard.lines:
        cells = judged_cells(line, table.keys, judged) if RULES[line.rule].judged else table.cells(line, goals)
        parts.append(_line_rows(cells, section, line, standard.rounding, problems))
    problems.raise_if_any()
    # scored line by line; the frame goes area by area
    rows = [row for rows_of_area in zip(*parts, strict=True) for row in rows_of_area]
    texts = [name for name in COLUMNS if name not in NUMBERS]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


def totals(points: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """Section totals and, with section "", the total and its grade, of what `score` gave.

    Sums of the points as printed. Where lines are left out, `Σ points ÷ Σ full of the lines counted × full`, for
    the section and for the total alike: sections then need not add up to the total, and `because` and `reason`
    say what was done. One row per period, area, unit and section, the total last; columns `TOTAL_COLUMNS`; NaN
    and no grade where no line could be scored.

    Raises ValueError if an area's lines are not those of the standard.
    """
    code = points.groupby(KEY, sort=False).ngroup().to_numpy()
    points = points.iloc[np.argsort(code, kind="stable")]
    keys = points[KEY].drop_duplicates().itertuples(index=False, name=None)
    expected = [line.id for _, line in standard.lines]
    ids, gained = points["line"].tolist(), points["points"].tolist()
    rows: list[tuple[Any, ...]] = []
    for start, key in zip(range(0, max(len(ids), 1), len(expected)), keys, strict=False):
        end = start + len(expected)
        if ids[start:end] != expected or end > len(ids):
            raise ValueError(f"the points of {' '.join(key)} are not one for each line of {standard.id}")
        rows += [(*key, *row) for row in _total_rows(gained[start:end], standard)]
    frame = pd.DataFrame(rows, columns=TOTAL_COLUMNS)
    texts = [name for name in TOTAL_COLUMNS if name not in NUMBERS]
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(["points", "full", "lost"], "float64"))


def _named(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return rows with their periods under the names that `ev.indicators` gives: `2024-H1`, not `2024-01/2024-06`."""
    if rows is None:
        return None
    names = {period: periods.shortest(period) for period in rows["period"].unique()}
    return rows.assign(period=rows["period"].map(names).astype("str"))


def _line_rows(
    cells: Iterable[Cell], section: Section, line: Line, rounding: Rounding, problems: ProblemList
) -> list[tuple[Any, ...]]:
    """Return the rows of one line, as `COLUMNS`."""
    rule, full = RULES[line.rule], exact(line.points)
    whole = float(full.exact)
    arguments = {name: exact(number) for name, number in line.arguments.items()}
    ends = (section.id, line.id, line.indicator)
    rows = []
    for cell in cells:
        points, because, why = math.nan, "", cell.reason
        if cell.value is None or (rule.takes_target and cell.target is None):
            points, because, why = _without_value(cell, line, problems)
        else:
            award = rule.award(cell.value, Terms(full, cell.target, arguments, line.direction == "down"))
            points, because = _rounded(award, full, rounding)
        target = math.nan if cell.target is None else float(cell.target.exact)
        lost = _less(whole, points, rounding)
        rows.append((*cell.key, *ends, cell.given, target, points, whole, lost, because, why))
    return rows


def _without_value(cell: Cell, line: Line, problems: ProblemList) -> tuple[float, str, str]:
    """Return points, because and reason of a line that has no value or no target, as the policies say."""
    policy, why = line.missing if cell.applicable else line.not_applicable, [cell.reason]
    if cell.withheld:
        # nobody failed to report: the public just may not see it
        policy = "exclude"
    if RULES[line.rule].takes_target and cell.target is None:
        # nobody set a bar, so nobody can fall short of it
        policy = "refuse" if policy == "refuse" else "exclude"
        why.append(reason("no_target"))
    if policy == "refuse":
        texts = {"line": line.id, "reason": "; ".join(part for part in why if part)}
        say(problems, "refused", "", cell.key, **texts)
    why.append(reason("counted_zero" if policy == "zero" else "left_out"))
    text = "; ".join(part for part in why if part)
    return (0.0, "— → 0", text) if policy == "zero" else (math.nan, "", text)


def _rounded(award: Award, full: Number, rounding: Rounding) -> tuple[float, str]:
    """Return the points as they count, and `because`."""
    if award.sign == "→" and (award.points == 0 or award.points == full.exact):
        return float(award.points), f"{award.working} → {full.text if award.points else '0'}"
    if rounding.on == "line":
        units = rounding.units(award.points)
        return units / 10**rounding.digits, f"{award.working} {award.sign} {decimal_text(units, rounding.digits)}"
    text, is_exact = written(award.points, rounding.digits + _EXTRA_DIGITS)
    return float(award.points), f"{award.working} {award.sign if is_exact else '≈'} {text}"


def _less(full: float, points: float, rounding: Rounding) -> float:
    """Return full − points without the dust of binary fractions where both are decimals."""
    return round(full - points, rounding.digits) if rounding.on == "line" else full - points


def _total_rows(gained: Sequence[float], standard: Standard) -> Iterator[tuple[Any, ...]]:
    """Yield an area's section rows and its total, from the column section on."""
    rounding = standard.rounding
    sums: list[int] = []
    full_of_counted, out, start = Decimal(0), 0, 0
    for section in standard.sections:
        lines = list(zip(section.lines, gained[start : start + len(section.lines)], strict=True))
        start += len(lines)
        counted = [(line.points, points) for line, points in lines if not math.isnan(points)]
        terms = [_units(points, rounding) for _, points in counted]
        full = sum((most for most, _ in counted), Decimal(0))
        total, because = _scaled(terms, full, section.points, rounding, rounding.on == "line")
        left_out, whole = len(lines) - len(counted), float(section.points)
        why = _rescaled(left_out, len(lines))
        yield (section.id, total, whole, _less(whole, total, rounding), "", because, why)
        sums += [sum(terms)] if terms else []
        full_of_counted += full
        out += left_out
    total, because = _scaled(sums, full_of_counted, standard.total, rounding, True)
    whole = float(standard.total)
    grade = "" if math.isnan(total) else _grade(total, standard)
    yield ("", total, whole, round(whole - total, 10), grade, because, _rescaled(out, len(gained)))


def _scaled(
    terms: list[int], counted: Decimal, full: Decimal, rounding: Rounding, is_rounded: bool
) -> tuple[float, str]:
    """Return `Σ terms ÷ counted × full` and how it is worked out; NaN if nothing counted.

    `terms` as `_units` gives them; `counted` and `full` are full points.
    """
    if not terms:
        return math.nan, ""
    digits = _kept(rounding)
    shown = digits if rounding.on == "line" else rounding.digits + _EXTRA_DIGITS
    working = " + ".join(_shown(term, digits, shown) for term in terms)
    scaled = Fraction(sum(terms), 10**digits)
    if counted != full:
        scaled = scaled * Fraction(full) / Fraction(counted)
        working = f"({working})/{exact(counted).text} × {exact(full).text}"
    if is_rounded:
        if rounding.on == "total":
            # thirds of points are kept to some decimals only: three of them must be whole again
            scaled = Fraction(round(scaled * 10**_CERTAIN), 10**_CERTAIN)
        units = rounding.units(scaled)
        total, text = units / 10**rounding.digits, decimal_text(units, rounding.digits)
    else:
        total, text = float(scaled), written(scaled, shown, padded=True)[0]
    if working == text:
        return total, text
    return total, f"{working} {'=' if rounding.on == 'line' else '≈'} {text}"


def _kept(rounding: Rounding) -> int:
    """Return how many decimals of a line's points go into the sums: those printed, or all that a float has."""
    return rounding.digits if rounding.on == "line" else _ALL


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
