"""The list of findings as a sheet: at the end of the sender's own workbook, or in a workbook of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import pandas as pd
from lxml import etree  # type: ignore[import-untyped]

from evaltools import wording
from evaltools.cell_marks import addresses
from evaltools.cell_styles import FILLS, Styles
from evaltools.problems import LEVELS, where_in
from evaltools.sheets import cell_name
from evaltools.tables import each_row
from evaltools.wording import LANGUAGES, text_width, word
from evaltools.workbook_parts import CONTENT, MAIN, PACKAGE, RELATION, SPREADSHEET, Element, Package, parse

WIDTHS = {
    "number": 5, "level": 7, "file": 16, "worksheet": 12, "cell": 12, "sentence": 50, "evidence": 22, "likely": 16,
    "answer": 24,
}  # fmt: skip
"""Columns of the list, with their widths in characters."""

_HEAD = 4
"""Row of the headers, from 1; above it title, counts and what to do."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 32_000


@dataclass(frozen=True)
class Line:
    """One finding on the list: its columns as text, and the cell of this workbook that it leads to ("" for none)."""

    level: str
    texts: Mapping[str, str]
    link: str = ""


def lines(found: pd.DataFrame, lang: str, label: str = "") -> list[Line]:
    """Return findings as lines; those about cells of the workbook `label` lead to them."""
    listed, among = [], word("send_back.among", lang)
    for number, row in enumerate(each_row(found), start=1):
        named = addresses(row.where)
        here = [(sheet, cell) for file, sheet, cell in named if file == label]
        files = dict.fromkeys(file for file, _, _ in named)
        sheets = dict.fromkeys(sheet for _, sheet, _ in named)
        cells = [cell if len(sheets) == 1 else f"{sheet}!{cell}" for _, sheet, cell in named]
        texts = {
            "number": str(number),
            "level": word(f"report.level_{row.level}", lang),
            "file": among.join(files) if named else row.where.partition("!")[0] if "!" in row.where else "",
            "worksheet": among.join(sheets),
            "cell": among.join(dict.fromkeys(cells)) if named else where_in(row.where, lang),
            "sentence": getattr(row, f"sentence_{lang}"),
            "evidence": row.evidence,
            "likely": wording.reason(row.likely, lang),
            "answer": "",
        }
        listed.append(Line(row.level, texts, _location(*here[0]) if here else ""))
    return listed


def _location(sheet: str, cell: str) -> str:
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"


def is_list(first_cell: object) -> bool:
    """Whether a sheet whose cell A1 holds this is a list of ours, which came back with a workbook."""
    return first_cell in {word("send_back.title", lang) for lang in LANGUAGES}


def add_list(package: Package, styles: Styles, listed: list[Line], lang: str) -> None:
    """Add the list behind the sheets of a workbook: in front, it would renumber what names a sheet by its place."""
    used = {sheet.casefold() for sheet in package.sheets()}
    title = word("send_back.sheet", lang)
    names = [title, *(f"{title}{n}" for n in range(2, len(used) + 3))]
    _add_sheet(
        package,
        next(name for name in names if name.casefold() not in used),
        _sheet(styles, listed, [name for name in WIDTHS if name != "file"], "how_marked", lang),
    )


def findings_workbook(listed: list[Line], lang: str) -> Package:
    """Return a workbook that holds nothing but the list."""
    package = Package({name: text.encode("utf-8") for name, text in _EMPTY.items()})
    title = word("send_back.sheet", lang)
    _add_sheet(package, title, _sheet(Styles(package), listed, list(WIDTHS), "how_listed", lang))
    names = etree.SubElement(package.change(package.book), f"{{{MAIN}}}definedNames")
    heads = etree.SubElement(names, f"{{{MAIN}}}definedName", name="_xlnm.Print_Titles", localSheetId="0")
    heads.text = f"'{title}'!${_HEAD}:${_HEAD}"
    return package


def _add_sheet(package: Package, name: str, root: Element) -> None:
    part = package.free("xl/worksheets/sheet{}.xml")
    package.add(part, root, f"{SPREADSHEET}worksheet+xml")
    sheets = package.change(package.book).find(f"{{{MAIN}}}sheets")
    number = max((int(sheet.get("sheetId")) for sheet in sheets), default=0) + 1
    new = etree.SubElement(sheets, f"{{{MAIN}}}sheet", name=name, sheetId=str(number))
    new.set(f"{{{RELATION}}}id", package.relate(package.book, "worksheet", part))


def _sheet(styles: Styles, listed: list[Line], columns: list[str], how: str, lang: str) -> Element:
    last = cell_name(0, len(columns) - 1).rstrip("1")
    counts = {level: sum(line.level == level for line in listed) for level in LEVELS}
    body, title = styles.own(), styles.own(font='<b/><sz val="14"/>', border=False, wrap=False)
    plain = styles.own(border=False)
    head = styles.own(font='<b/><sz val="11"/>', colour="FFE6ECEF")
    link = styles.own(font='<u/><sz val="11"/><color rgb="FF155E75"/>')
    coloured = {level: styles.own(font='<b/><sz val="11"/>', colour=colour) for level, colour in FILLS.items()}
    above = word("send_back.counts", lang, **counts) if listed else word("send_back.nothing", lang)
    rows = [
        _row(1, [(word("send_back.title", lang), title)], height=24),
        _row(2, [(above, plain)], height=18),
        _row(3, [(word(f"send_back.{how}", lang) if listed else "", plain)], height=36),
        _row(_HEAD, [(word(f"send_back.{name}", lang), head) for name in columns], height=20),
    ]
    links = []
    for number, line in enumerate(listed, start=_HEAD + 1):
        looks = {"level": coloured[line.level]} | ({"cell": link} if line.link else {})
        texts = [(line.texts[name], looks.get(name, body)) for name in columns]
        rows.append(_row(number, texts, height=16 * _lines(line, columns) + 4))
        if line.link:
            at = cell_name(number - 1, columns.index("cell"))
            links.append(_element("hyperlink", ref=at, location=line.link, display=line.texts["cell"]))
    end = _HEAD + len(listed)
    wide = "".join(f'<col min="{n}" max="{n}" width="{WIDTHS[c]}" customWidth="1"/>' for n, c in enumerate(columns, 1))
    root = parse(
        (
            f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}"><sheetPr><tabColor rgb="FFB3400F"/>'
            f'<pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:{last}{end}"/>'
            f'<sheetViews><sheetView workbookViewId="0" showGridLines="0"><pane ySplit="{_HEAD}" '
            f'topLeftCell="A{_HEAD + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{wide}</cols><sheetData/>'
            f'<autoFilter ref="A{_HEAD}:{last}{end}"/><mergeCells count="2"><mergeCell ref="A2:{last}2"/>'
            f'<mergeCell ref="A3:{last}3"/></mergeCells><hyperlinks/><pageMargins left="0.5" right="0.5" top="0.6" '
            'bottom="0.7" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" '
            'fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter/></headerFooter></worksheet>'
        ).encode()
    )
    root.find(f"{{{MAIN}}}sheetData").extend(rows)
    root.find(f".//{{{MAIN}}}oddFooter").text = "&C" + word("send_back.print_footer", lang)
    anchors = root.find(f"{{{MAIN}}}hyperlinks")
    anchors.extend(links)
    if not links:
        root.remove(anchors)
    return root


def _lines(line: Line, columns: list[str]) -> int:
    """Return how many lines a row needs."""
    needed = (
        sum(max(1, ceil(text_width(part) * 1.08 / WIDTHS[name])) for part in line.texts[name].split("\n"))
        for name in columns
    )
    return min(max(needed), 25)


def _row(number: int, texts: list[tuple[str, int]], height: int) -> Element:
    row = _element("row", r=str(number), ht=str(height))  # not fixed: it grows with a reply
    for column, (text, style) in enumerate(texts):
        cell = etree.SubElement(row, f"{{{MAIN}}}c", r=cell_name(number - 1, column), s=str(style))
        if re.fullmatch("[1-9][0-9]{0,5}", text):
            etree.SubElement(cell, f"{{{MAIN}}}v").text = text
        elif text:
            cell.set("t", "inlineStr")
            inside = etree.SubElement(etree.SubElement(cell, f"{{{MAIN}}}is"), f"{{{MAIN}}}t")
            inside.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            inside.text = harmless(text)
    return row


def harmless(text: str) -> str:
    """Return a text as a cell may hold it: never the beginning of a formula, nothing that XML cannot say."""
    text = _ILLEGAL.sub("", text)[:_LONGEST]
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _element(tag: str, **attributes: str) -> Element:
    return etree.Element(f"{{{MAIN}}}{tag}", {name: _ILLEGAL.sub("", text) for name, text in attributes.items()})


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EMPTY = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{CONTENT}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{SPREADSHEET}styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATION}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><bookViews><workbookView/></bookViews>'
    "<sheets/></workbook>",
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATION}/styles" '
        'Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_XML}<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
