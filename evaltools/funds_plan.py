"""A dataset's plan of funds: what `funds.yaml` in its folder may say, reading it, and what can be wrong with it.

Numbers keep the decimals they are written in. Amounts are in the measure of the plan, standards per head in yuan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import yaml

from evaltools import periods
from evaltools.datasets import Data
from evaltools.fund_coefficients import KINDS, Coefficient
from evaltools.fund_objects import MEASURES, MISSING, WITHHELD, Rules
from evaltools.funds_plan_objects import Item, Plan
from evaltools.problems import nearest
from evaltools.workload_allocation import ZERO
from evaltools.yaml_fields import Document, Fields, line_of

FILE = "funds.yaml"
LEVELS = ("central", "province", "city", "county")
METHODS = ("formula", "workload")
OBJECTS = ("area", "unit")
MARKS = ("verified", "general")

_TOP_KEYS = ("plans",)
_PLAN_KEYS = (
    *(
        "id",
        "name_zh",
        "name_en",
        "source",
        "mark",
        "period",
        "objects",
        "area",
        "method",
        "measure",
        "missing",
        "prepaid",
    ),
)
_FORMULA_KEYS = (
    *("population", "population_year", "parameter", "per_head", "shares", "shares_of", "budget", "coefficient"),
    *("withheld", "reward_grades", "floor", "cap", "floor_percent", "cap_percent"),
)
_WORKLOAD_KEYS = ("items", "quality", "zero", "village_percent")
_ITEM_KEYS = ("id", "name_zh", "name_en", "budget", "workload")
_COEFFICIENT_KEYS = ("from", "tiers", "values")
_YEAR = re.compile(r"\d{4}")
_ID = re.compile(r"[a-z0-9_]+")


def load_plans(data: Data, period: str | None = None) -> list[Plan]:
    """Return a dataset's plans of funds, those of one period if it is given; [] where there is no `funds.yaml`.

    Raises InputError with everything that is wrong with the file, by line.
    """
    path = data.folder / FILE
    if not path.is_file():
        return []
    reader = _Reader(data)
    plans = reader.read()
    reader.document.problems.raise_if_any()
    return [plan for plan in plans if period is None or plan.period == periods.name(periods.parse(period))]


class _Reader:
    """Reads the plans; placeholders stand for what is wrong, which is noted in the document."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.document = Document(FILE, "funds")
        self.say = self.document.say
        self.ids: dict[tuple[str, str], yaml.Node] = {}

    def read(self) -> list[Plan]:
        fields = self.document.read(self.data.folder / FILE, _TOP_KEYS)
        return [self.plan(node) for node in fields.entries("plans")] if fields is not None else []

    def plan(self, node: yaml.Node) -> Plan:
        fields = Fields(self.document, node, (*_PLAN_KEYS, *_FORMULA_KEYS, *_WORKLOAD_KEYS), "plan")
        name = self.identify(fields, "plan")
        method = fields.choice("method", METHODS)
        for key in {"formula": _WORKLOAD_KEYS, "workload": _FORMULA_KEYS}.get(method, ()):
            if key in fields:
                self.say("not_for_method", fields.at(key), key=key, method=method)
        objects = fields.choice("objects", OBJECTS)
        area = fields.text("area", required=objects == "unit")
        if area and area not in set(self.data.region.areas["area"]):
            self.unknown("unknown_area", fields.at("area"), area, self.data.region.areas["area"])
        codes = self.codes(objects, area)
        unknown = ("unknown_unit", area) if objects == "unit" else ("unknown_area", "")
        own = _Codes(self, codes, *unknown)
        prepaid = self.prepaid(fields, own)
        rules = Rules(
            measure=fields.choice("measure", tuple(MEASURES), "yuan"),
            missing=fields.choice("missing", MISSING, "refuse"),
        )
        plan = Plan(
            id=name,
            name_zh=fields.text("name_zh"),
            name_en=fields.text("name_en"),
            source=fields.text("source"),
            mark=fields.choice("mark", MARKS),
            period=self.period(fields),
            objects=objects,
            area=area,
            method=method,
            rules=rules,
            prepaid=prepaid,
        )
        if method == "workload":
            return self.with_work(plan, fields, own)
        return self.with_formula(replace(plan, rules=self.rules(fields, rules)), fields, own)

    def rules(self, fields: Fields, rules: Rules) -> Rules:
        found = replace(
            rules,
            shares=self.shares(fields),
            budget=_optional(fields, "budget"),
            withheld=fields.choice("withheld", WITHHELD, "kept"),
            reward_grades=tuple(self.grades(fields, fields.texts("reward_grades"), "reward_grades")),
            floor_percent=_optional(fields, "floor_percent"),
            cap_percent=_optional(fields, "cap_percent"),
        )
        if found.withheld == "reward" and not found.reward_grades:
            self.say("no_reward_grades", fields.at("withheld"))
        return found

    def with_formula(self, plan: Plan, fields: Fields, own: _Codes) -> Plan:
        population = fields.text("population")
        if population and population not in set(self.data.items["item"]):
            self.unknown("unknown_item", fields.at("population"), population, self.data.items["item"])
        year = fields.text("population_year")
        if year and year not in ("same", "previous") and not _YEAR.fullmatch(year):
            self.say(
                "not_a_year", fields.at("population_year"), key="population_year", found=year, allowed="same, previous"
            )
            year = "same"
        parameter = fields.text("parameter", required=False)
        if parameter and parameter not in set(self.data.parameters["parameter"]):
            self.unknown("unknown_parameter", fields.at("parameter"), parameter, self.data.parameters["parameter"])
        if ("parameter" in fields) == ("per_head" in fields):
            self.say("one_of_two", fields.node, subject=plan.id, first_key="parameter", second_key="per_head")
        shares_of = {
            code: self.shares(Fields(self.document, node, tuple(plan.rules.shares), code), of=code)
            for code, node in own.nodes(fields, "shares_of").items()
        }
        return replace(
            plan,
            population=population,
            population_year=year or "same",
            parameter=parameter,
            per_head=_optional(fields, "per_head"),
            coefficient=self.coefficient(fields, own),
            shares_of=shares_of,
            floors=own.numbers(fields, "floor"),
            caps=own.numbers(fields, "cap"),
        )

    def with_work(self, plan: Plan, fields: Fields, own: _Codes) -> Plan:
        return replace(
            plan,
            items=tuple(self.item(node, plan.id) for node in fields.entries("items")),
            quality=own.numbers(fields, "quality"),
            zero=fields.choice("zero", ZERO, "refuse"),
            village_percent=_optional(fields, "village_percent"),
        )

    def item(self, node: yaml.Node, plan: str) -> Item:
        fields = Fields(self.document, node, _ITEM_KEYS, "item")
        name = self.identify(fields, f"item of {plan}")
        workload = fields.text("workload")
        if workload and workload not in set(self.data.items["item"]):
            self.unknown("unknown_item", fields.at("workload"), workload, self.data.items["item"])
        names = {key: fields.text(key) for key in ("name_zh", "name_en")}
        return Item(name, **names, budget=fields.number("budget", above_zero=False), workload=workload)

    def coefficient(self, parent: Fields, own: _Codes) -> Coefficient:
        node = parent.value("coefficient")
        if node is None:
            return Coefficient()
        fields = Fields(self.document, node, _COEFFICIENT_KEYS, "coefficient")
        kind = fields.choice("from", KINDS)
        needed = {"grade": "tiers", "stated": "values"}.get(kind, "")
        if needed:
            fields.value(needed)
        tiers = _numbers(self.named(fields, "tiers")) if kind == "grade" else {}
        self.grades(fields, tiers, "tiers")
        values = own.numbers(fields, "values") if kind == "stated" else {}
        return Coefficient(kind or "none", tiers, {own.name(code): number for code, number in values.items()})

    def grades(self, fields: Fields, named: Iterable[str], key: str) -> list[str]:
        """Return grades by name, noting those that the dataset's standard does not have."""
        found = list(named)
        standard = self.data.standard
        if found and standard is None:
            self.say("grades_without_standard", fields.at(key))
        known = [grade.id for grade in standard.grades] if standard is not None else found
        for grade in found:
            if grade not in known:
                self.say("unknown_grade_name", fields.at(key), found=grade, allowed=", ".join(known))
        return found

    def shares(self, fields: Fields, of: str = "") -> dict[str, Decimal]:
        """Return the share of each level of government in per cent, which must be 100 together."""
        if of:
            found = {level: fields.number(level, above_zero=False) for level in fields.nodes}
            node = fields.node
        elif "shares" in fields:
            node = fields.at("shares")
            inner = Fields(self.document, node, LEVELS, "shares")
            found = {level: inner.number(level, above_zero=False) for level in LEVELS if level in inner}
        else:
            return {}
        if found and sum(found.values()) != 100:
            self.say("shares_of_plan", node, subject=of or "shares", found=sum(found.values()))
        return found

    def prepaid(self, fields: Fields, own: _Codes) -> dict[str, dict[str, Decimal]]:
        found = own.fields(fields, "prepaid")
        if found is None:
            return {}
        kinds = {isinstance(node, yaml.MappingNode) for node in found.nodes.values()}
        if len(kinds) > 1:
            self.say("prepaid_mixed", fields.at("prepaid"))
            return {}
        if kinds != {True}:
            return {code: {"": number} for code, number in _numbers(found).items()}
        shares = fields.nodes.get("shares")
        levels = [str(key.value) for key, _ in shares.value] if isinstance(shares, yaml.MappingNode) else []
        parts = {code: Fields(self.document, node, levels, code) for code, node in found.nodes.items()}
        return {code: {level: part.number(level, above_zero=False) for level in levels} for code, part in parts.items()}

    def period(self, fields: Fields) -> str:
        text = fields.text("period")
        try:
            return periods.name(periods.parse(text)) if text else ""
        except ValueError:
            self.say("not_a_period", fields.at("period"), found=text)
            return ""

    def codes(self, objects: str, area: str) -> list[str]:
        if objects == "unit":
            units = self.data.region.units
            return list(units.loc[units["area"] == area, "unit"])
        return list(self.data.region.areas["area"])

    def named(self, parent: Fields, key: str) -> Fields | None:
        """Return a mapping whose keys may be anything; None if it is absent."""
        node = parent.value(key, required=False)
        if node is None:
            return None
        names = [str(part.value) for part, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        return Fields(self.document, node, names, key)

    def identify(self, fields: Fields, what: str) -> str:
        name = fields.text("id")
        if name:
            fields.subject = name
            first = self.ids.setdefault((what, name), fields.at("id"))
            if not _ID.fullmatch(name):
                self.say("bad_id", fields.at("id"), found=name)
            if first is not fields.at("id"):
                self.say("repeated_id", fields.at("id"), found=name, first=line_of(first))
        return name

    def unknown(self, sentence: str, at: yaml.Node, found: str, known: Iterable[str], **values: object) -> None:
        self.say(sentence, at, found=found, near=nearest(found, known) or "—", **values)


@dataclass
class _Codes:
    """Reads mappings whose keys are the codes of a plan's objects."""

    reader: _Reader
    known: list[str]
    sentence: str
    area: str

    def name(self, code: str) -> str:
        """Return the name of an object, as messages and coefficients have it."""
        return f"{self.area} {code}" if self.area else code

    def fields(self, parent: Fields, key: str) -> Fields | None:
        found = self.reader.named(parent, key)
        for code in found.nodes if found is not None else ():
            if found is not None and code not in self.known:
                self.reader.unknown(self.sentence, found.at(code), code, self.known, subject=self.area)
        return found

    def nodes(self, parent: Fields, key: str) -> dict[str, yaml.Node]:
        found = self.fields(parent, key)
        return found.nodes if found is not None else {}

    def numbers(self, parent: Fields, key: str) -> dict[str, Decimal]:
        return _numbers(self.fields(parent, key))


def _numbers(fields: Fields | None) -> dict[str, Decimal]:
    return {name: fields.number(name, above_zero=False) for name in fields.nodes} if fields is not None else {}


def _optional(fields: Fields, key: str) -> Decimal | None:
    return fields.number(key, above_zero=False) if key in fields else None
