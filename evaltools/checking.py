"""`evaltools check`: every finding about a dataset or returns, and whether anything could be read at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from evaltools import datasets, quality, table_files
from evaltools.metadata import read_meta
from evaltools.problems import LEVELS, InputError, ProblemList
from evaltools.tables import TABLES

CLEAN, ERRORS, UNREADABLE = 0, 1, 2


def check(path: str) -> tuple[pd.DataFrame, int]:
    """Return the findings about a dataset or returns (columns of `problems.COLUMNS`) and the exit status of `check`.

    0: no finding of level error. 1: errors in cells. 2: not one table can be read.
    """
    try:
        data = datasets.load_to_check(path)
        found = quality.check(data, today=date.today())
    except InputError as error:
        order = error.problems["level"].map({level: at for at, level in enumerate(LEVELS)})
        problems = error.problems.iloc[order.argsort(kind="stable")].reset_index(drop=True)
        return problems, ERRORS if _any_table(path) else UNREADABLE
    if not (found["level"] == "error").any():
        return found, CLEAN
    return found, ERRORS if len(data.facts) or len(data.claims) else UNREADABLE


def _any_table(path: str) -> bool:
    """Whether at least one table of a dataset folder, or one return, gives rows."""
    try:
        folder = datasets.find(path)
        if datasets.of_returns(folder):
            return not datasets.sent(folder).facts.empty
        encoding = read_meta(folder, ProblemList()).encoding
        return any(
            not table_files.read(file, table, file.name, ProblemList(), encoding).empty
            for table in TABLES
            for file in _files(folder, table)
        )
    except (InputError, OSError):
        return False


def _files(folder: Path, table: str) -> list[Path]:
    places = (folder, folder / "catalogue", folder / table)
    patterns = [f"{table}.csv", f"{table}.parquet"]
    found = [place / name for place in places[:2] for name in patterns]
    found += [*places[2].glob("*.csv"), *places[2].glob("*.parquet")]
    return [file for file in found if file.is_file()]
