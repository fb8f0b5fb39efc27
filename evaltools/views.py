"""What readers see as tables of indicators: each function returns one frame, ready for `Publish.table`.

Frames keep identifiers and unrounded numbers beside names in the reader's language; `columns` gives the headers.
Tables of scores are in `score_views`, those of the data check in `quality_views`, those of a region in
`region_views`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.aggregation import PLACE
from evaltools.catalogue import OF_UNITS
from evaltools.datasets import Data
from evaltools.differences import difference
from evaltools.measures import indicators
from evaltools.regions import RegionFigures
from evaltools.trends import year_on_year
from evaltools.wording import measured, topic, word

SHARES = ("proportion", "rate", "ratio", "units_meeting")
"""Kinds of indicators that can be set beside those of another place, whatever its size."""

FORMATS = {
    "value": "value",
    "previous_value": "value",
    "median": "value",
    "target": "target",
    "target_upper": "target",
    "full_at": "target",
    "total_value": "value",
    "reference_value": "value",
    "change_pp": "change_pp",
    "change_percent": "change_percent",
    "status": "status",
    "target_status": "status",
    "against": "status",
    "reason": "reason",
    "rank": "integer",
    "previous_rank": "integer",
    "change_rank": "change:0",
    "n_areas": "integer",
    "numerator": "quantity",
    "denominator": "quantity",
    "lower": "value",
    "upper": "value",
    "short": "integer",
    "above": "integer",
    "near": "integer",
    "below": "integer",
    "best": "integer",
    "last": "integer",
    "reported": "integer",
    "points": "points",
    "previous_points": "points",
    "change_points": "change:2",
    "full": "quantity",
    "lost": "points",
    "missing_lost": "points",
    "errors": "integer",
    "warnings": "integer",
    "notes": "integer",
    "silent": "integer",
    "items_reported": "integer",
    "items_expected": "integer",
    "share": "percent:1",
    "from": "quantity",
    "to": "quantity",
    "period": "period",
}
"""Format of each column wherever it is shown; a column that is not here is text."""


def columns(names: Iterable[str], lang: str, **values: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show as `Publish.table` wants them: column -> (header, format)."""
    return {name: (word(f"columns.{name}", lang, **values), FORMATS.get(name, "text")) for name in names}


def present(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the columns of a table that say anything at all: a region without targets needs no column for them.

    The first one stays in any case, so that a table without rows is still a table.
    """
    first, *others = names
    return [first, *(name for name in others if (table[name].notna() & (table[name] != "")).any())]


def family_name(family: str, lang: str) -> str:
    """Return the name of a family of indicators; a family that only a dataset knows is shown as it is."""
    names = topic("families")
    return names[family][lang] if family in names else family.replace("_", " ")


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the newest definition of each period, place and indicator."""
    key = ["period", *PLACE, "indicator"]
    return rows.sort_values("definition", kind="stable").drop_duplicates(key, keep="last").sort_index()


def same_period(column: pd.Series, period: str) -> pd.Series:
    """Return which periods are the same months as `period`, whatever they are called: 2024-H1, 2024-01/2024-06."""
    span = periods.parse(period)
    return column.map(lambda name: name != periods.UNKNOWN and periods.parse(name) == span).astype(bool)


def names_of(data: Data, lang: str) -> pd.Series:
    """Return indicator -> name of its newest definition."""
    return data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")[f"name_{lang}"]


def described(rows: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Add name, family, kind, per and direction of each row's definition, in the order of the catalogue.

    The name of a count, an amount or a mean says its measure too: patrols (times), funds per head (yuan).
    """
    catalogue = data.catalogue
    about = pd.DataFrame(
        {
            "indicator": catalogue["indicator"],
            "definition": catalogue["valid_from"],
            "name": [
                measured(name, measure, lang) if kind in ("count", "amount", "mean") else name
                for name, measure, kind in zip(
                    catalogue[f"name_{lang}"], catalogue["measure"], catalogue["kind"], strict=True
                )
            ],
            "family": [family_name(family, lang) for family in catalogue["family"]],
            "kind": catalogue["kind"],
            "per": catalogue["per"].astype(int),
            "direction": catalogue["direction"],
            "order": range(len(catalogue)),
        }
    )
    merged = rows.merge(about, on=["indicator", "definition"], how="left")
    return merged.sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)


def status_of(change: pd.Series, direction: pd.Series, lower: pd.Series, upper: pd.Series) -> pd.Series:
    """Return for each change better, worse, same (none at all), unclear, neutral (no direction) or missing.

    Unclear is a change whose interval `lower` to `upper` holds zero; NaN where chance plays no part.
    """
    good = np.sign(change) * direction.map({"up": 1.0, "down": -1.0}).astype(float)
    status = np.select(
        [change.isna(), change == 0, (lower <= 0) & (upper >= 0), good > 0, good < 0],
        ["missing", "same", "unclear", "better", "worse"],
        "neutral",
    )
    return pd.Series(status, index=change.index, dtype="str")


_OTHERS = ["rank", "median", "p25", "p75", "total_numerator", "total_denominator", "total_value"]


def _beside_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is said of all areas where there is but one: it would be compared with itself."""
    return rows.assign(**{name: rows[name].where(rows["n_areas"] > 1) for name in _OTHERS})


def targets_of(data: Data, area: str, period: str) -> pd.DataFrame:
    """Return target, upper and kind of each indicator's target: the area's own before that of all areas."""
    rows = data.targets
    rows = rows[same_period(rows["period"], period) & (rows["unit"] == "") & rows["area"].isin([area, "*"])]
    rows = rows.sort_values("area", kind="stable")  # "*" sorts before every code
    return rows.drop_duplicates("indicator", keep="last").set_index("indicator")[["target", "upper", "kind"]]


def _with_targets(table: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Add target, target_upper, target_kind and target_status (met, not_met, "" for none or no value).

    absolute: at or beyond the target by the direction. range: from target to upper, either of which may be open.
    improve: better than the year before, by the target where there is one; it is no level, so the column `target`
    stays empty.
    """
    found = targets.reindex(table["indicator"]).set_axis(table.index)
    aim, upper, kind = found["target"].astype(float), found["upper"].astype(float), found["kind"].fillna("")
    down = table["direction"] == "down"
    value, gain = table["value"], table["change_pp"] * np.where(down, -1, 1)
    reached = np.select(
        [kind == "improve", kind == "range", down],
        [(gain > 0) & (gain >= aim.fillna(0)), ~(value < aim) & ~(value > upper), value <= aim],
        value >= aim,
    ).astype(bool)
    known = value.notna() & np.select(
        [kind == "improve", kind == "range"], [gain.notna(), aim.notna() | upper.notna()], aim.notna()
    ).astype(bool)
    return table.assign(
        target=aim.mask(kind == "improve"),
        target_upper=upper,
        target_kind=kind,
        target_status=np.select([~known, reached], ["", "met"], "not_met"),
    )


def overview(data: Data, ind: pd.DataFrame, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return one row an indicator: this period, the one before, the target and the region.

    Indicators that neither this area nor any other of the region reports are left out; those that this area alone
    does not report stay, with the reason. change_lower and change_upper are the 95% interval of a proportion's change.
    status is as in `status_of`, missing only without a value; "" for a value that cannot be compared.
    """
    rows = ind[(ind["area"] == area) & (ind["unit"] == "")]
    now = newest(rows[rows["period"] == period])
    change = year_on_year(rows, data.breaks)
    change = change[change["period"] == period]
    key = ["indicator", "definition"]
    before = ["previous_period", "previous_numerator", "previous_denominator", "previous_value"]
    bench = region.benchmark
    here = bench[(bench["period"] == period) & (bench["area"] == area)]
    others = [*_OTHERS, "n_areas", "reference_numerator", "reference_denominator", "reference_value"]
    result = now.merge(
        change[[*key, *before, "change_pp", "change_percent", "reason"]],
        on=key,
        how="left",
        suffixes=("", "_change"),
    ).merge(_beside_others(here)[[*key, *others]], on=key, how="left")
    result = described(result[(result["n_areas"] > 0) | result["value"].notna()], data, lang)
    apart = difference(
        result["numerator"], result["denominator"], result["previous_numerator"], result["previous_denominator"]
    )
    chance = (result["kind"] == "proportion") & result["change_pp"].notna()
    result = result.assign(
        change_lower=(apart["lower"] * result["per"]).where(chance),
        change_upper=(apart["upper"] * result["per"]).where(chance),
    )
    note = result["reason"].mask(
        result["value"].notna() & result["change_pp"].isna(), result["reason_change"].fillna("")
    )
    status = status_of(result["change_pp"], result["direction"], result["change_lower"], result["change_upper"])
    result = result.assign(
        status=status.mask(result["value"].notna() & result["change_pp"].isna(), ""),
        reason=note.where(note != "", result["reason"]),
    )
    result = _with_targets(result, targets_of(data, area, period))
    return result.drop(columns=["reason_change", "period", "area", "unit", "lower", "upper"])


def intervals(data: Data, ind: pd.DataFrame, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return numerator, denominator, value and 95% interval of every indicator that has a value."""
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] == "") & (ind["period"] == period) & ind["value"].notna()])
    return described(rows, data, lang).drop(columns=["period", "area", "unit"])


def _in_points(table: pd.DataFrame) -> pd.Series:
    """Return which rows change by percentage points and can be set beside each other: shares of people or of money.

    A share of twelve units moves by eight points when one unit changes.
    """
    return (table["per"] == 100) & table["kind"].isin(["proportion", "ratio"])


def movers(table: pd.DataFrame, status: str, most: int = 5) -> pd.DataFrame:
    """Return the rows of an overview with a status that moved most: proportions and ratios per 100, by points.

    Less than a tenth of a point is no news, whatever the denominator.
    """
    rows = table[(table["status"] == status) & _in_points(table) & (table["change_pp"].abs() >= 0.1)]
    return rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")].head(most)


def largest_changes(table: pd.DataFrame, most: int = 12) -> pd.DataFrame:
    """Return the largest changes of an overview in percentage points, the best on top: input of `change_intervals`."""
    rows = table[_in_points(table) & table["change_pp"].notna() & (table["change_pp"] != 0)]
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


def main_indicators(data: Data, table: pd.DataFrame, most: int = 9) -> list[str]:
    """Return the indicators of an overview that stand for the rest: those of the standard's heaviest lines.

    Without a standard the first that have a value. Only shares and rates; a line without data stays.
    """
    shares = table[table["kind"].isin(SHARES)]
    if data.standard is None:
        return list(shares.loc[shares["value"].notna(), "indicator"].head(most))
    lines = sorted(data.standard.lines, key=lambda pair: -pair[1].points)  # stable: the standard's order among equals
    heaviest = dict.fromkeys(line.indicator for _, line in lines)
    return [name for name in heaviest if name in set(shares["indicator"])][:most]


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


def reference_column(data: Data) -> str:
    """Return the column an area is compared with: a reference with figures of its own, else all areas together."""
    kind = data.areas.set_index("area")["kind"].get(data.meta.region, "")
    return "reference_value" if kind == "reference" else "total_value"


def reference_name(data: Data, lang: str) -> str:
    """Return the name of what an area is compared with: England, or all areas together."""
    if reference_column(data) == "reference_value":
        return data.area_name(data.meta.region, lang)
    return word("report.all_areas", lang)


def comparison(data: Data, region: RegionFigures, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return an area's indicators beside the reference and the other areas.

    `against` says whether a share is above or below the reference, or near it where its 95% interval holds the
    reference; "" where there is nothing to compare, as for counts, or no other area.
    """
    rows = compared(data, region, period, lang)
    return rows[rows["area"] == area].drop(columns=["period", "area"]).reset_index(drop=True)


def compared(data: Data, region: RegionFigures, period: str, lang: str) -> pd.DataFrame:
    """Return the rows of `comparison` for every area of the region."""
    key = ["period", "area", "indicator", "definition"]
    rows = region.benchmark
    rows = _beside_others(rows[(rows["period"] == period) & (rows["n_areas"] > 0)])
    limits = region.indicators.loc[region.indicators["unit"] == "", [*key, "lower", "upper"]]
    rows = described(newest(rows.assign(unit="")).drop(columns="unit").merge(limits, on=key, how="left"), data, lang)
    reference = rows[reference_column(data)]
    low, high = (rows[name].fillna(rows["value"]) for name in ("lower", "upper"))
    known = rows["kind"].isin((*SHARES, "mean")) & rows["value"].notna() & reference.notna()
    against = np.select([~known, low > reference, high < reference], ["", "above", "below"], "near")
    return rows.assign(against=against)
