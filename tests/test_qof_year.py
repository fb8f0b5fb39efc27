"""A QOF year of invented practices against the published formula, worked out in fractions straight from the CSV files.

The formula, the measures and the examples are those of the Statement of Financial Entitlements and of the technical
annex of the Quality and Outcomes Framework; points available by year are NHS Digital's.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import frictionless
import pandas as pd
import pytest
import yaml
from scored import frame, line, row, standard

import evaltools as ev

ROOT = Path(__file__).resolve().parents[1]
QOF = ROOT / "data" / "qof"
POINTS = Path(__file__).parent / "reference" / "qof_points.csv"

PUBLISHED = {
    # points, lower and upper threshold of 2025/26
    **{"CHD015": (33, 40, 90), "CHD016": (14, 46, 90), "CHOL003": (38, 70, 95), "CHOL004": (44, 20, 50)},
    **{"HYP008": (38, 40, 85), "HYP009": (14, 40, 85), "STIA014": (8, 40, 90), "STIA015": (6, 46, 90)},
    **{"DM036": (27, 38, 90), "DM034": (4, 50, 90), "DM035": (2, 50, 90), "AST012": (15, 45, 80)},
}
REGISTERS = {
    **{"CHD": "chd_register", "CHOL": "cardiovascular_register", "HYP": "hypertension_register"},
    **{"STIA": "stroke_register", "DM": "diabetes_register", "AST": "asthma_register"},
}
EMPTY = ("2025", "P017", "AST012")
"""Nobody whom the indicator is about: its points are not available."""
NOT_SENT = ("2025", "P009", "STIA015")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def counts() -> dict[tuple[str, str, str], int | None]:
    """What the practices sent: (period, practice, item) -> count."""
    return {
        (fact["period"], fact["area"], fact["item"]): int(fact["value"]) if fact["value"] else None
        for fact in read(QOF / "facts.csv")
    }


def practices() -> list[str]:
    return sorted({practice for _, practice, _ in counts()})


def parts(period: str, practice: str, code: str) -> tuple[int | None, ...]:
    names = ("numerator", "denominator", "exceptions", "population")
    return tuple(counts()[period, practice, f"{code.lower()}_{name}"] for name in names)


def two_digits(number: Fraction) -> Fraction:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return Fraction(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def points(above: int, below: int, available: int, lower: int, upper: int) -> Fraction:
    """H of the Statement of Financial Entitlements, published with two decimals."""
    achieved = Fraction(100 * above, below)
    if achieved <= lower:
        return Fraction(0)
    if achieved >= upper:
        return Fraction(available)
    return two_digits((achieved - lower) / (upper - lower) * available)


@cache
def expected() -> dict[tuple[str, str, str], Fraction | None]:
    """Points by (period, practice, indicator); None where they are not available. The year before had no AST012."""
    found: dict[tuple[str, str, str], Fraction | None] = {}
    for period in ("2024", "2025"):
        for practice in practices():
            for code, (available, lower, upper) in PUBLISHED.items():
                if (period, code) == ("2024", "AST012"):
                    found[period, practice, code] = None
                    continue
                above, below, exceptions, _ = parts(period, practice, code)
                if above is None:
                    found[period, practice, code] = Fraction(0)
                elif below + exceptions == 0:
                    found[period, practice, code] = None
                else:
                    found[period, practice, code] = points(above, below, available, lower, upper)
    return found


@pytest.fixture(scope="module")
def data() -> ev.Data:
    return ev.load("qof")


@pytest.fixture(scope="module")
def ind(data: ev.Data) -> pd.DataFrame:
    return ev.indicators(data)


@pytest.fixture(scope="module")
def scored(data: ev.Data, ind: pd.DataFrame) -> pd.DataFrame:
    return ev.score(ind, data.standard)


@pytest.fixture(scope="module")
def totals(data: ev.Data, scored: pd.DataFrame) -> pd.DataFrame:
    return ev.scoring.totals(scored, data.standard)


# --- the dataset ----------------------------------------------------------------------------------------------------


def test_the_generator_writes_what_is_here(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(QOF / "generate.py"), "--out", str(tmp_path)], check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) == 8
    for path, content in made.items():
        assert (QOF / path).read_bytes() == content, path


def test_frictionless_accepts_the_package_and_refuses_a_broken_copy(tmp_path: Path) -> None:
    report = frictionless.validate(str(QOF / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "note"])
    assert {task.place for task in report.tasks} == {path.relative_to(QOF).as_posix() for path in QOF.rglob("*.csv")}
    for path in QOF.rglob("*.*"):
        if path.suffix in (".csv", ".json"):
            target = tmp_path / path.relative_to(QOF)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    facts = (tmp_path / "facts.csv").read_text(encoding="utf-8")
    (tmp_path / "facts.csv").write_text(facts.replace("P001,chd_register", "P099,chd_reg", 1), encoding="utf-8")
    broken = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert {kind for (kind,) in broken.flatten(["type"])} == {"foreign-key"}


def test_it_is_synthetic_and_says_so(data: ev.Data) -> None:
    assert data.meta.synthetic
    assert data.meta.language == "en"
    assert data.standard.id == "qof_2025_26"
    assert len(data.counties()) == 24
    assert data.remarks.empty
    assert "**Synthetic.**" in (QOF / "README.md").read_text(encoding="utf-8")


def test_a_part_stays_within_its_whole() -> None:
    for period, practice, code in expected():
        if (period, code) != ("2024", "AST012"):
            above, below, exceptions, population = parts(period, practice, code)
            assert above is None or above <= below
            assert below + exceptions <= population
            # the formula has no answer where everybody is an exception; no practice is so
            assert below > 0 or exceptions == 0


# --- points ---------------------------------------------------------------------------------------------------------


def test_the_standard_is_what_was_published(data: ev.Data) -> None:
    stated = {
        rule_line.id: (rule_line.points, rule_line.arguments["lower"], rule_line.arguments["upper"])
        for _, rule_line in data.standard.lines
    }
    assert stated == PUBLISHED
    assert data.standard.total == sum(available for available, _, _ in PUBLISHED.values()) == 243


def test_every_point_of_every_practice_and_year(scored: pd.DataFrame) -> None:
    rows = scored[scored["area"] != "R00"]
    found = {(row.period, row.area, row.line): row.points for row in rows.itertuples()}
    assert found.keys() == expected().keys()
    assert len(found) == 2 * 24 * 12
    for key, wanted in expected().items():
        if wanted is None:
            assert pd.isna(found[key]), key
        else:
            assert found[key] == float(wanted), key
    # the year has an example of every part of the formula
    of_year = [wanted for (period, _, code), wanted in expected().items() if period == "2025" and wanted is not None]
    assert min(of_year) == 0
    assert of_year.count(44) >= 2
    assert sum(wanted % 1 != 0 for wanted in of_year) > 100


def test_totals_are_the_share_of_the_points_available(totals: pd.DataFrame) -> None:
    whole = totals[(totals["section"] == "") & (totals["area"] != "R00")]
    assert len(whole) == 48
    for period, practice, found in whole[["period", "area", "points"]].itertuples(index=False):
        given = {code: expected()[period, practice, code] for code in PUBLISHED}
        available = sum(PUBLISHED[code][0] for code, wanted in given.items() if wanted is not None)
        gained = sum(wanted for wanted in given.values() if wanted is not None)
        assert available == {("2024", practice): 228, EMPTY[:2]: 228}.get((period, practice), 243)
        assert found == float(two_digits(gained * 243 / available)), (period, practice)


def test_sections_are_disease_groups(totals: pd.DataFrame, data: ev.Data) -> None:
    assert [int(section.points) for section in data.standard.sections] == [47, 82, 52, 14, 33, 15]
    rows = totals[(totals["section"] != "") & (totals["area"] != "R00")]
    for part in rows.itertuples():
        codes = [
            code for code in PUBLISHED if code.startswith(part.section.upper()) and code[len(part.section)].isdigit()
        ]
        given = [expected()[part.period, part.area, code] for code in codes]
        counted = [wanted for wanted in given if wanted is not None]
        assert part.full == sum(PUBLISHED[code][0] for code in codes)
        if counted:
            assert part.points == float(sum(counted)), (part.area, part.section)
        else:
            assert pd.isna(part.points)


@pytest.mark.parametrize(
    ("practice", "achieved", "wanted"),
    [("P005", 15, 0), ("P002", 20, 0), ("P001", 35, 22), ("P003", 50, 44), ("P004", 80, 44)],
)
def test_the_published_example_of_44_points_is_in_the_year(
    scored: pd.DataFrame, practice: str, achieved: float, wanted: float
) -> None:
    cell = scored.query("period == '2025' and area == @practice and line == 'CHOL004'").iloc[0]
    assert (cell["value"], cell["points"], cell["full"]) == (pytest.approx(achieved), wanted, 44)


def test_what_is_missing_and_what_is_not_there(scored: pd.DataFrame) -> None:
    by = scored.set_index(["period", "area", "line"])
    assert (by.loc[NOT_SENT, "points"], by.loc[NOT_SENT, "reason"]) == (0, "not reported; counted as zero")
    assert pd.isna(by.loc[EMPTY, "points"])
    assert "left out" in by.loc[EMPTY, "reason"]
    assert by.loc[("2024", slice(None), "AST012"), "points"].isna().all()


def test_the_group_is_scored_by_its_sums(scored: pd.DataFrame) -> None:
    group = scored[(scored["area"] == "R00") & (scored["period"] == "2025")].set_index("line")
    for code, (available, lower, upper) in PUBLISHED.items():
        cells = [parts("2025", practice, code) for practice in practices()]
        if any(above is None for above, *_ in cells):
            assert group.loc[code, "reason"].startswith("23 of 24 areas reported")
            continue
        wanted = points(sum(x[0] for x in cells), sum(x[1] for x in cells), available, lower, upper)
        assert group.loc[code, "points"] == float(wanted), code


# --- measures -------------------------------------------------------------------------------------------------------


def test_achievement_with_and_without_exceptions(ind: pd.DataFrame) -> None:
    value = ind.set_index(["period", "area", "indicator"])["value"]
    seen = 0
    for period, practice, code in expected():
        if (period, code) == ("2024", "AST012") or (period, practice, code) in (EMPTY, NOT_SENT):
            continue
        above, below, exceptions, _ = parts(period, practice, code)
        name = code.lower()
        assert value[period, practice, name] == pytest.approx(100 * above / below)
        assert value[period, practice, f"{name}_receiving"] == pytest.approx(100 * above / (below + exceptions))
        rate = 100 * exceptions / (exceptions + below)
        assert value[period, practice, f"{name}_exception_rate"] == pytest.approx(rate)
        seen += 1
    assert seen == 2 * 24 * 12 - 24 - 2
    # the technical annex: 921 of 1,000 patients is 92.1%; net of 79 exceptions it is 100%
    assert value["2025", "P012", "hyp008_receiving"] == pytest.approx(92.1)
    assert value["2025", "P012", "hyp008"] == 100


def test_an_exception_rate_has_no_good_direction(data: ev.Data) -> None:
    rows = data.catalogue[data.catalogue["indicator"].isin(ev.indicators(data)["indicator"])]
    by = rows.set_index("indicator")["direction"]
    assert set(by[by.index.str.endswith(("_exception_rate", "_prevalence"))]) == {"none"}
    assert set(by[[code.lower() for code in PUBLISHED]]) == {"up"}


# --- payment --------------------------------------------------------------------------------------------------------


def paid(gained: Iterable[tuple[float, float]], pounds: float, population_index: float) -> float:
    """Points × pounds a point × contractor population index × adjusted practice disease factor, over groups."""
    return sum(number * pounds * population_index * factor for number, factor in gained)


def test_what_the_points_are_worth(data: ev.Data, ind: pd.DataFrame, totals: pd.DataFrame) -> None:
    # published example of 2022/23: 29 points, list of 16,000 with 9,374 the average, prevalence 3.05% against 2.1%
    assert paid([(29, 1.45)], 207.56, 1.71) == pytest.approx(14924.71, abs=0.01)

    worth = data.parameters[data.parameters["parameter"] == "qof_pounds_per_point"].set_index("valid_from")["value"]
    assert worth.to_dict() == {"2021": 201.16, "2022": 207.56, "2023": 213.10, "2024": 220.62, "2025": 225.49}
    average = data.parameters[data.parameters["parameter"] == "qof_average_list"].set_index("valid_from")["value"]
    assert round(15326 / average["2024"], 2) == 1.54

    prevalence = ind[ind["indicator"].str.endswith("_prevalence")].set_index(["period", "area", "indicator"])["value"]
    gained = totals.set_index(["period", "area", "section"])["points"]
    lists = [counts()["2025", practice, "list_size"] for practice in practices()]
    for practice, size in zip(practices(), lists, strict=True):
        ours, plain = [], []
        for code, register in REGISTERS.items():
            if (practice, code) == ("P017", "AST"):
                continue
            name = f"{code.lower()}_prevalence"
            factor = prevalence["2025", practice, name] / prevalence["2025", "R00", name]
            ours.append((gained["2025", practice, code.lower()], factor))
            of_all = Fraction(sum(counts()["2025", other, register] for other in practices()), sum(lists))
            of_group = [x for x in PUBLISHED if x.rstrip("0123456789") == code]
            won = sum(expected()["2025", practice, x] for x in of_group)
            plain.append((float(won), float(Fraction(counts()["2025", practice, register], size) / of_all)))
        index = size / average["2025"]
        assert paid(ours, worth["2025"], index) == pytest.approx(paid(plain, 225.49, index))


# --- points available, 2019/20 to 2023/24 -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "domains", "whole"),
    [
        ("2019_2020", {"CL": 379, "PH": 106, "QI": 74}, 559),
        ("2020_2021", {"CL": 386, "PH": 107, "QI": 74}, 567),
        ("2021_2022", {"CL": 401, "PH": 160, "QI": 74}, 635),
        ("2022_2023", {"CL": 401, "PH": 160, "QI": 74}, 635),
        ("2023_2024", {"CL": 401, "PH": 160, "QI": 74}, 635),
    ],
)
def test_points_available_add_up_by_domain_and_year(year: str, domains: dict[str, int], whole: int) -> None:
    rows = [entry for entry in read(POINTS) if entry["year"] == year]
    sections = [
        [
            line(entry["indicator"], "threshold", entry["points"], lower="40", upper="90")
            for entry in rows
            if entry["domain"] == domain
        ]
        for domain in domains
    ]
    everything = standard(*sections)
    codes = [entry["indicator"] for entry in rows]
    best = frame(*(row(code, 9, 10, area="best") for code in codes))
    half = frame(*(row(code, 65, 100, area="half") for code in codes))
    # a practice without any patient of the second domain has its points taken out of what is available
    of_second = {part.indicator for part in sections[1]}
    without = frame(*(row(code, 0 if code in of_second else 9, 0 if code in of_second else 10) for code in codes))
    for cells, share in ((best, 1), (half, Fraction(1, 2)), (without, 1)):
        found = ev.scoring.totals(ev.score(cells, everything), everything)
        by = found.set_index("section")["points"]
        assert by[""] == float(whole * share)
        for at, available in enumerate(domains.values(), 1):
            if cells is without and at == 2:
                assert pd.isna(by["s2"])
            else:
                assert by[f"s{at}"] == float(available * share)


def test_the_shipped_file_states_text_that_yaml_leaves_alone() -> None:
    raw = yaml.safe_load((QOF / "standards" / "qof_2025_26.yaml").read_text(encoding="utf-8"))
    for section in raw["sections"]:
        for entry in section["lines"]:
            assert entry["mark"] == "verified"
            assert entry["id"] in entry["source"]
