"""What counties send is taken as it is: a workbook, a folder of them, one table, or returns beside a dataset."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit, write
from pandas.testing import assert_frame_equal

import evaltools as ev
from evaltools import checking, cli, intake, returns_store
from evaltools.template_workbook import write_template


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose catalogue knows two items and their share, and a dataset of two counties with two townships."""
    root = tmp_path / "home"
    (root / "notebooks").mkdir(parents=True)
    write(root / "data" / "catalogue" / "items.csv", [item("served", people="yes"), item("residents")])
    write(root / "data" / "catalogue" / "indicators.csv", [indicator("share", "served", "residents")])
    words = "text,meaning,ambiguous,source,mark\n无,zero,yes,a test,general\n不适用,not_applicable,no,a test,general\n"
    (root / "data" / "catalogue" / "cell_words.csv").write_text(words, encoding="utf-8")
    facts = [
        fact("2023", code, name, value, unit=township, origin="annual_return")
        for code in ("01", "02")
        for township in ("a", "b")
        for name, value in (("served", 40), ("residents", 100))
    ]
    places = [area("01", parent="9"), area("02", parent="9"), area("9")]
    townships = [unit(code, township) for code in ("01", "02") for township in ("a", "b")]
    meta = {"region": "9", "origins": ["annual_return"]}
    dataset(root / "data" / "mine", meta, areas=places, units=townships, facts=facts, items=[], indicators=[])
    monkeypatch.setenv("EVALTOOLS_HOME", str(root))
    return root


def sent(home: Path, code: str, numbers: dict[str, object], path: Path) -> Path:
    """Hand out the 2024 return of a county and fill it in: item and unit -> what is typed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_template(ev.load("mine"), code, "2024", path, "zh")
    blank = ev.load(str(path)).facts
    cells = {f"{row.item} {row.unit}": row.source.split("!")[1:] for row in blank.itertuples()}
    book = openpyxl.load_workbook(path)
    for key, typed in numbers.items():
        sheet, cell = cells[key]
        book[sheet][cell] = typed
    book.save(path)
    return path


GOOD = {"served a": 30, "served b": "２８", "residents a": 100, "residents b": "1,000"}
VALUES = {("served", "a"): 30.0, ("served", "b"): 28.0, ("residents", "a"): 100.0, ("residents", "b"): 1000.0}


def values(facts: pd.DataFrame, period: str = "2024") -> dict[tuple[str, str], float]:
    rows = facts[(facts["period"] == period) & facts["value"].notna()]
    return {(row.item, row.unit): row.value for row in rows.itertuples()}


def test_a_workbook_alone_is_a_dataset(home: Path, tmp_path: Path) -> None:
    path = sent(home, "01", GOOD, tmp_path / "sent" / "平安县.xlsx")
    data = ev.load(str(path))
    assert values(data.facts) == VALUES
    assert data.facts["source"].str.fullmatch(r"平安县\.xlsx!.+![A-Z]+\d+").all()
    assert (data.meta.name, data.meta.region, data.meta.indicators) == ("平安县", "", ("share",))
    assert data.areas["area"].tolist() == ["01"]
    found = ev.indicators(data)
    own = found[found["unit"] == ""].iloc[0]
    assert (own["numerator"], own["denominator"]) == (58.0, 1100.0)


def test_a_folder_of_workbooks_lists_who_has_not_sent(home: Path, tmp_path: Path) -> None:
    sent(home, "01", GOOD, tmp_path / "sent" / "01.xlsx")
    data = ev.load(str(tmp_path / "sent"))
    assert values(data.facts) == VALUES
    remarks = data.remarks[data.remarks["rule"] == "not_sent"]
    assert remarks["area"].tolist() == ["02"]
    assert "地区02" in remarks["sentence_zh"].iloc[0]
    sent(home, "02", GOOD, tmp_path / "sent" / "更多" / "02.xlsx")
    data = ev.load(str(tmp_path / "sent"))
    assert "not_sent" not in set(data.remarks["rule"])
    assert set(data.facts["source"].str.partition("!")[0]) == {"01.xlsx", "更多/02.xlsx"}


def test_the_same_number_sent_twice_is_named_at_both_cells(home: Path, tmp_path: Path) -> None:
    for name in ("01.xlsx", "01（改）.xlsx"):
        sent(home, "01", GOOD, tmp_path / "sent" / name)
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(tmp_path / "sent"))
    rows = caught.value.problems
    twice = rows[rows["rule"] == "duplicate_key"]
    assert len(twice) == len(GOOD)
    assert twice["where"].str.startswith("01（改）.xlsx!").all()
    assert twice["sentence_zh"].str.contains("01.xlsx!", regex=False).all()


def test_returns_in_a_dataset_stand_beside_its_tables(home: Path) -> None:
    folder = home / "data" / "mine" / "returns"
    sent(home, "01", GOOD, folder / "01.xlsx")
    data = ev.load("mine", area="01")
    assert values(data.facts) == VALUES
    assert values(data.facts, "2023")[("served", "a")] == 40.0
    assert set(data.facts.loc[data.facts["period"] == "2024", "source"].str.partition("!")[0]) == {"returns/01.xlsx"}
    assert ev.load("mine", area="02").facts["period"].unique().tolist() == ["2023"]


def test_a_return_that_repeats_what_a_table_says_is_named(home: Path) -> None:
    sent(home, "01", GOOD, home / "data" / "mine" / "returns" / "01.xlsx")
    facts = home / "data" / "mine" / "facts.csv"
    header = facts.read_text(encoding="utf-8").splitlines()[0].split(",")
    row = {"period": "2024", "area": "01", "unit": "a", "item": "served", "value": "30", "origin": "annual_return"}
    with facts.open("a", encoding="utf-8", newline="") as file:
        file.write(",".join(row.get(name, "") for name in header) + "\n")
    with pytest.raises(ev.InputError) as caught:
        ev.load("mine")
    rows = caught.value.problems[caught.value.problems["level"] == "error"]
    assert rows["rule"].tolist() == ["duplicate_key"]
    assert "returns/01.xlsx!" in rows["where"].iloc[0] and "facts.csv" in rows["sentence_en"].iloc[0]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_one_table_of_facts_is_a_dataset(home: Path, tmp_path: Path, suffix: str) -> None:
    whole = ev.load("mine").facts
    path = tmp_path / f"facts2023.{suffix}"
    if suffix == "csv":
        whole.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    else:
        whole.to_parquet(path, index=False)
    data = ev.load(str(path))
    assert_frame_equal(data.facts, whole)
    assert data.areas["area"].tolist() == ["01", "02"]
    assert list(zip(data.units["area"], data.units["unit"], strict=True)) == [
        ("01", "a"),
        ("01", "b"),
        ("02", "a"),
        ("02", "b"),
    ]


def test_a_foreign_workbook_without_a_mapping_says_what_to_do(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["乡镇", "服务人数"])
    book.active.append(["甲", 3])
    book.save(tmp_path / "foreign.xlsx")
    assert cli.main(["check", str(tmp_path / "foreign.xlsx"), "--lang", "en"]) == 2
    assert "evaltools template --map foreign.xlsx" in capsys.readouterr().out


def test_a_file_that_is_no_return_is_refused(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "总结.pdf"
    path.write_bytes(b"%PDF-1.7")
    assert cli.main(["check", str(path), "--lang", "zh"]) == 2
    assert "“总结.pdf”不是可读取的报表文件" in capsys.readouterr().out


def test_a_bad_cell_is_named_and_the_others_are_checked(home: Path, tmp_path: Path) -> None:
    numbers = {**GOOD, "served a": "2-3", "served b": 5000}
    path = sent(home, "01", numbers, tmp_path / "01.xlsx")
    with pytest.raises(ev.InputError) as caught:
        ev.load(str(path))
    cell = caught.value.problems.loc[caught.value.problems["level"] == "error", "where"].tolist()
    assert len(cell) == 1 and cell[0].startswith("01.xlsx!")
    found, status = checking.check(str(path))
    assert status == 1
    errors = found[found["level"] == "error"]
    assert {"range", "above_100"} <= set(errors["rule"])
    above = errors[errors["rule"] == "above_100"].iloc[0]
    assert (above["unit"], above["evidence"][:9]) == ("b", "5000/1000")


def test_what_has_no_table_at_all_ends_with_two(home: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 cut off")
    found, status = checking.check(str(tmp_path / "broken.xlsx"))
    assert status == 2
    assert (found["level"] == "error").any()
    (tmp_path / "empty").mkdir()
    assert checking.check(str(tmp_path / "empty"))[1] == 2


def test_check_as_json_has_the_cells(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sent(home, "01", {**GOOD, "served a": "无"}, tmp_path / "01.xlsx")
    assert cli.main(["check", str(path), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    word = next(row for row in rows if row["rule"] == "ambiguous_word")
    assert word["level"] == "warning" and word["where"].startswith("01.xlsx!")


def test_a_dataset_says_itself_what_a_word_means(home: Path) -> None:
    own = "text,meaning,ambiguous,source,mark\n无,missing,no,our own rule,verified\n"
    (home / "data" / "mine" / "catalogue").mkdir(exist_ok=True)
    (home / "data" / "mine" / "catalogue" / "cell_words.csv").write_text(own, encoding="utf-8")
    sent(home, "01", {**GOOD, "served a": "无"}, home / "data" / "mine" / "returns" / "01.xlsx")
    data = ev.load("mine")
    assert ("served", "a") not in values(data.facts)
    assert "ambiguous_word" not in set(data.remarks["rule"])


def test_a_run_reads_returns_once_for_its_notebooks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sent"
    sent(home, "01", {**GOOD, "served a": "无"}, folder / "01.xlsx")
    whole = ev.load(str(folder))
    returns_store.keep(whole.sent, tmp_path / "shared")
    monkeypatch.setenv("EVALTOOLS_SHARED", str(tmp_path / "shared"))
    monkeypatch.setattr(intake, "read_return", lambda *_: pytest.fail("read again"))
    again = ev.load(str(folder))
    assert_frame_equal(again.facts, whole.facts)
    assert_frame_equal(again.remarks, whole.remarks)
    assert_frame_equal(again.units, whole.units)
    assert {"ambiguous_word", "not_sent"} <= set(again.remarks["rule"])
    monkeypatch.undo()
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    monkeypatch.setenv("EVALTOOLS_SHARED", str(tmp_path / "shared"))
    sent(home, "01", {**GOOD, "served a": 7}, folder / "01.xlsx")
    assert values(ev.load(str(folder)).facts)["served", "a"] == 7.0


def test_a_return_of_synthetic_data_says_so_wherever_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "990101.xlsx"
    example = ev.load("example")
    write_template(example, "990101", "2024", path, "zh")
    meta = ev.load(str(path)).meta
    assert meta.synthetic
    assert (meta.notice_zh, meta.notice_en) == (example.meta.notice_zh, example.meta.notice_en)
    for lang in ("zh", "en"):
        page = tmp_path / f"{lang}.html"
        assert cli.main(["check", str(path), "--lang", lang, "--html", str(page)]) == 0
        assert getattr(meta, f"notice_{lang}") in page.read_text(encoding="utf-8")


def test_one_file_that_cannot_be_read_does_not_hide_what_is_wrong_in_others(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    sent(home, "01", {**GOOD, "served b": 5000}, folder / "01.xlsx")
    (folder / "02.xlsx").write_bytes(b"PK\x03\x04 cut off")
    openpyxl.Workbook().save(folder / "03.xlsx")
    book = openpyxl.Workbook()
    book["Sheet"].append(["机构", "人数"])
    book["Sheet"].append(["甲院", 3])
    book.save(folder / "别的 表.xlsx")
    with pytest.raises(ev.InputError):
        ev.load(str(folder))
    found, status = checking.check(str(folder))
    errors = found[found["level"] == "error"]
    assert status == 1
    assert {"01.xlsx", "02.xlsx", "03.xlsx", "别的 表.xlsx"} <= set(errors["where"].str.partition("!")[0])
    assert "above_100" in set(errors["rule"])
    unmapped = errors[errors["rule"] == "no_mapping"]  # and not the one in which nothing stands
    assert unmapped["where"].tolist() == ["别的 表.xlsx"]
    assert 'template --map "别的 表.xlsx"' in unmapped["sentence_zh"].iloc[0]


def test_a_row_that_was_deleted_does_not_end_the_check(home: Path, tmp_path: Path) -> None:
    path = sent(home, "01", {**GOOD, "served b": 5000}, tmp_path / "01.xlsx")
    book = openpyxl.load_workbook(path)
    sheet, row = next((s, r) for s in book for r in range(1, s.max_row + 1) if s.cell(r, 1).value == "item=residents")
    sheet.delete_rows(row)
    sheet.append([None, None, "合计", 7])
    book.save(path)
    rules = set(checking.check(str(path))[0]["rule"])
    assert {"gone_item", "missing_items"} <= rules or {"gone_item", "not_asked"} <= rules


def test_who_has_not_sent_is_told_by_period(home: Path, tmp_path: Path) -> None:
    sent(home, "01", GOOD, tmp_path / "sent" / "01.xlsx")
    sent(home, "02", GOOD, tmp_path / "sent" / "02.xlsx")
    write_template(ev.load("mine"), "02", "2025", tmp_path / "sent" / "02 of 2025.xlsx", "zh")
    remarks = ev.load(str(tmp_path / "sent")).remarks
    absent = remarks[remarks["rule"] == "not_sent"]
    assert list(zip(absent["area"], absent["period"], strict=True)) == [("01", "2025")]
    assert "2025年" in absent["sentence_zh"].iloc[0]


def test_a_workbook_sent_back_as_it_was_handed_out_is_noticed(home: Path, tmp_path: Path) -> None:
    path = sent(home, "01", {}, tmp_path / "01.xlsx")
    found, status = checking.check(str(path))
    assert status == 0 and "nothing_filled" in set(found["rule"])
    path = sent(home, "01", {"served a": "不适用"}, tmp_path / "02.xlsx")
    assert "nothing_filled" not in set(checking.check(str(path))[0]["rule"])


def test_files_among_returns_that_nobody_reads_are_named(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    sent(home, "01", GOOD, folder / "01.xlsx")
    for name in ("乙县.rar", "扫描/丙县.pdf", "findings.csv", ".DS_Store", "~$01.xlsx", "mapping.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    remarks = ev.load(str(folder)).remarks
    assert set(remarks.loc[remarks["rule"] == "file_unread", "where"]) == {"乙县.rar", "扫描/丙县.pdf", "findings.csv"}


def test_a_folder_beside_is_found_by_its_bare_name(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = tmp_path / "a place"
    sent(home, "01", GOOD, places / "in coming" / "01.xlsx")
    (places / "mydata").mkdir()
    (places / "mydata" / "areas.csv").write_text("area,name_zh\n01,甲县\n", encoding="utf-8")
    monkeypatch.chdir(places)
    assert checking.check("in coming")[1] == checking.check("./in coming")[1] == 0
    monkeypatch.chdir(places / "in coming")
    assert checking.check(".")[1] == 0
    monkeypatch.chdir(places)
    said = checking.check("mydata")[0]
    assert "mydata/datapackage.json" in set(said["where"])  # and not that there is no dataset of that name


def test_a_mapping_that_nobody_confirmed_is_named_once_and_the_others_are_read(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    sent(home, "01", GOOD, folder / "01.xlsx")
    for name in ("甲 县.xlsx", "乙县.xlsx"):
        book = openpyxl.Workbook()
        book["Sheet"].append(["机构", "人数"])
        (folder / "导 出").mkdir(exist_ok=True)
        book.save(folder / "导 出" / name)
    draft = """
tables:
  - sheets: "*"
    header: 1
    period: "2024"
    area: "02"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 人数, item: served, how: near, confirm: no}]
"""
    (folder / "导 出" / "mapping.yaml").write_text(draft, encoding="utf-8")
    found, status = checking.check(str(folder))
    assert status == 1
    errors = found[found["level"] == "error"]
    assert errors[["rule", "where"]].to_numpy().tolist() == [["mapping_not_confirmed", "导 出/mapping.yaml line 9"]]
    assert not found["rule"].isin(["file_unread", "nothing_filled"]).any()


MONTHS = """
areas: [{area: "01", name_zh: 安定县}]
units: [{unit: a, name_zh: 城关镇卫生院}]
tables:
  - sheets: "*月"
    header: 1
    period: {sheet: "{month}月", year: 2024}
    cumulative: yes
    area: "01"
    unit: {column: 机构}
    item: {header: "{item}"}
    entries: [{name: 人次, item: served}, {name: 人口, item: stock}]
"""


def test_a_cumulative_figure_that_falls_is_found_within_a_file_and_across_files(home: Path, tmp_path: Path) -> None:
    items = [item("served"), item("residents"), item("stock", over_time="last")]
    write(home / "data" / "catalogue" / "items.csv", items)
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "mapping.yaml").write_text(MONTHS, encoding="utf-8")
    for name, months in (("一季度", {1: 10, 2: 18, 3: 17}), ("四月", {4: 16}), ("五月", {5: 30})):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for month, count in months.items():
            sheet = book.create_sheet(f"{month}月")
            sheet.append(["机构", "人次", "人口"])
            sheet.append(["城关镇卫生院", count, 1000 - month])
        book.save(folder / f"{name}.xlsx")
    found, status = checking.check(str(folder))
    errors = found[found["level"] == "error"]
    assert status == 1
    # each is held against the largest before it; the stock may fall
    assert sorted(zip(errors["rule"], errors["evidence"], errors["where"], strict=True)) == [
        ("part_above_whole", "16 < 18", "四月.xlsx!4月!B2; 一季度.xlsx!2月!B2"),
        ("part_above_whole", "17 < 18", "一季度.xlsx!3月!B2; 一季度.xlsx!2月!B2"),
    ]
