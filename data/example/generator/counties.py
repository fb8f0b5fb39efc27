"""A county's own figures of a year, added up from what its institutions sent."""

from __future__ import annotations

from fractions import Fraction

from generator.defects import ANNUAL, MONTHLY, SILENT, Facts
from generator.months import FLOWS, MONTHS, STOCKS
from generator.package import Formula


class County:
    """A county's own figures, as its report would state them."""

    def __init__(self, area: str, facts: Facts) -> None:
        self.area = area
        self.sums: dict[tuple[str, str], int] = {}
        self.months: dict[tuple[str, str], int] = {}
        for (period, where, unit, item, origin), value in facts.items():
            if where != area or isinstance(value, str):
                continue
            if origin == ANNUAL and unit:
                self.sums[period, item] = self.sums.get((period, item), 0) + value
            elif origin == MONTHLY:
                self.months[period, item] = value
            elif origin == ANNUAL:
                self.sums.setdefault((period, item), value)

    def count(self, item: str, year: str) -> int | None:
        """Return an item of a year, from the months where there are some; None where an institution is missing."""
        if (f"{year}-12", item) in self.months:
            if item in STOCKS:
                return self.months[f"{year}-12", item]
            if item in FLOWS:
                return sum(self.months[f"{year}-{month}", item] for month in MONTHS)
        return None if (year, self.area) == SILENT[:2] else self.sums[year, item]

    def fraction(self, formula: Formula, year: str) -> tuple[int, int] | None:
        """Return numerator and denominator of an indicator (denominator 1 for a count)."""
        above = [self.count(item, year) for item in formula.numerator]
        below = [self.count(item, year) for item in formula.denominator]
        if None in above or None in below:
            return None
        return sum(filter(None, above)), sum(filter(None, below)) if below else 1

    def value(self, formula: Formula, year: str) -> Fraction | None:
        """Return an indicator's exact value."""
        pair = self.fraction(formula, year)
        return None if pair is None else Fraction(*pair) * formula.per
