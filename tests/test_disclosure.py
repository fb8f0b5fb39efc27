"""Rules for small counts against the cases that offices published, and what `suppress` makes of a frame."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, norm

import evaltools as ev
from evaltools import rounding_rules
from evaltools.datasets import Data

REFERENCE = Path(__file__).parent / "reference" / "disclosure.json"
RULES = json.loads(REFERENCE.read_text(encoding="utf-8"))
PRESETS = {"NHS England/Digital HES": "nhs_hes_2018", "OpenSAFELY": "opensafely", "US Census DRB": "us_census_drb"}
CASES = [
    (preset, case["n"], case["out"])
    for rule in RULES
    for start, preset in PRESETS.items()
    if rule["rule"].startswith(start)
    for case in rule["cases"]
]


# --- plain counts


@pytest.mark.parametrize(("preset", "count", "expected"), CASES)
def test_a_count_comes_out_as_the_office_prints_it(preset: str, count: int, expected: Any) -> None:
    assert list(ev.disclosure.round_counts([count], preset)) == [expected]


def test_the_cases_are_all_there() -> None:
    assert len(CASES) == 13 + 8 + 11


# smallest and largest count hidden, from the text of each rule
HIDDEN = {
    "acro": range(10),
    "county_health_rankings": range(10),
    "nhs_hes_before_2018": range(1, 6),
    "qof_phs": range(1, 5),
    "ons_srs": range(1, 10),
    "nhs_hes_2018": range(1, 8),
    "opensafely": range(8),
    "us_census_drb": range(15),
    "general": range(1, 5),
}


def test_there_is_a_preset_for_each_rule_that_is_no_table() -> None:
    assert set(ev.disclosure.presets()) == set(HIDDEN)


@pytest.mark.parametrize("preset", HIDDEN)
def test_what_a_rule_hides_and_what_it_leaves(preset: str) -> None:
    rule = ev.disclosure.load_preset(preset)
    shown = ev.disclosure.round_counts(pd.Series(range(40), dtype=float), preset)
    hidden = [count for count in range(40) if shown[count] == rule.shown_as and count in HIDDEN[preset]]
    assert hidden == list(HIDDEN[preset])
    rest = shown.drop(list(HIDDEN[preset]))
    assert all(isinstance(number, int) for number in rest)
    if not rule.brackets:
        assert list(rest) == list(rest.index)
    assert rule.source and rule.mark in ("verified", "general")


@given(st.integers(8, 10**7))
def test_the_nearest_multiple_is_the_nearest(count: int) -> None:
    (found,) = ev.disclosure.round_counts([count], "nhs_hes_2018")
    assert found == min(range(5 * (count // 5), 5 * (count // 5) + 10, 5), key=lambda multiple: abs(multiple - count))


@given(st.integers(15, 20_000))
@settings(max_examples=60)
def test_the_range_of_a_rounded_count_is_all_that_is_printed_alike(count: int) -> None:
    rule = ev.disclosure.load_preset("us_census_drb")
    low, high = (int(end[0]) for end in rounding_rules.rounding_range(np.array([float(count)]), rule))
    (printed,) = ev.disclosure.round_counts([count], rule)
    around = ev.disclosure.round_counts(np.arange(max(low - 1, 15), high + 2), rule)
    alike = [number for number, out in zip(range(max(low - 1, 15), high + 2), around, strict=True) if out == printed]
    assert alike == list(range(low, high + 1))


def test_national_figures_are_exempt_where_the_rule_says_so() -> None:
    assert list(ev.disclosure.round_counts([3, 12], "nhs_hes_2018", national=True)) == [3, 12]
    assert list(ev.disclosure.round_counts([3, 12], "opensafely", national=True)) == [0, 10]


def test_a_series_keeps_its_index_and_missing_stays_missing() -> None:
    shown = ev.disclosure.round_counts(pd.Series([3, math.nan, 9], index=["x", "y", "z"]), "nhs_hes_2018")
    assert list(shown.index) == ["x", "y", "z"]
    assert shown["x"] == "*" and math.isnan(shown["y"]) and shown["z"] == 10


@pytest.mark.parametrize("count", [-1, math.inf])
def test_what_is_no_count_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        ev.disclosure.round_counts([count], "general")


def test_dominance_by_the_formulas_of_the_rules() -> None:
    # the 2 largest are 91 of 100; what is left is 9 against the largest of 60
    assert ev.disclosure.is_dominated([60, 31, 5, 4]) == {"nk": True, "p_percent": False}
    # 90 of 100 is not more than 90%; 4 left against 80 is less than a tenth
    assert ev.disclosure.is_dominated([46, 44, 10]) == {"nk": False, "p_percent": False}
    assert ev.disclosure.is_dominated([80, 10, 2, 2]) == {"nk": True, "p_percent": True}
    assert ev.disclosure.is_dominated([5])["p_percent"]
    with pytest.raises(ValueError, match="no rule of dominance"):
        ev.disclosure.is_dominated([1, 2], "general")


# --- presets as data


def test_a_preset_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ev.InputError, match="general"):
        ev.disclosure.load_preset("nonsense")
    with pytest.raises(ev.InputError):
        ev.disclosure.load_preset("../general")


def test_a_dataset_may_bring_its_own_preset(tmp_path: Path) -> None:
    text = "name_zh: 甲\nname_en: A\nrule_zh: 乙\nrule_en: B\nhide: {from: 1, to: 19}\nsource: a test\nmark: general\n"
    (tmp_path / "disclosure").mkdir()
    (tmp_path / "disclosure" / "own.yaml").write_text(text, encoding="utf-8")
    rule = ev.disclosure.load_preset("own", tmp_path)
    assert list(ev.disclosure.round_counts([0, 19, 20], rule)) == [0, "*", 20]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("hide: {from: 1, to: 2}", "hide"),  # two values would hide nothing
        ("round: [{from: 8}]", "round"),
        ("half: odd", "half"),
        ("mark: perhaps", "mark"),
        ("colour: red", "colour"),
        ("dominance: {n: 2}", "dominance"),
    ],
)
def test_a_preset_that_cannot_be_used_says_why(tmp_path: Path, change: str, said: str) -> None:
    lines = {
        "name_zh": "甲", "name_en": "A", "rule_zh": "乙", "rule_en": "B", "hide": "{from: 1, to: 4}",
        "source": "a test", "mark": "general",
    }  # fmt: skip
    key, value = change.split(": ", 1)
    text = "".join(f"{name}: {content}\n" for name, content in {**lines, key: value}.items())
    (tmp_path / "disclosure").mkdir()
    (tmp_path / "disclosure" / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ev.InputError, match=said):
        ev.disclosure.load_preset("own", tmp_path)


# --- frames

ITEMS = [
    item("women"),
    item("tested"),
    item("positive", sensitive="yes"),
    item("mother_deaths", sensitive="yes"),
    item("doctors", people="no"),
    item("cost", people="no", measure="yuan"),
    item("visits", people="no", measure="visit"),
]
INDICATORS = [
    indicator("testing", "tested", "women"),
    indicator("positivity", "positive", "tested"),
    indicator("deaths", "mother_deaths", kind="count", per="1"),
    indicator("death_rate", "mother_deaths", "women", kind="rate", per="100000", direction="down"),
    indicator("doctors_per_1000", "doctors", "women", kind="ratio", per="1000"),
    indicator("cost_per_visit", "cost", "visits", kind="mean", per="1"),
]
BASE = {"women": 400, "tested": 300, "positive": 60, "mother_deaths": 0, "doctors": 2, "cost": 3, "visits": 4}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = dataset(
        tmp_path_factory.mktemp("data") / "small",
        meta={"region": "9"},
        areas=[area("9"), area("91", parent="9"), area("92", parent="9")],
        units=[unit("91", code) for code in ("a", "b", "c")] + [unit("92", code) for code in ("d", "e")],
        items=ITEMS,
        indicators=INDICATORS,
        facts=[fact("2024", "91", "women", 400, "a")],
    )
    return ev.load(str(folder))


def frame_of(data: Data, **changed: float) -> pd.DataFrame:
    """Indicators of five units alike but for what is changed: `a_tested=3` sets tested of unit a."""
    rows = []
    for place, units in (("91", "abc"), ("92", "de")):
        for code in units:
            for name, value in BASE.items():
                number = changed.get(f"{code}_{name}", value)
                source = {"source": f"{code}{name}", "state": "", "origin": ""}
                rows.append(fact("2024", place, name, float(number), code, **source))
    return ev.indicators(replace(data, facts=pd.DataFrame(rows)[list(data.facts.columns)]))


def cell(frame: pd.DataFrame, name: str, unit_: str = "", area_: str = "91") -> pd.Series:
    rows = frame[(frame["indicator"] == name) & (frame["unit"] == unit_) & (frame["area"] == area_)]
    assert len(rows) == 1
    return rows.iloc[0]


NUMBERS = ["value", "lower", "upper"]


def test_nothing_small_nothing_hidden(empty: Data) -> None:
    ind = frame_of(empty)
    shown = ev.suppress(ind, "general", empty)
    pd.testing.assert_frame_equal(shown.drop(columns="suppressed"), ind)
    assert set(shown["suppressed"]) == {""}


def test_a_small_count_is_hidden_wherever_it_stands(empty: Data) -> None:
    shown = ev.suppress(frame_of(empty, a_tested=4, a_positive=0), "general", empty)
    above, below = cell(shown, "testing", "a"), cell(shown, "positivity", "a")
    assert (above["suppressed"], above["reason"]) == ("primary", "withheld")
    assert above[["numerator", *NUMBERS]].isna().all() and above["denominator"] == 400
    assert below["suppressed"] == "primary" and below[["denominator", *NUMBERS]].isna().all()
    assert below["numerator"] == 0


def test_the_total_does_not_give_a_unit_away(empty: Data) -> None:
    shown = ev.suppress(frame_of(empty, a_tested=4, a_positive=0), "general", empty)
    rows = shown[(shown["indicator"] == "testing") & (shown["area"] == "91")]
    assert rows["numerator"].isna().sum() >= 2
    assert set(rows["suppressed"]) >= {"primary", "secondary"}


def test_sensitive_topics_have_their_own_threshold(empty: Data) -> None:
    shown = ev.suppress(frame_of(empty, a_positive=9, b_tested=9, b_positive=0), "general", empty)
    assert cell(shown, "positivity", "a")["suppressed"] == "primary"
    assert cell(shown, "testing", "b")["numerator"] == 9


def test_a_numerator_that_lacks_few_is_as_telling(empty: Data) -> None:
    shown = ev.suppress(frame_of(empty, a_tested=398), "general", empty)
    row = cell(shown, "testing", "a")
    assert row["suppressed"] == "primary" and row["denominator"] == 400
    everybody = ev.suppress(frame_of(empty, a_tested=400), "general", empty)
    assert cell(everybody, "testing", "a")["value"] == 100


@pytest.mark.parametrize("preset", ev.disclosure.presets())
def test_zero_deaths_is_never_hidden(empty: Data, preset: str) -> None:
    shown = ev.suppress(frame_of(empty, a_mother_deaths=3), preset, empty)
    deaths = shown[shown["indicator"] == "deaths"].set_index(["area", "unit"])["numerator"]
    assert (deaths[[("91", "b"), ("91", "c"), ("92", "d"), ("92", "e"), ("92", "")]] == 0).all()
    assert np.isnan(deaths["91", "a"]) and np.isnan(deaths["91", ""])


@pytest.mark.parametrize("preset", ev.disclosure.presets())
def test_staff_money_and_activities_stay(empty: Data, preset: str) -> None:
    ind = frame_of(empty, a_tested=3, a_positive=1)
    shown = ev.suppress(ind, preset, empty)
    rows = shown["indicator"].isin(["cost_per_visit"])
    pd.testing.assert_frame_equal(shown[rows].drop(columns="suppressed"), ind[rows])
    staff = shown["indicator"] == "doctors_per_1000"
    assert (shown.loc[staff, "numerator"] == ind.loc[staff, "numerator"]).all()


def test_rounded_rates_come_from_rounded_figures(empty: Data) -> None:
    shown = ev.suppress(frame_of(empty, a_women=398, a_tested=301, a_positive=63), "nhs_hes_2018", empty)
    row = cell(shown, "testing", "a")
    assert (row["numerator"], row["denominator"], row["suppressed"]) == (300, 400, "rounded")
    assert row["value"] == 75
    published = ev.rates.proportion([300], [400], per=100).iloc[0]
    assert row[["lower", "upper"]].to_list() == pytest.approx(published[["lower", "upper"]].to_list())
    # totals are added up before they are rounded: 398 + 2 * 400
    assert cell(shown, "testing")["denominator"] == 1200


def test_county_health_rankings_blank_the_row_and_change_intervals(empty: Data) -> None:
    ind = frame_of(empty, a_mother_deaths=9, b_mother_deaths=40, c_mother_deaths=150, d_mother_deaths=60)
    shown = ev.suppress(ind, "county_health_rankings", empty)
    blank = cell(shown, "death_rate", "a")
    assert blank[["numerator", "denominator", *NUMBERS]].isna().all()
    few = cell(shown, "death_rate", "d", "92")
    if few["suppressed"] == "":
        limits = [gamma.ppf(0.025, 60), gamma.ppf(0.975, 61)]
        assert few[["lower", "upper"]].to_list() == pytest.approx([limit / 400 * 100_000 for limit in limits])
    many = cell(shown, "death_rate", "c")
    half = norm.ppf(0.975) * math.sqrt(150)
    if many["suppressed"] == "":
        assert many[["lower", "upper"]].to_list() == pytest.approx([(150 + s * half) / 400 * 1e5 for s in (-1, 1)])
    assert (few["suppressed"] == "") or (many["suppressed"] == "")


def test_the_preset_of_the_dataset_counts(empty: Data) -> None:
    ind = frame_of(empty, a_tested=7, a_positive=0)
    assert cell(ev.suppress(ind, data=empty), "testing", "a")["suppressed"] == ""
    stated = replace(empty, meta=replace(empty.meta, disclosure="nhs_hes_2018"))
    assert cell(ev.suppress(ind, data=stated), "testing", "a")["suppressed"] == "primary"


def test_without_a_dataset_the_national_catalogue_counts_and_strangers_are_about_people() -> None:
    places = [("", 12.0, 500.0), ("a", 3.0, 200.0), ("b", 5.0, 200.0), ("c", 4.0, 100.0)]
    rows = [
        {"period": "2024", "area": "91", "unit": code, "indicator": name, "definition": "2017" if known else "",
         "numerator": top, "denominator": bottom, "value": top / bottom * 100, "lower": 0.0, "upper": 1.0, "reason": ""}
        for name, known in (("maternal_anaemia_rate", True), ("unheard_of", False))
        for code, top, bottom in places
    ]  # fmt: skip
    catalogue = pd.read_csv(Path(__file__).parents[1] / "data" / "catalogue" / "indicators.csv", dtype=str)
    first = catalogue.set_index("indicator")["valid_from"].fillna("")["maternal_anaemia_rate"]
    ind = pd.DataFrame(rows).assign(definition=lambda f: f["definition"].mask(f["definition"] == "2017", first))
    shown = ev.suppress(ind, "general")
    for name in ("maternal_anaemia_rate", "unheard_of"):
        hidden = shown[(shown["indicator"] == name) & shown["numerator"].isna()]
        assert {"a", "c"} <= set(hidden["unit"]) and len(hidden) >= 2


def test_an_empty_frame_and_missing_rows_pass(empty: Data) -> None:
    ind = frame_of(empty)
    assert list(ev.suppress(ind.iloc[:0], "general", empty)["suppressed"]) == []
    missing = ind.assign(numerator=math.nan, value=math.nan, lower=math.nan, upper=math.nan, reason="not reported")
    shown = ev.suppress(missing, "general", empty)
    assert set(shown["reason"]) == {"not reported"}


def test_the_order_of_rows_changes_nothing(empty: Data) -> None:
    ind = frame_of(empty, a_tested=3, a_positive=1, d_tested=2, d_positive=0)
    shown = ev.suppress(ind, "general", empty)
    mixed = ev.suppress(ind.sample(frac=1, random_state=3), "general", empty)
    pd.testing.assert_frame_equal(mixed.sort_index(), shown)
