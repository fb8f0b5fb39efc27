"""The data check: hand-made cases, and defects put into random cells of clean random data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given
from hypothesis import strategies as st

import evaltools as ev
from evaltools.claims import agrees
from evaltools.problems import COLUMNS

CHECKS = [
    {
        "check": "a_within_b",
        "expression": "a <= b",
        "level": "error",
        "sentence_zh": "{area}{period}：{left}大于{right}",
        "sentence_en": "{area}, {period}: {left} is more than {right}",
    },
    {
        "check": "parts",
        "expression": "c + d == b",
        "level": "error",
        "sentence_zh": "{left}不等于{right}",
        "sentence_en": "{left} is not {right}",
    },
]
ITEMS = [item(name) for name in "abcd"]
UNITS = [unit("1", f"{n:02d}") for n in range(1, 6)]
YEARS = [str(year) for year in range(2019, 2025)]


def found(folder: Path, **tables: list) -> pd.DataFrame:
    tables = {"items": ITEMS, "checks": CHECKS, **tables}
    result = ev.check(ev.load(str(dataset(folder, **tables))))
    assert list(result) == COLUMNS
    return result


def clean(seed: int) -> list[dict]:
    """Random facts in which every relation holds, by unit and in total, smooth over the years."""
    rng = np.random.default_rng(seed)
    size = {u["unit"]: int(rng.integers(200, 3000)) for u in UNITS}
    rows = []
    for year in YEARS:
        total = dict.fromkeys("abcd", 0)
        for u in UNITS:
            b = int(size[u["unit"]] * rng.uniform(0.95, 1.05))
            c = int(b * 0.45)
            values = {"a": int(b * rng.uniform(0.5, 0.9)), "b": b, "c": c, "d": b - c}
            total = {name: total[name] + value for name, value in values.items()}
            rows += [fact(year, "1", name, value, str(u["unit"])) for name, value in values.items()]
        rows += [fact(year, "1", name, value) for name, value in total.items()]
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_clean_data_have_no_finding(tmp_path: Path, seed: int) -> None:
    result = found(tmp_path, facts=clean(seed), units=UNITS)
    assert result.empty, result["sentence_en"].tolist()


def above(row: dict, facts: list[dict]) -> set[str]:
    row["value"] = 1 + next(f["value"] for f in facts if f["item"] == "b" and same_place(f, row))
    return {"a_within_b", "above_100", "units_total"}


def digit(row: dict, facts: list[dict]) -> set[str]:
    row["value"] *= 10
    return {"outlier", "units_total"} | ({"a_within_b", "above_100"} if row["item"] == "a" else {"parts"})


def part(row: dict, facts: list[dict]) -> set[str]:
    row["value"] += 7
    return {"parts", "units_total"}


def same_place(first: dict, second: dict) -> bool:
    return all(first[name] == second[name] for name in ("period", "area", "unit"))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("defect", "names"), [(above, "a"), (digit, "abcd"), (part, "cd")])
def test_a_defect_in_a_random_cell_is_found_at_that_cell(tmp_path: Path, seed: int, defect, names: str) -> None:  # type: ignore[no-untyped-def]
    facts = clean(seed)
    rng = np.random.default_rng(seed)
    cells = [at for at, row in enumerate(facts) if row["unit"] and row["item"] in names]
    at = int(rng.choice(cells))
    expected = defect(facts[at], facts)
    result = found(tmp_path, facts=facts, units=UNITS)
    assert set(result["rule"]) == expected
    cell = f"facts.csv row {at + 2}"
    pointing = result[result["where"].str.split("; ").map(lambda cells: cell in cells)]
    assert set(pointing["rule"]) == expected - {"units_total"}, "the total's own row is where a total is wrong"
    assert result["level"].is_monotonic_increasing or (result["level"] == "error").iloc[0]


def test_a_unit_that_fell_silent(tmp_path: Path) -> None:
    facts = [row for row in clean(1) if not (row["unit"] == "03" and row["period"] == "2024")]
    result = found(tmp_path, facts=facts, units=UNITS)
    assert result[["rule", "unit", "period"]].to_numpy().tolist() == [["silent_unit", "03", "2024"]]


def test_a_unit_that_was_closed_is_not_silent(tmp_path: Path) -> None:
    facts = [row for row in clean(1) if row["unit"] and not (row["unit"] == "03" and row["period"] == "2024")]
    units = [{**u, "valid_to": "2023"} if u["unit"] == "03" else u for u in UNITS]
    assert "silent_unit" not in set(found(tmp_path, facts=facts, units=units)["rule"])


def test_two_returns_that_differ(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "b", 159, origin="annual"), fact("2024", "1", "b", 147, origin="system")]
    result = found(tmp_path, facts=facts, meta={"origins": ["annual", "system"]})
    (row,) = result.to_dict("records")
    assert (row["rule"], row["evidence"]) == ("origins_differ", "159 ≠ 147")
    assert row["where"] == "facts.csv row 2; facts.csv row 3"
    assert "159" in row["sentence_zh"]


def test_months_that_do_not_make_the_year(tmp_path: Path) -> None:
    months = [fact(f"2024-{m:02d}", "1", "a", 10) for m in range(1, 13)]
    assert found(tmp_path / "a", facts=[*months, fact("2024", "1", "a", 120)]).empty
    assert found(tmp_path / "b", facts=[*months[:-1], fact("2024", "1", "a", 130)]).empty
    (row,) = found(tmp_path / "c", facts=[*months, fact("2024", "1", "a", 130)]).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("months_total", "120 ≠ 130")


CLAIM = {"period": "2024", "area": "1", "indicator": "share", "measure": "level", "bound": ""}


def claimed(folder: Path, a: int, b: int, before: tuple[int, int] = (70, 100), **claim: object) -> pd.DataFrame:
    facts = [fact("2024", "1", "a", a), fact("2024", "1", "b", b)]
    facts += [fact("2023", "1", "a", before[0]), fact("2023", "1", "b", before[1])]
    targets = [
        {
            "period": "2024",
            "area": "*",
            "indicator": "share",
            "target": 76,
            "kind": "absolute",
            "source": "s",
            "mark": "general",
        }
    ]
    result = found(folder, facts=facts, claims=[{**CLAIM, **claim}], targets=targets)
    return result[result["rule"].str.startswith("claim")]


def test_the_township_that_wrote_103_04_percent(tmp_path: Path) -> None:
    # a published report: 31233 of 30891 written as 103.04%, which is 101.11%
    (row,) = claimed(tmp_path, 31233, 30891, numerator=31233, denominator=30891, reported="103.04").to_dict("records")
    assert row["rule"] == "claim_arithmetic"
    assert "31233/30891 = 101.11" in row["evidence"]


@pytest.mark.parametrize(
    ("reported", "wrong"),
    [("91.78", False), ("91.8", False), ("92", False), ("91.77", True), ("91.7", True), ("67.52", True)],
)
def test_a_level_is_held_to_the_digits_it_shows(tmp_path: Path, reported: str, wrong: bool) -> None:
    assert bool(len(claimed(tmp_path, 6118, 6666, reported=reported))) == wrong


def test_percent_that_are_percentage_points(tmp_path: Path) -> None:
    # 70% to 75%: 5 points, 7.14 percent
    assert claimed(tmp_path / "a", 75, 100, measure="change_pp", reported=5).empty
    assert claimed(tmp_path / "b", 75, 100, measure="change_percent", reported="7.14").empty
    (row,) = claimed(tmp_path / "c", 75, 100, measure="change_percent", reported=5).to_dict("records")
    assert (row["rule"], row["likely"]) == ("claim_points", "percentage points written as percent")
    assert "5.00个百分点" in row["sentence_zh"]
    (row,) = claimed(tmp_path / "d", 75, 100, measure="change_pp", reported=6).to_dict("records")
    assert row["rule"] == "claim_change"


def test_a_bound_is_no_value(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", 990, 1000, reported="98.5", bound=">=").empty
    assert claimed(tmp_path / "b", 980, 1000, reported="98.5", bound=">=")["rule"].tolist() == ["claim_level"]
    assert claimed(tmp_path / "c", 981, 1000, reported="97", bound="about").empty


def test_attainment_of_the_target(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", 75, 100, measure="attainment", reported="98.68").empty
    assert claimed(tmp_path / "b", 75, 100, measure="attainment", reported="101.5")["rule"].tolist() == [
        "claim_attainment"
    ]


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 4))
def test_a_quotient_agrees_with_itself_at_any_number_of_digits(a: int, b: int, digits: int) -> None:
    exact = a / b * 100
    assert agrees(round(exact, digits), exact)
    wrong = round(round(exact, digits) + 3 * 10.0**-digits, digits)
    # 1434.227 + 0.003 is 1434.23, which claims two digits only
    assert not agrees(wrong, exact) or round(wrong, digits - 1) == wrong


def test_children_are_not_held_against_an_area_that_is_their_reference(tmp_path: Path) -> None:
    areas = [area("10", kind="reference"), area("11", parent="10"), area("12", parent="10")]
    facts = [fact("2024", code, name, value) for code, value in (("10", 500), ("11", 1), ("12", 2)) for name in "ab"]
    assert found(tmp_path, facts=facts, areas=areas).empty


def test_a_check_with_an_unknown_placeholder_is_refused(tmp_path: Path) -> None:
    bad = [{**CHECKS[0], "sentence_en": "{left.__class__} {nonsense}"}]
    with pytest.raises(ev.InputError, match="nonsense"):
        found(tmp_path, facts=[fact("2024", "1", "a", 1)], checks=bad, indicators=[indicator("share", "a", "b")])
