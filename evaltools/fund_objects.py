"""What a share of a sum of money is worked out from: one object each, in exact numbers, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pandas as pd

from evaltools.largest_remainder import Number, exact
from evaltools.problems import ProblemList
from evaltools.tables import LARGEST
from evaltools.wording import LANGUAGES, is_missing, reason, word

MEASURES: Mapping[str, Fraction] = {"yuan": Fraction(1), "ten_thousand_yuan": Fraction(1, 10_000), "fen": Fraction(100)}
"""Measures of money, and how many of each a yuan is."""

WITHHELD = ("kept", "pool", "reward")
MISSING = ("refuse", "leave_out")


@dataclass(frozen=True)
class Rules:
    """How a sum is shared out.

    shares: level of government -> per cent of each amount that it pays, 100 together; {} for one payer. measure: of
    every amount, one of `MEASURES`; amounts are whole numbers of it. budget: what there is to share, None for
    whatever the formula gives. withheld: where the money goes that a coefficient below 1 costs: `kept` by the region,
    back to the `pool` (to all, in proportion to what they earned), or as a `reward` to the grades `reward_grades`, in
    the same proportion (kept if nobody has one). missing: whether an object without a population or a coefficient is
    refused or left out. floor_percent, cap_percent: least and most of an object, in per cent of its amount before the
    coefficient.
    """

    shares: Mapping[str, Number] = field(default_factory=dict)
    measure: str = "yuan"
    budget: Number | None = None
    withheld: str = "kept"
    reward_grades: tuple[str, ...] = ()
    missing: str = "refuse"
    floor_percent: Number | None = None
    cap_percent: Number | None = None


@dataclass
class Object:
    """One object; None is missing. What it is given first, then what is worked out of it."""

    name: str
    grade: str
    population: Fraction | None
    per_head: Fraction | None
    coefficient: Fraction | None
    veto: Fraction
    floor: Fraction | None
    cap: Fraction | None
    shares: list[Fraction]
    prepaid: list[Fraction | None]
    reason: str = ""
    entitlement: Fraction | None = None
    earned: Fraction | None = None
    amount: Fraction = Fraction(0)
    bound: str = ""


def name_of(area: object, unit: object = "") -> str:
    """Return how an object is named in a message: the area, and the unit if it is one."""
    return " ".join(filter(None, (str(area), str(unit))))


def text(number: Fraction | None, digits: int = 6) -> str:
    """Return a number for the arithmetic: thousands separators, the decimals it has, some digits at most."""
    if number is None:
        return "—"
    above, below = number.numerator, number.denominator
    # as `wording.number` prints a fraction, but fast enough for the arithmetic of thousands of amounts
    own = next((at for at in range(digits) if 10**at % below == 0), digits)
    whole, part = divmod((2 * abs(above) * 10**own + below) // (2 * below), 10**own)
    sign = "-" if above < 0 and (whole or part) else ""
    return f"{sign}{whole:,}.{part:0{own}d}" if own else f"{sign}{whole:,}"


def say(problems: ProblemList, key: str, where: str, **values: Any) -> None:
    """Note a problem in the words `funds.<key>`."""
    problems.say(key, topic="funds", rule=f"funds_{key}", where=where, **values)


def whole_amount(found: Any, where: str, subject: str, problems: ProblemList) -> Fraction:
    """Return an amount that somebody states: zero or more, and a whole number of the measure."""
    value = exact(found)
    if value < 0:
        say(problems, "negative", where, subject=subject, found=text(value))
    elif value.denominator > 1:
        say(problems, "not_whole", where, subject=subject, found=text(value))
    elif value > LARGEST:
        say(problems, "too_large", where, subject=subject, found=text(value))
    return value


def one_of(found: str, key: str, allowed: Sequence[str], problems: ProblemList) -> None:
    """Note a word that is none of those allowed."""
    if found not in allowed:
        say(problems, "bad_choice", key, subject=key, found=found, allowed=", ".join(allowed))


def refuse_repeated(objects: pd.DataFrame, problems: ProblemList) -> None:
    """Note every object that stands in a frame more than once."""
    units = objects["unit"] if "unit" in objects else [""] * len(objects)
    names = pd.Series([name_of(area, unit) for area, unit in zip(objects["area"], units, strict=True)], dtype="str")
    for name in names[names.duplicated()].unique():
        say(problems, "repeated_object", name, subject=name)


def read_rules(rules: Rules, problems: ProblemList) -> Fraction | None:
    """Check the rules; return the budget."""
    one_of(rules.measure, "measure", tuple(MEASURES), problems)
    one_of(rules.withheld, "withheld", WITHHELD, problems)
    one_of(rules.missing, "missing", MISSING, problems)
    if rules.withheld == "reward" and not rules.reward_grades:
        say(problems, "no_reward_grades", "withheld")
    for key in ("floor_percent", "cap_percent"):
        percent = getattr(rules, key)
        if percent is not None and exact(percent) < 0:
            say(problems, "negative", key, subject=key, found=text(exact(percent)))
    return None if rules.budget is None else whole_amount(rules.budget, "budget", "budget", problems)


def read_objects(objects: pd.DataFrame, rules: Rules, problems: ProblemList) -> list[Object]:
    """Return the objects of `allocation.allocate` in exact numbers; what is wrong with them is noted."""
    refuse_repeated(objects, problems)
    return [_object(given, rules, problems) for given in objects.to_dict("records")]


def _object(given: Mapping[Any, Any], rules: Rules, problems: ProblemList) -> Object:
    name = name_of(given["area"], given.get("unit", ""))

    def number(column: str) -> Fraction | None:
        if is_missing(found := given.get(column)):
            return None
        value = exact(found)  # type: ignore[arg-type]
        if value < 0:
            say(problems, "negative", name, subject=column, found=text(value))
        return value

    def amount(column: str) -> Fraction | None:
        return None if is_missing(found := given.get(column)) else whole_amount(found, name, column, problems)

    by_level = [f"prepaid_{level}" for level in rules.shares if f"prepaid_{level}" in given]
    veto = number("veto")
    found = Object(
        name=name,
        grade=str(given.get("grade", "")),
        population=number("population"),
        per_head=number("per_head"),
        coefficient=number("coefficient"),
        veto=Fraction(1) if veto is None else veto,
        floor=amount("floor"),
        cap=amount("cap"),
        shares=_shares(given, rules, name, problems),
        prepaid=[amount(column) for column in by_level or ["prepaid"]],
    )
    if found.floor is not None and found.cap is not None and found.cap < found.floor:
        texts = {"subject": name, "floor": text(found.floor), "cap": text(found.cap)}
        say(problems, "cap_below_floor", name, **texts)
    lacking = [what for what in ("population", "per_head", "coefficient") if getattr(found, what) is None]
    if lacking:
        stated = given.get("reason", "")
        parts = [word(f"funds.reason_no_{what}", "en") for what in lacking]
        found.reason = "; ".join([*parts, *([stated] if isinstance(stated, str) and stated else [])])
        if rules.missing == "refuse":
            why = tuple(reason(found.reason, lang) for lang in LANGUAGES)
            say(problems, "refused", name, subject=name, reason=why)
    return found


def _shares(given: Mapping[Any, Any], rules: Rules, name: str, problems: ProblemList) -> list[Fraction]:
    """Return what each level of government pays of an object's amount, in per cent."""
    if not rules.shares:
        return [Fraction(100)]
    own = [given.get(f"share_{level}") for level in rules.shares]
    stated = [share for share in own if not is_missing(share)]
    if stated and len(stated) < len(own):
        say(problems, "share_missing", name, subject=name)
        return [Fraction(0)] * len(own)
    shares = [exact(share) for share in stated or rules.shares.values()]  # type: ignore[arg-type]
    if any(share < 0 for share in shares):
        say(problems, "negative", name, subject="shares", found=text(min(shares)))
    elif sum(shares) != 100:
        say(problems, "shares_not_100", name, subject=name, found=text(sum(shares, Fraction(0))))
    return shares
