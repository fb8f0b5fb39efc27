"""The arithmetic that rules are written in: one formula, read in four ways.

A rule is one formula. What it is given decides what comes out: `Told` numbers give exact points with the working a
reader can redo by hand, numpy arrays give the points of many areas at once, `Cell` references give an Excel formula.
Beside + − × ÷ and comparisons a formula may use `least`, `most`, `whole`, `started`, `choose` and `quotient`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

_SUM, _PRODUCT, _RATIO, _ATOM = range(4)
"""How tightly a text holds together: what has to be put into brackets within what."""

_COMPARISONS: Mapping[str, tuple[Callable[[int, int], bool], str]] = {
    "≤": (operator.le, ">"),
    "≥": (operator.ge, "<"),
    "<": (operator.lt, "≥"),
    ">": (operator.gt, "≤"),
}
"""What each sign asks of two numbers, and the sign of its contrary."""


def least(bound: Any, number: Any) -> Any:
    """Return the smaller of two numbers: a bound, and what it bounds."""
    if (kind := _kind(bound, number)) is not None:
        return kind.bounded(bound, number, "min")
    return np.minimum(bound, number)


def most(bound: Any, number: Any) -> Any:
    """Return the larger of two numbers: a bound, and what it bounds."""
    if (kind := _kind(bound, number)) is not None:
        return kind.bounded(bound, number, "max")
    return np.maximum(bound, number)


def whole(number: Any) -> Any:
    """Return how many whole ones there are in a number."""
    return number.rounded("⌊⌋") if _kind(number) is not None else np.floor(_without_dust(number))


def started(number: Any) -> Any:
    """Return how many ones a number has begun."""
    return number.rounded("⌈⌉") if _kind(number) is not None else np.ceil(_without_dust(number))


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """Return `then` where the condition holds, else `otherwise`; both must be computable."""
    return condition.choose(then, otherwise) if type(condition) is Truth else np.where(condition, then, otherwise)


def quotient(above: Any, below: Any, at_zero: Any = 0) -> Any:
    """Return `above ÷ below`, `at_zero` where `below` is zero."""
    if (kind := _kind(above, below)) is not None:
        return kind.quotient(above, below, at_zero)
    is_zero = np.asarray(below) == 0
    return np.where(is_zero, at_zero, above / np.where(is_zero, 1, below))


def _kind(a: Any, b: Any = None) -> Any:
    """Return the class of the numbers that are written, `Told` or `Cell`; None for plain ones and arrays."""
    if type(a) is Told or type(b) is Told:
        return Told
    return Cell if type(a) is Cell or type(b) is Cell else None


def _without_dust(number: Any) -> Any:
    """Return floats that are whole but for the dust of binary fractions as whole: 3.0000000000000004 steps are 3."""
    near = np.rint(number)
    return np.where(np.abs(number - near) < 1e-9, near, number)


class Truth(NamedTuple):
    """Whether something holds, with the comparison that is true; None with the one to ask in a formula for Excel."""

    holds: bool | None
    text: str

    def choose(self, then: Any, otherwise: Any) -> Any:
        """Return what holds; a plain number is told together with the comparison that led to it."""
        if self.holds is None:
            return Cell(f"IF({self.text},{Cell.of(then).text},{Cell.of(otherwise).text})", _ATOM)
        chosen = Told.of(then if self.holds else otherwise)
        if chosen.final or not chosen.is_plain:
            return chosen
        return Told(chosen.above, chosen.below, chosen.text, chosen.tight, self.text)


class Told:
    """An exact number and the working by which it came about.

    `final` is the comparison that decided it, written instead of the working where nothing is done with the number
    any more: `5 − 2 × (9 − 6) < 0`, which is then followed by `→ 0`.
    """

    __slots__ = ("above", "below", "final", "text", "tight")

    def __init__(self, above: int, below: int, text: str, tight: int = _ATOM, final: str = "") -> None:
        # the exact number above/below, below > 0; never reduced, which is what makes a Fraction slow
        self.above = above
        self.below = below
        self.text = text
        self.tight = tight
        self.final = final

    @classmethod
    def ratio(cls, above: int, below: int, text: str) -> Told:
        """Return a number written as `a/b`."""
        return cls(above, below, text, _RATIO)

    @classmethod
    def product(cls, above: int, below: int, text: str) -> Told:
        """Return a number written as `a × b`."""
        return cls(above, below, text, _PRODUCT)

    @classmethod
    def of(cls, number: Any) -> Told:
        """Return a plain number as one that is written as it is."""
        if isinstance(number, Told):
            return number
        if isinstance(number, int):
            return _WHOLE.get(number) or cls(number, 1, str(number))
        exact = Fraction(number)
        return cls(exact.numerator, exact.denominator, str(number))

    @property
    def exact(self) -> Fraction:
        """The number itself."""
        return Fraction(self.above, self.below)

    def __add__(self, other: Any) -> Told:
        other = other if type(other) is Told else Told.of(other)
        above = self.above * other.below + other.above * self.below
        return Told(above, self.below * other.below, f"{self.text} + {other.text}", _SUM)

    def __radd__(self, other: Any) -> Told:
        return Told.of(other) + self

    def __sub__(self, other: Any) -> Told:
        other = other if type(other) is Told else Told.of(other)
        above = self.above * other.below - other.above * self.below
        return Told(above, self.below * other.below, f"{self.text} − {other.within(_PRODUCT)}", _SUM)

    def __rsub__(self, other: Any) -> Told:
        return Told.of(other) - self

    def __mul__(self, other: Any) -> Told:
        other = other if type(other) is Told else Told.of(other)
        text = f"{self.within(_PRODUCT)} × {other.within(_PRODUCT)}"
        return Told(self.above * other.above, self.below * other.below, text, _PRODUCT)

    def __rmul__(self, other: Any) -> Told:
        return Told.of(other) * self

    def __truediv__(self, other: Any) -> Told:
        other = other if type(other) is Told else Told.of(other)
        if not other.above:
            raise ZeroDivisionError(f"{self.text} ÷ {other.text}")
        above, below = self.above * other.below, self.below * other.above
        if below < 0:
            above, below = -above, -below
        if self.tight == _RATIO or other.tight == _RATIO or (other.tight == _ATOM and "/" in other.text):
            divisor = f"({other.text})" if "/" in other.text or other.tight < _RATIO else other.text
            return Told(above, below, f"({self.text} ÷ {divisor})")
        divisor = other.text if other.tight == _ATOM else f"({other.text})"
        text = f"{self.within(_PRODUCT)}/{divisor}"
        return Told(above, below, text, _RATIO if self.tight == _ATOM else _PRODUCT)

    def __rtruediv__(self, other: Any) -> Told:
        return Told.of(other) / self

    def __neg__(self) -> Told:
        return Told(-self.above, self.below, f"−{self.within(_PRODUCT)}", _SUM)

    def __le__(self, other: Any) -> Truth:
        return self._compared(other, "≤")

    def __ge__(self, other: Any) -> Truth:
        return self._compared(other, "≥")

    def __lt__(self, other: Any) -> Truth:
        return self._compared(other, "<")

    def __gt__(self, other: Any) -> Truth:
        return self._compared(other, ">")

    def _compared(self, other: Any, sign: str) -> Truth:
        bar = other if type(other) is Told else Told.of(other)
        holds, contrary = _COMPARISONS[sign]
        is_so = holds(self.above * bar.below, bar.above * self.below)
        return Truth(is_so, f"{self.text} {sign if is_so else contrary} {bar.text}")

    @property
    def is_plain(self) -> bool:
        """Whether the text is a number and no working."""
        return self.tight == _ATOM and self.text.lstrip("-").replace(".", "", 1).isdigit()

    def within(self, tight: int) -> str:
        """Return the text as a part of a longer one, in brackets if it would fall apart there."""
        return self.text if self.tight >= tight else f"({self.text})"

    def rounded(self, brackets: str) -> Told:
        """Return the whole number below or above, by the brackets that stand for it."""
        number = self.above // self.below if brackets == "⌊⌋" else -(-self.above // self.below)
        return Told(number, 1, f"{brackets[0]}{self.text}{brackets[1]}")

    @staticmethod
    def bounded(bound: Any, number: Any, which: str) -> Told:
        """Return the number, or the bound that it passes, told together with what passed it."""
        limit = bound if type(bound) is Told else Told.of(bound)
        told = number if type(number) is Told else Told.of(number)
        beyond = told.above * limit.below - limit.above * told.below
        if (beyond <= 0) if which == "min" else (beyond >= 0):
            return told
        final = f"{told.text} {'>' if which == 'min' else '<'} {limit.text}"
        return Told(limit.above, limit.below, f"{which}({limit.text}, {told.text})", _ATOM, final)

    @staticmethod
    def quotient(above: Any, below: Any, at_zero: Any) -> Told:
        """Return one number over another, `at_zero` where that is zero."""
        divisor = Told.of(below)
        return Told.of(above) / divisor if divisor.above else Told.of(at_zero)


_WHOLE = {number: Told(number, 1, str(number)) for number in (0, 1, 100)}
"""The whole numbers that formulas are written with."""


def told(exact: Fraction, text: str) -> Told:
    """Return an exact number with the text it is written as."""
    return Told(exact.numerator, exact.denominator, text)


class Cell:
    """A part of an Excel formula: a cell reference, a number, or what is made of them."""

    __slots__ = ("text", "tight")

    def __init__(self, text: str, tight: int = _ATOM) -> None:
        self.text = text
        self.tight = tight

    @classmethod
    def of(cls, number: Any) -> Cell:
        """Return a number as it stands in a formula."""
        if isinstance(number, Cell):
            return number
        return cls(format(float(number), ".15g"), _ATOM if number >= 0 else _SUM)

    def _joined(self, other: Any, sign: str, tight: int, swapped: bool) -> Cell:
        a, b = Cell.of(self), Cell.of(other)
        a, b = (b, a) if swapped else (a, b)
        # what is taken away or divided by must hold together more tightly than what it is taken from
        right = tight + 1 if sign in "-/" else tight
        return Cell(f"{a.within(tight)}{sign}{b.within(right)}", tight)

    def __add__(self, other: Any) -> Cell:
        return self._joined(other, "+", _SUM, False)

    def __radd__(self, other: Any) -> Cell:
        return self._joined(other, "+", _SUM, True)

    def __sub__(self, other: Any) -> Cell:
        return self._joined(other, "-", _SUM, False)

    def __rsub__(self, other: Any) -> Cell:
        return self._joined(other, "-", _SUM, True)

    def __mul__(self, other: Any) -> Cell:
        return self._joined(other, "*", _PRODUCT, False)

    def __rmul__(self, other: Any) -> Cell:
        return self._joined(other, "*", _PRODUCT, True)

    def __truediv__(self, other: Any) -> Cell:
        return self._joined(other, "/", _PRODUCT, False)

    def __rtruediv__(self, other: Any) -> Cell:
        return self._joined(other, "/", _PRODUCT, True)

    def __neg__(self) -> Cell:
        return Cell(f"-{self.within(_RATIO)}", _SUM)

    def __le__(self, other: Any) -> Truth:
        return Truth(None, f"{self.text}<={Cell.of(other).text}")

    def __ge__(self, other: Any) -> Truth:
        return Truth(None, f"{self.text}>={Cell.of(other).text}")

    def __lt__(self, other: Any) -> Truth:
        return Truth(None, f"{self.text}<{Cell.of(other).text}")

    def __gt__(self, other: Any) -> Truth:
        return Truth(None, f"{self.text}>{Cell.of(other).text}")

    def within(self, tight: int) -> str:
        """Return the text as a part of a longer one, in brackets if it would fall apart there."""
        return self.text if self.tight >= tight else f"({self.text})"

    def rounded(self, brackets: str) -> Cell:
        """Return the whole number below or above, by the brackets that stand for it."""
        # cells hold binary fractions: what is whole but for their dust is whole
        if brackets == "⌊⌋":
            return Cell(f"INT(ROUND({self.text},9))")
        return Cell(f"-INT(-ROUND({self.text},9))", _SUM)

    @staticmethod
    def bounded(bound: Any, number: Any, which: str) -> Cell:
        """Return the number, or the bound that it passes."""
        return Cell(f"{which.upper()}({Cell.of(bound).text},{Cell.of(number).text})")

    @staticmethod
    def quotient(above: Any, below: Any, at_zero: Any) -> Cell:
        """Return one number over another, `at_zero` where that is zero."""
        below = Cell.of(below)
        return Cell(f"IF({below.text}=0,{Cell.of(at_zero).text},{(Cell.of(above) / below).text})")
