"""A standard as a workbook: nothing is lost on the way, and what is wrong is named by sheet and cell."""

from __future__ import annotations

import copy
import io
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from whole_standard import OF_UNITS, WHOLE

from evaltools import standards
from evaltools.problems import InputError
from evaltools.rules import RULES
from evaltools.standard_columns import REQUIRED, number_text
from evaltools.standard_files import plain_standard, write_standard_file, yaml_text
from evaltools.standard_workbook import workbook
from evaltools.standards import load_standard

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "data").glob("**/standards/*.yaml"))

LINES, KEYS, VETOES = "细则 lines", "标准 standard", "否决 vetoes"


def texts_of(path: Path) -> Any:
    """Return a YAML file with every value as the text it is typed as, read by PyYAML alone; `gate` as a list."""

    def tidied(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: tidied(part) for key, part in value.items()}
            return found | ({"gate": [found["gate"]]} if isinstance(found.get("gate"), str) else {})
        return [tidied(part) for part in value] if isinstance(value, list) else value.strip()

    return tidied(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))


def written(folder: Path, text: str, name: str = "small.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path, catalogue: pd.DataFrame | None = None) -> pd.DataFrame:
    with pytest.raises(InputError) as caught:
        load_standard(path, catalogue)
    frame = caught.value.problems
    assert frame["sentence_zh"].str.contains(r"[\u4e00-\u9fff]").all()
    return frame


def whole_book(folder: Path) -> openpyxl.Workbook:
    """Return the workbook of the whole standard, to be changed."""
    source, target = written(folder, WHOLE, "whole.yaml"), folder / "whole.xlsx"
    target.unlink(missing_ok=True)
    write_standard_file(source, target)
    return openpyxl.load_workbook(target)


def cell_of(book: openpyxl.Workbook, sheet: str, name: str, key: str) -> Any:
    """Return the cell of a column in the last row of an id (or, in the sheet of keys, of a key)."""
    if sheet == KEYS:
        return next(row[1] for row in book[sheet] if str(row[0].value).endswith(f" {key}"))
    heads = {str(cell.value).rpartition(" ")[2]: cell.column for cell in book[sheet][1]}
    *_, row = (row for row in book[sheet] if row[heads["id"] - 1].value == name)
    return row[heads[key] - 1]


def saved(book: openpyxl.Workbook, folder: Path) -> Path:
    path = folder / "small.xlsx"
    book.save(path)
    return path


def test_the_whole_standard_has_every_key_and_rule():
    document = yaml.load(WHOLE, Loader=yaml.BaseLoader)
    lines = [
        line for part in (*document["sections"], document["bonus"], document["penalties"]) for line in part["lines"]
    ]
    document["roll_up"] = yaml.load(OF_UNITS, Loader=yaml.BaseLoader)["roll_up"]
    assert set(document) == set(standards.STANDARD_KEYS)
    assert {line["rule"] for line in lines} >= {
        name for name, rule in RULES.items() if rule.formula.__module__ == "evaltools.rules"
    }
    stated = {key for line in lines for key in line}
    assert stated >= {*standards.LINE_KEYS, *(key for rule in RULES.values() for key in rule.arguments)} - {"square"}
    assert {key for veto in document["vetoes"] for key in veto} == set(standards.VETO_KEYS)
    for key, names in {
        "rounding": standards.ROUNDING_KEYS,
        "roll_up": standards.ROLL_UP_KEYS,
        "authenticity": standards.AUTHENTICITY_KEYS,
        "bonus": standards.BONUS_KEYS,
        "penalties": standards.PENALTY_KEYS,
    }.items():
        assert set(document[key]) == set(names)


@pytest.mark.parametrize("path", [*SHIPPED, WHOLE, OF_UNITS], ids=[*(path.stem for path in SHIPPED), "whole", "units"])
def test_nothing_is_lost_in_a_workbook_and_back(path, tmp_path):
    source = path if isinstance(path, Path) else written(tmp_path, path)
    book, back, again = tmp_path / "book.xlsx", tmp_path / "back.yaml", tmp_path / "again.xlsx"
    standard = write_standard_file(source, book)
    assert write_standard_file(book, back) == standard
    write_standard_file(back, again)
    assert texts_of(back) == texts_of(source)
    assert load_standard(book) == load_standard(back) == load_standard(source) == standard
    assert book.read_bytes() == again.read_bytes(), "the same standard, the same file"


def test_texts_stay_texts_and_numbers_can_be_added_up_in_excel(tmp_path):
    book = whole_book(tmp_path)
    for sheet, name, key, value in (
        (LINES, "1.10", "id", "1.10"),
        (LINES, "01", "id", "01"),
        (LINES, "1.10", "gate", "1.1"),
        (LINES, "1.1", "points", 2.5),
        (LINES, "1.1", "target", 0.1),
        (LINES, "01", "points", 3),
        (LINES, "g", "bands", "to 60.0: 0; from 60 to 90: 2.50; from 90: 5"),
        (LINES, "h", "bands", 5),
        (LINES, "case", "section", "penalties"),
        (KEYS, "", "source", "=1+1"),
        (KEYS, "", "rounding.mode", "half_even"),
    ):
        cell = cell_of(book, sheet, name, key)
        assert (cell.value, cell.data_type == "f") == (value, False), (name, key)
    assert cell_of(book, LINES, "1.1", "points").number_format == "0.00", "2.50 is shown as typed"
    for sheet in book.worksheets[:5]:
        assert all(cell.value and not cell.value.isascii() for cell in sheet[1]), "headers are Chinese"
    rule = cell_of(book, LINES, "1.1", "steps").column
    assert "不足一步" in book[LINES].cell(1, rule).comment.text and "whole" in book[LINES].cell(1, rule).comment.text
    offered = {rule.formula1 for rule in book[LINES].data_validations.dataValidation}
    assert {'"verified,general"', '"whole,started,part"'} <= offered
    guide = book["说明 guide"]
    (listed,) = [rule.formula1 for rule in book[LINES].data_validations.dataValidation if "guide" in rule.formula1]
    first, last = listed.rpartition("!")[2].replace("$", "").split(":")
    assert [row[0].value for row in guide[first:last]] == list(RULES)


def test_yaml_that_is_written_keeps_ids_and_names_as_texts_for_any_program(tmp_path):
    book, back = tmp_path / "book.xlsx", tmp_path / "back.yaml"
    write_standard_file(written(tmp_path, WHOLE), book)
    write_standard_file(book, back)
    text = back.read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    lines = [line for section in document["sections"] for line in section["lines"]]
    assert [line["id"] for line in lines][:5] == ["1.1", "1.10", "01", "1e3", "yes"]
    assert document["id"] == "007" and document["grades"][1]["name_en"] == "null"
    assert lines[0]["points"] == 2.5 and document["bonus"]["above_total"] is False
    assert "points: 2.50\n" in text and "source: |" in text, "as it was typed, a long text on lines of its own"


def by_hand(folder: Path) -> Path:
    """The small standard of the documentation as somebody types it, in Excel's own ways."""
    book = openpyxl.Workbook()
    keys = book.worksheets[0]
    keys.title = "标准"
    for row in (
        ["某县评分标准"],
        [],
        ["值", "键", "备注"],
        ["small", "编号", "随便写"],
        ["小标准 ", "name_zh"],
        ["Small", "英文名称  name_en"],
        ["s", "依据"],
        ["ｇｅｎｅｒａｌ", "Mark"],
        [7, "total"],
        [2, "rounding.digits"],
        ["half_up ", "舍入方式"],
        ["line", "rounding．of"],
        ["zero", "missing"],
        ["exclude", "not_applicable"],
        [None, "previous"],
    ):
        keys.append(row)
    sections = book.create_sheet("sections")
    for row in (["points", "id", "name_zh", "name_en"], [5, 1, "甲", "First"], ["２", "b", "乙", "Second"]):
        sections.append(row)
    lines = book.create_sheet("细则\u3000lines")
    for row in (
        ["评分细则", None, None],
        [
            "所属部分\nsection",
            "id",
            "指标",
            "rule",
            "points",
            "目标值 target",
            "mark",
            "source",
            "bands",
            "gate",
            "note",
        ],
        [1, "1.1", "nip", "proportional", 1.5, 0.1, "general", "s", None, None, "核对"],
        [None, 1.1, "bp", "bands", "３．５", None, "general", "s", "到６０：０；从60到90: 2\nfrom 90：3.5", "1.1"],
        [None] * 10,
        ["b", 2, "dm", "proportional", 2, "９0", "general", "s", None, "1.1，1.10；"],
    ):
        lines.append(row)
    lines["B4"].number_format = "0.00"
    lines.merge_cells("A3:A5")
    grades = book.create_sheet("等级 grades")
    for row in (["id", "name_zh", "name_en", "from"], ["a", "好", "Good", 6.5], ["b", "差", "Poor", 0]):
        grades.append(row)
    book.create_sheet("Sheet5")
    book.create_sheet("备注1").append(["id", "此表不读"])
    return saved(book, folder)


def test_a_workbook_typed_by_hand_is_read_as_the_yaml_would_be(tmp_path):
    source = by_hand(tmp_path)
    plain = """\
id: small
name_zh: 小标准
name_en: Small
source: s
mark: general
total: 7
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades: [{id: a, name_zh: 好, name_en: Good, from: 6.5}, {id: b, name_zh: 差, name_en: Poor, from: 0}]
sections:
  - id: 1
    name_zh: 甲
    name_en: First
    points: 5
    lines:
      - {id: "1.1", indicator: nip, rule: proportional, points: 1.5, target: 0.1, source: s, mark: general}
      - id: "1.10"
        indicator: bp
        rule: bands
        points: 3.5
        bands: [{to: 60, points: 0}, {from: 60, to: 90, points: 2}, {from: 90, points: 3.5}]
        source: s
        mark: general
        gate: "1.1"
  - id: b
    name_zh: 乙
    name_en: Second
    points: 2
    lines:
      - {id: 2, indicator: dm, rule: proportional, points: 2, target: 90, source: s, mark: general, gate: [1.1, "1.10"]}
"""
    path = written(tmp_path, plain)
    assert plain_standard(source) == texts_of(path)
    assert load_standard(source) == load_standard(path)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (60.0, "", "60"),
        (0.1, "", "0.1"),
        (1.1, "0.00", "1.10"),
        (0.126, "0.00", "0.126"),
        (1234.5, "#,##0.00", "1234.50"),
        (0.1 + 0.2, "", "0.3"),
        (0.00001, "", "0.00001"),
        (0.9, "0%", "90%"),
        (0.0005, "0.00%", "0.05%"),
        (100, "", "100"),
        (7, '0"分"', "7"),
        (2.5, '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ', "2.50"),
        (1.5, "0.00E+00", "1.5"),
    ],
)
def test_a_number_is_read_as_shown_but_never_rounded(value, form, text):
    assert number_text(value, form) == text


LOW_LADDER = [{"from": "0", "to": "10", "each": "0.05"}, {"from": "10", "each": "0"}]
OF_EQUAL = {"objects": "unit", "roll_up": {"by": "equal", "item": "residents"}}

CHANGES: dict[str, tuple[str, str, Callable[[dict[str, Any]], object]]] = {
    "points do not add up": ("", "total", lambda d: d.update(total="41")),
    "no number": ("1.1", "target", lambda d: line_in(d, "1.1").update(target="ten")),
    "a percent sign": ("1.1", "target", lambda d: line_in(d, "1.1").update(target="90%")),
    "zero target": ("1.1", "target", lambda d: line_in(d, "1.1").update(target="0")),
    "unknown rule": ("01", "rule", lambda d: line_in(d, "01").update(rule="per_pint")),
    "no rule": ("01", "section", lambda d: line_in(d, "01").pop("rule")),
    "no mark": ("01", "mark", lambda d: line_in(d, "01").pop("mark")),
    "no argument": ("1.10", "lower", lambda d: line_in(d, "1.10").pop("lower")),
    "lower above upper": ("1.10", "upper", lambda d: line_in(d, "1.10").update(lower="60")),
    "argument of another rule": ("1.1", "step", lambda d: line_in(d, "1.1").update(step="2")),
    "id twice": ("1.10", "id", lambda d: line_in(d, "extra").update(id="1.10")),
    "wrong choice": ("1.1", "mark", lambda d: line_in(d, "1.1").update(mark="rumour")),
    "unknown gate": ("yes", "gate", lambda d: line_in(d, "yes").update(gate=["9.9"])),
    "cyclic gates": ("1.1", "gate", lambda d: line_in(d, "1.1").update(gate=["1.10"])),
    "bands overlap": ("g", "bands", lambda d: line_in(d, "g")["bands"][1].update({"from": "50"})),
    "bands leave a gap": ("g", "bands", lambda d: line_in(d, "g")["bands"][1].update({"from": "70"})),
    "negative band": ("g", "bands", lambda d: line_in(d, "g")["bands"][1].update(points="-1")),
    "penalty rule elsewhere": ("f", "rule", lambda d: line_in(d, "f").update(rule="per_case")),
    "missing name of a judged line": ("2.8", "section", lambda d: line_in(d, "2.8").pop("name_en")),
    "gate of a penalty": ("case", "gate", lambda d: line_in(d, "case").update(gate=["1.1"])),
    "a bonus as gate": ("yes", "gate", lambda d: line_in(d, "yes").update(gate=["extra"])),
    "not for units": ("2.4", "rule", lambda d: d.update(objects="unit", roll_up={"by": "equal"})),
    "position above 100": ("2.4", "upper", lambda d: line_in(d, "2.4").update(upper="101")),
    "share above 100": ("2.5", "target", lambda d: line_in(d, "2.5").update(target="101")),
    "ladder not full": ("2.6", "tiers", lambda d: line_in(d, "2.6").update(tiers=LOW_LADDER)),
    "direction of a count": ("2.1", "direction", lambda d: line_in(d, "2.1").update(direction="down")),
    "reserved id": ("rest", "id", lambda d: line_in(d, "f").update(id="rest")),
    "semicolon": ("f;g", "id", lambda d: line_in(d, "f").update(id="f;g")),
    "grade of a drop": ("v2", "grade", lambda d: d["vetoes"][1].update(grade="2")),
    "steps of a cap": ("v1", "grades", lambda d: d["vetoes"][0].update(grades="1")),
    "item of equal units": ("", "roll_up.item", lambda d: d.update(OF_EQUAL)),
    "itself last year": ("", "previous", lambda d: d.update(previous="broken")),
    "digits": ("", "rounding.digits", lambda d: d["rounding"].update(digits="2.5")),
    "value digits": ("", "rounding.value_digits", lambda d: d["rounding"].update(value_digits="9")),
    "no mode": ("", "rounding.mode", lambda d: d["rounding"].pop("mode")),
    "roll-up without units": ("", "roll_up.by", lambda d: d.update(roll_up={"by": "equal"})),
    "tolerance": ("", "authenticity.tolerance", lambda d: d["authenticity"].update(tolerance="100")),
    "above the total": ("", "bonus.above_total", lambda d: d["bonus"].update(above_total="perhaps")),
}
"""What is wrong -> the line or veto (or "") and column where it is named, and how it comes about."""


def line_in(document: dict[str, Any], name: str) -> dict[str, Any]:
    parts = (*document["sections"], document["bonus"], document["penalties"])
    return next(line for part in parts for line in part["lines"] if line["id"] == name)


@pytest.mark.parametrize("change", CHANGES)
def test_a_mistake_is_refused_as_in_yaml_and_named_by_its_cell(change, tmp_path):
    name, key, made = CHANGES[change]
    document = copy.deepcopy(plain_standard(written(tmp_path, WHOLE)))
    made(document)
    broken = written(tmp_path, yaml_text(document), "broken.yaml")
    book = tmp_path / "broken.xlsx"
    book.write_bytes(workbook(document))
    in_yaml, in_book = problems_of(broken), problems_of(book)
    assert sorted(in_book["rule"]) == sorted(in_yaml["rule"])
    told = [set(frame.loc[frame["rule"] != "standards_repeated_id", "sentence_zh"]) for frame in (in_yaml, in_book)]
    assert told[0] == told[1], "but for the place of the other id the sentences are the same"
    sheet = VETOES if name in ("v1", "v2") else LINES if name else KEYS
    at = cell_of(openpyxl.load_workbook(book), sheet, name, key).coordinate
    assert f"broken.xlsx!{sheet}!{at}" in set(in_book["where"]), in_book["where"].tolist()


def test_a_required_cell_that_is_blank_is_named_itself(tmp_path):
    for sheet, name, keys in ((LINES, "01", ("points", "source", "mark", "deduct")), ("等级 grades", "2", ("from",))):
        for key in keys:
            book = whole_book(tmp_path)
            cell = cell_of(book, sheet, name, key)
            cell.value = None
            found = problems_of(saved(book, tmp_path))
            assert f"small.xlsx!{sheet}!{cell.coordinate}" in set(found["where"]), (key, found["where"])
    assert set(REQUIRED["lines"]) == {"id", "rule", "points", "source", "mark"}


def test_everything_that_is_wrong_with_a_workbook_is_said_at_once(tmp_path):
    book = whole_book(tmp_path)
    lines, keys = book[LINES], book[KEYS]
    expected = {}

    def wrong(rule: str, cell: Any, value: Any, number_format: str = "") -> None:
        cell.value = value
        if number_format:
            cell.number_format = number_format
        expected[f"small.xlsx!{cell.parent.title}!{cell.coordinate}"] = rule

    wrong("standard_sheets_unknown_section", cell_of(book, LINES, "1.1", "section"), "3")
    wrong("standard_sheets_no_section", cell_of(book, LINES, "1.10", "section"), None)
    wrong("standards_not_a_number", cell_of(book, LINES, "01", "target"), 0.95, "0%")
    wrong("standard_sheets_table_form", cell_of(book, LINES, "g", "bands"), "60以下: 0; from 60: 5")
    wrong("standard_sheets_date_cell", cell_of(book, LINES, "2.3", "id"), datetime(2024, 1, 1), "m-d")
    wrong("standards_not_allowed", cell_of(book, LINES, "i", "full_when"), True)
    wrong("standards_not_allowed", cell_of(book, LINES, "2.8", "mark"), "#N/A")
    wrong("standard_sheets_error_cell", cell_of(book, LINES, "2.7", "source"), "#REF!")
    wrong("uncached", cell_of(book, LINES, "2.5", "bar"), "=80+5")
    wrong("standards_unknown_key", keys.cell(keys.max_row + 1, 1), "totle")
    wrong("standards_repeated_key", keys.cell(keys.max_row + 1, 1), "mark")
    cell_of(book, KEYS, "", "source").value = None
    wrong("standards_repeated_key", keys.cell(keys.max_row + 1, 1), "source")
    keys.cell(keys.max_row, 2).value = "x"
    wrong("standard_sheets_no_key", keys.cell(keys.max_row + 1, 2), "x")
    wrong("standards_unknown_key", lines.cell(1, lines.max_column + 1), "points2")
    wrong("standards_repeated_key", lines.cell(1, lines.max_column + 1), "规则 rule")
    wrong("standard_sheets_no_header", lines.cell(5, lines.max_column + 1), "写在表外")
    wrong("standard_sheets_unknown_sheet", book.create_sheet("等极 grade")["A1"], "id")
    wrong("standard_sheets_repeated_sheet", book.create_sheet("vetoes")["A1"], "id")
    found = problems_of(saved(book, tmp_path))
    noted = {(row.where, row.rule) for row in found.itertuples()}
    assert noted >= set(expected.items()), sorted(set(expected.items()) - noted)
    assert not found["sentence_en"].str.contains("{", regex=False).any()
    assert (found["level"] == "error").all()


def test_sheets_that_are_not_there_are_asked_for(tmp_path):
    for title, rule in {
        KEYS: "standard_sheets_no_sheet",
        LINES: "standards_missing_key",
        "等级 grades": "standards_missing_key",
    }.items():
        book = whole_book(tmp_path)
        del book[title]
        assert rule in set(problems_of(saved(book, tmp_path))["rule"]), title
    book = whole_book(tmp_path)
    book[LINES].delete_rows(1)
    found = problems_of(saved(book, tmp_path))
    assert (f"small.xlsx!{LINES}!A1", "standard_sheets_no_header_row") in set(
        zip(found["where"], found["rule"], strict=True)
    )


def test_a_formula_is_read_by_its_stored_result_or_refused(tmp_path):
    book = whole_book(tmp_path)
    path = saved(book, tmp_path)

    def with_cell(inside: bytes, calculation: bytes = b"") -> Path:
        made = io.BytesIO()
        at = cell_of(book, LINES, "1.1", "points").coordinate.encode()
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
            for name in source.namelist():
                data = source.read(name)
                if name == "xl/worksheets/sheet3.xml":
                    start = data.index(b'<c r="' + at + b'"')
                    end = data.index(b"</c>", start)
                    head = data[start : data.index(b">", start) + 1].replace(b' t="n"', b"")
                    data = data[:start] + head + inside + data[end:]
                if name == "xl/workbook.xml":
                    data = data.replace(b"<calcPr", b"<calcPr" + calculation, 1)
                target.writestr(name, data)
        changed = tmp_path / "formula.xlsx"
        changed.write_bytes(made.getvalue())
        return changed

    assert b'fullCalcOnLoad="1"' in zipfile.ZipFile(path).read("xl/workbook.xml"), "openpyxl asks for it"
    found = problems_of(with_cell(b"<f>2+0.5</f><v>2.5</v>"))
    assert set(found["rule"]) == {"not_computed"}
    book.calculation.fullCalcOnLoad = False
    path = saved(book, tmp_path)
    assert load_standard(with_cell(b"<f>2+0.5</f><v>2.5</v>")) == load_standard(written(tmp_path, WHOLE))
    assert "uncached" in set(problems_of(with_cell(b"<f>2+0.5</f>"))["rule"])


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ('"1.10", "01"]', '"1.10", "a,b"]', "a,b"),
        ("第一行", "第一行" * 20_000, "第一行"),
        ("name_zh: 乙\n    name_en: Second", 'name_zh: "乙\\x07"\n    name_en: Second', "乙"),
    ],
)
def test_what_a_workbook_cannot_hold_is_refused_and_nothing_is_written(tmp_path, old, new, lost):
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    if lost == "a,b":
        text = text.replace("id: f,", 'id: "a,b",')
    source, target = written(tmp_path, text), tmp_path / "book.xlsx"
    load_standard(source)
    with pytest.raises(InputError) as caught:
        write_standard_file(source, target)
    assert set(caught.value.problems["rule"]) == {"standard_sheets_not_kept"}
    assert lost in caught.value.problems["sentence_zh"][0]
    assert not target.exists()


def test_a_file_is_never_replaced_and_has_a_known_ending(tmp_path):
    source = written(tmp_path, WHOLE)
    target = written(tmp_path, "mine", "mine.xlsx")
    with pytest.raises(InputError, match="there already"):
        write_standard_file(source, target)
    assert target.read_text(encoding="utf-8") == "mine"
    with pytest.raises(InputError, match=r"\.yaml, \.yml, \.xlsx"):
        write_standard_file(source, tmp_path / "mine.csv")
    with pytest.raises(InputError, match="cannot be written"):
        write_standard_file(source, tmp_path / "nowhere" / "mine.yaml")
    broken = written(tmp_path, WHOLE.replace("total: 40.0", "total: 41"), "broken.yaml")
    with pytest.raises(InputError, match="41"):
        write_standard_file(broken, tmp_path / "broken.xlsx")
    assert not (tmp_path / "broken.xlsx").exists()


def test_files_made_to_harm_are_refused(tmp_path):
    path = tmp_path / "small.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    assert set(problems_of(path)["rule"]) == {"truncated"}
    book = whole_book(tmp_path)
    book[LINES]["XFD1048576"] = "far"
    assert "far_cell" in set(problems_of(saved(book, tmp_path))["rule"])
    book = whole_book(tmp_path)
    for row in range(5001):
        book["等级 grades"].cell(row + 5, 1).value = "x"
    found = problems_of(saved(book, tmp_path))
    assert "standard_sheets_too_many_rows" in set(found["rule"]) and len(found) < 10
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            bomb.writestr(name, "<x/>")
        bomb.writestr("xl/workbook.xml", b"<x>" + b" " * 61_000_000 + b"</x>")
    assert path.stat().st_size < 1_000_000
    assert set(problems_of(path)["rule"]) == {"too_large"}
    path.unlink()
    assert set(problems_of(path)["rule"]) == {"no_file"}


@settings(deadline=None, max_examples=15)
@given(
    st.text(min_size=1, max_size=40).filter(str.strip),
    st.text(alphabet="01.9e+-_ '\"=@#:;,[]{}&*!|>%yesno～：", min_size=1, max_size=8).filter(str.strip),
    st.from_regex(r"[0-9]{1,18}(\.[0-9]{0,18})?", fullmatch=True),
)
def test_any_text_is_kept_or_refused(tmp_path_factory, source, name, number):
    folder = tmp_path_factory.mktemp("any")
    document = yaml.load(WHOLE, Loader=yaml.BaseLoader)
    document["source"], document["grades"][0]["id"], document["sections"][0]["lines"][0]["target"] = (
        source,
        name,
        number,
    )
    dumped = yaml.dump(document, allow_unicode=False, default_style='"')
    first = written(folder, dumped)
    try:
        load_standard(first)
    except InputError:
        return  # no standard: an id twice, a target of 0
    book, back = folder / "book.xlsx", folder / "back.yaml"
    try:
        write_standard_file(first, book)
    except InputError as error:
        assert set(error.problems["rule"]) == {"standard_sheets_not_kept"}
        return
    write_standard_file(book, back)
    assert texts_of(back) == texts_of(first)


@pytest.mark.slow
def test_nothing_is_lost_when_libreoffice_saves_the_workbook(tmp_path):
    sources = [*SHIPPED, written(tmp_path, WHOLE, "whole.yaml")]
    for source in sources:
        write_standard_file(source, tmp_path / f"{source.stem}.xlsx")
    (tmp_path / "typed").mkdir()
    by_hand(tmp_path / "typed")
    books = [*tmp_path.glob("*.xlsx"), tmp_path / "typed" / "small.xlsx"]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    out = tmp_path / "saved"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), *map(str, books)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for source in sources:
        back = tmp_path / f"{source.stem}_back.yaml"
        assert write_standard_file(out / f"{source.stem}.xlsx", back) == load_standard(source)
        assert texts_of(back) == texts_of(source)
    assert plain_standard(out / "small.xlsx") == plain_standard(books[-1])


def test_comments_and_notes_do_not_count(tmp_path):
    book = whole_book(tmp_path)
    cell_of(book, LINES, "1.1", "points").comment = Comment("核对过", "某人")
    book[KEYS]["C3"] = "别的备注"
    book.create_sheet("说明2")["A1"] = "id"
    assert load_standard(saved(book, tmp_path)) == load_standard(written(tmp_path, WHOLE))
