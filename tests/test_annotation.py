"""Findings marked in the sender's own workbook: everything else in it stays as it is, by readers that are not ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import python_calamine
import returned
from lxml import etree
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

import evaltools as ev
from evaltools import annotation, cell_marks, findings_sheet
from evaltools.cli import main
from evaltools.problems import COLUMNS, InputError
from evaltools.template_workbook import write_template

pytestmark = pytest.mark.slow

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FILE = "平安县.xlsx"


def finding(level: str, where: str, sentence: str = "需要核实。", **more: str) -> dict[str, str]:
    values = {"level": level, "rule": "r", "where": where, "sentence_zh": sentence, "sentence_en": f"en {sentence}"}
    return dict.fromkeys(COLUMNS, "") | values | more


def frame(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS, dtype=str)


FOUND = frame(
    finding("error", f"{FILE}!慢 病!B3; {FILE}!慢 病!D3", "管理人数多于患者人数。", evidence='=HYPERLINK("x")'),
    finding("warning", f"{FILE}!慢 病!B3", "与上年相差五倍。"),
    finding("note", f"{FILE}!慢 病!H40", "空白。"),
    finding("warning", f"{FILE}!人口's!C6", "在合并的单元格内。"),
    finding("warning", "990101", "不在表内的问题。"),
    finding("error", "别县.xlsx!慢 病!A1", "别县的问题。"),
)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A workbook as a county keeps it: formats, rules, names, comments, protection, print set-up, a chart."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "慢 病"
    sheet.append(["机构", "患者数", "管理数", "管理率"])
    sheet.append(["甲镇卫生院", 1200, 1100, "=C2/B2"])
    sheet.append(["乙镇卫生院", 86, 91, "=C3/B3"])
    sheet["A5"] = "３．５万"
    sheet["A6"] = "'=1+1"
    sheet["B3"].font = Font(bold=True, color="FF0000FF")
    sheet["B3"].number_format = "#,##0"
    sheet["B3"].protection = Protection(locked=False)
    sheet["D3"].number_format = "0.00%"
    sheet["A1"].fill = PatternFill("solid", fgColor="FFEEEEEE")
    sheet["A1"].alignment = Alignment(wrap_text=True, horizontal="center")
    sheet["B3"].comment = Comment("去年为80", "张")
    sheet["A2"].comment = Comment("不动的批注", "张")
    rule = DataValidation(type="whole", operator="between", formula1="0", formula2="99999", showErrorMessage=True)
    rule.add("B2:C3")
    sheet.add_data_validation(rule)
    listed = DataValidation(type="list", formula1='"是,否"')
    listed.add("E2:E3")
    sheet.add_data_validation(listed)
    red = CellIsRule(operator="greaterThan", formula=["1"], font=Font(color="FFFF0000"))
    sheet.conditional_formatting.add("D2:D3", red)
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 31.5
    sheet.column_dimensions["H"].number_format = "0.0"
    sheet.row_dimensions[3].height = 33
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.protection.sheet = True
    sheet.protection.password = "x"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "J2")
    people = book.create_sheet("人口's")
    people["B5"] = "合并"
    people.merge_cells("B5:D7")
    people.sheet_state = "hidden"
    book.create_sheet("空表")
    book.defined_names["患者"] = DefinedName("患者", attr_text="'慢 病'!$B$2:$B$3")
    path = tmp_path / FILE
    book.save(path)
    return path


def through_office(path: Path, folder: Path, kind: str) -> Path:
    """Convert a file with LibreOffice, with a profile of its own."""
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / f"{path.stem}.{kind.split(':')[0]}"


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def values(path: Path) -> dict[str, dict[tuple[int, int], object]]:
    """What each sheet holds, by place, read by calamine."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    found = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    return {
        name: {(r, c): cell for r, row in enumerate(rows) for c, cell in enumerate(row) if cell != ""}
        for name, rows in found.items()
    }


def bare(data: bytes, cells: set[str]) -> bytes:
    """A sheet without what a mark may change: the format of marked cells, blank cells for them, the comments' boxes."""
    root = etree.fromstring(data)
    for row in root.iter(f"{MAIN}row"):
        row.attrib.pop("spans", None)
        for cell in list(row):
            if cell.get("r") in cells:
                cell.attrib.pop("s", None)
                if not len(cell) and set(cell.attrib) == {"r"}:
                    row.remove(cell)
        if not len(row) and set(row.attrib) == {"r"}:
            row.getparent().remove(row)
    for box in root.findall(f"{MAIN}legacyDrawing"):
        root.remove(box)
    return bytes(etree.tostring(root, method="c14n"))


MARKED = {"慢 病": {"B3", "D3", "H40"}, "人口's": {"B5"}}


def test_every_part_stays_but_marks_comments_and_the_list(sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    (written,) = annotation.annotate(FOUND, {FILE: sent}, out)
    assert written.own and not written.reason
    before, after = parts(sent), parts(out)
    allowed = {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml", "xl/workbook.xml"}
    allowed |= {"xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels", "[Content_Types].xml"}
    allowed |= {"xl/comments/comment1.xml", "xl/drawings/commentsDrawing1.vml"}
    assert {name for name in before if before[name] != after[name]} <= allowed
    for part, cells in (("sheet1", MARKED["慢 病"]), ("sheet2", MARKED["人口's"])):
        name = f"xl/worksheets/{part}.xml"
        assert bare(before[name], cells) == bare(after[name], cells)
        assert before[name] != after[name]
    # whatever the styles held before, they hold at the same number now
    old, new = (etree.fromstring(files["xl/styles.xml"]) for files in (before, after))
    for child in old:
        now = new.find(child.tag)
        assert [etree.tostring(e) for e in child] == [etree.tostring(e) for e in now][: len(child)]
    # the workbook: one sheet more, behind the others
    old, new = (etree.fromstring(files["xl/workbook.xml"]) for files in (before, after))
    assert [s.get("name") for s in new.find(f"{MAIN}sheets")] == ["慢 病", "人口's", "空表", "核查发现的问题"]
    new.find(f"{MAIN}sheets").remove(new.find(f"{MAIN}sheets")[-1])
    assert etree.tostring(old, method="c14n") == etree.tostring(new, method="c14n")


def test_openpyxl_finds_marks_where_they_belong_and_everything_else_as_it_was(sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotation.annotate(FOUND, {FILE: sent}, out)
    old, new = openpyxl.load_workbook(sent), openpyxl.load_workbook(out)
    assert old.defined_names.keys() == new.defined_names.keys()
    for sheet in old:
        now = new[sheet.title]
        assert now.sheet_state == sheet.sheet_state
        assert now.protection.password == sheet.protection.password and now.protection.sheet == sheet.protection.sheet
        assert now.print_title_rows == sheet.print_title_rows and now.freeze_panes == sheet.freeze_panes
        for row in sheet.iter_rows():
            for cell in row:
                other = now[cell.coordinate]
                assert other.value == cell.value
                for style in ("number_format", "font", "border", "alignment", "protection"):
                    assert repr(getattr(other, style)) == repr(getattr(cell, style))
                if cell.coordinate not in MARKED.get(sheet.title, set()):
                    assert repr(other.fill) == repr(cell.fill)
                    assert (other.comment and other.comment.text) == (cell.comment and cell.comment.text)
    sheet = new["慢 病"]
    colours = {name: sheet[name].fill.fgColor.rgb for name in ("B3", "D3", "H40")}
    assert len(set(colours.values())) == 2 and colours["B3"] == colours["D3"]  # the worst of two findings
    assert sheet["H40"].number_format == "0.0"  # the format of its column
    assert sheet["B3"].comment.text == "去年为80\n【数据核查】\n错误：管理人数多于患者人数。\n疑点：与上年相差五倍。"
    assert sheet["D3"].comment.text == "【数据核查】\n错误：管理人数多于患者人数。"
    assert new["人口's"]["B5"].comment.text.endswith("疑点：在合并的单元格内。")  # what is seen of C6


def test_the_list_names_every_finding_and_leads_to_its_cell(sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotation.annotate(FOUND, {FILE: sent}, out)
    sheet = openpyxl.load_workbook(out)["核查发现的问题"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert [row[4] for row in rows] == list(FOUND["sentence_zh"])
    assert [row[1] for row in rows] == ["错误", "疑点", "提示", "疑点", "疑点", "错误"]
    assert {cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink} == {
        "'慢 病'!B3", "'慢 病'!H40", "'人口''s'!C6"
    }  # fmt: skip
    assert sheet.freeze_panes == "A5" and sheet.auto_filter.ref == "A4:H10"
    for row in sheet.iter_rows():
        assert not any(cell.data_type == "f" or str(cell.value or "").startswith(("=", "+", "@")) for cell in row)
    assert findings_sheet.is_list(sheet["A1"].value) and not findings_sheet.is_list("慢病")


def test_office_reads_the_same_values_and_all_comments(sent: Path, tmp_path: Path) -> None:
    """A workbook that LibreOffice wrote, whose formulas carry results, marked and read by LibreOffice again."""
    office = tmp_path / "sent"
    own = through_office(sent, office, "xlsx")
    out = tmp_path / "out.xlsx"
    (written,) = annotation.annotate(FOUND, {FILE: own}, out)
    assert written.own
    was, now = values(own), values(out)
    assert was["慢 病"][2, 3] == pytest.approx(91 / 86)  # the formula's result, which openpyxl would not have kept
    again = through_office(out, tmp_path / "again", "xlsx")
    read = values(again)
    for name, cells in was.items():
        assert now[name] == read[name] == cells
    sheet = openpyxl.load_workbook(again)["慢 病"]
    comments = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(comments) == {"A2", "B3", "D3", "H40"}
    assert "去年为80" in comments["B3"] and "与上年相差五倍" in comments["B3"]
    assert sheet["D3"].value == "=C3/B3"
    # how large LibreOffice found the boxes to be, in points: wide enough for a sentence, high enough for all of it
    drawing = next(data for name, data in parts(again).items() if name.endswith(".vml")).decode("utf-8")
    sizes = [(float(w), float(h)) for w, h in re.findall(r"width:([\d.]+)pt;height:([\d.]+)pt", drawing)]
    assert sum(200 < width < 300 and height > 40 for width, height in sizes) == 3


def test_the_same_findings_give_the_same_bytes(sent: Path, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        annotation.annotate(FOUND, {FILE: sent}, tmp_path / name)
        annotation.annotate(FOUND, {}, tmp_path / f"list-{name}")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert (tmp_path / "list-a.xlsx").read_bytes() == (tmp_path / "list-b.xlsx").read_bytes()
    text = b"".join(parts(tmp_path / "list-a.xlsx").values()).decode("utf-8")
    assert str(tmp_path) not in text and not re.search(r"20\d\d-\d\d-\d\dT", text)


def test_a_workbook_marked_twice_carries_the_last_words_only(sent: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.xlsx", tmp_path / "twice.xlsx"
    annotation.annotate(FOUND, {FILE: sent}, once)
    annotation.annotate(frame(finding("note", f"{FILE}!慢 病!B3", "已更正。")), {FILE: once}, twice)
    book = openpyxl.load_workbook(twice)
    assert book["慢 病"]["B3"].comment.text == "去年为80\n【数据核查】\n提示：已更正。"
    assert book.sheetnames[-2:] == ["核查发现的问题", "核查发现的问题2"]


def with_parts(path: Path, out: Path, change: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(out, "w") as file:
        for name, data in (parts(path) | change).items():
            file.writestr(name, data)
    return out


@pytest.mark.parametrize("case", ["signed", "shared", "macros", "damaged", "no_xlsx", "vml", "styles"])
def test_what_cannot_be_kept_goes_into_a_workbook_of_its_own(sent: Path, tmp_path: Path, case: str) -> None:
    kinds = parts(sent)["[Content_Types].xml"]
    macros = kinds.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    changes: dict[str, dict[str, bytes]] = {
        "signed": {"_xmlsignatures/sig1.xml": b"<s/>"},
        "shared": {"xl/revisions/revisionLog1.xml": b"<s/>"},
        "macros": {"[Content_Types].xml": macros, "xl/vbaProject.bin": b"x"},
        "damaged": {"xl/worksheets/sheet1.xml": parts(sent)["xl/worksheets/sheet1.xml"][:-40]},
        "vml": {"xl/drawings/commentsDrawing1.vml": b"<xml><br></xml>"},
        "styles": {"xl/styles.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><styleSheet>&a;</styleSheet>'},
    }
    broken = with_parts(sent, tmp_path / "broken.xlsx", changes.get(case, {}))
    if case == "no_xlsx":
        broken.write_text("机构,患者数\n", encoding="utf-8")
    out = tmp_path / "out.xlsx"
    (written,) = annotation.annotate(FOUND, {FILE: broken}, out)
    assert not written.own
    assert written.reason == ("damaged" if case in ("vml", "styles") else case)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["核查发现的问题"]
    rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=5)]
    assert rows[0][:5] == [1, "错误", FILE, "慢 病", "B3、D3"]
    assert [row[5] for row in rows] == list(FOUND["sentence_zh"])
    assert book.active.print_title_rows == "$4:$4"
    if case == "macros":
        (kept,) = annotation.annotate(FOUND, {FILE: broken}, tmp_path / "out.xlsm")
        assert kept.own and parts(kept.path)["xl/vbaProject.bin"] == b"x"


def test_a_conversation_about_a_cell_and_a_button_beside_it_are_left_alone(sent: Path, tmp_path: Path) -> None:
    """Excel 365 keeps conversations in a part of their own, and form controls in the drawing of the comments."""
    given = parts(sent)
    rels = given["xl/worksheets/_rels/sheet1.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rIdT" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" '
        b'Target="/xl/threadedComments/t1.xml"/></Relationships>',
    )
    talk = b'<ThreadedComments xmlns="x"><threadedComment ref="B3"><text>?</text></threadedComment></ThreadedComments>'
    button = (
        b'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel" '
        b'id="_x0000_s5000" type="#_x0000_t201"><x:ClientData ObjectType="Button"><x:Anchor>1,1,1,1,2,2,2,2'
        b"</x:Anchor><x:Row>2</x:Row><x:Column>3</x:Column></x:ClientData></v:shape></xml>"
    )
    drawing = given["xl/drawings/commentsDrawing1.vml"].replace(b"</xml>", button)
    assert b"s5000" in drawing
    changes = {
        "xl/worksheets/_rels/sheet1.xml.rels": rels,
        "xl/threadedComments/t1.xml": talk,
        "xl/drawings/commentsDrawing1.vml": drawing,
    }
    out = tmp_path / "out.xlsx"
    (written,) = annotation.annotate(FOUND, {FILE: with_parts(sent, tmp_path / "talk.xlsx", changes)}, out)
    assert written.own and parts(out)["xl/threadedComments/t1.xml"] == talk
    sheet = openpyxl.load_workbook(out)["慢 病"]
    assert sheet["B3"].comment.text == "去年为80"
    assert sheet["B3"].fill.fgColor.rgb == sheet["D3"].fill.fgColor.rgb != "00000000"
    now = parts(out)["xl/drawings/commentsDrawing1.vml"].decode("utf-8")
    assert '<x:ClientData ObjectType="Button"><x:Anchor>1,1,1,1,2,2,2,2</x:Anchor>' in now
    numbers = [int(number) for number in re.findall(r'id="_x0000_s(\d+)"', now)]
    assert len(set(numbers)) == len(numbers) and sum(number > 5000 for number in numbers) == 2


def test_several_workbooks_go_to_a_folder_each_with_its_own(sent: Path, tmp_path: Path) -> None:
    other = tmp_path / "别县.xlsx"
    shutil.copy(sent, other)
    third = tmp_path / "三县.xlsx"
    shutil.copy(sent, third)
    sources = {FILE: sent, "别县.xlsx": other, "三县.xlsx": third}
    written = annotation.annotate(FOUND, sources, tmp_path / "退回")
    assert {file.path.name: file.own for file in written} == {
        FILE: True,
        "别县.xlsx": True,
        "核查发现的问题.xlsx": False,
    }
    sheet = openpyxl.load_workbook(tmp_path / "退回" / "别县.xlsx")["核查发现的问题"]
    assert [row[4].value for row in sheet.iter_rows(min_row=5)] == ["别县的问题。"]
    (alone,) = annotation.annotate(FOUND, sources, tmp_path / "all.xlsx", "en")
    book = openpyxl.load_workbook(alone.path)
    assert book.active["G5"].value == '\'=HYPERLINK("x")'
    assert book.active["F5"].value == "en 管理人数多于患者人数。"


def test_our_own_form_filled_in_checked_and_sent_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the workbook handed out to the marked one: the mistake is marked where it was made, and nothing is lost."""
    folder = returned.small(tmp_path / "small")
    sent = folder / "returns" / FILE
    sent.parent.mkdir()
    write_template(ev.load(str(folder)), returned.AREA, "2024", sent, "zh")
    book = openpyxl.load_workbook(sent)
    names = {"甲院", "乙院", "丙院", "平安县合计", "就诊人次", "在岗人数", "资料种数", "预算"}
    written = {}
    for sheet in book:
        for down, across, cell, is_last in returned.visible(sheet, names):
            if not is_last and down != "平安县合计" and across != "平安县合计":
                cell.value = 7
            written[down, across, is_last] = f"{sheet.title}!{cell.coordinate}"
            if (down, across, is_last) == ("就诊人次", "平安县合计", False):
                cell.value = 22  # the three institutions give 21
    book.save(sent)
    out = tmp_path / "退回.xlsx"
    assert main(["check", str(folder), "--annotate", str(out), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    place = f"returns/{FILE}!{written['就诊人次', '平安县合计', False]}"
    assert place in {row["where"] for row in found if row["level"] == "error"}
    name, cell = place.split("!")[1:]
    marked = openpyxl.load_workbook(out)[name][cell]
    assert "22" in marked.comment.text and "21" in marked.comment.text
    before = ev.load(str(folder)).facts
    sent.write_bytes(out.read_bytes())
    pd.testing.assert_frame_equal(ev.load(str(folder)).facts, before)


def test_what_was_sent_is_never_overwritten(sent: Path, tmp_path: Path) -> None:
    content = sent.read_bytes()
    with pytest.raises(InputError, match="not overwritten"):
        annotation.annotate(FOUND, {FILE: sent}, tmp_path / "." / FILE)
    with pytest.raises(InputError, match="not overwritten"):
        annotation.annotate(FOUND, {FILE: sent, "b.xlsx": tmp_path / "b.xlsx"}, tmp_path)
    with pytest.raises(InputError, match=r"must be named \.xlsx"):
        annotation.annotate(FOUND, {FILE: sent}, tmp_path / "out.txt")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        annotation.annotate(FOUND, {FILE: sent}, tmp_path / "file" / "out.xlsx")
    assert sent.read_bytes() == content


def test_cells_without_a_stated_place_are_counted(tmp_path: Path, sent: Path) -> None:
    """Writers may leave out where rows and cells are (ECMA-376: `r` is optional): they follow one another."""
    data = parts(sent)["xl/worksheets/sheet1.xml"]
    root = etree.fromstring(data)
    for element in root.iter(f"{MAIN}row", f"{MAIN}c"):
        # row 4 is not there, so rows from 5 on have to say theirs
        if element.tag == f"{MAIN}c" or int(element.get("r")) <= 3:
            del element.attrib["r"]
    silent = with_parts(sent, tmp_path / "silent.xlsx", {"xl/worksheets/sheet1.xml": etree.tostring(root)})
    out = tmp_path / "out.xlsx"
    (written,) = annotation.annotate(FOUND, {FILE: silent}, out)
    assert written.own
    sheet = openpyxl.load_workbook(out)["慢 病"]
    assert sheet["B3"].value == 86 and sheet["B3"].fill.fgColor.rgb == sheet["D3"].fill.fgColor.rgb != "00000000"
    assert sheet["B2"].fill.fgColor.rgb == "00000000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A1", (0, 0)),
        ("$AA$10", (9, 26)),
        ("XFD1048576", (1_048_575, 16_383)),
        ("XFE1", None),
        ("A0", None),
        ("7", None),
    ],
)
def test_places(text: str, expected: tuple[int, int] | None) -> None:
    assert cell_marks.place(text) == expected


def test_addresses_may_hold_what_names_may_hold() -> None:
    where = "各县/平安 县!.xlsx!慢!病!D7; facts/990101.csv row 12 column value; b.XLS!x!C4:D5; c.xlsx!y"
    assert cell_marks.addresses(where) == [("各县/平安 县!.xlsx", "慢!病", "D7"), ("b.XLS", "x", "C4:D5")]
    assert cell_marks.cells("C4:D5") == [(3, 2), (3, 3), (4, 2), (4, 3)]
    assert cell_marks.cells("A1:XFD1048576") == [(0, 0)]
