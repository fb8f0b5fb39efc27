"""What the hidden sheet of a return says: whose it is, what it asked, and last year's figures as handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evaltools import periods, tables
from evaltools.problems import ProblemList
from evaltools.sheet_model import Sheet, Value, address
from evaltools.template_pages import KEYS, RETURN, VERSION


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked of whom. items: item -> level; names: item or unit -> its names in Chinese and English."""

    meta: Mapping[str, str]
    items: Mapping[str, str]
    item_names: Mapping[str, tuple[str, str]]
    unit_names: Mapping[str, tuple[str, str]]
    last: Mapping[tuple[str, str], float]
    expected: Mapping[str, str]
    areas: pd.DataFrame
    units: pd.DataFrame


def hidden_sheet(sheets: list[Sheet]) -> Sheet | None:
    """Return the sheet that makes a workbook one of our returns, whatever it is called now."""
    return next((sheet for sheet in sheets if sheet.rows and sheet.rows[0] and sheet.rows[0][0] == RETURN), None)


def text_of(value: Value) -> str:
    """Return what a cell of codes says; a program may have turned a code of digits into a number."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def asked_of(sheet: Sheet, label: str, problems: ProblemList) -> Asked | None:
    """Read the hidden sheet; None after noting why it cannot be used."""
    rows = [[text_of(value) for value in row] for row in sheet.rows]
    version = rows[1][0] if len(rows) > 1 else ""
    if version != VERSION:
        problems.say("version", where=address(label, sheet.name, 1, 0), topic="template", found=version or "—")
        return None
    of_kind: dict[str, list[list[str]]] = {}
    last: dict[tuple[str, str], float] = {}
    for texts, values in zip(rows, sheet.rows, strict=True):
        of_kind.setdefault(texts[0], []).append(texts[1:])
        if texts[0] == "last" and len(values) > 3 and isinstance(values[3], int | float):
            last[texts[1], texts[2]] = float(values[3])
    meta = {key: of_kind[key][0][0] for key in KEYS if of_kind.get(key) and of_kind[key][0]}
    frames = {name: _frame(of_kind, name) for name in ("areas", "units")}
    areas, units = frames["areas"], frames["units"]
    items = {row[0]: row[1] for row in of_kind.get("item", []) if len(row) > 1}
    period = meta.get("period", "")
    sound = {
        "area": bool(meta.get("area")) and meta["area"] in set(areas["area"]),
        "period": period.isascii() and periods.is_period(period),
        "item": bool(items) and set(items.values()) <= {"item", "area", "both"},
    }
    for subject in (name for name, good in sound.items() if not good):
        problems.say("broken", where=f"{label}!{sheet.name}", topic="template", subject=subject)
    if not all(sound.values()):
        return None
    names = zip(units["unit"], units["name_zh"], units["name_en"], strict=True)
    own = areas[areas["area"] == meta["area"]].iloc[0]
    return Asked(
        meta=meta,
        items=items,
        item_names={row[0]: (row[2], row[3]) for row in of_kind["item"] if len(row) > 3},
        unit_names={"": (own["name_zh"], own["name_en"] or own["name_zh"])}
        | {code: (zh, en or zh) for code, zh, en in names},
        last=last,
        expected={row[0]: row[1] for row in of_kind.get("expected", []) if len(row) > 1},
        areas=areas,
        units=units,
    )


def _frame(of_kind: Mapping[str, list[list[str]]], table: str) -> pd.DataFrame:
    """Return the rows of a table that stand in the hidden sheet, with all columns of the data model."""
    named = [column for column in next(iter(of_kind.get(f"{table}:columns", [])), []) if column]
    frame = pd.DataFrame([row[: len(named)] for row in of_kind.get(table, [])], columns=named, dtype="str")
    return frame.reindex(columns=list(tables.TABLES[table].columns), fill_value="").astype("str")
