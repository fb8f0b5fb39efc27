"""The files of `evaltools template --map`: what is known before a draft is made, and where the draft goes."""

from __future__ import annotations

from pathlib import Path

from evaltools import datasets, intake, table_files, tables
from evaltools.catalogue import load_catalogue
from evaltools.mapping_draft import Drafted, drafted
from evaltools.mappings import own_path
from evaltools.metadata import read_meta
from evaltools.problems import InputError, ProblemList
from evaltools.returns import Known


def write_draft(file: str, out: str | None = None, data: str | None = None, lang: str = "zh") -> tuple[Path, Drafted]:
    """Draft the mapping of a workbook, write it, and return where it is and what it says.

    out: FILE.map.yaml beside the workbook if not given. data: the dataset whose areas, units and catalogue are known;
    the national catalogue alone if not given. Raises InputError if the workbook cannot be read, or the draft would
    replace a file that is there.
    """
    problems = ProblemList()
    path = Path(file)
    target = Path(out) if out else own_path(path)
    if not path.is_file():
        problems.say("no_workbook", where=file, topic="mapping", found=file)
    elif target.exists():
        problems.say("draft_is_there", where=str(target), topic="mapping", found=target.name)
    problems.raise_if_any()
    draft = drafted(path, known_of(data, problems), lang)
    try:
        # "x": never over a file, even one that appeared meanwhile
        with target.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(draft.text)
    except OSError as error:
        problems.say("cannot_write", where=str(target), topic="mapping", found=error.strerror or str(error))
        raise InputError(problems.frame()) from None
    return target, draft


def known_of(data: str | None, problems: ProblemList) -> Known:
    """Return the catalogue, areas and units of a dataset, of which nothing else is read; raises InputError."""
    national = datasets.home() / "data" / "catalogue"
    folder = None if data is None else datasets.find(data)
    if folder is None or not folder.is_dir():
        catalogue = load_catalogue(national, national / "none", problems)
        places = {name: tables.empty(name) for name in ("areas", "units")}
    else:
        meta = read_meta(folder, problems)
        catalogue = load_catalogue(national, folder / "catalogue", problems, meta.encoding)
        places = {}
        for name in ("areas", "units"):
            found = table_files.locate(folder, name, "", problems)
            empty = tables.empty(name)
            places[name] = (
                empty if found is None else table_files.read(found, name, found.name, problems, meta.encoding)
            )
    problems.raise_if_any()
    return intake.known_of(catalogue, places["areas"], places["units"])
