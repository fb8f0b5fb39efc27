"""Notebook files: what each is for, which parameters it takes, and what may be given for them.

A notebook belongs to the product when its metadata says `evaltools: {scope, order, title_zh, title_en}`. Its
parameters are the assignments of the cell tagged `parameters`, read as Python (`ast`), so that `None | str`
and `s = "a=b"` are understood.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaltools.notebook_parameters import Parameter, Value, describe, parameters_of, typed

if TYPE_CHECKING:
    from evaltools.problems import ProblemList

# A worker imports this module and no pandas: what reports problems is imported where it is needed.

SCOPES = ("area", "region")

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"


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
