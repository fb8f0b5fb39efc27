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
from evaltools.line_values import check_scored
from evaltools.metadata import FILE, Meta, read_meta
from evaltools.problems import InputError, ProblemList, nearest
from evaltools.tables import each_row

STANDARDS = "EVALTOOLS_STANDARDS"
"""Environment variable by which a run tells its notebooks where a standard given as a file lies."""


OWN_TABLES = ("areas", "units", "facts", "adjustments", "claims", "targets", "judgements", "breaks")
"""Tables that lie in a dataset's own folder; those of the catalogue lie in its `catalogue/`."""


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
    problems = ProblemList()
    try:
        path = Path(name)
        if path.is_dir() and (path.is_absolute() or len(path.parts) > 1 or (path / FILE).exists()):
            return path
        for root in _roots():
            if name and (root / name).is_dir():
                return root / name
        if path.is_file():
            problems.say("not_a_folder", where=name, found=name)
    except (OSError, ValueError):
        pass  # a name that no file can have, or a folder that must not be read
    if not len(problems):
        found = names()
        near = nearest(name, found) or ", ".join(found) or "—"
        problems.say("unknown_dataset", where=name or "--data", found=name, near=near)
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
    try:
        return _load(folder, area, stage, standard, problems)
    except OSError as error:
        # a folder that must not be opened; a file would have been named where it was read
        where = Path(error.filename or folder).name
        problems.say("cannot_open", where=where, evidence=error.strerror or error)
        raise InputError(problems.frame()) from None


def _load(folder: Path, area: str | None, stage: str, standard: str | None, problems: ProblemList) -> Data:
    if stage not in STAGES:
        problems.say("not_allowed", where="stage", column="stage", found=stage, allowed=", ".join(STAGES))
    meta = read_meta(folder, problems)
    national = home() / "data" / "catalogue"
    if not national.is_dir():
        problems.say("no_catalogue", where="data/catalogue")
        problems.raise_if_any()
    catalogue = load_catalogue(national, folder / "catalogue", problems, meta.encoding)
    table_files.note_unread(folder, OWN_TABLES, "", problems)
    read = _Reader(folder, meta, catalogue, problems)
    check_places(read.areas, read.units, meta, problems, read.unread)
    scope = scope_of(area, read.areas, problems)
    before = problems.errors
    facts = read.facts(scope)
    adjustments = read.places("adjustments", scope)
    sound = problems.errors == before
    claims = read.claims(scope)
    judgements = read.places("judgements", scope)
    targets = read.places("targets")
    tables.check_targets(targets, "targets.csv", problems)
    breaks = read.places("breaks")
    tables.check_breaks(breaks, "breaks.csv", problems)
    if sound:
        facts = apply_adjustments(facts, adjustments, APPLIED.get(stage, ()), meta.origins, problems)
    standard_name = meta.standard if standard in (None, "") else str(standard)
    scoring = _read_standard(standard_name, folder, catalogue, problems)
    if scoring is not None:
        check_scored(targets, judgements, scoring, problems)
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
        areas=read.areas.reset_index(drop=True),
        units=read.units[read.units["area"].isin(scope)].reset_index(drop=True),
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
    """Reads the tables of one dataset folder, all into the same list of problems.

    `unread` are the tables that could not be read as a whole. That is said once: no code is looked up in them.
    """

    def __init__(self, folder: Path, meta: Meta, catalogue: Catalogue, problems: ProblemList) -> None:
        self.folder, self.meta, self.problems = folder, meta, problems
        self.unread = set(catalogue.unread)
        self.areas, self.units = self.table("areas", required=True), self.table("units")
        self.codes = {
            "area": (self.areas["area"], "areas"),
            "item": (catalogue.items["item"], "items"),
            "indicator": (catalogue.indicators["indicator"], "indicators"),
        }
        self.check_lists(catalogue)

    def check_lists(self, catalogue: Catalogue) -> None:
        """Look up the indicators that the dataset says it reports, and the areas that have a parameter of their own."""
        used = {
            "indicator": (FILE, self.meta.indicators),
            "area": ("catalogue/parameters.csv", set(catalogue.parameters["area"]) - {"*", ""}),
        }
        for column, (where, codes) in used.items():
            valid, listing = self.codes[column]
            for code in sorted(set(codes).difference(valid)) if listing not in self.unread else ():
                self.problems.say("unknown_code", where=where, found=code, near=nearest(code, valid) or "—")

    def table(self, name: str, required: bool = False) -> pd.DataFrame:
        """Read a table that lies in the dataset's own folder."""
        before = self.problems.errors
        path = table_files.locate(self.folder, name, "", self.problems)
        if path is not None:
            frame = self.file(path, name, path.name)
        else:
            if required and self.problems.errors == before:
                self.problems.say("missing_file", where=f"{self.folder.name}/{name}.csv", found=f"{name}.csv")
            frame = tables.empty(name)
        unreadable = frame.empty and self.problems.errors > before
        if unreadable or (path is not None and self.problems.lost_rows(path.name)):
            self.unread.add(name)
        return frame

    def file(self, path: Path, table: str, label: str) -> pd.DataFrame:
        """Read one file of a table and look for rows that stand there twice."""
        frame = table_files.read(path, table, label, self.problems, self.meta.encoding)
        tables.check_key(frame, table, label, self.problems)
        return frame

    def facts(self, scope: set[str]) -> pd.DataFrame:
        """Read the facts of the areas in scope, from `facts/<area>.csv|parquet` or from one `facts.csv`."""
        directory = self.folder / "facts"
        if directory.is_file():
            self.problems.say("must_be_folder", where="facts", found="facts")
            return tables.empty("facts")
        if not directory.is_dir():
            frame = self.listed("facts", self.table("facts", required=True), "facts.csv")
            return self.within(frame, scope)
        whole = [path.name for suffix in table_files.SUFFIXES if (path := self.folder / f"facts{suffix}").is_file()]
        if whole:
            self.problems.say("two_files", where=whole[0], found=whole[0], other="facts/")
        paths = self.facts_files(directory)
        parts = []
        for code in sorted(paths.keys() if "areas" in self.unread else scope):
            if code in paths:
                parts.append(self.facts_of(code, paths[code]))
            elif code != self.meta.region:
                name = f"{code}.csv"
                self.problems.say("no_facts_for_area", where=f"facts/{name}", level="warning", area=code, found=name)
        if not paths:
            self.problems.say("missing_file", where=f"{self.folder.name}/facts", found="facts/*.csv")
        return pd.concat(parts, ignore_index=True) if parts else tables.empty("facts")

    def facts_files(self, directory: Path) -> dict[str, Path]:
        """Return the file of each area; a file of no area is noted, for it would never be read."""
        found = {}
        suffixes = (*table_files.SUFFIXES, *table_files.WORKBOOKS)
        shown = (p for p in directory.iterdir() if p.suffix in suffixes and not p.name.startswith((".", "~", "_")))
        known = set(self.areas["area"])
        for code in sorted({path.stem for path in shown}):
            path = table_files.locate(directory, code, "facts/", self.problems)
            if path is not None:
                found[code] = path
            if code not in known and "areas" not in self.unread:
                where = f"facts/{path.name if path else code}"
                self.problems.say("facts_of_no_area", where=where, found=code, near=nearest(code, known) or "—")
        return found

    def facts_of(self, code: str, path: Path) -> pd.DataFrame:
        """Read an area's own file, which holds its facts and no other area's."""
        label = f"facts/{path.name}"
        frame = self.listed("facts", self.file(path, "facts", label), label)
        known = set(self.areas["area"])
        for row, other in frame.loc[(frame["area"] != code) & frame["area"].isin(known), "area"].items():
            where = f"{label} row {row} column area"
            self.problems.say("facts_of_another_area", where=where, found=other, area=code)
        return frame

    def places(self, name: str, scope: set[str] | None = None) -> pd.DataFrame:
        """Read a table about places and indicators; keep the areas in scope."""
        return self.within(self.listed(name, self.table(name), f"{name}.csv"), scope)

    def claims(self, scope: set[str]) -> pd.DataFrame:
        """Read the claims; one about an indicator that this dataset does not report cannot be checked."""
        claims = self.places("claims", scope)
        known = set(self.codes["indicator"][0])
        beyond = claims["indicator"].isin(known.difference(self.meta.indicators or known))
        for row, name in claims.loc[beyond, "indicator"].items():
            where = f"claims.csv row {row} column indicator"
            self.problems.say("claim_not_reported", where=where, level="warning", found=name)
        return claims[~beyond]

    def within(self, frame: pd.DataFrame, scope: set[str] | None) -> pd.DataFrame:
        """Return the rows of the areas in scope."""
        return frame if scope is None else frame[frame["area"].isin(scope)]

    def listed(self, table: str, frame: pd.DataFrame, label: str) -> pd.DataFrame:
        """Check every code of a table against the tables that list them; give every fact a source."""
        problems = self.problems
        for column, (valid, listing) in self.codes.items():
            if column in frame and listing not in self.unread:
                spec = tables.TABLES[table].columns[column]
                tables.check_codes(frame[column], valid, label, problems, also=spec.also)
        if "unit" in frame and not self.unread.intersection(("areas", "units")):
            known = set(zip(self.units["area"], self.units["unit"], strict=True))
            pairs = frame.loc[frame["unit"] != "", ["area", "unit"]].drop_duplicates()
            wrong = [pair for pair in pairs.itertuples(index=False, name=None) if pair not in known]
            for code in sorted({code for code, _ in wrong}.intersection(self.areas["area"])):
                rows = frame.loc[frame["area"] == code, "unit"]
                tables.check_codes(rows, {u for a, u in known if a == code}, label, problems)
        if "source" in frame and "item" in frame:
            # a number must be traceable: where the sender gave no cell, the row it was read from stands in
            cell = f"{label} row " + frame.index.astype("str")
            frame = frame.assign(source=frame["source"].where(frame["source"] != "", pd.Series(cell, frame.index)))
        if "origin" in frame and self.meta.origins:
            strange = frame["origin"][~frame["origin"].isin(("", *self.meta.origins))]
            for row, origin in strange.drop_duplicates().items():
                problems.say(
                    "unknown_origin",
                    where=f"{label} row {row} column origin",
                    level="warning",
                    found=origin,
                    allowed=", ".join(self.meta.origins),
                    n=int((strange == origin).sum()),
                )
        if "state" in frame:
            both = frame[(frame["state"] != "") & frame["value"].notna()]
            for row in each_row(both):
                problems.say(
                    "state_with_value",
                    where=f"{label} row {row.Index} column state",
                    found=format(row.value, ".15g"),
                    state=row.state,
                )
        return frame


def _roots() -> list[Path]:
    stated = os.environ.get("EVALTOOLS_DATA")
    return [*([Path(stated)] if stated else []), home() / "data"]


def standard_path(name: str, folder: Path) -> Path | None:
    """Return the file of a standard: a path, or a name in the dataset's `standards/`, then in `data/standards/`."""
    direct = Path(name)
    if direct.suffix.lower() in (".yaml", ".yml") and direct.is_file():
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
