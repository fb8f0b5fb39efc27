"""Reading one file of a table: CSV in whatever encoding it safely has, or Parquet.

Everything is read as text first, so that codes keep their zeros and every bad cell can be named by file, row and
column. Row 1 is the header, as a spreadsheet counts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from evaltools.problems import ProblemList, nearest
from evaltools.table_checks import check_column
from evaltools.tables import NUMBER, TABLES, Table, empty

SUFFIXES = (".csv", ".parquet")
"""How the name of a table's file ends."""

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".et", ".ods")

# What a Chinese return may hold beyond ASCII: hanzi, CJK and full-width punctuation, and a few shared signs.
_CHINESE = re.compile(
    r"[\x00-\x7f\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef·—…‘’“”‰×÷±℃①-⑳Ⅰ-Ⅻ㎡−\U00020000-\U000323af]*"
)


_WORKBOOK_BYTES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_END = "\0"
"""Stands in a row of its own after the last one; no text that is read holds it."""


def locate(folder: Path, name: str, label: str, problems: ProblemList) -> Path | None:
    """Return the file of a table or of an area in a folder; what stands in its place is noted. `label` ends in `/`."""
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").exists() or path.is_symlink()]
    for path in found:
        if not path.is_file():
            problems.say("not_a_file", where=f"{label}{path.name}", found=path.name)
            return None
    if len(found) > 1:
        problems.say("two_files", where=f"{label}{found[0].name}", found=found[0].name, other=found[1].name)
    if not found and (books := [path for end in WORKBOOKS if (path := folder / f"{name}{end}").is_file()]):
        problems.say("workbook", where=f"{label}{books[0].name}", found=books[0].name, allowed=f"{name}.csv")
    return found[0] if found else None


def note_unread(folder: Path, names: Iterable[str], label: str, problems: ProblemList) -> None:
    """Note every file of a folder that looks like a table and is none of `names`."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (*SUFFIXES, *WORKBOOKS) and not path.name.startswith((".", "~", "_")):
            known = path.stem in names and path.suffix in (*SUFFIXES, *WORKBOOKS)
            if path.is_file() and not known:
                near = nearest(path.stem, names) or "—"
                problems.say("unread_file", where=f"{label}{path.name}", level="warning", found=path.name, near=near)


def read(path: Path, table: str, label: str, problems: ProblemList, encoding: str = "") -> pd.DataFrame:
    """Read one file of a table; what is wrong goes to `problems`, named `label` row R column C.

    Returns the table's columns in order (absent optional ones blank), numbers as float64 with NaN for blank,
    everything else as text, indexed by the row number in the file. Cells in error come back blank. `encoding` is
    what the dataset states; "" tries UTF-8, then GB18030 where that is safe.
    """
    spec = TABLES[table]
    try:
        raw = _parquet(path) if path.suffix == ".parquet" else _csv(path, spec, label, problems, encoding)
    except OSError as error:
        problems.say("cannot_open", where=label, evidence=error.strerror or error)
        return empty(table)
    except pa.ArrowException as error:
        problems.say("unreadable", where=label, evidence=str(error).partition("\n")[0])
        return empty(table)
    if raw is None:
        return empty(table)
    for column in raw.columns[raw.columns.duplicated()].unique().difference([""]):
        problems.say("duplicate_column", where=f"{label} row 1", column=column)
    for at in range(raw.shape[1]):
        filled = raw.index[raw.iloc[:, at].str.strip() != ""]
        if raw.columns[at] == "" and len(filled):
            problems.say("unnamed_column", where=f"{label} row {filled[0]}", found=raw.iloc[:, at][filled[0]])
    raw = raw.loc[:, ~raw.columns.duplicated() & (raw.columns != "")]
    absent = [name for name, column in spec.columns.items() if (column.required or column.header) and name not in raw]
    for name in absent:
        problems.say(
            "missing_column",
            where=f"{label} row 1",
            column=name,
            found=", ".join(raw.columns),
            near=nearest(name, set(raw.columns) - set(spec.columns)) or "—",
        )
    for name in raw.columns.difference(list(spec.columns)):
        problems.say(
            "unknown_column",
            where=f"{label} row 1 column {name}",
            level="warning",
            column=name,
            allowed=", ".join(spec.columns),
        )
    result = {
        name: check_column(raw[name].str.strip(), column, f"{label}", problems)
        if name in raw
        else pd.Series(float("nan") if column.content == NUMBER else "", index=raw.index)
        for name, column in spec.columns.items()
    }
    if absent:
        return empty(table)
    frame = pd.DataFrame(result, index=raw.index)
    text_columns = [name for name, column in spec.columns.items() if column.content != NUMBER]
    return frame.astype(dict.fromkeys(text_columns, "str"))


def _parquet(path: Path) -> pd.DataFrame:
    table = pa_parquet.ParquetFile(path).read()
    columns = []
    for column in table.columns:
        if pa.types.is_floating(column.type):
            columns.append(pd.Series(["" if x is None or x != x else format(x, ".15g") for x in column.to_pylist()]))
        else:
            columns.append(column.cast(pa.string()).to_pandas().fillna(""))
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame = frame.astype("str").set_axis([str(name).strip() for name in table.column_names], axis=1)
    frame.index += 2
    return frame


def _csv(path: Path, spec: Table, label: str, problems: ProblemList, encoding: str) -> pd.DataFrame | None:
    text = _decode(path.read_bytes(), spec, label, problems, encoding)
    if text is None:
        return None
    if not text.strip():
        problems.say("empty_file", where=label)
        return None
    if not text.endswith(("\n", "\r")):
        rows = len(text.splitlines())
        problems.say("no_line_end", where=f"{label} row {rows}", level="note")
    names = _header(text)
    if not set(names).intersection(spec.columns):
        separated = len(names) == 1 and re.split("[;\t，；|]", names[0])
        key = "wrong_separator" if separated and set(separated).intersection(spec.columns) else "no_header"
        problems.say(key, where=f"{label} row 1", found=", ".join(names), allowed=", ".join(spec.columns))
        return None
    skipped: dict[int, tuple[int, str]] = {}

    def ragged(row: pa_csv.InvalidRow) -> str:
        skipped[row.number] = row.actual_columns, row.text
        return "skip"

    data = f"{text}\n{_END}{',' * (len(names) - 1)}\n".encode()
    columns = [str(at) for at in range(len(names))]
    table = pa_csv.read_csv(
        pa.BufferReader(data),
        # one block: rows are counted from the first, and a cell may be long and hold line ends
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=columns),
        parse_options=pa_csv.ParseOptions(
            invalid_row_handler=ragged, ignore_empty_lines=False, newlines_in_values=True
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    frame: pd.DataFrame = table.to_pandas().fillna("").astype("str")
    frame.index = pd.RangeIndex(1, 1 + len(frame) + len(skipped)).difference(list(skipped))[: len(frame)]
    for number, (found, line) in skipped.items():
        if _END not in line and line.strip(" ,\t\r\n"):
            where = f"{label} row {number}"
            problems.say("ragged_row", where=where, expected=len(names), found=found, text=line[:60])
    last = max(frame.index[-1], *skipped) if skipped else frame.index[-1]
    if last in skipped or frame.loc[last, "0"] != _END:
        problems.say("open_quote", where=f"{label} row {last}")
    frame = frame.drop(index=[row for row in (1, last) if row in frame.index]).set_axis(names, axis=1)
    return frame[(frame != "").any(axis=1)]


def _header(text: str) -> list[str]:
    """Return the names in the first row; [""] where it cannot be told."""
    try:
        cells = next(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return [""]
    return [cell.replace("\ufeff", "").strip() for cell in cells] or [""]


def _common_hanzi(text: str) -> bool:
    """Whether most characters beyond ASCII are in everyday use (GB2312).

    Western text read as GB18030 gives hanzi too (ü and the letter after it), but rare ones.
    """
    beyond = [character for character in text if ord(character) > 127]
    common = sum(bool(character.encode("gb2312", "ignore")) for character in beyond)
    return 2 * common > len(beyond)


def _decode(data: bytes, spec: Table, label: str, problems: ProblemList, encoding: str) -> str | None:
    """Return the file's text: as stated, else UTF-8, else GB18030 if header and every character say so."""
    if data.startswith(_WORKBOOK_BYTES):
        problems.say("workbook", where=label, found=label, allowed=Path(label).with_suffix(".csv").name)
        return None
    text = _decoded(data, spec, label, problems, encoding)
    if text is not None and "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        problems.say("nul_character", where=f"{label} row {row}")
        return None
    return text


def _decoded(data: bytes, spec: Table, label: str, problems: ProblemList, encoding: str) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        failed = error
    else:
        # what is UTF-8 beyond ASCII is hardly ever anything else, whatever was stated
        if not encoding or (len(text) < len(data) and "\0" not in text):
            return text
    if encoding:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            problems.say("wrong_encoding", where=f"{label} row {_row(data, error)}", found=encoding)
            return None
    where = f"{label} row {_row(data, failed)}"
    if failed.end == len(data) and failed.reason == "unexpected end of data":
        problems.say("cut_off", where=where)
        return None
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    required = {name for name, column in spec.columns.items() if column.required}
    if text and required <= set(_header(text)) and _CHINESE.fullmatch(text) and _common_hanzi(text):
        return text
    problems.say("unknown_encoding", where=where)
    return None


def _row(data: bytes, error: UnicodeDecodeError) -> int:
    return data.count(b"\n", 0, error.start) + 1
