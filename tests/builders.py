"""Builds small dataset folders for tests: say only what matters, the rest is filled in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

ITEM = {
    "over_units": "sum",
    "over_time": "sum",
    "people": "yes",
    "sensitive": "no",
    "family": "test",
    "measure": "person",
}
INDICATOR = {
    "kind": "proportion", "per": "100", "direction": "up", "basis": "register",
    "family": "test", "source": "a test", "mark": "general",
}  # fmt: skip

Row = Mapping[str, object]


def write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def item(name: str, **values: object) -> Row:
    return {"item": name, "name_zh": f"项目{name}", "name_en": f"Item {name}", **ITEM, **values}


def indicator(name: str, numerator: str, denominator: str = "", **values: object) -> Row:
    row = {
        "indicator": name,
        "valid_from": "",
        "valid_to": "",
        "name_zh": f"指标{name}",
        "name_en": f"Indicator {name}",
    }
    return {**row, "numerator": numerator, "denominator": denominator, **INDICATOR, **values}


def fact(period: str, area: str, item_: str, value: object, unit: str = "", **values: object) -> Row:
    return {"period": period, "area": area, "unit": unit, "item": item_, "value": value, **values}


def unit(area: str, code: str, **values: object) -> Row:
    row = {
        "area": area,
        "unit": code,
        "name_zh": f"机构{code}",
        "name_en": f"Unit {code}",
        "kind": "",
        "parent": "",
    }
    return {**row, "valid_from": "", "valid_to": "", "successor": "", **values}


def area(code: str, **values: object) -> Row:
    return {"area": code, "name_zh": f"地区{code}", "name_en": f"Area {code}", "parent": "", **values}


def dataset(folder: Path, meta: Row | None = None, **tables: Iterable[Row]) -> Path:
    """Write a dataset; items, indicators, parameters and checks go to its own catalogue.

    Without `areas`, every area of the facts is one; without `items` or `indicators`, a, b and a/b.
    """
    facts = list(tables.get("facts", []))
    tables.setdefault("areas", [area(code) for code in sorted({str(row["area"]) for row in facts})])
    tables.setdefault("items", [item("a"), item("b")])
    tables.setdefault("indicators", [indicator("share", "a", "b")])
    for name, rows in tables.items():
        own = name in ("items", "indicators", "parameters", "checks")
        if rows := list(rows):
            write(folder / ("catalogue" if own else "") / f"{name}.csv", rows)
    names = [row["indicator"] for row in tables["indicators"]]
    own_meta = {"language": "zh", "indicators": list(dict.fromkeys(names)), **(meta or {})}
    content = {"name": folder.name, "title": "a test", "evaltools": own_meta}
    (folder / "datapackage.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return folder
