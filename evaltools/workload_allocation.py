"""Shares of a sum of money by corrected workload: a unit's part of an item's budget is its part of the work.

Amount = budget of the item × the unit's corrected workload / the sum of all; corrected = workload × quality coefficient
(points of the checks / their full points), as the public code of Anhui's primary-care assessment system has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from evaltools.fund_objects import MEASURES, MISSING, name_of, one_of, say, text, whole_amount
from evaltools.largest_remainder import Number, close_table, exact
from evaltools.problems import ProblemList
from evaltools.wording import LANGUAGES, is_missing, reason, word

KEY = ["area", "unit"]
ZERO = ("refuse", "undistributed")


@dataclass(frozen=True)
class WorkloadAllocation:
    """What every unit gets for its work.

    rows: one a unit. cells: one a unit and item, with the arithmetic. balance: part (budget, due, undistributed) and
    amount, whole numbers of the measure: budget = due + undistributed. items: in their order.
    """

    rows: pd.DataFrame
    cells: pd.DataFrame
    balance: pd.DataFrame
    items: tuple[str, ...]
    measure: str


def allocate_by_workload(
    workloads: pd.DataFrame,
    budgets: Mapping[str, Number],
    *,
    measure: str = "yuan",
    zero: str = "refuse",
    missing: str = "refuse",
    village_percent: Number | None = None,
    prepaid: pd.DataFrame | None = None,
) -> WorkloadAllocation:
    """Share out the budgets of items over units by their corrected workload.

    workloads: one row a unit and item; area, unit, item, workload, and if there are such columns quality (0 to 1, 1
    if blank) and reason. NaN is missing. budgets: item -> amount, whole numbers of the measure. zero: whether a sum
    of 0 is refused or its budget stays undistributed and everybody gets 0. missing: whether a unit without a workload
    is refused or left out of that item. village_percent: part of a unit's amount that goes to its village clinics.
    prepaid: area, unit and amount.

    Amounts are rounded so that units and items add up (`largest_remainder.close_table`); items come to their budgets
    to the unit of money. Returns rows with due_<item>, due, own and village (if a part goes there), prepaid and
    settlement (if any; negative: to be recovered) and reason; cells with workload, quality, corrected, budget, sum,
    due, because, reason.

    Raises InputError with everything wrong: negative workloads, quality outside 0 to 1, a unit twice for one item, an
    item without budget, negative budgets, amounts that are not whole numbers, missing workloads (policy refuse), a sum
    of 0 (policy refuse), a per cent outside 0 to 100, pre-payments of unknown units.
    """
    problems = ProblemList()
    one_of(measure, "measure", tuple(MEASURES), problems)
    one_of(zero, "zero", ZERO, problems)
    one_of(missing, "missing", MISSING, problems)
    money = {item: whole_amount(found, item, "budget", problems) for item, found in budgets.items()}
    percent = None if village_percent is None else exact(village_percent)
    if percent is not None and not 0 <= percent <= 100:
        say(problems, "not_percent", "village_percent", subject="village_percent", found=text(percent))
    table = _read(workloads, money, missing, problems)
    paid = _read_prepaid(prepaid, table, problems)
    problems.raise_if_any()
    sums = {item: sum((x for x in part if x is not None), Fraction(0)) for item, part in _by_item(table, money).items()}
    for item, found in sums.items():
        if not found and money[item] and zero == "refuse":
            say(problems, "no_workload", item, subject=item, found=text(money[item]))
    problems.raise_if_any()
    units = table[KEY].drop_duplicates().reset_index(drop=True)
    exact_cells = [[_part(own.get(item), money[item], sums[item]) for item in money] for own in _by_unit(table, units)]
    due = close_table(exact_cells, int(sum(amount for item, amount in money.items() if sums[item])))
    at = {(area, unit): row for (area, unit), row in zip(units.itertuples(index=False, name=None), due, strict=True)}
    cells = _cells(table, money, sums, at, list(money))
    rows = _rows(units, due, tuple(money), cells, percent, paid)
    shared = sum(map(sum, due))
    whole = int(sum(money.values(), Fraction(0)))
    balance = pd.DataFrame({"part": ["budget", "due", "undistributed"], "amount": [whole, shared, whole - shared]})
    return WorkloadAllocation(rows, cells, balance, tuple(money), measure)


def _part(corrected: Fraction | None, budget: Fraction, total: Fraction) -> Fraction:
    return budget * corrected / total if corrected and total else Fraction(0)


def _read(given: pd.DataFrame, money: Mapping[str, Fraction], missing: str, problems: ProblemList) -> pd.DataFrame:
    """Return the workloads with their corrected values as fractions, None for missing; what is wrong is noted."""
    twice = given[given.duplicated([*KEY, "item"], keep="first")]
    for area, unit, item in twice[[*KEY, "item"]].drop_duplicates().itertuples(index=False, name=None):
        say(problems, "repeated_workload", name_of(area, unit), subject=name_of(area, unit), item=item)
    for item in sorted(set(given["item"]) - set(money)):
        say(problems, "no_budget", item, subject=item)
    corrected, reasons = [], []
    for row in given.to_dict("records"):
        name, why = name_of(row["area"], row["unit"]), ""
        workload, quality = _workload(row, name, problems)
        if workload is None:
            stated = row.get("reason", "")
            parts = [word("funds.reason_no_workload", "en"), stated if isinstance(stated, str) else ""]
            why = "; ".join(filter(None, parts))
            if missing == "refuse":
                said = tuple(reason(why, lang) for lang in LANGUAGES)
                say(problems, "refused_workload", name, subject=name, item=row["item"], reason=said)
            why = f"{why}; {word('funds.reason_left_out', 'en')}"
        corrected.append(None if workload is None else workload * quality)
        reasons.append(why)
    table = given.reset_index(drop=True)
    if "quality" not in table:
        table["quality"] = 1.0
    table["quality"] = table["quality"].astype(float).fillna(1.0)
    return table.assign(exact=pd.Series(corrected, dtype=object), reason=reasons)


def _workload(row: Mapping[Any, Any], name: str, problems: ProblemList) -> tuple[Fraction | None, Fraction]:
    quality = Fraction(1) if is_missing(found := row.get("quality")) else exact(found)  # type: ignore[arg-type]
    if not 0 <= quality <= 1:
        say(problems, "bad_quality", name, subject=name, found=text(quality))
    if is_missing(row["workload"]):
        return None, quality
    workload = exact(row["workload"])
    if workload < 0:
        say(problems, "negative", name, subject=row["item"], found=text(workload))
    return workload, quality


def _read_prepaid(given: pd.DataFrame | None, table: pd.DataFrame, problems: ProblemList) -> dict[Any, int] | None:
    if given is None:
        return None
    known = set(table[KEY].itertuples(index=False, name=None))
    found = {}
    for area, unit, amount in given[[*KEY, "amount"]].itertuples(index=False, name=None):
        name = name_of(area, unit)
        if (area, unit) not in known:
            say(problems, "unknown_object", name, subject=name)
        if (area, unit) in found:
            say(problems, "repeated_object", name, subject=name)
        found[area, unit] = int(whole_amount(amount, name, "prepaid", problems))
    return found


def _by_item(table: pd.DataFrame, money: Mapping[str, Fraction]) -> dict[str, list[Fraction | None]]:
    return {item: list(table.loc[table["item"] == item, "exact"]) for item in money}


def _by_unit(table: pd.DataFrame, units: pd.DataFrame) -> list[dict[str, Fraction | None]]:
    found: dict[tuple[str, str], dict[str, Fraction | None]] = {
        key: {} for key in units.itertuples(index=False, name=None)
    }
    for area, unit, item, corrected in table[[*KEY, "item", "exact"]].itertuples(index=False, name=None):
        found[area, unit][item] = corrected
    return list(found.values())


def _cells(
    table: pd.DataFrame,
    money: Mapping[str, Fraction],
    sums: Mapping[str, Fraction],
    at: Mapping[Any, list[int]],
    items: list[str],
) -> pd.DataFrame:
    """Return one row a unit and item, with what it is worked out from."""
    rows = []
    for row in table.to_dict("records"):
        item, corrected = row["item"], row["exact"]
        missing = is_missing(corrected)
        due = at[row["area"], row["unit"]][items.index(item)]
        total = sums[item]
        why = row["reason"] if total or missing else word("funds.reason_nobody_worked", "en")
        because = ""
        if not missing and total:
            factors = f"{text(money[item])} × {text(corrected)}/{text(total)}"
            if row["quality"] != 1:
                work = f"({text(exact(row['workload']))} × {text(exact(row['quality']))})"
                factors = f"{text(money[item])} × {work}/{text(total)}"
            because = f"{factors} {'=' if money[item] * corrected / total == due else '≈'} {text(Fraction(due))}"
        rows.append(
            {
                **{name: row[name] for name in (*KEY, "item", "workload", "quality")},
                "corrected": np.nan if missing else float(corrected),
                "budget": float(money[item]),
                "sum": float(total),
                "due": np.nan if missing else float(due),
                "because": because,
                "reason": why,
            }
        )
    return pd.DataFrame(rows)


def _rows(
    units: pd.DataFrame,
    due: list[list[int]],
    items: tuple[str, ...],
    cells: pd.DataFrame,
    percent: Fraction | None,
    paid: dict[Any, int] | None,
) -> pd.DataFrame:
    """Return one row a unit: its items, its total, how it is divided and what is left to pay."""
    known = cells.set_index([*KEY, "item"])["due"]
    keys = list(units.itertuples(index=False, name=None))
    totals = [sum(row) for row in due]
    rows = units.assign(
        **{f"due_{item}": [known.get((*key, item), np.nan) for key in keys] for item in items},
        due=np.array(totals, dtype=float),
    )
    if percent is not None:
        split = close_table([[total * percent / 100, total * (100 - percent) / 100] for total in totals])
        rows = rows.assign(own=[float(own) for _, own in split], village=[float(part) for part, _ in split])
    lacking = cells[cells["due"].isna()].groupby(KEY, sort=False)["reason"].agg(lambda texts: texts.iloc[0])
    reasons = [lacking.get(key, "") for key in keys]
    nothing = [all(np.isnan(known.get((*key, item), np.nan)) for item in items) for key in keys]
    amounts = [name for name in ("due", "own", "village") if name in rows]
    rows.loc[np.array(nothing, dtype=bool), amounts] = np.nan
    if paid is not None:
        before = [float(paid.get(key, np.nan)) for key in keys]
        rows = rows.assign(prepaid=before, settlement=rows["due"] - before)
        reasons = [
            why or (word("funds.reason_no_prepayment", "en") if np.isnan(amount) else "")
            for why, amount in zip(reasons, before, strict=True)
        ]
    return rows.assign(reason=pd.Series(reasons, dtype="str"))
