"""Reported numbers corrected by sampled records (真实性校正): numerator × genuine/sampled, by institution.

Institutions are the strata: each sample is taken as drawn at random, without replacement, from the records that the
institution's numerator counts. Denominators stay as they are. What a correction does to points is in `score_ranges`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.catalogue import OF_UNITS
from evaltools.indicator_kinds import kinds_of
from evaltools.rates import Floats, poisson_limits, wilson_limits
from evaltools.reasons import ABOVE_ALL
from evaltools.sample_checks import read_samples
from evaltools.sample_strata import (
    AS_REPORTED,
    DUST,
    POOLED,
    STRATUM,
    UNSAMPLED,
    area_totals,
    sampled_strata,
    says,
)
from evaltools.tables import each_row
from evaltools.unit_measures import base_of

ADDED = [
    "reported_numerator",
    "reported_value",
    "sampled",
    "genuine",
    "genuine_share",
    "share_lowest",
    "share_highest",
    "lowest_numerator",
    "highest_numerator",
    "value_lowest",
    "value_highest",
    "correction",
    "verdict",
    "correction_reason",
]
"""Columns that `corrected` adds."""

KINDS = ("proportion", "count")
"""Kinds whose numerator is a number of records, so that some of them can be drawn."""

CORRECTIONS = ("corrected", "within_tolerance", "confirmed", AS_REPORTED)
VERDICTS = ("within", "beyond", "unclear")


def corrected(
    ind: pd.DataFrame,
    samples: pd.DataFrame | None,
    confidence: float = 0.95,
    tolerance: float = 0.0,
    *,
    unsampled: str = POOLED,
    catalogue: pd.DataFrame | None = None,
    units: pd.DataFrame | None = None,
    kinds: Sequence[str] = KINDS,
) -> pd.DataFrame:
    """Return an indicator frame whose numerators are corrected wherever records were sampled.

    ind: as `ev.indicators` gives it, rows of areas and of units. samples: period, area, unit ("" the area as a whole),
    indicator, sampled, genuine; those of periods and areas that are not in `ind` are not looked at. confidence: of
    the limits. tolerance: the share (0 to below 1) of records not genuine up to which a unit's reported number counts
    uncorrected; it applies to the limits alike. unsampled: one of `UNSAMPLED`. catalogue, units: of the dataset;
    without them kinds are told from the intervals, and units within units are not noticed. kinds: those that may be
    sampled.

    Unit N, sampled n, genuine g: numerator N·g/n, with the exact hypergeometric limits of `genuine_limits`, all
    between g and N − (n − g). Area: the sum over its sampled units; a remainder N_area − ΣN counts at their
    pooled share (`pooled`), or as reported. Its limits are those of `sample_strata.area_totals`; how units that were
    not sampled may differ is not in them. An area's own sample counts only where none of its units was sampled.

    Returns the rows of `ind` with numerator, value, lower and upper corrected, and `ADDED`: what was reported; sampled
    and genuine (of an area the sums over its units); genuine_share with its limits (weighted by register), not
    touched by the tolerance; lowest and highest numerator and value (equal to the corrected ones where nothing was
    sampled); correction, one of `CORRECTIONS`; verdict, one of `VERDICTS` or "": whether the limits of the share lie
    `within` the tolerance, `beyond` it, or the sample is too small to tell (`unclear`); correction_reason. Only the
    indicator that was sampled is corrected: neither others with the same numerator, nor an older definition, nor
    `units_meeting` built on it, whose reason says so.

    Raises InputError for impossible or unknown rows of `samples`, all at once, where = "samples row N column X";
    ValueError for a confidence outside 0.9 to 1, another tolerance or `unsampled`, and columns that are absent.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance is a share from 0 to below 1, as in 0.05; got {tolerance!r}")
    if unsampled not in UNSAMPLED:
        raise ValueError(f"unsampled is one of {', '.join(UNSAMPLED)}; got {unsampled!r}")
    rows = ind.reset_index(drop=True)
    about = kinds_of(rows, catalogue)
    table = _Table(rows, about)
    if samples is not None and len(samples):
        drawn = read_samples(samples, rows, about["kind"], kinds, units)
        strata = sampled_strata(drawn, rows, confidence, tolerance)
        table.note(strata.loc[strata["why"] != "", ["at", "why"]])
        strata = strata[strata["why"] == ""].drop(columns="why")
        of_units = strata[strata["unit"] != ""]
        areas = area_totals(of_units, rows, unsampled, tolerance)
        own = strata[(strata["unit"] == "") & ~strata["at"].isin(areas["at"])]
        unknown = areas["size"].isna()
        table.note(areas.loc[unknown, ["at"]].assign(why=says("no_number")))
        table.set(pd.concat([of_units, own, areas[~unknown]], ignore_index=True), tolerance)
        unused = strata["at"].isin(areas["at"]) & (strata["unit"] == "")
        table.note(strata.loc[unused, ["at"]].assign(why=says("own_sample_unused")))
        _note_untouched(table, drawn, rows, catalogue)
    return table.frame(ind)


def _note_untouched(table: _Table, drawn: pd.DataFrame, rows: pd.DataFrame, catalogue: pd.DataFrame | None) -> None:
    """Say of older definitions of what was sampled, and of indicators about the units, why they stay."""
    touched = drawn.loc[drawn["sampled"] > 0, ["period", "area", "indicator", "at"]]
    newest = touched.assign(definition=rows["definition"].to_numpy()[touched["at"]])[STRATUM].drop_duplicates()
    joined = (
        rows[STRATUM]
        .reset_index(names="at")
        .merge(newest.rename(columns={"definition": "newest"}), on=["period", "area", "indicator"])
    )
    table.note(joined.loc[joined["definition"] != joined["newest"], ["at"]].assign(why=says("older_definition")))
    if catalogue is None:
        return
    bases = {row.indicator: base_of(row) for row in each_row(catalogue[catalogue["kind"].isin(OF_UNITS)])}
    derived = rows[rows["indicator"].isin(bases)].reset_index(names="at")[["at", "period", "area", "indicator"]]
    derived = derived.assign(indicator=derived["indicator"].map(bases))
    derived = derived.merge(touched[["period", "area", "indicator"]].drop_duplicates())
    table.note(derived[["at"]].assign(why=says("not_recomputed")))


class _Table:
    """The columns of the result as they are filled in, place by place."""

    def __init__(self, rows: pd.DataFrame, about: pd.DataFrame) -> None:
        self.rows, self.about = rows, about
        nothing = np.full(len(rows), np.nan)
        numerator, value = (rows[name].to_numpy(dtype=float) for name in ("numerator", "value"))
        self.columns: dict[str, Floats] = {
            "reported_numerator": numerator,
            "reported_value": value,
            **{name: nothing.copy() for name in ADDED[2:7]},
            **dict.fromkeys(("lowest_numerator", "highest_numerator"), numerator),
            **dict.fromkeys(("value_lowest", "value_highest"), value),
            **{name: rows[name].to_numpy(dtype=float) if name in rows else nothing for name in ("lower", "upper")},
            "numerator": numerator,
            "value": value,
        }
        self.columns = {name: column.copy() for name, column in self.columns.items()}
        self.reason = rows["reason"].fillna("").to_numpy(dtype=object).copy()
        self.correction = np.full(len(rows), AS_REPORTED, dtype=object)
        self.verdict = np.full(len(rows), "", dtype=object)
        self.why = np.full(len(rows), says("not_sampled"), dtype=object)

    def note(self, notes: pd.DataFrame) -> None:
        """Add reasons (at, why); they stand in the place of "not sampled"."""
        for at, why in zip(notes["at"], notes["why"], strict=True):
            known = "" if self.why[at] == says("not_sampled") else self.why[at]
            self.why[at] = f"{known}; {why}".removeprefix("; ")

    def set(self, found: pd.DataFrame, tolerance: float) -> None:
        """Take over the corrected registers: numerators, values and their limits, shares, labels."""
        at = found["at"].to_numpy()
        size, base = found["size"].to_numpy(), found["base"].to_numpy()
        numbers = {name: found[name].to_numpy() for name in ("estimate", "low", "high", *_COUNTED)}
        self._put(at, sampled=found["sampled"].to_numpy(), genuine=found["genuine"].to_numpy())
        shares = {column: numbers[name] / base for column, name in _SHARES.items()}
        self._put(at, **shares)
        for column, (name, value) in _COUNTED_AS.items():
            self._put(at, **{column: numbers[name], value: self._values(at, numbers[name])})
        is_less = numbers["counted"] < size - DUST * np.maximum(size, 1)
        some_false = numbers["estimate"] < base - DUST * np.maximum(base, 1)
        self.correction[at] = np.select([is_less, some_false], CORRECTIONS[:2], CORRECTIONS[2])
        least, most = 1 - shares["share_highest"], 1 - shares["share_lowest"]
        self.verdict[at] = np.select([most <= tolerance + DUST, least > tolerance + DUST], VERDICTS[:2], VERDICTS[2])
        self.why[at] = found["note"].to_numpy(dtype=object)
        self._intervals(at[is_less])

    def _put(self, at: NDArray[np.int64], **columns: Floats) -> None:
        for name, column in columns.items():
            self.columns[name][at] = column

    def _values(self, at: NDArray[np.int64], numerator: Floats) -> Floats:
        """Return numerator / denominator × per; without a denominator numerator × per. Unchanged ones stay exact."""
        per = self.about["per"].to_numpy(dtype=float)[at]
        below = self.rows["denominator"].to_numpy(dtype=float)[at]
        reported = self.columns["reported_value"][at]
        value = np.where(np.isnan(below), numerator * per, np.nan)
        np.divide(numerator * per, below, out=value, where=below > 0)
        value = np.where(np.isnan(reported), np.nan, value)
        return np.where(numerator == self.columns["reported_numerator"][at], reported, value)

    def _intervals(self, at: NDArray[np.int64]) -> None:
        """Recompute the interval of corrected indicators, and take back "above 100%" where it no longer holds."""
        per, kind = (self.about[name].to_numpy(dtype=object)[at] for name in ("per", "kind"))
        scale = per.astype(float)
        above, below = self.columns["numerator"][at], self.rows["denominator"].to_numpy(dtype=float)[at]
        share = wilson_limits(above, below)
        with np.errstate(divide="ignore", invalid="ignore"):
            events = tuple(limit / below for limit in poisson_limits(above))
        for side, wilson, poisson in zip(("lower", "upper"), share, events, strict=True):
            limit = np.select([kind == "proportion", kind == "rate"], [wilson * scale, poisson * scale], np.nan)
            self.columns[side][at] = limit
        for place in at[above <= below]:
            parts = [part for part in self.reason[place].split("; ") if part != ABOVE_ALL]
            self.reason[place] = "; ".join(parts)

    def frame(self, ind: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with every column, under the index of `ind`."""
        texts = {"correction": self.correction, "verdict": self.verdict, "correction_reason": self.why}
        result = self.rows.assign(**self.columns, reason=self.reason, **texts).set_axis(ind.index)
        others = [name for name in result.columns if name not in ADDED]
        return result[[*others, *ADDED]].astype(dict.fromkeys(["reason", *texts], "str"))


_COUNTED = ("counted", "counted_low", "counted_high")
_COUNTED_AS = {
    "numerator": ("counted", "value"),
    "lowest_numerator": ("counted_low", "value_lowest"),
    "highest_numerator": ("counted_high", "value_highest"),
}
_SHARES = {"genuine_share": "estimate", "share_lowest": "low", "share_highest": "high"}
