"""Sheets as they are in the file, held to openpyxl, pandas and LibreOffice; a file is what its bytes say."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from docx.oxml.parser import parse_xml
from docx.table import Table
from openpyxl.utils import get_column_letter

from evaltools.cells import read_cell
from evaltools.problems import ProblemList
from evaltools.sheets import SUFFIXES, Sheet, Value, address, cell_name, read_sheets

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def read(path: Path) -> list[Sheet]:
    problems = ProblemList()
    found = read_sheets(path, path.name, problems)
    assert problems.frame().query("level == 'error'").empty, problems.frame()["sentence_en"].tolist()
    return found


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def example() -> openpyxl.Workbook:
    """Return a workbook with a little of everything, drawn by a fixed seed."""
    draw = random.Random(20240607)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    formats = ["General", "0", "0.00", "#,##0", "0.00%", "0.0%", "@", "yyyy-mm-dd", '0"人"', "0.00E+00"]
    for name in ("慢病 管理", "妇幼", "藏着的", "sheet&<4>"):
        sheet = book.create_sheet(name)
        for row in range(1, draw.randint(12, 30)):
            for column in range(1, draw.randint(4, 14)):
                value = draw.choice(
                    [
                        None,
                        draw.randint(0, 10**6),
                        draw.random(),
                        f"指标{row}",
                        "１，２３４",
                        " 无 ",
                        "a<b>&c\n第二行",
                        True,
                    ]
                )
                cell = sheet.cell(row, column, value)
                if isinstance(value, float):
                    cell.number_format = draw.choice(formats[:-3])
        sheet["B2"], sheet["B3"] = date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5)
        sheet["B4"], sheet["C4"], sheet["A9"] = time(3, 4), "#DIV/0!", "合并的标题"
        sheet["C2"], sheet["C3"] = 12345678901234567890, 1.5
        sheet["A9"].number_format = "@"
        for row in (9, 10):
            for column in (1, 2, 3):
                if (row, column) != (9, 1):
                    sheet.cell(row, column).value = None
        sheet.merge_cells("A9:C10")
        sheet.row_dimensions[5].hidden = sheet.row_dimensions[11].hidden = True
        sheet.column_dimensions["C"].hidden = True
    book["藏着的"].sheet_state = "hidden"
    return book


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example as openpyxl writes it, and as LibreOffice does in each of its formats."""
    folder = tmp_path_factory.mktemp("sheets")
    example().save(folder / "原表.xlsx")
    for suffix in ("xls", "ods", "xlsx"):
        command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
        command += ["--convert-to", suffix, "--outdir", str(folder / suffix), str(folder / "原表.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


def plain(value: object) -> object:
    """Return a value as each kind of file can hold it: a date is midnight, a truth value may be a number."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time(0) else value.replace(microsecond=0)
    if isinstance(value, int | float):
        return float(format(value, ".12g"))
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def cells(sheet: Sheet) -> dict[tuple[int, int], object]:
    return {(r, c): plain(v) for r, row in enumerate(sheet.rows) for c, v in enumerate(row) if v is not None}


def test_a_workbook_is_read_as_openpyxl_reads_it(files: Path) -> None:
    for file in (files / "原表.xlsx", files / "xlsx" / "原表.xlsx"):
        book = openpyxl.load_workbook(file, data_only=True)
        found = read(file)
        assert [sheet.name for sheet in found] == book.sheetnames
        for ours, theirs in zip(found, book.worksheets, strict=True):
            held = {(c.row - 1, c.column - 1): c for row in theirs.iter_rows() for c in row if c.value is not None}
            assert cells(ours) == {at: plain(cell.value) for at, cell in held.items()}
            formats = {at: cell.number_format for at, cell in held.items() if cell.number_format != "General"}
            assert dict(ours.formats) == formats
            merged = [(a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in theirs.merged_cells.ranges]
            assert list(ours.merged) == sorted(merged)
            assert ours.hidden == (theirs.sheet_state != "visible")
            last = len(ours.rows)
            hidden = {row - 1 for row, about in theirs.row_dimensions.items() if about.hidden and row <= last}
            assert ours.hidden_rows == hidden >= {4}
            assert ours.hidden_columns == {2}
            assert len({len(row) for row in ours.rows}) == 1


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsx"])
def test_what_libreoffice_saves_in_another_format_is_the_same_sheet(suffix: str, files: Path) -> None:
    first, second = read(files / "原表.xlsx"), read(files / suffix / f"原表.{suffix}")
    assert [sheet.name for sheet in first] == [sheet.name for sheet in second]
    for a, b in zip(first, second, strict=True):
        assert cells(a) == cells(b)
        assert (a.merged, a.hidden, a.hidden_rows, a.hidden_columns) == (
            b.merged,
            b.hidden,
            b.hidden_rows,
            b.hidden_columns,
        )
        shown = [{at: text for at, text in sheet.formats.items() if "%" in text} for sheet in (a, b)]
        assert shown[0] == shown[1]


@pytest.mark.parametrize(("suffix", "named"), [("xls", "a.xlsx"), ("xls", "a.et"), ("xlsx", "a.xls"), ("ods", "a.et")])
def test_a_file_is_what_its_bytes_say_whatever_its_name(suffix: str, named: str, files: Path, tmp_path: Path) -> None:
    copy = shutil.copy(files / suffix / f"原表.{suffix}", tmp_path / named)
    right = read(files / suffix / f"原表.{suffix}")
    assert [cells(sheet) for sheet in read(copy)] == [cells(sheet) for sheet in right]
    assert Path(named).suffix in SUFFIXES


def test_cells_are_named_as_a_spreadsheet_names_them() -> None:
    for column in [*range(1, 800), 16_383, 16_384]:
        assert cell_name(6, column - 1) == f"{get_column_letter(column)}7"
    assert address("一组/平安县.xlsx", "慢病", 6, 3) == "一组/平安县.xlsx!慢病!D7"


# --- what only the parts of an .xlsx tell ---


def saved(book: openpyxl.Workbook, path: Path) -> Path:
    book.save(path)
    return path


def edited(path: Path, part: str, old: str, new: str) -> Path:
    """Replace a text in one part of an archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode("utf-8")
    assert old in text
    parts[part] = text.replace(old, new).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("number", [30, 31, 57, 58])
def test_dates_in_the_formats_of_a_chinese_excel_are_dates(number: int, tmp_path: Path) -> None:
    # ECMA-376, 18.8.30: these numbers are dates in zh-CN and stand in no list of the file. 1-2 typed there is 58.
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = 45293
    book.worksheets[0]["A1"].number_format = "mm-dd-yy"
    path = saved(book, tmp_path / "a.xlsx")
    edited(path, "xl/styles.xml", 'numFmtId="14"', f'numFmtId="{number}"')
    (sheet,) = read(path)
    assert read_cell(sheet.rows[0][0], sheet.formats[0, 0], {}).note == "date_made"


def test_errors_are_texts_and_very_hidden_sheets_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for at, text in enumerate(["#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?"]):
        book.worksheets[0].cell(3, 2 + 2 * at, text).data_type = "e"
    secret = book.create_sheet("evaltools")
    secret["A1"], secret.sheet_state = "evaltools-return", "veryHidden"
    first, second = read(saved(book, tmp_path / "a.xlsx"))
    assert first.rows[2] == [None, "#DIV/0!", None, "#N/A", None, "#REF!", None, "#VALUE!", None, "#NAME?"]
    assert (second.hidden, second.very_hidden, second.rows) == (True, True, [["evaltools-return"]])


def test_columns_hidden_to_the_last_one_are_those_of_the_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append([1, 2, 3, 4])
    path = saved(book, tmp_path / "a.xlsx")
    edited(
        path,
        "xl/worksheets/sheet1.xml",
        "<sheetData>",
        '<cols><col min="2" max="2" width="0"/><col min="4" max="16384" hidden="true"/></cols><sheetData>',
    )
    (sheet,) = read(path)
    assert sheet.hidden_columns == {1, 3}


def test_elements_with_a_prefix_are_the_same_elements(tmp_path: Path) -> None:
    # As the Open XML SDK writes them.
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([1, "=1+1", 0.5])
    sheet["C1"].number_format = "0%"
    sheet.row_dimensions[1].hidden = True
    sheet.merge_cells("A3:B3")
    sheet["A3"] = "合"
    path = saved(book, tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode("utf-8")
    prefixed = text.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:").replace("<x:?", "<?")
    edited(path, "xl/worksheets/sheet1.xml", text, prefixed.replace("xmlns=", "xmlns:x="))
    problems = ProblemList()
    (found,) = read_sheets(path, "a.xlsx", problems)
    assert found.rows[0] == [1.0, None, 0.5]
    assert (found.formats, found.hidden_rows, found.merged) == ({(0, 2): "0%"}, {0}, ((2, 0, 2, 1),))
    assert found.uncached == {(0, 1)}
    assert problems.frame()["where"].tolist() == ["a.xlsx!Sheet!B1"]


def test_cells_without_a_name_stand_one_behind_the_other(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = 1
    path = saved(book, tmp_path / "a.xlsx")
    row = '<row><c s="0"/><c><v>5</v></c><c><f>B1</f></c></row><row><c/><c><v>6</v></c></row></sheetData>'
    edited(path, "xl/worksheets/sheet1.xml", '<row r="1"><c r="A1" t="n"><v>1</v></c></row></sheetData>', row)
    problems = ProblemList()
    (sheet,) = read_sheets(path, "a.xlsx", problems)
    assert sheet.rows == [[None, 5.0, None], [None, 6.0, None]]
    assert sheet.uncached == {(0, 2)}


def test_headers_of_pages_and_rules_of_formats_are_no_part_of_the_last_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"].value, sheet["A1"].data_type = "#N/A", "e"
    sheet.oddHeader.center.text = "第|页"
    sheet.conditional_formatting.add("A1", openpyxl.formatting.rule.FormulaRule(formula=['A1="x|y"']))
    (found,) = read(saved(book, tmp_path / "a.xlsx"))
    assert found.rows == [["#N/A"]]


# --- pages and texts called .xls ---

PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>报表</title></head><body>
<table border=1><tr><th rowspan=2>机构</th><th colspan=2>高血压</th><th rowspan="2">备注</th></tr>
<tr><th>登记<br>人数</th><th>规范管理&nbsp;人数</th></tr>
<tr><td>城关镇卫生院</td><td>1,234</td><td>９８７</td><td rowspan=2>两行</td></tr>
<tr style='display:none'><td>某某村</td><td colspan=2>未开展</td></tr>
<tr><td>合计<td>1234<td>987<td></table>
<table><tr><td>第二张</td></tr></table></body></html>"""


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("gb2312", "gbk"), ("utf-8", "utf-8"), ("utf-8", "gb18030"), ("gb2312", "utf-8"), ("unicode", "utf-16")],
)
def test_a_page_called_xls_is_read_in_the_encoding_it_really_has(charset: str, encoding: str, tmp_path: Path) -> None:
    first, second = read(written(tmp_path / "导出.xls", PAGE.format(charset=charset).encode(encoding)))
    assert (first.name, second.name, second.rows) == ("表1", "表2", [["第二张"]])
    assert first.rows == [
        ["机构", "高血压", None, "备注"],
        [None, "登记\n人数", "规范管理 人数", None],
        ["城关镇卫生院", "1,234", "９８７", "两行"],
        ["某某村", "未开展", None, None],
        ["合计", "1234", "987", None],
    ]
    assert first.merged == ((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 1, 3), (2, 3, 3, 3), (3, 1, 3, 2))
    assert first.hidden_rows == {3}
    assert set(first.formats.values()) == {"text"}


def tiles(draw: random.Random, height: int, width: int) -> tuple[str, list[list[str]]]:
    """Return a page whose one table is tiled by cells of random spans, and the text at each place."""
    texts = [[""] * width for _ in range(height)]
    page = ""
    for row in range(height):
        page += "<tr>"
        for column in range(width):
            if not texts[row][column]:
                free = next((n for n in range(1, width - column) if texts[row][column + n]), width - column)
                across, down = draw.randint(1, min(3, free)), draw.randint(1, min(3, height - row))
                name = f"格{row}.{column}"
                for place in range(down):
                    texts[row + place][column : column + across] = [name] * across
                page += f'<td colspan="{across}" rowspan={down}>{name}</td>'
        page += "</tr>"
    return f"<table>{page}</table>", texts


def test_spans_fill_the_places_that_pandas_fills(tmp_path: Path) -> None:
    draw = random.Random(7)
    for _ in range(25):
        page, texts = tiles(draw, draw.randint(2, 9), draw.randint(2, 9))
        (sheet,) = read(written(tmp_path / "a.xls", page.encode()))
        (theirs,) = pd.read_html(io.StringIO(page), flavor="lxml")
        assert theirs.to_numpy().tolist() == texts
        filled: dict[tuple[int, int], Value] = {
            (row, column): sheet.rows[top][left]
            for top, left, bottom, right in sheet.merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        filled |= {(r, c): v for r, row in enumerate(sheet.rows) for c, v in enumerate(row) if v is not None}
        assert filled == {(r, c): v for r, row in enumerate(texts) for c, v in enumerate(row)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16"])
def test_text_separated_by_tabs_is_a_sheet(encoding: str, tmp_path: Path) -> None:
    text = '机构\t人数\r\n城关镇\t1,234\r\n"两\t格"\t\r\n'
    (sheet,) = read(written(tmp_path / "导出.xls", text.encode(encoding)))
    assert sheet.rows == [["机构", "人数"], ["城关镇", "1,234"], ["两\t格", None]]
    assert sheet.formats[1, 1] == "text"


# --- Word ---


def document(*tables: str) -> bytes:
    file = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("二〇二四年工作总结")
    for table in tables:
        made.element.body.append(parse_xml(table.replace("<w:tbl>", f'<w:tbl xmlns:w="{WORD}">', 1)))
    made.save(file)
    return file.getvalue()


def text(content: str) -> str:
    return f"<w:p><w:r><w:t>{content}</w:t></w:r></w:p>"


def test_the_tables_of_a_document_are_sheets_as_python_docx_reads_them(tmp_path: Path) -> None:
    draw = random.Random(11)
    made = docx.Document()
    tables: list[Table] = []
    for _ in range(12):
        rows, columns = draw.randint(2, 7), draw.randint(2, 6)
        table = made.add_table(rows, columns)
        made.add_paragraph("说明")
        for row in range(rows):
            for column in range(columns):
                table.cell(row, column).text = f"{row}.{column}"
        for _ in range(2):
            row, column = draw.randrange(rows), draw.randrange(columns)
            end = (draw.randrange(row, rows), draw.randrange(column, columns))
            try:
                table.cell(row, column).merge(table.cell(*end))
            except docx.exceptions.InvalidSpanError:
                continue
        tables.append(table)
    made.save(str(tmp_path / "总结.docx"))
    found = read(tmp_path / "总结.docx")
    assert [sheet.name for sheet in found] == [f"表{at}" for at in range(1, 13)]
    for sheet, table in zip(found, tables, strict=True):
        filled = [list(row) for row in sheet.rows]
        for top, left, bottom, right in sheet.merged:
            for row in range(top, min(bottom + 1, len(filled))):
                for column in range(left, min(right + 1, len(filled[row]))):
                    filled[row][column] = sheet.rows[top][left]
        expected = [[cell.text for cell in row.cells] for row in table.rows]
        shown = [[str(value or "") for value in row] for row in filled]
        for row, texts in zip(shown, expected, strict=False):
            assert row == texts[: len(row)]


def test_tracked_changes_controls_and_tables_in_cells(tmp_path: Path) -> None:
    inner = f"<w:tbl><w:tr><w:tc>{text('里层')}</w:tc></w:tr></w:tbl>"
    outer = (
        "<w:tbl><w:tr><w:tc><w:p><w:del><w:r><w:delText>12</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>34</w:t></w:r></w:ins></w:p></w:tc>"
        f"<w:tc>{text('外层')}{inner}<w:p/></w:tc></w:tr>"
        f"<w:sdt><w:sdtContent><w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr><w:tc>{text('5')}</w:tc></w:tr>"
        "</w:sdtContent></w:sdt>"
        f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{text('删去的行')}</w:tc></w:tr>"
        f"<w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t></w:r></w:p></w:tc>"
        f"<w:tc>{text('９８．５％')}</w:tc></w:tr></w:tbl>"
    )
    first, second = read(written(tmp_path / "a.docx", document(outer)))
    assert first.rows == [["34", "外层"], [None, "5"], ["甲\n乙", "９８．５％"]]
    assert (first.hidden_rows, second.rows) == ({2}, [["里层"]])
