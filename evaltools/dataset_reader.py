"""Reading the tables of one dataset, a folder or returns alone, every row with the place it came from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evaltools import intake, periods, returns_store, table_checks, table_files, tables
from evaltools.catalogue import Catalogue
from evaltools.clean_facts import Listed, clean_facts
from evaltools.hierarchy import split_among
from evaltools.metadata import FILE, Meta
from evaltools.problems import ProblemList, nearest
from evaltools.returns import Return
from evaltools.tables import each_row


class Reader:
    """Reads the tables of one dataset, all into the same list of problems.

    `given` are the tables of returns that came without a dataset; then nothing else is read. `unread` are the tables
    that could not be read as a whole. That is said once: no code is looked up in them.
    """

    def __init__(
        self,
        folder: Path,
        meta: Meta,
        catalogue: Catalogue,
        problems: ProblemList,
        given: Return | None = None,
    ) -> None:
        self.folder, self.meta, self.problems, self.given = folder, meta, problems, given
        self.unread = set(catalogue.unread)
        self.areas, self.units = split_among(self.table("areas", required=True)), split_among(self.table("units"))
        self.codes = {
            "area": (self.areas["area"], "areas"),
            "item": (catalogue.items["item"], "items"),
            "indicator": (catalogue.indicators["indicator"], "indicators"),
        }
        self.check_lists(catalogue)
        self.sent = self.returns(catalogue)

    def returns(self, catalogue: Catalogue) -> Return:
        """Read the returns that lie in the dataset as they were sent."""
        folder = self.folder / intake.FOLDER
        if self.given is not None:
            return self.given
        if not folder.is_dir():
            return Return()
        known = intake.known_of(catalogue, self.areas, self.units)
        return returns_store.once(
            intake.files_of(folder),
            lambda problems: intake.read_returns(folder, self.folder, known, problems),
            self.problems,
        )

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
        if self.given is not None:
            return getattr(self.given, name, tables.empty(name))
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
        table_checks.check_key(frame, table, label, self.problems)
        return frame

    def facts(self, scope: set[str]) -> pd.DataFrame:
        """Read the facts of the areas in scope: those of the tables and those of returns, or of returns alone."""
        if self.given is not None:
            return self.within(self.listed("facts", self.given.facts, self.folder.name), scope)
        own = self.own_facts(scope)
        if self.sent.facts.empty:
            return own
        sent = self.within(self.listed("facts", self.sent.facts, intake.FOLDER), scope)
        key = list(tables.TABLES["facts"].key)
        twice = _under_one_name(sent).merge(_under_one_name(own), on=key, suffixes=("", "_own"))
        for row in each_row(twice):
            found = ", ".join(f"{name}={getattr(row, name)}" for name in key if getattr(row, name))
            self.problems.say("duplicate_key", where=row.source, first=row.source_own, found=found)
        return pd.concat([own, sent], ignore_index=True)

    def own_facts(self, scope: set[str]) -> pd.DataFrame:
        """Read the facts of the areas in scope, from `facts/<area>.csv|parquet` or from one `facts.csv`."""
        directory = self.folder / "facts"
        sent = set(self.sent.facts["area"])
        if directory.is_file():
            self.problems.say("must_be_folder", where="facts", found="facts")
            return tables.empty("facts")
        if not directory.is_dir():
            path = table_files.locate(self.folder, "facts", "", ProblemList())
            quick = None if path is None else self.clean([("", path.name, path)])
            if quick is None:
                label = "facts.csv" if path is None else path.name
                quick = self.listed("facts", self.table("facts", required=not sent), label)
            return self.within(quick, scope)
        whole = [path.name for suffix in table_files.SUFFIXES if (path := self.folder / f"facts{suffix}").is_file()]
        if whole:
            self.problems.say("two_files", where=whole[0], found=whole[0], other="facts/")
        paths = self.facts_files(directory)
        wanted = sorted(paths.keys() if "areas" in self.unread else scope)
        for code in wanted:
            if code not in paths and code != self.meta.region and code not in sent:
                name = f"{code}.csv"
                self.problems.say("no_facts_for_area", where=f"facts/{name}", level="warning", area=code, found=name)
        if not paths:
            self.problems.say("missing_file", where=f"{self.folder.name}/facts", found="facts/*.csv")
        files = [(code, f"facts/{paths[code].name}", paths[code]) for code in wanted if code in paths]
        quick = self.clean(files)
        if quick is not None:
            return quick
        parts = [self.facts_of(code, path) for code, _, path in files]
        return pd.concat(parts, ignore_index=True) if parts else tables.empty("facts")

    def clean(self, files: Sequence[tuple[str, str, Path]]) -> pd.DataFrame | None:
        """Return the facts of files about which there is nothing to say, None if there may be."""
        if self.unread:
            return None
        units = set(zip(self.units["area"], self.units["unit"], strict=True))
        codes = {name: set(valid) for name, (valid, _) in self.codes.items()}
        listed = Listed(codes["area"], units, codes["item"], self.meta.origins)
        return clean_facts(files, listed, self.meta.encoding)

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
        if self.given is None and not self.sent.claims.empty:
            claims = pd.concat([claims, self.within(self.listed("claims", self.sent.claims, intake.FOLDER), scope)])
        known = set(self.codes["indicator"][0])
        beyond = claims["indicator"].isin(known.difference(self.meta.indicators or known))
        for row, name in claims.loc[beyond, "indicator"].items():
            where = tables.place("claims.csv", row, "indicator")
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
                table_checks.check_codes(frame[column], valid, label, problems, also=spec.also)
        if "unit" in frame and not self.unread.intersection(("areas", "units")):
            known = set(zip(self.units["area"], self.units["unit"], strict=True))
            pairs = frame.loc[frame["unit"] != "", ["area", "unit"]].drop_duplicates()
            wrong = [pair for pair in pairs.itertuples(index=False, name=None) if pair not in known]
            for code in sorted({code for code, _ in wrong}.intersection(self.areas["area"])):
                rows = frame.loc[frame["area"] == code, "unit"]
                table_checks.check_codes(rows, {u for a, u in known if a == code}, label, problems)
        if "source" in frame and "item" in frame:
            # a number must be traceable: where the sender gave no cell, the row it was read from stands in
            blank = frame["source"] == ""
            if blank.any():
                cells = pd.Series([tables.place(label, row) for row in frame.index[blank]], frame.index[blank])
                frame = frame.assign(source=frame["source"].mask(blank, cells).astype("str"))
        if "origin" in frame and self.meta.origins:
            strange = frame["origin"][~frame["origin"].isin(("", *self.meta.origins))]
            for row, origin in strange.drop_duplicates().items():
                problems.say(
                    "unknown_origin",
                    where=tables.place(label, row, "origin"),
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
                    where=tables.place(label, row.Index, "state"),
                    found=format(row.value, ".15g"),
                    state=row.state,
                )
        return frame


def _under_one_name(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the key and source of facts, each period under its shortest name."""
    names = {period: periods.shortest(period) for period in facts["period"].unique() if period}
    named = facts.assign(period=facts["period"].map(names).astype("str"))
    return named[[*tables.TABLES["facts"].key, "source"]]
