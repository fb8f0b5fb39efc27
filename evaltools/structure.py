"""Checks of places and times: codes, lifetimes, missing years, dates that cannot be."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from evaltools import aggregation, periods
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Findings, Indicators
from evaltools.tables import each_row

_TOPIC = "quality_figures"


def outside_lifetime(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find numbers of a year in which their place did not exist: no figure has them in it.

    A successor may give an account of its past.
    """
    found = Findings(data)
    tree = aggregation.places_of(data)
    known = pd.MultiIndex.from_frame(tree[["area", "unit"]])
    at = known.get_indexer(pd.MultiIndex.from_frame(counted.places))
    if not len(counted.value) or not len(tree):
        return found.frame()
    first, last = (tree[name].to_numpy()[at][:, None] for name in ("first", "last"))
    size = len(counted.places) * len(counted.periods)
    given = ~np.isnan(counted.value)
    key = counted.place * len(counted.periods) + counted.period
    items = np.bincount(key[given], minlength=size).reshape(len(counted.places), len(counted.periods))
    years = counted.years[None, :]
    outside = (items > 0) & (at >= 0)[:, None] & (years >= 0) & ((years < first) | (years > last))
    if not outside.any():
        return found.frame()
    successions = aggregation.successions(data)
    targets = [name for name, year in zip(counted.periods, counted.years, strict=True) if year >= 0]
    own_past = {(period, *place) for period, place, _ in successions.pasts(targets)}
    for place, column in sorted(zip(*np.nonzero(outside), strict=True), key=lambda cell: (cell[1], cell[0])):
        row = counted.key(int(place), int(column))
        if row in own_past:
            continue
        begin, end = int(first[place, 0]), int(last[place, 0])
        cell = int(np.flatnonzero(given & (key == place * len(counted.periods) + column))[0])
        found.find(
            "outside_lifetime",
            "warning",
            row,
            ("item", ""),
            str(counted.facts["source"].iat[cell]),
            topic="quality",
            evidence=str(items[place, column]),
            life=f"{begin or '…'}–{end if end < 9999 else '…'}",
            likely="",
        )
    return found.frame()


def missing_years(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find areas with yearly figures before and after a year without any: not sent, or a year mistyped (2042)."""
    found = Findings(data)
    if len(counted.yearly) < 2:
        return found.frame()
    codes, areas = pd.factorize(counted.places["area"].to_numpy(), sort=True)
    years = counted.years[counted.yearly]
    span = np.arange(years.min(), years.max() + 1)
    there = np.zeros((len(areas), len(span)), dtype=bool)
    used = np.isin(counted.period, counted.yearly) & ~np.isnan(counted.value)
    there[codes[counted.place[used]], counted.years[counted.period[used]] - span[0]] = True
    begun = np.logical_or.accumulate(there, axis=1) & np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    gaps = begun & ~there
    for at in np.flatnonzero(gaps.any(axis=1)):
        own, away = span[there[at]], span[gaps[at]]
        found.find(
            "missing_years",
            "warning",
            (f"{away[0]:04d}", str(areas[at]), ""),
            ("item", ""),
            f"facts/{areas[at]}.csv",
            topic=_TOPIC,
            evidence=", ".join(map(str, away)),
            likely="",
            years=", ".join(map(str, own)),
        )
    return found.frame()


def prefixes(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Note numeric area codes that do not begin as their parent's does (110105 under 110100); one note a parent.

    Codes of a parent end in zeros (GB/T 2260). Development zones have odd codes, so this is for information only.
    """
    found = Findings(data)
    areas = data.areas[data.areas["parent"] != ""]
    numeric = areas["area"].str.fullmatch(r"\d{6,}") & areas["parent"].str.fullmatch(r"\d{6,}")
    rows = areas[numeric & (areas["area"].str.len() == areas["parent"].str.len())]
    starts = [len(p.rstrip("0")) + len(p.rstrip("0")) % 2 for p in rows["parent"]]
    odd = [c[:n] != p[:n] for c, p, n in zip(rows["area"], rows["parent"], starts, strict=True)]
    for parent, part in rows[pd.Series(odd, rows.index, dtype=bool)].groupby("parent"):
        codes = [str(code) for code in part["area"]]
        found.find(
            "code_prefix",
            "note",
            ("", codes[0], ""),
            ("item", ""),
            "areas.csv",
            topic=_TOPIC,
            evidence=f"{codes[0]} / {parent}",
            likely="",
            codes=", ".join(codes[:5]) + ("…" if len(codes) > 5 else ""),
            parent=str(parent),
        )
    return found.frame()


def adjusted_early(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find adjustments dated before the period that they correct had ended."""
    found = Findings(data)
    rows = data.adjustments[(data.adjustments["date"] != "") & (data.adjustments["period"] != periods.UNKNOWN)]
    ends = {period: periods.parse(period).last for period in rows["period"].unique()}
    dated = rows["date"].str[:4].astype(int) * 12 + rows["date"].str[5:7].astype(int) - 1
    for row in each_row(rows[dated < rows["period"].map(ends).astype(int)]):
        found.find(
            "adjusted_early",
            "warning",
            (row.period, row.area, row.unit),
            ("item", row.item),
            f"adjustments.csv row {row.Index}",
            topic=_TOPIC,
            evidence=row.date,
            likely="",
        )
    return found.frame()


def future_periods(data: Data, counted: Counted, today: date) -> pd.DataFrame:
    """Find periods that have not begun yet on a day; one finding an area."""
    found = Findings(data)
    now = today.year * 12 + today.month - 1
    begun = [name == periods.UNKNOWN or periods.parse(name).first <= now for name in counted.periods]
    ahead = ~np.array(begun, dtype=bool)[counted.period] & ~np.isnan(counted.value)
    rows = counted.facts[ahead].drop_duplicates(["period", "area"])
    for row in each_row(rows):
        found.find(
            "future_period",
            "error",
            (row.period, row.area, ""),
            ("item", ""),
            row.source,
            topic=_TOPIC,
            evidence=row.period,
            likely="",
            today=today.isoformat(),
        )
    return found.frame()
