"""What `evaltools check` writes for those who sent the data: marked workbooks, and a page to sign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from evaltools import datasets, intake, table_files
from evaltools.annotation import annotate
from evaltools.findings_page import findings_html
from evaltools.metadata import read_meta
from evaltools.problems import InputError, ProblemList
from evaltools.tables import each_row
from evaltools.wording import word


def marked_workbooks(path: str, found: pd.DataFrame, out: Path, lang: str) -> list[str]:
    """Write the findings about a dataset or returns into workbooks, and return what to tell the user."""
    told = []
    for written in annotate(found, sources(path), out, lang):
        key = "annotated" if written.own else "listed_instead" if written.reason else "listed"
        reason = word(f"send_back.why_{written.reason}", lang) if written.reason else ""
        told.append(word(f"send_back.{key}", lang, path=str(written.path), file=written.label, reason=reason))
    return told


def page(path: str, found: pd.DataFrame, out: Path, lang: str) -> list[str]:
    """Write the page of the findings, and return what to tell the user."""
    title, names, notice = _about(path, lang)
    problems = ProblemList()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(findings_html(found, title, lang, names, notice), encoding="utf-8", newline="\n")
    except OSError as error:
        problems.say("out_unwritable", where=out.name, topic="send_back", found=error.strerror or "")
    problems.raise_if_any()
    return [word("send_back.paged", lang, path=str(out))]


def sources(path: str) -> dict[str, Path]:
    """Return the workbooks among what was checked, by the name that findings call each by."""
    try:
        place = datasets.find(path)
    except InputError:
        return {}
    if place.is_file():
        return {place.name: place} if intake.is_return(place) else {}
    folder = place if datasets.of_returns(place) else place / intake.FOLDER
    return {file.relative_to(place).as_posix(): file for file in intake.returns_in(folder)} if folder.is_dir() else {}


def _about(path: str, lang: str) -> tuple[str, Mapping[str, str], str]:
    """Return the title of what was checked, the names of its areas as far as it says, and that it is synthetic."""
    try:
        place = datasets.find(path)
        if datasets.of_returns(place):
            sent = datasets.sent(place)
            areas, notice = sent.areas, sent.notice.get(lang, "")
            title = place.stem if place.is_file() else place.resolve().name
        else:
            meta = read_meta(place, ProblemList())
            areas = table_files.read(place / "areas.csv", "areas", "areas.csv", ProblemList(), meta.encoding)
            notice = getattr(meta, f"notice_{lang}") if meta.synthetic else ""
            title = getattr(meta, f"title_{lang}")
        return title, {row.area: getattr(row, f"name_{lang}") or row.name_zh for row in each_row(areas)}, notice
    except (InputError, OSError):
        return Path(path).name, {}, ""
