"""Scoring standards: what a YAML file may say, reading it, and everything that can be wrong with it.

Numbers keep the decimals they are written in: 0.1 is a tenth, never the nearest binary fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import yaml

from evaltools.problems import nearest
from evaltools.rules import RULES, Rule
from evaltools.yaml_fields import Document, Fields, line_of

MARKS = ("verified", "general")
MODES = ("half_up", "half_even")
ROUND_ON = ("line", "total")
MISSING = ("zero", "exclude", "refuse")
NOT_APPLICABLE = ("exclude", "zero", "refuse")
DIRECTIONS = ("up", "down")

_STANDARD_KEYS = (
    *("id", "name_zh", "name_en", "source", "mark", "total"),
    *("rounding", "missing", "not_applicable", "grades", "sections"),
)
_SECTION_KEYS = ("id", "name_zh", "name_en", "points", "lines")
_LINE_KEYS = (
    *("id", "name_zh", "name_en", "indicator", "definition", "direction", "rule", "points"),
    *("source", "mark", "missing", "not_applicable"),
)
_ROUNDING_KEYS = ("digits", "mode", "on")
_GRADE_KEYS = ("id", "name_zh", "name_en", "from")
_ABOVE_ZERO = ("target", "deduct")
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Rounding:
    """How points are rounded: to how many decimals, ties up or to even, each line or only the total."""

    digits: int
    mode: str
    on: str

    def units(self, number: Fraction) -> int:
        """Return `number` rounded, counted in its last decimal: 1.6937 with two digits is 169."""
        whole, rest = divmod(abs(number.numerator) * 10**self.digits, number.denominator)
        twice = 2 * rest
        if twice > number.denominator or (twice == number.denominator and (self.mode == "half_up" or whole % 2 == 1)):
            whole += 1
        return int(whole if number >= 0 else -whole)


@dataclass(frozen=True)
class Grade:
    """A grade and the printed total it starts from (`from` in the file)."""

    id: str
    name_zh: str
    name_en: str
    start: Decimal


@dataclass(frozen=True)
class Line:
    """One scored line. `arguments` are its rule's numbers, in the indicator's own measure (90 for 90%).

    `definition` is the valid_from of the catalogue row it scores, "" for the newest there is. `per` is the
    catalogue's, None if none was at hand. `missing` and `not_applicable` are the standard's unless the line
    has its own.
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
    arguments: Mapping[str, Decimal]
    source: str
    mark: str
    missing: str
    not_applicable: str


@dataclass(frozen=True)
class Section:
    """A section and its lines, whose points add up to its own."""

    id: str
    name_zh: str
    name_en: str
    points: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Standard:
    """A whole standard: its sections' points add up to `total`; grades from the highest to the lowest."""

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

    @property
    def lines(self) -> tuple[tuple[Section, Line], ...]:
        """Every line with its section, in the order of the standard."""
        return tuple((section, line) for section in self.sections for line in section.lines)


def load_standard(path: Path | str, catalogue: pd.DataFrame | None = None) -> Standard:
    """Read a standard from a YAML file.

    `catalogue` is the indicators table: with it indicators and definitions are checked, and lines take their
    names and direction from it. Without it a line that states none is named by its indicator and counts high
    as good. Raises InputError with everything that is wrong, each by file and line.
    """
    path = Path(path)
    reader = _Reader(path.name, catalogue)
    standard = reader.read(path)
    reader.document.problems.raise_if_any()
    assert standard is not None  # nothing wrong was noted, so it was built
    return standard


class _Reader:
    """Reads one standard; placeholders stand for what is wrong, which is noted in the document."""

    def __init__(self, label: str, catalogue: pd.DataFrame | None) -> None:
        self.document = Document(label, "standards")
        self.say = self.document.say
        self.newest: dict[str, dict[str, str]] | None = None
        self.definitions: dict[str, list[str]] = {}
        self.ids: dict[tuple[str, str], yaml.Node] = {}
        if catalogue is not None:
            rows = catalogue.sort_values("valid_from", kind="stable").astype(str)
            records = rows.to_dict("records")
            self.newest = {str(row["indicator"]): {str(k): v for k, v in row.items()} for row in records}
            self.definitions = {str(key): list(part) for key, part in rows.groupby("indicator")["valid_from"]}

    def read(self, path: Path) -> Standard | None:
        fields = self.document.read(path, _STANDARD_KEYS)
        if fields is None:
            return None
        name = self.identify(fields, "standard")
        rounding = self.rounding(fields)
        policies = (fields.choice("missing", MISSING), fields.choice("not_applicable", NOT_APPLICABLE))
        total = fields.number("total")
        sections = tuple(self.section(node, rounding, policies) for node in fields.entries("sections"))
        self.check_sum(fields, "total", total, [section.points for section in sections])
        return Standard(
            id=name,
            **_names(fields),
            total=total,
            **_provenance(fields),
            sections=sections,
            grades=self.grades(fields, total),
            rounding=rounding,
            missing=policies[0],
            not_applicable=policies[1],
        )

    def rounding(self, parent: Fields) -> Rounding:
        node = parent.value("rounding")
        if node is None:
            return Rounding(_MOST_DIGITS, "half_up", "total")
        fields = Fields(self.document, node, _ROUNDING_KEYS, "rounding")
        digits = fields.number("digits", above_zero=False)
        if digits % 1 or digits > _MOST_DIGITS:
            allowed = self.document.words("digits_range")
            self.say("out_of_range", fields.at("digits"), key="digits", found=digits, allowed=allowed)
            digits = Decimal(_MOST_DIGITS)
        return Rounding(int(digits), fields.choice("mode", MODES), fields.choice("on", ROUND_ON))

    def grades(self, parent: Fields, total: Decimal) -> tuple[Grade, ...]:
        grades: list[Grade] = []
        for node in parent.entries("grades"):
            fields = Fields(self.document, node, _GRADE_KEYS, "grade")
            name = self.identify(fields, "grade")
            start = fields.number("from", above_zero=False)
            if start > total > 0:
                self.say("grade_above_total", fields.at("from"), subject=name, found=start, total=total)
            if grades and start >= grades[-1].start:
                above = grades[-1].start
                self.say("grades_overlap", fields.at("from"), subject=name, found=start, above=above)
            grades.append(Grade(name, **_names(fields), start=start))
        if grades and (lowest := min(grade.start for grade in grades)) > 0:
            self.say("no_lowest_grade", parent.at("grades"), found=lowest)
        return tuple(grades)

    def section(self, node: yaml.Node, rounding: Rounding, policies: tuple[str, str]) -> Section:
        fields = Fields(self.document, node, _SECTION_KEYS, "section")
        name = self.identify(fields, "section")
        points = fields.number("points")
        lines = tuple(self.line(entry, rounding, policies) for entry in fields.entries("lines"))
        self.check_sum(fields, "points", points, [line.points for line in lines])
        return Section(name, **_names(fields), points=points, lines=lines)

    def line(self, node: yaml.Node, rounding: Rounding, policies: tuple[str, str]) -> Line:
        rule = self.rule_of(node)
        arguments = rule.arguments if rule else {name for every in RULES.values() for name in every.arguments}
        fields = Fields(self.document, node, (*_LINE_KEYS, *sorted(arguments)), "line")
        name = self.identify(fields, "line")
        if fields.is_mapping and fields.value("rule", required=False) is None:
            self.say("missing_rule", node, subject=name, allowed=", ".join(RULES))
        judged = rule is not None and rule.judged
        indicator = fields.text("indicator", required=not judged)
        row = self.catalogue_row(fields, indicator)
        points = fields.number("points")
        if rounding.on == "line" and points.normalize() != round(points, rounding.digits):
            self.say("too_fine", fields.at("points"), subject=name, found=points, digits=rounding.digits)
        return Line(
            id=name,
            name_zh=fields.text("name_zh", required=judged) or row.get("name_zh", indicator),
            name_en=fields.text("name_en", required=judged) or row.get("name_en", indicator),
            indicator=indicator,
            definition=fields.text("definition", required=False),
            direction=self.direction(fields, row),
            per=int(row["per"]) if "per" in row else None,
            rule=rule.name if rule else "",
            points=points,
            arguments=self.arguments(rule, fields) if rule else {},
            **_provenance(fields),
            missing=fields.choice("missing", MISSING, policies[0]),
            not_applicable=fields.choice("not_applicable", NOT_APPLICABLE, policies[1]),
        )

    def rule_of(self, node: yaml.Node) -> Rule | None:
        """Return the rule a line names, which decides what else it may state."""
        for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
            if key.value == "rule" and isinstance(value, yaml.ScalarNode) and value.value.strip():
                if value.value not in RULES:
                    near, allowed = nearest(value.value, RULES) or "—", ", ".join(RULES)
                    self.say("unknown_rule", value, found=value.value, near=near, allowed=allowed)
                return RULES.get(value.value)
        return None

    def arguments(self, rule: Rule, fields: Fields) -> dict[str, Decimal]:
        stated = [name for name in rule.arguments if name in rule.needs or name in fields]
        found = {name: fields.number(name, above_zero=name in _ABOVE_ZERO) for name in stated}
        if {"lower", "upper"} <= fields.nodes.keys() and found["lower"] >= found["upper"]:
            self.say("not_above_lower", fields.at("upper"), subject=fields.subject, **found)
        return found

    def catalogue_row(self, fields: Fields, indicator: str) -> dict[str, str]:
        """Return the newest catalogue row of an indicator; {} without a catalogue."""
        if self.newest is None or not indicator:
            return {}
        if indicator not in self.newest:
            near = nearest(indicator, self.newest) or "—"
            self.say("unknown_indicator", fields.at("indicator"), found=indicator, near=near)
            return {}
        definition, known = fields.text("definition", required=False), self.definitions[indicator]
        if definition and definition not in known:
            allowed = ", ".join(year for year in known if year) or "—"
            at = fields.at("definition")
            self.say("unknown_definition", at, subject=indicator, found=definition, allowed=allowed)
        return self.newest[indicator]

    def direction(self, fields: Fields, row: dict[str, str]) -> str:
        default = row.get("direction", "up")
        if "direction" not in fields and default not in DIRECTIONS:
            self.say("no_direction", fields.node, found=row["indicator"])
        return fields.choice("direction", DIRECTIONS, default)

    def identify(self, fields: Fields, what: str) -> str:
        """Return the id of a part, which no other part of its kind may have."""
        fields.subject = what
        name = fields.text("id")
        if name:
            fields.subject = name
            first = self.ids.setdefault((what, name), fields.at("id"))
            if first is not fields.at("id"):
                self.say("repeated_id", fields.at("id"), found=name, first=line_of(first))
        return name

    def check_sum(self, fields: Fields, key: str, stated: Decimal, parts: list[Decimal]) -> None:
        """Note that parts do not sum to what is stated; parts that could not be read are noted already."""
        if stated and parts and all(parts) and sum(parts) != stated:
            values = {"subject": fields.subject, "stated": stated, "found": sum(parts)}
            self.say("points_do_not_add_up", fields.at(key), **values)


def _names(fields: Fields) -> dict[str, str]:
    return {key: fields.text(key) for key in ("name_zh", "name_en")}


def _provenance(fields: Fields) -> dict[str, str]:
    return {"source": fields.text("source"), "mark": fields.choice("mark", MARKS)}
