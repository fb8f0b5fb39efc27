"""Shares of a sum of money by formula: population × standard per head × share of a level of government × coefficient.

The form is that of China's transfers for basic public health services (财社〔2022〕31号; cost shares of
国办发〔2018〕67号). Everything is worked out in fractions; only what is paid is rounded, to whole units of the stated
measure, so that counties and levels of government add up in both directions (`largest_remainder.close_table`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from evaltools.fund_limits import Spread, spread
from evaltools.fund_objects import MEASURES, Object, Rules, read_objects, read_rules, say, text
from evaltools.largest_remainder import close_table, exact, half_up, largest_remainder
from evaltools.problems import ProblemList
from evaltools.tables import LARGEST
from evaltools.wording import word

KEY = ["area", "unit"]
_NUMBER = re.compile(r"population|per_head|coefficient|veto|floor|cap|prepaid|(share|prepaid)_.*")
"""Columns given as exact numbers, which leave as floats."""

PARTS = ("budget", "due", "kept", "set_aside")


@dataclass(frozen=True)
class Allocation:
    """What every object gets, and what became of the budget.

    rows: one an object, as `allocate` describes. by_level: one an object and level of government. balance: columns part
    (`PARTS`) and amount, whole numbers of the measure: budget = due + kept + set_aside. levels: in their order.
    """

    rows: pd.DataFrame
    by_level: pd.DataFrame
    balance: pd.DataFrame
    levels: tuple[str, ...]
    measure: str


def allocate(objects: pd.DataFrame, rules: Rules) -> Allocation:
    """Share out money over areas or units by formula.

    objects: one row each; area, population, per_head (yuan), coefficient (1 is full); and, where there are such
    columns, unit, grade, veto (a further factor, 1 if blank), floor and cap (amounts, blank for none), share_<level>
    (per cent, in place of those of the rules), prepaid (amount) or prepaid_<level>, reason (why something is
    missing). NaN is missing.

    entitlement = population × per_head, or the budget in proportion to it. earned = entitlement × coefficient × veto.
    What a coefficient withholds goes where the rules say. Floors and caps then hold, and what they give or take is
    spread over the others in proportion (`fund_limits.spread`); a floor does not hold for who has a veto. The
    entitlement of an object without a coefficient is set aside. Amounts are rounded by largest remainder: the total,
    what objects get, what levels pay, then each cell; of equal remainders the larger amount is rounded up, then the
    earlier one. Limits in per cent of the rules are exact and not rounded: due, its amount rounded down or up, may be
    above such a cap or below such a floor by less than one unit of the measure. Stated amounts are whole, and hold.

    Returns `rows` with the columns given and entitlement, earned, amount (after money withheld and limits; these
    three unrounded), bound (floor, cap or ""), due, due_<level>, with pre-payments also settlement and
    settlement_<level> = due − prepaid (negative: to be recovered), because (the arithmetic) and reason. due is a
    whole number of the measure, NaN for an object left out. `by_level` has the given factors, level, share, due,
    prepaid, settlement and because.

    Raises InputError with everything wrong: values that are negative or missing (policy refuse), the same object
    twice, shares that are not 100 together, a cap below its floor, limits that cannot all hold, amounts that are not
    whole numbers of the measure, coefficients above 1 that cost more than there is.
    """
    problems = ProblemList()
    budget = read_rules(rules, problems)
    problems.raise_if_any()
    found = read_objects(objects, rules, problems)
    problems.raise_if_any()
    claimed = _entitle(found, rules, budget, problems)
    known = [one for one in found if one.earned is not None]
    there = sum((one.entitlement or Fraction(0) for one in known), Fraction(0))
    withheld = _share_out_withheld(known, rules, there, problems)
    problems.raise_if_any()
    limits = _hold_limits(known, rules, problems)
    problems.raise_if_any()
    paid = sum((one.amount for one in known), Fraction(0))
    aside = sum((one.entitlement or Fraction(0) for one in found if one.earned is None), Fraction(0))
    whole = half_up(there + aside) if budget is None else int(budget)
    # of a stated budget that nobody has a claim to, everything is kept
    kept = there - paid + (whole - there - aside if budget is not None else 0)
    parts = largest_remainder([paid, kept, aside], whole)
    cells = close_table([[one.amount * share / 100 for share in one.shares] for one in known], parts[0])
    amounts = dict(zip((one.name for one in known), cells, strict=True))
    steps = {one.name: _steps(one, rules, budget, claimed, withheld, limits) for one in known}
    balance = pd.DataFrame({"part": PARTS, "amount": [whole, *parts]})
    rows = _rows(objects, found, amounts, steps, rules)
    return Allocation(rows, _by_level(rows, found, amounts, steps, rules), balance, tuple(rules.shares), rules.measure)


def _entitle(found: Sequence[Object], rules: Rules, budget: Fraction | None, problems: ProblemList) -> Fraction:
    """Say what each object would get if every coefficient were 1, and what it earns; return the sum of the claims."""
    claims = {
        one.name: one.population * one.per_head * MEASURES[rules.measure]
        for one in found
        if one.population is not None and one.per_head is not None
    }
    total = sum(claims.values(), Fraction(0))
    if budget and claims and not total:
        say(problems, "nothing_to_share_by", "budget", found=text(budget))
    elif total > LARGEST:
        say(problems, "too_large", "population", subject="population", found=text(total, 0))
    for one in found:
        if one.name not in claims:
            one.reason += f"; {word('funds.reason_left_out', 'en')}"
            continue
        claim = claims[one.name]
        one.entitlement = claim if budget is None else budget * claim / total if total else Fraction(0)
        if one.coefficient is None:
            one.reason += f"; {word('funds.reason_set_aside', 'en')}"
            continue
        one.amount = one.earned = one.entitlement * one.coefficient * one.veto
    return total


@dataclass(frozen=True)
class _Withheld:
    """Where money that was withheld went: so much of it, in proportion to what objects earned, together `base`."""

    rule: str = "kept"
    money: Fraction = Fraction(0)
    base: Fraction = Fraction(0)


def _share_out_withheld(known: Sequence[Object], rules: Rules, there: Fraction, problems: ProblemList) -> _Withheld:
    """Add to the amounts what coefficients have withheld, where the rules say."""
    earned = sum((one.earned or Fraction(0) for one in known), Fraction(0))
    money = there - earned
    if money < 0 and rules.withheld != "pool":
        say(problems, "above_budget", "coefficient", found=text(-money, 0))
    if rules.withheld == "pool" and earned and money:
        for one in known:
            one.amount = one.amount * there / earned
        return _Withheld("pool", there, earned)
    best = [one for one in known if one.grade in rules.reward_grades and one.earned]
    if rules.withheld == "reward" and money > 0 and best:
        base = sum((one.amount for one in best), Fraction(0))
        for one in best:
            one.amount = one.amount + money * one.amount / base
        return _Withheld("reward", money, base)
    return _Withheld()


def _hold_limits(known: Sequence[Object], rules: Rules, problems: ProblemList) -> Spread | None:
    """Hold the amounts between floors and caps; None if there are no limits."""
    limits = [_limits(one, rules) for one in known]
    if all(low is None and high is None for low, high in limits):
        return None
    for one, (low, high) in zip(known, limits, strict=True):
        if low is not None and high is not None and high < low:
            say(problems, "cap_below_floor", one.name, subject=one.name, floor=text(low), cap=text(high))
    problems.raise_if_any()
    found = spread([one.amount for one in known], [low for low, _ in limits], [high for _, high in limits])
    if found.gap:
        total = sum((one.amount for one in known), Fraction(0))
        key = "floors_above_budget" if found.gap > 0 else "caps_below_budget"
        # rounded up, since a gap of less than a hundredth is one too
        gap = Fraction(math.ceil(abs(found.gap) * 100), 100)
        say(problems, key, "floor" if found.gap > 0 else "cap", gap=text(gap, 2), total=text(total, 2))
    for one, amount, bound in zip(known, found.amounts, found.bound, strict=True):
        one.amount, one.bound = amount, bound
    return found


def _limits(one: Object, rules: Rules) -> tuple[Fraction | None, Fraction | None]:
    """Return floor and cap of an object, exact: the tighter of its own and of the per cent of the rules."""
    of_all = [
        None if percent is None else (one.entitlement or Fraction(0)) * exact(percent) / 100
        for percent in (rules.floor_percent, rules.cap_percent)
    ]
    # a veto that a floor undid would be none
    floors = [limit for limit in (one.floor, of_all[0]) if limit is not None and one.veto >= 1]
    caps = [limit for limit in (one.cap, of_all[1]) if limit is not None]
    return max(floors, default=None), min(caps, default=None)


@dataclass(frozen=True)
class _Steps:
    """The arithmetic of one amount: the factors before and after the share of a level, then what was done to the
    product.

    later: each step as it is written, and what it gives; None where the step says so itself.
    """

    before: str
    after: str
    earned: Fraction
    later: tuple[tuple[str, Fraction | None], ...]

    def told(self, one: Object, due: int) -> str:
        """Return the steps of the whole amount."""
        steps = [(f"{self.before}{self.after}", self.earned), *self.later]
        texts = [said if gives is None else f"{said} {_given(gives)}" for said, gives in steps[:-1]]
        said, gives = steps[-1]
        return "; ".join([*texts, said if gives is None else f"{said} {_sign(one.amount, due)} {text(Fraction(due))}"])

    def of_level(self, one: Object, share: Fraction, due: int) -> str:
        """Return the arithmetic of what one level of government pays."""
        factors = (
            f"{text(one.amount, 2)} × {text(share)}%" if self.later else f"{self.before} × {text(share)}%{self.after}"
        )
        return f"{factors} {_sign(one.amount * share / 100, due)} {text(Fraction(due))}"


def _sign(number: Fraction, shown: int) -> str:
    return "=" if number == shown else "≈"


def _given(number: Fraction) -> str:
    """Return what a step gives, with two decimals at most: = 29,710.11, ≈ 0.33."""
    return f"{'=' if (number * 100).denominator == 1 else '≈'} {text(number, 2)}"


def _steps(
    one: Object, rules: Rules, budget: Fraction | None, claimed: Fraction, withheld: _Withheld, limits: Spread | None
) -> _Steps:
    """Say how an amount came about, so that a county can redo it by hand."""
    after = f" × {text(one.coefficient)}" + (f" × {text(one.veto)}" if one.veto != 1 else "")
    after += {"yuan": "", "ten_thousand_yuan": " ÷ 10,000", "fen": " × 100"}[rules.measure]
    if budget is not None:
        after += f" × {text(budget)}/{text(claimed)}"
    now = earned = one.earned or Fraction(0)
    later: list[tuple[str, Fraction | None]] = []
    of_withheld = f"{text(withheld.money, 2)}/{text(withheld.base, 2)}"
    if withheld.rule == "pool":
        now = earned * withheld.money / withheld.base
        later.append((f"{text(earned, 2)} × {of_withheld}", now))
    elif withheld.rule == "reward" and one.grade in rules.reward_grades and earned:
        now = earned + earned * withheld.money / withheld.base
        later.append((f"{text(earned, 2)} + {text(earned, 2)} × {of_withheld}", now))
    if limits is not None and limits.factor != 1:
        later.append((f"{text(now, 2)} × {text(limits.factor, 8)}", now * limits.factor))
    if limits is not None and one.bound:
        sign, stated, percent = (
            ("<", one.floor, rules.floor_percent) if one.bound == "floor" else (">", one.cap, rules.cap_percent)
        )
        if one.amount != stated and percent is not None:
            later.append((f"{text(one.entitlement, 2)} × {text(exact(percent))}%", one.amount))
        limit = text(one.amount, 2)
        step = f"{text(now * limits.factor, 2)} {sign} {limit} → {limit}"
        later.append((step, one.amount if one.amount.denominator > 1 else None))
    return _Steps(f"{text(one.population)} × {text(one.per_head)}", after, earned, tuple(later))


def _rows(
    objects: pd.DataFrame,
    found: Sequence[Object],
    amounts: dict[str, list[int]],
    steps: dict[str, _Steps],
    rules: Rules,
) -> pd.DataFrame:
    rows = objects.reset_index(drop=True)
    if "unit" not in rows:
        rows.insert(1, "unit", "")
    numbers = [str(name) for name in rows if _NUMBER.fullmatch(str(name))]
    rows = rows.astype(dict.fromkeys(numbers, "float64"))
    nothing = [np.nan] * max(1, len(rules.shares))
    own = [amounts.get(one.name, nothing) for one in found]
    due = [sum(cells) for cells in own]
    because = [steps[one.name].told(one, int(sum(amounts[one.name]))) if one.name in amounts else "" for one in found]
    worked_out = pd.DataFrame(
        {
            "entitlement": [np.nan if one.entitlement is None else float(one.entitlement) for one in found],
            "earned": [np.nan if one.earned is None else float(one.earned) for one in found],
            "amount": [float(one.amount) if one.name in amounts else np.nan for one in found],
            "bound": [one.bound for one in found],
            "due": np.array(due, dtype=float),
            **{
                f"due_{level}": np.array([cells[at] for cells in own], dtype=float)
                for at, level in enumerate(rules.shares)
            },
            "because": because,
            "reason": [one.reason for one in found],
        }
    )
    rows = pd.concat([rows.drop(columns=["reason"], errors="ignore"), worked_out], axis=1)
    by_level = [level for level in rules.shares if f"prepaid_{level}" in rows]
    if by_level:
        rows["prepaid"] = rows[[f"prepaid_{level}" for level in by_level]].sum(axis=1, skipna=False)
        for level in rules.shares:
            rows[f"settlement_{level}"] = rows[f"due_{level}"] - rows[f"prepaid_{level}"]
    if "prepaid" in rows:
        rows["settlement"] = rows["due"] - rows["prepaid"]
        silent = rows["prepaid"].isna() & rows["due"].notna()
        rows["reason"] = rows["reason"].mask(silent, word("funds.reason_no_prepayment", "en"))
    return rows


def _by_level(
    rows: pd.DataFrame,
    found: Sequence[Object],
    amounts: dict[str, list[int]],
    steps: dict[str, _Steps],
    rules: Rules,
) -> pd.DataFrame:
    """Return one row an object and level of government."""
    given = [name for name in (*KEY, "population", "per_head", "coefficient", "veto") if name in rows]
    parts = []
    for at, level in enumerate(rules.shares):
        told = [
            steps[one.name].of_level(one, one.shares[at], amounts[one.name][at]) if one.name in amounts else ""
            for one in found
        ]
        part = rows[given].assign(
            level=level, share=[float(one.shares[at]) for one in found], due=rows[f"due_{level}"], because=told
        )
        if f"settlement_{level}" in rows:
            part = part.assign(prepaid=rows[f"prepaid_{level}"], settlement=rows[f"settlement_{level}"])
        parts.append(part.assign(reason=rows["reason"], order=range(len(rows))))
    if not parts:
        return rows[given].head(0).assign(level="", share=np.nan, due=np.nan, because="", reason="")
    return pd.concat(parts).sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)
