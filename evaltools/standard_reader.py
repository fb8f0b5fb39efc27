"""Reading a scoring standard as written by hand, and saying everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from evaltools.problems import nearest
from evaltools.rule_model import Argument, Rule
from evaltools.rules import RULES
from evaltools.standards import (
    AUTHENTICITY_KEYS,
    BONUS,
    BONUS_KEYS,
    DIRECTIONS,
    EFFECTS,
    GRADE_KEYS,
    LINE_KEYS,
    MARKS,
    MISSING,
    MODES,
    NOT_APPLICABLE,
    OBJECTS,
    PENALTIES,
    PENALTY_KEYS,
    ROLL_UP_KEYS,
    ROLL_UPS,
    ROUND_OF,
    ROUNDING_KEYS,
    SECTION_KEYS,
    STANDARD_KEYS,
    VETO_KEYS,
    YES_NO,
    Authenticity,
    Bonus,
    Grade,
    Line,
    Penalties,
    RollUp,
    Rounding,
    Section,
    Standard,
    Veto,
)
from evaltools.yaml_fields import Document, Fields

_MOST_DIGITS = 6


def read_standard(path: Path, catalogue: pd.DataFrame | None = None) -> Standard:
    """Read a standard from a YAML file or a workbook; see `standards.load_standard`."""
    if path.suffix.lower() == ".xlsx":
        from evaltools.standard_sheets import SheetDocument

        return _Reader(SheetDocument(path.name, "standards"), catalogue).read(path)
    return _Reader(Document(path.name, "standards"), catalogue).read(path)


class _Reader:
    """Reads one standard; placeholders stand for what is wrong, which is noted in the document."""

    def __init__(self, document: Document, catalogue: pd.DataFrame | None) -> None:
        self.document = document
        self.say = document.say
        self.newest: dict[str, dict[str, str]] | None = None
        self.definitions: dict[str, list[str]] = {}
        self.ids: dict[tuple[str, str], yaml.Node] = {}
        self.gates: dict[str, Fields] = {}
        if catalogue is not None:
            rows = catalogue.sort_values("valid_from", kind="stable").astype(str)
            records = rows.to_dict("records")
            self.newest = {str(row["indicator"]): {str(k): v for k, v in row.items()} for row in records}
            self.definitions = {str(key): list(part) for key, part in rows.groupby("indicator")["valid_from"]}

    def read(self, path: Path) -> Standard:
        fields = self.document.read(path, STANDARD_KEYS)
        standard = self.standard(fields) if fields is not None else None
        self.document.problems.raise_if_any()
        assert standard is not None  # nothing wrong was noted, so it was built
        return standard

    def standard(self, fields: Fields) -> Standard:
        name = self.identify(fields, "standard")
        rounding = self.rounding(fields)
        policies = (fields.choice("missing", MISSING), fields.choice("not_applicable", NOT_APPLICABLE))
        total = fields.number("total")
        sections = tuple(self.section(node, rounding, policies) for node in fields.entries("sections"))
        self.check_sum(fields, "total", total, [section.points for section in sections])
        grades = self.grades(fields, total)
        standard = Standard(
            id=name,
            **_names(fields),
            total=total,
            **_provenance(fields),
            sections=sections,
            grades=grades,
            rounding=rounding,
            missing=policies[0],
            not_applicable=policies[1],
            objects=fields.choice("objects", OBJECTS, OBJECTS[0]),
            roll_up=self.roll_up(fields),
            previous=fields.text("previous", required=False),
            authenticity=self.authenticity(fields),
            bonus=self.bonus(fields, rounding, policies),
            penalties=self.penalties(fields, rounding, policies),
            vetoes=tuple(self.veto(node, grades) for node in self.optional(fields, "vetoes")),
        )
        self.check_gates()
        return standard

    @staticmethod
    def optional(parent: Fields, key: str) -> list[yaml.Node]:
        return list(parent.entries(key)) if key in parent else []

    def part(self, parent: Fields, key: str, allowed: tuple[str, ...]) -> Fields | None:
        """Return a mapping within another one; None if it is absent."""
        node = parent.value(key, required=False)
        return None if node is None else Fields(self.document, node, allowed, key)

    def rounding(self, parent: Fields) -> Rounding:
        node = parent.value("rounding")
        if node is None:
            return Rounding(_MOST_DIGITS, "half_up", "total")
        fields = Fields(self.document, node, ROUNDING_KEYS, "rounding")
        digits = self.digits(fields, "digits")
        value_digits = self.digits(fields, "value_digits") if "value_digits" in fields else None
        return Rounding(digits, fields.choice("mode", MODES), fields.choice("of", ROUND_OF), value_digits)

    def digits(self, fields: Fields, key: str) -> int:
        digits = fields.number(key, above_zero=False)
        if digits % 1 or digits > _MOST_DIGITS:
            self.say("out_of_range", fields.at(key), key=key, found=digits, allowed=self.document.words("digits_range"))
            digits = Decimal(_MOST_DIGITS)
        return int(digits)

    def roll_up(self, parent: Fields) -> RollUp | None:
        objects = parent.text("objects", required=False)
        fields = self.part(parent, "roll_up", ROLL_UP_KEYS)
        if fields is None:
            if objects == "unit":
                self.say("missing_key", parent.node, subject=parent.subject, key="roll_up")
            return None
        if objects != "unit":
            self.say("roll_up_without_units", parent.at("roll_up"))
        by = fields.choice("by", ROLL_UPS)
        return RollUp(by, fields.text("item", required=by == "item"))

    def authenticity(self, parent: Fields) -> Authenticity | None:
        fields = self.part(parent, "authenticity", AUTHENTICITY_KEYS)
        if fields is None:
            return None
        tolerance = fields.number("tolerance", above_zero=False)
        confidence = fields.number("confidence", default=Decimal(95))
        for key, found, allowed in (
            ("tolerance", tolerance, tolerance < 100),
            ("confidence", confidence, confidence < 100),
        ):
            if not allowed:
                words = self.document.words("below_100")
                self.say("out_of_range", fields.at(key), key=key, found=found, allowed=words)
        return Authenticity(tolerance, confidence)

    def grades(self, parent: Fields, total: Decimal) -> tuple[Grade, ...]:
        grades: list[Grade] = []
        for node in parent.entries("grades"):
            fields = Fields(self.document, node, GRADE_KEYS, "grade")
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
        fields = Fields(self.document, node, SECTION_KEYS, "section")
        name = self.identify(fields, "section")
        if name in (BONUS, PENALTIES):
            self.say("reserved_id", fields.at("id"), found=name)
        points = fields.number("points")
        lines = self.lines(fields, rounding, policies)
        self.check_sum(fields, "points", points, [line.points for line in lines])
        return Section(name, **_names(fields), points=points, lines=lines)

    def bonus(self, parent: Fields, rounding: Rounding, policies: tuple[str, str]) -> Bonus | None:
        fields = self.part(parent, BONUS, BONUS_KEYS)
        if fields is None:
            return None
        above_total = fields.choice("above_total", YES_NO) == "yes"
        return Bonus(fields.number("cap"), above_total, self.lines(fields, rounding, policies))

    def penalties(self, parent: Fields, rounding: Rounding, policies: tuple[str, str]) -> Penalties | None:
        fields = self.part(parent, PENALTIES, PENALTY_KEYS)
        if fields is None:
            return None
        cap = fields.number("cap") if "cap" in fields else None
        return Penalties(cap, self.lines(fields, rounding, policies, PENALTIES))

    def veto(self, node: yaml.Node, grades: tuple[Grade, ...]) -> Veto:
        fields = Fields(self.document, node, VETO_KEYS, "veto")
        name = self.identify(fields, "veto")
        if ("line", name) in self.ids:
            self.say("repeated_id", fields.at("id"), found=name, first=self.document.where(self.ids["line", name]))
        effect = fields.choice("effect", EFFECTS)
        grade = fields.text("grade", required=effect in ("set_grade", "cap_grade"))
        allowed = [known.id for known in grades]
        if grade and grade not in allowed:
            self.say("not_allowed", fields.at("grade"), key="grade", found=grade, allowed=", ".join(allowed))
        steps = fields.number("grades", default=Decimal(1))
        if steps % 1:
            words = self.document.words("whole_number")
            self.say("out_of_range", fields.at("grades"), key="grades", found=steps, allowed=words)
        funds = fields.number("funds", above_zero=False) if "funds" in fields else None
        if funds is not None and funds > 1:
            words = self.document.words("zero_to_one")
            self.say("out_of_range", fields.at("funds"), key="funds", found=funds, allowed=words)
        return Veto(
            name, **_names(fields), **_provenance(fields), effect=effect, grade=grade, grades=int(steps), funds=funds
        )

    def lines(self, parent: Fields, rounding: Rounding, policies: tuple[str, str], block: str = "") -> tuple[Line, ...]:
        return tuple(self.line(node, rounding, policies, block) for node in parent.entries("lines"))

    def line(self, node: yaml.Node, rounding: Rounding, policies: tuple[str, str], block: str) -> Line:
        rule = self.rule_of(node)
        arguments = rule.arguments if rule else {name for every in RULES.values() for name in every.arguments}
        fields = Fields(self.document, node, (*LINE_KEYS, *sorted(arguments)), "line")
        name = self.identify(fields, "line")
        stated = fields.value("rule", required=False)
        if stated is not None:
            fields.text("rule")  # says so if it is a list
        elif fields.is_mapping:
            self.say("missing_rule", node, subject=name, allowed=", ".join(RULES))
        judged = rule is not None and rule.of == "judged"
        may_be_judged = rule is not None and rule.of in ("judged", "either")
        indicator = fields.text("indicator", required=not may_be_judged)
        if judged and indicator:
            self.say("judged_indicator", fields.at("indicator"), subject=name)
        if rule is not None and (rule.block or block) and rule.block != block:
            self.say("wrong_block" if rule.block else "not_a_penalty", fields.at("rule"), subject=name, found=rule.name)
        row = self.catalogue_row(fields, indicator)
        if rule is not None and rule.counts_only and row.get("denominator"):
            self.say("counts_only", fields.at("rule"), subject=name, found=rule.name, indicator=indicator)
        points = fields.number("points")
        if rounding.of == "line" and points.normalize() != round(points, rounding.digits):
            self.say("too_fine", fields.at("points"), subject=name, found=points, digits=rounding.digits)
        gate = tuple(fields.texts("gate"))
        if gate:
            self.gates[name] = fields
        return Line(
            id=name,
            name_zh=fields.text("name_zh", required=not indicator and may_be_judged) or row.get("name_zh", indicator),
            name_en=fields.text("name_en", required=not indicator and may_be_judged) or row.get("name_en", indicator),
            indicator=indicator,
            definition=fields.text("definition", required=False),
            direction=self.direction(fields, row),
            per=int(row["per"]) if "per" in row else None,
            rule=rule.name if rule else "",
            points=points,
            arguments=self.arguments(rule, fields, points) if rule else {},
            **_provenance(fields),
            missing=fields.choice("missing", MISSING, policies[0]),
            not_applicable=fields.choice("not_applicable", NOT_APPLICABLE, policies[1]),
            gate=gate,
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

    def arguments(self, rule: Rule, fields: Fields, points: Decimal) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, argument in rule.arguments.items():
            if name not in fields and (argument.optional or argument.default):
                if argument.default:
                    found[name] = argument.default if argument.kind == "choice" else Decimal(argument.default)
            elif argument.kind == "choice":
                found[name] = fields.choice(name, argument.allowed)
            elif argument.kind == "table":
                found[name] = self.table(name, argument, fields, points)
            else:
                found[name] = fields.number(name, above_zero=argument.above_zero)
        if {"lower", "upper"} <= fields.nodes.keys() and found["lower"] >= found["upper"]:
            self.say("not_above_lower", fields.at("upper"), subject=fields.subject, **found)
        return found

    def table(
        self, name: str, argument: Argument, parent: Fields, points: Decimal
    ) -> tuple[Mapping[str, Decimal], ...]:
        """Return the entries of bands or tiers, from low to high, which leave no gap and do not overlap."""
        entries: list[tuple[Fields, dict[str, Decimal]]] = []
        for node in parent.entries(name):
            fields = Fields(self.document, node, argument.allowed, name)
            last = argument.allowed[-1]
            stated = [key for key in argument.allowed if key in fields or key == last]
            entries.append((fields, {key: fields.number(key, above_zero=False) for key in stated}))
        is_bands = name == "bands"
        entries.sort(key=lambda entry: entry[1].get("from", Decimal("-Infinity") if is_bands else Decimal(0)))
        for position, (fields, entry) in enumerate(entries):
            start, end = entry.get("from"), entry.get("to")
            if start is None and (position or not is_bands):
                self.say("open_start", fields.node, subject=parent.subject, key=name)
            if end is None and position < len(entries) - 1:
                self.say("open_end", fields.node, subject=parent.subject, key=name)
            if start is not None and end is not None and start >= end:
                self.say("empty_range", fields.node, subject=parent.subject, key=name, lower=start, upper=end)
            if position:
                before = entries[position - 1][1].get("to")
                if before is not None and start is not None and before != start:
                    sentence = "ranges_overlap" if start < before else "ranges_leave_gap"
                    self.say(sentence, fields.node, subject=parent.subject, key=name, lower=start, upper=before)
        if is_bands and entries:
            if "from" in entries[0][1] or "to" in entries[-1][1]:
                self.say("bands_not_open", parent.at(name), subject=parent.subject)
            best = max(entry["points"] for _, entry in entries)
            if points and best != points:
                self.say("bands_not_full", parent.at(name), subject=parent.subject, found=best, full=points)
        return tuple(entry for _, entry in entries)

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
                self.say("repeated_id", fields.at("id"), found=name, first=self.document.where(first))
        return name

    def check_gates(self) -> None:
        """Note gates that name no line, and lines that wait for each other."""
        known = {name for what, name in self.ids if what == "line"}
        graph: dict[str, list[str]] = {}
        for name, fields in self.gates.items():
            for gate in fields.texts("gate"):
                if gate not in known:
                    near = nearest(gate, known) or "—"
                    self.say("unknown_gate", fields.at("gate"), subject=name, found=gate, near=near)
                else:
                    graph.setdefault(name, []).append(gate)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = [str(name) for name in error.args[1]]
            self.say("cyclic_gates", self.gates[circle[0]].at("gate"), found=" → ".join(circle))

    def check_sum(self, fields: Fields, key: str, stated: Decimal, parts: list[Decimal]) -> None:
        """Note that parts do not sum to what is stated; parts that could not be read are noted already."""
        if stated and parts and all(parts) and sum(parts) != stated:
            values = {"subject": fields.subject, "stated": stated, "found": sum(parts)}
            self.say("points_do_not_add_up", fields.at(key), **values)


def _names(fields: Fields) -> dict[str, str]:
    return {key: fields.text(key) for key in ("name_zh", "name_en")}


def _provenance(fields: Fields) -> dict[str, str]:
    return {"source": fields.text("source"), "mark": fields.choice("mark", MARKS)}
