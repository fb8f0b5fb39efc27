"""Sums of points: exact until the end, rounded once, with the working that leads to what is printed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import count

from evaltools.line_values import exact
from evaltools.rule_model import decimal_text, written
from evaltools.standards import BONUS, Rounding, Section, Standard

EXTRA_DIGITS = 2
"""Decimals shown beyond the standard's where points are not rounded."""

_ALL, _CERTAIN = 12, 9
"""Decimals of points that are not rounded: those that are added up, and those that a sum is sure of."""

Extra = tuple[str, Fraction]
"""`bonus` or `penalties`, and the points that it adds (penalties are below zero)."""


class Sum:
    """`Σ points ÷ counted × full`, not rounded.

    units: the points of lines that count, of `counted_units`; counted and full: full points. exact: the sum; working:
    how it is worked out; is_written: whether the working holds every number in full.
    """

    def __init__(self, units: list[int], counted: Decimal, full: Decimal, rounding: Rounding) -> None:
        shown = rounding.digits + (EXTRA_DIGITS if rounding.of == "total" else 0)
        self.working, self.is_written = _added(units, rounding, shown)
        self.exact = Fraction(sum(units), 10 ** _kept(rounding))
        if counted != full:
            self.exact *= Fraction(full) / Fraction(counted)
            self.working = f"({self.working})/{exact(counted).text} × {exact(full).text}"


def counted_units(points: float, rounding: Rounding) -> int:
    """Return a line's points as they are added up, counted in the last decimal that is kept of them."""
    units: int = round(points * 10 ** _kept(rounding))
    return units


def section_points(found: Sum, rounding: Rounding) -> tuple[float, str]:
    """Return the points of a section, rounded where lines are, and their working."""
    if rounding.of == "line":
        return _rounded(found, rounding)
    text, is_exact = written(_clean(found.exact, rounding), rounding.digits + EXTRA_DIGITS, padded=True)
    return float(found.exact), _equation(found.working, text, is_exact and found.is_written)


def extra_points(units: list[int], section: Section, rounding: Rounding) -> tuple[Fraction, str]:
    """Return the points of bonus or penalties, at most what they may give or take, and their working."""
    found, most = Fraction(sum(units), 10 ** _kept(rounding)), exact(section.points)
    shown = rounding.digits
    working, is_written = _added(units, rounding, shown)
    if not is_written:
        shown += EXTRA_DIGITS
        working, is_written = _added(units, rounding, shown)
    points = max(-most.exact, min(most.exact, found))
    if points != found:
        sign, bound = (">", most.text) if found > 0 else ("<", f"-{most.text}")
        return points, f"{working} {sign} {bound} → {bound}"
    return points, _equation(working, written(points, shown, padded=True)[0], is_written)


def total_points(found: Sum, extras: list[Extra], standard: Standard) -> tuple[float, str]:
    """Return the total, which is rounded once, after bonus and penalties, and its working.

    extras: what is not nothing. A bonus lifts to the standard's total at most unless it says otherwise; then penalties
    take, down to 0. The working goes from sum to sum in as many decimals as it takes for the total to follow.
    """
    rounding = standard.rounding
    if not extras and rounding.of == "line":
        return _rounded(found, rounding)
    sums = [found.exact]
    for name, points in extras:
        sums.append(_bounded(sums[-1] + points, name, standard))
    clean = [_clean(points, rounding) for points in sums]
    units = rounding.units(clean[-1])
    more = count(rounding.digits + EXTRA_DIGITS)
    shown = next(digits for digits in more if rounding.units(Fraction(written(clean[-1], digits)[0])) == units)
    texts = [_decimals(points, rounding, shown) for points in clean]
    working = [_equation(found.working, *texts[0], found.is_written)]
    for at, (_, points) in enumerate(extras, 1):
        (before, was_exact), (after, is_exact) = texts[at - 1 : at + 1]
        part, all_of_it = written(abs(points), shown)
        sign = "=" if was_exact and is_exact and all_of_it else "≈"
        sign = sign if sums[at] == sums[at - 1] + points else "→"
        working.append(f"{before} {'+' if points > 0 else '−'} {part} {sign} {after}")
    text = decimal_text(units, rounding.digits)
    said = "; ".join(working)
    return units / 10**rounding.digits, said if texts[-1][0] == text else f"{said} ≈ {text}"


def _bounded(points: Fraction, name: str, standard: Standard) -> Fraction:
    """Return what bonus or penalties leave of a total: not below 0, with a bonus not beyond the standard's total."""
    if name == BONUS and not (standard.bonus is not None and standard.bonus.above_total):
        points = min(Fraction(standard.total), points)
    return max(Fraction(0), points)


def _rounded(found: Sum, rounding: Rounding) -> tuple[float, str]:
    units = rounding.units(found.exact)
    return units / 10**rounding.digits, _equation(found.working, decimal_text(units, rounding.digits))


def _kept(rounding: Rounding) -> int:
    """Return how many decimals of a line's points go into the sums: those printed, or all that a float has."""
    return rounding.digits if rounding.of == "line" else max(_ALL, rounding.digits + EXTRA_DIGITS)


def _added(units: list[int], rounding: Rounding, shown: int) -> tuple[str, bool]:
    """Return points as they are added up, in `shown` decimals, and whether that is exact."""
    part = 10 ** (_kept(rounding) - shown)
    rounded = ((abs(one) + part // 2) // part * (1 if one >= 0 else -1) for one in units)
    working = " + ".join(decimal_text(one, shown) for one in rounded)
    return working or "0", all(one % part == 0 for one in units)


def _clean(points: Fraction, rounding: Rounding) -> Fraction:
    """Return a sum of points that are not rounded as it is certain: three thirds of a point are whole again."""
    return points if rounding.of == "line" else Fraction(round(points * 10**_CERTAIN), 10**_CERTAIN)


def _decimals(points: Fraction, rounding: Rounding, shown: int) -> tuple[str, bool]:
    """Return points in the standard's decimals, in `shown` of them if they have more, and whether that is exact."""
    text, is_exact = written(points, rounding.digits, padded=True)
    return (text, True) if is_exact else written(points, shown, padded=True)


def _equation(working: str, text: str, *are_exact: bool) -> str:
    """Return `working = text`, or ≈ where not all is written in full; a text that is the same stands once."""
    return working if working == text else f"{working} {'=' if all(are_exact) else '≈'} {text}"
