"""Reading the table of sampled records against the figures that were sampled: what cannot be is named, all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.problems import ProblemList
from evaltools.table_checks import check_codes
from evaltools.tables import each_row, place

KEY = ["period", "area", "unit", "indicator"]
NUMBERS = ["sampled", "genuine", "conforming"]
LABEL = "samples"

_TOPIC = "authenticity"


def read_samples(
    samples: pd.DataFrame, ind: pd.DataFrame, kind: pd.Series, kinds: Sequence[str], units: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the samples of the periods and areas of an indicator frame, each with the place of its row there.

    samples: period, area, unit, indicator, sampled, genuine, conforming (may be absent or blank); its index holds row
    numbers. ind has an index from 0 on; kind: of each of its rows. Columns `KEY`, `NUMBERS` and `at`, the place of the
    newest definition's row. Raises InputError with everything that is wrong, ValueError for columns that are absent.
    """
    if absent := [name for name in [*KEY, "sampled", "genuine"] if name not in samples]:
        raise ValueError(f"the samples have no column {', '.join(absent)}")
    problems = ProblemList()
    rows = samples.assign(**{name: samples.get(name, np.nan) for name in NUMBERS})[[*KEY, *NUMBERS]]
    rows = rows.assign(period=[periods.shortest(period) for period in rows["period"]])
    known = pd.MultiIndex.from_frame(ind[["period", "area"]].drop_duplicates())
    rows = rows[pd.MultiIndex.from_frame(rows[["period", "area"]]).isin(known)]
    rows = rows.assign(**{name: _numbers(rows[name], problems) for name in NUMBERS})
    _check_repeated(rows, problems)
    _check_sizes(rows, problems)
    rows = _with_places(rows, ind, problems)
    _check_registers(rows, ind, kind, kinds, problems)
    if units is not None:
        _check_overlaps(rows, units, problems)
    problems.raise_if_any()
    return rows


def _numbers(cells: pd.Series, problems: ProblemList) -> pd.Series:
    """Return cells as whole numbers of zero or more; any other is named, and becomes blank."""
    name = str(cells.name)
    blank = cells.isna() | (cells.astype("str").str.strip() == "")
    numbers = pd.to_numeric(cells.mask(blank), errors="coerce").astype(float)
    wrong: dict[str, pd.Series] = {
        "blank_cell": blank if name != "conforming" else pd.Series(False, index=cells.index),
        "not_a_number": (numbers.isna() | np.isinf(numbers)) & ~blank,
        "below_minimum": numbers < 0,
        "not_whole": (numbers >= 0) & (numbers < np.inf) & (numbers % 1 != 0),
    }
    for key, rows in wrong.items():
        for row, found in cells[rows].items():
            where = place(LABEL, row, name)
            topic = _TOPIC if key == "not_whole" else "findings"
            problems.say(key, where=where, topic=topic, column=name, found=_plain(found), minimum="0")
    return numbers.mask(np.logical_or.reduce([rows.to_numpy(dtype=bool) for rows in wrong.values()]))


def _check_repeated(rows: pd.DataFrame, problems: ProblemList) -> None:
    repeated = rows.duplicated(KEY)
    first = rows.reset_index(names="_row").groupby(KEY, sort=False)["_row"].transform("first").to_numpy()
    for (row, cells), original in zip(rows.loc[repeated, KEY].iterrows(), first[repeated.to_numpy()], strict=True):
        found = ", ".join(f"{column}={text}" for column, text in cells.items() if text)
        problems.say(
            "repeated", where=place(LABEL, row, "unit"), topic=_TOPIC, first=place(LABEL, original), found=found
        )


def _check_sizes(rows: pd.DataFrame, problems: ProblemList) -> None:
    """Name every part that is larger than its whole."""
    for part, whole in (("genuine", "sampled"), ("conforming", "genuine")):
        for row in each_row(rows[rows[part] > rows[whole]]):
            more, less = (_plain(getattr(row, name)) for name in (part, whole))
            problems.say(f"{part}_above", where=place(LABEL, row.Index, part), topic=_TOPIC, found=more, most=less)


def _with_places(rows: pd.DataFrame, ind: pd.DataFrame, problems: ProblemList) -> pd.DataFrame:
    """Add the place of the row that was sampled; unknown units and indicators are named, and left out."""
    check_codes(rows["indicator"], ind["indicator"].unique(), LABEL, problems)
    units = ind.groupby("area", sort=False)["unit"].unique()
    for area, of_area in rows.groupby("area", sort=False):
        check_codes(of_area["unit"], units[area], LABEL, problems)
    newest = ind.assign(at=np.arange(len(ind))).sort_values("definition", kind="stable")
    newest = newest.drop_duplicates(KEY, keep="last")[[*KEY, "at"]]
    found = rows.reset_index(names="_row").merge(newest, on=KEY, how="left").set_index("_row")
    absent = found["at"].isna()
    # an unknown name has been told already
    indicators, places = set(ind["indicator"]), set(zip(ind["area"], ind["unit"], strict=True))
    for row in each_row(found[absent]):
        if row.indicator in indicators and (row.area, row.unit) in places:
            problems.say("no_figure", where=place(LABEL, row.Index, "indicator"), topic=_TOPIC, found=row.indicator)
    return found[~absent].astype({"at": np.int64}).rename_axis(None)


def _check_registers(
    rows: pd.DataFrame, ind: pd.DataFrame, kind: pd.Series, kinds: Sequence[str], problems: ProblemList
) -> None:
    """Name samples larger than what was reported, and indicators whose numerator is no number of records."""
    reported = ind["numerator"].to_numpy(dtype=float)[rows["at"]]
    of_kind = kind.to_numpy(dtype=object)[rows["at"]]
    for row, size, named in zip(each_row(rows), reported, of_kind, strict=True):
        if named and named not in kinds:
            problems.say("no_records", where=place(LABEL, row.Index, "indicator"), topic=_TOPIC, found=row.indicator)
        elif row.sampled > size:
            where = place(LABEL, row.Index, "sampled")
            problems.say("sampled_above", where=where, topic=_TOPIC, found=_plain(row.sampled), most=_plain(size))


def _check_overlaps(rows: pd.DataFrame, units: pd.DataFrame, problems: ProblemList) -> None:
    """Name every sampled unit that lies within another one sampled: its records would count twice."""
    parents = dict(zip(zip(units["area"], units["unit"], strict=True), units["parent"].fillna(""), strict=True))
    sampled = set(rows[KEY].itertuples(index=False, name=None))
    for row in each_row(rows[rows["unit"] != ""]):
        above, seen = parents.get((row.area, row.unit), ""), {row.unit}
        while above and above not in seen:
            seen.add(above)
            if (row.period, row.area, above, row.indicator) in sampled:
                problems.say(
                    "overlap", where=place(LABEL, row.Index, "unit"), topic=_TOPIC, found=row.unit, other=above
                )
                break
            above = parents.get((row.area, above), "")


def _plain(x: object) -> str:
    return f"{x:.12g}" if isinstance(x, float) else str(x)
