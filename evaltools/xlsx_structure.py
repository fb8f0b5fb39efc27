"""What a library that reads values does not tell of an .xlsx: hidden rows, formats, errors, formulas without result.

One pass over the bytes of each part (ECMA-376, SpreadsheetML), with no tree in memory: a return of a county takes
milliseconds, and a sheet made to fill the memory is counted before anything else opens it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS

from evaltools.sheet_model import At, Range, Unreadable, check_span

_CHINESE_DATES = dict.fromkeys((27, 57), 'yyyy"年"m"月"') | {
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    55: '上午/下午h"时"mm"分"',
    56: '上午/下午h"时"mm"分"ss"秒"',
    58: 'm"月"d"日"',
}
"""Formats that a Chinese Excel has under numbers which other languages leave free (ECMA-376, 18.8.30, zh-CN)."""

FORMATS: dict[int, str] = BUILTIN_FORMATS | _CHINESE_DATES

_MOST_TEXT = 50_000_000
_MOST_MERGED = 100_000
_EMPTY_CELL = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: [^<>]*)?(?:/>|></c>)')
_EMPTY_ROW = re.compile(rb'<row r="[0-9]{1,7}"(?: [^<>]*)?(?:/>|>\s*</row>)')

Start = Callable[[str, dict[str, str]], None]
Texts = Callable[[str], None]

_TRUE = ("1", "true", "on")


@dataclass
class Structure:
    """What the pass over one sheet found. Columns are ranges, because they may reach to the last one there can be."""

    formats: dict[At, str] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    errors: dict[At, str] = field(default_factory=dict)
    uncached: set[At] = field(default_factory=set)
    commands: dict[At, str] = field(default_factory=dict)
    computed: set[At] = field(default_factory=set)


@dataclass(frozen=True)
class Part:
    """A sheet of a workbook: its name, where it is, and how hidden (0, 1, 2)."""

    name: str
    path: str
    visibility: int


def without_empty_cells(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Leave out cells that hold nothing but a format, and rows of them: a million make a file that holds nothing."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = data.rfind(b"<row ")
        cut = cut if cut > 0 else data.rfind(b"<c ")
        rest, data = (data[cut:], data[:cut]) if cut > 0 else (b"", data)
        yield _shrunk(data)
    yield _shrunk(rest)


def _shrunk(data: bytes) -> bytes:
    return data if b"<![CDATA[" in data else _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", data))


def position(text: str) -> At:
    """Return row and column of a cell's name; raises Unreadable."""
    letters = text.rstrip("0123456789")
    digits = text[len(letters) :]
    if len(digits) > 7 or not 0 < int(digits or 0) <= 1_048_576:
        raise Unreadable("damaged", reason=text[:20])
    return int(digits) - 1, _column(letters)


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    if re.fullmatch("[A-Z]{1,3}", letters) is None:
        raise Unreadable("damaged", reason=letters[:20])
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def sheet_parts(workbook: bytes, relations: bytes) -> list[Part]:
    """Return the sheets that a workbook lists, in order."""
    paths: dict[str, str] = {}
    parts: list[Part] = []

    def relation(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            target = given.get("Target", "").replace("\\", "/")
            paths[given.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            identifier = next((text for key, text in given.items() if key.endswith(":id")), "")
            state = {"hidden": 1, "veryHidden": 2}.get(given.get("state", ""), 0)
            parts.append(Part(given.get("name", ""), _plain(paths.get(identifier, "")), state))

    parse(relations, relation)
    parse(workbook, sheet)
    return parts


def number_formats(styles: bytes) -> list[str]:
    """Return the number format of each style of a workbook, "" for General."""
    own: dict[int, str] = {}
    used: list[int] = []
    inside = False

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt":
            own[integer(given.get("numFmtId"))] = given.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            used.append(integer(given.get("numFmtId")))

    parse(styles, start)
    formats = FORMATS | own
    return ["" if formats.get(number, "") == "General" else formats.get(number, "") for number in used]


def text_lengths(strings: bytes) -> list[int]:
    """Return the bytes, at most, of each text that the cells of a workbook share."""
    return [len(text) for text in re.split(rb"<(?:\w+:)?si[\s>/]", strings)[1:]]


def sheet_structure(data: bytes, sheet: str, formats: list[str], lengths: list[int]) -> Structure:
    """Return what one sheet hides; raises Unreadable if it spans or holds more than can be read.

    formats, lengths: of `number_formats` and `text_lengths`.
    """
    seen = _SheetPass(sheet, formats, lengths)
    parse(data, seen.start, seen.characters)
    seen.end_of_cell()
    check_span(seen.last_row, seen.last_column, sheet)
    return seen.found


class _SheetPass:
    """The handlers of the pass over a sheet, and where it is."""

    def __init__(self, sheet: str, formats: list[str], lengths: list[int]) -> None:
        self.sheet = sheet
        self.found = Structure()
        self.lengths = lengths
        self.formats = {str(style): text for style, text in enumerate(formats) if text}
        self.last_row = self.last_column = 0
        self.text_left = _MOST_TEXT
        self.row, self.at = -1, (0, -1)
        self.kind = self.style = self.inside = ""
        self.filled = self.formula = False
        self.texts: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self.end_of_cell()
            self.at = position(given["r"]) if "r" in given else (max(self.row, 0), self.at[1] + 1)
            self.kind, self.style, self.inside = given.get("t", ""), given.get("s", ""), ""
        elif name == "v":
            # The text is looked at only where something depends on it; everywhere else the element will do.
            if self.formula or self.kind in ("e", "s"):
                self.inside = name
            else:
                self.filled = True
        elif name == "f":
            self.formula, self.inside = True, name
        elif name == "is":
            self.filled = True
        elif name == "row":
            self.end_of_cell()
            check_span(self.last_row, self.last_column, self.sheet)
            self.row = integer(given.get("r"), self.row + 2) - 1
            self.at = (self.row, -1)
            if given.get("hidden") in _TRUE or given.get("ht") == "0":
                self.found.hidden_rows.add(self.row)
        else:
            self.inside = ""
            self.other(name, given)

    def other(self, name: str, given: dict[str, str]) -> None:
        """Take what is said of a whole sheet, before its cells or behind them."""
        if name == "col" and (given.get("hidden") in _TRUE or given.get("width") == "0"):
            self.found.hidden_columns.append((integer(given.get("min")) - 1, integer(given.get("max")) - 1))
        elif name == "mergeCell":
            first, _, last = given.get("ref", "").partition(":")
            self.found.merged.append((*position(first), *position(last or first)))
            if len(self.found.merged) > _MOST_MERGED:
                raise Unreadable("damaged", reason="mergeCells")

    def characters(self, text: str) -> None:
        # The ends of elements are not asked for: they would cost as much again, and only blanks stand behind them.
        if self.inside == "v" and not text.isspace():
            self.filled = True
            self.texts.append(text)
        elif self.inside == "f" and "|" in re.sub(r'"[^"]*"', "", text):
            self.found.commands[self.at] = text

    def end_of_cell(self) -> None:
        if not (self.filled or self.formula):
            return
        found, at = self.found, self.at
        if at[0] > self.last_row:
            self.last_row = at[0]
        if at[1] > self.last_column:
            self.last_column = at[1]
        if self.formula:
            # A formula whose result is the empty text says so by its kind.
            if self.filled or self.kind == "str":
                found.computed.add(at)
            else:
                found.uncached.add(at)
        if self.texts:
            text = "".join(self.texts)
            if self.kind == "e":
                found.errors[at] = text
            elif self.kind == "s" and (number := integer(text, -1)) in range(len(self.lengths)):
                self.text_left -= self.lengths[number]
                if self.text_left < 0:
                    raise Unreadable("too_large", allowed=f"{_MOST_TEXT // 1_000_000} MB")
            self.texts.clear()
        if self.style in self.formats:
            found.formats[at] = self.formats[self.style]
        self.filled = self.formula = False


def parse(data: bytes, start: Start, characters: Texts | None = None, end: Texts | None = None) -> None:
    """Run handlers over the elements of a part, named without prefix; raises Unreadable for what is not XML."""
    if not data:
        return
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Unreadable("entities")

    def local_start(name: str, given: dict[str, str]) -> None:
        start(name.rpartition(":")[2], given)

    def local_end(name: str) -> None:
        if end is not None:
            end(name.rpartition(":")[2])

    # Most writers give no prefix to what is asked for here; taking it off costs as much as the rest of the pass.
    prefixed = re.search(rb"<\w+:\w", data[:4096]) is not None
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = local_start if prefixed else start
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = local_end if prefixed else end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable("damaged", reason=str(error)) from None


def integer(text: str | None, otherwise: int = 0) -> int:
    """Return the whole number a text is, `otherwise` where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def _plain(path: str) -> str:
    """Return a path in an archive without `..`."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
