"""Reading datasets: what is refused, and that the sender is told file, row, column, and everything at once."""

import json
from pathlib import Path

import pandas as pd
import pytest
from builders import area, dataset, fact, item, unit, write

import evaltools as ev
from evaltools.problems import COLUMNS

GOOD = [fact("2024", "010101", "a", 3), fact("2024", "010101", "b", 4)]


def refused(folder: Path, **load: str) -> pd.DataFrame:
    """The problems that loading gives."""
    with pytest.raises(ev.InputError) as error:
        ev.load(str(folder), **load)
    problems = error.value.problems
    assert list(problems) == COLUMNS
    assert (problems["sentence_zh"] != "").all()
    return problems


def only(problems: pd.DataFrame) -> tuple[str, str, str]:
    errors = problems[problems["level"] == "error"]
    assert len(errors) == 1, errors[["where", "sentence_en"]].to_string()
    row = errors.iloc[0]
    return row["rule"], row["where"], row["sentence_en"]


def with_facts(folder: Path, facts: list, **tables: list) -> Path:
    return dataset(folder, facts=facts, areas=[area("010101"), area("010102")], **tables)


def test_a_good_dataset_keeps_codes_as_text(tmp_path: Path) -> None:
    data = ev.load(str(with_facts(tmp_path, GOOD)))
    assert set(data.facts["area"]) == {"010101"}
    assert data.facts["value"].tolist() == [3.0, 4.0]
    assert data.facts["source"].tolist() == ["facts.csv row 2", "facts.csv row 3"]
    assert data.remarks.empty


@pytest.mark.parametrize("text", ["abc", "1,234", "98.5%", "NaN", "nan", "inf", "-inf", "1e999", "三", "12 34", "0x1F"])
def test_text_in_a_number(tmp_path: Path, text: str) -> None:
    rule, where, sentence = only(refused(with_facts(tmp_path, [*GOOD, fact("2023", "010101", "a", text)])))
    assert (rule, where) == ("not_a_number", "facts.csv row 4 column value")
    assert text in sentence


def test_full_width_digits_are_digits(tmp_path: Path) -> None:
    data = ev.load(str(with_facts(tmp_path, [fact("2024", "010101", "a", "１２．５".replace("．", "."))])))
    assert data.facts["value"].tolist() == [12.5]


def test_a_negative_count(tmp_path: Path) -> None:
    rule, where, _ = only(refused(with_facts(tmp_path, [*GOOD, fact("2023", "010101", "a", -1)])))
    assert (rule, where) == ("below_minimum", "facts.csv row 4 column value")


@pytest.mark.parametrize("text", ["2024/13", "2024-13", "20244", "2024-Q5", "二〇二四"])
def test_a_period_that_is_none(tmp_path: Path, text: str) -> None:
    rule, where, sentence = only(refused(with_facts(tmp_path, [*GOOD, fact(text, "010101", "a", 1)])))
    assert (rule, where) == ("not_a_period", "facts.csv row 4 column period")
    assert text in sentence
    assert "2024-Q3" in sentence


def test_an_unknown_item_with_the_nearest_known_ones(tmp_path: Path) -> None:
    items = [item("residents"), item("births"), item("a"), item("b")]
    folder = with_facts(tmp_path, [*GOOD, fact("2024", "010101", "residnts", 1)], items=items)
    rule, where, sentence = only(refused(folder))
    assert (rule, where) == ("unknown_code", "facts.csv row 4 column item")
    assert "nearest: residents" in sentence


def test_a_lost_leading_zero(tmp_path: Path) -> None:
    rule, where, sentence = only(refused(with_facts(tmp_path, [*GOOD, fact("2023", "10101", "a", 1)])))
    assert (rule, where) == ("lost_zero", "facts.csv row 4 column area")
    assert "010101" in sentence


def test_an_unknown_unit(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, [*GOOD, fact("2023", "010101", "a", 1, "3")], units=[unit("010101", "03")])
    rule, where, sentence = only(refused(folder))
    assert (rule, where) == ("lost_zero", "facts.csv row 4 column unit")
    assert "03" in sentence


def test_a_duplicate_key(tmp_path: Path) -> None:
    rule, where, sentence = only(refused(with_facts(tmp_path, [*GOOD, fact("2024", "010101", "a", 5)])))
    assert (rule, where) == ("duplicate_key", "facts.csv row 4")
    assert "row 2" in sentence
    other_origin = [*GOOD, fact("2024", "010101", "a", 5, origin="another return")]
    assert len(ev.load(str(with_facts(tmp_path / "x", other_origin))).facts) == 3


def test_a_value_that_says_it_is_missing(tmp_path: Path) -> None:
    rule, where, _ = only(refused(with_facts(tmp_path, [*GOOD, fact("2023", "010101", "a", 5, state="missing")])))
    assert (rule, where) == ("state_with_value", "facts.csv row 4 column state")


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    bad = [
        fact("2024/13", "010101", "a", 1),
        fact("2023", "10101", "a", "x"),
        fact("2023", "010101", "c", -4),
        fact("2022", "010101", "a", 1, state="lost"),
    ]
    found = refused(with_facts(tmp_path, [*GOOD, *bad]))
    expected = {
        ("not_a_period", "facts.csv row 4 column period"),
        ("lost_zero", "facts.csv row 5 column area"),
        ("not_a_number", "facts.csv row 5 column value"),
        ("unknown_code", "facts.csv row 6 column item"),
        ("below_minimum", "facts.csv row 6 column value"),
        ("not_allowed", "facts.csv row 7 column state"),
    }
    assert set(zip(found["rule"], found["where"], strict=True)) == expected


@pytest.mark.parametrize("name", ["areas.csv", "facts.csv", "datapackage.json"])
def test_a_dataset_without_one_table(tmp_path: Path, name: str) -> None:
    folder = with_facts(tmp_path / "mine", GOOD)
    (folder / name).unlink()
    found = refused(folder)
    assert ("missing_file", f"mine/{name}") in set(zip(found["rule"], found["where"], strict=True))


def test_an_empty_file(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, GOOD)
    (folder / "facts.csv").write_bytes(b"")
    assert only(refused(folder))[:2] == ("empty_file", "facts.csv")


def test_a_header_and_nothing_else_is_no_data_and_no_error(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, GOOD)
    (folder / "facts.csv").write_text("period,area,unit,item,value\n", encoding="utf-8")
    assert ev.load(str(folder)).facts.empty


def test_a_truncated_file(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, GOOD)
    path = folder / "facts.csv"
    path.write_bytes(path.read_bytes()[:-5])
    rule, where, sentence = only(refused(folder))
    assert (rule, where) == ("ragged_row", "facts.csv row 3")
    assert "cut off" in sentence


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, [{"period": "2024", "area": "010101", "itme": "a", "value": 1}])
    rule, where, sentence = only(refused(folder))
    assert (rule, where) == ("missing_column", "facts.csv row 1")
    assert "itme" in sentence


def test_facts_without_a_column_of_values_are_refused(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, [{"period": "2024", "area": "010101", "item": "a"}])
    assert only(refused(folder))[:2] == ("missing_column", "facts.csv row 1")


def test_an_extra_column_is_told_and_not_read(tmp_path: Path) -> None:
    data = ev.load(str(with_facts(tmp_path, [{**row, "remark": "x"} for row in GOOD])))
    assert data.remarks["rule"].tolist() == ["unknown_column"]
    assert "unknown_column" in set(ev.check(data)["rule"])


CHINESE = [area("010101", name_zh="鄠邑区（虚构）"), area("010102", name_zh="亳州，“甲”县")]


def test_gb18030_is_read_when_header_and_characters_say_so(tmp_path: Path) -> None:
    folder = dataset(tmp_path, facts=GOOD, areas=CHINESE)
    text = (folder / "areas.csv").read_text(encoding="utf-8")
    (folder / "areas.csv").write_bytes(text.encode("gb18030"))
    assert ev.load(str(folder)).areas["name_zh"].tolist() == ["鄠邑区（虚构）", "亳州，“甲”县"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_another_encoding_is_asked_for_and_then_read(tmp_path: Path, encoding: str) -> None:
    folder = dataset(tmp_path, facts=GOOD, areas=[area("010101", name_zh="Zürich-Süd"), area("010102")])
    text = (folder / "areas.csv").read_text(encoding="utf-8").replace("地区", "")
    (folder / "areas.csv").write_bytes(text.encode(encoding))
    assert only(refused(folder))[:2] == ("unknown_encoding", "areas.csv row 2")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["evaltools"]["encoding"] = encoding
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    for path in (folder / "catalogue").glob("*.csv"):
        path.write_bytes(path.read_text(encoding="utf-8").replace("项目", "").replace("指标", "").encode(encoding))
    assert ev.load(str(folder)).areas["name_zh"].iloc[0] == "Zürich-Süd"


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, GOOD)
    path = folder / "facts.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(ev.load(str(folder)).facts) == 2


def test_blank_rows_do_not_shift_the_row_numbers(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, GOOD)
    path = folder / "facts.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, "", rows[0], ",,,,", rows[1].replace(",4", ",four"), ""]), encoding="utf-8")
    assert only(refused(folder))[:2] == ("not_a_number", "facts.csv row 5 column value")


def test_names_that_are_none_are_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ev.InputError, match="there is no dataset “exampel”"):
        ev.load("exampel")
    assert only(refused(with_facts(tmp_path, GOOD), area="010103"))[0] == "unknown_area"
    assert only(refused(tmp_path, stage="finished"))[0] == "not_allowed"
    assert only(refused(tmp_path, standard="none_such"))[0] == "unknown_standard"


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    csv = with_facts(tmp_path / "csv", GOOD)
    parquet = with_facts(tmp_path / "parquet", GOOD)
    frame = pd.read_csv(parquet / "facts.csv", dtype={"area": str, "period": str})
    frame.to_parquet(parquet / "facts.parquet")
    (parquet / "facts.csv").unlink()
    first, second = ev.load(str(csv)).facts, ev.load(str(parquet)).facts
    pd.testing.assert_frame_equal(first.drop(columns="source"), second.drop(columns="source"))


def test_an_adjustment_must_start_from_the_value_that_is_there(tmp_path: Path) -> None:
    base = {"period": "2024", "area": "010101", "stage": "verified", "reason": "r"}
    ledger = [
        {**base, "item": "a", "from": 4, "to": 2},
        {**base, "item": "b", "from": 4, "to": 2},
        {**base, "period": "2023", "item": "b", "from": 4, "to": 2},
    ]
    folder = with_facts(tmp_path, GOOD, adjustments=ledger)
    found = refused(folder)
    assert found[["rule", "where"]].to_numpy().tolist() == [
        ["adjustment_mismatch", "adjustments.csv row 2 column from"],
        ["adjustment_without_fact", "adjustments.csv row 4"],
    ]
    assert ev.load(str(folder), stage="reported").facts["value"].tolist() == [3.0, 4.0]


def test_one_areas_facts_are_read_without_the_others(tmp_path: Path) -> None:
    folder = with_facts(tmp_path, [])
    write(folder / "facts" / "010101.csv", GOOD)
    (folder / "facts" / "010102.csv").write_bytes(b"\xff\xfe broken")
    (folder / "facts.csv").unlink(missing_ok=True)
    assert len(ev.load(str(folder), area="010101").facts) == 2
    assert only(refused(folder))[1] == "facts/010102.csv row 1"


def test_a_circle_of_parents(tmp_path: Path) -> None:
    areas = [area("1", parent="2"), area("2", parent="1")]
    folder = dataset(tmp_path, facts=[fact("2024", "1", "a", 1)], areas=areas)
    assert only(refused(folder))[0] == "cyclic_hierarchy"
