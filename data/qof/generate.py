"""Write the synthetic QOF dataset: `python data/qof/generate.py [--out FOLDER]`. Same seed, same bytes, everywhere.

Practices, patients and figures are invented; README.md is the data card. Points and thresholds are those published.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

SEED = 2025
REGION = "R00"
PRACTICES = tuple(f"P{number:03d}" for number in range(1, 25))
YEARS = (2024, 2025)
ORIGIN = "practice_extract"
HERE = Path(__file__).resolve().parent

SOURCE = "GitHub jmgillespie2011-creator/qof-optimiser，supabase/seed/0003_seed_full.sql，标明为已公布数值的行"
OF_COUNTS = "QOF technical annex 2.1.2, 2.1.4"


class Group(NamedTuple):
    """A disease group: codes, names, its share of the list, and its family of indicators."""

    code: str
    item: str
    zh: str
    en: str
    share: float
    family: str


class Measure(NamedTuple):
    """An indicator: points, thresholds, whom it is about as a share of the register, the usual level, usual PCAs."""

    code: str
    group: str
    zh: str
    en: str
    points: int
    lower: int
    upper: int
    share: float
    level: float
    adjusted: float


GROUPS = (
    Group("CHD", "chd_register", "冠心病", "Coronary heart disease", 0.031, "coronary_heart_disease"),
    Group("CHOL", "cardiovascular_register", "心血管病（胆固醇管理）", "Cholesterol control", 0.055, "cholesterol"),
    Group("HYP", "hypertension_register", "高血压", "Hypertension", 0.148, "hypertension"),
    Group("STIA", "stroke_register", "脑卒中和短暂性脑缺血发作", "Stroke and TIA", 0.019, "stroke"),
    Group("DM", "diabetes_register", "糖尿病", "Diabetes", 0.078, "diabetes"),
    Group("AST", "asthma_register", "哮喘", "Asthma", 0.066, "asthma"),
)
_79, _80 = "79岁及以下", "80岁及以上"
MEASURES = (
    Measure(
        "CHD015", "CHD", f"冠心病{_79}血压控制率", "CHD, 79 or under: BP 140/90 or less", 33, 40, 90, 0.7, 0.8, 0.06
    ),
    Measure(
        "CHD016", "CHD", f"冠心病{_80}血压控制率", "CHD, 80 or over: BP 150/90 or less", 14, 46, 90, 0.3, 0.86, 0.07
    ),
    Measure("CHOL003", "CHOL", "心血管病降脂药物使用率", "CVD: prescribed a statin", 38, 70, 95, 1.0, 0.87, 0.08),
    Measure("CHOL004", "CHOL", "心血管病胆固醇控制率", "CVD: cholesterol at target", 44, 20, 50, 0.9, 0.41, 0.10),
    Measure("HYP008", "HYP", f"高血压{_79}血压控制率", "Hypertension, 79 or under", 38, 40, 85, 0.8, 0.72, 0.05),
    Measure("HYP009", "HYP", f"高血压{_80}血压控制率", "Hypertension, 80 or over", 14, 40, 85, 0.2, 0.82, 0.06),
    Measure("STIA014", "STIA", f"脑卒中{_79}血压控制率", "Stroke or TIA, 79 or under", 8, 40, 90, 0.64, 0.76, 0.07),
    Measure("STIA015", "STIA", f"脑卒中{_80}血压控制率", "Stroke or TIA, 80 or over", 6, 46, 90, 0.36, 0.83, 0.08),
    Measure(
        "DM036", "DM", "糖尿病（非衰弱）血压控制率", "Diabetes, not frail: blood pressure", 27, 38, 90, 0.8, 0.71, 0.07
    ),
    Measure("DM034", "DM", "糖尿病无心血管病者他汀使用率", "Diabetes without CVD: statin", 4, 50, 90, 0.6, 0.74, 0.15),
    Measure("DM035", "DM", "糖尿病合并心血管病者他汀使用率", "Diabetes with CVD: statin", 2, 50, 90, 0.17, 0.87, 0.09),
    Measure("AST012", "AST", "新诊断哮喘客观检查率", "New asthma: objective test", 15, 45, 80, 0.03, 0.58, 0.05),
)
NEW = ("AST012",)
"""Indicators without a year before."""

CHOSEN: dict[tuple[str, str], tuple[int, int, int, int]] = {
    # practice, indicator -> population, PCAs, denominator, numerator of 2025, made to lie where a rule has an edge
    ("P001", "CHOL004"): (440, 30, 400, 140),
    ("P002", "CHOL004"): (330, 20, 300, 60),
    ("P003", "CHOL004"): (270, 15, 250, 125),
    ("P004", "CHOL004"): (220, 10, 200, 160),
    ("P005", "CHOL004"): (210, 8, 200, 30),
    ("P012", "HYP008"): (1000, 79, 921, 921),
    ("P017", "AST012"): (0, 0, 0, 0),
}
NOT_SENT = ("2025", "P009", "stia015_numerator")

Fact = tuple[str, str, str, int | None]


def practice_facts(practice: str) -> Iterator[Fact]:
    """Yield period, practice, item and count; None for what was not sent."""
    chance = Random(f"{SEED} {practice}")
    size = round(3000 + 13000 * chance.random() ** 1.6)
    drift = {measure.code: _around(chance, 0.10) for measure in MEASURES}
    habit = _around(chance, 0.06)  # how well a practice does in everything
    spread = {group.code: math.exp(_around(chance, 0.25)) for group in GROUPS}
    for at, year in enumerate(YEARS):
        period = str(year)
        listed = round(size * (1 + 0.012 * at))
        yield period, practice, "list_size", listed
        registers = {}
        for group in GROUPS:
            registers[group.code] = round(listed * group.share * spread[group.code] * (1 + 0.02 * at))
            yield period, practice, group.item, registers[group.code]
        for measure in MEASURES:
            if measure.code in NEW and year != YEARS[-1]:
                continue
            level = measure.level + habit + drift[measure.code] + 0.03 * at + _around(chance, 0.02)
            counts = _counts(chance, measure, registers[measure.group], min(max(level, 0.05), 0.99))
            if year == YEARS[-1]:
                counts = CHOSEN.get((practice, measure.code), counts)
            for name, count in zip(("population", "exceptions", "denominator", "numerator"), counts, strict=True):
                item = f"{measure.code.lower()}_{name}"
                yield period, practice, item, None if (period, practice, item) == NOT_SENT else count


def _counts(chance: Random, measure: Measure, register: int, level: float) -> tuple[int, int, int, int]:
    """Return population, PCAs, denominator and numerator: the denominator has neither exclusions nor PCAs in it."""
    population = max(2, round(register * measure.share))
    excluded = round(population * (0.01 + 0.03 * chance.random()))
    exceptions = round(population * measure.adjusted * (0.4 + 1.2 * chance.random()))
    denominator = population - excluded - exceptions
    return population, exceptions, denominator, round(denominator * level)


def _around(chance: Random, most: float) -> float:
    return (chance.random() + chance.random() - 1) * most


def areas() -> Iterator[tuple[str, ...]]:
    """Yield the rows of areas.csv."""
    yield REGION, "样例诊所群（虚构）", "Sample practices (fictitious)", "", "region"
    for number, code in enumerate(PRACTICES, 1):
        yield code, f"样例诊所{number:02d}（虚构）", f"Sample Practice {number:02d} (fictitious)", REGION, "practice"


def items() -> Iterator[tuple[str, ...]]:
    """Yield the rows of catalogue/items.csv."""
    people = ("person", "sum", "last", "yes", "no")
    yield "list_size", "诊所注册人数", "Patients on the practice list", *people, "population", ""
    for group in GROUPS:
        yield group.item, f"{group.zh}登记人数", f"{group.en} register", *people, group.family, ""
    families = {group.code: group.family for group in GROUPS}
    for measure in MEASURES:
        code, family = measure.code.lower(), families[measure.group]
        for name, zh, en in (
            ("population", "目标人群人数", "people the indicator is about"),
            ("exceptions", "个体化调整（例外）人数", "personalised care adjustments"),
            ("denominator", "分母（已扣除例外和排除）", "denominator, net of adjustments and exclusions"),
            ("numerator", "分子（达到要求人数）", "numerator"),
        ):
            yield f"{code}_{name}", f"{measure.code}{zh}", f"{measure.code}: {en}", *people, family, ""


def indicators() -> Iterator[tuple[object, ...]]:
    """Yield the rows of catalogue/indicators.csv."""
    families = {group.code: group.family for group in GROUPS}
    for measure in MEASURES:
        code, family = measure.code.lower(), families[measure.group]
        since = YEARS[-1] if measure.code in NEW else ""
        top, net, given = f"{code}_numerator", f"{code}_denominator", f"{code}_exceptions"
        for name, zh, en, above, below, direction, says in (
            (
                code,
                "",
                "",
                top,
                net,
                "up",
                "扣除例外后的完成率，据此计分 | Achievement net of exceptions, which earns points",
            ),
            (
                *(f"{code}_receiving", "（含例外）", ", of all patients", top, f"{net} + {given}", "up"),
                "接受服务者占全部对象（含例外）的比例 | Patients receiving the intervention, exceptions counted as not",
            ),
            (
                *(f"{code}_exception_rate", "：例外率", ": adjustment rate", given, f"{net} + {given}", "none"),
                "个体化调整人数占全部对象的比例 | Personalised care adjustments among all patients",
            ),
        ):
            names = (f"{measure.code} {measure.zh}{zh}", f"{measure.code} {measure.en}{en}")
            ends = (100, direction, "percent", "register", says, OF_COUNTS, "verified")
            yield name, since, "", *names, family, "proportion", above, below, *ends
    for group in GROUPS:
        names = (f"{group.zh}登记患病率", f"{group.en}: prevalence")
        says = "登记人数占注册人数的比例 | Register over practice list"
        ends = (100, "none", "percent", "register", says, OF_COUNTS, "verified")
        name = f"{group.code.lower()}_prevalence"
        yield name, "", "", *names, group.family, "proportion", group.item, "list_size", *ends


def parameters() -> Iterator[tuple[object, ...]]:
    """Yield the rows of catalogue/parameters.csv: what a point is worth, and the list size of an average practice."""
    for year, pounds in ((2021, 201.16), (2022, 207.56), (2023, 213.10), (2024, 220.62), (2025, 225.49)):
        source = f"Statement of Financial Entitlements {year}/{(year + 1) % 100}，每分金额（英镑）"
        yield "qof_pounds_per_point", year, year, "*", pounds, source, "verified"
    source = "Ardens：15326/9962，CPI为1.54（2024/25）"
    yield "qof_average_list", 2024, 2024, "*", 9962, source, "verified"
    yield "qof_average_list", 2025, "", "*", 9962, "2025/26年度数值未见，沿用2024/25的9962", "general"


def checks() -> Iterator[tuple[str, ...]]:
    """Yield the rows of catalogue/checks.csv."""
    for measure in MEASURES:
        code = measure.code.lower()
        zh = f"{{area}}{{period}}{measure.code}"
        en = f"{{area}}, {{period}}, {measure.code}: "
        yield (
            *(f"{code}_within", f"{code}_numerator <= {code}_denominator", "error"),
            f"{zh}分子（{{left}}）大于分母（{{right}}）。",
            f"{en}the numerator {{left}} is above the denominator {{right}}.",
        )
        yield (
            *(f"{code}_net", f"{code}_denominator + {code}_exceptions <= {code}_population", "error"),
            f"{zh}分母与例外人数之和（{{left}}）大于目标人群（{{right}}）。",
            f"{en}denominator and adjustments are {{left}}, of a population of {{right}}.",
        )


def standard() -> str:
    """Return the scoring standard: the published points and thresholds, a section a disease group."""
    total = sum(measure.points for measure in MEASURES)
    rows = [
        "# The threshold indicators of 2025/26 that are marked as exactly published; written by generate.py.",
        "id: qof_2025_26",
        "name_zh: 英国质量与结果框架（QOF）2025/26年度阈值计分（部分指标）",
        "name_en: Quality and Outcomes Framework 2025/26, threshold indicators (part)",
        f"source: 计分公式见 Statement of Financial Entitlements；分值和阈值见 {SOURCE}；"
        f"只收这些行，合计{total}分，不是全部指标",
        "mark: verified",
        f"total: {total}",
        "rounding: {digits: 2, mode: half_up, of: line}",
        "missing: zero",
        "not_applicable: exclude",
        "",
        "grades:",
        "  - {id: scored, name_zh: 不分等级, name_en: No grades, from: 0}",
        "",
        "sections:",
    ]
    for group in GROUPS:
        of_group = [measure for measure in MEASURES if measure.group == group.code]
        rows += [f"  - id: {group.code.lower()}", f"    name_zh: {group.zh}", f"    name_en: {group.en}"]
        rows += [f"    points: {sum(measure.points for measure in of_group)}", "    lines:"]
        for measure in of_group:
            rows += [
                f"      - id: {measure.code}",
                f"        indicator: {measure.code.lower()}",
                "        rule: threshold",
            ]
            rows += [
                f"        points: {measure.points}",
                f"        lower: {measure.lower}",
                f"        upper: {measure.upper}",
            ]
            rows += [f"        source: {SOURCE}（{measure.code}）", "        mark: verified"]
    return "\n".join(rows) + "\n"


_TEXT = {"type": "string"}
_NEEDED = {"type": "string", "constraints": {"required": True}}
_YEAR = {"type": "string", "constraints": {"pattern": r"\d{4}"}}
_CODE = {"type": "string", "constraints": {"required": True, "pattern": r"R00|P\d{3}"}}


def _allowed(*texts: str) -> dict[str, object]:
    return {"type": "string", "constraints": {"required": True, "enum": list(texts)}}


_MARKED = {"source": _NEEDED, "mark": _allowed("verified", "general")}
_NAMED = {"name_zh": _NEEDED, "name_en": _NEEDED}
_YES_NO = _allowed("yes", "no")
_OF_ITEM = {"measure": _NEEDED, "over_units": _allowed("sum"), "over_time": _allowed("last"), "people": _YES_NO}
_OF_RATIO = {"kind": _allowed("proportion"), "numerator": _NEEDED, "denominator": _NEEDED, "per": _allowed("100")}
_OF_VALUE = {"direction": _allowed("up", "none"), "measure": _TEXT, "basis": _allowed("register"), "definition": _TEXT}

TABLES: dict[str, tuple[str, dict[str, dict[str, object]], tuple[str, ...]]] = {
    "areas": (
        "The invented practices and their group",
        {"area": _CODE, **_NAMED, "parent": _TEXT, "level": _allowed("region", "practice")},
        ("area",),
    ),
    "facts": (
        "Counts of each practice and QOF year; 2025 is the year from April 2025 to March 2026",
        {
            "period": {"type": "string", "constraints": {"required": True, "enum": [str(year) for year in YEARS]}},
            **{"area": _CODE, "item": _NEEDED, "value": {"type": "integer", "constraints": {"minimum": 0}}},
            **{"state": {"type": "string", "constraints": {"enum": ["missing"]}}, "origin": _allowed(ORIGIN)},
        },
        ("period", "area", "item", "origin"),
    ),
    "catalogue/items": (
        "The counted quantities",
        {"item": _NEEDED, **_NAMED, **_OF_ITEM, "sensitive": _YES_NO, "family": _NEEDED, "synonyms": _TEXT},
        ("item",),
    ),
    "catalogue/indicators": (
        "Achievement, share of all patients, adjustment rate and prevalence",
        {
            **{"indicator": _NEEDED, "valid_from": _YEAR, "valid_to": _YEAR},
            **(_NAMED | {"family": _NEEDED} | _OF_RATIO | _OF_VALUE | _MARKED),
        },
        ("indicator",),
    ),
    "catalogue/parameters": (
        "Pounds a point, and the list size of an average practice",
        {
            **{"parameter": _NEEDED, "valid_from": _YEAR, "valid_to": _YEAR, "area": _NEEDED},
            **({"value": {"type": "number", "constraints": {"required": True}}} | _MARKED),
        },
        ("parameter", "valid_from", "area"),
    ),
    "catalogue/checks": (
        "Relations between the counts",
        {"check": _NEEDED, "expression": _NEEDED, "level": _NEEDED, "sentence_zh": _NEEDED, "sentence_en": _NEEDED},
        ("check",),
    ),
}
_FOREIGN = {"facts": (("area", "areas"), ("item", "items"))}


def description() -> dict[str, object]:
    """Return datapackage.json."""
    resources = []
    for path, (says, fields, key) in TABLES.items():
        name = path.rpartition("/")[2]
        schema: dict[str, object] = {
            "fields": [{"name": field, **about} for field, about in fields.items()],
            "missingValues": [""],
            "primaryKey": list(key),
        }
        if name in _FOREIGN:
            schema["foreignKeys"] = [
                {"fields": field, "reference": {"resource": resource, "fields": field}}
                for field, resource in _FOREIGN[name]
            ]
        about = {"name": name, "path": f"{path}.csv", "description": says, "format": "csv", "mediatype": "text/csv"}
        resources.append(about | {"encoding": "utf-8", "schema": schema})
    own = {
        "language": "en",
        "title_zh": "质量与结果框架2025/26年度（虚构诊所）",
        "title_en": "Quality and Outcomes Framework 2025/26, fictitious practices",
        "source_zh": "虚构数据，由本仓库的程序以固定的随机种子生成；分值和阈值为英国已公布的数值",
        "source_en": "Synthetic data, written by a program of this repository with a fixed seed; points as published",
        "licence_zh": "本仓库的软件许可证（宽松的开源许可）",
        "licence_en": "MIT License",
        "synthetic": True,
        "notice_zh": "本页数据为虚构示例数据，由程序生成，不代表任何真实诊所或个人。",
        "notice_en": "Fictitious data made by a program; they describe no real practice or person.",
        "code_pattern": r"^(R00|P\d{3})$",
        "origins": [ORIGIN],
        "standard": "qof_2025_26",
        "region": REGION,
        "indicators": [str(row[0]) for row in indicators()],
    }
    return {
        "name": "qof",
        "title": "Quality and Outcomes Framework 2025/26, fictitious practices",
        "description": "Synthetic data about invented practices, scored by published thresholds; see README.md.",
        "version": "1.0.0",
        "licenses": [{"name": "MIT", "title": "MIT License", "path": "https://opensource.org/license/mit"}],
        "sources": [{"title": "Synthetic: written by generate.py with a fixed seed"}],
        "evaltools": own,
        "resources": resources,
    }


def facts() -> Iterator[tuple[object, ...]]:
    """Yield the rows of facts.csv, year by year."""
    rows = [row for practice in PRACTICES for row in practice_facts(practice)]
    for period, practice, item, count in sorted(rows, key=lambda row: row[0]):
        yield period, practice, item, "" if count is None else count, "missing" if count is None else "", ORIGIN


def main() -> None:
    """Write every file of the dataset into the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: beside this file)")
    out: Path = parser.parse_args().out
    made: dict[str, Iterable[Iterable[object]]] = {
        "areas": areas(),
        "facts": facts(),
        "catalogue/items": items(),
        "catalogue/indicators": indicators(),
        "catalogue/parameters": parameters(),
        "catalogue/checks": checks(),
    }
    for path, rows in made.items():
        file = out / f"{path}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(TABLES[path][1])
            writer.writerows(rows)
    (out / "standards").mkdir(parents=True, exist_ok=True)
    (out / "standards" / "qof_2025_26.yaml").write_text(standard(), encoding="utf-8", newline="\n")
    text = json.dumps(description(), ensure_ascii=False, indent=1) + "\n"
    (out / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
