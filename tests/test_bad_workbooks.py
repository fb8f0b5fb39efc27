"""Files that are not what they seem: each gives a sentence in both languages and no sheet, and nothing breaks."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import docx
import openpyxl
import pytest

from evaltools import sheets
from evaltools.problems import ProblemList
from evaltools.sheets import Sheet, read_sheets
from evaltools.wording import topic

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(data: bytes, tmp_path: Path, name: str = "平安县.xlsx") -> tuple[list[Sheet], ProblemList]:
    path = tmp_path / name
    path.write_bytes(data)
    problems = ProblemList()
    return read_sheets(path, name, problems), problems


def refused(data: bytes, tmp_path: Path, name: str = "平安县.xlsx") -> str:
    """Return the rule of the one sentence said of a file that gives no sheet."""
    found, problems = read(data, tmp_path, name)
    frame = problems.frame()
    assert found == []
    assert frame["where"].tolist() == [name]
    assert frame["level"].tolist() == ["error"]
    assert frame["sentence_zh"].str.contains("。").all()
    assert frame["sentence_en"].str.endswith(".").all()
    return str(frame["rule"].iloc[0])


def workbook(**cells: object) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "慢病"
    for name, value in cells.items():
        sheet[name] = value
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(data: bytes, **parts: bytes) -> bytes:
    """Return an archive with parts put in or replaced; `sheet1` is the first sheet."""
    paths = {"sheet1": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "book": "xl/workbook.xml"}
    replaced = {paths.get(name, name): content for name, content in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, content in replaced.items():
            new.writestr(name, content)
    return file.getvalue()


def sheet_xml(rows: str, before: str = "", behind: str = "") -> bytes:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{behind}</worksheet>'.encode()


def compound(*streams: str) -> bytes:
    """Return the smallest compound file whose directory lists these streams ([MS-CFB])."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + b"\xff" * 432
    table = struct.pack("<II", 0xFFFFFFFD, end) + struct.pack("<I", free) * 126
    entries = b""
    for at, name in enumerate(("Root Entry", *streams)):
        text = f"{name}\0".encode("utf-16-le")
        child = 1 if at == 0 else free
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text), 5 if at == 0 else 2, 1)
        entries += struct.pack("<III", free, free, child) + bytes(36) + struct.pack("<IQ", end, 0)
    return header + table + entries.ljust(512, b"\0")


# --- what is no workbook ---


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "JPEG"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04", "EXE"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"{\\rtf1\\ansi", "RTF"),
    ],
)
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".docx"])
def test_another_kind_of_file_is_called_by_its_name(start: bytes, said: str, suffix: str, tmp_path: Path) -> None:
    name = f"报表{suffix}"
    found, problems = read(start + random.Random(3).randbytes(3000), tmp_path, name)
    assert found == []
    (sentence,) = problems.frame()["sentence_zh"]
    assert said in sentence


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"  \r\n\r\n"])
def test_an_empty_file_is_said_to_be_empty(data: bytes, tmp_path: Path) -> None:
    assert refused(data, tmp_path) == "empty_file"


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_no_workbook(seed: int, tmp_path: Path) -> None:
    assert refused(b"\x01" + random.Random(seed).randbytes(2000), tmp_path) == "not_a_workbook"


def test_text_and_a_page_without_tables_hold_nothing_to_read(tmp_path: Path) -> None:
    assert refused("今年工作总结如下：一切正常。".encode(), tmp_path, "a.xls") == "not_a_workbook"
    assert refused("<html><body><p>请登录</p></body></html>".encode(), tmp_path, "b.xls") == "no_tables"


def test_what_is_missing_a_folder_or_left_by_an_open_program_is_told_apart(tmp_path: Path) -> None:
    problems = ProblemList()
    assert read_sheets(tmp_path / "没有.xlsx", "没有.xlsx", problems) == []
    assert read_sheets(tmp_path, "文件夹", problems) == []
    assert problems.frame()["rule"].tolist() == ["no_file", "no_file"]
    assert refused(b"\x05admin" + b" " * 160, tmp_path, "~$平安县.xlsx") == "lock_file"
    assert refused(workbook(A1=1), tmp_path, ".~平安县.xlsx") == "lock_file"


# --- locked, damaged, of another kind ---


def test_a_workbook_with_a_password_is_said_to_be_locked(tmp_path: Path) -> None:
    assert refused(compound("EncryptedPackage", "EncryptionInfo"), tmp_path) == "encrypted"
    # BIFF8: the record FILEPASS stands right behind the beginning of the workbook.
    begin = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0x0DBB, 1996, 0x41, 6)
    locked = begin + struct.pack("<HHHHHHHH", 0x2F, 6, 0, 1, 1, 0, 0, 0)
    assert refused(locked, tmp_path, "平安县.xls") == "encrypted"


def test_an_archive_with_a_password_is_said_to_be_locked(tmp_path: Path) -> None:
    data = bytearray(workbook(A1=1))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:  # the flag of every part in the list of parts
        data[at + 8] |= 1
        at += 4
    assert refused(bytes(data), tmp_path) == "encrypted"


def test_an_old_word_document_and_a_compound_file_of_something_else_are_refused(tmp_path: Path) -> None:
    assert refused(compound("WordDocument"), tmp_path, "a.docx") == "old_word"
    assert refused(compound("VisioDocument"), tmp_path, "a.xls") == "damaged"
    assert refused(compound("Workbook"), tmp_path, "a.xls") == "damaged"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_said_to_be_damaged(share: float, tmp_path: Path) -> None:
    data = workbook(**{f"A{row}": f"第{row}行" for row in range(1, 200)})
    assert refused(data[: int(len(data) * share)], tmp_path) == "truncated"


def test_bytes_changed_anywhere_never_break_the_reading(tmp_path: Path) -> None:
    whole = workbook(**{f"{column}{row}": row for column in "ABC" for row in range(1, 40)})
    draw = random.Random(5)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(draw.choice([1, 3, 30])):
            data[draw.randrange(len(data))] = draw.randrange(256)
        found, problems = read(bytes(data), tmp_path)
        assert found or problems.errors


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_part_that_is_no_xml_is_said_to_be_damaged(part: str, tmp_path: Path) -> None:
    assert refused(with_parts(workbook(A1=1), **{part: b"<a><b></a>"}), tmp_path) == "damaged"


def test_a_listed_sheet_that_is_not_there_is_said_to_be_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(A1=1))) as old:
        parts = {name: old.read(name) for name in old.namelist() if "worksheets" not in name}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    assert refused(file.getvalue(), tmp_path) == "damaged"


def test_an_archive_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("照片/1.jpg", b"\xff\xd8\xff")
    for name in ("a.xlsx", "a.docx", "a.ods"):
        assert refused(file.getvalue(), tmp_path, name) == "not_a_workbook"


def test_kinds_that_are_not_read_say_what_to_save_them_as(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\x01")
    assert refused(file.getvalue(), tmp_path, "a.xlsb") == "binary_workbook"
    old = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    assert refused(old.encode(), tmp_path, "a.xls") == "xml_2003"
    assert refused(b"MIME-Version: 1.0\r\nContent-Type: multipart/related", tmp_path, "a.xls") == "web_archive"


def test_charts_alone_and_blank_sheets_hold_no_data(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("图")
    book.remove(book.worksheets[0])
    assert refused(saved(book), tmp_path) == "no_sheets"
    found, problems = read(workbook(), tmp_path)
    assert [sheet.rows for sheet in found] == [[]]
    assert problems.frame()["rule"].tolist() == ["nothing_in_it"]
    document = io.BytesIO()
    docx.Document().save(document)
    assert refused(document.getvalue(), tmp_path, "a.docx") == "no_tables"


# --- made to fill the memory ---


def bomb(name: str, stated: int) -> bytes:
    """Return an archive whose one part unpacks to 4 GB of spaces, whatever size it states."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)) * 4096 + packer.flush()
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), stated, len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


@pytest.mark.parametrize("name", ["xl/workbook.xml", "word/document.xml"])
@pytest.mark.parametrize(
    ("stated", "rule"),
    [(0xFFFFFFF0, "too_large"), (500_000_000, "too_large"), (5_000_000, "truncated"), (1, "truncated")],
)
def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_does(
    name: str, stated: int, rule: str, tmp_path: Path
) -> None:
    data = bomb(name, stated)
    assert len(data) < 5_000_000
    tracemalloc.start()
    try:
        assert refused(data, tmp_path) == rule
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 250_000_000


def test_a_million_formatted_rows_without_content_are_as_good_as_none(tmp_path: Path) -> None:
    empty = "".join(
        f'<row r="{row}" ht="15"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>' for row in range(3, 10**6)
    )
    filled = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="C2" s="1"/><c r="D2"><v>7</v></c></row>'
    data = with_parts(workbook(A1=1), sheet1=sheet_xml(filled + empty))
    ((sheet,), problems) = read(data, tmp_path)
    assert sheet.rows == [[1.0, None, None, None], [None, None, None, 7.0]]
    assert len(problems) == 0


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "ZZ4000"])
def test_one_stray_cell_far_out_is_named_and_does_not_fill_the_memory(cell: str, tmp_path: Path) -> None:
    data = with_parts(
        workbook(A1=1), sheet1=sheet_xml(f'<row><c r="C1"><v>1</v></c></row><row><c r="{cell}"><v>9</v></c></row>')
    )
    found, problems = read(data, tmp_path)
    assert found == []
    last = cell if cell != "A1048576" else "C1048576"
    assert f"{last}" in problems.frame()["sentence_zh"].iloc[0]


def test_the_stated_extent_of_a_sheet_is_not_believed(tmp_path: Path) -> None:
    data = with_parts(
        workbook(A1=1), sheet1=sheet_xml('<row r="1"><c r="A1"><v>4</v></c></row>', '<dimension ref="A1:XFD1048576"/>')
    )
    ((sheet,), _) = read(data, tmp_path)
    assert sheet.rows == [[4.0]]


def test_one_long_text_in_every_cell_does_not_fill_the_memory(tmp_path: Path) -> None:
    text = "长" * 30_000
    strings = f'<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>'.encode()
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 20_000))
    data = with_parts(workbook(A1="x"), sheet1=sheet_xml(rows), strings=strings)
    assert refused(data, tmp_path) == "too_large"


def test_cells_in_no_order_are_read_or_refused(tmp_path: Path) -> None:
    rows = '<row r="5"><c r="B5"><v>1</v></c></row><row r="2"><c r="C2"><v>2</v></c><c r="A2"><v>3</v></c></row>'
    found, problems = read(with_parts(workbook(A1=1), sheet1=sheet_xml(rows)), tmp_path)
    if found:
        assert found[0].rows[1] == [3.0, None, 2.0]
        assert found[0].rows[4] == [None, 1.0, None]
    else:
        assert problems.frame()["rule"].tolist() == ["damaged"]


@pytest.mark.parametrize("cell", ["A0", "AAAA1", "1A", "A99999999", "", "a1"])
def test_cells_with_impossible_names_are_refused(cell: str, tmp_path: Path) -> None:
    data = with_parts(workbook(A1=1), sheet1=sheet_xml(f'<row r="1"><c r="{cell}"><v>1</v></c></row>'))
    assert refused(data, tmp_path) == "damaged"


def test_repeated_cells_of_an_ods_are_counted_not_unrolled(tmp_path: Path) -> None:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="a">'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    assert refused(file.getvalue(), tmp_path, "a.ods") == "far_cell"


@pytest.mark.parametrize("tag", ["table", "div", "table><tr><td", "ul><li", "b"])
def test_a_page_nested_without_end_is_refused(tag: str, tmp_path: Path) -> None:
    page = f"<html><table><tr><td>1</td></tr></table>{f'<{tag}>' * 500_000}"
    assert refused(page.encode(), tmp_path, "a.xls") == "nested"


def test_a_long_page_is_not_taken_for_a_deep_one(tmp_path: Path) -> None:
    # As written by hand: no cell, row or paragraph is ever closed.
    page = f"<table>{'<tr><td><p>1<br>2<td>3<img src=x>' * 3000}</table>"
    ((sheet,), problems) = read(page.encode(), tmp_path, "a.xls")
    assert sheet.rows == [["1\n2", "3"]] * 3000
    assert len(problems) == 0


def test_a_page_of_enormous_spans_is_refused(tmp_path: Path) -> None:
    row = '<tr><td colspan="16000" rowspan="60000">a</td><td>b</td></tr>'
    assert refused(f"<table>{row * 300}</table>".encode(), tmp_path, "a.xls") == "far_cell"


# --- made to do something ---

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("part", ["sheet1", "strings", "book", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize("entity", [f'<!ENTITY a0 "ha">{LAUGHS}', '<!ENTITY a9 SYSTEM "file:///etc/hostname">'])
def test_entities_are_never_resolved(part: str, entity: str, tmp_path: Path) -> None:
    xml = f'<?xml version="1.0"?><!DOCTYPE x [{entity}]><worksheet xmlns="{MAIN}"><x>&a9;</x></worksheet>'
    assert refused(with_parts(workbook(A1="x"), **{part: xml.encode()}), tmp_path) == "entities"
    # In UTF-16 the declaration does not look like itself.
    wide = xml.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>')
    assert refused(with_parts(workbook(A1="x"), **{part: wide.encode("utf-16")}), tmp_path) in ("entities", "damaged")


def test_entities_of_a_document_are_never_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    for padding in ("", f"<!--{' ' * 2_000_000}-->"):
        for entity in (f'<!ENTITY a0 "ha">{LAUGHS}', f'<!ENTITY a9 SYSTEM "{secret.as_uri()}">'):
            xml = (
                f'{padding}<!DOCTYPE x [{entity}]><w:document xmlns:w="{word}"><w:body><w:tbl><w:tr><w:tc><w:p><w:r>'
                "<w:t>&a9;</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
            )
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("word/document.xml", xml)
            found, problems = read(file.getvalue(), tmp_path, "a.docx")
            assert problems.errors
            assert not any(value for sheet in found for row in sheet.rows for value in row)


def test_a_formula_that_calls_a_program_is_named_and_only_its_stored_result_read(tmp_path: Path) -> None:
    rows = (
        """<row r="1"><c r="A1"><f>cmd|' /C calc'!A0</f><v>5</v></c><c r="B1"><f>"a|b"&amp;C1</f><v>6</v></c>"""
        """<c r="C1" t="inlineStr"><is><t>=cmd|' /C calc'!A0</t></is></c></row>"""
    )
    ((sheet,), problems) = read(with_parts(workbook(A1=1), sheet1=sheet_xml(rows)), tmp_path)
    assert sheet.rows == [[5.0, 6.0, "=cmd|' /C calc'!A0"]]
    said = problems.frame()
    said = said[said["rule"] != "not_computed"]
    assert said[["where", "rule"]].values.tolist() == [
        ["平安县.xlsx!慢病!A1", "command"],
        ["平安县.xlsx!慢病!C1", "formula_text"],
    ]
    assert said["sentence_zh"].str.contains("calc").all()


@pytest.mark.parametrize("text", ["=1+2", "@SUM(A1)", "+cmd|x", '-2+3+cmd|" /C calc"!A0', " =A1", "\t=A1"])
def test_text_that_begins_like_a_formula_stays_text_and_is_named(text: str, tmp_path: Path) -> None:
    page = f"<table><tr><td>{text}</td></tr></table>".encode()
    ((sheet,), problems) = read(page, tmp_path, "a.xls")
    assert sheet.rows == [[text.strip()]]
    assert problems.frame()["rule"].tolist() == ["formula_text"]


@pytest.mark.parametrize("text", ["-", "-5", "+3.2", "—", "- 无", "+86 139", "-12.5%"])
def test_signs_and_dashes_are_no_formula(text: str, tmp_path: Path) -> None:
    _, problems = read(f"<table><tr><td>{text}</td></tr></table>".encode(), tmp_path, "a.xls")
    assert len(problems) == 0


def test_scripts_and_styles_of_a_page_are_no_content(tmp_path: Path) -> None:
    page = (
        "<html><head><style>td{color:red}</style></head><table><tr><td>5<script>document.write('9')</script></td>"
        "<td><img src='http://127.0.0.1:9/x.png' onerror='alert(1)'>乙</td></tr></table></html>"
    )
    ((sheet,), _) = read(page.encode(), tmp_path, "a.xls")
    assert sheet.rows == [["5", "乙"]]


# --- results that are not there ---


def test_a_formula_without_a_stored_result_is_an_error_at_its_cell(tmp_path: Path) -> None:
    ((sheet,), problems) = read(workbook(A1=1, B1="=A1+1", C1=3, C9="=SUM(A1:C1)"), tmp_path)
    assert sheet.uncached == {(0, 1), (8, 2)}
    assert sheet.rows[0] == [1.0, None, 3.0]
    said = problems.frame()
    assert said["where"].tolist() == ["平安县.xlsx!慢病!B1", "平安县.xlsx!慢病!C9"]
    assert said["level"].tolist() == ["error", "error"]
    assert said["sentence_zh"].str.contains("保存").all()


def test_a_formula_whose_result_is_an_empty_text_has_one(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>2</v></c></row>'
    ((sheet,), problems) = read(with_parts(workbook(A1=1), sheet1=sheet_xml(rows)), tmp_path)
    assert sheet.uncached == set()
    assert sheet.rows == [[None, 2.0]]
    assert len(problems.frame().query("level == 'error'")) == 0


def test_zeros_that_hold_the_place_of_results_are_doubted(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f>A1*2</f><v>0</v></c></row>'
    data = with_parts(workbook(A1=1), sheet1=sheet_xml(rows))
    _, problems = read(data, tmp_path)  # openpyxl asks for computing, as others do that cannot compute
    assert problems.frame()[["rule", "level", "where"]].values.tolist() == [
        ["not_computed", "warning", "平安县.xlsx!慢病!B1"]
    ]


def test_a_workbook_that_refers_to_others_says_so(tmp_path: Path) -> None:
    data = with_parts(workbook(A1=1), **{"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    (_, problems) = read(data, tmp_path)
    assert problems.frame()[["rule", "level"]].values.tolist() == [["external_links", "warning"]]


def test_every_sentence_about_files_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(sheets.__file__).parent.glob("*.py"))
    assert [key for key in topic("sheets") if f'"{key}"' not in source] == []
