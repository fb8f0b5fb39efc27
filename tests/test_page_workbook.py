"""The workbook of a page, read with openpyxl and opened by LibreOffice: what it shows is what the page shows."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from published import ROWS, WICKED, about, notebook

from evaltools import page_parts
from evaltools.page_parts import Table
from evaltools.page_workbook import page_workbook
from evaltools.wording import LANGUAGES, word


def parts() -> tuple[page_parts.Part, ...]:
    return page_parts.read(notebook())


def opened(audience: str = "internal", lang: str = "zh") -> Workbook:
    content = page_workbook(page_parts.read(notebook(lang)), about(lang, audience=audience))
    assert content is not None
    return load_workbook(io.BytesIO(content))


def test_numbers_are_numbers_and_texts_are_texts_whatever_they_begin_with() -> None:
    sheet = opened().worksheets[1]
    head = [cell.value for cell in sheet[3]]
    assert head[:7] == ["分组", "指标", "分子", "分母", "本期值", "变化", "目标"]
    for row, (name, numerator, denominator, value, *_, change, _status, code) in enumerate(ROWS, start=4):
        cells = dict(zip(head, sheet[row], strict=True))
        assert cells["指标"].value == name.replace("\x07", "") and cells["指标"].data_type == "s"
        assert (cells["分子"].value, cells["分母"].value) == (numerator, denominator)
        assert cells["本期值"].value == pytest.approx(value, rel=1e-11)
        assert cells["变化"].value == ("—" if change is None else round(change, 12))
        assert (cells["code"].value, cells["code"].data_type) == (code, "s")
    codes = [[cell.value for cell in column[3:]] for column in sheet.columns if "990101" in {c.value for c in column}]
    assert codes == [["990101"] * 4]
    assert [sheet.cell(row, head.index("ward") + 1).value for row in range(4, 7)] == ["007", "12", "1"]
    assert [sheet.cell(row, 1).value for row in range(4, 8)] == ["甲", "甲", "乙", "乙"]
    assert not any(cell.data_type == "f" for each in opened().worksheets for row in each.rows for cell in row)


def test_the_public_gets_the_columns_that_the_page_shows_and_no_others() -> None:
    internal = [cell.value for cell in opened().worksheets[1][3]]
    public = [cell.value for cell in opened("public").worksheets[1][3]]
    assert public == ["分组", "指标", "分子", "分母", "本期值", "变化", "目标"]
    assert "code" in internal and len(internal) > len(public)


def test_the_first_sheet_lists_the_tables_with_links_that_lead_there() -> None:
    book = opened()
    contents, sheet = book.worksheets
    links = [cell for row in contents.rows for cell in row if cell.hyperlink]
    assert [link.hyperlink.location for link in links] == [f"'{sheet.title.replace(chr(39), chr(39) * 2)}'!A1"]
    assert sheet["A2"].hyperlink.location == f"'{contents.title}'!A1"
    told = [str(cell.value) for row in contents.rows for cell in row if cell.value]
    assert any("2024年" in text for text in told) and any("来源 <x>" in text for text in told)
    assert len(sheet.title) <= 31 and not set(sheet.title) & set("[]:*?/\\")
    assert sheet.freeze_panes == "C4"


def test_rows_that_the_page_leaves_out_are_there_as_it_would_have_shown_them() -> None:
    (table,) = (part for part in parts() if isinstance(part, Table))
    cut = replace(table, rows=table.rows[:1])
    whole, short = (page_workbook([each], about()) for each in (table, cut))
    assert whole == short


def test_the_same_page_gives_the_same_bytes_and_a_page_without_tables_no_workbook() -> None:
    first, again = (page_workbook(parts(), about()) for _ in range(2))
    assert first == again is not None
    with zipfile.ZipFile(io.BytesIO(first or b"")) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert page_workbook([part for part in parts() if not isinstance(part, Table)], about()) is None


def test_two_tables_with_one_caption_get_two_sheets() -> None:
    (table,) = (part for part in parts() if isinstance(part, Table))
    content = page_workbook([table, replace(table, name="other")], about())
    names = load_workbook(io.BytesIO(content or b"")).sheetnames
    assert len({name.casefold() for name in names}) == 3


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_libreoffice_shows_each_number_as_the_page_does(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(page_workbook(page_parts.read(notebook(lang)), about(lang)) or b"")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    # comma, quote, UTF-8, from the first line on, cells as they are shown, the second sheet
    kind = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,2"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (made,) = tmp_path.glob("*.csv")
    rows = list(csv.reader(made.read_text(encoding="utf-8").splitlines()))
    (table,) = (part for part in page_parts.read(notebook(lang)) if isinstance(part, Table))
    shown = [row[1 : 1 + len(table.head)] for row in rows[3:]]
    assert shown == [[text.replace("\x07", "") for text in row] for row in table.rows]
    assert rows[2][0] == word("documents.group", lang)
    assert WICKED.replace("\x07", "") in shown[1]
