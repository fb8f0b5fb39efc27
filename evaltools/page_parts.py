"""What a notebook published, read back from its outputs as plain parts: for paper, letters and workbooks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from evaltools.publishing import shown_parts
from evaltools.wording import word


@dataclass(frozen=True)
class Heading:
    """A heading: level 2 of a section, 3 of a part of one."""

    title: str
    level: int


@dataclass(frozen=True)
class Text:
    """Sentences; each of several stands on its own."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Sentences about method or limits; strong ones have to be known before any number is read."""

    sentences: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True)
class KeyFigures:
    """The figures that matter: label, value and detail, as the reader reads them."""

    figures: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Block:
    """A `paragraph` of one item, or the items of a list of `bullets` or `numbers` from `start` on."""

    kind: str
    items: tuple[str, ...]
    start: int


@dataclass(frozen=True)
class Written:
    """What a person wrote, under the title that marks it as theirs."""

    slot: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Table:
    """A table as it is shown, and all of it as CSV.

    head, numeric (whether a column holds numbers) and columns (name, header, format) are by column; rows are texts;
    groups maps the number of a row to the title that stands before it; emphasis are the numbers of marked rows.
    """

    name: str
    label: str
    caption: str
    head: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: Mapping[int, str]
    emphasis: frozenset[int]
    columns: tuple[tuple[str, str, str], ...]
    csv: str

    @property
    def frame(self) -> pd.DataFrame:
        """Every column and row of the published file, as texts; what is missing is ""."""
        return pd.read_csv(io.StringIO(self.csv), dtype=str, keep_default_na=False)


@dataclass(frozen=True)
class Figure:
    """A chart: its SVG, and in words what is to be seen in it."""

    name: str
    label: str
    caption: str
    alt: str
    svg: str


Part = Heading | Text | Note | KeyFigures | Written | Table | Figure


def read(notebook: NotebookNode) -> tuple[Part, ...]:
    """Return what an executed notebook published, in its order. Workbooks and what is no content are left out."""
    return tuple(_READERS[data["kind"]](data) for data in shown_parts(notebook) if data["kind"] in _READERS)


def captioned(part: Table | Figure, lang: str) -> str:
    """Return label and caption of a table or chart as they stand on the page."""
    return word("page.caption", lang, label=part.label, text=part.caption)


def _table(data: Mapping[str, Any]) -> Table:
    shown = data["shown"]
    return Table(
        data["name"],
        data["label"],
        data["caption"],
        tuple(shown["head"]),
        tuple(shown["numeric"]),
        tuple(map(tuple, shown["rows"])),
        {int(row): title for row, title in shown["groups"].items()},
        frozenset(shown["emphasis"]),
        tuple((name, header, form) for name, header, form in data["columns"]),
        data["csv"],
    )


def _written(data: Mapping[str, Any]) -> Written:
    blocks = tuple(Block(block["kind"], tuple(block["items"]), block["start"]) for block in data["blocks"])
    return Written(data["slot"], data["title"], blocks)


_READERS: dict[str, Any] = {
    "section": lambda data: Heading(data["title"], data["level"]),
    "text": lambda data: Text(tuple(data["sentences"])),
    "note": lambda data: Note(tuple(data["sentences"]), data["strong"]),
    "key_figures": lambda data: KeyFigures(tuple((a, b, c) for a, b, c in data["figures"])),
    "written": _written,
    "table": _table,
    "figure": lambda data: Figure(data["name"], data["label"], data["caption"], data["alt"], data["svg"]),
}
