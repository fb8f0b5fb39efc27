"""A Word file, built part by part: paragraphs, captions with fields, tables, pictures; the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches

from evaltools import svg_png
from evaltools.palette import PALETTE
from evaltools.word_styles import (
    HEIGHT,
    KEY_LABEL,
    KEY_VALUE,
    SIDE,
    TABLE_HEAD,
    TABLE_TEXT,
    TEXT_WIDTH,
    TEXT_WIDTH_LANDSCAPE,
    TOP,
    WIDTH,
    blank,
)
from evaltools.word_widths import column_widths, fitting
from evaltools.wording import MISSING, word

FIXED = datetime(1980, 1, 1)
"""What a file says of when it was made: a clock would make every file another one."""

# what XML cannot hold
_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_RIGHT = '<w:jc w:val="right"/>'
_PICTURE_WIDTH = TEXT_WIDTH / 1440


class WordFile:
    """A document that grows at its end. Everything given to it is text: nothing in it means anything to Word."""

    def __init__(self, lang: str, title: str, numbered: bool = True) -> None:
        self.lang = lang
        self._document = blank(lang, numbered)
        self._body: Any = self._document.element.body
        self._wide = False
        self._end = self._body.sectPr
        self._head_and_foot(title)
        about = self._document.core_properties
        about.title, about.language = held(title), {"zh": "zh-CN", "en": "en-GB"}[lang]
        about.author = about.last_modified_by = "evaltools"
        about.comments, about.revision = "", 1
        about.created = about.modified = FIXED

    # --- paragraphs ---

    def paragraph(self, text: str, style: str = "Normal", keep: bool = False) -> None:
        """Add a paragraph; keep: on the page of what follows."""
        self._upright()
        self._add(_paragraph(_runs(text), style, keep))

    def heading(self, text: str, level: int) -> None:
        """Add a heading of level 1 to 3."""
        self._upright()
        self._add(_paragraph(_runs(text), f"Heading {level}"))

    def numbered(self, items: Iterable[str], start: int, style: str) -> None:
        """Add paragraphs that begin with a number, from `start` on."""
        for number, item in enumerate(items, start=start):
            self.paragraph(f"{number}.{'' if self.lang == 'zh' else ' '}{item}", style)

    # --- captions, tables, pictures ---

    def caption(self, kind: str, label: str, text: str, keep: bool = True) -> None:
        """Add a caption whose number is a field, so that Word can number again; kind: table or figure."""
        after = "" if keep else '<w:spacing w:after="240"/>'  # below a picture
        self._add(_paragraph(self._caption(kind, label, text), "Caption", keep, after))

    def _caption(self, kind: str, label: str, text: str) -> str:
        whole = word("page.caption", self.lang, label="\ue000", text=text)
        before, _, after = whole.partition("\ue000")
        match = re.fullmatch(r"(\D*)(\d+)(\D*)", label)
        if match is None:
            return _runs(before + label + after)
        field = _field(f" SEQ {word(f'documents.{kind}_sequence', self.lang)} \\* ARABIC ", match[2])
        return _runs(before + match[1]) + field + _runs(match[3] + after)

    def picture(self, svg: str, name: str, alt: str) -> None:
        """Add a chart, as wide as the text at most; alt: what is to be seen in it."""
        self._upright()
        width, height = svg_png.size(svg)
        scale = min(1.0, _PICTURE_WIDTH / width, 8.5 / height)
        content = io.BytesIO(svg_png.png(svg))
        inline = self._document.part.new_pic_inline(content, Inches(width * scale), Inches(height * scale))
        inline.docPr.set("descr", held(alt))
        inline.docPr.set("name", held(name))
        paragraph = parse_xml(_with_spaces(_paragraph("<w:r/>", "Caption", keep=True)))
        drawing = parse_xml(f"<w:drawing {nsdecls('w')}/>")
        drawing.append(inline)
        paragraph.find(qn("w:r")).append(drawing)
        self._body.insert(len(self._body) - 1, paragraph)

    def table(
        self,
        kind_label_caption: tuple[str, str, str] | None,
        head: Sequence[str],
        numeric: Sequence[bool],
        rows: Sequence[Sequence[str]],
        groups: dict[int, str] | None = None,
        emphasis: frozenset[int] = frozenset(),
        annex: str = "",
    ) -> None:
        """Add a table under its caption, or on a new page under the heading of an annex.

        Its header is repeated on every page, no row is torn, numbers stand at the right. One that is too wide gets
        smaller type, and if that is not enough a page on its side.
        """
        width, points = fitting(head, numeric, rows, (TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE))
        turned = self._turn(width > TEXT_WIDTH)
        if annex:
            again = "" if turned else "<w:pageBreakBefore/>"
            unnumbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
            self._add(f'<w:p><w:pPr><w:pStyle w:val="Heading1"/>{again}{unnumbered}</w:pPr>{_runs(annex)}</w:p>')
        if kind_label_caption is not None:
            self.caption(*kind_label_caption)
        columns = column_widths(head, numeric, rows, width, points)
        title = kind_label_caption[2] if kind_label_caption is not None else annex
        parts = [_table_start(columns, title), _row(head, columns, numeric, points, head=True)]
        for position, row in enumerate(rows):
            if groups and position in groups:
                parts.append(_group(groups[position], columns, points))
            parts.append(_row(row, columns, numeric, points, strong=position in emphasis))
        self._add("".join(parts) + "</w:tbl>")
        self._add(_space())

    def key_figures(self, figures: Sequence[tuple[str, str, str]]) -> None:
        """Add the few figures that matter side by side: label, value, detail."""
        self._upright()
        columns = [TEXT_WIDTH // max(len(figures), 1)] * len(figures)
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            + _paragraph(_runs(label), KEY_LABEL, True)
            + _paragraph(_runs(value, 0 if len(value) < 9 else 13), KEY_VALUE, True)
            + _paragraph(_runs(detail or " "), KEY_LABEL)
            + "</w:tc>"
            for width, (label, value, detail) in zip(columns, figures, strict=True)
        )
        row = f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"
        self._add(_table_start(columns, "") + row + "</w:tbl>")
        self._add(_space())

    # --- the file ---

    def written(self) -> bytes:
        """Return the file."""
        if self._wide:
            _orient(self._end, wide=True)
        made, fixed = io.BytesIO(), io.BytesIO()
        self._document.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                if name == "docProps/thumbnail.jpeg":  # of the empty template
                    continue
                content = source.read(name)
                if name == "_rels/.rels":
                    content = re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", content)
                about = zipfile.ZipInfo(name, FIXED.timetuple()[:6])
                about.compress_type, about.create_system = zipfile.ZIP_DEFLATED, 0
                target.writestr(about, content)
        return fixed.getvalue()

    def _add(self, xml: str) -> None:
        self._body.insert(len(self._body) - 1, parse_xml(_with_spaces(xml)))

    def _head_and_foot(self, title: str) -> None:
        section = self._document.sections[0]
        section.different_first_page_header_footer = True
        header = section.header.paragraphs[0]._p
        header.getparent().replace(header, parse_xml(_with_spaces(_paragraph(_runs(title), "Header"))))
        text = word("documents.footer", self.lang, page="\ue000", pages="\ue001")
        parts = re.split("([\ue000\ue001])", text)
        fields = {"\ue000": " PAGE ", "\ue001": " NUMPAGES "}
        inside = "".join(_field(fields[part], "1") if part in fields else _runs(part) for part in parts)
        for foot in (section.footer, section.first_page_footer):
            old = foot.paragraphs[0]._p
            old.getparent().replace(old, parse_xml(_with_spaces(_paragraph(inside, "Footer"))))
        first = section.first_page_header.paragraphs[0]._p
        first.getparent().replace(first, parse_xml(_with_spaces(_paragraph("", TABLE_TEXT))))

    def _upright(self) -> None:
        self._turn(False)

    def _turn(self, wide: bool) -> bool:
        """Begin a section with pages the other way round, if they are not so already; return whether it did."""
        if wide == self._wide:
            return False
        end = deepcopy(self._end)
        _orient(end, self._wide)
        # what carries the end of a section is a paragraph; it takes as little room as one can
        paragraph = parse_xml(_with_spaces(_space()))
        paragraph.find(qn("w:pPr")).append(end)
        self._body.insert(len(self._body) - 1, paragraph)
        # only the document's first page is without a header
        for child in self._end.findall(qn("w:titlePg")):
            self._end.remove(child)
        self._wide = wide
        return True


def held(text: str) -> str:
    """Return a text without the characters that no document can hold."""
    return _UNHELD.sub("", text)


def _with_spaces(xml: str) -> str:
    return re.sub(r"^<(w:\w+)", rf"<\1 {nsdecls('w')}", xml, count=1)


def _runs(text: str, points: float = 0) -> str:
    """Return runs of a text; a line break in it stays one. points: another size than the style's."""
    size = f'<w:sz w:val="{round(points * 2)}"/>' if points else ""
    lines = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in held(text).replace("\r\n", "\n").split("\n")
    )
    # quotation marks and dashes are Chinese ones beside Chinese text
    return f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{size}</w:rPr>{lines}</w:r>' if text else ""


def _field(code: str, result: str) -> str:
    """Return a field that Word can work out again; until then it says its result."""
    sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    told = f'<w:r><w:instrText xml:space="preserve">{escape(code)}</w:instrText></w:r>'
    return sign.format("begin") + told + sign.format("separate") + _runs(result) + sign.format("end")


def _paragraph(inside: str, style: str, keep: bool = False, more: str = "") -> str:
    kept = "<w:keepNext/>" if keep else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/>{kept}{more}</w:pPr>{inside}</w:p>'


def _space() -> str:
    properties = '<w:pStyle w:val="TableText"/><w:spacing w:before="0" w:after="0" w:line="120" w:lineRule="exact"/>'
    return f"<w:p><w:pPr>{properties}</w:pPr></w:p>"


def _orient(section: Any, wide: bool) -> None:
    size = section.find(qn("w:pgSz"))
    size.set(qn("w:w"), str(HEIGHT if wide else WIDTH))
    size.set(qn("w:h"), str(WIDTH if wide else HEIGHT))
    if wide:
        size.set(qn("w:orient"), "landscape")
    margins = section.find(qn("w:pgMar"))
    margins.set(qn("w:left"), str(SIDE))
    margins.set(qn("w:top"), str(TOP))


def _table_start(columns: Sequence[int], title: str) -> str:
    ink, line = (PALETTE[name].removeprefix("#") for name in ("muted", "line"))
    edge = f'w:val="single" w:sz="8" w:space="0" w:color="{ink}"'
    inner = f'w:val="single" w:sz="4" w:space="0" w:color="{line}"'
    named = f"<w:tblCaption w:val={quoteattr(held(title))}/>" if title else ""
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:jc w:val="center"/>'
        f"<w:tblBorders><w:top {edge}/><w:bottom {edge}/><w:insideH {inner}/></w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f'</w:tblCellMar><w:tblLook w:val="0020" w:firstRow="1"/>{named}</w:tblPr><w:tblGrid>'
        + "".join(f'<w:gridCol w:w="{width}"/>' for width in columns)
        + "</w:tblGrid>"
    )


def _row(
    texts: Sequence[str],
    columns: Sequence[int],
    numeric: Sequence[bool],
    points: float,
    head: bool = False,
    strong: bool = False,
) -> str:
    ground = PALETTE["accent-wash" if head else "wash"].removeprefix("#")
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{ground}"/>' if head or strong else ""
    style = TABLE_HEAD if head or strong else TABLE_TEXT
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="{"bottom" if head else "center"}"/>'
        f"</w:tcPr>{_paragraph(_runs(text, points), style, more=_RIGHT if number else '')}</w:tc>"
        for text, width, number in zip(texts, columns, numeric, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{cells}</w:tr>"


def _group(title: str, columns: Sequence[int], points: float) -> str:
    ground = PALETTE["wash"].removeprefix("#")
    return (
        f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="{sum(columns)}" w:type="dxa"/>'
        f'<w:gridSpan w:val="{len(columns)}"/><w:shd w:val="clear" w:color="auto" w:fill="{ground}"/></w:tcPr>'
        f"{_paragraph(_runs(title or MISSING, points), TABLE_HEAD, True)}</w:tc></w:tr>"
    )
