"""A cumulative return cannot fall, and a part of a time cannot hold more than the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import dataset, fact, item

import evaltools as ev


def found(folder: Path, facts: list[tuple[str, float]], **values: str) -> list[tuple[str, str, str]]:
    rows = [fact(period, "01", "a", value) for period, value in facts]
    path = dataset(folder / "mine", {}, facts=rows, items=[item("a", **values), item("b")])
    frame = ev.check(ev.load(str(path)))
    frame = frame[frame["rule"] == "part_above_whole"]
    return list(zip(frame["period"], frame["evidence"], frame["where"], strict=True))


def test_a_cumulative_return_that_falls(tmp_path: Path) -> None:
    facts = [("2024-01/2024-02", 20), ("2024-Q1", 35), ("2024-01/2024-04", 31), ("2024-01/2024-05", 40)]
    place = "facts.csv row 4; facts.csv row 3"
    assert found(tmp_path, facts) == [("2024-01/2024-04", "31 < 35", place)]


def test_a_part_that_does_not_begin_with_the_whole(tmp_path: Path) -> None:
    assert found(tmp_path, [("2024", 100), ("2024-Q2", 120), ("2023-Q4", 900)]) == [
        ("2024", "100 < 120", "facts.csv row 2; facts.csv row 3")
    ]


@pytest.mark.parametrize(
    ("facts", "values"),
    [
        ([("2024-01/2024-02", 20), ("2024-Q1", 20)], {}),
        ([("2024", 100), ("2024-Q2", 120)], {"over_time": "last"}),
        ([("2024", 100), ("2023-Q2", 120), ("unknown", 900)], {}),
    ],
    ids=["equal", "a stock", "another year"],
)
def test_what_may_be(tmp_path: Path, facts: list[tuple[str, float]], values: dict[str, str]) -> None:
    assert found(tmp_path, facts, **values) == []
