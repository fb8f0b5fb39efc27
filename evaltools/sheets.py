"""Reading the sheets of a workbook or document that somebody sent: values, and what a sheet hides.

A file is what its bytes say, whatever its name. One that cannot be read gives no sheet and a sentence why, in bounded
time and memory; nothing in it is executed.
"""

from __future__ import annotations

import re
from pathlib import Path

from evaltools.archives import MOST_FILE, Archive
from evaltools.file_kinds import kind_of
from evaltools.html_sheets import read_html, read_tabs
from evaltools.ods_sheets import read_ods
from evaltools.problems import ProblemList
from evaltools.sheet_model import Sheet, Unreadable, Value, address, cell_name
from evaltools.word_sheets import is_docx, read_docx
from evaltools.xls_sheets import read_xls
from evaltools.xlsx_sheets import read_xlsx

__all__ = ["SUFFIXES", "Sheet", "Value", "address", "cell_name", "read_sheets"]

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".et", ".ods", ".docx")
"""How the names of files end that may hold a return and are read here."""

_FORMULA = re.compile(r"\s*(?:[=@]|[+\-][^|(!]*[|(!]).*", re.DOTALL)
_OPEN_ELSEWHERE = ("~$", ".~")


def read_sheets(path: Path, label: str, problems: ProblemList) -> list[Sheet]:
    """Return the sheets of a file in order, hidden ones too; what is wrong goes to `problems`, named by `label`.

    An .xlsx, .xlsm, .xls, .ods or .et workbook, an .xls that is really a page or tab-separated text, or the tables of
    a .docx (表1, 表2 …), whatever the name says. [] if there is nothing to read, which is then noted.
    """
    try:
        sheets = _read(path, label, problems)
    except Unreadable as why:
        problems.say(why.key, where=label, topic="sheets", **why.values)
        return []
    except OSError as error:
        problems.say("cannot_open", where=label, evidence=error.strerror or error)
        return []
    for sheet in sheets:
        _note_formulas(sheet, label, problems)
    if not any(sheet.rows for sheet in sheets):
        problems.say("nothing_in_it", where=label, topic="sheets")
    return sheets


def _read(path: Path, label: str, problems: ProblemList) -> list[Sheet]:
    if path.name.startswith(_OPEN_ELSEWHERE):
        raise Unreadable("lock_file")
    if not path.is_file():
        raise Unreadable("no_file")
    if path.stat().st_size > MOST_FILE:
        raise Unreadable("too_large", allowed=f"{MOST_FILE // 1_000_000} MB")
    data = path.read_bytes()
    kind = kind_of(data)
    if kind == "zip":
        with Archive(data) as archive:
            return _archived(archive, label, problems)
    if kind == "xml2003":
        raise Unreadable("xml_2003")
    return {"xls": read_xls, "html": read_html, "text": read_tabs}[kind](data)


def _archived(archive: Archive, label: str, problems: ProblemList) -> list[Sheet]:
    if "xl/workbook.xml" in archive:
        return read_xlsx(archive, label, problems)
    if "xl/workbook.bin" in archive:
        raise Unreadable("binary_workbook")
    if is_docx(archive):
        return read_docx(archive)
    if "content.xml" in archive and b"opendocument.spreadsheet" in archive.read("mimetype"):
        return read_ods(archive, label, problems)
    raise Unreadable("not_a_workbook")


def _note_formulas(sheet: Sheet, label: str, problems: ProblemList) -> None:
    for row, values in enumerate(sheet.rows):
        for column, value in enumerate(values):
            if isinstance(value, str) and value[0] in "=@+- \t\r\n" and _FORMULA.fullmatch(value):
                where = address(label, sheet.name, row, column)
                problems.say("formula_text", where=where, level="warning", topic="sheets", found=value)
