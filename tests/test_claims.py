"""Claims of reports: what whole numbers can stand behind a printed rate, and what a report says twice."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from builders import dataset, fact, indicator, item
from hypothesis import example, given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import possible_rates

RATES = [indicator("share", "a", "b"), indicator("other", "c", "b"), indicator("ratio", "c", "d", kind="ratio")]
RATES += [indicator("visits", "v", kind="count", per="1")]
ITEMS = [item(name) for name in "abcdtv"]
SPLIT = [
    {"check": "split", "expression": "c + d == t", "level": "error", "sentence_zh": "{left}", "sentence_en": "{left}"}
]


def claim(indicator_: str = "share", measure: str = "level", period: str = "unknown", **values: object) -> dict:
    return {"period": period, "area": "1", "indicator": indicator_, "measure": measure, **values}


def found(folder: Path, *claims: dict, **tables: list) -> pd.DataFrame:
    facts = tables.pop("facts", [fact("2024", "1", "v", 1)])
    rows = {"items": ITEMS, "indicators": RATES, "checks": SPLIT, "claims": list(claims), "facts": facts, **tables}
    return ev.check(ev.load(str(dataset(folder, **rows))))


def rules(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["rule"])


# --- arithmetic, against every whole number ---------------------------------------------------------------------------


def prints_as(count: int, n: int, digits: int) -> set[str]:
    """The figures that a rate may be printed as: ties up, down, and to the even digit."""
    exact, unit = Fraction(count * 100, n), Decimal(1).scaleb(-digits)
    wide = Decimal(exact.numerator * 10**30 // exact.denominator).scaleb(-30)
    return {str(wide.quantize(unit, rounding)) for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN)}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 150), st.integers(0, 2), st.integers(0, 10_000))
@example(73, 2, 9856)
def test_numerators_are_those_that_print_so(n: int, digits: int, figure: int) -> None:
    text = str(Decimal(figure) / 100 if digits == 2 else Decimal(figure // 100).scaleb(0))
    digits = digits if digits == 2 else 0
    shown = str(Decimal(text).quantize(Decimal(1).scaleb(-digits)))
    possible = [count for count in range(n + 1) if shown in prints_as(count, n, digits)]
    assert [k for k in possible_rates.numerators(float(shown), digits, n) if k <= n] == possible


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2), st.integers(1, 400))
def test_denominators_are_those_that_print_so(count: int, digits: int, n: int) -> None:
    n = max(n, count)
    shown = min(prints_as(count, n, digits))
    if float(shown) == 0:
        return
    near = possible_rates.denominators(float(shown), digits, count)
    possible = [d for d in range(1, 500) if shown in prints_as(count, d, digits)]
    assert near is None or [d for d in near if d < 500] == possible


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 2))
def test_the_smallest_denominator_is_the_first_that_prints_so(count: int, n: int, digits: int) -> None:
    count = min(count, n)
    unit = Decimal(1).scaleb(-digits)
    figure = (Decimal(count) * 100 / Decimal(n)).quantize(unit, ROUND_HALF_UP)
    first = next(
        d
        for d in range(1, n + 1)
        for k in range(d + 1)
        if (Decimal(k) * 100 / Decimal(d)).quantize(unit, ROUND_HALF_UP) == figure
    )
    assert possible_rates.smallest(float(figure), digits).denominator == first


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 1000), st.integers(9000, 11500))
@example(1705, 10094)
def test_splits_are_those_that_print_so(total: int, figure: int) -> None:
    possible = [
        k for k in range(total) if abs(Fraction(k, total - k) * 100 - Fraction(figure, 100)) <= Fraction(1, 200)
    ]
    assert list(possible_rates.splits(figure / 100, 2, total)) == possible


# --- precision as printed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wrong"), [("达98.50%", True), ("达98.5%", False), ("达９８．５０％", True), ("", False)]
)
def test_a_trailing_zero_is_a_digit(tmp_path: Path, text: str, wrong: bool) -> None:
    # 4727/4800 = 98.479...: 98.5 to one digit, 98.48 to two
    result = found(tmp_path, claim(numerator=4727, denominator=4800, reported="98.5", text=text))
    assert ("claim_arithmetic" in rules(result)) == wrong


def test_a_rate_that_no_whole_number_gives(tmp_path: Path) -> None:
    (row,) = found(tmp_path / "a", claim(denominator=73, reported="98.56")).to_dict("records")
    assert (row["rule"], row["level"], row["where"]) == ("claim_impossible", "error", "claims.csv row 2")
    assert "72/73 = 98.63%" in row["evidence"]
    (row,) = found(tmp_path / "b", claim(denominator=73, reported="98.63")).to_dict("records")
    assert (row["rule"], row["level"], row["evidence"]) == ("claim_numerator_implied", "note", "72")


def test_the_data_s_denominator_holds_too(tmp_path: Path) -> None:
    facts = [fact("unknown", "1", "b", 73)]
    assert rules(found(tmp_path, claim(reported="98.56"), facts=facts)) == ["claim_impossible"]


def test_boys_and_girls_of_1705(tmp_path: Path) -> None:
    facts = [fact("unknown", "1", "t", 1705)]
    result = found(tmp_path / "a", claim("ratio", reported="100.94"), facts=facts)
    assert "claim_impossible_split" in rules(result)
    assert result["evidence"].str.contains("857/848 = 101.06%", regex=False).any()
    assert "claim_impossible_split" not in rules(found(tmp_path / "b", claim("ratio", reported="101.06"), facts=facts))


def test_denominators_that_must_have_been(tmp_path: Path) -> None:
    (row,) = found(tmp_path / "a", claim(numerator=2951, reported="38")).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("claim_denominator_implied", "7665–7869")
    (row,) = found(tmp_path / "b", claim("visits", "change_percent", numerator=54, reported="3.8")).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("claim_base_implied", "1403–1440")
    (row,) = found(tmp_path / "c", claim(reported="73.21")).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("claim_no_denominator", "41/56")


def test_above_100_and_written_the_wrong_way_round(tmp_path: Path) -> None:
    result = found(tmp_path, claim(numerator=500, denominator=400, reported="80"))
    (row,) = result[result["rule"] == "claim_above_100"].to_dict("records")
    assert row["likely"] == "numerator and denominator swapped"


# --- one thing said twice ---------------------------------------------------------------------------------------------


def test_two_values_and_bounds_that_go_together(tmp_path: Path) -> None:
    pair = [claim(reported="98.5", bound=">=", source="甲"), claim(reported="99.39", source="乙")]
    assert "claims_differ" not in rules(found(tmp_path / "a", *pair))
    result = found(tmp_path / "b", claim(reported="90", source="甲"), claim(reported="50", source="乙"))
    (row,) = result[result["rule"] == "claims_differ"].to_dict("records")
    assert set(row["where"].split("; ")) == {"甲", "乙"}
    rounded = [claim(reported="98.5"), claim(reported="98.47")]
    assert "claims_differ" not in rules(found(tmp_path / "c", *rounded))


@pytest.mark.parametrize(("second", "conflict"), [(13576, True), (14120, False)])
def test_a_count_printed_in_wan_is_what_rounds_to_it(tmp_path: Path, second: int, conflict: bool) -> None:
    claims = [
        claim(numerator=14100, denominator=14100, reported="100", text="代缴1.41万人，参保率达100%"),
        claim("other", numerator=second, denominator=second, reported="100", text=f"签约{second}人"),
    ]
    assert ("denominators_differ" in rules(found(tmp_path, *claims))) == conflict


def test_a_denominator_that_is_another_population(tmp_path: Path) -> None:
    facts = [fact("2024", "1", name, value) for name, value in (("a", 900), ("b", 1200), ("c", 1000))]
    result = found(tmp_path, claim(period="2024", numerator=900, denominator=1000, reported="90"), facts=facts)
    (row,) = result[result["rule"] == "claim_denominator"].to_dict("records")
    assert (row["level"], row["likely"]) == ("error", "divided by c")
    assert "900/1200 = 75.00%" in row["evidence"]


def test_counts_that_are_not_those_of_the_data(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "a", 9001), fact("2024", "1", "b", 12000)]
    result = found(tmp_path, claim(period="2024", numerator=9000, denominator=12000, reported="75"), facts=facts)
    assert [(row.rule, row.level) for row in result.itertuples()] == [("claim_counts", "warning")]


# --- change and attainment --------------------------------------------------------------------------------------------


def changed(folder: Path, level: str, change: str) -> pd.DataFrame:
    claims = [claim(reported=level), claim(measure="change_percent", reported=change)]
    result = found(folder, *claims)
    return result[result["rule"].str.startswith("change")]


def test_a_change_with_two_readings_names_both(tmp_path: Path) -> None:
    (row,) = changed(tmp_path, "69.53", "51.15").to_dict("records")
    assert (row["rule"], row["level"], row["evidence"]) == ("change_ambiguous", "warning", "46.00% / 18.38%")


def test_a_change_that_only_points_explain(tmp_path: Path) -> None:
    (row,) = changed(tmp_path / "a", "55", "5").to_dict("records")
    assert (row["rule"], row["likely"]) == ("change_in_points", "percentage points written as percent")
    # 92.00 from 46.00: only relative, since points would have begun below zero
    assert changed(tmp_path / "b", "92.00", "100.00").empty


@pytest.mark.parametrize(
    ("level", "share", "rule", "target"),
    [
        ("79.43", "105.91", "attainment_implied", "75%"),
        ("98.56", "109.51", "attainment_implied", "90%"),
        ("84.36", "101.56", "attainment_not_round", "83.06%"),
    ],
)
def test_a_target_is_a_round_number(tmp_path: Path, level: str, share: str, rule: str, target: str) -> None:
    result = found(tmp_path, claim(reported=level), claim(measure="attainment", reported=share))
    (row,) = result[result["rule"].str.startswith("attainment")].to_dict("records")
    assert row["rule"] == rule
    assert target in row["sentence_en"]


def test_part_of_a_year_beside_a_whole_one(tmp_path: Path) -> None:
    # a published report: 4626 in January to November 2018, 3068 in all of 2017
    facts = [fact("2018-01/2018-11", "1", "v", 4626), fact("2017", "1", "v", 3068)]
    text = "2018年1-11月免起付线4626人次，较2017年全年增长50.78%"
    grown = claim("visits", "change_percent", "2018-01/2018-11", reported="50.78", text=text)
    (row,) = found(tmp_path / "a", grown, facts=facts).to_dict("records")
    assert (row["rule"], row["level"], row["evidence"]) == ("part_of_year", "error", "4626 / 3068")
    (row,) = found(tmp_path / "b", {**grown, "period": "unknown"}).to_dict("records")
    assert (row["rule"], row["level"]) == ("part_of_year_said", "warning")


def target(period: str, value: float, area: str = "1") -> dict:
    return {"period": period, "area": area, "indicator": "share", "target": value, "kind": "absolute"} | {
        "source": "s",
        "mark": "general",
    }


def test_targets_below_what_is_reached(tmp_path: Path) -> None:
    facts = [fact("2023", "1", "a", 99), fact("2023", "1", "b", 100)]
    facts += [fact("2024", "1", "a", 99), fact("2024", "1", "b", 100)]
    (row,) = found(tmp_path / "a", facts=facts, targets=[target("2024", 98)]).to_dict("records")
    assert (row["rule"], row["level"], row["evidence"]) == ("target_below_reached", "warning", "99.00 / 98")
    # a bar for all areas is one that many have passed
    assert found(tmp_path / "b", facts=facts, targets=[target("2024", 98, "*")]).empty
    assert found(tmp_path / "c", facts=facts, targets=[target("2024", 99.5)]).empty
    known = claim(numerator=9412, denominator=13576, reported="69.33")
    (row,) = found(tmp_path / "d", known, targets=[target("unknown", 100)]).to_dict("records")
    assert (row["rule"], row["level"]) == ("below_target", "note")


@pytest.mark.slow
def test_sentences_of_claims_say_figures_as_people_do(tmp_path: Path) -> None:
    def said(name: str, *claims: dict, **tables: list) -> str:
        return " ".join(found(tmp_path / name, *claims, **tables)["sentence_zh"])

    assert "分母应为135；" in said("a", claim(numerator=131, reported="97.04"))
    assert "分母应在7665至7869之间；" in said("b", claim(numerator=2951, reported="38"))
    # of 13576 people 100% contracted, no fewer can be due
    assert "分母应在13576至13644之间；" in said("c", claim(numerator=13576, reported="100"))
    assert "最小分母" not in said("d", claim(reported="100"))
    assert "最小分母为56，即41/56" in said("e", claim(reported="73.21"))
    numbers = {"numerator": 984, "denominator": 1000}
    assert "写为98.5%以上，" in said("f", claim(reported="98.5", bound=">=", **numbers))
    assert said("g", claim(reported="98.4", bound=">=", **numbers)) == ""
    # to the digits claimed: 69.33% beside 69.33% would tell nothing
    assert "69.328%" in said("h", claim(numerator=9412, denominator=13576, reported="69.331"))
    change = claim(measure="change_percent", reported="-5")
    assert "材料称下降5%" in said("i", claim(reported="55"), change)
    assert "“5个百分点”？" in said("j", claim(reported="55"), claim(measure="change_percent", reported="5"))


def test_targets_are_found_in_their_rows_and_counts_have_no_decimals(tmp_path: Path) -> None:
    stated = [target("unknown", 12) | {"indicator": "visits"}]
    (row,) = found(tmp_path, claim("visits", reported="3"), targets=stated).to_dict("records")
    assert (row["rule"], row["where"].split("; ")[0], row["evidence"]) == (
        "below_target",
        "targets.csv row 2",
        "3 / 12",
    )
