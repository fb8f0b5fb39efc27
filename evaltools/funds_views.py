"""What readers see as tables of funds: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools.allocation import Allocation
from evaltools.datasets import Data
from evaltools.funds_results import FundsResult
from evaltools.score_views import grade_name
from evaltools.wording import word
from evaltools.workload_allocation import WorkloadAllocation

FORMATS = {
    "population": "integer",
    "per_head": "quantity",
    "points": "points",
    "coefficient": "number:4",
    "veto": "number:2",
    "share": "percent:2",
    "workload": "quantity",
    "quality": "number:4",
    "corrected": "quantity",
    "entitlement": "quantity",
    "due": "integer",
    "prepaid": "integer",
    "settlement": "change:0",
    "own": "integer",
    "village": "integer",
    "lower": "integer",
    "upper": "integer",
    "mean_move": "integer",
    "mean_move_percent": "percent:2",
    "reason": "reason",
}
"""Format of each column; a column that is not here is text, and one that begins with due_ a whole number."""


def columns(
    table: pd.DataFrame, names: Iterable[str], lang: str, result: FundsResult | None = None
) -> dict[str, tuple[str, str]]:
    """Return the columns to show, those that say anything, as `Publish.table` wants them: column -> (header, format).

    The amounts of levels and items are headed by their names.
    """
    first, *others = names
    said = [first, *(name for name in others if (table[name].notna() & (table[name] != "")).any())]
    headers = {}
    for name in said:
        part = name.removeprefix("due_").removeprefix("settlement_")
        if part == name:
            headers[name] = (word(f"funds.column_{name}", lang), FORMATS.get(name, "text"))
        elif name.startswith("settlement_"):
            level = word(f"funds.level_{part}", lang)
            headers[name] = (word("funds.settlement_of", lang, level=level), "change:0")
        else:
            headers[name] = (_part_name(part, lang, result), "integer")
    return headers


def _part_name(part: str, lang: str, result: FundsResult | None) -> str:
    for item in result.plan.items if result is not None else ():
        if item.id == part:
            return str(getattr(item, f"name_{lang}"))
    return word(f"funds.level_{part}", lang)


def _named(rows: pd.DataFrame, data: Data, lang: str) -> list[str]:
    """Return the names of areas, or of units where the rows are of units."""
    units = data.region.units.drop_duplicates(["area", "unit"]).set_index(["area", "unit"])[f"name_{lang}"]
    return [
        str(units.get((area, unit), unit) or unit) if unit else data.region.area_name(area, lang)
        for area, unit in zip(rows["area"], rows["unit"], strict=True)
    ]


def _with_total(rows: pd.DataFrame, sums: Iterable[str], lang: str) -> pd.DataFrame:
    """Add a last row with the sums of the amounts; an object without one counts for nothing, and is listed."""
    last: dict[str, object] = {str(name): np.nan if rows[name].dtype == float else "" for name in rows}
    last |= {name: rows[name].sum() for name in sums} | {"object": word("funds.total", lang), "is_total": True}
    return pd.concat([rows.assign(is_total=False), pd.DataFrame([last])], ignore_index=True)


def factors(result: Allocation, data: Data, lang: str) -> pd.DataFrame:
    """Return one row an object: every factor, the amount due and the arithmetic; the total last.

    A veto is shown only where somebody has one.
    """
    rows = result.rows
    if (rows["veto"] == 1).all():
        rows = rows.assign(veto=np.nan)
    grades = [
        grade_name(data.standard, grade, lang) if data.standard is not None else ""
        for grade in rows["grade"].astype(str)
    ]
    bounds = [word(f"funds.bound_{bound}", lang) if bound else "" for bound in rows["bound"]]
    rows = rows.assign(object=_named(rows, data, lang), grade_name=grades, bound_name=bounds)
    kept = ["area", "unit", "object", "population", "per_head", "entitlement", "points", "grade", "grade_name"]
    kept += ["coefficient", "veto", "bound", "bound_name", "due", "because", "reason"]
    return _with_total(rows[kept], ["population", "entitlement", "due"], lang)


def levels(result: Allocation, data: Data, lang: str) -> pd.DataFrame:
    """Return one row an object: what each level of government pays; rows and columns add up."""
    amounts = [f"due_{level}" for level in result.levels]
    rows = result.rows.assign(object=_named(result.rows, data, lang))
    return _with_total(rows[["area", "unit", "object", *amounts, "due", "reason"]], [*amounts, "due"], lang)


def arithmetic(result: Allocation, data: Data, lang: str) -> pd.DataFrame:
    """Return one row an object and level of government, with the arithmetic."""
    rows = result.by_level[result.by_level["due"].notna()].drop(columns="reason").reset_index(drop=True)
    return rows.assign(
        object=_named(rows, data, lang), level_name=[word(f"funds.level_{level}", lang) for level in rows["level"]]
    )


def settlement(result: Allocation | WorkloadAllocation, data: Data, lang: str) -> pd.DataFrame:
    """Return one row an object: due, pre-paid and the difference, and what is to be done; the total last."""
    rows = result.rows
    by_level = [str(name) for name in rows if str(name).startswith("settlement_")]
    kinds = np.select(
        [rows["settlement"] > 0, rows["settlement"] < 0, rows["settlement"] == 0],
        [word(f"funds.settlement_{kind}", lang) for kind in ("pay", "recover", "none")],
        "",
    )
    rows = rows.assign(object=_named(rows, data, lang), to_do=kinds)
    amounts = ["due", "prepaid", *by_level, "settlement"]
    kept = ["area", "unit", "object", *amounts, "to_do", "reason"]
    return _with_total(rows[kept], amounts, lang)


def uncertainty(moved: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return the frame of `money_uncertainty` with names."""
    return moved.assign(object=_named(moved, data, lang))


def work(result: WorkloadAllocation, data: Data, lang: str) -> pd.DataFrame:
    """Return one row a unit: what it gets for each item and in all, its own part and that of village clinics."""
    rows = result.rows.assign(object=_named(result.rows, data, lang))
    amounts = [*(f"due_{item}" for item in result.items), *(name for name in ("due", "own", "village") if name in rows)]
    return _with_total(rows[["area", "unit", "object", *amounts, "reason"]], amounts, lang)


def work_cells(result: FundsResult, data: Data, lang: str) -> pd.DataFrame:
    """Return one row a unit and item: the work, its quality and the arithmetic."""
    assert result.work is not None
    names = {item.id: str(getattr(item, f"name_{lang}")) for item in result.plan.items}
    rows = result.work.cells.rename(columns={"item": "work_item"})
    return rows.assign(object=_named(rows, data, lang), item_name=rows["work_item"].map(names))
