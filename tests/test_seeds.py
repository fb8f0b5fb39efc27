"""The figures of published work summaries: none lost, none invented, and what is wrong with them is found.

What the rows say and what was noted about them (`trace/`) was written before any of it was computed here.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from frictionless import validate

import evaltools as ev
from evaltools import periods

SEEDS = Path(__file__).parent.parent / "data" / "seeds"
TABLES = ("facts", "claims", "targets")
SUBJECT = {"facts": "item", "claims": "indicator", "targets": "indicator"}
SCALE = {"万元": 10_000, "万㎡": 10_000, "亿元": 100_000_000}
WRONG = {
    *("MISMATCH", "MISMATCH+OVER_100", "GRIM_FAIL", "PP_VS_PERCENT", "AMBIGUOUS_YOY", "TARGET_BELOW_ACTUAL"),
    *("DENOM_CONFLICT", "CONFLICT", "BELOW_TARGET", "BELOW_TARGET?", "IMPLIED", "SUSPECT", "OK_SUSPECT", "NO_DENOM"),
}
"""Flags that say something about the arithmetic of a figure."""


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / name, dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Every figure read from the samples, by its number."""
    frame = read("trace/rows.csv").astype({"row": int, "part": int, "line": int}).set_index("row")
    return frame.assign(area=frame["sample"] + "-" + frame["part"].map("{:02d}".format))


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    return read("trace/expected_findings.csv").astype({"row": int})


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: read(f"{name}.csv").rename(columns={SUBJECT[name]: "subject"}) for name in TABLES}


@pytest.fixture(scope="module")
def data() -> ev.datasets.Data:  # type: ignore[name-defined]
    return ev.load("seeds")


@pytest.fixture(scope="module")
def found(data: ev.datasets.Data) -> pd.DataFrame:  # type: ignore[name-defined]
    return ev.check(data)


def uses(row: pd.Series, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The rows of each table that a figure became: of its part, line and subjects."""
    place = f"第{row['part']}篇第{row['line']}行"
    return {
        name: table[
            (table["area"] == row["area"])
            & table["subject"].isin(row["subjects"].split())
            & table["source"].str.contains(place, regex=False)
        ]
        for name, table in tables.items()
        if name in row["tables"].split()
    }


def test_frictionless_accepts_the_package() -> None:
    report = validate(str(SEEDS / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "note"])
    files = {path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*.csv")}
    assert {task.place for task in report.tasks} == files


@pytest.mark.parametrize(
    ("name", "old", "new", "error"),
    [
        ("facts.csv", ",000-09,,residents,", ",000-99,,residents,", "foreign-key"),
        ("facts.csv", "332700", "33.27万", "type-error"),
        ("claims.csv", ",level,31233,30891,103.04,", ",grade,31233,30891,103.04,", "constraint-error"),
        ("targets.csv", ",ncms_enrolment_rate,98,", ",village_clinic_standardisation_rate,98,", "primary-key"),
        ("trace/expected_findings.csv", "325,", "4325,", "foreign-key"),
    ],
)
def test_frictionless_refuses_a_broken_copy(tmp_path: Path, name: str, old: str, new: str, error: str) -> None:
    folder = shutil.copytree(SEEDS, tmp_path / "seeds")
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    report = validate(str(folder / "datapackage.json"))
    assert error in {kind for (kind,) in report.flatten(["type"])}


def test_it_loads_without_a_remark(data: ev.datasets.Data) -> None:  # type: ignore[name-defined]
    assert data.remarks.empty, data.remarks["sentence_en"].to_string()
    assert not data.meta.synthetic
    assert data.standard is None


def test_used_and_not_used_are_all_there_is(rows: pd.DataFrame) -> None:
    assert rows.index.tolist() == [*range(1, 403), *range(435, 482)]
    assert len(rows) == 449
    unused = rows["tables"] == "not_used"
    assert (rows.loc[unused, ["reason_zh", "reason_en"]] != "").all(axis=None)
    assert (rows.loc[unused, "subjects"] == "").all()
    assert (rows.loc[~unused, "subjects"] != "").all()
    kinds = rows[unused].groupby("flag").size().to_dict()
    # whatever is a figure of a place is used
    assert set(kinds) == {"POLICY_PARAM", "DUPLICATE", "QUALITATIVE", "OFF_TOPIC", "MASKED", "MISSING", "DERIVED", "OK"}
    assert set(rows.loc[unused & (rows["flag"] == "OK"), "kind"]) == {"param"}
    assert set(rows.loc[unused, "flag"]).isdisjoint(WRONG)


def test_every_row_of_the_tables_has_its_figure(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    seen: dict[str, set[int]] = {name: set() for name in TABLES}
    for number, row in rows[rows["tables"] != "not_used"].iterrows():
        of = uses(row, tables)
        assert set(pd.concat(of.values())["subject"]) == set(row["subjects"].split()), number
        for name, found in of.items():
            seen[name] |= set(found.index)
    assert {name: len(indices) for name, indices in seen.items()} == {name: len(t) for name, t in tables.items()}


def test_numbers_are_those_printed(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    """Each number of a row stands in a table, in the basic measure; or is the sum of the counts taken from it."""
    lost = {}
    for number, row in rows[(rows["tables"] != "not_used") & (rows["reported"] != "")].iterrows():
        of = uses(row, tables)
        counts = [float(text) for text in of["facts"]["value"]] if "facts" in of else []
        stated = [
            table[column] for table in of.values() for column in ("reported", "target", "upper") if column in table
        ]
        known = {*counts, sum(counts), *(float(text) for column in stated for text in column if text)}
        for digits, myriad in re.findall(r"(\d+(?:\.\d+)?)(万?)", row["reported"]):
            value = float(digits) * SCALE.get(row["unit"], 1) * (10_000 if myriad else 1)
            if not any(abs(value - other) < 1e-6 * max(1, value) for other in known):
                lost[number] = row["reported"]
    # once for everyone (1次/人) is a coverage of 100 %; 14 of 20 and 227 of 227 are printed, their rates are not
    assert lost == {106: "1", 245: "70", 389: "100"}


def test_claims_carry_the_words_and_no_figure_of_ours(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    claims = tables["claims"]
    quotes = set(rows["quote"])
    assert set(claims["text"]) <= quotes
    assert (claims.loc[claims["measure"] != "level", ["numerator", "denominator"]] == "").all(axis=None)
    bounded = claims[claims["bound"].isin([">=", ">", "<"])]
    assert bounded["text"].str.contains("以上|超过|不足").all()


def test_no_masked_year_was_invented(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    for table in tables.values():
        known = table[table["period"] != periods.UNKNOWN]
        # samples 000 and 003 print 20xx; in sample 001 four parts name their years
        assert set(known["area"]) <= {"001-01", "001-03", "001-05", "001-06"}
        assert set(known["period"].str[:4]) <= {"2017", "2018", "2019", "2020", "2021"}
    told = rows[rows["quote"].str.contains(r"20\d\d年") & (rows["tables"] != "not_used")]
    for number, row in told.iterrows():
        years = {int(year) for year in re.findall(r"(20\d\d)年", row["quote"])}
        given = {p for table in uses(row, tables).values() for p in table["period"] if p != periods.UNKNOWN}
        assert years & {periods.parse(period).year for period in given} or not given, number


def test_every_doubtful_figure_has_an_expectation(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    doubtful = rows[rows["flag"].isin(WRONG)]
    assert set(doubtful.index) <= set(expected["row"])
    by_row = expected.merge(rows[["area", "flag"]], left_on="row", right_index=True, suffixes=("", "_row"))
    assert (by_row["area"] == by_row["area_row"]).all()
    assert (by_row["flag"] == by_row["flag_row"]).all()
    assert ((expected["rule"] == "") == (expected["note"] != "")).all()


def test_what_was_noted_is_found(expected: pd.DataFrame, found: pd.DataFrame) -> None:
    """By rule and place, with the figures that were noted: 101.11%, 3259, 83.06, 856/849."""
    missing = []
    for line in expected[expected["rule"] != ""].itertuples():
        there = found[(found["area"] == line.area) & (found["rule"] == line.rule) & (found["subject"] == line.subject)]
        if not any(line.evidence in finding.evidence + finding.sentence_en for finding in there.itertuples()):
            missing.append((line.row, line.rule, line.evidence))
    assert missing == []


def test_findings_lead_to_the_line(rows: pd.DataFrame, expected: pd.DataFrame, found: pd.DataFrame) -> None:
    claimed = expected[expected["rule"].str.startswith("claim")]
    for line in claimed.itertuples():
        row = rows.loc[line.row]
        there = found[(found["area"] == line.area) & (found["rule"] == line.rule) & (found["subject"] == line.subject)]
        assert there["where"].str.contains(f"第{row['part']}篇第{row['line']}行", regex=False).any(), line.row


def test_no_figure_that_adds_up_is_called_an_error(expected: pd.DataFrame, found: pd.DataFrame) -> None:
    errors = found[found["level"] == "error"]
    known = {*zip(expected["area"], expected["rule"], strict=True)}
    assert {*zip(errors["area"], errors["rule"], strict=True)} <= known
    warnings = found[found["level"] == "warning"]
    assert {*zip(warnings["area"], warnings["rule"], strict=True)} <= known


def test_every_rate_is_one_of_the_national_catalogue(tables: dict[str, pd.DataFrame]) -> None:
    """Own indicators are targets that are numbers, and the two batches of projects that no catalogue can tell apart."""
    own = read("catalogue/indicators.csv").set_index("indicator")["kind"]
    rates = own[~own.isin(["count", "amount"])]
    assert len(rates) == 4
    assert rates.index.str.match("seed_central_(73|144)_").all()
    national = read("../catalogue/indicators.csv")
    used = pd.concat([tables["claims"]["subject"], tables["targets"]["subject"]])
    assert set(used) <= {*national["indicator"], *own.index}
    assert national.loc[national["indicator"].isin(used), "indicator"].nunique() > 80
    items = read("../catalogue/items.csv")["item"]
    assert tables["facts"]["subject"].isin(items).mean() > 0.4


def test_both_languages(tables: dict[str, pd.DataFrame]) -> None:
    for name in ("areas", "catalogue/items", "catalogue/indicators"):
        frame = read(f"{name}.csv")
        assert frame["name_zh"].str.contains(r"[\u4e00-\u9fff]").all()
        assert frame["name_en"].str.fullmatch(r"[\x20-\x7e]+").all()
        assert frame["name_zh"].is_unique
        assert frame["name_en"].is_unique


def test_the_card_tells_the_numbers(
    rows: pd.DataFrame, expected: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    card = (SEEDS / "README.md").read_text(encoding="utf-8")
    unused = rows[rows["tables"] == "not_used"]
    assert f"{len(rows)} figures: {len(rows) - len(unused)} used and {len(unused)} not used" in card
    for name, table in tables.items():
        assert f"{len(table)} {name}" in card
    for reason, part in unused.groupby("reason_en"):
        assert f"| {reason} | {len(part)} |" in card
    for number in expected.loc[(expected["rule"] == "") & (expected["flag"] != "NO_DENOM"), "row"]:
        assert f"| {number} |" in card
    areas = read("areas.csv")
    assert f"{len(areas)} documents" in card
