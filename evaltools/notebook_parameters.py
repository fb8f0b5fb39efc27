"""Parameters of a notebook: what its parameters cell allows, read as Python and not by a line's look."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool | list[str] | None
"""What a parameter may hold."""

KINDS = ("str", "int", "float", "bool")


@dataclass(frozen=True)
class Parameter:
    """One assignment of the parameters cell.

    `kinds` holds what the annotation allows: any of str, int, float, bool, list, none. `choices` are the
    values of a `Literal[...]`. `default` is None as well where it is not a literal.
    """

    name: str
    kinds: frozenset[str]
    choices: tuple[Value, ...] = ()
    default: Value = None


def parameters_of(source: str) -> dict[str, Parameter]:
    """Return the parameters that a parameters cell assigns, by name.

    Raises SyntaxError when the cell is not Python; lines of IPython (`%...`, `!...`) are passed over.
    """
    found = {}
    for statement in ast.parse(_python(source)).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            default = _literal(statement.value)
            kinds, choices = _allowed(statement.annotation)
            if not kinds and not choices:
                kinds = _kinds_of(default)
            found[statement.target.id] = Parameter(statement.target.id, kinds, choices, default)
        elif isinstance(statement, ast.Assign):
            default = _literal(statement.value)
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = Parameter(target.id, _kinds_of(default), (), default)
    return found


def with_values(source: str, values: Mapping[str, Value]) -> str:
    """Return a parameters cell with the defaults replaced by `values`; comments and annotations stay."""
    lines = source.split("\n")
    for statement in reversed(ast.parse(_python(source)).body):
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        names = [target.id for target in targets if isinstance(target, ast.Name) and target.id in values]
        old = statement.value
        if not names or old is None or old.end_lineno is None or old.end_col_offset is None:
            continue
        # ast counts columns in bytes of UTF-8
        head = lines[old.lineno - 1].encode()[: old.col_offset].decode()
        tail = lines[old.end_lineno - 1].encode()[old.end_col_offset :].decode()
        lines[old.lineno - 1 : old.end_lineno] = [head + _literal_text(values[names[0]]) + tail]
    return "\n".join(lines)


def typed(parameter: Parameter, value: Value) -> Value:
    """Return `value` as the parameter's annotation asks. Raises ValueError when it cannot be.

    A text for `X | None` that is empty means None. A text for a parameter that may be text stays as it is.
    """
    kinds = parameter.kinds
    if parameter.choices:
        for choice in parameter.choices:
            if value == choice and type(value) is type(choice):
                return value
            if isinstance(value, str) and value == str(choice):
                return choice
        if not kinds:
            raise ValueError(value)
    if isinstance(value, str):
        return _from_text(kinds, value)
    if value is None:
        fits = "none" in kinds
    elif isinstance(value, bool):
        fits = "bool" in kinds
    elif isinstance(value, int):
        if "int" not in kinds and "float" in kinds:
            return float(value)
        fits = "int" in kinds
    elif isinstance(value, float):
        fits = "float" in kinds and math.isfinite(value)
    else:
        fits = "list" in kinds and all(isinstance(part, str) for part in value)
    if not fits:
        raise ValueError(value)
    return value


def describe(parameter: Parameter) -> str:
    """Return what a parameter may hold, as written in an annotation: `int | None`."""
    names = [repr(choice) for choice in parameter.choices]
    names += [name for name in KINDS if name in parameter.kinds]
    if "list" in parameter.kinds:
        names.append("list[str]")
    if "none" in parameter.kinds:
        names.append("None")
    return " | ".join(names) or "—"


def _python(source: str) -> str:
    lines = source.split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def _literal(node: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError):
        return None


def _kinds_of(default: object) -> frozenset[str]:
    """What a parameter without annotation may hold: the kind of its default, or text."""
    if isinstance(default, list):
        return frozenset({"list"})
    if default is None:
        return frozenset({"str", "none"})
    name = type(default).__name__
    return frozenset({name} if name in KINDS else ())


def _allowed(annotation: ast.expr) -> tuple[frozenset[str], tuple[Value, ...]]:
    """Return the kinds and the choices an annotation names; unknown names add nothing."""
    if isinstance(annotation, ast.Constant):
        if annotation.value is None:
            return frozenset({"none"}), ()
        if isinstance(annotation.value, str):
            return _allowed(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.Name | ast.Attribute):
        name = annotation.id if isinstance(annotation, ast.Name) else annotation.attr
        if name in KINDS:
            return frozenset({name}), ()
        return frozenset({"list"} if name in ("list", "List") else ()), ()
    if isinstance(annotation, ast.BinOp):
        return _union([annotation.left, annotation.right])
    if isinstance(annotation, ast.Subscript):
        base = annotation.value
        name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
        inner = annotation.slice
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name in ("list", "List", "Sequence"):
            return frozenset({"list"}), ()
        if name == "Optional":
            kinds, choices = _union(parts)
            return kinds | {"none"}, choices
        if name == "Union":
            return _union(parts)
        if name == "Literal":
            values = [_literal(part) for part in parts]
            kinds = frozenset({"none"} if None in values else ())
            return kinds, tuple(value for value in values if value is not None)
        if name in ("Annotated", "Final"):
            return _allowed(parts[0])
    return frozenset(), ()


def _union(parts: Iterable[ast.expr]) -> tuple[frozenset[str], tuple[Value, ...]]:
    kinds: frozenset[str] = frozenset()
    choices: tuple[Value, ...] = ()
    for part in parts:
        more, further = _allowed(part)
        kinds, choices = kinds | more, choices + further
    return kinds, choices


def _from_text(kinds: frozenset[str], text: str) -> Value:
    if "none" in kinds and text == "":
        return None
    if "str" in kinds:
        return text
    if "bool" in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if len(text) > 1 and text[0] == "0" and text.isdigit():
        raise ValueError(text)  # a code, which a number would rob of its zero
    for kind, convert in (("int", int), ("float", float)):
        if kind in kinds:
            try:
                number = convert(text)
            except ValueError:
                continue
            if math.isfinite(number):
                return number
    if "list" in kinds:
        return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    raise ValueError(text)


def _literal_text(value: Value) -> str:
    """`value` as Python source, with double quotes as the notebooks have them."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_literal_text(part) for part in value) + "]"
    return repr(value)
