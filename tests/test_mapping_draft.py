from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
import yaml
from builders import item
from hypothesis import given, settings
from hypothesis import strategies as st
from sent import AREAS, ITEMS, UNITS, known, numbers, read, table, told, workbook

from evaltools import cli, datasets, intake, tables
from evaltools.catalogue import load_catalogue
from evaltools.header_names import core, measure_of, normal
from evaltools.mapping_draft import draft, drafted
from evaltools.mapping_match import Matcher
from evaltools.mappings import load_mapping
from evaltools.problems import InputError, ProblemList
from evaltools.returns import Known


def refused(text: str, path: Path, about: Known) -> list[str]:
    """Return the rules by which a mapping is refused."""
    place = path.with_name("draft.yaml")
    place.write_text(text, encoding="utf-8")
    problems = ProblemList()
    loaded = load_mapping(place, about, problems)
    assert (loaded is None) == bool(problems.errors)
    return sorted(rule.removeprefix("mapping_") for rule in problems.frame()["rule"])


def entries(text: str) -> dict[str, dict[str, object]]:
    """Return the entries of all tables by name, as another reader of YAML finds them."""
    return {entry["name"]: entry for one in yaml.safe_load(text)["tables"] for entry in one["entries"]}


UNITS_ROWS = [
    ["平安县2024年1—9月慢性病患者健康管理情况表"],
    ["填报单位：平安县卫生健康委", None, None, None, None, None, "单位：万元"],
    ["序号", "机构名称", "高血压", None, None, "到位资金", "备注"],
    [None, None, "高血压患者总人数", "管理人数（人）", "患者管理率（‰）", None, None],
    [1, "城关镇卫生院", 100, 80, 800, 3.5, None],
    [2, "东河卫生院", 50, 40, 800, "—", None],
    ["合计", None, 150, 120, 800, 3.5, None],
    ["注：截至9月底"],
]
MERGES = ("A3:A4", "B3:B4", "C3:E3", "F3:F4", "G3:G4")


def test_a_draft_writes_what_is_sure_and_asks_for_the_rest(tmp_path: Path) -> None:
    path = workbook(tmp_path / "慢病.xlsx", {"慢病": UNITS_ROWS}, *MERGES)
    text = draft(path, known())
    whole = yaml.safe_load(text)
    one = whole["tables"][0]
    assert (one["sheets"], one["header"], one["period"]) == ("慢病", "3-4", {"cell": "A1"})
    assert one["unit"] == {"column": "机构名称"} and one["item"] == {"header": "{item}"}
    # the name of the county is found in a title, and no code is supposed
    assert re.fullmatch(r".*\{area\}.*", one["area"]["pattern"])
    assert whole["names"] == {"东河卫生院": None} and '"02"  东河镇卫生院' in text
    found = entries(text)
    assert found["高血压 / 高血压患者总人数"] == {
        "name": "高血压 / 高血压患者总人数",
        "item": "patients",
        "how": "exact",
    }
    # 高血压管理人数 is a synonym, but only with the row above it
    assert (found["高血压 / 管理人数（人）"]["item"], found["高血压 / 管理人数（人）"]["how"]) == ("managed", "synonym")
    rate = found["高血压 / 患者管理率（‰）"]
    assert (rate["indicator"], rate["how"], rate["confirm"]) == ("management_rate", "exact", False)
    assert rate["times"] == 0.1  # ‰ beside a rate in %
    assert (rate["numerator"], rate["denominator"]) == ("高血压 / 管理人数（人）", "高血压 / 高血压患者总人数")
    # 单位：万元 above the table: of money, not of people
    assert (found["到位资金"]["times"], found["到位资金"]["confirm"]) == (10000, False)
    assert refused(text, path, known()) == ["name_blank", "not_confirmed", "not_confirmed"]
    assert drafted(path, known()).confirm == 2 and drafted(path, known()).blank == 1
    decided = text.replace("confirm: no", "confirm: yes").replace('"东河卫生院":', '"东河卫生院": "02"')
    found_in, problems = read(path, decided)
    place = ("2024-01/2024-09", "990101")
    facts = numbers(found_in)
    assert facts["慢病!F5"] == (*place, "01", "funds", 35000)
    assert facts["慢病!D6"] == (*place, "02", "managed", 40)
    assert found_in.claims["reported"].tolist() == [80, 80, 80] and len(facts) == 6
    assert told(problems) == [("ambiguous_word", "慢病!F6")]


def test_a_near_match_is_never_taken_without_a_person(tmp_path: Path) -> None:
    rows = [["2024年平安县"], ["机构", "常住人口总数", "其中：活产数", "出院人次"], ["城关镇卫生院", 10, 1, 5]]
    text = draft(workbook(tmp_path / "a.xlsx", {"表": rows}), known())
    found = entries(text)
    assert (found["常住人口总数"]["item"], found["常住人口总数"]["how"]) == ("residents", "near")
    assert found["常住人口总数"]["confirm"] is False
    assert found["其中：活产数"]["how"] == "near" and found["出院人次"]["item"] is None
    assert refused(text, tmp_path / "a.xlsx", known()) == ["entry_blank", "not_confirmed", "not_confirmed"]


def test_one_header_of_two_items_and_two_headers_of_one(tmp_path: Path) -> None:
    about = known()
    twice = table("items", [*ITEMS, item("births_system", name_zh="活产数（系统）", synonyms="常住人口数;出生数")])
    both = table("items", [*ITEMS, item("births_system", name_zh="活产数", synonyms="出生数")])
    rows = [["2024年平安县"], ["机构", "活产数", "出生活产数", "活产数(人)"], ["城关镇卫生院", 10, 10, 10]]
    path = workbook(tmp_path / "a.xlsx", {"表": rows})
    text = draft(path, Known(both, about.indicators, about.areas, about.units, about.cell_words))
    assert entries(text)["活产数"]["item"] is None
    assert text.count("#   item: births_system") == text.count("#   item: births ") == 2
    # an exact name goes before a synonym of another item
    text = draft(path, Known(twice, about.indicators, about.areas, about.units, about.cell_words))
    assert {name: entry["item"] for name, entry in entries(text).items()} == dict.fromkeys(rows[1][1:], "births")
    assert text.count("confirm: no  #") == 3
    assert "meant_twice" in refused(text.replace("confirm: no", "confirm: yes"), path, about)


def test_a_row_an_item_with_categories(tmp_path: Path) -> None:
    rows = [
        ["安定县2024年统计表"],
        ["序号", "类别", "指标", "计量单位", "城关镇卫生院", "东河镇卫生院", "合计"],
        [1, "人口", "常住人口数", "人", 3, 2, 5],
        [2, "高血压", "管理人数", "人", 8, 15, 23],
        [3, "别的病", "管理人数", "人", 1, 1, 2],
    ]
    path = workbook(tmp_path / "a.xlsx", {"表": rows})
    one = yaml.safe_load(draft(path, known()))["tables"][0]
    assert one["unit"] == {"header": "{unit}"} and one["item"] == {"column": ["类别", "指标"]}
    assert one["ignore_columns"] == ["序号", "计量单位"]
    assert [entry["name"] for entry in one["entries"]] == [
        "人口 / 常住人口数",
        "高血压 / 管理人数",
        "别的病 / 管理人数",
    ]
    assert one["entries"][1]["item"] == "managed"


def test_months_across_and_sheets_of_one_layout(tmp_path: Path) -> None:
    across = [["平安县2024年月度表"], ["指标", "1月", "2月", "合计"], ["活产数", 1, 2, 3], ["孕产妇死亡数", 0, 0, 0]]
    one = yaml.safe_load(draft(workbook(tmp_path / "a.xlsx", {"全年": across}), known()))["tables"][0]
    assert one["period"] == {"header": "*", "year": 2024} and one["item"] == {"column": "指标"}
    sheets = {f"{n}月": [["平安县月报（累计）"], ["机构", "活产数"], ["城关镇卫生院", n]] for n in (1, 2, 3)}
    text = draft(workbook(tmp_path / "平安县2024年.xlsx", {**sheets, "封面": [["封面"]]}), known())
    whole = yaml.safe_load(text)
    assert [one["sheets"] for one in whole["tables"]] == [["1月", "2月", "3月"]] and whole["ignore_sheets"] == "封面"
    assert whole["tables"][0]["period"] == {"sheet": "{month}月*", "year": 2024}
    assert whole["tables"][0]["cumulative"] is True and refused(text, tmp_path / "a.xlsx", known()) == ["not_confirmed"]


def test_two_tables_below_each_other_and_rows_of_numbering(tmp_path: Path) -> None:
    rows = [
        ["平安县2024年"],
        ["机构", "活产数", "孕产妇死亡数"],
        ["甲", 1, 2],
        ["城关镇卫生院", 30, 0],
        ["东河镇卫生院", 20, "无"],
        [],
        ["二、资金"],
        ["机构", "到位资金（万元）"],
        ["城关镇卫生院", 3.5],
    ]
    path = workbook(tmp_path / "a.xlsx", {"表": rows})
    text = draft(path, known())
    first, second = yaml.safe_load(text)["tables"]
    assert (first["header"], first["rows"], second["header"]) == (2, "4-", 8)
    found, problems = read(path, text.replace("confirm: no", "confirm: yes"))
    assert numbers(found)["表!B9"] == ("2024", "990101", "01", "funds", 35000)
    assert [value for *_, value in numbers(found).values()] == [30, 0, 20, 0, 35000]
    assert told(problems) == [("ambiguous_word", "表!C5")]


YEARS_ACROSS = [
    ["安定县家庭医生签约服务统计表"],
    ["填报单位（盖章）：安定县卫生健康局", None, None, "填报时间：2024年12月20日"],
    ["乡镇", "2023年", None, "2024年", None],
    [None, "常住人口数", "出生活产数", "常住人口数", "出生活产数"],
    ["城关镇卫生院", 100, 50, 110, 60],
    ["合计", 100, 50, 110, 61],
    ["填表人：", None, "审核人："],
]


def test_years_over_the_items(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"表": YEARS_ACROSS}, "B3:C3", "D3:E3", "A3:A4")
    text = draft(path, known())
    assert {name: entry["how"] for name, entry in entries(text).items()} == {
        "常住人口数": "exact",
        "出生活产数": "synonym",
    }
    found, problems = read(path, text)
    assert numbers(found) == {
        "表!B5": ("2023", "990102", "01", "residents", 100),
        "表!C5": ("2023", "990102", "01", "births", 50),
        "表!D5": ("2024", "990102", "01", "residents", 110),
        "表!E5": ("2024", "990102", "01", "births", 60),
    }
    assert told(problems) == [("printed_total", "表!E6")]


def test_targets_beside_what_was_done_are_not_taken_for_figures(tmp_path: Path) -> None:
    rows = [
        ["平安县2024年绩效目标完成情况"],
        ["序号", "指标名称", "目标值", "完成值", "备注"],
        [1, "高血压患者管理率", "≥60%", "66%", None],
        [2, "常住人口数", None, 300000, None],
    ]
    path = workbook(tmp_path / "a.xlsx", {"表": rows})
    found, problems = read(path, draft(path, known()))
    assert numbers(found) == {"表!D4": ("2024", "990101", "", "residents", 300000)}
    assert found.claims[["indicator", "reported"]].to_numpy().tolist() == [["management_rate", 66]]
    assert told(problems) == []


def test_this_year_beside_the_same_months_of_last_year(tmp_path: Path) -> None:
    rows = [
        ["平安县2024年1-9月"],
        ["机构", "活产数", None],
        [None, "本期", "上年同期"],
        ["城关镇卫生院", 9, 8],
    ]
    path = workbook(tmp_path / "a.xlsx", {"表": rows}, "A2:A3", "B2:C2")
    found, _ = read(path, draft(path, known()))
    assert {where: (row[0], row[4]) for where, row in numbers(found).items()} == {
        "表!B4": ("2024-01/2024-09", 9),
        "表!C4": ("2023-01/2023-09", 8),
    }


def test_a_long_table_with_codes(tmp_path: Path) -> None:
    rows = [
        ["area", "unit", "item", "period", "value"],
        ["990101", "01", "常住人口数", "2024", 5],
        ["990101", "01", "活产数", "2024", 7],
        ["990102", "02", "活产数", "2024", 8],
    ]
    path = workbook(tmp_path / "a.xlsx", {"表": rows})
    found, problems = read(path, draft(path, known()))
    assert [row[:4] for row in numbers(found).values()] == [
        ("2024", "990101", "01", "residents"),
        ("2024", "990101", "01", "births"),
        ("2024", "990102", "02", "births"),
    ]
    assert told(problems) == []


def test_without_a_dataset_codes_are_numbered_and_the_county_s_is_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "慢病.xlsx", {"慢病": UNITS_ROWS}, *MERGES)
    about = known(places=False)
    text = draft(path, about)
    whole = yaml.safe_load(text)
    assert whole["areas"] == [{"area": None, "name_zh": "平安县"}]
    assert whole["units"] == [{"unit": "01", "name_zh": "城关镇卫生院"}, {"unit": "02", "name_zh": "东河卫生院"}]
    decided = text.replace("- area:", '- area: "990101"').replace("confirm: no", "confirm: yes")
    found, _ = read(path, decided, about)
    assert set(zip(found.facts["area"], found.facts["unit"], strict=True)) == {("990101", "01"), ("990101", "02")}


def test_what_has_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table"):
        draft(workbook(tmp_path / "a.xlsx", {"封面": [["封面"], ["平安县"]]}), known())
    (tmp_path / "b.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(InputError):
        draft(tmp_path / "b.xlsx", known())


def national() -> Known:
    problems = ProblemList()
    catalogue = load_catalogue(datasets.home() / "data" / "catalogue", Path("none"), problems)
    assert not problems.errors
    return intake.known_of(catalogue, tables.empty("areas"), tables.empty("units"))


def test_every_name_of_the_catalogue_finds_its_own_item_however_it_is_typed() -> None:
    about = national()
    matcher = Matcher(about)
    spelled = [core(name) for name in about.items["name_zh"]]
    assert len(spelled) > 100
    for row in about.items.itertuples():
        for typed in (str(row.name_zh), f" {row.name_zh} ", f"3、{row.name_zh}（万人）", f"（二）{row.name_zh}"):
            match = matcher.match(typed)
            alone = spelled.count(core(str(row.name_zh))) == 1
            codes = {c.code for c in match.candidates}
            assert row.item in codes, (typed, match)
            if alone and match.best is not None and match.best.kind == "item":
                assert (match.how, match.best.code) == ("exact", row.item)


@pytest.mark.parametrize(
    ("text", "name", "measure"),
    [
        ("1．管理人数（人）", "管理人数", ("人", 1)),
        ("（三）到位资金（万元）", "到位资金", ("元", 10_000)),
        ("②  总 费用(单位：亿元)", "总费用", ("元", 100_000_000)),
        ("管理率（％）", "管理率", ("%", 1)),
        ("死亡率(1/10万)", "死亡率", ("1/10万", 1)),
        ("建档人数（含注销）", "建档人数(含注销)", ("", 1)),
        ("2型糖尿病患者数", "2型糖尿病患者数", ("", 1)),
        ("0～6岁儿童数", "0-6岁儿童数", ("", 1)),
    ],
)
def test_headers_lose_numbering_and_measure_and_nothing_else(text: str, name: str, measure: tuple[str, int]) -> None:
    assert core(text) == name and measure_of(text) == (measure[0], Decimal(measure[1]))
    assert normal(normal(text)) == normal(text)


# --- what is written with the names of the catalogue is read back as drafted, with nothing to confirm ---

CODES = ["residents", "births", "deaths", "patients"]
NAMES = {str(row["item"]): str(row["name_zh"]) for row in ITEMS}


@settings(max_examples=20, deadline=None)
@given(
    values=st.lists(st.lists(st.integers(1, 10**6), min_size=4, max_size=4), min_size=3, max_size=3),
    turned=st.booleans(),
    serial=st.booleans(),
    area=st.sampled_from(sorted(AREAS)),
)
def test_a_plain_table_needs_no_hand(values: list[list[int]], turned: bool, serial: bool, area: str) -> None:
    lines = [["机构", *(NAMES[code] for code in CODES)]]
    lines += [[name, *row] for name, row in zip(UNITS.values(), values, strict=True)]  # type: ignore[list-item]
    if turned:
        lines = [list(column) for column in zip(*lines, strict=True)]
        lines[0][0] = "指标"
    if serial:
        lines = [[at if at else "序号", *line] for at, line in enumerate(lines)]  # type: ignore[list-item]
    with TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "x.xlsx", {"表": [[f"{AREAS[area]}2024年上半年报表"], *lines]})
        found, problems = read(path, draft(path, known()))
        sheet = openpyxl.load_workbook(path)["表"]
        assert all(sheet[where.split("!")[-1]].value == row[4] for where, row in numbers(found).items())
    got = {(unit, code): value for _, _, unit, code, value in numbers(found).values()}
    assert got == {(u, c): values[i][j] for i, u in enumerate(UNITS) for j, c in enumerate(CODES)}
    assert {row[:2] for row in numbers(found).values()} == {("2024-H1", area)}
    assert told(problems) == [] and not math.isnan(sum(got.values()))


TITLES = ["平安县2024年1-9月", "安定县2023年", "填报单位：平安县卫生局", "封面", None, '": {', "单位：万元"]
HEADS = [
    "机构",
    "活产数",
    "常住人口数（万人）",
    "高血压患者管理率(%)",
    "备注",
    "合计",
    "1月",
    "2024年",
    "a\nb",
    "#",
    None,
    "x" * 300,
]
LABELS = ["城关镇卫生院", "东河镇卫生院", "石桥医院", "合计", "小计", "平安县", "甲", "注：", "活产数", "- a", None]
VALUES = [None, 1, 2, 3, 0, -1, 2024, 0.5, 1e20, True, "98.5%", "≥60%", "3.5万", "1-2", "无", "—", "乙", "=1+1", "[*"]


@st.composite
def sheets(draw: st.DrawFn) -> list[list[object]]:
    """Return rows that more or less look like a table: titles, a header, names and numbers, with slips in all."""
    rows: list[list[object]] = [[title] for title in draw(st.lists(st.sampled_from(TITLES), max_size=2))]
    width = draw(st.integers(2, 5))
    first = draw(st.sampled_from(["机构", "指标", "县区", "序号", "月份"]))
    rows += [[first, *draw(st.lists(st.sampled_from(HEADS), min_size=width - 1, max_size=width - 1))]]
    for label in draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=6)):
        rows.append([label, *draw(st.lists(st.sampled_from(VALUES), min_size=width - 1, max_size=width - 1))])
    return rows


@settings(max_examples=40, deadline=None)
@given(rows=sheets(), merge=st.sampled_from([(), ("A1:B1",), ("A2:A3", "B2:C4")]))
def test_no_sheet_breaks_the_draft_or_what_is_read_with_it(rows: list[list[object]], merge: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "x.xlsx", {"(1)月": rows}, *merge)
        try:
            text = draft(path, known())
        except InputError:
            return
        whole = yaml.safe_load(text)
        assert whole["tables"]
        # what a hurried person does: everything confirmed, whatever is blank not read or made up
        for one in whole["tables"]:
            one.pop("confirm", None)
            one["period"], one["area"] = one["period"] or "2024", one["area"] or "990101"
            for place in ("period", "area", "unit", "item"):
                if isinstance(one.get(place), dict) and "year" in one[place]:
                    one[place]["year"] = "2024"
            for entry in one["entries"]:
                entry.pop("confirm", None)
                if entry.get("how") == "near" or not (entry.get("item") or entry.get("indicator")):
                    for key in ("item", "indicator", "numerator", "denominator"):
                        entry.pop(key, None)
                    entry["ignore"] = "yes"
                entry.pop("how", None)
            kept = {normal(entry["name"]) for entry in one["entries"] if "item" in entry}
            for entry in one["entries"]:
                for key in ("numerator", "denominator"):
                    if key in entry and normal(entry[key]) not in kept:
                        entry.pop(key)
            by_code: dict[tuple[object, ...], object] = {}
            for entry in one["entries"]:
                code = entry.get("item") or entry.get("indicator")
                if code and by_code.setdefault((code, entry.get("period")), entry) is not entry:
                    for key in ("item", "indicator", "numerator", "denominator"):
                        entry.pop(key, None)
                    entry["ignore"] = "yes"
        whole["names"] = {name: code or "ignore" for name, code in (whole.get("names") or {}).items()}
        decided = yaml.safe_dump(whole, allow_unicode=True)
        if refused(decided, path, known()):
            return  # a term of a rate, or a name, was given up above: said, not guessed
        found, problems = read(path, decided)
        assert found.facts.index.is_unique and problems["where"].str.startswith("x.xlsx").all()


def test_the_command_writes_a_draft_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "慢病.xlsx", {"慢病": UNITS_ROWS}, *MERGES)
    assert cli.main(["template", "--map", str(path)]) == 0
    printed = capsys.readouterr()
    place = tmp_path / "慢病.map.yaml"
    assert printed.out == f"{place}\n" and "慢病.map.yaml" in printed.err
    written = place.read_bytes()
    assert cli.main(["template", "--map", str(path)]) == 2
    assert place.read_bytes() == written
    other = tmp_path / "other.yaml"
    assert cli.main(["template", "--map", str(path), "--data", "example", "--lang", "en", "--out", str(other)]) == 0
    assert other.read_text(encoding="utf-8").startswith("# A draft of a mapping")
    assert cli.main(["template", "--map", str(tmp_path / "none.xlsx")]) == 2
    assert cli.main(["template", "--map", str(path), "--out", str(tmp_path / "no" / "x.yaml")]) == 2
    with pytest.raises(SystemExit):
        cli.main(["template"])


def test_a_heading_below_the_header_hides_no_table(tmp_path: Path) -> None:
    rows = [
        ["平安县2024年1-9月"],
        ["指标", "城关镇卫生院", "东河镇卫生院", "合计"],
        ["一、高血压"],
        ["高血压患者数（人）", 10, 20, 30],
        ["  其中：高血压管理人数", "8*", "16①", 24],
    ]
    text = draft(workbook(tmp_path / "h.xlsx", {"Sheet1": rows}), known())
    one = yaml.safe_load(text)["tables"][0]
    assert (one["header"], one["unit"], one["item"]) == (2, {"header": "{unit}"}, {"column": "指标"})
    assert [entry.get("item") for entry in one["entries"]][:1] == ["patients"]


def test_a_date_among_numbers_makes_no_text_of_a_column(tmp_path: Path) -> None:
    rows = [
        ["机构", "常住人口数", "活产数", "填报日期"],
        ["城关镇卫生院", datetime(2024, 1, 2), 3, datetime(2024, 12, 30)],
        ["东河镇卫生院", datetime(2024, 3, 4), 4, datetime(2024, 12, 31)],
        ["西山乡卫生院", 120, 5, None],
    ]
    text = draft(workbook(tmp_path / "d.xlsx", {"Sheet1": rows}), known())
    assert entries(text)["常住人口数"]["item"] == "residents"
    assert "填报日期" not in entries(text)
