"""The cells of a mapped table: what each holds, and what a printed number becomes in the measure of its item."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal

from evaltools import cells, tables
from evaltools.header_names import normal, text_of
from evaltools.mappings import Entry
from evaltools.problems import ProblemList
from evaltools.returns import Known
from evaltools.sheets import Value
from evaltools.tables import each_row
from evaltools.wording import rounded

_PER_SIGN = {"%": 100, "‰": 1000}
PART, SUM, SUBSUM = "part", "sum", "subsum"
"""What a row or column is among its like: one of them, the sum of all, or of some."""


@dataclass(eq=False)
class Cell:
    """One mapped cell. row_is, column_is: PART, SUM or SUBSUM; over: what a sum adds up, places or periods."""

    entry: Entry
    row: int
    column: int
    where: str
    period: str
    base_period: str
    area: str
    unit: str
    origin: str
    cumulative: bool
    row_is: str = PART
    column_is: str = PART
    over: str = "place"
    keep_sums: bool = False
    raw: Value = None
    value: float = math.nan
    state: str = ""
    bound: str = ""
    tolerance: float = 0.0
    text: str = ""
    terms: dict[str, float] = field(default_factory=dict)

    @property
    def is_sum(self) -> bool:
        """Whether it is a printed total."""
        return (self.row_is, self.column_is) != (PART, PART)

    @property
    def placed(self) -> bool:
        """Whether it stands for a place of its own: a part, or the sum of a whole area."""
        return bool(self.area and self.period) and SUBSUM not in (self.row_is, self.column_is)

    @property
    def is_fact(self) -> bool:
        """Whether it gives a fact: an item of a part, and of an area's sum if the mapping says so."""
        return self.entry.kind == "item" and self.placed and (self.keep_sums or not self.is_sum)

    @property
    def is_claim(self) -> bool:
        """Whether it gives a claim: a rate is printed."""
        return self.entry.kind == "indicator" and self.placed and not math.isnan(self.value)

    def fact(self) -> dict[str, object]:
        """Return the row of the table of facts."""
        place = {"period": self.period, "area": self.area, "unit": self.unit, "item": self.entry.code}
        return {**place, "value": self.value, "state": self.state, "origin": self.origin, "source": self.where}

    def claim(self) -> dict[str, object]:
        """Return the row of the table of claims."""
        place = {"period": self.period, "area": self.area, "unit": self.unit, "indicator": self.entry.code}
        terms = {name: self.terms.get(name, math.nan) for name in ("numerator", "denominator")}
        said = {"measure": "level", "reported": self.value, "bound": self.bound, "text": self.text}
        return {**place, **terms, **said, "source": self.where}


class Values:
    """Reads the numbers of cells."""

    def __init__(self, known: Known) -> None:
        self.words = known.cell_words
        self.per = {row.indicator: int(row.per or 1) for row in each_row(known.indicators)}
        self.over = {row.item: (row.over_units, row.over_time) for row in each_row(known.items)}

    def read(self, cell: Cell, number_format: str, problems: ProblemList) -> None:
        """Read a cell's number into it; what is wrong with it is said at the cell."""
        reading = cells.read_cell(cell.raw, number_format, self.words)
        if reading.note not in self._expected(cell.entry, reading):
            cells.say(reading, cell.raw, cell.where, problems)
        cell.value, cell.state, cell.bound, cell.tolerance = (
            reading.value,
            reading.state if math.isnan(reading.value) else "",
            reading.bound,
            reading.tolerance,
        )

        def say(key: str, level: str = "error", **values: str) -> None:
            problems.say(key, where=cell.where, level=level, topic="mapping", found=text_of(cell.raw), **values)

        if math.isnan(reading.value):
            return
        times = cell.entry.times
        own = isinstance(cell.raw, str) and any(scale in normal(cell.raw) for scale in "万亿")
        if own and times != 1:
            say("own_unit", "warning", times=_plain(times))
            times = Decimal(1)
        if cell.entry.kind == "indicator":
            self._rate(cell, reading.percent, times)
            return
        if reading.percent:
            say("percent_in_count", subject=cell.entry.name)
            cell.value = math.nan
        elif reading.bound == "about":
            say("about_value", "warning", subject=cell.entry.name)
        elif reading.bound:
            say("bound_not_value", "warning", subject=cell.entry.name)
            cell.value = math.nan
        cell.value, cell.tolerance = _times(cell.value, times), _times(cell.tolerance, times)
        for key, wrong, allowed in (
            ("below_minimum", cell.value < 0, {"minimum": "0"}),
            ("above_maximum", cell.value > tables.LARGEST, {"maximum": f"{tables.LARGEST:.0f}"}),
        ):
            if wrong:
                problems.say(key, where=cell.where, column="value", found=text_of(cell.raw), **allowed)
                cell.value = math.nan
        if math.isnan(cell.value):
            cell.state = "missing"

    @staticmethod
    def _expected(entry: Entry, reading: cells.Reading) -> tuple[str, ...]:
        """Return the notes that need not be said of a cell: of bounds more is said here; rates are typed as text."""
        typed = ("text_number",) if entry.kind == "indicator" and reading.percent else ()
        return ("bound", "about", *typed)

    def _rate(self, cell: Cell, sign: str, times: Decimal) -> None:
        """A rate is as it is printed: at its printed digits, in the measure of the indicator."""
        digits = _digits(cell.tolerance)
        printed = rounded(cell.value, digits)
        written = isinstance(cell.raw, str)
        cell.text = str(cell.raw).strip() if written else f"{printed:f}{sign}"
        if sign:
            times = Decimal(self.per.get(cell.entry.code, 100)) / _PER_SIGN[sign]
        cell.value, cell.tolerance = float(printed * times), _times(cell.tolerance, times)


def _digits(tolerance: float) -> int:
    """Return the decimals of a number whose last printed digit is twice the tolerance; all that matter for none."""
    if not tolerance > 0:
        return 10
    return max(0, -math.floor(math.log10(2 * tolerance) + 0.5))


def _times(value: float, times: Decimal) -> float:
    """Multiply as decimals: 3.51 times 10000 is 35100."""
    return value if math.isnan(value) or times == 1 else float(Decimal(repr(value)) * times)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
