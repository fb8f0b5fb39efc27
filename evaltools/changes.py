"""Change from the same months of the year before: how large, whether chance explains it, whether it matters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import differences, periods
from evaltools.catalogue import valid_in
from evaltools.comparability import Flags, breaks_between, previous_periods
from evaltools.decimals import NEAR, exact
from evaltools.decomposition import numerator_denominator_effects
from evaltools.indicator_kinds import OF_CHANCE, kinds_of
from evaltools.rates import Floats
from evaltools.row_texts import Texts, because, coded, joined
from evaltools.wording import word

KEY = ["period", "area", "unit", "indicator", "definition"]
"""What names a row of an indicator frame."""

COLUMNS = [
    *KEY,
    "previous_period",
    "numerator",
    "denominator",
    "value",
    "previous_numerator",
    "previous_denominator",
    "previous_value",
    "change_pp",
    "change_lower",
    "change_upper",
    "change_percent",
    "percent_lower",
    "percent_upper",
    "numerator_effect",
    "denominator_effect",
    "p",
    "p_adjusted",
    "meaningful",
    "verdict",
    "reason",
]
"""Columns of `year_on_year`."""

MEANINGFUL_POINTS = "meaningful_change"
MEANINGFUL_PERCENT = "meaningful_change_percent"
"""Parameters: the least change that matters, in percentage points of shares, in per cent of the value of others.

`meaningful_change_<indicator>` goes before both, in the indicator's own points."""

DEFAULTS = {MEANINGFUL_POINTS: 1.0, MEANINGFUL_PERCENT: 1.0}
"""Where no table of parameters is given: what the national catalogue says."""

SIGNIFICANCE = 0.05
"""A change is called clear if its adjusted p is below this: 5% of the changes called clear may be chance."""

IN_POINTS = ("proportion", "ratio", "units_meeting", "worst_unit")
"""Kinds that, per 100, change by percentage points."""

_SIDES = ["numerator", "denominator", "value"]
_PREDECESSORS = re.escape(word("terms.reason_predecessors", "en", n="#")).replace(r"\#", r"\d+")
_BOUNDARY = word("indicators.reason_boundary_changed", "en")


def year_on_year(
    ind: pd.DataFrame,
    breaks: pd.DataFrame | None = None,
    catalogue: pd.DataFrame | None = None,
    parameters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compare every row with the same months of the year before (同比; for whole years 较上年).

    `ind` is an indicator frame; `breaks`, `catalogue` and `parameters` the dataset's tables of those names. Without a
    catalogue no direction is known, so nothing is called better or worse (`indicator_kinds.kinds_of`). Returns
    `COLUMNS`, in the order of `ind`: one row for each row whose period has the same months a year earlier anywhere in
    the frame. The period `unknown` is never compared.

    change_pp: value − previous value, in the indicator's own points: percentage points where it is per 100,
        per-mille points per 1000, the plain difference for counts and amounts. From the unrounded values,
        which are numerator / denominator × per, so that equal ratios change by exactly 0. change_lower and
        change_upper are its 95% interval: of proportions by Newcombe (1998), of event rates by Donner & Zou (2012).
    change_percent: relative change, (value / previous value − 1) × 100, in percent. NaN where the previous
        value is zero or negative. percent_lower and percent_upper: its 95% interval by the logarithm of the ratio
        (Katz et al. 1978), NaN where a side has no case.
    numerator_effect, denominator_effect: what the numerator and what the denominator did to the value, in the same
        points as change_pp, which they add up to (`decomposition.numerator_denominator_effects`).
    p: two-sided p of no change, by Campbell's chi-square (2007) for proportions, exact for event rates; NaN for other
        kinds. p_adjusted: after Benjamini & Hochberg (1995) over the indicators of one place and period.
    meaningful: the least change that matters, in the points of change_pp (`MEANINGFUL_POINTS`, `MEANINGFUL_PERCENT`).
    verdict: see `verdicts`.
    reason: why there is no change, or what to know about it; several are joined by "; ".

    Both sides have the same definition (`definition`), else "not comparable: definition changed". What lies on two
    sides of a break of definition or boundary is not comparable either (`comparability.breaks_between`); a disturbance
    is only told. A value that sums predecessors may be compared, and the reason says so; one whose place has just
    absorbed another may not.

    Raises ValueError if a period, area, unit, indicator and definition stand on more than one row.

    Examples:
    >>> import evaltools as ev
    >>> data = ev.load("example", area="990101")
    >>> yoy = ev.year_on_year(ev.indicators(data, units=False), data.breaks, data.catalogue)
    >>> row = yoy[(yoy["period"] == "2024") & (yoy["indicator"] == "hypertension_control_rate")]
    >>> print(row[["value", "previous_value", "change_pp", "verdict"]].round(2).to_string(index=False))
     value  previous_value  change_pp verdict
      71.8           70.52       1.27  better
    """
    check_one_row_each(ind)
    ind = ind.reset_index(drop=True)
    rows, found, other_definition = _with_previous(ind)
    about = kinds_of(ind, catalogue).loc[rows.index].reset_index(drop=True)
    rows = rows.reset_index(drop=True)
    crossed = breaks_between(rows, breaks, catalogue)
    here, before = rows["reason"], rows["previous_reason"].mask(~found, _says("no_row"))
    barred = crossed["boundary"] | _holds(here, _BOUNDARY)
    comparable = ~(other_definition | crossed["definition"] | barred)
    known = {name: rows[name].notna().to_numpy() for name in ("value", "previous_value")}
    compared = comparable & known["value"] & known["previous_value"]
    numbers = _numbers(rows, about, compared)
    numbers["meaningful"] = _meaningful(rows, about, parameters)
    families = pd.MultiIndex.from_frame(rows[KEY[:3]])
    numbers["p_adjusted"] = differences.benjamini_hochberg(
        numbers["p"], np.asarray(pd.factorize(families)[0], dtype=np.int64)
    )
    previous = rows["previous_value"].where(compared).to_numpy(dtype=float)
    chance = about["kind"].isin(OF_CHANCE).to_numpy() & compared
    moved = numbers["change_pp"] != 0
    ratio_open = chance & (previous > 0) & np.isnan(numbers["percent_lower"])
    notes: list[tuple[Flags, str | Texts]] = [
        (other_definition, _says("definition_changed")),
        (crossed["definition"], _says("definition_break")),
        (barred, _says("boundary_break")),
        (~known["value"], because(coded(here), "comparison.reason_this_missing")),
        (~known["previous_value"] & ~other_definition, because(coded(before), "comparison.reason_previous_missing")),
        (compared & (_holds(here, _PREDECESSORS) | _holds(before, _PREDECESSORS)), _says("predecessors_basis")),
        (previous == 0, _says("previous_zero")),
        (previous < 0, _says("previous_negative")),
        (chance & np.isnan(numbers["change_lower"]), _says("no_interval")),
        (ratio_open & ~np.isnan(numbers["change_lower"]) & moved, _says("ratio_without_cases")),
        (chance & np.isnan(numbers["p"]) & ~np.isnan(numbers["change_lower"]) & moved, _says("too_few_to_test")),
        (compared & crossed["disturbance"], _says("disturbance")),
    ]
    verdict = verdicts(pd.DataFrame(numbers), about["direction"], chance)
    result = rows.assign(**numbers, verdict=verdict, reason=joined(notes, len(rows)))
    return result[COLUMNS].astype({"verdict": "str", "reason": "str"})


def verdicts(numbers: pd.DataFrame, direction: pd.Series, chance: Flags) -> NDArray[np.object_]:
    """Return what to call each change: its direction, whether chance explains it, whether it is large enough to matter.

    numbers: change_pp, change_lower, change_upper, p_adjusted, meaningful; `chance` tells where chance plays a part.

    better, worse: beyond chance (p_adjusted below `SIGNIFICANCE`) and at least `meaningful`, by the direction.
    neutral: the same, of an indicator without a good direction.
    small: less than `meaningful`, and certainly so: it is no chance, or its interval lies within ±`meaningful`.
    unclear: chance could explain it: p_adjusted is not below that, or there are too few cases to test and the interval
    holds zero. untested: chance plays a part, but could not be judged.
    same: no change at all. "": there is none to judge.
    """
    change, least = numbers["change_pp"], numbers["meaningful"]
    clear = ~chance | (numbers["p_adjusted"] < SIGNIFICANCE)
    untested = (
        chance & numbers["p_adjusted"].isna() & ~((numbers["change_lower"] <= 0) & (numbers["change_upper"] >= 0))
    )
    within = (numbers["change_lower"] > -least) & (numbers["change_upper"] < least)
    little = change.abs() < least * (1 - NEAR)  # a quotient may fall short of a whole point in its last digit
    good = np.sign(change) * direction.map({"up": 1.0, "down": -1.0}).astype(float).to_numpy()
    return np.select(
        [change.isna(), change == 0, little & (clear | within), untested, ~clear, good > 0, good < 0],
        ["", "same", "small", "untested", "unclear", "better", "worse"],
        "neutral",
    ).astype(object)


def check_one_row_each(ind: pd.DataFrame) -> None:
    """Raise ValueError, naming the first, if the same `KEY` stands on more than one row."""
    repeated = ind.duplicated(KEY)
    if repeated.any():
        cells = ind.loc[repeated, KEY].iloc[0]
        raise ValueError("more than one row for " + ", ".join(f"{name}={text}" for name, text in cells.items()))


def _with_previous(ind: pd.DataFrame) -> tuple[pd.DataFrame, Flags, Flags]:
    """Return the rows that have a previous period, with its columns beside them, numbered by their place in `ind`.

    Then which of them have a row a year earlier on the same definition, and which only one on another definition.
    """
    codes, names = pd.factorize(ind["period"])
    at_name = {name: at for at, name in enumerate(names)}
    earlier = previous_periods(names)
    before = np.array([at_name.get(earlier.get(name, ""), -1) for name in names], dtype=np.int64)
    previous = before[codes] if len(names) else codes
    rows = ind[previous >= 0]
    place = row_codes([ind[name] for name in KEY[1:4]])
    series = row_codes([place, ind["definition"]])
    at, found = _looked_up(series, codes, previous, len(names))
    elsewhere = _looked_up(place, codes, previous, len(names))[1]
    columns = {f"previous_{name}": np.where(found, ind[name].to_numpy(dtype=float)[at], np.nan) for name in _SIDES}
    reason = ind["reason"].fillna("")
    rows = rows.assign(
        previous_period=pd.Series(names[previous[previous >= 0]], rows.index, dtype="str"),
        **{name: cells[previous >= 0] for name, cells in columns.items()},
        reason=reason[rows.index],
        previous_reason=reason.take(at).set_axis(ind.index)[rows.index],
    )
    found, elsewhere = found[previous >= 0], elsewhere[previous >= 0]
    return rows, found, ~found & elsewhere


def row_codes(columns: Sequence[pd.Series | NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return a number for each row that is the same where all columns are the same."""
    result = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, distinct = pd.factorize(column)
        _, result = np.unique(result * max(len(distinct), 1) + codes, return_inverse=True)
    return result.astype(np.int64)


def _looked_up(
    series: NDArray[np.int64], codes: NDArray[np.int64], previous: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int64], Flags]:
    """Return for each row where its series has the previous period, 0 where it does not, and whether it does."""
    stands = series * n + codes
    order = np.argsort(stands, kind="stable")
    wanted = series * n + previous
    at = order[np.minimum(np.searchsorted(stands, wanted, sorter=order), max(len(order) - 1, 0))] if n else order
    found = (stands[at] == wanted) & (previous >= 0)
    return np.where(found, at, 0), found


def _numbers(rows: pd.DataFrame, about: pd.DataFrame, compared: Flags) -> dict[str, Floats]:
    """Return change, relative change, their intervals, effects and p of the rows compared; NaN for the others."""
    per = about["per"].to_numpy()
    sides = [rows[f"{side}{name}"].to_numpy(dtype=float) for side in ("", "previous_") for name in _SIDES[:2]]
    sides = [np.where(compared, side, np.nan) for side in sides]
    value, previous = (rows[name].to_numpy(dtype=float) for name in ("value", "previous_value"))
    change = np.where(compared, value - previous, np.nan)
    change[_equal(rows) & compared] = 0.0
    proportion, event = ((about["kind"] == kind).to_numpy() & compared for kind in OF_CHANCE)
    limits = [np.full(len(rows), np.nan) for _ in range(3)]
    for chosen, interval, test in (
        (proportion, _newcombe, differences.proportions_test),
        (event, differences.rate_difference_limits, differences.rates_test),
    ):
        some = [side[chosen] for side in sides]
        for column, numbers in zip(limits, (*interval(*some), test(*some)), strict=True):
            column[chosen] = numbers
    x, n, earlier_x, earlier_n = (np.where(proportion | event, side, np.nan) for side in sides)
    ratio = differences.ratio_limits(x, n, earlier_x, earlier_n, proportion)
    effects = numerator_denominator_effects(sides[0], sides[1], sides[2], sides[3], per)
    base = np.where(previous > 0, previous, np.nan)
    return {
        "change_pp": change,
        "change_lower": limits[0] * per,
        "change_upper": limits[1] * per,
        "change_percent": change / base * 100,
        "percent_lower": (ratio[0] - 1) * 100,
        "percent_upper": (ratio[1] - 1) * 100,
        "numerator_effect": effects["numerator_effect"].to_numpy(dtype=float),
        "denominator_effect": effects["denominator_effect"].to_numpy(dtype=float),
        "p": limits[2],
    }


def _newcombe(count: Floats, n: Floats, earlier_count: Floats, earlier_n: Floats) -> tuple[Floats, Floats]:
    apart = differences.difference(pd.Series(count), pd.Series(n), pd.Series(earlier_count), pd.Series(earlier_n))
    return apart["lower"].to_numpy(dtype=float), apart["upper"].to_numpy(dtype=float)


def _equal(rows: pd.DataFrame) -> Flags:
    """Whether the two values of each row are one ratio: 0.1/0.3 and 1/3, whatever their quotients round to."""
    this, previous = (rows[[f"{side}{name}" for name in _SIDES]].to_numpy(dtype=float) for side in ("", "previous_"))
    equal = np.asarray(this[:, 2] == previous[:, 2], dtype=bool)
    for at in np.flatnonzero(~equal & np.isclose(this[:, 2], previous[:, 2], rtol=NEAR, atol=0)):
        equal[at] = _ratio(*this[at].tolist()) == _ratio(*previous[at].tolist())
    return equal


def _ratio(above: float, below: float, value: float) -> Fraction:
    return exact(above) / exact(below) if below and np.isfinite([above, below]).all() else exact(value)


def _meaningful(rows: pd.DataFrame, about: pd.DataFrame, parameters: pd.DataFrame | None) -> Floats:
    """Return for each row the least change that matters, in its own points."""
    in_points = (about["per"] == 100) & about["kind"].isin(["", *IN_POINTS])
    relative = policy(rows, parameters, MEANINGFUL_PERCENT) / 100 * rows["previous_value"].abs().to_numpy(dtype=float)
    least = np.where(in_points, policy(rows, parameters, MEANINGFUL_POINTS), relative)
    if parameters is not None:
        own = parameters.loc[parameters["parameter"].str.startswith(f"{MEANINGFUL_POINTS}_"), "parameter"].unique()
        for name in set(own) - {MEANINGFUL_PERCENT}:
            chosen = (rows["indicator"] == name.removeprefix(f"{MEANINGFUL_POINTS}_")).to_numpy()
            stated = policy(rows[chosen], parameters, name)
            least[chosen] = np.where(np.isnan(stated), least[chosen], stated)
    return np.where(np.isnan(rows["previous_value"].to_numpy(dtype=float)), np.nan, least)


def policy(rows: pd.DataFrame, parameters: pd.DataFrame | None, name: str) -> Floats:
    """Return a parameter for each row's period and area: the area's own, that of all, the default, or NaN."""
    if parameters is None:
        return np.full(len(rows), DEFAULTS[name])
    stated = parameters[parameters["parameter"] == name].sort_values("valid_from", kind="stable")
    years, distinct = pd.factorize(rows["period"].map({p: periods.parse(p).year for p in rows["period"].unique()}))
    found = np.full(len(rows), DEFAULTS.get(name, np.nan))
    for at, year in enumerate(distinct):
        valid = stated[valid_in(stated, int(year))]
        general = valid.loc[valid["area"] == "*", "value"]
        found[years == at] = float(general.iloc[-1]) if len(general) else DEFAULTS.get(name, np.nan)
        for own in valid[valid["area"] != "*"].to_dict("records"):
            found[(years == at) & (rows["area"] == own["area"]).to_numpy()] = float(own["value"])
    return found


def _holds(texts: pd.Series, pattern: str) -> Flags:
    """Whether each text holds a pattern, looked for once a distinct text."""
    codes, distinct = pd.factorize(texts)
    return np.array([re.search(pattern, text) is not None for text in distinct], dtype=bool)[codes]


def _says(key: str, **values: str) -> str:
    """Return the English reason of that name; pages translate it."""
    return word(f"comparison.reason_{key}", "en", **values)
