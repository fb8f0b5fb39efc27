"""What each value of a series is compared with: the year before, the period right before, or a fixed base."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.changes import KEY, row_codes
from evaltools.comparability import breaks_between, previous_periods
from evaltools.reasons import BOUNDARY_CHANGED
from evaltools.row_texts import Codes, Flags, Texts, coded, column
from evaltools.wording import word

Floats = NDArray[np.float64]

_BARS = ("definition_changed", "definition_break", "boundary_break")
_NONE = ("not_stated", "span", "other_length")
_PREDECESSORS = re.compile(re.escape(word("terms.reason_predecessors", "en", n="#")).replace(r"\#", r"\d+"))


@dataclass(frozen=True)
class Side:
    """What each row of a frame is compared with.

    period: its number among `Series.names`, -1 for none. value: NaN for none. bars: for each of the reasons that bar a
    comparison, the rows that it bars. missing: why there is no value. summed, disturbed: what is only told.
    """

    period: Codes
    value: Floats
    bars: dict[str, Flags]
    missing: Texts
    summed: Flags
    disturbed: Flags

    @property
    def barred(self) -> Flags:
        """Which rows may not be compared."""
        return np.asarray(np.any(list(self.bars.values()), axis=0), dtype=bool)

    @property
    def absent(self) -> Flags:
        """Which rows have a period to be compared with, on their definition, but no value there."""
        return (self.period >= 0) & np.isnan(self.value) & ~self.bars["definition_changed"]

    def notes(self) -> list[tuple[Flags, str | Texts]]:
        """Return what bars the comparison, in words."""
        return [(mask, word(f"comparison.reason_{name}", "en")) for name, mask in self.bars.items()]


class Series:
    """An indicator frame with its periods, places and series numbered.

    Raises ValueError if a row stands twice.
    """

    def __init__(self, ind: pd.DataFrame) -> None:
        self.rows = ind.reset_index(drop=True)
        self.value = self.rows["value"].to_numpy(dtype=float)
        self.codes, self.names = coded(self.rows["period"])
        self.given = list(self.names)
        self.reasons = coded(self.rows["reason"])
        self._place = row_codes([self.rows[name] for name in KEY[1:4]])
        self._series = row_codes([self._place, self.rows["definition"]])
        stands = self._series * max(len(self.given), 1) + self.codes
        if len(pd.unique(stands)) < len(stands):
            cells = self.rows.loc[pd.Series(stands).duplicated(), KEY].iloc[0]
            raise ValueError("more than one row for " + ", ".join(f"{name}={text}" for name, text in cells.items()))

    def base(self, stated: str | None) -> str:
        """Return a base period as the frame spells it: the earliest if none is stated, "" in an empty frame.

        Raises ValueError if it is no period, or not in the frame.
        """
        spans = {name: periods.parse(name) for name in self.given if name != periods.UNKNOWN}
        if stated is None:
            return min(spans, key=lambda name: spans[name].first, default="")
        found = [name for name, span in spans.items() if span == periods.parse(stated)]
        if not found:
            raise ValueError(f"no such base period: {stated!r}; there are: {', '.join(sorted(spans))}")
        return stated if stated in found else found[0]

    def against(self, what: str, base: str) -> tuple[Codes, Texts]:
        """Return for each row the number of its period of comparison, -1 for none, and why there is none.

        what: year (the same months a year before), previous (the period of the same length right before) or base.
        """
        texts = [word(f"growth.reason_{key}", "en") for key in _NONE]
        if not self.given:
            return self.codes, (self.codes, texts)
        found = [self._other(what, name, base) for name in self.given]
        why = np.array([_NONE.index(key) if key else 0 for _, key in found], dtype=np.int64)
        other = np.array([self._number(name) for name, _ in found], dtype=np.int64)
        return other[self.codes], (why[self.codes], texts)

    def _other(self, what: str, name: str, base: str) -> tuple[str, str]:
        """Return the period that `name` is compared with, or the key of the reason for none."""
        if name == periods.UNKNOWN:
            return "", "not_stated"
        span = periods.parse(name)
        if what == "base":
            return (base, "") if span.length == periods.parse(base).length else ("", "other_length")
        if what == "year" or span.length == 12:
            return previous_periods(self.given).get(name, periods.shift(name, -1)), ""
        if periods.every(name) not in periods.EVERY:
            return "", "span"
        before = periods.Span(span.first - span.length, span.first - 1)
        spelt = [other for other in self.given if other != periods.UNKNOWN and periods.parse(other) == before]
        return (min(spelt, key=len) if spelt else periods.name(before)), ""

    def _number(self, name: str) -> int:
        """Return the number of a period, a new one for a period that no row has; -1 for ""."""
        if name and name not in self.names:
            self.names.append(name)
        return self.names.index(name) if name else -1

    def beside(self, other: Codes, breaks: pd.DataFrame | None) -> Side:
        """Return what stands for each row in the period numbered `other`."""
        at = self._looked_up(self._series, other)
        elsewhere = self._looked_up(self._place, other) >= 0
        crossed = self._crossed(other, breaks)
        bars = ((at < 0) & elsewhere, crossed["definition"], crossed["boundary"] | self._absorbed(other))
        codes, texts = self.reasons
        summed = np.array([bool(_PREDECESSORS.search(text)) for text in texts], dtype=bool)[codes]
        texts = [*texts, word("comparison.reason_no_row", "en")]
        return Side(
            period=other,
            value=np.where(at >= 0, self.value[at], np.nan),
            bars=dict(zip(_BARS, bars, strict=True)),
            missing=(np.where(at < 0, len(texts) - 1, codes[at]), texts),
            summed=summed | ((at >= 0) & summed[at]),
            disturbed=crossed["disturbance"],
        )

    def _looked_up(self, series: Codes, other: Codes) -> Codes:
        """Return the row in which each series has the period `other`, -1 for none."""
        width = len(self.names) + 1
        stands, first = np.unique(series * width + self.codes, return_index=True)
        if not len(stands):
            return series
        wanted = series * width + np.where(other >= 0, other, width - 1)
        at = np.minimum(np.searchsorted(stands, wanted), len(stands) - 1)
        return np.where(stands[at] == wanted, first[at], -1)

    def _crossed(self, other: Codes, breaks: pd.DataFrame | None) -> dict[str, Flags]:
        """Return which rows a break of each kind concerns; a period is not compared with itself."""
        result = {kind: np.zeros(len(other), dtype=bool) for kind in ("definition", "boundary", "disturbance")}
        at = np.flatnonzero((other >= 0) & (other != self.codes))
        if breaks is None or breaks.empty or not len(at):
            return result
        pair = np.stack([self.codes[at], other[at]])
        first = self._of_names(lambda span: span.first)[pair]
        pair = np.where(first[0] >= first[1], pair, pair[::-1])  # the base may be the later one
        rows = self.rows.loc[at, ["area", "indicator", "definition"]].reset_index(drop=True)
        ends = {name: column((pair[side], self.names)) for side, name in enumerate(("period", "previous_period"))}
        for kind, concerned in breaks_between(rows.assign(**ends), breaks).items():
            result[kind][at] = concerned
        return result

    def _absorbed(self, other: Codes) -> Flags:
        """Whether the place absorbed another after the year of the earlier period, up to that of the later one."""
        here = np.array([BOUNDARY_CHANGED in text for text in self.reasons[1]], dtype=bool)[self.reasons[0]]
        if not here.any():
            return here
        years = self._of_names(lambda span: span.year)
        width = int(years.max()) + 1
        changes = np.unique(self._place[here] * width + years[self.codes[here]])
        ends = np.sort(np.stack([years[self.codes], years[np.where(other >= 0, other, self.codes)]]), axis=0)
        counts = np.searchsorted(changes, self._place * width + ends, side="right")
        return np.asarray(counts[1] > counts[0], dtype=bool)

    def _of_names(self, part: Callable[[periods.Span], int]) -> Codes:
        """Return a number of each period's span, 0 of an unknown one."""
        spans = [None if name == periods.UNKNOWN else periods.parse(name) for name in self.names]
        return np.array([0 if span is None else part(span) for span in spans], dtype=np.int64)
