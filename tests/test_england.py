"""The real dataset: valid as a data package, and what it gives is what was published."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frictionless import validate

from evaltools import rates
from evaltools.datasets import load
from evaltools.measures import indicators

HERE = Path(__file__).parent
ENGLAND = HERE.parent / "data" / "england"
COUNTRY = "E92000001"
KEY = ["period", "area", "indicator"]


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """What Fingertips published, as text: period, area, indicator, count, denominator, value, lower, upper."""
    return read(HERE / "reference" / "england_published.csv")


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return pd.concat([read(path) for path in sorted(ENGLAND.glob("facts/*.csv"))], ignore_index=True)


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    return read(ENGLAND / "catalogue" / "indicators.csv")


@pytest.fixture(scope="module")
def recomputed(facts: pd.DataFrame, catalogue: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """The published rows that have a count and a denominator here, with value and limits of our own."""
    cells = facts.set_index(["period", "area", "item"])["value"]
    rows = published.merge(catalogue[["indicator", "kind", "numerator", "denominator", "per"]], on="indicator")
    for side in ("numerator", "denominator"):
        name = "denominator_y" if side == "denominator" else side
        at = pd.MultiIndex.from_frame(rows[["period", "area", name]])
        rows[f"our_{side}"] = pd.to_numeric(cells.reindex(at).replace("", np.nan)).to_numpy()
    rows = rows[rows["our_numerator"].notna() & rows["our_denominator"].notna()]
    parts = []
    for kind, function in (("proportion", rates.proportion), ("rate", rates.rate)):
        part = rows[rows["kind"] == kind]
        per = int(part["per"].unique().item())
        ours = function(part["our_numerator"], part["our_denominator"], per=per)
        parts.append(part.join(ours.add_prefix("our_")))
    return pd.concat(parts)


def tolerance(rows: pd.DataFrame, column: str) -> pd.Series:
    """Half of the last digit published, and what single precision loses.

    Trailing zeros are not in the source, so a row has at least the digits most rows of its indicator and year have.
    """
    number = pd.to_numeric(rows[column])
    decimals = rows[column].str.partition(".")[2].str.len()
    group = [rows["indicator"], rows["period"]]
    usual = decimals.where(number != 0).groupby(group).transform(lambda digits: digits.mode().max())
    return 0.5 * 10.0 ** -np.maximum(decimals, usual.fillna(0)) * (1 + 1e-6) + 1e-7 * number.abs()


def differing(recomputed: pd.DataFrame, column: str) -> pd.DataFrame:
    rows = recomputed[recomputed[column] != ""]
    error = (pd.to_numeric(rows[column]) - rows[f"our_{column}"]).abs()
    return rows.assign(error=error)[error > tolerance(rows, column)]


def test_frictionless_accepts_the_package() -> None:
    report = validate(str(ENGLAND / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "note"])
    files = {path.relative_to(ENGLAND).as_posix() for path in ENGLAND.rglob("*.csv")}
    assert {task.place for task in report.tasks} == files


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (",gp_list_17_over,", ",gp_lists,", "foreign-key"),
        ("E06000006,,gp_list", "E06000099,,gp_list", "foreign-key"),
        (",105822,", ",many,", "type-error"),
        ("2019,E06000006", "2018,E06000006", "primary-key"),
    ],
)
def test_frictionless_refuses_a_broken_copy(tmp_path: Path, old: str, new: str, error: str) -> None:
    folder = shutil.copytree(ENGLAND, tmp_path / "england")
    path = folder / "facts" / "E06000006.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    report = validate(str(folder / "datapackage.json"))
    assert error in {kind for (kind,) in report.flatten(["type"])}


def test_facts_are_the_published_counts(facts: pd.DataFrame, catalogue: pd.DataFrame, published: pd.DataFrame) -> None:
    rows = published.merge(catalogue[["indicator", "numerator", "denominator"]], on="indicator")
    long = pd.concat(
        [
            rows[["period", "area"]].assign(item=rows["numerator"], published=rows["count"]),
            rows[["period", "area"]].assign(item=rows["denominator_y"], published=rows["denominator_x"]),
        ]
    )
    both = long.merge(facts, on=["period", "area", "item"], how="outer", indicator="found")
    assert (both["found"] == "both").all()
    assert (both["value"] == both["published"]).all()
    assert ((both["value"] == "") == (both["state"] == "missing")).all()
    assert set(both["state"]) == {"", "missing"}


def test_every_published_value_is_met(recomputed: pd.DataFrame) -> None:
    assert len(recomputed) > 1200
    assert differing(recomputed, "value")[[*KEY, "value", "our_value"]].empty


def test_published_intervals_are_met_but_for_the_documented_rows(recomputed: pd.DataFrame) -> None:
    limits = pd.concat([differing(recomputed, side) for side in ("lower", "upper")])
    diabetes = recomputed[recomputed["indicator"] == "diabetes_prevalence_17_over"]
    hepatitis = recomputed[recomputed["indicator"] == "acute_hepatitis_b_incidence"]
    unscaled = hepatitis[hepatitis["area"].isin(["E06000063", "E06000064"])]
    exact = hepatitis[hepatitis["area"].isin(["E08000015", COUNTRY]) & (hepatitis["period"] == "2018")]
    documented = pd.concat([diabetes, unscaled, exact])
    assert set(map(tuple, limits[KEY].to_numpy())) == set(map(tuple, documented[KEY].to_numpy()))
    assert (len(diabetes), len(unscaled), len(exact)) == (150, 8, 2)

    near = limits[limits["indicator"] == "diabetes_prevalence_17_over"]
    assert near["error"].max() < 0.0009
    assert near.loc[near["area"] == COUNTRY, "error"].max() < 0.000002
    # these two areas' limits are of the number of cases, not of the rate
    for rows, per in ((unscaled, 1.0), (exact, 100_000 / exact["our_denominator"])):
        lower, upper = rates.exact_poisson_limits(rows["our_numerator"])
        assert (lower * per).tolist() == pytest.approx(pd.to_numeric(rows["lower"]).tolist(), rel=1e-4)
        assert (upper * per).tolist() == pytest.approx(pd.to_numeric(rows["upper"]).tolist(), rel=1e-5)


def test_survey_has_no_published_interval(published: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    survey = catalogue.loc[catalogue["basis"] == "survey", "indicator"]
    rows = published[published["indicator"].isin(survey)]
    assert len(rows) == 58
    assert (rows[["lower", "upper"]] == "").all(axis=None)


def test_the_card_counts_what_is_missing(facts: pd.DataFrame, published: pd.DataFrame) -> None:
    card = (ENGLAND / "README.md").read_text(encoding="utf-8")
    blank = (facts["value"] == "").sum()
    lost = ((published[["count", "denominator"]] == "").any(axis=1) & (published["value"] != "")).sum()
    assert f"{blank:,} of {len(facts):,} cells are blank" in card
    assert f"{lost} published values have no count or no denominator" in card


def test_indicators_of_the_loaded_dataset(recomputed: pd.DataFrame) -> None:
    data = load("england")
    assert not data.meta.synthetic
    assert data.standard is None
    assert "Open Government Licence v3.0" in data.meta.notice_en
    ind = indicators(data)
    assert (ind["unit"] == "").all()
    both = ind[ind["value"].notna()].merge(recomputed, on=KEY, how="outer", indicator="found")
    assert (both["found"] == "both").all()
    for column, ours in (("value_x", "our_value"), ("lower_x", "our_lower"), ("upper_x", "our_upper")):
        np.testing.assert_allclose(both[column], both[ours], rtol=1e-12)


def test_england_is_not_the_sum_of_the_areas_listed(facts: pd.DataFrame) -> None:
    data = load("england")
    ind = indicators(data).query("indicator == 'hospital_deaths_all_ages' and period == '2023'")
    country = ind["area"] == COUNTRY
    assert ind.loc[country, "denominator"].item() > 3 * ind.loc[~country, "denominator"].sum()
    # every county tells its number, England does not: it must stay missing
    wanted = {"acute_hepatitis_b_cases", "residents_all_ages"}
    kept = data.facts[~((data.facts["area"] == COUNTRY) & data.facts["item"].isin(wanted))]
    without = indicators(type(data)(**{**vars(data), "facts": kept}))
    row = without.query("area == @COUNTRY and indicator == 'acute_hepatitis_b_incidence' and period == '2018'")
    assert row["value"].isna().all()
    assert row["reason"].tolist() == ["not reported"]


def test_names_in_both_languages() -> None:
    areas = read(ENGLAND / "areas.csv")
    assert len(areas) == 25
    assert areas.loc[areas["parent"] == "", "area"].tolist() == [COUNTRY]
    for frame in (areas, read(ENGLAND / "catalogue" / "items.csv"), read(ENGLAND / "catalogue" / "indicators.csv")):
        assert frame["name_zh"].str.contains(r"[\u4e00-\u9fff]").all()
        assert frame["name_en"].str.fullmatch(r"[\x20-\x7e]+").all()
        assert not frame["name_zh"].duplicated().any()
        assert not frame["name_en"].duplicated().any()
