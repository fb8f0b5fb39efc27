"""Areas and units: codes, parents and successors, and what belongs to an area."""

from __future__ import annotations

import re

import pandas as pd

from evaltools import tables
from evaltools.metadata import Meta
from evaltools.problems import ProblemList, nearest


def check_places(areas: pd.DataFrame, units: pd.DataFrame, meta: Meta, problems: ProblemList) -> None:
    """Check area codes against the pattern, and that parents and successors exist and form no circle."""
    if meta.code_pattern:
        for row, code in areas["area"].items():
            if code and not re.fullmatch(meta.code_pattern, code):
                where = f"areas.csv row {row} column area"
                problems.say("code_pattern", where=where, found=code, allowed=meta.code_pattern)
    for column in ("parent", "successor"):
        tables.check_codes(areas[column], areas["area"], "areas.csv", problems)
        for _, rows in units.groupby("area"):
            tables.check_codes(rows[column], rows["unit"], "units.csv", problems)
        _check_circle(dict(zip(areas["area"], areas[column], strict=True)), "areas.csv", column, problems)
        pairs = zip(units["area"] + " " + units["unit"], units["area"] + " " + units[column], strict=True)
        _check_circle(dict(pairs), "units.csv", column, problems)
    tables.check_codes(units["area"], areas["area"], "units.csv", problems)


def _check_circle(links: dict[str, str], label: str, column: str, problems: ProblemList) -> None:
    for start in links:
        path = [start]
        while (step := links.get(path[-1], "")) and step in links:
            if step == start:
                problems.say("cyclic_hierarchy", where=f"{label} column {column}", found=" → ".join([*path, step]))
                return
            if step in path:
                break
            path.append(step)


def scope_of(area: str | None, areas: pd.DataFrame, problems: ProblemList) -> set[str]:
    """Return the area and everything below it and before it (predecessors); all areas for None."""
    known = set(areas["area"])
    if area is None:
        return known
    if area not in known:
        problems.say("unknown_area", where="area", found=area, near=nearest(area, known) or "—")
        return set()
    scope = {area}
    while True:
        more = areas[areas["parent"].isin(scope) | areas["successor"].isin(scope)]["area"]
        if scope.issuperset(more):
            return scope
        scope.update(more)
