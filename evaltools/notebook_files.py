"""Notebook files: what each is for, which parameters it takes, and what may be given for them.

A notebook belongs to the product when its metadata says `evaltools: {scope, order, title_zh, title_en}`. Its
parameters are the assignments of the cell tagged `parameters`, read as Python (`ast`), so that `None | str`
and `s = "a=b"` are understood.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaltools.problems import ProblemList

# A worker imports this module and no pandas: what reports problems is imported where it is needed.

Value = str | int | float | bool | list[str] | None
"""What a parameter may hold."""

SCOPES = ("area", "region")

KINDS = ("str", "int", "float", "bool")

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"


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


@dataclass(frozen=True)
class NotebookFile:
    """A notebook of the product. `digest` covers the cells and their metadata, not the outputs."""

    name: str
    path: Path
    scope: str
    order: float
    titles: Mapping[str, str]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    digest: str = ""


def discover(folder: Path, problems: ProblemList) -> dict[str, NotebookFile]:
    """Return the product's notebooks in `folder` by name, in the order their metadata gives.

    Notebooks without `evaltools` metadata are somebody's own and are left out. What is wrong with one that
    has it goes to `problems`.
    """
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = content_of(path)
        except (ValueError, OSError) as error:
            say(problems, "notebook_unreadable", where=path.name, found=str(error).split("\n")[0])
            continue
        metadata = notebook["metadata"].get("evaltools")
        if metadata is not None:
            found.append(_notebook_file(path, notebook, metadata, problems))
    return {file.name: file for file in sorted(found, key=lambda file: (file.order, file.name))}


def content_of(path: Path) -> dict[str, Any]:
    """Return the JSON of a notebook's file, every source as one text; raises ValueError when it is none.

    Planning a run needs no more than this, and does not wait for nbformat to be imported. Cells of an old file
    that have no id get one by their place, since nbformat would draw one at random.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ValueError("no cells")
    if content.get("nbformat") != 4:
        raise ValueError(f"nbformat {content.get('nbformat')}")
    content["nbformat_minor"] = max(int(content.get("nbformat_minor", 0)), 5)
    content.setdefault("metadata", {})
    for number, cell in enumerate(content["cells"], start=1):
        cell.setdefault("id", f"cell-{number}")
        cell.setdefault("metadata", {})
        source = cell.get("source", "")
        cell["source"] = source if isinstance(source, str) else "".join(source)
    return content


def without_slow_grammar() -> None:
    """Spare this process 1.5 s: the grammar of IRIs that jsonschema builds on import, and that nothing here uses.

    For processes that are ours alone: the command and its workers.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def read(path: Path) -> Any:
    """Return the notebook of a file as an nbformat NotebookNode; raises ValueError when it is none."""
    return from_text(json.dumps(content_of(path)))


def from_text(text: str) -> Any:
    """Return the notebook of a file's text, as `text_of` wrote it."""
    import nbformat

    return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]


def text_of(notebook: Any) -> str:
    """Return a notebook as the text of its file."""
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


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


def check_parameters(
    notebooks: Iterable[NotebookFile], given: Mapping[str, Value], problems: ProblemList
) -> dict[str, Value]:
    """Return the given parameters typed as the notebooks' annotations say.

    A text is read as the annotation asks (`"3"` for an int); codes and names stay text. A parameter that no
    notebook takes, and a value that a notebook that takes it cannot hold, go to `problems`, all of them.
    """
    from evaltools.problems import nearest

    notebooks = list(notebooks)
    known = {name for notebook in notebooks for name in notebook.parameters}
    accepted: dict[str, Value] = {}
    for name, value in given.items():
        if name not in known:
            say(
                problems,
                "parameter_unknown",
                where=f"--parameter {name}",
                subject=name,
                notebooks=", ".join(notebook.name for notebook in notebooks),
                allowed=nearest(name, known) or ", ".join(sorted(known)),
            )
            continue
        for notebook in notebooks:
            if name not in notebook.parameters:
                continue
            try:
                accepted[name] = typed(notebook.parameters[name], value)
            except ValueError:
                say(
                    problems,
                    "parameter_value",
                    where=f"--parameter {name}",
                    subject=name,
                    evidence=str(value),
                    notebook=notebook.name,
                    allowed=describe(notebook.parameters[name]),
                )
    return accepted


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


def say(problems: ProblemList, key: str, *, where: str, **values: object) -> None:
    """Note a problem whose sentences are the words `run.<key>`."""
    from evaltools.wording import word

    columns = {name: str(values[name]) for name in ("subject", "evidence", "area", "period") if name in values}
    problems.add(
        rule=key,
        where=where,
        sentence_zh=word(f"run.{key}", "zh", **values),
        sentence_en=word(f"run.{key}", "en", **values),
        **columns,
    )


def parameters_cell(notebook: Mapping[str, Any]) -> Any | None:
    """Return the cell tagged `parameters` of a notebook (its JSON or NotebookNode), or None."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and PARAMETERS_TAG in cell["metadata"].get("tags", []):
            return cell
    return None


def source_digest(notebook: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what makes a notebook what it is: its cells and their tags, not the outputs."""
    cells = [[cell["cell_type"], cell["source"], cell["metadata"].get("tags", [])] for cell in notebook["cells"]]
    text = json.dumps([cells, notebook["metadata"].get("evaltools")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _notebook_file(path: Path, notebook: Mapping[str, Any], metadata: Any, problems: ProblemList) -> NotebookFile:
    metadata = metadata if isinstance(metadata, dict) else {}
    scope, order = metadata.get("scope"), metadata.get("order", 0)
    titles = {lang: str(metadata.get(f"title_{lang}", "")) for lang in ("zh", "en")}
    if scope not in SCOPES:
        say(problems, "notebook_scope", where=path.name, found=repr(scope), allowed=", ".join(SCOPES))
    if not isinstance(order, int | float):
        say(problems, "notebook_order", where=path.name, found=repr(order))
        order = 0
    for lang, title in titles.items():
        if not title:
            say(problems, "notebook_title", where=path.name, name=f"title_{lang}")
    cell = parameters_cell(notebook)
    parameters: dict[str, Parameter] = {}
    try:
        parameters = parameters_of(cell["source"]) if cell is not None else {}
    except SyntaxError as error:
        say(problems, "notebook_parameters", where=f"{path.name} line {error.lineno}", found=error.msg)
    needed = ("data", "period", "area") if scope == "area" else ("data", "period")
    for name in needed:
        if name not in parameters or "str" not in parameters[name].kinds:
            say(problems, "notebook_needs", where=path.name, name=name)
    return NotebookFile(path.stem, path, str(scope), order, titles, parameters, source_digest(notebook))


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
