"""Facts from files in which nothing is wrong, read at once; the least doubt leaves them to the careful reader.

`dataset_reader` looks at every cell of a file so that each bad one can be named. Most files have none. Here every
distinct text is looked at once, for all files together; what comes out is the same frame, or None.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from evaltools import periods
from evaltools.problems import ProblemList
from evaltools.table_checks import check_column
from evaltools.tables import LARGEST, NUMBER, TABLES

_SPEC = TABLES["facts"]
_TEXTS = [name for name, column in _SPEC.columns.items() if column.content != NUMBER]
_NEEDED = {name for name, column in _SPEC.columns.items() if column.required or column.header}
_KEY = [name for name in _SPEC.key if name != "period"]
_ENCODED = pa.dictionary(pa.int32(), pa.string())
_READERS = 2
# blank at an end, what a spreadsheet would execute, or what cannot be seen: cells are looked at one by one then
_ODD = (
    r"^[\s\pZ=@]|[\s\pZ]$|[\x00-\x1f\x7f-\x9f\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}"
    r"\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffb}]"
)


@dataclass(frozen=True)
class Listed:
    """The codes that facts may use; `origins` is empty where the dataset does not list any."""

    areas: Collection[str]
    units: Collection[tuple[str, str]]
    items: Collection[str]
    origins: Collection[str]


def clean_facts(files: Sequence[tuple[str, str, Path]], listed: Listed, encoding: str) -> pd.DataFrame | None:
    """Return the facts of some files, or None if anything about them is to be said.

    files: (area, label, path); a file holds its area's facts and no other's, "" any area's. Columns and texts are
    those of `table_files.read` and what `dataset_reader` adds; the index runs over all.
    """
    if not files or encoding not in ("", "utf-8"):
        return None
    try:
        with ThreadPoolExecutor(_READERS) as pool:
            parts = list(pool.map(lambda file: _part(*file), files))
        if any(part is None for part in parts):
            return None
        table = pa.concat_tables([part for part in parts if part is not None]).unify_dictionaries().combine_chunks()
    except (OSError, pa.ArrowException, ValueError):
        return None
    return _frame(table) if _sound(table, listed) else None


def _part(area: str, label: str, path: Path) -> pa.Table | None:
    """Read one file: its texts encoded, its values as numbers, its sources completed; None if it is not plain."""
    table = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    if table is None or len(table) == 0:
        return None
    if area and pc.unique(table["area"]).to_pylist() != [area]:
        return None
    rows = pc.cast(pa.array(np.arange(2, len(table) + 2)), pa.string())
    cells = pc.binary_join_element_wise(label + " row", rows, " ")
    columns = {name: table[name] for name in table.column_names if name != "source"}
    for name in {"unit", "state", "origin"} - columns.keys():
        columns[name] = pa.array([""] * len(table), pa.string())
    if "source" in table.column_names:
        sources = table["source"].cast(pa.string()).combine_chunks()
        if pc.any(pc.match_substring_regex(sources, _ODD)).as_py():
            return None
        cells = pc.if_else(pc.equal(sources, ""), cells, sources)
    columns["source"] = cells
    encoded = {name: columns[name].cast(_ENCODED) for name in _TEXTS if name != "source"}
    return pa.table({**encoded, "source": columns["source"], "value": columns["value"]})


def _csv(path: Path) -> pa.Table | None:
    data = path.read_bytes()
    header, _, rest = data.partition(b"\n")
    # quotes, blanks and lone line ends are where a file may be more than it seems
    if b'"' in data or b"\0" in data or b"\n\n" in data or b"\r" in data or not rest.endswith(b"\n"):
        return None
    names = header.decode("ascii").split(",")
    if not _are_columns(names):
        return None
    table = pa_csv.read_csv(
        pa.BufferReader(data),
        read_options=pa_csv.ReadOptions(use_threads=False),
        parse_options=pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.string() if name in ("value", "source") else _ENCODED for name in names},
            strings_can_be_null=False,
        ),
    )
    values = _numbers(table["value"])
    return None if values is None else table.set_column(names.index("value"), "value", values)


def _numbers(texts: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return plain digits as numbers, blank as null; None if there is anything else."""
    blank = pc.equal(texts, "")
    plain = pc.match_substring_regex(texts, r"^[0-9]{1,15}(\.[0-9]{1,20})?$")
    if not pc.all(pc.or_(blank, plain)).as_py():
        return None
    return pc.cast(pc.if_else(blank, pa.scalar(None, pa.string()), texts), pa.float64())


def _parquet(path: Path) -> pa.Table | None:
    table = pa_parquet.ParquetFile(path).read()
    if not _are_columns(table.column_names):
        return None
    columns = {}
    for name in table.column_names:
        column = table[name]
        if name == "value":
            if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
                return None
            columns[name] = pc.cast(column, pa.float64())
            number = columns[name].drop_null()
            good = pc.and_(pc.greater_equal(number, 0.0), pc.less_equal(number, LARGEST))
            if not pc.all(good).as_py():  # not a number is neither
                return None
        elif pa.types.is_floating(column.type):
            return None
        else:
            columns[name] = pc.fill_null(column.cast(pa.string()), "")
    return pa.table(columns)


def _are_columns(names: list[str]) -> bool:
    return len(set(names)) == len(names) and set(names) <= _SPEC.columns.keys() and set(names) >= _NEEDED


def _sound(table: pa.Table, listed: Listed) -> bool:
    """Whether every text is what its column allows, every code is listed, and no key stands there twice."""
    for name in set(_TEXTS) - {"source"}:
        cells, problems = pd.Series(_texts(table, name), name=name, dtype="str"), ProblemList()
        checked = check_column(cells.str.strip(), _SPEC.columns[name], "", problems)
        if len(problems) or not checked.equals(cells):
            return False
    known = {"area": listed.areas, "item": listed.items}
    if listed.origins:
        known["origin"] = ["", *listed.origins]
    if any(set(_texts(table, name)).difference(codes) for name, codes in known.items()):
        return False
    if not set(_pairs(table)) <= set(listed.units):
        return False
    stated = pc.not_equal(table["state"].cast(pa.string()), "")
    if pc.any(pc.and_(stated, pc.is_valid(table["value"]))).as_py():
        return False
    return not _repeated(table)


def _texts(table: pa.Table, name: str) -> list[str]:
    return list(table[name].chunk(0).dictionary.to_pylist())


def _codes(table: pa.Table, name: str) -> np.ndarray:
    return np.asarray(table[name].chunk(0).indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _pairs(table: pa.Table) -> Iterator[tuple[str, str]]:
    areas, units = _texts(table, "area"), _texts(table, "unit")
    for code in np.unique(_codes(table, "area") * len(units) + _codes(table, "unit")):
        if units[code % len(units)]:
            yield areas[code // len(units)], units[code % len(units)]


def _repeated(table: pa.Table) -> bool:
    """Whether two rows share a key; a period is the same under either name."""
    names = [text if text == periods.UNKNOWN else periods.shortest(text) for text in _texts(table, "period")]
    key = pd.factorize(pd.Series(names))[0].astype(np.int64)[_codes(table, "period")]
    for name in _KEY:
        key = key * len(_texts(table, name)) + _codes(table, name)
    key.sort()
    return bool((key[1:] == key[:-1]).any())


def _frame(table: pa.Table) -> pd.DataFrame:
    columns = {}
    for name, column in _SPEC.columns.items():
        if column.content == NUMBER:
            columns[name] = pd.Series(table[name].to_numpy())
        else:
            columns[name] = pd.Series(table[name].cast(pa.large_string()), dtype="str")
    return pd.DataFrame(columns)
