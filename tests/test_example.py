"""The built-in example: reproducible to the byte, a valid data package, with the defects its card lists.

The numbers are read with the csv module and pandas alone, not with evaltools.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import frictionless
import pandas as pd
import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
EXAMPLE = DATA / "example"
COUNTIES = [f"9901{number:02d}" for number in range(1, 13)]
WRITTEN = [
    *(f"{name}.csv" for name in ("areas", "units", "claims", "targets", "adjustments", "samples", "breaks")),
    "datapackage.json",
    *(f"facts/{area}.csv" for area in COUNTIES),
]


@cache
def read(path: str) -> pd.DataFrame:
    return pd.read_csv(DATA / path, dtype=str, keep_default_na=False, encoding="utf-8")


@cache
def facts(area: str) -> pd.DataFrame:
    frame = read(f"example/facts/{area}.csv")
    return frame.assign(value=pd.to_numeric(frame["value"].where(frame["value"] != "")))


def value(period: str, area: str, unit: str, item: str, origin: str = "annual_return") -> float:
    rows = facts(area)
    keys = {"period": period, "unit": unit, "item": item, "origin": origin}
    for column, wanted in keys.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1, (area, keys)
    return float(rows["value"].iloc[0])


def yearly(area: str, item: str, year: str) -> pd.DataFrame:
    rows = facts(area)
    own = (rows["period"] == year) & (rows["item"] == item) & (rows["origin"] == "annual_return")
    return rows[own & (rows["unit"] != "")]


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a second run of the generator, under another hash seed."""
    folder = tmp_path_factory.mktemp("example")
    command = [sys.executable, str(EXAMPLE / "generate.py"), "--out", str(folder)]
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, check=True, env=environment, timeout=120)
    return folder


@pytest.mark.parametrize("name", WRITTEN)
def test_generator_rewrites_the_committed_bytes(rewritten: Path, name: str) -> None:
    assert (rewritten / name).read_bytes() == (EXAMPLE / name).read_bytes()


def test_generator_writes_exactly_the_data_files(rewritten: Path) -> None:
    written = {path.relative_to(rewritten).as_posix() for path in rewritten.rglob("*") if path.is_file()}
    assert written == set(WRITTEN)
    kept = {path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*.csv")}
    assert kept == {name for name in written if name.endswith(".csv")}


def test_files_have_line_feeds_only_and_stay_small() -> None:
    for name in WRITTEN:
        content = (EXAMPLE / name).read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert len(content) < 1_500_000, name


def test_frictionless_accepts_the_package() -> None:
    report = frictionless.validate(str(EXAMPLE / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])


def test_frictionless_reads_every_facts_file(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "example")
    last = tmp_path / "example" / "facts" / f"{COUNTIES[-1]}.csv"
    rows = last.read_text(encoding="utf-8").splitlines()
    rows[-1] = re.sub(r",\d+,,monthly_return$", ",many,,monthly_return", rows[-1])
    last.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    report = frictionless.validate(str(tmp_path / "example" / "datapackage.json"))
    assert [error[0] for error in report.flatten(["type"])] == ["type-error"]


def test_every_place_is_said_to_be_invented() -> None:
    package = json.loads((EXAMPLE / "datapackage.json").read_text(encoding="utf-8"))
    own = package["evaltools"]
    assert own["synthetic"] is True
    assert "虚构" in own["notice_zh"]
    assert "ictitious" in own["notice_en"]
    areas = read("example/areas.csv").set_index("area")
    assert "虚构" in areas.loc["990100", "name_zh"]
    assert "fictitious" in areas.loc["990100", "name_en"]
    assert list(areas.index) == ["990100", *COUNTIES]
    assert set(areas.loc[COUNTIES, "parent"]) == {"990100"}
    # no county or prefecture of China has a code that begins with 99
    assert all(re.match(own["code_pattern"], code) and code.startswith("99") for code in areas.index)


def test_scope_is_what_the_card_promises() -> None:
    indicators = read("catalogue/indicators.csv")
    package = json.loads((EXAMPLE / "datapackage.json").read_text(encoding="utf-8"))
    reported = set(package["evaltools"]["indicators"])
    assert reported <= set(indicators["indicator"])
    by_unit, monthly = set(), set()
    years = [str(year) for year in range(2019, 2025)]
    frame = facts("990101")
    for row in indicators[indicators["indicator"].isin(reported)].itertuples():
        text = re.sub(r"parameter\(\w+\)|prior\(\w+\)", "", f"{row.numerator} {row.denominator}")
        items = set(re.findall(r"[a-z_][a-z0-9_]*", text))
        units = frame[(frame["unit"] != "") & frame["item"].isin(items)]
        if all(set(units.loc[units["period"] == year, "item"]) == items for year in years):
            by_unit.add(row.indicator)
        months = frame[frame["period"].str.fullmatch(r"202[34]-\d{2}") & frame["item"].isin(items)]
        if items and months.groupby("item").size().reindex(sorted(items)).eq(24).all():
            monthly.add(row.indicator)
    assert len(by_unit) >= 60
    assert len(monthly) >= 25


@pytest.mark.parametrize("area", COUNTIES)
def test_counts_are_whole_and_no_key_is_repeated(area: str) -> None:
    frame = facts(area)
    given = frame["value"].dropna()
    assert (given >= 0).all()
    assert (given == given.round()).all()
    assert not frame.duplicated(["period", "area", "unit", "item", "origin"]).any()
    assert set(frame["area"]) == {area}
    assert set(frame["item"]) <= set(read("catalogue/items.csv")["item"])


def month_and_year() -> Iterator[tuple[str, str, str, float, float]]:
    """Yield area, year, item, what the months say and what the institutions of the year say."""
    over_time = read("catalogue/items.csv").set_index("item")["over_time"]
    for area in COUNTIES:
        frame = facts(area)
        months = frame[frame["origin"] == "monthly_return"]
        for (year, item), rows in months.groupby([months["period"].str[:4], "item"]):
            assert list(rows["period"].str[5:]) == [f"{month:02d}" for month in range(1, 13)]
            rule = over_time[item]
            assert rule in ("sum", "last"), item
            of_months = rows["value"].sum() if rule == "sum" else rows["value"].iloc[-1]
            yield area, year, item, of_months, yearly(area, item, year)["value"].sum()


def test_months_add_up_to_the_year() -> None:
    compared = pd.DataFrame(month_and_year(), columns=["area", "year", "item", "months", "units"])
    assert len(compared) > 800
    apart = compared[compared["months"] != compared["units"]]
    # the silent township is in the county's monthly returns, but sent no annual return
    silent = (apart["area"] == "990107") & (apart["year"] == "2024")
    assert (apart.loc[silent, "months"] >= apart.loc[silent, "units"]).all()
    others = [tuple(row) for row in apart.loc[~silent, ["area", "year", "item"]].to_numpy()]
    assert others == [("990106", "2023", "patrols_done")]
    planted = apart[~silent].iloc[0]
    assert planted["months"] - planted["units"] == 100


def test_relations_hold_outside_the_planted_defects() -> None:
    """The subset and sum relations of the catalogue, recomputed here for plain `a <= b` and `a + b == c`."""
    sums = [
        (check.check, left.split(" + "), sign, right)
        for check in read("catalogue/checks.csv").itertuples()
        for left, sign, right in [re.split(r"\s*(<=|==|>=|!=)\s*", check.expression)]
        if re.fullmatch(r"[a-z0-9_+ ]+", left) and re.fullmatch(r"[a-z0-9_]+", right)
    ]
    assert len(sums) > 80
    broken = set()
    for area in COUNTIES:
        rows = facts(area).query("origin != 'mental_health_system'")
        wide = rows.pivot(index=["period", "unit"], columns="item", values="value")
        for name, parts, sign, right in sums:
            if not {*parts, right} <= set(wide.columns):
                continue
            total, whole = wide[parts].sum(axis=1, skipna=False), wide[right]
            bad = total > whole if sign == "<=" else total.sub(whole).abs() > 0
            broken |= {(name, area, *place) for place in wide.index[bad]}
    assert broken == {
        ("residents_by_sex", "990105", "2024", "07"),
        ("inpatient_payers_sum_to_cost", "990109", "2024", ""),
        ("records_within_residents", "990103", "2024", "04"),
        ("dtp3_within_due", "990108", "2023", "02"),
    }


def test_county_total_beside_its_units() -> None:
    parts = yearly("990102", "paid_contracted_residents", "2024")["value"]
    assert len(parts) == 12
    assert value("2024", "990102", "", "paid_contracted_residents") == parts.sum() + 1000


def test_one_quantity_in_two_returns() -> None:
    other = pd.concat(facts(area).query("origin == 'mental_health_system'") for area in COUNTIES)
    counted = [value(row.period, row.area, row.unit, row.item) for row in other.itertuples()]
    apart = other[other["value"] != counted]
    assert len(other) > 100
    assert apart[["period", "area", "unit", "item"]].to_numpy().tolist() == [["2024", "990106", "03", "smd_registered"]]


def test_merged_townships() -> None:
    units = read("example/units.csv").query("area == '990104'").set_index("unit")
    for unit in ("05", "06"):
        assert tuple(units.loc[unit, ["valid_to", "successor"]]) == ("2022", "13")
        assert set(facts("990104").query("unit == @unit")["period"]) == {"2019", "2020", "2021", "2022"}
    assert units.loc["13", "valid_from"] == "2023"
    assert set(facts("990104").query("unit == '13'")["period"]) == {"2023", "2024"}
    before = sum(value("2022", "990104", unit, "residents") for unit in ("05", "06"))
    assert value("2023", "990104", "13", "residents") == pytest.approx(before, rel=0.05)
    assert set(read("example/units.csv").query("area != '990104'")["successor"]) == {""}


def test_silent_township_and_township_without_tuberculosis() -> None:
    silent = facts("990107").query("unit == '09'")
    assert sorted(silent["period"].unique()) == ["2019", "2020", "2021", "2022", "2023"]
    absent = pd.concat(facts(area).query("state == 'not_applicable'") for area in COUNTIES)
    assert {tuple(row) for row in absent[["period", "area", "unit"]].to_numpy()} == {("2024", "990110", "05")}
    assert set(absent["item"]) == {
        "tb_notified",
        "tb_managed",
        "tb_treatment_completed",
        "tb_regularly_medicated",
        "contracted_tb_patients",
    }
    assert absent["value"].isna().all()
    missing = pd.concat(facts(area).query("state == 'missing'") for area in COUNTIES)
    assert missing[["period", "area", "unit", "item"]].to_numpy().tolist() == [
        ["2024", "990111", "02", "smd_regularly_medicated"]
    ]


def test_outlier_is_a_digit_too_many() -> None:
    usual = [value(str(year), "990112", "08", "printed_material_copies") for year in range(2019, 2024)]
    wild = value("2024", "990112", "08", "printed_material_copies")
    assert wild % 10 == 0
    assert 0.6 * min(usual) < wild / 10 < 1.6 * max(usual)


def test_rates_above_100_percent() -> None:
    assert value("2024", "990103", "04", "health_records_established") > value("2024", "990103", "04", "residents")
    assert value("2023", "990108", "02", "dtp3_vaccinated") > value("2023", "990108", "02", "dtp3_due")


def test_definition_changed_with_both_reported_in_the_bridging_year() -> None:
    new, old = "elderly_standardised_managed", "elderly_managed"
    for area in COUNTIES:
        years = facts(area).query("origin == 'annual_return' and unit != ''")
        assert set(years.query("item == @new")["period"]) == {"2022", "2023", "2024"}
        assert {"2019", "2020", "2021", "2022"} <= set(years.query("item == @old")["period"])
    definitions = read("catalogue/indicators.csv").query("indicator == 'elderly_health_management_rate'")
    assert list(definitions["numerator"]) == [old, new]
    breaks = read("example/breaks.csv").set_index("kind")
    assert tuple(breaks.loc["definition", ["from", "indicator"]]) == ("2022", "elderly_health_management_rate")
    assert tuple(breaks.loc["disturbance", ["from", "to"]]) == ("2020", "2020")


@pytest.mark.parametrize(
    "numerator, denominator",
    [
        ("elderly_managed", "residents_65_over"),
        ("hypertension_standardised_managed", "managed_hypertension_patients"),
        ("dtp3_vaccinated", "dtp3_due"),
        ("lectures_held", "lectures_due"),
    ],
)
def test_2020_dips_below_its_neighbours(numerator: str, denominator: str) -> None:
    rates = {
        year: sum(yearly(area, numerator, year)["value"].sum() for area in COUNTIES)
        / sum(yearly(area, denominator, year)["value"].sum() for area in COUNTIES)
        for year in ("2019", "2020", "2021")
    }
    assert rates["2020"] < min(rates["2019"], rates["2021"]) - 0.01


def test_there_are_counts_below_ten() -> None:
    small = [area for area in COUNTIES if yearly(area, "tb_notified", "2024")["value"].between(1, 9).any()]
    assert len(small) >= 6


def claim(area: str, indicator: str, measure: str) -> pd.Series:
    claims = read("example/claims.csv")
    own = (claims["area"] == area) & (claims["indicator"] == indicator) & (claims["measure"] == measure)
    assert own.sum() == 1
    return claims[own].iloc[0]


def test_most_claims_agree_with_their_own_figures() -> None:
    claims = read("example/claims.csv").query("measure == 'level' and numerator != ''")
    reported, numerator, denominator = (claims[c].astype(float) for c in ("reported", "numerator", "denominator"))
    wrong = claims[(reported - numerator / denominator * 100).abs() > 0.005 + 1e-9]
    assert len(claims) >= 100
    assert {tuple(row) for row in wrong[["area", "indicator"]].to_numpy()} == {
        ("990103", "health_record_coverage"),
        ("990107", "infectious_disease_report_rate"),
    }


@pytest.mark.parametrize(
    "area, indicator, numerator, denominator",
    [
        ("990103", "elderly_health_management_rate", "elderly_standardised_managed", "residents_65_over"),
        (
            "990110",
            "hypertension_standardised_management_rate",
            "hypertension_standardised_managed",
            "managed_hypertension_patients",
        ),
    ],
)
def test_percent_that_is_percentage_points(area: str, indicator: str, numerator: str, denominator: str) -> None:
    now, before = (
        yearly(area, numerator, year)["value"].sum() / yearly(area, denominator, year)["value"].sum() * 100
        for year in ("2024", "2023")
    )
    row = claim(area, indicator, "change_percent")
    assert float(row["reported"]) == pytest.approx(now - before, abs=0.005)
    assert abs(float(row["reported"]) - (now / before - 1) * 100) > 0.1
    assert row["text"].endswith(f"提高{row['reported']}%。")


def test_rate_that_no_whole_number_gives() -> None:
    row = claim("990108", "endemic_task_completion_rate", "level")
    due = int(row["denominator"])
    assert all(abs(count / due * 100 - float(row["reported"])) > 0.005 for count in range(due + 1))


def test_adjustments_start_from_the_value_as_it_stood() -> None:
    standing: dict[tuple[str, ...], float] = {}
    ledger = read("example/adjustments.csv")
    for row in ledger.to_dict("records"):
        key = (row["period"], row["area"], row["unit"], row["item"])
        assert float(row["from"]) == standing.get(key, value(*key))
        assert float(row["to"]) != float(row["from"])
        assert row["reason"] and row["evidence"]
        standing[key] = float(row["to"])
    assert set(ledger["stage"]) == {"verified", "appeal", "correction"}
    chained = ledger.groupby(["area", "unit", "item"])["stage"].agg(list).tolist()
    assert ["verified", "appeal"] in chained


def test_targets_of_the_last_year() -> None:
    targets = read("example/targets.csv").query("period == '2024'")
    assert targets["indicator"].nunique() >= 40
    assert set(targets["indicator"]) <= set(read("catalogue/indicators.csv")["indicator"])
    assert set(targets["kind"]) == {"absolute", "improve"}
    counts = targets.query("indicator == 'managed_hypertension_count'")
    assert set(counts["area"]) == set(COUNTIES)
    assert (targets["source"] != "").all()
    assert set(targets["mark"]) == {"verified", "general"}
