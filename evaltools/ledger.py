"""The ledger of adjustments: what verification, appeals and corrections changed, applied as far as a stage says."""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from evaltools.problems import ProblemList
from evaltools.tables import each_row

Stage = Literal["reported", "verified", "final"]
STAGES: tuple[Stage, ...] = get_args(Stage)

APPLIED = {"reported": (), "verified": ("verified",), "final": ("verified", "appeal", "correction")}
"""Which adjustments each stage applies, in this order."""


def apply_adjustments(
    facts: pd.DataFrame,
    adjustments: pd.DataFrame,
    stages: tuple[str, ...],
    origins: tuple[str, ...],
    problems: ProblemList,
) -> pd.DataFrame:
    """Return the facts with the ledger's adjustments applied: stage by stage, then by date, then by row.

    An adjustment changes the value of the origin that counts (the first of `origins` that has one). Its `from`
    must be the value at that point, blank for a value that was missing; otherwise it is a problem.
    """
    rows = adjustments[adjustments["stage"].isin(stages)]
    if rows.empty:
        return facts
    order = rows["stage"].map({name: at for at, name in enumerate(stages)})
    rows = (
        rows.rename(columns={"from": "before"})
        .assign(_order=order, _row=rows.index)
        .sort_values(["_order", "date", "_row"], kind="stable")
    )
    facts = facts.reset_index(drop=True)
    key = ["period", "area", "unit", "item"]
    trust = facts["origin"].map({name: at for at, name in enumerate(origins)}).fillna(len(origins))
    concerned = facts.assign(_at=facts.index, _trust=trust).merge(rows[key].drop_duplicates(), on=key)
    counted = concerned.sort_values("_trust", kind="stable").drop_duplicates(key)
    position = dict(zip(counted[key].itertuples(index=False, name=None), counted["_at"], strict=True))
    values, states = facts["value"].copy(), facts["state"].copy()
    for row in each_row(rows):
        where = f"adjustments.csv row {row.Index}"
        at_key = (row.period, row.area, row.unit, row.item)
        found = position.get(at_key)
        if found is None:
            problems.say("adjustment_without_fact", where=where, found=" ".join(filter(None, at_key)))
            continue
        before, now = row.before, values[found]
        if not (before == now or (pd.isna(before) and pd.isna(now))):
            problems.say(
                "adjustment_mismatch",
                where=f"{where} column from",
                found="" if pd.isna(before) else format(before, ".15g"),
                evidence="" if pd.isna(now) else format(now, ".15g"),
            )
            continue
        values[found], states[found] = row.to, "missing" if pd.isna(row.to) else ""
    return facts.assign(value=values, state=states)
