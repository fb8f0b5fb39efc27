"""Finding a dataset and reading it: the only place where the data model meets the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from evaltools import intake, object_views, returns_store, standards, table_files, table_rules
from evaltools.catalogue import Catalogue, load_catalogue
from evaltools.dataset_reader import Reader
from evaltools.hierarchy import check_places, scope_of
from evaltools.judged_lines import check_scored
from evaltools.ledger import APPLIED, STAGES, Stage, apply_adjustments
from evaltools.metadata import FILE, Meta, read_meta
from evaltools.problems import InputError, ProblemList, file_of, nearest, nothing_passes
from evaltools.remarks import Remark
from evaltools.remarks import read as read_remarks
from evaltools.returns import Return

STANDARD_SUFFIXES = (".yaml", ".xlsx")
STANDARDS = "EVALTOOLS_STANDARDS"
"""Environment variable by which a run tells its notebooks where a standard given as a file lies."""


_READABLE = ", ".join((*intake.WORKBOOKS, *table_files.SUFFIXES))

_OF_RETURNS = (*intake.WORKBOOKS, *intake.MAPPINGS)

_OF_VALUES = ("not_a_number", "below_minimum", "above_maximum", "state_with_value")

OWN_TABLES = ("areas", "units", "facts", "adjustments", "claims", "targets", "judgements", "samples", "breaks")
"""Tables that lie in a dataset's own folder; those of the catalogue lie in its `catalogue/`."""


@dataclass(frozen=True, eq=False)
class Data:
    """One dataset, or one area's part of it. Frames have the columns of `tables.TABLES`.

    `catalogue` is the table of indicators. `facts` hold every origin's value after the adjustments of `stage`;
    `remarks` are the problems met while reading that did not stop it, in the columns of `problems.COLUMNS`. `sent` is
    what was read of returns, for all areas and before any adjustment. `written` is what people wrote beside
    the numbers, by area (`remarks`).
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
    samples: pd.DataFrame
    breaks: pd.DataFrame
    standard: standards.Standard | None
    meta: Meta
    area: str | None
    stage: Stage
    remarks: pd.DataFrame
    folder: Path
    standard_name: str = ""
    sent: Return = field(default_factory=Return, repr=False)
    written: Mapping[str, tuple[Remark, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def region(self) -> Data:
        """The whole dataset at the same stage and standard; read when first asked for."""
        if self.area is None:
            return self
        return load(str(self.folder), stage=self.stage, standard=self.standard_name or None)

    def __repr__(self) -> str:
        return object_views.data_text(self)

    def _repr_html_(self) -> str:
        return object_views.data_html(self)

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
    """Return the folder of a dataset, or the returns, given by name or by path; raises InputError."""
    problems = ProblemList()
    with suppress(OSError, UnicodeError, ValueError):  # a name that no file can have, or a folder that must not be read
        path = Path(name)
        stated = path.is_absolute() or len(path.parts) > 1
        if path.is_dir() and (stated or (path / FILE).exists() or of_returns(path)):
            return path
        if _is_readable(path) and not _of_dataset(path):
            return path
        for root in _roots() if name and not stated else ():
            if (root / name).is_dir() or _is_readable(root / name):
                return root / name
        if path.is_file():
            key, topic = ("not_a_folder", "findings") if _of_dataset(path) else ("not_a_return", "intake")
            problems.say(key, where=path.name, topic=topic, found=path.name, allowed=_READABLE)
        elif path.is_dir():
            return path  # no dataset is called so: what this folder lacks is said when it is read
    if not len(problems):
        found = names()
        near = nearest(name, found) or ", ".join(found) or "—"
        problems.say("unknown_dataset", where=name or "--data", found=name, near=near)
    raise InputError(problems.frame())


def _is_readable(path: Path) -> bool:
    return path.is_file() and (intake.is_return(path) or path.suffix.lower() in table_files.SUFFIXES)


def _of_dataset(path: Path) -> bool:
    """Whether a file is a table of a dataset, which is read as a whole."""
    folder = path.resolve().parent
    return path.suffix.lower() in table_files.SUFFIXES and any((at / FILE).exists() for at in (folder, folder.parent))


def load(name: str = "example", area: str | None = None, stage: str = "final", standard: str | None = None) -> Data:
    """Read a dataset, or one area of it.

    name: a dataset in EVALTOOLS_DATA or `home/data`, or a path: of a dataset folder, or of what counties sent (a
        workbook, a folder of them, one table of facts as CSV or Parquet). Returns alone know no region and no
        history: the indicators are those that what was asked can give.
    area: its code (text); its facts, claims and adjustments are read, no other area's. The areas below it come
        with it. None reads everything.
    stage: which adjustments apply: `reported` none, `verified` those after verification, `final` all.
    standard: name or file of a scoring standard; None takes the dataset's own (it may have none).

    Raises InputError with every problem at once.

    Examples:
    >>> import evaltools as ev
    >>> data = ev.load("example", area="990101", stage="final")
    >>> data.area_name("990101", "en"), data.standard.id, len(data.units) > 0
    ('Wangxi District', 'basic_public_health', True)
    """
    return _opened(find(name), area, stage, standard)


def load_to_check(name: str) -> Data:
    """Read a dataset so that as much of it as possible can be checked.

    As `load`, but a value that is no number is a remark of level error and missing, instead of refusing all others.
    """
    return _opened(find(name), None, "final", None, _in_cell)


def _in_cell(rule: str, where: str) -> bool:
    """Whether an error is about one value, which comes back blank, or one return: all others can still be checked."""
    return rule in _OF_VALUES or "!" in where or file_of(where).lower().endswith(_OF_RETURNS)


def _opened(
    folder: Path,
    area: str | None,
    stage: str,
    standard: str | None,
    passes: Callable[[str, str], bool] = nothing_passes,
) -> Data:
    problems = ProblemList()
    try:
        return _load(folder, area, stage, standard, problems, passes)
    except OSError as error:
        # a folder that must not be opened; a file would have been named where it was read
        where = Path(error.filename or folder).name
        problems.say("cannot_open", where=where, evidence=error.strerror or error)
        raise InputError(problems.frame()) from None


def _load(
    folder: Path,
    area: str | None,
    stage: str,
    standard: str | None,
    problems: ProblemList,
    passes: Callable[[str, str], bool],
) -> Data:
    if stage not in STAGES:
        problems.say("not_allowed", where="stage", column="stage", found=stage, allowed=", ".join(STAGES))
    national = home() / "data" / "catalogue"
    if not national.is_dir():
        problems.say("no_catalogue", where="data/catalogue")
        problems.raise_if_any()
    read, catalogue, meta = (_of_returns if of_returns(folder) else _of_folder)(folder, national, problems)
    check_places(read.areas, read.units, meta, problems, read.unread)
    scope = scope_of(area, read.areas, problems)
    before = len(problems)
    facts = read.facts(scope)
    adjustments = read.places("adjustments", scope)
    sound = problems.sound_since(before, passes)
    claims = read.claims(scope)
    judgements = read.places("judgements", scope)
    samples = read.places("samples", scope)
    targets = read.places("targets")
    table_rules.check_targets(targets, "targets.csv", problems)
    breaks = read.places("breaks")
    table_rules.check_breaks(breaks, "breaks.csv", problems)
    if sound:
        facts = apply_adjustments(facts, adjustments, APPLIED.get(stage, ()), meta.origins, problems)
    standard_name = meta.standard if standard in (None, "") else str(standard)
    scoring = _read_standard(standard_name, folder, catalogue, problems)
    if scoring is not None:
        check_scored(targets, judgements, scoring, problems, facts["period"].unique())
    problems.raise_if_any(passes)
    places = sorted(read.areas["area"]) if area is None else [area]
    written = read_remarks(folder, places, meta.region, problems, whole=area is None)
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
        adjustments=adjustments,
        claims=claims,
        targets=targets,
        judgements=judgements.reset_index(drop=True),
        samples=samples,
        breaks=breaks.reset_index(drop=True),
        standard=scoring,
        meta=meta,
        area=area,
        stage=stage,  # type: ignore[arg-type]
        remarks=problems.frame(),
        folder=folder,
        standard_name=standard_name,
        sent=read.sent,
        written=written,
    )


def _of_folder(folder: Path, national: Path, problems: ProblemList) -> tuple[Reader, Catalogue, Meta]:
    meta = read_meta(folder, problems)
    catalogue = load_catalogue(national, folder / "catalogue", problems, meta.encoding)
    table_files.note_unread(folder, OWN_TABLES, "", problems)
    return Reader(folder, meta, catalogue, problems), catalogue, meta


def _of_returns(path: Path, national: Path, problems: ProblemList) -> tuple[Reader, Catalogue, Meta]:
    catalogue = load_catalogue(national, path / "catalogue", problems)
    found = returns_store.once(intake.files_of(path), lambda noted: intake.read(path, catalogue, noted), problems)
    meta = intake.meta_of(path, found, catalogue)
    return Reader(path, meta, catalogue, problems, found), catalogue, meta


def sent(path: Path) -> Return:
    """Return what can be read of returns, whatever is wrong with the rest."""
    problems = ProblemList()
    catalogue = load_catalogue(home() / "data" / "catalogue", path / "catalogue", problems)
    return intake.read(path, catalogue, problems)


def of_returns(path: Path) -> bool:
    """Whether a path is no dataset but what counties sent: a file, or a folder of workbooks without tables."""
    if path.is_file():
        return True
    tables_of = {f"{name}{suffix}" for name in OWN_TABLES for suffix in table_files.SUFFIXES}
    has_tables = (path / "facts").exists() or any(at.name in tables_of for at in path.iterdir())
    return not (path / FILE).exists() and not has_tables and bool(intake.returns_in(path))


def _roots() -> list[Path]:
    stated = os.environ.get("EVALTOOLS_DATA")
    return [*([Path(stated)] if stated else []), home() / "data"]


def standard_path(name: str, folder: Path) -> Path | None:
    """Return the file of a standard: a path, or a name in the dataset's `standards/`, then in `data/standards/`."""
    direct = Path(name)
    if direct.suffix.lower() in (".yaml", ".yml", ".xlsx") and direct.is_file():
        return direct
    own = os.environ.get(STANDARDS)
    for root in (*([Path(own)] if own else []), folder / "standards", home() / "data" / "standards"):
        for suffix in STANDARD_SUFFIXES:
            if (path := root / f"{name}{suffix}").is_file():
                return path
    return None


def _read_standard(name: str, folder: Path, catalogue: Catalogue, problems: ProblemList) -> standards.Standard | None:
    if not name:
        return None
    path = standard_path(name, folder)
    if path is None:
        roots = (folder / "standards", home() / "data" / "standards")
        known = sorted(
            {p.stem for root in roots if root.is_dir() for p in root.glob("*.*") if p.suffix in STANDARD_SUFFIXES}
        )
        problems.say("unknown_standard", where="standard", found=name, near=nearest(name, known) or ", ".join(known))
        return None
    try:
        return standards.load_standard(path, catalogue=catalogue.indicators)
    except InputError as error:
        problems.extend(error.problems)
        return None
