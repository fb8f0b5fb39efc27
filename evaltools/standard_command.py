"""`evaltools standard`: whether a scoring standard can be used, and the same standard as another kind of file."""

from __future__ import annotations

from pathlib import Path

from evaltools import datasets
from evaltools.catalogue import load_catalogue
from evaltools.problems import InputError, ProblemList
from evaltools.standard_files import write_standard_file
from evaltools.standards import Standard, load_standard
from evaltools.wording import word


def check_standard(file: str, out: str | None = None, data: str | None = None) -> tuple[Standard, Path]:
    """Return a standard that can be used and its file; with `out`, written there as YAML or as a workbook.

    file: a path, or the name of a standard that comes with the program. data: the dataset whose catalogue knows the
    indicators too; the national catalogue alone if not given. Raises InputError with everything that is wrong.
    """
    problems = ProblemList()
    path = Path(file)
    if not path.is_file():
        known = datasets.standard_path(file, datasets.find(data) if data else Path())
        if known is None:
            problems.say("no_file", rule="standard_sheets_no_file", where=file, topic="standard_sheets", found=file)
            raise InputError(problems.frame())
        path = known
    national = datasets.home() / "data" / "catalogue"
    own = national / "none" if data is None else datasets.find(data) / "catalogue"
    catalogue = load_catalogue(national, own, problems).indicators
    problems.raise_if_any()
    if out is None:
        return load_standard(path, catalogue), path
    return write_standard_file(path, out, catalogue), path


def summary(standard: Standard, file: str, lang: str) -> str:
    """Return what a standard that can be used consists of, in a line."""
    lines = [line for _, line in standard.lines]
    counts = {mark: sum(line.mark == mark for line in lines) for mark in ("verified", "general")}
    sections = len(standard.sections)
    total = f"{standard.total:f}"
    return word("standard_sheets.summary", lang, file=file, sections=sections, lines=len(lines), total=total, **counts)
