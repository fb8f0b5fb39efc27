"""What the rows of single tables must say beyond what each cell may hold."""

from __future__ import annotations

import pandas as pd

from evaltools import periods
from evaltools.problems import ProblemList
from evaltools.tables import each_row


def check_targets(targets: pd.DataFrame, label: str, problems: ProblemList) -> None:
    """Name every target that states none, and every range that ends below where it begins."""
    said = set(problems.frame()["where"])
    ends = targets["target"].isna() & ((targets["kind"] == "absolute") | targets["upper"].isna())
    for row in targets.index[ends & targets["kind"].isin(("absolute", "range"))]:
        where = f"{label} row {row} column target"
        if where not in said:
            problems.say("blank_cell", where=where, column="target")
    for row in each_row(targets[targets["target"] > targets["upper"]]):
        found, upper = format(row.target, ".15g"), format(row.upper, ".15g")
        problems.say("range_reversed", where=f"{label} row {row.Index} column upper", found=found, upper=upper)


def check_breaks(breaks: pd.DataFrame, label: str, problems: ProblemList) -> None:
    """Name every break that ends before it begins."""
    ends = breaks[["from", "to"]]
    for row, start, end in zip(ends.index, ends["from"], ends["to"], strict=True):
        known = not {start, end} & {"", "*", periods.UNKNOWN}
        if known and periods.parse(start).first > periods.parse(end).last:
            problems.say("period_reversed", where=f"{label} row {row} column to", found=start, until=end)
