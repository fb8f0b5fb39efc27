"""Projection of a figure to the end of its year, with a range and a chance from past errors.

Each method takes the present figure for a share of the year's figure:

season     the share that last year's figure of this area had reached by the same month
calendar   the share of the year gone, for what is done bit by bit
unchanged  all of it, for what stands at a level

The error of a method is log(actual / projected) at the same month of a past complete year. If the error to come is
like `n` past ones (exchangeable), it lies between the k-th smallest and the k-th largest of them with probability
(n + 1 − 2k) / (n + 1) (Wilks 1941, Annals of Mathematical Statistics 12: 91–96): that is the range. The chance of
meeting the target is Laplace's rule of succession, (k + 1) / (n + 2), k being the past errors that would meet it.
Neither assumes a distribution. Errors of one year are alike, so those of few years say less than their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.row_texts import joined
from evaltools.wording import word

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SEASON, CHOSEN = "season", "chosen"
EVEN = {"flow": "calendar", "level": "unchanged"}
"""The method that needs nothing but the present figure, by the nature of an indicator."""

FEWEST = 10
"""Fewest past errors from which a range and a chance are given."""

CONFIDENCE = 0.8
"""Share of cases that the range is to hold; one past year of twelve counties is too little for 0.9."""

PROJECTION = [
    "projected",
    "projected_by",
    "projected_lower",
    "projected_upper",
    "tested_by",
    "chance",
    "n_errors",
    "n_years",
    "errors_of",
    "projection_reason",
]
"""Columns of `project`."""

BACKTEST = [
    "months",
    "nature",
    "method",
    "n",
    "n_years",
    "median_absolute_error",
    "n_ranges",
    "coverage",
    "n_chances",
    "brier",
    "reason",
]
"""Columns of `backtest`."""

_NEAR = 1e-9


@dataclass(frozen=True)
class Pool:
    """Past errors of one method in order of size, the number of years they are of, and whose they are."""

    errors: Floats
    years: int
    whose: str

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.errors)

    def limits(self, confidence: float) -> tuple[float, float]:
        """Return the two errors between which the next one falls with `confidence` or more."""
        k = math.floor((self.n + 1) * (1 - confidence) / 2 + _NEAR)
        return float(self.errors[k - 1]), float(self.errors[-k])

    def chance(self, needed: Floats, down: Flags) -> Floats:
        """Return the chance of an error of `needed` or more (where `down`, or less); NaN for NaN."""
        above = self.n - np.searchsorted(self.errors, needed - _NEAR, side="left")
        below = np.searchsorted(self.errors, needed + _NEAR, side="right")
        return np.where(np.isnan(needed), np.nan, (np.where(down, below, above) + 1) / (self.n + 2))


def check_enough(fewest: int, confidence: float) -> None:
    """Raise ValueError unless `fewest` past errors can give a range of that confidence."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, as in 0.8; got {confidence!r}")
    least = math.ceil(2 / (1 - confidence) - 1 - _NEAR)
    if fewest < least:
        raise ValueError(f"a range of confidence {confidence:g} takes {least} past errors; fewest is {fewest}")


def past_errors(pairs: pd.DataFrame, before: int) -> pd.DataFrame:
    """Return the errors of both methods in the complete years that began before the month `before`.

    pairs: from `progress.paired`. Returns area, indicator, start, family, nature, season_error and even_error (of the
    calendar for a flow, of staying unchanged for a level); season_error is NaN where there was no season of the year
    before. A year in which nothing was done has no such error, nor has one that something disturbed.
    """
    rows = pairs[(pairs["start"] < before) & (pairs["nature"] != "") & ~pairs["disturbed"]]
    rows = rows[(rows["done"] > 0) & (rows["done_total"] > 0)]
    grown = np.log(rows["done_total"] / rows["done"])
    season = rows["season"].where((rows["season"] > 0) & ~rows["season_disturbed"])
    return rows[["area", "indicator", "start", "family", "nature"]].assign(
        season_error=grown + np.log(season), even_error=grown + np.log(rows["even"])
    )


def project(
    rows: pd.DataFrame,
    errors: pd.DataFrame,
    fewest: int = FEWEST,
    confidence: float = CONFIDENCE,
    method: str = CHOSEN,
) -> pd.DataFrame:
    """Project figures to the end of their year; returns `PROJECTION` with the index of `rows`.

    rows: indicator, family, nature, value, target (NaN for none), down (the target is a limit), season and even (the
    share of the year's figure that each method takes the value to be; season is NaN for none). errors: from
    `past_errors`. method: CHOSEN, or SEASON or "even" for that one and its own errors.

    projected_lower and projected_upper: the range that holds `confidence` of cases. tested_by: the method whose past
    errors range and chance are from; n_errors of them, of n_years years, errors_of the indicator, or its family where
    the indicator has fewer than `fewest` (then only what is of the same nature). projection_reason: what is not given,
    and why, or what to know.

    Chosen is what did better in the back-test, by the median absolute error over the same cases. Where the season could
    not be tested, for want of a year before last year, it is taken all the same, since the calendar is wrong for
    whatever is not done evenly; its range and chance are then from the errors of the even method. Those are the shares
    that all areas had reached by then in past years, so that the range says: if this area goes on as any of them did.
    Where the projection lies outside that range, the area's own season is unlike the others' and neither is given.
    Without a season of last year an area is projected evenly.

    What has been done cannot be undone: a flow does not end below its value, its denominator being as it is; one that
    has reached its target has a chance of 1, one beyond its limit of 0.

    Raises ValueError if `fewest` errors cannot give a range of that confidence.
    """
    check_enough(fewest, confidence)
    out = _Out(rows, fewest, confidence)
    for at, season, even, better in _groups(rows, errors, fewest):
        at = at[out.value[at] > 0]
        has = out.season[at] > 0
        if method == SEASON:
            out.fill(at[has], SEASON, SEASON, season)
        elif method == "even":
            out.fill(at, "even", "even", even)
        else:
            seasonal = has & (better != "even")
            tested = SEASON if season.n >= fewest else "even"
            out.fill(at[seasonal], SEASON, tested, season if tested == SEASON else even)
            out.fill(at[~seasonal], "even", "even", even)
    out.reason[out.value == 0] = word("progress.reason_nothing_yet", "en")
    return out.frame()


def backtest(pairs: pd.DataFrame, months: int, before: int, fewest: int, confidence: float) -> pd.DataFrame:
    """Return `BACKTEST`: how each method would have done in past years, knowing only the years before each.

    pairs: from `progress.paired`, with target and down of each year; `months` of each year were known. before: the
    month from which on nothing is used. median_absolute_error: of n projections, in percent of the projection.
    coverage: share of the n_ranges ranges that held the year's figure. brier: mean of (chance − 1 or 0)² over the
    n_chances chances, by the target of that year (Brier 1950); 0 is best, 0.25 is what a constant 0.5 gets. reason:
    what could not be tested. The method `chosen` is what `project` would have taken.
    """
    known = pairs[(pairs["start"] < before) & (pairs["nature"] != "") & (pairs["total"] > 0) & (pairs["value"] > 0)]
    known = known[~known["disturbed"]]
    tried = [_tried(known, pairs, start, fewest, confidence) for start in sorted(known["start"].unique())]
    if not tried:
        return pd.DataFrame(columns=BACKTEST)
    cases = pd.concat(tried, ignore_index=True)
    found = cases.groupby(["nature", "method"], sort=True).agg(
        n=("error", "count"),
        n_years=("start", "nunique"),
        median_absolute_error=("error", "median"),
        n_ranges=("covered", "count"),
        coverage=("covered", "mean"),
        n_chances=("squared", "count"),
        brier=("squared", "mean"),
    )
    found = found.reset_index().assign(months=months)
    untested = [(found["n_ranges"] == 0, "no_range_tested"), (found["n_chances"] == 0, "no_chance_tested")]
    says = [(mask.to_numpy(), word(f"progress.reason_{key}", "en")) for mask, key in untested]
    return found.assign(reason=joined(says, len(found)))[BACKTEST]


def _tried(known: pd.DataFrame, pairs: pd.DataFrame, start: int, fewest: int, confidence: float) -> pd.DataFrame:
    """Return the cases of one past year: method, nature, error, covered (1, 0, NaN) and squared error of the chance."""
    rows = known[known["start"] == start].reset_index(drop=True)
    errors = past_errors(pairs, start)
    total = rows["total"]
    met = np.where(rows["down"], total <= rows["target"] * (1 + _NEAR), total >= rows["target"] * (1 - _NEAR))
    tried = []
    for method in (SEASON, "even", CHOSEN):
        made = project(rows, errors, fewest, confidence, method)
        inside = (total >= made["projected_lower"] * (1 - _NEAR)) & (total <= made["projected_upper"] * (1 + _NEAR))
        cases = pd.DataFrame(
            {
                "start": start,
                "nature": rows["nature"],
                "method": rows["nature"].map(EVEN) if method == "even" else method,
                "error": (total / made["projected"] - 1).abs() * 100,
                "covered": inside.astype(float).where(made["projected_lower"].notna()),
                "squared": (made["chance"] - met) ** 2,
            }
        )
        tried.append(cases[made["projected"].notna()])
    return pd.concat(tried)


class _Out:
    """The columns of `project` while they are filled in, group by group."""

    def __init__(self, rows: pd.DataFrame, fewest: int, confidence: float) -> None:
        self.index, self.fewest, self.confidence = rows.index, fewest, confidence
        self.value, self.season, self.even, self.target = (
            rows[name].to_numpy(dtype=float) for name in ("value", "season", "even", "target")
        )
        self.down = rows["down"].to_numpy(dtype=bool)
        self.flow = (rows["nature"] == "flow").to_numpy(dtype=bool)
        self.even_name = rows["nature"].map(EVEN).fillna("").to_numpy(dtype=object)
        self.numbers = {name: np.full(len(rows), np.nan) for name in ("projected", "lower", "upper", "chance")}
        self.counts = {name: np.zeros(len(rows), dtype=np.int64) for name in ("n_errors", "n_years")}
        self.texts = {name: np.full(len(rows), "", dtype=object) for name in ("projected_by", "tested_by", "errors_of")}
        self.reason = np.full(len(rows), "", dtype=object)

    def fill(self, at: NDArray[np.intp], by: str, tested: str, pool: Pool) -> None:
        """Project the rows at `at` by one method, with range and chance from the errors of the method `tested`."""
        if not len(at):
            return
        value, target, down = self.value[at], self.target[at], self.down[at]
        projected = value / (self.season if by == SEASON else self.even)[at]
        self.numbers["projected"][at] = projected
        self.texts["projected_by"][at] = SEASON if by == SEASON else self.even_name[at]
        self.counts["n_errors"][at], self.counts["n_years"][at] = pool.n, pool.years
        certain = self.flow[at] & (value >= target)
        certain &= ~down | (value > target)
        if pool.n < self.fewest:
            self.numbers["chance"][at] = np.where(certain, np.where(down, 0.0, 1.0), np.nan)
            few = word("progress.reason_few_errors", "en", n=pool.n, fewest=self.fewest)
            self.reason[at] = np.where(certain, "", few)
            return
        base = value / (self.season if tested == SEASON else self.even)[at]
        # what has been done cannot be undone
        floor = np.where(self.flow[at], value, 0.0)
        low, high = pool.limits(self.confidence)
        lower, upper = np.maximum(base * math.exp(low), floor), np.maximum(base * math.exp(high), floor)
        chance = pool.chance(np.log(np.where(target > 0, target, np.nan) / base), down)
        unlike = (by != tested) & ((projected < lower * (1 - _NEAR)) | (projected > upper * (1 + _NEAR)))
        for name, cells in (("lower", lower), ("upper", upper), ("chance", chance)):
            self.numbers[name][at] = np.where(unlike, np.nan, cells)
        self.numbers["chance"][at[certain]] = np.where(down, 0.0, 1.0)[certain]
        self.texts["tested_by"][at] = SEASON if tested == SEASON else self.even_name[at]
        self.texts["errors_of"][at] = pool.whose
        untested, unlike_others, one_year = (
            word(f"progress.reason_{key}", "en") for key in ("untested", "unlike", "one_year")
        )
        said = untested if by != tested else one_year if pool.years == 1 else ""
        self.reason[at] = np.where(unlike, unlike_others, said)

    def frame(self) -> pd.DataFrame:
        columns = {
            "projected": self.numbers["projected"],
            "projected_lower": self.numbers["lower"],
            "projected_upper": self.numbers["upper"],
            "chance": self.numbers["chance"],
            **self.counts,
            **{name: pd.Series(cells, self.index, dtype="str") for name, cells in self.texts.items()},
            "projection_reason": pd.Series(self.reason, self.index, dtype="str"),
        }
        return pd.DataFrame(columns, index=self.index)[PROJECTION]


def _groups(
    rows: pd.DataFrame, errors: pd.DataFrame, fewest: int
) -> Iterator[tuple[NDArray[np.intp], Pool, Pool, str]]:
    """Yield for each indicator and nature its rows, the past errors of season and even method, and which did better.

    The last is "" where the season could not be tested.
    """
    by_season, evenly, start = (errors[name].to_numpy() for name in ("season_error", "even_error", "start"))
    own, kin = (errors.groupby([name, "nature"], sort=False).indices for name in ("indicator", "family"))
    none = np.empty(0, dtype=np.intp)
    keys = rows[["indicator", "family", "nature"]]
    for key, at in keys.groupby(["indicator", "family", "nature"], sort=False).indices.items():
        indicator, family, nature = cast("tuple[str, str, str]", key)
        if not nature:
            continue
        pools = {"indicator": own.get((indicator, nature), none), "family": kin.get((family, nature), none)}
        season, even = (_pool(pools, column, start, fewest) for column in (by_season, evenly))
        better = ""
        if season.n >= fewest:
            same = pools[season.whose]
            same = same[~np.isnan(by_season[same])]
            medians = [float(np.median(np.abs(column[same]))) for column in (by_season, evenly)]
            better = SEASON if medians[0] <= medians[1] else "even"
        yield np.asarray(at, dtype=np.intp), season, even, better


def _pool(pools: Mapping[str, Any], column: Floats, start: Any, fewest: int) -> Pool:
    """Return the first pool that has enough errors, else the first."""
    known = {whose: at[~np.isnan(column[at])] for whose, at in pools.items()}
    whose = next((name for name, at in known.items() if len(at) >= fewest), next(iter(known)))
    return Pool(np.sort(column[known[whose]]), len(np.unique(start[known[whose]])), whose)
