"""What a score sheet consists of: of each line its counts, target, what it is compared with, and the published points.

The workbook with its formulas is made of this by `score_workbook`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from evaltools.judged_lines import is_judged, read_judgements
from evaltools.line_inputs import Key, Region
from evaltools.line_values import KEY, Cell, Indicators, exact, named_periods, reason
from evaltools.problems import ProblemList
from evaltools.rule_model import SIGNS, written
from evaltools.rules import RULES
from evaltools.standards import Line, Section, Standard

VALUE_DIGITS = 10
"""Decimals of a value that is a ratio, and of what it is compared with: those that a formula is sure of."""

COUNTS, GIVEN, JUDGED, ROLLED = "counts", "given", "judged", "rolled"
"""Where the value of a line comes from: two counts, one number, what scorers gave, or the institutions."""


@dataclass(frozen=True)
class LineRow:
    """A line of the sheet. Numbers are None where there are none.

    source: one of `COUNTS`, `GIVEN`, `JUDGED`, `ROLLED`. above and below: numerator and denominator; of `GIVEN` the
    value and nothing. per: what a ratio is multiplied by. rounded_first: whether the standard rounds the value before
    its rule. other: last year's value, or the region's mean. blank: the policy of the line while it has no value.
    points: as published; `because` and `reason` in English, as frames have them.
    """

    section: Section
    line: Line
    source: str
    above: float | None = None
    below: float | None = None
    per: int = 1
    sign: str = ""
    rounded_first: bool = False
    target: float | None = None
    other: float | None = None
    scores: tuple[float, ...] = ()
    blank: str = ""
    points: float | None = None
    because: str = ""
    reason: str = ""


@dataclass(frozen=True)
class UnitRow:
    """A unit of a roll-up: its weight, and its points by line."""

    unit: str
    weight: float | None
    points: Mapping[str, float | None]


@dataclass(frozen=True)
class ScoreSheet:
    """A whole score sheet. sections: published points by section, "" the total; grade: the published one."""

    standard: Standard
    lang: str
    period: str
    name: str
    lines: tuple[LineRow, ...]
    names: Mapping[str, str]
    sections: Mapping[str, float | None]
    grade: str
    vetoes: tuple[str, ...] = ()
    units: tuple[UnitRow, ...] = ()
    unit_names: Mapping[str, str] = field(default_factory=dict)


def score_sheet(
    points: pd.DataFrame,
    totals: pd.DataFrame,
    standard: Standard,
    key: Key,
    lang: str,
    ind: pd.DataFrame,
    *,
    name: str = "",
    names: Mapping[str, str] | None = None,
    unit_names: Mapping[str, str] | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
) -> ScoreSheet:
    """Return the score sheet of one period, area and unit ("" for the area).

    points and totals: of `ev.score` and `ev.totals`. ind, judgements, benchmark, weights: what was scored; `ind` with
    rows of units where lines count the units that meet a bar. name: of the area or unit. names: of indicators, for
    lines without a name; unit_names by code.

    Raises ValueError if there are no points of the key, and for a benchmark that lines need and is not given.
    """
    period, area, unit = key
    rows = points[(points["area"] == area) & (points["period"] == period)]
    own = {row.line: row for row in rows[rows["unit"] == unit].itertuples(index=False)}
    if set(own) != {line.id for _, line in standard.lines}:
        raise ValueError(f"no points of {' '.join(filter(None, key))} for each line of {standard.id}")
    sums = totals[(totals["area"] == area) & (totals["period"] == period) & (totals["unit"] == unit)]
    total = sums[sums["section"] == ""].iloc[0]
    rolled = standard.objects == "unit" and not unit
    finder = None if rolled else _Finder(ind, standard, key, judgements, benchmark)
    lines = tuple(_line_row(section, line, own[line.id], finder) for section, line in standard.lines)
    known = names or {}
    return ScoreSheet(
        standard=standard,
        lang=lang,
        period=period,
        name=name or unit or area,
        lines=lines,
        names={line.id: _name(line, lang, known) for _, line in standard.lines},
        sections=dict(zip(sums["section"], map(_number, sums["points"]), strict=True)),
        grade=str(total["grade"]),
        vetoes=tuple(filter(None, str(total["vetoes"]).split("; "))),
        units=tuple(_units(rows, standard, weights)) if rolled else (),
        unit_names=unit_names or {},
    )


class _Finder:
    """Finds what a line scores: the figures of one area, looked up as `score` does."""

    def __init__(
        self,
        ind: pd.DataFrame,
        standard: Standard,
        key: Key,
        judgements: pd.DataFrame | None,
        benchmark: pd.DataFrame | None,
    ) -> None:
        self.key, self.standard = key, standard
        period, area, unit = key
        self.table = Indicators(ind[ind["area"] == area], "unit" if unit else "area")
        self.with_denominator = set(ind.loc[ind["denominator"].notna(), "indicator"].astype(str))
        self.region = None if benchmark is None else Region(benchmark[benchmark["area"] == area])
        given = named_periods(judgements)
        if given is not None:
            given = given[(given["area"] == area) & (given["period"] == period)]
        self.judged = read_judgements(given, standard, ProblemList())

    def scores(self, line: Line) -> tuple[float, ...]:
        return tuple(float(score.exact) for score in self.judged.get((*self.key, line.id), []))

    def cell(self, line: Line) -> Cell:
        found = self.table.cells(line, {}, self.region, self.standard.rounding)
        empty = Cell(self.key, None, math.nan, None, "")
        return next((cell for cell in found if cell.key == self.key), empty)

    def counts(self, line: Line) -> tuple[float | None, float | None, int, bool]:
        """Return numerator, denominator, what they are multiplied by, and whether the value is their ratio."""
        at = self.table.keys.index(self.key) if self.key in self.table.keys else -1
        position = int(self.table.positions(line)[at]) if at >= 0 else -1
        if position < 0:
            return None, None, line.per or 1, line.indicator in self.with_denominator
        row = self.table.rows.iloc[position]
        per = int(self.table.per[position]) or line.per or 1
        if not math.isnan(row["value"]):
            if not self.table.is_ratio[position]:
                return _number(row["value"]), None, per, False
            return _number(row["numerator"]), _number(row["denominator"]), per, True
        if line.indicator in self.with_denominator:
            return _number(row["numerator"]), _number(row["denominator"]), per, True
        return None, None, per, False


def _line_row(section: Section, line: Line, scored: Any, finder: _Finder | None) -> LineRow:
    points = _number(scored.points)
    row = LineRow(section, line, ROLLED, points=points, because=scored.because, reason=scored.reason)
    if finder is None:
        return row
    # of what its gate shut nobody knows whether it was missing
    shut = scored.reason in {reason("gate", gate=gate) for gate in line.gate}
    blank = line.missing if shut else "exclude" if points is None else "zero"
    if is_judged(line):
        scores = finder.scores(line)
        return replace(row, source=JUDGED, scores=scores, blank=line.missing if scores else blank)
    rule, rounded_first = RULES[line.rule], finder.standard.rounding.value_digits is not None
    cell = finder.cell(line)
    above, below, per, is_ratio = finder.counts(line)
    if rule.of == "percentile":
        place = None if cell.value is None else float(cell.value.exact)
        above, below, per, is_ratio, rounded_first = place, None, 1, False, False
    elif rule.of == "units_meeting":
        above, below, per, is_ratio = _number(scored.value), None, 100, False
        if cell.value is not None:
            met, _, of = cell.value.text.partition("/")
            above, below, is_ratio = float(met), float(of), True
    beside = next(iter(cell.inputs.values()), None)
    other = None if beside is None else float(written(beside.exact, VALUE_DIGITS)[0] if is_ratio else beside.exact)
    target = _number(scored.target) if rule.takes_target else None
    has_value = above is not None and (not is_ratio or bool(below))
    return replace(
        row,
        source=COUNTS if is_ratio else GIVEN,
        above=above,
        below=below if is_ratio else None,
        per=per if is_ratio else 1,
        sign=SIGNS.get(per, ""),
        rounded_first=rounded_first,
        target=_number(line.arguments["target"]) if "target" in line.arguments else target,
        other=other,
        blank=line.missing if has_value else blank,
    )


def _units(rows: pd.DataFrame, standard: Standard, weights: pd.DataFrame | None) -> Iterable[UnitRow]:
    assert standard.roll_up is not None  # the reader asks for it where units are scored
    known = {}
    if standard.roll_up.by == "item":
        given = named_periods(weights)
        if given is None:
            raise ValueError(
                f"units are weighted by {standard.roll_up.item}: give the weights (period, area, unit, weight)"
            )
        places = given[KEY].itertuples(index=False, name=None)
        known = dict(zip(places, given["weight"].tolist(), strict=True))
    for unit, own in rows[rows["unit"] != ""].groupby("unit", sort=False):
        key = (own["period"].iloc[0], own["area"].iloc[0], str(unit))
        weight = 1.0 if standard.roll_up.by == "equal" else _number(known.get(key, math.nan))
        points = {line: _number(found) for line, found in zip(own["line"], own["points"], strict=True)}
        yield UnitRow(str(unit), weight, points)


def _name(line: Line, lang: str, known: Mapping[str, str]) -> str:
    return str(getattr(line, f"name_{lang}")) or known.get(line.indicator, "") or line.indicator or line.id


def _number(number: Any) -> float | None:
    """Return a number as the decimal it was typed as, None for NaN."""
    found = float(number)
    return None if math.isnan(found) else float(exact(found).exact)
