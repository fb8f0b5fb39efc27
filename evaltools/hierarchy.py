"""Areas and units: codes, parents and successors, and what belongs to an area."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from evaltools import table_checks
from evaltools.metadata import FILE, Meta
from evaltools.problems import ProblemList, nearest
from evaltools.tables import each_row

_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f<>:\"/\\|?*]+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_OF_SITES = re.compile(r"tables|manifest\..*|.*\.(html|ipynb|json|csv)")
_LONGEST = 40


def names_folder(code: str) -> bool:
    """Whether an area's code can name its folder in a site, on every system and beside the site's own files."""
    return bool(_CODE.fullmatch(code)) and _ends_well(code) and not _OF_SITES.fullmatch(code.lower())


def names_dataset(name: str) -> bool:
    """Whether a dataset's folder can have its like in `reports`: any name that every system allows, also in Chinese."""
    return bool(_NAME.fullmatch(name)) and _ends_well(name) and not name.startswith((".", "-", " "))


def _ends_well(name: str) -> bool:
    return len(name) <= _LONGEST and not name.endswith((".", " ")) and not _DEVICE.fullmatch(name.lower())


def split_among(frame: pd.DataFrame) -> pd.DataFrame:
    """Return areas or units with a column split_into: where several successors are named, `02;03`, the place was split.

    It then has no successor of its own; the parts stand in split_into, divided by ";".
    """
    several = frame["successor"].str.contains(r"[;；]")
    parts = frame["successor"].str.replace(r"\s*[;；]\s*", ";", regex=True).str.strip("; ")
    return frame.assign(successor=frame["successor"].mask(several, ""), split_into=parts.where(several, ""))


def check_places(
    areas: pd.DataFrame,
    units: pd.DataFrame,
    meta: Meta,
    problems: ProblemList,
    unread: Collection[str] = (),
) -> None:
    """Check codes, lifetimes and the region, and that parents and successors exist and form no circle.

    Nothing is looked up in a table of `unread`.
    """
    _check_area_codes(areas, meta, problems)
    for frame, label in ((areas, "areas.csv"), (units, "units.csv")):
        check_lifetimes(frame, label, problems)
    for column in ("parent", "successor"):
        if "areas" not in unread:
            table_checks.check_codes(areas[column], areas["area"], "areas.csv", problems)
        for _, rows in units[_strange(units, column)].groupby("area") if "units" not in unread else ():
            siblings = units.loc[units["area"] == rows["area"].iloc[0], "unit"]
            table_checks.check_codes(rows[column], siblings, "units.csv", problems)
        named = units[units["unit"] != ""]
        _check_circle(areas["area"], areas[column], "areas.csv", column, problems)
        owner = named["area"] + " "
        _check_circle(owner + named["unit"], owner + named[column], "units.csv", column, problems)
    if "areas" not in unread:
        table_checks.check_codes(_each_part(areas), areas["area"], "areas.csv", problems)
    for _, own in units.groupby("area") if "units" not in unread else ():
        table_checks.check_codes(_each_part(own), own["unit"], "units.csv", problems)
    if "areas" not in unread:
        _check_listing(areas, units, meta, problems)


def _strange(units: pd.DataFrame, column: str) -> pd.Series:
    """Whether a unit's parent or successor is no unit of the same area."""
    known = pd.MultiIndex.from_frame(units[["area", "unit"]])
    named = pd.MultiIndex.from_frame(units[["area", column]])
    return (units[column] != "") & ~named.isin(known)


def _each_part(frame: pd.DataFrame) -> pd.Series:
    """Return the parts that places were split among, each by the row that names it as a successor."""
    parts = frame["split_into"].str.split(";").explode()
    return parts[parts != ""].rename("successor")


def _check_listing(areas: pd.DataFrame, units: pd.DataFrame, meta: Meta, problems: ProblemList) -> None:
    table_checks.check_codes(units["area"], areas["area"], "units.csv", problems)
    if meta.region and meta.region not in set(areas["area"]):
        near = nearest(meta.region, areas["area"]) or ", ".join(areas["area"][:3])
        problems.say("unknown_region", where=FILE, found=meta.region, near=near)
    elif meta.region and meta.region not in set(areas["parent"]):
        problems.say("region_without_areas", where=FILE, found=meta.region)
    elif meta.region:
        ended = (areas["successor"] != "") | (areas["split_into"] != "")
        lost = areas[(areas["parent"] == "") & ~ended & (areas["area"] != meta.region)]
        for row, code in lost["area"].items():
            where = f"areas.csv row {row} column parent"
            problems.say("area_not_evaluated", where=where, level="warning", found=code, near=meta.region)


def _check_area_codes(areas: pd.DataFrame, meta: Meta, problems: ProblemList) -> None:
    folders: dict[str, str] = {}
    for row, code in areas["area"].items():
        where = f"areas.csv row {row} column area"
        if not code:
            continue
        if meta.code_pattern and not re.fullmatch(meta.code_pattern, code):
            problems.say("code_pattern", where=where, found=code, allowed=meta.code_pattern)
        elif not names_folder(code):
            problems.say("code_no_folder", where=where, found=code)
        elif (first := folders.setdefault(code.lower(), code)) != code:
            problems.say("code_differs_in_case", where=where, found=code, near=first)


def check_lifetimes(frame: pd.DataFrame, label: str, problems: ProblemList) -> None:
    """Name every row that ends before it begins."""
    for row in each_row(frame[(frame["valid_from"] != "") & (frame["valid_to"] != "")]):
        if row.valid_from > row.valid_to:
            where = f"{label} row {row.Index} column valid_to"
            problems.say("validity_reversed", where=where, found=row.valid_from, until=row.valid_to)


def _check_circle(names: pd.Series, steps: pd.Series, label: str, column: str, problems: ProblemList) -> None:
    links = dict(zip(names, steps, strict=True))
    for row, start in names.items():
        path = [start]
        while (step := links.get(path[-1], "")) and step in links:
            if step == start:
                where = f"{label} row {row} column {column}"
                problems.say("cyclic_hierarchy", where=where, found=" → ".join([*path, step]))
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
        was_whole = areas["split_into"].map(lambda parts: not scope.isdisjoint(parts.split(";"))).astype(bool)
        more = areas[areas["parent"].isin(scope) | areas["successor"].isin(scope) | was_whole]["area"]
        if scope.issuperset(more):
            return scope
        scope.update(more)
