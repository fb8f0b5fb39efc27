"""Reading one file of a table: CSV in whatever encoding it safely has, or Parquet.

Everything is read as text first, so that codes keep their zeros and every bad cell can be named by file, row and
column. Row 1 is the header, as a spreadsheet counts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from evaltools.problems import ProblemList, nearest
from evaltools.tables import NUMBER, TABLES, check_column, empty

# What a Chinese return may hold beyond ASCII: hanzi, CJK and full-width punctuation, and a few shared signs.
_CHINESE = re.compile(
    r"[\x00-\x7f\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef·—…‘’“”‰×÷±℃①-⑳Ⅰ-Ⅻ㎡−\U00020000-\U000323af]*"
)


def read(path: Path, table: str, label: str, problems: ProblemList, encoding: str = "") -> pd.DataFrame:
    """Read one file of a table; what is wrong goes to `problems`, named `label` row R column C.

    Returns the table's columns in order (absent optional ones blank), numbers as float64 with NaN for blank,
    everything else as text, indexed by the row number in the file. Cells in error come back blank. `encoding` is
    what the dataset states; "" tries UTF-8, then GB18030 where that is safe.
    """
    spec = TABLES[table]
    raw = _parquet(path) if path.suffix == ".parquet" else _csv(path, table, label, problems, encoding)
    if raw is None:
        return empty(table)
    raw.columns = raw.columns.str.strip()
    for column in raw.columns[raw.columns.duplicated()].unique():
        problems.say("duplicate_column", where=f"{label} row 1", column=column)
    raw = raw.loc[:, ~raw.columns.duplicated()]
    absent = [name for name, column in spec.columns.items() if column.required and name not in raw]
    for name in absent:
        problems.say(
            "missing_column",
            where=f"{label} row 1",
            column=name,
            found=", ".join(raw.columns),
            near=nearest(name, set(raw.columns) - set(spec.columns)) or "—",
        )
    for name in raw.columns.difference(list(spec.columns)):
        if name:
            problems.say(
                "unknown_column",
                where=f"{label} row 1 column {name}",
                level="warning",
                column=name,
                allowed=", ".join(spec.columns),
            )
    if absent:
        return empty(table)
    result = {
        name: check_column(raw[name].str.strip(), column, f"{label}", problems)
        if name in raw
        else pd.Series(float("nan") if column.content == NUMBER else "", index=raw.index)
        for name, column in spec.columns.items()
    }
    frame = pd.DataFrame(result, index=raw.index)
    text_columns = [name for name, column in spec.columns.items() if column.content != NUMBER]
    return frame.astype(dict.fromkeys(text_columns, "str"))


def _parquet(path: Path) -> pd.DataFrame:
    table = pa_parquet.read_table(path)
    text = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    frame: pd.DataFrame = text.to_pandas().fillna("").astype("str")
    frame.index += 2
    return frame


def _csv(path: Path, table: str, label: str, problems: ProblemList, encoding: str) -> pd.DataFrame | None:
    text = _decode(path, table, label, problems, encoding)
    if text is None:
        return None
    if not text.strip():
        problems.say("empty_file", where=label)
        return None
    skipped: list[int] = []

    def ragged(row: pa_csv.InvalidRow) -> str:
        skipped.append(row.number)
        if row.text.strip(" ,\t\r\n"):
            problems.say(
                "ragged_row",
                where=f"{label} row {row.number}",
                expected=row.expected_columns,
                found=row.actual_columns,
                text=row.text[:60],
            )
        return "skip"

    try:
        names = _header(text)
        read_table = pa_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=ragged, ignore_empty_lines=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        problems.say("unreadable", where=label, found=str(error).splitlines()[0])
        return None
    frame: pd.DataFrame = read_table.to_pandas().fillna("").astype("str")
    kept = pd.RangeIndex(2, 2 + len(frame) + len(skipped)).difference(skipped)
    frame.index = kept[: len(frame)]
    return frame[(frame != "").any(axis=1)]


def _header(text: str) -> list[str]:
    first = pa_csv.read_csv(
        pa.BufferReader((text.split("\n", 1)[0] + "\n").encode()),
        read_options=pa_csv.ReadOptions(autogenerate_column_names=True),
        convert_options=pa_csv.ConvertOptions(strings_can_be_null=False),
    )
    return [str(cell) for cell in first.to_pylist()[0].values()]


def _common_hanzi(text: str) -> bool:
    """Whether most characters beyond ASCII are in everyday use (GB2312).

    Western text read as GB18030 gives hanzi too (ü and the letter after it), but rare ones.
    """
    beyond = [character for character in text if ord(character) > 127]
    common = sum(bool(character.encode("gb2312", "ignore")) for character in beyond)
    return 2 * common > len(beyond)


def _decode(path: Path, table: str, label: str, problems: ProblemList, encoding: str) -> str | None:
    """Return the file's text: as stated, else UTF-8, else GB18030 if header and every character say so."""
    data = path.read_bytes()
    if encoding:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            problems.say("wrong_encoding", where=label, found=encoding)
            return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    header = {cell.strip().strip('"') for cell in text.split("\n", 1)[0].split(",")}
    required = {name for name, column in TABLES[table].columns.items() if column.required}
    if text and required <= header and _CHINESE.fullmatch(text) and _common_hanzi(text):
        return text
    problems.say("unknown_encoding", where=label)
    return None
