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


# --- what the second calculation of test_properties.py found, worked out by hand ------------------------------

ENDED = {"valid_to": "2021"}


def test_an_unreported_predecessor_is_not_left_out_of_a_successors_past(tmp_path: Path) -> None:
    units = [unit("1", "01", **ENDED, successor="03"), unit("1", "02", **ENDED, successor="03")]
    units += [unit("1", "03", valid_from="2022"), unit("1", "02x", parent="02"), unit("1", "02y", parent="02")]
    facts = both("2021", "1", 3, 4, "01") + both("2021", "1", 5, 6, "02x") + both("2022", "1", 9, 9, "03")
    row = one(computed(dataset(tmp_path, facts=facts, units=units)), unit="03", period="2021", indicator="share")
    assert np.isnan(row.value)
    assert row.reason == "1 of 2 predecessors reported"


def test_a_successor_of_successors_has_the_past_of_them_all(tmp_path: Path) -> None:
    # 01 (closed early) and 02 become 03; 03 and 04, which had absorbed 05, become 06
    units = [
        unit("1", "01", valid_to="2020", successor="03"),
        unit("1", "02", valid_to="2020", successor="03"),
        unit("1", "03", valid_from="2021", valid_to="2022", successor="06"),
        unit("1", "04", valid_to="2022", successor="06"),
        unit("1", "05", valid_to="2020", successor="04"),
        unit("1", "06", valid_from="2023"),
    ]
    reported = {"2020": ("01", "02", "04", "05"), "2021": ("03", "04"), "2022": ("03", "04"), "2023": ("06",)}
    facts = [f for year, codes in reported.items() for code in codes for f in both(year, "1", int(code), 10, code)]
    ind = computed(dataset(tmp_path, facts=facts, units=units))
    past = {year: one(ind, unit="06", period=year) for year in ("2020", "2021", "2022")}
    assert [(row.numerator, row.reason) for row in past.values()] == [
        (12, "sum of 4 predecessors"),
        (7, "sum of 2 predecessors"),
        (7, "sum of 2 predecessors"),
    ]
    assert one(ind, unit="04", period="2021").reason == "boundary changed"
    assert one(ind, unit="", period="2020").numerator == 12


def test_a_place_that_was_renamed_takes_over_what_cannot_be_added(tmp_path: Path) -> None:
    areas = [area("1", valid_to="2022", successor="2"), area("2", valid_from="2023")]
    items = [item("a", over_units="none"), item("b")]
    facts = both("2022", "1", 3, 4) + both("2023", "2", 4, 4)
    row = one(computed(dataset(tmp_path, facts=facts, areas=areas, items=items)), area="2", period="2022")
    assert (row.value, row.reason) == (75, "sum of 1 predecessors")


def test_predecessors_to_which_an_item_does_not_apply(tmp_path: Path) -> None:
    units = [unit("1", "01", **ENDED, successor="03"), unit("1", "02", **ENDED, successor="03")]
    units.append(unit("1", "03", valid_from="2022"))
    facts = [f for code in ("01", "02") for f in both("2021", "1", "", "", code, state="not_applicable")]
    ind = computed(dataset(tmp_path, facts=facts + both("2022", "1", 9, 9, "03"), units=units))
    assert one(ind, unit="03", period="2021").reason == "not applicable"


def test_a_successor_may_give_its_own_account_of_its_past_and_a_closed_unit_counts_nowhere(tmp_path: Path) -> None:
    units = [unit("1", "01", **ENDED, successor="02"), unit("1", "02", valid_from="2022")]
    facts = both("2021", "1", 3, 4, "01") + both("2021", "1", 2, 4, "02") + both("2022", "1", 4, 4, "02")
    facts += both("2022", "1", 7, 7, "01")
    ind = computed(dataset(tmp_path, facts=facts, units=units))
    assert one(ind, unit="02", period="2021").value == 50
    assert one(ind, unit="", period="2021").value == 75
    assert one(ind, unit="", period="2022").numerator == 4
    assert ind[(ind["unit"] == "01") & (ind["period"] == "2022")].empty


def test_the_units_of_a_county_that_was_dissolved_are_gone_with_it(tmp_path: Path) -> None:
    areas = [area("1", **ENDED, successor="2"), area("2")]
    facts = both("2021", "1", 3, 4, "01") + both("2022", "2", 3, 4, "01")
    ind = computed(dataset(tmp_path, facts=facts, areas=areas, units=[unit("1", "01"), unit("2", "01")]))
    assert set(ind[ind["period"] == "2022"]["area"]) == {"2"}


def units_of_two_counties(folder: Path, *facts: dict, **tables: list) -> pd.DataFrame:
    """Shares of units in two counties of the region 9: those reaching 90, and the lowest."""
    rows = [
        indicator("share", "a", "b"),
        indicator("meeting", "share >= 90", kind="units_meeting"),
        indicator("lowest", "share", kind="worst_unit"),
    ]
    tables = {"areas": [area("9"), area("1", parent="9"), area("2", parent="9")], "indicators": rows, **tables}
    tables.setdefault("units", [unit(code, name) for code in "12" for name in ("01", "02")])
    return computed(dataset(folder, meta={"region": "9"}, facts=list(facts), **tables))


def test_a_county_whose_units_did_not_report_is_missing_in_the_region(tmp_path: Path) -> None:
    facts = both("2024", "1", 19, 20, "01") + both("2024", "1", 9, 20, "02") + both("2024", "2", 3, 4)
    ind = units_of_two_counties(tmp_path, *facts)
    assert one(ind, area="1", indicator="meeting").value == 50
    assert one(ind, area="2", indicator="meeting").reason == "not reported"
    for name in ("meeting", "lowest"):
        assert one(ind, area="9", indicator=name).reason == "2 of 4 units reported"


def test_the_lowest_unit_of_a_region_is_the_lowest_of_its_counties(tmp_path: Path) -> None:
    shares = {("1", "01"): 19, ("1", "02"): 9, ("2", "01"): 7, ("2", "02"): 20}
    facts = [f for (code, name), share in shares.items() for f in both("2024", code, share, 20, name)]
    ind = units_of_two_counties(tmp_path, *facts)
    lowest = {code: one(ind, area=code, indicator="lowest").value for code in "129"}
    assert lowest == {"1": 45, "2": 35, "9": 35}


def test_the_lowest_of_counts_is_a_count(tmp_path: Path) -> None:
    rows = [indicator("stock", "a", kind="count", per="1"), indicator("least", "stock", kind="worst_unit", per="1")]
    facts = both("2024", "1", 5, 1, "01") + both("2024", "1", 3, 1, "02")
    ind = units_of_two_counties(
        tmp_path, *facts, indicators=rows, areas=[area("9"), area("1", parent="9")], units=UNITS[:2]
    )
    row = one(ind, area="1", indicator="least")
    assert (row.numerator, row.value) == (3, 3)
    assert np.isnan(row.denominator)


def test_units_that_a_bar_does_not_concern(tmp_path: Path) -> None:
    absent = [f for name in ("01", "02") for f in both("2024", "1", "", "", name, state="not_applicable")]
    nobody = [f for name in ("01", "02") for f in both("2024", "2", 0, 0, name)]
    ind = units_of_two_counties(tmp_path, *absent, *nobody)
    assert one(ind, area="1", indicator="meeting").reason == "not applicable"
    row = one(ind, area="2", indicator="meeting")
    assert (row.numerator, row.denominator, row.reason) == (0, 0, "denominator is zero")
    assert np.isnan(row.value)


def test_a_part_of_a_unit_is_not_a_unit_beside_it(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "01x", parent="01"), unit("1", "01y", parent="01"), unit("1", "02")]
    facts = both("2024", "1", 20, 20, "01x") + both("2024", "1", 0, 20, "01y") + both("2024", "1", 19, 20, "02")
    row = one(units_of_two_counties(tmp_path, *facts, units=units), area="1", indicator="meeting")
    assert (row.numerator, row.denominator) == (1, 2)


def test_after_a_merger_no_unit_is_waited_for_in_its_past(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "02", **ENDED, successor="04"), unit("1", "03", **ENDED, successor="04")]
    units.append(unit("1", "04", valid_from="2022"))
    facts = [f for name in ("01", "02", "03") for f in both("2021", "1", 19, 20, name)]
    facts += [fact("2021", "1", "c", 1, name) for name in ("01", "02")]  # of 03 it is not known
    rows = [indicator("share", "a", "b"), indicator("other", "c", "b")]
    rows += [indicator(f"meeting_{name}", f"{name} >= 90", kind="units_meeting") for name in ("share", "other")]
    items = [item(name) for name in "abc"]
    ind = computed(dataset(tmp_path, facts=facts, units=units, indicators=rows, items=items))
    assert one(ind, unit="", indicator="meeting_share").value == 100
    assert one(ind, unit="", indicator="meeting_other").reason == "2 of 3 units reported"


def test_a_bar_that_is_not_set_is_not_missed_by_everybody(tmp_path: Path) -> None:
    rows = [indicator("share", "a", "b"), indicator("meeting", "share >= parameter(bar)", kind="units_meeting")]
    bar = {"parameter": "bar", "valid_from": "2025", "area": "*", "value": 90, "source": "s", "mark": "general"}
    facts = both("2024", "1", 19, 20, "01") + both("2025", "1", 19, 20, "01")
    ind = computed(dataset(tmp_path, facts=facts, units=UNITS[:1], indicators=rows, parameters=[bar]))
    row = one(ind, unit="", period="2024", indicator="meeting")
    assert np.isnan(row.value)
    assert row.reason == "parameter bar is not set"
    assert one(ind, unit="", period="2025", indicator="meeting").value == 100


def test_empty_months_are_months_not_reported(tmp_path: Path) -> None:
    facts = [fact(f"2024-{m:02d}", "1", "a", "") for m in range(1, 13)] + [fact("2024", "1", "b", 4)]
    assert one(computed(dataset(tmp_path, facts=facts)), period="2024").reason == "not reported"
