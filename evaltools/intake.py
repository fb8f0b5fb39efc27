"""From files as counties send them to the tables of a dataset: one file, or a folder of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd

from evaltools import arrivals, formulas, table_checks, table_files, tables
from evaltools.catalogue import OF_UNITS, Catalogue
from evaltools.metadata import Meta
from evaltools.problems import ProblemList
from evaltools.returns import Known, Return
from evaltools.tables import each_row

if TYPE_CHECKING:
    from evaltools.mappings import WorkbookMapping

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et", ".ods", ".docx", ".html", ".htm")
"""How the name of a return ends; what is inside is told by its content."""

MAPPINGS = (".map.yaml", "mapping.yaml")
"""How the name of a mapping ends that lies beside returns."""

FOLDER = "returns"
"""The folder of a dataset in which returns lie as they were sent."""


def is_return(path: Path) -> bool:
    """Whether a file is one that a county may send, by its name."""
    return path.suffix.lower() in WORKBOOKS and not path.name.startswith((".", "~$", "_"))


def returns_in(folder: Path) -> list[Path]:
    """Return the returns in a folder and the folders below it, in the order of their names."""
    found = (path for path in folder.rglob("*") if is_return(path) and path.is_file())
    return sorted(
        path for path in found if not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )


def known_of(catalogue: Catalogue, areas: pd.DataFrame, units: pd.DataFrame) -> Known:
    """Return what is known before a return is read."""
    words = {row.text: (row.meaning, row.ambiguous == "yes") for row in each_row(catalogue.cell_words)}
    return Known(catalogue.items, catalogue.indicators, areas, units, words)


def files_of(path: Path) -> list[Path]:
    """Return the returns that a path holds, and the mappings that say how to read them."""
    folder = path if path.is_dir() else path.parent
    mappings = sorted(folder.rglob("*.yaml")) if path.is_dir() else sorted(folder.glob("*.yaml"))
    return [*(returns_in(path) if path.is_dir() else [path]), *mappings]


def read(path: Path, catalogue: Catalogue, problems: ProblemList) -> Return:
    """Read what was sent without a dataset around it: a workbook, a folder of them, or one table of facts.

    Areas and units are those the files name, and the areas that were asked.
    """
    known = known_of(catalogue, tables.empty("areas"), tables.empty("units"))
    if path.is_dir():
        return read_returns(path, path, known, problems)
    if path.suffix.lower() in table_files.SUFFIXES:
        facts = table_files.read(path, "facts", path.name, problems)
        table_checks.check_key(facts, "facts", path.name, problems)
        return Return(facts=facts, areas=_areas(facts), units=_units(facts))
    found = read_return(path, path.name, known, problems)
    return _with_places(found, found.expected if found.areas.empty else {})


def read_returns(folder: Path, root: Path, known: Known, problems: ProblemList) -> Return:
    """Read every return in a folder as one.

    The same number sent twice is named at both cells, and so is every area that was asked and has sent nothing.
    """
    paths = returns_in(folder)
    mappings: dict[Path, WorkbookMapping | None] = {}
    parts = [read_return(path, path.relative_to(root).as_posix(), known, problems, mappings) for path in paths]
    whole = Return(
        facts=_joined((part.facts for part in parts), "facts"),
        claims=_joined((part.claims for part in parts), "claims"),
        areas=_joined((part.areas for part in parts), "areas").drop_duplicates("area"),
        units=_joined((part.units for part in parts), "units").drop_duplicates(["area", "unit"]),
        expected={code: name for part in parts for code, name in part.expected.items()},
        notice=next((part.notice for part in parts if any(part.notice.values())), {}),
    )
    table_checks.check_key(whole.facts, "facts", folder.name, problems)
    arrivals.note_absent(parts, folder.name, problems)
    arrivals.note_unread(folder, root, set(paths), WORKBOOKS, problems)
    return _with_places(whole, whole.expected) if known.areas.empty else whole


def read_return(
    path: Path,
    label: str,
    known: Known,
    problems: ProblemList,
    loaded: dict[Path, WorkbookMapping | None] | None = None,
) -> Return:
    """Read one return: our own template, or another layout with the mapping that lies beside it.

    Without a mapping it is refused with the command that drafts one. loaded: the mappings read so far, each once,
    for one may serve a whole folder.
    """
    # what opens workbooks takes a second to import, and a dataset of CSV files never needs it
    from evaltools import findings_sheet, mapped_return, mappings, sheets, template_return

    said = ProblemList()
    found = sheets.read_sheets(path, label, said)
    # a workbook that was marked and sent back carries our list of findings
    found = [sheet for sheet in found if not (sheet.rows and findings_sheet.is_list(sheet.rows[0][0]))]
    ours = template_return.is_template(found)
    # the totals of our own workbook are formulas; those that somebody else's program left without a result say nothing
    of_file = said.frame()
    problems.extend(of_file[of_file["rule"] != "uncached"] if ours else of_file)
    if not any(value is not None for sheet in found for row in sheet.rows for value in row):
        return Return()  # why has been said
    if ours:
        return template_return.read_template(found, label, known, problems)
    place = mappings.mapping_path(path)
    if place is None:
        shown = f'"{path.name}"' if re.search(r"[\s()&;']", path.name) else path.name
        problems.say("no_mapping", where=label, topic="intake", found=path.name, command=shown)
        return Return()
    loaded = {} if loaded is None else loaded
    if place not in loaded:
        beside = PurePosixPath(label).with_name(place.name).as_posix()
        loaded[place] = mappings.load_mapping(place, known, problems, beside)
    mapping = loaded[place]
    if mapping is None:
        return Return()
    problems.findings.update(mapped_return.FINDINGS)
    return mapped_return.read_mapped(found, label, mapping, known, problems)


def meta_of(path: Path, found: Return, catalogue: Catalogue) -> Meta:
    """Return what can be said of returns alone: name, origins, indicators they can give, whether they are synthetic."""
    asked = set(found.facts["item"])
    origins = tuple(sorted(set(found.facts["origin"]) - {""}))
    reported = _computable(catalogue, asked) | set(found.claims["indicator"])
    name = path.stem if path.is_file() else path.resolve().name
    notices = {f"notice_{lang}": text for lang, text in found.notice.items()}
    synthetic = any(notices.values())
    indicators = tuple(sorted(reported))
    return Meta(name, name, name, origins=origins, indicators=indicators, synthetic=synthetic, **notices)


def _computable(catalogue: Catalogue, asked: set[str]) -> set[str]:
    """Return the indicators all of whose items were asked."""
    found = set()
    rows = catalogue.indicators
    for row in each_row(rows[~rows["kind"].isin(OF_UNITS)]):
        terms = formulas.parse(row.numerator) + (formulas.parse(row.denominator) if row.denominator else ())
        if formulas.items(terms) <= asked:
            found.add(row.indicator)
    of_units = rows[rows["kind"].isin(OF_UNITS)]
    return found | {row.indicator for row in each_row(of_units) if row.numerator.split()[0] in found}


def _joined(frames: Iterable[pd.DataFrame], table: str) -> pd.DataFrame:
    kept = [frame for frame in frames if not frame.empty]
    return pd.concat(kept) if kept else tables.empty(table)


def _with_places(found: Return, expected: Mapping[str, str]) -> Return:
    """Complete areas and units by those that the facts name and those awaited."""
    named = _filled("areas", area=pd.Series(list(expected)), name_zh=pd.Series(list(expected.values())))
    areas = pd.concat([found.areas, named, _areas(found.facts)]).drop_duplicates("area").reset_index(drop=True)
    units = pd.concat([found.units, _units(found.facts)]).drop_duplicates(["area", "unit"]).reset_index(drop=True)
    return replace(found, areas=areas, units=units)


def _areas(facts: pd.DataFrame) -> pd.DataFrame:
    codes = facts["area"].drop_duplicates()
    return _filled("areas", area=codes, name_zh=codes)


def _units(facts: pd.DataFrame) -> pd.DataFrame:
    pairs = facts.loc[facts["unit"] != "", ["area", "unit"]].drop_duplicates()
    return _filled("units", area=pairs["area"], unit=pairs["unit"], name_zh=pairs["unit"])


def _filled(table: str, **columns: pd.Series) -> pd.DataFrame:
    blank = dict.fromkeys(tables.TABLES[table].columns, "")
    return pd.DataFrame(blank | columns, index=next(iter(columns.values())).index, dtype="str").reset_index(drop=True)
