"""Finding a dataset and reading it: the only place where the data model meets the disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from evaltools import standards, table_files, tables
from evaltools.catalogue import Catalogue, load_catalogue
from evaltools.hierarchy import check_places, scope_of
from evaltools.ledger import APPLIED, STAGES, Stage, apply_adjustments
from evaltools.metadata import Meta, read_meta
from evaltools.problems import InputError, ProblemList, nearest
from evaltools.tables import each_row

STANDARDS = "EVALTOOLS_STANDARDS"
"""Environment variable by which a run tells its notebooks where a standard given as a file lies."""


@dataclass(frozen=True, eq=False)
class Data:
    """One dataset, or one area's part of it. Frames have the columns of `tables.TABLES`.

    `catalogue` is the table of indicators. `facts` hold every origin's value after the adjustments of `stage`;
    `remarks` are the problems met while reading that did not stop it, in the columns of `problems.COLUMNS`.
    """

    facts: pd.DataFrame
    items: pd.DataFrame
    catalogue: pd.DataFrame
    parameters: pd.DataFrame
    checks: pd.DataFrame
    areas: pd.DataFrame
    units: pd.DataFrame
    adjustments: pd.DataFrame
    claims: pd.DataFrame
    targets: pd.DataFrame
    judgements: pd.DataFrame
    breaks: pd.DataFrame
    standard: standards.Standard | None
    meta: Meta
    area: str | None
    stage: Stage
    remarks: pd.DataFrame
    folder: Path
    standard_name: str = ""

    @cached_property
    def region(self) -> Data:
        """The whole dataset at the same stage and standard; read when first asked for."""
        if self.area is None:
            return self
        return load(str(self.folder), stage=self.stage, standard=self.standard_name or None)

    def area_name(self, area: str, lang: str) -> str:
        """Return an area's name in a language, its code if it has none."""
        row = self.areas[self.areas["area"] == area]
        if row.empty:
            return area
        return str(row[f"name_{lang}"].iloc[0] or row["name_zh"].iloc[0] or area)

    def counties(self) -> list[str]:
        """Return the areas that are evaluated: the children of the region, or all areas where there is none."""
        region = self.meta.region
        rows = self.areas[self.areas["parent"] == region] if region else self.areas
        return sorted(rows["area"])


def home() -> Path:
    """Return the folder that holds `notebooks/` and `data/`.

    EVALTOOLS_HOME if set, else the nearest folder upward from the current one that has `notebooks/` and
    `data/catalogue/`, else the checkout this package lies in.
    """
    stated = os.environ.get("EVALTOOLS_HOME")
    if stated:
        return Path(stated).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "data" / "catalogue").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """Return the names of the datasets that can be found by name."""
    return sorted({path.parent.name for root in _roots() if root.is_dir() for path in root.glob("*/datapackage.json")})


def find(name: str) -> Path:
    """Return the folder of a dataset given by name or by path; raises InputError."""
    path = Path(name)
    if path.is_dir() and (path.is_absolute() or len(path.parts) > 1 or (path / "datapackage.json").is_file()):
        return path
    for root in _roots():
        if name and (root / name).is_dir():
            return root / name
    problems = ProblemList()
    found = names()
    problems.say("unknown_dataset", where=name or "--data", found=name, near=nearest(name, found) or ", ".join(found))
    raise InputError(problems.frame())


def load(name: str = "example", area: str | None = None, stage: str = "final", standard: str | None = None) -> Data:
    """Read a dataset, or one area of it.

    name: a dataset in EVALTOOLS_DATA or `home/data`, or the path of a dataset folder.
    area: its code (text); its facts, claims and adjustments are read, no other area's. The areas below it come
        with it. None reads everything.
    stage: which adjustments apply: `reported` none, `verified` those after verification, `final` all.
    standard: name or file of a scoring standard; None takes the dataset's own (it may have none).

    Raises InputError with every problem at once.
    """
    folder = find(name)
    problems = ProblemList()
    if stage not in STAGES:
        problems.say("not_allowed", where="stage", column="stage", found=stage, allowed=", ".join(STAGES))
    meta = read_meta(folder, problems)
    catalogue = load_catalogue(home() / "data" / "catalogue", folder / "catalogue", problems, meta.encoding)
    read = _Reader(folder, meta, problems)
    areas = read.table("areas", required=True)
    units = read.table("units")
    check_places(areas, units, meta, problems)
    scope = scope_of(area, areas, problems)
    problems.raise_if_any()
    facts = read.facts(scope, areas, units, catalogue)
    adjustments = read.places(read.table("adjustments"), "adjustments.csv", areas, units, catalogue, scope)
    claims = read.places(read.table("claims"), "claims.csv", areas, units, catalogue, scope)
    judgements = read.places(read.table("judgements"), "judgements.csv", areas, units, catalogue, scope)
    targets = read.places(read.table("targets"), "targets.csv", areas, units, catalogue, None)
    breaks = read.places(read.table("breaks"), "breaks.csv", areas, units, catalogue, None)
    facts = apply_adjustments(facts, adjustments, APPLIED.get(stage, ()), meta.origins, problems)
    standard_name = meta.standard if standard in (None, "") else str(standard)
    scoring = _read_standard(standard_name, folder, catalogue, problems)
    problems.raise_if_any()
    indicators = catalogue.indicators
    if meta.indicators:
        indicators = indicators[indicators["indicator"].isin(meta.indicators)].reset_index(drop=True)
    return Data(
        facts=facts.reset_index(drop=True),
        items=catalogue.items,
        catalogue=indicators,
        parameters=catalogue.parameters,
        checks=catalogue.checks,
        areas=areas.reset_index(drop=True),
        units=units[units["area"].isin(scope)].reset_index(drop=True),
        adjustments=adjustments.reset_index(drop=True),
        claims=claims,
        targets=targets.reset_index(drop=True),
        judgements=judgements.reset_index(drop=True),
        breaks=breaks.reset_index(drop=True),
        standard=scoring,
        meta=meta,
        area=area,
        stage=stage,  # type: ignore[arg-type]
        remarks=problems.frame(),
        folder=folder,
        standard_name=standard_name,
    )


class _Reader:
    """Reads the tables of one dataset folder, all into the same list of problems."""

    def __init__(self, folder: Path, meta: Meta, problems: ProblemList) -> None:
        self.folder, self.meta, self.problems = folder, meta, problems

    def table(self, name: str, required: bool = False) -> pd.DataFrame:
        for suffix in (".csv", ".parquet"):
            path = self.folder / f"{name}{suffix}"
            if path.is_file():
                frame = table_files.read(path, name, path.name, self.problems, self.meta.encoding)
                tables.check_key(frame, name, path.name, self.problems)
                return frame
        if required:
            self.problems.say("missing_file", where=f"{self.folder.name}/{name}.csv", found=f"{name}.csv")
        return tables.empty(name)

    def facts(self, scope: set[str], areas: pd.DataFrame, units: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
        """Read the facts of the areas in scope, from `facts/<area>.csv|parquet` or from one `facts.csv`."""
        directory = self.folder / "facts"
        if not directory.is_dir():
            frame = self.table("facts", required=True)
            return self.places(frame, "facts.csv", areas, units, catalogue, scope)
        parts = []
        for code in sorted(scope):
            paths = [path for s in (".csv", ".parquet") if (path := directory / f"{code}{s}").is_file()]
            for path in paths:
                label = f"facts/{path.name}"
                part = table_files.read(path, "facts", label, self.problems, self.meta.encoding)
                tables.check_key(part, "facts", label, self.problems)
                parts.append(self.places(part, label, areas, units, catalogue, None))
            if not paths and code != self.meta.region:
                self.problems.say(
                    "no_facts_for_area",
                    where=f"facts/{code}.csv",
                    level="warning",
                    area=code,
                    found=f"{code}.csv",
                )
        if not any(directory.iterdir()):
            self.problems.say("missing_file", where=f"{self.folder.name}/facts", found="facts/*.csv")
        return pd.concat(parts, ignore_index=True) if parts else tables.empty("facts")

    def places(
        self,
        frame: pd.DataFrame,
        label: str,
        areas: pd.DataFrame,
        units: pd.DataFrame,
        catalogue: Catalogue,
        scope: set[str] | None,
    ) -> pd.DataFrame:
        """Check every code of a table against the tables that list them; keep the areas in scope."""
        problems = self.problems
        tables.check_codes(frame["area"], areas["area"], label, problems, also=("*",))
        if "unit" in frame:
            known = set(zip(units["area"], units["unit"], strict=True))
            pairs = frame.loc[frame["unit"] != "", ["area", "unit"]].drop_duplicates()
            strange = [pair for pair in pairs.itertuples(index=False, name=None) if pair not in known]
            for code, unit in strange:
                rows = frame.loc[(frame["area"] == code) & (frame["unit"] == unit), "unit"]
                tables.check_codes(rows, {u for a, u in known if a == code}, label, problems)
        if "item" in frame:
            tables.check_codes(frame["item"], catalogue.items["item"], label, problems)
        if "indicator" in frame:
            names = catalogue.indicators["indicator"]
            tables.check_codes(frame["indicator"], names, label, problems, also=("*",))
        if "source" in frame and "item" in frame:
            # a number must be traceable: where the sender gave no cell, the row it was read from stands in
            cell = f"{label} row " + frame.index.astype("str")
            frame = frame.assign(source=frame["source"].where(frame["source"] != "", pd.Series(cell, frame.index)))
        if "state" in frame:
            both = frame[(frame["state"] != "") & frame["value"].notna()]
            for row in each_row(both):
                problems.say(
                    "state_with_value",
                    where=f"{label} row {row.Index} column state",
                    found=f"{row.value:g}",
                    state=row.state,
                )
        return frame if scope is None else frame[frame["area"].isin(scope)]


def _roots() -> list[Path]:
    stated = os.environ.get("EVALTOOLS_DATA")
    return [*([Path(stated)] if stated else []), home() / "data"]


def standard_path(name: str, folder: Path) -> Path | None:
    """Return the file of a standard: a path, or a name in the dataset's `standards/`, then in `data/standards/`."""
    direct = Path(name)
    if direct.suffix in (".yaml", ".yml") and direct.is_file():
        return direct
    own = os.environ.get(STANDARDS)
    for root in (*([Path(own)] if own else []), folder / "standards", home() / "data" / "standards"):
        path = root / f"{name}.yaml"
        if path.is_file():
            return path
    return None


def _read_standard(name: str, folder: Path, catalogue: Catalogue, problems: ProblemList) -> standards.Standard | None:
    if not name:
        return None
    path = standard_path(name, folder)
    if path is None:
        roots = (folder / "standards", home() / "data" / "standards")
        known = sorted({p.stem for root in roots if root.is_dir() for p in root.glob("*.yaml")})
        problems.say("unknown_standard", where="standard", found=name, near=nearest(name, known) or ", ".join(known))
        return None
    try:
        return standards.load_standard(path, catalogue=catalogue.indicators)
    except InputError as error:
        problems.extend(error.problems)
        return None
