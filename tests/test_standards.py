"""Scoring standards as written by hand: read exactly, refused with everything that is wrong by line."""

import dataclasses
import pickle
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml

from evaltools import wording
from evaltools.problems import InputError
from evaltools.rules import RULES
from evaltools.standards import Rounding, load_standard

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "data" / "standards").glob("*.yaml"))

GOOD = """\
id: small
name_zh: 小标准
name_en: Small standard
source: made for the tests
mark: general
total: 10
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades:
  - {id: good, name_zh: 好, name_en: Good, from: 6.5}
  - {id: poor, name_zh: 差, name_en: Poor, from: 0}
sections:
  - id: first
    name_zh: 甲
    name_en: First
    points: 7
    lines:
      - {id: "1.10", indicator: coverage, rule: proportional, points: 4.9, target: 0.1, source: s, mark: general}
      - id: 007
        indicator: control
        rule: threshold
        points: 2.1
        lower: 20
        upper: 50
        missing: exclude
        source: s
        mark: verified
  - id: second
    name_zh: 乙
    name_en: Second
    points: 3
    lines:
      - {id: burden, indicator: burden, rule: per_point, points: 3, target: 10, deduct: .5, source: s, mark: general}
"""

CATALOGUE = pd.DataFrame(
    [
        ("coverage", "2017", "覆盖率", "Coverage", "100", "up"),
        ("control", "2017", "控制率", "Control", "100", "up"),
        ("burden", "", "负担", "Old burden", "100", "down"),
        ("burden", "2022", "负担率", "Burden", "100", "down"),
        ("usage", "", "使用率", "Usage", "100", "range"),
    ],
    columns=["indicator", "valid_from", "name_zh", "name_en", "per", "direction"],
    dtype="str",
)


def write(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str, catalogue: pd.DataFrame | None = None) -> dict[str, str]:
    """Where -> English sentence, of a standard that must be refused."""
    with pytest.raises(InputError) as caught:
        load_standard(write(folder, text), catalogue)
    frame = caught.value.problems
    assert (frame["level"] == "error").all()
    assert frame["sentence_zh"].str.contains(r"[\u4e00-\u9fff]").all()
    assert not frame["sentence_en"].str.contains(r"[\u4e00-\u9fff]").any()
    return dict(zip(frame["where"], frame["sentence_en"], strict=True))


def line_number(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_standard_is_read_as_written(tmp_path):
    standard = load_standard(write(tmp_path, GOOD), CATALOGUE)
    lines = {line.id: line for _, line in standard.lines}
    assert list(lines) == ["1.10", "007", "burden"], "ids are text"
    assert lines["1.10"].arguments == {"target": Decimal("0.1")}
    assert Fraction(lines["1.10"].arguments["target"]) == Fraction(1, 10), "not the nearest binary fraction"
    assert lines["1.10"].points + lines["007"].points == 7
    assert lines["burden"].arguments["deduct"] == Decimal("0.5")
    assert (lines["1.10"].missing, lines["007"].missing) == ("zero", "exclude")
    assert (lines["007"].name_zh, lines["007"].name_en) == ("控制率", "Control")
    assert (lines["burden"].name_en, lines["burden"].direction, lines["burden"].per) == ("Burden", "down", 100)
    assert [grade.id for grade in standard.grades] == ["good", "poor"]
    assert standard.rounding == Rounding(2, "half_up", "line")
    assert [section.id for section, _ in standard.lines] == ["first", "first", "second"]


def test_a_standard_is_frozen_and_travels_between_processes(tmp_path):
    standard = load_standard(write(tmp_path, GOOD))
    with pytest.raises(dataclasses.FrozenInstanceError):
        standard.total = Decimal(1)
    assert pickle.loads(pickle.dumps(standard)) == standard


def test_a_line_may_state_names_direction_and_definition(tmp_path):
    text = GOOD.replace(
        "rule: per_point,", "rule: per_point, name_zh: 名, name_en: Name, direction: up, definition: '',"
    )
    line = load_standard(write(tmp_path, text), CATALOGUE).lines[2][1]
    assert (line.name_zh, line.name_en, line.direction) == ("名", "Name", "up")
    text = GOOD.replace("rule: per_point,", "rule: per_point, definition: 2022,")
    assert load_standard(write(tmp_path, text), CATALOGUE).lines[2][1].definition == "2022"


def test_without_a_catalogue_a_line_is_named_by_its_indicator(tmp_path):
    line = load_standard(write(tmp_path, GOOD)).lines[0][1]
    assert (line.name_zh, line.name_en, line.direction, line.per) == ("coverage", "coverage", "up", None)


def test_everything_wrong_is_said_at_once_with_its_line(tmp_path):
    text = GOOD
    for good, bad in {
        "mark: general\ntotal: 10": "mark: rumour\ntotle: 10",
        "digits: 2, mode: half_up": "digits: 2.5, mode: upwards",
        "missing: zero": "missing: ignore",
        "from: 6.5": "from: 0",
        "points: 7": "points: 8",
        "rule: proportional, ": "",
        "indicator: control": "indicator: contrl",
        "rule: threshold": "rule: treshold",
        "lower: 20": "lower: 60",
        "id: burden": "id: '1.10'",
        "target: 10": "target: 0",
        "deduct: .5": "deduct: half",
        "points: 3, ": "points: -3, ",
    }.items():
        assert good in text
        text = text.replace(good, bad, 1)
    found = problems_of(tmp_path, text, CATALOGUE)
    said = "\n".join(f"{where}: {sentence}" for where, sentence in found.items())
    with pytest.raises(InputError) as caught:
        load_standard(write(tmp_path, text), CATALOGUE)
    frame = caught.value.problems
    expected = {
        ("standards_not_allowed", "mark: rumour"),
        ("standards_unknown_key", "totle: 10"),
        ("standards_out_of_range", "digits: 2.5"),
        ("standards_not_allowed", "mode: upwards"),
        ("standards_not_allowed", "missing: ignore"),
        ("standards_grades_overlap", "id: poor"),
        ("standards_points_do_not_add_up", "points: 8"),
        ("standards_missing_rule", 'id: "1.10"'),
        ("standards_unknown_indicator", "indicator: contrl"),
        ("standards_unknown_rule", "rule: treshold"),
        ("standards_repeated_id", "id: '1.10'"),
        ("standards_out_of_range", "target: 0,"),
        ("standards_not_a_number", "deduct: half"),
        ("standards_out_of_range", "points: -3"),
    }
    noted = {(row.rule, row.where) for row in frame.itertuples()}
    for rule, part in expected:
        assert (rule, f"small.yaml line {line_number(text, part)}") in noted, said
    assert ("standards_missing_key", "small.yaml line 1") in noted, "the total"
    assert len(frame) == len(expected) + 1, said
    assert "nearest: total" in said
    assert "nearest: control" in said
    assert "nearest: threshold" in said


@pytest.mark.parametrize(
    ("good", "bad", "rule", "part"),
    [
        ("total: 10", "total: 11", "points_do_not_add_up", "total: 11"),
        ("points: 4.9", "points: 4.8", "points_do_not_add_up", "points: 7"),
        ("points: 4.9", "points: 4.90001", "too_fine", "points: 4.90001"),
        ("points: 4.9", "points: 0", "out_of_range", "points: 0,"),
        ("points: 4.9", "points:", "missing_key", 'id: "1.10"'),
        ("target: 0.1", "target: 10%", "not_a_number", "target: 10%"),
        ("target: 0.1", "target: .inf", "not_a_number", "target: .inf"),
        ("target: 0.1", "target: 1:30", "not_a_number", "target: 1:30"),
        ("target: 0.1", "target: [1, 2]", "not_a_number", "target: [1"),
        ("target: 0.1", "target: benchmark_mean", "not_a_number", "target: benchmark_mean"),
        ("target: 0.1", "target: -1", "out_of_range", "target: -1"),
        ("lower: 20", "lower: 50", "not_above_lower", "upper: 50"),
        ("        lower: 20\n", "", "missing_key", "id: 007"),
        ("lower: 20", "target: 20", "unknown_key", "target: 20"),
        ("rule: threshold", "rule:", "missing_rule", "id: 007"),
        ("from: 0}", "from: 1}", "no_lowest_grade", "- {id: good"),
        ("from: 6.5", "from: 11", "grade_above_total", "from: 11"),
        ("id: poor", "id: good", "repeated_id", "from: 0"),
        ("id: second", "id: first", "repeated_id", "id: first\n    name_zh: 乙"),
        ("mode: half_up, ", "", "missing_key", "rounding:"),
        ("rounding: {digits: 2, mode: half_up, of: line}", "rounding: half_up", "not_a_mapping", "rounding:"),
        ("rule: threshold", "rule: [threshold]", "not_text", "rule: [threshold]"),
        ("digits: 2", "digits: 7", "out_of_range", "rounding:"),
        ("of: line", "of: page", "not_allowed", "rounding:"),
        ("not_applicable: exclude", "not_applicable: skip", "not_allowed", "not_applicable:"),
        ("not_applicable: exclude\n", "", "missing_key", "id: small"),
        ("source: made for the tests\n", "", "missing_key", "id: small"),
        ("source: s, mark: general}\n      - id", "mark: general}\n      - id", "missing_key", 'id: "1.10"'),
        ("name_en: Second", "name_en: [Second]", "not_text", "name_en: [Second]"),
        ("source: made for the tests\n", "source: ~\n", "missing_key", "source: ~"),
        ("source: made for the tests\n", "source: null\n", "missing_key", "source: null"),
        ("points: 2.1", "points: 2.1\n        points: 2.1", "repeated_key", "points: 2.1\n        lower"),
        ("    points: 3\n", "    points: 3\n    lines: []\n", "not_a_list", "lines: []"),
    ],
)
def test_each_mistake_is_named_where_it_stands(tmp_path, good, bad, rule, part):
    assert GOOD.count(good) >= 1
    text = GOOD.replace(good, bad, 1)
    with pytest.raises(InputError) as caught:
        load_standard(write(tmp_path, text), CATALOGUE)
    frame = caught.value.problems
    noted = list(zip(frame["rule"], frame["where"], strict=True))
    assert (f"standards_{rule}", f"small.yaml line {line_number(text, part)}") in noted, noted


def test_a_bonus_may_wait_for_a_line_of_a_section(tmp_path):
    bonus = """\
bonus:
  cap: 1
  above_total: no
  lines:
    - {id: more, indicator: coverage, rule: proportional, points: 1, target: 95, source: s, mark: general, gate: 007}
"""
    *_, (_, line) = load_standard(write(tmp_path, GOOD + bonus), CATALOGUE).lines
    assert (line.id, line.gate) == ("more", ("007",))


def test_what_is_quoted_is_a_text_even_if_it_is_called_null(tmp_path):
    text = GOOD.replace("source: made for the tests", 'source: "null"')
    assert load_standard(write(tmp_path, text), CATALOGUE).source == "null"


def test_an_indicator_without_a_good_direction_needs_one_stated(tmp_path):
    text = GOOD.replace("indicator: coverage", "indicator: usage")
    found = problems_of(tmp_path, text, CATALOGUE)
    assert list(found) == [f"small.yaml line {line_number(text, 'indicator: usage')}"]
    assert "direction: up" in next(iter(found.values()))
    stated = text.replace("indicator: usage,", "indicator: usage, direction: down,")
    assert load_standard(write(tmp_path, stated), CATALOGUE).lines[0][1].direction == "down"


def test_a_definition_must_exist(tmp_path):
    text = GOOD.replace("rule: per_point,", "rule: per_point, definition: 2023,")
    assert "2022" in next(iter(problems_of(tmp_path, text, CATALOGUE).values()))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("# only a comment\n", "line 1"),
        ("- a list\n", "line 1"),
        ("id: x\n\ttotal: 10\n", "line 2"),
        ("id: x\ntotal: 'ten\n", "line 3"),
        ("id: a\n---\nid: b\n", "line 2"),
    ],
)
def test_what_is_no_standard_at_all_is_one_plain_problem(tmp_path, text, where):
    found = problems_of(tmp_path, text)
    assert list(found) == [f"small.yaml {where}"]


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        load_standard(path)


def test_a_manual_line_needs_names_and_no_indicator(tmp_path):
    manual = GOOD.replace("indicator: coverage, rule: proportional,", "rule: manual,").replace("target: 0.1, ", "")
    found = problems_of(tmp_path, manual)
    assert "name_" in " ".join(found.values())
    named = manual.replace("rule: manual,", "rule: manual, name_zh: 组织, name_en: Organisation,")
    line = load_standard(write(tmp_path, named), CATALOGUE).lines[0][1]
    assert (line.rule, line.indicator, line.name_en) == ("manual", "", "Organisation")


@pytest.mark.parametrize("mode", ["half_up", "half_even"])
@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_rounding_agrees_with_decimal(mode, digits):
    import decimal

    python = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN}[mode]
    rounding = Rounding(digits, mode, "line")
    for units in range(-3000, 3000, 7):
        number = Decimal(units).scaleb(-3)
        expected = number.quantize(Decimal(1).scaleb(-digits), rounding=python).scaleb(digits)
        assert rounding.units(Fraction(number)) == expected


def test_every_rule_says_its_formula():
    for name, rule in RULES.items():
        assert rule.name == name
        assert re.search(r"`.+`", rule.award.__doc__ or ""), f"{name} shows no formula"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_standards_agree_with_the_catalogue(path):
    catalogue = pd.read_csv(
        ROOT / "data" / "catalogue" / "indicators.csv", dtype=str, keep_default_na=False, encoding="utf-8"
    )
    standard = load_standard(path, catalogue)
    assert standard.id == path.stem
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = [line for section in raw["sections"] for line in section["lines"]]
    assert sum(line["points"] for line in lines) == pytest.approx(raw["total"])
    assert len(lines) == sum(len(section.lines) for section in standard.sections)
    assert all(line["source"] and line["mark"] in ("verified", "general") for line in lines)


def test_a_standard_is_shipped():
    assert "basic_public_health" in {path.stem for path in SHIPPED}


def test_the_words_of_standards_leave_the_same_gaps_in_both_languages():
    for name in ("standards", "scoring"):
        for key, texts in wording.topic(name).items():
            assert wording.placeholders(texts["zh"]) == wording.placeholders(texts["en"]), key
