"""Reading the lines of a scoring standard: what each scores, by which rule, and what that rule asks for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pandas as pd
import yaml

from evaltools.problems import nearest
from evaltools.rule_model import Argument, Rule
from evaltools.rules import RULES
from evaltools.standards import (
    DIRECTIONS,
    LINE_KEYS,
    MARKS,
    MISSING,
    NOT_APPLICABLE,
    PENALTIES,
    RESERVED_IDS,
    Line,
    Rounding,
)
from evaltools.yaml_fields import Document, Fields

_HUNDRED = Decimal(100)


class Ids:
    """The ids of a standard: no two parts of a kind have the same."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.at: dict[tuple[str, str], yaml.Node] = {}

    def of(self, fields: Fields, what: str) -> str:
        """Return the id of a part, which no other part of its kind may have; it is the subject from here on."""
        fields.subject = what
        name = fields.text("id")
        if not name:
            return ""
        fields.subject = name
        here = fields.at("id")
        # vetoes are recorded where the judgements of lines are
        kinds = ("line", "veto") if what in ("line", "veto") else (what,)
        first = next((self.at[kind, name] for kind in kinds if (kind, name) in self.at), None)
        self.at.setdefault((what, name), here)
        if first is not None:
            self.document.say("repeated_id", here, found=name, first=self.document.where(first))
        if name in RESERVED_IDS:
            self.document.say("reserved_id", here, found=name)
        if ";" in name:
            self.document.say("semicolon_in_id", here, found=name)
        return name


class LineReader:
    """Reads lines one by one; what is wrong is noted in the document."""

    def __init__(self, document: Document, ids: Ids, catalogue: pd.DataFrame | None) -> None:
        self.document, self.ids, self.say = document, ids, document.say
        self.newest: dict[str, dict[str, str]] | None = None
        self.definitions: dict[str, list[str]] = {}
        if catalogue is not None:
            rows = catalogue.sort_values("valid_from", kind="stable").astype(str)
            records = rows.to_dict("records")
            self.newest = {str(row["indicator"]): {str(k): v for k, v in row.items()} for row in records}
            self.definitions = {str(key): list(part) for key, part in rows.groupby("indicator")["valid_from"]}
        self.gates: dict[str, Fields] = {}
        self.of_sections: set[str] = set()

    def line(self, node: yaml.Node, rounding: Rounding, policies: tuple[str, str], block: str, objects: str) -> Line:
        """Read a line; block: `bonus`, `penalties` or "" for a section; objects: what the standard scores."""
        rule = self.rule_of(node)
        arguments = rule.arguments if rule else {name for every in RULES.values() for name in every.arguments}
        fields = Fields(self.document, node, (*LINE_KEYS, *sorted(arguments)), "line")
        name = self.ids.of(fields, "line")
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
        if rule is not None:
            self.check_place(rule, fields, block, objects)
        row = self.catalogue_row(fields, indicator)
        if rule is not None and rule.counts_only and row.get("denominator"):
            self.say("counts_only", fields.at("rule"), subject=name, found=rule.name, indicator=indicator)
        points = fields.number("points")
        if rounding.of == "line" and points.normalize() != round(points, rounding.digits):
            self.say("too_fine", fields.at("points"), subject=name, found=points, digits=rounding.digits)
        gate = tuple(fields.texts("gate"))
        if gate and block == PENALTIES:
            self.say("gate_on_penalty", fields.at("gate"), subject=name)
        elif gate:
            self.gates[name] = fields
        if not block:
            self.of_sections.add(name)
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
            **provenance(fields),
            missing=fields.choice("missing", MISSING, policies[0]),
            not_applicable=fields.choice("not_applicable", NOT_APPLICABLE, policies[1]),
            gate=gate,
        )

    def check_place(self, rule: Rule, fields: Fields, block: str, objects: str) -> None:
        """Note a rule that does not belong where it stands, and a direction that it has no use for."""
        if rule.block != block and PENALTIES in (rule.block, block):
            sentence = "wrong_block" if rule.block else "not_a_penalty"
            self.say(sentence, fields.at("rule"), subject=fields.subject, found=rule.name)
        if objects == "unit" and (rule.of in ("percentile", "units_meeting") or "mean" in rule.inputs):
            self.say("not_for_units", fields.at("rule"), subject=fields.subject, found=rule.name)
        if "direction" in fields and not rule.directed and rule.of not in ("percentile", "units_meeting"):
            self.say("direction_unused", fields.at("direction"), subject=fields.subject, found=rule.name)

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
        """Return what a line states for its rule, with the defaults of what it does not."""
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
        # what is a position or a share cannot be more than 100
        for key in {"percentile": ("upper",), "units_meeting": ("target",)}.get(rule.of, ()):
            if key in fields and found[key] > _HUNDRED:
                words = self.document.words("at_most_100")
                self.say("out_of_range", fields.at(key), key=key, found=found[key], allowed=words)
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
        elif entries and (most := _most_of_tiers([entry for _, entry in entries])) is not None and most < points:
            self.say("ladder_not_full", parent.at(name), subject=parent.subject, found=most, full=points)
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
        """Return whether high or low values are good, by the line, else by the catalogue."""
        default = row.get("direction", "up")
        if "direction" not in fields and default not in DIRECTIONS:
            self.say("no_direction", fields.node, found=row["indicator"])
        return fields.choice("direction", DIRECTIONS, default)

    def check_gates(self) -> None:
        """Note gates that name no line of a section, and lines that wait for each other."""
        graph: dict[str, list[str]] = {}
        for name, fields in self.gates.items():
            for gate in fields.texts("gate"):
                if gate in self.of_sections:
                    graph.setdefault(name, []).append(gate)
                elif ("line", gate) in self.ids.at:
                    self.say("gate_is_extra", fields.at("gate"), subject=name, found=gate)
                else:
                    near = nearest(gate, self.of_sections) or "—"
                    self.say("unknown_gate", fields.at("gate"), subject=name, found=gate, near=near)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = [str(name) for name in error.args[1]]
            self.say("cyclic_gates", self.gates[circle[0]].at("gate"), found=" → ".join(circle))


def names(fields: Fields) -> dict[str, str]:
    """Return the names of a part in both languages."""
    return {key: fields.text(key) for key in ("name_zh", "name_en")}


def provenance(fields: Fields) -> dict[str, str]:
    """Return where what a part says comes from, and its mark."""
    return {"source": fields.text("source"), "mark": fields.choice("mark", MARKS)}


def _most_of_tiers(entries: list[dict[str, Decimal]]) -> Decimal | None:
    """Return the points of a ladder whose every tier is filled; None where there is no end to them."""
    if entries and "to" not in entries[-1] and entries[-1]["each"]:
        return None
    closed = [entry for entry in entries if "from" in entry and "to" in entry]
    return sum(((entry["to"] - entry["from"]) * entry["each"] for entry in closed), Decimal(0))
