"""Counts of people that did not change for years: asked about where chance does not explain it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import erf, pdtrc

from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Flags, Floats, Whole
from evaltools.findings import Findings, Indicators, limit, number
from evaltools.outlying_values import NORMAL, POPULATION, pairs_of

_TOPIC = "quality_signs"
_RUN = 3
_PAIRS = 20
_OPEN_DIGIT = 0.1


@dataclass
class _Series:
    """One item: how many years each place's figure has stood, and how likely one year is to repeat the last."""

    run: Whole
    tested: Flags
    repeats: Floats

    @property
    def chance(self) -> Floats:
        return np.where(self.tested, self.repeats ** (_RUN - 1), 0.0)

    @property
    def held(self) -> Flags:
        return self.tested & (self.run >= _RUN)

    @property
    def chance_of_run(self) -> Floats:
        """How likely a run so long is, 1 where there is none."""
        return np.where(self.held, self.repeats ** (self.run - 1), 1.0)


def same_for_years(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find places whose counts of people stay the same to the last digit three years running; one note a place.

    Some do by chance: a count of 100 that changes by 2 a year repeats itself every fifth time. How likely that is
    follows from how much the item changes from year to year in all places (the median of the changes, taken as those
    of a normal distribution and in proportion to the count or to its root, whichever is less; fewer than twenty
    changes tell nothing, and the last digit is taken as open: one in ten). Asked is where a place and year have more
    such series than the chances of all its series give (Poisson), or one so long that chance does not (each year
    once more), after correction for all places and years tested (Bonferroni), at `quality_same_p`.

    Numbers below `quality_people_floor` and those of the family population, such as 脱贫人口, which policy may fix,
    do not count; nor does a part whose whole did not change either, nor a second series of the same numbers.
    """
    found = Findings(data)
    years = counted.yearly
    p_limit = limit(data, "same_p")
    series = _series(data, counted) if len(years) >= _RUN else {}
    if not series:
        return found.frame()
    size = (len(counted.places), len(years))
    expected, tested, held = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64)
    rarest = np.ones(size)
    for one in series.values():
        expected += one.chance
        tested += one.tested
        held += one.held
        rarest = np.minimum(rarest, one.chance_of_run)
    asked = (held > 0) & (_chance(expected, tested, held, rarest) < p_limit)
    for place, at in np.argwhere(asked).tolist():  # the same numbers once
        held[place, at] = len({number_of(counted, item, place, years[at]) for item in _held(series, place, at)})
    p = _chance(expected, tested, held, rarest)
    asked &= p < p_limit
    for place in np.flatnonzero(asked.any(axis=1)).tolist():
        at = int(np.where(asked[place], -p[place], -np.inf).argmax())
        names = sorted(_held(series, place, at), key=lambda item: -series[item].run[place, at])
        row = counted.key(place, int(years[at]))
        found.find(
            "same_for_years",
            "note",
            row,
            ("item", names[0]),
            counted.where(*row, names),
            topic=_TOPIC,
            evidence=number(number_of(counted, names[0], place, years[at])),
            likely="",
            items=found.listing("item", names),
            n=str(min(int(series[item].run[place, at]) for item in names)),
        )
    return found.frame()


def _chance(expected: Floats, tested: Whole, held: Whole, rarest: Floats) -> Floats:
    """Return how likely so many series, or so long a one, are anywhere in the data; above 1 is certain."""
    p = np.minimum(pdtrc(held - 1.0, expected), np.minimum(tested * rarest, 1.0))
    return np.asarray(2 * p * np.count_nonzero(tested), dtype=float)


def _held(series: dict[str, _Series], place: int, at: int) -> list[str]:
    return [item for item, one in series.items() if one.held[place, at]]


def number_of(counted: Counted, item: str, place: int, column: int) -> float:
    """Return the value of an item in one place and period, by their numbers."""
    return float(counted.value[counted.row(*counted.key(place, int(column)), item)])


def _series(data: Data, counted: Counted) -> dict[str, _Series]:
    floor, years = limit(data, "people_floor"), counted.yearly
    people = set(data.items.loc[(data.items["people"] == "yes") & (data.items["family"] != POPULATION), "item"])
    wholes: dict[str, list[str]] = {}
    for part, whole in pairs_of(data):
        wholes.setdefault(part, []).append(whole)
    follows = np.diff(counted.years[years], prepend=-9) == 1
    found = {}
    for item in counted.items:
        if item not in people:
            continue
        wide = counted.values(item)[:, years]
        known = wide >= floor
        pair = follows & known & np.roll(known, 1, axis=1)
        run, length = np.ones(wide.shape, np.int64), np.ones(wide.shape, np.int64)
        for at in range(1, wide.shape[1]):
            run[:, at] = np.where(pair[:, at] & (wide[:, at] == wide[:, at - 1]), run[:, at - 1] + 1, 1)
            length[:, at] = np.where(pair[:, at], length[:, at - 1] + 1, 1)
        tested = length >= _RUN
        for whole in wholes.get(item, []):
            of = counted.values(whole)[:, years]
            tested[:, 1:] &= of[:, 1:] != of[:, :-1]
        if tested.any():
            found[item] = _Series(run, tested, chance_of_repeating(wide, pair))
    return found


def chance_of_repeating(wide: Floats, pair: Flags) -> Floats:
    """Return for each number, a row a place and a column a year, how likely a recount gives the same number.

    pair: which numbers have one of the year before, by which the changes are measured.
    """
    if pair.sum() < _PAIRS:
        return np.full(wide.shape, _OPEN_DIGIT)
    change = np.abs(wide - np.roll(wide, 1, axis=1))[pair]
    base = ((wide + np.roll(wide, 1, axis=1)) / 2)[pair]
    with np.errstate(invalid="ignore", divide="ignore"):
        proportional, by_root = np.median(change / base) * wide, np.median(change / np.sqrt(base)) * np.sqrt(wide)
        spread = np.fmin(proportional, by_root) / NORMAL
        chance = erf(0.5 / (spread * np.sqrt(2)))
    return np.where(np.isnan(chance), 1.0, chance)
