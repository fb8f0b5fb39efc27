"""The workbook that is handed out, and reading it back after people have worked in it."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import returned
from builders import fact, indicator, item, unit
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from returned import AREA

import evaltools as ev
from evaltools.template_cells import sheet_names
from evaltools.template_content import forms
from evaltools.template_workbook import workbook, write_template

pytestmark = pytest.mark.slow

UNITS = {"甲院": "1", "乙院": "2", "丙院": "3", "平安县合计": "", "平安县": ""}
NAMES = {"就诊人次": "visits", "在岗人数": "staff", "资料种数": "kinds", "预算": "budget"}
ORIENTATIONS = pytest.mark.parametrize("units_in_rows", [False, True])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ev.Data:
    return returned.data(tmp_path_factory.mktemp("small") / "small")


@pytest.fixture(scope="module")
def example() -> ev.Data:
    return ev.load("example", area="990101", stage="reported")


@lru_cache
def made(data: ev.Data, units_in_rows: bool) -> bytes:
    (form,) = forms(data, [AREA], "2024", "zh")
    return workbook(form, units_in_rows)


def handed_out(data: ev.Data, folder: Path, units_in_rows: bool = False) -> Path:
    path = folder / "return.xlsx"
    path.write_bytes(made(data, units_in_rows))
    return path


def cells_of(book: openpyxl.Workbook, last: bool = False) -> dict[tuple[str, str], openpyxl.cell.cell.Cell]:
    """(item, unit) -> the cell a person would write it in; the names seen decide, not the hidden codes."""
    found = {}
    for sheet in book:
        for down, across, cell, is_last in returned.visible(sheet, {*UNITS, *NAMES}):
            if is_last == last:
                pair = (down, across) if down in NAMES else (across, down)
                found[NAMES[pair[0]], UNITS[pair[1]]] = cell
    return found


def texts(book: openpyxl.Workbook) -> list[str]:
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


def rules(said: pd.DataFrame) -> dict[str, str]:
    return dict(zip(said["rule"], said["where"], strict=True))


# --- what is asked ---


def test_a_year_asks_what_its_indicators_need_and_nothing_of_another_era(example: ev.Data) -> None:
    """The items of the example's own returns are what was reported for each year."""
    for year in ("2019", "2021", "2024"):
        (form,) = forms(example, ["990101"], year, "zh")
        facts = example.facts[(example.facts["area"] == "990101") & (example.facts["period"] == year)]
        assert set(form.items["item"]) == set(facts["item"])
        by_unit = set(facts.loc[facts["unit"] != "", "item"])
        assert set(form.items.loc[form.items["level"] == "item", "item"]) == by_unit
    book = openpyxl.load_workbook(_bytes(workbook(form)))
    assert not any("新农合" in text or "建档立卡贫困人口数" in text for text in texts(book))


def test_a_cumulative_return_asks_what_the_months_hold(example: ev.Data) -> None:
    (form,) = forms(example, ["990101"], "2024-01/2024-06", "zh")
    monthly = example.facts[example.facts["origin"] == "monthly_return"]
    assert set(form.items["item"]) == set(monthly["item"])
    assert form.origin == "monthly_return" and set(form.items["level"]) == {"area"}
    ours = monthly[(monthly["area"] == "990101") & monthly["period"].between("2023-01", "2023-06")]
    flows = example.items.loc[example.items["over_time"] == "sum", "item"]
    added = ours[ours["item"].isin(flows)].groupby("item")["value"].sum()
    assert len(added) > 10
    assert {name: form.last[name, ""] for name in added.index} == pytest.approx(added.to_dict())


def test_new_items_are_asked_and_ended_ones_are_not(tmp_path: Path) -> None:
    indicators = [
        indicator("old", "visits", "staff", valid_to="2023"),
        indicator("new", "kinds", "staff", valid_from="2024", kind="ratio"),
    ]
    facts = [fact("2023", AREA, name, 5, "1") for name in ("visits", "staff")]
    data = ev.load(str(returned.small(tmp_path / "small", indicators=indicators, facts=facts)))
    assert [set(next(forms(data, [AREA], year, "zh")).items["item"]) for year in ("2023", "2024")] == [
        {"visits", "staff"},
        {"staff", "kinds"},
    ]


def test_units_that_do_not_exist_any_more_are_not_asked(tmp_path: Path) -> None:
    units = [unit(AREA, "1", valid_to="2023", successor="2"), unit(AREA, "2"), unit(AREA, "3", parent="2")]
    data = ev.load(str(returned.small(tmp_path / "small", units=units)))
    assert [list(next(forms(data, [AREA], year, "zh")).units["unit"]) for year in ("2023", "2024")] == [
        ["1", "2"],
        ["2"],
    ]


# --- the workbook ---


@ORIENTATIONS
def test_what_is_asked_can_be_written_in_and_nothing_else(data: ev.Data, tmp_path: Path, units_in_rows: bool) -> None:
    book = openpyxl.load_workbook(handed_out(data, tmp_path, units_in_rows=units_in_rows))
    cells = cells_of(book)
    asked = {(name, code) for name in ("visits", "staff", "kinds") for code in "123"} | {("budget", "")}
    totals = {("visits", ""), ("staff", "")}
    assert {key for key, cell in cells.items() if not cell.protection.locked} == asked | totals
    assert {key for key, cell in cells.items() if cell.data_type == "f"} == totals
    open_cells = {(cell.parent.title, cell.coordinate) for cell in cells.values() if not cell.protection.locked}
    for sheet in book:
        assert sheet.protection.sheet and not sheet.protection.password
        checked = {
            (sheet.title, cell.coordinate)
            for rule in sheet.data_validations.dataValidation
            if rule.type == "custom" and rule.showInputMessage and rule.prompt and rule.showErrorMessage
            for part in rule.sqref.ranges
            for row in sheet[part.coord if ":" in part.coord else f"{part.coord}:{part.coord}"]
            for cell in row
        }
        assert checked == {place for place in open_cells if place[0] == sheet.title}


@ORIENTATIONS
def test_last_year_stands_beside_and_totals_are_its_sums(data: ev.Data, tmp_path: Path, units_in_rows: bool) -> None:
    cells = cells_of(openpyxl.load_workbook(handed_out(data, tmp_path, units_in_rows=units_in_rows)), last=True)
    expected: dict[tuple[str, str], float] = {("budget", ""): 1234.5}
    for at, name in enumerate(("visits", "staff", "kinds"), 1):
        expected |= {(name, code): 100 * at + int(code) for code in "123"}
    expected |= {("visits", ""): 306, ("staff", ""): 606}
    assert {key: cell.value for key, cell in cells.items() if cell.value is not None} == expected
    assert all(cell.protection.locked for cell in cells.values())


def test_it_prints_on_a4_with_its_headers_and_page_numbers(data: ev.Data, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(handed_out(data, tmp_path))
    assert book.sheetnames == ["填表说明", "alpha", "beta", "数据确认单", "确认单附表", "evaltools"]
    assert [sheet.sheet_state for sheet in book] == ["visible"] * 5 + ["veryHidden"]
    for sheet in book.worksheets[:5]:
        assert sheet.page_setup.paperSize == 9 and "&P" in sheet.oddFooter.right.text
    for sheet in book.worksheets[1:3]:
        assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$2:$5"
        assert sheet.freeze_panes == "D6"
        assert sheet.column_dimensions["A"].hidden and sheet.row_dimensions[1].hidden
    confirmation = [text for text in texts(book) if re.search("签字|盖章|日期", text)]
    assert len(confirmation) >= 5


def test_an_item_is_explained_where_it_stands(data: ev.Data, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(handed_out(data, tmp_path))["alpha"]
    said = {sheet.cell(row, 2).value: sheet.cell(row, 2).comment for row in (6, 7)}
    assert "诊疗人次" in said["就诊人次"].text and "人均接诊。" in said["就诊人次"].text
    assert "期末" in said["在岗人数"].text and "期末" not in said["就诊人次"].text


@pytest.mark.parametrize("units_in_rows", [False, True])
def test_wide_sheets_go_over_pages_without_parting_this_year_from_last(tmp_path: Path, units_in_rows: bool) -> None:
    items = [item(f"i{at}", name_zh=f"第{at}项很长很长很长很长的数据项名称", family="f") for at in range(30)]
    units = [unit(AREA, f"{at:02}", name_zh=f"第{at}街道社区卫生服务中心") for at in range(40)]
    facts = [fact("2023", AREA, f"i{at}", 123456, f"{code:02}") for at in range(30) for code in range(40)]
    indicators = [indicator(f"n{at}", f"i{at}", kind="count", per="1") for at in range(30)]
    tables = {"items": items, "units": units, "facts": facts, "indicators": indicators}
    data = ev.load(str(returned.small(tmp_path / "small", **tables)))
    (form,) = forms(data, [AREA], "2024", "zh")
    sheet = openpyxl.load_workbook(_bytes(workbook(form, units_in_rows)))["f"]
    breaks = [mark.id for mark in sheet.col_breaks.brk]
    assert breaks and sheet.page_setup.scale >= 60 and sheet.print_title_cols
    names = 2 if units_in_rows else 3
    width = {at: sheet.column_dimensions[openpyxl.utils.get_column_letter(at)].width for at in range(2, 120)}
    for first, last in zip([names, *breaks], [*breaks, names + 2 * (30 if units_in_rows else 41) + 2], strict=True):
        # a break comes after a column of last year's figures; columns are hidden codes, names, then pairs
        assert (last - names) % 2 == 0
        # characters of 7 pixels at 96 to the inch, on the 10.9 inches that A4 leaves
        used = sum(width[at] * 7 + 5 for at in [*range(2, names + 1), *range(first + 1, last + 1)])
        assert used * sheet.page_setup.scale / 100 <= 10.9 * 96


def test_the_same_input_gives_the_same_bytes_and_no_clock(data: ev.Data) -> None:
    (form,) = forms(data, [AREA], "2024", "zh")
    assert workbook(form) == made(data, False)
    with zipfile.ZipFile(_bytes(made(data, False))) as archive:
        assert {about.date_time for about in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        dates = re.findall(r"\d{4}-\d\d-\d\dT", archive.read("docProps/core.xml").decode("utf-8"))
        assert dates == ["1980-01-01T"] * 2


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1:A9)", '=HYPERLINK("http://x","y")'])
@ORIENTATIONS
def test_no_cell_makes_a_formula_of_a_name(data: ev.Data, text: str, units_in_rows: bool) -> None:
    (form,) = forms(data, [AREA], "2024", "zh")
    uses = {name: [(text, "numerator", text)] for name in form.items["item"]}
    named = {"name_zh": text, "name_en": text}
    hostile = replace(
        form,
        title=text,
        name=text,
        notice_zh=text,
        notice_en=text,
        items=form.items.assign(**named, family=text, measure=text, synonyms=text),
        units=form.units.assign(**named),
        areas=form.areas.assign(**named),
        expected={AREA: text},
        uses=uses,
        words={**form.words, text: ("zero", True)},
    )
    book = openpyxl.load_workbook(_bytes(workbook(hostile, units_in_rows)))
    written = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert sum(cell.value == text for cell in written) > 8
    for cell in written:
        if cell.data_type == "f":
            # the only words of others in a formula are names of sheets, quoted
            assert text not in re.sub(r"'(?:[^']|'')*'!", "", cell.value)
        elif str(cell.value)[:1] in "=+-@":
            assert cell.data_type == "s" and cell.quotePrefix


@given(st.lists(st.text(max_size=50), max_size=12))
def test_sheet_names_are_legal_and_differ(wanted: list[str]) -> None:
    names = sheet_names(wanted, ["evaltools"])
    assert len({name.casefold() for name in [*names, "evaltools", "History"]}) == len(wanted) + 2
    for name in names:
        assert 1 <= len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) and name.strip("' ") == name
    book = openpyxl.Workbook()
    assert [book.create_sheet(name).title for name in names] == names


# --- what comes back ---


@pytest.mark.parametrize(("year", "units_in_rows"), [("2024", False), ("2025", True)])
def test_the_example_s_own_figures_come_back(example: ev.Data, tmp_path: Path, units_in_rows: bool, year: str) -> None:
    path = tmp_path / "return.xlsx"
    write_template(example, "990101", year, path, "zh", units_in_rows)
    facts = example.facts[(example.facts["area"] == "990101") & (example.facts["origin"] == "annual_return")]
    facts = facts[facts["period"] == "2024"]
    names = {f"{row.name_zh}": row.item for row in example.items.itertuples()}
    units = example.units[example.units["area"] == "990101"]
    places = {"望汐区合计": "", "望汐区": "", **dict(zip(units["name_zh"], units["unit"], strict=True))}
    values = {(row.item, row.unit): row.value for row in facts.itertuples()}
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for down, across, cell, last in returned.visible(sheet, {*names, *places}):
            item_name, place = (across, down) if units_in_rows else (down, across)
            if not last and item_name in names and place in places:
                value = values.get((names[item_name], places[place]))
                cell.value = cell.value if value is None else value
    book.save(path)
    found, said = returned.read(path, returned.known(example))
    assert returned.figures(found.facts) == values
    assert said.empty, said["sentence_en"].tolist()
    assert set(found.facts["period"]) == {year} and set(found.facts["origin"]) == {"annual_return"}
    assert list(found.facts.index) == list(found.facts["source"])
    pd.testing.assert_frame_equal(found.units, units.drop(columns="split_into").reset_index(drop=True))
    assert dict(found.expected) == {code: example.area_name(code, "zh") for code in example.counties()}


CONTENTS = [
    (0, 0.0),
    (12, 12.0),
    (98.5, 98.5),
    (123456789012, 123456789012.0),
    ("1,234", 1234.0),
    ("３５", 35.0),
    ("不适用", "not_applicable"),
    ("未发生", 0.0),
    (None, "missing"),
    ("   ", "missing"),
]


@ORIENTATIONS
@pytest.mark.parametrize(("content", "read"), CONTENTS)
def test_every_content_comes_back(
    data: ev.Data, tmp_path: Path, units_in_rows: bool, content: object, read: object
) -> None:
    path = handed_out(data, tmp_path, units_in_rows=units_in_rows)
    book = openpyxl.load_workbook(path)
    cell = cells_of(book)["staff", "2"]
    cell.value = content
    book.save(path)
    found, said = returned.read(path, returned.known(data))
    figures = returned.figures(found.facts)
    assert figures.pop(("staff", "2")) == read
    assert set(figures.values()) == {"missing"} and len(figures) == 9
    assert f"return.xlsx!alpha!{cell.coordinate}" in set(found.facts["source"])
    assert not (said["level"] == "error").any()


def fill(book: openpyxl.Workbook) -> dict[tuple[str, str], float | str]:
    """Fill in all that is asked, each with another number."""
    values: dict[tuple[str, str], float | str] = {}
    for at, (key, cell) in enumerate(cells_of(book).items()):
        if not cell.protection.locked and cell.data_type != "f":
            cell.value = values[key] = float(1000 + at)
    return values


def moved(sheet: Worksheet, change: str) -> None:
    """Do to a sheet what people do: put rows and columns in, sort, exchange columns, write notes."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    if change == "rows in":
        rows = [*rows[:6], ["", "另有村医", 7], [], *rows[6:]]
    elif change == "columns in":
        rows = [[*row[:5], None, "说明" if at == 3 else None, *row[5:]] for at, row in enumerate(rows)]
    elif change == "column before all":
        rows = [[None, *row] for row in rows]
    elif change == "sorted":
        rows = [*rows[:5], *reversed(rows[5:])]
    elif change == "columns exchanged":
        rows = [[*row[:3], *row[5:7], *row[3:5], *row[7:]] for row in rows]
    elif change == "row above all":
        rows = [["制表单位：", "某某县"], *rows]
    copy = sheet.parent.create_sheet(f"{sheet.title} {change}"[:31])
    for row in rows:
        copy.append([None if str(value).startswith("=IF") else value for value in row])
    sheet.parent.remove(sheet)


@ORIENTATIONS
@pytest.mark.parametrize(
    "change", ["rows in", "columns in", "column before all", "sorted", "columns exchanged", "row above all"]
)
def test_no_figure_is_misplaced_by_what_people_do(
    data: ev.Data, tmp_path: Path, units_in_rows: bool, change: str
) -> None:
    path = handed_out(data, tmp_path, units_in_rows=units_in_rows)
    book = openpyxl.load_workbook(path)
    values = fill(book)
    for name in ("alpha", "beta"):
        moved(book[name], change)
    book.save(path)
    found, said = returned.read(path, returned.known(data))
    assert returned.figures(found.facts) == values
    assert not (said["level"] == "error").any()
    reread = openpyxl.load_workbook(path)
    for row in found.facts.itertuples():
        _, sheet, cell = row.source.split("!")
        assert reread[sheet][cell].value == row.value


def altered(data: ev.Data, folder: Path, change: object) -> tuple[dict[tuple[str, str], object], pd.DataFrame]:
    """Fill in a return, change something in its workbook, read it back."""
    path = handed_out(data, folder)
    book = openpyxl.load_workbook(path)
    fill(book)
    change(book)  # type: ignore[operator]
    book.save(path)
    found, said = returned.read(path, returned.known(data))
    return returned.figures(found.facts), said


def test_what_was_deleted_is_named(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["alpha"].delete_rows(7)
        book["beta"].delete_cols(8, 2)

    figures, said = altered(data, tmp_path, change)
    assert {name for name, _ in figures} == {"visits", "kinds", "budget"}
    assert ("kinds", "2") not in figures and len(figures) == 3 + 2 + 1
    assert rules(said) == {"gone_item": "return.xlsx", "gone_unit": "return.xlsx!beta"}
    assert "在岗人数" in said["sentence_zh"][0] and "乙院" in said["sentence_zh"][1]


def test_a_code_that_is_none_is_named_and_its_row_not_guessed(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["alpha"]["A7"] = "item=stuff"
        book["beta"]["F1"] = "unit=9"

    figures, said = altered(data, tmp_path, change)
    assert ("staff", "1") not in figures and ("kinds", "1") not in figures
    found = rules(said)
    assert found["unknown_item"] == "return.xlsx!alpha!A7" and found["unknown_unit"] == "return.xlsx!beta!F1"
    assert found["gone_item"] == "return.xlsx"
    assert "staff" in said.loc[said["rule"] == "unknown_item", "sentence_en"].iloc[0]


@ORIENTATIONS
def test_rows_sorted_without_their_hidden_codes_are_named(data: ev.Data, tmp_path: Path, units_in_rows: bool) -> None:
    path = handed_out(data, tmp_path, units_in_rows=units_in_rows)
    book = openpyxl.load_workbook(path)
    fill(book)
    sheet = book["alpha"]
    rows = [row for row in range(6, sheet.max_row + 1) if sheet.cell(row, 1).value not in (None, "unit=")]
    first, last = rows[0], rows[-1]
    for column in range(2, sheet.max_column + 1):
        one, other = sheet.cell(first, column), sheet.cell(last, column)
        one.value, other.value = other.value, one.value
    book.save(path)
    said = returned.read(path, returned.known(data))[1]
    errors = said[said["level"] == "error"]
    assert set(errors["rule"]) == {"other_name"}
    assert errors["where"].tolist() == [f"return.xlsx!alpha!B{first}", f"return.xlsx!alpha!B{last}"]
    assert str(sheet.cell(first, 2).value) in errors["sentence_zh"].iloc[0]


def test_last_year_s_figures_made_texts_are_the_same_figures(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for sheet in (book["alpha"], book["beta"]):
            last = [cell.column for cell in sheet[1] if str(cell.value).startswith("last=")]
            for cell in (sheet.cell(row, column) for row in range(6, sheet.max_row + 1) for column in last):
                if isinstance(cell.value, int | float):
                    cell.value = f"{cell.value:,}"

    assert "last_changed" not in rules(altered(data, tmp_path, change)[1])


def test_a_figure_in_two_places_is_named(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["alpha"]
        for cell in sheet[7]:
            if cell.column != 4:
                sheet.cell(12, cell.column).value = cell.value
        sheet["H12"] = 77

    figures, said = altered(data, tmp_path, change)
    repeated = said[said["rule"] == "repeated"]
    assert dict(zip(repeated["where"], repeated["level"], strict=True)) == {
        "return.xlsx!alpha!F12": "warning",
        "return.xlsx!alpha!H12": "error",
        "return.xlsx!alpha!J12": "warning",
    }
    assert figures["staff", "2"] != 77.0


def test_totals_written_by_hand(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["alpha"]
        for column, value in (("F", 1), ("H", 2), ("J", 4)):
            sheet[f"{column}6"] = value
            sheet[f"{column}7"] = value
        sheet["D6"], sheet["D7"] = 7, 8

    figures, said = altered(data, tmp_path, change)
    assert ("visits", "") not in figures and figures["staff", ""] == 8.0  # 1 + 2 + 4 says nothing new
    assert rules(said) == {"total_typed": "return.xlsx!alpha!D7"}
    assert "7" in said["sentence_zh"][0] and "8" in said["sentence_zh"][0]


def test_a_total_beside_blanks_is_the_area_s_own(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["alpha"]["H6"], book["alpha"]["D6"] = None, 500

    figures, said = altered(data, tmp_path, change)
    assert figures["visits", ""] == 500.0 and figures["visits", "2"] == "missing"
    assert rules(said) == {"total_alone": "return.xlsx!alpha!D6"}


@pytest.mark.parametrize(
    ("cell", "content", "rule", "level"),
    [
        ("alpha!E6", 5, "last_changed", "warning"),
        ("beta!G7", 5, "last_changed", "warning"),
        ("beta!F7", 5, "not_asked", "warning"),
        ("alpha!F6", -5, "negative", "error"),
        ("alpha!F6", "90%", "a_percent", "error"),
        ("alpha!F6", "≥90", "a_bound", "error"),
        ("alpha!F6", "见附件", "not_a_number", "error"),
        ("alpha!F6", "无", "ambiguous_word", "warning"),
        ("alpha!F7", "30份", "other_measure", "warning"),
        ("alpha!F6", "=1/3", "uncached", "warning"),
        ("alpha!L6", "随便", "not_a_choice", "error"),
        ("alpha!M6", "新开两个门诊", "remark", "note"),
    ],
)
def test_what_is_wrong_is_named_at_its_cell(
    data: ev.Data, tmp_path: Path, cell: str, content: object, rule: str, level: str
) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet, name = cell.split("!")
        book[sheet][name] = content

    figures, said = altered(data, tmp_path, change)
    assert list(said["rule"]) == [rule] and list(said["where"]) == [f"return.xlsx!{cell}"]
    assert list(said["level"]) == [level]
    if level == "error" and cell == "alpha!F6":
        assert figures["visits", "1"] == "missing"


def test_a_row_can_say_why_its_blanks_are_blank(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["alpha"]
        sheet["F6"] = sheet["H6"] = sheet["F7"] = None
        sheet["L6"] = "不适用"

    figures, said = altered(data, tmp_path, change)
    assert [figures["visits", code] for code in "12"] == ["not_applicable"] * 2
    assert isinstance(figures["visits", "3"], float) and figures["staff", "1"] == "missing"
    assert said.empty


def test_hidden_rows_and_other_sheets_are_told(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["alpha"].row_dimensions[7].hidden = True
        book.create_sheet("附件")["B2"] = 5
        book.create_sheet("说明")["B2"] = "只有文字"

    figures, said = altered(data, tmp_path, change)
    assert len(figures) == 10
    assert rules(said) == {"hidden_row": "return.xlsx!alpha!D7", "sheet_unread": "return.xlsx!附件"}


@pytest.mark.parametrize(
    ("cell", "content", "rule"),
    [("A2", "2", "version"), ("B5", "", "broken"), ("B6", "二〇二四年", "broken")],
)
def test_a_return_that_cannot_be_placed_is_refused(
    data: ev.Data, tmp_path: Path, cell: str, content: str, rule: str
) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["evaltools"][cell] = content

    figures, said = altered(data, tmp_path, change)
    assert figures == {} and list(said["rule"]) == [rule]


def test_the_file_is_read_whatever_its_sheets_are_called(data: ev.Data, tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for at, sheet in enumerate(book):
            sheet.title = f"表{at}"

    figures, said = altered(data, tmp_path, change)
    assert said.empty and len(figures) == 10 and not any(map(_is_text, figures.values()))


def _is_text(value: object) -> bool:
    return isinstance(value, str) or math.isnan(float(str(value)))


def _bytes(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)
