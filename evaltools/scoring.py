"""Points: every line of a standard for every area, with the arithmetic a county can redo by hand.

Values, targets and full points are compared and multiplied as exact fractions; only the points that are printed
are rounded, as the standard says. The formula of each rule is in `evaltools.rules`, sums are in `score_totals`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools.judged_lines import is_judged, judged_cells, read_judgements
from evaltools.line_inputs import Region
from evaltools.line_values import KEY, Cell, Indicators, exact, named_periods, read_targets, reason, say, value_first
from evaltools.problems import ProblemList
from evaltools.rule_arithmetic import Told, told
from evaltools.rule_model import SIGNS, Award, Number, Rule, Terms, decimal_text, rule, written
from evaltools.rules import RULES
from evaltools.score_totals import EXTRA_DIGITS, TOTAL_COLUMNS, less, roll_up, totals
from evaltools.standards import BONUS, PENALTIES, Line, Rounding, Section, Standard

__all__ = ["COLUMNS", "TOTAL_COLUMNS", "rule", "score", "threshold", "totals"]

NUMBERS = ["value", "target", "points", "full", "lost"]
COLUMNS = [*KEY, "section", "line", "indicator", *NUMBERS, "because", "reason"]


def threshold(value: ArrayLike | pd.Series, lower: float, upper: float, points: float) -> Any:
    """Points of the Quality and Outcomes Framework: `(value − lower)/(upper − lower) × points`.

    0 at or below `lower`, all `points` at or above `upper`. `value`, `lower` and `upper` in the same measure. A
    number, array or Series in, the same out, unrounded; NaN in, NaN out. Raises ValueError unless lower < upper
    and points >= 0. Source: NHS England, Statement of Financial Entitlements.

    Examples:
    >>> import evaltools as ev
    >>> print(ev.scoring.threshold([50, 65, 90], lower=50, upper=80, points=5))
    [0.  2.5 5. ]
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
    weights: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Points of every line of a standard for every period and area of the indicators.

    `ind` as `ev.indicators` gives it. A line scores the newest definition of its indicator in the period, or the
    one it states. Its target is its own, else that of the `targets` table for the same period and indicator (kind
    absolute): the area's before that for `*`. `judgements` hold manual scores, counts of evidence and defects, yes and
    no. `benchmark` (of `ev.benchmark`) is what rules that compare with the region need. With `units`, rows of units are
    scored too; an area's target counts for its units only if the indicator has a denominator.

    A standard that scores units gives rows of units, and of each area their mean, line by line, weighted as the
    standard says: `weights` (period, area, unit, weight) where it is by an item. An area of `ind` without any unit has
    its rows too, with nothing scored.

    One row per period, area, unit and line, in the order of `ind` and of the standard; columns `COLUMNS`. Points
    are the standard's, rounded if it rounds lines; value and target in the indicator's measure, `target` the value that
    earns full points. `because` is the arithmetic. Lines of `bonus` have nothing to lose; those of `penalties` have no
    full points, and lose what they take. NaN points are left out, and `reason` says why: missing and not applicable
    lines follow the standard's policies; a line without any target is left out. Not applicable are also 0 of 0, an
    indicator that no area has in the period, and what is compared with a year or a region that is not there.

    Raises InputError for lines a policy refuses, targets of zero or less, judgements out of bounds, scorers who do not
    agree on yes or no; ValueError for columns that are absent, for two rows of one definition or of one unit's weight,
    for weights below zero, and for a benchmark or weights that are needed. Infinite numbers are refused in all of them.

    Examples:
    >>> import evaltools as ev
    >>> data = ev.load("example", area="990101")
    >>> points = ev.score(ev.indicators(data), data.standard, targets=data.targets)
    >>> row = points[(points["period"] == "2024") & (points["line"] == "4.1")].iloc[0]
    >>> print(row["points"], "of", row["full"], "because", row["because"])
    3.63 of 5.0 because 5 × (39061/54406 − 50%)/(80% − 50%) = 3.63
    """
    problems = ProblemList()
    of_units = standard.objects == "unit"
    goals = read_targets(named_periods(targets), problems)
    judged = read_judgements(named_periods(judgements), standard, problems)
    problems.raise_if_any()
    table = Indicators(ind, "unit" if of_units else "both" if units else "area")
    region = None if benchmark is None else Region(benchmark)
    parts: dict[str, list[tuple[Any, ...]]] = {}
    for section, line in standard.gates_first:
        if is_judged(line):
            cells: Iterable[Cell] = judged_cells(line, table.keys, judged)
        else:
            cells = table.cells(line, goals, region, standard.rounding)
            if RULES[line.rule].of == "units_meeting":
                cells = (value_first(cell, standard.rounding) for cell in cells)
        shut = _shut(line, parts)
        parts[line.id] = _line_rows(cells, section, line, standard.rounding, problems, shut)
    problems.raise_if_any()
    # scored line by line; the frame goes area by area
    columns = [parts[line.id] for _, line in standard.lines]
    rows = [row for rows_of_area in zip(*columns, strict=True) for row in rows_of_area]
    frame = _typed(rows)
    if not of_units:
        return frame
    places = ind[["period", "area"]].drop_duplicates().itertuples(index=False, name=None)
    return roll_up(frame, standard, named_periods(weights), places)


def _typed(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    texts = [name for name in COLUMNS if name not in NUMBERS]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


def _shut(line: Line, parts: Mapping[str, list[tuple[Any, ...]]]) -> list[str]:
    """Return for each object the first gate of a line that has no points, "" for none."""
    points = COLUMNS.index("points")
    columns = [[row[points] == 0 for row in parts[gate]] for gate in line.gate]
    return [
        next((gate for gate, is_shut in zip(line.gate, row, strict=True) if is_shut), "")
        for row in zip(*columns, strict=True)
    ]


def _line_rows(
    cells: Iterable[Cell], section: Section, line: Line, rounding: Rounding, problems: ProblemList, shut: list[str]
) -> list[tuple[Any, ...]]:
    """Return the rows of one line, as `COLUMNS`."""
    rule, full = RULES[line.rule], exact(line.points)
    whole = 0.0 if section.id == PENALTIES else float(full.exact)
    ends = (section.id, line.id, line.indicator)
    terms = LineTerms(line, rule, full)
    rows, goal, target = [], None, math.nan
    for at, cell in enumerate(cells):
        points, because, why = math.nan, "", cell.reason
        award = None if cell.value is None else terms.award(cell)
        if shut and shut[at]:
            points, because, why = 0.0, f"{shut[at]} = 0 → 0", reason("gate", gate=shut[at])
        elif award is None:
            points, because, why = _without_value(cell, line, rule, problems)
        else:
            points, because = _rounded(award, full, rounding)
        if cell.target is not goal:  # most lines have one for all
            goal, target = cell.target, math.nan if cell.target is None else float(cell.target.exact)
        lost = 0.0 if section.id == BONUS else less(whole, points, rounding)
        rows.append((*cell.key, *ends, cell.given, target, points, whole, lost, because, why))
    return rows


class LineTerms:
    """What a line states, told as its formula needs it, once for each scale its values come in."""

    def __init__(self, line: Line, rule: Rule, full: Number) -> None:
        self.line, self.rule = line, rule
        self.full = told(full.exact, full.text)
        self.down = rule.low_is_good(line.direction)
        self.own_target = "target" in line.arguments
        self.by_scale: dict[int, Terms] = {}
        numbers = {name: value for name, value in line.arguments.items() if rule.arguments[name].kind in _OF_NUMBERS}
        self.bars = {name: exact(number) for name, number in numbers.items()}

    def award(self, cell: Cell) -> Award | None:
        """Return the points of a value; None if a target is not there, or what else the rule asks for."""
        rule, value = self.rule, cell.value
        assert value is not None
        terms, bars = self.by_scale.get(value.per) or self._terms(value.per), self.bars
        if rule.takes_target and not self.own_target:
            if cell.target is None:
                return None
            terms = terms.also({"target": self._told("measure", cell.target, value.per)})
            bars = bars | {"target": cell.target}
        if rule.inputs:
            ready = {name: found.told(rule.plain) for name, found in cell.inputs.items()}
            bar = bars.get(rule.full_at[self.down]) if rule.full_at else None
            if len(ready) < len(rule.inputs) and not (bar and value.reaches(bar.exact, not self.down)):
                return None  # whoever is at the ceiling needs no year before
            terms = terms.also(ready)
        return rule.award(value, terms, bars)

    def _terms(self, per: int) -> Terms:
        found: dict[str, Any] = {}
        for name, stated in self.line.arguments.items():
            kind = self.rule.arguments[name].kind
            if kind in _OF_NUMBERS:
                found[name] = self._told(kind, exact(stated), per)
            elif kind == "table":
                found[name] = tuple(
                    {
                        column: self._told("measure" if column in _ENDS else "number", exact(number), per)
                        for column, number in entry.items()
                    }
                    for entry in stated
                )
        self.by_scale[per] = Terms(self.full, self.down, found, self.line.arguments)
        return self.by_scale[per]

    def _told(self, kind: str, number: Number, per: int) -> Told:
        if kind == "percent":
            return told(number.exact / 100, f"{number.text}%")
        return told(number.exact, number.text + (SIGNS[per] if kind == "measure" and not self.rule.plain else ""))


_OF_NUMBERS = ("measure", "number", "percent")
_ENDS = ("from", "to")


def _without_value(cell: Cell, line: Line, rule: Rule, problems: ProblemList) -> tuple[float, str, str]:
    """Return points, because and reason of a line that has no value, no target or nothing to compare with."""
    lacks_input = cell.value is not None and bool(rule.inputs)
    policy, why = line.missing if cell.applicable and not lacks_input else line.not_applicable, [cell.reason]
    if lacks_input:
        why.append(reason("no_prior"))
    if cell.withheld:
        # nobody failed to report: the public just may not see it
        policy = "exclude"
    if rule.takes_target and cell.target is None:
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
    above, below = award.above, award.below
    if award.sign == "→" and (not above or above * full.exact.denominator == full.exact.numerator * below):
        return above / below, f"{award.working} → {full.text if above else '0'}"
    if rounding.of == "line":
        units = rounding.units_of(above, below, rounding.digits)
        return units / 10**rounding.digits, f"{award.working} {award.sign} {decimal_text(units, rounding.digits)}"
    points = Fraction(above, below)
    text, is_exact = written(points, rounding.digits + EXTRA_DIGITS)
    return float(points), f"{award.working} {award.sign if is_exact else '≈'} {text}"
