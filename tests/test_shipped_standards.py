"""The standards that ship: loadable, sourced, summing up, and each line of them scored again by plain arithmetic.

The second calculation reads the YAML files and the indicators' counts itself; it knows nothing of the package's rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import evaltools as ev
from evaltools.rules import RULES
from evaltools.standards import Standard, load_standard

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "standards"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
QOF = ROOT / "data" / "qof"

STRUCTURE = {
    # what the published structures state: total, points of the sections
    "national_structure": (100, [17, 23, 50, 5, 5]),
    "township_1000": (1000, [584, 416]),
    "project_expenditure": (100, [10, 50, 30, 10]),
}
OF_THE_ISSUE = {
    *("proportional", "threshold", "per_point", "per_step", "per_gap", "per_defect", "bands", "boolean", "evidence"),
    *("improvement", "regional_mean", "percentile", "units_meeting", "ladder", "manual", "per_case", "over_target"),
}


@cache
def raw(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def raw_lines(name: str) -> list[dict[str, Any]]:
    content = raw(name)
    blocks = [*content["sections"], *(content[key] for key in ("bonus", "penalties") if key in content)]
    return [line for block in blocks for line in block["lines"]]


@pytest.fixture(scope="module")
def data() -> ev.Data:
    return ev.load("example")


@pytest.fixture(scope="module")
def ind(data: ev.Data) -> pd.DataFrame:
    every = ev.indicators(data)
    return every[every["period"].isin(["2023", "2024"])]


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    path = ROOT / "data" / "catalogue" / "indicators.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(scope="module")
def residents() -> pd.DataFrame:
    """Residents of each institution, straight from the files of the example."""
    parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in ROOT.glob("data/example/facts/*.csv")]
    rows = pd.concat(parts)
    rows = rows[(rows["item"] == "residents") & (rows["unit"] != "") & (rows["value"] != "")]
    return rows[["period", "area", "unit"]].assign(weight=rows["value"].astype(float))


@pytest.fixture(scope="module")
def benchmark(data: ev.Data, ind: pd.DataFrame) -> pd.DataFrame:
    return ev.benchmark(ind, data.catalogue, reference=data.meta.region, items=data.items)


@pytest.fixture(scope="module")
def scored(
    data: ev.Data, ind: pd.DataFrame, catalogue: pd.DataFrame, residents: pd.DataFrame, benchmark: pd.DataFrame
) -> dict[str, tuple[Standard, pd.DataFrame]]:
    """Every shipped standard with the points of the example."""
    found = {}
    for name in NAMES:
        standard = load_standard(FOLDER / f"{name}.yaml", catalogue)
        points = ev.score(
            *(ind, standard),
            **{"targets": data.targets, "benchmark": benchmark, "weights": residents},
            units=standard.objects == "unit",
        )
        found[name] = (standard, points)
    return found


# --- what the files say -----------------------------------------------------------------------------------------------


def test_at_least_five_ship() -> None:
    assert {"basic_public_health", "national_structure", "township_1000", "project_expenditure"} < set(NAMES)
    assert "primary_care_2020" in NAMES
    assert (QOF / "standards" / "qof_2025_26.yaml").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_every_line_has_a_source_and_a_mark(name: str) -> None:
    content = raw(name)
    for part in (content, *raw_lines(name), *content.get("vetoes", [])):
        assert part["mark"] in ("verified", "general"), part["id"]
        assert any("\u4e00" <= sign <= "\u9fff" for sign in part["source"]), part["id"]
        # what was not found in a public text is not called verified
        if part["source"].startswith("示例取值") or part["source"].endswith("未核对原文"):
            assert part["mark"] == "general", part["id"]
    for part in (*content["sections"], *content["grades"], *content.get("vetoes", [])):
        assert part["name_en"].isascii()
        assert not part["name_zh"].isascii()


@pytest.mark.parametrize("name", NAMES)
def test_points_add_up(name: str) -> None:
    content = raw(name)
    sections = [Decimal(section["points"]) for section in content["sections"]]
    assert sum(sections) == Decimal(content["total"])
    for section, points in zip(content["sections"], sections, strict=True):
        assert sum(Decimal(line["points"]) for line in section["lines"]) == points
    total, published = STRUCTURE.get(name, (Decimal(content["total"]), sections))
    assert (Decimal(content["total"]), sections) == (total, published)


def test_nothing_of_the_2020_set_is_verified() -> None:
    assert (
        {line["mark"] for line in raw_lines("primary_care_2020")} == {raw("primary_care_2020")["mark"]} == {"general"}
    )
    assert all("未核对原文" in line["source"] for line in raw_lines("primary_care_2020"))
    assert len(raw_lines("primary_care_2020")) == 42
    names = [section["name_zh"] for section in raw("primary_care_2020")["sections"]]
    assert names == ["服务提供", "综合管理", "可持续发展", "满意度评价"]


def test_every_kind_of_rule_is_shipped() -> None:
    shipped = {line["rule"] for name in NAMES for line in raw_lines(name)}
    assert shipped >= OF_THE_ISSUE
    assert shipped <= set(RULES)
    national = raw("national_structure")
    assert {veto["effect"] for veto in national["vetoes"]} == {
        *("set_grade", "cap_grade", "drop_grade", "bar_from_ranking"),
    }
    assert any("gate" in line for line in raw_lines("national_structure"))
    assert {line.get("scorers", "mean") for line in raw_lines("national_structure")} == {"mean", "trimmed"}
    assert {line.get("steps") for line in raw_lines("national_structure")} >= {"whole", "started", "part"}


def test_grades_of_the_project_expenditure_are_those_of_the_ministry() -> None:
    grades = raw("project_expenditure")["grades"]
    assert [(grade["name_zh"], grade["from"]) for grade in grades] == [
        ("优", "90"),
        ("良", "80"),
        ("中", "60"),
        ("差", "0"),
    ]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_standard_and_its_total(readme: str) -> None:
    text = (FOLDER / readme).read_text(encoding="utf-8")
    for name in NAMES:
        row = next(row for row in text.splitlines() if row.startswith(f"| `{name}`"))
        lines = raw_lines(name)
        verified = sum(line["mark"] == "verified" for line in lines)
        assert f"| {raw(name)['total']} |" in row
        assert f"| {verified} of {len(lines)} |" in row or f"| {len(lines)}行中{verified}行 |" in row
    assert "qof_2025_26" in text


# --- the example scored with each -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_points_stay_in_bounds(scored: Mapping[str, tuple[Standard, pd.DataFrame]], name: str) -> None:
    standard, points = scored[name]
    full = {line.id: float(line.points) for _, line in standard.lines}
    given = points[points["points"].notna()]
    assert (given["points"] <= given["line"].map(full)).all()
    assert (given["points"][given["section"] != "penalties"] >= 0).all()
    assert (points["points"].notna() | (points["reason"] != "")).all()
    totals = ev.scoring.totals(points, standard)
    # the region itself has no institutions that are scored
    whole = totals[(totals["section"] == "") & (totals["period"] == "2024") & totals["points"].notna()]
    assert len(whole) >= 12
    assert whole["points"].between(0, float(standard.total)).all()
    # the example is meant to tell counties apart, not to be perfect or hopeless
    of_counties = whole[(whole["unit"] == "") & (whole["area"] != "990100")].set_index("area")["points"]
    assert of_counties.nunique() > 8
    assert of_counties.median() > 0.7 * float(standard.total)


@pytest.mark.parametrize("name", NAMES)
def test_every_indicator_of_the_example_is_scored_in_most_places(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], ind: pd.DataFrame, name: str
) -> None:
    _, points = scored[name]
    reported = set(ind.loc[ind["value"].notna() & (ind["period"] == "2024"), "indicator"])
    rows = points[(points["period"] == "2024") & points["indicator"].isin(reported) & (points["indicator"] != "")]
    counted = rows.groupby("indicator")["points"].agg(lambda part: part.notna().mean())
    assert not counted.empty
    # half of the townships have no emergency to report in a year
    assert (counted[counted.index != "emergency_report_rate"] > 0.85).all()


def test_a_township_without_tuberculosis_patients_loses_nothing(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]],
) -> None:
    standard, points = scored["township_1000"]
    place = points.query("period == '2024' and area == '990110' and unit == '05'")
    lines = place.set_index("indicator")
    for indicator in ("tb_management_rate", "tb_regular_medication_rate"):
        assert math.isnan(lines.loc[indicator, "points"])
        assert "left out" in lines.loc[indicator, "reason"]
    rest = place[place["points"].notna() & (place["section"].isin(["efficiency", "effectiveness"]))]
    share = sum(Fraction(str(x)) for x in rest["points"]) / sum(Fraction(str(x)) for x in rest["full"])
    whole = ev.scoring.totals(points, standard).query("period == '2024' and area == '990110' and unit == '05'")
    assert whole.set_index("section").loc["", "points"] == float(half_up(share * 1000))


# --- each line again, plainly -----------------------------------------------------------------------------------------


def half_up(number: Fraction, digits: int = 2) -> Fraction:
    scaled = number * 10**digits
    whole = math.floor(abs(scaled) + Fraction(1, 2))
    return Fraction(whole if scaled >= 0 else -whole, 10**digits)


def plain(entry: dict[str, Any], x: Fraction, low_is_good: bool, more: Mapping[str, Any]) -> Fraction:
    """Points of a line by the words of `domain.md` 2.2, unrounded."""
    full = Fraction(entry["points"])

    def number(key: str) -> Fraction:
        return Fraction(entry[key])

    rule = entry["rule"]
    if rule in ("proportional", "per_point", "per_step", "per_gap", "over_target"):
        target = number("target") if "target" in entry else Fraction(str(more["target"]))
    if rule == "proportional":
        if low_is_good:
            return full if x <= target else full * target / x
        return full * min(Fraction(1), x / target)
    if rule == "threshold":
        share = (x - number("lower")) / (number("upper") - number("lower"))
        return full * min(Fraction(1), max(Fraction(0), share))
    if rule == "per_point":
        return full - min(full, max(Fraction(0), (target - x) * number("deduct")))
    if rule in ("per_step", "per_gap"):
        short = max(Fraction(0), target - x)
        steps = (100 * short / target if rule == "per_gap" else short) / number("step")
        counted = {"whole": math.floor, "started": math.ceil, "part": Fraction}[entry["steps"]](steps)
        return full - min(full, counted * number("deduct"))
    if rule == "bands":
        held = [
            band
            for band in entry["bands"]
            if ("from" not in band or Fraction(band["from"]) <= x) and ("to" not in band or x < Fraction(band["to"]))
        ]
        assert len(held) == 1
        return Fraction(held[0]["points"])
    if rule == "ladder":
        done = Fraction(0)
        for tier in entry["tiers"]:
            top = min(x, Fraction(tier["to"])) if "to" in tier else x
            done += max(Fraction(0), top - Fraction(tier["from"])) * Fraction(tier["each"])
        return min(full, done)
    if rule == "over_target":
        done, allowed = x / target, 1 + number("allowance") / 100
        if done <= 1:
            return full * done
        return full if done <= allowed else full * max(Fraction(0), 1 - (done - allowed))
    if rule == "improvement":
        if not low_is_good and "ceiling" in entry and x >= number("ceiling"):
            return full
        assert Fraction(entry["improve"]) == 0
        better = x <= more["prior"] if low_is_good else x >= more["prior"]
        return full if better else Fraction(0)
    if rule == "regional_mean":
        return full * min(Fraction(1), x / more["mean"])
    if rule == "percentile":
        share = (more["position"] - number("lower")) / (number("upper") - number("lower"))
        return full * min(Fraction(1), max(Fraction(0), share))
    if rule == "units_meeting":
        return full * more["meeting"]
    raise AssertionError(rule)


def exact(row: Any, per: int) -> Fraction:
    if math.isnan(row.denominator):
        return Fraction(str(row.numerator if not math.isnan(row.numerator) else row.value))
    return Fraction(str(row.numerator)) / Fraction(str(row.denominator)) * per


@pytest.mark.parametrize("name", NAMES)
def test_every_line_scored_again(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], data: ev.Data, ind: pd.DataFrame, name: str
) -> None:
    standard, points = scored[name]
    entries = {entry["id"]: entry for entry in raw_lines(name)}
    of_units = standard.objects == "unit"
    newest = data.catalogue.sort_values("valid_from", kind="stable").drop_duplicates("indicator", keep="last")
    per, direction = (newest.set_index("indicator")[column].to_dict() for column in ("per", "direction"))
    latest = ind.sort_values("definition", kind="stable").drop_duplicates(
        ["period", "area", "unit", "indicator"], keep="last"
    )
    values = {
        (row.period, row.area, row.unit, row.indicator): exact(row, int(per[row.indicator]))
        for row in latest[latest["value"].notna()].itertuples()
    }
    absolute = data.targets[data.targets["kind"] == "absolute"]
    goals = absolute.set_index(["period", "area", "indicator"])["target"].to_dict()
    counties = data.counties()
    points_of = points.set_index(["period", "area", "unit", "line"])["points"].to_dict()
    seen = set()
    for cell in points[(points["indicator"] != "") & (points["period"] == "2024")].itertuples():
        entry, key = entries[cell.line], (cell.period, cell.area, cell.unit, cell.indicator)
        if (of_units and not cell.unit) or (cell.area == data.meta.region):
            continue
        more: dict[str, Any] = {"target": goals.get((cell.period, cell.area, cell.indicator))}
        if entry["rule"] == "units_meeting":
            units = [at[2] for at in values if at[:2] == key[:2] and at[3] == cell.indicator and at[2]]
            active = set(latest.loc[(latest["period"] == "2024") & (latest["area"] == cell.area), "unit"]) - {""}
            if set(units) != active:
                continue
            met = [unit for unit in units if values[(*key[:2], unit, cell.indicator)] >= Fraction(entry["bar"])]
            more["meeting"] = Fraction(len(met), len(units))
        elif key not in values:
            assert math.isnan(cell.points) or cell.points == 0
            continue
        if entry["rule"] in ("regional_mean", "percentile"):
            others = [values[at] for at in values if at[0] == "2024" and at[1] in counties and at[2:] == key[2:]]
        if entry["rule"] == "regional_mean":
            more["mean"] = half_up(sum(others) / len(others), 4)
        if entry["rule"] == "percentile":
            worse = sum(other < values[key] for other in others)
            more["position"] = half_up(Fraction(100 * worse, len(others) - 1))
            assert len(set(others)) == len(others)
        if entry["rule"] == "improvement":
            more["prior"] = values["2023", *key[1:]]
        low_is_good = direction[cell.indicator] == "down"
        wanted = half_up(plain(entry, values.get(key, Fraction(0)), low_is_good, more))
        for gate in entry.get("gate", []):
            if points_of["2024", cell.area, cell.unit, gate] == 0:
                wanted = Fraction(0)
        assert cell.points == float(wanted), (name, cell)
        seen.add(cell.line)
    scorable = {line for line, entry in entries.items() if entry.get("indicator") in set(latest["indicator"])}
    assert seen == scorable


@pytest.mark.parametrize("name", ["township_1000", "primary_care_2020"])
def test_a_county_is_the_mean_of_its_institutions(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], residents: pd.DataFrame, name: str
) -> None:
    _, points = scored[name]
    rows = points[(points["period"] == "2024") & (points["unit"] != "") & points["points"].notna()]
    weighed = rows.merge(residents, on=["period", "area", "unit"], how="left")
    if name == "primary_care_2020":
        weighed["weight"] = 1.0
    weighed = weighed[weighed["weight"].notna()]
    found = points[(points["period"] == "2024") & (points["unit"] == "")].set_index(["area", "line"])["points"]
    seen = 0
    for (area, line), part in weighed.groupby(["area", "line"]):
        pairs = [(Fraction(str(w)), Fraction(str(p))) for w, p in zip(part["weight"], part["points"], strict=True)]
        mean = sum(w * p for w, p in pairs) / sum(w for w, _ in pairs)
        assert found[area, line] == float(half_up(mean)), (area, line)
        seen += 1
    assert seen > 150


# --- what people judge ------------------------------------------------------------------------------------------------


def judged(*rows: tuple[str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"period": "2024", "area": "990101", "unit": "", "line": line, "value": value, "scorer": who}
            for line, value, who in rows
        ]
    )


def test_the_judged_lines_of_the_national_structure(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], ind: pd.DataFrame, benchmark: pd.DataFrame, data: ev.Data
) -> None:
    standard, _ = scored["national_structure"]
    given = judged(
        *(("1.1", 1, ""), ("1.2", 2, ""), ("1.3", 2, "a"), ("1.3", 3, "b")),
        *(("1.4", 0, "a"), ("1.4", 1, "b"), ("1.4", 1.5, "c"), ("1.4", 2, "d")),
        *(("2.2", 2, ""), ("2.5", 3, ""), ("5.1", 2, "a"), ("5.2", 9, "")),
        *(("b1", 1, ""), ("b2", 4, ""), ("p1", 2, "")),
    )
    points = ev.score(ind, standard, targets=data.targets, judgements=given, benchmark=benchmark)
    here = points.query("period == '2024' and area == '990101'").set_index("line")["points"]
    wanted = {
        # yes; 2 of 3 papers; the mean of 2 and 3; without highest and lowest the mean of 1 and 1.5
        **{"1.1": 3, "1.2": 2, "1.3": 2.5, "1.4": 1.25},
        # two months late; three cases; as given; nine errors take all
        **{"2.2": 3, "2.5": 2.5, "5.1": 2, "5.2": 0},
        # two cases would take 20, the line is worth 10
        **{"b1": 1, "b2": 1, "p1": -10},
    }
    assert {line: here[line] for line in wanted} == wanted
    rows = ev.scoring.totals(points, standard).query("period == '2024' and area == '990101'").set_index("section")
    of_lines = here.drop(["b1", "b2", "p1"])
    assert of_lines.notna().all()
    base = sum(Fraction(str(x)) for x in of_lines)
    assert rows.loc["bonus", "points"] == 2
    assert rows.loc["", "points"] == float(min(base + 2, Fraction(100)) - 10)


@pytest.mark.parametrize(
    ("veto", "grade", "barred"),
    [("falsification", "fail", ""), ("misuse", "pass", ""), ("accident", "good", ""), ("refusal", "excellent", "yes")],
)
def test_the_vetoes_of_the_national_structure(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], veto: str, grade: str, barred: str
) -> None:
    standard, points = scored["national_structure"]
    before = (
        ev.scoring.totals(points, standard).query("period == '2024' and area == '990101' and section == ''").iloc[0]
    )
    assert before["grade"] == "excellent"
    after = ev.scoring.totals(points, standard, judgements=judged((veto, 1, "")))
    row = after.query("period == '2024' and area == '990101' and section == ''").iloc[0]
    assert (row["grade"], row["barred"], row["points"]) == (grade, barred, before["points"])


def test_a_county_without_records_gets_nothing_for_their_use(
    scored: Mapping[str, tuple[Standard, pd.DataFrame]], ind: pd.DataFrame, data: ev.Data
) -> None:
    standard, _ = scored["national_structure"]
    rows = ind[(ind["period"] == "2024") & (ind["area"] == "990101") & (ind["unit"] == "")].copy()
    bad = rows["indicator"] == "health_record_coverage"
    rows.loc[bad, ["numerator", "value"]] = [0.0, 0.0]
    region = ev.benchmark(rows, data.catalogue, items=data.items)
    points = ev.score(rows, standard, benchmark=region).set_index("line")
    assert points.loc[["3.1", "3.2", "3.3"], "points"].tolist() == [0, 0, 0]
    assert points.loc["3.2", "value"] > 62
