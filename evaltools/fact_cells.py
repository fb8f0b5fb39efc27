"""The facts that count, as arrays: every rule of the check reads them item by item, place by period."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.aggregation import PLACE, ItemValues, item_values, trusted
from evaltools.datasets import Data
from evaltools.reasons import NOT_APPLICABLE, NOT_REPORTED, Reasons

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Counted:
    """One row a key: the value that counts, and the cell it came from.

    filled: gives every item's value in every period of a frequency, sums over units and months included.
    facts: period, area, unit, item, value, state, origin, source, numbered from 0. periods, items: their names, sorted.
    places: area and unit, sorted. period, place, item: where each fact stands in those. A matrix has a row a place
    and a column a period.
    """

    facts: pd.DataFrame
    periods: tuple[str, ...]
    places: pd.DataFrame
    items: tuple[str, ...]
    period: Whole
    place: Whole
    item: Whole
    filled: Callable[[str], ItemValues]

    @classmethod
    def of(cls, data: Data) -> Counted:
        """Take of every key the origin that counts; the facts' periods must bear their shortest names."""
        facts = trusted(data.facts, data.meta.origins).reset_index(drop=True)
        period, names = pd.factorize(facts["period"], sort=True)
        item, items = pd.factorize(facts["item"], sort=True)
        area, areas = pd.factorize(facts["area"], sort=True)
        unit, units = pd.factorize(facts["unit"], sort=True)
        pairs, place = np.unique(area.astype(np.int64) * max(len(units), 1) + unit, return_inverse=True)
        whole, part = np.divmod(pairs, max(len(units), 1))
        places = pd.DataFrame({"area": areas[whole], "unit": units[part]}).astype("str")
        named = (tuple(map(str, names)), tuple(map(str, items)))
        codes = (period.astype(np.int64), place.astype(np.int64), item.astype(np.int64))
        return cls(facts, named[0], places, named[1], *codes, cache(partial(item_values, data)))

    @cached_property
    def value(self) -> Floats:
        """The value of each fact, NaN where there is none."""
        return self.facts["value"].to_numpy(dtype=float)

    @cached_property
    def _source(self) -> Any:
        return self.facts["source"].array

    @cached_property
    def absent(self) -> Flags:
        """Whether each fact says that the item does not apply."""
        return (self.facts["state"] == "not_applicable").to_numpy(dtype=bool)

    @cached_property
    def years(self) -> Whole:
        """The year in which each period ends; -1 for an unknown one."""
        ends = [-1 if name == periods.UNKNOWN else periods.parse(name).year for name in self.periods]
        return np.array(ends, dtype=np.int64)

    @cached_property
    def yearly(self) -> Whole:
        """The columns that are calendar years, in order."""
        return np.array([at for at, name in enumerate(self.periods) if name.isdigit()], dtype=np.int64)

    @cached_property
    def is_unit(self) -> Flags:
        """Whether each place is a unit."""
        return (self.places["unit"] != "").to_numpy(dtype=bool)

    @cached_property
    def _in_order(self) -> tuple[Whole, Whole, Whole]:
        """The facts by item, place and period; their keys in that order; and where each item begins."""
        key = (self.item * len(self.places) + self.place) * len(self.periods) + self.period
        order = np.argsort(key, kind="stable")
        size = len(self.places) * len(self.periods)
        return order, key[order], np.searchsorted(key[order], np.arange(len(self.items) + 1) * size)

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        return list(zip(self.places["area"].tolist(), self.places["unit"].tolist(), strict=True))

    @cached_property
    def _at(self) -> tuple[dict[tuple[str, str], int], dict[str, int], dict[str, int]]:
        return (
            {place: at for at, place in enumerate(self._names)},
            {name: at for at, name in enumerate(self.periods)},
            {name: at for at, name in enumerate(self.items)},
        )

    def rows(self, item: str) -> Whole:
        """Return the matrix of the facts of an item: their row in `facts`, -1 where there is none."""
        found = np.full((len(self.places), len(self.periods)), -1, dtype=np.int64)
        code = self._at[2].get(item)
        if code is not None:
            order, _, ends = self._in_order
            at = order[ends[code] : ends[code + 1]]
            found[self.place[at], self.period[at]] = at
        return found

    def values(self, item: str) -> Floats:
        """Return the matrix of the values of an item, NaN where there is none."""
        rows = self.rows(item)
        return np.where(rows >= 0, self.value[rows], np.nan) if len(self.value) else np.full(rows.shape, np.nan)

    def given(self, item: str) -> Flags:
        """Return the matrix of where an item has a value or is said not to apply."""
        rows = self.rows(item)
        if not len(self.value):
            return np.zeros(rows.shape, dtype=bool)
        return np.asarray((rows >= 0) & (~np.isnan(self.value[rows]) | self.absent[rows]))

    def row(self, period: str, area: str, unit: str, item: str) -> int:
        """Return the row of one fact in `facts`, -1 if there is none."""
        places, names, items = self._at
        place, column, code = places.get((area, unit)), names.get(period), items.get(item)
        if place is None or column is None or code is None:
            return -1
        order, keys, _ = self._in_order
        key = (code * len(self.places) + place) * len(self.periods) + column
        at = int(np.searchsorted(keys, key))
        return int(order[at]) if at < len(keys) and keys[at] == key else -1

    def where(self, period: str, area: str, unit: str, items: Iterable[str]) -> str:
        """Return the cells of some items of one place and period."""
        rows = (self.row(period, area, unit, item) for item in sorted(items))
        return "; ".join(cell for row in rows if row >= 0 and (cell := str(self._source[row])))

    def filled_at(self, period: str, area: str, unit: str) -> dict[str, float]:
        """Return every item's value in one place and period, sums included; of an unknown period what was sent."""
        values = self.as_sent(True) if period == periods.UNKNOWN else self.filled(periods.every(period))
        at = (
            int(values.index.get_indexer(pd.MultiIndex.from_tuples([(period, area, unit)]))[0])
            if len(values.index)
            else -1
        )
        return {item: float(numbers[at]) for item, numbers in values.value.items()} if at >= 0 else {}

    def key(self, place: int, column: int) -> tuple[str, str, str]:
        """Return period, area and unit of a place of a matrix."""
        return (self.periods[column], *self._names[place])

    def as_sent(self, unknown: bool = False) -> ItemValues:
        """Return the facts as they were sent, not aggregated, for formulas; only those of unknown period if wanted."""
        row = self.place * len(self.periods) + self.period
        kept = np.flatnonzero((self.years < 0)[self.period]) if unknown else np.arange(len(row))
        pairs, at = np.unique(row[kept], return_inverse=True)
        place, column = np.divmod(pairs, max(len(self.periods), 1))
        names = np.array(self.periods, dtype=object)[column] if len(pairs) else np.array([], dtype=object)
        frame = self.places.take(place).assign(period=pd.Series(names, index=place, dtype="str").to_numpy())
        index = pd.MultiIndex.from_frame(frame[["period", *PLACE]])
        reasons = Reasons()
        missing, inapplicable = reasons.code(NOT_REPORTED), reasons.code(NOT_APPLICABLE)
        value, reason = {}, {}
        for code in np.unique(self.item[kept]):
            here = self.item[kept] == code
            facts, rows = kept[here], at[here]
            numbers = np.full(len(pairs), np.nan)
            codes = np.full(len(pairs), missing, dtype=np.int32)
            numbers[rows] = self.value[facts]
            codes[rows] = np.where(self.absent[facts], inapplicable, np.where(np.isnan(self.value[facts]), missing, 0))
            value[self.items[code]], reason[self.items[code]] = numbers, codes
        return ItemValues(index, value, reason, reasons, np.ones(len(pairs), dtype=bool))


def median(matrix: Floats) -> Floats:
    """Return the median of each row, NaN left out; NaN for a row without numbers."""
    ordered = np.sort(matrix, axis=1)
    count = np.sum(~np.isnan(matrix), axis=1)
    if not matrix.shape[1]:
        return np.full(len(matrix), np.nan)
    low, high = (np.clip(at, 0, matrix.shape[1] - 1)[:, None] for at in ((count - 1) // 2, count // 2))
    middle = (np.take_along_axis(ordered, low, 1) + np.take_along_axis(ordered, high, 1))[:, 0] / 2
    return np.where(count > 0, middle, np.nan)


@dataclass(frozen=True, eq=False)
class Groups:
    """The units of each area side by side, so that a unit can be held against the others of its area.

    areas: their codes. members: a row an area, a column a unit: its place in `Counted.places`, -1 beyond the last.
    """

    areas: tuple[str, ...]
    members: Whole

    @classmethod
    def of(cls, counted: Counted) -> Groups:
        """Group the units that have facts by area."""
        units = np.flatnonzero(counted.is_unit)
        code, areas = pd.factorize(counted.places["area"].to_numpy()[units], sort=True)
        size = np.bincount(code, minlength=len(areas))
        first = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size
        members = np.full((len(areas), int(size.max(initial=0))), -1, dtype=np.int64)
        members[code, np.arange(len(units)) - first[code]] = units
        return cls(tuple(map(str, areas)), members)

    def spread(self, column: Floats) -> Floats:
        """Return one number a place as a row an area, NaN where there is no unit."""
        if not len(column):
            return np.full(self.members.shape, np.nan)
        return np.asarray(np.where(self.members >= 0, column[self.members], np.nan), dtype=float)
