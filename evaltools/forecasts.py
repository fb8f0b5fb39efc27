"""The next period of a series, with an interval from how wrong such forecasts were before.

County series are short, so nothing is estimated from one of them that a longer one would need: the method has no
parameter to fit, and how far it errs is learnt from all series of that kind of indicator in the region together. A
forecast is given only where, in the past, it was nearer than "the same as last year".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods
from evaltools.changes import KEY, check_one_row_each
from evaltools.comparability import Flags, breaks_between, disturbed
from evaltools.rates import Floats
from evaltools.tables import each_row
from evaltools.theta_method import (
    CONFIDENCE,
    LEAST,
    Step,
    back_test,
    fewest_errors,
    half_width,
    one_step,
    scaled,
    unscaled,
)
from evaltools.unit_measures import base_of
from evaltools.wording import word

COLUMNS = [
    "period",
    "area",
    "indicator",
    "definition",
    "method",
    "points",
    "forecast",
    "lower",
    "upper",
    "confidence",
    "pool",
    "n_errors",
    "n_periods",
    "mae",
    "mae_naive",
    "reason",
]
"""Columns of `forecast`."""

LEAST_ERRORS = 20
"""Fewer past errors say neither whether the method is any good nor how wide the interval has to be."""

METHOD = "theta"

RECENT = 10
"""Periods looked back at: what grew twenty years ago tells little about next year."""

SHARES = ("proportion", "units_meeting")
"""Kinds that cannot pass their whole: on the logit scale. All others are on the scale of logarithms."""

COUNTED = (*SHARES, "rate", "count")
"""Kinds whose numerator counts people, events or units, so that none at all is less than one."""

_SERIES = ["area", "indicator", "definition"]
_PREDECESSORS = re.escape(word("terms.reason_predecessors", "en", n="#")).replace(r"\#", r"\d+")
_BOUNDARY = word("indicators.reason_boundary_changed", "en")


def forecast(
    ind: pd.DataFrame,
    catalogue: pd.DataFrame,
    shown: Iterable[tuple[str, str]],
    period: str,
    breaks: pd.DataFrame | None = None,
    *,
    confidence: float = CONFIDENCE,
    least: int = LEAST,
    least_errors: int = LEAST_ERRORS,
    without_disturbed: bool = False,
    exclude: Collection[str] = (),
) -> pd.DataFrame:
    """Forecast the period after `period` for some series, with an interval from the errors of that kind of indicator.

    ind: indicator frame of a whole region, from whose area rows (unit "") the errors are pooled; the same months of
    each of the last `RECENT` years up to `period` are used, nothing later. catalogue: the table of indicators. shown:
    the (area, indicator) wanted. breaks: the dataset's table. without_disturbed: whether figures of a time that a
    `disturbance` marks are of no use. exclude: areas whose errors are not pooled, such as the sum of the others.

    Returns `COLUMNS`, one row for each pair of `shown`, in that order:

    period: the same months a year after `period`. definition: the newest in `period`; nothing of another definition
        and nothing before a break of definition or boundary is used.
    method: `METHOD`, "" without a forecast. points: how many values there are to go by.
    forecast, lower, upper: in the units of `value`, NaN without a forecast. Never below zero; of proportions never
        above their whole. Whole numbers where a count has always been one, its limits rounded outwards.
    confidence: that of the interval (`half_width`).
    pool, n_errors, n_periods: whose past errors these are: of the same kind of indicator in the same `family` or,
        where those are too few, of the same `kind` in all families; how many, and of how many periods.
    mae, mae_naive: mean absolute error of the method and of "same as last year" over those errors, on the scale of
        the method: the logit of proportions and of shares of units, the logarithm of everything else.
    reason: why there is no forecast, or what to know about it; several are joined by "; ".

    A forecast is given where there are `least` points or more, one of them in `period`, `least_errors` past errors or
    more, and mae below mae_naive. Raises ValueError for `least` below 5, a confidence not between 0 and 1, no period,
    and if a period, area, indicator and definition stand on more than one row.
    """
    if least < LEAST:
        raise ValueError(f"a forecast needs at least {LEAST} points; found least={least}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1; found {confidence!r}")
    needed = max(least_errors, fewest_errors(confidence))
    pairs = pd.DataFrame(list(dict.fromkeys(shown)), columns=["area", "indicator"], dtype="str")
    known = _known(catalogue)
    grid = _grid(_concerned(ind, known, pairs), period, breaks, without_disturbed)
    step = one_step(grid.numbers, grid.values, grid.basis, grid.values.shape[1] - 1, least)
    pools = _pools(grid, *back_test(grid.numbers, grid.values, grid.basis, least), exclude, confidence, needed)
    series = pd.concat([grid.series, pools, _limits(grid, step, pools["width"].to_numpy())], axis=1)
    series = series.assign(points=step.points, constant=step.constant)
    series = series.sort_values("now", kind="stable").drop_duplicates(_SERIES[:2], keep="last")
    rows = pairs.merge(series, on=_SERIES[:2], how="left")
    better = (rows["n_errors"] >= needed) & (rows["mae"] < rows["mae_naive"])
    given = rows["forecast"].notna() & better
    texts = [_reason(row, ok, least, needed) for row, ok in zip(each_row(rows), given, strict=True)]
    newest = dict(zip(known["indicator"], known["definition"], strict=True))
    return rows.assign(
        period=periods.shift(period, 1),
        definition=rows["definition"].fillna(rows["indicator"].map(newest)).fillna("").astype("str"),
        method=pd.Series(np.where(given, METHOD, ""), dtype="str"),
        confidence=confidence,
        pool=rows["pool"].fillna("").astype("str"),
        reason=pd.Series(texts, dtype="str"),
        **{name: rows[name].where(given) for name in ("forecast", "lower", "upper")},
        **{name: rows[name].fillna(0).astype(int) for name in ("points", "n_errors", "n_periods")},
    )[COLUMNS]


@dataclass(frozen=True)
class _Grid:
    """Series in rows and years in columns; `basis` has a column more, for the year forecast."""

    series: pd.DataFrame
    values: Floats
    numbers: Floats
    basis: NDArray[np.int64]
    half: Floats


def _known(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return what the catalogue says of each definition, and the kind that tells its scale."""
    known = catalogue.sort_values("valid_from", kind="stable").drop_duplicates(["indicator", "valid_from"], keep="last")
    kinds = dict(zip(known["indicator"], known["kind"], strict=True))
    # the worst unit is on the scale of what it is worst at
    like = [kinds.get(base_of(row), "") if row.kind == "worst_unit" else row.kind for row in each_row(known)]
    known = known.assign(like=pd.Series(like, known.index, dtype="str"), per=known["per"].astype(float))
    return known[["indicator", "valid_from", "valid_to", "kind", "family", "per", "like"]].rename(
        columns={"valid_from": "definition"}
    )


def _concerned(ind: pd.DataFrame, known: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of areas for indicators of the kinds that are wanted: the others are in nobody's pool."""
    kinds = known.loc[known["indicator"].isin(pairs["indicator"]), "kind"]
    ind = ind[[*KEY, "numerator", "denominator", "value", "reason"]]
    rows = ind[ind["indicator"].isin(known.loc[known["kind"].isin(kinds), "indicator"]) & (ind["unit"] == "")]
    check_one_row_each(rows)
    return rows.merge(known, on=["indicator", "definition"])


def _years_back(names: Iterable[str], period: str) -> dict[str, int]:
    """Return for the periods of the same months, up to `period`, how many years before it they are."""
    end = periods.parse(period)
    found = {}
    for name in names:
        if name != periods.UNKNOWN and periods.parse(name).length == end.length:
            years, months = divmod(end.last - periods.parse(name).last, 12)
            if months == 0 and 0 <= years < RECENT:
                found[name] = years
    return found


def _grid(rows: pd.DataFrame, period: str, breaks: pd.DataFrame | None, without_disturbed: bool) -> _Grid:
    back = _years_back(rows["period"].unique(), period)
    rows = rows[rows["period"].isin(back)]
    width = max(back.values(), default=0) + 1
    names = [periods.shift(period, at) for at in range(1 - width, 2)]
    # of two spellings of the same months that of `period` counts, so it is laid out last
    rows = rows.iloc[np.argsort(rows["period"].isin(names).to_numpy(), kind="stable")]
    series = rows.drop_duplicates(_SERIES).sort_values(_SERIES).reset_index(drop=True)
    place = rows.groupby(_SERIES).ngroup().to_numpy()
    column = width - 1 - rows["period"].map(back).to_numpy(dtype=np.int64)

    def laid_out(cells: pd.Series) -> Floats:
        matrix = np.full((len(series), width), np.nan)
        matrix[place, column] = cells.to_numpy(dtype=float)
        return matrix

    values, below = laid_out(rows["value"]), laid_out(rows["denominator"])
    per = series["per"].to_numpy(dtype=float)[:, None]
    share, counted = series["like"].isin(SHARES).to_numpy(), series["like"].isin(COUNTED).to_numpy()
    whole = np.where(share, per[:, 0], np.inf)
    case = np.where((series["like"] == "count").to_numpy()[:, None], 1.0, below)
    half = np.divide(per / 2, case, out=np.full(values.shape, np.nan), where=counted[:, None] & (case > 0))
    numbers = scaled(values, whole, half)

    barred, hit = _breaks(series, names, breaks)
    hit &= ~np.isnan(values)
    if without_disturbed:
        numbers[hit] = np.nan
    qualified = {text: laid_out(rows["reason"].str.contains(text)) == 1 for text in (_BOUNDARY, _PREDECESSORS)}
    barred[:, :-1] |= qualified[_BOUNDARY]
    ending = [not periods.valid(names[-1], "", valid_to) for valid_to in series["valid_to"]]
    barred[:, -1] |= np.array(ending, dtype=bool)
    basis = np.cumsum(barred, axis=1, dtype=np.int64)
    here = basis[:, :-1] == basis[:, -2:-1]
    now = rows[column == width - 1].assign(at=place[column == width - 1]).drop_duplicates("at", keep="last")
    why = now.set_index("at")["reason"].reindex(range(len(series)))
    about = {
        "whole": whole,
        "value": values[:, -1],
        "number": numbers[:, -1],
        "why": why.fillna(word("comparison.reason_no_row", "en")).astype("str"),
        "now": why.notna(),
        "ends": barred[:, -1],
        "cut": (~here & ~np.isnan(numbers)).any(axis=1),
        "disturbed": (hit & here).sum(axis=1),
        "hit": hit[:, -1],
        "left_out": without_disturbed,
        "summed": (qualified[_PREDECESSORS] & here).any(axis=1),
        "integral": (series["like"] == "count").to_numpy()
        & (np.isnan(values) | (values == np.rint(values))).all(axis=1),
    }
    return _Grid(series[[*_SERIES, "kind", "family", "like"]].assign(**about), values, numbers, basis, half[:, -1])


def _breaks(series: pd.DataFrame, names: list[str], breaks: pd.DataFrame | None) -> tuple[Flags, Flags]:
    """Return where a period cannot be compared with the one before, and which periods but the last are disturbed."""
    shape = (len(series), len(names))
    if breaks is None or breaks.empty or not len(series):
        return np.zeros(shape, dtype=bool), np.zeros((shape[0], shape[1] - 1), dtype=bool)
    long = series[_SERIES].loc[series.index.repeat(len(names))].reset_index(drop=True)
    earlier = [periods.shift(name, -1) for name in names]
    for name, cells in (("period", names), ("previous_period", earlier)):
        long[name] = pd.Series(cells * len(series), dtype="str")
    between = breaks_between(long, breaks)
    return (between["definition"] | between["boundary"]).reshape(shape), disturbed(long, breaks).reshape(shape)[:, :-1]


def _pools(
    grid: _Grid, errors: Floats, naive: Floats, exclude: Collection[str], confidence: float, needed: int
) -> pd.DataFrame:
    """Return for each series whose errors are its measure, how many they are, and what they say."""
    told = np.full((len(grid.series), 5), np.nan)
    pool = np.full(len(grid.series), "", dtype=object)
    within = ~grid.series["area"].isin(exclude).to_numpy()
    for name, key in (("kind", ["kind", "like"]), ("family", ["kind", "like", "family"])):
        for members in grid.series.groupby(key).indices.values():
            chosen = members[within[members]]
            known = ~np.isnan(errors[chosen])
            found, last_year = errors[chosen][known], naive[chosen][known]
            if name == "kind" or len(found) >= needed:
                mae = [np.abs(side).mean() if len(side) else np.nan for side in (found, last_year)]
                told[members] = [len(found), known.any(axis=0).sum(), *mae, half_width(found, confidence)]
                pool[members] = name
    counts = ["n_errors", "n_periods", "mae", "mae_naive", "width"]
    return pd.DataFrame(told, columns=counts).assign(pool=pd.Series(pool, dtype="str"))


def _limits(grid: _Grid, step: Step, width: Floats) -> pd.DataFrame:
    """Return forecast, lower and upper of each series in the units of its values."""
    whole, integral = grid.series["whole"].to_numpy(dtype=float), grid.series["integral"].to_numpy(dtype=bool)
    found = {}
    for name, numbers, rounded in (
        ("forecast", step.forecast, np.rint),
        ("lower", step.forecast - width, np.floor),
        ("upper", step.forecast + width, np.ceil),
    ):
        values = unscaled(numbers, whole, grid.half)
        found[name] = np.where(integral, rounded(values), values)
    return pd.DataFrame(found)


def _reason(row: Any, given: bool, least: int, needed: int) -> str:
    """Say why there is no forecast, the first thing that stands against it, and what else to know."""
    if pd.isna(row.kind):
        return word("comparison.reason_no_row", "en")
    if not given and np.isnan(row.value):
        return word("comparison.reason_this_missing", "en", reason=row.why or word("comparison.reason_no_value", "en"))
    notes = [] if given else [_against(row, least, needed)]
    if row.disturbed:
        notes.append(_says("left_out" if row.left_out else "disturbed", n=int(row.disturbed)))
    if row.cut:
        notes.append(_says("cut"))
    if row.summed:
        notes.append(word("comparison.reason_predecessors_basis", "en"))
    return "; ".join(notes)


def _against(row: Any, least: int, needed: int) -> str:
    if np.isnan(row.number):
        hit = row.hit and row.left_out
        key = "comparison.reason_disturbance" if hit else "forecast.reason_not_positive"
        return _says("unusable", reason=word("terms.reason_above_100" if row.value > row.whole else key, "en"))
    if row.ends:
        return _says("ends")
    if row.points < least:
        return _says("too_few", n=int(row.points), least=least)
    if row.constant:
        return _says("constant")
    if row.n_errors < needed:
        return _says("few_errors", n=int(row.n_errors), least=needed)
    return _says("not_better")


def _says(key: str, **values: object) -> str:
    """Return the English reason of that name; pages translate it."""
    return word(f"forecast.reason_{key}", "en", **values)
