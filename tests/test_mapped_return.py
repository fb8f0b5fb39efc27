from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sent import ITEMS, UNITS, known, numbers, read, told, workbook

import evaltools as ev
from evaltools.sheets import cell_name

TITLE = "平安县2024年1—9月高血压患者健康管理情况"
JAN_SEP = "2024-01/2024-09"
UNITS_IN_ROWS = """
tables:
  - sheets: 慢病
    header: 3-5
    period: {cell: A1}
    area: {cell: A1, pattern: "{area}{year}年*"}
    unit: {column: 机构名称}
    item: {header: "{item}"}
    ignore_columns: [序号, 备注]
    entries:
      - {name: 高血压 / 患者 / 总人数（人）, item: patients}
      - {name: 高血压 / 患者 / 管理人数（人）, item: managed}
      - name: 高血压 / 管理率（%）
        indicator: management_rate
        numerator: 高血压 / 患者 / 管理人数（人）
        denominator: 高血压/患者/总人数(人)
"""
HEADER = [
    ["序号", "机构名称", "高血压", None, None, "备注"],
    [None, None, "患者", None, "管理率（%）", None],
    [None, None, "总人数（人）", "管理人数（人）", None, None],
]
MERGES = ("A3:A5", "B3:B5", "C3:E3", "C4:D4", "E4:E5", "F3:F5")


def units_in_rows(path: Path) -> Path:
    rows = [
        [TITLE],
        ["填报单位：平安县卫生健康委", None, None, None, None, "单位：人"],
        *HEADER,
        [1, "城关镇卫生院", "１，０００", 800, "80.0", "含代管村"],
        [None] * 6,
        [2, " 东河镇 卫生院", 500, "3.5百", None, None],
        *HEADER,  # printed again on the second page
        [3, "西山乡卫生院", "无", "—", "98.5％以上", None],
        ["合　计", None, 1500, 1150, 0.7667, None],
        ["注：数据来自信息系统，截至9月30日。"],
        ["填表人：张", None, "联系电话", "05518888888"],
    ]
    workbook(path, {"慢病": rows}, *MERGES, "C9:E9", "C10:D10", "E10:E11", "A13:B13")
    book = openpyxl.load_workbook(path)
    book["慢病"]["E13"].number_format = "0.0%"
    book.save(path)
    return path


def test_a_row_a_unit_under_a_merged_header_with_pages_notes_and_a_total(tmp_path: Path) -> None:
    found, problems = read(units_in_rows(tmp_path / "慢病.xlsx"), UNITS_IN_ROWS)
    place = (JAN_SEP, "990101")
    facts = numbers(found)
    assert list(facts) == [f"慢病!{cell}" for cell in ("C6", "D6", "C8", "D8", "C12", "D12")]
    assert facts["慢病!C6"] == (*place, "01", "patients", 1000)
    assert facts["慢病!D6"] == (*place, "01", "managed", 800)
    assert facts["慢病!C8"] == (*place, "02", "patients", 500)
    assert facts["慢病!C12"] == (*place, "03", "patients", 0)
    assert math.isnan(facts["慢病!D12"][4])
    assert found.facts.loc["慢病.xlsx!慢病!D12", "state"] == "not_applicable"
    claims = found.claims.set_index("source")
    assert list(claims.index) == ["慢病.xlsx!慢病!E6", "慢病.xlsx!慢病!E12", "慢病.xlsx!慢病!E13"]
    assert claims.loc["慢病.xlsx!慢病!E6", ["numerator", "denominator", "reported", "bound"]].tolist() == [
        800, 1000, 80, "",
    ]  # fmt: skip
    assert claims.loc["慢病.xlsx!慢病!E12", ["reported", "bound", "text"]].tolist() == [98.5, ">=", "98.5％以上"]
    # the rate of the total is a claim about the county, as it is printed: 76.7%, not 76.67
    assert claims.loc["慢病.xlsx!慢病!E13", ["unit", "reported", "text"]].tolist() == ["", 76.7, "76.7%"]
    assert claims.loc["慢病.xlsx!慢病!E13", ["numerator", "denominator"]].tolist() == [1150, 1500]
    assert told(problems) == [("ambiguous_word", "慢病!C12"), ("ambiguous_word", "慢病!D12")]


def test_a_printed_total_is_held_against_its_rows_and_is_no_fact(tmp_path: Path) -> None:
    rows = [
        ["机构", "活产数", "资料种类"],
        ["城关镇卫生院", 10, 3],
        ["东河镇卫生院", 20, 4],
        ["小计", 30, None],
        ["西山乡卫生院", 5, 3],
        ["小计", 6, None],
        ["全县合计", 36, 5],
    ]
    mapping = """
tables:
  - sheets: "*"
    header: 1
    period: 2024
    area: "990101"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 活产数, item: births}, {name: 资料种类, item: kinds}]
"""
    path = workbook(tmp_path / "a.xlsx", {"一": rows})
    found, problems = read(path, mapping)
    assert set(found.facts["unit"]) == {"01", "02", "03"}
    wrong = problems[problems["rule"] == "printed_total"]
    # kinds cannot be added over units: their total is held against nothing
    assert list(zip(wrong["where"], wrong["evidence"], strict=True)) == [
        ("a.xlsx!一!B6", "6 ≠ 5"),
        ("a.xlsx!一!B7", "36 ≠ 35"),
    ]
    assert set(wrong["level"]) == {"error"} and set(wrong["period"]) == {"2024"}
    found, _ = read(path, mapping.replace("    header: 1", "    header: 1\n    totals: area"))
    assert numbers(found)["一!B7"] == ("2024", "990101", "", "births", 36)
    assert "一!B4" not in numbers(found)
    # where a row is blank the total may be more than the rest, but not less
    rows[1][1] = None
    levels = {}
    for total in (40, 20):
        rows[6][1] = total
        _, problems = read(workbook(tmp_path / "b.xlsx", {"一": rows}), mapping)
        levels[total] = problems.set_index("where").loc["b.xlsx!一!B7", "level"]
    assert levels == {40: "warning", 20: "error"}


ITEMS_IN_ROWS = """
tables:
  - sheets: 表一
    header: 2
    period: {file: "*"}
    area: {file: "{area}{year}年*"}
    unit: {header: "{unit}"}
    item: {column: [类别, 指标]}
    ignore_columns: [序号, 计量单位]
    entries:
      - {name: 人口 / 常住人口数, item: residents, times: 10000}
      - {name: 高血压 / 患者数, item: patients}
      - {name: 高血压 / 管理数, item: managed}
      - {name: 高血压 / 管理率, indicator: management_rate, numerator: 高血压 / 管理数, denominator: 高血压 / 患者数}
      - {name: 糖尿病 / 患者数, ignore: yes}
"""


def test_a_row_an_item_with_categories_measures_and_a_column_of_totals(tmp_path: Path) -> None:
    rows = [
        ["基本公共卫生服务统计表"],
        ["序号", "类别", "指标", "计量单位", "城关镇卫生院", "东河镇卫生院", "合计"],
        [1, "人口", "常住人口数", "万人", 3.51, "2.2万", 5.71],
        [2, "高血压", "患者数", "人", 10, 20, 31],
        [3, None, "管理数", "人", 8, 15, 23],
        [4, None, "管理率", "%", 80, "75%", 76.7],
        [5, "糖尿病", "患者数", "人", 3, 4, 7],
        [6, None, "管理数", "人", 3, 4, 7],
    ]
    path = workbook(tmp_path / "平安县2024年报.xlsx", {"表一": rows}, "B4:B6", "B7:B8")
    found, problems = read(path, ITEMS_IN_ROWS)
    facts = numbers(found)
    assert facts["表一!E3"] == ("2024", "990101", "01", "residents", 35100)
    # the cell says 万 itself and is not multiplied again
    assert facts["表一!F3"] == ("2024", "990101", "02", "residents", 22000)
    assert facts["表一!F5"] == ("2024", "990101", "02", "managed", 15)
    assert set(found.facts["item"]) == {"residents", "patients", "managed"} and len(facts) == 6
    assert sorted(found.claims["reported"]) == [75, 76.7, 80]
    assert found.claims.set_index("unit").loc["02", ["numerator", "denominator"]].tolist() == [15, 20]
    assert told(problems) == [
        ("own_unit", "表一!F3"),
        ("row_not_mapped", "表一!B8"),
        ("printed_total", "表一!G4"),
    ]


LONG = """
names: {平安: "990101", 县本级: area}
tables:
  - sheets: "*"
    header: 1
    period: {column: 年月}
    area: {column: 县区}
    unit: {column: 机构}
    item: {column: 指标}
    value: 数值
    origin: monthly_return
    entries: [{name: 活产数, item: births}, {name: 死亡数, item: deaths}, {name: 死亡率, indicator: mortality}]
"""


def test_a_long_table_says_everything_in_its_rows(tmp_path: Path) -> None:
    rows = [
        ["县区", "机构", "指标", "年月", "数值"],
        ["平安", "城关镇卫生院", "活产数", "2024年6月", 12],
        ["平安", "县本级", "活产数", "2024-06", 40],
        ["安定县", "01", "死亡数", "2024年第二季度", "无"],
        ["安定县", "01", "死亡率", "2024年第二季度", 12.5],
        ["安定县", "石桥医院", "活产数", "2024", 1],
        ["安定县", "02", "活产数", "去年", 1],
        ["安定县", "02", "出院数", "2024", 1],
    ]
    found, problems = read(workbook(tmp_path / "long.xlsx", {"数据": rows}), LONG)
    assert numbers(found) == {
        "数据!E2": ("2024-06", "990101", "01", "births", 12),
        "数据!E3": ("2024-06", "990101", "", "births", 40),
        "数据!E4": ("2024-Q2", "990102", "01", "deaths", 0),
    }
    assert set(found.facts["origin"]) == {"monthly_return"}
    assert found.claims[["period", "indicator", "reported"]].to_numpy().tolist() == [["2024-Q2", "mortality", 12.5]]
    assert told(problems) == [
        ("ambiguous_word", "数据!E4"),
        ("unknown_name", "数据!B6"),
        ("no_period", "数据!D7"),
        ("row_not_mapped", "数据!C8"),
    ]
    assert "石桥医院" in problems.set_index("rule").loc["unknown_name", "sentence_zh"]


MONTHS = """
tables:
  - sheets: "*月"
    header: 2
    period: {sheet: "{month}月", year: 2024}
    cumulative: yes
    area: {cell: A1, pattern: "填报单位：{area}"}
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 出生, item: births}, {name: 人口, item: residents}]
"""


def test_a_sheet_a_month_of_a_cumulative_return(tmp_path: Path) -> None:
    births = {1: 10, 2: 18, 3: 17, 12: 90}
    sheets = {
        f"{month}月": [
            ["填报单位：安定县"],
            ["机构", "出生", "人口"],
            ["城关镇卫生院", count, 1000 - month],
        ]
        for month, count in births.items()
    }
    found, problems = read(workbook(tmp_path / "m.xlsx", sheets), MONTHS)
    periods = {"1月": "2024-01", "2月": "2024-01/2024-02", "3月": "2024-Q1", "12月": "2024"}
    assert {sheet.split("!")[0]: row[0] for sheet, row in numbers(found).items()} == periods
    assert problems.empty  # that births fell is found by the check, among all files


ACROSS = """
tables:
  - sheets: 累计
    header: 2
    period: {header: "{month}月", year: 2024}
    cumulative: yes
    area: "990102"
    unit: {column: 机构}
    item: births
"""


def test_a_table_of_one_item_calls_it_by_its_name(tmp_path: Path) -> None:
    rows = [["安定县活产数"], ["机构", "1月", "2月", "3月"], ["城关镇卫生院", 10, 20, 15], ["合计", 10, 20, 16]]
    found, problems = read(workbook(tmp_path / "m.xlsx", {"累计": rows}), ACROSS)
    assert [row[4] for row in numbers(found).values()] == [10.0, 20.0, 15.0]
    said = problems.set_index("rule")["sentence_zh"]
    assert "“活产数”" in said["printed_total"]


BLOCKS = """
tables:
  - sheets: [城关镇卫生院, 东河镇卫生院]
    header: 1
    columns: A-C
    period: {header: "*"}
    area: "990101"
    unit: {sheet: "{unit}"}
    item: {column: 指标}
    entries: [{name: 活产数, item: births}]
  - sheets: [城关镇卫生院, 东河镇卫生院]
    header: 1
    columns: E-G
    period: {header: "*"}
    area: "990101"
    unit: {sheet: "{unit}"}
    item: {column: E}
    entries: [{name: 常住人口数, item: residents}]
  - sheets: [城关镇卫生院, 东河镇卫生院]
    header: 6
    period: {column: 月份, year: 2024}
    area: "990101"
    unit: {sheet: "{unit}"}
    item: {header: "{item}"}
    entries: [{name: 死亡数, item: deaths}]
"""


def test_blocks_beside_and_below_each_other_in_a_sheet_a_unit(tmp_path: Path) -> None:
    rows = [
        ["指标", "2023年", "2024年", None, "指标", 2023, 2024],
        ["活产数", 3, 4, None, "常住人口数", 100, 101],
        [],
        ["二、死亡"],
        [],
        ["月份", "死亡数"],
        ["1月", 0],
        ["十二月", 1],
        ["合计", 2],
    ]
    found, problems = read(workbook(tmp_path / "b.xlsx", dict.fromkeys(list(UNITS.values())[:2], rows)), BLOCKS)
    facts = numbers(found)
    assert len(facts) == 12
    assert facts["城关镇卫生院!B2"] == ("2023", "990101", "01", "births", 3)
    assert facts["城关镇卫生院!G2"] == ("2024", "990101", "01", "residents", 101)
    assert facts["东河镇卫生院!B8"] == ("2024-12", "990101", "02", "deaths", 1)
    assert told(problems) == [("printed_total", "城关镇卫生院!B9"), ("printed_total", "东河镇卫生院!B9")]


def test_a_word_table_and_a_page_called_xls(tmp_path: Path) -> None:
    rows = [["机构", "活产数", "管理率"], ["城关镇卫生院", "1,234", "98.5%"], ["合计", "1,235", ""]]
    word = docx.Document()
    table = word.add_table(rows=3, cols=3)
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    word.save(str(tmp_path / "a.docx"))
    cells = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in rows)
    page = f'<html><meta charset="utf-8"><table>{cells}</table></html>'
    (tmp_path / "b.xls").write_text(page, encoding="utf-8")
    mapping = """
tables:
  - sheets: "*"
    header: 1
    period: 2024
    area: 平安县
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 活产数, item: births}, {name: 管理率, indicator: management_rate}]
"""
    for name in ("a.docx", "b.xls"):
        found, problems = read(tmp_path / name, mapping)
        assert found.facts["value"].tolist() == [1234] and found.claims["reported"].tolist() == [98.5]
        assert found.facts.index[0].startswith(f"{name}!") and found.facts.index[0].endswith("!B2")
        assert [rule for rule, _ in told(problems)] == ["printed_total"]


def test_what_is_hidden_is_left_out_and_named_unless_the_mapping_says_use(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "h.xlsx",
        {
            "可见": [["机构", "活产数", "死亡数"], ["城关镇卫生院", 5, 0], ["东河镇卫生院", 6, 1]],
            "底稿": [["机构", "活产数", "死亡数"], ["西山乡卫生院", 7, 1]],
            "封面": [["封面"]],
            "别的": [["什么"]],
        },
    )
    book = openpyxl.load_workbook(path)
    book["可见"].row_dimensions[3].hidden = True
    book["可见"].column_dimensions["C"].hidden = True
    book["底稿"].sheet_state = "hidden"
    book.save(path)
    mapping = """
ignore_sheets: 封面
tables:
  - sheets: [可见, 底稿]
    header: 1
    period: 2024
    area: "990101"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 活产数, item: births}, {name: 死亡数, item: deaths}]
"""
    found, problems = read(path, mapping)
    assert numbers(found) == {"可见!B2": ("2024", "990101", "01", "births", 5)}
    left = problems.set_index("rule")["sentence_en"]
    assert "hidden rows (3) and columns (C)" in left["hidden_left_out"] and "底稿" in left["sheet_hidden"]
    assert ("sheet_not_mapped", "别的!A1") in told(problems) and "封面" not in str(told(problems))
    found, problems = read(path, mapping.replace("header: 1", "header: 1\n    hidden: use"))
    assert len(numbers(found)) == 6 and not told(problems, "sheet_hidden", "hidden_left_out")
    assert told(problems, "hidden_used") == [("hidden_used", "可见!C3")]


PLAIN = """
tables:
  - sheets: "*"
    header: 1
    period: 2024
    area: "990101"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 活产数, item: births}, {name: 管理率, indicator: management_rate}]
"""


@pytest.mark.parametrize(
    ("rows", "expected", "kept"),
    [
        ([["机构", "活产数", "管理率"], ["城关镇卫生院", "98%", 1]], ("percent_in_count", "B2"), None),
        ([["机构", "活产数", "管理率"], ["城关镇卫生院", "98以上", 1]], ("bound_not_value", "B2"), None),
        ([["机构", "活产数", "管理率"], ["城关镇卫生院", "约98", 1]], ("about_value", "B2"), 98.0),
        ([["机构", "活产数", "管理率"], ["城关镇卫生院", -1, 1]], ("below_minimum", "B2"), None),
        ([["机构", "活产数", "管理率"], [None, 7, 1]], ("no_name", "A2"), ...),
        ([["机构", "活产", "管理率"], ["城关镇卫生院", 7, 1]], ("entry_not_found", "A1"), ...),
        ([["机构名", "活产数", "管理率"], ["城关镇卫生院", 7, 1]], ("column_not_found", "A1"), ...),
        ([["机构", "机构", "活产数"], ["城关镇卫生院", "x", 1]], ("header_twice", "A1"), ...),
        ([["机构", "活产数", "管理率", "新列"], ["城关镇卫生院", 1, 1, 5]], ("column_not_mapped", "D1"), 1.0),
        ([["机构", "活产数", "管理率", None], ["城关镇卫生院", 1, 1, 5]], ("column_not_mapped", "D1"), 1.0),
        (
            [["机构", "活产数", "管理率"], ["城关镇卫生院", 1, 1], ["备注：略"], ["东河镇卫生院", 4, 1]],
            ("row_after_notes", "A4"),
            1.0,
        ),
    ],
)
def test_what_cannot_be_read_is_named_at_its_cell(
    rows: list[list[object]], expected: tuple[str, str], kept: float | None, tmp_path: Path
) -> None:
    found, problems = read(workbook(tmp_path / "x.xlsx", {"表": rows}), PLAIN)
    rule, cell = expected
    assert (rule, f"表!{cell}") in told(problems)
    values = found.facts.loc[found.facts["item"] == "births", "value"].tolist()
    if kept is ...:
        assert values == []
    else:
        assert values == [kept] if kept is not None else len(values) == 1 and math.isnan(values[0])


def test_a_number_merged_over_several_rows_is_nobody_s(tmp_path: Path) -> None:
    rows = [["机构", "活产数", "管理率"], ["城关镇卫生院", 9, 1], ["东河镇卫生院", None, 1]]
    found, problems = read(workbook(tmp_path / "x.xlsx", {"表": rows}, "B2:B3"), PLAIN)
    assert found.facts["value"].isna().tolist() == [True, True]
    assert told(problems, "merged_value") == [("merged_value", "表!B2")]
    assert problems.set_index("rule").loc["merged_value", "level"] == "error"


def test_a_heading_between_rows_is_only_noted(tmp_path: Path) -> None:
    rows = [["机构", "活产数", "管理率"], ["一、乡镇卫生院"], ["城关镇卫生院", 9, 1]]
    found, problems = read(workbook(tmp_path / "x.xlsx", {"表": rows}), PLAIN)
    assert len(found.facts) == 1 and told(problems) == []
    assert told(problems, "row_not_used") == [("row_not_used", "表!A2")]


def test_last_year_s_column_beside_this_year_s_and_a_rate_in_another_measure(tmp_path: Path) -> None:
    rows = [
        ["机构", "患病率（%）", "活产数", None],
        [None, None, "本期", "上年同期"],
        ["城关镇卫生院", "0.5%", 9, 8],
        ["东河镇卫生院", 0.4, 7, 6],
    ]
    mapping = """
tables:
  - sheets: "*"
    header: 1-2
    period: 2024-01/2024-09
    area: "990101"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries:
      - {name: 患病率（%）, indicator: stability, times: 10}
      - {name: 活产数 / 本期, item: births}
      - {name: 活产数 / 上年同期, item: births, period: last_year}
"""
    found, _ = read(workbook(tmp_path / "x.xlsx", {"表": rows}, "C1:D1", "A1:A2", "B1:B2"), mapping)
    assert numbers(found)["表!D3"] == ("2023-01/2023-09", "990101", "01", "births", 8)
    assert numbers(found)["表!C3"][0] == JAN_SEP
    assert found.claims["reported"].tolist() == [5, 4]  # ‰


def test_without_a_dataset_the_mapping_states_areas_and_units(tmp_path: Path) -> None:
    mapping = """
areas: [{area: "01", name_zh: 平安县}]
units: [{unit: "1", name_zh: 甲医院}, {unit: "2", name_zh: 乙医院}]
""" + PLAIN.replace('"990101"', "平安县")
    rows = [["机构", "活产数", "管理率"], ["甲医院", 1, 1], ["乙医院", 2, 1], ["丙医院", 3, 1]]
    found, problems = read(workbook(tmp_path / "x.xlsx", {"表": rows}), mapping, known(places=False))
    assert found.facts[["area", "unit", "value"]].to_numpy().tolist() == [["01", "1", 1], ["01", "2", 2]]
    assert found.areas["name_zh"].tolist() == ["平安县"]
    assert found.units[["area", "unit", "name_zh"]].to_numpy().tolist() == [
        ["01", "1", "甲医院"],
        ["01", "2", "乙医院"],
    ]
    assert told(problems) == [("unknown_name", "表!A4")]


def test_one_mapping_serves_a_folder_of_counties(tmp_path: Path) -> None:
    rows = [["机构", "活产数"], ["城关镇卫生院", 4], ["合计", 5]]
    for name in ("平安县2023年", "安定县2024年"):
        workbook(tmp_path / f"{name}.xlsx", {"表": rows})
    (tmp_path / "mapping.yaml").write_text(
        """
areas: [{area: "1", name_zh: 平安县}, {area: "2", name_zh: 安定县}]
units: [{area: "1", unit: "01", name_zh: 城关镇卫生院}, {area: "2", unit: "01", name_zh: 城关镇卫生院}]
tables:
  - sheets: 表
    header: 1
    period: {file: "*"}
    area: {file: "{area}{year}年"}
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 活产数, item: live_births}]
""",
        encoding="utf-8",
    )
    data = ev.load(str(tmp_path))
    assert sorted(data.facts[["area", "unit", "period", "value", "source"]].to_numpy().tolist()) == [
        ["1", "01", "2023", 4, "平安县2023年.xlsx!表!B2"],
        ["2", "01", "2024", 4, "安定县2024年.xlsx!表!B2"],
    ]
    # the contradictions are told, and are no reason not to load
    wrong = data.remarks[data.remarks["level"] == "error"]
    assert sorted(wrong["where"]) == ["安定县2024年.xlsx!表!B3", "平安县2023年.xlsx!表!B3"]


# --- any table, written in any layout, comes back as it was ---

CODES = ["residents", "births", "deaths", "patients"]
NAMES = {str(row["item"]): str(row["name_zh"]) for row in ITEMS}
ENTRIES = ", ".join(f"{{name: {NAMES[code]}, item: {code}}}" for code in CODES)
TABLE = st.fixed_dictionaries(
    {
        (unit, code): st.one_of(
            st.none(),
            st.integers(0, 10**9),
            st.decimals(0, 10**6, places=2).map(float),
        )
        for unit in UNITS
        for code in CODES
    }
)
Values = Mapping[tuple[str, str], float | None]


def rows_of_units(values: Values) -> tuple[list[list[object]], dict[tuple[str, str], str]]:
    rows: list[list[object]] = [["表"], ["机构", *(NAMES[code] for code in CODES)]]
    rows += [[UNITS[unit], *(values[unit, code] for code in CODES)] for unit in UNITS]
    at = {(u, c): cell_name(2 + i, 1 + j) for i, u in enumerate(UNITS) for j, c in enumerate(CODES)}
    return rows, at


def rows_of_items(values: Values) -> tuple[list[list[object]], dict[tuple[str, str], str]]:
    rows: list[list[object]] = [["表"], ["指标", *UNITS.values()]]
    rows += [[NAMES[code], *(values[unit, code] for unit in UNITS)] for code in CODES]
    at = {(u, c): cell_name(2 + j, 1 + i) for i, u in enumerate(UNITS) for j, c in enumerate(CODES)}
    return rows, at


def rows_of_facts(values: Values) -> tuple[list[list[object]], dict[tuple[str, str], str]]:
    rows: list[list[object]] = [["表"], ["数值", "指标", "机构"]]
    rows += [[value, NAMES[code], UNITS[unit]] for (unit, code), value in values.items()]
    return rows, {key: cell_name(2 + i, 0) for i, key in enumerate(values)}


LAYOUTS = {
    rows_of_units: 'unit: {column: 机构}, item: {header: "{item}"}',
    rows_of_items: 'unit: {header: "{unit}"}, item: {column: 指标}',
    rows_of_facts: "unit: {column: 机构}, item: {column: 指标}, value: 数值",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=15, deadline=None)
@given(values=TABLE)
def test_any_table_comes_back_exactly_from_the_right_cells(layout: object, values: Values) -> None:
    rows, at = layout(values)  # type: ignore[operator]
    mapping = (
        f'tables: [{{sheets: 表, header: 2, period: 2024, area: "990102", {LAYOUTS[layout]}, '  # type: ignore[index]
        f"entries: [{ENTRIES}]}}]"
    )
    with TemporaryDirectory() as folder:
        found, problems = read(workbook(Path(folder) / "x.xlsx", {"表": rows}), mapping)
    expected = {f"表!{at[key]}": (key, value) for key, value in values.items()}
    facts = numbers(found)
    # a row that is blank throughout holds facts too: they are missing
    assert facts.keys() == expected.keys()
    for cell, ((unit, code), value) in expected.items():
        assert facts[cell][:4] == ("2024", "990102", unit, code)
        assert facts[cell][4] == value if value is not None else math.isnan(facts[cell][4])
    assert told(problems) == []
