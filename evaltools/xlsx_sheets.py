"""Reading .xlsx and .xlsm: values by calamine, what it does not see by a pass over the parts."""

from __future__ import annotations

import re
from collections.abc import Iterable

import python_calamine

from evaltools.archives import Archive, repacked
from evaltools.problems import ProblemList
from evaltools.sheet_model import Sheet, Unreadable, Value, address, as_value, make_sheet
from evaltools.xlsx_structure import (
    Part,
    Structure,
    number_formats,
    sheet_parts,
    sheet_structure,
    text_lengths,
    without_empty_cells,
)

_NEEDED = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
)
# Asked for by programs that write formulas and cannot compute them; Excel, WPS and LibreOffice leave it out.
_RECALCULATE = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad=[\"'](?:1|true)")


def read_xlsx(archive: Archive, label: str, problems: ProblemList) -> list[Sheet]:
    """Return the sheets of a workbook; cells whose result is unknown or foreign are noted. Raises Unreadable."""
    parts = {name: archive.read(name) for name in _NEEDED if name in archive}
    listed = sheet_parts(parts["xl/workbook.xml"], parts.get("xl/_rels/workbook.xml.rels", b""))
    formats = number_formats(parts.get("xl/styles.xml", b""))
    lengths = text_lengths(parts.get("xl/sharedStrings.xml", b""))
    structures: dict[int, Structure] = {}
    for at, part in enumerate(listed):
        data = archive.read(part.path, without_empty_cells)
        if not data:
            raise Unreadable("damaged", reason=part.path)
        parts[part.path] = data
        if "/worksheets/" in f"/{part.path}":
            structures[at] = sheet_structure(data, part.name, formats, lengths)
    if not structures:
        raise Unreadable("no_sheets")
    values = calamine_values(parts, structures)
    sheets = [_sheet(listed[at], found, values[at]) for at, found in structures.items()]
    for sheet, found in zip(sheets, structures.values(), strict=True):
        for row, column in sorted(found.uncached):
            problems.say("uncached", where=address(label, sheet.name, row, column), topic="sheets")
        for (row, column), text in sorted(found.commands.items()):
            where = address(label, sheet.name, row, column)
            problems.say("command", where=where, level="warning", topic="sheets", found=text)
    computed = [
        (sheet.name, *min(found.computed))
        for sheet, found in zip(sheets, structures.values(), strict=True)
        if found.computed
    ]
    if computed and _RECALCULATE.search(parts["xl/workbook.xml"]):
        problems.say("not_computed", where=address(label, *computed[0]), level="warning", topic="sheets")
    if any(name.startswith("xl/externallinks/") and name.endswith(".xml") for name in archive.names):
        problems.say("external_links", where=label, level="warning", topic="sheets")
    return sheets


def calamine_values(parts: dict[str, bytes], sheets: Iterable[int]) -> dict[int, list[list[object]]]:
    """Return the cells of the sheets at these places, from A1; raises Unreadable."""
    try:
        with python_calamine.CalamineWorkbook.from_filelike(repacked(parts)) as book:
            return {at: list(map(list, book.get_sheet_by_index(at).to_python(skip_empty_area=False))) for at in sheets}
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic in the library is no Exception
        raise Unreadable("damaged", reason=str(error)[:100]) from None


def _sheet(part: Part, found: Structure, values: list[list[object]]) -> Sheet:
    rows: list[list[Value]] = [[as_value(value) for value in row] for row in values]
    width = len(rows[0]) if rows else 0
    for (row, column), text in found.errors.items():
        if row < len(rows) and column < width:
            rows[row][column] = text
        else:
            # Calamine spans the cells it has a value for, and an error is none to it.
            rows += [[] for _ in range(row + 1 - len(rows))]
            rows[row] += [None] * (column + 1 - len(rows[row]))
            rows[row][column] = text
    return make_sheet(
        part.name,
        rows,
        formats=found.formats,
        merged=found.merged,
        visibility=part.visibility,
        hidden_rows=found.hidden_rows,
        hidden_columns=[at for first, last in found.hidden_columns for at in range(first, min(last, 20_000) + 1)],
        uncached=found.uncached,
    )
