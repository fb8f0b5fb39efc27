"""Why a score changed since last year: the standard, data that are missing, and performance, which add up exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from evaltools import periods
from evaltools.comparability import previous_periods
from evaltools.line_values import KEY, exact, named_periods
from evaltools.line_values import reason as scoring_reason
from evaltools.score_gates import behind_gates, without_gates
from evaltools.score_totals import roll_up, totals
from evaltools.scoring import score
from evaltools.standards import Standard
from evaltools.wording import word

EFFECTS = ("standard", "missing", "performance")
"""The parts of a change, in the order in which they take the place of last year's."""

REST = "rest"
"""What stands in the column `line` of what rescaling, limits and rounding do, which no single line does."""

NUMBERS = ["previous_points", *EFFECTS, "points", "change"]
COLUMNS = [*KEY, "section", "line", "indicator", *NUMBERS, "reason"]

_Object = tuple[str, str]
_Points = dict[_Object, dict[str, float]]


def score_changes(
    ind: pd.DataFrame,
    standard: Standard,
    period: str,
    previous_standard: Standard | None = None,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    previous_weights: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Split the change of every total of `period` since the year before, in points, by cause and by line.

    What of last year is replaced by this year's, one after the other: first the standard (its rules, points and
    targets, and the definition of an indicator), with last year's figures; then the state of lines that have a figure
    in one of the two years only; last the other figures. The difference of the totals before and after each step
    is its effect. Sequential replacement, as in chain substitution (连环替代法): another order would give other parts.
    Judgements and the region's figures are last year's until the last step. Shifts of the weights of
    institutions belong to performance, institutions that appear or disappear to missing data.

    Arguments as for `scoring.score`; `ind` holds both years, and for rules of improvement the year before too.
    `previous_standard` is last year's, if it is not the same; `previous_weights` are those that it asks for.

    One row per area, unit and line, one with line `rest` for what rescaling, limits and rounding do, and last the
    total with line and section "". Columns `COLUMNS`; previous_points + standard + missing + performance = points for
    the total, and each effect of the total is the sum of those of its lines and the rest, in the decimals that the
    standard prints. A line that is left out in one of the years stands there as the mean of the lines counted, which
    is what rescaling makes of it. NaN with a `reason` where a year has no total, or last year's figures have none under
    this year's standard.
    """
    old = previous_standard or standard
    years = previous_periods({*ind["period"].unique(), period})
    before = years.get(period, periods.shift(period, -1))
    ind = ind[ind["period"].isin([period, before, years.get(before, "")])]
    goals = named_periods(targets)
    more = {"judgements": judgements, "benchmark": benchmark, "weights": weights}
    former_weights = weights if previous_weights is None else previous_weights
    earlier = _scored(ind, old, before, goals, more | {"weights": former_weights})
    moved = (
        earlier
        if goals is None and old is standard
        else _scored(ind, standard, before, _moved(goals, period, before), more)
    )
    now = _scored(ind, standard, period, goals, more)
    steps, reasons = _steps(earlier, moved, now, _definitions(ind, period), _definitions(ind, before), old, standard)
    then, here = _weights_of(weights, before, period), _weights_of(weights, period, period)
    first = _weights_of(former_weights, before, period)
    of_step = (([first], old), ([then], standard), ([then, here], standard), ([here], standard))
    tables = [_table(step, rule, period, known) for step, (known, rule) in zip(steps, of_step, strict=True)]
    rows = [row for key in tables[3].totals for row in _rows(key, tables, reasons, period, old, standard)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = [name for name in COLUMNS if name not in NUMBERS]
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


class _Table:
    """One step: the points of every object's lines, and its total."""

    def __init__(self, points: _Points, sums: dict[_Object, float]) -> None:
        self.points, self.totals = points, sums


def _scored(
    ind: pd.DataFrame, standard: Standard, period: str, targets: pd.DataFrame | None, more: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the points of what the standard scores in a period, gates open."""
    points = score(ind, without_gates(standard), targets, **more)
    of_units = standard.objects == "unit"
    return points[(points["period"] == period) & ((points["unit"] != "") == of_units)]


def _moved(targets: pd.DataFrame | None, period: str, before: str) -> pd.DataFrame | None:
    """Return the targets of a period as if they were of the year before."""
    if targets is None:
        return None
    kept = targets[targets["period"] != before]
    return kept.assign(period=kept["period"].replace({period: before}))


def _definitions(ind: pd.DataFrame, period: str) -> dict[tuple[str, str, str], str]:
    """Return (area, unit, indicator) -> the newest definition that has a value."""
    rows = ind[(ind["period"] == period) & ind["value"].notna()].sort_values("definition", kind="stable")
    keys = rows[["area", "unit", "indicator"]].itertuples(index=False, name=None)
    return dict(zip(keys, rows["definition"].fillna(""), strict=True))


def _steps(
    earlier: pd.DataFrame,
    moved: pd.DataFrame,
    now: pd.DataFrame,
    definition: Mapping[tuple[str, str, str], str],
    former: Mapping[tuple[str, str, str], str],
    old: Standard,
    standard: Standard,
) -> tuple[list[_Points], dict[tuple[str, str, str], str]]:
    """Return the points of the four steps, and why a line's change is not one of performance."""
    first, then, this = _Lines(earlier), _Lines(moved), _Lines(now)
    known = {line.id for _, line in old.lines}
    pinned = {line.id: (line.indicator, line.definition) for _, line in standard.lines}
    ruled: _Points = {}
    present: _Points = {}
    reasons: dict[tuple[str, str, str], str] = {}
    for key, lines in then.points.items():
        ruled[key] = dict(lines)
        for line in lines if key in this.points else ():
            indicator, stated = pinned[line]
            old_one, new_one = former.get((*key, indicator)), definition.get((*key, indicator))
            if not stated and old_one is not None and new_one is not None and old_one != new_one:
                ruled[key][line] = this.points[key][line]
                reasons[*key, line] = word("score.reason_definition", "en")
            elif line not in known and not then.available[key][line]:
                ruled[key][line] = this.points[key][line]
                reasons[*key, line] = word("score.reason_new_line", "en")
    for key, lines in this.points.items():
        present[key] = dict(ruled.get(key, lines))
        for line in lines:
            was, is_now = then.available.get(key, {}).get(line, False), this.available[key][line]
            if was != is_now and (*key, line) not in reasons:
                present[key][line] = lines[line]
                side, source = ("now", this) if was else ("then", then)
                why = source.reasons.get(key, {}).get(line, "").split("; ")[0] or scoring_reason("no_row")
                reasons[*key, line] = word(f"score.reason_{side}", "en", reason=why)
    return [first.points, ruled, present, this.points], reasons


class _Lines:
    """Points of lines by area and unit, whether there was a figure to score, and why not."""

    def __init__(self, points: pd.DataFrame) -> None:
        self.points: _Points = {}
        self.available: dict[_Object, dict[str, bool]] = {}
        self.reasons: dict[_Object, dict[str, str]] = {}
        without = (scoring_reason("counted_zero"), scoring_reason("left_out"))
        columns = points[["area", "unit", "line", "points", "reason"]]
        for area, unit, line, gained, why in columns.itertuples(index=False, name=None):
            self.points.setdefault((area, unit), {})[line] = gained
            self.available.setdefault((area, unit), {})[line] = not why.endswith(without)
            self.reasons.setdefault((area, unit), {})[line] = why


def _weights_of(weights: pd.DataFrame | None, period: str, label: str) -> pd.DataFrame | None:
    return None if weights is None else weights[weights["period"] == period].assign(period=label)


def _table(points: _Points, standard: Standard, period: str, weights: list[pd.DataFrame | None]) -> _Table:
    """Return one step with its totals; weights of units, the first that know one."""
    shut = {key: behind_gates(lines, standard) for key, lines in points.items()}
    about = {line.id: (section.id, line.indicator, float(line.points)) for section, line in standard.lines}
    rows = [
        (period, *key, about[line][0], line, about[line][1], math.nan, math.nan, gained, about[line][2], 0.0, "", "")
        for key, lines in shut.items()
        for line, gained in lines.items()
    ]
    names = [*KEY, "section", "line", "indicator", "value", "target", "points", "full", "lost", "because", "reason"]
    frame = pd.DataFrame(rows, columns=names).astype({"points": float, "value": float, "target": float})
    if standard.objects == "unit" and len(frame):
        found = [one for one in weights if one is not None]
        known = pd.concat(found) if found else None
        if known is not None:
            known = known[known["weight"].notna()].drop_duplicates(KEY)
        frame = roll_up(frame, standard, known)
    sums = totals(frame, standard)
    sums = sums[sums["section"] == ""]
    lines_of: _Points = {}
    for area, unit, line, gained in frame[["area", "unit", "line", "points"]].itertuples(index=False, name=None):
        lines_of.setdefault((area, unit), {})[line] = gained
    return _Table(lines_of, dict(zip(zip(sums["area"], sums["unit"], strict=True), sums["points"], strict=True)))


def _rows(
    key: _Object,
    tables: list[_Table],
    reasons: Mapping[tuple[str, str, str], str],
    period: str,
    old: Standard,
    standard: Standard,
) -> list[tuple[Any, ...]]:
    """Return the rows of one area or unit: its lines, the rest, the total."""
    sums = [table.totals.get(key, math.nan) for table in tables]
    whole, why = [math.nan] * 3, ""
    if math.isnan(sums[0]) or math.isnan(sums[3]):
        why = word("score.reason_no_total" if math.isnan(sums[3]) else "score.reason_no_earlier_total", "en")
    elif math.isnan(sums[1]):
        why = word("score.reason_not_split", "en")
    rules = (old, standard, standard, standard)
    views = [_Parts(table.points.get(key, {}), rule) for table, rule in zip(tables, rules, strict=True)]
    digits = max(old.rounding.digits, standard.rounding.digits)
    lines = {line.id: (section, line) for section, line in (*old.lines, *standard.lines)}
    rows, added = [], [Fraction(0)] * 3
    for name, (section, line) in lines.items():
        effects: list[float] = [math.nan] * 3
        if not why:
            for at in range(3):
                units = standard.rounding.units(views[at].step_to(views[at + 1], name), digits)
                added[at] += Fraction(units, 10**digits)
                effects[at] = units / 10**digits
        ends = [view.points.get(name, math.nan) for view in (views[0], views[3])]
        change = float(sum((exact(part).exact for part in effects), Fraction(0))) if not why else math.nan
        place = (period, *key, section.id, name, line.indicator)
        rows.append((*place, ends[0], *effects, ends[1], change, reasons.get((*key, name), "")))
    if not why:
        steps = [exact(sums[at + 1]).exact - exact(sums[at]).exact for at in range(3)]
        rest = [float(step - part) for step, part in zip(steps, added, strict=True)]
        left = float(sum(steps, Fraction(0)) - sum(added, Fraction(0)))
        rows.append((period, *key, "", REST, "", math.nan, *rest, math.nan, left, ""))
        whole = [float(step) for step in steps]
    known = not (math.isnan(sums[0]) or math.isnan(sums[3]))
    change = float(exact(sums[3]).exact - exact(sums[0]).exact) if known else math.nan
    rows.append((period, *key, "", "", "", sums[0], *whole, sums[3], change, why))
    return rows


class _Parts:
    """What each line of one object brings to its total."""

    def __init__(self, points: Mapping[str, float], standard: Standard) -> None:
        self.points = points
        self.full = {line.id: Fraction(line.points) for section in standard.sections for line in section.lines}
        counted = [line for line in self.full if not math.isnan(points.get(line, math.nan))]
        most = sum((self.full[line] for line in counted), Fraction(0))
        gained = sum((exact(points[line]).exact for line in counted), Fraction(0))
        self.mean = gained / most if most else Fraction(0)

    def step_to(self, other: _Parts, line: str) -> Fraction:
        """Return by how much a line's part differs; what is left out in both makes no difference."""
        if self.is_out(line) and other.is_out(line):
            return Fraction(0)
        return other.part(line) - self.part(line)

    def is_out(self, line: str) -> bool:
        """Whether a line is left out, or not among the lines at all."""
        return math.isnan(self.points.get(line, math.nan))

    def part(self, line: str) -> Fraction:
        """Return the points of a line; of one left out the mean of the others."""
        if self.is_out(line):
            return self.full[line] * self.mean if line in self.full and line in self.points else Fraction(0)
        return exact(self.points[line]).exact


def total_of(changes: pd.DataFrame, area: str, unit: str = "") -> Any:
    """Return the row of a total among those of `score_changes`; None if there is none."""
    rows = changes[(changes["area"] == area) & (changes["unit"] == unit) & (changes["line"] == "")]
    return next(rows.itertuples(index=False), None)


def lines_of(changes: pd.DataFrame, area: str, unit: str = "") -> pd.DataFrame:
    """Return the rows of an area's lines that changed anything, the largest change first, the rest last."""
    rows = changes[(changes["area"] == area) & (changes["unit"] == unit) & (changes["line"] != "")]
    rows = rows[(rows[list(EFFECTS)].fillna(0) != 0).any(axis=1)]
    size = rows["change"].abs().mask(rows["line"] == REST, -1)
    return rows.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
