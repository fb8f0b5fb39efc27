"""A DataFrame as an HTML table: headers with scope, numbers in the reader's format, everything escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from evaltools import wording
from evaltools.sparkline import parse, sparkline
from evaltools.wording import MISSING, is_missing, text_width, word

STATUS_SIGNS = {
    "better": "▲",
    "worse": "▼",
    "same": "●",
    "neutral": "○",
    "unclear": "≈",
    "small": "∽",
    "untested": "?",
    "above": "↑",
    "below": "↓",
    "near": "~",
    "met": "✓",
    "not_met": "×",
    "missing": MISSING,
}
"""What stands before the word of a status, so that its colour never speaks alone."""


MARKERS = {
    "Cannot be calculated": (MISSING, "none"),
    "No significant change": ("→", "unclear"),
    "Increasing": ("↗", "neutral"),
    "Decreasing": ("↘", "neutral"),
    "Increasing and getting better": ("↗", "better"),
    "Increasing and getting worse": ("↗", "worse"),
    "Decreasing and getting better": ("↘", "better"),
    "Decreasing and getting worse": ("↘", "worse"),
}
"""Sign and colour of each label of a recent trend; the word beside them is `terms.marker_…`."""


@dataclass(frozen=True)
class Cell:
    """One value on its way to the page: what it is, the language, its measure and the decimals asked for."""

    x: Any
    lang: str
    per: int
    kind: str
    digits: int | None


def _decimals(cell: Cell, default: int) -> int:
    return default if cell.digits is None else cell.digits


_NUMBERS: dict[str, Callable[[Cell], str]] = {
    "integer": lambda cell: wording.integer(cell.x, cell.lang),
    "number": lambda cell: wording.number(cell.x, _decimals(cell, 2), cell.lang),
    "points": lambda cell: wording.points(cell.x, cell.lang, _decimals(cell, 2)),
    "quantity": lambda cell: wording.quantity(cell.x, cell.lang),
    "target": lambda cell: wording.target(cell.x, cell.lang, cell.per, cell.kind),
    "percent": lambda cell: wording.percent(cell.x, cell.lang, _decimals(cell, 2)),
    "value": lambda cell: wording.value(cell.x, cell.lang, cell.per, cell.kind, cell.digits),
    "change": lambda cell: wording.number(cell.x, _decimals(cell, 0), cell.lang, signed=True),
    "change_pp": lambda cell: wording.signed_points(cell.x, cell.lang, cell.per, cell.digits),
    "change_percent": lambda cell: wording.signed_percent(cell.x, cell.lang, _decimals(cell, 2)),
    "p_value": lambda cell: wording.p_value(cell.x, cell.lang),
}
_TEXTS: dict[str, Callable[[Cell], str]] = {
    "text": lambda cell: str(cell.x),
    "period": lambda cell: wording.period(str(cell.x), cell.lang),
    "reason": lambda cell: wording.reason(str(cell.x), cell.lang),
    "stage": lambda cell: wording.stage(str(cell.x), cell.lang),
    "run": lambda cell: wording.run(int(cell.x), cell.lang),
    "model": lambda cell: word(f"terms.model_{cell.x}", cell.lang),
}
FORMATS = (*_NUMBERS, *_TEXTS, "status", "marker", "sparkline")
"""Formats of a column; those of numbers take decimals, as in "points:1".

`value`, `target` and `change_pp` look for the measure in the columns `per` and `kind` of the same row, if the frame has
them; without, they are per cent and percentage points.
"""


def parse_format(text: str) -> tuple[str, int | None]:
    """Return name and decimals of a format such as `points:1`; raises ValueError."""
    match = re.fullmatch(r"([a-z_]+)(?::(\d))?", text)
    if match is None or match[1] not in FORMATS or (match[2] and match[1] not in _NUMBERS):
        raise ValueError(f"unknown format {text!r}; there are: {', '.join(FORMATS)}, numbers with :decimals")
    return match[1], int(match[2]) if match[2] else None


def is_number(text: str) -> bool:
    """Whether a format is one of numbers, which stand at the right."""
    return parse_format(text)[0] in _NUMBERS


def cell_text(cell: Cell, name: str) -> str:
    """Return what a table cell says, as plain text; of a sparkline, what it says to those who do not see it."""
    if is_missing(cell.x):
        return MISSING
    if cell.x == "" and name not in _NUMBERS:
        return ""
    if name == "status":
        if cell.x not in STATUS_SIGNS:
            raise ValueError(f"unknown status {cell.x!r}; there are: {', '.join(STATUS_SIGNS)}")
        return f"{STATUS_SIGNS[cell.x]} {word(f'terms.status_{cell.x}', cell.lang)}"
    if name == "marker":
        key = cell.x.lower().replace(" ", "_")
        return f"{MARKERS[cell.x][0]} {word(f'terms.marker_{key}', cell.lang)}"
    if name == "sparkline":
        return _spark_label(cell)
    return (_NUMBERS.get(name) or _TEXTS[name])(cell)


def cell_html(cell: Cell, name: str) -> str:
    """Return the inside of a table cell, escaped."""
    return _dressed(cell, name, cell_text(cell, name))


def _dressed(cell: Cell, name: str, text: str) -> str:
    if name == "sparkline" and text not in ("", MISSING):
        return sparkline(cell.x, text)
    if name in ("status", "marker") and text not in ("", MISSING):
        colour = cell.x if name == "status" else MARKERS[cell.x][1]
        sign, said = text.split(" ", 1)
        return f'<span class="ev-{colour}"><span aria-hidden="true">{sign}</span> {escape(said)}</span>'
    return escape(text).replace("\n", "<br>")


def _spark_label(cell: Cell) -> str:
    """Say where a sparkline begins and ends; nothing where too little is known to draw one."""
    years, values = parse(cell.x)
    known = [(year, x) for year, x in zip(years, values, strict=True) if not is_missing(x)]
    if len(known) < 2:
        return ""
    texts = {
        f"{side}{name}": text
        for side, (year, x) in (("first_", known[0]), ("last_", known[-1]))
        for name, text in (
            ("year", wording.period(f"{year:04d}", cell.lang)),
            ("value", wording.value(x, cell.lang, cell.per, cell.kind)),
        )
    }
    return word("charts.spark", cell.lang, **texts)


def table_html(frame: pd.DataFrame, columns: Mapping[str, tuple[str, str]], lang: str, **options: Any) -> str:
    """Return a <table>: the first of `table_forms`."""
    return table_forms(frame, columns, lang, **options)[0]


def table_forms(
    frame: pd.DataFrame,
    columns: Mapping[str, tuple[str, str]],
    lang: str,
    *,
    caption: str,
    group: str = "",
    row_header: str = "",
    link: Mapping[str, str] | None = None,
    emphasis: str = "",
) -> tuple[str, dict[str, Any]]:
    """Return a table as a <table>, and as the plain texts that it shows, for paper and workbooks.

    `columns` maps a column to (header, format). `row_header` (default: the first column) names the rows, `group` is
    a column whose runs of equal values get a heading row, `link` maps a column to the one that holds the code of the
    area its text leads to, `emphasis` is a yes/no column that marks rows. The texts are `head`, `numeric` (a yes or
    no a column), `rows`, `groups` (the title that stands before a row, by the row's number from 0, as text, since
    JSON has no other keys) and `emphasis` (the numbers of the marked rows).
    """
    row_header = row_header or next(iter(columns))
    rows = frame.to_dict("records")
    plain: list[list[str]] = [[] for _ in rows]
    texts: dict[str, list[str]] = {}
    for column, (_, form) in columns.items():
        name, digits = parse_format(form)
        cells = [_cell(row, column, lang, digits) for row in rows]
        said = [cell_text(cell, name) for cell in cells]
        texts[column] = [_dressed(cell, name, text) for cell, text in zip(cells, said, strict=True)]
        if link and column in link:
            texts[column] = _linked([row[link[column]] for row in rows], texts[column])
        for line, text in zip(plain, said, strict=True):
            line.append(text)
    kinds = ["n" if is_number(form) else _WIDTHS[_width_of(texts[column])] for column, (_, form) in columns.items()]
    heads = "".join(
        f'<th scope="col"{_class(_head_class(header, form))}>{escape(header)}</th>' for header, form in columns.values()
    )
    size = "ev-wide" if len(columns) > 7 else "ev-slim" if len(columns) < 5 else ""
    many = "ev-many" if len(rows) > MANY and not group else ""
    own = " ".join(filter(None, (size, many, *(f"{kind}{place}" for place, kind in enumerate(kinds, start=1)))))
    parts = [f"<table{_class(own)}><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>"]
    groups: dict[str, str] = {}
    marked = [position for position, row in enumerate(rows) if emphasis and bool(row[emphasis])]
    previous: object = None
    for position, row in enumerate(rows):
        if group and (position == 0 or row[group] != previous):
            previous = row[group]
            start = "</tbody><tbody>" if position else ""
            groups[str(position)] = str(previous)
            title = escape(str(previous))
            parts.append(f'{start}<tr class="ev-group"><th scope="rowgroup" colspan="{len(columns)}">{title}</th></tr>')
        if many and position and position % CHUNK == 0:
            parts.append("</tbody><tbody>")
        parts.append('<tr class="ev-emphasis">' if emphasis and bool(row[emphasis]) else "<tr>")
        for column, inside in texts.items():
            tag, scope = ("th", ' scope="row"') if column == row_header else ("td", "")
            parts.append(f"<{tag}{scope}>{inside[position]}</{tag}>")
        parts.append("</tr>")
    parts.append("</tbody></table>")
    shown = {
        "head": [header for header, _ in columns.values()],
        "numeric": [is_number(form) for _, form in columns.values()],
        "rows": plain,
        "groups": groups,
        "emphasis": marked,
    }
    return "".join(parts), shown


_WIDTHS = ("s", "t", "l")
MANY, CHUNK = 200, 20
"""Rows of a table above which it stands in pieces of `CHUNK` rows, of which a browser lays out those on the screen."""

_MOST = 20  # columns of a table that have a style


def column_css() -> str:
    """Return the style of columns: a table's classes say of each what it holds, so that its cells need not.

    `n2` says that the second column holds numbers, `s2` short texts, which are not to be broken, `t2` texts that need
    some room, and `l2` sentences.
    """
    styles = {
        "n": "text-align:right;white-space:var(--ev-numbers,nowrap)",
        "s": "white-space:var(--ev-words,nowrap)",
        "t": "min-width:var(--ev-text)",
        "l": "min-width:var(--ev-long)",
    }
    return "".join(
        ",".join(f".ev .{kind}{n}>tbody>*>:nth-child({n})" for n in range(1, _MOST + 1)) + f"{{{style}}}"
        for kind, style in styles.items()
    )


def _width_of(cells: list[str]) -> int:
    """Return 0 for a column of short texts, which are not to be broken, up to 2 for one of sentences."""
    longest = max((text_width(re.sub(r"<[^>]+>", "", cell)) for cell in cells), default=0)
    return (longest > 16) + (longest > 40)


def _head_class(header: str, form: str) -> str:
    if is_number(form):
        return "ev-num"
    return "ev-short" if text_width(header) <= 12 else ""


def _cell(row: dict[Any, Any], column: str, lang: str, digits: int | None) -> Cell:
    per, kind = row.get("per"), row.get("kind")
    return Cell(
        row[column],
        lang,
        100 if is_missing(per) else int(str(per)),
        "proportion" if is_missing(kind) else str(kind),
        digits,
    )


def _linked(areas: list[Any], insides: list[str]) -> list[str]:
    return [
        inside if is_missing(area) else area_link(str(area), inside)
        for area, inside in zip(areas, insides, strict=True)
    ]


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def area_link(area: str, inside: str) -> str:
    """Return a link to the report of an area; the page that it ends up in decides whether there is one."""
    return f'<a data-area="{escape(area)}" href="{escape(area)}/index.html">{inside}</a>'
