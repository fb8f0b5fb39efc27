"""What may be compared over time: one definition, one boundary, and which periods something disturbed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods

Flags = NDArray[np.bool_]


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


def breaks_between(
    rows: pd.DataFrame, breaks: pd.DataFrame | None, catalogue: pd.DataFrame | None = None
) -> dict[str, Flags]:
    """Return for each kind of break which rows it concerns: `definition`, `boundary`, `disturbance`.

    rows: period, previous_period, area, indicator, definition; breaks: the dataset's table. A break of definition or
    boundary concerns a row if it lies between the two periods: its `from` is the last period of the old basis and its
    `to` the first of the new one, or both are the first of the new one. A break of definition that the catalogue tells
    too, by a definition from that year on, is left out: each definition is compared with itself (without `catalogue`,
    by the definitions among the rows). A disturbance lasts from `from` to `to`, both included, and concerns a row if
    one of the two periods lies in it.
    """
    concerned = {kind: np.zeros(len(rows), dtype=bool) for kind in ("definition", "boundary", "disturbance")}
    known = rows[["indicator", "definition"]]
    if catalogue is not None:
        known = catalogue[["indicator", "valid_from"]].set_axis(["indicator", "definition"], axis=1)
    for row in [] if breaks is None else breaks.to_dict("records"):
        here = np.ones(len(rows), dtype=bool)
        for name in ("indicator", "area"):
            if row[name] != "*":
                here &= (rows[name] == row[name]).to_numpy()
        if here.any():
            here[here] = _crosses(rows[here], row) & ~_told_by_definition(rows[here], row, known)
        concerned[row["kind"]] |= here
    return concerned


def disturbed(rows: pd.DataFrame, breaks: pd.DataFrame | None) -> Flags:
    """Return which rows (period, area, indicator, definition) lie in a time that something disturbed."""
    return breaks_between(rows.assign(previous_period=rows["period"]), breaks)["disturbance"]


def _told_by_definition(rows: pd.DataFrame, row: dict[Hashable, str], every: pd.DataFrame) -> Flags:
    """Whether a break of definition is in the catalogue: the indicator has a definition from that year on."""
    start = row["from"] if row["to"] == "*" else row["to"]
    if row["kind"] != "definition" or start in ("*", periods.UNKNOWN):
        return np.zeros(len(rows), dtype=bool)
    year = f"{periods.parse(start).year:04d}"
    told = every.loc[every["definition"] == year, "indicator"].unique()
    return rows["indicator"].isin(told).to_numpy()


def _crosses(rows: pd.DataFrame, row: dict[Hashable, str]) -> Flags:
    """Whether a break lies between the two periods of each row or, a disturbance, in one of them.

    `*` is open for a disturbance and repeats the other end for the rest. A break whose time is `unknown` may
    lie between any two periods.
    """
    ends = [row["from"], row["to"]]
    if periods.UNKNOWN in ends or ends == ["*", "*"]:
        return np.ones(len(rows), dtype=bool)
    first, last = {}, {}
    for name in ("period", "previous_period"):
        codes, distinct = pd.factorize(rows[name])
        spans = [periods.parse(period) for period in distinct]
        first[name] = np.array([span.first for span in spans])[codes]
        last[name] = np.array([span.last for span in spans])[codes]
    if row["kind"] == "disturbance":
        begin = -np.inf if ends[0] == "*" else periods.parse(ends[0]).first
        end = np.inf if ends[1] == "*" else periods.parse(ends[1]).last
        return np.logical_or(*((last[name] >= begin) & (first[name] <= end) for name in first))
    old, new = (periods.parse(ends[at] if ends[at] != "*" else ends[1 - at]) for at in (0, 1))
    # where both ends are the first period of the new basis, the old one ended the month before
    old_end = min(old.last, new.first - 1)
    return np.asarray(~((last["period"] <= old_end) | (first["previous_period"] >= new.first)), dtype=bool)
