"""What a Word file of ours looks like: A4, fonts by the names that Windows and WPS have, styles, numbered headings."""

from __future__ import annotations

import re
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor, Twips

from evaltools.palette import PALETTE

LATIN = "Times New Roman"
BODY, SMALL, HEAD = "仿宋", "宋体", "黑体"

WIDTH, HEIGHT = 11906, 16838
"""A4 in twips, twentieths of a point."""

SIDE, TOP, BOTTOM = 1361, 1474, 1361
"""Margins in twips."""

TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE = WIDTH - 2 * SIDE, HEIGHT - 2 * SIDE

TABLE_TEXT, TABLE_HEAD, BY_HAND, BY_HAND_TITLE = "Table Text", "Table Head", "Written Text", "Written Title"
NOTE, STRONG_NOTE = "Note", "Strong Note"
ADDRESS, SIGNATURE = "Letter Address", "Letter Signature"
KEY_LABEL, KEY_VALUE = "Key Label", "Key Value"

_UNNUMBERED = re.compile(r"^(?:[(（]?[一二三四五六七八九十]+[)）、.．]|\d+[、.．)）\s])")

# name: (East Asian font, points, bold, colour, points before, points after, lines)
_PARAGRAPHS: dict[str, tuple[str, float, bool, str, float, float, float]] = {
    "Normal": (BODY, 12, False, "ink", 0, 4, 1.4),
    "Title": (HEAD, 22, False, "ink", 6, 10, 1.2),
    "Subtitle": (SMALL, 10, False, "muted", 0, 12, 1.25),
    "Heading 1": (HEAD, 16, False, "ink", 18, 8, 1.2),
    "Heading 2": (HEAD, 13, False, "ink", 12, 6, 1.2),
    "Heading 3": (HEAD, 12, False, "ink", 10, 4, 1.2),
    "Caption": (HEAD, 10, False, "ink", 8, 4, 1.2),
    "List Bullet": (BODY, 12, False, "ink", 0, 3, 1.35),
    "Header": (SMALL, 9, False, "muted", 0, 0, 1),
    "Footer": (SMALL, 9, False, "muted", 0, 0, 1),
    TABLE_TEXT: (SMALL, 9, False, "ink", 1.5, 1.5, 1.1),
    TABLE_HEAD: (HEAD, 9, False, "ink", 2.5, 2.5, 1.1),
    NOTE: (SMALL, 9.5, False, "muted", 2, 2, 1.3),
    STRONG_NOTE: (HEAD, 11, False, "ink", 4, 4, 1.35),
    BY_HAND_TITLE: (HEAD, 10, False, "accent", 8, 2, 1.2),
    BY_HAND: (BODY, 12, False, "ink", 0, 3, 1.4),
    KEY_LABEL: (SMALL, 9.5, False, "muted", 2, 2, 1.1),
    KEY_VALUE: (HEAD, 20, False, "accent", 0, 0, 1.1),
    ADDRESS: (BODY, 12, False, "ink", 4, 4, 1.4),
    SIGNATURE: (BODY, 12, False, "ink", 4, 4, 1.4),
}
_INDENTED = ("Normal", BY_HAND)
_LEVELS = {
    "zh": (("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3.")),
    "en": (("decimal", "%1."), ("decimal", "%1.%2"), ("decimal", "%1.%2.%3")),
}


def blank(lang: str, numbered: bool) -> WordDocument:
    """Return an empty A4 document with our styles; numbered: whether headings get numbers, as 一、（一）1."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Twips(WIDTH), Twips(HEIGHT)
    section.left_margin = section.right_margin = Twips(SIDE)
    section.top_margin, section.bottom_margin = Twips(TOP), Twips(BOTTOM)
    section.header_distance, section.footer_distance = Twips(708), Twips(650)
    for name, about in _PARAGRAPHS.items():
        _style(document, name, *about, lang=lang)
    _languages(document)
    for level in (1, 2, 3):
        heading = document.styles[f"Heading {level}"].element.get_or_add_pPr()
        _replace(heading, "w:numPr", None)
    if numbered:
        _number_headings(document, lang)
    _boxes(document)
    return document


def numbers_itself(titles: list[str]) -> bool:
    """Whether headings carry numbers of their own already, as 一、 or 1."""
    return any(_UNNUMBERED.match(title) for title in titles)


def _style(
    document: WordDocument,
    name: str,
    asian: str,
    size: float,
    bold: bool,
    colour: str,
    before: float,
    after: float,
    lines: float,
    lang: str,
) -> None:
    styles: Any = document.styles
    style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name not in (
        "Normal",
        "Title",
        "Subtitle",
        "Caption",
        "Header",
        "Footer",
        "List Bullet",
        "Heading 1",
        "Heading 2",
        "Heading 3",
    ):
        style.base_style = styles["Normal"]
    run, paragraph = style.element.get_or_add_rPr(), style.element.get_or_add_pPr()
    for part in (run, paragraph):
        for child in list(part):
            if child.tag != qn("w:numPr") and child.tag != qn("w:outlineLvl"):
                part.remove(child)
    fonts = run.get_or_add_rFonts()
    for slot in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{slot}"), LATIN)
    fonts.set(qn("w:eastAsia"), asian)
    style.font.size, style.font.bold = Pt(size), bold
    # in Chinese 黑体 is heavy by itself; the Latin font is not
    if lang == "en" and asian == HEAD:
        style.font.bold = True
    style.font.color.rgb = RGBColor.from_string(PALETTE[colour].removeprefix("#").upper())
    form = style.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), lines
    form.widow_control = True
    if name.startswith(("Heading", "Written Title")) or name in ("Title", "Caption"):
        form.keep_with_next = True
    if lang == "zh" and name in _INDENTED:
        indent = form.element.get_or_add_pPr().get_or_add_ind()
        indent.set(qn("w:firstLineChars"), "200")
        indent.set(qn("w:firstLine"), str(int(size * 40)))
    elif name not in ("List Bullet",):
        form.first_line_indent = form.left_indent = Pt(0)
    if name in ("Title", "Subtitle", "Caption", KEY_LABEL, KEY_VALUE, "Footer"):
        form.alignment = 1
    if name in ("Header", SIGNATURE):
        form.alignment = 2


def _languages(document: WordDocument) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for child in list(defaults):
        defaults.remove(child)
    fonts = f'w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:cs="{LATIN}" w:eastAsia="{BODY}"'
    defaults.append(parse_xml(f"<w:rFonts {nsdecls('w')} {fonts}/>"))
    defaults.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-GB" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'))


def _number_headings(document: WordDocument, lang: str) -> None:
    numbering = document.part.numbering_part.element
    taken = [int(each.get(qn("w:abstractNumId"))) for each in numbering.findall(qn("w:abstractNum"))]
    own = max(taken, default=0) + 1
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:pStyle w:val="Heading{level + 1}"/><w:suff w:val="{"nothing" if lang == "zh" else "space"}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for level, (form, text) in enumerate(_LEVELS[lang])
    )
    outline = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{own}"><w:multiLevelType w:val="multilevel"/>{levels}'
        "</w:abstractNum>"
    )
    first = numbering.find(qn("w:num"))
    numbering.insert(list(numbering).index(first) if first is not None else len(numbering), outline)
    number = max((int(each.get(qn("w:numId"))) for each in numbering.findall(qn("w:num"))), default=0) + 1
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{own}"/></w:num>'))
    for level in (1, 2, 3):
        properties = document.styles[f"Heading {level}"].element.get_or_add_pPr()
        _replace(properties, "w:numPr", f'<w:ilvl w:val="{level - 1}"/><w:numId w:val="{number}"/>')


def _boxes(document: WordDocument) -> None:
    """Give notes, what people wrote, and the header their lines and grounds."""
    line, accent, notice = (PALETTE[name].removeprefix("#") for name in ("line", "accent", "notice"))
    left = '<w:left w:val="single" w:sz="18" w:space="8" w:color="{}"/>'
    for name, border, ground in (
        (NOTE, left.format(line), ""),
        (STRONG_NOTE, left.format(accent), notice),
        (BY_HAND_TITLE, left.format(accent), ""),
        (BY_HAND, left.format(accent), ""),
        ("Header", f'<w:bottom w:val="single" w:sz="4" w:space="4" w:color="{line}"/>', ""),
    ):
        properties = document.styles[name].element.get_or_add_pPr()
        _replace(properties, "w:pBdr", border)
        if ground:
            _replace(properties, "w:shd", None, f'w:val="clear" w:color="auto" w:fill="{ground}"')


_ORDER = [
    "pStyle",
    "keepNext",
    "keepLines",
    "pageBreakBefore",
    "framePr",
    "widowControl",
    "numPr",
    "suppressLineNumbers",
    "pBdr",
    "shd",
]


def _replace(properties: Any, tag: str, inside: str | None, attributes: str = "") -> None:
    """Put a child of paragraph properties in its place, or take it away where there is nothing in it."""
    old = properties.find(qn(tag))
    if old is not None:
        properties.remove(old)
    if inside is None and not attributes:
        return
    child = parse_xml(f"<{tag} {nsdecls('w')} {attributes}>{inside or ''}</{tag}>")
    before = {qn(f"w:{name}") for name in _ORDER[: _ORDER.index(tag.removeprefix("w:"))]}
    place = sum(1 for each in properties if each.tag in before)
    properties.insert(place, child)
