"""The same months of every year beside whole years: how an indicator comes about, and what its season had reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.catalogue import OF_UNITS
from evaltools.comparability import breaks_between
from evaltools.reasons import BOUNDARY_CHANGED
from evaltools.row_texts import Flags, Texts, because, coded, joined
from evaltools.tables import each_row
from evaltools.wording import word

KEY = ["area", "indicator", "definition", "start"]
"""What names a row of `paired`; start is the first month of the year."""


def natures(catalogue: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return for each definition of the catalogue how it comes about through the year.

    catalogue, items: of the dataset. Returns indicator, definition, family, nature (flow, level, "" for neither),
    nature_reason (why neither) and down (direction down: the target is a limit).

    flow: every item of the numerator is added over time (over_time sum), and the denominator, if there is one, is read
    at the end of a period (last). level: the same denominator, and a numerator that is read at the end, or that cannot
    be had from months (none): such as people reached at least once, which has a path through the year, but not one that
    the catalogue tells.
    """
    over_time = items.set_index("item")["over_time"]
    rows = [
        (row.indicator, row.valid_from, row.family, *_nature(row, over_time), row.direction == "down")
        for row in each_row(catalogue)
    ]
    names = ["indicator", "definition", "family", "nature", "nature_reason"]
    return pd.DataFrame(rows, columns=[*names, "down"]).astype({**dict.fromkeys(names, "str"), "down": bool})


def _nature(row: Any, over_time: pd.Series) -> tuple[str, str]:
    if row.kind in (*OF_UNITS, "index"):
        return "", word("progress.reason_of_units", "en")
    above, below = (
        {str(over_time.get(item, "")) for item in formulas.items(formulas.parse(formula))} if formula else set()
        for formula in (row.numerator, row.denominator)
    )
    if below - {"last"}:
        return "", word("progress.reason_rate_itself", "en")
    if above == {"sum"}:
        return "flow", ""
    return ("level", "") if above <= {"last", "none"} else ("", word("progress.reason_not_cumulative", "en"))


def year_of(period: str) -> str:
    """Return the twelve months that begin with a period: 2024 for 2024-01/2024-09, 2023-12/2024-11 for 2023-12.

    Raises ValueError if the period is twelve months or longer: its year is over.
    """
    span = periods.parse(period)
    if span.length >= 12:
        raise ValueError(f"progress is of a part of a year; {period} is {span.length} months")
    return periods.name(periods.Span(span.first, span.first + 11))


def paired(
    part: pd.DataFrame, year: pd.DataFrame, about: pd.DataFrame, period: str, breaks: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Put the same months of every year beside the whole years and last year's season; rows of areas only.

    part, year: indicator frames; about: from `natures`; period: names the months, in any year. Returns area, indicator,
    definition, start (first month of the year), numerator, denominator, value, reason, total (the year's value), the
    columns of `about`, done and done_total (what shares are taken of: numerators of a flow, values of a level), even
    (the share of the year's figure that the calendar expects; 1 of a level), season (last year's share, NaN for none),
    season_done, season_total, season_reason (why there is none), season_disturbed and disturbed (something disturbed
    last year or this; this year).
    """
    here, whole = _of_areas(part, period), _of_areas(year, year_of(period))
    whole = whole.rename(columns={"numerator": "total_numerator", "value": "total", "reason": "total_reason"})
    rows = here.merge(whole.drop(columns="denominator"), on=KEY, how="left", validate="one_to_one")
    rows = rows.merge(about, on=["indicator", "definition"], how="left").fillna({"nature": "", "nature_reason": ""})
    flow = rows["nature"] == "flow"
    rows = rows.assign(
        down=rows["down"].eq(True),
        even=np.where(flow, periods.parse(period).length / 12, 1.0),
        done=rows["numerator"].where(flow, rows["value"]),
        done_total=rows["total_numerator"].where(flow, rows["total"]),
    )
    before = rows[[*KEY, "done", "done_total", "reason", "total_reason"]].set_axis(
        [*KEY, "season_done", "season_total", "done_reason", "total_done_reason"], axis=1
    )
    rows = rows.merge(before.assign(start=before["start"] + 12, found=1.0), on=KEY, how="left")
    return _with_season(rows, year_of(period), breaks).drop(columns="found")


def _of_areas(ind: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return the rows of areas whose period is the same months of some year, with the first month as `start`."""
    span, (codes, names) = periods.parse(period), coded(ind["period"])
    others = [None if name == periods.UNKNOWN else periods.parse(name) for name in names]
    same = [
        other is not None and (other.length, other.first % 12) == (span.length, span.first % 12) for other in others
    ]
    starts = np.array([-1 if other is None else other.first for other in others], dtype=np.int64)
    rows = ind.assign(start=starts[codes], reason=ind["reason"].fillna(""))
    rows = rows[np.array(same, dtype=bool)[codes] & (ind["unit"] == "")]
    return rows[[*KEY, "numerator", "denominator", "value", "reason"]]


def _with_season(rows: pd.DataFrame, model: str, breaks: pd.DataFrame | None) -> pd.DataFrame:
    """Add season, season_reason, season_disturbed and disturbed; `model` is one of the years."""
    starts = [int(start) for start in rows["start"].unique()]
    names = {at: _moved(model, at) for start in starts for at in (start, start - 12)}
    ends = {
        name: (rows["start"] - back).map(names).astype("str") for name, back in (("period", 0), ("previous_period", 12))
    }
    spans = rows[KEY].assign(**ends)
    crossed = breaks_between(spans, breaks)
    alone = breaks_between(spans.assign(previous_period=ends["period"]), breaks)
    place = ["area", "indicator", "start"]
    before = pd.MultiIndex.from_frame(rows[place].assign(start=rows["start"] - 12))
    elsewhere = before.isin(pd.MultiIndex.from_frame(rows[place]))
    done, total = (rows[f"season_{name}"].to_numpy(dtype=float) for name in ("done", "total"))
    found = rows["found"].notna().to_numpy()
    absorbed = rows["reason"].str.contains(BOUNDARY_CHANGED, regex=False).to_numpy(dtype=bool)
    flow = (rows["nature"] == "flow").to_numpy()
    missing = {name: np.isnan(numbers) & found for name, numbers in (("done", done), ("total", total))}
    whole = coded(rows["total_done_reason"].fillna(word("comparison.reason_no_row", "en")))
    notes: list[tuple[Flags, str | Texts]] = [
        (~found & elsewhere, word("comparison.reason_definition_changed", "en")),
        (~found & ~elsewhere, word("comparison.reason_no_row", "en")),
        (crossed["definition"], word("comparison.reason_definition_break", "en")),
        (crossed["boundary"] | absorbed, word("comparison.reason_boundary_break", "en")),
        (missing["done"], because(coded(rows["done_reason"]), "progress.reason_by_then")),
        (missing["total"], because(whole, "progress.reason_whole_year")),
        (total <= 0, word("progress.reason_nothing_last_year", "en")),
        (flow & (total > 0) & (done > total), word("progress.reason_more_than_year", "en")),
    ]
    reason = joined(notes, len(rows)).set_axis(rows.index)
    return rows.assign(
        season=(rows["season_done"] / rows["season_total"].where(total > 0)).where(reason == ""),
        season_reason=reason,
        season_disturbed=crossed["disturbance"],
        disturbed=alone["disturbance"],
    )


def _moved(model: str, start: int) -> str:
    return periods.shift(model, (start - periods.parse(model).first) // 12)
