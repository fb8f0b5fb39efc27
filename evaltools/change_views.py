"""What readers see of changes and trends: one row an indicator, ready for `Publish.table`."""

from __future__ import annotations

import re

import pandas as pd

from evaltools import periods
from evaltools.changes import COLUMNS, KEY, year_on_year
from evaltools.datasets import Data
from evaltools.reasons import BOUNDARY_CHANGED
from evaltools.regions import RegionFigures
from evaltools.target_views import targets_of, with_targets
from evaltools.trends import trend
from evaltools.views import OF_OTHERS, beside_others, described, newest
from evaltools.wording import word
from evaltools.yearly_series import history, yearly_series

CHANGE = [name for name in COLUMNS if name not in (*KEY, "numerator", "denominator", "value", "reason")]
"""What an overview has of `year_on_year`."""

TREND = [
    "first_period",
    "years",
    "run",
    "marker",
    "marker_reason",
    "trend_z",
    "trend_p",
    "trend_reason",
    "mk_s",
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
    "series_reason",
    "history",
]
"""What an overview has of `trend`; `history` is the series itself, as `yearly_series.history` writes it."""


def overview(
    data: Data,
    ind: pd.DataFrame,
    region: RegionFigures,
    area: str,
    period: str,
    lang: str,
    without_disturbed: bool = False,
) -> pd.DataFrame:
    """Return one row an indicator: this period, the one before, the trend up to it, the target and the region.

    Indicators that neither this area nor any other of the region reports are left out; those that this area alone
    does not report stay, with the reason. status is the verdict of `year_on_year`, missing without a value; "" for a
    value that cannot be compared. without_disturbed: whether trends leave out disturbed years.
    """
    rows = ind[(ind["area"] == area) & (ind["unit"] == "")]
    now = newest(rows[rows["period"] == period])
    change = year_on_year(rows, data.breaks, data.catalogue, data.parameters)
    change = change[change["period"] == period]
    trends = trends_up_to(data, rows, period, without_disturbed)
    key = ["indicator", "definition"]
    bench = region.benchmark
    here = bench[(bench["period"] == period) & (bench["area"] == area)]
    others = [*OF_OTHERS, "n_areas", "reference_numerator", "reference_denominator", "reference_value"]
    result = (
        now.merge(change[[*key, *CHANGE, "reason"]], on=key, how="left", suffixes=("", "_change"))
        .merge(trends[[*key, *TREND]], on=key, how="left")
        .merge(beside_others(here)[[*key, *others]], on=key, how="left")
    )
    result = described(result[(result["n_areas"] > 0) | result["value"].notna()], data, lang)
    # no row a year earlier for any indicator of the area: then there is none of the comparison either
    nothing_before = word("comparison.reason_previous_missing", "en", reason=word("comparison.reason_no_row", "en"))
    changed = result["reason"].str.contains(BOUNDARY_CHANGED, regex=False)
    absent = pd.Series(nothing_before, result.index).mask(changed, word("comparison.reason_boundary_break", "en"))
    of_change = result["reason_change"].fillna(absent).where(result["value"].notna(), "")
    note = ["; ".join(dict.fromkeys(filter(None, texts))) for texts in zip(of_change, result["reason"], strict=True)]
    status = result["verdict"].fillna("").mask(result["value"].isna(), "missing")
    result = result.assign(status=status, reason=pd.Series(note, result.index, dtype="str"))
    result = with_targets(result, targets_of(data, area, period))
    return result.drop(columns=["reason_change", "verdict", "period", "area", "unit", "lower", "upper"])


GLANCE = ["name", "history", "value", "change_pp", "status", "marker", "target", "target_status", "reason"]
"""Columns of the table that shows every indicator at a glance."""

OF_FAMILY = [
    "name",
    "previous_value",
    "value",
    "change_pp",
    "change_lower",
    "change_upper",
    "change_percent",
    "p_adjusted",
    "status",
    "run",
]
"""Columns of the table of one family."""

OF_TRENDS = [
    "name",
    "first_period",
    "sen_slope",
    "mk_p",
    "trend_p",
    "apc",
    "apc_lower",
    "apc_upper",
    "apc_model",
    "not_computed",
]
"""Columns of the table of trends; the file has all."""


def families(data: Data, table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the families of an overview: a name for files, the name for readers, the rows with a value.

    `run` is NaN there where nothing rose or fell, so that a column of zeros is not shown.
    """
    codes = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["family"]
    known = table[table["value"].notna()]
    own = known["indicator"].map(codes)
    found = []
    for at, code in enumerate(dict.fromkeys(own)):
        rows = known[own == code]
        # a dataset may give its families any name, a file only a plain one
        slug = code if re.fullmatch(r"[a-z][a-z0-9_]*", code) else f"family_{at + 1}"
        while slug != code and slug in set(own):  # the name of another family
            slug += "_"
        found.append((slug, str(rows["family"].iloc[0]), rows.assign(run=rows["run"].where(rows["run"] != 0))))
    return found


def trend_details(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an overview with a trend, or why not; `not_computed` says once each what they lack.

    What no indicator of that kind can have goes without saying; the note on methods says it once.
    """
    rows = table[table["value"].notna()]
    why = rows[["marker_reason", "trend_reason", "mk_reason", "apc_reason", "series_reason"]]
    by_kind = {"", *(word(f"trends.reason_{name}", "en") for name in ("no_shares", "no_interval"))}
    texts = ["; ".join(dict.fromkeys(t for t in line if t not in by_kind)) for line in why.itertuples(index=False)]
    rows = rows.assign(not_computed=pd.Series(texts, rows.index, dtype="str"))
    return rows[rows[["mk_p", "trend_p", "apc"]].notna().any(axis=1) | (rows["not_computed"] != "")]


def notable(table: pd.DataFrame, most: int = 4) -> pd.DataFrame:
    """Return the rows of an overview with a clear change that matters, the largest of its kind first."""
    rows = table[table["status"].isin(["better", "worse", "neutral"])]
    size = (rows["change_pp"] / rows["meaningful"]).abs()
    return rows.loc[size.sort_values(ascending=False, kind="stable").index].head(most)


def up_to(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return the rows of periods that end with a period or before it."""
    last = periods.parse(period).last
    known = {name for name in rows["period"].unique() if name != periods.UNKNOWN}
    return rows[rows["period"].isin([name for name in known if periods.parse(name).last <= last])]


def same_months(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return the rows of a period and of its same months of earlier years."""
    span = periods.parse(period)
    past = up_to(rows, period)
    same = [name for name in past["period"].unique() if periods.parse(name).length == span.length]
    return past[past["period"].isin([name for name in same if (span.first - periods.parse(name).first) % 12 == 0])]


def trends_up_to(data: Data, rows: pd.DataFrame, period: str, without_disturbed: bool = False) -> pd.DataFrame:
    """Return `trend` of the series that end with a period, with their own values as `history`; nothing later counts."""
    past = up_to(rows, period)
    found = trend(past, data.breaks, data.catalogue, data.parameters, without_disturbed)
    histories = history(yearly_series(past, data.breaks, without_disturbed, data.catalogue))
    found = found.assign(history=histories).rename(columns={"reason": "series_reason"})
    return found[found["period"] == period]


def intervals(data: Data, ind: pd.DataFrame, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return numerator, denominator, value and 95% interval of every indicator that has a value."""
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] == "") & (ind["period"] == period) & ind["value"].notna()])
    return described(rows, data, lang).drop(columns=["period", "area", "unit"])


def in_points(table: pd.DataFrame) -> pd.Series:
    """Return which rows change by percentage points and can be set beside each other: shares of people or of money.

    A share of twelve units moves by eight points when one unit changes.
    """
    return (table["per"] == 100) & table["kind"].isin(["proportion", "ratio"])


def movers(table: pd.DataFrame, status: str, most: int = 5) -> pd.DataFrame:
    """Return the rows of an overview with a status that moved most: proportions and ratios per 100, by points.

    Less than a tenth of a point is no news, whatever the denominator.
    """
    rows = table[(table["status"] == status) & in_points(table) & (table["change_pp"].abs() >= 0.1)]
    return rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")].head(most)


def largest_changes(table: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """Return the largest changes of an overview in percentage points, the best on top: input of `change_intervals`."""
    rows = table[in_points(table) & table["change_pp"].notna() & (table["change_pp"] != 0)]
    rows = rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")].head(most)
    rows = rows.sort_values("change_pp", ascending=False, kind="stable")
    judged = rows["status"].where(rows["status"].isin(["better", "worse"]), "neutral")
    return pd.DataFrame(
        {
            "label": rows["name"],
            "change": rows["change_pp"],
            "lower": rows["change_lower"],
            "upper": rows["change_upper"],
            "status": judged,
        }
    )
