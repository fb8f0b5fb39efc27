"""From facts to the value of every item, for every area and unit, in the periods asked for.

The rules, in order: a place's own fact wins; else the sum of its parts, if all that are active reported; else its
own shorter periods, if all of them are there; else missing, with the reason. A successor takes its predecessors' past.
A fact of a year in which its place did not exist takes no part, unless it is a successor's own account of its past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.catalogue import valid_in
from evaltools.datasets import Data
from evaltools.decimals import as_typed
from evaltools.reasons import NOT_APPLICABLE, NOT_REPORTED, Reasons, so_many
from evaltools.succession import Successions, mark_changes, pasts_of
from evaltools.tables import each_row

PLACE = ["area", "unit"]
KEY = ["period", "area", "unit", "item"]
_SUCCESSION = ("valid_from", "valid_to", "successor", "split_into")


@dataclass(frozen=True)
class ItemValues:
    """The value and the reason of every item in every row (period, area, unit).

    value: item -> array over the rows, NaN where there is none. reason: item -> array of codes of `reasons`, 0
    beside a plain value. Items that nobody reported are not in the dictionaries. living: whether the place existed
    in the period; the other rows are a successor's past.
    """

    index: pd.MultiIndex
    value: dict[str, NDArray[np.float64]]
    reason: dict[str, NDArray[np.int32]]
    reasons: Reasons
    living: NDArray[np.bool_]

    @classmethod
    def of(cls, values: pd.DataFrame, index: pd.MultiIndex, living: NDArray[np.bool_] | None = None) -> ItemValues:
        """Spread a long frame (period, area, unit, item, value, reason) over the rows of `index`."""
        reasons = Reasons()
        missing = reasons.code(NOT_REPORTED)
        rows = index.get_indexer(pd.MultiIndex.from_frame(values[["period", *PLACE]]))
        columns, items = pd.factorize(values["item"])
        value = np.full((len(items), len(index)), np.nan)
        reason = np.full((len(items), len(index)), missing, dtype=np.int32)
        inside = rows >= 0
        value[columns[inside], rows[inside]] = values["value"].to_numpy(dtype=float)[inside]
        reason[columns[inside], rows[inside]] = reasons.codes(values["reason"])[inside]
        names = [str(item) for item in items]
        living = np.ones(len(index), dtype=bool) if living is None else living
        return cls(index, dict(zip(names, value, strict=True)), dict(zip(names, reason, strict=True)), reasons, living)


def trusted(facts: pd.DataFrame, origins: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a key: that of the first origin, in order of trust, that gives a value or says not applicable.

    Origins that are not in `origins` come after those that are, in the order of their names.
    """
    rank = facts["origin"].map({name: at for at, name in enumerate(origins)}).fillna(len(origins))
    blank = facts["value"].isna() & (facts["state"] != "not_applicable")
    order = facts.assign(_blank=blank, _rank=rank).sort_values(["_blank", "_rank", "origin"], kind="stable")
    return order.drop_duplicates(KEY).drop(columns=["_blank", "_rank"]).sort_index()


def named(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the facts with each period under its shortest name: `2024-H1`, not `2024-01/2024-06`."""
    names = {period: periods.shortest(period) for period in facts["period"].unique()}
    return facts.assign(period=facts["period"].map(names).astype("str"))


def item_values(data: Data, every: str) -> ItemValues:
    """Return the value of every item in every period of one frequency.

    every: `year`, `half`, `quarter`, `month`, or a period such as `2024-01/2024-09` for the same months of each
    year. Facts of period `unknown` take no part.
    """
    known = named(data.facts[data.facts["period"] != periods.UNKNOWN])
    known = _with_reason(trusted(known, data.meta.origins))
    targets = _targets(known, every)
    over_units = data.items.set_index("item")["over_units"]
    places = places_of(data)
    successions = Successions(places)
    wanted = known[known["period"].isin(targets)][[*KEY, "value", "reason"]]
    shorter = _from_shorter(known, targets, data.items.set_index("item")["over_time"])
    summable = set(over_units.index[over_units == "sum"])
    for level in sorted(places["level"].unique(), reverse=True):
        # what a place has from its parts was filled in at the level below; its own months come after that
        wanted = _fill(wanted, shorter.merge(places.loc[places["level"] == level, PLACE], on=PLACE))
        if level > 0:
            parts = places[places["level"] == level]
            wanted = _fill(wanted, _sum_of_parts(wanted[wanted["item"].isin(summable)], parts, targets))
    wanted = _fill(wanted, pasts_of(wanted, successions, targets, summable))
    return _spread(mark_changes(wanted, successions), places, successions, targets)


def successions(data: Data) -> Successions:
    """Return which areas and units became which, and when each exists."""
    return Successions(places_of(data))


def _with_reason(facts: pd.DataFrame) -> pd.DataFrame:
    """Give every row a reason: "" for a value."""
    reason = pd.Series("", index=facts.index, dtype="str").mask(facts["value"].isna(), NOT_REPORTED)
    return facts.assign(reason=reason.mask(facts["state"] == "not_applicable", NOT_APPLICABLE))


def _targets(facts: pd.DataFrame, every: str) -> list[str]:
    """Return the periods of the frequency for which there is a fact, or shorter facts that fill one."""
    present = set(facts["period"].unique())
    if not present:
        return []
    spans = [periods.parse(period) for period in present]
    whole = periods.Span(min(span.first for span in spans), max(span.last for span in spans))
    months = {span.first for span in spans if span.length == 1}
    covered = {length: {span.first for span in spans if span.length == length} for length in (1, 3, 6)}
    result = []
    for period in periods.of_frequency(every, whole):
        name = periods.name(periods.parse(period))
        span = periods.parse(period)
        filled = any(
            all(start in starts for start in range(span.first, span.last + 1, length))
            for length, starts in covered.items()
            if length < span.length and span.length % length == 0
        )
        if name in present or filled or (span.length == 1 and span.first in months):
            result.append(name)
    return result


def _from_shorter(facts: pd.DataFrame, targets: list[str], over_time: pd.Series) -> pd.DataFrame:
    """Return the targets that a place's own shorter periods give; months before quarters before half-years.

    All shorter periods must be there: "9 of 12 months reported" otherwise.
    """
    spans = {period: periods.parse(period) for period in facts["period"].unique()}
    outcomes = []
    for length, word in ((1, "months"), (3, "quarters"), (6, "half-years")):
        parts = [
            (period, target, part.first, span.length // length)
            for target in targets
            for span in [periods.parse(target)]
            if span.length > length and span.length % length == 0
            for period, part in spans.items()
            if part.length == length and span.first <= part.first <= span.last
            if (part.first - span.first) % length == 0
        ]
        into = pd.DataFrame(parts, columns=["period", "target", "at", "needed"])
        rows = facts.merge(into.astype({"period": "str", "target": "str", "at": int, "needed": int}), on="period")
        rows = rows[rows["reason"] != NOT_REPORTED]
        if rows.empty:
            continue
        rows = rows.assign(absent=rows["reason"] == NOT_APPLICABLE).sort_values("at", kind="stable")
        result = (
            rows.groupby(["target", *PLACE, "item", "needed"], sort=False)
            .agg(
                total=("value", "sum"),
                numbers=("value", "count"),
                last=("value", "last"),
                given=("value", "size"),
                absent=("absent", "sum"),
            )
            .reset_index()
        )
        rule = result["item"].map(over_time)
        total = pd.Series(as_typed(result["total"].to_numpy(dtype=float)), result.index)
        mean = total / result["numbers"].where(result["numbers"] > 0)
        value = total.where(rule == "sum", result["last"].where(rule == "last", mean))
        complete = (result["given"] == result["needed"]) & (rule != "none")
        partly = so_many(result["given"], result["needed"], f"{word} reported")
        reason = partly.mask(complete, "").mask(rule == "none", f"cannot be computed from {word}")
        all_absent = complete & (result["absent"] == result["needed"])
        outcomes.append(
            result.assign(
                period=result["target"],
                value=value.where(complete & ~all_absent),
                reason=reason.mask(all_absent, NOT_APPLICABLE),
                complete=complete,
            )
        )
    if not outcomes:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in [*KEY, "reason"]}).assign(value=np.nan)
    every = pd.concat(outcomes).sort_values("complete", ascending=False, kind="stable")
    return every.drop_duplicates(KEY)[[*KEY, "value", "reason"]]


def places_of(data: Data) -> pd.DataFrame:
    """Return every area and unit with the place it adds up into and its depth (0 for a root).

    Columns: area, unit, into_area, into_unit, level, valid_from, valid_to, successor (a unit or an area), split_into
    (`hierarchy.split_among`), and first and last, the years in which it exists: a unit only while its area does.
    """
    areas = data.areas
    if data.area is not None:
        inside = _below(data.area, areas)
        areas = areas[areas["area"].isin(inside)]
    own = pd.DataFrame(
        {
            "area": areas["area"],
            "unit": "",
            "into_area": areas["parent"].where(areas["parent"].isin(areas["area"]), ""),
            "into_unit": "",
            **{name: areas[name] for name in _SUCCESSION},
        }
    )
    units = data.units[data.units["area"].isin(areas["area"])]
    parts = pd.DataFrame(
        {
            "area": units["area"],
            "unit": units["unit"],
            "into_area": units["area"],
            "into_unit": units["parent"],
            **{name: units[name] for name in _SUCCESSION},
        }
    )
    places = pd.concat([own, parts], ignore_index=True)
    parent = {(row.area, row.unit): (row.into_area, row.into_unit) for row in each_row(places) if row.into_area}

    def depth(place: tuple[str, str]) -> int:
        steps = 0
        while place in parent:
            place, steps = parent[place], steps + 1
        return steps

    levels = [depth((row.area, row.unit)) for row in each_row(places)]
    first = places["valid_from"].where(places["valid_from"] != "", "0").astype(int)
    last = places["valid_to"].where(places["valid_to"] != "", "9999").astype(int)
    is_area = places["unit"] == ""
    of_area = pd.DataFrame({"first": first[is_area], "last": last[is_area]}).set_index(places.loc[is_area, "area"])
    return places.assign(
        level=levels,
        first=np.maximum(first, places["area"].map(of_area["first"])),
        last=np.minimum(last, places["area"].map(of_area["last"])),
    )


def _living(places: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return the places that exist in the year in which a period ends."""
    year = periods.parse(period).year
    return places[(places["first"] <= year) & (year <= places["last"])].assign(period=period)


def _below(area: str, areas: pd.DataFrame) -> set[str]:
    inside = {area}
    while True:
        more = set(areas[areas["parent"].isin(inside) | areas["successor"].isin(inside)]["area"])
        if more <= inside:
            return inside
        inside |= more


def active(places: pd.DataFrame, period: str) -> pd.Series:
    """Return which areas, or which units of one area, exist in the year in which a period ends."""
    return valid_in(places, periods.parse(period).year)


def _fill(known: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Add what `more` has to say about places and items that `known` has not settled.

    A value or "not applicable" in `known` stays, then one in `more`; then the reason in `known` that says how much
    is there, then one in `more`; a bare "not reported" last.
    """
    if more.empty:
        return known
    stacked = pd.concat([known, more], ignore_index=True)
    later = np.arange(len(stacked)) >= len(known)
    settled = stacked["value"].notna() | (stacked["reason"] == NOT_APPLICABLE)
    bare = stacked["reason"] == NOT_REPORTED
    order = np.select([settled & ~later, settled, bare, ~later], [0, 1, 4, 2], 3)
    return stacked.iloc[np.argsort(order, kind="stable")].drop_duplicates(KEY)


def _sum_of_parts(values: pd.DataFrame, parts: pd.DataFrame, targets: list[str]) -> pd.DataFrame:
    """Return what the active parts of each place add up to, or how many of them reported."""
    into = ["into_area", "into_unit"]
    living = pd.concat([_living(parts, period) for period in targets] or [parts.iloc[:0].assign(period="")])
    living = living[["period", *PLACE, *into]]
    expected = living.groupby(["period", *into]).size().rename("expected").reset_index()
    rows = values.merge(living, on=["period", *PLACE])
    rows["given"] = rows["reason"].isin(["", NOT_APPLICABLE])
    rows["absent"] = rows["reason"] == NOT_APPLICABLE
    sums = (
        rows.groupby(["period", *into, "item"], sort=False)
        .agg(value=("value", "sum"), given=("given", "sum"), absent=("absent", "sum"))
        .reset_index()
        .merge(expected, on=["period", *into])
    )
    sums = sums[sums["given"] > 0]
    complete = sums["given"] == sums["expected"]
    of_areas = sums["into_unit"].eq("") & ~sums["into_area"].isin(parts.loc[parts["unit"] != "", "area"])
    partly = so_many(sums["given"], sums["expected"], "units reported")
    partly = partly.where(~of_areas, so_many(sums["given"], sums["expected"], "areas reported"))
    absent = complete & (sums["absent"] == sums["expected"])
    return pd.DataFrame(
        {
            "period": sums["period"],
            "area": sums["into_area"],
            "unit": sums["into_unit"],
            "item": sums["item"],
            "value": pd.Series(as_typed(sums["value"].to_numpy(dtype=float)), sums.index).where(complete & ~absent),
            "reason": partly.mask(complete, "").mask(absent, NOT_APPLICABLE),
        }
    )


def _spread(values: pd.DataFrame, places: pd.DataFrame, successions: Successions, targets: list[str]) -> ItemValues:
    """Spread the values over items; every place active in a period has a row, reported or not.

    A successor has one for its past too, where there is anything to say of it.
    """
    grid = pd.concat([_living(places, period) for period in targets] or [places.iloc[:0].assign(period="")])
    pasts = [(period, *place) for period, place, _ in successions.pasts(targets)]
    told = values.loc[values["reason"] != NOT_REPORTED, ["period", *PLACE]].drop_duplicates()
    past = told[pd.MultiIndex.from_frame(told).isin(pasts)] if pasts else told.iloc[:0]
    rows = pd.concat([grid[["period", *PLACE]].assign(living=True), past.assign(living=False)])
    rows = rows.astype(dict.fromkeys(["period", *PLACE], "str")).sort_values(["period", *PLACE])
    index = pd.MultiIndex.from_frame(rows[["period", *PLACE]])
    return ItemValues.of(values, index, rows["living"].to_numpy(dtype=bool))
