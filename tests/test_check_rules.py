"""Single rules of the check: totals, completeness, outlying values, questions, structure, and how all are listed."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evaltools as ev
from evaltools import desk_signs, fact_cells, possible_rates, quality
from evaltools.desk_signs import digit_test
from evaltools.findings import MOST, Findings
from evaltools.outlying_values import modified_z, z_score
from evaltools.problems import COLUMNS, LISTED

pytestmark = pytest.mark.slow

ITEMS = [item(name) for name in "abcdefgh"]
UNITS = [unit("1", f"{n:02d}") for n in range(1, 10)]
YEARS = [str(year) for year in range(2019, 2025)]


def load(folder: Path, **tables: list) -> ev.datasets.Data:  # type: ignore[name-defined]
    meta = tables.pop("meta", None)
    return ev.load(str(dataset(folder, meta, **{"items": ITEMS, **tables})))


def found(folder: Path, **tables: list) -> pd.DataFrame:
    return ev.check(load(folder, **tables))


def told(frame: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    return [(row.rule, row.level, row.period, row.unit or row.area) for row in frame.itertuples()]


# --- methods, against other implementations ---------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(arrays(float, (4, 7), elements=st.one_of(st.integers(0, 1000).map(float), st.just(np.nan))))
def test_medians_and_modified_z_are_those_of_scipy(matrix: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        for row, middle, score in zip(matrix, fact_cells.median(matrix), modified_z(matrix), strict=True):
            known = row[~np.isnan(row)]
            if not len(known):
                assert np.isnan(middle)
                continue
            assert middle == np.median(known)
            spread = scipy.stats.median_abs_deviation(known, scale="normal")
            if spread > 0:  # the published constant has four digits
                np.testing.assert_allclose(score, (row - middle) / spread, rtol=1e-4)


@settings(max_examples=50, deadline=None)
@given(arrays(float, (4, 6), elements=st.one_of(st.integers(0, 1000).map(float), st.just(np.nan))))
def test_z_scores_are_those_of_scipy(matrix: np.ndarray) -> None:
    for row, score in zip(matrix, z_score(matrix), strict=True):
        known = row[~np.isnan(row)]
        if len(set(known)) > 1:
            np.testing.assert_allclose(score, scipy.stats.zscore(row, ddof=1, nan_policy="omit"), atol=1e-9)
            assert np.nanmax(np.abs(score)) <= (len(known) - 1) / len(known) ** 0.5 + 1e-9  # Shiffler 1988
        else:
            assert (score[~np.isnan(row)] == 0).all()


def test_last_digits_are_tested_as_scipy_does() -> None:
    table = np.random.default_rng(0).integers(20, 90, (5, 10)).astype(float)
    expected = [scipy.stats.chisquare(row).pvalue for row in table]
    np.testing.assert_allclose(digit_test(table), expected, rtol=1e-10)


@pytest.mark.parametrize("module", [possible_rates, quality])
def test_examples_of_docstrings_run(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert (failed, tried > 3) == (0, True)


# --- totals and completeness ------------------------------------------------------------------------------------------


def test_a_parent_is_held_against_its_areas(tmp_path: Path) -> None:
    areas = [area("10"), area("11", parent="10"), area("12", parent="10")]
    units = [unit("12", "01"), unit("12", "02")]
    facts = [fact("2024", code, "a", value) for code, value in (("10", 100), ("11", 60))]
    facts += [fact("2024", "12", "a", value, code) for code, value in (("01", 30), ("02", 11))]
    (row,) = found(tmp_path / "a", areas=areas, units=units, facts=facts).to_dict("records")
    assert (row["rule"], row["level"], row["area"], row["evidence"]) == ("children_total", "error", "10", "100 ≠ 101")
    assert row["where"] == "facts.csv row 2"
    # one that did not report: nothing can be said
    assert found(tmp_path / "b", areas=areas, units=units, facts=facts[:-1])["rule"].tolist() == ["silent_unit"]


def test_single_items_that_the_others_reported(tmp_path: Path) -> None:
    sizes = {"a": 50, "b": 90, "c": 70}
    facts = [fact("2024", "1", name, size + n, f"{n:02d}") for n in range(1, 10) for name, size in sizes.items()]
    facts = [row for row in facts if (row["unit"], row["item"]) not in (("03", "b"), ("03", "c"))]
    (row,) = found(tmp_path / "a", facts=facts, units=UNITS).to_dict("records")
    assert (row["rule"], row["unit"], row["evidence"]) == ("missing_items", "03", "2")
    # three of nine have it: it is not every unit's
    few = [*facts, *(fact("2024", "1", "d", 9, f"{n:02d}") for n in (1, 2, 3))]
    assert len(found(tmp_path / "b", facts=few, units=UNITS)) == 1
    # another kind of institution, and one that says not applicable
    kinds = [{**row, "kind": "clinic"} if row["unit"] == "03" else row for row in UNITS]
    assert found(tmp_path / "c", facts=facts, units=kinds).empty
    said = [fact("2024", "1", name, "", "03", state="not_applicable") for name in "bc"]
    assert found(tmp_path / "d", facts=[*facts, *said], units=UNITS).empty


def test_a_unit_merged_in_mid_year_is_neither_silent_nor_in_the_way_of_the_total(tmp_path: Path) -> None:
    merged = [{**row, "valid_to": "2024", "successor": "01"} if row["unit"] == "09" else row for row in UNITS]
    facts = [fact("2024", "1", "c", 100 + n, f"{n:02d}") for n in range(1, 9)]
    total = sum(int(str(row["value"])) for row in facts)
    assert found(tmp_path / "a", facts=[*facts, fact("2024", "1", "c", total)], units=merged).empty
    wrong = [*facts, fact("2024", "1", "c", total + 109)]
    assert told(found(tmp_path / "b", facts=wrong, units=merged)) == [("units_total", "error", "2024", "1")]
    # it counts itself in, if it did report
    partly = [*wrong, fact("2024", "1", "c", 109, "09")]
    assert found(tmp_path / "c", facts=partly, units=merged).empty
    assert "silent_unit" in set(found(tmp_path / "d", facts=facts, units=UNITS)["rule"])


def test_blank_everywhere_is_nobody_s_omission(tmp_path: Path) -> None:
    facts = [fact("2024", code, "a", 5) for code in "123"] + [fact("2024", code, "b", "") for code in "123"]
    assert found(tmp_path, facts=facts).empty


def test_a_value_rounded_to_wan_is_no_contradiction(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "c", 332700, origin="one"), fact("2024", "1", "c", 332684, origin="two")]
    facts += [fact("2024", "1", "d", 14100, origin="one"), fact("2024", "1", "d", 13576, origin="two")]
    result = found(tmp_path, facts=facts, meta={"origins": ["one", "two"]})
    assert list(zip(result["rule"], result["level"], result["subject"], strict=True)) == [
        ("origins_differ", "warning", "d"),
        ("origins_rounded", "note", "c"),
    ]


# --- outlying values --------------------------------------------------------------------------------------------------


def test_yuan_for_ten_thousand_yuan(tmp_path: Path) -> None:
    series = dict(zip(YEARS, (3.1, 3.3, 3.2, 3.4, 34000, 3.3), strict=True))
    facts = [fact(year, "1", "a", value) for year, value in series.items()]
    result = found(tmp_path / "a", facts=facts)
    (row,) = result[result["rule"] == "outlier"].to_dict("records")
    assert row["period"] == "2023"
    assert "ten thousands" in row["likely"]
    # a first return: only the other units tell
    first = [fact("2024", "1", "a", 400 + n * (1 if n != 4 else 10_000), f"{n:02d}") for n in range(1, 10)]
    first[3]["value"] = 4_040_000  # type: ignore[index]
    (row,) = found(tmp_path / "b", facts=first, units=UNITS).to_dict("records")
    assert (row["rule"], row["unit"]) == ("outlier", "04")


def test_a_month_far_from_the_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    months = {f"{year}-{month:02d}": int(rng.integers(95, 106)) for year in (2023, 2024) for month in range(1, 13)}
    facts = [fact(period, "1", "a", value) for period, value in months.items()]
    assert found(tmp_path / "a", facts=facts).empty
    facts[7]["value"] = 1030  # type: ignore[index]
    assert told(found(tmp_path / "b", facts=facts)) == [("month_outlier", "warning", "2023-08", "1")]


def test_a_year_far_from_the_three_before(tmp_path: Path) -> None:
    def of(last: int) -> list[dict]:
        return [fact(year, "1", "a", value) for year, value in zip(YEARS[2:], (300, 310, 290, last), strict=True)]

    assert told(found(tmp_path / "a", facts=of(402))) == [("year_against_mean", "note", "2024", "1")]
    assert found(tmp_path / "b", facts=of(398)).empty


def test_cut_offs_are_parameters_of_the_dataset(tmp_path: Path) -> None:
    facts = [fact(year, "1", "a", value) for year, value in zip(YEARS[2:], (300, 310, 290, 402), strict=True)]
    loose = [{"parameter": "quality_mean_share", "area": "*", "value": 0.5, "source": "own", "mark": "general"}]
    assert found(tmp_path, facts=facts, parameters=loose).empty


def test_a_unit_with_another_ratio_than_the_rest(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "b", 1000 + n, f"{n:02d}") for n in range(1, 10)]
    facts += [fact("2024", "1", "a", 800 + n * 3 - 600 * (n == 5), f"{n:02d}") for n in range(1, 10)]
    assert told(found(tmp_path, facts=facts, units=UNITS)) == [("pair_differs", "note", "2024", "05")]


# --- questions --------------------------------------------------------------------------------------------------------


def test_five_cases_instead_of_two_are_chance(tmp_path: Path) -> None:
    parts = {"03": 5, "05": 3, "06": 1}
    facts = [fact("2024", "1", "a", parts.get(row["unit"], 2), str(row["unit"])) for row in UNITS]
    facts += [fact("2024", "1", "b", 250 + n, f"{n:02d}") for n in range(1, 10)]
    assert found(tmp_path / "a", facts=facts, units=UNITS).empty
    # the same share of ten times as many people is not
    tens = [{**row, "value": 10 * int(str(row["value"]))} for row in facts]
    assert ("pair_differs", "note", "2024", "03") in told(found(tmp_path / "b", facts=tens, units=UNITS))


def test_an_outlier_says_beside_what_and_asks_what_fits(tmp_path: Path) -> None:
    def said(name: str, numbers: list[int]) -> str:
        facts = [fact(year, "1", "a", value) for year, value in zip(YEARS, numbers, strict=False)]
        result = found(tmp_path / name, facts=facts)
        return " ".join(result.loc[result["rule"] == "outlier", "sentence_zh"])

    assert "是否多写或少写了一位数？" in said("a", [410, 421, 430, 425, 4300])
    assert "变化是否属实？" in said("b", [410, 421, 430, 425, 2600])
    assert said("c", [410, 421, 430, 425, 1300]) == ""
    units = [fact("2024", "1", "a", value, f"{n:02d}") for n, value in enumerate([52, 49, 55, 51, 530_000], 1)]
    result = found(tmp_path / "d", facts=units, units=UNITS[:5])
    sentence = result.loc[result["rule"] == "outlier", "sentence_zh"].iloc[0]
    assert "同地区其他机构一般为" in sentence
    assert "计量单位" in sentence


@pytest.mark.parametrize("numbers", [[440] * 4, [431, 440, 425], [0, 0, 0, 0, 3], [500, 500, 500, 500, 530]])
def test_short_and_constant_series_hold_no_outlier(tmp_path: Path, numbers: list[int]) -> None:
    facts = [fact(year, "1", "b", value) for year, value in zip(YEARS, numbers, strict=False)]
    policy = [item("a"), item("b", family="population")]  # no question about the same number
    assert "outlier" not in set(found(tmp_path, facts=facts, items=policy)["rule"])


def test_an_account_of_a_predecessor_s_years_owes_nothing(tmp_path: Path) -> None:
    areas = [area("10"), *(area(code, parent="10") for code in ("11", "12", "13", "14")), area("15", parent="10")]
    areas = [{**row, "valid_from": "2023" if row["area"] == "15" else ""} for row in areas]
    facts = [
        fact(year, str(row["area"]), name, 50)
        for year in ("2019", "2023")
        for row in areas[1:]
        for name in "ac"
        if (year, row["area"], name) != ("2019", "15", "c")
    ]
    assert "missing_items" not in set(found(tmp_path / "a", areas=areas, facts=facts)["rule"])
    facts = [row for row in facts if (row["period"], row["area"], row["item"]) != ("2023", "15", "c")]
    assert ("missing_items", "warning", "2023", "15") in told(found(tmp_path / "b", areas=areas, facts=facts))


def test_all_at_100_in_several_years_is_asked_once(tmp_path: Path) -> None:
    facts = [
        fact(year, "1", name, 50 + n * n + int(year[3]), f"{n:02d}")
        for year in ("2022", "2023", "2024")
        for n in range(1, 10)
        for name in "ab"
    ]
    result = found(tmp_path, facts=facts, units=UNITS)
    (row,) = result[result["rule"] == "all_at_100"].to_dict("records")
    assert row["period"] == "2024"
    assert "（2022年、2023年也是如此）" in row["sentence_zh"]


def test_everybody_at_100_percent(tmp_path: Path) -> None:
    facts = [fact("2024", "1", name, 50 + n * n, f"{n:02d}") for n in range(1, 10) for name in "ab"]
    result = found(tmp_path / "a", facts=facts, units=UNITS)
    assert told(result) == [("all_at_100", "note", "2024", "1")]
    assert result["where"].iloc[0].count(";") == 8
    assert "？" in result["sentence_zh"].iloc[0]
    facts[0]["value"] = 49  # type: ignore[index]
    assert found(tmp_path / "b", facts=facts, units=UNITS).empty


def test_the_same_three_years_running(tmp_path: Path) -> None:
    values = {"2021": 431, "2022": 440, "2023": 440, "2024": 440}
    facts = [fact(year, "1", "a", value) for year, value in values.items()]
    assert told(found(tmp_path / "a", facts=facts)) == [("same_for_years", "note", "2024", "1")]
    facts[1]["value"] = 439  # type: ignore[index]
    assert found(tmp_path / "b", facts=facts).empty
    policy = [item("a", family="population"), *ITEMS[1:]]
    facts[1]["value"] = 440  # type: ignore[index]
    assert found(tmp_path / "c", facts=facts, items=policy).empty


def recounted(seed: int, size: int, noise: float, units: int = 9) -> list[dict[str, object]]:
    """Return honest counts of eight items, of about that size, recounted every year."""
    rng = np.random.default_rng(seed)
    middle = {(u, name): rng.uniform(0.7, 1.5) * size for u in range(1, units + 1) for name in "abcdefgh"}
    return [
        dict(fact(year, "1", name, round(middle[u, name] * rng.normal(1, noise)), f"{u:02d}"))
        for year in YEARS
        for u in range(1, units + 1)
        for name in "abcdefgh"
    ]


@pytest.mark.parametrize("seed", range(3))
def test_counts_that_hardly_change_repeat_by_chance(tmp_path: Path, seed: int) -> None:
    units = [unit("1", f"{n:02d}") for n in range(1, 61)]
    facts = recounted(seed, 300, 0.005, len(units))
    values = pd.DataFrame(facts).pivot(index=["unit", "item"], columns="period", values="value").to_numpy()
    running = (values[:, 2:] == values[:, 1:-1]) & (values[:, 1:-1] == values[:, :-2])
    assert running.sum() > 10  # an honest count that is the same three years running is nothing rare
    data = load(tmp_path, facts=facts, units=units, indicators=[indicator("n", "a", kind="count", per="1")])
    assert "same_for_years" not in set(ev.check(data)["rule"])


def test_one_unit_that_copied_its_last_return_is_asked_among_honest_ones(tmp_path: Path) -> None:
    facts = recounted(5, 900, 0.03)
    of_2022 = {(row["unit"], row["item"]): row["value"] for row in facts if row["period"] == "2022"}
    for row in facts:
        if row["unit"] == "04" and row["item"] in "cde" and row["period"] > "2022":  # type: ignore[operator]
            row["value"] = of_2022["04", row["item"]]
    data = load(tmp_path, facts=facts, units=UNITS, indicators=[indicator("n", "a", kind="count", per="1")])
    result = ev.check(data)
    (row,) = result[result["rule"] == "same_for_years"].to_dict("records")
    assert (row["unit"], row["period"], row["where"].count("; ")) == ("04", "2024", 2)


def test_last_digits_that_chance_does_not_give(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    numbers = rng.integers(1000, 9999, (2, 9, 6, 6))
    numbers[1] = np.where(rng.random(numbers[1].shape) < 0.3, numbers[1] // 10 * 10, numbers[1])
    facts = [
        fact(year, str(at + 1), name, int(numbers[at, n, y, i]), f"{n:02d}")
        for at in range(2)
        for n in range(9)
        for y, year in enumerate(YEARS)
        for i, name in enumerate("abcdef")
    ]
    units = [unit(code, f"{n:02d}") for code in "12" for n in range(9)]
    least = [{"parameter": "quality_digits_least", "area": "*", "value": 300, "source": "own", "mark": "general"}]
    data = load(tmp_path, facts=facts, units=units, parameters=least)
    counted = fact_cells.Counted.of(data)
    result = desk_signs.last_digits(data, counted, lambda every: pd.DataFrame())
    assert result["area"].tolist() == ["2"]
    assert "末位为0" in result["sentence_zh"].iloc[0]
    assert (result["level"] == "note").all()


def test_what_verification_confirmed(tmp_path: Path) -> None:
    facts = [fact("2024", "1", name, 1000) for name in "ab"]
    of = {"period": "2024", "area": "1", "from": 1000, "stage": "verified", "reason": "核查", "date": "2025-02-01"}
    ledger = [
        {**of, "item": "a", "to": 700, "evidence": "现场核查记录第7号：抽查30份档案，21份符合规范"},
        {**of, "item": "b", "to": 950, "evidence": "抽查20份，19份完整"},
    ]
    (row,) = found(tmp_path, facts=facts, adjustments=ledger).to_dict("records")
    assert (row["rule"], row["subject"]) == ("verified_below", "a")
    low, high = (f"{x * 100:.1f}" for x in scipy.stats.binomtest(21, 30).proportion_ci(method="wilson"))
    assert f"21/30 ({low}%–{high}%)" in row["evidence"]


# --- structure --------------------------------------------------------------------------------------------------------


def test_years_that_are_missing_or_mistyped(tmp_path: Path) -> None:
    facts = [fact(year, "1", "a", 100 + n) for n, year in enumerate(("2020", "2021", "2023"))]
    facts += [fact(year, "2", "a", 100) for year in ("2022", "2023")]
    result = found(tmp_path, facts=facts)
    assert told(result) == [("missing_years", "warning", "2022", "1")]


def test_a_period_that_has_not_begun(tmp_path: Path) -> None:
    data = load(tmp_path, facts=[fact("2024", "1", "a", 5), fact("2042", "1", "a", 5)])
    assert "future_period" not in set(ev.check(data)["rule"])
    result = ev.check(data, today=date(2024, 3, 1))
    assert told(result[result["rule"] == "future_period"]) == [("future_period", "error", "2042", "1")]


def test_an_adjustment_before_the_period_ended(tmp_path: Path) -> None:
    ledger = [{"period": "2024", "area": "1", "item": "a", "from": 5, "to": 5, "stage": "correction", "reason": "r"}]
    facts = [fact("2024", "1", "a", 5)]
    early = found(tmp_path / "a", facts=facts, adjustments=[{**ledger[0], "date": "2024-11-30"}])
    assert told(early) == [("adjusted_early", "warning", "2024", "1")]
    assert found(tmp_path / "b", facts=facts, adjustments=[{**ledger[0], "date": "2024-12-31"}]).empty


def test_codes_that_do_not_begin_as_their_parent_s(tmp_path: Path) -> None:
    areas = [area("110000"), area("110100", parent="110000"), area("110105", parent="110100")]
    areas += [area("119971", parent="110100"), area("E12", parent="110100")]
    facts = [fact("2024", row["area"], "a", 5) for row in areas[2:]]
    result = found(tmp_path, areas=areas, facts=facts)
    assert told(result) == [("code_prefix", "note", "", "119971")]


# --- how findings are listed ------------------------------------------------------------------------------------------


def test_what_most_hangs_on_comes_first(tmp_path: Path) -> None:
    indicators = [indicator(f"rate_{n}", "b", "c", per=per) for n, per in enumerate(("100", "1000", "10000"))]
    indicators += [indicator("alone", "d", "c")]
    facts = [fact(period, "1", name, value) for period, value in (("2023", 5), ("2024", 6)) for name in "bcd"]
    facts += [fact("2024", "1", name, 7, origin="other") for name in "db"]
    facts += [fact("2024", "1", "c", 7, origin="other")]
    result = found(tmp_path, facts=facts, indicators=indicators, meta={"origins": ["", "other"]})
    assert result.loc[result["rule"] == "origins_differ", "subject"].tolist() == ["c", "b", "d"]


def test_a_rule_of_one_s_own(tmp_path: Path) -> None:
    def few(data: ev.datasets.Data, counted: quality.Counted, ind: object) -> pd.DataFrame:  # type: ignore[name-defined]
        mine = Findings(data)
        for row in counted.facts[counted.facts["value"] < 3].itertuples():
            words = {"sentence_zh": "太少", "sentence_en": "few"}
            mine.add(rule="few", level="error", period=row.period, area=row.area, where=row.source, **words)
        return mine.frame()

    data = load(tmp_path, facts=[fact("2024", "1", "a", 2), fact("2024", "1", "b", 9)])
    result = ev.check(data, also=[few])
    assert list(result) == COLUMNS
    assert told(result) == [("few", "error", "2024", "1")]
    assert ev.check(data).empty


def test_what_is_not_listed_is_counted(tmp_path: Path) -> None:
    mine = Findings(load(tmp_path, facts=[fact("2024", "1", "a", 2)]))
    texts = {"value": "1", "usual": "2", "others": "3", "question": "?"}
    for file in range(MOST // LISTED + 2):
        for _ in range(LISTED + 5):
            mine.find("outlier", "warning", ("2024", "1", ""), ("item", "a"), f"{file}.csv row 2", **texts)
    frame = mine.frame()
    listed = frame[frame["subject"] == "a"]
    assert len(listed) == MOST
    counted = frame[frame["subject"] == ""]
    assert counted["where"].tolist() == [f"{file}.csv" for file in range(MOST // LISTED + 2)]
    unsaid = counted["sentence_en"].str.extract(r"(\d+)")[0].astype(int)
    assert len(listed) + unsaid.sum() == (MOST // LISTED + 2) * (LISTED + 5)


def test_a_dataset_without_facts_or_places_has_nothing_to_find(tmp_path: Path) -> None:
    data = load(tmp_path, facts=[fact("2024", "1", "a", 2)])
    nothing = replace(data, facts=data.facts.iloc[:0])
    assert ev.check(nothing).empty
    assert ev.check(replace(nothing, areas=data.areas.iloc[:0], catalogue=data.catalogue.iloc[:0])).empty
