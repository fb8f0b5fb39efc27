"""What an indicator frame publishes: the cells (period, area, unit, item) behind it, and the relations between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods
from evaltools.catalogue import OF_UNITS
from evaltools.grid import parameter_values
from evaltools.hidden_cells import Relation
from evaltools.tables import each_row
from evaltools.unit_measures import base_of

PLACE = ["period", "area", "unit"]
CELL = [*PLACE, "item"]
SIDES = ("numerator", "denominator")

_CLOSE = 1e-6


@dataclass(frozen=True)
class Context:
    """The tables that say what the figures of a frame are made of. areas and units may be empty."""

    catalogue: pd.DataFrame
    items: pd.DataFrame
    checks: pd.DataFrame
    parameters: pd.DataFrame
    areas: pd.DataFrame
    units: pd.DataFrame


@dataclass(frozen=True)
class Published:
    """The cells behind a frame, one row each, and how its figures are made of them.

    cells: `CELL`, value, protected, sensitive. parts: row and side of the frame, cell, weight; a figure is the sum of
    weight × cell. pairs: for each proportion with one cell on either side, row, inner and outer cell.
    """

    cells: pd.DataFrame
    parts: pd.DataFrame
    pairs: pd.DataFrame


def protected_items(items: pd.DataFrame) -> dict[str, bool]:
    """Return the items that are about people or sensitive, and whether they are sensitive."""
    about = items[(items["people"] == "yes") | (items["sensitive"] == "yes")]
    return dict(zip(about["item"], about["sensitive"] == "yes", strict=True))


def published(ind: pd.DataFrame, context: Context) -> Published:
    """Return the cells behind an indicator frame; `ind` has a plain index from 0.

    A sum of which not every part is published on its own is a cell of its own, named by its formula. A formula that
    is not known is one about people.
    """
    rows = {(row.indicator, row.valid_from): row for row in each_row(context.catalogue)}
    bases = {row.indicator: row for row in each_row(context.catalogue)}
    places = _Places(ind[PLACE], context.parameters)
    groups = ind.groupby(["indicator", "definition"], sort=False).indices
    figures = [ind[name].to_numpy(dtype=float) for name in SIDES]
    for key, at in groups.items():
        indicator, definition = map(str, cast("tuple[str, str]", key))
        row = rows.get((indicator, definition))
        for side, text in enumerate(_texts(row, bases, indicator)):
            known = at[~np.isnan(figures[side][at])]
            if text and len(known):
                own = row is not None and row.kind not in OF_UNITS
                places.add(known, side, text, own, figures[side][known])
    frame = _whole_sums(places.frame())
    frame["cell"], keys = pd.factorize(frame["place"] * len(places.names) + frame["name"], sort=True)
    single = frame[frame["terms"] == 1].drop_duplicates("cell").set_index("cell")
    value = (single["figure"] / single["weight"]).reindex(range(len(keys)))
    place, name = np.divmod(np.asarray(keys, dtype=np.int64), max(len(places.names), 1))
    about, known_items = protected_items(context.items), set(context.items["item"])
    named = [_items_of(text) for text in places.names]
    is_protected = [any(item in about or item not in known_items for item in items) for items in named]
    is_sensitive = [any(about.get(item, False) for item in items) for items in named]
    spots = pd.DataFrame(places.spots, columns=PLACE).iloc[place].reset_index(drop=True)
    cells = spots.assign(
        item=pd.Series(np.array(places.names, dtype=object)[name], dtype="str"),
        value=value,
        protected=np.array(is_protected, dtype=bool)[name],
        sensitive=np.array(is_sensitive, dtype=bool)[name],
    ).astype(dict.fromkeys(CELL, "str"))
    # numbered in the order of their names, so that the order of rows decides nothing
    order = cells.sort_values(CELL, kind="stable").index.to_numpy()
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    cells = cells.iloc[order].reset_index(drop=True)
    frame["cell"] = number[frame["cell"].to_numpy(dtype=np.int64)]
    return Published(cells, frame[["row", "side", "cell", "weight"]], _pairs(ind, frame, rows, bases))


class _Places:
    """Gathers the terms that figures are made of: numbers for places (period, area, unit) and for names of items."""

    def __init__(self, places: pd.DataFrame, parameters: pd.DataFrame) -> None:
        index = pd.MultiIndex.from_frame(places)
        self.codes, distinct = pd.factorize(index)
        self.spots: list[tuple[str, str, str]] = list(distinct)
        self.index = pd.MultiIndex.from_tuples(self.spots, names=PLACE) if self.spots else index
        self.parameters = parameters
        self.numbers = {spot: at for at, spot in enumerate(self.spots)}
        self.names: list[str] = []
        self._known: dict[str, int] = {}
        self._worst: dict[int, int] = {}
        self._earlier: NDArray[np.intp] | None = None
        self._factors: dict[str, NDArray[np.float64]] = {}
        self._parts: list[dict[str, Any]] = []

    def name(self, text: str) -> int:
        """Return the number of an item or a formula."""
        if text not in self._known:
            self._known[text] = len(self.names)
            self.names.append(text)
        return self._known[text]

    def spot(self, period: str, area: str, unit: str) -> int:
        """Return the number of a place, a new one if it is new."""
        found = self.numbers.setdefault((period, area, unit), len(self.spots))
        if found == len(self.spots):
            self.spots.append((period, area, unit))
        return found

    def earlier(self) -> NDArray[np.intp]:
        """Return of each place of the frame the same a year before."""
        if self._earlier is None:
            shifted = {spot[0]: _year_before(spot[0]) for spot in self.spots}
            own = self.spots[: len(self.index)]
            self._earlier = np.array([self.spot(shifted[p], area, unit) for p, area, unit in own], dtype=np.intp)
        return self._earlier

    def factor(self, name: str) -> NDArray[np.float64]:
        """Return a parameter's value at each place of the frame."""
        if name not in self._factors:
            self._factors[name] = parameter_values(name, self.index, self.parameters)
        return self._factors[name]

    def add(self, at: NDArray[np.intp], side: int, text: str, own: bool, figure: NDArray[np.float64]) -> None:
        """Take in one side of the rows `at` of the frame."""
        here = self.codes[at]
        common = {"row": at, "side": side, "figure": figure, "whole": self.name(text), "home": here}
        if not own:
            if "." not in text:
                # the worst of the units is some unit's figure, not the area's
                here = np.array([self.spot(p, area, unit + "*") for p, area, unit in map(self.spots.__getitem__, here)])
            self._parts.append({**common, "place": here, "name": self.name(text), "terms": 1, "weight": 1.0})
            return
        terms = formulas.parse(text)
        for term in terms:
            weight = np.full(len(at), term.coefficient)
            for name in term.parameters:
                weight = weight * self.factor(name)[here]
            place = self.earlier()[here] if term.prior else here
            part = {**common, "place": place, "name": self.name(term.item), "terms": len(terms), "weight": weight}
            self._parts.append(part)

    def frame(self) -> pd.DataFrame:
        """Return row, side, figure, whole, home, place, name, terms and weight of every term."""
        columns = ("row", "side", "figure", "whole", "home", "place", "name", "terms", "weight")
        kinds = {name: float if name in ("figure", "weight") else np.int64 for name in columns}
        data = {
            name: np.concatenate([np.broadcast_to(part[name], len(part["row"])) for part in self._parts])
            if self._parts
            else np.array([])
            for name in columns
        }
        frame = pd.DataFrame({name: data[name].astype(kinds[name]) for name in columns})
        return frame[frame["weight"].notna() & (frame["weight"] != 0)].reset_index(drop=True)


def _year_before(period: str) -> str:
    return "" if period == periods.UNKNOWN else periods.shortest(periods.shift(period, -1))


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame({"row": [], "inner": [], "outer": []}).astype(int)


def _texts(row: Any, bases: dict[str, Any], indicator: str) -> tuple[str, str]:
    """Return the formulas of both sides; what only units are counted in has no item of its own."""
    if row is None:
        return f"{indicator}.numerator", f"{indicator}.denominator"
    if row.kind == "units_meeting":
        return "", ""
    if row.kind == "worst_unit":
        base = bases.get(base_of(row))
        return (base.numerator, base.denominator) if base is not None else ("", "")
    return row.numerator, row.denominator


def _items_of(text: str) -> list[str]:
    try:
        return sorted(formulas.items(formulas.parse(text)))
    except formulas.FormulaError:
        return [text]


def _whole_sums(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the terms of a sum by one cell of its own where not all of them are published on their own."""
    several = (frame["terms"] > 1).to_numpy()
    if not several.any():
        return frame
    most = int(frame["name"].max()) + 1
    cell, figure = frame["place"] * most + frame["name"], frame["row"] * 2 + frame["side"]
    alone = several & ~cell.isin(cell[~several]).to_numpy()
    inside = several & figure.isin(figure[alone]).to_numpy()
    sums = frame[inside].drop_duplicates(["row", "side"])
    sums = sums.assign(name=sums["whole"], place=sums["home"], terms=1, weight=1.0)
    return pd.concat([frame[~inside], sums], ignore_index=True)


def _pairs(ind: pd.DataFrame, frame: pd.DataFrame, rows: dict[Any, Any], bases: dict[str, Any]) -> pd.DataFrame:
    """Return the cells of numerator and denominator of proportions: a part of people and all of them."""
    kinds = {}
    for key, row in rows.items():
        kind = row.kind
        if kind == "worst_unit" and (base := bases.get(base_of(row))) is not None:
            kind = base.kind
        kinds[key] = kind
    keys = pd.MultiIndex.from_frame(ind[["indicator", "definition"]])
    codes, distinct = pd.factorize(keys)
    # what is not known may be a proportion
    proportion = np.array([kinds.get(key, "proportion") == "proportion" for key in distinct], dtype=bool)[codes]
    single = frame[(frame["terms"] == 1) & (frame["weight"] == 1)]
    sides = [single[single["side"] == side].set_index("row")["cell"] for side in (0, 1)]
    both = pd.concat(sides, axis=1, keys=["inner", "outer"]).dropna().astype(int).reset_index()
    kept: pd.DataFrame = both[proportion[both["row"].to_numpy(dtype=int)]]
    return kept


# --- what everybody knows to hold ---------------------------------------------------------------------------------


def relations(cells: pd.DataFrame, pairs: pd.DataFrame, context: Context) -> list[Relation]:
    """Return the relations between cells that hold and that a reader knows.

    Units and areas that add up, months that make a year, the checks of the catalogue, and parts of people that are no
    more than all of them. A relation that the figures do not bear out tells nobody anything.
    """
    found = [*_parts_and_wholes(cells, context), *_spans(cells, context), *_checks(cells, context)]
    value = cells["value"].to_numpy(dtype=float)
    for inner, outer in sorted(set(zip(pairs["inner"].tolist(), pairs["outer"].tolist(), strict=True))):
        if inner != outer and value[inner] <= value[outer]:
            found.append(Relation((inner, outer), (1.0, -1.0), -np.inf, 0.0))
    guarded = cells["protected"].to_numpy(dtype=bool)
    return [relation for relation in dict.fromkeys(found) if any(guarded[cell] for cell in relation.cells)]


def within(cells: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the pairs of cells of which a check of level error says that one counts some of the other's people."""
    found = []
    for row in each_row(context.checks):
        relation = formulas.parse_relation(row.expression)
        left, right = relation.left, relation.right
        plain = all(len(side) == 1 and side[0].coefficient == 1 and not side[0].parameters for side in (left, right))
        if row.level != "error" or not plain or relation.comparison not in ("<=", ">="):
            continue
        inner, outer = (left[0], right[0]) if relation.comparison == "<=" else (right[0], left[0])
        if not (inner.prior or outer.prior):
            found.append((inner.item, outer.item))
    numbers = cells.reset_index(names="cell")[[*CELL, "cell"]]
    named = pd.DataFrame(found, columns=["item", "of"]).astype("str")
    inside = numbers.merge(named, on="item")
    both = inside.merge(numbers.rename(columns={"item": "of", "cell": "outer"}), on=[*PLACE, "of"])
    return pd.DataFrame({"inner": both["cell"], "outer": both["outer"]}).astype(int)


def _rules(names: Iterable[str], items: pd.DataFrame, column: str) -> dict[str, str]:
    """Return how cells add up: as their item does, a formula as all its items do, what is not known by sums."""
    stated = dict(zip(items["item"], items[column], strict=True))
    found = {}
    for name in names:
        kinds = {stated.get(item, "sum") for item in _items_of(name)}
        found[name] = kinds.pop() if len(kinds) == 1 else "none"
    return found


def _parts_and_wholes(cells: pd.DataFrame, context: Context) -> Iterator[Relation]:
    """Yield that units add up to their area or to the unit above, and areas to the area above."""
    rule = _rules(cells["item"].unique(), context.items, "over_units")
    summable = {name for name, how in rule.items() if how == "sum"}
    units = context.units
    parents = dict(zip(zip(units["area"], units["unit"], strict=True), units["parent"], strict=True))
    above = dict(zip(context.areas["area"], context.areas["parent"], strict=True))
    spots = cells[["area", "unit"]].drop_duplicates()
    into = pd.DataFrame(
        [
            (area, unit, area, parents.get((area, unit), ""), "u") if unit else (area, "", above.get(area, ""), "", "a")
            for area, unit in spots.itertuples(index=False, name=None)
            if not unit.endswith("*")
        ],
        columns=["area", "unit", "into_area", "into_unit", "kind"],
    ).astype("str")
    rows = cells[cells["item"].isin(summable)].reset_index(names="cell").merge(into, on=["area", "unit"])
    whole = rows[[*CELL, "cell", "value"]].set_axis(
        ["period", "into_area", "into_unit", "item", "whole", "total"], axis="columns"
    )
    both = rows.merge(whole, on=["period", "into_area", "into_unit", "item"])
    yield from _sums(both[both["cell"] != both["whole"]], ["whole", "kind"])


def _sums(rows: pd.DataFrame, by: list[str]) -> Iterator[Relation]:
    """Yield that the cells of each group make its whole, or are no more than it where some of them are not known."""
    rows = rows.sort_values([*by, "cell"], kind="stable")
    starts = np.flatnonzero(~rows.duplicated(by).to_numpy())
    cell, value = rows["cell"].tolist(), rows["value"].tolist()
    wholes, totals = rows["whole"].tolist(), rows["total"].tolist()
    for first, last in pairwise([*starts.tolist(), len(cell)]):
        sum_, total = sum(value[first:last]), totals[first]
        if sum_ <= total + _CLOSE:
            low = 0.0 if abs(sum_ - total) < _CLOSE else -np.inf
            members = (*cell[first:last], wholes[first])
            yield Relation(members, (1.0,) * (last - first) + (-1.0,), low, 0.0)


def _spans(cells: pd.DataFrame, context: Context) -> Iterator[Relation]:
    """Yield how a place's months make its quarters, half-years and years."""
    rule = _rules(cells["item"].unique(), context.items, "over_time")
    names = [name for name in cells["period"].unique() if name not in (periods.UNKNOWN, "")]
    spans = {name: periods.parse(name) for name in names}
    if len({span.length for span in spans.values()}) < 2:
        return
    tiles = pd.DataFrame(
        [
            (name, outer, span.length, span.last == whole.last)
            for outer, whole in spans.items()
            for name, span in spans.items()
            if span.length < whole.length
            and whole.length % span.length == 0
            and whole.first <= span.first
            and span.last <= whole.last
            and (span.first - whole.first) % span.length == 0
        ],
        columns=["period", "outer", "length", "is_last"],
    ).astype({"period": "str", "outer": "str", "length": int, "is_last": bool})
    rows = cells.reset_index(names="cell")
    whole = rows[[*CELL, "cell", "value"]].set_axis(["outer", "area", "unit", "item", "whole", "total"], axis="columns")
    both = rows.merge(tiles, on="period").merge(whole, on=["outer", "area", "unit", "item"])
    kind = both["item"].map(rule)
    last = both[(kind == "last") & both["is_last"] & np.isclose(both["value"], both["total"], rtol=0, atol=_CLOSE)]
    for pair in zip(last["cell"].tolist(), last["whole"].tolist(), strict=True):
        yield Relation(pair, (1.0, -1.0), 0.0, 0.0)
    yield from _sums(both[kind == "sum"], ["whole", "length"])


def _checks(cells: pd.DataFrame, context: Context) -> Iterator[Relation]:
    """Yield the relations of the catalogue wherever all their items are published and they hold."""
    wide = cells.reset_index(names="cell").pivot(index=PLACE, columns="item", values="cell")
    places = pd.MultiIndex.from_frame(wide.index.to_frame(index=False))
    value = cells["value"].to_numpy(dtype=float)
    guarded = set(cells.loc[cells["protected"], "item"])
    before = {name: _year_before(name) for name in wide.index.unique("period") if name}
    frame = wide.index.to_frame(index=False)
    earlier = pd.MultiIndex.from_frame(frame.assign(period=frame["period"].map(before).fillna("").astype("str")))
    for row in each_row(context.checks):
        relation = formulas.parse_relation(row.expression)
        terms = [(term, 1.0) for term in relation.left] + [(term, -1.0) for term in relation.right]
        known = all(term.item in wide.columns for term, _ in terms)
        if not known or relation.comparison == "!=" or not any(term.item in guarded for term, _ in terms):
            continue
        columns, weights = [], []
        for term, sign in terms:
            column = wide[term.item]
            columns.append((column.reindex(earlier) if term.prior else column).to_numpy(dtype=float))
            weight = np.full(len(wide), sign * term.coefficient)
            for name in term.parameters:
                weight = weight * parameter_values(name, places, context.parameters)
            weights.append(weight)
        numbers, factors = np.array(columns).T, np.array(weights).T
        there = ~np.isnan(numbers).any(axis=1) & ~np.isnan(factors).any(axis=1)
        own, factors = numbers[there].astype(int), factors[there]
        total = (factors * value[own]).sum(axis=1)
        low = -np.inf if relation.comparison in ("<=", "<") else 0.0
        high = np.inf if relation.comparison in (">=", ">") else 0.0
        holds = (low - _CLOSE <= total) & (total <= high + _CLOSE)
        for members, factor in zip(own[holds].tolist(), factors[holds].tolist(), strict=True):
            if len(set(members)) == len(members):
                yield Relation(tuple(members), tuple(factor), low, high)
