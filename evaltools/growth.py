"""Growth figures of Chinese statistical reports: 同比, 环比, 定基比, 平均发展速度 and 平均增长速度.

Dynamic series as textbooks of health statistics teach them: the ratio of two levels (发展速度) and the ratio less 1
(增长速度), both in percent here. Where a level is zero or negative there is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools import periods, wording
from evaltools.changes import KEY
from evaltools.growth_periods import Floats, Series
from evaltools.row_texts import Flags, Texts, because, column, joined
from evaltools.wording import word

AGAINST = ("year", "previous", "base")
"""What each value is compared with; the columns of each begin with its name."""

_PARTS = ("period", "value", "ratio", "growth", "reason")
COLUMNS = [*KEY, "numerator", "denominator", "value", *(f"{what}_{part}" for what in AGAINST for part in _PARTS)]
"""Columns of `growth`."""

AVERAGES = [
    "first_period",
    "last_period",
    "intervals",
    "first_value",
    "last_value",
    "average_ratio",
    "average_growth",
    "reason",
]
"""Columns of `average_growth`; `average_growth_of` has those that name a series before them."""

FORMATS = {"ratio": "percent", "growth": "change_percent", "reason": "reason", "intervals": "integer"}
"""Format of each column of figures, by the last part of its name."""

_EQUAL = 1e-15
"""Relatively closer than this, two quotients are one ratio: 3 of 10 and 0.3 of 1."""


def growth(ind: pd.DataFrame, base: str | None = None, breaks: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return `COLUMNS` for every row of an indicator frame of one frequency, in its order.

    ind: period, area, unit, indicator, definition, numerator, denominator, value, reason; missing rows included.
    base: the period that 定基比 is to; None is the earliest in the frame, one for all series, so that they can be set
    beside each other. breaks: the dataset's table.

    year_…: against the same months of the year before (同比). previous_…: against the period of the same length right
    before (环比): 2024-05 for 2024-06, 2023-12 for 2024-01, 2023 for 2024; a cumulative span such as
    2024-01/2024-09 has none. base_…: against the base (定基比). For each of them period (that it is to be compared
    with, "" where there is none), value (of that period), ratio (value / other × 100, in percent), growth
    (ratio − 100, in percent) and reason (why there is no figure, or what to know about it; several joined by "; ").
    The growth of a rate is relative; its change in points is another figure.

    Both sides have one definition, and no break of definition or boundary lies between them; a disturbed period is
    compared and the reason says so. There is no figure against zero or less, nor for a negative value: the ratio of
    such levels means nothing.

    Raises ValueError if a row stands twice, or the base is no period or not in the frame.
    """
    series = Series(ind)
    start, value = series.base(base), series.value
    result = series.rows[[*KEY, "numerator", "denominator", "value"]].copy()
    for what in AGAINST:
        other, why = series.against(what, start)
        side = series.beside(other, breaks)
        asked = other >= 0
        compared = ~side.barred & (side.value > 0) & (value >= 0)
        below = np.where(compared, side.value, 1.0)
        change = np.where(np.abs(value - below) <= _EQUAL * below, 0.0, (value - below) / below * 100)
        notes = [
            (~asked, why),
            *side.notes(),
            (asked & np.isnan(value), because(series.reasons, "comparison.reason_this_missing")),
            (side.absent, because(side.missing, "growth.reason_compared_missing")),
            (side.value == 0, word("growth.reason_compared_zero", "en")),
            (side.value < 0, word("growth.reason_compared_negative", "en")),
            (asked & (value < 0), word("growth.reason_negative", "en")),
            (compared & side.summed, word("comparison.reason_predecessors_basis", "en")),
            (compared & side.disturbed, word("comparison.reason_disturbance", "en")),
        ]
        columns: tuple[pd.Series | Floats, ...] = (
            column((other + 1, ["", *series.names])),
            side.value,
            np.where(compared, 100 + change, np.nan),
            np.where(compared, change, np.nan),
            joined(notes, len(value)),
        )
        for part, cells in zip(_PARTS, columns, strict=True):
            result[f"{what}_{part}"] = cells
    return result[COLUMNS]


def average_growth(
    values: ArrayLike | pd.DataFrame,
    years: Sequence[Any] | None = None,
    base: str | None = None,
    last: str | None = None,
) -> pd.DataFrame:
    """平均发展速度 (last / first)^(1/n) and 平均增长速度, that less 1, in percent; n is the years between the ends.

    values: a row a series, a column a period; one series may be a plain list. years: the period of each column, of a
    frame its columns: years, or the same months of different years. base, last: the two ends, None for the earliest and
    the latest. Returns `AVERAGES`, one row a series with the index of a frame.

    Only the ends count, so a gap in between does no harm, nor does the way between them show. An end that is missing,
    zero or negative gives a reason instead of figures; no neighbour takes its place, since n would then differ from
    series to series. Raises ValueError if a period is none, or the periods are not the same months.
    """
    if isinstance(values, pd.DataFrame):
        years = list(values.columns) if years is None else years
        index, table = values.index, values.to_numpy(dtype=float, na_value=np.nan)
    else:
        table = np.atleast_2d(np.asarray(values, dtype=float))
        index = pd.RangeIndex(len(table))
    names = [str(year) for year in (() if years is None else years)]
    if len(names) != table.shape[1] or not names:
        raise ValueError(f"{table.shape[1]} columns of values need as many periods; found {len(names)}")
    ends = _ends(names, base, last)
    sides = [table[:, names.index(name)] for name in ends]
    unexplained = np.zeros(len(table), dtype=np.int64), [word("comparison.reason_no_value", "en")]
    return _averages(ends, sides, [unexplained, unexplained]).set_axis(index)


def average_growth_of(
    ind: pd.DataFrame, base: str | None = None, last: str | None = None, breaks: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return area, unit, indicator, definition and `AVERAGES` of every series that has a row in the last period.

    ind: an indicator frame of whole years, or of the same months of every year; the rest is as in `growth` and
    `average_growth`. What may not be compared for a change of definition or boundary has that as its reason.
    """
    known = ind[ind["period"] != periods.UNKNOWN]
    if known.empty:
        return pd.DataFrame(columns=[*KEY[1:], *AVERAGES])
    ends = _ends([str(name) for name in known["period"].unique()], base, last)
    series = Series(known)
    side = series.beside(series.against("base", ends[0])[0], breaks)
    at = np.flatnonzero(series.rows["period"] == ends[1])
    why = [(texts[0][at], texts[1]) for texts in (side.missing, series.reasons)]
    told = side.disturbed[at] & ~side.barred[at], word("comparison.reason_disturbance", "en")
    notes = [*((mask[at], text) for mask, text in side.notes()), told]
    ends_of = [side.value[at], series.value[at]]
    result = _averages(ends, ends_of, why, notes, side.barred[at])
    return pd.concat([series.rows.loc[at, KEY[1:]].reset_index(drop=True), result], axis=1)


def average_sentence(row: Any, name: str, lang: str, per: int = 100, kind: str = "proportion") -> str:
    """Say the average growth of one row of `average_growth`: from what to what, ratio and growth.

    name: of the indicator; per and kind: as in the catalogue, for the format of its values.
    """
    if pd.isna(row.average_growth):
        return word("growth.average_none", lang, name=name, reason=wording.reason(row.reason, lang))
    before, now = (wording.value(x, lang, per, kind) for x in (row.first_value, row.last_value))
    way = "same" if before == now else "rise" if row.last_value > row.first_value else "fall"
    texts = {
        "first": wording.period(row.first_period, lang),
        "last": wording.period(row.last_period, lang),
        "ratio": wording.percent(row.average_ratio, lang),
        "growth": wording.percent(row.average_growth, lang),
    }
    return word(f"growth.average_{way}", lang, name=name, before=before, now=now, **texts)


def headers(shown: Iterable[str], lang: str) -> dict[str, tuple[str, str]]:
    """Return columns of figures to show as `Publish.table` wants them: column -> (header, format)."""
    return {name: (word(f"growth.column_{name}", lang), FORMATS[name.rpartition("_")[2]]) for name in shown}


def method_note(lang: str) -> str:
    """Say how the figures come about."""
    return word("growth.method", lang)


def _ends(names: Sequence[str], base: str | None, last: str | None) -> tuple[str, str]:
    """Return the two ends, earlier first, among periods that are the same months of every year; raises ValueError."""
    spans = {name: periods.parse(name) for name in names}
    if len({(span.first % 12, span.length) for span in spans.values()}) > 1:
        raise ValueError(f"average growth a year needs the same months of every year; found {', '.join(sorted(spans))}")
    in_order = sorted(spans, key=lambda name: spans[name].first)
    ends = [stated or in_order[end] for stated, end in ((base, 0), (last, -1))]
    found = [next((name for name in in_order if spans[name] == periods.parse(end)), "") for end in ends]
    if "" in found:
        raise ValueError(f"no such period: {ends[found.index('')]!r}; there are: {', '.join(in_order)}")
    if spans[found[0]].first > spans[found[1]].first:
        raise ValueError(f"the base must come first; found {found[0]} after {found[1]}")
    return found[0], found[1]


def _averages(
    ends: tuple[str, str],
    sides: Sequence[Floats],
    why: Sequence[Texts],
    told: Sequence[tuple[Flags, str | Texts]] = (),
    barred: Flags | None = None,
) -> pd.DataFrame:
    """Return `AVERAGES` from the values at both ends, why one is missing, and what else is to be said."""
    first, last = sides
    n = (periods.parse(ends[1]).first - periods.parse(ends[0]).first) // 12
    closed = np.zeros(len(first), dtype=bool) if barred is None else barred
    counted = ~closed & (first > 0) & (last > 0) & (n > 0)
    ratio = np.full(len(first), np.nan)
    if n > 0:
        ratio[counted] = (last[counted] / first[counted]) ** (1 / n) * 100
    notes = [(np.full(len(first), n <= 0), word("growth.reason_one_period", "en")), *told]
    for which, end, side, texts in zip(("first", "last"), ends, sides, why, strict=True):
        absent = np.isnan(side) & ~(closed if which == "first" else np.zeros_like(closed))
        notes.append((absent, because(texts, f"growth.reason_{which}_missing", period=end)))
        notes.append((side <= 0, word(f"growth.reason_{which}_not_positive", "en", period=end)))
    columns = {
        "first_period": pd.Series(ends[0], range(len(first)), dtype="str"),
        "last_period": pd.Series(ends[1], range(len(first)), dtype="str"),
        "intervals": np.full(len(first), n),
        "first_value": first,
        "last_value": last,
        "average_ratio": ratio,
        "average_growth": ratio - 100,
        "reason": joined(notes, len(first)),
    }
    return pd.DataFrame(columns)[AVERAGES]
