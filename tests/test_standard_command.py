"""`evaltools standard`: what it says, what it writes, and the pages that tell how a standard is written."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from whole_standard import WHOLE

from evaltools import cli, standards
from evaltools.rules import RULES
from evaltools.standard_files import plain_standard
from evaltools.standards import load_standard

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "data").glob("**/standards/*.yaml"))
PAGES = {"en": "standards.md", "zh": "standards.zh-CN.md"}
OWN_RULES = {name: rule for name, rule in RULES.items() if rule.formula.__module__ == "evaltools.rules"}


def page(lang: str) -> str:
    return (ROOT / "docs" / PAGES[lang]).read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"^```yaml\n(id: .*?)^```", page("en"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The example of the pages, in a file."""
    path = tmp_path / "small.yaml"
    path.write_text(example(), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_standard_agrees_with_a_catalogue(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = path.read_text(encoding="utf-8")
    own = sorted(folder.parent for folder in (ROOT / "data").glob("*/catalogue"))
    for data in ([], *(["--data", str(folder)] for folder in own)):
        status = cli.main(["standard", str(path), "--lang", "en", *data])
        printed = capsys.readouterr()
        if status == 0:
            break
    assert status == 0, printed.err
    total = yaml.load(text, Loader=yaml.BaseLoader)["total"]
    assert re.match(rf"{path.name}: sections \d+, lines {text.count(' rule:')} \(.*\), points {total}\. ", printed.out)
    assert printed.out.count("\n") == 1 and printed.err == ""


def test_a_standard_that_can_be_used_is_told_in_a_line(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("source: s, mark: general", "source: s, mark: verified"), encoding="utf-8")
    assert cli.main(["standard", str(small), "--lang", "en"]) == 0
    said = "small.yaml: sections 1, lines 2 (marked verified 1, general 1), points 10. It can be used.\n"
    assert capsys.readouterr() == (said, "")
    assert cli.main(["standard", str(small)]) == 0
    assert capsys.readouterr().out == "small.yaml：1个部分2行，共10分；标记为已核对的1行，一般知识的1行。可以使用。\n"


def test_it_is_written_as_a_workbook_and_back(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, back = small.with_suffix(".xlsx"), small.with_name("back.yml")
    assert cli.main(["standard", str(small), "--out", str(book)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(book)
    assert cli.main(["standard", str(book), "--out", str(back)]) == 0
    assert plain_standard(back) == plain_standard(small) == plain_standard(book)
    capsys.readouterr()
    assert cli.main(["standard", str(book), "--out", str(back)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and "back.yml已存在，不会被覆盖" in printed.err


def test_everything_that_is_wrong_is_listed_and_nothing_written(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = small.with_suffix(".xlsx")
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("nip_coverage", "nip_coverag").replace("digits: 2", "digits: 7"), encoding="utf-8")
    assert cli.main(["standard", str(small), "--out", str(book), "--lang", "en"]) == 2
    printed = capsys.readouterr()
    first, *rest = printed.err.splitlines()
    assert (printed.out, first) == ("", "The standard cannot be used. To correct first: 2")
    assert rest[0].startswith("  small.yaml line 7   ") and "nearest: nip_coverage" in rest[1]
    assert not book.exists()
    small.write_text(text, encoding="utf-8")
    assert cli.main(["standard", str(small), "--out", str(book)]) == 0
    sheets = openpyxl.load_workbook(book)
    sheets["细则 lines"]["E2"] = "nip_coverag"
    sheets["等级 grades"]["D3"] = "零"
    sheets.save(book)
    capsys.readouterr()
    assert cli.main(["standard", str(book)]) == 2
    printed = capsys.readouterr()
    assert printed.err.splitlines()[0] == "评分标准不能使用，请先改正以下2处："
    assert "small.xlsx!等级 grades!D3" in printed.err and "small.xlsx!细则 lines!E2" in printed.err


def test_the_help_lists_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert re.search(r"\n    standard +check a scoring standard", capsys.readouterr().out)


def test_what_is_not_there_or_of_another_kind(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["standard", "basic_public_health"]) == 0, "one that comes with the program has a name"
    for command, said in (
        (["nowhere.yaml"], "no standard “nowhere.yaml”"),
        ([str(small), "--data", "nowhere"], "no dataset “nowhere”"),
        ([str(small), "--out", str(small.with_suffix(".csv"))], "ends in .yaml, .yml, .xlsx"),
    ):
        assert cli.main(["standard", *command, "--lang", "en"]) == 2
        assert said in capsys.readouterr().err


def test_the_indicators_of_a_dataset_count_with_it_alone(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = small.parent / "mine" / "catalogue"
    own.mkdir(parents=True)
    known = pd.read_csv(ROOT / "data" / "catalogue" / "indicators.csv", dtype=str, encoding="utf-8")
    row = known[known["indicator"] == "nip_coverage"].assign(indicator="own_coverage", numerator="residents")
    row.to_csv(own / "indicators.csv", index=False)
    small.write_text(example().replace("nip_coverage", "own_coverage"), encoding="utf-8")
    assert cli.main(["standard", str(small)]) == 2
    assert cli.main(["standard", str(small), "--data", str(own.parent)]) == 0, capsys.readouterr().err
    row.assign(numerator="no_such_item").to_csv(own / "indicators.csv", index=False)
    assert cli.main(["standard", str(small), "--data", str(own.parent)]) == 2
    assert "no_such_item" in capsys.readouterr().err, "a catalogue that is wrong itself"


def fragments(lang: str) -> dict[str, tuple[str, str]]:
    """Rule -> the text of its part of a page, and its example."""
    parts = re.findall(r"^### (\w+)\n(.*?)^```yaml\n(.*?)^```", page(lang), re.MULTILINE | re.DOTALL)
    return {name: (text, block) for name, text, block in parts}


@pytest.mark.parametrize("lang", PAGES)
def test_every_rule_is_described_with_its_formula_and_an_example_that_works(lang: str, tmp_path: Path) -> None:
    found = fragments(lang)
    assert list(found) == list(OWN_RULES)
    template = yaml.load(example(), Loader=yaml.BaseLoader)
    for name, (text, block) in found.items():
        first = (RULES[name].formula.__doc__ or "").split("\n\n")[0]
        for formula in (part for part in first.split("`")[1::2] if " " in part):
            assert f"`{formula}`" in text, (name, formula)
        line = yaml.load(block, Loader=yaml.BaseLoader)
        assert line["rule"] == name and {*line} >= {*RULES[name].arguments} - {"direction"}
        line |= {"id": "a", "name_zh": "甲", "name_en": "A", "source": "s", "mark": "general"}
        line |= {} if RULES[name].of == "judged" else {"indicator": "nip_coverage"}
        document = {**template, "total": line["points"]}
        section = {**template["sections"][0], "points": line["points"], "lines": [line]}
        if RULES[name].block:
            document = {**template, "penalties": {"lines": [line]}}
        else:
            document |= {"sections": [section], "grades": [{**template["grades"][1]}]}
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        scored = {line.rule: line for _, line in load_standard(path).lines}[name]
        assert set(scored.arguments) == set(RULES[name].arguments)


@pytest.mark.parametrize("lang", PAGES)
def test_the_workbook_of_the_example_is_as_the_page_shows(lang: str, small: Path) -> None:
    book = small.with_suffix(".xlsx")
    assert cli.main(["standard", str(small), "--out", str(book)]) == 0
    table = re.findall(
        r"(?:^\| (?:section|delivery|---).*\n|^\|---\|---\|---\|---\|---.*\n)+", page(lang), re.MULTILINE
    )
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table[-1].splitlines())
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    names, *lines = openpyxl.load_workbook(book)["细则 lines"].iter_rows(values_only=True)
    keys = [str(name).rpartition(" ")[2] for name in names]
    written = [dict(zip(keys, line, strict=True)) for line in lines]
    assert [{key: str(line[key] or "") for key in head} for line in written] == shown
    assert [line["note"] for line in written] == ["适龄儿童国家免疫规划疫苗接种率", "高血压患者健康管理率"], (
        "the catalogue's names"
    )
    assert all(value is None for line in written for key, value in line.items() if key not in (*head, "note"))


@pytest.mark.parametrize("lang", PAGES)
def test_every_key_is_described(lang: str) -> None:
    text = page(lang)
    keys = {
        *(*standards.STANDARD_KEYS, *standards.SECTION_KEYS, *standards.LINE_KEYS, *standards.ROUNDING_KEYS),
        *(*standards.ROLL_UP_KEYS, *standards.AUTHENTICITY_KEYS, *standards.GRADE_KEYS, *standards.BONUS_KEYS),
        *(*standards.PENALTY_KEYS, *standards.VETO_KEYS, *standards.EFFECTS, *standards.MODES, *standards.MARKS),
        *(key for rule in OWN_RULES.values() for key in rule.arguments),
        *(word for rule in OWN_RULES.values() for argument in rule.arguments.values() for word in argument.allowed),
    }
    for key in keys:
        assert re.search(rf"\b{key}\b", text, re.ASCII), key
    assert set(re.findall(r"--(\w+)", text)) <= {"out", "data", "standard"}


def test_both_pages_have_the_same_parts() -> None:
    for marker in ("## ", "### ", "- ", "|", "```"):
        counts = {lang: sum(line.startswith(marker) for line in page(lang).splitlines()) for lang in PAGES}
        assert counts["en"] == counts["zh"] > 1, marker
    blocks = {lang: re.findall(r"^```yaml\n(.*?)^```", page(lang), re.MULTILINE | re.DOTALL) for lang in PAGES}
    assert blocks["en"] == blocks["zh"]
    spelled = {lang: set(re.findall(r"`([^`\n]+)`", page(lang))) for lang in PAGES}
    assert spelled["en"] == spelled["zh"]
    for lang in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page(lang)):
            assert (ROOT / "docs" / target).exists(), target


def test_the_whole_standard_is_refused_only_for_its_made_up_indicators(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "whole.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    assert cli.main(["standard", str(path), "--lang", "en"]) == 2
    said = capsys.readouterr().err.splitlines()[1:]
    assert len(said) == WHOLE.count("indicator: ") and all("the catalogue has no indicator" in line for line in said)
