"""What a county office may send: nothing is written, and all that is wrong is said, by file, row and column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import tiny
from builders import area, dataset, fact, unit, write

import evaltools as ev
from evaltools import cli
from evaltools.problems import LISTED, SHOWN

FACTS = [fact(period, code, item, 8) for period in ("2023", "2024") for code in ("010101", "010102") for item in "ab"]
AREAS = [area("01"), area("010101", parent="01"), area("010102", parent="01", name_zh="鹤汀区")]
UNITS = [unit("010101", "01"), unit("010101", "02")]

STANDARD = """\
id: own
name_zh: 标准
name_en: Standard
source: s
mark: general
total: 10
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades: [{id: all, name_zh: 全部, name_en: All, from: 0}]
sections:
  - id: one
    name_zh: 一
    name_en: One
    points: 10
    lines:
      - {id: "1.1", indicator: share, rule: proportional, points: 4, target: 90, source: s, mark: general}
      - {id: "1.2", name_zh: 查, name_en: Look, rule: manual, points: 6, source: s, mark: general}
"""

Change = Callable[[Path], object]
Said = set[tuple[str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area)")
    tiny.notebook(home, "05_region_report", "region", 5, "print(period)")
    return home


def county_office(folder: Path) -> Path:
    """A sound dataset: two counties below a region, units, a standard."""
    meta = {"region": "01", "standard": "own", "origins": ["return"]}
    (folder / "standards").mkdir(parents=True)
    (folder / "standards" / "own.yaml").write_text(STANDARD, encoding="utf-8")
    return dataset(folder, meta, facts=FACTS, areas=AREAS, units=UNITS)


def added(name: str, *rows: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8", newline="") as file:
            file.writelines(f"{row}\n" for row in rows)

    return change


def replaced(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_bytes(text.replace(old, new, 1).encode())

    return change


def recoded(name: str, encode: Callable[[str], bytes]) -> Change:
    return lambda folder: (folder / name).write_bytes(encode((folder / name).read_text(encoding="utf-8")))


def instead(name: str, content: bytes | None) -> Change:
    """A file with other content; a folder in its place for None."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)

    return change


def own(**values: object) -> Change:
    """Other values in the part `evaltools` of datapackage.json."""

    def change(folder: Path) -> None:
        path = folder / "datapackage.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["evaltools"].update(values)
        path.write_text(json.dumps(content), encoding="utf-8")

    return change


def by_area(folder: Path) -> None:
    """Give every county a file of its own."""
    (folder / "facts.csv").unlink()
    for code in ("010101", "010102"):
        write(folder / "facts" / f"{code}.csv", [row for row in FACTS if row["area"] == code])


def both(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes]


def half_and_half(text: str) -> bytes:
    """What comes of appending a colleague's GBK rows to a file in UTF-8."""
    return text.encode() + "010103,松屏县\n".encode("gbk")


FILES: dict[str, tuple[Change, Said]] = {
    "cut in a row": (recoded("facts.csv", lambda text: text.encode()[:-10]), {("ragged_row", "facts.csv row 9")}),
    "cut in a character": (
        recoded("areas.csv", lambda text: text.encode()[: text.encode().rindex("鹤".encode()) + 2]),
        {("cut_off", "areas.csv row 4")},
    ),
    "cut in a quoted cell": (
        added("units.csv", '010101,03,机构,Unit,,,,,"04'),
        {("open_quote", "units.csv row 4")},
    ),
    "a quote never closed": (
        replaced("areas.csv", "010101,地区010101", '010101,"地区010101'),
        {("open_quote", "areas.csv row 3")},
    ),
    "UTF-16": (recoded("areas.csv", lambda text: text.encode("utf-16")), {("unknown_encoding", "areas.csv row 1")}),
    "UTF-16 without a mark": (
        recoded("facts.csv", lambda text: text.encode("utf-16-le")),
        {("nul_character", "facts.csv row 1")},
    ),
    "half UTF-8, half GBK": (recoded("areas.csv", half_and_half), {("unknown_encoding", "areas.csv row 5")}),
    "a NUL": (replaced("units.csv", "Unit 02", "Unit\0"), {("nul_character", "units.csv row 3")}),
    "empty": (instead("units.csv", b""), {("empty_file", "units.csv")}),
    "a folder": (instead("units.csv", None), {("not_a_file", "units.csv")}),
    "a workbook": (instead("claims.xlsx", b"PK\3\4"), {("workbook", "claims.xlsx")}),
    "a workbook by another name": (instead("claims.csv", b"PK\3\4 and so on"), {("workbook", "claims.csv")}),
    "no Parquet": (instead("claims.parquet", b"PAR1 and so on"), {("unreadable", "claims.parquet")}),
    "twice": (instead("areas.parquet", b"PAR1"), {("two_files", "areas.csv")}),
    "semicolons": (
        recoded("facts.csv", lambda text: text.replace(",", ";").encode()),
        {("wrong_separator", "facts.csv row 1")},
    ),
    "a title above": (
        recoded("facts.csv", lambda text: f"2024年报表,,,,\n{text}".encode()),
        {("no_header", "facts.csv row 1")},
    ),
    "a column without a name": (
        recoded(
            "areas.csv", lambda text: re.sub("(?m)$", ",", text.rstrip()).replace(",01,", ",01,看").encode() + b"\n"
        ),
        {("unnamed_column", "areas.csv row 3")},
    ),
    "facts of no area": (
        both(by_area, lambda folder: (folder / "facts" / "010102.csv").rename(folder / "facts" / "10102.csv")),
        {("facts_of_no_area", "facts/10102.csv"), ("no_facts_for_area", "facts/010102.csv")},
    ),
    "a row of another area": (
        both(by_area, added("facts/010101.csv", "2022,010102,,a,8")),
        {("facts_of_another_area", "facts/010101.csv row 6 column area")},
    ),
    "no facts in the folder": (
        both(by_area, lambda folder: [path.unlink() for path in (folder / "facts").glob("*.csv")]),
        {("missing_file", "mine/facts"), *(("no_facts_for_area", f"facts/01010{n}.csv") for n in (1, 2))},
    ),
    "facts in a file and in a folder": (
        lambda folder: write(folder / "facts" / "010101.csv", FACTS[:1]),
        {("two_files", "facts.csv"), ("no_facts_for_area", "facts/010102.csv")},
    ),
}

ROWS: dict[str, tuple[Change, Said]] = {
    "scientific notation of a code": (
        added("facts.csv", "2022,1.0101E+04,,a,8"),
        {("code_rewritten", "facts.csv row 10 column area")},
    ),
    "a unit in full width": (
        added("facts.csv", "2022,010101,０１,a,8"),
        {("code_rewritten", "facts.csv row 10 column unit")},
    ),
    "all areas, where one is meant": (
        added("facts.csv", "2022,*,,a,8"),
        {("unknown_code", "facts.csv row 10 column area")},
    ),
    "one quantity under two names of a year": (
        added("facts.csv", "2024-01/2024-12,010101,,a,9"),
        {("duplicate_key", "facts.csv row 10")},
    ),
    "a number no float can tell": (
        added("facts.csv", "2022,010101,,a,1234567890123456789"),
        {("above_maximum", "facts.csv row 10 column value")},
    ),
    "a name that is a formula": (
        added("areas.csv", "010103,=cmd|' /C calc'!A0,C,01"),
        {("formula_cell", "areas.csv row 5 column name_zh")},
    ),
    "an area twice": (added("areas.csv", "010101,又,Again,01"), {("duplicate_key", "areas.csv row 5")}),
    "an area without a name": (added("areas.csv", "010103,,,01"), {("blank_cell", "areas.csv row 5 column name_zh")}),
    "upper and lower case": (
        added("areas.csv", "a1,甲,A,01", "A1,乙,B,01"),
        {("code_differs_in_case", "areas.csv row 6 column area")},
    ),
    "a unit of no area": (
        added("units.csv", "10102,03,机构,Unit,,,,,"),
        {("lost_zero", "units.csv row 4 column area")},
    ),
    "a lifetime that ends before it begins": (
        added("units.csv", "010102,03,机构,Unit,,,2024,2020,"),
        {("validity_reversed", "units.csv row 4 column valid_to")},
    ),
    "a unit above itself": (
        added("units.csv", "010102,03,机构,Unit,,03,,,"),
        {("cyclic_hierarchy", "units.csv row 4 column parent")},
    ),
    "an adjustment from another number": (
        lambda folder: write(
            folder / "adjustments.csv",
            [{"period": "2024", "area": "010101", "item": "a", "from": 1234567, "to": 7}
             | {"stage": "appeal", "reason": "r"}],
        ),
        {("adjustment_mismatch", "adjustments.csv row 2 column from")},
    ),
    "a date that sorts wrongly": (
        lambda folder: write(
            folder / "adjustments.csv",
            [{"period": "2024", "area": "010101", "item": "a", "from": 8, "to": 7}
             | {"stage": "appeal", "reason": "r", "date": "2025/3/1"}],
        ),
        {("not_a_date", "adjustments.csv row 2 column date")},
    ),
    "a target of zero, which nothing can be divided by": (
        lambda folder: write(
            folder / "targets.csv",
            [{"period": "2024", "area": "*", "indicator": "share", "target": 0}
             | {"kind": "absolute", "source": "s", "mark": "general"}],
        ),
        {("scoring_bad_target", "targets.csv row 2 column target")},
    ),
    "a score above full points": (
        lambda folder: write(
            folder / "judgements.csv",
            [{"period": "2024", "area": "010101", "line": "1.2", "value": 60, "scorer": "甲"}],
        ),
        {("scoring_bad_judgement", "judgements.csv row 2 column value")},
    ),
    "a break that ends before it begins": (
        lambda folder: write(
            folder / "breaks.csv",
            [{"from": "2024", "to": "2022", "indicator": "*", "area": "*"}
             | {"kind": "definition", "note_zh": "注", "note_en": "note"}],
        ),
        {("period_reversed", "breaks.csv row 2 column to")},
    ),
    "formulas in a circle": (
        added(
            "catalogue/indicators.csv",
            "x,,,甲,X,y >= 90,,units_meeting,100,up,register,test,s,general",
            "y,,,乙,Y,x,,worst_unit,100,up,register,test,s,general",
        ),
        {("cyclic_formula", "catalogue/indicators.csv row 3 column numerator")},
    ),
}  # fmt: skip

PROPERTIES: dict[str, tuple[Change, Said]] = {
    "no JSON": (replaced("datapackage.json", "{", "{,"), {("not_json", "datapackage.json line 1")}),
    "a list": (instead("datapackage.json", b"[]"), {("not_an_object", "datapackage.json")}),
    "in GBK": (instead("datapackage.json", "{}\n县".encode("gbk")), {("not_utf8", "datapackage.json line 2")}),
    "too deep": (instead("datapackage.json", b"[" * 100_000), {("not_json", "datapackage.json line 1")}),
    "a key twice": (
        replaced("datapackage.json", '"name"', '"name": "x", "name"'),
        {("repeated_property", "datapackage.json")},
    ),
    "evaltools is no object": (
        recoded("datapackage.json", lambda text: b'{"evaltools": [1]}'),
        {("bad_property", "datapackage.json")},
    ),
    "sources are no objects": (
        replaced("datapackage.json", '"name"', '"sources": ["x"], "name"'),
        {("bad_property", "datapackage.json")},
    ),
    "a language we do not speak": (own(language="fr"), {("bad_property", "datapackage.json")}),
    "no encoding": (own(encoding="klingon"), {("bad_property", "datapackage.json")}),
    "no regular expression": (own(code_pattern="^(\\d{6$"), {("bad_property", "datapackage.json")}),
    "an unknown region": (own(region="02"), {("unknown_region", "datapackage.json")}),
    "a region without areas": (
        own(region="010101"),
        {("region_without_areas", "datapackage.json")},
    ),
    "an unknown indicator": (own(indicators=["shere"]), {("unknown_code", "datapackage.json")}),
    "an unknown standard": (own(standard="../own"), {("unknown_standard", "standard")}),
    "indicators of another type": (own(indicators="share"), {("bad_property", "datapackage.json")}),
}

STANDARDS: dict[str, tuple[Change, Said]] = {
    "points that do not add up": (
        replaced("standards/own.yaml", "total: 10", "total: 100"),
        {("standards_points_do_not_add_up", "own.yaml line 6")},
    ),
    "a tab": (
        replaced("standards/own.yaml", "    name_zh", "\tname_zh"),
        {("standards_not_readable", "own.yaml line 13")},
    ),
    "a key twice": (
        replaced("standards/own.yaml", "total: 10", "total: 10\ntotal: 10"),
        {("standards_repeated_key", "own.yaml line 7")},
    ),
    "empty": (instead("standards/own.yaml", b""), {("standards_empty", "own.yaml line 1")}),
    "in GBK": (
        recoded("standards/own.yaml", lambda text: text.encode("gbk")),
        {("standards_not_utf8", "own.yaml line 2")},
    ),
    "a control character": (
        replaced("standards/own.yaml", "source: s", "source: \x1b"),
        {("standards_unseen_character", "own.yaml line 4")},
    ),
    "too deep": (instead("standards/own.yaml", b"[" * 1500), {("standards_not_readable", "own.yaml line 1")}),
    "an unknown indicator": (
        replaced("standards/own.yaml", "share", "shere"),
        {("standards_unknown_indicator", "own.yaml line 17")},
    ),
}  # fmt: skip

CASES = {
    f"{kind}: {name}": case
    for kind, cases in (("file", FILES), ("row", ROWS), ("datapackage", PROPERTIES), ("standard", STANDARDS))
    for name, case in cases.items()
}


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_named(home: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    folder = county_office(home / "mine")
    change, expected = CASES[case]
    change(folder)
    assert cli.main(["check", str(folder), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    said = {(row["rule"], row["where"]) for row in found if row["level"] != "note"}
    # that the region itself reports nothing is no part of what is tested
    assert said - {("no_facts_for_area", "facts/01.csv")} == expected
    for row in found:
        assert re.search("[一-鿿]", row["sentence_zh"]) and not re.search(
            "[一-鿿]", _without_quoted(row["sentence_en"])
        )


@pytest.mark.parametrize(
    "case",
    [
        "file: half UTF-8, half GBK",
        "row: a target of zero, which nothing can be divided by",
        "row: a score above full points",
        "datapackage: a list",
        "standard: points that do not add up",
    ],
)
def test_nothing_is_written_before_all_is_well(home: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    folder = county_office(home / "mine")
    change, expected = CASES[case]
    change(folder)
    assert cli.main(["run", "--data", str(folder), "--lang", "en"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and not (home / "reports").exists()
    assert printed.err.splitlines()[0] == f"Nothing was run. To correct first: {len(expected)}"
    assert all(where in printed.err for _, where in expected)


@pytest.mark.parametrize("value", [5, {"a": 1}, [1], 1.5])
def test_properties_of_another_type_are_all_named(home: Path, value: object) -> None:
    folder = county_office(home / "mine")
    keys = ["language", "title_zh", "notice_en", "synthetic", "code_pattern", "origins", "standard", "region"]
    keys += ["indicators", "encoding", "source_zh", "licence_en"]
    own(**dict.fromkeys(keys, value))(folder)
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(folder))
    problems = caught.value.problems
    errors = problems[problems["level"] == "error"]
    assert set(errors["rule"]) == {"bad_property"}
    assert {re.findall("“evaltools.(.*?)”", text)[0] for text in errors["sentence_zh"]} == set(keys)


def _without_quoted(sentence: str) -> str:
    """A sentence without what it quotes from the sender, and without lists of what was found."""
    return re.sub("“.*?”|found: .*?(;|\\.)", "", sentence)


def test_everything_wrong_in_every_file_is_said_at_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = county_office(home / "mine")
    chosen = [FILES["cut in a quoted cell"], ROWS["an area twice"], ROWS["scientific notation of a code"]]
    chosen += [PROPERTIES["a language we do not speak"], STANDARDS["points that do not add up"]]
    for change, _ in chosen:
        change(folder)
    assert cli.main(["check", str(folder), "--format", "json"]) == 1
    found = {(row["rule"], row["where"]) for row in json.loads(capsys.readouterr().out)}
    assert found >= set.union(*(said for _, said in chosen))


def test_a_table_that_cannot_be_read_is_said_once_and_not_for_every_code(home: Path) -> None:
    folder = county_office(home / "mine")
    (folder / "areas.csv").write_bytes(b"")
    (folder / "catalogue" / "items.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(folder))
    said = set(zip(caught.value.problems["rule"], caught.value.problems["where"], strict=True))
    assert said == {("empty_file", "areas.csv"), ("unknown_encoding", "catalogue/items.csv row 1")}


def test_codes_that_cannot_name_a_folder_on_every_system(home: Path) -> None:
    folder = county_office(home / "mine")
    codes = ["../x", "..", ".", "a/b", "a\\b", "a.", "CON", "con.csv", "Nul", "COM1", "a:b", "a b", "县", "-x", ".x"]
    codes += ["x" * 41, "tables", "index.html", "manifest.json", "manifest.d", "<b>", "*", "a|b", "a?"]
    added("areas.csv", *(f"{code},甲,A,01" for code in codes))(folder)
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(folder))
    problems = caught.value.problems
    assert set(problems["rule"]) == {"code_no_folder"}
    assert problems["where"].tolist() == [f"areas.csv row {5 + at} column area" for at in range(len(codes))]
    assert all(code in text for code, text in zip(codes, problems["sentence_zh"], strict=True))


def test_a_flood_of_one_kind_is_cut_off_and_counted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = county_office(home / "mine")
    count = LISTED + 500
    added("facts.csv", *(f"{1900 + n % 150}-{n % 12 + 1:02d},010101,,none_{n},8" for n in range(count)))(folder)
    assert cli.main(["run", "--data", str(folder), "--lang", "en"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) < SHOWN + 5 + LISTED
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(folder))
    problems = caught.value.problems
    assert len(problems) == LISTED + 1
    assert "500" in problems["sentence_en"].iloc[-1]
    assert len(str(caught.value).splitlines()) == SHOWN + 1


def test_no_cell_disturbs_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = county_office(home / "mine")
    value = "\x1b[2J\u202e7\u200f" + "9" * 5000
    added("facts.csv", f"2022,010101,,a,{value}x", "2022,010101,,<script>alert(1)</script>,8")(folder)
    assert cli.main(["check", str(folder), "--lang", "en"]) == 1
    text = capsys.readouterr().out
    assert not set("\x1b\u202e\u200f") & set(text)
    assert "\\x1b[2J\\u202e7\\u200f" in text
    assert max(map(len, text.splitlines())) < 800


def test_places_are_said_in_the_users_language(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = county_office(home / "mine")
    added("facts.csv", "2022,010101,,a,many", "2022,010101,,b,8", "2022,010101,,b,8")(folder)
    assert cli.main(["check", str(folder)]) == 1
    text = capsys.readouterr().out
    assert "facts.csv 第10行 value列  " in text and "与 facts.csv 第11行 重复" in text
    assert " row " not in text and " column " not in text


def read(folder: Path, content: str | bytes) -> pd.DataFrame:
    """The areas of a dataset whose areas.csv holds this."""
    county_office(folder)
    own(region="", code_pattern="")(folder)
    (folder / "units.csv").unlink()
    content = content if isinstance(content, bytes) else content.encode()
    (folder / "areas.csv").write_bytes(content.replace(b"END", b"010101,a,\n010102,b,\n"))
    return ev.load(str(folder)).areas


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_cells_of_several_lines(home: Path, end: str) -> None:
    text = f'area,name_zh,parent\nx,"上\n下 ""甲"", 乙",\n\n{"END"}y,名,z\n'.replace("END", "010101,a,\n010102,b,\n")
    with pytest.raises(ev.InputError) as caught:
        read(home / "mine", text.replace("\n", end))
    # as a spreadsheet counts: header 1, the cell of two lines 2, the blank row 3
    assert caught.value.problems["where"].tolist() == ["areas.csv row 6 column parent"]
    areas = read(home / "other", text.replace("z\n", "x\n").replace("\n", end))
    assert areas["name_zh"].iloc[0].replace("\r", "\n").replace("\n\n", "\n") == '上\n下 "甲", 乙'


def test_a_large_file_of_cells_of_several_lines(home: Path) -> None:
    lines = "长" * 200 + "\n" + "名" * 200
    rows = "".join(f'x{n},"{lines}",\n' for n in range(3000))
    areas = read(home / "mine", f"area,name_zh,parent\n{rows}END")
    assert len(areas) == 3002 and areas["name_zh"].iloc[2999] == lines


def test_what_is_meant_without_doubt_is_read(home: Path) -> None:
    folder = county_office(home / "mine")
    rows = ["２０２２,010101,,a,１２．５", "2021,010101\u200b,,a, 7 ", "2020,010101,,a,1.5E+03"]
    added("facts.csv", *rows)(folder)
    data = ev.load(str(folder))
    last = data.facts.tail(3)
    assert last[["period", "area", "value"]].to_numpy().tolist() == [
        ["2022", "010101", 12.5],
        ["2021", "010101", 7.0],
        ["2020", "010101", 1500.0],
    ]
    remarks = data.remarks[["level", "rule", "where"]].to_numpy().tolist()
    assert ["warning", "unseen_characters", "facts.csv row 11 column area"] in remarks
    assert ["warning", "exponent", "facts.csv row 12 column value"] in remarks


def test_what_is_not_read_is_said(home: Path) -> None:
    folder = county_office(home / "mine")
    write(folder / "target.csv", [{"period": "2024"}])
    write(folder / "catalogue" / "itmes.csv", [{"item": "x"}])
    own(regoin="01")(folder)
    recoded("facts.csv", lambda text: text.replace("value\n", "value,origin\n").replace("8\n", "8,guess\n").encode())(
        folder
    )
    added("areas.csv", "010103,松屏县,C,")(folder)
    remarks = ev.load(str(folder)).remarks
    assert set(zip(remarks["level"], remarks["rule"], remarks["where"], strict=True)) == {
        ("warning", "unread_file", "target.csv"),
        ("warning", "unread_file", "catalogue/itmes.csv"),
        ("warning", "unknown_property", "datapackage.json"),
        ("warning", "unknown_origin", "facts.csv row 2 column origin"),
        ("warning", "area_not_evaluated", "areas.csv row 5 column parent"),
    }


def test_a_claim_about_an_indicator_outside_the_dataset_is_a_remark(home: Path) -> None:
    folder = county_office(home / "mine")
    row = "other,,,另,Other,b,a,proportion,100,up,register,test,s,general"
    added("catalogue/indicators.csv", row)(folder)
    claim = {"period": "2024", "area": "010101", "measure": "level", "reported": 100}
    write(folder / "claims.csv", [{**claim, "indicator": "other"}, {**claim, "indicator": "share"}])
    data = ev.load(str(folder))
    assert data.claims["indicator"].tolist() == ["share"]
    assert data.remarks["where"].tolist() == ["claims.csv row 2 column indicator"]
    ev.check(data)


@pytest.mark.parametrize(
    "name",
    ["\udcff", "x" * 5000, "*", "a\0b", "http://x/y", "CON"],
    ids=["surrogate", "long", "star", "nul", "url", "con"],
)
def test_a_name_that_no_dataset_can_have(home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert cli.main(["check", name]) == 2
    assert cli.main(["run", "--data", name]) == 2
    assert "small" in capsys.readouterr().err


def test_a_dataset_s_file_instead_of_its_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = county_office(home / "mine")
    assert cli.main(["check", str(folder / "facts.csv"), "--lang", "en"]) == 2
    assert "is a file; give the folder" in capsys.readouterr().out


def test_a_home_without_a_catalogue_is_not_the_data_s_fault(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = county_office(home / "mine")
    monkeypatch.setenv("EVALTOOLS_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(folder))
    assert caught.value.problems["rule"].tolist() == ["no_catalogue"]


@pytest.mark.slow
def test_a_page_that_could_not_be_made_says_why_in_chinese(home: Path) -> None:
    county_office(home / "data" / "bad")
    added("facts.csv", "2022,010101,,a,many")(home / "data" / "bad")
    tiny.notebook(home, "04_county_report", "area", 4, "import evaltools as ev\nev.load('bad')")
    # a folder named as county offices name theirs
    folder = (home / "data" / "small").rename(home / "data" / "数据 2024年（定稿）")
    ran = tiny.evaltools(home, "run", "--data", str(folder), "--area", "02", "--jobs", "2")
    assert ran.returncode == 1, ran.stderr
    said = "facts.csv 第10行 value列: “many”不是数字"
    assert said in ran.stderr
    page = (home / "reports" / folder.name / "2024" / "02" / "index.html").read_text(encoding="utf-8")
    assert said in page and "InputError" not in page
