"""The files of `evaltools template`: which areas and period, and where each workbook goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evaltools import datasets, periods, plans, template_cells
from evaltools.problems import InputError, ProblemList, nearest
from evaltools.template_content import Form, forms
from evaltools.template_workbook import workbook

SUFFIX = ".xlsx"


def write_templates(
    out: str,
    data: str = "example",
    areas: Sequence[str] = (),
    period: str | None = None,
    lang: str | None = None,
    units_in_rows: bool = False,
) -> list[Path]:
    """Write the workbooks in which areas report a period, and return their paths.

    out: an .xlsx file for one area, or a folder for one file an area. areas: codes; all that are evaluated and exist
    in the period if none is given. period: the year after the latest of the data if not given. lang: the dataset's
    own if not given. Raises InputError, before anything is written, also where a file of other content would be lost.
    """
    problems = ProblemList()
    known = datasets.load(data)
    if period is None:
        years = plans.years(known)
        period = str(int(years[-1]) + 1) if years else ""
        if not period:
            problems.say("no_latest", where="--period", topic="template")
            raise InputError(problems.frame())
    codes = list(areas) or _all_areas(known, period)
    for code in codes:
        if code not in set(known.areas["area"]):
            near = nearest(code, known.areas["area"]) or ", ".join(known.counties()[:3])
            problems.say("unknown_area", where=f"--area {code}", found=code, near=near)
    if not codes:
        problems.say("no_areas", where="--area", topic="template")
    target = Path(out)
    to_file = target.suffix.lower() == SUFFIX and not target.is_dir()
    if to_file and len(codes) > 1:
        problems.say("several_areas", where=f"--out {out}", topic="template", n=len(codes), first_area=codes[0])
    elif not to_file and target.suffix and not target.is_dir():
        problems.say("must_be_xlsx", where=f"--out {out}", topic="template", found=out)
    problems.raise_if_any()
    files = {}
    for form in forms(known, codes, period, lang or known.meta.language):
        path = target if to_file else target / file_name(form)
        files[path] = workbook(form, units_in_rows)
    for path, content in files.items():
        if path.exists() and not _same(path, content):
            problems.say("exists", where=str(path), topic="template")
    problems.raise_if_any()
    for path, content in files.items():
        try:
            template_cells.write(path, content)
        except OSError as error:
            problems.say("cannot_write", where=str(path), topic="template", evidence=error.strerror or error)
            raise InputError(problems.frame()) from None
    return list(files)


def file_name(form: Form) -> str:
    """Return a name for the workbook of an area, one that every system allows."""
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*.\s]+', " ", form.name).strip()[:40].strip()
    return "_".join(filter(None, (form.area, name, form.period.replace("/", "_")))) + SUFFIX


def _all_areas(data: datasets.Data, period: str) -> list[str]:
    if period.isascii() and periods.is_period(period) and period != periods.UNKNOWN:
        return plans.counties(data, period)
    return data.counties()


def _same(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False
