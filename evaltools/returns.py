"""What one return holds: the tables of the data model read from a file that a county sent, every row with its cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from evaltools import tables
from evaltools.problems import COLUMNS


@dataclass(frozen=True, eq=False)
class Known:
    """What is known before a return is read, as frames of `tables.TABLES`; `areas` and `units` may have no row.

    cell_words: what a text that is no number means (`无`, `—`, blank): text -> (meaning, ambiguous).
    """

    items: pd.DataFrame
    indicators: pd.DataFrame
    areas: pd.DataFrame
    units: pd.DataFrame
    cell_words: Mapping[str, tuple[str, bool]]


@dataclass(frozen=True, eq=False)
class Return:
    """What was read from one file.

    facts, claims: the columns of the data model, indexed by the cell each row came from (`file!sheet!cell`), which
        is their `source` too. areas, units: the places that the file itself describes. expected: the areas, with
        their names, from which returns of this kind are awaited; empty where the file does not say. notice: language
        -> that the data are synthetic, where the file says so. remarks: what
        was noted while reading, in the columns of `problems.COLUMNS`; digest: the hash of what was read. Both are
        set where all files of a dataset have been read.
    """

    facts: pd.DataFrame = field(default_factory=lambda: tables.empty("facts"))
    claims: pd.DataFrame = field(default_factory=lambda: tables.empty("claims"))
    areas: pd.DataFrame = field(default_factory=lambda: tables.empty("areas"))
    units: pd.DataFrame = field(default_factory=lambda: tables.empty("units"))
    expected: Mapping[str, str] = field(default_factory=dict)
    notice: Mapping[str, str] = field(default_factory=dict)
    remarks: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS, dtype="str"))
    digest: str = ""
