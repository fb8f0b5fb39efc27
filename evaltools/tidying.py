"""An executed notebook without what differs from run to run: clocks, machine paths, random ids."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from nbformat import NotebookNode

_NOTEBOOK_KEYS = ("kernelspec", "language_info", "evaltools")
_CELL_KEYS = ("tags", "jupyter", "editable", "deletable", "evaltools")
_KERNEL_KEYS = ("name", "display_name", "language")
_LANGUAGE_KEYS = ("name", "file_extension", "mimetype", "nbconvert_exporter", "pygments_lexer", "codemirror_mode")

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_KERNEL_FILE = re.compile(r"(?:[A-Za-z]:)?[^\s'\"<>()]*ipykernel_\d+[\\/]\d+\.py")
_NOT_IN_NAME = r"\s'\"<>|:;,()\[\]{}*?"
_POSIX = re.compile(rf"(?<![\w.:/<&;\\-])(?:file://)?/(?:[^/{_NOT_IN_NAME}]+/)+([^/{_NOT_IN_NAME}]+)")
_SEGMENT = rf"[^\\/{_NOT_IN_NAME}]+"
_WINDOWS = re.compile(rf"(?<!\w)[A-Za-z]:[\\/](?:{_SEGMENT}(?: {_SEGMENT})*[\\/])*({_SEGMENT})")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_STYLER = re.compile(r"\bT_[0-9a-f]{5}(?=_|\b)")


def without_paths(text: str) -> str:
    """Return a text with the files of this machine reduced to their names, and without colours of a terminal."""
    text = _KERNEL_FILE.sub("cell.py", _ANSI.sub("", text))
    return _WINDOWS.sub(r"\1", _POSIX.sub(r"\1", text))


def clean(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of an executed notebook that depends on its code, parameters and data only.

    It keeps the parameters it was run with, so it can be run again in JupyterLab. Paths in what it printed are
    reduced to names, addresses in memory to 0x…, cells are numbered in order; the records of papermill and of the
    kernel's clock are dropped, and so is what libraries said on the error stream, which depends on the machine.
    """
    out = deepcopy(notebook)
    out.metadata = _kept(out.metadata, _NOTEBOOK_KEYS)
    if "kernelspec" in out.metadata:
        out.metadata["kernelspec"] = _kept(out.metadata["kernelspec"], _KERNEL_KEYS)
    if "language_info" in out.metadata:
        out.metadata["language_info"] = _kept(out.metadata["language_info"], _LANGUAGE_KEYS)
    out.nbformat_minor = max(int(out.nbformat_minor), 5)
    executed = 0
    for number, cell in enumerate(out.cells, start=1):
        cell["id"] = f"cell-{number:03d}"
        cell["metadata"] = _kept(cell.metadata, _CELL_KEYS)
        if cell.cell_type != "code":
            continue
        if cell.get("execution_count") is not None:
            executed += 1
            cell["execution_count"] = executed
        cell["outputs"] = [_output(output, cell["execution_count"]) for output in _joined(cell.outputs)]
    return out


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Drop the error stream, and join what it had parted of the other: where it did depends on timing."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
        elif output["name"] == "stdout" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output["text"]
        elif output["name"] == "stdout":
            kept.append(output)
    return kept


def _kept(metadata: Any, keys: tuple[str, ...]) -> NotebookNode:
    return NotebookNode({key: metadata[key] for key in keys if metadata.get(key)})  # type: ignore[no-untyped-call]


def _output(output: NotebookNode, count: int | None) -> NotebookNode:
    styles: dict[str, str] = {}

    def told(text: str) -> str:
        text = _ADDRESS.sub("0x…", without_paths(text))
        # pandas names the tables it styles at random.
        return _STYLER.sub(lambda match: styles.setdefault(match.group(), f"T_{len(styles):05d}"), text)

    if output.output_type == "stream":
        output["text"] = told(output["text"])
    elif output.output_type == "error":
        output["traceback"] = [told(line) for line in output["traceback"]]
        output["evalue"] = told(output["evalue"])
    else:
        if output.output_type == "execute_result":
            output["execution_count"] = count
        # What came through the gate has neither paths nor addresses; its images must not be searched for them.
        if not any(mime.startswith("application/vnd.evaltools.") for mime in output["data"]):
            for mime, value in output["data"].items():
                if mime.startswith("text/") and isinstance(value, str):
                    output["data"][mime] = told(value)
    return output
