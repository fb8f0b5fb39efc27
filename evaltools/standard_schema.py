"""The JSON-Schema (2020-12) of a scoring standard in YAML, made from the keys of standards and the rules there are.

An editor that knows it completes keys and marks what is wrong. It sees values, not texts, and one place at a time: what
is added up, compared or looked up (sums of points, bands, gates, ids, the catalogue) only `load_standard` checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from evaltools.rule_model import Argument, Rule
from evaltools.rules import RULES
from evaltools.standard_columns import NESTED, REQUIRED, choices, described
from evaltools.standards import (
    BONUS,
    BONUS_KEYS,
    GRADE_KEYS,
    LINE_KEYS,
    PENALTIES,
    PENALTY_KEYS,
    RESERVED_IDS,
    SECTION_KEYS,
    STANDARD_KEYS,
    VETO_KEYS,
)

Schema = dict[str, Any]

_MOST_DIGITS = 6
_DIGITS = r"[0-9]*\.?[0-9]*"
_TEXT_KINDS = ["string", "number", "boolean"]
_BLANK: Schema = {"anyOf": [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]}

# A number may be quoted, and yes and no may come as truth values, as a reader of YAML 1.1 gives them.
_DEFINITIONS: Schema = {
    "text": {"type": _TEXT_KINDS, "pattern": r"\S"},
    "id": {"type": _TEXT_KINDS, "pattern": r"^[^;]*[^;\s][^;]*$", "not": {"enum": [*RESERVED_IDS]}},
    "blank": _BLANK,
    "number": {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"}]
    },
    "positive": {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "string", "pattern": rf"^\+?(?=\.?[0-9])(?={_DIGITS}$)[0-9.]*[1-9][0-9.]*$"},
        ]
    },
    "digits": {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": _MOST_DIGITS},
            {"type": "string", "pattern": rf"^\+?0*[0-{_MOST_DIGITS}](\.0*)?$"},
        ]
    },
    "yes_no": {"enum": ["yes", "no", True, False]},
}

_NUMBERS: Mapping[str, str] = {
    **dict.fromkeys(("total", "points", "cap", "confidence", "grades"), "positive"),
    **dict.fromkeys(("from", "tolerance", "funds"), "number"),
    **dict.fromkeys(("digits", "value_digits"), "digits"),
    "id": "id",
}
_BOUNDS: Mapping[str, Schema] = {
    "funds": {"maximum": 1},
    "tolerance": {"exclusiveMaximum": 100},
    "confidence": {"exclusiveMaximum": 100},
}
_AT_MOST_100: Mapping[str, tuple[str, ...]] = {"percentile": ("upper",), "units_meeting": ("target",)}
"""Arguments of rules whose x is a position or a share, which do have a direction."""

_BLANK_ALLOWED = ("value_digits", "funds", "cap")
"""Optional keys that must have a value if they are there at all."""


def schema(rules: Mapping[str, Rule] | None = None) -> Schema:
    """Return the schema of standards that use these rules; all there are (`RULES`) if none are given."""
    rules = RULES if rules is None else rules
    elsewhere = [name for name, rule in rules.items() if not rule.block]
    penalties = [name for name, rule in rules.items() if rule.block == PENALTIES]
    parts = {
        "rounding": _mapping("rounding", NESTED["rounding"]),
        "roll_up": _mapping("roll_up", NESTED["roll_up"])
        | {
            "if": _has("by", "item"),
            "then": {"required": ["item"], "properties": {"item": _ref("text")}},
            "else": {"properties": {"item": _ref("blank")}},
        },
        "authenticity": _mapping("authenticity", NESTED["authenticity"]),
        "grades": _list(_mapping("grades", GRADE_KEYS)),
        "sections": _list(_mapping("sections", SECTION_KEYS, lines=_lines(elsewhere))),
        BONUS: _mapping(BONUS, BONUS_KEYS, lines=_lines(elsewhere)),
        PENALTIES: _mapping(PENALTIES, PENALTY_KEYS, lines=_lines(penalties, gate=_ref("blank"))),
        "vetoes": _list(
            _mapping("vetoes", VETO_KEYS)
            | {
                "if": {"properties": {"effect": {"enum": ["set_grade", "cap_grade"]}}},
                "then": {"required": ["grade"], "properties": {"grade": _ref("text")}},
                "else": {"properties": {"grade": _ref("blank")}},
                "allOf": [
                    {"if": {"not": _has("effect", "drop_grade")}, "then": {"properties": {"grades": _ref("blank")}}}
                ],
            }
        ),
    }
    for key in ("roll_up", "authenticity", BONUS, PENALTIES):
        parts[key] = {"anyOf": [parts[key], _ref("blank")]}
    top = _mapping("standard", STANDARD_KEYS, **parts)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "evaltools scoring standard / 评分标准",
        **top,
        "if": _has("objects", "unit"),
        "then": {"required": ["roll_up"], "properties": {"roll_up": {"type": "object"}}},
        "else": {"properties": {"roll_up": _ref("blank")}},
        "$defs": {**_DEFINITIONS, "line": _line(rules)},
    }


def schema_text() -> str:
    """Return the schema as the published file, `data/standards/standard.schema.json`, holds it.

    It has the rules that come with the package, whatever a notebook has entered beside them.
    """
    own = {name: rule for name, rule in RULES.items() if rule.formula.__module__ == "evaltools.rules"}
    return json.dumps(schema(own), ensure_ascii=False, indent=1) + "\n"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _has(key: str, value: str) -> Schema:
    return {"properties": {key: {"const": value}}, "required": [key]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _lines(rules: Iterable[str], **more: Schema) -> Schema:
    return _list({**_ref("line"), "properties": {"rule": {"enum": list(rules)}, **more}})


def _mapping(kind: str, keys: Iterable[str], **parts: Schema) -> Schema:
    required = REQUIRED[kind]
    properties = {
        key: parts[key] if key in parts else _value(f"{kind}.{key}" if kind in NESTED else key, key in required)
        for key in keys
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


def _value(key: str, required: bool) -> Schema:
    """Return what may stand for a key; nothing may stand for it too, unless it is required."""
    name = key.rpartition(".")[2]
    found = _choice(choices(key)) if choices(key) else _ref(_NUMBERS.get(name, "text"))
    found = found | _BOUNDS.get(name, {})
    if not required and name not in _BLANK_ALLOWED:
        found = {"anyOf": [found, _ref("blank")]}
    return found | _described(key)


def _choice(allowed: tuple[str, ...]) -> Schema:
    return _ref("yes_no") if set(allowed) == {"yes", "no"} else {"enum": list(allowed)}


def _described(key: str) -> Schema:
    texts = [text for lang in ("zh", "en") if (text := described(key, lang))]
    return {"description": "\n".join(texts)} if texts else {}


def _line(rules: Mapping[str, Rule]) -> Schema:
    gate = {"anyOf": [_ref("text"), _ref("blank"), {"type": "array", "items": _ref("text")}]} | _described("gate")
    own = {key: gate if key == "gate" else _value(key, key in REQUIRED["lines"]) for key in LINE_KEYS}
    own["rule"] = {"enum": list(rules)} | _described("rule")
    return {
        "type": "object",
        "properties": own,
        "required": [*REQUIRED["lines"]],
        "allOf": [{"if": _has("rule", name), "then": _of_rule(rule)} for name, rule in rules.items()],
        "unevaluatedProperties": False,
    }


def _of_rule(rule: Rule) -> Schema:
    """Return what a line of a rule states beside what every line does."""
    properties = {name: _argument(name, argument) for name, argument in rule.arguments.items()}
    required = [name for name, argument in rule.arguments.items() if not argument.optional and not argument.default]
    formula = " ".join((rule.formula.__doc__ or "").split("\n\n")[0].split())
    found: Schema = {"description": formula, "properties": properties, "required": required}
    named: Schema = {
        "required": ["name_zh", "name_en"],
        "properties": dict.fromkeys(("name_zh", "name_en"), _ref("text")),
    }
    for name in _AT_MOST_100.get(rule.of, ()):
        properties[name] = properties[name] | {"maximum": 100}
    if not rule.directed and rule.of not in _AT_MOST_100:
        properties["direction"] = _ref("blank")
    if rule.of == "judged":
        properties["indicator"] = _ref("blank")
        found["allOf"] = [named]
    elif rule.of == "either":
        # who is scored by people has no name in the catalogue
        found["anyOf"] = [{"required": ["indicator"], "properties": {"indicator": _ref("text")}}, named]
    else:
        required.append("indicator")
        properties["indicator"] = _ref("text")
    return found


def _argument(name: str, argument: Argument) -> Schema:
    if argument.kind == "choice":
        found = _choice(argument.allowed)
        return ({"anyOf": [found, _ref("blank")]} if argument.default else found) | _described(name)
    if argument.kind == "table":
        columns = dict.fromkeys(argument.allowed, _ref("number"))
        entry: Schema = {"type": "object", "properties": columns, "required": [argument.allowed[-1]]}
        return _list(entry | {"additionalProperties": False}) | _described(name)
    return _ref("positive" if argument.above_zero else "number") | _described(name)
