"""The rules that turn a value into points: one short function each, in exact arithmetic.

A rule gets the value, what the line states, and gives the exact points with the working a reader can redo by
hand: numbers and signs only, so it is the same in every language. Points are never rounded here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

SIGNS = {1: "", 100: "%", 1000: "‰", 10_000: "/10000", 100_000: "/100000"}
"""How a number per 1, 100, … is written behind it, so that the written number is the ratio itself."""


class Number(NamedTuple):
    """An exact number and the text it is written as."""

    exact: Fraction
    text: str


class Value(NamedTuple):
    """An indicator's exact value, in its own measure: 96.12 for 96.12%.

    `text` writes it as a ratio (`9612/10000`) or, where it has none, as a number with its sign (`96.12%`). `per`
    is the indicator's.
    """

    exact: Fraction
    text: str
    per: int
    is_ratio: bool


class Terms(NamedTuple):
    """What a line of a standard states: its full points, its target, its arguments, whether low is good."""

    full: Number
    target: Number | None
    arguments: Mapping[str, Number]
    down: bool


class Award(NamedTuple):
    """Exact points, the working that leads to them, and the sign between the two (`=` or `→`)."""

    points: Fraction
    working: str
    sign: str


Function = Callable[[Value, Terms], Award]


@dataclass(frozen=True)
class Rule:
    """A rule as a standard may name it: its function and what its lines must state."""

    name: str
    award: Function
    needs: tuple[str, ...] = ()
    takes_target: bool = False
    judged: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """All keys a line with this rule may hold beside those every line has."""
        return (*self.needs, "target") if self.takes_target else self.needs


RULES: dict[str, Rule] = {}
"""Every rule by the name a standard calls it."""


def rule(
    name: str, needs: tuple[str, ...] = (), takes_target: bool = False, judged: bool = False
) -> Callable[[Function], Function]:
    """Enter a function in `RULES`.

    `needs` are the numbers each of its lines must state. `takes_target` rules use the line's target or, where
    it has none, the table of targets. `judged` rules get the scorers' mean as their value, not an indicator.
    """

    def enter(function: Function) -> Function:
        RULES[name] = Rule(name, function, needs, takes_target, judged)
        return function

    return enter


@rule("proportional", takes_target=True)
def proportional(value: Value, terms: Terms) -> Award:
    """`S × min(1, x/T)`; where low is good `S × min(1, T/x)`, and all of S at x = 0.

    S full points, x value, T target: full at the target, in proportion short of it, none below zero.
    """
    target = _target(terms)
    if (value.exact <= target.exact) if terms.down else (value.exact >= target.exact):
        return _reached(value, target, "≤" if terms.down else "≥", terms.full)
    sign = SIGNS[value.per]
    above, below = (target.text + sign, value.text) if terms.down else (value.text, target.text + sign)
    share = f"{above}/{below}"
    if "/" in above + below:
        share = f"({above} ÷ ({below}))" if "/" in below else f"({above} ÷ {below})"
    part = target.exact / value.exact if terms.down else value.exact / target.exact
    working = f"{terms.full.text} × {share}"
    if part < 0:
        return Award(Fraction(0), f"{working} < 0", "→")
    return Award(terms.full.exact * part, working, "=")


@rule("threshold", needs=("lower", "upper"))
def threshold(value: Value, terms: Terms) -> Award:
    """`S × (x − L)/(U − L)`, 0 at x ≤ L and S at x ≥ U; where low is good `S × (U − x)/(U − L)`, the reverse.

    S full points, x value, L lower and U upper threshold. The rule of the Quality and Outcomes Framework
    (NHS England, Statement of Financial Entitlements).
    """
    lower, upper = terms.arguments["lower"], terms.arguments["upper"]
    nothing = Number(Fraction(0), "0")
    if value.exact <= lower.exact:
        return _reached(value, lower, "≤", terms.full if terms.down else nothing)
    if value.exact >= upper.exact:
        return _reached(value, upper, "≥", nothing if terms.down else terms.full)
    sign = SIGNS[value.per]
    low, high = lower.text + sign, upper.text + sign
    gained = (upper.exact - value.exact) if terms.down else (value.exact - lower.exact)
    above = f"{high} − {value.text}" if terms.down else f"{value.text} − {low}"
    return Award(
        terms.full.exact * gained / (upper.exact - lower.exact),
        f"{terms.full.text} × ({above})/({high} − {low})",
        "=",
    )


@rule("per_point", needs=("deduct",), takes_target=True)
def per_point(value: Value, terms: Terms) -> Award:
    """`max(0, S − k × (T − x))` short of the target; where low is good `S − k × (x − T)` above it.

    S full points, k points deducted for each percentage point (or whatever the measure's unit is), T target,
    x value, both in that unit; parts of a point count in proportion.
    """
    target, deduct = _target(terms), terms.arguments["deduct"]
    short = value.exact - target.exact if terms.down else target.exact - value.exact
    if short <= 0:
        return _reached(value, target, "≤" if terms.down else "≥", terms.full)
    plain = value.text.removesuffix(SIGNS[value.per])
    if value.is_ratio and value.per != 1:
        plain = f"{value.per} × {value.text}"
    gap = f"{plain} − {target.text}" if terms.down else f"{target.text} − {plain}"
    points = terms.full.exact - deduct.exact * short
    working = f"{terms.full.text} − {deduct.text} × ({gap})"
    if points < 0:
        return Award(Fraction(0), f"{working} < 0", "→")
    return Award(points, working, "=")


@rule("manual", judged=True)
def manual(value: Value, terms: Terms) -> Award:
    """`Σ scores / number of scorers`: the points the scorers gave, their mean if there are several."""
    return Award(value.exact, value.text, "=" if value.is_ratio else "→")


def written(number: Fraction, digits: int, padded: bool = False) -> tuple[str, bool]:
    """Return `number` in `digits` decimals, rounded half up if it has more, and whether that is exact.

    An exact number is written without trailing zeros unless it is to be `padded`.
    """
    units, rest = divmod(abs(number.numerator) * 10**digits, number.denominator)
    if 2 * rest >= number.denominator:
        units += 1
    text = decimal_text(units, digits)
    if not rest and digits and not padded:
        text = text.rstrip("0").rstrip(".")
    return ("-" if number < 0 else "") + text, not rest


def decimal_text(units: int, digits: int) -> str:
    """Return `units × 10^-digits` with all its decimals: 169, 2 → `1.69`."""
    if digits == 0:
        return str(units)
    whole, part = divmod(abs(units), 10**digits)
    return f"{'-' if units < 0 else ''}{whole}.{part:0{digits}d}"


def _reached(value: Value, bar: Number, comparison: str, points: Number) -> Award:
    """Award of a value at or beyond a bar: `9612/10000 = 96.12% ≥ 95% → 5`."""
    sign = SIGNS[value.per]
    shown = value.text
    if value.is_ratio:
        # as many decimals as the bar has, or rounding could put the value on its wrong side
        short, exact = written(value.exact, max(2, len(bar.text.partition(".")[2])))
        shown = f"{value.text} {'=' if exact else '≈'} {short}{sign}"
    return Award(points.exact, f"{shown} {comparison} {bar.text}{sign}", "→")


def _target(terms: Terms) -> Number:
    if terms.target is None:
        raise ValueError("this rule needs a target")
    return terms.target
