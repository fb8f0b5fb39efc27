"""The engine of `rank_uncertainty`: points of all lines in every draw, added up to totals line by line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.decision_matrix import tied_places
from evaltools.line_inputs import earlier_keys
from evaltools.line_values import Indicators
from evaltools.rule_arrays import line_points, rounded
from evaltools.rules import RULES
from evaltools.sampling_draws import Flags, Floats, Sampler
from evaltools.standards import BONUS, Line, Standard

_CELLS = 2**18
"""Numbers of an array that is worked on at a time: as many as a processor holds close by."""

Name = tuple[str, str, bool]
"""An indicator, its definition if a line states one, and whether it is that of the year before."""


class Plan:
    """What does not change from draw to draw: samplers, official points, targets, gates and who belongs to whom."""

    def __init__(
        self,
        ind: pd.DataFrame,
        scored: pd.DataFrame,
        standard: Standard,
        catalogue: pd.DataFrame,
        areas: tuple[str, ...],
        period: str,
        weights: pd.DataFrame | None,
    ) -> None:
        self.standard, self.areas = standard, areas
        scored = scored.assign(at=scored["area"].map({area: at for at, area in enumerate(areas)}))
        scored = scored.sort_values("at", kind="stable")
        pairs = scored[["area", "unit"]].drop_duplicates()
        self.keys = [(period, *pair) for pair in pairs.itertuples(index=False, name=None)]
        self.with_units = scored["at"].drop_duplicates().to_numpy(dtype=int)
        self.starts = np.flatnonzero(~pairs["area"].duplicated().to_numpy())
        self.share = _unit_weights(pairs, standard, period, weights)
        number = pairs.reset_index(drop=True).reset_index().set_index(["area", "unit"])["index"]
        place = number.loc[pd.MultiIndex.from_frame(scored[["area", "unit"]])].to_numpy()
        self.rows: dict[str, dict[str, Floats]] = {}
        for name, at in scored.groupby("line", sort=False).indices.items():
            self.rows[str(name)] = {}
            for column in ("value", "target", "points"):
                self.rows[str(name)][column] = np.full(len(self.keys), np.nan)
                self.rows[str(name)][column][place[at]] = scored[column].to_numpy(dtype=float)[at]
        self.gates = {gate for _, line in standard.lines for gate in line.gate}
        self._samplers(ind, catalogue)

    def _samplers(self, ind: pd.DataFrame, catalogue: pd.DataFrame) -> None:
        """Make a sampler of each indicator that is scored, and of its value of the year before where a rule asks."""
        table = Indicators(ind, self.standard.objects)
        at = {key: number for number, key in enumerate(table.keys)}
        past = earlier_keys(table.keys)
        here = np.array([at.get(key, -1) for key in self.keys], dtype=int)
        before = np.array([at.get(past.get(key, ("", "", "")), -1) for key in self.keys], dtype=int)
        known = catalogue.assign(valid_from=catalogue["valid_from"].fillna(""))
        known = known.drop_duplicates(["indicator", "valid_from"], keep="last").set_index(["indicator", "valid_from"])
        self.samplers: dict[Name, Sampler] = {}
        for _, line in self.standard.lines:
            rule = RULES[line.rule]
            if not line.indicator or rule.of == "units_meeting":
                continue
            positions = np.append(table.positions(line), -1)
            for earlier, keys in ((False, here), *(((True, before),) if "prior" in rule.inputs else ())):
                name = (line.indicator, line.definition, earlier)
                if name not in self.samplers:
                    self.samplers[name] = _sampler(table, positions[keys], line, known)

    def totals(self, random: np.random.Generator, simulations: int) -> Floats:
        """Return drawn totals, simulations × areas; some simulations at a time, and never all lines at once."""
        found = np.empty((simulations, len(self.areas)))
        chunk = max(1, _CELLS // max(1, len(self.keys)))
        for start in range(0, simulations if self.areas else 0, chunk):
            end = min(start + chunk, simulations)
            found[start:end] = self._totals(random, end - start)
        return found

    def _totals(self, random: np.random.Generator, simulations: int) -> Floats:
        standard, shape = self.standard, (simulations, len(self.areas))
        gained, counted = np.zeros(shape), np.zeros(shape)
        extra = {section.id: np.zeros(shape) for section in standard.extras}
        drawn: dict[Name, Floats] = {}
        shut: dict[str, Flags] = {}
        for section, line in self.standard.gates_first:
            points = self._points(line, drawn, random, simulations)
            for gate in line.gate:
                points = np.where(shut[gate], 0.0, points)
            if line.id in self.gates:
                shut[line.id] = points == 0
            if self.standard.objects == "unit":
                points = self._rolled_up(line, points)
            none = np.isnan(points)
            some_none = none.any()
            if section.id in extra:
                extra[section.id] += np.where(none, 0.0, points)
                continue
            gained += np.where(none, 0.0, points) if some_none else points
            counted += ~none * float(line.points) if some_none else float(line.points)
        total = with_extras(scaled(gained, counted, standard), extra, standard)
        return rounded(total, standard.rounding.digits, standard.rounding.mode)

    def _varies(self, line: Line) -> Flags | np.bool_:
        """Return for each key whether the points of a line vary from draw to draw, gates apart."""
        name, rule = (line.indicator, line.definition), RULES[line.rule]
        own, prior = self.samplers.get((*name, False)), self.samplers.get((*name, True))
        if own is None:
            return np.False_
        among_others = rule.of == "percentile" or "mean" in rule.inputs
        varies = own.drawn | (among_others & own.drawn.any())
        # another line may ask for the year before of the same indicator
        return varies if prior is None or "prior" not in rule.inputs else varies | prior.drawn

    def _kept(self, line: Line) -> Floats:
        """Return the points of a line that are not drawn, those behind a gate as if it were open."""
        own, rule, rounding = self.rows[line.id], RULES[line.rule], self.standard.rounding
        if not line.gate or rule.inputs or rule.of == "percentile":
            return own["points"]
        shut = np.any([self.rows[gate]["points"] == 0 for gate in line.gate], axis=0)
        opened = line_points(line, self._as_scored(line, own["value"]), own["target"])
        if rounding.of == "line":
            opened = rounded(opened, rounding.digits, rounding.mode)
        return np.where(shut & ~np.isnan(opened), opened, own["points"])

    def _as_scored(self, line: Line, values: Floats) -> Floats:
        """Return values of a line's indicator, this year's or those of the year before, as its rule takes them."""
        rounding = self.standard.rounding
        if rounding.value_digits is None or not line.indicator or RULES[line.rule].of == "percentile":
            return values
        return rounded(values, rounding.value_digits, rounding.mode)

    def _points(self, line: Line, drawn: dict[Name, Floats], random: np.random.Generator, simulations: int) -> Floats:
        """Return the points of a line, simulations × keys, or one row that holds for every draw."""
        own, rule = self.rows[line.id], RULES[line.rule]
        name = (line.indicator, line.definition, False)
        prior = (line.indicator, line.definition, True)
        kept, varies = self._kept(line), self._varies(line)
        if not varies.any():
            return kept
        for needed in (name, prior):
            if needed in self.samplers and needed not in drawn:
                drawn[needed] = self.samplers[needed].draw(random, simulations)
        values = _positions(drawn[name], line) if rule.of == "percentile" else self._as_scored(line, drawn[name])
        inputs: dict[str, Floats] = {}
        if "prior" in rule.inputs:
            inputs["prior"] = self._as_scored(line, drawn[prior])
        if "mean" in rule.inputs:
            # of the values as they are, also where each is rounded before its rule is applied
            inputs["mean"] = self._means(line, drawn[name], own["target"])
        points = np.asarray(line_points(line, values, own["target"], **inputs), dtype=float)
        if varies.all() and not np.isnan(points).any():
            return points
        return np.where(varies & ~np.isnan(points) & ~np.isnan(own["value"]), points, kept)

    def _means(self, line: Line, values: Floats, target: Floats) -> Floats:
        """Return the mean of the region for each area: the official one, moved as that of the areas drawn moves."""
        sampler = self.samplers[line.indicator, line.definition, False]
        known = ~np.isnan(sampler.value)
        weight = known.astype(float)
        if line.arguments["mean"] == "pooled":
            weight = np.where(known, sampler.denominator, 0.0)
            weight[np.isnan(weight)] = 0.0
        moved = np.where(known, values - sampler.value, 0.0) * weight
        total, below = moved.sum(axis=1, keepdims=True), weight.sum()
        if line.arguments["own"] == "without":
            total, below = total - moved, below - weight
        shift = np.divide(total, below, out=np.zeros(values.shape), where=np.broadcast_to(below, values.shape) > 0)
        return np.asarray(target * 100 / float(line.arguments["share"]) + shift, dtype=float)

    def _rolled_up(self, line: Line, points: Floats) -> Floats:
        """Return the mean points of each area's units, weighted; NaN where none counts.

        Rounded, if lines are, where no unit of the area has points that are drawn.
        """
        points = np.atleast_2d(points)
        counted = ~np.isnan(points) * self.share
        above = np.add.reduceat(np.where(np.isnan(points), 0.0, points) * counted, self.starts, axis=1)
        below = np.add.reduceat(counted, self.starts, axis=1)
        found: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        rounding = self.standard.rounding
        if rounding.of == "line":
            varies = np.broadcast_to(self._varies(line), len(self.keys))
            settled = ~np.logical_or.reduceat(varies, self.starts)
            found[:, settled] = rounded(found[:, settled], rounding.digits, rounding.mode)
        of_areas = np.full((len(found), len(self.areas)), np.nan)
        of_areas[:, self.with_units] = found
        return of_areas

    def told(self) -> pd.DataFrame:
        """Return of each line how many areas or units have points that vary from draw to draw, and how many not."""
        varying, counts = [], []
        for _, line in self.standard.lines:
            sampler = self.samplers.get((line.indicator, line.definition, False))
            scored = ~np.isnan(self.rows[line.id]["points"]) if line.id in self.rows else np.zeros(0, dtype=bool)
            counts.append(int(scored.sum()))
            varying.append(int((sampler.drawn & scored).sum()) if sampler is not None and len(scored) else 0)
        drawn = np.array(varying)
        return lines_told(self.standard, drawn, np.array(counts) - drawn)


def lines_told(standard: Standard, drawn: NDArray[np.int_], kept: NDArray[np.int_]) -> pd.DataFrame:
    """Return one row a line: section, line, and how many objects have points that vary and that do not."""
    ids = [(section.id, line.id) for section, line in standard.lines]
    return pd.DataFrame(ids, columns=["section", "line"]).assign(drawn=drawn, kept=kept)


def scaled(gained: Floats, counted: Floats, standard: Standard) -> Floats:
    """Return points gained ÷ full points counted × the total; NaN where nothing counts."""
    share = np.divide(gained, counted, out=np.full(gained.shape, np.nan), where=counted > 0)
    return np.asarray(share * float(standard.total), dtype=float)


def with_extras(total: Floats, extra: Mapping[str, Floats], standard: Standard) -> Floats:
    """Return unrounded totals with bonus and penalties, kept within their bounds; extra: their points by section."""
    for section in standard.extras:
        most = float(section.points)
        total = total + np.clip(extra[section.id], -most, most)
        if section.id == BONUS and not (standard.bonus and standard.bonus.above_total):
            total = np.minimum(total, float(standard.total))
        total = np.maximum(total, 0.0)
    return total


def _unit_weights(pairs: pd.DataFrame, standard: Standard, period: str, weights: pd.DataFrame | None) -> Floats:
    """Return the weight of each unit in its area; 0 where it is not known."""
    if standard.roll_up is None or standard.roll_up.by == "equal" or weights is None:
        return np.ones(len(pairs))
    own = weights[weights["period"] == period]
    merged = pairs.merge(own[["area", "unit", "weight"]], on=["area", "unit"], how="left")
    return merged["weight"].fillna(0).to_numpy(dtype=float)


def _sampler(table: Indicators, positions: NDArray[np.intp], line: Line, known: pd.DataFrame) -> Sampler:
    """Return what draws the values of a line's indicator from the rows at some positions (-1: none)."""
    given = positions >= 0

    def column(name: str) -> Floats:
        numbers = table.rows[name].to_numpy(dtype=float)
        return np.where(given, np.append(numbers, np.nan)[positions], np.nan)

    definitions = np.append(table.definition, "")[positions]
    kinds, pers = {}, {}
    for definition in dict.fromkeys(definitions):
        row = known.loc[(line.indicator, definition)] if (line.indicator, definition) in known.index else None
        kinds[definition] = "" if row is None else str(row["kind"])
        pers[definition] = 1.0 if row is None else float(row["per"])
    kind = np.array([kinds[definition] for definition in definitions], dtype=object)
    per = np.array([pers[definition] for definition in definitions])
    return Sampler(column("value"), column("numerator"), column("denominator"), kind, per)


def _positions(values: Floats, line: Line) -> Floats:
    """Return the position of each drawn value among those of its draw: 0 the worst, 100 the best, two decimals."""
    known = ~np.isnan(values).any(axis=0)
    places = np.full(values.shape, np.nan)
    n = int(known.sum())
    if n > 1:
        first, last = tied_places(values[:, known].T)
        share = 100 * ((first + last) / 2 / (n - 1)).T
        # half up as `Region.position`, however the standard rounds
        places[:, known] = rounded(100 - share if line.direction == "down" else share, 2, "half_up")
    return places
