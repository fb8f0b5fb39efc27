"""The catalogue: the shipped one is sound, and an unsound one is refused with its place."""

from pathlib import Path

import pandas as pd
import pytest
from builders import dataset, fact, indicator, item

import evaltools as ev
from evaltools.catalogue import OF_UNITS, load_catalogue
from evaltools.formulas import items, parse
from evaltools.problems import ProblemList

NATIONAL = Path(__file__).parent.parent / "data" / "catalogue"


def problems_of(folder: Path, **tables: list) -> list[list[str]]:
    with pytest.raises(ev.InputError) as error:
        ev.load(str(dataset(folder, facts=[fact("2024", "1", "a", 1)], **tables)))
    return error.value.problems[["rule", "where"]].to_numpy().tolist()


@pytest.fixture(scope="module")
def national() -> ev.catalogue.Catalogue:  # type: ignore[name-defined]
    problems = ProblemList()
    catalogue = load_catalogue(NATIONAL, Path("none"), problems)
    assert problems.frame().empty, problems.frame()[["where", "sentence_en"]].to_string()
    return catalogue


def test_the_national_catalogue_is_large_enough_and_in_both_languages(national) -> None:  # type: ignore[no-untyped-def]
    rows = national.indicators
    assert rows["indicator"].nunique() >= 70
    assert rows["name_zh"].str.contains("[\u4e00-\u9fff]").all()
    assert not rows["name_en"].str.contains("[\u4e00-\u9fff]").any()
    assert rows.drop_duplicates("indicator")["name_zh"].is_unique
    assert national.items["name_zh"].is_unique
    assert national.items["name_en"].is_unique


def test_one_population_is_one_item(national) -> None:  # type: ignore[no-untyped-def]
    rows = national.indicators[~national.indicators["kind"].isin(OF_UNITS)]
    used = pd.Series([name for text in rows["denominator"] if text for name in items(parse(text))])
    assert used.value_counts()["residents"] >= 4
    assert used.value_counts()["live_births"] >= 4
    known = national.items.set_index("item")
    assert not known.loc[known.index.isin(used), "name_zh"].duplicated().any()


def test_an_unknown_item_in_a_formula(tmp_path: Path) -> None:
    found = problems_of(tmp_path, indicators=[indicator("share", "a", "bb"), indicator("other", "a + d", "b")])
    assert found == [
        ["unknown_in_formula", "catalogue/indicators.csv row 2 column denominator"],
        ["unknown_in_formula", "catalogue/indicators.csv row 3 column numerator"],
    ]


def test_a_formula_that_cannot_be_read(tmp_path: Path) -> None:
    found = problems_of(tmp_path, indicators=[indicator("share", "a / b", "b")])
    assert found == [["bad_formula", "catalogue/indicators.csv row 2 column numerator"]]


def test_formulas_in_a_circle(tmp_path: Path) -> None:
    rows = [
        indicator("first", "second >= 90", kind="units_meeting"),
        indicator("second", "first", kind="worst_unit"),
    ]
    assert problems_of(tmp_path, indicators=rows)[0][0] == "cyclic_formula"


def test_a_missing_translation(tmp_path: Path) -> None:
    found = problems_of(tmp_path, indicators=[indicator("share", "a", "b", name_en="")])
    assert found == [["blank_cell", "catalogue/indicators.csv row 2 column name_en"]]


@pytest.mark.parametrize(
    ("spans", "rule"),
    [
        ([("2017", "2022"), ("2021", "")], "validity_overlap"),
        ([("2017", "2020"), ("2022", "")], "validity_gap"),
        ([("2022", "2020")], "validity_reversed"),
        ([("", ""), ("2022", "")], "validity_overlap"),
    ],
)
def test_a_validity_that_contradicts_its_neighbour(tmp_path: Path, spans: list, rule: str) -> None:
    rows = [
        indicator("share", numerator, "b", valid_from=start, valid_to=end)
        for numerator, (start, end) in zip(("a", "2 * a"), spans, strict=False)
    ]
    assert [row[0] for row in problems_of(tmp_path, indicators=rows)] == [rule]


def test_two_rows_that_differ_in_wording_only(tmp_path: Path) -> None:
    rows = [indicator("share", "a", "b"), indicator("portion", "a", "b")]
    assert problems_of(tmp_path, indicators=rows) == [
        ["same_wording", "catalogue/indicators.csv row 3 column indicator"]
    ]


def test_a_denominator_where_none_belongs_and_none_where_one_does(tmp_path: Path) -> None:
    rows = [indicator("share", "a"), indicator("number", "a", "b", kind="count")]
    assert [row[0] for row in problems_of(tmp_path, indicators=rows)] == [
        "denominator_needed",
        "denominator_not_allowed",
    ]


def test_a_dataset_replaces_a_national_row(tmp_path: Path) -> None:
    rows = [indicator("health_record_coverage", "a", "b", name_en="Our own")]
    folder = dataset(
        tmp_path,
        facts=[fact("2024", "1", "a", 1), fact("2024", "1", "b", 2)],
        indicators=rows,
        items=[item("a"), item("b")],
    )
    data = ev.load(str(folder))
    assert data.catalogue["name_en"].tolist() == ["Our own"]
    assert ev.indicators(data)["value"].tolist() == [50.0]
