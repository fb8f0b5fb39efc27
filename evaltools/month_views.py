"""What readers see month by month: control charts of shares whose months stand for themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.comparability import breaks_between, disturbed
from evaltools.control_limits import POINTS, control_chart_points
from evaltools.datasets import Data
from evaltools.indicator_kinds import OF_CHANCE
from evaltools.measures import indicators
from evaltools.regions import RegionFigures
from evaltools.tables import each_row
from evaltools.target_views import targets_of
from evaltools.views import described

MONTHS = 36
"""The most months shown, up to the end of the period."""

COLUMNS = ["label", "indicator", "definition", "per", *POINTS, "measure_kind"]
"""Columns of `controlled`; measure_kind is the kind of the indicator, since `kind` is that of a point."""


def controlled(data: Data, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return the points of the control chart of every share of an area that has one, in the order of the catalogue.

    Only shares and event rates both of whose sides are counted anew each month (newborns visited of those born): what
    stands or adds up over the year (patients managed) goes its way from month to month, and would be all signals.
    Empty for a page that is itself about one month, or without months.
    """
    own = _counted_anew(data)
    if own.empty or periods.every(period) == "month":
        return pd.DataFrame(columns=COLUMNS)
    last = periods.parse(period).last
    ind = region.admitted(indicators(data, "month", units=False))
    near = ind["period"].map(lambda name: last - MONTHS < periods.parse(name).last <= last).astype(bool)
    rows = ind[near & (ind["area"] == area)].merge(own, on=["indicator", "definition"])
    rows = described(rows[rows.groupby("indicator")["value"].transform("count") > 0], data, lang)
    aims = targets_of(data, area, periods.name(periods.Span(last // 12 * 12, last // 12 * 12 + 11)))
    levels = aims["target"][aims["kind"] == "absolute"]
    newest = rows.groupby("indicator")["definition"].transform("max")  # one chart is of one definition
    rows = rows[rows["definition"] == newest]
    parts = [_points(part, levels, data.breaks) for _, part in rows.groupby("indicator", sort=False)]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _counted_anew(data: Data) -> pd.DataFrame:
    """Return indicator and definition of those of chance all of whose items add up over time on both sides."""
    over_time = data.items.set_index("item")["over_time"]
    found = []
    for row in each_row(data.catalogue):
        if row.kind in OF_CHANCE and row.denominator:
            used = (formulas.items(formulas.parse(str(side))) for side in (row.numerator, row.denominator))
            if all({over_time.get(item, "") for item in items} == {"sum"} for items in used):
                found.append((row.indicator, row.valid_from))
    return pd.DataFrame(found, columns=["indicator", "definition"], dtype="str")


def _points(rows: pd.DataFrame, aims: pd.Series, breaks: pd.DataFrame) -> pd.DataFrame:
    about = rows.iloc[0]
    months = rows.sort_values("period").reset_index(drop=True)
    pairs = months.assign(previous_period=months["period"].shift().fillna(months["period"]))
    crossed = breaks_between(pairs, breaks)
    new_basis = months.loc[crossed["definition"] | crossed["boundary"], "period"].tolist()
    points = control_chart_points(
        months[["period", "numerator", "denominator", "value", "reason"]],
        target=float(aims.get(about["indicator"], np.nan)),
        direction=about["direction"],
        breaks=[name for name in new_basis if name != months["period"].iloc[0]],
        disturbed=months.loc[disturbed(months, breaks), "period"].tolist(),
        bounds=(0.0, float(about["per"])) if about["kind"] == "proportion" else None,
    )
    return points.assign(
        label=about["name"],
        indicator=about["indicator"],
        definition=about["definition"],
        per=about["per"],
        measure_kind=about["kind"],
    )


def to_look_at(points: pd.DataFrame, months: int = 12, most: int = 3) -> list[pd.DataFrame]:
    """Return the points of the indicators with most signals in their last months, at most so many.

    Those that became worse come first; where nothing stands out, none.
    """
    found = []
    for _, part in points.groupby("indicator", sort=False):
        recent = part.tail(months)
        signals = int((~recent["kind"].isin(["", "common"])).sum())
        found.append((int((recent["status"] == "worse").sum()), signals, part))
    ranked = sorted((one for one in found if one[1]), key=lambda one: (-one[0], -one[1]))
    return [part for _, _, part in ranked[:most]]
