"""Workbooks as counties send them, made for tests, and what is known before they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
from builders import indicator, item

from evaltools import tables
from evaltools.mapped_return import read_mapped
from evaltools.mappings import load_mapping
from evaltools.problems import ProblemList
from evaltools.returns import Known, Return
from evaltools.sheets import read_sheets

UNITS = {"01": "城关镇卫生院", "02": "东河镇卫生院", "03": "西山乡卫生院"}
AREAS = {"990101": "平安县", "990102": "安定县"}
ITEMS = [
    item("residents", name_zh="常住人口数", over_time="last", synonyms="常住居民数;辖区常住人口"),
    item("births", name_zh="活产数", synonyms="出生活产数"),
    item("deaths", name_zh="孕产妇死亡数"),
    item("patients", name_zh="高血压患者总人数", over_time="last", synonyms="高血压患者数"),
    item("managed", name_zh="高血压患者管理人数", over_time="last", synonyms="高血压管理人数"),
    item("kinds", name_zh="印刷资料种类数", over_units="none", over_time="none"),
    item("funds", name_zh="补助资金到位额", measure="yuan", synonyms="到位资金"),
]
INDICATORS = [
    indicator("management_rate", "managed", "patients", name_zh="高血压患者管理率"),
    indicator("mortality", "deaths", "births", name_zh="孕产妇死亡率", kind="rate", per="100000"),
    indicator("stability", "managed", "residents", name_zh="患病率", per="1000"),
]
WORDS = {
    "": ("missing", False),
    "无": ("zero", True),
    "—": ("not_applicable", True),
    "未开展": ("zero", True),
    "未统计": ("missing", False),
}


def table(name: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    blank = dict.fromkeys(tables.TABLES[name].columns, "")
    return pd.DataFrame([{**blank, **row} for row in rows], columns=list(blank), dtype="str")


def known(places: bool = True) -> Known:
    """Return what a dataset of two counties knows, or only the catalogue."""
    areas = [{"area": code, "name_zh": name} for code, name in AREAS.items()]
    units = [{"area": area, "unit": code, "name_zh": name} for area in AREAS for code, name in UNITS.items()]
    return Known(
        table("items", ITEMS),
        table("indicators", INDICATORS),
        table("areas", areas if places else []),
        table("units", units if places else []),
        WORDS,
    )


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], *merges: str) -> Path:
    """Write a workbook of rows; `merges` hold in every sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for merge in merges:
            sheet.merge_cells(merge)
    book.save(path)
    return path


def read(path: Path, mapping: str, about: Known | None = None) -> tuple[Return, pd.DataFrame]:
    """Return what a file holds by a mapping, and the problems; the mapping itself must be sound."""
    about = known() if about is None else about
    place = path.with_name("m.yaml")
    place.write_text(mapping, encoding="utf-8")
    problems = ProblemList()
    loaded = load_mapping(place, about, problems)
    assert loaded is not None, problems.frame()["sentence_en"].tolist()
    problems = ProblemList()
    sheets = read_sheets(path, path.name, problems)
    return read_mapped(sheets, path.name, loaded, about, problems), problems.frame()


def numbers(found: Return) -> dict[str, tuple[str, str, str, str, float]]:
    """Return the facts by their cell, without file and sheet: period, area, unit, item, value."""
    rows = found.facts.itertuples(index=False)
    return {r.source.split("!", 1)[1]: (r.period, r.area, r.unit, r.item, r.value) for r in rows}


def told(problems: pd.DataFrame, *rules: str) -> list[tuple[str, str]]:
    """Return rule and cell (`sheet!cell`) of problems, without notes; or of some rules, notes too."""
    rows = problems[problems["rule"].isin(rules)] if rules else problems[problems["level"] != "note"]
    return [(rule, where.split("!", 1)[-1]) for rule, where in zip(rows["rule"], rows["where"], strict=True)]
