"""Fills in a return as a person would, by the names that can be seen, and reads it back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd
from builders import area, dataset, fact, indicator, item, unit
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

import evaltools as ev
from evaltools import tables
from evaltools.catalogue import load_catalogue
from evaltools.datasets import home
from evaltools.intake import known_of
from evaltools.problems import ProblemList
from evaltools.returns import Known, Return
from evaltools.sheets import read_sheets
from evaltools.template_return import is_template, read_template

AREA = "010203"
ITEMS = ("visits", "staff", "kinds", "budget")


def small(folder: Path, periods: tuple[str, ...] = ("2023",), **more: object) -> Path:
    """A dataset of one county with three units; `budget` is reported by the county only, kinds cannot be added."""
    items = [
        item("visits", name_zh="就诊人次", measure="visit", family="alpha", over_time="sum", synonyms="诊疗人次"),
        item("staff", name_zh="在岗人数", family="alpha", over_time="last"),
        item("kinds", name_zh="资料种数", measure="kind", family="beta", over_units="none"),
        item("budget", name_zh="预算", measure="yuan", family="beta"),
    ]
    units = [unit(AREA, code, name_zh=name) for code, name in (("1", "甲院"), ("2", "乙院"), ("3", "丙院"))]
    by_unit = [
        fact(period, AREA, name, 100 * at + int(code), code, origin="annual")
        for period in periods
        for at, name in enumerate(ITEMS[:3], 1)
        for code in "123"
    ]
    own = [fact(period, AREA, "budget", 1234.5, origin="annual") for period in periods]
    indicators = [
        indicator("per_staff", "visits", "staff", kind="ratio", per="1", definition="人均接诊。 | Visits a head."),
        indicator("kinds_count", "kinds", kind="count", per="1"),
        indicator("budget_count", "budget", kind="amount", per="1"),
    ]
    given = {"items": items, "units": units, "facts": by_unit + own, "indicators": indicators, **more}
    given.setdefault("areas", [area(AREA, name_zh="平安县")])
    meta = {"origins": ["annual", "other"], **dict(given.pop("meta", {}))}  # type: ignore[call-overload]
    return dataset(folder, meta, **given)  # type: ignore[arg-type]


def data(folder: Path, *periods: str) -> ev.Data:
    return ev.load(str(small(folder, periods or ("2023",))))


@lru_cache
def known(data_: ev.Data) -> Known:
    problems = ProblemList()
    catalogue = load_catalogue(home() / "data" / "catalogue", data_.folder / "catalogue", problems)
    return known_of(catalogue, tables.empty("areas"), tables.empty("units"))


def read(path: Path, known_: Known) -> tuple[Return, pd.DataFrame]:
    """Read a file back: the return and what was said of it."""
    problems, of_file = ProblemList(), ProblemList()
    sheets = read_sheets(path, path.name, of_file)
    assert is_template(sheets)
    found = read_template(sheets, path.name, known_, problems)
    return found, problems.frame()


def figures(facts: pd.DataFrame) -> dict[tuple[str, str], float | str]:
    """(item, unit) -> the value, or the state of a blank."""
    return {
        (row.item, row.unit): row.state if pd.isna(row.value) else row.value for row in facts.itertuples(index=False)
    }


def visible(sheet: Worksheet, names: set[str]) -> Iterator[tuple[str, str, Cell, bool]]:
    """Yield (name of the row, name of the column, cell, whether it is last year's) of the figures of a sheet.

    By what a person sees: names in column B and in row 4, of which that of two columns stands over the first.
    """
    for row in range(6, sheet.max_row + 1):
        head, down = "", str(sheet.cell(row, 2).value or "")
        for column in range(3, sheet.max_column + 1):
            own = str(sheet.cell(4, column).value or "")
            head = (own if own in names else own.rsplit("（", 1)[0].strip()) or head
            cell = sheet.cell(row, column)
            if down in names and head in names and isinstance(cell, Cell):
                yield down, head, cell, not own
