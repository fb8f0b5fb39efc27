"""Scoring standards: what one consists of, and loading it from a YAML file or a workbook.

Numbers keep the decimals they are written in: 0.1 is a tenth, never the nearest binary fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools import object_views

MARKS = ("verified", "general")
MODES = ("half_up", "half_even")
ROUND_OF = ("line", "total")
MISSING = ("zero", "exclude", "refuse")
NOT_APPLICABLE = ("exclude", "zero", "refuse")
DIRECTIONS = ("up", "down")
OBJECTS = ("area", "unit")
ROLL_UPS = ("equal", "item")
EFFECTS = ("set_grade", "cap_grade", "drop_grade", "bar_from_ranking")
YES_NO = ("yes", "no")

BONUS, PENALTIES = "bonus", "penalties"
"""What stands in the column `section` of lines that are added to and taken from the total."""

RESERVED_IDS = (BONUS, PENALTIES, "rest")
"""What no part of a standard is called: tables name by it what is no line of a section."""

STANDARD_KEYS = (
    *("id", "name_zh", "name_en", "source", "mark", "total", "objects", "roll_up", "previous", "rounding"),
    *("missing", "not_applicable", "authenticity", "grades", "sections", BONUS, PENALTIES, "vetoes"),
)
SECTION_KEYS = ("id", "name_zh", "name_en", "points", "lines")
LINE_KEYS = (
    *("id", "name_zh", "name_en", "indicator", "definition", "direction", "rule", "points"),
    *("source", "mark", "missing", "not_applicable", "gate"),
)
ROUNDING_KEYS = ("digits", "mode", "of", "value_digits")
ROLL_UP_KEYS = ("by", "item")
AUTHENTICITY_KEYS = ("tolerance", "confidence")
GRADE_KEYS = ("id", "name_zh", "name_en", "from")
BONUS_KEYS = ("cap", "above_total", "lines")
PENALTY_KEYS = ("cap", "lines")
VETO_KEYS = ("id", "name_zh", "name_en", "source", "mark", "effect", "grade", "grades", "funds")


@dataclass(frozen=True)
class Rounding:
    """How points are rounded: to how many decimals, ties up or to even, each line or only the total.

    value_digits: to how many decimals a value is rounded before its rule is applied; None: not at all.
    """

    digits: int
    mode: str
    of: str
    value_digits: int | None = None

    def units(self, number: Fraction, digits: int | None = None) -> int:
        """Return `number` rounded, counted in its last decimal: 1.6937 with two digits is 169."""
        return self.units_of(number.numerator, number.denominator, self.digits if digits is None else digits)

    def units_of(self, above: int, below: int, digits: int) -> int:
        """Return above/below, which need not be reduced, rounded and counted in its last decimal; below > 0."""
        whole, rest = divmod(abs(above) * 10**digits, below)
        twice = 2 * rest
        if twice > below or (twice == below and (self.mode == "half_up" or whole % 2 == 1)):
            whole += 1
        return int(whole if above >= 0 else -whole)


@dataclass(frozen=True)
class Grade:
    """A grade and the printed total it starts from (`from` in the file)."""

    id: str
    name_zh: str
    name_en: str
    start: Decimal


@dataclass(frozen=True)
class Line:
    """One scored line. `arguments` are its rule's, numbers in the indicator's own measure (90 for 90%).

    An argument is a Decimal, a choice (text) or a table (tuple of mappings of column to Decimal). `definition` is the
    valid_from of the catalogue row it scores, "" for the newest there is. `per` is the catalogue's, None if none was at
    hand. `missing` and `not_applicable` are the standard's unless the line has its own. `gate` names lines without
    points in which this line has none either.
    """

    id: str
    name_zh: str
    name_en: str
    indicator: str
    definition: str
    direction: str
    per: int | None
    rule: str
    points: Decimal
    arguments: Mapping[str, Any]
    source: str
    mark: str
    missing: str
    not_applicable: str
    gate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A section and its lines, whose points add up to its own."""

    id: str
    name_zh: str
    name_en: str
    points: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bonus:
    """Lines whose points are added to the total: at most `cap`, and not beyond the total unless `above_total`."""

    cap: Decimal
    above_total: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Penalties:
    """Lines whose points are taken from the total, at most `cap` (None: without limit), which never falls below 0."""

    cap: Decimal | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Veto:
    """What happens to the grade, the rank and the funds of an object of which a veto is recorded in the judgements.

    effect: `set_grade` to `grade`, `cap_grade` at `grade` (neither ever up), `drop_grade` by `grades` steps,
    `bar_from_ranking`. Of several, whatever their order in the standard: the grade first drops by all steps together,
    not below the lowest, then it is at most the lowest grade that is set or a cap. funds: what remains of its funds, as
    a factor; None: no effect on them.
    """

    id: str
    name_zh: str
    name_en: str
    source: str
    mark: str
    effect: str
    grade: str = ""
    grades: int = 1
    funds: Decimal | None = None


@dataclass(frozen=True)
class RollUp:
    """By what the scores of units are weighted in that of their area: `equal`, or the value of an `item`."""

    by: str
    item: str = ""


@dataclass(frozen=True)
class Authenticity:
    """How samples correct numerators: shares in percent that count as genuine all the same, and the confidence."""

    tolerance: Decimal
    confidence: Decimal = Decimal(95)


@dataclass(frozen=True)
class Standard:
    """A whole standard: its sections' points add up to `total`; grades from the highest to the lowest.

    objects: what is scored, `area` or `unit`; units are rolled up to their area by `roll_up`. previous: the name of the
    standard of the year before, "" for this one.
    """

    id: str
    name_zh: str
    name_en: str
    total: Decimal
    source: str
    mark: str
    sections: tuple[Section, ...]
    grades: tuple[Grade, ...]
    rounding: Rounding
    missing: str
    not_applicable: str
    objects: str = "area"
    roll_up: RollUp | None = None
    previous: str = ""
    authenticity: Authenticity | None = None
    bonus: Bonus | None = None
    penalties: Penalties | None = None
    vetoes: tuple[Veto, ...] = field(default=())

    def __repr__(self) -> str:
        return object_views.standard_text(self)

    def _repr_html_(self) -> str:
        return object_views.standard_html(self)

    @property
    def lines(self) -> tuple[tuple[Section, Line], ...]:
        """Every line with its section, in the order of the standard; then those of bonus and penalties."""
        return tuple((section, line) for section in (*self.sections, *self.extras) for line in section.lines)

    @property
    def gates_first(self) -> tuple[tuple[Section, Line], ...]:
        """Every line with its section, those that others wait for before them."""
        waiting = TopologicalSorter({line.id: line.gate for _, line in self.lines})
        order = {name: at for at, name in enumerate(waiting.static_order())}
        return tuple(sorted(self.lines, key=lambda part: order[part[1].id]))

    @property
    def extras(self) -> tuple[Section, ...]:
        """Bonus and penalties as sections; their points are the most they can give or take."""
        found = []
        if self.bonus is not None:
            found.append(Section(BONUS, "", "", self.bonus.cap, self.bonus.lines))
        if self.penalties is not None:
            most = sum((line.points for line in self.penalties.lines), Decimal(0))
            cap = most if self.penalties.cap is None else min(most, self.penalties.cap)
            found.append(Section(PENALTIES, "", "", cap, self.penalties.lines))
        return tuple(found)


def load_standard(path: Path | str, catalogue: pd.DataFrame | None = None) -> Standard:
    """Read a standard from a YAML file or a workbook (.xlsx).

    `catalogue` is the indicators table: with it indicators and definitions are checked, and lines take their
    names and direction from it. Without it a line that states none is named by its indicator and counts high
    as good. Raises InputError with everything that is wrong, each by file and line, or sheet and cell.
    """
    from evaltools.standard_reader import read_standard

    return read_standard(Path(path), catalogue)
