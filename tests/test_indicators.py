"""The aggregation rules of the data model, each on a dataset small enough to work out by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit

import evaltools as ev

UNITS = [unit("1", f"{n:02d}") for n in range(1, 13)]


def one(ind: pd.DataFrame, **where: str) -> pd.Series:
    """The one row that `where` names."""
    rows = ind[np.logical_and.reduce([ind[name] == value for name, value in where.items()])]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def computed(folder: Path, every: str = "year", **load: str) -> pd.DataFrame:
    return ev.indicators(ev.load(str(folder), **load), every=every)


def both(period: str, place: str, a: object, b: object, unit_: str = "", **values: object) -> list:
    return [fact(period, place, "a", a, unit_, **values), fact(period, place, "b", b, unit_, **values)]


def test_the_columns_are_the_contract(tmp_path: Path) -> None:
    ind = computed(dataset(tmp_path, facts=both("2024", "1", 3, 4)))
    assert list(ind) == [
        "period",
        "area",
        "unit",
        "indicator",
        "definition",
        "numerator",
        "denominator",
        "value",
        "lower",
        "upper",
        "reason",
    ]
    row = one(ind, period="2024")
    assert (row.numerator, row.denominator, row.value, row.reason) == (3, 4, 75, "")
    assert row.lower < 75 < row.upper


def test_an_areas_own_fact_wins_over_its_units(tmp_path: Path) -> None:
    facts = both("2024", "1", 30, 40) + [f for u in UNITS for f in both("2024", "1", 1, 2, str(u["unit"]))]
    row = one(computed(dataset(tmp_path, facts=facts, units=UNITS)), unit="")
    assert (row.numerator, row.denominator) == (30, 40)


def test_units_add_up_when_all_active_ones_reported(tmp_path: Path) -> None:
    facts = [f for n, u in enumerate(UNITS, 1) for f in both("2024", "1", n, 2 * n, str(u["unit"]))]
    row = one(computed(dataset(tmp_path, facts=facts, units=UNITS)), unit="")
    assert (row.numerator, row.denominator, row.value) == (78, 156, 50)


def test_one_silent_unit_leaves_the_area_missing_and_says_how_many_reported(tmp_path: Path) -> None:
    facts = [f for u in UNITS[:-1] for f in both("2024", "1", 1, 2, str(u["unit"]))]
    ind = computed(dataset(tmp_path, facts=facts, units=UNITS))
    row = one(ind, unit="")
    assert np.isnan(row.value)
    assert row.reason == "11 of 12 units reported"
    assert one(ind, unit="12").reason == "not reported"


def test_a_blank_value_is_missing_and_not_zero(tmp_path: Path) -> None:
    facts = [f for u in UNITS[:-1] for f in both("2024", "1", 1, 2, str(u["unit"]))] + both("2024", "1", "", "", "12")
    row = one(computed(dataset(tmp_path, facts=facts, units=UNITS)), unit="")
    assert row.reason == "11 of 12 units reported"


def test_not_applicable_is_not_missing(tmp_path: Path) -> None:
    facts = [f for u in UNITS[:-1] for f in both("2024", "1", 1, 2, str(u["unit"]))]
    facts += both("2024", "1", "", "", "12", state="not_applicable")
    ind = computed(dataset(tmp_path, facts=facts, units=UNITS))
    row = one(ind, unit="")
    assert (row.numerator, row.denominator) == (11, 22)
    assert one(ind, unit="12").reason == "not applicable"


def test_not_applicable_everywhere_is_not_applicable_above(tmp_path: Path) -> None:
    facts = [f for u in UNITS for f in both("2024", "1", "", "", str(u["unit"]), state="not_applicable")]
    assert one(computed(dataset(tmp_path, facts=facts, units=UNITS)), unit="").reason == "not applicable"


def test_only_units_that_exist_in_the_year_are_waited_for(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "02", valid_to="2023"), unit("1", "03", valid_from="2025")]
    facts = both("2024", "1", 1, 2, "01") + both("2023", "1", 1, 2, "01") + both("2023", "1", 4, 5, "02")
    ind = computed(dataset(tmp_path, facts=facts, units=units))
    assert one(ind, unit="", period="2024").numerator == 1
    assert one(ind, unit="", period="2023").numerator == 5


def test_a_year_comes_from_its_months_only_if_all_twelve_are_there(tmp_path: Path) -> None:
    months = [f"2024-{m:02d}" for m in range(1, 13)]
    items = [item("a"), item("b", over_time="last"), item("c", over_time="mean"), item("d", over_time="none")]
    facts = [fact(p, "1", name, n) for n, p in enumerate(months, 1) for name in "abcd"]
    rows = [indicator(f"only_{name}", name, kind="count", per="1") for name in "abcd"]
    ind = computed(dataset(tmp_path / "x", facts=facts, items=items, indicators=rows))
    assert [one(ind, indicator=f"only_{name}").value for name in "abc"] == [78, 12, 6.5]
    assert one(ind, indicator="only_d").reason == "cannot be computed from months"
    facts = [f for f in facts if not (f["period"] == "2024-06" and f["item"] == "a")]
    ind = computed(dataset(tmp_path / "y", facts=facts, items=items, indicators=rows))
    assert one(ind, indicator="only_a").reason == "11 of 12 months reported"
    assert one(ind, indicator="only_b").value == 12


def test_the_areas_own_twelve_months_stand_in_for_units_that_are_not_all_there(tmp_path: Path) -> None:
    months = [f for m in range(1, 13) for f in both(f"2024-{m:02d}", "1", m, 20)]
    some = [f for u in UNITS[:-1] for f in both("2024", "1", 1, 2, str(u["unit"]))]
    row = one(computed(dataset(tmp_path / "x", facts=months + some, units=UNITS)), unit="")
    assert (row.numerator, row.reason) == (78, "")
    row = one(computed(dataset(tmp_path / "y", facts=months[:-2] + some, units=UNITS)), unit="")
    assert row.reason == "11 of 12 units reported"
    every = some + both("2024", "1", 5, 6, "12")
    row = one(computed(dataset(tmp_path / "z", facts=months + every, units=UNITS)), unit="")
    assert row.numerator == 16, "the units, all there, come before the months"


def test_parent_areas_add_up_their_areas(tmp_path: Path) -> None:
    areas = [area("10"), area("11", parent="10"), area("12", parent="10")]
    facts = both("2024", "11", 1, 10) + both("2024", "12", 3, 10) + both("2023", "11", 1, 10)
    ind = computed(dataset(tmp_path, facts=facts, areas=areas))
    assert one(ind, area="10", period="2024").value == 20
    assert one(ind, area="10", period="2023").reason == "1 of 2 areas reported"


def test_a_successor_takes_the_sum_of_its_predecessors_past(tmp_path: Path) -> None:
    units = [
        unit("1", "01", valid_to="2022", successor="03"),
        unit("1", "02", valid_to="2022", successor="03"),
        unit("1", "03", valid_from="2023"),
    ]
    facts = both("2022", "1", 10, 20, "01") + both("2022", "1", 10, 30, "02") + both("2023", "1", 25, 50, "03")
    ind = computed(dataset(tmp_path, facts=facts, units=units))
    row = one(ind, unit="03", period="2022")
    assert (row.numerator, row.denominator, row.reason) == (20, 50, "sum of 2 predecessors")
    assert one(ind, unit="", period="2022").numerator == 20, "the successor's past is not counted twice"
    change = one(ev.year_on_year(ind), unit="03", period="2023")
    assert change.change_pp == pytest.approx(10)


def test_a_unit_that_absorbs_another_is_not_comparable_with_itself(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "02", valid_to="2022", successor="01")]
    facts = both("2022", "1", 10, 20, "01") + both("2022", "1", 10, 30, "02") + both("2023", "1", 25, 50, "01")
    ind = computed(dataset(tmp_path, facts=facts, units=units))
    assert one(ind, unit="01", period="2023").reason == "boundary changed"
    assert np.isnan(one(ev.year_on_year(ind), unit="01", period="2023").change_pp)
    assert one(ev.year_on_year(ind), unit="", period="2023").change_pp == pytest.approx(10)


def test_division_by_zero_is_neither_zero_nor_an_error(tmp_path: Path) -> None:
    row = one(computed(dataset(tmp_path, facts=both("2024", "1", 0, 0))), period="2024")
    assert np.isnan(row.value)
    assert row.reason == "denominator is zero"


def test_above_100_percent_keeps_the_value_without_an_interval(tmp_path: Path) -> None:
    row = one(computed(dataset(tmp_path, facts=both("2024", "1", 31233, 30891))), period="2024")
    assert row.value == pytest.approx(101.1071, abs=1e-4)
    assert np.isnan(row.lower)
    assert np.isnan(row.upper)
    assert row.reason == "above 100%"


def test_the_bridging_year_has_both_definitions(tmp_path: Path) -> None:
    rows = [
        indicator("share", "a", "b", valid_to="2022"),
        indicator("share", "c", "b", valid_from="2022"),
    ]
    items = [item("a"), item("b"), item("c")]
    facts = [fact(y, "1", n, v) for y in ("2021", "2022", "2023") for n, v in (("a", 5), ("b", 10), ("c", 6))]
    ind = computed(dataset(tmp_path, facts=facts, items=items, indicators=rows))
    got = [(r.period, r.definition, r.value) for r in ind.itertuples()]
    assert got == [("2021", "", 50), ("2022", "", 50), ("2022", "2022", 60), ("2023", "2022", 60)]


def test_parameters_prior_year_and_coefficients(tmp_path: Path) -> None:
    rows = [
        indicator("renewed", "a", "prior(b)"),
        indicator("due", "parameter(per_head) * b - 2 * a", kind="amount", per="1"),
    ]
    parameters = [
        {
            "parameter": "per_head",
            "valid_to": "2023",
            "area": "*",
            "value": 84,
            "source": "s",
            "mark": "general",
        },
        {
            "parameter": "per_head",
            "valid_from": "2024",
            "area": "*",
            "value": 94,
            "source": "s",
            "mark": "general",
        },
        {
            "parameter": "per_head",
            "valid_from": "2024",
            "area": "2",
            "value": 100,
            "source": "s",
            "mark": "general",
        },
    ]
    facts = both("2023", "1", 10, 50) + both("2024", "1", 40, 60) + both("2024", "2", 40, 60)
    ind = computed(dataset(tmp_path, facts=facts, indicators=rows, parameters=parameters))
    assert one(ind, area="1", indicator="renewed", period="2024").value == 80
    assert one(ind, area="1", indicator="renewed", period="2023").reason == "previous year not reported"
    assert one(ind, area="1", indicator="due", period="2023").value == 84 * 50 - 20
    assert one(ind, area="1", indicator="due", period="2024").value == 94 * 60 - 80
    assert one(ind, area="2", indicator="due", period="2024").value == 100 * 60 - 80


def test_share_of_units_meeting_a_bar_and_the_worst_unit(tmp_path: Path) -> None:
    rows = [
        indicator("share", "a", "b"),
        indicator("meeting", "share >= 90", kind="units_meeting"),
        indicator("worst", "share", kind="worst_unit"),
    ]
    areas = [area("10"), area("1", parent="10"), area("2", parent="10")]
    units = [unit("1", "01"), unit("1", "02"), unit("1", "03"), unit("2", "01")]
    facts = both("2024", "1", 90, 100, "01") + both("2024", "1", 899, 1000, "02")
    facts += both("2024", "1", "", "", "03", state="not_applicable") + both("2024", "2", 19, 20, "01")
    ind = computed(dataset(tmp_path, facts=facts, indicators=rows, units=units, areas=areas, meta={"region": "10"}))
    meeting = one(ind, area="1", indicator="meeting")
    assert (meeting.numerator, meeting.denominator, meeting.value) == (1, 2, 50)
    assert one(ind, area="10", indicator="meeting").value == pytest.approx(200 / 3)
    assert one(ind, area="1", indicator="worst").value == pytest.approx(89.9)


def test_the_first_origin_counts(tmp_path: Path) -> None:
    facts = both("2024", "1", 1, 10, origin="system") + both("2024", "1", 5, 10, origin="annual")
    folder = dataset(tmp_path, facts=facts, meta={"origins": ["annual", "system"]})
    assert one(computed(folder), period="2024").numerator == 5


def test_stages_apply_the_ledger_as_far_as_they_say(tmp_path: Path) -> None:
    ledger = [
        {"period": "2024", "area": "1", "item": "a", "from": 10, "to": 8, "stage": "verified", "reason": "r"},
        {"period": "2024", "area": "1", "item": "a", "from": 8, "to": 9, "stage": "appeal", "reason": "r"},
    ]
    folder = dataset(tmp_path, facts=both("2024", "1", 10, 20), adjustments=ledger)
    got = {
        stage: one(computed(folder, stage=stage), period="2024").numerator
        for stage in ("reported", "verified", "final")
    }
    assert got == {"reported": 10, "verified": 8, "final": 9}


def test_same_months_of_each_year(tmp_path: Path) -> None:
    facts = [
        f for y in ("2023", "2024") for m in range(1, 11) for f in both(f"{y}-{m:02d}", "1", m + (y == "2024"), 20)
    ]
    folder = dataset(tmp_path, facts=facts)
    ind = computed(folder, every="2024-01/2024-10")
    assert one(ind, period="2024-01/2024-10").numerator == sum(range(1, 11)) + 10
    change = one(ev.year_on_year(ind), period="2024-01/2024-10")
    assert (change.previous_period, change.change_pp) == ("2023-01/2023-10", pytest.approx(5))
    assert len(computed(folder, every="month")) == 20
    assert computed(folder, every="year").empty


def test_rows_of_one_area_are_the_same_whether_read_alone_or_with_the_rest(tmp_path: Path) -> None:
    areas = [area("10"), area("1", parent="10"), area("2", parent="10")]
    facts = both("2024", "1", 1, 10, "01") + both("2024", "2", 3, 10, "01")
    folder = dataset(
        tmp_path, facts=facts, areas=areas, units=[unit("1", "01"), unit("2", "01")], meta={"region": "10"}
    )
    alone, whole = computed(folder, area="2"), computed(folder)
    pd.testing.assert_frame_equal(alone, whole[whole["area"] == "2"].reset_index(drop=True))


def test_shuffling_the_facts_changes_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    facts = [
        f
        for y in range(2019, 2025)
        for u in UNITS
        for f in both(str(y), "1", int(rng.integers(50)), 60, str(u["unit"]))
    ]
    first = computed(dataset(tmp_path / "x", facts=facts, units=UNITS))
    rng.shuffle(facts)
    second = computed(dataset(tmp_path / "y", facts=facts, units=UNITS))
    pd.testing.assert_frame_equal(first, second)
