"""The rows that indicators are computed for, and the value of a formula in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods
from evaltools.aggregation import NOT_REPORTED, ItemValues
from evaltools.catalogue import valid_in

ZERO_DENOMINATOR = "denominator is zero"

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


class Grid:
    """The rows (period, area, unit) that every indicator is computed for, and what is known about each."""

    def __init__(self, values: ItemValues, parameters: pd.DataFrame) -> None:
        self.values = values
        self.parameters = parameters
        self.frame = values.index.to_frame(index=False)
        self.is_unit = (self.frame["unit"] != "").to_numpy()
        self.place, self.places = pd.factorize(self.frame["period"])
        self.years = np.array([periods.parse(period).year for period in self.places])
        self.area, self.areas = pd.factorize(self.frame["area"])

    def valid(self, row: Any) -> NDArray[np.bool_]:
        """Return which rows lie in the years of a definition."""
        first, last = int(row.valid_from or 0), int(row.valid_to or 9999)
        return ((self.years >= first) & (self.years <= last))[self.place]

    def reported_by_unit(self, used: set[str]) -> NDArray[np.bool_]:
        """Return the rows of areas, and those of units where their area reports any of these items by unit.

        Insurance funds exist for a county only: a row "not reported" for each of its townships would be noise,
        even though every township has the residents they are divided by.
        """
        missing = self.values.reasons.code(NOT_REPORTED)
        given = np.zeros(len(self.frame), dtype=bool)
        for item in used & self.values.reason.keys():
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
    total, reason = np.zeros(rows), np.zeros(rows, dtype=np.int32)
    for term in terms:
        value, why = _item(term, values)
        for name in term.parameters:
            factor = parameter_values(name, values.index, parameters)
            unset = np.where(np.isnan(factor), values.reasons.code(f"parameter {name} is not set"), 0)
            why = values.reasons.weightier(why, unset.astype(np.int32))
            value = value * factor
        total = total + term.coefficient * value
        reason = values.reasons.weightier(reason, why)
    return total, reason


def _item(term: formulas.Term, values: ItemValues) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    index = values.index
    missing = values.reasons.code(NOT_REPORTED)
    value = values.value.get(term.item, np.full(len(index), np.nan))
    why = values.reason.get(term.item, np.full(len(index), missing, dtype=np.int32))
    if not term.prior:
        return value, why
    frame = index.to_frame(index=False)
    earlier = {period: periods.shift(period, -1) for period in frame["period"].unique()}
    at = index.get_indexer(pd.MultiIndex.from_frame(frame.assign(period=frame["period"].map(earlier))))
    none = values.reasons.code("previous year not reported")
    found = at >= 0
    past_why = np.where(found & (why[at] != missing), why[at], none).astype(np.int32)
    return np.where(found, value[at], np.nan), past_why


def parameter_values(name: str, index: pd.MultiIndex, parameters: pd.DataFrame) -> NDArray[np.float64]:
    """Return a parameter's value in every row: the area's own where there is one, else that of all areas."""
    rows = parameters[parameters["parameter"] == name]
    pairs = index.droplevel("unit")
    codes, distinct = pd.factorize(pairs)
    found = []
    for period, area in distinct:
        valid = rows[valid_in(rows, periods.parse(period).year)]
        own = valid[valid["area"] == area]
        chosen = own if len(own) else valid[valid["area"] == "*"]
        found.append(float(chosen["value"].iloc[-1]) if len(chosen) else float("nan"))
    return np.array(found)[codes]
