"""Where a few more people served would earn most points: each rule applied again, with its steps and bands."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pandas as pd

from evaltools.judged_lines import is_judged
from evaltools.line_inputs import Region
from evaltools.line_values import KEY, Cell, Indicators, exact, named_periods, read_targets
from evaltools.problems import ProblemList
from evaltools.rule_model import Value
from evaltools.rules import RULES
from evaltools.score_gates import behind_gates, without_gates
from evaltools.score_totals import totals
from evaltools.scoring import LineTerms, score
from evaltools.standards import PENALTIES, Line, Rounding, Standard

NUMBERS = [
    *("numerator", "denominator", "points", "full"),
    *("more", "gain", "total_gain", "next_more", "next_gain"),
]
COLUMNS = [*KEY, "section", "line", "indicator", *NUMBERS]

_BY_OTHERS = ("percentile", "units_meeting")
"""What rules look at when it is not the number of people of one place."""

_Exact = Callable[[int], Fraction]


def score_gains(
    ind: pd.DataFrame,
    standard: Standard,
    period: str,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    more: int = 10,
) -> pd.DataFrame:
    """Points that `more` people served beyond those of now would earn, for each line whose value is people over people.

    Arguments as for `scoring.score`; a standard that scores units gives rows of units. The denominator stays, and the
    numerator never passes it; the year before and the mean of the region stay as they are. Lines where high is not
    good, without a denominator or with full points are not among the rows, nor are those that look at other places
    or at judgements.

    Listed is what improves a total: lines on which `more` people raise their own points and the total, and lines on
    which `more` people change neither, but the fewest that earn anything on the line raise the total too. Not listed
    is what would change no total (the line's gate is shut, a bonus is at its cap, the gain is less than a total shows)
    or lower one: bands that give fewer points to a higher value, defects counted as high is good, a gate that opens a
    line of penalties.

    Columns `COLUMNS`, most earned first: more, the people that were added (fewer than asked for if there is no more
    room); gain, of the line's points; total_gain, of the total, with what rescaling, limits and gates make of it;
    next_more, the fewest people that earn anything at all on the line, and next_gain, what they earn on the line (NaN
    if even all do not).
    """
    table = Indicators(ind, standard.objects)
    problems = ProblemList()
    goals = read_targets(named_periods(targets), problems)
    problems.raise_if_any()
    region = None if benchmark is None else Region(benchmark)
    points = score(ind, without_gates(standard), targets, judgements, benchmark, weights=weights)
    points = points[(points["period"] == period) & ((points["unit"] != "") == (standard.objects == "unit"))]
    known = {key: dict(zip(rows["line"], rows["points"], strict=True)) for key, rows in points.groupby(KEY, sort=False)}
    found: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, dict[str, float]]] = []
    with_fewest: list[tuple[Any, dict[str, float]]] = []
    for section, line in standard.lines:
        if section.id == PENALTIES or not _of_people(line):
            continue
        terms = LineTerms(line, RULES[line.rule], exact(line.points))
        positions = table.positions(line)
        for cell, at in zip(table.cells(line, goals, region, standard.rounding), positions.tolist(), strict=True):
            if cell.key[0] != period or at < 0 or cell.value is None or not table.is_ratio[at]:
                continue
            counts = [float(table.rows[name].iloc[at]) for name in ("numerator", "denominator")]
            room = math.floor(exact(counts[1]).exact - exact(counts[0]).exact)
            if room < 1 or terms.award(cell) is None:
                continue
            per = int(table.per[at]) or 1
            value = _values_of(counts, per, standard.rounding)
            gained = _points_of(cell, terms, standard.rounding, value, per)
            now, added = gained(0), min(more, room)
            if now >= Fraction(line.points):
                continue
            then = gained(added)
            fewest = _fewest(line, gained, value, room)
            first = gained(fewest) if fewest else now
            step = (float(fewest), float(first - now)) if fewest else (math.nan, math.nan)
            numbers = (*counts, float(now), float(line.points), float(added), float(then - now))
            found.append((*cell.key, section.id, line.id, line.indicator, *numbers, math.nan, *step))
            changed.append((cell.key, known[cell.key] | {line.id: float(then)}))
            with_fewest.append((cell.key, known[cell.key] | {line.id: float(first)}))
    frame = pd.DataFrame(found, columns=COLUMNS)
    frame = frame.astype(dict.fromkeys(NUMBERS, "float64"))
    frame["total_gain"] = _total_gains(known, changed, standard)
    waiting = frame.index[(frame["gain"] == 0) & (frame["total_gain"] == 0)].tolist()
    of_fewest = _total_gains(known, [with_fewest[at] for at in waiting], standard)
    later = [at for at, gain in zip(waiting, of_fewest, strict=True) if gain > 0]
    frame = frame[((frame["gain"] > 0) & (frame["total_gain"] > 0)) | frame.index.isin(later)]
    order = ["total_gain", "gain", "next_more"]
    return frame.sort_values(order, ascending=[False, False, True], kind="stable").reset_index(drop=True)


def _of_people(line: Line) -> bool:
    """Whether more of what a line counts can earn points."""
    rule = RULES[line.rule]
    return not is_judged(line) and rule.of not in _BY_OTHERS and not rule.counts_only and line.direction != "down"


def _values_of(counts: list[float], per: int, rounding: Rounding) -> _Exact:
    """Return the function from people added to the value as the rule sees it."""
    above, below = (exact(number).exact for number in counts)

    def value(people: int) -> Fraction:
        ratio = (above + people) * per / below
        if rounding.value_digits is None:
            return ratio
        return Fraction(rounding.units(ratio, rounding.value_digits), 10**rounding.value_digits)

    return value


def _points_of(cell: Cell, terms: LineTerms, rounding: Rounding, value: _Exact, per: int) -> _Exact:
    """Return the function from people added to the points as they count."""

    def gained(people: int) -> Fraction:
        award = terms.award(cell._replace(value=Value.of(value(people), "", per, True)))
        assert award is not None  # a value more does not take the target away
        if rounding.of == "line":
            return Fraction(rounding.units_of(award.above, award.below, rounding.digits), 10**rounding.digits)
        return Fraction(award.above, award.below)

    return gained


def _fewest(line: Line, gained: _Exact, value: _Exact, room: int) -> int | None:
    """Return the fewest people, up to `room`, who earn more than nobody; None if no number of them does."""
    now = gained(0)
    if line.rule != "bands":
        return _first(lambda people: gained(people) > now, room)
    # points need not rise from band to band, but the value does: where it enters each of them
    starts = [Fraction(entry["from"]) for entry in line.arguments["bands"] if "from" in entry]
    entered = [_first(_reaches(value, start), room) for start in starts]
    return min((people for people in entered if people and gained(people) > now), default=None)


def _reaches(value: _Exact, start: Fraction) -> Callable[[int], bool]:
    return lambda people: value(people) >= start


def _first(holds: Callable[[int], bool], room: int) -> int | None:
    """Return the first number from 1 to `room` of which something holds that then holds of all others."""
    if not holds(room):
        return None
    low, high = 0, room
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _total_gains(
    known: dict[Any, dict[str, float]], changed: list[tuple[Any, dict[str, float]]], standard: Standard
) -> list[float]:
    """Return what each change of one line's points does to the total of its area or unit."""
    cases = [*known.items(), *changed]
    rows = [
        (str(number), "", "", line, gained)
        for number, (_, points) in enumerate(cases)
        for line, gained in behind_gates(points, standard).items()
    ]
    sums = totals(pd.DataFrame(rows, columns=[*KEY, "line", "points"]), standard)
    found = sums.loc[sums["section"] == "", "points"].tolist()
    now = dict(zip(known, found, strict=False))
    return [
        float(exact(after).exact - exact(now[key]).exact)
        for (key, _), after in zip(changed, found[len(known) :], strict=True)
    ]
