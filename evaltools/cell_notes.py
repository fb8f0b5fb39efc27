"""Comments added to cells of somebody's workbook; a comment that is there is kept and added to.

A comment is two things (ECMA-376, part 1, 18.7, and part 4, 19): its text in the part `comments`, and its box in a VML
drawing, which Excel and WPS need to show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from math import ceil
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from evaltools.cell_marks import LAST, Place, place
from evaltools.sheets import cell_name
from evaltools.wording import text_width
from evaltools.workbook_parts import MAIN, RELATION, SPREADSHEET, Element, Package

LONGEST: Final = 4000
"""Characters of a comment that we write; what is cut off stands in the list."""

_VML, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_DRAWING = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_WIDTH, _LINE, _TALLEST = 300, 18, 640
"""Size of a comment's box in pixels: how wide it is, how high a line, how high the box may get."""

_BOX = (
    '<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{id}" type="#_x0000_t202" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:{width}pt;height:{height}pt;z-index:{order};'
    'visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


def discussed(package: Package, part: str) -> set[Place]:
    """Return the cells of a sheet with a conversation (Excel 365), whose comment only Excel may write."""
    found = set()
    for threads in package.related(part, "threadedComment").values():
        found |= {place(thread.get("ref", "")) for thread in package.xml(threads)}
    return {at for at in found if at is not None}


def add_notes(package: Package, part: str, notes: Mapping[Place, str], heading: str, author: str) -> None:
    """Add comments to cells of a sheet: `notes` is the text of each, `heading` the line above it."""
    sheet = package.change(part)
    listed, authors = _comments(package, part)
    number = _author(authors, author)
    boxes = _boxes(package, part, sheet)
    shapes = _shapes(boxes)
    ids = _identifiers(package, boxes, len(notes))
    grid = _Grid(sheet)
    there = {place(comment.get("ref", "")): comment for comment in listed}
    for at, text in sorted(notes.items()):
        text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
        comment = there.get(at)
        if comment is None:
            comment = etree.Element(f"{{{MAIN}}}comment", ref=cell_name(*at), authorId=str(number))
            etree.SubElement(comment, f"{{{MAIN}}}text")
            later = (c for c in listed if (place(c.get("ref", "")) or LAST) > at)
            following = next(later, None)
            if following is None:
                listed.append(comment)
            else:
                following.addprevious(comment)
        whole = _write(comment.find(f"{{{MAIN}}}text"), heading, text)
        anchor, height = grid.box(at, whole)
        if at in shapes:
            shapes[at].text = anchor
        else:
            size = {"width": round(_WIDTH * 0.75), "height": round(height * 0.75), "anchor": anchor}
            shape = _SHAPE.format(id=next(ids), order=len(shapes) + 1, row=at[0], column=at[1], **size)
            boxes.append(etree.fromstring(shape))


def _comments(package: Package, part: str) -> tuple[Element, Element]:
    """Return the comments of a sheet and their authors, made if there are none."""
    parts = list(package.related(part, "comments").values())
    if parts and parts[0] in package.parts:
        root = package.change(parts[0])
    else:
        root = etree.Element(f"{{{MAIN}}}comments", nsmap={None: MAIN})
        for child in ("authors", "commentList"):
            etree.SubElement(root, f"{{{MAIN}}}{child}")
        new = package.free("xl/comments{}.xml")
        package.add(new, root, f"{SPREADSHEET}comments+xml")
        package.relate(part, "comments", new)
    return root.find(f"{{{MAIN}}}commentList"), root.find(f"{{{MAIN}}}authors")


def _author(authors: Element, author: str) -> int:
    names = [element.text or "" for element in authors]
    if author not in names:
        etree.SubElement(authors, f"{{{MAIN}}}author").text = author
        names.append(author)
    return names.index(author)


def _write(text: Element, heading: str, note: str) -> str:
    """Add a heading and a note to the text of a comment, in place of a note of ours; return all that it says then."""
    for plain in text.findall(f"{{{MAIN}}}t"):
        run = etree.Element(f"{{{MAIN}}}r")
        plain.addprevious(run)
        run.append(plain)
    runs = text.findall(f"{{{MAIN}}}r")
    ours = next((n for n, run in enumerate(runs) if _said(run).strip() == heading), len(runs))
    for old in runs[ours:]:
        text.remove(old)
    before = "".join(map(_said, runs[:ours]))
    at = ours
    for bold, said in ((True, ("\n" if before else "") + heading), (False, "\n" + note)):
        style = f'<rPr>{"<b/>" if bold else ""}<sz val="9"/><color indexed="81"/><family val="2"/></rPr>'
        run = etree.fromstring(f'<r xmlns="{MAIN}">{style}<t xml:space="preserve"/></r>')
        run[-1].text = said
        text.insert(at, run)
        at += 1
    return f"{before}\n{heading}\n{note}"


def _said(run: Element) -> str:
    return "".join(t.text or "" for t in run.iterfind(f"{{{MAIN}}}t"))


def _boxes(package: Package, part: str, sheet: Element) -> Element:
    """Return the VML drawing of a sheet, made if there is none."""
    drawings = package.related(part, "vmlDrawing")
    shown = sheet.find(f"{{{MAIN}}}legacyDrawing")
    if shown is not None and drawings.get(shown.get(f"{{{RELATION}}}id"), "") in package.parts:
        root = package.change(drawings[shown.get(f"{{{RELATION}}}id")])
    else:
        root = etree.Element("xml", nsmap={"v": _VML, "o": _OFFICE, "x": _EXCEL})
        layout = etree.SubElement(root, f"{{{_OFFICE}}}shapelayout", {f"{{{_VML}}}ext": "edit"})
        etree.SubElement(layout, f"{{{_OFFICE}}}idmap", {f"{{{_VML}}}ext": "edit", "data": ""})
        new = package.free("xl/drawings/vmlDrawing{}.vml")
        package.add(new, root, _DRAWING)
        link = etree.Element(f"{{{MAIN}}}legacyDrawing")
        link.set(f"{{{RELATION}}}id", package.relate(part, "vmlDrawing", new))
        after = [child for child in sheet if isinstance(child.tag, str) and child.tag.rsplit("}", 1)[-1] in _AFTER]
        if after:
            after[0].addprevious(link)
        else:
            sheet.append(link)
    if not any(box.get("id") == "_x0000_t202" for box in root.iter(f"{{{_VML}}}shapetype")):
        root.append(etree.fromstring(_BOX))
    return root


def _shapes(boxes: Element) -> dict[Place, Element]:
    """Return the boxes of comments by cell: the element that says where each lies."""
    found = {}
    for note in boxes.iter(f"{{{_EXCEL}}}ClientData"):
        row, column, anchor = (note.find(f"{{{_EXCEL}}}{child}") for child in ("Row", "Column", "Anchor"))
        if note.get("ObjectType") == "Note" and row is not None and column is not None and anchor is not None:
            found[int(row.text), int(column.text)] = anchor
    return found


def _identifiers(package: Package, boxes: Element, needed: int) -> count[int]:
    """Return numbers of shapes that no drawing of the workbook uses; they come in blocks of 1024 a drawing."""
    used = [0]
    for text in (package.bytes_of(part) for part in package.parts if part.lower().endswith(".vml")):
        for data in re.findall(rb"<o:idmap\b[^>]*\bdata=[\"']([\d,\s]*)", text):
            used += map(int, data.replace(b",", b" ").split())
        used += [int(number) // 1024 for number in re.findall(rb"_s(\d+)[\"']", text)]
    first = max(used) + 1
    idmap = boxes.find(f".//{{{_OFFICE}}}idmap")
    if idmap is not None:
        blocks = [*filter(None, [idmap.get("data")]), *(str(first + n) for n in range(ceil((needed + 1) / 1024)))]
        idmap.set("data", ",".join(blocks))
    return count(first * 1024 + 1)


class _Grid:
    """How wide the columns of a sheet are and how high its rows, in pixels."""

    def __init__(self, sheet: Element) -> None:
        own = sheet.find(f"{{{MAIN}}}sheetFormatPr")
        usual = {} if own is None else own.attrib
        self.widths: dict[int, int] = {}
        self.width = _pixels(usual.get("defaultColWidth"), 7, 5, 64)
        self.height = _pixels(usual.get("defaultRowHeight"), 4 / 3, 0, 20)
        for column in sheet.iterfind(f"{{{MAIN}}}cols/{{{MAIN}}}col"):
            hidden = column.get("hidden") in ("1", "true")
            width = 0 if hidden else _pixels(column.get("width"), 7, 5, self.width)
            self.widths |= dict.fromkeys(range(int(column.get("min")) - 1, int(column.get("max"))), width)
        self.heights: dict[int, int] = {}
        for row in sheet.iterfind(f"{{{MAIN}}}sheetData/{{{MAIN}}}row"):
            if row.get("r") and (row.get("ht") or row.get("hidden")):
                hidden = row.get("hidden") in ("1", "true")
                self.heights[int(row.get("r")) - 1] = 0 if hidden else _pixels(row.get("ht"), 4 / 3, 0, self.height)

    def box(self, at: Place, text: str) -> tuple[str, int]:
        """Return where the box of a comment lies (VML's Anchor), and its height: large enough for its text."""
        lines = sum(max(1, ceil(text_width(line) / 44)) for line in text.split("\n"))
        height = min(lines * _LINE + 20, _TALLEST)
        left, top = min(at[1] + 1, LAST[1] - 9), max(at[0] - 1, 0)
        right, beside = _reach(left, 15 + _WIDTH, lambda n: self.widths.get(n, self.width), LAST[1])
        bottom, below = _reach(top, 4 + height, lambda n: self.heights.get(n, self.height), LAST[0])
        return f"{left}, 15, {top}, 4, {right}, {beside}, {bottom}, {below}", height


def _pixels(text: str | None, factor: float, more: int, default: int) -> int:
    return round(float(text) * factor) + more if text else default


def _reach(first: int, pixels: int, size: Callable[[int], int], last: int) -> tuple[int, int]:
    """Return the row or column in which so many pixels from the start of the first one end, and how far into it."""
    while pixels > size(first) and first < last:
        pixels -= size(first)
        first += 1
    return first, min(pixels, max(size(first), 0))
