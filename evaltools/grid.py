"""The rows that indicators are computed for, and the value of a formula in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods
from evaltools.aggregation import PLACE, ItemValues
from evaltools.catalogue import valid_in
from evaltools.datasets import Data
from evaltools.decimals import as_typed
from evaltools.reasons import NOT_REPORTED

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Part:
    """One definition computed: for the grid rows `at`, its figures and the codes of its reasons."""

    row: Any
    at: Rows
    numerator: Floats
    denominator: Floats
    value: Floats
    lower: Floats
    upper: Floats
    reason: Codes

    def only(self, rows: NDArray[np.bool_]) -> Part:
        """Return the part in some rows of the grid."""
        keep = rows[self.at]
        names = ("at", "numerator", "denominator", "value", "lower", "upper", "reason")
        return Part(self.row, *(getattr(self, name)[keep] for name in names))


class Grid:
    """The rows (period, area, unit) that every indicator is computed for, and what is known about each."""

    def __init__(self, values: ItemValues, data: Data) -> None:
        self.values = values
        self.parameters = data.parameters
        self.parent = data.areas.set_index("area")["parent"]
        self.frame = values.index.to_frame(index=False)
        self.is_unit = (self.frame["unit"] != "").to_numpy()
        top = pd.MultiIndex.from_frame(data.units.loc[data.units["parent"] == "", PLACE])
        self.is_top_unit = pd.MultiIndex.from_frame(self.frame[PLACE]).isin(top)
        self.place, self.places = pd.factorize(self.frame["period"])
        self.years = np.array([periods.parse(period).year for period in self.places])
        self.area, self.areas = pd.factorize(self.frame["area"])

    def valid(self, row: Any) -> NDArray[np.bool_]:
        """Return which rows lie in the years of a definition."""
        first, last = int(row.valid_from or 0), int(row.valid_to or 9999)
        return ((self.years >= first) & (self.years <= last))[self.place]

    def shown(self, row: Any, units: bool) -> NDArray[np.bool_]:
        """Return the rows of areas and, if units are wanted, of those whose area reports the numerator by unit.

        Insurance funds exist for a county only: a row "not reported" for each of its townships would be noise,
        even though every township has the residents they are divided by.
        """
        if not units:
            return ~self.is_unit
        missing = self.values.reasons.code(NOT_REPORTED)
        given = np.zeros(len(self.frame), dtype=bool)
        for item in formulas.items(formulas.parse(row.numerator)) & self.values.reason.keys():
            given |= self.values.reason[item] != missing
        reporting = np.zeros(len(self.areas), dtype=bool)
        reporting[self.area[given & self.is_unit]] = True
        return ~self.is_unit | reporting[self.area]

    def frame_of(self, parts: list[Part]) -> pd.DataFrame:
        """Return the parts as one frame, in the order of the grid, definitions in the order given."""
        at = np.concatenate([part.at for part in parts]) if parts else np.array([], dtype=np.intp)
        order = np.argsort(at, kind="stable")
        which = np.repeat(np.arange(len(parts)), [len(part.at) for part in parts])[order]
        frame = self.frame.iloc[at[order]].reset_index(drop=True)
        for name in ("indicator", "valid_from"):
            texts = np.array([getattr(part.row, name) for part in parts], dtype=object)
            frame["definition" if name == "valid_from" else name] = pd.Series(texts[which], dtype="str")
        for name in ("numerator", "denominator", "value", "lower", "upper"):
            values = [getattr(part, name) for part in parts]
            frame[name] = np.concatenate(values)[order] if parts else np.array([], dtype=float)
        codes = np.concatenate([part.reason for part in parts])[order] if parts else np.array([], dtype=np.int32)
        texts = np.array(self.values.reasons.texts, dtype=object)
        return frame.assign(reason=pd.Series(texts[codes], dtype="str"))


def evaluate(
    terms: tuple[formulas.Term, ...], values: ItemValues, parameters: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a formula's value in every row, and the code of the reason where it has none.

    A qualifying reason (`sum of 2 predecessors`) stands beside a value.
    """
    rows = len(values.index)
    total, size, reason = np.zeros(rows), np.zeros(rows), np.zeros(rows, dtype=np.int32)
    for term in terms:
        value, why = _item(term, values)
        for name in term.parameters:
            factor = parameter_values(name, values.index, parameters)
            unset = np.where(np.isnan(factor), values.reasons.code(f"parameter {name} is not set"), 0)
            why = values.reasons.weightier(why, unset.astype(np.int32))
            value = value * factor
        value = term.coefficient * value
        total, size = total + value, size + np.abs(value)
        reason = values.reasons.weightier(reason, why)
    is_plain = len(terms) == 1 and terms[0].coefficient == 1 and not terms[0].parameters
    return (total if is_plain else as_typed(total, size)), reason


def _item(term: formulas.Term, values: ItemValues) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    index = values.index
    missing = values.reasons.code(NOT_REPORTED)
    value = values.value.get(term.item, np.full(len(index), np.nan))
    why = values.reason.get(term.item, np.full(len(index), missing, dtype=np.int32))
    if not term.prior:
        return value, why
    frame = index.to_frame(index=False)
    known = frame["period"].unique()
    earlier = {period: periods.shift(period, -1) for period in known if period != periods.UNKNOWN}
    at = index.get_indexer(pd.MultiIndex.from_frame(frame.assign(period=frame["period"].map(earlier).fillna(""))))
    none = values.reasons.code("previous year not reported")
    found = at >= 0
    past_why = np.where(found & (why[at] != missing), why[at], none).astype(np.int32)
    return np.where(found, value[at], np.nan), past_why


def parameter_values(name: str, index: pd.MultiIndex, parameters: pd.DataFrame) -> NDArray[np.float64]:
    """Return a parameter's value in every row: the area's own where there is one, else that of all areas.

    Of two that are valid in a year the newer counts.
    """
    rows = parameters[parameters["parameter"] == name].sort_values("valid_from", kind="stable")
    known: dict[str, dict[str, float]] = {periods.UNKNOWN: {}}
    for period in index.unique("period").difference([periods.UNKNOWN]):
        valid = rows[valid_in(rows, periods.parse(period).year)]
        known[period] = dict(zip(valid["area"], valid["value"], strict=True))
    codes, distinct = pd.factorize(index.droplevel("unit"))
    found = [known[period].get(area, known[period].get("*", np.nan)) for period, area in distinct]
    return np.array(found, dtype=float)[codes]
