"""From facts to the value of every item, for every area and unit, in the periods asked for.

The rules, in order: a place's own fact wins; else the sum of its parts, if all that are active reported; else its
own shorter periods, if all of them are there; else missing, with the reason. A successor takes its predecessors' past.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.catalogue import valid_in
from evaltools.datasets import Data
from evaltools.tables import each_row

PLACE = ["area", "unit"]
KEY = ["period", "area", "unit", "item"]

NOT_REPORTED = "not reported"
NOT_APPLICABLE = "not applicable"
BOUNDARY_CHANGED = "boundary changed"
QUALIFYING = r"sum of \d+ predecessors|boundary changed"
"""Pattern of the reasons that stand beside a value and qualify it."""


_RANK_VALUE, _RANK_REMARK, _RANK_MISSING, _RANK_ABSENT = range(4)


class Reasons:
    """The reasons of a calculation as small whole numbers: 0 is none. Arrays of them are compared, not texts."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._codes = {"": 0}

    def code(self, text: str) -> int:
        """Return the number of a reason, a new one if it is new."""
        if text not in self._codes:
            self._codes[text] = len(self.texts)
            self.texts.append(text)
        return self._codes[text]

    def codes(self, texts: pd.Series) -> NDArray[np.int32]:
        """Return the number of each text."""
        places, distinct = pd.factorize(texts)
        return np.array([self.code(str(text)) for text in distinct], dtype=np.int32)[places]

    def joined(self, text: str, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the codes of `text` with each reason after it, as in "above 100%; sum of 2 predecessors"."""
        known = {code: self.code(f"{text}; {self.texts[code]}" if code else text) for code in np.unique(codes)}
        return np.array([known[code] for code in codes], dtype=np.int32)

    def weightier(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return of two reasons the one that decides: not applicable, then missing, then a remark; first of equals."""
        rank = np.array([self._rank(text) for text in self.texts])
        return np.where(rank[second] > rank[first], second, first)

    @staticmethod
    def _rank(text: str) -> int:
        if not text:
            return _RANK_VALUE
        if re.fullmatch(QUALIFYING, text):
            return _RANK_REMARK
        return _RANK_ABSENT if text == NOT_APPLICABLE else _RANK_MISSING


@dataclass(frozen=True)
class ItemValues:
    """The value and the reason of every item in every row (period, area, unit).

    value: item -> array over the rows, NaN where there is none. reason: item -> array of codes of `reasons`, 0
    beside a plain value. Items that nobody reported are not in the dictionaries.
    """

    index: pd.MultiIndex
    value: dict[str, NDArray[np.float64]]
    reason: dict[str, NDArray[np.int32]]
    reasons: Reasons

    @classmethod
    def of(cls, values: pd.DataFrame, index: pd.MultiIndex) -> ItemValues:
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
        return cls(index, dict(zip(names, value, strict=True)), dict(zip(names, reason, strict=True)), reasons)


def so_many(some: pd.Series, total: pd.Series, noun: str) -> pd.Series:
    """Return texts such as "11 of 12 units reported"."""
    pairs = zip(some, total, strict=True)
    return pd.Series([f"{a:.0f} of {b:.0f} {noun}" for a, b in pairs], index=some.index, dtype="str")


def trusted(facts: pd.DataFrame, origins: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a key: that of the first origin, in order of trust, that gives a value or says not applicable."""
    rank = facts["origin"].map({name: at for at, name in enumerate(origins)}).fillna(len(origins))
    blank = facts["value"].isna() & (facts["state"] != "not_applicable")
    order = facts.assign(_rank=rank + 1000.0 * blank).sort_values("_rank", kind="stable")
    return order.drop_duplicates(KEY).drop(columns="_rank").sort_index()


def item_values(data: Data, every: str) -> ItemValues:
    """Return the value of every item in every period of one frequency.

    every: `year`, `half`, `quarter`, `month`, or a period such as `2024-01/2024-09` for the same months of each
    year. Facts of period `unknown` take no part.
    """
    known = trusted(data.facts, data.meta.origins)
    known = known[known["period"] != periods.UNKNOWN]
    known = _normalised(known)
    targets = _targets(known, every)
    over_units = data.items.set_index("item")["over_units"]
    over_time = data.items.set_index("item")["over_time"]
    places = _places(data)
    wanted = known[known["period"].isin(targets)][[*KEY, "value", "reason"]]
    shorter = _from_shorter(known, targets, over_time)
    summable = set(over_units.index[over_units == "sum"])
    for level in sorted(places["level"].unique(), reverse=True):
        # what a place has from its parts was filled in at the level below; its own months come after that
        wanted = _fill(wanted, shorter.merge(places.loc[places["level"] == level, PLACE], on=PLACE))
        if level > 0:
            parts = places[places["level"] == level]
            wanted = _fill(wanted, _sum_of_parts(wanted[wanted["item"].isin(summable)], parts, targets))
    wanted = _with_predecessors(wanted, places, summable)
    return _spread(wanted, places, targets)


def _normalised(facts: pd.DataFrame) -> pd.DataFrame:
    """Give every period its shortest name and every row a reason: "" for a value."""
    names = {period: periods.name(periods.parse(period)) for period in facts["period"].unique()}
    reason = np.where(
        facts["state"] == "not_applicable",
        NOT_APPLICABLE,
        np.where(facts["value"].isna(), NOT_REPORTED, ""),
    )
    named = facts.assign(period=facts["period"].map(names).astype("str"), reason=reason)
    return named.drop_duplicates(KEY)


def _targets(facts: pd.DataFrame, every: str) -> list[str]:
    """Return the periods of the frequency for which there is a fact, or shorter facts that fill one."""
    present = set(facts["period"])
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
    lengths = {period: periods.parse(period) for period in facts["period"].unique()}
    outcomes = []
    for length, word in ((1, "months"), (3, "quarters"), (6, "half-years")):
        parts = {
            period: target
            for target in targets
            for span in [periods.parse(target)]
            if span.length > length and span.length % length == 0
            for period, part in lengths.items()
            if part.length == length
            and span.first <= part.first <= span.last
            and (part.first - span.first) % length == 0
        }
        rows = facts[facts["period"].isin(parts)]
        if rows.empty:
            continue
        rows = rows.assign(
            target=rows["period"].map(parts),
            at=rows["period"].map({period: span.first for period, span in lengths.items()}),
            given=rows["reason"].isin(["", NOT_APPLICABLE]),
            absent=rows["reason"] == NOT_APPLICABLE,
        ).sort_values("at", kind="stable")
        groups = rows.groupby(["target", *PLACE, "item"], sort=False)
        result = groups.agg(
            total=("value", "sum"),
            mean=("value", "mean"),
            last=("value", "last"),
            reported=("given", "sum"),
            absent=("absent", "sum"),
        ).reset_index()
        needed = result["target"].map({t: periods.parse(t).length // length for t in targets})
        rule = result["item"].map(over_time)
        value = result["total"].where(rule == "sum", result["last"].where(rule == "last", result["mean"]))
        complete = (result["reported"] == needed) & (rule != "none")
        partly = so_many(result["reported"], needed, f"{word} reported")
        reason = partly.mask(complete, "").mask(rule == "none", f"cannot be computed from {word}")
        all_absent = complete & (result["absent"] == needed)
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


def _places(data: Data) -> pd.DataFrame:
    """Return every area and unit with the place it adds up into and its depth (0 for a root).

    Columns: area, unit, into_area, into_unit, level, valid_from, valid_to, successor (a unit or an area).
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
            **{name: areas[name] for name in ("valid_from", "valid_to", "successor")},
        }
    )
    units = data.units[data.units["area"].isin(areas["area"])]
    parts = pd.DataFrame(
        {
            "area": units["area"],
            "unit": units["unit"],
            "into_area": units["area"],
            "into_unit": units["parent"],
            **{name: units[name] for name in ("valid_from", "valid_to", "successor")},
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
    return places.assign(level=levels)


def _below(area: str, areas: pd.DataFrame) -> set[str]:
    inside = {area}
    while True:
        more = set(areas[areas["parent"].isin(inside) | areas["successor"].isin(inside)]["area"])
        if more <= inside:
            return inside
        inside |= more


def active(places: pd.DataFrame, period: str) -> pd.Series:
    """Return which places exist in the year in which a period ends."""
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
    living = pd.concat(
        [parts.loc[active(parts, period), [*PLACE, *into]].assign(period=period) for period in targets]
        or [parts.iloc[:0].assign(period="")]
    )
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
            "value": sums["value"].where(complete & ~absent),
            "reason": partly.mask(complete, "").mask(absent, NOT_APPLICABLE),
        }
    )


def _with_predecessors(values: pd.DataFrame, places: pd.DataFrame, summable: set[str]) -> pd.DataFrame:
    """Give a successor the sum of its predecessors in the periods before it existed.

    A place that existed before and absorbed another keeps its own past; its first period after is marked
    BOUNDARY_CHANGED, since the two are not comparable.
    """
    before = places[places["successor"] != ""]
    if before.empty or values.empty:
        return values
    order = before.assign(_last=before["valid_to"]).sort_values("_last")
    births = {(row.area, row.unit): str(row.valid_from) for row in each_row(places)}
    year_of = {period: periods.parse(period).year for period in values["period"].unique()}
    for (area, unit), rows in _by_successor(order):
        born = births.get((area, unit), "")
        year = values["period"].map(year_of)
        old = values.merge(rows[PLACE], on=PLACE)
        old = old[old["item"].isin(summable)]
        if born and all(row.valid_to and int(row.valid_to) < int(born) for row in each_row(rows)):
            past = old[old["period"].map(year_of) < int(born)]
            sums = past.groupby(["period", "item"], sort=False).agg(
                value=("value", "sum"),
                given=("reason", lambda reasons: int((~reasons.isin([NOT_REPORTED])).sum())),
                plain=("value", "count"),
            )
            sums = sums.reset_index()
            complete = (sums["given"] == len(rows)) & (sums["plain"] > 0)
            sums = sums.assign(
                area=area,
                unit=unit,
                value=sums["value"].where(complete),
                reason=np.where(
                    complete,
                    f"sum of {len(rows)} predecessors",
                    sums["plain"].astype(str) + f" of {len(rows)} predecessors reported",
                ),
            )
            values = _fill(values, sums[[*KEY, "value", "reason"]])
        else:
            ends = {int(row.valid_to) + 1 for row in each_row(rows) if row.valid_to}
            changed = (values["area"] == area) & (values["unit"] == unit) & year.isin(ends)
            values = values.assign(reason=values["reason"].mask(changed & (values["reason"] == ""), BOUNDARY_CHANGED))
    return values


def _by_successor(before: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Group predecessors by what they became: a unit of the same area, or another area."""
    target_area = before["area"].where(before["unit"] != "", before["successor"])
    target_unit = before["successor"].where(before["unit"] != "", "")
    groups = before.groupby([target_area, target_unit], sort=False)
    return [((str(key[0]), str(key[1])), rows) for key, rows in groups]


def _spread(values: pd.DataFrame, places: pd.DataFrame, targets: list[str]) -> ItemValues:
    """Spread the values over items; every place active in a period has a row, reported or not."""
    grid = pd.concat(
        [places.loc[active(places, period), PLACE].assign(period=period) for period in targets]
        or [places.iloc[:0][PLACE].assign(period="")]
    )
    past = values.loc[values["reason"].str.endswith("predecessors"), ["period", *PLACE]].drop_duplicates()
    rows = pd.concat([grid, past])[["period", *PLACE]].drop_duplicates()
    return ItemValues.of(values, pd.MultiIndex.from_frame(rows.astype("str")).sort_values())
