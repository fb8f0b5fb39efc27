"""A place that was split: its parts have no past but what they tell themselves, and nothing is apportioned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from builders import area, dataset, fact, unit

import evaltools as ev

YEARS = range(2020, 2025)


def split_unit(folder: Path, *more: Any, successor: str = "02;03") -> ev.Data:
    """County 1: unit 01 was split among 02 and 03 at the end of 2022, unit 04 stayed."""
    units = [unit("1", "01", valid_to="2022", successor=successor), unit("1", "04")]
    units += [unit("1", name, valid_from="2023") for name in ("02", "03")]
    facts = [
        fact(str(year), "1", item, value, unit=name)
        for year in YEARS
        for name in (["01"] if year < 2023 else ["02", "03"]) + ["04"]
        for item, value in (("a", 10 + year - 2020), ("b", 40))
    ]
    return ev.load(str(dataset(folder / "data", units=units, facts=[*facts, *more])))


def changes(data: ev.Data, period: str) -> pd.DataFrame:
    found = ev.year_on_year(ev.indicators(data), data.breaks, data.catalogue, data.parameters)
    return found[found["period"] == period].set_index("unit")


@pytest.mark.parametrize("written", ["02;03", " 02 ; 03 ", "02；03"])
def test_the_parts_are_not_comparable_in_their_first_year(tmp_path: Path, written: str) -> None:
    data = split_unit(tmp_path, successor=written)
    found = changes(data, "2023")
    for part in ("02", "03"):
        assert pd.isna(found.loc[part, "previous_numerator"]) and pd.isna(found.loc[part, "change_pp"])
        assert found.loc[part, "reason"].startswith("not comparable: boundary break")
        assert found.loc[part, "verdict"] == ""
    # the county and the unit that stayed are what they were
    assert found.loc["", "change_pp"] == pytest.approx(100 * (39 / 120 - 24 / 80))
    assert found.loc["04", "reason"] == ""
    # from their second year on the parts have a past of their own
    assert changes(data, "2024").loc["02", "change_pp"] == pytest.approx(100 / 40)
    trend = ev.trend(ev.indicators(data), data.breaks, data.catalogue).set_index("unit")
    assert trend["first_period"].to_dict() == {"": "2020", "01": "2020", "02": "2023", "03": "2023", "04": "2020"}


def test_a_part_that_tells_its_own_past_is_compared_with_it(tmp_path: Path) -> None:
    data = split_unit(tmp_path, fact("2022", "1", "a", 5, unit="02"), fact("2022", "1", "b", 20, unit="02"))
    found = changes(data, "2023")
    assert found.loc["02", "previous_value"] == 25 and found.loc["02", "reason"] == ""
    assert found.loc["03", "reason"].startswith("not comparable: boundary break")
    # nor is that past counted twice
    assert found.loc["", "previous_numerator"] == 24


def test_an_area_that_was_split(tmp_path: Path) -> None:
    areas = [
        area("9"),
        area("1", parent="9", valid_to="2022", successor="2;3"),
        *(area(code, parent="9", valid_from="2023") for code in "23"),
    ]
    facts = [
        fact(str(year), code, item, 10 if item == "a" else 40)
        for year in YEARS
        for code in ("1" if year < 2023 else "23")
        for item in "ab"
    ]
    data = ev.load(str(dataset(tmp_path / "data", {"region": "9"}, areas=areas, facts=facts)))
    found = ev.year_on_year(ev.indicators(data), data.breaks, data.catalogue, data.parameters)
    first = found[found["period"] == "2023"].set_index("area")
    assert first["reason"].str.startswith("not comparable: boundary break").to_dict() == {
        "2": True,
        "3": True,
        "9": False,
    }


def test_parts_are_looked_up(tmp_path: Path) -> None:
    with pytest.raises(ev.InputError) as error:
        split_unit(tmp_path, successor="02;30")
    (problem,) = error.value.problems.to_dict("records")
    assert (problem["rule"], problem["where"]) == ("unknown_code", "units.csv row 2 column successor")
    assert "30" in problem["sentence_en"] and "03" in problem["sentence_en"]
