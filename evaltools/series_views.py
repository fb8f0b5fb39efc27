"""What readers see over time: the values of some indicators, year by year or month by month, ready for the charts."""

from __future__ import annotations

import pandas as pd

from evaltools import formulas, periods
from evaltools.catalogue import OF_UNITS
from evaltools.datasets import Data
from evaltools.measures import indicators
from evaltools.regions import RegionFigures
from evaltools.target_views import targets_of
from evaltools.views import described, names_of


def series(
    data: Data, ind: pd.DataFrame, region: RegionFigures, area: str, period: str, chosen: list[str], lang: str
) -> pd.DataFrame:
    """Return the values of some indicators up to a period with the region's quartiles: input of `trend_lines`.

    The same months of every year, since what has been done by June is less than by December; for a month all months.
    What an indicator was called by another name in an earlier definition is another thing and left out; indicators
    without any value too.
    """
    rows = ind[(ind["area"] == area) & (ind["unit"] == "") & ind["indicator"].isin(chosen)]
    step = 1 if periods.every(period) == "month" else 12
    last = periods.parse(period).last
    known = {name for name in rows["period"].unique() if name != periods.UNKNOWN}
    rows = rows[rows["period"].isin([name for name in known if _back(name, last) in range(0, last + 1, step)])]
    bench = region.benchmark[["period", "area", "indicator", "definition", "median", "p25", "p75"]]
    rows = rows.merge(bench, on=["period", "area", "indicator", "definition"], how="left")
    rows = described(_called_as_now(rows, data, lang), data, lang)
    target = pd.concat(
        [rows.loc[rows["period"] == p, "indicator"].map(_levels(data, area, p)) for p in rows["period"].unique()]
        or [pd.Series(dtype=float)]
    )
    shown = rows.assign(target=target.astype(float), label=rows["name"], q1=rows["p25"], q3=rows["p75"])
    wanted = ["label", "indicator", "definition", "period", "numerator", "denominator", "value", "per"]
    return _in_order(shown, chosen)[[*wanted, "kind", "median", "q1", "q3", "target"]]


def _back(name: str, last: int) -> int:
    return last - periods.parse(name).last


def _called_as_now(rows: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    names = data.catalogue.set_index(["indicator", "valid_from"])[f"name_{lang}"]
    name = names.reindex(pd.MultiIndex.from_frame(rows[["indicator", "definition"]])).to_numpy()
    known = rows.groupby("indicator")["value"].transform("count") > 0
    kept: pd.DataFrame = rows[(name == rows["indicator"].map(names_of(data, lang))) & known]
    return kept


def _in_order(rows: pd.DataFrame, chosen: list[str]) -> pd.DataFrame:
    order = {name: at for at, name in enumerate(chosen)}
    return rows.sort_values("indicator", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)


def _levels(data: Data, area: str, period: str) -> pd.Series:
    """Return indicator -> absolute target."""
    targets = targets_of(data, area, period)
    return targets["target"][targets["kind"] == "absolute"]


def monthly(
    data: Data, region: RegionFigures, area: str, period: str, chosen: list[str], lang: str, most: int = 6
) -> pd.DataFrame:
    """Return the months up to the end of a period, two years at most, of those chosen indicators that have them.

    Only indicators whose items add up over time in one way: those served in a month over everybody there is at its
    end is a number, but not one to set beside the year's.
    """
    wanted = ["label", "indicator", "definition", "period", "numerator", "denominator", "value", "per", "kind"]
    chosen = [name for name in chosen if len(_ways_over_time(data, name)) == 1]
    if periods.every(period) == "month" or not chosen:
        return pd.DataFrame(columns=wanted)
    last = periods.parse(period).last
    ind = region.admitted(indicators(data, "month", units=False))
    inside = ind["period"].map(lambda p: last - 24 < periods.parse(p).last <= last).astype(bool)
    rows = _called_as_now(ind[inside & (ind["area"] == area) & ind["indicator"].isin(chosen)], data, lang)
    counts = rows[rows["value"].notna()].groupby("indicator").size()
    shown = [name for name in chosen if counts.get(name, 0) >= 6][:most]
    rows = described(rows[rows["indicator"].isin(shown)], data, lang)
    return _in_order(rows.assign(label=rows["name"]), shown)[wanted]


def _ways_over_time(data: Data, indicator: str) -> set[str]:
    row = data.catalogue[data.catalogue["indicator"] == indicator].iloc[-1]
    if row["kind"] in OF_UNITS:
        return set()
    used = set().union(*(formulas.items(formulas.parse(str(row[side]))) for side in ("numerator", "denominator")))
    return set(data.items.loc[data.items["item"].isin(used), "over_time"])
