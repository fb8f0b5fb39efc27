"""What a rule is: what it is given, what its lines may state, how its formula becomes points and working.

The rules themselves are in `rules`, which enters them in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from evaltools.rule_arithmetic import Told

SIGNS = {1: "", 100: "%", 1000: "‰", 10_000: "/10000", 100_000: "/100000"}
"""How a number per 1, 100, … is written behind it, so that the written number is the ratio itself."""


class Number(NamedTuple):
    """An exact number and the text it is written as."""

    exact: Fraction
    text: str


class Value(NamedTuple):
    """An indicator's exact value above/below, in its own measure: 9612/100 for 96.12%; below > 0, not reduced.

    `text` writes it as a ratio (`9612/10000`) or, where it has none, as a number with its sign (`96.12%`). `per`
    is the indicator's.
    """

    above: int
    below: int
    text: str
    per: int
    is_ratio: bool

    @classmethod
    def of(cls, exact: Fraction, text: str, per: int, is_ratio: bool) -> Value:
        """Return the value of an exact number."""
        return cls(exact.numerator, exact.denominator, text, per, is_ratio)

    @property
    def exact(self) -> Fraction:
        """The number itself."""
        return Fraction(self.above, self.below)

    def reaches(self, bar: Fraction, high: bool) -> bool:
        """Whether it is at a bar or beyond it."""
        here, there = self.above * bar.denominator, bar.numerator * self.below
        return here >= there if high else here <= there

    def told(self, plain: bool) -> Told:
        """Return it as a formula takes it: as the ratio itself, or `plain`, as the number in its measure."""
        if self.is_ratio:
            if plain and self.per != 1:
                return Told.product(self.above, self.below, f"{self.per} × {self.text}")
            return Told.ratio(self.above, self.below, self.text)
        return Told(self.above, self.below, self.text.removesuffix(SIGNS[self.per]) if plain else self.text)


@dataclass(frozen=True)
class Argument:
    """What a line may state for its rule.

    kind: `measure`, a number in the indicator's measure; `number`, one without; `percent`, used as a share; `choice`
    among `allowed`; `table`, a list of entries with the columns `allowed`. A line need not state what has a
    `default` or is `optional`.
    """

    kind: str
    optional: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()
    above_zero: bool = False


TARGET = Argument("measure", optional=True, above_zero=True)
BOUND = Argument("measure")
ABOVE_ZERO = Argument("number", above_zero=True)
STEPS = Argument("choice", allowed=("whole", "started", "part"))


class Terms:
    """What a formula may ask for beside the value: full points, whether low is good, and by name what the line states.

    Numbers come in the form of the value: told, arrays or cells.
    """

    __slots__ = ("down", "full", "numbers", "stated")

    def __init__(self, full: Any, down: bool, numbers: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
        self.full = full
        self.down = down
        self.numbers = numbers
        self.stated = stated

    def __getitem__(self, name: str) -> Any:
        return self.numbers[name]

    def __contains__(self, name: str) -> bool:
        return name in self.numbers

    def also(self, numbers: Mapping[str, Any]) -> Terms:
        """Return the same with more numbers."""
        return Terms(self.full, self.down, {**self.numbers, **numbers}, self.stated)

    def choice(self, name: str) -> str:
        """Return what the line chose."""
        return str(self.stated[name])

    def is_zero(self, name: str) -> bool:
        """Whether a number that the line states is zero."""
        return not self.stated[name]

    def table(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """Return the entries of a table the line states; an open end is absent."""
        entries: tuple[Mapping[str, Any], ...] = self.numbers[name]
        return entries


class Award(NamedTuple):
    """Exact points above/below, the working that leads to them, and the sign between the two (`=` or `→`)."""

    above: int
    below: int
    working: str
    sign: str


Formula = Callable[[Any, Terms], Any]
Said = Callable[[Value, Terms], tuple[str, str]]


@dataclass(frozen=True)
class Rule:
    """A rule as a standard may name it.

    takes_target: a line without a target of its own uses the table of targets. of: what x is, `indicator` (its
    value), `judged` (what scorers gave), `either` (judged where the line names no indicator), `percentile` (the
    area's position in the region), `units_meeting` (the share of its units that reach the line's `bar`). inputs: what
    else the formula asks for: `prior` (the value of the year before), `mean` (of the region). plain: the working
    counts in percentage points, not in shares. full_at, none_at: the arguments at and beyond which the points are full
    or none, for high values and for low ones. said: the working and the sign of a rule that looks up.
    block: `penalties` if the rule belongs nowhere else. counts_only: not for values that have a denominator. directed:
    whether the formula differs where low values are good; not where x is a position or a share of units, in which the
    direction is contained, or a count of work done.
    """

    name: str
    formula: Formula
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    takes_target: bool = False
    of: str = "indicator"
    inputs: tuple[str, ...] = ()
    plain: bool = False
    full_at: tuple[str, str] | None = None
    none_at: tuple[str, str] | None = None
    said: Said | None = None
    block: str = ""
    counts_only: bool = False
    directed: bool = True

    def low_is_good(self, direction: str) -> bool:
        """Whether the formula is to be turned round for a line of this direction."""
        return self.directed and direction == "down"

    def award(self, value: Value, terms: Terms, bars: Mapping[str, Number]) -> Award:
        """Return points and working. `terms` are told; `bars` hold the numbers of `full_at` and `none_at`."""
        down = terms.down
        if self.full_at is not None:
            bar = bars.get(self.full_at[down])
            if bar is not None and value.reaches(bar.exact, not down):
                return _reached(value, bar, "≤" if down else "≥", terms.full)
        if self.none_at is not None:
            bar = bars.get(self.none_at[down])
            if bar is not None and value.reaches(bar.exact, down):
                return _reached(value, bar, "≥" if down else "≤", _NOTHING)
        told = Told.of(self.formula(value.told(self.plain), terms))
        if self.said is not None:
            return Award(told.above, told.below, *self.said(value, terms))
        if told.final:
            return Award(told.above, told.below, told.final, "→")
        return Award(told.above, told.below, told.text, "→" if told.is_plain else "=")


_NOTHING = Told(0, 1, "0")

RULES: dict[str, Rule] = {}
"""Every rule by the name a standard calls it."""


def rule(name: str, arguments: Mapping[str, Argument] | None = None, **traits: Any) -> Callable[[Formula], Formula]:
    """Enter a formula in `RULES`: what its lines state, and the traits of `Rule`.

    Examples:
    >>> import evaltools as ev
    >>> from evaltools.rule_arithmetic import least
    >>> from evaltools.rule_model import RULES, TARGET
    >>> @ev.scoring.rule("square", {"target": TARGET}, takes_target=True)
    ... def square(x, terms):
    ...     share = x / terms["target"]
    ...     return least(terms.full, terms.full * share * share)
    >>> sorted(RULES.pop("square").arguments)
    ['target']
    """

    def enter(formula: Formula) -> Formula:
        RULES[name] = Rule(name, formula, arguments or {}, **traits)
        return formula

    return enter


def written(number: Fraction | Value, digits: int, padded: bool = False) -> tuple[str, bool]:
    """Return `number` in `digits` decimals, rounded half up if it has more, and whether that is exact.

    An exact number is written without trailing zeros unless it is to be `padded`.
    """
    if isinstance(number, Fraction):
        above, below = number.numerator, number.denominator
    else:
        above, below = number.above, number.below
    units, rest = divmod(abs(above) * 10**digits, below)
    if 2 * rest >= below:
        units += 1
    text = decimal_text(units, digits)
    if not rest and digits and not padded:
        text = text.rstrip("0").rstrip(".")
    return ("-" if above < 0 else "") + text, not rest


def decimal_text(units: int, digits: int) -> str:
    """Return `units × 10^-digits` with all its decimals: 169, 2 → `1.69`."""
    if digits == 0:
        return str(units)
    whole_part, part = divmod(abs(units), 10**digits)
    return f"{'-' if units < 0 else ''}{whole_part}.{part:0{digits}d}"


def shown(value: Value, bar: str) -> str:
    """Return a value with its ratio: `9612/10000 = 96.12%`; with as many decimals as the bar it is held to."""
    if not value.is_ratio:
        return value.text
    # fewer decimals could put the value on the wrong side of the bar
    short, exact = written(value, max(2, len(bar.rstrip("%‰").partition(".")[2])))
    return f"{value.text} {'=' if exact else '≈'} {short}{SIGNS[value.per]}"


def _reached(value: Value, bar: Number, comparison: str, points: Told) -> Award:
    """Award of a value at or beyond a bar: `9612/10000 = 96.12% ≥ 95% → 5`."""
    working = f"{shown(value, bar.text)} {comparison} {bar.text}{SIGNS[value.per]}"
    return Award(points.above, points.below, working, "→")
