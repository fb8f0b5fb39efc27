"""The rules of the data model a second time, in dictionaries and exact fractions: what the calculation is held to.

Slow and plain on purpose, and without pandas: one place, item and period after the other. Nothing of the package is
used here but the texts of its reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

Place = tuple[str, str]
Span = tuple[int, int]
Outcome = tuple[Fraction | None, str]
Tables = dict[str, Any]

NOTHING, APART = "not reported", "not applicable"
MOVED, EMPTY = "boundary changed", "denominator is zero"


def span(text: str) -> Span:
    """First and last month of a period."""
    if "/" in text:
        first, last = text.split("/")
        return span(first)[0], span(last)[1]
    january, rest = int(text[:4]) * 12, text[5:]
    if not rest:
        return january, january + 11
    size = {"H": 6, "Q": 3}.get(rest[0], 1)
    start = january + size * (int(rest.lstrip("HQ")) - 1)
    return start, start + size - 1


def pieces(target: Span, size: int) -> list[Span]:
    first, last = target
    if last - first + 1 <= size or (last - first + 1) % size:
        return []
    return [(start, start + size - 1) for start in range(first, last + 1, size)]


def valid(row: dict, year: int) -> bool:
    return int(row.get("valid_from") or 0) <= year <= int(row.get("valid_to") or 9999)


def in_all(outcomes: list[Outcome]) -> Outcome:
    """Add up parts that all reported."""
    values = [value for value, _ in outcomes if value is not None]
    return (sum(values, Fraction(0)), "") if values else (None, APART)


def settled(outcome: Outcome) -> bool:
    return outcome[0] is not None or outcome[1] == APART


def adjusted(tables: Tables, stage: str) -> list[dict]:
    """The facts after the ledger, applied as far as a stage says: verification, then appeals, then corrections."""
    applied = {"reported": [], "verified": ["verified"], "final": ["verified", "appeal", "correction"]}[stage]
    rows = [dict(row) for row in tables["facts"]]
    for name in applied:
        for change in tables.get("adjustments", []):
            for row in rows if change["stage"] == name else []:
                if all(row[key] == change[key] for key in ("period", "area", "unit", "item")):
                    assert row["value"] == change["from"]
                    row["value"] = change["to"]
    return rows


class Plain:
    """The rules of the data model, one after the other, for one place, item and period at a time."""

    def __init__(self, tables: Tables, origins: list[str], stage: str = "final") -> None:
        self.items = {row["item"]: row for row in tables["items"]}
        self.areas = {row["area"]: row for row in tables["areas"]}
        self.units = {(row["area"], row["unit"]): row for row in tables["units"]}
        self.catalogue = tables["indicators"]
        self.parameters = tables.get("parameters", [])
        self.facts = self.counted(adjusted(tables, stage), origins)
        self.spans = {span(row["period"]) for row in tables["facts"] if row["period"] != "unknown"}

    @staticmethod
    def counted(rows: list[dict], origins: list[str]) -> dict[tuple, Outcome]:
        """The first origin in order of trust that says something; those not listed come last, by name."""
        best: dict[tuple, tuple] = {}
        for row in rows:
            if row["period"] == "unknown" or (row["value"] == "" and row.get("state") != APART.replace(" ", "_")):
                continue
            origin = row.get("origin", "")
            rank = (origins.index(origin) if origin in origins else len(origins), origin)
            said = (None, APART) if row["value"] == "" else (Fraction(str(row["value"])), "")
            key = (span(row["period"]), (row["area"], row["unit"]), row["item"])
            if key not in best or rank < best[key][0]:
                best[key] = (rank, said)
        return {key: said for key, (_, said) in best.items()}

    def row(self, place: Place) -> dict:
        return self.units[place] if place[1] else self.areas[place[0]]

    def lives(self, place: Place, year: int) -> bool:
        return valid(self.row(place), year) and valid(self.areas[place[0]], year)

    def parts(self, place: Place) -> list[Place]:
        code, name = place
        below = [key for key, row in self.units.items() if key[0] == code and row["parent"] == name]
        return below if name else below + [(key, "") for key, row in self.areas.items() if row["parent"] == code]

    def own(self, place: Place, name: str, target: Span) -> Outcome:
        """Own fact, else all active parts, else all own shorter periods, else how much is there."""
        if (target, place, name) in self.facts:
            return self.facts[target, place, name]
        notes = []
        parts = [part for part in self.parts(place) if self.lives(part, target[1] // 12)]
        if self.items[name]["over_units"] == "sum" and parts:
            given = [got for got in (self.own(part, name, target) for part in parts) if settled(got)]
            if len(given) == len(parts):
                return in_all(given)
            noun = "units" if any(part[1] for part in parts) else "areas"
            notes += [f"{len(given)} of {len(parts)} {noun} reported"] if given else []
        rule = self.items[name]["over_time"]
        for size, noun in ((1, "months"), (3, "quarters"), (6, "half-years")):
            wanted = pieces(target, size)
            given = [self.facts[key, place, name] for key in wanted if (key, place, name) in self.facts]
            if given and rule == "none":
                notes.append(f"cannot be computed from {noun}")
            elif given and len(given) == len(wanted):
                return self.over_time(given, rule)
            elif given:
                notes.append(f"{len(given)} of {len(wanted)} {noun} reported")
        return None, (notes or [NOTHING])[0]

    @staticmethod
    def over_time(given: list[Outcome], rule: str) -> Outcome:
        values = [value for value, _ in given if value is not None]
        if not values:
            return None, APART
        total = sum(values, Fraction(0))
        return {"sum": total, "last": values[-1], "mean": total / len(values)}[rule], ""

    def predecessors(self, place: Place) -> list[Place]:
        table: dict[Place, dict] = self.units if place[1] else {(key, ""): row for key, row in self.areas.items()}
        name = place[1] or place[0]
        same = [key for key in table if not place[1] or key[0] == place[0]]
        return [key for key in same if table[key]["successor"] == name]

    def stood_in(self, place: Place, year: int) -> list[Place]:
        """Who did in a year what the place does today: its predecessors then alive, or theirs."""
        found = []
        for old in self.predecessors(place):
            before = self.stood_in(old, year)
            if self.lives(old, year):
                found += [old, *(other for other in before if self.lives(other, year))]
            else:
                found += before or [old]
        return found

    def ended(self, place: Place) -> list[Place]:
        """The predecessors that were gone when the place began."""
        born = int(self.row(place)["valid_from"] or 0)
        return [old for old in self.predecessors(place) if int(self.row(old)["valid_to"] or 9999) < born]

    def past(self, place: Place, name: str, target: Span) -> Outcome:
        """What a successor takes over from before it existed."""
        own, year = self.own(place, name, target), target[1] // 12
        if settled(own):
            return own
        ended = self.ended(place)
        others = [old for old in self.predecessors(place) if old not in ended]
        parts = [part for part in self.stood_in(place, year) if part not in others]
        if not ended or (self.items[name]["over_units"] != "sum" and len(parts) > 1):
            return own
        got = [self.own(part, name, target) if self.lives(part, year) else (None, NOTHING) for part in parts]
        given = [one for one in got if settled(one)]
        if given and len(given) == len(parts):
            value, why = in_all(given)
            return value, why or f"sum of {len(parts)} predecessors"
        return own if own[1] != NOTHING or not given else (None, f"{len(given)} of {len(parts)} predecessors reported")

    def item(self, place: Place, name: str, target: Span) -> Outcome:
        year = target[1] // 12
        if not self.lives(place, year):
            return self.past(place, name, target)
        value, why = self.own(place, name, target)
        born = int(self.row(place)["valid_from"] or 0)
        ends = [int(self.row(old)["valid_to"] or 9998) for old in self.predecessors(place)]
        if value is not None and any(end + 1 == year and end >= born for end in ends):
            why = MOVED
        return value, why

    def has_past(self, place: Place, target: Span) -> bool:
        born = int(self.row(place)["valid_from"] or 0)
        if target[1] // 12 >= born or not self.ended(place):
            return False
        return any(self.item(place, name, target)[1] != NOTHING for name in self.items)

    def targets(self, every: str) -> list[Span]:
        size = {"year": 12, "half": 6, "quarter": 3, "month": 1}.get(every)
        first, last = (0, size - 1) if size else span(every)
        step, length = size or 12, last - first + 1
        found = []
        for start in range(first % step, 12 * 2100, step):
            target = (start, start + length - 1)
            filled = [all(key in self.spans for key in wanted) for n in (1, 3, 6) if (wanted := pieces(target, n))]
            if target in self.spans or any(filled):
                found.append(target)
        return found

    def rows(self, every: str) -> Iterator[tuple[tuple, dict]]:
        """Every row of `ev.indicators`: (months, area, unit, indicator, definition) and its figures."""
        targets = self.targets(every)
        places = [(code, "") for code in self.areas] + list(self.units)
        grid = [(t, p) for t in targets for p in places if self.lives(p, t[1] // 12) or self.has_past(p, t)]
        self.grid = set(grid)
        self.cache = {(t, p, name): self.item(p, name, t) for t, p in grid for name in self.items}
        for row in self.catalogue:
            used = set() if "unit" in row["kind"] else set(re.findall(r"\b[a-z]\b", row["numerator"]))
            by_unit = {p[0] for t, p in grid if p[1] and any(self.cache[t, p, name][1] != NOTHING for name in used)}
            for target, place in grid:
                if valid(row, target[1] // 12) and (not place[1] or (used and place[0] in by_unit)):
                    key = (target, *place, row["indicator"], row["valid_from"])
                    yield key, self.indicator(row, target, place)

    def formula(self, text: str, target: Span, place: Place) -> Outcome:
        total, whys = Fraction(0), []
        for sign, factors, name in re.findall(r"([+-]?) ?((?:[\w.()]+ \* )*)([\w()]+)", text):
            if name.startswith("prior("):
                before = (target[0] - 12, target[1] - 12)
                name, at = name[6:-1], (before, place)
                value, why = self.cache[(*at, name)] if at in self.grid else (None, NOTHING)
                why = "previous year not reported" if why == NOTHING else why
            else:
                value, why = self.cache[target, place, name]
            whys.append(why)
            for factor in filter(None, factors.split(" * ")):
                number = self.parameter(factor, place, target) if "(" in factor else Fraction(factor)
                whys.append("" if number is not None else f"parameter {factor[10:-1]} is not set")
                value = None if value is None or number is None else value * number
            total = total if value is None else total + value * (-1 if sign == "-" else 1)
        why = weightiest(whys)
        return (None if is_missing(why) else total), why

    def parameter(self, text: str, place: Place, target: Span) -> Fraction | None:
        known = [r for r in self.parameters if r["parameter"] == text[10:-1] and valid(r, target[1] // 12)]
        own = [row for row in known if row["area"] == place[0]] or [row for row in known if row["area"] == "*"]
        newest = max(own, key=lambda row: row["valid_from"], default=None)
        return None if newest is None else Fraction(str(newest["value"]))

    def indicator(self, row: dict, target: Span, place: Place) -> dict:
        per = int(row["per"])
        if row["kind"] == "units_meeting":
            above, below, why = self.meeting(row, target, place)
        elif row["kind"] == "worst_unit":
            above, below, why = self.worst(row, target, place)
        else:
            above, why = self.formula(row["numerator"], target, place)
            below = None
            if row["denominator"]:
                below, other = self.formula(row["denominator"], target, place)
                why = weightiest([why, other])
        alone = row["kind"] in ("count", "amount") or (row["kind"] == "worst_unit" and below is None)
        value = None
        if alone and above is not None:
            value = above * per
        elif above is not None and below is not None:
            if below == 0:
                why = EMPTY
            else:
                value = above * per / below
                if row["kind"] == "proportion" and above > below:
                    why = "; ".join(filter(None, ("above 100%", why)))
        return {"numerator": above, "denominator": below, "value": value, "reason": why}

    def per_unit(self, name: str, target: Span, place: Place) -> list[dict]:
        """An indicator in every active top-level unit of an area and of the areas below it."""
        year = target[1] // 12
        rows = [row for row in self.catalogue if row["indicator"] == name and valid(row, year)]
        newest = max(rows, key=lambda row: row["valid_from"], default=None)
        found = []
        for part in self.parts(place):
            if self.lives(part, year) and not part[1]:
                found += self.per_unit(name, target, part)
            elif self.lives(part, year) and newest:
                found.append({**self.indicator(newest, target, part), "area": part[0]})
        return found

    def counted_units(self, name: str, target: Span, place: Place) -> tuple[list[dict], str]:
        """The units in which an indicator concerns somebody, and the reason why they cannot be compared."""
        every = self.per_unit(name, target, place)
        concerned = [one for one in every if one["reason"] not in (APART, EMPTY)]
        given = [one for one in concerned if one["value"] is not None]
        if every and not concerned:
            return [], APART if all(one["reason"] == APART for one in every) else EMPTY
        if not given:
            return [], NOTHING
        return given, "" if len(given) == len(concerned) else f"{len(given)} of {len(concerned)} units reported"

    def meeting(self, row: dict, target: Span, place: Place) -> tuple[Fraction | None, Fraction | None, str]:
        name, sign, bar = row["numerator"].split(" ")
        given, why = self.counted_units(name, target, place)
        if why:
            return (Fraction(0), Fraction(0), why) if why == EMPTY else (None, None, why)
        met = 0
        for one in given:
            limit = self.parameter(bar, (one["area"], ""), target) if "(" in bar else Fraction(bar)
            if limit is None:
                return None, None, f"parameter {bar[10:-1]} is not set"
            met += one["value"] >= limit if sign == ">=" else one["value"] <= limit
        return Fraction(met), Fraction(len(given)), ""

    def worst(self, row: dict, target: Span, place: Place) -> tuple[Fraction | None, Fraction | None, str]:
        base = next(one for one in self.catalogue if one["indicator"] == row["numerator"])
        given, why = self.counted_units(row["numerator"], target, place)
        if why:
            return (Fraction(0), Fraction(0), why) if why == EMPTY else (None, None, why)
        pick = max if base["direction"] == "down" else min
        one = pick(given, key=lambda figures: figures["value"])
        return one["numerator"], one["denominator"], ""


def is_missing(why: str) -> bool:
    return bool(why) and why != MOVED and not re.fullmatch(r"sum of \d+ predecessors", why)


def weightiest(whys: list[str]) -> str:
    """Not applicable, else the first thing missing, else the first remark."""
    missing = [why for why in whys if is_missing(why)]
    return APART if APART in missing else next(iter(missing), next(filter(None, whys), ""))
