"""Areas beside each other: their sum, how they spread, their ranks, funnel limits and the league table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gdtrib, ndtri

from evaltools import formulas
from evaltools.changes import check_one_row_each
from evaltools.comparability import previous_periods
from evaltools.decimals import NEAR, as_typed, exact
from evaltools.rates import Floats

COLUMNS = [
    "period",
    "area",
    "indicator",
    "definition",
    "numerator",
    "denominator",
    "value",
    "rank",
    "percentile",
    "n_areas",
    "mean",
    "p10",
    "p25",
    "median",
    "p75",
    "p90",
    "total_numerator",
    "total_denominator",
    "total_value",
    "total_areas",
    "reference_numerator",
    "reference_denominator",
    "reference_value",
]
"""Columns of `benchmark`."""

LEAGUE_COLUMNS = [
    "period",
    "area",
    "unit",
    "section",
    "points",
    "full",
    "lost",
    "grade",
    "rank",
    "n_ranked",
    "previous_period",
    "previous_points",
    "previous_grade",
    "previous_rank",
    "change_points",
    "change_rank",
]
"""Columns of `league`."""

_GROUP = ["period", "indicator", "definition"]
_QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}
_PER = np.array([1.0, 100.0, 1000.0, 10_000.0, 100_000.0])


def benchmark(
    ind: pd.DataFrame,
    catalogue: pd.DataFrame | None = None,
    reference: str | None = None,
    exclude: Collection[str] = (),
    items: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Set every area of a region beside the others.

    ind: indicator frame of the region; rows of units are left out. catalogue: the table of indicators, for kind and
    direction. reference: the area the others are measured against (the parent, a country). It and the areas in
    `exclude` keep their rows but are in no figure of the region and have no rank. items: the table of items, which
    tells what cannot be added up.

    Returns `COLUMNS`, one row for each row of an area, in the order of `ind`. The figures of the region are
    the same on every row of a period, indicator and definition:

    n_areas: areas with a value. mean: their unweighted mean. p10, p25, median, p75, p90: their percentiles,
        type 7 of Hyndman & Fan (1996), as in R and numpy.
    total_numerator, total_denominator, total_value: the sums over the areas that have both (total_areas of
        them), and the rate of the region they give, in the points of `value`. Counts and amounts have a
        numerator only. NaN where adding up has no meaning: for worst_unit (the catalogue tells), for counts and
        amounts of items that are not added over units (the items tell) and, total_value only, where the values
        are not numerator / denominator × one scale.
    reference_*: the reference's own figures, NaN without one.

    rank: competition rank among the areas with a value (1, 1, 3), 1 the best by the indicator's direction. NaN
        without a catalogue and where the direction is `none` or `range`: nobody is best then.
    percentile: position among the areas by value, 0 the lowest, 100 the highest and 50 the median, the inverse
        of the percentiles above; equal values share the middle of their places. NaN for a single area.

    Equal is decided by exact ratios: 1/3 and 2/6 share a rank whatever their quotients round to.
    Raises ValueError if a period, area, indicator and definition stand on more than one row.

    Examples:
    >>> import evaltools as ev
    >>> ind = ev.indicators(ev.load("qof"), units=False)
    >>> bench = ev.benchmark(ind[(ind["indicator"] == "chd015") & (ind["period"] == "2024")])
    >>> print(bench[["area", "value", "median", "percentile"]].head(2).round(1).to_string(index=False))
    area  value  median  percentile
    P001   85.1    80.3        91.7
    P002   75.0    80.3        25.0
    """
    rows = ind[ind["unit"] == ""].reset_index(drop=True)
    check_one_row_each(rows)
    outside = {*exclude, *([reference] if reference else [])}
    place = pd.MultiIndex.from_frame(rows[_GROUP])
    rows["_group"] = place.factorize()[0]
    direction = _from_catalogue(rows, catalogue, "direction")
    inside = rows[~rows["area"].isin(outside)]
    valued = inside[inside["value"].notna()]
    per = _per(inside)

    groups = valued.groupby("_group")["value"]
    spread = groups.agg(n_areas="size", mean="mean")
    for name, share in _QUANTILES.items():
        spread[name] = groups.quantile(share)  # linear interpolation is type 7
    totals = _totals(inside, per)
    figures = rows[["_group"]].join(spread, on="_group").join(totals, on="_group")
    for name in ("n_areas", "total_areas"):
        figures[name] = figures[name].fillna(0).astype(int)
    summable = ["total_numerator", "total_denominator", "total_value"]
    figures[summable] = figures[summable].mask(_not_added(rows, catalogue, items))
    own = rows[rows["area"] == reference].set_index("_group")[["numerator", "denominator", "value"]]
    compared = rows[["_group"]].join(own.add_prefix("reference_"), on="_group")

    below, level, size = _positions(valued, per)
    rank = pd.Series(np.nan, index=rows.index)
    rank = rank.mask(direction == "down", below + 1).mask(direction == "up", size - below - level + 1)
    percentile = (below + (level - 1) / 2) / (size - 1).where(size > 1) * 100
    result = pd.concat([rows, figures.drop(columns="_group"), compared.drop(columns="_group")], axis=1)
    return result.assign(rank=rank, percentile=percentile)[COLUMNS]


def funnel_limits(
    denominator: ArrayLike | pd.Series,
    average: float,
    kind: str,
    per: float = 1,
    confidence: Sequence[float] = (0.95, 0.998),
) -> pd.DataFrame:
    """Control limits of a funnel plot around an average, by the size of the denominator.

    average: numerator / denominator of all areas together, not multiplied by `per`. kind: `proportion` or
    `rate`. For person-years give population × years; for a standardised ratio give the expected events as
    denominator, an average of 1 and the kind `rate`. Returns denominator, baseline (the average × per) and for each
    confidence a pair of columns, lower_95, upper_95, lower_99_8, upper_99_8 (× per); a Series keeps its index.
    NaN in, NaN out.

    proportion: average ± z √(average (1 − average) / n), cut at 0 and 1: the proportions whose Wilson (1927)
        interval just reaches the average.
    rate: the number of events whose exact Poisson interval (Garwood 1936) just reaches average × n, as a real
        number, over n; where no number of events is that low the lower limit is 0.

    These are the limits of PHEindicatormethods 2.1.0, `calculate_funnel_limits` (Spiegelhalter 2005), which
    tabulates the second kind by events instead.
    Raises ValueError for another kind, a denominator of zero or less, an average that is impossible, or a
    confidence outside 0.9 to 1.
    """
    if kind not in ("proportion", "rate"):
        raise ValueError(f"funnel limits exist for proportion and rate; found {kind!r}")
    index = denominator.index if isinstance(denominator, pd.Series) else None
    n = funnel_sizes(denominator, average, 1 if kind == "proportion" else np.inf)
    columns = {"denominator": n, "baseline": np.full(len(n), average * per)}
    for level in confidence:
        if not 0.9 <= level < 1:
            raise ValueError(f"confidence must be at least 0.9 and below 1; found {level!r}")
        limits = _proportion_limits if kind == "proportion" else _rate_limits
        lower, upper = limits(n, float(average), (1 - level) / 2)
        name = f"{level * 100:g}".replace(".", "_")
        columns |= {f"lower_{name}": lower * per, f"upper_{name}": upper * per}
    return pd.DataFrame(columns, index=index)


def funnel_sizes(denominator: ArrayLike | pd.Series, average: float, highest: float) -> Floats:
    """Return the sizes of a funnel as an array; raises ValueError for one, or an average, that cannot be."""
    if not 0 <= average <= highest or np.isinf(average):
        raise ValueError(f"average must be cases over denominator, from 0 to {highest}; found {average!r}")
    n = np.atleast_1d(np.asarray(denominator, dtype=float))
    if (n <= 0).any() or np.isinf(n).any():
        raise ValueError(f"denominator must be above zero and finite; found {n[(n <= 0) | np.isinf(n)][0]:g}")
    return n


def league(totals: pd.DataFrame, exclude: Collection[str] = (), barred: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rank the scores, and say how points and rank changed from the year before.

    totals: period, area, unit, section, points, full, lost, grade, one row a section; section "" is the total.
    Returns `LEAGUE_COLUMNS` in the order of `totals`. Areas are ranked with areas, the units of an area with each
    other; competition rank by points (1, 1, 3), 1 the most. Rows without points, areas in `exclude`, and the periods,
    areas and units in `barred` (whom a veto bars) have no rank.

    change_points: points − previous points. change_rank: previous rank − rank, places gained; both NaN without
    a previous year or a rank in it.
    Raises ValueError if a period, area, unit and section stand on more than one row.
    """
    place = ["period", "area", "unit", "section"]
    if totals.duplicated(place).any():
        first = totals.loc[totals.duplicated(place), place].iloc[0].to_dict()
        raise ValueError(f"more than one row for {first}")
    rows = totals.reset_index(drop=True)
    # points are sums of printed numbers: what differs after the ninth decimal is how the computer adds
    points = rows["points"].round(9).mask(rows["area"].isin(list(exclude)))
    if barred is not None:
        out = pd.MultiIndex.from_frame(barred[place[:3]])
        points = points.mask(pd.MultiIndex.from_frame(rows[place[:3]]).isin(out))
    field = [rows["period"], rows["section"], rows["unit"] != "", rows["area"].where(rows["unit"] != "", "")]
    ranks = points.groupby(field)
    rows = rows.assign(rank=ranks.rank(method="min", ascending=False), n_ranked=ranks.transform("count"))
    earlier = rows["period"].map(previous_periods(rows["period"].unique()))
    rows["previous_period"] = earlier.astype("str").where(earlier.notna(), "")
    carried = ["points", "grade", "rank"]
    before = rows[place + carried].rename(columns={name: f"previous_{name}" for name in ["period", *carried]})
    rows = rows.merge(before, how="left", on=["previous_period", *place[1:]])
    return rows.assign(
        previous_grade=rows["previous_grade"].fillna(""),
        change_points=rows["points"] - rows["previous_points"],
        change_rank=rows["previous_rank"] - rows["rank"],
    )[LEAGUE_COLUMNS]


def _from_catalogue(rows: pd.DataFrame, catalogue: pd.DataFrame | None, name: str) -> pd.Series:
    """Return a column of the catalogue for each row, "" where it is not known."""
    if catalogue is None:
        return pd.Series("", index=rows.index, dtype="str")
    known = catalogue.set_index(["indicator", "valid_from"])[name]
    at = pd.MultiIndex.from_frame(rows[["indicator", "definition"]])
    return pd.Series(known.reindex(at).to_numpy(), index=rows.index, dtype="str").fillna("")


def _not_added(rows: pd.DataFrame, catalogue: pd.DataFrame | None, items: pd.DataFrame | None) -> pd.Series:
    """Whether the numbers of several areas have no sum that means anything."""
    kind = _from_catalogue(rows, catalogue, "kind")
    if items is None:
        return kind == "worst_unit"
    single = set(items.loc[items["over_units"] == "none", "item"])
    numerator = _from_catalogue(rows, catalogue, "numerator").where(kind.isin(["count", "amount"]), "")
    unadded = [text for text in numerator.unique() if text and formulas.items(formulas.parse(text)) & single]
    return (kind == "worst_unit") | numerator.isin(unadded)


def _per(inside: pd.DataFrame) -> pd.Series:
    """Return by group the number that takes numerator / denominator to value, NaN where there is no such one.

    Found from the rows themselves, so that what is summed and ranked as a ratio is one. Only zeros: 1.
    """
    given = inside[inside["value"].notna()]
    ratio = given["numerator"] / given["denominator"].fillna(1)
    scale = (given["value"] / ratio).where(ratio != 0)
    scale = scale.where(scale > 0)
    nearest = _PER[np.abs(np.log(scale.fillna(1).to_numpy(dtype=float)[:, None] / _PER)).argmin(axis=1)]
    fits = np.isclose(given["value"], ratio * nearest, rtol=1e-9, atol=0)
    found = pd.DataFrame({"scale": pd.Series(nearest, index=given.index).where(scale.notna()), "fits": fits})
    by_group = found.groupby(given["_group"]).agg(low=("scale", "min"), high=("scale", "max"), fits=("fits", "all"))
    per = by_group["low"].fillna(1)
    return per.where(by_group["fits"] & (per == by_group["high"].fillna(1)))


def _totals(inside: pd.DataFrame, per: pd.Series) -> pd.DataFrame:
    """Add up the numerators and denominators of the areas that have both, by group."""
    # a value without a denominator is a count or an amount: its numerator is all there is to add
    whole = inside["denominator"].notna() | inside["value"].notna()
    counted = inside[inside["numerator"].notna() & whole]
    sums = counted.groupby("_group").agg(
        total_numerator=("numerator", "sum"),
        total_denominator=("denominator", lambda column: column.sum(min_count=1)),
        total_areas=("numerator", "size"),
    )
    for name in ("total_numerator", "total_denominator"):
        sums[name] = as_typed(sums[name].to_numpy(dtype=float))
    below = sums["total_denominator"].fillna(1)
    sums["total_value"] = sums["total_numerator"] * per.reindex(sums.index) / below.where(below != 0)
    return sums


def _positions(valued: pd.DataFrame, per: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return for each row how many of its group are lower, how many equal, itself included, and how many in all.

    Compared as numerator / denominator where that is what the value is made of, else as the value.
    """
    made_of = valued["_group"].map(per).notna()
    top = valued["numerator"].where(made_of, valued["value"])
    bottom = valued["denominator"].where(made_of).fillna(1)
    rows = pd.DataFrame({"group": valued["_group"], "top": top, "bottom": bottom, "quotient": top / bottom})
    rows = rows.sort_values(["group", "quotient"], kind="stable")
    step = rows["quotient"].diff() > NEAR * rows["quotient"].abs()
    rows["cluster"] = (step | (rows["group"] != rows["group"].shift())).cumsum()
    rows["within"] = 0
    crowded = rows[rows.duplicated("cluster", keep=False)]
    ratios = [exact(a) / exact(b) for a, b in zip(crowded["top"].tolist(), crowded["bottom"].tolist(), strict=True)]
    order = {ratio: at for at, ratio in enumerate(sorted(set(ratios)))}
    rows.loc[crowded.index, "within"] = [order[ratio] for ratio in ratios]
    rows = rows.sort_values(["cluster", "within"], kind="stable")
    tie = rows.groupby(["cluster", "within"])
    place = rows.groupby("group").cumcount()
    below = place.groupby([rows["cluster"], rows["within"]]).transform("min")
    return below, tie["group"].transform("size"), rows.groupby("group")["group"].transform("size")


def _proportion_limits(n: Floats, average: float, tail: float) -> tuple[Floats, Floats]:
    half = -ndtri(tail) * np.sqrt(average * (1 - average) / n)
    return np.clip(average - half, 0, 1), np.clip(average + half, 0, 1)


def _rate_limits(n: Floats, average: float, tail: float) -> tuple[Floats, Floats]:
    expected = average * n
    if average == 0:
        return expected, expected
    # gdtrib finds the shape of a gamma distribution; P(Poisson(m) ≥ k) is its value at m for the shape k
    fewest = gdtrib(1.0, 1 - tail, expected) - 1
    most = gdtrib(1.0, tail, expected)
    return np.maximum(fewest, 0) / n, most / n
