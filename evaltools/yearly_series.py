"""Yearly series of an indicator frame as matrices, a row a series and a column a year, to be fitted at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.changes import row_codes
from evaltools.comparability import Flags, breaks_between, disturbed
from evaltools.rates import Floats
from evaltools.wording import word

_BOUNDARY = word("indicators.reason_boundary_changed", "en")


@dataclass(frozen=True)
class YearlySeries:
    """Series of the same months of each year, on one definition, of one place.

    rows: the frame; at: the place of each point in it, −1 where there is none (series × years); last: the column of
    each series' last point; years: of the columns. usable: points on the same basis as the last one, with a value;
    broken: series that began before the last break of definition or boundary; left_out: points disturbed and left out.
    """

    rows: pd.DataFrame
    at: NDArray[np.int64]
    last: NDArray[np.int64]
    years: Floats
    usable: Flags
    broken: dict[str, Flags]
    left_out: Flags

    def __len__(self) -> int:
        return len(self.at)

    def matrix(self, name: str) -> Floats:
        """Return a column as series × years; NaN where there is no point or it is not usable."""
        numbers = self.rows[name].to_numpy(dtype=float)
        return np.where(self.usable, numbers[self.at], np.nan) if len(numbers) else np.full(self.at.shape, np.nan)

    def last_rows(self) -> NDArray[np.int64]:
        """Return the place in the frame of each series' last point."""
        return self.at[np.arange(len(self.at)), self.last]

    def first_rows(self) -> NDArray[np.int64]:
        """Return the place in the frame of each series' first usable point; of its last point if none is usable."""
        if not self.at.size:
            return self.last
        first = np.where(self.usable.any(axis=1), self.usable.argmax(axis=1), self.last)
        return self.at[np.arange(len(self.at)), first]


def yearly_series(
    ind: pd.DataFrame,
    breaks: pd.DataFrame | None = None,
    without_disturbed: bool = False,
    catalogue: pd.DataFrame | None = None,
) -> YearlySeries:
    """Arrange an indicator frame by series: area, unit, indicator, definition and months of the year.

    breaks, catalogue: the dataset's tables. Points before the last break of definition or boundary, or before the year
    in which the place absorbed another ("boundary changed"), are on another basis than the last point and not usable.
    without_disturbed: whether points of disturbed times are left out as well. The period `unknown` takes no part.
    Raises ValueError if one series has two rows for the same months.
    """
    rows = ind[ind["period"] != periods.UNKNOWN].reset_index(drop=True)
    codes, names = pd.factorize(rows["period"])
    spans = [periods.parse(name) for name in names]
    season = np.array([100_000 * (span.first % 12) + span.length for span in spans], dtype=np.int64)
    year = np.array([span.year for span in spans], dtype=np.int64)
    years = np.arange(year.min(), year.max() + 1) if len(year) else np.array([], dtype=np.int64)
    series = row_codes([*(rows[name] for name in ("area", "unit", "indicator", "definition")), season[codes]])
    series = _in_order(series)
    column = year[codes] - (years[0] if len(years) else 0)
    at = np.full((series.max(initial=-1) + 1, len(years)), -1, dtype=np.int64)
    at[series, column] = np.arange(len(rows))
    lost = np.flatnonzero(at[series, column] != np.arange(len(rows)))
    if len(lost):
        cells = rows.loc[lost[0], ["period", "area", "unit", "indicator", "definition"]]
        raise ValueError("two rows for the same months: " + ", ".join(f"{k}={v}" for k, v in cells.items()))
    last = at.shape[1] - 1 - (at[:, ::-1] >= 0).argmax(axis=1) if at.size else np.zeros(0, dtype=np.int64)
    return _usable(rows, at, last, years.astype(float), breaks, without_disturbed, catalogue)


def _in_order(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the codes renumbered by first appearance."""
    return np.asarray(pd.factorize(codes)[0], dtype=np.int64)


def _usable(
    rows: pd.DataFrame,
    at: NDArray[np.int64],
    last: NDArray[np.int64],
    years: Floats,
    breaks: pd.DataFrame | None,
    without_disturbed: bool,
    catalogue: pd.DataFrame | None,
) -> YearlySeries:
    there = at >= 0
    n_series = len(at)
    broken = {kind: np.zeros(n_series, dtype=bool) for kind in ("definition", "boundary")}
    if not at.size:
        empty = np.zeros(at.shape, dtype=bool)
        return YearlySeries(rows, at, last, years, empty, broken, empty)
    own = at[there]
    end = np.broadcast_to(at[np.arange(n_series), last][:, None], at.shape)[there]
    period = rows["period"]
    pairs = rows.loc[own, ["area", "indicator", "definition"]].reset_index(drop=True)
    pairs["period"] = period.take(end).to_numpy()
    pairs["previous_period"] = period.take(own).to_numpy()
    crossed = breaks_between(pairs, breaks, catalogue)
    same = own == end
    apart = {kind: np.zeros(at.shape, dtype=bool) for kind in broken}
    for kind, cells in apart.items():
        cells[there] = crossed[kind] & ~same
    # a place that absorbed another is new from that year on: what came before is another place
    changed = np.zeros(at.shape, dtype=bool)
    codes, texts = pd.factorize(rows["reason"].fillna(""))
    holds = np.array([_BOUNDARY in text for text in texts], dtype=bool)
    changed[there] = holds[codes[own]]
    after = np.cumsum(changed[:, ::-1], axis=1)[:, ::-1] - changed
    apart["boundary"] |= there & (after > 0)
    value = np.full(at.shape, np.nan)
    value[there] = rows["value"].to_numpy(dtype=float)[own]
    on_basis = there & ~apart["definition"] & ~apart["boundary"]
    out = np.zeros(at.shape, dtype=bool)
    if without_disturbed:
        out[there] = disturbed(rows, breaks)[own]
        out &= on_basis & np.isfinite(value)
    for kind, cells in apart.items():
        broken[kind] = (cells & np.isfinite(value)).any(axis=1)
    return YearlySeries(rows, at, last, years, on_basis & np.isfinite(value) & ~out, broken, out)


def runs(value: Floats, digits: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many times in a row each series has risen (positive) or fallen (negative) up to its last column.

    value: series × years, NaN for a gap, which ends a run, as an unchanged value does; digits: the decimals that are
    printed, by row, since a rise that nobody sees is none. Four rises take five points.
    """
    scale = 10.0 ** digits[:, None]
    printed = np.floor(np.abs(value) * scale + 0.5 + 1e-9) * np.sign(value)
    step = np.sign(np.diff(printed, axis=1))[:, ::-1]
    if not step.shape[1]:
        return np.zeros(len(value), dtype=np.int64)
    first = step[:, :1]
    going = np.logical_and.accumulate((step == first) & (first != 0) & np.isfinite(step), axis=1)
    return np.where(going.any(axis=1), going.sum(axis=1) * np.nan_to_num(first[:, 0]), 0).astype(np.int64)


def history(series: YearlySeries) -> list[str]:
    """Write the usable values of each series, oldest first: `2022=85.1; 2023=; 2024=86.4`, blank for a gap."""
    values = series.matrix("value")
    texts = []
    for row, used, last in zip(values, series.usable, series.last, strict=True):
        first = int(used.argmax()) if used.any() else int(last)
        years = zip(series.years[first : last + 1], row[first : last + 1], strict=True)
        texts.append("; ".join(f"{year:.0f}=" + ("" if np.isnan(x) else repr(float(x))) for year, x in years))
    return texts
