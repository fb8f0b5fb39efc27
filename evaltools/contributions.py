"""Which units changed an area's figure, and which kinds of units set two areas apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.catalogue import valid_in
from evaltools.comparability import breaks_between
from evaltools.datasets import Data
from evaltools.decimals import as_typed
from evaltools.decomposition import (
    NO_VALUE,
    NUMBERS,
    SIDE,
    STRATA,
    Decomposition,
    decomposed,
    faults_of,
    on_sides,
    says,
)
from evaltools.reasons import BOUNDARY_CHANGED, NOT_APPLICABLE
from evaltools.wording import quantity, word

CLOSE = 1e-6
"""Sums of decimals closer than this, or than a billionth of them, are equal (that of `relation_rules`)."""


def unit_contributions(
    data: Data, ind: pd.DataFrame, area: str, indicator: str, period: str, previous_period: str = ""
) -> Decomposition:
    """Split the change of an area's indicator over its top-level units (`kitagawa`); a stratum is a unit's code.

    ind: from `ev.indicators`, with units. previous_period: the same months of an earlier year, by default of the year
    before. Both sides have one definition, the newest that both have.

    The units are those of `period`. What a unit that has been merged since did before stands under the one it went
    into, also where that existed already, so that both sides are alike and no number is counted twice. A unit that
    ended without a successor or began without a predecessor stands on one side only; one that was split bars the
    comparison. In the year in which a unit was
    merged its figures may be in its successor's. A unit to which the indicator does not apply is none of its strata.

    Nothing is computed, and `reason` says why, where a break lies between the periods (`comparability.breaks_between`)
    or something joined the area, a unit's number is missing, the units do not add up to the area's own figures, or the
    indicator is no ratio of two sums over units. Raises ValueError for an indicator that is not in the catalogue, a
    previous period that is not the same months of an earlier year, and a unit with more than one row.
    """
    period = periods.shortest(period)
    previous = periods.shortest(previous_period or periods.shift(period, -1))
    _check_same_months(previous, period)
    rows = ind[(ind["area"] == area) & (ind["indicator"] == indicator)]
    names = ("previous_period", "this_period")
    sides = [rows[rows["period"] == name] for name in (previous, period)]
    entry, sides, faults = _one_definition(data, indicator, sides, names)
    if faults:
        found = _nothing(entry, faults)
    else:
        barred, notes = _between_periods(data, rows, entry, previous, period)
        old, new = (_Units.of(data, side, area, name) for side, name in zip(sides, (previous, period), strict=True))
        barred += old.split_since(new)
        old = old.on_the_units_of(new)
        faults = barred + on_sides(names, *(faults_of(side.figures, "units") for side in (old, new)))
        faults = faults or on_sides(names, old.apart(), new.apart())
        found = decomposed(old.figures, new.figures, float(entry["per"]), names, faults, _of_people(entry))
        found = replace(found, reason="; ".join(filter(None, [found.reason, *notes])))
    return replace(
        found,
        indicator=indicator,
        definition=str(entry["valid_from"]),
        area=area,
        period=period,
        previous_period=previous,
    )


def area_difference(data: Data, ind: pd.DataFrame, area: str, other: str, indicator: str, period: str) -> Decomposition:
    """Split the difference between two areas' indicator over the kinds of their units (`kitagawa`).

    data and ind hold both areas, with units. A stratum is a kind of unit (`units.kind`): each side's top-level units of
    a kind are added up. `value` is that of `area`, `previous_value` that of `other`, and so are the columns of
    `strata`; rate_effect is what units of one kind do better or worse, mix_effect what the areas' shares of the kinds
    do. Both have one definition, the newest that both have in the period.

    Nothing is computed, and `reason` says why, as in `unit_contributions`, and where a unit has no kind. Raises
    ValueError for an area beside itself and for an indicator that is not in the catalogue.
    """
    if area == other:
        raise ValueError(f"an area is not compared with itself: {area}")
    period = periods.shortest(period)
    rows = ind[(ind["indicator"] == indicator) & (ind["period"] == period)]
    names = ("other_area", "this_area")
    sides = [rows[rows["area"] == name] for name in (other, area)]
    entry, sides, faults = _one_definition(data, indicator, sides, names)
    if faults:
        found = _nothing(entry, faults)
    else:
        units = [_Units.of(data, side, place, period) for side, place in zip(sides, (other, area), strict=True)]
        faults = on_sides(names, *(faults_of(side.figures, "units") for side in units))
        faults = faults or on_sides(names, *([*side.without_kind(), *side.apart()] for side in units))
        kinds = [_summed(side.figures, side.about["kind"].reindex(side.figures.index)) for side in units]
        found = decomposed(kinds[0], kinds[1], float(entry["per"]), names, faults, _of_people(entry))
    return replace(
        found,
        indicator=indicator,
        definition=str(entry["valid_from"]),
        area=area,
        period=period,
        previous_period=period,
        other=other,
    )


def _nothing(entry: pd.Series, faults: list[str]) -> Decomposition:
    empty = pd.DataFrame(
        {name: pd.Series(dtype="str" if name in ("stratum", "reason") else "float") for name in STRATA}
    )
    return Decomposition(empty, reason="; ".join(faults), per=float(entry["per"]))


def _of_people(entry: pd.Series) -> bool:
    """Whether a numerator counts some of its denominator; plans may be more than fulfilled."""
    return bool(entry["kind"] == "proportion")


@dataclass(frozen=True)
class _Units:
    """What the units of one area say of one indicator and period.

    about: all units of the area, by code. standing: the top-level units that exist in the period and were not counted
    in by another. figures: those of them to which the indicator applies, by code (`SIDE`). told: what units that do
    not exist in it told of their past. own: the row of the area itself.
    """

    about: pd.DataFrame
    standing: pd.Index
    figures: pd.DataFrame
    told: pd.DataFrame
    own: pd.Series

    @classmethod
    def of(cls, data: Data, rows: pd.DataFrame, area: str, period: str) -> _Units:
        year = periods.parse(period).year
        about = data.units[data.units["area"] == area].set_index("unit")
        given = rows[rows["unit"] != ""].set_index("unit")[SIDE]
        living = about[valid_in(about, year) & (about["parent"] == "")]
        figures = given.reindex(living.index if len(given) else [])
        figures["reason"] = figures["reason"].fillna(word("comparison.reason_no_row", "en")).astype("str")
        # in its last year a unit without figures was counted in by the one it went into
        joined = living.index[(living["valid_to"] == str(year)) & living["successor"].isin(living.index)]
        lacks = figures[NUMBERS].isna().any(axis=1)
        figures = figures[~(lacks & figures.index.isin(joined))]
        standing = figures.index
        figures = figures[figures["reason"] != NOT_APPLICABLE]
        figures = figures.assign(reason=figures["reason"].where(lacks, ""))
        return cls(about, standing, figures, given[~given.index.isin(living.index)], rows[rows["unit"] == ""].iloc[0])

    def apart(self) -> list[str]:
        """Say where the units do not add up to the area's own figures."""
        found = []
        for side in NUMBERS:
            total = float(self.figures[side].sum())
            if np.isnan(self.own[side]):
                why = str(self.own["reason"]).split("; ")[0] or NO_VALUE
                found.append(says("own_missing", reason=why))
            elif not np.isclose(total, self.own[side], rtol=CLOSE / 1000, atol=CLOSE):
                values = {"total": quantity(total, "en"), "own": quantity(self.own[side], "en")}
                found.append(says(f"apart_{side}", **values))
        return list(dict.fromkeys(found))

    def without_kind(self) -> list[str]:
        """Say how many units cannot be put with others of their kind."""
        kind = self.about["kind"].reindex(self.figures.index)
        without = int((kind == "").sum())
        return [says("without_kind", n=str(without), total=str(len(kind)))] if without else []

    def split_since(self, later: _Units) -> list[str]:
        """Say which units were split into parts that stand in a later period: what each did has no other side."""
        parts = self.about["split_into"].reindex(self.figures.index)
        lost = [str(unit) for unit, among in parts.items() if unit not in later.standing and among]
        return [says("split", units=", ".join(lost))] if lost else []

    def on_the_units_of(self, later: _Units) -> _Units:
        """Return the figures by the units of a later period: those merged since under the one they went into."""
        into = pd.Series({unit: _stands_in(str(unit), later) for unit in self.figures.index}, dtype="str")
        if (into.index == into).all():
            return self
        figures = _summed(self.figures, into)
        about = self.about
        for unit, members in into.groupby(into):
            old = list(members.index)
            if old == [unit]:
                continue
            key = "absorbed" if unit in old else "predecessors"
            ended_before = (about["valid_to"].reindex(old) < about.loc[unit, "valid_from"]).all()
            if figures.loc[unit, NUMBERS].isna().any() and unit in self.told.index and ended_before:
                figures.loc[unit, NUMBERS] = self.told.loc[unit, NUMBERS]
            if figures.loc[unit, NUMBERS].notna().all():
                figures.loc[unit, "reason"] = says(key, n=str(len(old) - (unit in old)))
        return replace(self, figures=figures)


def _stands_in(unit: str, later: _Units) -> str:
    """Return the unit that does in a later period what one did before; the unit itself if none does."""
    successor, parent = later.about["successor"], later.about["parent"]
    at, seen = unit, {""}
    while at not in later.standing and at not in seen:
        seen.add(at)
        at = successor.get(at, "")
        while parent.get(at, ""):
            at = parent[at]
    return at if at in later.standing else unit


def _summed(figures: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Add up figures by group; NaN with the reasons where one of them is missing."""
    result = pd.DataFrame({name: figures[name].groupby(groups).sum(skipna=False) for name in NUMBERS})
    for name in NUMBERS:
        result[name] = as_typed(result[name].to_numpy(dtype=float))
    reason = figures["reason"].groupby(groups).agg(lambda texts: "; ".join(dict.fromkeys(filter(None, texts))))
    return result.assign(reason=reason.astype("str"))


def _one_definition(
    data: Data, indicator: str, sides: list[pd.DataFrame], names: tuple[str, str]
) -> tuple[pd.Series, list[pd.DataFrame], list[str]]:
    """Return the catalogue's row of the newest definition that both sides have, their rows of it, and what is wrong."""
    entries = data.catalogue[data.catalogue["indicator"] == indicator].set_index("valid_from", drop=False)
    if entries.empty:
        raise ValueError(f"no such indicator in the catalogue: {indicator!r}")
    for side in sides:
        if side.duplicated(["unit", "definition"]).any():
            raise ValueError(f"more than one row for a unit, period and definition of {indicator}")
    known = [set(side.loc[side["unit"] == "", "definition"]) for side in sides]
    shared = sorted(set.intersection(*known) & set(entries.index))
    entry = entries.loc[shared[-1] if shared else entries.index.max()]
    faults = []
    if not shared and all(known):
        faults = [word("comparison.reason_definition_changed", "en")]
    elif not shared:
        no_row = word("comparison.reason_no_row", "en")
        faults = on_sides(names, *([] if texts else [no_row] for texts in known))
    elif not entry["denominator"]:
        faults = [says("no_ratio_of_sums")]
    return entry, [side[side["definition"] == entry["valid_from"]] for side in sides], faults


def _between_periods(
    data: Data, rows: pd.DataFrame, entry: pd.Series, previous: str, period: str
) -> tuple[list[str], list[str]]:
    """Return what bars the comparison of two periods of an area, and what only is to be known."""
    definitions = data.catalogue.loc[data.catalogue["indicator"] == entry["indicator"], "valid_from"]
    pairs = pd.DataFrame({"definition": definitions}).assign(
        period=period, previous_period=previous, area=rows["area"].iloc[0], indicator=entry["indicator"]
    )
    at = int(np.flatnonzero(pairs["definition"] == entry["valid_from"])[0])
    crossed = {kind: bool(flags[at]) for kind, flags in breaks_between(pairs, data.breaks).items()}
    own = rows[(rows["unit"] == "") & (rows["definition"] == entry["valid_from"]) & (rows["period"] != periods.UNKNOWN)]
    since = own["period"].map(lambda name: _last(previous) < _last(name) <= _last(period)).astype(bool)
    crossed["boundary"] |= bool(own.loc[since, "reason"].str.contains(BOUNDARY_CHANGED, regex=False).any())
    barred = [word(f"comparison.reason_{kind}_break", "en") for kind in ("definition", "boundary") if crossed[kind]]
    return barred, [word("comparison.reason_disturbance", "en")] if crossed["disturbance"] else []


def _last(period: str) -> int:
    return periods.parse(period).last


def _check_same_months(previous: str, period: str) -> None:
    this, before = periods.parse(period), periods.parse(previous)
    apart = this.first - before.first
    if this.length != before.length or apart % 12 or apart <= 0:
        raise ValueError(f"{previous} is not the same months as {period} of an earlier year")
