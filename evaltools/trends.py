"""Change over time: the same months of the year before, on one definition."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.decimals import NEAR, exact
from evaltools.wording import word

COLUMNS = [
    "period",
    "area",
    "unit",
    "indicator",
    "definition",
    "previous_period",
    "numerator",
    "denominator",
    "value",
    "previous_numerator",
    "previous_denominator",
    "previous_value",
    "change_pp",
    "change_percent",
    "reason",
]
"""Columns of `year_on_year`."""

KEY = ["period", "area", "unit", "indicator", "definition"]
"""What names a row of an indicator frame."""

_SIDE = ["numerator", "denominator", "value", "reason"]
_PREDECESSORS = re.escape(word("terms.reason_predecessors", "en", n="#")).replace(r"\#", r"\d+")
_BOUNDARY = word("indicators.reason_boundary_changed", "en")


def year_on_year(ind: pd.DataFrame, breaks: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compare every row with the same months of the year before (同比; for whole years 较上年).

    `ind` is an indicator frame; `breaks` the dataset's table of breaks. Returns `COLUMNS`, in the order of
    `ind`: one row for each row whose period has the same months a year earlier anywhere in the frame. The
    period `unknown` is never compared.

    change_pp: value − previous value, in the indicator's own points: percentage points where it is per 100,
        per-mille points per 1000, the plain difference for counts and amounts. From the unrounded values,
        which are numerator / denominator × per, so that equal ratios change by exactly 0.
    change_percent: relative change, (value / previous value − 1) × 100, in percent. NaN where the previous
        value is zero or negative.
    reason: why there is no change, or what to know about it; several are joined by "; ".

    Both sides have the same definition (`definition`), else "not comparable: definition changed". A break of
    kind `definition` or `boundary` between the two periods makes them not comparable too: its `from` is the
    last period of the old basis and its `to` the first of the new one, or both are the first of the new one.
    A break of definition that the catalogue tells too, by a definition from that year on, bars nothing more:
    in the bridging year each definition is compared with itself. A `disturbance` lasts from `from` to `to`, both
    included, and is only told. A value that sums predecessors may be compared, and the reason says so; one
    whose place has just absorbed another may not.

    Raises ValueError if a period, area, unit, indicator and definition stand on more than one row.
    """
    check_one_row_each(ind)
    rows = _with_previous(ind)
    barred, disturbed = _breaks_between(rows, breaks)
    barred["boundary"] |= rows["reason"].str.contains(_BOUNDARY)
    comparable = ~(rows["_other_definition"] | barred["definition"] | barred["boundary"])
    compared = comparable & rows["value"].notna() & rows["previous_value"].notna()
    previous = rows["previous_value"].where(compared)
    change = (rows["value"] - previous).mask(_equal(rows) & compared, 0.0)
    summed = rows["reason"].str.contains(_PREDECESSORS) | rows["previous_reason"].str.contains(_PREDECESSORS)
    absent = rows["previous_value"].isna() & ~rows["_other_definition"]
    notes: list[tuple[pd.Series, str | pd.Series]] = [
        (rows["_other_definition"], _says("definition_changed")),
        (barred["definition"], _says("definition_break")),
        (barred["boundary"], _says("boundary_break")),
        (rows["value"].isna(), _missing("this_missing", rows["reason"])),
        (absent, _missing("previous_missing", rows["previous_reason"])),
        (compared & summed, _says("predecessors_basis")),
        (previous == 0, _says("previous_zero")),
        (previous < 0, _says("previous_negative")),
        (compared & disturbed, _says("disturbance")),
    ]
    return rows.assign(
        change_pp=change,
        change_percent=change / previous.where(previous > 0) * 100,
        reason=_joined(notes, rows.index),
    )[COLUMNS]


def _equal(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the two values of each row are one ratio: 0.1/0.3 and 1/3, whatever their quotients round to."""
    this, previous = (
        rows[[f"{side}{name}" for name in ("numerator", "denominator", "value")]].to_numpy(dtype=float)
        for side in ("", "previous_")
    )
    equal = np.asarray(this[:, 2] == previous[:, 2], dtype=bool)
    for at in np.flatnonzero(~equal & np.isclose(this[:, 2], previous[:, 2], rtol=NEAR, atol=0)):
        equal[at] = _ratio(*this[at].tolist()) == _ratio(*previous[at].tolist())
    return equal


def _ratio(above: float, below: float, value: float) -> Fraction:
    return exact(above) / exact(below) if below and np.isfinite([above, below]).all() else exact(value)


def previous_periods(names: Iterable[str]) -> dict[str, str]:
    """Return for each period its same months a year earlier, where those are among the periods too.

    The same spelling is preferred; another that stands for the same months will do (`2023-H1` is
    `2023-01/2023-06`).
    """
    known = set(names) - {periods.UNKNOWN}
    by_months = {periods.parse(name): name for name in sorted(known)}
    found = {}
    for name in sorted(known):
        earlier = periods.shift(name, -1)
        match = earlier if earlier in known else by_months.get(periods.parse(earlier))
        if match is not None:
            found[name] = match
    return found


def check_one_row_each(ind: pd.DataFrame) -> None:
    """Raise ValueError, naming the first, if the same `KEY` stands on more than one row."""
    repeated = ind.duplicated(KEY)
    if repeated.any():
        cells = ind.loc[repeated, KEY].iloc[0]
        raise ValueError("more than one row for " + ", ".join(f"{name}={text}" for name, text in cells.items()))


def _with_previous(ind: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that have a previous period, with its columns beside them.

    `_other_definition`: nothing on the same definition a year earlier, but a row on another one.
    """
    earlier = ind["period"].map(previous_periods(ind["period"].unique()))
    rows = ind.assign(previous_period=earlier.astype("str"))[earlier.notna()].reset_index(drop=True)
    before = ind[KEY + _SIDE].rename(columns={name: f"previous_{name}" for name in ["period", *_SIDE]})
    rows = rows.merge(before, how="left", on=["previous_period", *KEY[1:]], indicator="_found")
    alone = rows["_found"] == "left_only"
    place = ["previous_period", *KEY[1:4]]
    elsewhere = pd.MultiIndex.from_frame(rows[place]).isin(pd.MultiIndex.from_frame(before[place]))
    return rows.assign(
        _other_definition=alone & elsewhere,
        reason=rows["reason"].fillna(""),
        previous_reason=rows["previous_reason"].fillna("").mask(alone, _says("no_row")),
    )


def _breaks_between(rows: pd.DataFrame, breaks: pd.DataFrame | None) -> tuple[dict[str, pd.Series], pd.Series]:
    """Return which rows a break of each kind bars from comparison, and which are disturbed."""
    crossed = {kind: pd.Series(False, index=rows.index) for kind in ("definition", "boundary", "disturbance")}
    for row in [] if breaks is None else breaks.to_dict("records"):
        concerned = pd.Series(True, index=rows.index)
        for name in ("indicator", "area"):
            if row[name] != "*":
                concerned &= rows[name] == row[name]
        crossed[row["kind"]] |= concerned & _crosses(rows, row) & ~_told_by_definition(rows, row)
    return crossed, crossed.pop("disturbance")


def _told_by_definition(rows: pd.DataFrame, row: dict[Hashable, str]) -> pd.Series:
    """Whether a break of definition is in the catalogue: the indicator has a definition from that year on."""
    start = row["from"] if row["to"] == "*" else row["to"]
    if row["kind"] != "definition" or start in ("*", periods.UNKNOWN):
        return pd.Series(False, index=rows.index)
    year = f"{periods.parse(start).year:04d}"
    return rows["indicator"].isin(rows.loc[rows["definition"] == year, "indicator"])


def _crosses(rows: pd.DataFrame, row: dict[Hashable, str]) -> pd.Series:
    """Whether a break lies between the two periods of each row or, a disturbance, in one of them.

    `*` is open for a disturbance and repeats the other end for the rest. A break whose time is `unknown` may
    lie between any two periods.
    """
    ends = [row["from"], row["to"]]
    if periods.UNKNOWN in ends or ends == ["*", "*"]:
        return pd.Series(True, index=rows.index)
    span = {name: rows[name].map(periods.parse) for name in ("period", "previous_period")}
    first = {name: spans.map(lambda s: s.first) for name, spans in span.items()}
    last = {name: spans.map(lambda s: s.last) for name, spans in span.items()}
    if row["kind"] == "disturbance":
        begin = -np.inf if ends[0] == "*" else periods.parse(ends[0]).first
        end = np.inf if ends[1] == "*" else periods.parse(ends[1]).last
        this, previous = ((last[name] >= begin) & (first[name] <= end) for name in span)
        return this | previous
    old, new = (periods.parse(ends[at] if ends[at] != "*" else ends[1 - at]) for at in (0, 1))
    # where both ends are the first period of the new basis, the old one ended the month before
    old_end = min(old.last, new.first - 1)
    return ~((last["period"] <= old_end) | (first["previous_period"] >= new.first))


def _says(key: str, **values: str) -> str:
    """Return the English reason of that name; pages translate it."""
    return word(f"comparison.reason_{key}", "en", **values)


def _missing(key: str, reasons: pd.Series) -> pd.Series:
    """Say for each row which side is missing and why."""
    texts = {why: _says(key, reason=why or _says("no_value")) for why in reasons.unique()}
    return reasons.map(texts).astype("str")


def _joined(notes: list[tuple[pd.Series, str | pd.Series]], index: pd.Index) -> pd.Series:
    """Join the notes that hold for each row by "; "."""
    result = pd.Series("", index=index, dtype="str")
    for mask, text in notes:
        joined = result.mask(result != "", result + "; ") + text
        result = result.mask(mask, joined)
    return result
