"""The columns of every file, and datapackage.json, which describes them (a Frictionless data package)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from generator.defects import ORIGINS, Facts
from generator.places import COUNTIES, PREFECTURE, YEARS

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue"

_AREA = r"9901\d{2}"
_YEAR, _PERIOD = r"\d{4}", r"\d{4}(-\d{2})?"
_NAME = r"[a-z][a-z0-9_]*"

Field = dict[str, object]


def _text(name: str, **constraints: object) -> Field:
    return {"name": name, "type": "string"} | ({"constraints": constraints} if constraints else {})


def _number(name: str, **constraints: object) -> Field:
    return {"name": name, "type": "number"} | ({"constraints": constraints} if constraints else {})


def _count(name: str, **constraints: object) -> Field:
    return {"name": name, "type": "integer", "constraints": {"minimum": 0, **constraints}}


def _needed(name: str, pattern: str = "", allowed: Iterable[str] = ()) -> Field:
    choice = {"enum": list(allowed)} if allowed else {}
    return _text(name, required=True, **({"pattern": pattern} if pattern else {}), **choice)


_LIFETIME = [_text("valid_from", pattern=_YEAR), _text("valid_to", pattern=_YEAR), _text("successor")]
_PLACE = [_needed("area", _AREA), _text("unit", pattern=r"\d{2}")]
_ITEM, _INDICATOR = _needed("item", _NAME), _needed("indicator", _NAME)
_MARK = [_needed("source"), _needed("mark", allowed=("verified", "general"))]

FIELDS: dict[str, list[Field]] = {
    "areas": [
        _needed("area", _AREA),
        *(_needed("name_zh"), _needed("name_en"), _text("parent")),
        _needed("level", allowed=("prefecture", "county")),
        _text("kind", enum=["urban", "rural"]),
        *_LIFETIME,
    ],
    "units": [
        _needed("area", _AREA),
        _needed("unit", r"\d{2}"),
        *(_needed("name_zh"), _needed("name_en")),
        _needed("kind", allowed=("community_health_centre", "township_health_centre")),
        *(_text("parent"), *_LIFETIME),
    ],
    "facts": [
        _needed("period", _PERIOD),
        *(*_PLACE, _ITEM, _number("value", minimum=0)),
        _text("state", enum=["missing", "not_applicable"]),
        _needed("origin", allowed=ORIGINS),
    ],
    "claims": [
        _needed("period", _PERIOD),
        *(*_PLACE, _INDICATOR),
        _needed("measure", allowed=("level", "change_pp", "change_percent", "attainment")),
        *(_number("numerator", minimum=0), _number("denominator", minimum=0), _number("reported", required=True)),
        _text("bound", enum=[">=", ">", "<=", "<", "about"]),
        *(_needed("source"), _needed("text")),
    ],
    "targets": [
        _needed("period", _YEAR),
        _needed("area", rf"\*|{_AREA}"),
        *(_text("unit"), _INDICATOR, _number("target"), _number("upper")),
        _needed("kind", allowed=("absolute", "improve", "range")),
        *_MARK,
    ],
    "adjustments": [
        _needed("period", _PERIOD),
        *(*_PLACE, _ITEM, _number("from", minimum=0), _number("to", minimum=0)),
        _needed("stage", allowed=("verified", "appeal", "correction")),
        *(_needed("reason"), _needed("evidence"), {"name": "date", "type": "date"}),
    ],
    "breaks": [
        *(_needed("from", _YEAR), _needed("to", _YEAR)),
        *(_needed("indicator"), _needed("area", rf"\*|{_AREA}")),
        _needed("kind", allowed=("definition", "boundary", "disturbance")),
        *(_needed("note_zh"), _needed("note_en")),
    ],
    "samples": [
        _needed("period", _YEAR),
        *(*_PLACE, _INDICATOR),
        *(_count("sampled", required=True), _count("genuine", required=True), _count("conforming")),
        *(_needed("source"), _text("note")),
    ],
}
COLUMNS = {name: [str(field["name"]) for field in fields] for name, fields in FIELDS.items()}

_KEYS: dict[str, list[str]] = {
    "areas": ["area"],
    "units": ["area", "unit"],
    "facts": ["period", "area", "unit", "item", "origin"],
    "targets": ["period", "area", "unit", "indicator"],
    "samples": ["period", "area", "unit", "indicator"],
}
_OF_AREAS = ("units", "facts", "claims", "adjustments", "samples")
_SAYS = {
    "areas": "The invented prefecture and its counties",
    "units": "Township health centres and community health service centres; two merged in 2023",
    "facts": "Counts as sent: yearly by institution, and by county what only counties report; monthly by county",
    "claims": "Figures stated in the counties' reports for 2024; some are wrong on purpose",
    "targets": "Targets of 2022 to 2024; two that ended in 2020",
    "adjustments": "What verification, appeals and corrections changed in the figures of 2024",
    "breaks": "Years that are not like the others",
    "samples": "Records drawn on site for 2024, and how many were genuine and conforming",
}


@dataclass(frozen=True)
class Formula:
    """An indicator of the catalogue: Chinese name, items added up above and below the line, scale."""

    name_zh: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    per: int


@cache
def formulas() -> dict[str, Formula]:
    """Return the newest definition of every indicator that is a plain sum over a plain sum."""
    with (CATALOGUE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["valid_from"])
    return {
        row["indicator"]: Formula(
            row["name_zh"], tuple(row["numerator"].split(" + ")), tuple(_parts(row["denominator"])), int(row["per"])
        )
        for row in rows
    }


def _parts(formula: str) -> list[str]:
    return formula.split(" + ") if formula else []


def per_head() -> tuple[int, ...]:
    """Return the yuan of basic public health funds a resident, one for each year of the example."""
    with (CATALOGUE / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["parameter"] == "bphs_fund_per_head"]
    yuan = {int(row["valid_from"]): int(row["value"]) for row in rows}
    return tuple(yuan[year] for year in YEARS)


NOT_REPORTED_ON = {
    *("lectures_count", "consultations_count"),
    *("nip_township_share", "nip_lowest_township", "mmr1_lowest_township"),
    *("managed_hypertension_share", "managed_diabetes_share", "notifiable_disease_incidence"),
}
"""Indicators that the facts would give, and that the invented prefecture does not report on."""


def reported_indicators(facts: Facts) -> list[str]:
    """Return the indicators of the catalogue of which every item is in the facts, in the catalogue's order."""
    items = {key[3] for key in facts}
    with (CATALOGUE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known: list[str] = []
    for row in rows:
        formula = re.sub(r"parameter\(\w+\)|prior\b", "", f"{row['numerator']} {row['denominator']}")
        needs = set(re.findall(_NAME, formula))
        if needs <= items | set(known) and row["indicator"] not in {*known, *NOT_REPORTED_ON}:
            known.append(row["indicator"])
    return known


def write_description(path: Path, facts: Facts) -> None:
    """Write datapackage.json."""
    resources = [
        {
            "name": name,
            "path": [f"facts/{county.area}.csv" for county in COUNTIES] if name == "facts" else f"{name}.csv",
            "description": _SAYS[name],
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": _schema(name, fields),
        }
        for name, fields in FIELDS.items()
    ]
    package = {
        "name": "example",
        "title": "Sample Prefecture (fictitious): basic public health services, 2019 to 2024",
        "description": "Synthetic data about an invented prefecture, calibrated to published ranges; see README.md.",
        "version": "1.0.0",
        "licenses": [{"name": "MIT", "title": "MIT License", "path": "https://opensource.org/license/mit"}],
        "sources": [{"title": "Synthetic: written by generate.py with a fixed seed"}],
        "evaltools": {
            "language": "zh",
            "title_zh": "样例市（虚构）基本公共卫生服务",
            "title_en": "Sample Prefecture (fictitious): basic public health services",
            "source_zh": "虚构数据，由本仓库的程序以固定的随机种子生成",
            "source_en": "Synthetic data, written by a program of this repository with a fixed seed",
            "licence_zh": "本仓库的软件许可证（宽松的开源许可）",
            "licence_en": "MIT License",
            "synthetic": True,
            "notice_zh": "本页数据为虚构示例数据，由程序生成，不代表任何真实地区、机构或个人。",
            "notice_en": "Fictitious data made by a program; they describe no real place, institution or person.",
            "code_pattern": r"^\d{6}$",
            "origins": list(ORIGINS),
            "standard": "basic_public_health",
            "region": PREFECTURE,
            "indicators": reported_indicators(facts),
        },
        "resources": resources,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(package, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _schema(name: str, fields: list[Field]) -> dict[str, object]:
    schema: dict[str, object] = {"fields": fields, "missingValues": [""]}
    if name in _KEYS:
        schema["primaryKey"] = _KEYS[name]
    if name in _OF_AREAS:
        schema["foreignKeys"] = [{"fields": ["area"], "reference": {"resource": "areas", "fields": ["area"]}}]
    return schema
