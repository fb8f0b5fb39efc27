"""The data check: hand-made cases, and defects put into random cells of clean random data."""

import csv
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given
from hypothesis import strategies as st

import evaltools as ev
from evaltools.claims import agrees
from evaltools.problems import COLUMNS

CHECKS = [
    {
        "check": "a_within_b",
        "expression": "a <= b",
        "level": "error",
        "sentence_zh": "{area}{period}：{left}大于{right}",
        "sentence_en": "{area}, {period}: {left} is more than {right}",
    },
    {
        "check": "parts",
        "expression": "c + d == b",
        "level": "error",
        "sentence_zh": "{left}不等于{right}",
        "sentence_en": "{left} is not {right}",
    },
]
ITEMS = [item(name) for name in "abcd"]
UNITS = [unit("1", f"{n:02d}") for n in range(1, 6)]
YEARS = [str(year) for year in range(2019, 2025)]


def found(folder: Path, **tables: list) -> pd.DataFrame:
    tables = {"items": ITEMS, "checks": CHECKS, **tables}
    result = ev.check(ev.load(str(dataset(folder, **tables))))
    assert list(result) == COLUMNS
    return result


def clean(seed: int) -> list[dict]:
    """Random facts in which every relation holds, by unit and in total, smooth over the years."""
    rng = np.random.default_rng(seed)
    size = {u["unit"]: int(rng.integers(200, 3000)) for u in UNITS}
    rows = []
    for year in YEARS:
        total = dict.fromkeys("abcd", 0)
        for u in UNITS:
            b = int(size[u["unit"]] * rng.uniform(0.95, 1.05))
            c = int(b * 0.45)
            values = {"a": int(b * rng.uniform(0.5, 0.9)), "b": b, "c": c, "d": b - c}
            total = {name: total[name] + value for name, value in values.items()}
            rows += [fact(year, "1", name, value, str(u["unit"])) for name, value in values.items()]
        rows += [fact(year, "1", name, value) for name, value in total.items()]
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_clean_data_have_no_finding(tmp_path: Path, seed: int) -> None:
    result = found(tmp_path, facts=clean(seed), units=UNITS)
    assert result.empty, result["sentence_en"].tolist()


def above(row: dict, facts: list[dict]) -> set[str]:
    row["value"] = 1 + next(f["value"] for f in facts if f["item"] == "b" and same_place(f, row))
    return {"a_within_b", "above_100", "units_total"}


def digit(row: dict, facts: list[dict]) -> set[str]:
    row["value"] *= 10
    return {"outlier", "units_total"} | ({"a_within_b", "above_100"} if row["item"] == "a" else {"parts"})


def part(row: dict, facts: list[dict]) -> set[str]:
    row["value"] += 7
    return {"parts", "units_total"}


def same_place(first: dict, second: dict) -> bool:
    return all(first[name] == second[name] for name in ("period", "area", "unit"))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("defect", "names"), [(above, "a"), (digit, "abcd"), (part, "cd")])
def test_a_defect_in_a_random_cell_is_found_at_that_cell(tmp_path: Path, seed: int, defect, names: str) -> None:  # type: ignore[no-untyped-def]
    facts = clean(seed)
    rng = np.random.default_rng(seed)
    cells = [at for at, row in enumerate(facts) if row["unit"] and row["item"] in names]
    at = int(rng.choice(cells))
    expected = defect(facts[at], facts)
    result = found(tmp_path, facts=facts, units=UNITS)
    assert set(result["rule"]) == expected
    cell = f"facts.csv row {at + 2}"
    pointing = result[result["where"].str.split("; ").map(lambda cells: cell in cells)]
    assert set(pointing["rule"]) == expected - {"units_total"}, "the total's own row is where a total is wrong"
    assert result["level"].is_monotonic_increasing or (result["level"] == "error").iloc[0]


def test_a_unit_that_fell_silent(tmp_path: Path) -> None:
    facts = [row for row in clean(1) if not (row["unit"] == "03" and row["period"] == "2024")]
    result = found(tmp_path, facts=facts, units=UNITS)
    assert result[["rule", "unit", "period"]].to_numpy().tolist() == [["silent_unit", "03", "2024"]]


def test_a_unit_that_was_closed_is_not_silent(tmp_path: Path) -> None:
    facts = [row for row in clean(1) if row["unit"] and not (row["unit"] == "03" and row["period"] == "2024")]
    units = [{**u, "valid_to": "2023"} if u["unit"] == "03" else u for u in UNITS]
    assert "silent_unit" not in set(found(tmp_path, facts=facts, units=units)["rule"])


def test_two_returns_that_differ(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "b", 159, origin="annual"), fact("2024", "1", "b", 147, origin="system")]
    result = found(tmp_path, facts=facts, meta={"origins": ["annual", "system"]})
    (row,) = result.to_dict("records")
    assert (row["rule"], row["evidence"]) == ("origins_differ", "159 ≠ 147")
    assert row["where"] == "facts.csv row 2; facts.csv row 3"
    assert "159" in row["sentence_zh"]


def test_months_that_do_not_make_the_year(tmp_path: Path) -> None:
    months = [fact(f"2024-{m:02d}", "1", "a", 10) for m in range(1, 13)]
    assert found(tmp_path / "a", facts=[*months, fact("2024", "1", "a", 120)]).empty
    assert found(tmp_path / "b", facts=[*months[:-1], fact("2024", "1", "a", 130)]).empty
    (row,) = found(tmp_path / "c", facts=[*months, fact("2024", "1", "a", 130)]).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("months_total", "120 ≠ 130")


CLAIM = {"period": "2024", "area": "1", "indicator": "share", "measure": "level", "bound": ""}


def claimed(folder: Path, a: int, b: int, before: tuple[int, int] = (70, 100), **claim: object) -> pd.DataFrame:
    facts = [fact("2024", "1", "a", a), fact("2024", "1", "b", b)]
    facts += [fact("2023", "1", "a", before[0]), fact("2023", "1", "b", before[1])]
    targets = [
        {
            "period": "2024",
            "area": "*",
            "indicator": "share",
            "target": 76,
            "kind": "absolute",
            "source": "s",
            "mark": "general",
        }
    ]
    result = found(folder, facts=facts, claims=[{**CLAIM, **claim}], targets=targets)
    return result[result["rule"].str.startswith("claim")]


def test_the_township_that_wrote_103_04_percent(tmp_path: Path) -> None:
    # a published report: 31233 of 30891 written as 103.04%, which is 101.11%
    result = claimed(tmp_path, 31233, 30891, numerator=31233, denominator=30891, reported="103.04")
    assert set(result["rule"]) == {"claim_arithmetic", "claim_above_100"}
    assert result["evidence"].str.contains("31233/30891 = 101.11", regex=False).any()


@pytest.mark.parametrize(
    ("reported", "wrong"),
    [("91.78", False), ("91.8", False), ("92", False), ("91.77", True), ("91.7", True), ("67.52", True)],
)
def test_a_level_is_held_to_the_digits_it_shows(tmp_path: Path, reported: str, wrong: bool) -> None:
    assert bool(len(claimed(tmp_path, 6118, 6666, reported=reported))) == wrong


def test_percent_that_are_percentage_points(tmp_path: Path) -> None:
    # 70% to 75%: 5 points, 7.14 percent
    assert claimed(tmp_path / "a", 75, 100, measure="change_pp", reported=5).empty
    assert claimed(tmp_path / "b", 75, 100, measure="change_percent", reported="7.14").empty
    (row,) = claimed(tmp_path / "c", 75, 100, measure="change_percent", reported=5).to_dict("records")
    assert (row["rule"], row["likely"]) == ("claim_points", "percentage points written as percent")
    assert "5.00个百分点" in row["sentence_zh"]
    (row,) = claimed(tmp_path / "d", 75, 100, measure="change_pp", reported=6).to_dict("records")
    assert row["rule"] == "claim_change"


def test_a_bound_is_no_value(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", 990, 1000, reported="98.5", bound=">=").empty
    assert claimed(tmp_path / "b", 980, 1000, reported="98.5", bound=">=")["rule"].tolist() == ["claim_level"]
    assert claimed(tmp_path / "c", 981, 1000, reported="97", bound="about").empty


def test_attainment_of_the_target(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", 75, 100, measure="attainment", reported="98.68").empty
    assert claimed(tmp_path / "b", 75, 100, measure="attainment", reported="101.5")["rule"].tolist() == [
        "claim_attainment"
    ]


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 4))
def test_a_quotient_agrees_with_itself_at_any_number_of_digits(a: int, b: int, digits: int) -> None:
    exact = a / b * 100
    assert agrees(round(exact, digits), exact)
    wrong = round(round(exact, digits) + 3 * 10.0**-digits, digits)
    # 1434.227 + 0.003 is 1434.23, which claims two digits only
    assert not agrees(wrong, exact) or round(wrong, digits - 1) == wrong


def test_children_are_not_held_against_an_area_that_is_their_reference(tmp_path: Path) -> None:
    areas = [area("10", kind="reference"), area("11", parent="10"), area("12", parent="10")]
    facts = [fact("2024", code, name, value) for code, value in (("10", 500), ("11", 1), ("12", 2)) for name in "ab"]
    assert found(tmp_path, facts=facts, areas=areas).empty


def test_a_check_with_an_unknown_placeholder_is_refused(tmp_path: Path) -> None:
    bad = [{**CHECKS[0], "sentence_en": "{left.__class__} {nonsense}"}]
    with pytest.raises(ev.InputError, match="nonsense"):
        found(tmp_path, facts=[fact("2024", "1", "a", 1)], checks=bad, indicators=[indicator("share", "a", "b")])


# --- the example county, untouched and with defects at random cells ---------------------------------------------------

COUNTY = "990101"
EXAMPLE = Path(__file__).parents[1] / "data" / "example"
Cells = dict[tuple[str, str, str], dict[str, str]]


def county(folder: Path, change: Callable[[list[dict[str, str]]], None] = lambda rows: None) -> pd.DataFrame:
    """Copy what the check of one county needs, change its facts, and return the findings."""
    for path in EXAMPLE.glob("*.*"):
        if path.suffix in (".csv", ".json"):
            shutil.copy(path, folder / path.name)
    name = f"{COUNTY}.csv"
    with (EXAMPLE / "facts" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    change(rows)
    (folder / "facts").mkdir()
    with (folder / "facts" / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return ev.check(ev.load(str(folder), area=COUNTY))


def test_the_clean_county_of_the_example_has_questions_at_most(tmp_path: Path) -> None:
    result = county(tmp_path)
    assert set(result["level"]) <= {"note"} and len(result) <= 3, result["sentence_en"].tolist()


class Saboteur:
    """Puts one defect of each kind somewhere into a county's facts, and remembers what must be found and where."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.expected: list[tuple[str, str, str, str]] = []

    def __call__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows
        self.yearly: Cells = {
            (row["period"], row["unit"], row["item"]): row
            for row in rows
            if len(row["period"]) == 4 and row["value"] and row["origin"] == "annual_return"
        }
        self.units = sorted({unit for _, unit, _ in self.yearly if unit})
        self.rng.shuffle(self.units)
        self.silence()
        self.exceed()
        self.break_relation()
        self.add_digit()
        self.contradict_total()
        self.contradict_return()
        self.change_month()

    def expect(self, rule: str, row: dict[str, str], period: str = "") -> None:
        cell = f"facts/{COUNTY}.csv row {self.rows.index(row) + 2}"
        self.expected.append((rule, period or row["period"], row["unit"], cell))

    def silence(self) -> None:
        self.gone, unit_ = self.rng.choice(YEARS[:4]), self.units.pop()
        self.rows[:] = [row for row in self.rows if (row["period"], row["unit"]) != (self.gone, unit_)]
        self.expected.append(("silent_unit", self.gone, unit_, ""))
        self.years = [year for year in YEARS if year != self.gone]

    def pair(self, pairs: list[tuple[str, str, str]]) -> tuple[str, dict[str, str], dict[str, str]]:
        """Choose a name, and two facts of one unit and year that it is about."""
        unit_ = self.units.pop()
        found = [
            (name, self.yearly[year, unit_, one], self.yearly[year, unit_, other])
            for name, one, other in pairs
            for year in self.years
            if (year, unit_, one) in self.yearly and (year, unit_, other) in self.yearly
        ]
        return self.rng.choice(found)

    def exceed(self) -> None:
        pairs = [
            (str(row.indicator), str(row.numerator), str(row.denominator))
            for row in catalogue("indicators").itertuples()
            if row.kind == "proportion"
            and re.fullmatch(r"\w+", row.numerator)
            and re.fullmatch(r"\w+", row.denominator)
        ]
        _, above, below = self.pair(pairs)
        above["value"] = str(int(below["value"]) + self.rng.randint(1, 9))
        self.expect("above_100", above)

    def break_relation(self) -> None:
        simple = [
            (str(row.check), *str(row.expression).split(" <= "))
            for row in catalogue("checks").itertuples()
            if re.fullmatch(r"\w+ <= \w+", row.expression)
        ]
        name, small, large = self.pair(simple)
        small["value"] = str(int(large["value"]) + self.rng.randint(1, 9))
        self.expect(name, small)

    def add_digit(self) -> None:
        unit_ = self.units.pop()
        found = []
        for (year, name, item_), row in self.yearly.items():
            others = [self.yearly.get((other, name, item_)) for other in self.years if other != year]
            sizes = [int(other["value"]) for other in others if other]
            if name == unit_ and len(sizes) >= 3 and min(sizes) >= 20 and int(row["value"]) > max(sizes) * 0.6:
                found.append(row)
        row = self.rng.choice(found)
        row["value"] += "0"
        self.expect("outlier", row)

    def contradict_total(self) -> None:
        summed = set(catalogue("items").query("over_units == 'sum'")["item"])
        year = self.rng.choice(self.years)
        every = sorted({name for _, name, _ in self.yearly if name})
        complete = [item_ for item_ in sorted(summed) if all((year, name, item_) in self.yearly for name in every)]
        item_ = self.rng.choice(complete)
        total = sum(int(self.yearly[year, name, item_]["value"]) for name in every)
        row = {**self.yearly[year, every[0], item_], "unit": "", "value": str(total + self.rng.choice([-1, 1000]))}
        self.rows.append(row)
        self.expect("units_total", row)

    def contradict_return(self) -> None:
        first = self.rng.choice([row for (year, unit_, _), row in self.yearly.items() if unit_ in self.units])
        row = {**first, "origin": "monthly_return", "value": str(int(first["value"]) + 1)}
        self.rows.append(row)
        self.expect("origins_differ", row)
        self.expect("origins_differ", first)

    def change_month(self) -> None:
        sums = set(catalogue("items").query("over_time == 'sum' and over_units == 'sum'")["item"])
        months = [row for row in self.rows if len(row["period"]) == 7 and row["value"] and row["item"] in sums]
        row = self.rng.choice(months)
        row["value"] = str(int(row["value"]) + 1000)
        self.expected.append(("months_total", row["period"][:4], "", ""))


def catalogue(name: str) -> pd.DataFrame:
    path = EXAMPLE.parent / "catalogue" / f"{name}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.mark.parametrize("seed", range(3))
def test_defects_at_random_cells_of_the_example_are_found_there(tmp_path: Path, seed: int) -> None:
    saboteur = Saboteur(seed)
    result = county(tmp_path, saboteur)
    for rule, period, unit_, cell in saboteur.expected:
        rows = result[(result["rule"] == rule) & (result["period"] == period) & (result["unit"] == unit_)]
        assert len(rows), (rule, period, unit_)
        assert not cell or rows["where"].str.split("; ").map(lambda cells, cell=cell: cell in cells).any(), (rule, cell)
    assert (result["area"] == COUNTY).all()
    errors = result[result["level"] == "error"]
    assert set(errors["unit"]) <= {unit_ for _, _, unit_, _ in saboteur.expected} | {""}


# --- places, periods and frequencies of any kind ----------------------------------------------------------------------


def test_numbers_of_a_year_in_which_their_place_did_not_exist(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "02", valid_to="2022", successor="03"), unit("1", "03", valid_from="2023")]
    facts = [
        fact(year, "1", name, 9, code) for year in ("2022", "2023") for code in ("01", "02", "03") for name in "ab"
    ]
    (row,) = found(tmp_path, facts=facts, units=units).to_dict("records")
    # 02 after its end; 03 before its beginning is a successor's account of its past
    assert (row["rule"], row["level"], row["unit"], row["period"]) == ("outside_lifetime", "warning", "02", "2023")
    assert row["where"] == "facts.csv row 10"
    assert "2 items" in row["sentence_en"]
    assert "…–2022" in row["sentence_zh"]


def test_a_closed_unit_is_not_counted_among_those_that_reported(tmp_path: Path) -> None:
    units = [unit("1", "01"), unit("1", "02"), unit("1", "03", valid_to="2022")]
    facts = [fact("2023", "1", "a", value, code) for code, value in (("", 10), ("01", 4), ("03", 5))]
    assert "units_total" not in set(found(tmp_path, facts=facts, units=units)["rule"])


@pytest.mark.parametrize("blank", [{}, {"state": "missing"}])
def test_a_unit_that_sent_empty_rows_is_silent(tmp_path: Path, blank: dict[str, str]) -> None:
    facts = [fact("2023", "1", "a", 4, "01"), fact("2023", "1", "a", "", "02", **blank)]
    (row,) = found(tmp_path, facts=facts, units=UNITS[:2]).to_dict("records")
    assert (row["rule"], row["unit"], row["evidence"]) == ("silent_unit", "02", "1/2")


def test_a_unit_is_not_silent_that_says_not_applicable_or_whose_parts_reported(tmp_path: Path) -> None:
    units = [*UNITS[:3], unit("1", "02a", parent="02")]
    facts = [fact("2023", "1", "a", 4, "01"), fact("2023", "1", "a", 3, "02a")]
    facts += [fact("2023", "1", "a", "", "03", state="not_applicable")]
    assert found(tmp_path, facts=facts, units=units).empty


@pytest.mark.parametrize("period", ["2024", "2024-H1", "2024-Q3", "2024-06", "2024-01/2024-09", "2023-12/2024-11"])
def test_above_100_percent_is_found_whatever_the_frequency(tmp_path: Path, period: str) -> None:
    facts = [fact(period, "1", "c", 9), fact(period, "1", "b", 8)]
    rows = [indicator("share", "c", "b"), indicator("per_mille", "c", "b", per="1000", basis="survey")]
    result = found(tmp_path, facts=facts, indicators=rows)
    assert (
        result[["rule", "period", "where"]].to_numpy().tolist()
        == [["above_100", period, "facts.csv row 3; facts.csv row 2"]] * 2
    )
    assert result["evidence"].tolist() == ["9/8 = 112.50%", "9/8 = 1125.00‰"]


def test_relations_are_audited_for_an_unknown_period_and_across_names_of_a_period(tmp_path: Path) -> None:
    facts = [fact("unknown", "1", "a", 9), fact("unknown", "1", "b", 8)]
    facts += [fact("2024-H1", "1", "a", 9), fact("2024-01/2024-06", "1", "b", 8)]
    result = found(tmp_path, facts=facts)
    assert result.loc[result["rule"] == "a_within_b", "period"].tolist() == ["2024-H1", "unknown"]


@pytest.mark.parametrize(("reported", "rules"), [("50", []), ("51", ["claim_level"])])
def test_a_claim_is_held_against_the_data_of_its_own_months(tmp_path: Path, reported: str, rules: list[str]) -> None:
    facts = [fact(f"2024-{m:02d}", "1", name, value) for m in range(1, 10) for name, value in (("a", 4), ("b", 8))]
    claim = {**CLAIM, "period": "2024-01/2024-09", "reported": reported}
    assert found(tmp_path, facts=facts, claims=[claim])["rule"].tolist() == rules


def test_claims_of_zero_and_of_what_the_dataset_does_not_report(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "a", 3), fact("2024", "1", "b", 4)]
    claims = [
        {**CLAIM, "numerator": 0, "denominator": 30, "reported": "5"},
        {**CLAIM, "indicator": "other", "numerator": 1, "denominator": 30, "reported": "5"},
        {**CLAIM, "period": "unknown", "numerator": 1, "denominator": 2, "reported": "60"},
        {**CLAIM, "period": "unknown", "reported": "60"},
    ]
    rows = [indicator("share", "a", "b"), indicator("other", "b", "a")]
    result = found(tmp_path, facts=facts, claims=claims, indicators=rows, meta={"indicators": ["share"]})
    wrong = result[result["rule"] != "claim_not_reported"]
    assert wrong[["rule", "period", "evidence"]].to_numpy().tolist() == [
        ["claim_arithmetic", "2024", "0/30 = 0.00%"],
        ["claim_arithmetic", "unknown", "1/2 = 50.00%"],
        ["claim_no_denominator", "unknown", "3/5"],
    ]


def test_evidence_is_the_number_that_was_sent(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "c", "0.1"), fact("2024", "1", "d", "0.2"), fact("2024", "1", "b", "0.4")]
    (row,) = found(tmp_path, facts=facts).to_dict("records")
    assert row["evidence"] == "0.3 == 0.4"
