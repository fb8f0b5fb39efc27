"""Mergers and splits: a successor takes its predecessors' past; a place that absorbs another is not what it was.

What was split among several has no past that any of them could take: nothing is apportioned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from evaltools import periods
from evaltools.decimals import as_typed
from evaltools.reasons import BOUNDARY_CHANGED, NOT_APPLICABLE, so_many
from evaltools.tables import each_row

Place = tuple[str, str]

_ENDLESS = 9999


@dataclass(frozen=True)
class _Life:
    """The years in which a place exists (`first` to `last`), and those its own row states."""

    first: int
    last: int
    born: int
    ended: int


class Successions:
    """Who became whom.

    places: area, unit, valid_from, valid_to, successor (a unit of the area, or an area), split_into (those it was split
    among, see `hierarchy.split_among`), and first and last, the years in which the place exists.
    """

    def __init__(self, places: pd.DataFrame) -> None:
        self.lives: dict[Place, _Life] = {}
        self.before: dict[Place, list[Place]] = {}
        parts: set[Place] = set()
        for row in each_row(places):
            life = _Life(row.first, row.last, int(row.valid_from or 0), int(row.valid_to or _ENDLESS))
            self.lives[row.area, row.unit] = life
            if row.successor:
                into = (row.area, row.successor) if row.unit else (row.successor, "")
                self.before.setdefault(into, []).append((row.area, row.unit))
            parts.update((row.area, part) if row.unit else (part, "") for part in among(row.split_into))
        self.parts = [part for part in sorted(parts) if part in self.lives and part not in self.before]
        """Places that are a part of what was split, and nothing else besides."""

    def lives_in(self, place: Place, year: int) -> bool:
        """Whether a place exists in a year."""
        return self.lives[place].first <= year <= self.lives[place].last

    def successors(self) -> list[Place]:
        """Return the places that began after some of their predecessors had ended."""
        return [
            place
            for place, olds in self.before.items()
            if place in self.lives and any(self.lives[old].ended < self.lives[place].born for old in olds)
        ]

    def stood_in(self, place: Place, year: int) -> list[Place]:
        """Return who did in a year what a place does today: the predecessors that existed then, or theirs.

        One that no longer existed, and had no predecessor that did, is in the list: its part is missing.
        """
        found: list[Place] = []
        for old in self.before.get(place, []):
            earlier = self.stood_in(old, year)
            if self.lives_in(old, year):
                found += [old, *(other for other in earlier if self.lives_in(other, year))]
            else:
                found += earlier or [old]
        return found

    def pasts(self, targets: list[str]) -> Iterator[tuple[str, Place, list[Place]]]:
        """Yield each period before a successor began, and the places whose numbers are its past then."""
        for place in self.successors():
            born = self.lives[place].born
            # what joined it later is no part of what it was when it began
            later = [old for old in self.before[place] if self.lives[old].ended >= born]
            for period in targets:
                if (year := periods.parse(period).year) < born:
                    yield period, place, [part for part in self.stood_in(place, year) if part not in later]
        for place in self.parts:  # only its own account can say what a part did before
            yield from ((name, place, []) for name in targets if periods.parse(name).year < self.lives[place].born)

    def changes(self) -> set[tuple[str, str, int]]:
        """Return area, unit and the first year after something joined a place that existed already."""
        return {
            (*place, self.lives[old].ended + 1)
            for place, olds in self.before.items()
            for old in olds
            if place in self.lives and self.lives[place].born <= self.lives[old].ended < _ENDLESS
        }


def pasts_of(values: pd.DataFrame, successions: Successions, targets: list[str], summable: set[str]) -> pd.DataFrame:
    """Return what successors take over: the sum of their predecessors, or how many of those reported.

    values and result: period, area, unit, item, value, reason. What cannot be added is taken over from one alone.
    """
    parts = [
        (period, *part, *place, len(stood))
        for period, place, stood in successions.pasts(targets)
        for part in stood
        if successions.lives_in(part, periods.parse(period).year)
    ]
    into = ["period", "into_area", "into_unit", "item"]
    names = ["period", "area", "unit", "into_area", "into_unit", "expected"]
    texts = dict.fromkeys(names[:-1], "str")
    rows = values.merge(pd.DataFrame(parts, columns=names).astype({**texts, "expected": int}), on=names[:3])
    rows = rows[rows["item"].isin(summable) | (rows["expected"] == 1)]
    rows = rows.assign(
        given=rows["value"].notna() | (rows["reason"] == NOT_APPLICABLE), absent=rows["reason"] == NOT_APPLICABLE
    )
    sums = rows.groupby([*into, "expected"], sort=False).agg(
        value=("value", "sum"), given=("given", "sum"), absent=("absent", "sum")
    )
    sums = sums[sums["given"] > 0].reset_index()
    complete = sums["given"] == sums["expected"]
    absent = complete & (sums["absent"] == sums["expected"])
    reason = so_many(sums["given"], sums["expected"], "predecessors reported")
    reason = reason.mask(complete, "sum of " + sums["expected"].astype("str") + " predecessors")
    return pd.DataFrame(
        {
            "period": sums["period"],
            "area": sums["into_area"],
            "unit": sums["into_unit"],
            "item": sums["item"],
            "value": pd.Series(as_typed(sums["value"].to_numpy(dtype=float)), sums.index).where(complete & ~absent),
            "reason": reason.mask(absent, NOT_APPLICABLE),
        }
    )


def among(split_into: str) -> list[str]:
    """Return the places that one was split among."""
    return [part for part in split_into.split(";") if part]


def mark_changes(values: pd.DataFrame, successions: Successions) -> pd.DataFrame:
    """Mark with BOUNDARY_CHANGED the plain values of the year after something joined a place.

    Those of the first year of a part of what was split, too, unless the part tells its own past of that item.
    """
    changes = successions.changes()
    begun = [(*place, successions.lives[place].born) for place in successions.parts]
    if not (changes or begun) or values.empty:
        return values
    year = values["period"].map({period: periods.parse(period).year for period in values["period"].unique()})
    places = [values["area"], values["unit"]]
    here = pd.MultiIndex.from_arrays([*places, year]).isin(list(changes))
    told = values["value"].notna()
    past = pd.MultiIndex.from_arrays([*(c[told] for c in places), year[told] + 1, values.loc[told, "item"]])
    alone = ~pd.MultiIndex.from_arrays([*places, year, values["item"]]).isin(past)
    here |= alone & pd.MultiIndex.from_arrays([*places, year]).isin(begun)
    return values.assign(reason=values["reason"].mask(here & (values["reason"] == ""), BOUNDARY_CHANGED))
