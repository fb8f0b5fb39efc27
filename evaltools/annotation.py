"""Findings on the way back to their sender: marked in the sender's own workbook, or listed in one of our own.

The marks are written into the file's own parts (`workbook_parts`): values, formulas and their results, formats,
validations, charts, pictures and whatever else it holds stay as they are. Where that cannot be, the reason is said
and the findings go into a workbook of their own.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import python_calamine

from evaltools import wording
from evaltools.cell_marks import Place, addresses, anchors, cells, mark
from evaltools.cell_notes import add_notes, discussed
from evaltools.cell_styles import Styles
from evaltools.findings_sheet import add_list, findings_workbook, lines
from evaltools.problems import LEVELS, ProblemList
from evaltools.tables import each_row
from evaltools.wording import word
from evaltools.workbook_parts import UnkeptError, read

WORKBOOKS = (".xlsx", ".xlsm")
_SHOWN = 10


@dataclass(frozen=True)
class Written:
    """A workbook that was written: whose findings (`label`, "" for all), where, and why not in the sender's own."""

    label: str
    path: Path
    own: bool
    reason: str = ""


def annotate(found: pd.DataFrame, sources: Mapping[str, Path], out: Path, lang: str = "zh") -> list[Written]:
    """Write findings (columns of `problems.COLUMNS`) for those who sent the data, and return what was written.

    sources: the workbooks that were checked, by the name that the findings call them by. One goes to the file `out`.
    Of several, `out` is a folder: each that something was found in, and the list of all; a file named .xlsx holds the
    list alone, as it does for data that came in no workbook. The same findings give the same bytes. Raises InputError
    where `out` cannot be written or would replace what was sent.
    """
    _allowed(sources, out)
    if len(sources) == 1:
        label, source = next(iter(sources.items()))
        return [_send_back(found, label, source, out, lang, instead=out.with_suffix(".xlsx"))]
    if out.suffix.lower() in WORKBOOKS:
        return [_list_alone(found, "", out, lang)]
    written, title = [], word("send_back.sheet", lang)
    for label, source in sorted(sources.items()):
        rows = found[[label in _files(where) for where in found["where"]]]
        if len(rows):
            instead = (out / label).with_name(f"{Path(label).stem}-{title}.xlsx")
            target = out / label
            own = target if target.suffix.lower() in WORKBOOKS else target.with_suffix(".xlsx")  # its content decides
            written.append(_send_back(rows, label, source, own, lang, instead))
    return [*written, _list_alone(found, "", out / f"{title}.xlsx", lang)]


def _files(where: str) -> set[str]:
    """Return the files that a place names, be it by a cell, a sheet or the file alone."""
    return {file for file, _, _ in addresses(where)} | {where.partition("!")[0]}


def _allowed(sources: Mapping[str, Path], out: Path) -> None:
    problems = ProblemList()
    one_file = len(sources) <= 1
    if one_file and out.suffix.lower() not in WORKBOOKS:
        problems.say("out_not_workbook", where=out.name, topic="send_back", found=out.name)
    targets = {out, *(out / label for label in sources)} if not one_file else {out}
    for source in sources.values():
        if any(target.resolve() == source.resolve() for target in targets):
            problems.say("out_is_source", where=source.name, topic="send_back")
    problems.raise_if_any()


def _send_back(found: pd.DataFrame, label: str, source: Path, out: Path, lang: str, instead: Path) -> Written:
    try:
        content = marked(source, label, found, lang, macros=out.suffix.lower() == ".xlsm")
    except UnkeptError as error:
        return _list_alone(found, label, instead, lang, error.reason)
    _write(out, content)
    return Written(label, out, own=True)


def _list_alone(found: pd.DataFrame, label: str, out: Path, lang: str, reason: str = "") -> Written:
    _write(out, findings_workbook(lines(found, lang), lang).written())
    return Written(label, out, own=False, reason=reason)


def _write(out: Path, content: bytes) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        problems = ProblemList()
        problems.say("out_unwritable", where=out.name, topic="send_back", found=error.strerror or "")
        problems.raise_if_any()


def marked(source: Path, label: str, found: pd.DataFrame, lang: str, macros: bool = False) -> bytes:
    """Return a workbook with the findings about its cells as colours and comments, and a list of all at its end.

    Raises UnkeptError when it could not be written with all that it holds.
    """
    package = read(source, macros)
    try:
        styles = Styles(package)
        sheets = package.sheets()
        for sheet, rows in _by_sheet(found, label).items():
            if sheet in sheets:
                part = sheets[sheet]
                root = package.change(part)
                seen = anchors(root)
                merged: dict[Place, list[int]] = {}
                for at, numbers in rows.items():
                    merged.setdefault(seen(at), []).extend(numbers)
                mark(root, {at: _worst(found, numbers) for at, numbers in merged.items()}, styles.coloured)
                quiet = discussed(package, part)
                notes = {at: _note(found, numbers, lang) for at, numbers in merged.items() if at not in quiet}
                if notes:
                    add_notes(package, part, notes, word("send_back.heading", lang), word("send_back.author", lang))
        add_list(package, styles, lines(found, lang, label), lang)
        content = package.written()
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        # whatever the parts hold that their format does not allow: the findings still have to reach the sender
        raise error if isinstance(error, UnkeptError) else UnkeptError("damaged") from error
    if not _same_values(source.read_bytes(), content):
        raise UnkeptError("values_differ")
    return content


def _by_sheet(found: pd.DataFrame, label: str) -> dict[str, dict[Place, list[int]]]:
    """Return the rows of the findings about each cell, by sheet."""
    sheets: dict[str, dict[Place, list[int]]] = {}
    for number, where in enumerate(found["where"]):
        for file, sheet, name in addresses(where):
            if file == label:
                for at in cells(name):
                    rows = sheets.setdefault(sheet, {}).setdefault(at, [])
                    if number not in rows:
                        rows.append(number)
    return sheets


def _worst(found: pd.DataFrame, numbers: list[int]) -> str:
    return str(min(found["level"].iloc[numbers], key=LEVELS.index))


def _note(found: pd.DataFrame, numbers: list[int], lang: str) -> str:
    numbers = list(dict.fromkeys(numbers))
    said = []
    for row in each_row(found.iloc[numbers[:_SHOWN]]):
        likely = wording.reason(row.likely, lang)
        key = "send_back.note_likely" if likely else "send_back.note"
        texts = {"level": word(f"report.level_{row.level}", lang), "sentence": getattr(row, f"sentence_{lang}")}
        said.append(word(key, lang, likely=likely, **texts))
    if len(numbers) > _SHOWN:
        sheet = word("send_back.sheet", lang)
        said.append(word("send_back.note_more", lang, n=len(numbers) - _SHOWN, sheet=sheet))
    return "\n".join(said)


def _same_values(before: bytes, after: bytes) -> bool:
    """Whether every sheet reads the same in both files, by a reader that has no part in the writing."""
    try:
        old, new = (python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) for content in (before, after))
        return all(
            old.get_sheet_by_name(about.name).to_python() == new.get_sheet_by_name(about.name).to_python()
            for about in old.sheets_metadata
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet
        )
    except python_calamine.CalamineError:
        return False
