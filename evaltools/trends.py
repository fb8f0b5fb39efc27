"""Trends of yearly series: recent marker, tests, annual change and runs, one row a series; and change on last year.

The methods lie in modules of their own and are reachable from here: `changes` (year on year), `trend_marker`,
`trend_tests`, `annual_change`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import annual_change, periods, trend_marker, trend_tests
from evaltools.annual_change import MODELS, annual_changes
from evaltools.changes import DEFAULTS, policy, year_on_year
from evaltools.comparability import Flags
from evaltools.indicator_kinds import OF_CHANCE, kinds_of
from evaltools.rates import Floats
from evaltools.trend_marker import marker
from evaltools.trend_tests import MannKendall, TrendTest, mann_kendall, trend_test
from evaltools.wording import word
from evaltools.yearly_series import YearlySeries, runs, yearly_series

__all__ = ["MannKendall", "TrendTest", "mann_kendall", "marker", "trend", "trend_test", "year_on_year"]

Codes = NDArray[np.int64]

COLUMNS = [
    "period",
    "area",
    "unit",
    "indicator",
    "definition",
    "first_period",
    "years",
    "numerator",
    "denominator",
    "value",
    "run",
    "marker",
    "marker_reason",
    "trend_z",
    "trend_p",
    "trend_reason",
    "mk_s",
    "mk_z",
    "mk_p",
    "sen_slope",
    "mk_reason",
    "apc",
    "apc_lower",
    "apc_upper",
    "apc_p",
    "apc_model",
    "dispersion",
    "apc_reason",
    "reason",
]
"""Columns of `trend`."""

CEILING = "trend_ceiling"
"""Parameter: a proportion that reaches this many per cent is fitted on the logit."""

DEFAULTS[CEILING] = 80.0


def trend(
    ind: pd.DataFrame,
    breaks: pd.DataFrame | None = None,
    catalogue: pd.DataFrame | None = None,
    parameters: pd.DataFrame | None = None,
    without_disturbed: bool = False,
) -> pd.DataFrame:
    """Return the trend of every series of an indicator frame up to its last period, one row a series.

    A series is the same months of each year, of one area, unit, indicator and definition. `breaks`, `catalogue` and
    `parameters` are the dataset's tables. Nothing crosses a definition or a break of definition or boundary: only the
    points on the last one's basis count (`yearly_series`). without_disturbed: leave out disturbed years; the reason
    names them.

    Returns `COLUMNS`. period, numerator, denominator, value: of the last point; first_period: of the first point
    used; years: how many were.
    run: rises in a row up to the last point, negative for falls, by the printed decimals (`yearly_series.runs`).
    marker: as Fingertips publishes it (`trend_marker.marker`). trend_z, trend_p: chi-square for trend of proportions
    (`trend_tests.trend_test`, variance n). mk_s, mk_z, mk_p, sen_slope: Mann-Kendall and Sen's slope in points a year
    (`trend_tests.mann_kendall`). apc, apc_lower, apc_upper, apc_p: annual change in percent of the rate, or of the odds
    where apc_model is `logit` (`annual_change`); dispersion: what its standard error was widened by, squared.
    Each statistic that is not there has its reason ("not computed: …") in its own column; `reason` says what holds for
    the series: whether earlier years are on another basis (first_period is the first one used), which were left out.

    Raises ValueError if one series has two rows for the same months.

    Examples:
    >>> import evaltools as ev
    >>> data = ev.load("example", area="990101")
    >>> trend = ev.trend(ev.indicators(data, units=False), data.breaks, data.catalogue)
    >>> row = trend[trend["indicator"] == "hypertension_control_rate"]
    >>> print(row[["first_period", "period", "marker"]].to_string(index=False))
    first_period period                        marker
            2019   2024 Increasing and getting better
    """
    ind = ind.assign(**{name: np.nan for name in ("lower", "upper") if name not in ind})
    series = yearly_series(ind, breaks, without_disturbed, catalogue)
    last = series.last_rows()
    ends = series.rows.iloc[last].reset_index(drop=True)
    about = kinds_of(series.rows, catalogue).iloc[last].reset_index(drop=True)
    numbers = {name: series.matrix(name) for name in ("numerator", "denominator", "value", "lower", "upper")}
    known_last = series.usable[np.arange(len(series)), series.last] if len(series) else np.zeros(0, dtype=bool)
    above = (about["kind"] == "proportion").to_numpy()[:, None] & (numbers["numerator"] > numbers["denominator"])
    # a last point that no count can have has no part in a fit, and a trend without it would point elsewhere
    last_above = above[np.arange(len(series)), series.last] if len(series) else known_last
    fitted = np.where(~known_last, 1, np.where(last_above, 2, 0)).astype(np.int64)
    parts: list[dict[str, NDArray[np.object_]] | dict[str, NDArray[np.object_] | Floats]] = [
        _marker(numbers, about, fitted),
        _trend_test(series, numbers, about, fitted),
        _mann_kendall(series, numbers, (~known_last).astype(np.int64)),
        _annual(series, numbers, about, policy(ends, parameters, CEILING) / 100, fitted),
    ]
    digits = np.where(about["per"] == 100_000, 1, 2)
    result = ends.assign(
        first_period=series.rows["period"].take(series.first_rows()).to_numpy(),
        years=series.usable.sum(axis=1),
        run=_runs(series, numbers["value"], digits),
        reason=_reasons(series, ends, known_last, above),
        **{name: column for part in parts for name, column in part.items()},
    )
    texts = ["marker", "marker_reason", "trend_reason", "mk_reason", "apc_model", "apc_reason", "reason"]
    return result[COLUMNS].astype(dict.fromkeys([*texts, "first_period"], "str"))


def _says(key: str, **values: object) -> str:
    return word(f"trends.reason_{key}", "en", **values)


def _not_computed(reason: Codes, names: tuple[str, ...], fitted: Codes) -> NDArray[np.object_]:
    """Return why a statistic is not there, "" where it is.

    fitted: 0 if the last point can be fitted, else a place in `_LAST`; reason: a place in `names`.
    """
    texts = np.array(["" if not name else _says(name) for name in names], dtype=object)
    last = np.array(["" if not name else _says(name) for name in _LAST], dtype=object)
    return np.where(fitted == 0, texts[reason], last[fitted])


_LAST = ("", "no_last_value", "last_above")


def _marker(numbers: dict[str, Floats], about: pd.DataFrame, fitted: Codes) -> dict[str, NDArray[np.object_]]:
    way, why = trend_marker.markers(*(numbers[n] for n in ("value", "lower", "upper", "numerator", "denominator")))
    way = np.where(fitted == 0, way, -9)
    of_chance = about["kind"].isin(OF_CHANCE).to_numpy()
    why = np.where(of_chance | (why == 0), why, len(trend_marker.REASONS))
    label = trend_marker.labels(way, about["direction"].to_numpy(dtype=object))
    return {"marker": label, "marker_reason": _not_computed(why, (*trend_marker.REASONS, "no_interval"), fitted)}


def _trend_test(
    series: YearlySeries, numbers: dict[str, Floats], about: pd.DataFrame, fitted: Codes
) -> dict[str, NDArray[np.object_] | Floats]:
    count, n = numbers["numerator"], numbers["denominator"]
    z, why = trend_tests.trend_tests(count, n, series.years)
    pairs = ((n > 0) & (count >= 0) & (count <= n)).sum(axis=1)
    of_shares = (about["kind"] == "proportion").to_numpy()
    why = np.select([~of_shares, pairs < trend_tests.LEAST], [len(trend_tests.REASONS), 1], why)
    z = np.where((fitted == 0) & (why == 0), z, np.nan)
    names = (*trend_tests.REASONS, "no_shares")
    return {"trend_z": z, "trend_p": trend_tests.two_sided(z), "trend_reason": _not_computed(why, names, fitted)}


def _mann_kendall(
    series: YearlySeries, numbers: dict[str, Floats], missing: Codes
) -> dict[str, NDArray[np.object_] | Floats]:
    few = (series.usable.sum(axis=1) < trend_tests.LEAST).astype(np.int64)
    columns = trend_tests.mann_kendalls(numbers["value"])[:4]
    there = (few == 0) & (missing == 0)
    found = {name: np.where(there, c, np.nan) for name, c in zip(_OF_KENDALL, columns, strict=True)}
    return {**found, "mk_reason": _not_computed(few, ("", "too_few_to_trend"), missing)}


_OF_KENDALL = ("mk_s", "mk_z", "mk_p", "sen_slope")


def _annual(
    series: YearlySeries, numbers: dict[str, Floats], about: pd.DataFrame, ceiling: Floats, fitted: Codes
) -> dict[str, NDArray[np.object_] | Floats]:
    if not len(series):
        empty = np.zeros(0)
        return {**dict.fromkeys(_OF_ANNUAL.values(), empty), "apc_model": empty, "apc_reason": empty}
    fit = annual_changes(
        numbers["numerator"],
        numbers["denominator"],
        numbers["value"],
        series.years,
        about["kind"].to_numpy(dtype=object),
        ceiling,
    )
    there = (fitted == 0) & (fit.reason == 0)
    found = {column: np.where(there, getattr(fit, name), np.nan) for name, column in _OF_ANNUAL.items()}
    model = np.where(there, np.array(MODELS, dtype=object)[fit.model], "")
    return {**found, "apc_model": model, "apc_reason": _not_computed(fit.reason, annual_change.REASONS, fitted)}


_OF_ANNUAL = {"change": "apc", "lower": "apc_lower", "upper": "apc_upper", "p": "apc_p", "dispersion": "dispersion"}


def _runs(series: YearlySeries, value: Floats, digits: NDArray[Any]) -> Codes:
    """Return the runs up to each series' own last point."""
    found = np.zeros(len(series), dtype=np.int64)
    for column in np.unique(series.last):
        rows = series.last == column
        found[rows] = runs(value[rows, : column + 1], digits[rows])
    return found


def _reasons(series: YearlySeries, ends: pd.DataFrame, known_last: Flags, above: Flags) -> NDArray[np.object_]:
    """Say of each series what it does not reach back to, and which years were left out."""
    n = len(series)
    if not n:
        return np.zeros(0, dtype=object)
    last_out = series.left_out[np.arange(n), series.last]
    later = _newer_definition(series, ends)
    notes: list[tuple[Flags, str]] = [
        (~known_last & ~last_out, _says("no_last_value")),
        (last_out, _says("last_left_out")),
        (series.broken["definition"] | later, _says("since_definition")),
        (series.broken["boundary"], _says("since_boundary")),
    ]
    texts = np.full(n, "", dtype=object)
    for holds, text in notes:
        texts[holds] = [f"{said}; {text}".removeprefix("; ") for said in texts[holds]]
    for key, out in (("left_out", series.left_out), ("above_left_out", above & series.usable)):
        for row in np.flatnonzero(out.any(axis=1)):
            years = "/".join(f"{year:.0f}" for year in series.years[out[row]])
            texts[row] = f"{texts[row]}; {_says(key, years=years)}".removeprefix("; ")
    return texts


def _newer_definition(series: YearlySeries, ends: pd.DataFrame) -> Flags:
    """Whether the same place and indicator has values on an older definition before the series begins."""
    first = series.years[np.where(series.usable.any(axis=1), series.usable.argmax(axis=1), series.last)]
    place = ends.groupby(["area", "unit", "indicator"], sort=False).ngroup()
    span = ends["period"].map({name: periods.parse(name).length for name in ends["period"].unique()})
    rows = pd.DataFrame({"place": place, "span": span, "first": first, "definition": ends["definition"]})
    if not rows.duplicated(["place", "span"]).any():
        return np.zeros(len(ends), dtype=bool)
    order = rows.sort_values("definition", kind="stable")
    earliest = order.groupby(["place", "span"], sort=False)["first"].cummin()
    before = earliest.groupby([order["place"], order["span"]], sort=False).shift()
    return np.asarray((before < order["first"]).reindex(rows.index), dtype=bool)
