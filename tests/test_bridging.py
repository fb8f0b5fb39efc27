"""What a change of definition alone does to a figure, against a plain walk over the rows."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import dataset, fact, indicator, item

import evaltools as ev
from evaltools.bridging import COLUMNS, definition_effects

NAN = math.nan
TEXT = ["period", "area", "unit", "indicator", "definition", "reason"]


def frame(rows: list[tuple[str, str, str, str, str, float, float]]) -> pd.DataFrame:
    """Rows of period, area, unit, indicator, definition, numerator, denominator; per 100."""
    result = pd.DataFrame(rows, columns=[*TEXT[:5], "numerator", "denominator"])
    value = 100 * result["numerator"] / result["denominator"]
    return result.assign(value=value, lower=NAN, upper=NAN, reason="").astype(dict.fromkeys(TEXT, "str"))


def plain(ind: pd.DataFrame) -> list[tuple[object, ...]]:
    """For each place and time: its known definitions in order, and each one less the one before."""
    found = []
    places: dict[tuple[str, ...], list[dict]] = {}
    for row in ind.to_dict("records"):
        if row["period"] != "unknown" and not math.isnan(row["value"]):
            places.setdefault((row["period"], row["area"], row["unit"], row["indicator"]), []).append(row)
    for place, rows in places.items():
        for old, new in pairwise(sorted(rows, key=lambda row: row["definition"])):
            effect = round(new["value"] - old["value"], 9)
            found.append((*place, old["definition"], new["definition"], old["value"], new["value"], effect))
    return sorted(found)


def told(effects: pd.DataFrame) -> list[tuple[object, ...]]:
    names = ["period", "area", "unit", "indicator", "old_definition", "definition", "old_value", "value"]
    rows = zip(effects[names].itertuples(index=False, name=None), effects["definition_effect"], strict=True)
    return sorted((*row, round(effect, 9)) for row, effect in rows)


def test_by_walking_over_made_up_frames() -> None:
    random = np.random.default_rng(7)
    pairs = 0
    for _ in range(25):
        rows = [
            (period, area, unit, indicator, definition, float(random.integers(0, 90)), float(random.integers(90, 200)))
            for period in ("2022", "2023", "2023-H1", "unknown")
            for area in ("01", "02")
            for unit in ("", "u1")
            for indicator in ("a", "b")
            for definition in ("", "2022", "2023")
            if random.random() < 0.6
        ]
        ind = frame(rows).sample(frac=1, random_state=int(random.integers(1e6)))
        ind.loc[random.random(len(ind)) < 0.2, ["numerator", "value"]] = NAN
        effects = definition_effects(ind)
        assert list(effects.columns) == COLUMNS
        assert told(effects) == plain(ind)
        pairs += len(effects)
    assert pairs > 100


def test_three_definitions_are_two_effects_which_add_up() -> None:
    ind = frame([("2023", "01", "", "a", name, top, 100) for name, top in (("2023", 70), ("", 90), ("2022", 81))])
    effects = definition_effects(ind)
    assert effects[["old_definition", "definition", "definition_effect"]].to_numpy().tolist() == [
        ["2022", "2023", -11.0],
        ["", "2022", -9.0],
    ]
    assert effects["definition_effect"].sum() == 70 - 90
    assert effects[["old_numerator", "numerator", "old_denominator"]].to_numpy().tolist() == [
        [81, 70, 100],
        [90, 81, 100],
    ]


def test_a_definition_without_a_value_is_passed_over_and_one_alone_has_no_effect() -> None:
    three = [("2023", "01", "", "a", name, top, 100.0) for name, top in (("", 90.0), ("2022", NAN), ("2023", 70.0))]
    effects = definition_effects(frame(three))
    assert effects[["old_definition", "definition", "definition_effect"]].to_numpy().tolist() == [["", "2023", -20.0]]
    assert definition_effects(frame(three[:2])).empty
    assert definition_effects(frame(three[1:])).empty
    assert list(definition_effects(frame([])).columns) == COLUMNS


def test_places_times_and_indicators_are_not_mixed() -> None:
    ind = frame(
        [
            ("2022", "01", "", "a", "", 90, 100),
            ("2023", "01", "", "a", "2023", 70, 100),
            ("2022", "02", "", "a", "2023", 60, 100),
            ("2022", "01", "u1", "a", "2023", 60, 100),
            ("2022", "01", "", "b", "2023", 60, 100),
        ]
    )
    assert definition_effects(ind).empty


def test_from_the_facts_of_a_bridging_year(tmp_path: Path) -> None:
    """Until 2023 everybody counts, from 2023 on only those served in full; 2023 is on both."""
    numbers = {"2022": (700, 640), "2023": (720, 655), "2024": (760, 690)}
    facts = [
        fact(year, "01", name, number)
        for year, (some, full) in numbers.items()
        for name, number in (("a", some), ("c", full), ("b", 1000))
    ]
    rows = [indicator("share", "a", "b", valid_to="2023"), indicator("share", "c", "b", valid_from="2023")]
    data = ev.load(str(dataset(tmp_path / "d", items=[item(x) for x in "abc"], indicators=rows, facts=facts)))
    ind = ev.indicators(data)
    (effect,) = definition_effects(ind).to_dict("records")
    assert (effect["period"], effect["old_value"], effect["value"]) == ("2023", 72.0, 65.5)
    assert effect["definition_effect"] == 65.5 - 72.0
    # the change of performance, on one definition each, and what the definition did, make the whole step
    change = ev.year_on_year(ind, data.breaks, data.catalogue).set_index(["period", "definition"])["change_pp"]
    assert math.isnan(change["2023", "2023"])
    steps = change["2023", ""] + effect["definition_effect"] + change["2024", "2023"]
    assert steps == pytest.approx(100 * (690 - 700) / 1000)
