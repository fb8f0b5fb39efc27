"""Totals printed in a table against what they add up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from evaltools.findings import number
from evaltools.mapped_cells import PART, SUBSUM, SUM, Cell
from evaltools.problems import ProblemList

_CLOSE = 1e-6


def totals_against_parts(
    cells: Sequence[Cell], parents: Mapping[tuple[str, str], str], items: pd.DataFrame, problems: ProblemList
) -> None:
    """Note every printed total of an item that is not the sum of its rows, or columns.

    A 小计 adds up the rows since the one before it (up to the next one, where it stands above them); every other total
    all that are no totals, without units whose parent stands there too. Of items that cannot be added nothing is
    held. Where parts are blank a total may be more than their sum, which is a warning, but not less.
    """
    names = dict(zip(items["item"], items["name_zh"], strict=True))
    over_units = dict(zip(items["item"], items["over_units"], strict=True))
    over_time = dict(zip(items["item"], items["over_time"], strict=True))
    present = {(cell.area, cell.unit) for cell in cells}
    inner = {key for key, parent in parents.items() if (key[0], parent) in present}
    for along in ("row", "column"):
        lines: dict[tuple[int, str], list[Cell]] = defaultdict(list)
        for cell in cells:
            if cell.entry.kind == "item":
                # one line runs down a column, or along a row; items of a long table are told apart
                lines[cell.column if along == "row" else cell.row, cell.entry.code].append(cell)
        for (_, item), line in lines.items():
            line.sort(key=lambda cell: cell.row if along == "row" else cell.column)
            kinds = [getattr(cell, f"{along}_is") for cell in line]
            for at, total in enumerate(line):
                adds = (over_time if total.over == "period" else over_units).get(item) == "sum"
                if kinds[at] == PART or not adds or math.isnan(total.value):
                    continue
                if total.over == "period" and total.cumulative:
                    continue
                within = _of_subtotal(kinds, at) if kinds[at] == SUBSUM else range(len(line))
                parts = [line[i] for i in within if kinds[i] == PART and (line[i].area, line[i].unit) not in inner]
                if total.over != "period":
                    parts = [part for part in parts if part.period == total.period]
                if parts:
                    _compare(total, parts, names, problems)


def _of_subtotal(kinds: Sequence[str], at: int) -> range:
    """Return the places in the line that a subtotal adds up."""
    first = next((kind for kind in kinds if kind != SUM), PART)
    others = [i for i, kind in enumerate(kinds) if kind == SUBSUM]
    if first == SUBSUM:
        return range(at + 1, next((i for i in others if i > at), len(kinds)))
    return range(max((i for i in others if i < at), default=-1) + 1, at)


def _compare(total: Cell, parts: Sequence[Cell], names: Mapping[str, str], problems: ProblemList) -> None:
    known = [part for part in parts if not math.isnan(part.value)]
    added = math.fsum(part.value for part in known)
    blank = sum(math.isnan(part.value) and part.state != "not_applicable" for part in parts)
    # whole numbers are exact; what was printed in 万, or with decimals, is exact to half its last digit
    slack = math.fsum(_slack(cell) for cell in (total, *known)) + _CLOSE
    if not known or abs(total.value - added) <= slack:
        return
    explained = blank and total.value > added
    problems.say(
        "printed_total_blank" if explained else "printed_total",
        rule="printed_total",
        where=total.where,
        level="warning" if explained else "error",
        topic="mapping",
        period=total.period,
        area=total.area,
        unit=total.unit,
        subject=total.entry.code,
        name=total.entry.name or names.get(total.entry.code, total.entry.code),
        evidence=f"{number(total.value)} ≠ {number(added)}",
        said=number(total.value),
        added=number(added),
        n=len(known),
        blank=blank,
        first=f"{known[0].where.rsplit('!', 1)[-1]}…{known[-1].where.rsplit('!', 1)[-1]}",
    )


def _slack(cell: Cell) -> float:
    exact = float(cell.value).is_integer() and cell.tolerance <= 0.5
    return 0.0 if exact else cell.tolerance
