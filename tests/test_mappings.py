from __future__ import annotations

from pathlib import Path

import pytest
from sent import known

from evaltools.mappings import load_mapping, mapping_path
from evaltools.printed_periods import matched, period_in, period_of
from evaltools.problems import ProblemList

GOOD = """
mapping: 1
origin: annual_return
names: {城关卫生院: "01", 全县: total}
areas:
  - {area: "007", name_zh: 平安县}
units:
  - {unit: "01", name_zh: 城关镇卫生院}
tables:
  - sheets: [表一, "*月"]
    header: 3-4
    rows: 6-
    columns: b-H
    period: {sheet: "{month}月", year: 2024}
    area: "007"
    unit: {column: 机构}
    item: {header: "{item}"}
    cumulative: yes
    totals: area
    ignore_columns: 序号
    entries:
      - {name: 到位资金（万元）, item: funds, times: 10000, how: near, confirm: yes}
      - {name: 管理人数, item: managed}
      - {name: 患者数, item: patients, at: D}
      - {name: 管理率, indicator: management_rate, numerator: 管理人数, denominator: 患者数}
      - {name: 备注, ignore: yes}
"""


def refused(text: str, folder: Path) -> dict[str, str]:
    """Return the sentences about a mapping by rule and line."""
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    problems = ProblemList()
    assert load_mapping(path, known(), problems) is None
    frame = problems.frame()
    assert frame["where"].str.startswith("m.yaml line ").all()
    keys = frame["rule"].str.removeprefix("mapping_") + " " + frame["where"].str.rsplit(" ", n=1).str[1]
    return dict(zip(keys, frame["sentence_en"], strict=True))


def test_a_mapping_says_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD, encoding="utf-8")
    problems = ProblemList()
    mapping = load_mapping(path, known(places=False), problems)
    assert mapping is not None and not len(problems)
    table = mapping.tables[0]
    assert (table.sheets, table.header, table.rows, table.columns) == (("表一", "*月"), (3, 4), (6, None), ("B", "H"))
    assert table.cumulative and table.totals == "area" and table.origin == "annual_return"
    assert mapping.areas["area"].tolist() == ["007"]
    # a unit without an area is of the only one that the mapping states
    assert mapping.units[["area", "unit"]].to_numpy().tolist() == [["007", "01"]]
    assert mapping.names == {"城关卫生院": "01", "全县": "total"}
    first, *_, rate, remark = table.entries
    assert (first.code, first.times, rate.kind, rate.denominator) == ("funds", 10000, "indicator", "患者数")
    assert remark.kind == "ignore"


def test_what_nobody_has_decided_is_refused_with_a_sentence_each(tmp_path: Path) -> None:
    text = (
        GOOD.replace("confirm: yes", "confirm: no")
        .replace("item: managed}", "item: }")
        .replace("item: patients, at: D", "item: patients, how: near")
        .replace('城关卫生院: "01"', "城关卫生院: ")
        .replace("    cumulative: yes", "    cumulative: yes\n    confirm: no")
        .replace('    area: "007"', "    area:")
        .replace("year: 2024", "year: ")
    )
    found = refused(text, tmp_path)
    assert set(found) == {
        "name_blank 4",
        "missing_key 14",  # the year
        "missing_key 15",  # the area
        "not_confirmed 19",
        "not_confirmed 23",
        "entry_blank 24",
        "not_confirmed 25",
        "unknown_term 26",
    }
    assert "到位资金（万元）" in found["not_confirmed 23"] and "ignore: yes" in found["entry_blank 24"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("mapping: 1", "mapping: 2", "not_allowed 2"),
        ("item: funds", "item: fund", "unknown_item 22"),
        ("indicator: management_rate", "indicator: rate", "unknown_indicator 25"),
        ("denominator: 患者数", "denominator: 病人数", "unknown_term 25"),
        ("name: 管理人数, item: managed", "name: 管理人数, item: patients", "meant_twice 24"),
        ("name: 管理人数", "name: 到位资金(万元)", "name_twice 23"),
        ("name: 备注, ignore: yes", "name: 备注, ignore: yes, item: births", "entry_twice 26"),
        ("item: managed", "item: managed, numerator: 患者数", "terms_of_item 23"),
        ("times: 10000", "times: 万", "not_a_number 22"),
        ("times: 10000", "times: 0", "out_of_range 22"),
        ("header: 3-4", "header: 4-3", "not_rows 11"),
        ("columns: b-H", "columns: H-B", "not_columns 13"),
        ("at: D", "at: D4", "not_columns 24"),
        ('{sheet: "{month}月", year: 2024}', '{sheet: "{mond}月"}', "unknown_part 14"),
        ('{sheet: "{month}月", year: 2024}', '{sheet: "{area}月"}', "pattern_without 14"),
        ('{sheet: "{month}月", year: 2024}', "{sheet: a, cell: A1}", "one_source 14"),
        ('{sheet: "{month}月", year: 2024}', "{cell: 1A}", "not_a_cell 14"),
        ('{sheet: "{month}月", year: 2024}', "2024年", "not_a_period 14"),
        ('item: {header: "{item}"}', "item: {column: 指标}", "no_value 10"),
        ("    cumulative: yes", "    value: 数值", "value_twice 10"),
        ("totals: area", "totals: sum", "not_allowed 19"),
        ("totals: area", "total: area", "unknown_key 19"),
        ("    header: 3-4\n", "", "missing_key 10"),
        ("name_zh: 城关镇卫生院}", "}", "missing_key 8"),
        ("{area: \"007\", name_zh: 平安县}", "&a {area: \"007\", name_zh: 平安县}\n  - *a", "repeated_code 6"),
        ("全县: total", "城关卫生院 : total", "repeated_key 4"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_line(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    assert expected in refused(GOOD.replace(old, new), tmp_path)


def test_a_file_that_is_no_mapping(tmp_path: Path) -> None:
    assert set(refused("", tmp_path)) == {"empty 1"}
    assert set(refused("tables: []", tmp_path)) == {"not_a_list 1"}
    assert set(refused("a: [", tmp_path)) == {"not_readable 1"}
    assert set(refused("- a", tmp_path)) == {"not_a_mapping 1"}


def test_a_workbook_s_own_mapping_goes_before_that_of_its_folder(tmp_path: Path) -> None:
    book = tmp_path / "平安县2024.9.xlsx"
    assert mapping_path(book) is None
    shared = tmp_path / "mapping.yaml"
    shared.write_text("", encoding="utf-8")
    assert mapping_path(book) == shared
    own = tmp_path / "平安县2024.9.map.yaml"
    own.write_text("", encoding="utf-8")
    assert mapping_path(book) == own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("平安县2024年1—9月基本公共卫生服务情况表", "2024-01/2024-09"),
        ("２０２４年1至9月", "2024-01/2024-09"),
        ("二〇二四年一至九月", "2024-01/2024-09"),
        ("2023年12月至2024年11月", "2023-12/2024-11"),
        ("2024年前三季度", "2024-01/2024-09"),
        ("2024年第三季度", "2024-Q3"),
        ("2024年上半年", "2024-H1"),
        ("2024年10—12月", "2024-Q4"),
        ("2024年6月", "2024-06"),
        ("2024.06", "2024-06"),
        ("2024年度绩效评价", "2024"),
        ("2024-01/2024-09", "2024-01/2024-09"),
        ("填报日期：2024年12月31日", ""),
        ("2024-12-31", ""),
        ("2023年与2024年对比", ""),
        ("共2024人", ""),
        ("2024年13月", ""),
        ("基本公共卫生服务", ""),
    ],
)
def test_the_period_that_a_title_prints(text: str, expected: str) -> None:
    assert period_in(text) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "area", "period"),
    [
        ("{area}{year}年{first}-{last}月*", "平安县 2024年1～9月报表", "平安县", "2024-01/2024-09"),
        ("填报单位：{area}", "填报单位: 平安县", "平安县", ""),
        ("{year}{month}", "202406", None, "2024-06"),
        ("{year}年{quarter}季度", "2024年三季度", None, "2024-Q3"),
        ("1-{last}月", "1-9月", None, ""),  # no year
    ],
)
def test_a_pattern_finds_its_parts(pattern: str, text: str, area: str | None, period: str) -> None:
    parts = matched(pattern, text)
    assert parts is not None
    assert parts.get("area") == area and period_of(parts, "") == period
    assert matched(pattern, "别的") is None


def test_a_year_stated_elsewhere_completes_a_month() -> None:
    assert period_of(matched("1-{last}月", "1-9月") or {}, "2024") == "2024-01/2024-09"
    assert period_of(matched("{month}月", "十一月") or {}, "2024") == "2024-11"
