"""Writing scoring standards: from YAML to a workbook and back, with nothing lost but comments and layout.

What is to be kept is the plain document: its keys and texts as they were typed, so 1.10 stays 1.10 and 0.10 stays 0.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import yaml

from evaltools.problems import InputError, ProblemList
from evaltools.standard_columns import NESTED, TEXTS, arguments
from evaltools.standards import (
    BONUS,
    BONUS_KEYS,
    GRADE_KEYS,
    LINE_KEYS,
    PENALTIES,
    PENALTY_KEYS,
    SECTION_KEYS,
    STANDARD_KEYS,
    VETO_KEYS,
    Standard,
    load_standard,
)
from evaltools.yaml_fields import Document

Plain = Any
"""A document as mappings, lists and texts."""

YAML, WORKBOOK = (".yaml", ".yml"), (".xlsx",)
SUFFIXES = (*YAML, *WORKBOOK)

_WIDEST = 120
_LONG = ("", "sections", "lines")
"""What is written a key a line, however short."""

_TAGS = {kind: f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
_ORDER = {
    **{"": STANDARD_KEYS, "sections": SECTION_KEYS, "grades": GRADE_KEYS, "vetoes": VETO_KEYS},
    **{**NESTED, BONUS: BONUS_KEYS, PENALTIES: PENALTY_KEYS},
}


def write_standard_file(source: Path | str, target: Path | str, catalogue: pd.DataFrame | None = None) -> Standard:
    """Write a standard as the kind of file that the name of `target` says, .yaml or .xlsx, and return it.

    source: a .yaml or .xlsx file. catalogue: as `load_standard` takes it. What was written is read again before it
    gets its name, and must say the same. Raises InputError for a standard that cannot be used, a name of another kind,
    a target that is there already, and a text that such a file cannot hold.
    """
    source, target = Path(source), Path(target)
    problems = ProblemList()
    for path in (source, target):
        if path.suffix.lower() not in SUFFIXES:
            _say(problems, "suffix", path, allowed=", ".join(SUFFIXES))
    if target.exists():
        _say(problems, "is_there", target, found=target.name)
    problems.raise_if_any()
    standard = load_standard(source, catalogue)
    document = plain_standard(source)
    content = _written(document, target, standard)
    if (lost := _lost(document, content, target.suffix.lower())) is not None:
        _say(problems, "not_kept", source, found=lost, suffix=target.suffix.lower())
        problems.raise_if_any()
    try:
        # "x": never over a file, even one that appeared meanwhile
        with target.open("xb") as opened:
            opened.write(content)
    except OSError as error:
        _say(problems, "cannot_write", target, found=error.strerror or str(error))
        raise InputError(problems.frame()) from None
    return standard


def plain_standard(path: Path | str) -> dict[str, Plain]:
    """Return the plain document of a standard that can be read: every value a text, `gate` always a list.

    A key without a value is left out, as if it were not there. Raises InputError for what is no document of keys.
    """
    path = Path(path)
    document = Document(path.name, "standards")
    if path.suffix.lower() in WORKBOOK:
        from evaltools.standard_sheets import SheetDocument

        document = SheetDocument(path.name, "standards")
    fields = document.read(path, STANDARD_KEYS)
    document.problems.raise_if_any()
    assert fields is not None  # nothing wrong was noted
    return {key: value for key, node in fields.nodes.items() if (value := _plain(node)) not in ("", {}, [])}


def _plain(node: yaml.Node) -> Plain:
    if isinstance(node, yaml.MappingNode):
        found = {str(key.value): _plain(value) for key, value in node.value}
        if "gate" in found:
            found["gate"] = [found["gate"]] if isinstance(found["gate"], str) and found["gate"] else found["gate"]
        return {key: value for key, value in found.items() if value not in ("", {}, [])}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part) for part in node.value]
    return str(node.value).strip()


def _written(document: Mapping[str, Plain], target: Path, standard: Standard) -> bytes:
    if target.suffix.lower() in YAML:
        return yaml_text(document).encode()
    from evaltools.standard_workbook import workbook

    # without a catalogue a line is called by its indicator
    names = {line.id: line.name_zh for _, line in standard.lines if line.name_zh != line.indicator}
    return workbook(document, names)


def _lost(document: Plain, content: bytes, suffix: str) -> str | None:
    """Return the first text that is not read back from a written file as it was; None if all are."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"standard{suffix}"
        path.write_bytes(content)
        try:
            return _difference(document, plain_standard(path))
        except InputError as error:
            return str(error).partition("\n")[0]


def _difference(a: Plain, b: Plain) -> str | None:
    if isinstance(a, dict) and isinstance(b, dict):
        pairs = [(a.get(key, key), b.get(key, key)) for key in {**a, **b}]
    elif isinstance(a, list) and isinstance(b, list):
        pairs = list(zip_longest(a, b, fillvalue=""))
    else:
        return None if a == b else str(a or b)
    return next((found for pair in pairs if (found := _difference(*pair)) is not None), None)


def _say(problems: ProblemList, sentence: str, path: Path, **values: object) -> None:
    rule = f"standard_sheets_{sentence}"
    problems.say(sentence, rule=rule, where=path.name, topic="standard_sheets", **values)  # type: ignore[arg-type]


class _Dumper(yaml.SafeDumper):
    """Entries of a list stand two columns to the right of its key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def yaml_text(document: Mapping[str, Plain]) -> str:
    """Return a plain document as YAML: keys in the order of the documentation, texts that look like numbers quoted."""
    text: str = yaml.serialize(_node(document, ""), Dumper=_Dumper, allow_unicode=True, width=10**6)
    return text


def _node(value: Plain, key: str) -> yaml.Node:
    if isinstance(value, Mapping):
        known = arguments()
        names = known[key].allowed if key in known else _ORDER.get(key, (*LINE_KEYS, *known))
        order = {name: at for at, name in enumerate(names)}
        keys = sorted(value, key=lambda name: order.get(name, len(order)))
        pairs = [(yaml.ScalarNode(_TAGS["str"], name), _node(value[name], name)) for name in keys]
        return yaml.MappingNode(_TAGS["map"], pairs, flow_style=key not in _LONG and _is_short(value))
    if isinstance(value, list):
        parts = [_node(part, key) for part in value]
        flow = all(isinstance(part, yaml.ScalarNode) for part in parts)
        return yaml.SequenceNode(_TAGS["seq"], parts, flow_style=flow)
    # a text that YAML would take for something else is quoted; a number or a choice stays as it is
    return yaml.ScalarNode(
        _TAGS["str"] if key in TEXTS else _resolved(value), value, style="|" if "\n" in value else None
    )


def _resolved(text: str) -> str:
    """Return what YAML takes a text for that has no quotes."""
    tag: str = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag


def _is_short(value: Mapping[str, Plain]) -> bool:
    """Whether a mapping fits on a line of its own, in braces."""
    texts = [text for text in value.values() if isinstance(text, str) and "\n" not in text]
    return len(texts) == len(value) and sum(map(len, (*value, *texts))) + 4 * len(value) < _WIDEST
