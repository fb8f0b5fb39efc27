"""`suppress` on frames that come without their dataset, on bare rates, and where little is left to hide."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit

import evaltools as ev

RULES = json.loads((Path(__file__).parent / "reference" / "disclosure.json").read_text(encoding="utf-8"))
PRESETS = {"NHS England/Digital HES": "nhs_hes_2018", "OpenSAFELY": "opensafely", "US Census DRB": "us_census_drb"}
CASES = {preset: rule["cases"] for rule in RULES for start, preset in PRESETS.items() if rule["rule"].startswith(start)}


def row(place: str, unit_: str, top: float, bottom: float, **values: Any) -> dict[str, Any]:
    value = top / bottom * 100
    found = {"period": "2024", "area": place, "unit": unit_, "indicator": "unheard_of", "definition": ""}
    return found | {
        "numerator": top, "denominator": bottom, "value": value, "lower": 0.0, "upper": 1.0, "reason": ""
    } | values  # fmt: skip


@pytest.mark.parametrize("preset", CASES)
def test_a_frame_alone_comes_out_as_the_office_prints_it(preset: str) -> None:
    counts = [case["n"] for case in CASES[preset]]
    ind = pd.DataFrame([row(f"x{at}", "", float(n), 5_000_000.0) for at, n in enumerate(counts)])
    ind = ind.set_axis([f"row{at}" for at in range(len(ind))][::-1])
    kept = ind.copy(deep=True)
    shown = ev.suppress(ind, preset)
    pd.testing.assert_frame_equal(ind, kept)
    assert list(shown.index) == list(ind.index) and list(shown.columns) == [*ind.columns, "suppressed"]
    hidden_as = ev.disclosure.load_preset(preset).shown_as
    for case, number, code in zip(CASES[preset], shown["numerator"], shown["suppressed"], strict=True):
        if code == "primary":
            assert math.isnan(number) and case["out"] == hidden_as
        else:
            assert number == case["out"] and code == "rounded"


@pytest.mark.parametrize(
    ("whole", "parts"),
    [("990100", ("990110", "990111", "990112")), ("9", ("91", "92", "93")), ("all", ("north", "south", "west"))],
)
def test_areas_that_add_up_are_known_without_their_dataset(whole: str, parts: tuple[str, ...]) -> None:
    counts = [3.0, 60.0, 70.0]
    ind = pd.DataFrame(
        [
            row(whole, "", sum(counts), 900.0),
            *(row(place, "", n, 300.0) for place, n in zip(parts, counts, strict=True)),
        ]
    )
    shown = ev.suppress(ind, "general")
    assert math.isnan(shown["numerator"][1]) and shown["numerator"].isna().sum() >= 2


def test_units_of_an_indicator_that_no_catalogue_knows_add_up() -> None:
    ind = pd.DataFrame([row("91", code, n, 300.0) for code, n in (("a", 3.0), ("b", 60.0), ("c", 70.0))])
    ind = pd.concat([ind, pd.DataFrame([row("91", "", 133.0, 900.0)])], ignore_index=True)
    shown = ev.suppress(ind, "general")
    assert math.isnan(shown["numerator"][0]) and shown["numerator"].isna().sum() >= 2


def test_a_rate_without_its_count_does_not_tell_it() -> None:
    bare = row("91", "", 3.0, 400.0) | {"numerator": math.nan}
    large = row("92", "", 90.0, 400.0) | {"numerator": math.nan}
    shown = ev.suppress(pd.DataFrame([bare, large]), "general")
    assert math.isnan(shown["value"][0]) and shown["suppressed"][0] == "primary"
    assert shown["value"][1] == large["value"] and math.isnan(shown["numerator"][1])


def test_names_of_presets_are_listed_where_one_is_not_known() -> None:
    with pytest.raises(ev.InputError, match="ons_srs"):
        ev.suppress(pd.DataFrame([row("91", "", 3.0, 400.0)]), "unheard")
    assert ev.disclosure.load_preset("NHS-HES").name == "nhs_hes_2018"
    assert ev.disclosure.load_preset("NCHS").name == "county_health_rankings"


# --- with a dataset


def made(folder: Path, items: list[Any], indicators: list[Any], values: dict[str, dict[str, int]]) -> Any:
    """A dataset of one county with a unit for each entry of `values`, and its indicators."""
    path = dataset(
        folder / "small",
        areas=[area("91")],
        units=[unit("91", code) for code in values],
        items=items,
        indicators=indicators,
        facts=[fact("2024", "91", name, n, code) for code, one in values.items() for name, n in one.items()],
    )
    return ev.load(str(path))


def test_sums_of_items_add_up_over_units_too(tmp_path: Path) -> None:
    counts = {"a": (1, 2), "b": (30, 40), "c": (50, 60)}
    data = made(
        tmp_path,
        [item(name) for name in ("x", "y", "women")],
        [indicator("both", "x + y", "women")],
        {code: {"x": x, "y": y, "women": 500} for code, (x, y) in counts.items()},
    )
    shown = ev.suppress(ev.indicators(data), "general", data)
    assert shown.loc[shown["unit"] == "a", "numerator"].isna().all()
    assert shown["numerator"].isna().sum() >= 2


def test_who_is_told_which_are_small_learns_no_more(tmp_path: Path) -> None:
    """Six units with a death each make six for the county: told that each is small, a reader would know them all."""
    values = {code: {"deaths": int(code < "g"), "women": 500} for code in "abcdefgh"}
    data = made(
        tmp_path, [item("deaths"), item("women")], [indicator("deaths", "deaths", kind="count", per="1")], values
    )
    shown = ev.suppress(ev.indicators(data), "nhs_hes_2018", data).set_index("unit")
    assert (shown.loc[["g", "h"], "numerator"] == 0).all()
    hidden = shown.loc[["", *"abcdef"]]
    assert hidden["numerator"].isna().all()
    # 6 or 7 in all and one at least in each of six leaves two values for each, were they said to be small
    assert "withheld" in set(hidden["suppressed"])


def test_a_secondary_cell_is_taken_to_be_above_the_threshold(tmp_path: Path) -> None:
    """1 and 6 make 7: known that the second is 5 or more, the first is 1 or 2."""
    counts = {"a": 1, "b": 6, "c": 40}
    data = made(
        tmp_path,
        [item("ill"), item("women")],
        [indicator("share", "ill", "women")],
        {code: {"ill": n, "women": 500} for code, n in counts.items()},
    )
    shown = ev.suppress(ev.indicators(data), "general", data).set_index("unit")
    told = shown.loc[["a", "b", "c"], "suppressed"].to_dict()
    total = shown.loc["", "numerator"]
    assert told["a"] in ("primary", "withheld")
    if told == {"a": "primary", "b": "secondary", "c": ""}:
        assert np.isnan(total)
    assert shown["numerator"].isna().sum() >= 2
