"""Completeness of what was sent: units that fell silent, and single items that are missing (WHO DQR, 2017)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.aggregation import active, places_of
from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Flags, Whole
from evaltools.findings import Findings, Indicators, limit

_PEERS = 3


def silent_units(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find units that exist in a year in which their county reported by unit, and sent nothing.

    A row without a value is nothing. What the parts of a unit sent, it sent. In the year in which a unit was merged
    into another its figures may be in that one's.
    """
    found = Findings(data)
    tree = places_of(data)
    units = tree[tree["unit"] != ""]
    known = pd.MultiIndex.from_frame(units[["area", "unit"]])
    at = pd.MultiIndex.from_frame(counted.places).get_indexer(known)
    sent = (
        np.where(at[:, None] >= 0, _sent(counted)[at], False) if len(counted.places) else np.zeros((len(at), 0), bool)
    )
    into = known.get_indexer(pd.MultiIndex.from_frame(units[["into_area", "into_unit"]]))
    for depth in sorted(units["level"].unique(), reverse=True):
        parts = np.flatnonzero((units["level"] == depth).to_numpy() & (into >= 0))
        np.logical_or.at(sent, into[parts], sent[parts])
    codes, areas = pd.factorize(units["area"])
    asked = np.zeros((len(areas), len(counted.periods)), dtype=bool)
    of_area = pd.Index(areas).get_indexer(counted.places["area"])
    inside = counted.is_unit[counted.place] & (of_area[counted.place] >= 0)
    asked[of_area[counted.place[inside]], counted.period[inside]] = True
    top = (units["into_unit"] == "").to_numpy()
    goes_on = ((units["successor"] != "") | (units["split_into"] != "")).to_numpy()
    for column, period in enumerate(counted.periods):
        if period == periods.UNKNOWN:
            continue
        merged = (units["last"].to_numpy() == counted.years[column]) & goes_on
        living = top & active(units, period).to_numpy() & asked[codes, column]
        expected = living & (sent[:, column] | ~merged)
        due, there = (np.bincount(codes, rows, len(areas)) for rows in (expected, expected & sent[:, column]))
        for row in np.flatnonzero(expected & ~sent[:, column]):
            area, unit = map(str, known[int(row)])
            found.find(
                "silent_unit",
                "warning",
                (period, area, unit),
                ("item", ""),
                f"facts/{area}.csv",
                evidence=f"{there[codes[row]]:.0f}/{due[codes[row]]:.0f}",
                likely="",
            )
    return found.frame()


def _sent(counted: Counted) -> Flags:
    """Return the matrix of places that sent any figure, or said of any item that it does not apply."""
    sent = np.zeros((len(counted.places), len(counted.periods)), dtype=bool)
    given = ~np.isnan(counted.value) | counted.absent
    sent[counted.place[given], counted.period[given]] = True
    return sent


def missing_items(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find items that a place left out although its like report them; one finding a place and period.

    Its like are the units of the area of the same kind, or the areas of the same parent. An item is due if at least the
    share `quality_expected_share` of three or more others reported it; where a place has no like, if it stands there
    blank. An area reports what any of its units reports. Places that sent nothing are `silent_unit`;
    what a place tells of the years before it began is an account of others' past, and owes nothing.
    """
    found = Findings(data)
    share = limit(data, "expected_share")
    group = _peers(data, counted)
    sent = _sent(counted)
    area_of = _own_area(counted)
    away: list[tuple[Whole, Whole, Whole]] = []
    living = _living(data, counted)
    size = int(group.max(initial=-1)) + 1
    for code, item in enumerate(counted.items):
        rows, given = counted.rows(item), counted.given(item)
        of_units = given & counted.is_unit[:, None] & (area_of >= 0)[:, None]
        reported = given.copy()
        np.logical_or.at(reported, np.maximum(area_of, 0), of_units)
        due = np.zeros(given.shape, dtype=bool)
        blank = (rows >= 0) & ~given
        for column in range(len(counted.periods)):
            here = sent[:, column] & (group >= 0) & living[:, column]
            others = np.bincount(group[here], minlength=size) - 1
            gave = np.bincount(group[here & reported[:, column]], minlength=size)
            usual = (others >= _PEERS) & (gave >= share * others)
            due[:, column] = here & (usual[group] | (blank[:, column] & (others == 0)[group]))
        at = np.nonzero(due & ~reported & sent & (counted.years >= 0))
        away.append((at[0], at[1], np.full(len(at[0]), code)))
    if not away:
        return found.frame()
    places, columns, items = (np.concatenate(parts) for parts in zip(*away, strict=True))
    order = np.lexsort((items, places, columns))
    key = columns[order] * max(len(counted.places), 1) + places[order]
    for part in np.split(order, np.flatnonzero(np.diff(key)) + 1) if len(order) else []:
        names = [counted.items[at] for at in items[part]]
        row = counted.key(int(places[part[0]]), int(columns[part[0]]))
        found.find(
            "missing_items",
            "warning",
            row,
            ("item", names[0]),
            counted.where(*row, names) or f"facts/{row[1]}.csv",
            topic="quality_figures",
            evidence=str(len(names)),
            likely="",
            items=found.listing("item", names),
        )
    return found.frame()


def _living(data: Data, counted: Counted) -> Flags:
    """Return the matrix of places and periods: whether the place is registered as existing then."""
    tree = places_of(data)
    at = pd.MultiIndex.from_frame(tree[["area", "unit"]]).get_indexer(pd.MultiIndex.from_frame(counted.places))
    if not len(tree):
        return np.ones((len(counted.places), len(counted.periods)), dtype=bool)
    first, last = (np.where(at >= 0, tree[name].to_numpy()[at], end) for name, end in (("first", 0), ("last", 9999)))
    return np.asarray((first[:, None] <= counted.years) & (counted.years <= last[:, None]))


def _own_area(counted: Counted) -> Whole:
    """Return for every place the row of its area itself in `counted.places`, -1 if that has no fact."""
    own = counted.places.assign(unit="")
    return np.asarray(pd.MultiIndex.from_frame(counted.places).get_indexer(pd.MultiIndex.from_frame(own)), np.int64)


def _peers(data: Data, counted: Counted) -> Whole:
    """Return for every place the number of its group: units of one area and kind, areas of one parent and kind."""
    units = data.units.assign(group="u " + data.units["area"] + " " + data.units["kind"] + " " + data.units["parent"])
    areas = data.areas.assign(unit="", group="a " + data.areas["parent"] + " " + data.areas["kind"])
    listed = pd.concat([units[["area", "unit", "group"]], areas[["area", "unit", "group"]]])
    at = pd.MultiIndex.from_frame(listed[["area", "unit"]]).get_indexer(pd.MultiIndex.from_frame(counted.places))
    codes = pd.factorize(listed["group"])[0]
    return np.where(at >= 0, codes[at], -1).astype(np.int64)
