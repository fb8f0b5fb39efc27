"""Control charts of monthly series: which months differ by more than chance, and whether a target can be relied on.

The chart for individual values and moving ranges (XmR) of Shewhart (1931), as Wheeler and Chambers (1992,
Understanding Statistical Process Control) teach it, with the rules that the NHS programme Making Data Count uses
and the R package NHSRplotthedots computes.

It is for values that stand for their month alone. A return that accumulates from January on rises by itself and
does not belong here. Seasons are not taken out: a flow with a strong season breaks the rules every year.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaltools import periods
from evaltools.decimals import NEAR, Floats
from evaltools.wording import word

LIMIT = 2.66
"""Mean moving ranges from the mean to a limit: 3 / 1.128, three standard deviations judged from pairs of months."""

RANGE_LIMIT = 3.267
"""Mean moving ranges from which on a moving range is outlying: the upper limit of the chart of ranges (D4)."""

RUN = 7
"""Months that make a run on one side of the mean, or a trend, by Making Data Count."""

KINDS = (
    "above_limit",
    "below_limit",
    "trend_up",
    "trend_down",
    "near_upper",
    "near_lower",
    "shift_up",
    "shift_down",
    "common",
)
"""What a month can be, the weightiest first; `common` varies by chance only."""

_RULES = ("beyond", "trend", "near", "shift")
_DIRECTIONS = ("up", "down", "range", "none")

POINTS = [
    "period",
    "segment",
    "numerator",
    "denominator",
    "value",
    "mean",
    "lower",
    "upper",
    "moving_range",
    *_RULES,
    "kind",
    "status",
    "disturbed",
    "target",
    "assurance",
    "assurance_reason",
    "reason",
]
"""Columns of `control_chart_points`."""

_TEXT = ("period", "kind", "status", "assurance", "assurance_reason", "reason")
_NUMBERS = ("numerator", "denominator", "value", "mean", "lower", "upper", "moving_range", "target")


class Limits(NamedTuple):
    """Mean and natural process limits of one series; NaN, all three, where `reason` says why not."""

    mean: float
    lower: float
    upper: float
    moving_range: Floats
    """Distance from the month before; NaN for the first month and where either of the two is missing."""
    counted: NDArray[np.bool_]
    """Which moving ranges the limits are made of."""
    reason: str


class Runs(NamedTuple):
    """Runs about a centre line, and what chance allows: None where `reason` says why nothing is allowed."""

    useful: int
    longest: int
    longest_max: int | None
    crossings: int
    crossings_min: int | None
    signal: bool
    reason: str


def xmr_limits(values: ArrayLike, screen_outliers: bool = True) -> Limits:
    """Compute mean and natural process limits of one series: mean ± 2.66 × mean moving range.

    `values`: in order, one a month, NaN where a month is missing; a moving range needs two neighbouring months. With
    `screen_outliers` moving ranges of 3.267 times their mean and more are left out, once, so that a single outlying
    month does not widen the limits (Nelson 1982, Journal of Quality Technology 14: 172–173); the mean keeps all
    months. Limits are in the unit of the values and not cut to any bounds.

    Not computed, with a reason: no value, no two neighbouring values, values that are all equal, and values that
    hardly differ but for a few, so that screening leaves a mean moving range of zero. Raises ValueError for infinite
    values or more than one dimension.
    """
    x = _series(values)
    moving_range = np.abs(np.diff(x, prepend=np.nan))
    counted = ~np.isnan(moving_range)
    known = x[~np.isnan(x)]
    none = (math.nan, math.nan, math.nan, moving_range)
    if not len(known):
        return Limits(*none, counted, _says("no_months"))
    if not counted.any():
        return Limits(*none, counted, _says("no_neighbours"))
    dust = NEAR * float(np.abs(known).max())
    if np.ptp(known) <= dust:
        return Limits(*none, counted, _says("all_equal"))
    average = float(moving_range[counted].mean())
    if screen_outliers and average > dust:
        counted = counted & (np.nan_to_num(moving_range) < RANGE_LIMIT * average)
        average = float(moving_range[counted].mean())
    if average <= dust:
        return Limits(*none, counted, _says("hardly_vary"))
    mean = float(known.mean())
    return Limits(mean, mean - LIMIT * average, mean + LIMIT * average, moving_range, counted, "")


def run_rules(values: ArrayLike, mean: float, lower: float, upper: float) -> pd.DataFrame:
    """Apply the four rules of Making Data Count to one series; one row a month.

    beyond: +1 above the upper limit, −1 below the lower one; a value on a limit is within.
    trend: +1 for each of seven months and more that rise, each above the one before, −1 that fall; equal months end it.
        A month that ends one trend and begins another counts to the later.
    near: +1 for months in the outer third towards the upper limit, −1 towards the lower one, where that holds for two
        of three neighbouring months and all three lie on the same side of the mean. Only the two are marked, and a
        month beyond the limits is none of the two.
    shift: +1 for each of seven months and more above the mean, −1 below; a month on the mean ends the run.
    kind: one of `KINDS`, by the first of these rules that holds; "" where there is no value or there are no limits.

    How a gap counts the published rules leave open (they ask for series without); here a missing month (NaN) ends
    every run, trend and group of three. Differences in the thirteenth digit are none. Raises ValueError as
    `xmr_limits` does.
    """
    x = _series(values)
    known = ~np.isnan(x)
    flags = pd.DataFrame(0, index=range(len(x)), columns=list(_RULES))
    if not known.any() or np.isnan([mean, lower, upper]).any():
        return flags.assign(kind=pd.Series("", index=flags.index, dtype="str"))
    dust = NEAR * float(np.abs(np.append(x[known], [mean, lower, upper])).max())
    side = _sign(x - mean, dust)
    beyond = (_sign(x - upper, dust) > 0).astype(int) - (_sign(x - lower, dust) < 0)
    outer = (_sign(x - mean - (upper - mean) * 2 / 3, dust) > 0).astype(int)
    outer = np.where(beyond == 0, outer - (_sign(x - mean - (lower - mean) * 2 / 3, dust) < 0), 0)
    trend, near, shift = (np.zeros(len(x), dtype=int) for _ in range(3))
    for first, last, sign in trends(x):
        trend[first : last + 1] = sign  # in order of time, so that the later one stays
    for first, last, sign in stretches(side, RUN):
        shift[first : last + 1] = sign
    for first, last, _ in stretches(side, 3):
        for at in range(first, last - 1):
            three = outer[at : at + 3]
            if np.count_nonzero(three) >= 2:
                near[at : at + 3] = three
    signs = dict(zip(_RULES, (beyond, trend, near, shift), strict=True))
    kind = np.select([rule == sign for rule in signs.values() for sign in (1, -1)], KINDS[:-1], KINDS[-1])
    return flags.assign(**signs, kind=pd.Series(np.where(known, kind, ""), dtype="str"))


def stretches(signs: ArrayLike, least: int) -> list[tuple[int, int, int]]:
    """Return first, last and sign of each longest stretch of `least` and more equal signs; 0 belongs to none."""
    array = np.asarray(signs, dtype=int)
    edges = np.flatnonzero(np.diff(array, prepend=0, append=0))
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    return [(start, stop - 1, int(array[start])) for start, stop in pairs if array[start] and stop - start >= least]


def trends(values: ArrayLike) -> list[tuple[int, int, int]]:
    """Return first, last and sign of each longest rise (1) or fall (−1) over `RUN` months and more, in order."""
    x = _series(values)
    dust = NEAR * float(np.nanmax(np.abs(x))) if not np.isnan(x).all() else 0.0
    return [(first, last + 1, sign) for first, last, sign in stretches(_sign(np.diff(x), dust), RUN - 1)]


def assurance(lower: ArrayLike, upper: ArrayLike, target: ArrayLike, direction: str) -> pd.DataFrame:
    """Say whether a process that stays as it is can be relied on to meet its target (Making Data Count).

    Limits and targets broadcast. Columns assurance, reason: `consistent_pass` where both limits lie beyond the target
    on the good side, `consistent_fail` on the bad side, `inconsistent` where the target lies between or on them; "" and
    a reason without target or limits, and for a direction that is not up or down. Raises ValueError for an unknown
    direction.
    """
    _check(direction)
    low, high, aim = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, dtype=float)) for a in (lower, upper, target)))
    above, below = ("fail", "pass") if direction == "up" else ("pass", "fail")
    reasons = {
        "no_direction": np.full(aim.shape, direction not in ("up", "down")),
        "no_target": np.isnan(aim),
        "no_limits": np.isnan(low) | np.isnan(high),
    }
    reason = np.select(list(reasons.values()), [_says(f"assurance_{name}") for name in reasons], "")
    found = np.select(
        [reason != "", aim > high, aim < low], ["", f"consistent_{above}", f"consistent_{below}"], "inconsistent"
    )
    return pd.DataFrame({"assurance": found, "reason": reason}).astype("str")


def anhoej(values: ArrayLike, centre: float | None = None, least: int = 10) -> Runs:
    """Analyse the runs of one series about its centre line, a second opinion that needs no limits.

    A shift shows in a run too long or in too few crossings (Anhøj and Olesen 2014, PLoS ONE 9: e113825). `centre` is
    the median unless given. Months on the centre line and missing ones are left out, and runs go on across them, as in
    the R package qicharts2. Below `least` useful months, where its printed table begins, there is no signal but a
    reason. Raises ValueError as `xmr_limits` does.
    """
    x = _series(values)
    known = x[~np.isnan(x)]
    middle = (float(np.median(known)) if len(known) else math.nan) if centre is None else centre
    side = _sign(known - middle, NEAR * float(np.abs(known).max(initial=0)))
    side = side[side != 0]
    useful = len(side)
    crossings = int(np.count_nonzero(np.diff(side)))
    longest = max((last - first + 1 for first, last, _ in stretches(side, 1)), default=0)
    if useful < max(least, 1):
        return Runs(useful, longest, None, crossings, None, False, _says("few_useful", n=max(least, 1)))
    longest_max, crossings_min = anhoej_limits(useful)
    signal = longest > longest_max or crossings < crossings_min
    return Runs(useful, longest, longest_max, crossings, crossings_min, signal, "")


@lru_cache(maxsize=1000)
def anhoej_limits(useful: int) -> tuple[int, int]:
    """Return the longest run and the fewest crossings that chance allows among `useful` months, one at least.

    round(log2 n + 3), and the 5% quantile of the crossings, binomial with n − 1 and one half; found in whole numbers.
    """
    tosses = useful - 1
    total, crossings = 1, 0
    while 20 * total < 2**tosses:
        crossings += 1
        total += math.comb(tosses, crossings)
    return round(math.log2(useful) + 3), crossings


def control_chart_points(
    rows: pd.DataFrame,
    target: float | None = None,
    direction: str = "none",
    breaks: Iterable[str] = (),
    disturbed: Iterable[str] = (),
    *,
    least: int = 12,
    least_ranges: int = 5,
    bounds: tuple[float, float] | None = None,
    screen_outliers: bool = True,
) -> pd.DataFrame:
    """Return a control chart of one monthly series as numbers: `POINTS`, one row a month from the first to the last.

    `rows`: period (months), value; where known numerator, denominator (handed on) and reason (of a missing value). A
    month that has no row gets one. The values are each month's own, never cumulative. `target` and limits are in the
    unit of the values.

    breaks: first months of a new basis; each begins a segment (1, 2, …) with mean, limits, ranges and rules of its own.
    disturbed: months that are shown and used for nothing; like missing ones they end runs.
    least: months with a value that a segment needs for limits; 12 by the practice of NHSRplotthedots, below which
        limits are trial ones. least_ranges: pairs of neighbouring months it needs; the five of the "five or six
        values" from which Wheeler (1993, Understanding Variation, p. 60) lets useful limits be made.
    bounds: lowest and highest value there can be, (0, 100) for a percentage. Limits beyond are cut to them, for
        display: rules and assurance use the limits as computed. A segment that itself lies beyond is not cut.

    mean, lower, upper: of the segment, NaN with a reason where not computed; the rules are not applied then.
    moving_range: distance from the month before; NaN at the start of a segment and beside missing or disturbed months.
    beyond, trend, near, shift, kind: as in `run_rules`.
    status: better, worse or neutral by `direction` (up, down; range and none are not judged) where the month differs by
        more than chance, else "".
    assurance, assurance_reason: of the segment, as in `assurance`.
    reason: why the month has no value, takes no part or has no limits; several are joined by "; ".

    Raises ValueError for missing columns, periods that are not months, the same month twice, infinite values and an
    unknown direction.
    """
    _check(direction)
    table = _each_month(rows)
    firsts = sorted({periods.parse(name).first for name in breaks})
    table["segment"] = pd.factorize(np.searchsorted(firsts, table.index, side="right"))[0] + 1
    spans = [periods.parse(name) for name in disturbed]
    table["disturbed"] = [any(span.first <= month <= span.last for span in spans) for month in table.index]
    table["target"] = math.nan if target is None else float(target)
    parts = []
    for _, part in table.groupby("segment"):
        used = part["value"].mask(part["disturbed"])
        limits = xmr_limits(used, screen_outliers)
        why = _why_not(limits, used, least, least_ranges, bounds)
        mean, lower, upper = (math.nan,) * 3 if why else limits[:3]
        judged = assurance(lower, upper, part["target"], direction).set_axis(part.index)
        rules = run_rules(used, mean, lower, upper).set_axis(part.index)
        if bounds is not None and not why and used.dropna().between(*bounds).all():
            lower, upper = max(lower, bounds[0]), min(upper, bounds[1])
        notes = np.where(part["disturbed"], _says("disturbed_month"), "")
        reasons = zip(part["reason"], notes, [why] * len(part), strict=True)
        parts.append(
            part.assign(
                mean=mean,
                lower=lower,
                upper=upper,
                moving_range=limits.moving_range,
                status=_status(rules["kind"], direction),
                assurance=judged["assurance"],
                assurance_reason=judged["reason"],
                reason=["; ".join(filter(None, texts)) for texts in reasons],
            ).join(rules)
        )
    result = pd.concat(parts) if parts else table.reindex(columns=POINTS)
    kinds: dict[str, Any] = dict.fromkeys(_TEXT, "str") | dict.fromkeys(_NUMBERS, float)
    kinds |= dict.fromkeys(("segment", *_RULES), int) | {"disturbed": bool}
    return result.reset_index(drop=True).astype(kinds)[POINTS]


def _each_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a month, by its number, with a value or the reason why there is none."""
    if missing := [name for name in ("period", "value") if name not in rows.columns]:
        raise ValueError(f"a control chart needs the columns period, value; missing: {', '.join(missing)}")
    spans = {name: periods.parse(name) for name in rows["period"].astype(str)}
    if wrong := [name for name, span in spans.items() if span.length != 1]:
        raise ValueError(f"a control chart is of months; found {', '.join(wrong)}")
    months = [spans[name].first for name in rows["period"].astype(str)]
    if len(set(months)) < len(months):
        twice = next(name for name in spans if months.count(spans[name].first) > 1)
        raise ValueError(f"more than one row for the month {twice}")
    names = ("numerator", "denominator", "value")
    table = pd.DataFrame(
        {
            name: rows[name].to_numpy(dtype=float, na_value=np.nan) if name in rows else np.full(len(rows), np.nan)
            for name in names
        },
        index=pd.Index(months, dtype=int),
    )
    _series(table["value"])  # refuses what is infinite
    given = rows["reason"].fillna("").to_numpy() if "reason" in rows else np.full(len(rows), "")
    no_value, no_row = (word(f"comparison.reason_{name}", "en") for name in ("no_value", "no_row"))
    table["reason"] = np.where(table["value"].notna(), "", np.where(given == "", no_value, given))
    table = table.reindex(range(min(months, default=0), max(months, default=-1) + 1))
    table["reason"] = table["reason"].fillna(no_row)
    return table.assign(period=[periods.name(periods.Span(month, month)) for month in table.index])


def _why_not(limits: Limits, used: pd.Series, least: int, least_ranges: int, bounds: tuple[float, float] | None) -> str:
    """Return why a segment has no limits, the plainest reason first; "" if it has."""
    known = used.dropna()
    if known.empty:
        return limits.reason
    if len(known) < least:
        return _says("too_few", n=least)
    if np.count_nonzero(~np.isnan(limits.moving_range)) < least_ranges:
        return _says("few_neighbours", n=least_ranges)
    if limits.reason == _says("all_equal") and bounds is not None and known.iloc[0] in bounds:
        return _says("all_at_bound", bound=f"{known.iloc[0]:g}")
    return limits.reason


def _status(kind: pd.Series, direction: str) -> pd.Series:
    rose = kind.isin(KINDS[0:8:2])
    special = rose | kind.isin(KINDS[1:8:2])
    judged = {"up": ("better", "worse"), "down": ("worse", "better")}.get(direction, ("neutral", "neutral"))
    return pd.Series(np.select([rose, special], judged, ""), index=kind.index, dtype="str")


def _series(values: ArrayLike) -> Floats:
    x = values.to_numpy(dtype=float, na_value=np.nan) if isinstance(values, pd.Series) else np.asarray(values, float)
    if x.ndim != 1:
        raise ValueError("a control chart is of one series: values in one dimension")
    if np.isinf(x).any():
        raise ValueError(f"values must be finite; found {x[np.isinf(x)][0]} at place {int(np.isinf(x).argmax())}")
    return x


def _sign(difference: Floats, dust: float) -> NDArray[np.int_]:
    """Return the signs of differences, 0 for dust and for what is missing."""
    known = np.nan_to_num(difference)
    return np.where(np.abs(known) <= dust, 0, np.sign(known)).astype(int)


def _check(direction: str) -> None:
    if direction not in _DIRECTIONS:
        raise ValueError(f"direction is one of {', '.join(_DIRECTIONS)}; found {direction!r}")


def _says(key: str, **values: Any) -> str:
    return word(f"control.reason_{key}", "en", **values)
