"""Word files read back with python-docx and opened by LibreOffice: everything of the page is there, as text."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from published import SVG, WICKED, about, notebook

from evaltools import page_parts, svg_png, word_report
from evaltools.feedback_letter import letter
from evaltools.page_parts import Heading, Table, Text
from evaltools.word_styles import TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE
from evaltools.wording import LANGUAGES, word

HELD = WICKED.replace("\x07", "")  # a control character, which XML cannot hold


def opened(content: bytes) -> Document:
    return Document(io.BytesIO(content))


def report(lang: str = "zh") -> Document:
    return opened(word_report.report(page_parts.read(notebook(lang)), about(lang)))


def everything(document: Document) -> str:
    return "\n".join(text.text or "" for text in document.element.body.iter(qn("w:t")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_and_every_cell_of_the_page_is_in_the_file(lang: str) -> None:
    parts = page_parts.read(notebook(lang))
    document = opened(word_report.report(parts, about(lang)))
    (table,) = (part for part in parts if isinstance(part, Table))
    shown = document.tables[1]  # the first holds the key figures
    rows = [[cell.text for cell in row.cells] for row in shown.rows]
    assert rows[0] == list(table.head)
    groups = [row for row in rows[1:] if len(set(row)) == 1]
    assert [row[0] for row in groups] == ["甲", "乙"]
    assert [row for row in rows[1:] if row not in groups] == [
        [text.replace("\x07", "") for text in row] for row in table.rows
    ]
    told = everything(document)
    for text in ("第一句。", HELD, "87.83", "说明一。", "要先知道的。", "<b>乙项</b>", "人工填写的一段。"):
        assert text in told, text


def test_headings_captions_header_rows_and_sides_are_real() -> None:
    document = report()
    styles = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs}
    assert styles[about().title.replace("\x07", "")] == "Title"
    assert (styles["总体情况"], styles["指标"]) == ("Heading 1", "Heading 2")
    captions = [paragraph for paragraph in document.paragraphs if paragraph.style.name == "Caption"]
    fields = [field.text for each in captions for field in each._p.iter(qn("w:instrText"))]
    assert fields == [" SEQ 表 \\* ARABIC ", " SEQ 图 \\* ARABIC "]
    table = document.tables[1]
    header, *rows = table.rows
    assert header._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    sides = [cell.paragraphs[0].alignment for cell in rows[1].cells]  # rows[0] is the heading of a group
    assert [str(side) for side in sides[1:5]] == ["RIGHT (2)"] * 4 and sides[0] is None
    assert sum(int(column.get(qn("w:w"))) for column in table._tbl.tblGrid) in (TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE)


def test_the_fonts_are_those_of_windows_and_wps() -> None:
    document = report()
    fonts = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Heading 1", "Heading 2", "Caption", "Table Text")
    }
    assert fonts == {
        "Normal": "仿宋",
        "Heading 1": "黑体",
        "Heading 2": "黑体",
        "Caption": "黑体",
        "Table Text": "宋体",
    }
    assert document.styles["Normal"].font.name == "Times New Roman"


def test_a_picture_says_in_words_what_is_to_be_seen() -> None:
    document = report()
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == '左边一半是"深色"<&>'
    assert picture.width < document.sections[0].page_width


def test_a_chart_becomes_a_picture_with_its_text_drawn_without_fonts_of_the_machine() -> None:
    picture = Image.open(io.BytesIO(svg_png.png(SVG))).convert("RGB")
    assert picture.width / picture.height == pytest.approx(504 / 72, rel=0.02)
    middle = picture.height // 2
    assert picture.getpixel((picture.width // 4, middle)) == (0x17, 0x60, 0x7A)
    assert picture.getpixel((picture.width - 3, 3)) == (255, 255, 255)
    right = picture.crop((picture.width // 2 + 10, 0, picture.width, picture.height)).convert("L")
    dark = sum(1 for value in right.tobytes() if value < 100) / (right.width * right.height)
    assert 0.01 < dark < 0.2  # three characters in black
    # three different characters, and no three boxes of a missing one
    each, start = round(20 / 504 * picture.width), round(300 / 504 * picture.width)
    edges = [start + n * each for n in range(4)]
    glyphs = {picture.crop((left, 0, left + each, picture.height)).tobytes() for left in edges[:3]}
    assert len(glyphs) == 3


def test_the_same_page_gives_the_same_bytes_and_no_clock() -> None:
    parts = page_parts.read(notebook())
    first, again = (word_report.report(parts, about()) for _ in range(2))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = file.read("docProps/core.xml").decode()
    assert re.findall(r"\d{4}-\d\d-\d\d", core) == ["1980-01-01"] * 2
    assert "python-docx" not in core


@pytest.mark.parametrize(("titles", "numbered"), [(("总体情况",), True), (("一、总体情况",), False)])
def test_headings_are_numbered_unless_their_titles_are(titles: tuple[str, ...], numbered: bool) -> None:
    document = opened(word_report.report([Heading(title, 2) for title in titles], about()))
    properties = document.styles["Heading 1"].element.pPr
    assert (properties.find(qn("w:numPr")) is not None) is numbered


def test_a_wide_table_gets_a_page_on_its_side_and_what_follows_stands_upright_again() -> None:
    head = tuple(f"列{n}" for n in range(14))
    rows = (tuple("123,456,789" for _ in head),) * 3
    columns = tuple((f"c{n}", title, "integer") for n, title in enumerate(head))
    wide = Table("wide", "表1", "宽表", head, (True,) * 14, rows, {}, frozenset(), columns, "c0\n1\n")
    document = opened(word_report.report([Heading("甲", 2), wide, Text(("后面。",))], about()))
    shapes = [section.page_width > section.page_height for section in document.sections]
    assert shapes == [False, True, False]
    assert sum(int(column.get(qn("w:w"))) for column in document.tables[0]._tbl.tblGrid) == TEXT_WIDTH_LANDSCAPE


def county(lang: str) -> list[page_parts.Part]:
    section = {name: word(name, lang) for name in ("report.section_summary", "county.section_problems")}
    actions = word("county.section_actions", lang)
    (table,) = (part for part in page_parts.read(notebook(lang)) if isinstance(part, Table))
    return [
        Heading(section["report.section_summary"], 2),
        page_parts.KeyFigures((("总分", "87.83", "满分100分"),)),
        Text(("得分87.83分。",)),
        Heading(word("county.section_change", lang), 2),
        Text(("不进反馈函的一句。",)),
        Heading(section["county.section_problems"], 2),
        Text(("血糖控制率偏低。",)),
        page_parts.Written("problems", "存在问题（人工填写）", (page_parts.Block("paragraph", ("人写的。",), 1),)),
        replace(table, name="problems", label="表7"),
        Heading(actions, 2),
        replace(table, name="actions", label="表8", caption="整改任务"),
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_letter_names_the_county_the_result_the_problems_and_leaves_a_deadline_to_fill_in(lang: str) -> None:
    document = opened(letter(county(lang), about(lang, standard_title="评价标准"), "样例县<甲>"))
    told = everything(document)
    for text in ("样例县<甲>", "87.83", "得分87.83分。", "血糖控制率偏低。", "人写的。", "评价标准"):
        assert text in told, text
    assert word("documents.letter_deadline", lang) in told
    assert "不进反馈函的一句。" not in told
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    wanted = [word(f"documents.letter_{name}", lang) for name in ("results", "problems", "requirements")]
    assert headings[:3] == wanted and len(headings) == 4  # and the annex
    captions = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Caption"]
    assert captions == [word("page.caption", lang, label=word("page.table", lang, n=1), text="整改任务")]


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_libreoffice_opens_it_and_shows_headings_numbers_and_pages(lang: str, tmp_path: Path) -> None:
    parts = page_parts.read(notebook(lang))
    (tmp_path / "report.docx").write_bytes(word_report.report(parts, about(lang)))
    (tmp_path / "letter.docx").write_bytes(letter(county(lang), about(lang, standard_title="评价标准"), "样例县"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [str(tmp_path / name) for name in ("report.docx", "letter.docx")]
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pages = pypdf.PdfReader(tmp_path / "report.pdf").pages
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))
    first = {"zh": "一、总体情况", "en": "1.总体情况"}[lang]
    for part in (first, "84.13%", "1,000,000,000,000", "人工填写的一段。", "<b>乙项</b>"):
        assert part in text, part
    assert (round(float(pages[0].mediabox.width)), round(float(pages[0].mediabox.height))) == (595, 842)
    foot = word("documents.footer", lang, page=1, pages=len(pages)).replace("　", "").replace(" ", "")
    assert foot in re.sub(r"\s+", "", pages[0].extract_text())
    letter_text = re.sub(r"\s+", "", "".join(p.extract_text() for p in pypdf.PdfReader(tmp_path / "letter.pdf").pages))
    assert "87.83" in letter_text and re.sub(r"\s+", "", word("documents.letter_appeal", lang)) in letter_text
