"""All tables of a page in one workbook: a sheet a table, numbers to reckon with that look as they do on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from evaltools.html_tables import Cell, cell_text, is_number, parse_format
from evaltools.page_parts import Part, Table, captioned
from evaltools.template_cells import Style, print_set_up, put, save, sheet_names
from evaltools.word_report import facts
from evaltools.wording import MISSING, text_width, topic, word

if TYPE_CHECKING:
    from evaltools.site import PageContext

MOST_DIGITS = 15
"""Digits that a spreadsheet keeps; a longer number is kept as a text."""

SIGNIFICANT = 12
"""Digits of a number with decimals; what comes after them is arithmetic's own."""

WIDEST = 60
"""Width of a column in characters at most; longer texts are wrapped."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CODES = ("area", "unit", "indicator", "item", "line", "section", "period", "definition", "rule", "code", "subject")
_SIGNED = ("change", "change_pp", "change_percent")
_HEAD_ROW = 3


def page_workbook(parts: Iterable[Part], about: PageContext) -> bytes | None:
    """Return the tables of a page as an .xlsx; None for a page without any.

    Internally every column of the published files is there, those that the page does not show at the right; for the
    public only what it shows. Codes and texts are texts, whatever they begin with. The same page gives the same bytes.
    """
    tables = [part for part in parts if isinstance(part, Table)]
    if not tables:
        return None
    lang = about.lang
    book = Workbook()
    contents = book.active
    assert isinstance(contents, Worksheet)
    contents.title, *names = sheet_names([word("documents.sheet_index", lang), *(table.caption for table in tables)])
    for table, name in zip(tables, names, strict=True):
        _sheet(book.create_sheet(name), table, about, contents.title)
    _contents(contents, tables, names, about)
    book.properties.creator, book.properties.title = "evaltools", about.title
    return save(book)


def _contents(sheet: Worksheet, tables: list[Table], names: list[str], about: PageContext) -> None:
    lang = about.lang
    title, plain = Style(lang, size=14, bold=True, frame=False, wrap=False), Style(lang, frame=False, wrap=False)
    muted, head = Style(lang, frame=False, wrap=False, ink="muted"), Style(lang, bold=True, fill="head")
    put(sheet, 1, 1, about.title, title)
    row = 2
    notes = ["index_note", "index_shown" if about.audience == "public" else "index_more"]
    source = word("documents.fact", lang, term=word("page.source", lang), text=about.source) if about.source else ""
    for text in (about.notice, *facts(about), source, *(word(f"documents.{note}", lang) for note in notes)):
        if text:
            put(sheet, row, 1, text, muted)
            row += 1
    row += 1
    for column, name in enumerate(("index_table", "index_rows"), start=1):
        put(sheet, row, column, word(f"documents.{name}", lang), head)
    for table, name in zip(tables, names, strict=True):
        row += 1
        cell = put(sheet, row, 1, captioned(table, lang), plain)
        _link(sheet, cell.coordinate, name)
        cell.font = Font(name=plain.font.name, size=10, color="FF17607A", underline="single")
        put(sheet, row, 2, len(table.frame), plain)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = WIDEST, 10
    print_set_up(sheet, lang, landscape=False)


def _sheet(sheet: Worksheet, table: Table, about: PageContext, contents: str) -> None:
    lang, frame = about.lang, table.frame
    put(sheet, 1, 1, captioned(table, lang), Style(lang, size=12, bold=True, frame=False, wrap=False))
    back = put(sheet, 2, 1, word("documents.index_back", lang), Style(lang, frame=False, wrap=False, ink="accent"))
    _link(sheet, back.coordinate, contents)
    shown = [
        (name, header, form, number) for (name, header, form), number in zip(table.columns, table.numeric, strict=True)
    ]
    named = {name for name, *_ in shown}
    others = [] if about.audience == "public" else [str(name) for name in frame.columns if name not in named]
    group = _groups(table, len(frame)) if table.groups else []
    offset = 1 if group else 0
    if group:
        _column(sheet, 1, word("documents.group", lang), group, [""] * len(group), lang)
    for position, (name, header, form, _) in enumerate(shown):
        texts = [row[position] for row in table.rows]
        values, formats = _values(table, name, form, texts, lang)
        _column(sheet, position + 1 + offset, header, values, formats, lang)
    for position, name in enumerate(others, start=len(shown) + 1 + offset):
        texts = frame[name].tolist()
        header = word(f"columns.{name}", lang) if _has_word(name) else name
        numbers = name not in _CODES and any(texts) and all(_is_number(text) for text in texts if text)
        cells: list[str | float] = [(_decimal(float(text)) if text else MISSING) if numbers else text for text in texts]
        _column(sheet, position, header, cells, ["General" if numbers else ""] * len(cells), lang, own=True)
    sheet.freeze_panes = sheet.cell(_HEAD_ROW + 1, 2 + offset).coordinate
    last = get_column_letter(max(sheet.max_column, 1))
    sheet.auto_filter.ref = f"A{_HEAD_ROW}:{last}{max(sheet.max_row, _HEAD_ROW)}"
    sheet.print_area = f"A1:{get_column_letter(len(shown) + offset)}{sheet.max_row}"  # as the page shows it
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    print_set_up(sheet, lang, landscape=len(shown) > 6)


def _column(
    sheet: Worksheet,
    column: int,
    header: str,
    values: list[str | float],
    formats: list[str],
    lang: str,
    own: bool = False,
) -> None:
    """Write a column: formats are those of the numbers, "" for texts; own: one that the page does not show."""
    numbers = any(formats)
    head = Style(lang, bold=not own, fill="last" if own else "head", ink="muted" if own else "ink", down="bottom",
                 across="right" if numbers else "left")  # fmt: skip
    put(sheet, _HEAD_ROW, column, header, head)
    styles: dict[str, Style] = {}
    for row, (value, form) in enumerate(zip(values, formats, strict=True), start=_HEAD_ROW + 1):
        if form not in styles:
            styles[form] = Style(lang, across="right" if numbers else "left", number=form, wrap=not numbers, down="top")
        put(sheet, row, column, value, styles[form])
    widths = [text_width(str(value)) if isinstance(value, str) else 12 for value in values]
    natural = max([-(-text_width(header) // (2 if numbers else 1)), *widths], default=8)
    sheet.column_dimensions[get_column_letter(column)].width = min(max(natural + 2, 8), WIDEST)


def _values(table: Table, name: str, form: str, texts: list[str], lang: str) -> tuple[list[str | float], list[str]]:
    """Return the values of a shown column and their number formats; rows that the page leaves out are there too."""
    frame = table.frame
    raw = frame[name].tolist()
    kind, digits = parse_format(form)
    pers = [int(float(per)) if per else 100 for per in frame["per"]] if "per" in frame else [100] * len(raw)
    kinds = [text or "proportion" for text in frame["kind"]] if "kind" in frame else ["proportion"] * len(raw)
    values: list[str | float] = []
    formats = []
    for row, (text, per, sort) in enumerate(zip(raw, pers, kinds, strict=True)):
        number = float(text) if is_number(form) and text else None
        if number is not None:
            values.append(_decimal(number) if abs(number) < 10**MOST_DIGITS else text)
            formats.append(_format(kind, Cell(number, lang, per, sort, digits)))
            continue
        cell = Cell(text if text or not is_number(form) else None, lang, per, sort, digits)
        values.append(texts[row] if row < len(texts) else cell_text(cell, kind))
        formats.append("@" if is_number(form) else "")
    return values, formats


def _format(kind: str, cell: Cell) -> str:
    """Return the number format by which a spreadsheet shows what the page shows: same decimals, same measure."""
    shown = cell_text(cell, kind)
    match = re.search(r"\d[\d,]*(?:\.(\d+))?", shown)
    if match is None or kind == "p_value":
        return "0.000"
    decimals = len(match[1] or "")
    before, after = shown[: match.start()].lstrip("+-"), shown[match.end() :]
    plain = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    whole = "".join((_quoted(before), plain, _quoted(after)))
    return f"+{whole};-{whole};{whole}" if kind in _SIGNED else whole


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""


def _groups(table: Table, length: int) -> list[str | float]:
    """Return the title of the group that each row stands in."""
    found: list[str | float] = []
    title = ""
    for row in range(length):
        title = table.groups.get(row, title)
        found.append(title)
    return found


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and sum(char.isdigit() for char in text.split("e")[0]) <= 17


def _decimal(number: float) -> float:
    """Return the decimal that a float stands for, as `wording.rounded` takes it: -2.145, not -2.1449999999999996.

    A spreadsheet then rounds what it shows as the page does.
    """
    return number if number.is_integer() else float(f"{number:.{SIGNIFICANT}g}")


def _has_word(name: str) -> bool:
    words = topic("columns")
    return name in words and "{" not in words[name]["zh"]


def _link(sheet: Worksheet, cell: str, name: str) -> None:
    quoted = name.replace("'", "''")
    sheet[cell].hyperlink = Hyperlink(ref=cell, location=f"'{quoted}'!A1", display=None)
