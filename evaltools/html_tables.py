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
    "not_met": "✗",
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


def cell_html(cell: Cell, name: str) -> str:
    """Return the inside of a table cell, escaped."""
    if is_missing(cell.x):
        return MISSING
    if cell.x == "" and name not in _NUMBERS:
        return ""
    if name == "status":
        if cell.x not in STATUS_SIGNS:
            raise ValueError(f"unknown status {cell.x!r}; there are: {', '.join(STATUS_SIGNS)}")
        sign = f'<span aria-hidden="true">{STATUS_SIGNS[cell.x]}</span>'
        return f'<span class="ev-{cell.x}">{sign} {escape(word(f"terms.status_{cell.x}", cell.lang))}</span>'
    if name == "marker":
        sign, colour = MARKERS[cell.x]
        text = word(f"terms.marker_{cell.x.lower().replace(' ', '_')}", cell.lang)
        return f'<span class="ev-{colour}"><span aria-hidden="true">{sign}</span> {escape(text)}</span>'
    if name == "sparkline":
        return sparkline(cell.x, _spark_label(cell))
    text = (_NUMBERS.get(name) or _TEXTS[name])(cell)
    return escape(text).replace("\n", "<br>")


def _spark_label(cell: Cell) -> str:
    """Say where a sparkline begins and ends."""
    years, values = parse(cell.x)
    known = [(year, x) for year, x in zip(years, values, strict=True) if not is_missing(x)]
    if not known:
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


def table_html(
    frame: pd.DataFrame,
    columns: Mapping[str, tuple[str, str]],
    lang: str,
    *,
    caption: str,
    group: str = "",
    row_header: str = "",
    link: Mapping[str, str] | None = None,
    emphasis: str = "",
) -> str:
    """Return a <table>.

    `columns` maps a column to (header, format). `row_header` (default: the first column) names the rows, `group` is
    a column whose runs of equal values get a heading row, `link` maps a column to the one that holds the code of the
    area its text leads to, `emphasis` is a yes/no column that marks rows.
    """
    row_header = row_header or next(iter(columns))
    rows = frame.to_dict("records")
    texts = {column: [_inside(row, column, form, lang, link) for row in rows] for column, (_, form) in columns.items()}
    classes = {
        column: _class("ev-num" if is_number(form) else _WIDTHS[_width_of(texts[column])])
        for column, (_, form) in columns.items()
    }
    heads = "".join(
        f'<th scope="col"{_class(_head_class(header, form))}>{escape(header)}</th>' for header, form in columns.values()
    )
    size = _class("ev-wide" if len(columns) > 7 else "ev-slim" if len(columns) < 5 else "")
    parts = [f"<table{size}><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>"]
    previous: object = None
    for position, row in enumerate(rows):
        if group and (position == 0 or row[group] != previous):
            previous = row[group]
            start = "</tbody><tbody>" if position else ""
            title = escape(str(previous))
            parts.append(f'{start}<tr class="ev-group"><th scope="rowgroup" colspan="{len(columns)}">{title}</th></tr>')
        marked = bool(emphasis) and bool(row[emphasis])
        parts.append(f"<tr{_class('ev-emphasis' if marked else '')}>")
        for column, cells in texts.items():
            tag, scope = ("th", ' scope="row"') if column == row_header else ("td", "")
            parts.append(f"<{tag}{scope}{classes[column]}>{cells[position]}</{tag}>")
        parts.append("</tr>")
    parts.append("</tbody></table>")
    return "".join(parts)


_WIDTHS = ("ev-short", "ev-text", "ev-long")


def _width_of(cells: list[str]) -> int:
    """Return 0 for a column of short texts, which are not to be broken, up to 2 for one of sentences."""
    longest = max((text_width(re.sub(r"<[^>]+>", "", cell)) for cell in cells), default=0)
    return (longest > 16) + (longest > 40)


def _head_class(header: str, form: str) -> str:
    if is_number(form):
        return "ev-num"
    return "ev-short" if text_width(header) <= 12 else ""


def _inside(row: dict[Any, Any], column: str, form: str, lang: str, link: Mapping[str, str] | None) -> str:
    name, digits = parse_format(form)
    per, kind = row.get("per"), row.get("kind")
    cell = Cell(
        row[column],
        lang,
        100 if is_missing(per) else int(str(per)),
        "proportion" if is_missing(kind) else str(kind),
        digits,
    )
    inside = cell_html(cell, name)
    if link and column in link and not is_missing(row[link[column]]):
        return area_link(str(row[link[column]]), inside)
    return inside


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def area_link(area: str, inside: str) -> str:
    """Return a link to the report of an area; the page that it ends up in decides whether there is one."""
    return f'<a data-area="{escape(area)}" href="{escape(area)}/index.html">{inside}</a>'
