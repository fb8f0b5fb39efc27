"""The quick reader of facts gives what the careful one gives, or leaves the file to it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builders import area, dataset, fact, unit
from pandas.testing import assert_frame_equal

import evaltools as ev
from evaltools import dataset_reader
from evaltools.clean_facts import Listed, clean_facts

PLAIN = "period,area,unit,item,value,state,origin,source\n"
LISTED = Listed({"01", "02"}, {("01", "u1")}, {"a", "b"}, ("return",))

DOUBTFUL = {
    "a blank line": "2024,01,,a,1,,,\n\n2024,01,,b,1,,,\n",
    "no line end": "2024,01,,a,1,,,",
    "a quote": '2024,01,,a,1,,,"x, y"\n',
    "a carriage return": "2024,01,,a,1,,,\r\n",
    "a row too short": "2024,01,,a,1\n",
    "a row too long": "2024,01,,a,1,,,,\n",
    "a number with a separator": "2024,01,,a,1 234,,,\n",
    "a full-width number": "2024,01,,a,１２,,,\n",
    "a number with an exponent": "2024,01,,a,1e5,,,\n",
    "a negative number": "2024,01,,a,-1,,,\n",
    "a number beyond reason": "2024,01,,a,1234567890123456,,,\n",
    "not a number": "2024,01,,a,nan,,,\n",
    "a blank before a code": "2024, 01,,a,1,,,\n",
    "an unknown item": "2024,01,,c,1,,,\n",
    "an unknown area": "2024,03,,a,1,,,\n",
    "an unknown unit": "2024,01,u2,a,1,,,\n",
    "an unknown origin": "2024,01,,a,1,,register,\n",
    "no period": ",01,,a,1,,,\n",
    "a period that is none": "2024-13,01,,a,1,,,\n",
    "an unknown state": "2024,01,,a,,nothing,,\n",
    "a state beside a value": "2024,01,,a,1,missing,,\n",
    "a key twice": "2024,01,,a,1,,,\n2024,01,,a,2,,,\n",
    "a key twice under two names": "2024-H1,01,,a,1,,,\n2024-01/2024-06,01,,a,2,,,\n",
    "a formula as source": "2024,01,,a,1,,,=1+1\n",
    "something unseen in a source": "2024,01,,a,1,,,x\u200by\n",
    "no row": "",
}


@pytest.mark.parametrize("rows", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_whatever_there_is_to_say_leaves_the_file_to_the_careful_reader(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(PLAIN + "2023,01,,a,1,,,\n" + rows, encoding="utf-8", newline="")
    clean = clean_facts([("", "facts.csv", path)], LISTED, "")
    assert (clean is None) == (rows != "")


@pytest.mark.parametrize(
    "header",
    [
        "period,area,unit,item,state\n",
        "period,area,item,value,value\n",
        "period,area,item,value,note\n",
        "\ufeffperiod\n",
    ],
)
def test_another_header_is_left_to_the_careful_reader(tmp_path: Path, header: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(header + "2023,01,,a,1\n", encoding="utf-8", newline="")
    assert clean_facts([("", "facts.csv", path)], LISTED, "") is None


def test_a_row_of_another_area_is_left_to_the_careful_reader(tmp_path: Path) -> None:
    path = tmp_path / "01.csv"
    path.write_text(PLAIN + "2023,02,,a,1,,,\n", encoding="utf-8", newline="")
    assert clean_facts([("01", "facts/01.csv", path)], LISTED, "") is None


def carefully(monkeypatch: pytest.MonkeyPatch, name: str) -> pd.DataFrame:
    with monkeypatch.context() as patched:
        patched.setattr(dataset_reader, "clean_facts", lambda *_: None)
        return ev.load(name).facts


def quickly(monkeypatch: pytest.MonkeyPatch, name: str) -> pd.DataFrame:
    def refuse(*_: object) -> None:
        raise AssertionError("left to the careful reader")

    with monkeypatch.context() as patched:
        patched.setattr(dataset_reader.Reader, "facts_of", refuse)
        return ev.load(name).facts


@pytest.mark.parametrize("name", ["example", "england"])
def test_both_readers_give_the_same_facts_of_the_shipped_datasets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert_frame_equal(quickly(monkeypatch, name), carefully(monkeypatch, name))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_both_readers_give_the_same_facts_of_a_single_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    rows = [
        fact("2024", "02", "a", 3.25),
        fact("2023", "01", "b", 999_999_999_999_999),
        fact("2024", "01", "a", None, unit="u1", state="not_applicable"),
        fact("2024-Q3", "01", "a", 0, unit="u1", source="慢病.xlsx!表1!C4"),
        fact("unknown", "01", "a", None),
    ]
    folder = dataset(
        tmp_path / "mine",
        {},
        areas=[area("01"), area("02")],
        units=[unit("01", "u1")],
        facts=rows,
    )
    if suffix == "parquet":
        path = folder / "facts.csv"
        frame = pd.read_csv(path, dtype={"period": str, "area": str, "unit": str}, encoding="utf-8")
        frame.to_parquet(folder / "facts.parquet", index=False)
        path.unlink()
    careful = carefully(monkeypatch, str(folder))
    assert_frame_equal(ev.load(str(folder)).facts, careful)
    assert len(careful) == len(rows)
