"""What the names in a workbook stand for: codes of areas and units, periods. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from evaltools import periods
from evaltools.header_names import normal
from evaltools.mapped_grid import is_total
from evaltools.mappings import IGNORE, ITSELF, TOTAL, Entry, Place, WorkbookMapping
from evaltools.printed_periods import matched, period_in, period_of
from evaltools.problems import nearest
from evaltools.returns import Known
from evaltools.tables import each_row


@dataclass(frozen=True)
class Meaning:
    """What a text stands for. problem: why it stands for nothing, a key of words/mapping.yaml, with `near` it."""

    code: str = ""
    total: bool = False
    ignore: bool = False
    problem: str = ""
    near: str = ""


class Names:
    """Looks up names in the mapping's own table, then codes, then the exact names of areas and units."""

    def __init__(self, mapping: WorkbookMapping, known: Known) -> None:
        self.mapping = mapping
        areas = pd.concat([mapping.areas, known.areas], ignore_index=True).drop_duplicates("area")
        units = pd.concat([mapping.units, known.units], ignore_index=True).drop_duplicates(["area", "unit"])
        self.met: dict[tuple[str, str, str], Meaning] = {}  # every cell of a row asks again
        self.areas: dict[str, set[str]] = {}
        self.units: dict[str, dict[str, set[str]]] = {}
        self.parents = {(row.area, row.unit): row.parent for row in each_row(units) if row.parent}
        for row in each_row(areas):
            _learn(self.areas, row.area, (row.area, row.name_zh, row.name_en))
        for row in each_row(units):
            _learn(self.units.setdefault(row.area, {}), row.unit, (row.unit, row.name_zh, row.name_en))

    def area(self, text: str) -> Meaning:
        """Return the area that a text names."""
        key = ("", "", text)
        if key not in self.met:
            self.met[key] = self._look_up(text, self.areas)
        return self.met[key]

    def unit(self, text: str, area: str) -> Meaning:
        """Return the unit of an area that a text names; the code "" is the area itself."""
        key = ("unit", area, text)
        if key not in self.met:
            found = self._look_up(text, self.units.get(area, {}))
            itself = found.code == ITSELF and self.mapping.names.get(normal(text)) == ITSELF
            self.met[key] = Meaning() if itself else found
        return self.met[key]

    def _look_up(self, text: str, codes: Mapping[str, set[str]]) -> Meaning:
        name = normal(text)
        stated = self.mapping.names.get(name)
        if stated in (TOTAL, IGNORE, ITSELF):
            return Meaning(code=stated if stated == ITSELF else "", total=stated == TOTAL, ignore=stated == IGNORE)
        found = codes.get(normal(stated if stated is not None else text), set())
        if len(found) == 1:
            return Meaning(next(iter(found)))
        if stated is None and is_total(text, self.mapping):
            return Meaning(total=True)
        if found:
            return Meaning(problem="name_of_several", near=", ".join(sorted(found)))
        near = nearest(name, codes) or "—"
        return Meaning(problem="no_name" if not name else "unknown_name", near=near)


def _learn(codes: dict[str, set[str]], code: str, names: tuple[str, ...]) -> None:
    for name in names:
        if name:
            codes.setdefault(normal(name), set()).add(code)


@lru_cache(maxsize=10_000)
def part_of(place: Place, name: str, text: str) -> str | None:
    """Return the part of a text that a place's pattern says is the `name` (area, unit, item); None if it has none."""
    if not place.pattern or not place.pattern.strip("*"):
        return text
    found = matched(place.pattern, text)
    return None if found is None else found.get(name)


@lru_cache(maxsize=10_000)
def period_at(place: Place, text: str, cumulative: bool) -> str:
    """Return the period that a text says at a place; "" if it says none."""
    if place.source == "fixed":
        found = place.text
    elif place.pattern.strip("*"):
        parts = matched(place.pattern, text)
        found = "" if parts is None else period_of(parts, place.year)
    else:
        found = period_in(text)
        if not found and place.year:
            found = period_of(matched("{month}月*", text) or matched("{quarter}季度*", text) or {}, place.year)
    if not found or found == periods.UNKNOWN:
        return found
    months = periods.parse(found)
    if cumulative and months.first // 12 == months.last // 12:
        # the month m of a cumulative return is January to m
        return periods.name(periods.Span(months.last // 12 * 12, months.last))
    return found


def period_for(entry: Entry, period: str) -> str:
    """Return the period of an entry's numbers, given that of its row, column or sheet."""
    if entry.period == "last_year":
        return period if period == periods.UNKNOWN else periods.shift(period, -1)
    return entry.period or period
