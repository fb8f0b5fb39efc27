"""What whole numbers can stand behind a printed rate (GRIM; Brown & Heathers, Social Psychological and Personality
Science 2017), in exact arithmetic.

A printed figure stands for every number within half of its last digit, both ends included, so that any convention of
rounding is granted. `digits` are the decimals it was printed with, trailing zeros too; `per` is 100 for percent.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

_NUMBER = re.compile(r"(?<![\d.])(\d+(?:\.(\d+))?)\s*(亿|万|千)?")
_SCALE = {"": 1, "千": 1000, "万": 10_000, "亿": 100_000_000}
_DUST = 12


def interval(reported: float, digits: int) -> tuple[Fraction, Fraction]:
    """Return the lowest and the highest number that a printed figure can stand for."""
    exact, half = Fraction(Decimal(repr(float(reported)))), Fraction(1, 2 * 10**digits)
    return exact - half, exact + half


def numerators(reported: float, digits: int, denominator: float, per: float = 100) -> range:
    """Return the whole numerators over a denominator that print as reported; empty if there is none.

    >>> numerators(98.56, 2, 73), numerators(98.63, 2, 73)
    (range(72, 72), range(72, 73))
    """
    low, high = interval(reported, digits)
    share = Fraction(Decimal(repr(float(denominator)))) / Fraction(Decimal(repr(float(per))))
    return range(max(0, math.ceil(low * share)), math.floor(high * share) + 1)


def denominators(reported: float, digits: int, numerator: float, per: float = 100) -> range | None:
    """Return the whole denominators under a numerator that print as reported; None where they have no upper end.

    >>> denominators(38, 0, 2951)
    range(7665, 7870)
    """
    low, high = interval(reported, digits)
    above = Fraction(Decimal(repr(float(numerator)))) * Fraction(Decimal(repr(float(per))))
    if low <= 0 or high <= 0:
        return None
    return range(max(1, math.ceil(above / high)), math.floor(above / low) + 1)


def splits(reported: float, digits: int, total: int, per: float = 100) -> range:
    """Return the whole numerators n for which n / (total − n) prints as reported, as a sex ratio at birth does.

    >>> splits(100.94, 2, 1705), splits(101.06, 2, 1705)
    (range(857, 857), range(857, 858))
    """
    low, high = (end / Fraction(Decimal(repr(float(per)))) for end in interval(reported, digits))
    return range(max(0, math.ceil(total * low / (1 + low))), math.floor(total * high / (1 + high)) + 1)


def smallest(reported: float, digits: int, per: float = 100) -> Fraction:
    """Return the rate with the smallest denominator that prints as reported, rounded half up.

    The simplest fraction between two numbers, by their continued fractions.

    >>> smallest(73.21, 2)
    Fraction(41, 56)
    """
    low, high = interval(reported, digits)
    scale = Fraction(Decimal(repr(float(per))))
    top = high / scale - Fraction(1, 10 ** (digits + _DUST))  # what rounds half up never prints its upper end
    return _simplest(max(low / scale, Fraction(0)), top)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    whole = math.floor(low)
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def digits_of(reported: float, text: str = "") -> int:
    """Return the decimals that a figure is printed with: those of the text that has it, else those it needs.

    >>> digits_of(98.5), digits_of(98.5, "接种率达98.50%"), digits_of(98.5, "由97.125%提高到98.5%")
    (1, 2, 1)
    """
    shown = [len(match[2] or "") for match in _numbers(text) if not match[3] and float(match[1]) == reported]
    if shown:
        return min(shown)
    return max(0, -int(Decimal(repr(float(reported))).normalize().as_tuple().exponent))


def rounded_by(number: float, text: str) -> float:
    """Return by how much a count may differ from the exact one, as the text prints it: 50 for 14100 as 1.41万, else 0.

    >>> rounded_by(14100, "代缴1.41万人"), rounded_by(13576, "共计签约13576人"), rounded_by(14100, "")
    (50.0, 0.0, 0.0)
    """
    for match in _numbers(text):
        scale = _SCALE[match[3] or ""]
        if scale > 1 and math.isclose(float(match[1]) * scale, number, rel_tol=1e-12):
            return float(scale / 2 / 10 ** len(match[2] or ""))
    return 0.0


def _numbers(text: str) -> list[re.Match[str]]:
    plain = unicodedata.normalize("NFKC", text)
    return list(_NUMBER.finditer(plain.replace(",", "")))
