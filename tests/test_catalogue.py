"""The catalogue: the shipped one is sound, and an unsound one is refused with its place."""

import re
from pathlib import Path

import pandas as pd
import pytest
from builders import dataset, fact, indicator, item

import evaltools as ev
from evaltools.catalogue import OF_UNITS, load_catalogue, valid_in
from evaltools.formulas import items, parse, parse_relation
from evaltools.problems import ProblemList
from evaltools.tables import each_row
from evaltools.wording import topic

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
    assert rows["indicator"].nunique() >= 180
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


ELSEWHERE = {"end_of_life", "dementia", "smoking", "coronary_heart_disease", "cholesterol", "stroke", "asthma"}
"""Families of the catalogues of other datasets."""


def needed(national, year: int) -> set[str]:  # type: ignore[no-untyped-def]
    """The items that a return of a year is asked for: those of the indicators valid then."""
    rows = national.indicators.set_index("indicator")
    valid = rows[valid_in(rows, year)]
    of_items = [row for row in each_row(valid) if row.kind not in OF_UNITS]
    return set().union(*(items(parse(text)) for row in of_items for text in (row.numerator, row.denominator) if text))


@pytest.mark.parametrize("family", sorted(topic("families").keys() - ELSEWHERE))
def test_every_family_has_items_and_indicators(national, family: str) -> None:  # type: ignore[no-untyped-def]
    assert (national.items["family"] == family).any()
    assert (national.indicators["family"] == family).any() or family == "population"


def test_every_family_and_measure_has_words(national) -> None:  # type: ignore[no-untyped-def]
    for rows in (national.items, national.indicators):
        assert set(rows["family"]) <= topic("families").keys()
    of_numbers = national.indicators[national.indicators["kind"].isin(["count", "amount", "mean"])]
    assert {f"measure_{name}" for name in {*national.items["measure"], *of_numbers["measure"]}} <= topic("terms").keys()


def test_every_indicator_says_where_it_comes_from(national) -> None:  # type: ignore[no-untyped-def]
    """A document, a page or a sample of data/seeds, never a folder of whoever wrote it; or that it is common usage."""
    for row in each_row(national.indicators):
        assert re.search("https?://|《.+》|县级卫生工作总结样本|公开代码|通用口径", row.source), row.indicator
        assert not re.search(r"\.\./|/work|\.txt|seed", row.source), row.indicator
        # what was not read in its source is not called verified, unless another source named there was
        unread = "未核对原文" in row.source
        assert not (unread and row.mark == "verified") or re.search("https?://|样本|公开代码", row.source), (
            row.indicator
        )
        zh, _, en = row.definition.partition(" | ")
        assert re.search("[\u4e00-\u9fff]", zh) and en and not re.search("[\u4e00-\u9fff]", en), row.indicator


@pytest.mark.parametrize(
    ("last", "item", "until"),
    [
        (2019, "ncms_enrolled", True),  # merged into resident insurance
        (2020, "registered_poor_residents", True),
        (2020, "contracted_registered_poor", True),
        (2020, "poor_inpatient_cost", True),
        (2021, "births_within_policy", True),
        (2021, "contraception_done", True),
        (2020, "residents_lifted_from_poverty", False),
        (2020, "monitored_residents", False),
        (2023, "managed_copd_patients", False),
        (2022, "smd_checked_up", False),
    ],
)
def test_a_return_asks_for_what_its_year_has(national, last: int, item: str, until: bool) -> None:  # type: ignore[no-untyped-def]
    assert (item in needed(national, last)) is until
    assert (item in needed(national, last + 1)) is not until


def test_no_return_of_2024_asks_for_what_has_ended(national) -> None:  # type: ignore[no-untyped-def]
    asked = national.items.set_index("item").loc[sorted(needed(national, 2024)), "name_zh"]
    ended = "新农合|参合|农业人口|建档立卡|(?<!脱)贫困人口|贫困患者|扶贫病床|节育|符合政策|五苗|新冠"
    assert not asked[asked.str.contains(ended)].to_dict()
    assert asked.str.contains("脱贫|防止返贫|慢阻肺").sum() >= 8


def test_a_name_or_synonym_means_one_item(national) -> None:  # type: ignore[no-untyped-def]
    """Column headers of foreign workbooks are matched by them."""
    meant: dict[str, str] = {}
    for row in each_row(national.items):
        for name in filter(None, [row.name_zh, row.name_en, *row.synonyms.split(";")]):
            key = re.sub(r"[\s～~－—\-（）()、]", "", name).casefold()
            assert name == name.strip()
            assert meant.setdefault(key, row.item) == row.item, f"{name}: {meant[key]}, {row.item}"
    assert (national.items["synonyms"] != "").mean() > 0.95


def test_people_and_what_is_sensitive_about_them(national) -> None:  # type: ignore[no-untyped-def]
    rows = national.items.set_index("item")
    topics = (
        "死亡|精神|肺结核|HIV|艾滋|建档立卡|脱贫人口|脱贫患者|防止返贫|特殊家庭|特别扶助|贫困患者|贫困户|癌|符合政策"
    )
    named = rows["name_zh"].str.contains(topics) & (rows["people"] == "yes")
    screened = rows.index.isin(["cervical_screened", "breast_screened"])  # an offer to every woman
    assert set(rows.loc[named & ~screened, "sensitive"]) == {"yes"}
    assert set(rows.loc[rows["sensitive"] == "yes", "people"]) == {"yes"}
    assert (
        not rows.loc[rows["measure"].isin(["yuan", "institution", "copy", "session", "kind"]), "people"].eq("yes").any()
    )


def test_stocks_are_not_added_up_over_time(national) -> None:  # type: ignore[no-untyped-def]
    rows = national.items.set_index("item")
    stock = rows["name_zh"].str.contains("常住|在管|在册|签约|床位数|机构数|乡村医生数|卫生人员数|行政村数")
    flow = rows["measure"].isin(["copy", "visit", "yuan", "dose", "day"])
    assert "sum" not in set(rows.loc[stock & ~flow, "over_time"])
    assert set(rows.loc[flow, "over_time"]) <= {"sum", "none"}


def test_every_part_of_a_proportion_is_held_against_its_whole(national) -> None:  # type: ignore[no-untyped-def]
    """Numerator <= denominator, directly or by steps; what may pass 100% for a good reason is a ratio."""
    below: dict[str, set[str]] = {}
    for row in each_row(national.checks):
        relation = parse_relation(row.expression)
        if relation.comparison == "<=" and len(relation.right) == 1 and relation.right[0].coefficient == 1:
            for term in relation.left:
                below.setdefault(term.item, set()).add(relation.right[0].item)

    def reaches(part: str, whole: str) -> bool:
        return part == whole or any(reaches(item, whole) for item in below.get(part, ()))

    loose = {
        row.indicator: row.numerator
        for row in each_row(national.indicators)
        if row.kind == "proportion" and "prior" not in row.denominator and not reaches(row.numerator, row.denominator)
    }
    assert loose == {}


def test_both_sentences_of_a_check_show_both_sides(national) -> None:  # type: ignore[no-untyped-def]
    for row in each_row(national.checks):
        for sentence in (row.sentence_zh, row.sentence_en):
            assert {"{left}", "{right}", "{area}", "{period}"} <= set(re.findall(r"\{\w+\}", sentence)), row.check
        assert not re.search("[\u4e00-\u9fff]", row.sentence_en)


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
